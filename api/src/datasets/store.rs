//! Datasets and versions in the database.

use diesel::prelude::*;
use uuid::Uuid;

use crate::db::fold::{fold, folded};
use crate::db::schema::{dataset_versions, datasets, generations};
use crate::db::slices::{Place, Slice, holding, sliced};

/// A dataset's row.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = datasets)]
pub struct DatasetRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// Its current version.
    pub version: i32,
    /// When it was created.
    pub created_at: String,
    /// When it was changed last.
    pub updated_at: String,
    /// Who changed it last.
    pub updated_by: Option<String>,
    /// When it was deleted.
    pub deleted_at: Option<String>,
}

/// A version's row.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = dataset_versions)]
pub struct VersionRow {
    /// The dataset.
    pub dataset_id: String,
    /// Its number.
    pub version: i32,
    /// The schema as it was written.
    pub text: String,
    /// How it was written.
    pub media_type: String,
    /// The schema's canonical JSON.
    pub canonical: String,
    /// SHA-256 of that.
    pub etag: String,
    /// Tables with their columns and rows, as JSON.
    pub tables: String,
    /// When it was saved.
    pub created_at: String,
    /// Who saved it.
    pub created_by: Option<String>,
}

/// Which datasets, in which order.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Part of name or description.
    pub search: String,
    /// Deleted ones instead of the others.
    pub deleted: bool,
}

/// What datasets are sorted by.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// When they were changed last.
    Updated,
    /// When they were made.
    Created,
    /// Their names.
    Name,
}

impl Order {
    /// The orders by the names that clients have for them.
    pub const KNOWN: [(&str, Order); 3] =
        [("updated_at", Order::Updated), ("created_at", Order::Created), ("name", Order::Name)];

    /// Where a dataset stands in it.
    pub fn place(self, row: &DatasetRow) -> Place {
        let key = match self {
            Order::Updated => row.updated_at.clone(),
            Order::Created => row.created_at.clone(),
            Order::Name => folded(&row.name),
        };
        Place::new(&row.id, &key)
    }
}

/// A page of the datasets and one more, and how many there are in all.
pub fn list(
    connection: &mut SqliteConnection,
    filter: &Filter,
    slice: &Slice<Order>,
) -> QueryResult<(Vec<DatasetRow>, i64)> {
    let wanted = || {
        let mut query = datasets::table.into_boxed();
        if !filter.search.is_empty() {
            let pattern = holding(&filter.search);
            let named = fold(datasets::name.nullable()).like(pattern.clone()).escape('\\');
            query = query.filter(named.or(fold(datasets::description).like(pattern).escape('\\')));
        }
        if filter.deleted {
            query.filter(datasets::deleted_at.is_not_null())
        } else {
            query.filter(datasets::deleted_at.is_null())
        }
    };
    let total = wanted().count().get_result(connection)?;
    let page = wanted().select(DatasetRow::as_select());
    let page = match slice.order {
        Order::Updated => sliced!(page, datasets::updated_at, datasets::id, slice),
        Order::Created => sliced!(page, datasets::created_at, datasets::id, slice),
        Order::Name => sliced!(page, fold(datasets::name.nullable()), datasets::id, slice),
    };
    Ok((page.load(connection)?, total))
}

/// A dataset, deleted or not.
pub fn find(connection: &mut SqliteConnection, id: Uuid) -> QueryResult<Option<DatasetRow>> {
    datasets::table.find(id.to_string()).select(DatasetRow::as_select()).first(connection).optional()
}

/// Adds a dataset with its first version.
pub fn insert(connection: &mut SqliteConnection, dataset: &DatasetRow, version: &VersionRow) -> QueryResult<()> {
    diesel::insert_into(datasets::table).values(dataset).execute(connection)?;
    insert_version(connection, version)
}

/// Adds a version.
pub fn insert_version(connection: &mut SqliteConnection, version: &VersionRow) -> QueryResult<()> {
    diesel::insert_into(dataset_versions::table).values(version).execute(connection).map(drop)
}

/// Writes what may change of a dataset.
pub fn update(connection: &mut SqliteConnection, row: &DatasetRow) -> QueryResult<()> {
    diesel::update(datasets::table.find(&row.id))
        .set((
            datasets::name.eq(&row.name),
            datasets::description.eq(&row.description),
            datasets::version.eq(row.version),
            datasets::updated_at.eq(&row.updated_at),
            datasets::updated_by.eq(&row.updated_by),
            datasets::deleted_at.eq(&row.deleted_at),
        ))
        .execute(connection)
        .map(drop)
}

/// Removes datasets that were deleted before an instant, with everything of theirs.
pub fn remove_deleted_before(connection: &mut SqliteConnection, instant: &str) -> QueryResult<()> {
    diesel::delete(datasets::table.filter(datasets::deleted_at.lt(instant))).execute(connection).map(drop)
}

/// The generations of datasets that were deleted before an instant.
pub fn generations_deleted_before(connection: &mut SqliteConnection, instant: &str) -> QueryResult<Vec<String>> {
    generations::table
        .inner_join(datasets::table)
        .filter(datasets::deleted_at.lt(instant))
        .select(generations::id)
        .load(connection)
}

/// A version.
pub fn version(connection: &mut SqliteConnection, dataset: &str, version: i32) -> QueryResult<Option<VersionRow>> {
    dataset_versions::table.find((dataset, version)).select(VersionRow::as_select()).first(connection).optional()
}

/// The entity tag of a version and its tables as JSON, without its texts.
pub fn version_summary(
    connection: &mut SqliteConnection,
    dataset: &str,
    version: i32,
) -> QueryResult<(String, String)> {
    dataset_versions::table
        .find((dataset, version))
        .select((dataset_versions::etag, dataset_versions::tables))
        .first(connection)
}

/// A page of a dataset's versions, newest first, those before one where it is named, and how many there are in all.
pub fn versions(
    connection: &mut SqliteConnection,
    dataset: &str,
    before: Option<i32>,
    limit: i64,
    offset: i64,
) -> QueryResult<(Vec<VersionRow>, i64)> {
    let own = || dataset_versions::table.filter(dataset_versions::dataset_id.eq(dataset));
    let total = own().count().get_result(connection)?;
    let rows = own()
        .filter(dataset_versions::version.lt(before.unwrap_or(i32::MAX)))
        .order(dataset_versions::version.desc())
        .select(VersionRow::as_select())
        .limit(limit)
        .offset(offset)
        .load(connection)?;
    Ok((rows, total))
}

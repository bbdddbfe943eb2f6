//! What may happen to datasets: what does not plan is not saved; what changes nothing makes no version; what was deleted can come back.

use std::sync::Arc;

use diesel::SqliteConnection;
use engine::plan::{self, Compiled, Plan};
use engine::schema::{self, Overrides};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::store::{self, DatasetRow, VersionRow};
use super::{Dataset, GenerationSummary, TableSummary, Version};
use crate::auth::tokens::hex;
use crate::db;
use crate::error::{ApiError, Code};
use crate::generations;
use crate::users::Author;
use crate::users::store as users;

/// A schema's bytes at most.
pub const MAX_SCHEMA_BYTES: usize = 8 << 20;

/// Days for which a deleted dataset can be restored.
pub const RESTORE_DAYS: i64 = 30;

/// The media type of a schema in YAML.
pub const YAML: &str = "application/yaml";

/// The media type of a schema in JSON.
pub const JSON: &str = "application/json";

/// A schema that plans, ready to be saved.
#[derive(Clone, Debug)]
pub struct Draft {
    /// As it was written.
    pub text: String,
    /// `application/yaml` or `application/json`.
    pub media_type: &'static str,
    canonical: String,
    etag: String,
    tables: Vec<TableSummary>,
    /// The name that the schema gives.
    pub name: String,
    /// The description that the schema gives.
    pub description: Option<String>,
}

impl Draft {
    /// Takes a schema that plans; else its problems are the error.
    pub fn new(text: String, media_type: &'static str) -> Result<Draft, ApiError> {
        let plan = planned(&text, &Overrides::new(), &plan::Options { waits: true, ..plan::Options::default() })?;
        let canonical = schema::canonical_document(&text)
            .ok_or_else(|| ApiError::internal("a schema that plans has no canonical form"))?;
        let etag = hex(&Sha256::digest(canonical.as_bytes()));
        let tables = plan.tables.iter().map(|table| TableSummary {
            name: table.name.clone(),
            columns: table.schema.fields().len() as u64,
            rows: table.rows,
        });
        Ok(Draft {
            media_type,
            canonical,
            etag,
            tables: tables.collect(),
            name: plan.dataset.name.clone(),
            description: plan.dataset.description.clone(),
            text,
        })
    }

    fn row(&self, dataset: &str, version: i32, by: Uuid, at: &str) -> VersionRow {
        VersionRow {
            dataset_id: dataset.to_owned(),
            version,
            text: self.text.clone(),
            media_type: self.media_type.to_owned(),
            canonical: self.canonical.clone(),
            etag: self.etag.clone(),
            tables: serde_json::json!(self.tables).to_string(),
            created_at: at.to_owned(),
            created_by: Some(by.to_string()),
        }
    }
}

/// The plan of a schema, or its problems.
pub fn planned(text: &str, overrides: &Overrides, options: &plan::Options) -> Result<Arc<Plan>, ApiError> {
    let Compiled { plan, problems } = plan::compile_text(text, overrides, options);
    plan.ok_or_else(|| ApiError::invalid(problems))
}

/// Saves a new dataset.
pub fn create(
    connection: &mut SqliteConnection,
    draft: &Draft,
    name: Option<String>,
    description: Option<String>,
    by: Uuid,
) -> Result<Dataset, ApiError> {
    let now = db::now();
    let row = DatasetRow {
        id: Uuid::now_v7().to_string(),
        name: checked_name(name.unwrap_or_else(|| draft.name.clone()))?,
        description: description.or_else(|| draft.description.clone()),
        version: 1,
        created_at: now.clone(),
        updated_at: now.clone(),
        updated_by: Some(by.to_string()),
        deleted_at: None,
    };
    store::insert(connection, &row, &draft.row(&row.id, 1, by, &now))?;
    shown(connection, row)
}

/// A dataset that is not deleted.
pub fn living(connection: &mut SqliteConnection, id: Uuid) -> Result<DatasetRow, ApiError> {
    store::find(connection, id)?
        .filter(|row| row.deleted_at.is_none())
        .ok_or_else(|| ApiError::not_found("dataset", id))
}

/// A dataset with what its page shows.
pub fn shown(connection: &mut SqliteConnection, row: DatasetRow) -> Result<Dataset, ApiError> {
    let (schema_hash, tables) = store::version_summary(connection, &row.id, row.version)?;
    let tables: Vec<TableSummary> = serde_json::from_str(&tables).unwrap_or_default();
    let last = generations::store::latest(connection, &row.id)?;
    Ok(Dataset {
        id: users::uuid(&row.id),
        name: row.name,
        description: row.description,
        version: row.version,
        schema_etag: tag(&schema_hash, row.version),
        created_at: row.created_at,
        updated_at: row.updated_at,
        updated_by: author(connection, row.updated_by)?,
        deleted_at: row.deleted_at,
        rows: tables.iter().map(|table| table.rows).fold(0, u64::saturating_add),
        tables,
        last_generation: last.map(|row| GenerationSummary {
            id: users::uuid(&row.id),
            state: row.state(),
            rows_total: u64::try_from(row.rows_total).unwrap_or_default(),
            created_at: row.created_at.clone(),
            finished_at: row.finished_at.clone(),
            broken: row.verdict().map(|verdict| verdict.broken),
        }),
    })
}

/// The version's row of a dataset.
pub fn version_row(connection: &mut SqliteConnection, row: &DatasetRow, version: i32) -> Result<VersionRow, ApiError> {
    store::version(connection, &row.id, version)?
        .ok_or_else(|| ApiError::new(Code::NotFound, format!("the dataset has no version {version}")))
}

/// A version as the API shows it.
pub fn shown_version(connection: &mut SqliteConnection, row: VersionRow, with_text: bool) -> Result<Version, ApiError> {
    Ok(Version {
        version: row.version,
        etag: tag(&row.etag, row.version),
        media_type: row.media_type,
        created_at: row.created_at,
        created_by: author(connection, row.created_by)?,
        size_bytes: row.text.len() as u64,
        text: with_text.then_some(row.text),
    })
}

/// Changes the name, which was checked, and the description.
pub fn update(
    connection: &mut SqliteConnection,
    mut row: DatasetRow,
    name: Option<String>,
    description: Option<Option<String>>,
    by: Uuid,
) -> Result<Dataset, ApiError> {
    if let Some(name) = name {
        row.name = name;
    }
    if let Some(description) = description {
        row.description = description;
    }
    touch(&mut row, by);
    store::update(connection, &row)?;
    shown(connection, row)
}

/// Saves a schema as the next version, or gives the current one where nothing changes.
pub fn save(
    connection: &mut SqliteConnection,
    mut row: DatasetRow,
    draft: &Draft,
    by: Uuid,
) -> Result<Version, ApiError> {
    let current = version_row(connection, &row, row.version)?;
    if current.text == draft.text && current.media_type == draft.media_type {
        return shown_version(connection, current, false);
    }
    row.version += 1;
    touch(&mut row, by);
    let version = draft.row(&row.id, row.version, by, &row.updated_at);
    store::insert_version(connection, &version)?;
    store::update(connection, &row)?;
    shown_version(connection, version, false)
}

/// Deletes a dataset, for the time being.
pub fn delete(connection: &mut SqliteConnection, mut row: DatasetRow, by: Uuid) -> Result<(), ApiError> {
    touch(&mut row, by);
    row.deleted_at = Some(row.updated_at.clone());
    Ok(store::update(connection, &row)?)
}

/// Brings a deleted dataset back.
pub fn restore(connection: &mut SqliteConnection, id: Uuid, by: Uuid) -> Result<Dataset, ApiError> {
    let mut row = store::find(connection, id)?.ok_or_else(|| ApiError::not_found("dataset", id))?;
    if row.deleted_at.take().is_some() {
        touch(&mut row, by);
        store::update(connection, &row)?;
    }
    shown(connection, row)
}

/// Who a user's id stands for.
pub fn author(connection: &mut SqliteConnection, id: Option<String>) -> Result<Option<Author>, ApiError> {
    Ok(match id {
        Some(id) => users::author(connection, &id)?,
        None => None,
    })
}

/// The tag of a version's text: the hash of its canonical form, and the version, since a text with other comments has the same hash.
pub fn tag(hash: &str, version: i32) -> String {
    format!("{hash}-{version}")
}

/// The tag of a dataset: the moment of its last change, which is what a change starts from, and a hash of all that is shown, its last generation
/// among it.
pub fn dataset_tag(dataset: &Dataset) -> String {
    let shown = hex(&Sha256::digest(serde_json::json!(dataset).to_string().as_bytes()));
    format!("{}-{}", dataset.updated_at, &shown[..16])
}

fn touch(row: &mut DatasetRow, by: Uuid) {
    row.updated_at = db::after(&row.updated_at);
    row.updated_by = Some(by.to_string());
}

/// A name that may be one, without spaces around it.
pub fn checked_name(name: String) -> Result<String, ApiError> {
    let (length, trimmed) = (name.chars().count(), name.trim());
    match length {
        _ if trimmed.is_empty() => {
            Err(ApiError::invalid_at("/name", "the name is empty; it needs 1 to 200 characters"))
        }
        1..=200 => Ok(trimmed.to_owned()),
        _ => Err(ApiError::invalid_at("/name", format!("the name has {length} characters; it needs 1 to 200"))),
    }
}

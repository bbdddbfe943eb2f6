//! Exports in the database.

use diesel::prelude::*;
use uuid::Uuid;

use crate::db::fold::fold;
use crate::db::schema::exports;
use crate::db::slices::{Place, Slice, holding, sliced};
use crate::generations::State;
use crate::jobs::leases::Lease;

/// An export's row.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = exports, treat_none_as_null = true)]
pub struct ExportRow {
    /// Its id.
    pub id: String,
    /// The generation.
    pub generation_id: String,
    /// The format.
    pub format: String,
    /// Names of the tables, as JSON.
    pub tables: String,
    /// The choices of the format, as JSON.
    pub options: String,
    /// How the files are compressed.
    pub compression: Option<String>,
    /// The word of its state.
    pub state: String,
    /// The name of the file.
    pub file_name: Option<String>,
    /// The media type of the file.
    pub media_type: Option<String>,
    /// Bytes of the file.
    pub size_bytes: Option<i64>,
    /// SHA-256 of the file.
    pub content_hash: Option<String>,
    /// Why it failed.
    pub failure: Option<String>,
    /// When it was asked for.
    pub created_at: String,
    /// Who asked for it.
    pub created_by: Option<String>,
    /// When it ended.
    pub finished_at: Option<String>,
}

impl ExportRow {
    /// Its state.
    pub fn state(&self) -> State {
        State::of_word(&self.state).unwrap_or(State::Failed)
    }

    /// The names of its tables.
    pub fn table_names(&self) -> Vec<String> {
        serde_json::from_str(&self.tables).unwrap_or_default()
    }
}

/// Which exports.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this generation only.
    pub generation: Option<Uuid>,
    /// In this state only.
    pub state: Option<State>,
    /// In this format only.
    pub format: Option<String>,
    /// Part of the file's name; all where empty.
    pub search: String,
}

/// What exports are sorted by.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// When they were asked for.
    Created,
    /// The names of their formats.
    Format,
    /// The words of their states.
    State,
}

impl Order {
    /// The orders by the names that clients have for them.
    pub const KNOWN: [(&str, Order); 3] =
        [("created_at", Order::Created), (stringify!(format), Order::Format), ("state", Order::State)];

    /// Where an export stands in it.
    pub fn place(self, row: &ExportRow) -> Place {
        let key = match self {
            Order::Created => &row.created_at,
            Order::Format => &row.format,
            Order::State => &row.state,
        };
        Place::new(&row.id, key)
    }
}

/// A page of the exports and one more, and how many there are in all.
pub fn list(
    connection: &mut SqliteConnection,
    filter: &Filter,
    slice: &Slice<Order>,
) -> QueryResult<(Vec<ExportRow>, i64)> {
    let wanted = || {
        let mut query = exports::table.into_boxed();
        if let Some(id) = filter.generation {
            query = query.filter(exports::generation_id.eq(id.to_string()));
        }
        if let Some(state) = filter.state {
            query = query.filter(exports::state.eq(state.word()));
        }
        if let Some(format) = &filter.format {
            query = query.filter(exports::format.eq(format.clone()));
        }
        if !filter.search.is_empty() {
            query = query.filter(fold(exports::file_name).like(holding(&filter.search)).escape('\\'));
        }
        query
    };
    let total = wanted().count().get_result(connection)?;
    let page = wanted().select(ExportRow::as_select());
    let page = match slice.order {
        Order::Created => sliced!(page, exports::created_at, exports::id, slice),
        Order::Format => sliced!(page, exports::format, exports::id, slice),
        Order::State => sliced!(page, exports::state, exports::id, slice),
    };
    Ok((page.load(connection)?, total))
}

/// An export.
pub fn find(connection: &mut SqliteConnection, id: Uuid) -> QueryResult<Option<ExportRow>> {
    exports::table.find(id.to_string()).select(ExportRow::as_select()).first(connection).optional()
}

/// The export of the same request, unless it failed or was cancelled.
pub fn same(connection: &mut SqliteConnection, row: &ExportRow) -> QueryResult<Option<ExportRow>> {
    exports::table
        .filter(exports::generation_id.eq(&row.generation_id))
        .filter(exports::format.eq(&row.format))
        .filter(exports::tables.eq(&row.tables))
        .filter(exports::options.eq(&row.options))
        .filter(exports::compression.is(&row.compression))
        .filter(exports::state.eq_any([State::Queued, State::Running, State::Succeeded].map(State::word)))
        .select(ExportRow::as_select())
        .first(connection)
        .optional()
}

/// Adds an export.
pub fn insert(connection: &mut SqliteConnection, row: &ExportRow) -> QueryResult<()> {
    diesel::insert_into(exports::table).values(row).execute(connection).map(drop)
}

/// Writes an export's row anew; nothing where it was deleted meanwhile.
pub fn update(connection: &mut SqliteConnection, row: &ExportRow) -> QueryResult<usize> {
    diesel::update(exports::table.find(&row.id)).set(row).execute(connection)
}

/// Removes an export's record.
pub fn remove(connection: &mut SqliteConnection, id: &str) -> QueryResult<()> {
    diesel::delete(exports::table.find(id)).execute(connection).map(drop)
}

/// Puts the exports that a dead server was working on back into the queue.
pub fn requeue_running(connection: &mut SqliteConnection) -> QueryResult<usize> {
    diesel::update(exports::table.filter(exports::state.eq(State::Running.word())))
        .set(exports::state.eq(State::Queued.word()))
        .execute(connection)
}

/// The exports whose files should be there.
pub fn succeeded(connection: &mut SqliteConnection) -> QueryResult<Vec<ExportRow>> {
    exports::table.filter(exports::state.eq(State::Succeeded.word())).select(ExportRow::as_select()).load(connection)
}

/// Puts an export that succeeded back into the queue.
pub fn requeue(connection: &mut SqliteConnection, id: &str) -> QueryResult<usize> {
    diesel::update(exports::table.find(id).filter(exports::state.eq(State::Succeeded.word())))
        .set(exports::state.eq(State::Queued.word()))
        .execute(connection)
}

/// Takes the export that has waited longest, if one waits, for as long as the lease says. One whose lease ran out, its worker being gone,
/// comes first.
pub fn take_next(connection: &mut SqliteConnection, lease: &Lease) -> QueryResult<Option<ExportRow>> {
    let waiting =
        || exports::table.order((exports::created_at.asc(), exports::id.asc())).select(ExportRow::as_select());
    let left: Option<ExportRow> = waiting()
        .filter(exports::state.eq(State::Running.word()))
        .filter(exports::leased_until.lt(&lease.now))
        .filter(exports::id.ne_all(&lease.held))
        .first(connection)
        .optional()?;
    let next = match left {
        Some(left) => Some(left),
        None => waiting().filter(exports::state.eq(State::Queued.word())).first(connection).optional()?,
    };
    let Some(mut row) = next else { return Ok(None) };
    row.state = State::Running.word().to_owned();
    diesel::update(exports::table.find(&row.id))
        .set((exports::state.eq(&row.state), exports::leased_until.eq(&lease.until)))
        .execute(connection)?;
    Ok(Some(row))
}

/// Renews the leases of the exports that workers hold.
pub fn renew(connection: &mut SqliteConnection, lease: &Lease) -> QueryResult<usize> {
    let held = exports::table.filter(exports::id.eq_any(&lease.held));
    diesel::update(held.filter(exports::state.eq(State::Running.word())))
        .set(exports::leased_until.eq(&lease.until))
        .execute(connection)
}

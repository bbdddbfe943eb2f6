//! Kept answers in the database.

use diesel::prelude::*;

use crate::db::schema::idempotency_keys;

/// An answer that is kept.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = idempotency_keys)]
pub struct KeptRow {
    /// Who asked.
    pub user_id: String,
    /// The key.
    pub key: String,
    /// SHA-256 of method, path and body.
    pub request_hash: String,
    /// The status.
    pub status: i32,
    /// Where what was made is.
    pub location: String,
    /// Its entity tag.
    pub etag: Option<String>,
    /// The body, as JSON.
    pub body: String,
    /// When it was answered.
    pub created_at: String,
}

/// The answer to a user's key.
pub fn find(connection: &mut SqliteConnection, user: &str, key: &str) -> QueryResult<Option<KeptRow>> {
    idempotency_keys::table.find((user, key)).select(KeptRow::as_select()).first(connection).optional()
}

/// Keeps an answer, in the place of one that was kept long enough.
pub fn keep(connection: &mut SqliteConnection, row: &KeptRow) -> QueryResult<()> {
    diesel::replace_into(idempotency_keys::table).values(row).execute(connection).map(drop)
}

/// Forgets answers that were given before an instant.
pub fn remove_before(connection: &mut SqliteConnection, at: &str) -> QueryResult<usize> {
    diesel::delete(idempotency_keys::table.filter(idempotency_keys::created_at.le(at))).execute(connection)
}

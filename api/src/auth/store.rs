//! Sessions in the database.

use diesel::prelude::*;

use crate::db::schema::sessions;

/// A refresh token's row.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
pub struct SessionRow {
    /// SHA-256 of the token.
    pub token_hash: String,
    /// What all successors of one sign-in share.
    pub family: String,
    /// The user.
    pub user_id: String,
    /// When it was given out.
    pub created_at: String,
    /// When it ends.
    pub expires_at: String,
    /// When its successor was given out.
    pub rotated_at: Option<String>,
}

/// The session of a token's hash.
pub fn find(connection: &mut SqliteConnection, token_hash: &str) -> QueryResult<Option<SessionRow>> {
    sessions::table.find(token_hash).select(SessionRow::as_select()).first(connection).optional()
}

/// Adds a session; one that is there already stays.
pub fn insert(connection: &mut SqliteConnection, row: &SessionRow) -> QueryResult<()> {
    diesel::insert_or_ignore_into(sessions::table).values(row).execute(connection).map(drop)
}

/// Notes that a token has a successor now.
pub fn rotate(connection: &mut SqliteConnection, token_hash: &str, at: &str) -> QueryResult<()> {
    let row = sessions::table.find(token_hash);
    diesel::update(row).set(sessions::rotated_at.eq(at)).execute(connection).map(drop)
}

/// Ends all tokens of a family.
pub fn end_family(connection: &mut SqliteConnection, family: &str) -> QueryResult<()> {
    diesel::delete(sessions::table.filter(sessions::family.eq(family))).execute(connection).map(drop)
}

/// Removes what has ended by itself.
pub fn remove_expired(connection: &mut SqliteConnection, now: &str) -> QueryResult<()> {
    diesel::delete(sessions::table.filter(sessions::expires_at.le(now))).execute(connection).map(drop)
}

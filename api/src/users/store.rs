//! Users in the database.

use diesel::prelude::*;
use uuid::Uuid;

use super::service::address_of;
use super::{Author, Role, User};
use crate::db::fold::{fold, folded};
use crate::db::schema::{sessions, users};
use crate::db::slices::{Place, Slice, holding, sliced};

/// A user's row.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = users)]
pub struct UserRow {
    /// Its id.
    pub id: String,
    /// The e-mail address.
    pub email: String,
    /// The name.
    pub name: String,
    /// The word of the role.
    pub role: String,
    /// The password, hashed, as a PHC string.
    pub password_hash: String,
    /// When it was created.
    pub created_at: String,
    /// When it was changed last: its entity tag.
    pub updated_at: String,
    /// The access tokens that hold.
    pub session_version: i32,
}

impl UserRow {
    /// The user without its secrets.
    pub fn user(&self) -> User {
        User {
            id: uuid(&self.id),
            email: self.email.clone(),
            name: self.name.clone(),
            role: Role::of_word(&self.role).unwrap_or(Role::Viewer),
            created_at: self.created_at.clone(),
        }
    }
}

/// An id of the database, which holds nothing but ids that were written from one.
pub fn uuid(text: &str) -> Uuid {
    Uuid::parse_str(text).unwrap_or_default()
}

/// How many users there are.
pub fn count(connection: &mut SqliteConnection) -> QueryResult<i64> {
    users::table.count().get_result(connection)
}

/// The user of an e-mail address, however it is written. One that was stored as it was written is found by that too.
pub fn by_email(connection: &mut SqliteConnection, email: &str) -> QueryResult<Option<UserRow>> {
    let written = users::email.eq(address_of(email)).or(users::email.eq(email.trim()));
    users::table.filter(written).select(UserRow::as_select()).first(connection).optional()
}

/// The user of an id.
pub fn by_id(connection: &mut SqliteConnection, id: Uuid) -> QueryResult<Option<UserRow>> {
    users::table.find(id.to_string()).select(UserRow::as_select()).first(connection).optional()
}

/// Adds a user.
pub fn insert(connection: &mut SqliteConnection, row: &UserRow) -> QueryResult<()> {
    diesel::insert_into(users::table).values(row).execute(connection).map(drop)
}

/// Which users.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Part of the e-mail address or the name.
    pub search: String,
    /// Of this role only.
    pub role: Option<Role>,
}

/// What users are sorted by.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// Their e-mail addresses.
    Email,
    /// Their names.
    Name,
    /// The words of their roles.
    Role,
    /// When they were added.
    Created,
}

impl Order {
    /// The orders by the names that clients have for them.
    pub const KNOWN: [(&str, Order); 4] = [
        (stringify!(email), Order::Email),
        ("name", Order::Name),
        ("role", Order::Role),
        ("created_at", Order::Created),
    ];

    /// Where a user stands in it.
    pub fn place(self, row: &UserRow) -> Place {
        let key = match self {
            Order::Email => row.email.clone(),
            Order::Name => folded(&row.name),
            Order::Role => row.role.clone(),
            Order::Created => row.created_at.clone(),
        };
        Place::new(&row.id, &key)
    }
}

/// A page of the users and one more, and how many there are.
pub fn list(
    connection: &mut SqliteConnection,
    filter: &Filter,
    slice: &Slice<Order>,
) -> QueryResult<(Vec<UserRow>, i64)> {
    let pattern = holding(&filter.search);
    let wanted = || {
        let named = fold(users::name.nullable()).like(pattern.clone()).escape('\\');
        let query = users::table
            .filter(fold(users::email.nullable()).like(pattern.clone()).escape('\\').or(named))
            .into_boxed();
        match filter.role {
            Some(role) => query.filter(users::role.eq(role.word())),
            None => query,
        }
    };
    let total = wanted().count().get_result(connection)?;
    let page = wanted().select(UserRow::as_select());
    let page = match slice.order {
        Order::Email => sliced!(page, users::email, users::id, slice),
        Order::Name => sliced!(page, fold(users::name.nullable()), users::id, slice),
        Order::Role => sliced!(page, users::role, users::id, slice),
        Order::Created => sliced!(page, users::created_at, users::id, slice),
    };
    Ok((page.load(connection)?, total))
}

/// How many users have a role.
pub fn count_of_role(connection: &mut SqliteConnection, role: Role) -> QueryResult<i64> {
    users::table.filter(users::role.eq(role.word())).count().get_result(connection)
}

/// Writes what may change of a user.
pub fn update(connection: &mut SqliteConnection, row: &UserRow) -> QueryResult<()> {
    diesel::update(users::table.find(&row.id))
        .set((
            users::email.eq(&row.email),
            users::name.eq(&row.name),
            users::role.eq(&row.role),
            users::password_hash.eq(&row.password_hash),
            users::updated_at.eq(&row.updated_at),
            users::session_version.eq(row.session_version),
        ))
        .execute(connection)
        .map(drop)
}

/// Ends a user's sessions.
pub fn end_sessions(connection: &mut SqliteConnection, id: &str) -> QueryResult<()> {
    diesel::delete(sessions::table.filter(sessions::user_id.eq(id))).execute(connection).map(drop)
}

/// Removes a user with sessions and API keys; what the user made stays.
pub fn remove(connection: &mut SqliteConnection, id: &str) -> QueryResult<()> {
    diesel::delete(users::table.find(id)).execute(connection).map(drop)
}

/// Who an id stands for.
pub fn author(connection: &mut SqliteConnection, id: &str) -> QueryResult<Option<Author>> {
    let name = users::table.find(id).select(users::name).first(connection).optional()?;
    Ok(name.map(|name| Author { id: uuid(id), name }))
}

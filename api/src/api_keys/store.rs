//! API keys in the database.

use diesel::prelude::*;
use uuid::Uuid;

use super::{ApiKey, MARK};
use crate::db::fold::{fold, folded};
use crate::db::schema::api_keys;
use crate::db::slices::{Place, Slice, holding, sliced};
use crate::users::Role;
use crate::users::store::uuid;

/// An API key's row.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = api_keys)]
pub struct ApiKeyRow {
    /// Its id.
    pub id: String,
    /// Its owner.
    pub user_id: String,
    /// What it is for.
    pub name: String,
    /// What stands between `sd_` and the secret.
    pub prefix: String,
    /// SHA-256 of the whole key.
    pub key_hash: String,
    /// The word of the role.
    pub role: String,
    /// The resources that it is limited to, as JSON.
    pub scopes: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// When it ends.
    pub expires_at: String,
    /// When it was used last.
    pub last_used_at: Option<String>,
}

impl ApiKeyRow {
    /// Its role, whatever its owner's is now.
    pub fn role(&self) -> Role {
        Role::of_word(&self.role).unwrap_or(Role::Viewer)
    }

    /// The resources that it is limited to; what cannot be read allows none.
    pub fn scopes(&self) -> Option<Vec<String>> {
        self.scopes.as_deref().map(|text| serde_json::from_str(text).unwrap_or_default())
    }

    /// The key without its secret.
    pub fn shown(self) -> ApiKey {
        ApiKey {
            id: uuid(&self.id),
            role: self.role(),
            scopes: self.scopes(),
            prefix: format!("{MARK}{}", self.prefix),
            name: self.name,
            created_at: self.created_at,
            expires_at: self.expires_at,
            last_used_at: self.last_used_at,
        }
    }
}

/// What keys are sorted by.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// When they were made.
    Created,
    /// When they end.
    Expires,
    /// Their names.
    Name,
}

impl Order {
    /// The orders by the names that clients have for them.
    pub const KNOWN: [(&str, Order); 3] =
        [("created_at", Order::Created), ("expires_at", Order::Expires), ("name", Order::Name)];

    /// Where a key stands in it.
    pub fn place(self, row: &ApiKeyRow) -> Place {
        let key = match self {
            Order::Created => row.created_at.clone(),
            Order::Expires => row.expires_at.clone(),
            Order::Name => folded(&row.name),
        };
        Place::new(&row.id, &key)
    }
}

/// A page of a user's keys and one more, those whose name holds a text, and how many there are.
pub fn list(
    connection: &mut SqliteConnection,
    user: Uuid,
    search: &str,
    slice: &Slice<Order>,
) -> QueryResult<(Vec<ApiKeyRow>, i64)> {
    let own = || {
        let own = api_keys::table.filter(api_keys::user_id.eq(user.to_string())).into_boxed();
        own.filter(fold(api_keys::name.nullable()).like(holding(search)).escape('\\'))
    };
    let total = own().count().get_result(connection)?;
    let page = own().select(ApiKeyRow::as_select());
    let page = match slice.order {
        Order::Created => sliced!(page, api_keys::created_at, api_keys::id, slice),
        Order::Expires => sliced!(page, api_keys::expires_at, api_keys::id, slice),
        Order::Name => sliced!(page, fold(api_keys::name.nullable()), api_keys::id, slice),
    };
    Ok((page.load(connection)?, total))
}

/// A user's key.
pub fn find(connection: &mut SqliteConnection, user: Uuid, id: Uuid) -> QueryResult<Option<ApiKeyRow>> {
    api_keys::table
        .find(id.to_string())
        .filter(api_keys::user_id.eq(user.to_string()))
        .select(ApiKeyRow::as_select())
        .first(connection)
        .optional()
}

/// The key of a prefix.
pub fn by_prefix(connection: &mut SqliteConnection, prefix: &str) -> QueryResult<Option<ApiKeyRow>> {
    api_keys::table.filter(api_keys::prefix.eq(prefix)).select(ApiKeyRow::as_select()).first(connection).optional()
}

/// Adds a key.
pub fn insert(connection: &mut SqliteConnection, row: &ApiKeyRow) -> QueryResult<()> {
    diesel::insert_into(api_keys::table).values(row).execute(connection).map(drop)
}

/// Removes a key.
pub fn remove(connection: &mut SqliteConnection, id: &str) -> QueryResult<()> {
    diesel::delete(api_keys::table.find(id)).execute(connection).map(drop)
}

/// Notes when a key was used.
pub fn used(connection: &mut SqliteConnection, id: &str, at: &str) -> QueryResult<()> {
    diesel::update(api_keys::table.find(id)).set(api_keys::last_used_at.eq(at)).execute(connection).map(drop)
}

/// How many keys a user has.
pub fn count(connection: &mut SqliteConnection, user: Uuid) -> QueryResult<i64> {
    api_keys::table.filter(api_keys::user_id.eq(user.to_string())).count().get_result(connection)
}

//! The audit trail: who changed what, when, from where.
//!
//! Invariant: a change and its entry are written by one transaction ([`crate::db::Db::write_now`] adds the entry), so that neither is there
//! without the other. Entries are never changed.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db;
use crate::db::schema::audit;
use crate::http::context::{self, Acting};
use crate::users::store as users;

/// How an audited call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// The caller may not do it.
    Refused,
}

impl Outcome {
    /// The word that names it.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::Refused => "refused",
        }
    }
}

/// An entry.
#[derive(Clone, Debug, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit)]
pub struct AuditEntry {
    /// Its id; later ones are greater.
    #[schema(value_type = Uuid)]
    pub id: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// The operation's id.
    #[schema(example = "delete_dataset")]
    pub operation: String,
    /// What it was about: the path of the resource.
    pub object: String,
    /// `done` or `refused`.
    #[schema(example = "done")]
    pub outcome: String,
    /// The user; null where nobody was known.
    #[schema(value_type = Option<Uuid>)]
    pub user_id: Option<String>,
    /// The user's address then.
    pub user_email: Option<String>,
    /// The API key, where one was used.
    #[schema(value_type = Option<Uuid>)]
    pub key_id: Option<String>,
    /// The address that the call came from.
    pub address: String,
    /// The request's id, as in the server's log.
    pub request_id: String,
}

/// Writes an entry of what is done in this transaction.
pub fn done(connection: &mut SqliteConnection, acting: &Acting) -> QueryResult<()> {
    insert(connection, acting, Outcome::Done)
}

/// Writes an entry of what somebody may not do.
pub fn refused(connection: &mut SqliteConnection, acting: &Acting) -> QueryResult<()> {
    insert(connection, acting, Outcome::Refused)
}

fn insert(connection: &mut SqliteConnection, acting: &Acting, outcome: Outcome) -> QueryResult<()> {
    let user = acting.user();
    let known = match &user {
        Some(id) => users::by_id(connection, users::uuid(id))?,
        None => None,
    };
    let entry = AuditEntry {
        id: Uuid::now_v7().to_string(),
        at: db::now(),
        operation: acting.operation.to_owned(),
        object: acting.object(),
        outcome: outcome.word().to_owned(),
        user_email: known.map(|user| user.email),
        user_id: user,
        key_id: acting.caller.as_ref().and_then(|caller| caller.key).map(|key| key.to_string()),
        address: acting.client.spelled(),
        request_id: context::request_id(),
    };
    diesel::insert_into(audit::table).values(&entry).execute(connection).map(drop)
}

/// Which entries.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this operation only.
    pub operation: Option<String>,
    /// Of this user only.
    pub user: Option<Uuid>,
    /// About what begins with this only.
    pub object: Option<String>,
    /// With this outcome only.
    pub outcome: Option<Outcome>,
    /// From this instant on only.
    pub since: Option<String>,
    /// The oldest first instead of the newest.
    pub ascending: bool,
    /// Behind the entry of this id only.
    pub behind: Option<Uuid>,
}

/// Entries, at most `limit`; and how many there are in all.
pub fn list(connection: &mut SqliteConnection, filter: &Filter, limit: i64) -> QueryResult<(Vec<AuditEntry>, i64)> {
    let wanted = || {
        let mut query = audit::table.into_boxed();
        if let Some(operation) = &filter.operation {
            query = query.filter(audit::operation.eq(operation.clone()));
        }
        if let Some(user) = filter.user {
            query = query.filter(audit::user_id.eq(user.to_string()));
        }
        if let Some(object) = &filter.object {
            // A range instead of LIKE: what is searched for has no wildcards.
            query = query.filter(audit::object.ge(object.clone()).and(audit::object.lt(format!("{object}\u{10FFFF}"))));
        }
        if let Some(outcome) = filter.outcome {
            query = query.filter(audit::outcome.eq(outcome.word()));
        }
        if let Some(since) = &filter.since {
            query = query.filter(audit::at.ge(since.clone()));
        }
        query
    };
    let total = wanted().count().get_result(connection)?;
    let page = wanted().limit(limit).select(AuditEntry::as_select());
    let page = match (filter.behind.map(|id| id.to_string()), filter.ascending) {
        (None, _) => page,
        (Some(id), true) => page.filter(audit::id.gt(id)),
        (Some(id), false) => page.filter(audit::id.lt(id)),
    };
    let page = if filter.ascending { page.order(audit::id.asc()) } else { page.order(audit::id.desc()) };
    Ok((page.load(connection)?, total))
}

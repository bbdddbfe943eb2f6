//! Which API keys there may be, and whom a key stands for.

use diesel::SqliteConnection;
use engine::problem::Problem;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::store::{self, ApiKeyRow};
use super::{CreatedApiKey, MARK};
use crate::App;
use crate::access;
use crate::auth::tokens;
use crate::db;
use crate::error::{ApiError, Code};
use crate::http::caller::Caller;
use crate::users::Role;
use crate::users::store::uuid;

/// Days for which a key holds where its maker names no end.
pub const DEFAULT_DAYS: i64 = 90;

/// Keys of a user at most.
const MAX_KEYS: i64 = 100;

/// Characters of a prefix.
const PREFIX: usize = 12;

/// Which key is wanted.
pub struct NewKey {
    /// What it is for.
    pub name: String,
    /// Its role; the maker's where absent.
    pub role: Option<Role>,
    /// When it ends.
    pub expires_at: Option<String>,
    /// The resources that it is limited to.
    pub scopes: Option<Vec<String>>,
}

/// Makes a key for a user who signed in.
pub fn create(connection: &mut SqliteConnection, caller: &Caller, wanted: NewKey) -> Result<CreatedApiKey, ApiError> {
    let NewKey { name, role, expires_at, scopes } = wanted;
    let mut problems = Vec::new();
    let mut tell = |pointer: &str, sentence: String| {
        problems.push(Problem::new("invalid_value", sentence).at(pointer));
    };
    let length = name.chars().count();
    let name = name.trim().to_owned();
    if !(1..=200).contains(&length) || name.is_empty() {
        tell("/name", format!("the name has {length} characters; it needs 1 to 200"));
    }
    let role = role.unwrap_or(caller.role);
    if role > caller.role {
        let sentence = format!("{} is more than you may do yourself, {}", role.word(), caller.role.word());
        let problem = Problem::new("invalid_value", sentence.clone()).at("/role");
        return Err(ApiError::new(Code::Forbidden, sentence).about(vec![problem]));
    }
    let now = Timestamp::now();
    let mut ends = now + SignedDuration::from_hours(24 * DEFAULT_DAYS);
    if let Some(text) = expires_at {
        match text.parse::<Timestamp>() {
            Ok(at) if at > now => ends = at,
            Ok(_) => tell("/expires_at", format!("{text} is over already")),
            Err(_) => tell("/expires_at", format!("{text:?} is no instant such as 2027-01-31T00:00:00Z")),
        }
    }
    let known = access::operations().scopes();
    for (index, scope) in scopes.iter().flatten().enumerate() {
        if !known.contains(&scope.as_str()) {
            tell(&format!("/scopes/{index}"), format!("{scope:?} is no scope; known are {}", known.join(", ")));
        }
    }
    if scopes.as_ref().is_some_and(Vec::is_empty) {
        tell("/scopes", "no scope is named; leave it out for all".to_owned());
    }
    if !problems.is_empty() {
        return Err(ApiError::invalid(problems));
    }
    if store::count(connection, caller.id)? >= MAX_KEYS {
        return Err(ApiError::new(Code::Conflict, format!("you have {MAX_KEYS} keys; revoke one first")));
    }
    let prefix: String = tokens::random()?.chars().take(PREFIX).collect();
    let key = format!("{MARK}{prefix}_{}", tokens::random()?);
    let row = ApiKeyRow {
        id: Uuid::now_v7().to_string(),
        user_id: caller.id.to_string(),
        name,
        prefix,
        key_hash: tokens::stored(&key),
        role: role.word().to_owned(),
        scopes: scopes.map(|scopes| serde_json::json!(scopes).to_string()),
        created_at: db::spell(now),
        expires_at: db::spell(ends),
        last_used_at: None,
    };
    store::insert(connection, &row)?;
    Ok(CreatedApiKey { key, api_key: row.shown() })
}

/// A user's own key; those of others are not there.
pub fn own(connection: &mut SqliteConnection, user: Uuid, id: Uuid) -> Result<ApiKeyRow, ApiError> {
    store::find(connection, user, id)?.ok_or_else(|| ApiError::not_found("API key", id))
}

/// Whom a key stands for, with what both may do now; nobody where it does not hold.
pub async fn caller(app: &App, key: &str) -> Result<Option<Caller>, ApiError> {
    let prefix = key.strip_prefix(MARK).and_then(|rest| rest.split_once('_')).map(|(prefix, _)| prefix);
    let Some(prefix) = prefix.filter(|prefix| prefix.len() == PREFIX) else { return Ok(None) };
    let Some(row) = app.directory.key(&app.db, prefix).await? else { return Ok(None) };
    if !tokens::is_same(&row.key_hash, &tokens::stored(key)) || row.expires_at <= db::now() {
        return Ok(None);
    }
    let owner = uuid(&row.user_id);
    let Some(known) = app.directory.user(&app.db, owner).await? else { return Ok(None) };
    note_use(app, &row).await;
    let role = row.role().min(known.role);
    Ok(Some(Caller { id: owner, role, key: Some(uuid(&row.id)), scopes: row.scopes() }))
}

/// Notes the use of a key once an hour; whether that works does not matter to who calls.
async fn note_use(app: &App, row: &ApiKeyRow) {
    let hour_ago = db::spell(Timestamp::now() - SignedDuration::from_hours(1));
    if row.last_used_at.as_ref().is_some_and(|at| *at > hour_ago) {
        return;
    }
    let id = row.id.clone();
    match app.db.write(move |c| Ok(store::used(c, &id, &db::now())?)).await {
        Ok(()) => app.directory.forget(),
        Err(error) => log::warn!("the use of an API key cannot be noted: {error}"),
    }
}

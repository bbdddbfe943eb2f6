//! Users and API keys as requests need them, remembered for a moment, so that not every request asks the database.
//!
//! A change through this server is known at once; one from a command beside it within seconds.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::api_keys::store::{self as keys, ApiKeyRow};
use crate::db::Db;
use crate::error::ApiError;
use crate::users::Role;
use crate::users::store as users;

/// How long something is remembered.
const KEPT: Duration = Duration::from_secs(2);

/// Entries of a kind at most.
const MAX_ENTRIES: usize = 10_000;

/// What a request needs of its user.
#[derive(Clone, Copy, Debug)]
pub struct KnownUser {
    /// What the user may do.
    pub role: Role,
    /// The access tokens that hold.
    pub session_version: i32,
}

/// What is remembered.
#[derive(Default)]
pub struct Directory {
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    /// Goes up with each change, so that what was read before it is not remembered after it.
    changes: u64,
    users: HashMap<Uuid, (Instant, Option<KnownUser>)>,
    keys: HashMap<String, (Instant, ApiKeyRow)>,
}

impl Directory {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets everything, since something was changed.
    pub fn forget(&self) {
        let mut entries = self.entries();
        entries.changes += 1;
        entries.users.clear();
        entries.keys.clear();
    }

    /// The user of an id.
    pub async fn user(&self, db: &Db, id: Uuid) -> Result<Option<KnownUser>, ApiError> {
        let changes = {
            let entries = self.entries();
            if let Some((_, known)) = entries.users.get(&id).filter(|(at, _)| at.elapsed() < KEPT) {
                return Ok(*known);
            }
            entries.changes
        };
        let row = db.read(move |c| Ok(users::by_id(c, id)?)).await?;
        let known = row.map(|row| KnownUser { role: row.user().role, session_version: row.session_version });
        let mut entries = self.entries();
        if entries.changes == changes {
            make_room(&mut entries.users);
            entries.users.insert(id, (Instant::now(), known));
        }
        Ok(known)
    }

    /// The API key of a prefix. Prefixes of no key are not remembered: there are too many of them.
    pub async fn key(&self, db: &Db, prefix: &str) -> Result<Option<ApiKeyRow>, ApiError> {
        let changes = {
            let entries = self.entries();
            if let Some((_, row)) = entries.keys.get(prefix).filter(|(at, _)| at.elapsed() < KEPT) {
                return Ok(Some(row.clone()));
            }
            entries.changes
        };
        let wanted = prefix.to_owned();
        let Some(row) = db.read(move |c| Ok(keys::by_prefix(c, &wanted)?)).await? else { return Ok(None) };
        let mut entries = self.entries();
        if entries.changes == changes {
            make_room(&mut entries.keys);
            entries.keys.insert(prefix.to_owned(), (Instant::now(), row.clone()));
        }
        Ok(Some(row))
    }
}

fn make_room<K: Eq + std::hash::Hash, V>(entries: &mut HashMap<K, (Instant, V)>) {
    if entries.len() >= MAX_ENTRIES {
        entries.retain(|_, (at, _)| at.elapsed() < KEPT);
    }
    if entries.len() >= MAX_ENTRIES {
        entries.clear();
    }
}

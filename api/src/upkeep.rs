//! What has to be done from time to time: what has ended is removed, and SQLite looks after its statistics and its log.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::datasets::service::RESTORE_DAYS;
use crate::error::ApiError;
use crate::generations::{store as generations, worker};
use crate::{App, auth, datasets, db, idempotency};

/// How often.
const EVERY: Duration = Duration::from_secs(3600);

/// Generations that are deleted in one transaction at most.
const BATCH: i64 = 100;

/// When it was done last.
#[derive(Default)]
pub struct Upkeep(Option<Instant>);

impl Upkeep {
    /// Does what is due.
    pub fn step(&mut self, app: &App) {
        if self.0.is_some_and(|done| done.elapsed() < EVERY) {
            return;
        }
        self.0 = Some(Instant::now());
        if let Err(error) = once(app) {
            log::error!("upkeep: {error}");
        }
    }
}

/// Does all of it now.
pub fn once(app: &App) -> Result<(), ApiError> {
    let now = Timestamp::now();
    let days_ago = |days: i64| db::spell(now - SignedDuration::from_hours(24 * days));
    let long_ago = days_ago(RESTORE_DAYS);
    let gone = app.db.write_now(|c| {
        let gone = datasets::store::generations_deleted_before(c, &long_ago)?;
        datasets::store::remove_deleted_before(c, &long_ago)?;
        auth::service::remove_expired(c, now)?;
        idempotency::store::remove_before(c, &idempotency::oldest())?;
        Ok::<_, ApiError>(gone)
    })?;
    gone.iter().for_each(|id| worker::remove_files(app, id));
    if let Some(days) = app.config.generation_ttl_days {
        let ended = days_ago(i64::try_from(days).unwrap_or(i64::MAX));
        remove_generations(app, &ended)?;
    }
    Ok(app.db.tidy()?)
}

/// Removes the generations that ended before an instant, with rows and exports.
fn remove_generations(app: &App, before: &str) -> Result<(), ApiError> {
    loop {
        let removed = app.db.write_now(|c| {
            let old = generations::ended_before(c, before, BATCH)?;
            for id in &old {
                generations::remove(c, id)?;
            }
            Ok::<_, ApiError>(old)
        })?;
        removed.iter().for_each(|id| worker::remove_files(app, id));
        if !removed.is_empty() {
            log::info!("{} generations were older than GENERATION_TTL_DAYS and are deleted", removed.len());
        }
        if (removed.len() as i64) < BATCH {
            return Ok(());
        }
    }
}

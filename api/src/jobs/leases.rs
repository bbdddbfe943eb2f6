//! Whose running work is: a worker's until its lease runs out. Leases are renewed while workers live; when one is gone, its work is taken by
//! another after the lease, and goes on from what was recorded.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::Desk;
use crate::error::ApiError;
use crate::{App, db, exports, generations};

/// How long work is a worker's without word of it.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// How often leases are renewed: several times before they run out.
const RENEW_EVERY: Duration = Duration::from_secs(15);

/// A lease as it is recorded.
#[derive(Clone, Debug)]
pub struct Lease {
    /// The instant of now.
    pub now: String,
    /// Until when it holds.
    pub until: String,
    /// The ids of what workers of this server hold, whatever is recorded of it.
    pub held: Vec<String>,
}

impl Lease {
    /// A lease from now on, for what is taken from the queue of a desk or lies on it.
    pub fn of<P: Clone>(desk: &Desk<P>) -> Lease {
        let now = Timestamp::now();
        Lease { now: db::spell(now), until: db::spell(now + LEASE), held: desk.held() }
    }
}

/// When leases were renewed last.
#[derive(Default)]
pub struct Renewal(Option<Instant>);

impl Renewal {
    /// Renews the leases of what is on the desks, where that is due.
    pub fn step(&mut self, app: &App) {
        if self.0.is_some_and(|done| done.elapsed() < RENEW_EVERY) {
            return;
        }
        self.0 = Some(Instant::now());
        if let Err(error) = once(app) {
            log::error!("leases cannot be renewed: {error}");
        }
    }
}

/// Renews them now.
pub fn once(app: &App) -> Result<(), ApiError> {
    let (rows, files) = (Lease::of(&*app.generations), Lease::of(&*app.exports));
    if rows.held.is_empty() && files.held.is_empty() {
        return Ok(());
    }
    app.db.write_now(|c| {
        generations::store::renew(c, &rows)?;
        exports::store::renew(c, &files)?;
        Ok(())
    })
}

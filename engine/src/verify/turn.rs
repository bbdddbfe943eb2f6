//! Whose turn it is: statements are proved side by side only while they wait for rows that are made; what takes memory or time is done by one
//! at a time, so that a proof needs no more than its largest statement.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::live::Undecided;

/// The turns of a proof.
#[derive(Clone)]
pub(super) struct Turns(Arc<Semaphore>);

impl Turns {
    pub(super) fn new() -> Turns {
        Turns(Arc::new(Semaphore::new(1)))
    }
}

/// The turn of a statement, or of several that are proved together.
pub(super) struct Turn {
    turns: Turns,
    held: Mutex<Held>,
}

struct Held {
    permit: Option<OwnedSemaphorePermit>,
    /// Until it said whether it waits for rows.
    undecided: Option<Undecided>,
}

impl Turn {
    pub(super) fn new(turns: &Turns, undecided: Option<Undecided>) -> Turn {
        Turn { turns: turns.clone(), held: Mutex::new(Held { permit: None, undecided }) }
    }

    /// Waits for its turn; those that wait are served in their order.
    pub(super) async fn take(&self) {
        let permit = Arc::clone(&self.turns.0).acquire_owned().await.ok();
        self.held.lock().unwrap_or_else(PoisonError::into_inner).permit = permit;
    }

    /// Lets others have their turn.
    pub(super) fn give(&self) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).permit = None;
    }

    /// Says that it waits for rows, or never will.
    pub(super) fn decide(&self) {
        let undecided = self.held.lock().unwrap_or_else(PoisonError::into_inner).undecided.take();
        drop(undecided);
    }

    /// Says that it will not wait for rows, and goes behind those who may.
    pub(super) async fn stand_back(&self) {
        let was_undecided = self.held.lock().unwrap_or_else(PoisonError::into_inner).undecided.take().is_some();
        if was_undecided {
            self.give();
            self.take().await;
        }
    }
}

//! A request to stop, seen by all threads of a run.

use engine::stop::Stop;

use crate::Failure;

/// A flag that is raised once. Its clones are one flag.
#[derive(Clone, Debug, Default)]
pub struct Cancellation(Stop);

impl Cancellation {
    /// Asks to stop; says whether somebody had asked before.
    pub fn cancel(&self) -> bool {
        self.0.stop()
    }

    /// Whether somebody asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_stopped()
    }

    /// Raises it when what is given is dropped: work that nobody waits for any more is to stop.
    #[must_use]
    pub fn on_drop(&self) -> CancelOnDrop {
        CancelOnDrop(self.clone())
    }

    /// Does work that makes rows: it ends wherever it is, in the midst of what a first row needs of all the others too.
    pub fn watch<T, E: From<Failure>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.0.watch(work).unwrap_or_else(|_| Err(Failure::Cancelled.into()))
    }

    /// [`Failure::Cancelled`] once somebody asked to stop.
    pub fn check(&self) -> Result<(), Failure> {
        if self.is_cancelled() { Err(Failure::Cancelled) } else { Ok(()) }
    }
}

/// Raises a [`Cancellation`] when it is dropped.
pub struct CancelOnDrop(Cancellation);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

//! Work that ends when it is asked to, wherever it is.
//!
//! The first row of a table can need a look at all the others, whose number is the schema's, and nothing between the caller and that pass hands
//! a flag down. A thread therefore knows by which flag its work is stopped, and every pass over rows looks at it, block by block. Who finds it
//! raised unwinds to where the flag was put up: what is prepared once and kept stays unprepared then, so that it is no error for who comes next.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

thread_local! {
    /// What stops the work of this thread.
    static CURRENT: RefCell<Option<Stop>> = const { RefCell::new(None) };
}

/// Stops work from another thread than the one that does it. Its clones are one.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

/// Work was asked to stop, and did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it was stopped")]
pub struct Stopped;

impl Stop {
    /// Asks the work to end; it does within the rows that it makes or weighs at a time. Says whether somebody had asked before.
    pub fn stop(&self) -> bool {
        self.0.swap(true, Ordering::Relaxed)
    }

    /// Whether somebody asked.
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Does work of this crate on this thread, until it is asked to stop.
    ///
    /// # Errors
    /// It was asked before the work was done.
    pub fn watch<T>(&self, work: impl FnOnce() -> T) -> Result<T, Stopped> {
        within(Some(self.clone()), work)
    }
}

/// What stops the work of this thread.
pub(crate) fn current() -> Option<Stop> {
    CURRENT.with_borrow(Clone::clone)
}

/// Does work that is stopped by what stops that of another thread.
pub(crate) fn within<T>(stop: Option<Stop>, work: impl FnOnce() -> T) -> Result<T, Stopped> {
    let before = CURRENT.replace(stop);
    let done = catch_unwind(AssertUnwindSafe(work));
    CURRENT.set(before);
    done.map_err(stopped)
}

/// What a thread ended with that was asked to stop; anything else goes on as the panic that it is.
fn stopped(cause: Box<dyn Any + Send>) -> Stopped {
    match cause.downcast::<Stopped>() {
        Ok(stopped) => *stopped,
        Err(cause) => resume_unwind(cause),
    }
}

/// Leaves the work of this thread where it was asked to stop.
pub(crate) fn look() {
    if CURRENT.with_borrow(|stop| stop.as_ref().is_some_and(Stop::is_stopped)) {
        leave();
    }
}

/// Leaves the work of this thread.
pub(crate) fn leave() -> ! {
    // No panic: nothing is printed, and whoever put the flag up catches it.
    resume_unwind(Box::new(Stopped))
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use super::*;

    #[test]
    fn what_is_stopped_leaves_nothing_half_prepared_and_no_trace_on_its_thread() {
        let (stop, kept) = (Stop::default(), OnceLock::new());
        let prepare = |stop: &Stop| {
            stop.watch(|| {
                *kept.get_or_init(|| {
                    look();
                    7
                })
            })
        };
        assert!(!stop.stop());
        assert!(stop.stop() && stop.is_stopped());
        assert_eq!(prepare(&stop), Err(Stopped));
        look();
        assert_eq!(prepare(&Stop::default()), Ok(7));
        assert_eq!(prepare(&stop), Ok(7), "it is there, nothing is looked at");
    }

    #[test]
    fn an_inner_flag_stops_the_inner_work_alone() {
        let (outer, inner) = (Stop::default(), Stop::default());
        inner.stop();
        let done = outer.watch(|| {
            let within = inner.watch(look);
            look();
            within
        });
        assert_eq!(done, Ok(Err(Stopped)));
    }
}

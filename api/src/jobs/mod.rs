//! The durable queue: work waits in the database, is taken in its order by a thread of its own, reports how far it is, and can be stopped.
//!
//! Invariant: what a server was working on when it died is queued again when it starts, and what a worker was working on when it died is taken
//! by another once its lease runs out; both go on from what was recorded.

pub mod leases;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;

use crate::Cancellation;
use crate::error::ApiError;

/// How long an idle worker sleeps before it looks by itself; a bell wakes it at once.
const IDLE: Duration = Duration::from_secs(5);

/// How long a worker waits before it tries again to record an end, at first and at most.
const RECORD_AGAIN: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(30));

/// A desk: the queue of its workers, and what is on it now. `P` is the progress that they report.
pub struct Desk<P> {
    /// How often it rang.
    bell: Mutex<u64>,
    rung: Condvar,
    active: Mutex<HashMap<Uuid, Active<P>>>,
    is_stopping: AtomicBool,
}

struct Active<P> {
    cancellation: Cancellation,
    progress: watch::Sender<P>,
}

/// Why work was stopped before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// Somebody cancelled it.
    Cancelled,
    /// The server stops; it goes on at the next start.
    Parked,
}

impl<P> Default for Desk<P> {
    fn default() -> Desk<P> {
        Desk {
            bell: Mutex::default(),
            rung: Condvar::new(),
            active: Mutex::default(),
            is_stopping: AtomicBool::new(false),
        }
    }
}

/// Work that lies on a desk.
pub struct OnDesk<'a, P> {
    desk: &'a Desk<P>,
    id: Uuid,
}

impl<P> Drop for OnDesk<'_, P> {
    fn drop(&mut self) {
        self.desk.active.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

impl<P: Clone> Desk<P> {
    /// Tells the workers that there is something to do.
    pub fn ring(&self) {
        *self.bell.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.rung.notify_all();
    }

    /// How often it rang so far.
    fn rings(&self) -> u64 {
        *self.bell.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it has rung more often than a worker heard, or a while.
    fn wait(&self, heard: u64) {
        let bell = self.bell.lock().unwrap_or_else(PoisonError::into_inner);
        let silent = |rings: &mut u64| *rings == heard && !self.is_stopping();
        let _ = self.rung.wait_timeout_while(bell, IDLE, silent);
    }

    /// Whether the server stops.
    pub fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    /// Why work whose cancellation was raised was stopped.
    pub fn interruption(&self) -> Interruption {
        if self.is_stopping() { Interruption::Parked } else { Interruption::Cancelled }
    }

    fn active(&self) -> MutexGuard<'_, HashMap<Uuid, Active<P>>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts work on the desk, where it lies until what is given first is dropped, however its worker ends.
    pub fn begin(&self, id: Uuid, progress: P) -> (OnDesk<'_, P>, Cancellation, watch::Sender<P>) {
        let cancellation = Cancellation::default();
        let (send, _) = watch::channel(progress);
        self.active().insert(id, Active { cancellation: cancellation.clone(), progress: send.clone() });
        // A stop that came before the work was on the desk holds for it too.
        if self.is_stopping() {
            cancellation.cancel();
        }
        (OnDesk { desk: self, id }, cancellation, send)
    }

    /// The ids of what is on the desk.
    pub fn held(&self) -> Vec<String> {
        self.active().keys().map(Uuid::to_string).collect()
    }

    /// Records how work ended; again and again where the database refuses, as on a full disk. What is not recorded would be at work for ever.
    pub fn record<T>(&self, what: &str, mut write: impl FnMut() -> Result<T, ApiError>) -> Result<T, ApiError> {
        let (mut pause, longest) = RECORD_AGAIN;
        loop {
            match write() {
                Err(error) if !self.is_stopping() => {
                    log::error!("the end of {what} cannot be recorded: {error}; trying again");
                    thread::sleep(pause);
                    pause = longest.min(pause * 2);
                }
                ended => return ended,
            }
        }
    }

    /// Asks the work to stop; says whether it was on the desk.
    pub fn cancel(&self, id: Uuid) -> bool {
        self.active().get(&id).is_some_and(|active| {
            active.cancellation.cancel();
            true
        })
    }

    /// How far the work is, if it is on the desk.
    pub fn progress(&self, id: Uuid) -> Option<P> {
        self.active().get(&id).map(|active| active.progress.borrow().clone())
    }

    /// Tells everybody who follows the work how far it is.
    pub fn tell(&self, id: Uuid, progress: P) {
        if let Some(active) = self.active().get(&id) {
            active.progress.send_replace(progress);
        }
    }

    /// Follows how far the work is, if it is on the desk.
    pub fn follow(&self, id: Uuid) -> Option<watch::Receiver<P>> {
        self.active().get(&id).map(|active| active.progress.subscribe())
    }

    /// Stops the worker, and parks what is on the desk.
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
        for active in self.active().values() {
            active.cancellation.cancel();
        }
        self.ring();
    }
}

/// How much less than its share a worker takes of a busy machine, from 0 to 19.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Lets requests go first where the machine has not enough for everybody. Threads that this one starts do the same.
fn give_way() {
    // Elsewhere than on Linux a priority is the whole process's. Where it is refused, a worker keeps its share.
    #[cfg(target_os = "linux")]
    // SAFETY: three numbers go in and one comes out; 0 is the thread that calls.
    unsafe {
        libc::setpriority(libc::PRIO_PROCESS, 0, NICENESS);
    }
}

/// Starts a worker: `step` does the next piece of work and says whether there was one. One that panics costs the worker no more than that
/// piece.
pub fn start<P: Clone + Send + Sync + 'static>(
    name: &'static str,
    desk: Arc<Desk<P>>,
    mut step: impl FnMut() -> bool + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(move || {
        give_way();
        while !desk.is_stopping() {
            let heard = desk.rings();
            let stepped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(&mut step));
            if stepped.is_err() {
                log::error!("a worker for {name} panicked; what it was at is taken again once its lease runs out");
            }
            if !stepped.unwrap_or(false) {
                desk.wait(heard);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_bell_wakes_an_idle_worker_and_a_stop_ends_it() {
        let desk: Arc<Desk<u8>> = Arc::default();
        let (send, receive) = mpsc::channel();
        let worker = start("test", Arc::clone(&desk), move || {
            send.send(()).expect("the test listens");
            false
        });
        receive.recv().expect("it looks once by itself");
        desk.ring();
        receive.recv().expect("the bell wakes it");
        desk.stop();
        worker.expect("a thread").join().expect("it ends");
    }

    #[test]
    fn a_bell_wakes_every_worker_and_a_panic_ends_none() {
        let desk: Arc<Desk<u8>> = Arc::default();
        let (send, receive) = mpsc::channel();
        let workers: Vec<_> = (0..3)
            .map(|number| {
                let (send, held) = (send.clone(), Arc::clone(&desk));
                let step = move || {
                    let _on_desk = held.begin(Uuid::now_v7(), 0);
                    send.send(number).expect("the test listens");
                    panic!("as a worker does that meets a fault");
                };
                start("test", Arc::clone(&desk), step).expect("a thread")
            })
            .collect();
        let turns = || {
            let mut turns: Vec<i32> = (0..3).map(|_| receive.recv().expect("a turn")).collect();
            turns.sort_unstable();
            turns
        };
        assert_eq!(turns(), [0, 1, 2], "each looks once by itself");
        desk.ring();
        assert_eq!(turns(), [0, 1, 2], "the bell wakes them all");
        desk.stop();
        workers.into_iter().for_each(|worker| worker.join().expect("it ends as asked"));
        assert!(desk.held().is_empty(), "what a worker was at lies on the desk");
    }

    /// The niceness of the thread that asks: the seventeenth of the figures behind its name.
    #[cfg(target_os = "linux")]
    fn niceness() -> i32 {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").expect("a thread of Linux");
        let (_, behind) = stat.rsplit_once(") ").expect("its name in brackets");
        behind.split(' ').nth(16).and_then(|figure| figure.parse().ok()).expect("a number")
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_worker_and_the_threads_that_it_starts_let_requests_go_first() {
        let before = niceness();
        let desk: Arc<Desk<u8>> = Arc::default();
        let (send, receive) = mpsc::channel();
        let worker = start("test", Arc::clone(&desk), move || {
            let started = thread::spawn(niceness).join().expect("it asks");
            send.send([niceness(), started]).expect("the test listens");
            false
        });
        assert_eq!(receive.recv().expect("a turn"), [NICENESS; 2]);
        assert_eq!(niceness(), before);
        desk.stop();
        worker.expect("a thread").join().expect("it ends");
    }

    #[test]
    fn an_end_is_recorded_once_the_database_takes_it() {
        let desk: Desk<u8> = Desk::default();
        let mut refusals = 2;
        let recorded = desk.record("work", || {
            refusals -= 1;
            if refusals >= 0 { Err(ApiError::internal("the disk is full")) } else { Ok(7) }
        });
        assert_eq!(recorded.expect("it is recorded"), 7);
        desk.stop();
        desk.record("work", || Err::<(), _>(ApiError::internal("the disk is full"))).expect_err("the server stops");
    }

    #[test]
    fn work_on_the_desk_can_be_followed_and_cancelled() {
        let desk: Desk<u8> = Desk::default();
        let id = Uuid::now_v7();
        assert!(!desk.cancel(id));
        let (on_desk, cancellation, progress) = desk.begin(id, 0);
        progress.send_replace(7);
        assert_eq!(desk.progress(id), Some(7));
        assert!(desk.cancel(id) && cancellation.is_cancelled());
        assert_eq!(desk.interruption(), Interruption::Cancelled);
        desk.stop();
        assert_eq!(desk.interruption(), Interruption::Parked);
        assert_eq!(desk.held(), [id.to_string()]);
        drop(on_desk);
        assert_eq!((desk.progress(id), desk.held().len()), (None, 0));
    }
}

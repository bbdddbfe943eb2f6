//! A server that failed many requests in a row is left alone for a while; then one request tries whether it is back.
//!
//! A request counts once, when its last attempt has failed: a server that fails for a moment is what attempts are for, and the many that are
//! in flight meanwhile say no more than one of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

#[derive(Debug, Default)]
struct State {
    failures: u32,
    open_until: Option<Instant>,
    /// Whether a request is trying whether the server is back.
    trying: bool,
}

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    tried: Notify,
}

/// The breaker; clones share their state.
#[derive(Clone, Debug)]
pub struct Circuit {
    inner: Arc<Inner>,
    limit: u32,
    pause: Duration,
}

/// Leave to send one request; what came of it is said with [`Pass::succeeded`] or [`Pass::failed`], and nothing where nobody waited for it.
#[derive(Debug)]
pub struct Pass {
    circuit: Circuit,
    is_trial: bool,
}

/// Why there is no leave to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shut {
    /// The server is left alone for so long.
    For(Duration),
    /// Another request tries whether it is back.
    Trying,
}

impl Circuit {
    /// Opens after `limit` failures in a row, for `pause`.
    pub fn new(limit: u32, pause: Duration) -> Circuit {
        Circuit { inner: Arc::default(), limit: limit.max(1), pause }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leave to send, or why there is none.
    pub fn enter(&self) -> Result<Pass, Shut> {
        let mut state = self.state();
        let is_trial = match state.open_until {
            None => false,
            Some(until) => {
                let left = until.saturating_duration_since(Instant::now());
                if !left.is_zero() {
                    return Err(Shut::For(left));
                }
                if std::mem::replace(&mut state.trying, true) {
                    return Err(Shut::Trying);
                }
                true
            }
        };
        Ok(Pass { circuit: self.clone(), is_trial })
    }

    /// Leave to send as soon as there is any: it waits for the pause, and for who tries meanwhile; but no longer than `longest`, nor for a
    /// server that is not back.
    pub async fn wait(&self, longest: Duration) -> Result<Pass, Shut> {
        let mut has_waited = false;
        loop {
            let tried = self.inner.tried.notified();
            tokio::pin!(tried);
            // Who ends between the look and the wait is heard too.
            tried.as_mut().enable();
            match self.enter() {
                Ok(pass) => return Ok(pass),
                Err(Shut::For(left)) if has_waited || left > longest => return Err(Shut::For(left)),
                Err(Shut::For(left)) => {
                    has_waited = true;
                    tokio::time::sleep(left).await;
                }
                Err(Shut::Trying) => {
                    has_waited = true;
                    tried.await;
                }
            }
        }
    }

    /// Whether the server is left alone.
    pub fn is_open(&self) -> bool {
        self.state().open_until.is_some_and(|until| until > Instant::now())
    }
}

impl Pass {
    /// Whether the request tries if the server is back.
    pub fn is_trial(&self) -> bool {
        self.is_trial
    }

    /// The server answered.
    pub fn succeeded(self) {
        let mut state = self.circuit.state();
        state.failures = 0;
        state.open_until = None;
    }

    /// The server failed, and the request is not sent again.
    pub fn failed(self) {
        let mut state = self.circuit.state();
        state.failures = state.failures.saturating_add(1);
        if self.is_trial || state.failures >= self.circuit.limit {
            state.open_until = Some(Instant::now() + self.circuit.pause);
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if self.is_trial {
            self.circuit.state().trying = false;
            self.circuit.inner.tried.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(20);

    #[test]
    fn it_opens_after_failures_in_a_row_and_one_request_tries_again() {
        let circuit = Circuit::new(2, SOON);
        circuit.enter().expect("closed").failed();
        circuit.enter().expect("closed").succeeded();
        circuit.enter().expect("closed").failed();
        // Who is sent again says nothing.
        drop(circuit.enter().expect("closed"));
        assert!(!circuit.is_open());
        circuit.enter().expect("closed").failed();
        assert!(circuit.is_open() && circuit.enter().is_err());
        std::thread::sleep(SOON + SOON);
        let trial = circuit.enter().expect("one may try");
        assert!(trial.is_trial());
        assert_eq!(circuit.enter().expect_err("one alone"), Shut::Trying);
        drop(trial);
        circuit.enter().expect("the next may try").failed();
        assert!(circuit.is_open());
        std::thread::sleep(SOON + SOON);
        circuit.enter().expect("one may try").succeeded();
        assert!(!circuit.enter().expect("closed").is_trial());
    }

    #[tokio::test]
    async fn who_waits_hears_what_became_of_the_one_that_tries() {
        let circuit = Circuit::new(1, SOON);
        circuit.enter().expect("closed").failed();
        assert!(matches!(circuit.wait(SOON / 20).await, Err(Shut::For(_))), "it is not waited for so long");
        let trial = circuit.wait(SOON).await.expect("one may try");
        let (waits, ()) = tokio::join!(circuit.wait(SOON), async { trial.succeeded() });
        assert!(!waits.expect("it is back").is_trial());
        circuit.enter().expect("closed").failed();
        let trial = circuit.wait(SOON).await.expect("one may try");
        let (waits, ()) = tokio::join!(circuit.wait(SOON), async { trial.failed() });
        assert!(matches!(waits, Err(Shut::For(_))), "it is not back");
    }
}

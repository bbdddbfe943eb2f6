//! A server that failed many times in a row is left alone for a while; then one request tries whether it is back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[derive(Debug, Default)]
struct State {
    failures: u32,
    open_until: Option<Instant>,
    /// Whether a request is trying whether the server is back.
    trying: bool,
}

/// The breaker; clones share their state.
#[derive(Clone, Debug)]
pub struct Circuit {
    state: Arc<Mutex<State>>,
    limit: u32,
    pause: Duration,
}

/// Leave to send one request; what came of it is said with [`Pass::succeeded`] or [`Pass::failed`], and nothing where nobody waited for it.
#[derive(Debug)]
pub struct Pass {
    circuit: Circuit,
    is_trial: bool,
}

impl Circuit {
    /// Opens after `limit` failures in a row, for `pause`.
    pub fn new(limit: u32, pause: Duration) -> Circuit {
        Circuit { state: Arc::default(), limit: limit.max(1), pause }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leave to send, or for how long there is none.
    pub fn enter(&self) -> Result<Pass, Duration> {
        let mut state = self.state();
        let is_trial = match state.open_until {
            None => false,
            Some(until) => {
                let left = until.saturating_duration_since(Instant::now());
                if !left.is_zero() || state.trying {
                    return Err(left.max(Duration::from_secs(1)));
                }
                state.trying = true;
                true
            }
        };
        Ok(Pass { circuit: self.clone(), is_trial })
    }

    /// Whether the server is left alone.
    pub fn is_open(&self) -> bool {
        self.state().open_until.is_some_and(|until| until > Instant::now())
    }
}

impl Pass {
    /// The server answered.
    pub fn succeeded(self) {
        let mut state = self.circuit.state();
        state.failures = 0;
        state.open_until = None;
    }

    /// It did not.
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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_and_one_request_tries_again() {
        let circuit = Circuit::new(2, Duration::from_millis(20));
        circuit.enter().expect("closed").failed();
        circuit.enter().expect("closed").succeeded();
        circuit.enter().expect("closed").failed();
        assert!(!circuit.is_open());
        circuit.enter().expect("closed").failed();
        assert!(circuit.is_open() && circuit.enter().is_err());
        std::thread::sleep(Duration::from_millis(30));
        let trial = circuit.enter().expect("one may try");
        assert!(circuit.enter().is_err(), "one alone");
        drop(trial);
        circuit.enter().expect("the next may try").failed();
        assert!(circuit.is_open());
        std::thread::sleep(Duration::from_millis(30));
        circuit.enter().expect("one may try").succeeded();
        circuit.enter().expect("closed").succeeded();
    }
}

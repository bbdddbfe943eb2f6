//! A plan's rows as batches: ranges over threads, results in order, memory bounded.
//!
//! A thread takes a run of blocks at a time, so that what neighbours share (a parent's columns, a list in the cache) is shared on one core;
//! results wait for their turn in a window of a few runs, which bounds what is in flight whatever the table's size. What stops the work of the
//! calling thread stops that of all.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use datafusion::arrow::record_batch::RecordBatch;

use crate::generators::{Rows, RunError};
use crate::plan::{BLOCK, Evaluation, Plan};
use crate::stop;

/// Blocks that a thread takes at a time.
const BLOCKS_A_RUN: u64 = 16;

/// Rows that a thread makes at a time.
pub(crate) const RUN_ROWS: u64 = BLOCKS_A_RUN * BLOCK;

/// Makes `range` of a table's rows, counted from 0, by `threads` threads. `encode` turns each batch (a block of at most [`BLOCK`] rows,
/// aligned) into what is handed on, on the thread that made it; `take` gets the results in row order, on the calling thread, with the
/// number of rows each stands for, and may end the run with an error.
pub fn run<T: Send, E: Send + From<RunError>>(
    plan: &Plan,
    table: usize,
    range: Range<u64>,
    threads: usize,
    encode: impl Fn(RecordBatch) -> Result<T, E> + Sync,
    mut take: impl FnMut(T, u64) -> Result<(), E>,
) -> Result<(), E> {
    let range = range.start..range.end.min(plan.tables[table].rows);
    let first = range.start / BLOCK / BLOCKS_A_RUN;
    let last = range.end.div_ceil(BLOCK * BLOCKS_A_RUN);
    let block_run = |number: u64| {
        let start = (number * BLOCKS_A_RUN * BLOCK).max(range.start);
        let end = ((number + 1) * BLOCKS_A_RUN * BLOCK).min(range.end);
        blocks(start..end)
    };
    let alone = |take: &mut dyn FnMut(T, u64) -> Result<(), E>| {
        for block in (first..last).flat_map(block_run) {
            let rows = block.end - block.start;
            take(encode(batch(plan, table, block)?)?, rows)?;
        }
        Ok(())
    };
    if threads <= 1 || last.saturating_sub(first) <= 1 {
        return alone(&mut take);
    }
    let window = Window::new(first, threads as u64);
    let stop = stop::current();
    let work = || {
        while let Some(number) = window.next(last) {
            let mut made = Vec::new();
            for block in block_run(number) {
                let rows = block.end - block.start;
                let result = batch(plan, table, block).map_err(E::from).and_then(&encode);
                let failed = result.is_err();
                made.push(result.map(|value| (value, rows)));
                if failed || window.stopped() {
                    break;
                }
            }
            window.put(number, made);
        }
    };
    let outcome = thread::scope(|scope| {
        // A panic of whoever makes rows or takes them must not leave the others waiting.
        let _stop = StopOnPanic(&window);
        let worker = || {
            let _stop = StopOnPanic(&window);
            if stop::within(stop.clone(), work).is_err() {
                window.stop();
            }
        };
        // Where the system has no thread left, those that there are do the work.
        let started = (0..threads).map_while(|_| thread::Builder::new().spawn_scoped(scope, worker).ok()).count();
        if started == 0 {
            return alone(&mut take);
        }
        let mut outcome = Ok(());
        'runs: for number in first..last {
            let Some(made) = window.get(number) else { break };
            for result in made {
                outcome = result.and_then(|(value, rows)| take(value, rows));
                if outcome.is_err() {
                    break 'runs;
                }
            }
        }
        window.stop();
        outcome
    });
    stop::look();
    outcome
}

/// One range as a batch, at once: for what is looked at.
pub fn batch(plan: &Plan, table: usize, range: Range<u64>) -> Result<RecordBatch, RunError> {
    Evaluation::new(plan, table, Rows::Range(range)).batch(None)
}

/// The aligned blocks of a range; the first and last may be parts.
pub(crate) fn blocks(range: Range<u64>) -> impl Iterator<Item = Range<u64>> {
    let mut start = range.start;
    std::iter::from_fn(move || {
        (start < range.end).then(|| {
            stop::look();
            let end = ((start / BLOCK + 1) * BLOCK).min(range.end);
            let block = start..end;
            start = end;
            block
        })
    })
}

type Made<T, E> = Vec<Result<(T, u64), E>>;

/// Results that wait for their turn, and room for so many.
struct Window<T, E> {
    next: AtomicU64,
    stopped: AtomicBool,
    state: Mutex<WindowState<T, E>>,
    changed: Condvar,
    size: u64,
}

struct WindowState<T, E> {
    waiting: BTreeMap<u64, Made<T, E>>,
    /// The run that is taken next.
    turn: u64,
}

impl<T, E> Window<T, E> {
    fn new(first: u64, threads: u64) -> Window<T, E> {
        Window {
            next: AtomicU64::new(first),
            stopped: AtomicBool::new(false),
            state: Mutex::new(WindowState { waiting: BTreeMap::new(), turn: first }),
            changed: Condvar::new(),
            size: threads + 2,
        }
    }

    fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        let _state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.changed.notify_all();
    }

    /// The next run to make, once there is room for it.
    fn next(&self, last: u64) -> Option<u64> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while number < last && number >= state.turn + self.size && !self.stopped() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        (number < last && !self.stopped()).then_some(number)
    }

    fn put(&self, number: u64, made: Made<T, E>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.waiting.insert(number, made);
        self.changed.notify_all();
    }

    /// The results of a run, once they are there; `None` when the run was stopped.
    fn get(&self, number: u64) -> Option<Made<T, E>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(made) = state.waiting.remove(&number) {
                state.turn = number + 1;
                self.changed.notify_all();
                return Some(made);
            }
            if self.stopped() {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

struct StopOnPanic<'w, T, E>(&'w Window<T, E>);

impl<T, E> Drop for StopOnPanic<'_, T, E> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop();
        }
    }
}

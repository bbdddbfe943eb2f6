//! What the rows before a block come to: made on the way, kept for whoever comes next.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::RunError;
use crate::plan::BLOCK;

/// Blocks that are gone through anew rather than kept.
const NEAR: u64 = 2;

/// States that are kept for good at most: a table of 2^28 rows has as many blocks, a longer one keeps every second of them, every fourth…
const KEPT: usize = 1 << 16;

/// States that are kept for a while at most: those where the rows are being made.
const RECENT: usize = 1 << 8;

/// States at the starts of blocks, each of the group that is open there.
///
/// A state is made of the one at the block before, so it is the same whoever makes it and whatever is kept: some 70,000 states, however many
/// rows there are.
pub(super) struct Prefixes<S> {
    known: Mutex<Known<S>>,
}

struct Known<S> {
    kept: BTreeMap<u64, S>,
    recent: BTreeMap<u64, S>,
    /// Of so many blocks one is kept.
    stride: u64,
}

impl<S> Default for Prefixes<S> {
    fn default() -> Prefixes<S> {
        Prefixes { known: Mutex::new(Known { kept: BTreeMap::new(), recent: BTreeMap::new(), stride: 1 }) }
    }
}

impl<S: Clone> Known<S> {
    /// The nearest known state at or before a block.
    fn nearest(&self, block: u64) -> Option<(u64, S)> {
        let last = |map: &BTreeMap<u64, S>| map.range(..=block).next_back().map(|(at, state)| (*at, state.clone()));
        let (kept, recent) = (last(&self.kept), last(&self.recent));
        if kept.as_ref().map(|(at, _)| *at) >= recent.as_ref().map(|(at, _)| *at) { kept } else { recent }
    }

    fn insert(&mut self, block: u64, state: &S) {
        self.recent.insert(block, state.clone());
        if self.recent.len() > RECENT {
            self.recent.pop_first();
        }
        if block.is_multiple_of(self.stride) {
            self.kept.insert(block, state.clone());
            if self.kept.len() > KEPT {
                self.stride *= 2;
                let stride = self.stride;
                self.kept.retain(|block, _| block.is_multiple_of(stride));
            }
        }
    }
}

impl<S: Clone> Prefixes<S> {
    fn known(&self) -> MutexGuard<'_, Known<S>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state at the start of `block` of the group that begins at `first`, which lies before it: `none` at the group's start, then moved
    /// on by `over` from block to block.
    pub fn before(
        &self,
        first: u64,
        block: u64,
        none: S,
        mut over: impl FnMut(S, Range<u64>) -> Result<S, RunError>,
    ) -> Result<S, RunError> {
        let mut walk = |mut state: S, mut row: u64, keep: &mut dyn FnMut(u64, &S)| {
            while row < block * BLOCK {
                let end = (row / BLOCK + 1) * BLOCK;
                state = over(state, row..end)?;
                row = end;
                keep(row / BLOCK, &state);
            }
            Ok(state)
        };
        if block * BLOCK - first <= NEAR * BLOCK {
            return walk(none, first, &mut |_, _| {});
        }
        // Held while it is made: who comes meanwhile waits for it instead of making it as well. What it reads is made before it, so no circle
        // of waiting can close.
        let mut known = self.known();
        let (state, row) = match known.nearest(block) {
            Some((at, state)) if at * BLOCK > first => (state, at * BLOCK),
            _ => (none, first),
        };
        walk(state, row, &mut |at, state| known.insert(at, state))
    }

    /// Keeps the state at the start of a block that a fill passed by.
    pub fn keep(&self, first: u64, block: u64, state: &S) {
        if block * BLOCK - first > NEAR * BLOCK {
            self.known().insert(block, state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_the_same_whatever_is_kept_and_little_is() {
        let prefixes = Prefixes::default();
        let over =
            |state: u64, rows: Range<u64>| Ok(state.wrapping_mul(3).wrapping_add(rows.start).wrapping_add(rows.end));
        let plain = |first: u64, block: u64| {
            let mut state = over(0, first..(first / BLOCK + 1) * BLOCK).unwrap();
            for block in first / BLOCK + 1..block {
                state = over(state, block * BLOCK..(block + 1) * BLOCK).unwrap();
            }
            state
        };
        // Two groups: one to the middle of block 90,000, one from there on.
        let second = 90_000 * BLOCK + 17;
        for (first, block) in [
            (0, 80_000),
            (second, 200_000),
            (second, 90_002),
            (0, 3),
            (0, 79_999),
            (0, 65_537),
            (second, 300_000),
            (0, 90_000),
            (second, 90_001),
        ] {
            assert_eq!(prefixes.before(first, block, 0, over).unwrap(), plain(first, block), "{first} {block}");
        }
        let known = prefixes.known();
        assert!(known.kept.len() <= KEPT && known.recent.len() <= RECENT && known.stride > 1);
    }
}

//! What the rows before a block come to: made on the way, kept for whoever comes next.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::RunError;
use crate::plan::BLOCK;

/// Blocks that are gone through anew rather than kept.
const NEAR: u64 = 2;

/// States at the starts of blocks, each of the group that is open there.
///
/// A state is made of the one at the block before, so it is the same whoever makes it and whatever is kept. 8 bytes and the state for each
/// block of 4,096 rows inside a long group.
pub(super) struct Prefixes<S> {
    known: Mutex<BTreeMap<u64, S>>,
}

impl<S> Default for Prefixes<S> {
    fn default() -> Prefixes<S> {
        Prefixes { known: Mutex::new(BTreeMap::new()) }
    }
}

impl<S: Clone> Prefixes<S> {
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
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let nearest = known.range(..=block).next_back().map(|(at, state)| (*at, state.clone()));
        let (state, row) = match nearest {
            Some((at, state)) if at * BLOCK > first => (state, at * BLOCK),
            _ => (none, first),
        };
        walk(state, row, &mut |at, state| {
            known.insert(at, state.clone());
        })
    }

    /// Keeps the state at the start of a block that a fill passed by.
    pub fn keep(&self, first: u64, block: u64, state: &S) {
        if block * BLOCK - first > NEAR * BLOCK {
            self.known.lock().unwrap_or_else(PoisonError::into_inner).entry(block).or_insert_with(|| state.clone());
        }
    }
}

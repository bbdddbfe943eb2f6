//! Rows of text laid out a column at a time: the lines of a block of rows are begun side by side, each column is appended to all of them,
//! and then they are joined. So what a column's kind decides is decided once a block, and no row waits for the one before.

use std::mem::MaybeUninit;
use std::ops::Range;

use crate::columns::Width;
use crate::spell::{self, Room, SLACK, STEP};

/// Bytes of the lines of a block, so that they stay in the nearest cache.
const BLOCK: usize = 32 << 10;

/// The lines of a block of rows, as far as they have been written.
pub(crate) struct Lines {
    room: Vec<MaybeUninit<u8>>,
    /// Bytes from the start of a line to the start of the next.
    stride: usize,
    /// The rows of the block.
    rows: Range<usize>,
    /// Where each line ends.
    ends: Vec<usize>,
}

impl Lines {
    /// Appends to each line what `put` writes for its row, at a place that it is given; it returns the place behind.
    #[inline(always)]
    pub(crate) fn append(&mut self, put: impl Fn(&mut Room, usize, usize) -> usize) {
        let room = self.room.as_mut_slice();
        for (row, end) in self.rows.clone().zip(&mut self.ends) {
            *end = put(room, *end, row);
        }
    }

    fn begin(&mut self, rows: Range<usize>) {
        self.ends.clear();
        self.ends.extend((0..rows.len()).map(|line| line * self.stride));
        self.rows = rows;
    }

    /// Writes the lines one behind the other.
    fn join(&self, out: &mut Room, at: usize) -> usize {
        let mut at = at;
        for (line, end) in self.ends.iter().enumerate() {
            let start = line * self.stride;
            let length = end - start;
            // Rooms end with the slack, so whole steps can be read and written.
            let (steps, _) = self.room[start..].as_chunks::<STEP>();
            let (rooms, _) = out[at..].as_chunks_mut::<STEP>();
            for (room, step) in rooms.iter_mut().zip(steps).take(length.div_ceil(STEP)) {
                *room = *step;
            }
            at += length;
        }
        at
    }
}

/// Appends `rows` rows to `out`, `width` being the most bytes that they take. For each block of them, `fill`
/// appends every column to its lines.
pub(crate) fn lay_out(rows: usize, width: Width, out: &mut Vec<u8>, fill: impl Fn(&mut Lines)) {
    let stride = width.longest + SLACK;
    let block = (BLOCK / stride).clamp(1, rows.max(1));
    let mut lines = Lines {
        room: vec![MaybeUninit::uninit(); block * stride],
        stride,
        rows: 0..0,
        ends: Vec::with_capacity(block),
    };
    spell::append(out, width.all, |out| {
        let mut at = 0;
        for start in (0..rows).step_by(block) {
            lines.begin(start..rows.min(start + block));
            fill(&mut lines);
            at = lines.join(out, at);
        }
        at
    });
}

//! Values of a random path at any index, found without those before it.
//!
//! The values at powers of two are a sum; between two of them the value in the middle is drawn from its ends, and so on down to the index
//! (Lévy's construction, of a Brownian motion where the draws are normal). So a path does not depend on how far it is followed, a range of
//! it costs two draws an index and two a level, and every index has a draw of its own, which its number keys.

use std::ops::Range;

use crate::plan::Member;

/// A point of a path: its index and value.
pub(super) type Point = (u64, f64);

/// How the values of a path are drawn. It starts at index 0 with value 0.
pub(super) trait Path {
    /// The value at index 1.
    fn first(&self) -> f64;

    /// The value at twice the index of a point, which is a power of two.
    fn double(&self, at: Point) -> f64;

    /// The value halfway between two points.
    fn middle(&self, low: Point, high: Point) -> f64;
}

/// Appends the values of a path at a range of indexes.
pub(super) fn follow(path: &impl Path, range: Range<u64>, out: &mut Vec<f64>) {
    if range.start == 0 && range.end > 0 {
        out.push(0.0);
    }
    let mut low = (1, path.first());
    while low.0 < range.end {
        let high = (2 * low.0, path.double(low));
        descend(path, low, high, &range, out);
        low = high;
    }
}

/// Appends the values from one point to before another, those of the range alone.
fn descend(path: &impl Path, low: Point, high: Point, range: &Range<u64>, out: &mut Vec<f64>) {
    if low.0 >= range.end || high.0 <= range.start {
        return;
    }
    if high.0 - low.0 == 1 {
        out.push(low.1);
        return;
    }
    let middle = (low.0 + (high.0 - low.0) / 2, path.middle(low, high));
    descend(path, low, middle, range, out);
    descend(path, middle, high, range, out);
}

/// Runs of members that follow each other in one group: their positions, and the first of them.
pub(super) fn runs(members: &[Member]) -> Vec<(Range<usize>, Member)> {
    let mut runs: Vec<(Range<usize>, Member)> = Vec::new();
    for (position, member) in members.iter().enumerate() {
        match runs.last_mut() {
            Some((positions, first))
                if first.group == member.group && first.index + positions.len() as u64 == member.index =>
            {
                positions.end += 1;
            }
            _ => runs.push((position..position + 1, *member)),
        }
    }
    runs
}

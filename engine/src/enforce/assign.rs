//! Values laid over rows each of which leaves some of them: ranks go to rows in the order of their scores, as far as the intervals let them.
//!
//! Rows are unit jobs with a release and a deadline, ranks are slots of time. At each rank the row of the least score takes it among those that
//! are released, unless a deadline has no slot to spare: then among those that are due by then. That finds an assignment wherever there is one
//! (Hall's condition for intervals), and where no row is limited it is the order of the scores.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A row that wants a rank: its score, and the ranks that it can take, the first and the one behind the last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanting {
    pub score: f64,
    pub first: u32,
    pub end: u32,
}

/// A score that orders as its number does, with the row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place(u64, u32);

impl Place {
    const NONE: Place = Place(u64::MAX, u32::MAX);

    fn new(score: f64, row: u32) -> Place {
        let bits = score.to_bits();
        Place(if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }, row)
    }
}

/// The rank of each row, of which there are as many as ranks; `None` where the intervals leave no way.
pub(crate) fn assign(rows: &[Wanting]) -> Option<Vec<u32>> {
    let count = rows.len();
    let mut ends: Vec<u32> = rows.iter().map(|row| row.end.min(count as u32)).collect();
    ends.sort_unstable();
    ends.dedup();
    let due = |row: &Wanting| ends.partition_point(|end| *end < row.end.min(count as u32));
    // What is left of the slots before each deadline once the rows have theirs that are due by then.
    let mut waiting = vec![0_i64; ends.len()];
    rows.iter().for_each(|row| waiting[due(row)] += 1);
    let mut slack = Vec::with_capacity(ends.len());
    let mut before = 0;
    for (end, waiting) in ends.iter().zip(&waiting) {
        before += waiting;
        slack.push(i64::from(*end) - before);
    }
    if slack.iter().any(|slack| *slack < 0) {
        return None;
    }
    let mut slack = Slack::new(slack);
    let mut open: Vec<BinaryHeap<Reverse<Place>>> = vec![BinaryHeap::new(); ends.len()];
    let mut least = Least::new(ends.len());
    let mut order: Vec<u32> = (0..count as u32).collect();
    order.sort_unstable_by_key(|row| rows[*row as usize].first);
    let mut released = order.into_iter().peekable();
    let mut ranks = vec![0; count];
    let mut current = 0;
    for rank in 0..count as u32 {
        while let Some(row) = released.next_if(|row| rows[*row as usize].first <= rank) {
            let leaf = due(&rows[row as usize]);
            open[leaf].push(Reverse(Place::new(rows[row as usize].score, row)));
            least.set(leaf, open[leaf].peek().map_or(Place::NONE, |place| place.0));
        }
        while ends[current] <= rank {
            current += 1;
        }
        let last = slack.first_without(current).unwrap_or(ends.len() - 1);
        let (place, leaf) = least.among(current, last);
        if place == Place::NONE {
            return None;
        }
        open[leaf].pop();
        least.set(leaf, open[leaf].peek().map_or(Place::NONE, |place| place.0));
        ranks[place.1 as usize] = rank;
        slack.take(current, leaf);
    }
    Some(ranks)
}

/// The least of some numbers in any range, as a tree over them.
struct Least {
    size: usize,
    nodes: Vec<(Place, usize)>,
}

impl Least {
    fn new(leaves: usize) -> Least {
        let size = leaves.next_power_of_two();
        Least { size, nodes: vec![(Place::NONE, 0); 2 * size] }
    }

    fn set(&mut self, leaf: usize, place: Place) {
        let mut node = self.size + leaf;
        self.nodes[node] = (place, leaf);
        while node > 1 {
            node /= 2;
            self.nodes[node] = self.nodes[2 * node].min(self.nodes[2 * node + 1]);
        }
    }

    /// The least from one leaf to another, both included.
    fn among(&self, from: usize, to: usize) -> (Place, usize) {
        let (mut low, mut high) = (self.size + from, self.size + to + 1);
        let mut found = (Place::NONE, from);
        while low < high {
            if low % 2 == 1 {
                found = found.min(self.nodes[low]);
                low += 1;
            }
            if high % 2 == 1 {
                high -= 1;
                found = found.min(self.nodes[high]);
            }
            (low, high) = (low / 2, high / 2);
        }
        found
    }
}

/// Numbers of which ranges are lowered by one, as a tree of least ones.
struct Slack {
    size: usize,
    /// The least below a node, without what its parents are lowered by.
    least: Vec<i64>,
    lowered: Vec<i64>,
}

impl Slack {
    fn new(leaves: Vec<i64>) -> Slack {
        let size = leaves.len().next_power_of_two();
        let mut least = vec![i64::MAX / 2; 2 * size];
        least[size..size + leaves.len()].copy_from_slice(&leaves);
        for node in (1..size).rev() {
            least[node] = least[2 * node].min(least[2 * node + 1]);
        }
        Slack { size, lowered: vec![0; 2 * size], least }
    }

    /// Lowers the leaves from one up to another, which is not among them.
    fn take(&mut self, from: usize, to: usize) {
        if from < to {
            self.lower(1, 0, self.size, from, to);
        }
    }

    fn lower(&mut self, node: usize, low: usize, high: usize, from: usize, to: usize) {
        if from <= low && high <= to {
            self.least[node] -= 1;
            self.lowered[node] += 1;
            return;
        }
        let middle = low.midpoint(high);
        if from < middle {
            self.lower(2 * node, low, middle, from, to);
        }
        if to > middle {
            self.lower(2 * node + 1, middle, high, from, to);
        }
        self.least[node] = self.least[2 * node].min(self.least[2 * node + 1]) - self.lowered[node];
    }

    /// The first leaf at or behind one that has nothing left.
    fn first_without(&self, from: usize) -> Option<usize> {
        self.find(1, 0, self.size, from, 0)
    }

    fn find(&self, node: usize, low: usize, high: usize, from: usize, above: i64) -> Option<usize> {
        if high <= from || self.least[node] - above > 0 {
            return None;
        }
        if high - low == 1 {
            return Some(low);
        }
        let (middle, above) = (low.midpoint(high), above + self.lowered[node]);
        self.find(2 * node, low, middle, from, above).or_else(|| self.find(2 * node + 1, middle, high, from, above))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether rows can take ranks of their own, by paths that free one for the next.
    fn is_possible(rows: &[Wanting]) -> bool {
        fn takes(row: usize, rows: &[Wanting], taken: &mut [Option<usize>], seen: &mut [bool]) -> bool {
            for rank in rows[row].first as usize..(rows[row].end as usize).min(rows.len()) {
                if std::mem::replace(&mut seen[rank], true) {
                    continue;
                }
                if taken[rank].is_none_or(|other| takes(other, rows, taken, seen)) {
                    taken[rank] = Some(row);
                    return true;
                }
            }
            false
        }
        let mut taken = vec![None; rows.len()];
        (0..rows.len()).all(|row| takes(row, rows, &mut taken, &mut vec![false; rows.len()]))
    }

    proptest! {
        #[test]
        fn rows_have_ranks_of_their_own_wherever_intervals_let_them(
            rows in proptest::collection::vec((0_u32..50, 0_u32..9, 1_u32..12, 0_u8..3), 1..9)
        ) {
            let wanting = |(score, first, length, kind): &(u32, u32, u32, u8)| Wanting {
                score: f64::from(*score) - 20.0,
                first: if *kind == 0 { 0 } else { *first },
                end: if *kind == 1 { u32::MAX } else { first + length },
            };
            let rows: Vec<Wanting> = rows.iter().map(wanting).collect();
            let found = assign(&rows);
            prop_assert_eq!(found.is_some(), is_possible(&rows));
            let mut ranks = found.unwrap_or_default();
            for (rank, row) in ranks.iter().zip(&rows) {
                prop_assert!((row.first..row.end).contains(rank));
            }
            ranks.sort_unstable();
            ranks.dedup();
            prop_assert!(ranks.is_empty() || ranks.len() == rows.len());
        }
    }

    #[test]
    fn rows_without_limits_stand_in_the_order_of_their_scores() {
        let row = |score: f64| Wanting { score, first: 0, end: u32::MAX };
        let rows = [0.5, -0.25, 2.0, -3.0, 0.5].map(row);
        assert_eq!(assign(&rows), Some(vec![2, 1, 4, 0, 3]));
        // What must not be among the first takes the first that it can.
        let rows = [Wanting { first: 2, ..row(-9.0) }, row(1.0), row(2.0), row(3.0)];
        assert_eq!(assign(&rows), Some(vec![2, 0, 1, 3]));
        assert_eq!(assign(&[]), Some(Vec::new()));
    }
}

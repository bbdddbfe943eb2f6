//! Children per parent and exact quotas: whole counts, dealt so that any row is found alone.
//!
//! The sum over all parents (or the count of each value) is exact, yet nothing is stored but a histogram: a tree of keyed draws splits it
//! down to blocks of 4,096 items. Child rows lie in the order of their parents, so a child's parent, its index there and its siblings follow
//! from its row number, and a parent's children are a range of rows.

mod histogram;
mod hypergeometric;
mod quota;
mod tree;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use self::histogram::Target;
use self::tree::{Adds, Node, Tree, Walk};
use crate::random::Key;

pub(crate) use self::quota::largest_remainder;
pub use self::quota::{Quota, QuotaCursor};

/// Rows are numbered below this.
const ROWS: u64 = 1 << 63;

/// How the numbers of children are spread about their mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// Every number between the bounds is as frequent; without an upper bound up to as far above the mean as the lower bound is below.
    Uniform,
    /// As often as independent events happen.
    #[default]
    Poisson,
    /// Each further child is as likely as the one before.
    Geometric,
    /// Few parents have most children: the frequency of `min + j − 1` children falls as 1/j.
    Zipf,
}

/// How many children each parent has.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Children {
    /// At least so many.
    pub min: u64,
    /// At most so many.
    pub max: Option<u64>,
    /// So many on average: the sum is the nearest whole number to mean × parents.
    pub mean: Option<f64>,
    /// So many in all; stands before `mean`.
    pub total: Option<u64>,
    /// How they are spread.
    pub shape: Shape,
}

impl Children {
    /// The number of child rows over so many parents, before it is known to be feasible; saturating.
    ///
    /// Without a total and a mean it is the middle of the bounds (for [`Shape::Zipf`] the shape's own mean); without an upper bound either,
    /// each parent has the least number.
    pub fn total_over(&self, parents: u64) -> u64 {
        if let Some(total) = self.total {
            return total;
        }
        let mean = match (self.mean, self.max) {
            (Some(mean), _) => mean,
            (None, Some(max)) if max > self.min => histogram::natural_mean(self.shape, self.min, max),
            (None, _) => return self.min.saturating_mul(parents),
        };
        // A cast saturates, and an exact product keeps its digits where both are small.
        (mean * parents as f64).round_ties_even() as u64
    }
}

/// The bounds do not allow the sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Infeasible {
    /// How many parents there are.
    pub parents: u64,
    /// The least number of children each.
    pub min: u64,
    /// The largest number of children each.
    pub max: Option<u64>,
    /// The number of children wanted in all.
    pub total: u64,
}

impl fmt::Display for Infeasible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Infeasible { parents, min, max, total } = self;
        let product = |each: u64| u128::from(each) * u128::from(*parents);
        if max.is_some_and(|max| max < *min) {
            return write!(f, "no number of children is at least {min} and at most {}", max.unwrap_or(0));
        }
        write!(f, "{parents} parents cannot have {total} children")?;
        match max {
            _ if u128::from(*total) < product(*min) => {
                write!(f, ": with at least {min} each there are at least {}", product(*min))
            }
            Some(max) if u128::from(*total) > product(*max) => {
                write!(f, ": with at most {max} each there are at most {}", product(*max))
            }
            _ if *parents == 0 => Ok(()),
            _ => write!(f, ": rows are numbered below 2^63"),
        }
    }
}

impl std::error::Error for Infeasible {}

/// Where a child row lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Its parent's row.
    pub parent: u64,
    /// Its place among the parent's children, from 0.
    pub index: u64,
    /// How many children the parent has.
    pub size: u64,
    /// The row of the parent's first child.
    pub first: u64,
}

/// Children dealt to parents.
#[derive(Clone, Debug)]
pub struct Allocation {
    tree: Arc<Tree>,
}

impl Allocation {
    /// Deals children to so many parents, or says which numbers do not meet.
    pub fn new(key: Key, parents: u64, children: &Children) -> Result<Allocation, Infeasible> {
        let Children { min, max, shape, .. } = *children;
        let total = children.total_over(parents);
        let product = |each: u64| u128::from(each) * u128::from(parents);
        let feasible = product(min) <= u128::from(total)
            && max.map_or(parents > 0 || total == 0, |max| max >= min && u128::from(total) <= product(max))
            && total < ROWS
            && parents < ROWS;
        if !feasible {
            return Err(Infeasible { parents, min, max, total });
        }
        let classes = histogram::fit(&Target { parents, min, max, total, shape });
        Ok(Allocation { tree: Arc::new(Tree::new(key, Adds::Value, classes)) })
    }

    /// How many child rows there are.
    pub fn total(&self) -> u64 {
        self.tree.sum()
    }

    /// How many parents there are.
    pub fn parents(&self) -> u64 {
        self.tree.items()
    }

    /// Numbers of children, ascending, and how many parents have each.
    pub fn histogram(&self) -> impl ExactSizeIterator<Item = (u64, u64)> + '_ {
        self.tree.classes().iter().map(|class| (class.value, class.count))
    }

    /// A way through the child rows for many questions; the answers are the same, sooner where they lie close together.
    pub fn cursor(&self) -> Cursor {
        Cursor { tree: Arc::clone(&self.tree), walk: Walk::default(), leaf: Leaf::default() }
    }

    /// Where a child row lies. A row beyond the last has no parent: its `parent` is [`Allocation::parents`], its size 0.
    pub fn locate(&self, child_row: u64) -> Place {
        self.cursor().locate(child_row)
    }

    /// Where each of a range of child rows lies; replaces what `out` holds.
    pub fn places(&self, range: Range<u64>, out: &mut Vec<Place>) {
        self.cursor().places(range, out);
    }

    /// The row of a parent's first child, or the one that it would have; beyond the last parent the number of child rows.
    pub fn first_child(&self, parent: u64) -> u64 {
        self.cursor().children_of(parent).start
    }

    /// How many children a parent has.
    pub fn size_of(&self, parent: u64) -> u64 {
        let range = self.cursor().children_of(parent);
        range.end - range.start
    }
}

/// A way through an [`Allocation`] that keeps its path and its block of parents: rows in ascending order cost a node a block.
#[derive(Clone, Debug)]
pub struct Cursor {
    tree: Arc<Tree>,
    walk: Walk,
    leaf: Leaf,
}

/// A block of parents.
#[derive(Clone, Debug, Default)]
struct Leaf {
    first_parent: u64,
    /// Each parent's first child row, and at the end the row after the last child; empty before the first block.
    firsts: Vec<u64>,
}

impl Leaf {
    fn load(&mut self, tree: &Tree, node: &Node) {
        if !self.firsts.is_empty() && self.first_parent == node.first {
            return;
        }
        self.first_parent = node.first;
        tree.deal(node, &mut self.firsts, |size| size);
        let mut next = node.before;
        for first in &mut self.firsts {
            let size = std::mem::replace(first, next);
            next += size;
        }
        self.firsts.push(next);
    }

    fn holds_child(&self, row: u64) -> bool {
        matches!((self.firsts.first(), self.firsts.last()), (Some(first), Some(end)) if (*first..*end).contains(&row))
    }
}

impl Cursor {
    /// Where a child row lies, as [`Allocation::locate`].
    pub fn locate(&mut self, child_row: u64) -> Place {
        let Some(at) = self.find(child_row) else {
            let total = self.tree.sum();
            return Place { parent: self.tree.items(), index: child_row - total, size: 0, first: total };
        };
        let (first, end) = (self.leaf.firsts[at], self.leaf.firsts[at + 1]);
        Place { parent: self.leaf.first_parent + at as u64, index: child_row - first, size: end - first, first }
    }

    /// Where each of a range of child rows lies, as [`Allocation::places`].
    pub fn places(&mut self, range: Range<u64>, out: &mut Vec<Place>) {
        out.clear();
        let mut row = range.start;
        while row < range.end {
            let Some(start) = self.find(row) else {
                out.extend((row..range.end).map(|row| self.locate(row)));
                return;
            };
            let parents = self.leaf.first_parent + start as u64..;
            for (parent, bounds) in parents.zip(self.leaf.firsts[start..].windows(2)) {
                let (first, end) = (bounds[0], bounds[1]);
                let place = Place { parent, index: 0, size: end - first, first };
                let until = end.min(range.end);
                out.extend((row..until).map(|row| Place { index: row - first, ..place }));
                row = row.max(until);
                if row == range.end {
                    return;
                }
            }
        }
    }

    /// The child rows of a parent; beyond the last parent an empty range after the last row.
    pub fn children_of(&mut self, parent: u64) -> Range<u64> {
        let known = self.leaf.firsts.len().saturating_sub(1) as u64;
        if parent.checked_sub(self.leaf.first_parent).is_none_or(|at| at >= known) {
            match self.walk.leaf_of_item(&self.tree, parent) {
                Some(node) => self.leaf.load(&self.tree, node),
                None => return self.tree.sum()..self.tree.sum(),
            }
        }
        let at = (parent - self.leaf.first_parent) as usize;
        self.leaf.firsts[at]..self.leaf.firsts[at + 1]
    }

    /// Loads the block of the child row's parent; the parent's place in it, or none beyond the last row.
    fn find(&mut self, child_row: u64) -> Option<usize> {
        if !self.leaf.holds_child(child_row) {
            let node = self.walk.leaf_at_sum(&self.tree, child_row)?;
            self.leaf.load(&self.tree, node);
        }
        // The last parent that begins at or before the row: those before it that begin there have no children.
        Some(self.leaf.firsts.partition_point(|first| *first <= child_row) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seeds;

    fn key(index: u64) -> Key {
        Seeds::new(11).key("order", "customer", "tree", index)
    }

    fn children(min: u64, max: Option<u64>, mean: f64, shape: Shape) -> Children {
        Children { min, max, mean: Some(mean), total: None, shape }
    }

    #[test]
    fn parents_in_order_have_the_sum_the_histogram_and_the_bounds() {
        for shape in [Shape::Uniform, Shape::Poisson, Shape::Geometric, Shape::Zipf] {
            for (parents, min, max, mean) in [
                (1, 0, None, 7.0),
                (5, 0, None, 0.3),
                (4096, 1, Some(4), 2.2),
                (4097, 0, Some(9), 1.0),
                (50_000, 0, None, 3.1),
            ] {
                let allocation = Allocation::new(key(0), parents, &children(min, max, mean, shape)).unwrap();
                assert_eq!(allocation.total(), (mean * parents as f64).round_ties_even() as u64);
                assert_eq!(allocation.parents(), parents);
                let mut cursor = allocation.cursor();
                let (mut next, mut counts) = (0, std::collections::BTreeMap::new());
                for parent in 0..parents {
                    let range = cursor.children_of(parent);
                    assert_eq!(range.start, next);
                    next = range.end;
                    let size = range.end - range.start;
                    assert!(size >= min && max.is_none_or(|max| size <= max));
                    *counts.entry(size).or_insert(0) += 1;
                }
                assert_eq!(next, allocation.total());
                assert!(allocation.histogram().eq(counts));
            }
        }
    }

    #[test]
    fn places_of_any_split_equal_places_found_alone() {
        for (parents, mean) in [(3, 2.0), (20_000, 0.7), (9_000, 2.5), (5, 6_000.0)] {
            let allocation = Allocation::new(key(1), parents, &children(0, None, mean, Shape::Geometric)).unwrap();
            let total = allocation.total();
            let mut whole = Vec::new();
            allocation.places(0..total, &mut whole);
            assert_eq!(whole.len() as u64, total);
            let (mut cursor, mut part, mut start) = (allocation.cursor(), Vec::new(), 0);
            for split in 0.. {
                let end = (start + key(2).below(split, 5000)).min(total);
                cursor.places(start..end, &mut part);
                assert_eq!(part, whole[start as usize..end as usize]);
                start = end;
                if start == total {
                    break;
                }
            }
            for draw in 0..300 {
                let row = key(3).below(draw, total);
                let place = allocation.locate(row);
                assert_eq!(place, whole[row as usize]);
                assert_eq!(cursor.locate(row), place);
                assert_eq!(place.first + place.index, row);
                assert!(place.index < place.size);
                assert_eq!(
                    (allocation.first_child(place.parent), allocation.size_of(place.parent)),
                    (place.first, place.size)
                );
                assert_eq!(cursor.children_of(place.parent), place.first..place.first + place.size);
            }
        }
    }

    #[test]
    fn a_billion_parents_need_only_a_path() {
        let allocation = Allocation::new(key(4), 1_000_000_000, &children(0, None, 2.2, Shape::Poisson)).unwrap();
        assert_eq!(allocation.total(), 2_200_000_000);
        for draw in 0..100 {
            let row = key(5).below(draw, allocation.total());
            let place = allocation.locate(row);
            assert_eq!(place.first + place.index, row);
            assert_eq!(allocation.first_child(place.parent), place.first);
            // The running sum strays from the mean as a shuffle's does: at the middle one standard deviation is 23,500.
            assert!(row.abs_diff((place.parent as f64 * 2.2) as u64) < 200_000);
        }
    }

    #[test]
    fn rows_and_parents_beyond_the_last_are_empty() {
        let allocation = Allocation::new(key(6), 10, &children(1, Some(3), 2.0, Shape::Uniform)).unwrap();
        let beyond = Place { parent: 10, index: 2, size: 0, first: 20 };
        assert_eq!(allocation.locate(22), beyond);
        let mut places = Vec::new();
        allocation.places(18..23, &mut places);
        assert_eq!(places.len(), 5);
        assert_eq!((places[1], places[4]), (allocation.locate(19), beyond));
        assert_eq!((allocation.first_child(10), allocation.size_of(u64::MAX)), (20, 0));
        let none = Allocation::new(key(6), 0, &children(0, None, 2.0, Shape::Uniform)).unwrap();
        assert_eq!((none.total(), none.locate(0).size, none.first_child(0)), (0, 0, 0));
        allocation.places(5..5, &mut places);
        assert!(places.is_empty());
    }

    #[test]
    fn without_a_mean_the_bounds_decide() {
        let of = |children| Allocation::new(key(7), 100, &children).unwrap().total();
        assert_eq!(of(Children { min: 1, max: Some(4), shape: Shape::Uniform, ..Children::default() }), 250);
        assert_eq!(of(Children { min: 2, max: None, ..Children::default() }), 200);
        assert_eq!(of(Children { min: 2, max: Some(2), ..Children::default() }), 200);
        assert_eq!(of(Children { total: Some(7), mean: Some(3.0), ..Children::default() }), 7);
        assert_eq!(of(Children { max: Some(4), mean: Some(4.0), ..Children::default() }), 400);
        assert!(of(Children { min: 1, max: Some(1000), shape: Shape::Zipf, ..Children::default() }) < 20_000);
    }

    #[test]
    fn what_is_infeasible_names_its_numbers() {
        let refusal = |parents, children: Children| Allocation::new(key(8), parents, &children).unwrap_err();
        let low = refusal(10, Children { min: 3, total: Some(20), ..Children::default() });
        assert_eq!(low, Infeasible { parents: 10, min: 3, max: None, total: 20 });
        assert_eq!(low.to_string(), "10 parents cannot have 20 children: with at least 3 each there are at least 30");
        let high = refusal(10, Children { max: Some(3), mean: Some(4.0), ..Children::default() });
        assert_eq!(high.to_string(), "10 parents cannot have 40 children: with at most 3 each there are at most 30");
        let none = refusal(0, Children { total: Some(1), ..Children::default() });
        assert_eq!(none.to_string(), "0 parents cannot have 1 children");
        let crossed = refusal(5, Children { min: 2, max: Some(1), total: Some(7), ..Children::default() });
        assert_eq!(crossed.to_string(), "no number of children is at least 2 and at most 1");
        let huge = refusal(10, Children { mean: Some(1e300), ..Children::default() });
        assert_eq!(
            huge.to_string(),
            format!("10 parents cannot have {} children: rows are numbered below 2^63", u64::MAX)
        );
    }

    #[test]
    fn places_never_change() {
        let allocation = Allocation::new(key(9), 100_000, &children(0, None, 2.5, Shape::Poisson)).unwrap();
        let parents = [0, 1, 2, 3, 100_000, 249_999].map(|row| allocation.locate(row).parent);
        assert_eq!(parents, [0, 0, 1, 1, 39_985, 99_998]);
    }
}

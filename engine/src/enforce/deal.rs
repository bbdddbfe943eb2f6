//! Values without repetition: positions by a keyed permutation, values by position.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, UInt64Array};
use datafusion::arrow::datatypes::UInt64Type;

use super::quota::{Conflict, Fault};
use super::strata::{Standing, Strata};
use crate::allocation::Allocation;
use crate::generators::{Cells, Countable, Fill, Held, Rows, RunError};
use crate::permutation::{Deck, Permutation, WidePermutation};
use crate::plan::{Evaluation, Groups, Plan, SlotId, places};
use crate::random::Key;
use crate::run::blocks;

/// Each row takes a position of its own in a domain that several columns span as the digits of a number; this column shows one digit.
pub(crate) struct ByRow {
    permutation: WidePermutation,
    countable: Arc<dyn Countable>,
    domain: u128,
    /// How many positions of the domain share a digit.
    stride: u128,
}

impl ByRow {
    /// `domain` is the product of the columns' counts, at least the table's rows.
    pub fn new(key: Key, countable: Arc<dyn Countable>, domain: u128, stride: u128) -> ByRow {
        ByRow { permutation: WidePermutation::new(key, domain.max(1)), countable, domain, stride }
    }
}

impl Fill for ByRow {
    fn fill(&self, _: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let count = self.countable.count();
        let positions: Vec<u128> = rows.iter().map(|row| self.permutation.at(row) / self.stride % count).collect();
        Ok(self.countable.unrank(&positions))
    }

    fn row_of(&self, number: i64) -> Option<Option<u64>> {
        // One of several columns shows a digit alone, which many rows share.
        if self.stride != 1 || self.domain != self.countable.count() {
            return None;
        }
        let position = self.countable.position_of(number)?;
        Some(position.and_then(|position| self.permutation.position_of(position)))
    }
}

/// Some rows take positions of an interval of the domain, the others those that are left, each its own.
pub(crate) struct InParts {
    /// Which rows these are: those that come first in this order.
    order: Permutation,
    number: u64,
    inside: WidePermutation,
    rest: WidePermutation,
    /// Where the interval begins, and how long it is.
    start: u128,
    length: u128,
    countable: Arc<dyn Countable>,
}

impl InParts {
    pub fn new(
        (order, inside, rest): (Key, Key, Key),
        countable: Arc<dyn Countable>,
        rows: u64,
        number: u64,
        (start, length): (u128, u128),
    ) -> InParts {
        InParts {
            order: Permutation::new(order, rows),
            number,
            inside: WidePermutation::new(inside, length.max(1)),
            rest: WidePermutation::new(rest, (countable.count() - length).max(1)),
            start,
            length,
            countable,
        }
    }
}

impl Fill for InParts {
    fn fill(&self, _: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let position = |row: u64| match self.order.at(row) {
            place if place < self.number => self.start + self.inside.at(place),
            place => match self.rest.at(place - self.number) {
                before if before < self.start => before,
                behind => behind + self.length,
            },
        };
        Ok(self.countable.unrank(&rows.iter().map(position).collect::<Vec<u128>>()))
    }
}

/// How many rows of a condition lie before a row: what deals them positions where a table has more rows than there are positions.
pub(crate) struct Ranks {
    pub rule: String,
    /// The condition alone.
    pub strata: Strata,
    /// How many positions there are.
    pub domain: u128,
}

impl Ranks {
    /// The rows of the condition, which may not be more than there are positions.
    pub fn check(&self, plan: &Plan) -> Result<(), Fault> {
        let index = self.strata.index(plan).map_err(Fault::Run)?;
        let rows: u64 = index.masks.iter().zip(&index.counts).map(|(mask, count)| mask * count).sum();
        if u128::from(rows) > self.domain {
            let detail = format!("{} needs {rows} combinations and there are {}", self.rule, self.domain);
            return Err(Fault::Conflict(Conflict { rules: vec![self.rule.clone()], detail }));
        }
        Ok(())
    }
}

/// As [`ByRow`], for the rows of a condition and by their place among these. Input: the condition. What stands in other rows is of no use.
pub(crate) struct ByRank {
    ranks: Arc<Ranks>,
    permutation: WidePermutation,
    countable: Arc<dyn Countable>,
    stride: u128,
}

impl ByRank {
    pub fn new(key: Key, ranks: Arc<Ranks>, countable: Arc<dyn Countable>, stride: u128) -> ByRank {
        ByRank { permutation: WidePermutation::new(key, ranks.domain.max(1)), ranks, countable, stride }
    }
}

impl Fill for ByRank {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        self.ranks.check(cells.plan).map_err(|fault| match fault {
            Fault::Conflict(conflict) => RunError::new(conflict.detail),
            Fault::Run(error) => error,
        })?;
        let index = self.ranks.strata.index(cells.plan)?;
        let standings = self.ranks.strata.standings(cells.plan, rows, &cells.inputs[..1])?;
        let count = self.countable.count();
        let position = |standing: &Standing| match index.masks[standing.cell as usize] {
            0 => 0,
            _ => self.permutation.at(standing.rank) / self.stride % count,
        };
        Ok(self.countable.unrank(&standings.iter().map(position).collect::<Vec<u128>>()))
    }
}

/// Rows that are alike in columns which other rules decide: what deals them positions that no two alike ones share.
pub(crate) struct Alike {
    pub rule: String,
    /// The columns, in words.
    pub columns: String,
    pub groups: Groups,
    /// How many positions there are.
    pub domain: u128,
}

impl Alike {
    fn refuse(&self, rows: u64) -> Option<String> {
        (u128::from(rows) > self.domain).then(|| {
            format!(
                "{} needs {rows} combinations for rows that are alike in {}, and there are {}",
                self.rule, self.columns, self.domain
            )
        })
    }

    /// Whether there are positions for the rows of every group, where a pass finds them.
    pub fn check(&self, plan: &Plan) -> Result<(), Fault> {
        let Groups::Sorted(sorted) = &self.groups else { return Ok(()) };
        let Some(order) = sorted.whole(plan) else { return Ok(()) };
        let most = order.map_err(Fault::Run)?.groups().map(|places| places.len() as u64).max().unwrap_or(0);
        match self.refuse(most) {
            Some(detail) => Err(Fault::Conflict(Conflict { rules: vec![self.rule.clone()], detail })),
            None => Ok(()),
        }
    }
}

/// As [`ByRow`], for rows by their number among those that are alike.
pub(crate) struct ByGroup {
    alike: Arc<Alike>,
    key: Key,
    permutation: WidePermutation,
    countable: Arc<dyn Countable>,
    stride: u128,
}

impl ByGroup {
    pub fn new(key: Key, alike: Arc<Alike>, countable: Arc<dyn Countable>, stride: u128) -> ByGroup {
        ByGroup { permutation: WidePermutation::new(key, alike.domain.max(1)), alike, key, countable, stride }
    }
}

impl Fill for ByGroup {
    fn hold(&self, held: &mut Held<'_>) {
        self.alike.groups.hold(held);
    }

    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let (count, domain) = (self.countable.count(), u64::try_from(self.alike.domain).unwrap_or(u64::MAX).max(1));
        let mut positions = Vec::with_capacity(rows.len());
        for member in self.alike.groups.members(cells.plan, rows)? {
            if let Some(detail) = self.alike.refuse(member.index + 1) {
                return Err(RunError::new(detail));
            }
            // Each group begins elsewhere in the one order.
            let start = self.key.child(member.group.unwrap_or(0)).word(0) % domain;
            let place = (u128::from(start) + u128::from(member.index)) % u128::from(domain);
            positions.push(self.permutation.at(place as u64) / self.stride % count);
        }
        Ok(self.countable.unrank(&positions))
    }
}

/// Which pairs of rows of one table are dealt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unlike {
    /// Those of two different rows.
    Different,
    /// Those whose first row stands before the second.
    Ascending,
    /// Those whose first row stands behind the second.
    Descending,
}

impl Unlike {
    /// How many pairs there are of so many rows.
    pub fn count(self, rows: u64) -> u128 {
        let different = u128::from(rows) * u128::from(rows.saturating_sub(1));
        match self {
            Unlike::Different => different,
            Unlike::Ascending | Unlike::Descending => different / 2,
        }
    }

    /// The pair at a position below their count.
    fn pair(self, position: u128, rows: u64) -> (u64, u64) {
        if self == Unlike::Different {
            let rows = u128::from(rows.max(1));
            let (first, second) = (position % rows, position / rows);
            return (first as u64, (second + u128::from(second >= first)) as u64);
        }
        // The pairs of the rows up to one come before those of the next.
        let behind = u128::midpoint(1, (8 * position + 1).isqrt());
        let (before, behind) = ((position - behind * (behind - 1) / 2) as u64, behind as u64);
        if self == Unlike::Ascending { (before, behind) } else { (behind, before) }
    }
}

/// Each row takes a pair of rows of its own; this key shows one of them.
pub(crate) struct ByPair {
    permutation: WidePermutation,
    unlike: Unlike,
    parents: u64,
    is_second: bool,
}

impl ByPair {
    /// Pairs of so many rows, at least as many as there are rows to deal to.
    pub fn new(key: Key, unlike: Unlike, parents: u64, is_second: bool) -> ByPair {
        ByPair { permutation: WidePermutation::new(key, unlike.count(parents).max(1)), unlike, parents, is_second }
    }
}

impl Fill for ByPair {
    fn fill(&self, _: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let parent = |row: u64| {
            let (first, second) = self.unlike.pair(self.permutation.at(row), self.parents);
            if self.is_second { second } else { first }
        };
        Ok(Arc::new(UInt64Array::from_iter_values(rows.iter().map(parent))))
    }
}

/// Each child takes a position that none of its siblings has. Inputs: the parent's row, the child's number among its siblings.
pub(crate) struct BySibling {
    pub key: Key,
    pub countable: Arc<dyn Countable>,
    pub digit: Digit,
    /// Whether positions are rows of the parent's own table, whose row is left out.
    pub leaves_parent: bool,
}

/// What the children of each kind of parent are left of the positions.
#[derive(Clone)]
pub(crate) struct Left {
    pub rule: String,
    /// The conditions that tell parents apart.
    pub slots: Vec<SlotId>,
    /// By which of them hold, as bits in their order.
    pub lists: Arc<Vec<Vec<u32>>>,
}

/// Each child takes a position that none of its siblings has, of those that their parent leaves them. Inputs: the parent's row, the child's number
/// among its siblings, and the conditions.
pub(crate) struct BySiblingLeft {
    pub key: Key,
    pub countable: Arc<dyn Countable>,
    pub digit: Digit,
    pub left: Left,
}

impl Fill for BySiblingLeft {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let parents = cells.inputs[0].as_primitive::<UInt64Type>();
        let siblings = cells.inputs[1].as_primitive::<UInt64Type>();
        let conditions: Vec<_> = cells.inputs[2..].iter().map(|condition| condition.as_boolean()).collect();
        let count = self.countable.count();
        let mut dealt: Option<(u64, Deck, &[u32])> = None;
        let mut positions = Vec::with_capacity(rows.len());
        for (at, row) in rows.iter().enumerate() {
            let parent = parents.value(at);
            if dealt.as_ref().is_none_or(|(known, ..)| *known != parent) {
                let holds = |bit: &usize| conditions[*bit].is_valid(at) && conditions[*bit].value(at);
                let mask: usize = (0..conditions.len()).filter(holds).map(|bit| 1 << bit).sum();
                let list = self.left.lists[mask].as_slice();
                let mut deck = Deck::new(list.len().max(1) as u64);
                deck.shuffle(self.key.child(parent));
                dealt = Some((parent, deck, list));
            }
            let Some((_, deck, list)) = &mut dealt else { continue };
            let sibling = siblings.value(at);
            if sibling >= list.len() as u64 {
                let (rule, left) = (&self.left.rule, list.len());
                let needed = sibling + 1;
                let detail =
                    format!("{rule} needs {needed} combinations for the children of one parent and there are {left}");
                return Err(RunError { row: Some(row), ..RunError::new(detail) });
            }
            positions.push(self.digit.of(u64::from(list[deck.at(sibling) as usize]), count));
        }
        Ok(self.countable.unrank(&positions))
    }
}

/// The digit of a position that one of several columns shows.
#[derive(Clone, Copy)]
pub(crate) struct Digit {
    /// How many positions there are.
    pub domain: u128,
    /// How many of them share a digit.
    pub stride: u128,
}

impl Digit {
    /// Positions as far as a deck holds them.
    fn deck(self) -> Deck {
        Deck::new(u64::try_from(self.domain).unwrap_or(u64::MAX >> 1).min(u64::MAX >> 1))
    }

    fn of(self, position: u64, count: u128) -> u128 {
        u128::from(position) / self.stride % count
    }
}

impl Fill for BySibling {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let parents = cells.inputs[0].as_primitive::<UInt64Type>();
        let siblings = cells.inputs[1].as_primitive::<UInt64Type>();
        let (mut deck, mut current, count) = (self.digit.deck(), None, self.countable.count());
        let mut positions = Vec::with_capacity(rows.len());
        for row in 0..rows.len() {
            let parent = parents.value(row);
            if current != Some(parent) {
                deck.shuffle(self.key.child(parent));
                current = Some(parent);
            }
            let position = self.digit.of(deck.at(siblings.value(row)), count);
            let is_behind = self.leaves_parent && position >= u128::from(parent);
            positions.push(position + u128::from(is_behind));
        }
        Ok(self.countable.unrank(&positions))
    }
}

/// As [`BySibling`], for the children of which a condition is true and by their number among these: where a parent has more children than there are
/// positions. What stands in other rows is of no use.
pub(crate) struct BySiblingWhere {
    pub rule: String,
    pub key: Key,
    pub countable: Arc<dyn Countable>,
    pub digit: Digit,
    pub allocation: Arc<Allocation>,
    pub table: usize,
    pub condition: SlotId,
}

impl BySiblingWhere {
    /// Of each child of a parent the number of those before it in which the condition is true; nothing where it is not.
    fn ranks(&self, plan: &Plan, rows: Range<u64>) -> Result<Vec<Option<u64>>, RunError> {
        let (mut ranks, mut next) = (Vec::with_capacity((rows.end - rows.start) as usize), 0);
        for block in blocks(rows) {
            let met = Evaluation::new(plan, self.table, Rows::Range(block)).need(self.condition)?;
            ranks.extend(met.as_boolean().iter().map(|met| {
                (met == Some(true)).then(|| {
                    next += 1;
                    next - 1
                })
            }));
        }
        if u128::from(next) > self.digit.domain {
            let count = self.digit.domain;
            let detail =
                format!("{} needs {next} combinations for the children of one parent and there are {count}", self.rule);
            return Err(RunError::new(detail));
        }
        Ok(ranks)
    }
}

impl Fill for BySiblingWhere {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let (mut deck, mut current, mut ranks) = (self.digit.deck(), None, Vec::new());
        let count = self.countable.count();
        let mut positions = Vec::with_capacity(rows.len());
        for place in places(&self.allocation, rows) {
            if current != Some(place.parent) {
                deck.shuffle(self.key.child(place.parent));
                current = Some(place.parent);
                ranks = self.ranks(cells.plan, place.first..place.first + place.size)?;
            }
            let rank = ranks.get(place.index as usize).copied().flatten();
            positions.push(rank.map_or(0, |rank| self.digit.of(deck.at(rank), count)));
        }
        Ok(self.countable.unrank(&positions))
    }
}

/// The rows of a parent table, by number.
pub(crate) struct ParentRows(pub u64);

impl Countable for ParentRows {
    fn count(&self) -> u128 {
        u128::from(self.0)
    }

    fn unrank(&self, positions: &[u128]) -> ArrayRef {
        let rows = positions.iter().map(|position| *position as u64);
        Arc::new(UInt64Array::from_iter_values(rows))
    }
}

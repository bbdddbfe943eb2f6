//! Groups of rows, and rows in an order, for generators that look at other rows.
//!
//! The children of one parent lie side by side, so their group is known from the allocation alone. Any other group, and any order, is found
//! by a pass over the columns that say so: over the children of the parents in question where that is enough, else over the whole table,
//! once, when a row is first asked for. What the pass finds depends on the table alone, never on who asked or for which rows.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::row::{RowConverter, Rows as SortKeys, SortField};

use super::compiler::Name;
use super::context::problems;
use super::scattered::Scattered;
use super::{BLOCK, Context, Evaluation, Plan, SlotId};
use crate::allocation::{Allocation, Place};
use crate::generators::{Cells, Fill, Held, Made, Problems, Rows, RunError};
use crate::problem::Problem;
use crate::types::LogicalType;

/// The most rows of a table that are sorted: 2^24. Tests have fewer, so that they see both sides.
const SORTED_ROWS: u64 = if cfg!(test) { 1 << 16 } else { 1 << 24 };

/// The most children of one parent that are put in order alone, without a pass over the table.
const SORTED_CHILDREN: u64 = 1 << 16;

/// Rows that a pass makes at a time.
const STEP: u64 = 16 * BLOCK;

/// How the rows of a table fall into groups.
#[derive(Clone)]
pub(crate) enum Groups {
    /// The table is one group, in the order of its rows.
    Whole,
    /// The children of one parent, in the order of their rows.
    Siblings(Arc<Allocation>),
    /// Groups or an order that a pass finds.
    Sorted(Arc<Sorted>),
    /// Groups anywhere in a table too long to be sorted, in the order of its rows.
    Scattered(Arc<Scattered>),
}

impl Groups {
    /// Says what finding the groups leaves behind; gives the rows of which something can be held by place, 0 where none is.
    pub fn hold(&self, held: &mut Held<'_>) -> u64 {
        match self {
            Groups::Whole | Groups::Siblings(_) => 0,
            Groups::Sorted(sorted) => sorted.hold(held),
            Groups::Scattered(scattered) => {
                scattered.hold(held);
                0
            }
        }
    }
}

/// Where a row stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Member {
    /// Its group, by a number that more rows do not change; `None` where the table is one group.
    pub group: Option<u64>,
    /// Its place in the group, from 0.
    pub index: u64,
}

impl Groups {
    /// Where rows stand, in their order.
    pub fn members(&self, plan: &Plan, rows: &Rows) -> Result<Vec<Member>, RunError> {
        Ok(match self {
            Groups::Whole => rows.iter().map(|row| Member { group: None, index: row }).collect(),
            Groups::Siblings(allocation) => places(allocation, rows)
                .into_iter()
                .map(|place| Member { group: Some(place.parent), index: place.index })
                .collect(),
            Groups::Sorted(sorted) => {
                let mut members = Vec::with_capacity(rows.len());
                sorted.over(plan, rows, &mut |part, order| {
                    members.extend(part.map(|position| {
                        let place = order.place(rows.at(position));
                        let (group, places) = order.group(place);
                        Member { group: Some(group as u64), index: (place - places.start) as u64 }
                    }));
                    Ok(())
                })?;
                members
            }
            Groups::Scattered(scattered) => scattered
                .places(plan, rows)?
                .into_iter()
                .map(|(group, index)| Member { group: Some(u64::from(group)), index })
                .collect(),
        })
    }
}

/// Where child rows lie.
pub(crate) fn places(allocation: &Allocation, rows: &Rows) -> Vec<Place> {
    let mut places = Vec::with_capacity(rows.len());
    match rows {
        Rows::Range(range) => allocation.places(range.clone(), &mut places),
        Rows::List(list) => {
            let mut cursor = allocation.cursor();
            places.extend(list.iter().map(|row| cursor.locate(*row)));
        }
    }
    places
}

/// Looks at some positions of rows, with an order that holds them.
pub(crate) type Visit<'v> = dyn FnMut(Range<usize>, &Order) -> Result<(), RunError> + 'v;

/// A table's rows by group, and within a group by some columns, ties in the order of the rows.
pub(crate) struct Sorted {
    table: usize,
    per: Vec<SlotId>,
    by: Vec<(SlotId, bool)>,
    /// Set where the groups are the children of one parent and each is put in order alone.
    siblings: Option<Arc<Allocation>>,
    whole: OnceLock<Result<Arc<Order>, RunError>>,
}

impl Sorted {
    /// Says what the order of the whole table takes; gives the rows that it holds, 0 where groups are put in order one by one.
    pub fn hold(&self, held: &mut Held<'_>) -> u64 {
        if self.siblings.is_some() {
            return 0;
        }
        let rows = held.plan.tables[self.table].rows;
        // Rows, places and starts of groups, and whether a place is tied to the one before it.
        held.add(self, rows * (3 * size_of::<u32>() as u64 + u64::from(!self.by.is_empty())));
        rows
    }

    /// The order of the whole table, where a pass over it is what finds it; made by whoever asks first.
    pub fn whole(&self, plan: &Plan) -> Option<Result<Arc<Order>, RunError>> {
        self.siblings.is_none().then(|| {
            self.whole
                .get_or_init(|| self.order(plan, 0..plan.tables[self.table].rows).map(Arc::new))
                .as_ref()
                .map(Arc::clone)
                .map_err(Clone::clone)
        })
    }

    /// Shows positions of `rows`, a run at a time, with an order that holds the whole groups of these rows.
    pub fn over(&self, plan: &Plan, rows: &Rows, visit: &mut Visit<'_>) -> Result<(), RunError> {
        let Some(allocation) = &self.siblings else {
            return match self.whole(plan) {
                Some(order) if !rows.is_empty() => visit(0..rows.len(), &*order?),
                _ => Ok(()),
            };
        };
        let mut cursor = allocation.cursor();
        let mut start = 0;
        while start < rows.len() {
            let first = rows.at(start);
            let mut end = start + 1;
            while end < rows.len() && rows.at(end) - first < BLOCK {
                end += 1;
            }
            let (low, high) = (cursor.locate(first), cursor.locate(rows.at(end - 1)));
            visit(start..end, &self.order(plan, low.first..high.first + high.size)?)?;
            start = end;
        }
        Ok(())
    }

    /// Brings rows in order that hold nothing but whole groups.
    fn order(&self, plan: &Plan, range: Range<u64>) -> Result<Order, RunError> {
        let first = range.start;
        let slots = &plan.tables[self.table].slots;
        let arrow = |slot: SlotId| slots[slot].logical.arrow();
        let failed = |error: datafusion::arrow::error::ArrowError| RunError::new(error.to_string());
        let converter = |fields: Vec<SortField>| RowConverter::new(fields).map_err(failed);
        let per = converter(self.per.iter().map(|slot| SortField::new(arrow(*slot))).collect())?;
        let by = converter(
            self.by
                .iter()
                .map(|(slot, descending)| {
                    let options = SortOptions { descending: *descending, nulls_first: false };
                    SortField::new_with_options(arrow(*slot), options)
                })
                .collect(),
        )?;
        let mut known: HashMap<Box<[u8]>, u32> = HashMap::new();
        let mut groups: Vec<u32> = Vec::new();
        let mut keys: SortKeys = by.empty_rows(0, 0);
        if let Some(allocation) = &self.siblings {
            groups = numbers(&places(allocation, &Rows::Range(range.clone())));
        }
        let mut start = first;
        while start < range.end {
            let end = range.end.min((start / STEP + 1) * STEP);
            let mut evaluation = Evaluation::new(plan, self.table, Rows::Range(start..end));
            let mut need = |slot: &SlotId| evaluation.need(*slot);
            if !self.by.is_empty() {
                let arrays = self.by.iter().map(|(slot, _)| need(slot)).collect::<Result<Vec<ArrayRef>, _>>()?;
                by.append(&mut keys, &arrays).map_err(failed)?;
            }
            if self.siblings.is_none() && !self.per.is_empty() {
                let arrays = self.per.iter().map(&mut need).collect::<Result<Vec<ArrayRef>, _>>()?;
                for row in &per.convert_columns(&arrays).map_err(failed)? {
                    let next = known.len() as u32;
                    let group = match known.get(row.as_ref()) {
                        Some(group) => *group,
                        None => *known.entry(row.as_ref().into()).or_insert(next),
                    };
                    groups.push(group);
                }
            }
            start = end;
        }
        if groups.is_empty() {
            groups = vec![0; (range.end - first) as usize];
        }
        let ordered = !self.by.is_empty();
        let mut rows: Vec<u32> = (0..groups.len() as u32).collect();
        rows.sort_unstable_by(|a, b| {
            let (left, right) = (*a as usize, *b as usize);
            let by_group = groups[left].cmp(&groups[right]);
            let by_key = || if ordered { keys.row(left).cmp(&keys.row(right)) } else { std::cmp::Ordering::Equal };
            by_group.then_with(by_key).then(a.cmp(b))
        });
        let mut places = vec![0; rows.len()];
        let mut starts = Vec::new();
        let mut tied = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            places[*row as usize] = place as u32;
            let before = place.checked_sub(1).map(|before| rows[before] as usize);
            let begins = before.is_none_or(|before| groups[before] != groups[*row as usize]);
            if begins {
                starts.push(place as u32);
            }
            if ordered {
                let same = before.is_some_and(|before| keys.row(before) == keys.row(*row as usize));
                tied.push(same && !begins);
            }
        }
        starts.push(rows.len() as u32);
        Ok(Order { first, rows, places, starts, tied })
    }
}

/// Numbers for the parents of some places, from 0, one more at each change.
fn numbers(places: &[Place]) -> Vec<u32> {
    let mut number = 0;
    let mut before = None;
    let mut numbers = Vec::with_capacity(places.len());
    for place in places {
        if before.is_some_and(|before| before != place.parent) {
            number += 1;
        }
        before = Some(place.parent);
        numbers.push(number);
    }
    numbers
}

/// Rows in an order: place after place, the groups one after the other.
pub(crate) struct Order {
    first: u64,
    rows: Vec<u32>,
    places: Vec<u32>,
    /// The first place of each group, and at the end the number of places.
    starts: Vec<u32>,
    /// Whether a place has the same values as the one before it, in the same group; empty where no column orders.
    tied: Vec<bool>,
}

impl Order {
    /// The rows that it holds.
    pub fn range(&self) -> Range<u64> {
        self.first..self.first + self.rows.len() as u64
    }

    /// The place of a row.
    pub fn place(&self, row: u64) -> usize {
        self.places[(row - self.first) as usize] as usize
    }

    /// The row at a place.
    pub fn row(&self, place: usize) -> u64 {
        self.first + u64::from(self.rows[place])
    }

    /// The group of a place: its number, and its places.
    pub fn group(&self, place: usize) -> (usize, Range<usize>) {
        let group = self.starts.partition_point(|start| *start as usize <= place) - 1;
        (group, self.starts[group] as usize..self.starts[group + 1] as usize)
    }

    /// The places of each group.
    pub fn groups(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.starts.windows(2).map(|pair| pair[0] as usize..pair[1] as usize)
    }

    /// Whether a place has the same values as the one before it.
    pub fn is_tied(&self, place: usize) -> bool {
        self.tied.get(place).copied().unwrap_or(false)
    }
}

/// A column that puts rows in order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OrderBy {
    /// The column.
    pub column: String,
    /// Whether the largest comes first.
    pub descending: bool,
}

impl Context<'_> {
    /// A column that is read in other rows; its slot. Where the row itself is read as well, [`Context::column`] makes it an input too.
    pub(crate) fn elsewhere(&mut self, name: &str) -> Result<SlotId, Problems> {
        let slot = self.compiler.reference(self.table, &[name.to_owned()]).map_err(problems)?;
        if !self.far.contains(&slot) {
            self.far.push(slot);
        }
        Ok(slot)
    }

    /// The table for which it is compiled, by its place.
    pub(crate) fn table(&self) -> usize {
        self.table
    }

    /// `column`, `column asc` or `column desc` as written in `order_by`.
    pub(crate) fn order_by(&self, texts: &[String]) -> Vec<OrderBy> {
        let has = |name: &str| self.compiler.column_named(self.table, name).is_some();
        texts
            .iter()
            .map(|text| {
                let (column, word) = text.trim().rsplit_once(' ').unwrap_or((text.trim(), ""));
                match word.to_ascii_lowercase().as_str() {
                    word @ ("asc" | "desc") if !has(text) => {
                        OrderBy { column: column.trim().to_owned(), descending: word == "desc" }
                    }
                    _ => OrderBy { column: text.clone(), descending: false },
                }
            })
            .collect()
    }

    /// The groups of `per`, their rows in the order of `by`, else in their own. Problems stand at `/per` and `/order_by`.
    pub(crate) fn groups(&mut self, per: &[String], by: &[OrderBy]) -> Result<Groups, Problems> {
        let rows = self.rows()?;
        let siblings = self.siblings(per);
        match &siblings {
            Some(allocation) if by.is_empty() => return Ok(Groups::Siblings(Arc::clone(allocation))),
            None if per.is_empty() && by.is_empty() => return Ok(Groups::Whole),
            _ => {}
        }
        let alone = siblings
            .filter(|allocation| allocation.histogram().last().is_none_or(|(children, _)| children <= SORTED_CHILDREN));
        if alone.is_none() && rows > SORTED_ROWS && !by.is_empty() {
            let name = &self.compiler.dataset.tables[self.table].name;
            let columns: Vec<&str> = by.iter().map(|by| by.column.as_str()).collect();
            let detail = format!(
                "the {rows} rows of {name} would have to be sorted by {}, and at most {SORTED_ROWS} are",
                columns.join(", ")
            );
            let remedy = "ask for fewer rows, or say `per` with the columns of a foreign key that has `children`";
            return Err(vec![Problem::new("too_many_rows", detail).at("/order_by").remedy(remedy)]);
        }
        let mut slot = |name: &str, place: String| {
            self.elsewhere(name)
                .map_err(|found| found.into_iter().map(|problem| problem.under(&place)).collect::<Problems>())
        };
        let per = per
            .iter()
            .enumerate()
            .map(|(at, name)| slot(name, format!("/per/{at}")))
            .collect::<Result<Vec<SlotId>, _>>()?;
        let by = by
            .iter()
            .enumerate()
            .map(|(at, by)| Ok((slot(&by.column, format!("/order_by/{at}"))?, by.descending)))
            .collect::<Result<Vec<_>, Problems>>()?;
        if alone.is_none() && by.is_empty() && rows > SORTED_ROWS {
            let known = &mut self.compiler.tables[self.table].scattered;
            let found = known.iter().find(|known| known.per == per).map(Arc::clone);
            return Ok(Groups::Scattered(found.unwrap_or_else(|| {
                let scattered = Arc::new(Scattered::new(self.table, per));
                known.push(Arc::clone(&scattered));
                scattered
            })));
        }
        let orders = &mut self.compiler.tables[self.table].orders;
        let known = orders.iter().find(|known| known.per == per && known.by == by);
        let sorted = known.map(Arc::clone).unwrap_or_else(|| {
            let sorted = Sorted { table: self.table, per, by, siblings: alone, whole: OnceLock::new() };
            let sorted = Arc::new(sorted);
            orders.push(Arc::clone(&sorted));
            sorted
        });
        Ok(Groups::Sorted(sorted))
    }

    /// The allocation of the key with `children`, where `per` are its columns.
    fn siblings(&self, per: &[String]) -> Option<Arc<Allocation>> {
        let table = &self.compiler.dataset.tables[self.table];
        let key = table.foreign_keys.iter().find(|key| key.children.is_some())?;
        let same = key.columns.len() == per.len() && key.columns.iter().all(|column| per.contains(column));
        self.compiler.tables[self.table].allocation.clone().filter(|_| same)
    }

    /// A row's number within the group of `per`, from 0, as an input.
    pub fn index_per(&mut self, per: &[String]) -> Result<usize, Problems> {
        if self.siblings(per).is_some() {
            let keys = &self.compiler.dataset.tables[self.table].foreign_keys;
            let key = keys.iter().position(|key| key.children.is_some()).ok_or_else(Vec::new)?;
            let slot = self.compiler.slot(self.table, Name::Index(key)).map_err(problems)?;
            return Ok(self.input(slot));
        }
        let before = std::mem::take(&mut self.far);
        let groups = self.groups(per, &[]);
        let far = std::mem::replace(&mut self.far, before);
        let made = Made { far, ..Made::computed(LogicalType::Integer, Indexes(groups?)) };
        let slot = self.compiler.push(self.table, format!("number within {}", per.join(", ")), made);
        self.compiler.tables[self.table].slots[slot].nullable = false;
        Ok(self.input(slot))
    }
}

/// The numbers of rows within their groups.
struct Indexes(Groups);

impl Fill for Indexes {
    fn hold(&self, held: &mut Held<'_>) {
        self.0.hold(held);
    }

    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let members = self.0.members(cells.plan, rows)?;
        let indexes = members.into_iter().map(|member| member.index);
        Ok(Arc::new(datafusion::arrow::array::UInt64Array::from_iter_values(indexes)))
    }
}

/// Rows in their own order: groups of these sizes, and whether each place is tied to the one before it.
#[cfg(test)]
pub(crate) fn order_of(sizes: &[u32], tied: &[bool]) -> Order {
    let mut starts = vec![0];
    for size in sizes {
        starts.push(starts[starts.len() - 1] + size);
    }
    let rows: Vec<u32> = (0..tied.len() as u32).collect();
    Order { first: 0, places: rows.clone(), rows, starts, tied: tied.to_vec() }
}

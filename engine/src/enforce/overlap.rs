//! Intervals of one group that do not overlap: the group's starts are sorted on a span that is shorter by what all but the last interval take
//! at least, and those lengths are put back between them; an end that reaches beyond the next start ends there.
//!
//! Every row's own word draws a start, as if it stood alone; the rows of a group take their starts in ascending order. The children of one
//! parent lie side by side, so a group is made from its rows alone; other groups are found by a pass.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::{ArrayRef, AsArray};

use super::quota::{Conflict, Fault};
use super::within::Shares;
use crate::generators::{Cells, Fill, Held, Quantiles, Rows, RunError, array_of_units};
use crate::plan::{BLOCK, Evaluation, Groups, Plan, Side, SlotId, places, print_units, units_of};
use crate::random::{Key, open_unit};
use crate::run::blocks;
use crate::types::LogicalType;

/// A bound of the starts of a group: the same in all its rows.
pub(crate) struct GroupBound {
    /// What bounds them; null bounds nothing.
    pub slot: SlotId,
    pub side: Side,
    /// Where a value between two units is rounded to.
    pub rounds: Side,
    /// Added to it, in units.
    pub gap: i64,
}

/// When the intervals of each group start.
pub(crate) struct Timetable {
    pub rule: String,
    /// The column of the starts.
    pub column: String,
    pub groups: Groups,
    pub quantiles: Arc<Quantiles>,
    /// The stream of the starts' words.
    pub key: Key,
    /// The least length of an interval, in units.
    pub shortest: f64,
    /// The part of it that rules ask for and the ends' own draw does not give.
    pub least: i64,
    /// The rows that are to keep apart; all where absent. The others stand as if each were alone.
    pub when: Option<SlotId>,
    /// What bounds the starts of each group.
    pub bounds: Vec<GroupBound>,
    /// The table.
    pub table: usize,
    /// Of groups that a pass finds, all starts by the place of their row.
    pub whole: OnceLock<Result<Vec<Start>, Fault>>,
}

/// A start, and the one that follows in its group.
type Start = (f64, Option<f64>);

impl Timetable {
    /// The distance between two starts at least: the least length, on the grid of the starts.
    fn step(&self) -> f64 {
        let grid = self.quantiles.quantum.unwrap_or(1.0);
        libm::ceil(self.shortest / grid) * grid
    }

    /// The first and the last start of all groups.
    pub fn ends(&self) -> (f64, f64) {
        (self.quantiles.low, self.quantiles.high)
    }

    /// The first and the last start in each of some rows, by what bounds them.
    fn ends_of(&self, bounds: &[ArrayRef], rows: usize) -> Result<Vec<(f64, f64)>, RunError> {
        let mut ends = vec![self.ends(); rows];
        let (low, grid) = (self.quantiles.low, self.quantiles.quantum.unwrap_or(1.0));
        for (bound, values) in self.bounds.iter().zip(bounds) {
            let values = units_of(values, self.quantiles.logical(), bound.rounds)?;
            for (end, value) in ends.iter_mut().zip(values) {
                let Some(value) = value else { continue };
                let steps = (value.saturating_add(bound.gap) as f64 - low) / grid;
                match bound.side {
                    Side::Lower => end.0 = end.0.max(low + libm::ceil(steps) * grid),
                    Side::Upper => end.1 = end.1.min(low + libm::floor(steps) * grid),
                }
            }
        }
        Ok(ends)
    }

    /// Why a group of so many intervals, whose starts lie between two, has no room, where it has none.
    pub fn refuse(&self, intervals: u64, (low, high): (f64, f64)) -> Option<String> {
        let logical = self.quantiles.logical();
        if high < low && intervals > 0 {
            let shown = |units: f64| print_units(logical, units as i64);
            return Some(format!(
                "{} leaves no start in one group, whose {} is to lie from {} to {}",
                self.rule,
                self.column,
                shown(low),
                shown(high)
            ));
        }
        let span = high - low;
        let taken = intervals.saturating_sub(1) as f64 * self.step();
        let length = |units: f64| length(self.quantiles.logical(), units, self.quantiles.units_of_one());
        (taken > span).then(|| {
            format!(
                "{} has {intervals} intervals of at least {} in one group, whose starts lie {} apart, and {} spreads over {}",
                self.rule,
                length(self.shortest),
                length(taken),
                self.column,
                length(span)
            )
        })
    }

    /// The starts of a group between two, ascending in the rows that keep apart, by the rows that are in it and whether each does.
    fn of_group(
        &self,
        rows: impl Iterator<Item = (u64, bool)>,
        (low, high): (f64, f64),
    ) -> Result<Vec<Start>, Conflict> {
        let rows: Vec<(f64, bool)> = rows.map(|(row, is_apart)| (open_unit(self.key.word(row)), is_apart)).collect();
        let mut shares: Vec<f64> = rows.iter().filter(|(_, is_apart)| *is_apart).map(|(share, _)| *share).collect();
        if let Some(detail) = self.refuse(rows.len() as u64, (low, high)).filter(|_| high < low) {
            return Err(Conflict { rules: vec![self.rule.clone()], detail });
        }
        if let Some(detail) = self.refuse(shares.len() as u64, (low, high)) {
            return Err(Conflict { rules: vec![self.rule.clone()], detail });
        }
        shares.sort_unstable_by(f64::total_cmp);
        let mut within = Shares::default();
        let mut at = |share: f64| match (low, high) == self.ends() {
            true => self.quantiles.at(share),
            false => within.within(&self.quantiles, share, (low, high)),
        };
        let (grid, step) = (self.quantiles.quantum.unwrap_or(1.0), self.step());
        let taken = shares.len().saturating_sub(1) as f64 * step;
        let (all, left) = ((high - low) / grid + 1.0, (high - low - taken) / grid + 1.0);
        let start = |(place, share): (usize, f64)| {
            let at = (at(share) - low) / grid;
            let shrunk = if taken > 0.0 { libm::floor(at * (left / all)).min(left - 1.0) } else { at };
            low + shrunk * grid + place as f64 * step
        };
        let starts: Vec<f64> = shares.into_iter().enumerate().map(start).collect();
        let mut apart = starts.into_iter().peekable();
        let of_row = |(share, is_apart): (f64, bool)| match is_apart {
            // As many starts as there are rows that keep apart.
            true => (apart.next().unwrap_or(low), apart.peek().copied()),
            false => (at(share), None),
        };
        Ok(rows.into_iter().map(of_row).collect())
    }

    /// Which of some rows are to keep apart.
    fn apart(&self, plan: &Plan, rows: Range<u64>) -> Result<Vec<bool>, RunError> {
        let Some(when) = self.when else { return Ok(vec![true; (rows.end - rows.start) as usize]) };
        let mut apart = Vec::with_capacity((rows.end - rows.start) as usize);
        let mut start = rows.start;
        while start < rows.end {
            let end = rows.end.min(start + BLOCK);
            let met = Evaluation::new(plan, self.table, Rows::Range(start..end)).need(when)?;
            apart.extend(met.as_boolean().iter().map(|met| met == Some(true)));
            start = end;
        }
        Ok(apart)
    }

    /// The first and the last start of all rows, where something bounds them.
    fn all_ends(&self, plan: &Plan, rows: Range<u64>) -> Result<Vec<(f64, f64)>, RunError> {
        let mut ends = Vec::new();
        for block in blocks(rows).filter(|_| !self.bounds.is_empty()) {
            let length = (block.end - block.start) as usize;
            let mut evaluation = Evaluation::new(plan, self.table, Rows::Range(block));
            let bounds = self.bounds.iter().map(|bound| evaluation.need(bound.slot)).collect::<Result<Vec<_>, _>>()?;
            ends.extend(self.ends_of(&bounds, length)?);
        }
        Ok(ends)
    }

    /// The starts of rows. What bounds them is the same in all rows of a group.
    fn starts(&self, plan: &Plan, rows: &Rows, bounds: &[ArrayRef]) -> Result<Vec<Start>, RunError> {
        let mut starts = Vec::with_capacity(rows.len());
        match &self.groups {
            Groups::Siblings(allocation) => {
                let mut known: (Option<u64>, Vec<Start>) = (None, Vec::new());
                let ends = self.ends_of(bounds, rows.len())?;
                for (place, ends) in places(allocation, rows).into_iter().zip(ends) {
                    if known.0 != Some(place.parent) {
                        let group = place.first..place.first + place.size;
                        let apart = self.apart(plan, group.clone())?;
                        known = (Some(place.parent), self.of_group(group.zip(apart), ends)?);
                    }
                    starts.push(known.1[place.index as usize]);
                }
            }
            Groups::Sorted(sorted) => {
                let whole = self.whole(plan)?;
                sorted.over(plan, rows, &mut |part, order| {
                    starts.extend(part.map(|position| whole[order.place(rows.at(position))]));
                    Ok(())
                })?;
            }
            Groups::Whole | Groups::Scattered(_) => return Err(RunError::new("these groups have no timetable")),
        }
        Ok(starts)
    }

    fn whole(&self, plan: &Plan) -> Result<&[Start], Fault> {
        let made = || {
            let mut starts = Vec::new();
            if let Groups::Sorted(sorted) = &self.groups
                && let Some(order) = sorted.whole(plan)
            {
                let order = order.map_err(Fault::Run)?;
                let rows = order.range();
                let apart = self.apart(plan, rows.clone()).map_err(Fault::Run)?;
                let ends = self.all_ends(plan, rows.clone()).map_err(Fault::Run)?;
                for places in order.groups() {
                    let place_of = |row: u64| (row - rows.start) as usize;
                    let of_group = ends.get(place_of(order.row(places.start))).copied();
                    let rows = places.map(|place| order.row(place)).map(|row| (row, apart[place_of(row)]));
                    let made = self.of_group(rows, of_group.unwrap_or_else(|| self.ends()));
                    starts.extend(made.map_err(Fault::Conflict)?);
                }
            }
            Ok(starts)
        };
        self.whole.get_or_init(made).as_ref().map(Vec::as_slice).map_err(Clone::clone)
    }

    /// Whether the groups that a pass finds have room.
    pub fn check(&self, plan: &Plan) -> Result<Vec<(String, String)>, Fault> {
        self.whole(plan).map(|_| Vec::new())
    }
}

/// A length as people write it.
fn length(logical: &LogicalType, units: f64, one: f64) -> String {
    const DAY: f64 = 86_400_000_000.0;
    const SECOND: f64 = 1_000_000.0;
    let shown = |number: f64| libm::rint(number * 100.0) / 100.0;
    match logical {
        LogicalType::Date => format!("{units} days"),
        LogicalType::Datetime if units >= DAY => format!("{} days", shown(units / DAY)),
        LogicalType::Datetime => format!("{} seconds", shown(units / SECOND)),
        _ => (units / one).to_string(),
    }
}

/// The starts. Inputs: what bounds them.
pub(crate) struct StartFill(pub Arc<Timetable>);

impl Fill for StartFill {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let starts = self.0.starts(cells.plan, rows, cells.inputs)?;
        self.0.quantiles.array(&starts.into_iter().map(|(start, _)| start).collect::<Vec<_>>())
    }

    fn hold(&self, held: &mut Held<'_>) {
        let rows = self.0.groups.hold(held);
        held.add(&*self.0, rows * size_of::<Start>() as u64);
    }
}

/// The ends: the first input, no nearer to the start than rules ask, or the next start where that is earlier. The other inputs bound the starts.
pub(crate) struct EndFill(pub Arc<Timetable>);

impl Fill for EndFill {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let logical = self.0.quantiles.logical();
        let drawn = units_of(&cells.inputs[0], logical, Side::Lower)?;
        let starts = self.0.starts(cells.plan, rows, &cells.inputs[1..])?;
        let least = self.0.least;
        let end = |(end, (start, next)): (Option<i64>, Start)| {
            let end = end.map(|end| if least > 0 { end.max((start as i64).saturating_add(least)) } else { end });
            end.map(|end| next.map_or(end, |next| end.min(next as i64)))
        };
        array_of_units(drawn.into_iter().zip(starts).map(end).collect::<Vec<_>>(), logical)
    }
}

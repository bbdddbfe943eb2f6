//! Columns that hold what rules ask of all rows, and in each row what others leave of them: their values are laid over the rows.

use super::Side;
use super::compiler::{Compiler, Failed};
use super::convert;
use super::statements::{Bound, BoundOf, ForcedValue, PlannedBound};
use crate::enforce::correlate::{By, Limit};

impl Compiler {
    /// Lets values that rules put into rows of columns with statistics be what these rows are left: the others make up for them.
    pub(super) fn put_inside(&mut self) {
        let mut places: Vec<(usize, usize)> = self.statements.forced.keys().copied().collect();
        places.sort_unstable();
        for (table, column) in places {
            let Some(all) = self.statements.forced.remove(&(table, column)) else { continue };
            let together = self.statements.correlations.columns_with(table, column);
            let stand = all.iter().all(|forced| !self.moves_with(table, &forced.condition, together));
            let logical = self.bounded(table, column).filter(|_| stand && self.is_laid(table, column));
            let bounds = logical.and_then(|logical| {
                let bound = |forced: &ForcedValue, side: Side| {
                    let value = convert::literal(&forced.value, &logical).ok()?;
                    let value = Bound::Slot(BoundOf::Where(forced.condition.clone(), value));
                    let place = forced.pointer.rsplit_once('/').map_or(forced.pointer.as_str(), |(rule, _)| rule);
                    Some(PlannedBound { value, side, rounds: side, place: place.to_owned(), gap: 0 })
                };
                let both = all.iter().flat_map(|forced| [Side::Lower, Side::Upper].map(|side| bound(forced, side)));
                both.collect::<Option<Vec<PlannedBound>>>()
            });
            match bounds {
                Some(bounds) => {
                    self.statements.bounds.entry((table, column)).or_default().extend(bounds);
                    self.statements.projected.extend(all.into_iter().map(|forced| (table, column, forced.rule)));
                }
                None => {
                    self.statements.forced.insert((table, column), all);
                }
            }
        }
    }

    /// Whether the values of a column, which hold what rules ask of all rows, are laid over the rows inside of what these are left; or it moves
    /// with such a one, so that it is drawn inside of it.
    pub(super) fn is_laid(&self, table: usize, column: usize) -> bool {
        let statements = &self.statements;
        let is_measured = |column: usize| {
            statements.statistics.contains_key(&(table, column))
                || statements.rank_counts.contains_key(&(table, column))
        };
        let beside = || statements.correlations.columns_with(table, column).iter().any(|other| is_measured(*other));
        (is_measured(column) || beside())
            && self.is_decided_together(table, column)
            && !self.is_unique(table, column)
            && !statements.counted.contains_key(&(table, column))
            && statements.deal_of(table, column).is_none()
            && !statements.pulled.contains_key(&(table, column))
    }

    /// Takes what limits a column row by row out of the bounds with which its generator is compiled.
    pub(super) fn row_bounds(&mut self, table: usize, column: usize) -> Vec<PlannedBound> {
        let all = self.statements.bounds.remove(&(table, column)).unwrap_or_default();
        let is_closed = self.statements.closed.contains(&(table, column));
        let is_domain = |bound: &PlannedBound| is_closed && matches!(bound.value, Bound::Constant(_));
        let (domain, rows): (Vec<PlannedBound>, Vec<PlannedBound>) = all.into_iter().partition(is_domain);
        if !domain.is_empty() {
            self.statements.bounds.insert((table, column), domain);
        }
        rows
    }

    /// Gives back what was taken, as limits of the column; those of other columns of a system by their place there.
    pub(super) fn row_limits(
        &mut self,
        (table, column): (usize, usize),
        bounds: Vec<PlannedBound>,
        together: &[usize],
    ) -> Result<Vec<Limit>, Failed> {
        self.statements.bounds.entry((table, column)).or_default().extend(bounds.iter().cloned());
        let mut limits = Vec::new();
        for bound in bounds {
            let by = match bound.value {
                Bound::Constant(value) => By::Constant(value as f64),
                Bound::Slot(of) => {
                    let column_of = |known: &usize| matches!(of, BoundOf::Column(other) if other == *known);
                    match together.iter().position(column_of) {
                        Some(member) => By::Member(member),
                        None => By::Slot(self.bound_slot(table, column, of)?),
                    }
                }
            };
            limits.push(Limit { by, side: bound.side, gap: bound.gap as f64 });
        }
        Ok(limits)
    }

    /// The rules that bounds come from.
    pub(super) fn limited_by(&self, bounds: &[PlannedBound]) -> Vec<String> {
        let is_of = |pointer: &String| {
            bounds.iter().any(|bound| {
                bound.place.strip_prefix(pointer.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        let mut rules: Vec<String> = self
            .statements
            .pointers
            .iter()
            .filter(|(_, pointer)| is_of(pointer))
            .map(|(rule, _)| rule.clone())
            .collect();
        rules.sort_unstable();
        rules
    }
}

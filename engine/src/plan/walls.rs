//! Limits in some rows of columns whose statistics rules give, where what says which rows these are cannot move: the values that hold the
//! statistics are laid out inside of them.

use std::collections::HashSet;

use super::SlotId;
use super::compiler::{Compiler, Failed};
use super::ranked::interval_of;
use super::statements::RowCondition;
use crate::enforce::statistic::Wall;
use crate::expr::{Literal, Op, Parsed};
use crate::generators::Quantiles;

/// What a rule leaves of a column in the rows of a condition.
#[derive(Clone, Debug)]
pub(super) struct PlannedWall {
    rule: String,
    pointer: String,
    when: String,
    comparisons: Vec<(Op, Literal)>,
}

impl Compiler {
    /// The column that one part of a condition limits by values, where its statistics are given and the condition's rows stand fast.
    pub(super) fn wall_of(
        &self,
        condition: &RowCondition,
        part: &Parsed,
        ordered: &HashSet<(usize, usize)>,
    ) -> Option<(usize, PlannedWall)> {
        let table = condition.table;
        let when = Parsed::parse(condition.when.as_deref()?).ok()?;
        let (column, comparisons) = self.compared_alone(table, std::slice::from_ref(part), |_| true)?;
        let statements = &self.statements;
        let place = (table, column);
        let statistics = statements.statistics.get(&place).map(Vec::as_slice).unwrap_or_default();
        let is_measured = (!statistics.is_empty() || statements.rank_counts.contains_key(&place))
            && !statements.counted.contains_key(&place)
            && statements.correlations.rule_of(table, column).is_none()
            && statements.overlap_of(table, column).is_none()
            && statements.deal_of(table, column).is_none()
            && !statements.forced.contains_key(&place)
            && !statements.formulas.contains_key(&place)
            && !statements.bounds.contains_key(&place)
            && !ordered.contains(&place)
            && !self.is_unique(table, column)
            && !self.is_given(table, column)
            && self.key_of_column(table, column).is_none();
        if !is_measured {
            return None;
        }
        let read = self.own_columns(table, when.sql());
        let is_made_before = |other: &usize| {
            *other != column
                && self.dataset.tables[table].columns[*other].generator.is_some()
                && !statements.formulas.contains_key(&(table, *other))
                && !self.follows(table, *other, column)
        };
        let limits = statistics.iter().filter_map(|known| known.rule.when.as_deref());
        let told: HashSet<usize> = limits.flat_map(|when| self.own_columns(table, when)).collect();
        // Where the condition can give way it does, and the column keeps its positions.
        let stands = |other: &usize| told.contains(other) || !self.is_drawn_alone(table, *other);
        (!read.is_empty() && read.iter().all(stands) && read.iter().all(is_made_before)).then(|| {
            let (rule, pointer) = (condition.rule.clone(), condition.pointer.clone());
            (column, PlannedWall { rule, pointer, when: when.sql().to_owned(), comparisons })
        })
    }

    /// The limits of a column in units, with the slots of their conditions, which get the bits behind so many.
    pub(super) fn walls(
        &mut self,
        (table, column): (usize, usize),
        quantiles: &Quantiles,
        bits: usize,
    ) -> Result<(Vec<Wall>, Vec<SlotId>), Failed> {
        let (mut walls, mut slots) = (Vec::new(), Vec::new());
        for planned in self.statements.walls.get(&(table, column)).cloned().unwrap_or_default() {
            let (low, high) = interval_of(&planned.comparisons, quantiles).map_err(|problem| {
                self.report(&planned.pointer, [problem]);
                Failed::Known
            })?;
            let slot = self.sql(table, &planned.when, true).map_err(|failed| {
                self.report_failure(&planned.pointer, failed);
                Failed::Known
            })?;
            walls.push(Wall { rule: planned.rule, condition: bits + slots.len(), low, high });
            slots.push(slot);
        }
        Ok((walls, slots))
    }
}

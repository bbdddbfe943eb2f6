//! The rule `aggregate` at plan time: a column that is the sum, number, smallest, largest or mean value of the row's children.

use std::sync::OnceLock;

use super::compiler::{Compiler, Failed, Name};
use super::formulas::when_pointer;
use super::quotas::Pass;
use super::statements::Formula;
use super::{BLOCK, SlotId};
use crate::enforce::aggregate::{Only, OverChildren, OverPicks};
use crate::generators::{Made, Measure, RunningFn};
use crate::problem::Problem;
use crate::schema::{Rule, RuleKind};
use crate::types::LogicalType;

/// The most parents whose children lie anywhere: what they come to is gathered in memory.
const PARENTS: u64 = if cfg!(test) { 1 << 14 } else { 1 << 22 };

/// What a column is of its row's children.
#[derive(Clone, Debug)]
pub(super) struct Aggregate {
    /// The children's table.
    child: usize,
    /// Their key to this table.
    key: usize,
    /// Their column; none where rows are counted.
    column: Option<usize>,
    fold: RunningFn,
}

impl Compiler {
    pub(super) fn gather_aggregate(&mut self, table: usize, rule: &Rule, pointer: &str) {
        let RuleKind::Aggregate { column, of, by, function } = &rule.kind else { return };
        match self.read_aggregate(table, rule, of, by, function) {
            Ok(aggregate) => self.add_formula(table, rule, column, (String::new(), Some(aggregate)), pointer),
            Err(problem) => self.report(pointer, [problem]),
        }
    }

    fn read_aggregate(
        &self,
        table: usize,
        rule: &Rule,
        of: &str,
        by: &str,
        function: &str,
    ) -> Result<Aggregate, Problem> {
        const FUNCTIONS: [(&str, RunningFn); 5] = [
            ("sum", RunningFn::Sum),
            ("count", RunningFn::Count),
            ("min", RunningFn::Min),
            ("max", RunningFn::Max),
            ("mean", RunningFn::Mean),
        ];
        let Some((_, fold)) = FUNCTIONS.into_iter().find(|(name, _)| *name == function) else {
            let problem = Problem::new("unknown_value", format!("unknown value \"{function}\""));
            return Err(problem.hint(function, FUNCTIONS.map(|(name, _)| name)).at("/fn"));
        };
        let tables = &self.dataset.tables;
        // A name may hold a point, so the longest table that fits is the one meant.
        let parts = of.match_indices('.').map(|(at, _)| (&of[..at], Some(&of[at + 1..])));
        let mut parts: Vec<(&str, Option<&str>)> = parts.chain(std::iter::once((of, None))).collect();
        parts.reverse();
        let named = |name: &str| tables.iter().position(|table| table.name == name);
        let found = parts.iter().find_map(|(name, column)| Some((named(name)?, *column)));
        let Some((child, column)) = found else {
            let name = parts.last().map_or(of, |(name, _)| name);
            let problem =
                Problem::new("unknown_table", format!("there is no table \"{name}\"")).param("table", name).at("/of");
            return Err(problem.hint(name, tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>()));
        };
        let definition = &tables[child];
        let column = match column {
            Some(name) => match self.column_named(child, name) {
                Some(column) => Some(column),
                None => return Err(self.unknown_column(child, name).at("/of")),
            },
            None if fold == RunningFn::Count => None,
            None => {
                let detail = format!("{function} needs a column of {of}, and {} names the table alone", rule.id);
                return Err(Problem::new("no_column", detail).at("/of").remedy(format!("write {of}.column")));
            }
        };
        let Some(key) = self.key_named(child, by) else {
            let problem = Problem::new("unknown_key", format!("table {} has no foreign key \"{by}\"", definition.name));
            let keys: Vec<&str> = definition.foreign_keys.iter().map(|key| key.name()).collect();
            return Err(problem.hint(by, keys).at("/by"));
        };
        if self.parent_of(child, key) != Some(table) {
            let refers = &definition.foreign_keys[key].references.table;
            let detail = format!("the foreign key {by} of {} refers to {refers}, not to this table", definition.name);
            return Err(Problem::new("wrong_parent", detail).at("/by").remedy("name a key that leads to this table"));
        }
        Ok(Aggregate { child, key, column, fold })
    }

    /// What the children of each row come to, null where the formula's `when` is not true.
    pub(super) fn aggregate_slot(
        &mut self,
        table: usize,
        column: usize,
        aggregate: &Aggregate,
        formula: &Formula,
    ) -> Result<SlotId, Failed> {
        let Aggregate { child, key, column: of, fold } = *aggregate;
        let parents = self.rows(table).ok_or(Failed::Known)?;
        let rows = self.rows(child).ok_or(Failed::Known)?;
        let definition = self.dataset.tables[table].columns[column].clone();
        let value = of.map(|of| self.slot(child, Name::Column(of))).transpose()?;
        let key_slot = self.slot(child, Name::Key(key))?;
        let logical = value.map_or(LogicalType::Integer, |value| self.tables[child].slots[value].logical.clone());
        let name = of.map_or("", |of| &self.dataset.tables[child].columns[of].name);
        let declared = definition.logical_type();
        let measure = Measure::new(fold, &logical, name).map_err(|problem| {
            self.report(&formula.pointer, [problem]);
            Failed::Known
        })?;
        let measure = measure.with_means_as(declared.as_ref());
        if let Some(declared) = declared.as_ref().filter(|declared| declared.is_text()) {
            let detail =
                format!("{} is {declared}, and what children come to is a number, date or time", definition.name);
            let problem = Problem::new("wrong_type", detail).remedy("leave type out");
            self.report(&super::compiler::column_pointer(table, column), [problem.at("/type")]);
            return Err(Failed::Known);
        }
        if fold == RunningFn::Mean && declared == Some(LogicalType::Integer) {
            let detail = format!("{} is of whole numbers, and a mean is none", definition.name);
            let problem = Problem::new("lossy_conversion", detail).remedy("say type: decimal with a scale, or float");
            self.report(&super::compiler::column_pointer(table, column), [problem.at("/type")]);
            return Err(Failed::Known);
        }
        let has_null = |slot: SlotId| self.tables[child].slots[slot].nullable;
        let adds_nothing = value.is_some_and(has_null) || has_null(key_slot);
        let allocation = self.tables[child].allocation.clone();
        let allocation = allocation.filter(|_| self.structural_key(child) == Some(key));
        let is_empty = match &allocation {
            Some(allocation) => allocation.histogram().next().is_none_or(|(children, _)| children == 0),
            None => true,
        };
        let nullable = !matches!(fold, RunningFn::Sum | RunningFn::Count) && (is_empty || adds_nothing);
        let logical = measure.logical.clone();
        let is_picked = allocation.is_none();
        let key = (is_picked || has_null(key_slot)).then_some(key_slot);
        let made = match allocation {
            Some(allocation) => Made::computed(logical, OverChildren { child, allocation, key, value, measure }),
            None if parents > PARENTS => {
                let name = &self.dataset.tables[table].name;
                let detail =
                    format!("{name} has more than {PARENTS} parents by a pick, so {} cannot be gathered", formula.rule);
                let problem = Problem::new("too_many_rows", detail);
                let remedy = "give the key children in the place of a pick, or ask for fewer rows";
                self.problems.push(problem.at(&formula.pointer).remedy(remedy));
                return Err(Failed::Known);
            }
            None => {
                let whole = OnceLock::new();
                Made::computed(logical, OverPicks { child, parents, key: key_slot, value, measure, whole })
            }
        };
        let elsewhere = key.into_iter().chain(value).map(|slot| (child, slot)).collect();
        let slot = self.push(table, definition.name.clone(), Made { elsewhere, nullable, ..made });
        // What a block of this table costs: a pass over all children, or over those of the block.
        let rows = if is_picked { rows } else { rows.min(rows.div_ceil(parents.max(1)).saturating_mul(BLOCK)) };
        self.statements.passes.push(Pass { table, slot, rule: formula.rule.clone(), rows, check: None, proves: false });
        let Some(when) = &formula.when else { return Ok(slot) };
        let condition = self.sql(table, when, true).map_err(|failed| {
            self.report_failure(&when_pointer(formula), failed);
            Failed::Known
        })?;
        let logical = self.tables[table].slots[slot].logical.clone();
        let made = Made { inputs: vec![slot, condition], nullable: true, ..Made::computed(logical, Only) };
        Ok(self.push(table, definition.name, made))
    }
}

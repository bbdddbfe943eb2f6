//! The rule `statistic` at plan time: which statistics a column is to have in which rows.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::compiler::{Compiler, Failed};
use super::quotas::Pass;
use super::{Plan, SlotId};
use crate::enforce::correlate::{By, Correlated};
use crate::enforce::statistic::{Asked, Measured, MeasuredFill};
use crate::enforce::strata::Strata;
use crate::generators::{Made, Quantiles};
use crate::problem::Problem;
use crate::schema::{Rule, RuleKind, parse_date, parse_datetime};
use crate::types::LogicalType;

/// The statistics by name.
const STATISTICS: [&str; 6] = ["mean", "std", "median", "min", "max", "quantile"];

/// The share of a standard deviation that it may be off where the rule allows nothing.
const DEVIATION: f64 = 0.005;

/// Rows up to which statistics of all rows are looked at while the table is planned: nothing has to be counted for them.
const LOOKED_AT: u64 = 1 << 20;

/// A rule `statistic`.
#[derive(Clone)]
pub(super) struct Statistic {
    pub rule: Rule,
    pub pointer: String,
    function: String,
    share: f64,
    equals: Value,
}

impl Compiler {
    pub(super) fn gather_statistic(&mut self, table: usize, rule: &Rule, pointer: &str) {
        let RuleKind::Statistic { column, function, equals, q, .. } = &rule.kind else { return };
        let Some(index) = self.column_named(table, column) else {
            let problem = self.unknown_column(table, column).at(format!("{pointer}/column"));
            self.problems.push(problem);
            return;
        };
        if !STATISTICS.contains(&function.as_str()) {
            let problem = Problem::new("unknown_value", format!("unknown value \"{function}\""));
            self.problems.push(problem.hint(function, STATISTICS).at(format!("{pointer}/fn")));
            return;
        }
        let share = match (function.as_str(), q) {
            ("quantile", Some(q)) if (0.0..=1.0).contains(q) => *q,
            ("quantile", Some(q)) => {
                let detail = format!("a share of {q} is not between 0 and 1");
                self.problems.push(Problem::new("out_of_range", detail).at(format!("{pointer}/q")));
                return;
            }
            ("quantile", None) => {
                self.problems.push(Problem::new("missing_key", "the key \"q\" is missing").at(pointer));
                return;
            }
            _ => 0.5,
        };
        if !self.can_be_owned(table, index, &rule.id, &format!("{pointer}/column")) {
            return;
        }
        let statistic = Statistic {
            rule: rule.clone(),
            pointer: pointer.to_owned(),
            function: function.clone(),
            share,
            equals: equals.clone(),
        };
        self.statements.statistics.entry((table, index)).or_default().push(statistic);
        let note = "its values are evenly spaced quantiles of the column's distribution, bent to what is asked";
        self.hold(table, rule, "by_construction", note.to_owned());
    }

    /// What rules ask of a column's statistics, condition by condition.
    pub(super) fn asked_statistics(
        &mut self,
        statistics: &[Statistic],
        quantiles: &Quantiles,
    ) -> Result<Vec<(Option<String>, Asked)>, Failed> {
        let mut asked: Vec<(Option<String>, Asked)> = Vec::new();
        for statistic in statistics {
            let place = asked.iter().position(|(when, _)| *when == statistic.rule.when);
            let place = place.unwrap_or_else(|| {
                asked.push((statistic.rule.when.clone(), Asked::default()));
                asked.len() - 1
            });
            let value = units(&statistic.equals, &statistic.function, quantiles).map_err(|problem| {
                self.problems.push(problem.at(format!("{}/equals", statistic.pointer)));
                Failed::Known
            })?;
            let known = &mut asked[place].1;
            if let ("mean", RuleKind::Statistic { tolerance: Some(tolerance), .. }) =
                (statistic.function.as_str(), &statistic.rule.kind)
            {
                known.tolerance = tolerance * quantiles.units_of_one();
            }
            if let ("std", RuleKind::Statistic { tolerance, .. }) = (statistic.function.as_str(), &statistic.rule.kind)
            {
                // Values on a grid, and bounded ones, have no other.
                let unit = if quantiles.quantum.is_some() { 1.0 } else { 0.0 };
                let near = (DEVIATION * value).max(0.5 * unit);
                known.std_tolerance = tolerance.map_or(near, |tolerance| tolerance * quantiles.units_of_one());
            }
            let before = match statistic.function.as_str() {
                "mean" => known.mean.replace(value),
                "std" => known.std.replace(value),
                "min" => known.min.replace(value),
                "max" => known.max.replace(value),
                _ => {
                    let same = known.quantiles.iter().position(|(share, _)| *share == statistic.share);
                    known.quantiles.push((statistic.share, value));
                    same.map(|at| known.quantiles.remove(at).1)
                }
            };
            if before.is_some_and(|before| before != value) {
                let detail = format!(
                    "{} and {} ask for two values of one statistic",
                    known.rules.join(" and "),
                    statistic.rule.id
                );
                let problem = Problem::new("contradiction", detail).at(format!("{}/equals", statistic.pointer));
                self.problems.push(problem.remedy("leave one of them out"));
                return Err(Failed::Known);
            }
            known.rules.push(statistic.rule.id.clone());
        }
        Ok(asked)
    }

    /// Refuses what is asked of all rows beside what is asked of some, unless the others can make up for these.
    pub(super) fn check_nesting(&mut self, asked: &[(Option<String>, Asked)], pointer: &str) -> Result<(), Failed> {
        let Some((at, (_, outer))) = asked.iter().enumerate().find(|(_, (when, _))| when.is_none()) else {
            return Ok(());
        };
        let makes_up = outer.std.is_none() && outer.min.is_none() && outer.max.is_none() && outer.quantiles.is_empty();
        let Some((_, inner)) = asked.iter().enumerate().find(|(other, _)| *other != at).map(|(_, other)| other) else {
            return Ok(());
        };
        if makes_up {
            return Ok(());
        }
        let detail = format!("{} and {} overlap without nesting", outer.rules.join(" and "), inner.rules.join(" and "));
        let problem = Problem::new("overlap", detail).at(pointer);
        self.problems.push(problem.remedy("give each a condition of its own that excludes the other"));
        Err(Failed::Known)
    }

    /// The slots of the conditions that limit statistics, each of which gets its bit.
    pub(super) fn condition_slots(
        &mut self,
        table: usize,
        asked: &mut [(Option<String>, Asked)],
        pointer: &str,
    ) -> Result<Vec<SlotId>, Failed> {
        let mut slots = Vec::new();
        for (when, asked) in asked {
            if let Some(when) = when {
                asked.condition = Some(slots.len());
                slots.push(self.sql(table, when, true).map_err(|failed| {
                    self.report_failure(&format!("{pointer}/when"), failed);
                    Failed::Known
                })?);
            }
        }
        Ok(slots)
    }

    /// Refuses a rule about the values of a column of which nothing is known before they are drawn.
    pub(super) fn refuse_undistributed(&mut self, table: usize, column: usize, rule: &str, pointer: &str) -> Failed {
        let generator = match self.generator_of(table, column) {
            Ok((generator, _)) => generator,
            Err(failed) => return failed,
        };
        let detail = format!(
            "{rule} needs a column of numbers or dates of one distribution, and {} makes {}",
            generator.entry().name,
            self.dataset.tables[table].columns[column].name
        );
        let problem = Problem::new("no_distribution", detail).at(format!("{pointer}/column"));
        self.problems.push(problem.remedy("use a generator of numbers or dates whose parameters are constants"));
        Failed::Known
    }

    /// A column whose statistics rules give.
    pub(super) fn make_measured(&mut self, table: usize, column: usize) -> Result<SlotId, Failed> {
        let statistics = self.statements.statistics.get(&(table, column)).cloned().unwrap_or_default();
        let definition = self.dataset.tables[table].columns[column].clone();
        let first = statistics.first().map(|first| (first.rule.id.clone(), first.pointer.clone()));
        let first = first.or_else(|| self.counts_by_rank((table, column)).into_iter().next());
        let Some((first, pointer)) = first else { return Err(Failed::Known) };
        self.only_owner(table, column, &first, &pointer)?;
        if let Some(forced) = self.statements.forced(table, column).first() {
            let place = forced.pointer.rsplit_once('/').map_or("", |(rule, _)| rule);
            let by =
                self.statements.pointers.iter().find(|(_, pointer)| *pointer == place).map(|(rule, _)| rule.clone());
            let detail = format!(
                "{} limits {} row by row, {} needs its positions free",
                by.unwrap_or_default(),
                definition.name,
                first
            );
            let remedy = "leave one of them out, or state it of another column";
            self.problems.push(Problem::new("two_owners", detail).at(&pointer).remedy(remedy));
            return Err(Failed::Known);
        }
        let bounds = self.row_bounds(table, column);
        let made = self.compile_generator(table, column);
        let limited_by = self.limited_by(&bounds);
        let limits = self.row_limits((table, column), bounds.clone(), &[]);
        let (made, limits) = (made?, limits?);
        let Some(quantiles) = made.distribution() else {
            return Err(self.refuse_undistributed(table, column, &first, &pointer));
        };
        let mut asked = self.asked_statistics(&statistics, &quantiles)?;
        self.add_counts((table, column), &quantiles, &mut asked)?;
        self.check_nesting(&asked, &pointer)?;
        let mut slots = self.condition_slots(table, &mut asked, &pointer)?;
        let nulls = self.nulls_of(table, column)?;
        let null_bit = nulls.map(|_| slots.len());
        slots.extend(nulls);
        self.leave_room((table, column), &bounds, &limits, &quantiles, nulls);
        let is_of_all = slots.is_empty() && limits.is_empty();
        let read: Vec<SlotId> = limits
            .iter()
            .filter_map(|limit| match limit.by {
                By::Slot(slot) => Some(slot),
                _ => None,
            })
            .collect();
        let key = self.seeds.key(self.dataset.tables[table].seed_name(), definition.seed_name(), "position", 0);
        let measured = Arc::new(Measured {
            column: definition.name.clone(),
            asked: asked.into_iter().map(|(_, asked)| asked).collect(),
            limits,
            limited_by,
            nulls: null_bit,
            strata: Strata::new(table, slots.clone()),
            quantiles,
            key,
            laid: OnceLock::new(),
        });
        let (logical, longest) = (made.logical.clone(), made.longest);
        let drawn = self.push(table, definition.name.clone(), made);
        let inputs = std::iter::once(drawn).chain(slots.iter().copied()).collect();
        let far = std::iter::once(drawn).chain(slots).chain(read).collect();
        if measured.is_by_row() {
            self.check_rows_laid(table, &definition.name, &measured, &pointer)?;
        }
        let fill = MeasuredFill(Arc::clone(&measured));
        let made = Made { inputs, far, longest, ..Made::computed(logical, fill) };
        let slot = self.push(table, definition.name, made);
        self.tables[table].slots[slot].nullable = false;
        let check = Box::new(move |plan: &Plan| measured.check(plan));
        let (rule, rows) = (first, self.rows(table).unwrap_or(0));
        let rows = if is_of_all && rows <= LOOKED_AT { 0 } else { rows };
        self.statements.passes.push(Pass { table, slot, rule, rows, check: Some(check), proves: false });
        self.finish_raw(table, column, slot)
    }

    /// Refuses a column whose values are kept of all rows in a table too long for that.
    fn check_rows_laid(
        &mut self,
        table: usize,
        column: &str,
        measured: &Measured,
        pointer: &str,
    ) -> Result<(), Failed> {
        let most = Correlated::most_ranked(&[]);
        let Some(rows) = self.rows(table).filter(|rows| *rows > most) else { return Ok(()) };
        let rules: Vec<&str> = measured.asked.iter().flat_map(|asked| &asked.rules).map(String::as_str).collect();
        let rules: Vec<&str> = rules.into_iter().chain(measured.limited_by.iter().map(String::as_str)).collect();
        let detail =
            format!("{} decide {column} together in at most {most} rows, and there are {rows}", rules.join(" and "));
        let problem = Problem::new("two_owners", detail).at(pointer);
        self.problems.push(problem.remedy("leave one of them out, or state it of another column"));
        Err(Failed::Known)
    }
}

/// What a statistic is to be, in units of the column.
pub(super) fn units(equals: &Value, function: &str, quantiles: &Quantiles) -> Result<f64, Problem> {
    let logical = quantiles.logical();
    let refused = || Problem::new("wrong_type", format!("{equals} is no value of {logical}"));
    let number = || {
        let number =
            equals.as_f64().or_else(|| equals.as_str()?.parse().ok()).filter(|number: &f64| number.is_finite());
        number.map(|number| number * quantiles.units_of_one()).ok_or_else(refused)
    };
    let value = match (logical, function) {
        (LogicalType::Date, "std") => number(),
        (LogicalType::Datetime | LogicalType::Time, "std") => {
            Err(Problem::new("not_supported", "the standard deviation of times is not supported by this version"))
        }
        (LogicalType::Date, _) => equals.as_str().and_then(parse_date).map(f64::from).ok_or_else(refused),
        (LogicalType::Datetime, _) => equals.as_str().and_then(parse_datetime).map(|us| us as f64).ok_or_else(refused),
        _ => number(),
    }?;
    if function == "std" && value < 0.0 {
        return Err(Problem::new("too_small", format!("{equals} is below 0")));
    }
    // Values that can stand lie on the grid; means and deviations lie anywhere.
    let off_grid = quantiles.quantum.is_some_and(|quantum| libm::fmod(libm::rint(value * 1e6) / 1e6, quantum) != 0.0);
    if ["min", "max"].contains(&function) && off_grid {
        return Err(refused());
    }
    Ok(match function {
        "min" | "max" if quantiles.quantum.is_some() => libm::rint(value),
        _ => value,
    })
}

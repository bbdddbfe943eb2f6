//! Columns that rules compute, `calculate` and `score`, in all rows or in those of `when`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::aggregates::Aggregate;
use super::compiler::{Compiler, Failed, column_pointer};
use super::order::quoted;
use super::statements::{Fixed, Formula, Narrowed};
use super::{SlotId, convert};
use crate::enforce::choose::Chosen;
use crate::expr::Parsed;
use crate::generators::Made;
use crate::problem::Problem;
use crate::schema::{Band, Rule, RuleKind};
use crate::types::LogicalType;

impl Compiler {
    pub(super) fn gather_formula(&mut self, table: usize, rule: &Rule, column: &str, sql: String, pointer: &str) {
        self.add_formula(table, rule, column, (sql, None), pointer);
    }

    /// A column that a rule computes, by SQL or of the row's children.
    pub(super) fn add_formula(
        &mut self,
        table: usize,
        rule: &Rule,
        column: &str,
        (sql, aggregate): (String, Option<Aggregate>),
        pointer: &str,
    ) {
        let place = format!("{pointer}/column");
        let Some(index) = self.column_named(table, column) else {
            let problem = self.unknown_column(table, column).at(place);
            self.problems.push(problem);
            return;
        };
        if self.key_of_column(table, index).is_some() {
            let detail = format!("{column} is decided by a foreign key and cannot be calculated as well");
            self.problems.push(Problem::new("two_sources", detail).at(place));
            return;
        }
        let key = if matches!(rule.kind, RuleKind::Calculate { .. }) { "sql" } else { "of" };
        let formula = Formula {
            sql,
            aggregate,
            when: rule.when.clone(),
            rule: rule.id.clone(),
            pointer: format!("{pointer}/{key}"),
        };
        let known = self.statements.formulas.entry((table, index)).or_default();
        // Whether two formulas of some rows agree can be told of SQL alone.
        let stands_alone = |formula: &Formula| formula.when.is_none() || formula.aggregate.is_some();
        let other = known.iter().find(|other| stands_alone(other) || stands_alone(&formula));
        if let Some(other) = other {
            let detail = format!("{column} is calculated twice, first by {}", other.rule);
            self.problems.push(Problem::new("two_sources", detail).at(place));
            return;
        }
        known.push(formula);
        let note = match &rule.when {
            Some(_) if self.dataset.tables[table].columns[index].generator.is_none() => "null where `when` is not true",
            Some(_) => "its own generator fills the rows where `when` is not true",
            None => "",
        };
        self.hold(table, rule, "derived", note.to_owned());
    }

    pub(super) fn gather_score(&mut self, table: usize, rule: &Rule, column: &str, of: &str, bands: &[Band], at: &str) {
        if self.column_named(table, of).is_none() {
            let problem = self.unknown_column(table, of).at(format!("{at}/of"));
            self.problems.push(problem);
            return;
        }
        let target = self.column_named(table, column);
        let target = target.and_then(|index| self.dataset.tables[table].columns[index].logical_type());
        match score_sql(of, bands, target.as_ref()) {
            Ok(sql) => self.gather_formula(table, rule, column, sql, at),
            Err(problem) => self.problems.push(problem.under(&format!("{at}/bands"))),
        }
    }

    /// A column whose formulas have a `when`, on top of what its generator makes; the slot has the column's type already.
    pub(super) fn apply_formulas(&mut self, table: usize, column: usize, mut slot: SlotId) -> Result<SlotId, Failed> {
        for formula in self.statements.partial_formulas(table, column) {
            let Some(when) = &formula.when else { continue };
            let value = self.formula_slot(table, column, &formula)?;
            let logical = self.tables[table].slots[slot].logical.clone();
            let value = self.converted(table, column, value, &logical).map_err(|problem| {
                let from = self.tables[table].slots[value].logical.clone();
                let declare = format!("say the type of {}", self.dataset.tables[table].columns[column].name);
                let mut problem = problem.at(&formula.pointer).remedy(declare);
                if formula.pointer.ends_with("/sql")
                    && let Some(better) = convert::rounded(&formula.sql, &from, &logical)
                {
                    problem = problem.remedy(format!("write {better}")).propose(better);
                }
                self.problems.push(problem);
                Failed::Known
            })?;
            let condition = match self.sql(table, when, true) {
                Ok(condition) => condition,
                Err(failed) => {
                    self.report_failure(&when_pointer(&formula), failed);
                    return Err(Failed::Known);
                }
            };
            let longest = match (self.tables[table].slots[slot].longest, self.tables[table].slots[value].longest) {
                (Some(one), Some(other)) => Some(one.max(other)),
                _ => None,
            };
            let inputs = vec![slot, value, condition];
            let made = Made { inputs, longest, nullable: true, ..Made::computed(logical, Chosen) };
            slot = self.push(table, self.dataset.tables[table].columns[column].name.clone(), made);
        }
        Ok(slot)
    }

    /// The formula's values in the rows of its `when`, null in others.
    pub(super) fn formula_slot(&mut self, table: usize, column: usize, formula: &Formula) -> Result<SlotId, Failed> {
        if let Some(aggregate) = &formula.aggregate {
            return self.aggregate_slot(table, column, aggregate, formula);
        }
        let sql = match &formula.when {
            // A formula may have no value elsewhere.
            Some(when) => format!("CASE WHEN ({when}\n) THEN ({}\n) END", formula.sql),
            None => formula.sql.clone(),
        };
        self.sql(table, &sql, false).map_err(|failed| {
            self.report_failure(&formula.pointer, failed);
            Failed::Known
        })
    }

    /// A slot in another type.
    pub(super) fn converted(
        &mut self,
        table: usize,
        column: usize,
        slot: SlotId,
        wanted: &LogicalType,
    ) -> Result<SlotId, Problem> {
        let made = &self.tables[table].slots[slot];
        if made.logical == *wanted {
            return Ok(slot);
        }
        let fill = convert::conversion(&made.logical, wanted)?;
        let may_be_too_large = convert::may_be_too_large(&made.logical, wanted);
        let converted = Made { inputs: vec![slot], distinct: made.distinct, ..Made::computed(wanted.clone(), fill) };
        let nullable = made.nullable;
        let name = self.dataset.tables[table].columns[column].name.clone();
        let converted = self.push(table, name, converted);
        self.tables[table].slots[converted].nullable = nullable;
        if may_be_too_large {
            self.statements.narrowed.push(Narrowed { table, column, from: slot, to: converted });
        }
        Ok(converted)
    }

    /// Reports values that the type of their column does not hold, with what would mend it: the formula that makes them rounded, or the
    /// values' own type.
    pub(super) fn report_lossy(&mut self, table: usize, column: usize, from: &LogicalType, problem: Problem) {
        let definition = &self.dataset.tables[table].columns[column];
        let place = column_pointer(table, column);
        let formulas = self.statements.formula(table, column).into_iter();
        let formula = formulas.chain(self.statements.partial_formulas(table, column)).next();
        let sql = match (formula, &definition.generator) {
            (Some(formula), _) => formula.pointer.ends_with("/sql").then_some((formula.pointer, formula.sql)),
            (None, Some(generator)) if generator.entry().name == "expression" => {
                let sql = generator.to_value().get("sql").and_then(Value::as_str).map(str::to_owned);
                sql.map(|sql| (format!("{place}/generator/sql"), sql))
            }
            (None, _) => None,
        };
        let wanted = definition.logical_type();
        let better = sql.zip(wanted).and_then(|((at, sql), wanted)| Some((at, convert::rounded(&sql, from, &wanted)?)));
        let mut problem = problem.at(format!("{place}/type"));
        problem.fix = match better {
            Some((at, sql)) => {
                problem = problem.remedy(format!("write {sql}, or say type: {}", convert::type_word(from)));
                Some(json!([{ "op": "replace", "path": at, "value": sql }]))
            }
            None => convert::declared_as(&place, from).map(Value::Array),
        };
        self.problems.push(problem);
    }

    /// Where two formulas of a column may speak of the same row, they must agree there: what sampled rows show.
    pub(super) fn check_formulas(&mut self) {
        let dataset = Arc::clone(&self.dataset);
        for (table, definition) in dataset.tables.iter().enumerate() {
            for column in 0..definition.columns.len() {
                let formulas = self.statements.partial_formulas(table, column);
                for (at, second) in formulas.iter().enumerate() {
                    for first in &formulas[..at] {
                        let (Some(here), Some(there)) = (&first.when, &second.when) else { continue };
                        let sql = format!(
                            "CASE WHEN ({here}\n) AND ({there}\n) THEN ({}\n) IS NOT DISTINCT FROM ({}\n) ELSE TRUE END",
                            first.sql, second.sql
                        );
                        if let Ok(slot) = self.sql(table, &sql, true) {
                            self.statements.fixed.push(Fixed {
                                table,
                                slot,
                                rule: second.rule.clone(),
                                owner: None,
                                is_met: false,
                            });
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn when_pointer(formula: &Formula) -> String {
    let rule = formula.pointer.rsplit_once('/').map_or("", |(rule, _)| rule);
    format!("{rule}/when")
}

/// A score as SQL, null where the number is; problems stand below the bands.
fn score_sql(of: &str, bands: &[Band], target: Option<&LogicalType>) -> Result<String, Problem> {
    let Some((last, rest)) = bands.split_last() else { return Err(Problem::new("empty_list", "the list is empty")) };
    if last.below.is_some() {
        let problem = Problem::new("not_covered", "the last band has a bound, so that nothing says what lies above it");
        return Err(problem.at(format!("/{}/below", rest.len())).remedy("leave `below` out of the last band"));
    }
    let mut numbers: Vec<f64> = Vec::new();
    let mut sql = format!("CASE WHEN {0} IS NULL THEN NULL", quoted(of));
    let places = bands.iter().map(|band| decimal_places(&band.value)).max().unwrap_or(0);
    for (at, band) in rest.iter().enumerate() {
        let Some(below) = &band.below else {
            let problem = Problem::new("missing_key", "the key \"below\" is missing");
            return Err(problem.at(format!("/{at}")).remedy("only the last band has no bound"));
        };
        if let Some(bound) = below.as_f64() {
            if numbers.last().is_some_and(|last| bound <= *last) {
                let detail = format!("the bound {below} does not ascend");
                return Err(Problem::new("not_ascending", detail).at(format!("/{at}/below")));
            }
            numbers.push(bound);
        } else if let (Some(text), Some(before)) = (below.as_str(), at.checked_sub(1))
            && rest[before].below.as_ref().and_then(Value::as_str).is_some_and(|before| text <= before)
        {
            let detail = format!("the bound {text} does not ascend");
            return Err(Problem::new("not_ascending", detail).at(format!("/{at}/below")));
        }
        let bound = literal(below, None, 0).map_err(|problem| problem.at(format!("/{at}/below")))?;
        let value = literal(&band.value, target, places).map_err(|problem| problem.at(format!("/{at}/value")))?;
        sql.push_str(&format!(" WHEN {} < {bound} THEN {value}", quoted(of)));
    }
    let value = literal(&last.value, target, places).map_err(|problem| problem.at(format!("/{}/value", rest.len())))?;
    sql.push_str(&format!(" ELSE {value} END"));
    Parsed::parse(&sql).map_err(super::scope::sql_problem)?;
    Ok(sql)
}

fn decimal_places(value: &Value) -> usize {
    match value {
        Value::Number(number) => number.to_string().split_once('.').map_or(0, |(_, places)| places.len()),
        _ => 0,
    }
}

/// A value as SQL; numbers beside others with a point have as many places.
pub(super) fn literal(value: &Value, target: Option<&LogicalType>, places: usize) -> Result<String, Problem> {
    Ok(match value {
        Value::Null => "NULL".to_owned(),
        Value::Bool(value) => value.to_string().to_uppercase(),
        Value::Number(number) => {
            let text = number.to_string();
            match text.split_once('.') {
                _ if places == 0 || text.contains(['e', 'E']) => text,
                Some((whole, fraction)) => format!("{whole}.{fraction:0<places$}"),
                None => format!("{text}.{}", "0".repeat(places)),
            }
        }
        Value::String(text) => {
            let quoted = format!("'{}'", text.replace('\'', "''"));
            match target {
                Some(LogicalType::Date) => format!("DATE {quoted}"),
                Some(LogicalType::Datetime) => format!("TIMESTAMP {quoted}"),
                _ => quoted,
            }
        }
        Value::Array(_) | Value::Object(_) => {
            return Err(Problem::new("wrong_type", "a value here is a number, a text, true, false or null"));
        }
    })
}

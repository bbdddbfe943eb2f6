//! A combination whose columns are counted as well: which tuple each row takes is one system, so that the values of every column stand as often
//! as rules ask of it.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{Field, Schema};

use super::combinations::Combination;
use super::compiler::{Compiler, Failed};
use super::quotas::{Ask, Asked, Bits, Pass, one_line};
use super::scope::{as_sql, sql_problem, sql_type};
use super::{Plan, SlotId, as_text};
use crate::enforce::quota::{Counted, CountedFill, Part, Restriction, Statement, System, Want};
use crate::enforce::strata::Strata;
use crate::expr::{Expression, Parsed};
use crate::generators::{Choices, Made};
use crate::problem::{Problem, pointer_step};
use crate::types::LogicalType;

/// A column of such a combination: its list, its type, and where each tuple's value stands in the list.
pub(super) struct Listed<'l> {
    pub column: usize,
    pub choices: &'l Choices,
    pub logical: &'l LogicalType,
    pub places: &'l [u32],
}

impl Compiler {
    /// Whether a combination has to be counted as one: rules count two of its columns, or one of them by what another has.
    pub(super) fn is_counted_jointly(&self, table: usize, combination: &Combination) -> bool {
        let columns = &combination.columns;
        let counted: Vec<&Vec<Asked>> =
            columns.iter().filter_map(|column| self.statements.counted.get(&(table, *column))).collect();
        let is_by_another =
            counted.iter().flat_map(|asked| asked.iter()).any(|asked| self.reads_any(table, asked, columns));
        let is_plain = columns.iter().all(|column| {
            let definition = &self.dataset.tables[table].columns[*column];
            let is_listed = definition
                .generator
                .as_ref()
                .is_none_or(|generator| ["choice", "boolean"].contains(&generator.entry().name.as_str()));
            is_listed
                && definition.null_rate.is_none()
                && definition.null_when.is_none()
                && definition.min_length.is_none()
                && !self.is_unique(table, *column)
                && !self.is_given(table, *column)
                && self.key_of_column(table, *column).is_none()
                && self.statements.deal_of(table, *column).is_none()
                && !self.statements.statistics.contains_key(&(table, *column))
                && self.statements.correlations.rule_of(table, *column).is_none()
                && self.statements.overlap_of(table, *column).is_none()
                && !self.statements.forced.contains_key(&(table, *column))
                && !self.statements.formulas.contains_key(&(table, *column))
                && !self.statements.nulls.contains_key(&(table, *column))
                && !self.statements.null_counts.contains_key(&(table, *column))
                && self.statements.combinations[&table].iter().filter(|other| other.columns.contains(column)).count()
                    == 1
        });
        // Shares of rows that a tuple decides are no sums of tuples.
        let is_linear = counted.iter().flat_map(|asked| asked.iter()).all(|asked| match &asked.ask {
            Ask::Values { .. } => !self.reads_any(table, asked, columns),
            Ask::Rows { per, .. } => {
                per.is_empty() && (!self.reads_any(table, asked, columns) || self.reads_only(table, asked, columns))
            }
        });
        combination.rule.when.is_none() && is_plain && is_linear && (counted.len() > 1 || is_by_another)
    }

    fn columns_read(&self, table: usize, sql: &str) -> Option<Vec<Option<usize>>> {
        let parsed = Parsed::parse(sql).ok()?;
        let of = |read: &crate::expr::Reference| match read.0.as_slice() {
            [name] => self.column_named(table, name),
            _ => None,
        };
        Some(parsed.references().iter().map(of).collect())
    }

    fn reads_any(&self, table: usize, asked: &Asked, columns: &[usize]) -> bool {
        let read = asked.condition.as_ref().and_then(|sql| self.columns_read(table, sql)).unwrap_or_default();
        read.iter().flatten().any(|read| columns.contains(read))
    }

    fn reads_only(&self, table: usize, asked: &Asked, columns: &[usize]) -> bool {
        let read = asked.condition.as_ref().and_then(|sql| self.columns_read(table, sql)).unwrap_or_default();
        read.iter().all(|read| read.is_some_and(|read| columns.contains(&read)))
    }

    /// The slot of the rows' tuples.
    pub(super) fn count_tuples(
        &mut self,
        table: usize,
        combination: &Combination,
        listed: &[Listed<'_>],
        weights: Vec<f64>,
    ) -> Result<SlotId, Failed> {
        let columns = &combination.columns;
        let name = |compiler: &Compiler, column: usize| compiler.dataset.tables[table].columns[column].name.clone();
        let run = |error: datafusion::arrow::error::ArrowError| Failed::One(Problem::new("run", error.to_string()));
        let mut values: Vec<(usize, ArrayRef)> = Vec::new();
        let mut texts: Vec<Vec<String>> = Vec::new();
        for one in listed {
            let of_tuples = take(&one.choices.values, &UInt32Array::from(one.places.to_vec()), None).map_err(run)?;
            let spelled = as_text(&of_tuples).map_err(|error| Failed::One(Problem::new("run", error.detail)))?;
            texts.push(spelled.as_string_view().iter().map(|text| text.unwrap_or_default().to_owned()).collect());
            values.push((one.column, of_tuples));
        }
        let count = weights.len();
        let labels = (0..count).map(|tuple| {
            let parts: Vec<&str> = texts.iter().map(|texts| texts[tuple].as_str()).collect();
            parts.join(" + ")
        });
        let names: Vec<String> = columns.iter().map(|column| name(self, *column)).collect();
        let mut system = System {
            column: names.join(", "),
            weights,
            statements: Vec::new(),
            restrictions: Vec::new(),
            nulls: None,
            labels: labels.collect(),
        };
        let mut bits = Bits::default();
        let met = |verdict: &BooleanArray, tuple: usize| verdict.is_valid(tuple) && verdict.value(tuple);
        for (one, texts) in listed.iter().zip(&texts) {
            for asked in self.statements.counted.get(&(table, one.column)).cloned().unwrap_or_default() {
                let is_within = self.reads_any(table, &asked, columns);
                let condition = match is_within {
                    true => None,
                    false => bits.of(self, table, asked.condition.as_deref(), &asked.place)?,
                };
                let (parts, tolerance) = match &asked.ask {
                    Ask::Values { parts, tolerance, key } => {
                        let mut found = Vec::new();
                        for (value, want) in parts {
                            let tuples: Vec<usize> = (0..count).filter(|tuple| texts[*tuple] == *value).collect();
                            if tuples.is_empty() && !matches!(want, Want::Between(0, _) | Want::Share(0.0)) {
                                let detail = format!(
                                    "{} asks for {value}, and {} leaves no combination with it",
                                    asked.rule.id, combination.rule.id
                                );
                                let place = format!("{}/{key}{}", asked.pointer, pointer_step(value));
                                self.problems.push(Problem::new("contradiction", detail).at(place));
                                return Err(Failed::Known);
                            }
                            found.push(Part { values: tuples, want: *want });
                        }
                        let sum: f64 = parts
                            .iter()
                            .map(|(_, want)| if let Want::Share(share) = want { *share } else { 0.0 })
                            .sum();
                        if (sum - 1.0).abs() < 1e-9 {
                            let others: Vec<usize> = (0..count)
                                .filter(|tuple| parts.iter().all(|(value, _)| texts[*tuple] != *value))
                                .collect();
                            if !others.is_empty() {
                                found.push(Part { values: others, want: Want::Between(0, Some(0)) });
                            }
                        }
                        (found, *tolerance)
                    }
                    Ask::Rows { condition, min, max, .. } => {
                        let whole = match asked.condition.as_ref().filter(|_| is_within) {
                            Some(when) => format!("({condition}\n) AND ({when}\n)"),
                            None => condition.clone(),
                        };
                        let verdict = self.over_tuples(table, &whole, &values, listed).map_err(|problem| {
                            self.report(&format!("{}/where", asked.pointer), [problem]);
                            Failed::Known
                        })?;
                        let tuples = (0..count).filter(|tuple| met(&verdict, *tuple)).collect();
                        (vec![Part { values: tuples, want: Want::Between(*min, *max) }], 0.0)
                    }
                };
                let when = asked.condition.as_deref().filter(|_| !is_within).map(one_line);
                system.statements.push(Statement { rule: asked.rule.id.clone(), condition, when, parts, tolerance });
            }
            for limit in self.statements.limits.get(&(table, one.column)).cloned().unwrap_or_default() {
                let pointer = self.statements.pointers.get(&limit.rule).cloned().unwrap_or_default();
                let reads = limit.condition.as_ref().and_then(|sql| self.columns_read(table, sql)).unwrap_or_default();
                let is_within = reads.iter().flatten().any(|read| columns.contains(read));
                if is_within && !reads.iter().all(|read| read.is_some_and(|read| columns.contains(&read))) {
                    // It is looked at once all columns are made.
                    continue;
                }
                let condition = match is_within {
                    true => None,
                    false => bits.of(self, table, limit.condition.as_deref(), &pointer)?,
                };
                let sql = match limit.condition.as_ref().filter(|_| is_within) {
                    Some(when) => format!("NOT ({when}\n) OR ({}\n)", limit.sql),
                    None => limit.sql.clone(),
                };
                let verdict = self.over_tuples(table, &sql, &values, listed).map_err(|problem| {
                    self.report(&pointer, [problem]);
                    Failed::Known
                })?;
                let allowed = verdict.iter().map(|verdict| verdict != Some(false)).collect();
                let when = limit.condition.as_deref().filter(|_| !is_within).map(one_line);
                system.restrictions.push(Restriction { rule: limit.rule, condition, when, allowed });
            }
        }
        let seed = self.dataset.tables[table].seed_name();
        let key = self.seeds.key(seed, &combination.rule.id, "combination", 0);
        let numbers: ArrayRef = Arc::new((0..count as u32).map(Some).collect::<UInt32Array>());
        let counted = Arc::new(Counted::new(system, Strata::new(table, bits.slots.clone()), numbers, key));
        let fill = CountedFill(Arc::clone(&counted));
        let made = Made { inputs: bits.slots.clone(), far: bits.slots, ..Made::computed(LogicalType::Integer, fill) };
        let rule = combination.rule.id.clone();
        let slot = self.push(table, rule.clone(), made);
        self.tables[table].slots[slot].nullable = false;
        let check = Box::new(move |plan: &Plan| counted.check(plan));
        let rows = self.rows(table).unwrap_or(0);
        self.statements.passes.push(Pass { table, slot, rule, rows, check: Some(check), proves: true });
        Ok(slot)
    }

    /// A condition over columns of the combination, for each tuple.
    fn over_tuples(
        &self,
        table: usize,
        sql: &str,
        values: &[(usize, ArrayRef)],
        listed: &[Listed<'_>],
    ) -> Result<BooleanArray, Problem> {
        let parsed = Parsed::parse(sql).map_err(sql_problem)?;
        let place = |read: &crate::expr::Reference| {
            let column = self.column_named(table, read.0.first()?)?;
            values.iter().position(|(known, _)| *known == column)
        };
        let places: Option<Vec<usize>> = parsed.references().iter().map(place).collect();
        let Some(places) = places else {
            return Err(Problem::new("nothing_moves", format!("{sql} reads a column beside the combination")));
        };
        let fields = parsed.references().iter().zip(&places);
        let fields = fields.map(|(read, place)| Field::new(read.to_string(), sql_type(listed[*place].logical), true));
        let scope = Schema::new(fields.collect::<Vec<_>>());
        let time = self.dataset.reference_time_us();
        let condition = Expression::condition(&parsed, &scope, time).map_err(sql_problem)?;
        let columns: Vec<ArrayRef> =
            condition.columns().iter().map(|column| as_sql(&values[places[*column]].1)).collect();
        let count = values.first().map_or(0, |(_, values)| values.len());
        condition.evaluate_condition(&columns, count).map_err(|error| Problem::new("sql", error.detail))
    }
}

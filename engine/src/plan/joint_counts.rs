//! A combination whose columns are counted as well: which tuple each row takes is one system, so that the values of every column stand as often
//! as rules ask of it.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{Field, Schema};

use super::asked_parts::whole;
use super::combinations::Combination;
use super::compiler::{Compiler, Failed};
use super::quotas::{Ask, Asked, Bits, one_line};
use super::scope::{as_sql, sql_problem, sql_type};
use super::{SlotId, as_text};
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
        // What a condition reads beside the tuples is known no sooner than these.
        let is_linear = counted.iter().flat_map(|asked| asked.iter()).all(|asked| match &asked.ask {
            Ask::Rows { per, .. } if !per.is_empty() => false,
            _ => self.apart(table, asked.condition.as_deref(), columns).is_some(),
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

    /// What a condition says of columns of a combination, and what of others; nothing where it says something of both at once.
    fn apart(
        &self,
        table: usize,
        condition: Option<&str>,
        columns: &[usize],
    ) -> Option<(Option<String>, Option<String>)> {
        let Some(condition) = condition else { return Some((None, None)) };
        let (mut within, mut beside) = (Vec::new(), Vec::new());
        for part in Parsed::parse(condition).ok()?.conjuncts() {
            let read = self.columns_read(table, part.sql())?;
            let is_own = |read: &Option<usize>| read.is_some_and(|read| columns.contains(&read));
            match (read.iter().any(is_own), read.iter().all(is_own)) {
                (true, true) => within.push(part.sql().to_owned()),
                (false, _) => beside.push(part.sql().to_owned()),
                (true, false) => return None,
            }
        }
        let all = |parts: Vec<String>| match parts.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            parts => Some(parts.iter().map(|part| format!("({part}\n)")).collect::<Vec<_>>().join(" AND ")),
        };
        Some((all(within), all(beside)))
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
            is_part: false,
            labels: labels.collect(),
        };
        let mut bits = Bits::default();
        let met = |verdict: &BooleanArray, tuple: usize| verdict.is_valid(tuple) && verdict.value(tuple);
        for (one, texts) in listed.iter().zip(&texts) {
            for asked in self.statements.counted.get(&(table, one.column)).cloned().unwrap_or_default() {
                let apart = self.apart(table, asked.condition.as_deref(), columns);
                let (within, beside) = apart.ok_or(Failed::Known)?;
                let condition = bits.of(self, table, beside.as_deref(), &asked.place)?;
                // The tuples in whose rows a condition over them holds.
                let among = match (&asked.ask, &within) {
                    (Ask::Values { .. } | Ask::Parts { .. }, Some(when)) => {
                        let verdict = self.over_tuples(table, when, &values, listed).map_err(|problem| {
                            self.report(&asked.place, [problem]);
                            Failed::Known
                        })?;
                        Some((0..count).filter(|tuple| met(&verdict, *tuple)).collect::<Vec<usize>>())
                    }
                    _ => None,
                };
                let speaks_of = |tuple: &usize| among.as_ref().is_none_or(|among| among.contains(tuple));
                let (parts, tolerance) = match &asked.ask {
                    Ask::Values { parts, tolerance, key } => {
                        let mut found = Vec::new();
                        for (value, want) in parts {
                            let is_it = |tuple: &usize| texts[*tuple] == *value && speaks_of(tuple);
                            let tuples: Vec<usize> = (0..count).filter(is_it).collect();
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
                        (whole(found, (0..count).filter(speaks_of)), *tolerance)
                    }
                    Ask::Parts { parts, tolerance } => {
                        let mut found = Vec::new();
                        for (condition, want) in parts {
                            let verdict = self.over_tuples(table, condition, &values, listed).map_err(|problem| {
                                self.report(&asked.pointer, [problem]);
                                Failed::Known
                            })?;
                            let tuples = (0..count).filter(|tuple| met(&verdict, *tuple) && speaks_of(tuple)).collect();
                            found.push(Part { values: tuples, want: *want });
                        }
                        (whole(found, (0..count).filter(speaks_of)), *tolerance)
                    }
                    Ask::Rows { condition, min, max, .. } => {
                        let whole = match &within {
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
                let when = if among.is_some() { asked.condition.as_deref() } else { beside.as_deref() }.map(one_line);
                // Numbers of rows are sums of tuples.
                let among = among.filter(|_| parts.iter().any(|part| matches!(part.want, Want::Share(_))));
                let rule = asked.rule.id.clone();
                system.statements.push(Statement { rule, condition, when, parts, tolerance, among, rows: None });
            }
            for limit in self.statements.limits.get(&(table, one.column)).cloned().unwrap_or_default() {
                let pointer = self.statements.pointers.get(&limit.rule).cloned().unwrap_or_default();
                let Some((within, beside)) = self.apart(table, limit.condition.as_deref(), columns) else {
                    // It is looked at once all columns are made.
                    continue;
                };
                let condition = bits.of(self, table, beside.as_deref(), &pointer)?;
                let sql = match &within {
                    Some(when) => format!("NOT ({when}\n) OR ({}\n)", limit.sql),
                    None => limit.sql.clone(),
                };
                let verdict = self.over_tuples(table, &sql, &values, listed).map_err(|problem| {
                    self.report(&pointer, [problem]);
                    Failed::Known
                })?;
                let allowed = verdict.iter().map(|verdict| verdict != Some(false)).collect();
                let when = beside.as_deref().map(one_line);
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
        self.pass_counted(table, slot, rule, counted);
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

//! The rule `share` of what other rules compute of one column, a score or a formula: so many of that column's values lie where the score has each
//! of its own.

use datafusion::arrow::array::Array;
use serde_json::Value;

use super::compiler::Compiler;
use super::counts::as_value;
use super::formulas::literal;
use super::order::{print_units, quoted};
use super::quotas::{Ask, Asked};
use crate::enforce::quota::Want;
use crate::expr::{Parsed, Reference};
use crate::generators::array_of_units;
use crate::problem::{Problem, pointer_step};
use crate::schema::{Rule, RuleKind, SharesOrCounts};
use crate::types::LogicalType;

/// The most values of a column for each of which a formula is computed, to see where it is what.
const LOOKED_THROUGH: i64 = 1 << 20;

impl Compiler {
    pub(super) fn gather_computed_share(
        &mut self,
        table: usize,
        rule: &Rule,
        column: &str,
        parts: &SharesOrCounts,
        tolerance: Option<f64>,
        pointer: &str,
    ) {
        let formula = self.column_named(table, column).and_then(|index| self.statements.formula(table, index));
        if formula.is_none_or(|formula| formula.aggregate.is_some()) {
            // What is computed in some rows alone is told to have two owners.
            return self.gather_share(table, rule, column, parts, tolerance, pointer);
        }
        let Some((parts, key)) = self.share_parts(rule, parts, pointer) else { return };
        let Some(index) = self.column_named(table, column) else { return };
        let mut conditions = Vec::new();
        for (label, want) in parts {
            match self.labelled(table, index, &label) {
                Ok(condition) => conditions.push((condition, want)),
                Err(problem) => {
                    let place = format!("{pointer}/{key}{}", pointer_step(&label));
                    self.problems.push(problem.at(place));
                    return;
                }
            }
        }
        if let Some((of_nulls, want)) = self.counts_nulls(table, &conditions) {
            return self.gather_share_of_nulls(table, rule, &of_nulls, (want, tolerance.unwrap_or(0.0)), pointer);
        }
        let stated = self.of_one_column(table, &conditions);
        let Some((source, conditions)) = stated.filter(|(source, _)| *source != index) else {
            let detail = format!(
                "{} asks how often values of {column} stand, which a rule does not compute of one column of its own row alone in a way that can be followed back",
                rule.id
            );
            let remedy = "state the rule of a column that the other is computed from";
            self.problems.push(Problem::new("nothing_moves", detail).at(format!("{pointer}/column")).remedy(remedy));
            return;
        };
        if !self.can_be_owned(table, source, &rule.id, &format!("{pointer}/column")) {
            return;
        }
        let definition = &self.dataset.tables[table].columns[source];
        let name = definition.name.clone();
        let written = definition.generator.as_ref().map(|generator| generator.to_value()).unwrap_or_default();
        let is_listed = ["values", "weights", "true_rate"].iter().any(|key| written.get(key).is_some());
        let asked = Asked {
            rule: rule.clone(),
            pointer: pointer.to_owned(),
            condition: rule.when.clone(),
            place: format!("{pointer}/when"),
            ask: Ask::Parts { parts: conditions, tolerance: tolerance.unwrap_or(0.0).max(0.0) },
        };
        let moves = self.statements.correlations.rule_of(table, source).is_some();
        if (is_listed && !moves) || !self.share_ranks((table, source), &asked) {
            self.statements.counted.entry((table, source)).or_default().push(asked);
        }
        let note = format!("so many values of {name}, which it is computed from, lie where it is each of them");
        self.hold(table, rule, "by_construction", note);
    }

    /// The first of conditions where each only asks whether a column is null.
    fn counts_nulls(&self, table: usize, conditions: &[(String, Want)]) -> Option<(String, Want)> {
        let of_nulls = |(condition, want): &(String, Want)| {
            let stated = self.about_null(table, &Parsed::parse(condition).ok()?)?;
            Some((stated.sql().to_owned(), *want))
        };
        let all = conditions.iter().map(of_nulls).collect::<Option<Vec<_>>>()?;
        all.into_iter().next()
    }

    /// A share of what is made of nulls alone, as a number of these.
    fn gather_share_of_nulls(
        &mut self,
        table: usize,
        rule: &Rule,
        condition: &str,
        (want, tolerance): (Want, f64),
        pointer: &str,
    ) {
        let rows = self.written_rows(table).filter(|_| rule.when.is_none());
        let (least, most) = match (want, rows) {
            (Want::Between(least, most), _) => (least, most),
            (Want::Share(_), Some(rows)) => want.between(rows, tolerance.max(0.0)),
            (Want::Share(_), None) => {
                let detail = format!(
                    "{} asks for a share of nulls, which is counted where the rows are written and no `when` limits them",
                    rule.id
                );
                let remedy = "state it by `counts`, or as the column's null_rate";
                self.problems.push(Problem::new("nothing_moves", detail).at(pointer).remedy(remedy));
                return;
            }
        };
        self.gather_count(table, rule, condition, (None, Some(least), most), &[], pointer);
    }

    /// The condition that a computed column has the value that a label says.
    fn labelled(&self, table: usize, column: usize, label: &str) -> Result<String, Problem> {
        let definition = &self.dataset.tables[table];
        let name = &definition.columns[column].name;
        let declared = definition.columns[column].logical_type();
        let bands = definition.rules.iter().find_map(|rule| match &rule.kind {
            RuleKind::Score { column, bands, .. } if column == name => Some(bands),
            _ => None,
        });
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let value = match bands {
            None => as_value(label, declared.as_ref()),
            Some(bands) => {
                bands.iter().map(|band| &band.value).find(|value| text(value) == label).cloned().ok_or_else(|| {
                    let known: Vec<String> = bands.iter().map(|band| text(&band.value)).collect();
                    let detail = format!("{name} is {label} in none of its bands");
                    Problem::new("unknown_value", detail)
                        .hint(label, known.iter().map(String::as_str).collect::<Vec<_>>())
                })?
            }
        };
        // What a formula without a type comes to is known by its words alone.
        Ok(match (&declared, bands, value.as_str()) {
            (None | Some(LogicalType::Boolean), None, _) if label == "true" => quoted(name),
            (None | Some(LogicalType::Boolean), None, _) if label == "false" => format!("NOT {}", quoted(name)),
            (None, None, Some(_)) => format!("CAST({} AS VARCHAR) = '{}'", quoted(name), label.replace('\'', "''")),
            _ => format!("{} = {}", quoted(name), literal(&value, declared.as_ref(), 0)?),
        })
    }

    /// The one column of its own row that conditions of a computed one speak of, and what they say of it: as intervals where each holds in one.
    fn of_one_column(&self, table: usize, conditions: &[(String, Want)]) -> Option<(usize, Vec<(String, Want)>)> {
        let mut source = None;
        let mut stated = Vec::new();
        for (condition, want) in conditions {
            let unfolded = self.unfolded(table, &Parsed::parse(condition).ok()?)?;
            let [Reference(path)] = unfolded.references() else { return None };
            let [name] = path.as_slice() else { return None };
            let column = self.column_named(table, name)?;
            if source.is_some_and(|source| source != column) {
                return None;
            }
            source = Some(column);
            stated.push((unfolded.without_not(), *want));
        }
        let source = source?;
        let written = |(unfolded, want): (Parsed, Want)| {
            let is_plain = self.is_compared_alone(table, source, &unfolded);
            let interval = if is_plain { None } else { self.interval_where(table, source, &unfolded) };
            (interval.unwrap_or_else(|| unfolded.sql().to_owned()), want)
        };
        Some((source, stated.into_iter().map(written).collect()))
    }

    /// A condition about one column as the interval of its values in which it holds, where these are few enough to be looked through and lie side
    /// by side.
    fn interval_where(&self, table: usize, column: usize, condition: &Parsed) -> Option<String> {
        let definition = &self.dataset.tables[table].columns[column];
        let interval = definition.generator.as_ref()?.interval()?;
        let (logical, name) = (&interval.logical, quoted(&definition.name));
        let is_own = definition.logical_type().is_none_or(|wanted| wanted == *logical);
        let count = interval.max.checked_sub(interval.min)?;
        if !is_own || !(0..LOOKED_THROUGH).contains(&count) {
            return None;
        }
        let values = array_of_units((interval.min..=interval.max).map(Some).collect(), logical).ok()?;
        let verdict = self.over_values(condition.sql(), &values, logical).ok()?;
        // Where it is null the computed value is, and is none of any share.
        let held: Vec<usize> = (0..values.len()).filter(|at| verdict.is_valid(*at) && verdict.value(*at)).collect();
        let (first, last) = (*held.first()?, *held.last()?);
        if verdict.null_count() > 0 || last - first + 1 != held.len() {
            return None;
        }
        let (start, end) = (interval.min + first as i64, interval.min + last as i64);
        let value = |units: i64| {
            let text = print_units(logical, units);
            match logical {
                LogicalType::Date => format!("DATE '{text}'"),
                LogicalType::Datetime => format!("TIMESTAMP '{text}'"),
                _ => text,
            }
        };
        Some(format!("{name} >= {} AND {name} <= {}", value(start), value(end)))
    }
}

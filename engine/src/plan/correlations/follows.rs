//! Conditions over columns that move together, which put values into others of them once these are drawn.

use std::sync::Arc;

use datafusion::arrow::array::Array;
use datafusion::arrow::datatypes::{Field, Schema};

use crate::enforce::correlate::{Follow, Marginal, Member, Read, numbers_of};
use crate::expr::{Expression, Parsed};
use crate::plan::compiler::{Compiler, Failed};
use crate::plan::convert;
use crate::plan::scope::{sql_problem, sql_type};
use crate::plan::statements::ForcedValue;
use crate::types::LogicalType;

impl Compiler {
    /// A value that a rule puts into a column, as a number of the column's distribution.
    pub(super) fn forced_number(
        &mut self,
        table: usize,
        column: usize,
        value: &ForcedValue,
        marginal: &Marginal,
        own: &LogicalType,
    ) -> Result<f64, Failed> {
        let declared = self.dataset.tables[table].columns[column].logical_type();
        let array = convert::literal(&value.value, declared.as_ref().unwrap_or(own)).map_err(|problem| {
            self.report(&value.pointer, [problem]);
            Failed::Known
        })?;
        let factor = marginal.units_of_one();
        Ok(numbers_of(&array).filter(|_| array.len() == 1).map_or(f64::NAN, |numbers| numbers[0] * factor))
    }

    /// The cells of a column that are given, as numbers of its distribution: not a number where null is, infinite where none is given.
    pub(super) fn given_numbers(
        &mut self,
        table: usize,
        column: usize,
        marginal: &Marginal,
        own: &LogicalType,
    ) -> Result<Vec<f64>, Failed> {
        let logical = self.dataset.tables[table].columns[column].logical_type().unwrap_or_else(|| own.clone());
        let Some((values, filled)) = self.given_values(table, column, &logical)? else { return Ok(Vec::new()) };
        let factor = marginal.units_of_one();
        let number = |at: usize| match (filled.value(at), values.is_null(at)) {
            (false, _) => f64::INFINITY,
            (true, true) => f64::NAN,
            (true, false) => numbers_of(&values.slice(at, 1)).map_or(f64::NAN, |numbers| numbers[0] * factor),
        };
        Ok((0..values.len()).map(number).collect())
    }

    /// Values that rules put into columns of a system because of what others of them have, once the types of all are known.
    pub(super) fn add_follows(&mut self, number: usize, members: &mut [Member]) -> Result<(), Failed> {
        let system = &self.statements.correlations.systems[number];
        let (table, columns) = (system.table, system.columns.clone());
        for (at, column) in columns.iter().enumerate() {
            for value in self.statements.forced(table, *column) {
                if !self.moves_with(table, &value.condition, &columns) {
                    continue;
                }
                let own = self.statements.correlations.systems[number].made[column].logical.clone();
                let known = self.forced_number(table, *column, &value, &members[at].marginal, &own)?;
                let (condition, reads) = self.followed(number, &value.condition).map_err(|failed| {
                    self.report_failure(&value.pointer, failed);
                    Failed::Known
                })?;
                members[at].follows.push(Follow { condition, reads, value: known });
            }
        }
        Ok(())
    }

    /// Whether SQL reads columns of a system, or what is computed of them alone.
    pub(in crate::plan) fn moves_with(&self, table: usize, sql: &str, columns: &[usize]) -> bool {
        let read = self.own_columns(table, sql);
        read.iter().any(|column| columns.contains(column) || self.is_computed_of(table, *column, columns))
    }

    /// Whether a column outside of a system is what a formula makes of the system's columns, in all rows.
    pub(super) fn is_computed_of(&self, table: usize, column: usize, columns: &[usize]) -> bool {
        let definition = &self.dataset.tables[table].columns[column];
        let place = (table, column);
        let statements = &self.statements;
        let is_alone = definition.generator.is_none()
            && definition.null_rate.is_none()
            && definition.null_when.is_none()
            && !statements.nulls.contains_key(&place)
            && !statements.forced.contains_key(&place)
            && !statements.listings.contains_key(&place)
            && !self.is_given(table, column);
        let formulas = statements.formulas.get(&place).map(Vec::as_slice).unwrap_or_default();
        let [formula] = formulas else { return false };
        is_alone
            && !columns.contains(&column)
            && formula.when.is_none()
            && formula.aggregate.is_none()
            // What needs itself is told where columns are put in order.
            && !self.turns_back(table, &formula.sql, &mut vec![column])
            && self.moves_with(table, &formula.sql, columns)
    }

    /// Whether formulas of columns that SQL reads need one of a path, or each other.
    fn turns_back(&self, table: usize, sql: &str, path: &mut Vec<usize>) -> bool {
        self.own_columns(table, sql).into_iter().any(|column| {
            let Some(formula) = self.statements.formulas.get(&(table, column)).and_then(|formulas| formulas.first())
            else {
                return false;
            };
            if path.contains(&column) {
                return true;
            }
            path.push(column);
            let turns = self.turns_back(table, &formula.sql, path);
            path.pop();
            turns
        })
    }

    /// A condition that reads columns of a system, and what it reads in its order. What else it reads must not wait for the system.
    pub(super) fn followed(&mut self, number: usize, sql: &str) -> Result<(Expression, Vec<Read>), Failed> {
        self.over_moving(number, sql, true)
    }

    fn over_moving(&mut self, number: usize, sql: &str, is_condition: bool) -> Result<(Expression, Vec<Read>), Failed> {
        let system = &self.statements.correlations.systems[number];
        let (table, columns) = (system.table, system.columns.clone());
        let parsed = Parsed::parse(sql).map_err(|problem| Failed::One(sql_problem(problem)))?;
        let (mut fields, mut reads) = (Vec::new(), Vec::new());
        for reference in parsed.references() {
            let own = match reference.0.as_slice() {
                [name] => self.column_named(table, name),
                _ => None,
            };
            let member = own.and_then(|own| columns.iter().position(|column| *column == own));
            let computed = own.filter(|own| self.is_computed_of(table, *own, &columns));
            let (logical, read) = match (member, computed) {
                (Some(member), _) => {
                    let column = columns[member];
                    let made = &self.statements.correlations.systems[number].made[&column];
                    let declared = self.dataset.tables[table].columns[column].logical_type();
                    let logical = declared.unwrap_or_else(|| made.logical.clone());
                    (logical.clone(), Read::Member(member, logical))
                }
                (None, Some(column)) => {
                    let formula = self.statements.formula(table, column).ok_or(Failed::Known)?;
                    let (expression, reads) = self.over_moving(number, &formula.sql, false)?;
                    let declared = self.dataset.tables[table].columns[column].logical_type();
                    let logical = declared.unwrap_or_else(|| expression.logical());
                    (logical.clone(), Read::Computed(Arc::new((expression, reads)), logical))
                }
                (None, None) => {
                    let slot = self.reference(table, &reference.0)?;
                    (self.tables[table].slots[slot].logical.clone(), Read::Slot(slot))
                }
            };
            fields.push(Field::new(reference.to_string(), sql_type(&logical), true));
            reads.push(read);
        }
        let time = self.dataset.reference_time_us();
        let compiled = match is_condition {
            true => Expression::condition(&parsed, &Schema::new(fields), time),
            false => Expression::compile(&parsed, &Schema::new(fields), time),
        };
        let compiled = compiled.map_err(|problem| Failed::One(sql_problem(problem)))?;
        let reads = compiled.columns().iter().map(|at| reads[*at].clone()).collect();
        Ok((compiled, reads))
    }
}

//! Conditions over columns that move together, which put values into others of them once these are drawn.

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
        let factor = match marginal {
            Marginal::Drawn(quantiles) => quantiles.units_of_one(),
            Marginal::Listed { .. } => 1.0,
        };
        Ok(numbers_of(&array).filter(|_| array.len() == 1).map_or(f64::NAN, |numbers| numbers[0] * factor))
    }

    /// Values that rules put into columns of a system because of what others of them have, once the types of all are known.
    pub(super) fn add_follows(&mut self, number: usize, members: &mut [Member]) -> Result<(), Failed> {
        let system = &self.statements.correlations.systems[number];
        let (table, columns) = (system.table, system.columns.clone());
        for (at, column) in columns.iter().enumerate() {
            for value in self.statements.forced(table, *column) {
                if !columns.iter().any(|column| self.reads(table, &value.condition, *column)) {
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

    /// A condition that reads columns of a system, and what it reads in its order. What else it reads must not wait for the system.
    fn followed(&mut self, number: usize, sql: &str) -> Result<(Expression, Vec<Read>), Failed> {
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
            let (logical, read) = match member {
                Some(member) => {
                    let column = columns[member];
                    let made = &self.statements.correlations.systems[number].made[&column];
                    let declared = self.dataset.tables[table].columns[column].logical_type();
                    let logical = declared.unwrap_or_else(|| made.logical.clone());
                    (logical.clone(), Read::Member(member, logical))
                }
                None => {
                    let slot = self.reference(table, &reference.0)?;
                    (self.tables[table].slots[slot].logical.clone(), Read::Slot(slot))
                }
            };
            fields.push(Field::new(reference.to_string(), sql_type(&logical), true));
            reads.push(read);
        }
        let time = self.dataset.reference_time_us();
        let condition = Expression::condition(&parsed, &Schema::new(fields), time)
            .map_err(|problem| Failed::One(sql_problem(problem)))?;
        let reads = condition.columns().iter().map(|at| reads[*at].clone()).collect();
        Ok((condition, reads))
    }
}

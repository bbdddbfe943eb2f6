//! SQL as slots: what an expression reads becomes inputs, what it computes a slot of its own.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, FixedSizeBinaryArray, StringViewBuilder};
use datafusion::arrow::datatypes::{DataType, Field, Schema};

use super::SlotId;
use super::compiler::{Compiler, Failed, Name};
use crate::expr::{Expression, Parsed};
use crate::generators::{Cells, Fill, Made, Rows, RunError};
use crate::problem::Problem;
use crate::types::LogicalType;

/// An expression over its inputs.
struct SqlFill {
    expression: Expression,
}

impl Fill for SqlFill {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let columns: Vec<ArrayRef> = cells.inputs.iter().map(as_sql).collect();
        self.expression.evaluate(&columns, rows.len()).map_err(|error| {
            // Which row it is tells what to mend: the first that fails by itself.
            let single = |position: usize| {
                let columns: Vec<ArrayRef> = columns.iter().map(|column| column.slice(position, 1)).collect();
                let failed = self.expression.evaluate(&columns, 1).err()?;
                Some(RunError { row: Some(rows.at(position)), ..RunError::new(failed.detail) })
            };
            (0..rows.len()).find_map(single).unwrap_or_else(|| RunError::new(error.detail))
        })
    }
}

/// The form in which SQL sees a column: identifiers of sixteen bytes as text.
pub(crate) fn as_sql(array: &ArrayRef) -> ArrayRef {
    match array.as_fixed_size_binary_opt() {
        Some(bytes) => std::sync::Arc::new(uuid_text(bytes)),
        None => std::sync::Arc::clone(array),
    }
}

fn uuid_text(bytes: &FixedSizeBinaryArray) -> datafusion::arrow::array::StringViewArray {
    let mut texts = StringViewBuilder::with_capacity(bytes.len());
    for row in 0..bytes.len() {
        if bytes.is_null(row) {
            texts.append_null();
            continue;
        }
        let mut text = String::with_capacity(36);
        for (index, byte) in bytes.value(row).iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
            text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
        }
        texts.append_value(text);
    }
    texts.finish()
}

pub(super) fn sql_type(logical: &LogicalType) -> DataType {
    if *logical == LogicalType::Uuid { DataType::Utf8View } else { logical.arrow() }
}

impl Compiler {
    /// The slot of an SQL expression over a table's columns, its parents' among them. A problem has no place yet.
    pub(super) fn sql(&mut self, table: usize, sql: &str, want_condition: bool) -> Result<SlotId, Failed> {
        self.slot(table, Name::Sql(sql.to_owned(), want_condition))
    }

    /// An expression. `over`: a slot that stands for a column before all that comes after it.
    pub(super) fn make_sql(
        &mut self,
        table: usize,
        sql: &str,
        want_condition: bool,
        over: Option<(usize, SlotId)>,
    ) -> Result<Made, Failed> {
        let parsed = Parsed::parse(sql).map_err(|problem| Failed::One(sql_problem(problem)))?;
        if let Some(division) = parsed.zero_divisor() {
            let problem = Problem::new("zero_divisor", format!("{division} divides by zero, which ends a run"));
            let pointer = self.asking_pointer(table);
            self.report(&pointer, [problem.remedy("divide by NULLIF(..., 0), which gives null").warning()]);
        }
        let mut fields = Vec::new();
        let mut inputs = Vec::new();
        for reference in parsed.references() {
            let slot = match over {
                Some((column, slot))
                    if reference.0.len() == 1 && self.column_named(table, &reference.0[0]) == Some(column) =>
                {
                    slot
                }
                _ => self.reference(table, &reference.0)?,
            };
            let definition = &self.tables[table].slots[slot];
            fields.push(Field::new(reference.to_string(), sql_type(&definition.logical), true));
            inputs.push(slot);
        }
        let scope = Schema::new(fields);
        let time = self.dataset.reference_time_us();
        let compiled = if want_condition {
            Expression::condition(&parsed, &scope, time)
        } else {
            Expression::compile(&parsed, &scope, time)
        };
        let expression = compiled.map_err(|problem| Failed::One(sql_problem(problem)))?;
        let inputs = expression.columns().iter().map(|column| inputs[*column]).collect();
        let logical = expression.logical();
        Ok(Made { inputs, nullable: true, ..Made::computed(logical, SqlFill { expression }) })
    }

    /// The place of the column that is being made, else of its table.
    fn asking_pointer(&self, table: usize) -> String {
        let column = self.path.iter().rev().find_map(|(of, name)| match name {
            Name::Column(column) | Name::Raw(column) if *of == table => Some(*column),
            _ => None,
        });
        column.map_or_else(|| format!("/tables/{table}"), |column| super::compiler::column_pointer(table, column))
    }

    /// The slot of `column`, or of `key.column` through any number of keys.
    pub(super) fn reference(&mut self, table: usize, path: &[String]) -> Result<SlotId, Failed> {
        match path {
            [column] => {
                let found = self.column_named(table, column);
                match found {
                    Some(index) => self.slot(table, Name::Column(index)),
                    None => Err(Failed::One(self.unknown_column(table, column))),
                }
            }
            [key, rest @ ..] if !rest.is_empty() => {
                let Some(index) = self.key_named(table, key) else {
                    let definition = &self.dataset.tables[table];
                    if self.lost(&format!("/tables/{table}/foreign_keys")) {
                        return Err(Failed::Known);
                    }
                    let mut problem =
                        Problem::new("unknown_key", format!("table {} has no foreign key \"{key}\"", definition.name));
                    let keys: Vec<&str> = definition.foreign_keys.iter().map(|key| key.name()).collect();
                    problem = problem.hint(key, keys);
                    return Err(Failed::One(problem));
                };
                let name = self.dataset.tables[table].foreign_keys[index].references.table.clone();
                let Some(parent) = self.dataset.tables.iter().position(|other| other.name == name) else {
                    return Err(Failed::Known);
                };
                if let Some(slot) = self.reference_above(table, (index, parent), rest)? {
                    return Ok(slot);
                }
                // The parent's place is checked here, so that a spelling mistake is told in the words of the writer.
                let value = self.reference(parent, rest)?;
                self.slot(table, Name::Parent { key: index, slot: value })
            }
            _ => Err(Failed::One(Problem::new("unknown_column", "an empty name"))),
        }
    }

    /// A table's column by name: exactly, else the only one that differs in case.
    pub(super) fn column_named(&self, table: usize, name: &str) -> Option<usize> {
        let columns = &self.dataset.tables[table].columns;
        columns.iter().position(|column| column.name == name).or_else(|| {
            let lower = name.to_lowercase();
            columns.iter().position(|column| column.name.to_lowercase() == lower)
        })
    }

    /// A table's key by name; one without a name of its own goes by its parent's.
    pub(super) fn key_named(&self, table: usize, name: &str) -> Option<usize> {
        let keys = &self.dataset.tables[table].foreign_keys;
        keys.iter().position(|key| key.name() == name).or_else(|| {
            let lower = name.to_lowercase();
            keys.iter().position(|key| key.name().to_lowercase() == lower)
        })
    }

    pub(super) fn unknown_column(&self, table: usize, column: &str) -> Problem {
        let definition = &self.dataset.tables[table];
        let mut problem =
            Problem::new("unknown_column", format!("table {} has no column \"{column}\"", definition.name))
                .param("table", definition.name.as_str())
                .param("column", column);
        let names: Vec<&str> = definition.columns.iter().map(|column| column.name.as_str()).collect();
        problem = problem.hint(column, names);
        problem
    }
}

/// An SQL text's problem as a schema's.
pub(super) fn sql_problem(problem: crate::expr::SqlProblem) -> Problem {
    let mut detail = problem.detail;
    if let (Some(line), Some(column)) = (problem.line, problem.column) {
        detail = if line > 1 {
            format!("{detail} (line {line}, character {column})")
        } else {
            format!("{detail} (character {column})")
        };
    }
    let mut converted = Problem::new("sql", detail);
    converted.remedy = problem.remedy;
    converted
}

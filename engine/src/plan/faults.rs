//! What no column may come to: one that waits for itself, and one that nothing makes and nobody misses.

use std::sync::Arc;

use super::compiler::{Compiler, Name, column_pointer};
use crate::problem::Problem;

impl Compiler {
    /// Reports a slot that is asked for while it is made.
    pub(super) fn report_cycle(&mut self, table: usize, name: &Name) {
        let start = self.path.iter().position(|step| step.0 == table && step.1 == *name).unwrap_or(0);
        self.report_chain(table, start);
    }

    /// Reports a column that is asked for while those are made that move together with it.
    pub(super) fn report_moving_cycle(&mut self, table: usize, moving: &[usize], column: usize) {
        let is_moving = |step: &(usize, Name)| {
            step.0 == table && matches!(&step.1, Name::Raw(known) if moving.contains(known) && *known != column)
        };
        let start = self.path.iter().position(is_moving).unwrap_or(0);
        self.report_chain(table, start);
    }

    fn report_chain(&mut self, table: usize, start: usize) {
        let chain: Vec<(usize, usize)> = self.path[start..]
            .iter()
            .filter_map(|(table, name)| match name {
                Name::Column(column) | Name::Raw(column) | Name::Nulls(column) => Some((*table, *column)),
                _ => None,
            })
            .collect();
        let mut words: Vec<String> = chain.iter().map(|(table, column)| self.column_words(*table, *column)).collect();
        words.dedup();
        if words.len() > 1 && words.first() == words.last() {
            words.pop();
        }
        let place =
            chain.first().map_or_else(|| format!("/tables/{table}"), |(table, column)| column_pointer(*table, *column));
        let detail = match words.as_slice() {
            [one] => format!("{one} needs itself"),
            _ => format!(
                "these columns need each other: {} → {}",
                words.join(" → "),
                words.first().cloned().unwrap_or_default()
            ),
        };
        self.problems.push(Problem::new("cycle", detail).at(place).remedy("let one of them stand on its own"));
    }

    fn column_words(&self, table: usize, column: usize) -> String {
        let table = &self.dataset.tables[table];
        format!("{}.{}", table.name, table.columns[column].name)
    }

    /// A column of the schema that nothing has made, and of which no problem says why: never to be left out of the rows in silence.
    pub(super) fn check_complete(&mut self) {
        if !self.left_out.is_empty() || self.problems.iter().any(Problem::is_error) {
            return;
        }
        let dataset = Arc::clone(&self.dataset);
        for (table, definition) in dataset.tables.iter().enumerate() {
            for (column, own) in definition.columns.iter().enumerate() {
                if self.column_slot(table, column).is_none() {
                    let detail = format!(
                        "the plan leaves {}.{} without values, though no statement is refused; this is a fault of the program",
                        definition.name, own.name
                    );
                    let remedy = "leave out one of the rules that speak of this column, and report the schema";
                    let problem = Problem::new("internal", detail).at(column_pointer(table, column));
                    self.problems.push(problem.remedy(remedy));
                }
            }
        }
    }
}

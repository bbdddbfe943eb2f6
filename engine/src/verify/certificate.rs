//! The compliance certificate: what was proved about which rows, and what was found where a statement is broken.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::rows::ROW_NUMBER;
use crate::llm::Note;

/// What the rows of a dataset keep of its statements.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Certificate {
    /// Name of the dataset.
    pub dataset: String,
    /// Version of the engine that checked.
    pub engine_version: String,
    /// The seed that the schema names, where its rows were made with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// What "today" means in the statements, UTC.
    pub reference_time: String,
    /// The tables, in the order of the schema.
    pub tables: Vec<TableRows>,
    /// Every statement with its result, table by table: keys, columns, rules.
    pub results: Vec<RuleResult>,
    /// How far columns are from the distributions that they declare.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distributions: Vec<Fit>,
    /// What there is to know of columns beside that, such as that a language model wrote them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// A table that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct TableRows {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: u64,
}

/// What was found about one statement.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct RuleResult {
    /// The rule's id, or that of a statement which the schema makes elsewhere, such as `primary-key:<table>` or `rows:<table>`.
    pub id: String,
    /// The kind of rule: that of the schema, or `rows`, `primary-key`, `foreign-key`, `where`, `tree`, `children`, `unique`, `given`, `null`, `length`, `type`.
    pub kind: String,
    /// The table whose rows it speaks of.
    pub table: String,
    /// The statement, for people.
    pub statement: String,
    /// How many rows it was checked for: those that its `when` selects; for `foreign-key` the keys that are not null, for `children` the
    /// parents.
    pub checked: u64,
    /// How many of them break it. Where values repeat, all rows but one of each value do; of `rows` as many as are missing or too many.
    pub broken: u64,
    /// Up to [`EXAMPLES`] of those that break it: the primary key (else the row number, from 1) and the columns that the statement reads.
    pub examples: Vec<Value>,
    /// What was measured beside what was asked, where the statement is about numbers of the whole table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<Measure>,
    /// Why nothing was proved, where the rows lack what the statement reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unproved: Option<String>,
}

/// How far the values of a column are from the distribution that its generator declares. Rules may bend it, and samples stray: nothing is
/// broken by that.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Fit {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The generator, as the schema writes it.
    pub generator: String,
    /// How many values there are, nulls aside.
    pub checked: u64,
    /// How many of them the distribution never gives.
    pub outside: u64,
    /// Pearson's chi-square statistic; absent where there are too few values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chi_square: Option<f64>,
    /// Its degrees of freedom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub degrees_of_freedom: Option<u64>,
    /// The probability that values drawn from the distribution stray as far, or farther; 0 where some lie outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_value: Option<f64>,
}

/// The cells of a column that could not be read as values of its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// How many they are.
    pub cells: u64,
    /// Some of them: the row, from 1, and what stands in it.
    pub examples: Vec<(u64, String)>,
}

/// A number that a statement asks for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Measure {
    /// What is measured: a value of a column, the columns of the groups, a statistic; empty where the statement has one number alone.
    pub what: String,
    /// What it is to be: a number, or its bounds.
    pub asked: String,
    /// What it is; of groups the smallest and the largest number.
    pub measured: String,
}

/// The most examples of a result.
pub const EXAMPLES: usize = 5;

impl Certificate {
    /// Whether no statement is broken. Those of [`Certificate::unproved`] are not counted as broken.
    pub fn holds(&self) -> bool {
        self.results.iter().all(RuleResult::holds)
    }

    /// The same with what the plan of its rows says of them, [`Plan::notes`](crate::plan::Plan::notes).
    #[must_use]
    pub fn noted(mut self, notes: Vec<Note>) -> Certificate {
        self.notes = notes;
        self
    }

    /// The same with cells that could not be read as values of their columns' types, and were proved as nulls: they break the statements of
    /// types.
    #[must_use]
    pub fn with_unreadable(mut self, unreadable: impl IntoIterator<Item = Unreadable>) -> Certificate {
        for Unreadable { table, column, cells, examples } in unreadable {
            let id = format!("type:{table}.{column}");
            let of_type = |result: &&mut RuleResult| result.kind == "type" && result.table == table && result.id == id;
            let Some(result) = self.results.iter_mut().find(of_type) else { continue };
            result.broken += cells;
            let shown = examples.into_iter().map(|(row, text)| json!({ ROW_NUMBER: row, column.clone(): text }));
            result.examples.extend(shown);
            result.examples.truncate(EXAMPLES);
        }
        self
    }

    /// The statements of which nothing could be proved, because the rows lack a column that they read.
    pub fn unproved(&self) -> impl Iterator<Item = &RuleResult> {
        self.results.iter().filter(|result| result.unproved.is_some())
    }

    /// The certificate as a page that stands alone and prints well: no script, no reference to anything outside.
    pub fn to_html(&self) -> String {
        super::html::page(self)
    }
}

impl RuleResult {
    /// Whether no row breaks it.
    pub fn holds(&self) -> bool {
        self.broken == 0
    }
}

//! The schema language: what people write, as plain data without behaviour.
//!
//! The types here are the one source of the language: reading validates against the JSON Schema that is derived from them, and the published
//! JSON Schema is the same. [`read`] turns JSON or YAML into a [`Dataset`] and a list of problems; [`crate::plan`] finds what the words mean.

mod column;
mod files;
mod param;
mod read;
mod relationship;
mod rule;
mod shape;
mod tree;
mod write;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use column::{Column, ColumnType, DecimalDigits, Draw};
pub use files::{Files, no_files};
pub(crate) use param::{DAY_US, civil_of_days, days_of, parse_date, parse_datetime, parse_time, print_date};
pub use param::{Date, Datetime, Param, Span, SpanUnit, SqlParam, Time};
pub use read::{Overrides, Reading, read};
pub use relationship::{Children, Distribution, ForeignKey, Pick, PickBy, References};
pub use rule::{Band, CORRELATION_TOLERANCE, Gap, Rule, RuleKind, SharesOrCounts};
pub use write::{canonical_document, canonical_json, canonical_yaml, document, yaml};

/// The JSON Schema (draft 2020-12) of the language.
pub fn json_schema() -> Value {
    shape::dataset().clone()
}

/// `reference_time` where a schema names none, for ever the same.
pub const DEFAULT_REFERENCE_TIME: &str = "2026-01-01T00:00:00Z";

/// The locale where a schema names none.
pub const DEFAULT_LOCALE: &str = "en_US";

/// The largest `random_seed`: 2^53 − 1, so that every JSON reader keeps it.
pub const MAX_SEED: u64 = (1 << 53) - 1;

/// A dataset: its tables, how every column is filled, how tables relate, which business rules hold.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// Name of the dataset; names its files.
    #[schemars(length(min = 1, max = 128))]
    pub name: String,
    /// What the dataset is about, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Locale of its generators, such as es_PE; en_US when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Seed of every value, 0 to 2^53 − 1; 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 9_007_199_254_740_991_u64))]
    pub random_seed: Option<u64>,
    /// What "today" means, in UTC; 2026-01-01T00:00:00Z when absent, never the wall clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_time: Option<Datetime>,
    /// Reserved e-mail domains, fictional phone and test card ranges wherever they exist; true when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub safe: Option<bool>,
    /// Named values, used as ${name} wherever a number or text stands.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub parameters: IndexMap<String, Value>,
    /// Named lists of values for generators that draw from one.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub lists: IndexMap<String, ValueList>,
    /// The tables.
    pub tables: Vec<Table>,
}

/// A named list: its values, or the file that holds them.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ValueList {
    /// The values themselves.
    Values(Vec<Value>),
    /// A CSV file below the schema file's folder.
    File(FileReference),
}

/// A file below the schema file's folder.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileReference {
    /// Its path, relative to the schema file.
    pub file: String,
}

/// A table of the dataset.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Name of the table; unique in the dataset, case-insensitively.
    #[schemars(length(min = 1, max = 128))]
    pub name: String,
    /// Number of rows; may be absent where the children of a foreign key decide it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// What the table holds, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether a scale factor multiplies its rows; true when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scaled: Option<bool>,
    /// The name that seeds it, so that a rename changes no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed_as: Option<String>,
    /// Columns whose values together tell every row from every other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub primary_key: Vec<String>,
    /// Records of several fields drawn at once; columns take their fields by the generator `field`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub draws: IndexMap<String, Draw>,
    /// The columns, in the order in which they are delivered.
    #[schemars(length(min = 1))]
    pub columns: Vec<Column>,
    /// References to rows of other tables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
    /// Statements that hold for the finished rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Indexes of the table in a database.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    /// Fixed or partly filled rows that come first, or the file that holds them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Given>,
}

/// Fixed rows of a table.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Given {
    /// The rows, an object each.
    Rows(Vec<IndexMap<String, Value>>),
    /// A CSV file below the schema file's folder.
    File(FileReference),
}

/// An index of a table in a database.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// Its columns.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// Whether it forbids repetitions; false when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique: Option<bool>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Table {
    /// The columns of its indexes that forbid repetitions, each with the index's place.
    pub fn unique_indexes(&self) -> impl Iterator<Item = (usize, &Vec<String>)> {
        let indexes = self.indexes.iter().enumerate().filter(|(_, index)| index.unique == Some(true));
        indexes.map(|(at, index)| (at, &index.columns))
    }
}

impl Dataset {
    /// The table of a name, compared exactly.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// The locale that generators use.
    pub fn locale(&self) -> &str {
        self.locale.as_deref().unwrap_or(DEFAULT_LOCALE)
    }

    /// The seed that was written, or 0.
    pub fn seed(&self) -> u64 {
        self.random_seed.unwrap_or(0)
    }

    /// The reference time in microseconds since 1970, UTC.
    pub fn reference_time_us(&self) -> i64 {
        self.reference_time.map_or(DEFAULT_REFERENCE_TIME_US, |time| time.0)
    }
}

/// [`DEFAULT_REFERENCE_TIME`] in microseconds since 1970.
const DEFAULT_REFERENCE_TIME_US: i64 = 1_767_225_600_000_000;

impl Table {
    /// The column of a name, compared exactly.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The name that seeds the table.
    pub fn seed_name(&self) -> &str {
        self.seed_as.as_deref().unwrap_or(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_reference_time_is_what_its_text_says() {
        let parsed: Datetime = serde_json::from_value(DEFAULT_REFERENCE_TIME.into()).expect("a datetime");
        assert_eq!(parsed.0, DEFAULT_REFERENCE_TIME_US);
    }
}

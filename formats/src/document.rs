//! What a file can say about the dataset that it holds a part of. CSV and JSON take the column names from it, Parquet the types, a workbook
//! all of it.

use datafusion::arrow::datatypes::SchemaRef;

/// A dataset as a reader of its files wants to know it.
#[derive(Clone, Debug)]
pub struct Document {
    /// The dataset's name, the workbook's title.
    pub name: String,
    /// What the dataset is.
    pub description: Option<String>,
    /// Facts printed in this order on the *Specification* sheet: version, seed, reference time, engine version, locale.
    pub properties: Vec<(String, String)>,
    /// The tables in the order of their sheets.
    pub tables: Vec<DocumentTable>,
    /// Microseconds since 1970-01-01 UTC: the only clock that a file knows.
    pub reference_time_us: i64,
}

/// A table of a [`Document`].
#[derive(Clone, Debug)]
pub struct DocumentTable {
    /// The table's name.
    pub name: String,
    /// What a row is.
    pub description: Option<String>,
    /// Rows that will be written.
    pub rows: u64,
    /// The schema of the batches that will be written.
    pub schema: SchemaRef,
    /// A description of each field of `schema`, in its order; may be empty where no workbook is written.
    pub columns: Vec<DocumentColumn>,
}

/// A line of the *Data dictionary*.
#[derive(Clone, Debug, Default)]
pub struct DocumentColumn {
    /// The column's name.
    pub name: String,
    /// Its type in words: `string of at most 20 characters`.
    pub type_words: String,
    /// Whether it may be null.
    pub nullable: bool,
    /// `PK`, `FK → table.column` or empty.
    pub key: String,
    /// How it is filled.
    pub generator: String,
    /// The rules that name it, empty where none does.
    pub rules: String,
    /// What it means.
    pub description: String,
    /// Whether no two values are alike, so that a Parquet dictionary would only cost.
    pub distinct: bool,
}

/// A rule's line on the *Specification* sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleResult {
    /// The rule's id.
    pub id: String,
    /// The table it is about.
    pub table: String,
    /// What it says.
    pub statement: String,
    /// Rows that were checked.
    pub checked: u64,
    /// Rows that break it; 0 where it holds.
    pub broken: u64,
}

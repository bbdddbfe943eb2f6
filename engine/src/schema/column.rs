//! Columns and draws.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::generators::GeneratorSpec;
use crate::types::{DEFAULT_PRECISION, LogicalType};

/// A column of a table.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// 1 to 128 characters of any script, no control characters; unique in its table, case-insensitively.
    #[schemars(length(min = 1, max = 128))]
    pub name: String,
    /// Logical type; the generator's own when absent.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ColumnType>,
    /// Digits of a decimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 38))]
    pub precision: Option<u8>,
    /// Places of a decimal after the point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 37))]
    pub scale: Option<u8>,
    /// Type of a list's items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<ColumnType>,
    /// How the column is filled; absent: by the foreign key or rule that defines it, else chosen from its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator: Option<GeneratorSpec>,
    /// Share of nulls, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1))]
    pub null_rate: Option<f64>,
    /// SQL condition under which the value is null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub null_when: Option<String>,
    /// Whether no two rows are alike, nulls aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique: Option<bool>,
    /// Shortest text, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u32>,
    /// Longest text, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// What the column holds, for people and for the choice of a generator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Which person, place or company of the row it describes; columns without one describe the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// Computed and usable in SQL, but not delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<bool>,
    /// Default of the column in a database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// The name that seeds it, so that a rename changes no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed_as: Option<String>,
}

/// A logical type as a schema names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the words of the language; LogicalType says what they mean")]
pub enum ColumnType {
    String,
    Text,
    Integer,
    Decimal,
    Float,
    Boolean,
    Date,
    Datetime,
    Time,
    Uuid,
    Bytes,
    Json,
    List,
}

/// Precision and scale of a decimal, where a column names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecimalDigits {
    /// Digits in all.
    pub precision: u8,
    /// Digits after the point.
    pub scale: u8,
}

impl Column {
    /// The logical type that the column names, if it names one. A decimal without `scale` has two places, a list without `items` holds
    /// strings.
    pub fn logical_type(&self) -> Option<LogicalType> {
        let digits =
            DecimalDigits { precision: self.precision.unwrap_or(DEFAULT_PRECISION), scale: self.scale.unwrap_or(2) };
        Some(match self.kind? {
            ColumnType::List => {
                LogicalType::List(Box::new(self.items.unwrap_or(ColumnType::String).logical_type(digits)?))
            }
            kind => kind.logical_type(digits)?,
        })
    }

    /// The name that seeds the column.
    pub fn seed_name(&self) -> &str {
        self.seed_as.as_deref().unwrap_or(&self.name)
    }
}

impl ColumnType {
    /// The logical type of a scalar; `None` for a list, whose items are not known here.
    fn logical_type(self, digits: DecimalDigits) -> Option<LogicalType> {
        Some(match self {
            ColumnType::String => LogicalType::String,
            ColumnType::Text => LogicalType::Text,
            ColumnType::Integer => LogicalType::Integer,
            ColumnType::Decimal => LogicalType::Decimal {
                precision: digits.precision,
                scale: i8::try_from(digits.scale).unwrap_or(i8::MAX),
            },
            ColumnType::Float => LogicalType::Float,
            ColumnType::Boolean => LogicalType::Boolean,
            ColumnType::Date => LogicalType::Date,
            ColumnType::Datetime => LogicalType::Datetime,
            ColumnType::Time => LogicalType::Time,
            ColumnType::Uuid => LogicalType::Uuid,
            ColumnType::Bytes => LogicalType::Bytes,
            ColumnType::Json => LogicalType::Json,
            ColumnType::List => return None,
        })
    }
}

/// A record of several fields drawn at once.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Draw(pub GeneratorSpec);

//! Rules: statements about the finished rows.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::param::Span;

/// The largest difference of a coefficient where a rule names none.
pub const CORRELATION_TOLERANCE: f64 = 0.03;

/// A statement about the finished rows of its table. It is broken where its condition is false; null passes.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct Rule {
    /// Names the rule in plan and certificate; unique in the dataset.
    #[schemars(length(min = 1, max = 128))]
    pub id: String,
    /// What the rule says, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// SQL condition that limits the rule to some rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// The statement.
    #[serde(flatten)]
    pub kind: RuleKind,
}

/// The statement of a rule.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RuleKind {
    /// If A then B.
    Implies {
        /// SQL condition A.
        #[serde(rename = "if")]
        condition: String,
        /// SQL condition B.
        then: String,
    },
    /// A column is a formula; it needs no generator.
    Calculate {
        /// The column.
        column: String,
        /// Its formula.
        sql: String,
    },
    /// A column is a band of a number; it needs no generator.
    Score {
        /// The column.
        column: String,
        /// The number.
        of: String,
        /// The bands, ascending; the last has no bound.
        bands: Vec<Band>,
    },
    /// A column's values have these shares or counts.
    Share {
        /// The column.
        column: String,
        /// Shares or counts by value.
        #[serde(flatten)]
        parts: SharesOrCounts,
        /// Largest difference of a share.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tolerance: Option<f64>,
    },
    /// So many rows satisfy a condition, in all or per group.
    Count {
        /// The condition.
        #[serde(rename = "where")]
        condition: String,
        /// Exactly so many.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exactly: Option<u64>,
        /// At least so many.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<u64>,
        /// At most so many.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<u64>,
        /// Columns that make the groups.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        per: Vec<String>,
    },
    /// A statistic of a column has a value.
    Statistic {
        /// The column.
        column: String,
        /// The statistic: mean, std, median, min, max or a quantile.
        #[serde(rename = "fn")]
        function: String,
        /// Its value.
        equals: Value,
        /// Which quantile, 0 to 1.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        q: Option<f64>,
        /// Largest difference.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tolerance: Option<f64>,
    },
    /// Columns ascend, nulls skipped.
    Order {
        /// The columns, smallest first.
        #[schemars(length(min = 2))]
        columns: Vec<String>,
        /// Whether equal neighbours are refused; false when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        strict: Option<bool>,
        /// Smallest and largest distance of neighbours.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gap: Option<Gap>,
    },
    /// Columns move together.
    Correlation {
        /// The columns.
        #[schemars(length(min = 2))]
        columns: Vec<String>,
        /// The coefficient of a pair.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        coefficient: Option<f64>,
        /// The coefficients of all pairs, a row for each column.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        matrix: Option<Vec<Vec<f64>>>,
        /// pearson, spearman or kendall; pearson when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        method: Option<String>,
        /// Largest difference of a coefficient; 0.03 when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tolerance: Option<f64>,
    },
    /// Combinations do not repeat.
    Unique {
        /// The columns.
        #[schemars(length(min = 1))]
        columns: Vec<String>,
    },
    /// Combinations come from a list, or never do.
    Combination {
        /// The columns.
        columns: Vec<String>,
        /// The combinations that may stand.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        allowed: Option<Vec<Vec<Value>>>,
        /// The combinations that may not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        forbidden: Option<Vec<Vec<Value>>>,
    },
    /// A column is a sum, count, min, max or mean over the row's children; it needs no generator.
    Aggregate {
        /// The column.
        column: String,
        /// The children's column, `table.column`; for count also their table.
        of: String,
        /// The children's key to this table.
        by: String,
        /// sum, count, min, max or mean.
        #[serde(rename = "fn")]
        function: String,
    },
    /// Intervals of one group do not overlap.
    NoOverlap {
        /// Columns that make the groups.
        per: Vec<String>,
        /// The column where an interval starts.
        start: String,
        /// The column where it ends.
        end: String,
    },
    /// Anything else, across the row and its parents.
    Check {
        /// The SQL condition.
        sql: String,
    },
}

/// Shares, or counts, by value.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
pub struct SharesOrCounts {
    /// Share of each value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shares: Option<IndexMap<String, f64>>,
    /// Count of each value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<IndexMap<String, u64>>,
}

/// A band of a score: the value below a bound.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Upper bound, itself not in the band; absent in the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<Value>,
    /// The value of the band.
    pub value: Value,
}

/// Smallest and largest distance of neighbours.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// Smallest, such as 0d, 2h or a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Span>,
    /// Largest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Span>,
}

impl RuleKind {
    /// The word that names the kind in a schema.
    pub fn name(&self) -> &'static str {
        match self {
            RuleKind::Implies { .. } => "implies",
            RuleKind::Calculate { .. } => "calculate",
            RuleKind::Score { .. } => "score",
            RuleKind::Share { .. } => "share",
            RuleKind::Count { .. } => "count",
            RuleKind::Statistic { .. } => "statistic",
            RuleKind::Order { .. } => "order",
            RuleKind::Correlation { .. } => "correlation",
            RuleKind::Unique { .. } => "unique",
            RuleKind::Combination { .. } => "combination",
            RuleKind::Aggregate { .. } => "aggregate",
            RuleKind::NoOverlap { .. } => "no_overlap",
            RuleKind::Check { .. } => "check",
        }
    }
}

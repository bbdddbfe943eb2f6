//! Foreign keys: which columns refer to which, and how children meet parents.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A reference from each row of a table to a row of a parent.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForeignKey {
    /// Name of the key; `<name>.<column>` in SQL is the value in the referenced row. The parent's name when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The referring columns, in the order of the referenced ones.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// What they refer to.
    pub references: References,
    /// Gives each parent its number of children; their rows then lie side by side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub children: Option<Children>,
    /// How each child chooses its parent; uniform when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pick: Option<Pick>,
    /// SQL condition on the parent that limits the choice.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Share of children without a parent, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1))]
    pub null_rate: Option<f64>,
    /// For a key to the own table: share of rows without a parent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1))]
    pub root_rate: Option<f64>,
    /// For a key to the own table: levels below the roots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_depth: Option<u32>,
}

/// The parent side of a key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct References {
    /// The parent table.
    pub table: String,
    /// Its columns, in the order of the key's.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
}

/// How many children each parent has.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Children {
    /// Fewest; 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    /// Most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// Mean number; the sum is the whole number nearest to mean × parents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub mean: Option<f64>,
    /// Sum over all parents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Shape of the numbers; Poisson about the mean, uniform when only bounds are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Distribution>,
}

/// Shape of the number of children.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// All numbers between the bounds alike.
    Uniform,
    /// As many independent events would.
    Poisson,
    /// Each further child alike in likelihood.
    Geometric,
    /// Few parents with many children.
    Zipf,
}

/// How a child chooses its parent.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Pick {
    /// By name alone.
    Name(PickBy),
    /// With the parent's weight.
    Weighted {
        /// SQL on the parent: how likely it is chosen, in proportion.
        weighted: String,
    },
}

/// Ways to choose a parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PickBy {
    /// Every parent alike.
    Uniform,
    /// Few parents often, most of them rarely.
    Zipf,
    /// By a weight of the parent.
    Weighted,
    /// One parent after the other.
    RoundRobin,
}

impl ForeignKey {
    /// The name by which SQL knows the key: its own, else its parent's.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.references.table)
    }
}

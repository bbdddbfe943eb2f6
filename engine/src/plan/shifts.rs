//! How far rules move what columns would hold by their generators alone, measured on a table's first rows: the same rows are made of the dataset
//! with its rules and without those that define no column. Both draw from the same streams, so a column that no rule moves does not move.

use std::collections::BTreeMap;
use std::fmt;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::{filter, is_not_null};
use schemars::JsonSchema;
use serde::Serialize;

use super::convert::as_text;
use super::report::says;
use super::{BLOCK, Evaluation, Options, Plan, Report, TablePlan, whole};
use crate::enforce::correlate::numbers_of;
use crate::generators::Rows;
use crate::schema::{Date, Datetime, RuleKind};
use crate::types::LogicalType;

/// The longest table with rules about all of its rows of which a sample is made: these take a pass over the table.
const PASSED: u64 = 1 << 17;

/// The most letters of a value in a sentence.
const LONGEST: usize = 40;

/// How far a column's values moved.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Shift {
    /// Rows that were made to measure it.
    pub rows: u64,
    /// What is compared: `mean`, or `share` of the value that moved most.
    pub measure: String,
    /// The value whose share it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// By the generator alone.
    pub before: String,
    /// With the rules.
    pub after: String,
    /// The largest difference of shares, 0 to 1: of numbers, dates and times of those up to any one value (Kolmogorov's distance), of others
    /// of any set of values (the total variation distance).
    pub distance: f64,
}

impl fmt::Display for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = (self.distance * 1000.0).round() / 10.0;
        match &self.value {
            Some(value) => {
                write!(f, "{value} from {} to {}, and {percent} % of the rows in all", self.before, self.after)
            }
            None => write!(
                f,
                "the mean from {} to {}, and the share of values up to any one by at most {percent} percentage points",
                self.before, self.after
            ),
        }
    }
}

impl Plan {
    /// The report with how far rules move columns, which takes another plan and a block of each table.
    pub fn measured(&self) -> Report {
        let mut report = self.report.clone();
        if self.asks() || self.dataset.tables.iter().all(|table| table.rules.is_empty()) {
            return report;
        }
        let mut dataset = self.dataset.clone();
        let mut counts_far = false;
        for (table, planned) in dataset.tables.iter_mut().zip(&self.tables) {
            counts_far |= planned.rows > PASSED && table.rules.iter().any(|rule| is_about_all(&rule.kind));
            table.rules.retain(|rule| defines(&rule.kind));
        }
        if counts_far {
            return report;
        }
        let Some(plain) = whole::compile(dataset, &Options::default(), &[]).plan else { return report };
        for (index, table) in report.tables.iter_mut().enumerate() {
            let (with, without) = (&self.tables[index], &plain.tables[index]);
            let rows = with.rows.min(BLOCK);
            if rows == 0 || with.rows != without.rows {
                continue;
            }
            let mut of = (
                Evaluation::new(self, index, Rows::Range(0..rows)),
                Evaluation::new(&plain, index, Rows::Range(0..rows)),
            );
            for column in &mut table.columns {
                let before = plain.report.tables[index].columns.iter().find(|other| other.name == column.name);
                let is_same = before.is_some_and(|before| before.generator == column.generator);
                // What says of which rows a rule speaks is moved where nothing else can be.
                let rules = &self.dataset.tables[index].rules;
                let is_read = rules.iter().any(|rule| rule.when.as_ref().is_some_and(|when| says(when, &column.name)));
                if (column.rules.is_empty() && !is_read) || column.hidden || !is_same {
                    continue;
                }
                let slot = |table: &TablePlan| Some(table.delivered[table.schema.index_of(&column.name).ok()?]);
                let (Some(after), Some(before)) = (slot(with), slot(without)) else { continue };
                // What cannot be made here is told by the plan elsewhere.
                if let (Ok(after), Ok(before)) = (of.0.need(after), of.1.need(before)) {
                    column.shift = shift(&before, &after, &with.slots[slot(with).unwrap_or_default()].logical);
                }
            }
        }
        report
    }
}

/// Whether a rule makes a column rather than moving it.
fn defines(kind: &RuleKind) -> bool {
    matches!(kind, RuleKind::Calculate { .. } | RuleKind::Score { .. } | RuleKind::Aggregate { .. })
}

/// Whether a rule is about all rows together.
fn is_about_all(kind: &RuleKind) -> bool {
    !matches!(
        kind,
        RuleKind::Implies { .. } | RuleKind::Check { .. } | RuleKind::Order { .. } | RuleKind::Combination { .. }
    ) && !defines(kind)
}

fn shift(before: &ArrayRef, after: &ArrayRef, logical: &LogicalType) -> Option<Shift> {
    let there = |values: &ArrayRef| filter(values, &is_not_null(values).ok()?).ok();
    let (first, second) = (there(before)?, there(after)?);
    if before.data_type() != after.data_type() || first.is_empty() || second.is_empty() {
        return None;
    }
    let rows = after.len() as u64;
    if *logical != LogicalType::Boolean
        && let (Some(first), Some(second)) = (numbers_of(&first), numbers_of(&second))
    {
        let distance = kolmogorov(first.clone(), second.clone());
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        return (distance > 0.0).then(|| Shift {
            rows,
            measure: "mean".to_owned(),
            value: None,
            before: spelled(mean(&first), logical),
            after: spelled(mean(&second), logical),
            distance: rounded(distance),
        });
    }
    let mut shares: BTreeMap<String, [f64; 2]> = BTreeMap::new();
    for (side, values) in [first, second].into_iter().enumerate() {
        let texts = as_text(&values).ok()?;
        for text in texts.as_string_view().iter().flatten() {
            shares.entry(text.to_owned()).or_default()[side] += 1.0 / values.len() as f64;
        }
    }
    let moved = |[before, after]: &[f64; 2]| (after - before).abs();
    let distance = rounded(shares.values().map(moved).sum::<f64>() / 2.0);
    // Of equals the first by name.
    let (value, [before, after]) =
        shares.iter().rev().max_by(|one, other| rounded(moved(one.1)).total_cmp(&rounded(moved(other.1))))?;
    let value = match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.clone(),
    };
    let percent = |share: f64| format!("{} %", (share * 1000.0).round() / 10.0);
    (distance > 0.0).then(|| Shift {
        rows,
        measure: "share".to_owned(),
        value: Some(value),
        before: percent(*before),
        after: percent(*after),
        distance,
    })
}

/// The largest difference of two empirical distributions.
fn kolmogorov(mut first: Vec<f64>, mut second: Vec<f64>) -> f64 {
    first.sort_unstable_by(f64::total_cmp);
    second.sort_unstable_by(f64::total_cmp);
    let (mut low, mut high, mut largest) = (0, 0, 0.0_f64);
    while low < first.len() && high < second.len() {
        let value = first[low].min(second[high]);
        while first.get(low).is_some_and(|next| *next <= value) {
            low += 1;
        }
        while second.get(high).is_some_and(|next| *next <= value) {
            high += 1;
        }
        largest = largest.max((low as f64 / first.len() as f64 - high as f64 / second.len() as f64).abs());
    }
    largest
}

/// A mean as people write it.
fn spelled(mean: f64, logical: &LogicalType) -> String {
    match logical {
        LogicalType::Date => Date(libm::rint(mean) as i32).to_string(),
        LogicalType::Datetime => Datetime((mean / 1e6).floor() as i64 * 1_000_000).to_string(),
        LogicalType::Time => {
            let seconds = (mean / 1e6) as u64;
            format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
        }
        _ if mean.abs() >= 1000.0 => format!("{mean:.0}"),
        _ => format!("{}", (mean * 1000.0).round() / 1000.0),
    }
}

fn rounded(share: f64) -> f64 {
    (share * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{Float64Array, StringViewArray};

    use super::*;

    #[test]
    fn the_distance_is_that_of_the_shares_up_to_a_value() {
        assert_eq!(kolmogorov(vec![1.0, 2.0, 3.0, 4.0], vec![1.0, 2.0, 3.0, 4.0]), 0.0);
        assert_eq!(kolmogorov(vec![1.0, 2.0, 3.0, 4.0], vec![3.0, 3.0, 4.0, 4.0]), 0.5);
        assert_eq!(kolmogorov(vec![1.0], vec![2.0]), 1.0);
    }

    #[test]
    fn numbers_move_by_their_mean_and_texts_by_the_share_that_moved_most() {
        let numbers = |values: [Option<f64>; 4]| -> ArrayRef { Arc::new(Float64Array::from(values.to_vec())) };
        let before = numbers([Some(1.0), Some(2.0), Some(3.0), None]);
        let found = shift(&before, &numbers([Some(3.0), None, Some(3.0), Some(3.0)]), &LogicalType::Float);
        let found = found.expect("a shift");
        assert_eq!((found.before.as_str(), found.after.as_str(), found.distance), ("2", "3", 0.666_667));
        assert_eq!(shift(&before, &before, &LogicalType::Float), None);

        let texts = |values: [&str; 4]| -> ArrayRef { Arc::new(StringViewArray::from(values.to_vec())) };
        let found = shift(&texts(["a", "a", "b", "c"]), &texts(["a", "c", "c", "c"]), &LogicalType::String);
        let found = found.expect("a shift");
        assert_eq!((found.value.as_deref(), found.before.as_str(), found.after.as_str()), (Some("c"), "25 %", "75 %"));
        assert_eq!((found.measure.as_str(), found.distance), ("share", 0.5));
    }
}

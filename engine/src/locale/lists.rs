//! Lists of values with weights, and how a data file is read.
//!
//! A file that breaks its form is a broken build, so reading panics; the tests read every file.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::str::FromStr;

/// Values and their whole, positive weights, side by side. Values are slices of the compiled-in text, each there once.
#[derive(Debug, PartialEq, Eq)]
pub struct WeightedList {
    /// The values, the heaviest first.
    pub values: Vec<&'static str>,
    /// The weight of the value at the same place.
    pub weights: Vec<u64>,
}

impl WeightedList {
    /// Reads rows of (value, weight).
    pub(super) fn parse(text: &'static str) -> Self {
        Self::from_pairs(rows(text).map(|[value, weight]| (value, whole(weight))))
    }

    pub(super) fn from_pairs(pairs: impl Iterator<Item = (&'static str, u64)>) -> Self {
        let (values, weights) = pairs.unzip();
        Self { values, weights }
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no value; no list of ours is empty.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// The heaviest first, equal weights by code points.
pub(super) fn merged(weights: BTreeMap<&'static str, u64>) -> WeightedList {
    let mut pairs: Vec<_> = weights.into_iter().collect();
    pairs.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    WeightedList::from_pairs(pairs.into_iter())
}

/// The rows of a file whose rows have `N` fields.
pub(super) fn rows<const N: usize>(text: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    text.lines().map(|line| {
        let mut fields = line.split('\t');
        let row = std::array::from_fn(|_| fields.next().expect("a row of locale data has all its fields"));
        assert!(fields.next().is_none(), "a row of locale data has no field too many: {line}");
        row
    })
}

/// The rows of a file whose rows have at most `N` fields, the missing ones empty.
pub(super) fn padded_rows<const N: usize>(text: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    text.lines().map(|line| {
        let mut fields = line.split('\t');
        let row = std::array::from_fn(|_| fields.next().unwrap_or_default());
        assert!(fields.next().is_none(), "a row of locale data has no field too many: {line}");
        row
    })
}

/// A number of a data file.
pub(super) fn number<T: FromStr<Err: Debug>>(field: &str) -> T {
    field.parse().expect("a field of locale data that should be a number is one")
}

pub(super) fn whole(field: &str) -> u64 {
    number(field)
}

/// A field that is a list, separated by commas; empty: none.
pub(super) fn items(field: &'static str) -> Vec<&'static str> {
    field.split(',').filter(|item| !item.is_empty()).collect()
}

//! Values of which all rules say the same: their rows are counted together, and dealt to them by their weights.

use std::collections::BTreeMap;

use super::System;
use crate::allocation::largest_remainder;

impl System {
    /// Values of which all statements and restrictions say the same.
    pub(super) fn alike(&self) -> Vec<Vec<usize>> {
        let mut said: Vec<Vec<usize>> = vec![Vec::new(); self.weights.len()];
        let parts = self.statements.iter().flat_map(|statement| &statement.parts);
        let allowed = self.restrictions.iter().map(|restriction| {
            (0..self.weights.len()).filter(|value| restriction.allowed[*value]).collect::<Vec<usize>>()
        });
        for (at, values) in parts.map(|part| part.values.clone()).chain(allowed).enumerate() {
            values.into_iter().for_each(|value| said[value].push(at));
        }
        let mut groups: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
        for (value, said) in said.into_iter().enumerate() {
            groups.entry(said).or_default().push(value);
        }
        groups.into_values().collect()
    }
}

/// Deals the rows of groups of values to these, cell by cell, by their weights; what rounding leaves of a value in one cell counts in the next.
pub(super) struct Dealer<'g> {
    groups: &'g [Vec<usize>],
    left: Vec<f64>,
}

impl Dealer<'_> {
    pub fn new(groups: &[Vec<usize>]) -> Dealer<'_> {
        let values = groups.iter().flatten().max().map_or(0, |last| last + 1);
        Dealer { groups, left: vec![0.0; values] }
    }

    /// So many rows of each group in a cell with such weights; none where a group has rows and no weights.
    pub fn deal(&mut self, rows: &[u64], weights: &[f64]) -> Option<Vec<u64>> {
        let mut found = vec![0; weights.len()];
        for (values, rows) in self.groups.iter().zip(rows).filter(|(_, rows)| **rows > 0) {
            let sum: f64 = values.iter().map(|value| weights[*value]).sum();
            let exact = |value: usize| *rows as f64 * weights[value] / sum;
            let own = values.iter().map(|value| match weights[*value] > 0.0 {
                true => (exact(*value) + self.left[*value]).max(f64::MIN_POSITIVE),
                false => 0.0,
            });
            let dealt = largest_remainder(*rows, &own.collect::<Vec<f64>>())?;
            for (value, rows) in values.iter().zip(dealt) {
                found[*value] = rows;
                self.left[*value] += exact(*value) - rows as f64;
            }
        }
        Some(found)
    }
}

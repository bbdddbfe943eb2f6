//! The first few of many, in an order that depends on what they are and not on when they came.

use std::collections::BTreeMap;

use super::certificate::EXAMPLES;

/// The [`EXAMPLES`] smallest keys that were offered, each with what belongs to it.
#[derive(Clone, Debug)]
pub(super) struct Few<V>(BTreeMap<Vec<u8>, V>);

impl<V> Default for Few<V> {
    fn default() -> Self {
        Few(BTreeMap::new())
    }
}

impl<V> Few<V> {
    /// Offers a key; what belongs to it is made only where it is kept.
    pub(super) fn offer(&mut self, key: &[u8], value: impl FnOnce() -> V) {
        let full = self.0.len() >= EXAMPLES;
        if full && self.0.last_key_value().is_some_and(|(last, _)| last.as_slice() <= key) {
            return;
        }
        if !self.0.contains_key(key) {
            self.0.insert(key.to_vec(), value());
        }
        if self.0.len() > EXAMPLES {
            self.0.pop_last();
        }
    }

    /// Offers all of another.
    pub(super) fn merge(&mut self, other: Few<V>) {
        for (key, value) in other.0 {
            self.offer(&key, || value);
        }
    }

    /// What belongs to the keys, smallest first.
    pub(super) fn into_values(self) -> Vec<V> {
        self.0.into_values().collect()
    }

    /// The keys, smallest first.
    pub(super) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.0.keys().map(Vec::as_slice)
    }
}

//! Permutations of which only the first values are asked for, one after another for many keys: each costs as many steps as values it gives.

use super::{Permutation, TABLE_LIMIT};
use crate::random::Key;

/// Values without repeats out of [0, n) for one key after another.
///
/// Up to 65,536 values are shuffled from their end (Durstenfeld 1964), as far as is asked for: the value at a position is what the step of
/// that number puts at the end, so that a key's first values cost no more steps than there are of them, whatever n is. What was swapped is put
/// back for the next key. Above, it is a [`Permutation`], which costs nothing to set up.
pub struct Deck {
    n: u64,
    dealt: Dealt,
}

enum Dealt {
    Cards { cards: Box<[u16]>, moved: Vec<u16>, key: Option<Key> },
    Network(Option<Permutation>),
}

impl Deck {
    /// A deck of `n` values, one at least. [`Deck::shuffle`] names the key.
    pub fn new(n: u64) -> Deck {
        let n = n.max(1);
        let dealt = if n > TABLE_LIMIT {
            Dealt::Network(None)
        } else {
            Dealt::Cards { cards: (0..n).map(|card| card as u16).collect(), moved: Vec::new(), key: None }
        };
        Deck { n, dealt }
    }

    /// Begins the permutation that the key names.
    pub fn shuffle(&mut self, key: Key) {
        match &mut self.dealt {
            Dealt::Network(permutation) => *permutation = Some(Permutation::new(key, self.n)),
            Dealt::Cards { cards, moved, key: known } => {
                for (step, place) in moved.drain(..).enumerate() {
                    for place in [usize::from(place), cards.len() - 1 - step] {
                        cards[place] = place as u16;
                    }
                }
                *known = Some(key);
            }
        }
    }

    /// The value at a position; positions count modulo n. Before a key is named, values are in their order.
    pub fn at(&mut self, position: u64) -> u64 {
        let position = position % self.n;
        match &mut self.dealt {
            Dealt::Network(permutation) => {
                permutation.as_ref().map_or(position, |permutation| permutation.at(position))
            }
            Dealt::Cards { key: None, .. } => position,
            Dealt::Cards { cards, moved, key: Some(key) } => {
                let place = cards.len() - 1 - position as usize;
                while moved.len() <= position as usize {
                    let last = cards.len() - 1 - moved.len();
                    let other = key.below(last as u64, last as u64 + 1) as usize;
                    cards.swap(last, other);
                    moved.push(other as u16);
                }
                u64::from(cards[place])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::Seeds;

    fn key(index: u64) -> Key {
        Seeds::new(3).key("t", "c", "position", 0).child(index)
    }

    proptest! {
        #[test]
        fn values_do_not_depend_on_what_was_asked_before(
            n in prop_oneof![1_u64..20, 60_000_u64..70_000],
            asked in prop::collection::vec((0_u64..4, 0_u64..100), 1..60),
        ) {
            let mut deck = Deck::new(n);
            for (index, position) in asked {
                deck.shuffle(key(index));
                let value = deck.at(position);
                let mut fresh = Deck::new(n);
                fresh.shuffle(key(index));
                prop_assert_eq!(fresh.at(position), value);
                // Whatever was asked first, a position has one value.
                let first = deck.at(0);
                prop_assert_eq!(deck.at(position), value);
                prop_assert_eq!(deck.at(position % n + n), value);
                prop_assert_eq!(fresh.at(0), first);
            }
        }

        #[test]
        fn no_value_comes_twice(n in 1_u64..300, index in 0_u64..1000) {
            let mut deck = Deck::new(n);
            deck.shuffle(key(index));
            let mut values: Vec<u64> = (0..n).map(|position| deck.at(position)).collect();
            values.sort_unstable();
            prop_assert_eq!(values, (0..n).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_key_costs_as_many_steps_as_values_are_asked_for() {
        let mut deck = Deck::new(65_536);
        for index in 0..100 {
            deck.shuffle(key(index));
            deck.at(3);
            let Dealt::Cards { moved, .. } = &deck.dealt else { panic!("a table") };
            assert_eq!(moved.len(), 4);
        }
    }

    #[test]
    fn every_order_is_as_likely_at_four_sigmas() {
        let mut counts = std::collections::BTreeMap::new();
        let mut deck = Deck::new(4);
        for index in 0..24_000 {
            deck.shuffle(key(index));
            *counts.entry([0, 1, 2, 3].map(|position| deck.at(position))).or_insert(0_u32) += 1;
        }
        assert_eq!(counts.len(), 24);
        let statistic: f64 = counts.values().map(|count| (f64::from(*count) - 1000.0).powi(2) / 1000.0).sum();
        assert!((statistic - 23.0).abs() < 4.0 * 46.0_f64.sqrt(), "{statistic}");
    }
}

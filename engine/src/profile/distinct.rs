//! Different values: counted each while they are few, estimated from the smallest of their hashes beyond.
//!
//! Every value has a hash of 64 bits. While there are at most [`EXACT_VALUES`] hashes each has its value and its count. Beyond, only the
//! smallest k = [`EXACT_VALUES`] hashes matter: with U the k-th smallest of n hashes, as a share of all that there can be, (k − 1)/U is an
//! unbiased estimate of n with the standard error n/√(k − 2) (k minimum values: Bar-Yossef, Jayram, Kumar, Sivakumar & Trevisan 2002, "Counting
//! distinct elements in a data stream"; the estimator: Beyer, Haas, Reinwald, Sismanis & Gemulla 2007, "On synopses for distinct-value
//! estimation under multiset operations"). The smallest hashes of a set are the same in whichever order it is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::plan::BLOCK;

/// Different values of a column up to which they are counted exactly.
pub const EXACT_VALUES: usize = 1 << 12;

/// The largest hash that still matters to a column. Blocks that read an older one pass on more than they need to, and nothing less.
#[derive(Clone, Debug)]
pub(super) struct Bound(Arc<AtomicU64>);

impl Default for Bound {
    fn default() -> Bound {
        Bound(Arc::new(AtomicU64::new(u64::MAX)))
    }
}

impl Bound {
    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, bound: u64) {
        self.0.store(bound, Ordering::Relaxed);
    }
}

/// Hashes in a table of open addresses; the upper bits are what [`Bound`] cuts, so places go by the lower ones.
#[derive(Clone, Debug)]
struct Slots {
    /// Places in `hashes`, counted from 1; 0 is free.
    slots: Vec<u32>,
    hashes: Vec<u64>,
}

impl Slots {
    /// With room for half as many hashes as slots before it grows.
    fn new(slots: usize) -> Slots {
        Slots { slots: vec![0; slots], hashes: Vec::with_capacity(slots / 2) }
    }

    /// The place of a hash, and whether it is new.
    #[inline]
    fn place(&mut self, hash: u64) -> (usize, bool) {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            match self.slots[at] {
                0 => break,
                place if self.hashes[place as usize - 1] == hash => return (place as usize - 1, false),
                _ => at = (at + 1) & mask,
            }
        }
        self.hashes.push(hash);
        self.slots[at] = self.hashes.len() as u32;
        if 2 * self.hashes.len() > self.slots.len() {
            self.rebuild(4 * self.slots.len());
        }
        (self.hashes.len() - 1, true)
    }

    fn rebuild(&mut self, size: usize) {
        self.slots.clear();
        self.slots.resize(size, 0);
        for (place, hash) in self.hashes.iter().enumerate() {
            let mut at = *hash as usize & (size - 1);
            while self.slots[at] != 0 {
                at = (at + 1) & (size - 1);
            }
            self.slots[at] = place as u32 + 1;
        }
    }
}

/// The different values of a block, as far as they matter: hashes, how often each stands, and where first.
#[derive(Debug)]
pub(super) struct BlockKeys {
    slots: Slots,
    counts: Vec<u32>,
    places: Vec<u32>,
    bound: u64,
}

impl BlockKeys {
    pub(super) fn new(bound: &Bound) -> BlockKeys {
        // Room for a block of different values: zeros cost less than growing.
        let rows = BLOCK as usize;
        BlockKeys {
            slots: Slots::new(2 * rows),
            counts: Vec::with_capacity(rows),
            places: Vec::with_capacity(rows),
            bound: bound.get(),
        }
    }

    /// Adds the value at a place of the block.
    #[inline]
    pub(super) fn add(&mut self, hash: u64, place: usize) {
        if hash > self.bound {
            return;
        }
        match self.slots.place(hash) {
            (_, true) => {
                self.counts.push(1);
                self.places.push(place as u32);
            }
            (key, false) => self.counts[key] += 1,
        }
    }

    /// Whether every value of the block is among them, since none had a hash that does not matter.
    pub(super) fn has_all(&self) -> bool {
        self.bound == u64::MAX
    }

    /// Where each first stands.
    pub(super) fn places(&self) -> &[u32] {
        &self.places
    }
}

/// The different values of a column so far.
pub(super) struct Distinct<V> {
    slots: Slots,
    /// With the values, while all are counted.
    counted: Option<Vec<(V, u64)>>,
    bound: Bound,
}

impl<V> Distinct<V> {
    pub(super) fn new(bound: Bound) -> Distinct<V> {
        Distinct { slots: Slots::new(64), counted: Some(Vec::new()), bound }
    }

    /// Adds a block; `value` gives that of a key, by its place among the keys.
    pub(super) fn add(&mut self, keys: &BlockKeys, mut value: impl FnMut(usize) -> V) {
        let bound = self.bound.get();
        for (key, &hash) in keys.slots.hashes.iter().enumerate() {
            if hash > bound {
                continue;
            }
            let (place, is_new) = self.slots.place(hash);
            if let Some(counted) = &mut self.counted {
                let count = u64::from(keys.counts[key]);
                match is_new {
                    true if place < EXACT_VALUES => counted.push((value(key), count)),
                    true => self.counted = None,
                    false => counted[place].1 += count,
                }
            }
        }
        if self.slots.hashes.len() >= 2 * EXACT_VALUES {
            self.prune();
        }
    }

    /// Keeps the smallest hashes.
    fn prune(&mut self) {
        let (_, &mut largest, _) = self.slots.hashes.select_nth_unstable(EXACT_VALUES - 1);
        self.slots.hashes.truncate(EXACT_VALUES);
        self.slots.rebuild(8 * EXACT_VALUES);
        self.bound.set(largest);
    }

    /// How many there are, at most `most`; and whether that is exact.
    pub(super) fn count(&self, most: u64) -> (u64, bool) {
        let mut hashes = self.slots.hashes.clone();
        if self.counted.is_some() {
            return (hashes.len() as u64, true);
        }
        let (_, &mut largest, _) = hashes.select_nth_unstable(EXACT_VALUES - 1);
        let share = (largest as f64 + 1.0) / 2.0_f64.powi(64);
        let estimate = ((EXACT_VALUES - 1) as f64 / share).round() as u64;
        (estimate.clamp(EXACT_VALUES as u64, most.max(EXACT_VALUES as u64)), false)
    }

    /// Each with its count, where all are counted; in no order that means anything.
    pub(super) fn counted(self) -> Option<Vec<(V, u64)>> {
        self.counted
    }
}

/// The hash of a word: the finaliser of splitmix64 (Steele, Lea & Flood 2014), a bijection, so that different words never collide.
#[inline]
pub(super) fn hash_word(word: u64) -> u64 {
    crate::random::mix(word ^ 0x9E37_79B9_7F4A_7C15)
}

/// The hash of two words: their product in 128 bits, folded (as wyhash does, Wang 2019), and mixed.
#[inline]
pub(super) fn hash_pair(low: u64, high: u64) -> u64 {
    hash_word(fold(low, high) ^ low.rotate_left(32) ^ high)
}

/// The hash of bytes, sixteen at a time; the last sixteen may overlap those before.
#[inline]
pub(super) fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut hash = fold(bytes.len() as u64, 0);
    let Some(last) = bytes.last_chunk::<16>() else {
        let mut padded = [0; 16];
        padded[..bytes.len()].copy_from_slice(bytes);
        return hash_word(fold_chunk(hash, &padded));
    };
    for chunk in bytes[..bytes.len() - 1].as_chunks::<16>().0 {
        hash = fold_chunk(hash, chunk);
    }
    hash_word(fold_chunk(hash, last))
}

#[inline]
fn fold_chunk(hash: u64, chunk: &[u8; 16]) -> u64 {
    let word = u128::from_le_bytes(*chunk);
    fold(hash ^ word as u64, (word >> 64) as u64)
}

/// The product of two words in 128 bits, folded.
#[inline]
fn fold(low: u64, high: u64) -> u64 {
    let product = u128::from(low ^ 0xA076_1D64_78BD_642F) * u128::from(high ^ 0xE703_7ED1_A0B4_28DB);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(values: impl Iterator<Item = u64>, block: usize) -> Distinct<u64> {
        let values: Vec<u64> = values.collect();
        let mut distinct = Distinct::new(Bound::default());
        for block in values.chunks(block) {
            let mut keys = BlockKeys::new(&distinct.bound);
            block.iter().enumerate().for_each(|(place, value)| keys.add(hash_word(*value), place));
            distinct.add(&keys, |key| block[keys.places()[key] as usize]);
        }
        distinct
    }

    #[test]
    fn few_values_are_counted_each() {
        let distinct = counted((0..100_000).map(|row| row % EXACT_VALUES as u64), 4096);
        assert_eq!(distinct.count(100_000), (EXACT_VALUES as u64, true));
        let mut counts = distinct.counted().expect("counts");
        counts.sort_unstable();
        assert!(counts.iter().enumerate().all(|(at, (value, count))| at as u64 == *value && (24..=25).contains(count)));
    }

    #[test]
    fn one_more_is_estimated_and_so_are_many_within_four_standard_errors() {
        for n in [EXACT_VALUES as u64 + 1, 10_000, 300_000] {
            let distinct = counted((0..2 * n).map(|row| row % n), 4096);
            let (count, exact) = distinct.count(2 * n);
            assert!(!exact);
            let error = count as f64 / n as f64 - 1.0;
            assert!(error.abs() < 4.0 / (EXACT_VALUES as f64 - 2.0).sqrt(), "{count} of {n}");
            assert_eq!(distinct.count(2 * n), counted((0..2 * n).rev().map(|row| row % n), 999).count(2 * n));
        }
    }

    #[test]
    fn bytes_of_other_lengths_and_places_have_other_hashes() {
        let texts: Vec<Vec<u8>> = (0..40).flat_map(|length| [vec![0; length], vec![7; length + 1]]).collect();
        let mut hashes: Vec<u64> = texts.iter().map(|text| hash_bytes(text)).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), texts.len());
        assert_ne!(hash_bytes(b"abcdefghijklmnop"), hash_bytes(b"ijklmnopabcdefgh"));
        assert_ne!(hash_pair(1, 2), hash_pair(2, 1));
    }
}

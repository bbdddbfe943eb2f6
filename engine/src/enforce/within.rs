//! A distribution between bounds: what of it lies there, drawn as it would be if all else were drawn again.

use std::collections::HashMap;

use crate::generators::Quantiles;

/// Shares of a distribution below bounds, each searched once.
#[derive(Default)]
pub(crate) struct Shares {
    known: HashMap<(u64, bool), f64>,
}

impl Shares {
    /// The value at a share of what lies between bounds.
    pub fn within(&mut self, quantiles: &Quantiles, share: f64, (low, high): (f64, f64)) -> f64 {
        let from = if low > quantiles.low { self.below(quantiles, low, false) } else { 0.0 };
        let to = if high < quantiles.high { self.below(quantiles, high, true) } else { 1.0 };
        let value = quantiles.at((from + share * (to - from)).clamp(f64::EPSILON / 4.0, 1.0 - f64::EPSILON / 2.0));
        // What lies between may have no share that a number tells.
        if high < low { low } else { value.clamp(low, high) }
    }

    /// The share below a value, or up to it.
    fn below(&mut self, quantiles: &Quantiles, value: f64, up_to: bool) -> f64 {
        const MOST: usize = 1 << 20;
        const STEPS: usize = 52;
        if self.known.len() > MOST {
            self.known.clear();
        }
        *self.known.entry((value.to_bits(), up_to)).or_insert_with(|| {
            let (mut low, mut high) = (0.0, 1.0);
            for _ in 0..STEPS {
                let middle = 0.5 * (low + high);
                let found = quantiles.at(middle);
                if found < value || (up_to && found == value) { low = middle } else { high = middle }
            }
            0.5 * (low + high)
        })
    }
}

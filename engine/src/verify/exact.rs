//! Sums of floats that do not depend on the order of their terms: exact, and rounded once.
//!
//! The terms are kept as floats that do not overlap (Shewchuk 1997), of which there are few however many terms come; the sum is the float
//! nearest to what they add up to.

/// A sum of floats.
#[derive(Clone, Debug, Default)]
pub(super) struct ExactSum {
    /// Ascending in size, none overlapping another.
    parts: Vec<f64>,
}

impl ExactSum {
    /// Adds a term.
    pub(super) fn add(&mut self, term: f64) {
        let mut term = term;
        let mut kept = 0;
        for at in 0..self.parts.len() {
            let (large, small) = match self.parts[at] {
                part if part.abs() < term.abs() => (term, part),
                part => (part, term),
            };
            let sum = large + small;
            let rest = small - (sum - large);
            if rest != 0.0 {
                self.parts[kept] = rest;
                kept += 1;
            }
            term = sum;
        }
        self.parts.truncate(kept);
        self.parts.push(term);
    }

    /// The float nearest to the sum.
    pub(super) fn value(&self) -> f64 {
        let Some((mut high, mut left)) = self.parts.split_last().map(|(last, left)| (*last, left)) else { return 0.0 };
        let mut low = 0.0;
        while let Some((part, rest)) = left.split_last() {
            let sum = high + part;
            low = part - (sum - high);
            (high, left) = (sum, rest);
            if low != 0.0 {
                break;
            }
        }
        // Half way between two floats what is left decides.
        if left.last().is_some_and(|part| (low < 0.0 && *part < 0.0) || (low > 0.0 && *part > 0.0)) {
            let twice = low * 2.0;
            let sum = high + twice;
            if sum - high == twice {
                high = sum;
            }
        }
        high
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::ExactSum;

    fn sum(terms: &[f64]) -> f64 {
        let mut sum = ExactSum::default();
        terms.iter().for_each(|term| sum.add(*term));
        sum.value()
    }

    #[test]
    fn what_cancels_leaves_what_does_not() {
        assert_eq!(sum(&[]), 0.0);
        assert_eq!(sum(&[1e100, 1.0, -1e100]), 1.0);
        assert_eq!(sum(&[0.1; 10]), 1.0);
        assert_eq!(sum(&[1e16, 1.0, 1e-16]), 1e16 + 2.0);
    }

    proptest! {
        #[test]
        fn any_order_gives_the_same(terms in prop::collection::vec((-1.0_f64..1.0, -60_i32..60), 0..40), seed in 0_usize..1_000) {
            let terms: Vec<f64> = terms.iter().map(|(part, power)| part * 2.0_f64.powi(*power)).collect();
            let mut other = terms.clone();
            other.reverse();
            if !other.is_empty() {
                let places = other.len();
                other.rotate_left(seed % places);
            }
            prop_assert_eq!(sum(&terms), sum(&other));
        }
    }
}

//! The values of a condition's rows by rank: quantiles at evenly spaced shares, bent, with some ranks placed.

use super::listed::Runs;
use crate::generators::Quantiles;
use crate::permutation::Permutation;
use crate::quantile::{normal_cdf, normal_quantile};

/// The values of the rows of a condition, by rank.
pub(crate) struct Shape {
    pub order: Permutation,
    pub(super) curve: Curve,
    /// Units that single ranks take beside.
    pub(super) spread: Spread,
    /// The values alone, where they come from a list.
    pub(super) runs: Option<Runs>,
}

/// The values by rank, ascending.
pub(super) struct Curve {
    pub segments: Vec<Segment>,
    pub bend: Bend,
    /// Added to every value between the placed ones.
    pub shift: f64,
}

/// Ranks between two placed ones, and what they may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub first: u64,
    pub count: u64,
    /// Shares of the distribution at its ends.
    pub from: f64,
    pub to: f64,
    pub low: f64,
    pub high: f64,
    /// The value of the placed rank behind it.
    pub placed: Option<f64>,
}

/// How shares are bent within a segment.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bend {
    /// The odds of a share times this: a map of the shares onto themselves that is monotone and takes one division.
    Odds(f64),
    Scores {
        shift: f64,
        scale: f64,
    },
    /// The same of the shares of the whole distribution, so that values come near to each other over placed ones.
    AllScores {
        shift: f64,
        scale: f64,
    },
}

impl Bend {
    pub fn at(self, share: f64) -> f64 {
        match self {
            Bend::Odds(factor) => factor * share / (1.0 - share + factor * share),
            Bend::Scores { shift, scale } | Bend::AllScores { shift, scale } => {
                normal_cdf(shift + scale * normal_quantile(share))
            }
        }
    }
}

/// One more unit, up or down, for some of the ranks that have room for it.
#[derive(Clone, Debug, Default)]
pub(super) struct Spread {
    pub unit: f64,
    /// Ranks with room, run by run, each with the number of those before it.
    pub runs: Vec<(u64, u64, u64)>,
    pub room: u64,
    pub needed: u64,
}

impl Spread {
    pub fn at(&self, rank: u64) -> f64 {
        if self.needed == 0 {
            return 0.0;
        }
        let run = self.runs.partition_point(|(first, _, _)| *first <= rank);
        let Some((first, count, before)) = run.checked_sub(1).map(|run| self.runs[run]) else { return 0.0 };
        if rank - first >= count {
            return 0.0;
        }
        let place = before + (rank - first);
        // Whether place · needed / room passes a whole number before the next place does: both are below 2^32 but in the largest of tables.
        let passes = match place.checked_mul(self.needed) {
            Some(product) => product % self.room >= self.room.saturating_sub(self.needed),
            None => {
                let product = u128::from(place) * u128::from(self.needed) % u128::from(self.room);
                product >= u128::from(self.room.saturating_sub(self.needed))
            }
        };
        if passes { self.unit } else { 0.0 }
    }
}

impl Shape {
    /// The value at a rank.
    pub fn value(&self, quantiles: &Quantiles, rank: u64) -> f64 {
        match &self.runs {
            Some(runs) => runs.at(rank),
            None => self.curve.at(quantiles, rank) + self.spread.at(rank),
        }
    }
}

impl Curve {
    pub fn at(&self, quantiles: &Quantiles, rank: u64) -> f64 {
        let at = self.segments.partition_point(|segment| segment.first + segment.count <= rank);
        let segment = &self.segments[at.min(self.segments.len() - 1)];
        match rank.checked_sub(segment.first) {
            Some(place) if place < segment.count => self.inside(quantiles, segment, place),
            // Between two segments a placed rank stands.
            _ => self.segments[at - 1].placed.unwrap_or(segment.low),
        }
    }

    pub fn inside(&self, quantiles: &Quantiles, segment: &Segment, place: u64) -> f64 {
        let share = (place as f64 + 0.5) / segment.count as f64;
        let within = |share: f64| segment.from + (segment.to - segment.from) * share;
        let share = match self.bend {
            Bend::AllScores { .. } => self.bend.at(within(share).clamp(1e-16, 1.0 - 1.2e-16)),
            _ => within(self.bend.at(share)),
        };
        // A float below one half is never rounded up to one.
        let value = quantiles.at(share.clamp(1e-16, 1.0 - 1.2e-16));
        (value.clamp(segment.low, segment.high) + self.shift).clamp(segment.low, segment.high)
    }
}

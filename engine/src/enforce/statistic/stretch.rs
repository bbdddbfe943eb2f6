//! Values whose standard deviation is asked: their normal scores are stretched, at a mean that is asked or that they can well have.

use super::curve::{Bend, Curve};
use super::{Asked, Measured, SAMPLED, STEPS};
use crate::enforce::quota::Conflict;

/// What scores are stretched in: each part between placed ranks for itself, or all values together.
#[derive(Clone, Copy)]
enum Within {
    Segments,
    All,
}

impl Measured {
    /// The standard deviation at a mean with normal scores stretched by e to a power; the curve is left so.
    fn spread_at(
        &self,
        asked: &Asked,
        curve: &mut Curve,
        rows: u64,
        (mean, within): (f64, Within),
        power: f64,
    ) -> Result<f64, Conflict> {
        let scale = libm::exp(power);
        let bend = |shift: f64| {
            let shift = shift * (1.0 + scale);
            match within {
                Within::Segments => Bend::Scores { shift, scale },
                Within::All => Bend::AllScores { shift, scale },
            }
        };
        curve.bend = self.bent(asked, curve, rows, mean, bend, 12.0)?;
        Ok(self.moments(curve, rows, SAMPLED).1)
    }

    /// The bend that gives a standard deviation, at the mean that is asked or at one that the column can well have.
    pub(super) fn stretched(
        &self,
        asked: &Asked,
        curve: &mut Curve,
        rows: u64,
        mean: Option<f64>,
        std: f64,
    ) -> Result<(), Conflict> {
        let own = self.moments(curve, rows, SAMPLED).0;
        let mut means = vec![mean.unwrap_or(own)];
        if mean.is_none() {
            // Values half at one end and half at the other lie farthest apart.
            let ends = curve.segments.iter().flat_map(|segment| [segment.low, segment.high]);
            let (low, high) = (self.quantiles.low.max(-1e300), self.quantiles.high.min(1e300));
            let ends: Vec<f64> = ends.filter(|end| (low..=high).contains(end)).collect();
            let of = |fold: fn(f64, f64) -> f64, from: f64| ends.iter().copied().fold(from, fold);
            let (low, high) = (of(f64::min, f64::INFINITY), of(f64::max, f64::NEG_INFINITY));
            means.extend(Some(0.5 * (low + high)).filter(|middle| middle.is_finite()));
        }
        let mut first = None;
        for mean in means {
            // Where ranks are placed, all values together come nearer to these than each part for itself.
            let parts =
                if curve.segments.len() > 1 { &[Within::Segments, Within::All][..] } else { &[Within::Segments] };
            for within in parts {
                let mut tried = Curve { segments: curve.segments.clone(), bend: curve.bend, shift: curve.shift };
                match self.scaled(asked, &mut tried, rows, (mean, *within), std) {
                    Ok(()) => {
                        *curve = tried;
                        return Ok(());
                    }
                    Err(conflict) => first = first.or(Some(conflict)),
                }
            }
        }
        first.map_or(Ok(()), Err)
    }

    /// The bend that gives a standard deviation at a mean.
    fn scaled(
        &self,
        asked: &Asked,
        curve: &mut Curve,
        rows: u64,
        mean: (f64, Within),
        std: f64,
    ) -> Result<(), Conflict> {
        const MOST: f64 = 7.0;
        let (least, largest) =
            (self.spread_at(asked, curve, rows, mean, -MOST)?, self.spread_at(asked, curve, rows, mean, MOST)?);
        let slack = 0.005 * std + self.quantiles.quantum.unwrap_or(0.0);
        if std < least - slack || std > largest + slack {
            let print = |value: f64| self.quantiles.print(value);
            let detail = format!(
                "{} asks for a standard deviation of {}, and {} can have one between {} and {} at that mean",
                asked.rules.join(" and "),
                print(std),
                self.column,
                print(least),
                print(largest)
            );
            return Err(self.conflict(asked, detail));
        }
        // What the sampled ranks miss of the tails is made up for by asking for more.
        const ROUNDS: usize = 6;
        let near = (0.001 * std).min(0.25 * asked.std_tolerance);
        let mut wanted = std;
        for _ in 0..ROUNDS {
            let (mut low, mut high) = (-MOST, MOST);
            for _ in 0..STEPS {
                let middle = 0.5 * (low + high);
                let off = self.spread_at(asked, curve, rows, mean, middle)? - wanted;
                if off.abs() <= (1e-4 * wanted).min(0.1 * near) {
                    break;
                }
                if off < 0.0 { low = middle } else { high = middle }
            }
            if rows <= SAMPLED {
                break;
            }
            let found = self.moments(curve, rows, rows).1;
            if found == 0.0 || (found - std).abs() <= near {
                break;
            }
            wanted *= std / found;
        }
        Ok(())
    }
}

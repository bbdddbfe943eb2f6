//! Numbers whose scores have the statistics that rules ask: of each row the score is known by its rank, and the number is drawn where the
//! distribution has that score.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::compute::interleave;

use super::statistic::Measured;
use crate::generators::{Cells, Fill, Held, Quantiles, Rows, RunError};
use crate::random::{Key, open_unit};

/// A part of a distribution that has one score.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    /// The shares between which it lies.
    pub from: f64,
    pub to: f64,
    /// Its smallest and its largest value.
    pub low: f64,
    pub high: f64,
    /// The score, in its own units.
    pub score: f64,
}

/// A number under a score. Inputs: the column as it is drawn, then the conditions in the order of their bits.
pub(crate) struct Pulled {
    /// What the score is to be.
    pub measured: Arc<Measured>,
    /// The number's own distribution, and its parts in ascending order.
    pub quantiles: Arc<Quantiles>,
    pub pieces: Vec<Piece>,
    pub key: Key,
}

impl Pulled {
    /// A number of a score, at a share of all that have it.
    fn at(&self, score: f64, share: f64) -> f64 {
        let of_score = || self.pieces.iter().filter(|piece| piece.score == score);
        let mut left = share * of_score().map(|piece| piece.to - piece.from).sum::<f64>();
        let mut found = self.quantiles.at(share);
        for piece in of_score() {
            let width = piece.to - piece.from;
            found = self.quantiles.at(piece.from + left.min(width)).clamp(piece.low, piece.high);
            if left < width {
                break;
            }
            left -= width;
        }
        found
    }
}

impl Fill for Pulled {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let scores = self.measured.values(cells.plan, rows, &cells.inputs[1..])?;
        let mut from = Vec::with_capacity(rows.len());
        let mut values = Vec::new();
        for (position, (row, score)) in rows.iter().zip(scores).enumerate() {
            match score {
                None => from.push((0, position)),
                Some(score) => {
                    from.push((1, values.len()));
                    values.push(self.at(score, open_unit(self.key.word(row))));
                }
            }
        }
        let values = self.quantiles.array(&values)?;
        interleave(&[cells.inputs[0].as_ref(), values.as_ref()], &from)
            .map_err(|error| RunError::new(error.to_string()))
    }

    fn hold(&self, held: &mut Held<'_>) {
        held.add(&*self.measured, self.measured.most_bytes(held.plan));
    }
}

//! Combinations from a list: one draw over the tuples, and for each column that it decides the value that its tuple has.

use std::collections::HashMap;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use datafusion::arrow::compute::{interleave, take};
use datafusion::arrow::datatypes::UInt32Type;
use datafusion::arrow::row::RowConverter;

use super::choose::truths;
use crate::generators::{Cells, Fill, Rows, RunError};
use crate::random::{Alias, Key};

/// The tuples that may stand beside some values, and how one is drawn.
pub(crate) struct Options {
    pub tuples: Vec<u32>,
    pub draw: Alias,
}

/// The number of the row's tuple: null where the rule says nothing of the row. Inputs: the columns that stand fast, then the condition of
/// `when`, where there is one.
pub(crate) struct Tuples {
    pub key: Key,
    /// By the values of the columns that stand fast; none beside which no tuple may stand.
    pub beside: HashMap<Box<[u8]>, Option<Options>>,
    /// For all other values of them; none may stand where absent.
    pub otherwise: Option<Options>,
    /// Reads the columns that stand fast; absent where there are none.
    pub converter: Option<RowConverter>,
    pub fixed: usize,
    pub rule: String,
}

impl Fill for Tuples {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let words = cells.words(&self.key, rows);
        let when = cells.inputs.get(self.fixed).map(truths);
        let fixed = &cells.inputs[..self.fixed];
        let failed = |error: datafusion::arrow::error::ArrowError| RunError::new(error.to_string());
        let keys = match &self.converter {
            Some(converter) => Some(converter.convert_columns(fixed).map_err(failed)?),
            None => None,
        };
        let mut drawn = Vec::with_capacity(rows.len());
        for (position, word) in words.into_iter().enumerate() {
            let spoken = when.as_ref().is_none_or(|when| when.value(position));
            if !spoken || fixed.iter().any(|column| column.is_null(position)) {
                drawn.push(None);
                continue;
            }
            let beside = keys.as_ref().and_then(|keys| self.beside.get(keys.row(position).as_ref()));
            let Some(options) = beside.map_or(self.otherwise.as_ref(), Option::as_ref) else {
                let text =
                    |column: &ArrayRef| datafusion::arrow::util::display::array_value_to_string(column, position);
                let values: Vec<String> = fixed.iter().map(|column| text(column).unwrap_or_default()).collect();
                let detail = format!("{} lists no combination with {}", self.rule, values.join(", "));
                return Err(RunError { row: Some(rows.at(position)), ..RunError::new(detail) });
            };
            drawn.push(Some(options.tuples[options.draw.pick(word)]));
        }
        Ok(std::sync::Arc::new(UInt32Array::from(drawn)))
    }
}

/// A column's value in the row's tuple: by the first input's number; where that is null, the second input's own value.
pub(crate) struct OfTuple {
    pub values: ArrayRef,
    /// For each tuple the place of its value.
    pub places: Vec<u32>,
}

impl Fill for OfTuple {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let tuples = cells.inputs[0].as_primitive::<UInt32Type>();
        let failed = |error: datafusion::arrow::error::ArrowError| RunError::new(error.to_string());
        let place = |tuple: u32| self.places[tuple as usize];
        match cells.inputs.get(1) {
            None => {
                let places: UInt32Array = tuples.iter().map(|tuple| tuple.map(place)).collect();
                take(self.values.as_ref(), &places, None).map_err(failed)
            }
            Some(own) => {
                let from: Vec<(usize, usize)> = (0..rows.len())
                    .map(|row| match tuples.is_valid(row) {
                        true => (0, place(tuples.value(row)) as usize),
                        false => (1, row),
                    })
                    .collect();
                interleave(&[self.values.as_ref(), own.as_ref()], &from).map_err(failed)
            }
        }
    }
}

/// Weights of tuples whose sums by value come as near as they can to those of each column: iterative proportional fitting (Deming & Stephan
/// 1940) from the product of the columns' own weights. `tuples[column][tuple]` is the place of a value, `weights[column][place]` its weight.
pub(crate) fn fitted(tuples: &[Vec<u32>], weights: &[Vec<f64>], is_whole: bool) -> Vec<f64> {
    const ROUNDS: usize = 200;
    let count = tuples.first().map_or(0, Vec::len);
    let mut fitted: Vec<f64> = (0..count)
        .map(|tuple| {
            tuples.iter().zip(weights).fold(1.0, |product, (places, weights)| product * weights[places[tuple] as usize])
        })
        .collect();
    if !is_whole {
        return fitted;
    }
    for _ in 0..ROUNDS {
        let mut moved = 0.0_f64;
        for (places, weights) in tuples.iter().zip(weights) {
            let mut sums = vec![0.0; weights.len()];
            for (tuple, weight) in fitted.iter().enumerate() {
                sums[places[tuple] as usize] += weight;
            }
            // Values that stand in no tuple have none of the weight.
            let reached: f64 = (0..weights.len()).filter(|place| sums[*place] > 0.0).map(|place| weights[place]).sum();
            for (tuple, weight) in fitted.iter_mut().enumerate() {
                let place = places[tuple] as usize;
                if sums[place] > 0.0 && reached > 0.0 {
                    let factor = weights[place] / reached / sums[place];
                    moved = moved.max((factor - 1.0).abs());
                    *weight *= factor;
                }
            }
        }
        if moved < 1e-12 {
            break;
        }
    }
    fitted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_of_tuples_keep_the_columns_own_shares_where_they_can() {
        // Three of the four pairs of a (0.3, 0.7) and b (0.6, 0.4): (0, 0) is left out.
        let fitted = fitted(&[vec![0, 1, 1], vec![1, 0, 1]], &[vec![0.3, 0.7], vec![0.6, 0.4]], true);
        let expected = [0.3, 0.6, 0.1];
        for (fitted, expected) in fitted.iter().zip(expected) {
            assert!((fitted - expected).abs() < 1e-9, "{fitted} {expected}");
        }
    }

    #[test]
    fn what_no_weights_can_keep_comes_near_and_stays_a_distribution() {
        let fitted = fitted(&[vec![0, 1], vec![0, 1]], &[vec![0.5, 0.5], vec![0.9, 0.1]], true);
        assert!((fitted.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
}

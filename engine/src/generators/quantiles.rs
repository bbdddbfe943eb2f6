//! A column's distribution as a function of the share below: what statistics are made of.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float64Array};

use super::RunError;
use super::interval::array_of;
use crate::types::LogicalType;

/// The largest number of units that an f64 tells from its neighbours.
const MOST_COUNTED: f64 = 9_007_199_254_740_992.0;

/// A distribution, the same in all rows, by its quantiles in units: days, microseconds, units of the last decimal place; floats as they are.
pub struct Quantiles {
    logical: LogicalType,
    at: Box<dyn Fn(f64) -> f64 + Send + Sync>,
    /// The smallest value.
    pub low: f64,
    /// The largest value.
    pub high: f64,
    /// The distance of values, where they lie on a grid.
    pub quantum: Option<f64>,
    /// Units of a 1, for floats of some digits.
    factor: f64,
}

impl Quantiles {
    /// The distribution of `at`, never decreasing; nothing where its values are too large to be counted.
    pub(crate) fn new(
        logical: LogicalType,
        (low, high): (f64, f64),
        quantum: Option<f64>,
        at: impl Fn(f64) -> f64 + Send + Sync + 'static,
    ) -> Option<Quantiles> {
        let counted = |end: f64| quantum.is_none() || end.abs() < MOST_COUNTED;
        let fits = counted(low.max(-MOST_COUNTED / 2.0)) && counted(high.min(MOST_COUNTED / 2.0));
        fits.then(|| Quantiles { logical, at: Box::new(at), low, high, quantum, factor: 1.0 })
    }

    /// The same for floats of some digits, whose units are what the last digit counts.
    #[must_use]
    pub(super) fn of_digits(mut self, factor: f64) -> Quantiles {
        self.factor = factor;
        self
    }

    /// The value below which a share of the distribution lies.
    pub(crate) fn at(&self, share: f64) -> f64 {
        (self.at)(share)
    }

    /// Units of a 1: what a written number is multiplied by.
    pub(crate) fn units_of_one(&self) -> f64 {
        match &self.logical {
            LogicalType::Decimal { scale, .. } => 10_f64.powi(i32::from(*scale)),
            _ => self.factor,
        }
    }

    /// The type of the values.
    pub(crate) fn logical(&self) -> &LogicalType {
        &self.logical
    }

    /// Values in units as an array.
    pub(crate) fn array(&self, units: &[f64]) -> Result<ArrayRef, RunError> {
        match self.logical {
            LogicalType::Float => {
                Ok(Arc::new(units.iter().map(|value| value / self.factor + 0.0).collect::<Float64Array>()))
            }
            _ => array_of(units.iter().map(|value| Some(*value as i64)), &self.logical),
        }
    }

    /// A number of units as people write it.
    pub(crate) fn print(&self, units: f64) -> String {
        match self.logical {
            LogicalType::Date if units.is_finite() => crate::schema::Date(libm::rint(units) as i32).to_string(),
            LogicalType::Datetime if units.is_finite() => crate::schema::Datetime(libm::rint(units) as i64).to_string(),
            _ => {
                let value = units / self.units_of_one();
                let places = 10_f64.powi(6);
                if value.abs() < 1e9 { (libm::rint(value * places) / places).to_string() } else { value.to_string() }
            }
        }
    }
}

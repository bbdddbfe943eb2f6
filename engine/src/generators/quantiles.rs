//! A column's distribution as a function of the share below: what statistics are made of.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float64Array};

use super::interval::array_of;
use super::{Choices, RunError};
use crate::enforce::correlate::Marginal;
use crate::types::LogicalType;

/// The largest number of units that an f64 tells from its neighbours.
const MOST_COUNTED: f64 = 9_007_199_254_740_992.0;

/// What limits of floats are kept as.
pub(crate) const FLOATS_LIMITED_AS: LogicalType = LogicalType::Decimal { precision: 38, scale: 6 };

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
    /// The only values, ascending, where they come from a list.
    pub listed: Option<Vec<f64>>,
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
        fits.then(|| Quantiles { logical, at: Box::new(at), low, high, quantum, listed: None, factor: 1.0 })
    }

    /// The distribution of a list of numbers, dates or times by their weights; nothing where its shares are exact or its values too large
    /// to be counted.
    pub(crate) fn of_choices(choices: &Choices, logical: &LogicalType) -> Option<Quantiles> {
        let marginal = Marginal::listed(choices).filter(|_| !choices.exact)?;
        let Marginal::Listed { numbers, .. } = &marginal else { return None };
        let (quantum, unit) = match logical {
            LogicalType::Decimal { scale, .. } => (Some(1.0), 10_f64.powi(i32::from(*scale))),
            LogicalType::Integer | LogicalType::Date | LogicalType::Datetime | LogicalType::Time => (Some(1.0), 1.0),
            LogicalType::Float => (None, 1.0),
            _ => return None,
        };
        let in_units = move |number: f64| if quantum.is_some() { libm::rint(number * unit) } else { number };
        let values: Vec<f64> = numbers.iter().copied().map(in_units).collect();
        let ends = (*values.first()?, *values.last()?);
        let at = move |share: f64| in_units(marginal.at(share));
        Some(Quantiles { listed: Some(values), ..Quantiles::new(logical.clone(), ends, quantum, at)? })
    }

    /// The values of a list on which a quantile stands that lies between two ranks: `beyond` of the way from the first to the second. One, or
    /// two, or nothing where there is no list or it has none such.
    pub(crate) fn listed_between(&self, value: f64, beyond: f64) -> Option<Vec<f64>> {
        let values = self.listed.as_ref()?;
        let known = values.partition_point(|known| *known < value);
        if beyond < 1e-9 {
            return Some(vec![value]);
        }
        if values.get(known) == Some(&value) {
            return Some(vec![value; 2]);
        }
        let (low, high) = (values.get(known.checked_sub(1)?)?, values.get(known)?);
        let between = low + (high - low) * beyond;
        Some(if (between - value).abs() <= 1e-9 * value.abs().max(1.0) { vec![*low, *high] } else { vec![value] })
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

    /// Where the distribution passes a value: the share that lies before, by a comparison, and the values on either side.
    pub(crate) fn edge(&self, value: f64, is_before: fn(f64, f64) -> bool) -> (f64, f64, f64) {
        let (mut low, mut high) = (1e-16, 1.0 - 1.2e-16);
        if !is_before(self.at(low), value) {
            return (0.0, self.low, self.at(low));
        }
        if is_before(self.at(high), value) {
            return (1.0, self.at(high), self.high);
        }
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if is_before(self.at(middle), value) { low = middle } else { high = middle }
        }
        (0.5 * (low + high), self.at(low), self.at(high))
    }

    /// The type in whose units the column's values are limited row by row: its own, for floats numbers of six places.
    pub(crate) fn limited_as(&self) -> LogicalType {
        match &self.logical {
            LogicalType::Float => FLOATS_LIMITED_AS,
            own => own.clone(),
        }
    }

    /// What a unit of a limit is in those of the values.
    pub(crate) fn unit_of_limit(&self) -> f64 {
        const MILLIONTH: f64 = 1_000_000.0;
        if self.logical == LogicalType::Float { self.factor / MILLIONTH } else { 1.0 }
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

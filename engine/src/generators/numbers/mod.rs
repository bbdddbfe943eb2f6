//! Numbers.

mod continuous;
mod counted;
mod discrete;
mod drawn;
mod random_walk;
#[cfg(test)]
mod tests;
mod time_series;

use std::borrow::Cow;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Float64Array};
use datafusion::arrow::datatypes::Float64Type;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

pub use continuous::{Beta, Exponential, Gamma, Lognormal, Normal, Pareto, StudentT, Triangular, Weibull};
pub use discrete::{Binomial, Geometric, Histogram, Poisson, Zipf};

pub use self::random_walk::RandomWalk;
pub use self::time_series::TimeSeries;
use super::interval::{Step, Uniform};
use super::lists::decimal_units;
use super::{Cells, Fill, Generator, Interval, Made, Problems, Quantiles, Rows, RunError};
use crate::plan::{Context, Scalar};
use crate::problem::Problem;
use crate::random::{Key, unit};
use crate::schema::Param;
use crate::types::{DEFAULT_PRECISION, LogicalType};

/// A whole number; each between the bounds is equally likely.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Integer {
    /// Smallest value; 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "lower"))]
    min: Option<Param<i64>>,
    /// Largest value; 1000 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "upper"))]
    max: Option<Param<i64>>,
    /// Distance of the values, counted from the smallest; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    step: Option<u64>,
}

impl Generator for Integer {
    const EXAMPLE: &'static str = "{type: integer, min: 1, max: 6}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let min = cx.param(self.min.as_ref().unwrap_or(&Param::Constant(0)), "min")?;
        let max = cx.param(self.max.as_ref().unwrap_or(&Param::Constant(1000)), "max")?;
        check_ends(&min, &max, i64::to_string)?;
        let step = Step::Every(self.step.unwrap_or(1));
        Ok(Uniform {
            key: cx.key("value"),
            logical: LogicalType::Integer,
            min,
            max,
            step,
            bounds: cx.bounds().to_vec(),
        }
        .made())
    }

    fn bounded(&self, _: Option<&LogicalType>) -> Option<LogicalType> {
        Some(LogicalType::Integer)
    }

    fn interval(&self) -> Option<Interval> {
        let end = |param: &Option<Param<i64>>, default| match param {
            None => Some(default),
            Some(Param::Constant(value)) => Some(*value),
            Some(Param::Sql(_)) => None,
        };
        let whole = self.step.unwrap_or(1) == 1;
        let (min, max) = (end(&self.min, 0)?, end(&self.max, 1000)?);
        whole.then_some(Interval { logical: LogicalType::Integer, min, max })
    }

    fn above(&self) -> Vec<&str> {
        named(&self.min)
    }

    fn below(&self) -> Vec<&str> {
        named(&self.max)
    }
}

/// The column that a bound is, where its SQL is nothing but a name.
pub(super) fn named<T>(param: &Option<Param<T>>) -> Vec<&str> {
    match param {
        Some(Param::Sql(sql)) => vec![sql.trim()],
        _ => Vec::new(),
    }
}

/// Refuses constant ends in the wrong order.
pub(super) fn check_ends<T: PartialOrd>(
    min: &Scalar<T>,
    max: &Scalar<T>,
    print: impl Fn(&T) -> String,
) -> Result<(), Problems> {
    match (min, max) {
        (Scalar::Constant(min), Scalar::Constant(max)) if max < min => {
            let problem = Problem::new("empty_interval", format!("{} is below min {}", print(max), print(min)));
            Err(vec![problem.at("/max").param("max", print(max)).param("min", print(min))])
        }
        _ => Ok(()),
    }
}

/// A number that is kept as it was written, so that no digit passes through a binary float.
#[derive(Clone, Debug, PartialEq)]
pub struct Exact(String);

impl Exact {
    /// The number in units of the last of `scale` decimal places, or the problem at the parameter `name`.
    fn units(&self, scale: i8, name: &str) -> Result<i64, Problem> {
        let units = decimal_units(&self.0, scale);
        if let Some(units) = units.filter(|units| units.unsigned_abs() < 10_u64.pow(u32::from(DEFAULT_PRECISION))) {
            return Ok(units);
        }
        // The same number with places to spare tells which limit it breaks.
        let fits = units.is_some() || self.0.parse().is_ok_and(|value: f64| value.abs() >= 1e17);
        let problem = if fits {
            let digits = i32::from(DEFAULT_PRECISION) - i32::from(scale);
            let detail = format!(
                "{} has more than {digits} digits before the point; a decimal has at most {DEFAULT_PRECISION} digits, {scale} of them after the point",
                self.0
            );
            Problem::new("too_large", detail).remedy("take a number nearer to 0, or a smaller scale")
        } else {
            let detail = format!("{} has more than {scale} decimal places", self.0);
            Problem::new("wrong_scale", detail).remedy("round it, or widen the scale")
        };
        Err(problem.key(name))
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let text = match &value {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.clone(),
            other => return Err(D::Error::custom(format!("{other} is no number"))),
        };
        if text.parse::<f64>().is_ok_and(f64::is_finite) {
            Ok(Exact(text))
        } else {
            Err(D::Error::custom(format!("{text:?} is no number")))
        }
    }
}

impl Serialize for Exact {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.parse::<serde_json::Number>() {
            Ok(number) if number.to_string() == self.0 => number.serialize(serializer),
            _ => self.0.serialize(serializer),
        }
    }
}

impl JsonSchema for Exact {
    fn schema_name() -> Cow<'static, str> {
        "Exact".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["number", "string"] })
    }
}

/// An exact number with decimal places; each between the bounds is equally likely.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decimal {
    /// Smallest value; 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "lower"))]
    min: Option<Param<Exact>>,
    /// Largest value; 1000 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "upper"))]
    max: Option<Param<Exact>>,
    /// Decimal places; 2 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 17))]
    scale: Option<u8>,
}

impl Decimal {
    fn scale(&self, declared: Option<&LogicalType>) -> i8 {
        match (self.scale, declared) {
            (Some(scale), _) => scale as i8,
            (None, Some(LogicalType::Decimal { scale, .. })) => *scale,
            _ => 2,
        }
    }
}

impl Generator for Decimal {
    const EXAMPLE: &'static str = "{type: decimal, min: 0.99, max: 99.99, scale: 2}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let scale = self.scale(cx.declared().as_ref());
        let mut end = |param: &Option<Param<Exact>>, default: &str, name: &str| -> Result<Scalar<i64>, Problems> {
            match cx.param(param.as_ref().unwrap_or(&Param::Constant(Exact(default.to_owned()))), name)? {
                Scalar::Constant(exact) => {
                    exact.units(scale, name).map(Scalar::Constant).map_err(|problem| vec![problem])
                }
                Scalar::Input(input) => Ok(Scalar::Input(input)),
            }
        };
        let (min, max) = (end(&self.min, "0", "min")?, end(&self.max, "1000", "max")?);
        let text = |units: &i64| crate::plan::print_decimal(*units, scale);
        check_ends(&min, &max, text)?;
        let logical = LogicalType::Decimal { precision: DEFAULT_PRECISION, scale };
        Ok(Uniform { key: cx.key("value"), logical, min, max, step: Step::Every(1), bounds: cx.bounds().to_vec() }
            .made())
    }

    fn bounded(&self, declared: Option<&LogicalType>) -> Option<LogicalType> {
        Some(LogicalType::Decimal { precision: DEFAULT_PRECISION, scale: self.scale(declared) })
    }

    fn interval(&self) -> Option<Interval> {
        let scale = self.scale? as i8;
        let end = |param: &Option<Param<Exact>>, default: &str| match param {
            None => decimal_units(default, scale),
            Some(Param::Constant(exact)) => decimal_units(&exact.0, scale),
            Some(Param::Sql(_)) => None,
        };
        let logical = LogicalType::Decimal { precision: DEFAULT_PRECISION, scale };
        Some(Interval { logical, min: end(&self.min, "0")?, max: end(&self.max, "1000")? })
    }

    fn above(&self) -> Vec<&str> {
        named(&self.min)
    }

    fn below(&self) -> Vec<&str> {
        named(&self.max)
    }
}

/// A binary floating-point number; each between the bounds is equally likely.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Float {
    /// Smallest value; 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "lower"))]
    min: Option<Param<f64>>,
    /// Largest value; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "upper"))]
    max: Option<Param<f64>>,
    /// Decimal places that values are rounded to; all digits when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 15))]
    digits: Option<u8>,
}

impl Generator for Float {
    const EXAMPLE: &'static str = "{type: float, min: -1, max: 1, digits: 3}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let min = cx.param(self.min.as_ref().unwrap_or(&Param::Constant(0.0)), "min")?;
        let max = cx.param(self.max.as_ref().unwrap_or(&Param::Constant(1.0)), "max")?;
        check_ends(&min, &max, f64::to_string)?;
        if let (Some(digits), Scalar::Constant(low), Scalar::Constant(high)) = (self.digits, &min, &max)
            && Digits::of(digits).between(*low, *high).is_none()
        {
            let problem = Problem::new("empty_interval", no_such_digits(digits, *low, *high)).at("/digits");
            return Err(vec![problem.remedy("widen the interval, or ask for more digits")]);
        }
        let quantiles = match (&min, &max) {
            (Scalar::Constant(min), Scalar::Constant(max)) => evenly(*min, *max, self.digits),
            _ => None,
        };
        let fill = Floats { key: cx.key("value"), min, max, digits: self.digits };
        Ok(Made::drawn(LogicalType::Float, fill).distributed(quantiles))
    }

    fn above(&self) -> Vec<&str> {
        named(&self.min)
    }

    fn below(&self) -> Vec<&str> {
        named(&self.max)
    }
}

/// The distribution of floats that lie evenly between two; in units of the last digit, where they have some.
fn evenly(min: f64, max: f64, digits: Option<u8>) -> Option<Quantiles> {
    let factor = digits.map_or(1.0, |digits| 10_f64.powi(i32::from(digits)));
    let (low, high) = (min * factor, max * factor);
    let at = move |share: f64| low * (1.0 - share) + high * share;
    match digits {
        None => Quantiles::new(LogicalType::Float, (min, max), None, at),
        Some(digits) => {
            let ends = Digits::of(digits).between(min, max)?;
            let at = move |share: f64| libm::rint(at(share)).clamp(ends.0, ends.1);
            Some(Quantiles::new(LogicalType::Float, ends, Some(1.0), at)?.of_digits(factor))
        }
    }
}

/// Numbers of so many decimal places, as floats.
#[derive(Clone, Copy)]
struct Digits {
    /// Units of the last place in a 1.
    factor: f64,
}

impl Digits {
    fn of(digits: u8) -> Digits {
        Digits { factor: 10_f64.powi(i32::from(digits)) }
    }

    /// The first and the last number of units between two floats, where there is one: by the floats that these units are.
    fn between(self, low: f64, high: f64) -> Option<(f64, f64)> {
        let factor = self.factor;
        let (mut first, mut last) = (libm::ceil(low * factor), libm::floor(high * factor));
        // The products are rounded too, and may have come to lie on the wrong side.
        if (first - 1.0) / factor >= low {
            first -= 1.0;
        } else if first / factor < low {
            first += 1.0;
        }
        if (last + 1.0) / factor <= high {
            last += 1.0;
        } else if last / factor > high {
            last -= 1.0;
        }
        (first <= last).then_some((first, last))
    }

    /// A value rounded between two ends. Beyond 2^53 units floats have no such places, and each stands for itself.
    fn rounded(self, value: f64, (first, last): (f64, f64)) -> f64 {
        const MOST_COUNTED: f64 = 9_007_199_254_740_992.0;
        let units = value * self.factor;
        if units.abs() < MOST_COUNTED { libm::rint(units).clamp(first, last) / self.factor } else { value }
    }
}

fn no_such_digits(digits: u8, low: f64, high: f64) -> String {
    format!("no number of {digits} decimal places lies between {low} and {high}")
}

struct Floats {
    key: Key,
    min: Scalar<f64>,
    max: Scalar<f64>,
    digits: Option<u8>,
}

impl Fill for Floats {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let (low, high) = (floats_of(cells, &self.min)?, floats_of(cells, &self.max)?);
        let mut values = Vec::with_capacity(rows.len());
        for (position, word) in cells.words(&self.key, rows).into_iter().enumerate() {
            let (Some(low), Some(high)) = (low.at(position), high.at(position)) else {
                values.push(None);
                continue;
            };
            if low.is_nan() || high.is_nan() || high < low {
                let detail = format!("no value lies between {low} and {high}");
                return Err(RunError { row: Some(rows.at(position)), ..RunError::new(detail) });
            }
            let u = unit(word);
            let mut value = (low * (1.0 - u) + high * u).clamp(low, high);
            if let Some(digits) = self.digits {
                let places = Digits::of(digits);
                let Some(ends) = places.between(low, high) else {
                    let detail = no_such_digits(digits, low, high);
                    return Err(RunError { row: Some(rows.at(position)), ..RunError::new(detail) });
                };
                value = places.rounded(value, ends);
            }
            // One spelling of zero.
            values.push(Some(value + 0.0));
        }
        Ok(Arc::new(Float64Array::from(values)))
    }
}

/// The first whole number of units from an end that is so many of them: what decimals lose as binary numbers is no part of a unit.
pub(super) fn first_unit(end: f64) -> f64 {
    nearly_whole(end).unwrap_or_else(|| libm::ceil(end))
}

/// The last whole number of units up to an end.
pub(super) fn last_unit(end: f64) -> f64 {
    nearly_whole(end).unwrap_or_else(|| libm::floor(end))
}

fn nearly_whole(end: f64) -> Option<f64> {
    let near = libm::rint(end);
    ((end - near).abs() <= near.abs() * f64::EPSILON).then_some(near)
}

/// A parameter's value in each row.
pub(super) enum FloatEnds {
    Constant(f64),
    Rows(Vec<Option<f64>>),
}

impl FloatEnds {
    pub fn at(&self, position: usize) -> Option<f64> {
        match self {
            FloatEnds::Constant(value) => Some(*value),
            FloatEnds::Rows(values) => values[position],
        }
    }
}

pub(super) fn floats_of(cells: &Cells<'_>, scalar: &Scalar<f64>) -> Result<FloatEnds, RunError> {
    Ok(match scalar {
        Scalar::Constant(value) => FloatEnds::Constant(*value),
        Scalar::Input(input) => {
            let cast = datafusion::arrow::compute::cast(
                &cells.inputs[*input],
                &datafusion::arrow::datatypes::DataType::Float64,
            )
            .map_err(|error| RunError::new(error.to_string()))?;
            FloatEnds::Rows(cast.as_primitive::<Float64Type>().iter().collect())
        }
    })
}

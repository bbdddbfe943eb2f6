//! One fill for all distributions: parameters that are constants or come from the row, an interval, and values in the type of the column.
//!
//! With a whole or decimal type a value is drawn in units of its last place between bounds that are widened by half a unit, so that end values
//! keep their mass, and rounded once, half to even.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float64Array};

use super::counted::Units;
use super::{FloatEnds, check_ends, first_unit, floats_of, last_unit};
use crate::generators::interval::{array_of, array_of_all, row_bounds};
use crate::generators::{Cells, Fill, Made, Problems, Quantiles, Rows, RunError};
use crate::plan::{Context, RowBound, Scalar, Side};
use crate::problem::Problem;
use crate::quantile::Quantile;
use crate::random::Key;
use crate::schema::Param;
use crate::types::{DEFAULT_PRECISION, LogicalType};

/// Whole numbers beyond this are not all told apart by an f64.
const MOST_COUNTED: f64 = 9_007_199_254_740_992.0;

/// The largest shape of a distribution whose quantiles are searched.
const MOST_SHAPE: f64 = 1e12;

/// What a parameter may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Rule {
    /// Any number.
    Any,
    /// Above 0.
    Positive,
    /// Above 0 and at most 1e12.
    Shape,
    /// 0 to 2^53.
    Size,
    /// A whole number from 0 to 2^53.
    Whole,
    /// 0 to 1.
    Share,
    /// Above 0 and at most 1.
    SomeShare,
}

impl Rule {
    /// Why a value of the parameter `name` is none.
    fn refuse(self, name: &'static str, value: f64) -> Result<(), Refused> {
        let refused = |code, what: &str| Err(Refused { place: name, code, detail: format!("{name} {value} {what}") });
        match self {
            _ if !value.is_finite() => refused("wrong_type", "is no finite number"),
            Rule::Positive | Rule::Shape if value <= 0.0 => refused("too_small", "is not above 0"),
            Rule::Shape if value > MOST_SHAPE => refused("too_large", "is above 1000000000000"),
            Rule::Size | Rule::Whole if value < 0.0 => refused("too_small", "is below 0"),
            Rule::Size | Rule::Whole if value > MOST_COUNTED => refused("too_large", "is above 9007199254740992"),
            Rule::Whole if libm::rint(value) != value => refused("wrong_type", "is no whole number"),
            Rule::Share if !(0.0..=1.0).contains(&value) => refused("out_of_range", "is not between 0 and 1"),
            Rule::SomeShare if value <= 0.0 || value > 1.0 => refused("out_of_range", "is not above 0 and at most 1"),
            _ => Ok(()),
        }
    }
}

/// Why parameters make no distribution: the one to blame, and a sentence.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refused {
    pub place: &'static str,
    pub code: &'static str,
    pub detail: String,
}

impl Refused {
    fn problem(self) -> Problem {
        Problem::new(self.code, self.detail).key(self.place)
    }
}

/// The interval of a draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    /// Its ends as they were written.
    pub min: f64,
    pub max: f64,
    /// Its ends in units, widened where values are rounded.
    pub lo: f64,
    pub hi: f64,
    /// Units of a 1.
    pub unit: f64,
    /// Whether values are rounded to units.
    pub rounded: bool,
}

impl Span {
    /// The refusal of an interval in which the distribution `name` has no value.
    pub fn empty(&self, name: &str) -> Refused {
        let (place, interval) = if self.max == f64::INFINITY {
            ("min", format!("from {} on", self.min))
        } else if self.min == f64::NEG_INFINITY {
            ("max", format!("up to {}", self.max))
        } else {
            ("max", format!("between {} and {}", self.min, self.max))
        };
        Refused { place, code: "no_mass", detail: format!("{name} has no values {interval}") }
    }

    /// Refuses an interval that ends before the distribution `name` begins, and one that is known to end where it begins in every row, since
    /// no number is drawn there.
    pub fn reach(&self, from: f64, name: &str, in_every_row: bool) -> Result<(), Refused> {
        let ends = self.hi < from || (in_every_row && self.hi <= from);
        if ends { Err(self.empty(name)) } else { Ok(()) }
    }
}

/// What makes a distribution of the parameters of a row.
pub(super) trait Family: Send + Sync + 'static {
    /// The distribution on an interval.
    type Law: Quantile + Send + Sync + 'static;

    /// Whether its values are whole numbers by nature.
    const WHOLE: bool = false;

    /// The ends of an interval that names none.
    const ENDS: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

    /// The distribution of `parameters`, in the order in which they were given and each within its rule. `many`: it serves a whole column,
    /// so a table is worth its price.
    fn law(&self, parameters: &[f64], span: &Span, many: bool) -> Result<Self::Law, Refused>;
}

/// A parameter: its name, what was written, and what it may be.
pub(super) type Parameter<'g> = (&'static str, &'g Param<f64>, Rule);

/// The compiled column of a distribution.
pub(super) fn drawn<F: Family>(
    cx: &mut Context<'_>,
    family: F,
    parameters: &[Parameter<'_>],
    min: Option<&Param<f64>>,
    max: Option<&Param<f64>>,
) -> Result<Made, Problems> {
    let mut problems = Vec::new();
    let mut scalars = Vec::with_capacity(parameters.len());
    for (name, param, rule) in parameters {
        match cx.param(param, name) {
            Ok(scalar) => {
                if let Scalar::Constant(value) = &scalar
                    && let Err(refused) = rule.refuse(name, *value)
                {
                    problems.push(refused.problem());
                }
                scalars.push((*name, scalar, *rule));
            }
            Err(found) => problems.extend(found),
        }
    }
    let mut end = |param: Option<&Param<f64>>, default: f64, name: &str| {
        let found = cx.param(param.unwrap_or(&Param::Constant(default)), name);
        found.map_err(|found| problems.extend(found)).unwrap_or(Scalar::Constant(default))
    };
    let (min, max) = (end(min, F::ENDS.0, "min"), end(max, F::ENDS.1, "max"));
    if let Err(found) = check_ends(&min, &max, f64::to_string) {
        problems.extend(found);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let target = Target::of(cx, F::WHOLE);
    let logical = target.logical.clone();
    let mut fill = Drawn {
        key: cx.key("value"),
        family,
        parameters: scalars,
        min,
        max,
        bounds: cx.bounds().to_vec(),
        target,
        fixed: None,
    };
    fill.close();
    if let Some((parameters, min, max)) = fill.constants() {
        let fixed = fill.fixed(&parameters, min, max, true).map_err(|refused| vec![refused.problem()])?;
        // Bounds of rules differ from row to row.
        fill.fixed = fill.bounds.is_empty().then(|| Arc::new(fixed));
    } else if let (Scalar::Constant(min), Scalar::Constant(max)) = (&fill.min, &fill.max) {
        fill.target.span::<F>(*min, *max).map_err(|refused| vec![refused.problem()])?;
    }
    let counted = fill.fixed.clone().filter(|_| fill.target.unit.is_some() && cx.is_dealt());
    let quantiles = fill.fixed.as_ref().and_then(|fixed| {
        let (fixed, rounded) = (Arc::clone(fixed), fill.target.unit.is_some());
        let ends = (fixed.low, fixed.high);
        Quantiles::new(logical.clone(), ends, rounded.then_some(1.0), move |share| fixed.at(share, rounded))
    });
    let made = Made::drawn(logical.clone(), fill).distributed(quantiles);
    Ok(match counted {
        Some(ready) => made.counted(Units::new(ready, logical)),
        None => made,
    })
}

/// The type of the values.
struct Target {
    logical: LogicalType,
    /// Units of a 1; `None` for floats.
    unit: Option<f64>,
    /// The largest number of units.
    largest: f64,
}

impl Target {
    fn of(cx: &Context<'_>, whole: bool) -> Target {
        const LARGEST: f64 = 9.0e17;
        let integer = Target { logical: LogicalType::Integer, unit: Some(1.0), largest: LARGEST };
        match cx.declared() {
            // Whole numbers become decimals or floats on their way to the column.
            _ if whole => integer,
            Some(LogicalType::Integer) => integer,
            Some(LogicalType::Decimal { precision, scale }) if (0..DEFAULT_PRECISION as i8).contains(&scale) => {
                let precision = precision.min(DEFAULT_PRECISION);
                let largest = LARGEST.min(10_f64.powi(i32::from(precision)) - 1.0);
                let logical = LogicalType::Decimal { precision, scale };
                Target { logical, unit: Some(10_f64.powi(i32::from(scale))), largest }
            }
            _ => Target { logical: LogicalType::Float, unit: None, largest: f64::MAX },
        }
    }

    fn span<F: Family>(&self, min: f64, max: f64) -> Result<Span, Refused> {
        if let Some((place, end)) = [("min", min), ("max", max)].into_iter().find(|(_, end)| end.is_nan()) {
            return Err(Refused { place, code: "wrong_type", detail: format!("{place} {end} is no number") });
        }
        let (low, high) = self.ends(min, max);
        if low > high {
            let detail = if max < min {
                format!("max {max} is below min {min}")
            } else {
                format!("no {} lies between {min} and {max}", self.logical)
            };
            return Err(Refused { place: "max", code: "empty_interval", detail });
        }
        let half = if F::WHOLE || self.unit.is_none() { 0.0 } else { 0.5 };
        Ok(Span {
            min,
            max,
            lo: low - half,
            hi: high + half,
            unit: self.unit.unwrap_or(1.0),
            rounded: self.unit.is_some(),
        })
    }

    /// The smallest and the largest value, in units.
    fn ends(&self, min: f64, max: f64) -> (f64, f64) {
        match self.unit {
            None => (min, max),
            Some(unit) => (first_unit((min * unit).max(-self.largest)), last_unit((max * unit).min(self.largest))),
        }
    }
}

/// A distribution that is ready to be drawn from, and the ends of its values.
pub(super) struct Ready<L> {
    law: L,
    low: f64,
    high: f64,
}

impl<L: Quantile> Ready<L> {
    /// A drawn number as a float: one spelling of zero, and nothing beyond f64.
    fn float(&self, drawn: f64) -> f64 {
        drawn.clamp(f64::MIN, f64::MAX) + 0.0
    }

    /// A drawn number as whole units.
    #[inline]
    fn whole(&self, drawn: f64) -> i64 {
        nearest(drawn).max(self.low).min(self.high) as i64
    }

    /// The whole units that a word draws.
    pub fn units(&self, word: u64) -> i64 {
        self.whole(self.law.of_word(word))
    }

    /// The numbers that words draw.
    fn drawn(&self, words: &[u64]) -> Vec<f64> {
        let mut values = vec![0.0; words.len()];
        self.law.of_words(words, &mut values);
        values
    }

    /// Intervals of units that are never drawn, their ends included, in ascending order.
    pub fn gaps(&self) -> impl Iterator<Item = (i64, i64)> {
        self.law.gaps().into_iter().map(|(from, to)| (from as i64, to as i64))
    }

    /// The value at a share of the distribution, in units.
    fn at(&self, share: f64, rounded: bool) -> f64 {
        let value = self.law.at(share);
        if rounded {
            nearest(value).max(self.low).min(self.high)
        } else {
            value.clamp(f64::MIN, f64::MAX).max(self.low).min(self.high) + 0.0
        }
    }
}

/// The nearest whole number, of two the even one. Beyond 2^52 numbers have no fraction; below, adding it leaves the sum no room for one.
/// In lanes of vectors, where the function of the standard library is a call.
#[inline]
fn nearest(number: f64) -> f64 {
    const NO_FRACTION: f64 = 4_503_599_627_370_496.0;
    let shift = NO_FRACTION.copysign(number);
    let whole = (number + shift) - shift;
    if number.abs() < NO_FRACTION { whole } else { number }
}

/// Parameters and bounds, and the distribution that they make.
type Known<L> = (Vec<f64>, f64, f64, Ready<L>);

struct Drawn<F: Family> {
    key: Key,
    family: F,
    parameters: Vec<(&'static str, Scalar<f64>, Rule)>,
    min: Scalar<f64>,
    max: Scalar<f64>,
    bounds: Vec<RowBound>,
    target: Target,
    fixed: Option<Arc<Ready<F::Law>>>,
}

impl<F: Family> Drawn<F> {
    /// All parameters, where all are constants.
    fn constants(&self) -> Option<(Vec<f64>, f64, f64)> {
        let constant = |scalar: &Scalar<f64>| match scalar {
            Scalar::Constant(value) => Some(*value),
            Scalar::Input(_) => None,
        };
        let parameters: Option<Vec<f64>> = self.parameters.iter().map(|(_, scalar, _)| constant(scalar)).collect();
        Some((parameters?, constant(&self.min)?, constant(&self.max)?))
    }

    /// Takes bounds that are constants into its ends, where the distribution has values between them.
    fn close(&mut self) {
        let Some((parameters, mut low, mut high)) = self.constants() else { return };
        let unit = self.target.unit.unwrap_or(1.0);
        for bound in &self.bounds {
            let Scalar::Constant(value) = bound.value else { return };
            let value = value.saturating_add(bound.gap) as f64 / unit;
            match bound.side {
                Side::Lower => low = low.max(value),
                Side::Upper => high = high.min(value),
            }
        }
        if low <= high && self.fixed(&parameters, low, high, false).is_ok() {
            (self.min, self.max) = (Scalar::Constant(low), Scalar::Constant(high));
            self.bounds.clear();
        }
    }

    fn fixed(&self, parameters: &[f64], min: f64, max: f64, many: bool) -> Result<Ready<F::Law>, Refused> {
        let span = self.target.span::<F>(min, max)?;
        let law = self.family.law(parameters, &span, many)?;
        let (low, high) = self.target.ends(min, max);
        Ok(Ready { law, low, high })
    }

    /// Values where parameters or bounds differ from row to row.
    fn by_row(
        &self,
        cells: &Cells<'_>,
        rows: &Rows,
        words: &[u64],
        mut push: impl FnMut(Option<(&Ready<F::Law>, u64)>),
    ) -> Result<(), RunError> {
        let columns: Vec<FloatEnds> =
            self.parameters.iter().map(|(_, scalar, _)| floats_of(cells, scalar)).collect::<Result<_, _>>()?;
        let (min, max) = (floats_of(cells, &self.min)?, floats_of(cells, &self.max)?);
        let bounds = if self.bounds.is_empty() {
            None
        } else {
            let (first, last) = (Scalar::Constant(i64::MIN), Scalar::Constant(i64::MAX));
            Some(row_bounds(cells, &self.target.logical, &first, &last, &self.bounds, rows.len())?)
        };
        let unit = self.target.unit.unwrap_or(1.0);
        // Neighbours often have the same parameters.
        let mut last: Option<Known<F::Law>> = None;
        for (position, word) in words.iter().enumerate() {
            let parameters: Option<Vec<f64>> = columns.iter().map(|column| column.at(position)).collect();
            let (Some(parameters), Some(mut low), Some(mut high)) = (parameters, min.at(position), max.at(position))
            else {
                push(None);
                continue;
            };
            if let Some((lows, highs)) = &bounds {
                low = lows[position].map_or(low, |bound| low.max(bound as f64 / unit));
                high = highs[position].map_or(high, |bound| high.min(bound as f64 / unit));
            }
            let known = last.as_ref().is_some_and(|(before, min, max, _)| {
                *before == parameters && min.total_cmp(&low).is_eq() && max.total_cmp(&high).is_eq()
            });
            if !known {
                let checked = self
                    .parameters
                    .iter()
                    .zip(&parameters)
                    .try_for_each(|((name, _, rule), value)| rule.refuse(name, *value));
                let ready = checked
                    .and_then(|()| self.fixed(&parameters, low, high, false))
                    .map_err(|refused| RunError { row: Some(rows.at(position)), ..RunError::new(refused.detail) })?;
                last = Some((parameters, low, high, ready));
            }
            push(last.as_ref().map(|(_, _, _, ready)| (ready, *word)));
        }
        Ok(())
    }
}

impl<F: Family> Fill for Drawn<F> {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let words = cells.words(&self.key, rows);
        match (&self.fixed, self.target.unit) {
            (Some(fixed), None) => {
                let drawn = fixed.drawn(&words);
                Ok(Arc::new(drawn.into_iter().map(|value| fixed.float(value)).collect::<Float64Array>()))
            }
            (Some(fixed), Some(_)) => {
                let drawn = fixed.drawn(&words);
                array_of_all(drawn.into_iter().map(|value| fixed.whole(value)).collect(), &self.target.logical)
            }
            (None, None) => {
                let mut values = Vec::with_capacity(rows.len());
                self.by_row(cells, rows, &words, |drawn| {
                    values.push(drawn.map(|(law, word)| law.float(law.law.of_word(word))))
                })?;
                Ok(Arc::new(Float64Array::from(values)))
            }
            (None, Some(_)) => {
                let mut values = Vec::with_capacity(rows.len());
                self.by_row(cells, rows, &words, |drawn| values.push(drawn.map(|(law, word)| law.units(word))))?;
                array_of(values.into_iter(), &self.target.logical)
            }
        }
    }
}

/// A whole parameter as a number.
pub(super) fn as_number(param: &Option<Param<i64>>) -> Option<Param<f64>> {
    param.as_ref().map(|param| match param {
        Param::Constant(value) => Param::Constant(*value as f64),
        Param::Sql(sql) => Param::Sql(sql.clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_whole_number_is_that_of_the_rule_to_even() {
        let far = [
            2_f64.powi(52),
            2_f64.powi(52) - 0.5,
            2_f64.powi(51) + 0.5,
            1e300,
            f64::INFINITY,
            0.499_999_999_999_999_94,
        ];
        let halves = (-40..40).map(|half| f64::from(half) / 4.0);
        for number in halves.chain(far).flat_map(|number| [number, -number]) {
            assert_eq!(nearest(number), libm::rint(number), "{number}");
        }
        assert!(nearest(f64::NAN).is_nan());
    }

    #[test]
    fn a_rule_names_the_parameter_and_its_value() {
        let detail = |rule: Rule, value: f64| rule.refuse("p", value).err().map(|refused| refused.detail);
        assert_eq!(detail(Rule::Share, 1.5).as_deref(), Some("p 1.5 is not between 0 and 1"));
        assert_eq!(detail(Rule::Positive, 0.0).as_deref(), Some("p 0 is not above 0"));
        assert_eq!(detail(Rule::Whole, 2.5).as_deref(), Some("p 2.5 is no whole number"));
        assert_eq!(detail(Rule::Any, f64::NAN).as_deref(), Some("p NaN is no finite number"));
        assert_eq!(detail(Rule::SomeShare, 1.0), None);
    }
}

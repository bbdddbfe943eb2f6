//! Distributions of measurements: times, sizes, amounts, shares.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::drawn::{Family, Refused, Rule, Span, drawn};
use crate::generators::{Cut, Generator, Made, Problems};
use crate::plan::Context;
use crate::problem::Problem;
use crate::quantile::{self, Inverted, TruncatedNormal};
use crate::schema::Param;

/// A constant where a parameter is absent.
fn or(param: &Option<Param<f64>>, default: f64) -> Param<f64> {
    param.clone().unwrap_or(Param::Constant(default))
}

/// One of two parameters that say the same thing: the one that was written, and whether it is the second.
fn either(
    first: (&'static str, &Option<Param<f64>>),
    second: (&'static str, &Option<Param<f64>>),
) -> Result<(Param<f64>, bool), Problems> {
    match (first.1, second.1) {
        (Some(_), Some(_)) => {
            let detail = format!("{} and {} both say where the values lie", first.0, second.0);
            Err(vec![Problem::new("two_sources", detail).remedy("leave one of them out").key(second.0)])
        }
        (_, Some(second)) => Ok((second.clone(), true)),
        (first, None) => Ok((or(first, 1.0), false)),
    }
}

/// A number around a mean, by the normal distribution; `min` and `max` truncate it. With `type: integer` or `type: decimal` it is rounded,
/// half to even.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Normal {
    /// Its mean before truncation; 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "location"))]
    mean: Option<Param<f64>>,
    /// Its standard deviation before truncation, above 0; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "spread"))]
    std: Option<Param<f64>>,
    /// Smallest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "lower"))]
    min: Option<Param<f64>>,
    /// Largest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "upper"))]
    max: Option<Param<f64>>,
}

impl Generator for Normal {
    const EXAMPLE: &'static str = "{type: normal, mean: 170, std: 10, min: 140, max: 210}";
    const CUT: Option<Cut> = Some(Cut::Real);

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let (mean, std) = (or(&self.mean, 0.0), or(&self.std, 1.0));
        let parameters = [("mean", &mean, Rule::Any), ("std", &std, Rule::Positive)];
        drawn(cx, Bell, &parameters, self.min.as_ref(), self.max.as_ref())
    }
}

struct Bell;

impl Family for Bell {
    type Law = TruncatedNormal;

    fn law(&self, parameters: &[f64], span: &Span, _: bool) -> Result<TruncatedNormal, Refused> {
        let [mean, std] = [parameters[0], parameters[1]];
        Ok(TruncatedNormal::new(mean * span.unit, std * span.unit, span.lo, span.hi))
    }
}

/// A number above 0 whose logarithm is normal: incomes, prices, sizes of files. Half of the values lie below the median, and a few are very
/// large. `min` and `max` truncate it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lognormal {
    /// Its median before truncation, above 0; 1 when `mean` is absent as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "location"))]
    median: Option<Param<f64>>,
    /// Its mean before truncation, above 0, in place of the median.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "location"))]
    mean: Option<Param<f64>>,
    /// The standard deviation of its natural logarithm, above 0; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "spread"))]
    sigma: Option<Param<f64>>,
    /// Smallest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "lower"))]
    min: Option<Param<f64>>,
    /// Largest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "upper"))]
    max: Option<Param<f64>>,
}

impl Generator for Lognormal {
    const EXAMPLE: &'static str = "{type: lognormal, median: 2500, sigma: 0.6, min: 1100}";
    const CUT: Option<Cut> = Some(Cut::Real);

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let (location, by_mean) = either(("median", &self.median), ("mean", &self.mean))?;
        let sigma = or(&self.sigma, 1.0);
        let name = if by_mean { "mean" } else { "median" };
        let parameters = [(name, &location, Rule::Positive), ("sigma", &sigma, Rule::Positive)];
        drawn(cx, Skewed { by_mean }, &parameters, self.min.as_ref(), self.max.as_ref())
    }
}

struct Skewed {
    by_mean: bool,
}

impl Family for Skewed {
    type Law = quantile::LogNormal;

    fn law(&self, parameters: &[f64], span: &Span, many: bool) -> Result<quantile::LogNormal, Refused> {
        let [location, sigma] = [parameters[0], parameters[1]];
        span.reach(0.0, "the lognormal distribution", many)?;
        // The mean is the median times e^(σ²/2).
        let median = if self.by_mean { location * libm::exp(-0.5 * sigma * sigma) } else { location };
        if median <= 0.0 {
            let detail = format!("a mean of {location} with sigma {sigma} has a median too small to be a number");
            return Err(Refused { place: "sigma", code: "too_large", detail });
        }
        Ok(quantile::LogNormal::new(median * span.unit, sigma, span.lo, span.hi))
    }
}

/// A waiting time between events that happen at a steady rate, by the exponential distribution; `min` and `max` truncate it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exponential {
    /// Events in one unit of time, above 0; 1 when `mean` is absent as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate: Option<Param<f64>>,
    /// The mean time between events before truncation, above 0, in place of the rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "location"))]
    mean: Option<Param<f64>>,
    /// Smallest value, 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "lower"))]
    min: Option<Param<f64>>,
    /// Largest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "upper"))]
    max: Option<Param<f64>>,
}

impl Generator for Exponential {
    const EXAMPLE: &'static str = "{type: exponential, mean: 12.5, max: 120}";
    const CUT: Option<Cut> = Some(Cut::Real);

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let (pace, by_mean) = either(("rate", &self.rate), ("mean", &self.mean))?;
        let parameters = [(if by_mean { "mean" } else { "rate" }, &pace, Rule::Positive)];
        drawn(cx, Waiting { by_mean }, &parameters, self.min.as_ref(), self.max.as_ref())
    }
}

struct Waiting {
    by_mean: bool,
}

impl Family for Waiting {
    type Law = quantile::Exponential;

    fn law(&self, parameters: &[f64], span: &Span, many: bool) -> Result<quantile::Exponential, Refused> {
        span.reach(0.0, "the exponential distribution", many)?;
        let mean = if self.by_mean { parameters[0] } else { 1.0 / parameters[0] };
        Ok(quantile::Exponential::new(mean * span.unit, span.lo, span.hi))
    }
}

/// A number above 0 by the gamma distribution: the time until several events, amounts of rain, sizes of claims. Its mean is shape × scale.
/// `min` and `max` truncate it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gamma {
    /// The shape, above 0: below 1 most values lie near 0, large ones look normal.
    #[schemars(extend("role" = "shape"))]
    shape: Param<f64>,
    /// The scale, above 0; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "spread"))]
    scale: Option<Param<f64>>,
    /// Smallest value, 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "lower"))]
    min: Option<Param<f64>>,
    /// Largest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "upper"))]
    max: Option<Param<f64>>,
}

impl Generator for Gamma {
    const EXAMPLE: &'static str = "{type: gamma, shape: 2, scale: 30, max: 365}";
    const CUT: Option<Cut> = Some(Cut::Real);

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let scale = or(&self.scale, 1.0);
        let parameters = [("shape", &self.shape, Rule::Shape), ("scale", &scale, Rule::Positive)];
        drawn(cx, Claims, &parameters, self.min.as_ref(), self.max.as_ref())
    }
}

struct Claims;

impl Family for Claims {
    type Law = Inverted<quantile::Gamma>;

    fn law(&self, parameters: &[f64], span: &Span, many: bool) -> Result<Self::Law, Refused> {
        let [shape, scale] = [parameters[0], parameters[1]];
        let name = format!("the gamma distribution of shape {shape} and scale {scale}");
        span.reach(0.0, &name, many)?;
        let gamma = quantile::Gamma::new(shape, scale * span.unit);
        Inverted::new(gamma, span.lo.max(0.0), span.hi, many).ok_or_else(|| span.empty(&name))
    }
}

/// A share, by the beta distribution: rates, probabilities, grades between two ends. `min` and `max` are the ends that it is stretched
/// between, 0 and 1 when absent.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Beta {
    /// The first shape, above 0: the larger, the nearer values lie to `max`.
    #[schemars(extend("role" = "shape"))]
    a: Param<f64>,
    /// The second shape, above 0: the larger, the nearer values lie to `min`.
    #[schemars(extend("role" = "shape"))]
    b: Param<f64>,
    /// The lower end; 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "lower"))]
    min: Option<Param<f64>>,
    /// The upper end; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "upper"))]
    max: Option<Param<f64>>,
}

impl Generator for Beta {
    const EXAMPLE: &'static str = "{type: beta, a: 2, b: 5, min: 0, max: 100}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let parameters = [("a", &self.a, Rule::Shape), ("b", &self.b, Rule::Shape)];
        drawn(cx, Stretched, &parameters, self.min.as_ref(), self.max.as_ref())
    }
}

struct Stretched;

impl Family for Stretched {
    type Law = Inverted<quantile::Beta>;

    const ENDS: (f64, f64) = (0.0, 1.0);

    fn law(&self, parameters: &[f64], span: &Span, many: bool) -> Result<Self::Law, Refused> {
        let beta = quantile::Beta::new(parameters[0], parameters[1], span.lo, span.hi);
        Inverted::new(beta, span.lo, span.hi, many).ok_or_else(|| span.empty("the beta distribution"))
    }
}

/// A number with a long tail, by the power law of Pareto: wealth, sizes of cities, visits. `min` and `max` truncate it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pareto {
    /// How fast the tail falls, above 0: twice the value is 2^alpha times rarer. At 1.16 a fifth of the rows has four fifths of the sum.
    #[schemars(extend("role" = "shape"))]
    alpha: Param<f64>,
    /// The smallest value of the distribution, above 0; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "location"))]
    scale: Option<Param<f64>>,
    /// Smallest value, `scale` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "lower"))]
    min: Option<Param<f64>>,
    /// Largest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "upper"))]
    max: Option<Param<f64>>,
}

impl Generator for Pareto {
    const EXAMPLE: &'static str = "{type: pareto, alpha: 1.5, scale: 10, max: 100000}";
    const CUT: Option<Cut> = Some(Cut::Real);

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let scale = or(&self.scale, 1.0);
        let parameters = [("alpha", &self.alpha, Rule::Positive), ("scale", &scale, Rule::Positive)];
        drawn(cx, Power, &parameters, self.min.as_ref(), self.max.as_ref())
    }
}

struct Power;

impl Family for Power {
    type Law = quantile::Pareto;

    fn law(&self, parameters: &[f64], span: &Span, many: bool) -> Result<quantile::Pareto, Refused> {
        let [alpha, scale] = [parameters[0], parameters[1]];
        span.reach(scale * span.unit, &format!("the Pareto distribution of scale {scale}"), many)?;
        Ok(quantile::Pareto::new(alpha, scale * span.unit, span.lo, span.hi))
    }
}

/// A number with a smallest, a likeliest and a largest value, straight in between: estimates by three points.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Triangular {
    /// Smallest value; 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "lower"))]
    min: Option<Param<f64>>,
    /// The likeliest value, between the others.
    #[schemars(extend("role" = "location"))]
    mode: Param<f64>,
    /// Largest value; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "upper"))]
    max: Option<Param<f64>>,
}

impl Generator for Triangular {
    const EXAMPLE: &'static str = "{type: triangular, min: 2, mode: 5, max: 15}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        drawn(cx, Estimate, &[("mode", &self.mode, Rule::Any)], self.min.as_ref(), self.max.as_ref())
    }
}

struct Estimate;

impl Family for Estimate {
    type Law = quantile::Triangular;

    const ENDS: (f64, f64) = (0.0, 1.0);

    fn law(&self, parameters: &[f64], span: &Span, _: bool) -> Result<quantile::Triangular, Refused> {
        let mode = parameters[0];
        if mode < span.min || mode > span.max {
            let detail = format!("mode {mode} is not between min {} and max {}", span.min, span.max);
            return Err(Refused { place: "mode", code: "out_of_range", detail });
        }
        Ok(quantile::Triangular::new(span.lo, mode * span.unit, span.hi))
    }
}

/// A lifetime, by the Weibull distribution: times to failure, speeds of wind. `min` and `max` truncate it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Weibull {
    /// The shape, above 0: below 1 failures become rarer with age, at 1 they stay alike, above 1 they become more frequent.
    #[schemars(extend("role" = "shape"))]
    shape: Param<f64>,
    /// The age that 63.2 % do not reach, above 0; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "spread"))]
    scale: Option<Param<f64>>,
    /// Smallest value, 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "lower"))]
    min: Option<Param<f64>>,
    /// Largest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "upper"))]
    max: Option<Param<f64>>,
}

impl Generator for Weibull {
    const EXAMPLE: &'static str = "{type: weibull, shape: 1.8, scale: 900}";
    const CUT: Option<Cut> = Some(Cut::Real);

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let scale = or(&self.scale, 1.0);
        let parameters = [("shape", &self.shape, Rule::Positive), ("scale", &scale, Rule::Positive)];
        drawn(cx, Lifetime, &parameters, self.min.as_ref(), self.max.as_ref())
    }
}

struct Lifetime;

impl Family for Lifetime {
    type Law = quantile::Weibull;

    fn law(&self, parameters: &[f64], span: &Span, many: bool) -> Result<quantile::Weibull, Refused> {
        span.reach(0.0, "the Weibull distribution", many)?;
        Ok(quantile::Weibull::new(parameters[0], parameters[1] * span.unit, span.lo, span.hi))
    }
}

/// A number around a mean with heavier tails than the normal distribution, by Student's t: returns of shares, errors of measurement.
/// `min` and `max` truncate it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StudentT {
    /// Degrees of freedom, above 0: the fewer, the heavier the tails; from 30 on it is nearly normal.
    #[schemars(extend("role" = "shape"))]
    df: Param<f64>,
    /// Its centre before truncation; 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "location"))]
    mean: Option<Param<f64>>,
    /// The scale, above 0; 1 when absent. The standard deviation is scale × √(df / (df − 2)) where df is above 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "spread"))]
    scale: Option<Param<f64>>,
    /// Smallest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "lower"))]
    min: Option<Param<f64>>,
    /// Largest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "upper"))]
    max: Option<Param<f64>>,
}

impl Generator for StudentT {
    const EXAMPLE: &'static str = "{type: student_t, df: 4, mean: 0.05, scale: 1.2, min: -20, max: 20}";
    const CUT: Option<Cut> = Some(Cut::Real);

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let (mean, scale) = (or(&self.mean, 0.0), or(&self.scale, 1.0));
        let parameters = [("df", &self.df, Rule::Shape), ("mean", &mean, Rule::Any), ("scale", &scale, Rule::Positive)];
        drawn(cx, HeavyTailed, &parameters, self.min.as_ref(), self.max.as_ref())
    }
}

struct HeavyTailed;

impl Family for HeavyTailed {
    type Law = Inverted<quantile::StudentT>;

    fn law(&self, parameters: &[f64], span: &Span, many: bool) -> Result<Self::Law, Refused> {
        let [df, mean, scale] = [parameters[0], parameters[1], parameters[2]];
        let t = quantile::StudentT::new(df, mean * span.unit, scale * span.unit);
        let name = || format!("Student's t distribution of mean {mean} and scale {scale}");
        Inverted::new(t, span.lo, span.hi, many).ok_or_else(|| span.empty(&name()))
    }
}

//! Distributions of counts and ranks, and weights over bins.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::drawn::{Family, Refused, Rule, Span, as_number, drawn};
use crate::generators::{Cut, Generator, Interval, Made, Problems};
use crate::plan::Context;
use crate::problem::Problem;
use crate::quantile::{self, Counts};
use crate::schema::Param;
use crate::types::LogicalType;

/// A constant that stands, or the default of an absent one; `None` for SQL.
fn constant<T: Copy>(param: &Option<Param<T>>, default: Option<T>) -> Option<T> {
    match param {
        None => default,
        Some(Param::Constant(value)) => Some(*value),
        Some(Param::Sql(_)) => None,
    }
}

fn whole(min: i64, max: i64) -> Option<Interval> {
    Some(Interval { logical: LogicalType::Integer, min, max })
}

/// How often something happens that happens independently and at a steady rate: orders a day, calls an hour. `min` and `max` truncate it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Poisson {
    /// The mean count before truncation, at least 0.
    #[schemars(extend("role" = "location"))]
    mean: Param<f64>,
    /// Smallest count; 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "lower"))]
    min: Option<Param<i64>>,
    /// Largest count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "upper"))]
    max: Option<Param<i64>>,
}

impl Generator for Poisson {
    const EXAMPLE: &'static str = "{type: poisson, mean: 3.2, min: 1}";
    const CUT: Option<Cut> = Some(Cut::Whole);

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let (min, max) = (as_number(&self.min), as_number(&self.max));
        drawn(cx, Events, &[("mean", &self.mean, Rule::Size)], min.as_ref(), max.as_ref())
    }

    fn interval(&self) -> Option<Interval> {
        whole(constant(&self.min, Some(0))?.max(0), constant(&self.max, None)?)
    }
}

struct Events;

impl Family for Events {
    type Law = Counts<quantile::Poisson>;

    const WHOLE: bool = true;
    const ENDS: (f64, f64) = (0.0, f64::INFINITY);

    fn law(&self, parameters: &[f64], span: &Span, many: bool) -> Result<Self::Law, Refused> {
        let mean = parameters[0];
        let refused = || span.empty(&format!("the Poisson distribution of mean {mean}"));
        Counts::new(quantile::Poisson { mean }, span.lo, span.hi, many).ok_or_else(refused)
    }
}

/// How many of a number of trials succeed: right answers of twenty, defects in a batch. `min` and `max` truncate it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Binomial {
    /// The number of trials, at least 0.
    #[schemars(extend("role" = "upper"))]
    n: Param<i64>,
    /// The probability that a trial succeeds, 0 to 1; 0.5 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "shape"))]
    p: Option<Param<f64>>,
    /// Smallest count; 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "lower"))]
    min: Option<Param<i64>>,
    /// Largest count; `n` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "upper"))]
    max: Option<Param<i64>>,
}

impl Generator for Binomial {
    const EXAMPLE: &'static str = "{type: binomial, n: 20, p: 0.7}";
    const CUT: Option<Cut> = Some(Cut::Whole);

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let n = as_number(&Some(self.n.clone())).unwrap_or(Param::Constant(0.0));
        let p = self.p.clone().unwrap_or(Param::Constant(0.5));
        let (min, max) = (as_number(&self.min), as_number(&self.max));
        drawn(cx, Trials, &[("n", &n, Rule::Whole), ("p", &p, Rule::Share)], min.as_ref(), max.as_ref())
    }

    fn interval(&self) -> Option<Interval> {
        let n = constant(&Some(self.n.clone()), None)?;
        whole(constant(&self.min, Some(0))?.max(0), constant(&self.max, Some(n))?.min(n))
    }
}

struct Trials;

impl Family for Trials {
    type Law = Counts<quantile::Binomial>;

    const WHOLE: bool = true;
    const ENDS: (f64, f64) = (0.0, f64::INFINITY);

    fn law(&self, parameters: &[f64], span: &Span, many: bool) -> Result<Self::Law, Refused> {
        let [n, p] = [parameters[0], parameters[1]];
        let refused = || span.empty(&format!("the binomial distribution of {n} trials and p {p}"));
        Counts::new(quantile::Binomial { n, p }, span.lo, span.hi, many).ok_or_else(refused)
    }
}

/// The number of the first trial that succeeds, from 1: attempts until a sale. `min` and `max` truncate it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Geometric {
    /// The probability that a trial succeeds, above 0 and at most 1; the mean is 1/p.
    #[schemars(extend("role" = "shape"))]
    p: Param<f64>,
    /// Smallest number; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "lower"))]
    min: Option<Param<i64>>,
    /// Largest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "upper"))]
    max: Option<Param<i64>>,
}

impl Generator for Geometric {
    const EXAMPLE: &'static str = "{type: geometric, p: 0.25, max: 30}";
    const CUT: Option<Cut> = Some(Cut::Whole);

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let (min, max) = (as_number(&self.min), as_number(&self.max));
        drawn(cx, FirstSuccess, &[("p", &self.p, Rule::SomeShare)], min.as_ref(), max.as_ref())
    }

    fn interval(&self) -> Option<Interval> {
        whole(constant(&self.min, Some(1))?.max(1), constant(&self.max, None)?)
    }
}

struct FirstSuccess;

impl Family for FirstSuccess {
    type Law = quantile::Geometric;

    const WHOLE: bool = true;
    const ENDS: (f64, f64) = (1.0, f64::INFINITY);

    fn law(&self, parameters: &[f64], span: &Span, _: bool) -> Result<quantile::Geometric, Refused> {
        let p = parameters[0];
        let refused = || span.empty(&format!("the geometric distribution of p {p}"));
        quantile::Geometric::new(p, span.lo, span.hi).ok_or_else(refused)
    }
}

/// A rank from 1 to n by Zipf's law: rank k is k^s times rarer than the first. Popularity of products, words, pages.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Zipf {
    /// The number of ranks, at least 1.
    #[schemars(range(min = 1), extend("role" = "upper"))]
    n: i64,
    /// How steeply probabilities fall, at least 0; 1 when absent. At 0 all ranks are alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0), extend("role" = "shape"))]
    s: Option<f64>,
}

impl Generator for Zipf {
    const EXAMPLE: &'static str = "{type: zipf, n: 1000, s: 1.1}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        // Constants both: each law has a table, too dear for a row.
        let (n, s) = (Param::Constant(self.n as f64), Param::Constant(self.s.unwrap_or(1.0)));
        drawn(cx, Ranks, &[("n", &n, Rule::Whole), ("s", &s, Rule::Size)], None, None)
    }
}

struct Ranks;

impl Family for Ranks {
    type Law = quantile::Zipf;

    const WHOLE: bool = true;

    fn law(&self, parameters: &[f64], span: &Span, _: bool) -> Result<quantile::Zipf, Refused> {
        let [n, s] = [parameters[0], parameters[1]];
        quantile::Zipf::new(n as u64, s).ok_or_else(|| span.empty("Zipf's law"))
    }
}

/// A number from bins with weights, even inside each: a distribution as it was measured. With `type: integer` or `type: decimal` a bin holds
/// its lower edge and not its upper one.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Histogram {
    /// The edges of the bins, ascending, one more than there are weights.
    #[schemars(length(min = 2), extend("role" = "edge"))]
    edges: Vec<f64>,
    /// How likely each bin is, in proportion.
    #[schemars(length(min = 1), extend("role" = "weight"))]
    weights: Vec<f64>,
}

impl Generator for Histogram {
    const EXAMPLE: &'static str = "{type: histogram, edges: [18, 25, 40, 65, 90], weights: [12, 30, 41, 17]}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let (edges, weights) = (&self.edges, &self.weights);
        let mut problems = Vec::new();
        if edges.len() != weights.len() + 1 || weights.is_empty() {
            let detail = format!(
                "{} weights do not fit {} edges, which make {} bins",
                weights.len(),
                edges.len(),
                edges.len().saturating_sub(1)
            );
            problems.push(Problem::new("wrong_length", detail).at("/weights").remedy("give each bin one weight"));
        }
        for (at, pair) in edges.windows(2).enumerate() {
            if pair[1] <= pair[0] {
                let detail = format!("the edge {} does not ascend from {}", pair[1], pair[0]);
                problems.push(Problem::new("not_ascending", detail).at(format!("/edges/{}", at + 1)));
            }
        }
        for (at, weight) in weights.iter().enumerate() {
            if !weight.is_finite() || *weight < 0.0 {
                let detail = format!("the weight {weight} is below 0");
                problems.push(Problem::new("too_small", detail).at(format!("/weights/{at}")));
            }
        }
        if problems.is_empty() && weights.iter().all(|weight| *weight == 0.0) {
            problems.push(Problem::new("no_weight", "the weights add up to nothing").at("/weights"));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let bins = Bins { edges: edges.clone(), weights: weights.clone() };
        let ends = [edges[0], edges[edges.len() - 1]].map(Param::Constant);
        drawn(cx, bins, &[], Some(&ends[0]), Some(&ends[1]))
    }
}

struct Bins {
    edges: Vec<f64>,
    weights: Vec<f64>,
}

impl Family for Bins {
    type Law = quantile::Histogram;

    fn law(&self, _: &[f64], span: &Span, _: bool) -> Result<quantile::Histogram, Refused> {
        let refused = |code, detail| Refused { place: "edges", code, detail };
        let edges = match span.rounded {
            false => self.edges.clone(),
            // In units a bin holds the whole numbers from its lower edge to below its upper one.
            true => {
                let edges: Vec<f64> = self.edges.iter().map(|edge| libm::ceil(edge * span.unit)).collect();
                for (at, pair) in edges.windows(2).enumerate() {
                    if pair[0] == pair[1] && self.weights[at] > 0.0 {
                        let (from, to) = (self.edges[at], self.edges[at + 1]);
                        let detail = format!("no value of the column's type lies in the bin from {from} to below {to}");
                        return Err(refused("empty_interval", detail));
                    }
                }
                edges
            }
        };
        let law = quantile::Histogram::new(edges, &self.weights, span.rounded);
        law.ok_or_else(|| refused("no_weight", "the weights make no distribution over these edges".to_owned()))
    }
}

//! Amounts of money in the smallest units of their currency.

use std::collections::{BTreeSet, HashMap};

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{Decimal128Type, Float64Type, Int64Type};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::interval::array_of;
use super::super::numbers::{FloatEnds, check_ends, first_unit, floats_of, last_unit};
use super::super::person::texts;
use super::super::{Cells, Fill, Generator, GeneratorSpec, Made, Problems, Rows, RunError};
use super::currencies::{MINOR_UNITS, currency_of, minor_unit, unknown_currency};
use crate::plan::{Context, Nested, Scalar, below};
use crate::problem::Problem;
use crate::schema::Param;
use crate::types::{DEFAULT_PRECISION, LogicalType};

/// An amount of money, rounded to the smallest unit of its currency: hundredths for most, whole yen, thousandths of a dinar. `min` and `max`
/// truncate its distribution.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    /// The currency's three letters by ISO 4217, or SQL that gives them; when absent, the currency that a `currency_code` column of the row
    /// shows, else that of the locale's country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    currency: Option<Param<String>>,
    /// How amounts spread: a generator of numbers. When absent, lognormal with a median of 5,000 of the currency's smallest units: 50 dollars,
    /// 5,000 yen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    distribution: Option<GeneratorSpec>,
    /// Smallest amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "lower"))]
    min: Option<Param<f64>>,
    /// Largest amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "upper"))]
    max: Option<Param<f64>>,
}

/// Smallest units of a currency in the middle of amounts that name no distribution.
const MEDIAN_UNITS: f64 = 5_000.0;

/// More units than this do not fit the type.
const MOST_UNITS: f64 = 9.0e17;

/// How often a row draws until its amount lies between its ends, where the distribution cannot be cut before it is drawn from.
const DRAWS: u32 = 1_000;

/// Where a row's currency comes from.
enum Currency {
    /// One of so many decimal places, in every row.
    One(i8),
    /// The text of an input, and the decimal places that its currencies have.
    Rows(usize, BTreeSet<i8>),
}

impl Amount {
    fn currency(&self, cx: &mut Context<'_>) -> Result<Currency, Problems> {
        let input = match &self.currency {
            Some(Param::Constant(code)) => {
                let places = minor_unit(code).ok_or_else(|| vec![unknown_currency(code).at("/currency")])?;
                return Ok(Currency::One(places));
            }
            // A column by itself tells which values it has.
            Some(Param::Sql(sql)) if is_name(sql.trim()) => {
                cx.column(sql.trim()).map_err(|found| below(below(found, "sql"), "currency"))?
            }
            Some(Param::Sql(sql)) => cx.sql(sql).map_err(|found| below(below(found, "sql"), "currency"))?,
            None if cx.shows_attribute(&["currency_code"]) => cx.attribute("currency_code")?,
            None => {
                let own = currency_of(cx.locale().country());
                return Ok(Currency::One(minor_unit(own).unwrap_or(2)));
            }
        };
        if !cx.input_type(input).is_text() {
            let detail = format!("a currency is a text, and this column or SQL gives {}", cx.input_type(input));
            return Err(vec![Problem::new("no_text", detail).at("/currency")]);
        }
        let known = cx.input_values(input);
        let known = known.as_ref().and_then(|values| values.as_string_view_opt());
        let places: BTreeSet<i8> = match known {
            Some(codes) => codes.iter().flatten().filter_map(minor_unit).collect(),
            None => MINOR_UNITS.into(),
        };
        Ok(Currency::Rows(input, if places.is_empty() { MINOR_UNITS.into() } else { places }))
    }

    /// The distribution of amounts of so many decimal places.
    fn spread(&self, places: i8) -> Option<GeneratorSpec> {
        let usual = || {
            let median = MEDIAN_UNITS / 10_f64.powi(i32::from(places));
            GeneratorSpec::from_value(json!({ "type": "lognormal", "median": median, "sigma": 1.0 })).ok()
        };
        self.distribution.clone().or_else(usual)
    }

    /// Refuses ends that leave nothing of a distribution whose own ends are known.
    fn check_reach(&self, spread: &GeneratorSpec) -> Result<(), Problems> {
        let end = |param: &Option<Param<f64>>, open: f64| match param {
            None => Some(open),
            Some(Param::Constant(end)) => Some(*end),
            Some(Param::Sql(_)) => None,
        };
        let ends = end(&self.min, f64::NEG_INFINITY).zip(end(&self.max, f64::INFINITY));
        let (Some((min, max)), Some(own)) = (ends, spread.interval()) else { return Ok(()) };
        let unit = match own.logical {
            LogicalType::Integer => 1.0,
            LogicalType::Decimal { scale, .. } => 10_f64.powi(i32::from(scale)),
            _ => return Ok(()),
        };
        let (from, to) = (own.min as f64 / unit, own.max as f64 / unit);
        if to >= min && from <= max {
            return Ok(());
        }
        let place = if to < min { "/min" } else { "/max" };
        let detail =
            format!("the distribution has values from {from} to {to}, and none of them between {min} and {max}");
        Err(vec![Problem::new("no_mass", detail).at(place)])
    }

    /// The distribution as a part of the amount, cut where it can be, and whether nothing is left to be cut.
    fn nested(&self, cx: &mut Context<'_>, places: i8) -> Result<(Nested, bool), Problems> {
        let spread = self.spread(places).ok_or_else(Vec::new)?;
        self.check_reach(&spread)?;
        let (cut, whole) = spread.within(self.min.as_ref(), self.max.as_ref());
        // Amounts are drawn in smallest units, so that the first and the last keep their mass.
        let logical = LogicalType::Decimal { precision: DEFAULT_PRECISION, scale: places };
        let own = spread.to_value();
        let placed = |problem: Problem| {
            let ours = ["min", "max"].iter().any(|end| {
                problem.pointer.split('/').nth(1) == Some(end)
                    && (own.get(end).is_none() || self.distribution.is_none())
            });
            if ours { problem } else { problem.key("distribution") }
        };
        let nested = cx
            .nested_as(&cut, "component", 0, logical)
            .map_err(|found| found.into_iter().map(placed).collect::<Problems>())?;
        if !matches!(nested.logical, LogicalType::Integer | LogicalType::Decimal { .. } | LogicalType::Float) {
            let detail = format!("amounts spread by numbers, and this generator makes {}", nested.logical);
            let remedy = "take one such as lognormal, gamma or decimal";
            return Err(vec![Problem::new("wrong_type", detail).remedy(remedy).at("/distribution")]);
        }
        Ok((nested, whole))
    }
}

/// Whether an SQL text is nothing but a column's plain name.
pub fn is_name(sql: &str) -> bool {
    sql.starts_with(|c: char| c.is_alphabetic() || c == '_') && sql.chars().all(|c| c.is_alphanumeric() || c == '_')
}

impl Generator for Amount {
    const EXAMPLE: &'static str =
        "{type: amount, currency: PEN, distribution: {type: gamma, shape: 2, scale: 60}, min: 5, max: 2000}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let currency = self.currency(cx)?;
        let end = |cx: &mut Context<'_>, param: &Option<Param<f64>>, open: f64, name: &str| {
            cx.param(param.as_ref().unwrap_or(&Param::Constant(open)), name)
        };
        let min = end(cx, &self.min, f64::NEG_INFINITY, "min")?;
        let max = end(cx, &self.max, f64::INFINITY, "max")?;
        check_ends(&min, &max, f64::to_string)?;
        let (input, all) = match currency {
            Currency::One(places) => (None, BTreeSet::from([places])),
            Currency::Rows(input, all) => (Some(input), all),
        };
        let scale = all.iter().next_back().copied().unwrap_or(2);
        let mut parts = Vec::with_capacity(all.len());
        let mut whole = true;
        for places in all {
            if let (Scalar::Constant(min), Scalar::Constant(max)) = (&min, &max) {
                let unit = 10_f64.powi(i32::from(places));
                if first_unit(min * unit) > last_unit(max * unit) {
                    let detail = format!("no amount of {places} decimal places lies between {min} and {max}");
                    return Err(vec![Problem::new("empty_interval", detail).at("/max")]);
                }
            }
            let (nested, is_whole) = self.nested(cx, places)?;
            whole &= is_whole;
            parts.push((places, nested));
        }
        let logical = LogicalType::Decimal { precision: DEFAULT_PRECISION, scale };
        let nullable = parts.iter().any(|(_, nested)| nested.nullable);
        let countable = match parts.as_slice() {
            [(_, nested)] if whole && nested.logical == logical => nested.countable.clone(),
            _ => None,
        };
        let fill = Money { input, parts, min, max, logical: logical.clone(), scale };
        Ok(Made { countable, nullable, ..Made::drawn(logical, fill) })
    }
}

struct Money {
    /// The input that holds the currency; one currency in all rows where absent.
    input: Option<usize>,
    /// The distribution for each number of decimal places.
    parts: Vec<(i8, Nested)>,
    min: Scalar<f64>,
    max: Scalar<f64>,
    logical: LogicalType,
    /// The decimal places of the column.
    scale: i8,
}

impl Money {
    /// Amounts in units of their own last place, at positions of the rows, between the ends.
    fn draw(
        &self,
        cells: &Cells<'_>,
        rows: &Rows,
        (places, nested): &(i8, Nested),
        positions: &[u32],
        ends: &(FloatEnds, FloatEnds),
    ) -> Result<Vec<(u32, Option<i64>)>, RunError> {
        let unit = 10_f64.powi(i32::from(*places));
        let mut drawn = Vec::with_capacity(positions.len());
        let mut open = positions.to_vec();
        for draw in 0..DRAWS {
            let attempt = cells.attempt.saturating_mul(DRAWS).saturating_add(draw);
            let again = Cells { inputs: cells.inputs, attempt, plan: cells.plan };
            let made = if open.len() == rows.len() {
                nested.fill(&again, rows, None)?
            } else {
                nested.fill(&again, &rows.take(&open), Some(&open))?
            };
            let mut left = Vec::new();
            for (position, units) in open.into_iter().zip(units_of(&made, *places)?) {
                let (min, max) = (ends.0.at(position as usize), ends.1.at(position as usize));
                match (units, min, max) {
                    (Some(units), Some(min), Some(max)) => {
                        let fits = (first_unit(min * unit)..=last_unit(max * unit)).contains(&(units as f64))
                            && (units as f64).abs() <= MOST_UNITS;
                        if fits { drawn.push((position, Some(units))) } else { left.push(position) }
                    }
                    _ => drawn.push((position, None)),
                }
            }
            open = left;
            if open.is_empty() {
                return Ok(drawn);
            }
        }
        let row = rows.at(open[0] as usize);
        let end = |end: &FloatEnds| end.at(open[0] as usize).unwrap_or(f64::NAN);
        let detail =
            format!("{DRAWS} draws of the distribution gave no amount between {} and {}", end(&ends.0), end(&ends.1));
        Err(RunError { row: Some(row), ..RunError::new(detail) })
    }
}

/// Numbers in units of the last of some decimal places, half to even; the most that there are for what is larger.
fn units_of(array: &ArrayRef, places: i8) -> Result<Vec<Option<i64>>, RunError> {
    let factor = 10_i128.pow(u32::from(places.unsigned_abs()));
    let whole = |units: i128| i64::try_from(units).unwrap_or(if units < 0 { i64::MIN } else { i64::MAX });
    if let Some(numbers) = array.as_primitive_opt::<Int64Type>() {
        return Ok(numbers.iter().map(|number| number.map(|number| whole(i128::from(number) * factor))).collect());
    }
    if let Some(numbers) = array.as_primitive_opt::<Float64Type>() {
        return Ok(numbers
            .iter()
            .map(|number| number.map(|number| libm::rint(number * factor as f64) as i64))
            .collect());
    }
    if let Some(numbers) = array.as_primitive_opt::<Decimal128Type>() {
        let own = 10_i128.pow(u32::from(numbers.scale().unsigned_abs()));
        return Ok(numbers
            .iter()
            .map(|number| number.map(|n| whole(half_to_even(n.saturating_mul(factor), own))))
            .collect());
    }
    Err(RunError::new(format!("an amount cannot be made of {}", array.data_type())))
}

/// A quotient by a number above 0, rounded half to even.
fn half_to_even(number: i128, by: i128) -> i128 {
    let (quotient, rest) = (number.div_euclid(by), number.rem_euclid(by));
    let up = match (2 * rest).cmp(&by) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => quotient % 2 != 0,
        std::cmp::Ordering::Greater => true,
    };
    quotient + i128::from(up)
}

impl Fill for Money {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let ends = (floats_of(cells, &self.min)?, floats_of(cells, &self.max)?);
        let mut shares = vec![Vec::new(); self.parts.len()];
        match self.input {
            None => shares[0] = (0..rows.len() as u32).collect(),
            Some(input) => {
                let mut known: HashMap<&str, usize> = HashMap::new();
                for (position, code) in texts(cells, input)?.iter().enumerate() {
                    let Some(code) = code else { continue };
                    let part = match known.get(code) {
                        Some(part) => *part,
                        None => {
                            let part = self.part(code).ok_or_else(|| RunError {
                                row: Some(rows.at(position)),
                                ..RunError::new(unknown_currency(code).detail)
                            })?;
                            known.insert(code, part);
                            part
                        }
                    };
                    shares[part].push(position as u32);
                }
            }
        }
        let mut values = vec![None; rows.len()];
        for (part, positions) in self.parts.iter().zip(&shares).filter(|(_, positions)| !positions.is_empty()) {
            let factor = 10_i64.pow(u32::from((self.scale - part.0).unsigned_abs()));
            for (position, units) in self.draw(cells, rows, part, positions, &ends)? {
                let wide =
                    units.map(|units| units.checked_mul(factor).filter(|wide| (*wide as f64).abs() <= MOST_UNITS));
                values[position as usize] = match wide {
                    Some(None) => {
                        let detail = format!("an amount has more digits than {} holds", self.logical);
                        return Err(RunError { row: Some(rows.at(position as usize)), ..RunError::new(detail) });
                    }
                    Some(wide) => wide,
                    None => None,
                };
            }
        }
        array_of(values.into_iter(), &self.logical)
    }
}

impl Money {
    /// The part of a currency; one that the plan did not foresee has no distribution.
    fn part(&self, code: &str) -> Option<usize> {
        let places = minor_unit(code)?;
        self.parts.iter().position(|(known, _)| *known == places)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{Decimal128Array, Float64Array};

    use super::*;
    use crate::plan::{Compiled, Options, compile_text};
    use crate::quantile::normal_cdf;
    use crate::run::batch;
    use crate::schema::Overrides;

    fn compile(head: &str, rows: u64, columns: &[&str]) -> Compiled {
        let columns: String = columns.iter().map(|column| format!("\n      - {column}")).collect();
        let text =
            format!("name: d\nrandom_seed: 5\n{head}tables:\n  - name: t\n    rows: {rows}\n    columns:{columns}\n");
        compile_text(&text, &Overrides::default(), &Options::default())
    }

    /// The last column: its type, and its values as text.
    fn amounts(head: &str, rows: u64, columns: &[&str]) -> (String, Vec<Option<String>>) {
        let compiled = compile(head, rows, columns);
        let plan = compiled.plan.unwrap_or_else(|| panic!("{columns:?}: {:?}", compiled.problems));
        let batch = batch(&plan, 0, 0..rows).expect("rows");
        let last = batch.column(batch.num_columns() - 1).as_primitive::<Decimal128Type>();
        let texts = (0..last.len()).map(|row| last.is_valid(row).then(|| last.value_as_string(row))).collect();
        // The same rows alone.
        let alone = crate::run::batch(&plan, 0, rows / 3..rows / 2).expect("rows");
        let part = alone.column(alone.num_columns() - 1).as_primitive::<Decimal128Type>();
        let slice = last.slice((rows / 3) as usize, (rows / 2 - rows / 3) as usize);
        assert_eq!(*part, slice, "{columns:?}");
        (plan.report.tables[0].columns[columns.len() - 1].logical.clone(), texts)
    }

    fn numbers(texts: &[Option<String>]) -> Vec<f64> {
        texts.iter().flatten().map(|text| text.parse().expect("a number")).collect()
    }

    #[test]
    fn the_scale_is_that_of_the_currency() {
        for (currency, expected) in [
            ("", "decimal(18, 2)"),
            (", currency: usd", "decimal(18, 2)"),
            (", currency: JPY", "decimal(18, 0)"),
            (", currency: CLP", "decimal(18, 0)"),
            (", currency: KWD", "decimal(18, 3)"),
        ] {
            let column = format!("{{name: x, generator: {{type: amount{currency}}}}}");
            let (logical, values) = amounts("", 2_000, &[&column]);
            assert_eq!(logical.replace(' ', ""), expected.replace(' ', ""), "{currency}");
            // Half of the amounts lie below 5,000 smallest units, at five standard deviations.
            let below = values
                .iter()
                .flatten()
                .filter(|text| text.replace('.', "").parse::<i64>().is_ok_and(|units| units < 5_000));
            let below = below.count();
            assert!((890..1_110).contains(&below), "{currency}: {below}");
        }
        let (yen, _) = amounts("locale: ja_JP\n", 10, &["{name: x, generator: {type: amount}}"]);
        assert_eq!(yen.replace(' ', ""), "decimal(18,0)");
    }

    #[test]
    fn ends_truncate_whatever_the_distribution_and_no_end_gets_more_than_its_share() {
        let half = |low: f64, high: f64| (normal_cdf(0.0) - normal_cdf(low)) / (normal_cdf(high) - normal_cdf(low));
        for distribution in [
            "{type: normal, mean: 10, std: 4}",
            // No parameter of this one cuts it: it is drawn until it fits.
            "{type: mixture, components: [{generator: {type: normal, mean: 10, std: 4}}]}",
        ] {
            let column =
                format!("{{name: x, generator: {{type: amount, distribution: {distribution}, min: 8.01, max: 20}}}}");
            let values = numbers(&amounts("", 20_000, &[&column]).1);
            assert!(values.iter().all(|value| (8.01..=20.0).contains(value)), "{distribution}");
            assert!(values.iter().filter(|value| **value == 8.01).count() < 60, "{distribution}");
            // The share below the mean, at five standard errors.
            let share = values.iter().filter(|value| **value < 10.0).count() as f64 / 20_000.0;
            let expected = half((8.01 - 10.0) / 4.0, 2.5);
            assert!((share - expected).abs() < 0.018, "{distribution}: {share} for {expected}");
        }
    }

    #[test]
    fn a_rows_currency_rounds_its_amount() {
        let currency = "{name: currency, generator: {type: currency_code, weights: {USD: 2, JPY: 1, KWD: 1}}}";
        for amount in [
            "{type: amount, min: 0.5}",
            "{type: amount, currency: {sql: currency}, min: 0.5}",
            "{type: amount, currency: {sql: upper(currency)}, min: 0.5}",
        ] {
            let column = format!("{{name: x, generator: {amount}}}");
            let compiled = compile("", 3_000, &[currency, &column]);
            let plan = compiled.plan.unwrap_or_else(|| panic!("{amount}: {:?}", compiled.problems));
            let batch = batch(&plan, 0, 0..3_000).expect("rows");
            let (codes, values) = (batch.column(0).as_string_view(), batch.column(1).as_primitive::<Decimal128Type>());
            assert_eq!(values.scale(), 3);
            for row in 0..3_000 {
                let unit = 10_i128.pow(3 - u32::from(minor_unit(codes.value(row)).expect("a currency").unsigned_abs()));
                assert!(
                    values.value(row) % unit == 0 && values.value(row) >= 500,
                    "{} {}",
                    codes.value(row),
                    values.value(row)
                );
            }
        }
        let two = "{name: currency, generator: {type: choice, values: [USD, EUR, JPY]}}";
        assert!(
            amounts("", 100, &[two, "{name: x, generator: {type: amount, currency: {sql: currency}}}"])
                .0
                .ends_with("2)")
        );
        let null = "{name: currency, null_rate: 0.5, generator: {type: choice, values: [USD, EUR]}}";
        let (_, values) =
            amounts("", 1_000, &[null, "{name: x, generator: {type: amount, currency: {sql: currency}}}"]);
        assert!((400..600).contains(&values.iter().flatten().count()));
    }

    #[test]
    fn amounts_can_be_unique_up_to_their_last_unit() {
        let column = "{name: x, unique: true, generator: {type: amount, distribution: {type: exponential, mean: 4}, min: 1, max: 5.99}}";
        let mut values = amounts("", 500, &[column]).1;
        values.sort_unstable();
        values.dedup();
        assert_eq!(values.len(), 500);
        assert!(compile("", 501, &[column]).problems.iter().any(|problem| problem.code == "capacity"));
    }

    #[test]
    fn what_makes_no_amount_is_told_at_its_place() {
        for (generator, pointer, words) in [
            ("type: amount, currency: USX", "/currency", "\"USX\" is no currency of ISO 4217"),
            ("type: amount, min: 5, max: 4", "/max", "4 is below min 5"),
            (
                "type: amount, currency: JPY, min: 5.2, max: 5.8",
                "/max",
                "no amount of 0 decimal places lies between 5.2 and 5.8",
            ),
            ("type: amount, max: -3", "/max", "has no values up to -3"),
            (
                "type: amount, distribution: {type: integer, max: 9}, min: 50",
                "/min",
                "has values from 0 to 9, and none of them between 50 and inf",
            ),
            (
                "type: amount, distribution: {type: word}",
                "/distribution",
                "amounts spread by numbers, and this generator makes string",
            ),
            ("type: amount, distribution: {type: normal, std: 0}", "/distribution/std", "std 0 is not above 0"),
            ("type: amount, currency: {sql: id}", "/currency", "a currency is a text"),
            ("type: amount, currency: {sql: nothing}", "/currency/sql", "no column"),
        ] {
            let column = format!("{{name: x, generator: {{{generator}}}}}");
            let found = compile("", 10, &["{name: id, generator: {type: sequence}}", &column]).problems;
            let told = found.iter().any(|problem| {
                problem.pointer == format!("/tables/0/columns/1/generator{pointer}") && problem.detail.contains(words)
            });
            assert!(told, "{generator}: {found:?}");
        }
        let far = ["{name: x, generator: {type: amount, distribution: {type: zipf, n: 9}, min: 50}}"];
        let plan = compile("", 10, &far).plan.expect("a plan");
        let error = batch(&plan, 0, 0..10).expect_err("no rank above 9");
        assert_eq!(error.detail, "1000 draws of the distribution gave no amount between 50 and inf");
    }

    #[test]
    fn units_are_rounded_half_to_even() {
        let floats: ArrayRef = Arc::new(Float64Array::from(vec![Some(0.125), Some(0.375), None, Some(-0.125)]));
        assert_eq!(units_of(&floats, 2).expect("numbers"), [Some(12), Some(38), None, Some(-12)]);
        let exact =
            Decimal128Array::from(vec![1_255, 1_265, -1_255, 7]).with_precision_and_scale(10, 3).expect("decimals");
        let exact: ArrayRef = Arc::new(exact);
        assert_eq!(units_of(&exact, 2).expect("numbers"), [Some(126), Some(126), Some(-126), Some(1)]);
        assert_eq!(units_of(&exact, 4).expect("numbers")[0], Some(12_550));
    }
}

//! Values from a list: typed once, then gathered by position. Text is shared: a value is a view on the list's own bytes.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringViewArray,
    StringViewBuilder, TimestampMicrosecondArray, UInt32Array, new_null_array,
};
use datafusion::arrow::buffer::{NullBuffer, ScalarBuffer};
use datafusion::arrow::compute::take;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::shape::{Factor, Shape};
use super::{Cells, Choices, Countable, Fill, Made, Rows, RunError};
use crate::allocation::Quota;
use crate::locale::WeightedList;
use crate::plan::Context;
use crate::problem::Problem;
use crate::random::{Alias, Key};
use crate::schema::{parse_date, parse_datetime};
use crate::types::{DEFAULT_PRECISION, LogicalType};

/// Values of a generator: written where they are used, or a list of the dataset.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Values<T> {
    /// The values themselves.
    Written(Vec<T>),
    /// A list of the dataset.
    Named(ListName),
}

/// A list of the dataset, by name.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListName {
    /// Its name under `lists`.
    pub list: String,
}

/// A typed list.
#[derive(Clone)]
pub(super) struct List {
    pub logical: LogicalType,
    pub values: ArrayRef,
}

impl List {
    /// Types a list of scalars: `declared` where the column names a type, else the plainest type that holds them all. Problems stand at the
    /// value's place.
    pub fn of(values: &[Value], declared: Option<&LogicalType>) -> Result<List, Vec<Problem>> {
        if values.is_empty() {
            return Err(vec![Problem::new("empty_list", "the list is empty")]);
        }
        let mut problems = Vec::new();
        for (at, value) in values.iter().enumerate() {
            if value.is_array() || value.is_object() {
                problems.push(
                    Problem::new("wrong_type", "a value here is a number, a text, true, false or null")
                        .at(format!("/{at}")),
                );
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let logical = declared.cloned().unwrap_or_else(|| plainest(values));
        let mut problems = Vec::new();
        let array = typed(values, &logical, &mut problems);
        if problems.is_empty() { Ok(List { logical, values: array }) } else { Err(problems) }
    }

    /// A list of texts.
    pub fn of_texts<'t>(texts: impl IntoIterator<Item = &'t str>) -> List {
        List::of_some_texts(texts.into_iter().map(Some))
    }

    /// A list of texts and nulls.
    pub fn of_some_texts<'t>(texts: impl IntoIterator<Item = Option<&'t str>>) -> List {
        let mut builder = StringViewBuilder::new();
        for text in texts {
            builder.append_option(text);
        }
        List { logical: LogicalType::String, values: Arc::new(builder.finish()) }
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// The values at some places.
    pub fn gather(&self, places: impl ExactSizeIterator<Item = usize>) -> Result<ArrayRef, RunError> {
        if let Some(texts) = self.values.as_string_view_opt() {
            return Ok(Arc::new(gather_texts(texts, places)));
        }
        let places: UInt32Array = places.map(|place| place as u32).collect::<Vec<_>>().into();
        take(&self.values, &places, None).map_err(|error| RunError::new(error.to_string()))
    }

    /// The most characters of a text.
    pub fn longest(&self) -> Option<u64> {
        let texts = self.values.as_string_view_opt()?;
        texts.iter().flatten().map(|text| text.chars().count() as u64).max()
    }
}

/// Texts of a list at some places, as views on the list's own bytes.
pub(super) fn gather_texts(list: &StringViewArray, places: impl ExactSizeIterator<Item = usize>) -> StringViewArray {
    let views = list.views();
    let has_nulls = list.null_count() > 0;
    let mut valid = Vec::new();
    let gathered: ScalarBuffer<u128> = places
        .map(|place| {
            if has_nulls {
                valid.push(list.is_valid(place));
            }
            views[place]
        })
        .collect();
    let nulls = has_nulls.then(|| NullBuffer::from(valid));
    // SAFETY: every view was copied from an array whose views and buffers are valid UTF-8, and the buffers are that array's own.
    unsafe { StringViewArray::new_unchecked(gathered, list.data_buffers().to_vec(), nulls) }
}

/// The plainest logical type of some scalars: numbers with a point are decimals of as many places as the longest has.
fn plainest(values: &[Value]) -> LogicalType {
    let known: Vec<&Value> = values.iter().filter(|value| !value.is_null()).collect();
    if !known.is_empty() && known.iter().all(|value| value.is_i64()) {
        LogicalType::Integer
    } else if !known.is_empty() && known.iter().all(|value| value.is_number()) {
        let places = known.iter().map(|value| decimal_places(&value.to_string())).max().unwrap_or(0);
        match places {
            0..=12 => LogicalType::Decimal { precision: DEFAULT_PRECISION, scale: places as i8 },
            _ => LogicalType::Float,
        }
    } else if !known.is_empty() && known.iter().all(|value| value.is_boolean()) {
        LogicalType::Boolean
    } else {
        LogicalType::String
    }
}

fn decimal_places(number: &str) -> usize {
    if number.contains(['e', 'E']) {
        usize::MAX
    } else {
        number.split_once('.').map_or(0, |(_, fraction)| fraction.len())
    }
}

/// A number's text without an exponent: `1e-6` as `0.000001`, digit by digit; `None` where that is longer than any decimal.
fn written_out(text: &str) -> Option<Cow<'_, str>> {
    const FARTHEST: i32 = 40;
    let Some((number, exponent)) = text.split_once(['e', 'E']) else { return Some(Cow::Borrowed(text)) };
    let exponent: i32 = exponent.parse().ok().filter(|exponent: &i32| exponent.abs() <= FARTHEST)?;
    let (sign, number) = match number.strip_prefix('-') {
        Some(number) => ("-", number),
        None => ("", number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    let point = whole.len() as i32 + exponent;
    let moved = if point <= 0 {
        format!("{sign}0.{}{digits}", "0".repeat(point.unsigned_abs() as usize))
    } else if point as usize >= digits.len() {
        format!("{sign}{digits}{}", "0".repeat(point as usize - digits.len()))
    } else {
        format!("{sign}{}.{}", &digits[..point as usize], &digits[point as usize..])
    };
    Some(Cow::Owned(moved))
}

/// A number's text in units of the last of `scale` places, where it has no more places than that.
pub(super) fn decimal_units(text: &str, scale: i8) -> Option<i64> {
    let written = written_out(text)?;
    let (digits, fraction) = written.split_once('.').unwrap_or((&written, ""));
    let scale = usize::try_from(scale).ok()?;
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > scale {
        return None;
    }
    format!("{digits}{fraction}{}", "0".repeat(scale - fraction.len())).parse().ok()
}

fn typed(values: &[Value], logical: &LogicalType, problems: &mut Vec<Problem>) -> ArrayRef {
    let mut refuse = |at: usize, value: &Value| {
        let problem = match value.as_str() {
            Some(text) if text.parse::<f64>().is_ok() && !logical.is_text() => {
                Problem::new("wrong_type", format!("the text {value} is no {logical}"))
                    .remedy("write it without quotes")
            }
            _ => Problem::new("wrong_type", format!("{value} is no {logical}")),
        };
        problems.push(problem.at(format!("/{at}")));
    };
    macro_rules! collect {
        ($array:ty, $convert:expr) => {{
            let mut list = Vec::with_capacity(values.len());
            for (at, value) in values.iter().enumerate() {
                let converted = if value.is_null() { None } else { $convert(value) };
                if converted.is_none() && !value.is_null() {
                    refuse(at, value);
                }
                list.push(converted);
            }
            <$array>::from(list)
        }};
    }
    match logical {
        LogicalType::Integer => Arc::new(collect!(Int64Array, |value: &Value| value.as_i64())),
        LogicalType::Float => Arc::new(collect!(Float64Array, |value: &Value| value.as_f64())),
        LogicalType::Boolean => Arc::new(collect!(BooleanArray, |value: &Value| value.as_bool())),
        LogicalType::Date => Arc::new(collect!(Date32Array, |value: &Value| parse_date(value.as_str()?))),
        LogicalType::Datetime => {
            Arc::new(collect!(TimestampMicrosecondArray, |value: &Value| parse_datetime(value.as_str()?)))
        }
        LogicalType::Decimal { precision, scale } => {
            let array = collect!(Decimal128Array, |value: &Value| {
                let text = if value.is_number() { value.to_string() } else { value.as_str()?.to_owned() };
                decimal_units(&text, *scale).map(i128::from)
            });
            match array.with_precision_and_scale(*precision, *scale) {
                Ok(array) => Arc::new(array),
                Err(error) => {
                    problems.push(Problem::new("wrong_type", error.to_string()));
                    new_null_array(&logical.arrow(), values.len())
                }
            }
        }
        LogicalType::String | LogicalType::Text | LogicalType::Json => {
            let texts = values.iter().map(|value| match value {
                Value::Null => None,
                Value::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            });
            Arc::new(texts.collect::<StringViewArray>())
        }
        other => {
            problems.push(Problem::new(
                "not_supported",
                format!("values of type {other} from a list are not supported by this version"),
            ));
            new_null_array(&other.arrow(), values.len())
        }
    }
}

/// How a place in a list is drawn.
pub(super) enum Draw {
    /// All alike.
    Uniform(u64),
    /// By weight.
    Weighted(Alias),
    /// Exactly in proportion over the whole table.
    Exact(Quota),
}

/// A value of a list a row.
pub(super) struct FromList {
    pub list: List,
    pub key: Key,
    pub draw: Draw,
}

impl FromList {
    /// The places that some rows draw.
    pub fn places(draw: &Draw, key: &Key, cells: &Cells<'_>, rows: &Rows) -> Vec<u32> {
        match draw {
            Draw::Uniform(count) => {
                let key = cells.key(key);
                rows.iter().map(|row| key.below(row, *count) as u32).collect()
            }
            Draw::Weighted(alias) => cells.words(key, rows).into_iter().map(|word| alias.pick(word) as u32).collect(),
            Draw::Exact(quota) => {
                let mut places = Vec::with_capacity(rows.len());
                match rows {
                    Rows::Range(range) => quota.values(range.clone(), &mut places),
                    Rows::List(list) => {
                        let mut cursor = quota.cursor();
                        places.extend(list.iter().map(|row| cursor.value_at(*row) as u32));
                    }
                }
                places
            }
        }
    }
}

impl Fill for FromList {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let places = FromList::places(&self.draw, &self.key, cells, rows);
        self.list.gather(places.into_iter().map(|place| place as usize))
    }
}

/// Written values as an array of a type; problems stand at each value's place.
pub(crate) fn typed_values(values: &[Value], logical: &LogicalType) -> Result<ArrayRef, Vec<Problem>> {
    List::of(values, Some(logical)).map(|list| list.values)
}

/// The values of a list with their weights, each once; nothing where one of them is null.
pub(super) fn choices_of(list: &List, weights: Option<&[f64]>) -> Option<Choices> {
    if list.values.null_count() > 0 || weights.is_some_and(|weights| weights.len() != list.len()) {
        return None;
    }
    let texts = crate::plan::as_text(&list.values).ok()?;
    let texts = texts.as_string_view();
    let mut places: HashMap<&str, usize> = HashMap::new();
    let (mut kept, mut summed) = (Vec::new(), Vec::new());
    for place in 0..list.len() {
        let weight = weights.map_or(1.0, |weights| weights[place]);
        match places.get(texts.value(place)) {
            Some(known) => summed[*known] += weight,
            None => {
                places.insert(texts.value(place), kept.len());
                kept.push(place);
                summed.push(weight);
            }
        }
    }
    let values = list.gather(kept.into_iter()).ok()?;
    Some(Choices { values, weights: summed, exact: false })
}

/// The list as a domain: each value once.
impl Countable for List {
    fn count(&self) -> u128 {
        self.values.len() as u128
    }

    fn unrank(&self, positions: &[u128]) -> ArrayRef {
        self.gather(positions.iter().map(|position| *position as usize)).expect("positions lie in the list")
    }
}

/// The distinct values of a list, for `unique`; nulls are no values.
pub(super) fn distinct(list: &List) -> List {
    likely(list, &vec![1.0; list.len()]).list
}

/// The distinct values of a list with their weights, for `unique`; nulls are no values, and what has no weight is never drawn.
pub(super) fn likely(list: &List, weights: &[f64]) -> Likely {
    let options = datafusion::arrow::util::display::FormatOptions::default();
    let printer = datafusion::arrow::util::display::ArrayFormatter::try_new(list.values.as_ref(), &options);
    let (mut places, mut kept): (Vec<usize>, Vec<f64>) = (Vec::new(), Vec::new());
    let mut seen = HashMap::new();
    for (row, weight) in weights.iter().enumerate().take(list.len()) {
        if list.values.is_null(row) || *weight <= 0.0 {
            continue;
        }
        let text = printer.as_ref().ok().map(|printer| printer.value(row).to_string());
        match text.map(|text| seen.entry(text)) {
            Some(Entry::Occupied(known)) => kept[*known.get()] += weight,
            entry => {
                if let Some(Entry::Vacant(open)) = entry {
                    open.insert(kept.len());
                }
                places.push(row);
                kept.push(*weight);
            }
        }
    }
    let values = list.gather(places.into_iter()).unwrap_or_else(|_| Arc::clone(&list.values));
    Likely { list: List { logical: list.logical.clone(), values }, weights: kept }
}

/// Distinct values of a list, some more likely than others.
pub(super) struct Likely {
    pub list: List,
    weights: Vec<f64>,
}

impl Countable for Likely {
    fn count(&self) -> u128 {
        self.list.count()
    }

    fn unrank(&self, positions: &[u128]) -> ArrayRef {
        self.list.unrank(positions)
    }

    fn shape(&self) -> Option<Shape> {
        Some(Shape::of(Factor::of_weights(&self.weights)))
    }
}

/// A column drawn from a list of the locale, by weight; only texts that fit the column's lengths are drawn.
pub(super) fn from_locale(cx: &Context<'_>, list: &WeightedList) -> Result<Made, Vec<Problem>> {
    from_locale_within(cx, list, cx.lengths())
}

/// The same with other lengths.
pub(super) fn from_locale_within(
    cx: &Context<'_>,
    list: &WeightedList,
    lengths: (u32, Option<u32>),
) -> Result<Made, Vec<Problem>> {
    let (texts, weights) = fitting(lengths, list)?;
    let list = List::of_texts(texts);
    let alias =
        Alias::new(&weights).ok_or_else(|| vec![Problem::new("empty_list", "the locale has no values here")])?;
    let longest = list.longest();
    let countable = likely(&list, &weights);
    let choices = choices_of(&list, Some(&weights));
    let fill = FromList { list, key: cx.key("value"), draw: Draw::Weighted(alias) };
    Ok(Made { longest, ..Made::drawn(LogicalType::String, fill).counted(countable).chosen_from(choices) })
}

/// The texts of a list that have at least and at most so many characters, with their weights.
pub(super) fn fitting(
    (min, max): (u32, Option<u32>),
    list: &WeightedList,
) -> Result<(Vec<&'static str>, Vec<f64>), Vec<Problem>> {
    let (texts, weights): (Vec<&str>, Vec<f64>) = list
        .values
        .iter()
        .zip(&list.weights)
        .filter(|(text, _)| {
            let length = text.chars().count();
            length >= min as usize && max.is_none_or(|max| length <= max as usize)
        })
        .map(|(text, weight)| (*text, *weight as f64))
        .unzip();
    if texts.is_empty() {
        let detail = format!("no value here has between {min} and {} characters", max.unwrap_or(u32::MAX));
        return Err(vec![Problem::new("nothing_fits", detail).remedy("widen min_length and max_length")]);
    }
    Ok((texts, weights))
}

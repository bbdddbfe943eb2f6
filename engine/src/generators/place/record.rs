//! The row's place: one city of the locale and one of its districts, from which every attribute of the place follows.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, Float64Array, Int64Array, StringViewArray};
use datafusion::arrow::datatypes::{Field, Schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::lists::List;
use super::super::records::{OfRecord, Record, RecordPart, record_rows};
use super::super::relations::First;
use super::super::{Cells, Fill, Generator, Made, Problems, Rows, RunError};
use crate::expr::{Expression, Parsed, SqlProblem};
use crate::locale::Locale;
use crate::plan::Context;
use crate::problem::Problem;
use crate::random::{Alias, Key};
use crate::types::LogicalType;

/// A place of the locale's country: city, state, district and what agrees with them.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Whether places come as often as people live there; true when absent, else each city is equally likely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weight_by_population: Option<bool>,
    /// An SQL condition over the cities' own `city`, `state`, `state_code`, `latitude`, `longitude`, `timezone` and `population`; only cities
    /// that fulfil it are drawn. All when absent.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    condition: Option<String>,
}

/// The fields of a place; each but the population is the generator of that name.
const FIELDS: [&str; 11] = [
    "city",
    "state",
    "state_code",
    "district",
    "admin_code",
    "postal_code",
    "latitude",
    "longitude",
    "timezone",
    "population",
    "country",
];

impl Generator for Place {
    const EXAMPLE: &'static str = "{type: place, weight_by_population: true}";

    fn compile(&self, _: &mut Context<'_>) -> Result<Made, Problems> {
        Err(vec![Problem::new("record", "a place is a record")])
    }

    fn fields(&self) -> Vec<String> {
        FIELDS.iter().map(|field| (*field).to_owned()).collect()
    }

    fn is_draw(&self) -> bool {
        true
    }

    fn compile_field(&self, cx: &mut Context<'_>, field: &str) -> Result<Made, Problems> {
        let input = cx.attribute(field)?;
        Ok(Made { longest: cx.input_longest(input), ..Made::computed(cx.input_type(input), First) })
    }
}

/// How likely each city is: a state's cities share its inhabitants in proportion to their own, so that both states and cities come as often
/// as people live there; or each alike.
pub(super) fn city_weights(locale: &Locale, by_population: bool) -> Vec<f64> {
    let (states, cities) = (locale.states(), locale.cities());
    if !by_population {
        return vec![1.0; cities.len()];
    }
    let mut sums = vec![0_u64; states.len()];
    for city in cities {
        sums[city.state] += city.population;
    }
    let share = |city: &crate::locale::City| {
        states[city.state].population as f64 * city.population as f64 / sums[city.state].max(1) as f64
    };
    cities.iter().map(share).collect()
}

/// The hidden attribute of the row's city, by its place in the list of cities.
pub(crate) fn place_row(cx: &mut Context<'_>) -> Result<Made, Problems> {
    let locale = cx.locale();
    let cities = locale.cities();
    let setting = cx.setting("city", "weight_by_population").and_then(|setting| setting.as_bool());
    let mut weights = city_weights(locale, setting.unwrap_or(true));
    if cx.is_draw_of("place")
        && let Some(condition) = cx.setting("city", "where").and_then(|sql| sql.as_str().map(str::to_owned))
    {
        let place = |problem: Problem| vec![problem.at("/where")];
        let kept = fulfilling(locale, &condition, cx.reference_time_us()).map_err(place)?;
        weights.iter_mut().zip(&kept).filter(|(_, kept)| !**kept).for_each(|(weight, _)| *weight = 0.0);
        if weights.iter().all(|weight| *weight == 0.0) {
            let problem = Problem::new("empty_list", "no city of the locale fulfils the condition");
            return Err(place(problem.remedy("widen the condition")));
        }
    }
    let text = |of: fn(&crate::locale::City) -> &'static str| cities.iter().map(of).collect();
    Record {
        weights,
        parts: vec![
            RecordPart { attribute: "city", texts: text(|city| city.name) },
            RecordPart { attribute: "state", texts: text(|city| city.state_name) },
            RecordPart { attribute: "state_code", texts: text(|city| city.state_code) },
        ],
        noun: "place",
    }
    .made(cx)
}

/// The cities that fulfil an SQL condition over their own columns.
fn fulfilling(locale: &Locale, sql: &str, time: i64) -> Result<Vec<bool>, Problem> {
    let cities = locale.cities();
    let texts = |of: fn(&crate::locale::City) -> &'static str| -> ArrayRef {
        Arc::new(StringViewArray::from_iter_values(cities.iter().map(of)))
    };
    let floats = |of: fn(&crate::locale::City) -> f64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(cities.iter().map(of)))
    };
    let populations = Int64Array::from_iter_values(cities.iter().map(|city| city.population as i64));
    let columns: [(&str, ArrayRef); 7] = [
        ("city", texts(|city| city.name)),
        ("state", texts(|city| city.state_name)),
        ("state_code", texts(|city| city.state_code)),
        ("timezone", texts(|city| city.timezone)),
        ("latitude", floats(|city| city.latitude)),
        ("longitude", floats(|city| city.longitude)),
        ("population", Arc::new(populations)),
    ];
    let refused = |problem: SqlProblem| {
        let refused = Problem::new("sql", problem.detail);
        match problem.remedy {
            Some(remedy) => refused.remedy(remedy),
            None => refused,
        }
    };
    let parsed = Parsed::parse(sql).map_err(refused)?;
    let known = |name: &str| columns.iter().position(|(column, _)| column.eq_ignore_ascii_case(name));
    let mut fields = Vec::new();
    let mut read = Vec::new();
    for reference in parsed.references() {
        let name = reference.to_string();
        let Some(at) = known(&name) else {
            return Err(Problem::new("unknown_column", format!("a place has no column \"{name}\" here"))
                .remedy("read city, state, state_code, latitude, longitude, timezone or population"));
        };
        fields.push(Field::new(name, columns[at].1.data_type().clone(), true));
        read.push(Arc::clone(&columns[at].1));
    }
    let expression = Expression::condition(&parsed, &Schema::new(fields), time).map_err(refused)?;
    let inputs: Vec<ArrayRef> = expression.columns().iter().map(|column| Arc::clone(&read[*column])).collect();
    let verdict = expression.evaluate_condition(&inputs, cities.len());
    let verdict = verdict.map_err(|error| Problem::new("sql", error.detail))?;
    Ok((0..cities.len()).map(|city| verdict.is_valid(city) && verdict.value(city)).collect())
}

/// The hidden attribute of the row's district, by its place in the list of districts: one of the row's city, as often as people live there.
pub(crate) fn district_row(cx: &mut Context<'_>) -> Result<Made, Problems> {
    let locale = cx.locale();
    let city = cx.attribute("place_row")?;
    let districts = locale.districts();
    let (min, max) = cx.lengths_of(&["district"]);
    let by_province = cx.setting("district", "level").is_some_and(|level| level.as_u64() != Some(3));
    let fits = |place: u32| {
        let length = districts[place as usize].name.chars().count();
        by_province || (length >= min as usize && max.is_none_or(|max| length <= max as usize))
    };
    let choices = locale.districts_of_cities().iter().map(|places| {
        let fitting: Vec<u32> = places.iter().copied().filter(|place| fits(*place)).collect();
        let places = if fitting.is_empty() { places.clone() } else { fitting };
        let weights: Vec<f64> = places.iter().map(|place| districts[*place as usize].population as f64).collect();
        let alias = if places.len() > 1 { Alias::new(&weights) } else { None };
        (places, alias)
    });
    let choices: Vec<(Vec<u32>, Option<Alias>)> = choices.collect();
    if choices.iter().any(|(places, _)| places.is_empty()) {
        return Err(vec![Problem::new("empty_list", "the locale has no districts")]);
    }
    Ok(Made::drawn(LogicalType::Integer, DistrictOfCity { key: cx.key("value"), city, choices }))
}

struct DistrictOfCity {
    key: Key,
    city: usize,
    /// For each city its districts, and how one is drawn where there are several.
    choices: Vec<(Vec<u32>, Option<Alias>)>,
}

impl Fill for DistrictOfCity {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let cities = record_rows(cells, self.city)?;
        let words = cells.words(&self.key, rows);
        Ok(Arc::new(Int64Array::from_iter_values(cities.iter().zip(words).map(|(city, word)| {
            let (places, alias) = &self.choices[*city as usize];
            i64::from(places[alias.as_ref().map_or(0, |alias| alias.pick(word))])
        }))))
    }
}

/// The hidden attribute of the inhabitants of the row's city.
pub(crate) fn population(cx: &mut Context<'_>) -> Result<Made, Problems> {
    let populations = cx.locale().cities().iter().map(|city| city.population as i64);
    let list = List { logical: LogicalType::Integer, values: Arc::new(Int64Array::from_iter_values(populations)) };
    let row = cx.attribute("place_row")?;
    Ok(Made::computed(LogicalType::Integer, OfRecord { row, list }))
}

/// The hidden attribute of the number of the row's state, of two digits, as the numbers of Indian companies have it: what was divided or
/// joined since the census has another than there.
pub(crate) fn state_number(cx: &mut Context<'_>) -> Result<Made, Problems> {
    let states = cx.locale().states();
    let number = |city: &crate::locale::City| match city.state_code {
        "AP" => "37".to_owned(),
        "DH" => "26".to_owned(),
        "LA" => "38".to_owned(),
        _ => format!("{:0>2}", states[city.state].admin_code),
    };
    let numbers: Vec<String> = cx.locale().cities().iter().map(number).collect();
    let list = List::of_texts(numbers.iter().map(String::as_str));
    let row = cx.attribute("place_row")?;
    Ok(Made::computed(LogicalType::String, OfRecord { row, list }))
}

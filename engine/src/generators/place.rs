//! Places: attributes of the place that a row is about. City, state and country of one entity are one place.

use std::collections::HashMap;

use datafusion::arrow::array::{ArrayRef, AsArray};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::lists::{Draw, FromList, List, distinct};
use super::text::{fits, nothing_fits};
use super::{Cells, Fill, Generator, Made, Problems, Rows, RunError};
use crate::locale::Locale;
use crate::plan::Context;
use crate::problem::Problem;
use crate::random::{Alias, Key};
use crate::types::LogicalType;

/// A country, named in the locale's language: that of the row's city or state where the table shows one, else any, each equally likely.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Country {}

impl Generator for Country {
    const EXAMPLE: &'static str = "{type: country}";
    const ATTRIBUTE: bool = true;
    const SUGGESTED_BY: &'static [&'static str] =
        &["country", "country_name", "nation", "pais", "nombre_pais", "pays", "land", "staat", "paese", "nazione"];

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let locale = cx.locale();
        let own = cx.shows_attribute(&["city", "state"]).then(|| locale.country());
        let countries = locale.countries().iter().filter(|country| own.is_none_or(|own| own == country.alpha2));
        let list = within(cx, countries.map(|country| (country.name, 1)), "country")?.0;
        let longest = list.longest();
        let count = list.len() as u64;
        let domain = list.clone();
        let fill = FromList { list, key: cx.key("value"), draw: Draw::Uniform(count) };
        // The country of a city is no draw: there is nothing to draw again, and nothing to be unique by.
        Ok(if own.is_some() {
            Made { longest, ..Made::computed(LogicalType::String, fill) }
        } else {
            Made { longest, ..Made::drawn(LogicalType::String, fill).counted(domain) }
        })
    }
}

/// A city of the locale's country.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct City {
    /// Whether cities come as often as people live there; true when absent, else each is equally likely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weight_by_population: Option<bool>,
}

impl Generator for City {
    const EXAMPLE: &'static str = "{type: city}";
    const ATTRIBUTE: bool = true;
    const SUGGESTED_BY: &'static [&'static str] = &[
        "city",
        "city_name",
        "town",
        "ciudad",
        "localidad",
        "municipio",
        "cidade",
        "ville",
        "stadt",
        "ort",
        "citta",
        "comune",
    ];

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let by_population = self.weight_by_population.unwrap_or(true);
        let cities = cx.locale().cities().iter();
        let weighted = cities.map(|city| (city.name, if by_population { city.population } else { 1 }));
        let (list, weights) = within(cx, weighted, "city")?;
        drawn(cx, list, &weights)
    }
}

/// A state, department or province of the locale's country: that of the row's city where the table shows one, else as often as people live
/// there.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct State {}

impl Generator for State {
    const EXAMPLE: &'static str = "{type: state}";
    const ATTRIBUTE: bool = true;
    const SUGGESTED_BY: &'static [&'static str] = &[
        "state",
        "state_name",
        "province",
        "departamento",
        "provincia",
        "estado_federal",
        "entidad_federativa",
        "region_name",
        "bundesland",
        "regione",
    ];

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let locale = cx.locale();
        let states = locale.states();
        if !cx.shows_attribute(&["city"]) {
            let (list, weights) = within(cx, states.iter().map(|state| (state.name, state.population)), "state")?;
            return drawn(cx, list, &weights);
        }
        let city = cx.attribute("city")?;
        if !cx.input_type(city).is_text() {
            let detail = format!("the state follows from the city, whose column is {}", cx.input_type(city));
            return Err(vec![Problem::new("no_text", detail).remedy("leave the city column's type out")]);
        }
        let list = List::of_texts(states.iter().map(|state| state.name));
        let populations: Vec<f64> = states.iter().map(|state| state.population as f64).collect();
        let anywhere =
            Alias::new(&populations).ok_or_else(|| vec![Problem::new("empty_list", "the locale has no states")])?;
        let longest = list.longest();
        let fill = StateOfCity { key: cx.key("value"), city, list, by_city: states_by_city(locale), anywhere };
        Ok(Made { longest, ..Made::drawn(LogicalType::String, fill) })
    }
}

/// The names that fit the column's lengths, with their weights.
fn within(
    cx: &Context<'_>,
    names: impl Iterator<Item = (&'static str, u64)>,
    noun: &str,
) -> Result<(List, Vec<f64>), Problems> {
    let (min, max) = cx.lengths();
    let long_enough = |name: &str| min == 0 || name.chars().count() >= min as usize;
    let (names, weights): (Vec<&str>, Vec<f64>) = names
        .filter(|(name, _)| fits(name, max) && long_enough(name))
        .map(|(name, weight)| (name, weight as f64))
        .unzip();
    if names.is_empty() {
        let most = max.map_or_else(String::new, |max| format!(" and at most {max}"));
        return Err(vec![nothing_fits(format!("no {noun} here has at least {min}{most} characters"))]);
    }
    Ok((List::of_texts(names), weights))
}

/// A column drawn from a list by weight.
fn drawn(cx: &Context<'_>, list: List, weights: &[f64]) -> Result<Made, Problems> {
    let alias = Alias::new(weights).ok_or_else(|| vec![Problem::new("empty_list", "the locale has no values here")])?;
    let longest = list.longest();
    let domain = distinct(&list);
    let fill = FromList { list, key: cx.key("value"), draw: Draw::Weighted(alias) };
    Ok(Made { longest, ..Made::drawn(LogicalType::String, fill).counted(domain) })
}

/// The state of the row's city.
///
/// It is found by the city's name, and drawn among the states that have such a city, by the populations of those cities: so the pairs have
/// the shares that they would have as pairs, and whatever column holds the city decides.
struct StateOfCity {
    key: Key,
    city: usize,
    /// The names of all states.
    list: List,
    by_city: HashMap<&'static str, States>,
    /// For a text that is no city of ours.
    anywhere: Alias,
}

/// Places in the list of states.
enum States {
    One(usize),
    Several(Vec<usize>, Alias),
}

impl Fill for StateOfCity {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let cities =
            cells.inputs[self.city].as_string_view_opt().ok_or_else(|| RunError::new("a city that is no text"))?;
        let places: Vec<usize> = cells
            .words(&self.key, rows)
            .into_iter()
            .zip(cities)
            .map(|(word, city)| match city.and_then(|city| self.by_city.get(city)) {
                Some(States::One(state)) => *state,
                Some(States::Several(states, alias)) => states[alias.pick(word)],
                None => self.anywhere.pick(word),
            })
            .collect();
        self.list.gather(places.into_iter())
    }
}

fn states_by_city(locale: &'static Locale) -> HashMap<&'static str, States> {
    let mut found: HashMap<&str, (Vec<usize>, Vec<f64>)> = HashMap::new();
    let place: HashMap<&str, usize> = locale.states().iter().enumerate().map(|(at, state)| (state.code, at)).collect();
    for city in locale.cities() {
        if let Some(state) = place.get(city.state_code) {
            let (states, populations) = found.entry(city.name).or_default();
            states.push(*state);
            populations.push(city.population as f64);
        }
    }
    found
        .into_iter()
        .map(|(city, (states, populations))| {
            let several = if states.len() > 1 { Alias::new(&populations) } else { None };
            (city, several.map_or(States::One(states[0]), |alias| States::Several(states, alias)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_city_whose_name_stands_in_several_states_leads_to_one_of_them() {
        let locale = Locale::named("en_US").expect("a locale");
        let by_city = states_by_city(locale);
        let several = by_city.values().filter(|states| matches!(states, States::Several(..))).count();
        assert!(several > 0);
        for city in locale.cities() {
            let found: Vec<usize> = match &by_city[city.name] {
                States::One(state) => vec![*state],
                States::Several(states, _) => states.clone(),
            };
            assert!(found.iter().any(|state| locale.states()[*state].code == city.state_code), "{}", city.name);
        }
    }
}

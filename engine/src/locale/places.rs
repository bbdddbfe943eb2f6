//! States, cities and countries.

use super::lists::{items, number, rows};

/// A state, department or province: the first level below the country.
#[derive(Debug)]
pub struct State {
    /// The part of the ISO 3166-2 code after the country: `NY`, `LIM`.
    pub code: &'static str,
    /// The name in the country's language.
    pub name: &'static str,
    /// The number that the state's statistics give it: FIPS in the United States, the department's UBIGEO in Peru.
    pub admin_code: &'static str,
    /// Inhabitants at the last census, for weights.
    pub population: u64,
    /// Telephone area codes in use.
    pub area_codes: Vec<&'static str>,
}

/// A city and what agrees with it.
#[derive(Debug)]
pub struct City {
    /// The name in the country's language.
    pub name: &'static str,
    /// [`State::code`] of its state.
    pub state_code: &'static str,
    /// [`State::name`] of its state.
    pub state_name: &'static str,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Inhabitants, for weights.
    pub population: u64,
    /// Name in the IANA time zone database.
    pub timezone: &'static str,
    /// Postal codes of the city: whole ones, or what they begin with, where any digits follow.
    pub postal_prefixes: Vec<&'static str>,
    /// Telephone area codes of the city.
    pub area_codes: Vec<&'static str>,
}

/// A country of ISO 3166-1.
#[derive(Debug)]
pub struct Country {
    /// Two letters: `PE`.
    pub alpha2: &'static str,
    /// Three letters: `PER`.
    pub alpha3: &'static str,
    /// Three digits: `604`.
    pub numeric: &'static str,
    /// The name in the locale's language.
    pub name: &'static str,
}

pub(super) fn states(text: &'static str) -> Vec<State> {
    rows(text)
        .map(|[code, name, admin_code, population, area_codes]| State {
            code,
            name,
            admin_code,
            population: number(population),
            area_codes: items(area_codes),
        })
        .collect()
}

pub(super) fn cities(text: &'static str, states: &[State]) -> Vec<City> {
    rows(text)
        .map(|[name, state_code, latitude, longitude, population, timezone, postal_prefixes, area_codes]| City {
            name,
            state_code,
            state_name: states
                .iter()
                .find(|state| state.code == state_code)
                .map(|state| state.name)
                .expect("a city of locale data lies in one of the states"),
            latitude: number(latitude),
            longitude: number(longitude),
            population: number(population),
            timezone,
            postal_prefixes: items(postal_prefixes),
            area_codes: items(area_codes),
        })
        .collect()
}

pub(super) fn countries(text: &'static str) -> Vec<Country> {
    rows(text).map(|[alpha2, name, alpha3, numeric]| Country { alpha2, alpha3, numeric, name }).collect()
}

//! States, cities, districts and countries.

use std::collections::HashMap;

use super::lists::{items, number, rows};

/// A state, department or province: the first level below the country.
#[derive(Debug)]
pub struct State {
    /// The part of the ISO 3166-2 code after the country: `NY`, `LIM`.
    pub code: &'static str,
    /// The name in the country's language.
    pub name: &'static str,
    /// The number that the state's statistics give it: FIPS in the United States, the department's UBIGEO in Peru; empty where none.
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
    /// Place of its state in [`Locale::states`](super::Locale::states).
    pub state: usize,
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
    /// Forms of its postal codes: `#` is any digit, `@` a capital letter, everything else stands for itself.
    pub postal_masks: Vec<&'static str>,
    /// Telephone area codes of the city.
    pub area_codes: Vec<&'static str>,
}

/// A district, municipality or county: the last level that the country's statistics number.
#[derive(Debug)]
pub struct District {
    /// The number that the state's statistics give it: UBIGEO in Peru, FIPS in the United States.
    pub admin_code: &'static str,
    /// The name in the country's language.
    pub name: &'static str,
    /// The level between it and the state.
    pub province: &'static str,
    /// Place of its state in [`Locale::states`](super::Locale::states).
    pub state: usize,
    /// Inhabitants, for weights; 1 where unknown.
    pub population: u64,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// The form of its postal codes; empty where those of the city stand for it.
    pub postal_mask: &'static str,
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

/// Places of states by code.
fn by_code(states: &[State]) -> HashMap<&'static str, usize> {
    states.iter().enumerate().map(|(at, state)| (state.code, at)).collect()
}

pub(super) fn cities(text: &'static str, states: &[State]) -> Vec<City> {
    let places = by_code(states);
    rows(text)
        .map(|[name, state_code, latitude, longitude, population, timezone, postal_masks, area_codes]| {
            let state = *places.get(state_code).expect("a city of locale data lies in one of the states");
            City {
                name,
                state,
                state_code,
                state_name: states[state].name,
                latitude: number(latitude),
                longitude: number(longitude),
                population: number(population),
                timezone,
                postal_masks: items(postal_masks),
                area_codes: items(area_codes),
            }
        })
        .collect()
}

pub(super) fn districts(text: &'static str, states: &[State]) -> Vec<District> {
    let places = by_code(states);
    rows(text)
        .map(|[admin_code, name, province, state_code, population, latitude, longitude, postal_mask]| District {
            admin_code,
            name,
            province,
            state: *places.get(state_code).expect("a district of locale data lies in one of the states"),
            population: number::<u64>(population).max(1),
            latitude: number(latitude),
            longitude: number(longitude),
            postal_mask,
        })
        .collect()
}

/// For each city, the places of its districts, ascending: those of its state to which it is the nearest city, or that bear its name nearby;
/// without any, the one that is nearest to it. Where districts are `towns` as cities are, those of its name stand alone.
pub(super) fn districts_of_cities(cities: &[City], districts: &[District], towns: bool) -> Vec<Vec<u32>> {
    let mut cities_of: HashMap<usize, Vec<usize>> = HashMap::new();
    for (at, city) in cities.iter().enumerate() {
        cities_of.entry(city.state).or_default().push(at);
    }
    let mut found: Vec<Vec<u32>> = vec![Vec::new(); cities.len()];
    let mut nearest: Vec<Option<(f64, u32)>> = vec![None; cities.len()];
    for (place, district) in districts.iter().enumerate() {
        let narrowing = libm::cos(district.latitude.to_radians());
        let mut closest: Option<(f64, usize)> = None;
        let mut named = None;
        for &city in cities_of.get(&district.state).map(Vec::as_slice).unwrap_or_default() {
            let north = cities[city].latitude - district.latitude;
            let east = (cities[city].longitude - district.longitude) * narrowing;
            let distance = north * north + east * east;
            if closest.is_none_or(|(least, _)| distance < least) {
                closest = Some((distance, city));
            }
            if nearest[city].is_none_or(|(least, _)| distance < least) {
                nearest[city] = Some((distance, place as u32));
            }
            // A district that bears a city's name and lies within a degree of it is that city's, and so is one that is named as a part of it.
            let name = cities[city].name;
            if (name == district.name || is_part(district, name))
                && distance < 1.0
                && named.is_none_or(|(least, _)| distance < least)
            {
                named = Some((distance, city));
            }
        }
        if let Some((_, city)) = if towns { named } else { named.or(closest) } {
            found[city].push(place as u32);
        }
    }
    for (list, city) in found.iter_mut().zip(cities) {
        // Parts of another place, which is no city of the list, are only near.
        if list.iter().any(|place| is_part(&districts[*place as usize], city.name)) {
            list.retain(|place| districts[*place as usize].province == city.name);
        }
    }
    for (list, nearest) in found.iter_mut().zip(nearest) {
        if list.is_empty()
            && let Some((_, place)) = nearest
        {
            list.push(place);
        }
    }
    found
}

/// Whether a district is named as a part of a city: `수원시 팔달구`.
fn is_part(district: &District, city: &str) -> bool {
    district.province == city && district.name.strip_prefix(city).is_some_and(|rest| rest.starts_with(' '))
}

pub(super) fn countries(text: &'static str) -> Vec<Country> {
    rows(text).map(|[alpha2, name, alpha3, numeric]| Country { alpha2, alpha3, numeric, name }).collect()
}

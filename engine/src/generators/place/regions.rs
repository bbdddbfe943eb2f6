//! City, state and district of the row's place, and their codes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::records::part;
use super::super::{Generator, Made, Problems};
use super::record::city_weights;
use crate::locale::{City as LocaleCity, Locale};
use crate::plan::Context;
use crate::problem::Problem;

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

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let by_population = self.weight_by_population.unwrap_or(true);
        of_city(cx, |city| city.name, by_population, "city")
    }
}

/// A text of the row's city.
fn of_city(
    cx: &mut Context<'_>,
    text: impl Fn(&LocaleCity) -> &'static str,
    by_population: bool,
    noun: &str,
) -> Result<Made, Problems> {
    let locale = cx.locale();
    let texts: Vec<&str> = locale.cities().iter().map(text).collect();
    part(cx, "place_row", &texts, || city_weights(locale, by_population), noun)
}

/// A state, department or province of the locale's country: that of the row's city, as often as people live there.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct State {}

impl Generator for State {
    const EXAMPLE: &'static str = "{type: state}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        of_city(cx, |city| city.state_name, true, "state")
    }
}

/// The code of the row's state: what follows the country in ISO 3166-2, `NY`, `LIM`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StateCode {}

impl Generator for StateCode {
    const EXAMPLE: &'static str = "{type: state_code}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        of_city(cx, |city| city.state_code, true, "state's code")
    }
}

/// A level below the country: 1 for states, 2 for what lies between, 3 for districts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    State,
    Province,
    District,
}

fn level_of(level: Option<u8>) -> Result<Level, Problems> {
    match level {
        None | Some(3) => Ok(Level::District),
        Some(2) => Ok(Level::Province),
        Some(1) => Ok(Level::State),
        Some(other) => {
            let problem = Problem::new("out_of_range", format!("level {other} is not between 1 and 3"));
            Err(vec![problem.remedy("say 1 for states, 2 for provinces, 3 for districts").at("/level")])
        }
    }
}

/// The district, municipality or county of the row's place, or the level above it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct District {
    /// 3 for the district itself, 2 for the province or what else lies above it, 1 for the state; 3 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3))]
    level: Option<u8>,
}

impl Generator for District {
    const EXAMPLE: &'static str = "{type: district}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let locale = cx.locale();
        match level_of(self.level)? {
            Level::State => of_district(cx, |locale, at| locale.states()[locale.districts()[at].state].name),
            Level::Province => of_district(cx, |locale, at| locale.districts()[at].province),
            Level::District => of_district(cx, |_, at| locale.districts()[at].name),
        }
    }
}

/// A text of the row's district.
fn of_district(cx: &mut Context<'_>, text: impl Fn(&'static Locale, usize) -> &'static str) -> Result<Made, Problems> {
    let locale = cx.locale();
    let texts: Vec<&str> = (0..locale.districts().len()).map(|at| text(locale, at)).collect();
    let weights = || locale.districts().iter().map(|district| district.population as f64).collect();
    let made = part(cx, "district_row", &texts, weights, "district")?;
    // A district without a number is null.
    Ok(Made { nullable: texts.iter().any(|text| text.is_empty()), ..made })
}

/// The number that the state's statistics give to the row's district: UBIGEO in Peru, FIPS in the United States, the municipality's number
/// elsewhere, and where districts have no numbers that of the state; null where one is unknown.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdminCode {
    /// 3 for the district's number, 2 for that of the level above it, where its first digits are that, 1 for the state's; 3 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3))]
    level: Option<u8>,
}

impl Generator for AdminCode {
    const EXAMPLE: &'static str = "{type: admin_code}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let locale = cx.locale();
        let level = level_of(self.level)?;
        let codes = locale.districts().iter().map(|district| match level {
            Level::State => locale.states()[district.state].admin_code,
            Level::Province => locale.province_code(district.admin_code).unwrap_or_default(),
            Level::District => district.admin_code,
        });
        let mut codes: Vec<&'static str> = codes.collect();
        if level == Level::District && codes.iter().all(|code| code.is_empty()) {
            codes = locale.districts().iter().map(|district| locale.states()[district.state].admin_code).collect();
        }
        if codes.iter().all(|code| code.is_empty()) {
            let detail = format!("this version knows no numbers of this level in {}", locale.country());
            return Err(vec![Problem::new("not_supported", detail).at("/level")]);
        }
        of_district(cx, |_, at| codes[at])
    }
}

//! Places: attributes of the place that a row is about. All columns of one entity describe one place, whichever of them the table shows.

pub(super) mod address;
pub(super) mod geo;
pub(super) mod postal;
pub(super) mod record;
pub(super) mod regions;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::records::{Record, RecordPart, part};
use super::{Generator, Made, Problems};
use crate::locale;
use crate::plan::Context;

/// The attributes by which a table shows the row's place.
pub(crate) const PLACE_ATTRIBUTES: [&str; 12] = [
    "city",
    "state",
    "state_code",
    "district",
    "admin_code",
    "postal_code",
    "latitude",
    "longitude",
    "timezone",
    "street_address",
    "full_address",
    "geo_point",
];

/// Whether the table shows the row's place. Only then is a country the locale's: alone it may be any.
pub(super) fn shows_place(cx: &Context<'_>) -> bool {
    cx.is_draw_of("place") || cx.shows_attribute(&PLACE_ATTRIBUTES)
}

/// The weights of the countries: the locale's alone where the table shows a place, else all alike.
fn country_weights(cx: &Context<'_>) -> Vec<f64> {
    let locale = cx.locale();
    let own = shows_place(cx).then(|| locale.country());
    let weight = |country: &locale::Country| f64::from(u8::from(own.is_none_or(|own| own == country.alpha2)));
    locale.countries().iter().map(weight).collect()
}

/// The codes of the countries in a form.
fn country_codes(cx: &Context<'_>, form: CountryForm) -> Vec<&'static str> {
    let code = |country: &locale::Country| match form {
        CountryForm::Alpha2 => country.alpha2,
        CountryForm::Alpha3 => country.alpha3,
        CountryForm::Numeric => country.numeric,
    };
    cx.locale().countries().iter().map(code).collect()
}

/// The hidden attribute of the row's country.
pub(super) fn country_row(cx: &mut Context<'_>) -> Result<Made, Problems> {
    let form = cx.setting("country_code", "form").and_then(|form| serde_json::from_value(form).ok());
    let made = Record {
        weights: country_weights(cx),
        parts: vec![
            RecordPart {
                attribute: "country",
                texts: cx.locale().countries().iter().map(|country| country.name).collect(),
            },
            RecordPart { attribute: "country_code", texts: country_codes(cx, form.unwrap_or(CountryForm::Alpha2)) },
        ],
        noun: "country",
    }
    .made(cx)?;
    // The country of a place is no draw: there is nothing to draw again.
    Ok(if shows_place(cx) { Made { drawn_by: None, ..made } } else { made })
}

/// A country, named in the locale's language: that of the row's place where the table shows one, else any, each equally likely.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Country {}

impl Generator for Country {
    const EXAMPLE: &'static str = "{type: country}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let names: Vec<&str> = cx.locale().countries().iter().map(|country| country.name).collect();
        let weights = country_weights(cx);
        let made = part(cx, "country_row", &names, || weights, "country")?;
        Ok(countable_alone(cx, made))
    }
}

/// The country of a place is no draw: there is nothing to be unique by.
fn countable_alone(cx: &Context<'_>, made: Made) -> Made {
    if shows_place(cx) && !cx.is_fixed() { Made { countable: None, ..made } } else { made }
}

/// A form of a country's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CountryForm {
    /// Two letters: `PE`.
    Alpha2,
    /// Three letters: `PER`.
    Alpha3,
    /// Three digits: `604`.
    Numeric,
}

/// A country's code of ISO 3166-1: of the country that `country` names.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountryCode {
    /// `alpha2` for two letters, `alpha3` for three, `numeric` for three digits; alpha2 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    form: Option<CountryForm>,
}

impl Generator for CountryCode {
    const EXAMPLE: &'static str = "{type: country_code, form: alpha3}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let codes = country_codes(cx, self.form.unwrap_or(CountryForm::Alpha2));
        let weights = country_weights(cx);
        let made = part(cx, "country_row", &codes, || weights, "country's code")?;
        Ok(countable_alone(cx, made))
    }
}

//! Numbers of vehicles.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::identifiers::{Numbers, NumbersOf, country_of};
use super::super::{Generator, Made, Problems};
use crate::identifiers::{COUNTRIES, Needs, plates, vins};
use crate::plan::Context;
use crate::problem::Problem;

/// A vehicle identification number of seventeen characters (ISO 3779) of a maker in North America, with the check digit that is the rule
/// there. A valid number can be a vehicle's.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vin {
    /// `valid` for numbers whose check digit is right, `invalid` for those where it is wrong; valid when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    space: Option<NumbersOf>,
}

impl Generator for Vin {
    const EXAMPLE: &'static str = "{type: vin}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let space = vins(self.space != Some(NumbersOf::Invalid));
        Numbers::new(vec![space], Needs::default(), None).made(cx, "a VIN")
    }
}

/// A private car's number plate in the current series of its country. It can be a car's.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LicensePlate {
    /// The country's two letters, one of BR, CN, DE, ES, FR, GB, IN, IT, JP, KR, MX, NL, PE, PL, SA, US; the locale's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
}

impl Generator for LicensePlate {
    const EXAMPLE: &'static str = "{type: license_plate, country: ES}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let country = country_of(cx, self.country.as_ref(), &COUNTRIES)?;
        let spaces = plates(&country).ok_or_else(|| {
            let detail = format!("no number plates of {country}, the locale's country, are known here");
            vec![Problem::new("not_supported", detail).remedy("name another country").at("/country")]
        })?;
        Numbers::new(spaces, Needs::default(), None).made(cx, "a number plate")
    }
}

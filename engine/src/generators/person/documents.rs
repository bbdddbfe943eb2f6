//! Numbers of a person's documents.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::identifiers::{NumberFormat, NumbersOf, column, of_country};
use super::super::{Generator, Made, Problems};
use crate::identifiers::national_id;
use crate::plan::Context;

/// The number of a person's national document: the SSN in the United States, the DNI in Peru, the CURP in Mexico. Where it repeats the date
/// of birth, the sex, letters of the names or the number of the district, it agrees with the row's person; in Spain and Saudi Arabia it is that of
/// a foreigner where the row's nationality is another. A valid number can be somebody's.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NationalId {
    /// The country's two letters, one of BR, CN, DE, ES, FR, GB, IN, IT, JP, KR, MX, NL, PE, PL, SA, US; the locale's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    /// `valid` for numbers that keep the document's published rules, `invalid` for numbers of its look whose check digit is wrong, or which
    /// break another published rule where there is none; valid when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    space: Option<NumbersOf>,
    /// How it is printed: as on the document with `printed`, digits and letters alone with `digits`; printed when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    format: Option<NumberFormat>,
}

impl Generator for NationalId {
    const EXAMPLE: &'static str = "{type: national_id, format: digits}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let identifier = of_country(cx, self.country.as_ref(), national_id)?;
        column(cx, identifier, self.space, self.format)
    }
}

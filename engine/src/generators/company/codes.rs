//! Numbers of companies.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::identifiers::{NumberFormat, NumbersOf, column, of_country};
use super::super::{Generator, Made, Problems};
use crate::identifiers::{tax_id, tax_id_of_person};
use crate::plan::Context;

/// The number under which a company pays taxes: the EIN in the United States, the RUC in Peru, the RFC in Mexico. Where it repeats letters of
/// the company's name, it agrees with the row's company; a Mexican RFC is a person's where the row shows a person and no company. A valid
/// number can be somebody's.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaxId {
    /// The country's two letters, one of BR, CN, DE, ES, FR, GB, IN, IT, JP, KR, MX, NL, PE, PL, SA, US; the locale's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    /// `valid` for numbers that keep the published rules, `invalid` for numbers of their look whose check digit is wrong, or which break
    /// another published rule where there is none; valid when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    space: Option<NumbersOf>,
    /// How it is printed: as on documents with `printed`, digits and letters alone with `digits`; printed when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    format: Option<NumberFormat>,
}

impl Generator for TaxId {
    const EXAMPLE: &'static str = "{type: tax_id}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let of_person = !cx.shows_attribute(&["company_name"])
            && cx.shows_attribute(&["first_name", "last_name", "full_name", "paternal_surname", "date_of_birth"]);
        let identifier = of_country(cx, self.country.as_ref(), tax_id)?;
        let persons = if of_person { of_country(cx, self.country.as_ref(), tax_id_of_person).ok() } else { None };
        column(cx, persons.unwrap_or(identifier), self.space, self.format)
    }
}

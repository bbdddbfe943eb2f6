//! Numbers of companies.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::identifiers::{NumberFormat, NumbersOf, column, of_country};
use super::super::{Generator, Made, Problems};
use crate::identifiers::{register_number, tax_id, tax_id_of_person};
use crate::plan::Context;
use crate::problem::Problem;

/// Which number of a company.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CompanyNumber {
    /// The one for taxes.
    Tax,
    /// France's number of a company in its register.
    Siren,
    /// France's number of a company's site.
    Siret,
}

/// The number under which a company pays taxes: the EIN in the United States, the RUC in Peru, the RFC in Mexico. Where it repeats letters of
/// the company's name, it agrees with the row's company; a Mexican RFC and a German number are a person's where the row shows a person and no
/// company. A valid number can be somebody's.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaxId {
    /// The country's two letters, one of BR, CN, DE, ES, FR, GB, IN, IT, JP, KR, MX, NL, PE, PL, SA, US; the locale's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    /// `tax`, or in France `siren` for the number of a company in the register and `siret` for that of one of its sites; tax when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<CompanyNumber>,
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
        if let Some(CompanyNumber::Siren | CompanyNumber::Siret) = self.kind {
            let country = self.country.clone().unwrap_or_else(|| "FR".to_owned());
            let of_site = self.kind == Some(CompanyNumber::Siret);
            let Some(identifier) = register_number(&country.to_ascii_uppercase(), of_site) else {
                let detail = format!("{country} registers no company under such a number, only FR does");
                return Err(vec![Problem::new("not_supported", detail).at("/kind")]);
            };
            return column(cx, identifier, self.space, self.format);
        }
        let identifier = of_country(cx, self.country.as_ref(), tax_id)?;
        let persons = if of_person { of_country(cx, self.country.as_ref(), tax_id_of_person).ok() } else { None };
        column(cx, persons.unwrap_or(identifier), self.space, self.format)
    }
}

//! Accounts, banks, securities and legal entities.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::identifiers::{Numbers, NumbersOf, country_of};
use super::super::{Generator, Made, Problems};
use crate::identifiers::{ISIN_COUNTRIES, Needs, Space, accounts, bics, iban_countries, ibans, isins, leis};
use crate::plan::Context;
use crate::problem::Problem;

fn made(cx: &Context<'_>, space: Space, noun: &str) -> Result<Made, Problems> {
    Numbers::new(vec![space], Needs::default(), None).made(cx, noun)
}

fn unknown(country: &str) -> Problems {
    vec![Problem::new("not_supported", format!("no numbers of the country {country} are known here")).at("/country")]
}

/// An international bank account number (ISO 13616) in its electronic form, without spaces. Its length, its check digits and those that the
/// country's banks publish are right. A valid number can be somebody's.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Iban {
    /// The country's two letters, one of the IBAN registry's; the locale's when absent, and DE where that has no IBANs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    /// `valid` for numbers whose check digits are right, `invalid` for those whose first two are wrong; valid when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    space: Option<NumbersOf>,
}

impl Generator for Iban {
    const EXAMPLE: &'static str = "{type: iban, country: ES}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let country = country_of(cx, self.country.as_ref(), &iban_countries())?;
        let valid = self.space != Some(NumbersOf::Invalid);
        let found = ibans(&country, valid).or_else(|| ibans("DE", valid)).ok_or_else(|| unknown(&country))?;
        made(cx, found, "an IBAN")
    }
}

/// A bank's code by ISO 9362 (SWIFT), of eight characters. Where the dataset is safe it is one of a test system, which has a 0 in its last
/// place; others can be a bank's.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bic {
    /// The country's two letters; the locale's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
}

impl Generator for Bic {
    const EXAMPLE: &'static str = "{type: bic, country: DE}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let locale = cx.locale();
        let known: Vec<&'static str> = locale.countries().iter().map(|country| country.alpha2).collect();
        let country = country_of(cx, self.country.as_ref(), &known)?;
        let found = known.into_iter().find(|known| *known == country).ok_or_else(|| unknown(&country))?;
        made(cx, bics(found, cx.safe()), "a BIC")
    }
}

/// A bank account's number as digits, each equally likely.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountNumber {
    /// How many digits; 10 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 36))]
    length: Option<u32>,
}

impl Generator for AccountNumber {
    const EXAMPLE: &'static str = "{type: account_number, length: 12}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let length = self.length.unwrap_or(10);
        if !(1..=36).contains(&length) {
            let detail = format!("an account number has 1 to 36 digits, not {length}");
            return Err(vec![Problem::new("out_of_range", detail).at("/length")]);
        }
        made(cx, accounts(length as usize), "an account number")
    }
}

/// A security's number by ISO 6166, with the check digits of CUSIP in the United States and Canada and of SEDOL in the United Kingdom. It can
/// be that of a security.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Isin {
    /// The country's two letters; the locale's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
}

impl Generator for Isin {
    const EXAMPLE: &'static str = "{type: isin, country: US}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let country = country_of(cx, self.country.as_ref(), &ISIN_COUNTRIES)?;
        made(cx, isins(&country).ok_or_else(|| unknown(&country))?, "an ISIN")
    }
}

/// A legal entity identifier by ISO 17442: twenty characters with two check digits. It can be a company's.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lei {}

impl Generator for Lei {
    const EXAMPLE: &'static str = "{type: lei}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        made(cx, leis(), "an LEI")
    }
}

//! Numbers that states, banks and industries give out: their published shape and their check characters.
//!
//! An [`Identifier`] says what a number consists of and which checks it carries; a [`Space`] counts such numbers and makes one from its
//! rank. Nothing here draws. Parts that repeat a fact (date of birth, sex, letters of a name) are made from the fact where it is known.
//! A valid number may have been issued: it can be somebody's.

mod americas;
mod asia;
mod bank;
mod cards;
mod counted;
mod europe;
mod goods;
mod names;
mod plates;
mod scheme;
mod space;
#[cfg(test)]
mod tests;

pub use bank::{ISIN_COUNTRIES, accounts, bics, iban_countries, ibans, isins, leis};
pub use cards::{CardNumbers, NETWORKS, Network};
pub use counted::ElevenTest;
pub use goods::{eans, imeis, vins};
pub use names::{NameCode, Names};
pub use plates::plates;
pub use scheme::Scheme;
pub use space::{Births, Check, DateForm, Facts, Form, Needs, Part, Space};

/// A kind of number.
#[derive(Clone, Copy, Debug)]
pub struct Identifier {
    /// What it is called: `SSN`, `DNI`.
    pub name: &'static str,
    /// The forms of the numbers that may be issued; their texts never meet.
    pub forms: &'static [Form],
    /// Numbers of the same look that cannot have been issued.
    pub invalid: Invalid,
    /// The printed form, `#` for a character; empty where it is printed bare. Numbers of another length stay bare.
    pub mask: &'static str,
    /// Whether it is a company's: its names are the company's and its date is that of its foundation.
    pub of_company: bool,
    /// The place of the form that foreigners have, where citizens have another one.
    pub foreigners: Option<usize>,
}

/// How a number is made that cannot have been issued.
#[derive(Clone, Copy, Debug)]
pub enum Invalid {
    /// Its last check does not hold.
    Check,
    /// It has one of these forms, which break the published shape or range.
    Forms(&'static [Form]),
}

/// The countries that have a national and a tax number here, by ISO 3166-1 alpha-2.
pub const COUNTRIES: [&str; 16] =
    ["BR", "CN", "DE", "ES", "FR", "GB", "IN", "IT", "JP", "KR", "MX", "NL", "PE", "PL", "SA", "US"];

/// The number of a person's national document in a country.
pub fn national_id(country: &str) -> Option<&'static Identifier> {
    Some(match country {
        "BR" => &americas::CPF,
        "CN" => &asia::RESIDENT_ID,
        "DE" => &europe::PERSONALAUSWEIS,
        "ES" => &europe::DNI_NIE,
        "FR" => &europe::NIR,
        "GB" => &europe::NINO,
        "IN" => &asia::AADHAAR,
        "IT" => &europe::CODICE_FISCALE,
        "JP" => &asia::MY_NUMBER,
        "KR" => &asia::RRN,
        "MX" => &americas::CURP,
        "NL" => &europe::BSN,
        "PE" => &americas::DNI,
        "PL" => &europe::PESEL,
        "SA" => &asia::SAUDI_ID,
        "US" => &americas::SSN,
        _ => return None,
    })
}

/// The number under which a company pays taxes in a country.
pub fn tax_id(country: &str) -> Option<&'static Identifier> {
    Some(match country {
        "BR" => &americas::CNPJ,
        "CN" => &asia::USCC,
        "DE" => &europe::UST_ID,
        "ES" => &europe::CIF,
        "FR" => &europe::TVA,
        "GB" => &europe::UTR,
        "IN" => &asia::GSTIN,
        "IT" => &europe::PARTITA_IVA,
        "JP" => &asia::CORPORATE_NUMBER,
        "KR" => &asia::BUSINESS_NUMBER,
        "MX" => &americas::RFC_COMPANY,
        "NL" => &europe::BTW_ID,
        "PE" => &americas::RUC,
        "PL" => &europe::NIP,
        "SA" => &asia::SAUDI_VAT,
        "US" => &americas::EIN,
        _ => return None,
    })
}

/// The tax number of a person, where it is made otherwise than a company's.
pub fn tax_id_of_person(country: &str) -> Option<&'static Identifier> {
    match country {
        "DE" => Some(&europe::STEUER_ID),
        "MX" => Some(&americas::RFC_PERSON),
        _ => None,
    }
}

/// Numbers under which a country registers companies, and their sites, beside the one for taxes.
pub fn register_number(country: &str, of_site: bool) -> Option<&'static Identifier> {
    match (country, of_site) {
        ("FR", false) => Some(&europe::SIREN),
        ("FR", true) => Some(&europe::SIRET),
        _ => None,
    }
}

/// Ages of people, and of companies, in whole years, from which unknown dates are drawn.
const AGES_OF_PEOPLE: (i64, i64) = (18, 80);
const AGES_OF_COMPANIES: (i64, i64) = (1, 40);

impl Identifier {
    /// The spaces of its valid, or of its invalid numbers; unknown dates lie at plausible distances before `today`, in days since 1970.
    pub fn spaces(&self, valid: bool, today: i64) -> Vec<Space> {
        let (youngest, oldest) = if self.of_company { AGES_OF_COMPANIES } else { AGES_OF_PEOPLE };
        let days = |years: i64| years * 1_461 / 4;
        let births = Births { first: today - days(oldest), days: days(oldest - youngest) as u64 };
        let space = |form: &Form, wrong: bool| Space::new(form.parts, form.checks, births, wrong);
        match self.invalid {
            _ if valid => self.forms.iter().map(|form| space(form, false)).collect(),
            Invalid::Check => self.forms.iter().map(|form| space(form, true)).collect(),
            Invalid::Forms(forms) => forms.iter().map(|form| space(form, false)).collect(),
        }
    }

    /// Appends the characters of a number in the printed form.
    pub fn write_printed(&self, number: &str, out: &mut String) {
        if self.mask.bytes().filter(|byte| *byte == b'#').count() != number.chars().count() {
            out.push_str(number);
            return;
        }
        let mut characters = number.chars();
        for c in self.mask.chars() {
            match c {
                '#' => out.extend(characters.next()),
                other => out.push(other),
            }
        }
    }
}

/// A number of one form whose checks cover what is said.
const fn form(parts: &'static [Part], checks: &'static [Check]) -> Form {
    Form { parts, checks }
}

/// A check at a place, over one range of places.
const fn check(at: usize, over: (usize, usize), scheme: Scheme) -> Check {
    Check { at, over: [over, (0, 0)], scheme }
}

/// A check by weights of digits.
const fn weighted(weights: &'static [u32], marks: &'static str) -> Scheme {
    Scheme::Weighted { weights, value: scheme::value36, marks }
}

//! People: attributes of the person that a row is about. Columns of one entity are one person: the gender decides the first name, and the
//! names decide the addresses.

mod documents;
pub(super) mod genders;
pub(super) mod letters;
mod life;
mod local_part;
pub(super) mod names;
pub(super) mod parts;
mod phone;
mod prepared;
mod ranked;
#[cfg(test)]
mod tests;
mod told;

use std::collections::HashSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use self::documents::NationalId;
use self::genders::{GenderSource, gender_of, gender_source};
pub(super) use self::local_part::is_redrawn;
use self::local_part::{Addresses, Domains};
use self::names::{ByGender, FullNames, NamePart, NameTexts, Part, SurnamePair};
pub(super) use self::names::{text_attribute, texts};
pub use self::phone::Phone;
use self::told::ToldGenders;
use super::lists::{Draw, FromList, List, ListName, choices_of, fitting, from_locale, from_locale_within, likely};
use super::text::nothing_fits;
use super::{Generator, GeneratorSpec, Made, Problems};
use crate::locale::{self, Surnames, WeightedList};
use crate::plan::Context;
use crate::problem::Problem;
use crate::random::Alias;
use crate::schema::Param;
use crate::types::LogicalType;

/// The person's gender, printed as `F` or `M` unless `values` says otherwise. It decides the first name and the form of the job title.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gender {
    /// What is printed: `F`, `female`, `femenino`, `mujer` and `M`, `male`, `masculino`, `hombre` are understood in any case, and a further
    /// value, such as `X`, goes with names of both genders; `[F, M]` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    values: Option<Vec<String>>,
    /// How often each value comes, in the order of `values`; all alike when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weights: Option<Vec<f64>>,
}

impl Generator for Gender {
    const EXAMPLE: &'static str = "{type: gender, values: [female, male], weights: [0.6, 0.4]}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let usual = ["F".to_owned(), "M".to_owned()];
        let values: &[String] = self.values.as_deref().unwrap_or(&usual);
        if values.is_empty() {
            return Err(vec![Problem::new("empty_list", "the list is empty").at("/values")]);
        }
        if !values.iter().any(|value| gender_of(value).is_some()) {
            let detail = format!("none of the values {} is understood as a gender", values.join(", "));
            let remedy = format!("print one of {}", genders::understood());
            return Err(vec![Problem::new("unknown_gender", detail).remedy(remedy).at("/values")]);
        }
        let weights = self.weights.clone().unwrap_or_else(|| vec![1.0; values.len()]);
        if weights.len() != values.len() {
            let detail = format!("{} weights stand beside {} values", weights.len(), values.len());
            return Err(vec![Problem::new("wrong_count", detail).at("/weights")]);
        }
        let alias = Alias::new(&weights).ok_or_else(|| {
            let detail = "weights are numbers from 0, and one of them is above it";
            vec![Problem::new("wrong_weights", detail).at("/weights")]
        })?;
        let list = List::of_texts(values.iter().map(String::as_str));
        let longest = list.longest();
        let domain = likely(&list, &weights);
        let choices = choices_of(&list, Some(&weights));
        for strange in cx.given_texts().iter().filter(|text| !values.contains(text) && gender_of(text).is_none()) {
            let detail = format!(
                "a given row says \"{strange}\", which is no value of this column and no word for a gender: names of both go with it"
            );
            cx.warn(Problem::new("unread_values", detail).remedy(format!("give one of {}", values.join(", "))));
        }
        let key = cx.key("value");
        let told = told::told(cx)?;
        let made = if told.is_empty() {
            Made::drawn(LogicalType::String, FromList { list, key, draw: Draw::Weighted(alias) })
        } else {
            Made::drawn(LogicalType::String, ToldGenders::new(list, values, &weights, key, told, alias))
        };
        Ok(Made { longest, ..made.counted(domain).chosen_from(choices) })
    }
}

/// A first name, usual ones more often. The row's gender decides where it comes from.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstName {
    /// The gender, one of the words that `gender` understands, or SQL that gives one, null or `X` for both; the person's own when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gender: Option<Param<String>>,
}

impl Generator for FirstName {
    const EXAMPLE: &'static str = "{type: first_name, gender: F}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let locale = cx.locale();
        if self.gender.is_none() && tells_gender(cx) {
            return of_both(cx, |gender| locale.first_names(gender));
        }
        let source = gender_source(cx, self.gender.as_ref())?;
        match source {
            GenderSource::One(gender) => from_locale(cx, locale.first_names(Some(gender))),
            GenderSource::Rows(input) => {
                let made = ByGender::made(cx, |gender| locale.first_names(Some(gender)), input)?;
                let made = genders::checked(cx, self.gender.as_ref(), &source, made);
                if self.gender.is_some() || cx.shows_attribute(&["gender"]) {
                    return Ok(made);
                }
                let both = fitting(cx.lengths(), locale.first_names(None))?.0;
                let weights = names::halves(|gender| locale.first_names(gender), &both);
                Ok(made.counted(likely(&List::of_texts(both), &weights)))
            }
        }
    }
}

/// A last name, usual ones more often; two, the father's and the mother's, where the country has it so.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LastName {}

impl Generator for LastName {
    const EXAMPLE: &'static str = "{type: last_name}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let locale = cx.locale();
        let lengths = cx.lengths_of(&["last_name", "paternal_surname"]);
        if locale.surnames() == Surnames::One {
            if !names::surnames_have_gender(locale) {
                return from_locale_within(cx, locale.last_names(None), lengths);
            }
            let gender = text_attribute(cx, "gender")?;
            let made = ByGender::within(cx, |gender| locale.last_names(Some(gender)), gender, lengths)?;
            // Dealt by position a surname stands alone: only where no column shows whose it is.
            return Ok(if cx.shows_attribute(&["gender", "first_name", "full_name", "name_prefix"]) {
                made
            } else {
                let (names, weights) = fitting(lengths, locale.last_names(None))?;
                made.counted(likely(&List::of_texts(names), &weights))
            });
        }
        let limit = cx.lengths().1;
        let (paternal, maternal) = (text_attribute(cx, "paternal_surname")?, text_attribute(cx, "maternal_surname")?);
        let both = cx.input_longest(paternal).zip(cx.input_longest(maternal));
        let longest = both.map(|(paternal, maternal)| {
            let widest = paternal + 1 + maternal;
            limit.map_or(widest, |limit| widest.min(u64::from(limit).max(paternal)))
        });
        let [first, second] = match locale.surnames() {
            Surnames::MaternalFirst => [maternal, paternal],
            Surnames::PaternalFirst | Surnames::One => [paternal, maternal],
        };
        let fill = SurnamePair { first, second, paternal, limit };
        let made = Made { longest, ..Made::computed(LogicalType::String, fill) };
        if cx.shows_attribute(&["paternal_surname", "maternal_surname"]) {
            return Ok(made);
        }
        let list = NamePart::of(locale.last_names(None));
        Ok(match NameTexts::of(&[list.clone(), list], limit, " ") {
            Some(domain) => made.counted(domain),
            None => made,
        })
    }
}

/// A person's first and last name, as the locale's country writes them.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FullName {
    /// The gender, one of the words that `gender` understands, or SQL that gives one, null or `X` for both; the person's own when absent. A column of the same
    /// person with the first name decides before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gender: Option<Param<String>>,
}

impl Generator for FullName {
    const EXAMPLE: &'static str = "{type: full_name}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let locale = cx.locale();
        if self.gender.is_none() && tells_gender(cx) && !cx.shows_attribute(&told::PARTS) {
            // The row's first name follows from the gender, and that from this name, so this one follows from neither.
            let Some(names) = names::all_names(locale, None, cx.lengths().1) else {
                return Err(vec![nothing_fits("no whole name has the lengths of the column".to_owned())]);
            };
            let key = cx.key("value");
            let made = Made::drawn(LogicalType::String, names::AnyName { key, names: Arc::clone(&names) });
            return Ok(Made { longest: cx.lengths().1.map(u64::from), countable: Some(names), ..made });
        }
        let first = match &self.gender {
            Some(gender) if !cx.shows_attribute(&["first_name"]) => {
                // Its problems are those of the parameter, and its SQL stands at the same place.
                gender_source(cx, Some(gender))?;
                let spec = GeneratorSpec::from_value(json!({ "type": "first_name", "gender": gender }))
                    .map_err(|detail| vec![Problem::new("wrong_type", detail).at("/gender")])?;
                Part::Nested(cx.nested(&spec, "component", 0)?)
            }
            _ => Part::Input(text_attribute(cx, "first_name")?),
        };
        let last = text_attribute(cx, "last_name")?;
        let joint = locale.name_order().joint().chars().count() as u64;
        let longest = first.longest(cx).zip(cx.input_longest(last)).map(|(first, last)| first + joint + last);
        let own_draw = matches!(first, Part::Nested(_));
        let fill = FullNames { first, last, order: locale.name_order() };
        let made =
            if own_draw { Made::drawn(LogicalType::String, fill) } else { Made::computed(LogicalType::String, fill) };
        let made = Made { longest, ..made };
        // Dealt by position the name stands alone: only where no other column shows a part of it.
        if cx.shows_attribute(&["first_name", "last_name", "paternal_surname", "maternal_surname", "gender"]) {
            return Ok(made);
        }
        let gender = match &self.gender {
            None => None,
            Some(Param::Constant(gender)) => gender_of(gender),
            Some(Param::Sql(_)) => return Ok(made),
        };
        Ok(match names::all_names(locale, gender, cx.lengths().1) {
            Some(names) => Made { countable: Some(names), ..made },
            None => made,
        })
    }
}

/// Columns by name: one, or several.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ColumnNames {
    /// One column that holds the whole name.
    One(String),
    /// The columns of the first and of the last name.
    Two([String; 2]),
}

/// A user's name made of the person's names, in lower-case ASCII: `jperez`, `juan.perez84`. With `unique` names that repeat are numbered.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Username {
    /// The column of the name that it is made of, or the two columns of first and last name; the person's names when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<ColumnNames>,
}

impl Generator for Username {
    const EXAMPLE: &'static str = "{type: username}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        Addresses::made(cx, self.from.as_ref(), None)
    }
}

/// Where an address lies.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum EmailDomain {
    /// A kind of domain.
    Kind(EmailDomainKind),
    /// A list of the dataset that holds domains, each equally likely.
    Named(ListName),
}

/// A kind of e-mail domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EmailDomainKind {
    /// Reserved for examples (RFC 2606): nobody gets mail there.
    Safe,
    /// Of free e-mail services that are usual in the country. They exist.
    Free,
    /// Made of the name of the row's company; under the reserved `.example` where the dataset is safe, else under `.com`.
    Company,
}

/// An e-mail address made of the person's names. With `unique` names that repeat are numbered.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// The column of the name that it is made of, or the two columns of first and last name; the person's names when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<ColumnNames>,
    /// Where the address lies: `safe`, `free`, `company`, or `{list: name}` for a list of the dataset; when absent, `safe` where the dataset
    /// is safe, else `free`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    domain: Option<EmailDomain>,
}

/// The domains that RFC 2606 reserves for examples.
const RESERVED_DOMAINS: [&str; 3] = ["example.com", "example.org", "example.net"];

impl Generator for Email {
    const EXAMPLE: &'static str = "{type: email, domain: safe}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let usual = if cx.safe() { EmailDomainKind::Safe } else { EmailDomainKind::Free };
        let domains = match self.domain.as_ref().unwrap_or(&EmailDomain::Kind(usual)) {
            EmailDomain::Kind(EmailDomainKind::Safe) => {
                let texts = RESERVED_DOMAINS.map(str::to_owned).to_vec();
                Domains::listed(cx, texts, &[1.0; RESERVED_DOMAINS.len()])?
            }
            EmailDomain::Kind(EmailDomainKind::Free) => {
                if cx.safe() {
                    let detail = "the domains of free e-mail services exist, and somebody can have such an address, although the dataset is safe";
                    let remedy = "take domain: safe, or say safe: false";
                    cx.warn(Problem::new("unsafe_values", detail).remedy(remedy).at("/domain"));
                }
                let list = cx.locale().free_email_domains();
                let weights: Vec<f64> = list.weights.iter().map(|weight| *weight as f64).collect();
                Domains::listed(cx, list.values.iter().map(|domain| (*domain).to_owned()).collect(), &weights)?
            }
            EmailDomain::Kind(EmailDomainKind::Company) => {
                let company = text_attribute(cx, "company_name")?;
                Domains::Company { company, ending: if cx.safe() { ".example" } else { ".com" } }
            }
            EmailDomain::Named(name) => {
                let place = |problem: Problem| vec![problem.at("/domain/list")];
                let values = cx.list(&name.list).map_err(place)?;
                let mut texts = Vec::with_capacity(values.len());
                for value in &values {
                    match value.as_str().filter(|text| is_domain(text)) {
                        Some(text) => texts.push(text.to_owned()),
                        None => {
                            return Err(place(Problem::new(
                                "no_domain",
                                format!("{value} in the list {} is no domain", name.list),
                            )));
                        }
                    }
                }
                let weights = vec![1.0; texts.len()];
                Domains::listed(cx, texts, &weights)?
            }
        };
        Addresses::made(cx, self.from.as_ref(), Some(domains))
    }
}

/// Whether the column's values are dealt or put in before the row's gender is known, which then follows from them.
fn tells_gender(cx: &Context<'_>) -> bool {
    cx.is_fixed() && !cx.is_decided("gender")
}

/// A column drawn from the lists of both genders alike.
fn of_both(cx: &Context<'_>, of: impl Fn(Option<locale::Gender>) -> &'static WeightedList) -> Result<Made, Problems> {
    let mut texts = fitting(cx.lengths(), of(None))?.0;
    // The list of all may have but one of two forms.
    for gender in [locale::Gender::Female, locale::Gender::Male] {
        let own = fitting(cx.lengths(), of(Some(gender)))?.0;
        let known: HashSet<&str> = texts.iter().copied().collect();
        texts.extend(own.into_iter().filter(|text| !known.contains(text)));
    }
    let weights = names::halves(&of, &texts);
    let alias =
        Alias::new(&weights).ok_or_else(|| vec![Problem::new("empty_list", "the locale has no values here")])?;
    let list = List::of_texts(texts);
    let (longest, domain) = (list.longest(), likely(&list, &weights));
    let fill = FromList { list, key: cx.key("value"), draw: Draw::Weighted(alias) };
    Ok(Made { longest, ..Made::drawn(LogicalType::String, fill).counted(domain) })
}

/// Whether a text can stand behind the `@` of an address.
fn is_domain(text: &str) -> bool {
    let label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    text.split('.').all(label)
}

/// Refuses a country other than the locale's.
fn check_country(cx: &Context<'_>, country: Option<&String>) -> Result<(), Problems> {
    let own = cx.locale().country();
    match country {
        Some(country) if !country.eq_ignore_ascii_case(own) => {
            let detail = format!(
                "country {country} is not supported by this version in the locale {}, only {own}",
                cx.locale().name()
            );
            Err(vec![Problem::new("not_supported", detail).at("/country")])
        }
        _ => Ok(()),
    }
}

/// Refuses texts of a known length that the column's lengths exclude.
pub(super) fn check_longest(cx: &Context<'_>, longest: u64, noun: &str) -> Result<(), Problems> {
    match cx.lengths().1 {
        Some(max) if longest > u64::from(max) => {
            Err(vec![nothing_fits(format!("{noun} has {longest} characters, above max_length {max}"))])
        }
        _ => Ok(()),
    }
}

/// A person's job, in the form for the person's gender where the language has two.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobTitle {}

impl Generator for JobTitle {
    const EXAMPLE: &'static str = "{type: job_title}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let locale = cx.locale();
        let titles = |gender| locale.job_titles(Some(gender));
        if titles(locale::Gender::Female).values == titles(locale::Gender::Male).values {
            return from_locale(cx, titles(locale::Gender::Male));
        }
        if tells_gender(cx) {
            return of_both(cx, |gender| locale.job_titles(gender));
        }
        let gender = text_attribute(cx, "gender")?;
        ByGender::made(cx, titles, gender)
    }
}

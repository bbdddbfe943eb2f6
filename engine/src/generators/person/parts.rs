//! Further parts of a person: middle name, form of address, each surname, and what a form asks besides.

use datafusion::arrow::array::ArrayRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::lists::{List, fitting, from_locale, from_locale_within};
use super::super::relations::First;
use super::super::{Cells, Fill, Generator, Made, Problems, Rows, RunError};
use super::genders::{GenderSource, checked, gender_of, gender_source};
use super::life;
use super::names::{ByGender, text_attribute, texts};
use crate::locale::{self, Surnames, WeightedList};
use crate::plan::Context;
use crate::problem::Problem;
use crate::random::{Alias, Cell, Key};
use crate::schema::Param;
use crate::types::LogicalType;

/// A second given name of the person, usual ones more often, and another than the first.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MiddleName {
    /// The gender, one of the words that `gender` understands, or SQL that gives one, null or `X` for both; the person's own when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gender: Option<Param<String>>,
}

impl Generator for MiddleName {
    const EXAMPLE: &'static str = "{type: middle_name}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let locale = cx.locale();
        let gender = gender_source(cx, self.gender.as_ref())?;
        let first = text_attribute(cx, "first_name")?;
        let (mut names, female) = fitting(cx.lengths(), locale.first_names(Some(locale::Gender::Female)))?;
        let (masculine, male) = fitting(cx.lengths(), locale.first_names(Some(locale::Gender::Male)))?;
        let masculine_start = names.len();
        names.extend(masculine);
        let alias = |weights: &[f64]| {
            Alias::new(weights).ok_or_else(|| vec![Problem::new("empty_list", "the locale has no values here")])
        };
        let list = List::of_texts(names.iter().copied());
        let longest = list.longest();
        let (female, male) = (alias(&female)?, alias(&male)?);
        let fill = MiddleNames { key: cx.key("value"), gender, first, names, list, masculine_start, female, male };
        let made = Made { longest, ..Made::drawn(LogicalType::String, fill) };
        Ok(checked(cx, self.gender.as_ref(), &gender, made))
    }
}

struct MiddleNames {
    key: Key,
    gender: GenderSource,
    /// The input that holds the first name.
    first: usize,
    /// The feminine names, then the masculine ones.
    names: Vec<&'static str>,
    /// The same as a list to gather from.
    list: List,
    masculine_start: usize,
    female: Alias,
    male: Alias,
}

/// How often a name is drawn before the last one stands, be it the first name again.
const TRIES: u32 = 8;

impl MiddleNames {
    fn pick(&self, gender: Option<locale::Gender>, first: Option<&str>, cell: &mut Cell) -> usize {
        let gender = gender.unwrap_or_else(|| match cell.below(2) {
            0 => locale::Gender::Female,
            _ => locale::Gender::Male,
        });
        let mut place = 0;
        for _ in 0..TRIES {
            place = match gender {
                locale::Gender::Female => self.female.pick(cell.next()),
                locale::Gender::Male => self.masculine_start + self.male.pick(cell.next()),
            };
            if first != Some(self.names[place]) {
                break;
            }
        }
        place
    }
}

impl Fill for MiddleNames {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let firsts = rows.iter().zip(texts(cells, self.first)?);
        let places: Vec<usize> = match &self.gender {
            GenderSource::One(gender) => {
                firsts.map(|(row, first)| self.pick(Some(*gender), first, &mut key.cell(row))).collect()
            }
            GenderSource::Rows(input) => firsts
                .zip(texts(cells, *input)?)
                .map(|((row, first), gender)| self.pick(gender.and_then(gender_of), first, &mut key.cell(row)))
                .collect(),
        };
        self.list.gather(places.into_iter())
    }
}

/// A form of address, such as `Ms.` or `Dr.`, that goes with the person's gender, and with the marital status and the age that other columns
/// show.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamePrefix {
    /// The gender, one of the words that `gender` understands, or SQL that gives one, null or `X` for both; the person's own when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gender: Option<Param<String>>,
}

impl Generator for NamePrefix {
    const EXAMPLE: &'static str = "{type: name_prefix}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let locale = cx.locale();
        let source = gender_source(cx, self.gender.as_ref())?;
        match source {
            GenderSource::One(gender) => from_locale(cx, locale.prefixes(Some(gender))),
            GenderSource::Rows(input) => {
                let forms = |gender| locale.prefixes(Some(gender));
                let made = match life::prefixes(cx, forms, input)? {
                    Some(made) => made,
                    None => ByGender::made(cx, forms, input)?,
                };
                Ok(checked(cx, self.gender.as_ref(), &source, made))
            }
        }
    }
}

/// The surname from the person's father: the first of two where the country has two, the last name elsewhere.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PaternalSurname {}

impl Generator for PaternalSurname {
    const EXAMPLE: &'static str = "{type: paternal_surname}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        if cx.locale().surnames() != Surnames::One {
            let lengths = cx.lengths_of(&["paternal_surname", "last_name"]);
            return from_locale_within(cx, cx.locale().last_names(None), lengths);
        }
        let input = text_attribute(cx, "last_name")?;
        Ok(Made { longest: cx.input_longest(input), ..Made::computed(LogicalType::String, First) })
    }
}

/// The surname from the person's mother: the other of two where the country has two, her maiden name elsewhere.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaternalSurname {}

impl Generator for MaternalSurname {
    const EXAMPLE: &'static str = "{type: maternal_surname}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let list = cx.locale().last_names(Some(locale::Gender::Female));
        from_locale_within(cx, list, cx.lengths_of(&["maternal_surname", "last_name"]))
    }
}

/// A column from a list with a form for each gender.
fn by_gender(
    cx: &mut Context<'_>,
    of: impl Fn(Option<locale::Gender>) -> &'static WeightedList,
) -> Result<Made, Problems> {
    if of(Some(locale::Gender::Female)).values == of(None).values {
        return from_locale(cx, of(None));
    }
    let gender = text_attribute(cx, "gender")?;
    ByGender::made(cx, |gender| of(Some(gender)), gender)
}

/// Whether a person is single, married or what else the country's forms know, in the form for the person's gender where the language has
/// two. Who is under 18 by a column with the date of birth is single.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaritalStatus {}

impl Generator for MaritalStatus {
    const EXAMPLE: &'static str = "{type: marital_status}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let locale = cx.locale();
        if !cx.is_fixed() && cx.shows_attribute(&["date_of_birth"]) {
            let gender = text_attribute(cx, "gender")?;
            if let Some(made) = life::statuses(cx, |gender| locale.marital_statuses(Some(gender)), gender)? {
                return Ok(made);
            }
        }
        by_gender(cx, |gender| locale.marital_statuses(gender))
    }
}

/// The highest level of education that a person has reached, at an age at which people do where a column shows the date of birth.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EducationLevel {}

impl Generator for EducationLevel {
    const EXAMPLE: &'static str = "{type: education_level}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let levels = cx.locale().education_levels();
        if !cx.is_fixed()
            && let Some(made) = life::levels(cx, levels)?
        {
            return Ok(made);
        }
        from_locale(cx, levels)
    }
}

/// A person's nationality as the language names it, in the form for the person's gender: that of the locale's country nine times in ten.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nationality {}

impl Generator for Nationality {
    const EXAMPLE: &'static str = "{type: nationality}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let locale = cx.locale();
        by_gender(cx, |gender| locale.nationalities(gender))
    }
}

//! What goes with a person's age and marital status: children are single and at school, `Mrs.` is or was married and `Miss` is not.

use std::collections::BTreeSet;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringViewArray};
use datafusion::arrow::datatypes::{Date32Type, TimestampMicrosecondType};

use super::super::lists::{List, fitting};
use super::super::{Cells, Fill, Made, Problems, Rows, RunError};
use super::genders::read_genders;
use super::names::texts;
use crate::locale::{Gender, WeightedList};
use crate::plan::Context;
use crate::problem::Problem;
use crate::random::{Alias, Key};
use crate::schema::{DAY_US, civil_of_days};
use crate::types::LogicalType;

/// Words of all locales: those for the unmarried, forms of address that tell who is, and levels of education by the youngest who have them.
const LIFE: &str = include_str!("../../../data/common/life.tsv");

/// Who may marry.
const GROWN: i64 = 18;

fn words(of: &str) -> impl Iterator<Item = &'static str> {
    let own = LIFE.lines().filter_map(|line| line.split_once('\t')).find(|(kind, _)| *kind == of);
    own.map_or("", |(_, words)| words).split('|')
}

/// Whether a text is a word of a kind.
fn is_among(of: &str, text: &str) -> bool {
    words(of).any(|word| word == text)
}

/// The age from which people have a level of education.
fn youngest(level: &str) -> i64 {
    let rows = LIFE.lines().filter_map(|line| line.split_once('\t'));
    let mut ages = rows.filter_map(|(kind, words)| Some((kind.strip_prefix("age ")?.parse().ok()?, words)));
    ages.find(|(_, words)| words.split('|').any(|word| word == level)).map_or(0, |(age, _)| age)
}

/// The age of the row's person, where a column tells it.
pub struct Ages {
    input: usize,
    now_us: i64,
}

impl Ages {
    /// From the date of birth that a column of the same person shows.
    pub fn of(cx: &mut Context<'_>) -> Result<Option<Ages>, Problems> {
        if !cx.shows_attribute(&["date_of_birth"]) {
            return Ok(None);
        }
        let input = cx.attribute("date_of_birth")?;
        let is_day = matches!(cx.input_type(input), LogicalType::Date | LogicalType::Datetime);
        Ok(is_day.then(|| Ages { input, now_us: cx.reference_time_us() }))
    }

    /// Whole years of each row's person; none where nothing tells them.
    fn years(&self, cells: &Cells<'_>) -> Result<Vec<Option<i64>>, RunError> {
        let born = &cells.inputs[self.input];
        let days: Vec<Option<i64>> = if let Some(days) = born.as_primitive_opt::<Date32Type>() {
            days.iter().map(|day| day.map(i64::from)).collect()
        } else if let Some(instants) = born.as_primitive_opt::<TimestampMicrosecondType>() {
            instants.iter().map(|instant| instant.map(|us| us.div_euclid(DAY_US))).collect()
        } else {
            return Err(RunError::new("a date of birth that is none"));
        };
        let (year, month, day) = civil_of_days(self.now_us.div_euclid(DAY_US));
        let years = |born: i64| {
            let (born_year, born_month, born_day) = civil_of_days(born);
            year - born_year - i64::from((month, day) < (born_month, born_day))
        };
        Ok(days.into_iter().map(|born| born.map(years)).collect())
    }
}

/// Who may have a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Anybody,
    Single,
    Married,
}

/// Texts by gender, drawn among those that the person's age and marital status allow.
struct ByState {
    key: Key,
    gender: usize,
    ages: Option<Ages>,
    /// The input of the marital status.
    status: Option<usize>,
    /// The feminine texts, then the masculine ones.
    list: List,
    masculine_start: usize,
    /// For women, men and both, how a text is drawn for anybody, for the single and for those who are or were married.
    drawn: [[Alias; 3]; 3],
}

impl ByState {
    /// What is known of a person.
    fn state(&self, age: Option<i64>, status: Option<&str>) -> Who {
        match (age, status) {
            (Some(age), _) if age < GROWN => Who::Single,
            (_, Some(status)) if is_among("single", status) => Who::Single,
            (_, Some(_)) => Who::Married,
            (_, None) => Who::Anybody,
        }
    }
}

impl Fill for ByState {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let genders = texts(cells, self.gender)?;
        let ages = self.ages.as_ref().map(|ages| ages.years(cells)).transpose()?;
        let statuses: Option<&StringViewArray> = self.status.map(|input| texts(cells, input)).transpose()?;
        let status =
            |position: usize| statuses.and_then(|texts| texts.is_valid(position).then(|| texts.value(position)));
        let words = cells.words(&self.key, rows).into_iter().zip(read_genders(genders)).enumerate();
        let places: Vec<usize> = words
            .map(|(position, (word, gender))| {
                let age = ages.as_ref().and_then(|ages| ages[position]);
                let state = self.state(age, status(position));
                let alias = &self.drawn[gender][state as usize];
                [0, self.masculine_start, 0][gender] + alias.pick(word)
            })
            .collect();
        self.list.gather(places.into_iter())
    }
}

/// A column of texts with a form for each gender, held to the person's age and marital status by who may have each text; `None` where no
/// column tells either, or where what is left is nothing.
fn by_state(
    cx: &mut Context<'_>,
    of: impl Fn(Gender) -> &'static WeightedList,
    gender: usize,
    (ages, status): (Option<Ages>, Option<usize>),
    who: impl Fn(&str) -> Who,
) -> Result<Option<Made>, Problems> {
    if ages.is_none() && status.is_none() {
        return Ok(None);
    }
    let (mut all, female) = fitting(cx.lengths(), of(Gender::Female))?;
    let (masculine, male) = fitting(cx.lengths(), of(Gender::Male))?;
    let masculine_start = all.len();
    all.extend(masculine);
    let total = |weights: &[f64]| weights.iter().fold(0.0, |sum, weight| sum + weight);
    let halves = [total(&female), total(&male)];
    let both: Vec<f64> =
        female.iter().map(|weight| weight / halves[0]).chain(male.iter().map(|weight| weight / halves[1])).collect();
    let kept = |weights: &[f64], start: usize, state: Who| {
        let allowed = |text: &str| state == Who::Anybody || [Who::Anybody, state].contains(&who(text));
        let own: Vec<f64> =
            weights.iter().zip(&all[start..]).map(|(weight, text)| if allowed(text) { *weight } else { 0.0 }).collect();
        Alias::new(&own)
    };
    let row = |weights: &[f64], start: usize| {
        Some([
            kept(weights, start, Who::Anybody)?,
            kept(weights, start, Who::Single)?,
            kept(weights, start, Who::Married)?,
        ])
    };
    let drawn = (row(&female, 0), row(&male, masculine_start), row(&both, 0));
    let (Some(female), Some(male), Some(both)) = drawn else { return Ok(None) };
    let list = List::of_texts(all.iter().copied());
    let longest = list.longest();
    let drawn = [female, male, both];
    let fill = ByState { key: cx.key("value"), gender, ages, status, list, masculine_start, drawn };
    Ok(Some(Made { longest, ..Made::drawn(LogicalType::String, fill) }))
}

/// Forms of address that go with the marital status and age that other columns tell.
pub fn prefixes(
    cx: &mut Context<'_>,
    of: impl Fn(Gender) -> &'static WeightedList,
    gender: usize,
) -> Result<Option<Made>, Problems> {
    let ages = Ages::of(cx)?;
    let status = if cx.shows_attribute(&["marital_status"]) { Some(cx.attribute("marital_status")?) } else { None };
    let status = status.filter(|input| cx.input_type(*input).is_text());
    let who = |text: &str| {
        if is_among("wife", text) {
            Who::Married
        } else if is_among("miss", text) {
            Who::Single
        } else {
            Who::Anybody
        }
    };
    by_state(cx, of, gender, (ages, status), who)
}

/// Marital statuses that go with the age that another column tells.
pub fn statuses(
    cx: &mut Context<'_>,
    of: impl Fn(Gender) -> &'static WeightedList,
    gender: usize,
) -> Result<Option<Made>, Problems> {
    let ages = Ages::of(cx)?;
    let who = |text: &str| if is_among("single", text) { Who::Single } else { Who::Married };
    // Anybody who is grown up may be single.
    by_state(cx, of, gender, (ages, None), who)
}

/// Levels of education that the person's age allows.
struct ByAge {
    key: Key,
    ages: Ages,
    list: List,
    /// From each age on, how a level is drawn; the youngest first.
    drawn: Vec<(i64, Alias)>,
    any: Alias,
}

impl Fill for ByAge {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let ages = self.ages.years(cells)?;
        let words = cells.words(&self.key, rows).into_iter();
        let places: Vec<usize> = ages
            .into_iter()
            .zip(words)
            .map(|(age, word)| {
                let known = age.map(|age| self.drawn.partition_point(|(from, _)| *from <= age).saturating_sub(1));
                known.map_or(&self.any, |at| &self.drawn[at].1).pick(word)
            })
            .collect();
        self.list.gather(places.into_iter())
    }
}

/// A column of levels of education, each from the age on at which people have it; `None` where no column tells the age.
pub fn levels(cx: &mut Context<'_>, levels: &WeightedList) -> Result<Option<Made>, Problems> {
    let Some(ages) = Ages::of(cx)? else { return Ok(None) };
    let (texts, weights) = fitting(cx.lengths(), levels)?;
    let from: Vec<i64> = texts.iter().map(|text| youngest(text)).collect();
    let steps: BTreeSet<i64> = from.iter().copied().collect();
    let alias = |least: i64| {
        let own: Vec<f64> = weights.iter().zip(&from).map(|(w, from)| if *from <= least { *w } else { 0.0 }).collect();
        Alias::new(&own)
    };
    let drawn: Vec<(i64, Alias)> = steps.into_iter().filter_map(|step| Some((step, alias(step)?))).collect();
    let any = alias(i64::MAX).ok_or_else(|| vec![Problem::new("empty_list", "the locale has no values here")])?;
    let list = List::of_texts(texts);
    let longest = list.longest();
    let fill = ByAge { key: cx.key("value"), ages, list, drawn, any };
    Ok(Some(Made { longest, ..Made::drawn(LogicalType::String, fill) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Locale;

    #[test]
    fn the_words_of_every_locale_are_known() {
        for name in Locale::names() {
            let locale = Locale::named(name).expect("a locale");
            for gender in [Gender::Female, Gender::Male] {
                let statuses = locale.marital_statuses(Some(gender));
                let single = statuses.values.iter().filter(|text| is_among("single", text)).count();
                assert!(single > 0 && single < statuses.values.len(), "{name}");
                assert!(locale.prefixes(Some(gender)).values.iter().any(|text| !is_among("wife", text)), "{name}");
            }
            let levels = &locale.education_levels().values;
            assert!(levels.iter().filter(|level| youngest(level) >= 20).count() > 1, "{name}");
            assert!(levels.iter().any(|level| youngest(level) <= 14), "{name}");
        }
    }
}

//! The gender that other columns tell: a first name that a given row fixes, or one that is dealt without repetition, is a woman's or a man's,
//! and the row's gender follows it.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef};

use super::super::lists::List;
use super::super::{Cells, Fill, Problems, Rows, RunError};
use super::genders::gender_of;
use super::names::texts;
use crate::locale::{Gender, Locale, NameOrder, WeightedList};
use crate::plan::Context;
use crate::random::{Alias, Key};

/// How likely a text is of women and of men, nothing where a list has it not.
type Shares = HashMap<&'static str, [f64; 2]>;

/// A column that tells genders.
pub struct Told {
    input: usize,
    shares: Arc<Shares>,
    /// In which order a name stands among others, where the column holds whole names.
    order: Option<NameOrder>,
}

/// Texts of two lists, each with its share of either.
fn shares(of: impl Fn(Gender) -> &'static WeightedList) -> Shares {
    let mut shares = Shares::new();
    for (at, gender) in [Gender::Female, Gender::Male].into_iter().enumerate() {
        let list = of(gender);
        let all: f64 = list.weights.iter().fold(0.0, |all, weight| all + *weight as f64);
        for (text, weight) in list.values.iter().zip(&list.weights) {
            shares.entry(*text).or_default()[at] += *weight as f64 / all;
        }
    }
    shares
}

/// The columns of the row's person that are decided before the gender and tell it.
pub fn told(cx: &mut Context<'_>) -> Result<Vec<Told>, Problems> {
    let locale = cx.locale();
    let first_names: fn(&'static Locale, Gender) -> &'static WeightedList =
        |locale, gender| locale.first_names(Some(gender));
    let prefixes: fn(&'static Locale, Gender) -> &'static WeightedList = |locale, gender| locale.prefixes(Some(gender));
    let titles: fn(&'static Locale, Gender) -> &'static WeightedList = |locale, gender| locale.job_titles(Some(gender));
    let mut found = Vec::new();
    for (attribute, of, whole) in [
        ("first_name", first_names, false),
        ("full_name", first_names, true),
        ("name_prefix", prefixes, false),
        ("job_title", titles, false),
    ] {
        if of(locale, Gender::Female).values == of(locale, Gender::Male).values {
            continue;
        }
        let dealt = if is_asked(cx, attribute) { cx.fixed(attribute)? } else { None };
        let Some(input) = (match dealt {
            Some(input) => Some(input),
            None => cx.given(attribute)?,
        }) else {
            continue;
        };
        let shares = Arc::new(shares(|gender| of(locale, gender)));
        found.push(Told { input, shares, order: whole.then(|| locale.name_order()) });
    }
    Ok(found)
}

/// The attributes of which a whole name consists.
pub const PARTS: [&str; 4] = ["first_name", "last_name", "paternal_surname", "maternal_surname"];

/// Whether a column of values that are dealt, or put in by rules, decides the row's gender rather than follows it.
fn is_asked(cx: &Context<'_>, attribute: &str) -> bool {
    let follows = match attribute {
        "full_name" => cx.shows_attribute(&PARTS),
        "first_name" | "job_title" => false,
        _ => true,
    };
    !follows && cx.deals(attribute) && !cx.is_decided("gender") && cx.setting(attribute, "gender").is_none()
}

impl Told {
    /// How likely a text is of women and of men.
    fn of(&self, text: &str) -> Option<[f64; 2]> {
        if let Some(known) = self.shares.get(text) {
            return Some(*known);
        }
        match self.order? {
            // The longest beginning, or end, that is a first name.
            NameOrder::GivenFirst => {
                let ends = text.char_indices().rev().filter(|(_, c)| *c == ' ').map(|(at, _)| at);
                ends.into_iter().find_map(|at| self.shares.get(&text[..at]).copied())
            }
            NameOrder::SurnameFirst(joint) => {
                let starts = text.char_indices().skip(1).map(|(at, _)| at);
                starts.into_iter().find_map(|at| {
                    let rest = text[at..].strip_prefix(joint)?;
                    self.shares.get(rest).copied()
                })
            }
        }
    }
}

/// Genders drawn by weight, those that another column tells among those that it allows.
pub struct ToldGenders {
    list: List,
    key: Key,
    told: Vec<Told>,
    /// Where nothing is told.
    any: Alias,
    /// Values that mean women, men, and neither, each with how likely they are together and how one of them is drawn.
    groups: [Option<(Vec<usize>, f64, Alias)>; 3],
}

impl ToldGenders {
    pub fn new(list: List, values: &[String], weights: &[f64], key: Key, told: Vec<Told>, any: Alias) -> ToldGenders {
        let group = |wanted: usize| {
            let code = |value: &String| match gender_of(value) {
                Some(Gender::Female) => 0,
                Some(Gender::Male) => 1,
                None => 2,
            };
            let places: Vec<usize> = (0..values.len()).filter(|at| code(&values[*at]) == wanted).collect();
            let own: Vec<f64> = places.iter().map(|at| weights[*at]).collect();
            let alias = Alias::new(&own)?;
            Some((places, own.iter().fold(0.0, |all, weight| all + weight), alias))
        };
        let groups = [group(0), group(1), group(2)];
        ToldGenders { list, key, told, any, groups }
    }

    /// The place of a value by what is told of women and of men.
    fn pick(&self, [female, male]: [f64; 2], key: &Key, row: u64) -> Option<usize> {
        let likely = [female, male, f64::midpoint(female, male)];
        let masses: Vec<f64> = self
            .groups
            .iter()
            .zip(likely)
            .map(|(group, likely)| group.as_ref().map_or(0.0, |(_, mass, _)| mass * likely))
            .collect();
        let group = Alias::new(&masses)?;
        let mut cell = key.cell(row);
        let first = cell.next();
        let (places, _, alias) = self.groups[group.pick(first)].as_ref()?;
        Some(places[alias.pick(cell.next())])
    }
}

impl Fill for ToldGenders {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let told = self.told.iter().map(|told| texts(cells, told.input)).collect::<Result<Vec<_>, _>>()?;
        let words = cells.words(&self.key, rows);
        let key = cells.key(&self.key);
        let mut places = Vec::with_capacity(rows.len());
        for (position, row) in rows.iter().enumerate() {
            let known = self
                .told
                .iter()
                .zip(&told)
                .find_map(|(of, texts)| if texts.is_null(position) { None } else { of.of(texts.value(position)) });
            let picked = known.and_then(|shares| self.pick(shares, &key, row));
            places.push(picked.unwrap_or_else(|| self.any.pick(words[position])));
        }
        self.list.gather(places.into_iter())
    }
}

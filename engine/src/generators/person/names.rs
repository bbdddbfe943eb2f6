//! Names, as the gender of the row's person decides them.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use datafusion::arrow::array::{ArrayRef, AsArray, StringViewArray};

use super::super::lists::{List, fitting};
use super::super::shape::{Factor, Shape};
use super::super::text::TextColumn;
use super::super::{Cells, Countable, Fill, Made, Problems, Rows, RunError};
use super::genders::read_genders;
use crate::locale::{Gender, Locale, NameOrder, Surnames, WeightedList};
use crate::plan::{Context, Nested};
use crate::problem::Problem;
use crate::random::{Alias, Key};
use crate::types::LogicalType;

/// An attribute of the row's entity that has to be text.
pub fn text_attribute(cx: &mut Context<'_>, name: &str) -> Result<usize, Problems> {
    let input = cx.attribute(name)?;
    if cx.input_type(input).is_text() {
        return Ok(input);
    }
    let detail = format!("this follows from the {name} of the row, whose column is {}", cx.input_type(input));
    Err(vec![Problem::new("no_text", detail).remedy("leave that column's type out")])
}

/// The texts of an input.
pub fn texts<'c>(cells: &'c Cells<'_>, input: usize) -> Result<&'c StringViewArray, RunError> {
    cells.inputs[input]
        .as_string_view_opt()
        .ok_or_else(|| RunError::new(format!("{} stands where a text is read", cells.inputs[input].data_type())))
}

/// A text of a list for each gender. Where the gender is unknown, each list is half of the whole.
pub struct ByGender {
    key: Key,
    gender: usize,
    /// The feminine texts, then the masculine ones.
    list: List,
    masculine_start: usize,
    female: Alias,
    male: Alias,
    both: Alias,
}

impl ByGender {
    /// A column drawn by weight from the list of the gender that an input says; only texts that fit the column's lengths are drawn.
    pub fn made(
        cx: &Context<'_>,
        of: impl Fn(Gender) -> &'static WeightedList,
        gender: usize,
    ) -> Result<Made, Problems> {
        ByGender::within(cx, of, gender, cx.lengths())
    }

    /// The same with other lengths.
    pub fn within(
        cx: &Context<'_>,
        of: impl Fn(Gender) -> &'static WeightedList,
        gender: usize,
        lengths: (u32, Option<u32>),
    ) -> Result<Made, Problems> {
        let (mut texts, female) = fitting(lengths, of(Gender::Female))?;
        let (masculine, male) = fitting(lengths, of(Gender::Male))?;
        let masculine_start = texts.len();
        texts.extend(masculine);
        let total = |weights: &[f64]| weights.iter().fold(0.0, |sum, weight| sum + weight);
        let halves = [total(&female), total(&male)];
        let both = female.iter().map(|weight| weight / halves[0]).chain(male.iter().map(|weight| weight / halves[1]));
        let alias = |weights: &[f64]| {
            Alias::new(weights).ok_or_else(|| vec![Problem::new("empty_list", "the locale has no values here")])
        };
        let list = List::of_texts(texts);
        let longest = list.longest();
        let fill = ByGender {
            key: cx.key("value"),
            gender,
            list,
            masculine_start,
            both: alias(&both.collect::<Vec<_>>())?,
            female: alias(&female)?,
            male: alias(&male)?,
        };
        Ok(Made { longest, ..Made::drawn(LogicalType::String, fill) })
    }
}

impl Fill for ByGender {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let genders = texts(cells, self.gender)?;
        let lists = [(&self.female, 0), (&self.male, self.masculine_start), (&self.both, 0)];
        let places: Vec<usize> = cells
            .words(&self.key, rows)
            .into_iter()
            .zip(read_genders(genders))
            .map(|(word, gender)| {
                let (alias, start) = lists[gender];
                start + alias.pick(word)
            })
            .collect();
        self.list.gather(places.into_iter())
    }
}

/// Two surnames; the father's alone where both are too long.
pub struct SurnamePair {
    /// The input of the surname that stands first.
    pub first: usize,
    /// The input of the other one.
    pub second: usize,
    /// The input of the father's.
    pub paternal: usize,
    /// The most characters.
    pub limit: Option<u32>,
}

impl Fill for SurnamePair {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let (first, second) = (texts(cells, self.first)?, texts(cells, self.second)?);
        let paternal = texts(cells, self.paternal)?;
        let mut column = TextColumn::with_capacity(rows.len(), 16);
        for ((first, second), paternal) in first.iter().zip(second).zip(paternal) {
            let out = column.out();
            match (first, second) {
                (Some(first), Some(second)) => {
                    let both = || first.chars().count() + 1 + second.chars().count();
                    if self.limit.is_none_or(|limit| both() <= limit as usize) {
                        out.push_str(first);
                        out.push(' ');
                        out.push_str(second);
                    } else {
                        out.push_str(paternal.unwrap_or(first));
                    }
                }
                (Some(alone), None) | (None, Some(alone)) => out.push_str(alone),
                (None, None) => {
                    column.end_null();
                    continue;
                }
            }
            column.end();
        }
        Ok(Arc::new(column.finish()))
    }
}

/// Whether surnames have a feminine form.
pub fn surnames_have_gender(locale: &'static Locale) -> bool {
    locale.last_names(Some(Gender::Female)).values != locale.last_names(None).values
}

/// A part of a name: an input, or drawn inside.
pub enum Part {
    Input(usize),
    Nested(Nested),
}

impl Part {
    /// The most characters, where known.
    pub fn longest(&self, cx: &Context<'_>) -> Option<u64> {
        match self {
            Part::Input(input) => cx.input_longest(*input),
            Part::Nested(nested) => nested.longest,
        }
    }
}

/// First and last name in the country's order; one alone where the other is null.
pub struct FullNames {
    pub first: Part,
    pub last: usize,
    pub order: NameOrder,
}

impl Fill for FullNames {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let first = match &self.first {
            Part::Input(input) => Arc::clone(&cells.inputs[*input]),
            Part::Nested(nested) => nested.fill(cells, rows, None)?,
        };
        let first = first.as_string_view_opt().ok_or_else(|| RunError::new("a first name that is no text"))?;
        let mut column = TextColumn::with_capacity(rows.len(), 24);
        for (first, last) in first.iter().zip(texts(cells, self.last)?) {
            if first.is_none() && last.is_none() {
                column.end_null();
                continue;
            }
            self.order.write(first.unwrap_or_default(), last.unwrap_or_default(), column.out());
            column.end();
        }
        Ok(Arc::new(column.finish()))
    }
}

/// A locale, by its name, and the gender of whose people all names are.
type People = (&'static str, Option<Gender>);

/// All whole names of people of a gender, or of both; `None` where a list has nothing that fits the limit. Columns without a limit share them.
pub fn all_names(locale: &'static Locale, gender: Option<Gender>, limit: Option<u32>) -> Option<Arc<AllNames>> {
    static UNLIMITED: LazyLock<Mutex<HashMap<People, Option<Arc<AllNames>>>>> = LazyLock::new(Mutex::default);
    let make = || made_names(locale, gender, limit).map(Arc::new);
    if limit.is_some() {
        return make();
    }
    let mut unlimited = UNLIMITED.lock().unwrap_or_else(PoisonError::into_inner);
    unlimited.entry((locale.name(), gender)).or_insert_with(make).clone()
}

fn made_names(locale: &'static Locale, gender: Option<Gender>, limit: Option<u32>) -> Option<AllNames> {
    if gender.is_none() && surnames_have_gender(locale) {
        let female = names_of(locale, Some(Gender::Female), limit)?;
        let mut male = names_of(locale, Some(Gender::Male), limit)?;
        // A given name of both genders counts among the women's, so that no name has two positions.
        let theirs: HashSet<&str> = female.parts[0].texts.iter().copied().collect();
        let all = male.parts[0].mass();
        male.parts[0].retain(|name| !theirs.contains(name));
        let men = male.parts[0].mass() / all;
        return Some(AllNames { female, male: (men > 0.0).then_some((male, men)) });
    }
    Some(AllNames { female: names_of(locale, gender, limit)?, male: None })
}

fn names_of(locale: &'static Locale, gender: Option<Gender>, limit: Option<u32>) -> Option<NameTexts> {
    let mut first = NamePart::of(locale.first_names(gender));
    if gender.is_none() {
        first.weights = halves(|gender| locale.first_names(gender), &first.texts);
    }
    let last = NamePart::of(locale.last_names(gender));
    match (locale.name_order(), locale.surnames()) {
        (NameOrder::GivenFirst, Surnames::One) => NameTexts::of(&[first, last], limit, " "),
        (NameOrder::GivenFirst, _) => NameTexts::of(&[first, last.clone(), last], limit, " "),
        (NameOrder::SurnameFirst(joint), _) => NameTexts::of(&[last, first], limit, joint),
    }
}

/// Names of women, or of all, and after them those of men.
pub struct AllNames {
    female: NameTexts,
    /// The men's, and how likely one of them is beside one of a woman.
    male: Option<(NameTexts, f64)>,
}

impl Countable for AllNames {
    fn count(&self) -> u128 {
        self.female.count().saturating_add(self.male.as_ref().map_or(0, |(male, _)| male.count()))
    }

    fn unrank(&self, positions: &[u128]) -> ArrayRef {
        let Some((male, _)) = &self.male else { return self.female.unrank(positions) };
        let women = self.female.count();
        let mut column = TextColumn::with_capacity(positions.len(), 24);
        for position in positions {
            match position.checked_sub(women) {
                None => self.female.write(*position, column.out()),
                Some(rank) => male.write(rank, column.out()),
            }
            column.end();
        }
        Arc::new(column.finish())
    }

    fn shape(&self) -> Option<Shape> {
        let female = self.female.shape()?;
        Some(match &self.male {
            None => female,
            Some((male, men)) => female.then(1.0 / (1.0 + men), male.shape()?, men / (1.0 + men)),
        })
    }
}

/// One of all whole names, where none is dealt: whose values are put in by rules leaves the others to this.
pub struct AnyName {
    pub key: Key,
    pub names: Arc<AllNames>,
}

impl Fill for AnyName {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let positions: Vec<u128> = rows.iter().map(|row| key.cell(row).below_u128(self.names.count())).collect();
        Ok(self.names.unrank(&positions))
    }
}

/// Names of which one part of a whole name is drawn, each with its weight.
#[derive(Clone)]
pub struct NamePart {
    texts: Vec<&'static str>,
    weights: Vec<f64>,
}

impl NamePart {
    pub fn of(list: &WeightedList) -> NamePart {
        NamePart { texts: list.values.clone(), weights: list.weights.iter().map(|weight| *weight as f64).collect() }
    }

    fn mass(&self) -> f64 {
        self.weights.iter().fold(0.0, |mass, weight| mass + weight)
    }

    fn retain(&mut self, keep: impl Fn(&&'static str) -> bool) {
        let kept: Vec<bool> = self.texts.iter().map(keep).collect();
        let mut of_texts = kept.iter();
        self.texts.retain(|_| of_texts.next().is_some_and(|kept| *kept));
        let mut of_weights = kept.iter();
        self.weights.retain(|_| of_weights.next().is_some_and(|kept| *kept));
    }
}

/// How likely each text is where half of the people are of each gender.
pub fn halves(of: impl Fn(Option<Gender>) -> &'static WeightedList, texts: &[&'static str]) -> Vec<f64> {
    let mut weights: HashMap<&str, f64> = HashMap::new();
    for gender in [Gender::Female, Gender::Male] {
        let list = NamePart::of(of(Some(gender)));
        let mass = list.mass();
        for (text, weight) in list.texts.iter().zip(&list.weights) {
            *weights.entry(text).or_default() += weight / mass;
        }
    }
    texts.iter().map(|text| weights.get(text).copied().unwrap_or_default()).collect()
}

/// All names that consist of a value of each list. Only the last part may hold what stands between the parts; where that is nothing, all but
/// the last are single characters: so no two choices give one text.
pub struct NameTexts {
    parts: Vec<NamePart>,
    joint: &'static str,
}

impl NameTexts {
    /// The names of at most `limit` characters of which no part takes more than its share; `None` where a list has nothing that fits.
    pub fn of(lists: &[NamePart], limit: Option<u32>, joint: &'static str) -> Option<NameTexts> {
        let last = lists.len().checked_sub(1)?;
        let joints = last * joint.chars().count();
        let share = limit.map(|limit| (limit as usize).saturating_sub(joints) / lists.len());
        let parts: Vec<NamePart> = lists
            .iter()
            .enumerate()
            .map(|(at, list)| {
                let apart = |text: &str| match joint {
                    "" => text.chars().count() == 1,
                    joint => !text.contains(joint),
                };
                let fits =
                    |text: &str| (at == last || apart(text)) && share.is_none_or(|share| text.chars().count() <= share);
                let mut part = NamePart { texts: Vec::new(), weights: Vec::new() };
                let mut known: HashMap<&str, usize> = HashMap::new();
                for (text, weight) in list.texts.iter().zip(&list.weights).filter(|(text, _)| fits(text)) {
                    let place = *known.entry(text).or_insert(part.texts.len());
                    if place == part.texts.len() {
                        part.texts.push(*text);
                        part.weights.push(0.0);
                    }
                    part.weights[place] += weight;
                }
                part
            })
            .collect();
        parts.iter().all(|part| !part.texts.is_empty()).then_some(NameTexts { parts, joint })
    }

    fn write(&self, mut rank: u128, out: &mut String) {
        for (at, part) in self.parts.iter().enumerate() {
            if at > 0 {
                out.push_str(self.joint);
            }
            let radix = part.texts.len() as u128;
            out.push_str(part.texts[(rank % radix) as usize]);
            rank /= radix;
        }
    }
}

impl Countable for NameTexts {
    fn count(&self) -> u128 {
        self.parts.iter().fold(1, |count, part| count.saturating_mul(part.texts.len() as u128))
    }

    fn unrank(&self, positions: &[u128]) -> ArrayRef {
        let mut column = TextColumn::with_capacity(positions.len(), 24);
        for position in positions {
            self.write(*position, column.out());
            column.end();
        }
        Arc::new(column.finish())
    }

    fn shape(&self) -> Option<Shape> {
        Some(Shape::product(self.parts.iter().map(|part| Factor::of_weights(&part.weights)).collect()))
    }
}

//! Small tables of the language: products, colours, names of nationalities, of days and months.

use super::lists::{WeightedList, number, rows, whole};
use super::names::Gender;

/// A product of a shop.
#[derive(Clone, Copy, Debug)]
pub struct Product {
    /// What kind of thing it is.
    pub category: &'static str,
    /// What the shop calls it.
    pub name: &'static str,
    /// How often it comes.
    pub weight: u64,
}

/// A colour with its name.
#[derive(Clone, Copy, Debug)]
pub struct Color {
    /// What the language calls it.
    pub name: &'static str,
    /// Red, green and blue, two hexadecimal digits each, in lower case.
    pub rgb: &'static str,
    /// How often it comes.
    pub weight: u64,
}

/// What the nationals of a country are called.
#[derive(Clone, Copy, Debug)]
pub struct Demonyms {
    /// ISO 3166-1 alpha-2.
    pub country: &'static str,
    /// The masculine or only form.
    pub masculine: &'static str,
    /// The feminine form, equal where there is but one.
    pub feminine: &'static str,
}

/// The own country's people are so many in a hundred.
const OWN_NATIONALS: u64 = 90;

pub(super) fn products(text: &'static str) -> Vec<Product> {
    rows(text).map(|[category, name, weight]| Product { category, name, weight: whole(weight) }).collect()
}

pub(super) fn colors(text: &'static str) -> Vec<Color> {
    rows(text).map(|[name, rgb, weight]| Color { name, rgb, weight: whole(weight) }).collect()
}

pub(super) fn nationalities(text: &'static str) -> Vec<Demonyms> {
    rows(text)
        .map(|[country, masculine, feminine]| Demonyms {
            country,
            masculine,
            feminine: if feminine.is_empty() { masculine } else { feminine },
        })
        .collect()
}

/// Demonyms in the form for one gender: of the own country, which stands first, nine in ten; the others are alike.
pub(super) fn nationality_names(demonyms: &[Demonyms], gender: Option<Gender>) -> WeightedList {
    let others = demonyms.len().saturating_sub(1) as u64;
    WeightedList::from_pairs(demonyms.iter().enumerate().map(|(at, demonym)| {
        let name = if gender == Some(Gender::Female) { demonym.feminine } else { demonym.masculine };
        (name, if at == 0 { OWN_NATIONALS * others.max(1) } else { 100 - OWN_NATIONALS })
    }))
}

/// How a day or month is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalendarForm {
    /// The whole word.
    Long,
    /// The usual short form.
    Short,
}

/// Names of days and months, as they stand alone.
#[derive(Debug)]
pub struct CalendarWords {
    weekdays: [Vec<&'static str>; 2],
    months: [Vec<&'static str>; 2],
}

impl CalendarWords {
    pub(super) fn parse(text: &'static str) -> Self {
        let of = |kind: &str| {
            let mut named: Vec<(u32, &'static str)> = rows(text)
                .filter(|[of, _, _]| *of == kind)
                .map(|[_, place, name]| (number::<u32>(place), name))
                .collect();
            named.sort_unstable();
            named.into_iter().map(|(_, name)| name).collect()
        };
        Self { weekdays: [of("weekday"), of("weekday_short")], months: [of("month"), of("month_short")] }
    }

    /// The seven days from Monday.
    pub fn weekdays(&self, form: CalendarForm) -> &[&'static str] {
        &self.weekdays[form as usize]
    }

    /// The twelve months from January.
    pub fn months(&self, form: CalendarForm) -> &[&'static str] {
        &self.months[form as usize]
    }
}

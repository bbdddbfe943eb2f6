//! How names are put together, and which of them goes with which gender.

use std::collections::BTreeMap;

use super::lists::{WeightedList, merged, padded_rows, rows, whole};

/// The gender that a name, title or form of address goes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gender {
    /// Feminine.
    Female,
    /// Masculine.
    Male,
}

impl Gender {
    /// The letter of the data files.
    pub(super) fn letter(self) -> &'static str {
        match self {
            Gender::Female => "F",
            Gender::Male => "M",
        }
    }
}

/// How many surnames people have, and in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surnames {
    /// One.
    One,
    /// The father's, then the mother's: Spain and Spanish America.
    PaternalFirst,
    /// The mother's, then the father's, which is the one that people are called by: Brazil.
    MaternalFirst,
}

/// How given name and surname are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameOrder {
    /// Given name, a space, surname.
    GivenFirst,
    /// Surname, this text, given name.
    SurnameFirst(&'static str),
}

impl NameOrder {
    /// What stands between the parts.
    pub fn joint(self) -> &'static str {
        match self {
            NameOrder::GivenFirst => " ",
            NameOrder::SurnameFirst(joint) => joint,
        }
    }

    /// Appends a whole name; one part alone where the other is missing.
    pub fn write(self, given: &str, surname: &str, out: &mut String) {
        let (first, last) = match self {
            NameOrder::GivenFirst => (given, surname),
            NameOrder::SurnameFirst(_) => (surname, given),
        };
        out.push_str(first);
        if !first.is_empty() && !last.is_empty() {
            out.push_str(self.joint());
        }
        out.push_str(last);
    }
}

/// Rows of (value, `F` or `M`, weight), narrowed to a gender; a value of both counts once, with both weights.
pub(super) fn by_gender(text: &'static str, gender: Option<Gender>) -> WeightedList {
    let mut weights = BTreeMap::new();
    for [value, of, weight, _] in padded_rows::<4>(text) {
        if gender.is_none_or(|gender| gender.letter() == of) {
            *weights.entry(value).or_insert(0) += whole(weight);
        }
    }
    merged(weights)
}

/// Surnames in the form for one gender, the rows' order and weights kept; without one, in the masculine or only form.
pub(super) fn surnames(text: &'static str, gender: Option<Gender>) -> WeightedList {
    WeightedList::from_pairs(padded_rows::<4>(text).map(|[name, weight, _, feminine]| {
        let form = if gender == Some(Gender::Female) && !feminine.is_empty() { feminine } else { name };
        (form, whole(weight))
    }))
}

/// Rows of (masculine or neutral form, feminine form or empty, weight), in the form for one gender, the rows' order kept.
pub(super) fn two_forms(text: &'static str, gender: Option<Gender>) -> WeightedList {
    WeightedList::from_pairs(rows(text).map(|[title, feminine, weight]| {
        let form = if gender == Some(Gender::Female) && !feminine.is_empty() { feminine } else { title };
        (form, whole(weight))
    }))
}

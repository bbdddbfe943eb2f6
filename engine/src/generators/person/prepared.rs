//! What addresses of a locale's own names are joined of, made once.
//!
//! A row finds the letters of its names by the views of its inputs. Names of ASCII letters alone are not asked for there: they are read out of
//! the view itself.

use datafusion::arrow::array::{Array, StringViewArray};

use super::super::pieces::{Piece, Pieces, Short, Span};
use crate::random::{Alias, Key};

/// Texts up to so many bytes lie in their view, the rest of which is zero: the view is the text.
const INLINE: u32 = 12;

/// The locale's first and last names as letters, and the ways to join them.
pub(super) struct Prepared {
    pub first: PreparedNames,
    pub last: PreparedNames,
    pub joints: Vec<Joint>,
}

/// A way to join two names.
#[derive(Clone, Copy)]
pub(super) struct Joint {
    /// Whether the last name stands first.
    pub last_first: bool,
    /// How many bytes count of the name before and of the name behind.
    pub bytes: [usize; 2],
    /// What stands between.
    pub sign: Short,
}

impl Joint {
    /// The parts of a local part.
    #[inline(always)]
    pub fn join(&self, first: Short, last: Short) -> [Short; 3] {
        let (before, after) = if self.last_first { (last, first) } else { (first, last) };
        [before.first(self.bytes[0]), self.sign, after.first(self.bytes[1])]
    }
}

/// What stands behind a local part.
pub(super) enum PreparedDomain<'a> {
    /// Nothing: the address is a user's name.
    None,
    /// One of these, by weight.
    Listed { key: Key, alias: &'a Alias, pieces: &'a Pieces, spans: &'a [Span] },
}

impl PreparedDomain<'_> {
    /// That of a row, behind its `@`.
    #[inline(always)]
    pub fn at(&self, row: u64) -> Piece<'_> {
        match self {
            PreparedDomain::None => Piece::EMPTY,
            PreparedDomain::Listed { key, alias, pieces, spans } => pieces.at(spans[alias.pick(key.word(row))]),
        }
    }
}

/// Names and their letters: a table with open addressing, at most half full, by the names' views.
///
/// Only names that lie in their view are kept; longer ones are rare in most scripts and are read letter by letter.
pub(super) struct PreparedNames {
    entries: Vec<Entry>,
    shift: u32,
}

#[derive(Clone, Copy, Default)]
struct Entry {
    /// The name's view; 0, the empty text's, where there is none.
    view: u128,
    letters: Short,
}

impl PreparedNames {
    /// Names and what stands for them in an address; those without letters are left out, and the first of equal names counts. What stands
    /// for names of ASCII letters alone is not asked for: it is those letters, small.
    pub fn of(names: impl Iterator<Item = (&'static str, String)>) -> PreparedNames {
        let is_kept =
            |name: &str| name.len() <= INLINE as usize && !name.bytes().all(|byte| byte.is_ascii_alphabetic());
        let names: Vec<(&str, String)> = names.filter(|(name, _)| is_kept(name)).collect();
        let bits = (names.len() * 2).next_power_of_two().trailing_zeros().max(1);
        let mut made = PreparedNames { entries: vec![Entry::default(); 1 << bits], shift: u64::BITS - bits };
        for (name, letters) in names {
            let view = StringViewArray::from(vec![name]).views()[0];
            let place = made.place(view);
            if !letters.is_ascii() || letters.is_empty() || made.entries[place].view != 0 {
                continue;
            }
            if let Some(letters) = Short::new(&letters) {
                made.entries[place] = Entry { view, letters };
            }
        }
        made
    }

    /// The letters of the text at a position; none where the name is not known here.
    #[inline(always)]
    pub fn letters(&self, texts: &StringViewArray, position: usize) -> Option<Short> {
        let view = texts.views()[position];
        if view as u32 > INLINE || texts.nulls().is_some_and(|nulls| nulls.is_null(position)) {
            return None;
        }
        Short::small_letters(view).or_else(|| self.kept(view))
    }

    /// The letters that are kept of a view.
    fn kept(&self, view: u128) -> Option<Short> {
        let entry = &self.entries[self.place(view)];
        (entry.view == view && view != 0).then_some(entry.letters)
    }

    /// Where a view stands, or the empty place where it would.
    #[inline]
    fn place(&self, view: u128) -> usize {
        let mixed = (view as u64 ^ ((view >> 64) as u64).rotate_left(29)).wrapping_mul(crate::random::C1);
        let mut place = (mixed >> self.shift) as usize;
        let last = self.entries.len() - 1;
        while self.entries[place].view != view && self.entries[place].view != 0 {
            place = (place + 1) & last;
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::pieces::append;
    use super::super::letters::Scratch;
    use super::*;
    use crate::locale::Locale;

    #[test]
    fn every_short_name_is_found_with_its_letters_and_no_other() {
        let names = Locale::named("es_PE").expect("a locale").last_names(None);
        let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphabetic());
        let prepared =
            PreparedNames::of(names.values.iter().map(|name| (*name, format!("{}x", any_ascii::any_ascii(name)))));
        let mut texts: Vec<Option<&str>> = names.values.iter().copied().map(Some).collect();
        texts.extend([None, Some(""), Some("Nobody"), Some("Nadia Ñ"), Some("A name of more than twelve bytes")]);
        let array = StringViewArray::from(texts.clone());
        for (position, text) in texts.iter().enumerate() {
            let mut found = String::new();
            append([prepared.letters(&array, position).unwrap_or_default()], Piece::EMPTY, &mut found);
            let expected = match text.filter(|text| text.len() <= INLINE as usize) {
                Some(text) if plain(text) => text.to_lowercase(),
                Some(text) if names.values.contains(&text) => format!("{}x", any_ascii::any_ascii(text)),
                _ => String::new(),
            };
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn names_of_ascii_letters_are_those_letters_in_every_locale() {
        for locale in Locale::names().iter().map(|name| Locale::named(name).expect("a locale")) {
            let names = [locale.first_names(None), locale.last_names(None)];
            for name in names.iter().flat_map(|list| list.values.iter()) {
                if name.bytes().all(|byte| byte.is_ascii_alphabetic()) {
                    let mut scratch = Scratch::default();
                    scratch.read_names(Some(name), Some(name), locale);
                    assert_eq!([&scratch.first, &scratch.last], [&name.to_lowercase(); 2]);
                }
            }
        }
    }
}

//! Names and companies as the letters of an address: small ASCII letters alone.

use crate::locale::{Locale, NameOrder, Surnames};

/// The characters that a company's domain has at most before its ending.
pub(in crate::generators) const COMPANY_CHARACTERS: usize = 24;

/// Buffers that are used again for each row.
#[derive(Default)]
pub(in crate::generators) struct Scratch {
    pub first: String,
    pub last: String,
    pub local: String,
    letters: String,
    /// The ends of the name's parts in `letters`.
    ends: Vec<usize>,
    /// Whether the row has a name at all.
    pub known: bool,
}

impl Scratch {
    /// Reads the row's first name and the surname that people are called by, in lower-case ASCII letters.
    pub fn read_names(&mut self, first: Option<&str>, last: Option<&str>, locale: &'static Locale) {
        self.first.clear();
        self.last.clear();
        self.known = first.is_some() || last.is_some();
        self.read_first(first.unwrap_or_default(), locale);
        self.read_last(last.unwrap_or_default(), locale);
    }

    /// The same from a whole name.
    pub fn read_whole(&mut self, whole: Option<&str>, locale: &'static Locale) {
        self.first.clear();
        self.last.clear();
        self.known = whole.is_some();
        let whole = whole.unwrap_or_default();
        match locale.name_order() {
            NameOrder::SurnameFirst(joint) => {
                let apart = if joint.is_empty() { Some(locale.split_name(whole)) } else { whole.split_once(joint) };
                let (last, first) = apart.unwrap_or(("", whole));
                self.read_first(first, locale);
                self.read_last(last, locale);
            }
            NameOrder::GivenFirst => {
                // Where names have a romanisation, both parts are known as a whole.
                let known = |end: usize| Some((locale.latin(&whole[..end])?, locale.latin(&whole[end + 1..])?));
                if let Some((first, last)) = whole.match_indices(' ').find_map(|(end, _)| known(end)) {
                    push_letters(first, locale, &mut self.first);
                    push_letters(last, locale, &mut self.last);
                    return;
                }
                self.read_parts(whole, locale);
                let count = self.ends.len();
                self.first.push_str(self.letters.get(self.part(0)).unwrap_or_default());
                if count > 1 {
                    // The father's surname stands last but one where the mother's follows it.
                    let before = usize::from(locale.surnames() == Surnames::PaternalFirst && count > 2);
                    self.last.push_str(self.letters.get(self.part(count - 1 - before)).unwrap_or_default());
                }
            }
        }
    }

    /// Reads a first name.
    pub fn read_first(&mut self, name: &str, locale: &'static Locale) {
        self.read_parts(name, locale);
        self.first.push_str(self.letters.get(self.part(0)).unwrap_or_default());
    }

    /// Reads a surname.
    pub fn read_last(&mut self, name: &str, locale: &'static Locale) {
        self.read_parts(name, locale);
        let place = if locale.surnames() == Surnames::MaternalFirst { self.ends.len().saturating_sub(1) } else { 0 };
        self.last.push_str(self.letters.get(self.part(place)).unwrap_or_default());
    }

    /// Where a part stands in `letters`.
    fn part(&self, place: usize) -> std::ops::Range<usize> {
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        start..self.ends.get(place).copied().unwrap_or(start)
    }

    /// The parts of a name as lower-case ASCII letters; a particle goes with the word after it: `De la Cruz` is one part, and so is a name
    /// whose usual romanisation is known.
    fn read_parts(&mut self, name: &str, locale: &'static Locale) {
        self.letters.clear();
        self.ends.clear();
        if let Some(latin) = locale.latin(name) {
            push_letters(latin, locale, &mut self.letters);
            self.ends.push(self.letters.len());
            return;
        }
        let mut part_start = 0;
        for word in name.split([' ', '-']) {
            let start = self.letters.len();
            push_letters(word, locale, &mut self.letters);
            let letters = &self.letters[start..];
            if !letters.is_empty() && !PARTICLES.contains(&letters) {
                self.ends.push(self.letters.len());
                part_start = self.letters.len();
            }
        }
        if part_start < self.letters.len() {
            self.ends.push(self.letters.len());
        }
    }
}

/// Words of a surname that are never the whole of it.
const PARTICLES: [&str; 18] = [
    "de", "del", "la", "las", "los", "san", "santa", "da", "do", "dos", "das", "di", "van", "von", "der", "den", "le",
    "du",
];

/// Appends a word's letters in lower-case ASCII, without what is no letter.
fn push_letters(word: &str, locale: &'static Locale, out: &mut String) {
    for c in word.chars() {
        if c.is_ascii() {
            if c.is_ascii_alphabetic() {
                out.push(c.to_ascii_lowercase());
            }
        } else {
            let letters = locale.ascii(c).chars().filter(char::is_ascii_alphabetic);
            out.extend(letters.map(|letter| letter.to_ascii_lowercase()));
        }
    }
}

/// Appends a word of a company's name. Where nothing stands between its parts, each is read as far as it is known.
fn push_company(word: &str, locale: &'static Locale, out: &mut String) {
    const LONGEST: usize = 8;
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8()).take(LONGEST);
        let known =
            |end: &usize| *end > first.len_utf8() && !rest.is_ascii() && locale.reading(&rest[..*end]).is_some();
        match ends.filter(known).last() {
            Some(end) => {
                push_letters(locale.reading(&rest[..end]).unwrap_or_default(), locale, out);
                rest = &rest[end..];
            }
            None => {
                push_letters(&rest[..first.len_utf8()], locale, out);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
}

/// Appends a company's name as a label of a domain, without its legal form.
pub(in crate::generators) fn write_slug(
    company: Option<&str>,
    locale: &'static Locale,
    scratch: &mut Scratch,
    out: &mut String,
) {
    scratch.letters.clear();
    // Legal forms stand at an end of the name, are written with points, or are the last word of several.
    let forms = locale.company_forms().values.iter();
    let without = |name, form: &&str| -> &str {
        let name: &str = name;
        name.strip_suffix(*form).or_else(|| name.strip_prefix(*form)).unwrap_or(name)
    };
    let words = forms.fold(company.unwrap_or_default(), without).split_whitespace();
    for word in words.filter(|word| !word.contains('.') && !LEGAL_FORMS.contains(word)) {
        let start = scratch.letters.len();
        push_company(word, locale, &mut scratch.letters);
        if scratch.letters.len() > COMPANY_CHARACTERS {
            scratch.letters.truncate(if start == 0 { COMPANY_CHARACTERS } else { start });
            break;
        }
    }
    out.push_str(if scratch.letters.is_empty() { "company" } else { &scratch.letters });
}

/// Legal forms that are written without points.
const LEGAL_FORMS: [&str; 6] = ["LLC", "Inc", "Corp", "Ltd", "SAC", "SA"];

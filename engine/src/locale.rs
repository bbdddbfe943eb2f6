//! Locale data: names, places, words and numbering plans of the countries whose people and companies the engine makes up.
//!
//! The lists are plain text in `engine/data`, compiled into the binary; each is parsed once, on first use, into slices of that text.
//! Nothing here draws: the caller brings the choices, as ranks or as a source of uniform integers. Order and weights of every list are
//! part of the engine's version, since rows depend on them. Origins and licences: `engine/data/SOURCES.md`.

mod grammar;
mod lists;
mod numbers;
mod phone;
mod places;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::OnceLock;

pub use grammar::{ClausePart, CompanyNames, FittingNames, SentenceGrammar, capitalize};
pub use lists::WeightedList;
pub use numbers::{NationalId, NumberSpace, Part};
pub use phone::{PhoneKind, PhonePlan};
pub use places::{City, Country, State};

use lists::{merged, rows, whole};
use phone::PhoneNumbering;

/// The gender that a name, title or form of address goes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gender {
    /// Feminine.
    Female,
    /// Masculine.
    Male,
}

/// The data of one language in one country, named as in POSIX: `es_PE`.
pub struct Locale {
    name: &'static str,
    language: &'static str,
    country: &'static str,
    two_surnames: bool,
    postal_code_digits: usize,
    national_id: NationalId,
    numbering: PhoneNumbering,
    texts: Texts,
    parsed: Parsed,
}

/// The files of a locale, as they stand in `engine/data/<locale>`.
struct Texts {
    first_names: &'static str,
    last_names: &'static str,
    prefixes: &'static str,
    job_titles: &'static str,
    states: &'static str,
    cities: &'static str,
    countries: &'static str,
    industries: &'static str,
    words: &'static str,
    domains: &'static str,
    company_words: &'static str,
    company_forms: &'static str,
    sentences: &'static str,
}

macro_rules! texts {
    ($locale:literal) => {
        Texts {
            first_names: include_str!(concat!("../data/", $locale, "/first_names.tsv")),
            last_names: include_str!(concat!("../data/", $locale, "/last_names.tsv")),
            prefixes: include_str!(concat!("../data/", $locale, "/prefixes.tsv")),
            job_titles: include_str!(concat!("../data/", $locale, "/job_titles.tsv")),
            states: include_str!(concat!("../data/", $locale, "/states.tsv")),
            cities: include_str!(concat!("../data/", $locale, "/cities.tsv")),
            countries: include_str!(concat!("../data/", $locale, "/countries.tsv")),
            industries: include_str!(concat!("../data/", $locale, "/industries.tsv")),
            words: include_str!(concat!("../data/", $locale, "/words.tsv")),
            domains: include_str!(concat!("../data/", $locale, "/domains.tsv")),
            company_words: include_str!(concat!("../data/", $locale, "/company_words.tsv")),
            company_forms: include_str!(concat!("../data/", $locale, "/company_forms.tsv")),
            sentences: include_str!(concat!("../data/", $locale, "/sentences.tsv")),
        }
    };
}

static EN_US: Locale = Locale {
    name: "en_US",
    language: "en",
    country: "US",
    two_surnames: false,
    postal_code_digits: 5,
    national_id: numbers::SOCIAL_SECURITY_NUMBER,
    numbering: phone::UNITED_STATES,
    texts: texts!("en_US"),
    parsed: Parsed::new(),
};

static ES_PE: Locale = Locale {
    name: "es_PE",
    language: "es",
    country: "PE",
    two_surnames: true,
    postal_code_digits: 5,
    national_id: numbers::DOCUMENTO_NACIONAL_DE_IDENTIDAD,
    numbering: phone::PERU,
    texts: texts!("es_PE"),
    parsed: Parsed::new(),
};

static LOCALES: [&Locale; 2] = [&EN_US, &ES_PE];
static NAMES: [&str; 2] = [EN_US.name, ES_PE.name];

impl Locale {
    /// The locale of this name, spelled as in [`Locale::names`].
    pub fn named(name: &str) -> Option<&'static Locale> {
        LOCALES.into_iter().find(|locale| locale.name == name)
    }

    /// The names of all locales, the default first.
    pub fn names() -> &'static [&'static str] {
        &NAMES
    }

    /// Language and country: `es_PE`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// ISO 639-1: `es`.
    pub fn language(&self) -> &'static str {
        self.language
    }

    /// ISO 3166-1 alpha-2: `PE`.
    pub fn country(&self) -> &'static str {
        self.country
    }

    /// Whether people have two surnames, the father's and the mother's.
    pub fn two_surnames(&self) -> bool {
        self.two_surnames
    }

    /// The number of digits of a postal code.
    pub fn postal_code_digits(&self) -> usize {
        self.postal_code_digits
    }

    /// The document that `national_id` means here.
    pub fn national_id(&self) -> &NationalId {
        &self.national_id
    }

    /// The country's telephone numbers.
    pub fn phone_plan(&self) -> &PhonePlan {
        self.parsed.phone_plan.get_or_init(|| PhonePlan::new(&self.numbering, self.states()))
    }

    /// Given names of one gender, or of both, each half of the whole.
    pub fn first_names(&self, gender: Option<Gender>) -> &WeightedList {
        self.parsed.first_names.of(gender).get_or_init(|| by_gender(self.texts.first_names, gender))
    }

    /// Surnames.
    pub fn last_names(&self) -> &WeightedList {
        self.parsed.last_names.get_or_init(|| WeightedList::parse(self.texts.last_names))
    }

    /// Forms of address: `Mr.`, `Sra.`.
    pub fn prefixes(&self, gender: Option<Gender>) -> &WeightedList {
        self.parsed.prefixes.of(gender).get_or_init(|| by_gender(self.texts.prefixes, gender))
    }

    /// Job titles in the form for one gender; without one, in the masculine or neutral form.
    pub fn job_titles(&self, gender: Option<Gender>) -> &WeightedList {
        self.parsed.job_titles.of(gender).get_or_init(|| {
            WeightedList::from_pairs(rows(self.texts.job_titles).map(|[title, feminine, weight]| {
                let form = if gender == Some(Gender::Female) && !feminine.is_empty() { feminine } else { title };
                (form, whole(weight))
            }))
        })
    }

    /// States, departments or what the country calls its first level, the most populous first.
    pub fn states(&self) -> &[State] {
        self.parsed.states.get_or_init(|| places::states(self.texts.states))
    }

    /// Cities, the most populous first.
    pub fn cities(&self) -> &[City] {
        self.parsed.cities.get_or_init(|| places::cities(self.texts.cities, self.states()))
    }

    /// All countries of ISO 3166-1 by code, named in the locale's language.
    pub fn countries(&self) -> &[Country] {
        self.parsed.countries.get_or_init(|| places::countries(self.texts.countries))
    }

    /// Industries, equally likely.
    pub fn industries(&self) -> &WeightedList {
        self.parsed.industries.get_or_init(|| WeightedList::parse(self.texts.industries))
    }

    /// Common words of the language, in lower case.
    pub fn words(&self) -> &WeightedList {
        self.parsed.words.get_or_init(|| WeightedList::parse(self.texts.words))
    }

    /// Domains of free e-mail services. They exist: addresses there may belong to somebody.
    pub fn free_email_domains(&self) -> &WeightedList {
        self.parsed.domains.get_or_init(|| WeightedList::parse(self.texts.domains))
    }

    /// Names of companies.
    pub fn company_names(&self) -> &CompanyNames {
        self.parsed
            .company_names
            .get_or_init(|| CompanyNames::parse(self.texts.company_words, self.texts.company_forms))
    }

    /// Sentences of a chosen number of words.
    pub fn sentences(&self) -> &SentenceGrammar {
        self.parsed.sentences.get_or_init(|| SentenceGrammar::parse(self.texts.sentences))
    }
}

/// The lists parsed so far.
struct Parsed {
    first_names: ByGender,
    last_names: OnceLock<WeightedList>,
    prefixes: ByGender,
    job_titles: ByGender,
    states: OnceLock<Vec<State>>,
    cities: OnceLock<Vec<City>>,
    countries: OnceLock<Vec<Country>>,
    industries: OnceLock<WeightedList>,
    words: OnceLock<WeightedList>,
    domains: OnceLock<WeightedList>,
    company_names: OnceLock<CompanyNames>,
    sentences: OnceLock<SentenceGrammar>,
    phone_plan: OnceLock<PhonePlan>,
}

impl Parsed {
    const fn new() -> Self {
        Self {
            first_names: ByGender::new(),
            last_names: OnceLock::new(),
            prefixes: ByGender::new(),
            job_titles: ByGender::new(),
            states: OnceLock::new(),
            cities: OnceLock::new(),
            countries: OnceLock::new(),
            industries: OnceLock::new(),
            words: OnceLock::new(),
            domains: OnceLock::new(),
            company_names: OnceLock::new(),
            sentences: OnceLock::new(),
            phone_plan: OnceLock::new(),
        }
    }
}

/// A list for each gender, and one for both.
struct ByGender {
    female: OnceLock<WeightedList>,
    male: OnceLock<WeightedList>,
    both: OnceLock<WeightedList>,
}

impl ByGender {
    const fn new() -> Self {
        Self { female: OnceLock::new(), male: OnceLock::new(), both: OnceLock::new() }
    }

    fn of(&self, gender: Option<Gender>) -> &OnceLock<WeightedList> {
        match gender {
            Some(Gender::Female) => &self.female,
            Some(Gender::Male) => &self.male,
            None => &self.both,
        }
    }
}

/// Rows of (value, `F` or `M`, weight), narrowed to a gender; a value of both counts once, with both weights.
fn by_gender(text: &'static str, gender: Option<Gender>) -> WeightedList {
    let letter = match gender {
        Some(Gender::Female) => Some("F"),
        Some(Gender::Male) => Some("M"),
        None => None,
    };
    let chosen = rows(text).filter(|[_, of, _]| letter.is_none_or(|letter| letter == *of));
    let mut weights = BTreeMap::new();
    for [value, _, weight] in chosen {
        *weights.entry(value).or_insert(0) += whole(weight);
    }
    merged(weights)
}

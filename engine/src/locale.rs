//! Locale data: names, places, words and numbering plans of the countries whose people and companies the engine makes up.
//!
//! The lists are plain text in `engine/data`, compiled into the binary; each is parsed once, on first use, into slices of that text.
//! Nothing here draws: the caller brings the choices, as ranks or as a source of uniform integers. Order and weights of every list are
//! part of the engine's version, since rows depend on them. Origins and licences: `engine/data/SOURCES.md`.

mod addresses;
mod catalogue;
mod grammar;
mod lists;
mod names;
mod numbers;
mod phone;
mod places;
mod registry;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::{LazyLock, OnceLock};

pub use addresses::{AddressForms, AddressPart, AddressTemplate, HouseNumbers, StreetNames};
pub use catalogue::{CalendarForm, CalendarWords, Color, Demonyms, Product};
pub use grammar::{ClausePart, CompanyNames, FittingNames, SentenceGrammar, capitalize};
pub use lists::WeightedList;
pub use names::{Gender, NameOrder, Surnames};
pub use numbers::{NumberSpace, Part};
pub use phone::{PhoneBlock, PhoneKind, PhonePlan};
pub use places::{City, Country, District, State};

use lists::padded_rows;
use phone::PhoneNumbering;
use registry::{LOCALES, NAMES, Texts};

/// The data of one language in one country, named as in POSIX: `es_PE`.
pub struct Locale {
    name: &'static str,
    language: &'static str,
    country: &'static str,
    surnames: Surnames,
    name_order: NameOrder,
    /// Whether words stand apart.
    spaced: bool,
    /// What ends a sentence.
    full_stop: char,
    /// The capital letters that postal codes use.
    postal_letters: &'static str,
    /// How many characters of a district's number name its province; 0: its numbers say nothing of it.
    province_digits: usize,
    /// Whether the districts of its list are towns, as the cities are, and not the parts into which the whole country falls.
    district_towns: bool,
    house_numbers: HouseNumbers,
    numbering: PhoneNumbering,
    texts: Texts,
    parsed: Parsed,
}

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

    /// How many surnames people have, and in which order.
    pub fn surnames(&self) -> Surnames {
        self.surnames
    }

    /// How given name and surname are joined.
    pub fn name_order(&self) -> NameOrder {
        self.name_order
    }

    /// Whether words stand apart; in Japanese and Chinese they do not.
    pub fn spaced(&self) -> bool {
        self.spaced
    }

    /// The capital letters that a postal code may hold where its form says `@`.
    pub fn postal_letters(&self) -> &'static str {
        self.postal_letters
    }

    /// The first characters of a district's number, which name its province; `None` where its numbers say nothing of it.
    pub fn province_code(&self, admin_code: &'static str) -> Option<&'static str> {
        // Overseas departments of France have three digits.
        let digits = match self.country {
            "FR" if admin_code.starts_with("97") => 3,
            _ => self.province_digits,
        };
        if digits == 0 { None } else { admin_code.get(..digits) }
    }

    /// How houses are numbered.
    pub fn house_numbers(&self) -> HouseNumbers {
        self.house_numbers
    }

    /// The country's telephone numbers.
    pub fn phone_plan(&self) -> &PhonePlan {
        self.parsed.phone_plan.get_or_init(|| PhonePlan::new(&self.numbering, self.states(), self.cities()))
    }

    /// Given names of one gender, or of both, each half of the whole.
    pub fn first_names(&self, gender: Option<Gender>) -> &WeightedList {
        self.parsed.first_names.of(gender).get_or_init(|| names::by_gender(self.texts.first_names, gender))
    }

    /// Surnames in the form for one gender, places and weights alike; without one, in the masculine or only form.
    pub fn last_names(&self, gender: Option<Gender>) -> &WeightedList {
        self.parsed.last_names.of(gender).get_or_init(|| names::surnames(self.texts.last_names, gender))
    }

    /// The usual romanisation of a name of the lists, in ASCII, where the country writes in letters that have one.
    pub fn latin(&self, name: &str) -> Option<&'static str> {
        let latin = self.parsed.latin.get_or_init(|| {
            let given = padded_rows::<4>(self.texts.first_names).map(|[name, _, _, latin]| (name, latin));
            let surnames = padded_rows::<4>(self.texts.last_names).map(|[name, _, latin, _]| (name, latin));
            given.chain(surnames).filter(|(_, latin)| !latin.is_empty()).collect()
        });
        if latin.is_empty() { None } else { latin.get(name).copied() }
    }

    /// How a word, a name or a part of a company's name is written in ASCII in the country, where that is known and no matter of its letters:
    /// the characters of Japanese are read in another way than those of Chinese.
    pub fn reading(&self, text: &str) -> Option<&'static str> {
        static JAPANESE: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
            include_str!("../data/common/japanese.tsv").lines().filter_map(|line| line.split_once('\t')).collect()
        });
        let known = if self.name() == "ja_JP" { JAPANESE.get(text).copied() } else { None };
        known.or_else(|| self.latin(text))
    }

    /// A letter as the country writes it in ASCII: umlauts with an e in German, else without their signs.
    pub fn ascii(&self, letter: char) -> &'static str {
        let german = match letter {
            'ä' => "ae",
            'ö' => "oe",
            'ü' => "ue",
            'Ä' => "Ae",
            'Ö' => "Oe",
            'Ü' => "Ue",
            _ => "",
        };
        if self.name() == "de_DE" && !german.is_empty() { german } else { any_ascii::any_ascii_char(letter) }
    }

    /// A word as it stands in the name of a host: what is known of its reading, else letter by letter.
    pub fn plain(&self, word: &str) -> String {
        match self.reading(word) {
            Some(reading) => reading.to_ascii_lowercase(),
            None => word.chars().flat_map(|letter| self.ascii(letter).chars()).collect::<String>().to_ascii_lowercase(),
        }
    }

    /// Surname and given name of a whole name in which nothing stands between them: the longest surname of the list that it begins with,
    /// else its first character.
    pub fn split_name<'n>(&self, whole: &'n str) -> (&'n str, &'n str) {
        let first = whole.chars().next().map_or(0, char::len_utf8);
        let ends = whole.char_indices().map(|(at, _)| at).skip(1).take(3);
        let known = |end: &usize| self.latin(&whole[..*end]).is_some() || self.is_surname(&whole[..*end]);
        whole.split_at(ends.filter(known).last().unwrap_or(first))
    }

    fn is_surname(&self, text: &str) -> bool {
        self.parsed.surname_set.get_or_init(|| self.last_names(None).values.iter().copied().collect()).contains(text)
    }

    /// Forms of address: `Mr.`, `Sra.`.
    pub fn prefixes(&self, gender: Option<Gender>) -> &WeightedList {
        self.parsed.prefixes.of(gender).get_or_init(|| names::by_gender(self.texts.prefixes, gender))
    }

    /// Job titles in the form for one gender; without one, in the masculine or neutral form.
    pub fn job_titles(&self, gender: Option<Gender>) -> &WeightedList {
        self.parsed.job_titles.of(gender).get_or_init(|| names::two_forms(self.texts.job_titles, gender))
    }

    /// Marital statuses in the form for one gender; without one, in the masculine or neutral form.
    pub fn marital_statuses(&self, gender: Option<Gender>) -> &WeightedList {
        self.parsed.marital_statuses.of(gender).get_or_init(|| names::two_forms(self.texts.marital_statuses, gender))
    }

    /// Levels of education.
    pub fn education_levels(&self) -> &WeightedList {
        self.parsed.education_levels.get_or_init(|| WeightedList::parse(self.texts.education_levels))
    }

    /// Nationalities in the form for one gender; the own country's nine times in ten.
    pub fn nationalities(&self, gender: Option<Gender>) -> &WeightedList {
        self.parsed
            .nationalities
            .of(gender)
            .get_or_init(|| catalogue::nationality_names(&catalogue::nationalities(self.texts.nationalities), gender))
    }

    /// States, departments or what the country calls its first level, the most populous first.
    pub fn states(&self) -> &[State] {
        self.parsed.states.get_or_init(|| places::states(self.texts.states))
    }

    /// Cities, the most populous first.
    pub fn cities(&self) -> &[City] {
        self.parsed.cities.get_or_init(|| places::cities(self.texts.cities, self.states()))
    }

    /// Districts, municipalities or counties: the last level that the country's statistics number.
    pub fn districts(&self) -> &[District] {
        self.parsed.districts.get_or_init(|| places::districts(self.texts.districts, self.states()))
    }

    /// For each city the places of its districts, ascending, at least one.
    pub fn districts_of_cities(&self) -> &[Vec<u32>] {
        self.parsed
            .districts_of_cities
            .get_or_init(|| places::districts_of_cities(self.cities(), self.districts(), self.district_towns))
    }

    /// Names of streets.
    pub fn street_names(&self) -> &StreetNames {
        self.parsed.street_names.get_or_init(|| StreetNames::parse(self.texts.streets))
    }

    /// How addresses are put together.
    pub fn address_forms(&self) -> &AddressForms {
        self.parsed.address_forms.get_or_init(|| AddressForms::parse(self.texts.addresses))
    }

    /// All countries of ISO 3166-1 by code, named in the locale's language.
    pub fn countries(&self) -> &[Country] {
        self.parsed.countries.get_or_init(|| places::countries(self.texts.countries))
    }

    /// Industries.
    pub fn industries(&self) -> &WeightedList {
        self.parsed.industries.get_or_init(|| WeightedList::parse(self.texts.industries))
    }

    /// Departments of a company.
    pub fn departments(&self) -> &WeightedList {
        self.parsed.departments.get_or_init(|| WeightedList::parse(self.texts.departments))
    }

    /// Products of a shop, each with its category.
    pub fn products(&self) -> &[Product] {
        self.parsed.products.get_or_init(|| catalogue::products(self.texts.products))
    }

    /// Colours, each with its name.
    pub fn colors(&self) -> &[Color] {
        self.parsed.colors.get_or_init(|| catalogue::colors(self.texts.colors))
    }

    /// Names of days and months.
    pub fn calendar(&self) -> &CalendarWords {
        self.parsed.calendar.get_or_init(|| CalendarWords::parse(self.texts.calendar))
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

    /// Legal forms of companies, as they stand in their names.
    pub fn company_forms(&self) -> &WeightedList {
        self.parsed.company_forms.get_or_init(|| WeightedList::parse(self.texts.company_forms))
    }

    /// Sentences of a chosen number of words.
    pub fn sentences(&self) -> &SentenceGrammar {
        self.parsed.sentences.get_or_init(|| SentenceGrammar::parse(self.texts.sentences, self.spaced, self.full_stop))
    }
}

/// The lists parsed so far.
struct Parsed {
    first_names: ByGender,
    last_names: ByGender,
    latin: OnceLock<HashMap<&'static str, &'static str>>,
    surname_set: OnceLock<HashSet<&'static str>>,
    prefixes: ByGender,
    job_titles: ByGender,
    marital_statuses: ByGender,
    nationalities: ByGender,
    education_levels: OnceLock<WeightedList>,
    states: OnceLock<Vec<State>>,
    cities: OnceLock<Vec<City>>,
    districts: OnceLock<Vec<District>>,
    districts_of_cities: OnceLock<Vec<Vec<u32>>>,
    countries: OnceLock<Vec<Country>>,
    street_names: OnceLock<StreetNames>,
    address_forms: OnceLock<AddressForms>,
    industries: OnceLock<WeightedList>,
    departments: OnceLock<WeightedList>,
    products: OnceLock<Vec<Product>>,
    colors: OnceLock<Vec<Color>>,
    calendar: OnceLock<CalendarWords>,
    words: OnceLock<WeightedList>,
    domains: OnceLock<WeightedList>,
    company_names: OnceLock<CompanyNames>,
    company_forms: OnceLock<WeightedList>,
    sentences: OnceLock<SentenceGrammar>,
    phone_plan: OnceLock<PhonePlan>,
}

impl Parsed {
    const fn new() -> Self {
        Self {
            first_names: ByGender::new(),
            last_names: ByGender::new(),
            latin: OnceLock::new(),
            surname_set: OnceLock::new(),
            prefixes: ByGender::new(),
            job_titles: ByGender::new(),
            marital_statuses: ByGender::new(),
            nationalities: ByGender::new(),
            education_levels: OnceLock::new(),
            states: OnceLock::new(),
            cities: OnceLock::new(),
            districts: OnceLock::new(),
            districts_of_cities: OnceLock::new(),
            countries: OnceLock::new(),
            street_names: OnceLock::new(),
            address_forms: OnceLock::new(),
            industries: OnceLock::new(),
            departments: OnceLock::new(),
            products: OnceLock::new(),
            colors: OnceLock::new(),
            calendar: OnceLock::new(),
            words: OnceLock::new(),
            domains: OnceLock::new(),
            company_names: OnceLock::new(),
            company_forms: OnceLock::new(),
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

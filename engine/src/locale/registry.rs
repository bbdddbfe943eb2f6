//! The locales that there are: one description each.

use super::names::{NameOrder, Surnames};
use super::phone::plans;
use super::{HouseNumbers, Locale, Parsed};

/// The files of a locale, as they stand in `engine/data/<locale>`.
pub(super) struct Texts {
    pub first_names: &'static str,
    pub last_names: &'static str,
    pub prefixes: &'static str,
    pub domains: &'static str,
    pub states: &'static str,
    pub cities: &'static str,
    pub districts: &'static str,
    pub streets: &'static str,
    pub addresses: &'static str,
    pub countries: &'static str,
    pub job_titles: &'static str,
    pub industries: &'static str,
    pub company_words: &'static str,
    pub company_forms: &'static str,
    pub departments: &'static str,
    pub products: &'static str,
    pub colors: &'static str,
    pub words: &'static str,
    pub sentences: &'static str,
    pub marital_statuses: &'static str,
    pub education_levels: &'static str,
    pub nationalities: &'static str,
    pub calendar: &'static str,
}

macro_rules! texts {
    ($locale:literal) => {
        Texts {
            first_names: include_str!(concat!("../../data/", $locale, "/first_names.tsv")),
            last_names: include_str!(concat!("../../data/", $locale, "/last_names.tsv")),
            prefixes: include_str!(concat!("../../data/", $locale, "/prefixes.tsv")),
            domains: include_str!(concat!("../../data/", $locale, "/domains.tsv")),
            states: include_str!(concat!("../../data/", $locale, "/states.tsv")),
            cities: include_str!(concat!("../../data/", $locale, "/cities.tsv")),
            districts: include_str!(concat!("../../data/", $locale, "/districts.tsv")),
            streets: include_str!(concat!("../../data/", $locale, "/streets.tsv")),
            addresses: include_str!(concat!("../../data/", $locale, "/addresses.tsv")),
            countries: include_str!(concat!("../../data/", $locale, "/countries.tsv")),
            job_titles: include_str!(concat!("../../data/", $locale, "/job_titles.tsv")),
            industries: include_str!(concat!("../../data/", $locale, "/industries.tsv")),
            company_words: include_str!(concat!("../../data/", $locale, "/company_words.tsv")),
            company_forms: include_str!(concat!("../../data/", $locale, "/company_forms.tsv")),
            departments: include_str!(concat!("../../data/", $locale, "/departments.tsv")),
            products: include_str!(concat!("../../data/", $locale, "/products.tsv")),
            colors: include_str!(concat!("../../data/", $locale, "/colors.tsv")),
            words: include_str!(concat!("../../data/", $locale, "/words.tsv")),
            sentences: include_str!(concat!("../../data/", $locale, "/sentences.tsv")),
            marital_statuses: include_str!(concat!("../../data/", $locale, "/marital_statuses.tsv")),
            education_levels: include_str!(concat!("../../data/", $locale, "/education_levels.tsv")),
            nationalities: include_str!(concat!("../../data/", $locale, "/nationalities.tsv")),
            calendar: include_str!(concat!("../../data/", $locale, "/calendar.tsv")),
        }
    };
}

impl Texts {
    /// All files, with their names.
    #[cfg(test)]
    pub fn all(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("first_names", self.first_names),
            ("last_names", self.last_names),
            ("prefixes", self.prefixes),
            ("domains", self.domains),
            ("states", self.states),
            ("cities", self.cities),
            ("districts", self.districts),
            ("streets", self.streets),
            ("addresses", self.addresses),
            ("countries", self.countries),
            ("job_titles", self.job_titles),
            ("industries", self.industries),
            ("company_words", self.company_words),
            ("company_forms", self.company_forms),
            ("departments", self.departments),
            ("products", self.products),
            ("colors", self.colors),
            ("words", self.words),
            ("sentences", self.sentences),
            ("marital_statuses", self.marital_statuses),
            ("education_levels", self.education_levels),
            ("nationalities", self.nationalities),
            ("calendar", self.calendar),
        ]
    }
}

/// All capital letters of ASCII.
const ALL_LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

static EN_US: Locale = Locale {
    name: "en_US",
    language: "en",
    country: "US",
    surnames: Surnames::One,
    name_order: NameOrder::GivenFirst,
    spaced: true,
    full_stop: '.',
    postal_letters: ALL_LETTERS,
    province_digits: 5,
    district_towns: true,
    house_numbers: HouseNumbers(9999),
    numbering: plans::UNITED_STATES,
    texts: texts!("en_US"),
    parsed: Parsed::new(),
};

static ES_PE: Locale = Locale {
    name: "es_PE",
    language: "es",
    country: "PE",
    surnames: Surnames::PaternalFirst,
    name_order: NameOrder::GivenFirst,
    spaced: true,
    full_stop: '.',
    postal_letters: ALL_LETTERS,
    province_digits: 4,
    district_towns: false,
    house_numbers: HouseNumbers(1800),
    numbering: plans::PERU,
    texts: texts!("es_PE"),
    parsed: Parsed::new(),
};

/// The inward half of a postcode does without C, I, K, M, O and V (Royal Mail, Programmer's Guide to the Postcode Address File).
static EN_GB: Locale = Locale {
    name: "en_GB",
    language: "en",
    country: "GB",
    surnames: Surnames::One,
    name_order: NameOrder::GivenFirst,
    spaced: true,
    full_stop: '.',
    postal_letters: "ABDEFGHJLNPQRSTUWXYZ",
    province_digits: 9,
    district_towns: true,
    house_numbers: HouseNumbers(180),
    numbering: plans::UNITED_KINGDOM,
    texts: texts!("en_GB"),
    parsed: Parsed::new(),
};

static ES_MX: Locale = Locale {
    name: "es_MX",
    language: "es",
    country: "MX",
    surnames: Surnames::PaternalFirst,
    name_order: NameOrder::GivenFirst,
    spaced: true,
    full_stop: '.',
    postal_letters: ALL_LETTERS,
    province_digits: 0,
    district_towns: true,
    house_numbers: HouseNumbers(2500),
    numbering: plans::MEXICO,
    texts: texts!("es_MX"),
    parsed: Parsed::new(),
};

static ES_ES: Locale = Locale {
    name: "es_ES",
    language: "es",
    country: "ES",
    surnames: Surnames::PaternalFirst,
    name_order: NameOrder::GivenFirst,
    spaced: true,
    full_stop: '.',
    postal_letters: ALL_LETTERS,
    province_digits: 2,
    district_towns: true,
    house_numbers: HouseNumbers(160),
    numbering: plans::SPAIN,
    texts: texts!("es_ES"),
    parsed: Parsed::new(),
};

/// Custom puts the mother's surname before the father's, by which people are called; the law (10.406/2002, article 16) leaves the order free.
static PT_BR: Locale = Locale {
    name: "pt_BR",
    language: "pt",
    country: "BR",
    surnames: Surnames::MaternalFirst,
    name_order: NameOrder::GivenFirst,
    spaced: true,
    full_stop: '.',
    postal_letters: ALL_LETTERS,
    province_digits: 0,
    district_towns: true,
    house_numbers: HouseNumbers(2500),
    numbering: plans::BRAZIL,
    texts: texts!("pt_BR"),
    parsed: Parsed::new(),
};

static FR_FR: Locale = Locale {
    name: "fr_FR",
    language: "fr",
    country: "FR",
    surnames: Surnames::One,
    name_order: NameOrder::GivenFirst,
    spaced: true,
    full_stop: '.',
    postal_letters: ALL_LETTERS,
    province_digits: 2,
    district_towns: true,
    house_numbers: HouseNumbers(150),
    numbering: plans::FRANCE,
    texts: texts!("fr_FR"),
    parsed: Parsed::new(),
};

static DE_DE: Locale = Locale {
    name: "de_DE",
    language: "de",
    country: "DE",
    surnames: Surnames::One,
    name_order: NameOrder::GivenFirst,
    spaced: true,
    full_stop: '.',
    postal_letters: ALL_LETTERS,
    province_digits: 5,
    district_towns: true,
    house_numbers: HouseNumbers(150),
    numbering: plans::GERMANY,
    texts: texts!("de_DE"),
    parsed: Parsed::new(),
};

static IT_IT: Locale = Locale {
    name: "it_IT",
    language: "it",
    country: "IT",
    surnames: Surnames::One,
    name_order: NameOrder::GivenFirst,
    spaced: true,
    full_stop: '.',
    postal_letters: ALL_LETTERS,
    province_digits: 3,
    district_towns: true,
    house_numbers: HouseNumbers(150),
    numbering: plans::ITALY,
    texts: texts!("it_IT"),
    parsed: Parsed::new(),
};

/// Postcodes do without F, I, O, Q, U and Y, and without the pairs SA, SD and SS, which the absence of S sees to (PostNL).
static NL_NL: Locale = Locale {
    name: "nl_NL",
    language: "nl",
    country: "NL",
    surnames: Surnames::One,
    name_order: NameOrder::GivenFirst,
    spaced: true,
    full_stop: '.',
    postal_letters: "ABCDEGHJKLMNPRTVWXZ",
    province_digits: 0,
    district_towns: true,
    house_numbers: HouseNumbers(250),
    numbering: plans::NETHERLANDS,
    texts: texts!("nl_NL"),
    parsed: Parsed::new(),
};

static PL_PL: Locale = Locale {
    name: "pl_PL",
    language: "pl",
    country: "PL",
    surnames: Surnames::One,
    name_order: NameOrder::GivenFirst,
    spaced: true,
    full_stop: '.',
    postal_letters: ALL_LETTERS,
    province_digits: 4,
    district_towns: true,
    house_numbers: HouseNumbers(120),
    numbering: plans::POLAND,
    texts: texts!("pl_PL"),
    parsed: Parsed::new(),
};

static JA_JP: Locale = Locale {
    name: "ja_JP",
    language: "ja",
    country: "JP",
    surnames: Surnames::One,
    name_order: NameOrder::SurnameFirst(" "),
    spaced: false,
    full_stop: '。',
    postal_letters: ALL_LETTERS,
    province_digits: 0,
    district_towns: false,
    house_numbers: HouseNumbers(60),
    numbering: plans::JAPAN,
    texts: texts!("ja_JP"),
    parsed: Parsed::new(),
};

static ZH_CN: Locale = Locale {
    name: "zh_CN",
    language: "zh",
    country: "CN",
    surnames: Surnames::One,
    name_order: NameOrder::SurnameFirst(""),
    spaced: false,
    full_stop: '。',
    postal_letters: ALL_LETTERS,
    province_digits: 4,
    district_towns: false,
    house_numbers: HouseNumbers(900),
    numbering: plans::CHINA,
    texts: texts!("zh_CN"),
    parsed: Parsed::new(),
};

static KO_KR: Locale = Locale {
    name: "ko_KR",
    language: "ko",
    country: "KR",
    surnames: Surnames::One,
    name_order: NameOrder::SurnameFirst(""),
    spaced: true,
    full_stop: '.',
    postal_letters: ALL_LETTERS,
    province_digits: 5,
    district_towns: false,
    house_numbers: HouseNumbers(300),
    numbering: plans::SOUTH_KOREA,
    texts: texts!("ko_KR"),
    parsed: Parsed::new(),
};

static HI_IN: Locale = Locale {
    name: "hi_IN",
    language: "hi",
    country: "IN",
    surnames: Surnames::One,
    name_order: NameOrder::GivenFirst,
    spaced: true,
    full_stop: '।',
    postal_letters: ALL_LETTERS,
    province_digits: 0,
    district_towns: true,
    house_numbers: HouseNumbers(400),
    numbering: plans::INDIA,
    texts: texts!("hi_IN"),
    parsed: Parsed::new(),
};

static AR_SA: Locale = Locale {
    name: "ar_SA",
    language: "ar",
    country: "SA",
    surnames: Surnames::One,
    name_order: NameOrder::GivenFirst,
    spaced: true,
    full_stop: '.',
    postal_letters: ALL_LETTERS,
    province_digits: 0,
    district_towns: true,
    house_numbers: HouseNumbers(9000),
    numbering: plans::SAUDI_ARABIA,
    texts: texts!("ar_SA"),
    parsed: Parsed::new(),
};

pub(super) static LOCALES: [&Locale; 16] = [
    &EN_US, &ES_PE, &EN_GB, &ES_MX, &ES_ES, &PT_BR, &FR_FR, &DE_DE, &IT_IT, &NL_NL, &PL_PL, &JA_JP, &ZH_CN, &KO_KR,
    &HI_IN, &AR_SA,
];
pub(super) static NAMES: [&str; 16] = [
    EN_US.name, ES_PE.name, EN_GB.name, ES_MX.name, ES_ES.name, PT_BR.name, FR_FR.name, DE_DE.name, IT_IT.name,
    NL_NL.name, PL_PL.name, JA_JP.name, ZH_CN.name, KO_KR.name, HI_IN.name, AR_SA.name,
];

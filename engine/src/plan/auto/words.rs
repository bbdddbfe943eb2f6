//! Names as words, and words as concepts: `fecha_nacimiento`, `Geburtsdatum` and `birthDate` all say date and birth.
//!
//! `words.tsv` lists the words of each concept in two groups: those of languages that put what a name is about last (`order date`), and
//! those that put it first (`fecha de pedido`). A word may belong to several concepts (`estado`).

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A concept, or a single word that stands for itself.
pub(super) type Concept = usize;

/// A word of a name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    /// The word as the lexicon has it, else as it stands.
    pub text: String,
    /// What it can mean, nothing for a word that the lexicon has not.
    pub concepts: Vec<Concept>,
    /// Whether it stands for several.
    pub is_plural: bool,
    order: Order,
}

impl Token {
    /// Whether two words name the same thing: `cust` and `Customers`, `gizmo` and `gizmos`.
    pub fn is_same(&self, other: &Token) -> bool {
        let stem = |token: &Token| token.text.trim_end_matches('s').to_owned();
        self.concepts.iter().any(|concept| other.concepts.contains(concept)) || stem(self) == stem(other)
    }
}

/// On which side of a name its most important word stands, in the languages of a word.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Order {
    last: bool,
    first: bool,
}

/// A name or a phrase, read.
#[derive(Clone, Debug, Default)]
pub(super) struct Phrase {
    /// Its words, without articles, prepositions and units.
    pub tokens: Vec<Token>,
    /// Whether it is the first that says what it is, as in `date of birth` and `fecha_pedido`.
    pub head_first: bool,
    /// The unit at its end, as it stands there.
    pub unit: Option<String>,
}

impl Phrase {
    /// The place of the word that says what it is.
    pub fn head(&self) -> usize {
        if self.head_first { 0 } else { self.other_end_of_numbers() }
    }

    /// The place of the other end.
    pub fn tail(&self) -> usize {
        if self.head_first { self.other_end_of_numbers() } else { 0 }
    }

    /// The last word that is no number: `address_line_1`.
    fn other_end_of_numbers(&self) -> usize {
        let digits = |token: &Token| token.text.bytes().all(|byte| byte.is_ascii_digit());
        self.tokens.iter().rposition(|token| !digits(token)).unwrap_or_default()
    }

    /// Whether its first word asks a question that is answered by yes or no: `is_active`, `tiene_hijos`.
    pub fn asks(&self) -> bool {
        let Some((first, rest)) = self.tokens.split_first() else { return false };
        let lexicon = Lexicon::get();
        let asking = ["is", "has", "can"].iter().any(|word| first.concepts.contains(&lexicon.concept(word)));
        // "est" asks in French and estimates in English.
        let foreign = first.order.first && !first.order.last && rest.iter().any(|t| t.order.last && !t.order.first);
        let measured = || MEASURED.iter().map(|word| lexicon.concept(word)).collect::<Vec<_>>();
        let estimates = first.text == "est" && {
            let measured = measured();
            rest.iter().any(|token| token.concepts.iter().any(|concept| measured.contains(concept)))
        };
        asking && !rest.is_empty() && !foreign && !estimates
    }

    /// Whether it says how many there are of something: `num_items`, `total_employees`, `nb_pieces`; by itself a word for several people does:
    /// `employees`.
    pub fn counts(&self) -> bool {
        let lexicon = Lexicon::get();
        let means =
            |token: &Token, words: &[&str]| words.iter().any(|word| token.concepts.contains(&lexicon.concept(word)));
        match self.tokens.as_slice() {
            [only] => only.is_plural && means(only, PEOPLE),
            [first, rest @ ..] => {
                let number = means(first, &["number", "count"]);
                // "nombre" counts in French and names in Spanish.
                let adds = first.text.starts_with("total") || first.text == "nombre";
                let total = adds && rest.iter().any(|token| means(token, COUNTED));
                rest.iter().any(|token| token.is_plural) && (number || total)
            }
            [] => false,
        }
    }
}

/// What is measured or dated rather than so or not so.
const MEASURED: &[&str] = &[
    "date",
    "time",
    "datetime",
    "delivery",
    "arrival",
    "departure",
    "amount",
    "cost",
    "price",
    "quantity",
    "weight",
    "distance",
    "duration",
    "age",
    "year",
    "population",
];

/// People of whom there are many.
const PEOPLE: &[&str] = &["employee", "student", "customer", "user", "patient"];

/// What a total counts rather than adds up.
const COUNTED: &[&str] = &[
    "employee", "student", "customer", "user", "patient", "person", "product", "order", "room", "vehicle", "thing",
    "company",
];

/// Words that tell nothing of what a column holds.
const EMPTY: &[&str] = &[
    "a", "al", "am", "an", "and", "au", "aux", "col", "column", "d", "da", "das", "de", "dei", "del", "della", "dello",
    "dem", "den", "der", "des", "di", "die", "do", "dos", "du", "e", "el", "em", "en", "et", "fk", "fld", "for",
    "fuer", "fur", "i", "il", "im", "in", "l", "la", "las", "le", "les", "lo", "los", "o", "of", "on", "para", "per",
    "pk", "por", "pour", "tbl", "the", "to", "u", "und", "v", "vom", "von", "y", "zu", "zum", "zur",
];

/// Empty words after which comes what belongs to the thing, so that the thing stands before.
const BELONGING: &[&str] = &[
    "da", "das", "de", "dei", "del", "della", "dello", "des", "di", "do", "dos", "du", "for", "of", "para", "pour",
    "von",
];

/// Empty words that tell where a span begins and ends, where a name begins or ends with them: `valid_to`, `gueltig_von`, `check_in`.
const EDGES: &[&str] = &["al", "au", "bis", "dal", "from", "in", "on", "to", "von"];

/// Words with which others are written together, so that they are found behind one that is not known: `Herstellungsjahr`. Only long ones or
/// such as no other word of the languages ends with: a `velocity` is no city.
const ENDS: &[&str] = &[
    "adresse",
    "anschrift",
    "betrag",
    "bezeichnung",
    "beschreibung",
    "breite",
    "datum",
    "dauer",
    "gebuehr",
    "gewicht",
    "hoehe",
    "jahr",
    "kategorie",
    "kennzeichen",
    "kosten",
    "laenge",
    "menge",
    "monat",
    "name",
    "nummer",
    "number",
    "preis",
    "prozent",
    "steuer",
    "strasse",
    "telefon",
    "uhrzeit",
    "waehrung",
    "zahl",
    "zeitpunkt",
];

/// Units at the end of a name.
const UNITS: &[&str] = &[
    "kg", "g", "gr", "lb", "lbs", "cm", "mm", "m", "usd", "eur", "gbp", "pen", "brl", "mxn", "min", "mins", "minutes",
    "sec", "secs", "seconds", "ms", "mb", "kb", "gb", "bytes", "utc", "hrs", "hours", "days", "weeks", "months",
    "years", "horas", "dias", "meses", "jours", "mois", "heures", "stunden", "tage", "monate", "giorni", "mesi", "ore",
    "kmh", "mph", "hpa", "c", "f", "m3", "km2", "mg", "dl",
];

/// What a unit of time is to `duration`.
const TIME_UNITS: &[(&str, &[&str])] = &[
    ("second", &["sec", "secs", "seconds"]),
    ("minute", &["min", "mins", "minutes"]),
    ("hour", &["hrs", "hours", "horas", "heures", "stunden", "ore"]),
    ("day", &["days", "dias", "jours", "tage", "giorni"]),
    ("week", &["weeks"]),
    ("month", &["months", "meses", "mois", "monate", "mesi"]),
    ("year", &["years"]),
];

/// The unit of time that a unit at the end of a name is.
pub(super) fn time_unit(unit: &str) -> Option<&'static str> {
    TIME_UNITS.iter().find(|(_, words)| words.contains(&unit)).map(|(name, _)| *name)
}

/// All words that are known.
pub(super) struct Lexicon {
    words: BTreeMap<String, Token>,
    concepts: BTreeMap<String, Concept>,
    /// How many concepts are those of `words.tsv`; the others are words of patterns.
    listed: usize,
}

impl Lexicon {
    /// The one lexicon: the words of `words.tsv` and those of the patterns of `names.tsv`.
    pub fn get() -> &'static Lexicon {
        static LEXICON: OnceLock<Lexicon> = OnceLock::new();
        LEXICON.get_or_init(|| Lexicon::read(include_str!("words.tsv"), super::meanings::pattern_words()))
    }

    fn read(table: &str, patterns: BTreeMap<String, bool>) -> Lexicon {
        let mut lexicon = Lexicon { words: BTreeMap::new(), concepts: BTreeMap::new(), listed: 0 };
        let rows = || table.lines().skip(1).map(|line| line.split('\t'));
        for concept in rows().filter_map(|mut cells| cells.next()) {
            lexicon.add_concept(concept);
        }
        lexicon.listed = lexicon.concepts.len();
        for mut cells in rows() {
            let name = cells.next().unwrap_or_default();
            let concept = lexicon.add_concept(name);
            lexicon.add(name, concept, Order { last: true, first: true });
            for order in [Order { last: true, first: false }, Order { last: false, first: true }] {
                for word in cells.next().unwrap_or_default().split_whitespace() {
                    lexicon.add(word, concept, order);
                    if order.last {
                        lexicon.add_umlauts(word, concept, order);
                    }
                }
            }
        }
        for (word, is_latin) in patterns {
            if !lexicon.concepts.contains_key(&word) {
                let concept = lexicon.add_concept(&word);
                let known = lexicon.words.get(&word).map(|token| token.order);
                // Syllables of other scripts are words by themselves only.
                let order = Order { last: is_latin, first: is_latin };
                lexicon.add(&word, concept, known.unwrap_or(order));
            }
        }
        lexicon
    }

    fn add_concept(&mut self, name: &str) -> Concept {
        let next = self.concepts.len();
        *self.concepts.entry(name.to_owned()).or_insert(next)
    }

    fn add(&mut self, word: &str, concept: Concept, order: Order) {
        let new = || unknown(word);
        let token = self.words.entry(word.to_owned()).or_insert_with(new);
        token.is_plural = false;
        if !token.concepts.contains(&concept) {
            token.concepts.push(concept);
        }
        token.order = Order { last: token.order.last || order.last, first: token.order.first || order.first };
    }

    /// German words whose umlauts lost their dots: `geandert` beside `geaendert`.
    fn add_umlauts(&mut self, word: &str, concept: Concept, order: Order) {
        let bare = word.replace("ae", "a").replace("oe", "o").replace("ue", "u");
        if bare.len() >= 4 && bare != word && !self.words.contains_key(&bare) {
            self.add(&bare, concept, order);
        }
    }

    /// The concept of a name of `words.tsv` or a word of a pattern.
    pub fn concept(&self, name: &str) -> Concept {
        self.concepts.get(name).copied().unwrap_or(Concept::MAX)
    }

    /// Whether a concept is only a word of a pattern.
    pub fn is_single_word(&self, concept: Concept) -> bool {
        concept >= self.listed
    }

    fn known(&self, word: &str) -> Option<Token> {
        self.words.get(word).cloned().or_else(|| {
            const ENDINGS: &[(&str, &str)] = &[
                ("ies", "y"),
                ("oes", "ao"),
                ("ais", "al"),
                ("s", ""),
                ("es", ""),
                ("en", ""),
                ("en", "e"),
                ("n", ""),
                ("er", ""),
                ("e", "a"),
                ("i", "o"),
                ("i", "e"),
                ("x", ""),
                // What is feminine is listed in the other form.
                ("a", "o"),
                ("as", "o"),
            ];
            ENDINGS.iter().find_map(|(plural, singular)| {
                let stem = word.strip_suffix(plural).filter(|stem| stem.len() >= 3)?;
                let token = self.words.get(&format!("{stem}{singular}"))?.clone();
                Some(Token { is_plural: *plural != "a" && *plural != "er", ..token })
            })
        })
    }

    /// A word that is written together, taken apart: `firstname`, `Kundennummer`, `Baujahr`.
    fn apart(&self, word: &str) -> Option<Vec<Token>> {
        const LINKS: &[&str] = &["", "s", "n", "en", "es", "er"];
        let bytes = word.len();
        // From the longest beginning, so that few and long words are found.
        for at in (3..bytes.saturating_sub(1)).rev() {
            let (head, rest) = (word.get(..at)?, word.get(at..)?);
            let Some(first) = self.words.get(head).filter(|first| first.order != Order::default()) else { continue };
            for link in LINKS {
                let Some(rest) = rest.strip_prefix(link) else { continue };
                let short = ["id", "no", "nr", "at"].contains(&rest) && at >= 4;
                if rest.len() < 3 && !short {
                    continue;
                }
                if let Some(last) = self.words.get(rest).cloned().or_else(|| self.known(rest)) {
                    return Some(vec![first.clone(), last]);
                }
                if let Some(more) = self.apart(rest).filter(|_| rest.len() >= 6) {
                    return Some([vec![first.clone()], more].concat());
                }
            }
        }
        None
    }

    /// The known end of an unknown word: `Herstellungsjahr`.
    fn known_end(&self, word: &str) -> Option<Vec<Token>> {
        ENDS.iter().find_map(|end| {
            let rest = word.strip_suffix(end).filter(|rest| rest.len() >= 3)?;
            Some(vec![unknown(rest), self.words.get(*end)?.clone()])
        })
    }

    fn resolve(&self, piece: &str) -> Vec<Token> {
        if let Some(token) = self.words.get(piece) {
            return vec![token.clone()];
        }
        let runs = runs(piece);
        if runs.len() > 1 {
            return runs.into_iter().flat_map(|run| self.resolve(run)).collect();
        }
        if let Some(token) = self.known(piece) {
            return vec![token];
        }
        self.apart(piece).or_else(|| self.known_end(piece)).unwrap_or_else(|| vec![unknown(piece)])
    }

    /// A name or a phrase as words.
    pub fn phrase(&self, name: &str) -> Phrase {
        let belonging = pieces(name).iter().skip(1).any(|piece| BELONGING.contains(&piece.as_str()));
        let mut tokens: Vec<Token> = telling(name).iter().flat_map(|piece| self.resolve(piece)).collect();
        let last = telling(name).pop().unwrap_or_default();
        let mut unit = UNITS.contains(&last.as_str()).then_some(last).filter(|_| tokens.len() > 1);
        if unit.is_some() {
            tokens.pop();
        }
        while tokens.len() > 1 && tokens.last().is_some_and(|token| UNITS.contains(&token.text.as_str())) {
            unit = tokens.pop().map(|token| token.text);
        }
        let count = |of: fn(&Order) -> bool| tokens.iter().filter(|token| of(&token.order)).count();
        let (first, last) = (count(|order| order.first && !order.last), count(|order| order.last && !order.first));
        Phrase { head_first: belonging || first > last, tokens, unit }
    }
}

fn unknown(word: &str) -> Token {
    let is_plural = word.len() > 4 && word.ends_with('s');
    Token { text: word.to_owned(), concepts: Vec::new(), is_plural, order: Order::default() }
}

/// Letters and digits of a word, apart.
fn runs(word: &str) -> Vec<&str> {
    word.as_bytes()
        .chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit())
        .scan(0, |at, run| {
            let start = *at;
            *at += run.len();
            word.get(start..*at)
        })
        .collect()
}

/// A name's words that tell something; all of them where none does.
pub(super) fn telling(name: &str) -> Vec<String> {
    let pieces = pieces(name);
    let last = pieces.len().saturating_sub(1);
    let at_edge = |at: usize, piece: &str| {
        let here = at == last || (at == 0 && !["in", "on"].contains(&piece));
        last > 0 && here && EDGES.contains(&piece)
    };
    let tells = |(at, piece): &(usize, &String)| !EMPTY.contains(&piece.as_str()) || at_edge(*at, piece);
    let telling: Vec<String> = pieces.iter().enumerate().filter(tells).map(|(_, piece)| piece.clone()).collect();
    if telling.is_empty() { pieces } else { telling }
}

/// A name's words without accents, in lower case: `ApellidoPaterno`, `apellido-paterno` and `Apellido paterno` alike.
fn pieces(name: &str) -> Vec<String> {
    let ascii: Vec<char> = any_ascii::any_ascii(name).chars().collect();
    let mut words = vec![String::new()];
    for (at, c) in ascii.iter().enumerate() {
        if !c.is_ascii_alphanumeric() {
            words.push(String::new());
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| ascii.get(at)).copied().unwrap_or(' ');
        let next = |ahead: usize| ascii.get(at + ahead).copied().unwrap_or(' ');
        // An s after capitals is a plural: IDs.
        let plural = next(1) == 's' && !next(2).is_ascii_lowercase();
        let ends_capitals = before.is_ascii_uppercase() && next(1).is_ascii_lowercase() && !plural;
        // Two capitals are one word where they are the first of it, as in EMail and PLZ.
        let starts_name =
            at == 1 || at.checked_sub(2).and_then(|at| ascii.get(at)).is_some_and(|c| !c.is_ascii_alphanumeric());
        if c.is_ascii_uppercase() && (before.is_ascii_lowercase() || (ends_capitals && !starts_name)) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

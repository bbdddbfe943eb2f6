//! The generator of a column that names none: by its name, else its description, else its type.
//!
//! `auto/words.tsv` says what words mean in six languages, `auto/names.tsv` what they mean together and which generator makes that,
//! `auto/lists.tsv` the values of short lists in the language of the locale. Tables
//! beside a column help: the table's name (`name` of `product`), a date that comes before, a date of birth, a table that an `…_id` names.

mod fit;
mod lists;
mod meanings;
mod pairs;
mod parties;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use self::meanings::{Found, find, natural};
use self::words::{Lexicon, Phrase, Token};
use crate::generators::{GeneratorSpec, by_name};
use crate::schema::{Column, ColumnType, Dataset, Table};

pub(crate) use self::meanings::suggestions;

/// What a name says where it is the number of a record.
const RECORD: &str = "number of a record";

/// Generators of columns that name none, each with its reason.
pub(super) type Chosen = BTreeMap<(usize, usize), (GeneratorSpec, String)>;

/// A column in its table and dataset.
#[derive(Clone, Copy)]
struct Place<'a> {
    dataset: &'a Dataset,
    table: &'a Table,
    column: &'a Column,
}

/// A generator, and why.
struct Choice {
    generator: Value,
    reason: String,
    says: &'static str,
}

/// The generators of all columns that name none, by table and column, and why. Those that describe somebody or something else than the row's
/// own person, place or company get an `entity` of their own.
pub(super) fn choose_all(dataset: &mut Dataset) -> Chosen {
    let mut chosen = Chosen::new();
    for (table, definition) in dataset.tables.iter().enumerate() {
        for (column, _) in definition.columns.iter().enumerate().filter(|(_, column)| column.generator.is_none()) {
            chosen.insert((table, column), choose(dataset, table, column));
        }
    }
    for ((table, column), entity) in parties::entities(dataset, &chosen) {
        if let Some((_, reason)) = chosen.get_mut(&(table, column)) {
            *reason = format!("{reason}, with an entity of its own: {entity}");
        }
        dataset.tables[table].columns[column].entity = Some(entity);
    }
    chosen
}

/// The generator that a column's name alone suggests.
pub(crate) fn suggested(name: &str) -> Option<&'static str> {
    let known = |generator: &str| by_name(generator).is_some();
    find(&Lexicon::get().phrase(name), None, &known).map(|found| found.meaning.generator)
}

/// The generator that fits a value of a table that has no column of its own, or one filled otherwise, and why.
pub(super) fn choose_for(dataset: &Dataset, table: usize, column: &Column) -> (GeneratorSpec, String) {
    spec(Place { dataset, table: &dataset.tables[table], column }.choose())
}

/// The generator that fits a column, and why.
fn choose(dataset: &Dataset, table: usize, column: usize) -> (GeneratorSpec, String) {
    let table = &dataset.tables[table];
    spec(Place { dataset, table, column: &table.columns[column] }.choose())
}

fn spec(choice: Choice) -> (GeneratorSpec, String) {
    let spec = GeneratorSpec::from_value(choice.generator);
    (spec.unwrap_or_else(|error| unreachable!("a generator of our own: {error}")), choice.reason)
}

impl Place<'_> {
    fn choose(self) -> Choice {
        let choice = self.alone();
        let own_key = self.table.primary_key == [self.column.name.clone()];
        if choice.says == RECORD && !own_key {
            return self.as_key(choice);
        }
        if own_key
            && choice.says.is_empty()
            && matches!(self.column.kind, None | Some(ColumnType::Integer | ColumnType::String))
        {
            return Choice {
                generator: json!({"type": "sequence"}),
                reason: "it is the primary key".to_owned(),
                says: "",
            };
        }
        self.beside(choice)
    }

    /// By the column alone and its table's name.
    fn alone(self) -> Choice {
        self.alone_of(&|generator| by_name(generator).is_some())
    }

    /// The same with the generators that are known.
    fn alone_of(self, known: &dyn Fn(&str) -> bool) -> Choice {
        if let Some((generator, says)) = self.short_name() {
            return Choice { generator: json!({ "type": generator }), reason: format!("the name says {says}"), says };
        }
        let phrase = Lexicon::get().phrase(&self.column.name);
        let meaning = self.meaning(known);
        let reads = meaning.as_ref().map(|(found, _)| (natural(found.meaning.generator), found.meaning.says));
        if let Some(choice) = self.timed(&phrase, reads) {
            return choice;
        }
        match meaning {
            Some((found, source)) => self.typed(&found, source),
            None => self.by_type(),
        }
    }

    /// A part of a name that says no more than which: `first`, `last`.
    fn short_name(self) -> Option<(&'static str, &'static str)> {
        const PARTS: &[(&str, &str, &str)] = &[
            ("first", "first_name", "first name"),
            ("last", "last_name", "last name"),
            ("middle", "middle_name", "middle name"),
        ];
        let is_text = matches!(self.column.kind, None | Some(ColumnType::String | ColumnType::Text));
        let name = self.column.name.to_ascii_lowercase();
        let part = PARTS.iter().find(|(word, ..)| is_text && *word == name);
        part.map(|(_, generator, says)| (*generator, *says))
    }

    /// A time that a unit at the name's end measures: `time_spent_sec`, `latency_ms`.
    fn timed(self, phrase: &Phrase, reads: Option<(ColumnType, &'static str)>) -> Option<Choice> {
        let unit = phrase.unit.as_deref()?;
        let lexicon = Lexicon::get();
        let opens =
            phrase.tokens.get(phrase.head()).is_some_and(|head| head.concepts.contains(&lexicon.concept("start")));
        let is_number = matches!(reads, Some((ColumnType::Integer, says)) if says != RECORD);
        let is_whole = matches!(self.column.kind, None | Some(ColumnType::Integer));
        if is_number || opens || !is_whole {
            return None;
        }
        if unit == "ms" && matches!(reads, Some((ColumnType::Datetime, _))) {
            let generator = json!({"type": "integer", "min": 1_672_531_200_000_i64, "max": 1_767_225_599_999_i64});
            return Some(Choice { generator, reason: "the name says Unix time".to_owned(), says: "Unix time" });
        }
        let generator = match (unit, words::time_unit(unit)) {
            ("ms", _) => json!({"type": "integer", "min": 1, "max": 2000}),
            (_, Some(unit @ ("second" | "minute"))) => json!({"type": "duration", "unit": unit, "min": 5, "max": 240}),
            (_, Some(unit)) => json!({"type": "duration", "unit": unit, "min": 1, "max": 36}),
            _ => return None,
        };
        Some(Choice { generator, reason: "the name says duration".to_owned(), says: "duration" })
    }

    /// What the column holds, and which text says so.
    fn meaning(self, known: &dyn Fn(&str) -> bool) -> Option<(Found, &'static str)> {
        let Column { name, kind, description, .. } = self.column;
        let lexicon = Lexicon::get();
        let phrase = lexicon.phrase(name);
        let named = find(&phrase, *kind, known).map(|found| self.in_table(&phrase, found, known));
        let sure = named.is_some_and(|found| found.has_head && found.meaning.weight >= 0);
        let described = description.as_deref().filter(|_| !sure).and_then(|text| described(text, *kind, known));
        match (named, described) {
            (Some(named), Some(described)) if described.words >= named.words => Some((described, "description")),
            (None, Some(described)) => Some((described, "description")),
            (named, _) => named.map(|named| (named, "name")),
        }
    }

    /// A name of one word means more beside its table's: `name` of `product`, `status` of `orders`.
    fn in_table(self, phrase: &Phrase, found: Found, known: &dyn Fn(&str) -> bool) -> Found {
        if phrase.tokens.len() > 1 || found.meaning.weight > 1 {
            return found;
        }
        let mut longer = Lexicon::get().phrase(&self.table.name);
        longer.head_first = false;
        longer.tokens.extend(phrase.tokens.iter().cloned());
        let own = longer.tokens.len() - 1;
        // The name of a user is a person's, not the one to log in with.
        let holds = |more: &Found| more.words > 1 && more.span.1 == own && more.meaning.generator != "username";
        find(&longer, self.column.kind, known).filter(holds).unwrap_or(found)
    }

    fn typed(self, found: &Found, source: &str) -> Choice {
        let meaning = found.meaning;
        let Some((generator, is_other)) = fit::typed(meaning, self.column) else { return self.by_type() };
        let mut reason = format!("the {source} says {}", meaning.says);
        if let Some(kind) = self.column.kind.filter(|_| is_other) {
            reason.push_str(&format!(", the type is {}", word_of(kind)));
        }
        let language = self.dataset.locale().split('_').next().unwrap_or_default();
        // An Italian età, which lost its accent, is no estimated time of arrival.
        if language == "it" && matches!(self.column.kind, None | Some(ColumnType::Integer)) && self.is_age() {
            let generator = json!({"type": "integer", "min": 18, "max": 90});
            return Choice { generator, reason: "the name says age".to_owned(), says: "age" };
        }
        Choice { generator: lists::in_language(generator, meaning.says, language), reason, says: meaning.says }
    }

    fn is_age(self) -> bool {
        let lexicon = Lexicon::get();
        let tokens = lexicon.phrase(&self.column.name).tokens;
        matches!(tokens.as_slice(), [only] if only.text == "eta" && only.concepts.contains(&lexicon.concept("age")))
    }

    fn by_type(self) -> Choice {
        let reason = self.column.kind.map(|kind| format!("the type is {}", word_of(kind)));
        let reason = reason.unwrap_or_else(|| "nothing in the name or type says more".to_owned());
        Choice { generator: fit::by_type(self.column), reason, says: "" }
    }

    /// A number that is named like a table, as a foreign key would be that nobody declared.
    fn as_key(self, choice: Choice) -> Choice {
        let lexicon = Lexicon::get();
        let phrase = lexicon.phrase(&self.column.name);
        let means = |word: &str| lexicon.concept(word);
        let (id, number) = (means("id"), means("number"));
        let is_number = |token: &&Token| token.concepts.contains(&id) || token.concepts.contains(&number);
        let rest: Vec<&Token> = phrase.tokens.iter().filter(|token| !is_number(token)).collect();
        let is_named = |table: &&Table| {
            let name = lexicon.phrase(&table.name).tokens;
            table.name != self.table.name
                && name.len() == rest.len()
                && name.iter().zip(&rest).all(|(named, said)| named.is_same(said))
        };
        let Some(parent) = self.dataset.tables.iter().find(is_named).filter(|_| !rest.is_empty()) else {
            return choice;
        };
        let generator = match (self.column.kind, parent.rows) {
            (None | Some(ColumnType::Integer), Some(rows)) if rows > 0 && is_numbered(parent) => {
                json!({"type": "integer", "min": 1, "max": rows})
            }
            _ => choice.generator,
        };
        let reason = format!("{}; it looks like a key to {}, and none is declared", choice.reason, parent.name);
        Choice { generator, reason, says: choice.says }
    }

    /// What other columns of the row add: a change comes after the creation, an age follows from the date of birth.
    fn beside(self, choice: Choice) -> Choice {
        let made =
            |choice: &Choice| choice.generator.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        if choice.says == "age" && made(&choice) == "integer" {
            let born = self.sibling(|other, place| {
                other.says == "date of birth"
                    && place.column.generator.is_none()
                    && natural(&made(other)) == ColumnType::Date
            });
            // A date of birth by its generator, whatever its name says.
            let is_birth =
                |column: &&Column| column.generator.as_ref().is_some_and(|own| own.entry().name == "date_of_birth");
            let born = born.or_else(|| self.table.columns.iter().find(is_birth).map(|column| column.name.clone()));
            if let Some(born) = born.filter(|_| by_name("age_from").is_some()) {
                let generator = json!({"type": "age_from", "column": born});
                return Choice {
                    generator,
                    reason: format!("{}, counted from {born}", choice.reason),
                    says: choice.says,
                };
            }
        }
        if let Some(named) = self.named_beside(&choice) {
            return named;
        }
        if choice.says == "status" && self.is_one_word("state") {
            let near = self.sibling(|other, _| {
                ["city", "country", "postal code", "district", "province or county"].contains(&other.says)
            });
            if let Some(near) = near {
                let reason = format!("the name says state or province, beside {near}");
                return Choice { generator: json!({"type": "state"}), reason, says: "state or province" };
            }
        }
        if choice.says == "make of a vehicle" && self.is_one_word("make") {
            const GOODS: &[&str] = &["product", "product category", "price", "article number", "bar code", "stock"];
            let goods = self.sibling(|other, _| GOODS.contains(&other.says));
            let model = self.sibling(|other, _| ["model of a vehicle", "licence plate"].contains(&other.says));
            if let Some(goods) = goods.filter(|_| model.is_none()) {
                let reason = format!("the name says brand, beside {goods}");
                return Choice { generator: json!({"type": "company_name"}), reason, says: "company" };
            }
        }
        self.after(choice)
    }

    /// What a word for a name or a title means beside the other parts of a person's name.
    fn named_beside(self, choice: &Choice) -> Option<Choice> {
        let said = |generator: Value, says: &'static str, beside: &str| {
            let reason = format!("the name says {says}, beside {beside}");
            Some(Choice { generator, reason, says })
        };
        let own = Lexicon::get().phrase(&self.column.name).tokens;
        let word = own.first().filter(|_| own.len() == 1).map(|token| token.text.as_str()).unwrap_or_default();
        let among = |says: &'static [&'static str]| self.sibling(move |other, _| says.contains(&other.says));
        if self.is_one_word("name") && ["full name", "last name"].contains(&choice.says) {
            let first = among(&["first name"]);
            let last = among(&["last name", "paternal surname"]);
            // A French nom and a German Name beside the given name are the other half of it.
            return match (first, last) {
                (Some(first), _) if word == "nom" => said(json!({"type": "last_name"}), "last name", &first),
                (Some(first), None) => said(json!({"type": "last_name"}), "last name", &first),
                (None, Some(last)) if word != "nom" => said(json!({"type": "first_name"}), "first name", &last),
                _ => None,
            };
        }
        if choice.says == "text" && ["title", "titel", "titulo", "titre", "titolo"].contains(&word) {
            let name = among(&["first name", "last name", "paternal surname"])?;
            let degree = json!({"type": "choice", "values": ["", "Dr.", "Prof."], "weights": [90, 8, 2]});
            return match among(&["title of a person"]) {
                Some(_) => said(degree, "title of a person", &name),
                None => said(json!({"type": "name_prefix"}), "title of a person", &name),
            };
        }
        // The Spanish word for the inhabitants of a place is one for the place as well.
        if choice.says == "population" && word == "poblacion" {
            let near = among(&["postal code", "province or county", "state or province", "street address", "street"])?;
            return said(json!({"type": "city"}), "city", &near);
        }
        // What opens an account in Spanish ends a stay in hospital in Portuguese.
        if choice.says == "time of creation" && own.iter().any(|token| token.text == "alta") {
            let admitted = among(&["date of admission"])?;
            let generator = json!({"type": "date_offset", "from": admitted, "min": 1, "max": 30});
            return said(generator, "date of discharge", &admitted);
        }
        None
    }

    /// Whether the name is one word of text that may mean this.
    fn is_one_word(self, concept: &str) -> bool {
        let lexicon = Lexicon::get();
        let tokens = lexicon.phrase(&self.column.name).tokens;
        let is_text = matches!(self.column.kind, None | Some(ColumnType::String | ColumnType::Text));
        is_text && tokens.len() == 1 && tokens.iter().all(|token| token.concepts.contains(&lexicon.concept(concept)))
    }

    /// The first other column of the table that is filled by itself and answers.
    fn sibling(self, answers: impl Fn(&Choice, &Place<'_>) -> bool) -> Option<String> {
        let is_filled = |column: &&Column| {
            column.name != self.column.name
                && column.generator.is_none()
                && !self.table.foreign_keys.iter().any(|key| key.columns.contains(&column.name))
        };
        let mut others = self.table.columns.iter().filter(is_filled).map(|column| Place { column, ..self });
        others.find(|other| answers(&other.alone(), other)).map(|other| other.column.name.clone())
    }
}

/// Whether the key of a table counts its rows from 1.
fn is_numbered(table: &Table) -> bool {
    let [key] = table.primary_key.as_slice() else { return false };
    let column = table.columns.iter().find(|column| column.name == *key);
    column.is_some_and(|column| match &column.generator {
        None => matches!(column.kind, None | Some(ColumnType::Integer)),
        Some(generator) => generator.to_value() == json!({"type": "sequence"}),
    })
}

/// What a description says: words that stand side by side, the more the better, the earlier the better.
fn described(text: &str, kind: Option<ColumnType>, known: &dyn Fn(&str) -> bool) -> Option<Found> {
    let first = text.split(['.', ';', '\n']).next().unwrap_or_default();
    let phrase = Lexicon::get().phrase(first);
    let mut best: Option<Found> = None;
    for start in 0..phrase.tokens.len().min(12) {
        for length in (1..=4).rev() {
            let Some(tokens) = phrase.tokens.get(start..start + length) else { continue };
            let part = Phrase { tokens: tokens.to_vec(), ..Phrase::default() };
            if let Some(found) =
                find(&part, kind, known).filter(|found| found.words == length && found.meaning.weight >= 0)
                && best.is_none_or(|best| found.words > best.words)
            {
                best = Some(found);
            }
        }
    }
    best
}

fn word_of(kind: ColumnType) -> String {
    match serde_json::to_value(kind) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

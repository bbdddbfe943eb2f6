//! Who or what a column is about where that is not the row's own person, place or company: `mother_name`, `shipping_city`, `merchant`.
//!
//! `parties.tsv` lists the words. Columns of one party share an `entity`, so that `mother_name` and `mother_phone` are one woman's.

use std::collections::{BTreeMap, BTreeSet};

use super::Chosen;
use super::words::Lexicon;
use crate::generators::PLACE_ATTRIBUTES;
use crate::schema::{Dataset, Table};

/// Generators that show a person.
const PERSON: &[&str] = &[
    "first_name",
    "middle_name",
    "last_name",
    "paternal_surname",
    "maternal_surname",
    "full_name",
    "name_prefix",
    "name_suffix",
    "gender",
    "email",
    "phone",
    "username",
    "date_of_birth",
    "national_id",
    "job_title",
    "marital_status",
    "education_level",
    "nationality",
];

/// Generators that show a place beside [`PLACE_ATTRIBUTES`].
const PLACE: &[&str] = &["street_name", "secondary_address", "country", "country_code"];

/// Generators that show a company.
const COMPANY: &[&str] = &["company_name", "tax_id", "industry", "domain_name", "iban", "bic", "account_number"];

/// What a party has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    /// Somebody else: names, places and companies.
    Person,
    /// Somebody who is the row's person, unless another of them is.
    Own,
    /// Another company, and its places.
    Company,
    /// The other end of a way: whatever stands there.
    Way,
    /// A place alone.
    Place,
}

impl About {
    fn named(text: &str) -> About {
        match text {
            "own" => About::Own,
            "company" => About::Company,
            "way" => About::Way,
            "place" => About::Place,
            _ => About::Person,
        }
    }

    /// Whether a party of this kind has what a generator makes.
    fn has(self, generator: &str) -> bool {
        let place = PLACE_ATTRIBUTES.contains(&generator) || PLACE.contains(&generator);
        let company = COMPANY.contains(&generator);
        match self {
            About::Place => place,
            About::Company => place || company || ["phone", "email"].contains(&generator),
            About::Person | About::Own | About::Way => place || company || PERSON.contains(&generator),
        }
    }
}

/// The party that each word names.
fn parties() -> impl Iterator<Item = (&'static str, About, Vec<&'static str>)> {
    include_str!("parties.tsv").lines().skip(1).filter_map(|line| {
        let mut cells = line.split('\t');
        Some((cells.next()?, About::named(cells.next()?), cells.next()?.split(' ').collect()))
    })
}

/// The parties that a name mentions, in the order of the table.
fn mentioned(name: &str) -> Vec<(&'static str, About)> {
    let words: Vec<String> = Lexicon::get().phrase(name).tokens.into_iter().map(|token| token.text).collect();
    let says = |of: &[&str]| words.iter().any(|word| of.contains(&word.as_str()));
    let mut found: Vec<(&str, About)> =
        parties().filter(|(.., of)| says(of)).map(|(name, about, _)| (name, about)).collect();
    // Who made a record, and who changed it.
    if words.len() == 2 && words.last().is_some_and(|word| ["by", "por", "par", "von", "da"].contains(&word.as_str())) {
        found.push(("by", About::Person));
    }
    found
}

/// The entities of columns that describe another party than the row's own.
pub(super) fn entities(dataset: &Dataset, chosen: &Chosen) -> BTreeMap<(usize, usize), String> {
    let mut entities = BTreeMap::new();
    for (table, definition) in dataset.tables.iter().enumerate() {
        let generator = |column: usize| chosen.get(&(table, column)).map(|(spec, _)| spec.entry().name.as_str());
        let columns: Vec<usize> = (0..definition.columns.len())
            .filter(|column| generator(*column).is_some() && definition.columns[*column].entity.is_none())
            .collect();
        let own = own_parties(definition, &columns, &generator);
        for column in &columns {
            let name = &definition.columns[*column].name;
            let made = generator(*column).unwrap_or_default();
            // The name of a user is a person's name to log in with, whoever the table calls a person.
            let is_login = |party: &str| party == "user" && made == "username";
            let others = mentioned(name)
                .into_iter()
                .filter(|(party, about)| about.has(made) && !own.contains(party) && !is_login(party));
            let others: Vec<String> =
                others.map(|(party, _)| if party == "by" { name.to_lowercase() } else { party.to_owned() }).collect();
            if !others.is_empty() {
                entities.insert((table, *column), others.join(" "));
            }
        }
        // One person has several telephones, and no two of them are one number.
        let mut numbers = BTreeSet::new();
        for column in &columns {
            let Some((spec, _)) = chosen.get(&(table, *column)).filter(|(spec, _)| spec.entry().name == "phone") else {
                continue;
            };
            let entity = entities.get(&(table, *column)).cloned().unwrap_or_default();
            if !numbers.insert((entity, spec.to_value().to_string())) {
                entities.insert((table, *column), definition.columns[*column].name.to_lowercase());
            }
        }
    }
    entities
}

/// The parties that are the row's own: whom the table is about, the first of those who may be, and the first of all where nothing in the
/// table is anybody else's.
fn own_parties<'c>(
    table: &Table,
    columns: &[usize],
    generator: &impl Fn(usize) -> Option<&'c str>,
) -> BTreeSet<&'static str> {
    let mut own: BTreeSet<&'static str> = mentioned(&table.name).into_iter().map(|(party, _)| party).collect();
    let is_about_somebody =
        own.iter().any(|own| parties().any(|(party, about, _)| party == *own && about == About::Own));
    let mut is_first_of = BTreeSet::new();
    let mut unnamed = BTreeSet::new();
    let mut first = None;
    for column in columns {
        let Some(made) = generator(*column) else { continue };
        let named = mentioned(&table.columns[*column].name);
        let has_place = PLACE.contains(&made);
        for (party, about) in &named {
            let may_be = match about {
                About::Own => !is_about_somebody,
                // Whose company is named first is the row's, unless one stands there unnamed; its places are not those of a person.
                About::Company => made == "company_name",
                _ => false,
            };
            if may_be && about.has(made) && is_first_of.insert(*about) && !(has_place && *about == About::Company) {
                own.insert(party);
            }
        }
        let of = [PERSON, PLACE, COMPANY].iter().position(|of| of.contains(&made));
        match (of, named.iter().find(|(_, about)| about.has(made))) {
            (Some(of), None) => {
                unnamed.insert(of);
            }
            (Some(_), Some((party, About::Person | About::Way))) if first.is_none() => first = Some(*party),
            _ => {}
        }
    }
    if unnamed.is_empty() && own.is_empty() {
        own.extend(first.filter(|party| *party != "by"));
    }
    if unnamed.contains(&2) {
        let companies: Vec<&str> =
            parties().filter(|(_, about, _)| *about == About::Company).map(|(party, ..)| party).collect();
        own.retain(|party| !companies.contains(party) || mentioned(&table.name).iter().any(|(own, _)| own == party));
    }
    own
}

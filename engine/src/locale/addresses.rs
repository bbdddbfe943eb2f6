//! Street names, and how the parts of an address are put together.

use super::grammar::Grammar;
use super::lists::{rows, whole};

/// Names of streets.
#[derive(Debug)]
pub struct StreetNames {
    grammar: Grammar,
    /// Running totals of the templates' weights.
    totals: Vec<u64>,
}

impl StreetNames {
    pub(super) fn parse(text: &'static str) -> Self {
        let grammar = Grammar::of_any_words(rows(text).map(|[slot, value, weight]| (slot, value, whole(weight))));
        let totals = grammar.template_totals();
        Self { grammar, totals }
    }

    /// Appends a name; usual ones come more often. `next(n)` is a uniform integer below `n`.
    pub fn write_street_name(&self, next: &mut dyn FnMut(u64) -> u64, out: &mut String) {
        self.grammar.write_any(&self.totals, next, out);
    }

    /// The most characters of a name.
    pub fn longest(&self) -> usize {
        self.grammar.longest()
    }
}

/// How houses are numbered: from 1 to this, small numbers more often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HouseNumbers(pub u32);

impl HouseNumbers {
    /// Appends a number. `next(n)` is a uniform integer below `n`.
    pub fn write(self, next: &mut dyn FnMut(u64) -> u64, out: &mut String) {
        let below = next(u64::from(self.0)) + 1;
        push_number(next(below) + 1, out);
    }

    /// The most characters of a number.
    pub fn longest(self) -> usize {
        self.0.max(1).ilog10() as usize + 1
    }
}

fn push_number(number: u64, out: &mut String) {
    let mut scale = 10_u64.pow(number.max(1).ilog10());
    while scale > 0 {
        out.push(char::from(b'0' + (number / scale % 10) as u8));
        scale /= 10;
    }
}

/// A part of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressPart {
    /// This text.
    Text(&'static str),
    /// The end of a line of an envelope.
    NewLine,
    /// The house number, or that of a flat.
    Number,
    /// The number of a floor, a staircase or a building of several.
    Floor,
    /// The street's name.
    Street,
    /// The flat, floor or suite.
    Secondary,
    /// Street and house number.
    StreetAddress,
    /// The postal code.
    PostalCode,
    /// The city.
    City,
    /// The district.
    District,
    /// The state's name.
    State,
    /// The state's code.
    StateCode,
    /// The country's name.
    Country,
}

/// One way to put an address together.
pub type AddressTemplate = Vec<AddressPart>;

/// The forms of the country's addresses; each of one kind is equally likely.
#[derive(Debug)]
pub struct AddressForms {
    /// Street and house number.
    pub street_address: Vec<AddressTemplate>,
    /// Flat, floor or suite.
    pub secondary_address: Vec<AddressTemplate>,
    /// The whole, as on an envelope.
    pub full_address: Vec<AddressTemplate>,
}

impl AddressForms {
    pub(super) fn parse(text: &'static str) -> Self {
        let of = |wanted: &str| rows(text).filter(|[key, _]| *key == wanted).map(|[_, form]| template(form)).collect();
        Self {
            street_address: of("street_address"),
            secondary_address: of("secondary_address"),
            full_address: of("full_address"),
        }
    }
}

fn template(text: &'static str) -> AddressTemplate {
    let mut parts = Vec::new();
    let literal = |text: &'static str, parts: &mut AddressTemplate| {
        for (line, text) in text.split('|').enumerate() {
            if line > 0 {
                parts.push(AddressPart::NewLine);
            }
            if !text.is_empty() {
                parts.push(AddressPart::Text(text));
            }
        }
    };
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        literal(before, &mut parts);
        let (name, after) = after.split_once('}').expect("a slot of an address is closed");
        parts.push(match name {
            "number" => AddressPart::Number,
            "floor" => AddressPart::Floor,
            "street" => AddressPart::Street,
            "secondary" => AddressPart::Secondary,
            "street_address" => AddressPart::StreetAddress,
            "postal_code" => AddressPart::PostalCode,
            "city" => AddressPart::City,
            "district" => AddressPart::District,
            "state" => AddressPart::State,
            "state_code" => AddressPart::StateCode,
            "country" => AddressPart::Country,
            other => panic!("a slot of an address is one of those that there are, not {other}"),
        });
        rest = after;
    }
    literal(rest, &mut parts);
    parts
}

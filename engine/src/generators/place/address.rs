//! Streets and addresses of the row's place, put together as the locale's country writes them.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, StringViewArray};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::person::{text_attribute, texts};
use super::super::text::{TextColumn, fits, nothing_fits};
use super::super::{Cells, Fill, Generator, Made, Problems, Rows, RunError};
use crate::locale::{AddressPart, AddressTemplate, HouseNumbers, StreetNames as Names};
use crate::plan::Context;
use crate::problem::Problem;
use crate::random::Key;
use crate::types::LogicalType;

/// A street's name, in the manner of the locale's country.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StreetName {}

impl Generator for StreetName {
    const EXAMPLE: &'static str = "{type: street_name}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let names = cx.locale().street_names();
        let limit = cx.lengths().1;
        let longest = names.longest() as u64;
        let longest = limit.map_or(longest, |limit| longest.min(u64::from(limit)));
        Ok(Made {
            longest: Some(longest),
            ..Made::drawn(LogicalType::String, Streets { key: cx.key("value"), names, limit })
        })
    }
}

struct Streets {
    key: Key,
    names: &'static Names,
    /// The most characters.
    limit: Option<u32>,
}

/// How often a name is drawn before the last one stands; one that is still too long is cut at a word.
const TRIES: u32 = 64;

impl Fill for Streets {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let mut column = TextColumn::with_capacity(rows.len(), 20);
        for row in rows.iter() {
            let mut cell = key.cell(row);
            let out = column.out();
            let start = out.len();
            for _ in 0..TRIES {
                out.truncate(start);
                self.names.write_street_name(&mut |n| cell.below(n), out);
                if fits(&out[start..], self.limit) {
                    break;
                }
            }
            column.end();
        }
        Ok(Arc::new(column.finish()))
    }
}

/// Street and house number of the row's place.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StreetAddress {}

impl Generator for StreetAddress {
    const EXAMPLE: &'static str = "{type: street_address}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let locale = cx.locale();
        Composed::made(cx, &locale.address_forms().street_address, " ", locale.house_numbers())
    }
}

/// Flat, floor or suite, as it stands behind a street address.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondaryAddress {}

impl Generator for SecondaryAddress {
    const EXAMPLE: &'static str = "{type: secondary_address}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        Composed::made(cx, &cx.locale().address_forms().secondary_address, " ", FLATS)
    }
}

/// The whole address of the row's place, as it stands on an envelope.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FullAddress {
    /// Whether it stands on several lines, as on an envelope; false when absent: on one, the parts behind commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lines: Option<bool>,
}

impl Generator for FullAddress {
    const EXAMPLE: &'static str = "{type: full_address}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let locale = cx.locale();
        let forms = &locale.address_forms().full_address;
        // Arabic has a comma of its own, and a form that has one has no other.
        let arabic = forms.iter().flatten().any(|part| matches!(part, AddressPart::Text(text) if text.contains('،')));
        let between = match (self.lines, locale.spaced()) {
            (Some(true), _) => "\n",
            (_, true) if arabic => "، ",
            (_, true) => ", ",
            (_, false) => " ",
        };
        Composed::made(cx, forms, between, locale.house_numbers())
    }
}

/// The numbers of flats and suites.
const FLATS: HouseNumbers = HouseNumbers(400);

/// The numbers of floors.
const FLOORS: HouseNumbers = HouseNumbers(12);

/// Whether an address that the table shows names the district.
pub(super) fn writes_district(cx: &Context<'_>) -> bool {
    let forms = cx.locale().address_forms();
    let names_it = |forms: &[AddressTemplate]| forms.iter().flatten().any(|part| *part == AddressPart::District);
    (cx.shows_attribute(&["full_address"]) && names_it(&forms.full_address))
        || (cx.shows_attribute(&["full_address", "street_address"]) && names_it(&forms.street_address))
}

/// A piece of an address that is ready to be written.
enum Piece {
    Text(&'static str),
    Number,
    Floor,
    /// The text of an input.
    Input(usize),
}

/// Texts put together from others of the same place.
struct Composed {
    key: Key,
    forms: Vec<Vec<Piece>>,
    numbers: HouseNumbers,
}

impl Composed {
    /// The column; `between` stands where a line of an envelope ends.
    fn made(
        cx: &mut Context<'_>,
        forms: &'static [AddressTemplate],
        between: &'static str,
        numbers: HouseNumbers,
    ) -> Result<Made, Problems> {
        if forms.is_empty() {
            return Err(vec![Problem::new("empty_list", "the locale has no form for this address")]);
        }
        let mut longest = Some(0);
        let mut shortest_limit = 0;
        let mut pieces = Vec::with_capacity(forms.len());
        for form in forms {
            let mut length = Some(0);
            let mut list = Vec::with_capacity(form.len());
            for part in form {
                let (piece, most) = piece(cx, *part, between, numbers)?;
                length = length.zip(most).map(|(length, most)| length + most);
                list.push(piece);
            }
            longest = longest.zip(length).map(|(longest, length)| longest.max(length));
            shortest_limit = shortest_limit.max(list.len());
            pieces.push(list);
        }
        if let Some(limit) = cx.lengths().1
            && (limit as usize) < shortest_limit
        {
            return Err(vec![nothing_fits(format!("no address here has at most {limit} characters"))]);
        }
        let fill = Composed { key: cx.key("value"), forms: pieces, numbers };
        Ok(Made { longest, ..Made::drawn(LogicalType::String, fill) })
    }

    fn write(&self, inputs: &[Option<&StringViewArray>], row: u64, position: usize, key: &Key, out: &mut String) {
        let mut cell = key.cell(row);
        let form = match self.forms.len() {
            1 => 0,
            count => cell.below(count as u64) as usize,
        };
        // A city that is a state is written once where nothing stands between the two.
        let mut before = None;
        for piece in &self.forms[form] {
            let mut written = None;
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Number => self.numbers.write(&mut |n| cell.below(n), out),
                Piece::Floor => FLOORS.write(&mut |n| cell.below(n), out),
                Piece::Input(input) => {
                    let texts = inputs[*input].filter(|texts| texts.is_valid(position));
                    written = texts.map(|texts| texts.value(position));
                    if written != before {
                        out.push_str(written.unwrap_or_default());
                    }
                }
            }
            before = written;
        }
    }
}

/// A part of an address, and the most characters that it has.
fn piece(
    cx: &mut Context<'_>,
    part: AddressPart,
    between: &'static str,
    numbers: HouseNumbers,
) -> Result<(Piece, Option<u64>), Problems> {
    let attribute = match part {
        AddressPart::Text(text) => return Ok((Piece::Text(text), Some(text.chars().count() as u64))),
        AddressPart::NewLine => return Ok((Piece::Text(between), Some(between.chars().count() as u64))),
        AddressPart::Number => return Ok((Piece::Number, Some(numbers.longest() as u64))),
        AddressPart::Floor => return Ok((Piece::Floor, Some(FLOORS.longest() as u64))),
        AddressPart::Street => "street_name",
        AddressPart::Secondary => "secondary_address",
        AddressPart::StreetAddress => "street_address",
        AddressPart::PostalCode => "postal_code",
        AddressPart::City => "city",
        AddressPart::District => "district",
        AddressPart::State => "state",
        AddressPart::StateCode => "state_code",
        AddressPart::Country => "country",
    };
    let input = text_attribute(cx, attribute)?;
    Ok((Piece::Input(input), cx.input_longest(input)))
}

impl Fill for Composed {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let mut inputs = vec![None; cells.inputs.len()];
        for piece in self.forms.iter().flatten() {
            if let Piece::Input(input) = piece {
                inputs[*input] = Some(texts(cells, *input)?);
            }
        }
        let mut column = TextColumn::with_capacity(rows.len(), 32);
        for (position, row) in rows.iter().enumerate() {
            self.write(&inputs, row, position, &key, column.out());
            column.end();
        }
        Ok(Arc::new(column.finish()))
    }
}

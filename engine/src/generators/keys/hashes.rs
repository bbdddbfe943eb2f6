//! Hashes of other columns, and bytes.

use std::fmt::Write as _;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BinaryViewBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use super::super::shape::{Factor, Shape};
use super::super::text::{TextColumn, nothing_fits};
use super::super::{Cells, Countable, Fill, Generator, Made, Problems, Rows, RunError};
use crate::plan::{Context, as_text};
use crate::problem::Problem;
use crate::random::Key;
use crate::types::LogicalType;

/// A hash function of the family SHA-2 (FIPS 180-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HashAlgorithm {
    /// 224 bits.
    Sha224,
    /// 256 bits.
    Sha256,
    /// 384 bits.
    Sha384,
    /// 512 bits.
    Sha512,
}

impl HashAlgorithm {
    /// Hexadecimal digits of a whole hash.
    fn digits(self) -> u32 {
        match self {
            HashAlgorithm::Sha224 => 56,
            HashAlgorithm::Sha256 => 64,
            HashAlgorithm::Sha384 => 96,
            HashAlgorithm::Sha512 => 128,
        }
    }

    fn write(self, bytes: &[u8], length: usize, out: &mut String) {
        let start = out.len();
        let mut hex = |digest: &[u8]| {
            for byte in digest {
                write!(out, "{byte:02x}").expect("a string takes whatever is written to it");
            }
        };
        match self {
            HashAlgorithm::Sha224 => hex(&Sha224::digest(bytes)),
            HashAlgorithm::Sha256 => hex(&Sha256::digest(bytes)),
            HashAlgorithm::Sha384 => hex(&Sha384::digest(bytes)),
            HashAlgorithm::Sha512 => hex(&Sha512::digest(bytes)),
        }
        out.truncate(start + length);
    }
}

/// The hash of other columns in lower-case hex: of their values as CSV writes them, joined by the unit separator U+001F; null where one of
/// them is.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HashOf {
    /// The columns, in this order.
    #[schemars(length(min = 1))]
    columns: Vec<String>,
    /// `sha224`, `sha256`, `sha384` or `sha512`; `sha256` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    algorithm: Option<HashAlgorithm>,
    /// How many digits are kept, from the first; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 128))]
    length: Option<u32>,
}

impl Generator for HashOf {
    const EXAMPLE: &'static str = "{type: hash_of, columns: [id, name], length: 16}";
    const EXAMPLE_BESIDE: &'static str =
        "{columns: [{name: id, generator: {type: sequence}}, {name: name, generator: {type: first_name}}]}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let algorithm = self.algorithm.unwrap_or(HashAlgorithm::Sha256);
        if self.columns.is_empty() {
            return Err(vec![Problem::new("empty_list", "the list is empty").at("/columns")]);
        }
        let length = self.length.unwrap_or(algorithm.digits());
        if length == 0 || length > algorithm.digits() {
            let detail = format!("a hash of that kind has 1 to {} digits, not {length}", algorithm.digits());
            return Err(vec![Problem::new("out_of_range", detail).at("/length")]);
        }
        if let Some(most) = cx.lengths().1.filter(|most| *most < length) {
            return Err(vec![nothing_fits(format!(
                "a hash of {length} digits is longer than the column's {most} characters"
            ))]);
        }
        let mut problems = Vec::new();
        let mut inputs = Vec::with_capacity(self.columns.len());
        for (place, column) in self.columns.iter().enumerate() {
            match cx.column(column) {
                Ok(input) => inputs.push(input),
                Err(found) => problems.extend(found.into_iter().map(|problem| problem.at(format!("/columns/{place}")))),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let fill = Hashes { algorithm, length: length as usize, inputs };
        Ok(Made { longest: Some(u64::from(length)), ..Made::computed(LogicalType::String, fill) })
    }
}

struct Hashes {
    algorithm: HashAlgorithm,
    length: usize,
    inputs: Vec<usize>,
}

impl Fill for Hashes {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        const UNIT_SEPARATOR: u8 = 0x1f;
        let texts = self.inputs.iter().map(|input| as_text(&cells.inputs[*input])).collect::<Result<Vec<_>, _>>()?;
        let mut column = TextColumn::with_capacity(rows.len(), self.length);
        let mut bytes = Vec::new();
        for position in 0..rows.len() {
            if texts.iter().any(|texts| texts.is_null(position)) {
                column.end_null();
                continue;
            }
            bytes.clear();
            for (place, texts) in texts.iter().enumerate() {
                if place > 0 {
                    bytes.push(UNIT_SEPARATOR);
                }
                bytes.extend_from_slice(texts.as_string_view().value(position).as_bytes());
            }
            self.algorithm.write(&bytes, self.length, column.out());
            column.end();
        }
        Ok(Arc::new(column.finish()))
    }
}

/// Random bytes; CSV and JSON write them in hex.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bytes {
    /// Fewest bytes; 16 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 65_535))]
    min: Option<u32>,
    /// Most bytes; the fewest when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 65_535))]
    max: Option<u32>,
}

/// The most bytes of a value.
const MOST_BYTES: u32 = 65_535;

impl Generator for Bytes {
    const EXAMPLE: &'static str = "{type: bytes, min: 4, max: 8}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let min = self.min.unwrap_or_else(|| 16.min(self.max.unwrap_or(u32::MAX)));
        let max = self.max.unwrap_or(min);
        if max < min {
            return Err(vec![
                Problem::new("empty_interval", format!("{max} is below min {min}"))
                    .at("/max")
                    .propose(min)
                    .param("max", max)
                    .param("min", min),
            ]);
        }
        if max > MOST_BYTES {
            let detail = format!("a value of {max} bytes is longer than {MOST_BYTES}");
            return Err(vec![Problem::new("out_of_range", detail).at("/max").propose(MOST_BYTES)]);
        }
        let domain = AllBytes { min, max };
        Ok(Made::drawn(LogicalType::Bytes, RandomBytes { key: cx.key("value"), min, max }).counted(domain))
    }
}

/// Values that can be told apart by their first bytes: all of few bytes, and 2^56 of each greater length, whose further bytes follow from the
/// first.
struct AllBytes {
    min: u32,
    max: u32,
}

/// So many bytes at the beginning are counted.
const COUNTED: u32 = 7;

impl AllBytes {
    fn lengths(&self) -> impl Iterator<Item = (u32, u64)> {
        (self.min..=self.max).map(|length| (length, 1_u64 << (8 * length.min(COUNTED))))
    }
}

impl Countable for AllBytes {
    fn count(&self) -> u128 {
        self.lengths().map(|(_, count)| u128::from(count)).sum()
    }

    fn unrank(&self, positions: &[u128]) -> ArrayRef {
        let mut column = BinaryViewBuilder::with_capacity(positions.len());
        for position in positions {
            let mut rest = *position;
            let mut lengths = self.lengths();
            let length = loop {
                match lengths.next() {
                    Some((_, count)) if rest >= u128::from(count) => rest -= u128::from(count),
                    Some((length, _)) => break length as usize,
                    None => break 0,
                }
            };
            let rank = rest as u64;
            let mut bytes = rank.to_le_bytes()[..length.min(COUNTED as usize)].to_vec();
            let mut further = rank;
            while bytes.len() < length {
                further = (further ^ further >> 31).wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(length as u64 + 1);
                bytes.extend_from_slice(&further.to_le_bytes());
            }
            column.append_value(&bytes[..length]);
        }
        Arc::new(column.finish())
    }

    fn shape(&self) -> Option<Shape> {
        // Each length is equally likely, however many values it has.
        let is_even = self.min >= COUNTED || self.min == self.max;
        (!is_even).then(|| Shape::of(Factor::of_steps(self.lengths().map(|(_, count)| (count, 1.0 / count as f64)))))
    }
}

struct RandomBytes {
    key: Key,
    min: u32,
    max: u32,
}

impl Fill for RandomBytes {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let mut column = BinaryViewBuilder::with_capacity(rows.len());
        let mut bytes = Vec::with_capacity(self.max as usize + 8);
        for row in rows.iter() {
            let mut cell = key.cell(row);
            let length = (self.min + cell.below(u64::from(self.max - self.min) + 1) as u32) as usize;
            bytes.clear();
            while bytes.len() < length {
                bytes.extend_from_slice(&cell.next().to_le_bytes());
            }
            column.append_value(&bytes[..length]);
        }
        Ok(Arc::new(column.finish()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_standard() {
        let hash = |algorithm: HashAlgorithm, length| {
            let mut out = "before ".to_owned();
            algorithm.write(b"abc", length, &mut out);
            out
        };
        // FIPS 180-4's examples.
        assert_eq!(
            hash(HashAlgorithm::Sha256, 64),
            "before ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(hash(HashAlgorithm::Sha224, 8), "before 23097d22");
        assert_eq!(hash(HashAlgorithm::Sha384, 8), "before cb00753f");
        assert_eq!(hash(HashAlgorithm::Sha512, 8), "before ddaf35a1");
    }
}

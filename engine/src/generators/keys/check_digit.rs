//! Check digits behind the text of another column.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::text::TextColumn;
use super::super::{Cells, Fill, Generator, Made, Problems, Rows, RunError};
use crate::identifiers::Scheme;
use crate::plan::{Context, as_text, below};
use crate::types::LogicalType;

/// How a check digit is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckScheme {
    /// One digit by Luhn's formula, as on payment cards (ISO/IEC 7812-1).
    Luhn,
    /// One digit modulo eleven, X for ten: weights from 2 up, the last digit first, as in ISBN-10 (ISO 2108).
    Mod11,
    /// Two digits that make the whole leave 1 by 97, letters counting from 10, as in the LEI (ISO/IEC 7064, MOD 97-10).
    Mod97,
    /// One digit by Damm's quasigroup.
    Damm,
    /// One digit by Verhoeff's dihedral group.
    Verhoeff,
}

/// The text of another column with its check digit, or two, behind it. Only digits are checked, and letters with `mod97`; other characters
/// stay and do not count.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckDigit {
    /// The column whose text is checked.
    base: String,
    /// How: `luhn`, `mod11`, `mod97`, `damm` or `verhoeff`; luhn when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scheme: Option<CheckScheme>,
}

impl Generator for CheckDigit {
    const EXAMPLE: &'static str = "{type: check_digit, base: number, scheme: luhn}";
    const EXAMPLE_BESIDE: &'static str = "{columns: [{name: number, generator: {type: pattern, mask: \"########\"}}]}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let input = cx.column(&self.base).map_err(|found| below(found, "base"))?;
        let scheme = self.scheme.unwrap_or(CheckScheme::Luhn);
        let digits = if scheme == CheckScheme::Mod97 { 2 } else { 1 };
        let longest = cx.input_longest(input).map(|longest| longest + digits);
        let made = Made { longest, ..Made::computed(LogicalType::String, Checked { input, scheme }) };
        // What stands before the check tells two texts apart.
        Ok(if cx.input_distinct(input) { made.all_distinct() } else { made })
    }
}

struct Checked {
    input: usize,
    scheme: CheckScheme,
}

impl Checked {
    fn write(&self, payload: &[u8], check: &mut Vec<u8>) {
        let scheme = match self.scheme {
            CheckScheme::Luhn => Scheme::Luhn,
            CheckScheme::Mod97 => Scheme::Mod97,
            CheckScheme::Damm => Scheme::Damm,
            CheckScheme::Verhoeff => Scheme::Verhoeff,
            CheckScheme::Mod11 => {
                let digits = payload.iter().rev().zip(2_u32..);
                let rest = digits.fold(0, |sum, (digit, weight)| (sum + u32::from(digit - b'0') * (weight % 11)) % 11);
                check.push(b"0X987654321"[rest as usize]);
                return;
            }
        };
        scheme.write(payload, check);
    }
}

impl Fill for Checked {
    fn fill(&self, cells: &Cells<'_>, _: &Rows) -> Result<ArrayRef, RunError> {
        let inputs = as_text(&cells.inputs[self.input])?;
        let texts = inputs.as_string_view();
        let mut column = TextColumn::with_capacity(texts.len(), 16);
        let (mut payload, mut check) = (Vec::new(), Vec::new());
        for text in texts {
            let Some(text) = text else {
                column.end_null();
                continue;
            };
            payload.clear();
            check.clear();
            let letters = self.scheme == CheckScheme::Mod97;
            let counts = |byte: &u8| byte.is_ascii_digit() || (letters && byte.is_ascii_alphabetic());
            payload.extend(text.bytes().filter(counts));
            self.write(&payload, &mut check);
            let out = column.out();
            out.push_str(text);
            out.extend(check.iter().map(|byte| char::from(*byte)));
            column.end();
        }
        Ok(Arc::new(column.finish()))
    }
}

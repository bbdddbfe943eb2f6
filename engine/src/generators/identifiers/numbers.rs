//! The numbers of an identifier, by rank.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;

use super::super::text::{TextColumn, nothing_fits};
use super::super::{Cells, Countable, Fill, Made, Problems, Rows, RunError};
use crate::identifiers::{Facts, Identifier, Needs, Space};
use crate::plan::Context;
use crate::problem::Problem;
use crate::random::Key;
use crate::types::LogicalType;

/// The numbers of several spaces side by side, as texts.
#[derive(Clone)]
pub(in crate::generators) struct Numbers {
    /// Each space with the count of its numbers.
    spaces: Vec<(Space, u128)>,
    /// Prints them; `None`: bare.
    printed: Option<&'static Identifier>,
    /// Whether the row says of which space its number is.
    pub(super) by_form: bool,
}

impl Numbers {
    /// The numbers of these spaces where `known` is known of the row.
    pub fn new(spaces: Vec<Space>, known: Needs, printed: Option<&'static Identifier>) -> Numbers {
        let spaces = spaces.into_iter().map(|space| {
            let count = space.count(known);
            (space, count)
        });
        Numbers { spaces: spaces.collect(), printed, by_form: false }
    }

    /// How many numbers a row has, whatever it is of.
    pub(super) fn total(&self) -> u128 {
        if self.by_form {
            return self.spaces.iter().map(|(_, count)| *count).min().unwrap_or(0);
        }
        self.spaces.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Appends the number of a rank below the total, of one space where a form is named.
    pub(super) fn write(
        &self,
        mut rank: u128,
        form: Option<usize>,
        facts: &Facts<'_>,
        scratch: &mut Vec<u8>,
        out: &mut String,
    ) -> Result<(), RunError> {
        for (place, (space, count)) in self.spaces.iter().enumerate() {
            if form.is_some_and(|form| form != place) {
                continue;
            }
            if rank >= *count {
                rank -= count;
                continue;
            }
            scratch.clear();
            space.write(rank, facts, scratch);
            let text = std::str::from_utf8(scratch).map_err(|error| RunError::new(error.to_string()))?;
            match self.printed {
                Some(identifier) => identifier.write_printed(text, out),
                None => out.push_str(text),
            }
            return Ok(());
        }
        Err(RunError::new("a number beyond the last one"))
    }

    /// The most characters: each space has texts of one length.
    fn longest(&self) -> Result<u64, Problems> {
        let mut longest = 0;
        let mut below = 0;
        for (_, count) in &self.spaces {
            let mut out = String::new();
            self.write(below, None, &Facts::default(), &mut Vec::new(), &mut out)
                .map_err(|error| vec![Problem::new("empty_list", error.to_string())])?;
            longest = longest.max(out.chars().count() as u64);
            below += count;
        }
        Ok(longest)
    }

    /// A column of such numbers that show nothing of the row, each equally likely.
    pub fn made(self, cx: &Context<'_>, noun: &str) -> Result<Made, Problems> {
        let longest = self.fitting(cx, noun)?;
        let domain = self.clone().listed();
        let fill = Drawn { key: cx.key("value"), numbers: self };
        Ok(Made { longest: Some(longest), ..Made::drawn(LogicalType::String, fill).counted(domain) })
    }

    /// The same as a domain that can be dealt by position.
    pub fn listed(self) -> impl Countable + 'static {
        Listed(self)
    }

    pub(super) fn fitting(&self, cx: &Context<'_>, noun: &str) -> Result<u64, Problems> {
        let longest = self.longest()?;
        match cx.lengths().1 {
            Some(max) if longest > u64::from(max) => {
                Err(vec![nothing_fits(format!("{noun} has {longest} characters, above max_length {max}"))])
            }
            _ => Ok(longest),
        }
    }
}

/// A number a row, each equally likely.
struct Drawn {
    key: Key,
    numbers: Numbers,
}

impl Fill for Drawn {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let total = self.numbers.total();
        let mut column = TextColumn::with_capacity(rows.len(), 20);
        let mut scratch = Vec::new();
        for row in rows.iter() {
            let rank = key.cell(row).below_u128(total);
            self.numbers.write(rank, None, &Facts::default(), &mut scratch, column.out())?;
            column.end();
        }
        Ok(Arc::new(column.finish()))
    }
}

/// Numbers that are dealt by position.
struct Listed(Numbers);

impl Countable for Listed {
    fn count(&self) -> u128 {
        self.0.total()
    }

    fn unrank(&self, positions: &[u128]) -> ArrayRef {
        let mut column = TextColumn::with_capacity(positions.len(), 20);
        let mut scratch = Vec::new();
        for position in positions {
            match self.0.write(*position, None, &Facts::default(), &mut scratch, column.out()) {
                Ok(()) => column.end(),
                Err(_) => column.end_null(),
            }
        }
        Arc::new(column.finish())
    }
}

//! Columns of numbered texts: phone numbers and documents.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;

use super::super::text::TextColumn;
use super::super::{Cells, Countable, Fill, Made, Problems, Rows, RunError};
use super::check_longest;
use crate::plan::Context;
use crate::random::Key;
use crate::types::LogicalType;

/// Distinct texts that are made from a rank below 2^64.
pub(super) trait RankedTexts: Clone + Send + Sync + 'static {
    /// How many there are.
    fn total(&self) -> u64;

    /// Appends the text at a rank; `scratch` is empty.
    fn write(&self, rank: u64, scratch: &mut String, out: &mut String);

    /// The most characters, where the texts know.
    fn longest(&self) -> Option<u64> {
        None
    }
}

/// A text by rank a row, each equally likely.
#[derive(Clone)]
pub(super) struct Ranked<T> {
    pub key: Key,
    pub texts: T,
}

impl<T: RankedTexts> Ranked<T> {
    pub fn made(self, cx: &Context<'_>, noun: &str) -> Result<Made, Problems> {
        let longest = self.texts.longest().unwrap_or_else(|| self.longest());
        check_longest(cx, longest, noun)?;
        Ok(Made { longest: Some(longest), ..Made::drawn(LogicalType::String, self.clone()).counted(self) })
    }

    fn texts(&self, ranks: impl ExactSizeIterator<Item = u64>) -> ArrayRef {
        let mut column = TextColumn::with_capacity(ranks.len(), 16);
        let mut scratch = String::new();
        for rank in ranks {
            scratch.clear();
            self.texts.write(rank, &mut scratch, column.out());
            column.end();
        }
        Arc::new(column.finish())
    }

    /// The most characters. Texts of one form lie side by side and are alike in length, and each form has more than a hundredth of the
    /// texts, so that evenly spaced ranks meet them all.
    fn longest(&self) -> u64 {
        const STEPS: u128 = 128;
        let last = u128::from(self.texts.total().saturating_sub(1));
        let mut longest = 0;
        for step in 0..=STEPS {
            let (mut scratch, mut out) = (String::new(), String::new());
            self.texts.write((last * step / STEPS) as u64, &mut scratch, &mut out);
            longest = longest.max(out.chars().count() as u64);
        }
        longest
    }
}

impl<T: RankedTexts> Fill for Ranked<T> {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let count = self.texts.total();
        Ok(self.texts((0..rows.len()).map(|position| key.below(rows.at(position), count))))
    }
}

impl<T: RankedTexts> Countable for Ranked<T> {
    fn count(&self) -> u128 {
        u128::from(self.texts.total())
    }

    fn unrank(&self, positions: &[u128]) -> ArrayRef {
        self.texts(positions.iter().map(|position| *position as u64))
    }
}

//! Columns of texts that can all be numbered: each equally likely, and `unique` to the last of them.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;

use super::text::{TextColumn, nothing_fits};
use super::{Cells, Countable, Fill, Made, Problems, Rows, RunError};
use crate::plan::Context;
use crate::random::Key;
use crate::types::LogicalType;

/// Distinct texts, each with a rank.
pub(super) trait Numbered: Send + Sync + 'static {
    /// How many there are.
    fn count(&self) -> u128;

    /// The most characters of one.
    fn longest(&self) -> u64;

    /// Appends the text at a rank below the count.
    fn write(&self, rank: u128, out: &mut String);
}

/// The column; `noun` says what does not fit where the longest text is longer than the column allows.
pub(super) fn column(cx: &Context<'_>, texts: impl Numbered, noun: &str) -> Result<Made, Problems> {
    let longest = texts.longest();
    if let Some(most) = cx.lengths().1.filter(|most| u64::from(*most) < longest) {
        let detail = format!("{noun} can have {longest} characters, and the column takes {most}");
        return Err(vec![nothing_fits(detail)]);
    }
    let texts = Arc::new(texts);
    let fill = Drawn { key: cx.key("value"), texts: Arc::clone(&texts) };
    Ok(Made { longest: Some(longest), ..Made::drawn(LogicalType::String, fill).counted(Listed(texts)) })
}

struct Drawn<T> {
    key: Key,
    texts: Arc<T>,
}

impl<T: Numbered> Fill for Drawn<T> {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let count = self.texts.count();
        Ok(texts_at(&*self.texts, rows.iter().map(|row| key.cell(row).below_u128(count)), rows.len()))
    }
}

struct Listed<T>(Arc<T>);

impl<T: Numbered> Countable for Listed<T> {
    fn count(&self) -> u128 {
        self.0.count()
    }

    fn unrank(&self, positions: &[u128]) -> ArrayRef {
        texts_at(&*self.0, positions.iter().copied(), positions.len())
    }
}

fn texts_at(texts: &impl Numbered, ranks: impl Iterator<Item = u128>, count: usize) -> ArrayRef {
    let mut column = TextColumn::with_capacity(count, texts.longest().min(64) as usize);
    for rank in ranks {
        texts.write(rank, column.out());
        column.end();
    }
    Arc::new(column.finish())
}

/// Whether every text of some is as long as it says, and no two are alike: for tests of those that are few.
#[cfg(test)]
pub(super) fn check(texts: &impl Numbered, ranks: impl Iterator<Item = u128>) -> Vec<String> {
    let mut made = std::collections::BTreeSet::new();
    let mut all = Vec::new();
    for rank in ranks {
        let mut text = String::new();
        texts.write(rank, &mut text);
        assert!(text.chars().count() as u64 <= texts.longest(), "{text}");
        assert!(made.insert(text.clone()), "{text} stands twice");
        all.push(text);
    }
    all
}

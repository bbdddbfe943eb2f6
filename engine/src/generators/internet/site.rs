//! The site of the row's company: the domain that its people's addresses have, and pages of it.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};

use super::super::person::letters::{COMPANY_CHARACTERS, Scratch, write_slug};
use super::super::text::TextColumn;
use super::super::{Cells, Fill, Made, Problems, Rows, RunError};
use crate::locale::Locale;
use crate::plan::Context;
use crate::random::Key;
use crate::types::LogicalType;

/// The most words of a page's path.
const WORDS: u64 = 3;

/// Domains, or pages, of companies. Input: the companies' names.
struct Site {
    company: usize,
    locale: &'static Locale,
    ending: String,
    /// What stands before the domain of a page.
    before: String,
    /// The words of pages' paths; none where there are only domains.
    words: Option<Arc<[String]>>,
    key: Key,
}

/// The column as the company's site, where the row shows a company and nothing keeps its rows apart or short; `before` is what a page has before
/// its domain.
pub(super) fn of_company(
    cx: &mut Context<'_>,
    ending: Option<&str>,
    before: Option<String>,
    words: Option<Arc<[String]>>,
) -> Result<Option<Made>, Problems> {
    if cx.unique() || cx.lengths().1.is_some() || !cx.shows_attribute(&["company_name"]) {
        return Ok(None);
    }
    let company = cx.attribute("company_name")?;
    let ending = ending.unwrap_or(if cx.safe() { "example" } else { "com" });
    let (ending, before) = (format!(".{ending}"), before.unwrap_or_default());
    let site = Site { company, locale: cx.locale(), ending, before, words, key: cx.key("value") };
    Ok(Some(match site.words {
        Some(_) => Made::drawn(LogicalType::String, site),
        None => Made::computed(LogicalType::String, site),
    }))
}

impl Fill for Site {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let companies = cells.inputs[self.company].as_string_view_opt();
        let companies = companies.ok_or_else(|| RunError::new("a company's name is no text"))?;
        let (key, mut scratch) = (cells.key(&self.key), Scratch::default());
        let mut column = TextColumn::with_capacity(rows.len(), COMPANY_CHARACTERS);
        for (at, row) in rows.iter().enumerate() {
            if companies.is_null(at) {
                column.end_null();
                continue;
            }
            column.out().push_str(&self.before);
            write_slug(Some(companies.value(at)), self.locale, &mut scratch, column.out());
            column.out().push_str(&self.ending);
            if !self.before.is_empty() {
                column.out().push('/');
            }
            if let Some(words) = &self.words {
                let count = if words.is_empty() { 0 } else { key.below(row, WORDS) + 1 };
                for step in 0..count {
                    if step > 0 {
                        column.out().push('/');
                    }
                    let word = key.child(step).below(row, words.len() as u64) as usize;
                    column.out().push_str(&words[word]);
                }
            }
            column.end();
        }
        Ok(Arc::new(column.finish()))
    }
}

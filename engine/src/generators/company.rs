//! Companies: attributes of the company that a row is about.

mod codes;
mod goods;
pub(super) mod products;

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::codes::TaxId;
pub use self::goods::{Ean, Price, Sku};
use super::lists::from_locale;
use super::text::{TextColumn, fits, nothing_fits};
use super::{Cells, Countable, Fill, Generator, Made, Problems, Rows, RunError};
use crate::locale::{CompanyNames, FittingNames};
use crate::plan::Context;
use crate::random::Key;
use crate::types::LogicalType;

/// A company's name with its legal form, in the manner of the locale's country.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompanyName {}

impl Generator for CompanyName {
    const EXAMPLE: &'static str = "{type: company_name}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let names = cx.locale().company_names();
        let key = cx.key("value");
        let Some(limit) = cx.lengths().1 else {
            return Ok(Made::drawn(LogicalType::String, Names { key, names, fitting: None }).counted(AllNames(names)));
        };
        let fitting = Arc::new(names.within(limit as usize));
        if fitting.count() == 0 {
            return Err(vec![nothing_fits(format!("no company name has at most {limit} characters"))]);
        }
        let domain = ShortNames(Arc::clone(&fitting));
        let fill = Names { key, names, fitting: Some((limit, fitting)) };
        Ok(Made { longest: Some(u64::from(limit)), ..Made::drawn(LogicalType::String, fill).counted(domain) })
    }
}

struct Names {
    key: Key,
    names: &'static CompanyNames,
    /// The most characters, and the names within them.
    fitting: Option<(u32, Arc<FittingNames<'static>>)>,
}

/// How often a name is drawn by weight before one that fits is taken: usual forms stay usual, and a tight limit costs no more than this.
const TRIES: u32 = 16;

impl Fill for Names {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let mut column = TextColumn::with_capacity(rows.len(), 28);
        for row in rows.iter() {
            let mut cell = key.cell(row);
            let out = column.out();
            match &self.fitting {
                None => self.names.write_company_name(&mut |n| cell.below(n), out),
                Some((limit, fitting)) => {
                    let start = out.len();
                    let drawn = (0..TRIES).any(|_| {
                        out.truncate(start);
                        self.names.write_company_name(&mut |n| cell.below(n), out);
                        fits(&out[start..], Some(*limit))
                    });
                    if !drawn {
                        out.truncate(start);
                        fitting.unrank(cell.below(fitting.count()), out);
                    }
                }
            }
            column.end();
        }
        Ok(Arc::new(column.finish()))
    }
}

/// All names.
struct AllNames(&'static CompanyNames);

impl Countable for AllNames {
    fn count(&self) -> u128 {
        self.0.company_name_count()
    }

    fn unrank(&self, positions: &[u128]) -> ArrayRef {
        let mut column = TextColumn::with_capacity(positions.len(), 28);
        for position in positions {
            self.0.unrank_company_name(*position, column.out());
            column.end();
        }
        Arc::new(column.finish())
    }
}

/// The names of at most a number of characters.
struct ShortNames(Arc<FittingNames<'static>>);

impl Countable for ShortNames {
    fn count(&self) -> u128 {
        u128::from(self.0.count())
    }

    fn unrank(&self, positions: &[u128]) -> ArrayRef {
        let mut column = TextColumn::with_capacity(positions.len(), 28);
        for position in positions {
            self.0.unrank(*position as u64, column.out());
            column.end();
        }
        Arc::new(column.finish())
    }
}

/// An industry, named in the locale's language.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Industry {}

impl Generator for Industry {
    const EXAMPLE: &'static str = "{type: industry}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        from_locale(cx, cx.locale().industries())
    }
}

/// A department of a company, named in the locale's language; usual ones more often.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Department {}

impl Generator for Department {
    const EXAMPLE: &'static str = "{type: department}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        from_locale(cx, cx.locale().departments())
    }
}

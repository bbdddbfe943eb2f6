//! Telephone numbers: any of the country, or one of the row's place.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::place::shows_place;
use super::super::records::record_rows;
use super::super::text::TextColumn;
use super::super::{Cells, Fill, Generator, Made, Problems, Rows, RunError};
use super::ranked::{Ranked, RankedTexts};
use super::{check_country, check_longest};
use crate::locale::{PhoneBlock, PhoneKind, PhonePlan};
use crate::plan::Context;
use crate::problem::Problem;
use crate::random::Key;
use crate::types::LogicalType;

/// What a telephone number is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhoneUse {
    /// A mobile telephone.
    Mobile,
    /// A telephone at an address.
    Landline,
}

/// How a telephone number is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhoneFormat {
    /// In the international form of E.164: `+12125550123`.
    E164,
    /// As it is printed in the country: `(212) 555-0123`.
    National,
}

/// A telephone number of the locale's country, each equally likely; where numbers belong to areas and the table shows the row's place, of
/// that place. Where the dataset is safe and the country keeps numbers for fiction, it is one of those. With `unique` numbers are of the
/// whole country.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Phone {
    /// What it is for: `mobile` or `landline`; mobile when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<PhoneUse>,
    /// How it is printed: `e164` or `national`; e164 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    format: Option<PhoneFormat>,
    /// The country's two letters; only that of the locale is supported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
}

impl Generator for Phone {
    const EXAMPLE: &'static str = "{type: phone, format: national}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        check_country(cx, self.country.as_ref())?;
        let locale = cx.locale();
        let plan = locale.phone_plan();
        let asked = match self.kind {
            Some(PhoneUse::Landline) => PhoneKind::Landline,
            Some(PhoneUse::Mobile) | None => PhoneKind::Mobile,
        };
        let reserved = cx.safe() && !plan.blocks(asked.fictional()).is_empty();
        let kind = if reserved {
            cx.keep_reserved();
            asked.fictional()
        } else {
            asked
        };
        let blocks = plan.blocks(kind);
        if blocks.is_empty() {
            let detail = format!("the numbering plan of {} has no such numbers", locale.country());
            return Err(vec![Problem::new("empty_list", detail).at("/kind")]);
        }
        let format = self.format.unwrap_or(PhoneFormat::E164);
        // A person's mobile and landline are two numbers.
        let key = cx.key(if asked == PhoneKind::Landline { "component" } else { "value" });
        let of_areas = blocks.iter().any(|block| !block.area_code().is_empty());
        if !of_areas || cx.is_fixed() || !shows_place(cx) {
            let numbers = PhoneNumbers { blocks: Blocks::new(plan, blocks), format };
            return Ranked { key, texts: numbers }.made(cx, "a telephone number");
        }
        let states = locale.states();
        let mut all = Vec::new();
        let cities = locale.cities().iter().map(|city| {
            let start = all.len();
            all.extend(plan.blocks_in(kind, &city.area_codes, &states[city.state].area_codes));
            start..all.len()
        });
        let cities: Vec<Range<usize>> = cities.collect();
        let blocks = Blocks::new(plan, all);
        let longest = blocks.longest(format);
        check_longest(cx, longest, "a telephone number")?;
        let city = cx.attribute("place_row")?;
        let fill = LocalNumbers { key, city, cities, blocks, format };
        Ok(Made { longest: Some(longest), ..Made::drawn(LogicalType::String, fill) })
    }
}

/// Blocks of numbers, one after another.
#[derive(Clone)]
struct Blocks {
    plan: &'static PhonePlan,
    list: Arc<[PhoneBlock]>,
    /// How many numbers stand before each block; at the end all.
    before: Arc<[u64]>,
}

impl Blocks {
    fn new(plan: &'static PhonePlan, list: Vec<PhoneBlock>) -> Blocks {
        let mut before = vec![0];
        let mut total = 0;
        for block in &list {
            total += block.count();
            before.push(total);
        }
        Blocks { plan, list: list.into(), before: before.into() }
    }

    /// How many numbers some of the blocks have.
    fn count(&self, blocks: &Range<usize>) -> u64 {
        self.before[blocks.end] - self.before[blocks.start]
    }

    /// Appends the number at a rank among those of some of the blocks; `significant` is empty.
    fn write(&self, blocks: &Range<usize>, rank: u64, format: PhoneFormat, significant: &mut String, out: &mut String) {
        let rank = self.before[blocks.start] + rank;
        let at = blocks.start + self.before[blocks.start + 1..blocks.end].partition_point(|before| *before <= rank);
        let block = &self.list[at];
        block.write_significant(rank - self.before[at], significant);
        match format {
            PhoneFormat::E164 => self.plan.write_e164(significant, out),
            PhoneFormat::National => block.write_national(significant, out),
        }
    }

    fn longest(&self, format: PhoneFormat) -> u64 {
        let length = |block: &PhoneBlock| match format {
            PhoneFormat::E164 => 1 + self.plan.calling_code().len() + block.width(),
            PhoneFormat::National => block.printed_width(),
        };
        self.list.iter().map(length).max().unwrap_or(0) as u64
    }
}

/// The numbers of a kind in one printed form.
#[derive(Clone)]
struct PhoneNumbers {
    blocks: Blocks,
    format: PhoneFormat,
}

impl RankedTexts for PhoneNumbers {
    fn total(&self) -> u64 {
        self.blocks.count(&(0..self.blocks.list.len()))
    }

    fn write(&self, rank: u64, significant: &mut String, out: &mut String) {
        self.blocks.write(&(0..self.blocks.list.len()), rank, self.format, significant, out);
    }

    fn longest(&self) -> Option<u64> {
        Some(self.blocks.longest(self.format))
    }
}

/// Numbers of the row's city.
struct LocalNumbers {
    key: Key,
    /// The input that holds the row's city.
    city: usize,
    /// Where the blocks of each city stand.
    cities: Vec<Range<usize>>,
    blocks: Blocks,
    format: PhoneFormat,
}

impl Fill for LocalNumbers {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let cities = record_rows(cells, self.city)?;
        let mut column = TextColumn::with_capacity(rows.len(), 16);
        let mut scratch = String::new();
        for (row, city) in rows.iter().zip(cities) {
            let blocks = &self.cities[*city as usize];
            scratch.clear();
            let rank = key.below(row, self.blocks.count(blocks));
            self.blocks.write(blocks, rank, self.format, &mut scratch, column.out());
            column.end();
        }
        Ok(Arc::new(column.finish()))
    }
}

//! Postal codes of the row's place.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::person::check_longest;
use super::super::records::record_rows;
use super::super::text::TextColumn;
use super::super::{Cells, Fill, Generator, Made, Problems, Rows, RunError};
use super::address::writes_district;
use crate::plan::Context;
use crate::problem::Problem;
use crate::random::{Cell, Key};
use crate::types::LogicalType;

/// A postal code of the row's city, or of its district where the table shows one that is a part of the city and has codes of its own.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PostalCode {}

impl Generator for PostalCode {
    const EXAMPLE: &'static str = "{type: postal_code}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let locale = cx.locale();
        let mut masks = Masks::default();
        let cities = locale.cities().iter().zip(locale.districts_of_cities());
        let cities = cities.map(|(city, districts)| {
            // A city without codes of its own has those of its districts.
            let of_district = |place: &u32| locale.districts()[*place as usize].postal_mask;
            if city.postal_masks.is_empty() {
                let known: Vec<&str> = districts.iter().map(of_district).filter(|mask| !mask.is_empty()).collect();
                masks.add(&known)
            } else {
                masks.add(&city.postal_masks)
            }
        });
        let cities: Vec<Range<u32>> = cities.collect();
        let by_district =
            writes_district(cx) || cx.is_draw_of("place") || cx.shows_attribute(&["district", "admin_code"]);
        let mut districts = Vec::new();
        let mut district = None;
        if by_district && locale.districts().iter().any(|district| !district.postal_mask.is_empty()) {
            district = Some(cx.attribute("district_row")?);
            districts = locale.districts().iter().map(|district| masks.add_one(district.postal_mask)).collect();
            // A district that is the city itself has the codes of the city, of which its own mask is the usual one alone.
            for (at, places) in locale.districts_of_cities().iter().enumerate() {
                if let [place] = places.as_slice()
                    && locale.districts()[*place as usize].name == locale.cities()[at].name
                    && !locale.cities()[at].postal_masks.is_empty()
                {
                    districts[*place as usize] = cities[at].clone();
                }
            }
        }
        let city = cx.attribute("place_row")?;
        let Some(longest) = masks.list.iter().map(|mask| mask.chars().count() as u64).max() else {
            return Err(vec![Problem::new("empty_list", "the locale has no postal codes")]);
        };
        check_longest(cx, longest, "a postal code")?;
        let letters = locale.postal_letters().as_bytes();
        let nullable = cities.iter().any(Range::is_empty);
        let fill = PostalCodes { key: cx.key("value"), city, district, masks: masks.list, cities, districts, letters };
        Ok(Made { longest: Some(longest), nullable, ..Made::drawn(LogicalType::String, fill) })
    }
}

/// Masks of many places, one after another.
#[derive(Default)]
struct Masks {
    list: Vec<&'static str>,
}

impl Masks {
    fn add(&mut self, masks: &[&'static str]) -> Range<u32> {
        let start = self.list.len() as u32;
        self.list.extend(masks);
        start..self.list.len() as u32
    }

    fn add_one(&mut self, mask: &'static str) -> Range<u32> {
        if mask.is_empty() { self.add(&[]) } else { self.add(&[mask]) }
    }
}

struct PostalCodes {
    key: Key,
    /// The input that holds the row's city.
    city: usize,
    /// The input that holds the row's district, where districts have codes.
    district: Option<usize>,
    masks: Vec<&'static str>,
    /// Where the masks of each city stand.
    cities: Vec<Range<u32>>,
    /// Where those of each district stand.
    districts: Vec<Range<u32>>,
    /// The letters that a mask's `@` stands for.
    letters: &'static [u8],
}

impl PostalCodes {
    fn write(&self, masks: &Range<u32>, cell: &mut Cell, out: &mut String) {
        let count = u64::from(masks.end - masks.start);
        let mask = self.masks[masks.start as usize + cell.below(count) as usize];
        for c in mask.chars() {
            match c {
                '#' => out.push(char::from(b'0' + cell.below(10) as u8)),
                '@' => out.push(char::from(self.letters[cell.below(self.letters.len() as u64) as usize])),
                other => out.push(other),
            }
        }
    }
}

impl Fill for PostalCodes {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let cities = record_rows(cells, self.city)?;
        let districts = self.district.map(|input| record_rows(cells, input)).transpose()?;
        let mut column = TextColumn::with_capacity(rows.len(), 0);
        for (position, row) in rows.iter().enumerate() {
            let of_district = districts.map(|districts| &self.districts[districts[position] as usize]);
            let of_district = of_district.filter(|masks| !masks.is_empty());
            let masks = of_district.unwrap_or_else(|| &self.cities[cities[position] as usize]);
            if masks.is_empty() {
                column.end_null();
                continue;
            }
            self.write(masks, &mut key.cell(row), column.out());
            column.end();
        }
        Ok(Arc::new(column.finish()))
    }
}

//! Things of one trade that are known by a list: vehicles, airports, diseases.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, StringViewArray};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::lists::{Draw, FromList, List, likely};
use super::super::numbered::{self, Numbered};
use super::super::person::{text_attribute, texts};
use super::super::text::nothing_fits;
use super::super::{Cells, Fill, Generator, Made, Problems, Rows, RunError};
use crate::plan::Context;
use crate::problem::Problem;
use crate::random::{Alias, Key};
use crate::types::LogicalType;

/// A maker of cars and, behind it, some of its models; the makers that sell most in the world more often.
const VEHICLES: &str = include_str!("../../../data/common/vehicles.tsv");

/// Airports' codes, the busiest first.
const AIRPORTS: &str = include_str!("../../../data/common/airports.tsv");

/// Blocks of the ICD-10: chapter, first and last category, categories inside that there are not.
const DISEASES: &str = include_str!("../../../data/common/icd10.tsv");

/// Makers, each with its weight and models.
fn makers() -> impl Iterator<Item = (&'static str, f64, Vec<&'static str>)> {
    VEHICLES.lines().map(|line| {
        let mut fields = line.split('\t');
        let (name, weight) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        let models = fields.next().unwrap_or_default().split(',').collect();
        (name, weight.parse().unwrap_or(1.0), models)
    })
}

/// A column drawn from texts by weight, those that fit.
fn by_weight(cx: &Context<'_>, texts: impl Iterator<Item = (&'static str, f64)>, noun: &str) -> Result<Made, Problems> {
    let (least, most) = cx.lengths();
    let (texts, weights): (Vec<&str>, Vec<f64>) = texts
        .filter(|(text, _)| {
            let length = text.chars().count();
            length >= least as usize && most.is_none_or(|most| length <= most as usize)
        })
        .unzip();
    let alias =
        Alias::new(&weights).ok_or_else(|| vec![nothing_fits(format!("no {noun} has the column's lengths"))])?;
    let list = List::of_texts(texts);
    let (longest, domain) = (list.longest(), likely(&list, &weights));
    let fill = FromList { list, key: cx.key("value"), draw: Draw::Weighted(alias) };
    Ok(Made { longest, ..Made::drawn(LogicalType::String, fill).counted(domain) })
}

/// A maker of cars; those that sell most in the world more often.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VehicleMake {}

impl Generator for VehicleMake {
    const EXAMPLE: &'static str = "{type: vehicle_make}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let made = by_weight(cx, makers().map(|(name, weight, _)| (name, weight)), "maker of cars")?;
        let dealt = cx.deals("vehicle_model") && !cx.is_decided("vehicle_make");
        let dealt = dealt && cx.setting("vehicle_model", "of").is_none();
        let model = if dealt { cx.fixed("vehicle_model")? } else { cx.given("vehicle_model")? };
        Ok(match model {
            Some(model) => Made { fill: Box::new(MakerOf { own: made.fill, model }), ..made },
            None => made,
        })
    }
}

/// The maker of the model that another column decides, else one of its own.
struct MakerOf {
    own: Box<dyn Fill>,
    model: usize,
}

impl Fill for MakerOf {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let models = texts(cells, self.model)?;
        let own = self.own.fill(cells, rows)?;
        let own = own.as_string_view_opt().ok_or_else(|| RunError::new("a maker that is no text"))?;
        let mut makers_of: HashMap<&str, &str> = HashMap::new();
        for (maker, _, models) in makers() {
            models.into_iter().for_each(|model| {
                makers_of.entry(model).or_insert(maker);
            });
        }
        let made = models.iter().zip(own).map(|(model, own)| model.and_then(|m| makers_of.get(m).copied()).or(own));
        Ok(Arc::new(made.collect::<StringViewArray>()))
    }
}

/// Whether a text is a maker of which models are known.
pub fn is_make(name: &str) -> bool {
    makers().any(|(known, ..)| known == name)
}

/// A model of car, by the row's maker.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VehicleModel {
    /// The column of the maker; the row's `vehicle_make` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    of: Option<String>,
}

impl Generator for VehicleModel {
    const EXAMPLE: &'static str = "{type: vehicle_model}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        if self.of.is_none() && cx.is_fixed() && !cx.is_decided("vehicle_make") {
            // The maker follows from the model that is dealt.
            let of_maker = |(_, weight, models): (&str, f64, Vec<&'static str>)| {
                let each = weight / models.len() as f64;
                models.into_iter().map(move |model| (model, each))
            };
            return by_weight(cx, makers().flat_map(of_maker), "model of a car");
        }
        let make = match &self.of {
            None => text_attribute(cx, "vehicle_make")?,
            Some(column) => {
                let at = |found: Problems| found.into_iter().map(|problem| problem.at("/of")).collect::<Problems>();
                let input = cx.column(column).map_err(at)?;
                if !cx.input_type(input).is_text() {
                    let detail = format!("a maker is a text, and {column} is {}", cx.input_type(input));
                    return Err(vec![Problem::new("no_text", detail).at("/of")]);
                }
                input
            }
        };
        let all: Vec<(&str, Vec<&str>)> = makers().map(|(name, _, models)| (name, models)).collect();
        let mut starts = Vec::with_capacity(all.len());
        let mut models = Vec::new();
        for (name, of) in &all {
            starts.push((*name, models.len(), of.len() as u64));
            models.extend_from_slice(of);
        }
        let list = List::of_texts(models);
        let longest = list.longest();
        if let Some((longest, most)) = longest.zip(cx.lengths().1).filter(|(longest, most)| *longest > u64::from(*most))
        {
            let detail = format!("a model can have {longest} characters, and the column takes {most}");
            return Err(vec![nothing_fits(detail)]);
        }
        let fill = Models { key: cx.key("value"), make, starts, list };
        Ok(Made { longest, nullable: true, ..Made::drawn(LogicalType::String, fill) })
    }
}

struct Models {
    key: Key,
    make: usize,
    /// Each maker, its first model in the list and how many it has.
    starts: Vec<(&'static str, usize, u64)>,
    list: List,
}

impl Fill for Models {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let makes = texts(cells, self.make)?;
        let key = cells.key(&self.key);
        // A maker that is not known here has any model.
        let all = datafusion::arrow::array::Array::len(&self.list.values) as u64;
        let places: Vec<usize> = rows
            .iter()
            .zip(makes)
            .map(|(row, make)| {
                let known = self.starts.iter().find(|(name, ..)| make == Some(*name));
                let (start, count) = known.map_or((0, all), |(_, start, count)| (*start, *count));
                start + key.below(row, count) as usize
            })
            .collect();
        self.list.gather(places.into_iter())
    }
}

/// An airport's three letters by IATA; busy airports more often.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AirportCode {}

impl Generator for AirportCode {
    const EXAMPLE: &'static str = "{type: airport_code}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        // Passengers fall with the rank about as Zipf's law has it, less steeply at the head.
        let ranked = AIRPORTS.lines().enumerate().map(|(rank, code)| (code, 1.0 / (rank as f64 + 12.0)));
        by_weight(cx, ranked, "airport's code")
    }
}

/// A disease's category of the ICD-10 (WHO, 2019): a letter and two digits, each category equally likely.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Icd10Code {
    /// The chapter, 1 to 22; all chapters when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 22))]
    chapter: Option<u32>,
}

struct Categories(Vec<(u8, u8)>);

impl Categories {
    fn of(chapter: Option<u32>) -> Categories {
        let mut codes = Vec::new();
        for line in DISEASES.lines() {
            let mut fields = line.split('\t');
            let number: u32 = fields.next().and_then(|number| number.parse().ok()).unwrap_or_default();
            if chapter.is_some_and(|chapter| chapter != number) {
                continue;
            }
            let code = |text: &str| Some((*text.as_bytes().first()?, text.get(1..)?.parse::<u8>().ok()?));
            let (Some(first), Some(last)) = (fields.next().and_then(code), fields.next().and_then(code)) else {
                continue;
            };
            let missing: Vec<(u8, u8)> = fields.next().unwrap_or_default().split(',').filter_map(code).collect();
            codes.extend((first.1..=last.1).map(|number| (first.0, number)).filter(|code| !missing.contains(code)));
        }
        Categories(codes)
    }
}

impl Numbered for Categories {
    fn count(&self) -> u128 {
        self.0.len() as u128
    }

    fn longest(&self) -> u64 {
        3
    }

    fn write(&self, rank: u128, out: &mut String) {
        let (letter, number) = self.0[rank as usize];
        out.push(char::from(letter));
        out.push(char::from(b'0' + number / 10));
        out.push(char::from(b'0' + number % 10));
    }
}

impl Generator for Icd10Code {
    const EXAMPLE: &'static str = "{type: icd10_code, chapter: 10}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let categories = Categories::of(self.chapter);
        if categories.0.is_empty() {
            let detail = format!("the ICD-10 has no chapter {}", self.chapter.unwrap_or_default());
            return Err(vec![Problem::new("out_of_range", detail).remedy("its chapters are 1 to 22").at("/chapter")]);
        }
        numbered::column(cx, categories, "a category of the ICD-10")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_maker_has_models_and_stands_once() {
        let mut names = std::collections::BTreeSet::new();
        for (name, weight, models) in makers() {
            assert!(names.insert(name) && weight > 0.0, "{name}");
            assert!(models.len() >= 3 && models.iter().all(|model| !model.is_empty()), "{name}");
        }
        assert!(names.len() >= 40);
    }

    #[test]
    fn airports_are_three_letters_and_each_stands_once() {
        let codes: std::collections::BTreeSet<&str> = AIRPORTS.lines().collect();
        assert_eq!(codes.len(), AIRPORTS.lines().count());
        assert!(codes.len() >= 200);
        assert!(codes.iter().all(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())));
    }

    #[test]
    fn every_chapter_has_its_categories() {
        for chapter in 1..=22 {
            let categories = Categories::of(Some(chapter));
            assert!(categories.0.len() >= 5, "{chapter}");
            numbered::check(&categories, 0..categories.count());
        }
        let all = numbered::check(&Categories::of(None), 0..Categories::of(None).count());
        assert!(all.iter().any(|code| code == "J45") && !all.iter().any(|code| code == "A10"));
        assert!(Categories::of(Some(23)).0.is_empty());
    }
}

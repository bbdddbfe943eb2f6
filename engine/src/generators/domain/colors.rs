//! Colours: name and hexadecimal value of one entity are those of one colour.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::lists::{List, likely};
use super::super::records::{OfRecord, Record, RecordPart, part};
use super::super::{Generator, Made, Problems};
use crate::plan::Context;
use crate::types::LogicalType;

/// The hidden attribute of the row's colour, by its place in the list of colours.
pub(crate) fn color_row(cx: &mut Context<'_>) -> Result<Made, Problems> {
    let names = names(cx);
    Record { weights: weights(cx), parts: vec![RecordPart { attribute: "color_name", texts: names }], noun: "colour" }
        .made(cx)
}

fn names(cx: &Context<'_>) -> Vec<&'static str> {
    cx.locale().colors().iter().map(|color| color.name).collect()
}

fn weights(cx: &Context<'_>) -> Vec<f64> {
    cx.locale().colors().iter().map(|color| color.weight as f64).collect()
}

/// A colour, named in the locale's language.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColorName {}

impl Generator for ColorName {
    const EXAMPLE: &'static str = "{type: color_name}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let (names, weights) = (names(cx), weights(cx));
        part(cx, "color_row", &names, || weights, "colour")
    }
}

/// A colour as `#` and six hexadecimal digits: that of the row's colour name.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HexColor {}

impl Generator for HexColor {
    const EXAMPLE: &'static str = "{type: hex_color}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let texts: Vec<String> = cx.locale().colors().iter().map(|color| format!("#{}", color.rgb)).collect();
        let list = List::of_texts(texts.iter().map(String::as_str));
        let row = cx.attribute("color_row")?;
        let (longest, domain) = (list.longest(), likely(&list, &weights(cx)));
        let made = Made { longest, ..Made::computed(LogicalType::String, OfRecord { row, list }) };
        // Dealt by position a colour stands alone: only where no column names it.
        Ok(if cx.shows_attribute(&["color_name"]) { made } else { made.counted(domain) })
    }
}

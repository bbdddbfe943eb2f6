//! Colours: name and hexadecimal value of one entity are those of one colour.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::lists::List;
use super::super::records::{OfRecord, Record, RecordPart, part};
use super::super::{Generator, Made, Problems};
use crate::plan::Context;
use crate::types::LogicalType;

/// The hidden attribute of the row's colour, by its place in the list of colours.
pub(crate) fn color_row(cx: &mut Context<'_>) -> Result<Made, Problems> {
    let parts = vec![
        RecordPart { attribute: "color_name", texts: names(cx) },
        RecordPart { attribute: "hex_color", texts: values(cx) },
    ];
    Record { weights: weights(cx), parts, noun: "colour" }.made(cx)
}

/// The colours' values, each made once and kept.
fn values(cx: &Context<'_>) -> Vec<&'static str> {
    static MADE: LazyLock<Mutex<HashMap<&'static str, &'static str>>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let colors = cx.locale().colors().iter();
    colors.map(|color| *made.entry(color.rgb).or_insert_with(|| format!("#{}", color.rgb).leak())).collect()
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
        let (values, weights) = (values(cx), weights(cx));
        if cx.deals("color_name") {
            // Dealt by position a colour stands alone: only where its name is not dealt as well.
            let list = List::of_texts(values);
            let row = cx.attribute("color_row")?;
            let longest = list.longest();
            return Ok(Made { longest, ..Made::computed(LogicalType::String, OfRecord { row, list }) });
        }
        part(cx, "color_row", &values, || weights, "colour")
    }
}

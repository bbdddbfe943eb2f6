//! Products of a shop: name and category of one entity are those of one product.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::records::{Record, RecordPart, part};
use super::super::{Generator, Made, Problems};
use crate::locale::Product;
use crate::plan::Context;

/// The hidden attribute of the row's product, by its place in the list of products.
pub(crate) fn product_row(cx: &mut Context<'_>) -> Result<Made, Problems> {
    Record {
        weights: weights(cx),
        parts: vec![
            RecordPart { attribute: "product_name", texts: texts(cx, |product| product.name) },
            RecordPart { attribute: "product_category", texts: texts(cx, |product| product.category) },
        ],
        noun: "product",
    }
    .made(cx)
}

fn weights(cx: &Context<'_>) -> Vec<f64> {
    cx.locale().products().iter().map(|product| product.weight as f64).collect()
}

fn texts(cx: &Context<'_>, text: fn(&Product) -> &'static str) -> Vec<&'static str> {
    cx.locale().products().iter().map(text).collect()
}

/// A product as a shop of the locale's country lists it, of the row's category.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductName {}

impl Generator for ProductName {
    const EXAMPLE: &'static str = "{type: product_name}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let (texts, weights) = (texts(cx, |product| product.name), weights(cx));
        part(cx, "product_row", &texts, || weights, "product")
    }
}

/// The category of the row's product.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductCategory {}

impl Generator for ProductCategory {
    const EXAMPLE: &'static str = "{type: product_category}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let (texts, weights) = (texts(cx, |product| product.category), weights(cx));
        part(cx, "product_row", &texts, || weights, "product's category")
    }
}

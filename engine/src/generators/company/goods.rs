//! Codes and prices of goods.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::identifiers::Numbers;
use super::super::interval::{Step, Uniform};
use super::super::keys::masked;
use super::super::{Generator, Made, Problems};
use crate::identifiers::{Needs, eans};
use crate::plan::{Context, Scalar};
use crate::problem::Problem;
use crate::types::{DEFAULT_PRECISION, LogicalType};

/// What an EAN stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EanOf {
    /// Any article of trade.
    Article,
    /// What a shop numbers for itself.
    Store,
    /// A book.
    Book,
}

/// An article number under a barcode (EAN, GTIN) with its check digit. Where the dataset is safe it starts with 2, which is left to shops for
/// their own use; others can be an article's.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ean {
    /// How many digits, 8 or 13; 13 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = [8, 13]))]
    length: Option<u32>,
    /// `article` for any article of trade, `store` for numbers that start with 2, `book` for an ISBN of 13 digits, which starts with 978. When
    /// absent, store where the dataset is safe, else article.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    of: Option<EanOf>,
}

impl Generator for Ean {
    const EXAMPLE: &'static str = "{type: ean, length: 13}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let length = match self.length.unwrap_or(13) {
            length @ (8 | 13) => length as usize,
            other => {
                let detail = format!("an EAN has 8 or 13 digits, not {other}");
                return Err(vec![Problem::new("out_of_range", detail).at("/length").propose(13)]);
            }
        };
        let of = self.of.unwrap_or(if cx.safe() { EanOf::Store } else { EanOf::Article });
        if of == EanOf::Book && length != 13 {
            let detail = format!("an ISBN here has 13 digits, not {length}");
            return Err(vec![Problem::new("out_of_range", detail).at("/length").propose(13)]);
        }
        let prefix = match of {
            EanOf::Article => None,
            EanOf::Store => Some("2"),
            EanOf::Book => Some("978"),
        };
        Numbers::new(vec![eans(length, prefix)], Needs::default(), None).made(cx, "an EAN")
    }
}

/// A shop's own code of an article.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sku {
    /// The shape: # a digit, @ a lower and ^ an upper case letter, * a letter or digit; \ takes the next character as it is. `^^^-#####` when
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
}

impl Generator for Sku {
    const EXAMPLE: &'static str = "{type: sku, pattern: \"^^-####\"}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        masked(cx, self.pattern.as_deref().unwrap_or("^^^-#####"), "/pattern")
    }
}

/// A price of two decimal places; each between the bounds is equally likely.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Smallest price; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "lower"))]
    min: Option<f64>,
    /// Largest price; 100 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "upper"))]
    max: Option<f64>,
    /// The hundredths that every price ends in, such as 99; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 99))]
    ending: Option<u32>,
}

/// A price in hundredths.
fn hundredths(price: f64, place: &str) -> Result<i64, Problems> {
    let units = libm::rint(price * 100.0);
    // Both are exact up to here.
    if price.is_finite() && units.abs() < 1e15 && (units / 100.0 - price).abs() < 1e-9 {
        return Ok(units as i64);
    }
    let detail = format!("{price} is no price of two decimal places");
    Err(vec![Problem::new("wrong_scale", detail).at(place)])
}

impl Generator for Price {
    const EXAMPLE: &'static str = "{type: price, min: 5, max: 200, ending: 99}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let (min, max) = (hundredths(self.min.unwrap_or(1.0), "/min")?, hundredths(self.max.unwrap_or(100.0), "/max")?);
        let (first, step) = match self.ending {
            None => (min, 1),
            Some(ending @ 0..=99) => (min + (i64::from(ending) - min).rem_euclid(100), 100),
            Some(other) => {
                let detail = format!("hundredths are 0 to 99, not {other}");
                return Err(vec![Problem::new("out_of_range", detail).at("/ending")]);
            }
        };
        if first > max {
            let detail = match self.ending {
                Some(ending) => format!("no price between min and max ends in {ending:02}"),
                None => "max is below min".to_owned(),
            };
            return Err(vec![Problem::new("empty_interval", detail).at("/max")]);
        }
        // Bounds of rules move the first price, and with it the ending: only prices without one keep them.
        let bounds = if self.ending.is_none() { cx.bounds().to_vec() } else { Vec::new() };
        let logical = LogicalType::Decimal { precision: DEFAULT_PRECISION, scale: 2 };
        let (min, max) = (Scalar::Constant(first), Scalar::Constant(max));
        Ok(Uniform { key: cx.key("value"), logical, min, max, step: Step::Every(step), bounds }.made())
    }
}

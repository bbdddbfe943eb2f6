//! Currencies.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::lists::{Draw, FromList, List, likely};
use super::super::{Generator, Made, Problems};
use crate::plan::Context;
use crate::problem::{Problem, pointer_step};
use crate::random::Alias;
use crate::types::LogicalType;

/// A currency's three letters by ISO 4217.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CurrencyCode {
    /// How often each currency comes, in proportion, such as `{USD: 5, EUR: 3}`; those that are not named never do. When absent, all
    /// currencies, those that are traded most more often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "weight"))]
    weights: Option<BTreeMap<String, f64>>,
}

impl Generator for CurrencyCode {
    const EXAMPLE: &'static str = "{type: currency_code, weights: {USD: 5, EUR: 3}}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let (codes, weights): (Vec<&str>, Vec<f64>) = match &self.weights {
            None => TRADED.iter().copied().chain(OTHERS.iter().map(|code| (*code, 0.05))).unzip(),
            Some(given) => {
                let known = |code: &str| {
                    TRADED.iter().map(|(known, _)| *known).chain(OTHERS).find(|known| known.eq_ignore_ascii_case(code))
                };
                let mut chosen = Vec::with_capacity(given.len());
                for (code, weight) in given {
                    let found = known(code).ok_or_else(|| {
                        let detail = format!("\"{code}\" is no currency of ISO 4217");
                        let place = format!("/weights{}", pointer_step(code));
                        vec![
                            Problem::new("unknown_currency", detail)
                                .remedy("write its three letters, such as USD")
                                .at(place),
                        ]
                    })?;
                    chosen.push((found, *weight));
                }
                chosen.into_iter().unzip()
            }
        };
        let alias = weights_of(&weights)?;
        let list = List::of_texts(codes);
        let (longest, domain) = (list.longest(), likely(&list, &weights));
        let fill = FromList { list, key: cx.key("value"), draw: Draw::Weighted(alias) };
        Ok(Made { longest, ..Made::drawn(LogicalType::String, fill).counted(domain) })
    }
}

/// The table of some weights, or the problem with them.
pub(super) fn weights_of(weights: &[f64]) -> Result<Alias, Problems> {
    if weights.is_empty() {
        return Err(vec![Problem::new("empty_list", "the map is empty").at("/weights")]);
    }
    Alias::new(weights).ok_or_else(|| {
        let detail = "weights are numbers from 0, and one of them is above it";
        vec![Problem::new("wrong_weights", detail).at("/weights")]
    })
}

/// Shares of foreign exchange turnover in hundredths, of two hundred (BIS, Triennial Central Bank Survey 2022).
const TRADED: [(&str, f64); 30] = [
    ("USD", 88.5),
    ("EUR", 30.5),
    ("JPY", 16.7),
    ("GBP", 12.9),
    ("CNY", 7.0),
    ("AUD", 6.4),
    ("CAD", 6.2),
    ("CHF", 5.2),
    ("HKD", 2.6),
    ("SGD", 2.4),
    ("SEK", 2.2),
    ("KRW", 1.9),
    ("NOK", 1.7),
    ("NZD", 1.7),
    ("INR", 1.6),
    ("MXN", 1.5),
    ("TWD", 1.1),
    ("ZAR", 1.0),
    ("BRL", 0.9),
    ("DKK", 0.7),
    ("PLN", 0.7),
    ("THB", 0.4),
    ("ILS", 0.4),
    ("IDR", 0.4),
    ("CZK", 0.4),
    ("AED", 0.4),
    ("TRY", 0.4),
    ("HUF", 0.3),
    ("CLP", 0.3),
    ("SAR", 0.2),
];

/// The other national currencies of ISO 4217.
const OTHERS: [&str; 122] = [
    "AFN", "ALL", "AMD", "AOA", "ARS", "AWG", "AZN", "BAM", "BBD", "BDT", "BHD", "BIF", "BMD", "BND", "BOB", "BSD",
    "BTN", "BWP", "BYN", "BZD", "CDF", "COP", "CRC", "CUP", "CVE", "DJF", "DOP", "DZD", "EGP", "ERN", "ETB", "FJD",
    "FKP", "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HNL", "HTG", "IQD", "IRR", "ISK", "JMD", "JOD", "KES",
    "KGS", "KHR", "KMF", "KPW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA",
    "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MYR", "MZN", "NAD", "NGN", "NIO", "NPR", "OMR", "PAB",
    "PEN", "PGK", "PHP", "PKR", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SBD", "SCR", "SDG", "SHP", "SLE", "SOS",
    "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "TJS", "TMT", "TND", "TOP", "TTD", "TZS", "UAH", "UGX", "UYU", "UZS",
    "VES", "VND", "VUV", "WST", "XAF", "XCD", "XOF", "XPF", "YER", "ZMW",
];

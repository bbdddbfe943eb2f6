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
                let mut chosen = Vec::with_capacity(given.len());
                for (code, weight) in given {
                    let place = format!("/weights{}", pointer_step(code));
                    let found = known(code).ok_or_else(|| vec![unknown_currency(code).at(place)])?;
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

/// A currency's code as ISO 4217 writes it.
fn known(code: &str) -> Option<&'static str> {
    TRADED.iter().map(|(known, _)| *known).chain(OTHERS).find(|known| known.eq_ignore_ascii_case(code))
}

/// The problem with a code that is none.
pub(super) fn unknown_currency(code: &str) -> Problem {
    let detail = format!("\"{code}\" is no currency of ISO 4217");
    Problem::new("unknown_currency", detail).remedy("write its three letters, such as USD")
}

/// How many decimal places currencies have.
pub(super) const MINOR_UNITS: [i8; 3] = [0, 2, 3];

/// Currencies without a smaller unit, and those of thousandths (ISO 4217); all others have hundredths.
const WHOLE: [&str; 16] =
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"];
const THOUSANDTHS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

/// Whether a text is a currency's code.
pub fn is_currency(code: &str) -> bool {
    known(code).is_some()
}

/// How many decimal places a currency has, where it is one.
pub(super) fn minor_unit(code: &str) -> Option<i8> {
    let code = known(code)?;
    Some(if WHOLE.contains(&code) {
        0
    } else if THOUSANDTHS.contains(&code) {
        3
    } else {
        2
    })
}

/// Countries whose currency is not named after them.
const SHARED: [(&str, &str); 9] = [
    (
        "EUR",
        "AD AT AX BE BG BL CY DE EE ES FI FR GF GP GR HR IE IT LT LU LV MC ME MF MQ MT NL PM PT RE SI SK SM TF VA XK YT",
    ),
    ("USD", "AS BQ EC FM GU IO MH MP PR PW TC TL UM VG VI"),
    ("XOF", "BF BJ CI GW ML NE SN TG"),
    ("XAF", "CF CG CM GA GQ TD"),
    ("XCD", "AG AI DM GD KN LC MS VC"),
    ("AUD", "CC CX HM KI NF NR TV"),
    ("NZD", "CK NU PN TK"),
    ("XPF", "NC PF WF"),
    ("GBP", "GG GS IM JE"),
];

/// The currency of a country by its two letters, which the code of its own currency begins with (ISO 4217); USD where it has none.
pub(super) fn currency_of(country: &str) -> &'static str {
    let shared = SHARED.iter().find(|(_, countries)| countries.split(' ').any(|known| known == country));
    let own = || TRADED.iter().map(|(code, _)| *code).chain(OTHERS).find(|code| code[..2] == *country);
    shared.map(|(code, _)| *code).or_else(own).unwrap_or("USD")
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Locale;

    #[test]
    fn every_locale_has_its_currency_and_every_shared_one_is_known() {
        let of = |name: &str| currency_of(Locale::named(name).expect("a locale").country());
        let expected = [
            ("en_US", "USD"),
            ("en_GB", "GBP"),
            ("es_PE", "PEN"),
            ("es_MX", "MXN"),
            ("es_ES", "EUR"),
            ("pt_BR", "BRL"),
            ("pl_PL", "PLN"),
            ("ja_JP", "JPY"),
            ("zh_CN", "CNY"),
            ("ko_KR", "KRW"),
            ("hi_IN", "INR"),
            ("ar_SA", "SAR"),
        ];
        for (locale, currency) in expected {
            assert_eq!(of(locale), currency);
        }
        let known_ones = SHARED.iter().map(|(code, _)| *code).chain(WHOLE).chain(THOUSANDTHS);
        assert!(known_ones.clone().all(|code| known(code).is_some()));
        assert_eq!(
            [minor_unit("jpy"), minor_unit("KWD"), minor_unit("EUR"), minor_unit("EURO")],
            [Some(0), Some(3), Some(2), None]
        );
        assert_eq!(currency_of("CH"), "CHF");
    }
}

//! What tokens cost, from a table that users can replace.

use std::sync::LazyLock;

use serde::Deserialize;
use std::collections::BTreeMap;

use crate::protocol::Usage;

/// The table that is compiled in.
const EMBEDDED: &str = include_str!("../data/prices.json");

static DEFAULT: LazyLock<Prices> = LazyLock::new(|| Prices::read(EMBEDDED).expect("the embedded table is one"));

/// Prices by model, with the day on which they were read and from where.
///
/// `{"read_on": "2026-06-21", "source": "…", "models": {"name": {"input": 0.4, "output": 1.6}}}`, in US dollars per million tokens.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// The day on which they were read.
    pub read_on: String,
    /// Where.
    pub source: String,
    /// By model.
    pub models: BTreeMap<String, Price>,
}

/// US dollars per million tokens, which is also millionths of a dollar per token.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Of what is sent.
    pub input: f64,
    /// Of what comes back.
    pub output: f64,
}

impl Default for Prices {
    fn default() -> Prices {
        DEFAULT.clone()
    }
}

impl Prices {
    /// Reads a table, or says in one sentence why it is none.
    pub fn read(text: &str) -> Result<Prices, String> {
        let prices: Prices =
            serde_json::from_str(text).map_err(|error| format!("this is no table of prices: {error}"))?;
        let is_wrong = |price: &f64| !price.is_finite() || *price < 0.0;
        match prices.models.iter().find(|(_, price)| is_wrong(&price.input) || is_wrong(&price.output)) {
            Some((model, _)) => Err(format!("the price of {model:?} is below 0")),
            None => Ok(prices),
        }
    }

    /// The price of a model; that of `name` holds for `name-2026-01-31` too, as dated versions are called.
    pub fn of(&self, model: &str) -> Option<Price> {
        let undated = || {
            let (name, date) = model.split_at_checked(model.len().checked_sub(11)?)?;
            let is_date = date.bytes().enumerate().all(|(place, byte)| match place {
                0 | 5 | 8 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
            is_date.then(|| self.models.get(name)).flatten()
        };
        self.models.get(model).or_else(undated).copied()
    }
}

impl Price {
    /// Millionths of a dollar, rounded up.
    pub fn cost_microusd(self, usage: Usage) -> u64 {
        self.of_tokens(usage.prompt_tokens, usage.completion_tokens)
    }

    /// Millionths of a dollar for tokens that are sent and that come back, rounded up.
    pub fn of_tokens(self, prompt: u64, completion: u64) -> u64 {
        // A billionth more or less is the arithmetic's, not the price's.
        (self.input * prompt as f64 + self.output * completion as f64 - 1e-9).ceil().max(0.0) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DEFAULT_MODEL;

    #[test]
    fn the_table_knows_the_default_model_and_dated_names() {
        let prices = Prices::default();
        assert!(
            prices.of(DEFAULT_MODEL).is_some() && !prices.read_on.is_empty() && prices.source.starts_with("https://")
        );
        assert_eq!(prices.of("gpt-4.1-mini-2025-04-14"), prices.of("gpt-4.1-mini"));
        assert_eq!(prices.of("gpt-4.1-mini-latest-1"), None);
        assert_eq!(prices.of("é-2025-04-14"), None);
        assert_eq!(prices.of("x"), None);
    }

    #[test]
    fn money_is_rounded_up_to_millionths() {
        let price = Price { input: 0.4, output: 1.6 };
        assert_eq!(price.of_tokens(1_000_000, 0), 400_000);
        assert_eq!(price.of_tokens(1, 0), 1);
        assert_eq!(price.of_tokens(0, 0), 0);
    }

    #[test]
    fn a_wrong_table_is_refused_in_one_sentence() {
        for wrong in ["", "{}", r#"{"read_on":"","source":"","models":{"a":{"input":-1,"output":1}}}"#] {
            assert!(Prices::read(wrong).is_err());
        }
    }
}

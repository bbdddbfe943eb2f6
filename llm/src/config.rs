//! Which server and model, and how patiently.

use std::time::Duration;

use url::Url;

use crate::budget::Ceiling;
use crate::prices::Prices;
use crate::secret::Secret;

/// OpenAI's own server.
pub const DEFAULT_BASE_URL: &str = "https://api.openai.com/v1";

/// A small model that keeps to JSON Schemas and takes a temperature.
pub const DEFAULT_MODEL: &str = "gpt-4.1-mini";

/// Which server and model, and how patiently.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the protocol begins; `/chat/completions` follows.
    pub base_url: Url,
    /// The key.
    pub key: Option<Secret>,
    /// The model.
    pub model: String,
    /// US dollars that a generation may cost at most.
    pub budget_usd: Option<f64>,
    /// What tokens cost.
    pub prices: Prices,
    /// Calls at a time.
    pub concurrency: usize,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long nothing may be heard of an answer.
    pub timeout: Duration,
    /// How long an answer may take in all, from sending to its end.
    pub longest_answer: Duration,
    /// How often a request is sent at most, the first time among them.
    pub attempts: u32,
    /// The pause before the second attempt; it doubles.
    pub backoff: Duration,
    /// The longest pause, and the longest that a server may ask to wait.
    pub longest_wait: Duration,
    /// Requests in a row that failed at every attempt, after which the server is left alone.
    pub circuit_failures: u32,
    /// For how long.
    pub circuit_pause: Duration,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            base_url: Url::parse(DEFAULT_BASE_URL).expect("a URL"),
            key: None,
            model: DEFAULT_MODEL.to_owned(),
            budget_usd: None,
            prices: Prices::default(),
            concurrency: 4,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(120),
            longest_answer: Duration::from_secs(600),
            attempts: 5,
            backoff: Duration::from_millis(500),
            longest_wait: Duration::from_secs(60),
            circuit_failures: 8,
            circuit_pause: Duration::from_secs(30),
        }
    }
}

impl Config {
    /// The base URL of a text, or the sentence that says why it is none. User and password have no place in it: URLs are shown.
    pub fn parse_base_url(text: &str) -> Result<Url, String> {
        let url = Url::parse(text.trim()).map_err(|error| format!("this is no URL: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err("the URL of a language model begins with https:// or http:// and names a host".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err("the URL of a language model has no user, password, query or fragment".to_owned());
        }
        Ok(url)
    }

    /// The ceiling of one generation: the lower of `LLM_BUDGET_USD` and the request's own.
    pub fn ceiling(&self, own_usd: Option<f64>) -> Ceiling {
        let limit = match (self.budget_usd, own_usd) {
            (Some(budget), Some(own)) => Some(budget.min(own)),
            (budget, own) => budget.or(own),
        };
        Ceiling::new(limit, &self.model, self.prices.of(&self.model))
    }

    /// Where completions are asked for.
    pub(crate) fn endpoint(&self) -> String {
        format!("{}/chat/completions", self.base_url.as_str().trim_end_matches('/'))
    }

    /// The server's name, for sentences.
    pub fn host(&self) -> &str {
        self.base_url.host_str().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_are_checked() {
        for right in ["https://api.openai.com/v1", "http://127.0.0.1:11434/v1/"] {
            let config = Config { base_url: Config::parse_base_url(right).expect(right), ..Config::default() };
            assert_eq!(config.endpoint(), format!("{}/chat/completions", right.trim_end_matches('/')));
        }
        for wrong in ["", "api.openai.com", "ftp://host/v1", "https://user:secret@host/v1", "https://host/v1?key=1"] {
            let sentence = Config::parse_base_url(wrong).expect_err(wrong);
            assert!(!sentence.contains("secret"), "{sentence}");
        }
    }
}

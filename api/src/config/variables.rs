//! Variables while they are read: each by what the list of settings says of it, and a sentence for each that is wrong.

use std::collections::HashMap;

use super::network::Network;
use super::settings::{Kind, by_name};

/// Variables while they are read.
pub(super) struct Variables {
    /// Their texts.
    pub values: HashMap<String, String>,
    /// What is wrong with them.
    pub problems: Vec<String>,
    /// The file that prices were read from.
    pub prices: Option<String>,
}

impl Variables {
    /// Notes a problem of a variable, once.
    pub fn wrong(&mut self, name: &str, sentence: impl std::fmt::Display) {
        let sentence = format!("{name}: {sentence}");
        if !self.problems.contains(&sentence) {
            self.problems.push(sentence);
        }
    }

    /// The value where one is set; an empty one counts as none.
    pub fn optional(&self, name: &str) -> Option<String> {
        self.values.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// The value, or the default.
    pub fn text(&self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| by_name(name).default.to_owned())
    }

    /// A text of one line.
    fn line(&mut self, name: &str) -> String {
        let max = match by_name(name).kind {
            Kind::Line(max) => max,
            other => unreachable!("{name} is read as a line and declared as {other:?}"),
        };
        let text = self.text(name);
        if text.chars().count() > max || text.chars().any(char::is_control) {
            self.wrong(name, format_args!("it is no line of at most {max} characters"));
        }
        text
    }

    /// The parts of a list with commas between them; none where the variable is not set and has no default.
    fn parts(&self, name: &str) -> Vec<String> {
        let text = match by_name(name).default {
            "none" => self.optional(name).unwrap_or_default(),
            _ => self.text(name),
        };
        text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    }

    /// A number within its bounds, the setting's default where none is given.
    pub fn number(&mut self, name: &str) -> u64 {
        let text = self.text(name);
        self.number_of(name, &text).unwrap_or_default()
    }

    /// A number whose default the machine decides.
    pub fn number_or(&mut self, name: &str, default: u64) -> u64 {
        match self.optional(name) {
            Some(text) => self.number_of(name, &text).unwrap_or(default),
            None => default,
        }
    }

    /// A number within its bounds, or nothing where it is off.
    pub fn number_or_off(&mut self, name: &str) -> Option<u64> {
        let text = self.text(name);
        if text.eq_ignore_ascii_case("off") { None } else { self.number_of(name, &text) }
    }

    fn number_of(&mut self, name: &str, text: &str) -> Option<u64> {
        let (min, max, or_off) = match by_name(name).kind {
            Kind::Number(min, max) => (min, max, ""),
            Kind::NumberOrOff(min, max) => (min, max, ", nor off"),
            other => unreachable!("{name} is read as a number and declared as {other:?}"),
        };
        match text.parse::<u64>() {
            Ok(number) if (min..=max).contains(&number) => Some(number),
            _ => {
                self.wrong(name, format_args!("{text:?} is no whole number from {min} to {max}{or_off}"));
                None
            }
        }
    }

    /// A flag.
    pub fn flag(&mut self, name: &str, default: bool) -> bool {
        let Some(text) = self.optional(name) else { return default };
        match text.to_ascii_lowercase().as_str() {
            "1" | "true" | "on" | "yes" => true,
            "0" | "false" | "off" | "no" => false,
            _ => {
                self.wrong(name, format_args!("{text:?} is neither true nor false"));
                default
            }
        }
    }

    /// A secret, long enough and not one character again and again.
    pub fn secret(&mut self, name: &str) -> Option<String> {
        let min = match by_name(name).kind {
            Kind::Secret(min) => min,
            other => unreachable!("{name} is read as a secret and declared as {other:?}"),
        };
        let text = self.optional(name)?;
        let mut distinct: Vec<char> = text.chars().collect();
        distinct.sort_unstable();
        distinct.dedup();
        if text.len() < min {
            self.wrong(name, format_args!("it has {} bytes, fewer than {min}", text.len()));
        } else if distinct.len() < 5 {
            self.wrong(name, "it repeats a few characters; take random ones");
        }
        Some(text)
    }

    /// A secret that stands in a header.
    pub fn token(&mut self, name: &str) -> Option<String> {
        let text = self.secret(name)?;
        if !text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
            self.wrong(name, "it has letters that no header carries");
        }
        Some(text)
    }

    /// One of the words of the setting, in its spelling.
    pub fn word(&mut self, name: &str) -> &'static str {
        let words = match by_name(name).kind {
            Kind::OneOf(words) => words,
            other => unreachable!("{name} is read as a word and declared as {other:?}"),
        };
        let text = self.text(name);
        words.iter().find(|word| word.eq_ignore_ascii_case(&text)).copied().unwrap_or_else(|| {
            self.wrong(name, format_args!("{text:?} is none of {}", words.join(", ")));
            words[0]
        })
    }

    /// Names of hosts, in lower case.
    pub fn hosts(&mut self, name: &str) -> Vec<String> {
        let hosts: Vec<String> = self.parts(name).iter().map(|host| host.to_ascii_lowercase()).collect();
        for host in &hosts {
            let bare = host.strip_prefix('.').unwrap_or(host);
            let is_v6 = bare.starts_with('[') && bare.ends_with(']');
            let is_name = bare.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
            if bare == "*" || (!bare.is_empty() && is_name) || is_v6 {
                continue;
            }
            self.wrong(name, format_args!("{host:?} is no name of a host; write it without scheme, port and path"));
        }
        if hosts.is_empty() {
            self.wrong(name, "it names no host");
        }
        hosts
    }

    /// Addresses and blocks of addresses.
    pub fn networks(&mut self, name: &str) -> Vec<Network> {
        let mut networks = Vec::new();
        for part in self.parts(name) {
            match part.parse() {
                Ok(network) => networks.push(network),
                Err(()) => self.wrong(name, format_args!("{part:?} is neither an address nor a CIDR block")),
            }
        }
        networks
    }

    /// Origins, in lower case.
    pub fn origins(&mut self, name: &str) -> Vec<String> {
        let mut origins = Vec::new();
        for part in self.parts(name) {
            match url::Url::parse(&part) {
                Ok(url) if matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == part => {
                    origins.push(part);
                }
                Ok(url) if matches!(url.scheme(), "http" | "https") => {
                    let origin = url.origin().ascii_serialization();
                    self.wrong(name, format_args!("{part:?} is more than an origin; write {origin}"));
                }
                _ => {
                    self.wrong(name, format_args!("{part:?} is no origin such as https://studio.example.com"));
                }
            }
        }
        origins
    }

    /// How the language model is asked.
    pub fn model(&mut self) -> ::llm::Config {
        let mut config = ::llm::Config::default();
        if let Some(key) = self.optional("OPENAI_API_KEY") {
            config.key = ::llm::Secret::new(&key);
            if config.key.is_none() {
                self.wrong("OPENAI_API_KEY", "it has spaces or letters that no header carries");
            }
        }
        match ::llm::Config::parse_base_url(&self.text("OPENAI_BASE_URL")) {
            Ok(url) => config.base_url = url,
            Err(sentence) => self.wrong("OPENAI_BASE_URL", sentence),
        }
        config.model = self.line("OPENAI_MODEL");
        if let Some(text) = self.optional("LLM_BUDGET_USD") {
            let dollars = text.parse::<f64>().ok().filter(|dollars| (0.0..=1e6).contains(dollars));
            config.budget_usd = dollars;
            if dollars.is_none() {
                self.wrong("LLM_BUDGET_USD", format_args!("{text:?} is no number of US dollars such as 2.50"));
            }
        }
        if let Some(path) = self.optional("LLM_PRICES") {
            let text = std::fs::read_to_string(&path).map_err(|error| crate::storage::reason(&error));
            match text.and_then(|text| ::llm::prices::Prices::read(&text)) {
                Ok(prices) => config.prices = prices,
                Err(sentence) => self.wrong("LLM_PRICES", format_args!("{path}: {sentence}")),
            }
            self.prices = Some(path);
        }
        config
    }

    /// A filter of the log.
    pub fn filter(&mut self, name: &str, default: &str) -> String {
        const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
        let text = self.optional(name).unwrap_or_else(|| default.to_owned());
        for directive in text.split('/').next().unwrap_or_default().split(',') {
            let Some((_, level)) = directive.split_once('=') else { continue };
            if !LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level.trim())) {
                self.wrong(name, format_args!("{level:?} is no level; known are {}", LEVELS.join(", ")));
            }
        }
        text
    }
}

//! What goes wrong, in one sentence each.

use std::fmt;

use crate::secret::{Secret, mask_words};

/// The most characters of a server's own words in a sentence.
const EXCERPT: usize = 160;

/// Kinds of failure, each a stable word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// There is no key.
    KeyMissing,
    /// The server does not take the key.
    Unauthorized,
    /// The server asks to wait, for longer than is waited.
    RateLimited,
    /// The server does not answer, or answers that it failed.
    Unavailable,
    /// The server took too long.
    Timeout,
    /// The server does not take the request: the account, the model or the address is not right.
    Rejected,
    /// The model declines to answer.
    Refused,
    /// The answer is not what was asked for.
    BadAnswer,
    /// The ceiling of the cost would be passed.
    Budget,
    /// The server failed so often that it is left alone for a while.
    CircuitOpen,
    /// Nobody waits any longer.
    Cancelled,
    /// Answers could not be read from where they are kept, or not be kept there.
    Store,
}

impl Code {
    /// All of them.
    pub const ALL: [Code; 12] = [
        Code::KeyMissing,
        Code::Unauthorized,
        Code::RateLimited,
        Code::Unavailable,
        Code::Timeout,
        Code::Rejected,
        Code::Refused,
        Code::BadAnswer,
        Code::Budget,
        Code::CircuitOpen,
        Code::Cancelled,
        Code::Store,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Code::KeyMissing => "llm_key_missing",
            Code::Unauthorized => "llm_unauthorized",
            Code::RateLimited => "llm_rate_limited",
            Code::Unavailable => "llm_unavailable",
            Code::Timeout => "llm_timeout",
            Code::Rejected => "llm_rejected",
            Code::Refused => "llm_refused",
            Code::BadAnswer => "llm_bad_answer",
            Code::Budget => "llm_budget",
            Code::CircuitOpen => "llm_circuit_open",
            Code::Cancelled => "llm_cancelled",
            Code::Store => "llm_store",
        }
    }
}

/// Why there is no answer: a code and one sentence without a full stop, in which no key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The kind.
    pub code: Code,
    /// The sentence.
    pub detail: String,
}

impl Failure {
    /// A failure with a sentence that holds nothing of a server's.
    pub fn new(code: Code, detail: impl Into<String>) -> Failure {
        Failure { code, detail: detail.into() }
    }

    /// There is no key.
    pub fn key_missing() -> Failure {
        Failure::new(
            Code::KeyMissing,
            "the language model needs a key: set OPENAI_API_KEY (any word where the server asks for none), or send one with the request in X-OpenAI-Api-Key",
        )
    }

    /// Nobody waits any longer.
    pub fn cancelled() -> Failure {
        Failure::new(Code::Cancelled, "the language model's answer was no longer waited for")
    }

    /// Answers cannot be kept or read, for a reason that holds no secret.
    pub fn store(reason: impl fmt::Display) -> Failure {
        Failure::new(Code::Store, format!("the language model's answers could not be kept: {reason}"))
    }

    /// The model answered with nothing, and with nothing again.
    pub(crate) fn silence(model: &str) -> Failure {
        Failure::new(Code::BadAnswer, format!("the model {model:?} twice gave an empty answer"))
    }

    /// Whether the same would happen to another question: what servers and accounts do, and not what the model answers to this one.
    pub fn is_about_all(&self) -> bool {
        !matches!(self.code, Code::Refused | Code::BadAnswer)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Failure {}

/// A piece of a server's words that can be shown: in one line, short, without the key and what looks like one.
pub(crate) fn excerpt(words: &str, key: Option<&Secret>) -> String {
    let masked = key.map_or_else(|| mask_words(words), |key| key.mask(words));
    let plain: String = masked.chars().map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c }).collect();
    let plain = plain.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let plain = plain.trim_end_matches('.');
    match plain.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &plain[..end]),
        None => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_short_line_without_the_key() {
        let key = Secret::new("secret-key-1").expect("a key");
        let shown = excerpt(&format!("bad\n\tkey secret-key-1 \u{7} {}", "x".repeat(500)), Some(&key));
        assert!(shown.starts_with("bad key *** xxx") && shown.ends_with('…'), "{shown}");
        assert!(shown.chars().count() <= EXCERPT + 1);
    }

    #[test]
    fn codes_are_words_of_their_own() {
        let words: std::collections::HashSet<&str> = Code::ALL.into_iter().map(Code::as_str).collect();
        assert_eq!(words.len(), Code::ALL.len());
        assert!(words.iter().all(|word| word.starts_with("llm_")));
    }
}

//! What the server says.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the server says, and what goes wrong.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// The key that it takes; any where there is none, even no key at all.
    pub key: Option<String>,
    /// Whether `response_format` with a JSON Schema is understood; else a request with one is refused with 400.
    pub structured: bool,
    /// Request fields that are refused with 400, as some servers do with `temperature` or `stream_options`.
    pub refuses: Vec<String>,
    /// The share of answers that were given before.
    pub repeats: f64,
    /// Answers after which nothing new comes.
    pub distinct: Option<u64>,
    /// Whether answers carry the tokens that they took.
    pub usage: bool,
    /// Milliseconds that an answer takes.
    pub latency_ms: u64,
    /// Whole answers, by what the request says.
    pub replies: Vec<Reply>,
    /// Answers of pools, by what the request says; others are made up from the schema.
    pub pools: Vec<Pool>,
    /// What goes wrong, a request each, in their order; afterwards nothing does.
    pub faults: Vec<Fault>,
}

impl Default for Script {
    fn default() -> Script {
        Script {
            key: None,
            structured: true,
            refuses: Vec::new(),
            repeats: 0.0,
            distinct: None,
            usage: true,
            latency_ms: 0,
            replies: Vec::new(),
            pools: Vec::new(),
            faults: Vec::new(),
        }
    }
}

impl Script {
    /// A script that is written in YAML or JSON, or why it is none.
    pub fn read(text: &str) -> Result<Script, String> {
        serde_saphyr::from_str(text).map_err(|error| error.to_string())
    }

    /// The answers to what the assistant is asked in tests and demonstrations: datasets in English and Spanish, some wrong at first.
    pub fn assistant() -> Script {
        Script::read(include_str!("../scripts/assistant.yaml")).expect("the script is one")
    }

    /// The answers for columns of a hiring and of a shop dataset.
    pub fn pools() -> Script {
        Script::read(include_str!("../scripts/pools.yaml")).expect("the script is one")
    }
}

/// Whole answers to a request that has a marker in its words.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// The marker.
    pub when: String,
    /// The first answer, the second …; the last is given for ever.
    pub says: Vec<Value>,
}

/// The answers of a pool whose question has a marker in its words.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// The marker.
    pub when: String,
    /// The answers.
    pub answers: Vec<Value>,
}

/// One thing that goes wrong.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Nothing.
    None,
    /// 401.
    Unauthorized,
    /// 429, with `Retry-After` where it is given.
    RateLimited(Option<String>),
    /// 429 of an account that has nothing left.
    NoCredit,
    /// 500.
    ServerError,
    /// This status and this body.
    Status(u16, String),
    /// No answer.
    Hang,
    /// An answer that ends in its middle.
    Cut,
    /// A body that is no JSON.
    InvalidBody,
    /// A content that is no JSON.
    InvalidJson,
    /// A content in a code fence, with words about it.
    Fenced,
    /// A content that was cut at the most tokens.
    Length,
    /// Numbers for texts and texts for all else.
    WrongType,
    /// Texts of a thousand characters and more.
    TooLong,
    /// The model declines.
    Refusal,
    /// One answer, again and again.
    Duplicates,
    /// No answers.
    EmptyList,
    /// 400, since `response_format` is not known.
    Unstructured,
    /// 307 to another place.
    Redirect(String),
    /// 200 with this media type and this body.
    Body(String, String),
    /// An answer that ends after so many bytes.
    CutAt(usize),
    /// An answer after whose end the connection stays open.
    Open,
    /// A stream that says how it ends and not that it did, behind which the connection stays open.
    Unended,
    /// An answer of which a byte comes at a time, and so many milliseconds lie between.
    Drip(u64),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scripts_are_read() {
        assert!(Script::assistant().replies.len() > 15);
        assert!(Script::pools().pools.iter().all(|pool| pool.answers.len() >= 8));
        assert!(Script::read("faults: [none, {rate_limited: '3'}, server_error, {status: [418, tea]}]").is_ok());
        assert!(Script::read("fault: none").is_err());
    }
}

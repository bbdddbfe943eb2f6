//! What goes over the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::structured::{instructions, strict};
use crate::tokens;

/// More than any model reads or writes at once.
const MOST_TOKENS: u64 = 100_000_000;

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// `system`, `user` or `assistant`.
    pub role: &'static str,
    /// The words.
    pub content: String,
}

impl Message {
    /// What the model is told about its task.
    pub fn system(content: impl Into<String>) -> Message {
        Message { role: "system", content: content.into() }
    }

    /// What it is asked.
    pub fn user(content: impl Into<String>) -> Message {
        Message { role: "user", content: content.into() }
    }

    /// What it said before.
    pub fn assistant(content: impl Into<String>) -> Message {
        Message { role: "assistant", content: content.into() }
    }
}

/// Calls and tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Calls that were answered.
    pub calls: u64,
    /// Tokens that were sent.
    pub prompt_tokens: u64,
    /// Tokens that came back.
    pub completion_tokens: u64,
}

impl Usage {
    /// What an answered call took, by the server's own count: what it counts as nothing and cannot be nothing is as `estimated`, or no ceiling
    /// would hold.
    pub(crate) fn counted(counted: Option<Usage>, estimated: Usage) -> Usage {
        let of = |count: u64, estimated: u64| if count == 0 { estimated } else { count };
        counted.map_or(estimated, |counted| Usage {
            calls: counted.calls,
            prompt_tokens: of(counted.prompt_tokens, estimated.prompt_tokens),
            completion_tokens: of(counted.completion_tokens, estimated.completion_tokens),
        })
    }
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Usage) {
        self.calls = self.calls.saturating_add(other.calls);
        self.prompt_tokens = self.prompt_tokens.saturating_add(other.prompt_tokens);
        self.completion_tokens = self.completion_tokens.saturating_add(other.completion_tokens);
    }
}

/// How the answer's JSON Schema is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// By the request: the server sees to it.
    Structured,
    /// By the words alone.
    Plain,
}

/// The answer of a call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Completion {
    pub content: String,
    pub refusal: Option<String>,
    pub finish: String,
    pub usage: Option<Usage>,
}

/// What a body is.
pub(crate) enum Body {
    /// A completion; without choices it holds no words.
    Completion(Completion),
    /// That something went wrong, in the server's words.
    Failure(String),
    /// Neither.
    Other,
}

impl Body {
    /// Reads a body.
    pub fn read(body: &[u8]) -> Body {
        let Some(body) = json_of(String::from_utf8_lossy(without_mark(body)).as_ref()) else { return Body::Other };
        let choice = &body["choices"][0];
        let Some(message) = choice["message"].as_object() else {
            return match (&body["choices"], body.get("error").filter(|error| !error.is_null())) {
                (_, Some(error)) => Body::Failure(error_sentence(&error.to_string()).unwrap_or_default().0),
                // A filter that lets nothing through leaves nothing.
                (Value::Array(choices), None) if choices.is_empty() => {
                    Body::Completion(Completion { usage: usage(&body["usage"]), ..Completion::default() })
                }
                _ => Body::Other,
            };
        };
        Body::Completion(Completion {
            content: words(message.get("content").unwrap_or(&Value::Null)),
            refusal: message.get("refusal").and_then(Value::as_str).map(str::to_owned),
            finish: choice["finish_reason"].as_str().unwrap_or_default().to_owned(),
            usage: usage(&body["usage"]),
        })
    }
}

/// The bytes behind the byte order mark that some servers begin with.
pub(crate) fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// The words of a content: a text, or texts in pieces.
fn words(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}

/// The JSON of a text. Halves of characters, which JSON may spell and no text may hold, become the mark of what was lost.
pub(crate) fn json_of(text: &str) -> Option<Value> {
    serde_json::from_str(text).or_else(|_| serde_json::from_str(&without_halves(text))).ok()
}

/// The text with `\\ufffd` in the place of each half of a surrogate pair that stands alone.
pub(crate) fn without_halves(text: &str) -> String {
    let code = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok()
    };
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let length = match (c, code(at)) {
            ('\\', Some(0xd800..=0xdbff)) if matches!(code(at + 6), Some(0xdc00..=0xdfff)) => 12,
            ('\\', Some(0xd800..=0xdfff)) => {
                out.push_str("\\ufffd");
                at += 6;
                continue;
            }
            // What is escaped begins nothing.
            ('\\', None) => 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
            ('\\', Some(_)) => 6,
            (c, _) => c.len_utf8(),
        };
        out.push_str(&text[at..at + length]);
        at += length;
    }
    out
}

impl Completion {
    /// Adds a piece of a stream; the words that are new.
    pub fn add(&mut self, chunk: &Value) -> String {
        self.usage = usage(&chunk["usage"]).or(self.usage);
        let choice = &chunk["choices"][0];
        if let Some(finish) = choice["finish_reason"].as_str() {
            self.finish = finish.to_owned();
        }
        if let Some(refusal) = choice["delta"]["refusal"].as_str() {
            self.refusal.get_or_insert_default().push_str(refusal);
        }
        let words = words(&choice["delta"]["content"]);
        self.content.push_str(&words);
        words
    }
}

/// The tokens that a server counted; none where no call can take as many.
fn usage(value: &Value) -> Option<Usage> {
    let count = |key: &str| value[key].as_u64().filter(|count| *count <= MOST_TOKENS);
    Some(Usage { calls: 1, prompt_tokens: count("prompt_tokens")?, completion_tokens: count("completion_tokens")? })
}

/// The sentence of an error's body, as servers spell it.
pub(crate) fn error_sentence(body: &str) -> Option<(String, String)> {
    let body: Value = serde_json::from_str(body).ok()?;
    let error = body.get("error").unwrap_or(&body);
    let sentence = error.as_str().or(error["message"].as_str()).or(error["detail"].as_str())?;
    Some((sentence.to_owned(), error["code"].as_str().unwrap_or_default().to_owned()))
}

/// What is sent to ask for an answer of a schema: the messages, with the schema in words where the server does not take it otherwise, and else
/// `response_format`.
pub(crate) fn sent(messages: &[Message], name: &str, schema: &Value, shape: Shape) -> (Vec<Message>, Option<Value>) {
    let mut messages = messages.to_vec();
    match shape {
        Shape::Structured => {
            let strict = strict(schema);
            (messages, Some(response_format(name, strict.as_ref().unwrap_or(schema), strict.is_some())))
        }
        Shape::Plain => {
            messages.insert(messages.len().min(1), Message::system(instructions(schema)));
            (messages, None)
        }
    }
}

/// The tokens of what is sent: of its words, and of the schema, which servers read to the model.
pub(crate) fn estimated((messages, format): &(Vec<Message>, Option<Value>)) -> u64 {
    let words: u64 = messages.iter().map(|message| tokens::estimate(&message.content) + tokens::PER_MESSAGE).sum();
    words + format.as_ref().map_or(0, |format| tokens::estimate(&format.to_string()))
}

/// `response_format` of a JSON Schema.
fn response_format(name: &str, schema: &Value, strict: bool) -> Value {
    json!({"type": "json_schema", "json_schema": {"name": name, "strict": strict, "schema": schema}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_characters_are_marked_and_whole_ones_kept() {
        let text = r#"{"a": "\ud83d\ude00", "b": "\ud83d", "c": "\ude00 \\ud83d", "d": "\ud83d\u0041é"}"#;
        let read = json_of(text).expect("JSON");
        assert_eq!(read, json!({"a": "😀", "b": "\u{fffd}", "c": "\u{fffd} \\ud83d", "d": "\u{fffd}Aé"}));
        for text in ["\\", "\\u", "\\ud83", "\\ud83d\\", "é\\u12é"] {
            assert!(json_of(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_count_of_nothing_is_not_believed() {
        let usage = |prompt_tokens, completion_tokens| Usage { calls: 1, prompt_tokens, completion_tokens };
        assert_eq!(Usage::counted(Some(usage(0, 0)), usage(9, 4)), usage(9, 4));
        assert_eq!(Usage::counted(Some(usage(7, 0)), usage(9, 4)), usage(7, 4));
        assert_eq!(Usage::counted(Some(usage(0, 3)), usage(9, 4)), usage(9, 3));
        assert_eq!(Usage::counted(Some(usage(7, 0)), usage(9, 0)), usage(7, 0), "nothing came");
        assert_eq!(Usage::counted(None, usage(9, 4)), usage(9, 4));
    }

    #[test]
    fn a_body_may_begin_with_a_mark() {
        let body = b"\xef\xbb\xbf{\"choices\": [{\"message\": {\"content\": \"x\"}}]}";
        assert!(matches!(Body::read(body), Body::Completion(Completion { content, .. }) if content == "x"));
    }

    #[test]
    fn a_count_that_cannot_be_is_none() {
        let counted = |prompt: Value| usage(&json!({"prompt_tokens": prompt, "completion_tokens": 1}));
        assert!(counted(json!(10)).is_some());
        for wrong in [json!(u64::MAX), json!(-1), json!("10"), json!(1e30), json!(null)] {
            assert_eq!(counted(wrong.clone()), None, "{wrong}");
        }
    }
}

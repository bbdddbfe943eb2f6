//! What goes over the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::structured::{instructions, strict};
use crate::tokens;

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

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Usage) {
        self.calls += other.calls;
        self.prompt_tokens += other.prompt_tokens;
        self.completion_tokens += other.completion_tokens;
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

impl Completion {
    /// The completion of a body, if it is one.
    pub fn read(body: &[u8]) -> Option<Completion> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let choice = &body["choices"][0];
        let message = choice["message"].as_object()?;
        Some(Completion {
            content: message.get("content").and_then(Value::as_str).unwrap_or_default().to_owned(),
            refusal: message.get("refusal").and_then(Value::as_str).map(str::to_owned),
            finish: choice["finish_reason"].as_str().unwrap_or_default().to_owned(),
            usage: usage(&body["usage"]),
        })
    }

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
        let words = choice["delta"]["content"].as_str().unwrap_or_default();
        self.content.push_str(words);
        words.to_owned()
    }
}

fn usage(value: &Value) -> Option<Usage> {
    Some(Usage {
        calls: 1,
        prompt_tokens: value["prompt_tokens"].as_u64()?,
        completion_tokens: value["completion_tokens"].as_u64()?,
    })
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

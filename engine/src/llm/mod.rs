//! What a language model is asked before rows are made, and what it answered.
//!
//! The engine asks nobody: it says which pools of answers a dataset needs ([`Wanted`]), whoever holds a key fills them, and rows are drawn from
//! what came back ([`Answers`]). So rows stay a function of schema, seed and answers, and any range of them can be made alone.

mod capacity;
mod check;
pub(crate) mod item;
mod seen;
pub(crate) mod template;

use std::collections::HashMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub use capacity::capacity;
pub(crate) use check::unreadable;
pub use check::{Fault, Items};
pub use item::Holds;
pub use seen::Seen;

/// One question, for which distinct answers are collected.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Question {
    /// What is asked, with the values of a row in the place of `{{column}}`.
    pub prompt: String,
    /// The JSON Schema of one answer: of a scalar, or of an object where several columns are one draw.
    pub item: Value,
    /// The sampling temperature; the model's own where there is none. Spelled as the schema spells it.
    pub temperature: Option<serde_json::Number>,
}

/// The content address of a question and a model: 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Address(pub String);

impl Question {
    /// Under which the answers of `model` are kept: SHA-256 of model, prompt, parameters and schema as JSON.
    pub fn address(&self, model: &str) -> Address {
        let spelled = serde_json::json!([1, model, self.prompt, self.temperature, self.item]).to_string();
        Address(Sha256::digest(spelled).iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// What to do where a pool cannot be filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// No rows are made.
    Fail,
    /// The column is filled by the generator that `auto` chooses for its description.
    Fallback,
}

/// A pool of answers that columns are filled from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// The table.
    pub table: String,
    /// The columns that draw from it together.
    pub columns: Vec<String>,
    /// The question.
    pub question: Question,
    /// How many distinct answers are wanted.
    pub answers: u64,
    /// What to do where they cannot be had.
    pub on_error: OnError,
    /// What rows need of each answer.
    #[serde(skip)]
    pub holds: Holds,
}

/// The answers to questions.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    lists: HashMap<Question, Arc<[Value]>>,
}

impl Answers {
    /// Adds the answers to a question, in the order in which they came.
    pub fn insert(&mut self, question: Question, answers: impl Into<Arc<[Value]>>) {
        self.lists.insert(question, answers.into());
    }

    /// The answers to a question; none where it was never asked.
    pub fn get(&self, question: &Question) -> Option<&Arc<[Value]>> {
        self.lists.get(question)
    }

    /// All questions with their answers, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&Question, &Arc<[Value]>)> {
        self.lists.iter()
    }

    /// Whether there is no question.
    pub fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }
}

/// What people should know of values, beside what was proved of them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Note {
    /// The table.
    pub table: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// What there is to know.
    pub text: String,
}

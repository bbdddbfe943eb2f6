//! Generations: the rows of a plan, made and proved; as files for the command line, as stored parts for the API.
//!
//! A stored generation is a record (version of the schema, seed, parameters, engine version) that is enough to make its rows again, and parts:
//! Parquet files of 2^20 rows under `DATA_DIR/generations/<id>/<table's place>/`. A part is written under a temporary name, synced, renamed,
//! then recorded with the hash of its values, so that a generation that was cut off goes on from its last recorded part.

pub(crate) mod events;
pub mod files;
pub mod mending;
pub mod parts;
pub(crate) mod picking;
pub mod query;
pub mod routes;
pub(crate) mod rows;
pub(crate) mod scan;
pub mod service;
pub mod store;
pub mod worker;

use engine::verify::Certificate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

pub use files::{
    Generation as Files, Output, Phase, Progress as FileProgress, Request, Rows, Target, check, generate, table_index,
};

use crate::llm::service::GenerationLlm;
use crate::users::Author;

/// Where a generation or an export stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waits for its turn.
    Queued,
    /// Waits for a key to the language model.
    NeedsKey,
    /// Makes rows.
    Running,
    /// All rows are there and proved.
    Succeeded,
    /// It ended without its rows.
    Failed,
    /// Somebody stopped it.
    Cancelled,
}

impl State {
    /// Every state.
    pub const ALL: [State; 6] =
        [State::Queued, State::NeedsKey, State::Running, State::Succeeded, State::Failed, State::Cancelled];

    /// The word that names it.
    pub fn word(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::NeedsKey => "needs_key",
            State::Running => "running",
            State::Succeeded => "succeeded",
            State::Failed => "failed",
            State::Cancelled => "cancelled",
        }
    }

    /// The state of a word.
    pub fn of_word(word: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether nothing more will happen.
    pub fn is_final(self) -> bool {
        !matches!(self, State::Queued | State::NeedsKey | State::Running)
    }
}

/// How far a table is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TableProgress {
    /// Its name.
    pub name: String,
    /// Rows that are made.
    pub rows_done: u64,
    /// Rows in all.
    pub rows_total: u64,
}

/// What a generation does while it runs. First it collects what a language model is asked, where it is, then it makes rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Collects the answers of a language model.
    Answers,
    /// Makes and proves rows.
    Rows,
}

/// How far the answers of a language model are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct AnswersProgress {
    /// Answers that are there.
    pub done: u64,
    /// Answers that are wanted.
    pub wanted: u64,
    /// Calls since this run began.
    pub calls: u64,
    /// US dollars that the generation took so far; null where the model's price is not known.
    pub cost_usd: Option<f64>,
    /// US dollars that it comes to once all answers are there, as far as the calls so far tell; null where the model's price is not known.
    pub expected_cost_usd: Option<f64>,
}

/// How far a generation is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Progress {
    /// Where it stands.
    pub state: State,
    /// What it does while it runs; else null.
    pub phase: Option<Work>,
    /// How far the answers of a language model are, while they are collected; else null.
    pub answers: Option<AnswersProgress>,
    /// Rows that are made.
    pub rows_done: u64,
    /// Rows in all.
    pub rows_total: u64,
    /// Rows made in a second since this run began; null while nothing is made.
    pub rows_per_second: Option<f64>,
    /// Table by table.
    pub tables: Vec<TableProgress>,
}

/// How many statements hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Verdict {
    /// Statements in all.
    pub statements: u64,
    /// Statements that rows break.
    pub broken: u64,
    /// Statements that could not be proved.
    pub unproved: u64,
}

impl Verdict {
    /// What a certificate says in all.
    pub fn of(certificate: &Certificate) -> Verdict {
        Verdict {
            statements: certificate.results.len() as u64,
            broken: certificate.results.iter().filter(|result| result.broken > 0).count() as u64,
            unproved: certificate.unproved().count() as u64,
        }
    }
}

/// A generation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Generation {
    /// Its id.
    pub id: Uuid,
    /// The dataset.
    pub dataset_id: Uuid,
    /// The dataset's name.
    pub dataset_name: String,
    /// The version of its schema.
    pub version: i32,
    /// The seed; the same one gives the same rows.
    pub seed: u64,
    /// Rows by table, where they were asked for.
    #[schema(value_type = std::collections::BTreeMap<String, u64>)]
    pub rows: Value,
    /// What the rows of the schema were multiplied with.
    pub scale: Option<f64>,
    /// Values of the schema's parameters, where they were set.
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    pub parameters: Value,
    /// Version of the engine that makes the rows.
    pub engine_version: String,
    /// What "today" means in the rows.
    pub reference_time: String,
    /// How far it is.
    #[serde(flatten)]
    pub progress: Progress,
    /// Hash of all values, once all are made.
    pub content_hash: Option<String>,
    /// How many statements hold, once they were checked.
    pub certificate: Option<Verdict>,
    /// What it asked the language model; null where its dataset asks none.
    pub llm: Option<GenerationLlm>,
    /// Why it failed, or waits for a key.
    pub failure: Option<String>,
    /// When it was asked for.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Who asked for it.
    pub created_by: Option<Author>,
    /// When it was begun.
    #[schema(format = DateTime)]
    pub started_at: Option<String>,
    /// When it ended.
    #[schema(format = DateTime)]
    pub finished_at: Option<String>,
}

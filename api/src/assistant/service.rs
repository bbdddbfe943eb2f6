//! What the assistant is asked, and what it proposes.

use std::sync::Arc;

use ::llm::assistant::{self as model, Assisted, Event, Proposal, Sample, SampleColumn, Session};
use ::llm::difference::{Kind, Piece as Difference, difference};
use ::llm::store::Took;
use ::llm::{Cancel, Secret};
use engine::problem::Problem;
use engine::schema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::App;
use crate::datasets::service::MAX_SCHEMA_BYTES;
use crate::error::ApiError;
use crate::generations::service::checked_ceiling;
use crate::http::context::{self, Context};
use crate::llm::answers::{Asker, usage_row};
use crate::llm::service::{LlmTaken, taken};
use crate::llm::store;
use crate::openapi;

/// Columns of samples at most, over all tables.
const MAX_COLUMNS: usize = 2_000;

/// Characters of a sample's names and types at most.
const MAX_NAME: usize = 200;

/// What a schema is written or changed for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SchemaWish {
    /// What is wanted, in any language.
    #[schema(min_length = 1, max_length = 8000, example = "A shop with customers and orders")]
    pub words: String,
    /// The present schema, which is changed; without it a new one is written.
    pub schema_text: Option<String>,
    /// The schema that the pieces of the proposal count from, where it is not the present one: of a proposal that is changed before it was
    /// taken, the schema that it was made for.
    pub base_text: Option<String>,
    /// Names and types of uploaded tables; the model is told no value of a row.
    pub samples: Option<Vec<SampleTable>>,
    /// US dollars that it may cost, beside the server's own limit.
    #[schema(minimum = 0)]
    pub ceiling_usd: Option<f64>,
}

/// Names and types of an uploaded table.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleTable {
    /// What it is called.
    #[schema(max_length = 200)]
    pub name: String,
    /// Its columns.
    pub columns: Vec<SampleField>,
}

/// Name and type of an uploaded column.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleField {
    /// Its name.
    #[schema(max_length = 200)]
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    #[schema(max_length = 200)]
    pub kind: String,
}

/// What is written into a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ElementKind {
    /// A column.
    Column,
    /// A rule.
    Rule,
}

/// What a column or a rule is written for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ElementWish {
    /// The present schema.
    pub schema_text: String,
    /// The table.
    #[schema(example = "item")]
    pub table: String,
    /// What is wanted, in any language.
    #[schema(min_length = 1, max_length = 8000, example = "Expensive items have a long name")]
    pub words: String,
    /// Whether a column or a rule is.
    pub kind: ElementKind,
    /// US dollars that it may cost, beside the server's own limit.
    #[schema(minimum = 0)]
    pub ceiling_usd: Option<f64>,
}

/// What became of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PieceKind {
    /// It is new.
    Add,
    /// It is gone.
    Remove,
    /// It is another.
    Change,
    /// The elements of a list stand in another order: before and after are their names.
    Order,
}

/// One difference between two schemas, as large as what one thinks of: a table, a column, a key, a rule, a setting.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Piece {
    /// Where, step by step: tables, columns, keys and rules by their names.
    pub path: Vec<String>,
    /// What became of it.
    pub kind: PieceKind,
    /// What was there; absent where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>, nullable)]
    pub before: Option<Value>,
    /// What is there now; absent where nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>, nullable)]
    pub after: Option<Value>,
    /// For a new element of a list the name of the one before it, null where it is the first; absent for all else.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub behind: Option<Option<String>>,
}

/// A schema that the assistant proposes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SchemaProposal {
    /// The schema, as YAML.
    pub schema_text: String,
    /// Its name.
    pub name: Option<String>,
    /// Whether it can be planned.
    pub is_sound: bool,
    /// Rounds that it took.
    pub rounds: u32,
    /// What the plan says of it that it did not say of the present schema.
    #[schema(value_type = Vec<openapi::Problem>)]
    pub problems: Vec<Problem>,
    /// How it differs from `base_text`, or else from the present schema, in pieces that can be taken or left; empty where there is neither.
    pub pieces: Vec<Piece>,
    /// What it chose, or was not asked for, in its own words.
    pub chosen: Vec<String>,
    /// Why there was no further round, where it was not that the rounds were over.
    pub stopped: Option<String>,
    /// What it took of the language model.
    pub usage: LlmTaken,
}

/// A column or a rule that the assistant proposes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ElementProposal {
    /// The column, where one was asked for.
    #[schema(value_type = Option<std::collections::BTreeMap<String, Value>>)]
    pub column: Option<Value>,
    /// The rule, where one was asked for.
    #[schema(value_type = Option<std::collections::BTreeMap<String, Value>>)]
    pub rule: Option<Value>,
    /// How the schema with it differs from the present one; empty where it stands there as it is.
    pub pieces: Vec<Piece>,
    /// Whether the schema with it can be planned.
    pub is_sound: bool,
    /// What the plan says of the schema with it that it did not say before.
    #[schema(value_type = Vec<openapi::Problem>)]
    pub problems: Vec<Problem>,
    /// Rounds that it took.
    pub rounds: u32,
    /// What it chose, or was not asked for, in its own words.
    pub chosen: Vec<String>,
    /// Why there was no further round, where it was not that the rounds were over.
    pub stopped: Option<String>,
    /// What it took of the language model.
    pub usage: LlmTaken,
}

/// What is asked, checked.
enum Wish {
    /// A schema; of none that is there, or as a change of one.
    Schema { present: Option<Value>, base: Option<Value>, samples: Vec<Sample> },
    /// Something of a table.
    Element { present: Value, table: String, kind: ElementKind },
}

/// What is asked of the assistant, and within which bounds.
pub struct Question {
    wish: Wish,
    words: String,
    ceiling_usd: Option<f64>,
}

impl Question {
    /// For a schema.
    pub fn of_schema(wish: SchemaWish) -> Result<Question, ApiError> {
        let SchemaWish { words, schema_text, base_text, samples, ceiling_usd } = wish;
        checked_words(&words)?;
        checked_ceiling(ceiling_usd, "/ceiling_usd")?;
        let samples = samples.unwrap_or_default();
        if samples.iter().map(|table| table.columns.len()).sum::<usize>() > MAX_COLUMNS {
            return Err(ApiError::invalid_at("/samples", format!("{MAX_COLUMNS} columns of samples are read at most")));
        }
        for (t, table) in samples.iter().enumerate() {
            checked_name(&table.name, || format!("/samples/{t}/name"))?;
            for (c, column) in table.columns.iter().enumerate() {
                checked_name(&column.name, || format!("/samples/{t}/columns/{c}/name"))?;
                checked_name(&column.kind, || format!("/samples/{t}/columns/{c}/type"))?;
            }
        }
        let sample = |table: SampleTable| Sample {
            table: table.name,
            columns: table.columns.into_iter().map(|own| SampleColumn { name: own.name, kind: own.kind }).collect(),
        };
        let present = schema_text.map(|text| document(&text, "/schema_text")).transpose()?;
        let base = base_text.map(|text| document(&text, "/base_text")).transpose()?;
        let wish = Wish::Schema { present, base, samples: samples.into_iter().map(sample).collect() };
        Ok(Question { wish, words, ceiling_usd })
    }

    /// For something of a table.
    pub fn of_element(wish: ElementWish) -> Result<Question, ApiError> {
        let ElementWish { schema_text, table, words, kind, ceiling_usd } = wish;
        checked_words(&words)?;
        checked_ceiling(ceiling_usd, "/ceiling_usd")?;
        let present = document(&schema_text, "/schema_text")?;
        if !model::has_table(&present, &table) {
            return Err(ApiError::invalid_at("/table", format!("the schema has no table {table:?}")));
        }
        Ok(Question { wish: Wish::Element { present, table, kind }, words, ceiling_usd })
    }

    fn table(&self) -> Option<&str> {
        match &self.wish {
            Wish::Schema { .. } => None,
            Wish::Element { table, .. } => Some(table),
        }
    }
}

fn checked_words(words: &str) -> Result<(), ApiError> {
    let count = words.trim().chars().count();
    if (1..=model::MAX_WORDS).contains(&count) {
        return Ok(());
    }
    let sentence = format!("the assistant takes 1 to {} characters of words, and these are {count}", model::MAX_WORDS);
    Err(ApiError::invalid_at("/words", sentence))
}

fn checked_name(name: &str, pointer: impl FnOnce() -> String) -> Result<(), ApiError> {
    let count = name.chars().count();
    if count <= MAX_NAME {
        return Ok(());
    }
    let sentence = format!("names and types of samples have at most {MAX_NAME} characters, and this one has {count}");
    Err(ApiError::invalid_at(&pointer(), sentence))
}

/// A schema, as it is written.
fn document(text: &str, pointer: &'static str) -> Result<Value, ApiError> {
    if text.len() > MAX_SCHEMA_BYTES {
        let sentence = format!("the schema is larger than {} MB", MAX_SCHEMA_BYTES >> 20);
        return Err(ApiError::invalid_at(pointer, sentence));
    }
    let value = schema::document(text).map_err(|problem| ApiError::invalid(vec![problem]))?;
    if value.is_object() {
        return Ok(value);
    }
    Err(ApiError::invalid_at(pointer, "the schema is no document of keys and values"))
}

/// Who hears of the assistant while it works.
pub type Listener = Arc<dyn Fn(Event<'_>) + Send + Sync>;

/// What came of a question.
pub struct Answered {
    /// The proposal.
    pub proposal: Proposal,
    /// What it took.
    pub usage: LlmTaken,
}

/// Asks. It costs what it costs even where nobody waits for it any longer, so that is recorded here.
pub async fn ask(
    app: Arc<App>,
    question: Arc<Question>,
    key: Option<Secret>,
    cancel: Cancel,
    listener: Option<Listener>,
    context: Context,
) -> Result<Answered, ApiError> {
    let client = app.model.client(key)?;
    let ceiling = client.ceiling(question.ceiling_usd);
    let turns = Arc::clone(&app.model.turns);
    let _turn = turns.acquire_owned().await.map_err(ApiError::internal)?;
    let hear = |event: Event<'_>| {
        if let Some(listener) = &listener {
            listener(event);
        }
    };
    let heard: Option<&(dyn Fn(Event<'_>) + Send + Sync)> = if listener.is_some() { Some(&hear) } else { None };
    let session = Session { client: &client, ceiling: &ceiling, cancel: &cancel, listener: heard };
    let words = question.words.as_str();
    let Assisted { proposal, usage, unanswered_microusd, .. } = match &question.wish {
        Wish::Schema { present: None, samples, .. } => model::write_schema(session, words, samples).await,
        Wish::Schema { present: Some(present), samples, .. } => {
            model::change_schema(session, present, words, samples).await
        }
        Wish::Element { present, table, kind: ElementKind::Column } => {
            model::write_column(session, present, table, words).await
        }
        Wish::Element { present, table, kind: ElementKind::Rule } => {
            model::write_rule(session, present, table, words).await
        }
    };
    let took = Took { usage, unanswered_microusd };
    if took != Took::default() {
        let about = (question.table(), None);
        let row = usage_row(Asker::Assistant, about, client.model(), took, client.price());
        let (app, work) = (Arc::clone(&app), context);
        let record = move || context::within(work, || app.db.write_now(|c| store::insert(c, &row)));
        let recorded = tokio::task::spawn_blocking(record).await.map_err(ApiError::internal)?;
        recorded.map_err(ApiError::from)?;
    }
    Ok(Answered { proposal: proposal?, usage: taken(&app.model, usage) })
}

/// A schema as it is proposed.
pub fn schema_proposal(question: &Question, answered: Answered) -> SchemaProposal {
    let Answered { proposal, usage } = answered;
    let is_sound = proposal.is_sound();
    let since = match &question.wish {
        Wish::Schema { present, base, .. } => base.as_ref().or(present.as_ref()),
        Wish::Element { present, .. } => Some(present),
    };
    let pieces = since.map(|since| difference(since, &proposal.schema)).unwrap_or_default();
    SchemaProposal {
        name: proposal.schema["name"].as_str().map(str::to_owned),
        schema_text: proposal.text,
        is_sound,
        rounds: proposal.rounds,
        problems: proposal.problems,
        pieces: pieces.into_iter().map(Piece::of).collect(),
        chosen: sentences(&proposal.remarks),
        stopped: proposal.stopped.map(|failure| failure.detail),
        usage,
    }
}

/// A column or a rule as it is proposed.
pub fn element_proposal(question: &Question, answered: Answered) -> ElementProposal {
    let is_rule = matches!(&question.wish, Wish::Element { kind: ElementKind::Rule, .. });
    let element = answered.proposal.element.clone();
    let whole = schema_proposal(question, answered);
    let (column, rule) = if is_rule { (None, element) } else { (element, None) };
    ElementProposal {
        column,
        rule,
        pieces: whole.pieces,
        is_sound: whole.is_sound,
        problems: whole.problems,
        rounds: whole.rounds,
        chosen: whole.chosen,
        stopped: whole.stopped,
        usage: whole.usage,
    }
}

/// What a model says, a remark each.
fn sentences(remarks: &str) -> Vec<String> {
    let plain = |line: &str| line.trim().trim_start_matches(['-', '*', '•']).trim().to_owned();
    remarks.lines().map(plain).filter(|line| !line.is_empty()).collect()
}

impl Piece {
    fn of(piece: Difference) -> Piece {
        Piece {
            path: piece.path,
            kind: match piece.kind {
                Kind::Add => PieceKind::Add,
                Kind::Remove => PieceKind::Remove,
                Kind::Change => PieceKind::Change,
                Kind::Order => PieceKind::Order,
            },
            before: piece.before,
            after: piece.after,
            behind: piece.behind,
        }
    }
}

//! What is told of the language model.

use diesel::SqliteConnection;
use serde::Serialize;
use utoipa::ToSchema;

use super::model::LanguageModel;
use super::pools::MICRO;
use super::store::{self, PoolRow};
use crate::error::ApiError;
use crate::generations::store::GenerationRow;
use crate::users::store::uuid;

/// The language model of this server.
#[derive(Debug, Serialize, ToSchema)]
pub struct LlmStatus {
    /// Whether the server has a key of its own; without one a request brings its own in `X-OpenAI-Api-Key`.
    pub configured: bool,
    /// The model.
    #[schema(example = "gpt-4.1-mini")]
    pub model: String,
    /// The host of its server.
    #[schema(example = "api.openai.com")]
    pub base_url_host: String,
    /// US dollars that a generation or a question to the assistant may cost; null where nothing is said.
    pub budget_usd: Option<f64>,
    /// Whether the model's price is known.
    pub price_known: bool,
}

/// What a question took of the language model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct LlmTaken {
    /// Calls.
    pub calls: u64,
    /// Tokens that were sent.
    pub prompt_tokens: u64,
    /// Tokens that came back.
    pub completion_tokens: u64,
    /// US dollars; null where the model's price is not known.
    pub cost_usd: Option<f64>,
}

/// What a generation asked the language model.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct GenerationLlm {
    /// The model.
    pub model: String,
    /// US dollars that it may cost, beside the server's own limit; null where nothing was said.
    pub ceiling_usd: Option<f64>,
    /// What was taken so far; answers that were kept before take nothing.
    #[serde(flatten)]
    pub taken: LlmTaken,
    /// US dollars that may be billed beside that: for calls that were sent and not answered; null where the model's price is not known.
    pub unanswered_usd: Option<f64>,
    /// What its pools of answers gave, once all are there.
    pub pools: Vec<GenerationPool>,
}

/// What the answers for some columns came to, over all combinations of what their prompt names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct GenerationPool {
    /// The table.
    pub table: String,
    /// The columns that show them.
    pub columns: Vec<String>,
    /// Questions: one for each combination of what the prompt names.
    pub questions: u64,
    /// Answers that rows are made of.
    pub answers: u64,
    /// Answers that were repeated.
    pub duplicates: u64,
    /// Answers that were wrong.
    pub invalid: u64,
    /// Calls that the model declined.
    pub refusals: u64,
    /// Questions to which the model had fewer answers than were wanted.
    pub exhausted: u64,
    /// Questions that have no answers: another generator fills their rows.
    pub failed: u64,
    /// Why, for one of them; or why one has fewer answers than were wanted.
    pub failure: Option<String>,
}

/// The language model of this server.
pub fn status(model: &LanguageModel) -> LlmStatus {
    let config = model.config();
    LlmStatus {
        configured: model.has_key(),
        model: config.model.clone(),
        base_url_host: config.host().to_owned(),
        budget_usd: config.budget_usd,
        price_known: config.prices.of(&config.model).is_some(),
    }
}

/// What a question took.
pub fn taken(model: &LanguageModel, usage: ::llm::Usage) -> LlmTaken {
    LlmTaken {
        calls: usage.calls,
        prompt_tokens: usage.prompt_tokens,
        completion_tokens: usage.completion_tokens,
        cost_usd: model.cost_microusd(usage).map(|cost| cost as f64 / MICRO),
    }
}

/// What a generation asked the language model; nothing where its dataset asks none.
pub fn of_generation(
    model: &LanguageModel,
    c: &mut SqliteConnection,
    row: &GenerationRow,
) -> Result<Option<GenerationLlm>, ApiError> {
    let Some(name) = row.llm_model.clone() else { return Ok(None) };
    let sums = store::sums_of(c, uuid(&row.id))?;
    let count = |whole: i64| u64::try_from(whole).unwrap_or_default();
    let is_priced = model.config().prices.of(&name).is_some();
    Ok(Some(GenerationLlm {
        ceiling_usd: row.llm_ceiling_usd,
        taken: LlmTaken {
            calls: count(sums.calls),
            prompt_tokens: count(sums.prompt_tokens),
            completion_tokens: count(sums.completion_tokens),
            cost_usd: is_priced.then(|| sums.cost_microusd as f64 / MICRO),
        },
        unanswered_usd: is_priced.then(|| sums.unanswered_microusd as f64 / MICRO),
        pools: together(&store::pools(c, &row.id)?),
        model: name,
    }))
}

/// Pools of the same columns as one.
fn together(rows: &[PoolRow]) -> Vec<GenerationPool> {
    let count = |whole: i64| u64::try_from(whole).unwrap_or_default();
    let mut pools: Vec<GenerationPool> = Vec::new();
    for row in rows {
        let columns: Vec<String> = serde_json::from_str(&row.column_names).unwrap_or_default();
        let is_same = |pool: &GenerationPool| pool.table == row.table_name && pool.columns == columns;
        let place = pools.iter().rposition(is_same).unwrap_or_else(|| {
            pools.push(GenerationPool {
                table: row.table_name.clone(),
                columns: columns.clone(),
                ..Default::default()
            });
            pools.len() - 1
        });
        let pool = &mut pools[place];
        pool.questions += 1;
        pool.answers += count(row.answers);
        pool.duplicates += count(row.duplicates);
        pool.invalid += count(row.invalid);
        pool.refusals += count(row.refusals);
        pool.exhausted += u64::from(row.is_exhausted != 0);
        pool.failed += u64::from(row.failure.is_some() && row.answers == 0);
        pool.failure = pool.failure.take().or_else(|| row.failure.clone());
    }
    pools
}

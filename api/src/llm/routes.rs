//! `/llm`: the language model of this server; tokens and cost of language models, by generation and column.

use actix_web::{get, post, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::pools::MICRO;
use super::service::{self, LlmStatus};
use super::store::{self, Filter, Sums, UsageRow};
use crate::App;
use crate::db;
use crate::error::ApiError;
use crate::http::caller::Caller;
use crate::http::page::{List, Page};
use crate::openapi::errors::Invalid;

/// Adds the resource.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_llm_status).service(list_llm_usage).service(ask_llm_again);
}

/// Which calls.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UsageQuery {
    /// Of this generation only.
    pub generation_id: Option<Uuid>,
    /// From this instant on only.
    #[param(value_type = Option<String>, format = DateTime, example = "2026-11-01T00:00:00Z")]
    pub since: Option<Timestamp>,
    /// Items of a page, at most 500.
    #[param(minimum = 1, maximum = 500, default = 50)]
    pub limit: Option<u32>,
    /// Items to pass over.
    #[param(maximum = 2147483647)]
    pub offset: Option<u32>,
    /// Where the page begins, in place of `offset`: from `next` of the page before.
    #[param(pattern = "^[0-9]{0,9}$")]
    pub cursor: Option<String>,
}

/// What a column of a generation took of a model.
#[derive(Debug, Serialize, ToSchema)]
pub struct LlmUsage {
    /// Its id; later ones are greater.
    pub id: Uuid,
    /// Who asked.
    pub asked_by: AskedBy,
    /// The generation; null where the assistant or a command asked, or one that was deleted.
    pub generation_id: Option<Uuid>,
    /// The table; null where the call is about no table.
    pub table: Option<String>,
    /// The column, or those that share an answer; null where the call is about no column.
    pub column: Option<String>,
    /// The model.
    pub model: String,
    /// What it took.
    #[serde(flatten)]
    pub taken: Taken,
    /// When it was recorded.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// Who asked a language model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AskedBy {
    /// A generation, which may be deleted since.
    Generation,
    /// The assistant.
    Assistant,
    /// A command beside the server.
    Command,
}

/// Questions that are asked again.
#[derive(Debug, Serialize, ToSchema)]
pub struct AskedAgain {
    /// How many there are.
    pub questions: u64,
}

/// Calls, tokens and cost.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Taken {
    /// Calls.
    pub calls: i64,
    /// Tokens that were sent.
    pub prompt_tokens: i64,
    /// Tokens that came back.
    pub completion_tokens: i64,
    /// US dollars.
    pub cost_usd: f64,
    /// US dollars that may be billed beside that, for calls that were sent and not answered.
    pub unanswered_usd: f64,
}

/// A page of what language models took, and the sums over all pages.
#[derive(Debug, Serialize, ToSchema)]
pub struct LlmUsageList {
    /// The items.
    pub items: Vec<LlmUsage>,
    /// Items of the whole list.
    pub total: i64,
    /// Where the next page is, relative to the server; null on the last.
    pub next: Option<String>,
    /// The sums over the whole list.
    pub totals: Taken,
}

/// Get the language model of this server
///
/// Which it is, and whether it can be asked without a key of one's own.
#[utoipa::path(operation_id = "get_llm_status", tag = "llm", responses((status = 200, body = LlmStatus)))]
#[get("/llm/status")]
async fn get_llm_status(app: web::Data<App>, _: Caller) -> web::Json<LlmStatus> {
    web::Json(service::status(&app.model))
}

/// List what language models took, newest first
///
/// Calls, tokens and cost by generation, column and model, and the sums over all that the filters leave.
#[utoipa::path(operation_id = "list_llm_usage", tag = "llm", params(UsageQuery), responses(
    (status = 200, body = LlmUsageList),
    Invalid,
))]
#[get("/llm/usage")]
async fn list_llm_usage(
    app: web::Data<App>,
    _: Caller,
    query: web::Query<UsageQuery>,
) -> Result<web::Json<LlmUsageList>, ApiError> {
    let UsageQuery { generation_id, since, limit, offset, cursor } = query.into_inner();
    let page = Page { limit, offset, cursor };
    let (limit, offset) = (page.limit()?, page.offset()?);
    let filter = Filter { generation: generation_id, since: since.map(db::spell) };
    let (rows, sums) = app.db.read(move |c| Ok(store::list(c, &filter, limit, offset)?)).await?;
    let items = rows.into_iter().map(shown).collect();
    let parameters = [
        ("generation_id", generation_id.map(|id| id.to_string()).unwrap_or_default()),
        ("since", since.map(|since| since.to_string()).unwrap_or_default()),
    ];
    let List { items, total, next } = List::new(items, sums.rows, &page, "/api/v1/llm/usage", &parameters)?;
    Ok(web::Json(LlmUsageList { items, total, next, totals: taken(sums) }))
}

/// Ask again where the language model had no more answers
///
/// A pool that the model gave fewer answers for than were wanted is taken to be all there is, for this server and as many answers. Afterwards
/// the next generation that draws from one asks for the rest; its answers stay the first ones.
#[utoipa::path(operation_id = "ask_llm_again", tag = "llm", responses(
    (status = 200, body = AskedAgain),
))]
#[post("/llm/ask-again")]
async fn ask_llm_again(app: web::Data<App>, _: Caller) -> Result<web::Json<AskedAgain>, ApiError> {
    let questions = app.db.write(|c| Ok(store::forget_exhausted(c)?)).await?;
    Ok(web::Json(AskedAgain { questions: questions as u64 }))
}

fn shown(row: UsageRow) -> LlmUsage {
    let taken = taken(Sums {
        rows: 1,
        calls: row.calls,
        prompt_tokens: row.prompt_tokens,
        completion_tokens: row.completion_tokens,
        cost_microusd: row.cost_microusd,
        unanswered_microusd: row.unanswered_microusd,
    });
    LlmUsage {
        id: row.id.parse().unwrap_or_default(),
        asked_by: match row.asked_by.as_str() {
            "assistant" => AskedBy::Assistant,
            "command" => AskedBy::Command,
            _ => AskedBy::Generation,
        },
        generation_id: row.generation_id.and_then(|id| id.parse().ok()),
        table: row.table_name,
        column: row.column_name,
        model: row.model,
        taken,
        created_at: row.created_at,
    }
}

fn taken(sums: Sums) -> Taken {
    Taken {
        calls: sums.calls,
        prompt_tokens: sums.prompt_tokens,
        completion_tokens: sums.completion_tokens,
        cost_usd: sums.cost_microusd as f64 / MICRO,
        unanswered_usd: sums.unanswered_microusd as f64 / MICRO,
    }
}

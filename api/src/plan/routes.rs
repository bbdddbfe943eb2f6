//! `/plan` and `/preview`: a schema compiled, and its first rows. Nothing is stored.

use actix_web::{post, web};
use engine::llm::Note;
use engine::plan::{self, Compiled, Plan};
use engine::problem::Problem;
use engine::run;
use engine::schema::{MAX_SEED, Overrides};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::App;
use crate::db::off_thread;
use crate::error::ApiError;
use crate::generations::table_index;
use crate::http::body::{Object, null_is_absent, whole};
use crate::http::caller::Caller;
use crate::http::cells::{self, ColumnInfo};
use crate::http::deadline;
use crate::http::rows::MAX_OFFSET;
use crate::http::schema_source::SchemaSource;
use crate::llm::pools::{self, Part};
use crate::openapi::errors::{Invalid, TooLarge};
use crate::openapi::{self, PlanReport};
use crate::sql;

/// Rows of a preview at most.
const MAX_ROWS: u64 = 1000;

/// Rows of a preview where the client names no number.
const DEFAULT_ROWS: u64 = 20;

/// Texts of a preview at most, in bytes.
const MAX_BYTES: usize = 24 << 20;

/// Adds the resource.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(create_plan).service(create_preview);
}

/// What a generation says beside its schema.
#[derive(Clone, Debug, Default)]
pub struct Overriding {
    /// Seed in place of the schema's.
    pub seed: Option<u64>,
    /// Rows by table, in place of the schema's.
    pub rows: IndexMap<String, u64>,
    /// Multiplies the rows of every table that is scaled.
    pub scale: Option<f64>,
    /// Values of the schema's parameters.
    pub parameters: Overrides,
}

impl Overriding {
    /// As the engine takes it, checked.
    pub fn options(&self) -> Result<plan::Options, ApiError> {
        let mut problems = Vec::new();
        if let Some(seed) = self.seed.filter(|seed| *seed > MAX_SEED) {
            problems.push(Problem::new("invalid_value", format!("{seed} is above {MAX_SEED}")).at("/seed"));
        }
        if let Some(scale) = self.scale.filter(|scale| !(scale.is_finite() && *scale > 0.0)) {
            problems.push(Problem::new("invalid_value", format!("{scale} is no number above 0")).at("/scale"));
        }
        if !problems.is_empty() {
            return Err(ApiError::invalid(problems));
        }
        Ok(plan::Options { seed: self.seed, rows: self.rows.clone(), scale: self.scale, ..plan::Options::default() })
    }
}

/// A schema to plan, as an object or as text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// The schema as an object, in the language of `/schema.json` (component `Schema`).
    #[schema(value_type = Option<Value>)]
    pub schema: Option<Value>,
    /// The schema as text, in YAML or JSON.
    pub schema_text: Option<String>,
    /// Seed in place of the schema's, 0 to 2^53 − 1.
    #[serde(default, deserialize_with = "whole")]
    #[schema(minimum = 0, maximum = 9007199254740991_u64)]
    pub seed: Option<u64>,
    /// Rows by table, in place of the schema's.
    #[serde(default, deserialize_with = "null_is_absent")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, u64>>)]
    pub rows: IndexMap<String, u64>,
    /// Multiplies the rows of every table that is not `scaled: false`.
    #[schema(exclusive_minimum = 0)]
    pub scale: Option<f64>,
    /// Values of the schema's parameters.
    #[serde(default, deserialize_with = "null_is_absent")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, Value>>)]
    pub parameters: Overrides,
}

/// A table to preview; its schema as an object or as text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewRequest {
    /// The schema as an object, in the language of `/schema.json` (component `Schema`).
    #[schema(value_type = Option<Value>)]
    pub schema: Option<Value>,
    /// The schema as text, in YAML or JSON.
    pub schema_text: Option<String>,
    /// Seed in place of the schema's, 0 to 2^53 − 1.
    #[serde(default, deserialize_with = "whole")]
    #[schema(minimum = 0, maximum = 9007199254740991_u64)]
    pub seed: Option<u64>,
    /// How many rows to show, as `limit`; or rows by table, in place of the schema's.
    pub rows: Option<ShownOrPlanned>,
    /// Multiplies the rows of every table that is not `scaled: false`.
    #[schema(exclusive_minimum = 0)]
    pub scale: Option<f64>,
    /// Values of the schema's parameters.
    #[serde(default, deserialize_with = "null_is_absent")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, Value>>)]
    pub parameters: Overrides,
    /// The table; the first where absent.
    pub table: Option<String>,
    /// The first row, counted from 0.
    #[serde(default, deserialize_with = "whole")]
    #[schema(minimum = 0, maximum = 9007199254740991_u64)]
    pub offset: Option<u64>,
    /// Rows, at most 1,000; 20 where absent.
    #[serde(default, deserialize_with = "whole")]
    #[schema(maximum = 1000, default = 20)]
    pub limit: Option<u64>,
    /// Only these columns.
    pub columns: Option<Vec<String>>,
    /// Milliseconds after which they are made no longer, 1,000 to 30,000; 30,000 where absent.
    #[serde(default, deserialize_with = "whole")]
    #[schema(minimum = 1000, maximum = 30000)]
    pub timeout_ms: Option<u64>,
}

/// What `rows` of a preview means: a number to show, or numbers that tables have.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum ShownOrPlanned {
    /// Rows to show, at most 1,000.
    Shown(u64),
    /// Rows by table.
    #[schema(value_type = std::collections::BTreeMap<String, u64>)]
    Planned(IndexMap<String, u64>),
}

/// Rows of a table.
#[derive(Debug, Serialize, ToSchema)]
pub struct Preview {
    /// The table.
    pub table: String,
    /// Rows of the whole table.
    pub total: u64,
    /// Its columns.
    pub columns: Vec<ColumnInfo>,
    /// A row is an object; whole numbers beyond ±(2^53 − 1) and decimals are texts.
    #[schema(value_type = Vec<std::collections::BTreeMap<String, Value>>)]
    pub rows: Vec<Map<String, Value>>,
    /// What a person should know.
    #[schema(value_type = Vec<openapi::Problem>)]
    pub warnings: Vec<Problem>,
    /// What a person should know of columns that a language model writes.
    #[schema(value_type = Vec<openapi::Note>)]
    pub notes: Vec<Note>,
}

/// Plan a schema
///
/// The order of filling, the generator of every column and why, capacities, how each rule is held, and what a language model would be asked
/// and cost; or all problems.
#[utoipa::path(operation_id = "create_plan", tag = "plan", request_body = PlanRequest, responses(
    (status = 200, body = PlanReport),
    TooLarge,
    Invalid,
))]
#[post("/plan")]
async fn create_plan(
    app: web::Data<App>,
    _: Caller,
    body: web::Json<Object<PlanRequest>>,
) -> Result<web::Json<plan::Report>, ApiError> {
    let PlanRequest { schema, schema_text, seed, rows, scale, parameters } = body.into_inner().0;
    let (source, overriding) = (SchemaSource { schema, schema_text }, Overriding { seed, rows, scale, parameters });
    let report = off_thread(move || {
        let (text, options) = (source.text()?, overriding.options()?);
        let compile = |options: &plan::Options| plan::compile_text(&text, &overriding.parameters, options);
        let compiled =
            plan::compile_shown(compile, &options, |plan| pools::kept(&app.model, &app.db, plan, Part::Whole))?;
        let (plan, _) = sound(compiled)?;
        Ok(pools::described(&app.model, Some(&app.db), &plan)?)
    });
    Ok(web::Json(report.await?))
}

/// Preview a table
///
/// The very rows that a generation with the same seed delivers. No language model is asked: columns whose answers are not kept yet are filled
/// by another generator, and the notes say so. Rules can make a first row wait for a look at all of the table, which is given up when the time
/// is over or the client leaves.
#[utoipa::path(operation_id = "create_preview", tag = "plan", request_body = PreviewRequest, responses(
    (status = 200, body = Preview),
    TooLarge,
    Invalid,
))]
#[post("/preview")]
async fn create_preview(
    app: web::Data<App>,
    _: Caller,
    body: web::Json<Object<PreviewRequest>>,
) -> Result<web::Json<Preview>, ApiError> {
    let PreviewRequest {
        schema,
        schema_text,
        seed,
        rows,
        scale,
        parameters,
        table,
        offset,
        limit,
        columns,
        timeout_ms,
    } = body.into_inner().0;
    let (shown, rows) = match rows {
        Some(ShownOrPlanned::Shown(count)) => (Some(count), IndexMap::new()),
        Some(ShownOrPlanned::Planned(rows)) => (None, rows),
        None => (None, IndexMap::new()),
    };
    let (source, overriding) = (SchemaSource { schema, schema_text }, Overriding { seed, rows, scale, parameters });
    let limit = limit.or(shown).unwrap_or(DEFAULT_ROWS);
    let offset = offset.unwrap_or_default();
    if let Some(shown) = shown.filter(|shown| *shown > MAX_ROWS) {
        return Err(ApiError::invalid_at("/rows", format!("{shown} is above {MAX_ROWS}")));
    }
    if offset > MAX_OFFSET {
        return Err(ApiError::invalid_at("/offset", format!("{offset} is above {MAX_OFFSET}")));
    }
    if limit > MAX_ROWS {
        return Err(ApiError::invalid_at("/limit", format!("{limit} is above {MAX_ROWS}")));
    }
    let time = sql::time_of(timeout_ms).map_err(|problem| ApiError::invalid(vec![problem]))?;
    let _turn = app.previews.acquire().await.map_err(ApiError::internal)?;
    let state = app.clone();
    let preview = deadline::within(time, "/timeout_ms", move |making| {
        let (plan, warnings) = looked_at(&state, &source.text()?, &overriding)?;
        let table = match table {
            Some(name) => {
                table_index(&plan, &name).map_err(|failure| ApiError::invalid_at("/table", failure.to_string()))?
            }
            None => 0,
        };
        making.begins(&plan, table);
        let planned = &plan.tables[table];
        let start = offset.min(planned.rows);
        let batch = run::batch(&plan, table, start..offset.saturating_add(limit).min(planned.rows))
            .map_err(|error| ApiError::from(crate::Failure::from(error)))?;
        let batch = match columns {
            None => batch,
            Some(columns) => {
                let places = cells::places(&batch.schema(), &columns)?;
                batch.project(&places).map_err(ApiError::internal)?
            }
        };
        if cells::text_bytes(&batch) > MAX_BYTES {
            let sentence = format!("the texts of these rows take more than {} MB; ask for fewer", MAX_BYTES >> 20);
            return Err(ApiError::invalid_at("/limit", sentence));
        }
        Ok(Preview {
            table: planned.name.clone(),
            total: planned.rows,
            columns: cells::columns(&batch.schema()),
            rows: cells::objects(&batch)?,
            warnings,
            notes: plan.notes(),
        })
    })
    .await?;
    Ok(web::Json(preview))
}

/// The plan of a schema with its warnings, or its problems.
fn sound(Compiled { plan, problems }: Compiled) -> Result<(Arc<Plan>, Vec<Problem>), ApiError> {
    match plan {
        Some(plan) => Ok((plan, problems)),
        None => Err(ApiError::invalid(problems)),
    }
}

/// The plan of a schema for a look at its rows, before any language model is asked: with the answers that are kept, and another generator for
/// those that are not.
pub fn looked_at(app: &App, text: &str, overriding: &Overriding) -> Result<(Arc<Plan>, Vec<Problem>), ApiError> {
    let options = plan::Options { falls_back: true, ..overriding.options()? };
    let compile = |options: &plan::Options| plan::compile_text(text, &overriding.parameters, options);
    sound(plan::compile_answered(compile, &options, |plan| pools::kept(&app.model, &app.db, plan, Part::Any))?)
}

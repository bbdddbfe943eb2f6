//! `/assistant`: words become schemas, changes, columns and rules. What comes back is a proposal; nothing is saved.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use ::llm::Cancel;
use ::llm::assistant::Event;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, post, web};
use bytes::Bytes;
use futures::StreamExt;
use futures::channel::mpsc;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::service::{self, ElementProposal, ElementWish, Listener, Question, SchemaProposal, SchemaWish};
use crate::App;
use crate::datasets::service::JSON;
use crate::db::off_thread;
use crate::error::ApiError;
use crate::http::accept;
use crate::http::body::Object;
use crate::http::caller::Caller;
use crate::http::context;
use crate::http::model_key::{ModelKey, ModelKeyHeader};
use crate::http::standing::Standing;
use crate::openapi::errors::{Conflict, Forbidden, Invalid, ModelFailed, NotAcceptable, TooLarge};

/// The media type of a stream of events.
const EVENTS: &str = "text/event-stream";

/// How often an idle stream of events says that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Adds the resource.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(write_schema).service(write_element);
}

/// An event while the assistant works.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "declares the events of a stream")]
pub struct AssistantEvent {
    /// `round`, `delta`, `problem`, and at the end `result` or `error`.
    #[schema(example = "round")]
    pub event: String,
    /// As JSON: `{"round": 1}`, `{"text": "…"}`, a `Problem`, the proposal, or a problem document.
    #[schema(content_media_type = "application/json")]
    pub data: String,
}

/// Write or change a schema from words
///
/// The proposal is planned as any schema is, and what is wrong with it is told to the model, in at most three rounds. Nothing is saved. The
/// model is told the words, the present schema, and names and types of the samples; no value of a row. With `Accept: text/event-stream` it is
/// heard while it works.
#[utoipa::path(operation_id = "write_schema", tag = "assistant", params(ModelKeyHeader), request_body = SchemaWish, responses(
    (status = 200, content((SchemaProposal = "application/json"), (AssistantEvent = "text/event-stream"))),
    Forbidden,
    NotAcceptable,
    Conflict,
    TooLarge,
    Invalid,
    ModelFailed,
))]
#[post("/assistant/schema")]
async fn write_schema(
    app: web::Data<App>,
    _: Caller,
    request: HttpRequest,
    key: ModelKey,
    body: web::Json<Object<SchemaWish>>,
) -> Result<HttpResponse, ApiError> {
    let question = off_thread(move || Question::of_schema(body.into_inner().0)).await?;
    answer(app, &request, key, question, |question, answered| json!(service::schema_proposal(question, answered))).await
}

/// Write a column or a rule from words
///
/// One of the same name is replaced in the proposal. Nothing is saved. With `Accept: text/event-stream` it is heard while it works.
#[utoipa::path(operation_id = "write_element", tag = "assistant", params(ModelKeyHeader), request_body = ElementWish, responses(
    (status = 200, content((ElementProposal = "application/json"), (AssistantEvent = "text/event-stream"))),
    Forbidden,
    NotAcceptable,
    Conflict,
    TooLarge,
    Invalid,
    ModelFailed,
))]
#[post("/assistant/columns")]
async fn write_element(
    app: web::Data<App>,
    _: Caller,
    request: HttpRequest,
    key: ModelKey,
    body: web::Json<Object<ElementWish>>,
) -> Result<HttpResponse, ApiError> {
    let question = off_thread(move || Question::of_element(body.into_inner().0)).await?;
    answer(app, &request, key, question, |question, answered| json!(service::element_proposal(question, answered)))
        .await
}

/// Asks, and answers at once or event by event. Who goes away stops it.
async fn answer(
    app: web::Data<App>,
    request: &HttpRequest,
    key: ModelKey,
    question: Question,
    shown: impl FnOnce(&Question, service::Answered) -> Value + Send + 'static,
) -> Result<HttpResponse, ApiError> {
    let hears = accept::choose(request, &[JSON, EVENTS])? == 1;
    let (cancel, question) = (Cancel::new(), Arc::new(question));
    let gone = cancel.clone().drop_guard();
    let standing = Standing::of(&app, request);
    let app = app.into_inner();
    // What stands in the way of asking at all is an answer of its own.
    if !app.model.client(key.0.clone())?.has_key() {
        return Err(::llm::Failure::key_missing().into());
    }
    let started = |listener: Option<Listener>| {
        let (own, question) = (Arc::clone(&app), Arc::clone(&question));
        app.model.start(service::ask(own, question, key.0, cancel, listener, context::all()))
    };
    if !hears {
        let answered = started(None)?.await.map_err(ApiError::internal)??;
        drop(gone);
        return Ok(HttpResponse::Ok().json(shown(&question, answered)));
    }
    let (send, heard) = mpsc::unbounded();
    let listener: Listener = Arc::new(move |event: Event<'_>| {
        let events = match event {
            Event::Begins(round) => vec![spelled("round", &json!({"round": round}))],
            Event::Words(words) => vec![spelled("delta", &json!({"text": words}))],
            Event::Problems(problems) => problems.iter().map(|problem| spelled("problem", &json!(problem))).collect(),
        };
        // Nobody hears it once the reader is gone.
        events.into_iter().for_each(|event| drop(send.unbounded_send(event)));
    });
    let work = started(Some(listener))?;
    let request_context = context::all();
    let end = async move {
        let answered = work.await.map_err(ApiError::internal).and_then(|answered| answered);
        drop(gone);
        match answered {
            Ok(answered) => spelled("result", &shown(&question, answered)),
            Err(error) => spelled("error", &context::within(request_context, || error.document())),
        }
    };
    let stream = heard.chain(futures::stream::once(end)).boxed();
    let stream = futures::stream::unfold(stream, |mut events| async move {
        match tokio::time::timeout(KEEP_ALIVE, events.next()).await {
            Ok(event) => event.map(|event| (event, events)),
            Err(_) => Some((Bytes::from_static(b": \n\n"), events)),
        }
    });
    // What ends before its end stops the work too.
    let stream = stream.take_until(Box::pin(standing.lost_for_good()));
    Ok(HttpResponse::Ok()
        .content_type(EVENTS)
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .insert_header(("x-accel-buffering", "no"))
        // A compressor would keep events back until it has enough of them.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .streaming(stream.map(Ok::<_, Infallible>)))
}

fn spelled(event: &str, data: &Value) -> Bytes {
    Bytes::from(format!("event: {event}\ndata: {data}\n\n"))
}

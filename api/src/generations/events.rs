//! `/generations/{id}/events`: a generation followed while it works.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, get, web};
use bytes::Bytes;
use futures::StreamExt;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Progress, service};
use crate::App;
use crate::auth::tokens::hex;
use crate::error::ApiError;
use crate::http::caller::Caller;
use crate::http::standing::Standing;
use crate::openapi::errors::NotFound;

/// How often an idle stream of events says that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Bytes of a hash that name an event.
const ID_BYTES: usize = 8;

/// An event of a generation.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "declares the events of a stream")]
pub struct ProgressEvent {
    /// Always `progress`.
    #[schema(example = "progress")]
    pub event: String,
    /// Names what the event says; a client that comes back sends the last one as `Last-Event-ID`.
    pub id: String,
    /// A `Progress` as JSON.
    #[schema(content_media_type = "application/json")]
    pub data: String,
}

/// Follow a generation
///
/// Server-sent events named `progress`, each with a `Progress` as its data: the current one at first, the last one with a final state. A
/// comment line every 15 seconds keeps the connection open. A client that comes back with `Last-Event-ID` is not told again what it heard
/// last; where that was the end, the stream ends at once. It ends within seconds once its access token or API key does not hold any more.
#[utoipa::path(operation_id = "stream_generation_events", tag = "generations",
    params(("id" = Uuid, Path), ("Last-Event-ID" = Option<String>, Header, description = "the `id` of the event that was heard last")), responses(
    (status = 200, body = ProgressEvent, content_type = "text/event-stream"),
    NotFound,
))]
#[get("/generations/{id}/events")]
pub(super) async fn stream_generation_events(
    app: web::Data<App>,
    _: Caller,
    request: HttpRequest,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, ApiError> {
    let id = id.into_inner();
    let first = recorded(&app, id).await?;
    let followed = app.generations.follow(id);
    let standing = Standing::of(&app, &request);
    let heard = request.headers().get("last-event-id").and_then(|id| id.to_str().ok()) == Some(&*event_id(&first));
    let stream = futures::stream::unfold(Some((app, followed, None)), move |follower| {
        let first = first.clone();
        async move {
            let (app, mut followed, last) = follower?;
            let told = match &last {
                None if heard => {
                    let is_last = first.state.is_final();
                    return Some((Ok(COMMENT), (!is_last).then_some((app, followed, Some(first)))));
                }
                None => Some(first),
                Some(last) => next_progress(&app, id, &mut followed, last).await?,
            };
            let Some(progress) = told else { return Some((Ok(COMMENT), Some((app, followed, last)))) };
            let is_last = progress.state.is_final();
            let event = format!("event: progress\nid: {}\ndata: {}\n\n", event_id(&progress), json!(progress));
            Some((Ok::<_, Infallible>(Bytes::from(event)), (!is_last).then_some((app, followed, Some(progress)))))
        }
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .insert_header(("x-accel-buffering", "no"))
        // A compressor would keep events back until it has enough of them.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .streaming(stream.take_until(Box::pin(standing.lost()))))
}

/// A line that says nothing but that the stream lives.
const COMMENT: Bytes = Bytes::from_static(b": \n\n");

/// What an event is known by: the same for the same progress, whichever server tells it. An end is one, whatever its worker counted last.
fn event_id(progress: &Progress) -> String {
    let said = if progress.state.is_final() { json!(progress.state) } else { json!(progress) };
    let hash = Sha256::digest(said.to_string().as_bytes());
    hex(&hash[..ID_BYTES])
}

/// The next progress that is not the last one; nothing where there is none for a while. The outer `None` ends the stream.
async fn next_progress(
    app: &web::Data<App>,
    id: Uuid,
    followed: &mut Option<watch::Receiver<Progress>>,
    last: &Progress,
) -> Option<Option<Progress>> {
    let until = tokio::time::Instant::now() + KEEP_ALIVE;
    while tokio::time::Instant::now() < until {
        let progress = match followed {
            Some(watch) => match tokio::time::timeout_at(until, watch.changed()).await {
                Ok(Ok(())) => watch.borrow_and_update().clone(),
                // Its worker is done with it: the record says how it ended.
                Ok(Err(_)) => {
                    *followed = None;
                    recorded(app, id).await.ok()?
                }
                Err(_) => return Some(None),
            },
            // It waits for its turn or for a key, or was begun between two looks.
            None => {
                tokio::time::sleep(Duration::from_millis(250)).await;
                *followed = app.generations.follow(id);
                recorded(app, id).await.ok()?
            }
        };
        if progress != *last {
            return Some(Some(progress));
        }
    }
    Some(None)
}

async fn recorded(app: &web::Data<App>, id: Uuid) -> Result<Progress, ApiError> {
    let state = app.clone();
    app.db
        .read(move |c| {
            let row = service::find(c, id)?;
            service::progress(&state, c, &row)
        })
        .await
}

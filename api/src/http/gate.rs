//! The gate of the API: before a handler runs, its operation is known, the caller may call it, and its body is read whole, bounded in size and
//! time. A `POST` of work that was answered before is answered the same way again; who changes something is put on the audit trail.

use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;

use crate::App;
use crate::access::{self, Found, Needs, Operation, parameters};
use crate::admin::audit;
use crate::datasets::service::JSON;
use crate::error::{ApiError, Code};
use crate::http::caller::{self, Caller};
use crate::http::client::Client;
use crate::http::context::{self, Acting};
use crate::idempotency::{self, Claim, Known};

/// Bytes of a body at most where nobody has signed in.
const MAX_OPEN_BYTES: usize = 1 << 16;

/// How long a body may take to arrive.
const BODY_PATIENCE: Duration = Duration::from_secs(30);

/// The operation that a request leads to, for log and metrics.
#[derive(Clone, Copy)]
pub struct Answered(pub &'static str);

/// Lets a request through to its handler, or answers it.
pub async fn gate<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let answer = match admit(&mut request).await {
        Ok(Admitted { acting, turn }) => {
            let response = context::act(acting.clone(), next.call(request)).await?;
            drop(turn);
            note_refusal(response.request(), response.status(), acting).await;
            return Ok(response.map_into_left_body());
        }
        Err(answer) => answer,
    };
    Ok(request.into_response(answer).map_into_right_body())
}

/// What goes with a request that is let through.
struct Admitted {
    acting: Option<Arc<Acting>>,
    /// Held while a request with an idempotency key is answered.
    turn: Option<idempotency::Turn>,
}

async fn admit(request: &mut ServiceRequest) -> Result<Admitted, HttpResponse> {
    let said = |error: ApiError| error.error_response();
    let app = request.app_data::<web::Data<App>>().cloned();
    let app = app.ok_or_else(|| said(ApiError::internal("the app's state is missing")))?;
    // The router's own reading of the path, so that both see the same steps.
    let path = request.match_info().as_str().to_owned();
    let operation = match access::operations().find(request.method(), &path) {
        Found::Operation(operation) => operation,
        Found::Methods(methods) => return Err(other_method(request.method(), &methods)),
        Found::Nothing => return Err(said(ApiError::not_found("resource", &path))),
    };
    let name = operation.access.operation;
    request.extensions_mut().insert(Answered(name));
    let client = Client::of_request(request.request());
    let caller = known_caller(&app, request, operation).await.map_err(said)?;
    let acting = || operation.access.is_audited.then(|| Arc::new(Acting::new(name, caller.clone(), client, &path)));
    if let Some(caller) = &caller {
        if let Err(error) = operation.access.check(caller, &operation.scope, operation.id_in(&path)) {
            note_refusal(request.request(), StatusCode::FORBIDDEN, acting()).await;
            return Err(said(error));
        }
        request.extensions_mut().insert(caller.clone());
    }
    parameters::check(&operation.query, request.query_string()).map_err(said)?;
    let has_body =
        matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH) && !operation.access.is_upload;
    let mut turn = None;
    if has_body {
        let max = match operation.access.needs {
            Needs::Nobody => MAX_OPEN_BYTES,
            _ => app.config.max_upload_bytes.min(crate::server::MAX_JSON_BYTES),
        };
        let body = read(request, max).await.map_err(said)?;
        if operation.takes_json_alone && !body.is_empty() {
            check_type(request).map_err(said)?;
        }
        if operation.access.is_idempotent
            && let Some(caller) = &caller
        {
            turn = take_turn(&app, request, caller, &path, &body).await?;
        }
        request.set_payload(whole(body));
    }
    Ok(Admitted { acting: acting(), turn })
}

/// Who calls, where the operation asks for it.
async fn known_caller(app: &App, request: &ServiceRequest, operation: &Operation) -> Result<Option<Caller>, ApiError> {
    let mut names = url::form_urlencoded::parse(request.query_string().as_bytes());
    if !operation.access.needs_caller(names.any(|(name, _)| name == "token")) {
        return Ok(None);
    }
    caller::authenticate(app, request.headers()).await.map(Some)
}

/// The address knows other methods.
pub fn other_method(method: &Method, methods: &[String]) -> HttpResponse {
    // Whoever may get something may ask for its head.
    let head = methods.iter().any(|method| method == Method::GET.as_str()).then(|| Method::HEAD.to_string());
    let methods = methods.iter().cloned().chain(head).collect::<Vec<_>>().join(", ");
    let sentence = format!("{method} is not among the methods of this address: {methods}");
    let mut answer = ApiError::new(Code::MethodNotAllowed, sentence).error_response();
    if let Ok(value) = HeaderValue::from_str(&methods) {
        answer.headers_mut().insert(header::ALLOW, value);
    }
    answer
}

/// Reads a body whole.
async fn read(request: &mut ServiceRequest, max: usize) -> Result<Bytes, ApiError> {
    let too_large = || {
        let sentence = match max >> 20 {
            0 => format!("the body is larger than {} kB", max >> 10),
            megabytes => format!("the body is larger than {megabytes} MB"),
        };
        ApiError::new(Code::TooLarge, sentence)
    };
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| length > max as u64) {
        return Err(too_large());
    }
    let mut payload = request.take_payload();
    let reading = async {
        let mut body = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|error| ApiError::new(Code::MalformedRequest, error.to_string()))?;
            if body.len() + chunk.len() > max {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    let late = |_| {
        let seconds = BODY_PATIENCE.as_secs();
        ApiError::new(Code::BodyTimeout, format!("the body did not arrive within {seconds} seconds"))
    };
    tokio::time::timeout(BODY_PATIENCE, reading).await.map_err(late)?
}

/// An error where a body is said to be something else than JSON. What says nothing is taken for it.
fn check_type(request: &ServiceRequest) -> Result<(), ApiError> {
    let Some(named) = request.headers().get(header::CONTENT_TYPE) else { return Ok(()) };
    let named = named.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if named.eq_ignore_ascii_case(JSON) || named.to_ascii_lowercase().ends_with("+json") {
        return Ok(());
    }
    Err(ApiError::new(Code::UnsupportedMediaType, format!("{named:?} is not read; send {JSON}")))
}

/// A body that was read, for the handler to read it again.
fn whole(body: Bytes) -> Payload {
    Payload::Stream { payload: Box::pin(futures::stream::once(async move { Ok(body) })) }
}

/// With an idempotency key: waits until nobody else answers the same, then gives the answer of before, or the turn to answer.
async fn take_turn(
    app: &App,
    request: &ServiceRequest,
    caller: &Caller,
    path: &str,
    body: &[u8],
) -> Result<Option<idempotency::Turn>, HttpResponse> {
    let said = |error: ApiError| error.error_response();
    let Some(value) = request.headers().get(idempotency::HEADER) else { return Ok(None) };
    let key = idempotency::checked(value).map_err(said)?;
    let claim = Claim::new(caller.id, key, request.method(), path, body);
    let turn = app.idempotency.turn(&claim).await;
    match idempotency::look(app, &claim).await.map_err(said)? {
        Known::Nothing => {
            request.extensions_mut().insert(claim);
            Ok(Some(turn))
        }
        Known::Answer(kept) => Err(kept.again()),
        Known::Other => {
            let sentence = "the key belongs to another request of the last 24 hours; take a new one for a new request";
            Err(said(ApiError::new(Code::IdempotencyKeyReused, sentence)))
        }
    }
}

/// Puts it on the audit trail where a caller was refused something that is audited. What nobody signed in for is in the log alone, but for
/// attempts to sign in.
async fn note_refusal(request: &HttpRequest, status: StatusCode, acting: Option<Arc<Acting>>) {
    let Some(acting) = acting else { return };
    let is_refusal = match status {
        StatusCode::FORBIDDEN => true,
        StatusCode::UNAUTHORIZED => acting.operation == "login",
        _ => false,
    };
    let Some(app) = request.app_data::<web::Data<App>>().cloned().filter(|_| is_refusal) else { return };
    if let Err(error) = app.db.write(move |c| Ok(audit::refused(c, &acting)?)).await {
        log::error!("{} a refusal cannot be put on the audit trail: {error}", context::request_id());
    }
}

//! What every request passes through: an id, the check of its `Host` and of its scheme, a line in the log, a count, careful headers.

use std::time::Instant;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError, web};
use uuid::Uuid;

use super::client::Client;
use super::gate::Answered;
use super::{context, cors, headers};
use crate::App;
use crate::config::without_port;
use crate::error::{ApiError, Code};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Characters of a request's id that is taken over.
const MAX_ID_CHARS: usize = 128;

/// Gives a request its id, answers it, and writes one line about it.
pub async fn observe<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let start = Instant::now();
    let app = request.app_data::<web::Data<App>>().cloned();
    let app = app.ok_or_else(|| ApiError::internal("the app's state is missing"))?;
    let id = given_id(&request).unwrap_or_else(|| Uuid::now_v7().simple().to_string());
    let client = Client::of_request(request.request());
    let (method, path) = (request.method().clone(), request.path().to_owned());
    let origin = cors::origin(&app.config, &request);
    if method == Method::HEAD {
        // The answer is that of GET; whoever writes it to the connection leaves its body out.
        request.head_mut().method = Method::GET;
    }
    let answer = async {
        let early = turned_away(&app, &client, &request);
        let early = early.or_else(|| origin.as_ref().and_then(|_| cors::preflight(&request)));
        match early {
            None => next.call(request).await.map(|response| match of_ours(&response, &path) {
                Some(error) => response.into_response(error.error_response()).map_into_right_body(),
                None => response.map_into_left_body(),
            }),
            Some(answer) => Ok(request.into_response(answer).map_into_right_body()),
        }
    };
    let mut response = context::scope(id.clone(), app.config.debug, answer).await?;
    let status = response.status();
    let found = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        found.insert(REQUEST_ID, value);
    }
    headers::set(&app.config, &client, &path, found);
    if !app.config.cors_origins.is_empty() {
        found.append(header::VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = origin {
            cors::allow(found, origin);
        }
    }
    let operation = response.request().extensions().get::<Answered>().map(|answered| answered.0);
    app.metrics.answered(operation, method.as_str(), status.as_u16(), start.elapsed());
    let took = start.elapsed().as_millis();
    log::info!("{id} {} {method} {path} {} {took} ms", or_dash(&client.spelled()), status.as_u16());
    Ok(response)
}

/// The id that whoever asks, or a proxy on the way, has given the request: taken over where it is no more than a word, which stands in logs.
fn given_id(request: &ServiceRequest) -> Option<String> {
    let id = request.headers().get(REQUEST_ID)?.to_str().ok()?;
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    ((1..=MAX_ID_CHARS).contains(&id.len()) && id.bytes().all(is_word)).then(|| id.to_owned())
}

/// The problem in the place of a library's refusal that is none: of an `Accept-Encoding` that lets nothing pass, of a file of the
/// documentation that is not there.
fn of_ours<B>(response: &ServiceResponse<B>, path: &str) -> Option<ApiError> {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/problem+json") {
        return None;
    }
    match response.status() {
        StatusCode::NOT_ACCEPTABLE => {
            let sentence = "send an Accept-Encoding that lets identity, gzip or br pass";
            Some(ApiError::new(Code::NotAcceptable, sentence))
        }
        StatusCode::NOT_FOUND => Some(ApiError::not_found("page", path)),
        _ => None,
    }
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

/// The answer to a request for another host, or over HTTP where it has to be HTTPS. Health is asked by whatever address a platform knows.
fn turned_away(app: &App, client: &Client, request: &ServiceRequest) -> Option<HttpResponse> {
    if request.path().starts_with("/health/") {
        return None;
    }
    let host = host_of(request);
    if !app.config.serves_host(&host) {
        let error = ApiError::new(Code::UnknownHost, format!("{host:?} is not among the hosts of ALLOWED_HOSTS"));
        return Some(error.error_response());
    }
    if !app.config.ssl_redirect || client.is_https {
        return None;
    }
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let address = format!("https://{}{target}", without_port(&host));
    Some(HttpResponse::PermanentRedirect().insert_header((header::LOCATION, address)).finish())
}

/// The host that the client names.
fn host_of(request: &ServiceRequest) -> String {
    let header = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    header.or_else(|| request.uri().authority().map(|authority| authority.as_str())).unwrap_or_default().to_owned()
}

//! What every request passes through: an id, the check of its `Host`, a line in the log, headers that keep browsers careful.

use std::time::Instant;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError, web};
use uuid::Uuid;

use super::request_id;
use crate::App;
use crate::error::{ApiError, Code};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What pages of ours may load: themselves, nothing from elsewhere. Style attributes are set by the studio's parts.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; \
     frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Gives a request its id, answers it, and writes one line about it.
pub async fn observe<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let start = Instant::now();
    let app = request.app_data::<web::Data<App>>().cloned();
    let id = Uuid::now_v7().simple().to_string();
    let host = host_of(&request);
    let (method, path) = (request.method().clone(), request.path().to_owned());
    let tells_causes = app.as_ref().is_some_and(|app| app.config.debug);
    let is_served = match &app {
        Some(app) => path.starts_with("/health/") || app.config.serves_host(&host),
        None => true,
    };
    let answer = async {
        if is_served {
            next.call(request).await.map(ServiceResponse::map_into_left_body)
        } else {
            let error = ApiError::new(Code::UnknownHost, format!("{host:?} is not among the hosts of ALLOWED_HOSTS"));
            Ok(request.into_response(error.error_response()).map_into_right_body())
        }
    };
    let mut response = request_id::scope(id.clone(), tells_causes, answer).await?;
    let status = response.status();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    ] {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if path.starts_with("/api/") && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    log::info!("{id} {method} {path} {} {} ms", status.as_u16(), start.elapsed().as_millis());
    Ok(response)
}

/// The host that the client names. Headers of proxies are not believed.
fn host_of(request: &ServiceRequest) -> String {
    let header = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    header.or_else(|| request.uri().authority().map(|authority| authority.as_str())).unwrap_or_default().to_owned()
}

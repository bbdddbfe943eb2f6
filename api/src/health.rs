//! Beside the API: whether the process lives, whether it can work, what it counts.

use std::io::ErrorKind;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, ResponseError, get, web};
use serde_json::{Value, json};

use crate::App;
use crate::auth::tokens;
use crate::db::off_thread;
use crate::error::{ApiError, Code};
use crate::http::caller::bearer;
use crate::{metrics, storage};

/// Below this the database cannot be written for long.
const MIN_BYTES: u64 = 4 << 20;

/// Whether the process lives.
#[get("/health/live")]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

/// Whether requests can be answered: the database answers, the disk takes something, no migration waits.
#[get("/health/ready")]
pub async fn ready(app: web::Data<App>) -> Result<HttpResponse, ApiError> {
    let (is_ready, checks) = off_thread(move || Ok(checks(&app))).await?;
    if is_ready {
        return Ok(HttpResponse::Ok().json(json!({"status": "ok", "checks": checks})));
    }
    Ok(ApiError::new(Code::Unavailable, "the server is not ready; see checks").with("checks", checks).error_response())
}

fn checks(app: &App) -> (bool, Value) {
    let versions = app.db.versions();
    let database = versions.is_ok();
    let pending = versions.map_or(0, |versions| versions.pending.len());
    let free = storage::free_space(&app.config.data_dir);
    let (disk_works, disk) = match free {
        Ok(free) if free < MIN_BYTES => (false, "full"),
        Ok(free) if free < app.config.min_free_disk_bytes => (true, "low"),
        Ok(_) => (true, "ok"),
        Err(_) => (false, "unreachable"),
    };
    // A disk that was remounted read-only has as much room as before.
    let (disk_works, disk) = match app.probe.takes_writes(&app.config.data_dir) {
        Err(ErrorKind::ReadOnlyFilesystem) if disk_works => (false, "read-only"),
        Err(ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => (false, "full"),
        Err(_) if disk_works => (false, "takes no writes"),
        _ => (disk_works, disk),
    };
    let checks = json!({
        "database": if database { "ok" } else { "does not answer" },
        "disk": disk,
        "migrations": if pending == 0 { "ok".to_owned() } else { format!("{pending} wait") },
    });
    (database && disk_works && pending == 0, checks)
}

/// What is counted, for Prometheus, to whoever has `METRICS_TOKEN`. Without one it is not there.
#[get("/metrics")]
pub async fn metrics_text(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let Some(expected) = &app.config.metrics_token else {
        return Err(ApiError::not_found("page", "/metrics"));
    };
    let given = bearer(request.headers()).unwrap_or_default();
    if !tokens::is_same(&tokens::stored(given), &tokens::stored(expected.reveal())) {
        return Err(ApiError::new(Code::Unauthenticated, "send METRICS_TOKEN as Authorization: Bearer"));
    }
    let text = off_thread(move || app.metrics.text(&app)).await?;
    Ok(HttpResponse::Ok()
        .content_type(metrics::MEDIA_TYPE)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(text))
}

//! A server whose data folder another one holds: it waits, says that it lives, and asks everybody else to come again.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use actix_web::{App as HttpApp, HttpRequest, HttpResponse, HttpServer, ResponseError, web};
use serde_json::json;

use super::data_dir::{EVERY, held, take};
use super::{asked_to_stop, reason};
use crate::Config;
use crate::error::{ApiError, Code};
use crate::storage::lock::DataLock;

/// Takes the lock of the data folder, answering requests while another server holds it; nothing where the server was asked to stop meanwhile.
pub fn lock(config: &Config, listener: &TcpListener) -> Result<Option<DataLock>, String> {
    if let Some(lock) = take(&config.data_dir)? {
        return Ok(Some(lock));
    }
    log::warn!("another server holds {}; waiting for it", config.data_dir.display());
    // The socket stays ours: who connects between the two servers waits in its queue.
    let listener = listener.try_clone().map_err(|error| reason(&error))?;
    actix_web::rt::System::new().block_on(async {
        let server = HttpServer::new(|| HttpApp::new().default_service(web::to(come_again)));
        let server = server.workers(1).disable_signals().shutdown_timeout(1).listen(listener);
        let server = server.map_err(|error| reason(&error))?.run();
        let handle = server.handle();
        let serving = actix_web::rt::spawn(server);
        let found = tokio::select! {
            found = wait(config) => found.map(Some),
            () = asked_to_stop() => Ok(None),
        };
        handle.stop(false).await;
        let _ = serving.await;
        found
    })
}

async fn wait(config: &Config) -> Result<DataLock, String> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(config.lock_wait_s) {
        tokio::time::sleep(EVERY).await;
        if let Some(lock) = take(&config.data_dir)? {
            return Ok(lock);
        }
    }
    Err(held(&config.data_dir))
}

async fn come_again(request: HttpRequest) -> HttpResponse {
    match request.path() {
        "/health/live" => HttpResponse::Ok().json(json!({"status": "waiting"})),
        _ => {
            let sentence = "another server still holds the data; this one takes over once it has ended";
            ApiError::new(Code::Unavailable, sentence).error_response()
        }
    }
}

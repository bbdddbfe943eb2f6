//! The id of the request that a task answers, for logs and problem documents.

use std::future::Future;

/// What is known of a request while it is answered.
#[derive(Clone)]
struct Request {
    id: String,
    tells_causes: bool,
}

tokio::task_local! {
    static REQUEST: Request;
}

/// Runs a future as the answer to the request of this id; in debug mode problem documents tell causes.
pub async fn scope<F: Future>(id: String, tells_causes: bool, answer: F) -> F::Output {
    REQUEST.scope(Request { id, tells_causes }, answer).await
}

/// The id of the request that is answered now; empty outside of one.
pub fn current() -> String {
    REQUEST.try_with(|request| request.id.clone()).unwrap_or_default()
}

/// Whether the client may see the cause of a fault of ours.
pub fn tells_causes() -> bool {
    REQUEST.try_with(|request| request.tells_causes).unwrap_or_default()
}

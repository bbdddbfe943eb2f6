//! What is known of a request while it is answered: its id for logs and problem documents, and who changes something, for the audit trail.
//!
//! A task carries it, and [`crate::db::off_thread`] takes it along to the thread where the work is done.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::http::caller::Caller;
use crate::http::client::Client;

/// What is known of a request.
#[derive(Clone, Default)]
pub struct Context {
    id: String,
    tells_causes: bool,
    acting: Option<Arc<Acting>>,
}

/// Somebody who changes something.
pub struct Acting {
    /// The operation's id.
    pub operation: &'static str,
    /// Who calls, where that is known.
    pub caller: Option<Caller>,
    /// Where the call comes from.
    pub client: Client,
    /// What is changed: the path, or the path of what was made.
    object: Mutex<String>,
    /// The user who signs in or out by this call.
    user: Mutex<Option<String>>,
    is_recorded: AtomicBool,
}

impl Acting {
    /// Somebody who calls an operation on a path.
    pub fn new(operation: &'static str, caller: Option<Caller>, client: Client, path: &str) -> Acting {
        Acting {
            operation,
            caller,
            client,
            object: Mutex::new(path.to_owned()),
            user: Mutex::default(),
            is_recorded: AtomicBool::new(false),
        }
    }

    /// What is changed.
    pub fn object(&self) -> String {
        self.object.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The id of the user who acts.
    pub fn user(&self) -> Option<String> {
        let known = self.caller.as_ref().map(|caller| caller.id.to_string());
        known.or_else(|| self.user.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Notes that the change and its record are durable.
    pub fn is_now_recorded(&self) {
        self.is_recorded.store(true, Ordering::Relaxed);
    }
}

tokio::task_local! {
    static CONTEXT: Context;
}

/// Runs a future as the answer to the request of this id; in debug mode problem documents tell causes.
pub async fn scope<F: Future>(id: String, tells_causes: bool, answer: F) -> F::Output {
    CONTEXT.scope(Context { id, tells_causes, acting: None }, answer).await
}

/// Runs a future as what somebody does.
pub async fn act<F: Future>(acting: Option<Arc<Acting>>, answer: F) -> F::Output {
    CONTEXT.scope(Context { acting, ..all() }, answer).await
}

/// All that is known, to be taken along to another thread.
pub fn all() -> Context {
    CONTEXT.try_with(Clone::clone).unwrap_or_default()
}

/// Runs work on this thread with what was known on another.
pub fn within<T>(context: Context, work: impl FnOnce() -> T) -> T {
    CONTEXT.sync_scope(context, work)
}

/// The id of the request that is answered now; empty outside of one.
pub fn request_id() -> String {
    CONTEXT.try_with(|context| context.id.clone()).unwrap_or_default()
}

/// Whether the client may see the cause of a fault of ours.
pub fn tells_causes() -> bool {
    CONTEXT.try_with(|context| context.tells_causes).unwrap_or_default()
}

/// Who changes something, while that is not on record.
pub fn acting() -> Option<Arc<Acting>> {
    let acting = CONTEXT.try_with(|context| context.acting.clone()).ok().flatten();
    acting.filter(|acting| !acting.is_recorded.load(Ordering::Relaxed))
}

/// Says what the change is about, where the path does not.
pub fn concerns(object: &str) {
    if let Some(acting) = acting() {
        *acting.object.lock().unwrap_or_else(PoisonError::into_inner) = object.to_owned();
    }
}

/// Says which user signs in or out.
pub fn acts_as(user: &str) {
    if let Some(acting) = acting() {
        *acting.user.lock().unwrap_or_else(PoisonError::into_inner) = Some(user.to_owned());
    }
}

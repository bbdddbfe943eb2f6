//! Calls of the API whose answer may be a refusal, or may never come.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::serve::PATIENCE;

/// Who calls a server, with a key that outlives it.
#[derive(Clone)]
pub struct Caller {
    agent: ureq::Agent,
    address: String,
    key: String,
}

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub etag: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// The same where it is of this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// The id of what was made.
    #[track_caller]
    pub fn id(&self) -> String {
        self.json()["id"].as_str().unwrap_or_else(|| panic!("{self:?}")).to_owned()
    }
}

impl Caller {
    pub fn new(address: &str, key: &str) -> Caller {
        let config =
            ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(60)));
        Caller { agent: config.build().new_agent(), address: address.to_owned(), key: key.to_owned() }
    }

    /// The answer, or nothing where the server is gone before all of it was there.
    pub fn attempt(&self, method: &str, path: &str, if_match: &str, body: &str) -> Option<Answer> {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}/api/v1{path}", self.address))
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json");
        if !if_match.is_empty() {
            request = request.header("if-match", if_match);
        }
        let mut answer = self.agent.run(request.body(body.to_owned()).expect("a request")).ok()?;
        let etag = answer.headers().get("etag").and_then(|tag| tag.to_str().ok()).unwrap_or_default().to_owned();
        let bytes = answer.body_mut().with_config().limit(1 << 30).read_to_vec().ok()?;
        Some(Answer { status: answer.status().as_u16(), etag, body: String::from_utf8_lossy(&bytes).into_owned() })
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.attempt("GET", path, "", "").expect("an answer")
    }

    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.attempt("POST", path, "", &body.to_string()).expect("an answer")
    }

    /// All items of a list, page by page.
    #[track_caller]
    pub fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut next = format!("{path}?limit=500");
        loop {
            let page = self.get(&next).is(200).json();
            items.extend(page["items"].as_array().cloned().unwrap_or_default());
            match page["next"].as_str() {
                Some(more) => next = more.trim_start_matches("/api/v1").to_owned(),
                None => return items,
            }
        }
    }

    /// A generation or an export once it has ended.
    #[track_caller]
    pub fn ended(&self, path: &str) -> Value {
        let begun = Instant::now();
        loop {
            let found = self.get(path).is(200).json();
            if is_final(&found) {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "{found}");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Whether a generation or an export has ended.
pub fn is_final(item: &Value) -> bool {
    !matches!(item["state"].as_str(), Some("queued" | "running"))
}

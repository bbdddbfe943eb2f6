//! One attempt at a completion: what is sent, and what statuses, bodies and streams mean.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::budget::Reservation;
use crate::client::{Client, Heard, Listener};
use crate::failure::{Code, Failure, excerpt};
use crate::protocol::{self, Body, Completion, Shape};
use crate::retry;
use crate::stream::Events;
use crate::structured::{is_about_shape, without};

/// Bytes of an answer beyond which it is none.
const MAX_BODY: usize = 8 << 20;

/// Bytes of an error's body that are read.
const MAX_ERROR: usize = 64 << 10;

/// How long a stream that said how it ends is listened to for what it took, and for its end.
const GRACE: Duration = Duration::from_secs(2);

/// Why an attempt gave no answer.
pub(crate) enum Miss {
    /// It would not the next time.
    Final(Failure),
    /// It may the next time, after as long as the server says.
    Again { failure: Failure, after: Option<Duration>, is_outage: bool },
    /// It will without a field of the request; for this request alone, or for all.
    Without { field: &'static str, always: bool },
}

/// What was heard of a stream.
#[derive(Default)]
struct Stream {
    events: Events,
    completion: Completion,
    is_done: bool,
}

impl Stream {
    fn has_ended(&self) -> bool {
        self.is_done || !self.completion.finish.is_empty()
    }
}

impl Client {
    /// Sends a request once. What the reservation is told is whether it may be billed without an answer.
    pub(crate) async fn send(
        &self,
        body: &Value,
        shape: Shape,
        reservation: &mut Reservation,
        listener: Option<Listener<'_>>,
    ) -> Result<Completion, Miss> {
        let config = self.config();
        let Some(key) = &config.key else { return Err(Miss::Final(Failure::key_missing())) };
        let Ok(mut bearer) = HeaderValue::from_str(&format!("Bearer {}", key.reveal())) else {
            return Err(Miss::Final(Failure::key_missing()));
        };
        bearer.set_sensitive(true);
        if let Some(listener) = listener {
            listener(Heard::Begins);
        }
        let request = self.http().post(config.endpoint()).header(AUTHORIZATION, bearer);
        let request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        reservation.sent();
        let response = self.heard(request.send()).await?.map_err(|error| {
            if error.is_connect() {
                reservation.refused();
            }
            self.unreachable(&error)
        })?;
        if response.status() != StatusCode::OK {
            reservation.refused();
            return Err(self.refusal(response, body, shape).await);
        }
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("text/event-stream") {
            return self.listen(response, listener).await;
        }
        let (bytes, broken) = self.read_body(response, MAX_BODY).await?;
        let completion = match Body::read(&bytes) {
            Body::Completion(completion) => completion,
            Body::Failure(sentence) => return Err(self.failed(&sentence)),
            // Some servers stream under another name.
            Body::Other if bytes.starts_with(b"data:") => {
                let mut heard = Stream::default();
                self.take(&mut heard, &bytes, listener)?;
                return self.end(heard);
            }
            // What was cut is no answer; an answer that is whole is one, and paid for, whatever came after it.
            Body::Other => return Err(broken.unwrap_or_else(|| self.garbled())),
        };
        if let Some(listener) = listener {
            listener(Heard::Words(&completion.content));
        }
        Ok(completion)
    }

    /// The bytes of a body, and what went wrong before its end.
    async fn read_body(&self, mut response: Response, most: usize) -> Result<(Vec<u8>, Option<Miss>), Miss> {
        let mut bytes = Vec::new();
        loop {
            match self.heard(response.chunk()).await? {
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) => return Ok((bytes, None)),
                Err(error) => return Ok((bytes, Some(self.unreachable(&error)))),
            }
            if bytes.len() > most {
                return Err(self.endless());
            }
            // Some servers leave the connection open behind an answer whose length they do not say.
            if is_whole(&bytes) {
                return Ok((bytes, None));
            }
        }
    }

    /// What comes next, unless nothing comes for too long.
    async fn heard<T>(&self, next: impl Future<Output = T>) -> Result<T, Miss> {
        let silent = |_| Miss::Again { failure: self.silent(), after: None, is_outage: true };
        tokio::time::timeout(self.config().timeout, next).await.map_err(silent)
    }

    async fn listen(&self, mut response: Response, listener: Option<Listener<'_>>) -> Result<Completion, Miss> {
        let mut stream = Stream::default();
        let mut leave_at = None;
        loop {
            let next = response.chunk();
            let heard = match leave_at {
                None => self.heard(next).await?,
                Some(leave_at) => match tokio::time::timeout_at(leave_at, next).await {
                    Ok(heard) => heard,
                    Err(_) => return self.end(stream),
                },
            };
            match heard {
                Ok(Some(bytes)) => self.take(&mut stream, &bytes, listener)?,
                Ok(None) => return self.end(stream),
                // It said that it has ended: what breaks afterwards is no reason to pay again.
                Err(error) if !stream.has_ended() => return Err(self.unreachable(&error)),
                Err(_) => return self.end(stream),
            }
            if stream.is_done {
                return self.end(stream);
            }
            if stream.has_ended() {
                leave_at.get_or_insert_with(|| tokio::time::Instant::now() + GRACE.min(self.config().timeout));
            }
        }
    }

    /// Takes the next bytes of a stream.
    fn take(&self, stream: &mut Stream, bytes: &[u8], listener: Option<Listener<'_>>) -> Result<(), Miss> {
        for data in stream.events.push(bytes).map_err(|()| self.endless())? {
            if data == "[DONE]" {
                stream.is_done = true;
                continue;
            }
            let Some(chunk) = protocol::json_of(&data) else { return Err(self.garbled()) };
            if let Some(error) = chunk.get("error").filter(|error| !error.is_null()) {
                return Err(self.failed(&protocol::error_sentence(&error.to_string()).unwrap_or_default().0));
            }
            let words = stream.completion.add(&chunk);
            if let Some(listener) = listener.filter(|_| !words.is_empty()) {
                listener(Heard::Words(&words));
            }
            if stream.completion.content.len() > MAX_BODY {
                return Err(self.endless());
            }
        }
        Ok(())
    }

    /// A stream that says neither how nor that it ended was cut.
    fn end(&self, stream: Stream) -> Result<Completion, Miss> {
        if stream.has_ended() { Ok(stream.completion) } else { Err(self.cut_off()) }
    }

    /// What a status other than 200 means.
    async fn refusal(&self, response: Response, request: &Value, shape: Shape) -> Miss {
        let status = response.status();
        let after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let after = after.and_then(|value| retry::retry_after(value, Timestamp::now()));
        let (body, _) = self.read_body(response, MAX_ERROR).await.unwrap_or_default();
        let body = String::from_utf8_lossy(&body);
        let (sentence, code) = protocol::error_sentence(&body).unwrap_or_else(|| (body.to_string(), String::new()));
        let host = self.config().host();
        let said = excerpt(&sentence, self.config().key.as_ref());
        let said = if said.is_empty() { String::new() } else { format!(": {said}") };
        match status.as_u16() {
            400 | 422 => {
                if let Some(miss) = without(request, &sentence, shape) {
                    return miss;
                }
                if matches!(code.as_str(), "content_filter" | "content_policy_violation") {
                    let sentence = format!("the model {:?} declines to answer{said}", self.model());
                    return Miss::Final(Failure::new(Code::Refused, sentence));
                }
                if shape == Shape::Structured {
                    // It does not say what it does not take. That it is the schema is likeliest, and a refusal costs nothing.
                    return Miss::Without { field: "response_format", always: false };
                }
            }
            // Some servers fail at a field that they do not know.
            500.. if shape == Shape::Structured && is_about_shape(&sentence) => {
                return Miss::Without { field: "response_format", always: true };
            }
            // Its words repeat the key, or its ends.
            401 => {
                let sentence = format!(
                    "{host} does not take the key of the language model; check OPENAI_API_KEY or X-OpenAI-Api-Key"
                );
                return Miss::Final(Failure::new(Code::Unauthorized, sentence));
            }
            403 => {
                let sentence = format!("the key of the language model may not do this at {host}{said}");
                return Miss::Final(Failure::new(Code::Unauthorized, sentence));
            }
            404 => {
                let sentence = format!(
                    "{host} has no model {:?} there{said}; check OPENAI_MODEL and OPENAI_BASE_URL",
                    self.model()
                );
                return Miss::Final(Failure::new(Code::Rejected, sentence));
            }
            402 => {
                let sentence = format!("the account at {host} has no credit left");
                return Miss::Final(Failure::new(Code::Rejected, sentence));
            }
            429 if code == "insufficient_quota" => {
                let sentence = format!("the account at {host} has no credit left");
                return Miss::Final(Failure::new(Code::RateLimited, sentence));
            }
            429 => {
                let failure = Failure::new(Code::RateLimited, format!("{host} limits how often it is asked"));
                return Miss::Again { failure, after, is_outage: false };
            }
            408 | 409 | 425 | 500.. => {
                let failure =
                    Failure::new(Code::Unavailable, format!("{host} failed with status {}{said}", status.as_u16()));
                return Miss::Again { failure, after, is_outage: true };
            }
            _ => {}
        }
        Miss::Final(Failure::new(
            Code::Rejected,
            format!("{host} refuses the request with status {}{said}", status.as_u16()),
        ))
    }

    fn unreachable(&self, error: &reqwest::Error) -> Miss {
        if error.is_timeout() {
            return Miss::Again { failure: self.silent(), after: None, is_outage: true };
        }
        // The error's own words may hold the URL and more than people understand.
        if error.is_connect() {
            self.outage(format!("{} cannot be reached", self.config().host()))
        } else {
            self.cut_off()
        }
    }

    fn cut_off(&self) -> Miss {
        self.outage(format!("{} broke its answer off", self.config().host()))
    }

    fn outage(&self, sentence: String) -> Miss {
        Miss::Again { failure: Failure::new(Code::Unavailable, sentence), after: None, is_outage: true }
    }

    /// The server says with an answer that is none that it failed.
    fn failed(&self, sentence: &str) -> Miss {
        match excerpt(sentence, self.config().key.as_ref()) {
            said if said.is_empty() => self.cut_off(),
            said => self.outage(format!("{} broke its answer off: {said}", self.config().host())),
        }
    }

    /// An answer without an end is paid for each time that it is asked for.
    fn endless(&self) -> Miss {
        let sentence = format!("{} answers with more than {} MB", self.config().host(), MAX_BODY >> 20);
        Miss::Final(Failure::new(Code::BadAnswer, sentence))
    }

    fn garbled(&self) -> Miss {
        let host = self.config().host();
        let failure = Failure::new(
            Code::Unavailable,
            format!("{host} does not answer as a language model does; check OPENAI_BASE_URL"),
        );
        Miss::Again { failure, after: None, is_outage: true }
    }

    /// Nothing came for too long.
    fn silent(&self) -> Failure {
        let (host, seconds) = (self.config().host(), self.config().timeout.as_secs_f64());
        Failure::new(Code::Timeout, format!("{host} did not answer within {seconds} seconds"))
    }

    /// It took too long, however much came.
    pub(crate) fn timed_out(&self) -> Failure {
        let (host, seconds) = (self.config().host(), self.config().longest_answer.as_secs_f64());
        Failure::new(Code::Timeout, format!("{host} did not end its answer within {seconds} seconds"))
    }
}

/// Whether bytes are a whole JSON object.
fn is_whole(bytes: &[u8]) -> bool {
    let bytes = protocol::without_mark(bytes);
    bytes.trim_ascii_end().ends_with(b"}") && serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

//! One attempt at a completion: what is sent, and what statuses, bodies and streams mean.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde_json::Value;

use crate::client::{Client, Heard, Listener};
use crate::failure::{Code, Failure, excerpt};
use crate::protocol::{self, Completion, Shape};
use crate::retry;
use crate::stream::Events;
use crate::structured::without;

/// Bytes of an answer beyond which it is none.
const MAX_BODY: usize = 8 << 20;

/// Bytes of an error's body that are read.
const MAX_ERROR: usize = 64 << 10;

/// Why an attempt gave no answer.
pub(crate) enum Miss {
    /// It would not the next time.
    Final(Failure),
    /// It may the next time, after as long as the server says.
    Again { failure: Failure, after: Option<Duration>, is_outage: bool },
    /// It will without a field of the request; for this request alone, or for all.
    Without { field: &'static str, always: bool },
}

impl Client {
    /// Sends a request once.
    pub(crate) async fn send(
        &self,
        body: &Value,
        shape: Shape,
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
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        if response.status() != StatusCode::OK {
            return Err(self.refusal(response, body, shape).await);
        }
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("text/event-stream") {
            return self.listen(response, listener).await;
        }
        let bytes = self.read_body(response, MAX_BODY).await?;
        let completion = Completion::read(&bytes).ok_or_else(|| self.garbled())?;
        if let Some(listener) = listener {
            listener(Heard::Words(&completion.content));
        }
        Ok(completion)
    }

    async fn read_body(&self, mut response: Response, most: usize) -> Result<Vec<u8>, Miss> {
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(&error))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > most {
                return Err(self.garbled());
            }
        }
        Ok(bytes)
    }

    async fn listen(&self, mut response: Response, listener: Option<Listener<'_>>) -> Result<Completion, Miss> {
        let mut events = Events::default();
        let mut completion = Completion::default();
        let mut done = false;
        while let Some(bytes) = response.chunk().await.map_err(|error| self.unreachable(&error))? {
            for data in events.push(&bytes).map_err(|()| self.garbled())? {
                if data == "[DONE]" {
                    done = true;
                    continue;
                }
                let Ok(chunk) = serde_json::from_str::<Value>(&data) else { return Err(self.garbled()) };
                if chunk.get("error").is_some_and(|error| !error.is_null()) {
                    return Err(self.cut_off());
                }
                let words = completion.add(&chunk);
                if let Some(listener) = listener.filter(|_| !words.is_empty()) {
                    listener(Heard::Words(&words));
                }
                if completion.content.len() > MAX_BODY {
                    return Err(self.garbled());
                }
            }
        }
        // A stream that says neither how nor that it ended was cut.
        if done || !completion.finish.is_empty() { Ok(completion) } else { Err(self.cut_off()) }
    }

    /// What a status other than 200 means.
    async fn refusal(&self, response: Response, request: &Value, shape: Shape) -> Miss {
        let status = response.status();
        let after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let after = after.and_then(|value| retry::retry_after(value, Timestamp::now()));
        let body = self.read_body(response, MAX_ERROR).await.unwrap_or_default();
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
                return Miss::Final(Failure::new(Code::Refused, sentence));
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
            Code::Refused,
            format!("{host} refuses the request with status {}{said}", status.as_u16()),
        ))
    }

    fn unreachable(&self, error: &reqwest::Error) -> Miss {
        if error.is_timeout() {
            return Miss::Again { failure: self.timed_out(), after: None, is_outage: true };
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

    fn garbled(&self) -> Miss {
        let host = self.config().host();
        let failure = Failure::new(
            Code::BadAnswer,
            format!("{host} does not answer as a language model does; check OPENAI_BASE_URL"),
        );
        Miss::Again { failure, after: None, is_outage: true }
    }

    /// It took too long.
    pub(crate) fn timed_out(&self) -> Failure {
        let (host, seconds) = (self.config().host(), self.config().timeout.as_secs_f64());
        Failure::new(Code::Timeout, format!("{host} did not answer within {seconds} seconds"))
    }
}

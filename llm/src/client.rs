//! Sends requests, patiently and not too many at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde_json::{Number, Value, json};
use tokio::sync::Semaphore;

use crate::Cancel;
use crate::budget::Ceiling;
use crate::circuit::Circuit;
use crate::config::Config;
use crate::failure::{Code, Failure, excerpt};
use crate::prices::Price;
use crate::protocol::{self, Completion, Message, Shape, Usage};
use crate::retry;
use crate::secret::Secret;
use crate::stream::Events;
use crate::structured::{instructions, relax, strict};
use crate::{repair, tokens};

/// Bytes of an answer beyond which it is none.
const MAX_BODY: usize = 8 << 20;

/// Bytes of an error's body that are read.
const MAX_ERROR: usize = 64 << 10;

/// How often a request is sent that took too long: the server may well bill each.
const TIMEOUT_ATTEMPTS: u32 = 2;

/// Characters of a wrong answer that are sent back with the request to mend it.
const QUOTED: usize = 4000;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Request {
    /// The conversation.
    pub messages: Vec<Message>,
    /// The name of the answer's schema: letters, digits and underscores.
    pub name: &'static str,
    /// The JSON Schema of the answer, an object.
    pub schema: Value,
    /// The sampling temperature; the model's own where there is none.
    pub temperature: Option<Number>,
    /// Tokens that are likely to come back, for the ceiling.
    pub expected: u64,
}

/// What came of a request.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The answer, or why there is none.
    pub answer: Result<Value, Failure>,
    /// What it took, also where there is no answer.
    pub usage: Usage,
}

/// What is heard of an answer while it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard<'a> {
    /// The answer begins, maybe once more: what was heard before is void.
    Begins,
    /// The next words.
    Words(&'a str),
}

/// Who listens to an answer while it comes.
pub type Listener<'a> = &'a (dyn Fn(Heard<'_>) + Send + Sync);

/// Fields of a request that this server does not take, found out by asking.
#[derive(Debug, Default)]
struct Refused {
    structured: AtomicBool,
    temperature: AtomicBool,
    stream_options: AtomicBool,
}

#[derive(Debug)]
struct Inner {
    config: Config,
    http: reqwest::Client,
    turns: Arc<Semaphore>,
    circuit: Circuit,
    refused: Arc<Refused>,
}

/// A client of one server and model. Clones share connections, turns and what was found out.
#[derive(Clone, Debug)]
pub struct Client(Arc<Inner>);

/// Why an attempt gave no answer.
enum Miss {
    /// It would not the next time.
    Final(Failure),
    /// It may the next time, after as long as the server says.
    Again { failure: Failure, after: Option<Duration>, is_outage: bool },
    /// It will without a field of the request; for this request alone, or for all.
    Without { field: &'static str, always: bool },
}

impl Client {
    /// A client; nothing is sent yet.
    pub fn new(config: Config) -> Result<Client, Failure> {
        let http = reqwest::Client::builder()
            .connect_timeout(config.connect_timeout)
            // A key is sent to whom it was meant for, and to nobody else.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent("synthetic-data")
            .build()
            .map_err(|_| {
                Failure::new(Code::Unavailable, "no secure connections can be made: install ca-certificates")
            })?;
        Ok(Client(Arc::new(Inner {
            turns: Arc::new(Semaphore::new(config.concurrency.max(1))),
            circuit: Circuit::new(config.circuit_failures, config.circuit_pause),
            refused: Arc::default(),
            http,
            config,
        })))
    }

    /// The same with another key, or none: connections and turns are shared.
    #[must_use]
    pub fn with_key(&self, key: Option<Secret>) -> Client {
        let inner = &self.0;
        Client(Arc::new(Inner {
            config: Config { key, ..inner.config.clone() },
            http: inner.http.clone(),
            turns: inner.turns.clone(),
            circuit: inner.circuit.clone(),
            refused: inner.refused.clone(),
        }))
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The model.
    pub fn model(&self) -> &str {
        &self.0.config.model
    }

    /// Whether there is a key.
    pub fn has_key(&self) -> bool {
        self.0.config.key.is_some()
    }

    /// What the model's tokens cost, where that is known.
    pub fn price(&self) -> Option<Price> {
        self.0.config.prices.of(self.model())
    }

    /// The ceiling of one generation: the lower of `LLM_BUDGET_USD` and the request's own.
    pub fn ceiling(&self, own_usd: Option<f64>) -> Result<Ceiling, Failure> {
        let limit = match (self.0.config.budget_usd, own_usd) {
            (Some(budget), Some(own)) => Some(budget.min(own)),
            (budget, own) => budget.or(own),
        };
        Ceiling::new(limit, self.model(), self.price())
    }

    /// Asks for a JSON value. What is almost JSON is mended; what `accept` refuses in a sentence, or what is no JSON at all, is asked for
    /// once more, with the reason.
    pub async fn ask(
        &self,
        request: &Request,
        ceiling: &Ceiling,
        cancel: &Cancel,
        listener: Option<Listener<'_>>,
        accept: impl Fn(&Value) -> Result<(), String>,
    ) -> Asked {
        let mut usage = Usage::default();
        let mut messages = request.messages.clone();
        let mut mended = false;
        loop {
            let completion = match self.complete(&messages, request, ceiling, cancel, listener).await {
                Ok(completion) => completion,
                Err(failure) => return Asked { answer: Err(failure), usage },
            };
            usage += completion.usage.unwrap_or_default();
            let reason = match self.read(&completion, &request.schema) {
                Ok(value) => match accept(&value) {
                    Ok(()) => return Asked { answer: Ok(value), usage },
                    Err(reason) => reason,
                },
                Err(failure) if failure.code == Code::BadAnswer => failure.detail,
                Err(failure) => return Asked { answer: Err(failure), usage },
            };
            if std::mem::replace(&mut mended, true) {
                let failure = Failure::new(
                    Code::BadAnswer,
                    format!("the model {:?} twice gave no usable answer: {reason}", self.model()),
                );
                return Asked { answer: Err(failure), usage };
            }
            messages.push(Message::assistant(completion.content.chars().take(QUOTED).collect::<String>()));
            messages.push(Message::user(format!(
                "That answer cannot be used: {reason}. Answer the same request again with the JSON object alone."
            )));
        }
    }

    /// The value of a completion.
    fn read(&self, completion: &Completion, schema: &Value) -> Result<Value, Failure> {
        let bad = |reason: &str| Failure::new(Code::BadAnswer, reason);
        let key = self.0.config.key.as_ref();
        if completion.refusal.is_some() || completion.finish == "content_filter" {
            let words =
                completion.refusal.as_deref().map(|words| excerpt(words, key)).filter(|words| !words.is_empty());
            let words = words.map(|words| format!(": {words:?}")).unwrap_or_default();
            return Err(Failure::new(Code::Refused, format!("the model {:?} declines to answer{words}", self.model())));
        }
        let value = if completion.finish == "length" {
            // A list is worth what it holds; anything else is worth nothing by half.
            repair::salvage(&completion.content).ok_or_else(|| bad("it is longer than the model's limit of tokens"))
        } else if completion.content.trim().is_empty() {
            Err(bad("it is empty"))
        } else {
            repair::read(&completion.content).ok_or_else(|| bad("it is not JSON"))
        };
        let mut value = value?;
        if !value.is_object() {
            // Some models leave the object around a single list away.
            let lists = schema["properties"].as_object().filter(|properties| properties.len() == 1);
            match lists.and_then(|properties| properties.keys().next()) {
                Some(key) if value.is_array() => value = json!({ key: value }),
                _ => return Err(bad("it is no JSON object")),
            }
        }
        relax(&mut value, schema);
        Ok(value)
    }

    /// One completion: sent, waited for, sent again where that helps. Its usage is the server's, or estimated where it says none.
    async fn complete(
        &self,
        messages: &[Message],
        request: &Request,
        ceiling: &Ceiling,
        cancel: &Cancel,
        listener: Option<Listener<'_>>,
    ) -> Result<Completion, Failure> {
        if !self.has_key() {
            return Err(Failure::key_missing());
        }
        let prompt = protocol::estimated(messages, Some(&request.schema));
        let expected = Usage { calls: 1, prompt_tokens: prompt, completion_tokens: request.expected };
        let work = async {
            let reservation = ceiling.reserve(expected).await?;
            let _turn = self.0.turns.acquire().await.map_err(|_| Failure::cancelled())?;
            let mut completion = self.patiently(messages, request, listener).await?;
            let used = completion.usage.unwrap_or_else(|| Usage {
                calls: 1,
                prompt_tokens: prompt,
                completion_tokens: tokens::estimate(&completion.content),
            });
            completion.usage = Some(used);
            reservation.settle(used);
            Ok(completion)
        };
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(Failure::cancelled()),
            done = work => done,
        }
    }

    async fn patiently(
        &self,
        messages: &[Message],
        request: &Request,
        listener: Option<Listener<'_>>,
    ) -> Result<Completion, Failure> {
        let config = &self.0.config;
        let mut shape = match self.0.refused.structured.load(Ordering::Relaxed) {
            true => Shape::Plain,
            false => Shape::Structured,
        };
        let mut failed = 0;
        let mut timeouts = 0;
        let mut last: Option<Failure> = None;
        loop {
            let pass = match self.0.circuit.enter() {
                Ok(pass) => pass,
                // What opened it says more than that it is open.
                Err(left) => return Err(last.unwrap_or_else(|| self.left_alone(left))),
            };
            let body = self.body(messages, request, shape, listener.is_some());
            let sent = tokio::time::timeout(config.timeout, self.send(&body, shape, listener)).await;
            let miss = match sent {
                Ok(Ok(completion)) => {
                    pass.succeeded();
                    return Ok(completion);
                }
                Ok(Err(miss)) => miss,
                Err(_) => Miss::Again { failure: self.timed_out(), after: None, is_outage: true },
            };
            match miss {
                Miss::Final(failure) => {
                    // It answered, if only to refuse.
                    pass.succeeded();
                    return Err(failure);
                }
                Miss::Without { field, always } => {
                    pass.succeeded();
                    if field == "response_format" {
                        shape = Shape::Plain;
                    }
                    if always {
                        self.refuses(field).store(true, Ordering::Relaxed);
                    }
                }
                Miss::Again { failure, after, is_outage } => {
                    failed += 1;
                    timeouts += u32::from(failure.code == Code::Timeout);
                    if is_outage {
                        pass.failed()
                    } else {
                        pass.succeeded()
                    }
                    if failed >= config.attempts.max(1) || timeouts >= TIMEOUT_ATTEMPTS {
                        return Err(Failure { detail: format!("{}, {failed} times", failure.detail), ..failure });
                    }
                    let wait = after.unwrap_or_else(|| retry::pause(config.backoff, failed, config.longest_wait));
                    if wait > config.longest_wait {
                        let seconds = wait.as_secs();
                        return Err(Failure {
                            detail: format!("{}; it asks to wait {seconds} seconds", failure.detail),
                            ..failure
                        });
                    }
                    log::debug!("language model: {failure}; again in {} ms", wait.as_millis());
                    last = Some(failure);
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    fn refuses(&self, field: &str) -> &AtomicBool {
        match field {
            "temperature" => &self.0.refused.temperature,
            "stream_options" => &self.0.refused.stream_options,
            _ => &self.0.refused.structured,
        }
    }

    fn body(&self, messages: &[Message], request: &Request, shape: Shape, streams: bool) -> Value {
        let refused = &self.0.refused;
        let mut body = json!({"model": self.model(), "messages": messages});
        match shape {
            Shape::Structured => {
                let strict = strict(&request.schema);
                let schema = strict.as_ref().unwrap_or(&request.schema);
                body["response_format"] = protocol::response_format(request.name, schema, strict.is_some());
            }
            Shape::Plain => {
                let words = Message::system(instructions(&request.schema));
                if let Some(list) = body["messages"].as_array_mut() {
                    list.insert(list.len().min(1), json!(words));
                }
            }
        }
        if let Some(temperature) = &request.temperature
            && !refused.temperature.load(Ordering::Relaxed)
        {
            body["temperature"] = Value::Number(temperature.clone());
        }
        if streams {
            body["stream"] = true.into();
            if !refused.stream_options.load(Ordering::Relaxed) {
                body["stream_options"] = json!({"include_usage": true});
            }
        }
        body
    }

    async fn send(&self, body: &Value, shape: Shape, listener: Option<Listener<'_>>) -> Result<Completion, Miss> {
        let config = &self.0.config;
        let Some(key) = &config.key else { return Err(Miss::Final(Failure::key_missing())) };
        let Ok(mut bearer) = HeaderValue::from_str(&format!("Bearer {}", key.reveal())) else {
            return Err(Miss::Final(Failure::key_missing()));
        };
        bearer.set_sensitive(true);
        if let Some(listener) = listener {
            listener(Heard::Begins);
        }
        let request = self.0.http.post(config.endpoint()).header(AUTHORIZATION, bearer);
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
                    return Err(self.outage("broke its answer off"));
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
        if done || !completion.finish.is_empty() { Ok(completion) } else { Err(self.outage("broke its answer off")) }
    }

    /// What a status other than 200 means.
    async fn refusal(&self, response: Response, request: &Value, shape: Shape) -> Miss {
        let status = response.status();
        let after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let after = after.and_then(|value| retry::retry_after(value, Timestamp::now()));
        let body = self.read_body(response, MAX_ERROR).await.unwrap_or_default();
        let body = String::from_utf8_lossy(&body);
        let (sentence, code) = protocol::error_sentence(&body).unwrap_or_else(|| (body.to_string(), String::new()));
        let host = self.0.config.host();
        let said = excerpt(&sentence, self.0.config.key.as_ref());
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
        self.outage(if error.is_connect() { "cannot be reached" } else { "broke its answer off" })
    }

    fn outage(&self, what: &str) -> Miss {
        let failure = Failure::new(Code::Unavailable, format!("{} {what}", self.0.config.host()));
        Miss::Again { failure, after: None, is_outage: true }
    }

    fn garbled(&self) -> Miss {
        let host = self.0.config.host();
        let failure = Failure::new(
            Code::BadAnswer,
            format!("{host} does not answer as a language model does; check OPENAI_BASE_URL"),
        );
        Miss::Again { failure, after: None, is_outage: true }
    }

    fn timed_out(&self) -> Failure {
        let (host, seconds) = (self.0.config.host(), self.0.config.timeout.as_secs_f64());
        Failure::new(Code::Timeout, format!("{host} did not answer within {seconds} seconds"))
    }

    fn left_alone(&self, left: Duration) -> Failure {
        let (host, seconds) = (self.0.config.host(), left.as_secs().max(1));
        let sentence = format!(
            "{host} failed {} times in a row and is left alone for {seconds} seconds more",
            self.0.config.circuit_failures
        );
        Failure::new(Code::CircuitOpen, sentence)
    }
}

/// The field of the request that a server's sentence complains of, where it can be done without.
fn without(request: &Value, sentence: &str, shape: Shape) -> Option<Miss> {
    let sentence = sentence.to_lowercase();
    let names = |words: &[&str]| words.iter().any(|word| sentence.contains(word));
    if shape == Shape::Structured
        && names(&["response_format", "json_schema", "json schema", "structured output", "invalid schema"])
    {
        // A schema that the server does not like is this request's; that it takes none is every request's.
        return Some(Miss::Without { field: "response_format", always: !sentence.contains("invalid schema") });
    }
    ["stream_options", "temperature"].into_iter().find_map(|field| {
        let is_named = request.get(field).is_some() && sentence.contains(field);
        is_named.then_some(Miss::Without { field, always: true })
    })
}

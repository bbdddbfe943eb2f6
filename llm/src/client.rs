//! Sends requests, patiently and not too many at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Number, Value, json};
use tokio::sync::Semaphore;

use crate::Cancel;
use crate::attempt::Miss;
use crate::budget::{Ceiling, Reservation};
use crate::circuit::{Circuit, Shut};
use crate::config::Config;
use crate::failure::{Code, Failure, excerpt};
use crate::prices::Price;
use crate::protocol::{self, Completion, Message, Shape, Usage};
use crate::retry;
use crate::secret::Secret;
use crate::structured::{again, relax};
use crate::{repair, tokens};

/// How often a request is sent that took too long: the server may well bill each.
const TIMEOUT_ATTEMPTS: u32 = 2;

/// By how much an answer may be longer than is likely, before the server cuts it off; tokens, beside those that a model may think with.
const LONGER: u64 = 4;

/// Tokens that a model may think with before it writes.
const THOUGHT: u64 = 4096;

/// What is wrong with an answer that keeps to no schema.
const NO_JSON: &str = "it is not JSON";

/// The same of an answer without a word.
const EMPTY: &str = "it is empty";

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
    /// What may be billed beside that, in millionths of a dollar: attempts that were sent and not answered.
    pub unanswered_microusd: u64,
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
    max_completion_tokens: AtomicBool,
    max_tokens: AtomicBool,
}

/// One round of a request: what is said, and how many tokens may come back.
#[derive(Clone, Copy)]
struct Round<'a> {
    request: &'a Request,
    messages: &'a [Message],
    most: u64,
    /// How the schema is told.
    shape: Shape,
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

    /// The connections.
    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.0.http
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
    pub fn ceiling(&self, own_usd: Option<f64>) -> Ceiling {
        self.0.config.ceiling(own_usd)
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
        let unanswered: Arc<AtomicU64> = Arc::default();
        let answer = self.answer(request, (ceiling, &unanswered), cancel, listener, accept, &mut usage).await;
        Asked { answer, usage, unanswered_microusd: unanswered.load(Ordering::Relaxed) }
    }

    async fn answer(
        &self,
        request: &Request,
        bill: (&Ceiling, &Arc<AtomicU64>),
        cancel: &Cancel,
        listener: Option<Listener<'_>>,
        accept: impl Fn(&Value) -> Result<(), String>,
        usage: &mut Usage,
    ) -> Result<Value, Failure> {
        let mut messages = request.messages.clone();
        let mut most = request.expected.saturating_mul(LONGER).saturating_add(THOUGHT);
        let mut mended = false;
        let mut shape = self.shape();
        loop {
            let round = Round { request, messages: &messages, most, shape };
            let completion = self.complete(round, bill, cancel, listener).await?;
            *usage += completion.usage.unwrap_or_default();
            let reason = match self.read(&completion, &request.schema) {
                Ok(value) => match accept(&value) {
                    Ok(()) => return Ok(value),
                    Err(reason) => reason,
                },
                Err(failure) if failure.code == Code::BadAnswer => {
                    if shape == Shape::Structured && failure.detail == NO_JSON {
                        // A server that kept to the schema would not talk; words say what it does not hear.
                        shape = Shape::Plain;
                        self.unheard();
                    }
                    failure.detail
                }
                Err(failure) => return Err(failure),
            };
            if std::mem::replace(&mut mended, true) {
                if reason == EMPTY {
                    return Err(Failure::silence(self.model()));
                }
                return Err(Failure::new(
                    Code::BadAnswer,
                    format!("the model {:?} twice gave no usable answer: {reason}", self.model()),
                ));
            }
            if completion.finish == "length" {
                // It may think for longer than anybody thought.
                most = most.saturating_mul(LONGER);
            }
            messages.push(Message::assistant(completion.content.chars().take(QUOTED).collect::<String>()));
            messages.push(Message::user(again(&reason, &request.schema)));
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
            Err(bad(EMPTY))
        } else {
            repair::read(&completion.content, |value| has_required(value, schema)).ok_or_else(|| bad(NO_JSON))
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

    /// What the first call for a request is expected to take.
    pub(crate) fn expected(&self, request: &Request) -> Usage {
        expected(request, &request.messages, self.shape())
    }

    /// One completion: sent, waited for, sent again where that helps. Its usage is the server's, or estimated where it says none.
    async fn complete(
        &self,
        round: Round<'_>,
        (ceiling, unanswered): (&Ceiling, &Arc<AtomicU64>),
        cancel: &Cancel,
        listener: Option<Listener<'_>>,
    ) -> Result<Completion, Failure> {
        if !self.has_key() {
            return Err(Failure::key_missing());
        }
        let Round { request, messages, shape, .. } = round;
        let expected = expected(request, messages, shape);
        let prompt = expected.prompt_tokens;
        let work = async {
            let mut reservation = ceiling.reserve_for(expected, unanswered.clone()).await?;
            let _turn = self.0.turns.acquire().await.map_err(|_| Failure::cancelled())?;
            let mut completion = self.patiently(round, &mut reservation, listener).await?;
            let completion_tokens = tokens::estimate(&completion.content);
            let used = Usage::counted(completion.usage, Usage { calls: 1, prompt_tokens: prompt, completion_tokens });
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
        round: Round<'_>,
        reservation: &mut Reservation,
        listener: Option<Listener<'_>>,
    ) -> Result<Completion, Failure> {
        let config = &self.0.config;
        let mut shape = round.shape;
        let mut is_guess = false;
        let mut failed = 0;
        let mut timeouts = 0;
        let mut last: Option<Failure> = None;
        loop {
            let pass = match &last {
                None => self.0.circuit.enter().map_err(|shut| self.left_alone(shut))?,
                // Who has attempts left waits for the server too. What opened the circuit says more than that it is open.
                Some(last) => self.0.circuit.wait(config.longest_wait).await.map_err(|_| last.clone())?,
            };
            let body = self.body(round, shape, listener.is_some());
            let sent = self.send(&body, shape, reservation, listener);
            let sent = tokio::time::timeout(config.longest_answer, sent).await;
            let miss = match sent {
                Ok(Ok(completion)) => {
                    pass.succeeded();
                    if is_guess {
                        self.unheard();
                    }
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
                        is_guess = !always;
                    }
                    if always {
                        self.refuses(field).store(true, Ordering::Relaxed);
                    }
                }
                Miss::Again { failure, after, is_outage } => {
                    failed += 1;
                    timeouts += u32::from(failure.code == Code::Timeout);
                    let is_last = pass.is_trial() || failed >= config.attempts.max(1) || timeouts >= TIMEOUT_ATTEMPTS;
                    match (is_outage, is_last) {
                        (false, _) => pass.succeeded(),
                        (true, true) => pass.failed(),
                        (true, false) => drop(pass),
                    }
                    if is_last {
                        let times = if failed > 1 { format!(", {failed} times") } else { String::new() };
                        return Err(Failure { detail: format!("{}{times}", failure.detail), ..failure });
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
                    reservation.again().await?;
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    /// How the server is told the schema of an answer, as far as that is known.
    pub(crate) fn shape(&self) -> Shape {
        if self.0.refused.structured.load(Ordering::Relaxed) { Shape::Plain } else { Shape::Structured }
    }

    /// Takes note that the schema was told by the request and not heard.
    fn unheard(&self) {
        self.0.refused.structured.store(true, Ordering::Relaxed);
    }

    fn refuses(&self, field: &str) -> &AtomicBool {
        match field {
            "temperature" => &self.0.refused.temperature,
            "stream_options" => &self.0.refused.stream_options,
            "max_completion_tokens" => &self.0.refused.max_completion_tokens,
            "max_tokens" => &self.0.refused.max_tokens,
            _ => &self.0.refused.structured,
        }
    }

    fn body(&self, Round { request, messages, most, .. }: Round<'_>, shape: Shape, streams: bool) -> Value {
        let refused = &self.0.refused;
        let (messages, format) = protocol::sent(messages, request.name, &request.schema, shape);
        let mut body = json!({"model": self.model(), "messages": messages});
        if let Some(format) = format {
            body["response_format"] = format;
        }
        if let Some(temperature) = &request.temperature
            && !refused.temperature.load(Ordering::Relaxed)
        {
            body["temperature"] = Value::Number(temperature.clone());
        }
        // A call costs no more than this, however the model runs on. Servers know it by one of two names.
        if !refused.max_completion_tokens.load(Ordering::Relaxed) {
            body["max_completion_tokens"] = most.into();
        } else if !refused.max_tokens.load(Ordering::Relaxed) {
            body["max_tokens"] = most.into();
        }
        if streams {
            body["stream"] = true.into();
            if !refused.stream_options.load(Ordering::Relaxed) {
                body["stream_options"] = json!({"include_usage": true});
            }
        }
        body
    }

    fn left_alone(&self, shut: Shut) -> Failure {
        let left = match shut {
            Shut::For(left) => left,
            Shut::Trying => Duration::ZERO,
        };
        let (host, seconds) = (self.0.config.host(), left.as_secs().max(1));
        let sentence = format!(
            "{host} failed {} times in a row and is left alone for {seconds} seconds more",
            self.0.config.circuit_failures
        );
        Failure::new(Code::CircuitOpen, sentence)
    }
}

/// What a call is expected to take.
fn expected(request: &Request, messages: &[Message], shape: Shape) -> Usage {
    let prompt_tokens = protocol::estimated(&protocol::sent(messages, request.name, &request.schema, shape));
    Usage { calls: 1, prompt_tokens, completion_tokens: request.expected }
}

/// Whether a value has what a schema requires of an object, or is the list that a model gave in its place.
fn has_required(value: &Value, schema: &Value) -> bool {
    let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    required.iter().all(|name| name.as_str().is_some_and(|name| value.get(name).is_some()))
}

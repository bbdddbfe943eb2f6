//! Answers requests.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{LOCATION, RETRY_AFTER};
use actix_web::web::{Bytes, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, web};
use futures::{StreamExt, stream};
use serde_json::{Value, json};

use crate::answers::{answer, too_long, wrong};
use crate::script::{Fault, Script};
use crate::server::{Recorded, Shared, State, lock};
use crate::tokens::count;

/// Longer than anybody waits.
const HANG: Duration = Duration::from_secs(3600);

/// Characters of a piece of a stream.
const PIECE: usize = 40;

/// Adds the routes.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("/v1/chat/completions", web::post().to(complete))
        .route("/v1/models", web::get().to(models))
        .route("/counts", web::get().to(counts))
        .route("/requests", web::get().to(requests))
        .route("/script", web::put().to(script));
}

async fn models() -> HttpResponse {
    HttpResponse::Ok().json(json!({"object": "list", "data": [{"id": "scripted", "object": "model"}]}))
}

async fn counts(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(lock(&shared).counts)
}

async fn requests(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(&lock(&shared).requests)
}

async fn script(shared: Data<Shared>, new: web::Json<Script>) -> HttpResponse {
    let mut state = lock(&shared);
    state.script = new.into_inner();
    state.replied.clear();
    HttpResponse::NoContent().finish()
}

/// Counts a request out, however it ends.
struct InFlight(Shared);

impl InFlight {
    fn new(shared: &Shared) -> InFlight {
        let counts = &mut lock(shared).counts;
        counts.in_flight += 1;
        counts.most_in_flight = counts.most_in_flight.max(counts.in_flight);
        InFlight(shared.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        lock(&self.0).counts.in_flight -= 1;
    }
}

async fn complete(shared: Data<Shared>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let _in_flight = InFlight::new(&shared);
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return refused(StatusCode::BAD_REQUEST, "the request is no JSON", "invalid_request_error");
    };
    let (fault, latency, refusal) = {
        let mut state = lock(&shared);
        state.counts.calls += 1;
        let headers = request.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()));
        state.requests.push(Recorded { headers: headers.collect(), body: body.clone() });
        let fault = if state.script.faults.is_empty() { Fault::None } else { state.script.faults.remove(0) };
        (fault, state.script.latency_ms, refusal(&state.script, &request, &body))
    };
    if latency > 0 {
        actix_web::rt::time::sleep(Duration::from_millis(latency)).await;
    }
    if let Some(refusal) = refusal {
        return refusal;
    }
    match fault {
        Fault::Unauthorized => unauthorized(&request),
        Fault::RateLimited(after) => {
            let mut response = refused(StatusCode::TOO_MANY_REQUESTS, "rate limit reached", "rate_limit_exceeded");
            if let Some(value) = after.and_then(|after| after.parse().ok()) {
                response.headers_mut().insert(RETRY_AFTER, value);
            }
            response
        }
        Fault::NoCredit => refused(StatusCode::TOO_MANY_REQUESTS, "you exceeded your quota", "insufficient_quota"),
        Fault::ServerError => refused(StatusCode::INTERNAL_SERVER_ERROR, "the server had an error", "server_error"),
        Fault::Status(status, body) => {
            HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT)).body(body)
        }
        Fault::Hang => {
            actix_web::rt::time::sleep(HANG).await;
            HttpResponse::Ok().finish()
        }
        Fault::Redirect(place) => HttpResponse::TemporaryRedirect().insert_header((LOCATION, place)).finish(),
        Fault::Body(kind, body) => HttpResponse::Ok().content_type(kind).body(body),
        Fault::Unstructured if body.get("response_format").is_some() => unstructured(),
        Fault::InvalidBody => HttpResponse::Ok().content_type("text/html").body("<html>It works!</html>"),
        fault => {
            let completion = lock(&shared).complete(&body, &fault);
            if body["stream"] == json!(true) { streamed(&body, completion, &fault) } else { whole(completion, &fault) }
        }
    }
}

/// What the script refuses whatever the fault.
fn refusal(script: &Script, request: &HttpRequest, body: &Value) -> Option<HttpResponse> {
    let sent = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    if let Some(key) = &script.key
        && sent != Some(&format!("Bearer {key}"))
    {
        return Some(unauthorized(request));
    }
    if let Some(field) = script.refuses.iter().find(|field| body.get(field.as_str()).is_some()) {
        let sentence = format!("Unsupported parameter: '{field}' is not supported with this model.");
        return Some(refused(StatusCode::BAD_REQUEST, &sentence, "unsupported_parameter"));
    }
    (!script.structured && body.get("response_format").is_some()).then(unstructured)
}

fn unstructured() -> HttpResponse {
    let sentence = "response_format of type json_schema is not supported";
    refused(StatusCode::BAD_REQUEST, sentence, "invalid_request_error")
}

/// As OpenAI does, the sentence repeats what was sent: who shows it shows the key.
fn unauthorized(request: &HttpRequest) -> HttpResponse {
    let sent = request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let sentence = format!("Incorrect API key provided: {}", sent.trim_start_matches("Bearer "));
    refused(StatusCode::UNAUTHORIZED, &sentence, "invalid_api_key")
}

fn refused(status: StatusCode, sentence: &str, code: &str) -> HttpResponse {
    HttpResponse::build(status).json(json!({"error": {"message": sentence, "type": code, "code": code}}))
}

/// One completion.
struct Completion {
    body: Value,
    content: String,
}

fn whole(completion: Completion, fault: &Fault) -> HttpResponse {
    let text = completion.body.to_string();
    let half = Fault::CutAt(text.len() / 2);
    sent("application/json", text, if *fault == Fault::Cut { &half } else { fault })
}

/// A body as it is, cut off, or drop by drop.
fn sent(kind: &'static str, text: String, fault: &Fault) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.content_type(kind);
    match *fault {
        Fault::CutAt(end) => {
            let some = Bytes::copy_from_slice(&text.as_bytes()[..end.min(text.len())]);
            // What was written is only sent once there is nothing more to write.
            let end = stream::once(async {
                actix_web::rt::time::sleep(Duration::from_millis(1)).await;
                Err(cut())
            });
            response.streaming(stream::iter([Ok(some)]).chain(end.boxed_local()))
        }
        Fault::Open | Fault::Unended => {
            response.streaming(stream::iter([Ok::<_, std::io::Error>(Bytes::from(text))]).chain(stream::pending()))
        }
        Fault::Drip(pause_ms) => response.streaming(stream::iter(text.into_bytes()).then(move |byte| async move {
            if pause_ms > 0 {
                actix_web::rt::time::sleep(Duration::from_millis(pause_ms)).await;
            }
            Ok::<_, std::io::Error>(Bytes::from(vec![byte]))
        })),
        _ => response.body(text),
    }
}

fn cut() -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::ConnectionReset, "cut")
}

fn streamed(request: &Value, completion: Completion, fault: &Fault) -> HttpResponse {
    let event = |delta: Value, finish: Value| {
        let chunk = json!({"object": "chat.completion.chunk", "model": completion.body["model"],
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
        format!("data: {chunk}\n\n")
    };
    let message = &completion.body["choices"][0]["message"];
    let mut events = vec![event(json!({"role": "assistant", "content": ""}), Value::Null)];
    if let Some(refusal) = message["refusal"].as_str() {
        events.push(event(json!({"refusal": refusal}), Value::Null));
    }
    let characters: Vec<char> = completion.content.chars().collect();
    for piece in characters.chunks(PIECE) {
        events.push(event(json!({"content": piece.iter().collect::<String>()}), Value::Null));
    }
    if *fault == Fault::Cut {
        events.truncate(events.len().div_ceil(2));
        let sent = events.into_iter().map(|event| Ok(Bytes::from(event))).chain([Err(cut())]);
        return HttpResponse::Ok().content_type("text/event-stream").streaming(stream::iter(sent));
    }
    events.push(event(json!({}), completion.body["choices"][0]["finish_reason"].clone()));
    if request["stream_options"]["include_usage"] == json!(true) && completion.body.get("usage").is_some() {
        let chunk = json!({"object": "chat.completion.chunk", "choices": [], "usage": completion.body["usage"]});
        events.push(format!("data: {chunk}\n\n"));
    }
    if *fault != Fault::Unended {
        events.push("data: [DONE]\n\n".to_owned());
    }
    if matches!(fault, Fault::CutAt(_) | Fault::Open | Fault::Unended | Fault::Drip(_)) {
        return sent("text/event-stream", events.concat(), fault);
    }
    let events = events.into_iter().map(|event| Ok::<_, std::io::Error>(Bytes::from(event)));
    HttpResponse::Ok().content_type("text/event-stream").streaming(stream::iter(events))
}

impl State {
    fn complete(&mut self, request: &Value, fault: &Fault) -> Completion {
        let words = words(request);
        let mut finish = "stop";
        let mut refusal = Value::Null;
        let mut value = self.value(request, &words, fault);
        match fault {
            Fault::WrongType => value = wrong(&value),
            Fault::TooLong => value = too_long(&value),
            Fault::EmptyList => lists(&mut value, |items| items.clear()),
            Fault::Duplicates => lists(&mut value, |items| {
                if let Some(first) = items.first().cloned() {
                    items.fill(first);
                }
            }),
            _ => {}
        }
        let mut content = match &value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        match fault {
            Fault::InvalidJson => content = "I am afraid that I would rather talk about the weather.".to_owned(),
            Fault::Fenced => content = format!("Here you are:\n```json\n{content}\n```\nAnything else?"),
            Fault::Length => {
                finish = "length";
                content = content.chars().take(content.chars().count() / 2).collect();
            }
            Fault::Refusal => {
                content.clear();
                refusal = "I can't help with that.".into();
            }
            _ => {}
        }
        let (prompt, completion) = (count(&words) + count(&request["response_format"].to_string()), count(&content));
        self.counts.answered += 1;
        self.counts.prompt_tokens += prompt;
        self.counts.completion_tokens += completion;
        let shown = if refusal.is_null() { Value::from(content.clone()) } else { Value::Null };
        let mut body = json!({
            "id": format!("chatcmpl-{}", self.counts.calls), "object": "chat.completion", "model": request["model"],
            "choices": [{"index": 0, "finish_reason": finish,
                "message": {"role": "assistant", "content": shown, "refusal": refusal}}],
        });
        if self.script.usage {
            body["usage"] = json!({"prompt_tokens": prompt, "completion_tokens": completion,
                "total_tokens": prompt + completion});
        }
        Completion { body, content }
    }

    /// What is said: the reply of a marker, else a list of answers, else any value of the schema.
    fn value(&mut self, request: &Value, words: &str, fault: &Fault) -> Value {
        if let Some((place, reply)) = self.script.replies.iter().enumerate().find(|(_, r)| words.contains(&r.when)) {
            let times = self.replied.entry(place).or_default();
            let said = reply.says.get(*times).or(reply.says.last()).cloned().unwrap_or(Value::Null);
            *times += 1;
            return said;
        }
        let Some(schema) = schema(request, words) else { return "There is nothing to say.".into() };
        let list = schema["properties"].as_object().into_iter().flatten().find(|(_, part)| part["type"] == "array");
        let Some((key, list)) = list else { return answer(&schema, &schema, "", self.counts.calls) };
        let items = self.items(&list["items"], &schema, words, fault);
        json!({ key: items })
    }

    /// So many answers as are asked for, a share of which were given before.
    fn items(&mut self, item: &Value, root: &Value, words: &str, fault: &Fault) -> Vec<Value> {
        let pool = self.script.pools.iter().find(|pool| words.contains(&pool.when));
        let name = pool.map_or_else(|| item.to_string(), |pool| pool.when.clone());
        let given = self.given.entry(name).or_default();
        let wanted = number_after(words, "Count: ").unwrap_or(10);
        let period = (self.script.repeats > 0.0).then(|| (1.0 / self.script.repeats).round() as u64);
        let end = self.script.distinct.unwrap_or(u64::MAX);
        let mut unsaid = 0;
        let mut items = Vec::new();
        for place in 1..=wanted {
            let again = period.is_some_and(|period| place % period == 0) || *given >= end;
            let number = if again { (*given * 7 + place) % (*given).max(1) } else { *given };
            if !again {
                *given += 1;
            }
            let value = match pool {
                Some(pool) if pool.answers.is_empty() => continue,
                Some(pool) => pool.answers[number as usize % pool.answers.len()].clone(),
                None => answer(item, root, asked_for(words), number),
            };
            // A wrong answer is no answer: the same one comes again, right.
            if matches!(fault, Fault::WrongType | Fault::TooLong | Fault::InvalidJson | Fault::Refusal) && !again {
                unsaid += 1;
            }
            items.push(value);
        }
        *given -= unsaid;
        items
    }
}

/// Changes all lists of a value.
fn lists(value: &mut Value, change: impl Fn(&mut Vec<Value>)) {
    for part in value.as_object_mut().into_iter().flat_map(|map| map.values_mut()) {
        if let Value::Array(items) = part {
            change(items);
        }
    }
}

/// All that a request says.
fn words(request: &Value) -> String {
    let messages = request["messages"].as_array().into_iter().flatten();
    messages.filter_map(|message| message["content"].as_str()).collect::<Vec<_>>().join("\n")
}

/// The schema of the answer: of the request, else the last line that is one.
fn schema(request: &Value, words: &str) -> Option<Value> {
    if let Some(schema) = request.pointer("/response_format/json_schema/schema") {
        return Some(schema.clone());
    }
    let mut lines = words.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.find(|value| value.get("properties").is_some())
}

/// What a pool is of: the words behind the question, or all.
fn asked_for(words: &str) -> &str {
    let question = words.split_once("What each answer is: ").map(|(_, rest)| rest.lines().next().unwrap_or_default());
    question.unwrap_or(words)
}

fn number_after(words: &str, marker: &str) -> Option<u64> {
    let (_, rest) = words.split_once(marker)?;
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
}

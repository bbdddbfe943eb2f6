//! Generations of datasets that ask a language model: filled, paid for once, held, resumed, pinned; and what they cost, said before.

use std::fs;
use std::time::Duration;

use actix_web::http::Method;
use api::generations::parts;
use api::operations::{dump, load};
use api::users::Role;
use scripted_model::{Fault, Script, Server};
use serde_json::{Value, json};

use crate::support::{Answer, Api, MODEL_KEY, asking, config};

const STATUS: &str = "/api/v1/llm/status";

/// Reviews: a title for all, a text for each mood.
fn reviews(rows: u64, prompt: &str) -> String {
    format!(
        "name: shop
random_seed: 3
tables:
  - name: review
    rows: {rows}
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: mood, generator: {{ type: choice, values: [glad, sad] }} }}
      - {{ name: title, max_length: 40, generator: {{ type: llm, prompt: A title of {prompt} }} }}
      - {{ name: text, max_length: 80, generator: {{ type: llm, prompt: \"What a {{{{mood}}}} customer writes of {prompt}\", pool: 60 }} }}
"
    )
}

/// One column, asked in these words.
fn mottos(prompt: &str, pool: u64, more: &str) -> String {
    format!(
        "name: people\ntables:\n  - name: person\n    rows: 500\n    columns:\n      - {{ name: id, generator: {{ type: sequence }} }}\n      - {{ name: motto, max_length: 40, generator: {{ type: llm, prompt: {prompt}, pool: {pool}{more} }} }}\n"
    )
}

fn server() -> Server {
    Server::start(Script { key: Some(MODEL_KEY.to_owned()), ..Script::default() }).expect("a free port")
}

fn id_of(resource: &Value) -> String {
    resource["id"].as_str().expect("an id").to_owned()
}

/// POST with a key for the model.
async fn post_with_key(api: &Api, path: &str, token: &str, body: &Value) -> Answer {
    let token = format!("Bearer {token}");
    let headers =
        [("authorization", token.as_str()), ("content-type", "application/json"), ("x-openai-api-key", MODEL_KEY)];
    api.send(Method::POST, path, &headers, body.to_string().into_bytes()).await
}

async fn rows(api: &Api, token: &str, id: &str) -> Vec<Value> {
    let path = format!("/api/v1/generations/{id}/tables/review/rows?limit=100");
    api.get(&path, token).await.is(200).json()["items"].as_array().expect("rows").clone()
}

#[actix_web::test]
async fn a_dataset_is_filled_once_and_its_second_generation_asks_nothing() {
    let server = server();
    server.script(|script| script.repeats = 0.05);
    let api = asking(&server, &[("OPENAI_API_KEY", MODEL_KEY)]);
    let token = api.user(Role::Editor);
    let text = reviews(20_000, "a kettle");

    let planned = api.post("/api/v1/plan", &token, &json!({"schema_text": text})).await.is(200).json();
    let pools = planned["llm"].as_array().expect("pools");
    assert_eq!((&pools[0]["state"], &pools[0]["held"]), (&json!("waiting"), &json!(0)));
    assert_eq!((&pools[1]["combinations"], &pools[1]["answers"]), (&json!(2), &json!(120)));
    let said: Vec<f64> = pools.iter().map(|pool| pool["cost_usd"].as_f64().expect("a cost")).collect();
    let calls: u64 = pools.iter().map(|pool| pool["calls"].as_u64().expect("calls")).sum();
    assert!(said.iter().all(|cost| *cost > 0.0) && (5..=9).contains(&calls), "{planned:#}");
    assert_eq!(server.counts().calls, 0, "planning asks nobody");

    let dataset = api.dataset(&token, &text).await;
    let first = api.generation(&token, &dataset, &json!({})).await;
    assert_eq!(first["state"], "succeeded", "{first:#}");
    let counts = server.counts();
    let asked = &first["llm"];
    assert_eq!(
        (&asked["calls"], &asked["prompt_tokens"], &asked["completion_tokens"]),
        (&json!(counts.answered), &json!(counts.prompt_tokens), &json!(counts.completion_tokens)),
        "{first:#}"
    );
    assert_eq!((&asked["pools"][0]["answers"], &asked["pools"][1]["answers"]), (&json!(100), &json!(120)));
    assert_eq!((&asked["pools"][1]["questions"], &asked["pools"][1]["columns"]), (&json!(2), &json!(["text"])));
    let cost = asked["cost_usd"].as_f64().expect("a cost");
    assert!(cost > 0.0 && cost < 0.05, "{cost}");

    let second = api.generation(&token, &dataset, &json!({})).await;
    assert_eq!(server.counts().calls, counts.calls, "the second run makes no call");
    assert_eq!((&second["content_hash"], &second["llm"]["calls"]), (&first["content_hash"], &json!(0)));
    assert_eq!(
        second["llm"]["pools"],
        json!([
            {"table": "review", "columns": ["title"], "questions": 1, "answers": 100, "duplicates": 0, "invalid": 0, "refusals": 0,
             "exhausted": 0, "failed": 0, "failure": null},
            {"table": "review", "columns": ["text"], "questions": 2, "answers": 120, "duplicates": 0, "invalid": 0, "refusals": 0,
             "exhausted": 0, "failed": 0, "failure": null},
        ])
    );

    let planned = api.post("/api/v1/plan", &token, &json!({"schema_text": text})).await.is(200).json();
    assert_eq!(planned["llm"][0]["state"], "answered");
    assert_eq!((&planned["llm"][1]["held"], &planned["llm"][1]["calls"]), (&json!(120), &json!(0)));
    let usage = api.get(&format!("/api/v1/llm/usage?generation_id={}", id_of(&first)), &token).await.is(200).json();
    assert_eq!((&usage["total"], &usage["totals"]["calls"]), (&json!(2), &asked["calls"]));
    assert_eq!((&usage["items"][0]["table"], &usage["items"][0]["model"]), (&json!("review"), &json!("gpt-4.1-mini")));

    // A preview and a dataset's rows show what is kept; so does the certificate.
    let preview = json!({"schema_text": text, "limit": 100});
    let preview = api.post("/api/v1/preview", &token, &preview).await.is(200).json();
    assert_eq!(preview["notes"][0]["text"], "drawn from 100 answers of a language model");
    let made = rows(&api, &token, &id_of(&first)).await;
    assert_eq!(preview["rows"].as_array().expect("rows"), &made);
    let path = format!("/api/v1/datasets/{dataset}/tables/review/rows?limit=100");
    assert_eq!(api.get(&path, &token).await.is(200).json()["items"].as_array().expect("rows"), &made);
    let proof = api.get(&format!("/api/v1/generations/{}/certificate", id_of(&first)), &token).await.is(200).json();
    assert_eq!(proof["notes"][1]["text"], "drawn from 120 answers of a language model");
    assert_eq!(server.counts().calls, counts.calls, "looking asks nobody");
}

#[actix_web::test]
async fn every_fault_ends_in_rows_or_one_sentence_and_nothing_is_paid_for_twice() {
    let server = server();
    let api = asking(&server, &[("OPENAI_API_KEY", MODEL_KEY)]);
    let token = api.user(Role::Editor);
    let many = |fault: Fault| vec![fault; 20];
    let cases: Vec<(&str, Vec<Fault>, Option<&str>)> = vec![
        ("401", many(Fault::Unauthorized), Some("key")),
        ("429 with Retry-After", vec![Fault::RateLimited(Some("0".to_owned())); 3], None),
        ("429 without", vec![Fault::RateLimited(None); 2], None),
        ("429 for too long", many(Fault::RateLimited(Some("3600".to_owned()))), Some("wait")),
        ("500", vec![Fault::ServerError; 3], None),
        ("500 for ever", many(Fault::ServerError), Some("500")),
        ("hang", vec![Fault::Hang], None),
        ("cut", vec![Fault::Cut], None),
        ("invalid JSON", vec![Fault::InvalidJson; 2], None),
        ("invalid JSON for ever", many(Fault::InvalidJson), Some("JSON")),
        ("wrong type", vec![Fault::WrongType], None),
        ("too long", vec![Fault::TooLong], None),
        ("too long for ever", many(Fault::TooLong), Some("right")),
        ("refusal", vec![Fault::Refusal], None),
        ("refusal for ever", many(Fault::Refusal), Some("declines")),
        ("duplicates", vec![Fault::Duplicates], None),
        ("empty list", vec![Fault::EmptyList; 2], None),
        ("empty list for ever", many(Fault::EmptyList), Some("no answers")),
    ];
    for (name, faults, sentence) in cases {
        let dataset = api.dataset(&token, &mottos(&format!("A motto after {name}"), 60, "")).await;
        server.script(|script| script.faults = faults);
        let ended = api.generation(&token, &dataset, &json!({})).await;
        server.script(|script| script.faults.clear());
        let mut paid = ended["llm"]["calls"].as_u64().expect("calls");
        match sentence {
            None => {
                assert_eq!(ended["state"], "succeeded", "{name}: {ended:#}");
                assert_eq!(ended["llm"]["pools"][0]["answers"], 60, "{name}: {ended:#}");
            }
            Some(sentence) => {
                assert_eq!(ended["state"], "failed", "{name}: {ended:#}");
                let said = ended["failure"].as_str().expect("a sentence");
                assert!(said.contains(sentence) && !said.contains('\n') && !said.ends_with('.'), "{name}: {said}");
                assert!(!parts::folder(api.folder.path(), &id_of(&ended)).exists(), "{name}: no partial file");
                let mended = api.generation(&token, &dataset, &json!({})).await;
                assert_eq!(mended["state"], "succeeded", "{name}: {mended:#}");
                paid += mended["llm"]["calls"].as_u64().expect("calls");
            }
        }
        let calls = server.counts().calls;
        let again = api.generation(&token, &dataset, &json!({})).await;
        assert_eq!((&again["state"], server.counts().calls), (&json!("succeeded"), calls), "{name}");
        assert!(paid <= 9, "{name}: {paid}");
    }
    // What the server says that it was paid for is on record, and no more: bodies that came in halves told nobody what they took.
    let totals = api.get("/api/v1/llm/usage", &token).await.is(200).json()["totals"].clone();
    let answered = server.counts().answered;
    let recorded = totals["calls"].as_u64().expect("calls");
    assert!((answered - 1..=answered).contains(&recorded), "{recorded} of {answered}");
}

#[actix_web::test]
async fn without_a_key_a_generation_waits_and_goes_on_with_one() {
    let server = server();
    let api = asking(&server, &[]);
    let (token, viewer) = (api.user(Role::Editor), api.user(Role::Viewer));
    assert_eq!(
        api.get(STATUS, &viewer).await.is(200).json(),
        json!({"configured": false, "model": "gpt-4.1-mini", "base_url_host": "127.0.0.1", "budget_usd": null, "price_known": true})
    );
    let text = reviews(2_000, "a lamp");
    let planned = api.post("/api/v1/plan", &viewer, &json!({"schema_text": text})).await.is(200).json();
    let warning = planned["warnings"].as_array().expect("warnings").last().expect("one").clone();
    assert!(warning["remedy"].as_str().is_some_and(|words| words.contains("OPENAI_API_KEY")), "{warning}");
    assert_eq!(warning["severity"], "warning");
    let preview = api.post("/api/v1/preview", &viewer, &json!({"schema_text": text})).await.is(200).json();
    assert!(
        preview["notes"][0]["text"].as_str().is_some_and(|text| text.starts_with("no language model was asked")),
        "{preview}"
    );
    assert_eq!(preview["rows"].as_array().map(Vec::len), Some(20));

    let dataset = api.dataset(&token, &text).await;
    let waits = api.generation(&token, &dataset, &json!({})).await;
    assert_eq!(waits["state"], "needs_key", "{waits}");
    assert!(waits["failure"].as_str().is_some_and(|why| why.contains("OPENAI_API_KEY")), "{waits}");
    assert_eq!(waits["finished_at"], Value::Null);
    let own = format!("/api/v1/generations/{}", id_of(&waits));
    assert_eq!(api.get("/api/v1/generations?state=needs_key", &viewer).await.is(200).json()["total"], 1);
    assert_eq!(api.get("/api/v1/generations?state=queued", &viewer).await.is(200).json()["total"], 0);
    api.act(Method::DELETE, &own, &token).await.problem(409, "conflict");
    api.post(&format!("{own}/resume"), &viewer, &json!({})).await.problem(403, "forbidden");
    // Still without one it waits on.
    api.post(&format!("{own}/resume"), &token, &json!({})).await.problem(409, "llm_key_missing");
    assert_eq!(api.get(&own, &token).await.is(200).json()["state"], "needs_key");
    let resumed = post_with_key(&api, &format!("{own}/resume"), &token, &json!({})).await.is(202).json();
    assert!(matches!(resumed["state"].as_str(), Some("queued" | "running")), "{resumed}");
    assert_eq!(resumed["failure"], Value::Null);
    let done = api.ended(&token, &own).await;
    assert_eq!(done["state"], "succeeded", "{done}");
    post_with_key(&api, &format!("{own}/resume"), &token, &json!({})).await.problem(409, "conflict");

    // What is kept needs no key; a larger pool of the same does, and can be given up.
    let again = api.generation(&token, &dataset, &json!({"seed": 5})).await;
    assert_eq!((&again["state"], &again["llm"]["calls"]), (&json!("succeeded"), &json!(0)));
    let larger = api.dataset(&token, &text.replace("pool: 60", "pool: 70")).await;
    let waits = api.generation(&token, &larger, &json!({})).await;
    assert_eq!(waits["state"], "needs_key", "{waits}");
    let own = format!("/api/v1/generations/{}", id_of(&waits));
    assert_eq!(api.post(&format!("{own}/cancel"), &token, &json!({})).await.is(202).json()["state"], "cancelled");
    api.act(Method::DELETE, &own, &token).await.is(204);

    // The key of a request is for its generation alone.
    let with_key = post_with_key(&api, &format!("/api/v1/datasets/{larger}/generations"), &token, &json!({})).await;
    let own = format!("/api/v1/generations/{}", id_of(&with_key.is(202).json()));
    assert_eq!(api.ended(&token, &own).await["state"], "succeeded");
    let other = api.dataset(&token, &mottos("A motto of somebody", 20, "")).await;
    assert_eq!(api.generation(&token, &other, &json!({})).await["state"], "needs_key");
    let headers = [("authorization", format!("Bearer {token}")), ("x-openai-api-key", "a key".to_owned())];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let path = format!("/api/v1/datasets/{other}/generations");
    let refused = api.send(Method::POST, &path, &headers, b"{}".to_vec()).await.problem(400, "malformed_request");
    assert!(!refused.text().contains("a key"), "{}", refused.text());
}

#[actix_web::test]
async fn where_another_generator_may_stand_in_nothing_waits() {
    let server = server();
    let api = asking(&server, &[]);
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, &mottos("A motto", 20, ", on_error: fallback")).await;
    let made = api.generation(&token, &dataset, &json!({})).await;
    assert_eq!(made["state"], "succeeded", "{made}");
    let pool = &made["llm"]["pools"][0];
    assert_eq!((&pool["failed"], &pool["answers"]), (&json!(1), &json!(0)));
    assert!(pool["failure"].as_str().is_some_and(|why| why.contains("needs a key")), "{pool}");
    let proof = api.get(&format!("/api/v1/generations/{}/certificate", id_of(&made)), &token).await.is(200).json();
    let note = proof["notes"][0]["text"].as_str().unwrap_or_default().to_owned();
    assert!(note.starts_with("no language model was asked: filled by "), "{note}");
    // With a key it is asked, and the rows are others; those of before stay what they were.
    let with_key = post_with_key(&api, &format!("/api/v1/datasets/{dataset}/generations"), &token, &json!({})).await;
    let own = format!("/api/v1/generations/{}", id_of(&with_key.is(202).json()));
    let asked = api.ended(&token, &own).await;
    assert_eq!(asked["llm"]["pools"][0]["answers"], 20, "{asked}");
    assert_ne!(asked["content_hash"], made["content_hash"]);
    fs::remove_dir_all(parts::folder(api.folder.path(), &id_of(&made)).join("0")).expect("rows");
    let path = format!("/api/v1/generations/{}/tables/person/rows", id_of(&made));
    api.get(&path, &token).await.is(200);
}

#[actix_web::test]
async fn ceilings_are_held_and_those_that_cannot_be_are_refused() {
    let server = server();
    let api = asking(&server, &[("OPENAI_API_KEY", MODEL_KEY), ("LLM_BUDGET_USD", "0.002")]);
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, &mottos("A motto that costs", 1000, "")).await;
    let path = format!("/api/v1/datasets/{dataset}/generations");
    api.post(&path, &token, &json!({"llm_ceiling_usd": -1})).await.problem(422, "invalid_input");
    let none = api.generation(&token, &dataset, &json!({"llm_ceiling_usd": 0})).await;
    assert_eq!((&none["state"], server.counts().calls), (&json!("failed"), 0), "{none}");
    assert!(none["failure"].as_str().is_some_and(|why| why.contains("ceiling of 0,")), "{none}");
    let some = api.generation(&token, &dataset, &json!({"llm_ceiling_usd": 5})).await;
    assert_eq!(some["state"], "failed", "{some}");
    assert!(some["failure"].as_str().is_some_and(|why| why.contains("ceiling of 0.002")), "{some}");
    let cost = some["llm"]["cost_usd"].as_f64().expect("a cost");
    assert!(cost > 0.0 && cost <= 0.002, "{cost}");
    // What was paid for is there: the next one goes on from it.
    let held = api.post("/api/v1/plan", &token, &json!({"schema_text": mottos("A motto that costs", 1000, "")})).await;
    assert!(held.is(200).json()["llm"][0]["held"].as_u64().is_some_and(|held| held > 0));

    let unknown = asking(&server, &[("OPENAI_API_KEY", MODEL_KEY), ("OPENAI_MODEL", "a-model-of-ours")]);
    let token = unknown.user(Role::Editor);
    assert_eq!(unknown.get(STATUS, &token).await.is(200).json()["price_known"], false);
    let dataset = unknown.dataset(&token, &mottos("A motto", 20, "")).await;
    let refused = unknown.generation(&token, &dataset, &json!({"llm_ceiling_usd": 1})).await;
    assert!(refused["failure"].as_str().is_some_and(|why| why.contains("a-model-of-ours")), "{refused}");
    let made = unknown.generation(&token, &dataset, &json!({})).await;
    assert_eq!((&made["state"], &made["llm"]["cost_usd"]), (&json!("succeeded"), &Value::Null), "{made}");
}

#[actix_web::test]
async fn filling_is_followed_and_ends_within_a_second_of_being_cancelled() {
    let server = server();
    server.script(|script| script.latency_ms = 300);
    let api = asking(&server, &[("OPENAI_API_KEY", MODEL_KEY)]);
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, &mottos("A slow motto", 1000, "")).await;
    let path = format!("/api/v1/datasets/{dataset}/generations");
    let id = id_of(&api.post(&path, &token, &json!({})).await.is(202).json());
    let own = format!("/api/v1/generations/{id}");
    let mut seen = json!(null);
    for _ in 0..500 {
        seen = api.get(&own, &token).await.is(200).json();
        if seen["answers"]["done"].as_u64().is_some_and(|done| done > 0) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!((&seen["state"], &seen["phase"]), (&json!("running"), &json!("answers")), "{seen}");
    assert_eq!(seen["answers"]["wanted"], 500, "as many as there are rows: {seen}");
    assert!(seen["answers"]["calls"].as_u64().is_some_and(|calls| calls > 0), "{seen}");
    let begun = std::time::Instant::now();
    api.post(&format!("{own}/cancel"), &token, &json!({})).await.is(202);
    while api.app.generations.progress(id.parse().expect("an id")).is_some() {
        assert!(begun.elapsed() < Duration::from_secs(1), "it still works");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(api.get(&own, &token).await.is(200).json()["state"], "cancelled");
    let calls = server.counts().calls;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(server.counts().calls, calls, "nobody asks any more");
}

#[actix_web::test]
async fn what_waits_for_a_model_holds_nobody_up() {
    let server = server();
    server.script(|script| script.latency_ms = 60_000);
    let variables = [("OPENAI_BASE_URL", server.url()), ("OPENAI_API_KEY", MODEL_KEY)];
    let api = Api::reopened(tempfile::tempdir().expect("a folder"), |folder| {
        let mut config = config(folder, &variables);
        config.model.timeout = Duration::from_secs(300);
        config
    });
    let token = api.user(Role::Editor);
    let slow = api.dataset(&token, &mottos("A motto that is long in coming", 1000, "")).await;
    let path = format!("/api/v1/datasets/{slow}/generations");
    let own = format!("/api/v1/generations/{}", id_of(&api.post(&path, &token, &json!({})).await.is(202).json()));
    while server.counts().calls == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let quick = api.dataset(&token, &crate::support::numbers(1000)).await;
    assert_eq!(api.generation(&token, &quick, &json!({})).await["state"], "succeeded");
    let waits = api.get(&own, &token).await.is(200).json();
    assert_eq!((&waits["state"], &waits["phase"]), (&json!("running"), &json!("answers")), "{waits}");
    api.post(&format!("{own}/cancel"), &token, &json!({})).await.is(202);
    assert_eq!(api.ended(&token, &own).await["state"], "cancelled");
}

#[actix_web::test]
async fn a_look_for_the_questions_of_a_large_table_ends_within_a_second_of_being_cancelled() {
    let server = server();
    let api = asking(&server, &[("OPENAI_API_KEY", MODEL_KEY)]);
    let token = api.user(Role::Editor);
    // Which combinations come is known only once all rows have been looked at.
    let schema = "name: people
tables:
  - name: person
    rows: 90000000
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: level, generator: { type: expression, sql: \"CASE WHEN id < 89999999 THEN 'low' ELSE 'high' END\" } }
      - { name: motto, generator: { type: llm, prompt: \"A motto of somebody {{level}}\", pool: 5 } }
";
    let begun = std::time::Instant::now();
    api.post("/api/v1/plan", &token, &json!({"schema_text": schema})).await.is(200);
    assert!(begun.elapsed() < Duration::from_secs(10), "a plan looks at a few rows");
    let dataset = api.dataset(&token, schema).await;
    let path = format!("/api/v1/datasets/{dataset}/generations");
    let id = id_of(&api.post(&path, &token, &json!({})).await.is(202).json());
    let own = format!("/api/v1/generations/{id}");
    while api.app.generations.progress(id.parse().expect("an id")).is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let begun = std::time::Instant::now();
    api.post(&format!("{own}/cancel"), &token, &json!({})).await.is(202);
    while api.app.generations.progress(id.parse().expect("an id")).is_some() {
        assert!(begun.elapsed() < Duration::from_secs(1), "it still looks");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(api.get(&own, &token).await.is(200).json()["state"], "cancelled");
    assert_eq!(server.counts().calls, 0, "nothing was asked before all was known");
}

#[actix_web::test]
async fn a_server_that_stops_keeps_what_was_paid_for_and_its_key_is_gone() {
    let server = server();
    server.script(|script| script.latency_ms = 100);
    let api = asking(&server, &[]);
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, &mottos("A motto in parts", 400, "")).await;
    let path = format!("/api/v1/datasets/{dataset}/generations");
    let id = id_of(&post_with_key(&api, &path, &token, &json!({})).await.is(202).json());
    let own = format!("/api/v1/generations/{id}");
    let done = |seen: &Value| seen["answers"]["done"].as_u64().unwrap_or_default();
    let mut seen = json!(null);
    while done(&seen) < 100 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        seen = api.get(&own, &token).await.is(200).json();
        assert_ne!(seen["state"], "succeeded", "too fast to be stopped");
    }
    let folder = api.stop();
    let before = server.counts().answered;
    server.script(|script| script.latency_ms = 0);
    let api = Api::reopened(folder, config_of(&server));
    let token = api.token(Role::Editor);
    let waits = api.ended(&token, &own).await;
    assert_eq!(waits["state"], "needs_key", "{waits}");
    assert!(waits["llm"]["calls"].as_u64().is_some_and(|calls| calls >= 2), "{waits}");
    post_with_key(&api, &format!("{own}/resume"), &token, &json!({})).await.is(202);
    let ended = api.ended(&token, &own).await;
    assert_eq!(ended["state"], "succeeded", "{ended}");
    // 400 answers are 9 calls of 50; the one in flight may have been paid for in vain.
    let all = server.counts().answered;
    assert!(all - before <= 7 && all <= 11, "{before} and then {all}");
    let calls = ended["llm"]["calls"].as_u64().expect("calls");
    assert!((all - 1..=all).contains(&calls), "{calls} of {all}");
}

#[actix_web::test]
async fn a_server_with_a_key_goes_on_by_itself_after_it_was_stopped() {
    let server = server();
    server.script(|script| script.latency_ms = 100);
    let api = asking(&server, &[("OPENAI_API_KEY", MODEL_KEY)]);
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, &mottos("A motto that goes on", 400, "")).await;
    let path = format!("/api/v1/datasets/{dataset}/generations");
    let id = id_of(&api.post(&path, &token, &json!({"llm_ceiling_usd": 1})).await.is(202).json());
    while server.counts().answered < 3 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let folder = api.stop();
    server.script(|script| script.latency_ms = 0);
    let url = server.url().to_owned();
    let api = Api::reopened(folder, |folder| {
        crate::support::impatient(config(folder, &[("OPENAI_BASE_URL", &url), ("OPENAI_API_KEY", MODEL_KEY)]))
    });
    let token = api.token(Role::Editor);
    let ended = api.ended(&token, &format!("/api/v1/generations/{id}")).await;
    assert_eq!((&ended["state"], &ended["llm"]["ceiling_usd"]), (&json!("succeeded"), &json!(1.0)), "{ended}");
    assert!(server.counts().answered <= 11, "{:?}", server.counts());
}

/// The settings of [`asking`] without a key, on any folder.
fn config_of(server: &Server) -> impl Fn(&tempfile::TempDir) -> api::Config {
    let url = server.url().to_owned();
    move |folder| crate::support::impatient(config(folder, &[("OPENAI_BASE_URL", &url)]))
}

#[actix_web::test]
async fn rows_are_made_again_of_the_answers_they_were_made_of() {
    let server = server();
    let api = asking(&server, &[("OPENAI_API_KEY", MODEL_KEY)]);
    let token = api.user(Role::Editor);
    let text = reviews(3_000, "a rug");
    let dataset = api.dataset(&token, &text.replace("pool: 60", "pool: 12")).await;
    let made = api.generation(&token, &dataset, &json!({})).await;
    let id = id_of(&made);
    let shown = rows(&api, &token, &id).await;
    // The same questions are asked for more.
    let larger = api.dataset(&token, &text).await;
    assert_eq!(api.generation(&token, &larger, &json!({})).await["state"], "succeeded");
    let url = server.url().to_owned();
    drop(server);
    // Another server of the same data has no key, no network and not the rows.
    let folder = api.stop();
    fs::remove_dir_all(parts::folder(folder.path(), &id).join("0")).expect("rows");
    let api = Api::reopened(folder, |folder| {
        crate::support::impatient(config(folder, &[("OPENAI_BASE_URL", &url), ("OPENAI_MODEL", "another-model")]))
    });
    let token = api.token(Role::Editor);
    assert_eq!(rows(&api, &token, &id).await, shown);
    let wanted = json!({"format": "csv"});
    let export = api.post(&format!("/api/v1/generations/{id}/exports"), &token, &wanted).await.is(202).json();
    let export = api.ended(&token, &format!("/api/v1/exports/{}", id_of(&export))).await;
    assert_eq!(export["state"], "succeeded", "{export}");
    let sql = json!({"sql": "SELECT count(DISTINCT text) AS texts FROM review"});
    let answer = api.post(&format!("/api/v1/generations/{id}/query"), &token, &sql).await.is(200).json();
    assert_eq!(answer["rows"][0][0], 24);
    for path in ["certificate", "certificate?format=sql&dialect=sqlite", "tables/review/profile"] {
        api.get(&format!("/api/v1/generations/{id}/{path}"), &token).await.is(200);
    }
}

#[actix_web::test]
async fn a_dump_takes_answers_along_and_their_generations_stay_the_same() {
    let server = server();
    let api = asking(&server, &[("OPENAI_API_KEY", MODEL_KEY)]);
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, &reviews(2_000, "a book")).await;
    let made = api.generation(&token, &dataset, &json!({})).await;
    let mut bytes = Vec::new();
    dump::dump_to(&config(&api.folder, &[]), std::path::Path::new("dump"), &mut bytes).expect("a dump");
    let text = String::from_utf8(bytes).expect("text");
    assert!(text.contains("\"table\":\"llm_answers\"") && !text.contains(MODEL_KEY));
    let calls = server.counts().calls;
    let folder = tempfile::tempdir().expect("a folder");
    load::load_into(&config(&folder, &[]), "dump", text.as_bytes()).expect("it is loaded");
    let other = Api::reopened(folder, config_of(&server));
    let token = other.token(Role::Editor);
    let again = other.generation(&token, &dataset, &json!({})).await;
    assert_eq!((&again["state"], &again["content_hash"]), (&json!("succeeded"), &made["content_hash"]), "{again}");
    assert_eq!(server.counts().calls, calls);
    // Its rows are not in the dump, and can be made from what is.
    assert_eq!(rows(&other, &token, &id_of(&made)).await, rows(&other, &token, &id_of(&again)).await);
}

//! What is asked of a language model again, beside each other and after a stop; who asked; and what is not asked because it may cost nothing.

use std::io::{Cursor, Read};
use std::time::Duration;

use actix_web::http::Method;
use api::users::Role;
use diesel::prelude::*;
use scripted_model::{Fault, Script, Server};
use serde_json::{Value, json};

use crate::support::{Api, MODEL_KEY, asking, config, impatient};

const USAGE: &str = "/api/v1/llm/usage";

fn server(script: Script) -> Server {
    Server::start(Script { key: Some(MODEL_KEY.to_owned()), ..script }).expect("a free port")
}

/// One column, asked in these words.
fn mottos(prompt: &str, pool: u64, more: &str) -> String {
    format!(
        "name: people\ntables:\n  - name: person\n    rows: 300\n    columns:\n      - {{ name: id, generator: {{ type: sequence }} }}\n      - {{ name: motto, max_length: 40, generator: {{ type: llm, prompt: {prompt}, pool: {pool}{more} }} }}\n"
    )
}

fn pool(made: &Value) -> &Value {
    &made["llm"]["pools"][0]
}

#[actix_web::test]
async fn where_the_model_had_no_more_it_is_asked_again_by_who_says_so() {
    let server = server(Script { distinct: Some(30), ..Script::default() });
    let api = asking(&server, &[("OPENAI_API_KEY", MODEL_KEY)]);
    let (token, viewer) = (api.user(Role::Editor), api.user(Role::Viewer));
    let text = mottos("A motto of few", 60, "");
    let dataset = api.dataset(&token, &text).await;
    let first = api.generation(&token, &dataset, &json!({})).await;
    assert_eq!((&pool(&first)["answers"], &pool(&first)["exhausted"]), (&json!(30), &json!(1)), "{first:#}");
    let totals = api.get(USAGE, &token).await.is(200).json()["totals"].clone();
    assert_eq!(totals["unanswered_usd"], 0.0, "what is answered was only thought to be billed: {totals}");
    let calls = server.counts().calls;
    let second = api.generation(&token, &dataset, &json!({})).await;
    assert_eq!((&second["content_hash"], server.counts().calls), (&first["content_hash"], calls));
    let planned = api.post("/api/v1/plan", &token, &json!({"schema_text": text})).await.is(200).json();
    assert_eq!((&planned["llm"][0]["state"], &planned["llm"][0]["calls"]), (&json!("answered"), &json!(0)));

    let again = "/api/v1/llm/ask-again";
    api.post(again, &viewer, &json!({})).await.problem(403, "forbidden");
    assert_eq!(api.post(again, &token, &json!({})).await.is(200).json(), json!({"questions": 1}));
    assert_eq!(api.post(again, &token, &json!({})).await.is(200).json(), json!({"questions": 0}));
    server.script(|script| script.distinct = None);
    let third = api.generation(&token, &dataset, &json!({})).await;
    assert_eq!((&pool(&third)["answers"], &pool(&third)["exhausted"]), (&json!(60), &json!(0)), "{third:#}");
}

#[actix_web::test]
async fn a_server_that_takes_no_request_fails_the_run_and_what_was_paid_is_kept() {
    let server = server(Script::default());
    let api = asking(&server, &[("OPENAI_API_KEY", MODEL_KEY)]);
    let token = api.user(Role::Editor);
    let pay = Fault::Status(402, json!({"error": {"message": "pay first"}}).to_string());
    for (name, fault, said) in [("no credit", pay, "credit"), ("a page", Fault::InvalidBody, "does not answer")] {
        let dataset = api.dataset(&token, &mottos(&format!("A motto after {name}"), 120, "")).await;
        server.script(|script| script.faults = std::iter::once(Fault::None).chain(vec![fault; 20]).collect());
        let failed = api.generation(&token, &dataset, &json!({})).await;
        server.script(|script| script.faults.clear());
        assert_eq!(failed["state"], "failed", "{name}: {failed:#}");
        assert!(failed["failure"].as_str().is_some_and(|words| words.contains(said)), "{name}: {failed:#}");
        let mended = api.generation(&token, &dataset, &json!({})).await;
        assert_eq!((&mended["state"], &pool(&mended)["answers"]), (&json!("succeeded"), &json!(120)), "{mended:#}");
        assert_eq!(mended["llm"]["calls"], 2, "{name}: fifty were there");
    }
}

#[actix_web::test]
async fn what_a_failed_pool_came_to_is_told() {
    let server = server(Script::default());
    let api = asking(&server, &[("OPENAI_API_KEY", MODEL_KEY)]);
    let token = api.user(Role::Editor);
    for (more, state) in [("", "failed"), (", on_error: fallback", "succeeded")] {
        server
            .script(|script| script.faults = vec![Fault::None, Fault::WrongType, Fault::Refusal, Fault::Unauthorized]);
        let dataset = api.dataset(&token, &mottos(&format!("A motto that is counted{}", more.len()), 300, more)).await;
        let ended = api.generation(&token, &dataset, &json!({})).await;
        assert_eq!(ended["state"], state, "{ended:#}");
        let counted = pool(&ended);
        // Where another generator may stand in, the answers that are there are used.
        let failed = u64::from(state == "failed");
        assert_eq!(
            (&counted["invalid"], &counted["refusals"], &counted["failed"]),
            (&json!(50), &json!(1), &json!(failed))
        );
        assert!(counted["failure"].as_str().is_some_and(|words| words.contains("key")), "{counted}");
    }
}

#[actix_web::test]
async fn a_ceiling_that_cannot_be_held_refuses_calls_and_nothing_else() {
    let server = server(Script::default());
    let free = asking(&server, &[("OPENAI_API_KEY", MODEL_KEY), ("OPENAI_MODEL", "a-model-of-ours")]);
    let token = free.user(Role::Editor);
    let text = mottos("A motto without a price", 20, "");
    let dataset = free.dataset(&token, &text).await;
    assert_eq!(free.generation(&token, &dataset, &json!({})).await["state"], "succeeded");
    let calls = server.counts().calls;
    let (folder, url) = (free.stop(), server.url().to_owned());
    let limited = Api::reopened(folder, |folder| {
        let model =
            [("OPENAI_BASE_URL", url.as_str()), ("OPENAI_API_KEY", MODEL_KEY), ("OPENAI_MODEL", "a-model-of-ours")];
        impatient(config(folder, &[&model[..], &[("LLM_BUDGET_USD", "1")]].concat()))
    });
    let token = limited.token(Role::Editor);
    let kept = limited.generation(&token, &dataset, &json!({})).await;
    assert_eq!(kept["state"], "succeeded", "what is kept costs nothing: {kept:#}");
    let spare = limited.dataset(&token, &mottos("Another motto", 20, ", on_error: fallback")).await;
    let spare = limited.generation(&token, &spare, &json!({})).await;
    assert_eq!((&spare["state"], &pool(&spare)["failed"]), (&json!("succeeded"), &json!(1)), "{spare:#}");
    let other = limited.dataset(&token, &mottos("Another motto", 20, "")).await;
    let refused = limited.generation(&token, &other, &json!({})).await;
    assert_eq!(refused["state"], "failed", "{refused:#}");
    assert!(refused["failure"].as_str().is_some_and(|why| why.contains("a-model-of-ours")), "{refused:#}");
    assert_eq!(server.counts().calls, calls);
}

#[actix_web::test]
async fn what_was_sent_and_not_answered_counts_after_a_stop() {
    let server = server(Script { faults: vec![Fault::None, Fault::Hang, Fault::Hang], ..Script::default() });
    let api = asking(&server, &[("OPENAI_API_KEY", MODEL_KEY)]);
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, &mottos("A motto that hangs", 300, "")).await;
    let path = format!("/api/v1/datasets/{dataset}/generations");
    let made = api.post(&path, &token, &json!({"llm_ceiling_usd": 1})).await.is(202).json();
    while server.counts().calls < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Before it is answered: whoever is killed now has no time for it.
    let in_flight = api.get(USAGE, &token).await.is(200).json()["totals"]["unanswered_usd"].clone();
    assert!(in_flight.as_f64().is_some_and(|usd| usd > 0.0), "{in_flight}");
    let folder = api.stop();
    let mut database = SqliteConnection::establish(&folder.path().join("db.sqlite3").to_string_lossy()).expect("it");
    let unanswered =
        || diesel::dsl::sql::<diesel::sql_types::BigInt>("(SELECT sum(unanswered_microusd) FROM llm_usage)");
    let recorded: i64 = diesel::select(unanswered()).first(&mut database).expect("a sum");
    assert!(recorded > 0, "what was in flight may be billed");
    diesel::sql_query("UPDATE llm_usage SET unanswered_microusd = 2000000").execute(&mut database).expect("changed");
    drop(database);
    server.script(|script| script.faults.clear());
    let (url, calls) = (server.url().to_owned(), server.counts().calls);
    let api = Api::reopened(folder, |folder| {
        impatient(config(folder, &[("OPENAI_BASE_URL", &url), ("OPENAI_API_KEY", MODEL_KEY)]))
    });
    let token = api.token(Role::Editor);
    let id = made["id"].as_str().expect("an id");
    let ended = api.ended(&token, &format!("/api/v1/generations/{id}")).await;
    assert_eq!(ended["state"], "failed", "{ended:#}");
    assert!(ended["failure"].as_str().is_some_and(|why| why.contains("ceiling of 1")), "{ended:#}");
    assert_eq!(server.counts().calls, calls, "nothing is left to spend");
    let totals = api.get(USAGE, &token).await.is(200).json()["totals"].clone();
    assert_eq!(totals["unanswered_usd"], 2.0, "{totals}");
}

#[actix_web::test]
async fn who_asked_is_told() {
    let server = server(Script { key: None, ..Script::assistant() });
    let api = asking(&server, &[("OPENAI_API_KEY", MODEL_KEY)]);
    let token = api.user(Role::Editor);
    let words = json!({"words": "A library with books, members and loans"});
    api.post("/api/v1/assistant/schema", &token, &words).await.is(200);
    let dataset = api.dataset(&token, &mottos("A motto of somebody", 20, "")).await;
    let made = api.generation(&token, &dataset, &json!({})).await;
    let own = format!("/api/v1/generations/{}", made["id"].as_str().expect("an id"));
    let askers = || async {
        let items = api.get(USAGE, &token).await.is(200).json()["items"].as_array().expect("items").clone();
        items.iter().map(|item| (item["asked_by"].clone(), item["generation_id"].is_null())).collect::<Vec<_>>()
    };
    assert_eq!(askers().await, [(json!("generation"), false), (json!("assistant"), true)]);
    api.act(Method::DELETE, &own, &token).await.is(204);
    assert_eq!(askers().await, [(json!("generation"), true), (json!("assistant"), true)]);
}

#[actix_web::test]
async fn the_workbook_says_what_stood_in_for_a_model() {
    let server = server(Script::default());
    let api = asking(&server, &[]);
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, &mottos("A motto that nobody wrote", 20, ", on_error: fallback")).await;
    let made = api.generation(&token, &dataset, &json!({})).await;
    let exports = format!("/api/v1/generations/{}/exports", made["id"].as_str().expect("an id"));
    let export = api.post(&exports, &token, &json!({"format": "xlsx"})).await.is(202).json();
    let own = format!("/api/v1/exports/{}", export["id"].as_str().expect("an id"));
    assert_eq!(api.ended(&token, &own).await["state"], "succeeded");
    let bytes = api.get(&format!("{own}/content"), &token).await.is(200).bytes;
    let mut workbook = zip::ZipArchive::new(Cursor::new(bytes)).expect("a workbook");
    let mut words = String::new();
    for at in 0..workbook.len() {
        let mut part = workbook.by_index(at).expect("a part");
        // Numbers of rows are of no interest, texts of cells are.
        let name = part.name().expect("a name").into_owned();
        if name.contains("sharedStrings") || name.contains("sheet") {
            part.read_to_string(&mut words).expect("XML");
        }
    }
    assert!(words.contains("no language model was asked: filled by "), "{} characters of the workbook", words.len());
}

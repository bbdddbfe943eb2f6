//! The assistant: words to schemas, changes, columns and rules, as proposals that nothing saves.

use std::time::Duration;

use actix_web::http::Method;
use api::users::Role;
use scripted_model::{Fault, Script, Server};
use serde_json::{Value, json};

use crate::support::{Answer, Api, MODEL_KEY, asking};

const SCHEMA: &str = "/api/v1/assistant/schema";
const COLUMNS: &str = "/api/v1/assistant/columns";

/// What is changed.
const SHOP: &str = "name: shop
tables:
  - name: customer
    rows: 20
    primary_key: [id]
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: age, type: integer, generator: { type: integer, min: 18, max: 130 } }
";

fn desk() -> (Server, Api, String) {
    let server = Server::start(Script { key: Some(MODEL_KEY.to_owned()), ..Script::assistant() }).expect("a free port");
    let api = asking(&server, &[("OPENAI_API_KEY", MODEL_KEY)]);
    let token = api.user(Role::Editor);
    (server, api, token)
}

async fn streamed(api: &Api, token: &str, path: &str, body: &Value) -> Answer {
    let token = format!("Bearer {token}");
    let headers =
        [("authorization", token.as_str()), ("content-type", "application/json"), ("accept", "text/event-stream")];
    api.send(Method::POST, path, &headers, body.to_string().into_bytes()).await
}

/// The events of a stream: name and data.
fn events(answer: &Answer) -> Vec<(String, Value)> {
    let read = |event: &str| {
        let name = event.lines().find_map(|line| line.strip_prefix("event: "))?;
        let data = event.lines().find_map(|line| line.strip_prefix("data: "))?;
        Some((name.to_owned(), serde_json::from_str(data).expect("JSON")))
    };
    answer.text().split("\n\n").filter_map(read).collect()
}

#[actix_web::test]
async fn words_become_a_schema_that_plans_and_generates() {
    let (server, api, token) = desk();
    let words = "A web shop with customers and orders, where the total is price times quantity";
    let proposal = api.post(SCHEMA, &token, &json!({"words": words})).await.is(200).json();
    assert_eq!(
        (&proposal["is_sound"], &proposal["rounds"], &proposal["name"]),
        (&json!(true), &json!(2), &json!("shop"))
    );
    assert_eq!(proposal["pieces"], json!([]));
    assert_eq!(proposal["chosen"], json!(["The generator and the reference are mended."]));
    assert_eq!(proposal["usage"]["calls"], 2);
    assert!(proposal["usage"]["cost_usd"].as_f64().is_some_and(|cost| cost > 0.0), "{proposal}");
    let text = proposal["schema_text"].as_str().expect("YAML");
    assert_eq!(api.get("/api/v1/datasets", &token).await.is(200).json()["total"], 0, "nothing is saved");
    let dataset = api.dataset(&token, text).await;
    assert_eq!(api.generation(&token, &dataset, &json!({})).await["state"], "succeeded");
    // What it took is on record, and who asked.
    let usage = api.get("/api/v1/llm/usage", &token).await.is(200).json();
    assert_eq!((&usage["totals"]["calls"], &usage["items"][0]["generation_id"]), (&json!(2), &Value::Null));
    let admin = api.user(Role::Admin);
    let audit = api.get("/api/v1/admin/audit", &admin).await.is(200).json();
    let is_noted = |item: &Value| item["operation"] == "write_schema" && item["outcome"] == "done";
    assert!(audit["items"].as_array().is_some_and(|items| items.iter().any(is_noted)), "{audit}");
    assert_eq!(server.counts().answered, 2);
}

#[actix_web::test]
async fn a_change_is_a_difference_in_pieces() {
    let (_server, api, token) = desk();
    let mut body = json!({"words": "add a loyalty table", "schema_text": SHOP});
    let proposal = api.post(SCHEMA, &token, &body).await.is(200).json();
    let pieces = proposal["pieces"].as_array().expect("pieces");
    let told = |piece: &Value| (piece["path"].clone(), piece["kind"].clone(), piece["behind"].clone());
    let added = pieces.last().expect("a piece");
    assert_eq!(told(added), (json!(["tables", "loyalty"]), json!("add"), json!("customer")), "{proposal:#}");
    assert!(added.get("before").is_none(), "{proposal:#}");
    // A setting has no place among others.
    assert_eq!(told(&pieces[0]), (json!(["tables", "customer", "rows"]), json!("change"), Value::Null), "{proposal:#}");
    assert!(pieces[0].get("behind").is_none() && pieces[0]["before"] == json!(20), "{proposal:#}");
    // A proposal that is changed before it was taken counts from where it began.
    body["base_text"] = json!("name: shop\ntables: []\n");
    let proposal = api.post(SCHEMA, &token, &body).await.is(200).json();
    let added: Vec<Value> =
        proposal["pieces"].as_array().expect("pieces").iter().map(|piece| piece["path"][1].clone()).collect();
    assert_eq!(added, [json!("customer"), json!("loyalty")], "{proposal:#}");
    body["base_text"] = json!("- a list");
    let refused = api.post(SCHEMA, &token, &body).await.problem(422, "invalid_input");
    assert_eq!(refused.json()["errors"][0]["pointer"], "/base_text");
}

#[actix_web::test]
async fn words_become_a_column_or_a_rule_of_a_table() {
    let (_server, api, token) = desk();
    let ask = |words: &str, kind: &str| json!({"schema_text": SHOP, "table": "customer", "words": words, "kind": kind});
    let column =
        api.post(COLUMNS, &token, &ask("the day of the first purchase, this year", "column")).await.is(200).json();
    assert_eq!((&column["is_sound"], &column["rule"]), (&json!(true), &Value::Null), "{column:#}");
    assert!(column["column"]["name"].is_string(), "{column:#}");
    assert_eq!((&column["pieces"][0]["kind"], &column["pieces"][0]["behind"]), (&json!("add"), &json!("age")));
    let rule = api.post(COLUMNS, &token, &ask("nobody is older than a hundred", "rule")).await.is(200).json();
    assert_eq!((&rule["is_sound"], &rule["column"]), (&json!(true), &Value::Null), "{rule:#}");
    assert!(rule["rule"]["id"].is_string(), "{rule:#}");
    let nowhere = json!({"schema_text": SHOP, "table": "nobody", "words": "x", "kind": "column"});
    let refused = api.post(COLUMNS, &token, &nowhere).await.problem(422, "invalid_input");
    assert_eq!(refused.json()["errors"][0]["pointer"], "/table");
}

#[actix_web::test]
async fn it_is_heard_while_it_works() {
    let (server, api, token) = desk();
    let words = "A web shop with customers and orders, where the total is price times quantity";
    let answer = streamed(&api, &token, SCHEMA, &json!({"words": words})).await.is(200);
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    let heard = events(&answer);
    let names: Vec<&str> = heard.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((names.first(), names.last()), (Some(&"round"), Some(&"result")), "{names:?}");
    assert_eq!(names.iter().filter(|name| **name == "round").count(), 2);
    assert!(names.contains(&"problem"));
    let text: String = heard.iter().filter_map(|(_, data)| data["text"].as_str()).collect();
    assert!(text.contains("customer"), "{text}");
    assert_eq!(heard.last().expect("a result").1["is_sound"], true);

    // What goes wrong after it has begun is an event too.
    server.script(|script| script.faults = vec![Fault::Refusal; 9]);
    let heard = events(&streamed(&api, &token, SCHEMA, &json!({"words": words})).await.is(200));
    let (name, problem) = heard.last().expect("an end");
    assert_eq!((name.as_str(), &problem["code"], &problem["status"]), ("error", &json!("llm_refused"), &json!(424)));
}

#[actix_web::test]
async fn it_is_heard_no_longer_than_its_caller_has_access() {
    let slow = Script { latency_ms: 60_000, key: Some(MODEL_KEY.to_owned()), ..Script::assistant() };
    let server = Server::start(slow).expect("a free port");
    let variables = [("OPENAI_BASE_URL", server.url()), ("OPENAI_API_KEY", MODEL_KEY)];
    let api = Api::with(&variables);
    let (admin, editor) = (api.user(Role::Admin), api.user(Role::Editor));
    let words = json!({"words": "A web shop with customers and orders"});
    let removed = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        api.act(Method::DELETE, &format!("/api/v1/users/{}", api.id_of(Role::Editor)), &admin).await.is(204);
    };
    let both = async { futures::join!(streamed(&api, &editor, SCHEMA, &words), removed) };
    let (heard, ()) = tokio::time::timeout(Duration::from_secs(30), both).await.expect("the stream ends");
    let names: Vec<String> = events(&heard.is(200)).into_iter().map(|(name, _)| name).collect();
    assert!(names.iter().all(|name| name == "round"), "{names:?}");
}

#[actix_web::test]
async fn what_stands_in_the_way_is_one_sentence_with_its_code() {
    let (server, api, token) = desk();
    let words = json!({"words": "A library with books, members and loans"});
    let viewer = api.user(Role::Viewer);
    api.post(SCHEMA, &viewer, &words).await.problem(403, "forbidden");
    for body in [json!({"words": "  "}), json!({"words": "x".repeat(9000)})] {
        let refused = api.post(SCHEMA, &token, &body).await.problem(422, "invalid_input");
        assert_eq!(refused.json()["errors"][0]["pointer"], "/words");
    }
    api.post(SCHEMA, &token, &json!({"words": "x", "schema_text": ": :"})).await.problem(422, "invalid_input");
    api.post(SCHEMA, &token, &json!({"words": "x", "ceiling_usd": -1})).await.problem(422, "invalid_input");
    let mut cheap = words.clone();
    cheap["ceiling_usd"] = json!(0.00001);
    api.post(SCHEMA, &token, &cheap).await.problem(422, "llm_budget");
    assert_eq!(server.counts().calls, 0);
    for (fault, code) in [
        (Fault::Unauthorized, "llm_unauthorized"),
        (Fault::NoCredit, "llm_rate_limited"),
        (Fault::RateLimited(Some("3600".to_owned())), "llm_rate_limited"),
        (Fault::ServerError, "llm_unavailable"),
        (Fault::Hang, "llm_timeout"),
        (Fault::InvalidJson, "llm_bad_answer"),
        (Fault::Refusal, "llm_refused"),
    ] {
        server.script(|script| script.faults = vec![fault.clone(); 12]);
        let refused = api.post(SCHEMA, &token, &words).await.problem(424, code);
        assert!(!refused.text().contains(MODEL_KEY), "{}", refused.text());
    }
    server.script(|script| script.faults.clear());
    let keyless = asking(&server, &[]);
    let token = keyless.user(Role::Editor);
    keyless.post(SCHEMA, &token, &words).await.problem(409, "llm_key_missing");
    streamed(&keyless, &token, SCHEMA, &words).await.problem(409, "llm_key_missing");
    let bearer = format!("Bearer {token}");
    let headers =
        [("authorization", bearer.as_str()), ("content-type", "application/json"), ("x-openai-api-key", MODEL_KEY)];
    keyless.send(Method::POST, SCHEMA, &headers, words.to_string().into_bytes()).await.is(200);
}

#[actix_web::test]
async fn names_and_types_of_samples_are_told_and_nothing_else() {
    let (server, api, token) = desk();
    let mut body = json!({"words": "A library with books, members and loans"});
    body["samples"] = json!([{"name": "books_2024", "columns": [{"name": "isbn", "type": "string"}]}]);
    api.post(SCHEMA, &token, &body).await.is(200);
    assert!(server.requests()[0].body.to_string().contains("books_2024"));
    body["samples"][0]["rows"] = json!([["a value"]]);
    api.post(SCHEMA, &token, &body).await.problem(422, "invalid_input");
}

#[actix_web::test]
async fn names_and_types_of_samples_have_the_length_that_the_document_says() {
    let (server, api, token) = desk();
    let sample = json!([{"name": "á".repeat(200), "columns": [{"name": "isbn", "type": "string"}]}]);
    let of = |samples: Value| json!({"words": "A library with books, members and loans", "samples": samples});
    api.post(SCHEMA, &token, &of(sample.clone())).await.is(200);
    let before = server.requests().len();
    for place in ["/0/name", "/0/columns/0/name", "/0/columns/0/type"] {
        let mut long = sample.clone();
        *long.pointer_mut(place).unwrap() = json!("á".repeat(201));
        let problem = api.post(SCHEMA, &token, &of(long)).await.problem(422, "invalid_input");
        assert_eq!(problem.json()["errors"][0]["pointer"], format!("/samples{place}"));
    }
    assert_eq!(server.requests().len(), before);
}

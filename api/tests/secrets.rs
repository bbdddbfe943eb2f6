//! The key of the language model is in no log, no file of the data folder, no dump, no export and no answer.

use std::fs;
use std::path::Path;

use actix_web::http::Method;
use api::operations::{check, dump};
use api::users::Role;
use formats::FORMATS;
use scripted_model::{Fault, Script, Server, keep_log, kept_log};
use serde_json::{Value, json};

use crate::support::{Api, MODEL_KEY, asking, config};

const SCHEMA: &str = "name: people
tables:
  - name: person
    rows: 300
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: motto, max_length: 40, generator: { type: llm, prompt: A motto, pool: 120 } }
";

/// All bytes below a folder, by file.
fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        match entry.path() {
            path if path.is_dir() => files(&path, found),
            path => found.push((path.display().to_string(), fs::read(&path).unwrap_or_default())),
        }
    }
}

async fn send(api: &Api, token: &str, method: Method, path: &str, key: Option<&str>, body: Value) -> (u16, Value) {
    let token = format!("Bearer {token}");
    let mut headers = vec![("authorization", token.as_str()), ("content-type", "application/json")];
    headers.extend(key.map(|key| ("x-openai-api-key", key)));
    let body = if method == Method::GET { Vec::new() } else { body.to_string().into_bytes() };
    let answer = api.send(method, path, &headers, body).await;
    let mut told = json!({"headers": answer.headers});
    told["body"] = serde_json::from_slice(&answer.bytes).unwrap_or_else(|_| json!(answer.text()));
    (answer.status.as_u16(), told)
}

/// Does what has to do with the model, well and badly; gives all answers as one text.
async fn everything(server: &Server, api: &Api, own: Option<&str>) -> String {
    let token = api.user(Role::Admin);
    let mut told = String::new();
    let dataset = api.dataset(&token, SCHEMA).await;
    let generations = format!("/api/v1/datasets/{dataset}/generations");
    // As OpenAI does, the server repeats what it was sent.
    let repeats = json!({"error": {"message": format!("Incorrect API key provided: {MODEL_KEY}")}}).to_string();
    for fault in [
        Fault::Unauthorized,
        Fault::Status(400, repeats.clone()),
        Fault::Status(500, repeats.clone()),
        Fault::Status(403, repeats.clone()),
        Fault::Status(402, repeats.clone()),
        Fault::Body("application/json".to_owned(), repeats),
        Fault::RateLimited(Some("3600".to_owned())),
        Fault::RateLimited(None),
        Fault::Hang,
        Fault::Cut,
        Fault::Refusal,
        Fault::InvalidJson,
        Fault::None,
    ] {
        server.script(|script| script.faults = vec![fault; 20]);
        let words = json!({"words": "A library with books, members and loans"});
        for path in ["/api/v1/assistant/schema", &generations] {
            let body = if path.ends_with("schema") { words.clone() } else { json!({}) };
            let (_, answer) = send(api, &token, Method::POST, path, own, body).await;
            told.push_str(&answer.to_string());
            if let Some(id) = answer["body"]["id"].as_str() {
                told.push_str(&api.ended(&token, &format!("/api/v1/generations/{id}")).await.to_string());
            }
        }
        server.script(|script| script.faults.clear());
    }
    let last = api.get(&generations, &token).await.is(200).json()["items"][0].clone();
    assert_eq!(last["state"], "succeeded", "{last}");
    let exports = format!("/api/v1/generations/{}/exports", last["id"].as_str().expect("an id"));
    for format in FORMATS {
        let export = api.post(&exports, &token, &json!({"format": format.name()})).await.is(202).json();
        let own = format!("/api/v1/exports/{}", export["id"].as_str().expect("an id"));
        let ended = api.ended(&token, &own).await;
        assert_eq!(ended["state"], "succeeded", "{ended}");
        told.push_str(&ended.to_string());
        told.push_str(&api.get(&format!("{own}/content"), &token).await.is(200).text());
    }
    told.push_str(&api.post("/api/v1/admin/backups", &token, &json!({})).await.is(201).text());
    for path in ["llm/status", "llm/usage", "admin/status", "admin/audit", "admin/backups", "generations", "exports"] {
        told.push_str(
            &send(api, &token, Method::GET, &format!("/api/v1/{path}"), own, json!(null)).await.1.to_string(),
        );
    }
    // A key that is none is refused without a word of it.
    let spoilt = format!("{MODEL_KEY} and more");
    let (status, answer) = send(api, &token, Method::POST, &generations, Some(&spoilt), json!({})).await;
    assert_eq!(status, 400);
    told.push_str(&answer.to_string());
    told
}

#[actix_web::test]
async fn a_key_is_shown_to_the_model_and_to_nobody_else() {
    let listens = keep_log();
    for (variables, own) in [(vec![("OPENAI_API_KEY", MODEL_KEY), ("DEBUG", "true")], None), (vec![], Some(MODEL_KEY))]
    {
        let server =
            Server::start(Script { key: Some(MODEL_KEY.to_owned()), ..Script::assistant() }).expect("a free port");
        let api = asking(&server, &variables);
        let mut shown = everything(&server, &api, own).await;
        shown.push_str(&format!("{:?}", api.app.config));
        let given = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        shown.push_str(&check::check(&config(&api.folder, &variables), &given, true).join("\n"));
        let mut bytes = Vec::new();
        dump::dump_to(&config(&api.folder, &[]), Path::new("dump"), &mut bytes).expect("a dump");
        shown.push_str(&String::from_utf8_lossy(&bytes));
        let mut found = Vec::new();
        files(api.folder.path(), &mut found);
        assert!(found.iter().any(|(name, _)| name.contains("db.sqlite3")));
        assert!(found.iter().any(|(name, _)| name.contains("exports")), "an export is among them");
        assert!(found.iter().any(|(name, _)| name.contains("backups")), "a backup is among them");
        let lines = kept_log();
        assert!(!listens || lines.contains("generation"), "what happens is logged");
        found.push(("the log".to_owned(), lines.into_bytes()));
        found.push(("answers, settings, checks and the dump".to_owned(), shown.into_bytes()));
        for (name, bytes) in &found {
            for part in [MODEL_KEY, &MODEL_KEY[8..], &MODEL_KEY[..16]] {
                let at = bytes.windows(part.len()).position(|window| window == part.as_bytes());
                let around = at.map(|at| String::from_utf8_lossy(&bytes[at.saturating_sub(200)..at]).into_owned());
                assert_eq!(around, None, "{part} is in {name}");
            }
        }
        for request in server.requests() {
            let holds = |(_, value): &&(String, String)| value.contains(MODEL_KEY);
            let holders: Vec<&str> = request.headers.iter().filter(holds).map(|(name, _)| name.as_str()).collect();
            assert_eq!(holders, ["authorization"]);
        }
    }
}

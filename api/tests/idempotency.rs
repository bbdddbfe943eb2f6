//! `Idempotency-Key`: what is sent twice is done once.

use actix_web::http::Method;
use api::users::Role;
use serde_json::{Value, json};

use crate::support::{Answer, Api, hiring, numbers};

const DATASETS: &str = "/api/v1/datasets";

async fn post(api: &Api, path: &str, token: &str, key: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json"), ("idempotency-key", key)];
    api.send(Method::POST, path, &headers, body.to_string().into_bytes()).await
}

#[actix_web::test]
async fn a_request_that_is_sent_again_is_answered_as_the_first_time() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let body = json!({"schema_text": hiring()});
    let first = post(&api, DATASETS, &token, "one", &body).await.is(201);
    assert_eq!(first.header("idempotent-replayed"), None);
    let again = post(&api, DATASETS, &token, "one", &body).await.is(201);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.json(), first.json());
    for header in ["location", "etag", "content-type"] {
        assert_eq!(again.header(header), first.header(header), "{header}");
    }
    assert_eq!(api.get(DATASETS, &token).await.json()["total"], 1);
    post(&api, DATASETS, &token, "two", &body).await.is(201);
    assert_eq!(api.get(DATASETS, &token).await.json()["total"], 2);
}

#[actix_web::test]
async fn a_key_belongs_to_one_request_of_one_user() {
    let api = Api::new();
    let (editor, admin) = (api.user(Role::Editor), api.user(Role::Admin));
    let body = json!({"schema_text": hiring()});
    post(&api, DATASETS, &editor, "key", &body).await.is(201);
    let other = json!({"schema_text": hiring(), "name": "other"});
    post(&api, DATASETS, &editor, "key", &other).await.problem(422, "idempotency_key_reused");
    post(&api, DATASETS, &admin, "key", &other).await.is(201);
    for wrong in ["", "two words", &"k".repeat(256)] {
        post(&api, DATASETS, &editor, wrong, &body).await.problem(400, "malformed_request");
    }
}

#[actix_web::test]
async fn what_was_refused_may_be_sent_again() {
    let api = Api::new();
    let (editor, viewer) = (api.user(Role::Editor), api.user(Role::Viewer));
    let body = json!({"schema_text": hiring()});
    post(&api, DATASETS, &viewer, "key", &body).await.problem(403, "forbidden");
    post(&api, DATASETS, &editor, "key", &json!({"schema_text": "name: x"})).await.problem(422, "invalid_input");
    post(&api, DATASETS, &editor, "key", &body).await.is(201);
}

#[actix_web::test]
async fn requests_at_the_same_time_start_one_generation() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, &numbers(10)).await;
    let path = format!("{DATASETS}/{dataset}/generations");
    let body = json!({"seed": 3});
    let sent = (0..6).map(|_| post(&api, &path, &token, "same", &body));
    let answers = futures::future::join_all(sent).await;
    let ids: Vec<Value> = answers.into_iter().map(|answer| answer.is(202).json()["id"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(api.get("/api/v1/generations", &token).await.json()["total"], 1);
}

#[actix_web::test]
async fn a_key_is_free_again_after_a_day() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let body = json!({"schema_text": hiring()});
    let first = post(&api, DATASETS, &token, "key", &body).await.is(201).json();
    api.sql("UPDATE idempotency_keys SET created_at = '2020-01-01T00:00:00.000Z'");
    let second = post(&api, DATASETS, &token, "key", &body).await.is(201).json();
    assert_ne!(first["id"], second["id"]);
    assert_eq!(post(&api, DATASETS, &token, "key", &body).await.is(201).json()["id"], second["id"]);
    api.sql("UPDATE idempotency_keys SET created_at = '2020-01-01T00:00:00.000Z'");
    api::upkeep::once(&api.app).expect("upkeep");
    assert_ne!(post(&api, DATASETS, &token, "key", &body).await.is(201).json()["id"], second["id"]);
}

//! What admins see: the audit trail and the server's state.

use actix_web::http::Method;
use api::users::Role;
use serde_json::{Value, json};

use crate::support::{Api, PASSWORD, hiring};

const AUDIT: &str = "/api/v1/admin/audit";

#[actix_web::test]
async fn a_change_is_on_record_with_who_and_where() {
    let api = Api::with(&[("TRUSTED_PROXIES", "192.0.2.1")]);
    let (admin, editor) = (api.user(Role::Admin), api.user(Role::Editor));
    let bearer = format!("Bearer {editor}");
    let headers = [("authorization", bearer.as_str()), ("x-forwarded-for", "203.0.113.9")];
    let body = json!({"schema_text": hiring()}).to_string().into_bytes();
    let made = api.send(Method::POST, "/api/v1/datasets", &headers, body).await.is(201);
    let entry = api.get(AUDIT, &admin).await.is(200).json()["items"][0].clone();
    assert_eq!((&entry["operation"], &entry["outcome"]), (&json!("create_dataset"), &json!("done")));
    assert_eq!(entry["object"].as_str(), made.header("location"));
    assert_eq!((&entry["user_email"], &entry["address"]), (&json!("editor@example.com"), &json!("203.0.113.9")));
    assert_eq!(entry["request_id"].as_str(), made.header("x-request-id"));
    // What failed changed nothing, and reading does neither.
    api.post("/api/v1/datasets", &editor, &json!({"schema_text": "name: x"})).await.problem(422, "invalid_input");
    api.get("/api/v1/datasets", &editor).await.is(200);
    assert_eq!(api.get(AUDIT, &admin).await.json()["total"], 1);
}

#[actix_web::test]
async fn refusals_and_sign_ins_are_on_record_without_passwords() {
    let api = Api::new();
    let (admin, viewer) = (api.user(Role::Admin), api.user(Role::Viewer));
    api.post("/api/v1/datasets", &viewer, &json!({"schema_text": hiring()})).await.problem(403, "forbidden");
    let login = |password: &str| json!({"email": "viewer@example.com", "password": password});
    api.post("/api/v1/auth/login", "", &login("some wrong password")).await.problem(401, "invalid_credentials");
    api.post("/api/v1/auth/login", "", &login(PASSWORD)).await.is(200);
    let trail = api.get(AUDIT, &admin).await.is(200);
    assert!(!trail.text().contains("password"), "{}", trail.text());
    let said: Vec<(Value, Value, Value)> = trail.json()["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|entry| (entry["operation"].clone(), entry["outcome"].clone(), entry["user_email"].clone()))
        .collect();
    let entry = |operation: &str, outcome: &str| (json!(operation), json!(outcome), json!("viewer@example.com"));
    assert_eq!(said, [entry("login", "done"), entry("login", "refused"), entry("create_dataset", "refused")]);
}

#[actix_web::test]
async fn the_trail_is_read_page_by_page_while_it_grows() {
    let api = Api::new();
    let (admin, editor) = (api.user(Role::Admin), api.user(Role::Editor));
    for _ in 0..5 {
        api.dataset(&editor, hiring()).await;
    }
    let mut seen = Vec::new();
    let mut next = Some(format!("{AUDIT}?limit=2&operation=create_dataset&object=/api/v1/datasets"));
    while let Some(path) = next {
        let page = api.get(&path, &admin).await.is(200).json();
        seen.extend(page["items"].as_array().expect("items").iter().map(|entry| entry["object"].clone()));
        next = page["next"].as_str().map(str::to_owned);
        if seen.len() == 2 {
            api.dataset(&editor, hiring()).await;
        }
    }
    let mut distinct = seen.clone();
    distinct.dedup();
    assert_eq!((seen.len(), distinct.len()), (5, 5), "{seen:?}");
    let own = format!("{AUDIT}?user={}", api.id_of(Role::Admin));
    assert_eq!(api.get(&own, &admin).await.is(200).json()["total"], 0);
    api.get(&format!("{AUDIT}?limit=0"), &admin).await.problem(422, "invalid_input");
    api.get(&format!("{AUDIT}?cursor=x"), &admin).await.problem(400, "malformed_request");
    api.get(AUDIT, &editor).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn the_status_tells_state_and_settings_and_no_secret() {
    let secret = "a secret that nobody may ever see";
    let api = Api::with(&[("SECRET_KEY", secret), ("WEB_CONCURRENCY", "3"), ("GENERATE_CONCURRENCY", "2")]);
    let (admin, editor) = (api.user(Role::Admin), api.user(Role::Editor));
    let dataset = api.dataset(&editor, &crate::support::numbers(10)).await;
    api.generation(&editor, &dataset, &json!({})).await;
    let answer = api.get("/api/v1/admin/status", &admin).await.is(200);
    assert!(!answer.text().contains(secret));
    let status = answer.json();
    assert_eq!((&status["counts"]["users"], &status["counts"]["datasets"]), (&json!(2), &json!(1)));
    assert_eq!((&status["generations"]["succeeded"], &status["exports"]["queued"]), (&json!(1), &json!(0)));
    assert_eq!(status["settings"]["WEB_CONCURRENCY"], "3");
    assert_eq!(status["settings"]["GENERATE_CONCURRENCY"], "2");
    assert!(status["disk"]["rows_bytes"].as_i64() > Some(0) && status["disk"]["free_bytes"].as_u64() > Some(0));
    assert_eq!(status["database"]["migration"], "20261129000001");
    api.get("/api/v1/admin/status", &editor).await.problem(403, "forbidden");
}

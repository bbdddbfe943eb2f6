//! What admins see: the audit trail and the server's state.

use std::fs;

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
    api.get(&format!("{AUDIT}?cursor=zzz"), &admin).await.problem(422, "invalid_input");
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
    assert_eq!(status["database"]["migration"], "20261204000001");
    api.get("/api/v1/admin/status", &editor).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn backups_are_listed_and_made_once_for_a_key() {
    const BACKUPS: &str = "/api/v1/admin/backups";
    let api = Api::new();
    let (admin, editor) = (api.user(Role::Admin), api.user(Role::Editor));
    assert_eq!(api.get(BACKUPS, &admin).await.is(200).json()["total"], 0);
    let bearer = format!("Bearer {admin}");
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", "tonight")];
    let made = api.send(Method::POST, BACKUPS, &headers, Vec::new()).await.is(201);
    let again = api.send(Method::POST, BACKUPS, &headers, Vec::new()).await.is(201);
    assert_eq!((made.json(), again.header("idempotent-replayed")), (again.json(), Some("true")));
    let listed = api.get(BACKUPS, &admin).await.is(200).json();
    assert_eq!(listed["items"], json!([made.json()]));
    let (backup, location) = (made.json(), made.header("location").expect("an address"));
    assert_eq!(api.get(location, &admin).await.is(200).json(), backup);
    let file = api.folder.path().join("backups").join(backup["name"].as_str().expect("a name"));
    assert_eq!(fs::metadata(file).expect("a file").len(), backup["size_bytes"].as_u64().expect("bytes"));
    let entry = api.get(AUDIT, &admin).await.is(200).json()["items"][0].clone();
    assert_eq!((&entry["operation"], entry["object"].as_str()), (&json!("create_backup"), Some(location)));
    for other in ["secret_key", "..%2Fdb.sqlite3", "synthetic-data-20260102T030405678Z.sqlite3"] {
        api.get(&format!("{BACKUPS}/{other}"), &admin).await.problem(404, "not_found");
    }
    api.get(BACKUPS, &editor).await.problem(403, "forbidden");
    api.post(BACKUPS, &editor, &json!({})).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn a_target_that_takes_no_backup_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("a file");
    let target = file.join("backups");
    let api = Api::with(&[("BACKUP_TARGET", target.to_str().expect("a path"))]);
    let admin = api.user(Role::Admin);
    let told = api.post("/api/v1/admin/backups", &admin, &json!({})).await.problem(503, "unavailable").json();
    assert!(told["detail"].as_str().expect("a sentence").starts_with("BACKUP_TARGET: "), "{told}");
}

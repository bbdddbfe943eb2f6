//! API keys: made, used, limited, revoked.

use actix_web::http::Method;
use api::users::Role;
use serde_json::{Value, json};

use crate::support::Api;

const KEYS: &str = "/api/v1/api-keys";

async fn made(api: &Api, token: &str, body: &Value) -> (String, String) {
    let made = api.post(KEYS, token, body).await.is(201);
    let location = made.header("location").expect("a location").to_owned();
    (made.json()["key"].as_str().expect("a key").to_owned(), location)
}

#[actix_web::test]
async fn a_key_is_shown_once_and_works_until_it_is_revoked() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let (key, location) = made(&api, &token, &json!({"name": "nightly"})).await;
    assert!(key.starts_with("sd_") && key.len() > 70, "{key}");
    let me = api.get("/api/v1/auth/me", &key).await.is(200).json();
    assert_eq!(me["email"], "editor@example.com");
    api.dataset(&key, crate::support::hiring()).await;
    let listed = api.get(KEYS, &token).await.is(200);
    assert!(!listed.text().contains(&key), "{}", listed.text());
    let item = listed.json()["items"][0].clone();
    assert!(key.starts_with(item["prefix"].as_str().expect("a prefix")));
    assert_eq!((&item["role"], &item["scopes"]), (&json!("editor"), &Value::Null));
    assert!(item["last_used_at"].is_string(), "{item}");
    assert_eq!(api.get(&location, &token).await.is(200).json()["name"], "nightly");
    api.act(Method::DELETE, &location, &token).await.is(204);
    api.get("/api/v1/auth/me", &key).await.problem(401, "unauthenticated");
    api.get(&location, &token).await.problem(404, "not_found");
}

#[actix_web::test]
async fn of_a_key_only_its_hash_is_kept() {
    let api = Api::new();
    let token = api.user(Role::Viewer);
    let (key, _) = made(&api, &token, &json!({"name": "k"})).await;
    let secret = key.rsplit('_').next().expect("a secret");
    for name in ["db.sqlite3", "db.sqlite3-wal"] {
        let bytes = std::fs::read(api.folder.path().join(name)).expect("a file");
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{name}");
    }
    let mut forged = key.clone();
    forged.replace_range(key.len() - 1.., if key.ends_with('0') { "1" } else { "0" });
    for wrong in [forged.as_str(), "sd_", "sd__", "sd_000000000000_00", "sd_é"] {
        api.get("/api/v1/auth/me", wrong).await.problem(401, "unauthenticated");
    }
}

#[actix_web::test]
async fn a_key_may_no_more_than_its_owner_may_now() {
    let api = Api::new();
    let (admin, editor) = (api.user(Role::Admin), api.user(Role::Editor));
    let told = api.post(KEYS, &editor, &json!({"name": "k", "role": "admin"})).await.problem(403, "forbidden");
    assert_eq!(told.json()["errors"][0]["pointer"], "/role");
    let (key, _) = made(&api, &editor, &json!({"name": "k", "role": "editor"})).await;
    let (viewing, _) = made(&api, &editor, &json!({"name": "v", "role": "viewer"})).await;
    let body = json!({"schema_text": crate::support::hiring()});
    api.post("/api/v1/datasets", &viewing, &body).await.problem(403, "forbidden");
    api.post("/api/v1/datasets", &key, &body).await.is(201);
    let owner = format!("/api/v1/users/{}", api.id_of(Role::Editor));
    api.patch(&owner, &admin, "*", &json!({"role": "viewer"})).await.is(200);
    api.post("/api/v1/datasets", &key, &body).await.problem(403, "forbidden");
    api.get("/api/v1/datasets", &key).await.is(200);
    api.act(Method::DELETE, &owner, &admin).await.is(204);
    api.get("/api/v1/datasets", &key).await.problem(401, "unauthenticated");
}

#[actix_web::test]
async fn a_key_ends() {
    let api = Api::new();
    let token = api.user(Role::Viewer);
    for wrong in ["2020-01-01T00:00:00Z", "tomorrow"] {
        let told = api.post(KEYS, &token, &json!({"name": "k", "expires_at": wrong})).await;
        assert_eq!(told.problem(422, "invalid_input").json()["errors"][0]["pointer"], "/expires_at");
    }
    let (key, location) = made(&api, &token, &json!({"name": "k", "expires_at": "2999-01-01T00:00:00Z"})).await;
    assert_eq!(api.get(&location, &token).await.json()["expires_at"], "2999-01-01T00:00:00.000Z");
    api.get("/api/v1/datasets", &key).await.is(200);
    api.sql("UPDATE api_keys SET expires_at = '2020-01-01T00:00:00.000Z'");
    api.get("/api/v1/datasets", &key).await.problem(401, "unauthenticated");
}

#[actix_web::test]
async fn a_key_is_limited_to_its_scopes() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let told = api.post(KEYS, &token, &json!({"name": "k", "scopes": ["data"]})).await.problem(422, "invalid_input");
    assert_eq!(told.json()["errors"][0]["pointer"], "/scopes/0");
    let (key, _) = made(&api, &token, &json!({"name": "k", "scopes": ["datasets"]})).await;
    api.get("/api/v1/datasets", &key).await.is(200);
    api.get("/api/v1/generations", &key).await.problem(403, "forbidden");
    api.get("/api/v1/generators", &key).await.is(200);
}

#[actix_web::test]
async fn keys_are_private_and_make_no_keys() {
    let api = Api::new();
    let (admin, viewer) = (api.user(Role::Admin), api.user(Role::Viewer));
    let (key, location) = made(&api, &viewer, &json!({"name": "k"})).await;
    assert_eq!(api.get(KEYS, &admin).await.is(200).json()["total"], 0);
    api.get(&location, &admin).await.problem(404, "not_found");
    api.act(Method::DELETE, &location, &admin).await.problem(404, "not_found");
    api.post(KEYS, &key, &json!({"name": "for ever"})).await.problem(403, "forbidden");
    api.act(Method::DELETE, &location, &key).await.problem(403, "forbidden");
    api.get("/api/v1/datasets", &key).await.is(200);
}

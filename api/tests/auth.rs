//! Set-up, sign-in, sessions.

use actix_web::http::Method;
use api::users::Role;
use serde_json::json;

use crate::support::{Answer, Api, PASSWORD};

const SETUP: &str = "/api/v1/auth/setup";
const REFRESH: &str = "/api/v1/auth/refresh";

async fn set_up(api: &Api) -> Answer {
    let token = api.app.setup.token().expect("a link");
    let user = json!({"token": token, "email": "ana@example.com", "password": PASSWORD, "name": "Ana"});
    api.post(SETUP, "", &user).await
}

/// The refresh token of an answer's cookie.
fn cookie(answer: &Answer) -> String {
    let set = answer.header("set-cookie").expect("a cookie");
    set.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair").1.to_owned()
}

async fn refresh(api: &Api, token: &str, origin: &str) -> Answer {
    let cookie = format!("refresh_token={token}");
    api.send(Method::POST, REFRESH, &[("cookie", &cookie), ("origin", origin)], Vec::new()).await
}

#[actix_web::test]
async fn the_link_creates_one_first_user_and_signs_it_in() {
    let api = Api::new();
    assert_eq!(api.get(SETUP, "").await.is(200).json(), json!({"needed": true}));
    let token = api.app.setup.token().expect("a link");
    let answer = set_up(&api).await.is(201);
    let session = answer.json();
    assert_eq!(session["user"]["role"], "admin");
    assert_eq!((&session["token_type"], &session["expires_in"]), (&json!("Bearer"), &json!(900)));
    let set = answer.header("set-cookie").expect("a cookie");
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/api/v1/auth"] {
        assert!(set.contains(attribute), "{set}");
    }
    let me = api.get("/api/v1/auth/me", session["access_token"].as_str().expect("a token")).await.is(200).json();
    assert_eq!(me, session["user"]);
    assert_eq!(api.get(SETUP, "").await.json(), json!({"needed": false}));
    let again = json!({"token": token, "email": "eva@example.com", "password": PASSWORD, "name": ""});
    api.post(SETUP, "", &again).await.problem(403, "invalid_link");
}

#[actix_web::test]
async fn a_wrong_link_and_a_short_password_create_nobody() {
    let api = Api::new();
    let wrong = json!({"token": "guess", "email": "ana@example.com", "password": PASSWORD, "name": ""});
    api.post(SETUP, "", &wrong).await.problem(403, "invalid_link");
    let token = api.app.setup.token().expect("a link");
    let short = json!({"token": token, "email": "ana", "password": "short", "name": ""});
    let told = api.post(SETUP, "", &short).await.problem(422, "invalid_input").json();
    assert_eq!(told["errors"][0]["pointer"], "/email");
    assert_eq!(told["errors"][1]["pointer"], "/password");
    assert_eq!(api.get(SETUP, "").await.json(), json!({"needed": true}));
    set_up(&api).await.is(201);
}

#[actix_web::test]
async fn signing_in_takes_the_address_in_any_case_and_the_right_password() {
    let api = Api::new();
    api.user(Role::Editor);
    let login = |email: &str, password: &str| json!({"email": email, "password": password});
    let path = "/api/v1/auth/login";
    api.post(path, "", &login("Editor@Example.com", PASSWORD)).await.is(200);
    let admin = api.user(Role::Admin);
    let user = |email: &str| json!({"email": email, "role": "viewer", "password": PASSWORD});
    let made = api.post("/api/v1/users", &admin, &user("JOSÉ@exämple.com")).await.is(201).json();
    assert_eq!(made["email"], "josé@exämple.com");
    api.post("/api/v1/users", &admin, &user("jose\u{301}@EXÄMPLE.com")).await.problem(409, "conflict");
    api.post(path, "", &login("José@EXÄMPLE.com", PASSWORD)).await.is(200);
    // One that was stored as it was written is found too.
    api.sql("UPDATE users SET email = 'JOSÉ@exämple.com' WHERE email = 'josé@exämple.com'");
    api.post(path, "", &login("JOSÉ@exämple.com", PASSWORD)).await.is(200);
    for wrong in ["a@b..c", "a@b.", "a@.b"] {
        api.post("/api/v1/users", &admin, &user(wrong)).await.problem(422, "invalid_input");
    }
    api.post(path, "", &login("editor@example.com", "wrong")).await.problem(401, "invalid_credentials");
    api.post(path, "", &login("nobody@example.com", PASSWORD)).await.problem(401, "invalid_credentials");
}

#[actix_web::test]
async fn a_refresh_token_is_replaced_and_the_old_one_gets_the_same_successor_for_a_while() {
    let api = Api::new();
    let first = cookie(&set_up(&api).await);
    let second = cookie(&refresh(&api, &first, "http://localhost").await.is(200));
    assert_ne!(first, second);
    assert_eq!(cookie(&refresh(&api, &first, "http://localhost").await.is(200)), second);
    refresh(&api, &second, "http://localhost").await.is(200);
}

#[actix_web::test]
async fn an_old_refresh_token_used_later_ends_its_family() {
    let api = Api::new();
    let first = cookie(&set_up(&api).await);
    let second = cookie(&refresh(&api, &first, "http://localhost").await.is(200));
    api.app
        .db
        .write_now(|c| {
            use diesel::RunQueryDsl;
            let sql = "UPDATE sessions SET rotated_at = '2020-01-01T00:00:00.000Z' WHERE rotated_at IS NOT NULL";
            diesel::sql_query(sql).execute(c)
        })
        .expect("aged");
    refresh(&api, &first, "http://localhost").await.problem(401, "no_session");
    refresh(&api, &second, "http://localhost").await.problem(401, "no_session");
}

#[actix_web::test]
async fn another_site_cannot_use_the_cookie() {
    let api = Api::new();
    let token = cookie(&set_up(&api).await);
    refresh(&api, &token, "https://evil.example").await.problem(403, "foreign_origin");
    refresh(&api, &token, "http://localhost").await.is(200);
}

#[actix_web::test]
async fn signing_out_ends_the_session() {
    let api = Api::new();
    let token = cookie(&set_up(&api).await);
    let header = format!("refresh_token={token}");
    api.send(Method::POST, "/api/v1/auth/logout", &[("cookie", &header)], Vec::new()).await.is(204);
    refresh(&api, &token, "http://localhost").await.problem(401, "no_session");
}

#[actix_web::test]
async fn without_a_token_only_the_open_resources_answer() {
    let api = Api::new();
    for path in ["/api/v1/datasets", "/api/v1/generations", "/api/v1/exports", "/api/v1/auth/me"] {
        api.get(path, "nonsense").await.problem(401, "unauthenticated");
        api.send(Method::GET, path, &[], Vec::new()).await.problem(401, "unauthenticated");
    }
    for path in ["/api/v1/generators", "/api/v1/formats", "/api/v1/templates", "/api/v1/schema.json", SETUP] {
        api.send(Method::GET, path, &[], Vec::new()).await.is(200);
    }
}

//! Users and their roles.

use actix_web::http::Method;
use api::users::Role;
use serde_json::{Value, json};

use crate::support::{Answer, Api, PASSWORD};

const USERS: &str = "/api/v1/users";

fn eva(role: &str) -> Value {
    json!({"email": "eva@example.com", "password": "correct horse battery", "role": role, "name": "Eva"})
}

async fn login(api: &Api, email: &str, password: &str) -> Answer {
    api.post("/api/v1/auth/login", "", &json!({"email": email, "password": password})).await
}

#[actix_web::test]
async fn an_admin_adds_finds_changes_and_removes_users() {
    let api = Api::new();
    let admin = api.user(Role::Admin);
    let made = api.post(USERS, &admin, &eva("viewer")).await.is(201);
    let location = made.header("location").expect("a location").to_owned();
    let user = made.json();
    assert_eq!((&user["role"], &user["name"]), (&json!("viewer"), &json!("Eva")));
    assert!(user.get("password_hash").is_none());
    let found = api.get(&format!("{USERS}?search=EVA@"), &admin).await.is(200).json();
    assert_eq!((&found["total"], &found["items"][0]), (&json!(1), &user));
    assert_eq!(api.get(&format!("{USERS}?search=%25"), &admin).await.is(200).json()["total"], 0);
    assert_eq!(api.get(USERS, &admin).await.is(200).json()["total"], 2);
    let read = api.get(&location, &admin).await.is(200);
    let tag = read.header("etag").expect("a tag").to_owned();
    assert_eq!(made.header("etag"), Some(tag.as_str()));
    let change = json!({"role": "editor", "email": "eva@example.org", "name": ""});
    let changed = api.patch(&location, &admin, &tag, &change).await.is(200).json();
    assert_eq!((&changed["role"], &changed["name"]), (&json!("editor"), &json!("eva@example.org")));
    api.act(Method::DELETE, &location, &admin).await.is(204);
    api.get(&location, &admin).await.problem(404, "not_found");
}

#[actix_web::test]
async fn a_change_says_what_it_starts_from() {
    let api = Api::new();
    let admin = api.user(Role::Admin);
    let made = api.post(USERS, &admin, &eva("viewer")).await.is(201);
    let location = made.header("location").expect("a location").to_owned();
    let bearer = format!("Bearer {admin}");
    let headers = [("authorization", bearer.as_str())];
    let body = json!({"name": "E"}).to_string().into_bytes();
    api.send(Method::PATCH, &location, &headers, body).await.problem(428, "precondition_required");
    api.patch(&location, &admin, "\"of another time\"", &json!({"name": "E"})).await.problem(412, "changed_meanwhile");
    let wrong = json!({"email": "no address", "password": "short"});
    let told = api.patch(&location, &admin, "*", &wrong).await.problem(422, "invalid_input").json();
    assert_eq!((&told["errors"][0]["pointer"], &told["errors"][1]["pointer"]), (&json!("/email"), &json!("/password")));
}

#[actix_web::test]
async fn an_address_belongs_to_one_user() {
    let api = Api::new();
    let admin = api.user(Role::Admin);
    api.post(USERS, &admin, &eva("viewer")).await.is(201);
    let mut again = eva("editor");
    again["email"] = json!("Eva@Example.com");
    let told = api.post(USERS, &admin, &again).await.problem(409, "conflict").json();
    assert_eq!(told["errors"][0]["pointer"], "/email");
    let own = format!("{USERS}/{}", api.id_of(Role::Admin));
    api.patch(&own, &admin, "*", &json!({"email": "eva@example.com"})).await.problem(409, "conflict");
    api.patch(&own, &admin, "*", &json!({"email": "ADMIN@example.com"})).await.is(200);
}

#[actix_web::test]
async fn everybody_else_sees_and_names_themselves_alone() {
    let api = Api::new();
    let _admin = api.user(Role::Admin);
    for role in [Role::Viewer, Role::Editor] {
        let token = api.user(role);
        let own = format!("{USERS}/{}", api.id_of(role));
        let other = format!("{USERS}/{}", api.id_of(Role::Admin));
        api.get(USERS, &token).await.problem(403, "forbidden");
        api.post(USERS, &token, &eva("admin")).await.problem(403, "forbidden");
        api.get(&own, &token).await.is(200);
        api.get(&other, &token).await.problem(403, "forbidden");
        api.patch(&other, &token, "*", &json!({"name": "Mine"})).await.problem(403, "forbidden");
        api.act(Method::DELETE, &own, &token).await.problem(403, "forbidden");
        assert_eq!(api.patch(&own, &token, "*", &json!({"name": "Me"})).await.is(200).json()["name"], "Me");
        for change in [json!({"role": "admin"}), json!({"email": "me@example.com"})] {
            api.patch(&own, &token, "*", &change).await.problem(403, "forbidden");
        }
    }
}

#[actix_web::test]
async fn ones_own_password_is_changed_with_the_one_until_now_and_ends_all_sessions() {
    let api = Api::new();
    let token = api.user(Role::Viewer);
    let session = login(&api, "viewer@example.com", PASSWORD).await.is(200);
    let cookie = session.header("set-cookie").and_then(|set| set.split(';').next()).expect("a cookie").to_owned();
    let own = format!("{USERS}/{}", api.id_of(Role::Viewer));
    let new = "another long password";
    for current in [Value::Null, json!("a wrong password")] {
        let change = json!({"password": new, "current_password": current});
        let told = api.patch(&own, &token, "*", &change).await.problem(422, "invalid_input").json();
        assert_eq!(told["errors"][0]["pointer"], "/current_password");
    }
    let change = json!({"password": new, "current_password": PASSWORD});
    api.patch(&own, &token, "*", &change).await.is(200);
    api.get(&own, &token).await.problem(401, "unauthenticated");
    let refresh = api.send(Method::POST, "/api/v1/auth/refresh", &[("cookie", &cookie)], Vec::new()).await;
    refresh.problem(401, "no_session");
    login(&api, "viewer@example.com", PASSWORD).await.problem(401, "invalid_credentials");
    login(&api, "viewer@example.com", new).await.is(200);
}

#[actix_web::test]
async fn an_admin_gives_others_a_password() {
    let api = Api::new();
    let (admin, viewer) = (api.user(Role::Admin), api.user(Role::Viewer));
    let path = format!("{USERS}/{}", api.id_of(Role::Viewer));
    api.patch(&path, &admin, "*", &json!({"password": "given by an admin"})).await.is(200);
    api.get(&path, &viewer).await.problem(401, "unauthenticated");
    login(&api, "viewer@example.com", "given by an admin").await.is(200);
}

#[actix_web::test]
async fn there_is_always_an_admin() {
    let api = Api::new();
    let admin = api.user(Role::Admin);
    let own = format!("{USERS}/{}", api.id_of(Role::Admin));
    api.patch(&own, &admin, "*", &json!({"role": "editor"})).await.problem(409, "conflict");
    api.act(Method::DELETE, &own, &admin).await.problem(409, "conflict");
    api.patch(&own, &admin, "*", &json!({"role": "admin", "name": "Still"})).await.is(200);
    api.post(USERS, &admin, &eva("admin")).await.is(201);
    api.patch(&own, &admin, "*", &json!({"role": "editor"})).await.is(200);
    // What may be done follows at once, whatever the token was made for.
    api.get(USERS, &admin).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn a_role_and_a_removal_hold_at_once() {
    let api = Api::new();
    let (admin, editor) = (api.user(Role::Admin), api.user(Role::Editor));
    let path = format!("{USERS}/{}", api.id_of(Role::Editor));
    let dataset = json!({"schema_text": crate::support::hiring()});
    let made = api.post("/api/v1/datasets", &editor, &dataset).await.is(201).json();
    api.patch(&path, &admin, "*", &json!({"role": "viewer"})).await.is(200);
    api.post("/api/v1/datasets", &editor, &dataset).await.problem(403, "forbidden");
    let bearer = format!("Bearer {admin}");
    let stale = [("authorization", bearer.as_str()), ("if-match", "\"2020-01-01T00:00:00Z\"")];
    api.send(Method::DELETE, &path, &stale, Vec::new()).await.problem(412, "changed_meanwhile");
    let tag = api.get(&path, &admin).await.is(200).header("etag").expect("a tag").to_owned();
    let current = [stale[0], ("if-match", tag.as_str())];
    api.send(Method::DELETE, &path, &current, Vec::new()).await.is(204);
    api.get("/api/v1/datasets", &editor).await.problem(401, "unauthenticated");
    let kept = api.get(&format!("/api/v1/datasets/{}", made["id"].as_str().expect("an id")), &admin).await.is(200);
    assert_eq!(kept.json()["updated_by"], Value::Null);
}

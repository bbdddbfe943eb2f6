//! What lies beside the API, and what every request passes through.

use actix_web::http::Method;
use api::App;
use api::users::Role;
use serde_json::json;

use crate::support::{Api, config, hiring};

#[actix_web::test]
async fn every_answer_has_an_id_and_careful_headers() {
    let api = Api::new();
    let answer = api.get("/api/v1/generators", "").await.is(200);
    for (name, value) in
        [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("cache-control", "no-store")]
    {
        assert_eq!(answer.header(name), Some(value));
    }
    assert!(answer.header("x-request-id").is_some_and(|id| id.len() == 32));
    let policy = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
    let pages =
        ["/", "/docs/", "/docs/swagger-initializer.js", "/openapi.json", "/health/live", "/nowhere.txt", "/metrics"];
    for path in pages.into_iter().chain(["/api/v1/generators", "/api/v1/nowhere", "/api/v1/datasets"]) {
        let answer = api.get(path, "").await;
        assert_eq!(answer.header("content-security-policy"), Some(policy), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("same-origin"), "{path}");
        assert!(answer.header("x-request-id").is_some(), "{path}");
    }
    // An id that was given on the way is kept where it is a word; what could forge a line of the log is not.
    let told = async |id: &str| {
        let answer = api.send(Method::GET, "/api/v1/nowhere", &[("x-request-id", id)], Vec::new()).await;
        let id = answer.header("x-request-id").expect("an id").to_owned();
        assert_eq!(answer.json()["request_id"].as_str(), Some(id.as_str()));
        id
    };
    assert_eq!(told("0f8e-2d7c.6b5a_4938").await, "0f8e-2d7c.6b5a_4938");
    let long = "a".repeat(129);
    for wrong in ["", "two words", "{\"id\":1}", "a/b", long.as_str()] {
        assert!(told(wrong).await.bytes().all(|byte| byte.is_ascii_hexdigit()), "{wrong:?}");
    }
    let evil = api.send(Method::GET, "/", &[("host", "evil.example")], Vec::new()).await.is(400);
    assert_eq!(evil.header("content-security-policy"), Some(policy));
}

#[actix_web::test]
async fn a_certificate_as_a_page_can_do_nothing() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, &crate::support::numbers(3)).await;
    let made = api.generation(&token, &dataset, &serde_json::json!({})).await;
    let path = format!("/api/v1/generations/{}/certificate?format=html", made["id"].as_str().expect("an id"));
    let page = api.get(&path, &token).await.is(200);
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("sandbox; default-src 'none'") && !policy.contains("script-src"), "{policy}");
    assert!(!page.text().contains("<script"));
}

#[actix_web::test]
async fn it_is_ready_once_database_disk_and_migrations_are() {
    let api = Api::new();
    let ready = api.send(Method::GET, "/health/ready", &[], Vec::new()).await.is(200).json();
    assert_eq!(ready["checks"], serde_json::json!({"database": "ok", "disk": "ok", "migrations": "ok"}));
    api.sql("DELETE FROM __diesel_schema_migrations WHERE version = '20261130000001'");
    let waits = api.send(Method::GET, "/health/ready", &[], Vec::new()).await.problem(503, "unavailable");
    assert_eq!(waits.json()["checks"]["migrations"], "1 wait");
    assert!(waits.header("retry-after").is_some());
    api.sql("ALTER TABLE __diesel_schema_migrations RENAME COLUMN version TO other");
    let broken = api.send(Method::GET, "/health/ready", &[], Vec::new()).await.problem(503, "unavailable");
    assert_eq!(broken.json()["checks"]["database"], "does not answer");
    api.send(Method::GET, "/health/live", &[], Vec::new()).await.is(200);
}

#[actix_web::test]
async fn another_host_is_refused_but_for_health() {
    let api = Api::new();
    let evil = [("host", "evil.example")];
    let service = api.service().await;
    for (path, status) in [("/api/v1/generators", 400), ("/", 400), ("/health/live", 200), ("/health/ready", 200)] {
        let request = actix_web::test::TestRequest::with_uri(path).insert_header(evil[0]).to_request();
        let response = actix_web::test::call_service(&service, request).await;
        assert_eq!(response.status().as_u16(), status, "{path}");
    }
}

#[actix_web::test]
async fn what_is_no_resource_is_told_so() {
    let api = Api::new();
    let token = api.user(Role::Admin);
    api.get("/api/v1/nowhere", &token).await.problem(404, "not_found");
    api.get("/api/v1/datasets/1", &token).await.problem(404, "not_found");
    api.act(Method::PUT, "/api/v1/datasets", &token).await.problem(405, "method_not_allowed");
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    api.send(Method::POST, "/api/v1/plan", &headers, b"{".to_vec()).await.problem(400, "malformed_request");
    api.send(Method::POST, "/api/v1/plan", &headers, b"[]".to_vec()).await.problem(422, "invalid_input");
    api.get("/api/v1/datasets?limit=x", &token).await.problem(400, "malformed_request");
    api.get("/api/v1/datasets?limit=0", &token).await.problem(422, "invalid_input");
}

#[actix_web::test]
async fn the_interactive_document_loads_nothing_from_elsewhere() {
    let api = Api::new();
    let page = api.get("/docs/", "").await.is(200).text();
    assert!(page.contains("swagger"));
    assert!(!page.contains("http://") && !page.contains("https://"), "{page}");
    // Each script is a file: what stands between the tags is nothing.
    for script in page.split("<script").skip(1) {
        let (tag, rest) = script.split_once('>').expect("a tag");
        assert!(tag.contains("src=\"./") && rest.trim_start().starts_with("</script>"), "{page}");
    }
    assert!(!page.contains("style=") && !page.contains(" onload="), "{page}");
    let initializer = api.get("/docs/swagger-initializer.js", "").await.is(200);
    assert!(initializer.header("content-type").is_some_and(|kind| kind.contains("javascript")));
    assert!(initializer.text().contains("/openapi.json") && !initializer.text().contains("petstore"));
}

#[actix_web::test]
async fn what_is_not_there_and_methods_that_are_not_known_are_problems() {
    let api = Api::new();
    for path in [
        "/api",
        "/api/",
        "/api/v2/datasets",
        "/%61pi/v2/x",
        "/api/v1/nowhere",
        "/docs/nope",
        "/docs/a/b",
        "/nowhere.txt",
    ] {
        api.get(path, "").await.problem(404, "not_found");
        api.act(Method::HEAD, path, "").await.is(404);
    }
    for path in ["/api/v2/datasets", "/docs/nope"] {
        api.act(Method::POST, path, "").await.problem(404, "not_found");
    }
    for path in ["/", "/health/live", "/health/ready", "/metrics", "/openapi.json", "/docs/", "/docs/swagger-ui.css"] {
        for method in [Method::POST, Method::DELETE, Method::PATCH] {
            let told = api.act(method, path, "").await.problem(405, "method_not_allowed");
            assert_eq!(told.header("allow"), Some("GET, HEAD"), "{path}");
        }
    }
    for path in ["/", "/docs/", "/health/live", "/openapi.json"] {
        let status = api.get(path, "").await.status;
        assert!(status.is_success() || status.is_redirection(), "{path}: {status}");
        assert_eq!(api.act(Method::HEAD, path, "").await.status, status, "{path}");
    }
}

#[actix_web::test]
async fn a_query_is_text() {
    let api = Api::new();
    let token = api.user(Role::Viewer);
    api.get("/api/v1/datasets?search=%ff", &token).await.problem(400, "malformed_request");
    api.get("/api/v1/datasets?%c3=a", &token).await.problem(400, "malformed_request");
    api.get("/api/v1/datasets?search=%C3%A9", &token).await.is(200);
}

#[actix_web::test]
async fn a_body_that_says_to_be_no_json_is_not_read() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let bearer = format!("Bearer {token}");
    let body = json!({"schema_text": hiring()}).to_string().into_bytes();
    let send = async |path: &str, kind: &str| {
        let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
        api.send(Method::POST, path, &headers, body.clone()).await
    };
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/yaml", "x"] {
        send("/api/v1/datasets", kind).await.problem(415, "unsupported_media_type");
    }
    send("/api/v1/auth/login", "text/plain").await.problem(415, "unsupported_media_type");
    for kind in ["application/json", "Application/JSON; charset=utf-8", "application/vnd.x+json"] {
        send("/api/v1/datasets", kind).await.is(201);
    }
    api.send(Method::POST, "/api/v1/datasets", &[("authorization", &bearer)], body.clone()).await.is(201);
}

#[test]
fn a_second_server_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = App::open(config(&folder, &[])).expect("an app");
    let refused = App::open(config(&folder, &[])).err().expect("it is held");
    assert!(refused.contains("another server holds"), "{refused}");
    drop(first);
    App::open(config(&folder, &[])).expect("it is free again");
}

#[test]
fn a_server_that_was_cut_off_has_its_database_checked() {
    let folder = tempfile::tempdir().expect("a folder");
    let lock = folder.path().join("lock");
    drop(App::open(config(&folder, &[])).expect("an app"));
    assert_eq!(std::fs::read_to_string(&lock).expect("a lock"), "", "it ended by itself");
    std::fs::write(&lock, "at work\n").expect("as a killed server leaves it");
    let app = App::open(config(&folder, &[])).expect("the database is sound");
    assert_eq!(std::fs::read_to_string(&lock).expect("a lock"), "at work\n");
    drop(app);
    let database = folder.path().join("db.sqlite3");
    let mut bytes = std::fs::read(&database).expect("a database");
    // Every page after the first, which holds the names of the tables.
    bytes[4096..].fill(0xA5);
    std::fs::write(&database, bytes).expect("damage");
    std::fs::write(&lock, "at work\n").expect("as a killed server leaves it");
    let refused = App::open(config(&folder, &[])).err().expect("it is damaged");
    assert!(refused.contains("db.sqlite3"), "{refused}");
}

#[test]
fn a_secret_is_made_once_and_is_for_its_owner_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(App::open(config(&folder, &[])).expect("an app"));
    let path = folder.path().join("secret_key");
    let made = std::fs::read_to_string(&path).expect("a secret");
    assert_eq!(made.len(), 64);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
    }
    drop(App::open(config(&folder, &[])).expect("an app"));
    assert_eq!(std::fs::read_to_string(&path).expect("a secret"), made);
}

#[actix_web::test]
async fn examples_of_the_document_are_taken() {
    let api = Api::new();
    let (admin, editor) = (api.user(Role::Admin), api.user(Role::Editor));
    let document = api::server::document();
    let example = |path: &str, method: &str| {
        let content = &document["paths"][path][method]["requestBody"]["content"];
        content["application/json"]["example"].clone()
    };
    let post = |path: &'static str, token: &str| {
        let (api, token, body) = (&api, token.to_owned(), example(path, "post"));
        async move { api.post(path, &token, &body).await }
    };
    let dataset = post("/api/v1/datasets", &editor).await.is(201).json();
    post("/api/v1/plan", &editor).await.is(200);
    post("/api/v1/preview", &editor).await.is(200);
    post("/api/v1/users", &admin).await.is(201);
    post("/api/v1/api-keys", &editor).await.is(201);
    let own = format!("/api/v1/datasets/{}", dataset["id"].as_str().expect("an id"));
    api.patch(&own, &editor, "*", &example("/api/v1/datasets/{id}", "patch")).await.is(200);
    let generation = example("/api/v1/datasets/{id}/generations", "post");
    let made = api.generation(&editor, dataset["id"].as_str().expect("an id"), &generation).await;
    assert_eq!((&made["state"], &made["rows_total"]), (&serde_json::json!("succeeded"), &serde_json::json!(20)));
    let own = format!("/api/v1/generations/{}", made["id"].as_str().expect("an id"));
    for (last, status) in [("query", 200), ("exports", 202)] {
        let body = example(&format!("/api/v1/generations/{{id}}/{last}"), "post");
        api.post(&format!("{own}/{last}"), &editor, &body).await.is(status);
    }
    let me = format!("/api/v1/users/{}", api.id_of(Role::Editor));
    api.patch(&me, &editor, "*", &example("/api/v1/users/{id}", "patch")).await.is(200);
}

#[actix_web::test]
async fn what_is_wrong_with_a_request_has_its_name_and_place() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    for (path, pointer, detail) in [
        ("/api/v1/datasets?limit=abc", "/limit", "\"abc\" is no whole number"),
        ("/api/v1/datasets?order=name", "/order", "unknown parameter \"order\""),
        ("/api/v1/datasets?deleted=yes", "/deleted", "\"yes\" is neither true nor false"),
    ] {
        let told = api.get(path, &token).await.problem(400, "malformed_request").json();
        let problem = &told["errors"][0];
        assert_eq!(problem["pointer"], pointer, "{told}");
        assert!(problem["detail"].as_str().is_some_and(|told| told.starts_with(detail)), "{told}");
    }
    let lost = api.get("/api/v1/generations?state=lost", &token).await.problem(422, "invalid_input").json();
    assert!(
        lost["errors"][0]["detail"].as_str().is_some_and(|told| told.starts_with("\"lost\" is none of ")),
        "{lost}"
    );
    let order = api.get("/api/v1/datasets?order=name", &token).await.json();
    assert_eq!(order["errors"][0]["remedy"], "did you mean \"order_by\"?", "{order}");
    for (body, pointer, detail) in [
        (json!({"schema": {}, "scale": "x"}), "/scale", "\"x\" stands where a number is expected"),
        (
            json!({"schema": {}, "rows": {"t": "x"}}),
            "/rows/t",
            "\"x\" stands where a whole number from 0 on is expected",
        ),
    ] {
        let told = api.post("/api/v1/plan", &token, &body).await.problem(422, "invalid_input").json();
        let problem = &told["errors"][0];
        assert_eq!((&problem["pointer"], &problem["detail"]), (&json!(pointer), &json!(detail)), "{told}");
    }
    let id = api.dataset(&token, hiring()).await;
    let path = format!("/api/v1/datasets/{id}");
    let told = api.patch(&path, &token, "*", &json!({"name": "   "})).await.problem(422, "invalid_input").json();
    assert_eq!(told["errors"][0]["detail"], "the name is empty; it needs 1 to 200 characters");
    let told = api.get("/api/v1/admin/audit", &token).await.problem(403, "forbidden").json();
    assert_eq!(told["detail"], "an editor cannot do this; an admin can");
    assert_eq!(api.get("/api/v1/datasets?search=%00", &token).await.is(200).json()["total"], 0);
    assert_eq!(api.get("/api/v1/datasets?search=hir", &token).await.is(200).json()["total"], 1);
}

#[actix_web::test]
async fn who_may_get_may_ask_for_the_head_alone() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let bearer = format!("Bearer {token}");
    let id = api.dataset(&token, hiring()).await;
    let path = format!("/api/v1/datasets/{id}/schema");
    let got = api.get(&path, &token).await.is(200);
    let head = api.send(Method::HEAD, &path, &[("authorization", &bearer)], Vec::new()).await.is(200);
    for name in ["etag", "content-type", "vary"] {
        assert_eq!(head.header(name), got.header(name), "{name}");
    }
    let refused = api.send(Method::HEAD, "/api/v1/auth/login", &[], Vec::new()).await;
    assert_eq!(refused.header("allow"), Some("POST"));
    let refused = api.send(Method::PUT, "/api/v1/datasets", &[], Vec::new()).await.problem(405, "method_not_allowed");
    assert!(refused.header("allow").is_some_and(|allow| allow.contains("GET") && allow.contains("HEAD")));
}

#[actix_web::test]
async fn an_encoding_that_lets_nothing_pass_is_refused_with_a_document() {
    let api = Api::new();
    let headers = [("accept-encoding", "identity;q=0")];
    api.send(Method::GET, "/api/v1/formats", &headers, Vec::new()).await.problem(406, "not_acceptable");
}

//! Every variable has its effect. That a wrong value stops the start is told where they are read.

use std::time::{Duration, Instant};

use actix_web::http::Method;
use api::users::Role;
use serde_json::json;

use crate::support::{Api, hiring, numbers};

const GENERATORS: &str = "/api/v1/generators";

async fn get(api: &Api, peer: &str, path: &str, headers: &[(&str, &str)]) -> crate::support::Answer {
    api.send_from(peer, Method::GET, path, headers, Vec::new()).await
}

#[actix_web::test]
async fn hosts_are_those_of_allowed_hosts() {
    let api = Api::with(&[("ALLOWED_HOSTS", ".example.com")]);
    get(&api, "192.0.2.1", GENERATORS, &[("host", "a.example.com:443")]).await.is(200);
    let told = get(&api, "192.0.2.1", GENERATORS, &[("host", "localhost")]).await.problem(400, "unknown_host");
    assert!(told.json()["detail"].as_str().expect("a sentence").contains("ALLOWED_HOSTS"));
}

#[actix_web::test]
async fn https_is_known_by_the_proxy_that_is_trusted() {
    let variables = [
        ("TRUSTED_PROXIES", "10.0.0.0/8"),
        ("SECURE_SSL_REDIRECT", "true"),
        ("SECURE_HSTS_SECONDS", "31536000"),
        ("SECURE_HSTS_INCLUDE_SUBDOMAINS", "true"),
        ("SECURE_HSTS_PRELOAD", "true"),
    ];
    let api = Api::with(&variables);
    let path = "/openapi.json?x=1";
    let sent_on = get(&api, "10.0.0.1", path, &[("host", "localhost:80"), ("x-forwarded-proto", "http")]).await.is(308);
    assert_eq!(sent_on.header("location"), Some("https://localhost/openapi.json?x=1"));
    assert_eq!(sent_on.header("strict-transport-security"), None);
    get(&api, "192.0.2.1", path, &[("x-forwarded-proto", "https")]).await.is(308);
    let served = get(&api, "10.0.0.1", path, &[("x-forwarded-proto", "https")]).await.is(200);
    assert_eq!(served.header("strict-transport-security"), Some("max-age=31536000; includeSubDomains; preload"));
    get(&api, "192.0.2.1", "/health/live", &[("host", "anything")]).await.is(200);
    let plain = Api::new();
    let answer = get(&plain, "10.0.0.1", path, &[("x-forwarded-proto", "https")]).await.is(200);
    assert_eq!(answer.header("strict-transport-security"), None);
}

#[actix_web::test]
async fn the_cookie_is_as_the_settings_say() {
    for (variables, expected, absent) in [
        (&[][..], "SameSite=Strict", "Secure"),
        (&[("SESSION_COOKIE_SECURE", "true"), ("SESSION_COOKIE_SAMESITE", "none")], "SameSite=None; Secure", "Strict"),
        (&[("SESSION_COOKIE_SAMESITE", "lax")], "SameSite=Lax", "Secure"),
    ] {
        let api = Api::with(variables);
        let answer = api.send(Method::POST, "/api/v1/auth/logout", &[], Vec::new()).await.is(204);
        let set = answer.header("set-cookie").expect("a cookie");
        let has = |part: &str| set.split("; ").any(|found| found == part);
        assert!(expected.split("; ").all(has) && !has(absent) && has("HttpOnly"), "{set}");
    }
}

#[actix_web::test]
async fn pages_of_other_origins_may_ask_where_they_are_named() {
    let studio = "https://studio.example.com";
    let api = Api::with(&[("CORS_ALLOWED_ORIGINS", studio)]);
    let answer = get(&api, "192.0.2.1", GENERATORS, &[("origin", studio)]).await.is(200);
    assert_eq!(answer.header("access-control-allow-origin"), Some(studio));
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    let asks = [("origin", studio), ("access-control-request-method", "PUT")];
    let may = api.send(Method::OPTIONS, "/api/v1/datasets", &asks, Vec::new()).await.is(204);
    assert!(may.header("access-control-allow-headers").is_some_and(|names| names.contains("If-Match")));
    for (api, origin) in [(&api, "https://evil.example"), (&Api::new(), studio)] {
        let answer = get(api, "192.0.2.1", GENERATORS, &[("origin", origin)]).await.is(200);
        assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
        let asks = [("origin", origin), ("access-control-request-method", "PUT")];
        api.send(Method::OPTIONS, "/api/v1/datasets", &asks, Vec::new()).await.is(405);
    }
    for (origin, status) in [(studio, 401), ("https://evil.example", 403), ("null", 403)] {
        let headers = [("origin", origin)];
        api.send(Method::POST, "/api/v1/auth/refresh", &headers, Vec::new()).await.is(status);
    }
}

#[actix_web::test]
async fn bodies_are_at_most_as_large_as_an_upload() {
    let api = Api::with(&[("MAX_UPLOAD_MB", "1")]);
    let token = api.user(Role::Editor);
    let body = json!({"schema_text": "x".repeat(1 << 20)});
    api.post("/api/v1/plan", &token, &body).await.problem(413, "too_large");
    let roomy = Api::new();
    let token = roomy.user(Role::Editor);
    roomy.post("/api/v1/plan", &token, &body).await.problem(422, "invalid_input");
}

#[actix_web::test]
async fn a_generation_has_at_most_so_many_rows() {
    let api = Api::with(&[("MAX_ROWS_PER_GENERATION", "9")]);
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, &numbers(10)).await;
    let path = format!("/api/v1/datasets/{dataset}/generations");
    let told = api.post(&path, &token, &json!({})).await.problem(422, "invalid_input").json();
    assert!(told["detail"].as_str().expect("a sentence").contains("MAX_ROWS_PER_GENERATION"), "{told}");
}

#[actix_web::test]
async fn disk_space_stays_free() {
    let api = Api::with(&[("MIN_FREE_DISK_MB", "1000000000")]);
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, &numbers(10)).await;
    let path = format!("/api/v1/datasets/{dataset}/generations");
    let told = api.post(&path, &token, &json!({})).await.problem(503, "unavailable");
    assert!(told.header("retry-after").is_some());
    let ready = get(&api, "192.0.2.1", "/health/ready", &[]).await.is(200).json();
    assert_eq!(ready["checks"]["disk"], "low");
}

#[actix_web::test]
async fn generations_are_deleted_after_so_many_days() {
    for (days, left) in [("30", 1), ("off", 2)] {
        let api = Api::with(&[("GENERATION_TTL_DAYS", days)]);
        let token = api.user(Role::Editor);
        let dataset = api.dataset(&token, &numbers(10)).await;
        let old = api.generation(&token, &dataset, &json!({})).await;
        let id = old["id"].as_str().expect("an id");
        let folder = api.folder.path().join("generations").join(id);
        assert!(folder.exists());
        api.sql("UPDATE generations SET finished_at = '2020-01-01T00:00:00.000Z'");
        api.generation(&token, &dataset, &json!({})).await;
        api::upkeep::once(&api.app).expect("upkeep");
        assert_eq!(api.get("/api/v1/generations", &token).await.json()["total"], left, "{days}");
        assert_eq!(folder.exists(), left == 2, "{days}");
    }
}

#[actix_web::test]
async fn metrics_are_for_who_has_the_token() {
    let none = Api::new();
    get(&none, "192.0.2.1", "/metrics", &[]).await.problem(404, "not_found");
    let api = Api::with(&[("METRICS_TOKEN", "a token for tests")]);
    get(&api, "192.0.2.1", "/metrics", &[]).await.problem(401, "unauthenticated");
    let wrong = [("authorization", "Bearer a token for test")];
    get(&api, "192.0.2.1", "/metrics", &wrong).await.problem(401, "unauthenticated");
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, &numbers(10)).await;
    api.generation(&token, &dataset, &json!({})).await;
    let right = [("authorization", "Bearer a token for tests")];
    let page = get(&api, "192.0.2.1", "/metrics", &right).await.is(200);
    assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = page.text();
    for line in [
        "synthetic_data_http_requests_total{operation=\"create_dataset\",method=\"POST\",status=\"201\"} 1",
        "synthetic_data_http_requests_total{operation=\"other\",method=\"GET\",status=\"401\"} 2",
        "synthetic_data_http_request_duration_seconds_count{operation=\"create_dataset\"} 1",
        "synthetic_data_generations{state=\"succeeded\"} 1",
        "synthetic_data_generated_rows_total 10",
        "synthetic_data_users 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    // Every series has its kind, said once and before it.
    for name in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()) {
        assert_eq!(text.matches(&format!("# TYPE {name} ")).count(), 1, "{name}");
    }
}

#[actix_web::test]
async fn causes_are_told_in_debug_mode_alone() {
    for (debug, is_told) in [("true", true), ("false", false)] {
        let api = Api::with(&[("DEBUG", debug)]);
        let token = api.user(Role::Viewer);
        api.sql("DROP TABLE exports");
        let told = api.get("/api/v1/exports", &token).await.problem(500, "internal");
        assert_eq!(told.text().contains("no such table"), is_told, "{}", told.text());
    }
}

#[actix_web::test]
async fn another_secret_ends_all_sessions() {
    let one = Api::with(&[("SECRET_KEY", "one secret of thirty-two bytes..")]);
    let token = one.user(Role::Viewer);
    one.get("/api/v1/datasets", &token).await.is(200);
    let other = Api::with(&[("SECRET_KEY", "another secret of as many bytes.")]);
    other.user(Role::Viewer);
    other.get("/api/v1/datasets", &token).await.problem(401, "unauthenticated");
}

#[actix_web::test]
async fn the_pool_has_so_many_connections() {
    assert_eq!(Api::with(&[("DATABASE_POOL_SIZE", "3")]).app.db.pool_size(), 3);
    assert_eq!(Api::new().app.db.pool_size(), 8);
}

#[actix_web::test]
async fn a_writer_waits_so_long_for_another_program() {
    let api = Api::with(&[("SQLITE_BUSY_TIMEOUT_MS", "300")]);
    let token = api.user(Role::Editor);
    let path = api.folder.path().join("db.sqlite3").to_string_lossy().into_owned();
    let mut other = <diesel::SqliteConnection as diesel::Connection>::establish(&path).expect("a database");
    let run = |c: &mut diesel::SqliteConnection, sql: &str| {
        diesel::connection::SimpleConnection::batch_execute(c, sql).expect("SQL");
    };
    run(&mut other, "PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE");
    let begun = Instant::now();
    let body = json!({"schema_text": hiring()});
    let told = api.post("/api/v1/datasets", &token, &body).await.problem(503, "unavailable");
    assert!(begun.elapsed() >= Duration::from_millis(300), "{:?}", begun.elapsed());
    assert!(told.header("retry-after").is_some() && !told.text().contains("database is locked"), "{}", told.text());
    // Readers are never blocked.
    api.get("/api/v1/datasets", &token).await.is(200);
    run(&mut other, "COMMIT");
    api.post("/api/v1/datasets", &token, &body).await.is(201);
}

//! What lies beside the API, and what every request passes through.

use actix_web::http::Method;
use api::App;
use api::users::Role;

use crate::support::{Api, config};

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
    assert!(answer.header("content-security-policy").is_some_and(|policy| policy.contains("default-src 'self'")));
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

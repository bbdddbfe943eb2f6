//! Plans and previews.

use std::time::Duration;

use api::users::Role;
use serde_json::json;

use crate::support::{Api, hiring};

#[actix_web::test]
async fn a_plan_says_what_a_generation_would_do() {
    let api = Api::new();
    let token = api.user(Role::Viewer);
    let body = json!({"schema_text": hiring(), "parameters": {"candidates": 7}, "seed": 5});
    let plan = api.post("/api/v1/plan", &token, &body).await.is(200).json();
    assert_eq!((&plan["seed"], &plan["tables"][1]["rows"]), (&json!(5), &json!(7)));
    let wrong = json!({"schema_text": hiring(), "parameters": {"candidate": 7}, "scale": 0});
    api.post("/api/v1/plan", &token, &wrong).await.problem(422, "invalid_input");
    let problems = api.post("/api/v1/plan", &token, &json!({"schema": {"name": "x"}})).await.is(422).json();
    assert_eq!(problems["errors"][0]["pointer"], "", "{problems}");
}

#[actix_web::test]
async fn a_preview_is_the_rows_that_a_generation_delivers() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let body = json!({"schema_text": hiring(), "table": "candidate", "limit": 5, "offset": 95});
    let preview = api.post("/api/v1/preview", &token, &body).await.is(200).json();
    assert_eq!((&preview["total"], preview["rows"].as_array().map(Vec::len)), (&json!(100), Some(5)));
    let id = api.dataset(&token, hiring()).await;
    let generation = api.generation(&token, &id, &json!({})).await;
    let id = generation["id"].as_str().expect("an id");
    let path = format!("/api/v1/generations/{id}/tables/candidate/rows?offset=95");
    assert_eq!(api.get(&path, &token).await.is(200).json()["items"], preview["rows"]);

    let some = json!({"schema_text": hiring(), "table": "candidate", "columns": ["status", "id"], "limit": 1});
    let some = api.post("/api/v1/preview", &token, &some).await.is(200).json();
    assert_eq!(
        some["rows"][0].as_object().map(|row| row.keys().cloned().collect::<Vec<_>>()),
        Some(vec!["status".to_owned(), "id".to_owned()])
    );
    for (body, pointer) in [
        (json!({"schema_text": hiring(), "table": "candidat"}), "/table"),
        (json!({"schema_text": hiring(), "limit": 1001}), "/limit"),
        (json!({"schema_text": hiring(), "table": "candidate", "columns": ["statu"]}), "/columns"),
        (json!({}), "/schema"),
    ] {
        let told = api.post("/api/v1/preview", &token, &body).await.problem(422, "invalid_input").json();
        assert_eq!(told["errors"][0]["pointer"], pointer, "{told}");
    }
    let three = json!({"schema": hiring(), "table": "candidate", "rows": 3});
    let three = api.post("/api/v1/preview", &token, &three).await.is(200).json();
    assert_eq!(three["rows"].as_array().map(Vec::len), Some(3));
    let planned = json!({"schema_text": hiring(), "table": "company", "rows": {"company": 4}});
    assert_eq!(api.post("/api/v1/preview", &token, &planned).await.is(200).json()["total"], 4);
    let beyond = json!({"schema_text": hiring(), "table": "candidate", "offset": 1000});
    assert_eq!(api.post("/api/v1/preview", &token, &beyond).await.is(200).json()["rows"], json!([]));
}

#[actix_web::test]
async fn a_preview_of_too_much_text_is_refused_and_one_of_fewer_rows_is_shown() {
    let api = Api::new();
    let token = api.user(Role::Viewer);
    let columns = |count: usize| -> String {
        let column =
            |n| format!("      - {{ name: c{n}, generator: {{ type: expression, sql: \"repeat('a', 60000)\" }} }}\n");
        (0..count).map(column).collect()
    };
    let schema = |count| format!("name: d\ntables:\n  - name: t\n    rows: 1000\n    columns:\n{}", columns(count));
    let shown = |count: usize, limit: u64| json!({"schema_text": schema(count), "limit": limit});
    let told = api.post("/api/v1/preview", &token, &shown(10, 100)).await.problem(422, "invalid_input").json();
    assert_eq!(told["errors"][0]["pointer"], "/limit", "{told}");
    assert!(told["errors"][0]["detail"].as_str().is_some_and(|text| text.contains("more than 24 MB")), "{told}");
    api.post("/api/v1/preview", &token, &shown(10, 20)).await.is(200);
    // More than any block may hold ends before it is all made.
    let told = api.post("/api/v1/preview", &token, &shown(200, 1000)).await.problem(422, "invalid_input").json();
    assert!(told["detail"].as_str().is_some_and(|text| text.contains("take more than 256 MB")), "{told}");
}

/// A schema whose first row waits for a look at more rows than anybody waits for.
const ENDLESS: &str = r"
name: endless
tables:
  - name: t
    rows: 9007199254740000
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: kind, generator: { type: choice, values: [a, b] } }
      - { name: n, generator: { type: integer, min: 0, max: 100 } }
    rules:
      - { id: middle, kind: statistic, column: n, fn: mean, equals: 40, when: kind = 'a' }
";

#[actix_web::test]
async fn a_preview_ends_with_its_time_and_with_its_client() {
    let api = Api::new();
    let token = api.user(Role::Viewer);
    let body = json!({"schema_text": ENDLESS, "timeout_ms": 1000});
    let told = api.post("/api/v1/preview", &token, &body).await.problem(422, "invalid_input").json();
    let problem = &told["errors"][0];
    assert_eq!((&problem["code"], &problem["pointer"]), (&json!("rows_too_long"), &json!("/timeout_ms")), "{told}");
    let detail = problem["detail"].as_str().expect("a sentence");
    assert!(detail.contains("table \"t\"") && detail.contains("\"middle\""), "{detail}");
    for _ in 0..8 {
        let endless = json!({"schema_text": ENDLESS});
        let left = api.post("/api/v1/preview", &token, &endless);
        tokio::time::timeout(Duration::from_millis(50), left).await.map(drop).expect_err("it has no end");
    }
    let some = json!({"schema_text": hiring(), "table": "company", "limit": 1, "timeout_ms": 30_000});
    api.post("/api/v1/preview", &token, &some).await.is(200);
    for wrong in [999, 30_001] {
        let body = json!({"schema_text": hiring(), "timeout_ms": wrong});
        let told = api.post("/api/v1/preview", &token, &body).await.problem(422, "invalid_input").json();
        assert_eq!(told["errors"][0]["pointer"], "/timeout_ms", "{told}");
    }
}

#[actix_web::test]
async fn rows_that_are_made_when_they_are_read_end_with_their_time() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let id = api.dataset(&token, ENDLESS).await;
    let rows = format!("/api/v1/datasets/{id}/tables/t/rows?limit=1&timeout_ms=1000");
    for (asked, code) in [
        ("", "rows_too_long"),
        ("&where=n%3E3", "query_too_long"),
        ("&where=n%3E3", "query_too_long"),
        ("&where=n%3E3", "query_too_long"),
        ("&order_by=n", "query_too_long"),
    ] {
        let told = api.get(&format!("{rows}{asked}"), &token).await.problem(422, "invalid_input").json();
        assert_eq!(told["errors"][0]["code"], code, "{told}");
    }
    // Nothing of them is left on the threads that others need.
    let small = api.dataset(&token, hiring()).await;
    let some = format!("/api/v1/datasets/{small}/tables/candidate/rows?where=id%3E3&limit=1");
    api.get(&some, &token).await.is(200);
    let ids = format!("/api/v1/datasets/{id}/tables/t/rows?limit=1&columns=id");
    assert_eq!(api.get(&ids, &token).await.is(200).json()["items"][0]["id"], 1);
}

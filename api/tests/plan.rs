//! Plans and previews.

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

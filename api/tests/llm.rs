//! What language models took.

use api::llm::store::{self, UsageRow};
use api::users::Role;
use serde_json::json;

use crate::support::{Api, numbers};

const USAGE: &str = "/api/v1/llm/usage";

fn row(generation: Option<&str>, column: &str, tokens: i64, created_at: &str) -> UsageRow {
    UsageRow {
        id: uuid::Uuid::now_v7().to_string(),
        generation_id: generation.map(str::to_owned),
        table_name: Some("review".to_owned()),
        column_name: Some(column.to_owned()),
        model: "a-model".to_owned(),
        calls: 2,
        prompt_tokens: tokens,
        completion_tokens: 10,
        cost_microusd: 1500,
        created_at: created_at.to_owned(),
        asked_by: "generation".to_owned(),
        unanswered_microusd: 500,
    }
}

#[actix_web::test]
async fn usage_is_listed_by_column_with_its_sums_and_stays_when_the_generation_goes() {
    let api = Api::new();
    let (viewer, editor) = (api.user(Role::Viewer), api.user(Role::Editor));
    let empty = api.get(USAGE, &viewer).await.is(200).json();
    assert_eq!(empty["items"], json!([]));
    assert_eq!(
        empty["totals"],
        json!({"calls": 0, "prompt_tokens": 0, "completion_tokens": 0, "cost_usd": 0.0, "unanswered_usd": 0.0})
    );
    let dataset = api.dataset(&editor, &numbers(3)).await;
    let made = api.generation(&editor, &dataset, &json!({})).await;
    let id = made["id"].as_str().expect("an id");
    let rows = [
        row(Some(id), "title", 100, "2026-01-01T00:00:00.000Z"),
        row(Some(id), "text", 200, "2026-02-01T00:00:00.000Z"),
        row(None, "text", 400, "2026-03-01T00:00:00.000Z"),
    ];
    for row in &rows {
        api.app.db.write_now(|c| store::insert(c, row)).expect("a row");
    }
    let all = api.get(USAGE, &viewer).await.is(200).json();
    assert_eq!((&all["total"], &all["next"]), (&json!(3), &json!(null)));
    assert_eq!(
        all["totals"],
        json!({"calls": 6, "prompt_tokens": 700, "completion_tokens": 30, "cost_usd": 0.0045, "unanswered_usd": 0.0015})
    );
    let first = &all["items"][0];
    assert_eq!(
        (&first["generation_id"], &first["column"], &first["cost_usd"]),
        (&json!(null), &json!("text"), &json!(0.0015))
    );
    let total = |query: String| {
        let (api, viewer) = (&api, &viewer);
        async move { api.get(&format!("{USAGE}?{query}"), viewer).await.is(200).json()["total"].clone() }
    };
    assert_eq!(total(format!("generation_id={id}")).await, 2);
    assert_eq!(total(format!("generation_id={id}&since=2026-02-01T00:00:00Z")).await, 1);
    assert_eq!(total("since=2026-02-01T01:00:00%2B01:00".to_owned()).await, 2);
    let page = api.get(&format!("{USAGE}?limit=2&since=2025-01-01T00:00:00Z"), &viewer).await.is(200).json();
    assert_eq!(page["totals"]["calls"], 6, "sums are over all pages");
    let next = api.get(page["next"].as_str().expect("a page"), &viewer).await.is(200).json();
    assert_eq!((next["items"].as_array().map(Vec::len), &next["next"]), (Some(1), &json!(null)));
    api.get(&format!("{USAGE}?since=yesterday"), &viewer).await.problem(400, "malformed_request");
    api.get(&format!("{USAGE}?limit=0"), &viewer).await.problem(422, "invalid_input");
    api.act(actix_web::http::Method::DELETE, &format!("/api/v1/generations/{id}"), &editor).await.is(204);
    assert_eq!(api.get(USAGE, &viewer).await.is(200).json()["totals"]["prompt_tokens"], 700);
}

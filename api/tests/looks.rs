//! Looks at a generation as a whole: profiles of its tables, and SQL over them.

use std::fs;

use actix_web::http::Method;
use api::generations::{parts, query, store};
use api::users::Role;
use engine::content::PART;
use serde_json::{Value, json};

use crate::support::{Api, hiring, numbers};

async fn finished(api: &Api, token: &str, text: &str) -> String {
    let dataset = api.dataset(token, text).await;
    let ended = api.generation(token, &dataset, &json!({})).await;
    assert_eq!(ended["state"], "succeeded", "{ended}");
    ended["id"].as_str().expect("an id").to_owned()
}

fn column<'a>(profile: &'a Value, name: &str) -> &'a Value {
    let columns = profile["columns"].as_array().expect("columns");
    columns.iter().find(|column| column["name"] == name).expect("a column")
}

#[actix_web::test]
async fn a_profile_says_what_the_rows_say() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let id = finished(&api, &token, hiring()).await;
    let viewer = api.user(Role::Viewer);
    let own = format!("/api/v1/generations/{id}");
    let profile = api.get(&format!("{own}/tables/candidate/profile"), &viewer).await.is(200).json();
    assert_eq!(
        (&profile["table"], &profile["rows"], &profile["sampled_rows"]),
        (&json!("candidate"), &json!(100), &json!(100))
    );
    let rows = api.get(&format!("{own}/tables/candidate/rows?limit=1000"), &viewer).await.is(200).json();
    let rows = rows["items"].as_array().expect("rows");
    let names: Vec<&String> = rows[0].as_object().expect("a row").keys().collect();
    let profiled: Vec<&str> =
        profile["columns"].as_array().expect("columns").iter().filter_map(|column| column["name"].as_str()).collect();
    assert_eq!(names, profiled);
    for name in names {
        let shown = column(&profile, name);
        let given: Vec<String> = rows.iter().map(|row| row[name].to_string()).filter(|cell| cell != "null").collect();
        assert_eq!(shown["count"], given.len(), "{name}");
        assert_eq!(shown["nulls"], rows.len() - given.len(), "{name}");
        let different: std::collections::HashSet<&String> = given.iter().collect();
        assert_eq!(shown["distinct"], json!({"count": different.len(), "approximate": false}), "{name}");
        for top in shown["top"]["values"].as_array().into_iter().flatten() {
            let value = top["value"].to_string();
            let count = given.iter().filter(|cell| **cell == value).count();
            assert_eq!(top["count"], count, "{name}: {top}");
        }
    }
    api.get(&format!("{own}/tables/nobody/profile"), &viewer).await.problem(404, "not_found");
    let nowhere = "/api/v1/generations/018f0000-0000-7000-8000-000000000000/tables/candidate/profile";
    api.get(nowhere, &viewer).await.problem(404, "not_found");
    api.send(Method::GET, &format!("{own}/tables/candidate/profile"), &[], Vec::new())
        .await
        .problem(401, "unauthenticated");
}

#[actix_web::test]
async fn what_is_not_finished_has_neither_profile_nor_answers() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, &numbers(90_000_000)).await;
    let started = api.post(&format!("/api/v1/datasets/{dataset}/generations"), &token, &json!({})).await.is(202).json();
    let own = format!("/api/v1/generations/{}", started["id"].as_str().expect("an id"));
    api.get(&format!("{own}/tables/number/profile"), &token).await.problem(409, "conflict");
    api.post(&format!("{own}/query"), &token, &json!({"sql": "SELECT 1"})).await.problem(409, "conflict");
    api.act(Method::POST, &format!("{own}/cancel"), &token).await.is(202);
    assert_eq!(api.ended(&token, &own).await["state"], "cancelled");
    api.get(&format!("{own}/tables/number/profile"), &token).await.problem(409, "conflict");
}

/// A schema of two parts and a bit: a column whose values are all different in no order, one of few, one with nulls.
fn shuffled(rows: u64) -> String {
    format!(
        "name: s\ntables:\n  - name: t\n    rows: {rows}\n    columns:\n      - {{ name: a, generator: {{ type: integer, min: 0, max: 1000000000 }} }}\n      - {{ name: b, generator: {{ type: normal, mean: 5, std: 2 }}, null_rate: 0.25 }}\n      - {{ name: c, generator: {{ type: integer, min: 1, max: 6 }} }}\n"
    )
}

#[actix_web::test]
async fn a_generation_that_was_cut_off_has_the_profile_of_one_that_was_not() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let id = finished(&api, &token, &shuffled(2 * PART + 5)).await;
    let own = format!("/api/v1/generations/{id}");
    let path = format!("{own}/tables/t/profile");
    let whole = api.get(&path, &token).await.is(200).json();
    assert_eq!(column(&whole, "a")["distinct"]["approximate"], true);
    assert_eq!(column(&whole, "c")["distinct"], json!({"count": 6, "approximate": false}));
    let dice: u64 = column(&whole, "c")["top"]["values"]
        .as_array()
        .expect("values")
        .iter()
        .filter_map(|value| value["count"].as_u64())
        .sum();
    assert_eq!(dice, 2 * PART + 5, "few values are counted exactly, whatever the rows");
    let nulls = column(&whole, "b")["nulls"].as_f64().expect("a number") / (2 * PART) as f64;
    assert!((nulls - 0.25).abs() < 0.002, "{nulls}");
    // As a killed server leaves it: two parts recorded and there, the third never made, nothing profiled.
    let cut = |sql: &'static str| {
        use diesel::RunQueryDsl;
        api.app.db.write_now(|c| diesel::sql_query(sql).execute(c)).expect("done");
    };
    cut("DELETE FROM generation_profiles");
    api.get(&path, &token).await.problem(404, "not_found");
    cut("DELETE FROM generation_parts WHERE part = 2");
    cut("UPDATE generations SET state = 'running', content_hash = NULL");
    api.app.db.write_now(store::requeue_running).expect("as it was");
    fs::remove_file(parts::path(&parts::folder(api.folder.path(), &id), 0, 2)).expect("removed");
    api.app.generations.ring();
    assert_eq!(api.ended(&token, &own).await["state"], "succeeded");
    assert_eq!(api.get(&path, &token).await.is(200).json(), whole);
}

#[actix_web::test]
async fn threads_change_nothing_in_a_profile() {
    let mut seen = Vec::new();
    for threads in ["1", "3"] {
        let api = Api::with(&[("GENERATE_CONCURRENCY", threads)]);
        let token = api.user(Role::Editor);
        let id = finished(&api, &token, &shuffled(300_000)).await;
        seen.push(api.get(&format!("/api/v1/generations/{id}/tables/t/profile"), &token).await.is(200).text());
    }
    assert_eq!(seen[0], seen[1]);
}

#[actix_web::test]
async fn a_query_reads_the_tables_of_a_generation() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let id = finished(&api, &token, hiring()).await;
    let viewer = api.user(Role::Viewer);
    let path = format!("/api/v1/generations/{id}/query");
    let ask = async |sql: &str| api.post(&path, &viewer, &json!({ "sql": sql })).await;

    let counted = ask("SELECT count(*) AS n, 0.5 AS m FROM candidate").await.is(200).json();
    assert_eq!((&counted["rows"], &counted["is_cut"]), (&json!([[100, "0.5"]]), &json!(false)));
    assert_eq!(counted["columns"][0], json!({"name": "n", "type": "integer", "is_number": true}));
    assert_eq!(counted["read"], json!([{"table": "candidate", "rows": 100}]));

    let rows = api.get(&format!("/api/v1/generations/{id}/tables/candidate/rows?limit=1000"), &viewer).await.json();
    let rows = rows["items"].as_array().expect("rows").clone();
    let new = rows.iter().filter(|row| row["status"] == "new").count();
    let found = ask("SELECT status, count(*) FROM candidate WHERE status = 'new' GROUP BY status").await.is(200).json();
    assert_eq!(found["rows"], json!([["new", new]]));
    let turned = ask("SELECT surname, id FROM candidate ORDER BY id DESC LIMIT 1").await.is(200).json();
    let last = rows.iter().max_by_key(|row| row["id"].as_i64()).expect("a row");
    assert_eq!(turned["rows"], json!([[last["surname"], last["id"]]]));
    let joined = "SELECT count(*) FROM process p JOIN candidate c ON c.id = p.candidate_id";
    let twice =
        ask("SELECT a.id, b.id FROM candidate a JOIN candidate b ON a.id = b.id WHERE a.id = 3").await.is(200).json();
    assert_eq!((&twice["columns"][0]["name"], &twice["columns"][1]["name"]), (&json!("id"), &json!("id")));
    assert_eq!(twice["rows"], json!([[3, 3]]));
    let joined = ask(joined).await.json();
    assert_eq!(joined["read"].as_array().map_or(0, Vec::len), 2, "{joined}");

    let cut = api.post(&path, &viewer, &json!({"sql": "SELECT id FROM candidate", "limit": 7})).await.is(200).json();
    assert_eq!((cut["rows"].as_array().map(Vec::len), &cut["is_cut"]), (Some(7), &json!(true)));
    let all = api.post(&path, &viewer, &json!({"sql": "SELECT id FROM candidate", "limit": 100})).await.is(200).json();
    assert_eq!((all["rows"].as_array().map(Vec::len), &all["is_cut"]), (Some(100), &json!(false)));
    let none = ask("SELECT id FROM candidate WHERE 1 = 0").await.is(200).json();
    assert_eq!((&none["rows"], &none["columns"][0]["name"]), (&json!([]), &json!("id")));
}

#[actix_web::test]
async fn a_query_neither_writes_nor_leaves_its_bounds() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let id = finished(&api, &token, hiring()).await;
    let path = format!("/api/v1/generations/{id}/query");
    for sql in [
        "",
        "SELEC 1",
        "SELECT nothing FROM candidate",
        "SELECT * FROM nobody",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM 'x.csv'",
        "SELECT 1; SELECT 2",
        "INSERT INTO candidate (id) VALUES (1)",
        "UPDATE candidate SET id = 1",
        "DELETE FROM candidate",
        "DROP TABLE candidate",
        "CREATE TABLE x AS SELECT 1",
        "CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/passwd'",
        "COPY candidate TO 'x.csv'",
        "SET a = 1",
        "SELECT now()",
        "SELECT * FROM range(1, 500000000)",
        "SELECT repeat('x', 2000000000)",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT * FROM r",
        "SELECT 1 / 0",
    ] {
        let told = api.post(&path, &token, &json!({ "sql": sql })).await.problem(422, "invalid_input").json();
        assert_eq!(told["errors"][0]["pointer"], "/sql", "{sql}: {told}");
        let detail = told["errors"][0]["detail"].as_str().expect("a sentence");
        assert!(!detail.is_empty() && !detail.contains('\n'), "{detail}");
    }
    let columns = api.post(&path, &token, &json!({"sql": "DESCRIBE process"})).await.is(200).json();
    let column = columns["rows"][0][0].as_str().expect("a column");
    for condition in [format!("a.{column} < d.{column}"), format!("a.{column} + d.{column} < 0")] {
        let endless = format!(
            "SELECT count(*) FROM process a, process b, process c, process d, process e, process f WHERE {condition}"
        );
        let told = api.post(&path, &token, &json!({"sql": endless, "timeout_ms": 1000})).await;
        let told = told.problem(422, "invalid_input").json();
        let error = &told["errors"][0];
        assert_eq!((&error["code"], &error["params"]["ms"]), (&json!("query_too_long"), &json!(1000)), "{endless}");
    }
    // What was stopped gives its turn back.
    for _ in 0..3 {
        api.post(&path, &token, &json!({"sql": "SELECT 1"})).await.is(200);
    }
    for (body, pointer) in [
        (json!({"sql": "SELECT 1", "limit": 0}), "/limit"),
        (json!({"sql": "SELECT 1", "limit": query::MAX_ROWS + 1}), "/limit"),
        (json!({"sql": "SELECT 1", "timeout_ms": 30_001}), "/timeout_ms"),
        (json!({"sql": "SELECT 1", "timeout_ms": 999}), "/timeout_ms"),
        (json!({"sql": " ".repeat(100_001)}), "/sql"),
    ] {
        let told = api.post(&path, &token, &body).await.problem(422, "invalid_input").json();
        assert_eq!(told["errors"][0]["pointer"], pointer);
    }
    let nowhere = "/api/v1/generations/018f0000-0000-7000-8000-000000000000/query";
    api.post(nowhere, &token, &json!({"sql": "SELECT 1"})).await.problem(404, "not_found");
    api.send(Method::POST, &path, &[], b"{}".to_vec()).await.problem(401, "unauthenticated");
}

#[actix_web::test]
async fn an_answer_too_large_for_a_reader_is_cut() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let id = finished(&api, &token, &numbers(20_000)).await;
    let path = format!("/api/v1/generations/{id}/query");
    let sql = "SELECT n, repeat('long text ', 1000) AS filler FROM number";
    let answer = api.post(&path, &token, &json!({"sql": sql, "limit": 10_000})).await.is(200);
    assert!(answer.bytes.len() < 24 << 20, "{}", answer.bytes.len());
    assert_eq!(answer.json()["is_cut"], true);
}

#[actix_web::test]
async fn a_query_that_would_overwhelm_its_planning_is_refused_and_the_server_goes_on() {
    let api = Api::new();
    let editor = api.user(Role::Editor);
    let id = finished(&api, &editor, &numbers(10)).await;
    let viewer = api.user(Role::Viewer);
    let path = format!("/api/v1/generations/{id}/query");
    let chain = |count, word: &str, between: &str| vec![word; count].join(between);
    let parts = |count, part: &dyn Fn(String) -> String| {
        let parts: String = (1..=count).map(|n| format!(", c{n} AS ({})", part(format!("c{}", n - 1)))).collect();
        format!("WITH c0 AS (SELECT n FROM number){parts} SELECT count(*) FROM c{count}")
    };
    let joins: String = (0..1000).map(|n| format!(" CROSS JOIN number n{n}")).collect();
    for sql in [
        format!("SELECT {}", chain(5_000, "1", "+")),
        format!("SELECT {}", chain(5_000, "'a'", "||")),
        chain(3_000, "SELECT 1", " UNION ALL "),
        format!("SELECT 1 FROM number{joins}"),
        parts(1_000, &|before| format!("SELECT n FROM {before}")),
        parts(26, &|before| format!("SELECT n FROM {before} UNION ALL SELECT n FROM {before}")),
        format!("SELECT {}1{}", "(".repeat(10_000), ")".repeat(10_000)),
        format!("SELECT {} true", "NOT ".repeat(10_000)),
    ] {
        let told = api.post(&path, &viewer, &json!({"sql": sql})).await.problem(422, "invalid_input").json();
        let problem = &told["errors"][0];
        assert_eq!((&problem["code"], &problem["pointer"]), (&json!("query_too_large"), &json!("/sql")), "{told}");
    }
    for sql in [
        format!("SELECT {}", chain(500, "1", "+")),
        format!("SELECT {}", chain(900, "'a'", "||")),
        chain(400, "SELECT 1", " UNION ALL "),
        format!(
            "SELECT n FROM number WHERE n IN ({})",
            (0..15_000).map(|n| n.to_string()).collect::<Vec<_>>().join(",")
        ),
    ] {
        api.post(&path, &viewer, &json!({"sql": sql, "limit": 1})).await.is(200);
    }
    let long = |word: &str, count| vec![word; count].join("%2B");
    for (condition, status) in [(long("n", 150), 200), (long("n", 3_000), 422), ("(".repeat(3_000), 422)] {
        let condition = if status == 200 { format!("{condition}%3E0") } else { condition };
        let rows = format!("/api/v1/generations/{id}/tables/number/rows?where={condition}");
        api.get(&rows, &viewer).await.is(status);
        let order = format!("/api/v1/generations/{id}/tables/number/rows?order_by={condition}");
        api.get(&order, &viewer).await.problem(422, "invalid_input");
    }
}

#[actix_web::test]
async fn a_condition_of_a_thousand_cases_is_read_in_time() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let id = finished(&api, &token, &numbers(10)).await;
    let cases: String = (0..1_000).map(|n| format!("%20WHEN%20n={n}%20THEN%20true")).collect();
    let path = format!("/api/v1/generations/{id}/tables/number/rows?where=CASE{cases}%20END");
    assert_eq!(api.get(&path, &token).await.is(200).json()["total"], 10);
}

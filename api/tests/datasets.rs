//! Datasets, schemas, versions.

use actix_web::http::Method;
use api::users::Role;
use serde_json::{Value, json};

use crate::support::{Answer, Api, hiring, numbers};

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    api::auth::tokens::hex(&Sha256::digest(bytes))
}

const DATASETS: &str = "/api/v1/datasets";
const MINIMAL: &str = "# a comment\nname: one\ntables:\n  - name: t\n    rows: 3\n    columns:\n      - { name: n, generator: { type: sequence } }\n";

async fn save(api: &Api, token: &str, id: &str, etag: Option<&str>, text: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![("authorization", bearer.as_str()), ("content-type", "application/yaml")];
    headers.extend(etag.map(|etag| ("if-match", etag)));
    api.send(Method::PUT, &format!("{DATASETS}/{id}/schema"), &headers, text.as_bytes().to_vec()).await
}

#[actix_web::test]
async fn a_dataset_is_created_listed_found_renamed_deleted_and_restored() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let created = api.post(DATASETS, &token, &json!({"schema_text": hiring()})).await.is(201);
    let dataset = created.json();
    let id = dataset["id"].as_str().expect("an id").to_owned();
    assert_eq!(created.header("location"), Some(format!("{DATASETS}/{id}").as_str()));
    assert_eq!(dataset["tables"][1], json!({"name": "candidate", "columns": 8, "rows": 100}));
    assert_eq!(dataset["updated_by"]["name"], "editor");
    api.dataset(&token, MINIMAL).await;

    let names = |list: Value| -> Vec<String> {
        list["items"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|item| item["name"].as_str().expect("a name").to_owned())
            .collect()
    };
    assert_eq!(names(api.get(&format!("{DATASETS}?order_by=name"), &token).await.is(200).json()), ["hiring", "one"]);
    assert_eq!(names(api.get(&format!("{DATASETS}?search=HIR"), &token).await.is(200).json()), ["hiring"]);
    assert_eq!(names(api.get(&format!("{DATASETS}?search=h_ring"), &token).await.is(200).json()), [] as [&str; 0]);
    let page = api.get(&format!("{DATASETS}?limit=1&order_by=name"), &token).await.is(200).json();
    assert_eq!((page["total"].as_i64(), names(page.clone())), (Some(2), vec!["hiring".to_owned()]));
    let next = page["next"].as_str().expect("a next page").to_owned();
    let last = api.get(&next, &token).await.is(200).json();
    assert_eq!((names(last.clone()), &last["next"]), (vec!["one".to_owned()], &Value::Null));

    let path = format!("{DATASETS}/{id}");
    let etag = api.get(&path, &token).await.is(200).header("etag").expect("a tag").to_owned();
    let bearer = format!("Bearer {token}");
    let json_type = ("content-type", "application/json");
    let patch = br#"{"name": "people", "description": null}"#.to_vec();
    let patched = |tag: &'static str| (tag, patch.clone());
    let (_, body) = patched("");
    api.send(Method::PATCH, &path, &[("authorization", &bearer), json_type], body.clone())
        .await
        .problem(428, "precondition_required");
    let headers = [("authorization", bearer.as_str()), json_type, ("if-match", etag.as_str())];
    let renamed = api.send(Method::PATCH, &path, &headers, body.clone()).await.is(200).json();
    assert_eq!((&renamed["name"], &renamed["description"]), (&json!("people"), &Value::Null));
    api.send(Method::PATCH, &path, &headers, body).await.problem(412, "changed_meanwhile");

    // A weak tag says too little to change something.
    let now = api.get(&path, &token).await.is(200).header("etag").expect("a tag").to_owned();
    api.patch(&path, &token, &format!("W/{now}"), &json!({"name": "x"})).await.problem(412, "changed_meanwhile");
    api.patch(&path, &token, &format!("\"x\", {now}"), &json!({"name": "people"})).await.is(200);

    // The tag of before the change removes nothing; the current one does, and so does none.
    let stale = [headers[0], ("if-match", etag.as_str())];
    api.send(Method::DELETE, &path, &stale, Vec::new()).await.problem(412, "changed_meanwhile");
    let tag = api.get(&path, &token).await.is(200).header("etag").expect("a tag").to_owned();
    api.send(Method::DELETE, &path, &[headers[0], ("if-match", &tag)], Vec::new()).await.is(204);
    api.get(&path, &token).await.problem(404, "not_found");
    api.act(Method::POST, &format!("{path}/restore"), &token).await.is(200);
    api.act(Method::DELETE, &path, &token).await.is(204);
    assert_eq!(names(api.get(&format!("{DATASETS}?deleted=true"), &token).await.json()), ["people"]);
    api.act(Method::POST, &format!("{path}/restore"), &token).await.is(200);
    api.get(&path, &token).await.is(200);
}

#[actix_web::test]
async fn what_does_not_plan_is_refused_with_all_its_problems_and_saves_nothing() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let wrong = "name: x\ntables:\n  - name: t\n    rows: 3\n    columns:\n      - { name: a, generator: { type: frist_name } }\n      - { name: b, generator: { type: integer, min: 9, max: 1 } }\n";
    let told = api.post(DATASETS, &token, &json!({"schema_text": wrong})).await.problem(422, "invalid_input").json();
    let pointers: Vec<&str> =
        told["errors"].as_array().into_iter().flatten().filter_map(|error| error["pointer"].as_str()).collect();
    assert_eq!(pointers.len(), 2, "{told}");
    assert!(pointers[0].starts_with("/tables/0/columns/0/generator"), "{pointers:?}");
    assert!(pointers[1].starts_with("/tables/0/columns/1/generator"), "{pointers:?}");
    assert_eq!(told["errors"][0]["line"], 6);
    assert_eq!(told["errors"][0]["fix"][0]["value"], "first_name");
    assert_eq!(api.get(DATASETS, &token).await.json()["total"], 0);
    for body in [json!({}), json!({"schema": {}, "schema_text": ""}), json!({"schema": {}, "x": 1})] {
        api.post(DATASETS, &token, &body).await.problem(422, "invalid_input");
    }
}

#[actix_web::test]
async fn a_schema_keeps_its_text_and_a_change_is_a_version() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let id = api.dataset(&token, MINIMAL).await;
    let path = format!("{DATASETS}/{id}/schema");
    let first = api.get(&path, &token).await.is(200);
    assert_eq!(first.text(), MINIMAL);
    assert_eq!(first.header("content-type"), Some("application/yaml; charset=utf-8"));
    let etag = first.header("etag").expect("a tag").to_owned();

    save(&api, &token, &id, None, MINIMAL).await.problem(428, "precondition_required");
    assert_eq!(save(&api, &token, &id, Some(&etag), MINIMAL).await.is(200).json()["version"], 1);
    let changed = MINIMAL.replace("rows: 3", "rows: 4");
    let second = save(&api, &token, &id, Some(&etag), &changed).await.is(200);
    assert_eq!(second.json()["version"], 2);
    assert_ne!(second.header("etag"), Some(etag.as_str()));
    let stale = save(&api, &token, &id, Some(&etag), MINIMAL).await.problem(412, "changed_meanwhile").json();
    assert_eq!(stale["current"]["version"], 2);
    assert_eq!(stale["current"]["created_by"]["name"], "editor");
    let commented = changed.replace("# a comment", "# another");
    let third = save(&api, &token, &id, second.header("etag"), &commented).await.is(200);
    assert_eq!(third.json()["version"], 3);
    // Another comment is another text, whoever starts from the one before is told so.
    assert_ne!(third.header("etag"), second.header("etag"));
    let again = commented.replace("# another", "# a third");
    save(&api, &token, &id, second.header("etag"), &again).await.problem(412, "changed_meanwhile");
    let hash = |answer: &Answer| answer.header("etag").expect("a tag").trim_matches('"')[..64].to_owned();
    assert_eq!(hash(&third), hash(&second));
    assert_eq!(api.get(&format!("{DATASETS}/{id}"), &token).await.json()["schema_etag"], third.json()["etag"]);
    save(&api, &token, &id, third.header("etag"), "tables: [").await.problem(422, "invalid_input");

    let versions = api.get(&format!("{DATASETS}/{id}/versions"), &token).await.is(200).json();
    let numbers: Vec<i64> =
        versions["items"].as_array().into_iter().flatten().filter_map(|v| v["version"].as_i64()).collect();
    assert_eq!(numbers, [3, 2, 1]);
    let old = api.get(&format!("{DATASETS}/{id}/versions/1"), &token).await.is(200).json();
    assert_eq!(old["text"], MINIMAL);
    assert_eq!(api.get(&format!("{path}?version=1"), &token).await.is(200).text(), MINIMAL);
    api.get(&format!("{path}?version=9"), &token).await.problem(404, "not_found");
    let bearer = format!("Bearer {token}");
    let known = [("authorization", bearer.as_str()), ("if-none-match", third.header("etag").expect("a tag"))];
    api.send(Method::GET, &path, &known, Vec::new()).await.is(304);
    let as_json = [("authorization", bearer.as_str()), ("accept", "application/json")];
    let canonical = api.send(Method::GET, &path, &as_json, Vec::new()).await.is(200);
    assert_eq!(canonical.json()["tables"][0]["rows"], 4);
    let other = canonical.header("etag").expect("a tag").to_owned();
    assert_eq!(
        other,
        format!("\"{}\"", hash(&third)),
        "the hash of the canonical JSON, which is another representation"
    );
    assert_eq!(other.trim_matches('"'), sha256(&canonical.bytes));
    let known = [("authorization", bearer.as_str()), ("if-none-match", other.as_str())];
    api.send(Method::GET, &path, &known, Vec::new()).await.is(200);
    let known = [known[0], known[1], ("accept", "application/json")];
    api.send(Method::GET, &path, &known, Vec::new()).await.is(304);
    for accept in ["text/csv;q=0.1, application/json;q=0.9", "application/yaml;q=0, */*"] {
        let liked = [("authorization", bearer.as_str()), ("accept", accept)];
        let given = api.send(Method::GET, &path, &liked, Vec::new()).await.is(200);
        assert_eq!(given.header("content-type"), Some("application/json; charset=utf-8"), "{accept}");
    }
    let picture = [("authorization", bearer.as_str()), ("accept", "image/png")];
    let refused = api.send(Method::GET, &path, &picture, Vec::new()).await.problem(406, "not_acceptable");
    assert!(refused.header("vary").is_some_and(|vary| vary.contains("accept")), "{:?}", refused.header("vary"));
    // Whoever read the canonical form may save from it.
    assert_eq!(save(&api, &token, &id, Some(&other), &again).await.is(200).json()["version"], 4);
}

#[actix_web::test]
async fn a_copy_of_a_dataset_is_current_until_something_that_it_shows_changes() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let id = api.dataset(&token, MINIMAL).await;
    let path = format!("{DATASETS}/{id}");
    let bearer = format!("Bearer {token}");
    let known = async |tag: &str| {
        let headers = [("authorization", bearer.as_str()), ("if-none-match", tag)];
        api.send(Method::GET, &path, &headers, Vec::new()).await
    };
    let first = api.get(&path, &token).await.is(200).header("etag").expect("a tag").to_owned();
    assert_eq!(known(&first).await.is(304).header("etag"), Some(first.as_str()));
    known(&format!("W/{first}")).await.is(304);
    api.generation(&token, &id, &json!({})).await;
    let second = known(&first).await.is(200);
    assert_eq!(second.json()["last_generation"]["state"], "succeeded");
    // What was generated meanwhile stands in the way of no change.
    let renamed = api.patch(&path, &token, &first, &json!({"name": "b"})).await.is(200);
    assert_eq!(api.get(&path, &token).await.header("etag"), renamed.header("etag"));
    known(second.header("etag").expect("a tag")).await.is(200);
}

#[actix_web::test]
async fn a_file_of_rows_has_the_name_of_its_table() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let id = api.dataset(&token, &MINIMAL.replace("name: t\n", "name: \"b é\"\n")).await;
    let file = api.get(&format!("{DATASETS}/{id}/tables/b%20%C3%A9/rows?format=csv"), &token).await.is(200);
    let named = "attachment; filename=\"b _.csv\"; filename*=UTF-8''b%20%C3%A9.csv";
    assert_eq!(file.header("content-disposition"), Some(named));
}

#[actix_web::test]
async fn two_changes_within_a_millisecond_are_told_apart() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let id = api.dataset(&token, MINIMAL).await;
    let path = format!("{DATASETS}/{id}");
    // The clock stands still for as long as it takes: the last change lies ahead of it.
    api.sql("UPDATE datasets SET updated_at = '2999-01-01T00:00:00.000Z'");
    let first = api.get(&path, &token).await.is(200).header("etag").expect("a tag").to_owned();
    let second = api.patch(&path, &token, &first, &json!({"name": "b"})).await.is(200);
    assert_ne!(second.header("etag"), Some(first.as_str()));
    api.patch(&path, &token, &first, &json!({"name": "c"})).await.problem(412, "changed_meanwhile");
    api.patch(&path, &token, second.header("etag").expect("a tag"), &json!({"name": "d"})).await.is(200);

    let admin = api.user(Role::Admin);
    let path = format!("/api/v1/users/{}", api.id_of(Role::Editor));
    api.sql("UPDATE users SET updated_at = '2999-01-01T00:00:00.000Z'");
    let first = api.get(&path, &admin).await.is(200).header("etag").expect("a tag").to_owned();
    api.patch(&path, &admin, &first, &json!({"name": "b"})).await.is(200);
    api.patch(&path, &admin, &first, &json!({"name": "c"})).await.problem(412, "changed_meanwhile");
}

#[actix_web::test]
async fn a_body_that_is_no_schema_is_told_so() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let id = api.dataset(&token, MINIMAL).await;
    let bearer = format!("Bearer {token}");
    let path = format!("{DATASETS}/{id}/schema");
    let put = |kind: &'static str, body: Vec<u8>| {
        let headers =
            [("authorization", bearer.clone()), ("content-type", kind.to_owned()), ("if-match", "*".to_owned())];
        (headers, body)
    };
    for (kind, body, status, code) in [
        ("text/plain", b"x".to_vec(), 415, "unsupported_media_type"),
        ("application/yaml", vec![0xff, 0xfe], 422, "invalid_input"),
        ("application/yaml", vec![b' '; 9 << 20], 413, "too_large"),
    ] {
        let (headers, body) = put(kind, body);
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        api.send(Method::PUT, &path, &headers, body).await.problem(status, code);
    }
    assert_eq!(api.get(&path, &token).await.text(), MINIMAL);
}

#[actix_web::test]
async fn a_viewer_reads_and_changes_nothing() {
    let api = Api::new();
    let (editor, viewer) = (api.user(Role::Editor), api.user(Role::Viewer));
    let id = api.dataset(&editor, MINIMAL).await;
    api.get(&format!("{DATASETS}/{id}"), &viewer).await.is(200);
    api.post(DATASETS, &viewer, &json!({"schema_text": MINIMAL})).await.problem(403, "forbidden");
    api.act(Method::DELETE, &format!("{DATASETS}/{id}"), &viewer).await.problem(403, "forbidden");
    save(&api, &viewer, &id, Some("*"), MINIMAL).await.problem(403, "forbidden");
    api.post(&format!("{DATASETS}/{id}/generations"), &viewer, &json!({})).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn rows_of_a_dataset_are_made_while_they_are_read() {
    let api = Api::new();
    let token = api.user(Role::Viewer);
    let editor = api.user(Role::Editor);
    let id = api.dataset(&editor, hiring()).await;
    let path = format!("{DATASETS}/{id}/tables/candidate/rows");
    let all = api.get(&format!("{path}?limit=100"), &token).await.is(200).json();
    let page = api.get(&format!("{path}?limit=3&offset=10"), &token).await.is(200).json();
    assert_eq!(page["items"].as_array().map(Vec::len), Some(3));
    assert_eq!(page["items"][0], all["items"][10]);
    let next = api.get(page["next"].as_str().expect("a next page"), &token).await.is(200).json();
    assert_eq!(next["items"][0], all["items"][13]);
    let other = api.get(&format!("{path}?limit=100&seed=7"), &token).await.is(200).json();
    assert_ne!(other["items"], all["items"]);
    api.get(&format!("{path}?seed=9007199254740992"), &token).await.problem(422, "invalid_input");
    let few = api.get(&format!("{path}?limit=2&set=candidates%3D7"), &token).await.is(200).json();
    assert_eq!((&few["total"], &all["total"]), (&json!(7), &json!(100)));
    let next = few["next"].as_str().expect("a next page");
    assert_eq!(api.get(next, &token).await.is(200).json()["total"], 7, "{next}");
    let last = api.get(&format!("{path}?set=candidates%3D7&set=candidates%3D8"), &token).await.is(200).json();
    assert_eq!(last["total"], 8);
    for (query, pointer) in [("set=candidates", "/set"), ("set=candidate%3D7", "/parameters")] {
        let told = api.get(&format!("{path}?{query}"), &token).await.problem(422, "invalid_input").json();
        assert_eq!(told["errors"][0]["pointer"], pointer, "{told}");
    }
    api.get(&format!("{DATASETS}/{id}/tables/x/rows"), &token).await.problem(404, "not_found");
}

#[actix_web::test]
async fn rows_that_are_picked_have_the_bounds_of_a_query() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let id = api.dataset(&token, &numbers(1 << 53)).await;
    let path = format!("{DATASETS}/{id}/tables/number/rows");
    let get = |query: &str| {
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(query.split('&').map(|pair| pair.split_once(": ").expect("a pair")))
            .finish();
        let (api, token, path) = (&api, &token, format!("{path}?{query}"));
        async move { api.get(&path, token).await }
    };
    for (condition, found, total) in [("n = 5", json!([{"n": 5}]), 1), ("n < 0", json!([]), 0)] {
        let page = get(&format!("where: {condition}&limit: 1")).await.is(200).json();
        assert_eq!((&page["items"], &page["total"]), (&found, &json!(total)), "{condition}");
    }
    let sorted = get("order_by: n&limit: 1").await.is(200).json();
    assert_eq!((&sorted["items"], &sorted["total"]), (&json!([{"n": 1}]), &json!(1_u64 << 53)));
    for (query, pointer) in [
        ("where: n % 7 = 9&limit: 1", "/where"),
        ("where: n % 7 = 9&order_by: n desc&format: csv", "/where"),
        ("order_by: n desc&limit: 1", "/order_by"),
    ] {
        let told = get(&format!("{query}&timeout_ms: 1000")).await.problem(422, "invalid_input").json();
        let error = &told["errors"][0];
        assert_eq!((&error["code"], &error["pointer"]), (&json!("query_too_long"), &json!(pointer)), "{told}");
        assert_eq!(error["params"]["ms"], 1000, "{told}");
    }
    let all = get("where: n % 2 = 0&limit: 1000000&timeout_ms: 999").await.problem(422, "invalid_input").json();
    assert_eq!(all["errors"][0]["pointer"], "/timeout_ms");
    // Whoever leaves gives the turn back, and so does what was stopped: more of them than there are turns.
    for _ in 0..3 {
        let left = get("where: n % 7 = 9");
        tokio::time::timeout(std::time::Duration::from_millis(200), left).await.expect_err("it goes on");
    }
    assert_eq!(get("where: n = 5").await.is(200).json()["total"], 1);
}

//! Lists: filtered, sorted, and paged so that what comes and goes meanwhile neither repeats an item nor leaves one out.

use std::collections::HashSet;

use actix_web::http::Method;
use api::users::Role;
use serde_json::{Value, json};

use crate::support::{Api, PASSWORD, numbers};

fn texts(list: &Value, name: &str) -> Vec<String> {
    let items = list["items"].as_array().expect("items");
    items.iter().map(|item| item[name].as_str().unwrap_or_else(|| panic!("{item}")).to_owned()).collect()
}

/// A list's pages from an address on, one after the other; after each `meanwhile` is done.
async fn pages(api: &Api, token: &str, first: &str, name: &str, meanwhile: impl AsyncFn(usize)) -> Vec<String> {
    let (mut next, mut all) = (first.to_owned(), Vec::new());
    for number in 0.. {
        assert!(number < 50, "{first} does not end");
        let page = api.get(&next, token).await.is(200).json();
        all.extend(texts(&page, name));
        match page["next"].as_str() {
            Some(address) => next = address.to_owned(),
            None => break,
        }
        meanwhile(number).await;
    }
    all
}

#[actix_web::test]
async fn what_is_added_or_removed_between_two_pages_moves_none() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let text = |name: &str| numbers(3).replace("name: numbers", &format!("name: {name}"));
    let mut ids = Vec::new();
    for name in ["e", "d", "c", "b", "a"] {
        ids.push(api.dataset(&token, &text(name)).await);
    }
    // Newest first: each page is followed by a newer dataset, which belongs before it.
    let add = async |_| drop(api.dataset(&token, &text("new")).await);
    let by_change = pages(&api, &token, "/api/v1/datasets?limit=2", "name", add).await;
    assert_eq!(by_change, ["a", "b", "c", "d", "e"]);
    // By name, with what was given already removed.
    let remove = async |number: usize| {
        if let Some(id) = ids.iter().rev().nth(number) {
            api.act(Method::DELETE, &format!("/api/v1/datasets/{id}"), &token).await.is(204);
        }
    };
    let by_name = pages(&api, &token, "/api/v1/datasets?order_by=name&limit=1", "name", remove).await;
    assert_eq!(by_name[..5], ["a", "b", "c", "d", "e"]);
    assert!(by_name[5..].iter().all(|name| name == "new") && by_name.len() > 5, "equal names are told apart");
    let descending = api.get("/api/v1/datasets?order_by=name desc&limit=1".replace(' ', "%20").as_str(), &token).await;
    assert_eq!(texts(&descending.is(200).json(), "name"), ["new"]);
    // Equal ones by their ids, in a direction of their own.
    let path = "/api/v1/datasets?search=new&limit=1&order_by=name%20desc";
    let ways = [",id", ",%20id%20asc", ",id%20desc", ""];
    let mut sorted = Vec::new();
    for way in ways {
        sorted.push(pages(&api, &token, &format!("{path}{way}"), "id", async |_| ()).await);
    }
    assert!(sorted[0].is_sorted() && sorted[0].len() > 1 && sorted[0] == sorted[1], "{sorted:?}");
    assert!(sorted[2].iter().rev().eq(&sorted[0]) && sorted[2] == sorted[3], "{sorted:?}");
    // A cursor belongs to its order and direction, and stands in the place of an offset.
    let page = api.get("/api/v1/datasets?order_by=name&limit=1", &token).await.is(200).json();
    let (_, cursor) = page["next"].as_str().and_then(|next| next.split_once("cursor=")).expect("a cursor");
    for (query, pointer) in [
        (format!("order_by=name&offset=0&cursor={cursor}"), None),
        (format!("order_by=name%20asc&search=e&cursor={cursor}"), None),
        (format!("order_by=created_at&cursor={cursor}"), Some("/cursor")),
        (format!("order_by=name%20desc&cursor={cursor}"), Some("/cursor")),
        (format!("cursor={cursor}"), Some("/cursor")),
        (format!("order_by=name&offset=1&cursor={cursor}"), Some("/offset")),
    ] {
        let answer = api.get(&format!("/api/v1/datasets?{query}"), &token).await;
        match pointer {
            None => drop(answer.is(200)),
            Some(pointer) => {
                let told = answer.problem(422, "invalid_input").json();
                assert_eq!(told["errors"][0]["pointer"], json!(pointer), "{told}");
            }
        }
    }
    for wrong in
        ["order_by=size", "order_by=name%20down", "order_by=name,size", "order_by=id", "cursor=7", "cursor=x:y"]
    {
        let told = api.get(&format!("/api/v1/datasets?{wrong}"), &token).await.problem(422, "invalid_input").json();
        let pointer = format!("/{}", wrong.split('=').next().expect("a name"));
        assert_eq!(told["errors"][0]["pointer"], json!(pointer), "{told}");
    }
}

#[actix_web::test]
async fn names_are_found_and_sorted_whatever_their_case_and_accents() {
    let api = Api::new();
    let (token, admin) = (api.user(Role::Editor), api.user(Role::Admin));
    for name in ["servicio", "Selección 2026", "Ñandú", "Zeta", "Salud", "área", "Selva"] {
        api.dataset(&token, &numbers(3).replace("name: numbers", &format!("name: {name}"))).await;
    }
    let none = async |_| {};
    let sorted = ["área", "Ñandú", "Salud", "Selección 2026", "Selva", "servicio", "Zeta"];
    let path = "/api/v1/datasets?order_by=name&limit=1";
    assert_eq!(pages(&api, &token, path, "name", none).await, sorted);
    let path = "/api/v1/datasets?order_by=name%20desc&limit=2";
    assert!(pages(&api, &token, path, "name", none).await.iter().eq(sorted.iter().rev()));
    for (search, expected) in
        [("seleccion", "Selección 2026"), ("SELECCI%C3%93N", "Selección 2026"), ("nandu", "Ñandú"), ("AREA", "área")]
    {
        let found = api.get(&format!("/api/v1/datasets?search={search}"), &token).await.is(200).json();
        assert_eq!(texts(&found, "name"), [expected], "{search}");
    }
    let address = json!({"email": "zoe@example.com", "name": "Zoé Núñez", "role": "viewer", "password": PASSWORD});
    api.post("/api/v1/users", &admin, &address).await.is(201);
    let found = api.get("/api/v1/users?search=zoe%20nunez", &admin).await.is(200).json();
    assert_eq!(texts(&found, "email"), ["zoe@example.com"]);
}

#[actix_web::test]
async fn generations_and_exports_are_filtered_and_sorted() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, &numbers(3)).await;
    let other = api.dataset(&token, &numbers(3).replace("name: numbers", "name: 100%")).await;
    let mut made = Vec::new();
    for dataset in [&dataset, &dataset, &other] {
        let generation = api.generation(&token, dataset, &json!({})).await;
        made.push(generation["id"].as_str().expect("an id").to_owned());
    }
    let none = async |_| {};
    let newest = pages(&api, &token, "/api/v1/generations?limit=1", "id", none).await;
    assert_eq!(newest, made.iter().rev().cloned().collect::<Vec<_>>());
    let oldest = pages(&api, &token, "/api/v1/generations?order_by=created_at&limit=1", "id", none).await;
    assert_eq!(oldest, made);
    // A new one comes before those that were given, and repeats none.
    let add = async |_| drop(api.generation(&token, &dataset, &json!({})).await);
    let steady = pages(&api, &token, "/api/v1/generations?limit=2", "id", add).await;
    assert_eq!(steady, newest);
    let total = async |path: &str| api.get(path, &token).await.is(200).json()["total"].clone();
    assert_eq!(total("/api/v1/generations?search=100%25").await, 1);
    assert_eq!(total("/api/v1/generations?search=NUMB&state=succeeded").await, 3);
    assert_eq!(total("/api/v1/generations?search=numb&state=failed").await, 0);
    let by_state = pages(&api, &token, "/api/v1/generations?order_by=state%20desc&limit=1", "id", none).await;
    assert_eq!(by_state.iter().collect::<HashSet<_>>().len(), 4);

    let exports = format!("/api/v1/generations/{}/exports", made[0]);
    for format in ["csv", "jsonl", "parquet"] {
        let id = api.post(&exports, &token, &json!({"format": format})).await.is(202).json();
        let path = format!("/api/v1/exports/{}", id["id"].as_str().expect("an id"));
        assert_eq!(api.ended(&token, &path).await["state"], "succeeded");
    }
    let formats = |order: &'static str| pages(&api, &token, order, "format", none);
    assert_eq!(formats("/api/v1/exports?order_by=format&limit=1").await, ["csv", "jsonl", "parquet"]);
    assert_eq!(formats("/api/v1/exports?order_by=format%20desc&limit=2").await, ["parquet", "jsonl", "csv"]);
    assert_eq!(formats("/api/v1/exports?limit=1&format=jsonl").await, ["jsonl"]);
    assert_eq!(formats("/api/v1/exports?search=.parq&state=succeeded").await, ["parquet"]);
    assert_eq!(total(&format!("{exports}?state=failed")).await, 0);
    for wrong in ["/api/v1/exports?format=doc", "/api/v1/exports?order_by=size", "/api/v1/generations?order_by=rows"] {
        api.get(wrong, &token).await.problem(422, "invalid_input");
    }
}

#[actix_web::test]
async fn users_keys_versions_and_the_audit_trail_are_sorted() {
    let api = Api::new();
    let (admin, editor) = (api.user(Role::Admin), api.user(Role::Editor));
    for (email, name) in [("zoe@example.com", "Ana"), ("ben@example.com", "Zoe")] {
        let user = json!({"email": email, "name": name, "role": "viewer", "password": PASSWORD});
        api.post("/api/v1/users", &admin, &user).await.is(201);
    }
    let none = async |_| {};
    let users = |path: &'static str| pages(&api, &admin, path, "name", none);
    assert_eq!(users("/api/v1/users?limit=1").await, ["admin", "Zoe", "editor", "Ana"]);
    assert_eq!(users("/api/v1/users?limit=3&order_by=email%20desc").await, ["Ana", "editor", "Zoe", "admin"]);
    assert_eq!(users("/api/v1/users?limit=1&role=viewer&order_by=name").await, ["Ana", "Zoe"]);
    assert_eq!(users("/api/v1/users?limit=2&order_by=created_at").await, ["admin", "editor", "Ana", "Zoe"]);

    for name in ["one", "two", "three"] {
        api.post("/api/v1/api-keys", &editor, &json!({"name": name})).await.is(201);
    }
    let keys = |path: &'static str| pages(&api, &editor, path, "name", none);
    assert_eq!(keys("/api/v1/api-keys?limit=1").await, ["three", "two", "one"]);
    assert_eq!(keys("/api/v1/api-keys?limit=2&order_by=name").await, ["one", "three", "two"]);
    assert_eq!(keys("/api/v1/api-keys?search=W").await, ["two"]);

    let dataset = api.dataset(&editor, &numbers(1)).await;
    let save = async |rows: u64| {
        let bearer = format!("Bearer {editor}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/yaml"), ("if-match", "*")];
        let path = format!("/api/v1/datasets/{dataset}/schema");
        api.send(Method::PUT, &path, &headers, numbers(rows).into_bytes()).await.is(200);
    };
    save(2).await;
    save(3).await;
    let versions = format!("/api/v1/datasets/{dataset}/versions");
    let first = api.get(&format!("{versions}?limit=2"), &editor).await.is(200).json();
    save(4).await;
    let next = api.get(first["next"].as_str().expect("a next page"), &editor).await.is(200).json();
    let numbers: Vec<&Value> = [&first, &next]
        .iter()
        .flat_map(|page| page["items"].as_array().expect("items"))
        .map(|v| &v["version"])
        .collect();
    assert_eq!(numbers, [&json!(3), &json!(2), &json!(1)], "each once, though there is a fourth now");
    assert_eq!((&next["total"], &next["next"]), (&json!(4), &Value::Null));

    api.post("/api/v1/users", &editor, &json!({})).await.problem(403, "forbidden");
    let trail = |path: &'static str| pages(&api, &admin, path, "operation", none);
    let newest = trail("/api/v1/admin/audit?limit=3").await;
    let mut oldest = trail("/api/v1/admin/audit?limit=2&order_by=at").await;
    oldest.reverse();
    assert_eq!(newest, oldest);
    let page = api.get("/api/v1/admin/audit?limit=1", &admin).await.is(200).json();
    let next = page["next"].as_str().expect("a next page");
    api.get(&format!("{next}&order_by=at"), &admin).await.problem(422, "invalid_input");
    api.get("/api/v1/admin/audit?order_by=at,id", &admin).await.problem(422, "invalid_input");
    api.get(&format!("{versions}?cursor=3&offset=1"), &editor).await.problem(422, "invalid_input");
    assert_eq!(trail("/api/v1/admin/audit?outcome=refused").await, ["create_user"]);
    assert_eq!(trail("/api/v1/admin/audit?since=2999-01-01T00:00:00Z").await, Vec::<String>::new());
    assert_eq!(trail("/api/v1/admin/audit?since=2020-01-01T00:00:00Z&limit=1").await, newest);
}

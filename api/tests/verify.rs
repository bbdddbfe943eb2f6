//! Files that are sent to be proved.

use std::fs;
use std::io::Write;

use actix_web::http::Method;
use api::users::Role;
use serde_json::json;

use crate::support::{Answer, Api, Part, form};

const VERIFY: &str = "/api/v1/verify";

const SCHEMA: &str = "name: shop\nparameters:\n  most: 9\ntables:\n  - name: item\n    rows: 3\n    primary_key: [id]\n    columns:\n      - { name: id, generator: { type: sequence } }\n      - { name: price, generator: { type: integer, min: 1, max: 9 } }\n  - name: sale\n    rows: 2\n    columns:\n      - { name: number, generator: { type: sequence } }\n      - { name: item }\n    foreign_keys:\n      - { columns: [item], references: { table: item, columns: [id] } }\n";

const ITEMS: &str = "id,price\n1,5\n2,6\n3,7\n";
const SALES: &str = "number,item\n1,3\n2,1\n";

/// Sends a form, and sees that nothing is left of it.
async fn verify(api: &Api, token: &str, parts: &[Part<'_>], accept: &str) -> Answer {
    let (media_type, body) = form(parts);
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", &media_type), ("accept", accept)];
    let answer = api.send(Method::POST, VERIFY, &headers, body).await;
    leaves_nothing(api);
    answer
}

#[track_caller]
fn leaves_nothing(api: &Api) {
    let left = fs::read_dir(api.folder.path().join("uploads")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "files are left behind");
}

fn parts<'a>(items: &'a str, sales: &'a str) -> [Part<'a>; 3] {
    [Part::text("schema", SCHEMA), Part::file("item.csv", items.as_bytes()), Part::file("sale.csv", sales.as_bytes())]
}

#[track_caller]
fn problem(answer: Answer, pointer: &str, sentence: &str) {
    let told = answer.problem(422, "invalid_input").json();
    let errors = told["errors"].as_array().expect("errors");
    let has = |key: &str, part: &str| errors.iter().any(|e| e[key].as_str().is_some_and(|text| text.contains(part)));
    assert!(has("pointer", pointer) && has("detail", sentence), "{told}");
}

#[actix_web::test]
async fn files_that_obey_get_a_certificate_and_others_one_that_says_what_is_broken() {
    let api = Api::new();
    let token = api.user(Role::Viewer);
    let proof = verify(&api, &token, &parts(ITEMS, SALES), "*/*").await.is(200).json();
    assert_eq!(proof["dataset"], "shop");
    assert_eq!(proof["tables"], json!([{"name": "item", "rows": 3}, {"name": "sale", "rows": 2}]));
    let results = proof["results"].as_array().expect("results");
    assert!(results.iter().all(|result| result["broken"] == 0), "{proof}");
    assert_eq!(proof["notes"], json!([]));

    let tampered = verify(&api, &token, &parts("id,price\n1,5\n1,6\n3,7\n", "number,item\n1,8\n2,1\n"), "*/*").await;
    let proof = tampered.is(200).json();
    let broken = |id: &str| {
        let results = proof["results"].as_array().expect("results");
        results.iter().find(|result| result["id"] == id).map(|result| result["broken"].clone())
    };
    assert_eq!(broken("primary-key:item"), Some(json!(1)), "{proof}");
    assert_eq!(broken("foreign-key:sale.item"), Some(json!(1)), "{proof}");

    // A row more than the schema has, unless the generation is said to have made as many.
    let more = "id,price\n1,5\n2,6\n3,7\n4,8\n";
    let proof = verify(&api, &token, &parts(more, SALES), "*/*").await.is(200).json();
    let results = proof["results"].as_array().expect("results");
    let of_rows = results.iter().find(|result| result["id"] == "rows:item").expect("a statement");
    assert_eq!((&of_rows["checked"], &of_rows["broken"]), (&json!(4), &json!(1)), "{proof}");
    let mut said = parts(more, SALES).to_vec();
    said.push(Part::text("rows", r#"{"item": 4}"#));
    let proof = verify(&api, &token, &said, "*/*").await.is(200).json();
    let results = proof["results"].as_array().expect("results");
    assert!(results.iter().all(|result| result["broken"] == 0), "{proof}");

    let unreadable = verify(&api, &token, &parts("id,price\n1,5\n2,much\n3,more\n", SALES), "*/*").await;
    let proof = unreadable.is(200).json();
    let results = proof["results"].as_array().expect("results");
    let of_price = results.iter().find(|result| result["id"] == "type:item.price").expect("a statement");
    assert_eq!((&of_price["checked"], &of_price["broken"]), (&json!(3), &json!(2)));
    assert_eq!(
        of_price["examples"],
        json!([{ "row_number": 2, "price": "much" }, { "row_number": 3, "price": "more" }])
    );
}

#[actix_web::test]
async fn a_certificate_may_be_a_page_that_can_do_nothing() {
    let api = Api::new();
    let token = api.user(Role::Viewer);
    let page = verify(&api, &token, &parts(ITEMS, SALES), "text/html,application/xhtml+xml").await.is(200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.header("content-security-policy").is_some_and(|policy| policy.starts_with("sandbox;")));
    assert!(page.text().contains("primary-key:item"));
}

#[actix_web::test]
async fn what_is_wrong_with_the_form_is_told_with_its_part() {
    let api = Api::new();
    let token = api.user(Role::Viewer);
    let send = |parts: Vec<Part<'static>>| {
        let (api, token) = (&api, &token);
        async move { verify(api, token, &parts, "*/*").await }
    };
    let item = || Part::file("item.csv", ITEMS.as_bytes());
    let sale = || Part::file("sale.csv", SALES.as_bytes());
    let schema = || Part::text("schema", SCHEMA);
    problem(send(vec![item(), sale()]).await, "/schema", "a schema is missing");
    problem(send(vec![schema(), schema(), item()]).await, "/schema", "is there twice");
    problem(send(vec![schema(), Part::text("tables", "x")]).await, "", "\"tables\" is no part of this form");
    problem(send(vec![Part::text("schema", "name: x"), item()]).await, "", "the key \"tables\" is missing");
    problem(send(vec![schema(), item()]).await, "/file", "no rows were found for the table \"sale\"");
    problem(
        send(vec![schema(), item(), sale(), Part::file("items.csv", b"id\n1\n")]).await,
        "/file",
        "items.csv: the schema has no table \"items\"; did you mean \"item\"?",
    );
    problem(
        send(vec![schema(), item(), Part::file("sale.docx", b"x")]).await,
        "/file",
        "sale.docx: its extension names",
    );
    problem(
        send(vec![schema(), item(), Part::file("sale", b"x")]).await,
        "/file",
        "sale: its extension names no format",
    );
    problem(send(vec![schema(), item(), Part::file("sale.parquet", b"PAR1 and no more")]).await, "/file", "sale");
    problem(send(vec![schema(), item(), Part::file("sale.csv.gz", b"\x1f\x8b\x08\x00cut")]).await, "/file", "sale");
    problem(send(vec![schema(), sale(), Part::file("item.csv", b"id,price\n1\n")]).await, "/file", "item row 1");
    problem(
        send(vec![schema(), item(), sale(), Part::text("parameters", "[1]")]).await,
        "/parameters",
        "is not a JSON object",
    );
    problem(
        send(vec![schema(), item(), sale(), Part::text("parameters", r#"{"least": 1}"#)]).await,
        "/parameters",
        "no parameter \"least\"",
    );
    problem(send(vec![schema(), item(), sale(), Part::text("rows", "4")]).await, "/rows", "is not a JSON object");
    problem(send(vec![schema(), item(), sale(), Part::text("scale", "-1")]).await, "/scale", "-1 is no number above 0");
    let most = Part::text("parameters", r#"{"most": 8}"#);
    send(vec![schema(), most, item(), sale()]).await.is(200);
}

#[actix_web::test]
async fn what_is_no_form_or_is_cut_off_is_refused_and_leaves_nothing() {
    let api = Api::new();
    let token = api.user(Role::Viewer);
    let bearer = format!("Bearer {token}");
    let (media_type, body) = form(&parts(ITEMS, SALES));
    let send = |media_type: &'static str, body: Vec<u8>| {
        let (api, bearer) = (&api, bearer.as_str());
        async move {
            let headers = [("authorization", bearer), ("content-type", media_type)];
            let answer = api.send(Method::POST, VERIFY, &headers, body).await;
            leaves_nothing(api);
            answer
        }
    };
    send("application/json", b"{}".to_vec()).await.problem(415, "unsupported_media_type");
    send("multipart/form-data", body.clone()).await.problem(400, "malformed_request");
    send("multipart/form-data; boundary=other", body.clone()).await.problem(400, "malformed_request");
    for cut in [1, body.len() / 3, body.len() / 2, body.len() - 3] {
        let headers = [("authorization", bearer.as_str()), ("content-type", &media_type)];
        let answer = api.send(Method::POST, VERIFY, &headers, body[..cut].to_vec()).await;
        leaves_nothing(&api);
        answer.problem(400, "malformed_request");
    }
}

#[actix_web::test]
async fn an_upload_is_at_most_as_large_as_the_setting_says_compressed_or_not() {
    let api = Api::with(&[("MAX_UPLOAD_MB", "1")]);
    let token = api.user(Role::Viewer);
    let long = format!("{ITEMS}{}", "4,4\n".repeat(400_000));
    let told = verify(&api, &token, &parts(&long, SALES), "*/*").await.problem(413, "too_large").json();
    assert_eq!(told["detail"], "the upload is larger than 1 MB, the MAX_UPLOAD_MB of this server");
    // Small on its way and large on the disk.
    let mut packing = formats::compress(Vec::new(), formats::Compression::Gzip).expect("a compressor");
    packing.write_all(ITEMS.as_bytes()).expect("written");
    for _ in 0..3000 {
        packing.write_all("4,4\n".repeat(1024).as_bytes()).expect("written");
    }
    let packed = packing.finish().expect("packed");
    assert!(packed.len() < 1 << 19, "{}", packed.len());
    let bomb = [Part::text("schema", SCHEMA), Part::file("item.csv.gz", &packed), Part::file("sale.csv", b"")];
    problem(
        verify(&api, &token, &bomb, "*/*").await,
        "/file",
        "item.csv.gz: it has more than 10 MB once it is decompressed",
    );
}

#[actix_web::test]
async fn what_a_killed_server_left_is_swept_at_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let left = folder.path().join("uploads/abc");
    fs::create_dir_all(&left).expect("a folder");
    fs::write(left.join("0"), "half a file").expect("a file");
    let app = api::App::open(crate::support::config(&folder, &[])).expect("an app");
    assert!(!folder.path().join("uploads").exists());
    drop(app);
}

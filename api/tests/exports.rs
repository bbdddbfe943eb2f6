//! Exports: the files that the command line makes, by token and by link, whole and by range.

use std::io::{Cursor, Read};
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::web;
use api::Cancellation;
use api::generations::{Output, Request, Rows, Target, generate};
use api::storage::Room;
use api::users::Role;
use engine::plan;
use engine::schema::Overrides;
use formats::FORMATS;
use serde_json::{Value, json};

use crate::support::{Api, hiring};

/// A generation of the example, and its exports' address.
async fn generated(api: &Api, token: &str) -> String {
    let dataset = api.dataset(token, hiring()).await;
    let generation = api.generation(token, &dataset, &json!({})).await;
    format!("/api/v1/generations/{}/exports", generation["id"].as_str().expect("an id"))
}

async fn export(api: &Api, token: &str, path: &str, body: &Value) -> Value {
    let id = api.post(path, token, body).await.is(202).json()["id"].as_str().expect("an id").to_owned();
    let export = api.ended(token, &format!("/api/v1/exports/{id}")).await;
    assert_eq!(export["state"], "succeeded", "{export}");
    export
}

async fn content(api: &Api, token: &str, export: &Value) -> Vec<u8> {
    api.get(&format!("/api/v1/exports/{}/content", export["id"].as_str().expect("an id")), token).await.is(200).bytes
}

#[actix_web::test]
async fn the_files_are_those_of_the_command_line_byte_for_byte() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let path = generated(&api, &token).await;
    let plan = plan::compile_text(hiring(), &Overrides::new(), &plan::Options::default()).plan.expect("a plan");
    let folder = tempfile::tempdir().expect("a folder");
    for format in FORMATS.iter().copied() {
        let request = Request {
            tables: None,
            rows: Rows::Planned,
            range: None,
            output: Output { target: Target::Folder(folder.path().to_owned()), format, compression: None },
            options: formats::Options::default(),
            threads: 2,
            room: Room::default(),
        };
        let plan = Arc::clone(&plan);
        let made = web::block(move || generate(&plan, &request, &Cancellation::default(), &mut |_| {})).await;
        let files = made.expect("a thread").expect("files");
        let export = export(&api, &token, &path, &json!({"format": format.name()})).await;
        let bytes = content(&api, &token, &export).await;
        assert_eq!(export["size_bytes"].as_u64(), Some(bytes.len() as u64));
        if format.holds_all_tables() {
            assert_eq!(export["file_name"], format!("hiring.{}", format.extension()));
            assert!(bytes == std::fs::read(&files.paths[0]).expect("a file"), "{}", format.name());
            continue;
        }
        assert_eq!(export["file_name"], format!("hiring-{}.zip", format.name()));
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
        assert_eq!(archive.len(), files.paths.len());
        for (index, file) in files.paths.iter().enumerate() {
            let mut entry = archive.by_index(index).expect("an entry");
            let name = entry.name().expect("a name").into_owned();
            assert_eq!(Some(name.as_str()), file.file_name().and_then(|name| name.to_str()));
            let mut inside = Vec::new();
            entry.read_to_end(&mut inside).expect("bytes");
            assert!(inside == std::fs::read(file).expect("a file"), "{}", file.display());
        }
    }
}

#[actix_web::test]
async fn choices_tables_and_compression_are_those_that_were_asked_for() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let path = generated(&api, &token).await;
    let body = json!({"format": "csv", "tables": ["candidate"], "options": {"delimiter": ";", "bom": true}});
    let one = export(&api, &token, &path, &body).await;
    assert_eq!((&one["file_name"], &one["tables"]), (&json!("candidate.csv"), &json!(["candidate"])));
    let text = String::from_utf8(content(&api, &token, &one).await).expect("text");
    assert!(text.starts_with("\u{feff}id;document;"), "{}", &text[..40]);
    let same = export(
        &api,
        &token,
        &path,
        &json!({"options": {"bom": true, "delimiter": ";"}, "tables": ["candidate"], "format": "csv"}),
    )
    .await;
    assert_eq!(same["id"], one["id"], "the same request finds the same file");
    let packed = json!({"format": "csv", "tables": ["candidate"], "compression": "gzip"});
    let packed = export(&api, &token, &path, &packed).await;
    assert_eq!(packed["file_name"], "candidate.csv.gz");
    assert_eq!(content(&api, &token, &packed).await[..2], [0x1f, 0x8b]);
    assert_eq!(api.get("/api/v1/exports", &token).await.is(200).json()["total"], 2);
    assert_eq!(api.get(&path, &token).await.is(200).json()["total"], 2);

    let wrong =
        json!({"format": "csv", "tables": ["x"], "options": {"delimiter": "ab", "quote": 1}, "compression": "rar"});
    let told = api.post(&path, &token, &wrong).await.problem(422, "invalid_input").json();
    let pointers: Vec<&str> =
        told["errors"].as_array().into_iter().flatten().filter_map(|error| error["pointer"].as_str()).collect();
    assert_eq!(pointers, ["/options/delimiter", "/options/quote", "/compression", "/tables/0"]);
    api.post(&path, &token, &json!({"format": "xlsx", "compression": "gzip"})).await.problem(422, "invalid_input");
    api.post(&path, &token, &json!({"format": "xlxs"})).await.problem(422, "invalid_input");
}

#[actix_web::test]
async fn a_link_works_without_a_token_and_for_its_one_file() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let path = generated(&api, &token).await;
    let one = export(&api, &token, &path, &json!({"format": "csv", "tables": ["company"]})).await;
    let two = export(&api, &token, &path, &json!({"format": "csv", "tables": ["candidate"]})).await;
    let id = |export: &Value| export["id"].as_str().expect("an id").to_owned();
    let link = api.act(Method::POST, &format!("/api/v1/exports/{}/link", id(&one)), &token).await.is(200).json();
    let url = link["url"].as_str().expect("an address").to_owned();
    let fetched = api.send(Method::GET, &url, &[], Vec::new()).await.is(200);
    assert_eq!(
        fetched.header("content-disposition"),
        Some("attachment; filename=\"company.csv\"; filename*=UTF-8''company.csv")
    );
    let etag = fetched.header("etag").expect("a tag").to_owned();
    api.send(Method::GET, &url, &[("if-none-match", &etag)], Vec::new()).await.is(304);
    let other = url.replace(&id(&one), &id(&two));
    api.send(Method::GET, &other, &[], Vec::new()).await.problem(401, "unauthenticated");
    api.send(Method::GET, url.split('?').next().expect("a path"), &[], Vec::new())
        .await
        .problem(401, "unauthenticated");

    let whole = fetched.bytes;
    let part = api.send(Method::GET, &url, &[("range", "bytes=2-5")], Vec::new()).await.is(206);
    assert_eq!(part.bytes, whole[2..6]);
    assert_eq!(part.header("content-range"), Some(format!("bytes 2-5/{}", whole.len()).as_str()));
    let stale = [("range", "bytes=2-5"), ("if-range", "\"another\"")];
    assert_eq!(api.send(Method::GET, &url, &stale, Vec::new()).await.is(200).bytes, whole);
    api.send(Method::GET, &url, &[("range", "bytes=99999-")], Vec::new()).await.problem(416, "unsatisfiable_range");

    api.act(Method::DELETE, &format!("/api/v1/exports/{}", id(&one)), &token).await.is(204);
    api.send(Method::GET, &url, &[], Vec::new()).await.problem(404, "not_found");
}

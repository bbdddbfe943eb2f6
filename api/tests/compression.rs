//! What is compressed on its way, and what is not.

use actix_web::http::Method;
use api::users::Role;
use serde_json::json;

use crate::support::{Answer, Api, hiring, numbers};

/// GET with a token, and what else is accepted.
async fn get(api: &Api, path: &str, token: &str, more: &[(&str, &str)]) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [&[("authorization", bearer.as_str())], more].concat();
    api.send(Method::GET, path, &headers, Vec::new()).await
}

#[actix_web::test]
async fn answers_are_compressed_for_whoever_takes_that() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, hiring()).await;
    let rows = format!("/api/v1/datasets/{dataset}/tables/candidate/rows?limit=100");
    for path in ["/openapi.json", "/api/v1/generators", &rows] {
        let plain = get(&api, path, &token, &[]).await.is(200);
        assert_eq!(plain.header("content-encoding"), None, "{path}");
        for (accepted, used) in [
            ("gzip", Some("gzip")),
            ("br", Some("br")),
            ("gzip;q=0.5, br", Some("br")),
            ("br;q=0, gzip", Some("gzip")),
            ("zstd, gzip;q=0.1", Some("gzip")),
            ("zstd", None),
            ("identity", None),
        ] {
            let answer = get(&api, path, &token, &[("accept-encoding", accepted)]).await.is(200);
            assert_eq!(answer.header("content-encoding").filter(|used| *used != "identity"), used, "{path} {accepted}");
            match used {
                None => assert_eq!(answer.bytes, plain.bytes, "{path} {accepted}"),
                Some(_) => {
                    assert!(answer.bytes.len() < plain.bytes.len() / 2, "{path} {accepted}: {}", answer.bytes.len());
                    let varies: Vec<&str> = answer
                        .headers
                        .iter()
                        .filter(|(name, _)| name == "vary")
                        .flat_map(|(_, value)| value.split(',').map(str::trim))
                        .collect();
                    let has = |wanted: &str| varies.iter().any(|name| name.eq_ignore_ascii_case(wanted));
                    assert!(has("accept-encoding"), "{path} {accepted}: {varies:?}");
                }
            }
            if used == Some("gzip") {
                assert_eq!(answer.bytes[..2], [0x1f, 0x8b], "{path} {accepted}");
            }
        }
    }
    // A problem is told as well.
    let told = get(&api, "/api/v1/datasets/x", &token, &[("accept-encoding", "gzip")]).await.is(404);
    assert_eq!(told.header("content-type"), Some("application/problem+json"));
}

#[actix_web::test]
async fn events_and_files_by_range_are_sent_as_they_are() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, &numbers(20_000)).await;
    let generation = api.generation(&token, &dataset, &json!({})).await;
    let own = format!("/api/v1/generations/{}", generation["id"].as_str().expect("an id"));
    let all = ("accept-encoding", "br, gzip, zstd, deflate");
    let events = get(&api, &format!("{own}/events"), &token, &[all]).await.is(200);
    assert!(events.text().starts_with("event: progress\n"), "{}", events.text());
    assert!(matches!(events.header("content-encoding"), None | Some("identity")));

    let asked = api.post(&format!("{own}/exports"), &token, &json!({"format": "csv"})).await.is(202).json();
    let export = format!("/api/v1/exports/{}", asked["id"].as_str().expect("an id"));
    assert_eq!(api.ended(&token, &export).await["state"], "succeeded");
    let content = format!("{export}/content");
    let whole = get(&api, &content, &token, &[all]).await.is(200);
    assert!(whole.text().starts_with("n\n1\n2\n"));
    let part = get(&api, &content, &token, &[all, ("range", "bytes=2-5")]).await.is(206);
    assert_eq!((part.text().as_str(), part.bytes.len()), (&whole.text()[2..6], 4));
    for answer in [&whole, &part] {
        assert!(matches!(answer.header("content-encoding"), None | Some("identity")));
    }
}

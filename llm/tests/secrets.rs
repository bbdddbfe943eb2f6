//! The key is in the one header that carries it, and nowhere else.

use llm::assistant::{Session, change_schema};
use llm::fill::fill;
use llm::store::{MemoryStore, Store};
use llm::{Cancel, Config};
use scripted_model::{Fault, keep_log, kept_log};
use serde_json::json;

use super::support::{KEY, ask, client, faulty, pool, soon, unwatched};

#[tokio::test]
async fn the_key_is_in_no_sentence_log_or_debug() {
    let listens = keep_log();
    let mut shown = String::new();
    let repeats =
        json!({"error": {"message": format!("wrong key {KEY} or sk-test-****ghij, {}", &KEY[..20])}}).to_string();
    for fault in [
        Fault::Unauthorized,
        Fault::Status(403, repeats.clone()),
        Fault::Status(400, repeats.clone()),
        Fault::Status(404, repeats.clone()),
        Fault::Status(500, format!("<p>{KEY}</p>")),
        Fault::RateLimited(None),
        Fault::InvalidBody,
        Fault::InvalidJson,
        Fault::Refusal,
        Fault::Cut,
        Fault::Hang,
    ] {
        let server = faulty(vec![fault; 12]);
        let client = client(&server);
        let asked = ask(&client).await;
        let failure = asked.answer.as_ref().expect_err("a fault");
        shown.push_str(&format!("{failure}\n{asked:?}\n{client:?}\n{:?}\n", client.config()));
        let (store, ceiling, cancel) = (MemoryStore::default(), client.ceiling(None), Cancel::new());
        let wanted = pool("x", json!({"type": "string"}), 5);
        let outcome = soon(fill(&client, &store, &wanted, &ceiling, &cancel, &unwatched)).await;
        let kept = store.kept(&wanted.question.address(client.model())).await;
        shown.push_str(&format!("{outcome:?} {kept:?} {store:?}\n"));
        let session = Session { client: &client, ceiling: &ceiling, cancel: &cancel, listener: None };
        let present = json!({"name": "x", "tables": [{"name": "t", "rows": 1, "columns": [{"name": "a"}]}]});
        shown.push_str(&format!("{:?}\n", soon(change_schema(session, &present, "more", &[])).await));
        for request in server.requests() {
            let holders: Vec<&str> = request
                .headers
                .iter()
                .filter(|(_, value)| value.contains(KEY))
                .map(|(name, _)| name.as_str())
                .collect();
            assert_eq!(holders, ["authorization"]);
            assert!(!request.body.to_string().contains(KEY));
        }
    }
    // The name of a proxy or a host is shown; so a key has no place in a URL.
    assert!(Config::parse_base_url("https://u:sk-test-0123456789@host/v1").is_err());
    shown.push_str(&kept_log());
    for part in [KEY, &KEY[8..], &KEY[..16], "0123456789"] {
        assert!(
            !shown.contains(part),
            "{part} in {}",
            shown.lines().find(|line| line.contains(part)).unwrap_or_default()
        );
    }
    assert!(!listens || kept_log().contains("language model"), "what happened is logged");
}

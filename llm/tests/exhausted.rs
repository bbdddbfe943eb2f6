//! What a model has no more of, and what servers and accounts do meanwhile.

use engine::llm::{OnError, Wanted};
use llm::fill::{Filled, fill, fill_all};
use llm::store::{MemoryStore, Store};
use llm::{Cancel, Client, Code, Failure};
use scripted_model::{Fault, Script, Server};
use serde_json::{Value, json};

use super::support::{client, faulty, pool, serve, soon, unwatched};

fn text() -> Value {
    json!({"type": "string", "maxLength": 40})
}

async fn filled(client: &Client, store: &MemoryStore, wanted: &Wanted) -> Result<Filled, Failure> {
    soon(fill(client, store, wanted, &client.ceiling(None), &Cancel::new(), &unwatched)).await
}

/// One right answer, and then this for ever.
fn after_one(fault: Fault) -> Server {
    faulty(std::iter::once(Fault::None).chain(vec![fault; 30]))
}

#[tokio::test]
async fn what_servers_and_accounts_do_is_no_end_of_answers() {
    let status = |code: u16, words: &str| Fault::Status(code, json!({"error": {"message": words}}).to_string());
    let cases = [
        ("no credit", status(402, "pay first"), Code::Rejected),
        ("another address", status(404, "no such page"), Code::Rejected),
        ("gone", status(410, "gone"), Code::Rejected),
        ("a request that it does not like", status(400, "no"), Code::Rejected),
        ("a page", Fault::InvalidBody, Code::Unavailable),
        ("nothing", Fault::Body("application/json".to_owned(), String::new()), Code::Unavailable),
        ("no credit by another name", Fault::NoCredit, Code::RateLimited),
    ];
    for (name, fault, code) in cases {
        let server = after_one(fault);
        let (client, store, wanted) = (client(&server), MemoryStore::default(), pool(name, text(), 120));
        let failure = filled(&client, &store, &wanted).await.expect_err(name);
        assert_eq!(failure.code, code, "{name}: {failure}");
        assert!(!failure.detail.contains('\n') && !failure.detail.ends_with('.'), "{name}: {failure}");
        let kept = store.kept(&wanted.question.address(client.model())).await.expect("kept");
        assert_eq!((kept.answers.len(), kept.dry), (50, None), "{name}: what was paid for is kept");
        // Where another generator may stand in, what was paid for is of use all the same.
        let spare = Wanted { on_error: OnError::Fallback, ..wanted.clone() };
        let all = soon(fill_all(&client, &store, &[spare], &client.ceiling(None), &Cancel::new(), &unwatched)).await;
        assert!(all.pools[0].filled.is_err() && all.pools[0].wanted == 120, "{name}");
        assert_eq!(all.pools[0].answers, kept.answers, "{name}");
        let answers = all.answers.expect(name);
        assert_eq!(answers.get(&wanted.question).map(|list| list.to_vec()), Some(kept.answers.clone()), "{name}");
        server.script(|script| script.faults.clear());
        let good = filled(&client, &store, &wanted).await.expect(name);
        assert_eq!((good.answers.len(), good.kept, good.is_exhausted), (120, 50, false), "{name}");
        assert_eq!(good.answers[..50], kept.answers, "{name}");
    }
}

#[tokio::test]
async fn a_model_that_declines_is_asked_again_elsewhere_or_for_more() {
    let server = after_one(Fault::Refusal);
    let (first, store, wanted) = (client(&server), MemoryStore::default(), pool("declined", text(), 120));
    let declined = filled(&first, &store, &wanted).await.expect("some");
    assert_eq!((declined.answers.len(), declined.is_exhausted, declined.tally.refusals), (50, true, 2));
    let calls = server.counts().calls;
    // Who asks the same for as much or less takes what there is, and so does who has no key.
    server.script(|script| script.faults.clear());
    for answers in [120, 60] {
        let again = filled(&first, &store, &Wanted { answers, ..wanted.clone() }).await.expect("kept");
        assert_eq!((again.answers.len(), again.is_exhausted), (50, true));
    }
    let other = serve(Script::default());
    let keyless = filled(&client(&other).with_key(None), &store, &wanted).await.expect("kept");
    assert_eq!((keyless.answers.len(), server.counts().calls, other.counts().calls), (50, calls, 0));
    // Who wants more asks again.
    let more = filled(&first, &store, &Wanted { answers: 130, ..wanted.clone() }).await.expect("more");
    assert_eq!((more.answers.len(), more.is_exhausted), (130, false));
    assert_eq!(more.answers[..50], declined.answers);
    assert_eq!(filled(&first, &store, &wanted).await.expect("kept").answers.len(), 120);

    // Another server is asked, too.
    let (server, store) = (after_one(Fault::EmptyList), MemoryStore::default());
    let dry = filled(&client(&server), &store, &wanted).await.expect("some");
    assert_eq!((dry.answers.len(), dry.is_exhausted), (50, true));
    let elsewhere = filled(&client(&other), &store, &wanted).await.expect("filled");
    assert_eq!((elsewhere.answers.len(), elsewhere.is_exhausted), (120, false));
}

#[tokio::test]
async fn what_a_failed_pool_came_to_is_counted() {
    let server = faulty([Fault::None, Fault::WrongType, Fault::Duplicates, Fault::Refusal, Fault::Unauthorized]);
    let (client, store) = (client(&server), MemoryStore::default());
    let spare = Wanted { on_error: OnError::Fallback, ..pool("counted", text(), 500) };
    let all = soon(fill_all(&client, &store, &[spare], &client.ceiling(None), &Cancel::new(), &unwatched)).await;
    let done = &all.pools[0];
    assert_eq!(done.filled.as_ref().expect_err("401").code, Code::Unauthorized);
    assert_eq!((done.tally.invalid, done.tally.refusals, done.tally.usage.calls), (50, 1, 4), "{done:?}");
    assert!(done.tally.duplicates >= 49 && done.tally.reasons.len() == 1, "{done:?}");
}

#[tokio::test]
async fn what_rows_cannot_hold_is_refused_and_mended_once() {
    let schema = "name: d\ntables:\n  - name: t\n    rows: 9\n    columns:\n      - {name: x, type: integer, generator: {type: llm, prompt: a number, pool: 3}}\n";
    let compiled = engine::plan::compile_text(schema, &Default::default(), &Default::default());
    let plan = compiled.plan.expect("a plan");
    let wanted = plan.wanted(&|| false).expect("a pool").remove(0);
    let answers = vec![json!(1), json!(1e30), json!(9_223_372_036_854_775_808_u64), json!(2), json!(3)];
    let pools = vec![scripted_model::Pool { when: "a number".to_owned(), answers }];
    let server = serve(Script { pools, ..Script::default() });
    let (client, store) = (client(&server), MemoryStore::default());
    let filled = filled(&client, &store, &wanted).await.expect("filled");
    assert_eq!(filled.answers, [json!(1), json!(2), json!(3)]);
    assert_eq!((filled.tally.invalid, filled.tally.reasons.as_slice()), (2, &["it is no integer".to_owned()][..]));
    let said: Vec<bool> = server.requests().iter().map(|r| r.body.to_string().contains("refused")).collect();
    assert_eq!(said, [false, true], "the wrong ones are asked for once more");
    let mut answers = engine::llm::Answers::default();
    answers.insert(wanted.question.clone(), filled.answers);
    let options = engine::plan::Options { answers: Some(std::sync::Arc::new(answers)), ..Default::default() };
    assert!(engine::plan::compile_text(schema, &Default::default(), &options).plan.is_some());
}

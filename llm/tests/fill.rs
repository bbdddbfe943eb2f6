//! Pools are filled, and paid for once.

use std::collections::HashSet;
use std::sync::Mutex;

use engine::llm::{OnError, Wanted};
use llm::fill::{fill, fill_all};
use llm::store::{MemoryStore, Store};
use llm::{Cancel, Client, Code, Config};
use scripted_model::{Fault, Pool, Script};
use serde_json::{Value, json};

use super::support::{client, config, faulty, pool, serve, soon, unwatched};

fn text() -> Value {
    json!({"type": "string", "maxLength": 40})
}

async fn filled(client: &Client, store: &MemoryStore, wanted: &Wanted) -> Result<llm::fill::Filled, llm::Failure> {
    let ceiling = client.ceiling(None);
    soon(fill(client, store, wanted, &ceiling, &Cancel::new(), &unwatched)).await
}

/// A completion of these words, or of none.
fn nothing(content: Value) -> Fault {
    let message = json!({"role": "assistant", "content": content});
    let body = json!({"choices": [{"index": 0, "finish_reason": "stop", "message": message}]});
    Fault::Body("application/json".to_owned(), body.to_string())
}

fn distinct(answers: &[Value]) -> usize {
    answers.iter().map(Value::to_string).collect::<HashSet<_>>().len()
}

#[tokio::test]
async fn a_thousand_answers_take_at_most_25_calls_and_are_paid_for_once() {
    let server = serve(Script { repeats: 0.05, ..Script::default() });
    let (client, store, wanted) = (client(&server), MemoryStore::default(), pool("a motto", text(), 1000));
    let first = filled(&client, &store, &wanted).await.expect("filled");
    assert_eq!((first.answers.len(), distinct(&first.answers)), (1000, 1000));
    assert!(first.tally.usage.calls <= 25, "{:?}", first.tally.usage);
    assert!(first.tally.duplicates > 20 && !first.is_exhausted, "{first:?}");
    let counts = server.counts();
    assert_eq!(first.tally.usage.completion_tokens, counts.completion_tokens);
    assert_eq!(first.cost_microusd, client.price().map(|price| price.cost_microusd(first.tally.usage)));

    let second = filled(&client, &store, &wanted).await.expect("kept");
    assert_eq!(second.answers, first.answers);
    assert_eq!((second.kept, second.tally.usage.calls, server.counts().calls), (1000, 0, counts.calls));
    // A smaller pool are the first of the same, whatever came later.
    let smaller = filled(&client, &store, &Wanted { answers: 10, ..wanted.clone() }).await.expect("kept");
    assert_eq!(smaller.answers, first.answers[..10]);
    // What is kept needs no key.
    let keyless = filled(&client.with_key(None), &store, &wanted).await.expect("kept");
    assert_eq!(keyless.answers, first.answers);
}

#[tokio::test]
async fn every_fault_ends_in_a_pool_or_one_sentence() {
    let many = |fault: Fault| vec![fault; 20];
    // Faults, the failure if there is one, and whether answers are wrong or repeated.
    let cases: Vec<(&str, Vec<Fault>, Option<Code>)> = vec![
        ("401", many(Fault::Unauthorized), Some(Code::Unauthorized)),
        ("429", vec![Fault::RateLimited(Some("0".to_owned())); 3], None),
        ("500", vec![Fault::ServerError; 3], None),
        ("hang", vec![Fault::Hang], None),
        ("cut", vec![Fault::Cut], None),
        ("prose", vec![Fault::InvalidJson], None),
        ("prose twice", vec![Fault::InvalidJson; 2], None),
        ("prose for ever", many(Fault::InvalidJson), Some(Code::BadAnswer)),
        ("wrong type", vec![Fault::WrongType], None),
        ("wrong type for ever", many(Fault::WrongType), Some(Code::BadAnswer)),
        ("too long", vec![Fault::TooLong], None),
        ("too long for ever", many(Fault::TooLong), Some(Code::BadAnswer)),
        ("declined", vec![Fault::Refusal], None),
        ("declined for ever", many(Fault::Refusal), Some(Code::Refused)),
        ("duplicates", vec![Fault::Duplicates], None),
        ("empty", vec![Fault::EmptyList; 2], None),
        ("empty for ever", many(Fault::EmptyList), Some(Code::BadAnswer)),
        ("nothing for ever", many(nothing(Value::Null)), Some(Code::BadAnswer)),
        ("no words for ever", many(nothing(json!(""))), Some(Code::BadAnswer)),
        ("nothing once", vec![nothing(Value::Null)], None),
        ("cut at the most tokens", vec![Fault::Length; 2], None),
        ("in a code fence", vec![Fault::Fenced], None),
        ("no structured output", many(Fault::Unstructured), None),
    ];
    for (name, faults, code) in cases {
        let server = faulty(faults);
        let (client, store, wanted) = (client(&server), MemoryStore::default(), pool(name, text(), 60));
        let outcome = filled(&client, &store, &wanted).await;
        let address = wanted.question.address(client.model());
        match (outcome, code) {
            (Ok(filled), None) => {
                assert_eq!((filled.answers.len(), distinct(&filled.answers)), (60, 60), "{name}");
                assert!(
                    filled.answers.iter().all(|answer| answer.as_str().is_some_and(|text| text.len() <= 40)),
                    "{name}"
                );
                let kept = store.kept(&address).await.expect("kept");
                assert_eq!(kept.answers[..60], filled.answers, "{name}");
                assert_eq!(filled.tally.invalid > 0, matches!(name, "wrong type" | "too long"), "{name}: {filled:?}");
                assert_eq!(filled.tally.refusals, u64::from(name == "declined"), "{name}");
            }
            (Err(failure), Some(code)) => {
                assert_eq!(failure.code, code, "{name}: {failure}");
                // Each answer that is none is asked for once more.
                let most = if name.starts_with("prose") { 4 } else { 3 };
                assert!(server.counts().calls <= most, "{name}: {:?}", server.counts());
                let says_so = failure.detail.ends_with("twice gave an empty answer");
                assert_eq!(says_so, name.starts_with("no"), "{name}: {failure}");
                assert!(store.kept(&address).await.expect("kept").answers.is_empty(), "{name}");
            }
            (outcome, code) => panic!("{name}: {outcome:?} is not {code:?}"),
        }
    }
}

#[tokio::test]
async fn wrong_answers_are_asked_to_be_mended_once() {
    let server = faulty([Fault::WrongType]);
    let (client, store) = (client(&server), MemoryStore::default());
    let filled = filled(&client, &store, &pool("mended", text(), 20)).await.expect("filled");
    assert_eq!((filled.answers.len(), filled.tally.reasons.len()), (20, 1));
    let said: Vec<bool> = server.requests().iter().map(|r| r.body.to_string().contains("refused")).collect();
    assert_eq!(said, [false, true]);
}

#[tokio::test]
async fn a_model_that_runs_dry_gives_what_it_has_and_is_not_asked_again() {
    let server = serve(Script { distinct: Some(70), ..Script::default() });
    let (client, store, wanted) = (client(&server), MemoryStore::default(), pool("dry", text(), 500));
    let first = filled(&client, &store, &wanted).await.expect("some");
    assert!(first.answers.len() == 70 && first.is_exhausted, "{first:?}");
    let calls = server.counts().calls;
    assert!(calls <= 5, "{calls}");
    let second = filled(&client, &store, &wanted).await.expect("kept");
    assert_eq!((second.answers, second.is_exhausted, server.counts().calls), (first.answers, true, calls));
}

#[tokio::test]
async fn no_more_is_asked_for_than_the_schema_allows() {
    let server = faulty([]);
    let wanted = pool("few", json!({"type": "string", "enum": ["a", "b", "c"]}), 100);
    let few = filled_of(&client(&server), &wanted).await.expect("filled");
    assert_eq!((few.answers.len(), few.is_exhausted, few.tally.usage.calls), (3, false, 1));
    let none = pool("none", json!({"type": "string", "minLength": 9, "maxLength": 3}), 100);
    let failure = filled_of(&client(&server), &none).await.expect_err("nothing satisfies it");
    assert_eq!((failure.code, server.counts().calls), (Code::BadAnswer, 1));
}

async fn filled_of(client: &Client, wanted: &Wanted) -> Result<llm::fill::Filled, llm::Failure> {
    filled(client, &MemoryStore::default(), wanted).await
}

#[tokio::test]
async fn scripted_answers_of_objects_are_kept_whole() {
    let answers = vec![
        json!({"skill": "Rust", "level": 3}),
        json!({"skill": "SQL", "level": 9}),
        json!({"skill": "Go", "level": 2}),
    ];
    let server = serve(Script { pools: vec![Pool { when: "a skill".to_owned(), answers }], ..Script::default() });
    let item = json!({"type": "object", "properties": {"skill": {"type": "string"}, "level": {"type": "integer", "maximum": 5}},
        "required": ["skill", "level"], "additionalProperties": false});
    let filled = filled(&client(&server), &MemoryStore::default(), &pool("a skill", item, 3)).await.expect("some");
    assert_eq!(filled.answers, [json!({"skill": "Rust", "level": 3}), json!({"skill": "Go", "level": 2})]);
    assert!(
        filled.is_exhausted && filled.tally.invalid > 0 && filled.tally.reasons[0].starts_with("/level"),
        "{filled:?}"
    );
}

#[tokio::test]
async fn two_jobs_that_want_the_same_pay_once() {
    let server = serve(Script { latency_ms: 20, ..Script::default() });
    let (client, store, wanted) = (client(&server), MemoryStore::default(), pool("both", text(), 120));
    let ceiling = client.ceiling(None);
    let cancel = Cancel::new();
    let (first, second) = soon(async {
        tokio::join!(
            fill(&client, &store, &wanted, &ceiling, &cancel, &unwatched),
            fill(&client, &store, &wanted, &ceiling, &cancel, &unwatched)
        )
    })
    .await;
    let (first, second) = (first.expect("filled"), second.expect("filled"));
    assert_eq!(first.answers, second.answers);
    assert_eq!(first.tally.usage.calls + second.tally.usage.calls, server.counts().calls);
    assert_eq!(server.counts().calls, 3);
}

#[tokio::test]
async fn what_was_paid_before_a_failure_is_kept_and_used() {
    let server = faulty([Fault::None, Fault::None, Fault::Unauthorized]);
    let (client, store, wanted) = (client(&server), MemoryStore::default(), pool("kept", text(), 140));
    assert_eq!(filled(&client, &store, &wanted).await.expect_err("401").code, Code::Unauthorized);
    let kept = store.kept(&wanted.question.address(client.model())).await.expect("kept");
    assert_eq!(kept.answers.len(), 100);
    let filled = filled(&client, &store, &wanted).await.expect("filled");
    assert_eq!((filled.kept, filled.tally.usage.calls), (100, 1));
    assert_eq!(filled.answers[..100], kept.answers);
}

#[tokio::test]
async fn pools_are_filled_side_by_side_and_watched() {
    let server = serve(Script { latency_ms: 30, repeats: 0.05, ..Script::default() });
    let client = client(&server);
    let wanted: Vec<Wanted> = ["a", "b", "c", "a"].map(|prompt| pool(prompt, text(), 100)).to_vec();
    let ceiling = client.ceiling(Some(1.0));
    let seen = Mutex::new(Vec::new());
    let watch = |progress| seen.lock().expect("no panic").push(progress);
    let store = MemoryStore::default();
    let all = soon(fill_all(&client, &store, &wanted, &ceiling, &Cancel::new(), &watch)).await;
    let answers = all.answers.expect("filled");
    for wanted in &wanted {
        assert_eq!(answers.get(&wanted.question).map(|answers| answers.len()), Some(100));
    }
    let calls: u64 = all.pools.iter().map(|pool| pool.tally.usage.calls).sum();
    assert_eq!(calls, server.counts().calls);
    assert!(server.counts().most_in_flight >= 3);
    let seen = seen.into_inner().expect("no panic");
    assert!(seen.iter().any(|progress| progress.index == 1 && progress.answers == 100));
    assert_eq!(seen.iter().map(|progress| progress.spent_microusd).max(), Some(ceiling.spent_microusd()));
}

#[tokio::test]
async fn a_pool_that_may_be_done_without_stops_nothing() {
    let server = faulty([]);
    let impossible = json!({"type": "string", "minLength": 9, "pattern": "^.{3}$"});
    let spare = Wanted { on_error: OnError::Fallback, ..pool("impossible", impossible.clone(), 5) };
    let wanted = vec![spare, pool("possible", text(), 5)];
    let (client, store, cancel) = (client(&server), MemoryStore::default(), Cancel::new());
    let ceiling = client.ceiling(None);
    let all = soon(fill_all(&client, &store, &wanted, &ceiling, &cancel, &unwatched)).await;
    let answers = all.answers.expect("the other is filled");
    assert!(all.pools[0].filled.is_err() && all.pools[1].filled.is_ok());
    assert!(all.pools[0].tally.usage.calls > 0, "what was paid in vain is counted");
    assert!(answers.get(&wanted[0].question).is_none() && answers.get(&wanted[1].question).is_some());
    let needed = vec![pool("impossible", impossible, 5), pool("also possible", text(), 5)];
    let failure = soon(fill_all(&client, &store, &needed, &ceiling, &cancel, &unwatched))
        .await
        .answers
        .expect_err("it is needed");
    assert_eq!(failure.code, Code::BadAnswer, "{failure}");
    assert!(all.pools[0].answers.is_empty() && all.pools[0].wanted == 5);
    // Without a key each says so, and what may be done without is.
    let keyless = client.with_key(None);
    let spare = vec![Wanted { on_error: OnError::Fallback, ..pool("never asked", text(), 5) }];
    let all = soon(fill_all(&keyless, &store, &spare, &ceiling, &cancel, &unwatched)).await;
    assert!(all.answers.is_ok());
    assert_eq!(all.pools[0].filled.as_ref().expect_err("no key").code, Code::KeyMissing);
}

#[tokio::test]
async fn the_ceiling_is_passed_by_no_more_than_the_calls_in_flight() {
    let server = serve(Script { latency_ms: 5, ..Script::default() });
    let client = Client::new(Config { concurrency: 4, budget_usd: Some(0.5), ..config(&server) }).expect("a client");
    let wanted: Vec<Wanted> = (0..6).map(|n| pool(&format!("dear {n}"), text(), 1000)).collect();
    let ceiling = client.ceiling(Some(0.01));
    let store = MemoryStore::default();
    let outcome = soon(fill_all(&client, &store, &wanted, &ceiling, &Cancel::new(), &unwatched)).await;
    let failure = outcome.answers.expect_err("six pools cost more");
    assert_eq!(failure.code, Code::Budget, "{failure}");
    let counts = server.counts();
    let price = client.price().expect("a price");
    let spent = price.of_tokens(counts.prompt_tokens, counts.completion_tokens);
    let call = spent / counts.calls;
    assert!(ceiling.spent_microusd().abs_diff(spent) <= counts.calls, "{} {spent}", ceiling.spent_microusd());
    assert!(spent <= 10_000 + 4 * call, "{spent} and a call {call}");
    assert!(spent > 8_000, "it is used: {spent}");
    let paid: u64 = outcome.pools.iter().map(|pool| pool.tally.usage.calls).sum();
    assert_eq!(paid, counts.calls, "what failed pools took is counted");
}

#[tokio::test]
async fn below_a_ceiling_without_a_price_no_call_is_made() {
    let server = faulty([]);
    let client = Client::new(Config { model: "some-local-model".to_owned(), ..config(&server) }).expect("a client");
    let (store, wanted, ceiling) = (MemoryStore::default(), pool("free", text(), 5), client.ceiling(Some(1.0)));
    let below = |wanted: Wanted| {
        let (client, store, ceiling) = (&client, &store, &ceiling);
        async move { soon(fill_all(client, store, &[wanted], ceiling, &Cancel::new(), &unwatched)).await }
    };
    let failure = below(wanted.clone()).await.answers.expect_err("no price");
    assert!(failure.code == Code::Budget && failure.detail.contains("some-local-model"), "{failure}");
    let spare = Wanted { on_error: OnError::Fallback, ..wanted.clone() };
    assert!(below(spare).await.answers.is_ok_and(|answers| answers.is_empty()), "another generator fills the column");
    assert_eq!(server.counts().calls, 0);
    let filled = filled(&client, &store, &wanted).await.expect("filled");
    assert!(filled.cost_microusd.is_none() && filled.tally.usage.completion_tokens > 0);
    // What is kept costs nothing.
    assert_eq!(
        below(wanted.clone()).await.answers.expect("kept").get(&wanted.question).map(|list| list.len()),
        Some(5)
    );
}

#[tokio::test]
async fn who_cancels_keeps_what_came() {
    let server = serve(Script { latency_ms: 60, ..Script::default() });
    let (client, store, wanted) = (client(&server), MemoryStore::default(), pool("stopped", text(), 1000));
    let (cancel, ceiling) = (Cancel::new(), client.ceiling(None));
    let watch = |progress: llm::fill::Progress| {
        if progress.answers >= 100 {
            cancel.cancel();
        }
    };
    let failure = soon(fill(&client, &store, &wanted, &ceiling, &cancel, &watch)).await.expect_err("cancelled");
    assert_eq!(failure.code, Code::Cancelled);
    assert_eq!(store.kept(&wanted.question.address(client.model())).await.expect("kept").answers.len(), 100);
}

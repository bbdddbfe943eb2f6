//! What is said before is what it takes, within 15 %.

use engine::llm::Wanted;
use llm::estimate::{Estimate, estimate, estimate_alike};
use llm::fill::fill_all;
use llm::store::MemoryStore;
use llm::{Cancel, Client, Config, Usage};
use scripted_model::{Pool, Script};
use serde_json::{Value, json};

use super::shapes::{put_together, shapes};
use super::support::{config, pool, serve, soon, unwatched};

fn mottos() -> Vec<Value> {
    put_together(&[
        &["Work", "Learn", "Listen", "Build", "Share", "Plan", "Measure", "Travel", "Read", "Write"],
        &[" every day", " with curiosity", " with care", " for tomorrow", " what you know", " for the long run"],
        &["", ", and stay humble", ", together", ", at your own pace", " and never stop"],
    ])
}

async fn estimated(config: &Config, store: &MemoryStore, wanted: &[Wanted]) -> Estimate {
    estimate(config, store, wanted).await.expect("an estimate")
}

async fn taken(client: &Client, store: &MemoryStore, wanted: &[Wanted]) -> Usage {
    let ceiling = client.ceiling(None);
    let all = soon(fill_all(client, store, wanted, &ceiling, &Cancel::new(), &unwatched)).await;
    all.answers.expect("filled");
    let mut usage = Usage::default();
    all.pools.iter().for_each(|pool| usage += pool.tally.usage);
    usage
}

fn assert_near(estimated: Usage, taken: Usage, what: &str) {
    for (kind, estimated, taken) in [
        ("prompt", estimated.prompt_tokens, taken.prompt_tokens),
        ("completion", estimated.completion_tokens, taken.completion_tokens),
    ] {
        let off = estimated as f64 / taken as f64 - 1.0;
        assert!(off.abs() <= 0.15, "{what}: {estimated} {kind} tokens were estimated, {taken} were taken");
    }
    assert!(estimated.calls.abs_diff(taken.calls) <= 1 + taken.calls / 10, "{what}: {estimated:?} {taken:?}");
}

#[tokio::test]
async fn an_estimate_is_within_15_percent_before_anything_was_measured() {
    let server = serve(Script { repeats: 0.05, ..Script::default() });
    let (config, store) = (config(&server), MemoryStore::default());
    let item = json!({"type": "object", "properties": {"name": {"type": "string", "maxLength": 30}, "age": {"type": "integer"}},
        "required": ["name", "age"], "additionalProperties": false});
    let wanted = [pool("a short phrase", json!({"type": "string"}), 1000), pool("a pet", item, 300)];
    let estimate = estimated(&config, &store, &wanted).await;
    assert!(estimate.pools.iter().all(|pool| !pool.is_measured) && estimate.cost_microusd.is_some_and(|cost| cost > 0));
    assert_eq!(server.counts().calls, 0);
    let taken = taken(&Client::new(config).expect("a client"), &store, &wanted).await;
    assert_near(estimate.usage, taken, "unmeasured");
}

#[tokio::test]
async fn each_estimate_is_within_15_percent_of_what_a_made_up_pool_takes() {
    let server = serve(Script { repeats: 0.05, ..Script::default() });
    let config = config(&server);
    let client = Client::new(config.clone()).expect("a client");
    for (prompt, most) in [
        ("A title", 60),
        ("A review of a kettle", 500),
        ("A motto", 255),
        ("Comentario de un cliente", 300),
        ("Product description", 1000),
        ("A sentence about a book", 200),
    ] {
        let store = MemoryStore::default();
        let wanted = [pool(prompt, json!({"type": "string", "maxLength": most}), 1000)];
        let estimate = estimated(&config, &store, &wanted).await;
        assert_near(estimate.usage, taken(&client, &store, &wanted).await, prompt);
    }
}

#[tokio::test]
async fn answers_of_the_shapes_that_models_give_are_within_15_percent() {
    let shapes = shapes();
    let of_shape =
        |(when, _, answers): &(&str, Value, Vec<Value>)| Pool { when: (*when).to_owned(), answers: answers.clone() };
    let server = serve(Script { repeats: 0.05, pools: shapes.iter().map(of_shape).collect(), ..Script::default() });
    let config = config(&server);
    let client = Client::new(config.clone()).expect("a client");
    let (mut all, mut sum, mut off) = (Usage::default(), Usage::default(), Vec::new());
    for (prompt, item, answers) in &shapes {
        // Each by itself, so that none learns of another.
        let store = MemoryStore::default();
        let wanted = [pool(prompt, item.clone(), answers.len() as u64 * 9 / 10)];
        let estimate = estimated(&config, &store, &wanted).await.usage;
        let taken = taken(&client, &store, &wanted).await;
        let ratio = |estimated: u64, taken: u64| estimated as f64 / taken as f64;
        let both =
            ratio(estimate.prompt_tokens + estimate.completion_tokens, taken.prompt_tokens + taken.completion_tokens);
        off.push(format!("{prompt}: {both:.2} ({estimate:?} for {taken:?})"));
        assert!((0.8..=1.25).contains(&both), "{off:#?}");
        all += estimate;
        sum += taken;
    }
    assert_near(all, sum, &off.join("\n"));
}

#[tokio::test]
async fn the_first_call_corrects_what_is_ahead() {
    // A model that writes far more than the words let one think.
    let endless = |n: usize| json!(format!("{} {n}", "and so on it went, without an end".repeat(4)));
    let pools = vec![Pool { when: "a name".to_owned(), answers: (0..1100).map(endless).collect() }];
    let server = serve(Script { repeats: 0.05, pools, ..Script::default() });
    let (config, store) = (config(&server), MemoryStore::default());
    let client = Client::new(config.clone()).expect("a client");
    let wanted =
        ["a name", "a name of a person", "a name of a thing"].map(|words| pool(words, json!({"type": "string"}), 300));
    let before = estimated(&config, &store, &wanted).await.usage;
    let seen = std::sync::Mutex::new(Vec::new());
    let watch = |progress: llm::fill::Progress| {
        let taken = server.counts();
        seen.lock().expect("no panic").push((taken.completion_tokens + progress.left.completion_tokens, progress.left));
    };
    let ceiling = client.ceiling(None);
    let all = soon(fill_all(&client, &store, &wanted, &ceiling, &Cancel::new(), &watch)).await;
    all.answers.expect("filled");
    let taken = server.counts();
    assert!(before.completion_tokens * 3 < taken.completion_tokens, "{before:?} {taken:?}");
    let seen = seen.into_inner().expect("no panic");
    for (place, (thought, _)) in seen.iter().enumerate().skip(2) {
        let off = *thought as f64 / taken.completion_tokens as f64 - 1.0;
        // Of calls in flight the server has counted more than was heard.
        assert!(
            (-0.15..=0.35).contains(&off),
            "after {} calls {thought} were thought of {}",
            place + 1,
            taken.completion_tokens
        );
    }
    assert_eq!(seen.last().map(|(_, left)| *left), Some(Usage::default()));
}

#[tokio::test]
async fn what_was_measured_corrects_the_estimate() {
    let pools = vec![Pool { when: "a motto".to_owned(), answers: mottos() }];
    let server = serve(Script { repeats: 0.05, pools, ..Script::default() });
    let (config, store) = (config(&server), MemoryStore::default());
    let client = Client::new(config.clone()).expect("a client");
    let item = json!({"type": "string", "maxLength": 300});
    let few = [pool("a motto", item.clone(), 60)];
    taken(&client, &store, &few).await;
    let wanted = [pool("a motto", item, 280)];
    let estimate = estimated(&config, &store, &wanted).await;
    assert!(estimate.pools[0].is_measured && estimate.pools[0].kept >= 60, "{estimate:?}");
    let taken = taken(&client, &store, &wanted).await;
    assert_near(estimate.usage, taken, "measured");
    let again = estimated(&config, &store, &wanted).await;
    assert_eq!((again.usage, again.cost_microusd), (Usage::default(), Some(0)));
}

#[tokio::test]
async fn measured_repeats_correct_the_calls() {
    let server = serve(Script { repeats: 0.5, ..Script::default() });
    let (config, store) = (config(&server), MemoryStore::default());
    let client = Client::new(config.clone()).expect("a client");
    let of = |words: &str| [pool(words, json!({"type": "string"}), 400)];
    let unmeasured = estimated(&config, &store, &of("a short phrase")).await.usage;
    let first = taken(&client, &store, &of("a short phrase")).await;
    assert!(unmeasured.calls * 3 < first.calls * 2, "{unmeasured:?} {first:?}");
    let estimate = estimated(&config, &store, &of("another short phrase")).await;
    let second = taken(&client, &store, &of("another short phrase")).await;
    assert_near(estimate.usage, second, "repeats");
}

#[tokio::test]
async fn a_pool_that_is_wanted_twice_is_counted_once() {
    let server = serve(Script::default());
    let config = Config { key: None, model: "unknown".to_owned(), ..config(&server) };
    let wanted = [pool("x", json!({"type": "string"}), 40), pool("x", json!({"type": "string"}), 30)];
    let estimate = estimated(&config, &MemoryStore::default(), &wanted).await;
    assert_eq!(estimate.usage.calls, 1);
    assert_eq!(estimate.cost_microusd, None, "tokens only");
    let alike =
        estimate_alike(&config, &MemoryStore::default(), &wanted[0].question, 12, 40).await.expect("an estimate");
    assert_eq!((alike.usage.calls, alike.pools[0].wanted), (12, 480));
    assert_eq!(alike.usage.prompt_tokens, 12 * estimate.usage.prompt_tokens);
}

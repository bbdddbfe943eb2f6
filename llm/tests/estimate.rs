//! What is said before is what it takes, within 15 %.

use engine::llm::Wanted;
use llm::estimate::{Estimate, estimate, estimate_alike};
use llm::fill::fill_all;
use llm::store::MemoryStore;
use llm::{Cancel, Client, Config, Usage};
use scripted_model::{Pool, Script};
use serde_json::{Value, json};

use super::support::{config, pool, serve, soon, unwatched};

/// Answers as a model would give them.
fn mottos() -> Vec<Value> {
    let (first, second, third) = (
        ["Work", "Learn", "Listen", "Build", "Share", "Plan", "Measure", "Travel", "Read", "Write"],
        [
            "every single day",
            "with curiosity",
            "before speaking",
            "something useful",
            "what you know",
            "for the long run",
        ],
        ["and never stop", "and stay humble", "with your team", "at your own pace", "because time is short"],
    );
    let number = |all: usize| (all % first.len(), all / first.len() % second.len(), all / 60);
    let motto = |(a, b, c): (usize, usize, usize)| json!(format!("{} {} {}", first[a], second[b], third[c]));
    (0..first.len() * second.len() * third.len()).map(|all| motto(number(all))).collect()
}

async fn estimated(config: &Config, store: &MemoryStore, wanted: &[Wanted]) -> Estimate {
    estimate(config, store, wanted).await.expect("an estimate")
}

async fn taken(client: &Client, store: &MemoryStore, wanted: &[Wanted]) -> Usage {
    let ceiling = client.ceiling(None).expect("no ceiling");
    let all = soon(fill_all(client, store, wanted, &ceiling, &Cancel::new(), &unwatched)).await;
    all.answers.expect("filled");
    let mut usage = Usage::default();
    all.pools.iter().for_each(|pool| usage += pool.usage);
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

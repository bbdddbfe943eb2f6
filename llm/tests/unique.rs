//! Columns that never repeat: answers are counted by the values that the columns will hold.

use std::sync::Arc;

use engine::llm::{Answers, Wanted};
use engine::plan::{Compiled, Options, compile_text};
use llm::estimate::estimate;
use llm::fill::{Filled, fill};
use llm::store::{MemoryStore, Store, Took};
use llm::{Cancel, Client};
use scripted_model::{Pool, Script, Server};
use serde_json::{Value, json};

use super::support::{client, serve, soon, unwatched};

/// Two columns that show one answer, of which the first never repeats.
const SHARED: &str = "{name: x, unique: true, generator: {type: llm, prompt: A person, pool: 6}}, \
                      {name: y, type: integer, generator: {type: llm, prompt: A person, pool: 6}}";

fn compiled(columns: &str, answers: Option<(&Wanted, &[Value])>) -> Compiled {
    let schema = format!("name: d\ntables:\n  - name: r\n    rows: 3\n    columns: [{columns}]\n");
    let answers = answers.map(|(wanted, list)| {
        let mut answers = Answers::default();
        answers.insert(wanted.question.clone(), list.to_vec());
        Arc::new(answers)
    });
    compile_text(&schema, &Default::default(), &Options { answers, ..Default::default() })
}

fn wanted(columns: &str) -> Wanted {
    compiled(columns, None).plan.expect("a plan").wanted(&|| false).expect("a pool").remove(0)
}

fn saying(answers: &Value) -> Server {
    let answers = answers.as_array().expect("a list").clone();
    serve(Script { pools: vec![Pool { when: "A person".to_owned(), answers }], ..Script::default() })
}

async fn filled(client: &Client, store: &MemoryStore, wanted: &Wanted) -> Filled {
    soon(fill(client, store, wanted, &client.ceiling(None), &Cancel::new(), &unwatched)).await.expect("filled")
}

/// Whether rows can be made of the answers.
fn makes_rows(columns: &str, wanted: &Wanted, filled: &Filled) -> bool {
    compiled(columns, Some((wanted, &filled.answers))).plan.is_some()
}

#[tokio::test]
async fn a_value_that_was_there_counts_as_repeated() {
    let server = saying(&json!([{"x": "a", "y": 1}, {"x": "a", "y": 2}, {"x": "b", "y": 1}, {"x": "c", "y": 1}]));
    let (client, store, wanted) = (client(&server), MemoryStore::default(), wanted(SHARED));
    let first = filled(&client, &store, &wanted).await;
    let names: Vec<&Value> = first.answers.iter().map(|answer| &answer["x"]).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!((first.tally.duplicates, first.tally.usage.calls, first.is_exhausted), (1, 1, false));
    assert!(makes_rows(SHARED, &wanted, &first));
    let second = filled(&client, &store, &wanted).await;
    assert_eq!((second.answers, second.kept, server.counts().calls), (first.answers, 3, 1));
}

#[tokio::test]
async fn what_is_kept_is_counted_alike_and_only_the_rest_is_asked_for() {
    let server = saying(&json!([{"x": "a", "y": 3}, {"x": "c", "y": 1}]));
    let (client, store, wanted) = (client(&server), MemoryStore::default(), wanted(SHARED));
    let kept = [json!({"x": "a", "y": 1}), json!({"x": "a", "y": 2}), json!({"x": "b", "y": 1})];
    let address = wanted.question.address(client.model());
    store.add(&address, &wanted.question, client.model(), &kept, Took::default()).await.expect("kept");
    let before = estimate(client.config(), &store, std::slice::from_ref(&wanted)).await.expect("an estimate");
    assert_eq!((before.pools[0].kept, before.pools[0].wanted, before.usage.calls), (2, 3, 1));
    let rest = filled(&client, &store, &wanted).await;
    // What was kept stays where it is, for rows of other tables are made of the first so many.
    assert_eq!(rest.answers[..3], kept);
    assert_eq!((rest.answers.len(), &rest.answers[3]["x"], rest.kept), (4, &json!("c"), 2));
    assert!(makes_rows(SHARED, &wanted, &rest));
    let after = estimate(client.config(), &store, std::slice::from_ref(&wanted)).await.expect("an estimate");
    assert_eq!((after.pools[0].kept, after.usage.calls), (3, 0));
    assert_eq!(filled(&client, &store, &wanted).await.answers, rest.answers);
}

#[tokio::test]
async fn where_nothing_has_to_be_unique_what_was_kept_stays_as_it_was() {
    let column = "{name: x, type: decimal, precision: 9, scale: 2, generator: {type: llm, prompt: A person, pool: 3}}";
    let server = saying(&json!([]));
    let (client, store, wanted) = (client(&server), MemoryStore::default(), wanted(column));
    let kept = [json!(1.001), json!(1.002), json!(2)];
    let address = wanted.question.address(client.model());
    store.add(&address, &wanted.question, client.model(), &kept, Took::default()).await.expect("kept");
    let again = filled(&client, &store, &wanted).await;
    assert_eq!((again.answers.as_slice(), server.counts().calls), (&kept[..], 0));
}

#[tokio::test]
async fn one_value_in_several_spellings_is_asked_for_until_there_are_others() {
    let cases = [
        ("type: decimal, precision: 9, scale: 2", json!([1.001, 1.002, 1.003, 1.01, 1.02])),
        ("type: integer", json!(["1", 1, 1.0, 2, 3])),
        ("type: float", json!([0.0, -0.0, 1.5, 2.5])),
        ("type: time", json!(["10:00", "10:00:00Z", "10:00:00", "11:00", "12:00"])),
        (
            "type: datetime",
            json!([
                "2026-01-01T10:00:00Z",
                "2026-01-01T12:00:00+02:00",
                "2026-01-02T10:00:00Z",
                "2026-01-03T10:00:00Z"
            ]),
        ),
    ];
    for (kind, answers) in cases {
        let column = format!("{{name: x, {kind}, unique: true, generator: {{type: llm, prompt: A person, pool: 6}}}}");
        let server = saying(&answers);
        let (client, store, wanted) = (client(&server), MemoryStore::default(), wanted(&column));
        let filled = filled(&client, &store, &wanted).await;
        assert!(filled.answers.len() == 3 && !filled.is_exhausted, "{kind}: {filled:?}");
        assert!(filled.tally.duplicates > 0, "{kind}: {filled:?}");
        assert!(makes_rows(&column, &wanted, &filled), "{kind}: {filled:?}");
    }
}

#[tokio::test]
async fn a_model_that_has_no_other_values_is_left_alone() {
    let server = saying(&json!([{"x": "a", "y": 1}, {"x": "a", "y": 2}, {"x": "b", "y": 1}]));
    let (client, store, wanted) = (client(&server), MemoryStore::default(), wanted(SHARED));
    let few = filled(&client, &store, &wanted).await;
    assert!(few.is_exhausted && few.answers.len() == 2 && few.tally.usage.calls <= 5, "{few:?}");
    let calls = server.counts().calls;
    assert_eq!((filled(&client, &store, &wanted).await.answers, server.counts().calls), (few.answers.clone(), calls));
    let problems = compiled(SHARED, Some((&wanted, &few.answers))).problems;
    let said = problems[0].to_string();
    assert!(said.contains("gave 2 values") && said.contains("--llm-ask-again"), "{said}");
    assert!(problems[0].fix.is_none(), "{said}");
}

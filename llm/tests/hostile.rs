//! Servers that answer as no server should: each ends in a right answer or in one sentence, soon, and never in a second bill.

use std::time::{Duration, Instant};

use engine::llm::OnError;
use llm::client::Heard;
use llm::fill::fill;
use llm::store::{MemoryStore, Store};
use llm::{Asked, Cancel, Client, Code, Config};
use scripted_model::{Fault, Script, Server};
use serde_json::{Value, json};

use super::support::{KEY, ask, client, config, faulty, pool, request, serve, soon, unwatched};

/// Bytes between the places where an answer is cut; 1 cuts it everywhere, and takes minutes.
const STEP: usize = 13;

/// Longer than any answer here takes.
const PATIENCE: Duration = Duration::from_secs(50);

/// More bytes than an answer has.
const LONGEST: usize = 20_000;

/// Hears an answer while it comes.
async fn hear(client: &Client) -> Asked {
    let ceiling = client.ceiling(None);
    soon(client.ask(&request(), &ceiling, &Cancel::new(), Some(&|_: Heard<'_>| {}), |_| Ok(()))).await
}

/// A completion with this content.
fn completion(content: Value) -> Value {
    json!({"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5}})
}

fn body(body: impl ToString) -> Fault {
    Fault::Body("application/json".to_owned(), body.to_string())
}

/// A body whose content is this text as it stands, escapes and all.
fn raw(content: &str) -> Fault {
    body(completion(json!("CONTENT")).to_string().replace("CONTENT", content))
}

fn patient(server: &Server) -> Client {
    let config = Config { backoff: Duration::from_millis(1), ..config(server) };
    Client::new(config).expect("a client")
}

#[tokio::test]
async fn an_answer_that_is_cut_anywhere_is_asked_for_again() {
    for streams in [false, true] {
        let server = faulty([]);
        let client = patient(&server);
        let once = if streams { hear(&client).await } else { ask(&client).await };
        let whole = once.answer.expect("an answer")["answers"].as_array().map(Vec::len);
        assert_eq!(whole, Some(3));
        let mut cut = 0;
        for end in (0..LONGEST).step_by(STEP) {
            let before = server.counts().calls;
            server.script(|script| script.faults = vec![Fault::CutAt(end)]);
            let asked = if streams { hear(&client).await } else { ask(&client).await };
            let answer = asked.answer.unwrap_or_else(|failure| panic!("cut at {end}: {failure}"));
            assert_eq!(answer["answers"].as_array().map(Vec::len), whole, "cut at {end}");
            assert_eq!(asked.usage.calls, 1, "what was cut says nothing of what it took");
            if server.counts().calls == before + 1 {
                // Nothing is missing that is of use.
                break;
            }
            cut += 1;
        }
        assert!((300 / STEP..LONGEST / STEP).contains(&cut), "{cut} places");
    }
}

#[tokio::test]
async fn a_server_that_drips_is_not_waited_for_for_ever() {
    for streams in [false, true] {
        let server = faulty(vec![Fault::Drip(20); 4]);
        let client = patient(&server);
        let begun = Instant::now();
        let asked = if streams { hear(&client).await } else { ask(&client).await };
        assert_eq!(asked.answer.expect_err("it takes too long").code, Code::Timeout);
        assert!(begun.elapsed() < Duration::from_secs(5) && server.counts().calls == 2, "{:?}", server.counts());
        // A slow one that ends in time is heard.
        server.script(|script| script.faults = vec![Fault::Drip(0)]);
        let asked = if streams { hear(&client).await } else { ask(&client).await };
        assert!(asked.answer.is_ok(), "{:?}", asked.answer);
    }
}

#[tokio::test]
async fn a_stream_that_has_ended_is_not_waited_for() {
    let server = faulty([Fault::Open]);
    let begun = Instant::now();
    assert!(hear(&client(&server)).await.answer.is_ok());
    assert!(begun.elapsed() < Duration::from_millis(600) && server.counts().calls == 1, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_answer_that_is_whole_is_not_waited_for() {
    // A body without a length, and a stream that says how it ends and not that it did.
    for (streams, fault) in [(false, Fault::Open), (true, Fault::Unended)] {
        let server = faulty([fault.clone()]);
        let config = Config { timeout: Duration::from_secs(50), longest_answer: PATIENCE, ..config(&server) };
        let client = Client::new(config).expect("a client");
        let begun = Instant::now();
        let asked = if streams { hear(&client).await } else { ask(&client).await };
        assert_eq!(asked.answer.expect("an answer")["answers"].as_array().map(Vec::len), Some(3), "{fault:?}");
        assert!(asked.usage.completion_tokens > 0 && server.counts().calls == 1, "{fault:?}");
        assert!(begun.elapsed() < Duration::from_secs(30), "{fault:?}: {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn an_answer_that_comes_slowly_is_heard_to_its_end() {
    for streams in [false, true] {
        // It takes longer than nothing may be heard.
        let server = faulty([Fault::Drip(3)]);
        let config = Config { timeout: Duration::from_millis(400), longest_answer: PATIENCE, ..config(&server) };
        let client = Client::new(config).expect("a client");
        let begun = Instant::now();
        let asked = if streams { hear(&client).await } else { ask(&client).await };
        assert!(asked.answer.is_ok() && server.counts().calls == 1, "{asked:?}");
        assert!(begun.elapsed() > Duration::from_millis(400), "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn bodies_that_are_none_end_in_one_sentence() {
    let list = |answers: Value| completion(json!(json!({"answers": answers}).to_string()));
    let long = "x".repeat(9 << 20);
    let event = |value: Value| format!("data: {value}\n\n");
    let delta = |words: &str| event(json!({"choices": [{"delta": {"content": words}, "finish_reason": null}]}));
    let streamed = format!("{}{}data: [DONE]\n\n", delta("{\"answers\": [\"a\""), delta(",\"b\"]}"));
    let mut twice = list(json!(["a"])).to_string();
    twice = twice.replacen("\"choices\"", "\"choices\": [], \"choices\"", 1);
    // Faults that are repeated for ever, the code of the failure or none, and calls.
    let cases: Vec<(&str, Fault, Option<Code>, u64)> = vec![
        ("a page", Fault::Body("text/html".to_owned(), "<html>Sign in</html>".to_owned()), Some(Code::Unavailable), 5),
        ("nothing", body(""), Some(Code::Unavailable), 5),
        ("null", body("null"), Some(Code::Unavailable), 5),
        ("a list", body("[]"), Some(Code::Unavailable), 5),
        (
            "an error with status 200",
            body(json!({"error": {"message": "overloaded", "code": 529}})),
            Some(Code::Unavailable),
            5,
        ),
        (
            "no choices",
            body(json!({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 0}})),
            Some(Code::BadAnswer),
            2,
        ),
        ("a content that is null", body(completion(Value::Null)), Some(Code::BadAnswer), 2),
        (
            "a stream of a content that is null",
            Fault::Body(
                "text/event-stream".to_owned(),
                event(json!({"choices": [{"delta": {"content": null}, "finish_reason": "stop"}]})),
            ),
            Some(Code::BadAnswer),
            2,
        ),
        (
            "calls of tools",
            body(json!({"choices": [{"finish_reason": "tool_calls", "message": {"content": null, "tool_calls":
            [{"id": "1", "type": "function", "function": {"name": "rm", "arguments": "{}"}}]}}]})),
            Some(Code::BadAnswer),
            2,
        ),
        (
            "a filter",
            body(json!({"choices": [{"finish_reason": "content_filter", "message": {"content": "{\"ans"}}]})),
            Some(Code::Refused),
            1,
        ),
        ("too much", body(&long), Some(Code::BadAnswer), 1),
        (
            "too much of a stream",
            Fault::Body("text/event-stream".to_owned(), format!("data: {long}")),
            Some(Code::BadAnswer),
            1,
        ),
        (
            "a stream of an error",
            Fault::Body("text/event-stream".to_owned(), event(json!({"error": {"message": "overloaded"}}))),
            Some(Code::Unavailable),
            5,
        ),
        (
            "a stream of no JSON",
            Fault::Body("text/event-stream".to_owned(), "data: {\n\n".to_owned()),
            Some(Code::Unavailable),
            5,
        ),
        ("another media type", Fault::Body("text/plain".to_owned(), list(json!(["a"])).to_string()), None, 1),
        ("no stream where one is asked for", body(list(json!(["a"]))), None, 1),
        ("a stream where none is asked for", Fault::Body("text/event-stream".to_owned(), streamed.clone()), None, 1),
        ("a stream under another name", Fault::Body("application/octet-stream".to_owned(), streamed), None, 1),
        ("a key twice", body(twice), None, 1),
        (
            "a content in pieces",
            body(completion(json!([{"type": "text", "text": "{\"answers\":"}, {"type": "text", "text": "[\"a\"]}"}]))),
            None,
            1,
        ),
        ("half a character", raw(r#"{\"answers\":[\"a \ud83d\"]}"#), None, 1),
        ("half a character that is spelled", raw(r#"{\"answers\":[\"a \\ud83d\"]}"#), None, 1),
        ("the list alone", body(completion(json!("[\"a\"]"))), None, 1),
    ];
    for (name, fault, code, calls) in cases {
        let server = faulty(vec![fault; 12]);
        let asked = ask(&patient(&server)).await;
        match (&asked.answer, code) {
            (Ok(answer), None) => assert!(answer["answers"][0].is_string(), "{name}: {answer}"),
            (Err(failure), Some(code)) => {
                assert_eq!(failure.code, code, "{name}: {failure}");
                assert!(failure.detail.len() < 300 && !failure.detail.contains('\n'), "{name}: {failure}");
            }
            (answer, code) => panic!("{name}: {answer:?} is not {code:?}"),
        }
        assert_eq!(server.counts().calls, calls, "{name}");
    }
}

#[tokio::test]
async fn counts_of_tokens_that_cannot_be_are_not_believed() {
    for counted in [json!(u64::MAX), json!(-5), json!("12"), json!(1e300), Value::Null] {
        let mut answer = completion(json!("{\"answers\": [\"a\"]}"));
        answer["usage"] = json!({"prompt_tokens": counted, "completion_tokens": counted});
        let server = faulty([body(answer)]);
        let asked = ask(&client(&server)).await;
        let usage = asked.usage;
        assert!(asked.answer.is_ok() && usage.calls == 1, "{counted}: {asked:?}");
        assert!((1..1000).contains(&usage.prompt_tokens) && (1..50).contains(&usage.completion_tokens), "{usage:?}");
    }
}

#[tokio::test]
async fn a_key_does_not_follow_a_redirect() {
    let elsewhere = serve(Script::default());
    let place = format!("{}/chat/completions", elsewhere.url());
    let server = faulty(vec![Fault::Redirect(place); 3]);
    let failure = ask(&client(&server)).await.answer.expect_err("a redirect");
    assert!(failure.detail.contains("307"), "{failure}");
    assert_eq!((server.counts().calls, elsewhere.counts().calls), (1, 0));
    assert!(elsewhere.requests().iter().all(|request| request.headers.iter().all(|(_, value)| !value.contains(KEY))));
}

#[tokio::test]
async fn odd_answers_are_taken_as_they_are_or_left_out() {
    let odd = [
        "two\nlines",
        "a \"quote\", and a comma",
        "=HYPERLINK(\"http://x\")",
        "; DROP TABLE reviews; --",
        "👩‍👩‍👧 family",
        "العربية",
        "\u{202e}turned",
        "  spaces  ",
    ];
    let broken = ["a\u{0}b", "\u{1b}[31mred", "lost \u{fffd}"];
    let list: Vec<&str> = odd.iter().chain(&broken).copied().collect();
    let content = json!({"answers": list}).to_string();
    let server = serve(Script { faults: vec![body(completion(json!(content)))], ..Script::default() });
    let (client, store) = (client(&server), MemoryStore::default());
    let wanted = pool("odd", json!({"type": "string"}), odd.len() as u64);
    let ceiling = client.ceiling(None);
    let filled = soon(fill(&client, &store, &wanted, &ceiling, &Cancel::new(), &unwatched)).await.expect("filled");
    let expected: Vec<Value> = odd.iter().map(|text| json!(text.trim())).collect();
    assert_eq!((filled.answers, filled.tally.invalid), (expected, broken.len() as u64));
}

#[tokio::test]
async fn numbers_that_stand_as_texts_are_not_paid_for_twice() {
    let content = json!({"answers": (1..=40).map(|n| n.to_string()).collect::<Vec<_>>()}).to_string();
    let server = faulty([body(completion(json!(content)))]);
    let (client, store) = (client(&server), MemoryStore::default());
    let wanted = pool("numbers", json!({"type": "integer"}), 40);
    let ceiling = client.ceiling(None);
    let filled = soon(fill(&client, &store, &wanted, &ceiling, &Cancel::new(), &unwatched)).await.expect("filled");
    assert_eq!(
        (filled.answers.len(), &filled.answers[6], filled.tally.invalid, filled.tally.usage.calls),
        (40, &json!(7), 0, 1)
    );
}

#[tokio::test]
async fn a_budget_of_nothing_asks_nothing_and_kept_answers_need_none() {
    let server = faulty([]);
    let client = client(&server);
    let (store, wanted) = (MemoryStore::default(), pool("dear", json!({"type": "string"}), 30));
    let nothing = client.ceiling(Some(0.0));
    let refused = soon(fill(&client, &store, &wanted, &nothing, &Cancel::new(), &unwatched)).await;
    assert_eq!((refused.expect_err("nothing may be spent").code, server.counts().calls), (Code::Budget, 0));
    let ceiling = client.ceiling(None);
    soon(fill(&client, &store, &wanted, &ceiling, &Cancel::new(), &unwatched)).await.expect("filled");
    let kept = soon(fill(&client, &store, &wanted, &nothing, &Cancel::new(), &unwatched)).await.expect("kept");
    assert_eq!((kept.kept, kept.tally.usage.calls), (30, 0));
    let no_number = client.ceiling(Some(f64::NAN));
    let refused = soon(fill(&client, &MemoryStore::default(), &wanted, &no_number, &Cancel::new(), &unwatched)).await;
    assert_eq!(refused.expect_err("nothing may be spent").code, Code::Budget);
}

#[tokio::test]
async fn a_key_that_is_taken_away_in_the_middle_keeps_what_was_paid() {
    let server = faulty([Fault::None, Fault::Unauthorized]);
    let (client, store) = (client(&server), MemoryStore::default());
    let spare = engine::llm::Wanted { on_error: OnError::Fallback, ..pool("spare", json!({"type": "string"}), 200) };
    let (ceiling, cancel) = (client.ceiling(None), Cancel::new());
    let all =
        soon(llm::fill::fill_all(&client, &store, std::slice::from_ref(&spare), &ceiling, &cancel, &unwatched)).await;
    assert!(all.answers.is_ok_and(|answers| !answers.is_empty()), "what was paid for fills the column");
    assert_eq!(all.pools[0].answers.len(), 50);
    assert_eq!(all.pools[0].filled.as_ref().expect_err("401").code, Code::Unauthorized);
    let kept = store.kept(&spare.question.address(client.model())).await.expect("kept");
    assert_eq!((kept.answers.len(), kept.dry.is_some(), all.pools[0].tally.usage.calls), (50, false, 1));
}

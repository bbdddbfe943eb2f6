//! Every fault ends in a right answer or in one sentence with its code.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use llm::client::Heard;
use llm::{Cancel, Client, Code, Config};
use scripted_model::{Fault, Script};
use serde_json::json;

use super::support::{KEY, ask, client, config, faulty, request, serve, soon};

#[tokio::test]
async fn every_fault_ends_in_an_answer_or_one_sentence() {
    let many = |fault: Fault| vec![fault; 10];
    let page = || Fault::Status(418, "<h1>sk-test-0123456789abcdefghij\n\n</h1>".to_owned());
    // Faults in their order, the code of the failure if it is one, and requests that it takes.
    let cases: Vec<(&str, Vec<Fault>, Option<Code>, u64)> = vec![
        ("none", vec![], None, 1),
        ("401", many(Fault::Unauthorized), Some(Code::Unauthorized), 1),
        ("403", many(Fault::Status(403, "no".to_owned())), Some(Code::Unauthorized), 1),
        (
            "404",
            many(Fault::Status(404, json!({"error": {"message": "no model"}}).to_string())),
            Some(Code::Rejected),
            1,
        ),
        ("402", many(Fault::Status(402, String::new())), Some(Code::Rejected), 1),
        ("418", many(page()), Some(Code::Rejected), 1),
        ("302", many(Fault::Status(302, String::new())), Some(Code::Rejected), 1),
        (
            "a filter",
            many(Fault::Status(400, json!({"error": {"message": "no", "code": "content_filter"}}).to_string())),
            Some(Code::Refused),
            1,
        ),
        ("429 once", vec![Fault::RateLimited(None)], None, 2),
        ("429 once, with seconds", vec![Fault::RateLimited(Some("0".to_owned()))], None, 2),
        ("429 once, with a date", vec![Fault::RateLimited(Some("Sun, 01 Nov 2020 00:00:00 GMT".to_owned()))], None, 2),
        ("429 for too long", vec![Fault::RateLimited(Some("3600".to_owned()))], Some(Code::RateLimited), 1),
        ("429 always", many(Fault::RateLimited(None)), Some(Code::RateLimited), 5),
        ("no credit", many(Fault::NoCredit), Some(Code::RateLimited), 1),
        ("500 twice", vec![Fault::ServerError; 2], None, 3),
        ("500 always", many(Fault::ServerError), Some(Code::Unavailable), 5),
        ("hangs once", vec![Fault::Hang], None, 2),
        ("hangs always", many(Fault::Hang), Some(Code::Timeout), 2),
        ("cut once", vec![Fault::Cut], None, 2),
        ("cut always", many(Fault::Cut), Some(Code::Unavailable), 5),
        ("no JSON once", vec![Fault::InvalidBody], None, 2),
        ("no JSON always", many(Fault::InvalidBody), Some(Code::Unavailable), 5),
        ("prose once", vec![Fault::InvalidJson], None, 2),
        ("prose always", many(Fault::InvalidJson), Some(Code::BadAnswer), 2),
        ("in a code fence", vec![Fault::Fenced], None, 1),
        ("cut at the most tokens", vec![Fault::Length], None, 1),
        ("declined", vec![Fault::Refusal], Some(Code::Refused), 1),
        ("without structured output", many(Fault::Unstructured), None, 2),
    ];
    for (name, faults, code, calls) in cases {
        let server = faulty(faults);
        let asked = ask(&client(&server)).await;
        match (&asked.answer, code) {
            (Ok(answer), None) => assert!(answer["answers"].as_array().is_some_and(|list| !list.is_empty()), "{name}"),
            (Err(failure), Some(code)) => {
                assert_eq!(failure.code, code, "{name}: {failure}");
                let sentence = failure.to_string();
                assert!(
                    sentence.len() < 300 && !sentence.contains('\n') && !sentence.ends_with('.'),
                    "{name}: {sentence}"
                );
                assert!(!sentence.contains("0123456789"), "{name}: {sentence}");
            }
            (answer, code) => panic!("{name}: {answer:?} is not {code:?}"),
        }
        assert_eq!(server.counts().calls, calls, "{name}");
        let billed = server.counts();
        // What was cut never came whole, so that nobody knows what it took.
        if name != "cut once" && name != "cut always" {
            assert_eq!(asked.usage.calls, billed.answered, "{name}");
            assert_eq!(asked.usage.prompt_tokens, billed.prompt_tokens, "{name}");
            assert_eq!(asked.usage.completion_tokens, billed.completion_tokens, "{name}");
        }
    }
}

#[tokio::test]
async fn without_a_key_nothing_is_sent() {
    let server = faulty([]);
    let failure = ask(&client(&server).with_key(None)).await.answer.expect_err("no key");
    assert_eq!(failure.code, Code::KeyMissing);
    assert!(failure.detail.contains("OPENAI_API_KEY"), "{failure}");
    assert_eq!(server.counts().calls, 0);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let server = faulty([]);
    let config = config(&server);
    drop(server);
    let failure = ask(&Client::new(config).expect("a client")).await.answer.expect_err("nobody listens");
    assert_eq!(failure.code, Code::Unavailable, "{failure}");
    assert!(failure.detail.contains("cannot be reached"), "{failure}");
}

#[tokio::test]
async fn retry_after_is_waited_for() {
    let server = faulty([Fault::RateLimited(Some("1".to_owned()))]);
    let start = Instant::now();
    ask(&client(&server)).await.answer.expect("an answer");
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn what_a_server_does_not_take_is_left_out_from_then_on() {
    let refuses = ["temperature", "response_format", "stream_options"].map(str::to_owned).to_vec();
    let server = serve(Script { refuses, ..Script::default() });
    let client = client(&server);
    let mut request = request();
    request.temperature = Some(1.into());
    let ceiling = client.ceiling(None);
    let listener = |_: Heard<'_>| {};
    for calls in [4, 5] {
        let asked = soon(client.ask(&request, &ceiling, &Cancel::new(), Some(&listener), |_| Ok(()))).await;
        assert_eq!(asked.answer.expect("an answer")["answers"].as_array().map(Vec::len), Some(3));
        assert_eq!(server.counts().calls, calls);
        assert!(asked.usage.prompt_tokens > 0, "what is not counted is estimated");
    }
    let last = server.requests().pop().expect("a request").body;
    assert!(last.get("response_format").is_none() && last.get("temperature").is_none());
    assert!(last["messages"].to_string().contains("JSON Schema"), "the words say the schema instead");
}

#[tokio::test]
async fn who_talks_instead_is_told_the_schema_in_words() {
    let server = faulty([Fault::InvalidJson]);
    let client = client(&server);
    for _ in 0..2 {
        ask(&client).await.answer.expect("an answer");
    }
    let said: Vec<(bool, bool)> = server
        .requests()
        .iter()
        .map(|request| (request.body.get("response_format").is_some(), request.body.to_string().contains("satisfies")))
        .collect();
    assert_eq!(said, [(true, false), (false, true), (false, true)]);
}

#[tokio::test]
async fn a_server_that_does_not_say_what_it_dislikes_is_asked_once_without_a_schema() {
    let status = |code: u16, words: &str| Fault::Status(code, json!({"error": {"message": words}}).to_string());
    for fault in [
        status(400, "Bad request"),
        status(422, "Unprocessable"),
        status(500, "response_format is not implemented"),
        status(501, "json_schema: not implemented"),
    ] {
        let server = faulty([fault.clone()]);
        ask(&client(&server)).await.answer.unwrap_or_else(|failure| panic!("{fault:?}: {failure}"));
        let told: Vec<bool> = server.requests().iter().map(|r| r.body.get("response_format").is_some()).collect();
        assert_eq!(told, [true, false], "{fault:?}");
    }
    let server = faulty(vec![status(400, "Bad request"); 4]);
    let asked = ask(&client(&server)).await;
    assert_eq!((asked.answer.expect_err("400").code, server.counts().calls), (Code::Rejected, 2));
    let server = faulty([status(500, "boom")]);
    ask(&client(&server)).await.answer.expect("an answer");
    assert!(server.requests().iter().all(|request| request.body.get("response_format").is_some()));
}

#[tokio::test]
async fn usage_is_estimated_where_the_server_counts_nothing() {
    let server = serve(Script { usage: false, ..Script::default() });
    let asked = ask(&client(&server)).await;
    asked.answer.expect("an answer");
    let (estimated, billed) = (asked.usage, server.counts());
    for (estimated, billed) in
        [(estimated.prompt_tokens, billed.prompt_tokens), (estimated.completion_tokens, billed.completion_tokens)]
    {
        assert!((estimated as f64 / billed as f64 - 1.0).abs() < 0.3, "{estimated} for {billed}");
    }
}

#[tokio::test]
async fn the_circuit_opens_and_closes_again() {
    let server = faulty(vec![Fault::ServerError; 6]);
    let client = Client::new(Config {
        circuit_failures: 3,
        circuit_pause: Duration::from_millis(300),
        attempts: 2,
        ..config(&server)
    })
    .expect("a client");
    for _ in 0..3 {
        assert_eq!(ask(&client).await.answer.expect_err("500").code, Code::Unavailable);
    }
    let start = Instant::now();
    let failure = ask(&client.with_key(llm::Secret::new(KEY))).await.answer.expect_err("left alone");
    assert!(failure.code == Code::CircuitOpen && start.elapsed() < Duration::from_millis(100), "{failure}");
    assert_eq!(server.counts().calls, 6);
    tokio::time::sleep(Duration::from_millis(350)).await;
    ask(&client).await.answer.expect("the server is back");
    ask(&client).await.answer.expect("the circuit is closed");
}

#[tokio::test]
async fn a_server_that_fails_for_a_moment_is_survived_by_all_who_ask() {
    // Whoever fails five times has waited for longer than the others need for twice, so that none of four does.
    let server = faulty(vec![Fault::ServerError; 10]);
    let patience = Config::default();
    let client = Client::new(Config {
        backoff: Duration::from_millis(50),
        circuit_failures: patience.circuit_failures,
        circuit_pause: patience.circuit_pause,
        attempts: patience.attempts,
        concurrency: patience.concurrency,
        ..config(&server)
    })
    .expect("a client");
    let answers = futures::future::join_all((0..patience.concurrency).map(|_| ask(&client))).await;
    for asked in &answers {
        assert!(asked.answer.is_ok(), "{asked:?}");
    }
    assert_eq!(server.counts().calls, 10 + 4);
}

#[tokio::test]
async fn an_answer_is_no_longer_than_it_may_be() {
    let server = faulty([]);
    let client = client(&server);
    ask(&client).await.answer.expect("an answer");
    let most = server.requests()[0].body["max_completion_tokens"].as_u64().expect("a bound");
    assert!((1000..20_000).contains(&most), "{most}: generous, and no more than a few cents");
    // One that thinks for longer is let think for longer, once.
    server.script(|script| {
        script.faults = vec![Fault::Body(
            "application/json".to_owned(),
            json!({"choices": [{"finish_reason":
        "length", "message": {"content": ""}}], "usage": {"prompt_tokens": 9, "completion_tokens": most}})
            .to_string(),
        )]
    });
    let asked = ask(&client).await;
    assert!(asked.answer.is_ok() && asked.usage.completion_tokens > most, "{asked:?}");
    let bounds: Vec<Option<u64>> =
        server.requests().iter().map(|request| request.body["max_completion_tokens"].as_u64()).collect();
    assert_eq!(bounds, [Some(most), Some(most), Some(4 * most)]);
    // Servers know it by one of two names, or by none.
    let refuses = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    for (refused, names) in
        [(vec!["max_completion_tokens"], vec!["max_tokens"]), (vec!["max_completion_tokens", "max_tokens"], vec![])]
    {
        let server = serve(Script { refuses: refuses(&refused), ..Script::default() });
        let client = super::support::client(&server);
        for _ in 0..2 {
            ask(&client).await.answer.expect("an answer");
        }
        let last = server.requests().pop().expect("a request").body;
        let sent: Vec<&str> =
            ["max_completion_tokens", "max_tokens"].into_iter().filter(|name| last.get(*name).is_some()).collect();
        assert_eq!((sent, server.counts().calls), (names, 2 + refused.len() as u64));
    }
}

#[tokio::test]
async fn what_was_sent_and_not_answered_is_told() {
    let server = faulty([Fault::Hang, Fault::Cut, Fault::ServerError]);
    let client = client(&server);
    let asked = ask(&client).await;
    assert!(asked.answer.is_ok() && asked.unanswered_microusd > 0, "{asked:?}");
    let ceiling = client.ceiling(None);
    let before = ceiling.spent_microusd();
    let again = soon(client.ask(&request(), &ceiling, &Cancel::new(), None, |_| Ok(()))).await;
    assert_eq!((again.unanswered_microusd, before), (0, 0), "what is answered is no part of it");
}

#[tokio::test]
async fn so_many_calls_at_a_time_and_no_more() {
    let server = serve(Script { latency_ms: 50, ..Script::default() });
    let client = Client::new(Config { concurrency: 3, ..config(&server) }).expect("a client");
    let answers = futures::future::join_all((0..12).map(|_| ask(&client))).await;
    assert!(answers.iter().all(|asked| asked.answer.is_ok()));
    assert_eq!(server.counts().most_in_flight, 3);
}

#[tokio::test]
async fn who_cancels_does_not_wait() {
    let server = faulty([Fault::Hang]);
    let client = Client::new(Config { timeout: Duration::from_secs(50), ..config(&server) }).expect("a client");
    let (cancel, ceiling, request) = (Cancel::new(), client.ceiling(None), request());
    let asking = client.ask(&request, &ceiling, &cancel, None, |_| Ok(()));
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        cancel.cancel();
    };
    let start = Instant::now();
    let (asked, ()) = soon(async { tokio::join!(asking, stopping) }).await;
    assert_eq!(asked.answer.expect_err("cancelled").code, Code::Cancelled);
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn streams_are_heard_and_begin_again_where_they_were_cut() {
    let server = faulty([Fault::Cut]);
    let client = client(&server);
    let heard = Mutex::new((0, String::new()));
    let listener = |piece: Heard<'_>| {
        let mut heard = heard.lock().expect("no panic");
        match piece {
            Heard::Begins => *heard = (heard.0 + 1, String::new()),
            Heard::Words(words) => heard.1.push_str(words),
        }
    };
    let ceiling = client.ceiling(None);
    let asked = soon(client.ask(&request(), &ceiling, &Cancel::new(), Some(&listener), |_| Ok(()))).await;
    let answer = asked.answer.expect("an answer");
    let (begun, words) = heard.into_inner().expect("no panic");
    assert_eq!(begun, 2);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&words).expect("JSON"), answer);
    let counts = server.counts();
    assert!(asked.usage.completion_tokens > 0 && asked.usage.completion_tokens < counts.completion_tokens);
    for fault in [Fault::Hang, Fault::Refusal, Fault::InvalidJson, Fault::Length] {
        let server = faulty([fault.clone()]);
        let client = super::support::client(&server);
        let asked = soon(client.ask(&request(), &ceiling, &Cancel::new(), Some(&|_: Heard<'_>| {}), |_| Ok(()))).await;
        assert_eq!(asked.answer.is_ok(), fault != Fault::Refusal, "{fault:?}: {:?}", asked.answer);
    }
}

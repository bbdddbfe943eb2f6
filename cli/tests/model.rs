//! Commands on schemas that ask a language model.

use std::process::Stdio;
use std::time::{Duration, Instant};

use scripted_model::{Fault, Script, Server};
use serde_json::json;

use super::serve::{PATIENCE, Server as Api};
use super::support::{Home, Ran};

const KEY: &str = "sk-test-0123456789abcdefghij";

/// Reviews with a title and a text.
fn reviews(rows: u64, pool: u64, more: &str) -> String {
    format!(
        "name: shop
random_seed: 3
tables:
  - name: review
    rows: {rows}
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: title, max_length: 40, generator: {{ type: llm, prompt: A title, pool: {pool}{more} }} }}
      - {{ name: text, max_length: 80, generator: {{ type: llm, prompt: What a customer writes, pool: {pool}{more} }} }}
"
    )
}

fn server() -> Server {
    Server::start(Script { key: Some(KEY.to_owned()), repeats: 0.05, ..Script::default() }).expect("a free port")
}

/// Runs a command with a server to ask, and a key where one is given.
fn run(home: &Home, server: &Server, key: Option<&str>, arguments: &[&str]) -> Ran {
    let mut command = home.command(arguments);
    command.env("OPENAI_BASE_URL", server.url());
    if let Some(key) = key {
        command.env("OPENAI_API_KEY", key);
    }
    Ran::of(command.output().expect("the binary runs"))
}

#[test]
fn what_was_answered_once_is_not_asked_again_and_the_bytes_are_the_same() {
    let (home, server) = (Home::new(), server());
    home.write("shop.yaml", &reviews(20_000, 100, ""));
    let ran = run(&home, &server, Some(KEY), &["generate", "shop.yaml", "--out", "first"]).succeeds();
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert!(lines[0].starts_with("language model gpt-4.1-mini: 200 of 200 answers are missing; about "), "{ran:#?}");
    let counts = server.counts();
    let told =
        format!("language model gpt-4.1-mini: {} calls, {} tokens sent and", counts.answered, counts.prompt_tokens);
    assert!(lines[1].starts_with(&told) && lines[1].ends_with(" US dollars"), "{told}: {ran:#?}");
    assert!(counts.calls <= 8, "{counts:?}");
    assert_eq!(home.names("data").first().map(String::as_str), Some("db.sqlite3"));

    let ran = run(&home, &server, None, &["generate", "shop.yaml", "--out", "second"]).succeeds();
    assert!(
        ran.stderr.starts_with("language model gpt-4.1-mini: all 200 answers are kept, nothing is asked\n"),
        "{ran:#?}"
    );
    assert_eq!(server.counts().calls, counts.calls);
    assert!(home.bytes("first/review.csv") == home.bytes("second/review.csv"), "the bytes differ");

    // What only looks uses what is kept, and verifying needs nothing.
    let ran = run(&home, &server, None, &["preview", "shop.yaml", "--rows", "3"]).succeeds();
    assert_eq!(ran.stderr, "");
    let row = home.read("first/review.csv").lines().nth(1).expect("a row").split(',').nth(1).map(str::to_owned);
    assert!(ran.stdout.contains(&row.expect("a title")), "{ran:#?}");
    let ran = run(&home, &server, None, &["query", "shop.yaml", "SELECT count(DISTINCT title) AS n FROM review"]);
    assert!(ran.succeeds().stdout.contains("100"));
    let ran = run(&home, &server, None, &["plan", "shop.yaml"]).succeeds();
    assert!(ran.stdout.contains("\nlanguage model\n") && ran.stdout.contains("0 calls"), "{ran:#?}");
    run(&home, &server, None, &["verify", "shop.yaml", "first"]).succeeds();
    assert_eq!(server.counts().calls, counts.calls);
}

#[test]
fn without_a_key_one_sentence_names_the_variable_and_no_file_is_written() {
    let (home, server) = (Home::new(), server());
    home.write("shop.yaml", &reviews(50, 20, ""));
    let ran = run(&home, &server, None, &["generate", "shop.yaml", "--out", "out"]).fails();
    let last = ran.stderr.lines().last().expect("a line");
    assert!(last.starts_with("shop.yaml: ") && last.contains("OPENAI_API_KEY"), "{ran:#?}");
    assert!(!home.at("out").exists());
    let ran = run(&home, &server, None, &["preview", "shop.yaml", "--rows", "3"]).succeeds();
    assert!(ran.stderr.starts_with("note: review.title: no language model was asked: filled by "), "{ran:#?}");
    let ran = run(&home, &server, None, &["plan", "shop.yaml", "--json"]).succeeds();
    assert!(ran.stderr.contains("OPENAI_API_KEY") && ran.stdout.contains("\"cost_usd\""), "{ran:#?}");
    home.write("falls.yaml", &reviews(50, 20, ", on_error: fallback"));
    let ran = run(&home, &server, None, &["generate", "falls.yaml", "--out", "out"]).succeeds();
    assert!(ran.stderr.contains("note: review.text: no language model was asked: filled by "), "{ran:#?}");
    assert_eq!(home.read("out/review.csv").lines().count(), 51);
    assert_eq!(server.counts().calls, 0);
}

#[test]
fn only_a_schema_that_asks_makes_a_database() {
    let (home, server) = (Home::with_hiring(), server());
    for arguments in
        [&["generate", "hiring.yaml", "--out", "out"] as &[&str], &["plan", "hiring.yaml"], &["preview", "hiring.yaml"]]
    {
        run(&home, &server, Some(KEY), arguments).succeeds();
    }
    home.write("shop.yaml", &reviews(50, 20, ""));
    run(&home, &server, Some(KEY), &["preview", "shop.yaml"]).succeeds();
    run(&home, &server, Some(KEY), &["plan", "shop.yaml"]).succeeds();
    assert!(!home.at("data").exists());
}

#[test]
fn a_ceiling_stops_before_it_is_passed_and_faults_end_in_a_sentence() {
    let (home, server) = (Home::new(), server());
    home.write("shop.yaml", &reviews(2_000, 1_000, ""));
    let generate = ["generate", "shop.yaml", "--out", "out"];
    let ran = run(&home, &server, Some(KEY), &[&generate[..], &["--llm-ceiling-usd", "0.001"]].concat()).fails();
    assert!(ran.stderr.lines().last().is_some_and(|line| line.contains("ceiling of 0.001")), "{ran:#?}");
    assert!(server.counts().answered < 10);
    run(&home, &server, Some(KEY), &[&generate[..], &["--llm-ceiling-usd", "-1"]].concat()).refuses_usage();
    server.script(|script| script.faults = vec![Fault::Unauthorized; 20]);
    let ran = run(&home, &server, Some(KEY), &generate).fails();
    assert!(!ran.stderr.contains(KEY) && ran.stderr.lines().count() == 2, "{ran:#?}");
    assert!(!home.at("out").exists());
}

#[test]
fn a_server_that_is_killed_while_it_asks_goes_on_with_what_was_paid_for() {
    let (home, server) = (Home::new(), server());
    server.script(|script| script.latency_ms = 100);
    let variables = [("OPENAI_BASE_URL", server.url()), ("OPENAI_API_KEY", KEY)];
    let api = Api::start_with(&home, &variables);
    let client = api.sign_in(&home);
    let id_of = |made: serde_json::Value| made["id"].as_str().expect("an id").to_owned();
    let dataset = id_of(client.post(&api, "/datasets", &json!({"schema_text": reviews(2_000, 400, "")})));
    let id = id_of(client.post(&api, &format!("/datasets/{dataset}/generations"), &json!({})));
    let begun = Instant::now();
    while server.counts().answered < 8 && begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
    }
    api.kill();
    server.script(|script| script.latency_ms = 0);
    // Without the key of before it waits.
    let api = Api::start_with(&home, &variables[..1]);
    let client = api.sign_in(&home);
    let waits = client.ended(&api, &id);
    assert_eq!(waits["state"], "needs_key", "{waits}");
    assert!(waits["llm"]["calls"].as_u64().is_some_and(|calls| calls >= 6), "{waits}");
    drop(api);
    let api = Api::start_with(&home, &variables);
    let client = api.sign_in(&home);
    assert_eq!(client.post(&api, &format!("/generations/{id}/resume"), &json!({}))["id"], json!(id));
    let ended = client.ended(&api, &id);
    assert_eq!(ended["state"], "succeeded", "{ended}");
    let all = server.counts().answered;
    assert!(all <= 22, "two pools of 400 are 18 calls, and of each one may have been in flight: {all}");
    drop(api);
    // A command uses what the server paid for.
    home.write("shop.yaml", &reviews(2_000, 400, ""));
    run(&home, &server, None, &["generate", "shop.yaml", "--out", "out"]).succeeds();
    assert_eq!(server.counts().answered, all);
    assert!(!home.read("server.log").contains(KEY));
}

/// The fields of a file of comma-separated values, row by row.
fn fields(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => {
                rest.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            c => field.push(c),
        }
    }
    rows
}

#[test]
fn answers_that_would_break_a_file_arrive_as_they_were_given() {
    let odd = [
        "two\nlines",
        "a return\r\nand a line",
        "\"quoted\"",
        "a, comma; a semicolon",
        "a\ttab",
        "=1+1",
        "@SUM(A1)",
        "'); DROP TABLE review; --",
        "<b>&amp;</b>",
        "{{title}}",
        "null",
        "NULL",
        "true",
        "0012",
        "1e5",
        "👩‍👩‍👧",
        "\u{202e}turned",
        "العربية",
        "\\N",
        "#N/A",
    ];
    let (home, server) = (Home::new(), server());
    server.script(|script| {
        script.repeats = 0.0;
        script.pools =
            vec![scripted_model::Pool { when: "odd".to_owned(), answers: odd.map(|text| json!(text)).to_vec() }];
    });
    home.write(
        "shop.yaml",
        &format!(
            "name: shop
tables:
  - name: review
    rows: {rows}
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: title, type: string, unique: true, generator: {{ type: llm, prompt: Something odd, pool: {rows} }} }}
",
            rows = odd.len()
        ),
    );
    run(&home, &server, Some(KEY), &["generate", "shop.yaml", "--out", "csv"]).succeeds();
    let mut read: Vec<String> =
        fields(&home.read("csv/review.csv")).into_iter().skip(1).map(|row| row[1].clone()).collect();
    let mut expected = odd.map(str::to_owned).to_vec();
    read.sort();
    expected.sort();
    assert_eq!(read, expected);
    for format in ["csv", "jsonl", "json", "parquet", "xlsx"] {
        run(&home, &server, None, &["generate", "shop.yaml", "--format", format, "--out", format]).succeeds();
        run(&home, &server, None, &["verify", "shop.yaml", format]).succeeds();
    }
    let lines = home.read("jsonl/review.jsonl");
    let mut read: Vec<String> = lines
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).expect("JSON")["title"].as_str().expect("a text").to_owned()
        })
        .collect();
    read.sort();
    assert_eq!(read, expected);
}

#[test]
fn a_budget_of_nothing_asks_nothing() {
    let (home, server) = (Home::new(), server());
    home.write("shop.yaml", &reviews(50, 20, ""));
    let ran =
        run(&home, &server, Some(KEY), &["generate", "shop.yaml", "--out", "out", "--llm-ceiling-usd", "0"]).fails();
    assert!(
        ran.stderr.lines().last().is_some_and(|line| line.contains("ceiling of 0, of which 0 are spent")),
        "{ran:#?}"
    );
    let mut command = home.command(&["generate", "shop.yaml", "--out", "out"]);
    command.env("OPENAI_BASE_URL", server.url()).env("OPENAI_API_KEY", KEY).env("LLM_BUDGET_USD", "0");
    let ran = Ran::of(command.output().expect("the binary runs")).fails();
    assert!(ran.stderr.lines().last().is_some_and(|line| line.contains("ceiling of 0")), "{ran:#?}");
    assert!(server.counts().calls == 0 && !home.at("out").exists());
}

#[test]
fn two_commands_on_one_folder_pay_once() {
    let (home, server) = (Home::new(), server());
    home.write("shop.yaml", &reviews(200, 150, ""));
    home.write("other.yaml", &reviews(20, 5, "").replace("A title", "Another").replace("What a customer", "Something"));
    // The database is there, so that neither makes it.
    run(&home, &server, Some(KEY), &["generate", "other.yaml", "--out", "other"]).succeeds();
    let before = server.counts().calls;
    server.script(|script| script.latency_ms = 150);
    let start = |out: &str| {
        let mut command = home.command(&["generate", "shop.yaml", "--out", out]);
        command.env("OPENAI_BASE_URL", server.url()).env("OPENAI_API_KEY", KEY);
        command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts")
    };
    let (first, second) = (start("first"), start("second"));
    for child in [first, second] {
        Ran::of(child.wait_with_output().expect("it ends")).succeeds();
    }
    assert!(home.bytes("first/review.csv") == home.bytes("second/review.csv"), "the bytes differ");
    // Each pool of 150 takes three or four calls, and nobody pays for one twice.
    let paid = server.counts().calls - before;
    assert!((6..=8).contains(&paid), "{paid}");
    assert_eq!(home.names("data/llm-turns"), Vec::<String>::new(), "nobody asks any more");
}

#[test]
fn what_the_plan_says_of_hiring_and_shop_is_what_they_take() {
    let (home, server) =
        (Home::new(), Server::start(Script { key: Some(KEY.to_owned()), ..Script::pools() }).expect("a port"));
    let text = |name: &str, column: &str| {
        format!(
            "name: {name}\ntables:\n  - name: row\n    rows: 100\n    columns:\n      - {{ name: id, generator: {{ type: sequence }} }}\n      - {column}\n"
        )
    };
    let cases = [
        (
            "hiring",
            text(
                "hiring",
                "{ name: reason, max_length: 60, generator: { type: llm, prompt: \"In one sentence, why the applicant wants the post\", pool: 12 } }",
            ),
        ),
        (
            "contratos",
            text(
                "contratos",
                "{ name: motivo, max_length: 60, generator: { type: llm, prompt: \"En una frase, por qué quiere el puesto\", pool: 8 } }",
            ),
        ),
        (
            "shop",
            text(
                "shop",
                "{ name: review, type: json, generator: { type: llm, prompt: a review of a product, pool: 8, json_schema: { type: object, required: [title, stars, text], additionalProperties: false, properties: { title: { type: string, maxLength: 30, description: A title of two or three words }, stars: { type: integer, minimum: 1, maximum: 5 }, text: { type: string, maxLength: 80, description: One short sentence } } } } }",
            ),
        ),
    ];
    let (mut planned_in_all, mut taken_in_all) = (0.0, 0.0);
    for (name, schema) in cases {
        let file = format!("{name}.yaml");
        home.write(&file, &schema);
        let plan = run(&home, &server, None, &["plan", &file, "--json"]).succeeds();
        let plan: serde_json::Value = serde_json::from_str(&plan.stdout).expect("a plan");
        let tokens = |key: &str| plan["llm"][0][key].as_f64().unwrap_or_else(|| panic!("{plan:#}"));
        let planned = tokens("prompt_tokens") + tokens("completion_tokens");
        let before = server.counts();
        run(&home, &server, Some(KEY), &["generate", &file, "--out", name]).succeeds();
        let after = server.counts();
        let taken =
            (after.prompt_tokens + after.completion_tokens - before.prompt_tokens - before.completion_tokens) as f64;
        assert_eq!(after.calls - before.calls, plan["llm"][0]["calls"].as_u64().expect("calls"), "{name}");
        assert!((planned / taken - 1.0).abs() <= 0.15, "{name}: {planned} planned and {taken} taken");
        planned_in_all += planned;
        taken_in_all += taken;
    }
    assert!((planned_in_all / taken_in_all - 1.0_f64).abs() <= 0.15, "{planned_in_all} {taken_in_all}");
    let made = home.read("hiring/row.csv");
    assert!(made.contains("I want to build things that people use every day"), "the scripted answers are served");
}

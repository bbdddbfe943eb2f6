//! Killed while it asks a language model, and while it makes rows of the answers: what was paid for is used, and the rows are those of a run
//! that nobody disturbed.
//!
//! `make soak SOAK=paid` does the same with the numbers of the acceptance: a million rows, and two columns of a thousand answers each.

#![cfg(unix)]

use std::env;
use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use scripted_model::{Script, Server as Model};
use serde_json::{Value, json};

use super::caller::{Caller, is_final};
use super::serve::{PATIENCE, Server};
use super::support::{Home, Ran};

const KEY: &str = "sk-test-0123456789abcdefghij";

/// Calls of a thousand answers that may be made, for each of two columns fifty answers at a time, of which one in twenty is repeated.
const CALLS_A_THOUSAND: u64 = 50;

/// Calls that may be under way when it is killed: one a column.
const IN_FLIGHT: u64 = 2;

/// How many rows, and how many answers of each column.
#[derive(Clone, Copy)]
struct Size {
    rows: u64,
    pool: u64,
}

impl Size {
    fn new() -> Size {
        let number = |name: &str, default| env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
        Size { rows: number("PAID_ROWS", 300_000), pool: number("PAID_POOL", 200) }
    }

    fn schema(self) -> String {
        let Size { rows, pool } = self;
        format!(
            "name: shop
random_seed: 3
tables:
  - name: review
    rows: {rows}
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: title, max_length: 60, generator: {{ type: llm, prompt: A title, pool: {pool} }} }}
      - {{ name: text, max_length: 120, generator: {{ type: llm, prompt: What a customer writes, pool: {pool} }} }}
"
        )
    }

    fn most_calls(self) -> u64 {
        (CALLS_A_THOUSAND * self.pool).div_ceil(1000)
    }
}

fn model() -> Model {
    let script = Script { key: Some(KEY.to_owned()), repeats: 0.05, latency_ms: 60, ..Script::default() };
    Model::start(script).expect("a free port")
}

/// Waits for something, for as long as any machine takes.
#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what} does not come");
        thread::sleep(Duration::from_millis(1));
    }
}

/// The bytes of a run in a folder of its own that has the answers of another, and no model to ask.
fn undisturbed(home: &Home, size: Size) -> Vec<u8> {
    let other = Home::new();
    other.write("shop.yaml", &size.schema());
    fs::create_dir(other.at("data")).expect("a folder");
    // Whoever was killed left a part of its last words beside the database.
    for name in home.names("data").iter().filter(|name| name.starts_with("db.sqlite3")) {
        fs::copy(home.at(&format!("data/{name}")), other.at(&format!("data/{name}"))).expect("a copy");
    }
    other.run(&["generate", "shop.yaml", "--out", "out"]).succeeds();
    other.bytes("out/review.csv")
}

#[test]
fn a_command_that_is_killed_twice_pays_once_and_ends_with_the_same_bytes() {
    let (home, model, size) = (Home::new(), model(), Size::new());
    home.write("shop.yaml", &size.schema());
    let arguments = ["generate", "shop.yaml", "--out", "out"];
    let command = || {
        let mut command = home.command(&arguments);
        command.env("OPENAI_BASE_URL", model.url()).env("OPENAI_API_KEY", KEY).stderr(Stdio::null());
        command
    };
    // Before anything is asked it is tried whether there can be a folder.
    let has_rows = |name: &String| {
        let folders = fs::read_dir(home.at(name)).into_iter().flatten().flatten();
        folders.into_iter().any(|folder| fs::read_dir(folder.path()).is_ok_and(|mut files| files.next().is_some()))
    };
    let writes = || home.names(".").iter().any(|name| name.contains(".partial-") && has_rows(name));
    // In the middle of its pools.
    let mut child = command().spawn().expect("it starts");
    until("half of the calls", || model.counts().answered >= size.most_calls() / 2);
    child.kill().expect("killed");
    assert!(!child.wait().expect("ended").success());
    let first = model.counts().calls;
    assert!(first < size.most_calls() && !writes() && !home.at("out").exists(), "{first} calls");
    // When all answers are there, among its rows.
    let mut child = command().spawn().expect("it starts");
    until("the first rows", writes);
    child.kill().expect("killed");
    assert!(!child.wait().expect("ended").success(), "there are too few rows for it to be killed among them");
    let asked = model.counts().calls;
    assert!(!home.at("out").exists() && asked <= size.most_calls() + IN_FLIGHT, "{asked} calls");
    // Not disturbed any more, and without a key.
    let ran = Ran::of(home.command(&arguments).output().expect("it runs")).succeeds();
    assert!(ran.stderr.contains("nothing is asked"), "{ran:#?}");
    assert_eq!(model.counts().calls, asked);
    assert_eq!(home.read("out/review.csv").lines().count() as u64, size.rows + 1);
    assert!(home.bytes("out/review.csv") == undisturbed(&home, size), "the bytes differ");
}

#[test]
fn a_server_that_is_killed_twice_pays_once_and_ends_with_the_same_bytes() {
    let (home, model, size) = (Home::new(), model(), Size::new());
    let variables = [("OPENAI_BASE_URL", model.url()), ("OPENAI_API_KEY", KEY)];
    let id_of = |made: &Value| made["id"].as_str().expect("an id").to_owned();
    let server = Server::start_with(&home, &variables);
    let client = server.sign_in(&home);
    let dataset = id_of(&client.post(&server, "/datasets", &json!({"schema_text": size.schema()})));
    let generations = format!("/datasets/{dataset}/generations");
    let id = id_of(&client.post(&server, &generations, &json!({})));
    until("half of the calls", || model.counts().answered >= size.most_calls() / 2);
    server.kill();
    let first = model.counts().calls;
    assert!(first < size.most_calls(), "{first} calls");
    // It goes on by itself, until it is killed among its rows.
    let server = Server::start_with(&home, &variables);
    let client = server.sign_in(&home);
    let own = format!("/generations/{id}");
    until("the rows", || {
        let found = client.get(&server, &own);
        found["phase"] == "rows" || is_final(&found)
    });
    server.kill();
    let asked = model.counts().calls;
    assert!(asked <= size.most_calls() + IN_FLIGHT, "{asked} calls");
    // The rest needs no key.
    let server = Server::start(&home);
    let client = server.sign_in(&home);
    let ended = client.ended(&server, &id);
    assert_eq!((&ended["state"], model.counts().calls), (&json!("succeeded"), asked), "{ended}");
    let again = client.ended(&server, &id_of(&client.post(&server, &generations, &json!({}))));
    assert_eq!((&again["state"], &again["content_hash"]), (&json!("succeeded"), &ended["content_hash"]), "{again}");
    assert_eq!(model.counts().calls, asked);
    // A command makes the same of the same answers.
    let caller = Caller::new(&server.address, &client.key(&server));
    let export = caller.post(&format!("{own}/exports"), &json!({"format": "csv"})).is(202).id();
    assert_eq!(caller.ended(&format!("/exports/{export}"))["state"], "succeeded");
    let exported = caller.get(&format!("/exports/{export}/content")).is(200).body;
    drop(server);
    assert!(exported.into_bytes() == undisturbed(&home, size), "the bytes differ");
}

//! A server, a client of it, and pools to fill.

use std::future::Future;
use std::time::Duration;

use engine::llm::{Holds, OnError, Question, Wanted};
use llm::fill::Progress;
use llm::{Asked, Cancel, Client, Config, Request, Secret};
use scripted_model::{Fault, Script, Server};
use serde_json::{Value, json};

/// The key; no sentence, log or answer may hold it.
pub const KEY: &str = "sk-test-0123456789abcdefghij";

/// Longer than any test takes, shorter than anybody waits for one that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// What has to end.
pub async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("it ends")
}

/// A server with these faults, one a request.
pub fn faulty(faults: impl IntoIterator<Item = Fault>) -> Server {
    serve(Script { faults: faults.into_iter().collect(), ..Script::default() })
}

/// A server that takes the key alone.
pub fn serve(script: Script) -> Server {
    Server::start(Script { key: Some(KEY.to_owned()), ..script }).expect("a free port")
}

/// Impatient, so that tests are not.
pub fn config(server: &Server) -> Config {
    Config {
        base_url: Config::parse_base_url(server.url()).expect("a URL"),
        key: Secret::new(KEY),
        timeout: Duration::from_millis(700),
        longest_answer: Duration::from_millis(1500),
        backoff: Duration::from_millis(5),
        longest_wait: Duration::from_secs(2),
        circuit_failures: 100,
        ..Config::default()
    }
}

/// A client of the server.
pub fn client(server: &Server) -> Client {
    Client::new(config(server)).expect("a client")
}

/// A request for a list of texts.
pub fn request() -> Request {
    Request {
        messages: vec![llm::Message::system("You are asked."), llm::Message::user("Count: 3\nWords.")],
        name: "answers",
        schema: json!({"type": "object", "properties": {"answers": {"type": "array", "items": {"type": "string"}}},
            "required": ["answers"], "additionalProperties": false}),
        temperature: None,
        expected: 20,
    }
}

/// Asks for the list of texts.
pub async fn ask(client: &Client) -> Asked {
    let ceiling = client.ceiling(None);
    soon(client.ask(&request(), &ceiling, &Cancel::new(), None, |_| Ok(()))).await
}

/// A pool of so many answers.
pub fn pool(prompt: &str, item: Value, answers: u64) -> Wanted {
    Wanted {
        table: "candidate".to_owned(),
        columns: vec!["motto".to_owned()],
        question: Question { prompt: prompt.to_owned(), item, temperature: None },
        answers,
        on_error: OnError::Fail,
        holds: Holds::default(),
    }
}

/// Nobody watches.
pub fn unwatched(_: Progress) {}

//! A local server that speaks the chat completions of a language model: its answers are scripted, its faults too, and it counts what it is
//! asked. Tests and demonstrations ask it in the place of a model.
//!
//! `POST /v1/chat/completions` answers; `GET /counts` and `GET /requests` say what was asked so far, `PUT /script` changes what is said, so that
//! programs other than tests can play with it: `scripted-model --port 9000 scripts/assistant.yaml`.
//!
//! It listens on the loopback interface and stops with the value that started it. What the tests of a client need beside it is what the
//! client logs: [`keep_log`].

mod answers;
mod lines;
mod script;
mod serve;
mod server;
mod tokens;

pub use lines::{keep_log, kept_log};
pub use script::{Fault, Pool, Reply, Script};
pub use server::{Counts, Recorded, Server};

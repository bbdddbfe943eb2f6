//! Asks a language model: a client of the chat completions that OpenAI's and many other servers speak, what it costs, pools of answers that
//! columns are filled from, and the assistant that turns words into schemas.
//!
//! - [`Client`] sends requests: time-outs, retries, a circuit breaker, bounded concurrency, cancellation; answers that satisfy a JSON Schema.
//! - [`prices::Prices`] and [`estimate::estimate`] say what filling costs before it is done; a [`budget::Ceiling`] stops it before it is passed.
//! - [`fill::fill`] and [`fill::fill_all`] collect distinct answers into a [`store::Store`]; what is there is never asked again.
//! - [`assistant`] writes schemas, columns and rules that the engine's plan has checked.
//!
//! The key lives in a [`Secret`]: nothing prints, logs or serialises it. What comes back from a model is data, and never more.

pub mod assistant;
mod attempt;
pub mod budget;
pub mod circuit;
pub mod client;
pub mod config;
pub mod difference;
pub mod estimate;
pub mod failure;
pub mod fill;
pub mod items;
mod length;
mod outlook;
pub mod prices;
mod protocol;
mod questions;
mod repair;
pub mod retry;
pub mod secret;
mod size;
pub mod store;
mod stream;
mod structured;
pub mod tokens;

pub use client::{Asked, Client, Request};
pub use config::Config;
pub use failure::{Code, Failure};
pub use protocol::{Message, Usage};
pub use secret::Secret;
/// Says that nobody waits any longer.
pub use tokio_util::sync::CancellationToken as Cancel;

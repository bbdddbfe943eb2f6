//! A language model: who asks it, what it was asked and answered, and what it cost.
//!
//! [`model`] holds client and keys; [`answers`] keeps answers in the database, [`pools`] fills them for a plan and says what that costs. Keys
//! live in memory alone; [`session`] does the same for commands. A generation's record says which answers its rows are made of, so that nobody is asked when they are made again.

pub mod answers;
pub mod model;
pub mod pools;
pub mod routes;
pub mod service;
pub mod session;
pub mod store;
mod turns;

pub use model::LanguageModel;

//! The engine: describes datasets, makes their rows, proves their rules. No file, socket, clock or environment; no randomness but the
//! schema's seed.
//!
//! Seven calls make the tour:
//!
//! 1. [`schema::read`] turns a text into a [`schema::Dataset`], or into all problems of its form;
//! 2. [`plan::compile`] turns that into a [`plan::Plan`], or into all problems of its meaning ([`plan::compile_text`] is both);
//! 3. [`run::run`] makes a range of a table's rows as batches, on several threads, in order, in bounded memory;
//! 4. [`table::provider`] shows a planned table to SQL, its rows made as they are scanned;
//! 5. [`query::query`] answers SQL over all of them;
//! 6. [`verify::certify`] proves the rules on rows, whoever made them;
//! 7. [`profile::Profiler`] says what their values look like, in one pass beside what makes them.
//!
//! Invariants: a cell is a function of seed, names, definition and row number, so the same range gives the same bytes, whoever asks and
//! however it is split; a compiled column keeps nothing between rows; `verify` shares nothing with what makes the rows.

pub mod allocation;
pub mod automaton;
pub mod content;
mod enforce;
pub mod expr;
pub mod functions;
pub mod generators;
pub mod identifiers;
pub mod llm;
pub mod locale;
pub mod permutation;
pub mod plan;
pub mod problem;
pub mod profile;
pub mod quantile;
pub mod query;
pub mod random;
pub mod run;
pub mod schema;
pub mod stack;
pub mod stop;
pub mod table;
pub mod types;
pub mod verify;

/// Version of the values: the same schema, seed and version give the same bytes. It changes when a value does.
pub const ENGINE_VERSION: &str = "1";

#[cfg(test)]
mod tests;

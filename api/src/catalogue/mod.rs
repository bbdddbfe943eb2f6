//! The catalogue: what the lists of generators, formats and templates say, in words for people and as JSON for programs.

pub mod routes;
pub mod templates;
mod words;

pub use words::{Explanation, Parameter, all, find};

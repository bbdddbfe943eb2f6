//! What language models were asked, and what it cost.

pub mod routes;
pub mod store;

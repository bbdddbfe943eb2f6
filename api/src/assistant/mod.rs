//! The assistant: words become schemas, changes, columns and rules. What it proposes is planned as any user's schema is; nothing is saved.

pub mod routes;
pub mod service;

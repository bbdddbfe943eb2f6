//! Sign-in: the first user, passwords, sessions and tokens.

pub mod routes;
pub mod service;
mod store;
pub mod tokens;

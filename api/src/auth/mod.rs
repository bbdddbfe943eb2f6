//! Sign-in: the first user, passwords, sessions and tokens.

pub mod directory;
pub mod routes;
pub mod service;
mod store;
pub mod throttle;
pub mod tokens;

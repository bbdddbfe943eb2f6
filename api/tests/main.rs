//! The API, in process, on real SQLite files: a file a resource.

mod admin;
mod api_keys;
mod asked;
mod assistant;
mod attacks;
mod auth;
mod backups;
mod beside;
mod catalogue;
mod compression;
mod datasets;
mod environment;
mod exports;
mod generations;
mod idempotency;
mod lists;
mod llm;
mod looks;
mod model;
mod plan;
mod secrets;
mod support;
mod users;
mod verify;

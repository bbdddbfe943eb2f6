//! The API, in process, on real SQLite files: a file a resource.

mod auth;
mod backups;
mod beside;
mod catalogue;
mod datasets;
mod exports;
mod generations;
mod plan;
mod support;

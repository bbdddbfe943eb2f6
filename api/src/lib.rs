//! What the product does with datasets, for every client alike: [`generations`] make rows, [`certificates`] prove what files say,
//! [`catalogue`] explains generators, [`plan`] shows what a schema would make; and the server that offers all this, [`server::serve`].
//!
//! Services know neither terminal nor network: they take plain requests, report progress to a callback, stop when their [`Cancellation`] is
//! raised, and answer with values or one [`Failure`]. Files are written through [`storage`] alone, so that what is not finished is never seen.
//! In each resource's folder `routes` know HTTP, `service` knows what is allowed and what happens, `store` knows the tables.

#![allow(unused_qualifications, reason = "utoipa's macros name what they find by its path")]

pub mod access;
pub mod admin;
pub mod api_keys;
pub mod assistant;
pub mod auth;
pub mod backups;
pub mod cancellation;
pub mod catalogue;
pub mod certificates;
pub mod config;
pub mod datasets;
pub mod db;
pub mod error;
pub mod exports;
pub mod failure;
pub mod generations;
mod health;
pub mod http;
pub mod idempotency;
pub mod jobs;
pub mod llm;
mod metrics;
pub mod openapi;
pub mod operations;
pub mod plan;
pub mod server;
pub mod sql;
pub mod storage;
#[cfg(feature = "studio")]
mod studio;
pub mod upkeep;
pub mod users;

pub use cancellation::Cancellation;
pub use config::Config;
pub use failure::Failure;
pub use server::App;

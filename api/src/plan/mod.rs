//! What a schema would make, without saving anything: its plan and its first rows.

pub mod cache;
pub mod previews;
pub mod queries;
pub mod routes;
pub mod settings;

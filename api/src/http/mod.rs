//! What handlers share: who calls, pages, preconditions, schemas and rows in bodies, and what every request passes through.

pub mod body;
pub mod caller;
pub mod cells;
pub mod files;
pub mod middleware;
pub mod page;
pub mod precondition;
pub mod request_id;
pub mod rows;
pub mod schema_source;
pub mod streams;

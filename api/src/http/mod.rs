//! What handlers share: who calls, pages, preconditions, schemas and rows in bodies; and what every request passes through: the gate, an id,
//! headers.

pub mod accept;
pub mod body;
pub mod caller;
pub mod cells;
pub mod client;
pub mod context;
pub(crate) mod cors;
pub mod deadline;
pub mod files;
pub mod gate;
pub mod headers;
pub mod middleware;
pub mod model_key;
pub mod page;
pub mod precondition;
pub mod rows;
pub mod schema_source;
pub mod standing;
pub mod streams;
pub mod upload;

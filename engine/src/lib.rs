//! The engine: reads a dataset schema, compiles it to a plan, makes its rows, proves its rules. No file, socket, clock or environment.

pub mod expr;
pub mod functions;
pub mod problem;
pub mod types;

//! What admins see of the server: its state, and who changed what.

pub mod audit;
pub mod routes;
pub mod status;

//! What keeps an installation well: [`dump`] and [`load`] carry it from one database to another, [`maintain`] checks and compacts it, [`check`]
//! looks for what would go wrong, [`start`] is what a server does for its data when it starts.
//!
//! They work on the data folder and know neither terminal nor arguments; backups have a folder of their own.

pub mod check;
pub mod dump;
pub mod load;
pub mod maintain;
pub mod start;
mod tables;
mod weak;

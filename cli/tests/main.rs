//! Runs the binary as people do. One test binary: linking it is what takes time.

mod acceptance;
mod answers;
mod backups;
#[path = "../../api/tests/support/bucket.rs"]
mod bucket;
mod caller;
mod database;
mod disk;
mod faults;
mod generate;
mod help;
mod interrupt;
mod load;
mod model;
mod paid;
mod problems;
mod reference;
mod serve;
mod slow;
mod support;
mod tidy;
mod variables;
mod verify;

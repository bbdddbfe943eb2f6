//! Runs the binary as people do. One test binary: linking it is what takes time.

mod acceptance;
mod generate;
mod help;
mod interrupt;
mod problems;
mod reference;
mod serve;
mod support;
mod tidy;
mod verify;

//! What the product does with datasets, for every client alike: [`generations`] make files, [`certificates`] prove what files say,
//! [`catalogue`] explains generators, [`previews`] show the first rows, [`templates`] are what one starts from.
//!
//! Services know neither terminal nor network: they take plain requests, report progress to a callback, stop when their [`Cancellation`] is
//! raised, and answer with values or one [`Failure`]. Files are written through [`storage`] alone, so that what is not finished is never seen.

pub mod cancellation;
pub mod catalogue;
pub mod certificates;
pub mod error;
pub mod generations;
pub mod previews;
pub mod storage;
pub mod templates;

pub use cancellation::Cancellation;
pub use error::Failure;

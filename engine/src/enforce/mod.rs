//! How rows are made to obey the rules; a file per way. What these modules promise, [`crate::verify`] proves without them.

pub mod aggregate;
pub mod assign;
pub mod candidates;
pub mod choose;
pub mod combination;
pub mod correlate;
pub mod deal;
pub mod given;
pub mod grouping;
pub mod listed;
pub mod null;
pub mod order;
pub mod overlap;
pub mod pick;
pub mod pulled;
pub mod quota;
pub mod redraw;
pub mod regroup;
pub mod simplex;
pub mod spread;
pub mod statistic;
pub mod steer;
pub mod strata;
pub mod within;

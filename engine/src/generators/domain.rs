//! Vehicles and other things of one trade.

pub(super) mod colors;
mod vehicles;

pub use self::vehicles::{LicensePlate, Vin};

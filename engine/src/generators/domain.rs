//! Vehicles and other things of one trade.

mod vehicles;

pub use self::vehicles::{LicensePlate, Vin};

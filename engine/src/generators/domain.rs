//! Vehicles and other things of one trade, and values made of other values.

pub(super) mod colors;
mod documents;
mod listed;
mod vehicles;

pub use self::documents::{Array, JsonObject};
pub(super) use self::listed::is_make;
pub use self::listed::{AirportCode, Icd10Code, VehicleMake, VehicleModel};
pub use self::vehicles::{LicensePlate, Vin};

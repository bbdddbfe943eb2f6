//! Networks and devices.

mod imei;

pub use self::imei::Imei;

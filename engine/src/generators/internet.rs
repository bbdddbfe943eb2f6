//! Networks, the web and devices.

mod addresses;
mod files;
mod imei;
mod site;
mod web;

pub use self::addresses::{Ipv4, Ipv6, MacAddress, Port};
pub use self::files::{FileName, MimeType, Password};
pub use self::imei::Imei;
pub use self::web::{DomainName, HttpMethod, HttpStatus, Slug, Url, UserAgent};

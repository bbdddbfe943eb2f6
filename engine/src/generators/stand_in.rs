//! Columns that say by their name and by their own list of values what a generator would: `sexo` with a choice of `Femenino` and `Masculino`.
//! What follows from an attribute of the row's record follows from such a column as well.

use super::domain::is_make;
use super::finance::{is_currency, is_network};
use super::person::genders::tell_genders;

/// The attributes that a column can show so, whose values are one of a list.
const LISTED: [&str; 5] = ["gender", "credit_card_network", "currency_code", "vehicle_make", "company_name"];

/// The attribute whose values are dates.
const DATED: &str = "date_of_birth";

/// How a column whose name says an attribute shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StandIn {
    /// By values that are written in the schema.
    Listed,
    /// By dates.
    Dated,
}

/// How a column of a generator can show an attribute that it is named after.
pub(crate) fn stand_in(attribute: &str, generator: &str) -> Option<StandIn> {
    match generator {
        "choice" | "constant" if LISTED.contains(&attribute) => Some(StandIn::Listed),
        "date" if attribute == DATED => Some(StandIn::Dated),
        _ => None,
    }
}

/// Whether all values of a list can be read as those of an attribute.
pub(crate) fn reads(attribute: &str, values: &[String]) -> bool {
    match attribute {
        "gender" => tell_genders(values),
        "credit_card_network" => values.iter().all(|value| is_network(value)),
        "currency_code" => values.iter().all(|value| is_currency(value)),
        "vehicle_make" => values.iter().all(|value| is_make(value)),
        _ => true,
    }
}

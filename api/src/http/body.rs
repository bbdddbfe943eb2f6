//! Bodies of requests.

use serde::{Deserialize, Deserializer};

/// Reads null as if the key were absent.
pub fn null_is_absent<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

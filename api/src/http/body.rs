//! Bodies of requests.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Number;

/// A body that is a JSON object. A list of a struct's values would be read as one too, which no document says.
#[derive(Debug)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object<T>, D::Error> {
        deserializer.deserialize_map(Members(PhantomData)).map(Object)
    }
}

/// Reads a value from the members of an object.
struct Members<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
}

/// Reads null as if the key were absent.
pub fn null_is_absent<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads a whole number however JSON spells it: `1.0` and `1e3` are some too. Null is none.
pub fn whole<'de, D: Deserializer<'de>, T: TryFrom<i64>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let Some(number) = Option::<Number>::deserialize(deserializer)? else { return Ok(None) };
    let spelled = || {
        let value = number.as_f64()?;
        // Beyond this not every whole number has a spelling of its own.
        (value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0).then_some(value as i64)
    };
    let value = number.as_i64().or_else(spelled).and_then(|value| T::try_from(value).ok());
    value.map(Some).ok_or_else(|| Error::custom(format!("{number} is no whole number that is in range here")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Body {
        #[serde(default, deserialize_with = "whole")]
        count: Option<u32>,
    }

    #[test]
    fn a_list_is_no_object() {
        let read = |text: &str| serde_json::from_str::<Object<Body>>(text);
        assert_eq!(read(r#"{"count": 7}"#).expect("an object").0, Body { count: Some(7) });
        for text in ["[7]", "[]", "7", "null"] {
            let told = read(text).expect_err(text).to_string();
            assert!(told.contains("expected an object"), "{told}");
        }
    }

    #[test]
    fn a_whole_number_is_one_however_it_is_spelled() {
        let read = |text: &str| serde_json::from_str::<Body>(text).map(|body| body.count);
        for (text, expected) in [
            ("{}", None),
            (r#"{"count": null}"#, None),
            (r#"{"count": 7}"#, Some(7)),
            (r#"{"count": 7.0}"#, Some(7)),
            (r#"{"count": 1e3}"#, Some(1000)),
        ] {
            assert_eq!(read(text).expect(text), expected, "{text}");
        }
        for text in [r#"{"count": 7.5}"#, r#"{"count": -1}"#, r#"{"count": 1e10}"#, r#"{"count": "7"}"#] {
            read(text).expect_err(text);
        }
    }
}

//! Values of a schema's parameters as they are written in one word, `candidates=500`.

use serde_json::Value;

/// `P=V`; the value is what its text says in JSON where that is a scalar, else the text itself.
///
/// # Errors
/// A sentence where there is no `=`.
pub fn setting(text: &str) -> Result<(String, Value), String> {
    let (name, value) =
        text.split_once('=').ok_or_else(|| "write PARAMETER=VALUE, such as candidates=500".to_owned())?;
    let parsed = match serde_json::from_str::<Value>(value) {
        Ok(scalar @ (Value::Bool(_) | Value::Number(_) | Value::String(_))) => scalar,
        _ => Value::String(value.to_owned()),
    };
    Ok((name.to_owned(), parsed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_takes_the_type_that_its_text_has_in_json() {
        for (text, value) in [
            ("n=5", Value::from(5)),
            ("n=0.5", Value::from(0.5)),
            ("n=true", Value::from(true)),
            ("n=\"5\"", Value::from("5")),
            ("n=five", Value::from("five")),
            ("n=a=b", Value::from("a=b")),
            ("n=[1]", Value::from("[1]")),
            ("n=", Value::from("")),
        ] {
            assert_eq!(setting(text), Ok(("n".to_owned(), value)), "{text}");
        }
        assert!(setting("n").is_err());
    }
}

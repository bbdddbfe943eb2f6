//! A meaning's generator in the type and size of its column.

use serde_json::{Map, Value, json};

use super::meanings::{Meaning, natural};
use crate::generators::by_name;
use crate::schema::{Column, ColumnType};

/// The generator of a meaning for a column, and whether the column's type made it another than the meaning's own; `None` where the type
/// says all that can be said.
pub(super) fn typed(meaning: &Meaning, column: &Column) -> Option<(Value, bool)> {
    use ColumnType as T;
    let own = natural(meaning.generator);
    let (generator, parameters) = (meaning.generator, &meaning.parameters);
    let other = |value: Value| Some((value, true));
    match (own, column.kind) {
        (T::Decimal, None | Some(T::String | T::Text)) => Some((decimal(meaning, column), false)),
        (T::Time, Some(T::String | T::Text)) => {
            other(json!({"type": "regex", "pattern": "([01][0-9]|2[0-3]):[0-5][0-9]"}))
        }
        (T::Date, Some(T::Datetime)) if generator == "date" => other(with_type("datetime", parameters)),
        (T::Datetime, Some(T::Date)) => other(with_type("date", parameters)),
        (T::Date | T::Datetime, Some(T::Integer)) => {
            other(json!({"type": "unix_timestamp", "start": "2023-01-01", "end": "2025-12-31"}))
        }
        (T::Decimal, Some(T::Decimal)) => Some((decimal(meaning, column), false)),
        (T::Integer, Some(T::Decimal)) if generator == "integer" => other(decimal(meaning, column)),
        (T::Float, Some(T::Decimal)) => {
            let most = if generator == "latitude" { 90 } else { 180 };
            other(scaled(json!({"type": "decimal", "min": -most, "max": most, "scale": 6}), column))
        }
        (T::Integer | T::Decimal, Some(T::Float)) if generator != "sequence" => {
            let (min, max) = bounds(meaning);
            other(json!({"type": "float", "min": min, "max": max}))
        }
        (T::Decimal, Some(T::Integer)) => {
            let (min, max) = bounds(meaning);
            other(json!({"type": "integer", "min": libm::ceil(min) as i64, "max": libm::floor(max) as i64}))
        }
        (T::Boolean, Some(T::Integer)) => other(json!({"type": "integer", "min": 0, "max": 1})),
        (T::Boolean, Some(T::String)) if column.max_length == Some(1) => {
            other(json!({"type": "choice", "values": ["Y", "N"]}))
        }
        (T::String, Some(T::Integer)) => digits(meaning).and_then(other),
        (T::Integer, Some(T::Uuid)) if generator == "sequence" => other(json!({"type": "uuid_v4"})),
        (T::Date, Some(T::Datetime)) => Some((with_type(generator, parameters), false)),
        (_, None | Some(T::String | T::Text)) => Some((short(meaning, column), false)),
        (own, Some(kind)) if own == kind || (own == T::Integer && kind == T::Decimal) => {
            Some((with_type(generator, parameters), false))
        }
        _ => None,
    }
}

/// The generator for a column of which only the type is known.
pub(super) fn by_type(column: &Column) -> Value {
    of_type(column, column.kind)
}

fn of_type(column: &Column, kind: Option<ColumnType>) -> Value {
    use ColumnType as T;
    match kind {
        None | Some(T::String) => json!({"type": "word"}),
        Some(T::Text) => json!({"type": "sentence"}),
        Some(T::Integer) => json!({"type": "integer", "min": 1, "max": 1000}),
        Some(T::Decimal) => scaled(json!({"type": "decimal", "min": 1, "max": 1000, "scale": 2}), column),
        Some(T::Float) => json!({"type": "float", "min": 0, "max": 1000}),
        Some(T::Boolean) => json!({"type": "boolean"}),
        Some(T::Date) => json!({"type": "date", "start": "2023-01-01", "end": "2025-12-31"}),
        Some(T::Datetime) => json!({"type": "datetime", "start": "2023-01-01", "end": "2025-12-31"}),
        Some(T::Time) => json!({"type": "time_of_day"}),
        Some(T::Uuid) => json!({"type": "uuid_v4"}),
        Some(T::Bytes) => json!({"type": "bytes"}),
        Some(T::Json) => {
            json!({"type": "json_object", "fields": {"key": {"type": "word"}, "value": {"type": "integer"}}})
        }
        Some(T::List) => json!({"type": "array", "of": of_type(column, column.items), "max": 3}),
    }
}

fn with_type(generator: &str, parameters: &Value) -> Value {
    let mut map = Map::new();
    map.insert("type".to_owned(), generator.into());
    if let Value::Object(parameters) = parameters {
        map.extend(parameters.clone());
    }
    Value::Object(map)
}

/// Smallest and largest value of a meaning; 0 and 1000 where it names none, as the generators have it.
fn bounds(meaning: &Meaning) -> (f64, f64) {
    let number = |name: &str| meaning.parameters.get(name).and_then(Value::as_f64);
    let (least, most) = if meaning.generator == "price" { (1.0, 100.0) } else { (0.0, 1000.0) };
    (number("min").unwrap_or(least), number("max").unwrap_or(most))
}

/// A decimal of the meaning, with the places that the column has.
fn decimal(meaning: &Meaning, column: &Column) -> Value {
    let fits = column.scale.is_none_or(|scale| scale >= 2) && column.precision.is_none_or(|precision| precision >= 6);
    if meaning.generator == "price" && fits {
        return with_type("price", &meaning.parameters);
    }
    let mut parameters = meaning.parameters.clone();
    if meaning.generator == "price" {
        parameters = json!({"min": 1, "max": 100, "scale": 2});
    }
    scaled(with_type("decimal", &parameters), column)
}

/// A decimal generator held to the column's precision and scale.
fn scaled(mut generator: Value, column: &Column) -> Value {
    let own = generator.get("scale").and_then(Value::as_u64).unwrap_or(2);
    let scale = column.scale.map_or(own, u64::from).min(17);
    // A decimal column that names no scale has two places, and no more may come.
    let scale = if column.kind == Some(ColumnType::Decimal) && column.scale.is_none() { scale.min(2) } else { scale };
    generator["scale"] = scale.into();
    let whole = column.precision.map_or(18, |precision| u64::from(precision).saturating_sub(scale)).min(18) as u32;
    let most = 10_i64.pow(whole) - 1;
    for bound in ["min", "max"] {
        let Some(value) = generator.get(bound).and_then(Value::as_f64) else { continue };
        if value > most as f64 {
            generator[bound] = most.into();
        } else if scale == 0 && value != libm::floor(value) {
            generator[bound] = (libm::ceil(value) as i64).into();
        }
    }
    generator
}

/// Text of a meaning, in a shorter form where the column is short.
fn short(meaning: &Meaning, column: &Column) -> Value {
    let form = match (meaning.generator, column.max_length) {
        ("country", Some(2)) => Some(json!({"type": "country_code"})),
        ("country", Some(3)) => Some(json!({"type": "country_code", "form": "alpha3"})),
        ("state", Some(2..=3)) => Some(json!({"type": "state_code"})),
        ("gender", Some(1)) => Some(json!({"type": "gender", "values": ["F", "M"]})),
        ("boolean", Some(1)) => Some(json!({"type": "choice", "values": ["Y", "N"]})),
        _ => None,
    };
    let is_known = |value: &Value| value["type"].as_str().is_some_and(|name| by_name(name).is_some());
    form.filter(is_known).unwrap_or_else(|| with_type(meaning.generator, &meaning.parameters))
}

/// Whole numbers of as many digits as a text of digits has.
fn digits(meaning: &Meaning) -> Option<Value> {
    let count = match meaning.generator {
        "pattern" | "sku" => return Some(json!({"type": "sequence", "start": 1001})),
        "choice" => {
            let values = meaning.parameters.get("values").and_then(Value::as_array).map_or(3, Vec::len);
            return Some(json!({"type": "integer", "min": 1, "max": values}));
        }
        "month_name" => return Some(json!({"type": "integer", "min": 1, "max": 12})),
        "weekday" => return Some(json!({"type": "integer", "min": 1, "max": 7})),
        "gender" => return Some(json!({"type": "integer", "min": 1, "max": 2})),
        "postal_code" => 5,
        "national_id" | "passport_number" => 8,
        "phone" => 9,
        "account_number" => 10,
        "tax_id" => 11,
        "ean" | "isbn" => 13,
        "credit_card_number" => 16,
        "cvv" => 3,
        _ => return None,
    };
    let first = 10_i64.pow(count - 1);
    Some(json!({"type": "integer", "min": first, "max": first * 10 - 1}))
}

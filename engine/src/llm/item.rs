//! The JSON Schema of one answer, from what columns say of their values; and answers as values of columns.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, StringViewArray};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::Decimal128Type;
use serde_json::{Map, Value, json};

use super::check::{Fault, allows_null};
use crate::generators::typed_values;
use crate::problem::pointer_step;
use crate::types::LogicalType;

/// What an answer holds for one column.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// The column's name.
    pub name: String,
    /// Its type.
    pub logical: LogicalType,
    /// Bounds of its text, in characters.
    pub lengths: (u32, Option<u32>),
    /// What alone is allowed.
    pub values: Option<Vec<Value>>,
    /// A schema that the user wrote for it.
    pub schema: Option<Map<String, Value>>,
    /// What it holds.
    pub description: Option<String>,
}

impl Field {
    /// The schema of its value: the user's own, and what the column says beside that.
    pub fn schema(&self) -> Value {
        let mut schema = self.schema.clone().unwrap_or_default();
        let mut add = |key: &str, value: Value| {
            schema.entry(key.to_owned()).or_insert(value);
        };
        if let Some(description) = &self.description {
            add("description", json!(description));
        }
        // What the user's own schema leaves open follows from the column, or answers would be paid for that no row can hold.
        let says =
            |keys: &[&str]| self.schema.as_ref().is_some_and(|own| keys.iter().any(|key| own.contains_key(*key)));
        if !says(&["$ref", "anyOf", "oneOf", "allOf", "not", "enum", "const"]) {
            let (kind, format) = json_type(&self.logical);
            if let Some(kind) = kind {
                add("type", json!(kind));
            }
            if let Some(format) = format {
                add("format", json!(format));
            }
        }
        if let Some(values) = &self.values {
            add("enum", json!(values));
        }
        let (min, max) = self.lengths;
        if min > 0 {
            add("minLength", json!(min));
        }
        if let Some(max) = max {
            add("maxLength", json!(max));
        }
        Value::Object(schema)
    }

    /// Whether an answer may hold null for it.
    pub fn is_nullable(&self) -> bool {
        if self.schema.is_none() {
            return false;
        }
        let Value::Object(schema) = self.schema() else { return false };
        match schema.get("type") {
            Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "null"),
            Some(kind) => kind == "null",
            None => allows_null(&schema),
        }
    }
}

/// The schema of an answer that holds a value for each of several columns.
pub(crate) fn object(fields: &[Field]) -> Value {
    let properties: Map<String, Value> = fields.iter().map(|field| (field.name.clone(), field.schema())).collect();
    let required: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// How JSON spells values of a type: its type and format.
pub(crate) fn json_type(logical: &LogicalType) -> (Option<&'static str>, Option<&'static str>) {
    match logical {
        LogicalType::Integer => (Some("integer"), None),
        LogicalType::Decimal { .. } | LogicalType::Float => (Some("number"), None),
        LogicalType::Boolean => (Some("boolean"), None),
        LogicalType::Date => (Some("string"), Some("date")),
        LogicalType::Datetime => (Some("string"), Some("date-time")),
        LogicalType::Time => (Some("string"), Some("time")),
        LogicalType::Json => (None, None),
        _ => (Some("string"), None),
    }
}

/// How deep references and choices of a schema are followed.
const DEEPEST: usize = 8;

/// The type of values that a JSON Schema describes; `root` is the schema that its references are of.
pub(crate) fn type_of_schema(schema: &Map<String, Value>, root: &Value) -> LogicalType {
    type_below(schema, root, 0)
}

fn type_below(schema: &Map<String, Value>, root: &Value, depth: usize) -> LogicalType {
    let kinds: Vec<&str> = match schema.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").collect(),
        _ => Vec::new(),
    };
    if kinds.is_empty() && depth < DEEPEST {
        let of = |part: &Value| part.as_object().map_or(LogicalType::Json, |part| type_below(part, root, depth + 1));
        if let Some(path) = schema.get("$ref").and_then(Value::as_str) {
            return path.strip_prefix('#').and_then(|path| root.pointer(path)).map_or(LogicalType::Json, of);
        }
        // Null is no type of its own: what is left of a choice must be of one.
        if let Some(variants) = ["anyOf", "oneOf"].iter().find_map(|key| schema.get(*key)?.as_array()) {
            let is_null =
                |variant: &&Value| variant["type"] == "null" || variant.get("const").is_some_and(Value::is_null);
            return only(variants.iter().filter(|variant| !is_null(variant)).map(of));
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            return only(parts.iter().map(of).filter(|kind| *kind != LogicalType::Json));
        }
        let listed = schema.get("const").map(std::slice::from_ref);
        if let Some(values) = listed.or_else(|| schema.get("enum")?.as_array().map(Vec::as_slice)) {
            return only(values.iter().filter(|value| !value.is_null()).map(type_of_value));
        }
    }
    let format = schema.get("format").and_then(Value::as_str);
    match (kinds.as_slice(), format) {
        (["integer"], _) => LogicalType::Integer,
        (["number"] | ["number", "integer"] | ["integer", "number"], _) => LogicalType::Float,
        (["boolean"], _) => LogicalType::Boolean,
        (["string"], Some("date")) => LogicalType::Date,
        (["string"], Some("date-time")) => LogicalType::Datetime,
        (["string"], Some("time")) => LogicalType::Time,
        (["string"], _) => LogicalType::String,
        _ => LogicalType::Json,
    }
}

/// The one type of several; whole numbers are numbers too. JSON where they differ.
fn only(kinds: impl Iterator<Item = LogicalType>) -> LogicalType {
    let mut found = None;
    for kind in kinds {
        found = match (found, kind) {
            (None, kind) => Some(kind),
            (Some(one), other) if one == other => Some(one),
            (Some(LogicalType::Integer | LogicalType::Float), LogicalType::Integer | LogicalType::Float) => {
                Some(LogicalType::Float)
            }
            _ => return LogicalType::Json,
        };
    }
    found.unwrap_or(LogicalType::Json)
}

/// The type of a value that is written in a schema.
fn type_of_value(value: &Value) -> LogicalType {
    match value {
        Value::String(_) => LogicalType::String,
        Value::Bool(_) => LogicalType::Boolean,
        Value::Number(number) if number.is_i64() => LogicalType::Integer,
        Value::Number(_) => LogicalType::Float,
        _ => LogicalType::Json,
    }
}

/// Whether answers can be values of a type.
pub(crate) fn is_possible(logical: &LogicalType) -> bool {
    !matches!(logical, LogicalType::Uuid | LogicalType::Bytes | LogicalType::List(_))
}

/// What rows need of an answer beside what its schema asks: a value of its type for each column that shows a part of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Holds {
    pub(super) parts: Vec<Part>,
}

/// The part of an answer that a column shows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    /// Its name; without one it is the answer itself.
    pub name: Option<String>,
    /// The column's type.
    pub logical: LogicalType,
    /// Whether the column never repeats a value.
    pub is_alone: bool,
}

impl Part {
    /// The part of an answer; null where it is left out.
    pub fn of<'a>(&self, answer: &'a Value) -> &'a Value {
        match &self.name {
            None => answer,
            Some(name) => answer.get(name).unwrap_or(&Value::Null),
        }
    }
}

impl Holds {
    /// What the fields of a draw need; `unique`: which of them never repeat; `whole`: the answer is the value of the only one, and no object.
    pub(crate) fn new(fields: &[Field], unique: &[bool], whole: bool) -> Holds {
        let part = |(field, unique): (&Field, &bool)| Part {
            name: (!whole).then(|| field.name.clone()),
            logical: field.logical.clone(),
            is_alone: *unique,
        };
        Holds { parts: fields.iter().zip(unique).map(part).collect() }
    }

    /// Whether rows can hold an answer, which its schema allows: by the very code that makes values of answers.
    pub(crate) fn check(&self, answer: &Value) -> Result<(), Fault> {
        for part in &self.parts {
            let (value, logical) = (part.of(answer), &part.logical);
            if typed(std::slice::from_ref(value), logical).is_err() {
                return Err(Fault {
                    pointer: part.name.as_deref().map(pointer_step).unwrap_or_default(),
                    keyword: "type".to_owned(),
                    asked: json!(logical.to_string()),
                    value: value.clone(),
                    reason: format!("it is no {logical}"),
                });
            }
        }
        Ok(())
    }
}

/// Answers as an array of a type, or why one of them is none.
pub(crate) fn typed(answers: &[Value], logical: &LogicalType) -> Result<ArrayRef, String> {
    let spelled: Vec<Value> = answers.iter().map(|answer| spelled(answer, logical)).collect();
    if *logical != LogicalType::Time {
        let first = |problems: Vec<crate::problem::Problem>| {
            problems.into_iter().next().map(|problem| problem.detail).unwrap_or_default()
        };
        let values = typed_values(&spelled, logical).map_err(first)?;
        let beyond = match (logical, values.as_primitive_opt::<Decimal128Type>()) {
            (LogicalType::Decimal { precision, .. }, Some(units)) => beyond(units, *precision),
            _ => None,
        };
        return match beyond {
            Some(row) => Err(format!("{} is no {logical}", answers[row])),
            None => Ok(values),
        };
    }
    let texts: ArrayRef = std::sync::Arc::new(spelled.iter().map(Value::as_str).collect::<StringViewArray>());
    let options = CastOptions { safe: true, ..CastOptions::default() };
    let times = cast_with_options(&texts, &logical.arrow(), &options).map_err(|error| error.to_string())?;
    match (0..times.len()).find(|row| times.is_null(*row) && !spelled[*row].is_null()) {
        Some(row) => Err(format!("{} is no {logical}", spelled[row])),
        None => Ok(times),
    }
}

/// The first of some decimals that has more digits than its type.
fn beyond(units: &Decimal128Array, precision: u8) -> Option<usize> {
    let digits = |units: i128| units.unsigned_abs().checked_ilog10().map_or(1, |most| most + 1);
    units.iter().position(|units| units.is_some_and(|units| digits(units) > u32::from(precision)))
}

/// A time of day without the zone that may stand behind it: `10:30:00Z` and `10:30:00+02:00` are half past ten.
pub(super) fn without_zone(time: &str) -> &str {
    let time = time.trim_end_matches(['Z', 'z']);
    match time.rfind(['+', '-']) {
        Some(zone) if time[zone + 1..].chars().all(|c| c.is_ascii_digit() || c == ':') => &time[..zone],
        _ => time,
    }
}

/// An answer as a type's values are written: models write 3.0 for 3, more decimal places than a column has, and times with a zone.
fn spelled(answer: &Value, logical: &LogicalType) -> Value {
    match (logical, answer) {
        (_, Value::Null) => Value::Null,
        (LogicalType::Json, answer) => Value::String(answer.to_string()),
        (LogicalType::String | LogicalType::Text, answer) if !answer.is_string() => Value::String(answer.to_string()),
        (LogicalType::Integer, answer) if answer.as_i64().is_none() => match answer.as_f64() {
            // Whole numbers below 2^53 are floats without loss.
            Some(number) if libm::trunc(number) == number && number.abs() < 9_007_199_254_740_992.0 => {
                json!(number as i64)
            }
            _ => answer.clone(),
        },
        (LogicalType::Decimal { scale, .. }, Value::Number(number)) => {
            let text = number.to_string();
            let places = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
            let scale = usize::try_from(*scale).unwrap_or(0);
            match number.as_f64() {
                Some(float) if places > scale || text.contains(['e', 'E']) => Value::String(format!("{float:.scale$}")),
                _ => answer.clone(),
            }
        }
        (LogicalType::Time, Value::String(text)) => Value::String(without_zone(text).to_owned()),
        _ => answer.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::as_text;

    #[test]
    fn answers_become_values_of_the_type() {
        let texts = |answers: Value, logical: LogicalType| -> Result<Vec<String>, String> {
            let array = typed(answers.as_array().expect("a list"), &logical)?;
            let texts = as_text(&array).map_err(|error| error.to_string())?;
            Ok(texts.as_string_view().iter().map(|text| text.unwrap_or("∅").to_owned()).collect())
        };
        let money = LogicalType::Decimal { precision: 10, scale: 2 };
        assert_eq!(texts(json!([3.0, 4]), LogicalType::Integer), Ok(vec!["3".to_owned(), "4".to_owned()]));
        assert_eq!(
            texts(json!([1.005, 2, 1e3]), money.clone()),
            Ok(vec!["1.00".into(), "2.00".into(), "1000.00".into()])
        );
        assert_eq!(
            texts(json!(["10:30:00Z", "08:05", "23:00:00+02:00", "07:15:30.5-03"]), LogicalType::Time),
            Ok(vec!["10:30:00".into(), "08:05:00".into(), "23:00:00".into(), "07:15:30.5".into()])
        );
        assert_eq!(texts(json!(["2024-02-29", null]), LogicalType::Date), Ok(vec!["2024-02-29".into(), "∅".into()]));
        assert_eq!(texts(json!([{"a": 1}, "x"]), LogicalType::Json), Ok(vec!["{\"a\":1}".into(), "\"x\"".into()]));
        assert_eq!(texts(json!(["x"]), LogicalType::Integer), Err("\"x\" is no integer".to_owned()));
        assert_eq!(texts(json!(["25:00"]), LogicalType::Time), Err("\"25:00\" is no time".to_owned()));
        assert_eq!(texts(json!([99_999_999.99]), money.clone()), Ok(vec!["99999999.99".to_owned()]));
        for (beyond, logical) in [
            (json!(100_000_000), money.clone()),
            (json!(-1e9), money),
            (json!(9_223_372_036_854_775_808_u64), LogicalType::Integer),
            (json!(1e300), LogicalType::Integer),
        ] {
            assert!(texts(json!([beyond]), logical.clone()).is_err(), "{beyond} is no {logical}");
        }
    }

    #[test]
    fn what_a_schema_leaves_open_follows_from_the_column() {
        let field = |schema: Value, logical: LogicalType| Field {
            name: "x".to_owned(),
            logical,
            lengths: (0, None),
            values: None,
            schema: schema.as_object().cloned(),
            description: None,
        };
        let of = |schema: Value, logical: LogicalType| field(schema, logical).schema();
        assert_eq!(of(json!({"minimum": 3}), LogicalType::Integer), json!({"minimum": 3, "type": "integer"}));
        assert_eq!(of(json!({"type": "string"}), LogicalType::Date), json!({"type": "string", "format": "date"}));
        assert_eq!(of(json!({"enum": [1, 2]}), LogicalType::Integer), json!({"enum": [1, 2]}));
        assert_eq!(of(json!({"minItems": 1}), LogicalType::Json), json!({"minItems": 1}));
        assert!(!field(json!({"minimum": 3}), LogicalType::Integer).is_nullable(), "it is an integer");
        assert!(field(json!({"type": ["integer", "null"]}), LogicalType::Integer).is_nullable());
    }

    #[test]
    fn rows_hold_an_answer_where_each_part_is_a_value_of_its_column() {
        let part =
            |name: Option<&str>, logical: LogicalType| Part { name: name.map(str::to_owned), logical, is_alone: false };
        let holds =
            Holds { parts: vec![part(Some("at"), LogicalType::Time), part(Some("stars"), LogicalType::Integer)] };
        assert!(holds.check(&json!({"at": "10:30", "stars": 5.0})).is_ok());
        let fault = holds.check(&json!({"at": "10:30", "stars": 1e30})).expect_err("too large");
        assert_eq!((fault.pointer.as_str(), fault.reason.as_str()), ("/stars", "it is no integer"));
        let whole = Holds { parts: vec![part(None, LogicalType::Date)] };
        assert!(whole.check(&json!("2026-02-28")).is_ok() && whole.check(&json!("soon")).is_err());
        assert!(Holds::default().check(&json!("anything")).is_ok());
    }

    #[test]
    fn a_schema_names_its_type() {
        let of = |schema: Value| type_of_schema(schema.as_object().expect("an object"), &schema);
        assert_eq!(of(json!({"type": ["string", "null"], "format": "date"})), LogicalType::Date);
        assert_eq!(of(json!({"type": "number"})), LogicalType::Float);
        assert_eq!(of(json!({"enum": ["a", "b"]})), LogicalType::String);
        assert_eq!(of(json!({"type": "object"})), LogicalType::Json);
        for (schema, logical) in [
            (json!({"enum": ["uno", "dos", null]}), LogicalType::String),
            (json!({"const": "uno"}), LogicalType::String),
            (json!({"enum": [1, 2]}), LogicalType::Integer),
            (json!({"enum": [1, 2.5, null]}), LogicalType::Float),
            (json!({"enum": [true, false]}), LogicalType::Boolean),
            (json!({"enum": ["a", 1]}), LogicalType::Json),
            (json!({"enum": [null]}), LogicalType::Json),
            (json!({"anyOf": [{"type": "string"}, {"type": "null"}]}), LogicalType::String),
            (json!({"oneOf": [{"type": "null"}, {"type": "string", "format": "date"}]}), LogicalType::Date),
            (json!({"anyOf": [{"type": "integer"}, {"type": "number"}]}), LogicalType::Float),
            (json!({"anyOf": [{"type": "integer"}, {"type": "string"}]}), LogicalType::Json),
            (json!({"allOf": [{"type": "integer"}, {"minimum": 3}]}), LogicalType::Integer),
            (json!({"$ref": "#/$defs/name", "$defs": {"name": {"type": "string"}}}), LogicalType::String),
            (json!({"$ref": "#"}), LogicalType::Json),
            (json!({"minimum": 3}), LogicalType::Json),
        ] {
            assert_eq!(of(schema.clone()), logical, "{schema}");
        }
    }
}

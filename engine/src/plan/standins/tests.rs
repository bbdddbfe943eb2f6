//! Stand-ins keep to the schema that answers have.

use super::*;

fn standin(schema: Value, logical: LogicalType) -> Standin {
    let field = Field {
        name: "x".to_owned(),
        logical,
        lengths: (0, None),
        values: None,
        schema: schema.as_object().cloned(),
        description: None,
    };
    let choose = |asked: &Asked<'_>| match asked.logical {
        LogicalType::Integer => (json!({"type": "integer", "min": 1, "max": 5}), "r".to_owned()),
        _ => (json!({"type": "word"}), "r".to_owned()),
    };
    Asked::of(&field).standins(&choose).remove(0)
}

#[test]
fn numbers_keep_to_their_bounds() {
    let of = |schema: Value| standin(schema, LogicalType::Integer).generator;
    let between = |min: i64, max: i64| json!({"type": "integer", "min": min, "max": max});
    assert_eq!(of(json!({"minimum": 50, "maximum": 100})), between(50, 100));
    assert_eq!(of(json!({"exclusiveMinimum": 1.5, "exclusiveMaximum": 9})), between(2, 8));
    assert_eq!(of(json!({"minimum": 3})), between(3, 5));
    assert_eq!(of(json!({"minimum": 50})), between(50, 1049));
    assert_eq!(of(json!({"maximum": -7})), between(-1006, -7));
    assert_eq!(of(json!({"maximum": 3})), between(1, 3));
    assert_eq!(
        of(json!({"minimum": 1, "maximum": 20, "multipleOf": 5})),
        json!({"type": "integer", "min": 5, "max": 20, "step": 5})
    );
    assert_eq!(of(json!({"type": "integer"})), between(1, 5));
    let none = standin(json!({"minimum": 5, "maximum": 4}), LogicalType::Integer);
    assert_eq!(none.unheld, ["minimum", "maximum"]);
    let money = LogicalType::Decimal { precision: 10, scale: 2 };
    let price = standin(json!({"exclusiveMinimum": 0, "maximum": 9.99}), money);
    assert_eq!(price.generator, json!({"type": "decimal", "min": "0.01", "max": "9.99", "scale": 2}));
    let half = standin(json!({"minimum": 0, "maximum": 1, "multipleOf": 0.25}), LogicalType::Float);
    assert_eq!((half.generator["type"].as_str(), half.unheld), (Some("float"), vec!["multipleOf".to_owned()]));
    let cents = standin(json!({"minimum": 0, "maximum": 1, "multipleOf": 0.01}), LogicalType::Float);
    assert_eq!(cents.generator, json!({"type": "float", "min": 0.0, "max": 1.0, "digits": 2}));
}

#[test]
fn texts_keep_to_pattern_format_and_length_and_what_they_may_break_is_told() {
    let of = |schema: Value| standin(schema, LogicalType::String);
    assert_eq!(of(json!({"pattern": "^[A-Z]{3}$"})).generator, json!({"type": "regex", "pattern": "^[A-Z]{3}$"}));
    assert_eq!(of(json!({"format": "email"})).generator, json!({"type": "email"}));
    let long = of(json!({"minLength": 20, "maxLength": 25}));
    assert_eq!((long.generator["min"].as_u64(), long.generator["max"].as_u64()), (Some(20), Some(25)));
    assert!(long.unheld.is_empty());
    assert_eq!(of(json!({"pattern": "^[a-z]+$", "minLength": 9})).unheld, ["pattern"]);
    assert_eq!(of(json!({"pattern": "^[a-z]{9}$", "minLength": 9})).unheld, [""; 0]);
    assert_eq!(of(json!({"not": {"const": "x"}, "format": "iri"})).unheld, ["not", "format"]);
    assert_eq!(of(json!({"enum": ["a", null, 5, "b"]})).generator["values"], json!(["a", "b"]));
    assert_eq!(of(json!({"anyOf": [{"type": "null"}, {"const": "a"}]})).generator["values"], json!(["a"]));
    let referred = json!({"$ref": "#/$defs/code", "$defs": {"code": {"type": "string", "pattern": "^[0-9]$"}}});
    assert_eq!(of(referred).generator["pattern"], "^[0-9]$");
    let both = json!({"allOf": [{"type": "string", "minLength": 2}, {"maxLength": 3}]});
    assert_eq!(of(both).generator["max"], 3);
}

#[test]
fn objects_have_the_properties_that_are_asked() {
    let schema = json!({"type": "object", "required": ["stars", "tags"], "properties": {
        "stars": {"type": "integer", "minimum": 4, "maximum": 5},
        "tags": {"type": "array", "items": {"enum": ["new", "old"]}, "minItems": 1, "maxItems": 2},
        "name": {"type": "string", "minLength": 3}}});
    let made = standin(schema, LogicalType::Json);
    let fields = &made.generator["fields"];
    assert_eq!(fields["stars"], json!({"type": "integer", "min": 4, "max": 5}));
    assert_eq!(
        fields["tags"],
        json!({"type": "array", "of": {"type": "choice", "values": ["new", "old"]}, "min": 1, "max": 2})
    );
    assert_eq!(fields["name"]["type"], "string");
    assert!(made.unheld.is_empty(), "{made:?}");
    let other = standin(json!({"type": ["string", "integer"]}), LogicalType::Json);
    assert_eq!(other.unheld, ["type"]);
}

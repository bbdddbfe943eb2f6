//! Rules that put different things into one column: they hold in different rows, or are refused together.

use serde_json::{Value, json};

use super::bounded::{held, table};
use super::compiled;

fn columns() -> Value {
    json!([
        { "name": "kind", "generator": { "type": "choice", "values": ["x", "y", "z"] } },
        { "name": "a", "generator": { "type": "integer", "min": 0, "max": 9 } },
        { "name": "c", "generator": { "type": "integer", "min": 0, "max": 5 } },
        { "name": "n", "null_rate": 0.5, "generator": { "type": "integer", "min": 0, "max": 5 } },
        { "name": "w", "null_when": "a = 3", "generator": { "type": "integer", "min": 0, "max": 5 } },
    ])
}

fn implies(id: &str, condition: &str, then: &str) -> Value {
    json!({ "id": id, "kind": "implies", "if": condition, "then": then })
}

#[test]
fn conditions_that_would_put_two_values_into_a_column_do_not_meet() {
    let rules = json!([
        implies("x", "kind = 'x'", "c = 5"),
        implies("large", "a > 5", "c = 1.0"),
        implies("odd", "a IN (1, 3)", "c = 5"),
        implies("same", "a > 7", "c = 1"),
    ]);
    assert_eq!(held(&table(9000, &columns(), &rules)), ["projected", "redrawn", "projected", "redrawn"]);
    // Values that a rule puts into the same rows leave it none.
    let rules = json!([implies("x", "kind = 'x'", "c = 5 AND c = 1")]);
    assert_eq!(held(&table(9000, &columns(), &rules)), ["redrawn"]);
}

#[test]
fn null_and_a_value_do_not_meet() {
    let rules = json!([
        implies("none", "kind = 'x'", "n IS NULL"),
        implies("some", "a > 5", "n IS NOT NULL"),
        implies("own", "kind = 'y'", "w IS NOT NULL"),
    ]);
    assert_eq!(held(&table(9000, &columns(), &rules)), ["projected", "redrawn", "redrawn"]);
}

#[test]
fn conditions_that_never_meet_are_left_as_they_are() {
    let rules = json!([
        implies("x", "kind = 'x'", "c = 5"),
        implies("y", "kind = 'y'", "c = 1"),
        implies("z", "kind NOT IN ('x', 'y')", "c = 2"),
        implies("none", "a < 5", "n IS NULL"),
        implies("some", "a >= 5", "n = 3"),
    ]);
    assert_eq!(held(&table(9000, &columns(), &rules)), ["projected"; 5]);
}

#[test]
fn rules_that_put_two_values_into_every_row_are_named() {
    for (one, two) in [("c = 5", "c = 1"), ("n IS NULL", "n IS NOT NULL")] {
        let rules = json!([
            implies("first", "id >= 0", one),
            implies("other", "kind = 'x'", "a < 9"),
            implies("second", "id >= 0", two),
        ]);
        let found = compiled(&table(100, &columns(), &rules).to_string());
        assert!(found.plan.is_none(), "{one} and {two}");
        assert_eq!(found.problems[0].params["rules"], json!(["first", "second"]), "{:?}", found.problems);
        assert!(found.problems[0].pointer.starts_with("/tables/0/rules/2"), "{:?}", found.problems);
    }
}

#[test]
fn nothing_is_put_into_given_cells() {
    let given = |then: &str, condition: &str| {
        let rules = json!([implies("r", condition, then)]);
        let mut schema = table(300, &columns(), &rules);
        schema["tables"][0]["given"] = json!([{ "c": 5, "n": 2 }, { "c": 0 }]);
        schema
    };
    for then in ["c = 5", "n IS NULL", "c = 5 AND n IS NULL"] {
        assert_eq!(held(&given(then, "a > 5")), ["redrawn"], "{then}");
        let found = compiled(&given(then, "id > 0").to_string());
        assert!(found.plan.is_none(), "{then}");
        assert_eq!(found.problems[0].params["rules"], json!(["r"]), "{:?}", found.problems);
    }
}

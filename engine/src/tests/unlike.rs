//! Pairs of rows of one table that do not repeat and are of two different rows: matches, friends, predecessors.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::bounded::held;
use super::cases::problems;
use super::{all_rows, plan};

/// Pairs of six people under the rule, as many as asked for.
fn pairs(rows: Value, condition: &str, children: Value) -> Value {
    let key = |name: &str| json!({ "name": name, "columns": [format!("{name}_id")], "references": { "table": "person", "columns": ["id"] } });
    let (mut one, other) = (key("one"), key("other"));
    if !children.is_null() {
        one["children"] = children;
    }
    let mut pair = json!({
        "name": "pair", "primary_key": ["one_id", "other_id"],
        "columns": [{ "name": "one_id" }, { "name": "other_id" }],
        "foreign_keys": [one, other],
        "rules": [{ "id": "apart", "kind": "check", "sql": condition }],
    });
    if !rows.is_null() {
        pair["rows"] = rows;
    }
    let id = json!({ "name": "id", "generator": { "type": "sequence", "start": 11, "step": 2 } });
    let person = json!({ "name": "person", "rows": 6, "primary_key": ["id"], "columns": [id] });
    json!({ "name": "d", "random_seed": 7, "tables": [person, pair] })
}

#[test]
fn pairs_of_different_rows_are_dealt_up_to_the_last_of_them() {
    for (condition, all) in [
        ("one_id <> other_id", 30),
        ("NOT (other_id = one_id)", 30),
        ("one.id != other.id", 30),
        ("one_id < other_id", 15),
        ("other_id < one_id", 15),
        ("one_id > other_id", 15),
    ] {
        for rows in [1, all / 2, all] {
            let schema = pairs(json!(rows), condition, Value::Null);
            assert_eq!(held(&schema), ["by_construction"], "{condition}");
            let made: HashSet<String> = all_rows(&plan(&schema.to_string()), "pair").into_iter().collect();
            assert_eq!(made.len(), rows as usize, "{condition}");
        }
        let refused = problems(&pairs(json!(all + 1), condition, Value::Null).to_string());
        let told = format!("primary key needs {} combinations beside apart and there are {all}", all + 1);
        assert!(refused[0].contains(&told), "{refused:?}");
    }
}

#[test]
fn each_row_has_partners_that_are_not_itself() {
    let condition = "one_id <> other_id";
    for children in
        [json!({ "min": 5, "max": 5 }), json!({ "min": 0, "max": 5 }), json!({ "min": 1, "max": 3, "mean": 2 })]
    {
        assert_eq!(held(&pairs(Value::Null, condition, children)), ["by_construction"]);
    }
    let refused = problems(&pairs(Value::Null, condition, json!({ "min": 6, "max": 6 })).to_string());
    let told = "primary key needs 6 combinations beside apart for the children of one parent and there are 5";
    assert!(refused[0].contains(told), "{refused:?}");
}

#[test]
fn texts_of_numbers_are_in_no_order_of_rows() {
    let mut schema = pairs(json!(15), "one_id < other_id", Value::Null);
    schema["tables"][0]["columns"][0] =
        json!({ "name": "id", "type": "string", "generator": { "type": "sequence", "start": 7 } });
    let refused = problems(&schema.to_string());
    assert!(refused[0].contains("breaks apart"), "{refused:?}");
    // That two are not the same needs no order.
    schema["tables"][1]["rules"][0]["sql"] = "one_id <> other_id".into();
    assert_eq!(held(&schema), ["by_construction"]);
}

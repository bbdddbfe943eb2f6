//! Comparisons with values and with what a row's parents hold: the column is drawn inside what they leave.

use serde_json::{Value, json};

use super::cases::broken;
use super::compiled;
use super::kinds::{named, same_in_parts};

pub(super) fn table(rows: u64, columns: &Value, rules: &Value) -> Value {
    let mut all = vec![json!({ "name": "id", "generator": { "type": "sequence" } })];
    all.extend(columns.as_array().expect("columns").iter().cloned());
    let table = json!({ "name": "t", "rows": rows, "primary_key": ["id"], "columns": all, "rules": rules });
    json!({ "name": "d", "random_seed": 7, "tables": [table] })
}

/// How the rules of a schema are held, after all of its rows were made and proved, in one piece and in parts.
pub(super) fn held(schema: &Value) -> Vec<String> {
    let text = schema.to_string();
    let found = compiled(&text);
    let problems: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
    let plan = found.plan.unwrap_or_else(|| panic!("{problems:?}"));
    assert_eq!(broken(&plan).expect("a certificate"), [""; 0], "{text}");
    same_in_parts(&text);
    plan.report().rules.iter().map(|rule| rule.held.clone()).collect()
}

/// Asserts that a condition is held by what is drawn in the first place: in all rows, in those of a condition, and as what one implies.
pub(super) fn is_projected(columns: &Value, sql: &str) {
    for rule in [
        json!({ "id": "r", "kind": "check", "sql": sql }),
        json!({ "id": "r", "kind": "check", "when": "k = 'x'", "sql": sql }),
        json!({ "id": "r", "kind": "implies", "if": "k = 'x'", "then": sql }),
    ] {
        assert_eq!(held(&table(300, columns, &json!([rule]))), ["projected"], "{rule}");
    }
}

#[test]
fn values_that_are_hardly_ever_drawn_are_drawn_where_a_rule_asks_for_them() {
    let columns = json!([
        { "name": "whole", "generator": { "type": "integer", "min": 0, "max": 1_000_000 } },
        { "name": "stepped", "generator": { "type": "integer", "min": 0, "max": 1_000_000, "step": 250 } },
        { "name": "price", "generator": { "type": "decimal", "min": 0, "max": 1_000_000, "scale": 2 } },
        { "name": "day", "generator": { "type": "date", "start": "1900-01-01", "end": "2099-12-31" } },
        { "name": "at", "generator": { "type": "datetime", "start": "1900-01-01T00:00:00Z", "end": "2099-12-31T00:00:00Z" } },
        { "name": "score", "type": "integer", "generator": { "type": "normal", "mean": 50, "std": 10, "min": 0, "max": 100 } },
    ]);
    let rules = json!([
        { "id": "whole", "kind": "check", "sql": "whole >= 999990" },
        { "id": "stepped", "kind": "check", "sql": "stepped BETWEEN 999301 AND 999999.5" },
        { "id": "price", "kind": "check", "sql": "12.345 < price AND NOT (price >= 12.37)" },
        { "id": "day", "kind": "check", "sql": "day > '2024-02-28' AND day <= DATE '2024-02-29'" },
        { "id": "at", "kind": "check", "sql": "at = '2024-02-29T12:00:00Z'" },
        { "id": "score", "kind": "check", "sql": "score > 96.5" },
    ]);
    assert_eq!(held(&table(400, &columns, &rules)), ["projected"; 6]);
}

#[test]
fn a_condition_says_in_which_rows() {
    let columns = json!([
        { "name": "kind", "generator": { "type": "choice", "values": ["x", "y", "z"] } },
        { "name": "a", "null_rate": 0.1, "generator": { "type": "integer", "min": 0, "max": 100_000 } },
        { "name": "b", "type": "decimal", "precision": 9, "scale": 3, "generator": { "type": "normal", "mean": 0, "std": 1 } },
    ]);
    let rules = json!([
        { "id": "late", "kind": "check", "when": "id > 5000", "sql": "a >= 99999" },
        { "id": "x", "kind": "implies", "if": "kind = 'x'", "then": "b > 3.9995" },
        { "id": "y", "kind": "implies", "when": "id > 100", "if": "kind = 'y'", "then": "b < -4 AND a IS NOT NULL" },
    ]);
    let made = super::plan(&table(9000, &columns, &rules).to_string());
    let nullable: Vec<bool> = made.tables[0].schema.fields().iter().map(|field| field.is_nullable()).collect();
    assert_eq!(nullable, [false, false, true, false], "a bound that is null makes nothing null");
    // A column that is not to be null is drawn again.
    assert_eq!(held(&table(9000, &columns, &rules)), ["projected", "projected", "redrawn"]);
}

#[test]
fn what_a_parent_holds_bounds_its_children() {
    let day = |name: &str| json!({ "name": name, "generator": { "type": "date", "start": "2020-01-01", "end": "2025-12-31" } });
    let schema = json!({ "name": "d", "random_seed": 7, "tables": [
        { "name": "customer", "rows": 300, "primary_key": ["id"], "columns": [
            { "name": "id", "generator": { "type": "sequence" } }, day("since"),
            { "name": "least", "type": "float", "generator": { "type": "decimal", "min": 0, "max": 999.99, "scale": 4 } },
            { "name": "most", "generator": { "type": "integer", "min": 1000, "max": 1001 } },
        ] },
        { "name": "order", "rows": 9000, "primary_key": ["id"], "columns": [
            { "name": "id", "generator": { "type": "sequence" } }, day("day"),
            { "name": "customer_id" },
            { "name": "amount", "generator": { "type": "decimal", "min": 0, "max": 1000, "scale": 2 } },
        ], "foreign_keys": [
            { "name": "customer", "columns": ["customer_id"], "references": { "table": "customer", "columns": ["id"] } },
        ], "rules": [
            { "id": "later", "kind": "check", "sql": "day >= customer.since" },
            { "id": "more", "kind": "check", "when": "id % 2 = 0", "sql": "amount > customer.least AND amount < customer.most - 0.5" },
        ] },
    ] });
    assert_eq!(held(&schema), ["projected"; 2]);
}

#[test]
fn columns_that_bound_each_other_are_drawn_again_together() {
    let columns = json!([
        { "name": "a", "generator": { "type": "integer", "min": 1, "max": 9 } },
        { "name": "b", "generator": { "type": "integer", "min": 1, "max": 9 } },
    ]);
    let rules = json!([
        { "id": "one", "kind": "implies", "if": "a > 4", "then": "b < 4" },
        { "id": "other", "kind": "implies", "if": "b > 6", "then": "a < 2" },
    ]);
    assert_eq!(held(&table(500, &columns, &rules)), ["redrawn"; 2]);
}

#[test]
fn a_part_that_bounds_nothing_is_drawn_again_inside_the_bounds() {
    let columns = json!([
        { "name": "a", "generator": { "type": "integer", "min": 1, "max": 100_000 } },
        { "name": "b", "generator": { "type": "integer", "min": 1, "max": 9 } },
    ]);
    let rules = json!([{ "id": "both", "kind": "check", "sql": "a <= 9 AND a <> b" }]);
    assert_eq!(held(&table(500, &columns, &rules)), ["redrawn"]);
}

#[test]
fn bounds_that_leave_nothing_in_some_late_row_are_told_before_the_first() {
    let columns = json!([{ "name": "a", "generator": { "type": "integer", "min": 0, "max": 9 } }]);
    let rules = json!([
        { "id": "high", "kind": "check", "when": "id > 9000", "sql": "a > 6" },
        { "id": "low", "kind": "check", "when": "id % 2 = 0", "sql": "a < 5" },
        { "id": "free", "kind": "check", "when": "id < 10", "sql": "a < 3" },
    ]);
    let schema = table(10_000, &columns, &rules);
    let found = compiled(&schema.to_string());
    let [problem] = found.problems.as_slice() else { panic!("{:?}", found.problems) };
    assert_eq!(problem.code, "contradiction");
    assert_eq!(named(&schema, problem).into_iter().collect::<Vec<_>>(), ["high", "low"], "{problem}");
}

#[test]
fn what_is_compared_wrongly_is_told_as_ever() {
    let columns = json!([
        { "name": "a", "generator": { "type": "integer", "min": 0, "max": 9 } },
        { "name": "day", "generator": { "type": "date", "start": "2024-01-01", "end": "2024-12-31" } },
    ]);
    for (sql, place) in [
        ("a > 'x'", "sql"),
        ("a > '5'", "sql"),
        ("day >= '2024-02-30'", "sql"),
        ("day > 5", "sql"),
        ("a < up.b", "sql"),
    ] {
        let schema = table(5, &columns, &json!([{ "id": "r", "kind": "check", "sql": sql }]));
        let found = compiled(&schema.to_string()).problems;
        let told: Vec<&str> = found.iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(told, [format!("/tables/0/rules/0/{place}")], "{sql}: {found:?}");
    }
}

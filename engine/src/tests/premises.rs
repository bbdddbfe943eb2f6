//! What says of which rows a rule speaks: it stays as it is drawn as long as what the rule states of them can move.

use serde_json::{Value, json};

use super::bounded::{held, table};
use super::{all_rows, plan};

fn columns() -> Value {
    json!([
        { "name": "tier", "generator": { "type": "choice", "values": ["gold", "basic"] } },
        { "name": "discount", "generator": { "type": "decimal", "min": 0, "max": 0.5, "scale": 2 } },
        { "name": "a", "generator": { "type": "integer", "min": 0, "max": 100 } },
        { "name": "b", "generator": { "type": "integer", "min": 0, "max": 100 } },
    ])
}

/// How many rows have a value in a column.
fn count(schema: &Value, column: usize, value: &str) -> usize {
    let rows = all_rows(&plan(&schema.to_string()), "t");
    rows.iter().filter(|row| row.split('|').nth(column) == Some(value)).count()
}

#[test]
fn a_rule_that_is_held_by_drawing_again_does_not_empty_its_own_condition() {
    let plain = count(&table(1000, &columns(), &json!([])), 1, "gold");
    for rule in [
        json!({ "id": "r", "kind": "check", "when": "tier = 'gold'", "sql": "discount * 10 = floor(discount * 10)" }),
        json!({ "id": "r", "kind": "check", "when": "tier = 'gold'", "sql": "a + b < 40 OR discount IS NULL" }),
        json!({ "id": "r", "kind": "order", "when": "tier = 'gold'", "columns": ["a", "b"] }),
        json!({ "id": "r", "kind": "order", "when": "tier = 'gold'", "columns": ["a", "b"], "gap": { "min": 30 } }),
        json!({ "id": "r", "kind": "implies", "when": "a > 20", "if": "tier = 'gold'", "then": "a * b < 1500" }),
    ] {
        let schema = table(1000, &columns(), &json!([rule]));
        assert_eq!(held(&schema), ["redrawn"], "{rule}");
        assert_eq!(count(&schema, 1, "gold"), plain, "{rule}");
        let report = plan(&schema.to_string()).measured();
        assert!(report.tables[0].columns[1].shift.is_none(), "{rule}");
    }
}

#[test]
fn what_one_rule_reads_to_know_its_rows_may_be_what_another_moves() {
    let chain = json!([
        { "id": "b", "kind": "check", "when": "a > 50", "sql": "b % 7 = 0" },
        { "id": "a", "kind": "check", "when": "tier = 'gold'", "sql": "a % 3 = 0" },
    ]);
    let circle = json!([
        { "id": "b", "kind": "check", "when": "a > 50", "sql": "b % 7 = 0" },
        { "id": "a", "kind": "check", "when": "b > 50", "sql": "a % 3 = 0" },
        { "id": "both", "kind": "check", "when": "tier = 'gold' AND a < 70", "sql": "(a + b) % 2 = 0" },
    ]);
    let plain = count(&table(1000, &columns(), &json!([])), 1, "gold");
    for rules in [chain, circle] {
        let schema = table(1000, &columns(), &rules);
        assert!(held(&schema).iter().all(|way| way == "redrawn"), "{rules}");
        assert_eq!(count(&schema, 1, "gold"), plain, "{rules}");
    }
}

#[test]
fn a_condition_gives_way_where_nothing_else_can_and_the_plan_says_how_far() {
    let rules = json!([
        { "id": "even", "kind": "check", "when": "tier = 'gold'", "sql": "id % 2 = 0" },
        { "id": "none", "kind": "check", "when": "a > 50", "sql": "discount IS NULL" },
    ]);
    let schema = table(1000, &columns(), &rules);
    assert_eq!(held(&schema), ["redrawn"; 2]);
    let report = plan(&schema.to_string()).measured();
    let shift = |column: usize| report.tables[0].columns[column].shift.as_ref();
    assert!(shift(1).is_some_and(|shift| shift.distance > 0.15), "{report}");
    assert!(shift(3).is_some_and(|shift| shift.distance > 0.3), "{report}");
    assert!(shift(4).is_none(), "{report}");
}

#[test]
fn parents_are_chosen_again_before_a_condition_gives_way() {
    let schema = json!({ "name": "d", "random_seed": 7, "tables": [
        { "name": "customer", "rows": 300, "primary_key": ["id"], "columns": [
            { "name": "id", "generator": { "type": "sequence" } },
            { "name": "age", "generator": { "type": "integer", "min": 0, "max": 99 } },
        ] },
        { "name": "t", "rows": 2000, "primary_key": ["id"], "columns": [
            { "name": "id", "generator": { "type": "sequence" } },
            { "name": "kind", "generator": { "type": "choice", "values": ["wine", "bread"] } },
            { "name": "customer_id" },
        ], "foreign_keys": [
            { "name": "customer", "columns": ["customer_id"], "references": { "table": "customer", "columns": ["id"] } },
        ], "rules": [{ "id": "adult", "kind": "check", "when": "kind = 'wine'", "sql": "customer.age >= 18" }] },
    ] });
    let mut plain = schema.clone();
    plain["tables"][1]["rules"] = json!([]);
    assert_eq!(held(&schema), ["redrawn"]);
    assert_eq!(count(&schema, 1, "wine"), count(&plain, 1, "wine"));
}

#[test]
fn a_condition_gives_way_to_what_is_given() {
    for rule in [
        json!({ "id": "r", "kind": "check", "when": "tier = 'gold'", "sql": "a > 50" }),
        json!({ "id": "r", "kind": "implies", "if": "tier = 'gold'", "then": "a > 50" }),
        json!({ "id": "r", "kind": "order", "when": "tier = 'gold'", "columns": ["b", "a"] }),
    ] {
        let mut schema = table(200, &columns(), &json!([rule]));
        schema["tables"][0]["given"] =
            json!([{ "a": 3, "b": 9 }, { "a": 4, "b": 9 }, { "a": 5, "b": 9 }, { "a": 6, "b": 9 }]);
        assert_eq!(held(&schema), ["redrawn"], "{rule}");
    }
}

#[test]
fn a_condition_gives_way_where_what_it_bounds_has_no_value_beside_a_parents_limit() {
    let schema = "name: d
random_seed: 7
tables:
  - name: p
    rows: 50
    primary_key: [id]
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: lim, generator: { type: integer, min: 10, max: 60 } }
  - name: t
    rows: 2000
    primary_key: [id]
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: p_id }
      - { name: k, generator: { type: choice, values: [x, y] } }
      - { name: n, generator: { type: integer, min: 0, max: 60 } }
    foreign_keys: [{ name: p, columns: [p_id], references: { table: p, columns: [id] } }]
    rules:
      - { id: below, kind: check, sql: \"n <= p.lim\" }
      - { id: many, kind: implies, if: \"k = 'x'\", then: \"n >= 20\" }
";
    super::cases::holds(schema);
    let rows = all_rows(&plan(schema), "t");
    assert!(rows.iter().filter(|row| row.contains("|x|")).count() > 300, "rows of the condition are left");
}

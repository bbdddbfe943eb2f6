//! Differences of two columns of a row between two constants: one column is drawn inside what the other leaves.

use serde_json::{Value, json};

use super::bounded::{held, is_projected, table};
use super::{all_rows, compiled, plan};

fn columns() -> Value {
    let whole = |name: &str| json!({ "name": name, "generator": { "type": "integer", "min": 0, "max": 20_000 } });
    let day = |name: &str| json!({ "name": name, "generator": { "type": "date", "start": "1980-01-01", "end": "2030-12-31" } });
    let price =
        |name: &str| json!({ "name": name, "generator": { "type": "decimal", "min": 0, "max": 9_000, "scale": 2 } });
    json!([
        whole("a"), whole("b"), whole("c"), day("from"), day("to"), price("net"), price("gross"),
        { "name": "k", "generator": { "type": "choice", "values": ["x", "y"] } },
    ])
}

/// The values of a column of whole numbers.
fn numbers(schema: &Value, column: usize) -> Vec<i64> {
    let rows = all_rows(&plan(&schema.to_string()), "t");
    rows.iter().map(|row| row.split('|').nth(column).expect("a cell").parse().expect("a number")).collect()
}

#[test]
fn a_difference_between_two_constants_is_drawn_where_it_would_hardly_ever_come() {
    for sql in [
        "a = b",
        "b = a + 5",
        "b + 5 = a",
        "b BETWEEN a AND a + 10",
        "b > a AND b < a + 10",
        "b > a + 19990 AND b - a <= 19999.5",
        "b - a BETWEEN -3 AND 3",
        "\"to\" > \"from\" AND \"to\" <= \"from\" + INTERVAL '3 days'",
        "\"from\" = \"to\" - INTERVAL '2 weeks'",
        "gross = net + 0.25",
        "gross > net AND gross < net + 0.02",
    ] {
        is_projected(&columns(), sql);
    }
}

#[test]
fn an_order_with_a_gap_on_both_sides_keeps_it_in_the_rows_of_a_condition() {
    let rules = json!([
        { "id": "r", "kind": "order", "when": "k = 'x'", "columns": ["from", "to"], "gap": { "min": "1d", "max": "2d" } },
        { "id": "s", "kind": "order", "when": "k = 'y'", "columns": ["from", "to"], "gap": { "min": "30d", "max": "31d" } },
    ]);
    assert_eq!(held(&table(300, &columns(), &rules)), ["projected"; 2]);
}

#[test]
fn differences_run_along_chains_and_keep_to_what_constants_leave() {
    let rules = json!([
        { "id": "late", "kind": "check", "sql": "c >= 15 AND c < 20" },
        { "id": "one", "kind": "check", "sql": "b BETWEEN a + 5 AND a + 6" },
        { "id": "two", "kind": "check", "sql": "c BETWEEN b AND b + 2" },
        { "id": "three", "kind": "check", "when": "k = 'x'", "sql": "gross = net" },
        { "id": "four", "kind": "check", "when": "k = 'y'", "sql": "gross = net + 1 AND net > 8990" },
    ]);
    let schema = table(500, &columns(), &rules);
    assert_eq!(held(&schema), ["projected"; 5]);
    let a = numbers(&schema, 1);
    assert_eq!((a.iter().min(), a.iter().max()), (Some(&7), Some(&14)));
}

#[test]
fn the_other_parts_of_a_rule_and_nulls_are_kept() {
    let mut columns = columns();
    columns[0]["null_rate"] = json!(0.2);
    columns[1]["null_rate"] = json!(0.2);
    let rules = json!([{ "id": "r", "kind": "check", "sql": "b BETWEEN a AND a + 10 AND b % 2 = 0" }]);
    assert_eq!(held(&table(2000, &columns, &rules)), ["redrawn"]);
    // Between three columns nothing is two-sided.
    let rules = json!([{ "id": "r", "kind": "check", "sql": "b BETWEEN a AND c AND b < a + 9000" }]);
    assert_eq!(held(&table(300, &columns, &rules)), ["redrawn"]);
}

#[test]
fn what_others_decide_or_read_is_left_to_them() {
    for rules in [
        json!([{ "id": "r", "kind": "check", "when": "a > 10000", "sql": "b BETWEEN a - 9000 AND a + 9000" }]),
        json!([{ "id": "r", "kind": "check", "sql": "b BETWEEN a - 9000 AND a + 9000" }, { "id": "o", "kind": "order", "columns": ["b", "c"] }]),
        json!([
            { "id": "r", "kind": "check", "sql": "b BETWEEN a - 9000 AND a + 9000" },
            { "id": "o", "kind": "count", "where": "b > 10000", "exactly": 50 },
        ]),
    ] {
        assert_eq!(held(&table(300, &columns(), &rules))[0], "redrawn", "{rules}");
    }
    // A circle is drawn again together.
    let mut circle = columns();
    circle[0]["null_when"] = json!("b > 15000");
    let rules = json!([{ "id": "r", "kind": "check", "sql": "b BETWEEN a - 9000 AND a + 9000" }]);
    assert_eq!(held(&table(300, &circle, &rules)), ["redrawn"]);
}

#[test]
fn a_difference_that_leaves_no_value_is_refused_with_its_name() {
    let rules = json!([
        { "id": "high", "kind": "check", "sql": "a >= 19000" },
        { "id": "far", "kind": "check", "sql": "b BETWEEN a + 5000 AND a + 6000" },
    ]);
    let found = compiled(&table(300, &columns(), &rules).to_string()).problems;
    assert_eq!(
        (found.len(), found[0].code, found[0].pointer.as_str()),
        (1, "contradiction", "/tables/0/rules/1/sql"),
        "{found:?}"
    );
    assert_eq!(found[0].params["rules"], json!(["high", "far"]), "{found:?}");
}

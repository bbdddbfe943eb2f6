//! Rules that list the values of a column: it is drawn among these.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::bounded::{held, is_projected, table};
use super::{all_rows, compiled, plan};

fn columns() -> Value {
    json!([
        { "name": "a", "generator": { "type": "integer", "min": 0, "max": 20_000 } },
        { "name": "b", "generator": { "type": "integer", "min": 0, "max": 20_000 } },
        { "name": "day", "generator": { "type": "date", "start": "1980-01-01", "end": "2030-12-31" } },
        { "name": "price", "generator": { "type": "decimal", "min": 0, "max": 9_000, "scale": 2 } },
        { "name": "k", "generator": { "type": "choice", "values": ["x", "y"] } },
    ])
}

/// How often each value of a column stands in the rows of a condition on the last column.
fn counts(schema: &Value, column: usize, kind: &str) -> BTreeMap<String, usize> {
    let rows = all_rows(&plan(&schema.to_string()), "t");
    let of = rows.iter().filter(|row| row.ends_with(kind)).map(|row| row.split('|').nth(column).unwrap_or_default());
    of.fold(BTreeMap::new(), |mut counts, value| {
        *counts.entry(value.to_owned()).or_default() += 1;
        counts
    })
}

#[test]
fn values_that_are_hardly_ever_drawn_are_drawn_where_a_rule_lists_them() {
    for sql in [
        "a IN (1, 2, 3)",
        "a = 7 OR a = 9",
        "a IN (5, 5.0, 5.5, 70000)",
        "day IN ('2024-02-29', DATE '2025-01-01')",
        "price IN (0, 0.1, 12.345, 8999.99)",
        "(a = 1 OR a IN (2, 3)) AND b BETWEEN 5 AND 6",
    ] {
        is_projected(&columns(), sql);
    }
}

#[test]
fn each_value_that_is_left_is_equally_likely_and_other_rows_keep_their_own() {
    let rules = json!([
        { "id": "r", "kind": "check", "when": "k = 'x'", "sql": "a IN (1, 2, 3, 4)" },
        { "id": "s", "kind": "check", "sql": "a <> 2 AND a NOT IN (7, 8)" },
        { "id": "t", "kind": "check", "when": "id > 2000", "sql": "a IN (9, 4, 3)" },
        { "id": "u", "kind": "check", "when": "id <= 2000", "sql": "a < 5000" },
    ]);
    let schema = table(4000, &columns(), &rules);
    held(&schema);
    let found = counts(&schema, 1, "x");
    // About 1000 rows take 1, 3 or 4 and about 1000 take 3 or 4.
    assert_eq!(found.keys().collect::<Vec<_>>(), ["1", "3", "4"], "{found:?}");
    assert!((280..390).contains(&found["1"]) && (760..910).contains(&found["3"]), "{found:?}");
    let others = counts(&schema, 1, "y");
    assert!(others.len() > 600 && others.contains_key("9"), "{others:?}");
    let whole =
        plan(&table(100, &columns(), &json!([{ "id": "r", "kind": "check", "sql": "a IN (3, 1)" }])).to_string());
    assert_eq!(whole.report().tables[0].columns[1].domain.as_deref(), Some("3, 1"));
}

#[test]
fn other_rules_read_what_is_listed() {
    let mut columns = columns();
    columns[0]["null_rate"] = json!(0.2);
    let rules = json!([
        { "id": "r", "kind": "check", "sql": "a IN (100, 200, 300)" },
        { "id": "s", "kind": "check", "sql": "b = a + 5" },
        { "id": "t", "kind": "check", "when": "k = 'x'", "sql": "a IS NOT NULL AND a % 200 <> 0" },
    ]);
    assert_eq!(held(&table(1000, &columns, &rules)), ["projected", "projected", "redrawn"]);
}

#[test]
fn lists_that_leave_nothing_are_refused_with_the_rules_that_do() {
    let rules = json!([
        { "id": "few", "kind": "check", "sql": "a IN (1, 2)" },
        { "id": "high", "kind": "check", "when": "k = 'x'", "sql": "a IN (3, 4)" },
    ]);
    let found = compiled(&table(300, &columns(), &rules).to_string()).problems;
    assert_eq!((found.len(), found[0].code), (1, "contradiction"), "{found:?}");
    assert_eq!(found[0].params["rules"], json!(["few", "high"]), "{found:?}");
}

#[test]
fn what_others_decide_keeps_to_a_list_as_before() {
    for owner in [
        json!({ "id": "o", "kind": "unique", "columns": ["k", "a"] }),
        json!({ "id": "o", "kind": "statistic", "column": "a", "fn": "mean", "equals": 10_000, "tolerance": 100 }),
    ] {
        let rules = json!([owner, { "id": "r", "kind": "check", "sql": "a IN (1, 2, 3)" }]);
        assert!(compiled(&table(50, &columns(), &rules).to_string()).plan.is_none(), "{owner}");
    }
    let rules = json!([{ "id": "r", "kind": "check", "sql": "k IN ('x', 'z')" }]);
    assert_eq!(held(&table(50, &columns(), &rules)), ["redrawn"]);
    for (sql, place) in [("a IN ('x', 'y')", "sql"), ("day IN (5, 6)", "sql")] {
        let schema = table(5, &columns(), &json!([{ "id": "r", "kind": "check", "sql": sql }]));
        let found = compiled(&schema.to_string()).problems;
        let told: Vec<&str> = found.iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(told, [format!("/tables/0/rules/0/{place}")], "{sql}: {found:?}");
    }
}

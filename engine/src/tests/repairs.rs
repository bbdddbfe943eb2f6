//! The smallest change that mends a schema which cannot hold.

use serde_json::{Value, json};

use super::cases::broken;
use super::{compiled, patched};

/// What a schema is asked to change, after it was tried.
fn mended(schema: &Value) -> String {
    let found = compiled(&schema.to_string());
    let first = found.problems.iter().find(|problem| problem.is_error()).expect("a problem");
    let Some(fix) = &first.fix else { return format!("nothing: {first}") };
    let after = compiled(&patched(schema, fix).to_string());
    let problems: Vec<String> = after.problems.iter().map(ToString::to_string).collect();
    let plan = after.plan.unwrap_or_else(|| panic!("{fix}: {problems:?}"));
    assert_eq!(broken(&plan).expect("a certificate"), [""; 0], "{fix}");
    first.remedy.clone().expect("words for the change")
}

fn table(rows: u64, columns: &Value, rules: &Value) -> Value {
    let mut all = vec![json!({ "name": "id", "generator": { "type": "sequence" } })];
    all.extend(columns.as_array().expect("columns").iter().cloned());
    let table = json!({ "name": "t", "rows": rows, "primary_key": ["id"], "columns": all, "rules": rules });
    json!({ "name": "d", "random_seed": 7, "tables": [table] })
}

#[test]
fn a_count_above_another_gives_way_to_it() {
    let columns = json!([{ "name": "unit", "generator": { "type": "choice", "values": ["x", "y"] } }]);
    let rules = json!([
        { "id": "few", "kind": "count", "where": "unit = 'x'", "max": 20 },
        { "id": "many", "kind": "count", "where": "unit = 'x'", "min": 23 },
    ]);
    let change = mended(&table(300, &columns, &rules));
    assert!(
        ["change max of few from 20 to 23", "change min of many from 23 to 20"].contains(&change.as_str()),
        "{change}"
    );
}

#[test]
fn a_mean_that_cannot_be_gives_way_to_the_nearest_that_can() {
    let columns = json!([{ "name": "days", "generator": { "type": "integer", "min": 1, "max": 60 } }]);
    let rules = json!([{ "id": "mean", "kind": "statistic", "column": "days", "fn": "mean", "equals": 61 }]);
    assert_eq!(mended(&table(300, &columns, &rules)), "change equals of mean from 61 to 60");
}

#[test]
fn dates_that_cannot_ascend_are_moved_no_further_than_they_must() {
    let date = |name: &str, start: &str, end: &str| json!({ "name": name, "generator": { "type": "date", "start": start, "end": end } });
    let columns = json!([date("a", "2024-06-01", "2024-06-30"), date("b", "2024-05-01", "2024-05-20")]);
    let rules = json!([{ "id": "o", "kind": "order", "columns": ["a", "b"] }]);
    let change = mended(&table(50, &columns, &rules));
    let moved = ["change end of b from 2024-05-20 to 2024-06-01", "change start of a from 2024-06-01 to 2024-05-20"];
    assert!(moved.contains(&change.as_str()), "{change}");
}

#[test]
fn a_domain_too_small_for_its_rows_is_widened_by_what_lacks() {
    let columns = json!([{ "name": "code", "unique": true, "generator": { "type": "integer", "min": 1, "max": 90 } }]);
    let change = mended(&table(100, &columns, &json!([])));
    let known = ["change max of code from 90 to 100", "change rows of t from 100 to 90"];
    assert!(known.contains(&change.as_str()), "{change}");
}

#[test]
fn a_condition_that_no_row_meets_is_written_anew() {
    let columns = json!([{ "name": "a", "generator": { "type": "integer", "min": 1, "max": 9 } }]);
    let rules = json!([{ "id": "never", "kind": "check", "sql": "a > 9" }]);
    assert_eq!(mended(&table(300, &columns, &rules)), "write a > 8 in never");
}

#[test]
fn a_share_too_many_is_lowered_and_the_others_stay() {
    let columns = json!([{ "name": "unit", "generator": { "type": "choice", "values": ["x", "y", "z"] } }]);
    let rules = json!([{ "id": "units", "kind": "share", "column": "unit", "shares": { "x": 0.7, "y": 0.5 } }]);
    assert_eq!(mended(&table(300, &columns, &rules)), "change the share of x in units from 0.7 to 0.5");
}

#[test]
fn a_matrix_that_no_columns_have_gets_another_coefficient() {
    let number = |name: &str| json!({ "name": name, "generator": { "type": "normal", "mean": 0, "std": 1 } });
    let columns = json!([number("a"), number("b"), number("c")]);
    let matrix = json!([[1, 0.9, 0.9], [0.9, 1, -0.9], [0.9, -0.9, 1]]);
    let rules =
        json!([{ "id": "m", "kind": "correlation", "columns": ["a", "b", "c"], "matrix": matrix, "tolerance": 0.05 }]);
    let change = mended(&table(400, &columns, &rules));
    assert!(change.starts_with("change the coefficient of ") && change.contains(" in m from "), "{change}");
}

#[test]
fn a_rule_is_not_mended_by_leaving_it_no_rows() {
    let columns = json!([
        { "name": "a", "generator": { "type": "integer", "min": 1, "max": 9 } },
        { "name": "b", "generator": { "type": "integer", "min": 1, "max": 9 } },
    ]);
    // The nearest number of the condition that plans is the one with which the rule speaks of nothing.
    let rules = json!([{ "id": "far", "kind": "implies", "if": "a >= 9", "then": "b > 60" }]);
    assert_eq!(mended(&table(300, &columns, &rules)), "write b > 8 in far");
    let rules = json!([{ "id": "far", "kind": "check", "when": "a >= 9", "sql": "b > 60" }]);
    assert_eq!(mended(&table(300, &columns, &rules)), "write b > 8 in far");
}

#[test]
fn of_many_rules_those_that_contradict_each_other_are_named() {
    let columns: Vec<Value> = (0..40)
        .map(|at| json!({ "name": format!("c{at}"), "generator": { "type": "integer", "min": 1, "max": 9 } }))
        .collect();
    let mut rules: Vec<Value> =
        (0..40).map(|at| json!({ "id": format!("r{at}"), "kind": "check", "sql": format!("c{at} % 2 = 1") })).collect();
    rules.push(json!({ "id": "low", "kind": "check", "sql": "c7 < 4" }));
    rules.push(json!({ "id": "high", "kind": "check", "sql": "c7 > 6" }));
    let schema = table(60, &json!(columns), &json!(rules));
    let found = compiled(&schema.to_string());
    let first = found.problems.iter().find(|problem| problem.is_error()).expect("a problem");
    assert_eq!(super::kinds::named(&schema, first).into_iter().collect::<Vec<_>>(), ["high", "low"], "{first}");
}

//! Columns whose values are decided over all rows together, and what other rules leave of them.

use serde_json::{Value, json};

use super::bounded::{held, table};
use super::compiled;

fn columns() -> Value {
    json!([
        { "name": "k", "generator": { "type": "choice", "values": ["a", "b", "c"] } },
        { "name": "x", "generator": { "type": "integer", "min": 1, "max": 1000 } },
        { "name": "y", "type": "integer", "generator": { "type": "normal", "mean": 500, "std": 150, "min": 0, "max": 1000 } },
        { "name": "p", "type": "decimal", "scale": 2, "generator": { "type": "exponential", "mean": 10 } },
    ])
}

/// The same with columns that are unique.
fn unique() -> Value {
    let mut columns = columns();
    columns.as_array_mut().expect("columns").extend([
        json!({ "name": "u", "unique": true, "generator": { "type": "integer", "min": 1, "max": 1000, "step": 3 } }),
        json!({ "name": "v", "unique": true, "generator": { "type": "date", "start": "2020-01-01", "end": "2029-12-31" } }),
    ]);
    columns
}

/// The problems of a schema that does not plan: code, place below the table, sentence.
fn refused(rows: u64, columns: &Value, rules: &Value) -> Vec<(String, String, String)> {
    let found = compiled(&table(rows, columns, rules).to_string());
    assert!(found.plan.is_none(), "{rules} plans");
    let told = |problem: &crate::problem::Problem| {
        (problem.code.to_owned(), problem.pointer.replace("/tables/0", ""), problem.to_string())
    };
    found.problems.iter().map(told).collect()
}

#[test]
fn comparisons_with_values_close_the_domain_of_what_is_decided_together() {
    for owner in [
        json!({ "id": "o", "kind": "statistic", "column": "x", "fn": "mean", "equals": 550, "tolerance": 1 }),
        json!({ "id": "o", "kind": "statistic", "when": "k = 'a'", "column": "x", "fn": "median", "equals": 700, "tolerance": 2 }),
        json!({ "id": "o", "kind": "correlation", "columns": ["x", "y"], "coefficient": 0.5, "tolerance": 0.05 }),
        json!({ "id": "o", "kind": "unique", "columns": ["k", "x"] }),
        json!({ "id": "o", "kind": "count", "where": "x < 300", "exactly": 77 }),
        json!({ "id": "o", "kind": "count", "where": "x < 300", "per": ["k"], "min": 20, "max": 30 }),
    ] {
        let rules = json!([
            owner,
            { "id": "r", "kind": "check", "sql": "x >= 200 AND x < 990" },
            { "id": "y", "kind": "check", "sql": "y BETWEEN 250 AND 800.5" },
        ]);
        let held = held(&table(400, &columns(), &rules));
        // Values that a count lists are left out one by one.
        assert!(["projected", "by_construction"].contains(&held[1].as_str()), "{owner}: {held:?}");
        assert_eq!(held[2], "projected", "{owner}");
    }
    let rules = json!([
        { "id": "u", "kind": "check", "sql": "u > 100" },
        { "id": "v", "kind": "check", "sql": "v BETWEEN '2021-03-01' AND '2023-02-28'" },
        { "id": "mean", "kind": "statistic", "column": "p", "fn": "mean", "equals": 12 },
        { "id": "p", "kind": "check", "sql": "p >= 2.5 AND p < 60" },
    ]);
    let table = table(250, &unique(), &rules);
    assert_eq!(held(&table), ["projected", "projected", "by_construction", "projected"]);
}

#[test]
fn what_is_left_of_a_domain_is_what_can_be_unique() {
    let found = refused(250, &unique(), &json!([{ "id": "u", "kind": "check", "sql": "u > 700" }]));
    assert_eq!(found.iter().map(|found| found.0.as_str()).collect::<Vec<_>>(), ["capacity"], "{found:?}");
    assert!(found[0].2.contains("100 values"), "{found:?}");
}

#[test]
fn limits_in_some_rows_of_what_is_decided_together_are_said_to_be_those() {
    let rules = json!([
        { "id": "mean", "kind": "statistic", "column": "x", "fn": "mean", "equals": 200 },
        { "id": "share", "kind": "share", "column": "k", "shares": { "a": 0.5, "b": 0.5 } },
        { "id": "limit", "kind": "implies", "if": "k = 'a'", "then": "x >= 500" },
    ]);
    let found = refused(400, &columns(), &rules);
    assert_eq!((found.len(), found[0].0.as_str()), (1, "contradiction"), "{found:?}");
    assert!(
        found[0].2.contains("mean asks for values of x of which too few lie inside what limit leaves"),
        "{found:?}"
    );
}

#[test]
fn a_rule_puts_nothing_into_what_another_computes_or_deals() {
    // A formula of some rows is not written over.
    for owner in [
        json!({ "id": "o", "kind": "calculate", "when": "x > 900", "column": "k", "sql": "'a'" }),
        json!({ "id": "o", "kind": "score", "when": "x > 900", "column": "k", "of": "x", "bands": [{ "value": "a" }] }),
    ] {
        let rules = json!([owner, { "id": "r", "kind": "implies", "if": "y > 600", "then": "k = 'c'" }]);
        assert_eq!(held(&table(600, &columns(), &rules))[1], "redrawn", "{owner}");
        let rules = json!([owner, { "id": "r", "kind": "implies", "if": "y > 600", "then": "k IS NULL" }]);
        assert_eq!(held(&table(600, &columns(), &rules))[1], "redrawn", "{owner}");
    }
    let rules = json!([
        { "id": "o", "kind": "unique", "columns": ["k", "x"] },
        { "id": "r", "kind": "implies", "if": "x > 700", "then": "k = 'a'" },
    ]);
    // Combinations that obey are dealt.
    assert_eq!(held(&table(300, &columns(), &rules))[1], "by_construction");
}

#[test]
fn a_contradiction_in_one_of_many_rows_is_found() {
    let rules = json!([
        { "id": "one", "kind": "count", "where": "k = 'a'", "exactly": 1 },
        { "id": "none", "kind": "implies", "if": "k = 'a'", "then": "x IS NULL" },
        { "id": "some", "kind": "implies", "if": "k = 'a'", "then": "x IS NOT NULL" },
    ]);
    let columns = columns();
    for seed in 0..4 {
        let mut schema = table(9000, &columns, &rules);
        schema["random_seed"] = json!(seed);
        let found = compiled(&schema.to_string());
        assert!(found.plan.is_none(), "{seed}");
        assert_eq!(found.problems[0].params["rules"], json!(["one", "none", "some"]), "{:?}", found.problems);
    }
}

#[test]
fn texts_that_cannot_be_cut_to_their_lengths_are_refused_before_the_run() {
    for (generator, lengths) in [
        (json!({ "type": "regex", "pattern": "[ab]{3,8}" }), json!({ "max_length": 5 })),
        (json!({ "type": "month_name" }), json!({ "max_length": 4 })),
        (json!({ "type": "regex", "pattern": "[ab]{3,8}" }), json!({ "min_length": 5 })),
    ] {
        let mut column = json!({ "name": "w", "generator": generator });
        column.as_object_mut().expect("a column").extend(lengths.as_object().expect("lengths").clone());
        let found = refused(3000, &json!([column]), &json!([]));
        assert_eq!((found[0].0.as_str(), found[0].1.as_str()), ("nothing_fits", "/columns/1"), "{found:?}");
    }
}

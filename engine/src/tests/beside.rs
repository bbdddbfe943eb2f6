//! Rules of all rows beside rules of single ones: counts of rows whose parents set bounds, trees whose rows are bounded by those above them, what
//! is counted of computed columns, and contradictions that no row has to be looked at for.

use serde_json::{Value, json};

use super::bounded::{held, table};
use super::cases::problems;

/// Parents that allow so much each, and children that choose among them.
fn allowances(seed: u64, column: &Value, limit: &Value, rules: &Value) -> Value {
    let parent = json!({ "name": "p", "rows": 20, "primary_key": ["id"], "columns": [
        { "name": "id", "generator": { "type": "sequence" } }, { "name": "most", "generator": limit }] });
    let child = json!({ "name": "c", "rows": 90, "primary_key": ["id"], "rules": rules, "columns": [
        { "name": "id", "generator": { "type": "sequence" } },
        { "name": "p" },
        { "name": "kind", "generator": { "type": "choice", "values": ["a", "b"] } },
        { "name": "x", "generator": column }],
        "foreign_keys": [{ "name": "parent", "columns": ["p"], "references": { "table": "p", "columns": ["id"] } }] });
    json!({ "name": "d", "random_seed": seed, "tables": [parent, child] })
}

#[test]
fn rows_are_counted_among_those_whose_parents_let_them() {
    let whole = |max: u64| json!({ "type": "integer", "min": 1, "max": max });
    let amount = |max: u64| json!({ "type": "decimal", "min": 1, "max": max, "scale": 2 });
    let day = json!({ "type": "date", "start": "2024-01-01", "end": "2024-12-31" });
    for seed in 1..=6 {
        for (column, limit, asked) in [
            (whole(100), whole(100), "x > 50"),
            (whole(100_000), whole(100_000), "x > 50000"),
            (amount(1000), amount(1000), "x >= 600.5"),
            (day.clone(), day.clone(), "x > '2024-07-01'"),
            (whole(100_000), whole(100_000), "x BETWEEN 40000 AND 60000"),
            (whole(100_000), whole(100_000), "x % 7 = 3 AND kind = 'a'"),
            (whole(100_000), whole(100_000), "x IN (20000, 30000)"),
        ] {
            for (under, count) in [
                (json!({ "id": "under", "kind": "check", "sql": "x <= parent.most" }), json!({ "exactly": 12 })),
                (
                    json!({ "id": "under", "kind": "check", "when": "kind = 'a'", "sql": "x < parent.most" }),
                    json!({ "min": 9, "max": 11 }),
                ),
            ] {
                let mut counted = json!({ "id": "many", "kind": "count", "where": asked });
                counted.as_object_mut().expect("an object").extend(count.as_object().expect("an object").clone());
                let limit = match (&limit["type"], limit["min"].as_u64()) {
                    // The least value is one that a row can have below it.
                    (_, Some(_)) => {
                        let mut limit = limit.clone();
                        limit["min"] = json!(2);
                        limit
                    }
                    _ => {
                        let mut limit = limit.clone();
                        limit["start"] = json!("2024-01-02");
                        limit
                    }
                };
                held(&allowances(seed, &column, &limit, &json!([under, counted])));
            }
        }
    }
}

#[test]
fn more_rows_than_parents_let_are_refused_by_number() {
    let rules = json!([
        { "id": "under", "kind": "check", "sql": "x <= parent.most" },
        { "id": "many", "kind": "count", "where": "x > 50000", "exactly": 12 },
    ]);
    let whole = |max: u64| json!({ "type": "integer", "min": 1, "max": max });
    let found = problems(&allowances(1, &whole(100_000), &whole(40_000), &rules).to_string());
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("many") && found[0].contains("under"), "{found:?}");
}

/// Units, each below another one, with what they may spend.
fn units(seed: u64, spends: &Value, key: &Value, rules: &Value) -> Value {
    let mut own = json!({ "name": "up", "columns": ["up_id"], "references": { "table": "unit", "columns": ["id"] } });
    own.as_object_mut().expect("an object").extend(key.as_object().expect("an object").clone());
    let unit = json!({ "name": "unit", "rows": 400, "primary_key": ["id"], "foreign_keys": [own], "rules": rules, "columns": [
        { "name": "id", "generator": { "type": "sequence" } },
        { "name": "up_id" },
        { "name": "kind", "generator": { "type": "choice", "values": ["a", "b"] } },
        { "name": "budget", "generator": spends },
        { "name": "least", "generator": { "type": "integer", "min": 0, "max": 50 } }] });
    json!({ "name": "d", "random_seed": seed, "tables": [unit] })
}

#[test]
fn rows_of_a_tree_are_drawn_inside_what_the_row_above_has() {
    let whole = json!({ "type": "integer", "min": 100, "max": 10_000 });
    let amount = json!({ "type": "decimal", "min": 0, "max": 900, "scale": 2 });
    let day = json!({ "type": "date", "start": "2024-01-01", "end": "2024-03-31" });
    let few = json!({ "type": "integer", "min": 1, "max": 6 });
    for seed in 1..=5 {
        for key in
            [json!({}), json!({ "root_rate": 0.01, "max_depth": 5 }), json!({ "pick": "zipf", "root_rate": 0.3 })]
        {
            for spends in [&whole, &amount, &day, &few] {
                for sql in
                    ["budget <= up.budget", "budget < up.budget", "up.budget < budget", "NOT (budget > up.budget)"]
                {
                    let rules = json!([{ "id": "under", "kind": "check", "sql": sql }]);
                    assert_eq!(held(&units(seed, spends, &key, &rules)), ["projected"], "{sql}");
                }
            }
        }
        for rules in [
            json!([{ "id": "under", "kind": "check", "when": "kind = 'a'", "sql": "budget <= up.budget" }]),
            json!([{ "id": "under", "kind": "implies", "if": "kind = 'a'", "then": "budget <= up.budget" }]),
            json!([
                { "id": "under", "kind": "check", "sql": "budget <= up.budget" },
                { "id": "over", "kind": "check", "sql": "budget >= 2000" },
            ]),
            json!([
                { "id": "under", "kind": "check", "sql": "budget <= up.budget" },
                { "id": "more", "kind": "check", "sql": "least >= up.least" },
            ]),
        ] {
            let ways = held(&units(seed, &whole, &json!({}), &rules));
            assert!(ways.iter().all(|way| way == "projected"), "{rules}: {ways:?}");
        }
    }
}

#[test]
fn what_is_computed_is_counted_by_what_it_is_computed_of() {
    let columns = |max: u64| {
        json!([
            { "name": "kind", "generator": { "type": "choice", "values": ["x", "y"] } },
            { "name": "a", "generator": { "type": "integer", "min": 0, "max": max } },
            { "name": "band", "type": "integer" },
            { "name": "grade", "type": "string" },
            { "name": "twice", "type": "integer" },
        ])
    };
    for (max, scale) in [(100, 1), (100_000, 1000)] {
        let made = [
            json!({ "id": "band", "kind": "score", "column": "band", "of": "a", "bands": [
                { "below": 30 * scale, "value": 1 }, { "below": 60 * scale, "value": 5 }, { "value": 9 }] }),
            json!({ "id": "grade", "kind": "score", "column": "grade", "of": "band", "bands": [
                { "below": 4, "value": "low" }, { "value": "high" }] }),
            json!({ "id": "twice", "kind": "calculate", "column": "twice", "sql": "a * 2" }),
        ];
        for count in [
            json!({ "where": "band = 9", "exactly": 50 }),
            json!({ "where": "grade = 'low'", "exactly": 12 }),
            json!({ "where": "twice > 150 * 1000 AND kind = 'x'", "max": 0 }),
            json!({ "where": "grade = 'high' AND kind = 'x'", "min": 30, "max": 31 }),
            json!({ "where": "band = 5", "per": ["kind"], "min": 30 }),
            json!({ "where": "band = 1", "when": "kind = 'y'", "exactly": 3 }),
        ] {
            let mut rule = json!({ "id": "n", "kind": "count" });
            rule.as_object_mut().expect("an object").extend(count.as_object().expect("an object").clone());
            let rules: Vec<Value> = made.iter().cloned().chain([rule]).collect();
            held(&table(200, &columns(max), &json!(rules)));
        }
    }
}

#[test]
fn a_contradiction_of_numbers_is_told_of_any_number_of_rows() {
    let columns = json!([
        { "name": "kind", "generator": { "type": "choice", "values": ["x", "y", "z"] } },
        { "name": "few", "generator": { "type": "integer", "min": 0, "max": 100 } },
        { "name": "many", "generator": { "type": "integer", "min": 0, "max": 1_000_000 } },
    ]);
    let rows = 50_000;
    for rules in [
        json!([{ "id": "a", "kind": "count", "where": "kind = 'x'", "exactly": 30 }, { "id": "b", "kind": "count", "where": "kind = 'x'", "exactly": 40 }]),
        json!([{ "id": "a", "kind": "count", "where": "few > 50", "min": 60_000 }]),
        json!([{ "id": "a", "kind": "count", "where": "few > 50", "min": 30 }, { "id": "b", "kind": "check", "sql": "few < 40" }]),
        json!([{ "id": "a", "kind": "count", "where": "many > 500000", "min": 30 }, { "id": "b", "kind": "check", "sql": "many < 4000" }]),
        json!([{ "id": "a", "kind": "count", "where": "many > 500000", "min": 60_000 }]),
        json!([{ "id": "a", "kind": "count", "where": "many < 500000", "max": 60 }, { "id": "b", "kind": "check", "sql": "many < 4000" }]),
        json!([{ "id": "a", "kind": "share", "column": "kind", "when": "few > 3", "counts": { "x": 30_000 } }, { "id": "b", "kind": "count", "where": "kind = 'x'", "max": 20_000 }]),
        // A few rows show what no number of them can be.
        json!([{ "id": "a", "kind": "share", "column": "kind", "when": "few > 3", "shares": { "x": 0, "y": 0.4 } }, { "id": "b", "kind": "implies", "if": "few > 3", "then": "kind = 'x'" }]),
        json!([{ "id": "a", "kind": "share", "column": "kind", "when": "few > 3", "shares": { "x": 0.4, "y": 0.6 } }, { "id": "b", "kind": "implies", "if": "many > 500000", "then": "kind = 'z'" }]),
        json!([{ "id": "a", "kind": "share", "column": "kind", "when": "few > 3", "shares": { "x": 0.01 } }, { "id": "b", "kind": "implies", "if": "few > 3", "then": "kind <> 'x'" }]),
        json!([{ "id": "a", "kind": "share", "column": "kind", "when": "few > 3", "shares": { "x": 0.4 } }, { "id": "b", "kind": "check", "sql": "kind = 'x'" }]),
        json!([{ "id": "a", "kind": "count", "where": "kind = 'x' AND few > 3", "max": 60 }, { "id": "b", "kind": "implies", "if": "few > 3", "then": "kind = 'x'" }]),
    ] {
        let found = problems(&table(rows, &columns, &rules).to_string());
        assert_eq!(found.len(), 1, "{rules}: {found:?}");
    }
    // What can be is not refused.
    let rules = json!([
        { "id": "a", "kind": "count", "where": "many > 500000", "min": 30, "max": 40_000 },
        { "id": "b", "kind": "share", "column": "kind", "when": "few > 3", "counts": { "x": 3_000 } },
        { "id": "c", "kind": "count", "where": "few = 7", "exactly": 3 },
    ]);
    assert!(problems(&table(rows, &columns, &rules).to_string()).is_empty());
}

#[test]
fn columns_that_move_together_have_the_statistics_and_counts_that_are_asked() {
    let columns = json!([
        { "name": "kind", "generator": { "type": "choice", "values": ["x", "y"] } },
        { "name": "years", "generator": { "type": "integer", "min": 0, "max": 40 } },
        { "name": "pay", "type": "integer", "generator": { "type": "normal", "mean": 3000, "std": 700, "min": 1000, "max": 9000 } },
        { "name": "share", "null_rate": 0.1, "generator": { "type": "beta", "a": 2, "b": 5 } },
        { "name": "stars", "generator": { "type": "choice", "values": [1, 2, 3, 4, 5] } },
        { "name": "day", "generator": { "type": "date", "start": "2024-01-01", "end": "2024-12-31" } },
    ]);
    for method in ["pearson", "spearman", "kendall"] {
        for (pair, more) in [
            (["years", "pay"], json!([{ "kind": "statistic", "column": "pay", "fn": "mean", "equals": 3200 }])),
            (["pay", "years"], json!([{ "kind": "statistic", "column": "pay", "fn": "mean", "equals": 2800 }])),
            (
                ["years", "share"],
                json!([
                    { "kind": "statistic", "column": "share", "fn": "mean", "equals": 0.35 },
                    { "kind": "statistic", "column": "share", "fn": "std", "equals": 0.12 },
                ]),
            ),
            (
                ["years", "stars"],
                json!([{ "kind": "statistic", "column": "stars", "fn": "mean", "equals": 3.6, "tolerance": 0.01 }]),
            ),
            (["pay", "day"], json!([{ "kind": "statistic", "column": "day", "fn": "median", "equals": "2024-05-01" }])),
            (["years", "pay"], json!([{ "kind": "count", "where": "pay > 3500", "exactly": 300 }])),
            (["pay", "years"], json!([{ "kind": "count", "where": "pay BETWEEN 2500 AND 3000", "max": 100 }])),
            (["years", "share"], json!([{ "kind": "count", "where": "share >= 0.5", "min": 200, "max": 210 }])),
            (["years", "stars"], json!([{ "kind": "count", "where": "stars = 4", "exactly": 333 }])),
            (["years", "day"], json!([{ "kind": "count", "where": "day < '2024-02-01'", "exactly": 77 }])),
            (
                ["years", "pay"],
                json!([
                    { "kind": "count", "where": "pay > 3500", "exactly": 300 },
                    { "kind": "statistic", "column": "pay", "fn": "mean", "equals": 3100 },
                    { "kind": "statistic", "column": "years", "fn": "mean", "equals": 22 },
                ]),
            ),
        ] {
            let mut rules = vec![
                json!({ "id": "moves", "kind": "correlation", "columns": pair, "coefficient": 0.55, "method": method }),
            ];
            for (at, rule) in more.as_array().expect("rules").iter().enumerate() {
                let mut rule = rule.clone();
                rule["id"] = json!(format!("r{at}"));
                rules.push(rule);
            }
            held(&table(1000, &columns, &json!(rules)));
            // In the rows of one condition.
            for rule in &mut rules {
                rule["when"] = json!("kind = 'x'");
                if rule["kind"] == "count" {
                    for bound in ["exactly", "min", "max"] {
                        if let Some(number) = rule.get(bound).and_then(Value::as_u64) {
                            rule[bound] = json!(number / 2);
                        }
                    }
                }
            }
            held(&table(1000, &columns, &json!(rules)));
        }
    }
}

#[test]
fn what_columns_that_move_together_cannot_have_is_refused() {
    let columns = json!([
        { "name": "kind", "generator": { "type": "choice", "values": ["x", "y"] } },
        { "name": "a", "generator": { "type": "integer", "min": 0, "max": 40 } },
        { "name": "b", "generator": { "type": "integer", "min": 0, "max": 40 } },
    ]);
    let moves = json!({ "id": "moves", "kind": "correlation", "columns": ["a", "b"], "coefficient": 0.5 });
    for (rule, words) in [
        (
            json!({ "id": "r", "kind": "count", "where": "b > 40", "min": 3 }),
            "b cannot take values that keep r: r asks for no value ≥ 3 in all 500 rows",
        ),
        (
            json!({ "id": "r", "kind": "count", "where": "b >= 0", "max": 3 }),
            "b cannot take values that keep r: r asks for 0 to 40 ≤ 3 in all 500 rows",
        ),
        (
            json!({ "id": "r", "kind": "count", "where": "b > 4", "min": 3000 }),
            "b cannot take values that keep r: r asks for 5 to 40 ≥ 3000 in all 500 rows",
        ),
        (
            json!({ "id": "r", "kind": "statistic", "column": "b", "fn": "mean", "equals": 41 }),
            "r asks for a mean of 41",
        ),
        (
            json!({ "id": "r", "kind": "statistic", "column": "b", "fn": "mean", "equals": 20, "when": "a > 3" }),
            "b is owned by both r and moves",
        ),
    ] {
        let found = problems(&table(500, &columns, &json!([moves, rule])).to_string());
        assert_eq!(found.len(), 1, "{rule}: {found:?}");
        assert!(found[0].contains(words), "{rule}: {found:?}");
    }
    let many = json!({ "id": "r", "kind": "statistic", "column": "b", "fn": "mean", "equals": 21 });
    let found = problems(&table(40_000, &columns, &json!([moves, many])).to_string());
    assert!(found.len() == 1 && found[0].contains("r and moves decide b together in at most "), "{found:?}");
}

#[test]
fn columns_that_move_together_have_what_is_asked_of_them_in_long_tables_too() {
    // More rows than are measured as a whole: the first ones stand for all.
    let columns = json!([
        { "name": "kind", "generator": { "type": "choice", "values": ["x", "y", "z"] } },
        { "name": "years", "generator": { "type": "integer", "min": 0, "max": 40 } },
        { "name": "pay", "null_rate": 0.2, "type": "decimal", "generator": { "type": "lognormal", "median": 3000, "sigma": 0.5 } },
        { "name": "share", "generator": { "type": "beta", "a": 2, "b": 5 } },
    ]);
    for when in [Value::Null, json!("kind <> 'z'")] {
        let mut moves = json!({ "id": "moves", "kind": "correlation", "columns": ["years", "pay", "share"], "tolerance": 0.05,
            "matrix": [[1, 0.6, 0.2], [0.6, 1, 0.3], [0.2, 0.3, 1]] });
        let mut rules = vec![
            json!({ "id": "mean", "kind": "statistic", "column": "pay", "fn": "mean", "equals": 4000, "tolerance": 0.01 }),
            json!({ "id": "most", "kind": "statistic", "column": "pay", "fn": "max", "equals": 20_000 }),
            json!({ "id": "old", "kind": "count", "where": "years > 35", "exactly": 777 }),
        ];
        if when.is_string() {
            for rule in rules.iter_mut().chain([&mut moves]) {
                rule["when"] = when.clone();
            }
        }
        rules.push(moves);
        held(&table(16_000, &columns, &Value::from(rules)));
    }
}

#[test]
fn scores_have_the_statistics_that_are_asked_through_any_number_of_them() {
    let bands =
        json!([{ "below": 20, "value": 1 }, { "below": 50, "value": 5 }, { "below": 90, "value": 7 }, { "value": 1 }]);
    for generator in [
        json!({ "type": "integer", "min": 0, "max": 100 }),
        json!({ "type": "decimal", "min": 0, "max": 100, "scale": 2 }),
        json!({ "type": "normal", "mean": 50, "std": 20, "min": 0, "max": 100 }),
        json!({ "type": "choice", "values": [10, 30, 60, 95] }),
    ] {
        let columns = json!([
            { "name": "kind", "generator": { "type": "choice", "values": ["x", "y"] } },
            { "name": "a", "generator": generator },
            { "name": "first", "type": "integer" },
            { "name": "second", "type": "decimal", "precision": 9, "scale": 1 },
        ]);
        let scores = [
            json!({ "id": "s1", "kind": "score", "column": "first", "of": "a", "bands": bands }),
            json!({ "id": "s2", "kind": "score", "column": "second", "of": "first", "bands": [
                { "below": 4, "value": 10 }, { "below": 6, "value": 20.5 }, { "value": 33 }] }),
        ];
        for asked in [
            json!([{ "column": "first", "fn": "mean", "equals": 4.5, "tolerance": 0.01 }]),
            json!([{ "column": "second", "fn": "mean", "equals": 22, "tolerance": 0.05 }]),
            json!([{ "column": "second", "fn": "mean", "equals": 31, "tolerance": 0.05 }, { "column": "second", "fn": "max", "equals": 33 }]),
            json!([{ "column": "second", "fn": "median", "equals": 20.5, "when": "kind = 'x'" }]),
        ] {
            let mut rules: Vec<Value> = scores.to_vec();
            for (at, rule) in asked.as_array().expect("rules").iter().enumerate() {
                let mut rule = rule.clone();
                (rule["id"], rule["kind"]) = (json!(format!("r{at}")), json!("statistic"));
                rules.push(rule);
            }
            held(&table(500, &columns, &json!(rules)));
        }
    }
    let columns = json!([
        { "name": "a", "generator": { "type": "integer", "min": 0, "max": 100 } },
        { "name": "first", "type": "integer" },
    ]);
    let score = json!({ "id": "s1", "kind": "score", "column": "first", "of": "a", "bands": bands });
    for (rules, words) in [
        (
            json!([score, { "id": "r", "kind": "statistic", "column": "first", "fn": "mean", "equals": 8 }]),
            "r asks for a mean of 8, and first can have one between ",
        ),
        (
            json!([score, { "id": "r", "kind": "statistic", "column": "first", "fn": "max", "equals": 6 }]),
            "r asks for 6 of first, which is one of 1, 5, 7",
        ),
    ] {
        let found = problems(&table(500, &columns, &rules).to_string());
        assert!(found.len() == 1 && found[0].contains(words), "{found:?}");
    }
}

#[test]
fn a_column_is_drawn_inside_what_another_one_leaves_that_stands_fast() {
    let whole = json!({ "type": "integer", "min": 1, "max": 100_000 });
    let columns = json!([
        { "name": "kind", "generator": { "type": "choice", "values": ["a", "b"] } },
        { "name": "asked", "generator": whole },
        { "name": "paid", "generator": whole },
        { "name": "list", "generator": { "type": "choice", "values": [3, 20, 100_000] } },
    ]);
    let kinds = json!({ "id": "kinds", "kind": "share", "column": "kind", "shares": { "a": 0.6, "b": 0.4 } });
    for (sql, more) in [
        ("paid <= asked", json!({ "id": "r", "kind": "count", "where": "paid > 90000", "exactly": 40 })),
        ("paid <= asked", json!({ "id": "r", "kind": "count", "where": "asked < 900", "exactly": 40 })),
        ("paid < asked", json!({ "id": "r", "kind": "statistic", "column": "asked", "fn": "mean", "equals": 20_000 })),
        ("paid <= list", json!({ "id": "r", "kind": "share", "column": "list", "shares": { "3": 0.5 } })),
        ("paid > list", json!({ "id": "r", "kind": "share", "column": "list", "shares": { "20": 0.9, "3": 0.1 } })),
    ] {
        for rule in [
            json!({ "id": "under", "kind": "implies", "if": "kind = 'a'", "then": sql }),
            json!({ "id": "under", "kind": "check", "when": "kind = 'a'", "sql": sql }),
        ] {
            let ways = held(&table(300, &columns, &json!([rule, kinds, more])));
            assert_eq!(ways[0], "projected", "{rule} {more}");
        }
    }
}

#[test]
fn values_of_an_interval_are_counted_beside_the_statistics_of_their_column() {
    let columns = json!([
        { "name": "kind", "generator": { "type": "choice", "values": ["x", "y"] } },
        { "name": "n", "null_rate": 0.1, "generator": { "type": "integer", "min": 0, "max": 1000, "step": 5 } },
        { "name": "p", "generator": { "type": "decimal", "min": 1, "max": 500, "scale": 2 } },
    ]);
    for rules in [
        json!([{ "kind": "count", "where": "n > 701", "exactly": 100 }, { "kind": "statistic", "column": "n", "fn": "mean", "equals": 450, "tolerance": 0.1 }]),
        json!([{ "kind": "count", "where": "p > 400", "exactly": 40 }, { "kind": "count", "where": "p < 20", "min": 100 }, { "kind": "count", "where": "p < 60", "max": 110 }]),
        json!([{ "kind": "count", "where": "p > 400", "exactly": 40, "when": "kind = 'x'" }, { "kind": "count", "where": "p <= 400 AND p > 300", "when": "kind = 'x'", "exactly": 41 }]),
        json!([{ "kind": "count", "where": "p BETWEEN 10 AND 20.5", "exactly": 70 }, { "kind": "statistic", "column": "p", "fn": "mean", "equals": 260.5 }]),
        json!([
            { "kind": "count", "where": "p < 100", "when": "kind = 'x'", "max": 20 },
            { "kind": "statistic", "column": "p", "fn": "mean", "equals": 280, "when": "kind = 'x'" },
            { "kind": "statistic", "column": "p", "fn": "std", "equals": 110, "when": "kind = 'x'" },
        ]),
    ] {
        let mut rules = rules.as_array().expect("rules").clone();
        for (at, rule) in rules.iter_mut().enumerate() {
            rule["id"] = json!(format!("r{at}"));
        }
        held(&table(600, &columns, &json!(rules)));
    }
}

#[test]
fn scores_are_counted_beside_what_is_asked_of_the_number_that_they_are_bands_of() {
    let columns = json!([
        { "name": "kind", "generator": { "type": "choice", "values": ["x", "y"] } },
        { "name": "a", "generator": { "type": "integer", "min": 0, "max": 99 } },
        { "name": "b", "generator": { "type": "normal", "mean": 50, "std": 10 } },
        { "name": "grade", "type": "string" },
        { "name": "of_grade", "type": "integer" },
        { "name": "of_b", "type": "integer" },
    ]);
    let made = [
        json!({ "id": "grade", "kind": "score", "column": "grade", "of": "a", "bands": [
            { "below": 30, "value": "low" }, { "below": 60, "value": "mid" }, { "value": "high" }] }),
        json!({ "id": "of_grade", "kind": "score", "column": "of_grade", "of": "grade", "bands": [
            { "below": "low", "value": 3 }, { "below": "mid", "value": 1 }, { "value": 2 }] }),
        json!({ "id": "of_b", "kind": "score", "column": "of_b", "of": "b", "bands": [
            { "below": 45, "value": 1 }, { "value": 2 }] }),
    ];
    for rules in [
        json!([{ "kind": "count", "where": "grade = 'low'", "exactly": 150 }, { "kind": "statistic", "column": "a", "fn": "mean", "equals": 48 }]),
        json!([{ "kind": "count", "where": "grade IN ('low', 'mid')", "exactly": 260 }, { "kind": "statistic", "column": "a", "fn": "mean", "equals": 48 }]),
        json!([{ "kind": "count", "where": "NOT grade = 'high'", "exactly": 260 }, { "kind": "correlation", "columns": ["a", "b"], "coefficient": 0.5 }]),
        json!([{ "kind": "count", "where": "of_grade + 1 > 3", "exactly": 150 }, { "kind": "statistic", "column": "a", "fn": "mean", "equals": 48 }]),
        json!([
            { "kind": "count", "where": "grade = 'mid'", "exactly": 100 },
            { "kind": "count", "where": "of_b = 1", "min": 200 },
            { "kind": "correlation", "columns": ["a", "b"], "coefficient": -0.4 },
        ]),
    ] {
        let mut rules = rules.as_array().expect("rules").clone();
        for (at, rule) in rules.iter_mut().enumerate() {
            rule["id"] = json!(format!("r{at}"));
        }
        held(&table(400, &columns, &json!(made.iter().cloned().chain(rules).collect::<Vec<Value>>())));
    }
}

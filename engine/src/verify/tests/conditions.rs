//! What is asked of each row by itself: implications, conditions, formulas, orders.

use super::*;

#[tokio::test]
async fn implies_is_broken_where_the_first_is_true_and_the_second_false() {
    let dataset = contracts(json!([
        { "id": "broken", "kind": "implies", "if": "status = 'new'", "then": "company IS NULL -- none yet" },
        { "id": "holds", "kind": "implies", "if": "status = 'old' AND company IS NULL", "then": "quantity = 3" },
        { "id": "null passes", "kind": "implies", "if": "id = 3", "then": "quantity > 100" },
        { "id": "limited", "kind": "implies", "when": "id > 2", "if": "status = 'new'", "then": "company IS NULL" },
    ]));
    let certificate = agreed(&dataset, &[contract_rows()]).await;
    is(found(&certificate, "broken"), 5, 1, json!([{ "id": 2, "status": "new", "company": "A" }]));
    is(found(&certificate, "holds"), 5, 0, json!([]));
    is(found(&certificate, "null passes"), 5, 0, json!([]));
    is(found(&certificate, "limited"), 3, 0, json!([]));
    assert!(!certificate.holds());
    assert_eq!(found(&certificate, "limited").statement, "if status = 'new' then company IS NULL, where id > 2");
}

#[tokio::test]
async fn check_passes_null_and_is_evaluated_only_where_when_is_true() {
    let dataset = contracts(json!([
        { "id": "broken", "kind": "check", "sql": "price < 2 OR quantity > 3" },
        { "id": "guarded", "kind": "check", "when": "quantity <> 0", "sql": "price / quantity < 1.5" },
    ]));
    let certificate = certificate(&dataset, &[contract_rows()]).await;
    is(
        found(&certificate, "broken"),
        5,
        2,
        json!([
        { "id": 2, "price": "2.00", "quantity": 0 }, { "id": 5, "price": "3.33", "quantity": 3 }]),
    );
    is(found(&certificate, "guarded"), 3, 0, json!([]));
}

#[tokio::test]
async fn a_condition_without_a_value_names_its_rule() {
    let dataset = contracts(json!([{ "id": "ratio", "kind": "check", "sql": "price / quantity < 1.5" }]));
    let message = error(&dataset, &[contract_rows()]).await;
    assert!(message.starts_with("\"ratio\" cannot be checked: division by zero"), "{message}");
    let dataset = contracts(json!([{ "id": "typo", "kind": "check", "sql": "prise < 1.5" }]));
    assert_eq!(
        error(&dataset, &[contract_rows()]).await,
        "\"typo\" cannot be checked: table \"contract\" has no column \"prise\""
    );
    let dataset = contracts(json!([{ "id": "brackets", "kind": "check", "sql": "true) OR (true" }]));
    assert!(error(&dataset, &[contract_rows()]).await.starts_with("\"brackets\" cannot be checked: "));
}

#[tokio::test]
async fn calculate_compares_in_the_columns_type_and_takes_null_for_a_value() {
    let dataset = dataset(json!([{ "name": "line", "primary_key": ["id"], "columns": [
        { "name": "id" }, { "name": "price", "type": "decimal" }, { "name": "quantity", "type": "integer" },
        { "name": "total", "type": "decimal" }, { "name": "ratio", "type": "float" }, { "name": "label", "type": "string" }],
        "rules": [
            { "id": "total", "kind": "calculate", "column": "total", "sql": "price * quantity * 1.005" },
            { "id": "ratio", "kind": "calculate", "column": "ratio", "sql": "price * 0.1" },
            { "id": "label", "kind": "calculate", "column": "label", "sql": "'n' || quantity" },
        ] }]));
    let rows = table(
        "line",
        vec![
            ("id", numbers(1..=4)),
            ("price", cents(&[Some(1000), Some(100), None, Some(100)])),
            ("quantity", ints(&[Some(3), Some(1), Some(2), Some(1)])),
            ("total", cents(&[Some(3015), Some(101), None, None])),
            ("ratio", Arc::new(Float64Array::from(vec![Some(1.000_000_000_000_1), Some(0.11), None, Some(0.1)]))),
            ("label", texts(&[Some("n3"), Some("n1"), Some("n2"), None])),
        ],
    );
    let certificate = agreed(&dataset, &[rows]).await;
    is(found(&certificate, "total"), 4, 1, json!([{ "id": 4, "total": null, "price": "1.00", "quantity": 1 }]));
    is(found(&certificate, "ratio"), 4, 1, json!([{ "id": 2, "ratio": 0.11, "price": "1.00" }]));
    is(found(&certificate, "label"), 4, 1, json!([{ "id": 4, "label": null, "quantity": 1 }]));
}

#[tokio::test]
async fn order_compares_every_pair_and_skips_nulls() {
    let columns = json!([{ "name": "a" }, { "name": "b" }, { "name": "c" }]);
    let dataset = dataset(json!([{ "name": "step", "columns": columns, "rules": [
        { "id": "plain", "kind": "order", "columns": ["a", "b", "c"] },
        { "id": "strict", "kind": "order", "columns": ["a", "b", "c"], "strict": true },
        { "id": "gap", "kind": "order", "columns": ["a", "b", "c"], "gap": { "min": "2d", "max": "1w" } },
        { "id": "hours", "kind": "order", "columns": ["a", "b"], "gap": { "min": "36h", "max": "47h" } },
    ] }]));
    let rows = table(
        "step",
        vec![
            ("a", days(&[Some(0), Some(5), Some(0), Some(0), None, Some(0)])),
            ("b", days(&[Some(2), None, Some(0), Some(7), Some(1), Some(2)])),
            ("c", days(&[Some(4), Some(3), Some(9), None, None, Some(10)])),
        ],
    );
    // 1 ascends by two days, 2 falls over a null, 3 stays and leaps, 4 ends with a null, 5 has one value, 6 leaps at the end.
    let certificate = certificate(&dataset, &[rows]).await;
    let broken = |id: &str| -> Vec<u64> {
        found(&certificate, id).examples.iter().filter_map(|example| example["row_number"].as_u64()).collect()
    };
    assert_eq!(broken("plain"), [2]);
    assert_eq!(broken("strict"), [2, 3]);
    assert_eq!(broken("gap"), [2, 3, 6]);
    // Whole days: at least two, at most one.
    assert_eq!(broken("hours"), [1, 3, 4, 6]);
    assert_eq!(
        found(&certificate, "plain").examples[0],
        json!({ "row_number": 2, "a": "1970-01-06", "b": null, "c": "1970-01-04" })
    );
    assert_eq!(found(&certificate, "gap").statement, "a ≤ b ≤ c, at least 2d apart, at most 1w apart");
}

#[tokio::test]
async fn gaps_of_datetimes_count_microseconds_and_gaps_of_numbers_their_units() {
    let dataset = dataset(json!([{ "name": "t", "primary_key": ["id"], "columns": [
        { "name": "id" }, { "name": "a", "type": "datetime" }, { "name": "b", "type": "datetime" },
        { "name": "d", "type": "date" }, { "name": "m", "type": "integer" }, { "name": "n", "type": "decimal" }], "rules": [
        { "id": "minutes", "kind": "order", "columns": ["a", "b"], "gap": { "min": "90s", "max": "2min" } },
        { "id": "microseconds", "kind": "order", "columns": ["a", "b"], "gap": { "max": 100000000 } },
        { "id": "mixed", "kind": "order", "columns": ["d", "b"], "gap": { "max": "1d" } },
        { "id": "numbers", "kind": "order", "columns": ["m", "n"], "gap": { "min": 1, "max": 10 } },
    ] }]));
    let rows = table(
        "t",
        vec![
            ("id", numbers(1..=3)),
            ("a", instants(&[Some(0), Some(0), Some(0)])),
            ("b", instants(&[Some(90_000_000), Some(89_999_999), Some(120_000_001)])),
            ("d", days(&[Some(0), Some(-1), Some(0)])),
            ("m", ints(&[Some(1), Some(1), None])),
            ("n", cents(&[Some(1100), Some(1101), Some(0)])),
        ],
    );
    let certificate = agreed(&dataset, &[rows]).await;
    let broken = |id: &str| -> Vec<i64> {
        found(&certificate, id).examples.iter().filter_map(|example| example["id"].as_i64()).collect()
    };
    assert_eq!(broken("minutes"), [2, 3]);
    assert_eq!(broken("microseconds"), [3]);
    assert_eq!(broken("mixed"), [2]);
    assert_eq!(broken("numbers"), [2]);
}

#[tokio::test]
async fn a_gap_that_no_type_has_is_an_error() {
    let dataset =
        contracts(json!([{ "id": "g", "kind": "order", "columns": ["status", "company"], "gap": { "min": 1 } }]));
    assert_eq!(
        error(&dataset, &[contract_rows()]).await,
        "\"g\" cannot be checked: column \"status\" is of type string, which has no gap"
    );
    let dataset =
        contracts(json!([{ "id": "g", "kind": "order", "columns": ["id", "quantity"], "gap": { "min": "1d" } }]));
    assert_eq!(error(&dataset, &[contract_rows()]).await, "\"g\" cannot be checked: 1d is no gap between numbers");
}

#[test]
fn days_are_added_and_counted_in_each_databases_words() {
    let dataset = dataset(json!([{ "name": "t", "primary_key": ["id"], "columns": [
        { "name": "id", "type": "integer" }, { "name": "a", "type": "date" }, { "name": "b", "type": "date" },
        { "name": "at", "type": "datetime" }, { "name": "open" }],
        "rules": [
            { "id": "r1", "kind": "check", "sql": "b - a <= 3" },
            { "id": "r2", "kind": "check", "sql": "b = a + id" },
            { "id": "r3", "kind": "check", "sql": "b > a - INTERVAL '1 month'" },
            { "id": "r4", "kind": "check", "sql": "at >= TIMESTAMP '2024-01-01 00:00:00'" },
            { "id": "r5", "kind": "check", "sql": "a + open > b" },
            { "id": "r6", "kind": "check", "sql": "at || 'x' = 'x' AND CAST(at + INTERVAL '1 day' AS VARCHAR) = 'x'" },
        ] }]));
    let said = |dialect: Dialect, id: &str| -> String {
        let script = verify_sql(&dataset, &Expected::default(), dialect);
        let rest = &script[script.find(&format!("-- {id}:")).expect("the rule")..];
        rest.lines().find(|line| line.contains(" WHERE ") || line.starts_with("-- Left")).expect("its rows").to_owned()
    };
    use Dialect::{Duckdb, Postgres, Sqlite};
    for (dialect, id, wanted) in [
        (Postgres, "r1", "(t.\"b\" - t.\"a\") <= 3"),
        (Postgres, "r2", "t.\"b\" = (CAST(t.\"a\" AS DATE) + CAST(t.\"id\" AS INTEGER))"),
        (Duckdb, "r3", "t.\"b\" > CAST(t.\"a\" - INTERVAL '1 month' AS DATE)"),
        (Postgres, "r4", "t.\"at\" >= TIMESTAMP '2024-01-01 00:00:00'"),
        (
            Sqlite,
            "r1",
            "(CAST(strftime('%s', t.\"b\") AS INTEGER) / 86400 - CAST(strftime('%s', t.\"a\") AS INTEGER) / 86400) <= 3",
        ),
        (Sqlite, "r2", "t.\"b\" = date(t.\"a\", (t.\"id\") || ' days')"),
        (Sqlite, "r4", ">= 1704067200000000"),
        // What is meant depends on a type that nobody says.
        (Sqlite, "r5", "-- Left out: SQLite lacks date + what has no declared type"),
        (Sqlite, "r6", "-- Left out: SQLite lacks texts of times that are calculated"),
    ] {
        let said = said(dialect, id);
        assert!(said.contains(wanted), "{dialect:?} {id}: {wanted}\n{said}");
    }
}

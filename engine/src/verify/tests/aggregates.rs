//! What children come to: holding and broken, and the same in SQL.

use super::*;

fn shop(columns: Value, rules: Value) -> Dataset {
    let mut order = vec![json!({ "name": "id" }), json!({ "name": "state" })];
    order.extend(columns.as_array().cloned().unwrap_or_default());
    dataset(json!([
        { "name": "order", "primary_key": ["id"], "columns": order, "rules": rules },
        { "name": "line", "columns": [{ "name": "order_id" }, { "name": "amount", "type": "decimal", "scale": 2 }, { "name": "weight", "type": "float" },
              { "name": "day", "type": "date" }],
          "foreign_keys": [{ "name": "order", "columns": ["order_id"], "references": { "table": "order", "columns": ["id"] } }] }]))
}

/// Lines of the orders 1, 2 and 4, in two orders; one has none, and one is nobody's.
fn lines(turn: usize) -> Delivered {
    let mut rows: Vec<(Option<i64>, Option<i128>, f64, i32)> = vec![
        (Some(1), Some(150), 1e16, 19_000),
        (Some(4), None, 0.5, 19_005),
        (Some(1), Some(275), 1.0, 18_990),
        (Some(2), Some(-30), 0.1, 19_001),
        (None, Some(999), 7.0, 19_002),
        (Some(1), None, -1e16, 19_003),
        (Some(2), Some(31), 0.2, 19_004),
    ];
    rows.rotate_left(turn);
    table(
        "line",
        vec![
            ("order_id", ints(&rows.iter().map(|row| row.0).collect::<Vec<_>>())),
            ("amount", cents(&rows.iter().map(|row| row.1).collect::<Vec<_>>())),
            ("weight", Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.2)))),
            ("day", days(&rows.iter().map(|row| Some(row.3)).collect::<Vec<_>>())),
        ],
    )
}

fn orders(columns: Vec<(&str, ArrayRef)>) -> Delivered {
    let mut all = vec![("id", numbers(1..=4)), ("state", texts(&[Some("a"), Some("a"), Some("b"), None]))];
    all.extend(columns);
    table("order", all)
}

fn rule(id: &str, column: &str, of: &str, function: &str) -> Value {
    json!({ "id": id, "kind": "aggregate", "column": column, "of": of, "by": "order", "fn": function })
}

#[tokio::test]
async fn sums_and_counts_are_those_of_the_children_and_of_none_zero() {
    let columns = json!([{ "name": "total", "type": "decimal", "scale": 2 }, { "name": "off", "type": "decimal", "scale": 2 },
        { "name": "lines" }, { "name": "amounts" }, { "name": "none" }]);
    let mut limited = rule("limited", "off", "line.amount", "sum");
    limited["when"] = json!("state = 'b'");
    let dataset = shop(
        columns,
        json!([
            rule("total", "total", "line.amount", "sum"),
            rule("off", "off", "line.amount", "sum"),
            limited,
            rule("lines", "lines", "line", "count"),
            rule("amounts", "amounts", "line.amount", "count"),
            rule("none", "none", "line", "count")
        ]),
    );
    for turn in 0..3 {
        let rows = orders(vec![
            ("total", cents(&[Some(425), Some(1), Some(0), Some(0)])),
            ("off", cents(&[Some(426), Some(1), Some(0), None])),
            ("lines", ints(&[Some(3), Some(2), Some(0), Some(1)])),
            ("amounts", ints(&[Some(2), Some(2), Some(0), Some(0)])),
            ("none", ints(&[Some(3), Some(2), None, Some(2)])),
        ]);
        let certificate = agreed(&dataset, &[rows, lines(turn)]).await;
        for id in ["total", "lines", "amounts"] {
            is(found(&certificate, id), 4, 0, json!([]));
        }
        is(
            found(&certificate, "off"),
            4,
            2,
            json!([{ "id": 1, "off": "4.26", "expected": "4.25" }, { "id": 4, "off": null, "expected": "0.00" }]),
        );
        is(found(&certificate, "limited"), 1, 0, json!([]));
        is(
            found(&certificate, "none"),
            4,
            2,
            json!([{ "id": 3, "none": null, "expected": 0 }, { "id": 4, "none": 2, "expected": 1 }]),
        );
        assert_eq!(found(&certificate, "total").statement, "total is the sum of line.amount by order");
        assert_eq!(
            found(&certificate, "limited").statement,
            "off is the sum of line.amount by order, where state = 'b'"
        );
        assert!(certificate.to_html().contains("total is the sum of line.amount by order"));
    }
    for dialect in Dialect::ALL {
        assert!(
            !verify_sql(&dataset, &Expected::default(), dialect).contains("Left out"),
            "{}",
            verify_sql(&dataset, &Expected::default(), dialect)
        );
    }
}

#[tokio::test]
async fn ends_and_means_of_none_are_null_and_floats_add_up_in_any_order() {
    let columns = json!([{ "name": "least", "type": "decimal", "scale": 2 }, { "name": "last", "type": "date" },
        { "name": "mean", "type": "decimal", "scale": 1 }, { "name": "weight", "type": "float" }, { "name": "heavy", "type": "float" }]);
    let dataset = shop(
        columns,
        json!([
            rule("least", "least", "line.amount", "min"),
            rule("last", "last", "line.day", "max"),
            rule("mean", "mean", "line.amount", "mean"),
            rule("weight", "weight", "line.weight", "sum"),
            rule("heavy", "heavy", "line.weight", "mean")
        ]),
    );
    let tenths: ArrayRef = Arc::new(
        Decimal128Array::from(vec![Some(21), Some(1), None, None]).with_precision_and_scale(18, 1).expect("one place"),
    );
    for turn in 0..4 {
        let rows = orders(vec![
            ("least", cents(&[Some(150), Some(-30), None, Some(5)])),
            ("last", days(&[Some(19_003), Some(19_004), Some(19_000), Some(19_005)])),
            ("mean", Arc::clone(&tenths)),
            ("weight", Arc::new(Float64Array::from(vec![Some(1.0), Some(0.1 + 0.2), Some(0.0), Some(0.5)]))),
            ("heavy", Arc::new(Float64Array::from(vec![None, Some(0.15), None, Some(0.5)]))),
        ]);
        let certificate = certificate(&dataset, &[rows, lines(turn)]).await;
        is(found(&certificate, "least"), 4, 1, json!([{ "id": 4, "least": "0.05", "expected": null }]));
        is(found(&certificate, "last"), 4, 1, json!([{ "id": 3, "last": "2022-01-08", "expected": null }]));
        // 4.25 / 2 is 2.125, nearest to 2.1; 0.01 / 2 is nearest to 0.0.
        is(found(&certificate, "mean"), 4, 1, json!([{ "id": 2, "mean": "0.1", "expected": 0.005 }]));
        is(found(&certificate, "weight"), 4, 0, json!([]));
        is(found(&certificate, "heavy"), 4, 1, json!([{ "id": 1, "heavy": null, "expected": 1.0 / 3.0 }]));
    }
    for dialect in Dialect::ALL {
        assert!(
            !verify_sql(&dataset, &Expected::default(), dialect).contains("Left out"),
            "{}",
            verify_sql(&dataset, &Expected::default(), dialect)
        );
    }
}

#[tokio::test]
async fn little_memory_takes_more_readings_and_gives_the_same() {
    let dataset = shop(json!([{ "name": "lines" }]), json!([rule("lines", "lines", "line", "count")]));
    let parents = table(
        "order",
        vec![
            ("id", numbers(1..=9_000)),
            ("state", texts(&vec![None; 9_000])),
            ("lines", numbers((0..9_000).map(|n| n % 3))),
        ],
    );
    let below = table(
        "line",
        vec![(
            "order_id",
            numbers((1..=9_000).flat_map(|n| std::iter::repeat_n(n, ((n - 1) % 3) as usize + usize::from(n == 77)))),
        )],
    );
    let table = &dataset.tables[0];
    let database = Database::new(vec![parents, below], &runtime(), 0, None).expect("a database");
    let children = aggregate::Aggregate { column: "lines", of: "line", by: "order", function: "count" };
    let mut results = Vec::new();
    for budget_bytes in [64 << 10, 128 << 20] {
        let pool: Arc<dyn MemoryPool> = Arc::new(UnboundedMemoryPool::default());
        let means = Means { budget_bytes, ..Means::of(&pool) };
        let outcome =
            aggregate::check(&database, &dataset, table, &means, ("r", None, &children)).await.expect("an answer");
        assert_eq!((outcome.checked, outcome.broken), (9_000, 1));
        results.push(outcome.examples);
    }
    assert_eq!(results[0], results[1]);
    assert_eq!(results[0], [json!({ "id": 77, "lines": 1, "expected": 2 })]);
}

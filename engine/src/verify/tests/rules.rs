//! Rules about values from lists and about numbers of rows: holding and broken, and the same in SQL.

use super::*;

fn staff(rules: Value) -> Dataset {
    dataset(json!([
        { "name": "post", "primary_key": ["id"], "columns": [{ "name": "id" }, { "name": "is_new", "type": "boolean" }] },
        { "name": "staff", "primary_key": ["id"], "rules": rules,
          "foreign_keys": [{ "name": "post", "columns": ["post_id"], "references": { "table": "post", "columns": ["id"] } }],
          "columns": [{ "name": "id" }, { "name": "post_id" }, { "name": "unit" }, { "name": "grade", "type": "integer" },
                      { "name": "pay", "type": "decimal" }, { "name": "score" }] }]))
}

fn staff_rows() -> Vec<Delivered> {
    let flags: ArrayRef = Arc::new(BooleanArray::from(vec![true, false]));
    vec![
        table("post", vec![("id", numbers(1..=2)), ("is_new", flags)]),
        table(
            "staff",
            vec![
                ("id", numbers(1..=8)),
                ("post_id", ints(&[Some(1), Some(1), Some(1), Some(1), Some(2), Some(2), Some(2), None])),
                ("unit", texts(&[Some("A"), Some("A"), Some("A"), Some("B"), Some("C"), None, Some("B"), Some("A")])),
                ("grade", ints(&[Some(1), Some(2), Some(2), None, Some(1), Some(1), Some(2), Some(3)])),
                ("pay", cents(&[Some(100), Some(1000), Some(2550), None, Some(999), Some(1001), Some(0), Some(5000)])),
                (
                    "score",
                    texts(&[Some("low"), Some("mid"), Some("mid"), None, Some("low"), Some("low"), None, Some("top")]),
                ),
            ],
        ),
    ]
}

fn measured(result: &RuleResult) -> Vec<(String, String, String)> {
    let of = |measure: &Measure| (measure.what.clone(), measure.measured.clone(), measure.asked.clone());
    result.measures.iter().map(of).collect()
}

fn measure(what: &str, measured: &str, asked: &str) -> (String, String, String) {
    (what.to_owned(), measured.to_owned(), asked.to_owned())
}

#[tokio::test]
async fn a_score_is_broken_where_the_band_has_another_value() {
    let bands = json!([{ "below": 10, "value": "low" }, { "below": 30.5, "value": "mid" }, { "value": "top" }]);
    let dataset = staff(json!([
        { "id": "all", "kind": "score", "column": "score", "of": "pay", "bands": bands },
        { "id": "some", "kind": "score", "column": "score", "of": "pay", "bands": bands, "when": "id < 6" }]));
    let certificate = agreed(&dataset, &staff_rows()).await;
    is(
        found(&certificate, "all"),
        8,
        2,
        json!([{ "id": 6, "score": "low", "pay": "10.01" }, { "id": 7, "score": null, "pay": "0.00" }]),
    );
    is(found(&certificate, "some"), 5, 0, json!([]));
    assert_eq!(
        found(&certificate, "some").statement,
        "score by bands of pay: < 10 → low, < 30.5 → mid, … → top, where id < 6"
    );
}

#[tokio::test]
async fn a_combination_is_broken_where_it_is_not_listed_and_null_passes() {
    let dataset = staff(json!([
        { "id": "allowed", "kind": "combination", "columns": ["unit", "grade"], "allowed": [["A", 1], ["A", 2], ["B", 2], ["C", 1]] },
        { "id": "forbidden", "kind": "combination", "columns": ["unit", "grade"], "forbidden": [["A", 2]], "when": "post.is_new" }]));
    let certificate = agreed(&dataset, &staff_rows()).await;
    is(found(&certificate, "allowed"), 8, 1, json!([{ "id": 8, "unit": "A", "grade": 3 }]));
    let result = found(&certificate, "forbidden");
    assert_eq!((result.checked, result.broken, result.examples.len()), (4, 2, 2));
}

#[tokio::test]
async fn shares_are_measured_among_values_to_within_a_row() {
    let dataset = staff(json!([
        { "id": "near", "kind": "share", "column": "unit", "shares": { "A": 0.5, "B": 0.3 } },
        { "id": "off", "kind": "share", "column": "unit", "shares": { "A": 0.1, "C": 0.5, "D": 0.0 } },
        { "id": "tolerant", "kind": "share", "column": "unit", "shares": { "A": 0.3, "C": 0.4 }, "tolerance": 0.3 },
        { "id": "new", "kind": "share", "when": "post.is_new", "column": "unit", "shares": { "A": 0.75, "B": 0.25 } },
        { "id": "counts", "kind": "share", "column": "grade", "counts": { "1": 3, "2": 4 } }]));
    let certificate = agreed(&dataset, &staff_rows()).await;
    is(found(&certificate, "near"), 7, 0, json!([]));
    assert_eq!(
        measured(found(&certificate, "near")),
        [measure("unit = A", "4", "3–4"), measure("unit = B", "2", "2–3")]
    );
    is(
        found(&certificate, "off"),
        7,
        5,
        json!([{ "unit": "A", "measured": "4", "asked": "≤ 1" }, { "unit": "C", "measured": "1", "asked": "3–4" }]),
    );
    is(found(&certificate, "tolerant"), 7, 0, json!([]));
    is(found(&certificate, "new"), 4, 0, json!([]));
    is(found(&certificate, "counts"), 7, 1, json!([{ "grade": "2", "measured": "3", "asked": "4" }]));
    assert_eq!(found(&certificate, "new").statement, "the values of unit are A: 75 %, B: 25 %, where post.is_new");
    let page = certificate.to_html();
    assert!(page.contains("unit = A: 3 <span class=\"quiet\">asked 3</span>"), "{page}");
}

#[tokio::test]
async fn counts_are_measured_in_all_and_by_group() {
    let dataset = staff(json!([
        { "id": "exact", "kind": "count", "where": "unit = 'A'", "exactly": 4 },
        { "id": "more", "kind": "count", "where": "unit = 'A' AND post.is_new", "min": 5 },
        { "id": "each", "kind": "count", "where": "pay > 5", "per": ["unit"], "min": 1, "max": 2 },
        { "id": "limited", "kind": "count", "where": "10 / grade > 6", "when": "grade < 3", "per": ["unit", "grade"], "max": 0 }]));
    let certificate = agreed(&dataset, &staff_rows()).await;
    is(found(&certificate, "exact"), 8, 0, json!([]));
    is(found(&certificate, "more"), 8, 2, json!([{ "measured": "3", "asked": "≥ 5" }]));
    is(
        found(&certificate, "each"),
        8,
        2,
        json!([{ "unit": "A", "measured": "3", "asked": "1–2" }, { "unit": "B", "measured": "0", "asked": "1–2" }]),
    );
    assert_eq!(measured(found(&certificate, "each")), [measure("unit", "0–3", "1–2")]);
    let limited = found(&certificate, "limited");
    assert_eq!((limited.checked, limited.broken), (6, 3));
    assert_eq!(found(&certificate, "each").statement, "1 to 2 rows have pay > 5, for each unit");
    for dialect in Dialect::ALL {
        assert!(
            !verify_sql(&dataset, &Expected::default(), dialect).contains("Left out"),
            "{}",
            verify_sql(&dataset, &Expected::default(), dialect)
        );
    }
}

#[tokio::test]
async fn statistics_are_measured_and_a_sum_on_a_grid_may_be_half_a_unit_off() {
    let dataset = staff(json!([
        { "id": "mean", "kind": "statistic", "column": "grade", "fn": "mean", "equals": 1.71 },
        { "id": "near", "kind": "statistic", "column": "grade", "fn": "mean", "equals": 1.6, "tolerance": 0.2 },
        { "id": "off", "kind": "statistic", "column": "grade", "fn": "mean", "equals": 2 },
        { "id": "pay", "kind": "statistic", "column": "pay", "fn": "max", "equals": 50 },
        { "id": "least", "kind": "statistic", "column": "pay", "fn": "min", "equals": 1, "when": "id < 6" },
        { "id": "median", "kind": "statistic", "column": "pay", "fn": "median", "equals": 10 },
        { "id": "lower", "kind": "statistic", "column": "pay", "fn": "quantile", "q": 0.25, "equals": 5.495 },
        { "id": "higher", "kind": "statistic", "column": "pay", "fn": "quantile", "q": 0.9, "equals": 36 },
        { "id": "std", "kind": "statistic", "column": "grade", "fn": "std", "equals": 0.756 },
        { "id": "wide", "kind": "statistic", "column": "pay", "fn": "std", "equals": 30 }]));
    let certificate = agreed(&dataset, &staff_rows()).await;
    let broken: Vec<&str> =
        certificate.results.iter().filter(|result| !result.holds()).map(|result| result.id.as_str()).collect();
    assert_eq!(broken, ["off", "higher", "wide"]);
    is(found(&certificate, "off"), 7, 1, json!([{ "measured": "1.714286", "asked": "2" }]));
    assert_eq!(measured(found(&certificate, "least")), [measure("min", "1", "1")]);
    assert_eq!(found(&certificate, "least").checked, 4);
    assert_eq!(measured(found(&certificate, "near")), [measure("mean", "1.714286", "1.6 ± 0.2")]);
    assert_eq!(found(&certificate, "lower").statement, "the quantile 0.25 of pay is 5.495");
    for dialect in Dialect::ALL {
        assert!(
            !verify_sql(&dataset, &Expected::default(), dialect).contains("Left out"),
            "{}",
            verify_sql(&dataset, &Expected::default(), dialect)
        );
    }
}

#[tokio::test]
async fn coefficients_are_measured_among_pairs_without_nulls() {
    let dataset = staff(json!([
        { "id": "pearson", "kind": "correlation", "columns": ["grade", "pay"], "coefficient": 0.75 },
        { "id": "off", "kind": "correlation", "columns": ["grade", "pay"], "coefficient": 0.5, "tolerance": 0.1 },
        { "id": "spearman", "kind": "correlation", "columns": ["grade", "pay"], "coefficient": 0.463, "method": "spearman", "tolerance": 0.001 },
        { "id": "kendall", "kind": "correlation", "columns": ["grade", "pay"], "coefficient": 0.394, "method": "kendall", "tolerance": 0.001 },
        { "id": "matrix", "kind": "correlation", "columns": ["id", "grade", "pay"], "matrix": [[1, 0.9, 0], [0.9, 1, 0], [0, 0, 1]] },
        { "id": "one", "kind": "correlation", "columns": ["grade", "pay"], "coefficient": -1, "when": "id = 3" },
        { "id": "some", "kind": "correlation", "columns": ["grade", "pay"], "coefficient": -1, "when": "post.is_new", "method": "kendall" },
        { "id": "same", "kind": "correlation", "columns": ["grade", "pay"], "coefficient": 0, "when": "id = 5 OR id = 6" }]));
    let certificate = agreed(&dataset, &staff_rows()).await;
    let broken: Vec<(&str, u64)> = certificate
        .results
        .iter()
        .filter(|result| !result.holds())
        .map(|result| (result.id.as_str(), result.broken))
        .collect();
    assert_eq!(broken, [("off", 1), ("matrix", 3), ("some", 1), ("same", 1)]);
    assert_eq!(found(&certificate, "off").checked, 7);
    assert_eq!(measured(found(&certificate, "one")), []);
    assert_eq!(measured(found(&certificate, "same")), [measure("grade, pay", "none", "0 ± 0.03")]);
    is(
        found(&certificate, "off"),
        7,
        1,
        json!([{ "columns": "grade, pay", "measured": measured(found(&certificate, "off"))[0].1, "asked": "0.5 ± 0.1" }]),
    );
    for dialect in Dialect::ALL {
        assert!(
            !verify_sql(&dataset, &Expected::default(), dialect).contains("Left out"),
            "{}",
            verify_sql(&dataset, &Expected::default(), dialect)
        );
    }
}

#[tokio::test]
async fn kendall_by_sql_is_exact_in_short_tables_and_near_in_long_ones() {
    let dataset = dataset(
        json!([{ "name": "t", "primary_key": ["id"], "columns": [{ "name": "id" }, { "name": "x" }, { "name": "y" }],
        "rules": [
            { "id": "near", "kind": "correlation", "columns": ["x", "y"], "coefficient": 0.389088, "method": "kendall", "tolerance": 0.0001 },
            { "id": "off", "kind": "correlation", "columns": ["x", "y"], "coefficient": 0.44, "method": "kendall", "tolerance": 0.02 },
            { "id": "exact", "kind": "correlation", "columns": ["x", "y"], "coefficient": 0.369057, "method": "kendall", "tolerance": 0.00001, "when": "id < 512" },
            { "id": "beside", "kind": "correlation", "columns": ["x", "y"], "coefficient": 0.3692, "method": "kendall", "tolerance": 0.00001, "when": "id < 512" }] }]),
    );
    // Mixed as by splitmix64: rows in a lattice would not be alike in the parts.
    let mixed = |row: i64, below: u64| {
        let mix = |z: u64, shift: u32, factor: u64| (z ^ (z >> shift)).wrapping_mul(factor);
        let z = mix((row as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15), 30, 0xBF58_476D_1CE4_E5B9);
        let z = mix(z, 27, 0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % below) as i64
    };
    let rows = [table(
        "t",
        vec![
            ("id", numbers(0..1200)),
            ("x", numbers((0..1200).map(|row| mixed(row, 1000)))),
            ("y", numbers((0..1200).map(|row| mixed(row, 1000) + mixed(row + 10_000, 1500)))),
        ],
    )];
    let certificate = agreed(&dataset, &rows).await;
    let broken = certificate.results.iter().filter(|result| !result.holds()).map(|result| result.id.as_str());
    assert_eq!(broken.collect::<Vec<_>>(), ["off", "beside"]);
}

#[tokio::test]
async fn intervals_overlap_where_one_starts_before_an_earlier_one_of_its_group_has_ended() {
    let dataset = dataset(json!([{ "name": "t", "primary_key": ["id"], "columns": [
        { "name": "id" }, { "name": "room" }, { "name": "first", "type": "date" }, { "name": "last", "type": "date" }, { "name": "low" }, { "name": "high" }],
        "rules": [
            { "id": "days", "kind": "no_overlap", "per": ["room"], "start": "first", "end": "last" },
            { "id": "some", "kind": "no_overlap", "per": ["room"], "start": "first", "end": "last", "when": "id <> 2" },
            { "id": "numbers", "kind": "no_overlap", "per": ["room", "id"], "start": "low", "end": "high" },
            { "id": "all", "kind": "no_overlap", "per": ["room"], "start": "low", "end": "high" }] }]));
    let rows = [table(
        "t",
        vec![
            ("id", numbers(1..=8)),
            ("room", texts(&[Some("a"), Some("a"), Some("a"), Some("b"), Some("b"), None, None, Some("b")])),
            ("first", days(&[Some(10), Some(12), Some(20), Some(5), Some(-9), Some(1), Some(1), None])),
            ("last", days(&[Some(15), Some(14), Some(30), Some(20), Some(5), Some(9), Some(9), Some(3)])),
            ("low", ints(&[Some(1), Some(1), Some(3), Some(-5), Some(0), Some(1), Some(1), Some(9)])),
            ("high", ints(&[Some(1), Some(3), Some(3), Some(0), Some(9), Some(9), Some(9), None])),
        ],
    )];
    let certificate = agreed(&dataset, &rows).await;
    is(found(&certificate, "days"), 5, 1, json!([{ "room": "a", "first": "1970-01-13" }]));
    is(found(&certificate, "some"), 4, 0, json!([]));
    is(found(&certificate, "numbers"), 5, 0, json!([]));
    is(found(&certificate, "all"), 5, 0, json!([]));
    assert_eq!(
        found(&certificate, "some").statement,
        "no first lies before the last of an earlier interval of the same room, where id <> 2"
    );
    for dialect in Dialect::ALL {
        assert!(
            !verify_sql(&dataset, &Expected::default(), dialect).contains("Left out"),
            "{}",
            verify_sql(&dataset, &Expected::default(), dialect)
        );
    }
}

#[tokio::test]
async fn overlaps_are_the_same_in_parts_where_memory_is_little() {
    let dataset =
        dataset(json!([{ "name": "t", "columns": [{ "name": "room" }, { "name": "low" }, { "name": "high" }],
        "rules": [{ "id": "r", "kind": "no_overlap", "per": ["room"], "start": "low", "end": "high" }] }]));
    let rows = 6_000_i64;
    let rooms = numbers((0..rows).map(|row| row * 7919 % 97));
    let low: Vec<i64> = (0..rows).map(|row| row * 104_729 % 50_021).collect();
    let high = numbers(low.iter().map(|low| low + 300));
    let tables = [table("t", vec![("room", rooms), ("low", numbers(low)), ("high", high)])];
    let enough = certificate(&dataset, &tables).await;
    let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(96 << 10));
    let little = RuntimeEnvBuilder::new().with_memory_pool(pool).build_arc().expect("a runtime");
    let little = certify(&dataset, tables.to_vec(), little).await.expect("a certificate");
    assert!(found(&enough, "r").broken > 100);
    assert_eq!(found(&enough, "r"), found(&little, "r"));
    assert_eq!(counted_by_sql(&dataset, &tables).await, [("r".to_owned(), found(&enough, "r").broken)]);
}

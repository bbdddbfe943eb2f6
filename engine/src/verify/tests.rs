//! Every statement holding and broken, and the SQL that `verify.sql` delivers.

mod aggregates;
mod conditions;
mod operators;
mod picks;
mod rules;

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch,
    StringViewArray, TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{Int64Type, Schema};
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::execution::memory_pool::{GreedyMemoryPool, MemoryPool, UnboundedMemoryPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use serde_json::{Value, json};

use super::*;
use crate::functions;
use crate::schema::Dataset;

type Delivered = (String, Arc<dyn TableProvider>);

/// A table of the columns, in two partitions of batches of three rows.
fn table(name: &str, columns: Vec<(&str, ArrayRef)>) -> Delivered {
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, values)| (name, values, true)))
            .expect("columns of one length");
    let half = batch.num_rows().div_ceil(2);
    let parts = [batch.slice(0, half), batch.slice(half, batch.num_rows() - half)];
    let parts = parts
        .into_iter()
        .map(|part| (0..part.num_rows()).step_by(3).map(|at| part.slice(at, 3.min(part.num_rows() - at))).collect())
        .collect();
    let schema: Arc<Schema> = batch.schema();
    (name.to_owned(), Arc::new(MemTable::try_new(schema, parts).expect("a table")))
}

fn ints(values: &[Option<i64>]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn numbers(values: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<Int64Array>())
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringViewArray::from(values.to_vec()))
}

fn days(values: &[Option<i32>]) -> ArrayRef {
    Arc::new(Date32Array::from(values.to_vec()))
}

fn instants(values: &[Option<i64>]) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(values.to_vec()))
}

fn cents(values: &[Option<i128>]) -> ArrayRef {
    Arc::new(Decimal128Array::from(values.to_vec()).with_precision_and_scale(18, 2).expect("two places"))
}

fn dataset(tables: Value) -> Dataset {
    serde_json::from_value(json!({ "name": "d", "tables": tables })).expect("a dataset")
}

fn runtime() -> Arc<RuntimeEnv> {
    Arc::new(RuntimeEnv::default())
}

async fn certificate(dataset: &Dataset, tables: &[Delivered]) -> Certificate {
    certify(dataset, tables.to_vec(), runtime()).await.expect("a certificate")
}

async fn error(dataset: &Dataset, tables: &[Delivered]) -> String {
    certify(dataset, tables.to_vec(), runtime()).await.expect_err("an error").to_string()
}

fn found<'a>(certificate: &'a Certificate, id: &str) -> &'a RuleResult {
    certificate.results.iter().find(|result| result.id == id).expect("a result of that id")
}

/// What verify.sql counts, by rule, when DataFusion runs it.
async fn counted_by_sql(dataset: &Dataset, tables: &[Delivered]) -> Vec<(String, u64)> {
    let mut config = SessionConfig::new();
    config.options_mut().sql_parser.parse_float_as_decimal = true;
    let context = SessionContext::new_with_config(config);
    for function in functions::registered(dataset.reference_time_us()) {
        context.register_udf(function.as_ref().clone());
    }
    for (name, provider) in tables {
        let name = datafusion::common::TableReference::bare(name.as_str());
        context.register_table(name, Arc::clone(provider)).expect("a table");
    }
    let script = verify_sql(dataset, &Expected::default(), Dialect::Postgres);
    let mut counts = Vec::new();
    for statement in script.split(";\n").filter(|statement| statement.contains("SELECT coalesce")) {
        let batches = context.sql(statement).await.expect(statement).collect().await.expect(statement);
        let batch = batches.iter().find(|batch| batch.num_rows() == 1).expect("one row");
        let rule = datafusion::arrow::util::display::array_value_to_string(batch.column(0), 0).expect("a rule");
        let broken = batch.column(1).as_primitive::<Int64Type>().value(0);
        counts.push((rule, u64::try_from(broken).expect("a count")));
    }
    counts
}

/// The certificate, once verify.sql agrees with it.
async fn agreed(dataset: &Dataset, tables: &[Delivered]) -> Certificate {
    let certificate = certificate(dataset, tables).await;
    let counted: Vec<(String, u64)> = certificate
        .results
        .iter()
        .filter(|result| result.kind != "type")
        .map(|result| (result.id.clone(), result.broken))
        .collect();
    assert_eq!(counted_by_sql(dataset, tables).await, counted);
    certificate
}

fn is(result: &RuleResult, checked: u64, broken: u64, examples: Value) {
    assert_eq!((result.checked, result.broken), (checked, broken), "{}", result.id);
    assert_eq!(Value::Array(result.examples.clone()), examples, "{}", result.id);
}

fn contracts(rules: Value) -> Dataset {
    dataset(json!([{ "name": "contract", "primary_key": ["id"], "rules": rules, "columns": [
        { "name": "id" }, { "name": "status" }, { "name": "company" }, { "name": "price" }, { "name": "quantity" }] }]))
}

fn contract_rows() -> Delivered {
    table(
        "contract",
        vec![
            ("id", numbers(1..=5)),
            ("status", texts(&[Some("new"), Some("new"), Some("old"), None, Some("old")])),
            ("company", texts(&[None, Some("A"), Some("A"), Some("B"), None])),
            ("price", cents(&[Some(150), Some(200), Some(0), None, Some(333)])),
            ("quantity", ints(&[Some(2), Some(0), None, Some(4), Some(3)])),
        ],
    )
}

#[tokio::test]
async fn unique_counts_all_rows_but_one_and_leaves_nulls_aside() {
    let dataset = dataset(json!([{ "name": "t", "primary_key": ["id"], "columns": [
        { "name": "id" }, { "name": "a", "unique": true }, { "name": "b" }], "rules": [
        { "id": "both", "kind": "unique", "columns": ["a", "b"] },
        { "id": "some", "kind": "unique", "columns": ["b"], "when": "a <> 'x'" }] }]));
    let rows = table(
        "t",
        vec![
            ("id", numbers(1..=7)),
            ("a", texts(&[Some("x"), Some("y"), Some("x"), None, None, Some("x"), Some("z")])),
            ("b", ints(&[Some(1), Some(1), Some(1), Some(2), Some(2), None, Some(1)])),
        ],
    );
    let certificate = agreed(&dataset, &[rows]).await;
    is(found(&certificate, "unique:t.a"), 5, 2, json!([{ "a": "x" }]));
    is(found(&certificate, "both"), 4, 1, json!([{ "a": "x", "b": 1 }]));
    is(found(&certificate, "some"), 2, 1, json!([{ "b": 1 }]));
    is(found(&certificate, "primary-key:t"), 7, 0, json!([]));
}

#[tokio::test]
async fn a_primary_key_has_neither_nulls_nor_repeats() {
    let dataset =
        dataset(json!([{ "name": "t", "primary_key": ["a", "b"], "columns": [{ "name": "a" }, { "name": "b" }] }]));
    let rows = table(
        "t",
        vec![
            ("a", ints(&[Some(1), Some(1), Some(2), None, Some(1)])),
            ("b", texts(&[Some("x"), Some("y"), Some("x"), Some("x"), Some("x")])),
        ],
    );
    let certificate = agreed(&dataset, &[rows]).await;
    is(found(&certificate, "primary-key:t"), 5, 2, json!([{ "a": null, "b": "x" }, { "a": 1, "b": "x" }]));
}

fn shops() -> Dataset {
    dataset(json!([
        { "name": "shop", "primary_key": ["code"], "columns": [{ "name": "code" }, { "name": "limit" }] },
        { "name": "sale", "primary_key": ["id"], "columns": [{ "name": "id" }, { "name": "shop_code" }, { "name": "amount" }],
          "foreign_keys": [{ "columns": ["shop_code"], "references": { "table": "shop", "columns": ["code"] },
            "children": { "min": 1, "max": 2, "mean": 1.4 } }],
          "rules": [{ "id": "below-limit", "kind": "check", "sql": "amount <= shop.limit" }] },
    ]))
}

#[tokio::test]
async fn keys_exist_in_the_parent_and_parents_have_their_children() {
    let shop = |codes: &[&str]| {
        let codes: Vec<Option<&str>> = codes.iter().map(|&code| Some(code)).collect();
        table("shop", vec![("code", texts(&codes)), ("limit", numbers(codes.iter().map(|_| 10)))])
    };
    let sale = |codes: &[Option<&str>], amounts: &[i64]| {
        let ids = numbers((1..).take(codes.len()));
        table("sale", vec![("id", ids), ("shop_code", texts(codes)), ("amount", numbers(amounts.iter().copied()))])
    };
    let good = [shop(&["a", "b", "c"]), sale(&[Some("c"), Some("a"), Some("b"), Some("a"), None], &[1, 2, 3, 10, 99])];
    let certificate = agreed(&shops(), &good).await;
    assert!(certificate.holds(), "{certificate:?}");
    is(found(&certificate, "foreign-key:sale.shop"), 4, 0, json!([]));
    is(found(&certificate, "children:sale.shop"), 3, 0, json!([]));
    is(found(&certificate, "below-limit"), 5, 0, json!([]));

    let bad = [
        shop(&["a", "b", "c"]),
        sale(&[Some("a"), Some("a"), Some("b"), Some("a"), Some("z"), Some("y")], &[11, 2, 3, 12, 99, 0]),
    ];
    let certificate = agreed(&shops(), &bad).await;
    is(
        found(&certificate, "foreign-key:sale.shop"),
        6,
        2,
        json!([{ "id": 5, "shop_code": "z" }, { "id": 6, "shop_code": "y" }]),
    );
    is(
        found(&certificate, "children:sale.shop"),
        3,
        3,
        json!([
        { "children": 6, "expected": 4 }, { "code": "a", "children": 3 }, { "code": "c", "children": 0 }]),
    );
    is(
        found(&certificate, "below-limit"),
        6,
        2,
        json!([
        { "id": 1, "amount": 11, "shop.limit": 10 }, { "id": 4, "amount": 12, "shop.limit": 10 }]),
    );
}

#[tokio::test]
async fn names_with_quotes_spaces_and_other_scripts_are_names() {
    let dataset = dataset(json!([
        { "name": "País \"x\"", "primary_key": ["código", "o'k"], "columns": [{ "name": "código" }, { "name": "o'k" }, { "name": "人口" }] },
        { "name": "select", "primary_key": ["order"], "columns": [{ "name": "order" }, { "name": "a b" }, { "name": "c\"d" }],
          "foreign_keys": [{ "name": "el país", "columns": ["a b", "c\"d"], "references": { "table": "País \"x\"", "columns": ["código", "o'k"] },
            "children": { "max": 1 } }],
          "rules": [
            { "id": "it's -- a\nrule", "kind": "check", "sql": "\"el país\".\"人口\" > \"order\"" },
            { "id": "pairs", "kind": "unique", "columns": ["a b", "c\"d"] }] },
    ]));
    let tables = [
        table(
            "País \"x\"",
            vec![
                ("código", texts(&[Some("pe"), Some("pe"), Some("ñ")])),
                ("o'k", ints(&[Some(1), Some(2), Some(1)])),
                ("人口", ints(&[Some(10), Some(2), Some(1)])),
            ],
        ),
        table(
            "select",
            vec![
                ("order", numbers(1..=5)),
                ("a b", texts(&[Some("pe"), Some("pe"), Some("ñ"), Some("ñ"), None])),
                ("c\"d", ints(&[Some(1), Some(2), Some(1), Some(7), Some(1)])),
            ],
        ),
    ];
    let certificate = agreed(&dataset, &tables).await;
    is(
        found(&certificate, "it's -- a\nrule"),
        5,
        2,
        json!([
        { "order": 2, "el país.人口": 2 }, { "order": 3, "el país.人口": 1 }]),
    );
    is(found(&certificate, "foreign-key:select.el país"), 4, 1, json!([{ "order": 4, "a b": "ñ", "c\"d": 7 }]));
    is(found(&certificate, "children:select.el país"), 3, 0, json!([]));
    is(found(&certificate, "pairs"), 4, 0, json!([]));
}

#[tokio::test]
async fn a_rule_reads_through_several_keys_and_two_keys_to_one_parent() {
    let dataset = dataset(json!([
        { "name": "country", "primary_key": ["id"], "columns": [{ "name": "id" }, { "name": "zone" }] },
        { "name": "city", "primary_key": ["id"], "columns": [{ "name": "id" }, { "name": "country_id" }],
          "foreign_keys": [{ "columns": ["country_id"], "references": { "table": "country", "columns": ["id"] } }] },
        { "name": "trip", "columns": [{ "name": "a" }, { "name": "b" }], "foreign_keys": [
            { "name": "start", "columns": ["a"], "references": { "table": "city", "columns": ["id"] } },
            { "name": "end", "columns": ["b"], "references": { "table": "city", "columns": ["id"] } }],
          "rules": [{ "id": "one-zone", "kind": "check", "when": "a <> b", "sql": "start.country.zone = \"end\".country.zone" }] },
    ]));
    let tables = [
        table("country", vec![("id", numbers(1..=2)), ("zone", texts(&[Some("w"), Some("e")]))]),
        table("city", vec![("id", numbers(1..=3)), ("country_id", numbers([1, 1, 2]))]),
        table(
            "trip",
            vec![("a", ints(&[Some(1), Some(1), Some(3), None])), ("b", ints(&[Some(2), Some(3), Some(3), Some(3)]))],
        ),
    ];
    let certificate = agreed(&dataset, &tables).await;
    is(
        found(&certificate, "one-zone"),
        2,
        1,
        json!([
        { "a": 1, "b": 3, "start.country.zone": "w", "end.country.zone": "e" }]),
    );
}

#[tokio::test]
async fn null_when_makes_null_and_lengths_count_characters() {
    let dataset = dataset(json!([{ "name": "t", "primary_key": ["id"], "columns": [
        { "name": "id" }, { "name": "status" }, { "name": "since", "null_when": "status = 'new'" },
        { "name": "name", "min_length": 2, "max_length": 4 }, { "name": "code", "max_length": 2 }] }]));
    let rows = table(
        "t",
        vec![
            ("id", numbers(1..=4)),
            ("status", texts(&[Some("new"), Some("new"), Some("old"), None])),
            ("since", days(&[None, Some(3), None, Some(4)])),
            ("name", texts(&[Some("Núñe"), Some("ñ"), Some("Ñandú"), None])),
            ("code", numbers([1, 22, 333, 4])),
        ],
    );
    let certificate = agreed(&dataset, &[rows]).await;
    is(found(&certificate, "null:t.since"), 2, 1, json!([{ "id": 2, "status": "new", "since": "1970-01-04" }]));
    is(found(&certificate, "length:t.name"), 4, 2, json!([{ "id": 2, "name": "ñ" }, { "id": 3, "name": "Ñandú" }]));
    assert_eq!(found(&certificate, "length:t.name").statement, "name has 2 to 4 characters");
}

#[tokio::test]
async fn a_length_counts_the_digits_of_a_number() {
    let dataset =
        dataset(json!([{ "name": "t", "columns": [{ "name": "code", "type": "integer", "max_length": 2 }] }]));
    let certificate = agreed(&dataset, &[table("t", vec![("code", numbers([1, 22, 333]))])]).await;
    is(found(&certificate, "length:t.code"), 3, 1, json!([{ "row_number": 3, "code": 333 }]));
}

#[tokio::test]
async fn types_are_those_of_the_values_whatever_carries_them() {
    let dataset = dataset(json!([{ "name": "t", "columns": [
        { "name": "n", "type": "integer" }, { "name": "day", "type": "date" }, { "name": "yes", "type": "boolean" },
        { "name": "gone", "type": "string" }, { "name": "any" }, { "name": "other_case", "type": "string" }],
        "rules": [{ "id": "text-as-date", "kind": "check", "sql": "day < DATE '2024-06-01'" },
                  { "id": "of-gone", "kind": "check", "sql": "gone = 'x' OR n > 0" }] }]));
    let rows = table(
        "t",
        vec![
            ("n", Arc::new(Float64Array::from(vec![Some(1.0), Some(2.5), None])) as ArrayRef),
            ("day", texts(&[Some("2024-02-29"), Some("yesterday"), Some("2024-12-31")])),
            ("yes", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]))),
            ("any", numbers(1..=3)),
            ("Other Case", texts(&[None; 3])),
        ],
    );
    let certificate = certificate(&dataset, &[rows]).await;
    let other = json!([{ "column": "other_case", "delivered": null, "like_it": "Other Case" }]);
    is(found(&certificate, "type:t.other_case"), 3, 3, other);
    is(found(&certificate, "type:t.n"), 3, 1, json!([{ "n": 2.5 }]));
    is(found(&certificate, "type:t.day"), 3, 1, json!([{ "day": "yesterday" }]));
    is(found(&certificate, "type:t.yes"), 3, 0, json!([]));
    is(found(&certificate, "type:t.gone"), 3, 3, json!([{ "column": "gone", "delivered": null }]));
    is(found(&certificate, "type:t.any"), 3, 0, json!([]));
    is(found(&certificate, "text-as-date"), 3, 1, json!([{ "row_number": 3, "day": "2024-12-31" }]));
    assert_eq!(found(&certificate, "of-gone").unproved.as_deref(), Some("it reads t.gone, which is missing"));
}

#[tokio::test]
async fn what_is_hidden_is_unproved_and_what_has_no_meaning_is_an_error() {
    let hidden = dataset(json!([{ "name": "t", "columns": [{ "name": "a" }, { "name": "b", "hidden": true }],
        "rules": [{ "id": "r", "kind": "check", "sql": "a < b" }] }]));
    let tables = [table("t", vec![("a", numbers(1..=3))])];
    let certificate = certificate(&hidden, &tables).await;
    assert!(certificate.holds());
    assert_eq!(certificate.unproved().count(), 1);
    let reason = "it reads t.b, which is hidden and therefore not delivered";
    assert_eq!(found(&certificate, "r").unproved.as_deref(), Some(reason));
    assert!(certificate.to_html().contains(reason));
    assert!(verify_sql(&hidden, &Expected::default(), Dialect::Duckdb).contains(&format!("-- Left out: {reason}")));

    let sums = dataset(json!([{ "name": "t", "columns": [{ "name": "a" }],
        "rules": [{ "id": "s", "kind": "aggregate", "column": "a", "of": "t.a", "by": "t", "fn": "sum" }] }]));
    assert_eq!(error(&sums, &tables).await, "\"s\" cannot be checked: table \"t\" has no foreign key \"t\" to t");
    assert_eq!(error(&hidden, &[]).await, "table \"t\" is missing");
}

#[tokio::test]
async fn examples_are_the_five_smallest_however_rows_lie() {
    let dataset = dataset(json!([{ "name": "t", "primary_key": ["id"], "columns": [{ "name": "id" }],
        "rules": [{ "id": "r", "kind": "check", "sql": "id < 0" }] }]));
    let forward = certificate(&dataset, &[table("t", vec![("id", numbers(1..=40))])]).await;
    let backward = certificate(&dataset, &[table("t", vec![("id", numbers((1..=40).rev()))])]).await;
    assert_eq!(forward, backward);
    is(found(&forward, "r"), 40, 40, json!([{ "id": 1 }, { "id": 2 }, { "id": 3 }, { "id": 4 }, { "id": 5 }]));
}

#[tokio::test]
async fn an_empty_table_keeps_everything_but_a_minimum_of_children() {
    let tables = [
        table("shop", vec![("code", texts(&[])), ("limit", numbers([]))]),
        table("sale", vec![("id", numbers([])), ("shop_code", texts(&[])), ("amount", numbers([]))]),
    ];
    assert!(agreed(&shops(), &tables).await.holds());
    let one = [table("shop", vec![("code", texts(&[Some("a")])), ("limit", numbers([1]))]), tables[1].clone()];
    is(
        found(&agreed(&shops(), &one).await, "children:sale.shop"),
        1,
        2,
        json!([
        { "children": 0, "expected": 1 }, { "code": "a", "children": 0 }]),
    );
}

#[tokio::test]
async fn the_page_stands_alone_and_shows_names_as_text() {
    let dataset =
        dataset(json!([{ "name": "t", "primary_key": ["id"], "columns": [{ "name": "id" }, { "name": "<b>&'\"" }],
        "rules": [{ "id": "<script>alert(1)</script>", "kind": "check", "sql": "\"<b>&'\"\"\" <> '<i>'" }] }]));
    let certificate = certificate(
        &dataset,
        &[table("t", vec![("id", numbers(1..=1_000)), ("<b>&'\"", texts(&[Some("<i>"); 1_000]))])],
    )
    .await;
    let page = certificate.to_html();
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    assert!(!page.contains("<script") && !page.contains("<i>") && !page.contains("<b>") && !page.contains("http"));
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt;")
            && page.contains("&lt;b&gt;&amp;&#39;&quot; = &lt;i&gt;")
    );
    assert!(page.contains("1 of 4 statements are broken") && page.contains("1,000"));
}

#[tokio::test]
async fn a_certificate_reads_back_from_its_json() {
    let certificate = certificate(&contracts(json!([])), &[contract_rows()]).await;
    let text = serde_json::to_string(&certificate).expect("JSON");
    assert_eq!(serde_json::from_str::<Certificate>(&text).expect("a certificate"), certificate);
    assert_eq!(certificate.reference_time, "2026-01-01T00:00:00Z");
    assert_eq!(certificate.tables, [TableRows { name: "contract".to_owned(), rows: 5 }]);
}

#[test]
fn what_databases_do_differently_is_written_out() {
    let dataset = dataset(json!([{ "name": "t", "primary_key": ["id"], "columns": [
        { "name": "id", "type": "integer" }, { "name": "n", "type": "integer" }, { "name": "price", "type": "decimal" },
        { "name": "d", "type": "date" }, { "name": "s", "type": "string" }],
        "rules": [
            { "id": "r1", "kind": "check", "sql": "n / 2 = id" },
            { "id": "r2", "kind": "check", "sql": "price / n > 1.5" },
            { "id": "r3", "kind": "check", "sql": "CAST(price AS INT) = n" },
            { "id": "r4", "kind": "check", "sql": "days_between(d, add_days(d, 3)) = 3" },
            { "id": "r8", "kind": "check", "sql": "years_between(d, add_months(d, 12 * n)) = n" },
            { "id": "r5", "kind": "check", "sql": "regexp_like(s, '^a')" },
            { "id": "r6", "kind": "check", "sql": "CAST(reference_time() AS DATE) > d" },
            { "id": "r7", "kind": "check", "sql": "s LIKE 'a\\_%'" },
            { "id": "r9", "kind": "check", "sql": "price + n * 1.5 <= price" },
            { "id": "r10", "kind": "calculate", "column": "price", "sql": "price * 0.075" },
            { "id": "r11", "kind": "calculate", "column": "s", "sql": "price || ' a'" },
            { "id": "r12", "kind": "check", "sql": "price - CASE WHEN n > 1 THEN price WHEN n > 0 THEN n ELSE NULL END > 0" },
        ] }]));
    let condition = |dialect: Dialect, id: &str| -> String {
        let script = verify_sql(&dataset, &Expected::default(), dialect);
        let start = script.find(&format!("-- {id}:")).expect("the rule");
        let rest = &script[start..];
        if let Some(reason) = rest.lines().nth(1).and_then(|line| line.strip_prefix("-- Left out: ")) {
            return reason.to_owned();
        }
        let rows = rest.lines().find(|line| line.contains(" WHERE ")).expect("the rows");
        let condition = rows.split_once(" WHERE (").expect("a condition").1;
        condition.strip_suffix(") IS FALSE").expect("a condition").to_owned()
    };
    use Dialect::{Duckdb, Postgres, Sqlite};
    assert_eq!(condition(Postgres, "r1"), "(t.\"n\" / 2 = t.\"id\")");
    assert_eq!(condition(Duckdb, "r1"), "((((t.\"n\") - (t.\"n\") % (2)) // (2)) = t.\"id\")");
    assert_eq!(condition(Postgres, "r2"), "(trunc((t.\"price\") / CAST(t.\"n\" AS NUMERIC), 6) > 1.5)");
    assert_eq!(
        condition(Sqlite, "r2"),
        "((CAST(CAST(round((t.\"price\") * 100) AS INTEGER) * 10000 / CAST((t.\"n\") AS INTEGER) AS INTEGER) / 1000000.0) > 1.5)"
    );
    assert_eq!(condition(Postgres, "r3"), "(CAST(trunc(t.\"price\") AS BIGINT) = t.\"n\")");
    // Equal decimals are equal floats once they are rounded to their places, and halves go away from zero.
    assert_eq!(condition(Sqlite, "r9"), "(round(t.\"price\" + round(t.\"n\" * 1.5, 1), 2) <= t.\"price\")");
    assert_eq!(condition(Postgres, "r9"), "(t.\"price\" + t.\"n\" * 1.5 <= t.\"price\")");
    let product = "(round(t.\"price\" * 0.075, 5))";
    assert_eq!(
        condition(Sqlite, "r10"),
        format!("t.\"price\" IS NOT DISTINCT FROM round(({product}) + sign({product}) * 0.000001, 2)")
    );
    let written = "(CASE WHEN (t.\"price\") IS NULL THEN NULL ELSE printf('%.2f', t.\"price\") END)";
    assert_eq!(condition(Sqlite, "r11"), format!("t.\"s\" IS NOT DISTINCT FROM CAST(({written} || ' a') AS TEXT)"));
    assert!(condition(Sqlite, "r12").contains("round(t.\"price\" - CASE"), "{}", condition(Sqlite, "r12"));
    assert_eq!(condition(Sqlite, "r3"), "(CAST(t.\"price\" AS INTEGER) = t.\"n\")");
    let shifted = "(CAST((CAST(t.\"d\" AS DATE) + CAST(3 AS INTEGER)) AS DATE) - CAST(t.\"d\" AS DATE))";
    assert_eq!(condition(Postgres, "r4"), format!("({shifted} = 3)"));
    assert_eq!(
        condition(Sqlite, "r4"),
        "(CAST(julianday(date(t.\"d\", (3) || ' days')) - julianday(t.\"d\") AS INTEGER) = 3)"
    );
    let later = "CAST(CAST(t.\"d\" AS DATE) + CAST(12 * t.\"n\" AS INTEGER) * INTERVAL '1 month' AS DATE)";
    assert!(condition(Postgres, "r8").contains(later), "{}", condition(Postgres, "r8"));
    assert!(condition(Sqlite, "r8").contains("'+1 month', '-1 day'"));
    assert_eq!(condition(Duckdb, "r5"), "(regexp_matches(t.\"s\", '^a'))");
    assert_eq!(condition(Sqlite, "r5"), "SQLite lacks regexp_like");
    assert_eq!(condition(Postgres, "r6"), "(CAST(TIMESTAMP '2026-01-01T00:00:00' AS DATE) > t.\"d\")");
    assert_eq!(condition(Sqlite, "r6"), "(substr('2026-01-01T00:00:00Z', 1, 10) > t.\"d\")");
    assert_eq!(condition(Postgres, "r7"), "(t.\"s\" LIKE 'a\\_%')");
    assert_eq!(condition(Duckdb, "r7"), "(t.\"s\" LIKE 'a\\_%' ESCAPE '\\')");
}

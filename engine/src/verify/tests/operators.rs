//! The operators that prove statements: what they count is what the SQL counts, however little memory there is.

use super::super::joins::Joins;
use super::super::reader::{Means, hash};
use super::super::source::{Database, Source};
use super::*;

/// Hashes that meet all the time.
fn weak(bytes: &[u8]) -> u64 {
    (hash(bytes) % 3) << 62
}

fn means(budget_bytes: usize, hash: fn(&[u8]) -> u64) -> Means {
    let pool: Arc<dyn MemoryPool> = Arc::new(UnboundedMemoryPool::default());
    Means { pool, budget_bytes, hash }
}

/// Numbers that look drawn, the same each time.
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = hash(&self.0.to_be_bytes());
        self.0 % bound
    }
}

async fn source(dataset: &Dataset, tables: &[Delivered], table: &str, columns: &[&str]) -> Source {
    let database = Database::new(tables.to_vec(), &runtime(), 0, None).expect("a database");
    let table = dataset.table(table).expect("a table");
    let mut joins = Joins::new(dataset, table);
    let places: Vec<_> = columns.iter().map(|column| joins.own(column).expect("a column")).collect();
    database.source(&joins, table, &places, false).await.expect("a source")
}

/// Parents and children with repeats, nulls and orphans: keys that are whole numbers or texts, of one column or two.
fn drawn(seed: u64, rows: u64, keys: u64, wide: bool) -> (Dataset, Vec<Delivered>) {
    let mut draw = Drawn(seed);
    let stretch = if wide { 1_000_003 } else { 1 };
    let mut side = |rows: u64, keys: u64| {
        let number: Vec<Option<i64>> =
            (0..rows).map(|_| (draw.below(20) > 0).then(|| draw.below(keys) as i64 * stretch - 7)).collect();
        let text: Vec<Option<String>> =
            (0..rows).map(|_| (draw.below(20) > 0).then(|| format!("k{}", draw.below(3)))).collect();
        vec![("n", ints(&number)), ("s", Arc::new(StringViewArray::from_iter(text)) as ArrayRef)]
    };
    let parents = side(rows, keys);
    let children = side(rows * 2, keys + keys / 3);
    let key = |columns: Value| {
        json!({ "name": columns.to_string(), "columns": columns, "references": { "table": "parent", "columns": columns },
        "children": { "min": 1, "max": 3, "total": rows } })
    };
    let columns = json!([{ "name": "n" }, { "name": "s" }]);
    let dataset = dataset(json!([
        { "name": "parent", "columns": columns, "primary_key": ["n", "s"], "rules": [
            { "id": "n", "kind": "unique", "columns": ["n"] }, { "id": "s", "kind": "unique", "columns": ["s"] },
            { "id": "some", "kind": "unique", "columns": ["n"], "when": "s <> 'k1'" }] },
        { "name": "child", "columns": columns, "foreign_keys": [key(json!(["n"])), key(json!(["s"])), key(json!(["n", "s"]))] },
    ]));
    (dataset, vec![table("parent", parents), table("child", children)])
}

#[tokio::test]
async fn the_operators_count_what_the_sql_counts() {
    for (seed, rows, keys, wide) in
        [(1, 60, 40, false), (2, 60, 1_000, false), (3, 60, 40, true), (4, 7, 3, true), (5, 0, 1, false)]
    {
        let (dataset, tables) = drawn(seed, rows, keys, wide);
        let certificate = certificate(&dataset, &tables).await;
        for (rule, broken) in counted_by_sql(&dataset, &tables).await {
            assert_eq!(found(&certificate, &rule).broken, broken, "{rule} of seed {seed}");
        }
    }
}

#[tokio::test]
async fn little_memory_and_hashes_that_meet_change_no_answer() {
    for (seed, keys, wide) in [(1, 40, false), (2, 500, true), (3, 5, true)] {
        let (dataset, tables) = drawn(seed, 200, keys, wide);
        for columns in [&["n"][..], &["s"], &["n", "s"]] {
            let parents = source(&dataset, &tables, "parent", columns).await;
            let children = source(&dataset, &tables, "child", columns).await;
            let mut unique = Vec::new();
            let mut related = Vec::new();
            for means in [means(1 << 20, hash), means(1 << 20, weak), means(64, hash), means(64, weak)] {
                let asked = distinct::Asked { id: "u".to_owned(), columns: (0..columns.len()).collect(), when: None };
                unique.push(format!("{:?}", distinct::repeats(&parents, &asked, &means).await.expect("an answer")));
                let bounds = dataset.tables[1].foreign_keys[0].children.as_ref();
                let asked = keys::Asked {
                    id: "k",
                    limit: None,
                    children: &children,
                    parents: &parents,
                    columns: columns.len(),
                    shown: (0..columns.len()).collect(),
                    bounds,
                };
                related.push(format!("{:?}", keys::relate(&asked, &means).await.expect("an answer")));
            }
            assert!(unique.iter().all(|answer| *answer == unique[0]), "{unique:#?}");
            assert!(related.iter().all(|answer| *answer == related[0]), "{related:#?}");
        }
    }
}

#[tokio::test]
async fn the_numbers_of_children_are_those_that_the_sql_counts() {
    for wide in [1, 1_000_003] {
        let mut draw = Drawn(9);
        let parents: Vec<i64> = (0..50).map(|key| key * wide).collect();
        let children: Vec<Option<i64>> =
            (0..130).map(|_| (draw.below(10) > 0).then(|| draw.below(55) as i64 * wide)).collect();
        let dataset = dataset(json!([
            { "name": "p", "primary_key": ["id"], "columns": [{ "name": "id" }] },
            { "name": "c", "columns": [{ "name": "p_id" }], "foreign_keys": [{ "columns": ["p_id"],
              "references": { "table": "p", "columns": ["id"] }, "children": { "min": 2, "max": 4, "mean": 2.5 } }] },
        ]));
        let tables = [table("p", vec![("id", numbers(parents))]), table("c", vec![("p_id", ints(&children))])];
        let certificate = agreed(&dataset, &tables).await;
        assert!(found(&certificate, "children:c.p").broken > 5);
        assert!(found(&certificate, "foreign-key:c.p").broken > 2);
    }
}

#[tokio::test]
async fn keys_of_different_types_meet_as_values() {
    let dataset = dataset(json!([
        { "name": "p", "primary_key": ["id"], "columns": [{ "name": "id" }] },
        { "name": "c", "columns": [{ "name": "p_id" }], "foreign_keys": [
            { "columns": ["p_id"], "references": { "table": "p", "columns": ["id"] } }] },
    ]));
    let parent = table("p", vec![("id", numbers(1..=3))]);
    let small: ArrayRef = Arc::new(datafusion::arrow::array::Int32Array::from(vec![1, 3, 4]));
    let certificate = agreed(&dataset, &[parent.clone(), table("c", vec![("p_id", small)])]).await;
    is(found(&certificate, "foreign-key:c.p"), 3, 1, json!([{ "p_id": 4 }]));
    let written = table("c", vec![("p_id", texts(&[Some("1"), Some("x"), Some("02")]))]);
    let certificate = certify(&dataset, vec![parent, written], runtime()).await.expect("a certificate");
    assert_eq!(found(&certificate, "foreign-key:c.p").broken, 2);
}

#[tokio::test]
async fn memory_that_does_not_suffice_is_an_error_and_little_memory_is_not() {
    let dataset = dataset(json!([{ "name": "t", "primary_key": ["id"], "columns": [{ "name": "id" }] }]));
    let ids = |rows: u64| numbers((0..rows).map(|row| (hash(&row.to_be_bytes()) >> 1) as i64));
    let bounded = |bytes: usize| {
        let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(bytes));
        Arc::new(RuntimeEnvBuilder::new().with_memory_pool(pool).build().expect("a runtime"))
    };
    let tables = vec![table("t", vec![("id", ids(40_000))])];
    let certificate = certify(&dataset, tables.clone(), bounded(150 << 10)).await.expect("a certificate");
    assert!(certificate.holds());
    let error = certify(&dataset, tables, bounded(1 << 10)).await.expect_err("an error").to_string();
    assert!(error.starts_with("\"primary-key:t\" cannot be checked: Resources exhausted"), "{error}");
}

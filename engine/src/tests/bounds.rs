//! How large a query may be: what is refused before it is planned, and what is planned.

use std::fmt::Write;
use std::sync::Arc;

use datafusion::arrow::record_batch::RecordBatch;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use futures::StreamExt;

use super::plan;
use crate::plan::Plan;
use crate::query::{QueryError, Stop, query, query_tables};
use crate::table;

pub(super) fn tables() -> Arc<Plan> {
    plan(
        r"
name: t
tables:
  - name: t
    rows: 3
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: a, generator: { type: integer, min: 0, max: 9 } }
",
    )
}

/// Plans on a deep stack, and reads no row.
fn planned(plan: &Arc<Plan>, sql: &str, runtime: &Arc<RuntimeEnv>) -> Result<(), QueryError> {
    let threads = tokio::runtime::Runtime::new().expect("threads");
    crate::stack::deep(|| threads.block_on(query(plan, sql, runtime)).map(drop)).expect("a thread")
}

/// What is told of a query; nothing of one that is planned.
fn told(sql: &str) -> Option<String> {
    let (plan, runtime) = (tables(), RuntimeEnvBuilder::new().build_arc().expect("a runtime"));
    match planned(&plan, sql, &runtime) {
        Ok(()) => None,
        Err(QueryError::Sql(problem)) => Some(format!("{}: {}", problem.code, problem.detail)),
        Err(other) => panic!("{other}"),
    }
}

fn chain(count: usize, word: &str, between: &str) -> String {
    vec![word; count].join(between)
}

/// Parts of a `WITH`, each made of the one before.
fn parts(count: usize, part: impl Fn(String) -> String) -> String {
    let mut sql = "WITH c0 AS (SELECT a FROM t)".to_owned();
    for number in 1..=count {
        let before = format!("c{}", number - 1);
        write!(sql, ", c{number} AS ({})", part(before)).expect("a text");
    }
    format!("{sql} SELECT count(*) FROM c{count}")
}

/// Parts of a `WITH`, each of a column computed of that of the one before.
fn computed(count: usize, sql: &str) -> String {
    let all = parts(count, |before| format!("SELECT {sql} AS a FROM {before}"));
    all.replace("SELECT count(*)", "SELECT a")
}

fn linear(count: usize) -> String {
    parts(count, |before| format!("SELECT a FROM {before}"))
}

fn doubling(count: usize) -> String {
    parts(count, |before| format!("SELECT a FROM {before} UNION ALL SELECT a FROM {before}"))
}

fn joins(count: usize) -> String {
    let joins: String = (0..count).map(|number| format!(" CROSS JOIN t t{number}")).collect();
    format!("SELECT 1 FROM t{joins}")
}

fn nested(count: usize, open: &str, inner: &str, close: &str) -> String {
    format!("SELECT {}{inner}{} FROM t", open.repeat(count), close.repeat(count))
}

fn subqueries(count: usize) -> String {
    format!("SELECT * FROM {}t{}", "(SELECT * FROM ".repeat(count), ") x".repeat(count))
}

fn cases(count: usize) -> String {
    let branches: String = (0..count).map(|number| format!(" WHEN id = {number} THEN true")).collect();
    format!("SELECT id FROM t WHERE CASE{branches} ELSE false END")
}

fn listed(count: usize) -> String {
    (0..count).map(|number| number.to_string()).collect::<Vec<_>>().join(",")
}

fn values(count: usize) -> String {
    let rows: Vec<String> = (0..count).map(|number| format!("({number})")).collect();
    format!("VALUES {}", rows.join(","))
}

#[test]
fn what_would_take_too_much_to_plan_is_refused_by_its_words() {
    let unions = |count| chain(count, "SELECT 1", " UNION ALL ");
    let comma = format!("SELECT 1 FROM {}", (0..1000).map(|n| format!("t t{n}")).collect::<Vec<_>>().join(", "));
    let wide = format!("SELECT * FROM {}", (0..100).map(|n| format!("t t{n}")).collect::<Vec<_>>().join(", "));
    let hidden = format!("SELECT 1 WHERE EXISTS ({}) OR 1 IN ({})", doubling(20), doubling(20));
    let renamed = doubling(26).replace("FROM c", "FROM C");
    for (sql, expected) in [
        (format!("SELECT {}", chain(5_000, "1", "+")), "chains more than 2000 words"),
        (format!("SELECT {}", chain(1_001, "'a'", "||")), "chains more than 2000 words"),
        (format!("SELECT {}", chain(3_000, "NOT", " ")), "chains more than 2000 words"),
        (format!("SELECT a FROM t WHERE {}", chain(3_000, "a = 1", " AND ")), "chains more than 2000 words"),
        (format!("SELECT a FROM t WHERE {}", chain(3_000, "a = 1", " OR ")), "chains more than 2000 words"),
        (unions(3_000), "chains more than 2000 words"),
        (chain(501, "SELECT 1, 2", " UNION ALL "), "more than 500 selects and tables"),
        (format!("EXPLAIN {}", chain(501, "SELECT 1, 2", " UNION ALL ")), "more than 500 selects and tables"),
        (joins(1_000), "chains more than 2000 words"),
        (comma, "more than 500 selects and tables"),
        (linear(1_000), "more than 500 selects and tables"),
        (doubling(26), "more than 500 selects and tables"),
        (renamed, "more than 500 selects and tables"),
        (hidden, "more than 500 selects and tables"),
        (cases(1_000), "chains more than 2000 words"),
        (nested(1_000, "(", "a", ")"), "nested too deeply"),
        (nested(1_000, "abs(", "a", ")"), "nested too deeply"),
        (nested(1_000, "- ", "a", ""), "nested too deeply"),
        (nested(1_000, "[", "a", "]"), "nested too deeply"),
        (subqueries(40), "nested too deeply"),
        (subqueries(1_000), "nested too deeply"),
        (computed(30, "{a: a, b: a}"), "could make a struct of more than 1000 values"),
        (computed(30, "(a, a)"), "could make a struct of more than 1000 values"),
        (computed(30, "struct(a, a)"), "could make a struct of more than 1000 values"),
        (computed(30, "MAP {'a': a}"), "could make a struct of more than 1000 values"),
        (computed(30, "a + a"), "computed of computed columns too often"),
        (format!("{} ORDER BY a LIMIT 1", computed(30, "a + a")), "computed of computed columns too often"),
        (format!("{} WHERE a > 5", computed(30, "a + a")), "computed of computed columns too often"),
        (
            format!("SELECT 1 FROM t WHERE a IN ({} WHERE a > 5)", computed(30, "a + a")),
            "computed of computed columns too often",
        ),
        (
            format!("SELECT 1 FROM t JOIN ({}) u ON t.a = u.a", computed(30, "a + a")),
            "computed of computed columns too often",
        ),
    ] {
        let told = told(&sql).unwrap_or_else(|| panic!("it is planned: {sql:.60}"));
        assert!(told.starts_with("query_too_large: ") && told.contains(expected), "{sql:.60}: {told}");
    }
    assert_eq!(told(&wide), None, "two columns each");
}

#[test]
fn what_is_large_and_still_read_is_planned() {
    for sql in [
        format!("SELECT {}", chain(900, "1", "+")),
        format!("SELECT {}", chain(900, "'a'", "||")),
        format!("SELECT a FROM t WHERE {}", chain(490, "a <> 1", " AND ")),
        format!("SELECT a FROM t WHERE {}", chain(490, "a = 1", " OR ")),
        chain(400, "SELECT 1", " UNION ALL "),
        joins(200),
        linear(240),
        doubling(6),
        cases(240),
        nested(20, "(", "a", ")"),
        nested(20, "abs(", "a", ")"),
        subqueries(10),
        format!("SELECT a FROM t WHERE a IN ({})", listed(100_000)),
        values(10_000),
        computed(12, "a + a"),
        format!("{} WHERE a > 5 ORDER BY a LIMIT 1", computed(12, "a + a")),
    ] {
        assert_eq!(told(&sql), None, "{sql:.60}");
    }
}

#[test]
fn joins_are_weighed_by_the_columns_of_their_tables() {
    let columns: String =
        (0..100).map(|n| format!("\n      - {{ name: c{n}, generator: {{ type: integer }} }}")).collect();
    let plan = plan(&format!("name: w\ntables:\n  - name: w\n    rows: 1\n    columns:{columns}\n"));
    let runtime = RuntimeEnvBuilder::new().build_arc().expect("a runtime");
    let asked = |sql: &str| planned(&plan, sql, &runtime);
    let joined = |tables: usize| {
        let tables: Vec<String> = (0..tables).map(|n| format!("w w{n}")).collect();
        format!("SELECT 1 FROM {}", tables.join(", "))
    };
    assert!(asked(&joined(10)).is_ok());
    let told = asked(&joined(40)).expect_err("four thousand columns, forty times").to_string();
    assert!(told.contains("joins 41 tables and selects of 4000 columns"), "{told}");
    let hidden = format!("WITH p AS ({}) SELECT 1 FROM p a, p b, p c, p d", joined(20));
    let told = asked(&hidden).expect_err("eight thousand columns").to_string();
    assert!(told.contains("joins "), "{told}");
    // What stands one below the other is not carried along.
    assert!(asked(&chain(60, "SELECT c1 FROM w", " UNION ALL ")).is_ok());
}

#[test]
fn planning_ends_when_nobody_waits_any_more() {
    let (plan, runtime, stop) = (tables(), RuntimeEnvBuilder::new().build_arc().expect("a runtime"), Stop::default());
    stop.stop();
    let tables = [("t", table::provider(&plan, 0))];
    let asked = query_tables(tables, &plan, "SELECT a FROM t", &runtime, &stop);
    let told = futures::executor::block_on(asked).err().expect("it was stopped").to_string();
    assert!(told.contains("stopped"), "{told}");
}

/// The rows of a query, or what is told of it.
pub(super) fn collected(sql: &str) -> Result<Vec<RecordBatch>, String> {
    let (plan, runtime) = (tables(), RuntimeEnvBuilder::new().build_arc().expect("a runtime"));
    let threads = tokio::runtime::Runtime::new().expect("threads");
    let answer = crate::stack::deep(|| {
        threads.block_on(async {
            let stream = query(&plan, sql, &runtime).await.map_err(|error| error.to_string())?;
            let made = datafusion::physical_plan::common::collect(stream).await;
            made.map_err(|error| QueryError::of(&error, &plan).to_string())
        })
    });
    answer.expect("a thread")
}

#[test]
fn what_is_joined_with_itself_again_and_again_is_refused_before_it_fills_the_memory() {
    let digits = "repeat(CAST(a AS VARCHAR), 60000)";
    let bytes = "CAST(repeat(CAST(a AS VARCHAR), 60000) AS BYTEA)";
    let list = "string_to_array(repeat('a,', 20000), ',')";
    for (start, part) in [
        ("repeat('x', 9000)", "a || a"),
        (digits, "a || a"),
        (bytes, "a || a"),
        (digits, "concat(a, a)"),
        (digits, "concat_ws('-', a, a)"),
        (digits, "array_to_string(make_array(a, 'b'), a)"),
        (digits, "overlay(a PLACING a FROM 1 FOR 0)"),
        (list, "a || a"),
        (list, "[a, a]"),
    ] {
        let parts: String =
            (1..12).map(|number| format!(", c{number} AS (SELECT {part} AS a FROM c{})", number - 1)).collect();
        let sql = format!("WITH c0 AS (SELECT {start} AS a FROM t){parts} SELECT a FROM c11 ORDER BY a");
        let told = collected(&sql).err().unwrap_or_default();
        assert!(told.contains("at most"), "{start} {part}: {told:?}");
    }
}

#[test]
fn long_texts_of_many_columns_are_made_of_few_rows_at_a_time() {
    let columns: Vec<String> = (0..40).map(|n| format!("repeat(CAST(a AS VARCHAR), 60000) || '{n}' AS c{n}")).collect();
    let sql = format!("SELECT {} FROM (SELECT t.a FROM t, t u, t v, t w, t x, t y)", columns.join(", "));
    let (plan, runtime) = (tables(), RuntimeEnvBuilder::new().build_arc().expect("a runtime"));
    let threads = tokio::runtime::Runtime::new().expect("threads");
    let largest = threads.block_on(async {
        let mut stream = query(&plan, &sql, &runtime).await.expect("a query");
        let mut largest = 0;
        while let Some(batch) = stream.next().await {
            largest = largest.max(batch.expect("rows").get_array_memory_size());
        }
        largest
    });
    assert!((1..100 << 20).contains(&largest), "{largest}");
}

#[test]
fn what_makes_much_of_every_row_is_refused() {
    let long = "repeat(CAST(a AS VARCHAR), 60000)";
    for (sql, expected) in [
        ("SELECT string_agg(CAST(a AS VARCHAR), '') OVER (ORDER BY id) FROM t".to_owned(), "string_agg with OVER"),
        (
            "SELECT max(n) FROM (SELECT array_length(ARRAY_AGG(a) OVER ()) AS n FROM t)".to_owned(),
            "array_agg with OVER",
        ),
        (format!("SELECT levenshtein({long}, reverse({long})) FROM t"), "steps for one row"),
    ] {
        let told = collected(&sql).err().unwrap_or_default();
        assert!(told.contains(expected), "{sql}: {told:?}");
    }
    let lists = "SELECT count(*) FROM (SELECT array_agg(x.a) AS l FROM t x, t y, t z, t u, t v, t w, t r, t s, t q, t p, t o) a, t b";
    assert!(collected(lists).is_ok(), "a list of 177,147 values beside three rows");
    let sql = "SELECT levenshtein('kitten', 'sitting'), array_length(string_to_array('a;b', ';')), string_agg(CAST(a AS VARCHAR), ',') FROM t";
    assert!(collected(sql).is_ok());
}

#[test]
fn texts_that_a_block_cannot_hold_end_with_a_sentence() {
    let columns: String = (0..100)
        .map(|n| format!("      - {{ name: c{n}, generator: {{ type: expression, sql: \"repeat('a', 60000)\" }} }}\n"))
        .collect();
    let plan = plan(&format!("name: d\ntables:\n  - name: t\n    rows: 100000\n    columns:\n{columns}"));
    let error = crate::run::batch(&plan, 0, 0..4096).expect_err("too much text").to_string();
    assert!(error.contains("the texts of 4096 rows take more than 256 MB together"), "{error}");
    assert!(crate::run::batch(&plan, 0, 0..40).is_ok());
}

#[test]
fn a_column_that_is_joined_keeps_its_name_and_its_nulls() {
    let sql = "SELECT CAST(a AS VARCHAR) || 'x', CAST(NULL AS VARCHAR) || 'x' AS b, [a, id] AS c, id || '-' || a || '-' || upper('é') AS d FROM t ORDER BY id LIMIT 1";
    let batches = collected(sql).expect("rows");
    let names: Vec<String> = batches[0].schema().fields().iter().map(|field| field.name().clone()).collect();
    assert!(names[0].contains(" || ") && names[0].contains("Utf8(\"x\")"), "{names:?}");
    assert_eq!(batches[0].column(1).null_count(), 1);
}

#[test]
fn a_chain_of_columns_that_double_ends_with_a_sentence() {
    let mut columns = "      - { name: c0, generator: { type: constant, value: xy } }\n".to_owned();
    for number in 1..40 {
        let before = number - 1;
        writeln!(
            columns,
            "      - {{ name: c{number}, generator: {{ type: expression, sql: \"c{before} || c{before}\" }} }}"
        )
        .expect("a text");
    }
    let plan = plan(&format!("name: d\ntables:\n  - name: t\n    rows: 100\n    columns:\n{columns}"));
    let error = crate::run::batch(&plan, 0, 0..100).expect_err("too long a text").to_string();
    assert!(error.contains("at most 65536"), "{error}");
}

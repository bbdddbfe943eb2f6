//! How large a query may be: what is refused before it is planned, and what is planned.

use std::fmt::Write;
use std::sync::Arc;

use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};

use super::plan;
use crate::plan::Plan;
use crate::query::{QueryError, Stop, query, query_tables};
use crate::table;

fn tables() -> Arc<Plan> {
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
        format!("SELECT {}", chain(100, "'a'", "||")),
        format!("SELECT a FROM t WHERE {}", chain(490, "a <> 1", " AND ")),
        format!("SELECT a FROM t WHERE {}", chain(490, "a = 1", " OR ")),
        chain(100, "SELECT 1", " UNION ALL "),
        joins(40),
        linear(60),
        doubling(6),
        cases(80),
        nested(20, "(", "a", ")"),
        nested(20, "abs(", "a", ")"),
        subqueries(10),
        format!("SELECT a FROM t WHERE a IN ({})", listed(20_000)),
        values(10_000),
        parts(30, |before| format!("SELECT a + a AS a FROM {before}")),
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

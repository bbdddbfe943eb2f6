//! Patterns that queries hold against texts: what they match, and how long they may take.

use std::thread;
use std::time::Duration;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use futures::StreamExt;

use super::bounds::{collected, tables};
use crate::query::{Stop, query_tables};
use crate::table;

#[test]
fn patterns_that_take_long_are_refused_or_stopped_between_rows() {
    let long = "repeat(CAST(a AS VARCHAR), 60000)";
    let many = "'((x{0,50}){0,50}){0,20}z$'";
    for sql in [
        format!("SELECT regexp_like({long}, {many}) FROM t"),
        format!("SELECT regexp_match({long}, {many}) FROM t"),
        format!("SELECT regexp_count({long}, {many}) FROM t"),
        format!("SELECT regexp_instr({long}, {many}) FROM t"),
        format!("SELECT regexp_replace({long}, {many}, '') FROM t"),
        format!("SELECT {long} ~ {many} FROM t"),
        format!("SELECT {long} !~* {many} FROM t"),
        format!("SELECT {long} SIMILAR TO {many} FROM t"),
        format!("SELECT {long} LIKE repeat('%1', 30000) FROM t"),
        format!("SELECT count(*) FROM t WHERE {long} NOT ILIKE repeat('_%' || a, 9000)"),
    ] {
        let told = collected(&sql).err().unwrap_or_default();
        assert!(told.contains("steps for one row, at most"), "{sql}: {told:?}");
    }
    // Each row takes less than it may, and all of them together minutes.
    let texts = "repeat(substr('x', 1, t.a * 0 + 1), 9999) || u.a || v.a || w.a || x.a || y.a";
    let sql = format!("SELECT count(*) FROM t, t u, t v, t w, t x, t y WHERE {texts} ~ '(?:x{{0,88}}){{0,100}}[^x]$'");
    let (plan, runtime) = (tables(), RuntimeEnvBuilder::new().build_arc().expect("a runtime"));
    let stop = Stop::default();
    let clock = stop.clone();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        clock.stop();
    });
    let threads = tokio::runtime::Builder::new_current_thread().build().expect("a thread");
    let answer = threads.block_on(async {
        let tables = plan.tables.iter().enumerate();
        let tables = tables.map(|(index, planned)| (planned.name.as_str(), table::provider(&plan, index)));
        let mut rows = query_tables(tables, &plan, &sql, &runtime, &stop).await.expect("a query");
        rows.next().await.expect("an answer").map(|rows| rows.num_rows())
    });
    let told = answer.expect_err("nobody waits").to_string();
    assert!(told.contains("the query was stopped"), "{told}");
}

#[test]
fn patterns_match_as_they_ever_did() {
    let texts = "(VALUES (1, 'Ana'), (2, 'ana maria'), (3, ''), (4, NULL), (5, 'A%'), (6, 'Peña')) AS n(id, a)";
    for (condition, expected) in [
        ("a ~ '^A'", "15"),
        ("a ~* '^a'", "125"),
        ("a !~ 'a'", "35"),
        ("a !~* 'A'", "3"),
        ("a LIKE 'A%'", "15"),
        ("a LIKE 'A_%'", "15"),
        ("a NOT LIKE '%n%a%'", "356"),
        ("a ILIKE 'a_a%'", "12"),
        ("a NOT ILIKE 'a_a%'", "356"),
        ("a LIKE '_e_a'", "6"),
        ("a LIKE 'A\\%'", "5"),
        ("a LIKE substr(a, 1, 1) || '%_a'", "126"),
        ("a ~ NULL", ""),
        ("a LIKE NULL", ""),
        ("a SIMILAR TO 'A.*'", "15"),
        ("a NOT SIMILAR TO 'A.*'", "236"),
        ("regexp_like(a, 'MARIA', 'i')", "2"),
        ("regexp_count(a, 'a') = 4", "2"),
        ("'x_y' LIKE 'x_%y' AND a LIKE '_%'", "1256"),
    ] {
        let batches = collected(&format!("SELECT id FROM {texts} WHERE {condition} ORDER BY id"));
        let batches = batches.unwrap_or_else(|told| panic!("{condition}: {told}"));
        let found: String = batches
            .iter()
            .flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec())
            .map(|id| id.to_string())
            .collect();
        assert_eq!(found, expected, "{condition}");
    }
}

#[test]
fn signs_as_functions_stand_wherever_signs_do() {
    let name = "CAST(id AS VARCHAR)";
    for sql in [
        format!("SELECT {name} || 'a' AS x FROM t UNION SELECT {name} FROM t"),
        format!("SELECT {name} ~ '1' AS x FROM t UNION SELECT id = 1 FROM t"),
        format!("SELECT {name} LIKE '1_%' AS x FROM t UNION SELECT id = 1 FROM t"),
        format!("SELECT {name} NOT LIKE '1_%' AS x FROM t INTERSECT SELECT {name} !~ '1' FROM t"),
        format!(
            "SELECT {name} || 'a' FROM t GROUP BY {name} || 'a' HAVING max({name} || 'a') > '' ORDER BY {name} || 'a'"
        ),
        format!("SELECT {name} ~ '1', count(*) FROM t GROUP BY {name} ~ '1' ORDER BY {name} ~ '1'"),
        format!("SELECT * FROM t WHERE {name} || 'a' IN (SELECT {name} || 'a' FROM t) AND {name} SIMILAR TO '[0-9]+'"),
    ] {
        collected(&sql).unwrap_or_else(|told| panic!("{sql}: {told}"));
    }
}

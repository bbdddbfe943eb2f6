//! SQL over tables that are made as they are scanned.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use futures::TryStreamExt;

use super::{plan, rows_of};
use crate::plan::Plan;
use crate::query::{QueryError, Stop, query, query_tables};
use crate::table;

fn runtime() -> Arc<RuntimeEnv> {
    RuntimeEnvBuilder::new().build_arc().expect("a runtime")
}

fn answer(plan: &Arc<Plan>, sql: &str) -> Result<Vec<String>, QueryError> {
    answer_within(plan, sql, &runtime())
}

fn answer_within(plan: &Arc<Plan>, sql: &str, runtime: &Arc<RuntimeEnv>) -> Result<Vec<String>, QueryError> {
    let work = async {
        let answer = query(plan, sql, runtime).await?;
        let batches: Vec<RecordBatch> =
            answer.try_collect().await.map_err(|error: DataFusionError| QueryError::of(&error, plan))?;
        Ok(batches.iter().flat_map(rows_of).collect())
    };
    tokio::runtime::Runtime::new().expect("threads").block_on(work)
}

/// Orders and their lines: ids down from the last in steps, children side by side.
fn shop(orders: u64) -> Arc<Plan> {
    plan(&format!(
        r"
name: shop
tables:
  - name: orders
    rows: {orders}
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence, start: 100, step: 7 }} }}
      - {{ name: down, generator: {{ type: sequence, start: -5, step: -3 }} }}
      - {{ name: amount, generator: {{ type: integer, min: 1, max: 9 }} }}
  - name: line
    primary_key: [order_id, n]
    columns:
      - {{ name: order_id }}
      - {{ name: n, generator: {{ type: sequence, per: [order_id] }} }}
      - {{ name: price, generator: {{ type: integer, min: 1, max: 99 }} }}
    foreign_keys:
      - {{ columns: [order_id], references: {{ table: orders, columns: [id] }}, children: {{ min: 0, max: 5 }} }}
"
    ))
}

#[test]
fn conditions_on_keys_give_the_rows_that_a_scan_gives() {
    let plan = shop(20_000);
    let columns = [("orders", "id"), ("orders", "down"), ("line", "order_id")];
    for (table, column) in columns {
        for condition in [
            "$ = 114",
            "$ = 115",
            "$ = -11",
            "$ < 500",
            "$ <= 499",
            "$ > 139000",
            "139991 <= $",
            "$ BETWEEN 30000 AND 31000",
            "$ IN (100, 107, 108, 70000, -8)",
            "$ = 100 OR $ > 139900",
            "$ > 5000 AND $ < 6000 OR $ = -59999",
            "$ <> 107 AND $ < 200",
            "$ > 9223372036854775806",
            "$ < -9223372036854775807",
            "$ > 1000 AND $ < 900",
        ] {
            let ask = |written: &str| {
                let condition = condition.replace('$', written);
                answer(&plan, &format!("SELECT count(*), sum({column}), min({column}) FROM {table} WHERE {condition}"))
            };
            // A sum with nothing hides the column, so that every row is made and asked.
            let (ranges, scan) = (ask(column), ask(&format!("({column} + 0 * {})", other(table))));
            assert_eq!(ranges.expect("an answer"), scan.expect("an answer"), "{table}.{column}: {condition}");
        }
    }
}

/// A column beside the one that is asked for.
fn other(table: &str) -> &'static str {
    if table == "line" { "price" } else { "amount" }
}

#[test]
fn a_thousand_million_rows_are_asked_by_their_key_without_being_made() {
    let plan = shop(1_000_000_000);
    let ask = |sql: &str| answer(&plan, sql).expect("an answer");
    assert_eq!(ask("SELECT count(*) FROM orders"), ["1000000000"]);
    assert_eq!(ask("SELECT min(id), max(id), max(down) FROM orders"), ["100|7000000093|-5"]);
    assert_eq!(ask("SELECT count(*) FROM orders WHERE id >= 3500000100"), ["500000000"]);
    assert_eq!(ask("SELECT id, down FROM orders WHERE id = 3500000100"), ["3500000100|-1500000005"]);
    assert_eq!(ask("SELECT id FROM orders ORDER BY id LIMIT 3"), ["100", "107", "114"]);
    let lines = ask("SELECT count(*) FROM line WHERE order_id = 3500000100");
    let made = ask("SELECT count(price) FROM line WHERE order_id = 3500000100");
    assert_eq!(lines, made);
}

#[test]
fn what_is_no_query_gets_a_sentence_of_ours() {
    let plan = shop(10);
    let refused = |sql: &str| answer(&plan, sql).expect_err("no answer").to_string();
    for (sql, sentence) in [
        ("SELECT amuont FROM orders", "line 1, column 8: no column \"amuont\"; did you mean \"amount\"?"),
        ("SELECT o.zzz FROM orders o", "line 1, column 8: no column \"o.zzz\"; known here: amount, down, id"),
        ("SELECT *\nFROM ordres", "line 2, column 6: there is no table \"ordres\"; did you mean \"orders\"?"),
        (
            "SELECT n FROM line a JOIN line b ON a.n = b.n",
            "line 1, column 8: several tables of the query have a column \"n\"; write the table before it, with a point between them",
        ),
        ("SELECT lenght('a')", "line 1, column 8: no function \"lenght\"; did you mean \"length\"?"),
        (
            "SELECT zzzzzzzz(1)",
            "line 1, column 8: no function \"zzzzzzzz\"; the reference lists the functions that SQL may call",
        ),
        ("SELECT id FROM orders WHERE", "the SQL ends where an expression was expected"),
        ("SELEC 1", "line 1, column 1: SELEC stands where an SQL statement was expected"),
        ("DROP TABLE orders", "a query reads and changes nothing; write a SELECT"),
        ("INSERT INTO orders VALUES (1, 2, 3)", "a query reads and changes nothing; write a SELECT"),
        ("SET x = 1", "a query reads and changes nothing; write a SELECT"),
        ("SELECT 1; SELECT 2", "these are several statements; ask one query at a time"),
        ("", "the SQL is empty"),
        (
            "SELECT DATE '2024-01-01' * 2",
            "date * integer has no meaning for values of these types; make them one type with CAST",
        ),
        (
            "SELECT id, sum(amount) FROM orders",
            "line 1, column 8: orders.id stands beside an aggregate and is not grouped by; put it into GROUP BY, or into an aggregate",
        ),
        (
            "SELECT id FROM orders WHERE sum(amount) > 1",
            "WHERE is asked of single rows and cannot hold an aggregate; write the condition behind HAVING",
        ),
        ("SELECT id FROM orders WHERE amount / (id - id) = 1", "the query cannot be answered: division by zero"),
    ] {
        assert_eq!(refused(sql), sentence, "{sql}");
    }
    assert!(refused("SELECT * FROM 'orders.csv'").contains("orders.csv"));
    assert_eq!(
        answer(&plan, "SELECT count(*) FROM orders o JOIN line l ON l.order_id = o.id").expect("joined").len(),
        1
    );
}

#[test]
fn a_join_without_an_end_is_stopped_when_nobody_waits_any_more() {
    let plan = shop(200);
    let all = "orders a, orders b, orders c, orders d, orders e, orders f";
    let joins = [
        format!("SELECT count(*) FROM {all} WHERE a.amount + b.amount + c.amount + d.amount + f.amount < 0"),
        format!("SELECT count(*) FROM {all} WHERE a.amount <> f.amount"),
        format!("SELECT a.id FROM {all} WHERE NOT EXISTS (SELECT 1 FROM line l WHERE l.price + a.id + f.id < 0)"),
        format!("SELECT count(*) FROM {all} WHERE a.amount = b.amount AND b.amount = c.amount AND e.id + f.id < 0"),
    ];
    for sql in joins {
        let work = async {
            let (plan, asked) = (Arc::clone(&plan), sql.clone());
            let task = tokio::spawn(async move {
                let answer = query(&plan, &asked, &runtime()).await.expect("a query");
                answer.try_collect::<Vec<RecordBatch>>().await.is_ok()
            });
            // The thread is shared: this comes to its turn only when the query gives it back.
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            assert!(!task.is_finished(), "{sql}");
            task.abort();
            assert!(task.await.expect_err("it has no end").is_cancelled(), "{sql}");
        };
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a thread").block_on(work);
    }
}

#[test]
fn a_join_that_weighs_thousands_of_millions_of_pairs_in_one_turn_is_stopped_from_outside() {
    const PATIENCE: Duration = Duration::from_secs(60);
    let plan = shop(200_000);
    for condition in ["a.id + b.id < 0", "a.amount = b.amount AND a.id + b.id < 0"] {
        let sql = format!("SELECT count(*) FROM orders a JOIN orders b ON {condition}");
        let stop = Stop::default();
        let (send, receive) = mpsc::channel();
        let (asked, stopped) = (Arc::clone(&plan), stop.clone());
        let worker = thread::spawn(move || {
            let work = async {
                let orders = [("orders", table::provider(&asked, 0))];
                let answer = query_tables(orders, &asked, &sql, &runtime(), &stopped).await.expect("a query");
                answer.try_collect::<Vec<RecordBatch>>().await.map_err(|error| error.to_string())
            };
            let outcome = tokio::runtime::Runtime::new().expect("threads").block_on(work);
            send.send(outcome).expect("the test listens");
        });
        receive.recv_timeout(Duration::from_millis(300)).expect_err("it has far to go");
        stop.stop();
        let told = receive.recv_timeout(PATIENCE).expect("it ends").expect_err("it was stopped");
        assert!(told.contains("stopped"), "{condition}: {told}");
        worker.join().expect("no panic");
    }
}

#[test]
fn a_join_whose_inputs_do_not_fit_into_memory_reads_them_again() {
    let plan = shop(300);
    let sql = "SELECT count(*), sum(x.amount), min(c.id) \
               FROM (SELECT a.amount, a.id + b.id AS n FROM orders a, orders b) x, orders c WHERE x.n > c.id + 1000";
    let pool = Arc::new(GreedyMemoryPool::new(400 << 10));
    let tight = RuntimeEnvBuilder::new().with_memory_pool(pool).build_arc().expect("a runtime");
    assert_eq!(answer_within(&plan, sql, &tight).expect("an answer"), answer(&plan, sql).expect("an answer"));
}

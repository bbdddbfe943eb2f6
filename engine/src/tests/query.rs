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
        ("INSERT INTO orders SELECT * FROM orders", "a query reads and changes nothing; write a SELECT"),
        ("COPY orders TO 'orders.csv'", "a query reads and changes nothing; write a SELECT"),
        (
            "SELECT count(*) FROM orders TABLESAMPLE BERNOULLI (1)",
            "TABLESAMPLE is not understood; choose rows by a condition, or with LIMIT and OFFSET",
        ),
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

#[test]
fn the_same_query_gives_the_same_rows_in_the_same_order() {
    let plan = shop(300_000);
    let sorted = |mut rows: Vec<String>| {
        rows.sort_unstable();
        rows
    };
    for sql in [
        "SELECT id FROM orders WHERE amount = 3",
        "SELECT amount, count(*), avg(down / 7.0e0), sum(sqrt(id)) FROM orders GROUP BY amount",
        "SELECT o.id, l.n FROM orders o LEFT JOIN line l ON l.order_id = o.id AND l.price > 95 WHERE o.id < 90000",
        "SELECT a.id FROM orders a FULL JOIN orders b ON a.id = b.id + 3500 WHERE a.amount = 9 OR b.amount = 1",
        "SELECT amount, id FROM orders ORDER BY amount LIMIT 40",
        "SELECT amount FROM orders UNION SELECT price FROM line",
        "SELECT id, row_number() OVER (PARTITION BY amount ORDER BY price) FROM orders JOIN line ON order_id = id WHERE price < 9",
    ] {
        let first = answer(&plan, sql).expect("an answer");
        assert!(first.len() > 8, "{sql}");
        for _ in 0..3 {
            let again = answer(&plan, sql).expect("an answer");
            assert!(again == first, "{sql}: another order, the same rows: {}", sorted(again) == sorted(first));
        }
    }
}

#[test]
fn rows_come_in_their_order_and_an_offset_passes_over_the_first_of_them() {
    let plan = shop(1_000_000);
    let ask = |sql: &str| answer(&plan, sql).expect("an answer");
    let id = |row: i64| (100 + 7 * row).to_string();
    let ids = |rows: std::ops::Range<i64>| rows.map(id).collect::<Vec<_>>();
    assert_eq!(ask("SELECT id FROM orders"), ids(0..1_000_000));
    assert_eq!(ask("SELECT id FROM orders LIMIT 2 OFFSET 700000"), ids(700_000..700_002));
    assert_eq!(ask("SELECT id FROM orders OFFSET 999998"), ids(999_998..1_000_000));
    assert_eq!(ask("SELECT id FROM orders LIMIT 5 OFFSET 1000000"), ids(0..0));
    assert_eq!(ask("SELECT id FROM orders WHERE id >= 3500100 OFFSET 400000 LIMIT 3"), ids(900_000..900_003));
    assert_eq!(
        ask("SELECT id + 1 - 1 FROM (SELECT id FROM orders LIMIT 500000 OFFSET 9) LIMIT 2 OFFSET 499998"),
        [id(500_007), id(500_008)]
    );
    // As an independent count says it.
    let filtered: Vec<String> = ask("SELECT id FROM orders WHERE amount = 4");
    assert_eq!(ask("SELECT id FROM orders WHERE amount = 4 LIMIT 3 OFFSET 60000"), filtered[60_000..60_003]);
}

#[test]
fn an_offset_far_into_a_table_makes_no_row_before_it() {
    let plan = shop(1_000_000_000);
    let rows = answer(&plan, "SELECT id, amount > 0 FROM orders LIMIT 2 OFFSET 999999998").expect("an answer");
    assert_eq!(rows, ["7000000086|true", "7000000093|true"]);
    // The order of the rows, and the one against it.
    for (order, ends) in [
        ("ORDER BY id LIMIT 2 OFFSET 999999998", ["7000000086", "7000000093"]),
        ("ORDER BY id DESC LIMIT 2", ["7000000093", "7000000086"]),
        ("ORDER BY id DESC NULLS LAST, amount LIMIT 2 OFFSET 3", ["7000000072", "7000000065"]),
        ("WHERE id < 1000000 ORDER BY id DESC LIMIT 2", ["999994", "999987"]),
    ] {
        assert_eq!(answer(&plan, &format!("SELECT id FROM orders {order}")).expect("an answer"), ends, "{order}");
    }
    // With places a key is compared with the whole numbers beside.
    for (condition, count) in [
        ("id = 1.5", "0"),
        ("id >= 6999999999.5", "14"),
        ("id < 107.5", "2"),
        ("107.0 = id", "1"),
        ("id BETWEEN 99.5 AND 114.5", "3"),
        ("id <> 100.5", "1000000000"),
        ("id IN (107.0, 108.5)", "1"),
    ] {
        let sql = format!("SELECT count(*) FROM orders WHERE {condition}");
        assert_eq!(answer(&plan, &sql).expect("an answer"), [count], "{condition}");
    }
}

#[test]
fn numbers_that_do_not_fit_are_told_and_do_not_wrap() {
    let plan = shop(1_000);
    let refused = |sql: &str| answer(&plan, sql).expect_err("no answer").to_string();
    for (sql, sentence) in [
        ("SELECT id + 9223372036854775807 FROM orders", "integer overflow in "),
        ("SELECT 9223372036854775807 + 1", "integer overflow in "),
        ("SELECT id * 9223372036854775807 AS x FROM orders", "integer overflow in "),
        ("SELECT id FROM orders WHERE down - 9223372036854775807 < 0", "integer overflow in "),
        ("SELECT - min(id - 9223372036854775807 - 101) FROM orders WHERE id = 100", "integer overflow in "),
        ("SELECT sum(9223372036854775807) FROM orders", "integer overflow in a sum"),
        ("SELECT amount, sum(id * 1000000000000000) FROM orders GROUP BY amount", "integer overflow in a sum"),
        (
            "SELECT sum(id * 9000000000000000) OVER (ORDER BY id) FROM orders WHERE id < 900",
            "integer overflow in a sum",
        ),
        ("SELECT sum(CAST(9e37 AS DECIMAL(38, 0))) FROM orders", "more than 38 digits in a sum"),
        ("SELECT CAST(9e37 AS DECIMAL(38, 0)) + CAST(9e37 AS DECIMAL(38, 0))", "more than 38 digits in "),
    ] {
        assert!(refused(sql).contains(sentence), "{sql}: {}", refused(sql));
    }
    let ask = |sql: &str| answer(&plan, sql).expect("an answer");
    assert_eq!(ask("SELECT id + 5 - 2 * 3 FROM orders WHERE id = 107"), ["106"]);
    assert_eq!(ask("SELECT sum(id), sum(amount * 1.5) = 1.5 * sum(amount) FROM orders"), ["3596500|true"]);
    assert_eq!(
        ask("SELECT sum(id) FILTER (WHERE id < 110), sum(amount) FROM orders WHERE id > 105"),
        [format!("107|{}", ask("SELECT sum(amount) FROM orders WHERE id > 105")[0])]
    );
    assert_eq!(ask("SELECT sum(id) FROM orders WHERE id < 0"), [""]);
    assert_eq!(
        ask("SELECT sum(id) OVER (ORDER BY id ROWS 1 PRECEDING) FROM orders WHERE id < 120"),
        ["100", "207", "221"]
    );
    assert_eq!(ask("SELECT sum(DISTINCT amount) FROM orders"), ["45"]);
}

#[test]
fn a_unique_number_is_found_without_reading_the_table() {
    let plan = plan(
        r"
name: people
tables:
  - name: person
    rows: 500000000
    primary_key: [id]
    columns:
      - { name: id, generator: { type: integer, min: 100000000, max: 999999999 } }
      - { name: even, unique: true, generator: { type: integer, min: -1000000000, max: 1000000000, step: 2 } }
  - name: visit
    columns:
      - { name: person_id }
      - { name: n, generator: { type: sequence } }
    foreign_keys:
      - { columns: [person_id], references: { table: person, columns: [id] }, children: { min: 1, max: 2 } }
",
    );
    let ask = |sql: &str| answer(&plan, sql).expect("an answer");
    for row in [0, 7, 123_456_789, 499_999_999] {
        let made = ask(&format!("SELECT id, even FROM person LIMIT 1 OFFSET {row}"));
        let (id, even) = made[0].split_once('|').expect("two columns");
        assert_eq!(ask(&format!("SELECT id, even FROM person WHERE id = {id}")), made);
        assert_eq!(ask(&format!("SELECT id, even FROM person WHERE even IN ({even}, 3) OR id = 5")), made);
        let visits = ask(&format!("SELECT count(*), min(person_id), max(person_id) FROM visit WHERE person_id = {id}"));
        assert!([format!("1|{id}|{id}"), format!("2|{id}|{id}")].contains(&visits[0]), "{visits:?}");
    }
    // So many of a hundred numbers as there are rows to numbers, give or take six standard deviations.
    let found: i64 =
        ask("SELECT count(*) FROM person WHERE id BETWEEN 500000000 AND 500000999")[0].parse().expect("a number");
    assert!((found - 555).abs() < 100, "{found}");
}

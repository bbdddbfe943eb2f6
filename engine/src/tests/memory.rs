//! Generators that look at other rows: the same values however rows are asked for, and the values of a plain loop.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::util::display::array_value_to_string;
use indexmap::IndexMap;

use super::{all_rows, compiled, plan, rows_of};
use crate::generators::Rows;
use crate::plan::{Evaluation, Plan};

/// Parents with few and with many children, and rows whose groups lie anywhere.
const LEDGER: &str = "
name: d
tables:
  - name: account
    rows: 3000
    primary_key: [id]
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: opened, generator: { type: datetime, start: 2020-01-01, end: 2023-12-31 } }
  - name: entry
    primary_key: [account_id, n]
    columns:
COLUMNS    foreign_keys:
      - { name: account, columns: [account_id], references: { table: account, columns: [id] }, children: { min: 0, max: 12, mean: 4 } }
  - name: bank
    rows: 4
    primary_key: [id]
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: opened, generator: { type: datetime, start: 2020-01-01, end: 2023-12-31 } }
  - name: transfer
    columns:
COLUMNS    foreign_keys:
      - { name: account, columns: [account_id], references: { table: bank, columns: [id] }, children: { min: 0, max: 30000, total: 40000 } }
";

/// The columns of both tables of entries.
const COLUMNS: &str = "      - { name: account_id }
      - { name: n, generator: { type: sequence, per: [account_id] } }
      - { name: amount, null_rate: 0.1, generator: { type: integer, min: -50, max: 50 } }
      - { name: price, generator: { type: normal, mean: 10, std: 3 } }
      - { name: kind, generator: { type: choice, values: [a, b, c, d, e] } }
      - { name: total, generator: { type: running, column: amount } }
      - { name: balance, generator: { type: running, column: amount, per: [account_id] } }
      - { name: mean_price, generator: { type: running, column: price, fn: mean, per: [account_id] } }
      - { name: floats, generator: { type: running, column: price } }
      - { name: by_kind, generator: { type: running, column: amount, fn: max, per: [kind] } }
      - { name: known, generator: { type: running, column: amount, fn: count, per: [account_id], order_by: [price desc] } }
      - { name: before, generator: { type: previous, column: amount, initial: 7, per: [account_id] } }
      - { name: before_all, generator: { type: previous, column: kind, offset: 3 } }
      - { name: cheaper, generator: { type: previous, column: price, per: [account_id], order_by: [price] } }
      - { name: cheaper_kind, generator: { type: previous, column: price, per: [kind], order_by: [price] } }
      - { name: place, generator: { type: rank, by: amount, per: [account_id], order: desc } }
      - { name: place_all, generator: { type: rank, by: amount, method: dense_rank } }
      - { name: kind_n, generator: { type: sequence, per: [kind], padding: 5 } }
      - { name: walk, generator: { type: random_walk, start: 5, volatility: 2, min: 0, max: 10, per: [account_id] } }
      - { name: walk_all, type: integer, generator: { type: random_walk, drift: 0.5, volatility: 3 } }
      - { name: walk_kind, generator: { type: random_walk, per: [kind] } }
      - { name: series, generator: { type: time_series, base: 10, trend: 0.1, seasons: [{ period: 7, amplitude: 3 }], noise: 1, anomaly_rate: 0.05, per: [account_id] } }
      - { name: at, generator: { type: event_times, rate: 2, per: [account_id], start: { sql: account.opened } } }
      - { name: at_all, generator: { type: event_times, process: cyclic, rate: 30, unit: day, profile: business_hours, start: 2024-01-01 } }
      - { name: at_kind, generator: { type: event_times, process: regular, rate: 3, per: [kind], start: 2024-01-01 } }
      - { name: state, generator: { type: state_machine, initial: new, transitions: { new: { open: 2, closed: 1 }, open: { open: 1, waiting: 1, closed: 1 }, waiting: { open: 1 } }, per: [account_id] } }
      - { name: turn, generator: { type: state_machine, initial: x, transitions: { x: { y: 1 }, y: { z: 1 }, z: { x: 1 } } } }
      - { name: mood, generator: { type: state_machine, initial: { good: 1, bad: 1 }, transitions: { good: { good: 5, bad: 1 }, bad: { good: 1, bad: 2 } }, per: [kind] } }
      - { name: earlier_balance, generator: { type: previous, column: balance, per: [account_id] } }
";

fn ledger() -> Arc<Plan> {
    plan(&LEDGER.replace("COLUMNS", COLUMNS))
}

/// Any rows of a table as text.
fn part(plan: &Plan, table: usize, rows: Rows) -> Vec<String> {
    rows_of(&Evaluation::new(plan, table, rows).batch(None).expect("rows"))
}

/// A table's columns as text, null as the empty one.
pub(super) fn columns(plan: &Plan, table: &str) -> IndexMap<String, Vec<String>> {
    let index = plan.table_index(table).expect("a table");
    let batch = crate::run::batch(plan, index, 0..plan.tables[index].rows).expect("rows");
    let schema = batch.schema();
    let texts = |column: usize| {
        (0..batch.num_rows())
            .map(|row| array_value_to_string(batch.column(column), row).expect("a printable value"))
            .collect()
    };
    schema.fields().iter().enumerate().map(|(at, field)| (field.name().clone(), texts(at))).collect()
}

/// The rows of each group, in their order.
fn groups(keys: &[String]) -> BTreeMap<&str, Vec<usize>> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (row, key) in keys.iter().enumerate() {
        groups.entry(key).or_default().push(row);
    }
    groups
}

#[test]
fn rows_with_a_memory_are_the_same_however_they_are_asked_for() {
    for name in ["entry", "transfer"] {
        let whole_plan = ledger();
        let whole = all_rows(&whole_plan, name);
        let table = whole_plan.table_index(name).expect("a table");
        let rows = whole.len() as u64;
        assert!(rows > 11_000, "{rows}");
        // A plan that has made nothing yet, so that nothing it keeps can help.
        for (start, end) in [(rows - 5, rows), (8_190, 8_194), (4_095, 4_097), (1, 2), (5_000, 9_000), (0, 3)] {
            let fresh = ledger();
            let made = part(&fresh, table, Rows::Range(start..end));
            assert_eq!(made, whole[start as usize..end as usize], "{name} {start}..{end}");
        }
        let fresh = ledger();
        let mut start = 0;
        for step in (1..).map(|number: u64| number * 1_619 % 4_500 + 1) {
            let end = (start + step).min(rows);
            assert_eq!(
                part(&fresh, table, Rows::Range(start..end)),
                whole[start as usize..end as usize],
                "{name} {start}"
            );
            start = end;
            if start == rows {
                break;
            }
        }
        let list: Vec<u64> = (0..rows).filter(|row| row % 611 == 5 || row % 4_096 < 2 || row / 20 == 400).collect();
        let expected: Vec<String> = list.iter().map(|row| whole[*row as usize].clone()).collect();
        assert_eq!(part(&ledger(), table, Rows::List(list.into())), expected, "{name}");
    }
}

#[test]
fn any_number_of_threads_and_more_rows_make_the_same_values() {
    let schema = |rows: u64| {
        format!(
            "{{name: d, tables: [{{name: t, rows: {rows}, columns: [{{name: n, generator: {{type: integer, min: 0, max: 99}}}}, \
             {{name: k, generator: {{type: choice, values: [a, b]}}}}, {{name: sum, generator: {{type: running, column: n}}}}, \
             {{name: per, generator: {{type: running, column: n, per: [k]}}}}, {{name: was, generator: {{type: previous, column: n}}}}, \
             {{name: walk, generator: {{type: random_walk}}}}, {{name: kwalk, generator: {{type: random_walk, per: [k]}}}}, \
             {{name: at, generator: {{type: event_times, rate: 60}}}}, \
             {{name: turn, generator: {{type: state_machine, initial: x, transitions: {{x: {{y: 1}}, y: {{x: 1}}}}}}}}]}}]}}"
        )
    };
    let many = all_rows(&plan(&schema(70_000)), "t");
    assert_eq!(all_rows(&plan(&schema(300)), "t"), many[..300]);
    let other = plan(&schema(70_000));
    let mut rows = Vec::new();
    crate::run::run(
        &other,
        0,
        0..u64::MAX,
        5,
        |batch| Ok::<_, crate::generators::RunError>(rows_of(&batch)),
        |part, _| {
            rows.extend(part);
            Ok(())
        },
    )
    .expect("rows");
    assert_eq!(rows, many);
}

#[test]
fn running_values_are_those_of_a_plain_loop() {
    let plan = ledger();
    for name in ["entry", "transfer"] {
        let columns = columns(&plan, name);
        let amount: Vec<Option<i64>> = columns["amount"].iter().map(|text| text.parse().ok()).collect();
        let print = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
        let (mut total, mut seen) = (0, false);
        for (row, amount) in amount.iter().enumerate() {
            total += amount.unwrap_or(0);
            seen |= amount.is_some();
            assert_eq!(columns["total"][row], print(seen.then_some(total)), "{name} {row}");
        }
        for rows in groups(&columns["account_id"]).values() {
            let (mut sum, mut last) = (None, Some(7));
            let mut last_balance = String::new();
            let mut prices = Vec::new();
            for (index, row) in rows.iter().copied().enumerate() {
                sum = amount[row].map_or(sum, |amount| Some(sum.unwrap_or(0) + amount));
                assert_eq!(columns["balance"][row], print(sum), "{name} {row}");
                assert_eq!(columns["before"][row], print(last), "{name} {row}");
                assert_eq!(columns["earlier_balance"][row], last_balance, "{name} {row}");
                assert_eq!(columns["n"][row], (index + 1).to_string());
                last = amount[row];
                last_balance.clone_from(&columns["balance"][row]);
                prices.push(columns["price"][row].parse::<f64>().expect("a number"));
                let mean: f64 = columns["mean_price"][row].parse().expect("a number");
                assert!((mean - prices.iter().sum::<f64>() / prices.len() as f64).abs() < 1e-9);
            }
            let mut sorted: Vec<usize> = rows.clone();
            let price = |row: usize| columns["price"][row].parse::<f64>().expect("a number");
            sorted.sort_by(|a, b| price(*a).total_cmp(&price(*b)));
            for (place, row) in sorted.iter().enumerate() {
                let before = place.checked_sub(1).map(|before| columns["price"][sorted[before]].clone());
                assert_eq!(columns["cheaper"][*row], before.unwrap_or_default(), "{name} {row}");
                let known = sorted[place..].iter().filter(|row| amount[**row].is_some()).count();
                assert_eq!(columns["known"][*row], known.to_string(), "{name} {row}");
                // Nulls come last.
                let above = rows.iter().filter(|other| match (amount[**other], amount[*row]) {
                    (Some(other), Some(own)) => other > own,
                    (other, own) => other.is_some() && own.is_none(),
                });
                assert_eq!(columns["place"][*row], (above.count() + 1).to_string(), "{name} {row}");
                if rows.len() > 1_000 && place > 500 {
                    break;
                }
            }
        }
        for rows in groups(&columns["kind"]).values() {
            let mut largest = None;
            for (index, row) in rows.iter().copied().enumerate() {
                largest = largest.max(amount[row]);
                assert_eq!(columns["by_kind"][row], print(largest), "{name} {row}");
                assert_eq!(columns["kind_n"][row], format!("{:05}", index + 1));
                let at = 1_704_067_200_000_000 + index as i64 * 1_200_000_000;
                assert_eq!(columns["at_kind"][row], timestamp(at));
            }
        }
        for row in 0..amount.len() {
            let before = row.checked_sub(3).map(|before| columns["kind"][before].clone());
            assert_eq!(columns["before_all"][row], before.unwrap_or_default());
            assert_eq!(columns["turn"][row], ["x", "y", "z"][row % 3]);
        }
    }
}

fn timestamp(us: i64) -> String {
    let array = datafusion::arrow::array::TimestampMicrosecondArray::from(vec![us]);
    array_value_to_string(&array, 0).expect("a printable value")
}

#[test]
fn walks_states_and_times_start_anew_in_each_group() {
    let plan = ledger();
    let accounts = columns(&plan, "account");
    let entries = columns(&plan, "entry");
    let opened: BTreeMap<&str, &str> =
        accounts["id"].iter().map(String::as_str).zip(accounts["opened"].iter().map(String::as_str)).collect();
    let groups = groups(&entries["account_id"]);
    assert!(groups.len() < 3_000, "some accounts have no entries");
    for (account, rows) in groups {
        assert_eq!(entries["walk"][rows[0]].parse::<f64>(), Ok(5.0));
        assert_eq!(entries["state"][rows[0]], "new");
        let mut before = opened[account];
        for row in &rows {
            let at = entries["at"][*row].as_str();
            assert!(before < at, "{before} {at}");
            before = at;
            let walk: f64 = entries["walk"][*row].parse().expect("a number");
            assert!((0.0..=10.0).contains(&walk));
        }
        for pair in rows.windows(2) {
            let step = (entries["state"][pair[0]].as_str(), entries["state"][pair[1]].as_str());
            let allowed = [
                ("new", "open"),
                ("new", "closed"),
                ("open", "open"),
                ("open", "waiting"),
                ("open", "closed"),
                ("waiting", "open"),
                ("closed", "closed"),
            ];
            assert!(allowed.contains(&step), "{step:?}");
        }
    }
}

#[test]
fn steps_of_a_state_machine_have_their_shares() {
    let plan = plan(
        "{name: d, tables: [{name: t, rows: 200000, columns: [{name: s, generator: {type: state_machine, initial: good, \
         transitions: {good: {good: 0.9, bad: 0.1}, bad: {good: 0.25, bad: 0.75}}}}]}]}",
    );
    let states = all_rows(&plan, "t");
    let good = states.iter().filter(|state| *state == "good").count() as f64;
    let turned = states.windows(2).filter(|pair| pair[0] == "good" && pair[1] == "bad").count() as f64;
    // 0.25 / 0.35 of the rows are good; steps that follow each other are correlated, which the error of the share counts in.
    assert!((good / 200_000.0 - 0.714_3).abs() < 5.0 * 0.0022, "{good}");
    assert!((turned / good - 0.1).abs() < 5.0 * (0.1 * 0.9 / good).sqrt(), "{turned}");
}

#[test]
fn rows_far_into_a_table_need_no_pass_where_nothing_is_added_up() {
    let plan = plan(
        "{name: d, tables: [{name: t, rows: 100000000000, columns: [{name: walk, generator: {type: random_walk}}, \
         {name: at, generator: {type: event_times, rate: 1000, unit: second, start: 2000-01-01}}, \
         {name: series, generator: {type: time_series, base: 5, seasons: [{period: 10, amplitude: 1}]}}, \
         {name: state, generator: {type: state_machine, initial: a, transitions: {a: {a: 1, b: 1}, b: {a: 2, b: 1}}}}, \
         {name: was, generator: {type: previous, column: series}}]}]}",
    );
    let last = 100_000_000_000;
    let rows = part(&plan, 0, Rows::Range(last - 5_000..last));
    assert_eq!(part(&plan, 0, Rows::Range(last - 2..last)), rows[4_998..]);
    let walked: f64 = rows[0].split('|').next().and_then(|walk| walk.parse().ok()).expect("a number");
    // Five standard deviations.
    assert!(walked.abs() < 5.0 * 316_228.0, "{walked}");
    // 1e11 events at 1,000 a second take 1e8 seconds, give or take 316 where the rate holds.
    assert!(rows[0].split('|').nth(1).is_some_and(|at| at.starts_with("2003-03-03T")), "{}", rows[0]);
}

#[test]
fn empty_groups_and_tables_are_no_exception() {
    let plan = plan(
        "{name: d, tables: [{name: p, rows: 5, primary_key: [id], columns: [{name: id, generator: {type: sequence}}]}, \
         {name: c, rows: 0, columns: [{name: p_id}, {name: n, generator: {type: integer}}, \
         {name: sum, generator: {type: running, column: n, per: [p_id]}}, {name: rank, generator: {type: rank, by: n}}, \
         {name: by, generator: {type: running, column: n, order_by: [n desc]}}], \
         foreign_keys: [{columns: [p_id], references: {table: p, columns: [id]}, children: {min: 0, max: 3}}]}]}",
    );
    assert_eq!(all_rows(&plan, "c").len() as u64, plan.tables[1].rows);
    assert_eq!(part(&plan, 1, Rows::Range(0..0)), Vec::<String>::new());
}

#[test]
fn rules_that_draw_again_what_each_other_has_looked_at_are_refused() {
    let found = compiled(
        "{name: d, tables: [{name: t, rows: 100, columns: [{name: a, generator: {type: integer}}, {name: b, generator: {type: integer}}, \
         {name: of_a, generator: {type: running, column: a, fn: max}}, {name: of_b, generator: {type: running, column: b, fn: max}}], \
         rules: [{id: one, kind: check, sql: \"a <= of_b\"}, {id: two, kind: check, sql: \"b <= of_a\"}]}]}",
    );
    let found: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
    let expected = "one and two would draw b again until it fits, and of_b is made of other rows' b";
    assert!(found.iter().any(|problem| problem.contains(expected)), "{found:#?}");
}

#[test]
fn what_memory_cannot_do_is_refused_in_a_sentence() {
    let problems = |rows: &str, column: &str, rest: &str| -> Vec<String> {
        let schema = format!(
            "{{name: d, tables: [{{name: t, rows: {rows}, columns: [{{name: a, generator: {{type: integer, min: 1, max: 9}}}}, \
             {{name: k, generator: {{type: choice, values: [x, y]}}}}, {{name: v, generator: {{{column}}}}}]{rest}}}]}}"
        );
        compiled(&schema).problems.iter().map(ToString::to_string).collect()
    };
    for (rows, column, rest, expected) in [
        ("100", "type: running, column: b", "", "generator.column: table t has no column \"b\""),
        ("100", "type: running, column: k", "", "generator.column: k is string, which has no sum"),
        ("100", "type: running, column: v", "", "t.v needs itself"),
        ("100", "type: previous, column: a, per: [z]", "", "generator.per[0]: table t has no column \"z\""),
        (
            "100",
            "type: previous, column: a, order_by: [z desc]",
            "",
            "generator.order_by[0]: table t has no column \"z\"",
        ),
        ("100", "type: rank, by: z", "", "generator.by: table t has no column \"z\""),
        (
            "20000000",
            "type: rank, by: a",
            "",
            "generator.by: the 20000000 rows of t would have to be sorted by a, and at most 65536 are",
        ),
        (
            "20000000",
            "type: previous, column: a, offset: 65, per: [k]",
            "",
            "in groups whose rows do not lie side by side an offset is at most 64, not 65",
        ),
        (
            "100",
            "type: running, column: a",
            ", rules: [{id: low, kind: check, sql: \"v + a < 70\"}]",
            "breaks low, and nothing that it reads can be drawn again",
        ),
        (
            "100",
            "type: state_machine, initial: x, transitions: {x: {y: 1}, z: {x: 1}}",
            "",
            "no chain ever comes to the state \"z\"",
        ),
        ("100", "type: random_walk, start: 5, max: 3", "", "the start 5 does not lie between -inf and 3"),
        ("100", "type: event_times, rate: 0", "", "a rate of 0 is not above 0"),
        (
            "100",
            "type: datetime, start: 2024-01-01, end: 2024-02-01, tz: Mars/Olympus",
            "",
            "there is no time zone \"Mars/Olympus\"",
        ),
        ("100", "type: duration, unit: hour, max: 90min", "", "the bound is no whole number of the unit"),
    ] {
        let found = problems(rows, column, rest);
        assert!(found.iter().any(|problem| problem.contains(expected)), "{column}\n{found:#?}");
    }
}

#[test]
fn groups_anywhere_in_a_long_table_are_those_of_a_plain_loop() {
    // More rows than are sorted in tests.
    let schema = "{name: d, tables: [{name: t, rows: 70000, columns: [{name: n, null_rate: 0.2, generator: {type: integer, min: 0, max: 99}}, \
         {name: k, null_rate: 0.1, generator: {type: choice, values: [a, b, c]}}, {name: sum, generator: {type: running, column: n, per: [k]}}, \
         {name: was, generator: {type: previous, column: n, offset: 2, initial: -1, per: [k]}}, \
         {name: i, generator: {type: sequence, per: [k]}}, \
         {name: turn, generator: {type: state_machine, initial: x, transitions: {x: {y: 1}, y: {x: 1}}, per: [k]}}, \
         {name: walk, generator: {type: random_walk, per: [k]}}]}]}";
    let whole_plan = plan(schema);
    let columns = columns(&whole_plan, "t");
    for rows in groups(&columns["k"]).values() {
        let (mut sum, mut seen) = (None, Vec::new());
        for (index, row) in rows.iter().copied().enumerate() {
            let n = columns["n"][row].parse::<i64>().ok();
            sum = n.map_or(sum, |n| Some(sum.unwrap_or(0) + n));
            assert_eq!(columns["sum"][row], sum.map(|sum| sum.to_string()).unwrap_or_default(), "{row}");
            let was = index.checked_sub(2).map_or("-1".to_owned(), |before: usize| String::clone(seen[before]));
            assert_eq!(columns["was"][row], was, "{row}");
            seen.push(&columns["n"][row]);
            assert_eq!(columns["i"][row], (index + 1).to_string());
            assert_eq!(columns["turn"][row], ["x", "y"][index % 2]);
        }
    }
    let whole = all_rows(&whole_plan, "t");
    for (start, end) in [(69_990, 70_000), (4_095, 4_099), (20_000, 29_000)] {
        assert_eq!(part(&plan(schema), 0, Rows::Range(start..end)), whole[start as usize..end as usize]);
    }
    let list: Vec<u64> = (0..70_000).filter(|row| row % 977 == 1 || row / 50 == 700).collect();
    let expected: Vec<String> = list.iter().map(|row| whole[*row as usize].clone()).collect();
    assert_eq!(part(&plan(schema), 0, Rows::List(list.into())), expected);
}

#[test]
fn a_case_of_a_conditional_remembers_the_rows_of_the_others() {
    let plan = plan(
        "{name: d, tables: [{name: t, rows: 9000, columns: [{name: n, generator: {type: integer, min: 0, max: 9}}, \
         {name: v, generator: {type: conditional, cases: [{when: \"n < 5\", use: {type: running, column: n}}], \
         else: {type: previous, column: n, initial: 0}}}]}]}",
    );
    let columns = columns(&plan, "t");
    let (mut sum, mut last) = (0, 0);
    for (n, v) in columns["n"].iter().zip(&columns["v"]) {
        let n: i64 = n.parse().expect("a number");
        sum += n;
        assert_eq!(*v, if n < 5 { sum } else { last }.to_string());
        last = n;
    }
}

#[test]
fn columns_with_a_memory_pass_the_certificate() {
    super::cases::holds(
        "
name: d
tables:
  - { name: shop, rows: 60, primary_key: [id], columns: [{ name: id, generator: { type: sequence } }, { name: opened, generator: { type: date, start: 2020-01-01, end: 2022-12-31 } }] }
  - name: sale
    primary_key: [shop_id, n]
    columns:
      - { name: shop_id }
      - { name: n, generator: { type: sequence, per: [shop_id] } }
      - { name: opened, generator: { type: expression, sql: shop.opened } }
      - { name: at, generator: { type: event_times, rate: 4, unit: day, per: [shop_id], start: { sql: shop.opened } } }
      - { name: last_at, generator: { type: previous, column: at, per: [shop_id] } }
      - { name: amount, generator: { type: decimal, min: 1, max: 99 } }
      - { name: total, generator: { type: running, column: amount, per: [shop_id] } }
      - { name: best, generator: { type: rank, by: amount, method: row_number, order: desc, per: [shop_id] } }
      - { name: kind, generator: { type: choice, values: [a, b, c] } }
      - { name: kind_n, generator: { type: sequence, per: [kind] } }
      - { name: from_time, generator: { type: time_of_day, start: \"08:00:00\", end: \"11:59:59\" } }
      - { name: shown, type: string, generator: { type: expression, sql: from_time } }
      - { name: takes, generator: { type: duration, min: 5, max: 1h, distribution: exponential } }
      - { name: price, generator: { type: random_walk, start: { sql: \"shop.id * 10\" }, min: 0, volatility: 3, per: [shop_id] } }
    foreign_keys: [{ name: shop, columns: [shop_id], references: { table: shop, columns: [id] }, children: { min: 0, max: 200, mean: 90 } }]
    rules:
      - { id: after-opening, kind: order, columns: [opened, at] }
      - { id: one-after-the-other, kind: check, sql: \"last_at IS NULL OR last_at <= at\" }
      - { id: total-grows, kind: check, sql: \"total >= amount\" }
      - { id: best-once, kind: unique, columns: [shop_id, best] }
      - { id: kind-once, kind: unique, columns: [kind, kind_n] }
      - { id: morning, kind: check, sql: \"from_time < '12:00:00' AND shown < '12'\" }
      - { id: takes, kind: check, sql: \"takes BETWEEN 5 AND 60\" }
      - { id: price, kind: check, sql: \"price >= 0\" }
",
    );
}

//! Checks of alternatives and implications whose columns other rules decide over all rows together, or whose conclusion reads what stands fast.

use super::cases::{holds, problems};
use super::rules::held;

fn orders(key: &str, rules: &[&str]) -> String {
    let rules = rules.iter().enumerate().map(|(at, rule)| format!("      - {{ id: r{at}, {rule} }}\n"));
    format!(
        "name: d
random_seed: 3
tables:
  - name: customer
    rows: 60
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: tier, null_rate: 0.1, generator: {{ type: choice, values: [basic, silver, gold] }} }}
      - {{ name: stars, generator: {{ type: integer, min: 1, max: 5 }} }}
  - name: orders
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: customer_id }}
      - {{ name: channel, generator: {{ type: choice, values: [web, app, store] }} }}
      - {{ name: discount, generator: {{ type: choice, values: [0, 5, 10, 20] }} }}
      - {{ name: price, null_rate: 0.1, type: decimal, scale: 2, generator: {{ type: lognormal, median: 100, sigma: 0.5, min: 5, max: 900 }} }}
    foreign_keys: [{{ name: customer, columns: [customer_id], references: {{ table: customer, columns: [id] }}{key} }}]
    rules:
{}",
        rules.collect::<String>()
    )
}

const MANY: &str = ", children: { min: 4, max: 9 }";

const CHANNELS: &str = "kind: share, column: channel, shares: { web: 0.5, app: 0.3, store: 0.2 }";

#[test]
fn what_other_rules_decide_is_limited_where_the_alternatives_do_not_hold() {
    for rules in [
        vec!["kind: check, sql: \"customer.tier <> 'basic' OR channel <> 'store'\"", CHANNELS],
        vec!["kind: check, sql: \"channel <> 'store' OR customer.tier = 'gold' OR customer.stars > 3\"", CHANNELS],
        vec![
            "kind: check, when: \"discount < 20\", sql: \"customer.stars > 1 OR channel IN ('web', 'app')\"",
            CHANNELS,
            "kind: share, column: discount, shares: { 0: 0.4, 5: 0.3, 10: 0.2, 20: 0.1 }",
        ],
        vec![
            "kind: check, sql: \"customer.stars < 5 OR price >= 60\"",
            "kind: statistic, column: price, fn: mean, equals: 120, tolerance: 1",
        ],
        vec![
            "kind: check, sql: \"customer.tier <> 'basic' OR price <= 200\"",
            "kind: statistic, when: \"customer.tier = 'gold'\", column: price, fn: mean, equals: 150, tolerance: 2",
        ],
        vec![
            "kind: implies, if: \"discount = 20\", then: \"customer.tier = 'gold'\"",
            "kind: count, where: \"discount = 10\", exactly: 60",
        ],
        vec![
            "kind: implies, if: \"discount >= 10\", then: \"customer.stars >= 3 AND customer.tier <> 'basic'\"",
            "kind: share, column: discount, shares: { 0: 0.5, 5: 0.3, 10: 0.15, 20: 0.05 }",
        ],
        vec![
            "kind: check, sql: \"price > 10 AND (customer.tier <> 'basic' OR channel <> 'store')\"",
            CHANNELS,
            "kind: statistic, column: price, fn: mean, equals: 120, tolerance: 1",
        ],
    ] {
        let schema = orders(MANY, &rules);
        holds(&schema);
    }
    // Where a key can choose again the share is met as well.
    holds(
        &orders("", &["kind: check, sql: \"customer.tier <> 'basic' OR channel <> 'store'\"", CHANNELS])
            .replace("  - name: orders\n", "  - name: orders\n    rows: 400\n"),
    );
}

#[test]
fn alternatives_of_two_counted_columns_are_held() {
    let discounts = "kind: share, column: discount, shares: { 0: 0.4, 5: 0.3, 10: 0.2, 20: 0.1 }";
    let rules = ["kind: check, sql: \"channel <> 'store' OR discount = 0\"", CHANNELS, discounts];
    holds(&orders(MANY, &rules));
    let rules = ["kind: check, sql: \"channel = 'store' OR discount = 20\"", CHANNELS, discounts];
    assert!(!problems(&orders(MANY, &rules)).is_empty());
}

fn contracts(rows: u64, key: &str, rest: &str) -> String {
    format!(
        "name: d
random_seed: 3
tables:
  - name: loan
    rows: 300
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: status, null_rate: 0.1, generator: {{ type: choice, values: [approved, rejected] }} }}
  - name: officer
    rows: 20
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: active, generator: {{ type: boolean }} }}
  - name: contract
    rows: {rows}
    columns: [{{ name: loan_id }}, {{ name: officer_id }}]
    foreign_keys:
      - {{ name: loan, columns: [loan_id], references: {{ table: loan, columns: [id] }}{key} }}
      - {{ name: officer, columns: [officer_id], references: {{ table: officer, columns: [id] }} }}
    rules:
{rest}"
    )
}

#[test]
fn rows_that_take_different_parents_take_those_that_a_check_leaves() {
    let ok = "      - { id: ok, kind: check, sql: \"loan.status = 'approved'\" }\n";
    let once = "      - { id: once, kind: unique, columns: [loan_id] }\n";
    let pair = "      - { id: pair, kind: unique, columns: [loan_id, officer_id] }\n";
    let active = "      - { id: active, kind: check, sql: \"officer.active AND officer.id > 2\" }\n";
    for (rest, rule) in
        [(format!("{once}{ok}"), "ok"), (format!("{once}{ok}{active}"), "ok"), (format!("{pair}{active}"), "active")]
    {
        let schema = contracts(150, "", &rest);
        holds(&schema);
        assert_eq!(held(&schema, rule), "by_construction", "{rest}");
    }
    holds(&contracts(142, ", where: \"status = 'approved'\"", once));
    holds(&contracts(1500, "", &format!("{pair}{active}")));
    let told = problems(&contracts(299, "", &format!("{once}{ok}"))).join("\n");
    assert!(told.contains("once needs 299 rows of loan, and 163 of 300 obey ok"), "{told}");
    // As many as there are, to the last one.
    holds(&contracts(163, "", &format!("{once}{ok}")));
}

#[test]
fn columns_are_drawn_before_the_start_of_intervals_that_are_kept_apart() {
    let schema = "name: d
random_seed: 4
tables:
  - name: booking
    rows: 900
    columns:
      - { name: room, generator: { type: integer, min: 1, max: 30 } }
      - { name: check_in, generator: { type: date, start: 2024-01-01, end: 2025-12-31 } }
      - { name: check_out, generator: { type: date_offset, from: check_in, min: 1, max: 10 } }
      - { name: booked_on, generator: { type: date, start: 2023-06-30, end: 2025-12-31 } }
    rules:
      - { id: free, kind: no_overlap, per: [room], start: check_in, end: check_out }
      - { id: before, kind: order, columns: [booked_on, check_in], gap: { max: 200d } }
";
    holds(schema);
    assert_eq!(held(schema, "before"), "projected");
}

#[test]
fn a_column_with_a_quota_is_part_of_combinations() {
    let schema = "name: d
random_seed: 4
tables:
  - name: ward
    rows: 20
    columns:
      - { name: kind, generator: { type: choice, values: [surgery, icu, general], weights: [2, 1, 1], quota: exact } }
      - { name: floor, generator: { type: integer, min: 1, max: 12 } }
    rules:
      - { id: once, kind: unique, columns: [kind, floor] }
";
    holds(schema);
    let rows = super::all_rows(&super::plan(schema), "ward");
    assert_eq!(rows.iter().filter(|row| row.contains("surgery")).count(), 10);
}

#[test]
fn a_value_is_put_into_rows_in_which_a_formula_does_not_speak() {
    let columns = "      - { name: state, generator: { type: choice, values: [seen, off, missed] } }
      - { name: fee, generator: { type: integer, min: 300, max: 900 } }
      - { name: paid, generator: { type: integer, min: 0, max: 900 } }
    rules:
      - { id: pay, kind: calculate, column: paid, when: \"state = 'seen'\", sql: fee }
      - { id: nopay, kind: implies, if: \"state <> 'seen'\", then: \"paid = 0\" }
";
    let schema = super::rules::table(300, columns);
    holds(&schema);
    let rows = super::all_rows(&super::plan(&schema), "t");
    assert!(rows.iter().filter(|row| row.contains("missed")).count() > 60, "{rows:?}");
    holds(&format!(
        "{schema}      - {{ id: states, kind: share, column: state, shares: {{ seen: 0.5, off: 0.5 }} }}\n"
    ));
}

#[test]
fn a_share_names_a_number_with_fewer_places_than_its_column_has() {
    let columns = "      - { name: tip, type: decimal, precision: 3, scale: 2, generator: { type: choice, values: [0, 0.05, 0.10] } }
    rules:
      - { id: tips, kind: share, column: tip, shares: { 0: 0.5, 0.05: 0.3, 0.1: 0.2 } }
";
    holds(&super::rules::table(200, columns));
}

#[test]
fn rows_that_no_value_of_their_own_obeys_choose_other_parents() {
    let schema = "name: d
random_seed: 2
tables:
  - name: contract
    rows: 40
    primary_key: [id]
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: cancelled, null_rate: 0.5, generator: { type: date, start: 2020-01-01, end: 2025-12-31 } }
  - name: claim
    rows: 300
    columns:
      - { name: contract_id }
      - { name: day, generator: { type: date, start: 2023-01-01, end: 2025-12-31 } }
    foreign_keys: [{ name: contract, columns: [contract_id], references: { table: contract, columns: [id] } }]
    rules:
      - { id: active, kind: check, sql: \"contract.cancelled IS NULL OR day <= contract.cancelled\" }
";
    holds(schema);
}

#[test]
fn rows_of_two_conditions_that_leave_a_counted_column_no_value_are_drawn_again() {
    let schema = "name: d
random_seed: 2
tables:
  - name: account
    rows: 60
    primary_key: [id]
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: kind, generator: { type: choice, values: [saving, current, fixed] } }
  - name: movement
    rows: 900
    columns:
      - { name: account_id }
      - { name: kind, generator: { type: choice, values: [deposit, withdrawal, fee] } }
      - { name: channel, generator: { type: choice, values: [app, cash, desk] } }
    foreign_keys: [{ name: account, columns: [account_id], references: { table: account, columns: [id] } }]
    rules:
      - { id: kinds, kind: share, column: kind, shares: { deposit: 0.45, withdrawal: 0.45, fee: 0.1 } }
      - { id: cash, kind: implies, if: \"channel = 'cash'\", then: \"kind = 'withdrawal'\" }
      - { id: fixed, kind: implies, if: \"account.kind = 'fixed'\", then: \"kind <> 'withdrawal'\" }
";
    holds(schema);
}

#[test]
fn parts_of_one_check_are_held_each_in_its_way() {
    let rest = "      - { id: once, kind: unique, columns: [loan_id] }
      - { id: both, kind: check, sql: \"loan.status = 'approved' AND (officer.active OR stage <> 'signed') AND (stage = 'open' OR officer.id > 2)\" }
      - { id: stages, kind: share, column: stage, shares: { open: 0.6, signed: 0.1, void: 0.3 } }
";
    let stage = "{ name: officer_id }, { name: stage, generator: { type: choice, values: [open, signed, void] } }]";
    holds(&contracts(140, "", rest).replace("{ name: officer_id }]", stage));
}

#[test]
fn parts_of_one_check_leave_combinations_and_values_of_other_columns() {
    let columns = "      - { name: day, generator: { type: choice, values: [mon, tue, fri] } }
      - { name: hour, generator: { type: integer, min: 1, max: 8 } }
      - { name: room, generator: { type: choice, values: [a, b, c] } }
      - { name: kind, generator: { type: choice, values: [talk, lab] } }
    rules:
      - { id: once, kind: unique, columns: [day, hour, room] }
      - { id: both, kind: check, sql: \"(day <> 'fri' OR hour <= 4) AND (kind <> 'lab' OR kind = 'lab')\" }
      - { id: kinds, kind: share, column: kind, shares: { talk: 0.5, lab: 0.5 } }
";
    holds(&super::rules::table(58, columns));
}

#[test]
fn a_check_that_would_close_a_circle_said_otherwise_is_kept_as_it_is_written() {
    let columns = "      - { name: closed_on, null_when: \"stage <> 'closed'\", generator: { type: date, start: 2024-01-01, end: 2024-12-31 } }
      - { name: stage, generator: { type: choice, values: [open, closed] } }
    rules:
      - { id: stages, kind: share, column: stage, shares: { open: 0.4, closed: 0.6 } }
      - { id: late, kind: count, where: \"closed_on >= DATE '2024-10-01'\", exactly: 20 }
      - { id: both, kind: check, sql: \"closed_on IS NULL OR stage = 'closed'\" }
";
    holds(&super::rules::table(200, columns));
}

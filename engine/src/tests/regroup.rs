//! Rules about groups beside others that count the same column: `count` with `per` beside shares, and `unique` of some rows whose columns stand
//! fast, one default address of each customer.

use super::cases::{holds, problems};
use super::rules::held;
use super::{all_rows, plan};

fn addresses(children: &str, rules: &[&str]) -> String {
    let rules = rules.iter().enumerate().map(|(at, rule)| format!("      - {{ id: r{at}, {rule} }}\n"));
    format!(
        "name: d
random_seed: 3
tables:
  - name: customer
    rows: 200
    primary_key: [id]
    columns: [{{ name: id, generator: {{ type: sequence }} }}]
  - name: address
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: customer_id }}
      - {{ name: is_default, generator: {{ type: boolean }} }}
      - {{ name: status, generator: {{ type: choice, values: [active, ended, draft] }} }}
      - {{ name: kind, generator: {{ type: choice, values: [home, work, other] }} }}
      - {{ name: since, null_rate: 0.2, generator: {{ type: date, start: 2020-01-01, end: 2025-12-31 }} }}
    foreign_keys: [{{ name: customer, columns: [customer_id], references: {{ table: customer, columns: [id] }}, children: {children} }}]
    rules:
{}",
        rules.collect::<String>()
    )
}

const FEW: &str = "{ min: 1, max: 4 }";

#[test]
fn one_row_of_some_is_left_for_each_value_of_columns_that_stand_fast() {
    for rules in [
        vec!["kind: unique, columns: [customer_id], when: is_default"],
        vec!["kind: unique, columns: [customer_id], when: \"status = 'active' AND since IS NOT NULL\""],
        vec!["kind: unique, columns: [customer_id, kind], when: \"status = 'active'\""],
        vec![
            "kind: unique, columns: [customer_id], when: is_default",
            "kind: implies, if: \"status = 'draft'\", then: \"NOT is_default\"",
        ],
        vec![
            "kind: unique, columns: [customer_id, kind], when: \"status = 'active'\"",
            "kind: implies, if: \"kind = 'other'\", then: \"status <> 'draft'\"",
        ],
    ] {
        let schema = addresses(FEW, &rules);
        holds(&schema);
        assert_eq!(held(&schema, "r0"), "by_construction", "{rules:?}");
    }
}

#[test]
fn groups_are_counted_beside_what_is_counted_in_all() {
    let shares = "kind: share, column: status, shares: { active: 0.3, ended: 0.5, draft: 0.2 }";
    for rules in [
        vec!["kind: unique, columns: [customer_id], when: is_default", "kind: count, where: is_default, exactly: 150"],
        vec!["kind: unique, columns: [customer_id], when: \"status = 'active'\"", shares],
        vec!["kind: count, where: \"status = 'active'\", per: [customer_id], max: 1", shares],
        vec!["kind: count, where: \"status <> 'ended'\", per: [customer_id], max: 2", shares],
        vec![
            "kind: count, where: \"status = 'active'\", per: [customer_id], max: 1",
            "kind: share, column: status, shares: { draft: 0.1 }",
        ],
        vec![
            "kind: count, where: \"status = 'active'\", per: [customer_id], max: 1",
            shares,
            "kind: implies, if: \"kind = 'other'\", then: \"status <> 'active'\"",
            "kind: share, column: kind, shares: { home: 0.5, work: 0.3, other: 0.2 }",
        ],
        vec![
            "kind: count, where: \"status = 'active'\", when: \"kind <> 'home'\", per: [customer_id], max: 1",
            "kind: share, column: status, when: \"kind = 'home'\", shares: { active: 0.7, ended: 0.3 }",
            "kind: count, where: \"status = 'active' AND kind <> 'home'\", exactly: 120",
        ],
        vec![
            "kind: count, where: is_default, per: [customer_id], exactly: 1",
            "kind: count, where: \"is_default AND kind = 'home'\", exactly: 100",
        ],
    ] {
        let schema = addresses(FEW, &rules);
        holds(&schema);
        assert_eq!(held(&schema, "r0"), "by_construction", "{rules:?}");
    }
}

#[test]
fn groups_that_cannot_have_so_many_are_refused() {
    let rules = [
        "kind: unique, columns: [customer_id], when: \"status = 'active'\"",
        "kind: share, column: status, shares: { active: 0.8, ended: 0.2 }",
    ];
    let told = problems(&addresses(FEW, &rules)).join("\n");
    assert!(told.contains("r0") && told.contains("r1"), "{told}");
}

#[test]
fn ranges_alone_have_the_same_values_exchanged() {
    let schema = addresses(
        FEW,
        &[
            "kind: unique, columns: [customer_id], when: \"status = 'active'\"",
            "kind: share, column: status, shares: { active: 0.3, ended: 0.5, draft: 0.2 }",
        ],
    );
    let whole = all_rows(&plan(&schema), "address");
    let rows = whole.len() as u64;
    for range in [0..50, 50..51, rows / 2..rows] {
        let part = crate::run::batch(&plan(&schema), 1, range.clone()).expect("rows");
        assert_eq!(super::rows_of(&part), &whole[range.start as usize..range.end as usize]);
    }
}

//! Limits in some rows of columns whose statistics are given, where nothing may say otherwise which rows these are.

use super::cases::{holds, problems};
use super::rules::{held, table};
use super::{all_rows, plan};

fn of(rows: u64, rules: &[&str]) -> String {
    let rules = rules.iter().enumerate().map(|(at, rule)| format!("      - {{ id: r{at}, {rule} }}\n"));
    let columns = "      - { name: kind, generator: { type: choice, values: [x, y, z] } }
      - { name: size, generator: { type: integer, min: 1, max: 1000 } }
      - { name: pay, null_rate: 0.1, type: decimal, generator: { type: lognormal, median: 2500, sigma: 0.4, max: 20000 } }
      - { name: score, generator: { type: float, min: 0, max: 1 } }
      - { name: day, generator: { type: date, start: 2024-01-01, end: 2024-12-31 } }
    rules:
      - { id: kinds, kind: share, column: kind, shares: { x: 0.5, y: 0.3, z: 0.2 } }
";
    table(rows, &format!("{columns}{}", rules.collect::<String>()))
}

#[test]
fn values_that_hold_statistics_lie_inside_of_what_rows_are_left() {
    for rules in [
        vec![
            "kind: statistic, column: size, fn: mean, equals: 450",
            "kind: implies, if: \"kind = 'x'\", then: \"size >= 200\"",
        ],
        // Half of the rows want values of which there are fewer unless they are asked for.
        vec![
            "kind: statistic, column: size, fn: mean, equals: 300",
            "kind: implies, if: \"kind = 'x'\", then: \"size >= 500\"",
        ],
        vec![
            "kind: statistic, column: size, fn: mean, equals: 500, tolerance: 1",
            "kind: statistic, column: size, fn: std, equals: 250, tolerance: 5",
            "kind: check, when: \"kind = 'x'\", sql: \"size BETWEEN 300 AND 900\"",
            "kind: implies, if: \"kind = 'z'\", then: \"size < 700\"",
        ],
        vec![
            "kind: statistic, column: pay, fn: median, equals: 2600",
            "kind: statistic, column: pay, fn: max, equals: 9000",
            "kind: implies, if: \"kind = 'x'\", then: \"pay >= 1500.50 AND score < 0.5\"",
            "kind: implies, if: \"kind <> 'x'\", then: \"pay < 6000\"",
        ],
        vec![
            "kind: statistic, column: pay, fn: mean, equals: 3000, when: \"kind = 'y'\"",
            "kind: check, when: \"kind = 'z'\", sql: \"pay <= 2000\"",
            "kind: check, when: \"kind = 'y'\", sql: \"pay > 1200\"",
        ],
        vec![
            "kind: statistic, column: day, fn: mean, equals: 2024-06-01",
            "kind: check, when: \"kind = 'x'\", sql: \"day >= DATE '2024-03-01'\"",
        ],
        vec![
            "kind: count, where: \"size > 900\", exactly: 60",
            "kind: statistic, column: size, fn: mean, equals: 520",
            "kind: implies, if: \"kind = 'x'\", then: \"size <= 950\"",
        ],
        vec![
            "kind: statistic, column: size, fn: mean, equals: 480",
            "kind: statistic, column: size, fn: mean, equals: 600, when: \"kind = 'x'\"",
            "kind: implies, if: \"kind = 'x'\", then: \"size > 100\"",
            "kind: implies, if: \"kind = 'y'\", then: \"size < 900\"",
        ],
    ] {
        for rows in [120, 3000] {
            holds(&of(rows, &rules));
        }
        assert_eq!(held(&of(120, &rules), "r0"), "by_construction", "{rules:?}");
    }
}

#[test]
fn ranges_alone_have_the_same_limited_values() {
    let schema = of(
        5000,
        &[
            "kind: statistic, column: size, fn: mean, equals: 450",
            "kind: implies, if: \"kind = 'x'\", then: \"size >= 200\"",
        ],
    );
    let whole = all_rows(&plan(&schema), "t");
    for range in [0..5000, 1..2, 900..1300, 4990..5000] {
        let part = crate::run::batch(&plan(&schema), 0, range.clone()).expect("rows");
        assert_eq!(super::rows_of(&part), &whole[range.start as usize..range.end as usize]);
    }
}

#[test]
fn what_leaves_too_few_values_is_refused() {
    let found = problems(&of(
        400,
        &[
            "kind: statistic, column: size, fn: mean, equals: 200",
            "kind: implies, if: \"kind = 'x'\", then: \"size >= 500\"",
        ],
    ));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("r0 asks for values of size of which too few lie inside what r1 leaves"), "{found:?}");
    let found = problems(&of(
        400,
        &[
            "kind: statistic, column: size, fn: mean, equals: 500",
            "kind: implies, if: \"kind = 'x'\", then: \"size >= 500\"",
            "kind: check, when: \"kind <> 'y'\", sql: \"size < 400\"",
        ],
    ));
    assert!(!found.is_empty(), "{found:?}");
}

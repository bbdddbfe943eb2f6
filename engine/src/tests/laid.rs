//! Limits of columns whose statistics are given, in some rows or by what a row's parent holds: the values are laid over the rows inside of them.

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

#[test]
fn columns_that_move_together_have_statistics_inside_of_their_limits() {
    let of = |rules: &str| {
        format!(
            "name: d
random_seed: 11
tables:
  - name: department
    rows: 8
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: least, generator: {{ type: integer, min: 1100, max: 1600, step: 50 }} }}
  - name: employee
    rows: 600
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: department_id }}
      - {{ name: grade, generator: {{ type: choice, values: [junior, senior, lead] }} }}
      - {{ name: contract, generator: {{ type: choice, values: [short, fixed, open] }} }}
      - {{ name: years, generator: {{ type: integer, min: 0, max: 30 }} }}
      - {{ name: salary, type: decimal, generator: {{ type: lognormal, median: 3200, sigma: 0.35, min: 1000, max: 20000 }} }}
    foreign_keys:
      - {{ name: department, columns: [department_id], references: {{ table: department, columns: [id] }} }}
    rules:
      - {{ id: grades, kind: share, column: grade, shares: {{ junior: 0.7, senior: 0.25, lead: 0.05 }} }}
      - {{ id: short, kind: count, where: \"contract = 'short'\", exactly: 30 }}
{rules}"
        )
    };
    let mean = "      - { id: mean, kind: statistic, column: salary, fn: mean, equals: 3600, tolerance: 10 }\n";
    let leads = "      - { id: leads, kind: statistic, column: salary, fn: mean, equals: 8000, tolerance: 50, when: \"grade = 'lead'\" }\n";
    let least = "      - { id: least, kind: check, sql: \"salary >= department.least\" }\n";
    let lead = "      - { id: lead, kind: implies, if: \"grade = 'lead'\", then: \"salary >= 5000\" }\n";
    let moves = "      - { id: moves, kind: correlation, columns: [salary, years], coefficient: 0.4 }\n";
    let young = "      - { id: young, kind: implies, if: \"contract = 'short'\", then: \"years <= 2\" }\n";
    for rules in [
        vec![mean, least],
        vec![mean, leads, lead],
        vec![mean, least, lead],
        vec![mean, moves, least],
        vec![mean, leads, moves, lead],
        vec![mean, moves, young],
        vec![mean, leads, moves, lead, least, young],
    ] {
        holds(&of(&rules.concat()));
    }
}

#[test]
fn values_that_rules_put_into_rows_count_in_what_is_measured() {
    let put = |value: &str| format!("kind: implies, if: \"kind = 'z'\", then: \"{value}\"");
    for (value, rules) in [
        ("size = 1", vec!["kind: statistic, column: size, fn: mean, equals: 400"]),
        // What the generator does not make is put in beside what is dealt.
        ("size = 0", vec!["kind: statistic, column: size, fn: mean, equals: 400"]),
        ("size = 0", vec!["kind: statistic, column: size, fn: max, equals: 950"]),
        ("pay = 0", vec!["kind: statistic, column: pay, fn: mean, equals: 2600, tolerance: 1, when: \"kind <> 'y'\""]),
        (
            "size = 1",
            vec![
                "kind: statistic, column: size, fn: mean, equals: 400",
                "kind: correlation, columns: [size, score], coefficient: 0.4",
            ],
        ),
        (
            "pay = 0",
            vec![
                "kind: statistic, column: pay, fn: mean, equals: 2200, tolerance: 1",
                "kind: correlation, columns: [score, pay], coefficient: 0.3",
            ],
        ),
    ] {
        let own = put(value);
        let rules: Vec<&str> = rules.iter().copied().chain([own.as_str()]).collect();
        for rows in [120, 2000] {
            holds(&of(rows, &rules));
        }
    }
    let mean = "kind: statistic, column: size, fn: mean, equals: 900";
    let told = problems(&of(500, &[mean, &put("size = 0")])).join("\n");
    assert!(told.contains("r0") && told.contains("r1"), "{told}");
}

#[test]
fn values_lie_inside_of_what_other_columns_of_their_row_hold() {
    let columns = "      - { name: grade, generator: { type: choice, values: [jr, sr] } }
      - { name: least, type: integer, generator: { type: integer, min: 1200, max: 6000, step: 100 } }
      - { name: most, type: integer, generator: { type: integer, min: 1500, max: 12000, step: 100 } }
      - { name: offer, type: decimal, scale: 2, generator: { type: decimal, min: 1200, max: 12000 } }
    rules:
      - { id: pay, kind: order, columns: [least, most], gap: { min: 300 } }
      - { id: offer, kind: check, sql: \"offer BETWEEN least AND most\" }
      - { id: jr, kind: implies, if: \"grade = 'jr'\", then: \"most <= 3500\" }
      - { id: grades, kind: share, column: grade, shares: { jr: 0.5, sr: 0.5 } }
      - { id: mean, kind: statistic, column: offer, fn: mean, equals: 3800, tolerance: 10 }
";
    for rows in [40, 1000] {
        holds(&table(rows, columns));
    }
    assert_eq!(held(&table(40, columns), "offer"), "projected");
}

#[test]
fn lists_floats_and_shapes_without_bounds_of_their_own_are_laid_inside_of_limits_too() {
    let columns = "      - { name: zone, generator: { type: choice, values: [inside, terrace] } }
      - { name: seats, generator: { type: choice, values: [2, 4, 6, 8] } }
      - { name: rate, type: float, generator: { type: float, min: 0, max: 1 } }
      - { name: heat, null_rate: 0.1, generator: { type: normal, mean: 22, std: 4 } }
      - { name: grade, type: decimal, scale: 1, generator: { type: beta, a: 2, b: 2, min: 0, max: 20 } }
    rules:
      - { id: zones, kind: share, column: zone, shares: { inside: 0.6, terrace: 0.4 } }
";
    for (rules, rows) in [
        (
            [
                "kind: statistic, column: seats, fn: mean, equals: 4, tolerance: 0.05",
                "kind: implies, if: \"zone = 'terrace'\", then: \"seats <= 4\"",
            ],
            [120, 3000],
        ),
        (
            [
                "kind: statistic, column: seats, fn: mean, equals: 5, tolerance: 0.02",
                "kind: implies, if: \"zone = 'terrace'\", then: \"seats = 2\"",
            ],
            [500, 3000],
        ),
        (
            [
                "kind: statistic, column: rate, fn: mean, equals: 0.45, tolerance: 0.001",
                "kind: implies, if: \"zone = 'terrace'\", then: \"rate BETWEEN 0.25 AND 0.6\"",
            ],
            [120, 3000],
        ),
        (
            [
                "kind: statistic, column: heat, fn: mean, equals: 21.5, tolerance: 0.01",
                "kind: implies, if: \"zone = 'terrace'\", then: \"heat >= 10.5\"",
            ],
            [120, 3000],
        ),
        (
            [
                "kind: statistic, column: grade, fn: mean, equals: 11, tolerance: 0.05",
                "kind: check, sql: \"zone <> 'terrace' OR grade > 9\"",
            ],
            [120, 3000],
        ),
    ] {
        for rows in rows {
            let rules = rules.iter().enumerate().map(|(at, rule)| format!("      - {{ id: r{at}, {rule} }}\n"));
            holds(&table(rows, &format!("{columns}{}", rules.collect::<String>())));
        }
    }
}

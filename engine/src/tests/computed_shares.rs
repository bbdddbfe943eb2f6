//! `share` of what a rule computes of one column: a score's bands, a formula's results; alone, and beside what else is asked of that column.

use super::cases::{holds, problems};
use super::rules::{held, table};
use super::{all_rows, plan};

fn of(rows: u64, columns: &str, rules: &[&str]) -> String {
    let rules = rules.iter().enumerate().map(|(at, rule)| format!("      - {{ id: r{at}, {rule} }}\n"));
    table(rows, &format!("{columns}    rules:\n{}", rules.collect::<String>()))
}

const SCORED: &str = "kind: score, column: grade, of: points, bands: [{ below: 30, value: low }, { below: 70, value: fair }, { value: high }]";

const POINTS: &str = "      - { name: kind, generator: { type: choice, values: [x, y] } }
      - { name: pay, type: decimal, scale: 2, generator: { type: lognormal, median: 2500, sigma: 0.4, min: 500, max: 20000 } }
      - { name: points, null_rate: 0.1, generator: { type: integer, min: 1, max: 100 } }
      - { name: grade, type: string }
";

#[test]
fn shares_of_a_score_are_met_beside_what_its_number_holds() {
    let shares = "kind: share, column: grade, shares: { low: 0.5, fair: 0.3, high: 0.2 }";
    for rules in [
        vec![SCORED, shares],
        vec![SCORED, "kind: share, column: grade, shares: { high: 0.6 }"],
        vec![SCORED, "kind: share, column: grade, counts: { high: 40, low: 20 }"],
        vec![SCORED, "kind: share, column: grade, when: \"kind = 'x'\", shares: { low: 0.5, fair: 0.3, high: 0.2 }"],
        vec![SCORED, shares, "kind: statistic, column: points, fn: mean, equals: 40"],
        vec![SCORED, shares, "kind: statistic, column: points, fn: max, equals: 91"],
        vec![
            SCORED,
            "kind: share, column: grade, shares: { low: 0.4, fair: 0.4, high: 0.2 }",
            "kind: statistic, column: points, fn: median, equals: 41",
        ],
        vec![SCORED, shares, "kind: statistic, column: points, fn: min, equals: 4"],
        vec![SCORED, shares, "kind: count, where: \"points > 95\", exactly: 3"],
        vec![SCORED, shares, "kind: correlation, columns: [pay, points], coefficient: 0.4"],
        vec![SCORED, shares, "kind: implies, if: \"kind = 'x'\", then: \"points >= 20\""],
        vec![
            SCORED,
            shares,
            "kind: correlation, columns: [pay, points], coefficient: 0.4",
            "kind: statistic, column: points, fn: mean, equals: 40",
            "kind: implies, if: \"kind = 'x'\", then: \"points >= 5\"",
        ],
    ] {
        for rows in [200, 3000] {
            holds(&of(rows, POINTS, &rules));
        }
        assert_eq!(held(&of(200, POINTS, &rules), "r1"), "by_construction", "{rules:?}");
    }
}

#[test]
fn shares_of_a_formula_are_met() {
    let columns = "      - { name: born, generator: { type: date, start: 1940-01-01, end: 2020-12-31 } }
      - { name: age, type: integer }
      - { name: group }
      - { name: mark, type: decimal, scale: 1, generator: { type: choice, values: [1.0, 1.7, 2.3, 3.0, 4.0, 5.0] } }
      - { name: passed, type: boolean }
";
    let age = "kind: calculate, column: age, sql: \"CAST((DATE '2026-01-01' - born) AS BIGINT) / 365\"";
    let group = "kind: score, column: group, of: age, bands: [{ below: 18, value: minor }, { below: 65, value: adult }, { value: old }]";
    let passed = "kind: calculate, column: passed, sql: \"mark <= 4.0\"";
    let rules = [
        age,
        group,
        "kind: share, column: group, shares: { minor: 0.25, adult: 0.55, old: 0.2 }",
        passed,
        "kind: share, column: passed, shares: { \"true\": 0.8, \"false\": 0.2 }",
        "kind: statistic, column: mark, fn: mean, equals: 2.9, tolerance: 0.02",
    ];
    holds(&of(400, columns, &rules));
    holds(&of(400, columns, &rules[..5]));
    // Without a type a result is known by its words.
    holds(&of(400, &columns.replace(", type: boolean", ""), &rules[..5]));
    let rows = all_rows(&plan(&of(1000, columns, &rules)), "t");
    assert_eq!(rows.iter().filter(|row| row.contains("|old|")).count(), 200);
}

#[test]
fn shares_of_what_is_made_of_nulls_are_numbers_of_nulls() {
    let columns = "      - { name: opened, generator: { type: date, start: 2024-01-01, end: 2024-12-31 } }
      - { name: closed, null_rate: 0.9, generator: { type: date, start: 2024-01-01, end: 2025-12-31 } }
      - { name: status }
";
    let status = "kind: calculate, column: status, sql: \"CASE WHEN closed IS NULL THEN 'open' ELSE 'closed' END\"";
    let order = "kind: order, columns: [opened, closed], gap: { min: 7d, max: 90d }";
    for share in ["shares: { open: 0.4, closed: 0.6 }", "shares: { closed: 0.25 }", "counts: { open: 77 }"] {
        let share = format!("kind: share, column: status, {share}");
        for rows in [250, 2001] {
            holds(&of(rows, columns, &[status, &share, order]));
        }
    }
    let some = "kind: share, when: \"opened > DATE '2024-06-01'\", column: status, shares: { open: 0.4 }";
    let told = problems(&of(300, columns, &[status, some])).join("\n");
    assert!(told.contains("a share of nulls"), "{told}");
}

#[test]
fn shares_of_a_score_that_cannot_be_are_refused_in_words() {
    let told = |rules: &[&str]| problems(&of(300, POINTS, rules)).join("\n");
    let unknown = told(&[SCORED, "kind: share, column: grade, shares: { hgh: 0.5 }"]);
    assert!(unknown.contains("grade is hgh in none of its bands") && unknown.contains("\"high\""), "{unknown}");
    let both = told(&[
        SCORED,
        "kind: share, column: grade, shares: { low: 0.5 }",
        "kind: share, column: grade, shares: { low: 0.6 }",
    ]);
    assert!(both.contains("r1") && both.contains("r2"), "{both}");
    let several = told(&[
        "kind: calculate, column: grade, sql: \"CASE WHEN points > pay / 50 THEN 'a' ELSE 'b' END\"",
        "kind: share, column: grade, shares: { a: 0.5 }",
    ]);
    assert!(several.contains("of one column of its own row"), "{several}");
}

#[test]
fn flags_that_are_false_where_their_number_is_null_are_counted_beside_its_statistics() {
    let columns = POINTS.replace("grade, type: string", "grade, type: boolean");
    let counted = |flag: &str| {
        let rules = [
            &format!("kind: calculate, column: grade, sql: \"{flag}\"") as &str,
            "kind: count, where: grade, exactly: 25",
            "kind: statistic, column: points, fn: mean, equals: 45",
        ];
        of(300, &columns, &rules)
    };
    for flag in ["COALESCE(points > 80, false)", "(points > 80) IS TRUE", "points IS NOT NULL AND points > 80"] {
        holds(&counted(flag));
        assert_eq!(held(&counted(flag), "r1"), "by_construction", "{flag}");
    }
}

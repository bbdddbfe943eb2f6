//! What is asked of some rows of a column: beside what is asked of all of them, and beside columns that it moves with.

use super::cases::{holds, problems};
use super::rules::table;

const COLUMNS: &str = "      - { name: kind, generator: { type: choice, values: [x, y, z] } }
      - { name: years, generator: { type: integer, min: 0, max: 30 } }
      - { name: salary, null_rate: 0.1, generator: { type: lognormal, median: 2500, sigma: 0.4 }, type: decimal }
      - { name: score, generator: { type: normal, mean: 50, std: 10 } }
      - { name: hired, generator: { type: date, start: 2020-01-01, end: 2025-12-31 } }
    rules:
";

fn of(rows: u64, rules: &[&str]) -> String {
    let rules = rules.iter().enumerate().map(|(at, rule)| format!("      - {{ id: r{at}, {rule} }}\n"));
    table(rows, &format!("{COLUMNS}{}", rules.collect::<String>()))
}

#[test]
fn columns_that_move_together_have_what_is_asked_of_them_in_some_rows() {
    let pair = "kind: correlation, columns: [years, salary], coefficient: 0.5";
    let others = "kind: correlation, columns: [salary, score, hired], method: spearman, matrix: [[1, 0.4, 0.2], [0.4, 1, 0], [0.2, 0, 1]]";
    for rules in [
        vec!["kind: statistic, column: salary, fn: mean, equals: 3200, when: \"kind = 'x'\""],
        vec![
            "kind: statistic, column: salary, fn: mean, equals: 3200, when: \"kind = 'x'\"",
            "kind: statistic, column: salary, fn: median, equals: 2000, when: \"kind = 'y'\"",
            "kind: statistic, column: salary, fn: std, equals: 700, when: \"kind = 'y'\"",
        ],
        vec![
            "kind: statistic, column: salary, fn: mean, equals: 2800",
            "kind: statistic, column: salary, fn: mean, equals: 3500, when: \"kind = 'x'\"",
        ],
        vec![
            "kind: count, where: \"salary > 4000\", when: \"kind = 'z'\", exactly: 60",
            "kind: statistic, column: salary, fn: max, equals: 5000, when: \"kind = 'x'\"",
        ],
    ] {
        for (rows, moves) in [(1000, pair), (1000, others), (20_000, pair)] {
            let mut all = rules.clone();
            all.push(moves);
            holds(&of(rows, &all));
        }
    }
    // Dates as well, and the first column of the rule.
    holds(&of(
        900,
        &[
            "kind: correlation, columns: [hired, score], coefficient: -0.4",
            "kind: statistic, column: hired, fn: mean, equals: 2021-06-01, when: \"kind = 'x'\"",
            "kind: statistic, column: score, fn: mean, equals: 55, when: \"kind <> 'y'\"",
        ],
    ));
}

#[test]
fn the_other_rows_make_up_for_what_is_asked_of_some() {
    for rules in [
        [
            "fn: mean, equals: 2800",
            "fn: mean, equals: 3500, when: \"kind = 'x'\"",
            "fn: mean, equals: 2500, when: \"kind = 'y'\"",
        ],
        [
            "fn: mean, equals: 2800",
            "fn: std, equals: 700, when: \"kind = 'x'\"",
            "fn: max, equals: 4500, when: \"kind = 'x'\"",
        ],
        [
            "fn: mean, equals: 2600",
            "fn: median, equals: 2300, when: \"kind = 'x'\"",
            "fn: min, equals: 900, when: \"kind = 'z'\"",
        ],
    ] {
        let rules = rules.map(|rule| format!("kind: statistic, column: salary, {rule}"));
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        for rows in [120, 700] {
            holds(&of(rows, &rules));
        }
    }
    let thirds = |mean: &str| {
        let of_all = format!("kind: statistic, column: score, fn: mean, equals: {mean}, tolerance: 0.5");
        let mut rules = vec!["kind: share, column: kind, shares: { x: 0.5, y: 0.25, z: 0.25 }".to_owned(), of_all];
        rules.extend([("x", 40), ("y", 60), ("z", 70)].map(|(kind, mean)| {
            format!("kind: statistic, column: score, fn: mean, equals: {mean}, when: \"kind = '{kind}'\"")
        }));
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        of(400, &rules)
    };
    // All rows are spoken of: half of 40, a quarter of 60 and of 70.
    holds(&thirds("52.5"));
    let found = problems(&thirds("54"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains(
            "beside r2 and r3 and r4, r1 asks for a mean of 54, and those of all rows together have one of 52.5"
        ),
        "{found:?}"
    );
    // What is left for the others is beyond what they can have.
    let found = problems(&of(
        400,
        &[
            "kind: statistic, column: years, fn: mean, equals: 5",
            "kind: statistic, column: years, fn: mean, equals: 29, when: \"kind <> 'x'\"",
        ],
    ));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("beside r1, r0 asks for a mean of -"), "{found:?}");
    // Overlapping conditions have no such order.
    let found = problems(&of(
        400,
        &[
            "kind: correlation, columns: [years, score], coefficient: 0.3",
            "kind: statistic, column: years, fn: mean, equals: 15, when: \"kind <> 'y'\"",
            "kind: statistic, column: years, fn: mean, equals: 16, when: \"kind <> 'x'\"",
        ],
    ));
    assert!(found[0].contains("r1 and r2 speak of the same rows"), "{found:?}");
}

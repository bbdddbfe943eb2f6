//! `count` of values that are rare, or that nearly all rows have: drawn at once, never looked for.

use super::cases::{holds, problems};
use super::rules::table;
use super::{all_rows, plan};

fn of(column: &str, rule: &str) -> String {
    table(
        3000,
        &format!(
            "      - {{ name: kind, generator: {{ type: choice, values: [a, b, c] }} }}
      - {{ name: m, generator: {{ type: integer, min: 1, max: 1000000 }} }}
      - {{ name: n, {column} }}
    rules: [{{ id: r, kind: count, {rule} }}]
"
        ),
    )
}

#[test]
fn rows_with_rare_values_are_drawn_inside_what_the_condition_leaves() {
    let whole = "generator: { type: integer, min: 1, max: 100000000 }";
    for (column, rule) in [
        (whole, "where: \"n > 99999990\", exactly: 5"),
        (whole, "where: \"n BETWEEN 10 AND 12\", exactly: 5"),
        (whole, "where: \"n = 7\", exactly: 3"),
        (whole, "where: \"n >= 10 AND n < 13 AND n <> 11\", min: 4"),
        (whole, "where: \"n IN (3, 5, 8, 0)\", exactly: 40"),
        (whole, "where: \"m > 100 AND n < 11\", exactly: 7"),
        (whole, "where: \"n BETWEEN 10 AND 12\", min: 2, max: 3, per: [kind]"),
        (whole, "where: \"n > 99999990\", when: \"kind = 'a'\", min: 9"),
        (
            "generator: { type: date, start: 0001-01-01, end: 9999-12-31 }",
            "where: \"n = DATE '2024-02-29'\", exactly: 2",
        ),
        ("generator: { type: decimal, min: 0, max: 1000000, scale: 2 }", "where: \"n <= 0.05\", exactly: 6"),
        ("type: integer, generator: { type: normal, mean: 1000, std: 10 }", "where: \"n > 1045\", exactly: 6"),
        ("null_rate: 0.2, generator: { type: integer, min: 1, max: 100000000 }", "where: \"n > 99999990\", exactly: 5"),
        (
            "generator: { type: choice, values: [x, y], weights: [10000000, 1] }",
            "where: \"n = 'y'\", exactly: 1, per: [kind]",
        ),
    ] {
        holds(&of(column, rule));
    }
}

#[test]
fn rows_that_nearly_all_have_a_value_lose_it_at_once() {
    let whole = "generator: { type: integer, min: 1, max: 100000000 }";
    for rule in [
        "where: \"n < 100000000\", exactly: 2990",
        "where: \"n BETWEEN 2 AND 99999999\", exactly: 2990",
        // One side has no value at all.
        "where: \"n BETWEEN 1 AND 99999999\", exactly: 2990",
        "where: \"n > 1\", max: 990, per: [kind]",
    ] {
        holds(&of(whole, rule));
    }
    // Both ends are met.
    let both = of(whole, "where: \"n BETWEEN 2 AND 99999999\", exactly: 2900");
    let rows = all_rows(&plan(&both), "t");
    let ends = |value: &str| rows.iter().filter(|row| row.ends_with(value)).count();
    assert!(ends("|1") > 20 && ends("|100000000") > 20, "{} {}", ends("|1"), ends("|100000000"));
}

#[test]
fn values_are_spread_as_the_distribution_under_the_condition() {
    let schema = of("generator: { type: integer, min: 1, max: 100000000 }", "where: \"n > 99999900\", exactly: 1000");
    let rows = all_rows(&plan(&schema), "t");
    let mut seen = [0; 10];
    for row in &rows {
        let n: usize = row.rsplit('|').next().and_then(|cell| cell.parse().ok()).expect("a number");
        if n > 99_999_900 {
            seen[(n - 99_999_901) / 10] += 1;
        }
    }
    // Ten classes of a hundred each: chi-square of nine degrees, 33 in one of ten thousand.
    let chi: f64 = seen.iter().map(|seen| (f64::from(*seen) - 100.0).powi(2) / 100.0).sum();
    assert!(chi < 33.0, "{seen:?} {chi}");
}

#[test]
fn a_value_that_the_column_never_has_is_refused() {
    let of_interval = |max: u64| {
        problems(&of(
            &format!("generator: {{ type: integer, min: 1, max: {max} }}"),
            "where: \"n > 2000000\", exactly: 5",
        ))
    };
    let found = of_interval(1_000_000);
    assert!(found[0].contains("no value lies between 2000001 and 1000000"), "{found:?}");
    let found = of_interval(1_000);
    assert!(
        found[0].contains("n cannot take values that keep r: r asks for no value = 5 in all 3000 rows"),
        "{found:?}"
    );
}

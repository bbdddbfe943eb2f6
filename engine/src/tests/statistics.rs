//! `statistic`: means exact, extremes and quantiles placed, distributions that stay within their bounds, or refused with what they can have.

use proptest::prelude::*;

use super::cases::{holds, problems};
use super::rules::{held, table};
use super::{all_rows, plan, rows_of};

/// The values of a column, nulls left out.
fn column(schema: &str, column: usize) -> Vec<f64> {
    let rows = all_rows(&plan(schema), "t");
    rows.iter().filter_map(|row| row.split('|').nth(column)?.parse().ok()).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn means_are_exact_for_every_kind_of_distribution() {
    let schema = table(
        3001,
        "      - { name: days, generator: { type: normal, mean: 20, std: 8, min: 1, max: 60 }, type: integer }
      - { name: price, generator: { type: decimal, min: 1, max: 500 } }
      - { name: share, generator: { type: beta, a: 2, b: 5 } }
      - { name: ratio, generator: { type: float, min: -1, max: 1, digits: 3 } }
      - { name: step, generator: { type: integer, min: 0, max: 100, step: 5 } }
      - { name: day, null_rate: 0.2, generator: { type: date, start: 2024-01-01, end: 2024-12-31 } }
      - { name: few, generator: { type: poisson, mean: 3 } }
    rules:
      - { id: days, kind: statistic, column: days, fn: mean, equals: 15 }
      - { id: price, kind: statistic, column: price, fn: mean, equals: 99.95 }
      - { id: share, kind: statistic, column: share, fn: mean, equals: 0.6 }
      - { id: ratio, kind: statistic, column: ratio, fn: mean, equals: 0.25 }
      - { id: step, kind: statistic, column: step, fn: mean, equals: 40, tolerance: 0.01 }
      - { id: day, kind: statistic, column: day, fn: mean, equals: 2024-04-01, tolerance: 0.5 }
      - { id: few, kind: statistic, column: few, fn: mean, equals: 4 }
",
    );
    holds(&schema);
    assert_eq!(held(&schema, "days"), "by_construction");
    let days = column(&schema, 1);
    assert_eq!(days.iter().sum::<f64>(), 15.0 * 3001.0);
    assert!(days.iter().all(|day| (1.0..=60.0).contains(day)));
    assert!((mean(&column(&schema, 3)) - 0.6).abs() < 1e-9);
    assert!(column(&schema, 5).iter().all(|step| step % 5.0 == 0.0));
}

#[test]
fn a_list_of_numbers_keeps_its_values() {
    let schema = |rules: &str| {
        table(
            1001,
            &format!(
                "      - {{ name: stars, generator: {{ type: choice, values: [1, 2, 3, 4, 5], weights: [1, 1, 2, 4, 4] }} }}
      - {{ name: rate, generator: {{ type: choice, values: [0.00, 0.05, 0.10, 0.20] }} }}
      - {{ name: fixed, generator: {{ type: choice, values: [1, 2], quota: exact }} }}
    rules:\n{rules}"
            ),
        )
    };
    let both = schema(
        "      - { id: stars, kind: statistic, column: stars, fn: mean, equals: 4.2, tolerance: 0.001 }
      - { id: rate, kind: statistic, column: rate, fn: mean, equals: 0.06, tolerance: 0.0001 }
      - { id: rate-mid, kind: statistic, column: rate, fn: median, equals: 0.05 }
",
    );
    holds(&both);
    let stars = column(&both, 1);
    assert_eq!(stars.iter().sum::<f64>(), libm::rint(4.2 * 1001.0));
    assert!((1..=5).all(|value| stars.contains(&f64::from(value))));
    let mut rates = column(&both, 2);
    assert!((rates.iter().sum::<f64>() - 0.06 * 1001.0).abs() <= 0.025);
    assert!(rates.iter().all(|rate| [0.0, 0.05, 0.1, 0.2].contains(rate)));
    rates.sort_by(f64::total_cmp);
    assert_eq!(rates[500], 0.05);
    let found = problems(&schema("      - { id: r, kind: statistic, column: stars, fn: median, equals: 7 }\n"));
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with("tables[0].rules[0]: r asks for 7 of stars, which is one of 1, 2, 3, 4, 5"),
        "{found:?}"
    );
    let found = problems(&schema("      - { id: r, kind: statistic, column: stars, fn: mean, equals: 5.5 }\n"));
    assert!(found[0].contains("r asks for a mean of 5.5, and stars can have one between 1 and 5"), "{found:?}");
    let found = problems(&schema("      - { id: r, kind: statistic, column: fixed, fn: mean, equals: 1.5 }\n"));
    assert!(found[0].contains("r needs a column of numbers or dates of one distribution"), "{found:?}");
}

#[test]
fn deviations_extremes_and_quantiles_are_met_together() {
    let schema = table(
        2000,
        "      - { name: pay, generator: { type: lognormal, median: 3000, sigma: 0.5, min: 500, max: 20000 }, type: decimal }
      - { name: age, generator: { type: integer, min: 18, max: 90 } }
      - { name: size, generator: { type: normal, mean: 0, std: 1 } }
    rules:
      - { id: pay-mean, kind: statistic, column: pay, fn: mean, equals: 3500 }
      - { id: pay-std, kind: statistic, column: pay, fn: std, equals: 1200 }
      - { id: age-min, kind: statistic, column: age, fn: min, equals: 21 }
      - { id: age-max, kind: statistic, column: age, fn: max, equals: 67 }
      - { id: age-median, kind: statistic, column: age, fn: median, equals: 35 }
      - { id: age-90, kind: statistic, column: age, fn: quantile, q: 0.9, equals: 55 }
      - { id: age-mean, kind: statistic, column: age, fn: mean, equals: 37.5 }
      - { id: size-std, kind: statistic, column: size, fn: std, equals: 2.5, tolerance: 0.05 }
",
    );
    holds(&schema);
    let ages = column(&schema, 2);
    assert_eq!(ages.iter().sum::<f64>(), 37.5 * 2000.0);
}

#[test]
fn each_condition_has_its_own_statistics_and_other_rows_stay_as_they_are() {
    let base = table(
        4000,
        "      - { name: kind, generator: { type: choice, values: [a, b, c] } }
      - { name: days, null_rate: 0.1, generator: { type: integer, min: 1, max: 60 } }
",
    );
    let schema = format!(
        "{base}    rules:
      - {{ id: a, kind: statistic, when: \"kind = 'a'\", column: days, fn: mean, equals: 10.25 }}
      - {{ id: b, kind: statistic, when: \"kind = 'b'\", column: days, fn: median, equals: 50 }}
"
    );
    holds(&schema);
    let (before, after) = (all_rows(&plan(&base), "t"), all_rows(&plan(&schema), "t"));
    for (before, after) in before.iter().zip(&after) {
        assert!(before == after || !before.contains("|c|"), "{before} {after}");
    }
}

#[test]
fn what_a_distribution_cannot_have_is_refused_with_what_it_can() {
    let of = |rules: &str| {
        problems(&table(
            500,
            &format!(
                "      - {{ name: kind, generator: {{ type: choice, values: [a, b] }} }}\n      - {{ name: n, generator: {{ type: integer, min: 1, max: 60 }} }}\n    rules:\n{rules}"
            ),
        ))
    };
    let found = of("      - { id: r, kind: statistic, column: n, fn: mean, equals: 70 }\n");
    assert!(
        found[0].starts_with(
            "tables[0].rules[0]: r asks for a mean of 70, and n can have one between 1 and 60 in these 500 rows"
        ),
        "{found:?}"
    );
    let found = of("      - { id: r, kind: statistic, column: n, fn: max, equals: 70 }\n");
    assert!(
        found[0].starts_with("tables[0].rules[0]: r asks for 70 of n, whose values lie between 1 and 60"),
        "{found:?}"
    );
    let found = of(
        "      - { id: r, kind: statistic, column: n, fn: max, equals: 20 }\n      - { id: s, kind: statistic, column: n, fn: median, equals: 30 }\n",
    );
    assert!(found[0].contains("r and s ask for 30 and 20 of n in an order that 500 values cannot have"), "{found:?}");
    let found = of(
        "      - { id: r, kind: statistic, column: n, fn: median, equals: 20 }\n      - { id: s, kind: statistic, when: \"kind = 'a'\", column: n, fn: mean, equals: 30 }\n",
    );
    assert!(found[0].contains("r and s overlap without nesting"), "{found:?}");
    let found = of(
        "      - { id: r, kind: statistic, when: \"id > 100\", column: n, fn: mean, equals: 20 }\n      - { id: s, kind: statistic, when: \"kind = 'a'\", column: n, fn: mean, equals: 30 }\n",
    );
    assert!(found[0].contains("r and s speak of the same "), "{found:?}");
    let found = of("      - { id: r, kind: statistic, column: kind, fn: mean, equals: 20 }\n");
    assert!(
        found[0].starts_with(
            "tables[0].rules[0].column: r needs a column of numbers or dates of one distribution, and choice makes kind"
        ),
        "{found:?}"
    );
    let found = of("      - { id: r, kind: statistic, column: n, fn: median, equals: high }\n");
    assert_eq!(found, ["tables[0].rules[0].equals: \"high\" is no value of integer"]);
    let found = of("      - { id: r, kind: statistic, column: n, fn: mode, equals: 3 }\n");
    assert!(found[0].starts_with("tables[0].rules[0].fn: unknown value \"mode\""), "{found:?}");
    let found = of(
        "      - { id: r, kind: statistic, column: n, fn: mean, equals: 3 }\n      - { id: s, kind: count, where: \"n % 5 = 1\", exactly: 3 }\n",
    );
    assert!(found[0].contains("n is owned by both s and r"), "{found:?}");
    let found = of("      - { id: r, kind: statistic, column: n, fn: std, equals: 500 }\n");
    assert!(found[0].contains("r asks for a standard deviation of 500, and n can have one between "), "{found:?}");
}

/// Two statistics of one column: generated and proved where the schema plans, and where it does not, mended by what is proposed.
fn settles(column: &str, one: &str, other: &str) -> bool {
    let schema = table(
        700,
        &format!(
            "      - {{ name: n, {column} }}
    rules:
      - {{ id: r, kind: statistic, column: n, {one} }}
      - {{ id: s, kind: statistic, column: n, {other} }}
"
        ),
    );
    let found = super::compiled(&schema);
    if found.plan.is_some() {
        holds(&schema);
        return true;
    }
    let problem = &found.problems[0];
    // Without a proposal the sentence itself says what the column can have.
    let Some(fix) = problem.fix.as_ref() else {
        assert!(problem.detail.contains("the nearest that n can have"), "nothing is proposed: {problem} {schema}");
        return false;
    };
    let read = crate::schema::read(&schema, &crate::schema::Overrides::new()).dataset.expect("a dataset");
    let mended = super::patched(&serde_json::to_value(read).expect("JSON"), fix);
    holds(&mended.to_string());
    false
}

#[test]
fn two_statistics_of_a_column_are_met_or_refused_by_the_plan() {
    let normal = "generator: { type: normal, mean: 100, std: 15 }";
    let whole = "generator: { type: integer, min: 1, max: 100 }";
    // What a column can well have is made.
    for (column, one, other) in [
        (normal, "fn: median, equals: 100", "fn: std, equals: 10"),
        (normal, "fn: median, equals: 105", "fn: std, equals: 20"),
        (normal, "fn: std, equals: 12", "fn: max, equals: 140"),
        (whole, "fn: median, equals: 50", "fn: std, equals: 10"),
        (whole, "fn: std, equals: 20", "fn: max, equals: 90"),
        (whole, "fn: std, equals: 20", "fn: min, equals: 5"),
        (whole, "fn: std, equals: 40", "fn: median, equals: 50"),
        (whole, "fn: mean, equals: 40", "fn: median, equals: 35"),
        (whole, "fn: quantile, q: 0.9, equals: 60", "fn: std, equals: 15"),
        (whole, "fn: mean, equals: 40, tolerance: 0.1", "fn: std, equals: 15, tolerance: 0.01"),
    ] {
        assert!(settles(column, one, other), "{column} {one} {other}");
    }
    for (column, one, other) in [
        (whole, "fn: std, equals: 60", "fn: max, equals: 90"),
        (whole, "fn: std, equals: 1", "fn: max, equals: 100"),
        (whole, "fn: median, equals: 10", "fn: mean, equals: 80"),
        ("generator: { type: choice, values: [0, 100] }", "fn: mean, equals: 33.35", "fn: max, equals: 100"),
        (
            "generator: { type: choice, values: [1, 2, 3, 4, 5] }",
            "fn: std, equals: 1.1, tolerance: 0.001",
            "fn: median, equals: 4",
        ),
        ("generator: { type: integer, min: 0, max: 100, step: 50 }", "fn: mean, equals: 33.31", "fn: max, equals: 100"),
    ] {
        settles(column, one, other);
    }
}

proptest! {
    #[test]
    fn sums_are_exact_and_ranges_alone_are_the_same(rows in 1_u64..9_000, tenths in 100_u32..500, start in 0_u64..9_000) {
        let schema = table(
            rows,
            &format!(
                "      - {{ name: n, generator: {{ type: integer, min: 1, max: 60 }} }}\n    rules: [{{ id: r, kind: statistic, column: n, fn: mean, equals: {} }}]\n",
                f64::from(tenths) / 10.0
            ),
        );
        let plan = plan(&schema);
        let whole = all_rows(&plan, "t");
        let sum: u64 = whole.iter().map(|row| row.split('|').nth(1).expect("n").parse::<u64>().expect("a number")).sum();
        let exact = f64::from(tenths) / 10.0 * rows as f64;
        prop_assert!((sum as f64 - exact).abs() <= 0.5 + 1e-6, "{} {}", sum, exact);
        let (start, end) = (start.min(rows - 1), (start + 100).min(rows));
        let alone = super::plan(&schema);
        let part = crate::run::batch(&alone, 0, start..end.max(start)).expect("rows");
        prop_assert_eq!(rows_of(&part), &whole[start as usize..end.max(start) as usize]);
    }
}

#[test]
fn the_largest_value_of_a_list_may_stand_more_than_once() {
    let schema = |rules: &str| {
        table(
            200,
            &format!(
                "      - {{ name: stars, generator: {{ type: choice, values: [1, 2, 3, 4, 5], weights: [1, 1, 2, 4, 2] }} }}
    rules:\n{rules}"
            ),
        )
    };
    for (max, mean) in [(5, "4.6"), (5, "1.4"), (5, "4.99"), (4, "3.7"), (3, "2.95")] {
        let asked = schema(&format!(
            "      - {{ id: top, kind: statistic, column: stars, fn: max, equals: {max} }}
      - {{ id: mean, kind: statistic, column: stars, fn: mean, equals: {mean}, tolerance: 0.01 }}\n"
        ));
        holds(&asked);
    }
    // A middle that many have.
    for mean in ["2.2", "2.99", "3.01", "3.9"] {
        holds(&schema(&format!(
            "      - {{ id: middle, kind: statistic, column: stars, fn: median, equals: 3 }}
      - {{ id: mean, kind: statistic, column: stars, fn: mean, equals: {mean}, tolerance: 0.01 }}\n"
        )));
    }
    let alone = schema("      - { id: top, kind: statistic, column: stars, fn: max, equals: 5 }\n");
    holds(&alone);
    // As often as its weight says: two of ten.
    let top = column(&alone, 1).iter().filter(|stars| **stars == 5.0).count();
    assert!((40..=41).contains(&top), "{top}");
}

#[test]
fn any_number_of_conditions_have_their_statistics() {
    let of = |groups: u64| {
        let rules = (0..groups).map(|group| {
            format!("      - {{ id: r{group}, kind: statistic, column: n, fn: mean, equals: {}, when: \"kind = {group}\" }}\n", 400 + group)
        });
        let rules: String = rules.collect();
        table(
            3000,
            &format!(
                "      - {{ name: kind, generator: {{ type: integer, min: 0, max: 99 }} }}
      - {{ name: n, generator: {{ type: integer, min: 0, max: 1000 }} }}
    rules:
{rules}"
            ),
        )
    };
    for groups in [60, 61, 90] {
        holds(&of(groups));
    }
}

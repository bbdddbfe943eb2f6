//! Declared distributions, measured on the rows.

use std::sync::Arc;

use super::plan;
use super::proved::proved;
use crate::plan::Plan;
use crate::verify::Fit;

/// The probability that a right column is taken for a wrong one.
const ALPHA: f64 = 1e-6;

const COLUMNS: [(&str, &str); 19] = [
    ("pay", "type: decimal, generator: { type: normal, mean: 4200, std: 900, min: 1130 }"),
    ("whole", "type: integer, generator: { type: normal, mean: 3, std: 2 }"),
    ("months", "generator: { type: integer, min: 0, max: 240 }"),
    ("few", "generator: { type: integer, min: 1, max: 3 }"),
    ("day", "generator: { type: date, start: 2024-01-01, end: 2025-12-31 }"),
    ("calls", "generator: { type: poisson, mean: 2.5 }"),
    ("tries", "null_rate: 0.3, generator: { type: binomial, n: 12, p: 0.4 }"),
    ("rank", "generator: { type: zipf, n: 1000, s: 1.1 }"),
    ("gap", "generator: { type: exponential, mean: 4 }"),
    ("tail", "type: decimal, generator: { type: lognormal, median: 3000, sigma: 0.6, min: 500, max: 20000 }"),
    ("share", "generator: { type: beta, a: 2, b: 5 }"),
    ("digits", "generator: { type: float, min: -1, max: 1, digits: 2 }"),
    ("state", "generator: { type: choice, values: [open, waiting, closed], weights: [5, 3, 2] }"),
    ("exact", "generator: { type: choice, values: [a, b], weights: [1, 3], quota: exact }"),
    ("active", "generator: { type: boolean, true_rate: 0.7 }"),
    ("title", "generator: { type: job_title }"),
    ("stars", "generator: { type: choice, values: [5, 4, 3, 1, 2], weights: [4, 3, 1, 1, 1] }"),
    ("rate", "generator: { type: choice, values: [0.5, 1.25, 3] }"),
    ("long", "generator: { type: choice, values: [waiting for an answer, waiting for somebody else, done, \"\"] }"),
];

fn table(columns: &[(&str, &str)], rows: u64) -> Arc<Plan> {
    let columns: Vec<String> =
        columns.iter().map(|(name, rest)| format!("      - {{ name: {name}, {rest} }}")).collect();
    let columns = columns.join("\n");
    plan(&format!("name: d\nrandom_seed: 7\ntables:\n  - name: t\n    rows: {rows}\n    columns:\n{columns}\n"))
}

fn fits(asked: &Arc<Plan>, rows: &Arc<Plan>) -> Vec<Fit> {
    let certificate = super::proved::measured(&asked.dataset, &asked.expected(), rows).expect("a certificate");
    assert!(certificate.holds());
    certificate.distributions
}

#[test]
fn each_declared_distribution_is_measured_and_right() {
    let plan = table(&COLUMNS, 50_000);
    let mut certificate = proved(&plan.dataset, &plan).expect("a certificate");
    let nulls = certificate.distributions.pop().expect("the share of nulls");
    assert_eq!((nulls.column.as_str(), nulls.generator.as_str(), nulls.checked), ("tries", "null_rate: 0.3", 50_000));
    assert!(nulls.p_value.expect("enough rows") > ALPHA, "{nulls:?}");
    let found: Vec<&str> = certificate.distributions.iter().map(|fit| fit.column.as_str()).collect();
    assert_eq!(found, COLUMNS.map(|(name, _)| name));
    for fit in &certificate.distributions {
        let p_value = fit.p_value.expect("enough values");
        assert!(p_value > ALPHA && p_value <= 1.0, "{fit:?}");
        assert_eq!(fit.outside, 0, "{fit:?}");
        let expected = if fit.column == "tries" { 34_000..36_000 } else { 50_000..50_001 };
        assert!(expected.contains(&fit.checked), "{fit:?}");
        assert!(fit.generator.starts_with("{type: "), "{fit:?}");
    }
    let exact = certificate.distributions.iter().find(|fit| fit.column == "exact").expect("measured");
    assert_eq!((exact.chi_square, exact.p_value), (Some(0.0), Some(1.0)));
}

#[test]
fn what_is_distributed_otherwise_is_told_and_breaks_nothing() {
    let others = [
        ("pay", "type: decimal, generator: { type: normal, mean: 4300, std: 900, min: 1130 }"),
        ("calls", "generator: { type: poisson, mean: 2.6 }"),
        ("day", "generator: { type: date, start: 2024-02-01, end: 2025-12-31 }"),
        ("state", "generator: { type: choice, values: [open, waiting, closed], weights: [5, 3.2, 1.8] }"),
        ("few", "generator: { type: integer, min: 1, max: 4 }"),
        ("active", "generator: { type: boolean, true_rate: 0.68 }"),
        ("tries", "null_rate: 0.33, generator: { type: binomial, n: 12, p: 0.37 }"),
    ];
    let asked: Vec<(&str, &str)> =
        others.iter().filter_map(|(name, _)| COLUMNS.iter().find(|(of, _)| of == name)).copied().collect();
    for fit in fits(&table(&asked, 50_000), &table(&others, 50_000)) {
        assert!(fit.p_value.expect("enough values") < ALPHA, "{fit:?}");
        assert_eq!(fit.outside > 0, fit.column == "few", "{fit:?}");
    }
}

#[test]
fn of_few_rows_nothing_is_said_and_rules_may_bend_what_is_declared() {
    let few = table(&COLUMNS[..3], 9);
    assert!(fits(&few, &few).iter().all(|fit| fit.p_value.is_none() && fit.checked == 9));
    let bent = plan(
        "
name: d
tables:
  - name: t
    rows: 20000
    columns:
      - { name: kind, generator: { type: choice, values: [a, b] } }
      - { name: n, generator: { type: integer, min: 0, max: 99 } }
    rules:
      - { id: small, kind: implies, if: kind = 'a', then: n % 10 = 0 }
",
    );
    let found = fits(&bent, &bent);
    assert_eq!(found.iter().map(|fit| fit.column.as_str()).collect::<Vec<_>>(), ["kind", "n"]);
    assert!(found[0].p_value.expect("enough") > ALPHA && found[1].p_value.expect("enough") < ALPHA, "{found:?}");
}

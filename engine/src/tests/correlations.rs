//! `correlation`: coefficients that hold for every kind of distribution, distributions that stay, ranges alone the same, and what cannot be.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch, UInt32Array};
use datafusion::arrow::compute::{cast, take};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::execution::runtime_env::RuntimeEnv;
use proptest::prelude::*;

use super::cases::{holds, problems};
use super::rules::{held, table};
use super::{all_rows, plan, rows_of};
use crate::enforce::correlate::Method;
use crate::plan::Plan;
use crate::verify::Certificate;

fn numbers(values: &ArrayRef) -> Vec<Option<f64>> {
    let values = match values.data_type() {
        DataType::Date32 => cast(values, &DataType::Int32).expect("days"),
        DataType::Boolean => cast(values, &DataType::Int8).expect("0 and 1"),
        DataType::Timestamp(..) => cast(values, &DataType::Int64).expect("microseconds"),
        _ => Arc::clone(values),
    };
    cast(&values, &DataType::Float64).expect("numbers").as_primitive::<Float64Type>().iter().collect()
}

fn whole(plan: &Plan) -> RecordBatch {
    let rows = plan.tables[0].rows;
    let parts: Vec<RecordBatch> =
        crate::run::blocks(0..rows).map(|block| crate::run::batch(plan, 0, block).expect("rows")).collect();
    datafusion::arrow::compute::concat_batches(&plan.tables[0].schema, &parts).expect("one batch")
}

/// The coefficient of two columns of a table's rows, nulls aside.
fn coefficient(rows: &RecordBatch, method: &str, first: &str, second: &str) -> f64 {
    let of = |name: &str| numbers(rows.column_by_name(name).expect("a column"));
    let both = of(first).into_iter().zip(of(second)).filter_map(|(x, y)| Some((x?, y?)));
    let (xs, ys): (Vec<f64>, Vec<f64>) = both.unzip();
    Method::named(Some(method)).and_then(|method| method.of(&xs, &ys)).expect("a coefficient")
}

fn certified(plan: &Plan, rows: RecordBatch) -> Certificate {
    let schema = rows.schema();
    let provider: Arc<dyn TableProvider> = Arc::new(MemTable::try_new(schema, vec![vec![rows]]).expect("a table"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let tables = vec![(plan.tables[0].name.clone(), provider)];
    runtime
        .block_on(crate::verify::certify(&plan.dataset, tables, Arc::new(RuntimeEnv::default())))
        .expect("a certificate")
}

/// Columns of many kinds.
const KINDS: &str = "      - { name: normal, generator: { type: normal, mean: 170, std: 10 } }
      - { name: uniform, generator: { type: float, min: -1, max: 3 } }
      - { name: exponential, generator: { type: exponential, mean: 4 } }
      - { name: pay, generator: { type: lognormal, median: 3000, sigma: 0.6, min: 500, max: 20000 }, type: decimal }
      - { name: years, generator: { type: integer, min: 0, max: 40 } }
      - { name: few, generator: { type: poisson, mean: 1.5 } }
      - { name: day, generator: { type: date, start: 2020-01-01, end: 2025-12-31 } }
      - { name: at, generator: { type: datetime, start: 2024-01-01, end: 2024-12-31 } }
      - { name: score, generator: { type: choice, values: [5, 1, 3, 2, 4], weights: [1, 4, 3, 2, 2] } }
      - { name: left, generator: { type: boolean, true_rate: 0.3 } }
";

#[test]
fn coefficients_hold_for_every_kind_of_distribution_and_method() {
    let pairs = [
        ("normal", "uniform", "pearson", 0.65),
        ("exponential", "pay", "pearson", -0.3),
        ("years", "day", "spearman", 0.8),
        ("few", "score", "kendall", 0.4),
        ("at", "left", "pearson", -0.5),
    ];
    let mut rules = String::from("    rules:\n");
    for (first, second, method, coefficient) in pairs {
        rules.push_str(&format!(
            "      - {{ id: {first}-{second}, kind: correlation, columns: [{first}, {second}], coefficient: {coefficient}, method: {method}, tolerance: 0.01 }}\n"
        ));
    }
    let schema = table(3000, &format!("{KINDS}{rules}"));
    holds(&schema);
    assert_eq!(held(&schema, "years-day"), "by_construction");
    let plan = plan(&schema);
    let rows = whole(&plan);
    for (first, second, method, wanted) in pairs {
        let found = coefficient(&rows, method, first, second);
        // A twentieth of the tolerance is where the matrix stops moving.
        assert!((found - wanted).abs() < 0.004, "{first} {second} {found} {wanted}");
    }
    let note = &plan.report().rules.iter().find(|rule| rule.id == "normal-uniform").expect("the rule").note;
    assert!(note.starts_with("measured in 3000 rows: normal, uniform: 0.65"), "{note}");
    // Columns that no rule ties together stay apart: five standard errors.
    assert!(coefficient(&rows, "pearson", "normal", "pay").abs() < 5.0 / 3000_f64.sqrt());
}

#[test]
fn distributions_stay_and_the_first_column_keeps_its_values() {
    let base = table(4000, KINDS);
    let schema = format!(
        "{base}    rules:
      - {{ id: a, kind: correlation, columns: [normal, exponential], coefficient: 0.7 }}
      - {{ id: b, kind: correlation, columns: [day, years], coefficient: -0.6 }}
      - {{ id: c, kind: correlation, columns: [score, left], coefficient: 0.4 }}
"
    );
    let (before, after) = (whole(&plan(&base)), whole(&plan(&schema)));
    let column = |rows: &RecordBatch, name: &str| {
        numbers(rows.column_by_name(name).expect("a column")).into_iter().flatten().collect::<Vec<_>>()
    };
    for first in ["normal", "day", "pay", "few"] {
        assert_eq!(column(&before, first), column(&after, first), "{first}");
    }
    for name in ["exponential", "years", "score", "left"] {
        // Two samples of one distribution (Kolmogorov–Smirnov): 1.95·√(2/4000) = 0.044 in one of a thousand.
        let (mut one, mut other) = (column(&before, name), column(&after, name));
        one.sort_by(f64::total_cmp);
        other.sort_by(f64::total_cmp);
        let share = |values: &[f64], value: f64| values.partition_point(|known| *known <= value) as f64 / 4000.0;
        let far = one.iter().map(|value| (share(&one, *value) - share(&other, *value)).abs()).fold(0.0, f64::max);
        assert!(far < 0.044, "{name} {far}");
    }
}

#[test]
fn a_matrix_and_rules_that_share_columns_hold_together() {
    let schema = table(
        2500,
        &format!(
            "{KINDS}    rules:
      - {{ id: m, kind: correlation, columns: [years, pay, day, few], method: spearman, matrix: [[1, 0.6, 0.3, 0], [0.6, 1, 0.2, -0.25], [0.3, 0.2, 1, 0.1], [0, -0.25, 0.1, 1]] }}
      - {{ id: p, kind: correlation, columns: [normal, uniform], coefficient: 0.9 }}
      - {{ id: q, kind: correlation, columns: [uniform, exponential], coefficient: 0.8 }}
"
        ),
    );
    holds(&schema);
    let rows = whole(&plan(&schema));
    for (first, second, wanted) in
        [("years", "pay", 0.6), ("years", "few", 0.0), ("pay", "few", -0.25), ("day", "few", 0.1)]
    {
        let found = coefficient(&rows, "spearman", first, second);
        assert!((found - wanted).abs() < 0.006, "{first} {second} {found}");
    }
    // What no rule says follows from the rest: no correlation matrix has 0.9, 0.8 and nothing.
    assert!(coefficient(&rows, "pearson", "normal", "exponential") > 0.3);
}

#[test]
fn a_rule_holds_in_the_rows_of_its_condition_and_nulls_are_left_out() {
    let schema = table(
        4000,
        "      - { name: kind, generator: { type: choice, values: [a, b, c] } }
      - { name: x, null_rate: 0.2, generator: { type: normal } }
      - { name: y, null_when: \"kind = 'c'\", generator: { type: exponential, mean: 2 } }
      - { name: z, null_when: \"y < 0.5\", generator: { type: integer, min: 1, max: 9 } }
    rules:
      - { id: r, kind: correlation, when: \"kind <> 'b'\", columns: [x, y], coefficient: 0.7, tolerance: 0.005 }
      - { id: s, kind: correlation, when: \"kind <> 'b'\", columns: [y, z], coefficient: 0.1, tolerance: 0.2 }
      - { id: absent, kind: implies, if: \"kind = 'a' AND id > 3000\", then: \"x IS NULL\" }
      - { id: fixed, kind: implies, if: \"kind = 'a' AND id < 100\", then: \"x = 1\" }
",
    );
    holds(&schema);
    let plan = plan(&schema);
    let rows = whole(&plan);
    let of = |wanted: &str| {
        let kinds = rows.column_by_name("kind").expect("a column").as_string_view().clone();
        let places: UInt32Array =
            (0..rows.num_rows() as u32).filter(|row| kinds.value(*row as usize) == wanted).collect::<Vec<_>>().into();
        let columns: Vec<ArrayRef> =
            rows.columns().iter().map(|column| take(column, &places, None).expect("rows")).collect();
        RecordBatch::try_new(rows.schema(), columns).expect("rows")
    };
    // In the other rows the columns stay apart: five standard errors of about a thousand rows.
    assert!(coefficient(&of("b"), "pearson", "x", "y").abs() < 0.16);
    assert!(coefficient(&of("a"), "pearson", "x", "y") > 0.6);
}

#[test]
fn what_belongs_to_a_record_moves_with_other_columns() {
    holds(&table(
        2000,
        "      - { name: born, generator: { type: date_of_birth, min_age: 18, max_age: 70 } }
      - { name: years, seed_as: seniority, generator: { type: integer, min: 0, max: 40 } }
      - { name: price, generator: { type: price, min: 5, max: 200, ending: 99 } }
    rules:
      - { id: older, kind: correlation, columns: [born, years], coefficient: -0.6 }
      - { id: dearer, kind: correlation, columns: [born, price], coefficient: 0.2, method: kendall }
",
    ));
}

#[test]
fn columns_in_order_move_together_as_well() {
    let schema = table(
        3000,
        "      - { name: first, generator: { type: date, start: 2024-01-01, end: 2024-12-31 } }
      - { name: last, generator: { type: date, start: 2024-01-01, end: 2024-12-31 } }
      - { name: low, generator: { type: integer, min: 0, max: 100 } }
      - { name: high, generator: { type: integer, min: 0, max: 100 } }
      - { name: size, generator: { type: normal } }
    rules:
      - { id: order, kind: order, columns: [first, last], gap: { min: 1d } }
      - { id: together, kind: correlation, columns: [first, last], coefficient: 0.75 }
      - { id: ascending, kind: order, columns: [low, high] }
      - { id: with-size, kind: correlation, columns: [size, high], coefficient: 0.4, method: spearman }
",
    );
    holds(&schema);
}

#[test]
fn a_value_that_follows_from_the_other_column_is_put_in_and_made_up_for() {
    // Either way round, by what a third column has as well, and of every kind of distribution.
    for (rule, share) in [
        ("if: \"x > 95\", then: \"y = 0\"", "y"),
        ("if: \"y > 95\", then: \"x = 0\"", "x"),
        ("if: \"x > 70 AND kind = 'a'\", then: \"y = 10\"", "y"),
        ("if: \"level = 4 AND x < 20\", then: \"y = 5\"", "y"),
        ("if: \"day >= DATE '2024-12-01'\", then: \"level = 1\"", "level"),
    ] {
        let schema = table(
            3000,
            &format!(
                "      - {{ name: kind, generator: {{ type: choice, values: [a, b, c] }} }}
      - {{ name: x, null_rate: 0.1, generator: {{ type: integer, min: 0, max: 100 }} }}
      - {{ name: y, type: decimal, generator: {{ type: integer, min: 0, max: 100 }} }}
      - {{ name: level, generator: {{ type: choice, values: [1, 2, 3, 4] }} }}
      - {{ name: day, generator: {{ type: date, start: 2024-01-01, end: 2024-12-31 }} }}
    rules:
      - {{ id: m, kind: correlation, columns: [x, y, level, day], method: spearman, matrix: [[1, 0.3, 0.2, 0.1], [0.3, 1, 0.2, 0.1], [0.2, 0.2, 1, 0.1], [0.1, 0.1, 0.1, 1]] }}
      - {{ id: follows, kind: implies, {rule} }}
"
            ),
        );
        holds(&schema);
        let plan = plan(&schema);
        assert!(plan.tables[0].schema.index_of(share).is_ok(), "{share} is delivered");
        assert_eq!(held(&schema, "follows"), "projected", "{rule}");
    }
}

#[test]
fn what_follows_from_the_other_column_and_leaves_no_such_coefficient_is_refused() {
    let of = |rule: &str| {
        problems(&table(
            2000,
            &format!(
                "      - {{ name: x, generator: {{ type: integer, min: 0, max: 100 }} }}
      - {{ name: y, generator: {{ type: integer, min: 0, max: 100 }} }}
      - {{ name: twice }}
    rules:
      - {{ id: m, kind: correlation, columns: [x, y], coefficient: 0.9 }}
      - {{ id: twice, kind: calculate, column: twice, sql: \"x * 2\" }}
      - {{ id: follows, kind: implies, {rule} }}
"
            ),
        ))
    };
    let found = of("if: \"x > 40\", then: \"y = 0\"");
    assert!(
        found[0].contains("m asks for a coefficient of 0.9 of x and y, and these 2000 rows come no nearer than"),
        "{found:?}"
    );
    // What is computed of a column is known with it.
    let found = of("if: \"twice > 196\", then: \"y = 0\"");
    assert!(found[0].contains("come no nearer than"), "{found:?}");
    let found = of("if: \"twice > 1960\", then: \"y = 0\"");
    assert_eq!(found, [] as [String; 0]);
    // Each follows from the other.
    let found =
        of("if: \"x > 90\", then: \"y = 0\" }\n      - { id: back, kind: implies, if: \"y > 90\", then: \"x = 0\"");
    assert!(found[0].contains("these columns need each other: t."), "{found:?}");
}

#[test]
fn larger_tables_are_drawn_by_the_distributions_alone() {
    let schema = table(
        20_000,
        &format!(
            "{KINDS}    rules: [{{ id: r, kind: correlation, columns: [exponential, years], coefficient: 0.6, tolerance: 0.05 }}]\n"
        ),
    );
    holds(&schema);
    // What is off is chance: four standard errors of a coefficient of 0.6 in 20,000 rows, and what exponential tails add.
    let found = coefficient(&whole(&plan(&schema)), "pearson", "exponential", "years");
    assert!((found - 0.6).abs() < 0.025, "{found}");
}

#[test]
fn a_certificate_measures_coefficients_and_fails_on_shuffled_rows() {
    let schema = table(
        1000,
        &format!(
            "{KINDS}    rules:
      - {{ id: p, kind: correlation, columns: [normal, pay], coefficient: 0.5 }}
      - {{ id: s, kind: correlation, columns: [years, day], coefficient: 0.5, method: spearman }}
      - {{ id: k, kind: correlation, columns: [few, score], coefficient: 0.3, method: kendall }}
"
        ),
    );
    let plan = plan(&schema);
    let rows = whole(&plan);
    let certificate = certified(&plan, rows.clone());
    assert!(certificate.holds());
    let found = |id: &str, certificate: &Certificate| {
        certificate.results.iter().find(|result| result.id == id).cloned().expect("the rule")
    };
    let result = found("s", &certificate);
    assert_eq!(
        (result.checked, result.measures.len(), result.statement.as_str()),
        (1000, 1, "Spearman's coefficients are years, day: 0.5, each ± 0.03")
    );
    assert_eq!(result.measures[0].asked, "0.5 ± 0.03");
    let measured: f64 = result.measures[0].measured.parse().expect("a number");
    assert!((measured - coefficient(&rows, "spearman", "years", "day")).abs() < 1e-5);
    assert!(certificate.to_html().contains("years, day: "));
    // The same values, but each column turned round by itself.
    let places: UInt32Array = (0..1000_u32).map(|row| (row + 500) % 1000).collect::<Vec<_>>().into();
    let turned = ["pay", "day", "score"];
    let columns: Vec<ArrayRef> = rows
        .columns()
        .iter()
        .zip(rows.schema().fields())
        .map(|(column, field)| match turned.contains(&field.name().as_str()) {
            true => take(column, &places, None).expect("rows"),
            false => Arc::clone(column),
        })
        .collect();
    let certificate = certified(&plan, RecordBatch::try_new(rows.schema(), columns).expect("rows"));
    for id in ["p", "s", "k"] {
        assert_eq!(found(id, &certificate).broken, 1, "{id}");
    }
}

#[test]
fn what_cannot_move_together_is_refused_with_its_reason() {
    let of = |rules: &str| {
        problems(&table(
            500,
            &format!(
                "{KINDS}      - {{ name: word, generator: {{ type: choice, values: [a, b] }} }}\n      - {{ name: one, generator: {{ type: integer, min: 3, max: 3 }} }}\n      - {{ name: own, unique: true, generator: {{ type: integer, min: 1, max: 9000 }} }}\n      - {{ name: sum, generator: {{ type: expression, sql: \"years + 1\" }} }}\n    rules:\n{rules}"
            ),
        ))
    };
    let one = |rule: &str| of(&format!("      - {{ id: r, kind: correlation, {rule} }}\n"));
    let starts = |found: Vec<String>, wanted: &str| {
        assert!(found.first().is_some_and(|first| first.starts_with(wanted)), "{wanted}\n{found:?}")
    };
    starts(
        one("columns: [few, left], coefficient: 0.95"),
        "tables[0].rules[0].coefficient: r asks for a coefficient of 0.95 of few and left, whose distributions can have one between -0.",
    );
    starts(
        one("columns: [normal, word], coefficient: 0.5"),
        "tables[0].rules[0].columns[1]: r needs numbers, dates, times or booleans of one distribution in all rows, and choice makes word",
    );
    starts(
        one("columns: [normal, sum], coefficient: 0.5"),
        "tables[0].rules[0].columns[1]: r needs numbers, dates, times or booleans of one distribution in all rows, and expression makes sum",
    );
    starts(one("columns: [normal, one], coefficient: 0.5"), "tables[0].rules[0].columns: one is the same in every row");
    starts(
        one("columns: [own, normal], coefficient: 0.5"),
        "tables[0].rules[0].columns[0]: own is unique, so r cannot let it move with other columns",
    );
    starts(
        one("columns: [normal, nothing], coefficient: 0.5"),
        "tables[0].rules[0].columns[1]: table t has no column \"nothing\"",
    );
    starts(one("columns: [normal, normal], coefficient: 0.5"), "tables[0].rules[0].columns[1]: normal stands twice");
    starts(one("columns: [normal, years]"), "tables[0].rules[0]: r needs one of coefficient and matrix");
    starts(
        one("columns: [normal, years, pay], coefficient: 0.5"),
        "tables[0].rules[0].columns: one coefficient is of two columns, and r names 3",
    );
    starts(
        one("columns: [normal, years], coefficient: 1.5"),
        "tables[0].rules[0].coefficient: the coefficient 1.5 is not between -1 and 1",
    );
    starts(
        one("columns: [normal, years], coefficient: 0.5, method: cosine"),
        "tables[0].rules[0].method: unknown value \"cosine\"",
    );
    starts(
        one("columns: [normal, years], coefficient: 0.5, tolerance: 0"),
        "tables[0].rules[0].tolerance: the tolerance 0 is not above 0",
    );
    starts(
        one("columns: [normal, years], coefficient: 0.5, when: \"years > 3\""),
        "tables[0].rules[0].when: the condition of r reads years, which the rule moves",
    );
    starts(
        one("columns: [normal, years], matrix: [[1, 0.5], [0.4, 1]]"),
        "tables[0].rules[0].matrix[0][1]: 0.5 and 0.4 are the coefficients of the same two columns",
    );
    starts(
        one("columns: [normal, years], matrix: [[1, 0.5]]"),
        "tables[0].rules[0].matrix: the matrix of r needs 2 rows of 2 coefficients",
    );
    starts(
        one("columns: [normal, years, uniform], matrix: [[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]]"),
        "tables[0].rules[0]: no columns have all coefficients of r; the nearest that can be are normal, years: 0.",
    );
    starts(
        of(
            "      - { id: r, kind: correlation, columns: [years, pay], coefficient: 0.5 }\n      - { id: s, kind: statistic, column: pay, when: \"years > 3\", fn: mean, equals: 3000 }\n",
        ),
        "tables[0].rules[1]: pay is owned by both s and r",
    );
    starts(
        of(
            "      - { id: r, kind: correlation, columns: [years, pay], coefficient: 0.5 }\n      - { id: s, kind: correlation, columns: [pay, few], coefficient: 0.5, when: \"left\" }\n",
        ),
        "tables[0].rules[1]: r and s speak of the same columns in different rows",
    );
    starts(
        of(
            "      - { id: r, kind: correlation, columns: [years, pay], coefficient: 0.5 }\n      - { id: s, kind: correlation, columns: [pay, years], coefficient: 0.6 }\n",
        ),
        "tables[0].rules[1].coefficient: s and r both ask for a coefficient of pay and years",
    );
    // A matrix that is nearly one is taken.
    holds(&table(
        2000,
        &format!(
            "{KINDS}    rules: [{{ id: r, kind: correlation, columns: [normal, uniform, years], tolerance: 0.1, matrix: [[1, 0.9, 0.4], [0.9, 1, 0.8], [0.4, 0.8, 1]] }}]\n"
        ),
    ));
}

#[test]
fn few_rows_have_what_they_can_or_are_refused() {
    let of = |rows: u64, coefficient: f64, tolerance: f64| {
        table(
            rows,
            &format!(
                "{KINDS}    rules: [{{ id: r, kind: correlation, columns: [normal, uniform], coefficient: {coefficient}, tolerance: {tolerance} }}]\n"
            ),
        )
    };
    for rows in [0, 1, 12, 60] {
        holds(&of(rows, 0.65, 0.01));
    }
    // Up to the ends, where the scores are the same or opposite.
    for coefficient in [1, -1] {
        let rule = "kind: correlation, columns: [normal, exponential, day], method: spearman";
        let half = 0.5 * f64::from(coefficient);
        let matrix = format!("[[1, {coefficient}, 0.5], [{coefficient}, 1, {half}], [0.5, {half}, 1]]");
        holds(&table(300, &format!("{KINDS}    rules: [{{ id: r, {rule}, matrix: {matrix} }}]\n")));
    }
    let found = problems(&of(2, 0.65, 0.01));
    assert!(found.first().is_some_and(|found| found.starts_with("tables[0].rules[0]: r asks for a coefficient of 0.65 of normal and uniform, and these 2 rows come no nearer than")), "{found:?}");
    let found = problems(&of(10_000_000, 0.1, 0.001));
    assert!(found.first().is_some_and(|found| found.starts_with("tables[0].rules[0].tolerance: r allows a difference of 0.001, and the coefficients of 10000000 drawn rows may be 0.0013 off")), "{found:?}");
}

proptest! {
    #[test]
    fn any_two_columns_have_any_coefficient_within_reach(
        first in 0_usize..8, step in 1_usize..8, percent in -45_i32..45, method in 0_usize..3, rows in 300_u64..1_200, nulls in 0_u32..3,
    ) {
        let names = ["normal", "uniform", "exponential", "pay", "years", "day", "at", "few"];
        let (one, other, method) = (names[first], names[(first + step) % 8], Method::NAMES[method]);
        let kinds = KINDS.replace("name: pay,", &format!("name: pay, null_rate: 0.{nulls},"));
        let schema = table(rows, &format!(
            "{kinds}    rules: [{{ id: r, kind: correlation, columns: [{one}, {other}], coefficient: {}, method: {method}, tolerance: 0.004 }}]\n",
            f64::from(percent) / 100.0
        ));
        prop_assert_eq!(super::cases::broken(&plan(&schema)).expect("a certificate"), Vec::<String>::new());
    }

    #[test]
    fn ranges_alone_are_the_same(rows in 3_u64..6_000, percent in -60_i32..60, start in 0_u64..6_000) {
        let schema = table(
            rows,
            &format!(
                "      - {{ name: kind, generator: {{ type: choice, values: [a, b] }} }}\n      - {{ name: n, null_rate: 0.1, generator: {{ type: integer, min: 1, max: 60 }} }}\n      - {{ name: m, generator: {{ type: exponential, mean: 3 }} }}\n    rules: [{{ id: r, kind: correlation, when: \"kind = 'a'\", columns: [n, m], coefficient: {}, tolerance: 0.5 }}]\n",
                f64::from(percent) / 100.0
            ),
        );
        // A handful of rows may not be able to have every coefficient.
        let Some(plan) = super::compiled(&schema).plan else {
            prop_assert!(rows < 40, "{schema}");
            return Ok(());
        };
        let whole = all_rows(&plan, "t");
        let (start, end) = (start.min(rows - 1), (start + 100).min(rows));
        let alone = super::plan(&schema);
        let part = crate::run::batch(&alone, 0, start..end.max(start)).expect("rows");
        prop_assert_eq!(rows_of(&part), &whole[start as usize..end.max(start) as usize]);
    }
}

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type};

use super::*;
use crate::plan::{Compiled, Options, Plan, compile_text};
use crate::run::batch;
use crate::schema::Overrides;

fn compile(rows: u64, columns: &[&str], rest: &str) -> Compiled {
    let columns: String = columns.iter().map(|column| format!("\n      - {column}")).collect();
    let text =
        format!("name: test\nrandom_seed: 7\ntables:\n  - name: t\n    rows: {rows}\n    columns:{columns}\n{rest}");
    compile_text(&text, &Overrides::default(), &Options::default())
}

fn plan(rows: u64, columns: &[&str], rest: &str) -> Arc<Plan> {
    let compiled = compile(rows, columns, rest);
    compiled.plan.unwrap_or_else(|| panic!("{columns:?}: {:?}", compiled.problems))
}

/// A column as numbers; null is NaN.
fn numbers(plan: &Plan, column: usize, rows: std::ops::Range<u64>) -> Vec<f64> {
    let batch = batch(plan, 0, rows).expect("rows");
    let floats = cast(batch.column(column), &DataType::Float64).expect("numbers");
    floats.as_primitive::<Float64Type>().iter().map(|value| value.unwrap_or(f64::NAN)).collect()
}

/// Each distribution with bounds that bind, and the bounds.
const BOUNDED: [(&str, f64, f64); 12] = [
    ("type: normal, mean: 20, std: 8, min: 12, max: 30", 12.0, 30.0),
    ("type: lognormal, median: 20, sigma: 0.7, min: 12, max: 30", 12.0, 30.0),
    ("type: exponential, rate: 0.05, min: 12, max: 30", 12.0, 30.0),
    ("type: gamma, shape: 3, scale: 6, min: 12, max: 30", 12.0, 30.0),
    ("type: beta, a: 0.7, b: 2, min: 12, max: 30", 12.0, 30.0),
    ("type: pareto, alpha: 1.2, scale: 5, min: 12, max: 30", 12.0, 30.0),
    ("type: triangular, min: 12, mode: 13, max: 30", 12.0, 30.0),
    ("type: weibull, shape: 1.5, scale: 20, min: 12, max: 30", 12.0, 30.0),
    ("type: student_t, df: 3, mean: 20, scale: 8, min: 12, max: 30", 12.0, 30.0),
    ("type: poisson, mean: 20, min: 12, max: 30", 12.0, 30.0),
    ("type: binomial, n: 100, p: 0.2, min: 12, max: 30", 12.0, 30.0),
    ("type: geometric, p: 0.05, min: 12, max: 30", 12.0, 30.0),
];

#[test]
fn every_type_of_column_gets_values_inside_the_bounds_and_ranges_alone_are_equal() {
    for (generator, min, max) in BOUNDED {
        for logical in [
            "",
            "type: integer, ",
            "type: decimal, scale: 2, precision: 6, ",
            "type: decimal, scale: 3, precision: 30, ",
            "type: float, ",
        ] {
            let column = format!("{{name: x, {logical}generator: {{{generator}}}}}");
            let plan = plan(3_000, &[&column], "");
            let all = numbers(&plan, 0, 0..3_000);
            assert!(all.iter().all(|x| (min..=max).contains(x)), "{column}");
            let part = numbers(&plan, 0, 1_234..1_300);
            assert_eq!(part, all[1_234..1_300], "{column}");
            if logical.contains("integer") {
                assert!(all.iter().all(|x| *x == libm::rint(*x)), "{column}");
                for end in [min, max] {
                    assert!(all.contains(&end), "{column} never takes its end {end}");
                }
            }
        }
    }
}

#[test]
fn moments_are_those_of_the_theory_at_five_sigmas() {
    for (generator, mean, std) in [
        ("type: lognormal, mean: 30, sigma: 0.5", 30.0, 15.987),
        ("type: lognormal, median: 30, sigma: 0.5", 33.9945, 18.116),
        ("type: exponential, rate: 4", 0.25, 0.25),
        ("type: exponential, mean: 4", 4.0, 4.0),
        ("type: gamma, shape: 2.5, scale: 3", 7.5, 4.7434),
        ("type: beta, a: 2, b: 3", 0.4, 0.2),
        ("type: beta, a: 2, b: 3, min: -10, max: 10", -2.0, 4.0),
        ("type: pareto, alpha: 5, scale: 2", 2.5, 0.6455),
        ("type: triangular, mode: 0.2", 0.4, 0.2160),
        ("type: weibull, shape: 2, scale: 3", 2.65868, 1.38977),
        ("type: student_t, df: 10, mean: 1, scale: 2", 1.0, 2.23607),
        ("type: poisson, mean: 3.5", 3.5, 1.87083),
        ("type: binomial, n: 40, p: 0.3", 12.0, 2.89828),
        ("type: geometric, p: 0.2", 5.0, 4.47214),
        ("type: histogram, edges: [0, 1, 3], weights: [1, 3]", 1.625, 0.74),
        // The sum of k/k over the sum of 1/k, k to 100.
        ("type: zipf, n: 100", 19.2776, 24.1),
    ] {
        let plan = plan(4_000, &[&format!("{{name: x, generator: {{{generator}}}}}")], "");
        let values = numbers(&plan, 0, 0..4_000);
        let actual = values.iter().sum::<f64>() / 4_000.0;
        let error = 5.0 * std / 4_000_f64.sqrt();
        assert!((actual - mean).abs() < error, "{generator}: the mean {actual} is not {mean} ± {error}");
    }
}

#[test]
fn rounded_ends_keep_the_mass_of_a_whole_unit() {
    let die = "{name: x, type: integer, generator: {type: beta, a: 1, b: 1, min: 1, max: 6}}";
    let plan = plan(4_000, &[die], "");
    for face in 1..=6 {
        let count = numbers(&plan, 0, 0..4_000).into_iter().filter(|x| *x == f64::from(face)).count();
        assert!((540..800).contains(&count), "{face}: {count}");
    }
}

#[test]
fn parameters_come_from_the_row_and_a_null_one_makes_a_null() {
    let columns = [
        "{name: size, null_rate: 0.1, generator: {type: integer, min: 1, max: 40}}",
        "{name: hits, generator: {type: binomial, n: {sql: size}, p: 0.5}}",
        "{name: calls, generator: {type: poisson, mean: {sql: size}, max: {sql: size}}}",
        "{name: time, generator: {type: gamma, shape: 2, scale: {sql: size}, min: {sql: size}}}",
        "{name: rate, type: integer, generator: {type: beta, a: 2, b: 2, min: 0, max: {sql: size}}}",
        "{name: rank, generator: {type: geometric, p: {sql: 1.0 / size}}}",
    ];
    let plan = plan(2_000, &columns, "");
    let columns: Vec<Vec<f64>> = (0..6).map(|column| numbers(&plan, column, 0..2_000)).collect();
    let mut nulls = 0;
    for (row, size) in columns[0].iter().copied().enumerate() {
        let [hits, calls, time, rate, rank] = [1, 2, 3, 4, 5].map(|column: usize| columns[column][row]);
        if size.is_nan() {
            nulls += 1;
            assert!([hits, calls, time, rate, rank].iter().all(|value| value.is_nan()));
        } else {
            assert!(hits <= size && calls <= size && time >= size && rate <= size && rank >= 1.0, "row {row}");
        }
    }
    assert!(nulls > 100);
    let ratio = |column: usize| {
        let known = columns[column].iter().zip(&columns[0]).filter(|(_, size)| !size.is_nan());
        let (sum, sizes) = known.fold((0.0, 0.0), |(sum, sizes), (value, size)| (sum + value, sizes + size));
        sum / sizes
    };
    assert!((ratio(1) - 0.5).abs() < 0.02, "{}", ratio(1));
    assert!((ratio(5) - 1.0).abs() < 0.15, "{}", ratio(5));
}

#[test]
fn parameters_that_make_no_distribution_are_problems_at_their_place() {
    for (generator, pointer, words) in [
        ("type: normal, std: 0", "/std", "std 0 is not above 0"),
        ("type: lognormal, sigma: -1", "/sigma", "sigma -1 is not above 0"),
        ("type: lognormal, median: 3, mean: 4", "/mean", "median and mean both say where the values lie"),
        ("type: exponential, rate: 0", "/rate", "rate 0 is not above 0"),
        ("type: exponential, max: -1", "/max", "the exponential distribution has no values up to -1"),
        ("type: gamma, shape: 2, min: 5, max: 4", "/max", "4 is below min 5"),
        ("type: gamma, shape: 2, min: 2000", "/min", "has no values from 2000 on"),
        ("type: beta, a: 0, b: 1", "/a", "a 0 is not above 0"),
        (
            "type: pareto, alpha: 1, scale: 10, max: 5",
            "/max",
            "the Pareto distribution of scale 10 has no values up to 5",
        ),
        ("type: triangular, mode: 3", "/mode", "mode 3 is not between min 0 and max 1"),
        ("type: weibull, shape: 0", "/shape", "shape 0 is not above 0"),
        ("type: student_t, df: -2", "/df", "df -2 is not above 0"),
        ("type: poisson, mean: -1", "/mean", "mean -1 is below 0"),
        ("type: poisson, mean: 0, min: 1", "/min", "the Poisson distribution of mean 0 has no values from 1 on"),
        ("type: binomial, n: -1", "/n", "n -1 is below 0"),
        ("type: binomial, n: 5, p: 1.5", "/p", "p 1.5 is not between 0 and 1"),
        (
            "type: binomial, n: 5, min: 6",
            "/min",
            "the binomial distribution of 5 trials and p 0.5 has no values from 6 on",
        ),
        ("type: geometric, p: 0", "/p", "p 0 is not above 0 and at most 1"),
        ("type: zipf, n: 0", "/n", "0 is below the least allowed, 1"),
        ("type: zipf, n: 5, s: -1", "/s", "-1 is below the least allowed, 0"),
        (
            "type: histogram, edges: [0, 1], weights: [1, 2]",
            "/weights",
            "2 weights do not fit 2 edges, which make 1 bins",
        ),
        ("type: histogram, edges: [0, 1, 1], weights: [1, 2]", "/edges/2", "the edge 1 does not ascend from 1"),
        ("type: histogram, edges: [0, 1], weights: [-1]", "/weights/0", "the weight -1 is below 0"),
        ("type: histogram, edges: [0, 1], weights: [0]", "/weights", "the weights add up to nothing"),
        ("type: decimal, min: 1.005", "/min", "1.005 has more than 2 decimal places"),
        ("type: decimal, max: 12345678901234567", "/max", "a decimal has at most 18 digits, 2 of them after the point"),
        ("type: mixture, components: []", "/components", "0 stand here, at least 1 are needed"),
        (
            "type: mixture, components: [{generator: {type: word}}, {generator: {type: integer}}]",
            "/components/1/generator",
            "this component makes integer, the first one string",
        ),
        ("type: mixture, components: [{weight: -1, generator: {type: word}}]", "/components/0/weight", "below 0"),
        (
            "type: bucket, of: id, edges: [1, 2], labels: [a, b]",
            "/labels",
            "2 labels do not fit 2 edges, which make 3 intervals",
        ),
        ("type: bucket, of: id, edges: [2, 1], labels: [a, b, c]", "/edges/1", "the edge 1 does not ascend from 2"),
        ("type: bucket, of: id, edges: [x], labels: [a, b]", "/edges/0", "\"x\" is no value of integer"),
    ] {
        let columns = ["{name: id, generator: {type: sequence}}", &format!("{{name: x, generator: {{{generator}}}}}")];
        let compiled = compile(10, &columns, "");
        let found = compiled.problems.iter().any(|problem| {
            problem.pointer == format!("/tables/0/columns/1/generator{pointer}") && problem.detail.contains(words)
        });
        assert!(found, "{generator}: {:?}", compiled.problems);
    }
    let whole = "{name: x, type: integer, generator: {type: histogram, edges: [0.2, 0.8, 3], weights: [1, 1]}}";
    let compiled = compile(10, &[whole], "");
    assert!(compiled.problems.iter().any(|problem| problem.detail.contains("lies in the bin from 0.2 to below 0.8")));
}

#[test]
fn a_row_whose_parameters_make_no_distribution_stops_the_run_with_its_number() {
    let columns = [
        "{name: size, generator: {type: sequence, start: -1}}",
        "{name: calls, generator: {type: poisson, mean: {sql: size}}}",
    ];
    let error = batch(&plan(10, &columns, ""), 0, 0..10).expect_err("a mean below 0");
    assert_eq!((error.row, error.detail.as_str()), (Some(0), "mean -1 is below 0"));
}

#[test]
fn ends_that_no_binary_number_holds_are_values_too() {
    let column =
        "{name: x, type: decimal, scale: 2, generator: {type: normal, mean: 1.1, std: 0.1, min: 1.1, max: 1.13}}";
    let values = numbers(&plan(500, &[column], ""), 0, 0..500);
    for end in [1.1, 1.13] {
        assert!(values.contains(&end), "{end}");
    }
    let column =
        "{name: x, type: decimal, scale: 2, generator: {type: normal, mean: 0.29, std: 0.1, min: 0.25, max: 0.29}}";
    assert!(numbers(&plan(500, &[column], ""), 0, 0..500).contains(&0.29));
}

#[test]
fn an_order_of_counts_is_held_by_drawing_inside_what_is_left() {
    let columns = [
        "{name: low, generator: {type: poisson, mean: 5, max: 20}}",
        "{name: mid, generator: {type: binomial, n: 20, p: 0.4}}",
        "{name: high, generator: {type: geometric, p: 0.3, max: 25}}",
    ];
    let rest = "    rules:\n      - {id: ascending, kind: order, columns: [low, mid, high]}\n";
    let plan = plan(4_000, &columns, rest);
    let columns: Vec<Vec<f64>> = (0..3).map(|column| numbers(&plan, column, 0..4_000)).collect();
    assert!((0..4_000).all(|row| columns[0][row] <= columns[1][row] && columns[1][row] <= columns[2][row]));
}

#[test]
fn a_mixture_has_its_shares_and_a_bucket_closes_on_the_left() {
    let columns = [
        "{name: x, type: integer, generator: {type: mixture, components: [{weight: 3, generator: {type: normal, mean: 10, std: 1, max: 20}}, {generator: {type: integer, min: 40, max: 60}}]}}",
        "{name: band, generator: {type: bucket, of: x, edges: [10, 40.5], labels: [low, middle, high]}}",
    ];
    let plan = plan(4_000, &columns, "");
    let values = numbers(&plan, 0, 0..4_000);
    let share = values.iter().filter(|x| **x >= 40.0).count() as f64 / 4_000.0;
    assert!((share - 0.25).abs() < 5.0 * (0.25_f64 * 0.75 / 4_000.0).sqrt(), "{share}");
    let batch = batch(&plan, 0, 0..4_000).expect("rows");
    let bands = batch.column(1).as_string_view();
    for (row, x) in values.iter().enumerate() {
        let expected = if *x < 10.0 {
            "low"
        } else if *x < 40.5 {
            "middle"
        } else {
            "high"
        };
        assert_eq!(bands.value(row), expected, "{x}");
    }
    assert_eq!(bands.null_count(), 0);
}

#[test]
fn a_decimal_bound_keeps_every_digit_and_refuses_more_than_its_scale() {
    let exact: Exact = serde_json::from_str("0.1").expect("a number");
    assert_eq!(exact.units(2, "min"), Ok(10));
    assert!(exact.units(0, "min").is_err());
    assert_eq!(serde_json::to_string(&exact).expect("JSON"), "0.1");
}

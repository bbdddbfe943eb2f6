//! Values without repetition that are not equally likely: all of a domain's values and none twice, in the shape of the generator, whoever
//! asks for which rows.

use std::collections::{HashMap, HashSet};

use super::cases::{holds, problems};
use super::{all_rows, compiled, plan, rows_of};
use crate::quantile::normal_cdf;
use crate::run::batch;

fn schema(rows: u64, columns: &[&str], rest: &str) -> String {
    let columns: String = columns.iter().map(|column| format!("\n      - {column}")).collect();
    format!("name: d\nrandom_seed: 11\ntables:\n  - name: t\n    rows: {rows}\n    columns:{columns}\n{rest}")
}

fn unique(rows: u64, column: &str) -> String {
    schema(rows, &[&format!("{{name: x, unique: true, {column}}}")], "")
}

/// Columns of all kinds whose values are not alike, and how many values each has where that does not follow from a tail.
const COLUMNS: [(&str, Option<u64>); 19] = [
    ("type: integer, generator: {type: normal, mean: 50, std: 15, min: 0, max: 100}", Some(101)),
    ("type: integer, generator: {type: normal, mean: 50, std: 4}", None),
    ("type: decimal, scale: 2, generator: {type: exponential, mean: 3, max: 20}", Some(2_001)),
    ("type: decimal, scale: 1, generator: {type: lognormal, median: 20, sigma: 0.8, min: 2, max: 100}", Some(981)),
    ("type: integer, generator: {type: gamma, shape: 2, scale: 30, min: 1, max: 365}", Some(365)),
    ("type: integer, generator: {type: beta, a: 2, b: 3, min: 0, max: 100}", Some(101)),
    ("type: integer, generator: {type: pareto, alpha: 1.5, scale: 10, max: 5000}", Some(4_991)),
    ("type: integer, generator: {type: triangular, min: 0, mode: 20, max: 200}", Some(201)),
    ("type: integer, generator: {type: student_t, df: 3, scale: 4, min: -50, max: 50}", Some(101)),
    ("type: integer, generator: {type: histogram, edges: [0, 10, 20, 40], weights: [1, 0, 3]}", Some(30)),
    ("generator: {type: poisson, mean: 30}", None),
    ("generator: {type: binomial, n: 40, p: 0.4}", Some(41)),
    ("generator: {type: geometric, p: 0.1, max: 120}", Some(120)),
    ("generator: {type: zipf, n: 500, s: 1.1}", Some(500)),
    ("generator: {type: choice, values: [a, b, c, d, e, a], weights: [5, 3, 0, 1, 0.001, 2]}", Some(4)),
    ("generator: {type: first_name}", None),
    ("generator: {type: last_name}", None),
    ("generator: {type: currency_code, weights: {USD: 5, EUR: 3, JPY: 1}}", Some(3)),
    (
        "generator: {type: datetime, start: 2024-01-01T00:00:00Z, end: 2024-01-14T23:30:00Z, unit: minute, profile: business_hours, tz: America/Lima}",
        Some(20_131),
    ),
];

fn capacity(column: &str) -> u64 {
    let capacity = plan(&unique(1, column)).report.tables[0].columns[0].capacity.clone();
    capacity.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("{column} has no capacity"))
}

#[test]
fn every_value_comes_once_where_rows_are_as_many_as_values_and_one_more_row_is_refused() {
    for (column, known) in COLUMNS {
        let capacity = capacity(column);
        assert!(known.is_none_or(|known| known == capacity), "{column}: {capacity}");
        for rows in [capacity, capacity * 9 / 10, capacity / 3] {
            let values = all_rows(&plan(&unique(rows, column)), "t");
            assert_eq!(values.iter().collect::<HashSet<_>>().len() as u64, rows, "{column}");
        }
        let refused = compiled(&unique(capacity + 1, column));
        let expected =
            format!("x is unique and can take {capacity} values, fewer than the table's {} rows", capacity + 1);
        assert!(
            refused.plan.is_none() && refused.problems.iter().any(|problem| problem.detail == expected),
            "{column}"
        );
    }
}

#[test]
fn the_same_rows_made_alone_are_the_same() {
    for (column, _) in COLUMNS {
        let rows = capacity(column) / 2;
        let plan = plan(&unique(rows, column));
        let whole = all_rows(&plan, "t");
        for (from, to) in [(0, rows / 3), (rows / 3, rows / 2), (rows - 1, rows)] {
            let part = rows_of(&batch(&plan, 0, from..to).expect("rows"));
            assert_eq!(part, whole[from as usize..to as usize], "{column} {from}..{to}");
        }
    }
}

/// The largest difference of the shares of values up to any one from a distribution function.
fn distance(mut values: Vec<f64>, below: impl Fn(f64) -> f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let count = values.len() as f64;
    values.iter().enumerate().fold(0.0, |most: f64, (at, value)| {
        let expected = below(*value);
        most.max(((at + 1) as f64 / count - expected).abs()).max((at as f64 / count - expected).abs())
    })
}

fn numbers(rows: &[String]) -> Vec<f64> {
    rows.iter().map(|value| value.parse().expect("a number")).collect()
}

#[test]
fn a_normal_column_keeps_its_shape_at_a_third_of_its_values_and_says_so_where_it_does_not() {
    let column = "type: integer, generator: {type: normal, mean: 50000, std: 20000, min: 0, max: 100000}";
    let cut = normal_cdf(-2.5);
    let below = |x: f64| (normal_cdf((x + 0.5 - 50_000.0) / 20_000.0) - cut) / (1.0 - 2.0 * cut);
    let shaped = plan(&unique(30_000, column));
    let moves = "another number of rows changes its values, those of the first rows too";
    assert_eq!(shaped.report.tables[0].columns[0].note.as_deref(), Some(moves));
    // Systematic sampling leaves no chance in the shares: each is off by less than one row.
    let found = distance(numbers(&all_rows(&shaped, "t")), below);
    assert!(found < 2.0 / 30_000.0, "{found}");
    let flattened = plan(&unique(90_000, column));
    let found = distance(numbers(&all_rows(&flattened, "t")), below);
    let note = flattened.report.tables[0].columns[0].note.clone().unwrap_or_default();
    let told = note.rsplit("at most ").next().and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    let told: f64 = told.parse().unwrap_or_else(|_| panic!("{note}"));
    assert!((told - found * 100.0).abs() < 0.1 && found > 0.05, "{note}: {found}");
    assert!(flattened.report.to_string().contains(&note));
}

#[test]
fn distributions_keep_their_shape_at_a_third_of_their_values() {
    for generator in [
        "type: normal, mean: 100, std: 40, min: 0, max: 200",
        "type: triangular, min: 0, mode: 40, max: 200",
        "type: weibull, shape: 2, scale: 60, max: 200",
        "type: gamma, shape: 3, scale: 25, max: 200",
        "type: beta, a: 2, b: 3, min: 0, max: 200",
        "type: histogram, edges: [0, 50, 70, 120, 200], weights: [2, 0, 5, 4]",
    ] {
        let column = |unique: bool| {
            format!("{{name: x, unique: {unique}, type: decimal, scale: 2, generator: {{{generator}}}}}")
        };
        let mut drawn = numbers(&all_rows(&plan(&schema(50_000, &[&column(false)], "")), "t"));
        let dealt = numbers(&all_rows(&plan(&schema(6_000, &[&column(true)], "")), "t"));
        drawn.sort_by(f64::total_cmp);
        let found = distance(dealt, |x| drawn.partition_point(|value| *value <= x) as f64 / 50_000.0);
        // A sample of 50,000 lies within 0.0087 of its distribution with 99.9 %, and one row of the dealt ones is 0.00017.
        assert!(found < 0.009, "{generator}: {found}");
    }
}

#[test]
fn a_domain_too_large_for_a_step_a_value_keeps_its_shape_too() {
    let column = "type: decimal, scale: 2, precision: 12, generator: {type: normal, mean: 500000, std: 100000}";
    let values = numbers(&all_rows(&plan(&unique(100_000, column)), "t"));
    assert_eq!(values.iter().map(|value| value.to_bits()).collect::<HashSet<_>>().len(), 100_000);
    let found = distance(values, |x| normal_cdf((x - 500_000.0) / 100_000.0));
    assert!(found < 1e-4, "{found}");
    let column = "type: integer, generator: {type: pareto, alpha: 0.8, scale: 3}";
    let values = numbers(&all_rows(&plan(&unique(60_000, column)), "t"));
    assert_eq!(values.iter().map(|value| value.to_bits()).collect::<HashSet<_>>().len(), 60_000);
    // Half of them are the smallest, all of which are taken.
    let small = values.iter().filter(|value| **value < 10_000.0).count();
    assert!(small as f64 > 9_990.0, "{small}");
}

#[test]
fn instants_keep_to_the_hours_of_their_profile() {
    let profile = "start: 2024-01-01T00:00:00Z, end: 2024-12-31T23:59:59Z, profile: business_hours";
    let rows = all_rows(&plan(&unique(5_000, &format!("generator: {{type: datetime, {profile}}}"))), "t");
    assert_eq!(rows.iter().collect::<HashSet<_>>().len(), 5_000);
    let working = rows.iter().filter(|time| (8..18).contains(&time[11..13].parse::<u32>().unwrap_or(0))).count();
    // Nine in ten lie in working hours, and further 0.4 · 20 / 422 on weekends at those hours.
    assert!((4_500..4_700).contains(&working), "{working}");
}

#[test]
fn whole_names_keep_the_weights_of_their_parts() {
    for locale in ["en_US", "es_PE", "pl_PL", "ja_JP"] {
        let names = |unique: bool| {
            let column = format!("{{name: x, unique: {unique}, generator: {{type: full_name}}}}");
            let text = schema(20_000, &[&column], "").replace("random_seed", &format!("locale: {locale}\nrandom_seed"));
            all_rows(&plan(&text), "t")
        };
        let share = |names: &[String]| {
            let mut counts: HashMap<&str, u32> = HashMap::new();
            for name in names {
                *counts.entry(name.split(' ').next().unwrap_or_default()).or_default() += 1;
            }
            let mut counts: Vec<u32> = counts.into_values().collect();
            counts.sort_unstable_by(|a, b| b.cmp(a));
            counts.iter().take(20).sum::<u32>()
        };
        let (drawn, dealt) = (names(false), names(true));
        assert_eq!(dealt.iter().collect::<HashSet<_>>().len(), 20_000, "{locale}");
        // The twenty most usual first words of both: what repeats among the drawn ones is spread in the dealt ones.
        let (drawn, dealt) = (f64::from(share(&drawn)), f64::from(share(&dealt)));
        assert!((0.6..1.15).contains(&(dealt / drawn)), "{locale}: {dealt} for {drawn}");
    }
}

#[test]
fn combinations_follow_the_weights_of_their_members() {
    let columns = [
        "{name: status, generator: {type: choice, values: [new, paid, void], weights: [6, 3, 1]}}",
        "{name: day, generator: {type: date, start: 2024-01-01, end: 2024-12-31}}",
        "{name: size, generator: {type: poisson, mean: 4}}",
    ];
    let rest = "    primary_key: [status, day, size]\n";
    let rows = all_rows(&plan(&schema(1_000, &columns, rest)), "t");
    assert_eq!(rows.iter().collect::<HashSet<_>>().len(), 1_000);
    let new = rows.iter().filter(|row| row.starts_with("new")).count();
    assert!((595..=605).contains(&new), "{new}");
    holds(&schema(1_000, &columns, rest));
}

#[test]
fn children_of_one_parent_share_no_value_and_prefer_the_usual_ones() {
    let text = "name: d
tables:
  - { name: order, rows: 500, primary_key: [id], columns: [{ name: id, generator: { type: sequence } }] }
  - name: line
    primary_key: [order_id, product]
    columns:
      - { name: order_id }
      - { name: product, generator: { type: choice, values: [a, b, c, d, e, f, g, h], weights: [30, 20, 10, 5, 4, 3, 2, 1] } }
    foreign_keys:
      - { name: order, columns: [order_id], references: { table: order, columns: [id] }, children: { min: 1, max: 4 } }
";
    holds(text);
    let rows = all_rows(&plan(text), "line");
    let count = |product: &str| rows.iter().filter(|row| row.ends_with(product)).count();
    assert!(count("a") > 3 * count("e") && count("e") > count("h"), "{} {} {}", count("a"), count("e"), count("h"));
}

#[test]
fn nulls_take_no_value_from_others() {
    let column = "null_rate: 0.4, generator: {type: zipf, n: 2000, s: 1}";
    let rows = all_rows(&plan(&unique(1_500, column)), "t");
    let values: Vec<&String> = rows.iter().filter(|value| !value.is_empty()).collect();
    assert!((800..1_000).contains(&values.len()));
    assert_eq!(values.iter().collect::<HashSet<_>>().len(), values.len());
}

#[test]
fn a_continuous_column_is_told_what_would_make_it_unique() {
    let problems = compiled(&unique(10, "generator: {type: normal}")).problems;
    let said = problems.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert!(
        said[0].contains("the values of normal cannot be counted; say type: integer, or type: decimal with a scale"),
        "{said:?}"
    );
    let by_row = schema(
        10,
        &[
            "{name: m, generator: {type: integer, min: 1, max: 9}}",
            "{name: x, unique: true, generator: {type: poisson, mean: {sql: m}}}",
        ],
        "",
    );
    assert!(compiled(&by_row).problems.iter().any(|problem| problem.code == "not_countable"));
}

#[test]
fn values_of_a_seed_never_change() {
    let values = |column: &str, rows| all_rows(&plan(&unique(rows, column)), "t").join(" ");
    let choice = "generator: {type: choice, values: [a, b, c, d, e, f], weights: [9, 5, 3, 2, 1, 1]}";
    assert_eq!(values(choice, 4), "b d c a");
    assert_eq!(
        values("type: integer, generator: {type: normal, mean: 50, std: 9}", 12),
        "50 52 41 46 26 48 63 44 59 56 54 38"
    );
}

#[test]
fn a_when_keeps_its_own_rows_apart_and_leaves_the_others_to_their_generators() {
    let of = |rows: u64| {
        schema(
            rows,
            &[
                "{name: kind, generator: {type: choice, values: [a, b], weights: [1, 3]}}",
                "{name: code, generator: {type: integer, min: 1, max: 80}}",
                "{name: part, null_rate: 0.1, generator: {type: integer, min: 1, max: 30}}",
            ],
            "    rules: [{id: apart, kind: unique, columns: [code, part], when: \"kind = 'a'\"}]\n",
        )
    };
    // More combinations than rows; fewer, and yet more than rows of the condition.
    for rows in [2_000, 6_000] {
        holds(&of(rows));
        let rows = all_rows(&plan(&of(rows)), "t");
        let others: Vec<&String> = rows.iter().filter(|row| row.starts_with('b')).collect();
        assert!(others.iter().collect::<HashSet<_>>().len() < others.len(), "the others may repeat");
    }
    let refused = problems(&of(15_000));
    assert!(refused[0].starts_with("tables[0].rules[0]: apart needs "), "{refused:?}");
    assert!(refused[0].contains("combinations and there are 2400"), "{refused:?}");
    // A longer table is passed over before its first row.
    let error = batch(&plan(&of(20_000)), 0, 0..9).unwrap_err().to_string();
    assert!(error.contains("combinations and there are 2400"), "{error}");
}

#[test]
fn what_a_condition_reads_is_not_what_is_dealt() {
    let schema = "name: d
tables:
  - { name: team, rows: 60, primary_key: [id], columns: [{ name: id, generator: { type: sequence } }] }
  - name: post
    rows: 400
    primary_key: [id]
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: team_id }
      - { name: role, generator: { type: choice, values: [boss, other], weights: [1, 9] } }
    foreign_keys: [{ name: team, columns: [team_id], references: { table: team, columns: [id] } }]
    rules: [{ id: one-boss, kind: unique, columns: [team_id, role], when: \"role = 'boss'\" }]
";
    holds(schema);
    let rows = all_rows(&plan(schema), "post");
    let teams = rows.iter().filter(|row| row.ends_with("boss")).count();
    assert!((20..60).contains(&teams), "{teams}");
    let itself = schema.replace("columns: [team_id, role], when", "columns: [role], when");
    assert!(problems(&itself)[0].contains("nothing can keep role from repeating"), "{:?}", problems(&itself));
    let too_many = schema.replace("weights: [1, 9]", "weights: [9, 1]");
    assert!(problems(&too_many)[0].contains("combinations and there are 60"), "{:?}", problems(&too_many));
}

#[test]
fn rows_of_a_condition_are_dealt_the_same_in_any_range() {
    let schema = schema(
        9_000,
        &[
            "{name: kind, generator: {type: choice, values: [a, b, c], weights: [1, 2, 2]}}",
            "{name: code, generator: {type: pattern, mask: \"^##\"}}",
        ],
        "    rules: [{id: apart, kind: unique, columns: [code], when: \"kind = 'a'\"}]\n",
    );
    let whole = all_rows(&plan(&schema), "t");
    holds(&schema);
    for range in [0..1, 4_000..4_200, 4_095..4_097, 8_990..9_000] {
        let part = batch(&plan(&schema), 0, range.clone()).expect("rows");
        assert_eq!(rows_of(&part), whole[range.start as usize..range.end as usize]);
    }
}

#[test]
fn a_column_that_is_computed_in_some_rows_tells_none_apart() {
    holds(
        "name: d
tables:
  - name: t
    rows: 100
    primary_key: [id]
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: n, generator: { type: integer, min: 0, max: 127 } }
      - { name: m, generator: { type: integer, min: 0, max: 500 } }
    rules:
      - { id: cells, kind: unique, columns: [m, n] }
      - { id: some, kind: calculate, when: \"n <= 60\", column: m, sql: n + 79 }
",
    );
}

#[test]
fn an_index_that_forbids_repetitions_is_kept_and_proved() {
    let schema = "
name: d
random_seed: 3
tables:
  - name: t
    rows: 400
    primary_key: [id]
    indexes: [{columns: [code], unique: true}, {columns: [a, b], unique: true, name: pairs}, {columns: [id], unique: true}, {columns: [b]}]
    columns:
      - {name: id, generator: {type: sequence}}
      - {name: code, generator: {type: integer, min: 1, max: 400}}
      - {name: a, generator: {type: integer, min: 1, max: 20}}
      - {name: b, generator: {type: integer, min: 1, max: 20}}
";
    let made = plan(schema);
    let certificate = super::proved::proved(&made.dataset, &made).expect("a certificate");
    let unique = certificate.results.iter().filter(|result| result.kind == "unique");
    let found: Vec<(&str, u64)> = unique.map(|result| (result.id.as_str(), result.broken)).collect();
    assert_eq!(found, [("unique:t.code", 0), ("unique:t.a+b", 0)]);
    // Without the index values repeat.
    let other = plan(&schema.replace("{columns: [a, b], unique: true, name: pairs}, ", ""));
    let broken = super::proved::proved(&made.dataset, &other).expect("a certificate");
    assert!(broken.results.iter().any(|result| result.id == "unique:t.a+b" && result.broken > 0));
}

#[test]
fn a_rule_that_says_what_a_key_an_index_or_another_rule_says_is_held_by_it() {
    let schema = |own: &str, rules: &str| {
        format!(
            "name: d
tables:
  - name: t
    rows: 90
    {own}
    columns:
      - {{ name: m, generator: {{ type: integer, min: 1, max: 10 }} }}
      - {{ name: n, generator: {{ type: integer, min: 1, max: 10 }} }}
      - {{ name: k, generator: {{ type: choice, values: [x, y] }} }}
    rules: [{rules}]
"
        )
    };
    let uniq = "{ id: uniq, kind: unique, columns: [n, m] }";
    let wider = "{ id: wider, kind: unique, columns: [m, k, n], when: \"k = 'x'\" }";
    let index = "indexes: [{ columns: [m, n], unique: true }]";
    for (own, rules, note) in [
        ("primary_key: [m, n]", uniq.to_owned(), "the primary key says the same"),
        ("primary_key: [m, n]", wider.to_owned(), "the primary key says the same"),
        (index, uniq.to_owned(), "a unique index says the same"),
        ("", format!("{uniq}, {wider}"), "uniq says the same"),
        ("", format!("{wider}, {uniq}"), "uniq says the same"),
        ("", format!("{{ id: first, kind: unique, columns: [m, n] }}, {uniq}"), "first says the same"),
    ] {
        let schema = schema(own, &rules);
        holds(&schema);
        let plan = plan(&schema);
        assert!(plan.report().rules.iter().all(|rule| rule.held == "by_construction"), "{schema}");
        assert!(plan.report().rules.iter().any(|rule| rule.note == note), "{schema}");
    }
    // Where one speaks of some rows alone it says nothing of the others.
    let some = "{ id: some, kind: unique, columns: [m, n], when: \"k = 'x'\" }";
    assert!(problems(&schema("", &format!("{some}, {uniq}")))[0].contains("is dealt by another combination"));
}

#[test]
fn children_of_a_condition_are_kept_apart_where_a_parent_has_more_children_than_values() {
    let of = |weights: &str| {
        format!(
            "name: d
random_seed: 7
tables:
  - {{ name: p, rows: 50, primary_key: [id], columns: [{{ name: id, generator: {{ type: sequence }} }}] }}
  - name: t
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: p_id }}
      - {{ name: k, generator: {{ type: choice, values: [a, b], weights: {weights} }} }}
      - {{ name: n, generator: {{ type: integer, min: 1, max: 12 }} }}
    foreign_keys: [{{ name: p, columns: [p_id], references: {{ table: p, columns: [id] }}, children: {{ min: 20, max: 20 }} }}]
    rules:
      - {{ id: r, kind: unique, when: \"k = 'a'\", columns: [p_id, n] }}
"
        )
    };
    let schema = of("[1, 9]");
    holds(&schema);
    let whole = all_rows(&plan(&schema), "t");
    let part = batch(&plan(&schema), 1, 333..467).expect("rows");
    assert_eq!(rows_of(&part), &whole[333..467]);
    // Of twenty children some parent would have more than twelve: so many are left.
    holds(&of("[9, 1]"));
}

#[test]
fn siblings_are_kept_apart_inside_of_what_their_parent_leaves_them() {
    let of = |most: u64| {
        format!(
            "name: d
random_seed: 6
tables:
  - name: property
    rows: 300
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: kind, null_rate: 0.1, generator: {{ type: choice, values: [flat, house, shop] }} }}
  - name: meter
    columns:
      - {{ name: property_id }}
      - {{ name: medium, generator: {{ type: choice, values: [electric, gas, water, heat], weights: [5, 3, 3, 1] }} }}
    foreign_keys: [{{ name: property, columns: [property_id], references: {{ table: property, columns: [id] }}, children: {{ min: 1, max: {most} }} }}]
    rules:
      - {{ id: once, kind: unique, columns: [property_id, medium] }}
      - {{ id: flats, kind: check, sql: \"property.kind <> 'flat' OR medium <> 'gas'\" }}
      - {{ id: shops, kind: implies, if: \"property.kind = 'shop'\", then: \"medium IN ('electric', 'water', 'gas')\" }}
"
        )
    };
    let schema = of(3);
    holds(&schema);
    let whole = all_rows(&plan(&schema), "meter");
    let part = batch(&plan(&schema), 1, 100..333).expect("rows");
    assert_eq!(rows_of(&part), &whole[100..333]);
    let found = problems(&of(4));
    assert!(found[0].contains("once needs 4 combinations for the children of one parent and there are 3"), "{found:?}");
}

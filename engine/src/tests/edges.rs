//! Values at the edge of their types, and rows whose columns say one thing: what a schema asks is made, or refused with its place.

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::{Decimal128Type, Float64Type};

use super::{all_rows, compiled, plan};
use crate::generators::RunError;
use crate::run::batch;

fn schema(head: &str, rows: u64, columns: &[&str]) -> String {
    let columns: String = columns.iter().map(|column| format!("      - {column}\n")).collect();
    format!("name: d\nrandom_seed: 7\n{head}tables:\n  - name: t\n    rows: {rows}\n    columns:\n{columns}")
}

/// What stops rows from being made.
fn stopped(rows: u64, columns: &[&str]) -> RunError {
    let plan = plan(&schema("", rows, columns));
    batch(&plan, 0, 0..rows).expect_err("an error")
}

/// The codes and places of what a plan refuses or warns of.
fn told(head: &str, columns: &[&str]) -> Vec<(String, String)> {
    let compiled = compiled(&schema(head, 50, columns));
    compiled.problems.iter().map(|problem| (problem.code.to_string(), problem.pointer.clone())).collect()
}

fn rows_of(head: &str, rows: u64, columns: &[&str]) -> Vec<Vec<String>> {
    let rows = all_rows(&plan(&schema(head, rows, columns)), "t");
    rows.iter().map(|row| row.split('|').map(str::to_owned).collect()).collect()
}

#[test]
fn a_walk_or_series_beyond_its_type_stops_the_run_where_it_leaves_it() {
    for generator in
        ["{type: random_walk, start: 900, drift: 5, volatility: 0}", "{type: time_series, base: 900, trend: 5}"]
    {
        let error =
            stopped(100, &[&format!("{{name: x, type: decimal, precision: 5, scale: 2, generator: {generator}}}")]);
        assert_eq!((error.table.as_str(), error.column.as_str(), error.row), ("t", "x", Some(20)), "{generator}");
        assert!(error.detail.starts_with("1000 does not fit decimal(5,2); change "), "{error}");
        let error =
            stopped(100, &[&format!("{{name: x, type: integer, generator: {}}}", generator.replace('5', "5e17"))]);
        assert!(error.detail.contains("does not fit integer"), "{error}");
        assert_eq!(error.row, Some(19), "{error}");
    }
    // Bounds keep it inside, up to the last value of the type.
    let bounded = "{name: x, type: decimal, precision: 5, scale: 2, generator: {type: random_walk, start: 900, volatility: 50, max: 999.99, min: -999.99}}";
    let made = batch(&plan(&schema("", 2_000, &[bounded])), 0, 0..2_000).expect("rows");
    assert!(made.column(0).as_primitive::<Decimal128Type>().iter().flatten().all(|units| units.abs() < 100_000));
    for (generator, place) in [("random_walk, start", "start"), ("time_series, base", "base")] {
        let column =
            format!("{{name: x, type: decimal, precision: 5, scale: 2, generator: {{type: {generator}: 1000}}}}");
        assert_eq!(told("", &[&column]), [("too_large".to_owned(), format!("/tables/0/columns/0/generator/{place}"))]);
    }
}

#[test]
fn what_is_no_finite_number_stops_the_run() {
    let series = "{name: x, generator: {type: time_series, base: 1e308, trend: 1e308}}";
    let error = stopped(10, &[series]);
    assert_eq!((error.column.as_str(), error.row), ("x", Some(1)));
    assert!(error.detail.contains("no finite number"), "{error}");
    let hidden = series.replace("{name: x,", "{name: x, hidden: true,");
    let error = stopped(10, &[&hidden, "{name: y, generator: {type: expression, sql: x - x}}"]);
    assert_eq!((error.column.as_str(), error.row), ("y", Some(1)), "{error}");
    // Null says that there is no value, and is none of these.
    let plan = plan(&schema("", 1, &["{name: x, null_rate: 1, generator: {type: float}}"]));
    assert!(batch(&plan, 0, 0..1).expect("a row").column(0).is_null(0));
}

#[test]
fn floats_have_the_digits_asked_for_up_to_the_ends() {
    let column = "{name: x, generator: {type: float, min: 0.14, max: 0.96, digits: 1}}";
    let made = batch(&plan(&schema("", 2_000, &[column])), 0, 0..2_000).expect("rows");
    let mut values: Vec<f64> = made.column(0).as_primitive::<Float64Type>().values().to_vec();
    values.sort_by(f64::total_cmp);
    values.dedup();
    assert_eq!(values, [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
    let none = "{name: x, generator: {type: float, min: 0.16, max: 0.19, digits: 1}}";
    assert_eq!(told("", &[none]), [("empty_interval".to_owned(), "/tables/0/columns/0/generator/digits".to_owned())]);
    let columns = [
        "{name: low, generator: {type: float, min: 0.16, max: 0.161}}",
        "{name: x, generator: {type: float, min: {sql: low}, max: 0.19, digits: 1}}",
    ];
    assert_eq!(stopped(5, &columns).row, Some(0));
}

#[test]
fn what_is_known_when_planned_is_refused_then() {
    let place = |key: &str| format!("/tables/0/columns/1/generator{key}");
    for (generator, code, key) in [
        ("{type: subcategory, of: c, map: {a: [1]}}", "unknown_value", "/map"),
        ("{type: uuid_v7, time: 1969-12-31}", "out_of_range", "/time"),
        ("{type: ulid, time: 1969-12-31}", "out_of_range", "/time"),
        ("{type: exponential, max: 0}", "no_mass", "/max"),
        ("{type: lognormal, max: 0}", "no_mass", "/max"),
        ("{type: gamma, shape: 2, max: 0}", "no_mass", "/max"),
        ("{type: weibull, shape: 2, max: 0}", "no_mass", "/max"),
        (
            "{type: datetime, start: 2024-01-01, end: 2024-02-01, unit: day, profile: business_hours}",
            "contradiction",
            "/profile",
        ),
    ] {
        let column = format!("{{name: x, generator: {generator}}}");
        let found = told("", &["{name: c, generator: {type: choice, values: [a, b]}}", &column]);
        assert_eq!(found, [(code.to_owned(), place(key))], "{generator}");
    }
    let ends = stopped(
        5,
        &[
            "{name: a, generator: {type: integer, min: 5, max: 5}}",
            "{name: x, generator: {type: integer, min: {sql: a}, max: 3}}",
        ],
    );
    assert_eq!((ends.column.as_str(), ends.row), ("x", Some(0)));
    assert!(ends.detail.starts_with("no value lies between 5 and 3; "), "{ends}");
}

#[test]
fn a_column_that_lists_its_own_values_decides_what_follows_from_them() {
    for (locale, female, male) in
        [("es_MX", "Femenino", "Masculino"), ("es_PE", "mujer", "hombre"), ("en_US", "F", "M")]
    {
        let columns = [
            &format!("{{name: gender, generator: {{type: choice, values: [{female}, {male}]}}}}"),
            "{name: first, generator: {type: first_name}}",
            "{name: prefix, generator: {type: name_prefix}}",
        ];
        let own = crate::locale::Locale::named(locale).expect("a locale");
        let head = format!("locale: {locale}\n");
        assert_eq!(told(&head, &columns), []);
        for row in rows_of(&head, 500, &columns) {
            let gender = if row[0] == female { crate::locale::Gender::Female } else { crate::locale::Gender::Male };
            assert!(own.first_names(Some(gender)).values.contains(&row[1].as_str()), "{row:?}");
            assert!(own.prefixes(Some(gender)).values.contains(&row[2].as_str()), "{row:?}");
        }
    }
    let born = [
        "{name: fecha_nacimiento, generator: {type: date, start: 1990-01-01, end: 1999-12-31}}",
        "{name: sexo, generator: {type: choice, values: [F, M]}}",
        "{name: curp, generator: {type: national_id}}",
    ];
    for row in rows_of("locale: es_MX\n", 200, &born) {
        let day = format!("{}{}{}", &row[0][2..4], &row[0][5..7], &row[0][8..10]);
        assert_eq!(&row[2][4..10], day, "{row:?}");
        assert_eq!(&row[2][10..11], if row[1] == "F" { "M" } else { "H" }, "{row:?}");
    }
    let cards = [
        "{name: card_network, generator: {type: choice, values: [Visa, American Express]}}",
        "{name: n, generator: {type: credit_card_number}}",
        "{name: cvv, generator: {type: cvv}}",
    ];
    for row in rows_of("", 200, &cards) {
        let (start, digits) = if row[0] == "Visa" { ("4", 3) } else { ("3", 4) };
        assert!(row[1].starts_with(start) && row[2].len() == digits, "{row:?}");
    }
    let money = [
        "{name: currency, generator: {type: choice, values: [JPY, USD]}}",
        "{name: amount, generator: {type: amount}}",
    ];
    let made = rows_of("", 300, &money);
    assert!(made.iter().all(|row| row[0] == "USD" || row[1].ends_with(".00")), "{:?}", &made[..5]);
    assert!(made.iter().any(|row| !row[1].ends_with(".00")));
    let cars = [
        "{name: vehicle_make, generator: {type: choice, values: [Toyota, Ford]}}",
        "{name: model, generator: {type: vehicle_model}}",
    ];
    let models = |make: &str| -> std::collections::HashSet<String> {
        rows_of("", 300, &cars).into_iter().filter(|row| row[0] == make).map(|row| row[1].clone()).collect()
    };
    assert!(models("Toyota").is_disjoint(&models("Ford")));
    let companies = [
        "{name: company, generator: {type: constant, value: Acme Tools}}",
        "{name: mail, generator: {type: email, domain: company}}",
    ];
    assert!(rows_of("", 50, &companies).iter().all(|row| row[1].contains("acme")));
}

#[test]
fn values_that_say_nothing_of_a_gender_are_not_passed_over_in_silence() {
    let unread =
        ["{name: gender, generator: {type: choice, values: [H, M]}}", "{name: first, generator: {type: first_name}}"];
    assert_eq!(told("", &unread), [("unread_values".to_owned(), "/tables/0/columns/0/generator".to_owned())]);
    let another = ["{name: g, generator: {type: gender}}", "{name: first, generator: {type: first_name, gender: F}}"];
    assert_eq!(told("", &another), [("contradiction".to_owned(), "/tables/0/columns/1/generator/gender".to_owned())]);
    let same = [
        "{name: g, generator: {type: gender, values: [F]}}",
        "{name: first, generator: {type: first_name, gender: F}}",
    ];
    assert_eq!(told("", &same), []);
    let name = "{name: first, generator: {type: first_name, gender: {sql: s}}}";
    let of = |values: &str| format!("{{name: s, generator: {{type: choice, values: [{values}]}}}}");
    assert_eq!(told("", &[&of("F, M, X, null"), name]), []);
    assert_eq!(
        told("", &[&of("F, zz"), name]),
        [("unknown_gender".to_owned(), "/tables/0/columns/1/generator/gender/sql".to_owned())]
    );
    let error = stopped(
        50,
        &["{name: s, generator: {type: regex, pattern: \"F|zz\"}}", &name.replace("sql: s", "sql: lower(s)")],
    );
    assert_eq!(error.column, "first");
    assert!(error.detail.starts_with("\"zz\" is not understood as a gender; say one of F, "), "{error}");
}

#[test]
fn numbers_of_documents_follow_nationality_and_place() {
    let spain = [
        "{name: nacionalidad, generator: {type: nationality}}",
        "{name: dni, unique: true, generator: {type: national_id}}",
    ];
    let made = rows_of("locale: es_ES\n", 3_000, &spain);
    let foreign = |row: &[String]| row[1].starts_with(['X', 'Y', 'Z']);
    for row in &made {
        assert_eq!(foreign(row), !["Español", "Española"].contains(&row[0].as_str()), "{row:?}");
    }
    assert!(made.iter().any(|row| foreign(row)));
    let arabia = ["{name: n, generator: {type: nationality}}", "{name: id, generator: {type: national_id}}"];
    let made = rows_of("locale: ar_SA\n", 1_000, &arabia);
    let usual = made
        .iter()
        .filter(|row| row[1].starts_with('1'))
        .map(|row| row[0].clone())
        .collect::<std::collections::HashSet<_>>();
    assert!(
        usual.len() <= 2 && made.iter().any(|row| row[1].starts_with('2') && !usual.contains(&row[0])),
        "{usual:?}"
    );
    let china = ["{name: code, generator: {type: admin_code}}", "{name: id, generator: {type: national_id}}"];
    assert!(rows_of("locale: zh_CN\n", 500, &china).iter().all(|row| row[1].starts_with(&row[0])));
    let germany = ["{name: firma, generator: {type: company_name}}", "{name: steuernummer, generator: {type: tax_id}}"];
    assert!(rows_of("locale: de_DE\n", 50, &germany).iter().all(|row| row[1].starts_with("DE") && row[1].len() == 11));
    let person = [
        "{name: vorname, generator: {type: first_name}}",
        "{name: steuernummer, generator: {type: tax_id, format: digits}}",
    ];
    assert!(rows_of("locale: de_DE\n", 50, &person).iter().all(|row| row[1].len() == 11 && !row[1].starts_with("DE")));
}

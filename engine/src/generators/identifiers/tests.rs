#![allow(clippy::needless_range_loop, reason = "a row is read in several columns")]

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::AsArray;

use crate::plan::{Compiled, Options, Plan, compile_text};
use crate::run::batch;
use crate::schema::Overrides;

fn compile(settings: &str, rows: u64, columns: &[&str]) -> Compiled {
    let columns: String = columns.iter().map(|column| format!("\n      - {column}")).collect();
    let text = format!(
        "name: test\nrandom_seed: 7\n{settings}tables:\n  - name: t\n    rows: {rows}\n    columns:{columns}\n"
    );
    compile_text(&text, &Overrides::default(), &Options::default())
}

fn plan(settings: &str, rows: u64, columns: &[&str]) -> Arc<Plan> {
    let compiled = compile(settings, rows, columns);
    compiled.plan.unwrap_or_else(|| panic!("{:?}", compiled.problems))
}

fn texts(plan: &Plan, rows: std::ops::Range<u64>) -> Vec<Vec<String>> {
    let batch = batch(plan, 0, rows).expect("rows");
    let columns = batch.columns().iter();
    columns
        .map(|array| array.as_string_view().iter().map(|text| text.unwrap_or_default().to_owned()).collect())
        .collect()
}

fn distinct(column: &[String]) -> usize {
    column.iter().collect::<HashSet<_>>().len()
}

const PERSON: [&str; 4] = [
    "{name: gender, generator: {type: gender}}",
    "{name: first, generator: {type: first_name}}",
    "{name: last, generator: {type: last_name}}",
    "{name: id, unique: true, generator: {type: national_id, country: MX}}",
];

#[test]
fn unique_documents_agree_with_the_person_beyond_their_free_parts() {
    // A CURP leaves 330 numbers free to one date, sex and name: an index counts those who share them.
    let plan = plan("locale: es_PE\n", 5_000, &PERSON);
    let made = texts(&plan, 0..5_000);
    assert_eq!(distinct(&made[3]), 5_000);
    for row in 0..5_000 {
        let (gender, id) = (&made[0][row], &made[3][row]);
        assert_eq!(&id[10..11], if gender == "F" { "M" } else { "H" }, "{id}");
        let initial = any_ascii::any_ascii(&made[2][row]).to_uppercase();
        assert!(made[2][row].contains(' ') && (id[..1] == initial[..1] || initial.starts_with("DE")), "{id} {initial}");
    }
    let alone = texts(&plan, 4_000..4_100);
    assert_eq!(alone[3], made[3][4_000..4_100]);
}

#[test]
fn unique_documents_without_a_person_are_dealt_by_position() {
    for country in crate::identifiers::COUNTRIES {
        for generator in ["national_id", "tax_id"] {
            for space in ["valid", "invalid"] {
                let column = format!(
                    "{{name: c, unique: true, generator: {{type: {generator}, country: {country}, space: {space}}}}}"
                );
                let plan = plan("", 2_000, &[&column]);
                assert_eq!(distinct(&texts(&plan, 0..2_000)[0]), 2_000, "{country} {generator} {space}");
            }
        }
    }
}

#[test]
fn documents_are_the_same_whether_or_not_the_person_is_shown() {
    let hidden = "{name: id, generator: {type: national_id, country: IT}}";
    let alone = texts(&plan("locale: es_PE\n", 100, &[hidden]), 0..100);
    let beside = texts(&plan("locale: es_PE\n", 100, &[PERSON[0], PERSON[1], PERSON[2], hidden]), 0..100);
    assert_eq!(alone[0], beside[3]);
}

#[test]
fn a_mexican_tax_number_is_the_persons_where_no_company_is_shown() {
    let id = "{name: id, generator: {type: tax_id, country: MX}}";
    let company = "{name: company, generator: {type: company_name}}";
    let person = texts(&plan("", 50, &[PERSON[2], id]), 0..50);
    assert!(person[1].iter().all(|id| id.len() == 13));
    let both = texts(&plan("", 50, &[PERSON[2], company, id]), 0..50);
    assert!(
        both[2]
            .iter()
            .zip(&both[1])
            .all(|(id, name)| id.len() == 12 && id[..1] == any_ascii::any_ascii(name)[..1].to_uppercase())
    );
}

#[test]
fn one_card_has_one_network() {
    let columns = [
        "{name: network, generator: {type: credit_card_network}}",
        "{name: number, unique: true, generator: {type: credit_card_number, space: valid}}",
        "{name: cvv, generator: {type: cvv}}",
    ];
    let made = texts(&plan("", 5_000, &columns), 0..5_000);
    assert_eq!(distinct(&made[1]), 5_000);
    let express = (0..5_000).filter(|row| made[0][*row] == "American Express");
    assert!(express.clone().count() > 100);
    for row in express {
        assert!(made[1][row].len() == 15 && made[1][row].starts_with('3') && made[2][row].len() == 4);
    }
    for row in (0..5_000).filter(|row| made[0][*row] == "Visa") {
        assert!(made[1][row].len() == 16 && made[1][row].starts_with('4') && made[2][row].len() == 3);
    }
    // The number alone tells the network as well.
    let amex = ["{name: n, generator: {type: credit_card_number, network: amex}}", columns[2]];
    assert!(texts(&plan("", 50, &amex), 0..50)[1].iter().all(|cvv| cvv.len() == 4));
}

#[test]
fn test_numbers_are_few_and_the_plan_says_so() {
    let number = "{name: n, unique: true, generator: {type: credit_card_number, space: test}}";
    assert!(compile("", 20, &[number]).plan.is_some());
    let compiled = compile("", 1_000, &[number]);
    assert!(compiled.problems.iter().any(|problem| problem.code == "capacity"));
    let unique = "{name: n, unique: true, generator: {type: credit_card_number}}";
    // A safe dataset does not leave them unasked.
    assert!(compile("", 1_000, &[unique]).problems.iter().any(|problem| problem.detail.contains("safe: false")));
    assert!(compile("safe: false\n", 1_000, &[unique]).plan.is_some());
}

#[test]
fn wrong_parameters_are_refused_where_they_stand() {
    for (generator, place) in [
        ("{type: iban, country: US}", "/country"),
        ("{type: bic, country: QQ}", "/country"),
        ("{type: license_plate, country: AQ}", "/country"),
        ("{type: isin, country: AQ}", "/country"),
        ("{type: credit_card_network, weights: {Vis: 1}}", "/weights/Vis"),
        ("{type: credit_card_network, weights: {Visa: 0}}", "/weights"),
        ("{type: credit_card_number, network: Vis}", "/network"),
        ("{type: cvv, network: Vis}", "/network"),
        ("{type: currency_code, weights: {USX: 1}}", "/weights/USX"),
        ("{type: card_expiry, years: 0}", "/years"),
        ("{type: account_number, length: 0}", "/length"),
        ("{type: ean, length: 12}", "/length"),
        ("{type: price, min: 5, max: 4}", "/max"),
        ("{type: price, min: 1.005}", "/min"),
        ("{type: check_digit, base: nothing}", "/base"),
    ] {
        let column = format!("{{name: c, generator: {generator}}}");
        let compiled = compile("", 10, &[&column]);
        assert!(compiled.plan.is_none(), "{generator}");
        let found = compiled.problems.iter().any(|problem| problem.pointer.ends_with(&format!("/generator{place}")));
        assert!(found, "{generator}: {:?}", compiled.problems);
    }
}

#[test]
fn safe_data_takes_ranges_that_nobody_has() {
    let columns = [
        "{name: imei, generator: {type: imei}}",
        "{name: bic, generator: {type: bic, country: DE}}",
        "{name: ean, generator: {type: ean}}",
    ];
    let made = texts(&plan("", 100, &columns), 0..100);
    assert!(made[0].iter().all(|imei| imei.starts_with("00")));
    assert!(made[1].iter().all(|bic| bic.ends_with('0')));
    assert!(made[2].iter().all(|ean| ean.starts_with('2')));
    let made = texts(&plan("safe: false\n", 100, &columns), 0..100);
    assert!(made[0].iter().all(|imei| !imei.starts_with("00")));
    assert!(made[1].iter().all(|bic| !bic.ends_with(['0', '1'])));
}

#[test]
fn check_digits_stand_behind_the_text_of_a_column() {
    let columns = |scheme: &str| {
        [
            "{name: base, generator: {type: pattern, mask: \"##-##\"}}".to_owned(),
            format!("{{name: checked, generator: {{type: check_digit, base: base, scheme: {scheme}}}}}"),
        ]
    };
    for (scheme, digits) in [("luhn", 1), ("mod11", 1), ("mod97", 2), ("damm", 1), ("verhoeff", 1)] {
        let [base, checked] = columns(scheme);
        let made = texts(&plan("", 100, &[&base, &checked]), 0..100);
        for (base, checked) in made[0].iter().zip(&made[1]) {
            assert!(checked.starts_with(base.as_str()) && checked.len() == base.len() + digits, "{checked}");
        }
    }
    // ISBN 0-306-40615-2.
    let isbn = [
        "{name: base, generator: {type: constant, value: \"0-306-40615-\"}}",
        "{name: checked, generator: {type: check_digit, base: base, scheme: mod11}}",
    ];
    assert_eq!(texts(&plan("", 1, &isbn), 0..1)[1][0], "0-306-40615-2");
}

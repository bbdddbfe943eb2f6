//! Given rows, lists and rows from files.

use std::collections::HashSet;

use super::cases::{holds, problems};
use super::{all_rows, plan, rows_of};
use crate::plan::{Options, compile_text_with};
use crate::run::batch;
use crate::schema::Overrides;

fn shop(given: &str, rest: &str) -> String {
    format!(
        "name: d
random_seed: 6
tables:
  - name: country
    rows: 40
    primary_key: [code]
    columns: [{{ name: code, generator: {{ type: pattern, mask: \"^^\" }} }}, {{ name: tax, generator: {{ type: decimal, min: 0, max: 0.3 }} }}]
    given: [{{ code: PE, tax: 0.18 }}, {{ code: CL }}]
  - name: person
    rows: 6000
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: number, unique: true, generator: {{ type: integer, min: 1, max: 7000 }} }}
      - {{ name: first, generator: {{ type: first_name }} }}
      - {{ name: mail, generator: {{ type: email }} }}
      - {{ name: score, type: integer, null_rate: 0.5, generator: {{ type: normal, mean: 50, std: 9 }} }}
      - {{ name: twice }}
      - {{ name: country_code }}
      - {{ name: tax, generator: {{ type: expression, sql: country.tax }} }}
    foreign_keys: [{{ name: country, columns: [country_code], references: {{ table: country, columns: [code] }}, null_rate: 0.1 }}]
    given: {given}
    rules:
      - {{ id: twice, kind: calculate, column: twice, sql: score * 2 }}
{rest}"
    )
}

const GIVEN: &str = "[{ id: 500, number: 77, first: Zenobia, score: 12, country_code: PE }, { number: 78, score: null }, { country_code: null }, { number: 1, first: Adalberto }]";

#[test]
fn given_cells_come_first_and_what_they_leave_open_is_generated() {
    let schema = shop(GIVEN, "");
    holds(&schema);
    let rows = all_rows(&plan(&schema), "person");
    let cells = |row: usize| -> Vec<&str> { rows[row].split('|').collect() };
    let first = cells(0);
    assert_eq!(
        (first[0], first[1], first[2], first[4], first[5], first[6], first[7]),
        ("500", "77", "Zenobia", "12", "24", "PE", "0.18")
    );
    assert!(first[3].to_lowercase().contains("zenobia") || first[3].starts_with('z'), "{first:?}");
    assert_eq!((cells(1)[1], cells(1)[4]), ("78", ""));
    assert_eq!((cells(2)[6], cells(2)[7]), ("", ""));
    assert_eq!((cells(3)[1], cells(3)[2]), ("1", "Adalberto"));
    for column in [0, 1] {
        let values: HashSet<&str> = rows.iter().filter_map(|row| row.split('|').nth(column)).collect();
        assert_eq!(values.len(), rows.len());
    }
    let countries = all_rows(&plan(&schema), "country");
    assert!(countries[0].starts_with("PE|0.18") && countries[1].starts_with("CL|"), "{countries:?}");
    // All other cells are those that they were.
    let without = all_rows(&plan(&shop("[{}]", "")), "person");
    assert!(rows.iter().zip(&without).skip(4).filter(|(one, other)| one != other).count() < 400);
    for range in [0..1, 2..5, 490..510, 4_090..4_100, 5_990..6_000] {
        let part = batch(&plan(&schema), 1, range.clone()).expect("rows");
        assert_eq!(rows_of(&part), rows[range.start as usize..range.end as usize]);
    }
}

#[test]
fn a_rule_draws_again_what_given_rows_leave_open() {
    let schema =
        shop("[{ score: 90 }]", "      - { id: apart, kind: check, sql: \"score IS NULL OR number > score * 10\" }\n")
            .replace("unique: true, ", "");
    holds(&schema);
    assert!(all_rows(&plan(&schema), "person")[0].contains("|90|180|"));
}

#[test]
fn a_table_without_rows_has_those_that_it_is_given() {
    let schema = "name: d
tables:
  - name: state
    columns: [{ name: code, unique: true, generator: { type: uuid_v4 } }, { name: label, generator: { type: word } }]
    given: [{ code: 0190a3b4-0000-7000-8000-00000000000f, label: open }, { label: closed }]
";
    holds(schema);
    let rows = all_rows(&plan(schema), "state");
    assert_eq!(rows.len(), 2);
    assert!(rows[0].ends_with("|open") && rows[1].ends_with("|closed"));
}

#[test]
fn what_cannot_be_given_is_told_with_its_place() {
    for (given, expected) in [
        ("[{ nam: x }]", "tables[1].given[0].nam: table person has no column \"nam\""),
        ("[{ score: many }]", "tables[1].given[0].score: \"many\" is no integer"),
        ("[{ score: 1.5 }]", "tables[1].given[0].score: 1.5 is no integer"),
        ("[{ id: null }]", "tables[1].given[0].id: id is part of the primary key and cannot be null"),
        (
            "[{ number: 5 }, { number: 5 }]",
            "tables[1].given[1].number: number is unique, and this value stands twice among the given rows",
        ),
        (
            "[{ twice: 5 }]",
            "tables[1].given: twice decides twice, so no value of it can be given; leave it out of the given rows, or leave the rule out",
        ),
        (
            "[{ country_code: XX1 }]",
            "tables[1].given: given row 1 refers by country to no row of country; change one of these numbers, or the rows of its condition",
        ),
    ] {
        let found = problems(&shop(given, ""));
        assert!(found.iter().any(|problem| problem.starts_with(expected)), "{given}: {found:#?}");
    }
    let few = shop("[{}, {}, {}]", "").replace("rows: 6000", "rows: 2");
    assert_eq!(
        problems(&few),
        ["tables[1].given: 3 rows are given, and the table has 2; change rows of person from 2 to 3"]
    );
    let below =
        shop("[{}]", "").replace("null_rate: 0.1 }]", "children: { mean: 3 } }]").replace("    rows: 6000\n", "");
    assert!(
        problems(&below)[0].contains("given rows come first, and the rows of person lie as its key country says"),
        "{:?}",
        problems(&below)
    );
}

#[test]
fn lists_and_rows_come_from_files_beside_the_schema() {
    let schema = "name: d
lists: { size: { file: lists/sizes.csv } }
tables:
  - name: t
    rows: 50
    columns: [{ name: code, unique: true, generator: { type: sequence } }, { name: size, generator: { type: choice, values: { list: size } } }, { name: day, generator: { type: date, start: 2020-01-01, end: 2020-12-31 } }]
    given: { file: first.csv }
";
    let files = |path: &str| match path {
        "lists/sizes.csv" => Ok("size,cm\nS,40\nM,50\n".to_owned()),
        "first.csv" => Ok("code,day,size\n9,2024-02-29,\n,,XXL\n".to_owned()),
        _ => Err("it is not there".to_owned()),
    };
    let compiled = compile_text_with(schema, &Overrides::new(), &Options::default(), &files);
    let plan = compiled.plan.unwrap_or_else(|| panic!("{:?}", compiled.problems));
    let rows = all_rows(&plan, "t");
    assert!(rows[0].starts_with("9|") && rows[0].ends_with("|2024-02-29"), "{rows:?}");
    assert_eq!(rows[1].split('|').nth(1), Some("XXL"));
    assert!(rows[2..].iter().all(|row| row.contains("|S|") || row.contains("|M|")));
    assert!(super::cases::broken(&plan).expect("a certificate").is_empty());
    let found: Vec<String> = problems(schema);
    assert_eq!(
        found,
        [
            "lists.size.file: lists/sizes.csv: files are read below the folder of a schema file alone, so the values must be written here",
            "tables[0].given.file: first.csv: files are read below the folder of a schema file alone, so the values must be written here"
        ]
    );
    let outside = problems(&schema.replace("lists/sizes.csv", "../sizes.csv"));
    assert_eq!(
        outside[0],
        "lists.size.file: \"../sizes.csv\" does not lead down from the schema file's folder; give a path below that folder, with / between its steps"
    );
}

#[test]
fn children_decide_how_many_rows_there_are_whatever_is_given() {
    let schema = "name: d
tables:
  - { name: p, rows: 5, primary_key: [id], columns: [{ name: id, generator: { type: sequence } }] }
  - name: c
    primary_key: [id]
    given: [{ size: 7 }]
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: p_id }
      - { name: size, generator: { type: integer, min: 0, max: 5 } }
    foreign_keys: [{ name: p, columns: [p_id], references: { table: p, columns: [id] }, children: { min: 0, max: 6, mean: 0.5 } }]
";
    assert_eq!(
        problems(schema),
        [
            "tables[1].given: given rows come first, and the rows of c lie as its key p says; let the key pick a parent in another table, or leave given out"
        ]
    );
    // Half a child each for five parents: of two and three, which are as near, the even number.
    let schema = schema.replace("    given: [{ size: 7 }]\n", "");
    holds(&schema);
    assert_eq!(all_rows(&plan(&schema), "c").len(), 2);
}

#[test]
fn a_given_value_has_its_partner_of_a_combination() {
    let schema = "name: d
tables:
  - name: t
    rows: 200
    primary_key: [id]
    given: [{ color: red }, { color: blue }, { size: 2 }]
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: color, generator: { type: choice, values: [red, blue, green] } }
      - { name: size, generator: { type: choice, values: [1, 2] } }
    rules: [{ id: pairs, kind: combination, columns: [color, size], allowed: [[red, 1], [blue, 2]] }]
";
    holds(schema);
    let never = problems(&schema.replace("{ color: blue }", "{ color: green }"));
    assert!(never[0].starts_with("tables[0].rules[0]"), "{never:?}");
}

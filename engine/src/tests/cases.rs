//! Schemas and what becomes of them: rows that obey, or problems with their places.

use std::sync::Arc;

use super::proved::proved;
use super::rules::held;
use super::{all_rows, compiled, plan};
use crate::plan::Plan;
use crate::verify::VerifyError;

/// Generates a schema and proves its rules on the rows.
pub(super) fn holds(schema: &str) {
    let broken = broken(&plan(schema)).expect("a certificate");
    assert!(broken.is_empty(), "{schema}\n{}", broken.join("\n"));
}

/// What a plan's rows break, or why they could not be proved.
pub(super) fn broken(plan: &Arc<Plan>) -> Result<Vec<String>, VerifyError> {
    let certificate = proved(&plan.dataset, plan)?;
    assert!(!certificate.results.is_empty());
    let broken = certificate.results.iter().filter(|result| result.broken > 0);
    Ok(broken.map(|result| format!("{} {:?}", result.id, result.examples)).collect())
}

pub(super) fn problems(schema: &str) -> Vec<String> {
    compiled(schema).problems.iter().map(ToString::to_string).collect()
}

fn table(rest: &str) -> String {
    format!("name: d\ntables:\n  - name: t\n    rows: 3000\n    primary_key: [id]\n{rest}")
}

#[test]
fn an_order_of_independent_dates_is_held_by_drawing_inside_what_is_left() {
    holds(&table(
        "    columns:
      - { name: id, generator: { type: sequence } }
      - { name: a, generator: { type: date, start: 2024-01-01, end: 2024-12-31 } }
      - { name: b, null_rate: 0.3, generator: { type: date, start: 2024-03-01, end: 2024-10-31 } }
      - { name: c, generator: { type: date, start: 2024-02-01, end: 2024-11-30 } }
    rules:
      - { id: ascending, kind: order, columns: [a, b, c], strict: true, gap: { min: 2d } }
",
    ));
}

#[test]
fn rules_that_no_construction_holds_are_drawn_again_alone_and_together() {
    holds(&table(
        "    columns:
      - { name: id, generator: { type: sequence } }
      - { name: a, generator: { type: integer, min: 0, max: 100 } }
      - { name: b, generator: { type: integer, min: 0, max: 100 } }
      - { name: status, generator: { type: choice, values: [new, paid, void], weights: [5, 3, 2] } }
      - { name: amount, generator: { type: decimal, min: 1, max: 500 } }
      - { name: note, null_rate: 0.5, generator: { type: sentence } }
      - { name: mail, null_rate: 0.5, generator: { type: email } }
      - { name: total }
    rules:
      - { id: sum, kind: check, sql: \"a + b > 40\" }
      - { id: low, kind: check, sql: \"a < b OR status = 'new'\" }
      - { id: void-is-free, kind: implies, if: \"status = 'void'\", then: \"amount = 0\" }
      - { id: paid-is-much, kind: implies, if: \"status = 'paid'\", then: \"amount >= 100\" }
      - { id: reachable, kind: check, sql: \"note IS NOT NULL OR mail IS NOT NULL\" }
      - { id: total, kind: calculate, column: total, sql: \"amount * 2\" }
",
    ));
}

#[test]
fn a_formula_that_a_rule_wants_to_be_known_has_its_columns_drawn_again() {
    holds(&table(
        "    columns:
      - { name: id, generator: { type: sequence } }
      - { name: kind, generator: { type: choice, values: [a, b] } }
      - { name: pay, type: integer, generator: { type: normal, mean: 3000, std: 800, min: 1000 } }
      - { name: bonus, null_rate: 0.5, generator: { type: expression, sql: \"CASE WHEN pay > 3000 THEN pay * 0.1 END\" } }
      - { name: short, max_length: 12, generator: { type: sentence } }
    rules:
      - { id: a-has-a-bonus, kind: implies, if: \"kind = 'a'\", then: \"bonus IS NOT NULL\" }
",
    ));
}

#[test]
fn combinations_do_not_repeat_in_bridges_picks_and_columns() {
    holds(
        "name: d
tables:
  - { name: person, rows: 40, primary_key: [id], columns: [{ name: id, generator: { type: sequence } }] }
  - { name: skill, rows: 12, primary_key: [code], columns: [{ name: code, generator: { type: pattern, mask: \"^^##\" } }] }
  - name: has
    primary_key: [person_id, skill_code]
    columns: [{ name: person_id }, { name: skill_code }]
    foreign_keys:
      - { name: person, columns: [person_id], references: { table: person, columns: [id] }, children: { min: 0, max: 10, mean: 4 } }
      - { name: skill, columns: [skill_code], references: { table: skill, columns: [code] } }
  - name: likes
    rows: 400
    primary_key: [person_id, skill_code]
    columns: [{ name: person_id }, { name: skill_code }]
    foreign_keys:
      - { name: person, columns: [person_id], references: { table: person, columns: [id] } }
      - { name: skill, columns: [skill_code], references: { table: skill, columns: [code] } }
  - name: grid
    rows: 90
    columns:
      - { name: x, generator: { type: integer, min: 1, max: 10 } }
      - { name: y, generator: { type: choice, values: [a, b, c, d, e, f, g, h, i] } }
    rules: [{ id: cells, kind: unique, columns: [x, y] }]
  - name: passport
    rows: 40
    primary_key: [number]
    columns: [{ name: number, generator: { type: regex, pattern: \"[A-Z][0-9]{3}\" } }, { name: person_id, unique: true }]
    foreign_keys: [{ name: person, columns: [person_id], references: { table: person, columns: [id] } }]
",
    );
}

#[test]
fn values_of_a_parent_are_read_through_any_number_of_keys() {
    holds(
        "name: d
tables:
  - { name: country, rows: 5, primary_key: [id], columns: [{ name: id, generator: { type: sequence } }, { name: tax, generator: { type: decimal, min: 0, max: 0.3 } }] }
  - name: customer
    rows: 50
    primary_key: [id]
    columns: [{ name: id, generator: { type: uuid_v4 } }, { name: country_id }]
    foreign_keys: [{ name: country, columns: [country_id], references: { table: country, columns: [id] }, pick: zipf }]
  - name: order
    primary_key: [customer_id, number]
    columns:
      - { name: customer_id }
      - { name: number, generator: { type: sequence, per: [customer_id] } }
      - { name: net, generator: { type: decimal, min: 1, max: 100 } }
      - { name: tax, generator: { type: expression, sql: \"round(net * customer.country.tax, 2)\" } }
    foreign_keys: [{ name: customer, columns: [customer_id], references: { table: customer, columns: [id] }, children: { min: 1, max: 5 } }]
    rules: [{ id: tax-below-net, kind: check, sql: \"tax <= net AND customer.country.tax >= 0\" }]
",
    );
}

#[test]
fn a_person_agrees_with_itself_and_unique_addresses_do_not_repeat() {
    let schema = table(
        "    columns:
      - { name: id, generator: { type: sequence } }
      - { name: first, generator: { type: first_name } }
      - { name: last, generator: { type: last_name } }
      - { name: whole, generator: { type: full_name } }
      - { name: mail, unique: true, generator: { type: email } }
      - { name: login, unique: true, generator: { type: username } }
    rules:
      - { id: whole-is-both, kind: check, sql: \"whole = first || ' ' || last\" }
",
    );
    holds(&schema);
}

#[test]
fn an_order_with_a_largest_gap_goes_on_over_nulls() {
    let of = |least: &str, nulls: &str, rules: &str| {
        table(&format!(
            "    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: status, generator: {{ type: choice, values: [new, sent, done] }} }}
      - {{ name: a, generator: {{ type: date, start: 2022-01-01, end: 2026-06-30 }} }}
      - {{ name: b, {nulls}generator: {{ type: date, start: 2022-01-01, end: 2026-07-31 }} }}
      - {{ name: c, null_rate: 0.2, generator: {{ type: date, start: 2022-01-01, end: 2026-08-31 }} }}
      - {{ name: d, generator: {{ type: date, start: 2022-01-01, end: 2026-12-31 }} }}
    rules:
      - {{ id: dates, kind: order, columns: [a, b, c, d], gap: {{ min: {least}, max: 20d }} }}
{rules}"
        ))
    };
    let not_sent = "      - { id: not-sent, kind: implies, if: \"status = 'new'\", then: \"b IS NULL\" }\n";
    let sent = "      - { id: sent, kind: implies, if: \"status <> 'new'\", then: \"b IS NOT NULL\" }\n";
    for schema in [
        of("0d", "null_rate: 0.3, ", ""),
        of("5d", "null_rate: 0.3, ", ""),
        of("0d", "", not_sent),
        of("1d", "null_rate: 0.1, ", &format!("{not_sent}{sent}")),
        of("0d", "null_rate: 0.3, ", "      - { id: late, kind: check, sql: \"d >= DATE '2023-01-01'\" }\n"),
        of(
            "0d",
            "null_rate: 0.3, ",
            "      - { id: mean, kind: statistic, column: d, fn: mean, equals: 2024-06-01 }\n",
        ),
    ] {
        holds(&schema);
        assert_eq!(held(&schema, "dates"), "projected", "{schema}");
    }
    let rows = all_rows(&plan(&of("0d", "null_rate: 0.3, ", "")), "t");
    let both = |row: &&String| row.split('|').skip(3).take(2).all(str::is_empty);
    assert!(rows.iter().filter(both).count() > 100, "rows without both are drawn");
}

#[test]
fn problems_come_all_at_once_with_their_places() {
    let found = problems(&table(
        "    columns:
      - { name: id, generator: { type: frist_name } }
      - { name: n, generator: { type: integer, min: 10, max: 5 } }
      - { name: m, generator: { type: expression, sql: \"amuont + 1\" } }
      - { name: o, generator: { type: uuid } }
      - { name: z, generator: { type: zip_code } }
      - { name: amount, uniqe: true, generator: { type: decimal } }
      - { name: p, generator: { type: expression, sql: \"q\" } }
      - { name: q, generator: { type: expression, sql: \"p\" } }
    rules:
      - { id: r, kind: aggregate, column: n, of: t.n, by: t, fn: sum }
",
    ));
    for expected in [
        "tables[0].columns[0].generator.type: unknown generator \"frist_name\"; did you mean \"first_name\"?",
        "tables[0].columns[1].generator.max: 5 is below min 10",
        "tables[0].columns[2].generator.sql: table t has no column \"amuont\"; did you mean \"amount\"?",
        "tables[0].columns[3].generator.type: unknown generator \"uuid\"; did you mean \"uuid_v4\"?",
        "tables[0].columns[4].generator.type: unknown generator \"zip_code\"; did you mean \"postal_code\"?",
        "tables[0].columns[5].uniqe: unknown key \"uniqe\"; did you mean \"unique\"?",
        "tables[0].columns[6]: these columns need each other: t.p → t.q → t.p; let one of them stand on its own",
        "tables[0].rules[0].by: table t has no foreign key \"t\"",
    ] {
        assert!(found.iter().any(|problem| problem == expected), "{expected}\n{found:#?}");
    }
    assert_eq!(found.len(), 8, "{found:#?}");
}

#[test]
fn what_cannot_be_is_refused_with_its_numbers() {
    let unique = table("    columns: [{ name: id, unique: true, generator: { type: integer, min: 1, max: 100 } }]\n");
    assert!(
        problems(&unique)[0].contains("can take 100 values, fewer than the table's 3000 rows"),
        "{:?}",
        problems(&unique)
    );
    let impossible = table(
        "    columns: [{ name: id, generator: { type: sequence } }, { name: a, generator: { type: integer, min: 1, max: 9 } }]
    rules: [{ id: never, kind: check, sql: \"a > 9\" }]
",
    );
    assert!(problems(&impossible)[0].starts_with("tables[0].rules[0]"), "{:?}", problems(&impossible));
    let order = table(
        "    columns:
      - { name: id, generator: { type: sequence } }
      - { name: a, generator: { type: date, start: 2024-06-01, end: 2024-12-31 } }
      - { name: b, generator: { type: date, start: 2024-01-01, end: 2024-02-01 } }
    rules: [{ id: o, kind: order, columns: [a, b] }]
",
    );
    assert_eq!(
        problems(&order),
        [
            "tables[0].rules[0]: o leaves a no value between 2024-06-01 and 2024-02-01; change start of a from 2024-06-01 to 2024-02-01"
        ]
    );
}

//! Rules about values and how often they stand: held, proved, or refused with their numbers.

use std::collections::BTreeMap;

use super::cases::{holds, problems};
use super::{all_rows, plan};

/// A table `t` of some rows with `id` and what else is given.
pub(super) fn table(rows: u64, rest: &str) -> String {
    format!(
        "name: d\nrandom_seed: 7\ntables:\n  - name: t\n    rows: {rows}\n    primary_key: [id]\n    columns:\n      - {{ name: id, generator: {{ type: sequence }} }}\n{rest}"
    )
}

/// How often each value stands in a column, by the rows' texts.
pub(super) fn counts(schema: &str, table: &str, columns: &[usize]) -> BTreeMap<String, usize> {
    let plan = plan(schema);
    let mut counts = BTreeMap::new();
    for row in all_rows(&plan, table) {
        let cells: Vec<&str> = row.split('|').collect();
        let key: Vec<&str> = columns.iter().map(|column| cells[*column]).collect();
        *counts.entry(key.join("|")).or_insert(0) += 1;
    }
    counts
}

/// How a rule is held.
pub(super) fn held(schema: &str, rule: &str) -> String {
    let plan = plan(schema);
    plan.report().rules.iter().find(|report| report.id == rule).map(|report| report.held.clone()).unwrap_or_default()
}

#[test]
fn a_score_is_the_value_of_the_band_that_its_number_falls_into() {
    let schema = table(
        3000,
        "      - { name: amount, null_rate: 0.1, generator: { type: decimal, min: 0, max: 100 } }
      - { name: day, generator: { type: date, start: 2024-01-01, end: 2024-12-31 } }
      - { name: risk }
      - { name: half, type: string }
      - { name: seen, generator: { type: choice, values: [x, y] } }
    rules:
      - { id: risk, kind: score, column: risk, of: amount, bands: [{ below: 10, value: 90 }, { below: 50.5, value: 20.5 }, { value: 90 }] }
      - { id: half, kind: score, column: half, of: day, bands: [{ below: 2024-07-01, value: first }, { value: second }] }
      - { id: seen, kind: score, column: seen, of: amount, when: \"amount > 50\", bands: [{ below: 60, value: low }, { value: high }] }
",
    );
    holds(&schema);
    assert_eq!(held(&schema, "risk"), "derived");
    let seen = counts(&schema, "t", &[5]);
    assert_eq!(seen.keys().map(String::as_str).collect::<Vec<_>>(), ["high", "low", "x", "y"]);
}

#[test]
fn bands_that_leave_something_open_or_do_not_ascend_are_refused() {
    let of = |bands: &str| {
        problems(&table(
            9,
            &format!(
                "      - {{ name: n, generator: {{ type: integer }} }}\n      - {{ name: s }}\n    rules: [{{ id: r, kind: score, column: s, of: n, bands: {bands} }}]\n"
            ),
        ))
    };
    assert_eq!(
        of("[{ below: 5, value: 1 }, { below: 9, value: 2 }]"),
        [
            "tables[0].rules[0].bands[1].below: the last band has a bound, so that nothing says what lies above it; leave `below` out of the last band"
        ]
    );
    assert_eq!(
        of("[{ below: 5, value: 1 }, { below: 5, value: 2 }, { value: 3 }]"),
        ["tables[0].rules[0].bands[1].below: the bound 5 does not ascend"]
    );
}

#[test]
fn a_formula_of_some_rows_leaves_the_others_to_the_columns_generator_or_null() {
    let schema = table(
        2000,
        "      - { name: kind, generator: { type: choice, values: [a, b, c] } }
      - { name: n, generator: { type: integer, min: 0, max: 9 } }
      - { name: own, generator: { type: integer, min: 100, max: 101 } }
      - { name: none }
      - { name: twice, type: decimal }
    rules:
      - { id: own, kind: calculate, when: \"kind = 'a'\", column: own, sql: n * 2 }
      - { id: ratio, kind: calculate, when: \"n <> 0\", column: none, sql: 100 / n }
      - { id: twice-a, kind: calculate, when: \"kind = 'a'\", column: twice, sql: n }
      - { id: twice-b, kind: calculate, when: \"kind = 'b'\", column: twice, sql: n * 1.5 }
",
    );
    holds(&schema);
    for row in all_rows(&plan(&schema), "t") {
        let cells: Vec<&str> = row.split('|').collect();
        assert_eq!(cells[1] == "a", cells[3].len() < 3, "{row}");
        assert_eq!(cells[2] == "0", cells[4].is_empty(), "{row}");
        assert_eq!(cells[1] == "c", cells[5].is_empty(), "{row}");
    }
    let twice = table(
        100,
        "      - { name: n, generator: { type: integer, min: 0, max: 9 } }
      - { name: m }
    rules:
      - { id: one, kind: calculate, when: \"n < 6\", column: m, sql: n }
      - { id: two, kind: calculate, when: \"n > 4\", column: m, sql: n + 1 }
",
    );
    assert!(problems(&twice)[0].contains("breaks two"), "{:?}", problems(&twice));
}

#[test]
fn combinations_come_from_the_list_and_columns_keep_their_own_shares() {
    let schema = table(
        20_000,
        "      - { name: state, generator: { type: choice, values: [Lima, Cusco, Puno], weights: [0.5, 0.3, 0.2] } }
      - { name: region, null_rate: 0.1, generator: { type: choice, values: [coast, sierra] , weights: [0.5, 0.5] } }
      - { name: size, generator: { type: choice, values: [1, 2] } }
      - { name: loud, generator: { type: choice, values: [true, false] } }
    rules:
      - { id: places, kind: combination, columns: [state, region], allowed: [[Lima, coast], [Cusco, sierra], [Puno, sierra]] }
      - { id: not-loud, kind: combination, when: \"state = 'Lima'\", columns: [size, loud], forbidden: [[1, true]] }
",
    );
    holds(&schema);
    assert_eq!(held(&schema, "places"), "by_construction");
    assert_eq!(held(&schema, "not-loud"), "by_construction");
    let states = counts(&schema, "t", &[1]);
    // Five standard deviations of 20,000 draws.
    for (state, share) in [("Lima", 0.5), ("Cusco", 0.3), ("Puno", 0.2)] {
        assert!(
            (states[state] as f64 - 20_000.0 * share).abs() < 5.0 * (20_000.0 * share * (1.0 - share)).sqrt(),
            "{states:?}"
        );
    }
    assert!(counts(&schema, "t", &[1, 3, 4]).contains_key("Cusco|1|true"));
}

#[test]
fn a_column_that_stands_fast_conditions_the_others() {
    let schema = "name: d
tables:
  - name: state
    rows: 2
    primary_key: [code]
    columns: [{ name: code, generator: { type: pattern, mask: \"A#\" } }, { name: kind, generator: { type: choice, values: [n, s] } }]
  - name: t
    rows: 2000
    primary_key: [id]
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: level, generator: { type: expression, sql: \"CASE WHEN id % 3 = 0 THEN 'low' ELSE 'high' END\" } }
      - { name: grade }
    rules:
      - { id: grades, kind: combination, columns: [level, grade], allowed: [[low, a], [low, b], [high, c]] }
";
    holds(schema);
    assert_eq!(held(schema, "grades"), "by_construction");
    assert_eq!(counts(schema, "t", &[1, 2]).len(), 3);
    let missing = schema.replace(", [high, c]", "");
    assert!(problems(&missing)[0].contains("grades lists no combination with high"), "{:?}", problems(&missing));
    // A number that is drawn freely has no list: the rule is held by drawing again.
    let drawn = schema
        .replace("type: expression, sql: \"CASE WHEN id % 3 = 0 THEN 'low' ELSE 'high' END\"", "type: first_name")
        .replace("allowed: [[low, a], [low, b], [high, c]]", "forbidden: [[Mary, a]]")
        .replace("name: grade }", "name: grade, generator: { type: choice, values: [a, b] } }");
    holds(&drawn);
    assert_eq!(held(&drawn, "grades"), "redrawn");
}

#[test]
fn combinations_that_cannot_stand_are_refused_at_their_place() {
    let of = |rule: &str| {
        problems(&table(
            9,
            &format!(
                "      - {{ name: a, generator: {{ type: choice, values: [x, y] }} }}\n      - {{ name: b, generator: {{ type: choice, values: [1, 2] }} }}\n    rules: [{{ id: r, kind: combination, columns: [a, b], {rule} }}]\n"
            ),
        ))
    };
    assert_eq!(of("allowed: [[x]]"), ["tables[0].rules[0].allowed[0]: 1 values stand for 2 columns"]);
    assert_eq!(of("allowed: [[x, no]]"), ["tables[0].rules[0].allowed[0][1]: \"no\" is no integer"]);
    assert_eq!(
        of("allowed: [[z, 1]]"),
        [
            "tables[0].rules[0].allowed: r leaves no combination that its columns can make; let the columns' generators make the values that are listed"
        ]
    );
    assert_eq!(of("forbidden: [[x, 1], [x, 2], [y, 1], [y, 2]]").len(), 1);
}

#[test]
fn shares_of_two_columns_of_a_combination_are_counted_over_its_tuples() {
    let schema = |shares: &str| {
        table(
            1000,
            &format!(
                "      - {{ name: state, generator: {{ type: choice, values: [a, b, c] }} }}
      - {{ name: region, generator: {{ type: choice, values: [n, s, w] }} }}
      - {{ name: kind, generator: {{ type: choice, values: [x, y] }} }}
    rules:
      - {{ id: pairs, kind: combination, columns: [state, region], allowed: [[a, n], [a, s], [b, s], [c, w]] }}
      - {{ id: states, kind: share, column: state, shares: {{ a: 0.5, b: 0.3, c: 0.2 }} }}
      - {{ id: regions, kind: share, column: region, shares: {shares} }}
      - {{ id: some, kind: count, where: \"state = 'b'\", when: \"kind = 'x'\", min: 200 }}
      - {{ id: never, kind: implies, if: \"kind = 'y' AND id < 100\", then: \"state <> 'c'\" }}
"
            ),
        )
    };
    let held = schema("{ n: 0.3, s: 0.5, w: 0.2 }");
    holds(&held);
    let pairs = counts(&held, "t", &[1, 2]);
    assert_eq!(pairs.values().copied().collect::<Vec<_>>(), [300, 200, 300, 200]);
    // All of c is w, and all of w is c.
    let found = problems(&schema("{ n: 0.3, s: 0.4, w: 0.3 }"));
    assert!(found[0].contains("state, region cannot take values that keep states and regions: "), "{found:?}");
}

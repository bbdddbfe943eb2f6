//! `correlation` beside conditions that no value settles: the columns are drawn again together, and beside given cells, which count as they stand.

use super::cases::{holds, problems};
use super::rules::{held, table};
use super::{all_rows, plan};

const COLUMNS: &str = "      - { name: kind, generator: { type: choice, values: [x, y, z] } }
      - { name: years, null_rate: 0.05, generator: { type: integer, min: 0, max: 30 } }
      - { name: salary, generator: { type: lognormal, median: 2500, sigma: 0.4 }, type: decimal }
      - { name: score, generator: { type: normal, mean: 50, std: 10 } }
      - { name: few, generator: { type: poisson, mean: 2 } }
    rules:
      - { id: m, kind: correlation, columns: [years, salary, score, few], tolerance: 0.02, matrix: [[1, 0.6, 0.3, 0.1], [0.6, 1, 0.4, 0.2], [0.3, 0.4, 1, 0.1], [0.1, 0.2, 0.1, 1]] }
";

#[test]
fn columns_are_drawn_again_together_until_they_obey() {
    for rule in [
        "kind: implies, if: \"kind = 'x'\", then: \"salary >= 2000\"",
        "kind: implies, if: \"kind = 'x'\", then: \"salary >= 2000 AND score BETWEEN 45 AND 60.5\"",
        "kind: implies, if: \"kind = 'x'\", then: \"salary > 2500 OR score > 50\"",
        "kind: implies, if: \"years > 20\", then: \"salary >= 1500 AND few < 4\"",
        "kind: implies, if: \"kind <> 'z' AND few > 2\", then: \"salary > years * 120\"",
        "kind: implies, when: \"kind = 'y'\", if: \"score < 60\", then: \"few IN (1, 2, 5)\"",
        "kind: check, sql: \"salary + 20 * score < 5000\"",
        "kind: check, when: \"kind <> 'x'\", sql: \"few <> 1\"",
    ] {
        let beside = format!("      - {{ id: i, {rule} }}\n");
        for shared in ["", "      - { id: s, kind: share, column: kind, shares: { x: 0.25, y: 0.5, z: 0.25 } }\n"] {
            let schema = table(2000, &format!("{COLUMNS}{beside}{shared}"));
            // The certificate measures the coefficients and looks at every row; ranges alone are the same.
            holds(&schema);
            assert_eq!(held(&schema, "i"), "redrawn", "{rule}");
        }
    }
}

#[test]
fn rows_outside_of_what_limits_the_rule_obey_too() {
    let schema = table(
        2000,
        "      - { name: kind, generator: { type: choice, values: [x, y, z] } }
      - { name: a, generator: { type: integer, min: 0, max: 100 } }
      - { name: b, generator: { type: float, min: 0, max: 100 } }
    rules:
      - { id: m, kind: correlation, when: \"kind = 'x'\", columns: [a, b], coefficient: -0.5 }
      - { id: i, kind: check, sql: \"a + b < 150\" }
",
    );
    holds(&schema);
}

#[test]
fn conditions_that_share_what_stands_fast_are_met_together() {
    // Were the kind drawn again for one of them, the columns would wait for what waits for them.
    let schema = table(
        2000,
        &format!(
            "{COLUMNS}      - {{ id: i, kind: implies, if: \"kind = 'x'\", then: \"salary >= 2000\" }}
      - {{ id: c, kind: check, sql: \"kind <> 'y' OR score < 65\" }}
"
        ),
    );
    holds(&schema);
}

#[test]
fn what_is_computed_of_the_columns_is_read_as_they_are() {
    let of = |rules: &str| {
        table(
            2000,
            &format!(
                "{}      - {{ id: twice, kind: calculate, column: twice, sql: \"CAST(score * 2 AS DECIMAL(18, 1))\" }}
      - {{ id: grade, kind: score, column: grade, of: twice, bands: [{{ below: 90, value: low }}, {{ below: 110, value: middle }}, {{ value: high }}] }}
{rules}",
                COLUMNS.replace("    rules:", "      - { name: twice, type: decimal, scale: 1 }\n      - { name: grade, type: string }\n    rules:")
            ),
        )
    };
    let rules = "      - { id: i, kind: implies, if: \"grade = 'low'\", then: \"salary >= 1500\" }
      - { id: c, kind: check, sql: \"kind <> 'y' OR twice < 130.5\" }
      - { id: v, kind: implies, if: \"grade = 'high'\", then: \"years = 30\" }
";
    let schema = of(rules);
    holds(&schema);
    assert_eq!(held(&schema, "v"), "projected");
    // A column that a formula alone does not make waits for what it is made of.
    let found = problems(&of(rules).replace("name: twice,", "name: twice, null_rate: 0.1,"));
    assert!(found[0].contains("these columns need each other"), "{found:?}");
    // Formulas that need each other are told as such.
    let found = problems(&of(rules).replace("score * 2", "score * 2 + length(grade)"));
    assert!(found[0].contains("these columns need each other"), "{found:?}");
}

#[test]
fn a_condition_that_few_draws_meet_is_refused_also_where_not_all_rows_are_tried() {
    for rows in [2000, 50_000] {
        let found = problems(&table(
            rows,
            &format!("{COLUMNS}      - {{ id: i, kind: implies, if: \"kind = 'x'\", then: \"salary > 20000\" }}\n"),
        ));
        assert!(found[0].contains("obey i"), "{found:?}");
    }
    let schema = table(
        50_000,
        &format!("{COLUMNS}      - {{ id: i, kind: implies, if: \"kind = 'x'\", then: \"salary > 2000\" }}\n"),
    );
    holds(&schema);
}

#[test]
fn given_cells_count_in_what_is_measured() {
    let of = |rows: u64, given: &str| {
        table(
            rows,
            &format!(
                "      - {{ name: a, generator: {{ type: poisson, mean: 2 }} }}
      - {{ name: b, type: decimal, null_rate: 0.1, generator: {{ type: integer, min: 0, max: 10 }} }}
      - {{ name: c, generator: {{ type: normal }} }}
    given: [{given}]
    rules:
      - {{ id: m, kind: correlation, columns: [a, b, c], tolerance: 0.01, matrix: [[1, 0.6, 0], [0.6, 1, 0.2], [0, 0.2, 1]] }}
"
            ),
        )
    };
    // One row far outside is made up for, and stands.
    let schema = of(300, "{ a: 15, b: 0.5 }, { b: null }, { c: -9.5 }");
    holds(&schema);
    let shown = all_rows(&plan(&schema), "t");
    assert!(shown[0].contains("15"), "{}", shown[0]);
    // Three rows cannot make up for it.
    let found = problems(&of(3, "{ a: 15, b: 0 }"));
    assert!(found[0].contains("m asks for a coefficient of"), "{found:?}");
}

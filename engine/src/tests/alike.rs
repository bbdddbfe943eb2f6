//! `unique` beside rules that decide some of its columns: the others are dealt among the rows that are alike in these.

use super::cases::{holds, problems};
use super::rules::{held, table};

#[test]
fn combinations_are_dealt_among_rows_that_are_alike_in_what_other_rules_decide() {
    let of = |rows: u64, rules: &str| {
        table(
            rows,
            &format!(
                "      - {{ name: unit, generator: {{ type: choice, values: [a, b, c, d] }} }}
      - {{ name: kind, generator: {{ type: choice, values: [x, y, z] }} }}
      - {{ name: size, generator: {{ type: integer, min: 0, max: 99 }} }}
      - {{ name: score, generator: {{ type: float, min: 0, max: 1 }} }}
      - {{ name: day, generator: {{ type: integer, min: 1, max: 100 }} }}
      - {{ name: grade, type: string }}
    rules:
      - {{ id: apart, kind: unique, columns: [size, unit, kind] }}
{rules}"
            ),
        )
    };
    // Of 1,200 combinations: no two columns tell so many rows apart.
    for (rows, rules) in [
        (400, "      - { id: r, kind: share, column: unit, shares: { a: 0.5, b: 0.3 } }\n"),
        (400, "      - { id: r, kind: share, column: unit, when: \"kind = 'y'\", shares: { a: 0.5, b: 0.5 } }\n"),
        (300, "      - { id: r, kind: count, where: \"size > 90\", exactly: 40 }\n"),
        (400, "      - { id: r, kind: statistic, column: size, fn: mean, equals: 45, tolerance: 0.5 }\n"),
        (200, "      - { id: r, kind: implies, if: \"kind = 'x'\", then: \"unit = 'a'\" }\n"),
        (120, "      - { id: r, kind: implies, if: \"kind = 'x'\", then: \"size >= 20\" }\n"),
        (120, "      - { id: r, kind: check, sql: \"unit <> 'd' OR size < 60\" }\n"),
        (
            350,
            "      - { id: r, kind: combination, columns: [kind, unit], allowed: [[x, a], [x, b], [y, a], [y, c], [z, d]] }\n",
        ),
        (300, "      - { id: r, kind: correlation, columns: [size, score], coefficient: 0.5 }\n"),
        (
            300,
            "      - { id: g, kind: score, column: grade, of: size, bands: [{ below: 70, value: low }, { value: high }] }
      - { id: r, kind: count, where: \"grade = 'high'\", exactly: 100 }\n",
        ),
        (300, "      - { id: r, kind: unique, columns: [day, unit] }\n"),
        (
            300,
            "      - { id: r, kind: correlation, columns: [size, score], coefficient: 0.5 }
      - { id: c, kind: count, where: \"kind = 'x'\", exactly: 120 }\n",
        ),
    ] {
        let schema = of(rows, rules);
        holds(&schema);
        assert_eq!(held(&schema, "apart"), "by_construction", "{rules}");
    }
    // Half of 700 rows are of one unit, which has 300 combinations.
    let found = problems(&of(700, "      - { id: r, kind: share, column: unit, shares: { a: 0.5 } }\n"));
    assert!(
        found[0].contains("apart needs 350 combinations for rows that are alike in unit, and there are 300"),
        "{found:?}"
    );
    holds(&of(590, "      - { id: r, kind: share, column: unit, shares: { a: 0.5 } }\n"));
}

#[test]
fn keys_are_dealt_among_alike_rows_too() {
    // 60 pairs of candidates and posts, each in up to three stages.
    let of = |rows: u64, shares: &str| {
        format!(
            "name: d
random_seed: 3
tables:
  - {{ name: candidate, rows: 12, primary_key: [id], columns: [{{ name: id, generator: {{ type: sequence }} }}] }}
  - {{ name: post, rows: 5, primary_key: [id], columns: [{{ name: id, generator: {{ type: sequence }} }}] }}
  - name: process
    rows: {rows}
    columns:
      - {{ name: candidate_id }}
      - {{ name: post_id }}
      - {{ name: stage, generator: {{ type: choice, values: [screening, interview, offer] }} }}
    foreign_keys:
      - {{ name: candidate, columns: [candidate_id], references: {{ table: candidate, columns: [id] }} }}
      - {{ name: post, columns: [post_id], references: {{ table: post, columns: [id] }} }}
    rules:
      - {{ id: once, kind: unique, columns: [candidate_id, post_id, stage] }}
      - {{ id: stages, kind: share, column: stage, shares: {{ {shares} }} }}
"
        )
    };
    holds(&of(110, "screening: 0.5, interview: 0.3, offer: 0.2"));
    holds(&of(120, "screening: 0.5, interview: 0.3, offer: 0.2"));
    let found = problems(&of(130, "screening: 0.5, interview: 0.3, offer: 0.2"));
    assert!(
        found[0].contains("once needs 65 combinations for rows that are alike in stage, and there are 60"),
        "{found:?}"
    );
    // Where the keys tell all rows apart, nothing is brought together.
    holds(&of(60, "screening: 0.5, interview: 0.3"));
}

#[test]
fn rules_of_one_row_move_what_else_they_read_where_all_members_are_decided() {
    holds(&table(
        300,
        "      - { name: unit, generator: { type: choice, values: [a, b, c, d] } }
      - { name: kind, generator: { type: choice, values: [x, y, z] } }
      - { name: day, generator: { type: date, start: 2024-01-01, end: 2024-12-31 } }
      - { name: cost, generator: { type: normal, mean: 50, std: 10 } }
    rules:
      - { id: apart, kind: unique, columns: [day, unit] }
      - { id: moves, kind: correlation, columns: [day, cost], coefficient: 0.3 }
      - { id: r, kind: implies, if: \"kind = 'x'\", then: \"unit = 'a'\" }
",
    ));
}

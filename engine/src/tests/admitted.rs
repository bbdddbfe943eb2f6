//! `unique` beside rules about its columns in one row, up to the last combination that obeys them.

use super::cases::{holds, problems};
use super::rules::{held, table};

fn of(rows: u64, rules: &[&str]) -> String {
    let rules = rules.iter().enumerate().map(|(at, rule)| format!("      - {{ id: r{at}, {rule} }}\n"));
    let columns = "      - { name: unit, generator: { type: choice, values: [a, b, c, d] } }
      - { name: kind, generator: { type: choice, values: [x, y, z] } }
      - { name: size, generator: { type: integer, min: 0, max: 24 } }
      - { name: score, generator: { type: float, min: 0, max: 1 } }
    rules:
      - { id: apart, kind: unique, columns: [size, unit, kind] }
";
    table(rows, &format!("{columns}{}", rules.collect::<String>()))
}

#[test]
fn every_combination_that_obeys_is_dealt_once() {
    // Of 300 combinations.
    for (left, rules) in [
        (225, vec!["kind: implies, if: \"kind = 'x'\", then: \"unit = 'a'\""]),
        (220, vec!["kind: implies, if: \"kind = 'x'\", then: \"size >= 20\""]),
        (260, vec!["kind: check, when: \"kind = 'x'\", sql: \"size < 15\""]),
        (270, vec!["kind: check, sql: \"unit <> 'd' OR size < 15\""]),
        (125, vec!["kind: combination, columns: [kind, unit], allowed: [[x, a], [x, b], [y, a], [y, c], [z, d]]"]),
        (250, vec!["kind: combination, columns: [kind, unit], forbidden: [[x, a], [z, d]]"]),
        (
            217,
            vec![
                "kind: combination, columns: [kind, unit], forbidden: [[x, a], [z, d]]",
                "kind: implies, if: \"kind = 'y' AND unit IN ('b', 'c')\", then: \"size < 10 OR size = 24\"",
                "kind: check, sql: \"unit <> 'd' OR kind <> 'x' OR size BETWEEN 5 AND 24\"",
            ],
        ),
        // What else is said moves another column.
        (220, vec!["kind: implies, if: \"kind = 'x'\", then: \"size >= 20 AND score < 0.5\""]),
        // A smaller domain in all rows is the smaller product.
        (135, vec!["kind: implies, if: \"kind = 'x'\", then: \"unit = 'a'\"", "kind: check, sql: \"size >= 10\""]),
    ] {
        for rows in [left, left / 2] {
            let schema = of(rows, &rules);
            holds(&schema);
            assert_eq!(held(&schema, "apart"), "by_construction", "{rules:?}");
        }
        let found = problems(&of(left + 1, &rules));
        let words = format!("apart needs {} combinations beside ", left + 1);
        assert!(found.len() == 1 && found[0].contains(&words), "{rules:?}: {found:?}");
        assert!(found[0].contains(&format!(" and there are {left}")), "{rules:?}: {found:?}");
    }
    let found = problems(&of(10, &["kind: check, sql: \"size < 5 AND unit = 'a' AND kind = 'x' AND size >= 5\""]));
    assert!(!found.is_empty());
}

#[test]
fn keys_and_siblings_take_admitted_combinations_too() {
    let of = |key: &str, rows: &str, rule: &str| {
        format!(
            "name: d
random_seed: 3
tables:
  - {{ name: candidate, rows: 12, primary_key: [id], columns: [{{ name: id, generator: {{ type: sequence }} }}] }}
  - name: step
    {rows}
    columns:
      - {{ name: candidate_id }}
      - {{ name: stage, generator: {{ type: choice, values: [screening, interview, offer] }} }}
      - {{ name: mode, generator: {{ type: choice, values: [remote, onsite] }} }}
    foreign_keys:
      - {{ name: candidate, columns: [candidate_id], references: {{ table: candidate, columns: [id] }}{key} }}
    rules:
      - {{ id: once, kind: unique, columns: [candidate_id, stage, mode] }}
      - {{ id: sits, {rule} }}
"
        )
    };
    let onsite = "kind: implies, if: \"stage = 'offer'\", then: \"mode = 'onsite'\"";
    let listed = "kind: combination, columns: [stage, mode], forbidden: [[offer, remote]]";
    for rule in [onsite, listed] {
        holds(&of("", "rows: 60", rule));
        holds(&of("", "rows: 25", rule));
        let found = problems(&of("", "rows: 61", rule));
        assert!(found[0].contains("once needs 61 combinations beside sits and there are 60"), "{found:?}");
        holds(&of(", children: { min: 1, max: 5 }", "rows: 50", rule));
        holds(&of(", children: { min: 2, max: 5, mean: 4 }", "rows: 48", rule));
    }
}

#[test]
fn a_combination_that_others_tell_apart_keeps_its_rules() {
    // Nothing is dealt here: the rule is held as it is anywhere else.
    let schema = table(
        100,
        "      - { name: kind, generator: { type: choice, values: [x, y, z] } }
      - { name: unit, generator: { type: choice, values: [a, b, c, d] } }
    rules:
      - { id: apart, kind: unique, columns: [kind, unit, id] }
      - { id: r, kind: implies, if: \"kind = 'x'\", then: \"unit = 'a'\" }
",
    );
    holds(&schema);
}

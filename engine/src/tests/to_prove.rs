//! Plans for who proves rows and makes none.

use crate::plan::{Compiled, Options, compile_text};
use crate::schema::Overrides;

fn compiled(rules: &str, proves: bool) -> Compiled {
    let schema = format!(
        "name: d\ntables:\n  - name: t\n    rows: 20\n    columns:\n      - {{ name: a, generator: {{ type: integer, min: 0, max: 100 }} }}\n      - {{ name: b, generator: {{ type: integer, min: 0, max: 100 }} }}\n    rules:\n{rules}"
    );
    compile_text(&schema, &Overrides::new(), &Options { proves, ..Options::default() })
}

#[test]
fn rules_for_which_no_rows_can_be_made_hinder_no_proof_and_are_proved_themselves() {
    let rules = "      - { id: gap, kind: order, columns: [a, b], gap: { min: 60 } }
      - { id: low, kind: check, sql: \"b < 50\" }
      - { id: fine, kind: check, sql: \"a <> 7\" }
      - { id: few, kind: unique, columns: [a] }
      - { id: odd, kind: check, sql: \"a * a = 2 * b + 1 AND b * b = 2 * a + 1\" }
";
    assert!(compiled(rules, false).plan.is_none());
    let plan = compiled(rules, true).plan.expect("a plan");
    let ids: Vec<&str> = plan.dataset.tables[0].rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["gap", "low", "fine", "few", "odd"]);
}

#[test]
fn what_is_wrong_in_the_words_of_a_schema_is_told_to_who_proves_as_well() {
    let rules = "      - { id: gap, kind: order, columns: [a, b], gap: { min: 160 } }
      - { id: lost, kind: check, sql: \"c < 50\" }
";
    let told = compiled(rules, true);
    assert!(told.plan.is_none());
    assert!(told.problems.iter().any(|problem| problem.code == "unknown_column"), "{:?}", told.problems);
}

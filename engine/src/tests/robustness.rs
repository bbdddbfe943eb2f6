//! No text makes the engine panic: arbitrary bytes, and valid schemas with something broken in them.

use proptest::prelude::*;

use super::cases::broken;
use super::{HIRING, compiled};

/// A schema with rules of every kind that decides about all rows together.
const RULES: &str = include_str!("rules.yaml");

proptest! {
    #[test]
    fn arbitrary_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let result = compiled(&String::from_utf8_lossy(&bytes));
        prop_assert!(result.plan.is_some() || !result.problems.is_empty());
    }

    #[test]
    fn schemas_with_words_exchanged_get_a_plan_or_a_problem(at in 0_usize..4_000, length in 0_usize..30, word in prop_oneof![
        Just("null"), Just("-1"), Just("99999999999999999999"), Just("1e400"), Just("\"\""), Just("{}"), Just("[]"), Just("id"), Just("candidate"),
        Just("rows: 0"), Just("${candidates}"), Just("${"), Just("1 / 0"), Just("status"), Just("'"), Just("\""), Just("{sql: \"1\"}"), Just("\u{0}"), Just("é"),
    ]) {
        let mut start = at.min(HIRING.len());
        while !HIRING.is_char_boundary(start) { start -= 1; }
        let mut end = (start + length).min(HIRING.len());
        while !HIRING.is_char_boundary(end) { end -= 1; }
        let broken = format!("{}{word}{}", &HIRING[..start], &HIRING[end.max(start)..]);
        let result = compiled(&broken);
        prop_assert!(result.plan.is_some() || !result.problems.is_empty());
    }

    #[test]
    fn schemas_with_a_value_exchanged_get_a_plan_or_a_problem(pick in any::<prop::sample::Index>(), other in any::<prop::sample::Index>()) {
        let mut tree: serde_json::Value = serde_saphyr::from_str(&HIRING.replace("${candidates}", "100")).expect("the example");
        let mut pointers = Vec::new();
        collect(&tree, String::new(), &mut pointers);
        let value = tree.pointer(&pointers[other.index(pointers.len())]).cloned().unwrap_or_default();
        if let Some(target) = tree.pointer_mut(&pointers[pick.index(pointers.len())]) {
            *target = value;
        }
        let result = compiled(&tree.to_string());
        prop_assert!(result.plan.is_some() || !result.problems.is_empty());
    }

    #[test]
    fn rules_with_a_value_exchanged_hold_or_are_refused(pick in any::<prop::sample::Index>(), other in any::<prop::sample::Index>(), number in 0_u32..200) {
        let mut tree: serde_json::Value = serde_saphyr::from_str(RULES).expect("the schema");
        let mut pointers = Vec::new();
        collect(&tree, String::new(), &mut pointers);
        let value = tree.pointer(&pointers[other.index(pointers.len())]).cloned().unwrap_or_default();
        if let Some(target) = tree.pointer_mut(&pointers[pick.index(pointers.len())]) {
            *target = if target.is_number() { number.into() } else { value };
        }
        let text = tree.to_string();
        let result = compiled(&text);
        prop_assert!(result.plan.is_some() || !result.problems.is_empty());
        // What cannot be made ends the run; what is made keeps every rule.
        if let Some(Ok(broken)) = result.plan.as_ref().map(broken) {
            prop_assert!(broken.is_empty(), "{text}\n{broken:?}");
        }
    }
}

#[test]
fn the_rules_that_are_broken_here_hold_as_they_are() {
    super::cases::holds(RULES);
}

/// What rules decide is part of the engine's version, like what generators make.
#[test]
fn the_rows_that_these_rules_make_never_change() {
    use sha2::{Digest, Sha256};
    let rows = super::all_rows(&super::plan(RULES), "candidate").join("\n");
    let digest: String = Sha256::digest(rows.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, "085c217ddbc0c051");
}

fn collect(value: &serde_json::Value, pointer: String, out: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, item) in map {
                collect(item, format!("{pointer}{}", crate::problem::pointer_step(key)), out);
            }
        }
        serde_json::Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, format!("{pointer}/{index}"), out);
            }
        }
        _ => {}
    }
    out.push(pointer);
}

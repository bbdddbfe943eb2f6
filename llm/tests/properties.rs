//! What holds for all values.

use llm::difference::difference;
use llm::items::Distinct;
use llm::secret::mask_words;
use llm::tokens;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::difference::done;

/// A piece of a schema: a value, or a list of elements with names, some of them alike.
fn element() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..4_i64).prop_map(Value::from),
        "[a-c~/]{0,2}".prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 40, 4, |inner| {
        let key = "[a-c~/]{1,2}";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(key, inner.clone(), 0..4).prop_map(|map| json!(map)),
            prop::collection::vec(("[a-d]", inner), 0..4).prop_map(|items| {
                items.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn the_pieces_of_a_difference_make_one_of_the_other(before in element(), after in element(), tables in element()) {
        let before = json!({"tables": tables, "lists": before, "name": "a"});
        let after = json!({"tables": after, "rules": tables});
        let pieces = difference(&before, &after);
        prop_assert_eq!(&done(&before, &pieces), &after);
        prop_assert_eq!(difference(&after, &after), []);
        let places: std::collections::HashSet<String> =
            pieces.iter().map(|piece| format!("{:?} {:?}", piece.kind, piece.path)).collect();
        prop_assert_eq!(places.len(), pieces.len(), "each is told once");
    }

    #[test]
    fn tokens_lie_between_one_a_character_and_one_in_ten(text in "[ -~é日ß\n]{0,200}") {
        let tokens = tokens::estimate(&text);
        let characters = text.chars().count() as u64;
        prop_assert!(tokens <= characters + 1);
        let letters = text.split_whitespace().collect::<String>().chars().count() as u64;
        prop_assert!(tokens >= letters / 10);
    }

    #[test]
    fn distinct_answers_are_distinct(answers in prop::collection::vec(element(), 0..30)) {
        let mut distinct = Distinct::default();
        for answer in &answers {
            let was_there = distinct.answers().contains(answer);
            prop_assert_eq!(distinct.add(answer.clone()), !was_there);
        }
    }

    #[test]
    fn masking_never_fails_and_hides_keys(before in ".{0,20}", key in "sk-[A-Za-z0-9_-]{20,40}", after in "( .{0,20})?") {
        let masked = mask_words(&format!("{before}{key}{after}"));
        prop_assert!(!masked.contains(&key));
    }
}

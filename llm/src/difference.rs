//! What changed between two schemas, in pieces that a person can take or leave.
//!
//! A piece is as large as what one thinks of: a table, a column, a key, a rule, a setting. Elements of lists are told by their names, not by
//! their places, so that a piece still fits where others were left out or the schema went on. Who takes pieces does them to the text that
//! people wrote, which keeps their comments: that is the studio's part, and `pieces.json` beside it is what both agree on.

use std::collections::HashSet;

use indexmap::{IndexMap, IndexSet};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What became of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It is new.
    Add,
    /// It is gone.
    Remove,
    /// It is another.
    Change,
    /// The elements of a list stand in another order: `before` and `after` are their names.
    Order,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Piece {
    /// Where, step by step: keys, and elements of lists by their names.
    pub path: Vec<String>,
    /// What became of it.
    pub kind: Kind,
    /// What was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What is there now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// For a new element of a list the name of the one before it, or that it is the first; nothing for a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<Option<String>>,
}

/// The elements of a list by their names.
type Named<'a> = IndexMap<String, &'a Map<String, Value>>;

/// The pieces that make `after` of `before`; what is no map of keys and values holds none.
pub fn difference(before: &Value, after: &Value) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let none = Map::new();
    compare(before.as_object().unwrap_or(&none), after.as_object().unwrap_or(&none), &[], &mut pieces);
    pieces
}

fn compare(before: &Map<String, Value>, after: &Map<String, Value>, path: &[String], pieces: &mut Vec<Piece>) {
    let nothing = Map::new();
    for (key, old, now) in both(before, after) {
        let place = below(path, key);
        if let Some(new_items) = now.and_then(named).filter(|items| !items.is_empty()) {
            // A list that comes is as one that was empty.
            let old_items = match old {
                None | Some(Value::Null) => Some(Named::new()),
                Some(old) => named(old),
            };
            if let Some(old_items) = old_items {
                lists(&old_items, &new_items, &place, pieces);
                continue;
            }
        }
        let from = match old {
            None | Some(Value::Null) => Some(&nothing),
            Some(old) => old.as_object(),
        };
        match (from, now.and_then(Value::as_object)) {
            // A map that comes without a key has no pieces.
            (Some(from), Some(to))
                if (old.is_some_and(Value::is_object) || !to.is_empty())
                    && is_map_of_things(from, to, path.is_empty()) =>
            {
                for (key, old, now) in both(from, to) {
                    pieces.push(piece(below(&place, key), old, now));
                }
            }
            _ => pieces.push(piece(place, old, now)),
        }
    }
}

/// The keys whose values differ, those of the first map first.
fn both<'a>(
    before: &'a Map<String, Value>,
    after: &'a Map<String, Value>,
) -> impl Iterator<Item = (&'a String, Option<&'a Value>, Option<&'a Value>)> {
    let keys: IndexSet<&String> = before.keys().chain(after.keys()).collect();
    let values = keys.into_iter().map(|key| (key, before.get(key), after.get(key)));
    values.filter(|(_, old, now)| match (old, now) {
        (Some(old), Some(now)) => !is_same(old, now),
        (old, now) => old.is_some() != now.is_some(),
    })
}

/// A map of the schema itself is keyed by names that people gave; of others, those are whose values are maps too.
fn is_map_of_things(before: &Map<String, Value>, after: &Map<String, Value>, is_of_schema: bool) -> bool {
    is_of_schema || before.values().chain(after.values()).all(Value::is_object)
}

fn lists(before: &Named<'_>, after: &Named<'_>, path: &[String], pieces: &mut Vec<Piece>) {
    for (name, old) in before {
        let place = below(path, name);
        match after.get(name) {
            None => pieces.push(piece(place, Some(&Value::Object((*old).clone())), None)),
            Some(now) if is_same_map(old, now) => {}
            Some(now) if holds_elements(old) || holds_elements(now) => compare(old, now, &place, pieces),
            Some(now) => {
                let (old, now) = (Value::Object((*old).clone()), Value::Object((*now).clone()));
                pieces.push(piece(place, Some(&old), Some(&now)));
            }
        }
    }
    let old: Vec<&String> = before.keys().filter(|name| after.contains_key(*name)).collect();
    let now: Vec<&String> = after.keys().filter(|name| before.contains_key(*name)).collect();
    if old != now {
        let order = piece(path.to_vec(), Some(&json!(old)), Some(&json!(now)));
        pieces.push(Piece { kind: Kind::Order, ..order });
    }
    let mut behind = None;
    for (name, item) in after {
        if !before.contains_key(name) {
            let added = piece(below(path, name), None, Some(&Value::Object((*item).clone())));
            pieces.push(Piece { behind: Some(behind), ..added });
        }
        behind = Some(name.clone());
    }
}

fn piece(path: Vec<String>, before: Option<&Value>, after: Option<&Value>) -> Piece {
    let kind = match (before, after) {
        (None, _) => Kind::Add,
        (_, None) => Kind::Remove,
        _ => Kind::Change,
    };
    Piece { path, kind, before: before.cloned(), after: after.cloned(), behind: None }
}

fn below(path: &[String], step: &str) -> Vec<String> {
    path.iter().cloned().chain([step.to_owned()]).collect()
}

/// Whether something holds elements that are pieces of their own, as a table holds columns.
fn holds_elements(map: &Map<String, Value>) -> bool {
    map.values().any(|value| named(value).is_some_and(|items| !items.is_empty()))
}

/// What an element is called: its name, its id, or what it refers to.
fn name(item: &Map<String, Value>) -> Option<&str> {
    let is_there = |value: &&Value| !value.is_null();
    let references = item.get("references").and_then(|references| references.get("table"));
    item.get("name").filter(is_there).or(item.get("id").filter(is_there)).or(references)?.as_str()
}

/// The elements of a list by their names, where each has one of its own.
fn named(value: &Value) -> Option<Named<'_>> {
    let items = value.as_array()?;
    let named: Option<Named<'_>> =
        items.iter().map(|item| item.as_object().and_then(|map| Some((name(map)?.to_owned(), map)))).collect();
    named.filter(|named| named.len() == items.len())
}

/// Whether values are the same: the order of keys says nothing, nor whether a whole number is written with a point.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => a == b || (a.is_f64() != b.is_f64() && a.as_f64() == b.as_f64()),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)),
        (Value::Object(a), Value::Object(b)) => is_same_map(a, b),
        _ => one == other,
    }
}

fn is_same_map(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let keys: HashSet<&String> = one.keys().collect();
    keys.len() == other.len()
        && other.iter().all(|(key, value)| one.get(key).is_some_and(|known| is_same(known, value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: Value, after: Value) -> Vec<String> {
        let pieces = difference(&before, &after);
        pieces.iter().map(|piece| format!("{:?} {}", piece.kind, piece.path.join("/"))).collect()
    }

    #[test]
    fn pieces_are_as_large_as_what_one_thinks_of() {
        let before = json!({"tables": [{"name": "a", "columns": [{"name": "x", "generator": {"type": "sequence"}}]}]});
        let after = json!({"tables": [{"name": "a", "columns": [{"name": "x", "generator": {"type": "uuid_v4"}}]}]});
        assert_eq!(told(before.clone(), after), ["Change tables/a/columns/x"]);
        assert_eq!(told(before.clone(), json!({})), ["Remove tables"]);
        assert_eq!(told(json!({}), before.clone()), ["Add tables/a"]);
        assert_eq!(told(Value::Null, before), ["Add tables/a"]);
    }

    #[test]
    fn what_is_written_otherwise_is_no_difference() {
        let (before, after) = (json!({"a": {"x": 1, "y": 2.0}}), json!({"a": {"y": 2, "x": 1.0}}));
        assert_eq!(difference(&before, &after), []);
        assert_eq!(told(json!({"a": 1.5}), json!({"a": 1})), ["Change a"]);
        assert_eq!(told(json!({"a": null}), json!({})), ["Remove a"]);
    }

    #[test]
    fn lists_without_names_change_as_a_whole() {
        assert_eq!(told(json!({"keys": ["a", "b"]}), json!({"keys": ["b", "a"]})), ["Change keys"]);
        let twice = json!({"rules": [{"id": "r"}, {"id": "r"}]});
        assert_eq!(told(json!({"rules": [{"id": "r"}]}), twice), ["Change rules"]);
    }
}

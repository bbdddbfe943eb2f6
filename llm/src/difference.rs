//! What changed between two schemas, in pieces that a person can take or leave.
//!
//! Tables, columns, keys and rules are told by their names, not by their places, so that a column that was put in front of another changes
//! neither. A piece's path is a JSON Pointer whose steps are names: `/tables/order/columns/total/generator`.

use engine::problem::pointer_step;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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
    /// The named elements of a list stand in another order: `before` and `after` are their names.
    Order,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    /// Where: a JSON Pointer by names.
    pub path: String,
    /// What became of it.
    pub kind: Kind,
    /// What was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What is there now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// For a new element of a list: the name of the one before it; none where it is the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind: Option<String>,
}

/// The pieces that make `after` of `before`.
pub fn difference(before: &Value, after: &Value) -> Vec<Piece> {
    let mut pieces = Vec::new();
    compare(before, after, "", &mut pieces);
    pieces
}

fn piece(path: &str, kind: Kind, before: Option<&Value>, after: Option<&Value>) -> Piece {
    Piece { path: path.to_owned(), kind, before: before.cloned(), after: after.cloned(), behind: None }
}

fn compare(before: &Value, after: &Value, path: &str, pieces: &mut Vec<Piece>) {
    if before == after {
        return;
    }
    match (before, after) {
        // Another generator shares nothing with the one that was.
        (Value::Object(old), Value::Object(new))
            if old.get("type") == new.get("type") && old.get("kind") == new.get("kind") =>
        {
            for (key, value) in old {
                let path = format!("{path}{}", pointer_step(key));
                match new.get(key) {
                    Some(other) => compare(value, other, &path, pieces),
                    None => pieces.push(piece(&path, Kind::Remove, Some(value), None)),
                }
            }
            for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                pieces.push(piece(&format!("{path}{}", pointer_step(key)), Kind::Add, None, Some(value)));
            }
        }
        (Value::Array(old), Value::Array(new)) => match (names(old), names(new)) {
            (Some(old_names), Some(new_names)) => lists((old, &old_names), (new, &new_names), path, pieces),
            _ => pieces.push(piece(path, Kind::Change, Some(before), Some(after))),
        },
        _ => pieces.push(piece(path, Kind::Change, Some(before), Some(after))),
    }
}

fn lists(old: (&[Value], &[String]), new: (&[Value], &[String]), path: &str, pieces: &mut Vec<Piece>) {
    let find = |(items, names): (&'_ [Value], &[String]), name: &String| {
        names.iter().position(|other| other == name).map(|place| items[place].clone())
    };
    for (item, name) in old.0.iter().zip(old.1) {
        let path = format!("{path}{}", pointer_step(name));
        match find(new, name) {
            Some(other) => compare(item, &other, &path, pieces),
            None => pieces.push(piece(&path, Kind::Remove, Some(item), None)),
        }
    }
    let both =
        |names: &[String], others: &[String]| names.iter().filter(|name| others.contains(name)).cloned().collect();
    let (old_order, new_order): (Vec<String>, Vec<String>) = (both(old.1, new.1), both(new.1, old.1));
    if old_order != new_order {
        pieces.push(piece(path, Kind::Order, Some(&json!(old_order)), Some(&json!(new_order))));
    }
    for (place, name) in new.1.iter().enumerate().filter(|(_, name)| !old.1.contains(name)) {
        let mut added = piece(&format!("{path}{}", pointer_step(name)), Kind::Add, None, Some(&new.0[place]));
        added.behind = place.checked_sub(1).map(|before| new.1[before].clone());
        pieces.push(added);
    }
}

/// What an element is called: its `name`, or its `id`.
fn name(item: &Value) -> Option<&str> {
    item["name"].as_str().or(item["id"].as_str())
}

/// The names of a list's elements, where each has one of its own.
fn names(items: &[Value]) -> Option<Vec<String>> {
    let names: Vec<String> = items.iter().map(|item| name(item).map(str::to_owned)).collect::<Option<_>>()?;
    let distinct: std::collections::HashSet<&String> = names.iter().collect();
    (distinct.len() == names.len()).then_some(names)
}

/// The RFC 6902 patch that does some pieces to `present`, and what comes of it; or the sentence that says which piece no longer fits.
pub fn patch(present: &Value, pieces: &[Piece]) -> Result<(Vec<Value>, Value), String> {
    let mut value = present.clone();
    let mut operations = Vec::new();
    for piece in pieces {
        let unfit = || format!("the schema has changed: there is no place for {}", piece.path);
        let (parent, step) = match piece.path.rsplit_once('/') {
            Some((parent, step)) => (parent, step.replace("~1", "/").replace("~0", "~")),
            None if piece.kind == Kind::Change => {
                value = piece.after.clone().ok_or_else(unfit)?;
                operations.push(json!({"op": "replace", "path": "", "value": value}));
                continue;
            }
            None => return Err(unfit()),
        };
        let parent = resolve(&value, parent).ok_or_else(unfit)?;
        let parent_value = value.pointer_mut(&parent).ok_or_else(unfit)?;
        let (operation, path) = match parent_value {
            Value::Object(map) => {
                let path = format!("{parent}{}", pointer_step(&step));
                match piece.kind {
                    Kind::Remove => map.shift_remove(&step).map(|_| ()).ok_or_else(unfit)?,
                    Kind::Order => {
                        let list = map.get_mut(&step).and_then(Value::as_array_mut).ok_or_else(unfit)?;
                        reorder(list, piece.after.as_ref());
                        operations.push(json!({"op": "replace", "path": path, "value": list}));
                        continue;
                    }
                    Kind::Change if !map.contains_key(&step) => return Err(unfit()),
                    _ => drop(map.insert(step, piece.after.clone().ok_or_else(unfit)?)),
                }
                (piece.kind, path)
            }
            Value::Array(items) => {
                let place = items.iter().position(|item| name(item) == Some(&step));
                match (piece.kind, place) {
                    (Kind::Remove, Some(place)) => {
                        items.remove(place);
                        (Kind::Remove, format!("{parent}/{place}"))
                    }
                    (Kind::Change, Some(place)) | (Kind::Add, Some(place)) => {
                        items[place] = piece.after.clone().ok_or_else(unfit)?;
                        (Kind::Change, format!("{parent}/{place}"))
                    }
                    (Kind::Add, None) => {
                        // Where the one before it was not taken, it stands last.
                        let behind = |behind: &String| items.iter().position(|item| name(item) == Some(behind));
                        let place =
                            piece.behind.as_ref().map_or(0, |name| behind(name).map_or(items.len(), |at| at + 1));
                        items.insert(place, piece.after.clone().ok_or_else(unfit)?);
                        (Kind::Add, format!("{parent}/{place}"))
                    }
                    _ => return Err(unfit()),
                }
            }
            _ => return Err(unfit()),
        };
        operations.push(match operation {
            Kind::Remove => json!({"op": "remove", "path": path}),
            Kind::Add => json!({"op": "add", "path": path, "value": piece.after}),
            _ => json!({"op": "replace", "path": path, "value": piece.after}),
        });
    }
    Ok((operations, value))
}

fn reorder(list: &mut [Value], order: Option<&Value>) {
    let place_of = |item: &Value| {
        let names = order.and_then(Value::as_array).into_iter().flatten();
        names.into_iter().position(|other| other.as_str().is_some() && other.as_str() == name(item))
    };
    // Elements that the order does not name stay where they are.
    let places: Vec<usize> = (0..list.len()).filter(|place| place_of(&list[*place]).is_some()).collect();
    let mut moved: Vec<Value> = places.iter().map(|place| list[*place].clone()).collect();
    moved.sort_by_key(|item| place_of(item));
    for (place, item) in places.into_iter().zip(moved) {
        list[place] = item;
    }
}

/// The pointer by places of a pointer by names.
fn resolve(value: &Value, path: &str) -> Option<String> {
    let mut at = value;
    let mut pointer = String::new();
    for step in path.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        match at {
            Value::Object(map) => {
                at = map.get(&step)?;
                pointer.push_str(&pointer_step(&step));
            }
            Value::Array(items) => {
                let place = items.iter().position(|item| name(item) == Some(&step))?;
                at = &items[place];
                pointer.push_str(&format!("/{place}"));
            }
            _ => return None,
        }
    }
    Some(pointer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before() -> Value {
        json!({"name": "shop", "tables": [
            {"name": "customer", "rows": 10, "columns": [
                {"name": "id", "generator": {"type": "sequence"}},
                {"name": "age", "generator": {"type": "integer", "min": 0, "max": 99}},
                {"name": "note"}
            ]},
            {"name": "old", "columns": [{"name": "x"}]}
        ]})
    }

    fn after() -> Value {
        json!({"name": "shop", "tables": [
            {"name": "customer", "rows": 20, "columns": [
                {"name": "id", "generator": {"type": "uuid_v4"}},
                {"name": "tier", "generator": {"type": "choice", "values": ["a", "b"]}},
                {"name": "note"},
                {"name": "age", "generator": {"type": "integer", "min": 18, "max": 99}}
            ], "rules": [{"id": "r", "kind": "check", "sql": "age > 1"}]},
            {"name": "loyalty", "columns": [{"name": "points"}]}
        ]})
    }

    #[test]
    fn pieces_are_told_by_names() {
        let pieces = difference(&before(), &after());
        let told: Vec<(&str, Kind)> = pieces.iter().map(|piece| (piece.path.as_str(), piece.kind)).collect();
        assert_eq!(
            told,
            [
                ("/tables/customer/rows", Kind::Change),
                ("/tables/customer/columns/id/generator", Kind::Change),
                ("/tables/customer/columns/age/generator/min", Kind::Change),
                ("/tables/customer/columns", Kind::Order),
                ("/tables/customer/columns/tier", Kind::Add),
                ("/tables/customer/rules", Kind::Add),
                ("/tables/old", Kind::Remove),
                ("/tables/loyalty", Kind::Add),
            ]
        );
        assert_eq!(pieces[4].behind.as_deref(), Some("id"));
    }

    #[test]
    fn all_pieces_together_make_the_one_of_the_other() {
        let (before, after) = (before(), after());
        for (from, to) in [(&before, &after), (&after, &before), (&before, &before)] {
            let (operations, value) = patch(from, &difference(from, to)).expect("all fit");
            assert_eq!(&value, to);
            assert_eq!(operations.is_empty(), from == to);
        }
    }

    #[test]
    fn some_pieces_can_be_left() {
        let pieces = difference(&before(), &after());
        let chosen: Vec<Piece> = pieces.into_iter().filter(|piece| piece.path.ends_with("tier")).collect();
        let (operations, value) = patch(&before(), &chosen).expect("fits");
        assert_eq!(operations[0]["path"], "/tables/0/columns/1");
        assert_eq!(value["tables"][0]["columns"].as_array().map(Vec::len), Some(4));
        assert_eq!(value["tables"][0]["rows"], 10);
        let failure = patch(&json!({"tables": []}), &chosen).expect_err("the table is gone");
        assert!(failure.contains("/tables/customer/columns/tier"), "{failure}");
    }

    #[test]
    fn lists_without_names_change_as_a_whole() {
        let pieces = difference(&json!({"values": [1, 2]}), &json!({"values": [1, 3]}));
        assert_eq!(
            pieces,
            [Piece {
                path: "/values".into(),
                kind: Kind::Change,
                before: Some(json!([1, 2])),
                after: Some(json!([1, 3])),
                behind: None
            }]
        );
    }
}

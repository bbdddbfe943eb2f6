//! What the server says of two schemas is what the studio does to a draft: both are held to one file.

use std::fs;
use std::path::Path;

use llm::difference::{Kind, Piece, difference};
use serde_json::{Value, json};

const BEFORE: &str = "name: shop # what we sell
parameters: { customers: 10 }
tables:
  # who buys
  - name: customer
    rows: 10
    columns:
      - { name: id, generator: { type: sequence } } # never reused
      - { name: age, generator: { type: integer, min: 0, max: 99 } }
      # free text
      - { name: note }
    foreign_keys:
      - { columns: [note], references: { table: old } }
  - name: old
    columns:
      - { name: x }
";
const AFTER: &str = "name: shop
parameters: { customers: 10, orders: 5 }
lists: { tiers: [a, b] }
tables:
  - name: customer
    rows: 20
    columns:
      - { name: id, generator: { type: uuid_v4 } }
      - { name: tier, generator: { type: choice, values: [a, b] } }
      - { name: note }
      - { name: age, generator: { type: integer, min: 18, max: 99 } }
    rules:
      - { id: adults, kind: check, sql: \"age > 17\" }
      - { id: tiers, kind: check, sql: \"tier <> ''\" }
  - name: loyalty
    columns:
      - { name: points }
";

/// Does pieces to what they were found against, in the plainest way.
pub fn done(before: &Value, pieces: &[Piece]) -> Value {
    let mut value = before.clone();
    for piece in pieces {
        let (last, holders) = piece.path.split_last().expect("a path");
        let mut at = &mut value;
        for step in holders {
            at = match at {
                Value::Array(items) => items.iter_mut().find(|item| name(item) == Some(step)).expect("an element"),
                other => &mut other[step.as_str()],
            };
        }
        if piece.kind == Kind::Order {
            let order = piece.after.as_ref().and_then(Value::as_array).expect("names");
            let rank = |item: &Value| order.iter().position(|other| other.as_str() == name(item));
            let items = at[last.as_str()].as_array_mut().expect("a list");
            items.sort_by_key(rank);
            continue;
        }
        if at.is_null() {
            *at = if piece.behind.is_some() { json!([]) } else { json!({}) };
        }
        match (at, &piece.after) {
            (Value::Array(items), after) => {
                let place = items.iter().position(|item| name(item) == Some(last));
                match (place, after) {
                    (Some(place), None) => drop(items.remove(place)),
                    (Some(place), Some(after)) => items[place] = after.clone(),
                    (None, after) => {
                        let behind = piece.behind.as_ref().expect("a place").as_deref();
                        let before = items.iter().position(|item| name(item) == behind);
                        items.insert(before.map_or(0, |at| at + 1), after.clone().expect("an element"));
                    }
                }
            }
            (Value::Object(map), None) => drop(map.remove(last)),
            (Value::Object(map), Some(after)) => drop(map.insert(last.clone(), after.clone())),
            (other, _) => panic!("{other} holds nothing"),
        }
    }
    value
}

fn name(item: &Value) -> Option<&str> {
    let own = |key: &str| item.get(key).filter(|value| !value.is_null());
    own("name").or(own("id")).or_else(|| item.get("references")?.get("table"))?.as_str()
}

fn case(before: &str, after: &str) -> Value {
    let read = |text: &str| engine::schema::document(text).expect("a document");
    json!({"before": before, "after": after, "pieces": difference(&read(before), &read(after))})
}

#[test]
fn pieces_are_what_the_studio_takes() {
    let said = format!("{:#}\n", json!([case(BEFORE, AFTER), case(AFTER, BEFORE)]));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../frontend/src/features/assistant/pieces.json");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &said).expect("the file is written");
    }
    let kept: Value = serde_json::from_str(&fs::read_to_string(path).expect("a file")).expect("JSON");
    assert_eq!(kept, serde_json::from_str::<Value>(&said).expect("JSON"), "`make bless` renews pieces.json");
    let told = |place: usize| {
        let pieces = kept[place]["pieces"].as_array().expect("pieces");
        let of = |piece: &Value| {
            let steps = piece["path"].as_array().expect("a path").iter().filter_map(Value::as_str);
            format!("{} {}", piece["kind"].as_str().expect("a kind"), steps.collect::<Vec<_>>().join("/"))
        };
        pieces.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(
        told(0),
        [
            "add parameters/orders",
            "change tables/customer/rows",
            "change tables/customer/columns/id",
            "change tables/customer/columns/age",
            "order tables/customer/columns",
            "add tables/customer/columns/tier",
            "remove tables/customer/foreign_keys",
            "add tables/customer/rules/adults",
            "add tables/customer/rules/tiers",
            "remove tables/old",
            "add tables/loyalty",
            "add lists/tiers",
        ]
    );
    assert_eq!(kept[0]["pieces"][7]["behind"], Value::Null, "the first of a list");
    assert!(kept[0]["pieces"][0].get("behind").is_none(), "a key stands nowhere");
}

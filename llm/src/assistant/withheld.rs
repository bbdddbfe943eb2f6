//! What of a schema is the user's data and not its definition: rows that are given, and lists of values. The model is told how much there is
//! and under which names, never a value; whatever it proposes gets it back.
//!
//! The `values` of a generator are no data but what a column means - states, kinds, grades - and are told.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// The key of what stands in the place of data.
const MARK: &str = "withheld";

/// The key beside it: whose data it is.
const OF: &str = "of";

/// The shortest text that is looked for in sentences; shorter ones stand in any.
const SHORTEST: usize = 3;

/// What the model is told of it.
pub(super) const TOLD: &str = " Rows of `given` and values of `lists` are the user's data and not shown: `withheld` says how many there are. Leave \
     what stands in their place as it is, also where a table or a list is renamed; `[]` in its place takes the data out, and a list that holds \
     it among others adds to the data.";

/// A schema without the data in it, and the data.
pub(super) struct Withheld {
    shown: Value,
    given: Map<String, Value>,
    lists: Map<String, Value>,
    words: BTreeSet<String>,
}

impl Withheld {
    /// Takes the data out of a schema.
    pub fn of(present: &Value) -> Withheld {
        let mut withheld =
            Withheld { shown: present.clone(), given: Map::new(), lists: Map::new(), words: BTreeSet::new() };
        for table in withheld.shown.get_mut("tables").and_then(Value::as_array_mut).into_iter().flatten() {
            let Some(name) = table["name"].as_str().map(str::to_owned) else { continue };
            let Some(given) = table.get_mut("given").filter(|given| given.is_array()) else { continue };
            let rows = given.as_array().into_iter().flatten();
            let columns: BTreeSet<&String> = rows.filter_map(Value::as_object).flat_map(Map::keys).collect();
            let columns: Vec<&str> = columns.into_iter().map(String::as_str).collect();
            let count = given.as_array().map_or(0, Vec::len);
            let mark = mark(&format!("{count} rows with {}", columns.join(", ")), &name);
            withheld.given.insert(name, std::mem::replace(given, mark));
        }
        for (name, list) in withheld.shown.get_mut("lists").and_then(Value::as_object_mut).into_iter().flatten() {
            if let Some(count) = list.as_array().map(Vec::len) {
                let mark = mark(&format!("{count} values"), name);
                withheld.lists.insert(name.clone(), std::mem::replace(list, mark));
            }
        }
        for data in withheld.given.values().chain(withheld.lists.values()) {
            words(data, &mut withheld.words);
        }
        withheld
    }

    /// The schema without the data.
    pub fn shown(&self) -> &Value {
        &self.shown
    }

    /// Whether there is any data.
    pub fn is_empty(&self) -> bool {
        self.given.is_empty() && self.lists.is_empty()
    }

    /// Puts the data back into a schema that was made of the one without it.
    pub fn restore(&self, schema: &mut Value) {
        if self.is_empty() {
            return;
        }
        for table in schema.get_mut("tables").and_then(Value::as_array_mut).into_iter().flatten() {
            let Some(name) = table["name"].as_str().map(str::to_owned) else { continue };
            if let Some(table) = table.as_object_mut() {
                put_back(table, "given", &name, &self.given);
            }
        }
        let Some(schema) = schema.as_object_mut() else { return };
        if !self.lists.is_empty() && !schema.get("lists").is_some_and(Value::is_object) {
            schema.insert("lists".to_owned(), json!({}));
        }
        if let Some(lists) = schema.get_mut("lists").and_then(Value::as_object_mut) {
            let names: BTreeSet<String> = lists.keys().chain(self.lists.keys()).cloned().collect();
            // A list that has a new name is there under it.
            let renamed: BTreeSet<String> = lists
                .iter()
                .filter_map(|(name, list)| owner(list).filter(|owner| owner != name))
                .map(str::to_owned)
                .collect();
            for name in names {
                if lists.contains_key(&name) || !renamed.contains(&name) {
                    put_back(lists, &name, &name, &self.lists);
                }
            }
        }
    }

    /// A sentence in which no value of the data stands.
    pub fn masked(&self, sentence: &str) -> String {
        // Longer ones first, since they may hold shorter ones.
        let mut words: Vec<&String> = self.words.iter().collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        words.into_iter().fold(sentence.to_owned(), |sentence, word| sentence.replace(word.as_str(), "…"))
    }
}

fn mark(what: &str, of: &str) -> Value {
    json!({ MARK: what, OF: of })
}

/// Whose data a mark stands for.
fn owner(value: &Value) -> Option<&str> {
    value.get(MARK)?;
    value[OF].as_str()
}

/// Puts the data of `name` back under a key: where its mark stands, or nothing does.
fn put_back(map: &mut Map<String, Value>, key: &str, name: &str, data: &Map<String, Value>) {
    let of = |value: &Value| value.get(MARK).map(|_| owner(value).unwrap_or(name).to_owned());
    let rows = |value: &Value| -> Vec<Value> {
        let data = of(value).map(|owner| data.get(&owner).and_then(Value::as_array).cloned().unwrap_or_default());
        data.unwrap_or_else(|| vec![value.clone()])
    };
    let whole = match map.get(key) {
        None => data.get(name).cloned(),
        Some(Value::Array(items)) if items.iter().any(|item| of(item).is_some()) => {
            Some(items.iter().flat_map(rows).collect())
        }
        Some(Value::Array(items)) if items.is_empty() && data.contains_key(name) => None,
        Some(value) if of(value).is_some() => Some(Value::Array(rows(value))),
        Some(_) => return,
    };
    match whole.filter(|whole| whole.as_array().is_none_or(|items| !items.is_empty())) {
        Some(whole) => drop(map.insert(key.to_owned(), whole)),
        None => drop(map.shift_remove(key)),
    }
}

/// The texts and numbers of some data.
fn words(data: &Value, found: &mut BTreeSet<String>) {
    match data {
        Value::Array(items) => items.iter().for_each(|item| words(item, found)),
        Value::Object(map) => map.values().for_each(|value| words(value, found)),
        Value::String(text) if text.chars().count() >= SHORTEST => drop(found.insert(text.clone())),
        Value::Number(number) if number.to_string().len() >= SHORTEST => drop(found.insert(number.to_string())),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn present() -> Value {
        json!({"name": "d", "lists": {"grade": ["Aa", "Bb-secret"]}, "tables": [
            {"name": "t", "columns": [{"name": "a"}, {"name": "b"}], "given": [{"a": "Ana Secret", "b": 12345}, {"a": "x"}]},
            {"name": "u", "columns": [{"name": "c", "generator": {"type": "choice", "values": ["open", "shut"]}}]},
        ]})
    }

    #[test]
    fn values_are_left_out_and_put_back() {
        let withheld = Withheld::of(&present());
        let shown = withheld.shown().to_string();
        assert!(!shown.contains("ecret") && !shown.contains("12345") && shown.contains("open"), "{shown}");
        assert!(shown.contains("2 rows with a, b") && shown.contains("2 values"), "{shown}");
        let mut back = withheld.shown().clone();
        withheld.restore(&mut back);
        assert_eq!(back, present());
        // Who leaves it out, or drops all lists, loses nothing.
        let mut back = json!({"name": "d", "tables": [{"name": "t", "columns": []}]});
        withheld.restore(&mut back);
        assert_eq!(
            (&back["tables"][0]["given"], &back["lists"]),
            (&present()["tables"][0]["given"], &present()["lists"])
        );
    }

    #[test]
    fn data_follows_a_new_name_grows_and_is_taken_out_where_that_is_said() {
        let withheld = Withheld::of(&present());
        let mut renamed = withheld.shown().clone();
        renamed["tables"][0]["name"] = json!("t2");
        let list = renamed["lists"]["grade"].take();
        renamed["lists"] = json!({ "grades": list });
        withheld.restore(&mut renamed);
        assert_eq!(renamed["tables"][0]["given"], present()["tables"][0]["given"]);
        assert_eq!(renamed["lists"], json!({"grades": ["Aa", "Bb-secret"]}));

        let mut more = withheld.shown().clone();
        let mark = more["tables"][0]["given"].take();
        more["tables"][0]["given"] = json!([mark, {"a": "new"}]);
        more["lists"]["grade"] = json!([]);
        withheld.restore(&mut more);
        assert_eq!(more["tables"][0]["given"].as_array().map(Vec::len), Some(3));
        assert_eq!(more["lists"], json!({}));

        let mut other = json!({"name": "d", "tables": [{"name": "t", "given": [{"a": "other"}]}, {"name": "v"}]});
        withheld.restore(&mut other);
        assert_eq!(other["tables"][0]["given"], json!([{"a": "other"}]));
        assert!(other["tables"][1].get("given").is_none());
    }

    #[test]
    fn sentences_hold_no_value() {
        let withheld = Withheld::of(&present());
        assert_eq!(withheld.masked("\"Ana Secret\" and 12345 are no x"), "\"…\" and … are no x");
    }
}

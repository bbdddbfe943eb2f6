//! JSON or YAML text as a tree whose nodes know where they stand.

use std::fmt;

use indexmap::IndexMap;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::Spanned;

use crate::problem::{Problem, pointer_step};

/// A node of the text.
pub(super) struct Node {
    content: Content,
    line: u64,
    column: u64,
}

enum Content {
    Scalar(Value),
    List(Vec<Node>),
    Map(IndexMap<String, Node>),
}

/// Where each pointer of a text stands: line and column, from 1.
pub(super) type Places = IndexMap<String, (u64, u64)>;

/// Reads a text into plain JSON and the places of its nodes. JSON is YAML, so one reader serves both.
pub(super) fn parse(text: &str) -> Result<(Value, Places), Problem> {
    if text.trim().is_empty() {
        return Err(Problem::new("empty", "the schema is empty").remedy("start from `synthetic-data init hiring`"));
    }
    let options = serde_saphyr::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true
    };
    let node: Node = serde_saphyr::from_str_with_options(text, options).map_err(|error| syntax_problem(&error))?;
    let mut places = Places::new();
    let value = node.into_value(&mut String::new(), &mut places);
    Ok((value, places))
}

/// The reader's error in one sentence with its place.
fn syntax_problem(error: &serde_saphyr::Error) -> Problem {
    let place = error.location();
    let message = error.without_snippet().to_string();
    let mut sentence = message.lines().next().unwrap_or("no YAML").trim().to_owned();
    if let Some(at) = sentence.rfind(" at line ") {
        sentence.truncate(at);
    }
    if let Some(rest) = sentence.strip_prefix("error: ") {
        sentence = rest.to_owned();
    }
    // The reader speaks of its own options here.
    let repeated =
        sentence.strip_prefix("duplicate mapping key: ").map(|rest| rest.split(", set ").next().unwrap_or(rest));
    let mut problem = match repeated {
        Some(key) => {
            Problem::new("syntax", format!("the key {key} stands twice in one object")).remedy("leave one of them out")
        }
        None => Problem::new("syntax", format!("this is neither JSON nor YAML: {sentence}")),
    };
    problem.line = place.map(|at| at.line()).filter(|line| *line > 0);
    problem.column = place.map(|at| at.column()).filter(|column| *column > 0);
    problem
}

impl Node {
    fn into_value(self, pointer: &mut String, places: &mut Places) -> Value {
        places.insert(pointer.clone(), (self.line, self.column));
        let depth = pointer.len();
        match self.content {
            Content::Scalar(value) => value,
            Content::List(items) => {
                let mut list = Vec::with_capacity(items.len());
                for (index, item) in items.into_iter().enumerate() {
                    pointer.push_str(&format!("/{index}"));
                    list.push(item.into_value(pointer, places));
                    pointer.truncate(depth);
                }
                Value::Array(list)
            }
            Content::Map(entries) => {
                let mut map = serde_json::Map::new();
                for (key, item) in entries {
                    pointer.push_str(&pointer_step(&key));
                    let value = item.into_value(pointer, places);
                    pointer.truncate(depth);
                    map.insert(key, value);
                }
                Value::Object(map)
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Content>::deserialize(deserializer)?;
        Ok(Node { content: spanned.value, line: spanned.referenced.line(), column: spanned.referenced.column() })
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Content, E> {
        Ok(Content::Scalar(serde_json::Number::from_f64(value).map_or_else(|| value.to_string().into(), Value::Number)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_string<E>(self, value: String) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Content, E> {
        Ok(Content::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Content, D::Error> {
        Content::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Content, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Content::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Content, A::Error> {
        let mut entries = IndexMap::new();
        while let Some(key) = access.next_key::<String>()? {
            let node = access.next_value()?;
            if entries.insert(key.clone(), node).is_some() {
                return Err(de::Error::custom(format!("the key {key:?} stands twice")));
            }
        }
        Ok(Content::Map(entries))
    }
}

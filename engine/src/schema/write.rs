//! The canonical form of a dataset, as JSON or YAML: keys in the order of the language, absent ones left out.

use serde_json::Value;

use super::{Dataset, tree};
use crate::problem::Problem;

/// The dataset as JSON, two spaces a level, with a final newline.
pub fn canonical_json(dataset: &Dataset) -> String {
    let value = serde_json::to_value(dataset).unwrap_or_default();
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}

/// A schema's text as one JSON text that depends on what it says alone: the keys of every map in the order of their characters, no spaces, no
/// comments, parameters as they were written. `None` where the text cannot be taken apart.
pub fn canonical_document(text: &str) -> Option<String> {
    tree::parse(text).ok().map(|(mut value, _)| {
        value.sort_all_objects();
        value.to_string()
    })
}

/// A schema's text as JSON, as it was written: keys in their order, parameters unreplaced. Whether it is a schema is not asked.
pub fn document(text: &str) -> Result<Value, Problem> {
    tree::parse(text).map(|(value, _)| value)
}

/// A schema that is JSON as YAML, as [`canonical_yaml`] lays it out.
pub fn yaml(value: &Value) -> String {
    let mut out = String::new();
    write_block(value, 0, &mut out);
    out
}

/// The dataset as YAML: what fits in a line of 120 characters stands in one.
pub fn canonical_yaml(dataset: &Dataset) -> String {
    yaml(&serde_json::to_value(dataset).unwrap_or_default())
}

const WIDTH: usize = 120;

/// Keys whose lists stand an item a line however short they are.
const BLOCKS: [&str; 4] = ["tables", "columns", "foreign_keys", "rules"];

fn write_block(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, item) in map {
                push_indent(indent, out);
                out.push_str(&scalar_text(key));
                out.push(':');
                write_item(key, item, indent, out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                push_indent(indent, out);
                out.push('-');
                let flow = flow(item);
                if !is_table(item) && indent + 2 + flow.chars().count() <= WIDTH {
                    out.push(' ');
                    out.push_str(&flow);
                    out.push('\n');
                } else if item.is_object() {
                    let mut inner = String::new();
                    write_block(item, indent + 2, &mut inner);
                    out.push(' ');
                    out.push_str(inner.trim_start_matches(' '));
                } else {
                    out.push('\n');
                    write_block(item, indent + 2, out);
                }
            }
        }
        scalar => {
            push_indent(indent, out);
            out.push_str(&flow(scalar));
            out.push('\n');
        }
    }
}

fn write_item(key: &str, item: &Value, indent: usize, out: &mut String) {
    let flow = flow(item);
    let empty = item.as_object().is_some_and(serde_json::Map::is_empty) || item.as_array().is_some_and(Vec::is_empty);
    let is_nested = (item.is_object() || item.is_array()) && !empty;
    let names = item.as_array().is_some_and(|items| items.iter().all(Value::is_string));
    let in_block = is_nested && BLOCKS.contains(&key) && !names;
    if !is_nested || (!in_block && indent + key.len() + 2 + flow.chars().count() <= WIDTH) {
        out.push(' ');
        out.push_str(&flow);
        out.push('\n');
    } else {
        out.push('\n');
        write_block(item, indent + 2, out);
    }
}

fn is_table(value: &Value) -> bool {
    value.as_object().is_some_and(|map| {
        map.contains_key("columns") && map.get("columns").is_some_and(|list| list.get(0).is_some_and(Value::is_object))
    })
}

fn push_indent(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// A value in YAML's flow style, which is one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, item)| format!("{}: {}", scalar_text(key), flow(item))).collect();
            if entries.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", entries.join(", ")) }
        }
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::String(text) => scalar_text(text),
        other => other.to_string(),
    }
}

/// A text as a plain scalar where YAML 1.2 and 1.1 readers both take it for the same text, else in double quotes (JSON's escapes are YAML's).
fn scalar_text(text: &str) -> String {
    let plain = !text.is_empty()
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ' | '.' | '/' | '+' | '@'))
        && text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && !text.ends_with(' ')
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n" | "nan" | "inf"
        );
    // Dates are texts in this language's YAML, and read best bare.
    let date = text.len() == 10 && super::param::parse_date(text).is_some();
    if plain || date { text.to_owned() } else { Value::String(text.to_owned()).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canonical_document_knows_neither_comments_nor_order_of_keys_nor_syntax() {
        let yaml = "name: a  # a comment\nparameters: { n: 3 }\ntables:\n  - { rows: \"${n}\", name: t }\n";
        let json = r#"{"tables": [{"name": "t", "rows": "${n}"}], "parameters": {"n": 3}, "name": "a"}"#;
        let canonical = canonical_document(yaml);
        assert_eq!(canonical, canonical_document(json));
        let expected = r#"{"name":"a","parameters":{"n":3},"tables":[{"name":"t","rows":"${n}"}]}"#;
        assert_eq!(canonical.as_deref(), Some(expected));
        assert_eq!(canonical_document("a: [1"), None);
    }
}

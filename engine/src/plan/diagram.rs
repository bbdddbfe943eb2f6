//! The tables and their keys as an entity-relationship diagram in the language of Mermaid (<https://mermaid.js.org/syntax/entityRelationshipDiagram.html>).

use std::fmt::Write;

use super::report::TableReport;
use crate::schema::{Dataset, ForeignKey};

/// The diagram of a dataset, of whose tables `reports` says what the columns are.
pub(super) fn diagram(dataset: &Dataset, reports: &[TableReport]) -> String {
    let mut out = String::from("erDiagram\n");
    for (table, report) in dataset.tables.iter().zip(reports) {
        // Writing to a string never fails.
        let _ = writeln!(out, "    {} {{", quoted(&table.name));
        for column in report.columns.iter().filter(|column| !column.hidden) {
            let is_primary = table.primary_key.contains(&column.name);
            let is_foreign = table.foreign_keys.iter().any(|key| key.columns.contains(&column.name));
            let is_unique = table.columns.iter().any(|own| own.name == column.name && own.unique == Some(true));
            let keys: Vec<&str> = [(is_primary, "PK"), (is_foreign, "FK"), (is_unique && !is_primary, "UK")]
                .into_iter()
                .filter_map(|(holds, word)| holds.then_some(word))
                .collect();
            let name = plain(&column.name);
            let logical = column.logical.split(['(', '<']).next().unwrap_or_default();
            let mut line = format!("        {} {name} {}", plain(logical), keys.join(", ")).trim_end().to_owned();
            if name != column.name {
                line.push_str(&format!(" {}", quoted(&column.name)));
            }
            let _ = writeln!(out, "{line}");
        }
        out.push_str("    }\n");
    }
    for (table, report) in dataset.tables.iter().zip(reports) {
        for key in &table.foreign_keys {
            let may_lack = key
                .columns
                .iter()
                .any(|name| report.columns.iter().any(|column| column.name == *name && column.nullable));
            let parent = if may_lack { "|o" } else { "||" };
            let (from, to) = (quoted(&key.references.table), quoted(&table.name));
            let _ = writeln!(out, "    {from} {parent}--{} {to} : {}", children(key), quoted(key.name()));
        }
    }
    out
}

/// How many children a parent may have.
fn children(key: &ForeignKey) -> &'static str {
    let (min, max) = key.children.as_ref().map_or((0, None), |children| (children.min.unwrap_or(0), children.max));
    match (min, max) {
        (0, Some(1)) => "o|",
        (_, Some(1)) => "||",
        (0, _) => "o{",
        _ => "|{",
    }
}

/// A text between quotes; it has no way to hold one itself.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "'"))
}

/// A word of letters, digits and underscores for a name that may hold anything.
fn plain(name: &str) -> String {
    let word: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if word.starts_with(|c: char| c.is_ascii_alphabetic()) { word } else { format!("c_{word}") }
}

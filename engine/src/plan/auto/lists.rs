//! Short lists of values, such as those of a status, in the language of a dataset's locale. English ones stand in `names.tsv`.

use serde_json::Value;

/// A generator of a meaning with its values in a language, where it is one of values that are known there.
pub(super) fn in_language(mut generator: Value, says: &str, language: &str) -> Value {
    if generator["type"] != "choice" {
        return generator;
    }
    if let Some(values) = values(says, language)
        && let Some(own) = generator["values"].as_array_mut().filter(|own| own.len() == values.len())
    {
        own.iter_mut().zip(values).for_each(|(own, value)| *own = value.into());
    }
    generator
}

fn values(says: &str, language: &str) -> Option<Vec<&'static str>> {
    let rows = include_str!("lists.tsv").lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    let mut own = rows.filter(|cells| cells.len() == 3 && cells[0] == says && cells[1] == language);
    own.next().map(|cells| cells[2].split(", ").collect())
}

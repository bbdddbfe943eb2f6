//! The generator of a column that names none: by its name, else by its type.

use crate::generators::{GeneratorSpec, list};
use crate::schema::{Column, ColumnType};

/// The generator that fits a column, and why.
pub(super) fn choose(column: &Column) -> (GeneratorSpec, String) {
    let words = words_of(&column.name);
    let name = words.join("_");
    let mut best: Option<(usize, &str, &str)> = None;
    let by_name = |kind| matches!(kind, ColumnType::String | ColumnType::Text | ColumnType::Date | ColumnType::Float);
    if column.kind.is_none_or(by_name) || words.iter().any(|word| word == "id") {
        for entry in list() {
            for suggestion in entry.suggested_by {
                let fits = name == *suggestion || ends_with_words(&name, suggestion);
                if fits
                    && best.is_none_or(|(length, _, _)| suggestion.len() > length)
                    && takes(column.kind, &entry.name)
                {
                    best = Some((suggestion.len(), entry.name.as_str(), suggestion));
                }
            }
        }
    }
    if let Some((_, generator, suggestion)) = best
        && let Some(spec) = GeneratorSpec::plain(generator)
    {
        return (spec, format!("the name says {suggestion}"));
    }
    let (value, reason) = by_type(column, &words);
    let spec = GeneratorSpec::from_value(value).unwrap_or_else(|error| unreachable!("a generator of our own: {error}"));
    (spec, reason)
}

/// The generator that a column's name alone suggests.
pub(super) fn suggested(name: &str) -> Option<String> {
    let name = words_of(name).join("_");
    let mut best: Option<(usize, &str)> = None;
    for entry in list() {
        for suggestion in entry.suggested_by {
            if (name == *suggestion || ends_with_words(&name, suggestion))
                && best.is_none_or(|(length, _)| suggestion.len() > length)
            {
                best = Some((suggestion.len(), entry.name.as_str()));
            }
        }
    }
    best.map(|(_, generator)| generator.to_owned())
}

/// Whether a column that names its type can take what a generator makes by name.
fn takes(kind: Option<ColumnType>, generator: &str) -> bool {
    match kind {
        None | Some(ColumnType::String | ColumnType::Text) => true,
        Some(ColumnType::Integer) => generator == "sequence",
        Some(ColumnType::Uuid) => generator == "uuid_v4",
        Some(ColumnType::Date) => generator == "date_of_birth",
        Some(ColumnType::Float) => ["latitude", "longitude"].contains(&generator),
        _ => false,
    }
}

fn by_type(column: &Column, words: &[String]) -> (serde_json::Value, String) {
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let kind = column.kind;
    let by_name = kind.is_none();
    let reason =
        |what: &str| if by_name { format!("the name looks like {what}") } else { format!("the type is {what}") };
    if kind == Some(ColumnType::Boolean)
        || (by_name && words.first().is_some_and(|word| ["is", "has", "can", "es", "tiene"].contains(&word.as_str())))
    {
        return (serde_json::json!({"type": "boolean"}), reason("a boolean"));
    }
    if kind == Some(ColumnType::Datetime)
        || (by_name && words.last().is_some_and(|word| word == "at") && words.len() > 1)
    {
        return (
            serde_json::json!({"type": "datetime", "start": "2023-01-01", "end": "2025-12-31"}),
            reason("a datetime"),
        );
    }
    if kind == Some(ColumnType::Date)
        || (by_name && (has(&["date", "fecha", "dob", "birthday"]) || (words.len() > 1 && has(&["on"]))))
    {
        return (serde_json::json!({"type": "date", "start": "2023-01-01", "end": "2025-12-31"}), reason("a date"));
    }
    if kind == Some(ColumnType::Decimal)
        || (by_name && has(&["price", "amount", "total", "cost", "salary", "precio", "monto", "importe", "sueldo"]))
    {
        let scale = column.scale.unwrap_or(2);
        return (serde_json::json!({"type": "decimal", "min": 1, "max": 1000, "scale": scale}), reason("an amount"));
    }
    if kind == Some(ColumnType::Float) {
        return (serde_json::json!({"type": "float", "min": 0, "max": 1000}), reason("a float"));
    }
    if kind == Some(ColumnType::Integer)
        || (by_name && has(&["quantity", "qty", "count", "number", "age", "cantidad", "edad", "numero"]))
    {
        return (serde_json::json!({"type": "integer", "min": 1, "max": 100}), reason("an integer"));
    }
    if kind == Some(ColumnType::Uuid) || (by_name && has(&["uuid", "guid"])) {
        return (serde_json::json!({"type": "uuid_v4"}), reason("a UUID"));
    }
    if kind == Some(ColumnType::Text)
        || (by_name
            && has(&["description", "comment", "notes", "remarks", "descripcion", "comentario", "observaciones"]))
    {
        return (serde_json::json!({"type": "sentence"}), reason("a text"));
    }
    (serde_json::json!({"type": "word"}), "nothing in the name or type says more".to_owned())
}

/// A column's name as words without accents, in lower case: `ApellidoPaterno`, `apellido-paterno` and `Apellido paterno` alike.
fn words_of(name: &str) -> Vec<String> {
    let ascii = any_ascii::any_ascii(name);
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in ascii.chars() {
        if !c.is_ascii_alphanumeric() {
            words.push(String::new());
        } else {
            if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.push(c.to_ascii_lowercase());
            }
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

fn ends_with_words(name: &str, suggestion: &str) -> bool {
    name.strip_suffix(suggestion).is_some_and(|rest| rest.ends_with('_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(name: &str) -> String {
        let column: Column = serde_json::from_value(serde_json::json!({ "name": name })).expect("a column");
        choose(&column).0.entry().name.clone()
    }

    #[test]
    fn common_names_in_english_and_spanish_choose_their_generators() {
        for (name, generator) in [
            ("id", "sequence"),
            ("first_name", "first_name"),
            ("firstName", "first_name"),
            ("Apellido", "last_name"),
            ("apellido_paterno", "paternal_surname"),
            ("fecha_nacimiento", "date_of_birth"),
            ("billing_address", "full_address"),
            ("codigo_postal", "postal_code"),
            ("ubigeo", "admin_code"),
            ("correo_electronico", "email"),
            ("customer_email", "email"),
            ("teléfono", "phone"),
            ("DNI", "national_id"),
            ("created_at", "datetime"),
            ("fecha", "date"),
            ("is_active", "boolean"),
            ("qty", "integer"),
            ("precio", "decimal"),
            ("ciudad", "city"),
            ("pais", "country"),
            ("xyz", "word"),
        ] {
            assert_eq!(chosen(name), generator, "{name}");
        }
    }
}

//! Reads JSON or YAML into a [`Dataset`], or into all problems of its form with their places.
//!
//! Problems of form and of meaning come together: an element that cannot be read is left out of the dataset, and its problem says where it
//! stands, so that compiling goes on over the rest.

use indexmap::IndexMap;
use serde_json::Value;

use super::tree::{self, Places};
use super::{Dataset, shape};
use crate::problem::{Problem, path_of_pointer, suggestion};

/// Values that stand in for those of `parameters`, by name.
pub type Overrides = IndexMap<String, Value>;

/// What came of a text.
#[derive(Debug)]
pub struct Reading {
    /// The dataset, where one could be read; without the elements that could not.
    pub dataset: Option<Dataset>,
    /// Elements that were left out, by pointer; their absence explains follow-on problems away.
    pub left_out: Vec<String>,
    /// Problems of form.
    pub problems: Vec<Problem>,
    places: Places,
}

impl Reading {
    /// Gives a problem, whose place is final, the line and column of its pointer or of the nearest place above it.
    pub fn place(&self, mut problem: Problem) -> Problem {
        if problem.line.is_none() {
            let mut pointer = problem.pointer.as_str();
            loop {
                if let Some((line, column)) = self.places.get(pointer) {
                    (problem.line, problem.column) = (Some(*line), Some(*column));
                    break;
                }
                match pointer.rfind('/') {
                    Some(cut) => pointer = &pointer[..cut],
                    None => break,
                }
            }
        }
        problem.settled()
    }
}

/// Reads a schema. `overrides` replace parameters of the schema, or are problems where it has none of that name.
pub fn read(text: &str, overrides: &Overrides) -> Reading {
    let (mut tree, places) = match tree::parse(text) {
        Ok(parsed) => parsed,
        Err(problem) => {
            return Reading { dataset: None, left_out: Vec::new(), problems: vec![problem], places: Places::new() };
        }
    };
    let mut problems = Vec::new();
    substitute_parameters(&mut tree, overrides, &mut problems);
    problems.extend(shape::validate(&tree));
    let mut left_out = Vec::new();
    for problem in &problems {
        prune(&mut tree, &problem.pointer, &mut left_out);
    }
    // What validation let pass but a type of its own refuses (a date that does not exist) is found by reading, element by element.
    find_refused(&mut tree, &mut problems, &mut left_out);
    let dataset = match serde_json::from_value::<Dataset>(tree) {
        Ok(dataset) => Some(dataset),
        Err(error) => {
            if problems.is_empty() {
                problems.push(Problem::new("unreadable", error.to_string()));
            }
            None
        }
    };
    let mut reading = Reading { dataset, left_out, problems: Vec::new(), places };
    reading.problems = problems.into_iter().map(|problem| reading.place(problem)).collect();
    reading
}

/// Elements that can be left out without taking their neighbours along, as the depths of their pointers' steps.
const ELEMENTS: [&[&str]; 6] = [
    &["tables", "*", "columns", "*", "generator"],
    &["tables", "*", "draws", "*"],
    &["tables", "*", "foreign_keys", "*"],
    &["tables", "*", "rules", "*"],
    &["tables", "*", "indexes", "*"],
    &["tables", "*", "columns", "*", "*"],
];

/// Sets the smallest element around `pointer` to null or removes it, so that the rest can be read.
fn prune(tree: &mut Value, pointer: &str, left_out: &mut Vec<String>) {
    let steps: Vec<&str> = pointer.split('/').skip(1).collect();
    let matched = ELEMENTS.iter().find(|element| {
        steps.len() >= element.len() && element.iter().zip(&steps).all(|(want, have)| *want == "*" || want == have)
    });
    let Some(element) = matched else { return };
    let place = format!("/{}", steps[..element.len()].join("/"));
    if left_out.contains(&place) {
        return;
    }
    let (parent, last) = place.rsplit_once('/').unwrap_or(("", &place));
    match tree.pointer_mut(parent) {
        Some(Value::Object(map)) => {
            map.shift_remove(&last.replace("~1", "/").replace("~0", "~"));
        }
        // List elements keep their places while others are looked for; they are taken out by `find_refused`.
        Some(Value::Array(items)) => {
            if let Some(item) = last.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                *item = Value::Null;
            }
        }
        _ => {}
    }
    left_out.push(place);
}

/// Reads each element by itself, reports what its types refuse, and removes what was pruned.
fn find_refused(tree: &mut Value, problems: &mut Vec<Problem>, left_out: &mut Vec<String>) {
    refused::<super::Datetime>(tree, "/reference_time", problems, left_out);
    let tables = tree.pointer_mut("/tables").and_then(Value::as_array_mut);
    for (index, table) in tables.into_iter().flatten().enumerate() {
        let base = format!("/tables/{index}");
        for (at, column) in list(table, "columns").enumerate() {
            let place = format!("{base}/columns/{at}/generator");
            if let Some(error) = column.get("generator").and_then(error_of::<crate::generators::GeneratorSpec>) {
                problems.push(Problem::new("unreadable", error).at(place.clone()));
                left_out.push(place);
                column.as_object_mut().map(|map| map.shift_remove("generator"));
            }
        }
        if let Some(Value::Object(draws)) = table.get_mut("draws") {
            draws.retain(|name, draw| match error_of::<super::Draw>(draw) {
                None => true,
                Some(error) => {
                    let place = format!("{base}/draws{}", crate::problem::pointer_step(name));
                    if !left_out.contains(&place) {
                        problems.push(Problem::new("unreadable", error).at(place.clone()));
                        left_out.push(place);
                    }
                    false
                }
            });
        }
        remove_refused::<super::ForeignKey>(table, "foreign_keys", &base, problems, left_out);
        remove_refused::<super::Rule>(table, "rules", &base, problems, left_out);
        remove_refused::<super::Index>(table, "indexes", &base, problems, left_out);
    }
}

fn list<'v>(table: &'v mut Value, key: &str) -> impl Iterator<Item = &'v mut Value> {
    table.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten()
}

fn error_of<T: serde::de::DeserializeOwned>(value: &Value) -> Option<String> {
    serde_json::from_value::<T>(value.clone()).err().map(|error| error.to_string())
}

fn refused<T: serde::de::DeserializeOwned>(
    tree: &mut Value,
    key: &str,
    problems: &mut Vec<Problem>,
    left_out: &mut Vec<String>,
) {
    if let Some(error) = tree.pointer(key).and_then(error_of::<T>) {
        if !problems.iter().any(|problem| problem.pointer == key) {
            problems.push(Problem::new("unreadable", error).at(key));
        }
        left_out.push(key.to_owned());
        tree.as_object_mut().map(|map| map.shift_remove(&key[1..]));
    }
}

fn remove_refused<T: serde::de::DeserializeOwned>(
    table: &mut Value,
    key: &str,
    base: &str,
    problems: &mut Vec<Problem>,
    left_out: &mut Vec<String>,
) {
    let Some(items) = table.get_mut(key).and_then(Value::as_array_mut) else { return };
    let mut index = 0;
    items.retain(|item| {
        let place = format!("{base}/{key}/{index}");
        index += 1;
        if left_out.contains(&place) {
            return false;
        }
        match error_of::<T>(item) {
            None => true,
            Some(error) => {
                problems.push(Problem::new("unreadable", error).at(place.clone()));
                left_out.push(place);
                false
            }
        }
    });
}

/// Puts parameters in the place of `${name}`, everywhere but in `parameters` itself.
fn substitute_parameters(tree: &mut Value, overrides: &Overrides, problems: &mut Vec<Problem>) {
    let Value::Object(root) = tree else { return };
    let mut parameters: IndexMap<String, Value> = match root.get("parameters") {
        Some(Value::Object(map)) => map.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        _ => IndexMap::new(),
    };
    for (name, value) in &parameters {
        if !(value.is_string() || value.is_number() || value.is_boolean()) {
            let detail = "a parameter is a number, a text or true or false";
            problems.push(
                Problem::new("wrong_type", detail).at(format!("/parameters{}", crate::problem::pointer_step(name))),
            );
        }
    }
    for (name, value) in overrides {
        if parameters.contains_key(name) {
            parameters.insert(name.clone(), value.clone());
            if let Some(Value::Object(map)) = root.get_mut("parameters") {
                map.insert(name.clone(), value.clone());
            }
        } else {
            let mut problem =
                Problem::new("unknown_parameter", format!("the schema has no parameter \"{name}\" to set"))
                    .at("/parameters");
            if let Some(remedy) = suggestion(name, parameters.keys().map(String::as_str).collect::<Vec<_>>()) {
                problem = problem.remedy(remedy);
            }
            problems.push(problem);
        }
    }
    for (key, value) in root.iter_mut().filter(|(key, _)| *key != "parameters") {
        substitute(value, &parameters, &mut crate::problem::pointer_step(key), problems);
    }
}

fn substitute(
    value: &mut Value,
    parameters: &IndexMap<String, Value>,
    pointer: &mut String,
    problems: &mut Vec<Problem>,
) {
    let depth = pointer.len();
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                pointer.push_str(&format!("/{index}"));
                substitute(item, parameters, pointer, problems);
                pointer.truncate(depth);
            }
        }
        Value::Object(map) => {
            for (key, item) in map.iter_mut() {
                pointer.push_str(&crate::problem::pointer_step(key));
                substitute(item, parameters, pointer, problems);
                pointer.truncate(depth);
            }
        }
        Value::String(text) if text.contains("${") => match interpolate(text, parameters) {
            Ok(replaced) => *value = replaced,
            Err(problem) => problems.push(problem.at(pointer.clone())),
        },
        _ => {}
    }
}

/// The text with its parameters put in; a text that is one `${name}` takes the parameter's type. `$${` is a literal `${`.
fn interpolate(text: &str, parameters: &IndexMap<String, Value>) -> Result<Value, Problem> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            out.push_str(&rest[..at]);
            out.push('{');
            rest = &rest[at + 2..];
            continue;
        }
        let Some(end) = rest[at..].find('}') else {
            return Err(Problem::new(
                "unclosed_parameter",
                format!("{text:?} opens a parameter and does not close it"),
            )
            .remedy("write ${name}, or $${ for a literal ${"));
        };
        let name = rest[at + 2..at + end].trim();
        let Some(value) = parameters.get(name) else {
            let known: Vec<&str> = parameters.keys().map(String::as_str).collect();
            let mut problem =
                Problem::new("unknown_parameter", format!("unknown parameter \"{name}\"")).param("parameter", name);
            problem = match suggestion(name, known) {
                Some(remedy) => problem.remedy(remedy),
                None => problem.remedy(format!("declare it under {}", path_of_pointer("/parameters"))),
            };
            return Err(problem);
        };
        if at == 0 && at + end + 1 == text.len() && rest.len() == text.len() {
            return Ok(value.clone());
        }
        out.push_str(&rest[..at]);
        match value {
            Value::String(value) => out.push_str(value),
            value => out.push_str(&value.to_string()),
        }
        rest = &rest[at + end + 1..];
    }
    out.push_str(rest);
    Ok(Value::String(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_one_parameter_takes_its_type_and_others_are_text() {
        let parameters: IndexMap<String, Value> = [("n".to_owned(), 3.into()), ("w".to_owned(), "x".into())].into();
        assert_eq!(interpolate("${n}", &parameters), Ok(3.into()));
        assert_eq!(interpolate("a${n}${w}b", &parameters), Ok("a3xb".into()));
        assert_eq!(interpolate("$${n}", &parameters), Ok("${n}".into()));
        assert_eq!(interpolate("a$${n} ${n}", &parameters), Ok("a${n} 3".into()));
        assert!(interpolate("${m}", &parameters).is_err());
        assert!(interpolate("${n", &parameters).is_err());
    }
}

//! The assistant: words become a schema, a change of one, a column or a rule, which the engine's plan has checked.
//!
//! What the model proposes is planned as any user's schema is; problems go back to it, at most three rounds, and what is left of them goes to
//! the user with the proposal. Nothing is saved or run here. The model is told the language, the present schema without its given rows and
//! lists of values, the user's words and, where the caller passes them in, names and types of uploaded columns; never a value of a row. Words and names are JSON texts in its messages,
//! which nothing in them can end, and whatever they bring it to answer is a proposal, as data.

mod grounding;
mod rounds;
mod withheld;

use engine::problem::Problem;
use serde::Serialize;
use serde_json::{Value, json};

use crate::Cancel;
use crate::budget::Ceiling;
use crate::client::Client;
use crate::failure::{Code, Failure};
use crate::protocol::Usage;
use rounds::{Placed, Task};

/// How often the model is asked at most.
pub const ROUNDS: u32 = 3;

/// The most characters of a user's words.
pub const MAX_WORDS: usize = 8000;

/// What the assistant needs of its caller.
#[derive(Clone, Copy)]
pub struct Session<'a> {
    /// Whom it asks.
    pub client: &'a Client,
    /// What it may cost.
    pub ceiling: &'a Ceiling,
    /// Ends it.
    pub cancel: &'a Cancel,
    /// Who listens while it works.
    pub listener: Option<&'a (dyn Fn(Event<'_>) + Send + Sync)>,
}

/// What is heard of the assistant while it works.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<'a> {
    /// A round begins, counted from 1, or begins once more: the words before are void.
    Begins(u32),
    /// The next words of the answer, which is JSON.
    Words(&'a str),
    /// What the plan says of the proposal.
    Problems(&'a [Problem]),
}

/// Names and types of an uploaded table; the model is told nothing else of it, and this only where the user says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// What the table is called.
    pub table: String,
    /// Its columns.
    pub columns: Vec<SampleColumn>,
}

/// Name and type of an uploaded column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SampleColumn {
    /// Its name.
    pub name: String,
    /// Its logical type.
    #[serde(rename = "type")]
    pub kind: String,
}

/// What the assistant proposes.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The whole schema.
    pub schema: Value,
    /// The same as YAML.
    pub text: String,
    /// The column or the rule, where that is what was asked for.
    pub element: Option<Value>,
    /// What the model says to it.
    pub remarks: String,
    /// What the plan says of it: errors, which are left after the last round, and warnings. Problems that the present schema had before are
    /// not among them.
    pub problems: Vec<Problem>,
    /// Rounds that it took.
    pub rounds: u32,
    /// Why there was no further round although errors are left, where it was not that the rounds were over.
    pub stopped: Option<Failure>,
}

impl Proposal {
    /// Whether it can be planned.
    pub fn is_sound(&self) -> bool {
        self.problems.iter().all(|problem| !problem.is_error())
    }
}

/// What came of asking the assistant.
#[derive(Clone, Debug)]
pub struct Assisted {
    /// The proposal, or why there is none.
    pub proposal: Result<Proposal, Failure>,
    /// What it took, also where there is none.
    pub usage: Usage,
    /// Millionths of a dollar; none where the price is not known.
    pub cost_microusd: Option<u64>,
    /// Those that may be billed beside them, for calls that were sent and not answered.
    pub unanswered_microusd: u64,
}

/// Writes a schema from words.
pub async fn write_schema(session: Session<'_>, words: &str, samples: &[Sample]) -> Assisted {
    let task = Task {
        wish: grounding::WRITE_SCHEMA,
        key: "schema",
        what: grounding::SCHEMA,
        words,
        present: None,
        table: None,
        samples,
        place: &|schema| Ok(Placed { schema: schema.clone(), element: None }),
    };
    rounds::run(session, &task).await
}

/// Changes a schema by words; [`crate::difference`] says what is changed.
pub async fn change_schema(session: Session<'_>, present: &Value, words: &str, samples: &[Sample]) -> Assisted {
    let task = Task {
        wish: grounding::CHANGE_SCHEMA,
        key: "schema",
        what: grounding::CHANGED_SCHEMA,
        words,
        present: Some(present),
        table: None,
        samples,
        place: &|schema| Ok(Placed { schema: schema.clone(), element: None }),
    };
    rounds::run(session, &task).await
}

/// Writes one column of a table from words; one that is there by its name is replaced.
pub async fn write_column(session: Session<'_>, present: &Value, table: &str, words: &str) -> Assisted {
    write_element(session, &COLUMN, present, table, words).await
}

/// Writes one rule of a table from words; one that is there by its id is replaced.
pub async fn write_rule(session: Session<'_>, present: &Value, table: &str, words: &str) -> Assisted {
    write_element(session, &RULE, present, table, words).await
}

/// A kind of elements of a table.
struct Element {
    /// What the model shall do.
    wish: &'static str,
    /// The key of the answer that holds one.
    key: &'static str,
    /// What one is.
    what: &'static str,
    /// The table's list of them.
    list: &'static str,
    /// By which of its keys one is told from others.
    name: &'static str,
}

const COLUMN: Element =
    Element { wish: grounding::WRITE_COLUMN, key: "column", what: grounding::COLUMN, list: "columns", name: "name" };

const RULE: Element =
    Element { wish: grounding::WRITE_RULE, key: "rule", what: grounding::RULE, list: "rules", name: "id" };

async fn write_element(session: Session<'_>, element: &Element, present: &Value, table: &str, words: &str) -> Assisted {
    if let Err(failure) = table_of(present, table) {
        let usage = Usage::default();
        return Assisted { proposal: Err(failure), usage, cost_microusd: None, unanswered_microusd: 0 };
    }
    let task = Task {
        wish: element.wish,
        key: element.key,
        what: element.what,
        words,
        present: Some(present),
        table: Some(table),
        samples: &[],
        place: &|value| put(present, table, element.list, element.name, value),
    };
    rounds::run(session, &task).await
}

/// Whether a schema has a table of this name.
pub fn has_table(schema: &Value, table: &str) -> bool {
    table_of(schema, table).is_ok()
}

fn table_of(schema: &Value, table: &str) -> Result<usize, Failure> {
    let mut tables = schema["tables"].as_array().into_iter().flatten();
    let place = tables.position(|other| other["name"] == table);
    place.ok_or_else(|| Failure::new(Code::Refused, format!("the schema has no table {table:?}")))
}

/// The schema with an element of a table put in.
fn put(present: &Value, table: &str, list: &str, key: &str, element: &Value) -> Result<Placed, String> {
    // A list of one is what the model meant by one.
    let element = match element.as_array().map(Vec::as_slice) {
        Some([only]) => only,
        _ => element,
    };
    let Some(name) = element[key].as_str() else { return Err(format!("it is no object with the key {key:?}")) };
    let mut schema = present.clone();
    let place = table_of(present, table).map_err(|failure| failure.detail)?;
    let Value::Object(table) = &mut schema["tables"][place] else { return Err("the table is no object".to_owned()) };
    let Value::Array(items) = table.entry(list).or_insert_with(|| json!([])) else {
        return Err(format!("the table's {list:?} is no list"));
    };
    match items.iter().position(|item| item[key] == name) {
        Some(place) => items[place] = element.clone(),
        None => items.push(element.clone()),
    }
    Ok(Placed { schema, element: Some(element.clone()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_is_put_in_or_replaced() {
        let present = json!({"tables": [{"name": "t", "columns": [{"name": "a"}]}]});
        let placed = put(&present, "t", "columns", "name", &json!([{"name": "b"}])).expect("a column");
        assert_eq!(placed.schema["tables"][0]["columns"], json!([{"name": "a"}, {"name": "b"}]));
        let placed = put(&present, "t", "columns", "name", &json!({"name": "a", "unique": true})).expect("a column");
        assert_eq!(placed.schema["tables"][0]["columns"], json!([{"name": "a", "unique": true}]));
        let placed = put(&present, "t", "rules", "id", &json!({"id": "r"})).expect("a rule");
        assert_eq!(placed.schema["tables"][0]["rules"], json!([{"id": "r"}]));
        assert!(put(&present, "t", "columns", "name", &json!("a")).is_err());
        assert!(put(&present, "u", "columns", "name", &json!({"name": "a"})).is_err());
    }
}

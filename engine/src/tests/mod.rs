//! What the engine promises as a whole: the same bytes however rows are asked for, golden hashes, rules that hold, no panic on any text.

mod admitted;
mod aggregates;
mod agree;
mod alike;
mod apart;
mod belongs;
mod beside;
mod bounded;
mod bounds;
mod calendar;
mod cases;
mod computed_shares;
mod conversions;
mod correlations;
mod counts;
mod determinism;
mod diagram;
mod differences;
mod edges;
mod fits;
mod given;
mod golden;
mod held;
mod kinds;
mod laid;
mod listed;
mod llm;
mod marked;
mod memory;
mod moving;
mod nulls;
mod overlaps;
mod owned;
mod patterns;
mod picks;
mod premises;
mod proved;
mod query;
mod rare;
mod regroup;
mod repairs;
mod restate;
mod robustness;
mod rules;
mod schemas;
mod shared;
mod sites;
mod some_rows;
mod statistics;
mod stopped;
mod to_prove;
mod together;
mod unique;
mod unlike;

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::util::display::array_value_to_string;

use crate::plan::{Compiled, Options, Plan, compile_text};
use crate::schema::Overrides;

/// The hiring example that the command ships.
const HIRING: &str = include_str!("../../../api/src/catalogue/templates/hiring.yaml");

fn compiled(schema: &str) -> Compiled {
    compile_text(schema, &Overrides::new(), &Options::default())
}

fn plan(schema: &str) -> Arc<Plan> {
    let compiled = compiled(schema);
    let problems: Vec<String> = compiled.problems.iter().map(ToString::to_string).collect();
    compiled.plan.unwrap_or_else(|| panic!("{schema}\n{}", problems.join("\n")))
}

/// A schema after a patch of RFC 6902, as far as proposals have its operations.
fn patched(schema: &serde_json::Value, patch: &serde_json::Value) -> serde_json::Value {
    let mut schema = schema.clone();
    for operation in patch.as_array().expect("a list of operations") {
        let path = operation["path"].as_str().expect("a path");
        let (parent, key) = path.rsplit_once('/').expect("a place");
        let key = key.replace("~1", "/").replace("~0", "~");
        match (operation["op"].as_str().expect("an operation"), schema.pointer_mut(parent).expect(path)) {
            ("replace", serde_json::Value::Object(map)) => {
                assert!(map.insert(key, operation["value"].clone()).is_some(), "nothing stands at {path}");
            }
            ("add", serde_json::Value::Object(map)) => drop(map.insert(key, operation["value"].clone())),
            ("remove", serde_json::Value::Object(map)) => {
                assert!(map.shift_remove(&key).is_some(), "nothing stands at {path}");
            }
            ("remove", serde_json::Value::Array(list)) => drop(list.remove(key.parse().expect("a place in the list"))),
            (operation, _) => panic!("{operation} at {path}"),
        }
    }
    schema
}

fn rows_of(batch: &RecordBatch) -> Vec<String> {
    let cell = |column: usize, row: usize| array_value_to_string(batch.column(column), row).expect("a printable value");
    (0..batch.num_rows())
        .map(|row| (0..batch.num_columns()).map(|column| cell(column, row)).collect::<Vec<_>>().join("|"))
        .collect()
}

fn all_rows(plan: &Plan, table: &str) -> Vec<String> {
    let index = plan.table_index(table).expect("a table of the schema");
    let mut rows = Vec::new();
    crate::run::run(
        plan,
        index,
        0..plan.tables[index].rows,
        2,
        |batch| Ok::<_, crate::generators::RunError>(rows_of(&batch)),
        |part, _| {
            rows.extend(part);
            Ok(())
        },
    )
    .expect("rows");
    rows
}

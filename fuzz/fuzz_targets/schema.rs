//! Any bytes are a schema or a list of problems, and what has a plan makes rows: nothing panics.

#![no_main]

use engine::plan::{Options, Plan, compile_text};
use engine::run;
use engine::schema::Overrides;
use libfuzzer_sys::fuzz_target;

/// Rows that are made of a plan.
const ROWS: u64 = 100;
/// Tables, columns and rows of a plan whose rows are made; a larger one may be right and take too long.
const MOST_TABLES: usize = 16;
const MOST_COLUMNS: usize = 64;
const MOST_ROWS: u64 = 100_000;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let compiled = compile_text(&text, &Overrides::default(), &Options::default());
    assert!(compiled.plan.is_some() || !compiled.problems.is_empty(), "neither a plan nor a problem");
    if let Some(plan) = compiled.plan.filter(|plan| is_small(plan))
        && let Some(first) = plan.tables.first()
    {
        // An error is an answer too, such as a division by zero in a row.
        let _ = run::batch(&plan, 0, 0..first.rows.min(ROWS));
    }
});

fn is_small(plan: &Plan) -> bool {
    let rows = plan.tables.iter().fold(0_u64, |sum, table| sum.saturating_add(table.rows));
    let columns: usize = plan.tables.iter().map(|table| table.schema.fields().len()).sum();
    plan.tables.len() <= MOST_TABLES && columns <= MOST_COLUMNS && rows <= MOST_ROWS
}

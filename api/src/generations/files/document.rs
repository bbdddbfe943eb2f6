//! What files say about the dataset that they hold, from the plan's report.

use engine::plan::{Plan, Report};
use engine::schema::{Column, Table};
use engine::types::LogicalType;
use engine::verify::Certificate;
use formats::{Document, DocumentColumn, DocumentTable, RuleResult};

/// The document of some tables of a plan, `rows` of each.
pub(crate) fn document(plan: &Plan, tables: &[usize], rows: &[u64]) -> Document {
    let dataset = &plan.dataset;
    let report = plan.report();
    let property = |name: &str, value: String| (name.to_owned(), value);
    Document {
        name: dataset.name.clone(),
        description: dataset.description.clone(),
        properties: vec![
            property("Version", env!("CARGO_PKG_VERSION").to_owned()),
            property("Engine version", engine::ENGINE_VERSION.to_owned()),
            property("Random seed", dataset.seed().to_string()),
            property("Reference time", report.reference_time.clone()),
            property("Locale", dataset.locale().to_owned()),
        ],
        tables: tables.iter().zip(rows).map(|(index, rows)| document_table(plan, report, *index, *rows)).collect(),
        reference_time_us: dataset.reference_time_us(),
    }
}

/// The results about the document's tables.
pub(crate) fn results(certificate: Option<&Certificate>, document: &Document) -> Vec<RuleResult> {
    let results = certificate.into_iter().flat_map(|certificate| &certificate.results);
    let wanted = results.filter(|result| document.tables.iter().any(|table| table.name == result.table));
    wanted
        .map(|result| RuleResult {
            id: result.id.clone(),
            table: result.table.clone(),
            statement: result.statement.clone(),
            checked: result.checked,
            broken: result.broken,
        })
        .collect()
}

fn document_table(plan: &Plan, report: &Report, index: usize, rows: u64) -> DocumentTable {
    let planned = &plan.tables[index];
    let written = plan.dataset.table(&planned.name);
    let notes = plan.notes();
    let note_of = |column: &String| {
        let note = notes.iter().find(|note| note.table == planned.name && note.columns.contains(column))?;
        Some(note.text.as_str())
    };
    let columns = planned.schema.fields().iter().map(|field| {
        let described =
            report.tables.get(index).and_then(|table| table.columns.iter().find(|column| column.name == *field.name()));
        let column = written.and_then(|table| table.column(field.name()));
        let logical = LogicalType::of_field(field);
        let is_key = written.is_some_and(|table| table.primary_key == [field.name().clone()]);
        DocumentColumn {
            name: field.name().clone(),
            type_words: type_words(logical.as_ref(), column),
            nullable: field.is_nullable(),
            key: written.map(|table| key_words(table, field.name())).unwrap_or_default(),
            generator: generator_words(described.map(|column| column.generator.as_str()), note_of(field.name())),
            rules: described.map(|column| column.rules.join(", ")).unwrap_or_default(),
            description: column.and_then(|column| column.description.clone()).unwrap_or_default(),
            distinct: is_key || column.is_some_and(|column| column.unique == Some(true)),
        }
    });
    DocumentTable {
        name: planned.name.clone(),
        description: written.and_then(|table| table.description.clone()),
        rows,
        schema: planned.schema.clone(),
        columns: columns.collect(),
    }
}

/// `llm: drawn from 100 answers of a language model`.
fn generator_words(generator: Option<&str>, note: Option<&str>) -> String {
    let generator = generator.unwrap_or_default();
    note.map_or_else(|| generator.to_owned(), |note| format!("{generator}: {note}"))
}

/// `string of at most 20 characters`.
fn type_words(logical: Option<&LogicalType>, column: Option<&Column>) -> String {
    let kind = logical.map(ToString::to_string).unwrap_or_default();
    let bounds = column.map_or((None, None), |column| (column.min_length, column.max_length));
    match bounds {
        (None, None) => kind,
        (Some(min), None) => format!("{kind} of at least {min} characters"),
        (None, Some(max)) => format!("{kind} of at most {max} characters"),
        (Some(min), Some(max)) if min == max => format!("{kind} of {min} characters"),
        (Some(min), Some(max)) => format!("{kind} of {min} to {max} characters"),
    }
}

/// `PK`, `FK → company.code`, or both.
fn key_words(table: &Table, column: &str) -> String {
    let mut words = Vec::new();
    if table.primary_key.iter().any(|key| key == column) {
        words.push("PK".to_owned());
    }
    for key in &table.foreign_keys {
        for (own, parent) in key.columns.iter().zip(&key.references.columns) {
            if own == column {
                words.push(format!("FK → {}.{parent}", key.references.table));
            }
        }
    }
    words.join(", ")
}

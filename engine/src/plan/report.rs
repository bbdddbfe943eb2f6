//! What `plan` shows: the order of filling, the generator of every column and why, capacities, and how each rule is held.

use std::fmt;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::DataType;
use schemars::JsonSchema;
use serde::Serialize;

use super::compiler::{Compiler, column_pointer};
use super::convert::as_text;
use super::diagram::diagram;
use super::distributions::Declared;
use super::shifts::Shift;
use super::{Plan, PoolReport, Slot, Source, TablePlan};
use crate::generators::Held;
use crate::problem::Problem;
use crate::schema::{DEFAULT_REFERENCE_TIME, Datetime};
use crate::types::LogicalType;

/// A plan for people and programs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Report {
    /// Name of the dataset.
    pub dataset: String,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Seed of this generation.
    pub seed: u64,
    /// What "today" means.
    pub reference_time: String,
    /// Locale of its generators.
    pub locale: String,
    /// Version of the values.
    pub engine_version: String,
    /// Tables in the order of the schema.
    pub tables: Vec<TableReport>,
    /// Names of the tables, parents first.
    pub load_order: Vec<String>,
    /// Rules in the order of the schema.
    pub rules: Vec<RuleReport>,
    /// Pools of answers that a language model gives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub llm: Vec<PoolReport>,
    /// Tables and keys as an entity-relationship diagram, in the language of Mermaid.
    pub diagram: String,
    /// Bytes that the generation holds at most beside the rows in flight.
    pub held_bytes: u64,
    /// What a person should know.
    pub warnings: Vec<Problem>,
}

/// What will happen in a table.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TableReport {
    /// Its name.
    pub name: String,
    /// What it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its rows.
    pub rows: u64,
    /// Where it stands among the keys: its parents.
    pub parents: Vec<String>,
    /// Its columns in the order of the schema.
    pub columns: Vec<ColumnReport>,
    /// Its columns in the order in which they are filled.
    pub fill_order: Vec<String>,
    /// Bytes that making it holds at most beside the rows in flight: what passes leave, values of all parents, weights.
    pub held_bytes: u64,
    /// Bytes of a run of its rows, as it is made by one thread: an estimate where texts have no bound.
    pub run_bytes: u64,
}

/// What will happen in a column.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ColumnReport {
    /// Its name.
    pub name: String,
    /// Its logical type.
    #[serde(rename = "type")]
    pub logical: String,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether it is delivered.
    pub hidden: bool,
    /// `primary key`, `foreign key → table.column`, `unique`, or nothing.
    pub key: String,
    /// What fills it: a generator's name, the key or the rule.
    pub generator: String,
    /// Why, where the schema does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many values it can take, where that can be counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<String>,
    /// What values these are, where that is known: the smallest and the largest, or those of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// How far rules move its values, measured on a sample by those who ask for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shift: Option<Shift>,
    /// What else there is to say: how far its distribution moves so that its values do not repeat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Ids of the rules that name it.
    pub rules: Vec<String>,
    /// What it holds, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// How a rule is held.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RuleReport {
    /// Its id.
    pub id: String,
    /// Its table.
    pub table: String,
    /// Its kind.
    pub kind: String,
    /// `derived`, `by_construction`, `projected`, `redrawn` or `checked_only`.
    pub held: String,
    /// What else there is to say.
    pub note: String,
}

impl Compiler {
    pub(super) fn report_of(&mut self, load_order: &[usize]) -> Report {
        let dataset = std::sync::Arc::clone(&self.dataset);
        let mut tables = Vec::new();
        for (index, table) in dataset.tables.iter().enumerate() {
            let mut columns = Vec::new();
            let mut order = Vec::new();
            for (at, column) in table.columns.iter().enumerate() {
                let Some(slot) = self.column_slot(index, at) else { continue };
                order.push((slot, column.name.clone()));
                let (generator, reason) = self.source_words(index, at);
                let domain = self
                    .listed_domain(index, at)
                    .or_else(|| domain_of(&self.tables[index].slots[slot], self.declared.get(&(index, at))))
                    .or_else(|| self.bounded_domain(index, at));
                let made = &self.tables[index].slots[slot];
                let capacity = made.countable.as_ref().map(|countable| countable.count());
                columns.push(ColumnReport {
                    name: column.name.clone(),
                    logical: made.logical.to_string(),
                    nullable: made.nullable && !table.primary_key.contains(&column.name),
                    hidden: column.hidden == Some(true),
                    key: self.key_words(index, at),
                    generator,
                    reason,
                    capacity: capacity
                        .map(|count| if count == u128::MAX { "more than 10^38".to_owned() } else { count.to_string() }),
                    domain,
                    shift: None,
                    note: self.notes.get(&(index, at)).cloned(),
                    rules: table
                        .rules
                        .iter()
                        .filter(|rule| names_column(rule, &column.name))
                        .map(|rule| rule.id.clone())
                        .collect(),
                    description: column.description.clone(),
                });
            }
            order.sort();
            tables.push(TableReport {
                name: table.name.clone(),
                description: table.description.clone(),
                rows: 0,
                parents: table.foreign_keys.iter().map(|key| key.references.table.clone()).collect(),
                columns,
                fill_order: order.into_iter().map(|(_, name)| name).collect(),
                held_bytes: 0,
                run_bytes: 0,
            });
        }
        let rules = dataset.tables.iter().flat_map(|table| &table.rules);
        let rules = rules.filter_map(|rule| Some((&rule.id, self.statements.held.get(&rule.id)?)));
        let rules = rules.map(|(id, held)| RuleReport {
            id: id.clone(),
            table: dataset.tables[held.table].name.clone(),
            kind: held.kind.to_owned(),
            held: held.way.to_owned(),
            note: held.note.clone(),
        });
        Report {
            dataset: dataset.name.clone(),
            description: dataset.description.clone(),
            seed: dataset.seed(),
            reference_time: dataset
                .reference_time
                .map_or_else(|| DEFAULT_REFERENCE_TIME.to_owned(), |time: Datetime| time.to_string()),
            locale: dataset.locale().to_owned(),
            engine_version: crate::ENGINE_VERSION.to_owned(),
            diagram: diagram(&dataset, &tables),
            tables,
            load_order: load_order.iter().map(|table| dataset.tables[*table].name.clone()).collect(),
            rules: rules.collect(),
            llm: Vec::new(),
            held_bytes: 0,
            warnings: Vec::new(),
        }
    }

    fn source_words(&mut self, table: usize, column: usize) -> (String, Option<String>) {
        if let Some((key, _)) = self.key_of_column(table, column) {
            return (format!("key {}", self.dataset.tables[table].foreign_keys[key].name()), None);
        }
        if let Some(formula) = self.statements.formula(table, column) {
            return (format!("rule {}", formula.rule), None);
        }
        let partial = self.statements.partial_formulas(table, column);
        if !partial.is_empty() && self.dataset.tables[table].columns[column].generator.is_none() {
            let rules: Vec<String> = partial.into_iter().map(|formula| formula.rule).collect();
            return (format!("rule {}", rules.join(", ")), None);
        }
        match self.generator_of(table, column) {
            Ok((generator, reason)) => (generator.entry().name.clone(), reason),
            Err(_) => (column_pointer(table, column), None),
        }
    }

    fn key_words(&self, table: usize, column: usize) -> String {
        let definition = &self.dataset.tables[table];
        let name = &definition.columns[column].name;
        let mut words = Vec::new();
        if definition.primary_key.contains(name) {
            words.push("primary key".to_owned());
        }
        if let Some((key, at)) = self.key_of_column(table, column) {
            let references = &definition.foreign_keys[key].references;
            words.push(format!(
                "foreign key → {}.{}",
                references.table,
                references.columns.get(at).map_or("", String::as_str)
            ));
        }
        if definition.columns[column].unique == Some(true) {
            words.push("unique".to_owned());
        }
        words.join(", ")
    }
}

/// The values that a column can take, for people: the ends of numbers, dates and times, else some of the list.
fn domain_of(slot: &Slot, declared: Option<&Declared>) -> Option<String> {
    /// Values that are named.
    const NAMED: u128 = 5;
    let text = |positions: &[u128]| -> Option<Vec<String>> {
        let values = as_text(&slot.countable.as_ref()?.unrank(positions)).ok()?;
        Some(values.as_string_view().iter().flatten().map(str::to_owned).collect())
    };
    let count = slot.countable.as_ref().map(|countable| countable.count()).filter(|count| *count > 0);
    let is_ordered = matches!(
        slot.logical,
        LogicalType::Integer
            | LogicalType::Decimal { .. }
            | LogicalType::Float
            | LogicalType::Date
            | LogicalType::Datetime
            | LogicalType::Time
    );
    match count {
        // Lists of numbers stand in the order in which they were written.
        Some(count) if is_ordered && count > NAMED => match text(&[0, count - 1])?.as_slice() {
            [low, high] => Some(format!("{low} to {high}")),
            _ => None,
        },
        Some(count) if slot.logical != LogicalType::Uuid => {
            let named: Vec<u128> = (0..count.min(NAMED)).collect();
            let more = if count > NAMED { ", …" } else { "" };
            Some(format!("{}{more}", text(&named)?.join(", ")))
        }
        Some(_) => None,
        None => declared?.domain(NAMED as usize),
    }
}

/// Whether a rule's own text names a column: among its fields, or as a word of its SQL.
fn names_column(rule: &crate::schema::Rule, name: &str) -> bool {
    let text = serde_json::to_value(&rule.kind).map(|value| value.to_string()).unwrap_or_default();
    says(&text, name)
}

/// Whether a text has a column's name as a word, and not as that of another table's.
pub(super) fn says(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        !text[..at].ends_with(|c| is_word(c) || c == '.') && !text[at + name.len()..].starts_with(is_word)
    })
}

impl Report {
    pub(super) fn fill_rows(&mut self, tables: &[TablePlan]) {
        for (report, table) in self.tables.iter_mut().zip(tables) {
            report.rows = table.rows;
        }
    }

    /// What memory the plan will take, table by table.
    pub(super) fn fill_memory(&mut self, plan: &Plan) {
        for (report, table) in self.tables.iter_mut().zip(&plan.tables) {
            (report.held_bytes, report.run_bytes) = (held_bytes(plan, table), run_bytes(table));
        }
        self.held_bytes = self.tables.iter().fold(0, |sum, table| sum.saturating_add(table.held_bytes));
    }

    pub(super) fn note(&mut self, rule: &str, note: String) {
        if let Some(report) = self.rules.iter_mut().find(|report| report.id == rule) {
            report.note = note;
        }
    }
}

/// What the fills of a table hold, and what the slots of other tables do that stand behind them is told there.
fn held_bytes(plan: &Plan, table: &TablePlan) -> u64 {
    let mut held = Held::new(plan);
    for slot in &table.slots {
        if let Source::Fill(fill) = &slot.source {
            fill.hold(&mut held);
        }
    }
    held.bytes()
}

/// Bytes of a run of rows with all that they are made of.
fn run_bytes(table: &TablePlan) -> u64 {
    /// Bytes of a text whose length nothing bounds, its view included.
    const TEXT: u64 = 48;
    let width = |slot: &Slot| match slot.logical.arrow() {
        DataType::Boolean => 1,
        DataType::FixedSizeBinary(bytes) => bytes.unsigned_abs().into(),
        // A view, and the text itself where it is longer than a view holds.
        DataType::Utf8View => {
            slot.longest.map_or(TEXT, |longest| if longest <= 12 { 16 } else { 16 + longest.min(1 << 10) })
        }
        arrow => arrow.primitive_width().map_or(TEXT, |width| width as u64),
    };
    let rows = table.rows.min(crate::run::RUN_ROWS);
    table.slots.iter().map(width).sum::<u64>() * rows
}

/// A number of bytes for people, in units of 1,000.
fn shown_bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1_000 {
        return format!("{bytes} bytes");
    }
    let mut value = bytes as f64 / 1_000.0;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1_000.0;
        unit += 1;
    }
    let places = usize::from(value < 9.95);
    format!("{value:.places$} {}", UNITS[unit])
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: seed {}, locale {}, reference time {}, engine {}",
            self.dataset, self.seed, self.locale, self.reference_time, self.engine_version
        )?;
        for table in &self.tables {
            let parents = if table.parents.is_empty() {
                String::new()
            } else {
                format!(", children of {}", table.parents.join(", "))
            };
            writeln!(f, "\n{}: {} rows{parents}", table.name, table.rows)?;
            let width = |part: fn(&ColumnReport) -> usize| table.columns.iter().map(part).max().unwrap_or(0);
            let (names, types, generators) = (
                width(|c| c.name.chars().count()),
                width(|c| c.logical.chars().count()),
                width(|c| c.generator.chars().count()),
            );
            for column in &table.columns {
                let mut notes = Vec::new();
                if !column.key.is_empty() {
                    notes.push(column.key.clone());
                }
                if column.nullable {
                    notes.push("may be null".to_owned());
                }
                if column.hidden {
                    notes.push("hidden".to_owned());
                }
                if let Some(capacity) = &column.capacity {
                    notes.push(format!("{capacity} values"));
                }
                if let Some(domain) = &column.domain {
                    notes.push(domain.clone());
                }
                if let Some(note) = &column.note {
                    notes.push(note.clone());
                }
                if let Some(shift) = &column.shift {
                    notes.push(format!("rules move it: {shift}"));
                }
                if let Some(reason) = &column.reason {
                    notes.push(format!("chosen: {reason}"));
                }
                let line = format!(
                    "  {:names$}  {:types$}  {:generators$}  {}",
                    column.name,
                    column.logical,
                    column.generator,
                    notes.join(" · ")
                );
                writeln!(f, "{}", line.trim_end())?;
            }
            writeln!(f, "  filled in the order: {}", table.fill_order.join(", "))?;
            let held = if table.held_bytes == 0 {
                String::new()
            } else {
                format!(", and at most {} beside them", shown_bytes(table.held_bytes))
            };
            writeln!(f, "  memory: {} of rows in flight a thread{held}", shown_bytes(table.run_bytes))?;
        }
        if !self.rules.is_empty() {
            writeln!(f, "\nrules")?;
            for rule in &self.rules {
                let note = if rule.note.is_empty() { String::new() } else { format!(": {}", rule.note) };
                writeln!(f, "  {} ({}, {}) is {}{note}", rule.id, rule.table, rule.kind, rule.held)?;
            }
        }
        if !self.llm.is_empty() {
            writeln!(f, "\nlanguage model")?;
            for pool in &self.llm {
                writeln!(f, "  {pool}")?;
            }
        }
        writeln!(f, "\nloads in the order: {}", self.load_order.join(", "))?;
        match self.held_bytes {
            0 => Ok(()),
            bytes => writeln!(f, "holds at most {} beside the rows in flight", shown_bytes(bytes)),
        }
    }
}

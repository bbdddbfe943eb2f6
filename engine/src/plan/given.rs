//! Given rows: the first rows of a table, whose filled cells stand fast; what they leave open is generated.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, FixedSizeBinaryBuilder, StringViewArray, UInt32Array};
use datafusion::arrow::compute::{CastOptions, cast_with_options, take};
use serde_json::Value;

use super::SlotId;
use super::compiler::{Compiler, Failed, Name};
use crate::enforce::given::{Cells, Parents};
use crate::generators::{Fill, Held, Made, Rows, RunError};
use crate::problem::{Problem, pointer_step};
use crate::schema::{Given, Table};
use crate::types::LogicalType;

/// The most given rows of a table.
const ROWS: usize = 1_000_000;

/// The rows that a table is given.
fn rows_of(table: &Table) -> &[indexmap::IndexMap<String, Value>] {
    match &table.given {
        Some(Given::Rows(rows)) => rows,
        _ => &[],
    }
}

impl Compiler {
    /// How many rows a table is given.
    pub(super) fn given_rows(&self, table: usize) -> u64 {
        rows_of(&self.dataset.tables[table]).len() as u64
    }

    /// Whether some row is given with a value of a column.
    pub(super) fn is_given(&self, table: usize, column: usize) -> bool {
        let definition = &self.dataset.tables[table];
        rows_of(definition).iter().any(|row| row.contains_key(&definition.columns[column].name))
    }

    /// What is given that cannot stand beside what else the schema says.
    pub(super) fn check_given(&mut self) {
        let dataset = Arc::clone(&self.dataset);
        for (table, definition) in dataset.tables.iter().enumerate() {
            let rows = rows_of(definition);
            let base = format!("/tables/{table}/given");
            if rows.is_empty() {
                continue;
            }
            if rows.len() > ROWS {
                let detail = format!("{} rows are given, and {ROWS} are the most", rows.len());
                self.problems.push(Problem::new("too_many_rows", detail).at(&base));
                continue;
            }
            if let Some(key) = self
                .structural_key(table)
                .or_else(|| (0..definition.foreign_keys.len()).find(|key| self.parent_of(table, *key) == Some(table)))
            {
                let detail = format!(
                    "given rows come first, and the rows of {} lie as its key {} says",
                    definition.name,
                    definition.foreign_keys[key].name()
                );
                let remedy = "let the key pick a parent in another table, or leave given out";
                self.problems.push(Problem::new("two_sources", detail).at(&base).remedy(remedy));
                continue;
            }
            let mut filled: Vec<usize> = Vec::new();
            for (at, row) in rows.iter().enumerate() {
                for name in row.keys() {
                    match self.column_named(table, name) {
                        Some(column) if !filled.contains(&column) => filled.push(column),
                        Some(_) => {}
                        None => {
                            let problem = self.unknown_column(table, name);
                            self.problems.push(problem.at(format!("{base}/{at}{}", pointer_step(name))));
                        }
                    }
                }
            }
            for column in filled {
                self.check_given_column(table, column, &base);
            }
        }
    }

    /// Refuses given values of a column whose values are decided over all rows together, or by what is not drawn.
    fn check_given_column(&mut self, table: usize, column: usize, base: &str) {
        let dataset = Arc::clone(&self.dataset);
        let definition = &dataset.tables[table];
        let name = &definition.columns[column].name;
        let statements = &self.statements;
        let formula = statements.formulas.get(&(table, column)).and_then(|formulas| formulas.first());
        let counted =
            statements.counted.get(&(table, column)).and_then(|asked| asked.first()).map(|asked| &asked.rule.id);
        let measured = statements.statistics.get(&(table, column)).and_then(|known| known.first());
        let nulls = statements.null_counts.get(&(table, column)).map(|asked| &asked.rule);
        let key = self.key_of_column(table, column);
        let deals = statements.deals.get(&table).map(Vec::as_slice).unwrap_or_default();
        let deal = deals.iter().find(|deal| {
            deal.members.iter().any(|member| match member {
                super::statements::Member::Column(member) => *member == column,
                super::statements::Member::Key(member) => key.is_some_and(|(key, _)| key == *member),
            })
        });
        let owner = (formula.map(|formula| &formula.rule))
            .or(counted)
            .or(measured.map(|measured| &measured.rule.id))
            .or(nulls)
            .or(deal.map(|deal| &deal.rule));
        let definition = &dataset.tables[table];
        let names_it = |columns: &[String]| columns.len() > 1 && columns.contains(name);
        let combined = definition
            .rules
            .iter()
            .find(|rule| matches!(&rule.kind, crate::schema::RuleKind::Unique { columns } if names_it(columns)));
        let combined = combined.map(|rule| rule.id.clone()).filter(|_| !self.is_unique(table, column));
        if names_it(&definition.primary_key) {
            let detail = format!(
                "{name} is part of the primary key, whose combinations are kept apart, so no value of it can be given"
            );
            self.problems.push(Problem::new("two_owners", detail).at(base).remedy("leave it out of the given rows"));
            return;
        }
        if let Some(owner) = owner.or(combined.as_ref()) {
            let detail = format!("{owner} decides {name}, so no value of it can be given");
            let remedy = "leave it out of the given rows, or leave the rule out";
            self.problems.push(Problem::new("two_owners", detail).at(base).remedy(remedy));
        }
        if let Some((key, _)) = key.filter(|(key, _)| self.key_is_unique(table, *key)) {
            let detail = format!(
                "{} keeps rows from sharing a parent, so none can be given",
                definition.foreign_keys[key].name()
            );
            self.problems.push(Problem::new("two_owners", detail).at(base).remedy("leave it out of the given rows"));
        }
    }

    /// The given values of a column, null where a row leaves it open or gives null, and which rows fill it.
    pub(super) fn given_values(
        &mut self,
        table: usize,
        column: usize,
        logical: &LogicalType,
    ) -> Result<Option<(ArrayRef, BooleanArray)>, Failed> {
        let dataset = Arc::clone(&self.dataset);
        let definition = &dataset.tables[table];
        let rows = rows_of(definition);
        let own = &definition.columns[column];
        let values: Vec<Option<&Value>> = rows
            .iter()
            .map(|row| {
                row.get(&own.name).or_else(|| {
                    row.iter().find(|(name, _)| self.column_named(table, name) == Some(column)).map(|(_, value)| value)
                })
            })
            .collect();
        if values.iter().all(Option::is_none) {
            return Ok(None);
        }
        let place = |at: usize| format!("/tables/{table}/given/{at}{}", pointer_step(&own.name));
        let array = typed(&values, logical).map_err(|at| {
            let value = values[at].map(Value::to_string).unwrap_or_default();
            self.problems.push(Problem::new("wrong_type", format!("{value} is no {logical}")).at(place(at)));
            Failed::Known
        })?;
        if let Some(max) = own.max_length {
            let long = values.iter().position(|value| {
                value.and_then(Value::as_str).is_some_and(|text| text.chars().count() > max as usize)
            });
            if let Some(at) = long {
                let detail = format!("the text is longer than max_length {max}");
                self.problems.push(Problem::new("too_large", detail).at(place(at)));
                return Err(Failed::Known);
            }
        }
        let null = values.iter().position(|value| value.is_some_and(Value::is_null));
        if let Some(at) = null.filter(|_| definition.primary_key.contains(&own.name)) {
            let detail = format!("{} is part of the primary key and cannot be null", own.name);
            self.problems.push(Problem::new("null_key", detail).at(place(at)));
            return Err(Failed::Known);
        }
        if self.is_unique(table, column) {
            let mut seen: HashSet<&Value> = HashSet::new();
            let again =
                values.iter().position(|value| value.is_some_and(|value| !value.is_null() && !seen.insert(value)));
            if let Some(at) = again {
                let detail = format!("{} is unique, and this value stands twice among the given rows", own.name);
                self.problems.push(Problem::new("repeated_value", detail).at(place(at)));
                return Err(Failed::Known);
            }
        }
        let filled = values.iter().map(|value| Some(value.is_some())).collect();
        Ok(Some((array, filled)))
    }

    /// A slot of a column with the given values in the place of its own; `with_nulls`: given nulls as well.
    pub(super) fn with_given(
        &mut self,
        table: usize,
        column: usize,
        slot: SlotId,
        with_nulls: bool,
    ) -> Result<SlotId, Failed> {
        if self.given_rows(table) == 0 || self.key_of_column(table, column).is_some() {
            return Ok(slot);
        }
        let logical = self.tables[table].slots[slot].logical.clone();
        let Some((values, filled)) = self.given_values(table, column, &logical)? else { return Ok(slot) };
        let made = &self.tables[table].slots[slot];
        let (distinct, name, nullable) = (made.distinct, made.name.clone(), made.nullable);
        let longest = made.longest.map(|longest| {
            let texts = datafusion::arrow::array::AsArray::as_string_view_opt(&values);
            let given = texts.and_then(|texts| texts.iter().flatten().map(|text| text.chars().count() as u64).max());
            longest.max(given.unwrap_or(0))
        });
        let has_null = with_nulls && (0..values.len()).any(|at| filled.value(at) && values.is_null(at));
        let filled = if with_nulls {
            filled
        } else {
            (0..values.len()).map(|at| Some(filled.value(at) && values.is_valid(at))).collect()
        };
        let (column_name, walks) = (self.dataset.tables[table].columns[column].name.clone(), OnceLock::new());
        let is_walked = distinct && !with_nulls;
        let cells = Cells { table, base: slot, values, filled, distinct: is_walked, walks };
        let far = if is_walked { vec![slot] } else { Vec::new() };
        let made = Made { inputs: vec![slot], far, distinct, longest, ..Made::computed(logical, cells) };
        let slot = self.push(table, if name.is_empty() { column_name } else { name }, made);
        self.tables[table].slots[slot].nullable = nullable || has_null;
        Ok(slot)
    }

    /// Whether some given row says a text of a column.
    pub(super) fn gives_texts(&self, table: usize, column: usize) -> bool {
        let definition = &self.dataset.tables[table];
        let name = &definition.columns[column].name;
        let said = || rows_of(definition).iter().filter_map(|row| row.get(name));
        said().any(Value::is_string) && said().all(|value| value.is_string() || value.is_null())
    }

    /// The texts that the given rows say of a column, each once.
    pub(super) fn texts_given(&self, table: usize, column: usize) -> Vec<String> {
        let definition = &self.dataset.tables[table];
        let name = &definition.columns[column].name;
        let mut texts: Vec<String> =
            rows_of(definition).iter().filter_map(|row| row.get(name)?.as_str().map(str::to_owned)).collect();
        texts.sort_unstable();
        texts.dedup();
        texts
    }

    /// What the given rows say of a column, null in all other rows: what belongs to the same record follows it there.
    pub(super) fn make_given(&mut self, table: usize, column: usize) -> SlotId {
        let definition = &self.dataset.tables[table];
        let name = &definition.columns[column].name;
        let said = rows_of(definition).iter().map(|row| row.get(name).and_then(Value::as_str));
        let texts: StringViewArray = said.collect();
        let name = format!("{name} as given");
        let made = Made { nullable: true, ..Made::computed(LogicalType::String, Said(Arc::new(texts))) };
        self.push(table, name, made)
    }

    /// The parent's row of a key with those that the given rows name.
    pub(super) fn key_with_given(&mut self, table: usize, key: usize, slot: SlotId) -> Result<SlotId, Failed> {
        if self.given_rows(table) == 0 {
            return Ok(slot);
        }
        let dataset = Arc::clone(&self.dataset);
        let definition = &dataset.tables[table].foreign_keys[key];
        let parent = self.parent_of(table, key).ok_or(Failed::Known)?;
        let (mut referenced, mut values) = (Vec::new(), Vec::new());
        let mut filled: Option<BooleanArray> = None;
        for (name, theirs) in definition.columns.iter().zip(&definition.references.columns) {
            let column = self.column_named(table, name).ok_or(Failed::Known)?;
            let place = self.column_named(parent, theirs).ok_or(Failed::Known)?;
            let value = self.slot(parent, Name::Column(place))?;
            let logical = self.tables[parent].slots[value].logical.clone();
            let given = self.given_values(table, column, &logical)?;
            let own = given.as_ref().map(|(_, filled)| filled.clone());
            if filled.is_some() && filled != own || (own.is_some() && filled.is_none() && !values.is_empty()) {
                let detail = format!("a given row fills some columns of {} and leaves others open", definition.name());
                let problem = Problem::new("missing_key", detail).remedy("give all of them, or none");
                self.report(&format!("/tables/{table}/given"), [problem]);
                return Err(Failed::Known);
            }
            filled = own;
            referenced.push(value);
            values.extend(given.map(|(values, _)| values));
        }
        let Some(filled) = filled else { return Ok(slot) };
        let has_null = values.iter().any(|values| (0..values.len()).any(|at| filled.value(at) && values.is_null(at)));
        let names = (definition.name().to_owned(), dataset.tables[parent].name.clone());
        let parents = Arc::new(Parents { parent, referenced, values, filled, names, rows: OnceLock::new() });
        let elsewhere = parents.referenced.iter().map(|slot| (parent, *slot)).collect();
        let nullable = self.tables[table].slots[slot].nullable || has_null;
        let made = Made::computed(LogicalType::Integer, Arc::clone(&parents));
        let made = self.push(table, definition.name().to_owned(), Made { inputs: vec![slot], elsewhere, ..made });
        self.tables[table].slots[made].nullable = nullable;
        let rule = format!("{}.{} given", dataset.tables[table].name, definition.name());
        self.statements.pointers.insert(rule.clone(), format!("/tables/{table}/given"));
        let rows = self.rows(parent).unwrap_or(0);
        let check = Box::new(move |plan: &super::Plan| parents.rows(plan).map(|_| Vec::new()));
        self.statements.passes.push(super::quotas::Pass {
            table,
            slot: made,
            rule,
            rows,
            check: Some(check),
            proves: false,
        });
        Ok(made)
    }

    /// Whether a table has rows enough for those that it is given.
    pub(super) fn enough_rows(&mut self, table: usize, rows: u64) -> bool {
        let given = self.given_rows(table);
        if rows < given {
            let detail = format!("{given} rows are given, and the table has {rows}");
            self.problems.push(Problem::new("contradiction", detail).at(format!("/tables/{table}/given")));
        }
        rows >= given
    }
}

/// Texts of the first rows, null in all others.
struct Said(ArrayRef);

impl Fill for Said {
    fn hold(&self, held: &mut Held<'_>) {
        held.add(self, self.0.get_array_memory_size() as u64);
    }

    fn fill(&self, _: &crate::generators::Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let given = self.0.len() as u64;
        let places: UInt32Array = rows.iter().map(|row| (row < given).then_some(row as u32)).collect();
        take(&self.0, &places, None).map_err(|error| RunError::new(error.to_string()))
    }
}

/// Values in a type; the place of the first that is none of it.
fn typed(values: &[Option<&Value>], logical: &LogicalType) -> Result<ArrayRef, usize> {
    let texts: Vec<Option<String>> = values
        .iter()
        .enumerate()
        .map(|(at, value)| match value {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) if !logical.is_text() => Ok(Some(number.to_string())),
            Some(Value::Bool(value)) if !logical.is_text() => Ok(Some(value.to_string())),
            Some(value @ (Value::Array(_) | Value::Object(_))) if *logical == LogicalType::Json => {
                Ok(Some(value.to_string()))
            }
            Some(_) => Err(at),
        })
        .collect::<Result<_, _>>()?;
    let wrong = |array: &dyn Array| (0..texts.len()).find(|at| texts[*at].is_some() && array.is_null(*at));
    let array: ArrayRef = match logical {
        LogicalType::Uuid => {
            let mut uuids = FixedSizeBinaryBuilder::with_capacity(texts.len(), 16);
            for (at, text) in texts.iter().enumerate() {
                match text {
                    Some(text) => {
                        let bytes = uuid(text).ok_or(at)?;
                        uuids.append_value(bytes).map_err(|_| at)?;
                    }
                    None => uuids.append_null(),
                }
            }
            Arc::new(uuids.finish())
        }
        logical if logical.is_text() => Arc::new(texts.iter().map(Option::as_deref).collect::<StringViewArray>()),
        logical => {
            let source: ArrayRef = Arc::new(texts.iter().map(Option::as_deref).collect::<StringViewArray>());
            let options = CastOptions { safe: true, ..CastOptions::default() };
            cast_with_options(&source, &logical.arrow(), &options).map_err(|_| 0_usize)?
        }
    };
    match wrong(&*array) {
        Some(at) => Err(at),
        None => Ok(array),
    }
}

/// Sixteen bytes from the form of RFC 9562.
fn uuid(text: &str) -> Option<[u8; 16]> {
    let digits: Vec<u8> =
        text.chars().filter(|c| *c != '-').map(|c| c.to_digit(16).map(|digit| digit as u8)).collect::<Option<_>>()?;
    let is_formed = text.len() == 36 && [8, 13, 18, 23].iter().all(|at| text.as_bytes()[*at] == b'-');
    let mut bytes = [0; 16];
    (is_formed && digits.len() == 32).then(|| {
        digits.chunks_exact(2).zip(&mut bytes).for_each(|(pair, byte)| *byte = pair[0] << 4 | pair[1]);
        bytes
    })
}

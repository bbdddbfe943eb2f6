//! The rule `combination` at plan time: one draw over the tuples where its columns choose from lists, else its columns are drawn again.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::row::{RowConverter, SortField};
use serde_json::Value;

use super::compiler::{Compiler, Failed, Name};
use super::formulas::literal;
use super::order::quoted;
use super::rules::limited;
use super::{Slot, SlotId};
use crate::enforce::combination::{OfTuple, Options, Tuples, fitted};
use crate::expr::Parsed;
use crate::generators::{Choices, Made, typed_values};
use crate::problem::Problem;
use crate::random::Alias;
use crate::schema::Rule;
use crate::types::LogicalType;

/// The most tuples that are weighed one by one.
const TUPLES: usize = 1_000_000;

/// A rule `combination`.
#[derive(Clone)]
pub(super) struct Combination {
    pub columns: Vec<usize>,
    tuples: Vec<Vec<Value>>,
    is_forbidden: bool,
    pub rule: Rule,
    pointer: String,
    built: Option<Built>,
}

/// How it is held.
#[derive(Clone)]
enum Built {
    /// Its columns are drawn again.
    Redrawn,
    /// By one draw.
    Drawn { slot: SlotId, free: Vec<Free>, keeps_own: bool },
}

/// A column that the draw decides.
#[derive(Clone)]
struct Free {
    column: usize,
    values: ArrayRef,
    logical: LogicalType,
    longest: Option<u64>,
    places: Vec<u32>,
}

/// What a column's generator can say of it.
enum Role {
    Free(Box<(Choices, LogicalType, Option<u64>)>),
    Fixed,
    Other,
}

impl Compiler {
    pub(super) fn gather_combination(
        &mut self,
        table: usize,
        rule: &Rule,
        names: &[String],
        allowed: Option<&Vec<Vec<Value>>>,
        forbidden: Option<&Vec<Vec<Value>>>,
        pointer: &str,
    ) {
        let (tuples, key) = match (allowed, forbidden) {
            (Some(tuples), None) => (tuples, "allowed"),
            (None, Some(tuples)) => (tuples, "forbidden"),
            _ => {
                let detail = format!("{} needs one of allowed and forbidden", rule.id);
                self.problems.push(Problem::new("one_of", detail).at(pointer));
                return;
            }
        };
        let Some(columns) = self.columns_named(table, names, &format!("{pointer}/columns")) else { return };
        if columns.is_empty() {
            self.problems.push(Problem::new("empty_list", "the list is empty").at(format!("{pointer}/columns")));
            return;
        }
        for (at, tuple) in tuples.iter().enumerate() {
            let place = format!("{pointer}/{key}/{at}");
            if tuple.len() != columns.len() {
                let detail = format!("{} values stand for {} columns", tuple.len(), columns.len());
                self.problems.push(Problem::new("column_count", detail).at(place));
                return;
            }
            if tuple.iter().any(|value| value.is_null() || value.is_array() || value.is_object()) {
                let detail = "a combination holds values, and null is none";
                let remedy = "leave the combination out: a row with a null among these columns passes";
                self.problems.push(Problem::new("wrong_type", detail).at(place).remedy(remedy));
                return;
            }
        }
        if tuples.is_empty() && key == "allowed" {
            self.problems.push(Problem::new("empty_list", "the list is empty").at(format!("{pointer}/{key}")));
            return;
        }
        if key == "allowed" {
            for (at, column) in columns.iter().enumerate() {
                let values = tuples.iter().map(|tuple| tuple[at].clone());
                self.suggest_values(table, *column, values, &rule.id);
            }
        }
        let note = match key {
            "allowed" => {
                format!("one draw over {} combinations, weighed so that each column keeps its own shares", tuples.len())
            }
            _ => "one draw over what is not forbidden, weighed so that each column keeps its own shares".to_owned(),
        };
        self.hold(table, rule, "by_construction", note);
        self.statements.combinations.entry(table).or_default().push(Combination {
            columns,
            tuples: tuples.clone(),
            is_forbidden: key == "forbidden",
            rule: rule.clone(),
            pointer: format!("{pointer}/{key}"),
            built: None,
        });
    }

    /// The places of columns, each once; `None` where a problem is reported.
    pub(super) fn columns_named(&mut self, table: usize, names: &[String], pointer: &str) -> Option<Vec<usize>> {
        let mut columns = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let problem = match self.column_named(table, name) {
                Some(column) if columns.contains(&column) => {
                    Problem::new("repeated_name", format!("{name} stands twice"))
                }
                Some(column) => {
                    columns.push(column);
                    continue;
                }
                None => self.unknown_column(table, name),
            };
            self.problems.push(problem.at(format!("{pointer}/{at}")));
            return None;
        }
        Some(columns)
    }

    /// A column's slot where a combination's draw decides it.
    pub(super) fn make_combined(&mut self, table: usize, column: usize) -> Result<Option<SlotId>, Failed> {
        let all = self.statements.combinations.get(&table).map(Vec::as_slice).unwrap_or_default();
        let Some(place) = all.iter().position(|combination| combination.columns.contains(&column)) else {
            return Ok(None);
        };
        // A column that stands fast is among what the draw waits for.
        if !matches!(self.role(table, place, column)?, Role::Free(_)) {
            return Ok(None);
        }
        let Built::Drawn { slot, free, keeps_own } = self.build_combination(table, place)? else { return Ok(None) };
        let Some(free) = free.into_iter().find(|free| free.column == column) else { return Ok(None) };
        let name = self.dataset.tables[table].columns[column].name.clone();
        let mut inputs = vec![slot];
        if keeps_own {
            let made = self.compile_generator(table, column)?;
            inputs.push(self.push(table, name.clone(), made));
        }
        let fill = OfTuple { values: free.values, places: free.places };
        let made = Made { inputs, longest: free.longest, ..Made::computed(free.logical, fill) };
        let slot = self.push(table, name, made);
        // The number of a tuple is null only where the column's own value stands.
        self.tables[table].slots[slot].nullable = false;
        Ok(Some(slot))
    }

    /// Whether the combination of a column decides it together with what rules count of it.
    pub(super) fn is_joint(&self, table: usize, column: usize) -> bool {
        let all = self.statements.combinations.get(&table).map(Vec::as_slice).unwrap_or_default();
        let first = all.iter().find(|combination| combination.columns.contains(&column));
        first.is_some_and(|combination| self.is_counted_jointly(table, combination))
    }

    fn build_combination(&mut self, table: usize, place: usize) -> Result<Built, Failed> {
        let combination = self.statements.combinations[&table][place].clone();
        if let Some(built) = &combination.built {
            return Ok(built.clone());
        }
        let built = self.combined(table, place, &combination)?;
        if matches!(built, Built::Redrawn) {
            self.redraw_combination(table, &combination);
        }
        if let Some(known) = self.statements.combinations.get_mut(&table).and_then(|all| all.get_mut(place)) {
            known.built = Some(built.clone());
        }
        Ok(built)
    }

    fn redraw_combination(&mut self, table: usize, combination: &Combination) {
        let columns = &self.dataset.tables[table].columns;
        let mut listed = Vec::new();
        for tuple in &combination.tuples {
            let pairs = combination.columns.iter().zip(tuple).map(|(column, value)| {
                let text = literal(value, columns[*column].logical_type().as_ref(), 0).unwrap_or_default();
                format!("{} = {text}", quoted(&columns[*column].name))
            });
            listed.push(format!("({})", pairs.collect::<Vec<_>>().join(" AND ")));
        }
        let listed = listed.join(" OR ");
        let sql = if combination.is_forbidden {
            format!("NOT ({listed})")
        } else {
            let nulls = combination.columns.iter().map(|column| format!("{} IS NULL", quoted(&columns[*column].name)));
            format!("{} OR {listed}", nulls.collect::<Vec<_>>().join(" OR "))
        };
        let condition = limited(combination.rule.when.as_deref(), &sql);
        let steered = self.steered(table, &combination.rule, &sql);
        self.add_condition(table, &combination.rule, condition, steered, combination.pointer.clone());
    }

    fn role(&mut self, table: usize, place: usize, column: usize) -> Result<Role, Failed> {
        let earlier = self.statements.combinations[&table][..place].iter().any(|other| other.columns.contains(&column));
        if self.key_of_column(table, column).is_some()
            || self.statements.formula(table, column).is_some()
            || self.statements.deal_of(table, column).is_some()
            || self.is_unique(table, column)
            || (self.statements.is_counted(table, column) && !self.is_joint(table, column))
            || earlier
        {
            return Ok(Role::Fixed);
        }
        // A tuple that is drawn would know nothing of a given value.
        if self.is_given(table, column)
            || !self.statements.forced(table, column).is_empty()
            || !self.statements.partial_formulas(table, column).is_empty()
            || self.generator_of(table, column)?.0.entry().is_attribute
        {
            return Ok(Role::Other);
        }
        let made = self.compile_generator(table, column)?;
        Ok(match made.choices {
            Some(choices) if made.inputs.is_empty() => Role::Free(Box::new((choices, made.logical, made.longest))),
            // What is computed from the row's other columns stands fast like these.
            _ if made.drawn_by.is_none() => Role::Fixed,
            _ => Role::Other,
        })
    }

    fn combined(&mut self, table: usize, place: usize, combination: &Combination) -> Result<Built, Failed> {
        let mut free: Vec<(usize, usize, Choices, LogicalType, Option<u64>)> = Vec::new();
        let mut fixed = Vec::new();
        for (at, column) in combination.columns.iter().enumerate() {
            match self.role(table, place, *column)? {
                Role::Free(known) => free.push((at, *column, known.0, known.1, known.2)),
                Role::Fixed => fixed.push((at, *column)),
                Role::Other => return Ok(Built::Redrawn),
            }
        }
        let reads_free = combination.rule.when.as_ref().and_then(|when| Parsed::parse(when).ok()).is_some_and(|when| {
            when.references().iter().any(|read| {
                read.0.len() == 1
                    && self.column_named(table, &read.0[0]).is_some_and(|read| free.iter().any(|free| free.1 == read))
            })
        });
        if free.is_empty() || reads_free {
            return Ok(Built::Redrawn);
        }
        // Where each written tuple's values stand among those that the columns choose from.
        let mut written: Vec<Option<Vec<u32>>> = vec![Some(Vec::new()); combination.tuples.len()];
        for (at, _, choices, logical, _) in &free {
            let values: Vec<Value> = combination.tuples.iter().map(|tuple| tuple[*at].clone()).collect();
            let places = places_of(&values, logical, &choices.values).map_err(|problems| {
                self.problems
                    .extend(problems.into_iter().map(|problem| below_tuple(problem, &combination.pointer, *at)));
                Failed::Known
            })?;
            for (tuple, place) in written.iter_mut().zip(places) {
                match (place, tuple.as_mut()) {
                    (Some(place), Some(tuple)) => tuple.push(place),
                    _ => *tuple = None,
                }
            }
        }
        let mut inputs = Vec::new();
        let mut fields = Vec::new();
        let mut keys: Vec<ArrayRef> = Vec::new();
        for (at, column) in &fixed {
            let slot = self.slot(table, Name::Column(*column))?;
            let logical = self.tables[table].slots[slot].logical.clone();
            let values: Vec<Value> = combination.tuples.iter().map(|tuple| tuple[*at].clone()).collect();
            keys.push(typed_values(&values, &logical).map_err(|problems| {
                self.problems
                    .extend(problems.into_iter().map(|problem| below_tuple(problem, &combination.pointer, *at)));
                Failed::Known
            })?);
            fields.push(SortField::new(logical.arrow()));
            inputs.push(slot);
        }
        let converter = match fields.is_empty() {
            true => None,
            false => {
                Some(RowConverter::new(fields).map_err(|error| Failed::One(Problem::new("run", error.to_string())))?)
            }
        };
        let of_tuples: Vec<Box<[u8]>> = match &converter {
            None => vec![Box::default(); combination.tuples.len()],
            Some(converter) => {
                let rows = converter.convert_columns(&keys);
                let rows = rows.map_err(|error| Failed::One(Problem::new("run", error.to_string())))?;
                rows.iter().map(|row| row.as_ref().into()).collect()
            }
        };
        let weights: Vec<Vec<f64>> = free.iter().map(|free| free.2.weights.clone()).collect();
        let sizes: Vec<usize> = weights.iter().map(Vec::len).collect();
        let product = sizes.iter().fold(1_usize, |product, size| product.saturating_mul(*size));
        let mut tuples: Vec<Vec<u32>> = vec![Vec::new(); free.len()];
        let mut beside: HashMap<Box<[u8]>, Vec<u32>> = HashMap::new();
        let mut otherwise = None;
        if combination.is_forbidden {
            if product > TUPLES {
                return Ok(Built::Redrawn);
            }
            for number in 0..product {
                let mut rest = number;
                for (places, size) in tuples.iter_mut().zip(&sizes) {
                    places.push((rest % size) as u32);
                    rest /= size;
                }
            }
            let mut banned: HashMap<&[u8], Vec<bool>> = HashMap::new();
            for (key, tuple) in of_tuples.iter().zip(&written) {
                let Some(tuple) = tuple else { continue };
                let number =
                    tuple.iter().zip(&sizes).rev().fold(0, |number, (place, size)| number * size + *place as usize);
                banned.entry(key).or_insert_with(|| vec![false; product])[number] = true;
            }
            for (key, banned) in banned {
                beside.insert(key.into(), (0..product as u32).filter(|tuple| !banned[*tuple as usize]).collect());
            }
            otherwise = Some((0..product as u32).collect::<Vec<u32>>());
        } else {
            let mut known: HashMap<(&[u8], Vec<u32>), ()> = HashMap::new();
            for (key, tuple) in of_tuples.iter().zip(written) {
                let Some(tuple) = tuple else { continue };
                if known.insert((key, tuple.clone()), ()).is_none() {
                    let number = tuples[0].len() as u32;
                    tuples.iter_mut().zip(tuple).for_each(|(places, place)| places.push(place));
                    beside.entry(key.clone()).or_default().push(number);
                }
            }
        }
        let is_whole = fixed.is_empty();
        if is_whole && self.is_counted_jointly(table, combination) {
            let numbers = beside.remove(&Box::<[u8]>::default()).or(otherwise).unwrap_or_default();
            let tuples: Vec<Vec<u32>> =
                tuples.iter().map(|places| numbers.iter().map(|number| places[*number as usize]).collect()).collect();
            let weights = fitted(&tuples, &weights, true);
            let listed = free.iter().zip(&tuples);
            let listed = listed.map(|((_, column, choices, logical, _), places)| super::joint_counts::Listed {
                column: *column,
                choices,
                logical,
                places,
            });
            let slot = self.count_tuples(table, combination, &listed.collect::<Vec<_>>(), weights)?;
            let free = free.into_iter().zip(tuples);
            let free = free.map(|((_, column, choices, logical, longest), places)| Free {
                column,
                values: choices.values,
                logical,
                longest,
                places,
            });
            return Ok(Built::Drawn { slot, free: free.collect(), keeps_own: false });
        }
        let options = |numbers: Vec<u32>| {
            let part: Vec<Vec<u32>> =
                tuples.iter().map(|places| numbers.iter().map(|number| places[*number as usize]).collect()).collect();
            let draw = Alias::new(&fitted(&part, &weights, is_whole))?;
            Some(Options { tuples: numbers, draw })
        };
        // Values beside which nothing is left are known as such: they are none of the others.
        let mut beside: HashMap<Box<[u8]>, Option<Options>> =
            beside.into_iter().map(|(key, numbers)| (key, options(numbers))).collect();
        let otherwise = match converter {
            // Without columns that stand fast there is one key, and it is empty.
            None => None,
            Some(_) => otherwise.and_then(options),
        };
        let otherwise =
            if is_whole { beside.remove(&Box::<[u8]>::default()).flatten().or(otherwise) } else { otherwise };
        let nothing_banned = is_whole && combination.is_forbidden && combination.tuples.is_empty();
        if (beside.values().all(Option::is_none) && otherwise.is_none()) || nothing_banned {
            if nothing_banned {
                return Ok(Built::Redrawn);
            }
            let detail = format!("{} leaves no combination that its columns can make", combination.rule.id);
            let remedy = "let the columns' generators make the values that are listed";
            self.problems.push(Problem::new("contradiction", detail).at(&combination.pointer).remedy(remedy));
            return Err(Failed::Known);
        }
        let rule = combination.rule.id.clone();
        if let Some(when) = &combination.rule.when {
            match self.sql(table, when, true) {
                Ok(slot) => inputs.push(slot),
                Err(failed) => {
                    let pointer = combination.pointer.rsplit_once('/').map_or("", |(rule, _)| rule).to_owned();
                    self.report_failure(&format!("{pointer}/when"), failed);
                    return Err(Failed::Known);
                }
            }
        }
        let keeps_own = !inputs.is_empty();
        let key = self.seeds.key(self.dataset.tables[table].seed_name(), &rule, "combination", 0);
        let fill = Tuples { key, beside, otherwise, converter, fixed: fixed.len(), rule: rule.clone() };
        let slot = self.push_slot(
            table,
            Slot {
                name: rule.clone(),
                logical: LogicalType::Integer,
                source: super::Source::Fill(Box::new(fill)),
                inputs,
                far: Vec::new(),
                elsewhere: Vec::new(),
                nullable: keeps_own,
                distinct: false,
                drawn_by: Some(format!("combination:{rule}")),
                group: None,
                countable: None,
                longest: None,
                asks: false,
            },
        );
        if !fixed.is_empty() {
            self.statements.tried.push((table, slot, rule));
        }
        let free = free
            .into_iter()
            .zip(tuples)
            .map(|((_, column, choices, logical, longest), places)| Free {
                column,
                values: choices.values,
                logical,
                longest,
                places,
            })
            .collect();
        Ok(Built::Drawn { slot, free, keeps_own })
    }

    /// Combinations whose columns none asked for are built all the same, and those that nothing draws are drawn again.
    pub(super) fn finish_combinations(&mut self) {
        for table in 0..self.tables.len() {
            let count = self.statements.combinations.get(&table).map_or(0, Vec::len);
            for place in 0..count {
                if let Err(Failed::One(problem)) = self.build_combination(table, place) {
                    let pointer = self.statements.combinations[&table][place].pointer.clone();
                    self.problems.push(problem.at(pointer));
                }
            }
        }
    }
}

/// The problem of a value that was read as one of a column, at its place in the tuples.
fn below_tuple(mut problem: Problem, pointer: &str, at: usize) -> Problem {
    let place = format!("{pointer}{}/{at}", std::mem::take(&mut problem.pointer));
    problem.at(place)
}

/// The places of values among those of a list, where they are among them.
fn places_of(values: &[Value], logical: &LogicalType, list: &ArrayRef) -> Result<Vec<Option<u32>>, Vec<Problem>> {
    let wanted = typed_values(values, logical)?;
    let failed = |error: datafusion::arrow::error::ArrowError| vec![Problem::new("run", error.to_string())];
    let converter = RowConverter::new(vec![SortField::new(logical.arrow())]).map_err(failed)?;
    let known = converter.convert_columns(&[Arc::clone(list)]).map_err(failed)?;
    let places: HashMap<Box<[u8]>, u32> =
        (0..list.len()).map(|place| (known.row(place).as_ref().into(), place as u32)).collect();
    let wanted = converter.convert_columns(&[wanted]).map_err(failed)?;
    Ok(wanted.iter().map(|row| places.get(row.as_ref()).copied()).collect())
}

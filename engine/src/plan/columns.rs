//! Columns, draws and attributes as slots.

use std::sync::Arc;

use super::compiler::{Compiler, Failed, Name, column_pointer};
use super::context::ContextParts;
use super::distributions::Declared;
use super::statements::{Bound, Narrowed, PlannedBound};
use super::{RowBound, Scalar, SlotId, auto, convert};
use crate::enforce::spread::{ByLikelihood, Spread};
use crate::enforce::{deal, null, order};
use crate::generators::{GeneratorSpec, Made, hidden_attribute};
use crate::problem::{Problem, pointer_step};
use crate::schema::Column;
use crate::types::LogicalType;

impl Compiler {
    fn definition(&self, table: usize, column: usize) -> &Column {
        &self.dataset.tables[table].columns[column]
    }

    /// The column as delivered.
    pub(super) fn make_column(&mut self, table: usize, column: usize) -> Result<SlotId, Failed> {
        let slot = self.make_own_column(table, column)?;
        self.with_given(table, column, slot, true)
    }

    /// What a column's generator makes, and what is given in its place.
    pub(super) fn make_raw(&mut self, table: usize, column: usize) -> Result<SlotId, Failed> {
        let slot = self.make_own_raw(table, column)?;
        self.with_given(table, column, slot, false)
    }

    fn make_own_column(&mut self, table: usize, column: usize) -> Result<SlotId, Failed> {
        let pointer = column_pointer(table, column);
        if let Some((key, at)) = self.key_of_column(table, column) {
            return self.make_key_column(table, column, key, at);
        }
        let raw = self.slot(table, Name::Raw(column))?;
        let definition = self.definition(table, column).clone();
        let (mask, inputs) = self.null_mask(table, column);
        let counts_nulls = self.statements.null_counts.contains_key(&(table, column));
        if mask.rate == 0.0 && mask.nulls == 0 && !counts_nulls {
            return Ok(raw);
        }
        if let Some(formula) = self.statements.aggregated(table, column) {
            let detail = format!("{} decides {}, so nothing else can make it null", formula.rule, definition.name);
            let remedy = "leave null_rate, null_when and rules that ask for null out";
            self.report(&pointer, [Problem::new("two_sources", detail).remedy(remedy)]);
            return Err(Failed::Known);
        }
        self.check_null_count(table, column, raw)?;
        if self.dataset.tables[table].primary_key.contains(&definition.name) {
            let problem =
                Problem::new("null_key", format!("{} is part of the primary key and cannot be null", definition.name));
            self.report(&pointer, [problem.remedy("leave null_rate and null_when out")]);
            return Err(Failed::Known);
        }
        let is_counted = self.statements.is_counted(table, column) || counts_nulls;
        let is_open = mask.rate > 0.0 && mask.rate < 1.0 && mask.nulls == 0 && !is_counted;
        if is_open && self.statements.implied_values(table, column).is_empty() && !self.is_given(table, column) {
            self.null_rates.insert((table, column), mask.rate);
        }
        let makes_none = !self.tables[table].slots[raw].nullable;
        if makes_none && mask.rate == 0.0 && !counts_nulls && !self.is_given(table, column) {
            let conditions = self.null_conditions(table, column);
            self.null_only.insert((table, column), conditions);
        }
        let nulls = if is_counted { Some(self.slot(table, Name::Nulls(column))?) } else { None };
        let slot = &self.tables[table].slots[raw];
        let (distinct, longest, logical) = (slot.distinct, slot.longest, slot.logical.clone());
        let made = match nulls {
            Some(nulls) => {
                Made { inputs: vec![raw, nulls], distinct, longest, ..Made::computed(logical, null::Hidden) }
            }
            None => {
                let drawn = mask.rate > 0.0 && mask.rate < 1.0;
                let inputs = std::iter::once(raw).chain(inputs).collect();
                let drawn_by = drawn.then(|| format!("null:{column}"));
                Made { inputs, distinct, longest, drawn_by, ..Made::computed(logical, mask) }
            }
        };
        let slot = self.push(table, definition.name, made);
        self.tables[table].slots[slot].nullable = true;
        Ok(slot)
    }

    /// What a column's generator makes, converted to the column's type and held to its lengths.
    fn make_own_raw(&mut self, table: usize, column: usize) -> Result<SlotId, Failed> {
        let pointer = column_pointer(table, column);
        if self.lost(&format!("{pointer}/generator")) {
            return Err(Failed::Known);
        }
        let definition = self.definition(table, column).clone();
        if self.statements.counted.contains_key(&(table, column)) {
            if self.is_joint(table, column)
                && let Some(slot) = self.make_combined(table, column)?
            {
                return self.finish_raw(table, column, slot);
            }
            return self.make_counted(table, column);
        }
        // Of a column that moves with others its ranks are given what is asked.
        if self.statements.correlations.rule_of(table, column).is_some() {
            return self.make_correlated(table, column);
        }
        let place = (table, column);
        if self.statements.statistics.contains_key(&place) || self.statements.rank_counts.contains_key(&place) {
            return self.make_measured(table, column);
        }
        if self.statements.pulled.contains_key(&(table, column)) {
            return self.make_pulled(table, column);
        }
        if self.statements.overlap_of(table, column).is_some() {
            return self.make_interval(table, column);
        }
        if let Some(formula) = self.statements.formula(table, column) {
            if definition.generator.is_some() {
                let detail =
                    format!("the rule {} calculates {}, which has a generator as well", formula.rule, definition.name);
                self.report(
                    &format!("{pointer}/generator"),
                    [Problem::new("two_sources", detail).remedy("leave one of them out")],
                );
                return Err(Failed::Known);
            }
            let slot = self.formula_slot(table, column, &formula)?;
            if self.is_unique(table, column) {
                let detail = format!("{} is calculated, so nothing can make it unique", definition.name);
                self.report(&pointer, [Problem::new("not_countable", detail)]);
                return Err(Failed::Known);
            }
            return self.finish_raw(table, column, slot);
        }
        let partial = self.statements.partial_formulas(table, column);
        if let Some(first) = partial.first() {
            if self.is_unique(table, column) {
                let detail = format!("{} is calculated, so nothing can make it unique", definition.name);
                self.report(&pointer, [Problem::new("not_countable", detail)]);
                return Err(Failed::Known);
            }
            if definition.generator.is_none() {
                // What is put into other rows by hand or by a rule is no null.
                let is_alone = self.statements.forced(table, column).is_empty()
                    && !self.statements.listings.contains_key(&(table, column))
                    && !self.is_given(table, column);
                if is_alone {
                    let conditions = partial.iter().filter_map(|formula| formula.when.clone()).collect();
                    self.null_elsewhere.insert((table, column), conditions);
                }
                let slot = self.formula_slot(table, column, first)?;
                return self.finish_raw(table, column, slot);
            }
        }
        if let Some(asked) = self.statements.dealt_counts.get(&(table, column)).cloned() {
            return self.make_dealt_count(table, column, &asked);
        }
        if let Some(place) = self.statements.deal_of(table, column) {
            return self.make_deal(table, place, column);
        }
        if let Some(slot) = self.make_combined(table, column)? {
            return self.finish_raw(table, column, slot);
        }
        let made = self.compile_generator(table, column)?;
        let made =
            if self.is_unique(table, column) && !made.distinct { self.deal_alone(table, column, made)? } else { made };
        let slot = self.push(table, definition.name, made);
        self.finish_raw(table, column, slot)
    }

    /// Type, lengths and values that rules put in: what stands between a generator and its column.
    pub(super) fn finish_raw(&mut self, table: usize, column: usize, slot: SlotId) -> Result<SlotId, Failed> {
        let definition = self.definition(table, column).clone();
        let mut slot = slot;
        if let Some(wanted) = definition.logical_type() {
            slot = self.converted(table, column, slot, &wanted).map_err(|problem| {
                let from = self.tables[table].slots[slot].logical.clone();
                self.report_lossy(table, column, &from, problem);
                Failed::Known
            })?;
        }
        slot = self.apply_formulas(table, column, slot)?;
        for forced in self.statements.forced(table, column) {
            let logical = self.tables[table].slots[slot].logical.clone();
            let array = match convert::literal(&forced.value, &logical) {
                Ok(array) => array,
                Err(problem) => {
                    self.report(&forced.pointer, [problem]);
                    return Err(Failed::Known);
                }
            };
            match self.sql(table, &forced.condition, true) {
                Ok(condition) => {
                    let fill = order::Forced { value: array };
                    let nullable = self.tables[table].slots[slot].nullable;
                    let made = Made { inputs: vec![slot, condition], ..Made::computed(logical, fill) };
                    slot = self.push(table, definition.name.clone(), made);
                    self.tables[table].slots[slot].nullable = nullable;
                }
                Err(failed) => {
                    self.report_failure(&forced.pointer, failed);
                    return Err(Failed::Known);
                }
            }
        }
        slot = self.apply_lists(table, column, slot)?;
        self.finish_lengths(table, column, slot)
    }

    /// Text held to the column's lengths.
    pub(super) fn finish_lengths(&mut self, table: usize, column: usize, slot: SlotId) -> Result<SlotId, Failed> {
        let pointer = column_pointer(table, column);
        let definition = self.definition(table, column).clone();
        let mut slot = slot;
        let (min, max) = (definition.min_length.unwrap_or(0), definition.max_length);
        let made = &self.tables[table].slots[slot];
        if (min > 0 || max.is_some()) && !made.logical.is_text() {
            let detail = format!("lengths bound text, and {} is {}", definition.name, made.logical);
            self.report(
                &pointer,
                [Problem::new("no_text", detail).remedy("leave min_length and max_length out, or say type: string")],
            );
            return Err(Failed::Known);
        }
        if max.is_some_and(|max| max < min) {
            let detail = format!("max_length {} is below min_length {min}", max.unwrap_or(0));
            self.report(&format!("{pointer}/max_length"), [Problem::new("empty_interval", detail)]);
            return Err(Failed::Known);
        }
        if min > 0 || max.is_some_and(|max| made.longest.is_none_or(|longest| longest > u64::from(max))) {
            let (logical, nullable, distinct) = (made.logical.clone(), made.nullable, made.distinct);
            let fill = convert::Lengths { min, max };
            let made =
                Made { inputs: vec![slot], distinct, longest: max.map(u64::from), ..Made::computed(logical, fill) };
            let from = slot;
            slot = self.push(table, definition.name, made);
            self.tables[table].slots[slot].nullable = nullable;
            self.statements.cut.push(Narrowed { table, column, from, to: slot });
        }
        Ok(slot)
    }

    /// The generator of a column: its own, or the one that its name, type and description suggest.
    pub(super) fn generator_of(
        &mut self,
        table: usize,
        column: usize,
    ) -> Result<(GeneratorSpec, Option<String>), Failed> {
        let definition = self.definition(table, column);
        match &definition.generator {
            Some(generator) => Ok((generator.clone(), None)),
            None => {
                let (generator, reason) = self.chosen.get(&(table, column)).ok_or(Failed::Known)?;
                Ok((generator.clone(), Some(reason.clone())))
            }
        }
    }

    /// The name of what fills a column, where that is a generator: written, or chosen for it.
    pub(super) fn generator_name(&self, table: usize, column: usize) -> Option<String> {
        if self.key_of_column(table, column).is_some() || self.statements.formula(table, column).is_some() {
            return None;
        }
        let own = self.definition(table, column).generator.as_ref();
        if own.is_none() && !self.statements.partial_formulas(table, column).is_empty() {
            return None;
        }
        let generator = own.or_else(|| Some(&self.chosen.get(&(table, column))?.0))?;
        Some(generator.entry().name.clone())
    }

    /// Whether the values of a column are dealt, or put in by rules, and so do not follow from the row's record.
    pub(super) fn is_fixed(&self, table: usize, column: usize) -> bool {
        self.is_unique(table, column)
            || self.statements.deal_of(table, column).is_some()
            || self.statements.is_counted(table, column)
            // What a rule puts into another column may stand under a condition over the record itself.
            || (self.generator_name(table, column).as_deref() == Some("city")
                && !self.statements.forced(table, column).is_empty())
    }

    /// The column of an entity that decides an attribute of its record.
    pub(super) fn fixed_column(&self, table: usize, entity: &str, name: &str) -> Option<usize> {
        let columns = &self.dataset.tables[table].columns;
        let of_entity = (0..columns.len()).filter(|at| columns[*at].entity.as_deref().unwrap_or_default() == entity);
        let mut stand_in = None;
        for column in of_entity {
            let Some(shown) = self.generator_name(table, column) else { continue };
            if shown == name {
                return self.is_fixed(table, column).then_some(column);
            }
            if stand_in.is_none()
                && ["choice", "constant"].contains(&shown.as_str())
                && auto::suggested(&columns[column].name) == Some(name)
            {
                stand_in = Some(column);
            }
        }
        stand_in
    }

    /// Compiles a column's generator, without regard to `unique`.
    pub(super) fn compile_generator(&mut self, table: usize, column: usize) -> Result<Made, Failed> {
        let (generator, _) = self.generator_of(table, column)?;
        let definition = self.definition(table, column).clone();
        let pointer = format!("{}/generator", column_pointer(table, column));
        if generator.is_draw() {
            let detail = format!("{} makes a record, and {} takes one value", generator.entry().name, definition.name);
            let problem =
                Problem::new("record", detail).remedy("declare it under draws and take its fields with {type: field}");
            self.report(&pointer, [problem]);
            return Err(Failed::Known);
        }
        let mut parts = ContextParts {
            table,
            column: Some(column),
            stream: definition.seed_name().to_owned(),
            role: String::new(),
            entity: definition.entity.clone().unwrap_or_default(),
            family: format!("column:{}", definition.name),
            inputs: Vec::new(),
            bounds: Vec::new(),
        };
        if generator.entry().is_attribute {
            parts.stream.clone_from(&parts.entity);
            parts.role = format!("attr:{}/", generator.entry().name);
            parts.family = format!("attr:{}:{}", parts.entity, generator.entry().name);
        }
        for PlannedBound { value, side, rounds, place, gap } in self.statements.bounds(table, column) {
            let value = match value {
                Bound::Constant(value) => Scalar::Constant(value),
                Bound::Slot(of) => {
                    let slot = self.bound_slot(table, column, of).map_err(|failed| {
                        self.statements.unbounded.push((place, failed));
                        Failed::Known
                    })?;
                    let position = parts.inputs.iter().position(|input| *input == slot).unwrap_or_else(|| {
                        parts.inputs.push(slot);
                        parts.inputs.len() - 1
                    });
                    Scalar::Input(position)
                }
            };
            parts.bounds.push(RowBound { value, side, rounds, gap });
        }
        let made = self.compile_with(parts, |cx| generator.compile(cx)).map_err(|found| {
            self.report(&pointer, found);
            Failed::Known
        })?;
        if let Some(declared) = Declared::of(&definition.name, &generator, &made) {
            self.declared.insert((table, column), declared);
        }
        Ok(made)
    }

    /// A column that is unique by itself: values by a permutation of the positions.
    pub(super) fn deal_alone(&mut self, table: usize, column: usize, made: Made) -> Result<Made, Failed> {
        let pointer = column_pointer(table, column);
        let rows = self.rows(table).ok_or(Failed::Known)?;
        let name = self.definition(table, column).name.clone();
        let Some(countable) = made.countable.clone() else {
            let generator = self.generator_of(table, column)?.0;
            let detail = format!("{name} is unique, and the values of {} cannot be counted", generator.entry().name);
            let remedy = if made.logical == LogicalType::Float {
                "say type: integer, or type: decimal with a scale, so that its values can be counted, or leave unique out"
            } else if generator.entry().name == "regex" {
                "shorten its repetitions, such as {0,20}, so that its texts are fewer than 2^128, or leave unique out"
            } else {
                "use a generator with a countable domain (sequence, uuid_v4, regex, pattern, integer, date, choice) whose parameters are constants, or leave unique out"
            };
            self.report(&pointer, [Problem::new("not_countable", detail).remedy(remedy)]);
            return Err(Failed::Known);
        };
        if u128::from(rows) > countable.count() {
            let count = countable.count();
            let detail = if self.reserved.contains(&(table, column)) {
                format!(
                    "{name} is unique and can take {count} values that are reserved, fewer than the table's {rows} rows; safe: false allows the others"
                )
            } else {
                format!("{name} is unique and can take {count} values, fewer than the table's {rows} rows")
            };
            let problem = Problem::new("capacity", detail)
                .param("capacity", countable.count().to_string())
                .param("rows", rows)
                .remedy("widen the generator's domain, or ask for fewer rows");
            self.report(&pointer, [problem]);
            return Err(Failed::Known);
        }
        let seed_name = self.definition(table, column).seed_name();
        let key = self.seeds.key(self.dataset.tables[table].seed_name(), seed_name, "position", 0);
        let (longest, logical) = (made.longest, made.logical);
        let dealt = match countable.shape().and_then(|shape| Spread::new(shape, rows)) {
            Some(spread) => {
                self.note_flattening(table, &[column], &spread);
                self.note_rows(table, column);
                let (permutation, start) = ByLikelihood::order(key, &spread);
                let (spread, countable) = (Arc::new(spread), Arc::clone(&countable));
                Made::computed(logical, ByLikelihood { spread, permutation, start, countable, from: 0, to: usize::MAX })
            }
            None => Made::computed(logical, deal::ByRow::new(key, Arc::clone(&countable), countable.count(), 1)),
        };
        Ok(Made { inputs: Vec::new(), longest, countable: Some(countable), ..dealt.all_distinct() })
    }

    /// Says of a column that its values are dealt over all rows together, so that their number decides them.
    pub(super) fn note_rows(&mut self, table: usize, column: usize) {
        let own = "another number of rows changes its values, those of the first rows too";
        let note = match self.notes.remove(&(table, column)) {
            Some(note) => format!("{note} · {own}"),
            None => own.to_owned(),
        };
        self.notes.insert((table, column), note);
    }

    /// Says of columns how far their values move from their distribution so that they do not repeat, where that is to be seen.
    pub(super) fn note_flattening(&mut self, table: usize, columns: &[usize], spread: &Spread) {
        const SEEN: f64 = 0.005;
        let found = spread.flattening();
        if found.distance < SEEN {
            return;
        }
        let (saturated, distance) = (found.saturated * 100.0, found.distance * 100.0);
        for column in columns {
            let note = format!(
                "without repetition its distribution flattens: {saturated:.1} % of the rows take values that are all in use, and the share of values up to any one moves by at most {distance:.1} percentage points"
            );
            self.notes.insert((table, *column), note);
        }
    }

    /// A field of the row's person, place or company: a column's, or one of its own.
    pub(super) fn make_attribute(&mut self, table: usize, entity: &str, name: &str) -> Result<SlotId, Failed> {
        if let Some(column) = self.column_of(table, entity, name) {
            return self.slot(table, Name::Raw(column));
        }
        self.report_unread(table, entity, name);
        let parts = ContextParts {
            table,
            column: None,
            stream: entity.to_owned(),
            role: format!("attr:{name}/"),
            entity: entity.to_owned(),
            family: format!("attr:{entity}:{name}"),
            inputs: Vec::new(),
            bounds: Vec::new(),
        };
        let made = match hidden_attribute(name) {
            Some(compile) => self.compile_with(parts, compile),
            None => {
                let shown = self.part_of(table, entity, name).or_else(|| GeneratorSpec::plain(name));
                let generator = shown.ok_or_else(|| {
                    Failed::One(Problem::new("unknown_attribute", format!("no generator makes the attribute {name}")))
                })?;
                self.compile_with(parts, |cx| generator.compile(cx))
            }
        };
        let made = made.map_err(first_problem)?;
        Ok(self.push(table, format!("{name} of the row"), made))
    }

    /// A field of a draw.
    pub(super) fn make_field(&mut self, table: usize, draw: &str, field: &str) -> Result<SlotId, Failed> {
        let generator = self.dataset.tables[table].draws.get(draw).ok_or(Failed::Known)?.0.clone();
        let parts = ContextParts {
            table,
            column: None,
            stream: draw.to_owned(),
            role: String::new(),
            // A draw is a record of its own: no name that a schema can give to an entity is like this one.
            entity: format!("\u{1}{draw}"),
            family: format!("draw:{draw}"),
            inputs: Vec::new(),
            bounds: Vec::new(),
        };
        let pointer = format!("/tables/{table}/draws{}", pointer_step(draw));
        let made = self.compile_with(parts, |cx| generator.compile_field(cx, field)).map_err(|found| {
            self.report(&pointer, found);
            Failed::Known
        })?;
        Ok(self.push(table, format!("{draw}.{field}"), made))
    }

    /// Reports the problems of a draw, whether a column shows it or not.
    pub(super) fn check_draw(&mut self, table: usize, draw: &str) {
        let Some(generator) = self.dataset.tables[table].draws.get(draw).map(|draw| draw.0.clone()) else { return };
        let fields = generator.fields();
        if fields.is_empty() {
            let pointer = format!("/tables/{table}/draws{}", pointer_step(draw));
            let detail = format!("{} draws no record of several fields", generator.entry().name);
            self.report(
                &pointer,
                [Problem::new("no_record", detail).remedy("give it to a column, or use tuple or person here")],
            );
            return;
        }
        // One field compiles all that they share.
        if let Some(field) = fields.first() {
            let name = Name::Field { draw: draw.to_owned(), field: field.clone() };
            if let Err(Failed::One(problem)) = self.slot(table, name) {
                self.report(&format!("/tables/{table}/draws{}", pointer_step(draw)), [problem]);
            }
        }
    }
}

fn first_problem(problems: Vec<Problem>) -> Failed {
    problems.into_iter().next().map_or(Failed::Known, Failed::One)
}

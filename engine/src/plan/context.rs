//! What a generator sees while it is compiled for a column.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use serde_json::Value;

use super::SlotId;
use super::compiler::{Compiler, Failed, Name, column_pointer};
use super::units::{RowBound, Scalar};
use crate::generators::{Cells, Countable, Fill, First, GeneratorSpec, Made, Problems, Rows, RunError};
use crate::locale::Locale;
use crate::problem::Problem;
use crate::random::Key;
use crate::schema::{Column, Param, ValueList};
use crate::types::LogicalType;

/// The column, draw or attribute for which a generator is compiled.
pub struct Context<'a> {
    pub(super) compiler: &'a mut Compiler,
    pub(super) table: usize,
    /// The column, where it is one.
    pub(super) column: Option<usize>,
    /// Names the streams: the column's seed name, the draw's, or the entity.
    pub(super) stream: String,
    /// Stands before every role: empty, `attr:first_name/`, `case[1]/`.
    pub(super) role: String,
    pub(super) entity: String,
    pub(super) inputs: Vec<SlotId>,
    /// Slots that are read in other rows.
    pub(super) far: Vec<SlotId>,
    pub(super) bounds: Vec<RowBound>,
    /// The type that its values are for, where that is not the column's.
    pub(super) wanted: Option<LogicalType>,
    /// Whether a part of its value asks a language model.
    pub(super) asks: bool,
}

/// A generator inside another one.
pub struct Nested {
    fill: Box<dyn Fill>,
    /// Its logical type.
    pub logical: LogicalType,
    /// Places of its inputs among those of the outer one.
    inputs: Vec<usize>,
    /// Whether it may be null.
    pub nullable: bool,
    /// Longest text in characters, where known.
    pub longest: Option<u64>,
    /// Its values, where they can be counted.
    pub countable: Option<Arc<dyn Countable>>,
    /// Whether no two rows are alike by construction.
    pub distinct: bool,
}

impl Nested {
    /// Fills `rows`, which stand at `positions` of the outer rows; `None`: they are all of them.
    pub fn fill(&self, cells: &Cells<'_>, rows: &Rows, positions: Option<&[u32]>) -> Result<ArrayRef, RunError> {
        let mut inputs = Vec::with_capacity(self.inputs.len());
        for input in &self.inputs {
            inputs.push(match positions {
                None => cells.inputs[*input].clone(),
                Some(positions) => super::evaluate::take_rows(&cells.inputs[*input], &positions.to_vec().into())?,
            });
        }
        self.fill.fill(&Cells { inputs: &inputs, attempt: cells.attempt, plan: cells.plan }, rows)
    }
}

impl Context<'_> {
    /// The key of one of the column's streams. Roles are those of the streams page: `value` for what a cell draws first.
    pub fn key(&self, role: &str) -> Key {
        self.key_at(role, 0)
    }

    /// The same with an index, for roles that stand more than once.
    pub fn key_at(&self, role: &str, index: u64) -> Key {
        let table = self.compiler.dataset.tables[self.table].seed_name().to_owned();
        let role = match self.role.strip_suffix('/') {
            Some(attribute) if role == "value" && attribute.starts_with("attr:") => attribute.to_owned(),
            _ => format!("{}{role}", self.role),
        };
        self.compiler.seeds.key(&table, &self.stream, &role, index)
    }

    /// The locale of the dataset.
    pub fn locale(&self) -> &'static Locale {
        self.compiler.locale
    }

    /// Whether reserved domains and fictional ranges are asked for.
    pub fn safe(&self) -> bool {
        self.compiler.dataset.safe.unwrap_or(true)
    }

    /// Says that the column's values are reserved ones because the dataset is safe: where they run out, that is what to change.
    pub fn keep_reserved(&mut self) {
        if let Some(column) = self.column {
            self.compiler.reserved.insert((self.table, column));
        }
    }

    /// What "today" means, in microseconds since 1970, UTC.
    pub fn reference_time_us(&self) -> i64 {
        self.compiler.dataset.reference_time_us()
    }

    /// The column's definition; a draw or attribute has none.
    fn definition(&self) -> Option<&Column> {
        Some(&self.compiler.dataset.tables[self.table].columns[self.column?])
    }

    /// The logical type that the column names, if it names one; for a part of another generator's value the one that it is to have.
    pub fn declared(&self) -> Option<LogicalType> {
        self.wanted.clone().or_else(|| self.definition()?.logical_type())
    }

    /// Whether the column asks for values without repetition.
    pub fn unique(&self) -> bool {
        self.column.is_some_and(|column| self.compiler.is_unique(self.table, column))
    }

    /// Whether the column's values are to be dealt without repetition, by itself or with others.
    pub fn is_dealt(&self) -> bool {
        self.column.is_some_and(|column| {
            self.compiler.is_unique(self.table, column)
                || self.compiler.statements.deal_of(self.table, column).is_some()
        })
    }

    /// Bounds of the column's text, in characters.
    pub fn lengths(&self) -> (u32, Option<u32>) {
        self.definition().map_or((0, None), |column| (column.min_length.unwrap_or(0), column.max_length))
    }

    /// The rows of the table.
    pub fn rows(&mut self) -> Result<u64, Problems> {
        self.compiler.rows(self.table).ok_or_else(Vec::new)
    }

    /// A column of the table as an input; its place among the inputs. A problem has no place yet.
    pub fn column(&mut self, name: &str) -> Result<usize, Problems> {
        let slot = self.compiler.reference(self.table, &[name.to_owned()]).map_err(problems)?;
        Ok(self.input(slot))
    }

    /// An SQL expression over the row and its parents as an input.
    pub fn sql(&mut self, sql: &str) -> Result<usize, Problems> {
        let slot = self.compiler.sql(self.table, sql, false).map_err(problems)?;
        Ok(self.input(slot))
    }

    /// An SQL condition as an input of booleans.
    pub fn condition(&mut self, sql: &str) -> Result<usize, Problems> {
        let slot = self.compiler.sql(self.table, sql, true).map_err(problems)?;
        Ok(self.input(slot))
    }

    /// A field of the same person, place or company as an input: a column's of the same `entity`, or a hidden one.
    pub fn attribute(&mut self, name: &str) -> Result<usize, Problems> {
        let name = Name::Attribute { entity: self.entity.clone(), name: name.to_owned() };
        let slot = self.compiler.slot(self.table, name).map_err(problems)?;
        Ok(self.input(slot))
    }

    /// Whether a column of the same entity shows one of these attributes.
    pub fn shows_attribute(&self, names: &[&str]) -> bool {
        let (compiler, table, entity) = (&self.compiler, self.table, self.entity.as_str());
        let shows = |name: &str| {
            compiler.column_of(table, entity, name).is_some() || compiler.part_of(table, entity, name).is_some()
        };
        names.iter().any(|name| shows(name))
    }

    /// The genders that a column of the same entity shows, as far as the schema says them.
    pub fn genders_shown(&self) -> Vec<String> {
        self.compiler.genders_shown(self.table, &self.entity)
    }

    /// Reports what is worth knowing and stops nothing; its place is below the generator.
    pub fn warn(&mut self, problem: Problem) {
        if let Some(column) = self.column {
            let pointer = format!("{}/generator", column_pointer(self.table, column));
            self.compiler.report(&pointer, [problem.warning()]);
        }
    }

    /// The tightest lengths of the column and of the columns of the same entity that show one of these attributes.
    pub fn lengths_of(&self, names: &[&str]) -> (u32, Option<u32>) {
        let columns = &self.compiler.dataset.tables[self.table].columns;
        let mut lengths = self.lengths();
        for (at, column) in columns.iter().enumerate() {
            let shown = self.compiler.generator_name(self.table, at);
            if column.entity.as_deref().unwrap_or_default() == self.entity
                && shown.is_some_and(|shown| names.contains(&shown.as_str()))
            {
                lengths.0 = lengths.0.max(column.min_length.unwrap_or(0));
                lengths.1 = [lengths.1, column.max_length].into_iter().flatten().min();
            }
        }
        lengths
    }

    /// A parameter of the record that is compiled: of the draw, or of the first column of the same entity that shows `name` and has it.
    pub fn setting(&self, name: &str, parameter: &str) -> Option<Value> {
        let table = &self.compiler.dataset.tables[self.table];
        if let Some(draw) = self.entity.strip_prefix('\u{1}') {
            return table.draws.get(draw)?.0.to_value().get(parameter).cloned();
        }
        let of_entity =
            table.columns.iter().filter(|column| column.entity.as_deref().unwrap_or_default() == self.entity);
        let generators = of_entity.filter_map(|column| column.generator.as_ref());
        let own = generators
            .filter(|generator| generator.entry().name == name)
            .find_map(|generator| generator.to_value().get(parameter).cloned());
        own.or_else(|| {
            let part = self.compiler.part_of(self.table, &self.entity, name)?;
            part.to_value().get(parameter).cloned()
        })
    }

    /// Whether a field of a draw of this generator is compiled.
    pub fn is_draw_of(&self, generator: &str) -> bool {
        let draws = &self.compiler.dataset.tables[self.table].draws;
        let draw = self.entity.strip_prefix('\u{1}').and_then(|draw| draws.get(draw));
        draw.is_some_and(|draw| draw.0.entry().name == generator)
    }

    /// Whether the values of the column are not those that the row's record has: they are dealt without repetition, or rules put them in.
    pub fn is_fixed(&self) -> bool {
        self.column.is_some_and(|column| self.compiler.is_fixed(self.table, column))
    }

    /// The column that decides an attribute of the row's record, as an input: one that shows it and is [fixed](Self::is_fixed), or one whose
    /// name says it and that has a choice or constant of its own.
    pub fn fixed(&mut self, name: &str) -> Result<Option<usize>, Problems> {
        let Some(column) = self.compiler.fixed_column(self.table, &self.entity, name) else { return Ok(None) };
        let slot = self.compiler.slot(self.table, Name::Raw(column)).map_err(problems)?;
        let input = self.input(slot);
        Ok(self.input_type(input).is_text().then_some(input))
    }

    /// What the given rows say of an attribute of the row's record, as an input: null in all other rows.
    pub fn given(&mut self, name: &str) -> Result<Option<usize>, Problems> {
        let Some(column) = self.compiler.column_of(self.table, &self.entity, name) else { return Ok(None) };
        if !self.compiler.gives_texts(self.table, column) {
            return Ok(None);
        }
        let slot = self.compiler.slot(self.table, Name::Given(column)).map_err(problems)?;
        Ok(Some(self.input(slot)))
    }

    /// The texts that the given rows say of the column itself.
    pub fn given_texts(&self) -> Vec<String> {
        self.column.map_or_else(Vec::new, |column| self.compiler.texts_given(self.table, column))
    }

    /// Whether a column of the same entity shows an attribute whose values are dealt or put in by rules.
    pub fn deals(&self, name: &str) -> bool {
        let column = self.compiler.column_of(self.table, &self.entity, name);
        column.is_some_and(|column| {
            self.compiler.generator_name(self.table, column).as_deref() == Some(name)
                && self.compiler.is_fixed(self.table, column)
        })
    }

    /// Whether an attribute of the row's record is decided by itself and follows from no other.
    pub fn is_decided(&self, name: &str) -> bool {
        self.compiler.fixed_column(self.table, &self.entity, name).is_some()
    }

    /// A field of a draw of the table as an input.
    pub fn draw_field(&mut self, draw: &str, field: &str) -> Result<usize, Problems> {
        let definition = &self.compiler.dataset.tables[self.table];
        let Some(generator) = definition.draws.get(draw) else {
            if self.compiler.lost(&format!("/tables/{}/draws{}", self.table, crate::problem::pointer_step(draw))) {
                return Err(Vec::new());
            }
            let mut problem = Problem::new("unknown_draw", format!("table {} has no draw \"{draw}\"", definition.name))
                .key("of")
                .param("table", definition.name.as_str())
                .param("draw", draw);
            let known: Vec<&str> = definition.draws.keys().map(String::as_str).collect();
            problem = problem.suggest(draw, known);
            return Err(vec![problem]);
        };
        let fields = generator.0.fields();
        if !fields.iter().any(|known| known == field) {
            let mut problem = Problem::new("unknown_field", format!("the draw {draw} has no field \"{field}\""))
                .key("field")
                .param("draw", draw)
                .param("field", field);
            problem = problem.suggest(field, fields.iter().map(String::as_str).collect::<Vec<_>>());
            return Err(vec![problem]);
        }
        let name = Name::Field { draw: draw.to_owned(), field: field.to_owned() };
        let slot = self.compiler.slot(self.table, name).map_err(problems)?;
        Ok(self.input(slot))
    }

    /// The values of a list of the dataset.
    pub fn list(&self, name: &str) -> Result<Vec<Value>, Problem> {
        match self.compiler.dataset.lists.get(name) {
            Some(ValueList::Values(values)) => Ok(values.clone()),
            // Refused at its own place.
            Some(ValueList::File(_)) => Ok(vec![Value::Null]),
            None => {
                let mut problem =
                    Problem::new("unknown_list", format!("the dataset has no list \"{name}\"")).param("list", name);
                let known: Vec<&str> = self.compiler.dataset.lists.keys().map(String::as_str).collect();
                problem = problem.hint(name, known);
                Err(problem)
            }
        }
    }

    /// A parameter as a constant, or as an input; problems stand at `/name`, those of SQL at `/name/sql`.
    pub fn param<T: Clone>(&mut self, param: &Param<T>, name: &str) -> Result<Scalar<T>, Problems> {
        match param {
            Param::Constant(value) => Ok(Scalar::Constant(value.clone())),
            Param::Sql(sql) => {
                let input = self.sql(sql).map_err(|found| below(below(found, "sql"), name))?;
                Ok(Scalar::Input(input))
            }
        }
    }

    /// The logical type of an input.
    pub fn input_type(&self, input: usize) -> LogicalType {
        self.compiler.tables[self.table].slots[self.inputs[input]].logical.clone()
    }

    /// The most characters of an input's text, where known.
    pub fn input_longest(&self, input: usize) -> Option<u64> {
        self.compiler.tables[self.table].slots[self.inputs[input]].longest
    }

    /// All values that an input can have, where they are few and known.
    pub fn input_values(&self, input: usize) -> Option<ArrayRef> {
        const FEW: u128 = 1_000;
        let countable = self.compiler.tables[self.table].slots[self.inputs[input]].countable.as_ref()?;
        let count = countable.count();
        (count <= FEW).then(|| countable.unrank(&(0..count).collect::<Vec<_>>()))
    }

    /// Whether no two rows of an input are alike.
    pub fn input_distinct(&self, input: usize) -> bool {
        self.compiler.tables[self.table].slots[self.inputs[input]].distinct
    }

    /// Bounds that rules set row by row. Asking for them is the promise to keep them.
    pub fn bounds(&self) -> &[RowBound] {
        &self.bounds
    }

    /// Compiles a generator inside this one, with streams of its own: `role[index]`. Problems stand below it.
    pub fn nested(&mut self, generator: &GeneratorSpec, role: &str, index: usize) -> Result<Nested, Problems> {
        let wanted = self.wanted.clone();
        self.nested_in(generator, role, index, wanted)
    }

    /// The same for values that are to be of a type, as if the column named it.
    pub fn nested_as(
        &mut self,
        generator: &GeneratorSpec,
        role: &str,
        index: usize,
        wanted: LogicalType,
    ) -> Result<Nested, Problems> {
        self.nested_in(generator, role, index, Some(wanted))
    }

    /// Compiles a generator for one of several things that a row lists: each describes a person, place or company of its own.
    pub fn nested_item(&mut self, generator: &GeneratorSpec, role: &str, index: usize) -> Result<Nested, Problems> {
        let entity = format!("\u{2}{}/{}{role}[{index}]", self.stream, self.role);
        self.compiler.items.insert((self.table, entity.clone()), generator.clone());
        let own = std::mem::replace(&mut self.entity, entity);
        let nested = self.nested(generator, role, index);
        self.entity = own;
        nested
    }

    /// Compiles a part of a record: one that describes a person, place or company describes the row's, as a column of it would.
    pub fn nested_part(&mut self, generator: &GeneratorSpec, role: &str, index: usize) -> Result<Nested, Problems> {
        let entry = generator.entry();
        if !entry.is_attribute {
            return self.nested(generator, role, index);
        }
        if self.compiler.is_shown_as(self.table, &self.entity, generator) {
            let input = self.attribute(&entry.name)?;
            let slot = &self.compiler.tables[self.table].slots[self.inputs[input]];
            return Ok(Nested {
                fill: Box::new(First),
                logical: slot.logical.clone(),
                inputs: vec![input],
                nullable: slot.nullable,
                longest: slot.longest,
                countable: slot.countable.clone(),
                distinct: slot.distinct,
            });
        }
        let own = std::mem::replace(&mut self.stream, self.entity.clone());
        let wanted = self.wanted.clone();
        let nested = self.nested_with(generator, format!("attr:{}/", entry.name), wanted);
        self.stream = own;
        nested
    }

    fn nested_in(
        &mut self,
        generator: &GeneratorSpec,
        role: &str,
        index: usize,
        wanted: Option<LogicalType>,
    ) -> Result<Nested, Problems> {
        self.nested_with(generator, format!("{}{role}[{index}]/", self.role), wanted)
    }

    /// Compiles a generator inside this one with a prefix for its roles.
    fn nested_with(
        &mut self,
        generator: &GeneratorSpec,
        role: String,
        wanted: Option<LogicalType>,
    ) -> Result<Nested, Problems> {
        if generator.is_draw() {
            let detail = format!("{} makes a record and cannot stand here", generator.entry().name);
            return Err(vec![Problem::new("record", detail).remedy("declare it under draws and take its fields")]);
        }
        let mut inner = Context {
            compiler: self.compiler,
            table: self.table,
            column: self.column,
            stream: self.stream.clone(),
            role,
            entity: self.entity.clone(),
            inputs: Vec::new(),
            far: Vec::new(),
            bounds: Vec::new(),
            wanted,
            asks: false,
        };
        let made = generator.compile(&mut inner)?;
        let asks = inner.asks || made.asks;
        let (slots, far) = (inner.inputs, inner.far);
        self.asks |= asks;
        self.far.extend(far);
        let inputs = slots.into_iter().map(|slot| self.input(slot)).collect();
        Ok(Nested {
            fill: made.fill,
            logical: made.logical,
            inputs,
            nullable: made.nullable,
            longest: made.longest,
            countable: made.countable,
            distinct: made.distinct,
        })
    }

    /// The table, and the slots of the inputs so far: for fills that read them of other rows.
    pub(crate) fn slots(&self) -> (usize, Vec<SlotId>) {
        (self.table, self.inputs.clone())
    }

    pub(super) fn input(&mut self, slot: SlotId) -> usize {
        self.inputs.iter().position(|input| *input == slot).unwrap_or_else(|| {
            self.inputs.push(slot);
            self.inputs.len() - 1
        })
    }
}

/// The problems with a step put before their places.
pub(crate) fn below(problems: Problems, key: &str) -> Problems {
    problems.into_iter().map(|problem| problem.key(key)).collect()
}

pub(super) fn problems(failed: Failed) -> Problems {
    match failed {
        Failed::Known => Vec::new(),
        Failed::One(problem) => vec![problem],
    }
}

/// A generator that is compiled for a slot of its own.
impl Compiler {
    pub(super) fn compile_with(
        &mut self,
        mut cx: ContextParts,
        compile: impl FnOnce(&mut Context<'_>) -> Result<Made, Problems>,
    ) -> Result<Made, Problems> {
        let mut inputs = std::mem::take(&mut cx.inputs);
        let mut context = Context {
            compiler: self,
            table: cx.table,
            column: cx.column,
            stream: cx.stream,
            role: cx.role,
            entity: cx.entity,
            inputs: std::mem::take(&mut inputs),
            far: Vec::new(),
            bounds: cx.bounds,
            wanted: None,
            asks: false,
        };
        let family = cx.family;
        let entity = context.entity.clone();
        let mut made = compile(&mut context)?;
        made.inputs = context.inputs;
        made.far = context.far;
        made.asks |= context.asks;
        // A generator that draws together with others of its entity says so; else the column is a draw of its own.
        // Columns that show one answer do so whatever they describe.
        made.drawn_by = made.drawn_by.map(|shared| match shared.as_str() {
            "" => family,
            answer if answer.starts_with("llm:") => shared,
            _ => format!("{entity}:{shared}"),
        });
        Ok(made)
    }
}

/// What a context is made of.
pub(super) struct ContextParts {
    pub table: usize,
    pub column: Option<usize>,
    pub stream: String,
    pub role: String,
    pub entity: String,
    /// Names the draw, for redraws.
    pub family: String,
    pub inputs: Vec<SlotId>,
    pub bounds: Vec<RowBound>,
}

//! What a dataset is compiled with: every slot that the delivered columns and the rules need is made here once, inputs first.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::agree::{self, Agreement};
use super::auto::Chosen;
use super::distributions::Declared;
use super::eligible::{self, Eligible};
use super::groups::Sorted;
use super::pools::Pool;
use super::scattered::Scattered;
use super::statements::Statements;
use super::upward::Upward;
use super::{MAX_ROWS, Options, Slot, SlotId, Source, shared};
use crate::allocation::Allocation;
use crate::enforce::candidates::{Candidates, Pairs};
use crate::generators::{GeneratorSpec, Made};
use crate::locale::Locale;
use crate::problem::Problem;
use crate::random::Seeds;
use crate::schema::Dataset;

/// What a slot is, within its table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Name {
    /// A column as delivered, its nulls and conversions in place.
    Column(usize),
    /// What a column's generator makes.
    Raw(usize),
    /// What the given rows say of a column, null in all others.
    Given(usize),
    /// Whether a column is null, where that is known before its values.
    Nulls(usize),
    /// A field of the row's person, place or company.
    Attribute { entity: String, name: String },
    /// A field of a draw.
    Field { draw: String, field: String },
    /// An expression, or a condition.
    Sql(String, bool),
    /// The parent's row number of a key.
    Key(usize),
    /// A child's number among its siblings, from 0.
    Index(usize),
    /// A slot of the parent, in the row of a key.
    Parent { key: usize, slot: SlotId },
    /// A column of the own table that is still being made, in the row above by a key.
    Above { key: usize, column: usize },
}

/// Why a slot could not be made.
#[derive(Debug)]
pub(super) enum Failed {
    /// A problem that is reported already, or the absence of what was not read.
    Known,
    /// A problem whose place only the asker knows.
    One(Problem),
}

enum State {
    InProgress,
    Done(SlotId),
    Failed,
}

/// A table while it is compiled.
#[derive(Default)]
pub(super) struct TableState {
    pub slots: Vec<Slot>,
    names: HashMap<Name, usize>,
    states: Vec<(Name, State)>,
    pub rows: RowCount,
    /// The allocation of the structural key, once its table's rows are known.
    pub allocation: Option<Arc<Allocation>>,
    /// The orders of its rows that generators read, each made once.
    pub orders: Vec<Arc<Sorted>>,
    /// The groups of its rows that generators read and no order shows, each found once.
    pub scattered: Vec<Arc<Scattered>>,
    /// For each key the one that decides the columns which it shares.
    pub deciders: Vec<Option<usize>>,
    /// What checks say that the parents of two keys agree in.
    pub agreements: Vec<Agreement>,
    /// What checks say of the parents of keys that keep rows apart.
    pub eligible: Vec<Eligible>,
    /// The parents of keys whose shared columns others decide, by key.
    pub candidates: HashMap<usize, Arc<Candidates>>,
    /// The combinations without repetition of such keys and those that decide.
    pub pairs: HashMap<usize, Arc<Pairs>>,
}

impl TableState {
    /// A table of which nothing is compiled yet.
    pub fn new(dataset: &Dataset, table: usize) -> TableState {
        let mut deciders = shared::deciders(&dataset.tables[table]);
        let agreements = agree::agreements(dataset, table, &mut deciders);
        let eligible = eligible::eligible(dataset, table, &mut deciders);
        TableState { deciders, agreements, eligible, ..TableState::default() }
    }

    /// The slot of a column that was compiled.
    pub fn column_slot(&self, column: usize) -> Option<SlotId> {
        match self.names.get(&Name::Column(column)).map(|place| &self.states[*place].1) {
            Some(State::Done(slot)) => Some(*slot),
            _ => None,
        }
    }
}

/// A table's rows while they are found.
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) enum RowCount {
    #[default]
    Unknown,
    InProgress,
    Known(u64),
    Failed,
}

pub(super) struct Compiler {
    pub dataset: Arc<Dataset>,
    pub options: Options,
    pub seeds: Seeds,
    pub locale: &'static Locale,
    pub tables: Vec<TableState>,
    pub statements: Statements,
    /// Generators of the columns that name none.
    pub chosen: Chosen,
    /// Columns whose values are reserved ones because the dataset is safe.
    pub reserved: BTreeSet<(usize, usize)>,
    /// What the items of lists are, each by the entity that it describes.
    pub items: BTreeMap<(usize, String), GeneratorSpec>,
    /// What the plan says of columns: how far values without repetition move from their distribution.
    pub notes: HashMap<(usize, usize), String>,
    /// The distributions that columns declare.
    pub declared: BTreeMap<(usize, usize), Declared>,
    /// Columns whose nulls nothing decides but their rate.
    pub null_rates: BTreeMap<(usize, usize), f64>,
    /// Columns that nothing makes null but conditions, with these.
    pub null_only: BTreeMap<(usize, usize), Vec<String>>,
    /// Columns that have a value in the rows of some conditions alone.
    pub null_elsewhere: BTreeMap<(usize, usize), Vec<String>>,
    /// What a language model is asked.
    pub pools: Vec<Pool>,
    pub problems: Vec<Problem>,
    pub left_out: Vec<String>,
    /// Whether comparisons of rules may bound columns, and conditions choose rows of groups: not where that closes a circle.
    pub projects: bool,
    /// Rules `implies` that bound no column, for in some rows nothing lies inside: what their condition reads is drawn again as well.
    pub loose: HashSet<String>,
    /// Whether rules are said otherwise.
    pub restates: bool,
    /// Whether rows are drawn again with all that their rules read, and what says of which rows a rule speaks gives way.
    pub widens: bool,
    /// What is being made, outermost first: the chain that a cycle closes.
    pub path: Vec<(usize, Name)>,
    /// Columns that are bounded by what rows above have in them, and slots that read these there, to be told once they are made.
    pub upward: Upward,
}

/// The pointer of a column.
pub(super) fn column_pointer(table: usize, column: usize) -> String {
    format!("/tables/{table}/columns/{column}")
}

impl Compiler {
    /// Whether an element at or below a pointer was left out by the reader.
    pub fn lost(&self, pointer: &str) -> bool {
        self.left_out
            .iter()
            .any(|lost| lost.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    }

    /// The slot of a name, made with its inputs when it is asked for first.
    pub fn slot(&mut self, table: usize, name: Name) -> Result<SlotId, Failed> {
        if let Some(index) = self.tables[table].names.get(&name).copied() {
            return match &self.tables[table].states[index].1 {
                State::Done(slot) => Ok(*slot),
                State::Failed => Err(Failed::Known),
                State::InProgress => {
                    self.report_cycle(table, &name);
                    Err(Failed::Known)
                }
            };
        }
        let index = self.tables[table].states.len();
        self.tables[table].names.insert(name.clone(), index);
        self.tables[table].states.push((name.clone(), State::InProgress));
        self.path.push((table, name.clone()));
        let made = self.make(table, &name);
        self.path.pop();
        self.tables[table].states[index].1 = match &made {
            Ok(slot) => State::Done(*slot),
            Err(_) => State::Failed,
        };
        if let (Name::Column(column), Ok(slot)) = (&name, &made) {
            self.tell_above(table, *column, *slot);
        }
        made
    }

    /// Whether a slot is on the way to being made.
    pub(super) fn is_in_progress(&self, table: usize, name: &Name) -> bool {
        let state = &self.tables[table];
        state.names.get(name).is_some_and(|place| matches!(state.states[*place].1, State::InProgress))
    }

    fn make(&mut self, table: usize, name: &Name) -> Result<SlotId, Failed> {
        match name {
            Name::Column(column) => self.make_column(table, *column),
            Name::Raw(column) => self.make_raw(table, *column),
            Name::Given(column) => Ok(self.make_given(table, *column)),
            Name::Nulls(column) => self.make_nulls(table, *column),
            Name::Attribute { entity, name } => self.make_attribute(table, entity, name),
            Name::Field { draw, field } => self.make_field(table, draw, field),
            Name::Sql(sql, condition) => {
                let made = self.make_sql(table, sql, *condition, None)?;
                Ok(self.push(table, sql.clone(), made))
            }
            Name::Key(key) => {
                let slot = self.make_key(table, *key)?;
                self.key_with_given(table, *key, slot)
            }
            Name::Index(key) => self.make_index(table, *key),
            Name::Above { key, column } => self.make_above(table, *key, *column),
            Name::Parent { key, slot } => {
                let numbers = self.slot(table, Name::Key(*key))?;
                let parent = self.parent_of(table, *key).ok_or(Failed::Known)?;
                let value = &self.tables[parent].slots[*slot];
                let definition = Slot {
                    name: format!("{}.{}", self.dataset.tables[table].foreign_keys[*key].name(), value.name),
                    logical: value.logical.clone(),
                    source: Source::Parent { table: parent, slot: *slot },
                    inputs: vec![numbers],
                    far: Vec::new(),
                    elsewhere: Vec::new(),
                    nullable: value.nullable || self.tables[table].slots[numbers].nullable,
                    distinct: false,
                    drawn_by: None,
                    group: None,
                    countable: None,
                    longest: value.longest,
                    asks: false,
                };
                Ok(self.push_slot(table, definition))
            }
        }
    }

    /// Adds what a generator made as a slot.
    pub fn push(&mut self, table: usize, name: String, made: Made) -> SlotId {
        let nullable = made.nullable || made.inputs.iter().any(|input| self.tables[table].slots[*input].nullable);
        let definition = Slot {
            name,
            logical: made.logical,
            source: Source::Fill(made.fill),
            inputs: made.inputs,
            far: made.far,
            elsewhere: made.elsewhere,
            nullable,
            distinct: made.distinct,
            drawn_by: made.drawn_by,
            group: None,
            countable: made.countable,
            longest: made.longest,
            asks: made.asks,
        };
        self.push_slot(table, definition)
    }

    pub fn push_slot(&mut self, table: usize, definition: Slot) -> SlotId {
        self.tables[table].slots.push(definition);
        self.tables[table].slots.len() - 1
    }

    /// Places problems below a pointer and reports them.
    pub fn report(&mut self, pointer: &str, problems: impl IntoIterator<Item = Problem>) {
        self.problems.extend(problems.into_iter().map(|problem| problem.under(pointer)));
    }

    /// Reports a failure of an SQL text or name at its place.
    pub fn report_failure(&mut self, pointer: &str, failed: Failed) {
        if let Failed::One(problem) = failed {
            self.report(pointer, [problem]);
        }
    }

    /// Names that must be there, be clean and not stand twice.
    pub(super) fn check_names(&mut self) {
        let dataset = Arc::clone(&self.dataset);
        if dataset.tables.is_empty() {
            self.problems.push(Problem::new("no_tables", "the dataset has no table").at("/tables"));
        }
        self.check_distinct(dataset.tables.iter().map(|table| table.name.as_str()), "table", |index| {
            format!("/tables/{index}/name")
        });
        let mut rule_ids: HashMap<String, String> = HashMap::new();
        for (index, table) in dataset.tables.iter().enumerate() {
            let base = format!("/tables/{index}");
            self.check_distinct(table.columns.iter().map(|column| column.name.as_str()), "column", |at| {
                format!("{base}/columns/{at}/name")
            });
            self.check_distinct(table.foreign_keys.iter().map(|key| key.name()), "foreign key", |at| {
                format!("{base}/foreign_keys/{at}")
            });
            for (at, rule) in table.rules.iter().enumerate() {
                if let Some(first) = rule_ids.insert(rule.id.clone(), table.name.clone()) {
                    let detail = format!("the rule id \"{}\" stands twice, first in table {first}", rule.id);
                    self.problems.push(Problem::new("repeated_name", detail).at(format!("{base}/rules/{at}/id")));
                }
            }
            for (at, name) in table.primary_key.iter().enumerate() {
                if table.column(name).is_none() {
                    let problem = self.unknown_column(index, name).at(format!("{base}/primary_key/{at}"));
                    self.problems.push(problem);
                }
            }
            for (at, definition) in table.indexes.iter().enumerate() {
                for (step, name) in definition.columns.iter().enumerate() {
                    if table.column(name).is_none() {
                        let problem =
                            self.unknown_column(index, name).at(format!("{base}/indexes/{at}/columns/{step}"));
                        self.problems.push(problem);
                    }
                }
            }
        }
    }

    /// Reports by name what this version reads and cannot do.
    pub fn not_yet(&mut self, what: &str, pointer: &str) {
        self.problems.push(Problem::new("not_supported", format!("{what} not supported by this version")).at(pointer));
    }

    fn check_distinct<'n>(
        &mut self,
        names: impl Iterator<Item = &'n str>,
        noun: &str,
        place: impl Fn(usize) -> String,
    ) {
        let mut seen: HashMap<String, &str> = HashMap::new();
        for (index, name) in names.enumerate() {
            if name.chars().any(char::is_control) {
                self.problems.push(
                    Problem::new("control_character", format!("{name:?} holds a control character")).at(place(index)),
                );
            }
            if let Some(first) = seen.insert(name.to_lowercase(), name) {
                let detail = if first == name {
                    format!("the {noun} \"{name}\" stands twice")
                } else {
                    format!("the {noun} \"{name}\" differs from \"{first}\" in nothing but case")
                };
                self.problems.push(Problem::new("repeated_name", detail).at(place(index)));
            }
        }
    }

    /// The rows of a table; `None` where a problem says why there are none.
    pub fn rows(&mut self, table: usize) -> Option<u64> {
        match self.tables[table].rows {
            RowCount::Known(rows) => Some(rows),
            RowCount::Failed => None,
            RowCount::InProgress => {
                let detail = format!(
                    "the rows of table {} depend on themselves through its keys' children",
                    self.dataset.tables[table].name
                );
                self.problems.push(
                    Problem::new("cycle", detail)
                        .at(format!("/tables/{table}"))
                        .remedy("give one table of the circle its rows"),
                );
                None
            }
            RowCount::Unknown => {
                self.tables[table].rows = RowCount::InProgress;
                let rows = self.find_rows(table).filter(|rows| self.enough_rows(table, *rows)).filter(|rows| {
                    let fits = *rows <= MAX_ROWS;
                    if !fits {
                        let detail = format!("{rows} rows are more than the most allowed, {MAX_ROWS}");
                        self.problems.push(Problem::new("too_large", detail).at(format!("/tables/{table}/rows")));
                    }
                    fits
                });
                self.tables[table].rows = rows.map_or(RowCount::Failed, RowCount::Known);
                rows
            }
        }
    }

    /// The slot of a column that was compiled.
    pub fn column_slot(&self, table: usize, column: usize) -> Option<SlotId> {
        self.tables[table].column_slot(column)
    }
}

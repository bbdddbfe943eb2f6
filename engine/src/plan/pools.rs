//! Pools of answers that columns draw from: which there are, which questions fill them, and what a generator sees of them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Number, Value};

use super::compiler::{Compiler, column_pointer};
use super::{BLOCK, Context, Evaluation, Plan, SlotId, Source, convert};
use crate::generators::{Llm, Per, Rows, RunError};
use crate::llm::template::Template;
use crate::llm::{Answers, Holds, OnError, Question, Wanted};
use crate::problem::{Problem, pointer_step};
use crate::random::Key;
use crate::schema::Column;
use crate::types::LogicalType;

/// The most combinations of values for which a prompt is asked.
pub(super) const MOST_COMBINATIONS: usize = 1_000;

/// Rows of a table whose prompts are looked at while it is planned.
const LOOKED_AT: u64 = if cfg!(test) { 1 << 13 } else { 1 << 16 };

/// Rows of all pools together that are looked at.
const LOOKED_AT_IN_ALL: u64 = 16 * LOOKED_AT;

/// A draw of a language model's answers.
pub(crate) struct Pool {
    pub table: usize,
    /// The place of the generator.
    pub pointer: String,
    /// Tells it from the table's others.
    pub id: String,
    /// The columns that show it.
    pub columns: Vec<String>,
    /// The prompt as it is written, and in pieces.
    pub prompt: String,
    pub template: Template,
    /// What the prompt names: slots, and their names.
    pub reads: Vec<SlotId>,
    pub names: Vec<String>,
    /// The JSON Schema of one answer.
    pub item: Value,
    pub temperature: Option<Number>,
    /// Answers that are wanted for each prompt; for all rows together where each has its own.
    pub size: u64,
    pub per: Per,
    pub on_error: OnError,
    /// What rows need of each answer.
    pub holds: Holds,
    /// How many usable answers each prompt has.
    pub held: HashMap<String, u64>,
    /// Whether the model was asked and gave no answer to some prompt.
    pub is_declined: bool,
    /// What fills which columns where there is no answer, in words.
    pub fallback: Vec<(String, String)>,
    /// What of the answers' schema it may break, by column.
    pub unheld: Vec<(String, Vec<String>)>,
    /// Whether looking at rows for its prompts takes too long while it is planned.
    pub is_long: bool,
}

/// What a look at the first rows tells of a pool's questions.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// The questions that were seen.
    pub wanted: Vec<Wanted>,
    /// Whether they are all.
    pub is_complete: bool,
}

/// Why nobody can say which questions rows need.
#[derive(Clone, Debug, PartialEq)]
pub enum Unasked {
    /// Nobody waits for it any longer.
    Stopped,
    /// Something is wrong with them.
    Problems(Vec<Problem>),
}

impl Pool {
    fn question(&self, prompt: String) -> Question {
        Question { prompt, item: self.item.clone(), temperature: self.temperature.clone() }
    }
}

/// The prompts of a table's rows.
pub(super) struct Scan {
    /// Each prompt, and how many of the rows that were seen have it, in the order of their first rows.
    pub prompts: IndexMap<String, u64>,
    /// Whether all rows were seen.
    pub whole: bool,
    /// Whether all prompts were.
    pub complete: bool,
}

impl Scan {
    /// How many answers are wanted for each prompt.
    pub fn wanted<'s>(&'s self, pool: &'s Pool) -> impl Iterator<Item = (&'s String, u64)> + 's {
        self.prompts.iter().map(|(prompt, rows)| {
            let answers = match pool.per {
                Per::Row => *rows,
                Per::Combination if self.whole => pool.size.min(*rows),
                Per::Combination => pool.size,
            };
            (prompt, answers)
        })
    }
}

impl Plan {
    /// Whether a language model is asked for any column.
    pub fn asks(&self) -> bool {
        !self.pools.is_empty()
    }

    /// The questions whose answers the rows need: of each pool one for every combination of the values that its prompt names, in the order
    /// of their first rows. The same question may stand for several pools; its answers serve them all.
    ///
    /// Columns that prompts name are made for all rows of their table, a block at a time, until no new combination can come. In a table of
    /// billions of rows that takes long, so `is_stopped` is asked before each block.
    pub fn wanted(&self, is_stopped: &dyn Fn() -> bool) -> Result<Vec<Wanted>, Unasked> {
        let (mut wanted, mut problems) = (Vec::new(), Vec::new());
        for pool in &self.pools {
            match scan(self, pool, u64::MAX, is_stopped) {
                Ok(Some(scan)) if scan.prompts.len() > most(pool) => problems.push(too_many(pool)),
                Ok(Some(scan)) => wanted.extend(self.wanted_of(pool, &scan)),
                Ok(None) => return Err(Unasked::Stopped),
                Err(error) => problems.push(Problem::new("run", error.to_string()).at(pool.pointer.clone())),
            }
        }
        if problems.is_empty() { Ok(wanted) } else { Err(Unasked::Problems(problems)) }
    }

    /// The prompts of the rows of a pool that planning looks at; none where that takes too long, or fails: what fails here fails in a run, with
    /// its place. However many pools there are, it is done soon.
    pub(super) fn looked_at(&self, pool: &Pool) -> Option<Scan> {
        let looked = self.pools.iter().filter(|pool| !pool.is_long && !pool.template.is_fixed()).count() as u64;
        let rows = (LOOKED_AT_IN_ALL / looked.max(1)).clamp(BLOCK, LOOKED_AT);
        if pool.is_long { None } else { scan(self, pool, rows, &|| false).ok().flatten() }
    }

    /// What a look at as many rows as planning looks at tells of the questions, for each pool in the order of the report.
    pub fn look(&self) -> Vec<Look> {
        let of_pool = |pool: &Pool| {
            let seen = self.looked_at(pool);
            let wanted = seen.iter().flat_map(|scan| self.wanted_of(pool, scan)).collect();
            Look { wanted, is_complete: seen.is_some_and(|scan| scan.complete) }
        };
        self.pools.iter().map(of_pool).collect()
    }

    fn wanted_of<'s>(&'s self, pool: &'s Pool, scan: &'s Scan) -> impl Iterator<Item = Wanted> + 's {
        scan.wanted(pool).map(|(prompt, answers)| Wanted {
            table: self.tables[pool.table].name.clone(),
            columns: pool.columns.clone(),
            question: pool.question(prompt.clone()),
            answers,
            on_error: pool.on_error,
            holds: pool.holds.clone(),
        })
    }

    /// Whether the values of a slot follow from answers, of its own row or any other; the rules for whose sake they do, where it is not by what
    /// makes them.
    fn follows_from_answers(&self, table: usize, slot: SlotId) -> Option<Vec<String>> {
        let mut reached = HashSet::new();
        let mut open = vec![(table, slot)];
        // What makes the values comes first.
        let mut drawn: Vec<((usize, SlotId), Vec<String>)> = Vec::new();
        let mut rules = Vec::new();
        loop {
            let Some((table, slot)) = open.pop() else {
                let (next, of) = drawn.pop()?;
                open.push(next);
                rules = of;
                continue;
            };
            if !reached.insert((table, slot)) {
                continue;
            }
            let definition = &self.tables[table].slots[slot];
            if definition.asks {
                return Some(rules);
            }
            open.extend(definition.inputs.iter().chain(&definition.far).map(|read| (table, *read)));
            open.extend(&definition.elsewhere);
            if let Source::Parent { table, slot } = &definition.source {
                open.push((*table, *slot));
            }
            if let Some(group) = definition.group.map(|group| &self.tables[table].groups[group]) {
                let reads = group.members.iter().chain(&group.conditions);
                drawn.extend(reads.map(|read| ((table, *read), group.rules.clone())));
            }
        }
    }

    /// Pools whose prompts name what follows from answers itself.
    pub(super) fn check_pools(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for pool in &self.pools {
            for (slot, name) in pool.reads.iter().zip(&pool.names) {
                if let Some(rules) = self.follows_from_answers(pool.table, *slot) {
                    let columns = pool.columns.join(" and ");
                    let (detail, remedy) = match rules.is_empty() {
                        true => (
                            format!(
                                "the prompt of {columns} names {name}, which follows from answers of a language model itself"
                            ),
                            "name columns that other generators fill, or give both columns one prompt",
                        ),
                        false => (
                            format!(
                                "the prompt of {columns} names {name}, which is drawn together with answers of a language model so that {} can hold",
                                rules.join(" and ")
                            ),
                            "let the rule read the answers or what their prompt names, and not both",
                        ),
                    };
                    problems
                        .push(Problem::new("asks_twice", detail).at(format!("{}/prompt", pool.pointer)).remedy(remedy));
                }
            }
        }
        problems
    }
}

/// The most prompts of a pool.
fn most(pool: &Pool) -> usize {
    if pool.per == Per::Row { usize::MAX } else { MOST_COMBINATIONS }
}

/// The problem of a prompt that stands for too many.
pub(super) fn too_many(pool: &Pool) -> Problem {
    let detail = format!(
        "the prompt of {} names {}, which take more than {MOST_COMBINATIONS} combinations of values, and each is asked for by itself",
        pool.columns.join(" and "),
        pool.names.join(" and ")
    );
    let remedy = "name fewer columns, or columns of few values, such as a choice";
    Problem::new("too_many_combinations", detail)
        .at(format!("{}/prompt", pool.pointer))
        .param("most", MOST_COMBINATIONS)
        .remedy(remedy)
}

/// How many combinations of values a prompt can have, where that follows from what it names.
pub(super) fn expected(plan: &Plan, pool: &Pool) -> Option<u128> {
    pool.reads.iter().try_fold(1_u128, |product, slot| {
        let slot = &plan.tables[pool.table].slots[*slot];
        Some(product.saturating_mul(slot.countable.as_ref()?.count() + u128::from(slot.nullable)))
    })
}

/// The prompts of the first `rows` rows, until there is one too many; none where it was stopped.
fn scan(plan: &Plan, pool: &Pool, rows: u64, is_stopped: &dyn Fn() -> bool) -> Result<Option<Scan>, RunError> {
    let all = plan.tables[pool.table].rows;
    let mut found = Scan { prompts: IndexMap::new(), whole: true, complete: true };
    if all == 0 {
        return Ok(Some(found));
    }
    if pool.template.is_fixed() {
        found.prompts.insert(pool.prompt.clone(), all);
        return Ok(Some(found));
    }
    let expected = expected(plan, pool).filter(|_| pool.per == Per::Combination);
    for block in crate::run::blocks(0..all.min(rows)) {
        if is_stopped() {
            return Ok(None);
        }
        let length = (block.end - block.start) as usize;
        debug_assert!(length as u64 <= BLOCK);
        let mut evaluation = Evaluation::new(plan, pool.table, Rows::Range(block.clone()));
        let mut columns = Vec::with_capacity(pool.reads.len());
        for slot in &pool.reads {
            columns.push(convert::as_text(&evaluation.need(*slot)?)?);
        }
        let (prompts, places) = pool.template.of_rows(&columns, length);
        let mut counts = vec![0; prompts.len()];
        places.iter().for_each(|place| counts[*place as usize] += 1);
        for (prompt, count) in prompts.into_iter().zip(counts) {
            *found.prompts.entry(prompt).or_insert(0) += count;
        }
        found.whole = block.end == all;
        let is_full = expected.is_some_and(|expected| found.prompts.len() as u128 >= expected);
        found.complete = found.whole || is_full;
        if found.prompts.len() > most(pool) || is_full {
            break;
        }
    }
    Ok(Some(found))
}

impl Compiler {
    /// The columns of a table that ask with the prompt of a column, itself among them, in their order.
    fn same_prompt(&self, table: usize, own: usize, llm: &Llm) -> Vec<(usize, Llm)> {
        let asks_alike = |other: &Llm| {
            llm.prompt.is_some()
                && other.prompt == llm.prompt
                && other.pool == llm.pool
                && other.per.unwrap_or_default() == llm.per.unwrap_or_default()
                && other.temperature == llm.temperature
        };
        let of_column = |column: usize| -> Option<Llm> {
            if column == own {
                return Some(llm.clone());
            }
            let generator = self.dataset.tables[table].columns[column].generator.as_ref()?;
            if self.generator_name(table, column).as_deref() != Some("llm") {
                return None;
            }
            let Value::Object(mut map) = generator.to_value() else { return None };
            map.shift_remove("type");
            serde_json::from_value::<Llm>(Value::Object(map)).ok().filter(asks_alike)
        };
        let columns = 0..self.dataset.tables[table].columns.len();
        columns.filter_map(|column| Some((column, of_column(column)?))).collect()
    }
}

/// What the generator of a language model sees.
impl Context<'_> {
    /// Whether a whole column is made, and no part of another generator's value.
    fn is_whole(&self) -> bool {
        self.role.is_empty() && self.wanted.is_none()
    }

    /// The columns that ask with the same prompt, each with its generator.
    pub(crate) fn same_prompt(&self, llm: &Llm) -> Vec<(usize, Llm)> {
        let column = self.column.unwrap_or_default();
        if self.is_whole() { self.compiler.same_prompt(self.table, column, llm) } else { vec![(column, llm.clone())] }
    }

    /// Whether the column that is compiled is this one.
    pub(crate) fn is_column(&self, column: usize) -> bool {
        self.column == Some(column)
    }

    /// Whether a column's values never repeat, where a whole column is made.
    pub(crate) fn is_dealt_alone(&self, column: usize) -> bool {
        self.is_whole() && self.compiler.is_unique(self.table, column)
    }

    /// Name, type and description of a column; the type is that of the value which is made.
    pub(crate) fn about(&self, column: usize) -> (String, Option<LogicalType>, Option<String>) {
        let definition = &self.compiler.dataset.tables[self.table].columns[column];
        let declared = if self.is_column(column) { self.declared() } else { definition.logical_type() };
        (definition.name.clone(), declared, definition.description.clone())
    }

    /// Bounds of a column's text, in characters; of no more than a part of a value nothing is known.
    pub(crate) fn lengths_at(&self, column: usize) -> (u32, Option<u32>) {
        let definition = &self.compiler.dataset.tables[self.table].columns[column];
        if self.wanted.is_some() {
            return (0, None);
        }
        (definition.min_length.unwrap_or(0), definition.max_length)
    }

    /// What people read of the column.
    pub(crate) fn description(&self) -> Option<String> {
        let column = self.column?;
        self.compiler.dataset.tables[self.table].columns[column].description.clone()
    }

    /// The columns that show a field of the draw that is compiled; the draw's own name where none does.
    pub(crate) fn columns_of_draw(&self) -> Vec<String> {
        let shows = |column: &&Column| {
            let generator = column.generator.as_ref().map(|generator| generator.to_value());
            generator.is_some_and(|generator| generator["type"] == "field" && generator["of"] == self.stream.as_str())
        };
        let columns = self.compiler.dataset.tables[self.table].columns.iter().filter(shows);
        let mut names: Vec<String> = columns.map(|column| column.name.clone()).collect();
        if names.is_empty() {
            names.push(self.stream.clone());
        }
        names
    }

    /// Whether another generator fills what has no answers, whatever the schema says.
    pub(crate) fn falls_back(&self) -> bool {
        self.compiler.options.falls_back
    }

    /// Whether what has no answers waits for them, whatever the schema says.
    pub(crate) fn waits(&self) -> bool {
        self.compiler.options.waits
    }

    /// What the language model answered, where it was asked.
    pub(crate) fn answers(&self) -> Option<Arc<Answers>> {
        self.compiler.options.answers.clone()
    }

    /// The key of a stream that columns which show one answer share.
    pub(crate) fn key_of_draw(&self, columns: &[String], role: &str) -> Key {
        let table = &self.compiler.dataset.tables[self.table];
        match columns
            .first()
            .and_then(|first| table.column(first))
            .filter(|_| columns.len() > 1 && self.column.is_some())
        {
            Some(first) if self.is_whole() => self.compiler.seeds.key(table.seed_name(), first.seed_name(), role, 0),
            _ => self.key(role),
        }
    }

    /// Adds a pool, which several columns may do; gives the name of the draw.
    pub(crate) fn add_pool(&mut self, mut pool: Pool, fields: usize) -> String {
        pool.pointer = match self.column {
            Some(_) => {
                let columns = &self.compiler.dataset.tables[self.table].columns;
                let first =
                    pool.columns.first().and_then(|first| columns.iter().position(|column| column.name == *first));
                format!("{}/generator", column_pointer(self.table, first.or(self.column).unwrap_or_default()))
            }
            None => format!("/tables/{}/draws{}", self.table, pointer_step(&self.stream)),
        };
        let is_shared = fields > 1 && self.column.is_some();
        let first = pool.columns.first().cloned().unwrap_or_default();
        pool.id = if is_shared {
            format!("columns:{first}")
        } else {
            format!("{}:{}{}", self.column.is_some(), self.role, self.stream)
        };
        let drawn_by = if is_shared { format!("llm:{first}") } else { String::new() };
        match self.compiler.pools.iter_mut().find(|known| known.table == pool.table && known.id == pool.id) {
            Some(known) => {
                for fallen in pool.fallback {
                    if !known.fallback.contains(&fallen) {
                        known.fallback.push(fallen);
                    }
                }
                for unheld in pool.unheld {
                    if !known.unheld.contains(&unheld) {
                        known.unheld.push(unheld);
                    }
                }
            }
            None => self.compiler.pools.push(pool),
        }
        drawn_by
    }
}

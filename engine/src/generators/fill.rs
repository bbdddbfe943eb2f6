//! What runs: a compiled column, filled a range of rows at a call.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;

use super::{Countable, Quantiles};
use crate::allocation::Allocation;
use crate::plan::{Plan, SlotId};
use crate::random::Key;
use crate::types::LogicalType;

/// The rows that a call makes: a range, or row numbers in ascending order (referenced parents, the rows of a case, rows drawn again).
#[derive(Clone, Debug)]
pub enum Rows {
    /// All rows of a range.
    Range(Range<u64>),
    /// These rows, ascending, each once.
    List(Arc<[u64]>),
}

impl Rows {
    /// How many rows.
    pub fn len(&self) -> usize {
        match self {
            Rows::Range(range) => (range.end - range.start) as usize,
            Rows::List(list) => list.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row number at a position.
    pub fn at(&self, position: usize) -> u64 {
        match self {
            Rows::Range(range) => range.start + position as u64,
            Rows::List(list) => list[position],
        }
    }

    /// The position of a row, where it is one of these.
    pub fn position(&self, row: u64) -> Option<usize> {
        match self {
            Rows::Range(range) => range.contains(&row).then(|| (row - range.start) as usize),
            Rows::List(list) => list.binary_search(&row).ok(),
        }
    }

    /// All row numbers.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        (0..self.len()).map(|position| self.at(position))
    }

    /// The rows at some of the positions.
    pub fn take(&self, positions: &[u32]) -> Rows {
        Rows::List(positions.iter().map(|position| self.at(*position as usize)).collect())
    }
}

/// What a fill sees beside its rows.
pub struct Cells<'a> {
    /// The arrays of its inputs, each a value a row, in the order in which the context handed them out.
    pub inputs: &'a [ArrayRef],
    /// 0, or the number of the attempt for rows whose earlier ones broke a rule.
    pub attempt: u32,
    /// The whole plan, for what lies beyond the row.
    pub plan: &'a Plan,
}

impl Cells<'_> {
    /// The key of a stream in this attempt.
    pub fn key(&self, key: &Key) -> Key {
        if self.attempt == 0 { *key } else { key.child(u64::from(self.attempt)) }
    }

    /// One word for each row of a stream.
    pub fn words(&self, key: &Key, rows: &Rows) -> Vec<u64> {
        let key = self.key(key);
        match rows {
            Rows::Range(range) => key.words(range.start, rows.len()),
            Rows::List(list) => list.iter().map(|row| key.word(*row)).collect(),
        }
    }
}

/// One compiled column.
pub trait Fill: Send + Sync {
    /// Makes the values of `rows`, one each, in the Arrow type of the column's logical type. The same rows give the same values, whoever
    /// asks and however they are split.
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError>;

    /// Its whole numbers, where each row's follows from its place alone: a question for some of them is one for rows.
    fn progression(&self) -> Option<Progression> {
        None
    }

    /// The row whose value is a whole number, where one is; none where that does not follow from the number.
    fn row_of(&self, _number: i64) -> Option<Option<u64>> {
        None
    }

    /// What deals the rows to parents, where its values are numbers of parents: a question for parents is one for rows.
    fn dealt(&self) -> Option<&Allocation> {
        None
    }

    /// Says what it holds while rows are made, beside the arrays that it gives: what a pass leaves, one value a row or a parent, a table of
    /// weights. What is bounded by a few hundred kilobytes is not said.
    fn hold(&self, _held: &mut Held<'_>) {}
}

/// What the fills of a table hold, each thing counted once, whoever shares it.
pub struct Held<'p> {
    /// The plan that is asked about.
    pub plan: &'p Plan,
    known: HashMap<usize, u64>,
}

impl<'p> Held<'p> {
    /// Nothing yet.
    pub fn new(plan: &'p Plan) -> Held<'p> {
        Held { plan, known: HashMap::new() }
    }

    /// Adds what a thing holds at most, known by where it lies.
    pub fn add<T: ?Sized>(&mut self, thing: &T, bytes: u64) {
        self.known.insert(std::ptr::from_ref(thing).cast::<()>() as usize, bytes);
    }

    /// The bytes of all.
    pub fn bytes(&self) -> u64 {
        self.known.values().fold(0, |sum, bytes| sum.saturating_add(*bytes))
    }
}

/// Whole numbers in steps of the same distance, a row each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progression {
    /// The value of row 0.
    pub start: i64,
    /// From each row to the next, not 0.
    pub step: i64,
}

/// What stops a run: an expression's own error, with the place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{detail}", place(.table, .column, .row))]
pub struct RunError {
    /// The table, once known.
    pub table: String,
    /// The column, once known.
    pub column: String,
    /// The row, counted from 0, where one is to blame.
    pub row: Option<u64>,
    /// What happened.
    pub detail: String,
    /// Whether nothing is wrong but that a language model has not answered yet.
    pub unanswered: bool,
}

fn place(table: &str, column: &str, row: &Option<u64>) -> String {
    let mut place = String::new();
    if !table.is_empty() {
        place.push_str(table);
        if !column.is_empty() {
            place.push('.');
            place.push_str(column);
        }
        if let Some(row) = row {
            place.push_str(&format!(" row {row}"));
        }
        place.push_str(": ");
    }
    place
}

impl RunError {
    /// An error whose place is not known yet.
    pub fn new(detail: impl Into<String>) -> RunError {
        RunError { table: String::new(), column: String::new(), row: None, detail: detail.into(), unanswered: false }
    }

    /// A row waits for what a language model has not answered.
    pub fn unanswered() -> RunError {
        let detail = "the language model has not answered yet; set OPENAI_API_KEY so that it is asked, or say on_error: fallback in the generator";
        RunError { unanswered: true, ..RunError::new(detail) }
    }
}

/// Values that are drawn by weight.
#[derive(Clone)]
pub struct Choices {
    /// The values, each once and none of them null.
    pub values: ArrayRef,
    /// Their weights, in proportion.
    pub weights: Vec<f64>,
    /// Whether the shares are met exactly over the whole table.
    pub exact: bool,
}

/// A compiled generator and what the plan must know of it.
pub struct Made {
    /// What runs.
    pub fill: Box<dyn Fill>,
    /// Its logical type.
    pub logical: LogicalType,
    /// What it reads of the same row; filled in by the context.
    pub inputs: Vec<SlotId>,
    /// What it reads of other rows; filled in by the context.
    pub far: Vec<SlotId>,
    /// What it reads of other tables' rows, beside those that a key of its own row leads to: the table and the slot.
    pub elsewhere: Vec<(usize, SlotId)>,
    /// Whether no two rows are alike by construction.
    pub distinct: bool,
    /// The draw that makes it: columns of one draw are drawn again together. `None`: computed from its inputs alone, or never drawn again.
    pub drawn_by: Option<String>,
    /// Its values as a list that can be counted, where they can: what makes `unique` possible.
    pub countable: Option<Arc<dyn Countable>>,
    /// Its values with their weights, where it draws each row's from a short list of them: what shares and combinations need.
    pub choices: Option<Choices>,
    /// Its distribution, where it is one of numbers or dates and the same in all rows: what statistics need.
    pub quantiles: Option<Arc<Quantiles>>,
    /// Whether it may be null where none of its inputs is.
    pub nullable: bool,
    /// How many characters the text has at most, where that is known.
    pub longest: Option<u64>,
    /// Whether a language model is asked for its values.
    pub asks: bool,
}

impl Made {
    /// A fill whose values are drawn by the column's own stream.
    pub fn drawn(logical: LogicalType, fill: impl Fill + 'static) -> Made {
        Made { drawn_by: Some(String::new()), ..Made::computed(logical, fill) }
    }

    /// A fill that computes from its inputs or the row number, and draws nothing.
    pub fn computed(logical: LogicalType, fill: impl Fill + 'static) -> Made {
        Made {
            fill: Box::new(fill),
            logical,
            inputs: Vec::new(),
            far: Vec::new(),
            elsewhere: Vec::new(),
            distinct: false,
            drawn_by: None,
            countable: None,
            choices: None,
            quantiles: None,
            nullable: false,
            longest: None,
            asks: false,
        }
    }

    /// The same with values that can be counted.
    #[must_use]
    pub fn counted(mut self, countable: impl Countable + 'static) -> Made {
        self.countable = Some(Arc::new(countable));
        self
    }

    /// The same with values that are drawn by weight; nothing is said of a list that holds null.
    #[must_use]
    pub fn chosen_from(mut self, choices: Option<Choices>) -> Made {
        self.choices = choices;
        self
    }

    /// The same with its distribution.
    #[must_use]
    pub fn distributed(mut self, quantiles: Option<Quantiles>) -> Made {
        self.quantiles = quantiles.map(Arc::new);
        self
    }

    /// The distribution of its values, be they drawn from a list, where it is the same in all rows.
    pub(crate) fn distribution(&self) -> Option<Arc<Quantiles>> {
        let of_list =
            || Quantiles::of_choices(self.choices.as_ref().filter(|_| self.inputs.is_empty())?, &self.logical);
        self.quantiles.clone().or_else(|| of_list().map(Arc::new))
    }

    /// The same, distinct by construction.
    #[must_use]
    pub fn all_distinct(mut self) -> Made {
        self.distinct = true;
        self
    }
}

//! Rows from pools of answers.

use std::collections::HashMap;
use std::sync::OnceLock;

use datafusion::arrow::array::{Array, ArrayRef, new_empty_array};
use datafusion::arrow::compute::interleave;
use serde_json::Value;

use super::super::lists::List;
use super::super::{Cells, Fill, Held, Problems, Rows, RunError};
use crate::llm::item::{self, Field};
use crate::llm::template::Template;
use crate::llm::{Answers, Holds, Items};
use crate::permutation::Permutation;
use crate::plan::{Evaluation, Nested, Pool, SlotId, as_text, converted};
use crate::problem::Problem;
use crate::random::Key;
use crate::types::LogicalType;

/// The values of a field by the prompt that they answer.
pub(super) type Lists = HashMap<String, List>;

/// The values that answers hold for one field of a draw, and in `pool` how many answers each prompt has.
///
/// Of answers that are alike in a field which never repeats, the first is kept. `whole`: an answer is the value, and no object.
pub(super) fn lists(
    answers: &Answers,
    pool: &mut Pool,
    fields: &[Field],
    place: usize,
    unique: &[bool],
    whole: bool,
) -> Result<Lists, Problems> {
    let mut lists = Lists::new();
    let items = Items::new(&pool.item).map_err(|reason| refused(pool, &reason))?;
    let holds = Holds::new(fields, unique, whole);
    let own = answers.iter().filter(|(question, _)| {
        question.item == pool.item && question.temperature == pool.temperature && pool.template.fits(&question.prompt)
    });
    for (question, list) in own {
        pool.is_declined |= list.is_empty();
        for answer in list.iter() {
            items.check(answer).map_err(|fault| refused(pool, &fault.to_string()))?;
        }
        // What was kept before answers were asked to be values of their columns is left out.
        let fitting: Vec<Value> = list.iter().filter(|answer| holds.check(answer).is_ok()).cloned().collect();
        if let (true, Some(first)) = (fitting.is_empty(), list.first()) {
            holds.check(first).map_err(|fault| refused(pool, &fault.to_string()))?;
        }
        let list = &fitting;
        let of = |field: &Field| -> Vec<Value> {
            let part = |answer: &Value| {
                if whole { answer.clone() } else { answer.get(&field.name).cloned().unwrap_or(Value::Null) }
            };
            list.iter().map(part).collect()
        };
        let typed = |field: &Field| item::typed(&of(field), &field.logical).map_err(|detail| refused(pool, &detail));
        // Of what repeats, the first is taken: as pools are counted while they are filled.
        let mut seen = holds.seen();
        let is_new = |at: &usize| !holds.never_repeats() || seen.add(&list[*at]);
        let places: Vec<usize> = (0..list.len()).filter(is_new).collect();
        if places.is_empty() {
            continue;
        }
        let all = List { logical: fields[place].logical.clone(), values: typed(&fields[place])? };
        let values = all.gather(places.iter().copied()).map_err(|error| refused(pool, &error.detail))?;
        pool.held.insert(question.prompt.clone(), places.len() as u64);
        lists.insert(question.prompt.clone(), List { logical: all.logical, values });
    }
    Ok(lists)
}

fn refused(pool: &Pool, detail: &str) -> Problems {
    let detail = format!("an answer of the language model is no value of {}: {detail}", pool.columns.join(" and "));
    vec![Problem::new("wrong_answer", detail).remedy("let the pool be filled again")]
}

/// How rows take answers.
pub(super) enum Deal {
    /// Each row draws one.
    Drawn(Key),
    /// No answer is taken twice.
    Permuted(Permutation),
    /// Rows with the same prompt take its answers in order.
    Ranked(Ranks),
}

/// How many rows with the same prompt lie before each row.
pub(super) struct Ranks {
    table: usize,
    reads: Vec<SlotId>,
    rows: u64,
    ranks: OnceLock<Result<Vec<u32>, RunError>>,
}

impl Ranks {
    pub fn new(table: usize, reads: Vec<SlotId>, rows: u64) -> Ranks {
        Ranks { table, reads, rows, ranks: OnceLock::new() }
    }

    /// The rank of every row of the table, which are few.
    fn of_all(&self, cells: &Cells<'_>, template: &Template) -> Result<&[u32], RunError> {
        let find = || {
            let mut evaluation = Evaluation::new(cells.plan, self.table, Rows::Range(0..self.rows));
            let columns: Result<Vec<ArrayRef>, RunError> =
                self.reads.iter().map(|slot| as_text(&evaluation.need(*slot)?)).collect();
            let (prompts, places) = template.of_rows(&columns?, self.rows as usize);
            let mut next = vec![0_u32; prompts.len()];
            let rank = |place: &u32| {
                next[*place as usize] += 1;
                next[*place as usize] - 1
            };
            Ok(places.iter().map(rank).collect())
        };
        self.ranks.get_or_init(find).as_deref().map_err(Clone::clone)
    }
}

/// A column that draws from pools of answers.
pub(super) struct Pooled {
    pub template: Template,
    /// As it is written.
    pub prompt: String,
    /// The inputs that the prompt names, in its order.
    pub inputs: Vec<usize>,
    pub lists: Lists,
    /// What fills rows whose prompt has no answers; without it they are an error.
    pub fallback: Option<Nested>,
    pub deal: Deal,
    pub logical: LogicalType,
}

impl Pooled {
    /// The places of some rows in lists of some lengths.
    fn places(&self, cells: &Cells<'_>, rows: &Rows, count: impl Fn(usize) -> usize) -> Result<Vec<usize>, RunError> {
        Ok(match &self.deal {
            Deal::Drawn(key) => {
                let key = cells.key(key);
                let place = |(at, row): (usize, u64)| key.below(row, count(at).max(1) as u64) as usize;
                rows.iter().enumerate().map(place).collect()
            }
            Deal::Permuted(permutation) => rows.iter().map(|row| permutation.at(row) as usize).collect(),
            Deal::Ranked(ranks) => {
                let ranks = ranks.of_all(cells, &self.template)?;
                // A model that gave fewer answers than there are rows is heard again from the first.
                let place = |(at, row): (usize, u64)| ranks[row as usize] as usize % count(at).max(1);
                rows.iter().enumerate().map(place).collect()
            }
        })
    }
}

impl Fill for Pooled {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        if rows.is_empty() {
            return Ok(new_empty_array(&self.logical.arrow()));
        }
        if self.template.is_fixed()
            && let Some(list) = self.lists.get(&self.prompt)
        {
            let places = self.places(cells, rows, |_| list.len())?;
            return list.gather(places.into_iter());
        }
        let columns: Result<Vec<ArrayRef>, RunError> =
            self.inputs.iter().map(|input| as_text(&cells.inputs[*input])).collect();
        let (prompts, which) = self.template.of_rows(&columns?, rows.len());
        let lists: Vec<Option<&List>> = prompts.iter().map(|prompt| self.lists.get(prompt)).collect();
        let list_of = |at: usize| lists[which[at] as usize];
        let open: Vec<u32> = (0..rows.len() as u32).filter(|at| list_of(*at as usize).is_none()).collect();
        let mut arrays: Vec<&dyn Array> = lists.iter().flatten().map(|list| list.values.as_ref()).collect();
        let fallen = match (&self.fallback, open.first()) {
            (_, None) => None,
            (Some(nested), Some(_)) => {
                let made = nested.fill(cells, &rows.take(&open), Some(&open))?;
                Some(converted(&made, &self.logical)?)
            }
            (None, Some(first)) => {
                return Err(RunError { row: Some(rows.at(*first as usize)), ..RunError::unanswered() });
            }
        };
        arrays.extend(fallen.as_deref());
        // Where each prompt's list stands among the arrays.
        let mut next = 0;
        let stands: Vec<usize> = lists
            .iter()
            .map(|list| {
                next += usize::from(list.is_some());
                next.saturating_sub(1)
            })
            .collect();
        let places = self.places(cells, rows, |at| list_of(at).map_or(1, List::len))?;
        let mut fell = 0;
        let taken: Vec<(usize, usize)> = (0..rows.len())
            .map(|at| match list_of(at) {
                Some(_) => (stands[which[at] as usize], places[at]),
                None => {
                    fell += 1;
                    (arrays.len() - 1, fell - 1)
                }
            })
            .collect();
        interleave(&arrays, &taken).map_err(|error| RunError::new(error.to_string()))
    }

    fn hold(&self, held: &mut Held<'_>) {
        for list in self.lists.values() {
            held.add(list, list.values.get_array_memory_size() as u64);
        }
    }
}

/// A column whose model was not asked, filled by another generator.
pub(super) struct Fallen(pub Nested);

impl Fill for Fallen {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        self.0.fill(cells, rows, None)
    }
}

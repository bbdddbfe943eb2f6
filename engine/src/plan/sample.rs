//! What only drawing some rows can tell: how often a rule's rows are drawn again, and whether that ends.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use indexmap::IndexMap;

use super::compiler::column_pointer;
use super::quotas::Pass;
use super::statements::{Fixed, Narrowed, Statements};
use super::{BLOCK, Evaluation, Plan, SlotId, Source};
use crate::enforce::quota::Fault;
use crate::enforce::redraw::{NEARLY_NEVER, chance_of_none, draw};
use crate::generators::{Rows, RunError};
use crate::problem::Problem;

/// The most rows of a table over which a pass is made while it is planned; longer ones are passed over before their first row.
/// Tests have fewer, so that they see both sides.
pub(super) const PASSED: u64 = if cfg!(test) { 1 << 14 } else { 1 << 17 };

/// What the plan learnt by drawing some rows.
pub(super) struct Sampled {
    pub problems: Vec<Problem>,
    /// What is worth saying of a rule, by its id.
    pub notes: Vec<(String, String)>,
    /// Rules that bound columns of which one is left no value in some row.
    pub tried: Vec<String>,
}

/// The rows of a table in which is looked for one without a value: all, or blocks from the first to the last.
fn looks(rows: u64) -> impl Iterator<Item = Range<u64>> {
    const BLOCKS: u64 = 16;
    let (blocks, length) = if rows <= PASSED { (1, rows) } else { (BLOCKS, BLOCK) };
    (0..blocks).map(move |block| {
        let start = (u128::from(rows - length) * u128::from(block) / u128::from((blocks - 1).max(1))) as u64;
        start..start + length
    })
}

/// Draws blocks of every table with conditions: how often rows are drawn again, and whether that ends.
pub(super) fn sample(plan: &Plan, statements: &Statements) -> Sampled {
    let mut sampled = Sampled { problems: Vec::new(), notes: Vec::new(), tried: Vec::new() };
    let pointer = |rule: &str| statements.pointers.get(rule).cloned().unwrap_or_default();
    let is_quick = |pass: &&Pass| !behind(plan, statements, pass.table, &[pass.slot]).is_some_and(is_long);
    // Conditions that no long pass stands behind can be looked at in a few rows.
    let is_seen = |pass: &&Pass| {
        let reads = &plan.tables[pass.table].slots[pass.slot].inputs;
        !behind(plan, statements, pass.table, reads).is_some_and(is_long)
    };
    let in_part = statements.parts.iter().filter(is_seen);
    for pass in statements.flat.iter().chain(in_part).chain(statements.passes.iter().filter(is_quick)) {
        let Some(check) = &pass.check else { continue };
        let (place, detail, is_proof) = match check(plan) {
            Ok(notes) => {
                sampled.notes.extend(notes);
                continue;
            }
            Err(Fault::Conflict(conflict)) => {
                let first = conflict.rules.iter().find(|rule| statements.pointers.contains_key(*rule));
                (pointer(first.unwrap_or(&pass.rule)), conflict.detail, pass.proves)
            }
            // One that waits for another fails for the same reason.
            // What a language model is still to answer tells nothing yet.
            Err(Fault::Run(error)) if error.unanswered => continue,
            Err(Fault::Run(error)) if sampled.problems.iter().any(|problem| problem.detail == error.detail) => continue,
            Err(Fault::Run(error)) => (pointer(&pass.rule), error.to_string(), false),
        };
        let remedy = "change one of these numbers, or the rows of its condition";
        let problem = Problem::new("contradiction", detail).at(place).remedy(remedy);
        sampled.problems.push(if is_proof { problem } else { problem.open() });
    }
    if !sampled.problems.is_empty() {
        // All else that is sampled would fail for the same reason.
        sampled.problems.dedup();
        return sampled;
    }
    for (index, table) in plan.tables.iter().enumerate() {
        let rows = table.rows.min(BLOCK);
        if rows == 0 {
            continue;
        }
        for (at, group) in table.groups.iter().enumerate() {
            let read: Vec<SlotId> = group.members.iter().chain(&group.conditions).copied().collect();
            if behind(plan, statements, index, &read).is_some_and(is_long) {
                continue;
            }
            let place = pointer(&group.rules[0]);
            // Rows at the end may be others than those at the beginning.
            let drawn = [0, table.rows / 2, table.rows]
                .map(|start| start.min(table.rows - rows))
                .into_iter()
                .collect::<BTreeSet<u64>>()
                .into_iter()
                .map(|start| draw(&mut Evaluation::new(plan, index, Rows::Range(start..start + rows)), at))
                .try_fold(0, |most, drawn| drawn.map(|drawn| most.max(drawn.rows_drawn)));
            match drawn {
                Ok(rows_drawn) => {
                    let share = rows as f64 / rows_drawn as f64;
                    if chance_of_none(share, table.rows) >= NEARLY_NEVER {
                        let detail = format!(
                            "only {:.2} % of the draws obey {}, too few for {} rows",
                            share * 100.0,
                            group.rules.join(" and "),
                            table.rows
                        );
                        let remedy = "bring the columns' generators nearer to the rule";
                        sampled.problems.push(Problem::new("exhausted", detail).at(place).remedy(remedy));
                    }
                    for rule in &group.rules {
                        sampled.notes.push((
                            rule.clone(),
                            format!("{:.1} % of {rows} sampled draws obey at once", share * 100.0),
                        ));
                    }
                }
                Err(error) if error.unanswered => {}
                // A column without a value is what rules bound it to.
                Err(error) if !error.column.is_empty() && statements.tried.iter().any(|(of, ..)| *of == index) => {}
                Err(error) => sampled.problems.push(
                    Problem::new("exhausted", error.to_string())
                        .at(place)
                        .remedy("let the columns that the rule reads take more values, or loosen the rule"),
                ),
            }
        }
    }
    sampled.problems.extend(too_large(plan, statements));
    let mut tried: IndexMap<(usize, SlotId), Vec<&str>> = IndexMap::new();
    for (table, slot, rule) in &statements.tried {
        let rules = tried.entry((*table, *slot)).or_default();
        if !rules.contains(&rule.as_str()) {
            rules.push(rule);
        }
    }
    for ((table, slot), rules) in tried {
        if behind(plan, statements, table, &[slot]).is_some_and(is_long) {
            continue;
        }
        let refused = looks(plan.tables[table].rows).find_map(|rows| {
            Evaluation::new(plan, table, Rows::Range(rows)).need(slot).err().filter(|error| !error.unanswered)
        });
        let Some(error) = refused else { continue };
        // What another slot is made of is told there.
        if is_told(&sampled.problems, &error) {
            continue;
        }
        let detail = match rules.as_slice() {
            [rule] if !error.to_string().contains(rule) => format!("{rule} cannot hold: {error}"),
            [_] => error.to_string(),
            _ => format!("{} cannot be held together: {error}", rules.join(" and ")),
        };
        sampled.tried.extend(rules.iter().map(|rule| (*rule).to_owned()));
        let remedy = "let the columns that stand fast take values that the rule lists";
        sampled.problems.push(Problem::new("contradiction", detail).open().at(pointer(rules[0])).remedy(remedy));
    }
    for Fixed { table, slot, rule, owner, is_met } in &statements.fixed {
        let pass = behind(plan, statements, *table, &[*slot]);
        if let Some(pass) = pass.filter(|pass| is_long(pass)) {
            if *is_met {
                continue;
            }
            let column = &plan.tables[pass.table].slots[pass.slot].name;
            // What is made of other tables' rows can be told of a few no better.
            if pass.check.is_none() || !statements.held.contains_key(&pass.rule) {
                let note = format!("nothing that it reads can be drawn again; {column} takes too long to be sampled");
                sampled.notes.push((rule.clone(), note));
                continue;
            }
            let detail = format!(
                "{rule} reads {column}, whose values {} decides, and nothing else that it reads can be drawn again",
                pass.rule
            );
            let remedy = "let one of its columns be drawn freely";
            sampled.problems.push(Problem::new("two_owners", detail).at(pointer(rule)).remedy(remedy));
            continue;
        }
        let found = looks(plan.tables[*table].rows).find_map(|rows| {
            let start = rows.start;
            let verdict = match Evaluation::new(plan, *table, Rows::Range(rows)).need(*slot) {
                Ok(verdict) => verdict,
                Err(error) => return Some(Err(error)),
            };
            let verdict = datafusion::arrow::array::AsArray::as_boolean(&verdict);
            let place = verdict.iter().position(|verdict| verdict == Some(false));
            place.map(|place| Ok(start + place as u64))
        });
        let problem = match (found, owner) {
            (None, _) => continue,
            (Some(Err(error)), _) if error.unanswered => continue,
            // What a column's own slot cannot be is told there.
            (Some(Err(error)), _) if is_told(&sampled.problems, &error) => continue,
            (Some(Err(error)), _) => Problem::new("run", error.to_string()),
            (Some(Ok(row)), Some((column, owner))) => {
                let detail = format!(
                    "{rule} limits {column} row by row, {owner} needs its positions free, and row {row} breaks it"
                );
                Problem::new("two_owners", detail).remedy("leave one of them out, or state it of another column")
            }
            (Some(Ok(row)), None) => {
                let detail = format!("row {row} breaks {rule}, and nothing that it reads can be drawn again");
                Problem::new("contradiction", detail).open().remedy("let one of its columns be drawn freely")
            }
        };
        sampled.problems.push(problem.at(pointer(rule)));
    }
    sampled.problems.extend(too_long(plan, statements));
    sampled
}

/// Whether problems tell already why some row cannot be made.
fn is_told(problems: &[Problem], error: &RunError) -> bool {
    let error = error.to_string();
    problems.iter().any(|problem| problem.detail.ends_with(&error))
}

/// Columns of texts of which one is longer or shorter than the column's lengths, and cannot be cut to them.
fn too_long(plan: &Plan, statements: &Statements) -> Vec<Problem> {
    let mut found = Vec::new();
    for Narrowed { table, column, from, to } in statements.cut.iter().copied() {
        if behind(plan, statements, table, &[from]).is_some_and(is_long) {
            continue;
        }
        // Texts are dear to make, and many columns have lengths.
        let all = plan.tables[table].rows;
        let ends = [0..all.min(BLOCK), all.saturating_sub(BLOCK).max(all.min(BLOCK))..all];
        let refused = ends.into_iter().filter(|rows| !rows.is_empty()).find_map(|rows| {
            let mut evaluation = Evaluation::new(plan, table, Rows::Range(rows));
            // Values that cannot be made at all are no matter of lengths.
            evaluation.need(from).ok()?;
            evaluation.need(to).err().filter(|error| !error.unanswered)
        });
        if let Some(error) = refused {
            let remedy = "change the column's lengths, or let its generator make texts that fit";
            let problem = Problem::new("nothing_fits", error.to_string());
            found.push(problem.at(column_pointer(table, column)).remedy(remedy));
        }
    }
    found
}

/// Columns of whose first rows one has a value that is too large for the column's type.
fn too_large(plan: &Plan, statements: &Statements) -> Vec<Problem> {
    let mut found = Vec::new();
    for Narrowed { table, column, from, to } in statements.narrowed.iter().copied() {
        if behind(plan, statements, table, &[from]).is_some_and(is_long) {
            continue;
        }
        let mut evaluation = Evaluation::new(plan, table, Rows::Range(0..plan.tables[table].rows.min(BLOCK)));
        // Values that cannot be made at all are no matter of types.
        if evaluation.need(from).is_ok()
            && let Err(error) = evaluation.need(to)
            && !error.unanswered
        {
            let place = format!("{}/type", column_pointer(table, column));
            let remedy = "allow more digits by precision, or make the values smaller";
            found.push(Problem::new("lossy_conversion", error.detail).at(place).remedy(remedy));
        }
    }
    found
}

/// Whether a pass stands behind some slots that takes too long for a plan.
pub(super) fn takes_long(plan: &Plan, statements: &Statements, table: usize, slots: &[SlotId]) -> bool {
    behind(plan, statements, table, slots).is_some_and(is_long)
}

/// A pass whose column some slots of a table are made of, in their own rows or in those of parents.
fn behind<'s>(plan: &Plan, statements: &'s Statements, table: usize, slots: &[SlotId]) -> Option<&'s Pass> {
    let mut reached: HashSet<(usize, SlotId)> = HashSet::new();
    let mut open: Vec<(usize, SlotId)> = slots.iter().map(|slot| (table, *slot)).collect();
    let mut found: Option<&Pass> = None;
    while let Some((table, slot)) = open.pop() {
        if !reached.insert((table, slot)) {
            continue;
        }
        let pass = statements.passes.iter().find(|pass| pass.table == table && pass.slot == slot);
        // Of several the one over the longest table.
        if let Some(pass) = pass.filter(|pass| found.is_none_or(|found| found.rows < pass.rows)) {
            found = Some(pass);
        }
        let definition = &plan.tables[table].slots[slot];
        open.extend(definition.inputs.iter().chain(&definition.far).map(|read| (table, *read)));
        open.extend(&definition.elsewhere);
        if let Source::Parent { table, slot } = &definition.source {
            open.push((*table, *slot));
        }
    }
    found
}

/// Whether a pass takes too long for a plan.
fn is_long(pass: &Pass) -> bool {
    pass.rows > PASSED
}

//! The smallest change that mends a schema which cannot hold: of each number of the rules that contradict each other, and of what they speak
//! of, the value nearest to the present one with which the schema plans.
//!
//! Nothing is proposed that was not tried: the schema is changed and planned again. Which values are worth a trial is told by the numbers in
//! the problem's own sentence and by those of the other statements, for a bound mostly gives way just where another begins; then by steps of
//! growing width. What lies between the last value that is refused and the first that plans is halved.

use std::collections::BTreeSet;

use datafusion::arrow::datatypes::{Field, Schema};
use serde_json::{Value, json};

use super::levers::{Change, Lever, levers};
use super::scope::{as_sql, sql_type};
use super::{BLOCK, Compiled, Evaluation, Options, Plan, TablePlan, whole};
use crate::enforce::redraw::spent;
use crate::expr::{Expression, Parsed, Reference};
use crate::generators::Rows;
use crate::problem::Problem;
use crate::schema::{Dataset, Rule, RuleKind};

/// Problems of numbers, which another number may mend.
const NUMBERS: [&str; 9] = [
    "capacity",
    "contradiction",
    "empty_interval",
    "exhausted",
    "infeasible",
    "out_of_reach",
    "overlap",
    "run",
    "too_many",
];

/// The most plans that are made to find a change of one problem.
const TRIALS: usize = 80;

/// The same where a refusal is found by drawing rows in vain, which takes its time.
const DRAWN_TRIALS: usize = 48;

/// Columns of a schema beyond which fewer plans are made of it, for each takes longer.
const COLUMNS: usize = 64;

/// Rows of a schema beyond which the same holds.
const SHORT: u64 = 20_000;

/// Plans that may be spent on numbers that are written already.
const WRITTEN_TRIALS: usize = 24;

/// The most rows that a change may ask of a table.
const ROWS: u64 = 100_000;

/// The most rows in which one is looked for that meets a condition.
const LOOKED_AT: u64 = 16 * BLOCK;

/// The widths of the steps, as parts of what a number is measured by.
const STEPS: [f64; 8] = [0.02, 0.2, 1.0, 2.0, 5.0, 25.0, 125.0, 625.0];

/// A dataset whose problems are to be mended.
pub(super) struct Repair<'d> {
    schema: Value,
    options: &'d Options,
    /// Code and place of each problem as it was found.
    found: Vec<(&'static str, String)>,
    /// What may be spent on draws for one problem.
    drawn: u64,
}

impl Repair<'_> {
    /// `found`: all errors of the dataset; `drawn`: the most rows that are drawn again to mend one.
    pub fn new<'d>(dataset: &Dataset, options: &'d Options, found: &[Problem], drawn: u64) -> Option<Repair<'d>> {
        let schema = serde_json::to_value(dataset).ok()?;
        let errors = found.iter().filter(|problem| problem.is_error());
        Some(Repair { schema, options, found: errors.map(key).collect(), drawn })
    }

    /// Puts what mends a problem into it; `origin` is the same problem as it was found, `rules` those that contradict each other.
    pub fn mend(&self, problem: &mut Problem, origin: &Problem, rules: &BTreeSet<String>) {
        if !is_of_numbers(problem) || problem.fix.is_some() {
            return;
        }
        let is_drawn = ["exhausted", "run"].contains(&problem.code);
        let tables = self.schema["tables"].as_array().into_iter().flatten();
        let (mut columns, mut rows) = (0, 0_u64);
        for table in tables {
            columns += table["columns"].as_array().map_or(0, Vec::len);
            rows = rows.saturating_add(table["rows"].as_u64().unwrap_or(0));
        }
        let trials = if is_drawn { DRAWN_TRIALS } else { TRIALS };
        let dearer = (columns.max(COLUMNS) as f64 / COLUMNS as f64).max(rows as f64 / SHORT as f64);
        let mut search = Search {
            repair: self,
            gone: key(origin),
            rules,
            levers: levers(&self.schema, rules, &problem.pointer),
            left: ((trials as f64 / dearer) as usize).max(1),
            until: spent() + self.drawn,
        };
        if let Some(change) = search.smallest(&problem.detail).or_else(|| search.otherwise()) {
            problem.remedy = Some(change.words);
            problem.fix = Some(json!([change.operation]));
        }
    }

    /// Whether a problem is gone after a change, and no other has come; nor may the change mend a rule by leaving no rows to it.
    fn holds(&self, change: &Change, gone: &(&'static str, String), rules: &BTreeSet<String>) -> bool {
        let mut schema = self.schema.clone();
        if apply(&mut schema, &change.operation).is_none() {
            return false;
        }
        let Ok(dataset) = serde_json::from_value::<Dataset>(schema) else { return false };
        let Compiled { plan, problems } = whole::compile(dataset, self.options, &[]);
        if plan.as_ref().is_some_and(|plan| !speaks_of_rows(plan, rules)) {
            return false;
        }
        if self.found.len() == 1 {
            return plan.is_some();
        }
        let errors: Vec<_> = problems.iter().filter(|problem| problem.is_error()).map(key).collect();
        errors.len() < self.found.len()
            && !errors.contains(gone)
            && errors.iter().all(|error| self.found.contains(error))
    }
}

/// Whether another number may mend a problem.
pub(super) fn is_of_numbers(problem: &Problem) -> bool {
    problem.is_error() && NUMBERS.contains(&problem.code)
}

fn key(problem: &Problem) -> (&'static str, String) {
    (problem.code, problem.pointer.clone())
}

/// Whether every condition that limits some rules is met by a row. One that cannot be looked at from its own table's columns counts as met.
pub(super) fn speaks_of_rows(plan: &Plan, rules: &BTreeSet<String>) -> bool {
    let tables = plan.dataset.tables.iter().enumerate();
    let mut limited = tables.flat_map(|(at, table)| table.rules.iter().map(move |rule| (at, rule)));
    limited.all(|(at, rule)| !rules.contains(&rule.id) || limits(rule).all(|sql| is_met(plan, at, sql).unwrap_or(true)))
}

/// The conditions of a rule that say which rows it speaks of.
fn limits(rule: &Rule) -> impl Iterator<Item = &str> {
    let own = match &rule.kind {
        RuleKind::Implies { condition, .. } => Some(condition),
        RuleKind::Count { condition, exactly, max, .. } if *exactly != Some(0) && *max != Some(0) => Some(condition),
        _ => None,
    };
    rule.when.iter().chain(own).map(String::as_str)
}

/// Whether a row among a table's first meets a condition; nothing where it reads more than the columns that are delivered.
fn is_met(plan: &Plan, table: usize, sql: &str) -> Option<bool> {
    let parsed = Parsed::parse(sql).ok()?;
    let TablePlan { rows, schema, delivered, slots, .. } = &plan.tables[table];
    let column = |name: &Reference| schema.index_of(&name.to_string()).ok();
    let columns: Vec<usize> = parsed.references().iter().map(column).collect::<Option<_>>()?;
    let field =
        |column: &usize| Field::new(schema.field(*column).name(), sql_type(&slots[delivered[*column]].logical), true);
    let scope = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    let condition = Expression::condition(&parsed, &scope, plan.dataset.reference_time_us()).ok()?;
    let starts = (0..(*rows).min(LOOKED_AT)).step_by(BLOCK as usize);
    for start in starts {
        let end = (start + BLOCK).min(*rows);
        let batch = Evaluation::new(plan, table, Rows::Range(start..end)).batch(Some(&columns)).ok()?;
        let values: Vec<_> = condition.columns().iter().map(|column| as_sql(batch.column(*column))).collect();
        if condition.evaluate_condition(&values, batch.num_rows()).ok()?.true_count() > 0 {
            return Some(true);
        }
    }
    Some(false)
}

/// Does an operation of RFC 6902, as far as changes have them.
fn apply(schema: &mut Value, operation: &Value) -> Option<()> {
    let path = operation["path"].as_str()?;
    if operation["op"] == "replace" {
        *schema.pointer_mut(path)? = operation["value"].clone();
        return Some(());
    }
    let (parent, key) = path.rsplit_once('/')?;
    let key = key.replace("~1", "/").replace("~0", "~");
    match (operation["op"].as_str()?, schema.pointer_mut(parent)?) {
        ("add", Value::Object(map)) => drop(map.insert(key, operation["value"].clone())),
        (_, Value::Object(map)) => drop(map.shift_remove(&key)?),
        (_, Value::Array(list)) => drop(list.remove(key.parse().ok().filter(|at| *at < list.len())?)),
        _ => return None,
    }
    Some(())
}

/// The search for the change that mends one problem.
struct Search<'r> {
    repair: &'r Repair<'r>,
    gone: (&'static str, String),
    /// The rules that contradict each other.
    rules: &'r BTreeSet<String>,
    levers: Vec<Lever>,
    /// Plans that may still be made.
    left: usize,
    until: u64,
}

/// A value of a lever.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Trial {
    lever: usize,
    units: i64,
}

impl Search<'_> {
    fn cost(&self, trial: Trial) -> f64 {
        self.levers[trial.lever].cost(trial.units)
    }

    fn try_change(&mut self, change: &Change) -> bool {
        if self.left == 0 || spent() >= self.until {
            return false;
        }
        self.left -= 1;
        self.repair.holds(change, &self.gone, self.rules)
    }

    fn holds(&mut self, trial: Trial) -> bool {
        let change = self.levers[trial.lever].at(trial.units);
        self.try_change(&change)
    }

    /// The least change of a number, dearest steps last.
    fn smallest(&mut self, sentence: &str) -> Option<Change> {
        let mut refused = Vec::new();
        let mut best = None;
        let written = self.written(sentence);
        for trial in written.into_iter().take(WRITTEN_TRIALS) {
            if self.holds(trial) {
                best = Some(self.nearest(trial, &refused));
                break;
            }
            refused.push(trial);
        }
        for trial in self.stepped() {
            // What is found once is not looked for by dearer steps.
            if best.is_some_and(|best| self.cost(trial) >= self.cost(best)) || refused.contains(&trial) {
                continue;
            }
            if self.holds(trial) {
                best = Some(self.nearest(trial, &refused));
            } else {
                refused.push(trial);
            }
        }
        best.map(|best| self.levers[best.lever].at(best.units))
    }

    /// Numbers that are written in the problem and in other statements.
    fn written(&self, sentence: &str) -> Vec<Trial> {
        let mut trials = Vec::new();
        let is_part = |c: char| c.is_ascii_digit() || ['-', '.', 'e'].contains(&c);
        let words: Vec<&str> = sentence.split(|c| !is_part(c)).filter(|word| !word.is_empty()).collect();
        for (lever, own) in self.levers.iter().enumerate().filter(|(_, own)| !own.is_allowance()) {
            let said = words.iter().filter_map(|word| own.read(word));
            let others = self.levers.iter().filter(|other| other.form == own.form).map(|other| other.now);
            for near in said.chain(others) {
                self.add(&mut trials, Trial { lever, units: near });
                // Where a comparison is strict, the next whole value is the first that holds.
                if own.is_whole() {
                    self.add(&mut trials, Trial { lever, units: near - 1 });
                    self.add(&mut trials, Trial { lever, units: near + 1 });
                }
            }
        }
        // What is asked and the nearest that can be are mostly told side by side.
        let numbers: Vec<f64> = words.iter().filter_map(|word| word.parse().ok()).collect();
        for (lever, own) in self.levers.iter().enumerate().filter(|(_, own)| own.is_allowance()) {
            for (at, one) in numbers.iter().enumerate() {
                for other in &numbers[at + 1..] {
                    let units = own.units_above((one - other).abs());
                    units.into_iter().for_each(|units| self.add(&mut trials, Trial { lever, units }));
                }
            }
        }
        self.sorted(trials)
    }

    /// Steps of growing width to both sides.
    fn stepped(&self) -> Vec<Trial> {
        let mut trials = Vec::new();
        for (lever, own) in self.levers.iter().enumerate() {
            let widths = std::iter::once(1).chain(STEPS.iter().map(|step| (own.scale * step).ceil() as i64));
            for width in widths {
                for units in [own.now - width, own.now + width] {
                    let units = units.clamp(own.within.start, own.within.end - 1);
                    self.add(&mut trials, Trial { lever, units });
                }
            }
        }
        self.sorted(trials)
    }

    fn add(&self, trials: &mut Vec<Trial>, trial: Trial) {
        let lever = &self.levers[trial.lever];
        let too_long = lever.is_rows() && trial.units > ROWS as i64;
        if trial.units != lever.now && lever.within.contains(&trial.units) && !too_long && !trials.contains(&trial) {
            trials.push(trial);
        }
    }

    fn sorted(&self, mut trials: Vec<Trial>) -> Vec<Trial> {
        trials.sort_by(|one, other| self.cost(*one).total_cmp(&self.cost(*other)));
        trials
    }

    /// The value nearest to the present one that holds, between it and one that does.
    fn nearest(&mut self, holds: Trial, refused: &[Trial]) -> Trial {
        let lever = holds.lever;
        let now = self.levers[lever].now;
        let rises = holds.units > now;
        let same_way = |trial: &&Trial| trial.lever == lever && (trial.units > now) == rises && trial.units != now;
        let closer = |units: i64| units.abs_diff(now) < holds.units.abs_diff(now);
        let behind = refused.iter().filter(same_way).map(|trial| trial.units).filter(|units| closer(*units));
        let mut low = behind.max_by_key(|units| units.abs_diff(now)).unwrap_or(now);
        let mut high = holds.units;
        // A number of another statement is mostly the very bound.
        let beside = if rises { high - 1 } else { high + 1 };
        if low.abs_diff(high) > 1 {
            match self.holds(Trial { lever, units: beside }) {
                true => high = beside,
                false => low = beside,
            }
        }
        while low.abs_diff(high) > 1 && self.left > 0 {
            let middle = low + (high - low) / 2;
            match self.holds(Trial { lever, units: middle }) {
                true => high = middle,
                false => low = middle,
            }
        }
        Trial { lever, units: high }
    }

    /// What may be changed beside numbers: an order that need not be strict, a combination that is allowed after all; as last resort, rules
    /// that speak of all rows.
    fn otherwise(&mut self) -> Option<Change> {
        let mut changes = Vec::new();
        let mut last = Vec::new();
        for (at, table) in self.repair.schema["tables"].as_array().into_iter().flatten().enumerate() {
            for (place, rule) in table["rules"].as_array().into_iter().flatten().enumerate() {
                let id = rule["id"].as_str().unwrap_or_default();
                if !self.rules.contains(id) {
                    continue;
                }
                let pointer = format!("/tables/{at}/rules/{place}");
                if rule["strict"] == true {
                    changes.push(Change {
                        operation: json!({ "op": "replace", "path": format!("{pointer}/strict"), "value": false }),
                        words: format!("change strict of {id} from true to false"),
                    });
                }
                for (entry, values) in rule["forbidden"].as_array().into_iter().flatten().enumerate() {
                    changes.push(Change {
                        operation: json!({ "op": "remove", "path": format!("{pointer}/forbidden/{entry}") }),
                        words: format!("take {values} out of what {id} forbids"),
                    });
                }
                if rule.get("when").is_some() {
                    last.push(Change {
                        operation: json!({ "op": "remove", "path": format!("{pointer}/when") }),
                        words: format!("leave when of {id} out"),
                    });
                }
            }
        }
        changes.extend(last);
        changes.truncate(WRITTEN_TRIALS);
        self.left = self.left.max(changes.len());
        changes.into_iter().find(|change| self.try_change(change))
    }
}

//! Which rules contradict each other, or cannot be held together by this version: as few of a dataset's rules as are refused alike, none of
//! which can be left out.
//!
//! What refuses a rule knows what it has met itself: a column that has no value left, a row that no draw mends. Whether other rules have part in
//! that, only leaving them out can tell. So the dataset is compiled again without some of its rules, first with those that the problem names
//! alone, which are mostly enough.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::repair::{Repair, is_of_numbers};
use super::{Compiled, Options, whole};
use crate::enforce::redraw::spent;
use crate::expr::{Parsed, Reference};
use crate::problem::Problem;
use crate::schema::{Dataset, Rule, RuleKind};

/// Problems of what rules say together; all others are mended at their place.
const CODES: [&str; 6] = ["contradiction", "exhausted", "nothing_moves", "run", "two_owners", "two_sources"];

/// Problems of words, which a column's type alone brings about once the rule that computes it is left out.
const WORDS: [&str; 5] = ["lossy_conversion", "sql", "unknown_column", "unknown_value", "wrong_type"];

/// Problems of a column that a rule cannot be stated of, which may come about so as well.
const OF_COLUMNS: [&str; 2] = ["no_choice", "no_distribution"];

/// The most rules among which is searched, each of which costs a plan.
const RULES: usize = 32;

/// The most rows, as written, of a dataset that is compiled again: what is sampled of it takes a moment.
const ROWS: u64 = 100_000;

/// The most that is spent on draws ([`spent`]) while fewer rules are looked for, and then for a change: some ten seconds each.
const DRAWN: u64 = 100_000_000;

/// The most problems that are explained.
const PROBLEMS: usize = 4;

/// A dataset's problems, each naming the rules that contradict each other and, where one change mends it, that change.
pub(super) fn explain(dataset: &Dataset, options: &Options, left_out: &[String], problems: &mut [Problem]) {
    let ids: Vec<&str> = dataset.tables.iter().flat_map(|table| &table.rules).map(|rule| rule.id.as_str()).collect();
    let distinct: BTreeSet<&str> = ids.iter().copied().collect();
    let written = |table: &crate::schema::Table| options.rows.get(&table.name).copied().or(table.rows).unwrap_or(0);
    let rows = dataset.tables.iter().map(written).fold(0_u64, u64::saturating_add);
    if distinct.len() < ids.len() || rows > ROWS {
        return;
    }
    let blamed = |problem: &Problem| problem.is_error() && CODES.contains(&problem.code);
    let search = Search { dataset, options, left_out, until: spent() + DRAWN };
    let mut all: BTreeSet<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    if all.len() > RULES {
        // Of many rules those of the tables in which something is wrong are looked through, as far as they are not many themselves.
        let tables = problems.iter().filter(|problem| blamed(problem)).filter_map(|problem| {
            let rest = problem.pointer.strip_prefix("/tables/")?;
            dataset.tables.get(rest.split('/').next()?.parse::<usize>().ok()?)
        });
        all = tables.flat_map(|table| &table.rules).map(|rule| rule.id.clone()).collect();
        if all.len() > RULES {
            let told: BTreeSet<String> =
                problems.iter().filter(|problem| blamed(problem)).flat_map(|problem| named(dataset, problem)).collect();
            all = told;
        }
    }
    // Where nothing can stand without rules either, none of them is to blame.
    let is_of_rules = problems.iter().any(blamed) && search.refusal(&BTreeSet::new()).is_none();
    // A schema that could not be read in whole is mended where it was left out first; rows of this run are none of its numbers.
    let repair =
        Repair::new(dataset, options, problems, DRAWN).filter(|_| left_out.is_empty() && options.rows.is_empty());
    let explainable = problems.iter_mut().filter(|problem| blamed(problem) || is_of_numbers(problem));
    for problem in explainable.take(PROBLEMS) {
        let origin = problem.clone();
        if is_of_rules
            && blamed(problem)
            && let Some(better) = search.explained(problem, &all)
        {
            *problem = better;
        }
        if let Some(repair) = &repair {
            let rules = problem.params.get("rules").and_then(serde_json::Value::as_array);
            let rules = rules.map(|rules| rules.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect());
            repair.mend(problem, &origin, &rules.unwrap_or_else(|| named(dataset, problem)));
        }
    }
}

/// The plan of a dataset for who proves rows and makes none: rules that rows cannot be made for, or not yet, are held against rows as any others.
/// None where something else is wrong.
pub(super) fn to_prove(
    dataset: &Dataset,
    options: &Options,
    left_out: &[String],
    problems: &[Problem],
) -> Option<Compiled> {
    // What a generator can make says nothing of rows that are there either.
    let of_rules = |problem: &Problem| CODES.contains(&problem.code) || problem.code == "capacity";
    let search = Search { dataset, options, left_out, until: u64::MAX };
    let mut keep: BTreeSet<String> =
        dataset.tables.iter().flat_map(|table| &table.rules).map(|rule| rule.id.clone()).collect();
    let mut errors: Vec<Problem> = problems.iter().filter(|problem| problem.is_error()).cloned().collect();
    let mut shown = dataset.clone();
    for _ in 0..RULES {
        if !errors.iter().all(of_rules) {
            return None;
        }
        let blamed: BTreeSet<String> = errors.iter().flat_map(|problem| named(&shown, problem)).collect();
        let before = keep.len();
        keep.retain(|id| !blamed.contains(id));
        if keep.len() == before {
            return None;
        }
        let (without, compiled) = search.compiled(&keep);
        if let Some(plan) = compiled.plan {
            let mut plan = Arc::try_unwrap(plan).ok()?;
            for (table, original) in plan.dataset.tables.iter_mut().zip(&dataset.tables) {
                table.rules.clone_from(&original.rules);
            }
            return Some(Compiled { plan: Some(Arc::new(plan)), problems: compiled.problems });
        }
        errors = compiled.problems.into_iter().filter(Problem::is_error).collect();
        shown = without;
    }
    None
}

/// A dataset that is compiled with some of its rules.
struct Search<'d> {
    dataset: &'d Dataset,
    options: &'d Options,
    left_out: &'d [String],
    /// What may be spent on draws before the search ends with the rules that it has.
    until: u64,
}

impl Search<'_> {
    /// A problem with the rules that contradict each other.
    fn explained(&self, problem: &Problem, all: &BTreeSet<String>) -> Option<Problem> {
        let named = named(self.dataset, problem);
        let place = self.place(self.dataset, problem);
        let alike = |keep: &BTreeSet<String>| {
            let (dataset, compiled) = self.compiled(keep);
            let mut found = compiled.problems.iter();
            found.any(|other| other.code == problem.code && self.place(&dataset, other) == place)
        };
        let mut core = match alike(&named) {
            true => named.clone(),
            false if all.len() < self.rules() && !alike(all) => return None,
            // A rule that the problem does not name has part in it.
            false => self.fewest(all.clone(), |keep| alike(keep)),
        };
        // What is refused in another way is refused as well. A rule that others read can only be left out once those are.
        loop {
            let fewer = self.fewest(core.clone(), |keep| self.refusal(keep).is_some());
            if fewer.len() == core.len() || spent() >= self.until {
                break;
            }
            core = fewer;
        }
        if core.is_empty() {
            return None;
        }
        // The numbers of the whole dataset are the better ones, where it is the same rules that are named.
        let mut told = match core == named {
            true => problem.clone(),
            false => {
                self.refusal(&core).filter(|told| self::named(self.dataset, told) != named).unwrap_or(problem.clone())
            }
        };
        let told_of = self::named(self.dataset, &told);
        let rules = self.dataset.tables.iter().flat_map(|table| &table.rules).map(|rule| rule.id.as_str());
        let rules: Vec<&str> = rules.filter(|id| core.contains(*id)).collect();
        if rules.iter().any(|rule| !told_of.contains(*rule)) {
            told.detail = match rules.as_slice() {
                [rule] => format!("{rule} cannot hold: {}", told.detail),
                _ => told.of_rules(&rules.join(" and ")),
            };
        }
        Some(told.param("rules", rules))
    }

    /// How many rules there are in all.
    fn rules(&self) -> usize {
        self.dataset.tables.iter().map(|table| table.rules.len()).sum()
    }

    /// Those of some rules none of which can be left out.
    fn fewest(&self, mut core: BTreeSet<String>, is_refused: impl Fn(&BTreeSet<String>) -> bool) -> BTreeSet<String> {
        // Later statements are blamed first.
        let order = self.dataset.tables.iter().flat_map(|table| &table.rules).map(|rule| &rule.id);
        for id in order {
            if spent() >= self.until {
                break;
            }
            if core.remove(id) && !is_refused(&core) {
                core.insert(id.clone());
            }
        }
        core
    }

    /// Why some rules are refused, at its place in the whole dataset.
    fn refusal(&self, keep: &BTreeSet<String>) -> Option<Problem> {
        let (dataset, compiled) = self.compiled(keep);
        let comes_of_leaving_out = |problem: &Problem| {
            WORDS.contains(&problem.code)
                || ((OF_COLUMNS.contains(&problem.code) || self.is_of_share(&dataset, problem))
                    && self.lacks_a_formula(keep, &dataset, problem))
        };
        let found =
            compiled.problems.into_iter().find(|problem| problem.is_error() && !comes_of_leaving_out(problem))?;
        let (rule, rest) = self.place(&dataset, &found);
        let pointer = match rule.and_then(|rule| pointer_of(self.dataset, &rule)) {
            Some(pointer) => format!("{pointer}{rest}"),
            None => rest,
        };
        Some(found.at(pointer))
    }

    /// Whether a problem is one of a share, which speaks of other values once its column is not computed.
    fn is_of_share(&self, dataset: &Dataset, problem: &Problem) -> bool {
        let (rule, _) = self.place(dataset, problem);
        let mut rules = self.dataset.tables.iter().flat_map(|table| &table.rules);
        rules.any(|known| Some(&known.id) == rule.as_ref() && matches!(known.kind, RuleKind::Share { .. }))
    }

    /// Whether a problem of a rule's columns may come of a rule's being left out that computes one of them, or what one of them is computed from.
    fn lacks_a_formula(&self, keep: &BTreeSet<String>, dataset: &Dataset, problem: &Problem) -> bool {
        let (Some(rule), _) = self.place(dataset, problem) else { return true };
        let mut tables = self.dataset.tables.iter();
        let Some((table, rule)) =
            tables.find_map(|table| Some((table, table.rules.iter().find(|own| own.id == rule)?)))
        else {
            return true;
        };
        let mut open: Vec<String> = match &rule.kind {
            RuleKind::Share { column, .. } | RuleKind::Statistic { column, .. } => vec![column.clone()],
            RuleKind::Correlation { columns, .. } => columns.clone(),
            RuleKind::NoOverlap { start, end, .. } => vec![start.clone(), end.clone()],
            _ => return table.rules.iter().any(|rule| !computed(rule).is_empty() && !keep.contains(&rule.id)),
        };
        let mut seen = BTreeSet::new();
        while let Some(column) = open.pop() {
            let has_generator = table.column(&column).is_some_and(|column| column.generator.is_some());
            if has_generator || !seen.insert(column.clone()) {
                continue;
            }
            for rule in table.rules.iter().filter(|rule| computed(rule).contains(&column)) {
                if !keep.contains(&rule.id) {
                    return true;
                }
                match &rule.kind {
                    RuleKind::Calculate { sql, .. } => open.extend(own_columns(sql)),
                    RuleKind::Score { of, .. } => open.extend(own_columns(of)),
                    _ => {}
                }
            }
        }
        false
    }

    fn compiled(&self, keep: &BTreeSet<String>) -> (Dataset, Compiled) {
        let mut dataset = self.dataset.clone();
        for table in &mut dataset.tables {
            table.rules.retain(|rule| keep.contains(&rule.id));
        }
        let compiled = whole::compile(dataset.clone(), self.options, self.left_out);
        (dataset, compiled)
    }

    /// Where a problem lies: the id of its rule and the pointer below that, or the pointer alone.
    fn place(&self, dataset: &Dataset, problem: &Problem) -> (Option<String>, String) {
        for (at, table) in dataset.tables.iter().enumerate() {
            for (place, rule) in table.rules.iter().enumerate() {
                let rest = problem.pointer.strip_prefix(&format!("/tables/{at}/rules/{place}"));
                if let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with('/')) {
                    return (Some(rule.id.clone()), rest.to_owned());
                }
            }
        }
        (None, problem.pointer.clone())
    }
}

/// The columns of its table that a rule computes.
fn computed(rule: &Rule) -> Vec<String> {
    match &rule.kind {
        RuleKind::Calculate { column, .. } | RuleKind::Score { column, .. } | RuleKind::Aggregate { column, .. } => {
            vec![column.clone()]
        }
        RuleKind::Implies { then, .. } => own_columns(then),
        _ => Vec::new(),
    }
}

/// The columns of its own row that an expression reads.
fn own_columns(sql: &str) -> Vec<String> {
    let Ok(parsed) = Parsed::parse(sql) else { return Vec::new() };
    let one = |read: &Reference| match read.0.as_slice() {
        [name] => Some(name.clone()),
        _ => None,
    };
    parsed.references().iter().filter_map(one).collect()
}

fn pointer_of(dataset: &Dataset, id: &str) -> Option<String> {
    dataset.tables.iter().enumerate().find_map(|(at, table)| {
        let place = table.rules.iter().position(|rule| rule.id == id)?;
        Some(format!("/tables/{at}/rules/{place}"))
    })
}

/// The rules that a problem names, by its place or in its words.
pub(super) fn named(dataset: &Dataset, problem: &Problem) -> BTreeSet<String> {
    let rules = dataset.tables.iter().flat_map(|table| &table.rules);
    let here = |id: &str| {
        let pointer = pointer_of(dataset, id).unwrap_or_default();
        problem.pointer.strip_prefix(&pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let says = |id: &str| {
        problem.detail.match_indices(id).any(|(at, _)| {
            let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
            !problem.detail[..at].ends_with(is_word) && !problem.detail[at + id.len()..].starts_with(is_word)
        })
    };
    rules.map(|rule| rule.id.as_str()).filter(|id| here(id) || says(id)).map(str::to_owned).collect()
}

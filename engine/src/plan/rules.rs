//! Rules at plan time: which way each is held, and what that asks of columns and keys.
//!
//! Before columns are compiled, [`Compiler::gather_rules`] turns statements into what columns are compiled with: nulls, values, formulas,
//! bounds, dealt positions. What no construction holds is left as conditions; after the columns, [`Compiler::compile_rules`] finds the slots
//! that are drawn again for them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use indexmap::IndexMap;
use serde_json::{Value, json};

use super::aggregates::Aggregate;
use super::combinations::Combination;
use super::compiler::{Compiler, Failed};
use super::correlations::Correlations;
use super::overlaps::Overlap;
use super::quotas::{Asked, AskedNulls, Limit, Pass};
use super::scope::sql_problem;
use super::statistics::Statistic;
use super::{Side, SlotId};
use crate::enforce::deal::Ranks;
use crate::enforce::redraw::Group;
use crate::enforce::spread::Spread;
use crate::expr::{Literal, Parsed};
use crate::generators::{Countable, GeneratorSpec};
use crate::permutation::Permutation;
use crate::problem::Problem;
use crate::schema::{Rule, RuleKind};
use crate::types::LogicalType;

/// A condition that a rule puts on a column, and the place of the rule.
#[derive(Clone, Debug)]
pub(super) struct Implied {
    pub rule: String,
    pub condition: String,
    pub pointer: String,
}

/// A value that a rule puts into some rows.
#[derive(Clone, Debug)]
pub(super) struct ForcedValue {
    pub rule: String,
    pub condition: String,
    pub value: Literal,
    pub pointer: String,
}

/// A rule's formula of a column.
#[derive(Clone, Debug)]
pub(super) struct Formula {
    pub sql: String,
    /// Set where it is no SQL but what the row's children come to.
    pub aggregate: Option<Aggregate>,
    /// The rows that it speaks of; all where absent.
    pub when: Option<String>,
    pub rule: String,
    pub pointer: String,
}

/// A column whose values may be too large for its type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Narrowed {
    pub table: usize,
    pub column: usize,
    /// The values as they are made, and in the column's type.
    pub from: SlotId,
    pub to: SlotId,
}

/// What bounds a column.
#[derive(Clone, Debug)]
pub(super) enum Bound {
    Constant(i64),
    Slot(BoundOf),
}

/// What bounds a column row by row.
#[derive(Clone, Debug)]
pub(super) enum BoundOf {
    Column(usize),
    /// One value in the column's type, in the rows of a condition.
    Where(String, ArrayRef),
    /// What SQL gives; null bounds nothing.
    Sql(String),
}

/// A bound of a column that a rule sets.
#[derive(Clone, Debug)]
pub(super) struct PlannedBound {
    pub value: Bound,
    pub side: Side,
    /// Where a value between two units is rounded to.
    pub rounds: Side,
    /// The place of the rule.
    pub place: String,
    pub gap: i64,
}

/// Who takes part in a combination without repetition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Member {
    Column(usize),
    Key(usize),
}

/// A combination without repetition that is held by dealing positions.
pub(super) struct Deal {
    pub members: Vec<Member>,
    /// The rows that it speaks of; all where absent.
    pub when: Option<String>,
    /// Set where the rows of `when` are counted, for all rows would be too many; found with the parts.
    pub ranks: Option<Arc<Ranks>>,
    /// Dealt among the children of each parent of this key; else in the whole table.
    pub siblings_of: Option<usize>,
    pub pointer: String,
    pub rule: String,
    pub parts: Option<Vec<Part>>,
    /// How its combinations are spread where they are not all alike; found with the parts.
    pub spread: Option<DealtSpread>,
}

/// What the members of a combination share that is dealt by likelihood.
#[derive(Clone)]
pub(super) struct DealtSpread {
    pub spread: Arc<Spread>,
    pub permutation: Arc<Permutation>,
    /// Where its points lie.
    pub start: u64,
    /// Of each member, its first factor and the one behind its last.
    pub factors: Vec<(usize, usize)>,
}

/// One member's values.
#[derive(Clone)]
pub(super) struct Part {
    pub countable: Arc<dyn Countable>,
    pub logical: LogicalType,
    pub longest: Option<u64>,
}

/// A condition that rows are drawn again for.
pub(super) struct RowCondition {
    pub table: usize,
    pub rule: String,
    pub sql: String,
    /// The part whose columns are to move; all that the condition reads where absent.
    pub steered: Option<String>,
    /// Columns that are left no value which breaks it, once these are counted; empty where that is not all.
    pub limited: Vec<usize>,
    /// The rows that it speaks of; all where absent.
    pub when: Option<String>,
    /// What holds in these, taken apart at AND; empty where it is not to be.
    pub parts: Vec<Parsed>,
    /// Whether the columns that it reads are drawn inside what it leaves, so that it is only looked at.
    pub is_met: bool,
    pub pointer: String,
}

/// A condition that nothing can move.
#[derive(Clone, Debug)]
pub(super) struct Fixed {
    pub table: usize,
    pub slot: SlotId,
    pub rule: String,
    /// A column that it reads, and the rule that decides that column's values over all rows together.
    pub owner: Option<(String, String)>,
    /// Whether it is met by construction, and looked at where that takes a moment.
    pub is_met: bool,
}

/// How a rule is held, for the plan.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub table: usize,
    pub kind: &'static str,
    pub way: &'static str,
    pub note: String,
}

/// All that rules ask for.
#[derive(Default)]
pub(super) struct Statements {
    /// Columns whose values may be too large for their types, which some rows are to show.
    pub(super) narrowed: Vec<Narrowed>,
    /// Columns whose texts are cut to their lengths, which some rows are to show that they can be.
    pub(super) cut: Vec<Narrowed>,
    pub(super) nulls: HashMap<(usize, usize), Vec<Implied>>,
    pub(super) values: HashMap<(usize, usize), Vec<Implied>>,
    pub(super) forced: HashMap<(usize, usize), Vec<ForcedValue>>,
    pub(super) formulas: HashMap<(usize, usize), Vec<Formula>>,
    pub(super) bounds: HashMap<(usize, usize), Vec<PlannedBound>>,
    pub(super) deals: HashMap<usize, Vec<Deal>>,
    pub(super) combinations: HashMap<usize, Vec<Combination>>,
    /// Values that rules name of columns that have no generator, with the first rule that does.
    suggested: IndexMap<(usize, usize), (Vec<Value>, String)>,
    /// What rules ask of how often a column's values stand.
    pub(super) counted: HashMap<(usize, usize), Vec<Asked>>,
    /// What rules ask of how often a column is null.
    pub(super) null_counts: HashMap<(usize, usize), AskedNulls>,
    /// What rules ask of a column's statistics.
    pub(super) statistics: HashMap<(usize, usize), Vec<Statistic>>,
    /// What rules ask of intervals.
    pub(super) overlaps: HashMap<usize, Vec<Overlap>>,
    /// What rules ask of columns that move together.
    pub(super) correlations: Correlations,
    /// Columns of which all that is asked is one system.
    pub(super) systems: HashSet<(usize, usize)>,
    /// What rules leave of a column's values.
    pub(super) limits: HashMap<(usize, usize), Vec<Limit>>,
    pub(super) passes: Vec<Pass>,
    pub(super) conditions: Vec<RowCondition>,
    pub(super) groups: HashMap<usize, Vec<Group>>,
    pub(super) held: IndexMap<String, Held>,
    pub(super) pointers: HashMap<String, String>,
    /// Conditions that nothing can move.
    pub(super) fixed: Vec<Fixed>,
    /// Conditions in whose place columns are bounded: table, SQL, place of the rule.
    pub(super) replaced: Vec<(usize, String, String)>,
    /// Bounds that cannot be compiled: the place of the rule, and why. The condition itself says so there in its own words.
    pub(super) unbounded: Vec<(String, Failed)>,
    /// Columns whose values rules decide over all rows together, and which comparisons with constants bound in all of them.
    pub(super) closed: HashSet<(usize, usize)>,
    /// Columns that comparisons of rules bound: table, column, rule.
    pub(super) projected: Vec<(usize, usize, String)>,
    /// Slots that may have no value for some row, and then show that a rule cannot hold: table, slot, rule.
    pub(super) tried: Vec<(usize, usize, String)>,
}

impl Statements {
    pub fn implied_nulls(&self, table: usize, column: usize) -> Vec<Implied> {
        self.nulls.get(&(table, column)).cloned().unwrap_or_default()
    }

    pub fn implied_values(&self, table: usize, column: usize) -> Vec<Implied> {
        self.values.get(&(table, column)).cloned().unwrap_or_default()
    }

    pub fn forced(&self, table: usize, column: usize) -> Vec<ForcedValue> {
        self.forced.get(&(table, column)).cloned().unwrap_or_default()
    }

    /// The formula of all rows.
    pub fn formula(&self, table: usize, column: usize) -> Option<Formula> {
        self.formulas.get(&(table, column))?.iter().find(|formula| formula.when.is_none()).cloned()
    }

    /// The formulas of some rows.
    pub fn partial_formulas(&self, table: usize, column: usize) -> Vec<Formula> {
        let all = self.formulas.get(&(table, column)).map(Vec::as_slice).unwrap_or_default();
        all.iter().filter(|formula| formula.when.is_some()).cloned().collect()
    }

    /// The rule that makes a column, in all rows or in some, of the row's children.
    pub fn aggregated(&self, table: usize, column: usize) -> Option<&Formula> {
        self.formulas.get(&(table, column))?.iter().find(|formula| formula.aggregate.is_some())
    }

    pub fn bounds(&self, table: usize, column: usize) -> Vec<PlannedBound> {
        self.bounds.get(&(table, column)).cloned().unwrap_or_default()
    }

    pub fn deal_of(&self, table: usize, column: usize) -> Option<usize> {
        self.member(table, Member::Column(column))
    }

    pub fn deal_of_key(&self, table: usize, key: usize) -> Option<usize> {
        self.member(table, Member::Key(key))
    }

    /// Whether rules decide the values of a column over all rows together: how often they stand, their statistics, or how they move with
    /// those of others.
    pub fn is_counted(&self, table: usize, column: usize) -> bool {
        self.counted.contains_key(&(table, column))
            || self.statistics.contains_key(&(table, column))
            || self.correlations.rule_of(table, column).is_some()
            || self.overlap_of(table, column).is_some()
    }

    /// The rule that keeps intervals apart of which a column is an end.
    pub fn overlap_of(&self, table: usize, column: usize) -> Option<&Overlap> {
        self.overlaps.get(&table)?.iter().find(|overlap| overlap.is_end(column))
    }

    fn member(&self, table: usize, member: Member) -> Option<usize> {
        self.deals.get(&table)?.iter().position(|deal| deal.members.contains(&member))
    }

    pub fn take_groups(&mut self, table: usize) -> Vec<Group> {
        self.groups.remove(&table).unwrap_or_default()
    }
}

impl Compiler {
    /// Whether a column asks by itself for values without repetition.
    pub(super) fn is_unique(&self, table: usize, column: usize) -> bool {
        let definition = &self.dataset.tables[table];
        let column = &definition.columns[column];
        column.unique == Some(true)
            || definition.primary_key == [column.name.clone()]
            || definition.unique_indexes().any(|(_, columns)| *columns == [column.name.clone()])
    }

    /// Turns rules into what columns and keys are compiled with.
    pub(super) fn gather_rules(&mut self) {
        let dataset = Arc::clone(&self.dataset);
        for (table, definition) in dataset.tables.iter().enumerate() {
            if definition.primary_key.len() > 1 {
                self.gather_unique(
                    table,
                    &definition.primary_key,
                    &format!("/tables/{table}/primary_key"),
                    "primary key",
                    None,
                );
            }
            for (at, columns) in definition.unique_indexes().filter(|(_, columns)| columns.len() > 1) {
                let is_keyed = |key: &[String]| !key.is_empty() && key.iter().all(|column| columns.contains(column));
                if !is_keyed(&definition.primary_key) {
                    self.gather_unique(table, columns, &format!("/tables/{table}/indexes/{at}"), "unique index", None);
                }
            }
            // What is computed shows before what may be dealt, and what an order may bound once all others are known.
            let mut rules: Vec<(usize, &Rule)> = definition.rules.iter().enumerate().collect();
            rules.sort_by_key(|(_, rule)| match rule.kind {
                RuleKind::Order { .. } => 2,
                RuleKind::Unique { .. } => 1,
                _ => 0,
            });
            for (at, rule) in rules {
                let pointer = format!("/tables/{table}/rules/{at}");
                self.statements.pointers.insert(rule.id.clone(), pointer.clone());
                self.gather_rule(table, rule, &pointer);
            }
        }
        self.join_correlations();
        self.gather_counts();
        self.project_comparisons();
        for (column, (values, rule)) in std::mem::take(&mut self.statements.suggested) {
            if let Ok(generator) = GeneratorSpec::from_value(json!({ "type": "choice", "values": values })) {
                self.chosen.insert(column, (generator, format!("its values are those of {rule}")));
            }
        }
    }

    /// Lets a column without a generator choose from the values that a rule names.
    pub(super) fn suggest_values(
        &mut self,
        table: usize,
        column: usize,
        values: impl IntoIterator<Item = Value>,
        rule: &str,
    ) {
        let is_open = self.dataset.tables[table].columns[column].generator.is_none()
            && self.key_of_column(table, column).is_none();
        if is_open {
            let known =
                self.statements.suggested.entry((table, column)).or_insert_with(|| (Vec::new(), rule.to_owned()));
            for value in values {
                if !known.0.contains(&value) {
                    known.0.push(value);
                }
            }
        }
    }

    fn gather_rule(&mut self, table: usize, rule: &Rule, pointer: &str) {
        if let Some(when) = &rule.when
            && self.parsed(when, &format!("{pointer}/when")).is_none()
        {
            return;
        }
        match &rule.kind {
            RuleKind::Implies { condition, then } => self.gather_implies(table, rule, condition, then, pointer),
            RuleKind::Calculate { column, sql } => self.gather_formula(table, rule, column, sql.clone(), pointer),
            RuleKind::Score { column, of, bands } => self.gather_score(table, rule, column, of, bands, pointer),
            RuleKind::Combination { columns, allowed, forbidden } => {
                self.gather_combination(table, rule, columns, allowed.as_ref(), forbidden.as_ref(), pointer);
            }
            RuleKind::Order { columns, strict, gap } => {
                self.gather_order(table, rule, columns, strict.unwrap_or(false), gap.as_ref(), pointer);
            }
            RuleKind::Unique { columns } => {
                self.gather_unique(table, columns, &format!("{pointer}/columns"), &rule.id, Some(rule));
            }
            RuleKind::Check { sql } => {
                self.gather_check(table, rule, sql, pointer);
            }
            RuleKind::Share { column, parts, tolerance } => {
                self.gather_share(table, rule, column, parts, *tolerance, pointer);
            }
            RuleKind::Statistic { .. } => self.gather_statistic(table, rule, pointer),
            RuleKind::Aggregate { .. } => self.gather_aggregate(table, rule, pointer),
            RuleKind::Correlation { .. } => self.gather_correlation(table, rule, pointer),
            RuleKind::NoOverlap { .. } => self.gather_overlap(table, rule, pointer),
            // Once all others are known.
            RuleKind::Count { .. } => {}
        }
    }

    pub(super) fn parsed(&mut self, sql: &str, pointer: &str) -> Option<Parsed> {
        match Parsed::parse(sql) {
            Ok(parsed) => Some(parsed),
            Err(problem) => {
                self.problems.push(sql_problem(problem).at(pointer));
                None
            }
        }
    }

    pub(super) fn hold(&mut self, table: usize, rule: &Rule, way: &'static str, note: String) {
        self.statements.held.insert(rule.id.clone(), Held { table, kind: rule.kind.name(), way, note });
    }

    pub(super) fn add_condition(
        &mut self,
        table: usize,
        rule: &Rule,
        sql: String,
        steered: Option<String>,
        pointer: String,
    ) {
        self.hold(table, rule, "redrawn", String::new());
        self.statements.conditions.push(RowCondition {
            table,
            rule: rule.id.clone(),
            sql,
            steered,
            limited: Vec::new(),
            when: None,
            parts: Vec::new(),
            is_met: false,
            pointer,
        });
    }

    /// A combination without repetition: found to hold already, or dealt.
    fn gather_unique(&mut self, table: usize, names: &[String], pointer: &str, id: &str, rule: Option<&Rule>) {
        let dataset = Arc::clone(&self.dataset);
        let definition = &dataset.tables[table];
        let mut columns = Vec::new();
        for (at, name) in names.iter().enumerate() {
            match definition.columns.iter().position(|column| column.name == *name) {
                Some(column) => columns.push(column),
                None => {
                    // For the primary key this is told where names are checked.
                    if rule.is_some() {
                        let problem = self.unknown_column(table, name).at(format!("{pointer}/{at}"));
                        self.problems.push(problem);
                    }
                    return;
                }
            }
        }
        let held = |compiler: &mut Compiler, way: &'static str, note: String| {
            if let Some(rule) = rule {
                compiler.hold(table, rule, way, note);
            }
        };
        let covered = |key: &crate::schema::ForeignKey| key.columns.iter().all(|column| names.contains(column));
        for column in &columns {
            let own = &definition.columns[*column];
            let distinct =
                own.generator.as_ref().and_then(|generator| generator.distinct_per().map(<[String]>::to_vec));
            if self.is_unique(table, *column) || distinct.is_some_and(|per| per.iter().all(|name| names.contains(name)))
            {
                held(self, "by_construction", format!("{} never repeats there", own.name));
                return;
            }
        }
        let one_child =
            |key: &crate::schema::ForeignKey| key.children.as_ref().is_some_and(|children| children.max == Some(1));
        if let Some(key) = definition.foreign_keys.iter().find(|key| covered(key) && one_child(key)) {
            held(self, "by_construction", format!("each row of {} has at most one", key.references.table));
            return;
        }
        let mut members = Vec::new();
        let siblings_of = self.structural_key(table).filter(|key| covered(&definition.foreign_keys[*key]));
        for (index, key) in definition.foreign_keys.iter().enumerate() {
            if Some(index) != siblings_of && covered(key) {
                members.push(Member::Key(index));
            }
        }
        for column in &columns {
            match self.key_of_column(table, *column) {
                None if !self.statements.formulas.contains_key(&(table, *column)) => {
                    members.push(Member::Column(*column))
                }
                _ => {}
            }
        }
        let when = rule.and_then(|rule| rule.when.clone());
        if let Some(parsed) = when.as_ref().and_then(|when| Parsed::parse(when).ok()) {
            // What the condition reads stands fast before a row is one of its rows.
            let read: Vec<usize> = parsed
                .references()
                .iter()
                .filter_map(|read| match read.0.as_slice() {
                    [name] => self.column_named(table, name),
                    [key, ..] => self.key_named(table, key).and_then(|key| {
                        let first = definition.foreign_keys[key].columns.first()?;
                        definition.columns.iter().position(|column| column.name == *first)
                    }),
                    [] => None,
                })
                .collect();
            members.retain(|member| match member {
                Member::Column(column) => !read.contains(column),
                Member::Key(key) => {
                    !read.iter().any(|read| self.key_of_column(table, *read).is_some_and(|(of, _)| of == *key))
                }
            });
        }
        if siblings_of.is_some() {
            members.truncate(1);
        }
        if members.is_empty() {
            let detail = format!("nothing can keep {} from repeating", names.join(", "));
            let remedy =
                "add a column that can tell rows apart, such as {type: sequence}, or give the key children with max: 1";
            self.problems.push(Problem::new("not_countable", detail).at(pointer).remedy(remedy));
            return;
        }
        for member in &members {
            if self.statements.member(table, *member).is_some() {
                let detail = format!("a column of {id} is dealt by another combination without repetition already");
                self.problems.push(Problem::new("two_owners", detail).at(pointer));
                return;
            }
        }
        let deal = Deal {
            members,
            when,
            ranks: None,
            siblings_of,
            pointer: pointer.to_owned(),
            rule: id.to_owned(),
            parts: None,
            spread: None,
        };
        self.statements.deals.entry(table).or_default().push(deal);
        held(self, "by_construction", "combinations are dealt by a permutation of their positions".to_owned());
    }
}

pub(super) fn can_be_null(column: &crate::schema::Column) -> bool {
    column.null_rate.unwrap_or(0.0) > 0.0 || column.null_when.is_some()
}

/// A condition that holds where `when` does not.
pub(super) fn limited(when: Option<&str>, sql: &str) -> String {
    match when {
        Some(when) => format!("NOT ({when}) OR ({sql})"),
        None => sql.to_owned(),
    }
}

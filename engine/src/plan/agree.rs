//! Checks that the parents of two keys agree, `student.program = course.program`: one of the keys chooses among the parents that agree with the
//! other's, as where both shared a column. Where no two rows may have the same parents, so that none can be drawn again, one comparison is kept
//! so too, `class.starts >= member.joined_on`.

use super::compiler::Compiler;
use super::rules::can_be_null;
use crate::expr::{Op, Parsed, Reference, Simple};
use crate::schema::{Dataset, ForeignKey, Rule, RuleKind, Table};
use crate::types::LogicalType;

/// What a key agrees in with the one that decides it.
#[derive(Clone, Debug)]
pub(super) struct Agreement {
    /// The key that chooses, and the column of its parent.
    pub key: usize,
    pub own: usize,
    /// The key that decides, and the column of its parent.
    pub decider: usize,
    pub theirs: usize,
    /// How the one's column compares with the other's.
    pub op: Op,
    /// The place of the rule among the table's, and of the part at AND.
    pub rule: usize,
    pub part: usize,
}

/// The agreements that a table's checks state, as far as its keys can keep them; who decides whom is added to `deciders`, which know of columns
/// that keys share.
pub(super) fn agreements(dataset: &Dataset, table: usize, deciders: &mut [Option<usize>]) -> Vec<Agreement> {
    let definition = &dataset.tables[table];
    let keys = &definition.foreign_keys;
    let mut found: Vec<Agreement> = Vec::new();
    if definition.given.is_some() {
        return found;
    }
    let checks = definition.rules.iter().enumerate().filter(|(_, rule)| rule.when.is_none());
    for (rule, sql) in checks.filter_map(|(at, rule)| match &rule.kind {
        RuleKind::Check { sql } => Some((at, sql)),
        _ => None,
    }) {
        let Ok(parsed) = Parsed::parse(sql) else { continue };
        for (part, stated) in parsed.conjuncts().iter().enumerate() {
            let Some(Simple::Columns { left, op, right }) = stated.simple() else { continue };
            let (Some(left), Some(right)) = (read(dataset, table, &left), read(dataset, table, &right)) else {
                continue;
            };
            let fits = match op {
                Op::Equal => origin(dataset, left.column) == origin(dataset, right.column),
                Op::NotEqual => false,
                _ => {
                    let is_first = |key: usize| !found.iter().any(|known| known.key == key && known.op != Op::Equal);
                    kept_apart(definition, left.key, right.key)
                        && (is_first(left.key) && is_first(right.key))
                        && order_of(dataset, left.column)
                            .is_some_and(|order| order_of(dataset, right.column) == Some(order))
                }
            };
            if left.key == right.key || !fits {
                continue;
            }
            let is_bound = |(one, other): &(&Read, &Read)| {
                let is_known = found.iter().any(|known| (known.key, known.decider) == (one.key, other.key));
                let is_new = deciders[one.key].is_none() && !deciders.contains(&Some(one.key));
                deciders[other.key].is_none()
                    && (is_new || is_known)
                    && chooses(&keys[one.key])
                    && keys[other.key].null_rate.is_none()
            };
            // The later key follows, unless the earlier one alone can.
            let (first, second) = if left.key < right.key { (&left, &right) } else { (&right, &left) };
            let Some((one, other)) = [(second, first), (first, second)].into_iter().find(is_bound) else { continue };
            deciders[one.key] = Some(other.key);
            let (own, theirs) = (one.column.1, other.column.1);
            let op = if one.key == left.key { op } else { op.flipped() };
            found.push(Agreement { key: one.key, own, decider: other.key, theirs, op, rule, part });
        }
    }
    // What is compared stands behind what is equal.
    found.sort_by_key(|agreement| agreement.op != Op::Equal);
    found
}

/// Whether no two rows may have the same parents by two keys.
pub(super) fn kept_apart(table: &Table, one: usize, other: usize) -> bool {
    let keys = [one, other].map(|key| &table.foreign_keys[key].columns);
    let reads = |columns: &[String]| keys.iter().all(|key| key.iter().all(|column| columns.contains(column)));
    let by_rule =
        |rule: &Rule| matches!(&rule.kind, RuleKind::Unique { columns } if rule.when.is_none() && reads(columns));
    reads(&table.primary_key) || table.rules.iter().any(by_rule)
}

/// What kinds of values order by the same numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Number,
    Float,
    Time,
}

/// How the values of a column order, as it is declared or made.
fn order_of(dataset: &Dataset, column: (usize, usize)) -> Option<Order> {
    let definition = &dataset.tables[column.0].columns[column.1];
    let made = || definition.generator.as_ref()?.interval().map(|interval| interval.logical);
    match definition.logical_type().or_else(made)? {
        LogicalType::Integer | LogicalType::Decimal { .. } => Some(Order::Number),
        LogicalType::Float => Some(Order::Float),
        LogicalType::Date | LogicalType::Datetime => Some(Order::Time),
        _ => None,
    }
}

/// A column of a parent that an expression reads.
struct Read {
    key: usize,
    /// Its table and place.
    column: (usize, usize),
}

/// What a reference reads by a key to another table, where that is never null.
fn read(dataset: &Dataset, table: usize, reference: &Reference) -> Option<Read> {
    let [key, column] = reference.0.as_slice() else { return None };
    let keys = &dataset.tables[table].foreign_keys;
    let key = keys.iter().position(|known| known.name() == key)?;
    let parent = dataset.tables.iter().position(|known| known.name == keys[key].references.table)?;
    let place = column_of(&dataset.tables[parent], column)?;
    (parent != table && is_filled(&dataset.tables[parent], place)).then_some(Read { key, column: (parent, place) })
}

fn column_of(table: &Table, name: &str) -> Option<usize> {
    table.columns.iter().position(|column| column.name == name)
}

/// Whether nothing that is written makes a column null.
fn is_filled(table: &Table, column: usize) -> bool {
    let name = &table.columns[column].name;
    let nulls = table.rules.iter().any(|rule| match &rule.kind {
        RuleKind::Implies { then, .. } => then.contains(name.as_str()) && then.to_uppercase().contains("NULL"),
        RuleKind::Calculate { column, .. } | RuleKind::Score { column, .. } | RuleKind::Aggregate { column, .. } => {
            column == name
        }
        _ => false,
    });
    let by_key = table.foreign_keys.iter().filter(|key| key.columns.contains(name)).all(|key| key.null_rate.is_none());
    !can_be_null(&table.columns[column]) && !nulls && by_key
}

/// The column whose values a column has, through the keys that it is part of; with it its type, where that is written, or what makes it.
fn origin(dataset: &Dataset, mut column: (usize, usize)) -> (Option<(usize, usize)>, String) {
    for _ in 0..dataset.tables.len() {
        let table = &dataset.tables[column.0];
        let name = &table.columns[column.1].name;
        let referred = table.foreign_keys.iter().find_map(|key| {
            let step = key.columns.iter().position(|known| known == name)?;
            let parent = dataset.tables.iter().position(|known| known.name == key.references.table)?;
            Some((parent, column_of(&dataset.tables[parent], key.references.columns.get(step)?)?))
        });
        match referred {
            Some(next) if next != column => column = next,
            _ => break,
        }
    }
    let definition = &dataset.tables[column.0].columns[column.1];
    match (definition.logical_type(), &definition.generator) {
        (Some(logical), _) => (None, logical.to_string()),
        (None, Some(generator)) => (None, generator.entry().name.clone()),
        (None, None) => (Some(column), String::new()),
    }
}

/// Whether a key can choose among the parents that agree with another's.
fn chooses(key: &ForeignKey) -> bool {
    key.children.is_none() && super::picks::by(key) != crate::enforce::pick::By::Turn
}

impl Compiler {
    /// What a check says beside what keys agree in; `None` where that is all.
    pub(super) fn beside_agreements(&mut self, table: usize, rule: &Rule, sql: &str) -> Option<String> {
        let definition = &self.dataset.tables[table];
        let state = &self.tables[table];
        let is_it = |at: usize| definition.rules[at].id == rule.id;
        let agreed = state.agreements.iter().filter(|agreement| is_it(agreement.rule));
        let first = agreed.clone().next();
        let chosen = state.eligible.iter().filter(|eligible| is_it(eligible.rule));
        let by = chosen.clone().next().map(|eligible| eligible.key);
        let held: Vec<usize> = agreed.map(|one| one.part).chain(chosen.map(|one| one.part)).collect();
        // What is said in some rows alone is none of it.
        if held.is_empty() || rule.when.is_some() {
            return Some(sql.to_owned());
        }
        // Of a rule that is said in several ways only some parts may stand here.
        let written = definition.rules.iter().find(|known| known.id == rule.id);
        let written = written.and_then(|written| match &written.kind {
            RuleKind::Check { sql } => Parsed::parse(sql).ok(),
            _ => None,
        })?;
        let written = written.conjuncts();
        let held: Vec<&str> = held.iter().filter_map(|part| Some(written.get(*part)?.sql())).collect();
        let parts = Parsed::parse(sql).ok()?.conjuncts();
        let parts = parts.iter().filter(|stated| !held.contains(&stated.sql()));
        let left: Vec<String> = parts.map(|stated| format!("({}\n)", stated.sql())).collect();
        if !left.is_empty() {
            return Some(left.join(" AND "));
        }
        let keys = &definition.foreign_keys;
        let note = match (first, by) {
            (Some(first), _) => format!(
                "{} chooses among the parents that agree with those of {}",
                keys[first.key].name(),
                keys[first.decider].name()
            ),
            (None, Some(key)) => format!("{} chooses among the parents that obey it", keys[key].name()),
            (None, None) => return None,
        };
        self.hold(table, rule, "by_construction", note);
        None
    }
}

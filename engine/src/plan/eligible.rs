//! Keys by which no two rows have the same parent, and which parents a row may have: by `where`, or by a check that reads nothing but what they
//! hold. Rows that take different parents cannot choose again, so that they take them among those that can be chosen.

use std::sync::{Arc, OnceLock};

use super::agree::kept_apart;
use super::compiler::{Compiler, Failed};
use super::quotas::Pass;
use super::statements::Member;
use super::{Plan, SlotId};
use crate::enforce::candidates::{Candidates, OneEach};
use crate::enforce::pick::{By, HELD};
use crate::enforce::quota::{Conflict, Fault};
use crate::expr::Parsed;
use crate::generators::Made;
use crate::problem::Problem;
use crate::schema::{Dataset, Pick, RuleKind, Table};
use crate::types::LogicalType;

/// What a check says of the parents of a key.
#[derive(Clone, Debug)]
pub(super) struct Eligible {
    pub key: usize,
    /// The condition over the parents' own columns.
    pub sql: String,
    /// The place of the rule among the table's, and of the part at AND.
    pub rule: usize,
    pub part: usize,
}

/// What checks say of the parents of keys that keep rows apart; who decides whom is added to `deciders`, where two keys do so together.
pub(super) fn eligible(dataset: &Dataset, table: usize, deciders: &mut [Option<usize>]) -> Vec<Eligible> {
    let definition = &dataset.tables[table];
    let mut found = Vec::new();
    if definition.given.is_some() {
        return found;
    }
    let mut is_apart = |key: usize| is_alone(definition, key) || decided(dataset, table, key, deciders);
    for (key, own) in definition.foreign_keys.iter().enumerate() {
        let is_weighted = super::picks::by(own) == By::Weight;
        if own.references.table == definition.name || own.children.is_some() || is_weighted {
            continue;
        }
        let checks = definition.rules.iter().enumerate().filter_map(|(at, rule)| match &rule.kind {
            RuleKind::Check { sql } if rule.when.is_none() => Some((at, Parsed::parse(sql).ok()?)),
            _ => None,
        });
        let stated = checks.flat_map(|(rule, parsed)| {
            let parts = parsed.conjuncts().into_iter().enumerate();
            parts.filter_map(move |(part, stated)| {
                let sql = stated.below(own.name())?;
                Some(Eligible { key, sql: format!("COALESCE(({}\n), TRUE)", sql.sql()), rule, part })
            })
        });
        let stated: Vec<Eligible> = stated.collect();
        if (!stated.is_empty() || own.condition.is_some()) && is_apart(key) {
            found.extend(stated);
        }
    }
    found
}

/// Whether no two rows may have the same parent by a key.
fn is_alone(table: &Table, key: usize) -> bool {
    let columns = &table.foreign_keys[key].columns;
    let is_inside = |names: &[String]| !names.is_empty() && names.iter().all(|name| columns.contains(name));
    let by_rule = table.rules.iter().any(|rule| match &rule.kind {
        RuleKind::Unique { columns } => rule.when.is_none() && is_inside(columns),
        _ => false,
    });
    let is_unique = |name: &String| table.column(name).is_some_and(|column| column.unique == Some(true));
    is_inside(&table.primary_key) || columns.iter().any(is_unique) || by_rule
}

/// Whether a key takes the parents that another leaves it, by which and itself rows are kept apart.
fn decided(dataset: &Dataset, table: usize, key: usize, deciders: &mut [Option<usize>]) -> bool {
    let definition = &dataset.tables[table];
    let keys = &definition.foreign_keys;
    if let Some(decider) = deciders[key] {
        return kept_apart(definition, key, decider);
    }
    let can_decide = |other: &usize| {
        *other != key
            && deciders[*other].is_none()
            && keys[*other].null_rate.is_none()
            && keys[*other].references.table != definition.name
            && kept_apart(definition, key, *other)
    };
    if deciders.contains(&Some(key)) || super::picks::by(&keys[key]) == By::Turn {
        return false;
    }
    let Some(other) = (0..keys.len()).find(can_decide) else { return false };
    deciders[key] = Some(other);
    true
}

impl Compiler {
    /// What a key's `where` and the checks of its parents leave, as one condition.
    pub(super) fn eligible_by(&self, table: usize, key: usize) -> Option<String> {
        let own = self.dataset.tables[table].foreign_keys[key].condition.iter();
        let checks = self.tables[table].eligible.iter().filter(|one| one.key == key).map(|one| &one.sql);
        let all: Vec<&String> = own.chain(checks).collect();
        match all.as_slice() {
            [] => None,
            [one] => Some((*one).clone()),
            _ => Some(all.iter().map(|one| format!("({one}\n)")).collect::<Vec<_>>().join(" AND ")),
        }
    }

    /// The parent of each row where every one takes another of those that can be chosen; `None` where a key is not such.
    pub(super) fn one_each(&mut self, table: usize, key: usize) -> Result<Option<SlotId>, Failed> {
        let dataset = Arc::clone(&self.dataset);
        let own = &dataset.tables[table];
        let definition = &own.foreign_keys[key];
        let deal = self.statements.deal_of_key(table, key).map(|place| &self.statements.deals[&table][place]);
        let is_sole = match deal {
            Some(deal) => {
                deal.members == [Member::Key(key)]
                    && deal.siblings_of.is_none()
                    && deal.when.is_none()
                    && deal.unlike.is_none()
                    && deal.beside.is_empty()
            }
            None => self.key_is_unique(table, key),
        };
        let rule = deal.map(|deal| deal.rule.clone());
        let is_weighted = matches!(definition.pick, Some(Pick::Weighted { .. }));
        if !is_sole || is_weighted || self.eligible_by(table, key).is_none() {
            return Ok(None);
        }
        let parent = self.parent_of(table, key).ok_or(Failed::Known)?;
        let (rows, parents) = (self.rows(table).ok_or(Failed::Known)?, self.rows(parent).ok_or(Failed::Known)?);
        let name = dataset.tables[parent].name.clone();
        let pointer = format!("/tables/{table}/foreign_keys/{key}");
        if parents > HELD {
            let detail = format!("{name} has {parents} rows, and at most {HELD} are told apart by a condition");
            self.report(&pointer, [Problem::new("too_many_rows", detail).remedy("ask for fewer rows")]);
            return Err(Failed::Known);
        }
        let (condition, _) = self.limits(table, key, parent)?;
        let condition = self.suited(table, key, condition)?;
        let rules = self.tables[table].eligible.iter().filter(|one| one.key == key);
        let mut rules: Vec<String> = rules.map(|one| own.rules[one.rule].id.clone()).collect();
        let said = if rules.is_empty() { format!("the where of {}", definition.name()) } else { rules.join(" and ") };
        let candidates = Arc::new(Candidates {
            parent,
            parents,
            columns: Vec::new(),
            beside: None,
            condition,
            weight: None,
            names: (definition.name().to_owned(), name.clone()),
            groups: OnceLock::new(),
        });
        let position = self.seeds.key(own.seed_name(), definition.name(), "position", 0);
        let elsewhere = candidates.read().collect();
        let fill = OneEach { candidates: Arc::clone(&candidates), key: position };
        let made = Made { elsewhere, ..Made::computed(LogicalType::Integer, fill) };
        let slot = self.push(table, definition.name().to_owned(), made.all_distinct());
        self.tables[table].slots[slot].nullable = false;
        rules.extend(rule.iter().cloned());
        let who = rule.unwrap_or_else(|| format!("{}.{}", own.name, definition.name()));
        self.statements.pointers.entry(who.clone()).or_insert(pointer);
        let told = who.clone();
        let check = Box::new(move |plan: &Plan| {
            let found = candidates.count(plan)?;
            if found >= rows {
                return Ok(Vec::new());
            }
            let detail = format!("{told} needs {rows} rows of {name}, and {found} of {parents} obey {said}");
            Err(Fault::Conflict(Conflict { rules: rules.clone(), detail }))
        });
        let passed = if rows == 0 { 0 } else { parents };
        self.statements.passes.push(Pass { table, slot, rule: who, rows: passed, check: Some(check), proves: false });
        self.mask_key(table, key, slot).map(Some)
    }
}

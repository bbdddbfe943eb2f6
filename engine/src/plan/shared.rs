//! Keys that share a column: one decides it, and the others choose among the parents that agree with it.
//!
//! The key with `children` decides, else the one of the most columns. So a sale of a customer of some company, who is known by company and
//! number, belongs to that company, and shows a product of it.

use std::cmp::Reverse;
use std::sync::{Arc, OnceLock};

use super::agree::Agreement;
use super::compiler::{Compiler, Failed, Name};
use super::picks::{CHOICE, by};
use super::quotas::Pass;
use super::statements::Member;
use super::{Plan, SlotId};
use crate::enforce::candidates::{Among, Beside, BesidePair, Candidates, OfPair, Pairs, Suits};
use crate::enforce::pick::{By, HELD};
use crate::enforce::quota::{Conflict, Fault};
use crate::expr::Op;
use crate::generators::{Made, Rows};
use crate::plan::Evaluation;
use crate::problem::Problem;
use crate::run::blocks;
use crate::schema::Table;
use crate::types::LogicalType;

/// For each key the one that decides columns which it shares; none where it shares none, or decides them itself.
pub(super) fn deciders(table: &Table) -> Vec<Option<usize>> {
    let keys = &table.foreign_keys;
    let structural = keys.iter().position(|key| key.children.is_some());
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_by_key(|key| (Some(*key) != structural, Reverse(keys[*key].columns.len())));
    let mut deciders = vec![None; keys.len()];
    let mut deciding: Vec<usize> = Vec::new();
    for key in order {
        let shares = |other: &&usize| keys[**other].columns.iter().any(|column| keys[key].columns.contains(column));
        deciders[key] = deciding.iter().find(shares).copied();
        if deciders[key].is_none() {
            deciding.push(key);
        }
    }
    deciders
}

impl Compiler {
    /// What keys that share columns cannot ask for.
    pub(super) fn check_shared(&mut self, table: usize, key: usize) {
        let dataset = Arc::clone(&self.dataset);
        let own = &dataset.tables[table];
        let definition = &own.foreign_keys[key];
        let pointer = format!("/tables/{table}/foreign_keys/{key}");
        for (step, column) in definition.columns.iter().enumerate() {
            if definition.columns[..step].contains(column) {
                let detail = format!("{column} stands twice in {}", definition.name());
                let problem = Problem::new("repeated_name", detail).at(format!("{pointer}/columns/{step}"));
                self.problems.push(problem.remedy("name it once"));
            }
        }
        let Some(decider) = self.tables[table].deciders[key] else { return };
        let deciding = &own.foreign_keys[decider];
        let others = || own.foreign_keys.iter().enumerate().filter(|(other, _)| *other != key);
        for (step, column) in definition.columns.iter().enumerate() {
            let elsewhere = others().find(|(_, other)| other.columns.contains(column));
            if let (Some((_, other)), false) = (elsewhere, deciding.columns.contains(column)) {
                let what = format!(
                    "{}, which shares columns with {} and {column} with {}, is",
                    definition.name(),
                    deciding.name(),
                    other.name()
                );
                self.not_yet(&what, &format!("{pointer}/columns/{step}"));
            }
        }
        let shared: Vec<&str> =
            definition.columns.iter().filter(|name| deciding.columns.contains(name)).map(String::as_str).collect();
        let shared = shared.join(", ");
        if [key, decider].iter().any(|key| self.parent_of(table, *key) == Some(table)) {
            self.not_yet(&format!("a key to the own table that shares {shared} with another is"), &pointer);
        }
        if self.given_rows(table) > 0 {
            let detail = format!(
                "given rows beside the keys {} and {}, which share {shared}, are",
                definition.name(),
                deciding.name()
            );
            self.not_yet(&detail, &format!("/tables/{table}/given"));
        }
        let is_decided = self.is_decided(table, key);
        let mut refuse = |place: &str, detail: String, remedy: &str| {
            let problem = Problem::new("two_owners", detail).at(format!("{pointer}{place}"));
            self.problems.push(problem.remedy(remedy));
        };
        if definition.children.is_some() {
            let detail = format!(
                "{} decides {shared}, so parents by {} have no number of their own",
                deciding.name(),
                definition.name()
            );
            refuse("/children", detail, "use pick in the place of children");
        }
        if by(definition) == By::Turn {
            let detail =
                format!("{} decides {shared}, so parents by {} have no turns", deciding.name(), definition.name());
            refuse("/pick", detail, "pick uniform, zipf or by weights");
        }
        if is_decided && definition.null_rate.is_some_and(|rate| rate > 0.0) {
            let detail = format!("{} decides all columns of {}", deciding.name(), definition.name());
            refuse("/null_rate", detail, "give it to the key that decides them");
        }
    }

    /// Columns that a key decides: those of another key are not its to make null.
    pub(super) fn decides(&self, table: usize, key: usize, column: &String) -> bool {
        let decider = self.tables[table].deciders[key];
        decider.is_none_or(|decider| !self.dataset.tables[table].foreign_keys[decider].columns.contains(column))
    }

    /// Whether another key decides all columns of a key.
    pub(super) fn is_decided(&self, table: usize, key: usize) -> bool {
        let keys = &self.dataset.tables[table].foreign_keys;
        self.tables[table].deciders[key]
            .is_some_and(|decider| keys[key].columns.iter().all(|name| keys[decider].columns.contains(name)))
    }

    /// The keys that choose among what a key leaves them.
    fn dependents(&self, table: usize, key: usize) -> Vec<usize> {
        let deciders = &self.tables[table].deciders;
        (0..deciders.len()).filter(|other| deciders[*other] == Some(key)).collect()
    }

    /// What the shared columns of a key refer to by the key that decides them, in its parents.
    fn decided_by(&mut self, table: usize, key: usize, decider: usize) -> Result<Vec<SlotId>, Failed> {
        let dataset = Arc::clone(&self.dataset);
        let keys = &dataset.tables[table].foreign_keys;
        let shared = keys[key].columns.iter().filter(|name| keys[decider].columns.contains(name));
        let shared: Vec<&String> = shared.collect();
        let mut slots = self.referenced(table, decider, &shared)?;
        let parent = self.parent_of(table, decider).ok_or(Failed::Known)?;
        for agreement in self.agreed(table, key) {
            slots.push(self.slot(parent, Name::Column(agreement.theirs))?);
        }
        Ok(slots)
    }

    /// What a key agrees in with the one that decides it, as checks say.
    fn agreed(&self, table: usize, key: usize) -> Vec<Agreement> {
        self.tables[table].agreements.iter().filter(|agreement| agreement.key == key).cloned().collect()
    }

    fn referenced(&mut self, table: usize, key: usize, columns: &[&String]) -> Result<Vec<SlotId>, Failed> {
        let dataset = Arc::clone(&self.dataset);
        let definition = &dataset.tables[table].foreign_keys[key];
        let parent = self.parent_of(table, key).ok_or(Failed::Known)?;
        let of = |column: &&String| -> Option<usize> {
            let step = definition.columns.iter().position(|name| name == *column)?;
            let referenced = definition.references.columns.get(step)?;
            dataset.tables[parent].columns.iter().position(|known| known.name == *referenced)
        };
        let places = columns.iter().map(|column| of(column).ok_or(Failed::Known)).collect::<Result<Vec<_>, _>>()?;
        places.into_iter().map(|place| self.slot(parent, Name::Column(place))).collect()
    }

    /// The parents of a key by the values of the columns that it shares.
    fn candidates(&mut self, table: usize, key: usize, decider: usize) -> Result<Arc<Candidates>, Failed> {
        if let Some(known) = self.tables[table].candidates.get(&key) {
            return Ok(Arc::clone(known));
        }
        let dataset = Arc::clone(&self.dataset);
        let keys = &dataset.tables[table].foreign_keys;
        let (definition, deciding) = (&keys[key], &keys[decider]);
        let pointer = format!("/tables/{table}/foreign_keys/{key}");
        let parent = self.parent_of(table, key).ok_or(Failed::Known)?;
        let theirs = self.parent_of(table, decider).ok_or(Failed::Known)?;
        let parents = self.rows(parent).ok_or(Failed::Known)?;
        let name = &dataset.tables[parent].name;
        if parents > HELD {
            let detail =
                format!("{name} has {parents} rows, and a key that shares a column takes {HELD} parents at most");
            self.report(&pointer, [Problem::new("too_many_rows", detail).remedy("ask for fewer rows")]);
            return Err(Failed::Known);
        }
        let shared: Vec<&String> = definition.columns.iter().filter(|name| deciding.columns.contains(name)).collect();
        let mut columns = self.referenced(table, key, &shared)?;
        let (mut agreed, mut compared) = (self.agreed(table, key), None);
        if agreed.last().is_some_and(|last| last.op != Op::Equal) {
            compared = agreed.pop();
        }
        for agreement in &agreed {
            columns.push(self.slot(parent, Name::Column(agreement.own))?);
        }
        let decided = self.decided_by(table, key, decider)?;
        let beside = match compared {
            None => None,
            Some(agreement) => {
                let column = self.slot(parent, Name::Column(agreement.own))?;
                let other = *decided.last().ok_or(Failed::Known)?;
                let places = [(parent, column), (theirs, other)].map(|(table, slot)| {
                    match self.tables[table].slots[slot].logical {
                        LogicalType::Decimal { scale, .. } => u32::from(scale.unsigned_abs()),
                        _ => 0,
                    }
                });
                Some(Beside { column, op: agreement.op, places: places[0].max(places[1]) })
            }
        };
        let agreed = agreed.iter().map(|agreement| &dataset.tables[parent].columns[agreement.own].name);
        for ((column, own), other) in shared.iter().copied().chain(agreed).zip(&columns).zip(&decided) {
            let own = self.tables[parent].slots[*own].logical.clone();
            let other = self.tables[theirs].slots[*other].logical.clone();
            if own.arrow() != other.arrow() {
                let detail = format!("{column} is {other} by {} and {own} by {}", deciding.name(), definition.name());
                self.report(&pointer, [Problem::new("wrong_type", detail).remedy("give both columns one type")]);
                return Err(Failed::Known);
            }
        }
        let (condition, weight) = self.limits(table, key, parent)?;
        let names = (definition.name().to_owned(), name.clone());
        let groups = OnceLock::new();
        let candidates = Arc::new(Candidates { parent, parents, columns, beside, condition, weight, names, groups });
        self.tables[table].candidates.insert(key, Arc::clone(&candidates));
        Ok(candidates)
    }

    /// Which parents of a key can be chosen where others share its columns: `condition`, and candidates for all of these. A slot of the parents;
    /// `condition` alone where no key shares a column.
    pub(super) fn suited(
        &mut self,
        table: usize,
        key: usize,
        condition: Option<SlotId>,
    ) -> Result<Option<SlotId>, Failed> {
        let dependents = self.dependents(table, key);
        if dependents.is_empty() {
            return Ok(condition);
        }
        let parent = self.parent_of(table, key).ok_or(Failed::Known)?;
        let (mut asked, mut inputs) = (Vec::new(), Vec::new());
        for dependent in dependents {
            asked.push(self.candidates(table, dependent, key)?);
            inputs.extend(self.decided_by(table, dependent, key)?);
        }
        inputs.extend(condition);
        let elsewhere = asked.iter().flat_map(|candidates| candidates.read().collect::<Vec<_>>()).collect();
        let made = Made::computed(LogicalType::Boolean, Suits { asked, has_condition: condition.is_some() });
        let slot = self.push(parent, "candidates".to_owned(), Made { inputs, elsewhere, ..made });
        self.tables[parent].slots[slot].nullable = false;
        Ok(Some(slot))
    }

    /// Sees to it that all parents of a key which does not choose them suit the keys that share its columns, before the first row.
    pub(super) fn need_suited(&mut self, table: usize, key: usize, slot: SlotId) -> Result<(), Failed> {
        let Some(suits) = self.suited(table, key, None)? else { return Ok(()) };
        let dataset = Arc::clone(&self.dataset);
        let parent = self.parent_of(table, key).ok_or(Failed::Known)?;
        let parents = self.rows(parent).ok_or(Failed::Known)?;
        let keys = &dataset.tables[table].foreign_keys;
        let others: Vec<&str> = self.dependents(table, key).into_iter().map(|other| keys[other].name()).collect();
        let (others, name) = (others.join(", "), dataset.tables[parent].name.clone());
        let allocation = self.tables[table].allocation.clone().filter(|_| self.structural_key(table) == Some(key));
        let check = move |plan: &Plan| {
            for block in blocks(0..parents) {
                let first = block.start;
                let holds = Evaluation::new(plan, parent, Rows::Range(block)).need(suits).map_err(Fault::Run)?;
                let holds = datafusion::arrow::array::AsArray::as_boolean(&*holds);
                for row in (first..).zip(holds).filter_map(|(row, holds)| (holds != Some(true)).then_some(row)) {
                    if allocation.as_ref().is_none_or(|known| !known.cursor().children_of(row).is_empty()) {
                        let detail =
                            format!("rows have row {row} of {name}, beside which nothing can be chosen by {others}");
                        return Err(Fault::Conflict(Conflict { rules: Vec::new(), detail }));
                    }
                }
            }
            Ok(Vec::new())
        };
        self.tables[table].slots[slot].elsewhere.push((parent, suits));
        self.pass_of_key(table, key, slot, parents, Box::new(check));
        Ok(())
    }

    fn pass_of_key(&mut self, table: usize, key: usize, slot: SlotId, rows: u64, check: super::quotas::Check) {
        let definition = &self.dataset.tables[table];
        let rule = format!("{}.{}", definition.name, definition.foreign_keys[key].name());
        self.statements.pointers.insert(rule.clone(), format!("/tables/{table}/foreign_keys/{key}"));
        let rows = if self.rows(table) == Some(0) { 0 } else { rows };
        let check: super::quotas::Check = Box::new(move |plan| if rows == 0 { Ok(Vec::new()) } else { check(plan) });
        self.statements.passes.push(Pass { table, slot, rule, rows, check: Some(check), proves: false });
    }

    /// The parent that each row has by a key whose shared columns another decides.
    pub(super) fn decided_key(&mut self, table: usize, key: usize, decider: usize) -> Result<SlotId, Failed> {
        self.check_apart(table, key)?;
        let dataset = Arc::clone(&self.dataset);
        let own = &dataset.tables[table];
        let definition = &own.foreign_keys[key];
        let candidates = self.candidates(table, key, decider)?;
        let mut inputs = Vec::new();
        for value in self.decided_by(table, key, decider)? {
            inputs.push(self.slot(table, Name::Parent { key: decider, slot: value })?);
        }
        let nullable = inputs.iter().any(|input| self.tables[table].slots[*input].nullable);
        let deal = self.statements.deal_of_key(table, key);
        let siblings = match deal {
            Some(place) if self.is_of_siblings(table, place, key, decider) => true,
            Some(place) => {
                let pairs = self.pairs(table, place, key, decider)?;
                return self.of_pair(table, key, pairs, inputs, false);
            }
            None => false,
        };
        if siblings {
            inputs.push(self.slot(table, Name::Key(decider))?);
            inputs.push(self.slot(table, Name::Index(decider))?);
        } else if self.key_is_unique(table, key) {
            self.not_yet(
                &format!("{}, which shares columns and keeps rows from sharing a parent, is", definition.name()),
                &format!("/tables/{table}/foreign_keys/{key}"),
            );
            return Err(Failed::Known);
        }
        let stream = |role: &str| self.seeds.key(own.seed_name(), definition.name(), role, 0);
        let (value, position) = (stream("value"), stream("position"));
        let elsewhere = candidates.read().collect();
        let among = Among { candidates: Arc::clone(&candidates), key: value, position, by: by(definition), siblings };
        let drawn_by = (!siblings).then(|| format!("{CHOICE}{}", definition.name()));
        let made = Made { drawn_by, inputs, elsewhere, ..Made::computed(LogicalType::Integer, among) };
        let slot = self.push(table, definition.name().to_owned(), made);
        self.tables[table].slots[slot].nullable = nullable;
        if let Some(place) = deal {
            self.enough_for_siblings(table, place, key, decider, slot)?;
        }
        self.mask_key(table, key, slot)
    }

    /// Whether children of one parent, and only they, are to take different parents by a key.
    fn is_of_siblings(&self, table: usize, place: usize, key: usize, decider: usize) -> bool {
        let deal = &self.statements.deals[&table][place];
        deal.siblings_of == Some(decider) && deal.members == [Member::Key(key)] && deal.when.is_none()
    }

    /// Sees to it before the first row that no parent has more children than these have candidates.
    fn enough_for_siblings(
        &mut self,
        table: usize,
        place: usize,
        key: usize,
        decider: usize,
        slot: SlotId,
    ) -> Result<(), Failed> {
        let candidates = self.candidates(table, key, decider)?;
        let decided = self.decided_by(table, key, decider)?;
        let rule = self.statements.deals[&table][place].rule.clone();
        let allocation = self.tables[table].allocation.clone().ok_or(Failed::Known)?;
        let parent = self.parent_of(table, decider).ok_or(Failed::Known)?;
        let parents = self.rows(parent).ok_or(Failed::Known)?;
        let check = move |plan: &Plan| {
            for block in blocks(0..parents) {
                let (first, block_end) = (block.start, block.end);
                let mut evaluation = Evaluation::new(plan, parent, Rows::Range(block));
                let need = |slot: &SlotId| evaluation.need(*slot);
                let arrays = decided.iter().map(need).collect::<Result<Vec<_>, _>>().map_err(Fault::Run)?;
                let counts = candidates.counts(plan, &arrays, (block_end - first) as usize)?;
                let mut cursor = allocation.cursor();
                for (row, count) in (first..).zip(counts) {
                    let children = cursor.children_of(row);
                    let needed = children.end - children.start;
                    if let Some(count) = count.filter(|count| *count < needed) {
                        let detail = format!(
                            "{rule} needs {needed} combinations for the children of one parent and there are {count}"
                        );
                        return Err(Fault::Conflict(Conflict { rules: vec![rule.clone()], detail }));
                    }
                }
            }
            Ok(Vec::new())
        };
        self.pass_of_key(table, key, slot, parents, Box::new(check));
        Ok(())
    }

    /// The combinations of a key and the one that decides its shared columns, of which no two rows have the same.
    fn pairs(&mut self, table: usize, place: usize, key: usize, decider: usize) -> Result<Arc<Pairs>, Failed> {
        if let Some(known) = self.tables[table].pairs.get(&key) {
            return Ok(Arc::clone(known));
        }
        let dataset = Arc::clone(&self.dataset);
        let own = &dataset.tables[table];
        let deal = &self.statements.deals[&table][place];
        let (rule, pointer) = (deal.rule.clone(), deal.pointer.clone());
        let both = [key, decider].iter().all(|key| deal.members.contains(&Member::Key(*key)));
        let others = || deal.members.iter().filter(|member| ![Member::Key(key), Member::Key(decider)].contains(member));
        if !both
            || others().any(|member| member.column().is_none())
            || deal.when.is_some()
            || deal.siblings_of.is_some()
        {
            let keys = &own.foreign_keys;
            let what = format!(
                "{rule}, which keeps rows apart by more than {} and {}, whose columns are shared, is",
                keys[decider].name(),
                keys[key].name()
            );
            self.not_yet(&what, &pointer);
            return Err(Failed::Known);
        }
        let members = deal.members.clone();
        let parts = self.parts(table, place)?;
        let of_columns = members.iter().zip(&parts).filter(|(member, _)| member.column().is_some());
        let times = of_columns.fold(1_u128, |all, (_, part)| all.saturating_mul(part.countable.count()));
        let candidates = self.candidates(table, key, decider)?;
        let columns = self.decided_by(table, key, decider)?;
        let suits = self.suited(table, decider, None)?.ok_or(Failed::Known)?;
        let parent = self.parent_of(table, decider).ok_or(Failed::Known)?;
        let parents = self.rows(parent).ok_or(Failed::Known)?;
        let rows = self.rows(table).ok_or(Failed::Known)?;
        if parents > HELD {
            let detail = format!(
                "{} has {parents} rows, and a key that shares a column takes {HELD} parents at most",
                dataset.tables[parent].name
            );
            self.report(&pointer, [Problem::new("too_many_rows", detail).remedy("ask for fewer rows")]);
            return Err(Failed::Known);
        }
        let stream = self.seeds.key(own.seed_name(), &rule, "position", 0);
        let ready = OnceLock::new();
        let pairs =
            Arc::new(Pairs { parent, parents, columns, suits, candidates, times, key: stream, rows, rule, ready });
        self.tables[table].pairs.insert(key, Arc::clone(&pairs));
        Ok(pairs)
    }

    /// One key's part of combinations without repetition; the deciding one has no inputs.
    fn of_pair(
        &mut self,
        table: usize,
        key: usize,
        pairs: Arc<Pairs>,
        inputs: Vec<SlotId>,
        is_deciding: bool,
    ) -> Result<SlotId, Failed> {
        let name = self.dataset.tables[table].foreign_keys[key].name().to_owned();
        let mut elsewhere: Vec<(usize, SlotId)> = pairs.candidates.read().collect();
        elsewhere.push((pairs.parent, pairs.suits));
        elsewhere.extend(pairs.columns.iter().map(|slot| (pairs.parent, *slot)));
        let (rule, rows) = (pairs.rule.clone(), pairs.parents);
        let fill = OfPair { pairs: Arc::clone(&pairs), is_decided: !is_deciding };
        let made = Made { inputs, elsewhere, ..Made::computed(LogicalType::Integer, fill) };
        let slot = self.push(table, name, made);
        self.tables[table].slots[slot].nullable = false;
        if is_deciding {
            let check = Box::new(move |plan: &Plan| pairs.ready(plan).map(|_| Vec::new()));
            self.statements.passes.push(Pass { table, slot, rule, rows, check: Some(check), proves: false });
        }
        self.mask_key(table, key, slot)
    }

    /// The parent of a key that decides columns which others share, where its combinations with one of these do not repeat.
    pub(super) fn deciding_pair(&mut self, table: usize, place: usize, key: usize) -> Result<Option<SlotId>, Failed> {
        let deal = &self.statements.deals[&table][place];
        let mut dependents = self.dependents(table, key).into_iter();
        let Some(other) = dependents.find(|other| deal.members.contains(&Member::Key(*other))) else { return Ok(None) };
        let pairs = self.pairs(table, place, other, key)?;
        self.of_pair(table, key, pairs, Vec::new(), true).map(Some)
    }

    /// A column of combinations of two keys that agree, which tells apart those of one pair of parents.
    pub(super) fn beside_pair(&mut self, table: usize, place: usize, column: usize) -> Result<Option<Made>, Failed> {
        let deal = &self.statements.deals[&table][place];
        let keys: Vec<usize> = deal.members.iter().filter_map(|member| member.key()).collect();
        let decided = keys.iter().find_map(|key| {
            let decider = self.tables[table].deciders[*key]?;
            keys.contains(&decider).then_some((*key, decider))
        });
        let Some((key, decider)) = decided.filter(|_| deal.siblings_of.is_none()) else { return Ok(None) };
        let members = deal.members.clone();
        let pairs = self.pairs(table, place, key, decider)?;
        let parts = self.parts(table, place)?;
        let of_columns = members.iter().zip(parts).filter_map(|(member, part)| Some((member.column()?, part)));
        let mut stride = 1_u128;
        for (known, part) in of_columns {
            if known == column {
                let fill = BesidePair { pairs, countable: part.countable, stride };
                return Ok(Some(Made { longest: part.longest, ..Made::computed(part.logical, fill) }));
            }
            stride = stride.saturating_mul(part.countable.count());
        }
        Ok(None)
    }
}

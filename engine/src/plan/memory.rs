//! What generators with memory must not meet: a rule that draws rows again which they have looked at already.

use std::collections::HashSet;

use indexmap::IndexSet;

use super::compiler::Compiler;
use super::{SlotId, Source};
use crate::problem::Problem;

/// What is made at once: a slot, or the group that makes it with others.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Node {
    Slot(SlotId),
    Group(usize),
}

impl Compiler {
    /// The draws that a slot reads in other rows, itself or through what it is made of.
    pub(super) fn families_looked_at(&self, table: usize, slot: SlotId) -> HashSet<String> {
        let slots = &self.tables[table].slots;
        // Each slot once in its own row, and once more where it is looked at from another.
        let mut reached = vec![[false; 2]; slots.len()];
        let mut open = vec![(slot, false)];
        while let Some((slot, elsewhere)) = open.pop() {
            if !std::mem::replace(&mut reached[slot][usize::from(elsewhere)], true) {
                open.extend(slots[slot].inputs.iter().map(|input| (*input, elsewhere)));
                open.extend(slots[slot].far.iter().map(|far| (*far, true)));
            }
        }
        (0..slots.len()).filter(|slot| reached[*slot][1]).filter_map(|slot| slots[slot].drawn_by.clone()).collect()
    }

    /// The draws of a table that a slot reads by way of other tables, whose rows are made of this one's.
    pub(super) fn families_told_elsewhere(&self, table: usize, slot: SlotId) -> HashSet<String> {
        let reached = self.reach(self.node_of(table, slot));
        let slots = reached.iter().filter_map(|(place, node)| match node {
            Node::Slot(slot) => Some(&self.tables[*place].slots[*slot]),
            Node::Group(_) => None,
        });
        let read = slots.flat_map(|slot| &slot.elsewhere).filter(|(place, _)| *place == table);
        read.flat_map(|(_, slot)| self.families_behind(table, *slot)).collect()
    }

    /// Refuses rules whose columns must be drawn again until a value fits that is itself made of these columns in other rows.
    pub(super) fn check_memory(&mut self) {
        if self.statements.groups.values().all(Vec::is_empty) {
            return;
        }
        let mut found = Vec::new();
        for table in 0..self.tables.len() {
            let slots = &self.tables[table].slots;
            for (reader, slot) in slots.iter().enumerate() {
                let far = slot.far.iter().map(|read| (table, *read)).chain(slot.elsewhere.iter().copied());
                for (place, read) in far {
                    let reached = self.reach(self.node_of(place, read));
                    let to = self.node_of(table, reader);
                    if !reached.contains(&to) {
                        continue;
                    }
                    let blamed = reached.iter().find_map(|node| match node {
                        (place, Node::Group(group)) if self.reach(*node).contains(&to) => {
                            Some(&self.statements.groups[place][*group].rules)
                        }
                        _ => None,
                    });
                    let Some(rules) = blamed else { continue };
                    let detail = format!(
                        "{} would draw {} again until it fits, and {} is made of other rows' {1}",
                        rules.join(" and "),
                        self.tables[place].slots[read].name,
                        slot.name
                    );
                    let pointer =
                        rules.first().and_then(|rule| self.statements.pointers.get(rule)).cloned().unwrap_or_default();
                    found.push(
                        Problem::new("reads_other_rows", detail)
                            .at(pointer)
                            .remedy("let the rule read columns of its own row alone, or leave it out"),
                    );
                }
            }
        }
        self.problems.extend(found);
    }

    /// All that a node needs, itself included, in the order in which it is found.
    fn reach(&self, from: (usize, Node)) -> IndexSet<(usize, Node)> {
        let mut reached = IndexSet::from([from]);
        let mut next = 0;
        while let Some((table, node)) = reached.get_index(next).copied() {
            next += 1;
            let members: Vec<SlotId> = match node {
                Node::Slot(slot) => vec![slot],
                Node::Group(group) => {
                    let group = &self.statements.groups[&table][group];
                    group.members.iter().chain(&group.conditions).copied().collect()
                }
            };
            for member in members {
                let slot = &self.tables[table].slots[member];
                let own = slot.inputs.iter().chain(&slot.far).map(|read| (table, *read));
                let parent = match &slot.source {
                    Source::Parent { table, slot } => Some((*table, *slot)),
                    Source::Fill(_) => None,
                };
                for (place, read) in own.chain(slot.elsewhere.iter().copied()).chain(parent) {
                    reached.insert(self.node_of(place, read));
                }
            }
        }
        reached
    }

    fn node_of(&self, table: usize, slot: SlotId) -> (usize, Node) {
        let groups = self.statements.groups.get(&table).map(Vec::as_slice).unwrap_or_default();
        let group = groups.iter().position(|group| group.members.contains(&slot));
        (table, group.map_or(Node::Slot(slot), Node::Group))
    }
}

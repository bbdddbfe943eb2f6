//! What generators with memory must not meet: a rule that draws rows again which they have looked at already.

use std::collections::HashSet;

use super::SlotId;
use super::compiler::Compiler;
use crate::enforce::redraw::Group;
use crate::problem::Problem;

/// What is made at once: a slot, or the group that makes it with others.
#[derive(Clone, Copy, PartialEq)]
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

    /// Refuses rules whose columns must be drawn again until a value fits that is itself made of these columns in other rows.
    pub(super) fn check_memory(&mut self) {
        for table in 0..self.tables.len() {
            let groups = self.statements.groups.get(&table).map(Vec::as_slice).unwrap_or_default();
            if groups.is_empty() {
                continue;
            }
            let slots = &self.tables[table].slots;
            let mut found = Vec::new();
            for (reader, slot) in slots.iter().enumerate().filter(|(_, slot)| !slot.far.is_empty()) {
                for read in &slot.far {
                    let reached = self.reach(table, groups, node_of(groups, *read));
                    let to = node_of(groups, reader);
                    if !reached.contains(&to) {
                        continue;
                    }
                    let blamed = reached.iter().find_map(|node| match node {
                        Node::Group(group) if self.reach(table, groups, *node).contains(&to) => Some(*group),
                        _ => None,
                    });
                    let Some(rules) = blamed.map(|group| &groups[group].rules) else { continue };
                    let detail = format!(
                        "{} would draw {} again until it fits, and {} is made of other rows' {1}",
                        rules.join(" and "),
                        slots[*read].name,
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
            self.problems.extend(found);
        }
    }

    /// All that a node needs, itself included.
    fn reach(&self, table: usize, groups: &[Group], from: Node) -> Vec<Node> {
        let slots = &self.tables[table].slots;
        let mut reached = vec![from];
        let mut next = 0;
        while next < reached.len() {
            let node = reached[next];
            next += 1;
            let members: Vec<SlotId> = match node {
                Node::Slot(slot) => vec![slot],
                Node::Group(group) => groups[group].members.iter().chain(&groups[group].conditions).copied().collect(),
            };
            for member in members {
                for read in slots[member].inputs.iter().chain(&slots[member].far) {
                    let other = node_of(groups, *read);
                    if !reached.contains(&other) {
                        reached.push(other);
                    }
                }
            }
        }
        reached
    }
}

fn node_of(groups: &[Group], slot: SlotId) -> Node {
    groups.iter().position(|group| group.members.contains(&slot)).map_or(Node::Slot(slot), Node::Group)
}

//! Conditions that no construction holds: which slots are drawn again for each.

use std::collections::{HashMap, HashSet};

use super::SlotId;
use super::compiler::Compiler;
use super::picks::CHOICE;
use super::statements::Fixed;
use crate::enforce::redraw::Group;
use crate::expr::Parsed;

impl Compiler {
    /// Finds, after the columns, the slots that are drawn again for each condition.
    pub(super) fn compile_rules(&mut self) {
        self.finish_combinations();
        self.try_projected();
        self.keep_apart();
        let conditions = std::mem::take(&mut self.statements.conditions);
        self.check_domains(&conditions);
        let mut groups: HashMap<usize, Vec<(Group, HashSet<String>)>> = HashMap::new();
        for condition in conditions {
            let (table, limited) = (condition.table, &condition.limited);
            if !limited.is_empty() && limited.iter().all(|column| self.statements.systems.contains(&(table, *column))) {
                if let Some(held) = self.statements.held.get_mut(&condition.rule) {
                    held.way = "by_construction";
                    held.note = "values that break it are not counted out where it speaks".to_owned();
                }
                continue;
            }
            let slot = match self.sql(condition.table, &condition.sql, true) {
                Ok(slot) => slot,
                Err(failed) => {
                    self.report_failure(&condition.pointer, failed);
                    continue;
                }
            };
            if condition.is_met {
                self.statements.fixed.push(Fixed { table, slot, rule: condition.rule, owner: None, is_met: true });
                continue;
            }
            let steered = condition.steered.as_ref().and_then(|sql| self.sql(condition.table, sql, true).ok());
            let families = self.redrawn_for(condition.table, slot, steered);
            if families.is_empty() {
                if let Some(held) = self.statements.held.get_mut(&condition.rule) {
                    held.way = "checked_only";
                    held.note = "nothing that it reads can be drawn again".to_owned();
                }
                let steered = condition.steered.as_deref().and_then(|sql| self.owner_read(table, sql));
                let owner = steered.or_else(|| self.owner_read(table, &condition.sql));
                self.statements.fixed.push(Fixed { table, slot, rule: condition.rule, owner, is_met: false });
                continue;
            }
            let group = Group { members: Vec::new(), conditions: vec![slot], rules: vec![condition.rule] };
            groups.entry(condition.table).or_default().push((group, families));
        }
        for (table, slot, rule) in std::mem::take(&mut self.statements.rooms) {
            let families = self.redrawn_for(table, slot, None);
            if !families.is_empty() {
                let group = Group { members: Vec::new(), conditions: vec![slot], rules: vec![rule] };
                groups.entry(table).or_default().push((group, families));
            }
        }
        for (table, mut list) in groups {
            loop {
                for (group, families) in &mut list {
                    group.members = self.members(table, families, &group.conditions);
                }
                let Some((first, second)) = self.entangled(table, &list) else { break };
                let (group, families) = list.remove(second);
                list[first].0.conditions.extend(group.conditions);
                list[first].0.rules.extend(group.rules);
                list[first].1.extend(families);
            }
            self.statements.groups.insert(table, list.into_iter().map(|(group, _)| group).collect());
        }
        self.check_formulas();
        self.check_memory();
    }

    /// A column that a condition reads, and the rule that decides its values over all rows together.
    fn owner_read(&self, table: usize, sql: &str) -> Option<(String, String)> {
        let parsed = Parsed::parse(sql).ok()?;
        parsed.references().iter().find_map(|read| {
            let [name] = read.0.as_slice() else { return None };
            let column = self.column_named(table, name)?;
            let statements = &self.statements;
            let counted = statements.counted.get(&(table, column)).and_then(|asked| asked.first());
            let statistic = statements.statistics.get(&(table, column)).and_then(|asked| asked.first());
            let moving = statements.correlations.rule_of(table, column);
            let rule = statistic.map(|statistic| &statistic.rule.id);
            let rule = rule.or_else(|| counted.map(|counted| &counted.rule.id)).or_else(|| moving.map(|rule| &rule.id));
            let rule = rule.or_else(|| statements.overlap_of(table, column).map(|overlap| &overlap.rule.id));
            let dealt = statements.deal_of(table, column).map(|place| &statements.deals[&table][place].rule);
            let rule = rule.or(dealt)?.clone();
            Some((self.dataset.tables[table].columns[column].name.clone(), rule))
        })
    }

    /// The draws that are made again until a condition holds: those behind what is steered by it, else those behind all of it. Of both those of
    /// the row's own values come first, and then those that choose its parents. What only says of which rows a rule speaks stays as it is
    /// drawn, or the rule would empty its own condition.
    fn redrawn_for(&mut self, table: usize, condition: SlotId, steered: Option<SlotId>) -> HashSet<String> {
        // What other rows have looked at cannot change because this row does.
        let looked_at = self.families_looked_at(table, condition);
        let told = self.families_told_elsewhere(table, condition);
        let behind = |slot: SlotId, chooses: bool| -> HashSet<String> {
            let mut families = self.families_read(table, slot);
            families.retain(|family| {
                let is_fixed = looked_at.contains(family) || (chooses && told.contains(family));
                family.starts_with(CHOICE) == chooses && !is_fixed
            });
            families
        };
        let slots = steered.into_iter().chain([condition]).flat_map(|slot| [(slot, false), (slot, true)]);
        let found: Vec<HashSet<String>> = slots.map(|(slot, chooses)| behind(slot, chooses)).collect();
        let first = found.iter().find(|found| !found.is_empty()).cloned().unwrap_or_default();
        let all: HashSet<String> = found.into_iter().flatten().collect();
        self.statements.can_widen |= all.len() > first.len();
        if self.widens { all } else { first }
    }

    /// The draws that a slot depends on, within its table.
    pub(super) fn families_behind(&self, table: usize, slot: SlotId) -> HashSet<String> {
        let slots = &self.tables[table].slots;
        let needed = self.behind(table, &[slot]);
        (0..slots.len()).filter(|slot| needed[*slot]).filter_map(|slot| slots[slot].drawn_by.clone()).collect()
    }

    /// The same without those that stand behind an answer of a language model only because they say what it is asked: what is asked is known
    /// before the first answer, so that nothing of it is drawn again for the answers' sake.
    fn families_read(&self, table: usize, slot: SlotId) -> HashSet<String> {
        let slots = &self.tables[table].slots;
        let told: HashSet<SlotId> =
            self.pools.iter().filter(|pool| pool.table == table).flat_map(|pool| pool.reads.iter().copied()).collect();
        let mut needed = vec![false; slots.len()];
        needed[slot] = true;
        for slot in (0..slots.len()).rev() {
            if needed[slot] {
                for input in slots[slot].inputs.iter().filter(|input| !(slots[slot].asks && told.contains(input))) {
                    needed[*input] = true;
                }
            }
        }
        (0..slots.len()).filter(|slot| needed[*slot]).filter_map(|slot| slots[slot].drawn_by.clone()).collect()
    }

    /// Marks the slots that some slots depend on, themselves included.
    fn behind(&self, table: usize, targets: &[usize]) -> Vec<bool> {
        let slots = &self.tables[table].slots;
        let mut needed = vec![false; slots.len()];
        for target in targets {
            needed[*target] = true;
        }
        for slot in (0..slots.len()).rev() {
            if needed[slot] {
                for input in &slots[slot].inputs {
                    needed[*input] = true;
                }
            }
        }
        needed
    }

    /// The slots between what one draw makes and some targets, themselves included.
    pub(super) fn moved_by(&self, table: usize, family: &str, targets: &[usize]) -> Vec<usize> {
        let slots = &self.tables[table].slots;
        let needed = self.behind(table, targets);
        let mut moved = vec![false; slots.len()];
        for slot in 0..slots.len() {
            let drawn = slots[slot].drawn_by.as_deref() == Some(family);
            moved[slot] = drawn || slots[slot].inputs.iter().any(|input| moved[*input]);
        }
        (0..slots.len()).filter(|slot| moved[*slot] && needed[*slot]).collect()
    }

    /// The slots between some draws and the conditions: what changes when they are drawn again, and matters.
    fn members(&self, table: usize, families: &HashSet<String>, conditions: &[usize]) -> Vec<usize> {
        let slots = &self.tables[table].slots;
        let mut moved = vec![false; slots.len()];
        let mut targets = conditions.to_vec();
        for slot in 0..slots.len() {
            let drawn = slots[slot].drawn_by.as_ref().is_some_and(|family| families.contains(family));
            if drawn {
                targets.push(slot);
            }
            moved[slot] = drawn || slots[slot].inputs.iter().any(|input| moved[*input]);
        }
        let needed = self.behind(table, &targets);
        (0..slots.len()).filter(|slot| moved[*slot] && needed[*slot]).collect()
    }

    /// Two groups that share a slot or need each other.
    fn entangled(&self, table: usize, list: &[(Group, HashSet<String>)]) -> Option<(usize, usize)> {
        let reads: Vec<Vec<bool>> = list.iter().map(|(group, _)| self.behind(table, &group.members)).collect();
        for first in 0..list.len() {
            for second in first + 1..list.len() {
                let shared = list[second].0.members.iter().any(|member| list[first].0.members.contains(member));
                let needs = |a: usize, b: usize| list[b].0.members.iter().any(|member| reads[a][*member]);
                if shared || (needs(first, second) && needs(second, first)) {
                    return Some((first, second));
                }
            }
        }
        None
    }
}

//! Combinations of the children of one parent beside rules that leave these fewer values by what the parent holds: a flat has no gas meter, and
//! no two meters of one kind.

use std::sync::Arc;

use super::SlotId;
use super::compiler::{Compiler, Failed};
use super::statements::{Member, Part};
use crate::enforce::deal::Left;
use crate::expr::Parsed;

/// The most conditions that tell parents apart.
const CONDITIONS: usize = 8;

/// The most combinations that are looked through.
const COMBINATIONS: u128 = 1 << 16;

impl Compiler {
    /// What rules leave the children of each kind of parent, of combinations that are dealt among them; `None` where no rule does, or one asks for
    /// more than the parent.
    pub(super) fn left_to_siblings(
        &mut self,
        table: usize,
        place: usize,
        parts: &[Part],
        key: usize,
    ) -> Result<Option<Left>, Failed> {
        let deal = &self.statements.deals[&table][place];
        let (members, rule) = (deal.members.clone(), deal.rule.clone());
        let columns: Option<Vec<usize>> = members.iter().map(|member: &Member| member.column()).collect();
        let all = parts.iter().map(|part| part.countable.count()).fold(1, u128::saturating_mul);
        let (Some(columns), true) = (columns, all <= COMBINATIONS) else { return Ok(None) };
        let name = self.dataset.tables[table].foreign_keys[key].name().to_owned();
        let is_of_parent = |sql: &str| {
            let by_key = |read: &crate::expr::Reference| read.0.len() > 1 && read.0[0] == name;
            Parsed::parse(sql).is_ok_and(|parsed| parsed.references().iter().all(by_key))
        };
        let mut conditions: Vec<String> = Vec::new();
        // Of each limit its bit, none where it holds for all, and which combinations it leaves.
        let mut limits: Vec<(Option<usize>, Vec<bool>)> = Vec::new();
        let mut stride = 1_u128;
        for (column, part) in columns.iter().zip(parts) {
            let count = part.countable.count();
            let values = part.countable.unrank(&(0..count).collect::<Vec<u128>>());
            for limit in self.statements.limits.get(&(table, *column)).cloned().unwrap_or_default() {
                let bit = match limit.condition {
                    None => None,
                    Some(condition) if is_of_parent(&condition) => {
                        let known = conditions.iter().position(|known| *known == condition);
                        Some(known.unwrap_or_else(|| {
                            conditions.push(condition);
                            conditions.len() - 1
                        }))
                    }
                    Some(_) => return Ok(None),
                };
                let Ok(verdict) = self.over_values(&limit.sql, &values, &part.logical) else { return Ok(None) };
                let digits = (0..all).map(|position| (position / stride % count) as usize);
                limits.push((bit, digits.map(|digit| verdict.iter().nth(digit).flatten() != Some(false)).collect()));
            }
            stride *= count;
        }
        if conditions.is_empty() || conditions.len() > CONDITIONS {
            return Ok(None);
        }
        let slots = conditions.iter().map(|sql| self.sql(table, sql, true));
        let slots = slots.collect::<Result<Vec<SlotId>, Failed>>()?;
        let left = |mask: usize| {
            let holds = |bit: Option<usize>| bit.is_none_or(|bit| mask >> bit & 1 == 1);
            let speaking: Vec<&Vec<bool>> =
                limits.iter().filter(|(bit, _)| holds(*bit)).map(|(_, allowed)| allowed).collect();
            (0..all as u32).filter(|position| speaking.iter().all(|allowed| allowed[*position as usize])).collect()
        };
        let lists: Vec<Vec<u32>> = (0..1 << conditions.len()).map(left).collect();
        self.statements.systems.extend(columns.iter().map(|column| (table, *column)));
        Ok(Some(Left { rule, slots, lists: Arc::new(lists) }))
    }
}

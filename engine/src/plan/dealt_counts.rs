//! A rule `count` of a column whose values do not repeat: so many rows are dealt values of which the condition holds, and the others the rest.

use std::sync::Arc;

use super::compiler::{Compiler, Failed};
use super::statements::Bound;
use super::units::units_of;
use super::{Side, SlotId};
use crate::enforce::deal::InParts;
use crate::expr::{Op, Parsed};
use crate::generators::Made;
use crate::problem::Problem;
use crate::schema::RuleKind;

/// What is asked of a column, and the values of which it speaks, in units.
#[derive(Clone, Debug)]
pub(super) struct DealtCount {
    pub rule: String,
    pub pointer: String,
    pub words: String,
    pub low: i64,
    pub high: i64,
    pub min: u64,
    pub max: Option<u64>,
}

impl Compiler {
    /// Takes a `count` of an interval of a column that never repeats, in all rows; whether it did.
    pub(super) fn count_dealt(
        &mut self,
        table: usize,
        conjuncts: &[Parsed],
        asked: impl FnOnce(i64, i64) -> DealtCount,
    ) -> bool {
        let Some((column, low, high)) = self.interval_of(table, conjuncts) else { return false };
        if self.statements.dealt_counts.contains_key(&(table, column)) {
            return false;
        }
        self.statements.dealt_counts.insert((table, column), asked(low, high));
        true
    }

    fn interval_of(&self, table: usize, conjuncts: &[Parsed]) -> Option<(usize, i64, i64)> {
        let reference = conjuncts.first()?.references().first()?.clone();
        let [name] = reference.0.as_slice() else { return None };
        let column = self.column_named(table, name)?;
        let definition = &self.dataset.tables[table].columns[column];
        let is_alone = match self.statements.deal_of(table, column) {
            Some(place) => {
                let deal = &self.statements.deals[&table][place];
                deal.members.len() == 1 && deal.siblings_of.is_none() && deal.when.is_none()
            }
            None => self.is_unique(table, column),
        };
        let others = self.dataset.tables[table].rules.iter().filter(|rule| match &rule.kind {
            RuleKind::Count { condition, .. } => Parsed::parse(condition).is_ok_and(|parsed| {
                parsed.references().iter().any(|read| read.0.len() == 1 && read.0[0].eq_ignore_ascii_case(name))
            }),
            _ => false,
        });
        let is_drawn = self.key_of_column(table, column).is_none()
            && !self.is_given(table, column)
            && !self.statements.is_counted(table, column)
            && !self.statements.forced.contains_key(&(table, column))
            && !self.statements.formulas.contains_key(&(table, column))
            && others.count() == 1;
        let mut interval = definition.generator.as_ref()?.interval()?;
        let logical = self.bounded(table, column).filter(|logical| *logical == interval.logical)?;
        if !is_alone || !is_drawn || definition.logical_type().is_some_and(|wanted| wanted != logical) {
            return None;
        }
        for part in conjuncts {
            let all = part.comparisons().into_iter().find(|all| {
                let is_own = |one: &crate::expr::Comparison| match one.column.0.as_slice() {
                    [name] => self.column_named(table, name) == Some(column) && one.op != Op::NotEqual,
                    _ => false,
                };
                !all.is_empty() && all.iter().all(is_own)
            })?;
            for one in &all {
                for bound in self.bounds_by(one, None, "", &logical)? {
                    let Bound::Constant(value) = bound.value else { return None };
                    let value = value.saturating_add(bound.gap);
                    match bound.side {
                        Side::Lower => interval.min = interval.min.max(value),
                        Side::Upper => interval.max = interval.max.min(value),
                    }
                }
            }
        }
        Some((column, interval.min, interval.max))
    }

    /// A column that never repeats, with so many values of an interval.
    pub(super) fn make_dealt_count(
        &mut self,
        table: usize,
        column: usize,
        asked: &DealtCount,
    ) -> Result<SlotId, Failed> {
        let made = self.compile_generator(table, column)?;
        let rows = self.rows(table).ok_or(Failed::Known)?;
        let definition = self.dataset.tables[table].columns[column].clone();
        let usable = made.countable.clone().filter(|countable| countable.shape().is_none());
        let Some(countable) = usable else {
            let detail =
                format!("{} is unique, so {} cannot decide how often its values stand", definition.name, asked.rule);
            let remedy = "state the rule of a column with a generator of its own";
            self.problems.push(Problem::new("two_owners", detail).at(&asked.pointer).remedy(remedy));
            return Err(Failed::Known);
        };
        if u128::from(rows) > countable.count() {
            return self.deal_alone(table, column, made).map(|_| 0).and(Err(Failed::Known));
        }
        let logical = made.logical.clone();
        let below = |value: i64| -> u128 {
            let (mut low, mut high) = (0, countable.count());
            while low < high {
                let middle = low + (high - low) / 2;
                let unit = units_of(&countable.unrank(&[middle]), &logical, Side::Lower).ok();
                let unit = unit.and_then(|units| units[0]).unwrap_or(i64::MAX);
                if unit < value { low = middle + 1 } else { high = middle }
            }
            low
        };
        let (start, end) = (below(asked.low), below(asked.high.saturating_add(1)));
        let (inside, outside) = (end.saturating_sub(start), countable.count() - end.saturating_sub(start));
        let least = u128::from(asked.min).max(u128::from(rows).saturating_sub(outside));
        let most = u128::from(asked.max.unwrap_or(rows).min(rows)).min(inside);
        if least > most {
            let number = match (asked.min, asked.max) {
                (min, Some(max)) if min == max => min.to_string(),
                (0, Some(max)) => format!("≤ {max}"),
                (min, Some(max)) => format!("{min} to {max}"),
                (min, None) => format!("≥ {min}"),
            };
            let detail = format!(
                "{} asks for {number} rows where {}, and {} has {inside} such values and {outside} others, none of which stands twice",
                asked.rule, asked.words, definition.name
            );
            let remedy = "change one of these numbers, or widen the generator's domain";
            self.problems.push(Problem::new("contradiction", detail).at(&asked.pointer).remedy(remedy));
            return Err(Failed::Known);
        }
        // As many as there would be by chance, as far as the rule allows.
        let chance = (u128::from(rows) * inside * 2 + countable.count()) / (2 * countable.count());
        let number = chance.clamp(least, most) as u64;
        let stream = |role: &str| {
            let seed = self.dataset.tables[table].seed_name();
            self.seeds.key(seed, definition.seed_name(), role, 0)
        };
        let keys = (stream("order"), stream("position"), stream("rest"));
        let fill = InParts::new(keys, Arc::clone(&countable), rows, number, (start, inside));
        let made = Made {
            inputs: Vec::new(),
            longest: made.longest,
            countable: Some(countable),
            ..Made::computed(made.logical, fill).all_distinct()
        };
        let slot = self.push(table, definition.name, made);
        self.tables[table].slots[slot].nullable = false;
        self.finish_raw(table, column, slot)
    }
}

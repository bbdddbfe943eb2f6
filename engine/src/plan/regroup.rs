//! A `count` of groups beside other rules that count values of the same column: rows of different groups exchange their values.

use std::sync::{Arc, OnceLock};

use super::compiler::{Compiler, Failed, Name};
use super::order::quoted;
use super::quotas::{Ask, Asked, Pass, one_line};
use super::rules::can_be_null;
use super::{Plan, SlotId};
use crate::enforce::correlate::Correlated;
use crate::enforce::regroup::{Regrouped, RegroupedFill};
use crate::enforce::strata::Strata;
use crate::expr::Parsed;
use crate::generators::{Choices, Made};
use crate::schema::{ForeignKey, Rule};

impl Compiler {
    /// Whether one of the rules that count a column's values speaks of groups, beside others or what else limits the column, and rows may exchange
    /// their values until it holds.
    pub(super) fn is_regrouped(&mut self, (table, column): (usize, usize), asked: &[Asked]) -> bool {
        let speaks_of_groups = |asked: &&Asked| matches!(&asked.ask, Ask::Rows { per, .. } if !per.is_empty());
        let is_short = self.rows(table).is_some_and(|rows| rows <= Correlated::most_ranked(&[]));
        let is_limited = self.is_limited_somewhere(table, column);
        is_short && (asked.len() > 1 || is_limited) && asked.iter().filter(speaks_of_groups).count() == 1
    }

    /// Whether rules leave a column some of its values in some rows.
    pub(super) fn is_limited_somewhere(&self, table: usize, column: usize) -> bool {
        let limits = self.statements.limits.get(&(table, column)).into_iter().flatten();
        limits.into_iter().any(|limit| limit.condition.is_some())
    }

    /// A column of which values are counted in all, and in each group.
    pub(super) fn make_regrouped(
        &mut self,
        (table, column): (usize, usize),
        asked: &[Asked],
        grouped: &Asked,
        made: Made,
        choices: Choices,
    ) -> Result<SlotId, Failed> {
        let Ask::Rows { condition, min, max, per } = &grouped.ask else { return Err(Failed::Known) };
        let mut others: Vec<Asked> = asked.iter().filter(|other| other.rule.id != grouped.rule.id).cloned().collect();
        others.extend(self.all_groups(table, grouped));
        let (base, mut apart) = self.make_system(table, column, &others, grouped, made, choices)?;
        let report = |compiler: &mut Compiler, failed: Failed, place: &str| {
            compiler.report_failure(place, failed);
            Failed::Known
        };
        let place = format!("{}/where", grouped.pointer);
        let of_base = self.make_sql(table, condition, true, Some((column, base)));
        let of_base = of_base.map_err(|failed| report(self, failed, &place))?;
        let condition_slot = self.push(table, one_line(condition), of_base);
        let when = match &grouped.condition {
            None => None,
            Some(when) => Some(self.sql(table, when, true).map_err(|failed| report(self, failed, &grouped.place))?),
        };
        let nulls = self.nulls_of(table, column)?;
        let groups = per.iter().map(|column| self.slot(table, Name::Column(*column)));
        let groups = groups.collect::<Result<Vec<SlotId>, Failed>>()?;
        apart.extend(when.filter(|when| !apart.contains(when)));
        self.check_conditions(apart.len(), &self.dataset.tables[table].columns[column].name.clone(), &grouped.pointer)?;
        let far = apart.iter().copied().chain([condition_slot, base]).chain(nulls).chain(groups.iter().copied());
        let far = far.collect();
        let other_rules = others.iter().map(|other| &other.rule.id).filter(|id| **id != grouped.rule.id);
        let mut named: Vec<String> = other_rules.cloned().collect();
        named.dedup();
        let regrouped = Arc::new(Regrouped {
            table,
            rule: grouped.rule.id.clone(),
            others: named,
            words: one_line(condition),
            base,
            condition: condition_slot,
            when,
            nulls,
            strata: Strata::new(table, apart),
            per: groups,
            min: *min,
            max: *max,
            key: self.count_key(table, &grouped.rule.id),
            partners: OnceLock::new(),
        });
        let slot = &self.tables[table].slots[base];
        let (logical, longest, nullable) = (slot.logical.clone(), slot.longest, slot.nullable);
        let fill = RegroupedFill(Arc::clone(&regrouped));
        let made = Made { inputs: vec![base], far, longest, ..Made::computed(logical, fill) };
        let name = self.dataset.tables[table].columns[column].name.clone();
        let slot = self.push(table, name, made);
        self.tables[table].slots[slot].nullable = nullable;
        let (rule, rows) = (grouped.rule.id.clone(), self.rows(table).unwrap_or(0));
        let check = Box::new(move |plan: &Plan| regrouped.check(plan));
        self.statements.passes.push(Pass { table, slot, rule, rows, check: Some(check), proves: false });
        Ok(slot)
    }

    /// What a rule about each group comes to in all of them, where these are the parents of a key.
    fn all_groups(&mut self, table: usize, grouped: &Asked) -> Option<Asked> {
        let Ask::Rows { condition, min, max, per } = &grouped.ask else { return None };
        let dataset = Arc::clone(&self.dataset);
        let definition = &dataset.tables[table];
        let names: Vec<&String> = per.iter().map(|column| &definition.columns[*column].name).collect();
        let is_it = |key: &ForeignKey| key.columns.iter().collect::<Vec<_>>() == names;
        let key = definition.foreign_keys.iter().position(is_it)?;
        let parents = self.rows(self.parent_of(table, key)?)?;
        let has_all = grouped.condition.is_none()
            && definition.foreign_keys[key].children.as_ref().is_some_and(|children| children.min.unwrap_or(0) > 0);
        let least = if has_all { min * parents } else { 0 };
        let ask = Ask::Rows {
            condition: condition.clone(),
            min: least,
            max: max.map(|max| max.saturating_mul(parents)),
            per: Vec::new(),
        };
        Some(Asked { ask, ..grouped.clone() })
    }

    /// A rule `unique` of some rows whose columns nothing can move: each of their values has one row at most in which the condition holds, and what
    /// that reads moves.
    pub(super) fn count_unique(&mut self, table: usize, columns: &[usize], rule: &str, names: &[String]) -> bool {
        let dataset = Arc::clone(&self.dataset);
        let definition = &dataset.tables[table];
        let Some(rule) = definition.rules.iter().find(|known| known.id == rule) else { return false };
        let Some(when) = rule.when.as_ref().and_then(|when| Parsed::parse(when).ok()) else {
            return false;
        };
        let moves = |column: usize| {
            let generator = definition.columns[column].generator.as_ref();
            let written = generator.map(|generator| generator.to_value()).unwrap_or_default();
            let is_listed = ["values", "weights", "true_rate"].iter().any(|key| written.get(key).is_some())
                || generator.is_some_and(|generator| generator.entry().name == "boolean");
            (is_listed || self.statements.counted.contains_key(&(table, column)))
                && !columns.contains(&column)
                && !self.is_unique(table, column)
                && !self.statements.formulas.contains_key(&(table, column))
                && self.key_of_column(table, column).is_none()
        };
        let read = when.references().iter().filter(|read| read.0.len() == 1);
        let is_moved = read.filter_map(|read| self.column_named(table, &read.0[0])).any(moves);
        if is_moved {
            self.statements.unique_counts.push((table, rule.id.clone(), names.to_vec()));
        }
        is_moved
    }

    /// Counts the rows that a rule `unique` speaks of.
    pub(super) fn gather_unique_count(&mut self, table: usize, at: usize) {
        let dataset = Arc::clone(&self.dataset);
        let rule = &dataset.tables[table].rules[at];
        let is_it = |(of, id, _): &(usize, String, Vec<String>)| *of == table && *id == rule.id;
        let Some((_, _, names)) = self.statements.unique_counts.iter().find(|one| is_it(one)).cloned() else { return };
        let Some(when) = rule.when.clone() else { return };
        // A combination with a null in it repeats none.
        let definition = &dataset.tables[table];
        let may_be_null = |name: &&String| {
            let by_key =
                definition.foreign_keys.iter().any(|key| key.columns.contains(name) && key.null_rate.is_some());
            let own = definition.columns.iter().find(|column| column.name == **name);
            by_key || own.is_some_and(can_be_null)
        };
        let filled: Vec<String> =
            names.iter().filter(may_be_null).map(|name| format!("{} IS NOT NULL", quoted(name))).collect();
        let limited = Rule { when: (!filled.is_empty()).then(|| filled.join(" AND ")), ..rule.clone() };
        let pointer = format!("/tables/{table}/rules/{at}");
        let problems = self.problems.len();
        self.gather_count(table, &limited, &when, (None, None, Some(1)), &names, &pointer);
        // What is said of the place of a condition is said of the one that the rule has.
        for problem in &mut self.problems[problems..] {
            if let Some(rule) = problem.pointer.strip_suffix("/where") {
                problem.pointer = format!("{rule}/when");
            }
        }
    }
}

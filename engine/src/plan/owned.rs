//! Which columns of a combination without repetition other rules decide, and how many rows the others tell apart.

use std::collections::HashSet;

use serde_json::Value;

use super::compiler::Compiler;
use super::statements::Member;
use crate::expr::{Parsed, Simple};
use crate::schema::{Rule, RuleKind};

impl Compiler {
    /// Leaves columns to the rules that decide how often their values stand, how large they are or how they move, as far as the other members
    /// of a combination tell all its rows apart by themselves, or those that are alike in such columns, which are given then.
    pub(super) fn leave_owned(
        &self,
        table: usize,
        members: &mut Vec<Member>,
        siblings_of: Option<usize>,
        is_limited: bool,
    ) -> Vec<usize> {
        let moves = |column: usize| {
            let name = &self.dataset.tables[table].columns[column].name;
            let is_it =
                |rule: &Rule| matches!(&rule.kind, RuleKind::Correlation { columns, .. } if columns.contains(name));
            self.dataset.tables[table].rules.iter().any(is_it)
        };
        let is_owned = |member: &Member| match member {
            Member::Column(column) => {
                self.statements.is_counted(table, *column)
                    || self.counts(table, *column)
                    || moves(*column)
                    || self.has_quota(table, *column)
            }
            Member::Key(_) => false,
        };
        let (owned, free): (Vec<Member>, Vec<Member>) = members.iter().copied().partition(is_owned);
        let capacity_of = |free: &[Member]| {
            free.iter().map(|member| self.least_capacity(table, *member)).fold(1_u128, u128::saturating_mul)
        };
        let capacity = capacity_of(&free);
        let rows = self.written_rows(table);
        let suffices = match (siblings_of, rows) {
            // How many children one parent has is seen later.
            (Some(_), _) => capacity > 1,
            (None, Some(rows)) => capacity >= u128::from(rows),
            (None, None) => false,
        };
        if !owned.is_empty() && !free.is_empty() && suffices && self.options.scale.is_none() {
            *members = free;
            return Vec::new();
        }
        if siblings_of.is_some() || is_limited {
            return Vec::new();
        }
        let columns: Vec<usize> = members.iter().filter_map(|member| member.column()).collect();
        let rules = self.dataset.tables[table].rules.iter();
        let decided: HashSet<usize> = rules.flat_map(|rule| self.columns_decided_by(table, rule, &columns)).collect();
        let is_decided = |member: &Member| {
            let is_it = |column: usize| {
                let statements = &self.statements;
                decided.contains(&column)
                    || self.has_quota(table, column)
                    || statements.is_counted(table, column)
                    || statements.deal_of(table, column).is_some()
            };
            member.column().is_some_and(is_it)
        };
        let (mut owned, mut free): (Vec<Member>, Vec<Member>) = members.iter().copied().partition(is_decided);
        if free.is_empty() {
            // What rules state of one row may be met by what else they read.
            (owned, free) = members.iter().copied().partition(is_owned);
        }
        let beside: Vec<usize> = owned.iter().filter_map(|member| member.column()).collect();
        let all = free.iter().map(|member| match member {
            // Parents are more than one, or no combination would need them.
            Member::Key(key) => self.known_rows(table, *key).map_or(2, u128::from),
            Member::Column(_) => self.least_capacity(table, *member),
        });
        let capacity = all.fold(1_u128, u128::saturating_mul);
        if beside.is_empty() || free.is_empty() || capacity < 2 {
            return Vec::new();
        }
        let suffices = self.options.scale.is_none() && rows.is_some_and(|rows| capacity >= u128::from(rows));
        *members = free;
        if suffices { Vec::new() } else { beside }
    }

    /// The rows of a table, where these are set for this run or written.
    pub(super) fn written_rows(&self, table: usize) -> Option<u64> {
        let definition = &self.dataset.tables[table];
        self.options.rows.get(&definition.name).copied().or(definition.rows)
    }

    /// The rows of a key's parent, where these are written.
    pub(super) fn known_rows(&self, table: usize, key: usize) -> Option<u64> {
        self.written_rows(self.parent_of(table, key)?)
    }

    /// The columns of a combination without repetition that a rule decides, with those that it reads to do so.
    fn columns_decided_by(&self, table: usize, rule: &Rule, columns: &[usize]) -> Vec<usize> {
        let among = |names: &[String]| -> Vec<usize> {
            let is_named = |column: &usize| names.iter().any(|name| self.column_named(table, name) == Some(*column));
            columns.iter().copied().filter(is_named).collect()
        };
        let read = |sql: &str| -> Vec<usize> {
            let Ok(parsed) = Parsed::parse(sql) else { return Vec::new() };
            let names = parsed.references().iter().filter(|read| read.0.len() == 1).map(|read| read.0[0].clone());
            among(&names.collect::<Vec<String>>())
        };
        // A column beside these that is drawn by itself gives way alone.
        let gives_way = |parsed: &Parsed| {
            parsed.references().iter().any(|read| match read.0.as_slice() {
                [name] => self
                    .column_named(table, name)
                    .is_some_and(|column| !columns.contains(&column) && self.is_drawn_or_counted(table, column)),
                _ => false,
            })
        };
        let (decided, mut beside) = match &rule.kind {
            RuleKind::Share { column, .. } | RuleKind::Statistic { column, .. } => {
                (among(std::slice::from_ref(column)), Vec::new())
            }
            RuleKind::Count { condition, per, .. } => {
                let parsed = self.counted_by(table, condition).filter(|parsed| !gives_way(parsed));
                (parsed.map_or_else(Vec::new, |parsed| read(parsed.sql())), among(per))
            }
            RuleKind::Correlation { columns, .. } => (among(columns), Vec::new()),
            // What has columns beside these follows on them.
            RuleKind::Combination { columns: names, .. } if among(names).len() == names.len() => {
                (among(names), Vec::new())
            }
            RuleKind::Implies { condition, then } => {
                // Null is put over what is dealt.
                let parts = Parsed::parse(then).map(|then| then.conjuncts()).unwrap_or_default();
                let is_null = |part: &Parsed| matches!(part.simple(), Some(Simple::Null { .. }));
                let stated = parts.iter().filter(|part| !is_null(part) && !gives_way(part));
                (stated.flat_map(|part| read(part.sql())).collect(), read(condition))
            }
            // A domain that is smaller in all rows can be dealt from.
            RuleKind::Check { sql } if rule.when.is_some() || read(sql).len() > 1 => {
                let stated = Parsed::parse(sql).is_ok_and(|parsed| !gives_way(&parsed));
                (if stated { read(sql) } else { Vec::new() }, Vec::new())
            }
            _ => return Vec::new(),
        };
        if decided.is_empty() {
            return decided;
        }
        beside.extend(rule.when.as_deref().map(read).unwrap_or_default());
        decided.into_iter().chain(beside).collect()
    }

    /// How many members tell apart the most children of one parent: the first alone, unless it is known to have fewer values.
    pub(super) fn needed_members(&self, table: usize, members: &[Member], most: Option<u64>) -> usize {
        let first = members.first().map_or(1, |member| self.least_capacity(table, *member));
        let Some(most) = most.map(u128::from).filter(|most| first > 1 && first < *most) else { return 1 };
        let products = members.iter().scan(1_u128, |product, member| {
            *product = product.saturating_mul(self.least_capacity(table, *member));
            Some(*product)
        });
        products.take_while(|product| *product < most).count() + 1
    }

    /// Whether the lists of some columns have fewer combinations than one parent may have children.
    pub(super) fn is_too_narrow(&self, table: usize, key: usize, members: &[Member]) -> bool {
        let children = self.dataset.tables[table].foreign_keys[key].children.as_ref();
        let Some(most) = children.and_then(|children| children.max) else { return false };
        let is_known = |member: &Member| self.least_capacity(table, *member) > 1;
        let all = members.iter().map(|member| self.least_capacity(table, *member)).fold(1, u128::saturating_mul);
        members.iter().all(is_known) && all < u128::from(most)
    }

    /// Whether a column's own generator says exactly how often its values stand.
    fn has_quota(&self, table: usize, column: usize) -> bool {
        let generator = self.dataset.tables[table].columns[column].generator.as_ref();
        generator.is_some_and(|generator| {
            generator.entry().name == "choice"
                && generator.to_value().get("quota").and_then(Value::as_str) == Some("exact")
        })
    }

    /// Whether a rule `count` speaks of a column's values.
    pub(super) fn counts(&self, table: usize, column: usize) -> bool {
        let name = &self.dataset.tables[table].columns[column].name;
        self.dataset.tables[table].rules.iter().any(|rule| match &rule.kind {
            RuleKind::Count { condition, .. } => self.counted_by(table, condition).is_some_and(|parsed| {
                parsed.references().iter().any(|read| read.0.len() == 1 && read.0[0].eq_ignore_ascii_case(name))
            }),
            _ => false,
        })
    }

    /// The condition of a count over the columns that can be drawn.
    fn counted_by(&self, table: usize, condition: &str) -> Option<Parsed> {
        let parsed = Parsed::parse(condition).ok()?;
        self.unfolded(table, &parsed).or(Some(parsed))
    }

    /// How many values a member has at least, as far as that is known before it is compiled.
    pub(super) fn least_capacity(&self, table: usize, member: Member) -> u128 {
        let Member::Column(column) = member else { return 1 };
        let definition = &self.dataset.tables[table].columns[column];
        let Some(generator) = &definition.generator else { return 1 };
        if ["sequence", "uuid_v4", "uuid_v7"].contains(&generator.entry().name.as_str()) {
            return u128::MAX;
        }
        let is_own = |interval: &crate::generators::Interval| {
            definition.logical_type().is_none_or(|wanted| wanted == interval.logical)
        };
        if let Some(interval) = generator.interval().filter(is_own) {
            return u128::from(interval.max.abs_diff(interval.min)) + 1;
        }
        let value = generator.to_value();
        let listed = value.get("values").filter(|_| generator.entry().name == "choice").and_then(Value::as_array);
        let distinct: HashSet<String> = listed.into_iter().flatten().map(Value::to_string).collect();
        (distinct.len() as u128).max(1)
    }
}

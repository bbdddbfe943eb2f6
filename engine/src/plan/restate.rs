//! Rules of rows said otherwise, so that what other rules decide over all rows together stands in what they state, and what is fixed in what says
//! of which rows: `segment <> 'web' OR plan.kind = 'post'` as `when NOT (plan.kind = 'post')`, `segment <> 'web'`. The same rows break both.

use super::compiler::Compiler;
use crate::expr::Parsed;
use crate::schema::{Rule, RuleKind};

impl Compiler {
    /// A rule, or rules that say the same together.
    pub(super) fn restated(&mut self, table: usize, rule: Rule) -> Vec<Rule> {
        if !self.restates {
            return vec![rule];
        }
        let turned = match &rule.kind {
            RuleKind::Check { sql } => self.parted(table, &rule, sql),
            RuleKind::Implies { condition, then } => self.turned(table, &rule, condition, then).map(|rule| vec![rule]),
            _ => None,
        };
        self.statements.is_restated |= turned.is_some();
        turned.unwrap_or_else(|| vec![rule])
    }

    /// A check of alternatives as what one column is to be where the others do not hold.
    fn parted(&self, table: usize, rule: &Rule, sql: &str) -> Option<Vec<Rule>> {
        let parts = Parsed::parse(sql).ok()?.conjuncts();
        let mut rules = Vec::new();
        let mut kept: Vec<Parsed> = Vec::new();
        for part in parts {
            match self.clause(table, &part) {
                Some((when, stated)) => {
                    let when = match &rule.when {
                        Some(own) => format!("({own}\n) AND {when}"),
                        None => when,
                    };
                    let kind = RuleKind::Check { sql: stated };
                    rules.push(Rule { when: Some(when), kind, ..rule.clone() });
                }
                None => kept.push(part),
            }
        }
        if rules.is_empty() {
            return None;
        }
        if !kept.is_empty() {
            let sql: Vec<String> = kept.iter().map(|part| format!("({}\n)", part.sql())).collect();
            rules.insert(0, Rule { kind: RuleKind::Check { sql: sql.join(" AND ") }, ..rule.clone() });
        }
        Some(rules)
    }

    /// Alternatives as a condition and what is to hold of one column where it does; nothing where a column that only its generator decides can move.
    fn clause(&self, table: usize, part: &Parsed) -> Option<(String, String)> {
        let alternatives = part.disjuncts();
        if alternatives.len() < 2 {
            return None;
        }
        let columns = self.own_read(table, part);
        if !columns.iter().all(|column| self.is_decided_by_rules(table, *column)) {
            return None;
        }
        let is_about = |one: &&Parsed, column: usize| self.own_read(table, one).contains(&column);
        let is_alone = |one: &Parsed| {
            self.own_read(table, one).len() == 1 && one.references().iter().all(|read| read.0.len() == 1)
        };
        let column = columns.iter().rev().copied().find(|column| {
            let about: Vec<&Parsed> = alternatives.iter().filter(|one| is_about(one, *column)).collect();
            about.len() < alternatives.len() && about.iter().all(|one| is_alone(one))
        })?;
        let (about, others): (Vec<&Parsed>, Vec<&Parsed>) = alternatives.iter().partition(|one| is_about(one, column));
        let stated: Vec<String> = about.iter().map(|one| format!("({}\n)", one.sql())).collect();
        let stated = if let [one] = about.as_slice() { one.sql().to_owned() } else { stated.join(" OR ") };
        Some((others.iter().map(|one| one.denied()).collect::<Vec<_>>().join(" AND "), stated))
    }

    /// An `implies` whose conclusion nothing can move, the other way round: what its condition says of one column is false where that is.
    fn turned(&self, table: usize, rule: &Rule, condition: &str, then: &str) -> Option<Rule> {
        let (premise, conclusion) = (Parsed::parse(condition).ok()?, Parsed::parse(then).ok()?);
        let keys = &self.dataset.tables[table].foreign_keys;
        let is_fixed = |key: &String| keys.iter().any(|known| known.name() == key && known.children.is_some());
        let stands =
            conclusion.references().iter().all(|read| matches!(read.0.as_slice(), [key, _, ..] if is_fixed(key)));
        let [column] = self.own_read(table, &premise)[..] else { return None };
        let is_alone = premise.references().iter().all(|read| read.0.len() == 1);
        if !stands || conclusion.references().is_empty() || !is_alone || !self.is_decided_by_rules(table, column) {
            return None;
        }
        let kind = RuleKind::Implies { condition: conclusion.denied(), then: premise.denied() };
        Some(Rule { kind, ..rule.clone() })
    }

    /// The columns of its own row that a condition reads, each once, in the order of the table.
    fn own_read(&self, table: usize, parsed: &Parsed) -> Vec<usize> {
        let read = parsed.references().iter().filter(|read| read.0.len() == 1);
        let mut columns: Vec<usize> = read.filter_map(|read| self.column_named(table, &read.0[0])).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// Whether a rule decides over all rows together how often a column's values stand, how large they are, or with what they repeat.
    fn is_decided_by_rules(&self, table: usize, column: usize) -> bool {
        let definition = &self.dataset.tables[table];
        let name = &definition.columns[column].name;
        let is_read =
            |sql: &str| Parsed::parse(sql).is_ok_and(|parsed| self.own_read(table, &parsed).contains(&column));
        let is_dealt = |columns: &[String]| columns.len() > 1 && columns.contains(name);
        let is_own = self.key_of_column(table, column).is_none();
        if is_own && is_dealt(&definition.primary_key) {
            return true;
        }
        definition.rules.iter().any(|rule| match &rule.kind {
            RuleKind::Unique { columns } => is_own && is_dealt(columns),
            RuleKind::Share { column, .. } | RuleKind::Statistic { column, .. } => column == name,
            RuleKind::Count { condition, .. } => is_read(condition),
            _ => false,
        })
    }
}

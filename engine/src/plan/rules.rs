//! Rules at plan time: which way each is held, and what that asks of columns and keys.
//!
//! Before columns are compiled, [`Compiler::gather_rules`] turns statements into what columns are compiled with: nulls, values, formulas,
//! bounds, dealt positions. What no construction holds is left as conditions; after the columns, [`Compiler::compile_rules`] finds the slots
//! that are drawn again for them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::compiler::Compiler;
use super::scope::sql_problem;
use super::statements::{Deal, Held, Member, RowCondition};
use crate::expr::Parsed;
use crate::generators::GeneratorSpec;
use crate::problem::Problem;
use crate::schema::{Rule, RuleKind, Table};

impl Compiler {
    /// Whether a column asks by itself for values without repetition.
    pub(super) fn is_unique(&self, table: usize, column: usize) -> bool {
        let definition = &self.dataset.tables[table];
        let column = &definition.columns[column];
        column.unique == Some(true)
            || definition.primary_key == [column.name.clone()]
            || definition.unique_indexes().any(|(_, columns)| *columns == [column.name.clone()])
    }

    /// Turns rules into what columns and keys are compiled with.
    pub(super) fn gather_rules(&mut self) {
        let dataset = Arc::clone(&self.dataset);
        for (table, definition) in dataset.tables.iter().enumerate() {
            // What is computed or decided by other rules shows before what may be dealt, and what an order may bound once all others are known.
            let rank = |rule: &Rule| match rule.kind {
                RuleKind::Order { .. } => 2,
                RuleKind::Unique { .. } => 1,
                _ => 0,
            };
            let mut rules: Vec<(usize, Rule)> = Vec::new();
            for (at, rule) in definition.rules.iter().enumerate() {
                rules.extend(self.restated(table, rule.clone()).into_iter().map(|rule| (at, rule)));
            }
            self.admit(table, &mut rules);
            for round in 0..=2 {
                if round == 1 {
                    self.gather_keys(table, definition);
                }
                for (at, rule) in rules.iter().filter(|(_, rule)| rank(rule) == round) {
                    let pointer = format!("/tables/{table}/rules/{at}");
                    self.statements.pointers.insert(rule.id.clone(), pointer.clone());
                    self.gather_rule(table, rule, &pointer);
                }
            }
            self.admit_otherwise(table);
        }
        self.join_correlations();
        self.pull_statistics();
        self.gather_counts();
        self.join_counts();
        self.deal_unlike();
        self.project_comparisons();
        for (column, (values, rule)) in std::mem::take(&mut self.statements.suggested) {
            if let Ok(generator) = GeneratorSpec::from_value(json!({ "type": "choice", "values": values })) {
                self.chosen.insert(column, (generator, format!("its values are those of {rule}")));
            }
        }
    }

    /// Primary keys and unique indexes of several columns.
    fn gather_keys(&mut self, table: usize, definition: &Table) {
        if definition.primary_key.len() > 1 {
            let pointer = format!("/tables/{table}/primary_key");
            self.gather_unique(table, &definition.primary_key, &pointer, "primary key", None);
        }
        for (at, columns) in definition.unique_indexes().filter(|(_, columns)| columns.len() > 1) {
            let is_keyed = |key: &[String]| !key.is_empty() && key.iter().all(|column| columns.contains(column));
            if !is_keyed(&definition.primary_key) {
                self.gather_unique(table, columns, &format!("/tables/{table}/indexes/{at}"), "unique index", None);
            }
        }
    }

    /// Lets a column without a generator choose from the values that a rule names.
    pub(super) fn suggest_values(
        &mut self,
        table: usize,
        column: usize,
        values: impl IntoIterator<Item = Value>,
        rule: &str,
    ) {
        let is_open = self.dataset.tables[table].columns[column].generator.is_none()
            && self.key_of_column(table, column).is_none();
        if is_open {
            let known =
                self.statements.suggested.entry((table, column)).or_insert_with(|| (Vec::new(), rule.to_owned()));
            for value in values {
                if !known.0.contains(&value) {
                    known.0.push(value);
                }
            }
        }
    }

    fn gather_rule(&mut self, table: usize, rule: &Rule, pointer: &str) {
        if let Some(when) = &rule.when
            && self.parsed(when, &format!("{pointer}/when")).is_none()
        {
            return;
        }
        match &rule.kind {
            RuleKind::Implies { condition, then } => self.gather_implies(table, rule, condition, then, pointer),
            RuleKind::Calculate { column, sql } => self.gather_formula(table, rule, column, sql.clone(), pointer),
            RuleKind::Score { column, of, bands } => self.gather_score(table, rule, column, of, bands, pointer),
            RuleKind::Combination { columns, allowed, forbidden } => {
                self.gather_combination(table, rule, columns, allowed.as_ref(), forbidden.as_ref(), pointer);
            }
            RuleKind::Order { columns, strict, gap } => {
                self.gather_order(table, rule, columns, strict.unwrap_or(false), gap.as_ref(), pointer);
            }
            RuleKind::Unique { columns } => {
                self.gather_unique(table, columns, &format!("{pointer}/columns"), &rule.id, Some(rule));
            }
            RuleKind::Check { sql } => {
                if let Some(left) = self.beside_agreements(table, rule, sql) {
                    self.gather_check(table, rule, &left, pointer);
                }
            }
            RuleKind::Share { column, .. } if self.is_computed(table, column) => {}
            RuleKind::Share { column, parts, tolerance } => {
                self.gather_share(table, rule, column, parts, *tolerance, pointer);
            }
            RuleKind::Statistic { .. } => self.gather_statistic(table, rule, pointer),
            RuleKind::Aggregate { .. } => self.gather_aggregate(table, rule, pointer),
            RuleKind::Correlation { .. } => self.gather_correlation(table, rule, pointer),
            RuleKind::NoOverlap { .. } => self.gather_overlap(table, rule, pointer),
            // Once all others are known.
            RuleKind::Count { .. } => {}
        }
    }

    pub(super) fn parsed(&mut self, sql: &str, pointer: &str) -> Option<Parsed> {
        match Parsed::parse(sql) {
            Ok(parsed) => Some(parsed),
            Err(problem) => {
                self.problems.push(sql_problem(problem).at(pointer));
                None
            }
        }
    }

    pub(super) fn hold(&mut self, table: usize, rule: &Rule, way: &'static str, note: String) {
        self.statements.held.insert(rule.id.clone(), Held { table, kind: rule.kind.name(), way, note });
    }

    pub(super) fn add_condition(
        &mut self,
        table: usize,
        rule: &Rule,
        sql: String,
        steered: Option<String>,
        pointer: String,
    ) {
        self.hold(table, rule, "redrawn", String::new());
        self.statements.conditions.push(RowCondition {
            table,
            rule: rule.id.clone(),
            sql,
            steered,
            limited: Vec::new(),
            when: None,
            parts: Vec::new(),
            is_met: false,
            pointer,
        });
    }

    /// A combination without repetition: found to hold already, or dealt.
    fn gather_unique(&mut self, table: usize, names: &[String], pointer: &str, id: &str, rule: Option<&Rule>) {
        let dataset = Arc::clone(&self.dataset);
        let definition = &dataset.tables[table];
        let mut columns = Vec::new();
        for (at, name) in names.iter().enumerate() {
            match definition.columns.iter().position(|column| column.name == *name) {
                Some(column) => columns.push(column),
                None => {
                    // For the primary key this is told where names are checked.
                    if rule.is_some() {
                        let problem = self.unknown_column(table, name).at(format!("{pointer}/{at}"));
                        self.problems.push(problem);
                    }
                    return;
                }
            }
        }
        let held = |compiler: &mut Compiler, way: &'static str, note: String| {
            if let Some(rule) = rule {
                compiler.hold(table, rule, way, note);
            }
        };
        let covered = |key: &crate::schema::ForeignKey| key.columns.iter().all(|column| names.contains(column));
        for column in &columns {
            let own = &definition.columns[*column];
            let distinct =
                own.generator.as_ref().and_then(|generator| generator.distinct_per().map(<[String]>::to_vec));
            if self.is_unique(table, *column) || distinct.is_some_and(|per| per.iter().all(|name| names.contains(name)))
            {
                held(self, "by_construction", format!("{} never repeats there", own.name));
                return;
            }
        }
        let one_child =
            |key: &crate::schema::ForeignKey| key.children.as_ref().is_some_and(|children| children.max == Some(1));
        if let Some(key) = definition.foreign_keys.iter().find(|key| covered(key) && one_child(key)) {
            held(self, "by_construction", format!("each row of {} has at most one", key.references.table));
            return;
        }
        if let Some(note) = rule.and_then(|rule| said_already(definition, rule, names)) {
            held(self, "by_construction", note);
            return;
        }
        if let Some(overlap) = self.kept_apart(table, names) {
            held(self, "by_construction", format!("the intervals of {overlap} begin apart"));
            return;
        }
        let mut members = Vec::new();
        let siblings_of = self.structural_key(table).filter(|key| covered(&definition.foreign_keys[*key]));
        for (index, key) in definition.foreign_keys.iter().enumerate() {
            if Some(index) != siblings_of && covered(key) && !self.is_decided(table, index) {
                members.push(Member::Key(index));
            }
        }
        for column in &columns {
            match self.key_of_column(table, *column) {
                None if !self.statements.formulas.contains_key(&(table, *column)) => {
                    members.push(Member::Column(*column))
                }
                _ => {}
            }
        }
        let when = rule.and_then(|rule| rule.when.clone());
        if let Some(parsed) = when.as_ref().and_then(|when| Parsed::parse(when).ok()) {
            // What the condition reads stands fast before a row is one of its rows.
            let read: Vec<usize> = parsed
                .references()
                .iter()
                .filter_map(|read| match read.0.as_slice() {
                    [name] => self.column_named(table, name),
                    [key, ..] => self.key_named(table, key).and_then(|key| {
                        let first = definition.foreign_keys[key].columns.first()?;
                        definition.columns.iter().position(|column| column.name == *first)
                    }),
                    [] => None,
                })
                .collect();
            members.retain(|member| match member {
                Member::Column(column) => !read.contains(column),
                Member::Key(key) => {
                    !read.iter().any(|read| self.key_of_column(table, *read).is_some_and(|(of, _)| of == *key))
                }
            });
        }
        let is_dealt = |compiler: &Compiler, member: &Member| compiler.statements.member(table, *member).is_some();
        let is_stuck = members.is_empty()
            || members.iter().any(|member| is_dealt(self, member))
            || (self.widens && siblings_of.is_some_and(|key| self.is_too_narrow(table, key, &members)));
        if is_stuck && when.is_some() && self.count_unique(table, &columns, id, names) {
            return;
        }
        let is_admitted = self.statements.admitted.contains_key(&(table, id.to_owned()));
        let beside = match is_admitted {
            true => Vec::new(),
            false => self.leave_owned(table, &mut members, siblings_of, when.is_some()),
        };
        if let Some(key) = siblings_of.filter(|_| !is_admitted) {
            let most = definition.foreign_keys[key].children.as_ref().and_then(|children| children.max);
            members.truncate(self.needed_members(table, &members, most));
        }
        if members.is_empty() {
            let detail = format!("nothing can keep {} from repeating", names.join(", "));
            let remedy =
                "add a column that can tell rows apart, such as {type: sequence}, or give the key children with max: 1";
            self.problems.push(Problem::new("not_countable", detail).at(pointer).remedy(remedy));
            return;
        }
        for member in &members {
            if self.statements.member(table, *member).is_some() {
                let detail = format!("a column of {id} is dealt by another combination without repetition already");
                self.problems.push(Problem::new("two_owners", detail).at(pointer));
                return;
            }
        }
        let deal = Deal {
            members,
            when,
            ranks: None,
            siblings_of,
            numbers_siblings: false,
            pointer: pointer.to_owned(),
            rule: id.to_owned(),
            parts: None,
            spread: None,
            beside,
            alike: None,
            unlike: None,
        };
        let note = match deal.beside.is_empty() {
            _ if is_admitted => "combinations that obey what other rules say of them are dealt by a permutation",
            true => "combinations are dealt by a permutation of their positions",
            false => "combinations are dealt among the rows that are alike in what other rules decide",
        };
        self.statements.deals.entry(table).or_default().push(deal);
        held(self, "by_construction", note.to_owned());
    }
}

/// What keeps the rows of a rule without repetition apart already: it is about the same columns, or about fewer.
fn said_already(table: &Table, rule: &Rule, names: &[String]) -> Option<String> {
    let covers = |columns: &[String]| columns.len() > 1 && columns.iter().all(|column| names.contains(column));
    if covers(&table.primary_key) {
        return Some("the primary key says the same".to_owned());
    }
    if table.unique_indexes().any(|(_, columns)| covers(columns)) {
        return Some("a unique index says the same".to_owned());
    }
    let own = table.rules.iter().position(|other| other.id == rule.id)?;
    let first = table.rules.iter().enumerate().find(|(at, other)| match &other.kind {
        // Of two about the same columns the later one follows.
        RuleKind::Unique { columns } => {
            other.when.is_none() && covers(columns) && (columns.len() < names.len() || *at < own)
        }
        _ => false,
    })?;
    Some(format!("{} says the same", first.1.id))
}

pub(super) fn can_be_null(column: &crate::schema::Column) -> bool {
    column.null_rate.unwrap_or(0.0) > 0.0 || column.null_when.is_some()
}

/// A condition that holds where `when` does not.
pub(super) fn limited(when: Option<&str>, sql: &str) -> String {
    match when {
        Some(when) => format!("NOT ({when}) OR ({sql})"),
        None => sql.to_owned(),
    }
}

//! Rules that put different things into one column: where their conditions can meet in a row, the row is drawn again until they do not.

use std::collections::BTreeSet;

use datafusion::arrow::array::ArrayRef;

use super::compiler::{Compiler, Name, column_pointer};
use super::convert;
use super::quotas::Limit;
use super::statements::RowCondition;
use crate::enforce::quota::Restriction;
use crate::expr::Parsed;

/// What a rule, or the column itself, puts into some rows of a column.
struct Put {
    rule: Option<String>,
    condition: String,
    pointer: String,
    what: What,
}

enum What {
    Null,
    NoNull,
    Value(ArrayRef),
}

impl What {
    /// Whether both can stand in one row. That a rule's value may be null is nothing that breaks it.
    fn agrees(&self, other: &What) -> bool {
        match (self, other) {
            (What::Null, What::NoNull) | (What::NoNull, What::Null) => false,
            (What::Value(one), What::Value(two)) => one == two,
            _ => true,
        }
    }
}

impl Compiler {
    /// Adds the conditions that keep apart what rules put into one column.
    pub(super) fn keep_apart(&mut self) {
        let statements = &self.statements;
        let columns: BTreeSet<(usize, usize)> =
            statements.forced.keys().chain(statements.nulls.keys()).chain(statements.values.keys()).copied().collect();
        for (table, column) in columns {
            let put = self.put_into(table, column);
            let parsed: Vec<Option<Parsed>> = put.iter().map(|put| Parsed::parse(&put.condition).ok()).collect();
            for (at, later) in put.iter().enumerate() {
                // One condition for each rule, however many others it meets.
                let meets = |earlier: &usize| {
                    let excludes = match (&parsed[*earlier], &parsed[at]) {
                        (Some(earlier), Some(later)) => earlier.excludes(later),
                        // What cannot be read is told elsewhere.
                        _ => true,
                    };
                    !excludes && !later.what.agrees(&put[*earlier].what)
                };
                let others: Vec<usize> = (0..at).filter(meets).collect();
                let Some(rule) = later.rule.as_ref().filter(|_| !others.is_empty()) else { continue };
                let conditions: Vec<String> =
                    others.iter().map(|other| format!("({})", put[*other].condition)).collect();
                let same = others.iter().any(|other| put[*other].condition == later.condition);
                let sql = match same {
                    true => format!("NOT ({})", later.condition),
                    false => format!("NOT (({}) AND ({}))", later.condition, conditions.join(" OR ")),
                };
                if let Some(held) = self.statements.held.get_mut(rule) {
                    (held.way, held.note) = ("redrawn", String::new());
                }
                self.statements.conditions.push(RowCondition {
                    table,
                    rule: rule.clone(),
                    sql,
                    steered: None,
                    limited: Vec::new(),
                    when: None,
                    parts: Vec::new(),
                    is_met: false,
                    pointer: later.pointer.clone(),
                });
            }
        }
    }

    /// Keeps rows from being spoken of by two rules that leave a counted column no value together: what says so is drawn again where it can be.
    pub(super) fn keep_values(&mut self, table: usize, restrictions: &[Restriction], limits: &[Limit]) {
        for (at, (later, said)) in restrictions.iter().zip(limits).enumerate() {
            let Some(when) = &said.condition else { continue };
            let leaves_none = |earlier: &&(&Restriction, &Limit)| {
                let both = earlier.0.allowed.iter().zip(&later.allowed).any(|(one, other)| *one && *other);
                !both && later.allowed.contains(&true) && earlier.0.allowed.contains(&true)
            };
            let all: Vec<(&Restriction, &Limit)> = restrictions.iter().zip(limits).take(at).collect();
            let others: Vec<String> = all
                .iter()
                .filter(leaves_none)
                .filter_map(|(_, said)| said.condition.as_ref())
                .filter(|other| {
                    let parsed = [other.as_str(), when].map(|sql| Parsed::parse(sql).ok());
                    !matches!(&parsed, [Some(one), Some(two)] if one.excludes(two))
                })
                .map(|other| format!("({other}\n)"))
                .collect();
            if others.is_empty() {
                continue;
            }
            let sql = format!("NOT (({when}\n) AND ({}))", others.join(" OR "));
            if let Ok(slot) = self.sql(table, &sql, true) {
                self.statements.rooms.push((table, slot, later.rule.clone()));
            }
        }
    }

    /// What is put into a column, rules last.
    fn put_into(&mut self, table: usize, column: usize) -> Vec<Put> {
        let Ok(slot) = self.slot(table, Name::Column(column)) else { return Vec::new() };
        let logical = self.tables[table].slots[slot].logical.clone();
        let mut put = Vec::new();
        if let Some(condition) = self.dataset.tables[table].columns[column].null_when.clone() {
            let pointer = format!("{}/null_when", column_pointer(table, column));
            put.push(Put { rule: None, condition, pointer, what: What::Null });
        }
        for (implied, what) in (self.statements.implied_nulls(table, column).into_iter().map(|one| (one, What::Null)))
            .chain(self.statements.implied_values(table, column).into_iter().map(|one| (one, What::NoNull)))
        {
            put.push(Put { rule: Some(implied.rule), condition: implied.condition, pointer: implied.pointer, what });
        }
        for forced in self.statements.forced(table, column) {
            // A value that is none of the column's type is told where it is put there.
            let Ok(value) = convert::literal(&forced.value, &logical) else { continue };
            put.push(Put {
                rule: Some(forced.rule),
                condition: forced.condition,
                pointer: forced.pointer,
                what: What::Value(value),
            });
        }
        put
    }
}

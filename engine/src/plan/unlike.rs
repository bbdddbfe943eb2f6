//! Two keys to one table whose combinations do not repeat and whose parents may not be the same: `home <> away`, `one < other`. Positions are
//! dealt among the pairs of different parents alone, so that nothing has to be drawn again.

use super::compiler::Compiler;
use super::statements::{Deal, Member, RowCondition};
use crate::enforce::deal::Unlike;
use crate::expr::{Op, Reference, Simple};
use crate::types::LogicalType;

impl Compiler {
    /// Gives conditions that keep the parents of a row apart to who deals these.
    pub(super) fn deal_unlike(&mut self) {
        let conditions = std::mem::take(&mut self.statements.conditions);
        for condition in conditions {
            let Some((place, unlike)) = self.unlike(&condition) else {
                self.statements.conditions.push(condition);
                continue;
            };
            if let Some(held) = self.statements.held.get_mut(&condition.rule) {
                held.way = "by_construction";
                held.note = match unlike {
                    Unlike::Different => "pairs are dealt of two different parents".to_owned(),
                    Unlike::Ascending | Unlike::Descending => {
                        "pairs are dealt of two different parents, each pair in one order".to_owned()
                    }
                };
            }
            if let Some(deal) = self.statements.deals.get_mut(&condition.table).and_then(|all| all.get_mut(place)) {
                deal.unlike = Some((unlike, condition.rule));
            }
        }
    }

    /// The deal that can keep a condition, and what it has to see to.
    fn unlike(&self, condition: &RowCondition) -> Option<(usize, Unlike)> {
        let table = condition.table;
        let [part] = condition.parts.as_slice() else { return None };
        let Some(Simple::Columns { left, op, right }) = part.simple().filter(|_| condition.when.is_none()) else {
            return None;
        };
        let (left, right) = (self.key_read(table, &left)?, self.key_read(table, &right)?);
        let keys = &self.dataset.tables[table].foreign_keys;
        let is_one_table = left != right && keys[left].references == keys[right].references;
        if !is_one_table || self.parent_of(table, left)? == table || self.given_rows(table) > 0 {
            return None;
        }
        let is_free = |key: usize| self.tables[table].deciders[key].is_none() && keys[key].null_rate.is_none();
        let dealt = |key: usize| is_free(key) && keys[key].children.is_none();
        let of = |deal: &Deal| -> Option<Unlike> {
            if deal.when.is_some() || deal.unlike.is_some() {
                return None;
            }
            match (deal.siblings_of, deal.members.as_slice()) {
                (None, [Member::Key(first), Member::Key(second)]) if dealt(*first) && dealt(*second) => {
                    let as_written = match (*first, *second) {
                        pair if pair == (left, right) => op,
                        pair if pair == (right, left) => op.flipped(),
                        _ => return None,
                    };
                    match as_written {
                        Op::NotEqual => Some(Unlike::Different),
                        Op::Less if self.ascends(table, left) => Some(Unlike::Ascending),
                        Op::Greater if self.ascends(table, left) => Some(Unlike::Descending),
                        _ => None,
                    }
                }
                (Some(of), [Member::Key(key)]) if is_free(of) && dealt(*key) => {
                    let pair = [of, *key];
                    (op == Op::NotEqual && [[left, right], [right, left]].contains(&pair)).then_some(Unlike::Different)
                }
                _ => None,
            }
        };
        let deals = self.statements.deals.get(&table)?;
        deals.iter().enumerate().find_map(|(place, deal)| Some((place, of(deal)?)))
    }

    /// The key of one column that a reference reads: as its own column, or as the one that it refers to.
    fn key_read(&self, table: usize, read: &Reference) -> Option<usize> {
        let keys = &self.dataset.tables[table].foreign_keys;
        let key = match read.0.as_slice() {
            [column] => self.key_of_column(table, self.column_named(table, column)?)?.0,
            [key, column] => {
                self.key_named(table, key).filter(|key| keys[*key].references.columns == [column.clone()])?
            }
            _ => return None,
        };
        (keys[key].columns.len() == 1).then_some(key)
    }

    /// Whether what a key refers to ascends from row to row.
    fn ascends(&self, table: usize, key: usize) -> bool {
        let references = &self.dataset.tables[table].foreign_keys[key].references;
        let Some(parent) = self.parent_of(table, key) else { return false };
        let column = references.columns.first().and_then(|name| self.column_named(parent, name));
        let Some(column) = column.filter(|column| !self.is_given(parent, *column)) else { return false };
        if self.generator_name(parent, column).as_deref() != Some("sequence") {
            return false;
        }
        let definition = &self.dataset.tables[parent].columns[column];
        // As texts 10 stands before 9.
        if definition.logical_type().is_some_and(|logical| logical != LogicalType::Integer) {
            return false;
        }
        // One that the column's name chose counts up from 1.
        definition.generator.as_ref().map(|own| own.to_value()).is_none_or(|keys| {
            let counts_up = keys.get("step").is_none_or(|step| step.as_i64().is_some_and(|step| step > 0));
            counts_up && keys.get("per").is_none() && keys.get("padding").is_none()
        })
    }
}

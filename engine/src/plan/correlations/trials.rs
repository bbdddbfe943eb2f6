//! Conditions that no construction holds, over columns that move together: these are drawn again, all of them, until they obey.

use std::collections::HashSet;

use crate::enforce::correlate::{Member, Trial};
use crate::expr::Parsed;
use crate::plan::compiler::{Compiler, Failed, Name};
use crate::plan::statements::{Bound, BoundOf, RowCondition};

impl Compiler {
    /// Takes the conditions, or parts of them, that the columns of a system are to be drawn again for. What else they read stands fast.
    pub(super) fn take_trials(&mut self, number: usize, members: &[Member]) -> Result<Vec<Trial>, Failed> {
        let system = &self.statements.correlations.systems[number];
        let (table, columns) = (system.table, system.columns.clone());
        // Values by rank are those of all rows together.
        if members.iter().any(|member| member.ranked.is_some()) {
            return Ok(Vec::new());
        }
        let mut waiting = self.waiting_on(table, &columns);
        waiting.retain(|column| !self.is_computed_of(table, *column, &columns));
        let conditions = std::mem::take(&mut self.statements.conditions);
        let mut parts: Vec<(usize, Option<usize>)> = Vec::new();
        for (at, condition) in conditions.iter().enumerate().filter(|(_, one)| one.table == table && !one.is_met) {
            let all = (0..condition.parts.len()).map(|part| (at, Some(part)));
            parts.extend(if condition.parts.is_empty() { vec![(at, None)] } else { all.collect() });
        }
        let mut taken: Vec<(usize, Option<usize>)> = Vec::new();
        let mut fixed: HashSet<usize> = HashSet::new();
        // What one condition reads of other columns stands fast for the others too.
        while let Some(place) =
            parts.iter().position(|(at, part)| self.is_trial(&conditions[*at], *part, &columns, &waiting, &fixed))
        {
            let (at, part) = parts.remove(place);
            let sql = conditions[at].sql_of(part);
            let moves = |column: &usize| columns.contains(column) || self.is_computed_of(table, *column, &columns);
            fixed.extend(self.own_columns(table, &sql).into_iter().filter(|column| !moves(column)));
            taken.push((at, part));
        }
        taken.sort_unstable();
        let mut trials = Vec::new();
        for (at, condition) in conditions.into_iter().enumerate() {
            let of_it: Vec<Option<usize>> = taken.iter().filter(|(of, _)| *of == at).map(|(_, part)| *part).collect();
            for part in &of_it {
                let (compiled, reads) = self.followed(number, &condition.sql_of(*part)).map_err(|failed| {
                    self.report_failure(&condition.pointer, failed);
                    Failed::Known
                })?;
                trials.push(Trial { rule: condition.rule.clone(), condition: compiled, reads });
            }
            if of_it.is_empty() {
                self.statements.conditions.push(condition);
                continue;
            }
            let names = self.names_of(table, &columns);
            if let Some(held) = self.statements.held.get_mut(&condition.rule) {
                held.note = format!("{names} are drawn again together");
            }
            let rest: Vec<usize> = (0..condition.parts.len()).filter(|part| !of_it.contains(&Some(*part))).collect();
            if !rest.is_empty() {
                self.statements.conditions.push(condition.only(&rest));
            }
        }
        Ok(trials)
    }

    /// Whether a part of a condition is one that the columns of a system are drawn again for.
    fn is_trial(
        &mut self,
        condition: &RowCondition,
        part: Option<usize>,
        columns: &[usize],
        waiting: &HashSet<usize>,
        fixed: &HashSet<usize>,
    ) -> bool {
        let table = condition.table;
        let states = match part {
            Some(part) => condition.parts[part].sql().to_owned(),
            None => condition.steered.clone().unwrap_or_else(|| condition.sql.clone()),
        };
        let stated = self.own_columns(table, &states);
        let read = self.own_columns(table, &condition.sql_of(part));
        let moves = |column: &usize| columns.contains(column) || self.is_computed_of(table, *column, columns);
        if !stated.iter().any(moves) || read.iter().any(|column| waiting.contains(column)) {
            return false;
        }
        // What a part states of a column that is drawn by itself moves that one alone.
        let others: Vec<usize> =
            stated.into_iter().filter(|column| !moves(column) && !fixed.contains(column)).collect();
        !others.into_iter().any(|column| {
            let slot = self.slot(table, Name::Column(column));
            slot.is_ok_and(|slot| !self.families_behind(table, slot).is_empty())
        })
    }

    /// The columns of a row that SQL reads.
    pub(in crate::plan) fn own_columns(&self, table: usize, sql: &str) -> Vec<usize> {
        let Ok(parsed) = Parsed::parse(sql) else { return Vec::new() };
        let own = |read: &crate::expr::Reference| match read.0.as_slice() {
            [name] => self.column_named(table, name),
            _ => None,
        };
        parsed.references().iter().filter_map(own).collect()
    }

    /// The columns whose values are known only once those of a system are.
    fn waiting_on(&self, table: usize, columns: &[usize]) -> HashSet<usize> {
        let all = 0..self.dataset.tables[table].columns.len();
        let (mut reached, mut open): (HashSet<usize>, Vec<usize>) = (HashSet::new(), columns.to_vec());
        while let Some(of) = open.pop() {
            let bounds = |column: usize| {
                self.statements.bounds(table, column).iter().any(|bound| match &bound.value {
                    Bound::Slot(BoundOf::Column(other)) => *other == of,
                    Bound::Slot(BoundOf::Sql(sql) | BoundOf::Where(sql, _)) => {
                        self.own_columns(table, sql).contains(&of)
                    }
                    _ => false,
                })
            };
            for column in all.clone().filter(|column| !columns.contains(column)) {
                if (self.follows(table, column, of) || bounds(column)) && reached.insert(column) {
                    open.push(column);
                }
            }
        }
        reached
    }

    fn names_of(&self, table: usize, columns: &[usize]) -> String {
        let name = |column: &usize| self.dataset.tables[table].columns[*column].name.as_str();
        columns.iter().map(name).collect::<Vec<_>>().join(", ")
    }
}

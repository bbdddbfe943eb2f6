//! Nulls of a column: its share and conditions, those that rules ask for, and how many of them there are.

use std::sync::OnceLock;

use super::SlotId;
use super::compiler::{Compiler, Failed, Name, column_pointer};
use super::quotas::AskedNulls;
use crate::enforce::null;
use crate::enforce::steer::Steered;
use crate::generators::Made;
use crate::problem::Problem;
use crate::types::LogicalType;

impl Compiler {
    /// What makes a column null, and the conditions that it reads.
    pub(super) fn null_mask(&mut self, table: usize, column: usize) -> (null::Mask, Vec<SlotId>) {
        let definition = self.dataset.tables[table].columns[column].clone();
        let mut conditions = Vec::new();
        if let Some(sql) = &definition.null_when {
            match self.sql(table, sql, true) {
                Ok(slot) => conditions.push(slot),
                Err(failed) => self.report_failure(&format!("{}/null_when", column_pointer(table, column)), failed),
            }
        }
        for implied in self.statements.implied_nulls(table, column) {
            match self.sql(table, &implied.condition, true) {
                Ok(slot) => conditions.push(slot),
                Err(failed) => self.report_failure(&implied.pointer, failed),
            }
        }
        let nulls = conditions.len();
        for implied in self.statements.implied_values(table, column) {
            match self.sql(table, &implied.condition, true) {
                Ok(slot) => conditions.push(slot),
                Err(failed) => self.report_failure(&implied.pointer, failed),
            }
        }
        let key = self.seeds.key(self.dataset.tables[table].seed_name(), definition.seed_name(), "null", 0);
        (null::Mask { key, rate: definition.null_rate.unwrap_or(0.0), nulls }, conditions)
    }

    /// The conditions that make a column null, as they are written.
    pub(super) fn null_conditions(&self, table: usize, column: usize) -> Vec<String> {
        let own = self.dataset.tables[table].columns[column].null_when.clone();
        let implied = self.statements.implied_nulls(table, column).into_iter().map(|implied| implied.condition);
        own.into_iter().chain(implied).collect()
    }

    /// Whether a column is null, row by row, before it has a value.
    pub(super) fn make_nulls(&mut self, table: usize, column: usize) -> Result<SlotId, Failed> {
        let (mask, inputs) = self.null_mask(table, column);
        let name = format!("{} is null", self.dataset.tables[table].columns[column].name);
        let fast = inputs.clone();
        let made = Made { inputs, ..Made::computed(LogicalType::Boolean, null::Nulls(mask)) };
        let slot = self.push(table, name.clone(), made);
        self.tables[table].slots[slot].nullable = false;
        let Some(asked) = self.statements.null_counts.get(&(table, column)).cloned() else { return Ok(slot) };
        let slot = self.count_nulls(table, name, slot, fast, &asked)?;
        self.tables[table].slots[slot].nullable = false;
        Ok(slot)
    }

    fn count_nulls(
        &mut self,
        table: usize,
        name: String,
        base: SlotId,
        fast: Vec<SlotId>,
        asked: &AskedNulls,
    ) -> Result<SlotId, Failed> {
        let condition = match asked.negated {
            false => base,
            true => {
                let made = Made { inputs: vec![base], ..Made::computed(LogicalType::Boolean, null::Given) };
                self.push(table, asked.words.clone(), made)
            }
        };
        let when = match &asked.condition {
            None => None,
            Some(when) => Some(self.sql(table, when, true).map_err(|failed| {
                self.report_failure(&format!("{}/where", asked.pointer), failed);
                Failed::Known
            })?),
        };
        let per = asked.per.iter().map(|column| self.slot(table, Name::Column(*column))).collect::<Result<_, _>>()?;
        let key = self.count_key(table, &asked.rule);
        let steered = Steered {
            ways: Vec::new(),
            table,
            rule: asked.rule.clone(),
            words: asked.words.clone(),
            when,
            condition,
            fast,
            per,
            min: asked.min,
            max: asked.max,
            members: Vec::new(),
            base,
            is_uneven: false,
            key,
            changed: OnceLock::new(),
        };
        Ok(self.steer(table, name, steered, None))
    }

    /// The slot of a column's nulls, where it may be null.
    pub(super) fn nulls_of(&mut self, table: usize, column: usize) -> Result<Option<SlotId>, Failed> {
        let (mask, _) = self.null_mask(table, column);
        if mask.rate == 0.0 && mask.nulls == 0 && !self.statements.null_counts.contains_key(&(table, column)) {
            return Ok(None);
        }
        self.slot(table, Name::Nulls(column)).map(Some)
    }

    /// Refuses to count the nulls of a column whose generator makes some of its own.
    pub(super) fn check_null_count(&mut self, table: usize, column: usize, raw: SlotId) -> Result<(), Failed> {
        let Some(asked) = self.statements.null_counts.get(&(table, column)) else { return Ok(()) };
        if !self.tables[table].slots[raw].nullable {
            return Ok(());
        }
        let name = &self.dataset.tables[table].columns[column].name;
        let detail = format!("{} counts the nulls of {name}, whose values may be null by themselves", asked.rule);
        let remedy = "let its generator make values alone, and say with null_when where it is null";
        self.problems.push(Problem::new("two_owners", detail).at(format!("{}/where", asked.pointer)).remedy(remedy));
        Err(Failed::Known)
    }
}

//! A `count` per group beside other rules about one column: each group a condition of its own, as far as its values are few and known.

use datafusion::arrow::array::AsArray;

use super::as_text;
use super::compiler::Compiler;
use super::order::quoted;
use super::quotas::{Ask, Asked};
use super::rules::can_be_null;
use crate::types::LogicalType;

/// The most groups that are told apart by conditions.
const GROUPS: usize = 12;

impl Compiler {
    /// The rules with one about each group in the place of those per group; nothing where the groups are not known.
    pub(super) fn by_group(&mut self, table: usize, asked: &[Asked]) -> Option<Vec<Asked>> {
        let mut found = Vec::new();
        for one in asked {
            let Ask::Rows { condition, min, max, per } = &one.ask else {
                found.push(one.clone());
                continue;
            };
            let [group] = per.as_slice() else {
                if per.is_empty() {
                    found.push(one.clone());
                    continue;
                }
                return None;
            };
            for limit in self.groups_of(table, *group)? {
                let condition_of_rows = match &one.condition {
                    Some(when) => format!("({when}\n) AND {limit}"),
                    None => limit,
                };
                found.push(Asked {
                    condition: Some(condition_of_rows),
                    ask: Ask::Rows { condition: condition.clone(), min: *min, max: *max, per: Vec::new() },
                    ..one.clone()
                });
            }
        }
        Some(found)
    }

    /// The conditions of the groups that a column of a list makes.
    fn groups_of(&mut self, table: usize, column: usize) -> Option<Vec<String>> {
        let definition = self.dataset.tables[table].columns[column].clone();
        let is_plain = self.key_of_column(table, column).is_none()
            && self.statements.forced(table, column).is_empty()
            && !self.statements.formulas.contains_key(&(table, column))
            && !self.is_given(table, column);
        let made = if is_plain { self.compile_generator(table, column).ok()? } else { return None };
        let choices = made.choices.filter(|_| made.inputs.is_empty())?;
        let logical = definition.logical_type().unwrap_or_else(|| made.logical.clone());
        if choices.values.len() > GROUPS || logical != made.logical {
            return None;
        }
        let texts = as_text(&choices.values).ok()?;
        let name = quoted(&definition.name);
        let mut limits = Vec::new();
        for text in texts.as_string_view().iter().flatten() {
            let value = match &logical {
                LogicalType::Integer | LogicalType::Decimal { .. } | LogicalType::Boolean => text.to_owned(),
                LogicalType::String | LogicalType::Text => format!("'{}'", text.replace('\'', "''")),
                LogicalType::Date => format!("DATE '{text}'"),
                _ => return None,
            };
            limits.push(format!("{name} = {value}"));
        }
        if can_be_null(&definition) || self.statements.nulls.contains_key(&(table, column)) {
            limits.push(format!("{name} IS NULL"));
        }
        Some(limits)
    }
}

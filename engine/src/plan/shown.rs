//! Which column shows an attribute of a row's person, place or company: the one of its generator, else one that is named like it and lists
//! values of its own that can be read so.

use serde_json::Value;

use super::auto;
use super::compiler::{Compiler, column_pointer};
use crate::generators::{GeneratorSpec, StandIn, reads, stand_in};
use crate::problem::Problem;
use crate::schema::ValueList;
use crate::types::LogicalType;

/// The first generator of a name among the fields of an object, and of the objects inside it.
fn part(object: &Value, name: &str) -> Option<GeneratorSpec> {
    let fields = object.get("fields")?.as_object().filter(|_| object["type"] == "json_object")?;
    let own = fields.values().find(|field| field["type"] == name);
    match own {
        Some(field) => GeneratorSpec::from_value(field.clone()).ok(),
        None => fields.values().find_map(|field| part(field, name)),
    }
}

impl Compiler {
    /// The column of an entity that shows an attribute.
    pub(super) fn column_of(&self, table: usize, entity: &str, name: &str) -> Option<usize> {
        let columns = 0..self.dataset.tables[table].columns.len();
        let mut own = columns.filter(|column| self.is_of(table, *column, entity));
        own.find(|column| self.generator_name(table, *column).as_deref() == Some(name))
            .or_else(|| self.named_after(table, entity, name).find(|column| self.stands_in(table, *column, name)))
    }

    /// The part of a record that shows an attribute of an entity, where no column does: a field of a `json_object`.
    pub(super) fn part_of(&self, table: usize, entity: &str, name: &str) -> Option<GeneratorSpec> {
        if let Some(item) = self.items.get(&(table, entity.to_owned())) {
            return part(&item.to_value(), name);
        }
        let columns = &self.dataset.tables[table].columns;
        let of_entity = columns.iter().filter(|column| column.entity.as_deref().unwrap_or_default() == entity);
        let mut objects = of_entity
            .filter_map(|column| column.generator.as_ref())
            .filter(|generator| generator.entry().name == "json_object");
        objects.find_map(|generator| part(&generator.to_value(), name))
    }

    /// Whether an attribute of an entity is what a generator would show: it says no more than that, or the same as who shows it.
    pub(super) fn is_shown_as(&self, table: usize, entity: &str, generator: &GeneratorSpec) -> bool {
        let value = generator.to_value();
        if value.as_object().is_some_and(|parameters| parameters.len() == 1) {
            return true;
        }
        let name = &generator.entry().name;
        match self.column_of(table, entity, name) {
            Some(column) => {
                let own = self.dataset.tables[table].columns[column].generator.as_ref();
                own.is_some_and(|own| own.to_value() == value)
            }
            None => self.part_of(table, entity, name).is_some_and(|own| own.to_value() == value),
        }
    }

    fn is_of(&self, table: usize, column: usize, entity: &str) -> bool {
        self.dataset.tables[table].columns[column].entity.as_deref().unwrap_or_default() == entity
    }

    /// The columns of an entity that could show an attribute by their name and generator.
    fn named_after<'a>(&'a self, table: usize, entity: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
        let columns = 0..self.dataset.tables[table].columns.len();
        columns.filter(move |column| {
            self.is_of(table, *column, entity)
                && self.generator_name(table, *column).is_some_and(|generator| stand_in(name, &generator).is_some())
                && auto::suggested(&self.dataset.tables[table].columns[*column].name) == Some(name)
        })
    }

    fn stands_in(&self, table: usize, column: usize, name: &str) -> bool {
        let generator = self.generator_name(table, column).unwrap_or_default();
        let declared = self.dataset.tables[table].columns[column].logical_type();
        match stand_in(name, &generator) {
            Some(StandIn::Listed) => {
                declared.is_none_or(|logical| logical.is_text())
                    && self.listed_texts(table, column).is_some_and(|texts| reads(name, &texts))
            }
            Some(StandIn::Dated) => {
                declared.is_none_or(|logical| matches!(logical, LogicalType::Date | LogicalType::Datetime))
            }
            None => false,
        }
    }

    /// Says of columns that are named after an attribute why what follows from it does not follow from them.
    pub(super) fn report_unread(&mut self, table: usize, entity: &str, name: &str) {
        let unread: Vec<usize> = self.named_after(table, entity, name).collect();
        for column in unread {
            let shown = &self.dataset.tables[table].columns[column].name;
            let detail = format!(
                "the values of {shown} cannot be read as {name}, so other columns of the row do not follow them"
            );
            let remedy = match name {
                "gender" => {
                    "write values such as F and M, or female and male; or give the other columns gender: {sql: ...}"
                }
                _ => "write values that the generator of that name makes, or give the column another entity",
            };
            let problem = Problem::new("unread_values", detail).remedy(remedy).warning();
            self.report(&format!("{}/generator", column_pointer(table, column)), [problem]);
        }
    }

    /// The texts that a column draws from, where they stand in the schema.
    fn listed_texts(&self, table: usize, column: usize) -> Option<Vec<String>> {
        let own = self.dataset.tables[table].columns[column].generator.as_ref();
        let generator = own.or_else(|| Some(&self.chosen.get(&(table, column))?.0))?.to_value();
        let texts = |values: &[Value]| -> Option<Vec<String>> {
            values.iter().filter(|value| !value.is_null()).map(|value| value.as_str().map(str::to_owned)).collect()
        };
        if let Some(value) = generator.get("value") {
            return texts(std::slice::from_ref(value));
        }
        match generator.get("values") {
            Some(Value::Array(values)) => texts(values),
            Some(named) => match self.dataset.lists.get(named.get("list")?.as_str()?)? {
                ValueList::Values(values) => texts(values),
                ValueList::File(_) => None,
            },
            None => Some(generator.get("weights")?.as_object()?.keys().cloned().collect()),
        }
    }

    /// The genders that a column of an entity shows, as far as the schema says them.
    pub(super) fn genders_shown(&self, table: usize, entity: &str) -> Vec<String> {
        let Some(column) = self.column_of(table, entity, "gender") else { return Vec::new() };
        let usual = || vec!["F".to_owned(), "M".to_owned()];
        self.listed_texts(table, column).filter(|texts| !texts.is_empty()).unwrap_or_else(usual)
    }
}

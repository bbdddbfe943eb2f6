//! Keys between tables: which parent each child has, and how many rows a table has because of it.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, UInt64Array};

use super::compiler::{Compiler, Failed, Name, column_pointer};
use super::{SlotId, convert};
use crate::allocation::{Allocation, Children, Place, Shape};
use crate::enforce::deal;
use crate::enforce::null;
use crate::generators::{Cells, Fill, Made, Rows, RunError};
use crate::problem::Problem;
use crate::schema::{Distribution, ForeignKey, Pick, PickBy, Table};
use crate::types::LogicalType;

/// Numbers of parents or siblings by an allocation.
struct Places {
    allocation: Arc<Allocation>,
    number: fn(&Place) -> u64,
    /// Whether the numbers are those of parents.
    of_parents: bool,
}

impl Fill for Places {
    fn fill(&self, _: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let mut places = Vec::with_capacity(rows.len());
        match rows {
            Rows::Range(range) => self.allocation.places(range.clone(), &mut places),
            Rows::List(list) => {
                let mut cursor = self.allocation.cursor();
                places.extend(list.iter().map(|row| cursor.locate(*row)));
            }
        }
        Ok(Arc::new(UInt64Array::from_iter_values(places.iter().map(self.number))))
    }

    fn dealt(&self) -> Option<&Allocation> {
        self.of_parents.then_some(&*self.allocation)
    }
}

/// A number of rows times a factor; a table that has rows keeps one.
fn scaled(rows: u64, factor: f64) -> u64 {
    libm::rint(rows as f64 * factor).max(if rows > 0 { 1.0 } else { 0.0 }) as u64
}

impl Compiler {
    /// The parent table of a key, where it exists.
    pub(super) fn parent_of(&self, table: usize, key: usize) -> Option<usize> {
        let name = &self.dataset.tables[table].foreign_keys[key].references.table;
        self.dataset.tables.iter().position(|other| other.name == *name)
    }

    /// The key that decides a column, and the column's place in it.
    pub(super) fn key_of_column(&self, table: usize, column: usize) -> Option<(usize, usize)> {
        let definition = &self.dataset.tables[table];
        let name = &definition.columns[column].name;
        let deciders = &self.tables[table].deciders;
        definition
            .foreign_keys
            .iter()
            .enumerate()
            .filter_map(|(key, definition)| Some((key, definition.columns.iter().position(|column| column == name)?)))
            .min_by_key(|(key, _)| deciders[*key].is_some())
    }

    /// Keys that name what is not there, or ask for what cannot be.
    pub(super) fn check_keys(&mut self) {
        let dataset = Arc::clone(&self.dataset);
        for (index, table) in dataset.tables.iter().enumerate() {
            for (at, key) in table.foreign_keys.iter().enumerate() {
                let pointer = format!("/tables/{index}/foreign_keys/{at}");
                self.check_key(index, key, &pointer);
                self.check_shared(index, at);
            }
        }
    }

    fn check_key(&mut self, table: usize, key: &ForeignKey, pointer: &str) {
        let dataset = Arc::clone(&self.dataset);
        let own = &dataset.tables[table];
        for (step, column) in key.columns.iter().enumerate() {
            match own.columns.iter().position(|known| known.name == *column) {
                None => {
                    let problem = self.unknown_column(table, column).at(format!("{pointer}/columns/{step}"));
                    self.problems.push(problem);
                }
                Some(place) if own.columns[place].generator.is_some() => {
                    let detail =
                        format!("the foreign key {} decides {column}, which has a generator as well", key.name());
                    let place = format!("{}/generator", column_pointer(table, place));
                    self.problems.push(Problem::new("two_sources", detail).at(place).remedy("leave the generator out"));
                }
                Some(_) => {}
            }
        }
        let Some(parent) = dataset.table(&key.references.table) else {
            let name = &key.references.table;
            let mut problem = Problem::new("unknown_table", format!("there is no table \"{name}\""))
                .param("table", name.as_str())
                .at(format!("{pointer}/references/table"));
            problem = problem.suggest(name, dataset.tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>());
            self.problems.push(problem);
            return;
        };
        let parent_index = dataset.tables.iter().position(|other| other.name == parent.name).unwrap_or(0);
        for (step, column) in key.references.columns.iter().enumerate() {
            if parent.column(column).is_none() {
                let problem =
                    self.unknown_column(parent_index, column).at(format!("{pointer}/references/columns/{step}"));
                self.problems.push(problem);
            }
        }
        if key.columns.len() != key.references.columns.len() {
            let detail = format!("{} columns refer to {}", key.columns.len(), key.references.columns.len());
            self.problems.push(Problem::new("column_count", detail).at(format!("{pointer}/references/columns")));
        }
        let referenced: HashSet<&String> = key.references.columns.iter().collect();
        let primary: HashSet<&String> = parent.primary_key.iter().collect();
        let is_key = referenced == primary
            || key.references.columns.iter().any(|name| parent.column(name).is_some_and(|column| column.unique == Some(true)))
            || parent.rules.iter().any(|rule| {
                matches!(&rule.kind, crate::schema::RuleKind::Unique { columns } if rule.when.is_none() && columns.iter().collect::<HashSet<_>>() == referenced)
            });
        if !is_key && !referenced.is_empty() {
            let names = key.references.columns.join(", ");
            let detail = format!("nothing makes {names} of {} tell its rows apart", parent.name);
            let remedy = format!("make it the primary_key of {}, or unique", parent.name);
            self.problems
                .push(Problem::new("not_a_key", detail).at(format!("{pointer}/references/columns")).remedy(remedy));
        }
        if parent.name == own.name {
            self.check_tree(table, key, pointer);
        }
        if key.condition.is_some() && key.children.is_some() {
            let detail = "where limits which parents are chosen, and with children every parent has its number";
            let place = format!("{pointer}/where");
            self.problems
                .push(Problem::new("two_sources", detail).at(place).remedy("use pick in the place of children"));
        }
        for (present, name) in [(key.root_rate.is_some(), "root_rate"), (key.max_depth.is_some(), "max_depth")] {
            if present && parent.name != own.name {
                let detail = format!("{name} is for keys to the own table, and this one refers to {}", parent.name);
                self.problems
                    .push(Problem::new("not_own_table", detail).at(format!("{pointer}/{name}")).remedy("leave it out"));
            }
        }
        if matches!(&key.pick, Some(Pick::Name(PickBy::Weighted))) {
            let problem =
                Problem::new("missing_key", "nothing says how likely each parent is").at(format!("{pointer}/pick"));
            self.problems.push(problem.remedy("write pick: {weighted: \"…\"} with SQL over the parent"));
        }
        if let Some(children) = &key.children {
            if key.pick.is_some() {
                let detail = "children and pick both say which parent a child has";
                self.problems.push(
                    Problem::new("two_sources", detail).at(format!("{pointer}/pick")).remedy("leave one of them out"),
                );
            }
            if key.null_rate.is_some() {
                let detail = "children of a parent all have one, so no share of them can be without";
                self.problems.push(
                    Problem::new("two_sources", detail)
                        .at(format!("{pointer}/null_rate"))
                        .remedy("use pick in the place of children"),
                );
            }
            if let (Some(min), Some(max)) = (children.min, children.max)
                && min > max
            {
                let detail = format!("max {max} is below min {min}");
                self.problems.push(Problem::new("empty_interval", detail).at(format!("{pointer}/children/max")));
            }
        }
    }

    /// The rows of a table: set for this generation, written, or the sum of its parents' children.
    pub(super) fn find_rows(&mut self, table: usize) -> Option<u64> {
        let dataset = Arc::clone(&self.dataset);
        let definition = &dataset.tables[table];
        let set = self.options.rows.get(&definition.name).copied();
        let scale = self.options.scale.filter(|_| definition.scaled != Some(false));
        let given = Some(self.given_rows(table)).filter(|given| *given > 0);
        let written = definition.rows.map(|rows| scale.map_or(rows, |scale| scaled(rows, scale)));
        let Some(at) = self.structural_key(table) else {
            // Given rows are all there are where nothing else says how many.
            let written = written.or(given);
            if set.or(written).is_none()
                && !self.lost(&format!("/tables/{table}/rows"))
                && !self.lost(&format!("/tables/{table}/foreign_keys"))
            {
                let remedy = "give it `rows`, or one of its foreign keys `children`";
                let detail = format!("nothing says how many rows {} has", definition.name);
                self.problems.push(Problem::new("no_rows", detail).at(format!("/tables/{table}")).remedy(remedy));
            }
            return set.or(written);
        };
        let key = &definition.foreign_keys[at];
        let children = key.children.as_ref()?;
        let pointer = format!("/tables/{table}/foreign_keys/{at}/children");
        let parents = self.rows(self.parent_of(table, at)?)?;
        let total = self.stated_total(definition, children);
        let stated = children.mean.is_some() || total.is_some();
        let wanted = set.or(if stated { total } else { total.or(written) });
        let bounds = children.min.is_some() || children.max.is_some();
        if wanted.is_none() && children.mean.is_none() && !bounds {
            let detail = "children needs a mean, a total or bounds, or the table its rows";
            self.problems.push(Problem::new("no_rows", detail).at(pointer));
            return None;
        }
        if wanted.is_none() && children.mean.is_none() && children.max.is_none() {
            let detail = "children with a min alone has no upper end";
            self.problems.push(Problem::new("no_rows", detail).at(pointer).remedy("add max, mean or total"));
            return None;
        }
        let asked = self.asked_children(definition, children, wanted);
        let stream = self.seeds.key(definition.seed_name(), key.name(), "tree", 0);
        match Allocation::new(stream, parents, &asked) {
            Ok(allocation) => {
                let rows = allocation.total();
                if let (Some(written), None, true) = (written, set, stated)
                    && written != rows
                {
                    let detail = format!("rows {written} is not the {rows} children that {} asks for", key.name());
                    let place = format!("/tables/{table}/rows");
                    self.problems.push(Problem::new("contradiction", detail).at(place).remedy("leave rows out"));
                    return None;
                }
                self.tables[table].allocation = Some(Arc::new(allocation));
                Some(rows)
            }
            Err(infeasible) => {
                let detail = infeasible.to_string();
                self.problems.push(Problem::new("infeasible", detail).at(pointer));
                None
            }
        }
    }

    /// The children in all that a key states, scaled as its table is.
    pub(super) fn stated_total(&self, table: &Table, children: &crate::schema::Children) -> Option<u64> {
        let scale = self.options.scale.filter(|_| table.scaled != Some(false));
        children.total.map(|total| scale.map_or(total, |scale| scaled(total, scale)))
    }

    /// How many children each parent has, where there are so many in all.
    pub(super) fn asked_children(
        &self,
        table: &Table,
        children: &crate::schema::Children,
        wanted: Option<u64>,
    ) -> Children {
        let stated = children.mean.is_some() || self.stated_total(table, children).is_some();
        Children {
            min: children.min.unwrap_or(0),
            max: children.max,
            mean: if wanted.is_some() { None } else { children.mean },
            total: wanted,
            shape: match children.distribution {
                Some(Distribution::Uniform) => Shape::Uniform,
                Some(Distribution::Poisson) => Shape::Poisson,
                Some(Distribution::Geometric) => Shape::Geometric,
                Some(Distribution::Zipf) => Shape::Zipf,
                None if stated || wanted.is_some() => Shape::Poisson,
                None => Shape::Uniform,
            },
        }
    }

    /// A column of a key: the referenced column's value in the parent's row.
    pub(super) fn make_key_column(
        &mut self,
        table: usize,
        column: usize,
        key: usize,
        at: usize,
    ) -> Result<SlotId, Failed> {
        let parent = self.parent_of(table, key).ok_or(Failed::Known)?;
        let dataset = Arc::clone(&self.dataset);
        let referenced = dataset.tables[table].foreign_keys[key].references.columns.get(at).ok_or(Failed::Known)?;
        let place =
            dataset.tables[parent].columns.iter().position(|known| known.name == *referenced).ok_or(Failed::Known)?;
        let value = self.slot(parent, Name::Column(place))?;
        let slot = self.slot(table, Name::Parent { key, slot: value })?;
        let definition = &dataset.tables[table].columns[column];
        let made = &self.tables[table].slots[slot];
        match definition.logical_type() {
            Some(wanted) if wanted != made.logical => {
                let from = made.logical.clone();
                let fill = convert::conversion(&from, &wanted).map_err(|problem| {
                    self.report_lossy(table, column, &from, problem);
                    Failed::Known
                })?;
                let made = Made { inputs: vec![slot], ..Made::computed(wanted, fill) };
                Ok(self.push(table, definition.name.clone(), made))
            }
            _ => Ok(slot),
        }
    }

    /// The parent's row number of a key.
    pub(super) fn make_key(&mut self, table: usize, key: usize) -> Result<SlotId, Failed> {
        let dataset = Arc::clone(&self.dataset);
        let definition = &dataset.tables[table].foreign_keys[key];
        let pointer = format!("/tables/{table}/foreign_keys/{key}");
        let parent = self.parent_of(table, key).ok_or(Failed::Known)?;
        let rows = self.rows(table).ok_or(Failed::Known)?;
        let parents = self.rows(parent).ok_or(Failed::Known)?;
        let is_structural = self.structural_key(table) == Some(key);
        if definition.children.is_some() && !is_structural && parent != table {
            return self.shared_key(table, key);
        }
        if let Some(allocation) = self.tables[table].allocation.clone().filter(|_| is_structural) {
            let made = Made::computed(
                LogicalType::Integer,
                Places { allocation, number: |place| place.parent, of_parents: true },
            );
            let slot = self.push(table, definition.name().to_owned(), made);
            self.tables[table].slots[slot].nullable = false;
            self.need_suited(table, key, slot)?;
            return self.mask_key(table, key, slot);
        }
        if parent == table {
            return self.tree_key(table, key);
        }
        if parents == 0 && rows > 0 {
            let detail =
                format!("{} has no rows that the {rows} rows here could refer to", dataset.tables[parent].name);
            self.report(&pointer, [Problem::new("no_parents", detail)]);
            return Err(Failed::Known);
        }
        if let Some(decider) = self.tables[table].deciders[key] {
            return self.decided_key(table, key, decider);
        }
        if let Some(slot) = self.one_each(table, key)? {
            return Ok(slot);
        }
        self.check_apart(table, key)?;
        if let Some(place) = self.statements.deal_of_key(table, key) {
            if let Some(slot) = self.deciding_pair(table, place, key)? {
                return Ok(slot);
            }
            let slot = self.make_deal_for_key(table, place, key)?;
            self.need_suited(table, key, slot)?;
            return Ok(slot);
        }
        let slot = if self.key_is_unique(table, key) {
            if rows > parents {
                let detail = format!(
                    "each row needs a parent of its own, and {} has {parents} rows for {rows}",
                    dataset.tables[parent].name
                );
                self.report(&pointer, [Problem::new("capacity", detail)]);
                return Err(Failed::Known);
            }
            let stream = self.seeds.key(dataset.tables[table].seed_name(), definition.name(), "position", 0);
            let countable = Arc::new(deal::ParentRows(parents));
            let made = deal::ByRow::new(stream, countable, u128::from(parents), 1);
            let made = Made::computed(LogicalType::Integer, made).all_distinct();
            let slot = self.push(table, definition.name().to_owned(), made);
            self.need_suited(table, key, slot)?;
            slot
        } else {
            self.picked(table, key)?
        };
        self.tables[table].slots[slot].nullable = false;
        self.mask_key(table, key, slot)
    }

    /// Whether one column of a key must be distinct, so that the parent must.
    pub(super) fn key_is_unique(&self, table: usize, key: usize) -> bool {
        let definition = &self.dataset.tables[table];
        let columns = &definition.foreign_keys[key].columns;
        let primary =
            !definition.primary_key.is_empty() && definition.primary_key.iter().all(|name| columns.contains(name));
        primary || columns.iter().any(|name| definition.column(name).is_some_and(|column| column.unique == Some(true)))
    }

    /// Nulls of a key: what its columns' conditions say holds for all of them.
    pub(super) fn mask_key(&mut self, table: usize, key: usize, slot: SlotId) -> Result<SlotId, Failed> {
        let dataset = Arc::clone(&self.dataset);
        let definition = &dataset.tables[table].foreign_keys[key];
        let mut conditions = Vec::new();
        let mut never = Vec::new();
        let mut rate = definition.null_rate.unwrap_or(0.0);
        for name in definition.columns.iter().filter(|name| self.decides(table, key, name)).collect::<Vec<_>>() {
            let Some(column) = dataset.tables[table].columns.iter().position(|column| column.name == *name) else {
                continue;
            };
            let pointer = column_pointer(table, column);
            let own = &dataset.tables[table].columns[column];
            rate = rate.max(own.null_rate.unwrap_or(0.0));
            let mut wanted: Vec<(String, String)> = Vec::new();
            if let Some(sql) = &own.null_when {
                wanted.push((sql.clone(), format!("{pointer}/null_when")));
            }
            wanted.extend(
                self.statements
                    .implied_nulls(table, column)
                    .into_iter()
                    .map(|implied| (implied.condition, implied.pointer)),
            );
            for (sql, place) in wanted {
                match self.sql(table, &sql, true) {
                    Ok(condition) => conditions.push(condition),
                    Err(failed) => self.report_failure(&place, failed),
                }
            }
            for implied in self.statements.implied_values(table, column) {
                match self.sql(table, &implied.condition, true) {
                    Ok(condition) => never.push(condition),
                    Err(failed) => self.report_failure(&implied.pointer, failed),
                }
            }
        }
        if rate == 0.0 && conditions.is_empty() {
            return Ok(slot);
        }
        let stream = self.seeds.key(dataset.tables[table].seed_name(), definition.name(), "null", 0);
        let nulls = conditions.len();
        let mut inputs = vec![slot];
        inputs.extend(conditions);
        inputs.extend(never);
        let fill = null::Mask { key: stream, rate, nulls };
        let made = Made { inputs, ..Made::computed(LogicalType::Integer, fill) };
        let masked = self.push(table, definition.name().to_owned(), made);
        self.tables[table].slots[masked].nullable = true;
        Ok(masked)
    }

    /// A child's number among its siblings.
    pub(super) fn make_index(&mut self, table: usize, key: usize) -> Result<SlotId, Failed> {
        self.rows(table).ok_or(Failed::Known)?;
        let allocation = self.tables[table].allocation.clone().ok_or(Failed::Known)?;
        let made =
            Made::computed(LogicalType::Integer, Places { allocation, number: |place| place.index, of_parents: false });
        let name = format!("number within {}", self.dataset.tables[table].foreign_keys[key].name());
        let slot = self.push(table, name, made);
        self.tables[table].slots[slot].nullable = false;
        Ok(slot)
    }

    /// Tables, parents before children.
    pub(super) fn load_order(&self) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.tables.len());
        let mut left: Vec<usize> = (0..self.tables.len()).collect();
        while !left.is_empty() {
            let ready: Vec<usize> = left
                .iter()
                .copied()
                .filter(|table| {
                    let keys = 0..self.dataset.tables[*table].foreign_keys.len();
                    keys.filter_map(|key| self.parent_of(*table, key))
                        .all(|parent| parent == *table || order.contains(&parent))
                })
                .collect();
            if ready.is_empty() {
                // A circle of tables: columns may still be fine, and a database checks keys at the end.
                order.append(&mut left);
                break;
            }
            left.retain(|table| !ready.contains(table));
            order.extend(ready);
        }
        order
    }
}

//! Which columns a statement reads, through which keys, and the `FROM` clause that brings them together.
//!
//! A table's own columns stand unqualified in SQL, those of referenced rows as `key.column` through any number of steps. Each path of keys is
//! one `LEFT JOIN` with an alias of its own, so that two keys to one parent stay apart and a row without a parent stays.

use crate::expr::{Reference, resolve};
use crate::schema::{Column, Dataset, ForeignKey, Table};

/// The tables that are read: one and those that its keys lead to.
#[derive(Clone, Debug)]
pub(super) struct Joins<'a> {
    dataset: &'a Dataset,
    table: &'a Table,
    hops: Vec<Hop<'a>>,
}

/// A row that a path of keys leads to.
#[derive(Clone, Debug)]
struct Hop<'a> {
    path: Vec<&'a str>,
    /// Index of the hop before; `None` for the table itself.
    from: Option<usize>,
    key: &'a ForeignKey,
    table: &'a Table,
}

/// A column that a statement reads.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    /// Its name in SQL, as a [`Reference`] prints it: `column`, `key.column`.
    pub name: String,
    /// The table that holds it.
    pub table: &'a Table,
    /// The column.
    pub column: &'a Column,
    /// Alias of the table in [`Joins::from_sql`].
    pub alias: String,
}

/// The alias of the table itself.
const OWN: &str = "t";

impl<'a> Joins<'a> {
    /// Reads of the table itself.
    pub(super) fn new(dataset: &'a Dataset, table: &'a Table) -> Joins<'a> {
        Joins { dataset, table, hops: Vec::new() }
    }

    /// Adds what conditions read to the places that are read already, each once.
    pub(super) fn add_read<'r>(
        &mut self,
        places: &mut Vec<Place<'a>>,
        references: impl IntoIterator<Item = &'r Reference>,
    ) -> Result<(), String> {
        for reference in references {
            let place = self.place(reference)?;
            if places.iter().all(|other| other.name != place.name) {
                places.push(place);
            }
        }
        Ok(())
    }

    /// Where a path leads, with the joins that it needs; or why it leads nowhere.
    pub(super) fn place(&mut self, reference: &Reference) -> Result<Place<'a>, String> {
        let Some((written, keys)) = reference.0.split_last() else { return Err("a name is empty".to_owned()) };
        let mut at: Option<usize> = None;
        for key in keys {
            at = Some(self.hop(at, key)?);
        }
        let table = self.table_at(at);
        let column = resolve(written, table.columns.iter().map(|column| column.name.as_str()))
            .and_then(|index| table.columns.get(index))
            .ok_or_else(|| format!("table \"{}\" has no column \"{written}\"", table.name))?;
        let mut path = at.map_or_else(Vec::new, |hop| self.hops[hop].path.clone());
        path.push(&column.name);
        Ok(Place { name: path.join("."), table, column, alias: alias(at) })
    }

    /// The place of a column of the table itself.
    pub(super) fn own(&mut self, column: &str) -> Result<Place<'a>, String> {
        self.place(&Reference(vec![column.to_owned()]))
    }

    /// Whether a parent is read.
    pub(super) fn any(&self) -> bool {
        !self.hops.is_empty()
    }

    /// The paths of keys that are followed, for telling statements that need the same joins.
    pub(super) fn paths(&self) -> Vec<Vec<String>> {
        let mut paths: Vec<Vec<String>> =
            self.hops.iter().map(|hop| hop.path.iter().map(|&key| key.to_owned()).collect()).collect();
        paths.sort_unstable();
        paths
    }

    /// The columns on both sides of the keys that are followed.
    pub(super) fn key_columns(&self) -> impl Iterator<Item = (&'a Table, &'a Column)> + '_ {
        self.hops.iter().flat_map(|hop| {
            let child = self.table_at(hop.from);
            let own = hop.key.columns.iter().filter_map(move |name| Some((child, child.column(name)?)));
            let theirs =
                hop.key.references.columns.iter().filter_map(|name| Some((hop.table, hop.table.column(name)?)));
            own.chain(theirs)
        })
    }

    /// What follows `FROM`: the table as `t`, every parent under an alias of its own.
    pub(super) fn sql_from(&self) -> String {
        let mut sql = format!("{} AS {OWN}", quoted(&self.table.name));
        for (index, hop) in self.hops.iter().enumerate() {
            let (child, parent) = (alias(hop.from), alias(Some(index)));
            let pairs: Vec<String> = hop
                .key
                .columns
                .iter()
                .zip(&hop.key.references.columns)
                .map(|(own, theirs)| format!("{child}.{} = {parent}.{}", quoted(own), quoted(theirs)))
                .collect();
            sql.push_str(&format!(" LEFT JOIN {} AS {parent} ON {}", quoted(&hop.table.name), pairs.join(" AND ")));
        }
        sql
    }

    fn table_at(&self, at: Option<usize>) -> &'a Table {
        at.map_or(self.table, |hop| self.hops[hop].table)
    }

    /// The hop that a key leads to, made where it is not there yet.
    fn hop(&mut self, from: Option<usize>, written: &str) -> Result<usize, String> {
        let table = self.table_at(from);
        let key = resolve(written, table.foreign_keys.iter().map(ForeignKey::name))
            .and_then(|index| table.foreign_keys.get(index))
            .ok_or_else(|| format!("table \"{}\" has no foreign key \"{written}\"", table.name))?;
        if let Some(index) = self.hops.iter().position(|hop| hop.from == from && hop.key.name() == key.name()) {
            return Ok(index);
        }
        let parent = parent_of(self.dataset, key)?;
        let mut path = from.map_or_else(Vec::new, |hop| self.hops[hop].path.clone());
        path.push(key.name());
        self.hops.push(Hop { path, from, key, table: parent });
        Ok(self.hops.len() - 1)
    }
}

/// The table that a key refers to.
pub(super) fn parent_of<'a>(dataset: &'a Dataset, key: &ForeignKey) -> Result<&'a Table, String> {
    let name = &key.references.table;
    let parent = dataset.table(name).ok_or_else(|| format!("there is no table \"{name}\""))?;
    if key.columns.len() != key.references.columns.len() {
        let (own, theirs) = (key.columns.len(), key.references.columns.len());
        return Err(format!("key \"{}\" has {own} columns and refers to {theirs}", key.name()));
    }
    Ok(parent)
}

fn alias(hop: Option<usize>) -> String {
    hop.map_or_else(|| OWN.to_owned(), |index| format!("p{}", index + 1))
}

/// A name in SQL, in quotes whatever it holds.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text in SQL.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset() -> Dataset {
        serde_json::from_value(serde_json::json!({"name": "d", "tables": [
            {"name": "country", "primary_key": ["code"], "columns": [{"name": "code"}, {"name": "label"}]},
            {"name": "city", "primary_key": ["id"], "columns": [{"name": "id"}, {"name": "land"}],
             "foreign_keys": [{"columns": ["land"], "references": {"table": "country", "columns": ["code"]}}]},
            {"name": "trip \"x\"", "columns": [{"name": "a"}, {"name": "b"}], "foreign_keys": [
                {"name": "start", "columns": ["a"], "references": {"table": "city", "columns": ["id"]}},
                {"name": "end", "columns": ["b"], "references": {"table": "city", "columns": ["id"]}}]},
        ]}))
        .expect("a dataset")
    }

    #[test]
    fn two_keys_to_one_parent_and_their_steps_get_aliases_of_their_own() {
        let dataset = dataset();
        let mut joins = Joins::new(&dataset, &dataset.tables[2]);
        let mut place = |path: &[&str]| {
            let place = joins.place(&Reference(path.iter().map(|&p| p.to_owned()).collect())).expect("a place");
            (place.name, place.alias)
        };
        assert_eq!(place(&["A"]), ("a".to_owned(), "t".to_owned()));
        assert_eq!(place(&["start", "country", "LABEL"]), ("start.country.label".to_owned(), "p2".to_owned()));
        assert_eq!(place(&["end", "country", "label"]), ("end.country.label".to_owned(), "p4".to_owned()));
        assert_eq!(place(&["start", "id"]), ("start.id".to_owned(), "p1".to_owned()));
        assert_eq!(
            joins.sql_from(),
            "\"trip \"\"x\"\"\" AS t LEFT JOIN \"city\" AS p1 ON t.\"a\" = p1.\"id\" \
             LEFT JOIN \"country\" AS p2 ON p1.\"land\" = p2.\"code\" \
             LEFT JOIN \"city\" AS p3 ON t.\"b\" = p3.\"id\" \
             LEFT JOIN \"country\" AS p4 ON p3.\"land\" = p4.\"code\""
        );
    }

    #[test]
    fn a_path_that_leads_nowhere_says_where_it_ends() {
        let dataset = dataset();
        let mut joins = Joins::new(&dataset, &dataset.tables[2]);
        let mut error = |path: &[&str]| {
            joins.place(&Reference(path.iter().map(|&p| p.to_owned()).collect())).expect_err("an error")
        };
        assert_eq!(error(&["start", "nation", "label"]), "table \"city\" has no foreign key \"nation\"");
        assert_eq!(error(&["start", "name"]), "table \"city\" has no column \"name\"");
    }
}

//! `verify.sql`: the statements of a schema as plain SQL, one `SELECT` each, for another database to prove.
//!
//! Each gives the rule's id, the number of rows that break it, counted as [`super::RuleResult::broken`] counts, and the first keys of those.
//! Tables and columns go by their own names. What a dialect cannot say stands as a comment with the reason.

mod aggregate;
mod correlation;
mod overlap;
mod totals;
mod tree;

use std::cell::RefCell;

use super::Expected;
use super::condition::Condition;
use super::dialect::{Dialect, Writer, Written};
use super::given::Row;
use super::joins::{Joins, literal, parent_of, quoted};
use super::score::value_sql;
use super::statement::{Claim, Statement, statements};
use super::totals::Total;
use serde_json::Value;

use crate::expr::{Parsed, Reference};
use crate::schema::{Children, Dataset, Datetime, ForeignKey, Table};
use crate::types::LogicalType;

/// The statements of a schema as SQL for a database.
pub fn verify_sql(dataset: &Dataset, expected: &Expected, dialect: Dialect) -> String {
    let mut sql = format!(
        "-- What {} states about its rows, one SELECT a rule: its id, the rows that break it, the first keys of those.\n",
        comment(&dataset.name)
    );
    sql.push_str("-- Types are what the database declares, and are not asked for here.\n");
    if dialect == Dialect::Sqlite {
        sql.push_str("\nPRAGMA case_sensitive_like = ON;\n");
    }
    let script = Script { dataset, expected, dialect, broken: free_name(dataset) };
    for statement in statements(dataset, expected) {
        if matches!(statement.claim, Claim::Type(_)) {
            continue;
        }
        sql.push_str(&format!("\n-- {}: {}\n", comment(&statement.id), comment(&statement.says)));
        if let Claim::Total { total: Total::Correlation(correlation), .. } = &statement.claim
            && correlation.method == "kendall"
        {
            let part = correlation::PART;
            sql.push_str(&format!(
                "-- In more than {part} rows each two are compared within parts of at most so many, and the parts' coefficients averaged.\n"
            ));
        }
        match script.broken_rows(&statement) {
            Ok(rows) => sql.push_str(&script.select(&statement.id, &rows)),
            Err(reason) => sql.push_str(&format!("-- Left out: {}\n", comment(&reason))),
        }
    }
    sql
}

/// Text in one line, so that no name ends a comment.
fn comment(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A name that no table has.
fn free_name(dataset: &Dataset) -> String {
    let mut name = "broken_rows".to_owned();
    while dataset.tables.iter().any(|table| table.name.to_lowercase() == name) {
        name.push('_');
    }
    name
}

struct Script<'a> {
    dataset: &'a Dataset,
    expected: &'a Expected,
    dialect: Dialect,
    /// Name of the rows that break a rule.
    broken: String,
}

impl<'a> Script<'a> {
    /// The name of the type of binary floating-point numbers.
    fn real(&self) -> &'static str {
        if self.dialect == Dialect::Sqlite { "REAL" } else { "DOUBLE PRECISION" }
    }

    fn select(&self, id: &str, rows: &str) -> String {
        let (broken, id) = (&self.broken, literal(id));
        let join = if self.dialect == Dialect::Sqlite { "group_concat" } else { "string_agg" };
        format!(
            "WITH {broken} AS (\n  {rows}\n)\nSELECT {id} AS rule,\n  \
             (SELECT coalesce(sum(n), 0) FROM {broken}) AS broken,\n  \
             (SELECT {join}(k, '; ') FROM (SELECT k FROM {broken} ORDER BY k LIMIT 5) AS few) AS first_keys;\n"
        )
    }

    /// The rows that break a statement: `k` tells which, `n` how many.
    fn broken_rows(&self, statement: &Statement<'a>) -> Result<String, String> {
        let table = statement.table;
        match &statement.claim {
            Claim::Rows(asked) => Ok(format!(
                "SELECT 'in all' AS k, abs(total - {asked}) AS n FROM (SELECT count(*) AS total FROM {}) AS counted \
                 WHERE total <> {asked}",
                quoted(&table.name)
            )),
            Claim::Row { when, condition } => self.row(table, *when, *condition),
            Claim::PrimaryKey(columns) => {
                let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
                let names = self.own(table, &columns)?;
                let nulls: Vec<String> = names.iter().map(|name| format!("{name} IS NULL")).collect();
                Ok(format!(
                    "SELECT {} AS k, 1 AS n FROM {} AS t WHERE {}\n  UNION ALL\n  {}",
                    self.key(&names),
                    quoted(&table.name),
                    nulls.join(" OR "),
                    self.repeats(table, &columns, None)?
                ))
            }
            Claim::Unique { columns, when } => self.repeats(table, columns, *when),
            Claim::ForeignKey(key) => self.orphans(table, key),
            Claim::Where { key, condition } => self.unlike_parents(table, key, condition),
            Claim::Given(rows) => self.given(table, rows),
            Claim::Tree(key) => self.tree(table, key),
            Claim::Children(key, children) => self.numbers(table, key, children),
            Claim::Total { when, total } => self.totals(table, *when, total),
            Claim::Aggregate { when, aggregate } => self.aggregate(table, *when, aggregate),
            Claim::NoOverlap { when, overlap } => self.overlap(table, *when, overlap),
            Claim::Type(_) => Err("types are what the database declares".to_owned()),
        }
    }

    fn row(&self, table: &'a Table, when: Option<&str>, condition: Condition<'_>) -> Result<String, String> {
        let condition = condition.sql(|column| self.kind(table, column))?;
        let joins = RefCell::new(Joins::new(self.dataset, table));
        let read = RefCell::new(Vec::new());
        let condition = self.write(&condition, &joins, &read)?;
        let condition = match when {
            // The condition may have no value where `when` is not true.
            Some(when) => format!("CASE WHEN {} THEN {condition} END", self.write(when, &joins, &read)?),
            None => condition,
        };
        let key: Vec<&str> = table.primary_key.iter().map(String::as_str).collect();
        let key = if key.is_empty() { read.into_inner() } else { self.own(table, &key)? };
        let from = joins.into_inner().sql_from();
        Ok(format!("SELECT {} AS k, 1 AS n FROM {from} WHERE ({condition}) IS FALSE", self.key(&key)))
    }

    fn repeats(&self, table: &'a Table, columns: &[&str], when: Option<&str>) -> Result<String, String> {
        let names = self.own(table, columns)?;
        let mut conditions: Vec<String> = names.iter().map(|name| format!("{name} IS NOT NULL")).collect();
        let joins = RefCell::new(Joins::new(self.dataset, table));
        if let Some(when) = when {
            conditions.push(format!("({})", self.write(when, &joins, &RefCell::default())?));
        }
        Ok(format!(
            "SELECT {} AS k, count(*) - 1 AS n FROM {} WHERE {} GROUP BY {} HAVING count(*) > 1",
            self.key(&names),
            joins.into_inner().sql_from(),
            conditions.join(" AND "),
            names.join(", ")
        ))
    }

    fn orphans(&self, table: &'a Table, key: &'a ForeignKey) -> Result<String, String> {
        let parent = parent_of(self.dataset, key)?;
        let (own, pairs) = self.pairs(table, parent, key)?;
        let given: Vec<String> = own.iter().map(|name| format!("{name} IS NOT NULL")).collect();
        let told: Vec<&str> = table.primary_key.iter().map(String::as_str).collect();
        let mut told = self.own(table, &told)?;
        told.extend(own.into_iter().filter(|name| !told.contains(name)).collect::<Vec<_>>());
        Ok(format!(
            "SELECT {} AS k, 1 AS n FROM {} AS t WHERE {} AND NOT EXISTS (SELECT 1 FROM {} AS p WHERE {})",
            self.key(&told),
            quoted(&table.name),
            given.join(" AND "),
            quoted(&parent.name),
            pairs.join(" AND ")
        ))
    }

    /// Given rows that are not there.
    fn given(&self, table: &'a Table, rows: &[Row]) -> Result<String, String> {
        const MOST: usize = 1_000;
        if rows.len() > MOST {
            return Err(format!("more than {MOST} rows are given"));
        }
        let mut parts = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let joins = RefCell::new(Joins::new(self.dataset, table));
            let read = RefCell::new(Vec::new());
            let mut conditions = Vec::new();
            for (column, value) in row {
                let kind = self.kind(table, column);
                let condition = match value {
                    Value::Null => format!("{} IS NULL", quoted(column)),
                    value => format!("{} = {}", quoted(column), value_sql(value, kind.as_ref())?),
                };
                conditions.push(self.write(&condition, &joins, &read)?);
            }
            if !conditions.is_empty() {
                let (name, conditions) = (quoted(&table.name), conditions.join(" AND "));
                parts.push(format!(
                    "SELECT '{}' AS k, 1 AS n WHERE NOT EXISTS (SELECT 1 FROM {name} AS t WHERE {conditions})",
                    at + 1
                ));
            }
        }
        match parts.is_empty() {
            true => Err("no given row fills a column".to_owned()),
            false => Ok(parts.join("\n  UNION ALL\n  ")),
        }
    }

    /// Rows whose key is that of no row of the parent of which a condition is true.
    fn unlike_parents(&self, table: &'a Table, key: &'a ForeignKey, condition: &str) -> Result<String, String> {
        let parent = parent_of(self.dataset, key)?;
        let (names, _) = self.pairs(table, parent, key)?;
        // The condition is written over the parent as `t`, so the referring rows take another name.
        let own: Vec<String> = key.columns.iter().map(|column| format!("c.{}", quoted(column))).collect();
        let theirs: Vec<&str> = key.references.columns.iter().map(String::as_str).collect();
        let pairs: Vec<String> =
            self.own(parent, &theirs)?.iter().zip(&own).map(|(theirs, own)| format!("{theirs} = {own}")).collect();
        let joins = RefCell::new(Joins::new(self.dataset, parent));
        let condition = self.write(condition, &joins, &RefCell::default())?;
        let given: Vec<String> = own.iter().map(|name| format!("{name} IS NOT NULL")).collect();
        let told: Vec<&str> = table.primary_key.iter().map(String::as_str).collect();
        let mut told = self.own(table, &told)?;
        told.extend(names.into_iter().filter(|name| !told.contains(name)).collect::<Vec<_>>());
        let told: Vec<String> = told.iter().map(|name| format!("c.{}", name.trim_start_matches("t."))).collect();
        Ok(format!(
            "SELECT {} AS k, 1 AS n FROM {} AS c WHERE {} AND NOT EXISTS (SELECT 1 FROM {} WHERE {} AND ({condition}))",
            self.key(&told),
            quoted(&table.name),
            given.join(" AND "),
            joins.into_inner().sql_from(),
            pairs.join(" AND ")
        ))
    }

    fn numbers(&self, table: &'a Table, key: &'a ForeignKey, children: &Children) -> Result<String, String> {
        let parent = parent_of(self.dataset, key)?;
        let (own, pairs) = self.pairs(table, parent, key)?;
        let theirs: Vec<String> = key.references.columns.iter().map(|column| format!("p.{}", quoted(column))).collect();
        let given =
            |names: &[String]| names.iter().map(|name| format!("{name} IS NOT NULL")).collect::<Vec<_>>().join(" AND ");
        let bounds: Vec<String> = [("<", children.min), (">", children.max)]
            .into_iter()
            .filter_map(|(operator, bound)| Some(format!("children {operator} {}", bound?)))
            .collect();
        let bounds = if bounds.is_empty() { "1 = 0".to_owned() } else { bounds.join(" OR ") };
        // A parent's key that stands twice is one parent here; that it does is the primary key's statement.
        let columns: Vec<String> = key.references.columns.iter().map(|column| quoted(column)).collect();
        let (child_table, parents) =
            (quoted(&table.name), format!("(SELECT DISTINCT {} FROM {})", columns.join(", "), quoted(&parent.name)));
        let mut rows = format!(
            "SELECT k, 1 AS n FROM (SELECT {} AS k, count({}) AS children FROM {parents} AS p \
             LEFT JOIN {child_table} AS t ON {} WHERE {} GROUP BY {}) AS numbers WHERE {bounds}",
            self.key(&theirs),
            own.first().map_or("*", String::as_str),
            pairs.join(" AND "),
            given(&theirs),
            theirs.join(", ")
        );
        // Of two whole numbers that are as near to what the mean asks for, either may be.
        let unlike = match (children.total, children.mean) {
            (Some(total), _) => Some(format!("children <> {total}")),
            (None, Some(mean)) => {
                let parents = format!("(SELECT count(*) FROM {parents} AS p WHERE {})", given(&theirs));
                Some(format!("abs(children - {mean} * {parents}) > 0.500001"))
            }
            (None, None) => None,
        };
        if let Some(unlike) = unlike {
            rows.push_str(&format!(
                "\n  UNION ALL\n  SELECT 'in all' AS k, 1 AS n FROM (SELECT count(*) AS children FROM {child_table} AS t \
                 WHERE {}) AS total WHERE {unlike}",
                given(&own)
            ));
        }
        Ok(rows)
    }

    /// The referring columns, and each as equal to what it refers to.
    fn pairs(
        &self,
        table: &'a Table,
        parent: &'a Table,
        key: &ForeignKey,
    ) -> Result<(Vec<String>, Vec<String>), String> {
        let columns: Vec<&str> = key.columns.iter().map(String::as_str).collect();
        let referenced: Vec<&str> = key.references.columns.iter().map(String::as_str).collect();
        self.own(parent, &referenced)?;
        let own = self.own(table, &columns)?;
        let pairs = own.iter().zip(&referenced).map(|(own, theirs)| format!("p.{} = {own}", quoted(theirs))).collect();
        Ok((own, pairs))
    }

    /// Columns of the table itself, as SQL.
    fn own(&self, table: &'a Table, columns: &[&str]) -> Result<Vec<String>, String> {
        let mut joins = Joins::new(self.dataset, table);
        columns
            .iter()
            .map(|column| self.delivered(&mut joins, &Reference(vec![(*column).to_owned()])).map(|w| w.sql))
            .collect()
    }

    /// Columns as one text that tells a row.
    fn key(&self, columns: &[String]) -> String {
        let text = if self.dialect == Dialect::Sqlite { "TEXT" } else { "VARCHAR" };
        let columns: Vec<String> =
            columns.iter().map(|column| format!("coalesce(CAST({column} AS {text}), 'null')")).collect();
        if columns.is_empty() { "'row'".to_owned() } else { columns.join(" || ', ' || ") }
    }

    fn write(&self, sql: &str, joins: &RefCell<Joins<'a>>, read: &RefCell<Vec<String>>) -> Result<String, String> {
        let parsed = Parsed::parse(sql).map_err(|problem| problem.to_string())?;
        let resolve = |reference: &Reference| {
            let written = self.delivered(&mut joins.borrow_mut(), reference)?;
            let mut read = read.borrow_mut();
            if !read.contains(&written.sql) {
                read.push(written.sql.clone());
            }
            Ok(written)
        };
        let reference_time = Datetime(self.dataset.reference_time_us()).to_string();
        Writer { dialect: self.dialect, reference_time, resolve: &resolve }.write(parsed.expr())
    }

    /// A column as SQL, if it is one that other databases see.
    fn delivered(&self, joins: &mut Joins<'_>, reference: &Reference) -> Result<Written, String> {
        let place = joins.place(reference)?;
        if place.column.hidden == Some(true) {
            return Err(format!(
                "it reads {}.{}, which is hidden and therefore not delivered",
                place.table.name, place.column.name
            ));
        }
        let sql = format!("{}.{}", place.alias, quoted(&place.column.name));
        Ok(Written { sql, kind: self.expected.logical_type(place.table, place.column) })
    }

    /// The type of a column, where it is known.
    fn kind(&self, table: &Table, column: &str) -> Option<LogicalType> {
        self.expected.logical_type(table, table.column(column)?)
    }
}

//! The tables of the database as its own catalogue describes them: what a dump writes and reads without knowing any by name.

use diesel::deserialize::FromSql;
use diesel::row::{Field, Row};
use diesel::sql_types::{BigInt, Binary, Double, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteType};
use diesel::{QueryResult, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use serde_json::{Map, Value, json};

use crate::db::files::lines;

/// Tables whose rows stay behind: sessions hold tokens' hashes, and remembered answers may hold a key that is shown once. Both end by
/// themselves.
const LEFT_BEHIND: &[&str] = &["sessions", "idempotency_keys"];

/// The member of a JSON object that stands for bytes, in hexadecimal.
const BYTES: &str = "$bytes";

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, in their order.
    pub columns: Vec<Column>,
    /// The columns of its primary key.
    key: Vec<String>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The type that it was declared with.
    pub kind: String,
}

impl Table {
    /// The query for its rows, in the order of their keys.
    pub fn select(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(|column| quoted(&column.name)).collect();
        let order: Vec<String> = self.key.iter().map(|name| quoted(name)).collect();
        let order = if order.is_empty() { "rowid".to_owned() } else { order.join(", ") };
        format!("SELECT {} FROM {} ORDER BY {order}", columns.join(", "), quoted(&self.name))
    }

    /// How many rows it has.
    pub fn count(&self, connection: &mut SqliteConnection) -> QueryResult<i64> {
        crate::db::files::count(connection, &format!("SELECT count(*) AS count FROM {}", quoted(&self.name)))
    }

    /// Adds a row; what it does not name has its default. Gives a sentence where it does not fit the table.
    pub fn insert(&self, connection: &mut SqliteConnection, row: &Map<String, Value>) -> Result<(), String> {
        let names: Vec<String> = row.keys().map(|name| quoted(name)).collect();
        let marks = vec!["?"; names.len()].join(", ");
        let insert = format!("INSERT INTO {} ({}) VALUES ({marks})", quoted(&self.name), names.join(", "));
        let mut query = sql_query(insert).into_boxed::<Sqlite>();
        for (name, value) in row {
            let column = self.columns.iter().find(|column| column.name == *name);
            let column = column.ok_or_else(|| format!("the table {} has no column {name}", self.name))?;
            let unfit = || format!("{}.{name}: {value} is no {}", self.name, column.kind);
            query = match (column.kind.as_str(), value) {
                (_, Value::Null) => query.bind::<Nullable<Text>, _>(None::<String>),
                ("INTEGER" | "INT", value) => query.bind::<BigInt, _>(value.as_i64().ok_or_else(unfit)?),
                ("REAL", value) => query.bind::<Double, _>(value.as_f64().ok_or_else(unfit)?),
                ("TEXT", Value::String(text)) => query.bind::<Text, _>(text.clone()),
                ("BLOB", value) => query.bind::<Binary, _>(unhex(value).ok_or_else(unfit)?),
                _ => return Err(unfit()),
            };
        }
        query.execute(connection).map(drop).map_err(|error| format!("{}: {error}", self.name))
    }
}

/// The tables of a dump: each after those that it points to.
pub fn tables(connection: &mut SqliteConnection) -> QueryResult<Vec<Table>> {
    let names = lines(
        connection,
        "SELECT name AS text FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         AND name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' ORDER BY name",
    )?;
    let mut waiting = Vec::new();
    for name in names.into_iter().filter(|name| !LEFT_BEHIND.contains(&name.as_str())) {
        let parents = lines(
            connection,
            &format!("SELECT DISTINCT \"table\" AS text FROM pragma_foreign_key_list({})", literal(&name)),
        )?;
        waiting.push((table(connection, name)?, parents));
    }
    let mut ordered: Vec<Table> = Vec::new();
    while !waiting.is_empty() {
        let still =
            |parent: &String, own: &str| parent != own && waiting.iter().any(|(table, _)| table.name == *parent);
        // Tables that point at each other in a circle go in the order of their names: keys are checked when all rows are in.
        let next = waiting
            .iter()
            .position(|(table, parents)| !parents.iter().any(|parent| still(parent, &table.name)))
            .unwrap_or_default();
        ordered.push(waiting.remove(next).0);
    }
    Ok(ordered)
}

fn table(connection: &mut SqliteConnection, name: String) -> QueryResult<Table> {
    let of =
        |what: &str, rest: &str| format!("SELECT {what} AS text FROM pragma_table_info({}) {rest}", literal(&name));
    let names = lines(connection, &of("name", "ORDER BY cid"))?;
    let kinds = lines(connection, &of("upper(type)", "ORDER BY cid"))?;
    let key = lines(connection, &of("name", "WHERE pk > 0 ORDER BY pk"))?;
    let columns = names.into_iter().zip(kinds).map(|(name, kind)| Column { name, kind }).collect();
    Ok(Table { name, columns, key })
}

/// A row of any query, as JSON.
pub struct JsonRow(pub Map<String, Value>);

impl QueryableByName<Sqlite> for JsonRow {
    fn build<'a>(row: &impl diesel::row::NamedRow<'a, Sqlite>) -> diesel::deserialize::Result<JsonRow> {
        let mut map = Map::new();
        for index in 0..row.field_count() {
            let Some(field) = Row::get(row, index) else { continue };
            let name = field.field_name().unwrap_or_default().to_owned();
            let value = match field.value() {
                None => Value::Null,
                Some(value) => match value.value_type() {
                    None => Value::Null,
                    Some(SqliteType::SmallInt | SqliteType::Integer | SqliteType::Long) => {
                        json!(<i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?)
                    }
                    Some(SqliteType::Float | SqliteType::Double) => {
                        json!(<f64 as FromSql<Double, Sqlite>>::from_sql(value)?)
                    }
                    Some(SqliteType::Text) => json!(<String as FromSql<Text, Sqlite>>::from_sql(value)?),
                    Some(SqliteType::Binary) => {
                        json!({BYTES: crate::auth::tokens::hex(&<Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?)})
                    }
                },
            };
            map.insert(name, value);
        }
        Ok(JsonRow(map))
    }
}

fn unhex(value: &Value) -> Option<Vec<u8>> {
    let text = value.get(BYTES)?.as_str()?;
    let pairs = text.as_bytes().chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use diesel::Connection;
    use diesel::connection::SimpleConnection;

    use super::*;

    fn memory(sql: &str) -> SqliteConnection {
        let mut connection = SqliteConnection::establish(":memory:").expect("a database");
        connection.batch_execute(sql).expect("tables");
        connection
    }

    #[test]
    fn tables_come_after_those_they_point_to() {
        let mut connection = memory(
            "CREATE TABLE a (id INTEGER PRIMARY KEY, c INTEGER REFERENCES c (id), own INTEGER REFERENCES a (id));
             CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id));
             CREATE TABLE c (id INTEGER PRIMARY KEY);
             CREATE TABLE sessions (id INTEGER PRIMARY KEY);
             CREATE TABLE x (y INTEGER REFERENCES y (y));
             CREATE TABLE y (y INTEGER PRIMARY KEY, x INTEGER REFERENCES x (y));
             CREATE TABLE __diesel_schema_migrations (version TEXT);",
        );
        let names: Vec<String> = tables(&mut connection).expect("tables").into_iter().map(|table| table.name).collect();
        assert_eq!(names, ["c", "a", "b", "x", "y"]);
    }

    #[test]
    fn every_value_comes_back_as_it_was() {
        let create = "CREATE TABLE t (i INTEGER, r REAL, t TEXT, b BLOB) STRICT;";
        let mut from = memory(create);
        from.batch_execute(
            "INSERT INTO t VALUES (9223372036854775807, 0.1, 'it''s \"ünicode\" \n', x'00ff'), (-1, 1e300, '', x''), (NULL, NULL, NULL, NULL), (0, 5.0, char(0) || 'a', zeroblob(3));",
        )
        .expect("rows");
        let mut to = memory(create);
        let table = tables(&mut from).expect("tables").remove(0);
        let rows: Vec<JsonRow> = sql_query(table.select()).load(&mut from).expect("rows");
        for row in &rows {
            let text = serde_json::to_string(&row.0).expect("JSON");
            table.insert(&mut to, &serde_json::from_str(&text).expect("JSON")).expect("it fits");
        }
        let back: Vec<JsonRow> = sql_query(table.select()).load(&mut to).expect("rows");
        assert_eq!(rows.len(), 4);
        for (a, b) in rows.iter().zip(&back) {
            assert_eq!(a.0, b.0);
        }
        assert_eq!(rows[0].0["i"], json!(i64::MAX));
        assert_eq!(rows[0].0["b"], json!({"$bytes": "00ff"}));
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_place() {
        let mut connection = memory("CREATE TABLE t (i INTEGER NOT NULL, t TEXT) STRICT;");
        let table = tables(&mut connection).expect("tables").remove(0);
        let mut insert = |row: Value| {
            table.insert(&mut connection, row.as_object().expect("an object")).expect_err("it does not fit")
        };
        assert_eq!(insert(json!({"i": "x"})), "t.i: \"x\" is no INTEGER");
        assert_eq!(insert(json!({"i": 1.5})), "t.i: 1.5 is no INTEGER");
        assert_eq!(insert(json!({"i": 1, "u": 2})), "the table t has no column u");
        assert!(insert(json!({"t": "x"})).contains("NOT NULL"));
    }
}

//! A dump's rows, put into an empty database: all of them in one transaction, or none.

use std::io::BufRead;

use diesel::connection::SimpleConnection;
use diesel::{QueryResult, SqliteConnection};
use serde::de::DeserializeOwned;

use super::dump::{FORMAT, Header, Line, VERSION};
use super::tables::{self, Table};
use crate::db::{Db, files};
use crate::storage::lock::DataLock;
use crate::{Config, Failure};

/// What was wrong with the file, the database, or the two together.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A sentence of the whole.
    #[error("{0}")]
    Whole(String),
    /// A sentence of a line, counted from 1.
    #[error("line {0}: {1}")]
    Line(usize, String),
    /// The database refused.
    #[error("database: {0}")]
    Database(#[from] diesel::result::Error),
}

/// Loads a dump into an installation's empty database, which is made where it is missing. Refuses beside a server. `name` is what the input is
/// called.
pub fn load_into(config: &Config, name: &str, input: impl BufRead) -> Result<Header, Failure> {
    let folder = &config.data_dir;
    let at = |source| Failure::Storage(crate::storage::StorageError { path: folder.clone(), source });
    std::fs::create_dir_all(folder).map_err(at)?;
    let Some(_lock) = DataLock::try_take(folder)? else {
        let sentence = format!("DATA_DIR: a server holds {}; stop it before loading", folder.display());
        return Err(Failure::Request(sentence));
    };
    let (db, _) = crate::server::open_database(config).map_err(Failure::Request)?;
    load(&db, input).map_err(|error| Failure::Request(format!("{name}: {error}")))
}

/// Loads a dump. The database has its tables and no rows in them, and nobody else works on it.
pub fn load(db: &Db, input: impl BufRead) -> Result<Header, LoadError> {
    db.write_now(|connection| {
        // Rows of a circle point at rows that come later.
        connection.batch_execute("PRAGMA defer_foreign_keys = ON")?;
        read_all(connection, input)
    })
}

fn read_all(connection: &mut SqliteConnection, input: impl BufRead) -> Result<Header, LoadError> {
    let tables = tables::tables(connection)?;
    refuse_full(connection, &tables)?;
    let mut lines = input.lines().enumerate();
    let header = match lines.next() {
        Some((_, line)) => header(&text(0, line)?)?,
        None => return Err(LoadError::Whole("it is empty, so it is no dump".to_owned())),
    };
    for name in header.tables.keys() {
        if !tables.iter().any(|table| table.name == *name) {
            return Err(LoadError::Line(1, unknown(name, &header)));
        }
    }
    let mut counts: Vec<u64> = vec![0; tables.len()];
    for (index, line) in lines {
        let line: Line = parsed(index, &text(index, line)?)?;
        let Some(place) = tables.iter().position(|table| table.name == line.table) else {
            return Err(LoadError::Line(index + 1, unknown(&line.table, &header)));
        };
        tables[place].insert(connection, &line.row).map_err(|sentence| LoadError::Line(index + 1, sentence))?;
        counts[place] += 1;
    }
    for (table, found) in tables.iter().zip(counts) {
        let expected = header.tables.get(&table.name).copied().unwrap_or_default();
        if found != expected {
            return Err(LoadError::Whole(format!(
                "it has {found} rows of {}, and its first line says {expected}: it was cut off or changed",
                table.name
            )));
        }
    }
    if let Some(fault) = dangling(connection)?.first() {
        return Err(LoadError::Whole(fault.clone()));
    }
    Ok(header)
}

fn refuse_full(connection: &mut SqliteConnection, tables: &[Table]) -> Result<(), LoadError> {
    for table in tables {
        let count = table.count(connection)?;
        if count > 0 {
            return Err(LoadError::Whole(format!(
                "the database is not empty: {} has {count} rows; load into a new DATA_DIR",
                table.name
            )));
        }
    }
    Ok(())
}

fn dangling(connection: &mut SqliteConnection) -> QueryResult<Vec<String>> {
    files::lines(
        connection,
        "SELECT 'a row of ' || \"table\" || ' points to a row of ' || parent || ' that is not in it' AS text FROM pragma_foreign_key_check LIMIT 1",
    )
}

fn header(line: &str) -> Result<Header, LoadError> {
    let header: Header =
        serde_json::from_str(line).ok().filter(|header: &Header| header.format == FORMAT).ok_or_else(|| {
            LoadError::Line(1, "it is no header of a dump; `synthetic-data dumpdata` writes one".to_owned())
        })?;
    if header.version > VERSION {
        let sentence = format!(
            "the form's version is {}, and this program reads those to {VERSION}; load it with a newer one",
            header.version
        );
        return Err(LoadError::Line(1, sentence));
    }
    Ok(header)
}

fn unknown(table: &str, header: &Header) -> String {
    format!(
        "this program has no table {table}; the dump was made at migration {}: load it with the version that made it, or a newer one",
        header.migration
    )
}

fn text(index: usize, line: std::io::Result<String>) -> Result<String, LoadError> {
    line.map_err(|error| LoadError::Line(index + 1, crate::storage::reason(&error)))
}

fn parsed<T: DeserializeOwned>(index: usize, line: &str) -> Result<T, LoadError> {
    serde_json::from_str(line).map_err(|error| LoadError::Line(index + 1, format!("it is no row of a dump: {error}")))
}

#[cfg(test)]
mod tests {
    use diesel::{RunQueryDsl, sql_query};

    use super::super::dump::dump;
    use super::*;

    fn database() -> (tempfile::TempDir, Db) {
        let folder = tempfile::tempdir().expect("a folder");
        let (db, _) = Db::open(folder.path(), 2, 1000, |_| Ok(())).expect("a database");
        (folder, db)
    }

    /// A database with a row in most tables, two sessions among them.
    fn filled() -> (tempfile::TempDir, Db) {
        let (folder, db) = database();
        db.write_now(|c| {
            c.batch_execute(
                "INSERT INTO users (id, email, name, role, password_hash, created_at) VALUES ('u', 'ana@example.com', 'Ana', 'admin', '$argon2id$x', 't');
                 INSERT INTO sessions (token_hash, family, user_id, created_at, expires_at) VALUES ('secret-hash', 'f', 'u', 't', 't');
                 INSERT INTO datasets (id, name, version, created_at, updated_at, updated_by) VALUES ('d', 'ñandú', 1, 't', 't', 'u');
                 INSERT INTO dataset_versions (dataset_id, version, text, media_type, canonical, etag, tables, created_at, created_by)
                   VALUES ('d', 1, 'name: x' || char(10) || '# mine', 'application/yaml', '{}', 'e', '[]', 't', 'u');
                 INSERT INTO generations (id, dataset_id, version, seed, scale, rows, parameters, tables, engine_version, reference_time, state, rows_total, created_at)
                   VALUES ('g', 'd', 1, 9007199254740991, 0.1, '{}', '{}', '[]', '1', 't', 'succeeded', 3, 't');
                 INSERT INTO generation_parts (generation_id, table_index, part, rows, size_bytes, content_hash) VALUES ('g', 0, 0, 3, 9, 'h');",
            )
        })
        .expect("rows");
        (folder, db)
    }

    fn dumped(db: &Db) -> String {
        let mut bytes = Vec::new();
        db.read_now(|c| Ok::<_, crate::error::ApiError>(dump(c, &mut bytes).expect("a dump"))).expect("a header");
        String::from_utf8(bytes).expect("text")
    }

    fn after_first_line(text: &str) -> &str {
        text.split_once('\n').expect("lines").1
    }

    #[test]
    fn a_dump_is_loaded_as_it_was_and_has_no_session() {
        let (_from_folder, from) = filled();
        let text = dumped(&from);
        assert!(!text.contains("secret-hash"), "{text}");
        let (_to_folder, to) = database();
        let header = load(&to, text.as_bytes()).expect("it is loaded");
        assert_eq!(header.tables.get("users"), Some(&1));
        assert!(!header.tables.contains_key("sessions"));
        assert_eq!(after_first_line(&dumped(&to)), after_first_line(&text));
        for line in text.lines() {
            serde_json::from_str::<serde_json::Value>(line).expect("JSON a line");
        }
    }

    #[test]
    fn a_database_with_rows_is_left_as_it_is() {
        let (_folder, db) = filled();
        let text = dumped(&db);
        let refused = load(&db, text.as_bytes()).expect_err("it has rows").to_string();
        assert!(refused.starts_with("the database is not empty"), "{refused}");
        assert_eq!(after_first_line(&dumped(&db)), after_first_line(&text));
    }

    #[test]
    fn what_cannot_be_loaded_leaves_nothing_and_names_its_line() {
        let (_from_folder, from) = filled();
        let text = dumped(&from);
        let lines: Vec<&str> = text.lines().collect();
        let (first, last) = (lines[0], lines[lines.len() - 1]);
        let without_user: Vec<&str> =
            lines.iter().filter(|line| !line.starts_with("{\"table\":\"users\"")).copied().collect();
        for (bad, sentence) in [
            (String::new(), "it is empty"),
            ("{}".to_owned(), "line 1: it is no header"),
            (first.replace("\"version\":1", "\"version\":99"), "line 1: the form's version is 99"),
            (first.replace("\"users\"", "\"people\""), "line 1: this program has no table people"),
            (text.replace(last, &last[..last.len() / 2]), "it is no row of a dump"),
            (text.replace(last, ""), "line"),
            (lines[..lines.len() - 1].join("\n"), "it was cut off or changed"),
            (text.replace("\"role\":\"admin\"", "\"role\":\"king\""), "CHECK"),
            (text.replace("\"role\":\"admin\"", "\"rank\":\"admin\""), "the table users has no column rank"),
            (without_user.join("\n").replace("\"users\":1", "\"users\":0"), "points to a row of users"),
        ] {
            let (_folder, to) = database();
            let refused = load(&to, bad.as_bytes()).expect_err("it is refused").to_string();
            assert!(refused.contains(sentence), "{refused} / {sentence}");
            let users = to.read_now(|c| Ok::<_, crate::error::ApiError>(sql_query("SELECT 1").execute(c)?));
            users.expect("the database answers");
            let counts = to.read_now(|c| {
                let tables = tables::tables(c)?;
                tables.iter().map(|table| Ok(table.count(c)?)).sum::<Result<i64, crate::error::ApiError>>()
            });
            assert_eq!(counts.expect("counts"), 0, "{sentence}");
        }
    }
}

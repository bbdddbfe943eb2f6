//! The database as a file: which version it has, whether it is sound, and a consistent copy of it while others write.

use std::path::Path;
use std::sync::OnceLock;

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::result::Error;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::sqlite::Sqlite;
use diesel::{Connection, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};

use super::MIGRATIONS;
use crate::storage;

/// Faults that are told of a damaged database at most.
const FAULTS: usize = 20;

/// What SQLite says whatever the reason.
const CANNOT_OPEN: &str = "unable to open database file";

/// What SQLite says of files that are none of its own, or not any more.
const DAMAGES: [&str; 2] = ["database disk image is malformed", "file is not a database"];

/// What can be done about a damaged database.
pub const REMEDY: &str = "`synthetic-data backups` lists what `synthetic-data restore` can put in its place";

/// How long a command waits for the lock of another process, in milliseconds.
pub const BUSY_MS: u32 = 20_000;

/// Which changes of the tables a database has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// Those that were run, in their order.
    pub applied: Vec<String>,
    /// Those that this program would run.
    pub pending: Vec<String>,
    /// Those that this program does not know.
    pub unknown: Vec<String>,
}

impl Versions {
    /// Those of a database.
    pub fn of(connection: &mut SqliteConnection) -> QueryResult<Versions> {
        let has_table = count(
            connection,
            "SELECT count(*) AS count FROM sqlite_schema WHERE type = 'table' AND name = '__diesel_schema_migrations'",
        )?;
        let applied: Vec<String> = if has_table == 0 {
            Vec::new()
        } else {
            sql_query("SELECT version AS text FROM __diesel_schema_migrations ORDER BY version")
                .load::<Line>(connection)?
                .into_iter()
                .filter_map(|line| line.text)
                .collect()
        };
        let known = known();
        let pending = known.iter().filter(|(version, _)| !applied.contains(version)).map(|(_, name)| name.clone());
        let unknown = applied.iter().filter(|version| known.iter().all(|(known, _)| known != *version));
        Ok(Versions { pending: pending.collect(), unknown: unknown.cloned().collect(), applied })
    }

    /// Those of a database that is ours or empty; a sentence where it is another program's, or cannot be read.
    pub fn of_own(connection: &mut SqliteConnection, path: &Path) -> Result<Versions, String> {
        let versions = Versions::of(connection).map_err(|error| said(path, &error))?;
        let tables = "SELECT count(*) AS count FROM sqlite_schema WHERE type = 'table'";
        if versions.applied.is_empty() && count(connection, tables).map_err(|error| said(path, &error))? > 0 {
            return Err(format!("{}: it is no database of synthetic-data; name another DATA_DIR", path.display()));
        }
        Ok(versions)
    }

    /// A sentence where a newer program has changed the tables.
    pub fn refuse_newer(&self) -> Result<(), String> {
        match self.unknown.last() {
            Some(version) => Err(format!(
                "a newer version of synthetic-data made it (migration {version}), which this one cannot read; run that one, or restore an older backup"
            )),
            None => Ok(()),
        }
    }
}

/// The migrations of this program: their versions and names, in their order.
fn known() -> &'static [(String, String)] {
    static KNOWN: OnceLock<Vec<(String, String)>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let found: Vec<Box<dyn Migration<Sqlite>>> = MIGRATIONS.migrations().unwrap_or_default();
        let mut known: Vec<(String, String)> = found
            .iter()
            .map(|migration| (migration.name().version().to_string(), migration.name().to_string()))
            .collect();
        known.sort();
        known
    })
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Nullable<Text>)]
    text: Option<String>,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// The number that a query calls `count`.
pub fn count(connection: &mut SqliteConnection, query: &str) -> QueryResult<i64> {
    let rows: Vec<Count> = sql_query(query).load(connection)?;
    rows.first().map(|row| row.count).ok_or(Error::NotFound)
}

/// The texts that a query calls `text`.
pub fn lines(connection: &mut SqliteConnection, query: &str) -> QueryResult<Vec<String>> {
    let rows: Vec<Line> = sql_query(query).load(connection)?;
    Ok(rows.into_iter().filter_map(|row| row.text).collect())
}

/// Opens a database that has to exist. It writes only what it is told to.
pub fn open(path: &Path) -> Result<SqliteConnection, String> {
    if !path.is_file() {
        return Err(format!("{}: there is no such file", path.display()));
    }
    let mut connection = SqliteConnection::establish(&path.to_string_lossy()).map_err(|error| said(path, &error))?;
    connection
        .batch_execute(&format!("PRAGMA busy_timeout = {BUSY_MS}; PRAGMA foreign_keys = ON;"))
        .map_err(|error| said(path, &error))?;
    Ok(connection)
}

/// Opens a database of this program that has to exist; a sentence where it is another's, which is then left as it is.
pub fn open_own(path: &Path) -> Result<SqliteConnection, String> {
    let mut connection = open(path)?;
    Versions::of_own(&mut connection, path)?;
    Ok(connection)
}

/// What is wrong with a database: pages and indexes that do not fit each other, rows that point nowhere. Nothing is wrong with a sound one.
pub fn faults(connection: &mut SqliteConnection) -> Vec<String> {
    // A number as an argument would be taken for a table's name here.
    let integrity = format!("SELECT integrity_check AS text FROM pragma_integrity_check LIMIT {FAULTS}");
    let mut found = match lines(connection, &integrity) {
        Ok(found) => found,
        Err(error) => vec![error.to_string()],
    };
    found.retain(|line| line != "ok");
    if found.is_empty() {
        let dangling = format!(
            "SELECT \"table\" || ' ' || coalesce(rowid, '') || ' points to a missing row of ' || parent AS text \
             FROM pragma_foreign_key_check LIMIT {FAULTS}"
        );
        found = lines(connection, &dangling).unwrap_or_else(|error| vec![error.to_string()]);
    }
    found
}

/// Whether a file is a sound database of this program, or an older one of it; a sentence where not.
pub fn check(path: &Path) -> Result<Versions, String> {
    let mut connection = open(path)?;
    let versions = Versions::of(&mut connection).map_err(|error| told(path, &error.to_string()))?;
    if versions.applied.is_empty() {
        return Err(format!("{}: it is no database of synthetic-data", path.display()));
    }
    match faults(&mut connection).first() {
        Some(fault) => Err(told(path, fault)),
        None => Ok(versions),
    }
}

/// Writes a consistent copy of a database into a file that is missing or empty, in one statement that blocks no writer. The copy is as small
/// as it can be: what was deleted is not in it. It is neither synced nor checked here.
pub fn copy(database: &Path, to: &Path) -> Result<(), String> {
    let mut connection = open_own(database)?;
    let copied = sql_query("VACUUM INTO ?").bind::<Text, _>(to.to_string_lossy()).execute(&mut connection);
    copied.map(drop).map_err(|error| said(database, &error))
}

/// Moves the log into the database and ends it, so that the one file is the whole database. Nobody else may have it open.
pub fn settle(path: &Path) -> Result<(), String> {
    let mut connection = open(path)?;
    connection.batch_execute("PRAGMA journal_mode = DELETE").map_err(|error| said(path, &error))
}

/// What is told of a fault: the database is damaged, unless the system did not let it be looked at.
pub fn told(path: &Path, fault: &str) -> String {
    if is_refusal(fault) { said(path, &fault) } else { format!("{}: it is damaged: {fault}", path.display()) }
}

/// Whether the system refused what SQLite wanted, which says nothing of the database.
pub fn is_refusal(fault: &str) -> bool {
    let refusals = [CANNOT_OPEN, "readonly database", "disk is full", "database is locked", "disk I/O error"];
    refusals.iter().any(|refusal| fault.contains(refusal))
}

/// What SQLite said of a database, and where it does not say why it cannot open or write a file, what the system does.
pub(super) fn said(path: &Path, error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    // Files beside the database are made even to read it.
    let is_silent = text.contains(CANNOT_OPEN) || text.contains("readonly database");
    let refused = if is_silent { path.parent().map(tempfile::tempfile_in) } else { None };
    match refused {
        _ if DAMAGES.iter().any(|damage| text.contains(damage)) => {
            format!("{}: it is damaged: {text}; {REMEDY}", path.display())
        }
        Some(Err(refused)) => {
            format!("{}: nothing can be written beside it: {}", path.display(), storage::reason(&refused))
        }
        _ => format!("{}: {text}", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::db::Db;

    fn database() -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let (db, _) = Db::open(folder.path(), 1, 1000, |_| Ok(())).expect("a database");
        db.write_now(|c| {
            c.batch_execute(
                "WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 1000) \
                 INSERT INTO users (id, email, name, role, password_hash, created_at) \
                 SELECT value, value || '@example.com', 'x', 'viewer', 'x', 'x' FROM n",
            )
        })
        .expect("users");
        let path = folder.path().join(crate::db::FILE_NAME);
        (folder, path)
    }

    #[test]
    fn a_copy_is_whole_and_sound_while_the_database_is_open() {
        let (folder, path) = database();
        let copy_path = folder.path().join("it's a copy.sqlite3");
        let mut writing = open(&path).expect("a connection");
        writing.batch_execute("BEGIN IMMEDIATE; DELETE FROM users").expect("uncommitted");
        copy(&path, &copy_path).expect("a copy");
        let versions = check(&copy_path).expect("it is sound");
        assert!(versions.pending.is_empty() && versions.unknown.is_empty(), "{versions:?}");
        let mut copied = open(&copy_path).expect("a database");
        assert_eq!(count(&mut copied, "SELECT count(*) AS count FROM users"), Ok(1000));
        let again = copy(&path, &copy_path).expect_err("a copy replaces nothing");
        assert!(again.contains("already exists"), "{again}");
    }

    #[test]
    fn a_damaged_file_and_a_foreign_one_are_told_apart() {
        let (folder, path) = database();
        let copy_path = folder.path().join("copy.sqlite3");
        copy(&path, &copy_path).expect("a copy");
        let mut bytes = fs::read(&copy_path).expect("bytes");
        let page = 4096;
        let middle = bytes.len() / page / 2 * page;
        bytes[middle..middle + page].fill(0xA5);
        fs::write(&copy_path, &bytes).expect("written");
        assert!(check(&copy_path).expect_err("a page is gone").contains("it is damaged"));
        fs::write(
            &copy_path,
            "some text that is no database at all, and longer than a header of one hundred bytes, so that it is read",
        )
        .expect("written");
        let told = check(&copy_path).expect_err("no database");
        assert!(told.contains("it is damaged"), "{told}");
        let other = folder.path().join("other.sqlite3");
        SqliteConnection::establish(&other.to_string_lossy())
            .and_then(|mut c| {
                c.batch_execute("CREATE TABLE a (b)").map_err(diesel::ConnectionError::CouldntSetupConfiguration)
            })
            .expect("another database");
        assert!(check(&other).expect_err("no table of ours").contains("no database of synthetic-data"));
        // It is left as it is by whoever would write to it.
        let before = fs::read(&other).expect("bytes");
        let home = tempfile::tempdir().expect("a folder");
        let database = home.path().join(crate::db::FILE_NAME);
        fs::copy(&other, &database).expect("a copy");
        let told = Db::open(home.path(), 1, 1000, |_| Ok(())).err().expect("not ours");
        assert!(told.contains("it is no database of synthetic-data"), "{told}");
        assert!(open_own(&database).is_err() && copy(&database, &copy_path).is_err());
        assert_eq!(fs::read(&database).expect("bytes"), before);
        fs::write(&database, "no database at all ".repeat(100)).expect("written");
        let told = Db::open(home.path(), 1, 1000, |_| Ok(())).err().expect("damaged");
        assert!(told.contains("it is damaged") && told.contains("synthetic-data restore"), "{told}");
        assert!(check(&folder.path().join("missing")).expect_err("nothing").contains("there is no such file"));
    }

    #[test]
    fn a_settled_database_is_one_file() {
        let (folder, path) = database();
        settle(&path).expect("settled");
        assert!(!folder.path().join("db.sqlite3-wal").exists());
        let mut settled = open(&path).expect("a database");
        assert_eq!(count(&mut settled, "SELECT count(*) AS count FROM users"), Ok(1000));
    }
}

//! The database: SQLite in one file, read through a pool, written through one connection.
//!
//! Invariants: a transaction of writes is durable when it returns (`synchronous=FULL`); writers queue for one connection instead of failing
//! on each other's locks, and share commits; readers are never blocked (WAL) and cannot write; no database work runs on a thread that
//! answers requests.

pub mod files;
pub mod fold;
pub mod schema;
pub mod slices;
mod writer;

use std::ffi::c_int;
use std::path::Path;
use std::sync::{Arc, Once};
use std::time::Duration;

use actix_web::web;
use diesel::connection::SimpleConnection;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool};
use diesel::{Connection, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use libsqlite3_sys::{SQLITE_CONFIG_MEMSTATUS, SQLITE_CONFIG_MULTITHREAD, sqlite3_config};
use tokio::sync::Semaphore;

use self::files::Versions;
use self::writer::Writer;
use crate::admin::audit;
use crate::error::{ApiError, Code};
use crate::http::context;
use crate::storage;

/// The changes of the tables, in their order, compiled in.
pub(crate) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../migrations");

/// The database's file in the data folder.
pub const FILE_NAME: &str = "db.sqlite3";

/// How long a reader waits for a connection of the pool.
const POOL_WAIT: Duration = Duration::from_secs(10);

/// The largest log that is kept after its pages are in the database.
const KEPT_LOG_BYTES: u32 = 64 << 20;

/// A database. Its clones are one.
#[derive(Clone)]
pub struct Db {
    readers: Pool<ConnectionManager<SqliteConnection>>,
    writer: Arc<Writer>,
    /// As many as there are connections to read with: who waits for one holds no thread.
    turns: Arc<Semaphore>,
}

impl Db {
    /// Opens the database in a folder, makes it where it is missing, and brings its tables up to date. Gives the names of the migrations
    /// that were run. `before_change` is called with the file before the tables of a database with content are changed.
    pub fn open(
        folder: &Path,
        pool_size: u32,
        busy_timeout_ms: u32,
        before_change: impl FnOnce(&Path) -> Result<(), String>,
    ) -> Result<(Db, Vec<String>), String> {
        set_up_library();
        let path = folder.join(FILE_NAME);
        let said = |what: &dyn std::fmt::Display| files::said(&path, what);
        storage::make_private_file(&path);
        let url = path.to_string_lossy().into_owned();
        let mut connection = SqliteConnection::establish(&url).map_err(|error| said(&error))?;
        let pragmas = Pragmas { busy_timeout_ms };
        pragmas.wait_for_others(&mut connection).map_err(|error| said(&error))?;
        let versions = Versions::of_own(&mut connection, &path)?;
        pragmas.set_on_writer(&mut connection).map_err(|error| said(&error))?;
        versions.refuse_newer().map_err(|sentence| said(&sentence))?;
        if !versions.applied.is_empty() && !versions.pending.is_empty() {
            before_change(&path)?;
        }
        migrate(&mut connection).map_err(|error| said(&error))?;
        // Statistics for the planner, where they are missing or old.
        connection.batch_execute("PRAGMA optimize = 0x10002").map_err(|error| said(&error))?;
        let readers = Pool::builder()
            .max_size(pool_size)
            .min_idle(Some(1))
            .connection_timeout(POOL_WAIT)
            // A file's connection does not break while nobody uses it, and asking whether it has costs as much as a read.
            .test_on_check_out(false)
            .connection_customizer(Box::new(pragmas))
            .build(ConnectionManager::new(url.clone()))
            .map_err(|error| said(&error))?;
        let writer = Arc::new(Writer::new(connection, url, pragmas));
        let turns = Arc::new(Semaphore::new(pool_size as usize));
        Ok((Db { readers, writer, turns }, versions.pending))
    }

    /// Renews what the planner knows of the tables where they have changed much, and moves the log into the database.
    pub fn tidy(&self) -> diesel::QueryResult<()> {
        self.writer.apart(|c| c.batch_execute("PRAGMA optimize; PRAGMA wal_checkpoint(PASSIVE);"))
    }

    /// Runs a transaction that reads, on this thread.
    pub fn read_now<T, E: From<diesel::result::Error> + From<ApiError>>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        let connection = self.readers.get();
        let mut connection = connection
            .map_err(|_| ApiError::new(Code::Unavailable, "all connections to the database are busy; try again"))?;
        let connection: &mut SqliteConnection = &mut connection;
        connection.transaction(work)
    }

    /// Runs a transaction that writes, on this thread: all of it is on the disk when this returns, or nothing. It may share its commit with
    /// others; what it sees of theirs is committed with it.
    pub fn write_now<T, E: From<diesel::result::Error>>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        let acting = context::acting();
        let done = self.writer.write(|connection| {
            let done = work(connection)?;
            if let Some(acting) = &acting {
                audit::done(connection, acting)?;
            }
            Ok::<T, E>(done)
        })?;
        if let Some(acting) = &acting {
            acting.is_now_recorded();
        }
        Ok(done)
    }

    /// Connections that read at most.
    pub fn pool_size(&self) -> u32 {
        self.readers.max_size()
    }

    /// Which changes of the tables the database has seen, and which wait.
    pub fn versions(&self) -> Result<Versions, ApiError> {
        self.read_now(|c| Ok(Versions::of(c)?))
    }

    /// Runs a transaction that reads, on a thread where waiting is allowed.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(ApiError::internal)?;
        let db = self.clone();
        off_thread(move || {
            let read = db.read_now(work);
            drop(turn);
            read
        })
        .await
    }

    /// Runs a transaction that writes, on a thread where waiting is allowed.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let db = self.clone();
        off_thread(move || db.write_now(work)).await
    }
}

/// Tells SQLite before its first connection that no connection is used by two threads at a time, and that nobody asks how much memory it holds:
/// it would take a lock in every call and with every piece of memory, and threads that read would wait for each other.
fn set_up_library() {
    static ONCE: Once = Once::new();
    // SAFETY: the operations and their arguments are those of <https://www.sqlite.org/c3ref/c_config_covering_index_scan.html>. A connection
    // of diesel's is reached through `&mut` alone and is not `Sync`. Where SQLite has begun its work already it refuses and changes nothing.
    ONCE.call_once(|| unsafe {
        sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0 as c_int);
    });
}

/// Runs work that waits or computes on a thread of its own, so that the threads that answer requests stay free.
pub async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let context = context::all();
    let work = move || context::within(context, work);
    web::block(work).await.map_err(|_| ApiError::internal("a thread was stopped before it answered"))?
}

/// Brings the tables up to date: each migration in a transaction of its own.
pub(crate) fn migrate(connection: &mut SqliteConnection) -> Result<(), String> {
    let Err(error) = connection.run_pending_migrations(MIGRATIONS).map(drop) else { return Ok(()) };
    // Another process may have done so at the same time: then nothing is left to do.
    match Versions::of(connection) {
        Ok(versions) if versions.pending.is_empty() => Ok(()),
        _ => Err(error.to_string()),
    }
}

/// What every connection is told first.
#[derive(Clone, Copy, Debug)]
struct Pragmas {
    busy_timeout_ms: u32,
}

impl Pragmas {
    /// What a connection needs before it looks at a database that others may be writing to.
    fn wait_for_others(self, connection: &mut SqliteConnection) -> diesel::QueryResult<()> {
        connection.batch_execute(&format!("PRAGMA busy_timeout = {};", self.busy_timeout_ms))
    }

    fn set_on_writer(self, connection: &mut SqliteConnection) -> diesel::QueryResult<()> {
        connection.batch_execute(&format!(
            "PRAGMA busy_timeout = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
             PRAGMA journal_size_limit = {KEPT_LOG_BYTES};",
            self.busy_timeout_ms
        ))
    }
}

impl CustomizeConnection<SqliteConnection, diesel::r2d2::Error> for Pragmas {
    // Without the journal's mode: it is the database's, and changing it wants a lock that other connections of the pool would wait for.
    fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), diesel::r2d2::Error> {
        connection
            .batch_execute(&format!(
                "PRAGMA busy_timeout = {}; PRAGMA foreign_keys = ON; PRAGMA query_only = ON;",
                self.busy_timeout_ms
            ))
            .and_then(|()| fold::register(connection))
            .map_err(diesel::r2d2::Error::QueryError)
    }
}

/// The instant of now as the database and the API spell it.
pub fn now() -> String {
    spell(jiff::Timestamp::now())
}

/// The instant of a change of what was changed last at another: now, and later than that in any case, since it is told apart by it.
pub fn after(last: &str) -> String {
    let next = last.parse::<jiff::Timestamp>().ok().and_then(|last| last.checked_add(MILLISECOND).ok());
    let now = jiff::Timestamp::now();
    spell(next.map_or(now, |next| next.max(now)))
}

/// What instants are told apart by.
const MILLISECOND: jiff::SignedDuration = jiff::SignedDuration::from_millis(1);

/// An instant as the database and the API spell it: UTC with milliseconds.
pub fn spell(instant: jiff::Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use diesel::prelude::*;
    use diesel::sql_query;
    use diesel::sql_types::Text;

    use super::*;

    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Text)]
        value: String,
    }

    /// The columns of a table as SQLite knows them: `name type`, with `?` where null is allowed.
    fn columns(db: &Db, table: &str) -> Vec<String> {
        let query = format!(
            "SELECT name || ' ' || type || CASE WHEN \"notnull\" = 0 THEN '?' ELSE '' END AS value FROM pragma_table_info('{table}')"
        );
        let found = db.read_now(|c| Ok::<_, ApiError>(sql_query(query).load::<Found>(c)?)).expect("a table");
        found.into_iter().map(|found| found.value).collect()
    }

    #[test]
    fn a_change_is_later_than_the_one_before_it_whatever_the_clock_says() {
        assert_eq!(after("2999-12-31T23:59:59.999Z"), "3000-01-01T00:00:00.000Z");
        let mut last = now();
        for _ in 0..1_000 {
            let next = after(&last);
            assert!(next > last, "{next} is not after {last}");
            last = next;
        }
        assert!(after("2001-01-01T00:00:00.000Z").starts_with("20") && after("nonsense") <= after(&now()));
    }

    #[test]
    fn the_tables_in_code_are_those_of_the_migrations() {
        let folder = tempfile::tempdir().expect("a folder");
        let (db, run) = Db::open(folder.path(), 2, 1000, |_| Ok(())).expect("a database");
        // Of two with one version only one would be done.
        let versions: std::collections::BTreeSet<&str> = run.iter().filter_map(|name| name.get(..17)).collect();
        assert_eq!((run.len(), versions.len()), (8, 8), "{run:?}");
        let source = include_str!("schema.rs");
        let mut tables = 0;
        for block in source.split("diesel::table! {").skip(1) {
            let mut lines = block.lines().map(str::trim).filter(|line| !line.is_empty());
            let name = lines.next().and_then(|line| line.split(' ').next()).expect("a table's name");
            let declared: Vec<String> = lines
                .take_while(|line| line.contains("->"))
                .map(|line| {
                    let (column, kind) = line.trim_end_matches(',').split_once(" -> ").expect("a column");
                    let inner = kind.trim_start_matches("Nullable<").trim_end_matches('>');
                    let sqlite = match inner {
                        "Integer" | "BigInt" => "INTEGER",
                        "Double" => "REAL",
                        _ => "TEXT",
                    };
                    format!("{column} {sqlite}{}", if inner == kind { "" } else { "?" })
                })
                .collect();
            assert_eq!(columns(&db, name), declared, "{name}");
            tables += 1;
        }
        assert_eq!(tables, 15);
    }

    #[test]
    fn what_is_written_is_durable_and_keys_are_checked() {
        let folder = tempfile::tempdir().expect("a folder");
        let (db, _) = Db::open(folder.path(), 2, 1000, |_| Ok(())).expect("a database");
        let pragma = |name: &str| {
            let query = format!("SELECT CAST({name} AS TEXT) AS value FROM pragma_{name}");
            let found = db.write_now(|c| sql_query(query).load::<Found>(c)).expect("a pragma");
            found.first().expect("a value").value.clone()
        };
        assert_eq!(pragma("journal_mode"), "wal");
        assert_eq!(pragma("synchronous"), "2");
        assert_eq!(pragma("foreign_keys"), "1");
    }

    #[test]
    fn a_second_opening_runs_no_migration() {
        let folder = tempfile::tempdir().expect("a folder");
        drop(Db::open(folder.path(), 1, 1000, |_| Ok(())).expect("a database"));
        let (_, run) = Db::open(folder.path(), 1, 1000, |_| Ok(())).expect("a database");
        assert!(run.is_empty());
    }

    #[test]
    fn a_reader_cannot_write() {
        let folder = tempfile::tempdir().expect("a folder");
        let (db, _) = Db::open(folder.path(), 1, 1000, |_| Ok(())).expect("a database");
        let written = db.read_now(|c| Ok::<_, ApiError>(sql_query("DELETE FROM users").execute(c)?));
        assert!(written.expect_err("it is refused").to_string().contains("cannot be written"));
    }

    #[test]
    fn before_tables_with_content_are_changed_somebody_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let told = std::cell::Cell::new(0);
        let open = || {
            Db::open(folder.path(), 1, 1000, |path| {
                assert!(path.ends_with(FILE_NAME));
                told.set(told.get() + 1);
                Ok(())
            })
        };
        let (db, run) = open().expect("a database");
        assert_eq!(told.get(), 0, "a new database has nothing to lose");
        let undone = db.writer.apart(|c| Ok(c.revert_last_migration(MIGRATIONS).map(drop).is_ok()));
        assert_eq!(undone, Ok(true));
        drop(db);
        let (db, run_again) = open().expect("a database");
        assert_eq!(run_again.len(), 1);
        assert_eq!(told.get(), usize::from(run.len() > 1), "with one migration it was a new database again");
        db.writer
            .apart(|c| c.batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000001')"))
            .expect("a version of the future");
        drop(db);
        let refused = open().err().expect("nobody here knows it");
        assert!(refused.contains("a newer version of synthetic-data made it"), "{refused}");
    }

    #[test]
    fn instants_have_one_spelling() {
        let instant: jiff::Timestamp = "2026-01-02T03:04:05.6789Z".parse().expect("an instant");
        assert_eq!(spell(instant), "2026-01-02T03:04:05.678Z");
    }
}

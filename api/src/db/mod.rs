//! The database: SQLite in one file, read through a pool, written through one connection.
//!
//! Invariants: a transaction of writes is durable when it returns (`synchronous=FULL`); writers queue for one connection instead of failing
//! on each other's locks; no database work runs on a thread that answers requests.

pub mod schema;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::web;
use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::admin::audit;
use crate::error::{ApiError, Code};
use crate::http::context;

/// The changes of the tables, in their order, compiled in.
const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../migrations");

/// The database's file in the data folder.
pub const FILE_NAME: &str = "db.sqlite3";

/// How long a reader waits for a connection of the pool.
const POOL_WAIT: Duration = Duration::from_secs(10);

/// A database. Its clones are one.
#[derive(Clone)]
pub struct Db {
    readers: Pool<ConnectionManager<SqliteConnection>>,
    writer: Arc<Mutex<SqliteConnection>>,
}

impl Db {
    /// Opens the database in a folder, makes it where it is missing, and brings its tables up to date. Gives the names of the migrations
    /// that were run.
    pub fn open(folder: &Path, pool_size: u32, busy_timeout_ms: u32) -> Result<(Db, Vec<String>), String> {
        let path = folder.join(FILE_NAME);
        let said = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
        let url = path.to_string_lossy().into_owned();
        let mut writer = SqliteConnection::establish(&url).map_err(|error| said(&error))?;
        let pragmas = Pragmas { busy_timeout_ms };
        pragmas.set(&mut writer).map_err(|error| said(&error))?;
        back_up_before_migrations(folder, &mut writer).map_err(|error| said(&error))?;
        let run = writer.run_pending_migrations(MIGRATIONS).map_err(|error| said(&error))?;
        let names = run.iter().map(ToString::to_string).collect();
        let readers = Pool::builder()
            .max_size(pool_size)
            .min_idle(Some(1))
            .connection_timeout(POOL_WAIT)
            .connection_customizer(Box::new(pragmas))
            .build(ConnectionManager::new(url))
            .map_err(|error| said(&error))?;
        Ok((Db { readers, writer: Arc::new(Mutex::new(writer)) }, names))
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

    /// Runs a transaction that writes, on this thread: all of it, or nothing.
    pub fn write_now<T, E: From<diesel::result::Error>>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        // A panic inside a transaction has rolled it back; the connection is as good as before.
        let mut connection = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let acting = context::acting();
        let done = connection.immediate_transaction(|connection| {
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

    /// The versions of the migrations that were run.
    pub fn migrations(&self) -> Result<Vec<String>, ApiError> {
        self.read_now(|c| {
            let found = diesel::sql_query("SELECT version FROM __diesel_schema_migrations").load::<Version>(c)?;
            Ok(found.into_iter().map(|found| found.version).collect())
        })
    }

    /// The versions of the migrations that this program knows and that were not run.
    pub fn pending_migrations(&self) -> Result<Vec<String>, ApiError> {
        let run = self.migrations()?;
        let known = MigrationSource::<Sqlite>::migrations(&MIGRATIONS).map_err(ApiError::internal)?;
        let versions = known.iter().map(|migration| migration.name().version().to_string());
        Ok(versions.filter(|version| !run.contains(version)).collect())
    }

    /// What SQLite finds wrong with the file; nothing where it is sound.
    pub fn damage(&self) -> Result<Option<String>, ApiError> {
        let found =
            self.read_now(|c| Ok::<_, ApiError>(diesel::sql_query("PRAGMA quick_check(1)").load::<Check>(c)?))?;
        Ok(found.into_iter().map(|found| found.quick_check).find(|said| said != "ok"))
    }

    /// Lets SQLite renew the statistics that its plans are made with.
    pub fn optimize(&self) -> Result<(), ApiError> {
        let mut connection = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(connection.batch_execute("PRAGMA optimize")?)
    }

    /// Runs a transaction that reads, on a thread where waiting is allowed.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let db = self.clone();
        off_thread(move || db.read_now(work)).await
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

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = diesel::sql_types::Text)]
    version: String,
}

#[derive(QueryableByName)]
struct Check {
    #[diesel(sql_type = diesel::sql_types::Text)]
    quick_check: String,
}

/// A copy of a database whose tables are about to change, in the folder of backups.
fn back_up_before_migrations(
    folder: &Path,
    writer: &mut SqliteConnection,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    if writer.applied_migrations()?.is_empty() {
        return Ok(());
    }
    let pending = writer.pending_migrations(MIGRATIONS)?;
    let Some(first) = pending.first() else { return Ok(()) };
    let backups = folder.join("backups");
    std::fs::create_dir_all(&backups)?;
    let path = backups.join(format!("before-migration-{}.sqlite3", first.name().version()));
    if path.exists() {
        // Of an attempt before, which changed nothing.
        std::fs::remove_file(&path)?;
    }
    let path = path.to_string_lossy();
    writer.batch_execute(&format!("VACUUM INTO '{}'", path.replace('\'', "''")))?;
    log::info!("the database as it was before the migrations is {path}");
    Ok(())
}

/// Runs work that waits or computes on a thread of its own, so that the threads that answer requests stay free.
pub async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let context = context::all();
    let work = move || context::within(context, work);
    web::block(work).await.map_err(|_| ApiError::internal("a thread was stopped before it answered"))?
}

/// What every connection is told first.
#[derive(Clone, Copy, Debug)]
struct Pragmas {
    busy_timeout_ms: u32,
}

impl Pragmas {
    fn set(self, connection: &mut SqliteConnection) -> diesel::QueryResult<()> {
        connection.batch_execute(&format!(
            "PRAGMA busy_timeout = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
            self.busy_timeout_ms
        ))
    }
}

impl CustomizeConnection<SqliteConnection, diesel::r2d2::Error> for Pragmas {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), diesel::r2d2::Error> {
        self.set(connection).map_err(diesel::r2d2::Error::QueryError)
    }
}

/// The instant of now as the database and the API spell it.
pub fn now() -> String {
    spell(jiff::Timestamp::now())
}

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
    fn the_tables_in_code_are_those_of_the_migrations() {
        let folder = tempfile::tempdir().expect("a folder");
        let (db, run) = Db::open(folder.path(), 2, 1000).expect("a database");
        assert_eq!(run.len(), 2, "{run:?}");
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
        assert_eq!(tables, 10);
    }

    #[test]
    fn what_is_written_is_durable_and_keys_are_checked() {
        let folder = tempfile::tempdir().expect("a folder");
        let (db, _) = Db::open(folder.path(), 2, 1000).expect("a database");
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
    fn a_database_is_copied_before_its_tables_change() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(FILE_NAME);
        let mut old = SqliteConnection::establish(&path.to_string_lossy()).expect("a database");
        old.run_next_migration(MIGRATIONS).expect("the first migration");
        old.batch_execute(
            "INSERT INTO users VALUES ('1', 'ana@example.com', 'Ana', 'admin', 'x', '2026-01-01T00:00:00.000Z')",
        )
        .expect("a user");
        drop(old);
        let (db, run) = Db::open(folder.path(), 1, 1000).expect("a database");
        assert_eq!(run.len(), 1, "{run:?}");
        assert_eq!(db.pending_migrations().expect("versions"), Vec::<String>::new());
        let kept: Vec<_> = std::fs::read_dir(folder.path().join("backups")).expect("a folder").flatten().collect();
        assert_eq!(kept.len(), 1);
        let mut copy = SqliteConnection::establish(&kept[0].path().to_string_lossy()).expect("a database");
        let found = sql_query("SELECT name AS value FROM users").load::<Found>(&mut copy).expect("a user");
        assert_eq!(found[0].value, "Ana");
        assert_eq!(copy.applied_migrations().expect("versions").len(), 1);
    }

    #[test]
    fn a_sound_database_has_no_damage() {
        let folder = tempfile::tempdir().expect("a folder");
        let (db, _) = Db::open(folder.path(), 1, 1000).expect("a database");
        assert_eq!(db.damage().expect("a check"), None);
        db.optimize().expect("statistics");
    }

    #[test]
    fn a_second_opening_runs_no_migration() {
        let folder = tempfile::tempdir().expect("a folder");
        drop(Db::open(folder.path(), 1, 1000).expect("a database"));
        let (_, run) = Db::open(folder.path(), 1, 1000).expect("a database");
        assert!(run.is_empty());
    }

    #[test]
    fn instants_have_one_spelling() {
        let instant: jiff::Timestamp = "2026-01-02T03:04:05.6789Z".parse().expect("an instant");
        assert_eq!(spell(instant), "2026-01-02T03:04:05.678Z");
    }
}

//! Everything as JSON Lines, which any program reads: the way from one database to another.
//!
//! The first line is a [`Header`]; each line after it is a row, `{"table": …, "row": {…}}`, in an order in which keys point back. A text is
//! JSON text, bytes are `{"$bytes": "hex"}`. Sessions and the secret key stay behind; passwords and API keys go along as their hashes, so
//! that people can sign in to the database that the dump is loaded into.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use diesel::{Connection, RunQueryDsl, SqliteConnection, sql_query};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::tables::{self, JsonRow};
use crate::db::{self, files};
use crate::storage::{self, Staging};
use crate::{Config, Failure};

/// What the header says the file is.
pub const FORMAT: &str = "synthetic-data dump";

/// The version of the form. A reader takes this one and those before it.
pub const VERSION: u32 = 1;

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Always [`FORMAT`].
    pub format: String,
    /// The version of the form.
    pub version: u32,
    /// The last migration of the database.
    pub migration: String,
    /// When it was written.
    pub dumped_at: String,
    /// How many rows of each table follow, in their order.
    pub tables: IndexMap<String, u64>,
}

/// A line after the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The table.
    pub table: String,
    /// The row: its columns by name.
    pub row: Map<String, Value>,
}

/// Why a dump was not written.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// The database did not answer.
    #[error("database: {0}")]
    Database(#[from] diesel::result::Error),
    /// Where it goes took no more.
    #[error(transparent)]
    Output(#[from] io::Error),
}

/// Writes everything of an installation into a file that appears whole, readable by its owner alone; straight into a device or a pipe. A server
/// may write meanwhile.
pub fn dump_to_file(config: &Config, path: &Path) -> Result<Header, Failure> {
    if storage::is_special(path) {
        let file = OpenOptions::new().write(true).open(path).map_err(Failure::sink(path))?;
        return dump_to(config, path, file);
    }
    let mut staging = Staging::for_file(path)?;
    let name = path.file_name().map_or_else(|| "dump".to_owned(), |name| name.to_string_lossy().into_owned());
    let file = staging.create(&name)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(Failure::sink(path))?;
    let header = dump_to(config, path, &file)?;
    drop(file);
    staging.commit()?;
    Ok(header)
}

/// Writes everything of an installation; `name` is what the output is called.
pub fn dump_to(config: &Config, name: &Path, out: impl Write) -> Result<Header, Failure> {
    let database = config.data_dir.join(db::FILE_NAME);
    let mut connection = files::open_own(&database).map_err(Failure::Request)?;
    dump(&mut connection, out).map_err(|error| match error {
        DumpError::Output(error) => Failure::sink(name)(error),
        DumpError::Database(error) => Failure::Request(format!("{}: {error}", database.display())),
    })
}

/// Writes everything, as it is at one instant. Gives the header that was written.
pub fn dump(connection: &mut SqliteConnection, out: impl Write) -> Result<Header, DumpError> {
    connection.transaction(|connection| write_all(connection, out))
}

fn write_all(connection: &mut SqliteConnection, out: impl Write) -> Result<Header, DumpError> {
    let mut out = BufWriter::new(out);
    let tables = tables::tables(connection)?;
    let mut counts = IndexMap::new();
    for table in &tables {
        counts.insert(table.name.clone(), u64::try_from(table.count(connection)?).unwrap_or_default());
    }
    let header = Header {
        format: FORMAT.to_owned(),
        version: VERSION,
        migration: files::Versions::of(connection)?.applied.pop().unwrap_or_default(),
        dumped_at: db::now(),
        tables: counts,
    };
    write_line(&mut out, &header)?;
    for table in tables {
        for row in sql_query(table.select()).load_iter::<JsonRow, diesel::connection::DefaultLoadingMode>(connection)? {
            write_line(&mut out, &Line { table: table.name.clone(), row: row?.0 })?;
        }
    }
    out.flush()?;
    Ok(header)
}

fn write_line(out: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

//! What a server is doing and how much it holds.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use diesel::prelude::*;
use engine::ENGINE_VERSION;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::schema::{api_keys, datasets, exports, generations, users};
use crate::db::{self, FILE_NAME};
use crate::error::ApiError;
use crate::generations::State;
use crate::{App, storage};

/// The state of a server.
#[derive(Debug, Serialize, ToSchema)]
pub struct Status {
    /// The program's version.
    pub version: String,
    /// The engine's version: rows change with it alone.
    pub engine_version: String,
    /// When the server was started.
    #[schema(format = DateTime)]
    pub started_at: String,
    /// The database.
    pub database: DatabaseStatus,
    /// The disk of the data folder.
    pub disk: DiskStatus,
    /// What there is of each kind: users, API keys, datasets.
    pub counts: BTreeMap<String, i64>,
    /// Generations by state.
    pub generations: BTreeMap<String, i64>,
    /// Exports by state.
    pub exports: BTreeMap<String, i64>,
    /// The settings in force, secrets aside, by variable.
    pub settings: BTreeMap<String, String>,
    /// What is allowed by the settings, and should be known.
    pub warnings: Vec<String>,
}

/// The state of the database.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatabaseStatus {
    /// Bytes of its file.
    pub size_bytes: u64,
    /// Bytes of the write-ahead log beside it.
    pub wal_bytes: u64,
    /// The migration that was run last.
    pub migration: Option<String>,
}

/// The state of the disk.
#[derive(Debug, Serialize, ToSchema)]
pub struct DiskStatus {
    /// Bytes that are free; null where the system does not say.
    pub free_bytes: Option<u64>,
    /// Bytes that generations and exports leave free.
    pub kept_free_bytes: u64,
    /// Bytes of the rows of generations.
    pub rows_bytes: i64,
    /// Bytes of the files of exports.
    pub exports_bytes: i64,
}

/// The state of this server.
pub fn status(app: &App) -> Result<Status, ApiError> {
    let folder = &app.config.data_dir;
    let size = |path: &Path| fs::metadata(path).map_or(0, |found| found.len());
    let counted = app.db.read_now(counted)?;
    Ok(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        engine_version: ENGINE_VERSION.to_owned(),
        started_at: db::spell(app.started_at),
        database: DatabaseStatus {
            size_bytes: size(&folder.join(FILE_NAME)),
            wal_bytes: size(&folder.join(format!("{FILE_NAME}-wal"))),
            migration: app.db.versions()?.applied.pop(),
        },
        disk: DiskStatus {
            free_bytes: storage::free_space(folder).ok(),
            kept_free_bytes: app.config.min_free_disk_bytes,
            rows_bytes: counted.rows_bytes,
            exports_bytes: counted.exports_bytes,
        },
        counts: counted.counts,
        generations: counted.generations,
        exports: counted.exports,
        settings: app.config.shown(),
        warnings: app.config.warnings().into_iter().map(str::to_owned).collect(),
    })
}

/// How much there is.
#[derive(Debug)]
pub struct Counted {
    /// What there is of each kind.
    pub counts: BTreeMap<String, i64>,
    /// Generations by state.
    pub generations: BTreeMap<String, i64>,
    /// Exports by state.
    pub exports: BTreeMap<String, i64>,
    /// Bytes of the rows of generations.
    pub rows_bytes: i64,
    /// Bytes of the files of exports.
    pub exports_bytes: i64,
}

/// Counts what there is.
pub fn counted(connection: &mut SqliteConnection) -> Result<Counted, ApiError> {
    let counts = [
        ("users", users::table.count().get_result(connection)?),
        ("api_keys", api_keys::table.count().get_result(connection)?),
        ("datasets", datasets::table.filter(datasets::deleted_at.is_null()).count().get_result(connection)?),
    ];
    let by_state = |found: Vec<(String, i64)>| {
        let mut states: BTreeMap<String, i64> = State::ALL.iter().map(|state| (state.word().to_owned(), 0)).collect();
        states.extend(found);
        states
    };
    let mut generations_by_state: Vec<(String, i64)> = generations::table
        .filter(generations::held_for.is_null())
        .group_by(generations::state)
        .select((generations::state, diesel::dsl::count_star()))
        .load(connection)?;
    let held = generations::table.filter(generations::held_for.is_not_null()).count().get_result(connection)?;
    generations_by_state.push((State::NeedsKey.word().to_owned(), held));
    let exports_by_state =
        exports::table.group_by(exports::state).select((exports::state, diesel::dsl::count_star())).load(connection)?;
    // SQLite's sum of whole numbers is one; diesel takes it for a decimal, which SQLite has not.
    let sum_of = |query: &str, connection: &mut SqliteConnection| {
        diesel::sql_query(query).get_result::<Total>(connection).map(|found| found.total)
    };
    let rows_bytes = sum_of("SELECT coalesce(sum(size_bytes), 0) AS total FROM generation_parts", connection)?;
    let exports_bytes = sum_of("SELECT coalesce(sum(size_bytes), 0) AS total FROM exports", connection)?;
    Ok(Counted {
        counts: counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect(),
        generations: by_state(generations_by_state),
        exports: by_state(exports_by_state),
        rows_bytes,
        exports_bytes,
    })
}

#[derive(QueryableByName)]
struct Total {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    total: i64,
}

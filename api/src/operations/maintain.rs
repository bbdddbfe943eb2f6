//! Upkeep of the database: is it sound, how large is it, can it be smaller.

use std::fs;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::{RunQueryDsl, sql_query};

use crate::db::{self, files};
use crate::storage::lock::DataLock;
use crate::{Config, Failure};

/// What was found and done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Bytes of the database with its log, before.
    pub bytes_before: u64,
    /// Bytes of it afterwards.
    pub bytes_after: u64,
    /// Whether it was compacted.
    pub is_compacted: bool,
    /// The tables, those with most rows first.
    pub tables: Vec<TableSize>,
    /// What lies beside the database in the data folder: name and bytes.
    pub beside: Vec<(String, u64)>,
}

/// How large a table is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSize {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: u64,
}

/// Checks the database, moves its log into it, renews the planner's statistics and, unless told otherwise, compacts it. Compacting wants the
/// data folder for itself: beside a server nothing is done.
pub fn maintain(config: &Config, compacts: bool) -> Result<Report, Failure> {
    let folder = &config.data_dir;
    let path = folder.join(db::FILE_NAME);
    let request = |sentence: String| Failure::Request(sentence);
    let mut connection = files::open_own(&path).map_err(request)?;
    let lock = DataLock::try_take(folder)?;
    if compacts && lock.is_none() {
        return Err(Failure::Request(format!(
            "DATA_DIR: a server holds {}, and its writers would wait for VACUUM; stop it, or use --no-vacuum",
            folder.display()
        )));
    }
    let faults = files::faults(&mut connection);
    if !faults.is_empty() {
        let mut sentences: Vec<String> =
            faults.iter().map(|fault| format!("{}: it is damaged: {fault}", path.display())).collect();
        sentences.push(files::REMEDY.to_owned());
        return Err(Failure::Data(sentences));
    }
    let bytes_before = database_bytes(folder);
    let said = |error: diesel::result::Error| Failure::Request(format!("{}: {error}", path.display()));
    if compacts {
        sql_query("VACUUM").execute(&mut connection).map_err(said)?;
    }
    connection.batch_execute("ANALYZE").map_err(said)?;
    // Beside a server its readers may still need some of the log: then it is moved as far as can be.
    let how = if lock.is_some() { "TRUNCATE" } else { "PASSIVE" };
    connection.batch_execute(&format!("PRAGMA wal_checkpoint({how})")).map_err(said)?;
    let mut tables = Vec::new();
    for table in super::tables::tables(&mut connection).map_err(said)? {
        let rows = table.count(&mut connection).map_err(said)?;
        tables.push(TableSize { rows: u64::try_from(rows).unwrap_or_default(), name: table.name });
    }
    tables.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.name.cmp(&b.name)));
    drop(connection);
    Ok(Report {
        bytes_before,
        bytes_after: database_bytes(folder),
        is_compacted: compacts,
        tables,
        beside: beside(folder),
    })
}

fn database_bytes(folder: &Path) -> u64 {
    ["", "-wal"].iter().map(|end| bytes_of(&folder.join(format!("{}{end}", db::FILE_NAME)))).sum()
}

/// What else takes space in the data folder, largest first.
fn beside(folder: &Path) -> Vec<(String, u64)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<(String, u64)> = entries
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), bytes_of(&entry.path())))
        .filter(|(name, bytes)| !name.starts_with(db::FILE_NAME) && *bytes > 0)
        .collect();
    found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    found
}

/// Bytes of a file, or of all files below a folder; nothing for what is gone meanwhile.
fn bytes_of(path: &Path) -> u64 {
    let mut folders: Vec<PathBuf> = vec![path.to_owned()];
    let mut bytes = 0;
    while let Some(path) = folders.pop() {
        let Ok(found) = fs::symlink_metadata(&path) else { continue };
        if found.is_dir() {
            folders.extend(fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
        } else {
            bytes += found.len();
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Db;

    fn installation() -> (tempfile::TempDir, Config) {
        let home = tempfile::tempdir().expect("a folder");
        let (db, _) = Db::open(home.path(), 1, 1000, |_| Ok(())).expect("a database");
        db.write_now(|c| {
            c.batch_execute(
                "WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 3000)
                 INSERT INTO users (id, email, name, role, password_hash, created_at)
                 SELECT value, value || '@example.com', hex(zeroblob(100)), 'viewer', 'x', 'x' FROM n; DELETE FROM users WHERE id > 1",
            )
        })
        .expect("users that came and went");
        let data = home.path().to_string_lossy().into_owned();
        let config = Config::from_variables([("DATA_DIR".to_owned(), data)], 2).expect("settings");
        (home, config)
    }

    #[test]
    fn a_database_is_checked_and_made_as_small_as_it_can_be() {
        let (home, config) = installation();
        fs::create_dir_all(home.path().join("generations/a")).expect("a folder");
        fs::write(home.path().join("generations/a/0.parquet"), "rows").expect("a file");
        let report = maintain(&config, true).expect("it is sound");
        assert!(report.bytes_after < report.bytes_before / 2, "{report:?}");
        assert_eq!(report.tables[0], TableSize { name: "users".to_owned(), rows: 1 });
        assert_eq!(report.beside, [("generations".to_owned(), 4)]);
    }

    #[test]
    fn beside_a_server_only_what_blocks_nobody_is_done() {
        let (home, config) = installation();
        let lock = DataLock::try_take(home.path()).expect("a lock").expect("it is free");
        let refused = maintain(&config, true).expect_err("it is held").to_string();
        assert!(refused.contains("--no-vacuum"), "{refused}");
        assert!(!maintain(&config, false).expect("it is sound").is_compacted);
        drop(lock);
    }

    #[test]
    fn a_damaged_database_is_told_with_what_mends_it() {
        let (home, config) = installation();
        maintain(&config, true).expect("one file");
        let path = home.path().join(db::FILE_NAME);
        let mut bytes = fs::read(&path).expect("a file");
        let half = bytes.len() / 2 / 4096 * 4096;
        bytes[half..half + 4096].fill(0x5A);
        fs::write(&path, bytes).expect("damaged");
        let told = maintain(&config, true).expect_err("damaged").sentences();
        assert!(told[0].contains("it is damaged"), "{told:?}");
        assert!(told[told.len() - 1].contains("restore"), "{told:?}");
    }
}

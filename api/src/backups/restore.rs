//! Putting a backup back in the place of the database.
//!
//! Invariant: at every moment `db.sqlite3` is the old database or the new one, whole. The backup is fetched beside it, checked, brought up to
//! date, and then renamed over it. What it replaces is kept as [`REPLACED`] until the next time.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use diesel::connection::SimpleConnection;

use super::{Aws, Backup, Store, Target, configured, make_private, parse_name, refused, store};
use crate::db::{self, files};
use crate::storage::lock::DataLock;
use crate::storage::{Staging, StorageError, sync_folder};
use crate::{Config, Failure};

/// The database that was there before the last restoration.
pub const REPLACED: &str = "replaced.sqlite3";

/// What the fetched file is called until it is the database.
const FETCHED: &str = "restored.sqlite3";

/// What was restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Where it came from, as a person names it.
    pub source: String,
    /// The migrations that brought it up to date.
    pub migrations: Vec<String>,
    /// Whether a database was replaced, which is kept.
    pub has_replaced: bool,
}

/// Restores from a source: a file, a folder or bucket of backups (its newest), or a name that `backups` lists. Refuses while another process
/// works on the data folder.
pub fn restore(config: &Config, source: &str) -> Result<Restored, Failure> {
    let folder = &config.data_dir;
    fs::create_dir_all(folder).map_err(|error| refused(folder, error))?;
    let Some(mut lock) = DataLock::try_take(folder)? else {
        let sentence = format!("DATA_DIR: a server holds {}; stop it before restoring", folder.display());
        return Err(Failure::Request(sentence));
    };
    let restored = match find(config, source)? {
        Found::File(path) => {
            let path = path.as_path();
            put_in_place(folder, path.display().to_string(), &|to| copy_file(path, to))?
        }
        Found::Kept(store, backup) => {
            put_in_place(folder, shown(&*store, &backup), &|to| store.fetch(&backup.name, to))?
        }
    };
    // Whatever a killed server left of the database is gone with it.
    lock.end_work();
    Ok(restored)
}

/// Restores the newest backup of the configured bucket into a data folder without a database. The caller holds its lock.
pub fn restore_where_empty(config: &Config) -> Result<Option<Restored>, Failure> {
    if !config.backups.target.is_bucket() || config.data_dir.join(db::FILE_NAME).exists() {
        return Ok(None);
    }
    let store = configured(config)?;
    let Some(newest) = store.list()?.into_iter().next() else { return Ok(None) };
    put_in_place(&config.data_dir, shown(&*store, &newest), &|to| store.fetch(&newest.name, to)).map(Some)
}

/// What a source names.
enum Found {
    File(std::path::PathBuf),
    Kept(Box<dyn Store>, Backup),
}

fn find(config: &Config, source: &str) -> Result<Found, Failure> {
    let path = Path::new(source);
    if path.is_file() {
        return Ok(Found::File(path.to_owned()));
    }
    // A name alone is one of the configured store; behind a bucket or a folder it is one of that.
    let (place, name) = match source.rsplit_once('/') {
        Some((place, name)) if parse_name(name).is_some() => (Some(place), Some(name)),
        None if parse_name(source).is_some() => (None, Some(source)),
        _ => (Some(source), None),
    };
    let kept = match place {
        Some(place) => open_place(config, place)?,
        None => configured(config)?,
    };
    let mut backups = kept.list()?.into_iter();
    let found = match name {
        Some(name) => backups.find(|backup| backup.name == name),
        None => backups.next(),
    };
    match found {
        Some(backup) => Ok(Found::Kept(kept, backup)),
        None => {
            let what = name.map_or_else(|| "no backup".to_owned(), |name| format!("no backup {name}"));
            Err(Failure::Request(format!(
                "{}: there is {what}; `synthetic-data backups` lists those there are",
                kept.place()
            )))
        }
    }
}

fn open_place(config: &Config, text: &str) -> Result<Box<dyn Store>, Failure> {
    let target = Target::parse(text).map_err(Failure::Request)?;
    if let Target::Folder(folder) = &target
        && !folder.is_dir()
    {
        return Err(refused(folder, std::io::Error::from(ErrorKind::NotFound)));
    }
    let aws: &Aws = &config.backups.aws;
    store(&target, aws, &config.data_dir)
}

fn shown(store: &dyn Store, backup: &Backup) -> String {
    format!("{}/{}", store.place(), backup.name)
}

/// Has `fetch` write a database, checks it, and makes it the one of the folder.
fn put_in_place(
    folder: &Path,
    source: String,
    fetch: &dyn Fn(&Path) -> Result<(), Failure>,
) -> Result<Restored, Failure> {
    let database = folder.join(db::FILE_NAME);
    let staging = Staging::for_file(&folder.join(FETCHED))?;
    let fetched = staging.work_folder().join(FETCHED);
    fetch(&fetched)?;
    make_private(&fetched).map_err(|error| refused(&fetched, error))?;
    let named = |sentence: String| Failure::Request(sentence.replace(&fetched.display().to_string(), &source));
    let versions = files::check(&fetched).map_err(named)?;
    versions.refuse_newer().map_err(|sentence| Failure::Request(format!("{source}: {sentence}")))?;
    bring_up_to_date(&fetched).map_err(named)?;
    files::settle(&fetched).map_err(named)?;
    sync_file(&fetched)?;
    let has_replaced = database.exists();
    if has_replaced {
        set_aside(folder, &database)?;
    }
    fs::rename(&fetched, &database).map_err(|error| refused(&database, error))?;
    sync_folder(folder);
    Ok(Restored { source, migrations: versions.pending, has_replaced })
}

/// Runs what the backup has not seen, and ends its sessions: their tokens may have been used since.
fn bring_up_to_date(path: &Path) -> Result<(), String> {
    let mut connection = files::open(path)?;
    db::migrate(&mut connection)?;
    connection.batch_execute("DELETE FROM sessions").map_err(|error| format!("{}: {error}", path.display()))
}

/// Keeps the database that is about to be replaced, in its place all the while; its log ends, so that it is never read with another database.
fn set_aside(folder: &Path, database: &Path) -> Result<(), Failure> {
    let (log, memory) = (folder.join(format!("{}-wal", db::FILE_NAME)), folder.join(format!("{}-shm", db::FILE_NAME)));
    let kept = folder.join(REPLACED);
    let kept_log = folder.join(format!("{REPLACED}-wal"));
    for old in [&kept, &kept_log] {
        remove(old)?;
    }
    // One that is damaged cannot be settled; then its log is kept beside it.
    if let Err(sentence) = files::settle(database) {
        log::warn!("the database that is replaced cannot be closed: {sentence}");
    }
    if log.exists() {
        fs::rename(&log, &kept_log).map_err(|error| refused(&log, error))?;
    }
    remove(&memory)?;
    if fs::hard_link(database, &kept).is_err() {
        copy_file(database, &kept)?;
    }
    sync_folder(folder);
    Ok(())
}

fn remove(path: &Path) -> Result<(), StorageError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != ErrorKind::NotFound => Err(StorageError { path: path.to_owned(), source }),
        _ => Ok(()),
    }
}

fn copy_file(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::copy(from, to).map(drop).map_err(|error| refused(from, error))?;
    sync_file(to)
}

fn sync_file(path: &Path) -> Result<(), Failure> {
    let synced = fs::OpenOptions::new().write(true).open(path).and_then(|file| file.sync_all());
    synced.map_err(|error| refused(path, error))
}

#[cfg(test)]
mod tests {
    use diesel::RunQueryDsl;

    use super::*;
    use crate::backups::folder::Folder;
    use crate::backups::make;
    use crate::db::Db;

    struct Home(tempfile::TempDir);

    impl Home {
        fn new() -> Home {
            Home(tempfile::tempdir().expect("a folder"))
        }

        fn config(&self) -> Config {
            let data = self.0.path().join("data").to_string_lossy().into_owned();
            Config::from_variables([("DATA_DIR".to_owned(), data)], 2).expect("settings")
        }

        /// The database with one more user.
        fn with_user(&self, name: &str) {
            let folder = self.config().data_dir;
            fs::create_dir_all(&folder).expect("a folder");
            let (db, _) = Db::open(&folder, 1, 1000, |_| Ok(())).expect("a database");
            let insert = format!(
                "INSERT INTO users (id, email, name, role, password_hash, created_at) VALUES ('{name}', '{name}@example.com', '{name}', 'viewer', 'x', 'x')"
            );
            db.write_now(|c| diesel::sql_query(insert).execute(c)).expect("a user");
        }

        fn users(&self) -> Vec<String> {
            let mut connection = files::open(&self.config().data_dir.join(db::FILE_NAME)).expect("a database");
            files::lines(&mut connection, "SELECT name AS text FROM users ORDER BY name").expect("users")
        }

        fn backup(&self) -> Backup {
            let config = self.config();
            make(&config.data_dir, &Folder::new(&config.data_dir.join("backups")), 30).expect("a backup")
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(self.config().data_dir).expect("a folder");
            let mut names: Vec<String> =
                entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            names
        }
    }

    #[test]
    fn a_backup_is_put_back_whole_and_what_it_replaces_is_kept() {
        let home = Home::new();
        home.with_user("ana");
        let backup = home.backup();
        home.with_user("eva");
        let folder = home.config().data_dir;
        for source in [
            backup.name.clone(),
            folder.join("backups").display().to_string(),
            folder.join("backups").join(&backup.name).display().to_string(),
        ] {
            let restored = restore(&home.config(), &source).expect("it is restored");
            assert!(restored.has_replaced && restored.migrations.is_empty(), "{restored:?}");
            assert_eq!(home.users(), ["ana"], "{source}");
            assert_eq!(home.names(), ["backups", "db.sqlite3", "lock", "replaced.sqlite3"], "{source}");
        }
        let first = home.0.path().join("elsewhere.sqlite3");
        fs::copy(folder.join(REPLACED), &first).expect("a copy");
        restore(&home.config(), &first.display().to_string()).expect("any sound file will do");
    }

    #[test]
    fn a_running_server_keeps_its_database() {
        let home = Home::new();
        home.with_user("ana");
        let backup = home.backup();
        let lock = DataLock::try_take(&home.config().data_dir).expect("a lock").expect("it is free");
        let refused = restore(&home.config(), &backup.name).expect_err("it is held").to_string();
        assert!(refused.contains("a server holds"), "{refused}");
        drop(lock);
    }

    #[test]
    fn what_is_no_sound_backup_replaces_nothing() {
        let home = Home::new();
        home.with_user("ana");
        let backup = home.backup();
        home.with_user("eva");
        let folder = home.config().data_dir;
        let mut bytes = fs::read(folder.join("backups").join(&backup.name)).expect("a file");
        let half = bytes.len() / 2 / 4096 * 4096;
        bytes[half..half + 4096].fill(0x5A);
        let damaged = home.0.path().join("damaged.sqlite3");
        fs::write(&damaged, bytes).expect("a file");
        for (source, sentence) in [
            (damaged.display().to_string(), "damaged.sqlite3: it is damaged"),
            ("synthetic-data-20200101T000000000Z.sqlite3".to_owned(), "there is no backup synthetic-data-2020"),
            ("nowhere/at/all".to_owned(), "there is no such file or folder"),
            ("s3://bucket".to_owned(), "AWS_ACCESS_KEY_ID: it is required"),
        ] {
            let refused = restore(&home.config(), &source).expect_err("it is refused").sentences().join("\n");
            assert!(refused.contains(sentence), "{refused}");
        }
        assert_eq!(home.users(), ["ana", "eva"]);
        assert!(!home.names().iter().any(|name| name.contains("partial") || name == REPLACED), "{:?}", home.names());
    }

    #[test]
    fn a_damaged_database_can_be_replaced() {
        let home = Home::new();
        home.with_user("ana");
        let backup = home.backup();
        let folder = home.config().data_dir;
        fs::write(folder.join(db::FILE_NAME), "x".repeat(20_000)).expect("damaged");
        fs::write(folder.join("db.sqlite3-wal"), "y".repeat(5000)).expect("a log of nothing");
        restore(&home.config(), &backup.name).expect("it is restored");
        assert_eq!(home.users(), ["ana"]);
        assert!(fs::read(folder.join(REPLACED)).expect("it is kept").starts_with(b"xxx"));
    }
}

//! Backups: consistent copies of the database, made while it is written to, checked before they count, and put back whole.
//!
//! A backup is one SQLite file, [`FILE_PREFIX`] and an instant in its name. It holds the records of all generations and exports, from which
//! their rows and files are made again, but no rows, no files and not the secret key. Where backups are kept is a [`Store`]: a folder or a
//! bucket. Invariant: nothing has a backup's name that was not whole, synced and sound first.

mod bucket;
mod folder;
pub mod restore;
pub mod routes;
pub mod schedule;
pub mod settings;

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

pub use settings::{Aws, Settings, Target};

use crate::db::{self, files};
use crate::{Config, Failure};

/// How the name of every backup begins.
pub const FILE_PREFIX: &str = "synthetic-data-";

/// How it ends.
pub const FILE_SUFFIX: &str = ".sqlite3";

/// The instant in a name: UTC with milliseconds, so that the order of names is the order of instants.
const INSTANT: &str = "%Y%m%dT%H%M%S%3fZ";

/// A backup as its store lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Its name in the store.
    pub name: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Bytes of the file.
    pub size_bytes: u64,
}

/// Where backups are kept.
pub trait Store {
    /// How a person names the place.
    fn place(&self) -> String;

    /// The backups, newest first; other files are left alone.
    fn list(&self) -> Result<Vec<Backup>, Failure>;

    /// Has `fill` write a file, and keeps it under a name: whole, or not at all. Gives its size in bytes.
    fn keep(&self, name: &str, fill: &mut dyn FnMut(&Path) -> Result<(), Failure>) -> Result<u64, Failure>;

    /// Writes a backup into a file.
    fn fetch(&self, name: &str, to: &Path) -> Result<(), Failure>;

    /// Removes a backup.
    fn remove(&self, name: &str) -> Result<(), Failure>;
}

/// The store of a target. `work` is a folder for files on their way to a bucket.
pub fn store(target: &Target, aws: &Aws, work: &Path) -> Result<Box<dyn Store>, Failure> {
    Ok(match target {
        Target::Folder(folder) => Box::new(folder::Folder::new(folder)),
        Target::Bucket { bucket, prefix } => Box::new(bucket::Bucket::new(bucket, prefix, aws, work)?),
    })
}

/// The store of the settings.
pub fn configured(config: &Config) -> Result<Box<dyn Store>, Failure> {
    store(&config.backups.target, &config.backups.aws, &config.data_dir)
}

/// Copies the database into a store and checks the copy, which then counts; the oldest go where there are more than `keep`.
pub fn make(data_dir: &Path, store: &dyn Store, keep: usize) -> Result<Backup, Failure> {
    let database = data_dir.join(db::FILE_NAME);
    if !database.is_file() {
        let sentence = format!("{}: there is no database; `synthetic-data migrate` makes one", database.display());
        return Err(Failure::Request(sentence));
    }
    let made_at = Timestamp::now();
    let name = name_of(made_at);
    let size_bytes = store.keep(&name, &mut |path| {
        files::copy(&database, path).map_err(Failure::Request)?;
        files::check(path).map(drop).map_err(Failure::Request)
    })?;
    // What is kept too long is a smaller fault than a backup that counts as failed.
    if let Err(failure) = rotate(store, keep) {
        log::warn!("old backups cannot be removed: {failure}");
    }
    Ok(Backup { name, made_at: parse_name(&name_of(made_at)).unwrap_or(made_at), size_bytes })
}

/// Removes the oldest backups beyond a number.
pub fn rotate(store: &dyn Store, keep: usize) -> Result<(), Failure> {
    for old in store.list()?.iter().skip(keep.max(1)) {
        store.remove(&old.name)?;
        log::info!("the old backup {} was removed", old.name);
    }
    Ok(())
}

/// A copy of the database in the data folder's own backups, before its tables are changed.
pub fn before_migration(config: &Config) -> Result<(), String> {
    let store = folder::Folder::new(&settings::default_folder(&config.data_dir));
    let made = make(&config.data_dir, &store, config.backups.keep)
        .map_err(|failure| format!("no backup can be made before the migration, which was not begun: {failure}"))?;
    log::info!("the database before the migration is kept as {}/{}", store.place(), made.name);
    Ok(())
}

/// The name of the backup of an instant.
fn name_of(made_at: Timestamp) -> String {
    format!("{FILE_PREFIX}{}{FILE_SUFFIX}", made_at.strftime(INSTANT))
}

/// The instant in a backup's name; nothing where it is another file's.
fn parse_name(name: &str) -> Option<Timestamp> {
    let text = name.strip_prefix(FILE_PREFIX)?.strip_suffix(FILE_SUFFIX)?;
    let digits = |range: std::ops::Range<usize>| text.get(range);
    // 20260102T030405678Z
    let is_shaped = text.len() == 19 && text.is_ascii() && digits(8..9) == Some("T") && text.ends_with('Z');
    let spelled = format!(
        "{}-{}-{}T{}:{}:{}.{}Z",
        digits(0..4)?,
        digits(4..6)?,
        digits(6..8)?,
        digits(9..11)?,
        digits(11..13)?,
        digits(13..15)?,
        digits(15..18)?
    );
    spelled.parse().ok().filter(|_| is_shaped)
}

/// Lets the owner alone read a file: it holds hashes of passwords.
fn make_private(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Bytes of a file.
fn size_of(path: &Path) -> Result<u64, Failure> {
    fs::metadata(path).map(|found| found.len()).map_err(|source| refused(path, source))
}

fn refused(path: &Path, source: std::io::Error) -> Failure {
    Failure::Storage(crate::storage::StorageError { path: PathBuf::from(path), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Db;

    fn installation() -> tempfile::TempDir {
        let home = tempfile::tempdir().expect("a folder");
        drop(Db::open(home.path(), 1, 1000, |_| Ok(())).expect("a database"));
        home
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn names_are_instants_and_their_order_is_that_of_time() {
        let early: Timestamp = "2026-01-02T03:04:05.006Z".parse().expect("an instant");
        let late: Timestamp = "2026-11-02T03:04:05Z".parse().expect("an instant");
        assert_eq!(name_of(early), "synthetic-data-20260102T030405006Z.sqlite3");
        assert!(name_of(early) < name_of(late));
        for instant in [early, late] {
            assert_eq!(parse_name(&name_of(instant)), Some(instant));
        }
        for other in [
            "db.sqlite3",
            "synthetic-data-.sqlite3",
            "synthetic-data-20260102T030405006Z.sqlite3-wal",
            "synthetic-data-20261302T030405006Z.sqlite3",
            "synthetic-data-20260102x030405006Z.sqlite3",
            "synthetic-data-2026010é030405006Z.sqlite3",
        ] {
            assert_eq!(parse_name(other), None, "{other}");
        }
    }

    #[test]
    fn the_newest_are_kept_and_other_files_left_alone() {
        let home = installation();
        let place = home.path().join("kept");
        let store = folder::Folder::new(&place);
        fs::create_dir_all(&place).expect("a folder");
        fs::write(place.join("notes.txt"), "mine").expect("a file");
        let mut made = Vec::new();
        for _ in 0..4 {
            made.push(make(home.path(), &store, 2).expect("a backup"));
        }
        let kept = store.list().expect("a list");
        assert_eq!(kept, [made[3].clone(), made[2].clone()]);
        assert_eq!(names(&place), ["notes.txt", made[2].name.as_str(), &made[3].name].map(str::to_owned));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(place.join(&made[3].name)).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_database_that_is_damaged_makes_no_backup() {
        let home = installation();
        let path = home.path().join(db::FILE_NAME);
        let mut bytes = fs::read(&path).expect("a file");
        let half = bytes.len() / 2 / 4096 * 4096;
        // Pages of tables among them: a copy makes its indexes anew.
        bytes[half..half + 16 * 4096].fill(0x5A);
        fs::write(&path, bytes).expect("damaged");
        let store = folder::Folder::new(&home.path().join("kept"));
        make(home.path(), &store, 2).expect_err("it is refused");
        assert!(store.list().expect("a list").is_empty());
        assert!(names(&home.path().join("kept")).is_empty(), "nothing is left behind");
    }

    #[test]
    fn without_a_database_there_is_nothing_to_copy() {
        let home = tempfile::tempdir().expect("a folder");
        let store = folder::Folder::new(&home.path().join("kept"));
        let refused = make(home.path(), &store, 2).expect_err("nothing").to_string();
        assert!(refused.contains("there is no database"), "{refused}");
    }
}

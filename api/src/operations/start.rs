//! What a server does for its data before it answers.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::backups::{self, restore, settings};
use crate::http::upload;
use crate::storage::lock::DataLock;
use crate::storage::{probe, remove_leftovers};
use crate::{Config, db, storage};

/// A sentence where the folder that somebody chose for backups takes none: it would be told when it is too late.
pub fn try_target(config: &Config) -> Result<(), String> {
    let Some(target) = config.backups.target.folder().filter(|_| config.backups.is_target_set) else { return Ok(()) };
    fs::create_dir_all(target)
        .and_then(|()| probe::write_in(target))
        .map_err(|error| format!("BACKUP_TARGET: {}: {}", target.display(), storage::reason(&error)))
}

/// Restores the newest backup into an empty data folder where the backups are in a bucket, and checks the database after a crash. The caller
/// holds the lock of the folder.
pub fn prepare(config: &Config, lock: &DataLock) -> Result<(), String> {
    let folder = &config.data_dir;
    // What was killed while it made a backup or restored one.
    for name in ["restored.sqlite3", "backup.sqlite3"] {
        remove_leftovers(folder, name);
    }
    let kept = [settings::default_folder(folder)].into_iter().chain(config.backups.target.folder().map(Path::to_owned));
    for place in kept {
        if let Some(name) = place.file_name() {
            remove_leftovers(&place, &name.to_string_lossy());
        }
    }
    // Uploads that were cut off with the server; where they cannot be removed, new ones can be made beside them.
    match fs::remove_dir_all(folder.join(upload::FOLDER)) {
        Err(error) if error.kind() != ErrorKind::NotFound => log::warn!("old uploads cannot be removed: {error}"),
        _ => {}
    }
    let restored = restore::restore_where_empty(config).map_err(|failure| {
        format!(
            "BACKUP_TARGET: {failure}; without a database in DATA_DIR the newest backup is wanted; mend the target, or unset it to start anew"
        )
    })?;
    let database = folder.join(db::FILE_NAME);
    if let Some(restored) = restored {
        log::warn!("DATA_DIR had no database: restored {}", restored.source);
    } else if !database.exists()
        && let Ok(store) = backups::configured(config)
        && store.list().is_ok_and(|found| !found.is_empty())
    {
        log::warn!(
            "DATA_DIR has no database, and {} holds backups: `synthetic-data restore` puts the newest back",
            store.place()
        );
    }
    if lock.follows_a_crash() && database.exists() {
        log::warn!("the server before did not end in order; checking the database");
        let mut connection = db::files::open(&database)?;
        if let Some(fault) = db::files::faults(&mut connection).first() {
            let told = db::files::told(&database, fault);
            return Err(match db::files::is_refusal(fault) {
                true => told,
                false => format!("{told}; {}", db::files::REMEDY),
            });
        }
        log::info!("the database is sound");
    }
    Ok(())
}

//! The data folder as one server's own: its lock, and the secret that is kept in it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::reason;
use crate::auth::tokens::{self, Secret};
use crate::storage::lock::DataLock;

/// How often a lock that another server holds is tried again.
pub const EVERY: Duration = Duration::from_millis(200);

/// Takes the lock of a folder, which is made where it is missing; nothing where another process holds it.
pub fn take(folder: &Path) -> Result<Option<DataLock>, String> {
    fs::create_dir_all(folder).map_err(|error| format!("DATA_DIR: {}: {}", folder.display(), reason(&error)))?;
    DataLock::try_take(folder).map_err(|error| format!("DATA_DIR: {error}"))
}

/// Takes the lock, for which it waits a while.
pub fn wait(folder: &Path, patience: Duration) -> Result<DataLock, String> {
    let begun = Instant::now();
    loop {
        if let Some(lock) = take(folder)? {
            return Ok(lock);
        }
        if begun.elapsed() >= patience {
            return Err(held(folder));
        }
        thread::sleep(EVERY);
    }
}

/// Another server holds the folder.
pub fn held(folder: &Path) -> String {
    format!("DATA_DIR: another server holds {}; stop it, or set DATA_DIR to another folder", folder.display())
}

/// The secret that is kept in the data folder, made where it is missing.
pub fn kept_secret(folder: &Path) -> Result<Secret, String> {
    let path = folder.join("secret_key");
    let refused = |error: io::Error| format!("SECRET_KEY: {}: {}", path.display(), reason(&error));
    let mut text = String::new();
    match File::open(&path).and_then(|mut file| file.read_to_string(&mut text)) {
        Ok(_) if text.trim().len() >= 32 => return Ok(Secret::new(text.trim())),
        Ok(_) => {
            return Err(format!(
                "SECRET_KEY: {} holds fewer than 32 bytes; delete it or set SECRET_KEY",
                path.display()
            ));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(refused(error)),
    }
    let secret = tokens::random().map_err(|error| error.to_string())?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).map_err(refused)?;
    file.write_all(secret.as_bytes()).and_then(|()| file.sync_all()).map_err(refused)?;
    Ok(Secret::new(&secret))
}

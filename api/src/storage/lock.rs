//! The lock of a data folder: one process works on a database's files at a time, and the next one learns how the last one ended.
//!
//! The system lets go of the lock when its holder dies, however it dies. While a server works, the lock's file holds a word; whoever takes the
//! lock and finds it knows that the server before was killed, or that the power failed.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::StorageError;

/// The file in the data folder.
pub const FILE_NAME: &str = "lock";

/// What stands in the file while a server works.
const AT_WORK: &str = "at work\n";

/// The lock of a data folder, held.
#[derive(Debug)]
pub struct DataLock {
    file: File,
    path: PathBuf,
    found_at_work: bool,
    is_at_work: bool,
}

impl DataLock {
    /// Takes the lock of a folder that exists; nothing where another process holds it.
    pub fn try_take(folder: &Path) -> Result<Option<DataLock>, StorageError> {
        let path = folder.join(FILE_NAME);
        let taken =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path).and_then(|file| {
                match file.try_lock() {
                    Ok(()) => Ok(Some(file)),
                    Err(TryLockError::WouldBlock) => Ok(None),
                    Err(TryLockError::Error(error)) => Err(error),
                }
            });
        let read = taken.and_then(|file| {
            let Some(mut file) = file else { return Ok(None) };
            let mut text = String::new();
            file.read_to_string(&mut text)?;
            Ok(Some((file, !text.is_empty())))
        });
        match read {
            Ok(Some((file, found_at_work))) => Ok(Some(DataLock { file, path, found_at_work, is_at_work: false })),
            Ok(None) => Ok(None),
            Err(source) => Err(StorageError { path, source }),
        }
    }

    /// Whether the server that held the lock before did not end by itself.
    pub fn follows_a_crash(&self) -> bool {
        self.found_at_work
    }

    /// Notes that a server works from now on.
    pub fn begin_work(&mut self) -> Result<(), StorageError> {
        self.is_at_work = true;
        self.note(AT_WORK).map_err(|source| StorageError { path: self.path.clone(), source })
    }

    /// Notes that all work has ended as it should; the lock stays held.
    pub fn end_work(&mut self) {
        self.is_at_work = false;
        if let Err(error) = self.note("") {
            log::warn!("{}: {}; the next start checks the database", self.path.display(), super::reason(&error));
        }
    }

    fn note(&mut self, text: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())?;
        self.file.sync_all()
    }
}

impl Drop for DataLock {
    /// A value that is dropped in order has ended in order.
    fn drop(&mut self) {
        if self.is_at_work && !std::thread::panicking() {
            self.end_work();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_it_and_the_next_learns_how_it_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        let take = || DataLock::try_take(folder.path()).expect("a lock");
        let mut first = take().expect("it is free");
        assert!(!first.follows_a_crash());
        first.begin_work().expect("noted");
        assert!(take().is_none());
        drop(first);
        let mut second = take().expect("it is free again");
        assert!(!second.follows_a_crash(), "the first ended in order");
        second.begin_work().expect("noted");
        // What a crash leaves: the word without the lock.
        second.is_at_work = false;
        drop(second);
        let third = take().expect("it is free again");
        assert!(third.follows_a_crash());
        // A command that does no server's work leaves the word to the next server.
        drop(third);
        assert!(take().expect("it is free again").follows_a_crash());
    }
}

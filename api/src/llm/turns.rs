//! Who asks a question at a time, over all processes that use one data folder: one. A server and commands beside it pay for an answer once.
//!
//! A turn is a file with a lock, which the system lets go of when its holder dies, however it dies.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use engine::llm::Address;

/// The folder of the files, in the data folder.
const FOLDER: &str = "llm-turns";

/// A turn, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    path: PathBuf,
    /// Open, it holds the lock.
    _file: File,
}

/// Takes the turn to ask a question; nothing while another process has it.
pub fn try_take(data: &Path, address: &Address) -> io::Result<Option<Turn>> {
    let folder = data.join(FOLDER);
    fs::create_dir_all(&folder)?;
    let path = folder.join(&address.0);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        // Where files have no locks, who pays twice pays twice; nobody is kept from asking.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
        Err(TryLockError::Error(error)) => return Err(error),
    }
    // Who had it before took its file away, maybe after this one was opened: then it is nobody's any more.
    Ok(is_at(&file, &path).then_some(Turn { path, _file: file }))
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let place = |found: io::Result<fs::Metadata>| found.ok().map(|found| (found.dev(), found.ino()));
    let own = place(file.metadata());
    own.is_some() && own == place(fs::metadata(path))
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

impl Drop for Turn {
    fn drop(&mut self) {
        // It is taken away while the lock is held, so that it is no file that another one holds.
        if cfg!(unix) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_a_turn_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let take = |address: &str| try_take(folder.path(), &Address(address.to_owned())).expect("a turn");
        let first = take("a").expect("it is free");
        assert!(take("a").is_none() && take("b").is_some());
        drop(first);
        assert!(take("a").is_some());
        let left = fs::read_dir(folder.path().join(FOLDER)).expect("the folder").count();
        assert_eq!(left, if cfg!(unix) { 0 } else { 2 });
    }

    #[test]
    #[cfg(unix)]
    fn a_file_that_was_taken_away_is_nobodys_turn() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        let file = File::create(&path).expect("a file");
        assert!(is_at(&file, &path));
        fs::remove_file(&path).expect("removed");
        assert!(!is_at(&file, &path));
        File::create(&path).expect("another");
        assert!(!is_at(&file, &path));
    }
}

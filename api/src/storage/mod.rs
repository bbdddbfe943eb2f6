//! Files that appear whole or not at all.
//!
//! Invariant: nothing stands under its final name before all of it is written and synced. Everything is first written into a *staging
//! folder*, `.NAME.partial-…`, on the filesystem where it will stay; [`Staging::commit`] moves it by renaming, and puts back what it replaced
//! when one of the moves is refused. Dropping a staging folder removes it, so an error or an interruption leaves nothing. What a killed run
//! left is removed by the next run that writes the same thing.

pub mod lock;
pub mod probe;
mod room;

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use room::Room;

/// Where files wait until all of them are written.
pub struct Staging {
    root: tempfile::TempDir,
    /// Held as long as the run lives: the system lets go of it when the process dies, however it dies.
    _lock: File,
    destination: Destination,
    files: Vec<String>,
}

/// What will be written.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Destination {
    /// One file, of any name, in this folder.
    Beside(PathBuf, String),
    /// Files in a folder that exists.
    Into(PathBuf),
    /// A folder that does not exist yet.
    New(PathBuf),
}

/// What the filesystem refused, in one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{}: {}", path.display(), reason(source))]
pub struct StorageError {
    /// The file or folder.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// A run younger than this may not have locked its staging folder yet.
const SETTLED: Duration = Duration::from_secs(60);

/// Characters that make the name of a staging folder its own.
const OWN: usize = 8;

const LOCK: &str = "lock";
const NEW: &str = "new";
const OLD: &str = "old";
const WORK: &str = "work";

impl Staging {
    /// Staging for files that will stand in `folder`, which need not exist.
    pub fn for_folder(folder: &Path) -> Result<Staging, StorageError> {
        match fs::metadata(folder) {
            // Inside the folder itself: its parent may be another filesystem, or not ours to write.
            Ok(found) if found.is_dir() => {
                Staging::begin(folder, name_of(folder), Destination::Into(folder.to_owned()))
            }
            Ok(_) => Err(at(folder, io::Error::new(ErrorKind::NotADirectory, "it is a file, not a folder"))),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let parent = parent_of(folder);
                fs::create_dir_all(&parent).map_err(|error| at(&parent, error))?;
                Staging::begin(&parent, name_of(folder), Destination::New(folder.to_owned()))
            }
            Err(error) => Err(at(folder, error)),
        }
    }

    /// Staging for the one file that will stand at `path`; a link is followed, its folder is made where it is missing.
    pub fn for_file(path: &Path) -> Result<Staging, StorageError> {
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if path.is_dir() {
            return Err(at(&path, io::Error::new(ErrorKind::IsADirectory, "it is a folder, not a file")));
        }
        let parent = parent_of(&path);
        fs::create_dir_all(&parent).map_err(|error| at(&parent, error))?;
        let name = name_of(&path).to_string_lossy().into_owned();
        Staging::begin(&parent, name_of(&path), Destination::Beside(parent.clone(), name))
    }

    fn begin(parent: &Path, name: &OsStr, destination: Destination) -> Result<Staging, StorageError> {
        let mut prefix = OsString::from(".");
        prefix.push(name);
        prefix.push(".partial-");
        remove_stale(parent, &prefix);
        let root = tempfile::Builder::new()
            .prefix(&prefix)
            .rand_bytes(OWN)
            .tempdir_in(parent)
            .map_err(|error| at(parent, bare(error)))?;
        let lock_path = root.path().join(LOCK);
        let lock = File::create_new(&lock_path).map_err(|error| at(&lock_path, error))?;
        // A filesystem without locks leaves the folder to its age and its owner: it is never taken for stale.
        let _ = lock.try_lock();
        for part in [NEW, OLD, WORK] {
            let path = root.path().join(part);
            fs::create_dir(&path).map_err(|error| at(&path, error))?;
        }
        Ok(Staging { root, _lock: lock, destination, files: Vec::new() })
    }

    /// Creates the file that will be called `name`. Each name is created once.
    pub fn create(&mut self, name: &str) -> Result<File, StorageError> {
        let path = self.root.path().join(NEW).join(name);
        let file = OpenOptions::new().write(true).read(true).create_new(true).open(&path);
        let file = file.map_err(|error| at(&self.final_path(name), error))?;
        self.files.push(name.to_owned());
        Ok(file)
    }

    /// Where the file called `name`, which was created, is until all are moved: for what is written by path.
    pub fn staged_path(&self, name: &str) -> PathBuf {
        self.root.path().join(NEW).join(name)
    }

    /// A folder for what is needed only while writing.
    pub fn work_folder(&self) -> PathBuf {
        self.root.path().join(WORK)
    }

    /// Where the file called `name` will stand.
    pub fn final_path(&self, name: &str) -> PathBuf {
        match &self.destination {
            Destination::Beside(folder, name) => folder.join(name),
            Destination::Into(folder) | Destination::New(folder) => folder.join(name),
        }
    }

    /// Syncs all files and moves them to their final names: all, or none.
    pub fn commit(self) -> Result<Vec<PathBuf>, StorageError> {
        let new = self.root.path().join(NEW);
        for name in &self.files {
            let path = new.join(name);
            // Opened for writing: some systems sync no file that is open for reading only.
            let synced = OpenOptions::new().write(true).open(&path).and_then(|file| file.sync_all());
            synced.map_err(|error| at(&self.final_path(name), error))?;
        }
        let paths: Vec<PathBuf> = self.files.iter().map(|name| self.final_path(name)).collect();
        if let Destination::New(folder) = &self.destination {
            sync_folder(&new);
            match fs::rename(&new, folder) {
                Ok(()) => {
                    sync_folder(&parent_of(folder));
                    return Ok(paths);
                }
                // It came into being meanwhile, by somebody else's hand: its files are replaced like those of any folder.
                Err(_) if folder.is_dir() => {}
                Err(error) => return Err(at(folder, error)),
            }
        }
        self.replace(&paths)?;
        if let Some(path) = paths.first() {
            sync_folder(&parent_of(path));
        }
        Ok(paths)
    }

    /// Renames file by file; what stood there is kept until all are in place, and put back when one is refused.
    fn replace(&self, paths: &[PathBuf]) -> Result<(), StorageError> {
        let (new, old) = (self.root.path().join(NEW), self.root.path().join(OLD));
        let mut moved: Vec<(usize, bool)> = Vec::new();
        for (index, (name, path)) in self.files.iter().zip(paths).enumerate() {
            let replaced = match fs::symlink_metadata(path) {
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
                Err(error) => Err(error),
                Ok(found) if found.is_dir() => {
                    Err(io::Error::new(ErrorKind::IsADirectory, "it is a folder, not a file"))
                }
                Ok(_) => fs::rename(path, old.join(name)).map(|()| true),
            };
            let done = replaced.and_then(|replaced| match fs::rename(new.join(name), path) {
                Ok(()) => {
                    moved.push((index, replaced));
                    Ok(())
                }
                Err(error) => {
                    if replaced {
                        let _ = fs::rename(old.join(name), path);
                    }
                    Err(error)
                }
            });
            if let Err(error) = done {
                for (index, replaced) in moved.into_iter().rev() {
                    let (name, path) = (&self.files[index], &paths[index]);
                    let _ = if replaced { fs::rename(old.join(name), path) } else { fs::remove_file(path) };
                }
                return Err(at(path, error));
            }
        }
        Ok(())
    }
}

/// Writes one file whole or not at all.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), StorageError> {
    let mut staging = Staging::for_file(path)?;
    let name = name_of(path).to_string_lossy().into_owned();
    let mut file = staging.create(&name)?;
    io::Write::write_all(&mut file, bytes).map_err(|error| at(path, error))?;
    drop(file);
    staging.commit().map(drop)
}

/// An error unless the disk of a folder, or of the nearest one above it that exists, keeps this many bytes free.
pub fn check_free_space(folder: &Path, min_bytes: u64) -> Result<(), StorageError> {
    check_space(folder, free_space(folder)?, min_bytes)
}

fn check_space(folder: &Path, free: u64, min_bytes: u64) -> Result<(), StorageError> {
    if free >= min_bytes {
        return Ok(());
    }
    let sentence = format!("only {} MB are free on the disk, and {} are to stay free", free >> 20, min_bytes >> 20);
    Err(at(folder, io::Error::new(ErrorKind::StorageFull, sentence)))
}

/// Bytes that are free on the disk of a folder, or of the nearest one above it that exists.
pub fn free_space(folder: &Path) -> Result<u64, StorageError> {
    let existing = folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    let found = rustix::fs::statvfs(existing).map_err(|error| at(existing, error.into()))?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Whether a path is a device, a pipe or a socket: written straight into, since there is nothing to replace.
pub fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Has this process make files and folders that their owner alone can read: those of an installation hold hashes of passwords.
pub fn make_private() {
    #[cfg(unix)]
    // SAFETY: it sets a number of the process and fails never; files that other threads make meanwhile get the one mode or the other.
    unsafe {
        libc::umask(0o077);
    }
}

/// Makes a file that its owner alone can read, where it is missing, and makes it so where it was made otherwise. What cannot be done here is told
/// by whoever opens it.
pub fn make_private_file(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        let _ = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        if open_mode(path).is_some()
            && let Err(error) = fs::set_permissions(path, fs::Permissions::from_mode(0o600))
        {
            log::warn!("{}: others can read it: {}", path.display(), reason(&error));
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}

/// The mode of a file that others than its owner can read or write; nothing of other files.
pub fn open_mode(path: &Path) -> Option<u32> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
        (mode & 0o077 != 0).then_some(mode)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// What the system said, in words without its number.
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::StorageFull if error.raw_os_error().is_none() => error.to_string(),
        ErrorKind::StorageFull => "no space is left on the disk".to_owned(),
        ErrorKind::QuotaExceeded => "the disk quota is used up".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        ErrorKind::InvalidFilename => "the file system takes no such name".to_owned(),
        _ => {
            let text = error.to_string();
            match text.find(" (os error ") {
                Some(cut) => text[..cut].to_lowercase(),
                None => text,
            }
        }
    }
}

/// Removes what killed runs left of the file or folder called `name` in `parent`. Only for whoever knows that no run is about to begin.
pub fn remove_leftovers(parent: &Path, name: &str) {
    remove_stale_after(parent, OsStr::new(&format!(".{name}.partial-")), Duration::ZERO);
}

/// Removes the staging folders of this prefix whose runs have ended without doing so.
fn remove_stale(parent: &Path, prefix: &OsStr) {
    remove_stale_after(parent, prefix, SETTLED);
}

fn remove_stale_after(parent: &Path, prefix: &OsStr, min_age: Duration) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let own = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes());
        if own.is_none_or(|own| own.len() != OWN) || !is_staging(&entry.path()) {
            continue;
        }
        let settled = entry.metadata().and_then(|found| found.modified()).is_ok_and(|changed| {
            // A clock that was set back makes no folder stale.
            changed.elapsed().is_ok_and(|age| age >= min_age)
        });
        let is_free = match File::open(entry.path().join(LOCK)) {
            Ok(lock) => lock.try_lock().is_ok(),
            // Its run was killed before it made the lock, or while it removed the folder.
            Err(error) => error.kind() == ErrorKind::NotFound,
        };
        if settled && is_free {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether a folder holds nothing but what a staging folder holds; one whose run was killed may lack any of it.
fn is_staging(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().all(|entry| [LOCK, NEW, OLD, WORK].iter().any(|name| entry.file_name() == *name))
}

fn at(path: &Path, source: io::Error) -> StorageError {
    StorageError { path: path.to_owned(), source }
}

/// An error of `tempfile` without the path that it puts into the sentence, which names the temporary folder.
fn bare(error: io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::from(error.kind()),
    }
}

fn name_of(path: &Path) -> &OsStr {
    path.file_name().unwrap_or(OsStr::new("out"))
}

fn parent_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Makes renames last through a power cut; systems that cannot sync folders keep them anyway.
pub(crate) fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_folder_appears_at_once_with_all_its_files() {
        let home = tempfile::tempdir().expect("a folder");
        let target = home.path().join("deep/out");
        let mut staging = Staging::for_folder(&target).expect("staging");
        staging.create("a.txt").expect("a file").write_all(b"a").expect("written");
        staging.create("b.txt").expect("a file").write_all(b"b").expect("written");
        assert!(!target.exists());
        staging.commit().expect("committed");
        assert_eq!(names(&target), ["a.txt", "b.txt"]);
        assert_eq!(names(&home.path().join("deep")), ["out"]);
    }

    #[test]
    fn an_existing_folder_keeps_what_is_not_replaced() {
        let home = tempfile::tempdir().expect("a folder");
        fs::write(home.path().join("a.txt"), "old").expect("written");
        fs::write(home.path().join("keep.txt"), "mine").expect("written");
        let mut staging = Staging::for_folder(home.path()).expect("staging");
        staging.create("a.txt").expect("a file").write_all(b"new").expect("written");
        assert_eq!(fs::read_to_string(home.path().join("a.txt")).expect("read"), "old");
        staging.commit().expect("committed");
        assert_eq!(fs::read_to_string(home.path().join("a.txt")).expect("read"), "new");
        assert_eq!(names(home.path()), ["a.txt", "keep.txt"]);
    }

    #[test]
    fn what_is_dropped_leaves_nothing() {
        let home = tempfile::tempdir().expect("a folder");
        let mut staging = Staging::for_folder(&home.path().join("out")).expect("staging");
        staging.create("a.txt").expect("a file");
        drop(staging);
        assert!(names(home.path()).is_empty());
    }

    #[test]
    fn a_refused_move_puts_back_what_was_moved_before() {
        let home = tempfile::tempdir().expect("a folder");
        fs::write(home.path().join("a.txt"), "old").expect("written");
        fs::create_dir(home.path().join("c.txt")).expect("a folder");
        let mut staging = Staging::for_folder(home.path()).expect("staging");
        for name in ["a.txt", "b.txt", "c.txt"] {
            staging.create(name).expect("a file").write_all(b"new").expect("written");
        }
        let error = staging.commit().expect_err("c.txt is a folder");
        assert!(error.to_string().ends_with("c.txt: it is a folder, not a file"), "{error}");
        assert_eq!(fs::read_to_string(home.path().join("a.txt")).expect("read"), "old");
        assert_eq!(names(home.path()), ["a.txt", "c.txt"]);
    }

    #[test]
    fn one_file_is_replaced_whole() {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("certificate.txt");
        write(&path, b"one").expect("written");
        write(&path, b"two").expect("written");
        assert_eq!(fs::read_to_string(&path).expect("read"), "two");
        assert_eq!(names(home.path()), ["certificate.txt"]);
    }

    #[test]
    fn an_abandoned_staging_folder_goes_when_it_is_old_and_a_living_one_stays() {
        let home = tempfile::tempdir().expect("a folder");
        let living = Staging::for_file(&home.path().join("out.txt")).expect("staging");
        let dead = home.path().join(".out.txt.partial-killed01");
        for part in [NEW, OLD, WORK] {
            fs::create_dir_all(dead.join(part)).expect("a folder");
        }
        fs::write(dead.join(LOCK), "").expect("written");
        // Killed before it had made anything in it.
        let empty = home.path().join(".out.txt.partial-killed02");
        fs::create_dir(&empty).expect("a folder");
        let mine = [".out.txt.partial-of-mine", ".out.txt.partial-of-mine2"].map(|name| home.path().join(name));
        for folder in &mine {
            fs::create_dir(folder).expect("a folder");
            fs::write(folder.join("notes.txt"), "mine").expect("written");
        }
        let long_ago = std::time::SystemTime::now() - Duration::from_secs(3600);
        for folder in [&dead, &empty, &mine[0], &mine[1], &living.root.path().to_owned()] {
            File::open(folder).and_then(|folder| folder.set_modified(long_ago)).expect("aged");
        }
        drop(Staging::for_file(&home.path().join("out.txt")).expect("staging"));
        assert!(!dead.exists() && !empty.exists());
        assert!(living.root.path().exists());
        assert!(mine.iter().all(|folder| folder.exists()));
    }
}

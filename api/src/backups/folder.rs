//! Backups in a folder.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::{Backup, Store, make_private, parse_name, refused, size_of};
use crate::Failure;
use crate::storage::{Staging, sync_folder};

/// A folder of backups, made when the first is kept.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The store of a folder.
    pub fn new(path: &Path) -> Folder {
        Folder { path: path.to_owned() }
    }
}

impl Store for Folder {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn list(&self) -> Result<Vec<Backup>, Failure> {
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(refused(&self.path, error)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| refused(&self.path, error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(made_at) = parse_name(&name) else { continue };
            match entry.metadata() {
                Ok(file) if file.is_file() => found.push(Backup { name, made_at, size_bytes: file.len() }),
                Ok(_) => {}
                // Somebody removed it meanwhile.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(refused(&entry.path(), error)),
            }
        }
        found.sort_by(|a, b| b.name.cmp(&a.name));
        Ok(found)
    }

    fn keep(&self, name: &str, fill: &mut dyn FnMut(&Path) -> Result<(), Failure>) -> Result<u64, Failure> {
        fs::create_dir_all(&self.path).map_err(|error| refused(&self.path, error))?;
        let mut staging = Staging::for_folder(&self.path)?;
        drop(staging.create(name)?);
        let staged = staging.staged_path(name);
        make_private(&staged).map_err(|error| refused(&staged, error))?;
        fill(&staged)?;
        let size_bytes = size_of(&staged)?;
        staging.commit()?;
        Ok(size_bytes)
    }

    fn fetch(&self, name: &str, to: &Path) -> Result<(), Failure> {
        let from = self.path.join(name);
        let (mut source, mut file) = (
            fs::File::open(&from).map_err(|error| refused(&from, error))?,
            fs::File::create(to).map_err(|error| refused(to, error))?,
        );
        io::copy(&mut source, &mut file).map_err(|error| refused(&from, error))?;
        file.sync_all().map_err(|error| refused(to, error))
    }

    fn remove(&self, name: &str) -> Result<(), Failure> {
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(refused(&path, error)),
            _ => {
                sync_folder(&self.path);
                Ok(())
            }
        }
    }
}

//! `backups`: which there are.

use std::io::{self, BufWriter, Write};

use api::backups;
use clap::Args;

use super::backup::target;
use crate::environment;
use crate::sizes;
use crate::stop::Stop;

/// List the backups, newest first
///
/// Each line is a name for `restore`, the time when it was made, and its size.
#[derive(Args)]
#[command(after_help = "\
Examples:
  synthetic-data backups
  synthetic-data backups s3://bucket/synthetic-data")]
pub struct Backups {
    /// Folder or s3://bucket/prefix to look in; by default BACKUP_TARGET
    target: Option<String>,
}

impl Backups {
    /// Runs the command.
    pub fn run(self) -> Result<(), Stop> {
        let config = environment::installation()?;
        let target = target(self.target.as_deref(), &config)?;
        if let Some(asked) = &self.target
            && target.folder().is_some_and(|folder| !folder.is_dir())
        {
            return Err(Stop::problem(format!("{asked}: there is no such folder")));
        }
        let store = backups::store(&target, &config.backups.aws, &config.data_dir)?;
        let found = store.list()?;
        let mut out = BufWriter::new(io::stdout().lock());
        for backup in &found {
            let time = api::db::spell(backup.made_at);
            writeln!(out, "{}  {time}  {}", backup.name, sizes::shown(backup.size_bytes))?;
        }
        if found.is_empty() {
            writeln!(io::stderr().lock(), "there is no backup in {}", store.place())?;
        }
        Ok(out.flush()?)
    }
}

//! `backup`: a consistent copy of the database.

use std::io::{self, Write};

use api::backups::{self, Target};
use clap::Args;

use crate::environment;
use crate::sizes;
use crate::stop::Stop;

/// Make a backup of the database
///
/// A consistent copy, while a server writes too. It counts once it is checked. The oldest backups beyond BACKUP_KEEP are removed. Rows and
/// exported files are not in it: they are made again from their records.
#[derive(Args)]
#[command(after_help = "\
Examples:
  synthetic-data backup
  synthetic-data backup /mnt/backups
  synthetic-data backup s3://bucket/synthetic-data")]
pub struct Backup {
    /// Folder or s3://bucket/prefix that it goes to; by default BACKUP_TARGET
    target: Option<String>,
}

impl Backup {
    /// Runs the command.
    pub fn run(self) -> Result<(), Stop> {
        let config = environment::installation()?;
        let target = target(self.target.as_deref(), &config)?;
        let store = backups::store(&target, &config.backups.aws, &config.data_dir)?;
        let made = backups::make(&config.data_dir, &*store, config.backups.keep)?;
        Ok(writeln!(io::stdout().lock(), "{}/{}  {}", store.place(), made.name, sizes::shown(made.size_bytes))?)
    }
}

/// The target of an argument, or the one of the settings.
pub fn target(argument: Option<&str>, config: &api::Config) -> Result<Target, Stop> {
    match argument {
        Some(text) => {
            let target = Target::parse(text).map_err(Stop::problem)?;
            match target.folder() {
                Some(path) if path.exists() && !path.is_dir() => Err(Stop::problem(format!("{text}: it is no folder"))),
                _ => Ok(target),
            }
        }
        None => Ok(config.backups.target.clone()),
    }
}

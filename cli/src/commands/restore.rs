//! `restore`: a backup in the place of the database.

use std::io::{self, Write};

use api::backups::restore;
use clap::Args;

use crate::environment;
use crate::stop::Stop;

/// Put a backup in the place of the database
///
/// The backup is checked and brought up to date first; the database that it replaces is kept as DATA_DIR/replaced.sqlite3. All sessions end.
/// It refuses while a server holds the database. Rows and exported files that are not on the disk are made again when they are wanted.
#[derive(Args)]
#[command(after_help = "\
Examples:
  synthetic-data restore synthetic-data-20260102T030405678Z.sqlite3   one that `synthetic-data backups` lists
  synthetic-data restore s3://bucket/synthetic-data                   the newest there
  synthetic-data restore /mnt/backups                                 the newest there
  synthetic-data restore copy.sqlite3                                 any copy of the database")]
pub struct Restore {
    /// Name of a backup in BACKUP_TARGET, a file, or a folder or s3://bucket/prefix whose newest backup is meant
    source: String,
}

impl Restore {
    /// Runs the command.
    pub fn run(self) -> Result<(), Stop> {
        let config = environment::installation()?;
        let restored = restore::restore(&config, &self.source)?;
        let mut out = io::stdout().lock();
        writeln!(out, "Restored {}", restored.source)?;
        for migration in &restored.migrations {
            writeln!(out, "Brought up to date: {migration}")?;
        }
        if restored.has_replaced {
            let kept = config.data_dir.join(restore::REPLACED);
            writeln!(out, "The database before is kept as {}", kept.display())?;
        }
        Ok(())
    }
}

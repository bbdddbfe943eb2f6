//! `dumpdata`: everything as JSON Lines.

use std::io;
use std::path::{Path, PathBuf};

use api::operations::dump;
use clap::Args;

use crate::environment;
use crate::stop::Stop;

/// Write everything as JSON Lines
///
/// The way to another database: the first line says what follows, each line after it is a row. Sessions and the secret key are not in it;
/// passwords and API keys are, as their hashes. It may run beside a server, and shows the database as it is at one instant.
#[derive(Args)]
#[command(after_help = "\
Examples:
  synthetic-data dumpdata everything.jsonl
  synthetic-data dumpdata | gzip > everything.jsonl.gz")]
pub struct Dumpdata {
    /// File to write, readable by its owner alone; by default standard output
    file: Option<PathBuf>,
}

impl Dumpdata {
    /// Runs the command.
    pub fn run(self) -> Result<(), Stop> {
        let config = environment::installation()?;
        match self.file.filter(|file| file != Path::new("-")) {
            Some(file) => dump::dump_to_file(&config, &file)?,
            None => dump::dump_to(&config, Path::new("standard output"), io::stdout().lock())?,
        };
        Ok(())
    }
}

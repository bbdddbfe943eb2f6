//! `loaddata`: what `dumpdata` wrote, into an empty database.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

use api::operations::load;
use api::storage::StorageError;
use clap::Args;

use crate::environment;
use crate::stop::Stop;

/// Load what `dumpdata` wrote into an empty database
///
/// All of it, or nothing. The database is made where it is missing; one with rows is refused, and so is one that a server holds.
#[derive(Args)]
#[command(after_help = "\
Examples:
  DATA_DIR=/srv/new synthetic-data loaddata everything.jsonl
  gunzip -c everything.jsonl.gz | synthetic-data loaddata -")]
pub struct Loaddata {
    /// File that `dumpdata` wrote; `-` reads standard input
    file: PathBuf,
}

impl Loaddata {
    /// Runs the command.
    pub fn run(self) -> Result<(), Stop> {
        let config = environment::installation()?;
        let header = if self.file == Path::new("-") {
            load::load_into(&config, "standard input", io::stdin().lock())?
        } else {
            let file = File::open(&self.file).map_err(|source| StorageError { path: self.file.clone(), source })?;
            load::load_into(&config, &self.file.display().to_string(), BufReader::new(file))?
        };
        let rows: u64 = header.tables.values().sum();
        Ok(writeln!(io::stdout().lock(), "Loaded {rows} rows into {} tables", header.tables.len())?)
    }
}

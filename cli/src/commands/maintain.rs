//! `maintain`: upkeep of the database.

use std::io::{self, BufWriter, Write};

use api::operations::maintain;
use clap::Args;

use crate::environment;
use crate::sizes;
use crate::stop::Stop;

/// Check the database and make it as small as it can be
///
/// An integrity check, VACUUM, ANALYZE, the log moved into the database, and what takes how much space. VACUUM wants the database for itself:
/// beside a server the command refuses unless it is left out.
#[derive(Args)]
#[command(after_help = "\
Examples:
  synthetic-data maintain
  synthetic-data maintain --no-vacuum      beside a running server")]
pub struct Maintain {
    /// Leave the database as large as it is
    #[arg(long)]
    no_vacuum: bool,
}

impl Maintain {
    /// Runs the command.
    pub fn run(self) -> Result<(), Stop> {
        let config = environment::installation()?;
        let report = maintain::maintain(&config, !self.no_vacuum)?;
        let mut out = BufWriter::new(io::stdout().lock());
        writeln!(out, "The database is sound")?;
        let (before, after) = (sizes::shown(report.bytes_before), sizes::shown(report.bytes_after));
        if report.is_compacted {
            writeln!(out, "It takes {after}, before {before}")?;
        } else {
            writeln!(out, "It takes {after}")?;
        }
        for table in &report.tables {
            writeln!(out, "  {:>12} rows  {}", table.rows, table.name)?;
        }
        if !report.beside.is_empty() {
            writeln!(out, "Beside it in {}", config.data_dir.display())?;
        }
        for (name, bytes) in &report.beside {
            writeln!(out, "  {:>12}       {name}", sizes::shown(*bytes))?;
        }
        Ok(out.flush()?)
    }
}

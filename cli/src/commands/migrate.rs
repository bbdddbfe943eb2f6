//! `migrate`: brings the database up to date.

use std::io::{self, Write};

use clap::Args;

use crate::environment;
use crate::stop::Stop;

/// Bring the database up to date
///
/// A server does so when it starts; this is for doing it before. It may run beside a server.
#[derive(Args)]
#[command(after_help = "\
Examples:
  synthetic-data migrate
  DATA_DIR=/srv/synthetic-data synthetic-data migrate")]
pub struct Migrate {}

impl Migrate {
    /// Runs the command.
    pub fn run(self) -> Result<(), Stop> {
        let config = environment::installation()?;
        let (_, migrations) = api::server::open_database(&config).map_err(Stop::problem)?;
        let mut out = io::stdout().lock();
        for migration in &migrations {
            writeln!(out, "{migration}")?;
        }
        if migrations.is_empty() {
            writeln!(out, "The database is up to date")?;
        }
        Ok(())
    }
}

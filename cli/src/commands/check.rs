//! `check`: what would go wrong.

use std::io::{self, Write};

use api::operations::check;
use clap::Args;

use crate::environment;
use crate::stop::Stop;

/// Look for what would go wrong
///
/// Settings, secrets, storage, disk space, the database and its version, backups. A line a problem, and exit status 1 where there is one. It
/// may run beside a server.
#[derive(Args)]
#[command(after_help = "\
Examples:
  synthetic-data check
  synthetic-data check --deploy      also what matters where others reach the server")]
pub struct Check {
    /// Check the deployment's checklist too
    #[arg(long)]
    deploy: bool,
}

impl Check {
    /// Runs the command.
    pub fn run(self) -> Result<(), Stop> {
        let config = environment::config()?;
        let problems = check::check(&config, &environment::variables()?, self.deploy);
        if problems.is_empty() {
            return Ok(writeln!(io::stdout().lock(), "No problem was found")?);
        }
        Err(Stop::problems(problems))
    }
}

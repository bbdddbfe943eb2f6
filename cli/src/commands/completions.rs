//! `completions`: what a shell needs to complete the command line.

use std::io::{self, Write};

use clap::Args;
use clap_complete::Shell;

use crate::stop::Stop;

/// Print the completions for a shell
#[derive(Args)]
#[command(after_help = "\
Examples:
  synthetic-data completions bash > ~/.local/share/bash-completion/completions/synthetic-data
  synthetic-data completions fish > ~/.config/fish/completions/synthetic-data.fish")]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    /// Runs the command.
    pub fn run(self) -> Result<(), Stop> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut crate::command_line(), "synthetic-data", &mut script);
        Ok(io::stdout().write_all(&script)?)
    }
}

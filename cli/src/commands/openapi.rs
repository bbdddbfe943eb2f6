//! `openapi`: the document of the API.

use std::io::{self, Write};

use clap::Args;

use crate::stop::Stop;

/// Print the OpenAPI document of the API
#[derive(Args)]
#[command(after_help = "\
Examples:
  synthetic-data openapi > openapi.yaml
  synthetic-data openapi --json > openapi.json")]
pub struct Openapi {
    /// As JSON instead of YAML
    #[arg(long)]
    json: bool,
}

impl Openapi {
    /// Runs the command.
    pub fn run(self) -> Result<(), Stop> {
        let document = api::server::document();
        let text = if self.json { format!("{document:#}\n") } else { api::openapi::yaml(&document) };
        Ok(io::stdout().lock().write_all(text.as_bytes())?)
    }
}

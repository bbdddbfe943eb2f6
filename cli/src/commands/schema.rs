//! `schema`: the JSON Schema of the language.

use std::io::{self, Write};

use clap::Args;

use crate::stop::Stop;

/// Print the JSON Schema of the language, for editors
#[derive(Args)]
#[command(after_help = "\
Examples:
  synthetic-data schema > dataset.schema.json     then, as the first line of a schema in YAML:
                                                  # yaml-language-server: $schema=dataset.schema.json")]
pub struct Schema {}

impl Schema {
    /// Runs the command.
    pub fn run(self) -> Result<(), Stop> {
        Ok(writeln!(io::stdout().lock(), "{:#}", engine::schema::json_schema())?)
    }
}

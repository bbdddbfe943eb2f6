//! `fmt`: the canonical form of a schema.

use std::io::{self, Write};

use clap::Args;
use engine::schema::{self, Overrides};

use crate::schema_file::SchemaFile;
use crate::stop::Stop;

/// Print a schema in its canonical form
///
/// JSON stays JSON and YAML stays YAML. Keys come in the order of the language, parameters are put in; comments are not kept.
#[derive(Args)]
#[command(after_help = "\
Examples:
  synthetic-data fmt hiring.yaml
  synthetic-data fmt - < hiring.json > canonical.json")]
pub struct Fmt {
    #[command(flatten)]
    schema: SchemaFile,
}

impl Fmt {
    /// Runs the command.
    pub fn run(self) -> Result<(), Stop> {
        let text = self.schema.text()?;
        let reading = schema::read(&text, &Overrides::new());
        self.schema.warn(&reading.problems);
        match &reading.dataset {
            Some(dataset) if !reading.problems.iter().any(|problem| problem.is_error()) => {
                let is_json = text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
                let canonical = if is_json { schema::canonical_json(dataset) } else { schema::canonical_yaml(dataset) };
                Ok(io::stdout().write_all(canonical.as_bytes())?)
            }
            _ => Err(self.schema.stop(&reading.problems)),
        }
    }
}

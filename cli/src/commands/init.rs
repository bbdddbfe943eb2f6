//! `init`: a ready example to start from.

use std::fs::File;
use std::io::{self, ErrorKind, Write};

use api::catalogue::templates::{self, TEMPLATES};
use clap::Args;
use engine::problem::suggestion;

use crate::stop::Stop;

/// Write a ready example to start from
///
/// Writes TEMPLATE.yaml into the working folder, where no such file exists; without a template, lists them.
#[derive(Args)]
#[command(after_help = "\
Examples:
  synthetic-data init               list the templates
  synthetic-data init hiring        write hiring.yaml")]
pub struct Init {
    /// The template
    template: Option<String>,
}

impl Init {
    /// Runs the command.
    pub fn run(self) -> Result<(), Stop> {
        let Some(name) = self.template else { return list() };
        let Some(template) = templates::by_name(&name) else {
            let known = TEMPLATES.iter().map(|template| template.name);
            let remedy = suggestion(&name, known).map(|remedy| format!("; {remedy}")).unwrap_or_default();
            return Err(Stop::problem(format!("unknown template {name:?}{remedy}")));
        };
        let file = format!("{name}.yaml");
        let written = File::create_new(&file).and_then(|mut out| out.write_all(template.text.as_bytes()));
        written.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Stop::problem(format!("{file}: it exists already and is left as it is")),
            _ => Stop::problem(format!("{file}: {}", api::storage::reason(&error))),
        })?;
        let _ = writeln!(io::stderr(), "{file}: {}; next: synthetic-data generate {file}", template.summary);
        Ok(())
    }
}

fn list() -> Result<(), Stop> {
    let mut out = io::stdout().lock();
    let width = TEMPLATES.iter().map(|template| template.name.len()).max().unwrap_or(0);
    for template in TEMPLATES {
        writeln!(out, "{:width$}  {}", template.name, template.summary)?;
    }
    Ok(())
}

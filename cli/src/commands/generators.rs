//! `generators`: the list, or one with its parameters.

use std::io::{self, BufWriter, Write};

use api::catalogue;
use clap::Args;

use crate::stop::Stop;

/// List the generators, or explain one
#[derive(Args)]
#[command(after_help = "\
Examples:
  synthetic-data generators
  synthetic-data generators date_offset")]
pub struct Generators {
    /// The generator to explain
    name: Option<String>,
}

impl Generators {
    /// Runs the command.
    pub fn run(self) -> Result<(), Stop> {
        let mut out = BufWriter::new(io::stdout().lock());
        match &self.name {
            None => list(&mut out)?,
            Some(name) => explain(&mut out, &catalogue::find(name)?)?,
        }
        Ok(out.flush()?)
    }
}

fn list(out: &mut impl Write) -> io::Result<()> {
    let explanations = catalogue::all();
    let width = explanations.iter().map(|entry| entry.name.len()).max().unwrap_or(0);
    let mut group = "";
    for entry in &explanations {
        if entry.group != group {
            if !group.is_empty() {
                writeln!(out)?;
            }
            group = &entry.group;
            writeln!(out, "{group}")?;
        }
        writeln!(out, "  {:width$}  {}", entry.name, entry.summary())?;
    }
    Ok(())
}

fn explain(out: &mut impl Write, entry: &catalogue::Explanation) -> io::Result<()> {
    writeln!(out, "{} ({})\n", entry.name, entry.group)?;
    writeln!(out, "{}\n", entry.description)?;
    writeln!(out, "Example\n  {}", entry.example)?;
    if entry.parameters.is_empty() {
        return writeln!(out, "\nIt takes no parameters.");
    }
    writeln!(out, "\nParameters")?;
    let width = entry.parameters.iter().map(|parameter| parameter.name.len()).max().unwrap_or(0);
    for parameter in &entry.parameters {
        let needed = if parameter.is_required { "needed" } else { "optional" };
        writeln!(out, "  {:width$}  {}, {needed}", parameter.name, parameter.takes)?;
        for line in parameter.description.lines() {
            writeln!(out, "  {:width$}  {line}", "")?;
        }
    }
    Ok(())
}

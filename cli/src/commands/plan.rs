//! `plan`: what a schema would make, or all that is wrong with it.

use std::io::{self, Write};

use clap::Args;
use serde_json::{Value, json};

use crate::model;
use crate::schema_file::{SchemaFile, Scope, Settings};
use crate::stop::Stop;

/// Show what a schema would make, how its rules will hold, or what contradicts what
///
/// No row is delivered. Shown are the order in which tables and columns are filled, the generator of each column and why it was chosen, its
/// capacity, how each rule is held, and what a language model would be asked and cost.
#[derive(Args)]
#[command(after_help = "\
Examples:
  synthetic-data plan hiring.yaml
  synthetic-data plan hiring.yaml --rows candidate=5000 --json
  synthetic-data plan hiring.yaml --diagram > hiring.mmd")]
pub struct Plan {
    #[command(flatten)]
    schema: SchemaFile,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    settings: Settings,
    /// Print JSON: the report and all problems, each with a code, a place and, where one is known, a remedy
    #[arg(long, group = "printed")]
    json: bool,
    /// Print the tables and their keys as an entity-relationship diagram, in the language of Mermaid
    #[arg(long, group = "printed")]
    diagram: bool,
}

impl Plan {
    /// Runs the command.
    pub fn run(self) -> Result<(), Stop> {
        let compiled = self.schema.shown(&self.settings, &self.scope.options())?;
        let report = compiled.plan.as_ref().map(|plan| match plan.asks() {
            true => Ok::<_, Stop>(model::to_look()?.described(plan)?),
            false => Ok(plan.measured()),
        });
        let report = report.transpose()?;
        let problems = report.as_ref().map_or(&compiled.problems, |report| &report.warnings);
        let mut out = io::stdout().lock();
        if self.json {
            let mut value = report.as_ref().map_or_else(|| json!({}), |report| json!(report));
            if let Value::Object(map) = &mut value {
                map.insert("problems".to_owned(), json!(problems));
            }
            writeln!(out, "{value:#}")?;
        } else if let Some(report) = &report {
            if self.diagram {
                write!(out, "{}", report.diagram)?;
            } else {
                write!(out, "{report}")?;
            }
        }
        out.flush()?;
        self.schema.warn(problems);
        match compiled.plan {
            Some(_) => Ok(()),
            None => Err(self.schema.stop(&compiled.problems)),
        }
    }
}

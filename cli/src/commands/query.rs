//! `query`: SQL over a schema's tables.

use std::io::{self, BufWriter, Write};

use api::plan::queries;
use clap::Args;
use formats::Format;

use crate::cells;
use crate::commands::generate::{CsvOptions, format_parser};
use crate::model;
use crate::schema_file::{SchemaFile, Scope, Settings};
use crate::stop::Stop;

/// Answer SQL over a schema's tables, made as they are scanned
///
/// Only the columns that the query needs are made, and only the rows where a condition on a key names them. Without --format the first
/// thousand rows of the answer are shown as a table.
#[derive(Args)]
#[command(after_help = "\
Examples:
  synthetic-data query hiring.yaml 'SELECT status, count(*) FROM candidate GROUP BY status'
  synthetic-data query hiring.yaml --rows candidate=1000000000 'SELECT * FROM candidate WHERE id = 500000000'
  synthetic-data query hiring.yaml 'SELECT * FROM process WHERE candidate_id < 10' --format csv > few.csv")]
pub struct Query {
    #[command(flatten)]
    schema: SchemaFile,
    /// One SELECT over the tables
    #[arg(value_name = "SQL")]
    sql: String,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    settings: Settings,
    /// Write the whole answer in this format
    #[arg(long, value_parser = format_parser())]
    format: Option<&'static dyn Format>,
    #[command(flatten)]
    csv: CsvOptions,
}

impl Query {
    /// Runs the command.
    pub fn run(self) -> Result<(), Stop> {
        let plan = self.schema.plan(&self.settings, &self.scope.look(), model::kept)?;
        if let Some(format) = self.format {
            return Ok(queries::write(&plan, &self.sql, format, &self.csv.options(), Box::new(io::stdout()))?);
        }
        let (preview, is_cut) = queries::shown(&plan, &self.sql)?;
        let mut out = BufWriter::new(io::stdout().lock());
        cells::write_table(&mut out, &preview, cells::screen_width())?;
        if is_cut {
            writeln!(out, "… and more rows; --format csv writes all of them")?;
        }
        Ok(out.flush()?)
    }
}

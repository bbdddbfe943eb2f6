//! `preview`: the first rows, in the terminal.

use std::io::{self, BufWriter, Write};

use api::plan::previews;
use clap::Args;
use engine::plan;

use crate::cells;
use crate::model;
use crate::schema_file::{SchemaFile, Settings};
use crate::stop::Stop;

/// Show the first rows in the terminal
///
/// They are the rows that `generate` makes. On a terminal the columns are cut to its width, elsewhere they are shown in full.
#[derive(Args)]
#[command(after_help = "\
Examples:
  synthetic-data preview hiring.yaml
  synthetic-data preview hiring.yaml --table candidate --rows 50 --seed 7")]
pub struct Preview {
    #[command(flatten)]
    schema: SchemaFile,
    /// Only this table
    #[arg(long, value_name = "T")]
    table: Option<String>,
    /// Rows of each table
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(..=previews::MAX_ROWS))]
    rows: u64,
    /// Seed in place of the schema's
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(0..=engine::schema::MAX_SEED))]
    seed: Option<u64>,
    #[command(flatten)]
    settings: Settings,
}

impl Preview {
    /// Runs the command.
    pub fn run(self) -> Result<(), Stop> {
        let options = plan::Options { seed: self.seed, falls_back: true, ..plan::Options::default() };
        let plan = self.schema.plan(&self.settings, &options, model::kept)?;
        let tables = match &self.table {
            Some(name) => {
                let table = api::generations::table_index(&plan, name)?;
                table..table + 1
            }
            None => 0..plan.tables.len(),
        };
        let width = cells::screen_width();
        let mut out = BufWriter::new(io::stdout().lock());
        for (nth, table) in tables.enumerate() {
            if nth > 0 {
                writeln!(out)?;
            }
            cells::write_preview(&mut out, &previews::preview(&plan, table, self.rows)?, width)?;
        }
        Ok(out.flush()?)
    }
}

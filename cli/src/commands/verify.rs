//! `verify`: the certificate of files.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::thread;

use api::{Failure, certificates, storage};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use engine::verify::{Certificate, Dialect, Fit, verify_sql};

use super::generate::CsvOptions;
use crate::cells;
use crate::progress::cancelled_by_signals;
use crate::schema_file::{SchemaFile, Settings, Sizes};
use crate::stop::Stop;

/// Prove that files obey a schema, whoever made them
///
/// Checked are numbers of rows, keys, types, lengths, nulls, uniqueness and every rule. What was made with --rows or --scale is verified with the
/// same. A table is found by a file's name without its extension, or by the name of a sheet; a folder stands for its files. A line a statement
/// goes to standard output; a broken one shows examples, and the exit status is 1.
#[derive(Args)]
#[command(after_help = "\
Examples:
  synthetic-data verify hiring.yaml hiring/
  synthetic-data verify hiring.yaml hiring/ --scale 10                    as it was generated
  synthetic-data verify hiring.yaml hiring.xlsx --html certificate.html
  synthetic-data verify hiring.yaml hiring/ --sql verify.sql --dialect duckdb")]
pub struct Verify {
    #[command(flatten)]
    schema: SchemaFile,
    /// Files and folders that hold the tables
    #[arg(value_name = "DATA", required = true)]
    data: Vec<PathBuf>,
    #[command(flatten)]
    sizes: Sizes,
    #[command(flatten)]
    settings: Settings,
    /// Write the certificate as a page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the certificate as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the statements as SQL that repeats the proof in a database
    #[arg(long, value_name = "FILE")]
    sql: Option<PathBuf>,
    /// Dialect of that SQL
    #[arg(long, default_value = Dialect::ALL[0].name(), value_parser = dialect_parser())]
    dialect: Dialect,
    #[command(flatten)]
    csv: CsvOptions,
}

impl Verify {
    /// Runs the command.
    pub fn run(self) -> Result<(), Stop> {
        let plan = self.schema.plan_to_prove(&self.settings, &self.sizes)?;
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let mut options = self.csv.options();
        options.csv_sniff = self.csv.is_silent_about_the_delimiter();
        let cancellation = cancelled_by_signals();
        let verification = certificates::verify(&plan, &self.data, &options, threads, &cancellation)?;
        for note in &verification.notes {
            let _ = writeln!(io::stderr(), "warning: {note}");
        }
        let certificate = &verification.certificate;
        if let Some(path) = &self.html {
            storage::write(path, certificate.to_html().as_bytes())?;
        }
        if let Some(path) = &self.json {
            storage::write(path, format!("{:#}\n", serde_json::json!(certificate)).as_bytes())?;
        }
        if let Some(path) = &self.sql {
            storage::write(path, verify_sql(&plan.dataset, &plan.expected(), self.dialect).as_bytes())?;
        }
        let mut out = BufWriter::new(io::stdout().lock());
        print(&mut out, certificate)?;
        out.flush()?;
        match certificates::broken(certificate) {
            broken if broken.is_empty() => Ok(()),
            broken => Err(Failure::Broken(broken).into()),
        }
    }
}

fn print(out: &mut impl Write, certificate: &Certificate) -> io::Result<()> {
    let (green, red, plain) = if cells::has_colours() { ("\x1b[32m", "\x1b[31m", "\x1b[0m") } else { ("", "", "") };
    let width = certificate.results.iter().map(|result| result.id.chars().count()).max().unwrap_or(0);
    for result in &certificate.results {
        let id = &result.id;
        if let Some(reason) = &result.unproved {
            writeln!(out, "? {id:width$}  not proved: {reason}")?;
            continue;
        }
        if result.broken == 0 {
            writeln!(out, "{green}✓{plain} {id:width$}  {} checked", result.checked)?;
            continue;
        }
        writeln!(
            out,
            "{red}✗{plain} {id:width$}  {} checked, {} broken: {}",
            result.checked, result.broken, result.statement
        )?;
        for example in &result.examples {
            writeln!(out, "    {example}")?;
        }
    }
    for fit in &certificate.distributions {
        let Fit { table, column, generator, .. } = fit;
        let p_value = fit.p_value.map_or_else(|| "too few values".to_owned(), |p_value| format!("p = {p_value:.4}"));
        let outside = if fit.outside > 0 { format!(", {} values outside of it", fit.outside) } else { String::new() };
        writeln!(out, "~ {table}.{column}  {p_value} of {generator}{outside}")?;
    }
    Ok(())
}

fn dialect_parser() -> impl TypedValueParser<Value = Dialect> {
    PossibleValuesParser::new(Dialect::ALL.map(Dialect::name))
        .try_map(|name| Dialect::by_name(&name).ok_or("it is not listed"))
}

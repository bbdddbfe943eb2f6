//! `generate`: the rows of a schema's tables, as files or on standard output.

use std::io::{self, Write};
use std::ops::Range;
use std::path::PathBuf;
use std::thread;

use api::generations::{self, Files, Output, Request, Rows};
use api::storage::Room;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use engine::plan::Plan;
use formats::{Compression, FORMATS, Format};

use crate::model;
use crate::progress::{Bar, cancelled_by_signals};
use crate::schema_file::{SchemaFile, Scope, Settings};
use crate::stop::Stop;

/// Make the rows of a schema's tables
///
/// The same schema and seed give the same bytes, with any number of threads, on any machine. Files appear under their names only when all of
/// them are written and every rule is proved. Where the schema asks a language model, answers that are not kept in DATA_DIR yet are asked for
/// first, and their cost is told before and after.
#[derive(Args)]
#[command(after_help = "\
Examples:
  synthetic-data generate hiring.yaml                                     ./hiring/, a file a table
  synthetic-data generate hiring.yaml --out hiring.xlsx                   one workbook
  synthetic-data generate hiring.yaml --set candidates=100000 --compress zstd --out data
  synthetic-data generate hiring.yaml --table candidate --range 0..10 --out -")]
pub struct Generate {
    #[command(flatten)]
    schema: SchemaFile,
    /// Only this table
    #[arg(long, value_name = "T")]
    table: Option<String>,
    /// Only rows A to B − 1 of one table, counted from 0
    #[arg(long, value_name = "A..B", value_parser = parse_range)]
    range: Option<Range<u64>>,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    settings: Settings,
    /// Format of the files; by default the one that the extension of --out names, else the first of these
    #[arg(long, value_parser = format_parser())]
    format: Option<&'static dyn Format>,
    /// Compress the files
    #[arg(long, value_parser = compression_parser())]
    compress: Option<Compression>,
    /// Threads that make rows; by default one for each core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// A folder, a file with the format's extension, or `-` for standard output; by default ./<dataset>/
    #[arg(long, value_name = "DIR|FILE|-")]
    out: Option<PathBuf>,
    /// What a language model may cost at most, in US dollars, where the schema asks one; LLM_BUDGET_USD holds beside it
    #[arg(long, value_name = "USD", value_parser = parse_dollars)]
    llm_ceiling_usd: Option<f64>,
    /// Ask a language model again for answers that it had no more of
    #[arg(long)]
    llm_ask_again: bool,
    #[command(flatten)]
    csv: CsvOptions,
    /// Start a file with a byte order mark, which some spreadsheets want
    #[arg(long)]
    csv_bom: bool,
}

/// The choices of delimited files.
#[derive(Args)]
pub struct CsvOptions {
    /// Character between two values, `\t` for a tab
    #[arg(long, value_name = "C", value_parser = parse_delimiter)]
    csv_delimiter: Option<u8>,
    /// Text that stands for null
    #[arg(long, value_name = "TEXT")]
    csv_null: Option<String>,
}

impl Generate {
    /// Runs the command.
    pub fn run(self) -> Result<(), Stop> {
        let cancellation = cancelled_by_signals();
        let asking = model::Asking { ceiling_usd: self.llm_ceiling_usd, again: self.llm_ask_again };
        let plan = self.schema.plan(&self.settings, &self.scope.options(), |plan| {
            // What cannot be written is not paid for.
            generations::check(plan, &self.request(plan)?)?;
            model::asked(&self.schema, plan, asking, &cancellation)
        })?;
        let request = self.request(&plan)?;
        let bar = Bar::new();
        let made = generations::generate(&plan, &request, &cancellation, &mut |progress| bar.show(progress));
        drop(bar);
        say(&made?);
        Ok(())
    }

    /// What is to be made, by the options.
    fn request(&self, plan: &Plan) -> Result<Request, Stop> {
        let table = self.table.as_deref().map(|name| generations::table_index(plan, name)).transpose()?;
        let output = Output::resolve(self.out.as_deref(), self.format, self.compress, &plan.dataset.name)?;
        let threads = self.threads.map_or_else(|| thread::available_parallelism().map_or(1, usize::from), usize::from);
        let options = formats::Options { csv_bom: self.csv_bom, ..self.csv.options() };
        let (tables, range) = (table.map(|table| vec![table]), self.range.clone());
        Ok(Request { tables, rows: Rows::Planned, range, output, options, threads, room: Room::default() })
    }
}

impl CsvOptions {
    /// Whether a reader has to find out the delimiter by itself.
    pub fn is_silent_about_the_delimiter(&self) -> bool {
        self.csv_delimiter.is_none()
    }

    /// As formats take them.
    pub fn options(&self) -> formats::Options {
        let mut options = formats::Options::default();
        if let Some(delimiter) = self.csv_delimiter {
            options.csv_delimiter = delimiter;
        }
        if let Some(null) = &self.csv_null {
            options.csv_null.clone_from(null);
        }
        options
    }
}

/// A line about what was made.
fn say(generation: &Files) {
    let rows = counted(generation.rows, "row");
    let proved = match &generation.certificate {
        Some(certificate) => {
            let unproved = certificate.unproved().count() as u64;
            let proved = certificate.results.len() as u64 - unproved;
            let (held, hold) = (counted(proved, "statement"), if proved == 1 { "holds" } else { "hold" });
            match unproved {
                0 => format!("; {held} {hold}"),
                _ => format!("; {held} {hold}, {unproved} read what is not delivered"),
            }
        }
        None => String::new(),
    };
    let place = match generation.paths.as_slice() {
        [] => String::new(),
        [path] => format!("{}: ", path.display()),
        [path, ..] => {
            let folder = path.parent().unwrap_or(path).display();
            format!("{folder}: {}, ", counted(generation.paths.len() as u64, "file"))
        }
    };
    // Whoever closed standard error wants no word of it.
    let _ = writeln!(io::stderr(), "{place}{rows}{proved}");
}

fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Formats by their names.
pub fn format_parser() -> impl TypedValueParser<Value = &'static dyn Format> {
    PossibleValuesParser::new(FORMATS.iter().map(|format| format.name()))
        .try_map(|name| formats::by_name(&name).ok_or("it is not listed"))
}

fn compression_parser() -> impl TypedValueParser<Value = Compression> {
    PossibleValuesParser::new(Compression::ALL.map(Compression::name))
        .try_map(|name| Compression::by_name(&name).ok_or("it is not listed"))
}

fn parse_range(text: &str) -> Result<Range<u64>, String> {
    let ends = text.split_once("..").and_then(|(start, end)| Some((start.parse().ok()?, end.parse().ok()?)));
    match ends {
        Some((start, end)) if start < end => Ok(start..end),
        Some((start, end)) => Err(format!("{start}..{end} holds no row")),
        None => Err("write FIRST..END, such as 0..1000".to_owned()),
    }
}

fn parse_dollars(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(dollars) if dollars.is_finite() && dollars >= 0.0 => Ok(dollars),
        _ => Err("a ceiling is a number of US dollars from 0 on".to_owned()),
    }
}

fn parse_delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"\\t" => Ok(b'\t'),
        [byte] => Ok(*byte),
        _ => Err("a delimiter is one ASCII character".to_owned()),
    }
}

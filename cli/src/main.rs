//! `synthetic-data`: plans, makes and verifies synthetic datasets.
//!
//! This file dispatches. Exit status: 0 done, 1 a stated problem, 2 wrong usage. Data goes to standard output, talk to standard error; a
//! problem is a sentence, never a backtrace.

mod cells;
mod commands;
mod environment;
mod model;
mod progress;
mod schema_file;
mod sizes;
mod stop;

use std::io::{IsTerminal, Write};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use crate::stop::Stop;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Plans, makes and verifies synthetic datasets
#[derive(Parser)]
#[command(
    name = "synthetic-data",
    version,
    max_term_width = 100,
    arg_required_else_help = true,
    after_help = "\
Examples:
  synthetic-data init hiring                      write an example schema, hiring.yaml
  synthetic-data generate hiring.yaml             make its rows as ./hiring/*.csv
  synthetic-data verify hiring.yaml hiring        prove that the files obey the schema"
)]
struct Cli {
    #[command(subcommand)]
    command: commands::Command,
}

fn main() -> ExitCode {
    panic::set_hook(Box::new(say_panic));
    environment::load_file();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // What is missing may stand in a file that could not be read.
            let is_missing = error.kind() == ErrorKind::MissingRequiredArgument;
            match environment::file_problem().filter(|_| is_missing) {
                Some(problem) => return end(&Stop::problem(problem.to_owned())),
                None => error.exit(),
            }
        }
    };
    let done = panic::catch_unwind(AssertUnwindSafe(|| commands::run(cli.command)));
    match done {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(stop)) => end(&stop),
        Err(_) => ExitCode::from(1),
    }
}

/// The whole command line, for completions.
fn command_line() -> clap::Command {
    Cli::command()
}

/// Says why it ends; whoever closed standard error needs no word of it.
fn end(stop: &Stop) -> ExitCode {
    let mut stderr = std::io::stderr().lock();
    for line in &stop.lines {
        let _ = writeln!(stderr, "{line}");
    }
    ExitCode::from(stop.status)
}

/// One sentence for a broken invariant; other threads that fall with the first say nothing.
fn say_panic(info: &panic::PanicHookInfo<'_>) {
    static SAID: AtomicBool = AtomicBool::new(false);
    // What a file makes its reader or writer do is told as an error of the file.
    if formats::is_guarded() {
        return;
    }
    if SAID.swap(true, Ordering::Relaxed) {
        return;
    }
    let what = info.payload_as_str().unwrap_or("no reason is known").lines().next().unwrap_or_default();
    let place = info.location().map(|place| format!(" at {}:{}", place.file(), place.line())).unwrap_or_default();
    let line = format!("internal error: {what}{place}; this is a fault of synthetic-data, please report it");
    let mut stderr = std::io::stderr();
    // A progress bar may hold the line.
    let fresh = if stderr.is_terminal() { "\n" } else { "" };
    let _ = writeln!(stderr, "{fresh}{line}");
}

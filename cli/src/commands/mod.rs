//! The commands, a file each.

mod completions;
mod fmt;
mod generate;
mod generators;
mod init;
mod plan;
mod preview;
mod schema;
mod verify;

use clap::Subcommand;

use crate::stop::Stop;

/// What the program is asked to do.
#[derive(Subcommand)]
pub enum Command {
    /// Make the rows of a schema's tables
    Generate(generate::Generate),
    /// Show what a schema would make and how its rules will hold, or what contradicts what
    Plan(plan::Plan),
    /// Show the first rows in the terminal
    Preview(preview::Preview),
    /// Prove that files obey a schema, whoever made them
    Verify(verify::Verify),
    /// List the generators, or explain one
    Generators(generators::Generators),
    /// Print the JSON Schema of the language, for editors
    Schema(schema::Schema),
    /// Write a ready example to start from
    Init(init::Init),
    /// Print a schema in its canonical form
    Fmt(fmt::Fmt),
    /// Print the completions for a shell
    Completions(completions::Completions),
}

/// Runs a command.
pub fn run(command: Command) -> Result<(), Stop> {
    match command {
        Command::Generate(command) => command.run(),
        Command::Plan(command) => command.run(),
        Command::Preview(command) => command.run(),
        Command::Verify(command) => command.run(),
        Command::Generators(command) => command.run(),
        Command::Schema(command) => command.run(),
        Command::Init(command) => command.run(),
        Command::Fmt(command) => command.run(),
        Command::Completions(command) => command.run(),
    }
}

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

/// What the program is asked to do; each says what it is for itself.
#[derive(Subcommand)]
pub enum Command {
    Generate(generate::Generate),
    Plan(plan::Plan),
    Preview(preview::Preview),
    Verify(verify::Verify),
    Generators(generators::Generators),
    Schema(schema::Schema),
    Init(init::Init),
    Fmt(fmt::Fmt),
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

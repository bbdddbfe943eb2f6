//! The commands, a file each.

mod backup;
mod backups;
mod changepassword;
mod check;
mod completions;
mod createsuperuser;
mod dumpdata;
mod fmt;
mod generate;
mod generators;
mod init;
mod loaddata;
mod maintain;
mod migrate;
mod openapi;
mod plan;
mod preview;
mod query;
mod restore;
mod schema;
mod serve;
mod verify;

use clap::Subcommand;

use crate::stop::Stop;

/// What the program is asked to do; each says what it is for itself.
#[derive(Subcommand)]
pub enum Command {
    Generate(generate::Generate),
    Plan(plan::Plan),
    Preview(preview::Preview),
    Query(query::Query),
    Verify(verify::Verify),
    Generators(generators::Generators),
    Schema(schema::Schema),
    Init(init::Init),
    Fmt(fmt::Fmt),
    Serve(serve::Serve),
    Openapi(openapi::Openapi),
    Migrate(migrate::Migrate),
    #[command(name = "createsuperuser")]
    CreateSuperuser(createsuperuser::CreateSuperuser),
    #[command(name = "changepassword")]
    ChangePassword(changepassword::ChangePassword),
    Dumpdata(dumpdata::Dumpdata),
    Loaddata(loaddata::Loaddata),
    Backup(backup::Backup),
    Backups(backups::Backups),
    Restore(restore::Restore),
    Maintain(maintain::Maintain),
    Check(check::Check),
    Completions(completions::Completions),
}

/// Runs a command.
pub fn run(command: Command) -> Result<(), Stop> {
    match command {
        Command::Generate(command) => command.run(),
        Command::Plan(command) => command.run(),
        Command::Preview(command) => command.run(),
        Command::Query(command) => command.run(),
        Command::Verify(command) => command.run(),
        Command::Generators(command) => command.run(),
        Command::Schema(command) => command.run(),
        Command::Init(command) => command.run(),
        Command::Fmt(command) => command.run(),
        Command::Serve(command) => command.run(),
        Command::Openapi(command) => command.run(),
        Command::Migrate(command) => command.run(),
        Command::CreateSuperuser(command) => command.run(),
        Command::ChangePassword(command) => command.run(),
        Command::Dumpdata(command) => command.run(),
        Command::Loaddata(command) => command.run(),
        Command::Backup(command) => command.run(),
        Command::Backups(command) => command.run(),
        Command::Restore(command) => command.run(),
        Command::Maintain(command) => command.run(),
        Command::Check(command) => command.run(),
        Command::Completions(command) => command.run(),
    }
}

//! `serve`: the API and the studio.

use std::io::{self, Write};

use clap::Args;

use crate::environment;
use crate::stop::Stop;

/// Serve the API and the studio
///
/// Everything that is kept lies in DATA_DIR. While no user exists, a one-time link to create the first is printed. The environment sets the
/// rest, and so does a file .env in the working folder.
#[derive(Args)]
#[command(after_help = "\
Examples:
  synthetic-data serve
  PORT=9000 DATA_DIR=/srv/synthetic-data synthetic-data serve")]
pub struct Serve {}

impl Serve {
    /// Runs the command.
    pub fn run(self) -> Result<(), Stop> {
        let config = environment::config()?;
        environment::log(&config);
        let served = api::server::serve(config, |app, port| {
            let mut out = io::stdout().lock();
            // Whoever closed standard output wants no word of it.
            let _ = match app.address(port) {
                Ok((address, link)) => {
                    let _ = writeln!(out, "Listening on {address}");
                    link.map_or(Ok(()), |link| writeln!(out, "Create the first user: {link}"))
                }
                Err(error) => writeln!(out, "Listening on port {port}; {error}"),
            };
            let _ = out.flush();
        });
        served.map_err(Stop::problem)
    }
}

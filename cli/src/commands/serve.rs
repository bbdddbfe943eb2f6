//! `serve`: the API and the studio.

use std::io::{self, Write};

use api::server::Reach;
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
        let config = environment::installation()?;
        environment::log(&config);
        let served = api::server::serve(config, |app, port| {
            let mut out = io::stdout().lock();
            // Whoever closed standard output wants no word of it.
            let _ = match app.reach(port) {
                Ok(reach) => writeln!(out, "{}", said(&reach)),
                Err(error) => writeln!(out, "Listening on port {port}; {error}"),
            };
            let _ = out.flush();
        });
        served.map_err(Stop::problem)
    }
}

/// Where the server is, and how the first user is created.
fn said(reach: &Reach) -> String {
    let (port, origin) = (reach.port, reach.origin.as_deref());
    let listening = match origin {
        Some(origin) if reach.is_behind => format!("port {port}, behind {origin}/"),
        Some(origin) => format!("{origin}/"),
        None => format!("port {port}"),
    };
    let link = reach.setup.as_ref().map(|path| match origin {
        Some(origin) => format!("\nCreate the first user: {origin}{path}"),
        None => format!("\nCreate the first user: open {path} on the site's own address"),
    });
    format!("Listening on {listening}{}", link.unwrap_or_default())
}

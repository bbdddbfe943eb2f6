//! Runs the server until it is stopped, and prints its base URL.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Parser;
use scripted_model::{Script, Server};

/// A local server that speaks a language model's protocol, with scripted answers.
#[derive(Parser)]
struct Arguments {
    /// The port on the loopback interface; a free one when absent.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// A YAML or JSON file that says what is answered and what goes wrong; answers are made up from schemas when absent.
    script: Option<PathBuf>,
    /// Seconds after which it stops.
    #[arg(long, default_value_t = 3600)]
    seconds: u64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let script = match &arguments.script {
        Some(path) => Script::read(&fs::read_to_string(path)?)?,
        None => Script::default(),
    };
    let server = Server::start_at(script, arguments.port)?;
    println!("{}", server.url());
    let end = Instant::now() + Duration::from_secs(arguments.seconds);
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        std::thread::sleep(left);
    }
    Ok(())
}

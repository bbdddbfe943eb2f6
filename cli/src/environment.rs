//! The environment of a server: variables, and `.env` where it exists.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::thread;

use api::Config;

use crate::stop::Stop;

/// The file of variables in the working folder.
const FILE_NAME: &str = ".env";

/// The settings; every wrong variable is a line.
pub fn config() -> Result<Config, Stop> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    Config::from_variables(variables()?, cores).map_err(Stop::problems)
}

/// The settings of a command that makes or changes an installation: what it makes is its owner's to read.
pub fn installation() -> Result<Config, Stop> {
    api::storage::make_private();
    config()
}

/// What is wrong with the file, where it could not be read.
static FILE: OnceLock<Option<String>> = OnceLock::new();

/// Reads `.env` of the working folder, and of no folder above it, into the environment: real variables win. Done once, before options are read,
/// since some of them stand in for variables and no other thread reads the environment yet. What is wrong with the file is kept for those who
/// read settings: a command that needs none is not stopped by it.
pub fn load_file() {
    FILE.get_or_init(|| {
        // The whole file is read first, so that one that is wrong sets nothing.
        let read = dotenvy::from_path_iter(FILE_NAME).and_then(|lines| lines.collect::<Result<Vec<_>, _>>());
        let loaded = read.and_then(|_| dotenvy::from_path(FILE_NAME));
        match loaded {
            Ok(()) => None,
            Err(error) if error.not_found() => None,
            Err(error) => Some(said(&error)),
        }
    });
}

/// What is wrong with the file, without what stands in it, which may be secret.
fn said(error: &dotenvy::Error) -> String {
    match error {
        dotenvy::Error::LineParse(line, _) => {
            // The error has a part of the line, and not its number.
            let text = std::fs::read_to_string(FILE_NAME).unwrap_or_default();
            let place = text.lines().position(|known| !line.trim().is_empty() && known.contains(line.trim()));
            let number = place.map(|place| format!(":{}", place + 1)).unwrap_or_default();
            format!("{FILE_NAME}{number}: it is no line such as NAME=value; put values with spaces into quotes")
        }
        dotenvy::Error::Io(error) => format!("{FILE_NAME}: {}", api::storage::reason(error)),
        error => format!("{FILE_NAME}: {error}"),
    }
}

/// What is wrong with the file, if anything.
pub fn file_problem() -> Option<&'static str> {
    FILE.get().and_then(Option::as_deref)
}

/// The variables, those of the file among them.
pub fn variables() -> Result<HashMap<String, String>, Stop> {
    if let Some(problem) = file_problem() {
        return Err(Stop::problem(problem.to_owned()));
    }
    let mut variables = HashMap::new();
    for (name, value) in std::env::vars_os() {
        let Ok(name) = name.into_string() else { continue };
        match value.into_string() {
            Ok(value) => drop(variables.insert(name, value)),
            Err(_) if api::config::SETTINGS.iter().any(|setting| setting.name == name) => {
                return Err(Stop::problem(format!("{name}: it is no UTF-8 text")));
            }
            Err(_) => {}
        }
    }
    Ok(variables)
}

/// The password of an option: itself, or for `-` a line of standard input.
pub fn password(option: String) -> Result<String, Stop> {
    if option != "-" {
        return Ok(option);
    }
    let mut line = String::new();
    std::io::stdin()
        .read_line(&mut line)
        .map_err(|error| Stop::problem(format!("standard input: {}", api::storage::reason(&error))))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Logs lines to standard error, by the filter of the settings.
pub fn log(config: &Config) {
    env_logger::Builder::new().parse_filters(&config.log_filter).format_timestamp_millis().format_target(false).init();
}

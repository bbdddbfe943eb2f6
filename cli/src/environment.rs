//! The environment of a server: variables, and `.env` where it exists.

use std::collections::HashMap;
use std::thread;

use api::Config;

use crate::stop::Stop;

/// The settings; every wrong variable is a line.
pub fn config() -> Result<Config, Stop> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    Config::from_variables(variables()?, cores).map_err(Stop::problems)
}

/// The variables, those of the file among them.
pub fn variables() -> Result<HashMap<String, String>, Stop> {
    // Real variables win over the file's.
    match dotenvy::dotenv() {
        Ok(_) => {}
        Err(error) if error.not_found() => {}
        Err(error) => return Err(Stop::problem(format!(".env: {error}"))),
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

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
    let pairs =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Ok(pairs.collect())
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

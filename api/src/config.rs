//! What a server is told by its environment: every variable once, with its name, default, meaning and check.

use std::collections::HashMap;
use std::path::PathBuf;

/// A variable as the reference page shows it.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The variable.
    pub name: &'static str,
    /// What holds where it is not set.
    pub default: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// All variables of a server, in the order in which people meet them.
pub const SETTINGS: &[Setting] = &[
    Setting { name: "HOST", default: "127.0.0.1", meaning: "address to listen on" },
    Setting { name: "PORT", default: "8000", meaning: "port to listen on; 0 takes a free one" },
    Setting {
        name: "DATA_DIR",
        default: "data",
        meaning: "folder of the database, generated files, the secret key and the lock",
    },
    Setting {
        name: "SECRET_KEY",
        default: "made once and kept in DATA_DIR/secret_key while HOST is a loopback address; else required",
        meaning: "signs sessions and links; at least 32 bytes",
    },
    Setting { name: "DEBUG", default: "false", meaning: "causes in 500 answers, and debug logs" },
    Setting {
        name: "ALLOWED_HOSTS",
        default: "localhost,127.0.0.1,[::1]",
        meaning: "Host values served, ports aside; .example.com covers subdomains, * all",
    },
    Setting {
        name: "SESSION_COOKIE_SECURE",
        default: "on unless HOST is a loopback address",
        meaning: "whether browsers send the session's cookie over HTTPS only",
    },
    Setting { name: "WEB_CONCURRENCY", default: "cores", meaning: "threads that answer requests" },
    Setting {
        name: "GENERATE_CONCURRENCY",
        default: "cores - 1, at least 1",
        meaning: "threads that make the rows of a generation",
    },
    Setting { name: "DATABASE_POOL_SIZE", default: "8", meaning: "connections that read the database" },
    Setting {
        name: "SQLITE_BUSY_TIMEOUT_MS",
        default: "20000",
        meaning: "how long a connection waits for another's lock",
    },
    Setting { name: "LOCK_WAIT_S", default: "90", meaning: "how long a server waits for another that holds DATA_DIR" },
    Setting {
        name: "MAX_ROWS_PER_GENERATION",
        default: "100000000",
        meaning: "rows that one generation may have in all its tables",
    },
    Setting { name: "MIN_FREE_DISK_MB", default: "200", meaning: "disk space that a generation leaves free" },
    Setting { name: "RUST_LOG", default: "info", meaning: "filter of the log" },
    Setting {
        name: "BACKUP_TARGET",
        default: "DATA_DIR/backups",
        meaning: "where backups go: a folder, or s3://bucket/prefix; where it is set, one more is made when a server stops, and a server without a database restores the newest of a bucket",
    },
    Setting {
        name: "BACKUP_EVERY",
        default: "off",
        meaning: "how often a server makes a backup: minutes, hours or days, such as 30m, 6h or 1d",
    },
    Setting { name: "BACKUP_KEEP", default: "30", meaning: "backups that are kept; the oldest go" },
    Setting { name: "AWS_ACCESS_KEY_ID", default: "none", meaning: "who asks an S3-compatible store" },
    Setting { name: "AWS_SECRET_ACCESS_KEY", default: "none", meaning: "signs what is asked of it" },
    Setting { name: "AWS_REGION", default: "us-east-1", meaning: "where the bucket is" },
    Setting {
        name: "AWS_ENDPOINT_URL",
        default: "Amazon's",
        meaning: "another S3-compatible store, such as https://s3.example.com",
    },
];

/// A server's settings, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address to listen on.
    pub host: String,
    /// Port to listen on; 0 takes a free one.
    pub port: u16,
    /// Folder of everything that is kept.
    pub data_dir: PathBuf,
    /// Signs sessions and links; `None` has one made and kept in the data folder.
    pub secret_key: Option<String>,
    /// Whether 500 answers tell their cause.
    pub debug: bool,
    /// Hosts served, in lower case.
    pub allowed_hosts: Vec<String>,
    /// Whether the session's cookie is for HTTPS only.
    pub session_cookie_secure: bool,
    /// Threads that answer requests.
    pub web_threads: usize,
    /// Threads that make rows.
    pub generate_threads: usize,
    /// Connections that read.
    pub pool_size: u32,
    /// Milliseconds that a connection waits for a lock.
    pub busy_timeout_ms: u32,
    /// Seconds to wait for another server's lock of the data folder.
    pub lock_wait_s: u64,
    /// Rows of a generation at most.
    pub max_rows: u64,
    /// Bytes of disk that stay free.
    pub min_free_disk_bytes: u64,
    /// Filter of the log.
    pub log_filter: String,
    /// Where backups go, how often, how many.
    pub backups: crate::backups::Settings,
}

impl Config {
    /// Reads the variables; every wrong one is a sentence that names it. `cores` is what the machine has.
    pub fn from_variables(
        variables: impl IntoIterator<Item = (String, String)>,
        cores: usize,
    ) -> Result<Config, Vec<String>> {
        let mut given = Variables { values: variables.into_iter().collect(), problems: Vec::new() };
        let host = given.text("HOST");
        let is_loopback = is_loopback(&host);
        let secret_key = given.optional("SECRET_KEY");
        match &secret_key {
            Some(key) if key.len() < 32 => {
                given.problems.push(format!("SECRET_KEY: it has {} bytes, fewer than 32", key.len()));
            }
            None if !is_loopback => given.problems.push(format!(
                "SECRET_KEY: it is required where HOST is {host}, no loopback address; set it to at least 32 random bytes"
            )),
            _ => {}
        }
        let hosts = given.text("ALLOWED_HOSTS");
        let data_dir = PathBuf::from(given.text("DATA_DIR"));
        let backups = crate::backups::Settings::read(&given.values, &data_dir, &mut given.problems);
        let default_log = if given.flag("DEBUG", false) { "debug" } else { "info" };
        let config = Config {
            port: given.number("PORT", 0, u16::MAX.into()).unwrap_or_default() as u16,
            data_dir,
            debug: given.flag("DEBUG", false),
            allowed_hosts: hosts
                .split(',')
                .map(|host| host.trim().to_ascii_lowercase())
                .filter(|host| !host.is_empty())
                .collect(),
            session_cookie_secure: given.flag("SESSION_COOKIE_SECURE", !is_loopback),
            web_threads: given.number_or("WEB_CONCURRENCY", 1, 256, cores as u64) as usize,
            generate_threads: given.number_or("GENERATE_CONCURRENCY", 1, 256, (cores as u64).saturating_sub(1).max(1))
                as usize,
            pool_size: given.number("DATABASE_POOL_SIZE", 1, 256).unwrap_or(1) as u32,
            busy_timeout_ms: given.number("SQLITE_BUSY_TIMEOUT_MS", 1, 600_000).unwrap_or(1) as u32,
            lock_wait_s: given.number("LOCK_WAIT_S", 0, 3600).unwrap_or_default(),
            max_rows: given.number("MAX_ROWS_PER_GENERATION", 1, engine::plan::MAX_ROWS).unwrap_or(1),
            min_free_disk_bytes: given.number("MIN_FREE_DISK_MB", 0, 1 << 40).unwrap_or_default() << 20,
            log_filter: given.optional("RUST_LOG").unwrap_or_else(|| default_log.to_owned()),
            host,
            secret_key,
            backups,
        };
        if given.problems.is_empty() { Ok(config) } else { Err(given.problems) }
    }

    /// Whether a `Host` value, its port aside, is served.
    pub fn serves_host(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.ends_with(':') => name,
            _ => host.as_str(),
        };
        self.allowed_hosts.iter().any(|allowed| match allowed.strip_prefix('.') {
            Some(domain) => name == domain || name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')),
            None => allowed == "*" || allowed == name,
        })
    }
}

/// Whether an address is reached from this machine only.
fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Variables while they are read.
struct Variables {
    values: HashMap<String, String>,
    problems: Vec<String>,
}

impl Variables {
    /// The value where one is set; an empty one counts as none.
    fn optional(&self, name: &str) -> Option<String> {
        self.values.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn text(&self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| default_of(name).to_owned())
    }

    /// A number within its bounds, the setting's default where none is given; `None` once the problem is noted.
    fn number(&mut self, name: &str, min: u64, max: u64) -> Option<u64> {
        let text = self.text(name);
        match text.parse::<u64>() {
            Ok(number) if (min..=max).contains(&number) => Some(number),
            _ => {
                self.problems.push(format!("{name}: {text:?} is no whole number from {min} to {max}"));
                None
            }
        }
    }

    /// A number whose default the machine decides.
    fn number_or(&mut self, name: &str, min: u64, max: u64, default: u64) -> u64 {
        if self.optional(name).is_some() { self.number(name, min, max).unwrap_or(default) } else { default }
    }

    fn flag(&mut self, name: &str, default: bool) -> bool {
        let Some(text) = self.optional(name) else { return default };
        match text.to_ascii_lowercase().as_str() {
            "1" | "true" | "on" | "yes" => true,
            "0" | "false" | "off" | "no" => false,
            _ => {
                let sentence = format!("{name}: {text:?} is neither true nor false");
                if !self.problems.contains(&sentence) {
                    self.problems.push(sentence);
                }
                default
            }
        }
    }
}

fn default_of(name: &str) -> &'static str {
    SETTINGS.iter().find(|setting| setting.name == name).map_or("", |setting| setting.default)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(pairs: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        Config::from_variables(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())), 4)
    }

    #[test]
    fn without_variables_a_server_is_for_this_machine_alone() {
        let config = config(&[]).expect("defaults hold");
        assert_eq!((config.host.as_str(), config.port), ("127.0.0.1", 8000));
        assert_eq!((config.web_threads, config.generate_threads), (4, 3));
        assert!(!config.session_cookie_secure);
        for host in ["localhost:8000", "127.0.0.1", "[::1]:8000", "LOCALHOST"] {
            assert!(config.serves_host(host), "{host}");
        }
        for host in ["example.com", "localhost.example.com", ""] {
            assert!(!config.serves_host(host), "{host}");
        }
    }

    #[test]
    fn a_domain_with_a_dot_covers_its_subdomains() {
        let config = config(&[("ALLOWED_HOSTS", ".example.com, other.org")]).expect("a configuration");
        for host in ["example.com", "a.example.com:443", "a.b.example.com", "other.org"] {
            assert!(config.serves_host(host), "{host}");
        }
        for host in ["badexample.com", "a.other.org", "example.com.evil.org"] {
            assert!(!config.serves_host(host), "{host}");
        }
    }

    #[test]
    fn every_wrong_value_is_named() {
        let wrong = config(&[("PORT", "80000"), ("DEBUG", "maybe"), ("HOST", "0.0.0.0"), ("LOCK_WAIT_S", "-1")]);
        let problems = wrong.expect_err("four problems").join("\n");
        for name in ["PORT: \"80000\"", "DEBUG: \"maybe\"", "SECRET_KEY: it is required", "LOCK_WAIT_S: \"-1\""] {
            assert!(problems.contains(name), "{name} in {problems}");
        }
        assert_eq!(problems.lines().count(), 4, "{problems}");
    }
}

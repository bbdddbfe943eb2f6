//! What a server is told by its environment: [`SETTINGS`] declares every variable once, [`Config`] is what they say, checked.

mod network;
mod settings;
mod variables;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use self::variables::Variables;

pub use network::Network;
pub use settings::{Kind, SETTINGS, Setting};

/// A text that is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Sensitive(String);

impl Sensitive {
    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// What browsers are told of HTTPS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hsts {
    /// How long they remember it.
    pub seconds: u64,
    /// Whether it holds for subdomains.
    pub includes_subdomains: bool,
    /// Whether it may stand in their lists.
    pub preload: bool,
}

/// With which requests of other sites browsers send the session's cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// With none.
    Strict,
    /// When somebody follows a link.
    Lax,
    /// With all.
    None,
}

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
    pub secret_key: Option<Sensitive>,
    /// Whether 500 answers tell their cause.
    pub debug: bool,
    /// Hosts served, in lower case.
    pub allowed_hosts: Vec<String>,
    /// Proxies that are believed.
    pub trusted_proxies: Vec<Network>,
    /// Whether requests over HTTP are sent to HTTPS.
    pub ssl_redirect: bool,
    /// What browsers are told of HTTPS, if anything.
    pub hsts: Option<Hsts>,
    /// Whether the session's cookie is for HTTPS only.
    pub session_cookie_secure: bool,
    /// With which requests of other sites it is sent.
    pub session_cookie_same_site: SameSite,
    /// Origins of studios that are served elsewhere.
    pub cors_origins: Vec<String>,
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
    /// Bytes of a request's body at most.
    pub max_upload_bytes: usize,
    /// Rows of a generation at most.
    pub max_rows: u64,
    /// Bytes of disk that stay free.
    pub min_free_disk_bytes: u64,
    /// Days after which generations that have ended are deleted.
    pub generation_ttl_days: Option<u64>,
    /// The token of `/metrics`.
    pub metrics_token: Option<Sensitive>,
    /// Filter of the log.
    pub log_filter: String,
    /// Where backups go, how often, how many.
    pub backups: crate::backups::Settings,
    /// How the language model is asked.
    pub model: ::llm::Config,
    /// The file of its prices, where it is not the table that is built in.
    pub model_prices: Option<String>,
}

impl Config {
    /// Reads the variables; every wrong one is a sentence that names it. `cores` is what the machine has.
    pub fn from_variables(
        variables: impl IntoIterator<Item = (String, String)>,
        cores: usize,
    ) -> Result<Config, Vec<String>> {
        let mut given = Variables { values: variables.into_iter().collect(), problems: Vec::new(), prices: None };
        let host = given.text("HOST");
        let bare = host.trim_matches(['[', ']']);
        let is_number = bare.contains(':') || bare.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if is_number && !bare.is_empty() && bare.parse::<std::net::IpAddr>().is_err() {
            given.wrong("HOST", format_args!("{host:?} is no IP address"));
        }
        let is_loopback = is_loopback(&host);
        let debug = given.flag("DEBUG", false);
        let data_dir = PathBuf::from(given.text("DATA_DIR"));
        let backups = crate::backups::Settings::read(&given.values, &data_dir, &mut given.problems);
        let config = Config {
            port: given.number("PORT") as u16,
            data_dir,
            secret_key: given.secret("SECRET_KEY").map(Sensitive),
            debug,
            allowed_hosts: given.hosts("ALLOWED_HOSTS"),
            trusted_proxies: given.networks("TRUSTED_PROXIES"),
            ssl_redirect: given.flag("SECURE_SSL_REDIRECT", false),
            hsts: hsts(&mut given),
            session_cookie_secure: given.flag("SESSION_COOKIE_SECURE", !is_loopback),
            session_cookie_same_site: match given.word("SESSION_COOKIE_SAMESITE") {
                "Lax" => SameSite::Lax,
                "None" => SameSite::None,
                _ => SameSite::Strict,
            },
            cors_origins: given.origins("CORS_ALLOWED_ORIGINS"),
            web_threads: given.number_or("WEB_CONCURRENCY", cores as u64) as usize,
            generate_threads: given.number_or("GENERATE_CONCURRENCY", (cores as u64).saturating_sub(1).max(1)) as usize,
            pool_size: given.number("DATABASE_POOL_SIZE") as u32,
            busy_timeout_ms: given.number("SQLITE_BUSY_TIMEOUT_MS") as u32,
            lock_wait_s: given.number("LOCK_WAIT_S"),
            max_upload_bytes: (given.number("MAX_UPLOAD_MB") << 20) as usize,
            max_rows: given.number("MAX_ROWS_PER_GENERATION"),
            min_free_disk_bytes: given.number("MIN_FREE_DISK_MB") << 20,
            generation_ttl_days: given.number_or_off("GENERATION_TTL_DAYS"),
            metrics_token: given.token("METRICS_TOKEN").map(Sensitive),
            log_filter: given.filter("RUST_LOG", if debug { "debug" } else { "info" }),
            host,
            backups,
            model: given.model(),
            model_prices: given.prices.take(),
        };
        config.check_together(&mut given, is_loopback);
        if given.problems.is_empty() { Ok(config) } else { Err(given.problems) }
    }

    /// What variables say of each other.
    fn check_together(&self, given: &mut Variables, is_loopback: bool) {
        if self.secret_key.is_none() && !is_loopback {
            let sentence = format!(
                "it is required where HOST is {}, no loopback address; set it to at least 32 random bytes",
                self.host
            );
            given.wrong("SECRET_KEY", sentence);
        }
        if self.ssl_redirect && self.trusted_proxies.is_empty() {
            let sentence = "it needs TRUSTED_PROXIES, the proxy that speaks HTTPS: without it every request would be redirected for ever";
            given.wrong("SECURE_SSL_REDIRECT", sentence);
        }
        if self.session_cookie_same_site == SameSite::None && !self.session_cookie_secure {
            given.wrong(
                "SESSION_COOKIE_SAMESITE",
                "browsers take None with SESSION_COOKIE_SECURE only; set that to true",
            );
        }
    }

    /// Whether a `Host` value, its port aside, is served.
    pub fn serves_host(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let name = without_port(&host);
        !name.is_empty()
            && self.allowed_hosts.iter().any(|allowed| match allowed.strip_prefix('.') {
                Some(domain) => name == domain || name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')),
                None => allowed == "*" || allowed == name,
            })
    }

    /// Whether a proxy's address is one of those that are believed.
    pub fn trusts(&self, address: std::net::IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(address))
    }

    /// What is in force, by variable; secrets are left out.
    pub fn shown(&self) -> BTreeMap<String, String> {
        let joined = |parts: &[String]| parts.join(",");
        let proxies: Vec<String> = self.trusted_proxies.iter().map(ToString::to_string).collect();
        let or_off = |number: Option<u64>| number.map_or_else(|| "off".to_owned(), |number| number.to_string());
        let hsts = self.hsts.unwrap_or(Hsts { seconds: 0, includes_subdomains: false, preload: false });
        [
            ("HOST", self.host.clone()),
            ("PORT", self.port.to_string()),
            ("DATA_DIR", self.data_dir.display().to_string()),
            ("DEBUG", self.debug.to_string()),
            ("ALLOWED_HOSTS", joined(&self.allowed_hosts)),
            ("TRUSTED_PROXIES", joined(&proxies)),
            ("SECURE_SSL_REDIRECT", self.ssl_redirect.to_string()),
            ("SECURE_HSTS_SECONDS", hsts.seconds.to_string()),
            ("SECURE_HSTS_INCLUDE_SUBDOMAINS", hsts.includes_subdomains.to_string()),
            ("SECURE_HSTS_PRELOAD", hsts.preload.to_string()),
            ("SESSION_COOKIE_SECURE", self.session_cookie_secure.to_string()),
            ("SESSION_COOKIE_SAMESITE", format!("{:?}", self.session_cookie_same_site)),
            ("CORS_ALLOWED_ORIGINS", joined(&self.cors_origins)),
            ("WEB_CONCURRENCY", self.web_threads.to_string()),
            ("GENERATE_CONCURRENCY", self.generate_threads.to_string()),
            ("DATABASE_POOL_SIZE", self.pool_size.to_string()),
            ("SQLITE_BUSY_TIMEOUT_MS", self.busy_timeout_ms.to_string()),
            ("LOCK_WAIT_S", self.lock_wait_s.to_string()),
            ("MAX_UPLOAD_MB", (self.max_upload_bytes >> 20).to_string()),
            ("MAX_ROWS_PER_GENERATION", self.max_rows.to_string()),
            ("MIN_FREE_DISK_MB", (self.min_free_disk_bytes >> 20).to_string()),
            ("GENERATION_TTL_DAYS", or_off(self.generation_ttl_days)),
            ("OPENAI_BASE_URL", self.model.base_url.to_string()),
            ("OPENAI_MODEL", self.model.model.clone()),
            ("LLM_BUDGET_USD", self.model.budget_usd.map_or_else(|| "none".to_owned(), |dollars| dollars.to_string())),
            ("LLM_PRICES", self.model_prices.clone().unwrap_or_else(|| "built in".to_owned())),
            ("RUST_LOG", self.log_filter.clone()),
        ]
        .into_iter()
        .chain(self.backups.shown())
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    }

    /// What is allowed, and should be known.
    pub fn warnings(&self) -> Vec<&'static str> {
        let mut warnings = Vec::new();
        if self.allowed_hosts.iter().any(|host| host == "*") {
            warnings.push("ALLOWED_HOSTS: * serves any Host; name the hosts under which the server is reached");
        }
        if self.debug && !is_loopback(&self.host) {
            warnings.push("DEBUG: 500 answers tell their causes to everybody who can reach the server");
        }
        warnings
    }
}

/// A host without its port.
pub fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}

fn hsts(given: &mut Variables) -> Option<Hsts> {
    const YEAR: u64 = 31_536_000;
    let hsts = Hsts {
        seconds: given.number("SECURE_HSTS_SECONDS"),
        includes_subdomains: given.flag("SECURE_HSTS_INCLUDE_SUBDOMAINS", false),
        preload: given.flag("SECURE_HSTS_PRELOAD", false),
    };
    if hsts.includes_subdomains && hsts.seconds == 0 {
        given.wrong("SECURE_HSTS_INCLUDE_SUBDOMAINS", "it says nothing while SECURE_HSTS_SECONDS is 0; set that too");
    }
    if hsts.preload && !(hsts.includes_subdomains && hsts.seconds >= YEAR) {
        let sentence = format!("lists take SECURE_HSTS_SECONDS from {YEAR} and SECURE_HSTS_INCLUDE_SUBDOMAINS only");
        given.wrong("SECURE_HSTS_PRELOAD", sentence);
    }
    (hsts.seconds > 0).then_some(hsts)
}

/// Whether an address is reached from this machine only.
pub(crate) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
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
    fn debug_makes_the_log_tell_more_unless_a_filter_says_otherwise() {
        let filter = |pairs: &[(&str, &str)]| config(pairs).expect("a configuration").log_filter;
        assert_eq!(filter(&[]), "info");
        assert_eq!(filter(&[("DEBUG", "true")]), "debug");
        assert_eq!(filter(&[("DEBUG", "true"), ("RUST_LOG", "warn")]), "warn");
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

    #[test]
    fn every_variable_has_a_default_that_holds_and_a_wrong_value_that_is_told() {
        for setting in SETTINGS {
            let Some(wrong) = setting.kind.wrong() else { continue };
            let problems = config(&[(setting.name, &wrong)]).expect_err(setting.name);
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert!(problems[0].starts_with(&format!("{}: ", setting.name)), "{problems:?}");
            assert!(!matches!(setting.kind, Kind::Secret(_)) || !problems[0].contains(&wrong), "{problems:?}");
        }
    }

    #[test]
    fn what_variables_say_of_each_other_is_checked() {
        let tells = |pairs: &[(&str, &str)], start: &str| {
            let problems = config(pairs).expect_err(start);
            assert!(problems.iter().any(|problem| problem.starts_with(start)), "{problems:?}");
        };
        tells(&[("SECURE_SSL_REDIRECT", "on")], "SECURE_SSL_REDIRECT: it needs TRUSTED_PROXIES");
        tells(&[("SESSION_COOKIE_SAMESITE", "none")], "SESSION_COOKIE_SAMESITE: browsers take None");
        tells(&[("SECURE_HSTS_INCLUDE_SUBDOMAINS", "on")], "SECURE_HSTS_INCLUDE_SUBDOMAINS: it says nothing");
        tells(&[("SECURE_HSTS_SECONDS", "3600"), ("SECURE_HSTS_PRELOAD", "on")], "SECURE_HSTS_PRELOAD: lists take");
        tells(&[("HOST", "999.1.1.1")], "HOST: \"999.1.1.1\" is no IP address");
        tells(&[("HOST", "[::g]")], "HOST: \"[::g]\" is no IP address");
        tells(&[("ALLOWED_HOSTS", ",")], "ALLOWED_HOSTS: it names no host");
        tells(&[("ALLOWED_HOSTS", "example.com:8000")], "ALLOWED_HOSTS: \"example.com:8000\" is no name");
        tells(
            &[("CORS_ALLOWED_ORIGINS", "https://a.example.com/")],
            "CORS_ALLOWED_ORIGINS: \"https://a.example.com/\"",
        );
        tells(&[("CORS_ALLOWED_ORIGINS", "*")], "CORS_ALLOWED_ORIGINS: \"*\" is no origin");
        tells(&[("SECRET_KEY", &"x".repeat(40))], "SECRET_KEY: it repeats a few characters");
        tells(&[("METRICS_TOKEN", "ñandú, once and again")], "METRICS_TOKEN: it has letters that no header carries");
    }

    #[test]
    fn what_is_in_force_is_shown_for_every_variable_but_secrets() {
        let shown: Vec<String> = config(&[]).expect("a configuration").shown().into_keys().collect();
        let is_secret = |setting: &&Setting| matches!(setting.kind, Kind::Secret(_));
        let mut named: Vec<&str> =
            SETTINGS.iter().filter(|setting| !is_secret(setting)).map(|setting| setting.name).collect();
        named.sort_unstable();
        assert_eq!(shown, named);
    }

    #[test]
    fn no_secret_is_shown_with_the_settings() {
        let secrets = [
            ("SECRET_KEY", "one secret of thirty-two bytes.."),
            ("METRICS_TOKEN", "a token of sixteen"),
            ("OPENAI_API_KEY", "sk-a-token-of-sixteen"),
        ];
        let shown = format!("{:?}", config(&secrets).expect("a configuration"));
        assert!(!shown.contains("thirty-two") && !shown.contains("sixteen"), "{shown}");
    }
}

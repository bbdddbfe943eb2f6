//! Under which address a browser reaches the server, as far as the settings tell.

use crate::Config;
use crate::config::is_loopback;

/// Where a server is, as far as its settings tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The port that it listens on.
    pub port: u16,
    /// Scheme, host and port under which a person opens it; nothing where the settings name no host that one can open.
    pub origin: Option<String>,
    /// Whether that is the address of a proxy before it.
    pub is_behind: bool,
    /// The path of the one-time link to create the first user, with its token, while there is none.
    pub setup: Option<String>,
}

/// Where a server on this port is; with the token of the link, where one is called for.
pub fn reach(config: &Config, port: u16, token: Option<&str>) -> Reach {
    let (origin, is_behind) = match proxied(config) {
        Some(origin) => (Some(origin), true),
        None => (direct(config, port), false),
    };
    Reach { port, origin, is_behind, setup: token.map(|token| format!("/setup#token={token}")) }
}

/// The address of the proxy: HTTPS ends there, and the first host is named that others can open.
fn proxied(config: &Config) -> Option<String> {
    if !config.ssl_redirect && config.trusted_proxies.is_empty() {
        return None;
    }
    let host = config.allowed_hosts.iter().find(|host| is_one_host(host) && !is_loopback(host))?;
    Some(format!("https://{host}"))
}

/// The address of the server itself.
fn direct(config: &Config, port: u16) -> Option<String> {
    // Over plain HTTP the redirect would lead to an address that nobody knows.
    if config.ssl_redirect {
        return None;
    }
    let own = match config.host.as_str() {
        "0.0.0.0" | "::" | "[::]" => None,
        host if host.contains(':') && !host.starts_with('[') => Some(format!("[{host}]")),
        host => Some(host.to_owned()),
    };
    let named = config.allowed_hosts.iter().find(|host| is_one_host(host)).cloned();
    let host = own.filter(|host| config.serves_host(host)).or(named)?;
    Some(if port == 80 { format!("http://{host}") } else { format!("http://{host}:{port}") })
}

/// Whether an allowed host is the name of one: no `*`, and no domain with all that is below it.
fn is_one_host(host: &str) -> bool {
    host != "*" && !host.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: (&str, &str) = ("SECRET_KEY", "one secret of thirty-two bytes..");
    const PROXY: (&str, &str) = ("TRUSTED_PROXIES", "10.0.0.0/8");

    /// The address for these variables, and whether it is a proxy's.
    fn of(pairs: &[(&str, &str)], port: u16) -> (Option<String>, bool) {
        let pairs = pairs.iter().chain([&SECRET]).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let config = Config::from_variables(pairs, 2).expect("settings");
        let found = reach(&config, port, Some("t"));
        assert_eq!((found.port, found.setup.as_deref()), (port, Some("/setup#token=t")));
        assert_eq!(reach(&config, port, None), Reach { setup: None, ..found.clone() });
        (found.origin, found.is_behind)
    }

    #[track_caller]
    fn is(pairs: &[(&str, &str)], port: u16, origin: &str, is_behind: bool) {
        assert_eq!(of(pairs, port), (Some(origin.to_owned()), is_behind), "{pairs:?}");
    }

    #[test]
    fn on_a_laptop_it_is_the_address_that_is_listened_on() {
        is(&[], 8000, "http://127.0.0.1:8000", false);
        is(&[("HOST", "::1")], 8000, "http://[::1]:8000", false);
        is(&[("HOST", "0.0.0.0")], 8000, "http://localhost:8000", false);
        is(&[("HOST", "0.0.0.0")], 80, "http://localhost", false);
    }

    #[test]
    fn behind_a_proxy_it_is_the_real_host_over_https() {
        let everywhere = ("HOST", "0.0.0.0");
        let hosts = ("ALLOWED_HOSTS", "localhost,.example.com,data.example.com");
        is(&[everywhere, hosts, PROXY], 34567, "https://data.example.com", true);
        is(&[everywhere, hosts, PROXY, ("SECURE_SSL_REDIRECT", "true")], 34567, "https://data.example.com", true);
        // A proxy on the same machine, before a server that only it reaches.
        let beside = ("TRUSTED_PROXIES", "127.0.0.1");
        is(&[hosts, beside], 34567, "https://data.example.com", true);
        is(&[beside], 8000, "http://127.0.0.1:8000", false);
    }

    #[test]
    fn without_a_proxy_a_real_host_has_the_port() {
        let hosts = ("ALLOWED_HOSTS", "data.example.com");
        is(&[("HOST", "0.0.0.0"), hosts], 8000, "http://data.example.com:8000", false);
        // An address that is not served leads nowhere.
        is(&[hosts], 8000, "http://data.example.com:8000", false);
    }

    #[test]
    fn a_wildcard_names_no_host_that_can_be_opened() {
        let everywhere = ("HOST", "0.0.0.0");
        for hosts in ["*", ".herokuapp.com", ".example.com,*"] {
            let hosts = ("ALLOWED_HOSTS", hosts);
            assert_eq!(of(&[everywhere, hosts], 34567), (None, false));
            assert_eq!(of(&[everywhere, hosts, PROXY], 34567), (None, false));
            let redirects = ("SECURE_SSL_REDIRECT", "true");
            assert_eq!(of(&[everywhere, hosts, PROXY, redirects], 34567), (None, false));
        }
        is(&[("ALLOWED_HOSTS", "*")], 8000, "http://127.0.0.1:8000", false);
    }
}

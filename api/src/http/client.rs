//! Who is at the other end of a request: the client's address and scheme, behind proxies that are believed.
//!
//! A header that a client sends says what the client likes. Each proxy appends what it saw to `X-Forwarded-For`, so entries are believed from the
//! right, as long as the one who wrote them is a proxy of `TRUSTED_PROXIES`.

use std::net::IpAddr;

use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpRequest, web};

use crate::{App, Config};

/// The other end of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its address, where the connection has one.
    pub address: Option<IpAddr>,
    /// Whether it speaks HTTPS with the outermost proxy that is believed.
    pub is_https: bool,
}

impl Client {
    /// The client of a request that came from `peer`.
    pub fn of(config: &Config, peer: Option<IpAddr>, headers: &HeaderMap) -> Client {
        let peer = peer.map(|address| address.to_canonical());
        if !peer.is_some_and(|peer| config.trusts(peer)) {
            return Client { address: peer, is_https: false };
        }
        let mut address = peer;
        for entry in listed(headers, "x-forwarded-for").iter().rev() {
            // Who wrote nonsense is the last that is known.
            let Some(named) = address_of(entry) else { break };
            address = Some(named);
            if !config.trusts(named) {
                break;
            }
        }
        let scheme = listed(headers, "x-forwarded-proto").pop();
        Client { address, is_https: scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https")) }
    }

    /// The client of a request.
    pub fn of_request(request: &HttpRequest) -> Client {
        let peer = request.peer_addr().map(|peer| peer.ip());
        match request.app_data::<web::Data<App>>() {
            Some(app) => Client::of(&app.config, peer, request.headers()),
            None => Client { address: peer, is_https: false },
        }
    }

    /// The address for a log.
    pub fn spelled(&self) -> String {
        self.address.map(|address| address.to_string()).unwrap_or_default()
    }

    /// What attempts are counted by: an IPv4 address, or the block of IPv6 addresses that one customer has.
    pub fn block(&self) -> String {
        match self.address {
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
            _ => self.spelled(),
        }
    }
}

/// The host, with its port, that a browser asked for: as the outermost proxy that is believed tells it, else as the request names it.
pub fn asked_host(request: &HttpRequest) -> String {
    let headers = request.headers();
    let is_believed =
        |app: &web::Data<App>| request.peer_addr().is_some_and(|peer| app.config.trusts(peer.ip().to_canonical()));
    let forwarded = match request.app_data::<web::Data<App>>() {
        Some(app) if is_believed(app) => listed(headers, "x-forwarded-host").pop().filter(|host| !host.is_empty()),
        _ => None,
    };
    let named = || headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    forwarded.unwrap_or_else(named).to_ascii_lowercase()
}

/// The entries of a header that may be given several times, each with commas.
fn listed(headers: &HeaderMap, name: &str) -> Vec<String> {
    let values = headers.get_all(name).map(|value| value.to_str().unwrap_or("?").to_owned());
    values.flat_map(|value| value.split(',').map(|entry| entry.trim().to_owned()).collect::<Vec<_>>()).collect()
}

/// The address of an entry, which may carry a port.
fn address_of(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim_matches('"');
    let found = entry.parse::<IpAddr>().ok();
    let found = found.or_else(|| entry.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip()));
    let found = found.or_else(|| entry.strip_prefix('[')?.strip_suffix(']')?.parse().ok());
    found.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn client(trusted: &str, peer: &str, headers: &[(&'static str, &'static str)]) -> Client {
        let variables = [("TRUSTED_PROXIES".to_owned(), trusted.to_owned())];
        let config = Config::from_variables(variables, 1).expect("a configuration");
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        Client::of(&config, Some(peer.parse().expect("an address")), &map)
    }

    #[test]
    fn headers_are_believed_from_the_right_and_of_known_proxies_alone() {
        let forwarded = "x-forwarded-for";
        for (trusted, peer, headers, expected) in [
            ("", "192.0.2.7", &[(forwarded, "203.0.113.1")][..], "192.0.2.7"),
            ("10.0.0.0/8", "192.0.2.7", &[(forwarded, "203.0.113.1")], "192.0.2.7"),
            ("10.0.0.0/8", "10.0.0.1", &[(forwarded, "203.0.113.1")], "203.0.113.1"),
            ("10.0.0.0/8", "10.0.0.1", &[(forwarded, "1.1.1.1, 203.0.113.1")], "203.0.113.1"),
            ("10.0.0.0/8", "10.0.0.1", &[(forwarded, "1.1.1.1, 203.0.113.1, 10.0.0.2")], "203.0.113.1"),
            ("10.0.0.0/8", "10.0.0.1", &[(forwarded, "1.1.1.1"), (forwarded, "203.0.113.1")], "203.0.113.1"),
            ("10.0.0.0/8", "10.0.0.1", &[(forwarded, "203.0.113.1, nonsense")], "10.0.0.1"),
            ("10.0.0.0/8", "10.0.0.1", &[(forwarded, "203.0.113.1:4711")], "203.0.113.1"),
            ("10.0.0.0/8", "::ffff:10.0.0.1", &[(forwarded, "[2001:db8::5]")], "2001:db8::5"),
            ("10.0.0.0/8", "10.0.0.1", &[], "10.0.0.1"),
        ] {
            assert_eq!(client(trusted, peer, headers).spelled(), expected, "{trusted} {peer} {headers:?}");
        }
    }

    #[test]
    fn the_scheme_is_that_of_the_last_proxy() {
        let proto = "x-forwarded-proto";
        assert!(client("10.0.0.1", "10.0.0.1", &[(proto, "https")]).is_https);
        assert!(!client("10.0.0.1", "10.0.0.1", &[(proto, "https, http")]).is_https);
        assert!(!client("10.0.0.1", "10.0.0.2", &[(proto, "https")]).is_https);
    }

    #[test]
    fn an_ipv6_customer_is_one_block() {
        let block = |address: &str| client("", address, &[]).block();
        assert_eq!(block("2001:db8:1:2:3::4"), block("2001:db8:1:2:ffff::1"));
        assert_ne!(block("2001:db8:1:2::1"), block("2001:db8:1:3::1"));
        assert_eq!(block("192.0.2.1"), "192.0.2.1");
    }
}

//! Values that are well formed and yet hold nothing: keys that somebody typed, domains of everybody, proxies that anybody may be.

use crate::config::Network;

/// Distinct characters of a secret that somebody drew at random, at least.
const DISTINCT: usize = 12;

/// Words that stand in examples and not in keys that were drawn.
const WORDS: &[&str] = &["secret", "passw", "changeme", "change-me", "insecure", "example", "qwerty"];

/// Second levels below which a country's registry lets others register.
const SECOND_LEVELS: &[&str] =
    &["ac", "co", "com", "edu", "go", "gob", "gouv", "gov", "id", "ltd", "me", "mil", "ne", "net", "nom", "or", "org"];

/// Domains below which a provider gives names to anybody.
const SHARED: &[&str] = &[
    "azurecontainerapps.io",
    "azurewebsites.net",
    "amazonaws.com",
    "appspot.com",
    "cloudfront.net",
    "duckdns.org",
    "elasticbeanstalk.com",
    "fly.dev",
    "github.io",
    "gitlab.io",
    "herokuapp.com",
    "herokussl.com",
    "koyeb.app",
    "netlify.app",
    "ngrok.app",
    "ngrok.io",
    "ngrok-free.app",
    "nip.io",
    "no-ip.org",
    "ondigitalocean.app",
    "onrender.com",
    "pages.dev",
    "railway.app",
    "run.app",
    "sslip.io",
    "trycloudflare.com",
    "vercel.app",
    "web.app",
    "workers.dev",
];

/// Why a key does not look drawn at random.
pub fn key(key: &str) -> Option<&'static str> {
    let bytes = key.as_bytes();
    let mut distinct: Vec<u8> = bytes.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < DISTINCT {
        return Some("it has few different characters");
    }
    let repeats = (1..=bytes.len() / 2).any(|period| bytes[period..].iter().zip(bytes).all(|(a, b)| a == b));
    if repeats {
        return Some("it repeats itself");
    }
    // A neighbour in the alphabet is one in six where sixteen characters were drawn from, and fewer where more were.
    let neighbours = bytes.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) <= 1).count();
    if neighbours * 2 > bytes.len() {
        return Some("its characters follow each other as in the alphabet");
    }
    let lower = key.to_ascii_lowercase();
    WORDS.iter().any(|word| lower.contains(word)).then_some("it holds a word of examples")
}

/// Whether an allowed host is a domain, with all below it, under which anybody may have a name.
pub fn is_domain_of_everybody(host: &str) -> bool {
    let Some(domain) = host.strip_prefix('.') else { return false };
    let labels: Vec<&str> = domain.trim_end_matches('.').split('.').collect();
    match labels[..] {
        [] | [_] => true,
        [second, top] if top.len() == 2 && SECOND_LEVELS.contains(&second) => true,
        _ => SHARED.contains(&labels.join(".").as_str()),
    }
}

/// Whether so many addresses are trusted that clients are among them: more than the widest private block has.
pub fn is_too_wide(network: &Network) -> bool {
    network.bits() < if network.is_ipv4() { 8 } else { 7 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_somebody_typed_are_told_from_those_that_were_drawn() {
        for (weak, why) in [
            ("0123456789abcdef0123456789abcdef", "repeats"),
            ("0123456789abcdefghijklmnopqrstuvwxyz", "alphabet"),
            ("zyxwvutsrqponmlkjihgfedcba9876543210", "alphabet"),
            ("kX9vQ2mZ7pL4kX9vQ2mZ7pL4kX9vQ2mZ7pL4", "repeats"),
            ("abcabcabcabcabcabcabcabcabcabcabcabc", "few different"),
            ("django-insecure-9f3k2l1m8n7b6v5c4x3z", "word"),
            ("My-Secret-Key-For-Production-2026-x9", "word"),
        ] {
            assert!(key(weak).is_some_and(|said| said.contains(why)), "{weak}: {:?}", key(weak));
        }
        // As `openssl rand -hex 32`, `openssl rand -base64 32` and Heroku's generator draw them.
        for drawn in [
            "3f0c9a51be7724d8e6015b9fc2a8437d10e95c6ab38f472de1c40b95768a3fd2",
            "q0mV3xJ8bT1nYw6RkZ5uLcE9aHsD2gPfXo7Ii4KjBvM=",
            "8d1e6f40a7b25c93e0f84b6d17a2c5398f6b0e4d",
        ] {
            assert_eq!(key(drawn), None, "{drawn}");
        }
    }

    #[test]
    fn domains_of_everybody_are_told_from_ones_own() {
        for host in [".com", ".local", ".co.uk", ".com.pe", ".gob.pe", ".herokuapp.com", ".github.io", "."] {
            assert!(is_domain_of_everybody(host), "{host}");
        }
        for host in [".example.com", ".data.example.co.uk", "app.herokuapp.com", ".app.herokuapp.com", "com", ".bbc.uk"]
        {
            assert!(!is_domain_of_everybody(host), "{host}");
        }
    }

    #[test]
    fn networks_with_clients_in_them_are_told_from_those_of_proxies() {
        let is_wide = |text: &str| is_too_wide(&text.parse().expect("a network"));
        for text in ["0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "2000::/3"] {
            assert!(is_wide(text), "{text}");
        }
        for text in ["10.0.0.0/8", "172.16.0.0/12", "127.0.0.1", "fc00::/7", "::1"] {
            assert!(!is_wide(text), "{text}");
        }
    }
}

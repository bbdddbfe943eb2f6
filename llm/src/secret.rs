//! A key that nothing prints.

use std::fmt;

use zeroize::Zeroizing;

/// Characters of a word behind `sk-` that make it look like a key.
const KEY_LENGTH: usize = 8;

/// A key. It has no `Serialize`, its `Debug` and `Display` hide it, and its memory is overwritten when it goes.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The key of a text, without the spaces around it; none where nothing is left or where a header could not carry it.
    pub fn new(text: &str) -> Option<Secret> {
        let text = text.trim();
        let fits = !text.is_empty() && text.bytes().all(|byte| (0x21..0x7f).contains(&byte));
        fits.then(|| Secret(Zeroizing::new(text.to_owned())))
    }

    /// The key itself, for the one header that carries it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// `text` without the key, also where only its ends are shown.
    pub fn mask(&self, text: &str) -> String {
        mask_words(&text.replace(self.0.as_str(), "***"))
    }
}

/// `text` without what looks like a key: some servers repeat keys by their ends, `sk-abc***xyz`.
pub fn mask_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("sk-") {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| !(c.is_ascii_alphanumeric() || "-_*.".contains(c))).unwrap_or(from.len());
        out.push_str(before);
        out.push_str(if end >= KEY_LENGTH { "***" } else { &from[..end] });
        rest = &from[end..];
    }
    out.push_str(rest);
    out
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown() {
        let secret = Secret::new("  sk-proj-0123456789abcdef ").expect("a key");
        for shown in [format!("{secret}"), format!("{secret:?}"), format!("{:?}", Some(secret.clone()))] {
            assert!(!shown.contains("0123"), "{shown}");
        }
        assert_eq!(secret.mask("wrong key: sk-proj-0123456789abcdef."), "wrong key: ***.");
        assert_eq!(secret.mask("wrong key: sk-pr***cdef, see the ask-me page"), "wrong key: ***, see the ask-me page");
    }

    #[test]
    fn what_no_header_carries_is_no_key() {
        assert!(Secret::new(" \n").is_none());
        assert!(Secret::new("a\nb").is_none());
        assert!(Secret::new("clé").is_none());
    }
}

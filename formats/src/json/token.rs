//! JSON, RFC 8259, in memory: values with their text kept, so that no number loses a digit.
//!
//! Invariant: no text makes this recurse deeper than [`MAX_DEPTH`].

use std::borrow::Cow;

/// Arrays and objects that may lie in each other.
const MAX_DEPTH: usize = 128;

/// A value and its text.
pub(crate) struct JsonValue<'a> {
    /// The value as it was written.
    pub raw: &'a str,
    /// What it is.
    pub kind: JsonKind<'a>,
}

/// What a value is.
#[derive(PartialEq)]
pub(crate) enum JsonKind<'a> {
    Null,
    Boolean(bool),
    Number,
    String(Cow<'a, str>),
    Array,
    Object,
}

/// Whether a JSON text has blanks between its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spacing {
    Compact,
    Blanks,
}

/// Whether a text is one JSON value; `None` where it is not.
pub(crate) fn check(text: &str) -> Option<Spacing> {
    let mut tokens = Tokens::new(text);
    tokens.value().ok()?;
    tokens.blanks();
    if tokens.at < text.len() {
        return None;
    }
    Some(if tokens.saw_blanks { Spacing::Blanks } else { Spacing::Compact })
}

/// A JSON text without the blanks between its tokens.
pub(crate) fn without_blanks(text: &str) -> String {
    let mut compact = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    for character in text.chars() {
        if !in_string && matches!(character, ' ' | '\t' | '\n' | '\r') {
            continue;
        }
        compact.push(character);
        if escaped {
            escaped = false;
        } else if in_string && character == '\\' {
            escaped = true;
        } else if character == '"' {
            in_string = !in_string;
        }
    }
    compact
}

/// Calls `each` with the items of an array that [`Tokens`] has accepted, until it says that it had enough.
pub(crate) fn items<'a>(array: &'a str, mut each: impl FnMut(JsonValue<'a>) -> bool) -> bool {
    let mut tokens = Tokens::new(array);
    tokens.at = 1;
    loop {
        tokens.blanks();
        match tokens.peek() {
            Some(b',') => tokens.at += 1,
            Some(b']') | None => return true,
            Some(_) => {
                let Ok(value) = tokens.value() else { return false };
                if !each(value) {
                    return false;
                }
            }
        }
    }
}

/// What is wrong with a text that is no JSON.
pub(crate) type Fault = &'static str;

/// A place in a text.
pub(crate) struct Tokens<'a> {
    text: &'a str,
    at: usize,
    saw_blanks: bool,
}

impl<'a> Tokens<'a> {
    /// The start of a text.
    pub(crate) fn new(text: &'a str) -> Tokens<'a> {
        Tokens { text, at: 0, saw_blanks: false }
    }

    /// Calls `each` with the members of the object that stands here.
    pub(crate) fn members<E: From<Fault>>(
        &mut self,
        mut each: impl FnMut(Cow<'a, str>, JsonValue<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.blanks();
        self.expect(b'{', "an object is expected")?;
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.blanks();
            let key = self.string()?;
            self.blanks();
            self.expect(b':', "a colon is expected after a key")?;
            let value = self.value()?;
            each(key, value)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err("a comma or a closing brace is expected".into()),
            }
        }
    }

    /// The value that stands here; arrays and objects are checked to their end.
    pub(crate) fn value(&mut self) -> Result<JsonValue<'a>, Fault> {
        self.value_at_depth(0)
    }

    fn value_at_depth(&mut self, depth: usize) -> Result<JsonValue<'a>, Fault> {
        self.blanks();
        let start = self.at;
        let kind = match self.peek().ok_or("a value is missing")? {
            b'"' => JsonKind::String(self.string()?),
            b'[' => {
                self.container(depth, b']', |tokens| tokens.value_at_depth(depth + 1).map(drop))?;
                JsonKind::Array
            }
            b'{' => {
                self.container(depth, b'}', |tokens| {
                    tokens.blanks();
                    tokens.string()?;
                    tokens.blanks();
                    tokens.expect(b':', "a colon is expected after a key")?;
                    tokens.value_at_depth(depth + 1).map(drop)
                })?;
                JsonKind::Object
            }
            b'-' | b'0'..=b'9' => {
                self.number()?;
                JsonKind::Number
            }
            b't' => self.word("true", JsonKind::Boolean(true))?,
            b'f' => self.word("false", JsonKind::Boolean(false))?,
            b'n' => self.word("null", JsonKind::Null)?,
            _ => return Err("a value is expected"),
        };
        Ok(JsonValue { raw: &self.text[start..self.at], kind })
    }

    fn container(
        &mut self,
        depth: usize,
        close: u8,
        mut element: impl FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if depth >= MAX_DEPTH {
            return Err("more than 128 arrays and objects lie in each other");
        }
        self.at += 1;
        self.blanks();
        if self.peek() == Some(close) {
            self.at += 1;
            return Ok(());
        }
        loop {
            element(self)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(byte) if byte == close => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err("a comma or a closing bracket is expected"),
            }
        }
    }

    fn number(&mut self) -> Result<(), Fault> {
        const NO_NUMBER: Fault = "a number is not well formed";
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(NO_NUMBER)?,
            _ => return Err(NO_NUMBER),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits(NO_NUMBER)?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits(NO_NUMBER)?;
        }
        Ok(())
    }

    /// One digit or more.
    fn digits(&mut self, fault: Fault) -> Result<(), Fault> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(fault) } else { Ok(()) }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Fault> {
        self.expect(b'"', "a key in quotes is expected")?;
        let text: &'a str = self.text;
        let mut decoded = String::new();
        let mut start = self.at;
        loop {
            let rest = &text.as_bytes()[self.at..];
            let length = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
            self.at += length.ok_or("a string is not closed")?;
            let piece = &text[start..self.at];
            match text.as_bytes()[self.at] {
                b'"' => {
                    self.at += 1;
                    if decoded.is_empty() {
                        return Ok(Cow::Borrowed(piece));
                    }
                    decoded.push_str(piece);
                    return Ok(Cow::Owned(decoded));
                }
                b'\\' => {
                    decoded.push_str(piece);
                    self.at += 1;
                    decoded.push(self.escaped()?);
                    start = self.at;
                }
                _ => return Err("a string contains a control character"),
            }
        }
    }

    /// The character after a backslash.
    fn escaped(&mut self) -> Result<char, Fault> {
        let byte = self.peek().ok_or("a string is not closed")?;
        self.at += 1;
        Ok(match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.four_hex()?;
                let code = if (0xd800..0xdc00).contains(&unit) && self.text[self.at..].starts_with("\\u") {
                    self.at += 2;
                    let low = self.four_hex()?;
                    if !(0xdc00..0xe000).contains(&low) {
                        return Err("a string contains half a surrogate pair");
                    }
                    0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
                } else {
                    unit
                };
                char::from_u32(code).ok_or("a string contains half a surrogate pair")?
            }
            _ => return Err("a string contains an unknown escape"),
        })
    }

    fn four_hex(&mut self) -> Result<u32, Fault> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4).ok_or("a string is not closed")?;
        let mut unit = 0;
        for digit in digits {
            unit = unit << 4 | char::from(*digit).to_digit(16).ok_or("a string contains an unknown escape")?;
        }
        self.at += 4;
        Ok(unit)
    }

    fn word(&mut self, word: &str, kind: JsonKind<'a>) -> Result<JsonKind<'a>, Fault> {
        if !self.text[self.at..].starts_with(word) {
            return Err("a value is expected");
        }
        self.at += word.len();
        Ok(kind)
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
            self.saw_blanks = true;
        }
    }

    fn expect(&mut self, byte: u8, fault: Fault) -> Result<(), Fault> {
        if self.peek() != Some(byte) {
            return Err(fault);
        }
        self.at += 1;
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_json_is_told_from_what_is_not() {
        for text in ["0", "-1.5e+3", "\"a\\u00e9\\ud83d\\ude00\"", "[]", "{\"a\":[1,{\"b\":null}]}", "true"] {
            assert_eq!(check(text), Some(Spacing::Compact), "{text}");
        }
        assert_eq!(check(" { \"a b\" : [ 1 ] } "), Some(Spacing::Blanks));
        assert_eq!(without_blanks(" { \"a \\\" b\" : [ 1 ] } "), "{\"a \\\" b\":[1]}");
        let deep = "[".repeat(100_000);
        for text in
            ["", "01", "1.", ".5", "+1", "1e", "tru", "[1,]", "{\"a\"}", "{a:1}", "\"\\ud83d\"", "\"\n\"", "1 2", &deep]
        {
            assert_eq!(check(text), None, "{}", text.get(..20).unwrap_or(text));
        }
    }

    #[test]
    fn strings_are_decoded_and_numbers_keep_their_digits() {
        let mut found = Vec::new();
        let text = r#"{"k\n": "\u0041\\", "n": 1.500, "s": "", "e": "\u0000"}"#;
        let result: Result<(), Fault> = Tokens::new(text).members(|key, value| {
            let decoded = match value.kind {
                JsonKind::String(text) => text.into_owned(),
                _ => value.raw.to_owned(),
            };
            found.push((key.into_owned(), decoded));
            Ok(())
        });
        assert_eq!(result, Ok(()));
        let pairs: Vec<(&str, &str)> = found.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("k\n", "A\\"), ("n", "1.500"), ("s", ""), ("e", "\0")]);
    }
}

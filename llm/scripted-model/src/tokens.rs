//! Tokens as a model's vocabulary would roughly cut them: words by pieces, digits by threes, marks with the space before them, other scripts
//! by one or two characters. It is a count of its own, so that an estimate that agrees with it agrees with something.

/// The tokens of a text.
pub fn count(text: &str) -> u64 {
    let mut tokens = 0;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        if c.is_ascii_alphabetic() || ('\u{c0}'..='\u{24f}').contains(&c) {
            let mut length = 1;
            while characters.peek().is_some_and(|c| c.is_ascii_alphabetic() || ('\u{c0}'..='\u{24f}').contains(c)) {
                characters.next();
                length += 1;
            }
            // Common words are one piece; longer ones are cut.
            tokens += if length <= 7 { 1 } else { u64::div_ceil(length, 5) };
        } else if c.is_ascii_digit() {
            let mut length = 1;
            while characters.peek().is_some_and(char::is_ascii_digit) {
                characters.next();
                length += 1;
            }
            tokens += u64::div_ceil(length, 3);
        } else if c.is_whitespace() {
            // A space belongs to the word behind it; a run of them is one more.
            let mut run = 1;
            while characters.peek().is_some_and(|c| c.is_whitespace()) {
                characters.next();
                run += 1;
            }
            tokens += u64::from(run > 1 || c == '\n');
        } else if c.is_ascii() {
            // Marks stick together: `":"`, `"},`.
            let mut run = 1;
            while run < 3 && characters.peek().is_some_and(char::is_ascii_punctuation) {
                characters.next();
                run += 1;
            }
            tokens += 1;
        } else {
            let wide = ('\u{3040}'..='\u{9fff}').contains(&c) || ('\u{ac00}'..='\u{d7af}').contains(&c);
            if !wide && characters.peek().is_some_and(|c| !c.is_ascii()) {
                characters.next();
            }
            tokens += 1;
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_digits_and_marks_are_counted() {
        assert_eq!(count("the red house"), 3);
        assert_eq!(count("1234567"), 3);
        assert_eq!(count("{\"a\":\"b\"}"), 5);
        assert_eq!(count(""), 0);
    }
}

//! How many tokens a text has, roughly.
//!
//! Every model cuts text its own way; before a call nobody knows how. Characters per token lie close together within a kind of script, so
//! they are counted by kind: a word of up to seven Latin letters is one token and five letters of a longer one are, three digits are, up to
//! three marks side by side are, two characters of another alphabet are, a Chinese, Japanese or Korean character is; a space belongs to the
//! word behind it. What was measured for a question ([`crate::store::Measured`]) is better than this and takes its place.

/// What a message takes beside its words.
pub const PER_MESSAGE: u64 = 4;

/// The tokens of a text, roughly.
pub fn estimate(text: &str) -> u64 {
    let mut tokens = 0.0;
    let mut word = 0u32;
    let mut marks = 0u32;
    let mut digits = 0u32;
    let mut previous_space = false;
    let of_word = |length: u32| match length {
        0 => 0.0,
        1..=7 => 1.0,
        more => f64::from(more) / 5.0 + 0.4,
    };
    for c in text.chars() {
        let latin = c.is_ascii_alphabetic() || ('\u{c0}'..='\u{24f}').contains(&c);
        if !latin {
            tokens += of_word(std::mem::take(&mut word));
        }
        if !c.is_ascii_digit() {
            tokens += f64::from(std::mem::take(&mut digits).div_ceil(3));
        }
        if !c.is_ascii_punctuation() {
            tokens += f64::from(std::mem::take(&mut marks).div_ceil(3));
        }
        match c {
            _ if latin => word += 1,
            '0'..='9' => digits += 1,
            // A space is a part of the word behind it.
            '\n' => tokens += if previous_space { 0.5 } else { 1.0 },
            c if c.is_whitespace() => tokens += if previous_space { 0.2 } else { 0.0 },
            c if c.is_ascii_punctuation() => marks += 1,
            '\u{3040}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' => tokens += 1.0,
            _ => tokens += 0.5,
        }
        previous_space = c.is_whitespace();
    }
    tokens += of_word(word) + f64::from(digits.div_ceil(3)) + f64::from(marks.div_ceil(3));
    tokens.ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_has_about_four_characters_a_token() {
        let text = "A synthetic dataset that shows how people apply for a post, step by step, in one company.";
        let tokens = estimate(text) as f64;
        assert!((3.5..6.0).contains(&(text.len() as f64 / tokens)), "{tokens}");
    }

    #[test]
    fn scripts_are_told_apart() {
        assert_eq!(estimate(""), 0);
        assert_eq!(estimate("東京都"), 3);
        assert_eq!(estimate("привет!"), 4);
        assert_eq!(estimate("123456"), 2);
    }
}

//! Masks: `#` a digit, `@` a lower-case letter, `^` an upper-case one, `*` a letter or digit, `\` before a character that means itself.

use super::charset::CharSet;
use super::radix::MixedRadix;
use super::{MAX_CHARS, PatternError};
use crate::random::Cell;

const DIGITS: (u32, u32) = ('0' as u32, '9' as u32);
const LOWER: (u32, u32) = ('a' as u32, 'z' as u32);
const UPPER: (u32, u32) = ('A' as u32, 'Z' as u32);

/// The strings of a mask, numbered in the order of their characters.
#[derive(Clone, Debug)]
pub struct Mask {
    radix: MixedRadix,
}

impl Mask {
    /// Reads a mask.
    pub fn new(mask: &str) -> Result<Mask, PatternError> {
        let mut radix = MixedRadix::default();
        let [digit, lower, upper, alnum] = [&[DIGITS][..], &[LOWER], &[UPPER], &[DIGITS, LOWER, UPPER]]
            .map(|ranges| radix.add_set(CharSet::new(ranges.to_vec())));
        let mut chars = mask.chars();
        while let Some(c) = chars.next() {
            match c {
                '#' => radix.push_char(digit),
                '@' => radix.push_char(lower),
                '^' => radix.push_char(upper),
                '*' => radix.push_char(alnum),
                '\\' => match chars.next() {
                    Some(c) => radix.push_text(c),
                    None => {
                        return Err(PatternError::about(
                            mask,
                            "ends with \\, which stands before a character that means itself",
                        ));
                    }
                },
                c => radix.push_text(c),
            }
            if radix.length() as u64 > MAX_CHARS {
                return Err(PatternError::about(mask, &format!("is longer than {MAX_CHARS} characters")));
            }
        }
        Ok(Mask { radix: radix.finish() })
    }

    /// How many strings there are, if a number of 128 bits holds it.
    pub fn count(&self) -> Option<u128> {
        self.radix.count()
    }

    /// Appends the string of this number, which counts modulo the number of strings.
    pub fn unrank(&self, rank: u128, out: &mut String) {
        self.radix.unrank(rank, out);
    }

    /// The number of a string, if it is one of them.
    pub fn rank(&self, text: &str) -> Option<u128> {
        self.radix.rank(text)
    }

    /// Appends a string, each with the same probability.
    pub fn draw(&self, cell: &mut Cell, out: &mut String) {
        self.radix.draw(cell, out);
    }

    /// How many characters each string has.
    pub fn length(&self) -> usize {
        self.radix.length()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seeds;

    fn nth(mask: &Mask, rank: u128) -> String {
        let mut out = String::new();
        mask.unrank(rank, &mut out);
        out
    }

    #[test]
    fn a_mask_numbers_its_strings_in_order() {
        let mask = Mask::new(r"^@-##\#é*").unwrap();
        assert_eq!(mask.count(), Some(26 * 26 * 100 * 62));
        assert_eq!(mask.length(), 8);
        assert_eq!(nth(&mask, 0), "Aa-00#é0");
        assert_eq!(nth(&mask, 61), "Aa-00#éz");
        assert_eq!(nth(&mask, 26 * 26 * 100 * 62 - 1), "Zz-99#éz");
        for rank in (0..26 * 26 * 100 * 62).step_by(777) {
            assert_eq!(mask.rank(&nth(&mask, rank)), Some(rank));
        }
        for text in ["", "Aa-00#é", "Aa-00#é00", "aa-00#é0", "Aa-0x#é0"] {
            assert_eq!(mask.rank(text), None, "{text}");
        }
    }

    #[test]
    fn long_masks_are_counted_up_to_128_bits_and_drawn_beyond() {
        let mask = Mask::new(&"#".repeat(38)).unwrap();
        assert_eq!(mask.count(), Some(10_u128.pow(38)));
        for rank in [0, 1, 10_u128.pow(19), 10_u128.pow(38) - 1, 123_456_789_012_345_678_901_234_567_890] {
            assert_eq!(nth(&mask, rank), format!("{rank:038}"));
            assert_eq!(mask.rank(&nth(&mask, rank)), Some(rank));
        }
        let endless = Mask::new(&"*".repeat(200)).unwrap();
        assert_eq!((endless.count(), nth(&endless, 3).len()), (None, 200));
        assert_eq!(endless.rank(&nth(&endless, 3)), Some(3));
        assert_eq!(endless.rank(&"z".repeat(200)), None);
        let mut out = String::new();
        endless.draw(&mut Seeds::new(1).key("", "", "", 0).cell(0), &mut out);
        assert!(out.len() == 200 && out.bytes().all(|b| b.is_ascii_alphanumeric()));
    }

    #[test]
    fn a_mask_without_choice_has_one_string() {
        let fixed = Mask::new("abc").unwrap();
        assert_eq!((fixed.count(), nth(&fixed, 5), fixed.rank("abc")), (Some(1), "abc".to_owned(), Some(0)));
        assert_eq!((Mask::new("").unwrap().count(), Mask::new("").unwrap().rank("")), (Some(1), Some(0)));
        let error = Mask::new("ab\\").unwrap_err().to_string();
        assert_eq!(error, r#""ab\\" ends with \, which stands before a character that means itself"#);
    }

    #[test]
    fn draws_are_uniform_at_five_sigmas() {
        let (mask, key) = (Mask::new("#@").unwrap(), Seeds::new(2).key("", "", "", 0));
        let mut counts = [0_u32; 260];
        for row in 0..100_000 {
            let mut out = String::new();
            mask.draw(&mut key.cell(row), &mut out);
            counts[mask.rank(&out).unwrap() as usize] += 1;
        }
        let expected = 100_000.0 / 260.0;
        let statistic: f64 = counts.iter().map(|c| (f64::from(*c) - expected).powi(2) / expected).sum();
        assert!((statistic - 259.0).abs() < 5.0 * 518.0_f64.sqrt(), "{statistic}");
    }
}

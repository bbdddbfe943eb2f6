//! Check characters: what follows from the other characters of a number, so that a slip of the pen is found.
//!
//! A payload is the ASCII characters that are checked, left to right. `unwrap_or` stands where a table covers every remainder.

/// How a check character, or a check number of two digits, follows from its payload.
#[derive(Clone, Copy, Debug)]
pub enum Scheme {
    /// Digits doubled in turn, the last one first, sums of digits, to the next ten (ISO/IEC 7812-1 annex B).
    Luhn,
    /// The same over the 36 digits and letters, as India's GSTIN has it.
    Luhn36,
    /// Dihedral group of ten elements (Verhoeff 1969).
    Verhoeff,
    /// A totally anti-symmetric quasigroup of order ten (Damm 2004).
    Damm,
    /// Two digits that make the whole, letters written as 10 to 35, leave 1 when divided by 97 (ISO/IEC 7064, MOD 97-10).
    Mod97,
    /// Hybrid system of ISO/IEC 7064, MOD 11,10.
    Mod11Ten,
    /// The sum of each character's value times its weight; its remainder names the mark.
    Weighted {
        /// One weight for each character of the payload.
        weights: &'static [u32],
        /// The value of a character.
        value: fn(u8) -> u32,
        /// The mark of each remainder; as many as the modulus.
        marks: &'static str,
    },
    /// A number of two digits by a rule of its own.
    Key {
        /// The rule.
        of: fn(&[u8]) -> u32,
        /// The smallest and the largest number that it gives.
        range: (u32, u32),
    },
    /// A character by a rule of its own.
    Mark {
        /// The rule.
        of: fn(&[u8]) -> u8,
        /// All characters that it gives, each once.
        marks: &'static str,
    },
}

impl Scheme {
    /// How many characters the check has.
    pub fn width(&self) -> usize {
        match self {
            Scheme::Mod97 | Scheme::Key { .. } => 2,
            _ => 1,
        }
    }

    /// Appends the check of a payload.
    pub fn write(&self, payload: &[u8], out: &mut Vec<u8>) {
        match self {
            Scheme::Mod97 | Scheme::Key { .. } => {
                let number = match self {
                    Scheme::Key { of, .. } => of(payload),
                    _ => 98 - remainder97(payload.iter().copied().chain(*b"00")),
                };
                out.extend([b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8]);
            }
            _ => out.push(self.mark(payload)),
        }
    }

    fn mark(&self, payload: &[u8]) -> u8 {
        match self {
            Scheme::Luhn => mark36(luhn(payload, 10)),
            Scheme::Luhn36 => mark36(luhn(payload, 36)),
            Scheme::Verhoeff => verhoeff(payload),
            Scheme::Damm => damm(payload),
            Scheme::Mod11Ten => mod_11_10(payload),
            Scheme::Weighted { weights, value, marks } => {
                let sum: u32 = payload.iter().zip(*weights).map(|(byte, weight)| value(*byte) * weight).sum();
                let modulus = marks.len() as u32;
                marks.as_bytes()[(sum % modulus) as usize]
            }
            Scheme::Mark { of, .. } => of(payload),
            Scheme::Mod97 | Scheme::Key { .. } => b'0',
        }
    }

    /// How many other checks could stand in place of the right one, all of them wrong.
    pub fn wrong_count(&self) -> u64 {
        match self {
            // Numbers from 02 to 98: any two of them differ by less than 97.
            Scheme::Mod97 => 96,
            Scheme::Key { range: (low, high), .. } => u64::from(high - low),
            _ => self.alphabet().len() as u64 - 1,
        }
    }

    /// Puts the wrong check of a rank, which is below [`Scheme::wrong_count`], in place of the right one.
    pub fn spoil(&self, check: &mut [u8], rank: u64) {
        let shift = |place: u64, count: u64| (place + 1 + rank) % count;
        let (low, high) = match self {
            Scheme::Mod97 => (2, 98),
            Scheme::Key { range, .. } => *range,
            _ => {
                let alphabet = self.alphabet();
                let place = alphabet.iter().position(|mark| *mark == check[0]).unwrap_or(0);
                check[0] = alphabet[shift(place as u64, alphabet.len() as u64) as usize];
                return;
            }
        };
        let number = u64::from(check[0] - b'0') * 10 + u64::from(check[1] - b'0') - u64::from(low);
        let wrong = u64::from(low) + shift(number, u64::from(high - low + 1));
        check.copy_from_slice(&[b'0' + (wrong / 10) as u8, b'0' + (wrong % 10) as u8]);
    }

    /// The characters that the check can be, each once.
    fn alphabet(&self) -> Vec<u8> {
        let marks = match self {
            Scheme::Luhn36 => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            Scheme::Weighted { marks, .. } | Scheme::Mark { marks, .. } => marks,
            _ => "0123456789",
        };
        let mut alphabet = marks.as_bytes().to_vec();
        alphabet.sort_unstable();
        alphabet.dedup();
        alphabet
    }
}

/// The value of a digit, or of a letter as 10 to 35; 0 for anything else.
pub fn value36(byte: u8) -> u32 {
    char::from(byte).to_digit(36).unwrap_or(0)
}

/// The digit or letter of a value below 36.
pub fn mark36(value: u32) -> u8 {
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(value % 36) as usize]
}

/// The remainder by 97 of characters read as one number, letters written as 10 to 35.
pub fn remainder97(payload: impl IntoIterator<Item = u8>) -> u32 {
    payload.into_iter().fold(0, |rest, byte| match value36(byte) {
        digit @ 0..10 => (rest * 10 + digit) % 97,
        letter => (rest * 100 + letter) % 97,
    })
}

fn luhn(payload: &[u8], base: u32) -> u32 {
    let sum: u32 = payload
        .iter()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let product = value36(*byte) * if place % 2 == 0 { 2 } else { 1 };
            product / base + product % base
        })
        .sum();
    (base - sum % base) % base
}

/// The product of two elements of the dihedral group of ten elements: 0 to 4 are rotations, 5 to 9 reflections.
fn dihedral(a: u32, b: u32) -> u32 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b - 5) % 5,
        (false, true) => 5 + (a - 5 + 5 - b) % 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

fn verhoeff(payload: &[u8]) -> u8 {
    /// The permutation that is applied once more at each place.
    const STEP: [u32; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let check = payload.iter().rev().enumerate().fold(0, |sum, (place, byte)| {
        let permuted = (0..(place + 1) % 8).fold(value36(*byte) % 10, |digit, _| STEP[digit as usize]);
        dihedral(sum, permuted)
    });
    // Its inverse: a rotation's turns back, a reflection's is itself.
    mark36(if check < 5 { (5 - check) % 5 } else { check })
}

fn damm(payload: &[u8]) -> u8 {
    const TABLE: [[u8; 10]; 10] = [
        [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
        [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
        [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
        [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
        [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
        [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
        [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
        [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
        [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
        [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
    ];
    let digit = |byte: &u8| (value36(*byte) % 10) as usize;
    b'0' + payload.iter().fold(0, |state, byte| TABLE[usize::from(state)][digit(byte)])
}

fn mod_11_10(payload: &[u8]) -> u8 {
    let state = payload.iter().fold(10, |state, byte| {
        let sum = (state + value36(*byte)) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    mark36((11 - state) % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(scheme: Scheme, payload: &str) -> String {
        let mut out = Vec::new();
        scheme.write(payload.as_bytes(), &mut out);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn checks_are_those_of_published_examples() {
        // ISO/IEC 7812-1, Verhoeff's and Damm's own examples, GSTIN's specimen, IBAN's (its first four characters at the end), ISO/IEC 7064.
        assert_eq!(check(Scheme::Luhn, "7992739871"), "3");
        assert_eq!(check(Scheme::Verhoeff, "236"), "3");
        assert_eq!(check(Scheme::Damm, "572"), "4");
        assert_eq!(check(Scheme::Luhn36, "27AAPFU0939F1Z"), "V");
        assert_eq!(check(Scheme::Mod97, "WEST12345698765432GB"), "82");
        assert_eq!(check(Scheme::Mod11Ten, "0794"), "5");
        assert_eq!(check(Scheme::Mod11Ten, "8609574271"), "9");
    }

    #[test]
    fn every_spoilt_check_differs_from_the_right_one_and_from_the_others() {
        let weighted = Scheme::Weighted { weights: &[2, 1], value: value36, marks: "00987654321" };
        let key = Scheme::Key { of: |payload| 97 - remainder97(payload.iter().copied()), range: (1, 97) };
        for scheme in [Scheme::Luhn, Scheme::Luhn36, Scheme::Verhoeff, Scheme::Damm, Scheme::Mod97, weighted, key] {
            for payload in ["0", "7", "42", "99"] {
                let right = check(scheme, payload);
                let mut all: Vec<String> = (0..scheme.wrong_count())
                    .map(|rank| {
                        let mut wrong = right.clone().into_bytes();
                        scheme.spoil(&mut wrong, rank);
                        String::from_utf8(wrong).expect("ASCII")
                    })
                    .collect();
                all.push(right);
                let count = all.len();
                all.sort();
                all.dedup();
                assert_eq!(all.len(), count, "{scheme:?} {payload}");
            }
        }
    }

    #[test]
    fn every_single_wrong_digit_is_found() {
        for scheme in [Scheme::Luhn, Scheme::Verhoeff, Scheme::Damm, Scheme::Mod97, Scheme::Mod11Ten] {
            for number in 0..1_000 {
                let payload = format!("{number:03}");
                for place in 0..3 {
                    for digit in b'0'..=b'9' {
                        let mut other = payload.clone().into_bytes();
                        other[place] = digit;
                        let other = String::from_utf8(other).expect("ASCII");
                        assert_eq!(check(scheme, &other) == check(scheme, &payload), other == payload, "{scheme:?}");
                    }
                }
            }
        }
    }
}

//! Numbers with a published shape, as mixed radix: counted, and made from a rank.

/// Consecutive digits of a number.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// How many digits, with leading zeros.
    pub width: usize,
    /// The values allowed, as inclusive ranges in ascending order.
    pub ranges: &'static [(u64, u64)],
}

impl Part {
    /// How many values are allowed.
    pub fn count(&self) -> u64 {
        self.ranges.iter().map(|(low, high)| high - low + 1).sum()
    }

    /// The value at `rank`, which is below [`Part::count`].
    pub fn value(&self, mut rank: u64) -> u64 {
        for (low, high) in self.ranges {
            let count = high - low + 1;
            if rank < count {
                return low + rank;
            }
            rank -= count;
        }
        unreachable!("a rank is below the count")
    }

    /// The rank of an allowed value.
    pub fn rank(&self, value: u64) -> Option<u64> {
        let mut below = 0;
        for (low, high) in self.ranges {
            if (*low..=*high).contains(&value) {
                return Some(below + value - low);
            }
            below += high - low + 1;
        }
        None
    }
}

/// All numbers that consist of these parts, in ascending order. The count fits in 64 bits.
#[derive(Clone, Copy, Debug)]
pub struct NumberSpace {
    /// The parts from left to right.
    pub parts: &'static [Part],
}

impl NumberSpace {
    /// How many numbers there are.
    pub fn count(&self) -> u64 {
        self.parts.iter().map(Part::count).product()
    }

    /// How many digits a number has.
    pub fn width(&self) -> usize {
        self.parts.iter().map(|part| part.width).sum()
    }

    /// Appends the digits of the number at `rank`, which is below [`NumberSpace::count`].
    pub fn write(&self, mut rank: u64, out: &mut String) {
        let mut below = self.count();
        for part in self.parts {
            below /= part.count();
            push_digits(part.value(rank / below), part.width, out);
            rank %= below;
        }
    }

    /// The rank of a number, if it is of this space.
    pub fn rank(&self, digits: &str) -> Option<u64> {
        if digits.len() != self.width() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut rest = digits;
        self.parts.iter().try_fold(0, |rank, part| {
            let (value, after) = rest.split_at(part.width);
            rest = after;
            Some(rank * part.count() + part.rank(value.parse().ok()?)?)
        })
    }
}

/// A document that the state gives to a person.
#[derive(Clone, Copy, Debug)]
pub struct NationalId {
    /// What it is called: `SSN`, `DNI`.
    pub name: &'static str,
    /// The numbers that the state may have issued.
    pub valid: NumberSpace,
    /// Numbers that it cannot have issued, for data that should fail a check.
    pub invalid: NumberSpace,
    /// The printed form, `#` for a digit.
    pub mask: &'static str,
}

impl NationalId {
    /// Appends `digits` in the printed form. Numbers of another length, as invalid ones may have, stay bare.
    pub fn write_printed(&self, digits: &str, out: &mut String) {
        if self.mask.bytes().filter(|byte| *byte == b'#').count() == digits.len() {
            write_masked(self.mask, digits, out);
        } else {
            out.push_str(digits);
        }
    }
}

/// United States: area, group and serial number, by the rules of the Social Security Administration since 2011: no area 000, 666 or
/// 900–999, no group 00, no serial number 0000. The card prints hyphens. Invalid are the areas that are never given.
pub(super) const SOCIAL_SECURITY_NUMBER: NationalId = NationalId {
    name: "SSN",
    valid: NumberSpace {
        parts: &[
            Part { width: 3, ranges: &[(1, 665), (667, 899)] },
            Part { width: 2, ranges: &[(1, 99)] },
            Part { width: 4, ranges: &[(1, 9999)] },
        ],
    },
    invalid: NumberSpace {
        parts: &[
            Part { width: 3, ranges: &[(0, 0), (666, 666)] },
            Part { width: 2, ranges: &[(1, 99)] },
            Part { width: 4, ranges: &[(1, 9999)] },
        ],
    },
    mask: "###-##-####",
};

/// Peru: eight digits, printed bare. The card shows a check character after them; it is no part of the number and is left out of data.
/// Invalid are seven digits, as they come from software that drops the leading zero.
pub(super) const DOCUMENTO_NACIONAL_DE_IDENTIDAD: NationalId = NationalId {
    name: "DNI",
    valid: NumberSpace { parts: &[Part { width: 8, ranges: &[(1, 99_999_999)] }] },
    invalid: NumberSpace { parts: &[Part { width: 7, ranges: &[(1, 9_999_999)] }] },
    mask: "########",
};

/// Appends `mask` with its `#` replaced by the digits in turn.
pub(super) fn write_masked(mask: &str, digits: &str, out: &mut String) {
    let mut digits = digits.chars();
    for c in mask.chars() {
        match c {
            '#' => out.extend(digits.next()),
            other => out.push(other),
        }
    }
}

fn push_digits(value: u64, width: usize, out: &mut String) {
    let mut scale = 10_u64.pow(width.saturating_sub(1) as u32);
    let mut rest = value;
    for _ in 0..width {
        out.push(char::from(b'0' + (rest / scale % 10) as u8));
        rest %= scale;
        scale = (scale / 10).max(1);
    }
}

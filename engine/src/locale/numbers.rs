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
}

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

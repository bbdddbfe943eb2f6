//! The spelling of values as text, the same in CSV and JSON, and written without an allocation or a call of `fmt` for each value.
//!
//! | type | spelling |
//! |---|---|
//! | integer | digits, `-` before a negative number |
//! | decimal | exactly `scale` places, one digit at least before the point: `-0.50` |
//! | float | the shortest digits that read back as the same number, with a point or an exponent: `1.0`, `0.1`, `1e+20`, `5e-324` |
//! | boolean | `true`, `false` |
//! | date | `2024-01-02`; years outside 0 to 9999 with a sign: `+12024-01-02`, `-0044-03-15` |
//! | time | `10:20:30`, `10:20:30.5` |
//! | datetime | `2024-01-02T03:04:05Z`, `2024-01-02T03:04:05.123456Z` |
//! | uuid | `f81d4fae-7dec-11d0-a765-00a0c91e6bf6` |
//! | bytes | lower-case hex |
//!
//! A float that is no number has no spelling in JSON, where it is null; CSV and workbooks say `NaN`, `Infinity`, `-Infinity`.
//!
//! Each function writes at `at` and returns the place after the value. It may write up to [`SLACK`] bytes behind that place, which the next
//! value overwrites: so a short value is one wide store. Invariant: every byte before the returned place has been written.

mod uuid;

use std::mem::MaybeUninit;
use std::sync::LazyLock;

pub(crate) use uuid::uuid;

/// Room for text that is not there yet.
pub(crate) type Room = [MaybeUninit<u8>];

/// Bytes that a function may write behind the value it has written.
pub(crate) const SLACK: usize = 64;

/// The longest integer, `-9223372036854775808`.
pub(crate) const INTEGER_WIDTH: usize = 20;
/// The longest decimal: sign, 38 digits, a point and a zero before it.
pub(crate) const DECIMAL_WIDTH: usize = 41;
/// The longest float, `-2.2250738585072014e-308`.
pub(crate) const FLOAT_WIDTH: usize = 24;
/// The longer truth value.
pub(crate) const BOOLEAN_WIDTH: usize = 5;
/// The longest date: a sign, seven digits of the year, month and day.
pub(crate) const DATE_WIDTH: usize = 14;
/// The longest time of day.
pub(crate) const TIME_WIDTH: usize = 15;
/// The longest datetime.
pub(crate) const DATETIME_WIDTH: usize = DATE_WIDTH + 1 + TIME_WIDTH + 1;
/// A uuid.
pub(crate) const UUID_WIDTH: usize = 36;

const MICROSECONDS_PER_DAY: i64 = 86_400_000_000;
const ASCII_ZEROS: u64 = 0x3030_3030_3030_3030;

/// Writes `bytes` at `at`, of which the caller counts as many as it needs.
#[inline(always)]
pub(crate) fn put<const N: usize>(out: &mut Room, at: usize, bytes: &[u8; N]) {
    let room = &mut out[at..at + N];
    // SAFETY: the room is N bytes long. One store, where a copy of slices may be left as a call.
    unsafe { room.as_mut_ptr().cast::<[u8; N]>().write_unaligned(*bytes) };
}

/// Writes all of `bytes`.
#[inline(always)]
pub(crate) fn put_slice(out: &mut Room, at: usize, bytes: &[u8]) -> usize {
    out[at..at + bytes.len()].write_copy_of_slice(bytes);
    at + bytes.len()
}

/// Bytes of a step in which texts are copied: most have one or two.
pub(crate) const STEP: usize = 32;

/// Writes `source[start..start + length]`, in whole steps where the source goes on far enough.
#[inline(always)]
pub(crate) fn put_part(out: &mut Room, at: usize, source: &[u8], start: usize, length: usize) -> usize {
    let end = start + length;
    if let Some(wide) = source.get(start..end + STEP) {
        let mut done = 0;
        while done < length {
            let step: &[u8; STEP] = wide[done..done + STEP].try_into().expect("a whole step was taken");
            put(out, at + done, step);
            done += STEP;
        }
        at + length
    } else {
        put_slice(out, at, &source[start..end])
    }
}

/// Appends what `write` writes to a vector that is given `bound` bytes of room and the slack.
#[inline(always)]
pub(crate) fn append(out: &mut Vec<u8>, bound: usize, write: impl FnOnce(&mut Room) -> usize) {
    out.reserve(bound + SLACK);
    let length = out.len();
    let written = write(out.spare_capacity_mut());
    assert!(written <= out.capacity() - length, "no function returns a place outside its room");
    // SAFETY: the room has `written` bytes, and by this module's invariant each of them has been written.
    unsafe { out.set_len(length + written) };
}

/// The eight decimal digits of a number below 10^8 as values 0 to 9, the highest in the lowest byte.
#[inline(always)]
fn digits8(value: u32) -> u64 {
    // Lanes are halved three times: 4 + 4 digits, 2 × 4, 1 × 8; x / 100 = x · 10486 >> 20 below 10^4, x / 10 = x · 103 >> 10 below 100.
    let quads = u64::from(value / 10_000) | u64::from(value % 10_000) << 32;
    let hundreds = ((quads * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let pairs = hundreds + ((quads - 100 * hundreds) << 16);
    let tens = ((pairs * 103) >> 10) & 0x000f_000f_000f_000f;
    tens + ((pairs - 10 * tens) << 8)
}

/// A number below 10^8 with as many digits as it needs.
#[inline(always)]
fn short(out: &mut Room, at: usize, value: u32) -> usize {
    let digits = digits8(value);
    let zeros = (digits.trailing_zeros() / 8).min(7);
    put(out, at, &((digits + ASCII_ZEROS) >> (8 * zeros)).to_le_bytes());
    at + 8 - zeros as usize
}

/// The last `count` digits, 0 to 8, of a number below 10^8.
#[inline(always)]
fn padded(out: &mut Room, at: usize, value: u32, count: usize) -> usize {
    let digits = digits8(value) + ASCII_ZEROS;
    // Two shifts, because one of 64 bits would be out of range where no digit is wanted.
    put(out, at, &(digits >> (4 * (8 - count)) >> (4 * (8 - count))).to_le_bytes());
    at + count
}

#[inline(always)]
fn unsigned(out: &mut Room, at: usize, value: u64) -> usize {
    const STEP: u64 = 100_000_000;
    if value < STEP {
        return short(out, at, value as u32);
    }
    let (high, low) = (value / STEP, (value % STEP) as u32);
    if high < STEP {
        let at = short(out, at, high as u32);
        return padded(out, at, low, 8);
    }
    let at = short(out, at, (high / STEP) as u32);
    let at = padded(out, at, (high % STEP) as u32, 8);
    padded(out, at, low, 8)
}

/// A whole number.
#[inline(always)]
pub(crate) fn integer(out: &mut Room, at: usize, value: i64) -> usize {
    put(out, at, b"-");
    unsigned(out, at + usize::from(value < 0), value.unsigned_abs())
}

/// The numbers below 10^4 with a point behind them, whose length stands in the last byte.
static WHOLES: [[u8; 8]; 10_000] = {
    let mut wholes = [[0; 8]; 10_000];
    let mut number = 0;
    while number < wholes.len() {
        let mut digits = 1;
        while number >= 10_usize.pow(digits) {
            digits += 1;
        }
        let length = digits as usize;
        let mut rest = number;
        let mut place = length;
        while place > 0 {
            place -= 1;
            wholes[number][place] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        wholes[number][length] = b'.';
        wholes[number][7] = length as u8 + 1;
        number += 1;
    }
    wholes
};

/// A number of `units` × 10^−`scale`.
#[inline(always)]
pub(crate) fn decimal(out: &mut Room, at: usize, units: i128, scale: u8) -> usize {
    put(out, at, b"-");
    let at = at + usize::from(units < 0);
    let units = units.unsigned_abs();
    let Ok(small) = u64::try_from(units) else { return wide_decimal(out, at, units, scale) };
    // Division by a constant is a multiplication; the places of money are worth a branch each.
    let (whole, fraction) = match scale {
        0 => return unsigned(out, at, small),
        1 => (small / 10, small % 10),
        2 => (small / 100, small % 100),
        3 => (small / 1_000, small % 1_000),
        4 => (small / 10_000, small % 10_000),
        5..=8 => {
            let power = 10_u64.pow(u32::from(scale));
            (small / power, small % power)
        }
        _ => return wide_decimal(out, at, units, scale),
    };
    let at = match WHOLES.get(whole as usize) {
        Some(text) => {
            put(out, at, text);
            at + usize::from(text[7])
        }
        None => {
            let at = unsigned(out, at, whole);
            put(out, at, b".");
            at + 1
        }
    };
    padded(out, at, fraction as u32, usize::from(scale))
}

/// A decimal of any size: its digits are laid out first, the point is put between them afterwards.
#[cold]
fn wide_decimal(out: &mut Room, at: usize, units: u128, scale: u8) -> usize {
    let scale = usize::from(scale);
    let mut digits = [b'0'; 40];
    let mut rest = units;
    let mut start = digits.len();
    while rest > 0 {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let start = start.min(digits.len() - 1 - scale);
    let point = digits.len() - scale;
    let at = put_slice(out, at, &digits[start..point]);
    if scale == 0 {
        return at;
    }
    let at = put_slice(out, at, b".");
    put_slice(out, at, &digits[point..])
}

/// A floating-point number; `None` where it is no number.
#[inline(always)]
pub(crate) fn float(out: &mut Room, at: usize, value: f64) -> Option<usize> {
    value.is_finite().then(|| put_slice(out, at, zmij::Buffer::new().format_finite(value).as_bytes()))
}

/// The word for a float that is no finite number.
pub(crate) fn non_finite(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

/// A truth value.
#[inline(always)]
pub(crate) fn boolean(out: &mut Room, at: usize, value: bool) -> usize {
    put(out, at, if value { b"true\0\0\0\0" } else { b"false\0\0\0" });
    at + 5 - usize::from(value)
}

/// A day, counted from 1970-01-01.
#[inline(always)]
pub(crate) fn date(out: &mut Room, at: usize, days: i32) -> usize {
    let (year, month, day) = civil(i64::from(days));
    if !(0..=9999).contains(&year) {
        return distant_date(out, at, year, month, day);
    }
    let digits = digits8(year as u32 * 10_000 + month * 100 + day) + ASCII_ZEROS;
    let month_on = (digits >> 32 & 0xffff) << 40;
    let dashes = u64::from(b'-') << 32 | u64::from(b'-') << 56;
    put(out, at, &(digits & 0xffff_ffff | month_on | dashes).to_le_bytes());
    put(out, at + 8, &((digits >> 48) as u16).to_le_bytes());
    at + 10
}

/// The spellings of the days of two centuries, made once.
pub(crate) struct Dates(Box<[[u8; 16]]>);

impl Dates {
    /// 1900-01-01.
    const FIRST: i32 = -25_567;
    /// Those up to 2099-12-31.
    const DAYS: i32 = 73_049;

    /// The table.
    pub(crate) fn table() -> &'static Dates {
        static TABLE: LazyLock<Dates> = LazyLock::new(|| {
            let spelled = |day: i32| {
                let mut text = Vec::new();
                append(&mut text, DATE_WIDTH, |out| date(out, 0, Dates::FIRST + day));
                let mut slot = [0; 16];
                slot[..text.len()].copy_from_slice(&text);
                slot
            };
            Dates((0..Dates::DAYS).map(spelled).collect())
        });
        &TABLE
    }

    /// A day, as [`date`] spells it.
    #[inline(always)]
    pub(crate) fn put(&self, out: &mut Room, at: usize, days: i32) -> usize {
        let Some(text) = self.0.get(days.wrapping_sub(Dates::FIRST) as u32 as usize) else {
            return date(out, at, days);
        };
        put(out, at, text);
        at + 10
    }

    /// An instant, as [`datetime`] spells it.
    #[inline(always)]
    pub(crate) fn put_datetime(&self, out: &mut Room, at: usize, microseconds: i64) -> usize {
        let days = microseconds.div_euclid(MICROSECONDS_PER_DAY) as i32;
        let at = self.put(out, at, days);
        time_of_day(out, at, microseconds)
    }
}

/// A date whose year has not four digits: the year is signed, as ISO 8601 has it.
#[cold]
fn distant_date(out: &mut Room, at: usize, year: i64, month: u32, day: u32) -> usize {
    put(out, at, if year < 0 { b"-" } else { b"+" });
    let year = year.unsigned_abs();
    let at = if year < 10_000 { padded(out, at + 1, year as u32, 4) } else { unsigned(out, at + 1, year) };
    put(out, at, b"-");
    let at = padded(out, at + 1, month, 2);
    put(out, at, b"-");
    padded(out, at + 1, day, 2)
}

/// A time of day in microseconds; what is no time of day is taken modulo a day.
#[inline(always)]
pub(crate) fn time(out: &mut Room, at: usize, microseconds: i64) -> usize {
    let microseconds = microseconds.rem_euclid(MICROSECONDS_PER_DAY);
    let seconds = (microseconds / 1_000_000) as u32;
    let fraction = (microseconds % 1_000_000) as u32;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    // The digits are HH0MM0SS, and each 0 becomes a colon.
    let digits = digits8(hour * 1_000_000 + minute * 1_000 + second) + ASCII_ZEROS;
    let colons = 0x0a << 16 | 0x0a << 40;
    put(out, at, &(digits + colons).to_le_bytes());
    let at = at + 8;
    if fraction == 0 {
        return at;
    }
    put(out, at, b".");
    let digits = digits8(fraction) >> 16;
    let zeros = (digits << 16).leading_zeros() / 8;
    put(out, at + 1, &(digits + (ASCII_ZEROS >> 16)).to_le_bytes());
    at + 7 - zeros as usize
}

/// An instant in microseconds since 1970-01-01T00:00:00Z.
#[inline(always)]
pub(crate) fn datetime(out: &mut Room, at: usize, microseconds: i64) -> usize {
    let days = microseconds.div_euclid(MICROSECONDS_PER_DAY) as i32;
    let at = date(out, at, days);
    time_of_day(out, at, microseconds)
}

/// What follows the date in an instant.
#[inline(always)]
fn time_of_day(out: &mut Room, at: usize, microseconds: i64) -> usize {
    put(out, at, b"T");
    let at = time(out, at + 1, microseconds);
    put(out, at, b"Z");
    at + 1
}

/// Year, month and day of a day counted from 1970-01-01, in the proleptic Gregorian calendar.
///
/// Neri and Schneider, *Euclidean affine functions and their application to calendar algorithms*, 2023; days beyond their range of 32 bits
/// are first moved by whole cycles of 400 years.
#[inline(always)]
pub(crate) fn civil(days: i64) -> (i64, u32, u32) {
    const DAYS_PER_CYCLE: i64 = 146_097;
    // 0000-03-01 and 2,000 cycles are put before the day, so that all dates of nine centuries around now are in range.
    let shifted = days + 719_468 + 2_000 * DAYS_PER_CYCLE;
    let (number, cycles) = if (0..1 << 29).contains(&shifted) {
        (shifted as u32, -2_000)
    } else {
        ((shifted.rem_euclid(DAYS_PER_CYCLE)) as u32, shifted.div_euclid(DAYS_PER_CYCLE) - 2_000)
    };
    let first = 4 * number + 3;
    let century = first / 146_097;
    let second = (first % 146_097) | 3;
    let product = 2_939_745 * u64::from(second);
    let year_of_century = (product >> 32) as u32;
    let day_of_year = (product as u32) / 2_939_745 / 4;
    let third = 2_141 * day_of_year + 197_913;
    let (month, day) = (third >> 16, (third & 0xffff) / 2_141 + 1);
    let next_year = u32::from(day_of_year >= 306);
    let year = i64::from(100 * century + year_of_century + next_year) + 400 * cycles;
    (year, month - 12 * next_year, day)
}

/// The day, counted from 1970-01-01, of a date; the inverse of [`civil`].
pub(crate) fn days(year: i64, month: u32, day: u32) -> i64 {
    let year = year - i64::from(month <= 2);
    let cycle = year.div_euclid(400);
    let year_of_cycle = year.rem_euclid(400);
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_cycle = 365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;
    cycle * 146_097 + day_of_cycle - 719_468
}

/// The hex digits of some bytes, two each.
#[inline(always)]
fn hex_digits<const N: usize>(bytes: &[u8; N]) -> [[u8; 2]; N] {
    let digit = |nibble: u8| nibble + b'0' + if nibble > 9 { b'a' - b'9' - 1 } else { 0 };
    bytes.map(|byte| [digit(byte >> 4), digit(byte & 0xf)])
}

/// Bytes as lower-case hex.
pub(crate) fn hex(out: &mut Room, at: usize, bytes: &[u8]) -> usize {
    let (chunks, rest) = bytes.as_chunks::<4>();
    let mut at = at;
    for chunk in chunks {
        for pair in hex_digits(chunk) {
            put(out, at, &pair);
            at += 2;
        }
    }
    for byte in rest {
        put(out, at, &hex_digits(&[*byte])[0]);
        at += 2;
    }
    at
}

#[cfg(test)]
mod tests;

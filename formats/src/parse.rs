//! Values from text: the inverse of [`crate::spell`], and a little more, since files come from others too.
//!
//! Beyond our own spelling are understood: truth values in any case and as databases write them, whole numbers with places that are zeros, a
//! blank for the `T` of a datetime, offsets from UTC, datetimes without an offset (UTC) or without a time (midnight), dates that end in a
//! midnight, times without seconds, upper-case hex, exponents of decimals.
//! Nothing is rounded: a text that a type cannot hold exactly is no value of that type.

use crate::spell::days;

const MICROSECONDS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// A whole number of 64 bits, be it written with places that are zeros or with an exponent, as programs write columns of which some values
/// are missing.
pub(crate) fn integer(text: &str) -> Option<i64> {
    let with_places = || i64::try_from(decimal(text, 19, 0)?).ok();
    text.parse().ok().or_else(with_places)
}

/// The units of a decimal of `precision` digits, `scale` of them after the point.
pub(crate) fn decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let (negative, unsigned) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], unsigned[at + 1..].parse::<i32>().ok().filter(|e| e.abs() < 1_000)?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut units: i128 = 0;
    // Places that are still to come until the digits have the scale; digits beyond them must be zeros.
    let mut places = i64::from(scale) + i64::from(exponent) + whole.len() as i64;
    for digit in whole.bytes().chain(fraction.bytes()) {
        if !digit.is_ascii_digit() {
            return None;
        }
        if places > 0 {
            units = units.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
        } else if digit != b'0' {
            return None;
        }
        places -= 1;
    }
    while places > 0 && units != 0 {
        units = units.checked_mul(10)?;
        places -= 1;
    }
    let limit = 10_i128.checked_pow(u32::from(precision)).unwrap_or(i128::MAX);
    (units < limit).then_some(if negative { -units } else { units })
}

/// A floating-point number, or one of `NaN`, `Infinity`, `-Infinity`.
pub(crate) fn float(text: &str) -> Option<f64> {
    // The standard library's is exact, but takes every prefix of "infinity" and the like that is no number to others.
    let plain = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    if plain {
        return text.parse().ok().filter(|value: &f64| value.is_finite());
    }
    match text.to_ascii_lowercase().as_str() {
        "nan" => Some(f64::NAN),
        "inf" | "+inf" | "infinity" | "+infinity" => Some(f64::INFINITY),
        "-inf" | "-infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// `true` or `false`, in any case, or what databases write for them: `t` and `f`, `yes` and `no`, `y` and `n`, `1` and `0`.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    let is_one_of = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is_one_of(&["true", "t", "yes", "y"]) {
        Some(true)
    } else if is_one_of(&["false", "f", "no", "n"]) {
        Some(false)
    } else {
        // A column of which some values are missing may come as numbers with places.
        integer(text).filter(|number| matches!(number, 0 | 1)).map(|number| number == 1)
    }
}

/// A day, counted from 1970-01-01.
pub(crate) fn date(text: &str) -> Option<i32> {
    let (day, rest) = leading_date(text)?;
    let midnight = rest.is_empty() || datetime(text)?.rem_euclid(SECONDS_PER_DAY * MICROSECONDS_PER_SECOND) == 0;
    midnight.then_some(day)
}

/// A time of day, in microseconds.
pub(crate) fn time(text: &str) -> Option<i64> {
    let (microseconds, rest) = leading_time(text)?;
    rest.is_empty().then_some(microseconds)
}

/// An instant, in microseconds since 1970-01-01T00:00:00Z.
pub(crate) fn datetime(text: &str) -> Option<i64> {
    let (day, rest) = leading_date(text)?;
    // In 128 bits, because the first instants of an i64 lie in a day whose midnight is none.
    let midnight = i128::from(day) * i128::from(SECONDS_PER_DAY * MICROSECONDS_PER_SECOND);
    if rest.is_empty() {
        return i64::try_from(midnight).ok();
    }
    let (time, rest) = leading_time(rest.strip_prefix(['T', 't', ' '])?)?;
    let offset_minutes = match rest {
        "" | "Z" | "z" => 0,
        _ => offset_minutes(rest)?,
    };
    i64::try_from(midnight + i128::from(time - offset_minutes * 60 * MICROSECONDS_PER_SECOND)).ok()
}

/// Sixteen bytes, with the dashes of RFC 9562 or with none.
pub(crate) fn uuid(text: &str) -> Option<[u8; 16]> {
    let text = text.as_bytes();
    let mut bytes = [0; 16];
    let mut at = 0;
    for (index, byte) in bytes.iter_mut().enumerate() {
        if text.len() == 36 && matches!(index, 4 | 6 | 8 | 10) {
            if text.get(at) != Some(&b'-') {
                return None;
            }
            at += 1;
        }
        *byte = hex_byte(*text.get(at)?, *text.get(at + 1)?)?;
        at += 2;
    }
    (at == text.len()).then_some(bytes)
}

/// Bytes from hex, appended to `bytes`, which are of no use where the text is none.
pub(crate) fn hex(text: &str, bytes: &mut Vec<u8>) -> Option<()> {
    let pairs = text.as_bytes().chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    for pair in pairs {
        bytes.push(hex_byte(pair[0], pair[1])?);
    }
    Some(())
}

fn hex_byte(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    Some((digit(high)? << 4 | digit(low)?) as u8)
}

/// A date and what follows it. Years have four digits, or a sign and four to seven.
fn leading_date(text: &str) -> Option<(i32, &str)> {
    let (sign, unsigned) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (0, text),
    };
    let year_digits = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    if !(if sign == 0 { 4..=4 } else { 4..=7 }).contains(&year_digits) {
        return None;
    }
    let year: i64 = unsigned[..year_digits].parse().ok()?;
    let (month, rest) = two_digits(unsigned[year_digits..].strip_prefix('-')?)?;
    let (day, rest) = two_digits(rest.strip_prefix('-')?)?;
    let year = if sign < 0 { -year } else { year };
    if !(1..=12).contains(&month) || day < 1 || day > days_of_month(year, month) {
        return None;
    }
    Some((i32::try_from(days(year, month, day)).ok()?, rest))
}

/// A time of day and what follows it.
fn leading_time(text: &str) -> Option<(i64, &str)> {
    let (hour, rest) = two_digits(text)?;
    let (minute, rest) = two_digits(rest.strip_prefix(':')?)?;
    let (second, rest) = match rest.strip_prefix(':') {
        Some(rest) => two_digits(rest)?,
        None => (0, rest),
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut microseconds = i64::from(hour * 3600 + minute * 60 + second) * MICROSECONDS_PER_SECOND;
    let Some(fraction) = rest.strip_prefix('.') else { return Some((microseconds, rest)) };
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return None;
    }
    let mut unit = MICROSECONDS_PER_SECOND;
    for digit in fraction[..digits].bytes() {
        unit /= 10;
        if unit == 0 && digit != b'0' {
            return None;
        }
        microseconds += i64::from(digit - b'0') * unit;
    }
    Some((microseconds, &fraction[digits..]))
}

/// `+02:00`, `-0530` or `+01` in minutes.
fn offset_minutes(text: &str) -> Option<i64> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let (hours, rest) = two_digits(rest)?;
    let minutes = match rest {
        "" => 0,
        _ => {
            let (minutes, rest) = two_digits(rest.strip_prefix(':').unwrap_or(rest))?;
            rest.is_empty().then_some(minutes)?
        }
    };
    (hours <= 23 && minutes <= 59).then_some(sign * i64::from(hours * 60 + minutes))
}

fn two_digits(text: &str) -> Option<(u32, &str)> {
    match text.as_bytes() {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9', ..] => {
            Some((u32::from(tens - b'0') * 10 + u32::from(ones - b'0'), &text[2..]))
        }
        _ => None,
    }
}

fn days_of_month(year: i64, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_or_nothing() {
        for (text, precision, scale, units) in [
            ("12.34", 10, 2, Some(1234)),
            ("-0.5", 10, 2, Some(-50)),
            ("7", 10, 2, Some(700)),
            (".5", 10, 1, Some(5)),
            ("5.", 10, 1, Some(50)),
            ("12.340", 10, 2, Some(1234)),
            ("12.345", 10, 2, None),
            ("1.2e3", 10, 0, Some(1200)),
            ("1200e-2", 10, 0, Some(12)),
            ("1e-1", 10, 0, None),
            ("0e900", 10, 0, Some(0)),
            ("1e900", 38, 0, None),
            ("99.99", 4, 2, Some(9999)),
            ("100.00", 4, 2, None),
            ("", 4, 2, None),
            (".", 4, 2, None),
            ("-", 4, 2, None),
            ("1,5", 4, 2, None),
            ("0.0000000000000000000000000000000000000000", 4, 2, Some(0)),
        ] {
            assert_eq!(decimal(text, precision, scale), units, "{text}");
        }
    }

    #[test]
    fn whole_numbers_and_truth_values_of_others_are_understood() {
        for (text, value) in [("9.0", 9), ("-12.", -12), ("+7", 7), ("1e3", 1000), ("9223372036854775807.0", i64::MAX)]
        {
            assert_eq!(integer(text), Some(value), "{text}");
        }
        for nonsense in ["9.5", "1e-1", "", ".", "9223372036854775808.0", "0x10", "nan"] {
            assert_eq!(integer(nonsense), None, "{nonsense}");
        }
        for (text, value) in [("TRUE", true), ("t", true), ("1", true), ("1.0", true), ("No", false), ("0", false)] {
            assert_eq!(boolean(text), Some(value), "{text}");
        }
        for nonsense in ["", "2", "truth", "0.5", "-1"] {
            assert_eq!(boolean(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn dates_and_times_of_others_are_understood_and_nonsense_is_not() {
        assert_eq!(date("1970-01-02"), Some(1));
        assert_eq!(date("1970-01-02 00:00:00"), Some(1));
        assert_eq!(date("1970-01-02T00:00:01"), None);
        for nonsense in ["", "soon", "2023-02-29", "2024-13-01", "2024-00-01", "24-01-01", "2024-1-1", "2024-01-01x"] {
            assert_eq!(date(nonsense), None, "{nonsense}");
        }
        assert_eq!(time("10:20"), Some(37_200_000_000));
        assert_eq!(time("10:20:30.1234560"), Some(37_230_123_456));
        for nonsense in ["24:00:00", "10:60", "10:20:61", "10:20:30.", "10:20:30.1234567", "1:20"] {
            assert_eq!(time(nonsense), None, "{nonsense}");
        }
        let noon = Some(43_200_000_000);
        for text in
            ["1970-01-01T12:00:00Z", "1970-01-01 12:00", "1970-01-01T14:00:00+02:00", "1970-01-01T07:30:00-0430"]
        {
            assert_eq!(datetime(text), noon, "{text}");
        }
        assert_eq!(datetime("1970-01-02"), Some(86_400_000_000));
        assert_eq!(datetime("1970-01-01T12:00:00 Z"), None);
        assert_eq!(datetime("1970-01-01T12:00:00+2"), None);
    }

    #[test]
    fn uuids_may_lack_dashes_but_no_digit() {
        let bytes = uuid("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6");
        assert!(bytes.is_some());
        assert_eq!(uuid("f81d4fae7dec11d0a76500a0c91e6bf6"), bytes);
        for nonsense in ["", "f81d4fae-7dec-11d0-a765-00a0c91e6bf", "f81d4fae7-dec-11d0-a765-00a0c91e6bf6", "é"] {
            assert_eq!(uuid(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn floats_need_a_number() {
        assert_eq!(float("1e+20"), Some(1e20));
        assert_eq!(float("-Infinity"), Some(f64::NEG_INFINITY));
        assert!(float("nan").is_some_and(f64::is_nan));
        for nonsense in ["", "e", "1e999", "infinit", "0x10", "1_000"] {
            assert_eq!(float(nonsense), None, "{nonsense}");
        }
    }
}

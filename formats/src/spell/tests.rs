//! Spellings of every kind, beside those of the standard library.

use super::*;

fn spelled(write: impl FnOnce(&mut Room) -> usize) -> String {
    let mut out = Vec::new();
    append(&mut out, 64, write);
    String::from_utf8(out).expect("spellings are ASCII")
}

#[test]
fn integers_are_spelled_as_the_standard_library_spells_them() {
    let mut values = vec![0, 7, -7, i64::MIN, i64::MAX];
    for power in 0..19 {
        let base = 10_i64.pow(power);
        values.extend([base - 1, base, base + 1, -base, base * 7 + 3]);
    }
    for value in values {
        assert_eq!(spelled(|out| integer(out, 0, value)), value.to_string());
    }
}

#[test]
fn decimals_have_exactly_their_places() {
    for (units, scale, text) in [
        (0, 2, "0.00"),
        (-50, 2, "-0.50"),
        (123_456, 2, "1234.56"),
        (123_456, 0, "123456"),
        (1, 8, "0.00000001"),
        (-1, 9, "-0.000000001"),
        (99_999_999_999_999_999_999_999_999_999_999_999_999, 38, "0.99999999999999999999999999999999999999"),
        (-99_999_999_999_999_999_999_999_999_999_999_999_999, 0, "-99999999999999999999999999999999999999"),
        (i128::from(u64::MAX) + 1, 4, "1844674407370955.1616"),
        (i128::from(i64::MAX), 1, "922337203685477580.7"),
    ] {
        assert_eq!(spelled(|out| decimal(out, 0, units, scale)), text);
    }
}

#[test]
fn money_has_its_digits_up_to_the_table_and_beyond() {
    for whole in (0..10_100).chain([99_999, 1_000_000]) {
        for cents in [0, 7, 70, 99] {
            assert_eq!(spelled(|out| decimal(out, 0, -whole * 100 - cents, 2)), {
                let sign = if whole + cents > 0 { "-" } else { "" };
                format!("{sign}{whole}.{cents:02}")
            });
        }
    }
}

#[test]
fn floats_are_shortest_and_read_back() {
    for (value, text) in
        [(1.0, "1.0"), (0.1, "0.1"), (-0.0, "-0.0"), (1e20, "1e+20"), (5e-324, "5e-324"), (1.5e300, "1.5e+300")]
    {
        assert_eq!(spelled(|out| float(out, 0, value).expect("finite")), text);
        assert_eq!(text.parse::<f64>().map(f64::to_bits), Ok(value.to_bits()));
    }
}

#[test]
fn every_day_of_ten_thousand_years_goes_there_and_back() {
    let (mut year, mut month, mut day) = (-1, 12, 31);
    for number in days(-1, 12, 31)..=days(10_000, 1, 1) {
        assert_eq!((civil(number), days(year, month, day)), ((year, month, day), number));
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month as usize - 1];
        day += 1;
        if day > length {
            (day, month) = (1, month + 1);
        }
        if month > 12 {
            (month, year) = (1, year + 1);
        }
    }
    let (dates, day_before) = (Dates::table(), Dates::FIRST - 1);
    for number in (day_before..=Dates::FIRST + Dates::DAYS).chain([i32::MIN, i32::MAX]) {
        assert_eq!(spelled(|out| dates.put(out, 0, number)), spelled(|out| date(out, 0, number)));
    }
    for number in [i64::from(i32::MIN), i64::from(i32::MAX), 200_000_000, -300_000_000] {
        let (year, month, day) = civil(number);
        assert_eq!(days(year, month, day), number);
    }
}

#[test]
fn dates_times_and_datetimes_follow_iso_8601() {
    let day = |year, month, day| i32::try_from(days(year, month, day)).expect("in range");
    assert_eq!(spelled(|out| date(out, 0, day(2024, 1, 2))), "2024-01-02");
    assert_eq!(spelled(|out| date(out, 0, day(0, 12, 31))), "0000-12-31");
    assert_eq!(spelled(|out| date(out, 0, day(9999, 12, 31))), "9999-12-31");
    assert_eq!(spelled(|out| date(out, 0, day(10_000, 1, 1))), "+10000-01-01");
    assert_eq!(spelled(|out| date(out, 0, day(-44, 3, 15))), "-0044-03-15");
    assert_eq!(spelled(|out| date(out, 0, i32::MAX)), "+5881580-07-11");
    assert_eq!(spelled(|out| time(out, 0, 0)), "00:00:00");
    assert_eq!(spelled(|out| time(out, 0, 37_230_500_000)), "10:20:30.5");
    assert_eq!(spelled(|out| time(out, 0, MICROSECONDS_PER_DAY - 1)), "23:59:59.999999");
    assert_eq!(spelled(|out| time(out, 0, 1)), "00:00:00.000001");
    assert_eq!(spelled(|out| datetime(out, 0, 1_704_164_645_123_456)), "2024-01-02T03:04:05.123456Z");
    assert_eq!(spelled(|out| datetime(out, 0, -1)), "1969-12-31T23:59:59.999999Z");
    assert_eq!(spelled(|out| datetime(out, 0, i64::MAX)), "+294247-01-10T04:00:54.775807Z");
    assert_eq!(spelled(|out| datetime(out, 0, i64::MIN)), "-290308-12-21T19:59:05.224192Z");
}

#[test]
fn uuids_and_bytes_are_lower_case_hex() {
    let bytes: [u8; 16] =
        [0xf8, 0x1d, 0x4f, 0xae, 0x7d, 0xec, 0x11, 0xd0, 0xa7, 0x65, 0x00, 0xa0, 0xc9, 0x1e, 0x6b, 0xf6];
    assert_eq!(spelled(|out| uuid(out, 0, &bytes)), "f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
    assert_eq!(spelled(|out| hex(out, 0, &bytes[..7])), "f81d4fae7dec11");
    assert_eq!(spelled(|out| hex(out, 0, &[])), "");
    for byte in 0..=255 {
        assert_eq!(spelled(|out| hex(out, 0, &[byte])), format!("{byte:02x}"));
    }
}

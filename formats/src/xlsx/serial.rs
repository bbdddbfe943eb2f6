//! Excel's count of days, in which 1 is 1900-01-01 and a time of day is a fraction.

const MICROSECONDS_PER_DAY: i64 = 86_400_000_000;

/// The number of 1970-01-01.
const EPOCH: i64 = 25_569;

/// 1900-03-01. Excel believes in a 29th of February before it, so that earlier numbers mean another day to others.
const FIRST: i64 = 61;

/// 9999-12-31.
const LAST: i64 = 2_958_465;

/// The number of a day counted from 1970-01-01, where Excel has one.
pub(super) fn of_date(days: i32) -> Option<f64> {
    let serial = i64::from(days) + EPOCH;
    (FIRST..=LAST).contains(&serial).then_some(serial as f64)
}

/// The number of an instant, where Excel has one that leads back to it.
pub(super) fn of_datetime(microseconds: i64) -> Option<f64> {
    let day = of_date(i32::try_from(microseconds.div_euclid(MICROSECONDS_PER_DAY)).ok()?)?;
    let serial = day + of_time(microseconds.rem_euclid(MICROSECONDS_PER_DAY));
    (to_datetime(serial) == Some(microseconds)).then_some(serial)
}

/// The number of a time of day.
pub(super) fn of_time(microseconds: i64) -> f64 {
    microseconds.rem_euclid(MICROSECONDS_PER_DAY) as f64 / MICROSECONDS_PER_DAY as f64
}

/// The instant, in microseconds since 1970-01-01T00:00:00Z, that is next to a number.
pub(super) fn to_datetime(serial: f64) -> Option<i64> {
    if !(0.0..=(LAST + 1) as f64).contains(&serial) {
        return None;
    }
    // Days and fraction apart, since their product with a day's microseconds would be rounded.
    let day = serial.floor();
    let fraction = ((serial - day) * MICROSECONDS_PER_DAY as f64).round() as i64;
    Some((day as i64 - EPOCH) * MICROSECONDS_PER_DAY + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_of_excel_lead_back_and_others_have_no_number() {
        assert_eq!(of_datetime(1_704_164_645_123_456).and_then(to_datetime), Some(1_704_164_645_123_456));
        assert_eq!(of_datetime(0), Some(25_569.0));
        assert_eq!(of_date(19_724), Some(45_293.0));
        assert_eq!(of_date(-25_509), None);
        assert_eq!(of_date(2_932_897), None);
        assert_eq!(of_datetime(i64::MIN), None);
        // Near the year 10000 Excel's steps are of 40 microseconds.
        assert_eq!(of_datetime(253_402_300_799_999_999), None);
        assert_eq!(to_datetime(f64::NAN), None);
    }
}

//! How long to wait before a request is sent again.

use std::time::Duration;

use jiff::Timestamp;

/// As long as a server may ask to wait: what is longer is as good as for ever.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How long a server asks to wait, at most a year: seconds, or the date after which to come again. None where it says neither.
pub fn retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse::<f64>() {
        return Some(Duration::try_from_secs_f64(seconds.max(0.0)).map_or(LONGEST, |wait| wait.min(LONGEST)));
    }
    let date = jiff::fmt::rfc2822::parse(header).ok()?.timestamp();
    Some(Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO).min(LONGEST))
}

/// The pause after the `failed`th attempt, counted from 1: twice as long each time, at most `longest`, somewhere in its upper half, so that
/// those who failed together do not come again together.
pub fn pause(backoff: Duration, failed: u32, longest: Duration) -> Duration {
    let doubled = backoff.saturating_mul(1 << failed.saturating_sub(1).min(16)).min(longest);
    let chance = getrandom::u32().unwrap_or(u32::MAX / 2);
    doubled.mul_f64(0.5 + 0.5 * f64::from(chance) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_retry_after_are_read() {
        let now: Timestamp = "2026-11-29T12:00:00Z".parse().expect("an instant");
        for (header, seconds) in [
            ("3", Some(3)),
            (" 0 ", Some(0)),
            ("-5", Some(0)),
            ("Sun, 29 Nov 2026 12:00:30 GMT", Some(30)),
            ("Sun, 29 Nov 2026 11:00:00 GMT", Some(0)),
            ("soon", None),
            ("NaN", Some(0)),
            ("1e30", Some(365 * 24 * 60 * 60)),
            ("1e400", Some(365 * 24 * 60 * 60)),
            ("inf", Some(365 * 24 * 60 * 60)),
        ] {
            assert_eq!(retry_after(header, now), seconds.map(Duration::from_secs), "{header}");
        }
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let (backoff, longest) = (Duration::from_millis(100), Duration::from_secs(1));
        for (failed, most) in [(1, 100), (2, 200), (3, 400), (4, 800), (5, 1000), (60, 1000)] {
            let pause = pause(backoff, failed, longest).as_millis();
            assert!((most / 2..=most).contains(&pause), "{failed}: {pause}");
        }
    }
}

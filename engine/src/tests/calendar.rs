//! Dates and times that follow the calendar: hours of the week, working days, ages.

use super::memory::columns;
use super::plan;

#[test]
fn instants_follow_their_profile_on_the_clock_of_their_zone() {
    let plan = plan(
        "{name: d, tables: [{name: t, rows: 20000, columns: [{name: lima, generator: {type: datetime, start: 2024-01-01, \
         end: 2024-12-29, profile: business_hours, tz: America/Lima}}, {name: day, generator: {type: datetime, start: 2024-01-01, \
         end: 2024-12-29, profile: diurnal}}, {name: week, generator: {type: event_times, process: cyclic, rate: 11.904762, \
         profile: business_hours}}]}]}",
    );
    let columns = columns(&plan, "t");
    let share = |column: &str, hours: std::ops::Range<u32>| {
        let hour = |text: &str| text[11..13].parse::<u32>().expect("an hour");
        columns[column].iter().filter(|text| hours.contains(&hour(text))).count() as f64 / 20_000.0
    };
    // 405 of 452.2 parts lie in the hours from 8 to 18 of a working day, and 8 of the outside's in those of a weekend; Lima is five hours behind.
    assert!((share("lima", 13..23) - 0.913).abs() < 5.0 * 0.0025, "{}", share("lima", 13..23));
    assert!((share("day", 0..6) - 0.0611).abs() < 5.0 * 0.002, "{}", share("day", 0..6));
    assert!((share("week", 8..18) - 0.913).abs() < 5.0 * 0.0025, "{}", share("week", 8..18));
}

#[test]
fn business_days_are_working_days_and_ages_are_those_of_the_reference_time() {
    let plan = plan(
        "{name: d, reference_time: 2026-03-01T00:00:00Z, tables: [{name: t, rows: 5000, columns: [\
         {name: a, generator: {type: date, start: 1990-01-01, end: 2020-12-31}}, \
         {name: b, generator: {type: date_offset, from: a, min: 0, max: 9, business_days: true}}, \
         {name: age, generator: {type: age_from, column: a}}]}]}",
    );
    let columns = columns(&plan, "t");
    let day = |text: &str| i64::from(crate::schema::parse_date(text).expect("a date"));
    let mut most = 0;
    for ((a, b), age) in columns["a"].iter().zip(&columns["b"]).zip(&columns["age"]) {
        let (from, to) = (day(a), day(b));
        assert!((to + 3).rem_euclid(7) < 5 && to >= from, "{a} {b}");
        most = most.max(to - from);
        let years: i64 = 2026 - a[..4].parse::<i64>().expect("a year") - i64::from(&a[5..] > "03-01");
        assert_eq!(*age, years.to_string(), "{a}");
    }
    // Nine business days from a Saturday end on a Friday.
    assert_eq!(most, 13);
}

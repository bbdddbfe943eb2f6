//! `no_overlap`: intervals apart in groups of every kind, dense ones too, ranges alone the same, and groups without room refused.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::cases::{holds, problems};
use super::rules::held;
use super::{all_rows, plan, rows_of};

/// Rooms and their bookings: how rooms get bookings, the columns of a booking beside its keys, and its rules.
fn rooms(rooms: u64, key: &str, rows: &str, columns: &str, rules: &str) -> String {
    format!(
        "name: d
random_seed: 11
tables:
  - name: room
    rows: {rooms}
    primary_key: [id]
    columns: [{{ name: id, generator: {{ type: sequence }} }}]
  - name: booking
{rows}    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: room }}
{columns}    foreign_keys: [{{ name: room, columns: [room], references: {{ table: room, columns: [id] }}, {key} }}]
    rules:
{rules}"
    )
}

const DAYS: &str = "      - { name: begins, generator: { type: date, start: 2024-01-01, end: 2024-12-31 } }
      - { name: ends, generator: { type: date_offset, from: begins, min: 2, max: 9 } }
";

const RULE: &str = "      - { id: apart, kind: no_overlap, per: [room], start: begins, end: ends }\n";

/// Starts and ends by room, in days.
fn intervals(schema: &str) -> BTreeMap<String, Vec<(i32, i32)>> {
    let day = |text: &str| crate::schema::parse_date(text).expect("a date");
    let mut groups: BTreeMap<String, Vec<(i32, i32)>> = BTreeMap::new();
    for row in all_rows(&plan(schema), "booking") {
        let cells: Vec<&str> = row.split('|').collect();
        groups.entry(cells[1].to_owned()).or_default().push((day(cells[2]), day(cells[3])));
    }
    groups
}

#[test]
fn the_children_of_a_parent_do_not_overlap_however_dense_they_are() {
    // 60 to 120 intervals of two to nine days in a year: up to two thirds of it even where all are of two days.
    let schema = rooms(40, "children: { min: 60, max: 120, mean: 90 }", "", DAYS, RULE);
    holds(&schema);
    assert_eq!(held(&schema, "apart"), "by_construction");
    let mut lengths = BTreeMap::new();
    for group in intervals(&schema).into_values() {
        for pair in group.windows(2) {
            assert!(pair[0].1 <= pair[1].0 && pair[0].1 >= pair[0].0 + 2, "{pair:?}");
            *lengths.entry(pair[0].1 - pair[0].0).or_insert(0) += 1;
        }
    }
    assert!(lengths.len() == 8, "{lengths:?}");
    // Where there is room, starts are as evenly spread as they would be alone: 12 months of 1,200 starts, four standard deviations.
    let sparse = rooms(600, "children: { min: 1, max: 3, mean: 2 }", "", DAYS, RULE);
    holds(&sparse);
    let mut months = BTreeMap::new();
    for (start, _) in intervals(&sparse).into_values().flatten() {
        *months.entry((start - 19_723) * 12 / 366).or_insert(0) += 1;
    }
    assert!(months.values().all(|count| (60..=140).contains(count)), "{months:?}");
}

#[test]
fn starts_keep_to_what_their_group_allows() {
    let opened = |schema: String| {
        schema.replace(
            "columns: [{ name: id, generator: { type: sequence } }]",
            "columns: [{ name: id, generator: { type: sequence } }, { name: opened, generator: { type: date, start: 2024-01-01, end: 2024-09-30 } }, { name: closes, null_rate: 0.3, generator: { type: date, start: 2024-11-20, end: 2025-02-01 } }]",
        )
    };
    let children = |min: u64, max: u64| format!("children: {{ min: {min}, max: {max} }}");
    let rules = format!(
        "{RULE}      - {{ id: open, kind: check, sql: \"begins > room.opened AND begins <= room.closes\" }}
      - {{ id: late, kind: implies, if: \"room.opened > DATE '2024-08-31'\", then: \"begins >= DATE '2024-10-15'\" }}
"
    );
    // Dense groups too: 12 starts of two days and more in 36 days.
    for (key, rows) in [(children(2, 12), ""), ("pick: uniform".to_owned(), "    rows: 400\n")] {
        let schema = opened(rooms(200, &key, rows, DAYS, &rules));
        holds(&schema);
        assert_eq!(held(&schema, "open"), "projected");
    }
    // Starts spread over what is left: those of rooms that opened late come later.
    let plain = opened(rooms(400, &children(1, 3), "", DAYS, &rules));
    assert!(intervals(&plain).into_values().flatten().all(|(start, end)| end >= start + 2));
    let found = problems(&opened(rooms(200, &children(2, 30), "", DAYS, &rules)));
    assert!(
        found[0].contains("in one group, whose starts lie") && found[0].contains("and begins spreads over"),
        "{found:?}"
    );
    // What leaves a group no start contradicts itself, whatever is kept apart.
    let found = problems(&opened(rooms(200, &children(2, 3), "", DAYS, &rules.replace("10-15", "12-15"))));
    assert!(found.len() == 1 && found[0].contains("open and late cannot be held together"), "{found:?}");
    // Constants are the bounds of every group.
    let within = format!("{RULE}      - {{ id: c, kind: check, sql: \"begins >= DATE '2024-03-01'\" }}\n");
    holds(&rooms(50, &children(2, 12), "", DAYS, &within));
}

#[test]
fn groups_that_rows_pick_do_not_overlap_either() {
    let picked = |pick: &str| rooms(25, pick, "    rows: 2500\n", DAYS, RULE);
    for pick in ["pick: uniform", "pick: round_robin"] {
        holds(&picked(pick));
    }
    let zipf = rooms(25, "pick: zipf", "    rows: 500\n", DAYS, RULE);
    holds(&zipf);
    // A column that chooses, two columns, hours and numbers, nulls and a condition.
    holds(&rooms(
        5,
        "pick: uniform, null_rate: 0.1",
        "    rows: 2000\n",
        "      - { name: floor, generator: { type: choice, values: [a, b, c], weights: [5, 3, 1] } }
      - { name: begins, null_rate: 0.1, generator: { type: datetime, start: 2024-01-01, end: 2024-12-31 } }
      - { name: ends, generator: { type: date_offset, from: begins, min: 1, max: 8, unit: hour } }
      - { name: low, generator: { type: integer, min: 0, max: 100000 } }
      - { name: high, null_when: \"floor = 'c'\", generator: { type: integer, min: { sql: low }, max: 100200 } }
",
        "      - { id: apart, kind: no_overlap, per: [room, floor], start: begins, end: ends }
      - { id: numbers, kind: no_overlap, per: [floor], start: low, end: high, when: \"room IS NOT NULL\" }
      - { id: longer, kind: check, sql: \"begins < ends\" }
",
    ));
}

#[test]
fn groups_without_room_are_refused_with_their_numbers() {
    let first = |schema: &str| problems(schema).into_iter().next().unwrap_or_default();
    let found = first(&rooms(3, "children: { min: 10, max: 200, total: 600 }", "", DAYS, RULE));
    assert!(
        found.starts_with("tables[1].rules[0]: apart has 200 intervals of at least 2 days in one group, whose starts lie 398 days apart, and begins spreads over 365 days"),
        "{found}"
    );
    let found = first(&rooms(2, "pick: uniform", "    rows: 600\n", DAYS, RULE));
    assert!(found.contains(" intervals of at least 2 days in one group, whose starts lie "), "{found}");
    let of = |columns: &str, rule: &str| first(&rooms(3, "children: { min: 1, max: 3 }", "", columns, rule));
    let loose = DAYS
        .replace("from: begins, min: 2", "from: id, min: 2")
        .replace("date_offset, from: id, min: 2, max: 9", "expression, sql: \"add_days(DATE '2024-06-01', id)\"");
    assert!(
        of(&loose, RULE).starts_with("tables[1].columns[3].generator: apart needs an ends that is never before begins; give ends the generator {type: date_offset, from: begins, min: 0}"),
        "{}",
        of(&loose, RULE)
    );
    let weekdays = DAYS.replace("end: 2024-12-31 }", "end: { sql: \"add_days(DATE '2024-06-01', id)\" } }");
    assert!(
        of(&weekdays, RULE).starts_with(
            "tables[1].rules[0].start: apart needs starts that lie between two constants, and date makes begins"
        ),
        "{}",
        of(&weekdays, RULE)
    );
    let twice = format!("{RULE}      - {{ id: again, kind: no_overlap, per: [room], start: begins, end: ends }}\n");
    assert!(
        of(DAYS, &twice).starts_with("tables[1].rules[1].start: begins is owned by both again and apart"),
        "{}",
        of(DAYS, &twice)
    );
    let forced =
        format!("{RULE}      - {{ id: fixed, kind: implies, if: \"id = 3\", then: \"begins = DATE '2024-05-05'\" }}\n");
    assert!(
        of(DAYS, &forced).contains("apart places begins, which another rule sets row by row"),
        "{}",
        of(DAYS, &forced)
    );
    let counted =
        format!("{RULE}      - {{ id: early, kind: statistic, column: begins, fn: mean, equals: 2024-04-01 }}\n");
    assert!(of(DAYS, &counted).contains("begins is owned by both early and apart"), "{}", of(DAYS, &counted));
    let unknown = RULE.replace("per: [room]", "per: [hall]");
    assert!(
        of(DAYS, &unknown).starts_with("tables[1].rules[0].per[0]: table booking has no column \"hall\""),
        "{}",
        of(DAYS, &unknown)
    );
}

proptest! {
    #[test]
    fn ranges_alone_are_the_same(parents in 1_u64..400, most in 1_u64..40, start in 0_u64..9_000, picked in any::<bool>()) {
        let schema = match picked {
            false => rooms(parents, &format!("children: {{ min: 0, max: {most} }}"), "", DAYS, RULE),
            true => rooms(parents, "pick: uniform", &format!("    rows: {}\n", parents * 20), DAYS, RULE),
        };
        let plan = plan(&schema);
        let whole = all_rows(&plan, "booking");
        let rows = whole.len() as u64;
        let (start, end) = (start.min(rows), (start + 100).min(rows));
        let alone = super::plan(&schema);
        let part = crate::run::batch(&alone, 1, start..end.max(start)).expect("rows");
        prop_assert_eq!(rows_of(&part), &whole[start as usize..end.max(start) as usize]);
    }
}

#[test]
fn rows_that_the_rule_does_not_speak_of_stand_as_they_like() {
    let columns = format!(
        "{DAYS}      - {{ name: kind, generator: {{ type: choice, values: [own, lent], weights: [1, 9] }} }}\n"
    );
    let when = RULE.replace(" }\n", ", when: \"kind = 'own'\" }\n");
    // 200 in a year would have no room, a tenth of them has.
    let dense = rooms(3, "children: { min: 10, max: 200, total: 450 }", "", &columns, &when);
    holds(&dense);
    let mut overlaps = 0;
    for row in intervals(&dense).into_values() {
        let mut sorted = row;
        sorted.sort_unstable();
        overlaps += sorted.windows(2).filter(|pair| pair[1].0 < pair[0].1).count();
    }
    assert!(overlaps > 100, "{overlaps}");
    holds(&rooms(3, "pick: uniform", "    rows: 450\n", &columns, &when));
    // Too many of those of which it speaks are still refused.
    let first = |schema: &str| problems(schema).into_iter().next().unwrap_or_default();
    let full = dense
        .replace("weights: [1, 9]", "weights: [9999, 1]")
        .replace("min: 10, max: 200, total: 450", "min: 200, max: 200");
    assert!(first(&full).contains(" intervals of at least 2 days in one group"), "{}", first(&full));
    // A condition that reads what the rule places keeps all rows apart.
    let own = RULE.replace(" }\n", ", when: \"begins > '2024-02-01'\" }\n");
    holds(&rooms(4, "children: { min: 1, max: 60, mean: 30 }", "", DAYS, &own));
}

#[test]
fn intervals_keep_the_least_length_that_another_rule_asks_for() {
    for (ends, rule) in [
        ("start: 2000-01-01, end: 2024-12-31 } }", "e - b >= 2"),
        ("start: 2000-01-01, end: 2024-12-31 } }", "b <= e - INTERVAL '2 days'"),
        ("start: 2000-01-01, end: 2024-12-31 } }", "e > b + 1"),
    ] {
        let schema = format!(
            "name: d
random_seed: 7
tables:
  - name: t
    rows: 1000
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: room, generator: {{ type: integer, min: 1, max: 20 }} }}
      - {{ name: b, generator: {{ type: date, {ends}
      - {{ name: e, generator: {{ type: date_offset, from: b, min: 0, max: 9 }} }}
    rules:
      - {{ id: free, kind: no_overlap, per: [room], start: b, end: e }}
      - {{ id: long, kind: check, sql: \"{rule}\" }}
"
        );
        holds(&schema);
    }
}

#[test]
fn ends_that_are_drawn_by_themselves_begin_at_their_starts() {
    let free = |ends: &str, rules: &str| {
        let columns = format!(
            "      - {{ name: begins, generator: {{ type: date, start: 2024-01-01, end: 2024-12-31 }} }}
      - {{ name: ends, generator: {{ type: date, {ends} }} }}\n"
        );
        rooms(6, "pick: uniform", "    rows: 90\n", &columns, &format!("{RULE}{rules}"))
    };
    let ordered = |more: &str| format!("      - {{ id: ascends, kind: order, columns: [begins, ends]{more} }}\n");
    for ends in [
        "start: 2024-01-01, end: 2024-12-31",
        "start: 2023-06-01, end: 2024-09-30",
        "start: 2024-03-01, end: 2025-03-01",
    ] {
        for rules in [String::new(), ordered(""), ordered(", strict: true"), ordered(", gap: { min: 1d, max: 30d }")] {
            let schema = free(ends, &rules);
            holds(&schema);
            for mut group in intervals(&schema).into_values() {
                group.sort_unstable();
                assert!(group.iter().all(|(start, end)| start <= end));
                assert!(group.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{ends} {rules}");
            }
        }
    }
}

#[test]
fn starts_that_are_kept_apart_are_unique_in_their_groups() {
    let unique = "      - { id: once, kind: unique, columns: [begins, room] }\n";
    for columns in [
        DAYS.to_owned(),
        "      - { name: begins, generator: { type: datetime, start: 2024-01-01, end: 2024-12-31 } }
      - { name: ends, generator: { type: datetime, start: 2024-01-01, end: 2025-01-31 } }
"
        .to_owned(),
    ] {
        let behind = "      - { id: behind, kind: order, columns: [begins, ends], gap: { min: 1d } }\n";
        let behind = if columns == DAYS { "" } else { behind };
        let schema = rooms(9, "children: { min: 3, max: 8 }", "", &columns, &format!("{RULE}{behind}{unique}"));
        holds(&schema);
        assert_eq!(held(&schema, "once"), "by_construction");
    }
    // Intervals that may take no time may begin where others do.
    let points = DAYS.replace("min: 2, max: 9", "min: 0, max: 9");
    let schema = rooms(9, "children: { min: 3, max: 8 }", "", &points, &format!("{RULE}{unique}"));
    let told = problems(&schema).join("\n");
    assert!(told.contains("apart") && told.contains("once"), "{told}");
}

//! `share` and `count`: exact, the same for any range, or refused with the rules and their numbers.

use proptest::prelude::*;

use super::cases::{holds, problems};
use super::rules::{counts, held, table};
use super::{all_rows, plan, rows_of};

/// Candidates of one company: those of new posts in exact shares by unit, employees by contract in exact numbers, each with a least seniority.
fn hiring(candidates: u64) -> String {
    format!(
        "name: hiring
random_seed: 20260101
tables:
  - name: post
    rows: 12
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: is_new, generator: {{ type: boolean, true_rate: 0.5 }} }}
  - name: candidate
    rows: {candidates}
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: post_id }}
      - {{ name: unit, generator: {{ type: choice, values: [BPO, BI Factory, Head office], weights: [2, 1, 1] }} }}
      - {{ name: status, generator: {{ type: choice, values: [new, employee] }} }}
      - {{ name: contract, null_when: \"status = 'new'\" }}
      - {{ name: months, null_when: \"status = 'new'\", generator: {{ type: integer, min: 0, max: 240 }} }}
    foreign_keys:
      - {{ name: post, columns: [post_id], references: {{ table: post, columns: [id] }} }}
    rules:
      - {{ id: new-posts, kind: share, when: post.is_new, column: unit, shares: {{ BPO: 0.8, BI Factory: 0.2 }} }}
      - {{ id: new-ones, kind: count, where: \"status = 'new'\", exactly: 50 }}
      - {{ id: contracts, kind: share, when: \"status = 'employee'\", column: contract, counts: {{ temporary: 30, fixed-term: 50, permanent: 50 }} }}
      - {{ id: fixed-term, kind: implies, if: \"contract = 'fixed-term'\", then: \"months >= 6\" }}
      - {{ id: permanent, kind: implies, if: \"contract = 'permanent'\", then: \"months >= 36\" }}
"
    )
}

#[test]
fn the_hiring_case_holds_to_the_row() {
    let schema = hiring(180);
    holds(&schema);
    for rule in ["new-posts", "new-ones", "contracts"] {
        assert_eq!(held(&schema, rule), "by_construction");
    }
    let plan = plan(&schema);
    let note =
        |rule: &str| plan.report().rules.iter().find(|report| report.id == rule).map(|report| report.note.clone());
    assert_eq!(
        note("contracts").as_deref(),
        Some("temporary = 30, fixed-term = 50, permanent = 50 in the 130 rows where status = 'employee'")
    );
    assert_eq!(note("new-ones").as_deref(), Some("new = 50 in all 180 rows"));
    let contracts = counts(&schema, "candidate", &[3, 4]);
    let expected = [("employee|fixed-term", 50), ("employee|permanent", 50), ("employee|temporary", 30), ("new|", 50)];
    assert_eq!(contracts.iter().map(|(key, count)| (key.as_str(), *count)).collect::<Vec<_>>(), expected);
    // The units of other posts are those of the generator.
    assert_eq!(counts(&schema, "candidate", &[2]).len(), 3);
}

#[test]
fn numbers_that_cannot_be_are_refused_with_their_rules() {
    assert_eq!(
        problems(&hiring(200)),
        [
            "tables[1].rules[2]: contract cannot take values that keep contracts: contracts asks for temporary = 30, fixed-term = 50, permanent = 50 in the 150 rows where status = 'employee'; change counts.temporary of contracts from 30 to 50"
        ]
    );
    let two = table(
        100,
        "      - { name: kind, generator: { type: choice, values: [a, b], quota: exact } }
      - { name: unit, generator: { type: choice, values: [x, y, z] } }
    rules:
      - { id: all-x, kind: count, where: \"unit = 'x'\", max: 20 }
      - { id: fine, kind: count, where: \"unit = 'z'\", min: 1 }
      - { id: a-x, kind: share, when: \"kind = 'a'\", column: unit, shares: { x: 0.6 } }
",
    );
    assert_eq!(
        problems(&two),
        [
            "tables[0].rules[2]: unit cannot take values that keep a-x and all-x: a-x asks for x = 30 in the 50 rows where kind = 'a'; all-x asks for x ≤ 20 in all 100 rows; change max of all-x from 20 to 30"
        ]
    );
    let limited = table(
        100,
        "      - { name: kind, generator: { type: choice, values: [a, b], quota: exact } }
      - { name: unit, generator: { type: choice, values: [x, y] } }
    rules:
      - { id: x, kind: share, column: unit, counts: { x: 60 } }
      - { id: never, kind: implies, if: \"kind = 'a'\", then: \"unit <> 'x'\" }
",
    );
    assert_eq!(
        problems(&limited),
        [
            "tables[0].rules[0]: unit cannot take values that keep x and never: x asks for x = 60 in all 100 rows; never leaves only y where kind = 'a'; change counts.x of x from 60 to 50"
        ]
    );
}

#[test]
fn overlapping_conditions_restrictions_and_nulls_are_one_system() {
    let schema = table(
        5000,
        "      - { name: region, generator: { type: choice, values: [n, s, e], weights: [5, 3, 2] } }
      - { name: is_large, generator: { type: boolean, true_rate: 0.3 } }
      - { name: grade, null_rate: 0.1, generator: { type: choice, values: [A, B, C, D], weights: [4, 3, 2, 1] } }
    rules:
      - { id: north, kind: share, when: \"region = 'n'\", column: grade, shares: { A: 0.5, B: 0.25 } }
      - { id: large, kind: share, when: is_large, column: grade, shares: { A: 0.3, D: 0.2 } }
      - { id: all, kind: share, column: grade, shares: { C: 0.123 }, tolerance: 0.001 }
      - { id: few, kind: count, where: \"grade IN ('B', 'D') AND region = 's'\", max: 200 }
      - { id: not-d, kind: implies, if: \"region = 'e'\", then: \"grade <> 'D'\" }
      - { id: a-only, kind: implies, if: \"region = 'e' AND is_large\", then: \"grade = 'A'\" }
",
    );
    holds(&schema);
    assert_eq!(held(&schema, "not-d"), "by_construction");
    let all = counts(&schema, "t", &[1, 2, 3]);
    assert!(!all.contains_key("e|false|D") && !all.contains_key("e|true|B"), "{all:?}");
}

#[test]
fn a_column_without_a_generator_chooses_from_the_values_that_rules_name() {
    let schema = table(
        1000,
        "      - { name: unit }
      - { name: level, type: integer }
      - { name: is_open, generator: { type: boolean } }
    rules:
      - { id: unit, kind: share, column: unit, shares: { BPO: 0.805, BI Factory: 0.195 } }
      - { id: level, kind: share, column: level, counts: { 1: 400, 2: 600 } }
      - { id: open, kind: count, where: is_open, exactly: 123 }
",
    );
    holds(&schema);
    assert_eq!(counts(&schema, "t", &[1])["BPO"], 805);
    assert_eq!(counts(&schema, "t", &[3])["true"], 123);
}

#[test]
fn a_person_agrees_with_a_gender_whose_shares_are_given() {
    let schema = table(
        2000,
        "      - { name: gender, null_rate: 0.05, generator: { type: gender, values: [F, M] } }
      - { name: first, generator: { type: first_name } }
      - { name: prefix, generator: { type: name_prefix } }
    rules:
      - { id: gender, kind: share, column: gender, shares: { F: 0.7, M: 0.3 } }
      - { id: prefix, kind: check, sql: \"gender <> 'F' OR prefix <> 'Mr.'\" }
",
    );
    holds(&schema);
    let genders = counts(&schema, "t", &[1]);
    let all = genders["F"] + genders["M"];
    assert!((genders["F"] as f64 - 0.7 * all as f64).abs() < 1.0, "{genders:?}");
}

#[test]
fn what_no_rule_asks_follows_the_generator() {
    let schema = table(
        10_000,
        "      - { name: kind, generator: { type: choice, values: [a, b] } }
      - { name: unit, generator: { type: choice, values: [x, y, z], weights: [0.5, 0.3, 0.2] } }
    rules: [{ id: r, kind: share, when: \"kind = 'a'\", column: unit, shares: { x: 0.9 } }]
",
    );
    holds(&schema);
    let counts = counts(&schema, "t", &[1, 2]);
    let b: usize = ["x", "y", "z"].iter().map(|unit| counts[&format!("b|{unit}")]).sum();
    for (unit, share) in [("x", 0.5), ("y", 0.3), ("z", 0.2)] {
        assert!((counts[&format!("b|{unit}")] as f64 - b as f64 * share).abs() <= 1.0, "{counts:?}");
    }
    let (y, z) = (counts["a|y"] as f64, counts["a|z"] as f64);
    assert!((y - (y + z) * 0.6).abs() <= 1.0, "{counts:?}");
}

#[test]
fn a_count_of_any_condition_moves_no_more_rows_than_it_must() {
    let base = table(
        3000,
        "      - { name: amount, null_rate: 0.1, generator: { type: normal, mean: 100, std: 20 }, type: decimal }
      - { name: kind, generator: { type: choice, values: [a, b] } }
",
    );
    for (rule, changed) in [
        ("where: \"amount > 130\", exactly: 500", 320),
        ("where: \"amount > 130\", exactly: 20", 200),
        ("where: \"amount > 130\", min: 10, max: 50, when: \"kind = 'a'\"", 120),
        ("where: \"amount > 130 AND kind = 'a'\", max: 50", 120),
        ("where: \"amount > 130\", min: 10, when: \"kind = 'b'\"", 0),
    ] {
        let schema = format!("{base}    rules: [{{ id: r, kind: count, {rule} }}]\n");
        holds(&schema);
        assert_eq!(held(&schema, "r"), "by_construction");
        let (before, after) = (all_rows(&plan(&base), "t"), all_rows(&plan(&schema), "t"));
        let moved = before.iter().zip(&after).filter(|(before, after)| before != after).count();
        assert!(moved <= changed, "{rule}: {moved}");
    }
}

#[test]
fn nulls_are_counted_too() {
    let schema = table(
        2000,
        "      - { name: kind, generator: { type: choice, values: [a, b] } }
      - { name: mail, null_rate: 0.3, unique: true, generator: { type: email } }
      - { name: note, generator: { type: sentence } }
      - { name: unit, null_rate: 0.2, generator: { type: choice, values: [x, y] } }
      - { name: left_on, null_when: \"kind = 'a'\", generator: { type: date, start: 2024-01-01, end: 2024-12-31 } }
    rules:
      - { id: no-mail, kind: count, where: \"mail IS NULL\", exactly: 500 }
      - { id: notes, kind: count, where: \"note IS NOT NULL AND kind = 'b'\", max: 40 }
      - { id: units, kind: count, where: \"unit IS NULL\", per: [kind], exactly: 111 }
      - { id: shares, kind: share, column: unit, shares: { x: 0.25 } }
      - { id: left, kind: count, where: \"left_on IS NULL AND kind = 'b'\", exactly: 10 }
",
    );
    holds(&schema);
    assert_eq!(held(&schema, "no-mail"), "by_construction");
    assert_eq!(counts(&schema, "t", &[2])[""], 500);
    let never = schema.replace("left_on IS NULL AND kind = 'b'\", exactly: 10", "left_on IS NOT NULL\", min: 1900");
    let found = problems(&never);
    assert!(
        found[0].starts_with("tables[0].rules[4]: left asks for ≥ 1900 rows where left_on IS NOT NULL, "),
        "{found:?}"
    );
    let twice = schema.replace("left_on IS NULL AND kind = 'b'", "mail IS NOT NULL");
    assert!(problems(&twice)[0].contains("mail is owned by both no-mail and left"), "{:?}", problems(&twice));
    let own = schema.replace(
        "{ type: date, start: 2024-01-01, end: 2024-12-31 }",
        "{ type: expression, sql: \"CASE WHEN id > 5 THEN id END\" }",
    );
    assert!(
        problems(&own)[0].contains("left counts the nulls of left_on, whose values may be null by themselves"),
        "{:?}",
        problems(&own)
    );
}

#[test]
fn each_group_has_its_own_number() {
    let schema = "name: d
random_seed: 3
tables:
  - name: candidate
    rows: 300
    primary_key: [id]
    columns: [{ name: id, generator: { type: sequence } }]
  - name: process
    primary_key: [candidate_id, step]
    columns:
      - { name: candidate_id }
      - { name: step, generator: { type: sequence, per: [candidate_id] } }
      - { name: stage, generator: { type: choice, values: [created, interview, hired] } }
      - { name: days, generator: { type: integer, min: 1, max: 90 } }
      - { name: unit, generator: { type: choice, values: [a, b, c] } }
    foreign_keys:
      - { name: candidate, columns: [candidate_id], references: { table: candidate, columns: [id] }, children: { min: 2, max: 6 } }
    rules:
      - { id: one-hired, kind: count, where: \"stage = 'hired'\", per: [candidate_id], min: 1, max: 1 }
      - { id: some-quick, kind: count, where: \"days < 10\", per: [unit], exactly: 30 }
";
    holds(schema);
    let impossible = schema.replace("min: 1, max: 1", "min: 3");
    let found = problems(&impossible);
    assert!(
        found[0].starts_with("tables[1].rules[0]: one-hired asks in each group for ≥ 3 rows where stage = 'hired', "),
        "{found:?}"
    );
}

#[test]
fn owners_that_meet_and_columns_that_cannot_are_refused() {
    let of = |columns: &str, rules: &str| problems(&table(50, &format!("{columns}    rules:\n{rules}")));
    let found = of(
        "      - { name: a, unique: true, generator: { type: integer } }\n",
        "      - { id: r, kind: share, column: a, shares: { 1: 0.5 } }\n",
    );
    assert_eq!(
        found,
        [
            "tables[0].rules[0].column: a is unique, so r cannot decide how often its values stand; state the rule of a column with a generator of its own"
        ]
    );
    let found = of(
        "      - { name: a, generator: { type: first_name } }\n      - { name: b, generator: { type: full_name } }\n",
        "      - { id: r, kind: share, column: b, shares: { Anna: 0.5 } }\n",
    );
    assert!(
        found[0]
            .starts_with("tables[0].rules[0].column: r needs a column that chooses from a list, and full_name makes b"),
        "{found:?}"
    );
    let found = of(
        "      - { name: a, generator: { type: choice, values: [x, y] } }\n",
        "      - { id: r, kind: share, column: a, shares: { x: 0.5, z: 0.5 } }\n",
    );
    assert!(
        found[0].starts_with("tables[0].rules[0].shares.z: r asks for z, which the column's generator does not make"),
        "{found:?}"
    );
    let found = of(
        "      - { name: a, generator: { type: choice, values: [x, y] } }\n",
        "      - { id: r, kind: share, column: a, shares: { x: 0.7, y: 0.5 } }\n",
    );
    assert_eq!(
        found,
        [
            "tables[0].rules[0].shares: the shares of r add up to 1.2, more than 1; change the share of x in r from 0.7 to 0.5"
        ]
    );
    let found = of(
        "      - { name: a, generator: { type: choice, values: [x, y] } }\n      - { name: b }\n",
        "      - { id: r, kind: share, column: b, shares: { x: 0.7, y: 0.3 } }\n      - { id: s, kind: calculate, column: b, sql: a }\n",
    );
    // What is computed of one column has the shares by that one.
    assert!(found.is_empty(), "{found:?}");
    let found = of(
        "      - { name: a, generator: { type: normal, mean: 5, std: 2 } }\n",
        "      - { id: r, kind: count, where: \"a > 4\", exactly: 20 }\n      - { id: s, kind: count, where: \"a * 2 > 12\", exactly: 10 }\n",
    );
    assert!(found[0].contains("a is owned by both r and s"), "{found:?}");
    let found = of(
        "      - { name: a, generator: { type: normal, mean: 5, std: 2 } }\n",
        "      - { id: r, kind: count, where: \"a > 4\", exactly: 60 }\n",
    );
    assert!(found[0].contains("r asks for 60 rows where a > 4, "), "{found:?}");
    let found = of(
        "      - { name: a, generator: { type: normal, mean: 5, std: 2 } }\n",
        "      - { id: r, kind: count, where: \"id > 4\", exactly: 6 }\n",
    );
    assert!(found[0].contains("nothing that r reads can move"), "{found:?}");
}

#[test]
fn what_is_made_of_nulls_alone_is_counted_by_them() {
    let schema = table(
        300,
        "      - { name: kind, generator: { type: choice, values: [a, b, c] } }
      - { name: opened, generator: { type: date, start: 2020-01-01, end: 2024-12-31 } }
      - { name: closed, null_rate: 0.95, generator: { type: date, start: 2020-01-01, end: 2025-12-31 } }
      - { name: status }
    rules:
      - { id: span, kind: order, columns: [opened, closed], gap: { min: 2d } }
      - { id: status, kind: calculate, column: status, sql: \"CASE WHEN (closed) IS NULL THEN 'open' ELSE 'closed' END\" }
      - { id: some, kind: count, where: \"status = 'closed'\", per: [kind], min: 10 }
",
    );
    holds(&schema);
    let rows = all_rows(&plan(&schema), "t");
    assert!(rows.iter().filter(|row| row.ends_with("|closed")).count() >= 30);
}

#[test]
fn conditions_read_counted_columns_of_parents_on_any_number_of_threads() {
    let schema = "name: d
random_seed: 11
tables:
  - name: candidate
    rows: 30000
    primary_key: [id]
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: status, generator: { type: choice, values: [new, employee] } }
    rules:
      - { id: new-ones, kind: count, where: \"status = 'new'\", exactly: 7000 }
  - name: process
    primary_key: [candidate_id, step]
    columns:
      - { name: candidate_id }
      - { name: step, generator: { type: sequence, per: [candidate_id] } }
      - { name: unit, null_rate: 0.1, generator: { type: choice, values: [a, b, c] } }
      - { name: days, generator: { type: integer, min: 1, max: 90 } }
      - { name: cost, generator: { type: normal, mean: 500, std: 100 }, type: decimal }
    foreign_keys:
      - { name: candidate, columns: [candidate_id], references: { table: candidate, columns: [id] }, children: { min: 1, max: 4, mean: 2 } }
    rules:
      - { id: units, kind: share, when: candidate.status = 'new', column: unit, shares: { a: 0.8, b: 0.2 } }
      - { id: days, kind: statistic, when: unit = 'a', column: days, fn: mean, equals: 30 }
      - { id: dear, kind: count, where: cost > 650 AND candidate.status = 'employee', per: [unit], exactly: 100 }
";
    holds(schema);
    let plan = plan(schema);
    let rows = |plan: &crate::plan::Plan, threads| {
        let mut rows = Vec::new();
        crate::run::run(
            plan,
            1,
            0..u64::MAX,
            threads,
            |batch| Ok::<_, crate::generators::RunError>(rows_of(&batch)),
            |part, _| {
                rows.extend(part);
                Ok(())
            },
        )
        .expect("rows");
        rows
    };
    let one = rows(&plan, 1);
    assert_eq!(one, rows(&super::plan(schema), 3));
}

#[test]
fn a_rule_that_reads_counted_columns_moves_others() {
    holds(&table(
        2000,
        "      - { name: unit, generator: { type: choice, values: [x, y] } }
      - { name: amount, generator: { type: integer, min: 0, max: 100000 } }
      - { name: half, generator: { type: boolean } }
    rules:
      - { id: r, kind: share, column: unit, shares: { x: 0.5 } }
      - { id: s, kind: check, sql: \"unit = 'x' OR amount > 40000 OR half\" }
",
    ));
}

#[test]
fn a_rule_over_counted_columns_alone_holds() {
    let of = |rows: u64, values: &str| {
        holds(&table(
            rows,
            &format!(
                "      - {{ name: unit, generator: {{ type: choice, values: [x, y] }} }}\n      - {{ name: half, generator: {{ type: choice, values: {values} }} }}
    rules:
      - {{ id: r, kind: share, column: unit, shares: {{ x: 0.9999 }} }}
      - {{ id: s, kind: count, where: half, min: 1 }}
      - {{ id: both, kind: check, sql: \"unit = 'x' OR half\" }}
"
            ),
        ));
    };
    of(9000, "[true]");
    // The rows of the other unit lie past the first block.
    of(9000, "[true, false]");
    of(20_000, "[true, false]");
}

#[test]
fn a_long_table_is_passed_over_before_its_first_row() {
    let schema = table(
        20_000,
        "      - { name: unit, generator: { type: choice, values: [x, y] } }
      - { name: kind, generator: { type: choice, values: [a, b] } }
      - { name: n, generator: { type: integer, min: 0, max: 99 } }
    rules:
      - { id: r, kind: share, when: \"kind = 'a'\", column: unit, counts: { x: 13000 } }
      - { id: s, kind: check, sql: \"unit = 'x' OR n > 5\" }
",
    );
    let plan = plan(&schema);
    let error = crate::run::batch(&plan, 0, 0..10).expect_err("a contradiction");
    assert!(error.to_string().contains("unit cannot take values that keep r: r asks for x = 13000 in the "), "{error}");
    holds(&schema.replace("13000", "3000"));
}

proptest! {
    #[test]
    fn a_range_made_alone_equals_the_same_rows_of_the_whole(start in 0_u64..20_000, length in 1_u64..9_000, list in any::<bool>()) {
        static WHOLE: std::sync::OnceLock<(std::sync::Arc<crate::plan::Plan>, Vec<String>)> = std::sync::OnceLock::new();
        let schema = table(
            20_000,
            "      - { name: region, generator: { type: choice, values: [n, s, e], weights: [5, 3, 2] } }
      - { name: grade, null_rate: 0.1, generator: { type: choice, values: [A, B, C, D], weights: [4, 3, 2, 1] } }
      - { name: amount, generator: { type: normal, mean: 100, std: 20 } }
    rules:
      - { id: north, kind: share, when: \"region = 'n'\", column: grade, shares: { A: 0.5, B: 0.25 } }
      - { id: all, kind: share, column: grade, shares: { C: 0.123 } }
      - { id: high, kind: count, where: \"amount > 130\", per: [region], exactly: 700 }
",
        );
        let (plan, whole) = WHOLE.get_or_init(|| {
            let plan = plan(&schema);
            let rows = all_rows(&plan, "t");
            (plan, rows)
        });
        let end = (start + length).min(whole.len() as u64);
        if list {
            let rows: Vec<u64> = (start..end).step_by(37).collect();
            let expected: Vec<String> = rows.iter().map(|row| whole[*row as usize].clone()).collect();
            let mut made = crate::plan::Evaluation::new(plan, 0, crate::generators::Rows::List(rows.into()));
            prop_assert_eq!(rows_of(&made.batch(None).expect("rows")), expected);
        } else {
            // A plan of its own, so that the range is the first thing that it is asked for.
            let plan = super::plan(&schema);
            let part = crate::run::batch(&plan, 0, start..end).expect("rows");
            prop_assert_eq!(rows_of(&part), &whole[start as usize..end as usize]);
        }
    }
}

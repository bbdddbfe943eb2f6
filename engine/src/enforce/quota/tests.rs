//! Systems of rules against all ways to fill their cells.

use proptest::prelude::*;

use super::*;

fn system(weights: &[f64], statements: Vec<Statement>, restrictions: Vec<Restriction>) -> System {
    System {
        column: "c".to_owned(),
        labels: (0..weights.len()).map(|value| format!("v{value}")).collect(),
        weights: weights.to_vec(),
        statements,
        restrictions,
        nulls: None,
        is_part: false,
    }
}

fn between(rule: usize, condition: Option<usize>, value: usize, least: u64, most: Option<u64>) -> Statement {
    Statement {
        rule: format!("r{rule}"),
        condition,
        when: condition.map(|bit| format!("b{bit}")),
        parts: vec![Part { values: vec![value], want: Want::Between(least, most) }],
        tolerance: 0.0,
        among: None,
        rows: None,
    }
}

/// Whether some way to fill the cells with two values keeps all statements, each of which asks for one value.
fn is_possible(system: &System, masks: &[u64], counts: &[u64]) -> bool {
    let mut first = vec![0; counts.len()];
    loop {
        let keeps = system.statements.iter().all(|statement| {
            let part = &statement.parts[0];
            let sum: u64 = (0..counts.len())
                .filter(|cell| system.holds(statement.condition, masks[*cell]))
                .map(|cell| if part.values[0] == 0 { first[cell] } else { counts[cell] - first[cell] })
                .sum();
            match part.want {
                Want::Between(least, most) => least <= sum && most.is_none_or(|most| sum <= most),
                Want::Share(_) => true,
            }
        });
        if keeps {
            return true;
        }
        let Some(next) = (0..first.len()).find(|cell| first[*cell] < counts[*cell]) else { return false };
        first[next] += 1;
        first[..next].fill(0);
    }
}

#[test]
fn shares_that_sum_in_two_ways_are_met_to_within_a_row() {
    let share = |rule: &str, condition, share| Statement {
        rule: rule.to_owned(),
        condition,
        when: None,
        parts: vec![Part { values: vec![0], want: Want::Share(share) }],
        tolerance: 0.0,
        among: None,
        rows: None,
    };
    // Each part rounds up to 4, and the whole, 6.65, to 7.
    let system =
        system(&[1.0, 1.0], vec![share("a", Some(0), 0.35), share("b", Some(1), 0.35), share("c", None, 0.35)], vec![]);
    let found = system.solve(&[1, 2], &[10, 9]).expect("numbers");
    let (a, b) = (found[0][0], found[1][0]);
    assert!((3..=4).contains(&a) && (3..=4).contains(&b) && (6..=7).contains(&(a + b)), "{found:?}");
    assert_eq!((found[0].iter().sum::<u64>(), found[1].iter().sum::<u64>()), (10, 9));
}

#[test]
fn what_rules_leave_open_keeps_the_weights_in_every_cell() {
    let system = system(&[6.0, 3.0, 1.0], vec![between(0, None, 0, 500, Some(500))], vec![]);
    // Two cells that no rule tells apart move alike.
    let found = system.solve(&[0, 4], &[600, 400]).expect("numbers");
    assert_eq!(found, [[300, 225, 75], [200, 150, 50]]);
}

#[test]
fn a_contradiction_names_the_fewest_rules() {
    let statements =
        vec![between(0, None, 1, 0, Some(90)), between(1, Some(0), 0, 30, None), between(2, None, 0, 0, Some(20))];
    let conflict = system(&[1.0, 1.0], statements, vec![]).solve(&[0, 1], &[50, 50]).expect_err("a conflict");
    assert_eq!(conflict.rules, ["r1", "r2"]);
    assert_eq!(
        conflict.detail,
        "c cannot take values that keep r1 and r2: r1 asks for v0 ≥ 30 in the 50 rows where b0; r2 asks for v0 ≤ 20 in all 100 rows"
    );
    let allowed = vec![false, false];
    let none = Restriction { rule: "none".to_owned(), condition: Some(0), when: Some("b0".to_owned()), allowed };
    let conflict = system(&[1.0, 1.0], vec![], vec![none]).solve(&[1], &[5]).expect_err("a conflict");
    assert_eq!(conflict.detail, "c cannot take values that keep none: none leaves no value where b0");
}

proptest! {
    /// What some rows show to be impossible is impossible of all, whatever the others are.
    #[test]
    fn what_a_part_refuses_the_whole_refuses(
        counts in prop::collection::vec(1_u64..40, 4),
        more in prop::collection::vec(0_u64..60, 4),
        asked in prop::collection::vec((prop::option::of(0_usize..2), 0_usize..3, prop::option::of(0_u64..14), 0.0_f64..1.0, 0_u8..3), 1..4),
        left in prop::collection::vec((prop::option::of(0_usize..2), 1_u8..8), 0..3),
    ) {
        let masks = [0, 1, 2, 3];
        type Asked = (Option<usize>, usize, Option<u64>, f64, u8);
        let statement = |(rule, (condition, value, most, share, zero)): (usize, &Asked)| Statement {
            parts: vec![Part {
                values: vec![*value],
                want: most.map_or(Want::Share(if *zero == 0 { 0.0 } else { *share }), |most| Want::Between(0, Some(most))),
            }],
            ..between(rule, *condition, *value, 0, None)
        };
        let restriction = |(at, (condition, allowed)): (usize, &(Option<usize>, u8))| Restriction {
            rule: format!("l{at}"),
            condition: *condition,
            when: None,
            allowed: (0..3).map(|value| allowed >> value & 1 == 1).collect(),
        };
        let statements = asked.iter().enumerate().map(statement).collect();
        let system = system(&[3.0, 1.0, 1.0], statements, left.iter().enumerate().map(restriction).collect());
        if system.check_part(&masks, &counts).is_err() {
            let all: Vec<u64> = counts.iter().zip(&more).map(|(count, more)| count + more).collect();
            prop_assert!(system.solve(&masks, &all).is_err());
        }
    }

    #[test]
    fn rules_hold_wherever_they_can_and_are_refused_nowhere_else(
        counts in prop::collection::vec(1_u64..7, 4),
        asked in prop::collection::vec((prop::option::of(0_usize..2), 0_usize..2, 0_u64..14, 0_u64..6), 1..5),
        weight in 0.0_f64..4.0,
    ) {
        let masks = [0, 1, 2, 3];
        let statements: Vec<Statement> = asked
            .iter()
            .enumerate()
            .map(|(rule, (condition, value, least, width))| between(rule, *condition, *value, *least, (*width < 5).then_some(least + width)))
            .collect();
        let system = system(&[1.0, weight], statements, vec![]);
        let found = system.solve(&masks, &counts);
        prop_assert_eq!(found.is_ok(), is_possible(&system, &masks, &counts));
        if let Ok(found) = found {
            for (cell, count) in found.iter().zip(&counts) {
                prop_assert_eq!(cell.iter().sum::<u64>(), *count);
            }
            for statement in &system.statements {
                let value = statement.parts[0].values[0];
                let cells = masks.iter().zip(&found).filter(|(mask, _)| system.holds(statement.condition, **mask));
                let sum: u64 = cells.map(|(_, cell)| cell[value]).sum();
                let Want::Between(least, most) = statement.parts[0].want else { continue };
                prop_assert!(least <= sum && most.is_none_or(|most| sum <= most));
            }
        }
    }
}

#[test]
fn rows_that_a_count_asks_for_are_spread_over_the_values_of_which_it_speaks() {
    let counted = |least, most| Statement {
        parts: vec![Part { values: (70..100).collect(), want: Want::Between(least, most) }],
        ..between(1, None, 0, least, most)
    };
    let half = Statement {
        parts: vec![Part { values: (60..80).collect(), want: Want::Between(0, Some(30)) }],
        ..between(2, Some(0), 0, 0, Some(30))
    };
    for (statements, least, most) in [
        (vec![counted(100, Some(100))], 3, 4),
        (vec![counted(200, None)], 6, 7),
        (vec![counted(0, Some(10))], 0, 1),
        (vec![counted(100, Some(100)), half], 1, 4),
    ] {
        let system = system(&[1.0; 100], statements, Vec::new());
        let found = system.solve(&[0, 1], &[150, 150]).expect("rows");
        let of = |value: usize| found.iter().map(|cell| cell[value]).sum::<u64>();
        let values: Vec<u64> = (70..100).map(of).collect();
        assert!(values.iter().all(|rows| (least..=most).contains(rows)), "{values:?}");
    }
}

//! The same range gives the same rows, whoever asks.

use proptest::prelude::*;

use super::{HIRING, all_rows, plan, rows_of};
use crate::generators::RunError;

fn larger() -> String {
    HIRING.replace("candidates: 100", "candidates: 9000")
}

#[test]
fn any_number_of_threads_makes_the_same_rows_in_the_same_order() {
    let plan = plan(&larger());
    let rows = |threads| {
        let mut rows = Vec::new();
        crate::run::run(
            &plan,
            2,
            0..u64::MAX,
            threads,
            |batch| Ok::<_, RunError>(rows_of(&batch)),
            |part, count| {
                assert_eq!(part.len() as u64, count);
                rows.extend(part);
                Ok(())
            },
        )
        .expect("rows");
        rows
    };
    let one = rows(1);
    assert_eq!(one.len() as u64, plan.tables[2].rows);
    assert_eq!(one, rows(2));
    assert_eq!(one, rows(5));
}

#[test]
fn adding_a_column_or_table_and_reordering_change_no_other_column() {
    let before = all_rows(&plan(HIRING), "candidate");
    let added = HIRING
        .replace(
            "      - { name: document,",
            "      - { name: extra, generator: { type: word } }\n      - { name: document,",
        )
        .replace(
            "tables:\n",
            "tables:\n  - { name: other, rows: 3, columns: [{ name: id, generator: { type: sequence } }] }\n",
        );
    assert_ne!(added, HIRING);
    let after: Vec<String> = all_rows(&plan(&added), "candidate")
        .into_iter()
        .map(|row| {
            let mut cells: Vec<&str> = row.split('|').collect();
            cells.remove(1);
            cells.join("|")
        })
        .collect();
    assert_eq!(before, after);
}

#[test]
fn more_rows_keep_the_first_ones() {
    let schema = |rows: u64| {
        format!(
            "{{name: d, tables: [{{name: t, rows: {rows}, primary_key: [id], columns: [{{name: id, generator: {{type: sequence}}}}, \
             {{name: code, unique: true, generator: {{type: regex, pattern: '[A-Z]{{4}}'}}}}, {{name: mail, generator: {{type: email}}}}, \
             {{name: n, null_rate: 0.2, generator: {{type: normal, mean: 5, std: 2}}}}]}}]}}"
        )
    };
    let few = all_rows(&plan(&schema(50)), "t");
    let many = all_rows(&plan(&schema(5_000)), "t");
    assert_eq!(few, many[..50]);
}

proptest! {
    #![proptest_config(ProptestConfig::default())]

    #[test]
    fn a_range_made_alone_equals_the_same_rows_of_the_whole(start in 0_u64..9_000, length in 1_u64..6_000) {
        static WHOLE: std::sync::OnceLock<(std::sync::Arc<crate::plan::Plan>, Vec<String>)> = std::sync::OnceLock::new();
        let (plan, whole) = WHOLE.get_or_init(|| {
            let plan = plan(&larger());
            let rows = all_rows(&plan, "process");
            (plan, rows)
        });
        let end = (start + length).min(whole.len() as u64);
        let part = crate::run::batch(plan, 2, start..end).expect("rows");
        prop_assert_eq!(rows_of(&part), &whole[start as usize..end as usize]);
    }
}

//! Keys by which rows choose their parent: limited by a condition, by weight, or in their own table.

use std::collections::BTreeMap;

use super::cases::{holds, problems};
use super::rules::held;
use super::{all_rows, plan, rows_of};
use crate::run::batch;

fn shop(rows: u64, key: &str) -> String {
    format!(
        "name: d
random_seed: 4
tables:
  - name: article
    rows: 3000
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: stock, null_rate: 0.1, generator: {{ type: integer, min: 0, max: 9 }} }}
      - {{ name: price, generator: {{ type: decimal, min: 0, max: 10 }} }}
  - name: sale
    rows: {rows}
    primary_key: [id]
    columns: [{{ name: id, generator: {{ type: sequence }} }}, {{ name: article_id }}]
    foreign_keys: [{{ name: article, columns: [article_id], references: {{ table: article, columns: [id] }}, {key} }}]
"
    )
}

/// How often each article was chosen, with its stock and price in cents.
fn chosen(schema: &str) -> BTreeMap<String, (u64, Option<i64>, i64)> {
    let plan = plan(schema);
    let mut counts = BTreeMap::new();
    for row in all_rows(&plan, "article") {
        let cells: Vec<&str> = row.split('|').collect();
        counts
            .insert(cells[0].to_owned(), (0, cells[1].parse().ok(), cells[2].replace('.', "").parse().expect("cents")));
    }
    for row in all_rows(&plan, "sale") {
        if let Some((_, article)) = row.split_once('|').filter(|(_, article)| !article.is_empty()) {
            counts.get_mut(article).expect("an article").0 += 1;
        }
    }
    counts
}

#[test]
fn a_rule_over_two_parents_chooses_them_again() {
    let visits = |way: &str, rule: &str| {
        format!(
            "name: d
random_seed: 4
tables:
  - name: doctor
    rows: 30
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: field, generator: {{ type: choice, values: [children, adults] }} }}
      - {{ name: visits }}
    rules: [{{ id: visits, kind: aggregate, column: visits, of: visit.id, by: doctor, fn: count }}]
  - name: patient
    rows: 500
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: age, generator: {{ type: integer, min: 0, max: 90 }} }}
  - name: visit
    rows: 6000
    primary_key: [id]
    columns: [{{ name: id, generator: {{ type: sequence }} }}, {{ name: doctor_id }}, {{ name: patient_id }}]
    foreign_keys:
      - {{ name: doctor, columns: [doctor_id], references: {{ table: doctor, columns: [id] }}, {way} }}
      - {{ name: patient, columns: [patient_id], references: {{ table: patient, columns: [id] }}, pick: zipf }}
    rules: [{rule}]
"
        )
    };
    let children = "{ id: r, kind: implies, if: \"doctor.field = 'children'\", then: \"patient.age < 18\" }";
    for way in ["pick: uniform", "pick: zipf", "pick: round_robin"] {
        let schema = visits(way, children);
        holds(&schema);
        assert_eq!(held(&schema, "r"), "redrawn", "{way}");
        // In turn, doctors keep their patients' number: these alone are chosen again.
        let turns: Vec<String> = all_rows(&plan(&visits("pick: round_robin", "")), "doctor");
        assert_eq!(turns == all_rows(&plan(&schema), "doctor"), way == "pick: round_robin", "{way}");
    }
    // How many visits a doctor has is told by all of them, so none of them chooses its doctor by it.
    let few = "{ id: r, kind: check, sql: \"doctor.visits < 200\" }";
    assert!(problems(&visits("pick: zipf", few))[0].contains("breaks r, and nothing that it reads can be drawn again"));
    holds(&visits("pick: zipf", "{ id: r, kind: check, sql: \"doctor.visits < 6000\" }"));
}

#[test]
fn a_condition_on_the_parent_limits_every_way_to_choose() {
    for way in ["pick: uniform", "pick: zipf", "pick: round_robin", "pick: { weighted: price }, null_rate: 0.2"] {
        let schema = shop(9_000, &format!("where: \"stock > 6 AND price < 8\", {way}"));
        holds(&schema);
        let counts = chosen(&schema);
        let fits = |stock: &Option<i64>, price: i64| stock.is_some_and(|stock| stock > 6) && price < 800;
        assert!(counts.values().all(|(count, stock, price)| *count == 0 || fits(stock, *price)), "{way}");
        let taken: Vec<u64> =
            counts.values().filter(|(_, stock, price)| fits(stock, *price)).map(|(count, ..)| *count).collect();
        if way == "pick: round_robin" {
            let (least, most) = (taken.iter().min().copied(), taken.iter().max().copied());
            assert!(most.zip(least).is_some_and(|(most, least)| most - least <= 1), "{least:?} {most:?}");
        }
        // A range alone, by a plan that has seen nothing else.
        let whole = all_rows(&plan(&schema), "sale");
        let part = batch(&plan(&schema), 1, 4_090..4_200).expect("rows");
        assert_eq!(rows_of(&part), whole[4_090..4_200]);
    }
}

#[test]
fn parents_are_chosen_in_proportion_to_their_weight() {
    let counts = chosen(&shop(60_000, "pick: { weighted: \"price * price\" }"));
    let total: f64 = counts.values().map(|(_, _, price)| (*price * *price) as f64).sum();
    // Of all sales, those of articles by price: chi-square over ten classes of equal width, 9 degrees of freedom, 99.9 %.
    let (mut found, mut expected) = ([0.0; 10], [0.0; 10]);
    for (count, _, price) in counts.values() {
        let class = (*price / 100).min(9) as usize;
        found[class] += *count as f64;
        expected[class] += 60_000.0 * (*price * *price) as f64 / total;
    }
    let chi: f64 = found.iter().zip(&expected).map(|(found, expected)| (found - expected).powi(2) / expected).sum();
    assert!(chi < 27.9, "{chi}");
}

#[test]
fn choices_that_leave_no_parent_or_make_no_sense_are_refused() {
    for (key, expected) in [
        (
            "where: \"stock > 9\"",
            "tables[1].foreign_keys[0].where: no row of article can be chosen by article; change one of these numbers, or the rows of its condition",
        ),
        (
            "pick: { weighted: \"price - price\" }",
            "tables[1].foreign_keys[0].pick: no row of article can be chosen by article; change one of these numbers, or the rows of its condition",
        ),
        (
            "pick: weighted",
            "tables[1].foreign_keys[0].pick: nothing says how likely each parent is; write pick: {weighted: \"…\"} with SQL over the parent",
        ),
        ("pick: { weighted: \"'a'\" }", "tables[1].foreign_keys[0].pick.weighted: the weight is string and no number"),
        (
            "where: \"stok > 9\"",
            "tables[1].foreign_keys[0].where: table article has no column \"stok\"; did you mean \"stock\"?",
        ),
        (
            "where: \"stock > 5\", children: { min: 1, max: 2 }",
            "tables[1].foreign_keys[0].where: where limits which parents are chosen, and with children every parent has its number; use pick in the place of children",
        ),
        (
            "max_depth: 3",
            "tables[1].foreign_keys[0].max_depth: max_depth is for keys to the own table, and this one refers to article; leave it out",
        ),
    ] {
        let found = problems(&shop(100, key));
        assert!(found.iter().any(|problem| problem == expected), "{key}: {found:#?}");
    }
    let negative = problems(&shop(100, "pick: { weighted: \"stock - 1\" }"));
    assert!(negative[0].contains("is -1, and weights are 0 or more"), "{negative:?}");
    let apart = shop(100, "where: \"stock > 5\"").replace("{ name: article_id }", "{ name: article_id, unique: true }");
    assert_eq!(problems(&apart), [] as [String; 0]);
    let apart =
        shop(100, "pick: { weighted: stock }").replace("{ name: article_id }", "{ name: article_id, unique: true }");
    assert!(problems(&apart)[0].contains("article keeps rows from sharing a parent, and then none can be preferred"));
    let pairs = shop(100, "where: \"stock > 5\"")
        .replace("{ name: article_id }", "{ name: article_id }, { name: day, generator: { type: integer } }");
    let pairs = pairs.replacen(
        "primary_key: [id]\n    columns: [{ name: id",
        "primary_key: [article_id, day]\n    columns: [{ name: id",
        1,
    );
    assert_eq!(
        problems(&pairs),
        [
            "tables[1].foreign_keys[0].where: the primary key keeps rows apart by their parents by article, and then none can be preferred; leave where and the weights out, or take another primary key"
        ]
    );
    let circle = shop(100, "where: \"sales < 5\"").replace(
        "  - name: sale\n",
        "    rules: [{ id: sales, kind: aggregate, column: sales, of: sale, by: article, fn: count }]\n  - name: sale\n",
    );
    let circle = circle.replace("max: 10 } }\n", "max: 10 } }\n      - { name: sales }\n");
    assert_eq!(
        problems(&circle),
        ["tables[0].columns[3]: article.sales needs itself; let one of them stand on its own"]
    );
}

fn staff(rows: u64, key: &str, rest: &str) -> String {
    format!(
        "name: d
random_seed: 9
tables:
  - name: person
    rows: {rows}
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: uuid_v4 }} }}
      - {{ name: boss_id }}
      - {{ name: pay, generator: {{ type: integer, min: 1000, max: 9000 }} }}
      - {{ name: boss_pay, generator: {{ type: expression, sql: boss.pay }} }}
      - {{ name: reports }}
    foreign_keys: [{{ name: boss, columns: [boss_id], references: {{ table: person, columns: [id] }}, {key} }}]
    rules:
      - {{ id: reports, kind: aggregate, column: reports, of: person, by: boss, fn: count }}
{rest}"
    )
}

/// How many rows lie on each level.
fn levels(rows: &[String]) -> Vec<u64> {
    let mut depths: BTreeMap<&str, usize> = BTreeMap::new();
    let mut counts = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').collect();
        // A row stands behind the one that it refers to.
        let depth = if cells[1].is_empty() { 0 } else { depths[cells[1]] + 1 };
        depths.insert(cells[0], depth);
        counts.resize(counts.len().max(depth + 1), 0);
        counts[depth] += 1;
    }
    counts
}

#[test]
fn a_key_to_the_own_table_makes_a_tree_of_so_many_roots_and_levels() {
    for (rows, key, expected) in [
        (1_111, "root_rate: 0.001, max_depth: 3", vec![1, 10, 100, 1_000]),
        (7_000, "root_rate: 0.5, max_depth: 1", vec![3_500, 3_500]),
        (500, "root_rate: 1", vec![500]),
        (500, "max_depth: 0", vec![500]),
        (1, "root_rate: 0.01", vec![1]),
    ] {
        for pick in ["uniform", "zipf", "round_robin"] {
            let schema = staff(rows, &format!("{key}, pick: {pick}"), "");
            holds(&schema);
            assert_eq!(levels(&all_rows(&plan(&schema), "person")), expected, "{key}");
        }
    }
    let schema = staff(9_000, "root_rate: 0.02, max_depth: 5", "");
    let whole = all_rows(&plan(&schema), "person");
    assert_eq!((levels(&whole).len(), levels(&whole)[0]), (6, 180));
    for range in [0..5, 170..300, 4_090..4_200, 8_999..9_000] {
        let part = batch(&plan(&schema), 0, range.clone()).expect("rows");
        assert_eq!(rows_of(&part), whole[range.start as usize..range.end as usize]);
    }
    assert!(plan(&schema).report().to_string().contains("rows lie level by level, of each 180, "));
}

#[test]
fn a_rule_over_the_row_above_holds_on_every_level() {
    let schema = staff(
        3_000,
        "root_rate: 0.1, max_depth: 3",
        "      - { id: less, kind: check, sql: \"pay <= boss.pay + 500\" }\n",
    );
    holds(&schema);
    let whole = all_rows(&plan(&schema), "person");
    let part = batch(&plan(&schema), 0, 2_000..2_100).expect("rows");
    assert_eq!(rows_of(&part), whole[2_000..2_100]);
}

#[test]
fn what_a_tree_cannot_be_is_refused() {
    for (key, expected) in [
        (
            "root_rate: 0",
            "tables[0].foreign_keys[0].root_rate: a tree without roots has no rows at all; give a share above 0",
        ),
        (
            "children: { mean: 2 }",
            "tables[0].foreign_keys[0].children: a key to the own table takes root_rate and max_depth, and no children; leave it out",
        ),
        (
            "where: \"pay > 5\"",
            "tables[0].foreign_keys[0].where: a key to the own table takes root_rate and max_depth, and no where; leave it out",
        ),
        (
            "max_depth: 0, root_rate: 0.5",
            "tables[0].foreign_keys[0].max_depth: a tree of no level below its roots has no other rows; give max_depth 1 or more, or leave root_rate out",
        ),
    ] {
        let found = problems(&staff(100, key, ""));
        assert!(found.iter().any(|problem| problem == expected), "{key}: {found:#?}");
    }
    let nulls =
        staff(100, "root_rate: 0.5", "").replace("{ name: boss_id }", "{ name: boss_id, null_when: \"pay > 5000\" }");
    assert!(
        problems(&nulls)[0].contains("root_rate says how many rows of person have no parent"),
        "{:?}",
        problems(&nulls)
    );
    let one = staff(100, "root_rate: 0.5", "").replace("{ name: boss_id }", "{ name: boss_id, unique: true }");
    assert!(
        problems(&one)[0].contains("cannot be kept from sharing a parent in their own table"),
        "{:?}",
        problems(&one)
    );
}

/// Students and courses, and which students take which course, by two keys that both have children.
fn school(student: &str, course: &str, rest: &str) -> String {
    format!(
        "name: d
random_seed: 2
tables:
  - {{ name: student, rows: 900, primary_key: [id], columns: [{{ name: id, generator: {{ type: sequence }} }}, {{ name: load }}], rules: [{{ id: load, kind: aggregate, column: load, of: takes, by: student, fn: count }}] }}
  - {{ name: course, rows: 120, primary_key: [id], columns: [{{ name: id, generator: {{ type: sequence }} }}, {{ name: size }}], rules: [{{ id: size, kind: aggregate, column: size, of: takes, by: course, fn: count }}] }}
  - name: takes
    columns: [{{ name: student_id }}, {{ name: course_id }}]
    foreign_keys:
      - {{ name: student, columns: [student_id], references: {{ table: student, columns: [id] }}, children: {student} }}
      - {{ name: course, columns: [course_id], references: {{ table: course, columns: [id] }}, children: {course} }}
{rest}"
    )
}

#[test]
fn two_keys_with_children_give_the_parents_of_both_their_numbers() {
    let schema = school("{ min: 1, max: 9, mean: 4 }", "{ min: 10, max: 80, mean: 30, distribution: zipf }", "");
    holds(&schema);
    let sizes: Vec<u64> =
        all_rows(&plan(&schema), "course").iter().filter_map(|row| row.split_once('|')?.1.parse().ok()).collect();
    assert_eq!((sizes.iter().sum::<u64>(), sizes.iter().min(), sizes.len()), (3_600, Some(&10), 120));
    assert!(sizes.iter().any(|size| *size > 60), "{sizes:?}");
    let whole = all_rows(&plan(&schema), "takes");
    let part = batch(&plan(&schema), 2, 1_500..1_700).expect("rows");
    assert_eq!(rows_of(&part), whole[1_500..1_700]);
    // Without repetition the second parents take turns.
    let apart = school(
        "{ min: 1, max: 9, mean: 4 }",
        "{ min: 25, max: 35 }",
        "    rules: [{ id: once, kind: unique, columns: [student_id, course_id] }]\n",
    );
    holds(&apart);
    assert!(plan(&apart).report().to_string().contains("all parents have as many rows to within one"));
    let single = school("{ max: 1, mean: 0.1 }", "{ max: 1 }", "")
        .replace("{ name: course_id }", "{ name: course_id, unique: true }");
    holds(&single);
}

#[test]
fn numbers_of_two_sides_that_do_not_meet_are_refused() {
    let told = |course: &str, rest: &str| problems(&school("{ min: 1, max: 9, mean: 4 }", course, rest));
    assert_eq!(
        told("{ mean: 20 }", ""),
        [
            "tables[2].foreign_keys[1].children: course asks for 2400 children, and takes has 3600 rows; leave mean and total out of the second key, or let the numbers meet"
        ]
    );
    assert_eq!(
        told("{ max: 20 }", ""),
        [
            "tables[2].foreign_keys[1].children: 120 parents cannot have 3600 children: with at most 20 each there are at most 2400; change children.max of course from 20 to 30"
        ]
    );
    let once = "    rules: [{ id: once, kind: unique, columns: [student_id, course_id] }]\n";
    assert_eq!(
        told("{ min: 40, max: 80, total: 3600 }", ""),
        [
            "tables[2].foreign_keys[1].children: 120 parents cannot have 3600 children: with at least 40 each there are at least 4800; change children.min of course from 40 to 30"
        ]
    );
    assert_eq!(
        told("{ min: 0, max: 29 , distribution: uniform }", once),
        [
            "tables[2].foreign_keys[1].children: 120 parents cannot have 3600 children: with at most 29 each there are at most 3480; change children.max of course from 29 to 30"
        ]
    );
    assert_eq!(
        problems(&school("{ min: 121, max: 121 }", "{ min: 1 }", once)),
        [
            "tables[2].foreign_keys[1].children: once needs 121 combinations for the children of one parent and there are 120; widen the columns' domains, or ask for fewer rows"
        ]
    );
    let single = once.replace("student_id, ", "");
    assert_eq!(
        told("{ mean: 30 }", &single),
        [
            "tables[2].foreign_keys[1].children: once lets each row of course have one child at most, and course gives some several; say max: 1"
        ]
    );
    assert!(told("{ mean: 30 }", "").is_empty());
}

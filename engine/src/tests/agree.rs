//! Checks that the parents of two keys agree: one key chooses among those that agree with the other's, and combinations are dealt of them.

use super::cases::{holds, problems};
use super::rules::held;

/// Programs with students and courses, and exams of both by these keys with these rules.
fn exams(rows: &str, student: &str, course: &str, more: &str) -> String {
    format!(
        "name: d
random_seed: 5
tables:
  - name: program
    rows: 4
    primary_key: [code]
    columns: [{{ name: code, unique: true, generator: {{ type: choice, values: [INF, MAT, LAW, MED] }} }}]
  - name: student
    rows: 90
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: program_code }}
      - {{ name: level, generator: {{ type: integer, min: 1, max: 2 }} }}
    foreign_keys: [{{ columns: [program_code], references: {{ table: program, columns: [code] }}, children: {{ min: 15, max: 30 }} }}]
  - name: course
    rows: 32
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: program_code }}
      - {{ name: level, generator: {{ type: integer, min: 1, max: 2 }} }}
    foreign_keys: [{{ columns: [program_code], references: {{ table: program, columns: [code] }}, pick: round_robin }}]
  - name: exam
{rows}    columns:
      - {{ name: student_id }}
      - {{ name: course_id }}
      - {{ name: attempt, generator: {{ type: integer, min: 1, max: 3 }} }}
    foreign_keys:
      - {{ name: student, columns: [student_id], references: {{ table: student, columns: [id] }}{student} }}
      - {{ name: course, columns: [course_id], references: {{ table: course, columns: [id] }}{course} }}
    rules:
      - {{ id: same, kind: check, sql: \"student.program_code = course.program_code\" }}
{more}"
    )
}

const UNIQUE: &str = "      - { id: once, kind: unique, columns: [student_id, course_id] }\n";

#[test]
fn a_key_chooses_among_parents_that_agree_with_another() {
    let rows = "    rows: 600\n";
    let children = ", children: { min: 2, max: 6 }";
    let attempts = "      - { id: once, kind: unique, columns: [student_id, course_id, attempt] }\n";
    let level = "      - { id: level, kind: check, sql: \"course.level = student.level AND attempt < 3\" }\n";
    for schema in [
        exams(rows, "", "", ""),
        exams(rows, "", ", pick: zipf", ""),
        exams(rows, "", "", UNIQUE),
        exams("    rows: 1500\n", "", "", attempts),
        exams("", children, "", ""),
        exams("", children, "", UNIQUE),
        exams(rows, ", pick: round_robin", "", ""),
        exams(rows, "", "", level),
    ] {
        holds(&schema);
        assert_eq!(held(&schema, "same"), "by_construction", "{schema}");
    }
}

#[test]
fn all_pairs_that_agree_can_be_had_and_no_more() {
    // Every student takes eight courses, those of his program.
    holds(&exams("    rows: 720\n", "", "", UNIQUE));
    let told = problems(&exams("    rows: 721\n", "", "", UNIQUE)).join("\n");
    assert!(told.contains("721 combinations and there are 720"), "{told}");
    let told = problems(&exams("", ", children: { min: 9, max: 9 }", "", UNIQUE)).join("\n");
    assert!(told.contains("9 combinations") && told.contains("there are 8"), "{told}");
}

#[test]
fn what_cannot_choose_is_held_as_before() {
    // Both keys decide how many rows their parents have, so none can wait for the other.
    let schema = exams("    rows: 600\n", ", pick: round_robin", ", pick: round_robin", "");
    let told = problems(&schema).join("\n");
    assert!(told.contains("same"), "{told}");
    holds(&exams("    rows: 600\n", ", null_rate: 0.2", ", null_rate: 0.1", ""));
}

#[test]
fn parents_that_are_kept_apart_compare_as_a_check_says() {
    let level = |op: &str| format!("      - {{ id: level, kind: check, sql: \"student.level {op} course.level\" }}\n");
    let of = |rows: &str, student: &str, course: &str, op: &str, rest: &str| {
        exams(rows, student, course, &format!("{}{rest}", level(op)))
    };
    let alone = |schema: String| schema.replace("student.program_code = course.program_code", "student.id > 0");
    let rows = "    rows: 400\n";
    let children = ", children: { min: 1, max: 2 }";
    for op in ["<=", ">="] {
        for schema in [
            of(rows, "", "", op, UNIQUE),
            of("", children, "", op, UNIQUE),
            of("", "", ", children: { min: 1, max: 2 }", op, UNIQUE),
            alone(of(rows, "", "", op, UNIQUE)),
            alone(of("", children, "", op, UNIQUE)),
        ] {
            holds(&schema);
            assert_eq!(held(&schema, "level"), "by_construction", "{schema}");
        }
    }
    let dense = |rows: u64| {
        let schema = of(&format!("    rows: {rows}\n"), "", "", "<", UNIQUE);
        schema.replace("      - { id: same, kind: check, sql: \"student.program_code = course.program_code\" }\n", "")
    };
    let told = problems(&dense(2800)).join("\n");
    let most = told.split("there are ").nth(1).and_then(|rest| rest.split(';').next());
    let most: u64 = most.and_then(|most| most.parse().ok()).expect("how many there are");
    holds(&dense(most));
    assert!(problems(&dense(most + 1)).join("\n").contains("combinations"));
}

#[test]
fn days_compare_with_times_of_parents_that_are_kept_apart() {
    let schema = "name: d
random_seed: 5
tables:
  - name: member
    rows: 60
    primary_key: [id]
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: joined_on, generator: { type: date, start: 2024-01-01, end: 2024-12-31 } }
  - name: class
    rows: 40
    primary_key: [id]
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: starts, generator: { type: datetime, start: 2024-01-10, end: 2025-03-31 } }
  - name: booking
    rows: 900
    primary_key: [class_id, member_id]
    columns: [{ name: class_id }, { name: member_id }]
    foreign_keys:
      - { name: class, columns: [class_id], references: { table: class, columns: [id] } }
      - { name: member, columns: [member_id], references: { table: member, columns: [id] } }
    rules:
      - { id: joined, kind: check, sql: \"class.starts >= member.joined_on\" }
";
    holds(schema);
    assert_eq!(held(schema, "joined"), "by_construction");
}

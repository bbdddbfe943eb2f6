//! Answers that are missing, too few or wrong, and what cannot be asked.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::plan::{PoolState, Unasked};

fn first_rows(plan: &Plan) -> Result<Vec<String>, RunError> {
    crate::run::batch(plan, 0, 0..10).map(|batch| rows_of(&batch))
}

const FALLBACK: &str = "
name: people
tables:
  - name: people
    rows: 400
    columns:
      - {name: id, type: integer, generator: {type: sequence}}
      - {name: mail, description: E-mail address of the person, unique: true, generator: {type: llm, pool: 400, on_error: fallback}}
      - {name: mood, generator: {type: llm, prompt: A mood, values: [glad, sad], on_error: fallback}}
      - {name: age, type: integer, generator: {type: llm, prompt: Age of a patient, on_error: fallback}}
";

#[test]
fn without_answers_the_plan_stands_and_rows_name_the_variable() {
    let plan = sound(compiled(SHOP));
    assert!(plan.asks());
    let problem = plan.unanswered().expect("it waits");
    assert_eq!((problem.code, problem.pointer.as_str()), ("unanswered", "/tables/0/columns/3/generator"));
    assert!(problem.remedy.is_some_and(|remedy| remedy.contains("OPENAI_API_KEY")));
    let error = first_rows(&plan).expect_err("no answers");
    assert!(error.unanswered);
    assert_eq!((error.table.as_str(), error.column.as_str(), error.row), ("reviews", "review", Some(0)));
    assert!(error.detail.contains("OPENAI_API_KEY"), "{error}");
    // What does not read the column needs no answer.
    let rows = crate::plan::Evaluation::new(&plan, 0, crate::generators::Rows::Range(0..5)).batch(Some(&[0, 1, 2]));
    assert_eq!(rows.expect("rows").num_rows(), 5);
}

#[test]
fn a_model_that_ran_dry_leaves_what_it_gave() {
    let plan = sound(compiled(SHOP));
    let mut wanted = plan.wanted(&|| false).expect("questions");
    wanted.iter_mut().for_each(|pool| pool.answers = 2);
    let plan = sound(with_answers(SHOP, filled(&wanted, texts)));
    let distinct: BTreeSet<String> =
        all_rows(&plan, "reviews").iter().filter_map(|row| row.split('|').nth(3).map(str::to_owned)).collect();
    assert_eq!(distinct.len(), 12);
    assert_eq!(plan.report().llm[0].held, 12);
    // A combination without any answer is missing.
    wanted[2].answers = 0;
    let plan = sound(with_answers(SHOP, filled(&wanted, texts)));
    assert_eq!(plan.report().llm[0].state, PoolState::Waiting);
    assert!(plan.unanswered().is_some());
    let failed = (0..3).find_map(|block| crate::run::batch(&plan, 0, block * 4096..(block + 1) * 4096).err());
    assert!(failed.is_some_and(|error| error.unanswered));
}

#[test]
fn answers_that_the_item_does_not_allow_are_refused_by_name() {
    let refuse = |answer: Value| {
        let plan = sound(compiled(SHOP));
        let wanted = plan.wanted(&|| false).expect("questions");
        let compiled = with_answers(SHOP, filled(&wanted, |_, _| answer.clone()));
        assert!(compiled.plan.is_none());
        problems(&compiled).join("\n")
    };
    let long = refuse(json!("x".repeat(61)));
    assert!(long.contains("no value of review") && long.contains("maxLength 60"), "{long}");
    assert!(refuse(json!(5)).contains("breaks type"));
}

#[test]
fn without_answers_another_generator_fills_what_may_fall_back() {
    let plan = sound(compiled(FALLBACK));
    assert_eq!(plan.unanswered(), None);
    let rows = all_rows(&plan, "people");
    let mails: BTreeSet<&str> = rows.iter().filter_map(|row| row.split('|').nth(1)).collect();
    assert_eq!(mails.len(), 400);
    assert!(mails.iter().all(|mail| mail.contains('@')));
    assert!(rows.iter().all(|row| ["glad", "sad"].contains(&row.split('|').nth(2).unwrap_or_default())));
    assert!(
        rows.iter().all(|row| row.split('|').nth(3).is_some_and(|age| age.parse::<u64>().is_ok_and(|age| age < 120)))
    );
    let report = plan.report();
    assert!(report.llm.iter().all(|pool| pool.state == PoolState::Fallback && pool.held == 0));
    assert_eq!(report.llm[1].fallback[0].generator, "choice");
    let notes = plan.notes();
    assert_eq!((notes[0].table.as_str(), notes[0].columns[0].as_str()), ("people", "mail"));
    let text = &notes[0].text;
    assert!(text.starts_with("no language model was asked: filled by email ("), "{text}");
    // With answers nothing falls back.
    let plan = answered(FALLBACK, |pool, number| match pool.columns[0].as_str() {
        "age" => json!(7),
        "mood" => json!("glad"),
        _ => json!(format!("m{number}")),
    });
    assert!(all_rows(&plan, "people").iter().all(|row| row.ends_with("|glad|7")));
    assert_eq!(plan.report().llm[0].state, PoolState::Answered);
}

#[test]
fn rows_whose_combination_has_no_answer_fall_back_alone() {
    let schema = SHOP.replace("pool: 20", "pool: 20, on_error: fallback");
    let plan = sound(compiled(&schema));
    let mut wanted = plan.wanted(&|| false).expect("questions");
    wanted.retain(|pool| pool.question.prompt.contains("lamp"));
    let plan = sound(with_answers(&schema, filled(&wanted, texts)));
    assert_eq!((plan.report().llm[0].state, plan.report().llm[0].held), (PoolState::Fallback, 40));
    let all = all_rows(&plan, "reviews");
    for row in &all {
        let cells: Vec<&str> = row.splitn(4, '|').collect();
        assert_eq!(cells[3].starts_with("A review of a lamp"), cells[1] == "lamp", "{row}");
        assert!(!cells[3].is_empty());
    }
    let part = crate::run::batch(&plan, 0, 5000..5100).expect("rows");
    assert_eq!(rows_of(&part), all[5000..5100]);
}

#[test]
fn what_cannot_be_asked_is_a_problem_of_the_plan() {
    let table =
        |rows: u64, columns: &str| format!("name: d\ntables:\n  - name: t\n    rows: {rows}\n    columns:\n{columns}");
    let cases = [
        ("      - {name: a, generator: {type: llm}}", "nothing says what the language model is asked"),
        ("      - {name: a, generator: {type: llm, prompt: \"Of {{b\"}}", "does not close it"),
        ("      - {name: a, generator: {type: llm, prompt: \"Of {{b}}\"}}", "no column \"b\""),
        ("      - {name: a, generator: {type: llm, prompt: \"Of {{a}}\"}}", "t.a needs itself"),
        ("      - {name: a, type: uuid, generator: {type: llm, prompt: x}}", "writes no values of type uuid"),
        ("      - {name: a, type: integer, generator: {type: llm, prompt: x, values: [1, y]}}", "\"y\" is no integer"),
        (
            "      - {name: a, generator: {type: llm, prompt: x, values: [y], json_schema: {type: string}}}",
            "both say what an answer is",
        ),
        (
            "      - {name: a, type: integer, generator: {type: llm, prompt: x, json_schema: {type: string}}}",
            "says another type",
        ),
        (
            "      - {name: a, generator: {type: llm, prompt: x, json_schema: {type: string, pattern: \"(\"}}}",
            "no regular expression",
        ),
        (
            "      - {name: a, generator: {type: llm, prompt: x, json_schema: {type: text}}}",
            "\"text\" is no type of JSON",
        ),
        (
            "      - {name: a, generator: {type: llm, prompt: x, json_schema: {$ref: \"#/$defs/a\"}}}",
            "nothing stands at \"#/$defs/a\"",
        ),
        ("      - {name: a, generator: {type: llm, prompt: x, temperature: 3}}", "above the most allowed"),
        ("      - {name: a, generator: {type: llm, prompt: x, pool: 0}}", "below the least allowed"),
        (
            "      - {name: a, generator: {type: llm, prompt: x}}\n      - {name: b, generator: {type: llm, prompt: \"Of {{a}}\"}}",
            "the prompt of b names a, which follows from answers",
        ),
        (
            "      - {name: a, generator: {type: llm, prompt: x}}\n      - {name: c, generator: {type: expression, sql: upper(a)}}\n      - {name: b, generator: {type: llm, prompt: \"Of {{c}}\"}}",
            "the prompt of b names c, which follows from answers",
        ),
        (
            "      - {name: n, generator: {type: sequence}}\n      - {name: a, generator: {type: llm, prompt: \"Of {{n}}\"}}",
            "more than 1000 combinations",
        ),
    ];
    for (columns, expected) in cases {
        let found = compiled(&table(2000, columns));
        let words = problems(&found).join("\n");
        assert!(found.plan.is_none() && words.contains(expected), "{columns}\n{words}");
    }
}

#[test]
fn the_run_refuses_combinations_that_the_plan_could_not_see() {
    // The first rows show one value, later ones a thousand more.
    let schema = "
name: d
tables:
  - name: t
    rows: 12000
    columns:
      - {name: n, generator: {type: sequence}}
      - {name: group, generator: {type: expression, sql: \"CASE WHEN n < 9000 THEN 0 ELSE n END\"}}
      - {name: a, generator: {type: llm, prompt: \"Of {{group}}\", pool: 5}}
";
    let plan = sound(compiled(schema));
    assert_eq!((plan.report().llm[0].combinations, plan.report().llm[0].answers), (None, None));
    let Err(Unasked::Problems(refused)) = plan.wanted(&|| false) else { panic!("too many") };
    assert_eq!(
        (refused[0].code, refused[0].pointer.as_str()),
        ("too_many_combinations", "/tables/0/columns/2/generator/prompt")
    );
}

#[test]
fn a_column_that_no_answer_fits_is_told_before_anything_is_paid() {
    let of = |column: &str| {
        format!("name: d\ntables:\n  - name: t\n    rows: 5\n    columns:\n      - {{name: x, {column}}}\n")
    };
    for (column, capacity) in [
        ("unique: true, generator: {type: llm, prompt: A, values: [a, b]}", "2"),
        ("unique: true, type: boolean, generator: {type: llm, prompt: A, pool: 90}", "2"),
        ("unique: true, generator: {type: llm, prompt: A, per: row, values: [a, b, c]}", "3"),
        ("unique: true, generator: {type: llm, prompt: A, json_schema: {type: integer, minimum: 1, maximum: 4}}", "4"),
        ("max_length: 3, generator: {type: llm, prompt: A, values: [long, longer]}", "0"),
        ("max_length: 0, generator: {type: llm, prompt: A}", "0"),
        ("generator: {type: llm, prompt: A, json_schema: {type: integer, minimum: 3, maximum: 2}}", "0"),
    ] {
        let problems = compiled(&of(column)).problems;
        let [problem] = problems.as_slice() else { panic!("{column}: {problems:?}") };
        assert_eq!((problem.code, &problem.params["capacity"]), ("capacity", &json!(capacity)), "{column}");
    }
    let right = of("unique: true, type: boolean, generator: {type: llm, prompt: A}").replace("rows: 5", "rows: 2");
    sound(compiled(&right));
}

#[test]
fn a_row_of_its_own_has_no_pool() {
    let schema = "name: d\ntables:\n  - name: t\n    rows: 5\n    columns:\n      - {name: x, generator: {type: llm, prompt: A, per: row, pool: 3}}\n";
    let told: Vec<(&str, String)> =
        compiled(schema).problems.into_iter().map(|problem| (problem.code, problem.pointer)).collect();
    assert_eq!(told, [("two_sources", "/tables/0/columns/0/generator/pool".to_owned())]);
    assert!(compiled(&schema.replace(", pool: 3", "")).plan.is_some());
}

#[test]
fn a_word_that_is_none_of_those_with_descriptions_is_told_with_the_nearest() {
    let schema = "name: d\ntables:\n  - name: t\n    rows: 5\n    columns:\n      - {name: x, generator: {type: llm, prompt: A, on_error: falback, per: 3}}\n";
    let told: Vec<String> = compiled(schema).problems.iter().map(ToString::to_string).collect();
    assert!(told[0].contains("unknown value \"falback\"") && told[0].contains("fallback"), "{told:?}");
    assert!(told[1].contains("3 stands where a text is expected"), "{told:?}");
}

/// Of so many rows that nobody waits for the last, with a prompt whose combinations cannot be told in advance.
fn endless(pools: usize, first_of_others: u64) -> String {
    let mut schema = format!(
        "
name: d
tables:
  - name: t
    rows: 2000000000
    columns:
      - {{name: n, generator: {{type: sequence}}}}
      - {{name: group, generator: {{type: expression, sql: \"CASE WHEN n < {first_of_others} THEN 0 ELSE 1 END\"}}}}
"
    );
    for pool in 0..pools {
        schema.push_str(&format!(
            "      - {{name: a{pool}, generator: {{type: llm, prompt: \"{pool} of {{{{group}}}}\"}}}}\n"
        ));
    }
    schema
}

#[test]
fn who_no_longer_waits_for_the_questions_of_a_large_table_is_heard_soon() {
    let plan = sound(compiled(&endless(2, 100_000_000)));
    let looks = std::cell::Cell::new(0);
    let is_stopped = || {
        looks.set(looks.get() + 1);
        looks.get() > 20
    };
    assert_eq!(plan.wanted(&is_stopped), Err(Unasked::Stopped));
    assert_eq!(looks.get(), 21, "it is asked before each block, and no more once it said so");
}

#[test]
fn many_prompts_are_looked_at_no_longer_than_a_few() {
    for (pools, seen) in [(2, 2), (300, 1)] {
        // The other combination comes in the second block.
        let plan = sound(compiled(&endless(pools, 5_000)));
        assert!(plan.look().iter().all(|look| look.wanted.len() == seen && !look.is_complete), "{pools}");
    }
}

#[test]
fn a_look_fills_what_nobody_was_asked_for_whatever_the_schema_says() {
    let look = |answers: Option<Answers>| {
        let options = Options { answers: answers.map(Arc::new), falls_back: true, ..Options::default() };
        sound(compile_text(SHOP, &Overrides::new(), &options))
    };
    let plan = look(None);
    assert_eq!(first_rows(&plan).expect("rows").len(), 10);
    assert!(plan.notes()[0].text.starts_with("no language model was asked: filled by "), "{:?}", plan.notes());
    // Of six combinations two are known: their rows show answers, the others do not wait for them.
    let wanted = sound(compiled(SHOP)).wanted(&|| false).expect("questions");
    let plan = look(Some(filled(&wanted[..2], texts)));
    let rows = first_rows(&plan).expect("rows");
    let answered = rows.iter().filter(|row| row.contains(" stars #")).count();
    assert!((1..10).contains(&answered), "{rows:?}");
    assert_eq!(plan.report().llm[0].held, 40);
    // Answers that are too few for values which never repeat are left alone until they are all there.
    let unique = FALLBACK.replace(", on_error: fallback", "");
    let wanted = sound(compiled(&unique)).wanted(&|| false).expect("questions");
    let few: Vec<Wanted> = wanted.into_iter().map(|wanted| Wanted { answers: 5, ..wanted }).take(1).collect();
    let answers = filled(&few, |_, number| json!(format!("{number}@example.com")));
    let options = Options { answers: Some(Arc::new(answers)), falls_back: true, ..Options::default() };
    let plan = sound(compile_text(&unique, &Overrides::new(), &options));
    assert_eq!(all_rows(&plan, "people").len(), 400);
}

#[test]
fn a_look_tells_the_questions_and_a_report_takes_what_is_kept_of_them() {
    let plan = sound(compiled(SHOP));
    let looks = plan.look();
    assert_eq!(looks.len(), 1);
    let all = plan.wanted(&|| false).expect("questions");
    assert_eq!((looks[0].is_complete, &looks[0].wanted), (true, &all));
    let mut report = plan.report().clone();
    report.hold(|_| Some((7, false)));
    assert_eq!((report.llm[0].held, report.llm[0].state), (7, PoolState::Waiting));
    let note = |report: &crate::plan::Report| report.tables[0].columns[3].note.clone().unwrap_or_default();
    assert_eq!(note(&report), "waits for the answers of a language model");
    report.hold(|_| Some((120, true)));
    assert_eq!(report.llm[0].state, PoolState::Answered);
    assert_eq!(note(&report), "drawn from 120 answers of a language model");
}

#[test]
fn what_the_pool_asks_for_is_what_rows_can_hold() {
    let schema = |column: &str| {
        format!("name: d\ntables:\n  - name: t\n    rows: 30\n    columns:\n      - {{name: x, {column}}}\n")
    };
    // A column, answers that rows can hold, and some that they cannot although JSON has no other word for them.
    let cases = [
        (
            "type: integer, generator: {type: llm, prompt: p}",
            json!([7, 8.0]),
            json!([9_223_372_036_854_775_808_u64, 1e30]),
        ),
        (
            "type: integer, generator: {type: llm, prompt: p, json_schema: {minimum: 3}}",
            json!([7]),
            json!(["seven", 1.5, 2]),
        ),
        (
            "type: decimal, precision: 6, scale: 2, generator: {type: llm, prompt: p}",
            json!([1.5, 9999.99]),
            json!([10000, 1e9]),
        ),
        (
            "type: time, generator: {type: llm, prompt: p}",
            json!(["10:30", "10:30:00Z", "10:30:00+02:00"]),
            json!(["25:00", "noon"]),
        ),
        (
            "type: datetime, generator: {type: llm, prompt: p}",
            json!(["2026-02-28T10:00:00", "2026-02-28T10:00:00Z"]),
            json!(["2026-02-28"]),
        ),
        (
            "type: date, generator: {type: llm, prompt: p, json_schema: {type: string}}",
            json!(["2026-02-28"]),
            json!(["soon"]),
        ),
    ];
    for (column, right, wrong) in cases {
        let text = schema(column);
        let plan = sound(compiled(&text));
        let wanted = plan.wanted(&|| false).expect("questions");
        let pool = &wanted[0];
        let items = crate::llm::Items::new(&pool.question.item).expect("a schema").holding(pool.holds.clone());
        let right = right.as_array().expect("a list");
        for answer in right {
            assert!(items.check(answer).is_ok(), "{column}: {answer}: {:?}", items.check(answer));
        }
        for answer in wrong.as_array().expect("a list") {
            let fault = items.check(answer).expect_err("no row can hold it");
            assert!(!fault.reason.is_empty(), "{column}: {answer}");
        }
        let mut answers = Answers::default();
        answers.insert(pool.question.clone(), right.clone());
        let batch = crate::run::batch(&sound(with_answers(&text, answers)), 0, 0..30).expect("rows");
        assert_eq!((batch.num_rows(), batch.column(0).null_count()), (30, 0), "{column}");
    }
}

#[test]
fn answers_that_were_kept_although_no_row_can_hold_them_are_left_out() {
    let text = "name: d\ntables:\n  - name: t\n    rows: 30\n    columns:\n      - {name: x, type: integer, generator: {type: llm, prompt: p}}\n";
    let question = sound(compiled(text)).wanted(&|| false).expect("questions")[0].question.clone();
    let with = |list: Value| {
        let mut answers = Answers::default();
        answers.insert(question.clone(), list.as_array().expect("a list").clone());
        with_answers(text, answers)
    };
    let rows = first_rows(&sound(with(json!([1e30, 7])))).expect("rows");
    assert!(rows.iter().all(|row| row.contains('7')), "{rows:?}");
    let none = with(json!([1e30]));
    assert!(none.plan.is_none() && problems(&none)[0].contains("no value of x"), "{:?}", problems(&none));
}

//! Rules over what a language model answers: held against answers, and before there are any against what they may be.

use super::*;
use crate::plan::compile_shown;

fn stars(generator: &str, rule: &str) -> String {
    format!(
        "
name: d
tables:
  - name: t
    rows: 300
    columns:
      - {{name: id, type: integer, generator: {{type: sequence}}}}
      - {{name: stars, type: integer, generator: {{type: llm, prompt: Points, pool: 10{generator}}}}}
    rules:
      - {{id: r, kind: check, sql: \"{rule}\"}}
"
    )
}

fn with(schema: &str, options: Options) -> Compiled {
    compile_text(schema, &Overrides::new(), &options)
}

/// The plan to the questions of a schema, whatever would stand in for answers.
fn asking(schema: &str) -> Arc<Plan> {
    sound(with(schema, Options { waits: true, ..Options::default() }))
}

/// Answers as `number` says.
fn numbers(plan: &Plan, number: impl Fn(u64) -> u64) -> Answers {
    filled(&plan.wanted(&|| false).expect("questions"), |_, at| json!(number(at)))
}

fn numbers_of(plan: &Plan) -> Vec<i64> {
    all_rows(plan, "t").iter().map(|row| row.split('|').nth(1).expect("a cell").parse().expect("a number")).collect()
}

#[test]
fn a_rule_is_held_against_answers_and_not_against_what_would_stand_in() {
    for on_error in ["", ", on_error: fallback"] {
        let schema = stars(on_error, "stars >= 5000");
        let plan = asking(&schema);
        let answers = Some(Arc::new(numbers(&plan, |at| 4_997 + at)));
        let plan = sound(with(&schema, Options { answers: answers.clone(), ..Options::default() }));
        assert!(numbers_of(&plan).iter().all(|stars| (5000..5007).contains(stars)));
        // A look at rows takes them too, and so does a plan that is shown.
        let looked = sound(with(&schema, Options { answers: answers.clone(), falls_back: true, ..Options::default() }));
        assert_eq!(numbers_of(&looked), numbers_of(&plan));
        let shown = compile_shown(
            |options| with(&schema, options.clone()),
            &Options::default(),
            |_| Ok::<_, ()>(answers.clone()),
        );
        assert!(shown.expect("shown").plan.is_some());
    }
}

#[test]
fn what_stands_in_and_breaks_a_rule_is_a_warning_before_anybody_was_asked() {
    let schema = stars(", on_error: fallback", "stars >= 5000");
    assert!(with(&schema, Options::default()).plan.is_none(), "without answers there are no rows");
    let shown = compile_shown(|options| with(&schema, options.clone()), &Options::default(), |_| Ok::<_, ()>(None));
    let shown = shown.expect("shown");
    let warned: Vec<&str> = shown.problems.iter().map(|problem| problem.detail.as_str()).collect();
    assert!(shown.problems.iter().all(|problem| !problem.is_error()), "{warned:?}");
    assert!(warned.iter().any(|detail| detail.starts_with("without the language model's answers: ")), "{warned:?}");
    let plan = shown.plan.expect("a plan");
    assert_eq!(plan.report().warnings, shown.problems);
    assert_eq!(plan.report().llm[0].fallback[0].column, "stars");
    // Answers that are all there and break it are an error, though.
    let answers = Some(Arc::new(numbers(&plan, |at| 71 + at)));
    let refused =
        compile_shown(|options| with(&schema, options.clone()), &Options::default(), |_| Ok::<_, ()>(answers.clone()));
    assert!(refused.expect("compiled").plan.is_none());
}

#[test]
fn what_stands_in_keeps_to_the_schema_of_answers() {
    let schema = stars(", on_error: fallback, json_schema: {minimum: 50, maximum: 100}", "stars >= 50");
    let values = numbers_of(&sound(compiled(&schema)));
    assert!(values.iter().all(|stars| (50..=100).contains(stars)), "{values:?}");
    let schema = "
name: d
tables:
  - name: t
    rows: 200
    columns:
      - {name: code, generator: {type: llm, prompt: A code, on_error: fallback, json_schema: {type: string, pattern: '^[A-Z]{3}-[0-9]{2}$'}}}
      - {name: long, generator: {type: llm, prompt: Words, on_error: fallback, json_schema: {type: string, minLength: 12, maxLength: 15}}}
      - {name: mail, generator: {type: llm, prompt: Where, on_error: fallback, json_schema: {type: string, format: email}}}
      - {name: price, type: decimal, scale: 2, generator: {type: llm, prompt: How much, on_error: fallback, json_schema: {exclusiveMinimum: 10, maximum: 10.5}}}
      - {name: odd, generator: {type: llm, prompt: Odd, on_error: fallback, json_schema: {type: string, not: {const: word}}}}
";
    let plan = sound(compiled(schema));
    let code = regex::Regex::new("^[A-Z]{3}-[0-9]{2}$").expect("a pattern");
    for row in all_rows(&plan, "t") {
        let cells: Vec<&str> = row.split('|').collect();
        assert!(code.is_match(cells[0]) && (12..=15).contains(&cells[1].chars().count()), "{row}");
        let price: f64 = cells[3].parse().expect("a number");
        assert!(cells[2].contains('@') && price > 10.0 && price <= 10.5, "{row}");
    }
    // What cannot be held is told, to who plans and with the rows.
    let warnings: Vec<String> = plan.report().warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("no answer for odd") && warnings[0].contains("may break not"), "{warnings:?}");
    assert!(plan.notes()[4].text.ends_with(", which may break not"), "{:?}", plan.notes()[4]);
}

#[test]
fn a_rule_that_no_answer_can_obey_is_told_before_any_is_asked() {
    let text = |generator: &str, sql: &str| {
        stars("", sql)
            .replace("name: stars, type: integer", "name: stars")
            .replace("pool: 10", &format!("pool: 10{generator}"))
    };
    let refused = [
        (
            text(", values: [a, b, c]", "stars = 'z'"),
            "r leaves no answer of the language model for stars, which may be a, b, c",
        ),
        (text(", json_schema: {enum: [a, b]}", "id > 0 AND stars LIKE 'z%'"), "which may be a, b"),
        (stars(", json_schema: {maximum: 100}", "stars > 200"), "which may be at most 100"),
        (stars(", json_schema: {exclusiveMinimum: 5}", "stars BETWEEN 1 AND 5"), "which may be above 5"),
        (stars(", json_schema: {minimum: 0, maximum: 1000000}", "stars IN (-1, 1000001)"), "which may be 0 to 1000000"),
        (stars(", json_schema: {minimum: 1, maximum: 20}", "stars % 21 = 0"), "which may be 1 to 20"),
    ];
    for (schema, expected) in refused {
        let found = with(&schema, Options { waits: true, ..Options::default() });
        let words = problems(&found).join("\n");
        assert!(found.plan.is_none() && words.contains(expected), "{schema}\n{words}");
    }
    for schema in [
        text(", values: [a, b, c]", "stars = 'c'"),
        text(", values: [a, b, c]", "stars <> 'c'"),
        text(", values: [a, b, c]", "id < 5 OR stars = 'z'"),
        text("", "stars = 'z'"),
        stars(", json_schema: {maximum: 100}", "stars >= 100"),
        stars(", json_schema: {maximum: 100}", "stars * 2 = 14"),
        stars(", json_schema: {minimum: 0, maximum: 1000000}", "stars = 777777"),
        stars("", "stars > 200"),
        stars(", json_schema: {maximum: 100}", "stars > 200").replace("sql: ", "when: id > 10000, sql: "),
    ] {
        asking(&schema);
    }
}

#[test]
fn what_a_prompt_names_is_not_drawn_again_for_the_answers() {
    let schema = |rule: &str| {
        format!(
            "
name: d
tables:
  - name: t
    rows: 2000
    columns:
      - {{name: kind, generator: {{type: choice, values: [a, b, c]}}}}
      - {{name: title, generator: {{type: llm, prompt: \"A title of {{{{kind}}}}\", pool: 10}}}}
    rules:
      - {{id: r, kind: check, sql: \"{rule}\"}}
"
        )
    };
    let title = |pool: &Wanted, number: u64| json!(format!("{}{}", pool.question.prompt, "x".repeat(number as usize)));
    let plan = answered(&schema("length(title) >= 14"), title);
    let free = answered(&schema("length(title) >= 1"), title);
    let mut short = 0;
    for (row, other) in all_rows(&plan, "t").iter().zip(all_rows(&free, "t")) {
        let (kind, text) = row.split_once('|').expect("two cells");
        assert!(text.starts_with(&format!("A title of {kind}")) && text.len() >= 14, "{row}");
        assert_eq!(other.split('|').next(), Some(kind), "what is asked is as it was");
        short += usize::from(other.len() < 16);
    }
    assert!(short > 100, "{short} rows were drawn again");
    let unique = schema("true").replace("kind: check, sql: \"true\"", "kind: unique, columns: [kind, title]");
    let words = problems(&compiled(&unique)).join("\n");
    assert!(words.contains("title is part of a combination without repetition"), "{words}");
    assert!(!words.contains("needs itself"), "{words}");
    let found = compiled(&schema("title <> kind AND kind <> 'a'"));
    let words = problems(&found).join("\n");
    let expected =
        "the prompt of title names kind, which is drawn together with answers of a language model so that r can hold";
    assert!(found.plan.is_none() && words.contains(expected), "{words}");
}

#[test]
fn a_model_that_was_asked_and_gave_nothing_is_told_so() {
    let schema = stars(", on_error: fallback", "stars >= 0");
    let plan = asking(&schema);
    let mut answers = Answers::default();
    for wanted in plan.wanted(&|| false).expect("questions") {
        answers.insert(wanted.question, Vec::new());
    }
    let note = |options: Options| sound(with(&schema, options)).notes()[0].text.clone();
    let declined = note(Options { answers: Some(Arc::new(answers)), ..Options::default() });
    assert!(declined.starts_with("a language model was asked and gave no answers: filled by "), "{declined}");
    assert!(note(Options::default()).starts_with("no language model was asked: filled by "));
}

#[test]
fn a_column_without_repetition_that_has_too_few_answers_falls_back_whole() {
    let schema = "
name: d
tables:
  - name: t
    rows: 50
    columns:
      - {name: mail, description: E-mail address, unique: true, generator: {type: llm, pool: 50, on_error: fallback}}
";
    let plan = asking(schema);
    let mut wanted = plan.wanted(&|| false).expect("questions");
    wanted[0].answers = 20;
    let answers = Some(Arc::new(filled(&wanted, texts)));
    let plan = sound(with(schema, Options { answers: answers.clone(), ..Options::default() }));
    let rows: BTreeSet<String> = all_rows(&plan, "t").into_iter().collect();
    assert!(rows.len() == 50 && rows.iter().all(|mail| mail.contains('@')), "{rows:?}");
    let strict = schema.replace(", on_error: fallback", "");
    let refused = with(&strict, Options { answers, ..Options::default() });
    assert!(problems(&refused).join("\n").contains("--llm-ask-again"), "{:?}", problems(&refused));
}

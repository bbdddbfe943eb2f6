//! Columns that a language model wrote: what is asked, how rows draw from the answers, and what happens without them.

mod rules;
mod without;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::execution::runtime_env::RuntimeEnv;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{all_rows, compiled, rows_of};
use crate::generators::RunError;
use crate::llm::{Answers, OnError, Wanted};
use crate::plan::{Compiled, Options, Plan, PoolState, compile_text};
use crate::schema::Overrides;

/// A shop whose reviews are asked for by product and stars.
const SHOP: &str = "
name: shop
random_seed: 7
tables:
  - name: reviews
    rows: 9000
    columns:
      - {name: id, generator: {type: sequence}}
      - {name: product, generator: {type: choice, values: [kettle, lamp, rug]}}
      - {name: stars, type: integer, generator: {type: choice, values: [1, 5]}}
      - {name: review, type: text, max_length: 60, description: What a buyer says,
         generator: {type: llm, prompt: \"A review of a {{product}} with {{stars}} stars\", pool: 20}}
";

fn with_answers(schema: &str, answers: Answers) -> Compiled {
    let options = Options { answers: Some(Arc::new(answers)), ..Options::default() };
    compile_text(schema, &Overrides::new(), &options)
}

fn problems(compiled: &Compiled) -> Vec<String> {
    compiled.problems.iter().map(ToString::to_string).collect()
}

fn sound(compiled: Compiled) -> Arc<Plan> {
    let problems = problems(&compiled);
    compiled.plan.unwrap_or_else(|| panic!("{}", problems.join("\n")))
}

/// Answers as a model would give them: what `answer` says of the prompt and the number of the answer.
fn filled(wanted: &[Wanted], answer: impl Fn(&Wanted, u64) -> Value) -> Answers {
    let mut answers = Answers::default();
    for pool in wanted {
        let list: Vec<Value> = (0..pool.answers).map(|number| answer(pool, number)).collect();
        answers.insert(pool.question.clone(), list);
    }
    answers
}

fn answered(schema: &str, answer: impl Fn(&Wanted, u64) -> Value) -> Arc<Plan> {
    let plan = sound(compiled(schema));
    let wanted = plan.wanted(&|| false).unwrap_or_else(|unasked| panic!("{unasked:?}"));
    sound(with_answers(schema, filled(&wanted, answer)))
}

/// The shop with answers that are always the same.
pub(super) fn answered_shop() -> Arc<Plan> {
    answered(SHOP, texts)
}

fn texts(pool: &Wanted, number: u64) -> Value {
    json!(format!("{} #{number}", pool.question.prompt))
}

#[test]
fn a_prompt_is_asked_for_each_combination_of_what_it_names() {
    let plan = sound(compiled(SHOP));
    let wanted = plan.wanted(&|| false).expect("questions");
    let prompts: BTreeSet<&str> = wanted.iter().map(|pool| pool.question.prompt.as_str()).collect();
    assert_eq!(prompts.len(), 6);
    assert!(prompts.contains("A review of a lamp with 5 stars"), "{prompts:?}");
    for pool in &wanted {
        assert_eq!((pool.table.as_str(), pool.answers, pool.on_error), ("reviews", 20, OnError::Fail));
        assert_eq!(pool.columns, ["review"]);
        let item = json!({"description": "What a buyer says", "type": "string", "maxLength": 60});
        assert_eq!(pool.question.item, item);
    }
    let report = &plan.report().llm[0];
    assert_eq!((report.combinations, report.answers, report.held), (Some(6), Some(120), 0));
    assert_eq!(report.state, PoolState::Waiting);
}

#[test]
fn rows_draw_from_the_pool_of_their_own_values_and_every_answer_is_drawn() {
    let plan = answered(SHOP, texts);
    let mut drawn: BTreeMap<String, u64> = BTreeMap::new();
    for row in all_rows(&plan, "reviews") {
        let cells: Vec<&str> = row.split('|').collect();
        let expected = format!("A review of a {} with {} stars #", cells[1], cells[2]);
        assert!(cells[3].starts_with(&expected), "{row}");
        *drawn.entry(cells[3].to_owned()).or_default() += 1;
    }
    // 9,000 rows over 120 answers: 75 each on average; a uniform draw leaves none far from that.
    assert_eq!(drawn.len(), 120);
    assert!(drawn.values().all(|count| (30..150).contains(count)), "{drawn:?}");
    let report = plan.report();
    assert_eq!((report.llm[0].state, report.llm[0].held), (PoolState::Answered, 120));
    assert_eq!(report.tables[0].columns[3].note.as_deref(), Some("drawn from 120 answers of a language model"));
    assert_eq!(plan.unanswered(), None);
}

proptest! {
    #[test]
    fn any_range_alone_gives_the_same_rows(start in 0_u64..9000, length in 1_u64..6000, threads in 1_usize..4) {
        let plan = answered(SHOP, texts);
        let all = all_rows(&plan, "reviews");
        let end = (start + length).min(9000);
        let mut part = Vec::new();
        crate::run::run(&plan, 0, start..end, threads, |batch| Ok::<_, RunError>(rows_of(&batch)), |rows, _| {
            part.extend(rows);
            Ok(())
        }).expect("rows");
        prop_assert_eq!(&part[..], &all[start as usize..end as usize]);
    }
}

#[test]
fn columns_with_one_prompt_show_one_answer() {
    let schema = "
name: shop
tables:
  - name: products
    rows: 5000
    columns:
      - {name: name, max_length: 40, generator: {type: llm, prompt: A product of a bakery, pool: 30}}
      - {name: id, generator: {type: sequence}}
      - {name: price, type: decimal, scale: 2, description: In euros, generator: {type: llm, prompt: A product of a bakery, pool: 30}}
      - {name: kind, generator: {type: llm, prompt: A product of a bakery, pool: 30, values: [bread, cake]}}
      - {name: slogan, generator: {type: llm, prompt: A product of a bakery, pool: 40}}
";
    let plan = sound(compiled(schema));
    let wanted = plan.wanted(&|| false).expect("questions");
    assert_eq!(wanted.len(), 2);
    assert_eq!(wanted[0].columns, ["name", "price", "kind"]);
    let item = json!({
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 40},
            "price": {"description": "In euros", "type": "number"},
            "kind": {"type": "string", "enum": ["bread", "cake"]},
        },
        "required": ["name", "price", "kind"],
        "additionalProperties": false,
    });
    assert_eq!(wanted[0].question.item, item);
    let plan = answered(schema, |pool, number| {
        if pool.columns.len() == 1 {
            return json!("Fresh!");
        }
        json!({"name": format!("p{number}"), "price": number as f64 + 0.255, "kind": if number.is_multiple_of(2) { "bread" } else { "cake" }})
    });
    let mut seen = BTreeSet::new();
    for row in all_rows(&plan, "products") {
        let cells: Vec<&str> = row.split('|').collect();
        let number: u64 = cells[0][1..].parse().expect("a number");
        assert!(cells[2].starts_with(&format!("{number}.2")), "{row}");
        assert_eq!(cells[3], if number.is_multiple_of(2) { "bread" } else { "cake" }, "{row}");
        seen.insert(number);
    }
    assert_eq!(seen.len(), 30);
}

#[test]
fn a_schema_of_an_object_makes_a_draw() {
    let schema = "
name: shop
tables:
  - name: t
    rows: 300
    draws:
      book:
        type: llm
        prompt: A book
        pool: 10
        json_schema: {type: object, required: [title, year], properties: {title: {type: string}, year: {type: integer}, note: {type: string}}}
    columns:
      - {name: title, generator: {type: field, of: book, field: title}}
      - {name: printed, type: integer, generator: {type: field, of: book, field: year}}
      - {name: note, generator: {type: field, of: book, field: note}}
";
    let plan = answered(schema, |pool, number| {
        assert_eq!(pool.columns, ["title", "printed", "note"]);
        let mut book = json!({"title": format!("b{number}"), "year": 1900 + number});
        if number == 3 {
            book["note"] = json!("signed");
        }
        book
    });
    assert_eq!(plan.report().llm.len(), 1);
    for row in all_rows(&plan, "t") {
        let cells: Vec<&str> = row.split('|').collect();
        let number: u64 = cells[0][1..].parse().expect("a number");
        assert_eq!(cells[1], (1900 + number).to_string());
        assert_eq!(cells[2], if number == 3 { "signed" } else { "" });
    }
}

const UNIQUE: &str = "
name: shop
tables:
  - name: products
    rows: 500
    columns:
      - {name: name, unique: true, generator: {type: llm, prompt: A product of a bakery, pool: 600}}
      - {name: slogan, generator: {type: llm, prompt: A product of a bakery, pool: 600}}
";

#[test]
fn unique_columns_take_no_answer_twice() {
    // A tenth of the names repeat: those answers are passed over, with their slogans.
    let plan =
        answered(UNIQUE, |_, number| json!({"name": format!("n{}", number % 540), "slogan": format!("s{number}")}));
    let rows = all_rows(&plan, "products");
    let names: BTreeSet<&str> = rows.iter().filter_map(|row| row.split('|').next()).collect();
    assert_eq!(names.len(), 500);
    for row in &rows {
        let (name, slogan) = row.split_once('|').expect("two columns");
        assert_eq!(name[1..], slogan[1..], "the answers of one row");
    }
    let alone = crate::run::batch(&plan, 0, 137..139).expect("rows");
    assert_eq!(rows_of(&alone), rows[137..139]);
}

#[test]
fn unique_columns_need_a_pool_that_is_large_enough() {
    let small = compiled(&UNIQUE.replace("600", "400"));
    assert!(problems(&small).join("\n").contains("can take 400 values, fewer than the table's 500 rows"));
    let plan = sound(compiled(UNIQUE));
    let wanted = plan.wanted(&|| false).expect("questions");
    let dry =
        with_answers(UNIQUE, filled(&wanted, |_, number| json!({"name": format!("n{}", number % 40), "slogan": "s"})));
    let dry = problems(&dry).join("\n");
    assert!(dry.contains("the language model gave 40 values, fewer than the table's 500 rows"), "{dry}");
    // No number mends it: a pool of one of the two columns would be another question, to be paid for anew.
    assert!(!dry.contains("change pool") && dry.contains("--llm-ask-again"), "{dry}");
    let small = problems(&small).join("\n");
    let together = "let pool be at least the table's rows in name and slogan, which share their answers";
    assert!(small.contains(together), "{small}");
    let named = compiled(&SHOP.replace("max_length: 60", "unique: true"));
    assert!(problems(&named).join("\n").contains("what is answered for one combination"));
}

#[test]
fn every_row_can_have_an_answer_of_its_own() {
    let schema = SHOP.replace("pool: 20", "per: row").replace("rows: 9000", "rows: 700");
    let plan = sound(compiled(&schema));
    let wanted = plan.wanted(&|| false).expect("questions");
    assert_eq!(wanted.iter().map(|pool| pool.answers).sum::<u64>(), 700);
    assert_eq!(plan.report().llm[0].answers, Some(700));
    let plan = answered(&schema, texts);
    let rows = all_rows(&plan, "reviews");
    let distinct: BTreeSet<&str> = rows.iter().filter_map(|row| row.splitn(4, '|').nth(3)).collect();
    assert_eq!(distinct.len(), 700);
    let alone = crate::run::batch(&plan, 0, 600..603).expect("rows");
    assert_eq!(rows_of(&alone), rows[600..603]);
    let many = problems(&compiled(&schema.replace("rows: 700", "rows: 10001"))).join("\n");
    assert!(many.contains("each of 10001 rows would be asked for by itself"), "{many}");
}

#[test]
fn nulls_rules_and_other_generators_work_with_answers() {
    let schema = "
name: d
tables:
  - name: t
    rows: 6000
    columns:
      - {name: stars, type: integer, generator: {type: integer, min: 1, max: 5}}
      - name: text
        null_rate: 0.2
        generator:
          type: conditional
          cases: [{when: stars <= 2, use: {type: llm, prompt: An angry word, pool: 10}}]
          else: {type: llm, prompt: A kind word, pool: 10}
      - {name: hidden_word, hidden: true, generator: {type: llm, prompt: A word, values: [yes, no, maybe]}}
      - {name: loud, generator: {type: expression, sql: upper(hidden_word)}}
    rules:
      - {id: no-for-one, kind: implies, if: stars = 1, then: hidden_word <> 'no'}
";
    let plan = sound(compiled(schema));
    let wanted = plan.wanted(&|| false).expect("questions");
    let prompts: Vec<&str> = wanted.iter().map(|pool| pool.question.prompt.as_str()).collect();
    assert_eq!(prompts, ["An angry word", "A kind word", "A word"]);
    let plan = answered(schema, |pool, number| match pool.question.prompt.as_str() {
        "A word" => json!(["yes", "no", "maybe"][number as usize % 3]),
        prompt => json!(format!("{prompt} {number}")),
    });
    let rows = all_rows(&plan, "t");
    let mut nulls = 0;
    for row in &rows {
        let cells: Vec<&str> = row.split('|').collect();
        let stars: u64 = cells[0].parse().expect("stars");
        let expected = if stars <= 2 { "An angry word" } else { "A kind word" };
        assert!(cells[1].is_empty() || cells[1].starts_with(expected), "{row}");
        nulls += usize::from(cells[1].is_empty());
        assert!(stars != 1 || cells[2] != "NO", "{row}");
    }
    // 6,000 draws at 0.2: 1,200 with a standard deviation of 31.
    assert!((1_050..1_350).contains(&nulls), "{nulls}");
}

#[test]
fn a_rule_over_answers_is_drawn_again_with_all_that_they_show() {
    let schema = "
name: d
tables:
  - name: t
    rows: 3000
    columns:
      - {name: low, type: integer, generator: {type: llm, prompt: Two numbers}}
      - {name: high, type: integer, generator: {type: llm, prompt: Two numbers}}
      - {name: top, type: integer, generator: {type: integer, min: 0, max: 99}}
    rules:
      - {id: below-top, kind: implies, if: low < 50, then: high <= top}
";
    let plan = answered(schema, |_, number| json!({"low": number, "high": number + 1}));
    for row in all_rows(&plan, "t") {
        let cells: Vec<i64> = row.split('|').map(|cell| cell.parse().expect("a number")).collect();
        assert_eq!(cells[1], cells[0] + 1, "one answer");
        assert!(cells[0] >= 50 || cells[1] <= cells[2], "{row}");
    }
}

#[test]
fn the_same_answers_give_the_same_rows_and_the_order_of_questions_says_nothing() {
    let plan = sound(compiled(SHOP));
    let mut wanted = plan.wanted(&|| false).expect("questions");
    let one = sound(with_answers(SHOP, filled(&wanted, texts)));
    wanted.reverse();
    let other = sound(with_answers(SHOP, filled(&wanted, texts)));
    assert_eq!(all_rows(&one, "reviews"), all_rows(&other, "reviews"));
}

#[test]
fn verifying_rows_needs_no_answers_and_the_certificate_says_who_wrote_them() {
    let plan = answered(SHOP, texts);
    let rows: Vec<_> =
        crate::run::blocks(0..9000).map(|block| crate::run::batch(&plan, 0, block).expect("rows")).collect();
    let provider: Arc<dyn TableProvider> = Arc::new(MemTable::try_new(rows[0].schema(), vec![rows]).expect("a table"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    // The dataset as it is read: nothing of the answers is in it.
    let dataset = sound(compiled(SHOP)).dataset.clone();
    let tables = vec![("reviews".to_owned(), provider)];
    let certificate = runtime
        .block_on(crate::verify::certify(&dataset, tables, Arc::new(RuntimeEnv::default())))
        .expect("a certificate");
    assert!(certificate.holds() && certificate.notes.is_empty());
    let noted = certificate.noted(plan.notes());
    assert_eq!(noted.notes[0].columns, ["review"]);
    assert!(noted.to_html().contains("<strong>review</strong>: drawn from 120 answers of a language model"));
    let read: Value = serde_json::to_value(&noted).expect("JSON");
    assert_eq!(read["notes"][0]["table"], "reviews");
}

#[test]
fn prompts_may_name_columns_of_parents_and_given_rows_keep_their_own() {
    let schema = "
name: d
tables:
  - name: customers
    rows: 40
    primary_key: [id]
    columns:
      - {name: id, generator: {type: sequence}}
      - {name: segment, null_rate: 0.3, generator: {type: choice, values: [home, office]}}
  - name: notes
    rows: 300
    foreign_keys: [{columns: [customer_id], references: {table: customers, columns: [id]}, name: customer}]
    given: [{note: by hand}]
    columns:
      - {name: customer_id}
      - {name: note, generator: {type: llm, prompt: \"A note on a {{customer.segment}} customer\", pool: 10}}
      - {name: about, generator: {type: expression, sql: \"customer.segment\"}}
";
    let plan = answered(schema, texts);
    let report = &plan.report().llm[0];
    assert_eq!((report.table.as_str(), report.combinations, report.held), ("notes", Some(3), 30));
    for (at, row) in all_rows(&plan, "notes").iter().enumerate() {
        let cells: Vec<&str> = row.split('|').collect();
        let segment = if cells[2].is_empty() { "null" } else { cells[2] };
        let expected = if at == 0 { "by hand".to_owned() } else { format!("A note on a {segment} customer #") };
        assert!(cells[1].starts_with(&expected), "{row}");
    }
}

#[test]
fn an_estimate_stands_beside_each_pool() {
    let mut report = sound(compiled(SHOP)).report().clone();
    report.estimate(|pool| {
        let answers = pool.answers?;
        Some(crate::plan::Estimate {
            calls: answers.div_ceil(50),
            prompt_tokens: 600,
            completion_tokens: 2400,
            cost_usd: Some(0.0125),
        })
    });
    assert_eq!(report.llm[0].calls, Some(3));
    let text = report.to_string();
    let line = "review (reviews): \"A review of a {{product}} with {{stars}} stars\"; 120 answers for 6 combinations; 3 calls, 600 tokens sent and 2400 received, about 0.0125 USD; waits for the answers of a language model";
    assert!(text.contains(line), "{text}");
}

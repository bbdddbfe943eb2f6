//! What commands do with answers of a language model: rules over them, pools that lack some, and money that is not spent in vain.

use scripted_model::{Fault, Pool, Script, Server};
use serde_json::{Value, json};

use super::support::{Home, Ran};

const KEY: &str = "sk-test-0123456789abcdefghij";

fn server(answers: impl IntoIterator<Item = Value>) -> Server {
    let pools = vec![Pool { when: "Points".to_owned(), answers: answers.into_iter().collect() }];
    Server::start(Script { key: Some(KEY.to_owned()), pools, ..Script::default() }).expect("a free port")
}

fn run(home: &Home, server: &Server, arguments: &[&str]) -> Ran {
    let mut command = home.command(arguments);
    command.env("OPENAI_BASE_URL", server.url()).env("OPENAI_API_KEY", KEY);
    Ran::of(command.output().expect("the binary runs"))
}

fn stars(generator: &str, rule: &str) -> String {
    format!(
        "name: d
tables:
  - name: t
    rows: 40
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: stars, generator: {{ type: llm, prompt: Points{generator} }} }}
    rules:
      - {{ id: r, kind: check, sql: \"{rule}\" }}
"
    )
}

const GENERATE: [&str; 4] = ["generate", "d.yaml", "--out", "out"];

#[test]
fn a_rule_over_answers_holds_in_all_that_shows_rows() {
    for on_error in ["", ", on_error: fallback"] {
        let (home, server) = (Home::new(), server((48..58).map(|stars| json!(stars))));
        let schema = stars(
            &format!(", pool: 10, json_schema: {{type: integer, minimum: 40, maximum: 100}}{on_error}"),
            "stars >= 50",
        );
        home.write("d.yaml", &schema);
        run(&home, &server, &["plan", "d.yaml"]).succeeds();
        let ran = run(&home, &server, &GENERATE).succeeds();
        assert!(!ran.stderr.contains("warning"), "{ran:#?}");
        let first = home.read("out/t.csv");
        assert!(
            first.lines().skip(1).all(|line| line.ends_with(|c: char| c.is_ascii_digit()) && line.contains(",5")),
            "{first}"
        );
        for look in [
            &["preview", "d.yaml", "--rows", "40"][..],
            &["query", "d.yaml", "SELECT min(stars) AS least FROM t"],
            &["plan", "d.yaml"],
        ] {
            run(&home, &server, look).succeeds();
        }
        run(&home, &server, &["generate", "d.yaml", "--out", "again"]).succeeds();
        assert_eq!(home.read("again/t.csv"), first);
    }
}

#[test]
fn a_plan_refuses_what_generate_would() {
    // Before anything is paid.
    let (home, server) = (Home::new(), server((71..81).map(|stars| json!(stars))));
    home.write("d.yaml", &stars(", values: [a, b, c]", "stars = 'z'"));
    for arguments in [&["plan", "d.yaml"][..], &GENERATE] {
        let ran = run(&home, &server, arguments).fails();
        assert!(ran.stderr.contains("r leaves no answer of the language model for stars"), "{ran:#?}");
    }
    assert_eq!(server.counts().calls, 0);
    // What the answers that are there say.
    let schema = |rule: &str| stars(", pool: 10, json_schema: {type: integer}", rule);
    home.write("d.yaml", &schema("stars > 0"));
    run(&home, &server, &GENERATE).succeeds();
    let calls = server.counts().calls;
    home.write("d.yaml", &schema("stars > 90"));
    for arguments in [&["plan", "d.yaml"][..], &GENERATE] {
        run(&home, &server, arguments).fails();
    }
    assert_eq!(server.counts().calls, calls);
}

#[test]
fn a_short_pool_is_told_and_the_model_asked_again() {
    let (home, server) = (Home::new(), server([json!(1)]));
    home.write("d.yaml", &stars(", pool: 30, json_schema: {type: integer}", "stars > 0"));
    let ran = run(&home, &server, &GENERATE).succeeds();
    let line = ran.stderr.lines().find(|line| line.starts_with("warning: t.stars: 1 of 30 answers; "));
    assert!(line.is_some_and(|line| line.contains(" repeated") && line.contains("--llm-ask-again")), "{ran:#?}");
    let calls = server.counts().calls;
    let ran = run(&home, &server, &GENERATE).succeeds();
    assert!(ran.stderr.contains("warning: t.stars: 1 of 30 answers; the model had no more"), "{ran:#?}");
    assert_eq!(server.counts().calls, calls);
    server.script(|script| script.pools[0].answers = (1..40).map(|stars| json!(stars)).collect());
    let ran = run(&home, &server, &[&GENERATE[..], &["--llm-ask-again"]].concat()).succeeds();
    assert!(!ran.stderr.contains("warning") && server.counts().calls > calls, "{ran:#?}");
}

#[test]
fn paid_answers_of_a_pool_that_failed_are_used_where_others_may_stand_in() {
    let (home, server) = (Home::new(), server((0..500).map(|stars| json!(stars + 1_000_000))));
    let many = |text: String| text.replace("rows: 40", "rows: 400");
    home.write("d.yaml", &many(stars(", pool: 400, on_error: fallback, json_schema: {type: integer}", "stars > 0")));
    server.script(|script| script.faults = std::iter::once(Fault::None).chain(vec![Fault::Unauthorized; 9]).collect());
    let ran = run(&home, &server, &GENERATE).succeeds();
    assert!(ran.stderr.contains("warning: t.stars: 50 of 400 answers; "), "{ran:#?}");
    let rows = home.read("out/t.csv");
    assert!(rows.lines().skip(1).all(|line| line.contains(",10000")), "{rows}");
    let ran = run(&home, &server, &["preview", "d.yaml", "--rows", "40"]).succeeds();
    for stars in rows.lines().skip(1).take(40).filter_map(|line| line.split(',').nth(1)) {
        assert!(ran.stdout.contains(stars), "{stars}: {ran:#?}");
    }
    // Where none may stand in, what was spent is told with the reason.
    home.write("d.yaml", &many(stars(", pool: 300, json_schema: {type: integer, minimum: 5}", "stars > 0")));
    server.script(|script| script.faults = std::iter::once(Fault::None).chain(vec![Fault::Unauthorized; 9]).collect());
    let ran = run(&home, &server, &["generate", "d.yaml", "--out", "none"]).fails();
    assert!(ran.stderr.contains("\nlanguage model gpt-4.1-mini: 1 call, "), "{ran:#?}");
    assert!(ran.stderr.lines().last().is_some_and(|line| line.contains("does not take the key")), "{ran:#?}");
}

#[test]
fn nothing_is_paid_for_what_cannot_be_written() {
    let (home, server) = (Home::new(), server((0..50).map(|stars| json!(stars + 1))));
    home.write("d.yaml", &stars(", pool: 10, json_schema: {type: integer}", "stars > 0"));
    home.write("file", "in the way");
    for more in [
        &["--table", "nope"][..],
        &["--table", "t", "--range", "0..41"],
        &["--format", "xlsx", "--out", "x.csv"],
        &["--out", "file/below"],
    ] {
        let ran = run(&home, &server, &[&["generate", "d.yaml"][..], more].concat());
        assert!(ran.status != Some(0), "{more:?}: {ran:#?}");
        assert_eq!(server.counts().calls, 0, "{more:?}");
    }
    run(&home, &server, &GENERATE).succeeds();
}

#[test]
fn a_unique_column_is_asked_for_until_it_has_its_values() {
    let person = |x: &str, y: u64| json!({"x": x, "y": y});
    let (home, server) = (Home::new(), server([person("a", 1), person("a", 2), person("b", 1)]));
    let columns = |pool: u64| {
        format!(
            "name: d
tables:
  - name: r
    rows: 3
    columns:
      - {{ name: x, unique: true, generator: {{ type: llm, prompt: Points, pool: {pool} }} }}
      - {{ name: y, type: integer, generator: {{ type: llm, prompt: Points, pool: {pool} }} }}
"
        )
    };
    home.write("d.yaml", &columns(6));
    let ran = run(&home, &server, &GENERATE).fails();
    assert!(ran.stderr.contains("gave 2 values, fewer than the table's 3 rows"), "{ran:#?}");
    assert!(ran.stderr.contains("--llm-ask-again") && !ran.stderr.contains("change pool"), "{ran:#?}");
    // The remedy that is named helps.
    let calls = server.counts().calls;
    server.script(|script| script.pools[0].answers.push(person("c", 1)));
    let ran = run(&home, &server, &[&GENERATE[..], &["--llm-ask-again"]].concat()).succeeds();
    assert!(ran.stderr.contains("1 of 3 answers are missing") && server.counts().calls > calls, "{ran:#?}");
    let first = home.read("out/r.csv");
    assert!(["a,1", "b,1", "c,1"].iter().all(|row| first.lines().any(|line| line == *row)), "{first}");
    // The second run pays for nothing and gives the same, and so does a larger pool of both.
    let calls = server.counts().calls;
    for (pool, out) in [(6, "again"), (9, "larger")] {
        home.write("d.yaml", &columns(pool));
        run(&home, &server, &["generate", "d.yaml", "--out", out]).succeeds();
        assert_eq!((home.read(&format!("{out}/r.csv")), server.counts().calls), (first.clone(), calls));
    }
}

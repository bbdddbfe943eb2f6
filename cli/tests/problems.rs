//! What is wrong with a schema, line by line.

use super::support::Home;

#[test]
fn all_problems_are_said_at_once_each_with_its_place() {
    let home = Home::new();
    home.write(
        "bad.yaml",
        "name: bad\ntables:\n  - name: t\n    rows: 5\n    columns:\n      - { name: a, generator: { type: frist_name } }\n      \
         - { name: b, generator: { type: integer, min: 10, max: 5 } }\n      - { name: c, generator: { type: integer, mim: 1 } }\n",
    );
    for command in ["plan", "generate", "preview"] {
        let ran = home.run(&[command, "bad.yaml"]).fails();
        insta::allow_duplicates! {
            insta::assert_snapshot!(ran.stderr, @r#"
            bad.yaml: tables[0].columns[0].generator.type: unknown generator "frist_name"; did you mean "first_name"?
            bad.yaml: tables[0].columns[2].generator.mim: unknown key "mim"; did you mean "min"?
            bad.yaml: tables[0].columns[1].generator.max: 5 is below min 10
            "#);
        }
        assert_eq!(ran.stdout, "");
    }
    assert_eq!(home.names("."), ["bad.yaml"]);
}

#[test]
fn problems_are_json_where_json_is_asked_for() {
    let home = Home::new();
    home.write("bad.yaml", "name: bad\ntables:\n  - name: t\n    rows: 5\n    columns:\n      - { name: a, generator: { type: frist_name } }\n");
    let ran = home.run(&["plan", "bad.yaml", "--json"]).fails();
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let problem = &value["problems"][0];
    assert_eq!(problem["severity"], "error", "{value}");
    assert_eq!(problem["pointer"], "/tables/0/columns/0/generator/type");
    assert_eq!(problem["line"], 6);
}

#[test]
fn what_is_no_schema_is_said_in_a_sentence() {
    let home = Home::new();
    for (name, bytes) in [
        ("empty.yaml", &b""[..]),
        ("open.yaml", b"name: [x"),
        ("list.yaml", b"- 1\n"),
        ("null.yaml", b"null"),
        ("binary.yaml", b"\xff\xfe\x00\x01"),
        ("open.json", b"{\"name\": "),
    ] {
        std::fs::write(home.at(name), bytes).expect("written");
        let ran = home.run(&["plan", name]).fails();
        assert!(
            ran.stderr.lines().count() >= 1 && ran.stderr.lines().all(|line| line.starts_with(&format!("{name}: "))),
            "{ran:?}"
        );
        assert!(!ran.stderr.contains("panicked") && !ran.stderr.contains("internal error"), "{ran:?}");
    }
    let ran = home.run(&["plan", "."]).fails();
    assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
}

#[test]
fn a_parameter_or_table_that_the_schema_lacks_is_a_stated_problem() {
    let home = Home::with_hiring();
    let ran = home.run(&["generate", "hiring.yaml", "--set", "candidate=5"]).fails();
    assert!(ran.stderr.contains("did you mean \"candidates\"?"), "{ran:?}");
    let ran = home.run(&["generate", "hiring.yaml", "--table", "candidates"]).fails();
    assert_eq!(ran.stderr, "the schema has no table \"candidates\"; did you mean \"candidate\"?\n");
    let ran = home.run(&["generate", "hiring.yaml", "--rows", "nobody=5"]).fails();
    assert!(ran.stderr.contains("nobody"), "{ran:?}");
    assert_eq!(home.names("."), ["hiring.yaml"]);
}

#[test]
fn a_schema_has_one_canonical_form_in_its_own_language() {
    let home = Home::with_hiring();
    let yaml = home.run(&["fmt", "hiring.yaml"]).succeeds().stdout;
    home.write("canonical.yaml", &yaml);
    assert_eq!(home.run(&["fmt", "canonical.yaml"]).succeeds().stdout, yaml);
    let out = |schema: &str| home.run(&["generate", schema, "--table", "candidate", "--out", "-"]).succeeds().stdout;
    assert_eq!(out("canonical.yaml"), out("hiring.yaml"));
    home.write(
        "tiny.json",
        "{\"tables\": [{\"columns\": [{\"name\": \"a\"}], \"name\": \"t\", \"rows\": 1}], \"name\": \"x\"}",
    );
    let json = home.run(&["fmt", "tiny.json"]).succeeds().stdout;
    assert!(json.starts_with("{\n  \"name\": \"x\",\n  \"tables\": [\n"), "{json}");
    home.run(&["fmt", "nowhere.yaml"]).fails();
}

#[test]
fn a_plan_shows_what_was_decided_and_why() {
    let home = Home::with_hiring();
    let text = home.run(&["plan", "hiring.yaml"]).succeeds().stdout;
    assert!(text.contains("candidate") && text.contains("after-hiring"), "{text}");
    let json = home.run(&["plan", "hiring.yaml", "--json", "--seed", "5"]).succeeds().stdout;
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(value["seed"], 5);
    assert_eq!(value["problems"], serde_json::json!([]));
    assert_eq!(value["tables"].as_array().map(Vec::len), Some(3));
}

#[test]
fn given_rows_and_lists_are_read_below_the_schemas_folder_and_nowhere_else() {
    let home = Home::new();
    let schema = "\
name: shop
lists: { colours: { file: colours.csv } }
tables:
  - name: product
    rows: 4
    primary_key: [id]
    given: { file: given.csv }
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: name, generator: { type: constant, value: made } }
      - { name: colour, generator: { type: choice, values: { list: colours } } }
";
    home.write("shop.yaml", schema);
    home.write("colours.csv", "red\nblue\n");
    home.write("given.csv", "id,name\n7,kept\n");
    let made = home.run(&["generate", "shop.yaml", "--out", "out"]).succeeds();
    assert!(made.stderr.contains("4 rows"), "{made:?}");
    let rows = home.read("out/product.csv");
    let first: Vec<&str> = rows.lines().nth(1).expect("a row").split(',').collect();
    assert_eq!(first[..2], ["7", "kept"]);
    assert!(rows.lines().skip(1).all(|row| row.ends_with(",red") || row.ends_with(",blue")), "{rows}");
    home.run(&["verify", "shop.yaml", "out"]).succeeds();

    for path in ["/etc/passwd", "../given.csv", "nowhere.csv"] {
        home.write("shop.yaml", &schema.replace("file: given.csv", &format!("file: {path}")));
        let refused = home.run(&["plan", "shop.yaml"]).fails();
        assert!(refused.stderr.starts_with("shop.yaml: tables[0].given"), "{path}: {refused:?}");
    }
}

#[test]
fn a_query_that_would_overwhelm_its_planning_is_refused_in_a_sentence() {
    let home = Home::new();
    home.write("t.yaml", "name: t\ntables:\n  - name: t\n    rows: 5\n    columns:\n      - { name: a, generator: { type: sequence } }\n");
    let chain = |count, word: &str, between: &str| vec![word; count].join(between);
    let parts = |count, part: &dyn Fn(String) -> String| {
        let parts: String = (1..=count).map(|n| format!(", c{n} AS ({})", part(format!("c{}", n - 1)))).collect();
        format!("WITH c0 AS (SELECT a FROM t){parts} SELECT count(*) FROM c{count}")
    };
    let joins: String = (0..1000).map(|n| format!(" CROSS JOIN t t{n}")).collect();
    for sql in [
        format!("SELECT {}", chain(5_000, "1", "+")),
        format!("SELECT {}", chain(5_000, "'a'", "||")),
        chain(3_000, "SELECT 1", " UNION ALL "),
        format!("SELECT 1 FROM t{joins}"),
        parts(1_000, &|before| format!("SELECT a FROM {before}")),
        parts(26, &|before| format!("SELECT a FROM {before} UNION ALL SELECT a FROM {before}")),
    ] {
        let refused = home.run(&["query", "t.yaml", &sql]).fails();
        assert_eq!(refused.stdout, "");
        assert!(refused.stderr.lines().count() == 1 && refused.stderr.contains(" more than "), "{}", refused.stderr);
    }
    let answered = home.run(&["query", "t.yaml", &format!("SELECT {} AS n", chain(900, "1", "+"))]).succeeds();
    assert!(answered.stdout.contains("900"), "{}", answered.stdout);
}

//! What the program says of itself, and what it says of words that it does not know.

use super::support::Home;

#[test]
fn help_teaches_by_examples() {
    let home = Home::new();
    insta::assert_snapshot!(home.run(&["--help"]).succeeds().stdout, @r"
    Plans, makes and verifies synthetic datasets

    Usage: synthetic-data <COMMAND>

    Commands:
      generate         Make the rows of a schema's tables
      plan             Show what a schema would make, how its rules will hold, or what contradicts what
      preview          Show the first rows in the terminal
      query            Answer SQL over a schema's tables, made as they are scanned
      verify           Prove that files obey a schema, whoever made them
      generators       List the generators, or explain one
      schema           Print the JSON Schema of the language, for editors
      init             Write a ready example to start from
      fmt              Print a schema in its canonical form
      serve            Serve the API and the studio
      openapi          Print the OpenAPI document of the API
      migrate          Bring the database up to date
      createsuperuser  Add a user who is an admin
      changepassword   Give a user another password
      dumpdata         Write everything as JSON Lines
      loaddata         Load what `dumpdata` wrote into an empty database
      backup           Make a backup of the database
      backups          List the backups, newest first
      restore          Put a backup in the place of the database
      maintain         Check the database and make it as small as it can be
      check            Look for what would go wrong
      completions      Print the completions for a shell
      help             Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help
      -V, --version  Print version

    Examples:
      synthetic-data init hiring                      write an example schema, hiring.yaml
      synthetic-data generate hiring.yaml             make its rows as ./hiring/*.csv
      synthetic-data verify hiring.yaml hiring        prove that the files obey the schema
    ");
    let top = home.run(&["--help"]).succeeds().stdout;
    let commands = top.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("commands");
    let names = commands.lines().filter_map(|line| line.split_whitespace().next());
    for command in names.filter(|name| *name != "help") {
        let help = home.run(&[command, "--help"]).succeeds().stdout;
        let examples = help.split("Examples:\n").nth(1).unwrap_or_default();
        assert!(examples.contains(&format!("synthetic-data {command}")), "{help}");
    }
}

#[test]
fn wrong_usage_is_told_from_stated_problems_by_its_status() {
    let home = Home::with_hiring();
    for arguments in [
        &[][..],
        &["generat"],
        &["generate"],
        &["generate", "hiring.yaml", "--format", "tables"],
        &["generate", "hiring.yaml", "--range", "5..5"],
        &["generate", "hiring.yaml", "--rows", "candidate"],
        &["generate", "hiring.yaml", "--scale", "-1"],
        &["generate", "hiring.yaml", "--seed", "9007199254740992"],
        &["generate", "hiring.yaml", "--set", "candidates"],
        &["generate", "hiring.yaml", "--threads", "0"],
        &["generate", "hiring.yaml", "--csv-delimiter", ";;"],
        &["generate", "hiring.yaml", "--csv-delimiter", "a"],
        &["verify", "hiring.yaml"],
        &["preview", "hiring.yaml", "--rows", "-1"],
    ] {
        home.run(arguments).refuses_usage();
    }
    assert_eq!(home.names("."), ["hiring.yaml"]);
    let ran = home.run(&["generate", "hiring.yaml", "--formt", "x"]).refuses_usage();
    assert!(ran.stderr.contains("--format"), "{ran:?}");
}

#[test]
fn generators_are_listed_and_explained_and_a_near_miss_is_suggested() {
    let home = Home::new();
    let list = home.run(&["generators"]).succeeds().stdout;
    for entry in engine::generators::list() {
        assert!(list.contains(&format!("  {} ", entry.name)), "{} is not in {list}", entry.name);
        let explained = home.run(&["generators", &entry.name]).succeeds().stdout;
        assert!(explained.contains(entry.example), "{explained}");
    }
    let ran = home.run(&["generators", "frist_name"]).fails();
    assert_eq!(ran.stderr, "unknown generator \"frist_name\"; did you mean \"first_name\"?\n");
}

#[test]
fn the_language_is_published_as_json_schema() {
    let home = Home::new();
    let text = home.run(&["schema"]).succeeds().stdout;
    let schema: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
}

#[test]
fn a_template_is_written_once_and_never_over_a_file() {
    let home = Home::new();
    assert!(home.run(&["init"]).succeeds().stdout.contains("hiring"));
    assert!(home.names(".").is_empty());
    home.run(&["init", "hiring"]).succeeds();
    home.write("hiring.yaml", "mine");
    let ran = home.run(&["init", "hiring"]).fails();
    assert_eq!(ran.stderr, "hiring.yaml: it exists already and is left as it is\n");
    assert_eq!(home.read("hiring.yaml"), "mine");
    let ran = home.run(&["init", "hirign"]).fails();
    assert_eq!(ran.stderr, "unknown template \"hirign\"; did you mean \"hiring\"?\n");
}

#[test]
fn completions_exist_for_every_shell() {
    let home = Home::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        assert!(home.run(&["completions", shell]).succeeds().stdout.contains("synthetic-data"));
    }
}

//! What `generate` writes, and where.

use std::io::Read;
use std::process::Stdio;

use super::support::Home;

#[test]
fn any_number_of_threads_writes_the_same_bytes() {
    let home = Home::with_hiring();
    for threads in ["1", "2", "5"] {
        home.run(&["generate", "hiring.yaml", "--set", "candidates=20000", "--threads", threads, "--out", threads])
            .succeeds();
    }
    for file in ["candidate.csv", "process.csv"] {
        let alone = home.bytes(&format!("1/{file}"));
        assert!(alone.len() > 100_000);
        assert!(
            alone == home.bytes(&format!("2/{file}")) && alone == home.bytes(&format!("5/{file}")),
            "{file} differs"
        );
    }
}

#[test]
fn a_range_made_alone_equals_the_same_rows_of_the_whole() {
    let home = Home::with_hiring();
    let table = |range: &str| {
        let mut arguments =
            vec!["generate", "hiring.yaml", "--set", "candidates=9000", "--table", "process", "--out", "-"];
        if !range.is_empty() {
            arguments.extend(["--range", range]);
        }
        home.run(&arguments).succeeds().stdout
    };
    let whole = table("");
    let part = table("4090..12300");
    let mut expected: Vec<&str> = vec![whole.lines().next().expect("a header")];
    expected.extend(whole.lines().skip(1 + 4090).take(12300 - 4090));
    assert!(part.lines().eq(expected), "the range differs");
}

#[test]
fn a_range_past_the_end_is_a_stated_problem() {
    let home = Home::with_hiring();
    let ran = home.run(&["generate", "hiring.yaml", "--table", "candidate", "--range", "50..200"]).fails();
    assert_eq!(ran.stderr, "the range 50..200 goes past the end of \"candidate\", which has 100 rows\n");
    assert_eq!(home.names("."), ["hiring.yaml"]);
}

#[test]
fn rows_scale_seed_and_parameters_change_what_is_made() {
    let home = Home::with_hiring();
    let rows = |arguments: &[&str]| {
        let all = [&["generate", "hiring.yaml", "--table", "candidate", "--out", "-"], arguments].concat();
        home.run(&all).succeeds().stdout
    };
    assert_eq!(rows(&["--rows", "candidate=7"]).lines().count(), 8);
    assert_eq!(rows(&["--scale", "0.5"]).lines().count(), 51);
    assert_eq!(rows(&["--set", "candidates=3"]).lines().count(), 4);
    assert_ne!(rows(&["--seed", "1"]), rows(&["--seed", "2"]));
    assert_eq!(rows(&["--seed", "20260101"]), rows(&[]));
}

#[test]
fn a_second_run_replaces_its_own_files_and_no_others() {
    let home = Home::with_hiring();
    home.run(&["generate", "hiring.yaml", "--out", "out"]).succeeds();
    home.write("out/notes.txt", "mine");
    let before = home.bytes("out/candidate.csv");
    home.run(&["generate", "hiring.yaml", "--out", "out", "--seed", "2"]).succeeds();
    assert_ne!(before, home.bytes("out/candidate.csv"));
    assert_eq!(home.names("out"), ["candidate.csv", "company.csv", "notes.txt", "process.csv"]);
    assert_eq!(home.read("out/notes.txt"), "mine");
}

#[test]
fn the_schema_comes_from_standard_input_too() {
    let home = Home::with_hiring();
    let schema = std::fs::File::open(home.at("hiring.yaml")).expect("the schema");
    let output =
        home.command(&["generate", "-", "--table", "company", "--out", "-"]).stdin(schema).output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout.iter().filter(|byte| **byte == b'\n').count(), 2);
}

#[test]
fn compressed_files_are_named_and_verified_as_such() {
    let home = Home::with_hiring();
    for compression in ["gzip", "zstd"] {
        home.run(&["generate", "hiring.yaml", "--compress", compression, "--out", compression]).succeeds();
        home.run(&["verify", "hiring.yaml", compression]).succeeds();
    }
    assert_eq!(home.names("gzip"), ["candidate.csv.gz", "company.csv.gz", "process.csv.gz"]);
    assert_eq!(home.names("zstd"), ["candidate.csv.zst", "company.csv.zst", "process.csv.zst"]);
    home.run(&["generate", "hiring.yaml", "--table", "company", "--out", "one.csv.gz"]).succeeds();
    assert_eq!(home.bytes("one.csv.gz"), home.bytes("gzip/company.csv.gz"));
}

#[test]
fn delimited_files_take_their_choices() {
    let home = Home::with_hiring();
    let choices = ["--csv-delimiter", ";", "--csv-null", "\\N"];
    home.run(&[&["generate", "hiring.yaml", "--csv-bom", "--out", "out"], &choices[..]].concat()).succeeds();
    let text = home.read("out/candidate.csv");
    assert!(text.starts_with("\u{feff}id;document;"), "{text}");
    assert!(text.contains(";\\N;\\N;"), "{text}");
    home.run(&[&["verify", "hiring.yaml", "out"], &choices[..]].concat()).succeeds();
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let home = Home::with_hiring();
    let arguments = ["generate", "hiring.yaml", "--set", "candidates=200000", "--table", "candidate", "--out", "-"];
    let mut child = home.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut start = [0; 20];
    let mut stdout = child.stdout.take().expect("a pipe");
    stdout.read_exact(&mut start).expect("some bytes");
    drop(stdout);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn several_tables_do_not_fit_one_file_of_one_table() {
    let home = Home::with_hiring();
    for out in ["-", "all.csv"] {
        let ran = home.run(&["generate", "hiring.yaml", "--out", out]).refuses_usage();
        assert!(ran.stderr.contains("holds one table, and the schema has 3"), "{}", ran.stderr);
    }
    home.run(&["generate", "hiring.yaml", "--range", "0..5"]).refuses_usage();
    home.run(&["generate", "hiring.yaml", "--out", "x.csv", "--format", "jsonl"]).refuses_usage();
    assert_eq!(home.names("."), ["hiring.yaml"]);
}

#[test]
fn what_the_file_system_refuses_is_said_in_a_sentence() {
    let home = Home::with_hiring();
    home.write("file", "");
    let ran = home.run(&["generate", "hiring.yaml", "--out", "file/deeper"]).fails();
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.starts_with("file"), "{}", ran.stderr);
    let ran = home.run(&["generate", "hiring.yaml", "--out", "file"]).fails();
    assert_eq!(ran.stderr, "file: it is a file, not a folder\n");
    let ran = home.run(&["generate", "nowhere.yaml"]).fails();
    assert_eq!(ran.stderr, "nowhere.yaml: there is no such file or folder\n");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_said_in_a_sentence() {
    let home = Home::with_hiring();
    let ran = home.run(&["generate", "hiring.yaml", "--table", "candidate", "--out", "/dev/full"]).fails();
    assert_eq!(ran.stderr, "/dev/full: no space is left on the disk\n");
}

#[test]
fn a_preview_shows_the_rows_that_generate_makes() {
    let home = Home::with_hiring();
    let preview = home.run(&["preview", "hiring.yaml", "--table", "candidate", "--rows", "5"]).succeeds().stdout;
    let made = home
        .run(&["generate", "hiring.yaml", "--table", "candidate", "--range", "0..5", "--out", "-"])
        .succeeds()
        .stdout;
    assert_eq!(preview.lines().next(), Some("candidate: 5 of 100 rows"));
    for (shown, made) in preview.lines().skip(3).zip(made.lines().skip(1)) {
        for cell in made.split(',').filter(|cell| !cell.is_empty()) {
            assert!(shown.contains(cell), "{cell} is not in {shown}");
        }
    }
    let all = home.run(&["preview", "hiring.yaml", "--rows", "2"]).succeeds().stdout;
    assert_eq!(all.lines().filter(|line| line.contains(" rows")).count(), 3, "{all}");
}

#[test]
fn a_query_answers_about_rows_that_nobody_delivered() {
    let home = Home::with_hiring();
    let sql = "SELECT count(*) AS people, min(id) AS first, max(id) AS last FROM candidate WHERE id > 89999990";
    let asked = ["query", "hiring.yaml", "--set", "candidates=90000000", sql];
    let shown = home.run(&asked).succeeds().stdout;
    assert_eq!(shown.lines().nth(2), Some("    10  89999991  90000000"), "{shown}");

    let made = home.run(&["generate", "hiring.yaml", "--table", "candidate", "--range", "3..6", "--out", "-"]);
    let asked =
        ["query", "hiring.yaml", "SELECT * FROM candidate WHERE id BETWEEN 4 AND 6 ORDER BY id", "--format", "csv"];
    assert_eq!(home.run(&asked).succeeds().stdout, made.succeeds().stdout);

    let refused = home.run(&["query", "hiring.yaml", "SELECT nobody FROM candidate"]).fails();
    assert!(refused.stderr.starts_with("line 1, column 8: no column \"nobody\""), "{}", refused.stderr);
    let refused = home.run(&["query", "hiring.yaml", "DROP TABLE candidate"]).fails();
    assert_eq!(refused.stderr.lines().count(), 1, "{}", refused.stderr);
}

//! A run that is told to stop.

#![cfg(unix)]

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::support::{Home, Ran};

/// Longer than any machine takes to begin writing.
const PATIENCE: Duration = Duration::from_secs(120);

fn interrupted_by(signal: &str, out: &str) {
    let home = Home::with_hiring();
    let arguments = ["generate", "hiring.yaml", "--set", "candidates=40000000", "--out", out];
    let child = home.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    let started = Instant::now();
    while !writes(&home) {
        assert!(started.elapsed() < PATIENCE, "nothing was written");
        thread::sleep(Duration::from_millis(5));
    }
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
    let ran = Ran::of(child.wait_with_output().expect("it ends")).fails();
    assert_eq!(ran.stderr, "interrupted; no file was changed\n");
    assert_eq!(home.names("."), ["hiring.yaml"]);
}

/// A workbook's rows wait in unnamed files, so only the staging folder shows that a run is under way.
fn writes(home: &Home) -> bool {
    home.names(".").iter().any(|name| name.contains(".partial-"))
}

#[test]
fn a_look_for_the_questions_of_a_language_model_ends_within_a_second() {
    for signal in ["-INT", "-TERM"] {
        let home = Home::new();
        // Which combinations come is known only once all rows have been looked at.
        home.write(
            "people.yaml",
            "name: people
tables:
  - name: person
    rows: 2000000000
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: level, generator: { type: expression, sql: \"CASE WHEN id < 1999999999 THEN 'low' ELSE 'high' END\" } }
      - { name: motto, generator: { type: llm, prompt: \"A motto of somebody {{level}}\", pool: 5 } }
",
        );
        let arguments = ["generate", "people.yaml", "--out", "out"];
        let child = home.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        // The database stands when the look begins.
        let started = Instant::now();
        while !home.at("data/db.sqlite3").exists() {
            assert!(started.elapsed() < PATIENCE, "it has not begun");
            thread::sleep(Duration::from_millis(5));
        }
        thread::sleep(Duration::from_secs(1));
        let begun = Instant::now();
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        let ran = Ran::of(child.wait_with_output().expect("it ends")).fails();
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        assert_eq!(ran.stderr, "interrupted; no file was changed\n");
        assert!(!home.at("out").exists());
    }
}

#[test]
fn nothing_is_left_behind_after_ctrl_c() {
    interrupted_by("-INT", "out");
}

#[test]
fn nothing_is_left_behind_after_a_request_to_terminate() {
    interrupted_by("-TERM", "out.xlsx");
}

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
fn nothing_is_left_behind_after_ctrl_c() {
    interrupted_by("-INT", "out");
}

#[test]
fn nothing_is_left_behind_after_a_request_to_terminate() {
    interrupted_by("-TERM", "out.xlsx");
}

//! The pages under `docs/reference/` are derived from the program. With `BLESS` set they are written; else a stale one fails.

use std::fmt::Write;
use std::fs;

use api::catalogue;

use super::support::{Home, root};

/// What stands at the head of each page.
const DERIVED: &str = "<!-- Derived by `make bless`; changes made here are lost. -->\n";

#[track_caller]
fn is_fresh(name: &str, text: &str) {
    let path = root().join("docs/reference").join(name);
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("the page is written");
        return;
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "docs/reference/{name} is stale; `make bless` renews it");
}

#[test]
fn the_page_of_generators_is_what_the_list_says() {
    let mut page = format!("{DERIVED}# Generators\n");
    let mut group = String::new();
    let all = catalogue::all();
    for entry in &all {
        if entry.group != group {
            group.clone_from(&entry.group);
            let names: Vec<String> = all
                .iter()
                .filter(|other| other.group == group)
                .map(|other| format!("[{0}](#{0})", other.name))
                .collect();
            let _ = write!(page, "\n## Group {group}\n\n{}\n", names.join(" · "));
        }
        let _ = write!(
            page,
            "\n### {}\n\n{}\n\n```yaml\ngenerator: {}\n```\n",
            entry.name, entry.description, entry.example
        );
        if entry.parameters.is_empty() {
            continue;
        }
        page.push_str("\n| parameter | takes | needed | meaning |\n|---|---|---|---|\n");
        for parameter in &entry.parameters {
            let needed = if parameter.is_required { "yes" } else { "" };
            let (takes, meaning) = (cell(&parameter.takes), cell(&parameter.description));
            let _ = writeln!(page, "| `{}` | {takes} | {needed} | {meaning} |", parameter.name);
        }
    }
    is_fresh("generators.md", &page);
}

#[test]
fn the_page_of_functions_is_what_the_list_says() {
    let mut page = format!("{DERIVED}# SQL functions\n\nWhat expressions, conditions and rules may call.\n");
    let mut group = "";
    for function in engine::functions::list() {
        if function.group != group {
            group = function.group;
            let _ = write!(page, "\n## Group {group}\n\n| function | gives | example |\n|---|---|---|\n");
        }
        let aliases = match function.aliases {
            [] => String::new(),
            aliases => format!(" (also {})", aliases.join(", ")),
        };
        let (signature, description, example) =
            (cell(function.signature), cell(function.description), cell(function.example));
        let _ = writeln!(page, "| `{signature}`{aliases} | {description} | `{example}` |");
    }
    is_fresh("functions.md", &page);
}

#[test]
fn the_page_of_the_command_line_is_what_help_says() {
    let home = Home::new();
    let mut page = format!("{DERIVED}# Command line\n\nExit status: 0 done, 1 a stated problem, 2 wrong usage.\n");
    let top = home.run(&["--help"]).succeeds().stdout;
    let _ = write!(page, "\n```text\n{}\n```\n", top.trim_end());
    let commands = top.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for command in commands.filter_map(|line| line.split_whitespace().next()).filter(|command| *command != "help") {
        let help = home.run(&[command, "--help"]).succeeds().stdout;
        let help: Vec<&str> = help.lines().map(str::trim_end).collect();
        let _ = write!(page, "\n## {command}\n\n```text\n{}\n```\n", help.join("\n").trim_end());
    }
    is_fresh("command-line.md", &page);
}

#[test]
fn the_page_of_the_environment_is_what_the_list_says() {
    let mut page = format!(
        "{DERIVED}# Environment\n\nWhat `serve`, `migrate` and `createsuperuser` read. A wrong value stops the start with a sentence that names the variable; a file `.env` in the working folder is read where it exists, and real variables win.\n\n| variable | default | meaning |\n|---|---|---|\n"
    );
    for setting in api::config::SETTINGS {
        let _ = writeln!(page, "| `{}` | {} | {} |", setting.name, cell(setting.default), cell(setting.meaning));
    }
    is_fresh("environment.md", &page);
}

#[test]
fn the_page_of_error_codes_is_what_the_list_says() {
    let mut page = format!(
        "{DERIVED}# Error codes\n\nThe `code` of a problem document (RFC 9457). `invalid_input` lists everything that is wrong under `errors`.\n\n| code | status | meaning |\n|---|---|---|\n"
    );
    for code in api::error::Code::ALL {
        let _ = writeln!(page, "| `{}` | {} | {} |", code.word(), code.status().as_u16(), code.title());
    }
    is_fresh("errors.md", &page);
}

/// A text that may stand in a table's cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ").replace('<', "&lt;")
}

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
        "{DERIVED}# Environment\n\nWhat `serve` and the other commands on an installation read, and those that ask a language model. A wrong value stops the start with a sentence that names the variable; a file `.env` in the working folder is read where it exists, and real variables win.\n\n| variable | default | takes | meaning |\n|---|---|---|---|\n"
    );
    for setting in api::config::SETTINGS {
        let (default, takes, meaning) = (cell(setting.default), cell(&setting.kind.takes()), cell(setting.meaning));
        let _ = writeln!(page, "| `{}` | {default} | {takes} | {meaning} |", setting.name);
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

/// The columns of a customer, one of each kind that a country decides, and some that it does not.
const CUSTOMER: &str = "
  - { name: id, generator: { type: sequence, start: 1000 } }
  - { name: key, generator: { type: uuid_v7 } }
  - { name: prefix, generator: { type: name_prefix } }
  - { name: first_name, generator: { type: first_name } }
  - { name: middle_name, generator: { type: middle_name } }
  - { name: last_name, generator: { type: last_name } }
  - { name: full_name, generator: { type: full_name } }
  - { name: gender, generator: { type: gender } }
  - { name: date_of_birth, generator: { type: date_of_birth, min_age: 18, max_age: 80 } }
  - { name: age, generator: { type: age_from, column: date_of_birth } }
  - { name: national_id, generator: { type: national_id } }
  - { name: username, generator: { type: username } }
  - { name: email, generator: { type: email } }
  - { name: mobile, generator: { type: phone, kind: mobile, format: national } }
  - { name: landline, generator: { type: phone, kind: landline, format: e164 } }
  - { name: marital_status, generator: { type: marital_status } }
  - { name: education, generator: { type: education_level } }
  - { name: nationality, generator: { type: nationality } }
  - { name: job_title, generator: { type: job_title } }
  - { name: company, generator: { type: company_name } }
  - { name: industry, generator: { type: industry } }
  - { name: department, generator: { type: department } }
  - { name: tax_id, generator: { type: tax_id } }
  - { name: street, generator: { type: street_address } }
  - { name: district, generator: { type: district } }
  - { name: city, generator: { type: city } }
  - { name: state, generator: { type: state } }
  - { name: postal_code, generator: { type: postal_code } }
  - { name: country, generator: { type: country } }
  - { name: latitude, generator: { type: latitude } }
  - { name: longitude, generator: { type: longitude } }
  - { name: timezone, generator: { type: timezone } }
  - { name: plate, generator: { type: license_plate } }
  - { name: card, generator: { type: credit_card_number } }
  - { name: category, generator: { type: product_category } }
  - { name: product, generator: { type: product_name } }
  - { name: color, generator: { type: color_name } }
  - { name: weekday, generator: { type: weekday, from: date_of_birth } }
  - { name: tags, generator: { type: word, count: 2 } }
  - { name: remark, generator: { type: sentence } }
";

/// Columns side by side in one of the tables of a page.
const COLUMNS_A_TABLE: usize = 8;

#[test]
fn the_pages_of_locales_show_a_customer_of_each_country() {
    let home = Home::new();
    for locale in engine::locale::Locale::names() {
        let columns = CUSTOMER.trim_matches('\n').replace('\n', "\n    ");
        let schema = format!(
            "name: customers\nlocale: {locale}\nrandom_seed: 7\ntables:\n- name: customer\n  rows: 20\n  columns:\n    {columns}\n"
        );
        home.write("customers.yaml", &schema);
        let made = home.run(&["generate", "customers.yaml", "--format", "jsonl", "--out", "-"]).succeeds().stdout;
        let rows: Vec<serde_json::Map<String, serde_json::Value>> =
            made.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
        assert_eq!((rows.len(), rows[0].len()), (20, 40), "{locale}");
        let mut page =
            format!("{DERIVED}# {locale}\n\nA table of forty columns, twenty rows, eight columns at a time; seed 7.\n");
        let names: Vec<&String> = rows[0].keys().collect();
        for names in names.chunks(COLUMNS_A_TABLE) {
            let heads: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            let _ = write!(page, "\n| {} |\n|{}\n", heads.join(" | "), "---|".repeat(names.len()));
            for row in &rows {
                let cells: Vec<String> = names
                    .iter()
                    .map(|name| match &row[*name] {
                        serde_json::Value::String(text) => cell(text),
                        serde_json::Value::Null => String::new(),
                        other => other.to_string(),
                    })
                    .collect();
                let _ = writeln!(page, "| {} |", cells.join(" | "));
            }
        }
        is_fresh(&format!("locales/{locale}.md"), &page);
    }
}

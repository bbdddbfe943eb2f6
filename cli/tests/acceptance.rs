//! The example `hiring`, from nothing to a proof by somebody else's program.

use std::process::Command;

use super::support::{Home, root};

#[test]
fn the_example_generates_verifies_and_satisfies_an_independent_check() {
    let home = Home::with_hiring();
    home.run(&["generate", "hiring.yaml"]).succeeds();
    assert_eq!(home.names("hiring"), ["candidate.csv", "company.csv", "process.csv"]);
    assert_eq!(home.names("."), ["hiring", "hiring.yaml"]);
    assert_eq!(home.read("hiring/candidate.csv").lines().count(), 101);
    let verified = home.run(&["verify", "hiring.yaml", "hiring"]).succeeds();
    for rule in ["new-ones-have-no-company", "planned-in-order", "after-hiring", "primary-key:process"] {
        assert!(verified.stdout.lines().any(|line| line.starts_with(&format!("✓ {rule} "))), "{}", verified.stdout);
    }
    assert!(!verified.stdout.contains('✗'), "{}", verified.stdout);
    let Ok(checked) =
        Command::new("python3").arg(root().join("tests/acceptance/check_hiring.py")).arg(home.at("hiring")).output()
    else {
        return;
    };
    assert!(
        checked.status.success(),
        "{}{}",
        String::from_utf8_lossy(&checked.stdout),
        String::from_utf8_lossy(&checked.stderr)
    );
}

#[test]
fn a_changed_cell_breaks_the_rule_that_it_offends_and_the_command_names_it() {
    let home = Home::with_hiring();
    home.run(&["generate", "hiring.yaml"]).succeeds();
    let company = home
        .read("hiring/company.csv")
        .lines()
        .nth(1)
        .and_then(|line| line.split(',').next())
        .expect("a code")
        .to_owned();
    let candidates = home.read("hiring/candidate.csv");
    let columns: Vec<&str> = candidates.lines().next().expect("a header").split(',').collect();
    let place = |name: &str| columns.iter().position(|column| *column == name).expect("a column");
    let (status, company_code) = (place("status"), place("company_code"));
    let mut changed = false;
    let lines = candidates.lines().map(|line| {
        let mut cells: Vec<&str> = line.split(',').collect();
        if !changed && cells[status] == "new" {
            cells[company_code] = &company;
            changed = true;
        }
        cells.join(",")
    });
    let text: String = lines.map(|line| line + "\n").collect();
    home.write("hiring/candidate.csv", &text);
    let verified = home.run(&["verify", "hiring.yaml", "hiring"]).fails();
    assert!(verified.stdout.contains("✗ new-ones-have-no-company"), "{}", verified.stdout);
    assert_eq!(verified.stderr, "the rows break the rules null:candidate.company_code, new-ones-have-no-company\n");
}

#[test]
fn a_workbook_holds_what_the_other_files_hold() {
    let home = Home::with_hiring();
    home.run(&["generate", "hiring.yaml", "--out", "hiring.xlsx"]).succeeds();
    assert_eq!(home.names("."), ["hiring.xlsx", "hiring.yaml"]);
    let verified = home.run(&["verify", "hiring.yaml", "hiring.xlsx"]).succeeds();
    assert!(!verified.stdout.contains('✗'), "{}", verified.stdout);
}

#[test]
fn every_template_generates_in_every_format_and_verifies() {
    let home = Home::new();
    let templates = home.run(&["init"]).succeeds().stdout;
    let mut seen = 0;
    for template in templates.lines().filter_map(|line| line.split_whitespace().next()) {
        let schema = format!("{template}.yaml");
        home.run(&["init", template]).succeeds();
        for format in formats::FORMATS {
            let out = format!("{template}-{}", format.name());
            home.run(&["generate", &schema, "--format", format.name(), "--out", &out]).succeeds();
            home.run(&["verify", &schema, &out]).succeeds();
        }
        seen += 1;
    }
    assert!(seen >= 3, "{templates}");
}

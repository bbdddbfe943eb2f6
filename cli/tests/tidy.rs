//! The architecture, held by reading the sources: who imports whom, who names what, how large a file is.

use std::fs;
use std::path::{Path, PathBuf};

use super::support::root;

/// Lines of a file, beside its tests, beyond which it has surely two subjects.
const MAX_LINES: usize = 700;

/// Files of a folder and below, with these extensions; what git ignores and what is data is left out.
fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_dir() {
                if !matches!(name.as_str(), ".git" | "target" | "data" | "node_modules" | "snapshots" | "golden") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extensions.iter().any(|wanted| extension == *wanted)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// A source without its comments and its tests, which stand at the end.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source is text");
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The modules of the crate that a source imports or names: `a` of `crate::a::…` and of `crate::{a::…, b}`.
fn modules_of_the_crate(code: &str) -> Vec<String> {
    let mut modules = Vec::new();
    for after in code.split("crate::").skip(1) {
        let group = match after.strip_prefix('{') {
            Some(group) => group,
            None => {
                modules.push(after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
                continue;
            }
        };
        let mut depth = 0;
        let mut word = String::new();
        let mut at_start = true;
        for c in group.chars() {
            match c {
                '}' if depth == 0 => break,
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    modules.push(std::mem::take(&mut word));
                    at_start = true;
                }
                c if at_start && (c.is_alphanumeric() || c == '_') => word.push(c),
                c if !c.is_whitespace() => at_start = false,
                _ => {}
            }
        }
        modules.push(word);
    }
    modules.retain(|module| !module.is_empty());
    modules
}

#[test]
fn verification_shares_nothing_with_what_makes_rows() {
    let sources = files(&root().join("engine/src/verify"), &["rs"]);
    assert!(!sources.is_empty());
    for source in sources {
        for module in modules_of_the_crate(&code(&source)) {
            assert!(
                !matches!(module.as_str(), "generators" | "enforce" | "plan" | "run" | "random"),
                "{} imports {module}: what proves rows shares nothing with what makes them",
                shown(&source)
            );
        }
    }
}

#[test]
fn no_generator_rule_or_format_is_named_outside_its_list() {
    let mut names: Vec<String> = engine::generators::list().iter().map(|entry| entry.name.clone()).collect();
    names.extend(formats::FORMATS.iter().map(|format| format.name().to_owned()));
    let language = engine::schema::json_schema();
    let kinds = tags(&language["$defs"]["Rule"], "kind");
    assert!(kinds.len() > 3, "the rule kinds are found in the JSON Schema: {kinds:?}");
    names.extend(kinds);
    // JSON Schema's own words, which `catalogue` reads, the state of a job, the unit of a range and the resource of what models took are no
    // names of generators.
    let other = ["array", "boolean", "bytes", "integer", "llm", "running", "state"];
    names.retain(|name| !other.contains(&name.as_str()));
    for folder in ["api/src", "cli/src"] {
        for source in files(&root().join(folder), &["rs"]) {
            let code = code(&source);
            for name in &names {
                assert!(!code.contains(&format!("\"{name}\"")), "{} names {name}: the lists do that", shown(&source));
            }
        }
    }
}

/// The constants of a key among the variants of a definition, wherever they stand in it.
fn tags(schema: &serde_json::Value, key: &str) -> Vec<String> {
    match schema {
        serde_json::Value::Object(map) => {
            let own = map.get("properties").and_then(|properties| properties[key]["const"].as_str()).map(str::to_owned);
            own.into_iter().chain(map.values().flat_map(|value| tags(value, key))).collect()
        }
        serde_json::Value::Array(items) => items.iter().flat_map(|item| tags(item, key)).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn routes_know_no_tables_and_stores_no_http() {
    let sources = files(&root().join("api/src"), &["rs"]);
    let named = |name: &str| sources.iter().filter(|path| path.ends_with(name)).cloned().collect::<Vec<_>>();
    for (name, words) in [
        ("routes.rs", ["diesel::prelude", "db::schema", "sql_query"].as_slice()),
        ("service.rs", &["actix", "diesel::prelude", "db::schema", "sql_query"]),
        ("store.rs", &["actix", "crate::http", "ApiError"]),
    ] {
        let found = named(name);
        assert!(found.len() > 2, "{name}");
        for path in found {
            let code = code(&path);
            for word in words {
                assert!(!code.contains(word), "{} uses {word}", shown(&path));
            }
        }
    }
}

#[test]
fn services_know_neither_terminal_nor_arguments() {
    for source in files(&root().join("api/src"), &["rs"]) {
        let code = code(&source);
        for word in ["clap", "indicatif", "eprint", "std::env::", "process::exit"] {
            assert!(!code.contains(word), "{} uses {word}: that is the command line's", shown(&source));
        }
    }
}

#[test]
fn no_file_is_too_large_to_be_read() {
    for path in files(&root(), &["rs", "md", "py", "yaml", "toml", "sql"]) {
        let is_derived = path.starts_with(root().join("docs/reference")) || path == root().join("openapi.yaml");
        if is_derived || path.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source is text");
        let lines = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().lines().count();
        assert!(lines <= MAX_LINES, "{} has {lines} lines, more than {MAX_LINES}", shown(&path));
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut documents = files(&root().join("docs"), &["md"]);
    documents.extend(["README.md", "CHANGELOG.md"].map(|name| root().join(name)));
    for document in documents {
        let text = fs::read_to_string(&document).expect("a document is text");
        for target in text.split("](").skip(1).filter_map(|after| after.split(')').next()) {
            let target = target.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.contains(' ') {
                continue;
            }
            let path = document.parent().expect("a folder").join(target);
            assert!(path.exists(), "{} links to {target}, which is not there", shown(&document));
        }
    }
}

#[test]
fn every_volume_has_its_folder_in_the_image() {
    let read = |name: &str| fs::read_to_string(root().join(name)).expect(name);
    let (compose, image) = (read("docker-compose.yml"), read("prod.Dockerfile"));
    let last = image.rsplit("\nFROM ").next().expect("a stage");
    // `- name:/folder`; a volume that is new takes the owner of the folder that it is mounted on, and without one it is root's.
    let mounts = compose.lines().filter_map(|line| line.trim().strip_prefix("- ")?.split_once(":/"));
    let mounts: Vec<String> = mounts
        .filter(|(name, _)| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        .map(|(_, folder)| format!("/{folder}"))
        .collect();
    assert_eq!(mounts.len(), 2, "{mounts:?}");
    for mount in mounts {
        let made = last.lines().any(|line| {
            line.contains("install -d -o 32767 -g 32767 -m 0777") && line.split_whitespace().any(|word| word == mount)
        });
        assert!(made, "{mount} is not made in the image with the owner of its user");
    }
}

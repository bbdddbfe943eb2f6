//! Golden hashes: a value that changes needs a new `engine_version`. `BLESS=1` writes them anew.

use sha2::{Digest, Sha256};

use super::{HIRING, all_rows, plan};
use crate::generators::list;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/values.txt");

fn hash(rows: &[String]) -> String {
    let mut hasher = Sha256::new();
    for row in rows {
        hasher.update(row.as_bytes());
        hasher.update(b"\n");
    }
    hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A schema whose only delivered column of interest is filled by a generator's example.
fn schema_of_example(example: &str, beside: &str, locale: &str) -> String {
    let beside: serde_json::Value = yaml(beside);
    let generator = yaml(example);
    let (columns, draws) = match beside {
        serde_json::Value::Object(map) => {
            (map.get("columns").cloned().unwrap_or_default(), map.get("draws").cloned().unwrap_or_default())
        }
        _ => (serde_json::Value::Null, serde_json::Value::Null),
    };
    let is_draw =
        crate::generators::GeneratorSpec::from_value(generator.clone()).is_ok_and(|generator| generator.is_draw());
    let mut list = columns.as_array().cloned().unwrap_or_default();
    let mut table = serde_json::json!({ "name": "t", "rows": 1000 });
    if is_draw {
        let fields = crate::generators::GeneratorSpec::from_value(generator.clone()).expect("an example").fields();
        table["draws"] = serde_json::json!({ "record": generator });
        for field in fields {
            list.push(
                serde_json::json!({ "name": field, "generator": { "type": "field", "of": "record", "field": field } }),
            );
        }
    } else {
        if draws.is_object() {
            table["draws"] = draws;
        }
        list.push(serde_json::json!({ "name": "value", "generator": generator }));
    }
    table["columns"] = list.into();
    serde_json::json!({ "name": "golden", "locale": locale, "tables": [table] }).to_string()
}

fn yaml(text: &str) -> serde_json::Value {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Whether an example's values are recorded in a locale: all in the first two, in the others those that follow its lists.
fn depends_on(locale: &str, entry: &crate::generators::Entry) -> bool {
    let follows = entry.is_attribute || ["text", "draws"].contains(&entry.group.as_str());
    crate::locale::Locale::names()[..2].contains(&locale) || follows
}

#[test]
fn every_example_runs_and_makes_the_values_it_always_made() {
    let mut lines = Vec::new();
    for locale in crate::locale::Locale::names() {
        for entry in list().iter().filter(|entry| depends_on(locale, entry)) {
            let plan = plan(&schema_of_example(entry.example, entry.example_beside, locale));
            lines.push(format!("{locale} {} {}", entry.name, hash(&all_rows(&plan, "t"))));
        }
    }
    let hiring = plan(HIRING);
    for table in &hiring.tables {
        lines.push(format!("hiring {} {}", table.name, hash(&all_rows(&hiring, &table.name))));
    }
    // What a language model answered is a part of what decides a value.
    lines.push(format!("answered reviews {}", hash(&all_rows(&super::llm::answered_shop(), "reviews"))));
    let text = lines.join("\n") + "\n";
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(FILE, &text).expect("the golden file");
    }
    let golden = std::fs::read_to_string(FILE).unwrap_or_default();
    assert_eq!(golden, text, "values changed; that asks for a new ENGINE_VERSION (BLESS=1 writes the file)");
}

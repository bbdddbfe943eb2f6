//! What a row says of its company, its place and its person is said of one of each, whichever columns say it.

use super::{all_rows, plan};

fn rows(locale: &str, columns: &str) -> Vec<Vec<String>> {
    let schema = format!(
        "name: d\nlocale: {locale}\nrandom_seed: 4\ntables:\n  - name: t\n    rows: 300\n    columns:\n{columns}"
    );
    all_rows(&plan(&schema), "t").iter().map(|row| row.split('|').map(str::to_owned).collect()).collect()
}

#[test]
fn a_company_has_its_own_domain_in_names_pages_and_addresses() {
    let columns = "      - { name: company, generator: { type: company_name } }
      - { name: host, generator: { type: domain_name } }
      - { name: page, generator: { type: url } }
      - { name: home, generator: { type: url, path: false, scheme: http } }
      - { name: first, generator: { type: first_name } }
      - { name: mail, generator: { type: email, domain: company } }
";
    for locale in ["en_US", "ja_JP", "de_DE"] {
        for row in rows(locale, columns) {
            let host = &row[1];
            assert!(host.ends_with(".example") && host.len() > ".example".len(), "{row:?}");
            assert!(row[2].starts_with(&format!("https://{host}/")), "{row:?}");
            assert_eq!(row[3], format!("http://{host}/"), "{row:?}");
            assert_eq!(row[5].split('@').nth(1), Some(host.as_str()), "{row:?}");
        }
    }
    // Without a company, and where no two may be alike, they are made of words.
    let apart = columns.replace("{ type: domain_name } }", "{ type: domain_name }, unique: true }");
    let hosts: std::collections::HashSet<String> =
        rows("en_US", &apart).into_iter().map(|row| row[1].clone()).collect();
    assert_eq!(hosts.len(), 300);
}

#[test]
fn a_postal_code_by_its_name_is_that_of_the_city() {
    let named = "      - { name: city }\n      - { name: postal_code }\n      - { name: state }\n";
    let stated = "      - { name: city, generator: { type: city } }
      - { name: postal_code, generator: { type: postal_code } }
      - { name: state, generator: { type: state } }
";
    for locale in ["en_US", "fr_FR", "es_PE"] {
        assert_eq!(rows(locale, named), rows(locale, stated), "{locale}");
    }
}

#[test]
fn an_age_is_counted_from_a_date_of_birth_of_any_name() {
    let columns = "      - { name: bd, generator: { type: date_of_birth } }
      - { name: age, type: integer }
";
    for row in rows("en_US", columns) {
        let (year, age): (i64, i64) = (row[0][..4].parse().expect("a year"), row[1].parse().expect("an age"));
        assert!((2025 - year..=2026 - year).contains(&age), "{row:?}");
    }
}

//! `verify.sql` run by a database, on rows that were loaded into it: SQLite, which the server has inside.

use std::collections::BTreeMap;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Nullable, Text};
use diesel::sqlite::SqliteConnection;

use super::support::Home;

#[diesel::declare_sql_function]
extern "SQL" {
    /// The square root, which SQLite has only where it was built with it.
    fn sqrt(x: Nullable<Double>) -> Nullable<Double>;
}

/// What a statement of the script gives.
#[derive(Debug, QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    rule: String,
    #[diesel(sql_type = BigInt)]
    broken: i64,
    #[diesel(sql_type = Nullable<Text>)]
    first_keys: Option<String>,
}

/// A dataset's rows in a database, and the script that proves them.
struct Loaded {
    connection: SqliteConnection,
    script: String,
    /// The ids of the certificate's statements.
    stated: Vec<String>,
}

impl Loaded {
    fn new(schema: &str) -> Loaded {
        let home = Home::new();
        home.write("schema.yaml", schema);
        home.run(&["generate", "schema.yaml", "--out", "out"]).succeeds();
        let files = ["--sql", "verify.sql", "--dialect", "sqlite", "--json", "certificate.json"];
        home.run(&[&["verify", "schema.yaml", "out"], &files[..]].concat()).succeeds();
        let mut connection = SqliteConnection::establish(":memory:").expect("a database");
        sqrt_utils::register_impl(&mut connection, |x: Option<f64>| x.map(f64::sqrt)).expect("a function");
        for file in home.names("out").iter().filter(|name| name.ends_with(".csv")) {
            let rows = home.read(&format!("out/{file}"));
            connection.batch_execute(&table(file.trim_end_matches(".csv"), &rows)).expect("a table");
        }
        let certificate: serde_json::Value = serde_json::from_str(&home.read("certificate.json")).expect("JSON");
        let results = certificate["results"].as_array().expect("results");
        let stated = results.iter().filter_map(|result| result["id"].as_str().map(str::to_owned)).collect();
        Loaded { connection, script: home.read("verify.sql"), stated }
    }

    /// Every statement with the number of rows that break it.
    fn proved(&mut self) -> BTreeMap<String, i64> {
        self.connection.batch_execute("PRAGMA case_sensitive_like = ON").expect("a setting");
        let is_query = |part: &&str| part.lines().any(|line| line.starts_with("WITH "));
        let queries = self.script.split(";\n").filter(is_query);
        let mut proved = BTreeMap::new();
        for query in queries {
            let found = diesel::sql_query(query).load::<Found>(&mut self.connection);
            let found = found.unwrap_or_else(|error| panic!("{error}: {query}"));
            let [Found { rule, broken, first_keys }] = &found[..] else { panic!("{found:?} of {query}") };
            assert_eq!(*broken > 0, first_keys.is_some(), "{found:?} of {query}");
            proved.insert(rule.clone(), *broken);
        }
        proved
    }

    /// The statements that are broken once `change` is made, which is taken back.
    fn broken_by(&mut self, change: &str) -> Vec<String> {
        self.connection.batch_execute(&format!("BEGIN; {change};")).expect(change);
        let proved = self.proved();
        self.connection.batch_execute("ROLLBACK").expect("the change taken back");
        proved.into_iter().filter(|(_, broken)| *broken > 0).map(|(rule, _)| rule).collect()
    }
}

/// The statements that load rows of CSV without quotes, with the types of the guide: whole numbers and truth values as `INTEGER`, other numbers
/// as `REAL`, and what remains as `TEXT`.
fn table(name: &str, csv: &str) -> String {
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<&str>>());
    let header = lines.next().expect("a header");
    let rows: Vec<Vec<&str>> = lines.collect();
    let kind = |column: usize| {
        let mut cells = rows.iter().map(|row| row[column]).filter(|cell| !cell.is_empty());
        let is = |test: fn(&str) -> bool| cells.clone().all(test);
        if is(|cell| matches!(cell, "true" | "false")) || is(|cell| cell.parse::<i64>().is_ok()) {
            "INTEGER"
        } else if cells.all(|cell| cell.parse::<f64>().is_ok()) {
            "REAL"
        } else {
            "TEXT"
        }
    };
    let kinds: Vec<&str> = (0..header.len()).map(kind).collect();
    let columns: Vec<String> = header.iter().zip(&kinds).map(|(name, kind)| format!("\"{name}\" {kind}")).collect();
    let cell = |(cell, kind): (&&str, &&str)| match (*cell, *kind) {
        ("", _) => "NULL".to_owned(),
        (text, "TEXT") => format!("'{}'", text.replace('\'', "''")),
        ("true", _) => "1".to_owned(),
        ("false", _) => "0".to_owned(),
        (number, _) => number.to_owned(),
    };
    let rows: Vec<String> = rows
        .iter()
        .map(|row| format!("({})", row.iter().zip(&kinds).map(cell).collect::<Vec<_>>().join(", ")))
        .collect();
    format!("CREATE TABLE \"{name}\" ({});\nINSERT INTO \"{name}\" VALUES {};", columns.join(", "), rows.join(", "))
}

/// Proves rows as they were made, and finds every change that is made to them.
fn holds_and_finds(schema: &str, changes: &[(&str, &str)]) {
    let mut loaded = Loaded::new(schema);
    assert!(!loaded.script.contains("Left out"), "{}", loaded.script);
    let proved = loaded.proved();
    let broken: Vec<_> = proved.iter().filter(|(_, broken)| **broken > 0).collect();
    assert!(broken.is_empty(), "{broken:?}");
    let mut missing = loaded.stated.clone();
    missing.retain(|id| !id.starts_with("type:") && !proved.contains_key(id));
    assert!(missing.is_empty(), "{missing:?}");
    for (change, rule) in changes {
        let broken = loaded.broken_by(change);
        assert!(broken.iter().any(|broken| broken == rule), "{change}: {rule} is not among {broken:?}");
    }
    // A table's number of rows is broken by one that is lost.
    let counted: Vec<&str> = proved.keys().filter_map(|id| id.strip_prefix("rows:")).collect();
    for table in &counted {
        let change = format!("DELETE FROM \"{table}\" WHERE rowid = (SELECT max(rowid) FROM \"{table}\")");
        let broken = loaded.broken_by(&change);
        assert!(broken.contains(&format!("rows:{table}")), "{change}: {broken:?}");
    }
    // Every other statement but those of types has a change that breaks it, or is of nulls like another.
    let is_changed = |id: &String| id.starts_with("rows:") || changes.iter().any(|(_, rule)| rule == id);
    let unchanged: Vec<_> = proved.keys().filter(|id| !is_changed(id) && !id.starts_with("not-null:")).collect();
    assert!(unchanged.is_empty(), "{unchanged:?}");
}

#[test]
fn sqlite_proves_sums_of_decimals_and_finds_a_cent() {
    holds_and_finds(
        include_str!("database/money.yaml"),
        &[
            ("UPDATE sale SET gross = gross + 0.01 WHERE id = 3", "gross"),
            ("UPDATE sale SET gross = gross - 0.01 WHERE id = 4", "above"),
            ("UPDATE sale SET tax = tax + 0.01 WHERE id = 3", "tax"),
            ("UPDATE sale SET total = total - 0.01 WHERE id = 3", "total"),
            ("UPDATE sale SET part = part + 0.000001 WHERE id = 3", "part"),
            ("UPDATE sale SET rest = rest + 0.01 WHERE id = 3", "rest"),
            ("UPDATE sale SET note = '1.00 x 1' WHERE id = 3", "note"),
            ("UPDATE sale SET band = 'none' WHERE id = 3", "band"),
            ("UPDATE sale SET heft = heft * 1.001 WHERE id = 3", "heft"),
            ("UPDATE sale SET heft = NULL WHERE id = 3", "heft"),
            ("UPDATE sale SET price = NULL WHERE id = 3", "not-null:sale.price"),
            ("UPDATE sale SET id = 4 WHERE id = 3", "primary-key:sale"),
            ("UPDATE sale SET customer = 99 WHERE id = 3", "foreign-key:sale.buyer"),
            ("DELETE FROM sale WHERE id = 3", "children:sale.buyer"),
            ("UPDATE customer SET id = NULL WHERE id = 3", "primary-key:customer"),
            ("UPDATE customer SET spent = spent + 0.01 WHERE id = 3", "spent"),
            ("UPDATE customer SET largest = largest + 0.01 WHERE id = 3", "largest"),
            ("UPDATE customer SET average = average + 0.01 WHERE id = 3", "average"),
            ("UPDATE customer SET orders = orders + 1 WHERE id = 3", "orders"),
        ],
    );
}

#[test]
fn sqlite_proves_keys_nulls_numbers_and_conditions_and_finds_what_breaks_them() {
    holds_and_finds(
        include_str!("database/people.yaml"),
        &[
            ("UPDATE country SET code = 'CL' WHERE code = 'XX'", "primary-key:country"),
            ("DELETE FROM country WHERE code = 'XX'", "given:country"),
            ("UPDATE employee SET id = 1 WHERE id = 2", "primary-key:employee"),
            ("UPDATE employee SET boss_id = 1000 WHERE id = 9", "foreign-key:employee.boss"),
            ("UPDATE employee SET boss_id = id WHERE id = 9", "tree:employee.boss"),
            ("UPDATE employee SET country = 'YY' WHERE id = 9", "foreign-key:employee.land"),
            ("UPDATE employee SET country = 'XX' WHERE id = 9", "where:employee.land"),
            (
                "UPDATE employee SET email = (SELECT email FROM employee WHERE id = 8) WHERE id = 9",
                "unique:employee.email",
            ),
            ("UPDATE employee SET \"left\" = '2024-12-31' WHERE contract = 'open'", "null:employee.left"),
            ("UPDATE employee SET \"left\" = NULL WHERE contract = 'ended'", "not-null:employee.left"),
            ("UPDATE employee SET bonus = NULL WHERE contract = 'open'", "not-null:employee.bonus"),
            ("UPDATE employee SET bonus = 1 WHERE contract = 'trial'", "trial"),
            ("UPDATE employee SET desk = 'ABCDEFGH' WHERE id = 9", "length:employee.desk"),
            ("UPDATE employee SET born = hired WHERE id = 9", "dates"),
            ("UPDATE employee SET born = hired WHERE id = 9", "adult"),
            ("UPDATE employee SET contract = 'trial' WHERE contract = 'ended'", "contracts"),
            ("UPDATE employee SET level = 'junior' WHERE level = 'senior'", "seniors"),
            ("UPDATE employee SET active = 0 WHERE level = 'junior'", "pairs"),
            ("UPDATE employee SET pay = pay + 10", "mean"),
            ("UPDATE employee SET height = 170 + (height - 170) * 2", "spread"),
            ("UPDATE employee SET height = height + 9", "middle"),
            ("UPDATE employee SET weight = -weight WHERE id % 2 = 0", "moves"),
        ],
    );
}

#[test]
fn sqlite_proves_intervals_and_combinations_and_finds_what_breaks_them() {
    holds_and_finds(
        include_str!("database/rooms.yaml"),
        &[
            ("UPDATE booking SET room = 1, starts = '2020-01-01', ends = '2030-01-01' WHERE id < 4", "free"),
            ("UPDATE booking SET room = 1, slot = 1 WHERE id < 3", "once"),
            ("UPDATE booking SET id = 1 WHERE id = 2", "primary-key:booking"),
        ],
    );
}

#[test]
fn sqlite_adds_and_counts_days_and_compares_instants_as_such() {
    holds_and_finds(
        include_str!("database/times.yaml"),
        &[
            ("UPDATE place SET id = 1 WHERE id = 2", "primary-key:place"),
            ("UPDATE place SET opened = replace(replace(opened, '.5Z', 'Z'), 'Z', '.25Z') WHERE id = 1", "opened"),
            ("UPDATE place SET closed = opened WHERE id = 1", "closed"),
            ("UPDATE stay SET id = 1 WHERE id = 2", "primary-key:stay"),
            ("UPDATE stay SET place_id = 99 WHERE id = 2", "foreign-key:stay.place"),
            ("UPDATE stay SET ends = date(ends, '1 days') WHERE id = 2", "ends"),
            ("UPDATE stay SET nights = nights + 1 WHERE id = 2", "nights"),
            ("UPDATE stay SET earlier = date(earlier, '1 days') WHERE id = 2", "earlier"),
            ("UPDATE stay SET month_later = date(month_later, '1 days') WHERE id = 2", "month"),
            ("UPDATE stay SET exact = seen WHERE id = 2", "exact"),
            ("UPDATE stay SET later = seen WHERE id = 2", "later"),
            ("UPDATE stay SET noon = starts || 'T12:00:00Z' WHERE id = 2", "noon"),
            ("UPDATE stay SET day = date(day, '1 days') WHERE id = 2", "day"),
            ("UPDATE stay SET ends = date(starts, '41 days') WHERE id = 2", "few"),
            // A fraction makes an instant later, though its text sorts before that without one.
            ("UPDATE stay SET seen = replace(seen, 'Z', '.75Z') WHERE id = 2", "half"),
            ("UPDATE stay SET noon = starts WHERE id = 2", "around"),
            ("UPDATE stay SET seen = '1964-12-31T23:59:59.999999Z' WHERE id = 2", "since"),
            ("UPDATE stay SET later = seen WHERE id = 2", "gap"),
        ],
    );
}

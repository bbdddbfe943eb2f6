//! How `verify` finds tables and what it writes.

use std::fs;

use super::support::Home;

fn generated() -> Home {
    let home = Home::with_hiring();
    home.run(&["generate", "hiring.yaml", "--out", "out"]).succeeds();
    home
}

#[test]
fn tables_may_lie_in_several_files_of_several_formats() {
    let home = generated();
    let last = formats::FORMATS.iter().rev().find(|format| !format.holds_all_tables()).expect("a format of one table");
    let company = format!("company.{}", last.extension());
    home.run(&["generate", "hiring.yaml", "--table", "company", "--out", &company]).succeeds();
    fs::remove_file(home.at("out/company.csv")).expect("removed");
    home.run(&["verify", "hiring.yaml", "out", &company]).succeeds();
}

#[test]
fn a_table_without_a_file_and_a_file_without_a_table_are_stated() {
    let home = generated();
    fs::rename(home.at("out/process.csv"), home.at("out/proces.csv")).expect("renamed");
    let ran = home.run(&["verify", "hiring.yaml", "out/company.csv", "out/candidate.csv", "out/proces.csv"]).fails();
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(lines[0], "out/proces.csv: the schema has no table \"proces\"; did you mean \"process\"?");
    assert!(
        lines[1].starts_with("no rows were found for the table \"process\"; expected is a file process with"),
        "{ran:?}"
    );
    assert_eq!(lines.len(), 2, "{ran:?}");
    let ran = home.run(&["verify", "hiring.yaml", "nowhere"]).fails();
    assert!(ran.stderr.starts_with("nowhere: there is no such file or folder\n"), "{ran:?}");
}

#[test]
fn a_table_that_is_found_twice_is_stated() {
    let home = generated();
    home.run(&["generate", "hiring.yaml", "--out", "out", "--compress", "gzip"]).succeeds();
    let ran = home.run(&["verify", "hiring.yaml", "out"]).fails();
    assert_eq!(ran.stderr.lines().count(), 3, "{ran:?}");
    assert!(
        ran.stderr.contains("the table \"company\" is in out/company.csv and in out/company.csv.gz; name one of them"),
        "{ran:?}"
    );
}

#[test]
fn tables_with_rows_too_few_or_too_many_are_told_and_the_numbers_of_a_generation_may_be_said() {
    let home = Home::new();
    let schema = "name: d\ntables:\n  - name: p\n    rows: 10\n    columns: [{name: id, generator: {type: sequence}}]\n    primary_key: [id]\n  \
                  - name: c\n    columns: [{name: p_id}]\n    foreign_keys:\n      \
                  - {columns: [p_id], references: {table: p, columns: [id]}, children: {TOTAL}}\n";
    for (total, scaled) in [("total: 30", 60), ("mean: 3", 60), ("max: 4", 40)] {
        home.write("d.yaml", &schema.replace("TOTAL", total));
        home.run(&["generate", "d.yaml", "--out", "d"]).succeeds();
        home.run(&["verify", "d.yaml", "d"]).succeeds();
        let text = home.read("d/p.csv");
        home.write("d/p.csv", &format!("{text}11\n12\n"));
        let ran = home.run(&["verify", "d.yaml", "d"]).fails();
        let line = |ran: &str, id: &str| {
            let found = ran.lines().find(|line| line.starts_with(&format!("✗ {id} ")));
            found.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).unwrap_or_default()
        };
        assert_eq!(line(&ran.stdout, "rows:p"), "✗ rows:p 12 checked, 2 broken: p has 10 rows");
        assert!(ran.stdout.contains("    {\"measured\":\"12\",\"asked\":\"10\"}\n"), "{ran:?}");
        // What one generation says of rows is proved of it.
        home.run(&["generate", "d.yaml", "--scale", "2", "--out", "twice"]).succeeds();
        let ran = home.run(&["verify", "d.yaml", "twice"]).fails();
        assert_eq!(line(&ran.stdout, "rows:p"), "✗ rows:p 20 checked, 10 broken: p has 10 rows");
        let rows = home.read("twice/c.csv").lines().count() - 1;
        assert!(total.starts_with("max") || rows == scaled, "{total}: {rows}");
        home.run(&["verify", "d.yaml", "twice", "--scale", "2"]).succeeds();
        home.run(&["generate", "d.yaml", "--rows", "c=25", "--out", "fewer"]).succeeds();
        home.run(&["verify", "d.yaml", "fewer", "--rows", "c=25"]).succeeds();
        let ran = home.run(&["verify", "d.yaml", "fewer", "--rows", "c=24"]).fails();
        assert_eq!(line(&ran.stdout, "rows:c"), "✗ rows:c 25 checked, 1 broken: c has 24 rows");
    }
}

/// Fees, of which every third has a text for its amount and one a text for its day where they are spoilt.
fn fees(is_spoilt: bool) -> String {
    let columns = match is_spoilt {
        false => {
            "
      - { name: amount, type: integer, generator: { type: integer, min: 7, max: 7 } }
      - { name: day, type: date, generator: { type: date, start: 2024-02-29, end: 2024-02-29 } }
    rules:
      - { id: small, kind: check, sql: amount < 8 }"
        }
        true => {
            "
      - { name: amount, type: string, generator: { type: expression, sql: \"CASE WHEN id % 3 = 1 THEN 'none' ELSE '7' END\" } }
      - { name: day, type: string, generator: { type: expression, sql: \"CASE WHEN id = 5000 THEN 'one' ELSE '2024-02-29' END\" } }"
        }
    };
    let key = "- { name: id, generator: { type: sequence } }";
    format!(
        "name: fees\ntables:\n  - name: fee\n    rows: 9000\n    primary_key: [id]\n    columns:\n      {key}{columns}\n"
    )
}

#[test]
fn cells_that_are_no_values_of_their_types_are_counted_and_shown_in_the_certificate() {
    let home = Home::new();
    home.write("fees.yaml", &fees(false));
    home.write("spoilt.yaml", &fees(true));
    for format in formats::FORMATS {
        let file = format!("fee.{}", format.extension());
        home.run(&["generate", "spoilt.yaml", "--out", &file]).succeeds();
        let ran = home.run(&["verify", "fees.yaml", &file, "--json", "c.json", "--html", "c.html"]).fails();
        assert!(ran.stdout.contains("9000 checked, 3000 broken: amount is of type integer"), "{file}: {ran:?}");
        assert!(ran.stdout.contains("    {\"row_number\":4,\"amount\":\"none\"}\n"), "{file}: {ran:?}");
        assert!(home.read("c.html").contains("type:fee.amount"), "{file}");
        let certificate: serde_json::Value = serde_json::from_str(&home.read("c.json")).expect("JSON");
        let results = certificate["results"].as_array().expect("results");
        let of = |id: &str| results.iter().find(|result| result["id"] == id).expect("a statement");
        assert_eq!(of("type:fee.amount")["examples"].as_array().map(Vec::len), Some(5), "{file}");
        assert_eq!(of("type:fee.day")["broken"], 1, "{file}");
        assert_eq!(
            of("type:fee.day")["examples"][0],
            serde_json::json!({ "row_number": 5000, "day": "one" }),
            "{file}"
        );
        // Elsewhere they are nulls.
        assert_eq!(of("not-null:fee.amount")["broken"], 3000, "{file}");
        assert_eq!(of("not-null:fee.day")["broken"], 1, "{file}");
        assert_eq!(of("small")["broken"], 0, "{file}");
        assert_eq!(of("primary-key:fee")["broken"], 0, "{file}");
    }
}

#[test]
fn cells_of_a_key_that_are_none_of_its_type_break_the_key() {
    let home = generated();
    let text = home.read("out/candidate.csv").replacen("\n1,", "\nfirst,", 1);
    home.write("out/candidate.csv", &text);
    let ran = home.run(&["verify", "hiring.yaml", "out"]).fails();
    assert!(ran.stdout.contains("✗ type:candidate.id"), "{ran:?}");
    assert!(ran.stdout.contains("{\"row_number\":1,\"id\":\"first\"}"), "{ran:?}");
    assert!(ran.stdout.contains("✗ primary-key:candidate"), "{ran:?}");
}

#[test]
fn a_column_that_is_missing_breaks_the_certificate() {
    let home = generated();
    let text = home.read("out/company.csv").replacen("industry", "trade", 1);
    home.write("out/company.csv", &text);
    let ran = home.run(&["verify", "hiring.yaml", "out"]).fails();
    assert!(ran.stdout.contains("✗ type:company.industry"), "{ran:?}");
}

#[test]
fn files_that_are_cut_off_or_are_something_else_are_stated() {
    let home = generated();
    for (name, bytes) in
        [("company.xlsx", &b"PK\x03\x04 not a workbook"[..]), ("company.csv.gz", b"\x1f\x8b\x08\x00cut")]
    {
        fs::write(home.at(name), bytes).expect("written");
        let ran = home.run(&["verify", "hiring.yaml", "out/candidate.csv", "out/process.csv", name]).fails();
        assert!(ran.stderr.contains(name.split('.').next().expect("a stem")), "{ran:?}");
        assert!(!ran.stderr.contains("internal error"), "{ran:?}");
    }
}

#[test]
fn the_certificate_is_written_as_a_page_as_json_and_as_sql() {
    let home = generated();
    let files = ["--html", "c.html", "--json", "c.json", "--sql", "c.sql"];
    let plain = home.run(&[&["verify", "hiring.yaml", "out"], &files[..]].concat()).succeeds();
    assert!(plain.stdout.contains("planned-in-order"));
    assert!(home.read("c.html").contains("planned-in-order"));
    let json: serde_json::Value = serde_json::from_str(&home.read("c.json")).expect("JSON");
    assert_eq!(json["dataset"], "hiring");
    assert!(json["results"].as_array().is_some_and(|results| results.iter().all(|result| result["broken"] == 0)));
    let sql = home.read("c.sql");
    assert!(sql.contains("planned-in-order") && sql.contains("SELECT"), "{sql}");
    home.run(&["verify", "hiring.yaml", "out", "--sql", "d.sql", "--dialect", "sqlite"]).succeeds();
    home.run(&["verify", "hiring.yaml", "out", "--dialect", "dbase"]).refuses_usage();
}

/// Numbers of rows by clause 4.2.5 of the specification, at a five-hundredth of its first scale.
#[test]
fn the_guides_example_of_orders_has_the_numbers_and_keys_of_tpc_h() {
    let home = Home::new();
    home.write("tpch.yaml", include_str!("../../docs/guide/tpch.yaml"));
    let scale = ["--set", "suppliers=20", "--set", "parts=400", "--set", "customers=300", "--set", "orders=3000"];
    home.run(&[["generate", "tpch.yaml", "--out", "out"].as_slice(), &scale].concat()).succeeds();
    let rows = |table: &str| home.read(&format!("out/{table}.csv")).lines().count() - 1;
    let tables = ["region", "nation", "supplier", "part", "partsupp", "customer", "orders", "lineitem"];
    assert_eq!(tables.map(rows), [5, 25, 20, 400, 1600, 300, 3000, 12_000]);
    // Every third customer has ordered nothing.
    let orders = home.read("out/orders.csv");
    let customers = orders.lines().skip(1).filter_map(|line| line.split(',').nth(1)?.parse::<u64>().ok());
    assert!(customers.inspect(|customer| assert_ne!(customer % 3, 0)).count() == 3000);

    let verify = [["verify", "tpch.yaml", "out"].as_slice(), &scale].concat();
    let proved = home.run(&verify).succeeds().stdout;
    assert!(proved.contains("✓ foreign-key:lineitem.partsupp"), "{proved}");
    let lines = home.read("out/lineitem.csv");
    let mut cells: Vec<&str> = lines.lines().nth(1).expect("a line").split(',').collect();
    cells[1] = "401";
    home.write("out/lineitem.csv", &lines.replacen(lines.lines().nth(1).expect("a line"), &cells.join(","), 1));
    let broken = home.run(&verify).fails();
    assert!(broken.stdout.contains("✗ foreign-key:lineitem.partsupp"), "{broken:?}");
}

//! What belongs together in one row agrees, whoever decides it: columns, fields of an object, given cells, values without repetition.

use std::collections::{HashMap, HashSet};

use super::cases::{holds, problems};
use super::{all_rows, plan};
use crate::locale::{Gender, Locale};

fn schema(locale: &str, rows: u64, columns: &[&str], rest: &str) -> String {
    let columns: String = columns.iter().map(|column| format!("\n      - {column}")).collect();
    format!(
        "name: d\nrandom_seed: 5\nlocale: {locale}\ntables:\n  - name: t\n    rows: {rows}\n    columns:{columns}\n{rest}"
    )
}

fn cells(schema: &str) -> Vec<Vec<String>> {
    let rows = all_rows(&plan(schema), "t");
    rows.iter().map(|row| row.split('|').map(str::to_owned).collect()).collect()
}

/// Whether a first name is one of a gender's.
fn is_of(locale: &Locale, name: &str, gender: &str) -> bool {
    let of = if gender == "F" { Gender::Female } else { Gender::Male };
    locale.first_names(Some(of)).values.contains(&name)
}

#[test]
fn the_items_of_a_list_are_drawn_apart() {
    for of in ["full_name", "email", "city", "company_name", "phone", "product_name", "username"] {
        let list = format!("{{name: a, generator: {{type: array, of: {{type: {of}}}, min: 3, max: 3}}}}");
        let rows = cells(&schema("en_US", 60, &[&list], ""));
        let apart = rows.iter().filter(|row| {
            let items: HashSet<&str> = row[0].trim_matches(['[', ']']).split(", ").collect();
            // Names of companies have commas of their own.
            items.len() >= 3
        });
        assert!(apart.count() > 40, "{of}: {:?}", rows[0]);
    }
    // Inside one item all is one person's.
    let list = "{name: a, generator: {type: array, min: 2, max: 2, of: {type: json_object, fields: {f: {type: first_name}, l: {type: last_name}, n: {type: full_name}}}}}";
    for row in cells(&schema("en_US", 40, &[list], "")) {
        let text = row[0].trim_matches(['[', ']']).replace("}, {", "},{");
        let people: Vec<serde_json::Value> = serde_json::from_str(&format!("[{text}]")).expect("objects");
        for person in &people {
            let [first, last, name] = ["f", "l", "n"].map(|field| person[field].as_str().expect("a text"));
            assert_eq!(name, format!("{first} {last}"));
        }
        assert_ne!(people[0]["n"], people[1]["n"]);
    }
}

#[test]
fn the_fields_of_an_object_are_one_person_card_and_vehicle_and_those_of_the_row() {
    let object = "{name: j, generator: {type: json_object, fields: {gender: {type: gender}, first: {type: first_name}, last: {type: last_name}, full: {type: full_name}, network: {type: credit_card_network}, number: {type: credit_card_number}, make: {type: vehicle_make}, model: {type: vehicle_model}, inner: {type: json_object, fields: {city: {type: city}, state: {type: state}}}}}}";
    let locale = Locale::named("en_US").expect("a locale");
    let columns = [object, "{name: name, generator: {type: full_name}}", "{name: city, generator: {type: city}}"];
    let mut models: HashMap<String, HashSet<String>> = HashMap::new();
    for row in cells(&schema("en_US", 300, &columns, "")) {
        let value: serde_json::Value = serde_json::from_str(&row[0]).expect("an object");
        let text = |field: &str| value[field].as_str().expect("a text").to_owned();
        assert!(is_of(locale, &text("first"), &text("gender")), "{value}");
        assert_eq!(text("full"), format!("{} {}", text("first"), text("last")));
        assert_eq!((text("full"), &value["inner"]["city"]), (row[1].clone(), &serde_json::json!(row[2])));
        let amex = text("number").starts_with("34") || text("number").starts_with("37");
        assert_eq!(amex, text("network") == "American Express", "{value}");
        models.entry(text("model")).or_default().insert(text("make"));
    }
    // A few models are sold under two names.
    assert!(models.values().filter(|makes| makes.len() > 1).count() <= 3, "{models:?}");
}

#[test]
fn given_cells_decide_what_belongs_to_them() {
    let columns = [
        "{name: n, generator: {type: first_name}}",
        "{name: g, generator: {type: gender}}",
        "{name: p, generator: {type: name_prefix}}",
        "{name: city, generator: {type: city}}",
        "{name: state, generator: {type: state}}",
        "{name: make, generator: {type: vehicle_make}}",
        "{name: model, generator: {type: vehicle_model}}",
    ];
    let given = "    given: [{n: María, make: Toyota}, {city: Cusco}, {p: Srta., city: Arequipa}, {state: Piura}, {model: Corolla}, {n: Zzz}]\n";
    let rows = cells(&schema("es_PE", 40, &columns, given));
    assert_eq!((rows[0][1].as_str(), &rows[0][5]), ("F", &"Toyota".to_owned()));
    assert!(["Sra.", "Srta.", "Dra.", "Lic.", "Ing.", "Doña"].contains(&rows[0][2].as_str()));
    assert_eq!((rows[1][4].as_str(), rows[2][4].as_str(), rows[2][1].as_str()), ("Cusco", "Arequipa", "F"));
    let locale = Locale::named("es_PE").expect("a locale");
    assert!(locale.cities().iter().any(|city| city.name == rows[3][3] && city.state_name == "Piura"), "{:?}", rows[3]);
    assert_eq!(rows[4][5], "Toyota");
    // The other rows stay as they were.
    let open = cells(&schema("es_PE", 40, &columns, ""));
    assert_eq!(rows[6..], open[6..]);
    let said = problems(&schema("es_PE", 4, &["{name: g, generator: {type: gender}}"], "    given: [{g: Z}]\n"));
    assert!(said.iter().any(|said| said.contains("\"Z\"")), "{said:?}");
}

#[test]
fn what_is_unique_decides_what_belongs_to_it() {
    let locale = Locale::named("es_PE").expect("a locale");
    let gender = "{name: g, generator: {type: gender}}";
    for (name, of) in [("first_name", 0), ("full_name", 1)] {
        let column = format!("{{name: n, unique: true, generator: {{type: {name}}}}}");
        let text = schema("es_PE", 150, &[&column, gender, "{name: p, generator: {type: name_prefix}}"], "");
        holds(&text);
        let rows = cells(&text);
        assert_eq!(rows.iter().map(|row| &row[0]).collect::<HashSet<_>>().len(), 150);
        for row in &rows {
            let first = if of == 0 { row[0].as_str() } else { row[0].split(' ').next().expect("a name") };
            let whole = locale.first_names(None).values.contains(&first);
            assert!(!whole || is_of(locale, first, &row[1]), "{row:?}");
        }
        assert!(rows.iter().filter(|row| row[1] == "F").count() > 40, "{name}");
    }
    holds(&schema("es_PE", 60, &["{name: t, unique: true, generator: {type: job_title}}", gender], ""));
    let car =
        ["{name: m, unique: true, generator: {type: vehicle_model}}", "{name: k, generator: {type: vehicle_make}}"];
    let cars = cells(&schema("en_US", 100, &car, ""));
    assert!(cars.iter().filter(|row| row[1] == "Toyota").count() < 30 && cars.iter().all(|row| !row[1].is_empty()));
    let color = ["{name: h, unique: true, generator: {type: hex_color}}", "{name: c, generator: {type: color_name}}"];
    holds(&schema("en_US", 20, &color, ""));
    for (rows, column) in [
        (2, "type: boolean"),
        (1, "type: constant, value: one"),
        (256, "type: bytes, min: 1, max: 1"),
        (300, "type: bytes, min: 0, max: 2"),
        (300, "type: bytes"),
    ] {
        holds(&schema("en_US", rows, &[&format!("{{name: x, unique: true, generator: {{{column}}}}}")], ""));
    }
    let said = problems(&schema("en_US", 3, &["{name: x, unique: true, generator: {type: boolean}}"], ""));
    assert!(said[0].contains("can take 2 values"), "{said:?}");
    let said = problems(&schema(
        "en_US",
        3,
        &["{name: x, unique: true, generator: {type: regex, pattern: \"[a-z]{0,1000}\"}}"],
        "",
    ));
    assert!(said[0].contains("shorten its repetitions"), "{said:?}");
}

#[test]
fn a_safe_dataset_keeps_to_reserved_values_and_says_where_they_run_out() {
    let card = "{name: x, unique: true, generator: {type: credit_card_number}}";
    let few = cells(&schema("en_US", 8, &[card], ""));
    let known: HashSet<String> =
        cells(&schema("en_US", 4_000, &["{name: x, generator: {type: credit_card_number}}"], ""))
            .into_iter()
            .map(|row| row[0].clone())
            .collect();
    assert!(few.iter().all(|row| known.contains(&row[0])), "{few:?}");
    for column in [card, "{name: x, unique: true, generator: {type: phone, kind: mobile}}"] {
        let text = schema("en_GB", 5_000, &[column], "");
        let said = problems(&text);
        assert!(said[0].contains("safe: false allows the others"), "{said:?}");
        assert!(problems(&text.replace("locale:", "safe: false\nlocale:")).is_empty(), "{column}");
    }
    let said = problems(&schema("en_US", 3, &["{name: x, generator: {type: email, domain: free}}"], ""));
    assert!(said[0].contains("although the dataset is safe"), "{said:?}");
}

#[test]
fn an_error_of_sql_names_its_column_and_row() {
    let columns = [
        "{name: y, generator: {type: integer, min: 1, max: 9}}",
        "{name: ratio, generator: {type: expression, sql: 10 / (y - 3)}}",
    ];
    let plan = plan(&schema("en_US", 50, &columns, ""));
    let error = crate::run::batch(&plan, 0, 0..50).expect_err("a division by zero");
    let rows = cells(&schema("en_US", 50, &columns[..1], ""));
    let first = rows.iter().position(|row| row[0] == "3").expect("a three");
    assert!(
        error.to_string().starts_with(&format!("t.ratio row {first}: division by zero in 10 / (y - 3)")),
        "{error}"
    );
    let said = problems(&schema("en_US", 5, &["{name: a, generator: {type: expression, sql: 7 / (0)}}"], ""));
    assert!(said[0].contains("7 / (0) divides by zero"), "{said:?}");
}

#[test]
fn age_decides_who_is_married_and_what_was_learnt() {
    let columns = [
        "{name: b, generator: {type: date_of_birth, min_age: 5, max_age: 40}}",
        "{name: m, generator: {type: marital_status}}",
        "{name: e, generator: {type: education_level}}",
        "{name: p, generator: {type: name_prefix}}",
    ];
    let rows = cells(&schema("en_US", 3_000, &columns, ""));
    let mut married = 0;
    for row in &rows {
        let child = row[0].as_str() > "2008-01-01";
        assert!(!child || row[1] == "Never married", "{row:?}");
        assert!(!(child && row[2].contains("Bachelor")), "{row:?}");
        assert!(row[3] != "Mrs." || row[1] != "Never married", "{row:?}");
        assert!(row[3] != "Miss" || row[1] == "Never married", "{row:?}");
        married += usize::from(row[1] == "Married");
    }
    assert!(married > 500 && rows.iter().any(|row| row[3] == "Mrs.") && rows.iter().any(|row| row[3] == "Miss"));
}

#[test]
fn addresses_are_written_as_the_country_reads_them() {
    let columns =
        ["{name: c, generator: {type: company_name}}", "{name: e, generator: {type: email, domain: company}}"];
    for row in cells(&schema("ja_JP", 200, &columns, "")) {
        if row[0].contains("農園") {
            assert!(row[1].contains("noen"), "{row:?}");
        }
        assert!(!row[1].contains("nongyuan") && !row[1].contains("shiye"), "{row:?}");
    }
    let people = ["{name: n, generator: {type: last_name}}", "{name: e, generator: {type: email}}"];
    for row in cells(&schema("de_DE", 400, &people, "")) {
        for (umlaut, written) in
            [("Müller", "mueller"), ("Schäfer", "schaefer"), ("Köhler", "koehler"), ("Weiß", "weiss")]
        {
            let initial = &written[..1];
            assert!(row[0] != umlaut || row[1].contains(written) || row[1].contains(initial), "{row:?}");
        }
        assert!(!row[1].contains("muller") && !row[1].contains("schafer"), "{row:?}");
    }
}

#[test]
fn numbers_of_companies_and_telephones_are_of_the_rows_place() {
    let india = ["{name: s, generator: {type: state_code}}", "{name: g, generator: {type: tax_id}}"];
    let numbers: HashMap<&str, &str> =
        HashMap::from([("UP", "09"), ("MH", "27"), ("KL", "32"), ("AP", "37"), ("TS", "36")]);
    for row in cells(&schema("hi_IN", 400, &india, "")) {
        if let Some(number) = numbers.get(row[0].as_str()) {
            assert!(row[1].starts_with(number), "{row:?}");
        }
    }
    let china = ["{name: a, generator: {type: admin_code}}", "{name: u, generator: {type: tax_id}}"];
    for row in cells(&schema("zh_CN", 200, &china, "")) {
        assert_eq!(row[1][2..8], row[0], "{row:?}");
    }
    for (locale, city, area) in
        [("zh_CN", "包头市", "+86472"), ("hi_IN", "मडगांव", "+91832"), ("es_ES", "Melilla", "+34952")]
    {
        let columns = ["{name: c, generator: {type: city}}", "{name: p, generator: {type: phone, kind: landline}}"];
        let given = format!("    given: [{{c: {city}}}]\n");
        let text = schema(locale, 1, &columns, &given).replace("locale:", "safe: false\nlocale:");
        let rows = cells(&text);
        assert!(rows[0][1].starts_with(area), "{rows:?}");
    }
}

#[test]
fn a_district_that_is_named_as_a_part_of_a_city_is_that_citys() {
    let columns = ["{name: c, generator: {type: city}}", "{name: d, generator: {type: district}}"];
    for row in cells(&schema("ko_KR", 3_000, &columns, "")) {
        let named = row[1].split(' ').next().expect("a name");
        assert!(!row[1].contains(' ') || named == row[0], "{row:?}");
    }
}

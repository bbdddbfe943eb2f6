//! Names of real schemas, and what is chosen for them.

use super::*;
use crate::generators::list;

struct Row {
    name: &'static str,
    column: Column,
    expected: &'static str,
}

fn rows(table: &'static str) -> impl Iterator<Item = Row> {
    table.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        let mut column = json!({ "name": cells[0] });
        for (key, value) in [("type", cells[1]), ("description", cells[2])] {
            if !value.is_empty() {
                column[key] = value.into();
            }
        }
        Row { name: cells[0], column: serde_json::from_value(column).expect("a column"), expected: cells[3] }
    })
}

fn dataset(schema: &Value) -> Dataset {
    serde_json::from_value(schema.clone()).expect("a dataset")
}

fn one(column: &Value) -> Dataset {
    dataset(&json!({"name": "d", "tables": [{"name": "t", "rows": 1, "columns": [column]}]}))
}

fn chosen(column: &Value) -> (Value, String) {
    let (spec, reason) = choose(&one(column), 0, 0);
    (spec.to_value(), reason)
}

/// Prints what is chosen against what is expected, and gives the share that meets it.
fn share(title: &str, table: &'static str, known: &dyn Fn(&str) -> bool) -> f64 {
    let (mut met, mut all) = (0, 0);
    for row in rows(table).filter(|row| known(row.expected)) {
        let dataset = one(&serde_json::to_value(&row.column).expect("a column"));
        let place = Place { dataset: &dataset, table: &dataset.tables[0], column: &dataset.tables[0].columns[0] };
        let choice = place.alone_of(known);
        all += 1;
        if choice.generator["type"] == row.expected {
            met += 1;
        } else {
            println!(
                "{title}: {} {:?}: {} instead of {}: {}",
                row.name, row.column.kind, choice.generator["type"], row.expected, choice.reason
            );
        }
    }
    let share = f64::from(met) / f64::from(all);
    println!("{title}: {met} of {all}, {:.1} %", share * 100.0);
    share
}

const EXPECTED: &str = include_str!("expected.tsv");
const HELD_OUT: &str = include_str!("heldout.tsv");

#[test]
fn ninety_five_of_a_hundred_names_choose_what_is_expected() {
    let existing = |generator: &str| by_name(generator).is_some();
    assert!(share("expected, of this version", EXPECTED, &existing) >= 0.95);
    assert!(share("expected, of the catalogue", EXPECTED, &|_| true) >= 0.95);
}

#[test]
fn eighty_five_of_a_hundred_names_that_were_not_tuned_for_choose_what_is_expected() {
    let existing = |generator: &str| by_name(generator).is_some();
    assert!(share("held out, of this version", HELD_OUT, &existing) >= 0.85);
    assert!(share("held out, of the catalogue", HELD_OUT, &|_| true) >= 0.85);
}

/// What is chosen for a column of a table, by the column's place.
fn chosen_in(schema: &Value, table: usize, column: usize) -> (Value, String) {
    let (spec, reason) = choose(&dataset(schema), table, column);
    (spec.to_value(), reason)
}

#[test]
fn a_type_is_kept_whatever_the_name_says() {
    for (column, generator, reason) in [
        (
            json!({"name": "phone", "type": "integer"}),
            json!({"type": "integer", "min": 100_000_000, "max": 999_999_999}),
            "the name says phone number, the type is integer",
        ),
        (
            json!({"name": "price", "type": "integer"}),
            json!({"type": "integer", "min": 1, "max": 100}),
            "the name says price, the type is integer",
        ),
        (
            json!({"name": "salary", "type": "decimal", "precision": 5, "scale": 1}),
            json!({"type": "decimal", "min": 1000, "max": 9999, "scale": 1}),
            "the name says salary",
        ),
        (
            json!({"name": "latitude", "type": "decimal", "scale": 4}),
            json!({"type": "decimal", "min": -90, "max": 90, "scale": 4}),
            "the name says latitude, the type is decimal",
        ),
        (
            json!({"name": "is_active", "type": "integer"}),
            json!({"type": "integer", "min": 0, "max": 1}),
            "the name says yes or no, the type is integer",
        ),
        (
            json!({"name": "created_at", "type": "date"}),
            json!({"type": "date", "start": "2023-01-01", "end": "2025-12-31"}),
            "the name says time of creation, the type is date",
        ),
        (json!({"name": "e_mail", "type": "boolean"}), json!({"type": "boolean"}), "the type is boolean"),
        (json!({"name": "zz", "type": "time"}), json!({"type": "time_of_day"}), "the type is time"),
        (json!({"name": "pais", "max_length": 2}), json!({"type": "country_code"}), "the name says country"),
        (json!({"name": "zz"}), json!({"type": "word"}), "nothing in the name or type says more"),
        (json!({"name": "customer_zz"}), json!({"type": "word"}), "nothing in the name or type says more"),
        (
            json!({"name": "zz", "description": "Correo electrónico de la persona"}),
            json!({"type": "email"}),
            "the description says e-mail address",
        ),
    ] {
        let (made, why) = chosen(&column);
        assert_eq!(GeneratorSpec::from_value(generator).expect("a generator").to_value(), made, "{column}");
        assert_eq!(why, reason, "{column}");
    }
}

#[test]
fn columns_and_tables_beside_it_help() {
    let schema = json!({"name": "d", "tables": [
        {"name": "clientes", "rows": 7, "primary_key": ["clave_interna"], "columns": [
            {"name": "clave_interna", "generator": {"type": "sequence"}}, {"name": "nombre"}, {"name": "apellido_paterno"}, {"name": "fecha_nacimiento"},
            {"name": "edad"}, {"name": "creado_en"}, {"name": "actualizado_en"}, {"name": "estado"}, {"name": "ciudad"}]},
        {"name": "products", "rows": 5, "columns": [{"name": "name"}, {"name": "start_date"}, {"name": "end_date"}]},
        {"name": "orders", "rows": 9, "columns": [{"name": "status"}, {"name": "cliente_id"}, {"name": "order_id"}]},
    ]});
    for (table, column, generator, reason) in [
        (0, 1, "first_name", "the name says first name, beside apellido_paterno"),
        (0, 7, "state", "the name says state or province, beside ciudad"),
        (0, 4, "age_from", "the name says age, counted from fecha_nacimiento"),
        (0, 6, "date_offset", "the name says time of a change, not before creado_en"),
        (1, 0, "product_name", "the name says product"),
        (1, 2, "date_offset", "the name says last day, not before start_date"),
        (2, 0, "choice", "the name says status of an order"),
        (2, 1, "integer", "the name says number of a record; it looks like a key to clientes, and none is declared"),
        (2, 2, "sequence", "the name says number of a record"),
    ] {
        let (made, why) = chosen_in(&schema, table, column);
        assert_eq!(made["type"], generator, "{table} {column}: {made}");
        assert_eq!(why, reason, "{table} {column}");
    }
    crate::plan::compile_text(&schema.to_string(), &Default::default(), &Default::default())
        .plan
        .expect("the choices fit each other");
}

#[test]
fn short_lists_are_in_the_language_of_the_locale() {
    let values = |locale: &str, name: &str| {
        let schema =
            json!({"name": "d", "locale": locale, "tables": [{"name": "t", "rows": 1, "columns": [{"name": name}]}]});
        chosen_in(&schema, 0, 0).0["values"].clone()
    };
    assert_eq!(values("es_MX", "turno"), json!(["mañana", "tarde", "noche"]));
    assert_eq!(values("fr_FR", "statut"), json!(["actif", "inactif", "en attente"]));
    assert_eq!(values("en_GB", "turno"), json!(["morning", "afternoon", "night"]));
    // Each list is told in every language but English, with as many values and none twice.
    let lists: Vec<&meanings::Meaning> =
        meanings::all()
            .filter(|meaning| meaning.generator == "choice")
            .filter(|meaning| {
                lists::in_language(
                    json!({"type": "choice", "values": meaning.parameters["values"]}),
                    meaning.says,
                    "es",
                )["values"]
                    != meaning.parameters["values"]
            })
            .collect();
    assert_eq!(lists.len(), 16);
    for meaning in lists {
        let own = meaning.parameters["values"].as_array().expect("values").len();
        for language in ["pt", "fr", "de", "it", "nl", "pl", "ja", "zh", "ko", "hi", "ar"] {
            let told = lists::in_language(
                json!({"type": "choice", "values": meaning.parameters["values"]}),
                meaning.says,
                language,
            );
            assert_ne!(told["values"], meaning.parameters["values"], "{} {language}", meaning.says);
            let mut words: Vec<&str> =
                told["values"].as_array().expect("values").iter().filter_map(Value::as_str).collect();
            words.sort_unstable();
            words.dedup();
            assert_eq!(words.len(), own, "{} {language}", meaning.says);
        }
    }
}

/// The entities that the columns of a table get, `-` where they are the row's own.
fn entities(locale: &str, table: &str, columns: &[&str]) -> Vec<String> {
    let columns: Vec<Value> = columns.iter().map(|name| json!({ "name": name })).collect();
    let schema = json!({"name": "d", "locale": locale, "tables": [{"name": table, "rows": 1, "columns": columns}]});
    let mut dataset = dataset(&schema);
    choose_all(&mut dataset);
    let entity = |column: &Column| column.entity.clone().unwrap_or_else(|| "-".to_owned());
    dataset.tables[0].columns.iter().map(entity).collect()
}

#[test]
fn others_in_a_row_are_not_its_own_person_place_or_company() {
    for (locale, table, columns, expected) in [
        (
            "en_US",
            "employees",
            vec!["first_name", "email", "mother_name", "emergency_contact_name"],
            "- - mother emergency",
        ),
        (
            "en_US",
            "transfer",
            vec!["sender_name", "sender_city", "receiver_name", "receiver_city"],
            "- - receiver receiver",
        ),
        ("es_PE", "alumno", vec!["nombre", "telefono_madre", "email_padre", "ciudad"], "- mother father -"),
        ("pt_BR", "paciente", vec!["nome", "nome_mae", "cidade"], "- mother -"),
        ("es_ES", "alumno", vec!["nombre", "usuario"], "- -"),
        ("fr_FR", "trajet", vec!["nom_client", "ville_depart", "ville_arrivee"], "- origin destination"),
        ("de_DE", "fahrt", vec!["kundenname", "fahrer_name", "ort"], "- driver -"),
        ("it_IT", "spedizione", vec!["nome", "citta", "mittente", "destinatario"], "- - sender receiver"),
        ("en_US", "account", vec!["full_name", "employer", "merchant_name"], "- - merchant"),
        (
            "en_US",
            "orders",
            vec!["customer_name", "email", "employee_name", "billing_city", "shipping_city"],
            "- - employee billing shipping",
        ),
        ("en_US", "driver", vec!["driver_name", "driver_phone", "city"], "- - -"),
        ("en_US", "person", vec!["name", "birth_city", "birth_date", "city"], "- birth - -"),
        ("en_US", "person", vec!["home_phone", "cell_phone", "work_phone", "fax"], "- - work_phone fax"),
    ] {
        assert_eq!(entities(locale, table, &columns).join(" "), expected, "{columns:?}");
    }
}

#[test]
fn the_later_of_two_follows_the_earlier() {
    for (columns, generator) in [
        (["start_at", "end_at"], "date_offset"),
        (["check_in", "check_out"], "date_offset"),
        (["opened_at", "closed_at"], "date_offset"),
        (["hire_date", "termination_date"], "date_offset"),
        (["admission_date", "discharge_date"], "date_offset"),
        (["invoice_date", "due_date"], "date_offset"),
        (["valid_from", "valid_to"], "date_offset"),
        (["fecha_inicio", "fecha_fin"], "date_offset"),
        (["fecha_ingreso", "fecha_cese"], "date_offset"),
        (["fecha_emision", "fecha_vencimiento"], "date_offset"),
        (["data_abertura", "data_encerramento"], "date_offset"),
        (["date_embauche", "date_sortie"], "date_offset"),
        (["date_ouverture", "date_fermeture"], "date_offset"),
        (["startdatum", "enddatum"], "date_offset"),
        (["rechnungsdatum", "faelligkeitsdatum"], "date_offset"),
        (["data_apertura", "data_chiusura"], "date_offset"),
        (["min_price", "max_price"], "decimal"),
        (["precio_minimo", "precio_maximo"], "decimal"),
        (["min_qty", "max_qty"], "integer"),
    ] {
        let listed: Vec<Value> = columns.iter().map(|name| json!({ "name": name })).collect();
        let schema = json!({"name": "d", "tables": [{"name": "t", "rows": 1, "columns": listed}]});
        let (made, reason) = chosen_in(&schema, 0, 1);
        let follows = made["from"] == columns[0] || made["min"]["sql"] == format!("\"{}\"", columns[0]);
        assert!(made["type"] == generator && follows, "{columns:?}: {made} {reason}");
        let compiled = crate::plan::compile_text(&schema.to_string(), &Default::default(), &Default::default());
        assert!(compiled.plan.is_some(), "{columns:?}");
    }
    // Times of a day have no dates to count from: their spans lie one after the other.
    let ends = chosen(&json!({"name": "end_time"})).0;
    assert!(chosen(&json!({"name": "start_time"})).0["end"].as_str() < ends["start"].as_str());
}

#[test]
fn what_stands_beside_it_decides_what_a_short_name_means() {
    for (locale, columns, at, generator) in [
        ("fr_FR", vec!["prenom", "nom", "email"], 1, "last_name"),
        ("fr_FR", vec!["nom", "prenom", "nom_usage"], 0, "last_name"),
        ("de_DE", vec!["Vorname", "Name"], 1, "last_name"),
        ("en_US", vec!["name", "surname"], 0, "first_name"),
        ("en_GB", vec!["title", "forename", "surname"], 0, "name_prefix"),
        ("de_DE", vec!["anrede", "titel", "nachname"], 1, "choice"),
        ("es_ES", vec!["población", "provincia", "código_postal"], 0, "city"),
        ("es_ES", vec!["población"], 0, "integer"),
        ("it_IT", vec!["eta"], 0, "integer"),
        ("en_US", vec!["eta"], 0, "datetime"),
        ("pt_BR", vec!["dt_internacao", "dt_alta"], 1, "date_offset"),
    ] {
        let listed: Vec<Value> = columns.iter().map(|name| json!({ "name": name })).collect();
        let schema =
            json!({"name": "d", "locale": locale, "tables": [{"name": "client", "rows": 1, "columns": listed}]});
        assert_eq!(chosen_in(&schema, 0, at).0["type"], generator, "{columns:?}");
    }
}

#[test]
fn a_brand_beside_goods_is_no_maker_of_cars() {
    let of = |columns: &[&str]| {
        let columns: Vec<Value> = columns.iter().map(|name| json!({ "name": name })).collect();
        let schema = json!({"name": "d", "tables": [{"name": "t", "rows": 1, "columns": columns}]});
        chosen_in(&schema, 0, 0).0["type"].clone()
    };
    assert_eq!(of(&["marca", "producto", "precio"]), "company_name");
    assert_eq!(of(&["marca", "modelo", "placa", "precio"]), "vehicle_make");
}

#[test]
fn a_name_means_no_more_than_its_words() {
    for (name, generator) in [
        ("quarter", json!({"type": "integer", "min": 1, "max": 4})),
        ("siren", json!({"type": "tax_id", "country": "FR", "kind": "siren"})),
        ("siret", json!({"type": "tax_id", "country": "FR", "kind": "siret"})),
        ("isbn13", json!({"type": "ean", "of": "book"})),
        ("provincia", json!({"type": "district", "level": 2})),
        ("département", json!({"type": "district", "level": 2})),
    ] {
        let (made, reason) = chosen(&json!({ "name": name }));
        assert_eq!(made, GeneratorSpec::from_value(generator).expect("a generator").to_value(), "{name}: {reason}");
    }
}

#[test]
fn every_meaning_can_be_made_in_every_locale() {
    let columns: Vec<Value> = meanings::all()
        .filter(|meaning| by_name(meaning.generator).is_some())
        .enumerate()
        .map(|(at, meaning)| {
            let mut generator = meaning.parameters.clone();
            generator["type"] = meaning.generator.into();
            // Each describes a record of its own, so that they do not wait for each other.
            json!({"name": format!("c{at}"), "generator": generator, "entity": format!("e{at}")})
        })
        .collect();
    for locale in crate::locale::Locale::names() {
        let schema = json!({"name": "d", "locale": locale, "tables": [{"name": "t", "rows": 3, "columns": columns}]});
        let compiled = crate::plan::compile_text(&schema.to_string(), &Default::default(), &Default::default());
        let problems: Vec<String> = compiled.problems.iter().map(ToString::to_string).collect();
        assert!(compiled.plan.is_some(), "{locale}\n{}", problems.join("\n"));
    }
}

#[test]
fn every_type_has_a_generator() {
    for kind in [
        "string", "text", "integer", "decimal", "float", "boolean", "date", "datetime", "time", "uuid", "bytes",
        "json", "list",
    ] {
        let schema =
            json!({"name": "d", "tables": [{"name": "t", "rows": 2, "columns": [{"name": "zz", "type": kind}]}]});
        let compiled = crate::plan::compile_text(&schema.to_string(), &Default::default(), &Default::default());
        let problems: Vec<String> = compiled.problems.iter().map(ToString::to_string).collect();
        assert!(compiled.plan.is_some(), "{kind}: {}", problems.join(", "));
    }
}

#[test]
fn words_that_are_written_together_are_taken_apart() {
    let texts = |name: &str| -> Vec<String> {
        Lexicon::get().phrase(name).tokens.iter().map(|token| token.text.clone()).collect()
    };
    assert_eq!(texts("Kundennummer"), ["kunden", "nummer"]);
    assert_eq!(texts("customerIDs"), ["customer", "ids"]);
    assert_eq!(texts("Staatsangehörigkeit"), ["staatsangehoerigkeit"].map(|word| word.replace("oe", "o")));
    assert_eq!(texts("Fecha de Nacimiento"), ["fecha", "nacimiento"]);
    assert_eq!(texts("addressLine2"), ["address", "line", "2"]);
}

#[test]
fn what_suggests_a_generator_chooses_it() {
    // Generators that stand in for others until those exist, and what several generators share, go by what the name says.
    for entry in list() {
        for name in &entry.suggested_by {
            let says: Vec<&str> =
                meanings::all().filter(|meaning| meaning.generator == entry.name).map(|meaning| meaning.says).collect();
            let chosen = suggested(name).unwrap_or_default();
            let chosen_says: Vec<&str> =
                meanings::all().filter(|meaning| meaning.generator == chosen).map(|meaning| meaning.says).collect();
            assert!(chosen_says.iter().any(|what| says.contains(what)), "{name}: {chosen} instead of {}", entry.name);
        }
    }
}

#[test]
fn names_of_other_locales_are_read() {
    for (name, generator) in [
        ("生年月日", "date_of_birth"),
        ("客户姓名", "full_name"),
        ("郵便番号", "postal_code"),
        ("전화번호", "phone"),
        ("العنوان", "street_address"),
        ("मूल्य", "price"),
        ("nazwisko", "last_name"),
        ("geboortedatum", "date_of_birth"),
    ] {
        assert_eq!(suggested(name), Some(generator), "{name}");
    }
}

#![allow(clippy::needless_range_loop, reason = "a row is read in several columns")]

use std::collections::HashSet;

use datafusion::arrow::array::{Array, AsArray};

use crate::locale::{Locale, Surnames};
use crate::plan::{Options, Plan, compile_text};
use crate::run::batch;
use crate::schema::Overrides;

/// The plan of one table with these columns, in the flow form of YAML.
fn plan(settings: &str, rows: u64, columns: &[&str], rest: &str) -> std::sync::Arc<Plan> {
    let compiled = compile(settings, rows, columns, rest);
    compiled.plan.unwrap_or_else(|| panic!("{:?}", compiled.problems))
}

fn compile(settings: &str, rows: u64, columns: &[&str], rest: &str) -> crate::plan::Compiled {
    let columns: String = columns.iter().map(|column| format!("\n      - {column}")).collect();
    let text = format!(
        "name: test\nrandom_seed: 7\n{settings}tables:\n  - name: t\n    rows: {rows}\n    columns:{columns}\n{rest}"
    );
    compile_text(&text, &Overrides::default(), &Options::default())
}

/// The texts of the columns in some rows; null is empty.
fn texts(plan: &Plan, rows: std::ops::Range<u64>) -> Vec<Vec<String>> {
    let batch = batch(plan, 0, rows).expect("rows");
    let column = |array: &dyn Array| -> Vec<String> {
        array.as_string_view().iter().map(|text| text.unwrap_or_default().to_owned()).collect()
    };
    batch.columns().iter().map(|array| column(array.as_ref())).collect()
}

const PERUVIAN: &str = "locale: es_PE\n";

#[test]
fn columns_of_one_entity_show_one_person() {
    let columns = [
        "{name: gender, generator: {type: gender, values: [mujer, hombre]}}",
        "{name: first, generator: {type: first_name}}",
        "{name: last, generator: {type: last_name}}",
        "{name: whole, generator: {type: full_name}}",
        "{name: mail, generator: {type: email}}",
    ];
    let plan = plan(PERUVIAN, 2_000, &columns, "");
    let made = texts(&plan, 0..2_000);
    let locale = Locale::named("es_PE").expect("a locale");
    for row in (0..2_000).collect::<Vec<usize>>() {
        let gender = super::gender_of(&made[0][row]);
        assert!(
            locale.first_names(gender).values.contains(&made[1][row].as_str()),
            "{} {}",
            made[0][row],
            made[1][row]
        );
        assert_eq!(made[3][row], format!("{} {}", made[1][row], made[2][row]));
        let initial = any_ascii::any_ascii(&made[1][row])[..1].to_lowercase();
        let last_initial = any_ascii::any_ascii(&made[2][row])[..1].to_lowercase();
        assert!(made[4][row].starts_with(&initial) || made[4][row].starts_with(&last_initial), "{}", made[4][row]);
        assert!(["example.com", "example.org", "example.net"].iter().any(|domain| made[4][row].ends_with(domain)));
    }
}

#[test]
fn an_address_comes_from_the_whole_name_where_nothing_else_is_shown() {
    let columns =
        ["{name: whole, unique: true, generator: {type: full_name}}", "{name: user, generator: {type: username}}"];
    let plan = plan(PERUVIAN, 5_000, &columns, "");
    let made = texts(&plan, 0..5_000);
    assert_eq!(made[0].iter().collect::<HashSet<_>>().len(), 5_000);
    for (whole, user) in made[0].iter().zip(&made[1]) {
        let ascii = any_ascii::any_ascii(whole).to_lowercase();
        let mut words = ascii.split(' ');
        let first = words.next().expect("a first name");
        assert!(user.contains(&first[..1]), "{whole} {user}");
    }
}

#[test]
fn unique_addresses_never_repeat_and_number_only_what_repeats() {
    let columns = [
        "{name: user, unique: true, generator: {type: username}}",
        "{name: mail, unique: true, generator: {type: email}}",
    ];
    let plan = plan("", 60_000, &columns, "");
    let made = texts(&plan, 0..60_000);
    for column in &made {
        assert_eq!(column.iter().collect::<HashSet<_>>().len(), 60_000);
    }
    let numbered = made[0].iter().filter(|user| user.ends_with(|c: char| c.is_ascii_digit())).count();
    assert!((1..60_000).contains(&numbered), "{numbered}");
    assert!(!made[0][0].ends_with(|c: char| c.is_ascii_digit()), "the first row repeats nothing: {}", made[0][0]);
    // The same rows made alone.
    let alone = texts(&plan, 50_000..50_100);
    assert_eq!(alone[0], made[0][50_000..50_100]);
    assert_eq!(alone[1], made[1][50_000..50_100]);
}

#[test]
fn unique_addresses_keep_max_length() {
    let columns = ["{name: user, unique: true, max_length: 9, generator: {type: username}}"];
    let plan = plan("", 9_000, &columns, "");
    let made = texts(&plan, 0..9_000);
    assert_eq!(made[0].iter().collect::<HashSet<_>>().len(), 9_000);
    assert!(made[0].iter().all(|user| user.len() <= 9));
}

#[test]
fn unique_addresses_whose_names_a_rule_redraws_end_in_their_position() {
    let columns =
        ["{name: first, generator: {type: first_name}}", "{name: mail, unique: true, generator: {type: email}}"];
    let rules = "    rules:\n      - {id: r, kind: check, sql: \"mail NOT LIKE 'a%' AND first <> 'Mary'\"}\n";
    let plan = plan("", 3_000, &columns, rules);
    let made = texts(&plan, 0..3_000);
    assert_eq!(made[1].iter().collect::<HashSet<_>>().len(), 3_000);
    assert!(made[1].iter().all(|mail| !mail.starts_with('a')));
}

#[test]
fn a_gender_that_is_not_understood_is_refused_with_the_words_that_are() {
    for generator in ["{type: gender, values: [x, y]}", "{type: first_name, gender: x}"] {
        let column = format!("{{name: c, generator: {generator}}}");
        let compiled = compile("", 10, &[&column], "");
        let problem = compiled.problems.iter().find(|problem| problem.code == "unknown_gender").expect("a problem");
        assert!(problem.remedy.as_ref().is_some_and(|remedy| remedy.contains("femenino")));
    }
    assert!(compile("", 10, &["{name: c, generator: {type: gender, values: [F, M, X]}}"], "").plan.is_some());
}

#[test]
fn a_number_of_another_country_is_refused_by_name() {
    for (generator, country) in [("phone", "DE"), ("national_id", "AQ"), ("tax_id", "AQ")] {
        let column = format!("{{name: c, generator: {{type: {generator}, country: {country}}}}}");
        let compiled = compile("", 10, &[&column], "");
        assert!(compiled.problems.iter().any(|problem| problem.code == "not_supported"), "{generator}");
    }
}

#[test]
fn documents_and_telephones_are_unique_up_to_their_last_number() {
    let columns = [
        "{name: dni, unique: true, generator: {type: national_id}}",
        "{name: phone, unique: true, generator: {type: phone}}",
    ];
    let plan = plan(PERUVIAN, 20_000, &columns, "");
    let made = texts(&plan, 0..20_000);
    for column in &made {
        assert_eq!(column.iter().collect::<HashSet<_>>().len(), 20_000);
    }
    assert!(made[0].iter().all(|number| number.len() == 8));
    assert!(made[1].iter().all(|number| number.starts_with("+519") && number.len() == 12));
    // Fictional numbers run out, and the plan says so.
    let many = compile("", 1_000_000, &["{name: phone, unique: true, generator: {type: phone}}"], "");
    assert!(many.problems.iter().any(|problem| problem.code == "capacity"));
}

#[test]
fn surnames_keep_max_length() {
    let columns = ["{name: last, max_length: 12, generator: {type: last_name}}"];
    let plan = plan(PERUVIAN, 2_000, &columns, "");
    let made = texts(&plan, 0..2_000);
    assert!(made[0].iter().all(|name| (1..=12).contains(&name.chars().count())));
    assert!(made[0].iter().any(|name| name.contains(' ')) && made[0].iter().any(|name| !name.contains(' ')));
}

#[test]
fn an_address_at_the_company_carries_its_name() {
    let columns =
        ["{name: company, generator: {type: company_name}}", "{name: mail, generator: {type: email, domain: company}}"];
    let plan = plan("", 500, &columns, "");
    let made = texts(&plan, 0..500);
    for (company, mail) in made[0].iter().zip(&made[1]) {
        let domain = mail.split_once('@').expect("an address").1;
        let label = domain.strip_suffix(".example").expect("the reserved domain");
        let letters: String =
            any_ascii::any_ascii(company).to_lowercase().chars().filter(char::is_ascii_alphabetic).collect();
        assert!(letters.starts_with(label), "{company} {mail}");
    }
}

#[test]
fn people_of_every_locale_have_names_of_their_gender_and_agree_with_themselves() {
    let columns = [
        "{name: gender, generator: {type: gender}}",
        "{name: first, generator: {type: first_name}}",
        "{name: last, generator: {type: last_name}}",
        "{name: whole, generator: {type: full_name}}",
        "{name: mail, generator: {type: email}}",
        "{name: prefix, generator: {type: name_prefix}}",
        "{name: middle, generator: {type: middle_name}}",
        "{name: paternal, generator: {type: paternal_surname}}",
        "{name: maternal, generator: {type: maternal_surname}}",
        "{name: nationality, generator: {type: nationality}}",
        "{name: marital, generator: {type: marital_status}}",
    ];
    for name in Locale::names() {
        let locale = Locale::named(name).expect("a locale");
        let plan = plan(&format!("locale: {name}\n"), 20_000, &columns, "");
        let made = texts(&plan, 0..20_000);
        let set = |list: &'static crate::locale::WeightedList| list.values.iter().copied().collect::<HashSet<&str>>();
        let of = |gender| {
            let lists = [
                locale.first_names(gender),
                locale.last_names(gender),
                locale.prefixes(gender),
                locale.nationalities(gender),
                locale.marital_statuses(gender),
            ];
            lists.map(set)
        };
        let lists = [of(Some(crate::locale::Gender::Female)), of(Some(crate::locale::Gender::Male))];
        for row in 0..20_000 {
            let at = |column: usize| made[column][row].as_str();
            let [first, last, prefix, nationality, marital] = &lists[usize::from(at(0) == "M")];
            assert!(first.contains(at(1)) && first.contains(at(6)), "{name} {} {}", at(1), at(6));
            assert!(prefix.contains(at(5)) && nationality.contains(at(9)) && marital.contains(at(10)), "{name}");
            match locale.surnames() {
                Surnames::One => assert!(last.contains(at(2)) && at(2) == at(7), "{name} {} {}", at(2), at(7)),
                Surnames::PaternalFirst => assert_eq!(at(2), format!("{} {}", at(7), at(8)), "{name}"),
                Surnames::MaternalFirst => assert_eq!(at(2), format!("{} {}", at(8), at(7)), "{name}"),
            }
            let mut whole = String::new();
            locale.name_order().write(at(1), at(2), &mut whole);
            assert_eq!(at(3), whole, "{name}");
            assert!(at(4).is_ascii() && at(4).starts_with(|c: char| c.is_ascii_lowercase()), "{name} {}", at(4));
        }
        let repeated = (0..20_000).filter(|row| made[1][*row] == made[6][*row]).count();
        assert!(repeated < 20, "{name}: a middle name is another than the first, {repeated}");
        let distinct = |column: usize| made[column].iter().collect::<HashSet<_>>().len();
        // What 20,000 draws by weight meet of the lists; Korea and China have few surnames.
        let least = match *name {
            "ko_KR" => 60,
            "zh_CN" => 150,
            _ if locale.surnames() != Surnames::One => 4_000,
            _ => 600,
        };
        assert!(distinct(1) >= 280, "{name} {}", distinct(1));
        assert!(distinct(2) >= least, "{name} {}", distinct(2));
    }
}

#[test]
fn an_address_is_read_from_a_whole_name_in_any_order() {
    for name in ["ja_JP", "zh_CN", "ko_KR", "hi_IN", "ar_SA", "pl_PL", "pt_BR"] {
        let columns = ["{name: whole, generator: {type: full_name}}", "{name: user, generator: {type: username}}"];
        let plan = plan(&format!("locale: {name}\n"), 2_000, &columns, "");
        let made = texts(&plan, 0..2_000);
        let apart = made[1].iter().filter(|user| user.len() > 4).count();
        assert!(made[1].iter().all(|user| user.is_ascii()) && apart > 1_500, "{name} {apart}");
    }
}

#[test]
fn whole_names_are_unique_in_every_locale() {
    for name in Locale::names() {
        let columns = ["{name: whole, unique: true, generator: {type: full_name}}"];
        let plan = plan(&format!("locale: {name}\n"), 20_000, &columns, "");
        let made = texts(&plan, 0..20_000);
        assert_eq!(made[0].iter().collect::<HashSet<_>>().len(), 20_000, "{name}");
    }
}

#[test]
fn a_person_is_as_old_as_the_draw_says() {
    let columns = [
        "{name: born, type: string, generator: {type: field, of: somebody, field: date_of_birth}}",
        "{name: prefix, generator: {type: field, of: somebody, field: prefix}}",
    ];
    let draws = "    draws:\n      somebody: {type: person, min_age: 20, max_age: 21}\n";
    let plan = plan("reference_time: 2024-02-29T12:00:00Z\n", 20_000, &columns, draws);
    let made = texts(&plan, 0..20_000);
    // Between 20 whole years and one day less than 22.
    assert!(
        made[0].iter().all(|born| ("2002-03-01"..="2004-02-29").contains(&born.as_str())),
        "{:?}",
        made[0].iter().min()
    );
    assert_eq!(made[0].iter().collect::<HashSet<_>>().len(), 731);
    let wrong = ["{name: born, generator: {type: date_of_birth, min_age: 30, max_age: 20}}"];
    assert!(compile("", 10, &wrong, "").problems.iter().any(|problem| problem.code == "empty_interval"));
}

use std::collections::BTreeSet;

use unicode_normalization::is_nfc;

use super::*;

fn locales() -> impl Iterator<Item = &'static Locale> {
    LOCALES.into_iter()
}

/// Every list with weights, and the least number of values that is promised for it.
fn lists(locale: &'static Locale) -> Vec<(&'static str, &'static WeightedList, usize)> {
    let (female, male) = (Some(Gender::Female), Some(Gender::Male));
    vec![
        ("first names", locale.first_names(None), 500),
        ("first names of women", locale.first_names(female), 500),
        ("first names of men", locale.first_names(male), 500),
        ("last names", locale.last_names(), 1000),
        ("prefixes", locale.prefixes(None), 3),
        ("prefixes of women", locale.prefixes(female), 2),
        ("prefixes of men", locale.prefixes(male), 2),
        ("job titles", locale.job_titles(None), 200),
        ("job titles of women", locale.job_titles(female), 200),
        ("industries", locale.industries(), 60),
        ("words", locale.words(), 800),
        ("domains", locale.free_email_domains(), 8),
    ]
}

#[test]
fn lists_are_long_enough_weighted_and_without_repeats() {
    for locale in locales() {
        for (name, list, least) in lists(locale) {
            let what = format!("{} {name}", locale.name());
            assert!(list.len() >= least && !list.is_empty(), "{what}: {}", list.len());
            assert_eq!(list.values.len(), list.weights.len(), "{what}");
            assert_eq!(list.values.iter().collect::<BTreeSet<_>>().len(), list.len(), "{what}");
            assert!(list.weights.iter().all(|weight| *weight > 0), "{what}");
            assert!(list.weights.is_sorted_by(|a, b| a >= b), "{what}");
        }
    }
}

#[test]
fn files_are_composed_text_without_spaces_at_the_edges_of_fields() {
    for locale in locales() {
        let texts = &locale.texts;
        let files = [
            texts.first_names,
            texts.last_names,
            texts.prefixes,
            texts.job_titles,
            texts.states,
            texts.cities,
            texts.countries,
            texts.industries,
            texts.words,
            texts.domains,
            texts.company_words,
            texts.company_forms,
            texts.sentences,
        ];
        for text in files {
            assert!(is_nfc(text) && text.ends_with('\n') && !text.contains('\r') && !text.contains("  "));
            for field in text.lines().flat_map(|line| line.split('\t')) {
                assert_eq!(field.trim(), field);
            }
            let lines: BTreeSet<_> = text.lines().collect();
            assert_eq!(lines.len(), text.lines().count());
        }
        assert!(files.iter().map(|text| text.len()).sum::<usize>() < 500_000);
    }
}

#[test]
fn locales_are_found_by_name_only() {
    assert_eq!(Locale::names(), ["en_US", "es_PE"]);
    for locale in locales() {
        assert!(std::ptr::eq(Locale::named(locale.name()).unwrap(), locale));
        assert_eq!(format!("{}_{}", locale.language(), locale.country()), locale.name());
    }
    assert!(Locale::named("es_XX").is_none());
    assert!(Locale::named("es_PE").unwrap().two_surnames());
    assert!(!Locale::named("en_US").unwrap().two_surnames());
}

#[test]
fn names_of_both_genders_count_once_with_both_weights() {
    for locale in locales() {
        let both: u64 = locale.first_names(None).weights.iter().sum();
        let apart: Vec<u64> =
            [Gender::Female, Gender::Male].iter().map(|g| locale.first_names(Some(*g)).weights.iter().sum()).collect();
        assert_eq!(both, apart.iter().sum::<u64>());
        assert!(apart[0].abs_diff(apart[1]) < both / 20, "each gender is about half: {apart:?}");
    }
}

#[test]
fn titles_agree_with_the_gender() {
    let locale = Locale::named("es_PE").unwrap();
    let (women, men) = (locale.job_titles(Some(Gender::Female)), locale.job_titles(Some(Gender::Male)));
    let at = men.values.iter().position(|title| *title == "Contador").unwrap();
    assert_eq!(women.values[at], "Contadora");
    assert_eq!(women.weights, men.weights);
    assert!(locale.prefixes(Some(Gender::Female)).values.contains(&"Sra."));
    assert!(!locale.prefixes(Some(Gender::Male)).values.contains(&"Sra."));
}

#[test]
fn states_are_complete_and_cities_lie_in_them() {
    for (locale, states, cities) in [(&EN_US, 51, 1000), (&ES_PE, 25, 500)] {
        assert_eq!(locale.states().len(), states);
        assert!(locale.cities().len() >= cities);
        assert!(locale.cities().is_sorted_by(|a, b| a.population >= b.population));
        let names: BTreeSet<_> = locale.cities().iter().map(|city| (city.name, city.state_code)).collect();
        assert_eq!(names.len(), locale.cities().len());
        for state in locale.states() {
            assert!(state.population > 0 && !state.area_codes.is_empty() && state.admin_code.len() == 2);
            assert!(locale.cities().iter().any(|city| city.state_code == state.code), "{} has a city", state.name);
        }
        for city in locale.cities() {
            let state = locale.states().iter().find(|state| state.code == city.state_code).unwrap();
            assert_eq!(city.state_name, state.name);
            assert!((-90.0..=90.0).contains(&city.latitude) && (-180.0..=180.0).contains(&city.longitude));
            assert!(city.population > 0, "{}", city.name);
            assert!(jiff::tz::db().get(city.timezone).is_ok(), "{}", city.timezone);
            assert!(!city.area_codes.is_empty() && city.area_codes.iter().all(|code| state.area_codes.contains(code)));
            assert!(!city.postal_prefixes.is_empty());
            for prefix in &city.postal_prefixes {
                assert!(
                    prefix.len() <= locale.postal_code_digits() && prefix.bytes().all(|byte| byte.is_ascii_digit())
                );
            }
        }
    }
}

#[test]
fn countries_are_those_of_the_standard_in_the_language() {
    for (locale, germany) in [(&EN_US, "Germany"), (&ES_PE, "Alemania")] {
        assert_eq!(locale.countries().len(), 249);
        assert!(locale.countries().is_sorted_by(|a, b| a.alpha2 < b.alpha2));
        let country = locale.countries().iter().find(|country| country.alpha2 == "DE").unwrap();
        assert_eq!((country.alpha3, country.numeric, country.name), ("DEU", "276", germany));
        assert!(locale.countries().iter().all(|country| {
            country.alpha2.len() == 2
                && country.alpha3.len() == 3
                && country.numeric.len() == 3
                && !country.name.is_empty()
        }));
        assert!(locale.countries().iter().any(|country| country.alpha2 == locale.country()));
    }
}

#[test]
fn national_ids_are_counted_made_and_ranked_alike() {
    for locale in locales() {
        let id = locale.national_id();
        for space in [&id.valid, &id.invalid] {
            let count = space.count();
            for rank in (0..1_000).map(|step| step * (count / 1_000)).chain([count - 1]) {
                let mut digits = String::new();
                space.write(rank, &mut digits);
                assert_eq!(digits.len(), space.width());
                assert_eq!(space.rank(&digits), Some(rank), "{digits}");
                assert!(std::ptr::eq(space, &id.valid) || id.valid.rank(&digits).is_none(), "{digits}");
            }
        }
    }
}

#[test]
fn national_ids_keep_to_their_ranges_and_print_as_the_state_prints_them() {
    let ssn = EN_US.national_id();
    assert_eq!((ssn.name, ssn.valid.count()), ("SSN", 898 * 99 * 9999));
    for digits in ["000120001", "666120001", "900120001", "123000001", "123120000", "12312000", "12312000x"] {
        assert_eq!(ssn.valid.rank(digits), None, "{digits}");
    }
    let mut text = String::new();
    ssn.valid.write(0, &mut text);
    assert_eq!(text, "001010001");
    let mut text = String::new();
    ssn.write_printed("665129999", &mut text);
    assert_eq!(text, "665-12-9999");

    let dni = ES_PE.national_id();
    assert_eq!((dni.name, dni.valid.count()), ("DNI", 99_999_999));
    assert_eq!(dni.valid.rank("00000000"), None);
    let mut text = String::new();
    dni.write_printed("01234567", &mut text);
    dni.write_printed("1234567", &mut text);
    assert_eq!(text, "012345671234567");
}

#[test]
fn telephone_numbers_are_distinct_and_of_the_areas_asked_for() {
    for locale in locales() {
        let plan = locale.phone_plan();
        for kind in [PhoneKind::Mobile, PhoneKind::Landline, PhoneKind::Fictional] {
            for state in locale.states() {
                let count = plan.count(kind, &state.area_codes);
                let step = (count / 500).max(1);
                let mut seen = BTreeSet::new();
                for rank in (0..count).step_by(step as usize) {
                    let mut digits = String::new();
                    plan.write_significant(kind, &state.area_codes, rank, &mut digits);
                    let geographic = !(locale.country() == "PE" && kind == PhoneKind::Mobile);
                    assert!(!geographic || state.area_codes.iter().any(|code| digits.starts_with(code)), "{digits}");
                    let mut printed = String::new();
                    plan.write_national(&digits, &mut printed);
                    assert_ne!(printed, digits, "a number of the plan has a printed form");
                    assert!(seen.insert(digits));
                }
            }
        }
    }
}

#[test]
fn telephone_numbers_print_as_their_country_prints_them() {
    let printed = |locale: &Locale, digits: &str| {
        let mut text = String::new();
        locale.phone_plan().write_national(digits, &mut text);
        locale.phone_plan().write_e164(digits, &mut text);
        text
    };
    assert_eq!(printed(&EN_US, "2125550123"), "(212) 555-0123+12125550123");
    assert_eq!(printed(&ES_PE, "987654321"), "987 654 321+51987654321");
    assert_eq!(printed(&ES_PE, "14567890"), "(01) 456 7890+5114567890");
    assert_eq!(printed(&ES_PE, "54234567"), "(054) 234567+5154234567");
    assert_eq!(printed(&ES_PE, "é"), "é+51é", "what is not of the plan stays bare");
}

#[test]
fn only_countries_that_keep_numbers_for_fiction_have_some() {
    assert_eq!(EN_US.phone_plan().count(PhoneKind::Fictional, &["212"]), 100);
    let mut first = String::new();
    EN_US.phone_plan().write_significant(PhoneKind::Fictional, &["212"], 0, &mut first);
    assert_eq!(first, "2125550100");
    assert_eq!(ES_PE.phone_plan().count(PhoneKind::Fictional, &[]), 0);
    assert_eq!(ES_PE.phone_plan().count(PhoneKind::Mobile, &["54"]), 100_000_000);
    assert_eq!(EN_US.phone_plan().count(PhoneKind::Mobile, &["999"]), 0);
}

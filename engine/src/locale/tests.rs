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
        ("first names", locale.first_names(None), 300),
        ("first names of women", locale.first_names(female), 150),
        ("first names of men", locale.first_names(male), 150),
        ("last names", locale.last_names(None), least_surnames(locale)),
        ("prefixes of women", locale.prefixes(female), 1),
        ("prefixes of men", locale.prefixes(male), 1),
        ("industries", locale.industries(), 40),
        ("words", locale.words(), 800),
        ("domains", locale.free_email_domains(), 4),
        ("departments", locale.departments(), 10),
        ("education levels", locale.education_levels(), 4),
    ]
}

/// Korea has few surnames, of which these are all that are at all usual (SOURCES.md).
fn least_surnames(locale: &Locale) -> usize {
    match locale.name() {
        "ko_KR" => 90,
        "zh_CN" => 250,
        _ => 800,
    }
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
        let titles = [None, Some(Gender::Female), Some(Gender::Male)];
        assert!(titles.iter().all(|gender| locale.job_titles(*gender).len() >= 100), "{}", locale.name());
        assert!(titles.iter().all(|gender| locale.marital_statuses(*gender).len() >= 3), "{}", locale.name());
        assert!(titles.iter().all(|gender| locale.nationalities(*gender).len() >= 60), "{}", locale.name());
    }
}

#[test]
fn products_colours_and_the_calendar_are_whole() {
    for locale in locales() {
        let what = locale.name();
        let categories: BTreeSet<_> = locale.products().iter().map(|product| product.category).collect();
        assert!(categories.len() >= 14, "{what} {}", categories.len());
        for category in categories {
            let of = locale.products().iter().filter(|product| product.category == category).count();
            assert!(of >= 12, "{what} {category} {of}");
        }
        assert!(locale.products().iter().all(|product| product.weight > 0));
        assert!(locale.colors().len() >= 60, "{what} {}", locale.colors().len());
        for color in locale.colors() {
            assert!(color.rgb.len() == 6 && color.rgb.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
        }
        for form in [CalendarForm::Long, CalendarForm::Short] {
            assert_eq!(locale.calendar().weekdays(form).len(), 7, "{what}");
            assert_eq!(locale.calendar().months(form).len(), 12, "{what}");
        }
    }
}

/// The script that the letters of a language belong to.
fn is_of_script(language: &str, c: char) -> bool {
    let code = u32::from(c);
    match language {
        "ja" => matches!(code, 0x3005 | 0x3007 | 0x3040..=0x30FF | 0x4E00..=0x9FFF | 0x3400..=0x4DBF),
        "zh" => matches!(code, 0x4E00..=0x9FFF | 0x3400..=0x4DBF),
        "ko" => matches!(code, 0xAC00..=0xD7A3),
        "hi" => matches!(code, 0x0900..=0x097F | 0x200C..=0x200D),
        "ar" => matches!(code, 0x0600..=0x06FF),
        _ => matches!(code, 0x41..=0x24F),
    }
}

#[test]
fn names_are_written_in_the_script_of_the_country_and_have_a_romanisation_in_ascii() {
    for locale in locales() {
        let own_script = ["ja", "zh", "ko", "hi", "ar"].contains(&locale.language());
        let lists = [locale.first_names(None), locale.last_names(None)];
        for name in lists.iter().flat_map(|list| list.values.iter()) {
            let letters = name.chars().filter(|c| !matches!(c, ' ' | '-' | '\'' | '’' | '.'));
            for c in letters {
                assert!(is_of_script(locale.language(), c), "{} {name} {c:?}", locale.name());
            }
            let latin = locale.latin(name);
            assert_eq!(latin.is_some(), own_script, "{} {name}", locale.name());
            assert!(latin.is_none_or(|latin| latin.is_ascii() && !latin.is_empty()), "{} {name}", locale.name());
        }
        for city in locale.cities() {
            let fits = |c: char| !c.is_alphabetic() || is_of_script(locale.language(), c);
            assert!(city.name.chars().all(fits), "{} {}", locale.name(), city.name);
        }
    }
}

#[test]
fn whole_names_without_a_space_come_apart_at_the_surname() {
    for (locale, whole, parts) in
        [("zh_CN", "王伟", ("王", "伟")), ("zh_CN", "欧阳娜娜", ("欧阳", "娜娜")), ("ko_KR", "김민준", ("김", "민준"))]
    {
        assert_eq!(Locale::named(locale).unwrap().split_name(whole), parts);
    }
    assert_eq!(Locale::named("zh_CN").unwrap().split_name(""), ("", ""));
}

#[test]
fn files_are_composed_text_without_spaces_at_the_edges_of_fields() {
    for locale in locales() {
        let files = locale.texts.all();
        for (file, text) in &files {
            let what = format!("{} {file}", locale.name());
            assert!(is_nfc(text) && text.ends_with('\n') && !text.contains('\r') && !text.contains("  "), "{what}");
            for field in text.lines().flat_map(|line| line.split('\t')) {
                assert_eq!(field.trim(), field, "{what}");
            }
            let lines: BTreeSet<_> = text.lines().collect();
            // A form of address that stands twice comes twice as often.
            assert!(*file == "addresses" || lines.len() == text.lines().count(), "{what}");
        }
        let bytes = files.iter().map(|(_, text)| text.len()).sum::<usize>();
        assert!(bytes < 800_000, "{} {bytes}", locale.name());
    }
}

#[test]
fn locales_are_found_by_name_only() {
    assert_eq!(Locale::names().len(), 16);
    assert_eq!(Locale::names()[..2], ["en_US", "es_PE"]);
    for locale in locales() {
        assert!(std::ptr::eq(Locale::named(locale.name()).unwrap(), locale));
        assert_eq!(format!("{}_{}", locale.language(), locale.country()), locale.name());
    }
    assert!(Locale::named("es_XX").is_none());
    assert_eq!(Locale::named("es_PE").unwrap().surnames(), Surnames::PaternalFirst);
    assert_eq!(Locale::named("en_US").unwrap().surnames(), Surnames::One);
}

#[test]
fn polish_surnames_have_a_feminine_form() {
    let locale = Locale::named("pl_PL").unwrap();
    let (women, men) = (locale.last_names(Some(Gender::Female)), locale.last_names(Some(Gender::Male)));
    let at = men.values.iter().position(|name| *name == "Kowalski").unwrap();
    assert_eq!(women.values[at], "Kowalska");
    assert_eq!(women.weights, men.weights);
}

#[test]
fn names_of_both_genders_count_once_with_both_weights() {
    for locale in locales() {
        let both: u64 = locale.first_names(None).weights.iter().sum();
        let apart: Vec<u64> =
            [Gender::Female, Gender::Male].iter().map(|g| locale.first_names(Some(*g)).weights.iter().sum()).collect();
        assert_eq!(both, apart.iter().sum::<u64>());
        assert!(apart[0].abs_diff(apart[1]) < both / 10, "{}: each gender is about half: {apart:?}", locale.name());
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
fn states_are_complete_and_places_lie_in_them() {
    for locale in locales() {
        let what = locale.name();
        assert!(locale.states().len() >= 4 && locale.cities().len() >= 140, "{what}");
        assert!(locale.cities().is_sorted_by(|a, b| a.population >= b.population), "{what}");
        let names: BTreeSet<_> = locale.cities().iter().map(|city| (city.name, city.state_code)).collect();
        assert_eq!(names.len(), locale.cities().len(), "{what}");
        for state in locale.states() {
            assert!(state.population > 0, "{what} {}", state.name);
            assert!(
                locale.cities().iter().any(|city| city.state_code == state.code),
                "{what} {} has a city",
                state.name
            );
        }
        for city in locale.cities() {
            let state = &locale.states()[city.state];
            assert_eq!((city.state_code, city.state_name), (state.code, state.name));
            assert!((-90.0..=90.0).contains(&city.latitude) && (-180.0..=180.0).contains(&city.longitude));
            assert!(city.population > 0, "{what} {}", city.name);
            assert!(jiff::tz::db().get(city.timezone).is_ok(), "{what} {}", city.timezone);
            assert!(!city.postal_masks.is_empty(), "{what} {}", city.name);
            let digits = |code: &&str| code.bytes().all(|byte| byte.is_ascii_digit());
            assert!(city.area_codes.iter().all(digits), "{what} {}", city.name);
        }
        for (city, districts) in locale.cities().iter().zip(locale.districts_of_cities()) {
            assert!(!districts.is_empty(), "{what} {}", city.name);
            assert!(districts.iter().all(|district| locale.districts()[*district as usize].state == city.state));
        }
        for district in locale.districts() {
            assert!(!district.province.is_empty(), "{what} {}", district.name);
        }
    }
}

#[test]
fn countries_are_those_of_the_standard_in_the_language() {
    for (name, germany) in [("en_US", "Germany"), ("es_PE", "Alemania"), ("fr_FR", "Allemagne"), ("ja_JP", "ドイツ")]
    {
        let locale = Locale::named(name).unwrap();
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
fn telephone_numbers_are_distinct_and_have_the_width_of_their_mask() {
    let kinds = [PhoneKind::Mobile, PhoneKind::Landline, PhoneKind::FictionalMobile, PhoneKind::FictionalLandline];
    for locale in locales() {
        let plan = locale.phone_plan();
        assert!(!plan.blocks(PhoneKind::Mobile).is_empty() && !plan.blocks(PhoneKind::Landline).is_empty());
        for kind in kinds {
            let mut seen = BTreeSet::new();
            for block in plan.blocks(kind) {
                let step = (block.count() / 50).max(1);
                for rank in (0..block.count()).step_by(step as usize) {
                    let (mut digits, mut printed, mut long) = (String::new(), String::new(), String::new());
                    block.write_significant(rank, &mut digits);
                    block.write_national(&digits, &mut printed);
                    plan.write_e164(&digits, &mut long);
                    assert_eq!(digits.len(), block.width());
                    assert!(digits.starts_with(block.area_code()) && digits.bytes().all(|byte| byte.is_ascii_digit()));
                    assert_eq!(printed.len(), block.printed_width());
                    assert!(printed.bytes().filter(u8::is_ascii_digit).count() >= digits.len(), "{printed}");
                    assert!(long.len() <= 16, "E.164 has at most fifteen digits: {long}");
                    assert!(seen.insert(digits.clone()), "{} {digits}", locale.name());
                }
            }
        }
    }
}

#[test]
fn cities_have_telephone_numbers_of_their_own_areas() {
    for locale in locales() {
        let plan = locale.phone_plan();
        let known: BTreeSet<_> = plan.blocks(PhoneKind::Landline).iter().map(|block| block.area_code()).collect();
        for city in locale.cities() {
            for code in &city.area_codes {
                assert!(
                    known.iter().any(|known| known.starts_with(code)),
                    "{} {} {code}: no form has area codes like this",
                    locale.name(),
                    city.name
                );
            }
            let state = &locale.states()[city.state];
            let blocks = plan.blocks_in(PhoneKind::Landline, &city.area_codes, &state.area_codes);
            assert!(
                city.area_codes.is_empty()
                    || blocks
                        .iter()
                        .all(|block| city.area_codes.iter().any(|code| block.area_code().starts_with(code)))
            );
        }
    }
}

#[test]
fn telephone_numbers_print_as_their_country_prints_them() {
    for (name, kind, area, rank, national, international) in [
        ("en_US", PhoneKind::FictionalMobile, "212", 23, "(212) 555-0123", "+12125550123"),
        ("es_PE", PhoneKind::Mobile, "", 87_654_321, "987 654 321", "+51987654321"),
        ("es_PE", PhoneKind::Landline, "1", 2_567_890, "(01) 456 7890", "+5114567890"),
        ("es_PE", PhoneKind::Landline, "54", 34_567, "(054) 234567", "+5154234567"),
        ("en_GB", PhoneKind::FictionalLandline, "20", 7, "020 7946 0007", "+442079460007"),
        ("en_GB", PhoneKind::FictionalMobile, "", 7, "07700 900007", "+447700900007"),
        ("fr_FR", PhoneKind::FictionalLandline, "1", 12, "01 99 00 00 12", "+33199000012"),
        ("de_DE", PhoneKind::FictionalLandline, "30", 12, "030 23125012", "+493023125012"),
        ("pt_BR", PhoneKind::Mobile, "11", 0, "(11) 96000-0000", "+5511960000000"),
    ] {
        let plan = Locale::named(name).unwrap().phone_plan();
        let block = plan.blocks(kind).into_iter().find(|block| block.area_code() == area).unwrap();
        let (mut digits, mut printed, mut long) = (String::new(), String::new(), String::new());
        block.write_significant(rank, &mut digits);
        block.write_national(&digits, &mut printed);
        plan.write_e164(&digits, &mut long);
        assert_eq!((printed.as_str(), long.as_str()), (national, international));
    }
}

#[test]
fn only_countries_that_keep_numbers_for_fiction_have_some() {
    for locale in locales() {
        let some = ["en_US", "en_GB", "fr_FR", "de_DE"].contains(&locale.name());
        for kind in [PhoneKind::FictionalMobile, PhoneKind::FictionalLandline] {
            assert_eq!(!locale.phone_plan().blocks(kind).is_empty(), some, "{}", locale.name());
        }
    }
}

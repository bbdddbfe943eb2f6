use std::collections::HashSet;

use super::*;

/// 2026-01-01.
const TODAY: i64 = 20_454;

fn all() -> impl Iterator<Item = (&'static str, &'static Identifier)> {
    COUNTRIES.into_iter().flat_map(|country| {
        let found = [national_id(country), tax_id(country), tax_id_of_person(country)];
        found.into_iter().flatten().map(move |identifier| (country, identifier))
    })
}

fn write(space: &Space, rank: u128, facts: &Facts<'_>) -> String {
    let mut out = Vec::new();
    space.write(rank, facts, &mut out);
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn every_country_has_both_numbers() {
    for country in COUNTRIES {
        assert!(national_id(country).is_some() && tax_id(country).is_some(), "{country}");
    }
    assert!(national_id("AQ").is_none());
}

#[test]
fn ranks_give_distinct_texts_of_one_length_and_the_two_spaces_never_meet() {
    for (country, identifier) in all() {
        let mut texts = [HashSet::new(), HashSet::new()];
        for (valid, texts) in [true, false].into_iter().zip(&mut texts) {
            for space in identifier.spaces(valid, TODAY) {
                let count = space.count(Needs::default());
                let length = write(&space, 0, &Facts::default()).len();
                let step = (count / 3_000).max(1);
                let mut ranks = 0;
                for rank in (0..count).step_by(usize::try_from(step).expect("a step")).chain(count - 1..count) {
                    let text = write(&space, rank, &Facts::default());
                    assert_eq!(text.len(), length, "{country} {} {text}", identifier.name);
                    texts.insert(text);
                    ranks += usize::from(rank < count - 1 || (count - 1) % step != 0);
                }
                assert!(ranks > 0);
            }
        }
        assert!(texts[0].len() > 2_900 && texts[1].len() > 2_900, "{country} {}", identifier.name);
        assert!(texts[0].is_disjoint(&texts[1]), "{country} {}", identifier.name);
    }
}

#[test]
fn consecutive_ranks_never_make_one_text() {
    for (country, identifier) in all() {
        for space in identifier.spaces(true, TODAY) {
            let texts: HashSet<String> = (0..5_000).map(|rank| write(&space, rank, &Facts::default())).collect();
            assert_eq!(texts.len(), 5_000, "{country} {}", identifier.name);
        }
    }
}

#[test]
fn known_facts_stand_in_the_number() {
    // 1984-03-09.
    let facts = Facts {
        birth: Some(5_181),
        female: Some(true),
        names: Some(Names { given: "María Luisa", surnames: "Salgado Briseño" }),
        district: None,
    };
    let known = Needs { birth: true, sex: true, names: true, district: false };
    for (country, start, place) in [
        ("MX", "SABL840309M", 0),
        ("IT", "SLGMLS84C49", 0),
        ("PL", "840309", 0),
        ("KR", "8403092", 0),
        ("FR", "28403", 0),
        ("CN", "19840309", 6),
    ] {
        let identifier = national_id(country).expect("an identifier");
        for space in identifier.spaces(true, TODAY) {
            let count = space.count(known);
            for rank in [0, count / 2, count - 1] {
                let text = write(&space, rank, &facts);
                let shown = &text[place..place + start.len()];
                // Surnames of two words count as one in Italy.
                let matches = shown == start || (country == "IT" && shown[3..] == start[3..]);
                assert!(matches, "{country} {text}");
            }
        }
    }
    let text = write(&americas::RFC_PERSON.spaces(true, TODAY)[0], 7, &facts);
    assert!(text.starts_with("SABL840309") && text.len() == 13, "{text}");
}

#[test]
fn published_specimens_are_what_the_rules_make() {
    // Printed by the authorities that name the rules: CURP of RENAPO's manual, Steuer-ID and Personalausweis of the specimens, Agenzia delle
    // Entrate, INSEE, SUNAT, Receita Federal, GB 11643, UIDAI's test number.
    for (identifier, number) in [
        (&americas::CURP, "SABC560626MDFLRN01"),
        (&americas::RUC, "20100070970"),
        (&americas::CPF, "11144477735"),
        (&americas::CNPJ, "11222333000181"),
        (&europe::DNI_NIE, "12345678Z"),
        (&europe::PERSONALAUSWEIS, "T220001293"),
        (&europe::STEUER_ID, "86095742719"),
        (&europe::CODICE_FISCALE, "RSSMRA85T10A562S"),
        (&europe::PARTITA_IVA, "00743110157"),
        (&europe::NIR, "2550814168025"),
        (&europe::TVA, "FR40303265045"),
        (&europe::PESEL, "44051401359"),
        (&europe::UTR, "1955839661"),
        (&asia::RESIDENT_ID, "11010519491231002X"),
        (&asia::AADHAAR, "999941057058"),
        (&asia::CORPORATE_NUMBER, "5835678256246"),
    ] {
        let length = number.len();
        let holds = identifier.forms.iter().any(|form| {
            let mut text = number.as_bytes().to_vec();
            // The NIR is printed without its key here; it is appended and compared with itself.
            text.resize(
                length.max(form.checks.iter().map(|check| check.at + check.scheme.width()).max().unwrap_or(0)),
                b'0',
            );
            let before = text.clone();
            for check in form.checks {
                let payload: Vec<u8> =
                    check.over.iter().flat_map(|(from, to)| text[*from..*to].iter().copied()).collect();
                let mut mark = Vec::new();
                check.scheme.write(&payload, &mut mark);
                text[check.at..check.at + mark.len()].copy_from_slice(&mark);
            }
            text[..length] == before[..length]
        });
        assert!(holds, "{} {number}", identifier.name);
    }
}

#[test]
fn numbers_are_printed_as_their_documents_print_them() {
    for (identifier, number, printed) in [
        (&americas::SSN, "123456789", "123-45-6789"),
        (&americas::CNPJ, "11222333000181", "11.222.333/0001-81"),
        (&europe::NINO, "AB123456C", "AB 12 34 56 C"),
        (&europe::NIR, "255081416802538", "2 55 08 14 168 025 38"),
        (&americas::DNI, "12345678", "12345678"),
        (&asia::AADHAAR, "999941057058", "9999 4105 7058"),
    ] {
        let mut out = String::new();
        identifier.write_printed(number, &mut out);
        assert_eq!(out, printed);
    }
}

#[test]
fn account_numbers_leave_one_by_97_and_invalid_ones_do_not() {
    for country in iban_countries() {
        for valid in [true, false] {
            let space = ibans(country, valid).expect("a country of the registry");
            let count = space.count(Needs::default());
            for rank in [0, 1, count / 3, count - 1] {
                let text = write(&space, rank, &Facts::default());
                let moved = text.bytes().skip(4).chain(text.bytes().take(4));
                assert_eq!(scheme::remainder97(moved) == 1, valid, "{text}");
            }
        }
    }
}

#[test]
fn card_numbers_keep_luhns_formula_and_their_length() {
    for network in &NETWORKS {
        for of in [CardNumbers::Test, CardNumbers::Valid, CardNumbers::Invalid] {
            let space = network.numbers(of);
            let count = space.count(Needs::default());
            for rank in (0..count.min(20)).chain([count - 1]) {
                let text = write(&space, rank, &Facts::default());
                let mut check = Vec::new();
                Scheme::Luhn.write(&text.as_bytes()[..text.len() - 1], &mut check);
                assert_eq!(text.len(), network.digits, "{text}");
                assert_eq!(text.as_bytes()[text.len() - 1] == check[0], of != CardNumbers::Invalid, "{text}");
            }
        }
        assert!(Network::named(network.name).is_some());
    }
    assert_eq!(Network::named("AMEX"), Network::named("american_express"));
}

#[test]
fn number_plates_have_one_length_a_form() {
    for country in COUNTRIES {
        for space in plates(country).expect("plates") {
            let count = space.count(Needs::default());
            let length = |rank| write(&space, rank, &Facts::default()).chars().count();
            assert!((0..1_000).all(|step| length(count / 1_000 * step) == length(0)), "{country}");
        }
    }
}

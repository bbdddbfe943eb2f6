#![allow(clippy::needless_range_loop, reason = "a row is read in several columns")]

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::Float64Type;

use crate::locale::Locale;
use crate::plan::{Compiled, Options, Plan, compile_text};
use crate::run::batch;
use crate::schema::Overrides;

fn compiled(locale: &str, rows: u64, columns: &[&str], rest: &str) -> Compiled {
    let columns: String = columns.iter().map(|column| format!("\n      - {column}")).collect();
    let text = format!(
        "name: test\nrandom_seed: 7\nlocale: {locale}\ntables:\n  - name: t\n    rows: {rows}\n    columns:{columns}\n{rest}"
    );
    compile_text(&text, &Overrides::default(), &Options::default())
}

fn plan(locale: &str, rows: u64, columns: &[&str], rest: &str) -> Arc<Plan> {
    let compiled = compiled(locale, rows, columns, rest);
    compiled.plan.unwrap_or_else(|| panic!("{locale} {:?}", compiled.problems))
}

/// The columns of a plan's first table by name, as texts; numbers as Rust prints them.
fn columns(plan: &Plan) -> HashMap<String, Vec<String>> {
    let batch = batch(plan, 0, 0..plan.tables[0].rows).expect("rows");
    let schema = batch.schema();
    let texts = |array: &dyn Array| -> Vec<String> {
        if let Some(numbers) = array.as_primitive_opt::<Float64Type>() {
            return numbers.iter().map(|number| number.expect("a number").to_string()).collect();
        }
        array.as_string_view().iter().map(|text| text.unwrap_or_default().to_owned()).collect()
    };
    schema.fields().iter().zip(batch.columns()).map(|(field, array)| (field.name().clone(), texts(array))).collect()
}

const ALL: [&str; 10] = [
    "{name: latitude, generator: {type: latitude}}",
    "{name: postal, generator: {type: postal_code}}",
    "{name: zone, generator: {type: timezone}}",
    "{name: code, generator: {type: state_code}}",
    "{name: city, generator: {type: city}}",
    "{name: admin, generator: {type: admin_code}}",
    "{name: phone, generator: {type: phone, kind: landline}}",
    "{name: state, generator: {type: state}}",
    "{name: district, generator: {type: district}}",
    "{name: country, generator: {type: country}}",
];

fn fits_mask(text: &str, mask: &str) -> bool {
    text.chars().count() == mask.chars().count()
        && text.chars().zip(mask.chars()).all(|(c, of)| match of {
            '#' => c.is_ascii_digit(),
            '@' => c.is_ascii_uppercase(),
            other => c == other,
        })
}

#[test]
fn every_locale_shows_one_place_in_a_row() {
    for name in Locale::names() {
        let locale = Locale::named(name).expect("a locale");
        let made = columns(&plan(name, 20_000, &ALL, ""));
        let cities: HashMap<(&str, &str), usize> =
            locale.cities().iter().enumerate().map(|(at, city)| ((city.name, city.state_code), at)).collect();
        let mut districts: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        for (at, district) in locale.districts().iter().enumerate() {
            let code = if *name == "ar_SA" { locale.states()[district.state].admin_code } else { district.admin_code };
            districts.entry((district.name, code)).or_default().push(at);
        }
        let sole = locale.districts_of_cities().iter().enumerate().filter_map(|(city, own)| match own.as_slice() {
            [place] => Some((*place, city)),
            _ => None,
        });
        let towns: HashMap<u32, usize> = sole
            .filter(|(place, city)| locale.districts()[*place as usize].name == locale.cities()[*city].name)
            .filter(|(_, city)| !locale.cities()[*city].postal_masks.is_empty())
            .collect();
        let country = locale.countries().iter().find(|country| country.alpha2 == locale.country()).expect("a country");
        let calling_code = format!("+{}", locale.phone_plan().calling_code());
        let reserved = !locale.phone_plan().blocks(crate::locale::PhoneKind::FictionalLandline).is_empty();
        for row in 0..20_000 {
            let at = |column: &str| made[column][row].as_str();
            let place = *cities.get(&(at("city"), at("code"))).unwrap_or_else(|| panic!("{name} {}", at("city")));
            let city = &locale.cities()[place];
            assert_eq!((city.state_name, city.timezone), (at("state"), at("zone")), "{name}");
            assert_eq!(at("latitude"), city.latitude.to_string(), "{name}");
            let own = &locale.districts_of_cities()[place];
            let district = districts[&(at("district"), at("admin"))]
                .iter()
                .copied()
                .find(|district| own.contains(&(*district as u32)))
                .unwrap_or_else(|| panic!("{name} {} {}", at("district"), at("city")));
            let place_of_district = district as u32;
            let district = &locale.districts()[district];
            assert_eq!(district.state, city.state, "{name}");
            // The city that this district is, by itself.
            let town = towns.get(&place_of_district).copied();
            let masks: &[&str] = match (district.postal_mask, town) {
                ("", _) => &city.postal_masks,
                (_, Some(town)) => &locale.cities()[town].postal_masks,
                (_, None) => std::slice::from_ref(&district.postal_mask),
            };
            assert!(masks.iter().any(|mask| fits_mask(at("postal"), mask)), "{name} {} {masks:?}", at("postal"));
            assert_eq!(at("country"), country.name, "{name}");
            let significant = at("phone").strip_prefix(&calling_code).expect("the country's code");
            let state = &locale.states()[city.state];
            let mut areas = if city.area_codes.is_empty() { state.area_codes.iter() } else { city.area_codes.iter() };
            assert!(reserved || areas.any(|area| significant.starts_with(area)), "{name} {} {significant}", city.name);
        }
    }
}

#[test]
fn a_place_is_the_same_whatever_part_of_it_is_shown_and_where() {
    let whole = columns(&plan("es_PE", 3_000, &ALL, ""));
    let mut backwards = ALL;
    backwards.reverse();
    assert_eq!(columns(&plan("es_PE", 3_000, &backwards, "")), whole);
    for column in ALL.iter().filter(|column| !["postal", "phone", "country"].iter().any(|of| column.contains(of))) {
        let alone = columns(&plan("es_PE", 3_000, &[column], ""));
        for (name, values) in alone {
            assert_eq!(values, whole[&name], "{name}");
        }
    }
}

#[test]
fn columns_that_something_else_decides_lead_to_their_place() {
    let state = "{name: state, generator: {type: state}}";
    let zone = "{name: zone, generator: {type: timezone}}";
    for city in [
        "{name: city, generator: {type: choice, values: [Houston, Boston, Atlantis]}}",
        "{name: home_city, unique: true, generator: {type: city}}",
    ] {
        let made = columns(&plan("en_US", 900, &[state, city, zone], ""));
        let cities = made.get("city").or(made.get("home_city")).expect("a city");
        let locale = Locale::named("en_US").expect("a locale");
        for ((city, state), zone) in cities.iter().zip(&made["state"]).zip(&made["zone"]) {
            let found = locale.cities().iter().any(|known| {
                (known.name, known.state_name, known.timezone) == (city.as_str(), state.as_str(), zone.as_str())
            });
            assert!(found || city == "Atlantis", "{city} {state}");
        }
    }
    let by_state =
        ["{name: state, generator: {type: choice, values: [Ohio, Texas]}}", "{name: c, generator: {type: city}}"];
    let made = columns(&plan("en_US", 900, &by_state, ""));
    for (city, state) in made["c"].iter().zip(&made["state"]) {
        let cities = Locale::named("en_US").expect("a locale").cities();
        assert!(cities.iter().any(|known| known.name == city && known.state_name == state), "{city} {state}");
    }
}

#[test]
fn a_rule_that_puts_a_city_in_moves_the_place() {
    let columns_of = [
        "{name: kind, generator: {type: choice, values: [a, b]}}",
        "{name: state, generator: {type: state}}",
        "{name: city, generator: {type: city}}",
    ];
    let rules = "    rules:\n      - {id: r, kind: implies, if: \"kind = 'a'\", then: \"city = 'Boston'\"}\n";
    let compiled = compiled("en_US", 500, &columns_of, rules);
    let Some(plan) = compiled.plan else { panic!("{:?}", compiled.problems) };
    let made = columns(&plan);
    for ((kind, city), state) in made["kind"].iter().zip(&made["city"]).zip(&made["state"]) {
        assert!(kind != "a" || (city == "Boston" && state == "Massachusetts"), "{city} {state}");
    }
}

#[test]
fn a_draw_of_a_place_keeps_its_condition_and_its_weights() {
    let fields = ["city", "state_code", "population", "admin_code", "country"];
    let columns_of: Vec<String> = fields
        .iter()
        .map(|field| format!("{{name: {field}, type: string, generator: {{type: field, of: home, field: {field}}}}}"))
        .collect();
    let columns_of: Vec<&str> = columns_of.iter().map(String::as_str).collect();
    let draws = "    draws:\n      home: {type: place, weight_by_population: false, where: \"state_code = 'CA' AND population > 200000\"}\n";
    let made = columns(&plan("en_US", 2_000, &columns_of, draws));
    assert!(made["state_code"].iter().all(|code| code == "CA"));
    assert!(made["population"].iter().all(|population| population.parse::<u64>().expect("a number") > 200_000));
    let cities: HashSet<&String> = made["city"].iter().collect();
    let locale = Locale::named("en_US").expect("a locale");
    let of_california = locale.cities().iter().filter(|city| city.state_code == "CA" && city.population > 200_000);
    assert_eq!(cities.len(), of_california.count());
    let none = "    draws:\n      home: {type: place, where: \"population < 0\"}\n";
    let problems = compiled("en_US", 10, &columns_of, none).problems;
    assert!(problems.iter().any(|problem| problem.code == "empty_list" && problem.pointer.ends_with("/where")));
}

#[test]
fn lengths_of_shown_columns_narrow_the_places() {
    let columns_of =
        ["{name: city, max_length: 6, generator: {type: city}}", "{name: zone, generator: {type: timezone}}"];
    let made = columns(&plan("en_US", 500, &columns_of, ""));
    assert!(made["city"].iter().all(|city| city.chars().count() <= 6));
    let nothing = compiled("en_US", 10, &["{name: city, max_length: 1, generator: {type: city}}"], "");
    assert!(nothing.problems.iter().any(|problem| problem.code == "nothing_fits"));
}

#[test]
fn points_lie_where_they_are_asked_for() {
    let columns_of = [
        "{name: circle, generator: {type: geo_point, around: [179.99, 60], radius_km: 30, form: pair}}",
        "{name: box, generator: {type: geo_point, bbox: [170, -10, -170, 20], form: pair, }}",
        "{name: own, entity: x, generator: {type: geo_point, form: geojson}}",
        "{name: lat, entity: x, generator: {type: latitude}}",
    ];
    let made = columns(&plan("en_US", 2_000, &columns_of, ""));
    let pair = |text: &str| -> (f64, f64) {
        let (latitude, longitude) = text.split_once(',').expect("a pair");
        (latitude.parse().expect("a number"), longitude.parse().expect("a number"))
    };
    let (mut near, mut across) = (0, 0);
    for row in 0..2_000 {
        let (latitude, longitude) = pair(&made["circle"][row]);
        let east = (longitude - 179.99).rem_euclid(360.0);
        let east = if east > 180.0 { east - 360.0 } else { east };
        let (x, y) = (east * 55.8, (latitude - 60.0) * 111.2);
        let distance = libm::sqrt(x * x + y * y);
        assert!(distance < 30.5, "{distance}");
        near += usize::from(distance < 15.0);
        across += usize::from(longitude < 0.0);
        let (latitude, longitude) = pair(&made["box"][row]);
        assert!((-10.0..=20.0).contains(&latitude) && longitude.abs() >= 170.0, "{latitude} {longitude}");
        let latitude: f64 = made["lat"][row].parse().expect("a number");
        assert!(made["own"][row].ends_with(&format!(",{latitude:.6}]}}")), "{}", made["own"][row]);
    }
    // A quarter of the area lies within half the radius; the standard error is 0.0097.
    assert!((430..570).contains(&near), "{near}");
    assert!(across > 700, "{across}");
}

#[test]
fn addresses_are_put_together_from_the_row() {
    for name in Locale::names() {
        let columns_of = [
            "{name: whole, generator: {type: full_address, lines: true}}",
            "{name: street, generator: {type: street_address}}",
            "{name: city, generator: {type: city}}",
            "{name: postal, generator: {type: postal_code}}",
        ];
        let made = columns(&plan(name, 500, &columns_of, ""));
        for row in 0..500 {
            let whole = &made["whole"][row];
            assert!(!whole.contains(['{', '}', '|']) && !whole.contains("  "), "{name} {whole}");
            assert!(whole.contains(&made["street"][row]), "{name} {whole} {}", made["street"][row]);
            assert!(whole.contains(&made["postal"][row]), "{name} {whole}");
            // Where districts are large the city stands in the district's name.
            assert!(*name == "ko_KR" || whole.contains(&made["city"][row]), "{name} {whole}");
            assert!(made["street"][row].chars().any(|c| c.is_ascii_digit()), "{name} {}", made["street"][row]);
        }
    }
}

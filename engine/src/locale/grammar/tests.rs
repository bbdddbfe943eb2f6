use std::collections::{BTreeSet, HashSet};

use crate::locale::Locale;

use super::{Grammar, Piece, Template, word_count};

/// A linear congruential generator (Knuth's MMIX constants), reduced by multiply-shift.
fn source(mut state: u64) -> impl FnMut(u64) -> u64 {
    move |below| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((u128::from(state) * u128::from(below)) >> 64) as u64
    }
}

fn locales() -> impl Iterator<Item = &'static Locale> {
    Locale::names().iter().map(|name| Locale::named(name).unwrap())
}

#[test]
fn a_sentence_has_the_words_asked_for_one_capital_and_one_full_stop() {
    for locale in locales() {
        let mut next = source(1);
        for words in (1..=40).chain([0, 300]) {
            for _ in 0..200 {
                let mut text = String::new();
                locale.sentences().write_sentence(words, &mut next, &mut text);
                let stop = match locale.language() {
                    "ja" | "zh" => '。',
                    "hi" => '।',
                    _ => '.',
                };
                assert_eq!(word_count(&text), if locale.spaced() { words.max(1) as usize } else { 1 }, "{text}");
                // Some scripts have no capitals.
                assert!(!text.chars().next().unwrap().is_lowercase(), "{text}");
                assert!(text.ends_with(stop) && text.matches(stop).count() == 1, "{text}");
                assert!(!text.contains("  ") && text.trim() == text && !text.contains(['{', '}']), "{text}");
            }
        }
    }
}

#[test]
fn a_sentence_is_appended_to_what_stands_before() {
    let mut text = String::from("¡Éxito! ");
    Locale::named("es_PE").unwrap().sentences().write_sentence(6, &mut |_| 0, &mut text);
    assert_eq!(text, "¡Éxito! El abogado completó el acuerdo final.");
}

#[test]
fn every_length_up_to_the_longest_clause_has_templates() {
    for locale in locales() {
        let sentences = locale.sentences();
        assert_eq!(sentences.longest_clause(), 15);
        for words in 1..=15 {
            assert!(sentences.template_count(words) > 0, "{} {words}", locale.name());
        }
        assert_eq!(sentences.template_count(16), 0);
        assert!(sentences.sentence_count(6) > 50_000, "{}", locale.name());
        assert_eq!(sentences.sentence_count(16), sentences.sentence_count(7) * sentences.sentence_count(8));
        assert_eq!(sentences.sentence_count(100_000), u128::MAX);
    }
}

#[test]
fn every_rank_names_one_sentence() {
    for locale in locales() {
        let sentences = locale.sentences();
        for words in 1..=4 {
            let count = sentences.sentence_count(words);
            let texts: HashSet<String> = (0..count)
                .map(|rank| {
                    let mut text = String::new();
                    sentences.unrank_sentence(words, rank, &mut text);
                    text
                })
                .collect();
            assert_eq!(texts.len() as u128, count, "{} {words}", locale.name());
        }
        let mut last = String::new();
        sentences.unrank_sentence(23, sentences.sentence_count(23) - 1, &mut last);
        assert_eq!(word_count(&last), if locale.spaced() { 23 } else { 1 });
    }
}

#[test]
fn no_two_templates_have_a_text_in_common() {
    // Company names are few enough to be compared one by one, below.
    for locale in locales() {
        holds(&locale.sentences().grammar);
    }

    fn holds(grammar: &Grammar) {
        let units: Vec<_> = grammar.templates.iter().map(|template| units(grammar, template)).collect();
        for (index, a) in units.iter().enumerate() {
            for (other, b) in units[..index].iter().enumerate() {
                if grammar.templates[index].words == grammar.templates[other].words {
                    assert!(differ(a, b), "{:?} {:?}", grammar.templates[index], grammar.templates[other]);
                }
            }
        }
    }
}

#[test]
fn no_slot_is_without_use_and_none_has_a_value_twice() {
    for locale in locales() {
        for grammar in [&locale.sentences().grammar, &locale.company_names().grammar] {
            let used: BTreeSet<usize> = grammar.templates.iter().flat_map(Template::slots).collect();
            assert_eq!(used.len(), grammar.slots.len());
            for slot in &grammar.slots {
                assert_eq!(slot.values.iter().collect::<BTreeSet<_>>().len(), slot.values.len(), "{}", slot.name);
            }
        }
    }
}

#[test]
fn company_names_are_many_distinct_and_some_are_short() {
    for locale in locales() {
        let names = locale.company_names();
        let count = names.company_name_count();
        assert!(count > 50_000, "{} {count}", locale.name());
        let mut distinct = HashSet::new();
        let mut fitting = BTreeSet::new();
        for rank in 0..count {
            let mut name = String::new();
            names.unrank_company_name(rank, &mut name);
            assert!(!name.contains("  ") && name.trim() == name, "{name}");
            if name.chars().count() <= 20 {
                fitting.insert(name.clone());
            }
            assert!(distinct.insert(name));
        }
        let within = names.within(20);
        let made: BTreeSet<String> = (0..within.count())
            .map(|rank| {
                let mut name = String::new();
                within.unrank(rank, &mut name);
                name
            })
            .collect();
        assert_eq!(made.len() as u64, within.count());
        assert!(made == fitting, "{}", locale.name());
        assert!(made.len() > 3_000, "{} {}", locale.name(), made.len());
        assert_eq!(u128::from(names.within(usize::MAX).count()), count);
        assert_eq!(names.within(3).count(), 0);

        let mut next = source(2);
        let mut short = 0;
        for _ in 0..1_000 {
            let mut name = String::new();
            names.write_company_name(&mut next, &mut name);
            short += usize::from(name.chars().count() <= 20);
            assert!(distinct.contains(&name), "{name}");
        }
        assert!(short > 150, "{} {short}", locale.name());
    }
}

/// A piece of a template that begins and ends at a space: its number of words, and what it may say.
type Unit = (usize, Vec<String>);

fn units(grammar: &Grammar, template: &Template) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    for piece in &template.pieces {
        match *piece {
            Piece::Slot(slot) => {
                let slot = &grammar.slots[slot];
                units.push((slot.words, slot.values.iter().map(|value| (*value).to_owned()).collect()));
            }
            Piece::Text(text) => {
                let mut rest = text;
                if let Some(before) = units.last_mut() {
                    let (glued, after) = text.split_once(' ').expect("text stands apart from the slots");
                    before.1.iter_mut().for_each(|option| option.push_str(glued));
                    rest = after;
                }
                units.extend(rest.split_whitespace().map(|word| (1, vec![word.to_owned()])));
            }
        }
    }
    units
}

/// Whether, between some two places where both templates have a boundary, they have nothing in common to say.
fn differ(a: &[Unit], b: &[Unit]) -> bool {
    if words_at(a).iter().zip(&words_at(b)).any(|(left, right)| left.is_disjoint(right)) {
        return true;
    }
    let (mut a, mut b) = (a.iter(), b.iter());
    while let (Some(left), Some(right)) = (a.next(), b.next()) {
        let (mut left, mut right) = (left.clone(), right.clone());
        while left.0 != right.0 {
            let (short, rest) = if left.0 < right.0 { (&mut left, &mut a) } else { (&mut right, &mut b) };
            let (words, options) = rest.next().expect("both templates have as many words");
            short.0 += words;
            short.1 = short.1.iter().flat_map(|x| options.iter().map(move |y| format!("{x} {y}"))).collect();
        }
        let left: HashSet<_> = left.1.into_iter().collect();
        if right.1.iter().all(|option| !left.contains(option)) {
            return true;
        }
    }
    false
}

/// The words that may stand at each place of a text.
fn words_at(units: &[Unit]) -> Vec<HashSet<&str>> {
    let mut places = Vec::new();
    for (words, options) in units {
        let first = places.len();
        places.resize_with(first + words, HashSet::new);
        for option in options {
            for (place, word) in places[first..].iter_mut().zip(option.split_whitespace()) {
                place.insert(word);
            }
        }
    }
    places
}

use std::collections::BTreeSet;

use super::*;
use crate::random::{Key, Seeds};

fn key() -> Key {
    Seeds::new(13).key("t", "c", "value", 0)
}

fn automaton(pattern: &str) -> Automaton {
    Automaton::new(pattern, 3).unwrap()
}

fn nth(automaton: &Automaton, rank: u128) -> String {
    let mut out = String::new();
    automaton.unrank(rank, &mut out);
    out
}

fn drawn(automaton: &Automaton, row: u64) -> String {
    let mut out = String::new();
    automaton.draw(&mut key().cell(row), &mut out);
    out
}

/// All strings over the alphabet up to the length that the whole of the pattern matches.
fn brute_force(pattern: &str, alphabet: &str, length: usize) -> BTreeSet<String> {
    let regex = regex::Regex::new(&format!("^(?:{pattern})$")).unwrap();
    let (mut all, mut last) = (BTreeSet::new(), vec![String::new()]);
    for _ in 0..=length {
        all.extend(last.iter().filter(|text| regex.is_match(text)).cloned());
        last = last.iter().flat_map(|text| alphabet.chars().map(move |c| format!("{text}{c}"))).collect();
    }
    all
}

#[test]
fn strings_equal_those_found_by_brute_force() {
    for (pattern, length) in [
        ("(a|ab)(c|bc)?", 4),
        ("(a|b){0,3}(ab|a)", 6),
        ("(aa|a){1,3}", 7),
        ("(a?b?){3}", 7),
        ("((a|b)(b|c)?){2}", 5),
        ("(|a|ab)(|b|ba)", 5),
        ("a{2}|b{1,2}|abc", 4),
        ("(a{1,2}){1,2}b?", 6),
        ("(ab?|b)*", 6),
        ("(a|b)*a(a|b)", 5),
        ("[abc]{2}", 3),
        ("[^a]?b", 3),
        ("(?i)a[b]", 3),
        ("", 2),
        ("(a*)*", 7),
        ("(ab|cd|ac|bd)?[ad]", 4),
    ] {
        let alphabet = "abcdAB";
        // Repetitions without end are cut at three more, so brute force reads the cut pattern.
        let cut = pattern.replace('*', "{0,3}").replace('+', "{1,4}");
        let expected = brute_force(&cut, alphabet, length);
        let automaton = automaton(pattern);
        let count = automaton.count().unwrap();
        let strings: Vec<String> = (0..count).map(|rank| nth(&automaton, rank)).collect();
        for (rank, text) in strings.iter().enumerate() {
            assert_eq!(automaton.rank(text), Some(rank as u128), "{text} of {pattern}");
        }
        let found: BTreeSet<String> = strings
            .into_iter()
            .filter(|text| text.len() <= length && text.chars().all(|c| alphabet.contains(c)))
            .collect();
        assert_eq!(found, expected, "{pattern}");
        if !pattern.contains('^') && !pattern.contains('*') {
            assert_eq!(count, expected.len() as u128, "{pattern}");
        }
        let lengths = || expected.iter().map(|text| text.len());
        assert_eq!(lengths().min(), Some(automaton.min_len()), "{pattern}");
        assert!(lengths().max() <= Some(automaton.max_len()), "{pattern}");
        for text in ["x", "aaaaaaaaaaaaaaaa", "dd"] {
            assert_eq!(automaton.rank(text).is_some(), expected.contains(text), "{text} of {pattern}");
        }
    }
}

#[test]
fn every_drawn_string_matches_and_all_are_as_frequent_at_five_sigmas() {
    for pattern in ["(a|ab)(c|bc)?", "[A-C]{2}[0-3]{1,2}", "(x|yz){0,3}", "[a-c][d-f]-[0-9]"] {
        let automaton = automaton(pattern);
        let count = automaton.count().unwrap() as usize;
        let mut counts = vec![0_u32; count];
        (0..100_000).for_each(|row| counts[automaton.rank(&drawn(&automaton, row)).unwrap() as usize] += 1);
        let expected = 100_000.0 / count as f64;
        let statistic: f64 = counts.iter().map(|c| (f64::from(*c) - expected).powi(2) / expected).sum();
        let freedom = count as f64 - 1.0;
        assert!((statistic - freedom).abs() < 5.0 * (2.0 * freedom).sqrt(), "{pattern}: {statistic} over {freedom}");
    }
}

#[test]
fn real_patterns_are_counted_and_their_strings_match() {
    for (pattern, count) in [
        ("[A-Z]{2}[0-9]{3}", Some(676_000)),
        (r"^\+49 1(5|6|7)\d{8,9}$", Some(3 * (10_u128.pow(8) + 10_u128.pow(9)))),
        (r"\d{3}-\d{2}-\d{4}", Some(10_u128.pow(9))),
        ("[0-9a-f]{32}", None),
        ("[0-9a-f]{31}", Some(1 << 124)),
        (r"[a-z]{3,8}@(example|test)\.(com|org)", Some((3..=8).map(|n| 26_u128.pow(n)).sum::<u128>() * 4)),
        (r"(?:[01]\d|2[0-3]):[0-5]\d", Some(1440)),
        (r"\p{Greek}{2}", None),
        (r"[à-ÿ]", Some(32)),
        (r"\w", Some(63)),
        (".", Some(95)),
        (r"\s", Some(1)),
        (r"\D", Some(85)),
        (r"[^\w\s]", Some(31)),
        (r"[^\W_]", Some(62)),
        (r"[\W\d]", Some(42)),
        (r"\PL", Some(43)),
        ("[[:space:]]", Some(1)),
        ("(?i)[a-z]", Some(52)),
        ("(?i)sk", Some(4)),
        ("ſ|(?i:s)", Some(3)),
        ("(?-u)[a-c]", Some(3)),
        (r"\x41\t", Some(1)),
        ("(?s)(?:)$", Some(1)),
        ("(^a|^b)(c$|d)", Some(4)),
    ] {
        let automaton = automaton(pattern);
        if !pattern.contains("Greek") {
            let expected = if pattern == "[0-9a-f]{32}" { None } else { count };
            assert_eq!(automaton.count(), expected, "{pattern}");
        }
        let regex = regex::Regex::new(&format!("^(?:{pattern})$")).unwrap();
        for row in 0..200 {
            let text = drawn(&automaton, row);
            assert!(regex.is_match(&text), "{text:?} of {pattern}");
            let length = text.chars().count();
            assert!((automaton.min_len()..=automaton.max_len()).contains(&length));
            if let Some(count) = automaton.count() {
                let rank = automaton.rank(&text).unwrap();
                assert!(rank < count);
                assert_eq!(nth(&automaton, rank), text);
            }
        }
    }
}

#[test]
fn ranks_of_128_bits_lead_back() {
    for pattern in ["[0-9a-f]{31}", "x[a-z]{0,26}", "([0-9a-f]{8}-){3}[0-9a-f]{4,7}"] {
        let automaton = automaton(pattern);
        let count = automaton.count().unwrap();
        let mut cell = key().cell(0);
        for rank in [0, 1, count - 1, count / 2].into_iter().chain((0..200).map(|_| cell.below_u128(count))) {
            assert_eq!(automaton.rank(&nth(&automaton, rank)), Some(rank), "{pattern}");
        }
        assert_eq!(nth(&automaton, count), nth(&automaton, 0));
    }
}

#[test]
fn what_is_too_many_to_number_is_still_drawn_evenly() {
    // Of 2·(1 + 26 + 26²) parts, 2·26² + 26 have at least 42 characters; five standard errors are 0.005.
    let long = automaton("[a-z]{40,42}x?");
    assert_eq!(long.count(), None);
    let texts: Vec<String> = (0..20_000).map(|row| drawn(&long, row)).collect();
    let regex = regex::Regex::new("^[a-z]{40,42}x?$").unwrap();
    assert!(texts.iter().all(|text| regex.is_match(text)));
    let longest = texts.iter().filter(|text| text.len() >= 42).count() as f64 / 20_000.0;
    assert!((longest - 1378.0 / 1406.0).abs() < 0.005, "{longest}");
    let first_half = texts.iter().filter(|text| text.as_bytes()[0] < b'n').count();
    assert!((first_half as f64 - 10_000.0).abs() < 5.0 * 71.0, "{first_half}");
}

#[test]
fn patterns_with_too_many_states_are_drawn_by_the_pattern() {
    let pattern = "[ab]{0,20}a[ab]{16}";
    let automaton = automaton(pattern);
    assert_eq!((automaton.count(), automaton.rank("a"), nth(&automaton, 1)), (None, None, String::new()));
    let regex = regex::Regex::new(&format!("^(?:{pattern})$")).unwrap();
    assert!((0..1000).all(|row| regex.is_match(&drawn(&automaton, row))));
}

#[test]
fn what_no_text_can_be_made_for_is_refused_in_a_sentence() {
    let refusal = |pattern: &str| Automaton::new(pattern, 10).unwrap_err().to_string();
    assert_eq!(refusal("a("), r#""a(" is no pattern: unclosed group"#);
    assert_eq!(
        refusal("(?=a)"),
        r#""(?=a)" is no pattern: look-around, including look-ahead and look-behind, is not supported"#
    );
    assert_eq!(refusal(r"\ba"), r#""\\ba" has a word boundary, for which no text can be made"#);
    assert_eq!(refusal("a^b"), r#""a^b" has an anchor for the start where something can come before it"#);
    assert_eq!(refusal("(a$)+"), r#""(a$)+" has an anchor for the end where something can come after it"#);
    assert_eq!(refusal("[^ -~]"), r#""[^ -~]" matches no text of printable characters"#);
    assert_eq!(refusal("[a&&b]"), r#""[a&&b]" matches no text of printable characters"#);
    assert!(refusal(r"(?-u)\xFF").contains("is no pattern: "));
    assert!(refusal(&"a".repeat(5000)).ends_with("…\" is longer than 4096 bytes"));
    assert!(refusal(&"(".repeat(500)).contains("is no pattern: "));
}

#[test]
fn no_pattern_takes_long() {
    for (pattern, refused) in [
        ("(((a{1000}){1000}){1000})".to_owned(), true),
        ("(((((a*)*)*)*)*)*".to_owned(), true),
        ("a{4294967295}".to_owned(), true),
        ("(){4294967295}".to_owned(), false),
        ("(a|){60000}".to_owned(), false),
        ("(a?b?){9000}".to_owned(), false),
        ("[a-z]{65536}".to_owned(), false),
        ("a?".repeat(2000), false),
        ("(a?){2000}a{2000}".to_owned(), false),
        (format!("({})*", "a|bb|".repeat(600)), false),
        (r"(?i)\p{L}".repeat(450), false),
        (r"\p{L}|\p{N}x|\p{Greek}y|".repeat(100), false),
        ((0..1300).filter_map(|i| char::from_u32(0x4E00 + i)).collect(), false),
        ("(.*)(.*)(.*)(.*)(.*)(.*)".to_owned(), false),
        ("([ab]{1,30}a){1,30}[ab]{30}".to_owned(), false),
        (format!("{}a{}", "(".repeat(45), "){0,2}".repeat(9) + &")?".repeat(36)), false),
    ] {
        let result = Automaton::new(&pattern, 30);
        let shown: String = pattern.chars().take(40).collect();
        assert_eq!(result.is_err(), refused, "{shown}");
        if let Ok(automaton) = result {
            assert!(drawn(&automaton, 0).chars().count() <= automaton.max_len(), "{shown}");
        }
    }
}

#[test]
fn a_thousand_random_patterns_agree_with_crate_regex() {
    // Patterns of a small grammar over two letters, read from random bytes.
    fn pattern(cell: &mut Cell, depth: u32, out: &mut String) {
        match if depth == 0 { cell.below(3) } else { cell.below(8) } {
            0 => out.push('a'),
            1 => out.push('b'),
            2 => out.push_str("[ab]"),
            3 | 4 => {
                pattern(cell, depth - 1, out);
                pattern(cell, depth - 1, out);
            }
            5 => {
                out.push('(');
                pattern(cell, depth - 1, out);
                out.push('|');
                pattern(cell, depth - 1, out);
                out.push(')');
            }
            _ => {
                out.push('(');
                pattern(cell, depth - 1, out);
                out.push(')');
                out.push_str(["?", "{2}", "{0,2}", "{1,2}"][cell.below(4) as usize]);
            }
        }
    }
    for row in 0..1000 {
        let mut text = String::new();
        pattern(&mut key().cell(row), 3, &mut text);
        let automaton = automaton(&text);
        let count = automaton.count().unwrap();
        let limit = 9;
        let found: BTreeSet<String> =
            (0..count.min(5000)).map(|rank| nth(&automaton, rank)).filter(|text| text.len() <= limit).collect();
        if count <= 5000 {
            assert_eq!(found, brute_force(&text, "ab", limit), "{text}");
        }
    }
}

#[test]
fn strings_never_change() {
    let texts = ["[A-Z]{2}[0-9]{3}", "(a|ab)(c|bc)?[x-z]{3,9}"].map(|pattern| drawn(&automaton(pattern), 7));
    assert_eq!(texts, ["ZP101", "azzxzyyxyy"]);
}

//! Names of sheets: of at most 31 characters, without `[]:*?/\`, and no two alike whatever their case.

use std::collections::HashSet;

use crate::names::percent_encode;

/// UTF-16 units of the longest name.
const MAX_UNITS: usize = 31;

/// The names that are taken.
pub(super) struct SheetNames {
    /// In lower case, as Excel compares them.
    taken: HashSet<String>,
}

impl SheetNames {
    /// All names are free but `reserved` and the one that Excel keeps for itself.
    pub(super) fn new(reserved: &[&str]) -> SheetNames {
        let taken = reserved.iter().copied().chain(["History"]).map(str::to_lowercase).collect();
        SheetNames { taken }
    }

    /// Takes a name for a table: its own, as far as that is allowed and free.
    pub(super) fn take(&mut self, table: &str) -> String {
        let mut name = String::new();
        let last = table.chars().count().saturating_sub(1);
        for (index, character) in table.chars().enumerate() {
            let quote_at_an_end = character == '\'' && (index == 0 || index == last);
            if character.is_control() || "[]:*?/\\%".contains(character) || quote_at_an_end {
                percent_encode(character, &mut name);
            } else {
                name.push(character);
            }
        }
        if name.is_empty() {
            name.push_str("table");
        }
        self.take_with(&name, "", |number| format!("~{number}"))
    }

    /// Takes a name for the `part`th sheet of a table, 2 or more, whose first is `first`.
    pub(super) fn take_part(&mut self, first: &str, part: usize) -> String {
        self.take_with(first, &format!(" ({part})"), |number| format!(" ({part}~{number})"))
    }

    fn take_with(&mut self, base: &str, suffix: &str, numbered: impl Fn(usize) -> String) -> String {
        let mut name = fitted(base, suffix);
        let mut number = 2;
        while !self.taken.insert(name.to_lowercase()) {
            name = fitted(base, &numbered(number));
            number += 1;
        }
        name
    }
}

/// `base` and `suffix`, the base cut so that both fit.
fn fitted(base: &str, suffix: &str) -> String {
    let room = MAX_UNITS.saturating_sub(suffix.encode_utf16().count());
    let mut units = 0;
    let mut name: String = base
        .chars()
        .take_while(|character| {
            units += character.len_utf16();
            units <= room
        })
        .collect();
    // A cut may leave an apostrophe at the end, where Excel allows none.
    while suffix.is_empty() && name.ends_with('\'') {
        name.pop();
    }
    name.push_str(suffix);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_are_allowed_and_differ() {
        let mut names = SheetNames::new(&["Specification", "Data dictionary"]);
        for (table, name) in [
            ("candidate", "candidate"),
            ("Candidate", "Candidate~2"),
            ("a/b:c", "a%2Fb%3Ac"),
            ("specification", "specification~2"),
            ("history", "history~2"),
            ("'quoted'", "%27quoted%27"),
            ("a_name_of_more_than_31_characters", "a_name_of_more_than_31_characte"),
            ("a_name_of_more_than_31_characters_too", "a_name_of_more_than_31_charac~2"),
            ("", "table"),
        ] {
            assert_eq!(names.take(table), name);
            assert!(rust_xlsxwriter::utility::check_sheet_name(name).is_ok());
        }
        assert_eq!(names.take_part("candidate", 2), "candidate (2)");
        assert_eq!(names.take_part("a_name_of_more_than_31_characte", 2), "a_name_of_more_than_31_char (2)");
        assert_eq!(names.take("candidate (2)"), "candidate (2)~2");
        assert_eq!(names.take(&"🦀".repeat(20)).encode_utf16().count(), 30);
    }
}

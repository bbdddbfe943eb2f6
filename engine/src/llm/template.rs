//! A prompt with `{{column}}` references: its texts, and the values of a row put in.

use std::collections::HashMap;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};

/// What stands for a value that is null.
const NULL: &str = "null";

/// A prompt in its pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// The place of a value among the references.
    Value(usize),
}

/// A prompt that opens a reference and does not close it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unclosed;

impl Template {
    /// The pieces of a prompt and the names that it refers to, each once, in the order in which they stand.
    pub fn parse(prompt: &str) -> Result<(Template, Vec<String>), Unclosed> {
        let (mut pieces, mut names) = (Vec::new(), Vec::<String>::new());
        let mut rest = prompt;
        while let Some(start) = rest.find("{{") {
            let length = rest[start..].find("}}").ok_or(Unclosed)?;
            let name = rest[start + 2..start + length].trim();
            let place = names.iter().position(|known| known == name).unwrap_or_else(|| {
                names.push(name.to_owned());
                names.len() - 1
            });
            pieces.push(Piece::Text(rest[..start].to_owned()));
            pieces.push(Piece::Value(place));
            rest = &rest[start + length + 2..];
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok((Template { pieces }, names))
    }

    /// Whether it refers to nothing: one prompt for all rows.
    pub fn is_fixed(&self) -> bool {
        self.pieces.len() == 1
    }

    /// The prompt with values in the places of its references.
    pub fn render(&self, values: &[&str]) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Value(place) => values.get(*place).copied().unwrap_or(NULL).to_owned(),
        };
        self.pieces.iter().map(piece).collect()
    }

    /// Whether a prompt may be this one with some values put in.
    pub fn fits(&self, prompt: &str) -> bool {
        let texts: Vec<&str> = self
            .pieces
            .iter()
            .filter_map(|piece| if let Piece::Text(text) = piece { Some(text.as_str()) } else { None })
            .collect();
        let [first, middle @ .., last] = texts.as_slice() else {
            return texts.first().is_some_and(|text| *text == prompt);
        };
        let Some(mut rest) = prompt.strip_prefix(first) else { return false };
        for text in middle {
            let Some(at) = rest.find(text) else { return false };
            rest = &rest[at + text.len()..];
        }
        rest.ends_with(last)
    }

    /// The prompts of some rows, each once in the order in which they come, and which of them is each row's. `columns` are the texts of the
    /// references, a value a row.
    pub fn of_rows(&self, columns: &[ArrayRef], rows: usize) -> (Vec<String>, Vec<u32>) {
        let columns: Vec<_> = columns.iter().map(|column| column.as_string_view()).collect();
        let (mut prompts, mut places) = (Vec::new(), Vec::with_capacity(rows));
        let mut known: HashMap<String, u32> = HashMap::new();
        let mut key = String::new();
        for row in 0..rows {
            let values = columns.iter().map(|column| if column.is_null(row) { NULL } else { column.value(row) });
            key.clear();
            for value in values.clone() {
                // The length keeps ("a", "bc") and ("ab", "c") apart.
                key.push_str(&value.len().to_string());
                key.push(':');
                key.push_str(value);
            }
            let place = known.get(&key).copied().unwrap_or_else(|| {
                let place = prompts.len() as u32;
                prompts.push(self.render(&values.collect::<Vec<_>>()));
                known.insert(key.clone(), place);
                place
            });
            places.push(place);
        }
        (prompts, places)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::StringViewArray;

    use super::*;

    #[test]
    fn references_are_found_once_each_and_filled_in() {
        let (template, names) = Template::parse("A {{ city }} shop of {{trade}} in {{city}}.").expect("a prompt");
        assert_eq!(names, ["city", "trade"]);
        assert_eq!(template.render(&["Lima", "bread"]), "A Lima shop of bread in Lima.");
        assert!(template.fits("A Lima shop of bread in Lima.") && !template.fits("A Lima shop of bread in Lima"));
        assert!(!template.is_fixed());
        assert_eq!(Template::parse("A {{city"), Err(Unclosed));
        let (fixed, names) = Template::parse("A shop").expect("a prompt");
        assert!(fixed.is_fixed() && names.is_empty() && fixed.fits("A shop") && !fixed.fits("A shop."));
    }

    #[test]
    fn rows_with_the_same_values_share_a_prompt() {
        let column = |values: Vec<Option<&str>>| Arc::new(StringViewArray::from(values)) as ArrayRef;
        let columns = [
            column(vec![Some("a"), Some("ab"), None, Some("a")]),
            column(vec![Some("bc"), Some("c"), Some("x"), Some("bc")]),
        ];
        let (template, _) = Template::parse("{{one}}/{{two}}").expect("a prompt");
        let (prompts, places) = template.of_rows(&columns, 4);
        assert_eq!(prompts, ["a/bc", "ab/c", "null/x"]);
        assert_eq!(places, [0, 1, 2, 0]);
    }
}

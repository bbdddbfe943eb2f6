//! Numbers, dates and times as they are written in an SQL text, so that one of them can be written anew.

use std::ops::Range;

use datafusion::sql::sqlparser::tokenizer::{Location, Token, Tokenizer};

use super::tokens::SqlDialect;

/// The numbers and quoted texts of an SQL text: where each stands, in bytes and without its quotes, and whether it has them.
pub(crate) fn literals(sql: &str) -> Vec<(Range<usize>, bool)> {
    let Ok(tokens) = Tokenizer::new(&SqlDialect, sql).tokenize_with_location() else { return Vec::new() };
    let found = tokens.iter().filter_map(|token| {
        let (text, quoted) = match &token.token {
            Token::Number(text, _) => (text, false),
            Token::SingleQuotedString(text) => (text, true),
            _ => return None,
        };
        let start = byte_of(sql, token.span.start)? + usize::from(quoted);
        let range = start..start + text.len();
        // A text with quotes in it, or a number with separators, stands there in another spelling.
        (sql.get(range.clone()) == Some(text.as_str())).then_some((range, quoted))
    });
    found.collect()
}

/// The place in bytes of a line and column, both from 1, the column in characters.
fn byte_of(sql: &str, location: Location) -> Option<usize> {
    let line = usize::try_from(location.line).ok()?.checked_sub(1)?;
    let start: usize = sql.split_inclusive('\n').take(line).map(str::len).sum();
    let column = usize::try_from(location.column).ok()?.checked_sub(1)?;
    sql[start..].char_indices().map(|(at, _)| start + at).chain([sql.len()]).nth(column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_are_found_where_they_stand() {
        let sql = "ñandú > 12.5\n AND día >= DATE '2024-01-31' AND \"a 1\" <> 'it''s' AND b = -3";
        let found: Vec<(&str, bool)> = literals(sql).into_iter().map(|(range, quoted)| (&sql[range], quoted)).collect();
        assert_eq!(found, [("12.5", false), ("2024-01-31", true), ("3", false)]);
        assert!(literals("'open").is_empty());
    }
}

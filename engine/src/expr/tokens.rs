//! The words of an expression, before they are parsed.
//!
//! SQL reserves hundreds of words, and parsers try several readings of them in turn. Here each word has one reading, decided by what stands
//! beside it, and every word that is no syntax is handed to the parser in quotes: so `user`, `order.total` and `end > start` are columns, no
//! text makes the parser go back and forth, and unknown functions are found with their place. Numbers are written out (`1e3` as `1000`),
//! because DataFusion panics on decimals of negative scale.

use datafusion::sql::sqlparser::dialect::{Dialect, PostgreSqlDialect, Precedence};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Word};

use super::SqlProblem;
use super::height::{Height, TooHigh, too_long};
use crate::functions;

/// Longest SQL text, in bytes.
const MAX_TEXT: usize = 1 << 20;

/// Most words along one path from the outside of an expression to its innermost bracket, which bounds the height of its tree: values of a
/// list do not add up, operators of a chain do.
const MAX_PATH: usize = 8_192;

/// Digits of the longest number.
const MAX_DIGITS: usize = 38;

/// PostgreSQL's operators and precedence without its special readings of words.
#[derive(Debug)]
pub(super) struct SqlDialect;

impl Dialect for SqlDialect {
    fn identifier_quote_style(&self, _identifier: &str) -> Option<char> {
        Some('"')
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '"'
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        PostgreSqlDialect {}.is_identifier_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        PostgreSqlDialect {}.is_identifier_part(ch)
    }

    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        PostgreSqlDialect {}.get_next_precedence(parser)
    }

    fn prec_value(&self, precedence: Precedence) -> u8 {
        PostgreSqlDialect {}.prec_value(precedence)
    }

    /// A word that starts a special form is nothing else: without this the parser would read what follows a second time as a function.
    fn is_reserved_for_identifier(&self, _keyword: Keyword) -> bool {
        true
    }

    fn supports_nested_comments(&self) -> bool {
        true
    }

    fn supports_numeric_literal_underscores(&self) -> bool {
        true
    }

    fn supports_comma_separated_trim(&self) -> bool {
        true
    }

    fn supports_named_fn_args_with_rarrow_operator(&self) -> bool {
        false
    }
}

/// The tokens of `sql` for the parser, or the first thing in them that no expression may hold.
pub(super) fn tokens(sql: &str) -> Result<Vec<TokenWithSpan>, SqlProblem> {
    if sql.len() > MAX_TEXT {
        return Err(SqlProblem::new(format!("the SQL has {} bytes, at most {MAX_TEXT}", sql.len())));
    }
    let mut tokens = Tokenizer::new(&SqlDialect, sql)
        .tokenize_with_location()
        .map_err(|error| SqlProblem::new(lower_first(&error.message)).at(error.location.line, error.location.column))?;
    tokens.retain(|token| !matches!(token.token, Token::Whitespace(_)));
    if tokens.is_empty() {
        return Err(SqlProblem::new("the SQL is empty"));
    }
    let mut reader =
        Reader { forms: Vec::new(), height: Height::new(MAX_PATH), cases: 0, names_type: false, names_unit: false };
    for index in 0..tokens.len() {
        let (line, column) = (tokens[index].span.start.line, tokens[index].span.start.column);
        if let Some(token) = reader.read(&tokens, index).map_err(|problem| problem.at(line, column))? {
            tokens[index].token = token;
        }
    }
    Ok(tokens)
}

/// What stands before the token that is read next.
struct Reader {
    /// The special form that each open bracket belongs to, or no keyword; outermost first.
    forms: Vec<Keyword>,
    /// How high the tree is here.
    height: Height,
    /// How many `CASE` are open.
    cases: usize,
    /// Whether the words that follow name a type.
    names_type: bool,
    /// Whether the word that follows is the unit of an interval.
    names_unit: bool,
}

impl Reader {
    /// The token to put in place of the one at `index`, or nothing to keep it.
    fn read(&mut self, tokens: &[TokenWithSpan], index: usize) -> Result<Option<Token>, SqlProblem> {
        let token = &tokens[index].token;
        let before = index.checked_sub(1).map(|i| &tokens[i].token);
        let after = tokens.get(index + 1).map(|t| &t.token);
        self.measure(token, before)?;
        let names_type = std::mem::take(&mut self.names_type);
        let names_unit = std::mem::take(&mut self.names_unit);
        match token {
            Token::Word(word) if word.quote_style.is_some() => {
                check_qualified_call(word, before, after)?;
                if matches!(after, Some(Token::LParen)) {
                    return function(word).map(Some);
                }
                Ok(None)
            }
            Token::Word(word) => self.word(word, tokens, index, names_type, names_unit),
            Token::Number(text, _) => {
                self.names_unit = is_keyword(before, Keyword::INTERVAL);
                let text = plain_number(text).map_err(|digits| {
                    SqlProblem::new(format!("the number {text} has {digits} digits, at most {MAX_DIGITS}"))
                })?;
                Ok(Some(Token::Number(text, false)))
            }
            Token::SingleQuotedString(_) => {
                self.names_unit = is_keyword(before, Keyword::INTERVAL);
                Ok(None)
            }
            Token::DoubleColon => {
                self.names_type = true;
                Ok(None)
            }
            Token::Period if !matches!(after, Some(Token::Word(_))) => {
                Err(SqlProblem::new("a point is followed by the name of a column"))
            }
            Token::HexStringLiteral(_)
            | Token::Comma
            | Token::Period
            | Token::Eq
            | Token::Neq
            | Token::Lt
            | Token::Gt
            | Token::LtEq
            | Token::GtEq
            | Token::Plus
            | Token::Minus
            | Token::Mul
            | Token::Div
            | Token::Mod
            | Token::StringConcat
            | Token::LParen
            | Token::RParen => Ok(None),
            other => Err(foreign(other)),
        }
    }

    /// Keeps count of brackets and of the words along the path.
    fn measure(&mut self, token: &Token, before: Option<&Token>) -> Result<(), SqlProblem> {
        match token {
            Token::LParen => self.forms.push(match before {
                Some(Token::Word(word)) if word.quote_style.is_none() => word.keyword,
                _ => Keyword::NoKeyword,
            }),
            Token::RParen => drop(self.forms.pop()),
            _ => {}
        }
        self.height.read(token).map_err(|high| match high {
            TooHigh::Brackets => too_deep(),
            TooHigh::Words => too_long(MAX_PATH).remedy("use IN for many values, or split it over several columns"),
        })
    }

    /// The reading of an unquoted word.
    fn word(
        &mut self,
        word: &Word,
        tokens: &[TokenWithSpan],
        index: usize,
        names_type: bool,
        names_unit: bool,
    ) -> Result<Option<Token>, SqlProblem> {
        let before = index.checked_sub(1).map(|i| &tokens[i].token);
        let after = tokens.get(index + 1).map(|t| &t.token);
        check_qualified_call(word, before, after)?;
        if matches!(before, Some(Token::Period)) || matches!(after, Some(Token::Period)) {
            return Ok(Some(quoted(&word.value)));
        }
        let bracket_follows = matches!(after, Some(Token::LParen));
        let form = self.forms.last().copied().unwrap_or(Keyword::NoKeyword);
        let keep = match word.keyword {
            Keyword::AND
            | Keyword::OR
            | Keyword::NOT
            | Keyword::IS
            | Keyword::NULL
            | Keyword::TRUE
            | Keyword::FALSE
            | Keyword::IN
            | Keyword::BETWEEN
            | Keyword::LIKE
            | Keyword::ILIKE
            | Keyword::ESCAPE => true,
            Keyword::UNKNOWN => is_keyword(before, Keyword::IS) || is_keyword(before, Keyword::NOT),
            Keyword::DISTINCT => {
                is_keyword(before, Keyword::IS)
                    || is_keyword(before, Keyword::NOT)
                    || matches!(before, Some(Token::LParen))
            }
            Keyword::CASE => {
                self.cases += 1;
                true
            }
            Keyword::WHEN | Keyword::THEN | Keyword::ELSE if self.cases > 0 => true,
            Keyword::END if self.cases > 0 => {
                self.cases -= 1;
                true
            }
            Keyword::AS if form == Keyword::CAST || form == Keyword::TRY_CAST => {
                self.names_type = true;
                true
            }
            Keyword::CAST | Keyword::TRY_CAST | Keyword::EXTRACT | Keyword::POSITION => bracket_follows,
            Keyword::SUBSTRING | Keyword::SUBSTR | Keyword::TRIM | Keyword::OVERLAY => {
                bracket_follows && has_form(&tokens[index + 2..])
            }
            Keyword::FROM if is_keyword(before, Keyword::DISTINCT) => true,
            Keyword::FROM | Keyword::FOR | Keyword::PLACING => matches!(
                form,
                Keyword::EXTRACT | Keyword::SUBSTRING | Keyword::SUBSTR | Keyword::TRIM | Keyword::OVERLAY
            ),
            Keyword::LEADING | Keyword::TRAILING | Keyword::BOTH => {
                form == Keyword::TRIM && matches!(before, Some(Token::LParen))
            }
            Keyword::INTERVAL => matches!(after, Some(Token::SingleQuotedString(_) | Token::Number(..))),
            Keyword::DATE | Keyword::TIME | Keyword::TIMESTAMP | Keyword::DATETIME
                if matches!(after, Some(Token::SingleQuotedString(_))) =>
            {
                true
            }
            Keyword::SELECT => return Err(subquery()),
            Keyword::EXISTS if bracket_follows => return Err(subquery()),
            Keyword::OVER if matches!(before, Some(Token::RParen)) => return Err(window()),
            Keyword::CURRENT_DATE
            | Keyword::CURRENT_TIME
            | Keyword::CURRENT_TIMESTAMP
            | Keyword::LOCALTIME
            | Keyword::LOCALTIMESTAMP => return Err(functions::unknown(&word.value)),
            _ if names_type => {
                self.names_type = !bracket_follows;
                true
            }
            _ if names_unit && is_unit(&word.value) => true,
            _ => form == Keyword::EXTRACT && matches!(before, Some(Token::LParen)),
        };
        if keep {
            return Ok(None);
        }
        if bracket_follows {
            return function(word).map(Some);
        }
        Ok(Some(quoted(&word.value)))
    }
}

/// `written` in lower case and quotes, if it is the name of a function.
fn function(word: &Word) -> Result<Token, SqlProblem> {
    let name = word.value.to_lowercase();
    if functions::is_known(&name) { Ok(quoted(&name)) } else { Err(functions::unknown(&word.value)) }
}

fn check_qualified_call(word: &Word, before: Option<&Token>, after: Option<&Token>) -> Result<(), SqlProblem> {
    if matches!(before, Some(Token::Period)) && matches!(after, Some(Token::LParen)) {
        return Err(SqlProblem::new(format!("the function \"{}\" is called behind a point", word.value))
            .remedy("functions stand before their arguments, as in length(name)"));
    }
    Ok(())
}

fn quoted(value: &str) -> Token {
    Token::Word(Word { value: value.to_owned(), quote_style: Some('"'), keyword: Keyword::NoKeyword })
}

fn is_keyword(token: Option<&Token>, keyword: Keyword) -> bool {
    matches!(token, Some(Token::Word(word)) if word.quote_style.is_none() && word.keyword == keyword)
}

/// Whether a bracket, of which `tokens` are what follows it, holds a word of the special forms of `substring`, `trim` and `overlay`.
fn has_form(tokens: &[TokenWithSpan]) -> bool {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate() {
        match &token.token {
            Token::LParen => depth += 1,
            Token::RParen if depth == 0 => return false,
            Token::RParen => depth -= 1,
            Token::Word(word) if depth == 0 && word.quote_style.is_none() => match word.keyword {
                Keyword::FROM | Keyword::FOR | Keyword::PLACING => return true,
                Keyword::LEADING | Keyword::TRAILING | Keyword::BOTH if index == 0 => return true,
                _ => {}
            },
            _ => {}
        }
    }
    false
}

fn is_unit(word: &str) -> bool {
    let word = word.to_lowercase();
    let word = word.strip_suffix('s').unwrap_or(&word);
    matches!(
        word,
        "year" | "month" | "week" | "day" | "hour" | "minute" | "second" | "millisecond" | "microsecond" | "quarter"
    )
}

/// The sentence for more nesting than is read.
pub(super) fn too_deep() -> SqlProblem {
    SqlProblem::new("the SQL is nested too deeply").remedy("split it over several columns; one may be hidden")
}

fn subquery() -> SqlProblem {
    SqlProblem::new("an expression sees one row, so it holds no subquery")
        .remedy("a value of a referenced row is written key.column, one of all children is a rule of kind aggregate")
}

fn window() -> SqlProblem {
    SqlProblem::new("an expression sees one row, so it holds no OVER")
        .remedy("the generators sequence, previous, running and rank look at the rows before")
}

/// The sentence for a sign that no expression may hold.
fn foreign(token: &Token) -> SqlProblem {
    let problem = SqlProblem::new(format!("{token} is no part of an expression"));
    match token {
        Token::Placeholder(_) | Token::Question | Token::AtSign | Token::Colon => {
            SqlProblem::new(format!("{token} is a placeholder, and expressions have none"))
                .remedy("a parameter of the schema is written ${name}")
        }
        Token::DoubleEq => problem.remedy("equality is written ="),
        Token::Caret | Token::PGSquareRoot | Token::PGCubeRoot => problem.remedy("use power(x, y), sqrt(x) or cbrt(x)"),
        Token::Tilde
        | Token::TildeAsterisk
        | Token::ExclamationMarkTilde
        | Token::ExclamationMarkTildeAsterisk
        | Token::DoubleTilde => problem.remedy("use LIKE or regexp_like(text, pattern)"),
        Token::ExclamationMark => problem.remedy("negation is written NOT"),
        Token::SemiColon => problem.remedy("leave it out"),
        Token::LBracket | Token::RBracket => problem.remedy("use make_array(…) and array_element(list, n)"),
        Token::Char('`') => problem.remedy("names that are no plain words are written in double quotes"),
        _ => problem,
    }
}

/// A number without exponent and underscores, `0.5` for `.5`; a whole number past 64 bits ends in a point, so that it is read as a decimal.
/// The error is the number of digits that would be needed.
pub(super) fn plain_number(text: &str) -> Result<String, String> {
    let text = text.replace('_', "");
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().map_err(|_| "too many".to_owned())?),
        None => (text.as_str(), 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits: String = format!("{whole}{fraction}");
    if digits.len() > 4_096 || exponent.abs() > 4_096 {
        return Err("too many".to_owned());
    }
    // The point stands this many digits from the left end of `digits`, which is then widened to hold it.
    let mut point = whole.len() as i64 + exponent;
    if point < 0 {
        digits.insert_str(0, &"0".repeat(point.unsigned_abs() as usize));
        point = 0;
    }
    let point = point as usize;
    if point > digits.len() {
        digits.push_str(&"0".repeat(point - digits.len()));
    }
    let (whole, fraction) = digits.split_at(point);
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let count = whole.len() + fraction.len() - usize::from(whole == "0" && !fraction.is_empty());
    if count > MAX_DIGITS {
        return Err(count.to_string());
    }
    Ok(match fraction {
        "" if whole.parse::<i64>().is_err() => format!("{whole}."),
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    })
}

/// The sentence of another library in our form: first letter small, no full stop.
pub(super) fn lower_first(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    let mut letters = text.chars();
    match letters.next() {
        // An abbreviation keeps its capitals.
        Some(first) if !letters.as_str().starts_with(char::is_uppercase) => {
            first.to_lowercase().collect::<String>() + letters.as_str()
        }
        _ => text.to_owned(),
    }
}

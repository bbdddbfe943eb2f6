//! How high the tree of an SQL text can get, by its words alone: before anything that follows it by recursion sees it.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::SqlProblem;

/// Brackets inside each other.
pub(crate) const MAX_BRACKETS: usize = 64;

/// Words along the path from the outside to the innermost bracket: values of a list do not add up, operators of a chain do.
pub(crate) struct Height {
    /// The most that there may be.
    most: usize,
    /// The words of each open bracket since it was opened or since its last comma, itself included, outermost first.
    brackets: Vec<usize>,
    /// Words outside all brackets, since the last comma there.
    outside: usize,
    /// All of them.
    path: usize,
}

/// What is too high.
pub(crate) enum TooHigh {
    /// Brackets.
    Brackets,
    /// Words.
    Words,
}

impl Height {
    /// Before the first word; there may be so many along a path.
    pub fn new(most: usize) -> Height {
        Height { most, brackets: Vec::new(), outside: 0, path: 0 }
    }

    /// Counts the next token.
    pub fn read(&mut self, token: &Token) -> Result<(), TooHigh> {
        match token {
            Token::LParen | Token::LBracket | Token::LBrace => {
                self.brackets.push(1);
                self.path += 1;
            }
            Token::RParen | Token::RBracket | Token::RBrace => self.path -= self.brackets.pop().unwrap_or_default(),
            Token::Comma => self.path -= std::mem::take(self.words()),
            _ => {
                *self.words() += 1;
                self.path += 1;
            }
        }
        if self.brackets.len() > MAX_BRACKETS {
            return Err(TooHigh::Brackets);
        }
        if self.path > self.most { Err(TooHigh::Words) } else { Ok(()) }
    }

    /// The words of the innermost open bracket, or those outside all.
    fn words(&mut self) -> &mut usize {
        self.brackets.last_mut().unwrap_or(&mut self.outside)
    }
}

/// The problem of a text with more words along a path than there may be.
pub(crate) fn too_long(most: usize) -> SqlProblem {
    SqlProblem::new(format!("the SQL chains more than {most} words and operators"))
}

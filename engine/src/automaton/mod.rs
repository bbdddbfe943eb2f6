//! The strings of a regular expression or a mask: counted, numbered and drawn.
//!
//! Every string that matches counts once, however many ways the pattern matches it. Repetitions are bounded, so there are finitely many;
//! where they can be numbered, numbers lead to strings and back, which is what uniqueness rests on. Whatever the pattern, reading it costs
//! bounded time and memory: too large ones are refused, and those with too many states are drawn by following the pattern.

mod charset;
mod dfa;
mod expr;
mod mask;
mod parse;
mod radix;

use std::fmt;

use self::dfa::Dfa;
use self::expr::{Arena, Expr, Id, NOTHING};
use self::radix::MixedRadix;
use crate::random::Cell;

pub use self::mask::Mask;

/// The longest pattern, in bytes.
const MAX_PATTERN: usize = 4096;
/// The longest strings, in characters.
const MAX_CHARS: u64 = 65_536;
/// The most states of an automaton.
const MAX_STATES: usize = 10_000;
/// The steps of work that an automaton may take: some tenths of a second.
const BUDGET: u64 = 4_000_000;

/// Why a pattern is refused, in one sentence that carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    sentence: String,
}

impl PatternError {
    /// The pattern, cut where it is long, and what is wrong with it.
    fn about(pattern: &str, what: &str) -> PatternError {
        let mut shown: String = pattern.chars().take(80).collect();
        if shown.len() < pattern.len() {
            shown.push('…');
        }
        PatternError { sentence: format!("{shown:?} {what}") }
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for PatternError {}

/// The strings that match a pattern from their start to their end.
#[derive(Clone, Debug)]
pub struct Automaton {
    form: Form,
    min_len: usize,
    max_len: usize,
}

#[derive(Clone, Debug)]
enum Form {
    /// Positions that do not depend on one another.
    Radix(MixedRadix),
    /// Few enough states.
    States(Dfa),
    /// The pattern itself.
    Pattern { arena: Arena, root: Id },
}

impl Automaton {
    /// Reads a pattern in the syntax of crate `regex`; `a*`, `a+` and `a{3,}` have up to `max_repeat` more than their least number.
    ///
    /// `.`, `\w`, `\d`, `\s` and negated classes mean printable ASCII. Anchors at the ends change nothing; look-around, anchors elsewhere
    /// and word boundaries are refused.
    pub fn new(pattern: &str, max_repeat: u32) -> Result<Automaton, PatternError> {
        let mut arena = Arena::new(BUDGET);
        let root = parse::parse(pattern, max_repeat, &mut arena)?;
        if root == NOTHING {
            return Err(PatternError::about(pattern, "matches no text of printable characters"));
        }
        let lengths = arena.lengths(root);
        if lengths.max > MAX_CHARS {
            return Err(PatternError::about(
                pattern,
                &format!("matches texts of up to {} characters, of which {MAX_CHARS} are possible", lengths.max),
            ));
        }
        // Both are at most 65,536.
        let (min_len, max_len) = (lengths.min as usize, lengths.max as usize);
        let form = match mixed_radix(&arena, root) {
            Some(radix) => Form::Radix(radix),
            None => {
                let expressions = arena.len();
                match Dfa::new(&mut arena, root, MAX_STATES) {
                    Ok(dfa) => Form::States(dfa),
                    Err(expr::Exhausted) => Form::Pattern { arena: arena.shrink(expressions), root },
                }
            }
        };
        Ok(Automaton { form, min_len, max_len })
    }

    /// How many strings there are; none where a number of 128 bits does not hold it or the automaton has more than 10,000 states.
    pub fn count(&self) -> Option<u128> {
        match &self.form {
            Form::Radix(radix) => radix.count(),
            Form::States(dfa) => dfa.count(),
            Form::Pattern { .. } => None,
        }
    }

    /// Appends the string of this number, which counts modulo [`Automaton::count`]. Where strings are not counted it may append nothing.
    pub fn unrank(&self, rank: u128, out: &mut String) {
        match &self.form {
            Form::Radix(radix) => radix.unrank(rank, out),
            Form::States(dfa) => dfa.unrank(rank, out),
            Form::Pattern { .. } => {}
        }
    }

    /// The number of a string; none where it does not match or strings are not counted.
    pub fn rank(&self, text: &str) -> Option<u128> {
        match &self.form {
            Form::Radix(radix) => radix.rank(text),
            Form::States(dfa) => dfa.rank(text),
            Form::Pattern { .. } => None,
        }
    }

    /// Appends a string. Each has the same probability, unless the automaton has more than 10,000 states: then the alternatives and
    /// repetitions of the pattern have.
    pub fn draw(&self, cell: &mut Cell, out: &mut String) {
        match &self.form {
            Form::Radix(radix) => radix.draw(cell, out),
            Form::States(dfa) => dfa.draw(cell, out),
            Form::Pattern { arena, root } => arena.draw(*root, cell, out),
        }
    }

    /// The length of the shortest string, in characters.
    pub fn min_len(&self) -> usize {
        self.min_len
    }

    /// The length of the longest string, in characters.
    pub fn max_len(&self) -> usize {
        self.max_len
    }
}

/// The positions of an expression that is a sequence of sets, each a fixed number of times.
fn mixed_radix(arena: &Arena, root: Id) -> Option<MixedRadix> {
    fn append(arena: &Arena, mut id: Id, radix: &mut MixedRadix, numbers: &mut Vec<(u32, u32)>) -> bool {
        loop {
            match arena.expr(id) {
                Expr::Empty => return true,
                Expr::Set(set) => {
                    let number = match numbers.iter().find(|(known, _)| known == set) {
                        Some((_, number)) => *number,
                        None => {
                            let number = radix.add_set(arena.char_set(*set).clone());
                            numbers.push((*set, number));
                            number
                        }
                    };
                    radix.push_char(number);
                    return true;
                }
                Expr::Cat(head, tail) => {
                    if !append(arena, *head, radix, numbers) {
                        return false;
                    }
                    id = *tail;
                }
                Expr::Repeat { sub, min, max } if min == max => {
                    return (0..*min).all(|_| append(arena, *sub, radix, numbers));
                }
                Expr::Nothing | Expr::Any(_) | Expr::Repeat { .. } => return false,
            }
        }
    }
    let mut radix = MixedRadix::default();
    append(arena, root, &mut radix, &mut Vec::new()).then(|| radix.finish())
}

#[cfg(test)]
mod tests;

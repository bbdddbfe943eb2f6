//! Reads a pattern: the syntax of crate `regex`, its open classes narrowed to what people expect to see in a text field.
//!
//! `.`, `\w`, `\d`, `\s`, `[[:space:]]`, `[[:cntrl:]]` and everything negated mean printable ASCII. What is named or listed (`\p{Greek}`,
//! `[à-ÿ]`, `\t`) means itself.

use regex_syntax::ast::{self, Ast, ClassBracketed, ClassPerlKind, ClassSet, ClassSetBinaryOpKind, ClassSetItem, Span};
use regex_syntax::hir::translate::TranslatorBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::charset::CharSet;
use super::expr::{Arena, EMPTY, Id};
use super::{MAX_PATTERN, PatternError};

/// How deep groups, classes and repetitions may lie in one another.
const NESTING: u32 = 100;

/// Reads the pattern into the arena; repetitions without end have up to `max_repeat` more than their least number.
pub(super) fn parse(pattern: &str, max_repeat: u32, arena: &mut Arena) -> Result<Id, PatternError> {
    if pattern.len() > MAX_PATTERN {
        return Err(PatternError::about(pattern, &format!("is longer than {MAX_PATTERN} bytes")));
    }
    let refused = |why: &dyn std::fmt::Display| PatternError::about(pattern, &format!("is no pattern: {why}"));
    let mut ast =
        ast::parse::ParserBuilder::new().nest_limit(NESTING).build().parse(pattern).map_err(|e| refused(e.kind()))?;
    narrow(&mut ast);
    let mut translator = TranslatorBuilder::new().build();
    let hir = translator.translate(pattern, &ast).map_err(|e| refused(e.kind()))?;
    Reader { pattern, max_repeat, arena }.read(&hir, Ends { start: true, end: true })
}

/// Puts printable ASCII in the place of open classes, throughout.
fn narrow(ast: &mut Ast) {
    match ast {
        Ast::Dot(span) => *ast = Ast::class_bracketed(printable(**span, None)),
        Ast::ClassPerl(class) => *ast = Ast::class_bracketed(printable(class.span, Some(perl(class)))),
        Ast::ClassUnicode(class) if class.is_negated() => {
            *ast = Ast::class_bracketed(printable(class.span, Some(ClassSetItem::Unicode((**class).clone()))));
        }
        Ast::ClassBracketed(class) => {
            narrow_class(class);
        }
        Ast::Repetition(repetition) => narrow(&mut repetition.ast),
        Ast::Group(group) => narrow(&mut group.ast),
        Ast::Alternation(alternation) => alternation.asts.iter_mut().for_each(narrow),
        Ast::Concat(concat) => concat.asts.iter_mut().for_each(narrow),
        Ast::Empty(_) | Ast::Flags(_) | Ast::Literal(_) | Ast::Assertion(_) | Ast::ClassUnicode(_) => {}
    }
}

fn narrow_class(class: &mut ClassBracketed) {
    narrow_set(&mut class.kind);
    if class.negated {
        let open = ClassSetItem::Bracketed(Box::new(class.clone()));
        *class = printable(class.span, Some(open));
    }
}

fn narrow_set(set: &mut ClassSet) {
    match set {
        ClassSet::Item(item) => narrow_item(item),
        ClassSet::BinaryOp(op) => {
            narrow_set(&mut op.lhs);
            narrow_set(&mut op.rhs);
        }
    }
}

fn narrow_item(item: &mut ClassSetItem) {
    use ast::ClassAsciiKind::{Cntrl, Space};
    let span = *item.span();
    let open = match item {
        ClassSetItem::Perl(class) => perl(class),
        ClassSetItem::Unicode(class) if class.is_negated() => item.clone(),
        ClassSetItem::Ascii(class) if class.negated || matches!(class.kind, Space | Cntrl) => item.clone(),
        ClassSetItem::Bracketed(class) => return narrow_class(class),
        ClassSetItem::Union(union) => return union.items.iter_mut().for_each(narrow_item),
        _ => return,
    };
    *item = ClassSetItem::Bracketed(Box::new(printable(span, Some(open))));
}

/// The ASCII form of `\d`, `\s` and `\w`.
fn perl(class: &ast::ClassPerl) -> ClassSetItem {
    let kind = match class.kind {
        ClassPerlKind::Digit => ast::ClassAsciiKind::Digit,
        ClassPerlKind::Space => ast::ClassAsciiKind::Space,
        ClassPerlKind::Word => ast::ClassAsciiKind::Word,
    };
    ClassSetItem::Ascii(ast::ClassAscii { span: class.span, kind, negated: class.negated })
}

/// Printable ASCII, or what of it lies in `within`.
fn printable(span: Span, within: Option<ClassSetItem>) -> ClassBracketed {
    let literal = |c| ast::Literal { span, kind: ast::LiteralKind::Verbatim, c };
    let range = ast::ClassSetRange { span, start: literal(' '), end: literal('~') };
    let all = ClassSet::Item(ClassSetItem::Range(range));
    let kind = match within {
        None => all,
        Some(item) => ClassSet::BinaryOp(ast::ClassSetBinaryOp {
            span,
            kind: ClassSetBinaryOpKind::Intersection,
            lhs: Box::new(all),
            rhs: Box::new(ClassSet::Item(item)),
        }),
    };
    ClassBracketed { span, negated: false, kind }
}

/// Whether nothing can come before a part of the pattern, or after it.
#[derive(Clone, Copy)]
struct Ends {
    start: bool,
    end: bool,
}

struct Reader<'a> {
    pattern: &'a str,
    max_repeat: u32,
    arena: &'a mut Arena,
}

impl Reader<'_> {
    fn read(&mut self, hir: &Hir, ends: Ends) -> Result<Id, PatternError> {
        match hir.kind() {
            HirKind::Empty => Ok(EMPTY),
            HirKind::Literal(literal) => {
                let text = std::str::from_utf8(&literal.0)
                    .map_err(|_| PatternError::about(self.pattern, "matches bytes that are no text"))?;
                Ok(text.chars().rev().fold(EMPTY, |tail, c| {
                    let head = self.arena.set(CharSet::new([(c as u32, c as u32)]));
                    self.arena.cat(head, tail)
                }))
            }
            HirKind::Class(class) => {
                let set = self.char_set(class);
                Ok(self.arena.set(set))
            }
            HirKind::Look(look) => self.anchor(*look, ends),
            HirKind::Capture(capture) => self.read(&capture.sub, ends),
            HirKind::Repetition(repetition) => {
                let max = repetition.max.unwrap_or_else(|| repetition.min.saturating_add(self.max_repeat));
                let once = max == 1;
                let sub = self.read(&repetition.sub, Ends { start: ends.start && once, end: ends.end && once })?;
                Ok(self.arena.repeat(sub, repetition.min, max))
            }
            HirKind::Concat(subs) => {
                // An anchor stays at an end where only anchors stand between.
                let is_anchor = |sub: &Hir| sub.properties().maximum_len() == Some(0);
                let first = subs.iter().position(|sub| !is_anchor(sub)).unwrap_or(subs.len());
                let last = subs.iter().rposition(|sub| !is_anchor(sub)).unwrap_or(0);
                let mut parts = Vec::with_capacity(subs.len());
                for (at, sub) in subs.iter().enumerate() {
                    let ends = Ends { start: ends.start && at <= first, end: ends.end && at >= last };
                    parts.push(self.read(sub, ends)?);
                }
                Ok(parts.into_iter().rev().fold(EMPTY, |tail, head| self.arena.cat(head, tail)))
            }
            HirKind::Alternation(subs) => {
                let subs = subs.iter().map(|sub| self.read(sub, ends)).collect::<Result<Vec<_>, _>>()?;
                Ok(self.arena.any(subs))
            }
        }
    }

    fn anchor(&self, look: Look, ends: Ends) -> Result<Id, PatternError> {
        match look {
            Look::Start | Look::StartLF | Look::StartCRLF if ends.start => Ok(EMPTY),
            Look::End | Look::EndLF | Look::EndCRLF if ends.end => Ok(EMPTY),
            Look::Start | Look::StartLF | Look::StartCRLF => {
                Err(PatternError::about(self.pattern, "has an anchor for the start where something can come before it"))
            }
            Look::End | Look::EndLF | Look::EndCRLF => {
                Err(PatternError::about(self.pattern, "has an anchor for the end where something can come after it"))
            }
            _ => Err(PatternError::about(self.pattern, "has a word boundary, for which no text can be made")),
        }
    }

    fn char_set(&self, class: &Class) -> CharSet {
        let ranges: Vec<(u32, u32)> = match class {
            Class::Unicode(class) => class.ranges().iter().map(|r| (r.start() as u32, r.end() as u32)).collect(),
            Class::Bytes(class) => class.ranges().iter().map(|r| (r.start().into(), r.end().into())).collect(),
        };
        let set = CharSet::new(ranges);
        // Upper and lower case meet in two more characters than their letters, which nobody who ignores case has in mind.
        let stray: Vec<u32> = [('k', '\u{212A}'), ('s', '\u{17F}')]
            .into_iter()
            .filter(|(letter, other)| set.index_of(*letter).is_some() && !self.pattern.contains(*other))
            .map(|(_, other)| other as u32)
            .collect();
        if stray.iter().all(|code| char::from_u32(*code).is_none_or(|c| set.index_of(c).is_none())) {
            return set;
        }
        CharSet::new(set.ranges().flat_map(|(first, last)| {
            let mut pieces = vec![(first, last)];
            for code in &stray {
                pieces = pieces
                    .into_iter()
                    .flat_map(|(first, last)| {
                        if (first..=last).contains(code) {
                            [(first, code - 1), (code + 1, last)]
                        } else {
                            [(first, last), (1, 0)]
                        }
                    })
                    .collect();
            }
            pieces
        }))
    }
}

//! An expression as it was written: its syntax checked against the list of what expressions may hold, its names not yet known.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    self, BinaryOperator, CastKind, DataType, DateTimeField, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArguments, Spanned, TrimWhereField, UnaryOperator, Value, ValueWithSpan,
};
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::Token;

use super::simple::{self, Literal, Op, Simple};
use super::tokens::{SqlDialect, lower_first, tokens, too_deep};
use super::walk::{Order, change, look};
use super::{Reference, SqlProblem, types};
use crate::functions;

/// Steps of the parser inside each other.
const MAX_RECURSION: usize = 100;

/// Height of an expression's tree, chains of AND and OR aside.
const MAX_HEIGHT: usize = 200;

/// An expression whose syntax is known and whose types are not.
#[derive(Clone, Debug)]
pub struct Parsed {
    sql: String,
    expr: Expr,
    references: Vec<Reference>,
}

/// A column against anything else.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The column.
    pub column: Reference,
    /// How they compare.
    pub op: Op,
    /// The other side.
    pub than: Parsed,
    /// The other side where it is a value that is written there.
    pub value: Option<Literal>,
}

impl Parsed {
    /// Reads an SQL expression. What is refused, with its place: bad syntax, subqueries, `OVER`, placeholders, aggregates, functions that are
    /// not in [`functions::list`], and those that would make a row depend on more than itself, `now()` and `random()` among them.
    pub fn parse(sql: &str) -> Result<Parsed, SqlProblem> {
        let tokens = tokens(sql)?;
        let mut parser =
            Parser::new(&SqlDialect).with_recursion_limit(MAX_RECURSION).with_tokens_with_locations(tokens);
        let expr = parser.parse_expr().map_err(|error| syntax_problem(&error))?;
        let rest = parser.peek_token();
        if rest.token != Token::EOF {
            let start = rest.span.start;
            return Err(SqlProblem::new(format!("{} was not expected here", shown(&rest.token.to_string())))
                .at(start.line, start.column));
        }
        let mut expr = balance(expr);
        // What walks the tree by plain recursion, as clones and spans do, may come only after the height is known.
        if too_high(&expr) {
            return Err(too_deep());
        }
        change(&mut expr, check)?;
        Ok(Parsed::of(sql.trim().to_owned(), expr))
    }

    /// The paths that the expression reads, each once, in order of appearance, as they were written.
    pub fn references(&self) -> &[Reference] {
        &self.references
    }

    /// The first division whose divisor is a zero that is written there.
    pub fn zero_divisor(&self) -> Option<String> {
        let mut found = None;
        look(&self.expr, |expr, order| {
            let Expr::BinaryOp { op: BinaryOperator::Divide | BinaryOperator::Modulo, right, .. } = expr else {
                return ControlFlow::Continue(());
            };
            if order == Order::Before && is_zero(right) {
                found = Some(sql_of(expr));
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        found
    }

    /// The conditions that hold together where this one holds: split at `AND`, through brackets. One that holds no `AND` is its own part.
    pub fn conjuncts(&self) -> Vec<Parsed> {
        let mut parts = Vec::new();
        let mut pending = vec![&self.expr];
        while let Some(expr) = pending.pop() {
            match expr {
                Expr::Nested(inner) => pending.push(inner),
                Expr::BinaryOp { left, op: BinaryOperator::And, right } => pending.extend([&**right, &**left]),
                part => parts.push(Parsed::of(sql_of(part), part.clone())),
            }
        }
        if parts.len() == 1 { vec![self.clone()] } else { parts }
    }

    /// The comparison that this condition is, if it is one that can be reasoned about without evaluating it.
    pub fn simple(&self) -> Option<Simple> {
        simple::of_expr(&self.expr)
    }

    /// The ways to read this condition as comparisons of one column with something else, which hold together where it holds.
    pub fn comparisons(&self) -> Vec<Vec<Comparison>> {
        let comparison = |one: simple::Against<'_>| Comparison {
            column: one.column,
            op: one.op,
            value: simple::literal(one.other),
            than: Parsed::of(sql_of(one.other), one.other.clone()),
        };
        simple::against(&self.expr).into_iter().map(|all| all.into_iter().map(comparison).collect()).collect()
    }

    /// The expression with others, in brackets, in the place of some columns of its own row; `None` where that is no expression any more, being
    /// too high.
    pub fn with(&self, of: impl Fn(&str) -> Option<Parsed>) -> Option<Parsed> {
        let mut expr = self.expr.clone();
        let replaced = change(&mut expr, |expr, order| {
            if order == Order::After
                && let Expr::Identifier(name) = &*expr
                && let Some(other) = of(&name.value)
            {
                *expr = Expr::Nested(Box::new(other.expr));
            }
            Ok(())
        });
        replaced.ok()?;
        if too_high(&expr) {
            return None;
        }
        Parsed::parse(&sql_of(&expr)).ok()
    }

    /// The text: what was read, or for a part of a longer condition the same words written anew.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    pub(crate) fn expr(&self) -> &Expr {
        &self.expr
    }

    pub(super) fn of(sql: String, expr: Expr) -> Parsed {
        let mut references = Vec::new();
        look(&expr, |expr, order| {
            if order == Order::Before
                && let Some(reference) = reference(expr)
                && !references.contains(&reference)
            {
                references.push(reference);
            }
            ControlFlow::Continue(())
        });
        Parsed { sql, expr, references }
    }
}

/// A node without brackets around it.
pub(super) fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) => bare(inner),
        _ => expr,
    }
}

/// The path that a node of the tree is, if it is one.
pub(super) fn reference(expr: &Expr) -> Option<Reference> {
    match expr {
        Expr::Identifier(name) => Some(Reference(vec![name.value.clone()])),
        Expr::CompoundIdentifier(names) => Some(Reference(names.iter().map(|name| name.value.clone()).collect())),
        _ => None,
    }
}

/// The words of a tree, without the quotes that names do not need.
pub(super) fn sql_of(expr: &Expr) -> String {
    fn unquote(name: &mut ast::Ident) {
        let plain = name.value.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        // A word of the syntax keeps its quotes; it is read again as itself only so.
        if plain
            && tokens(&name.value).is_ok_and(
                |t| matches!(&t[..], [one] if matches!(&one.token, Token::Word(w) if w.quote_style.is_some())),
            )
        {
            name.quote_style = None;
        }
    }
    let mut expr = expr.clone();
    // Nothing is refused here.
    let _ = change(&mut expr, |expr, order| {
        match expr {
            _ if order == Order::Before => {}
            Expr::Identifier(name) => unquote(name),
            Expr::CompoundIdentifier(names) => names.iter_mut().for_each(unquote),
            Expr::Function(function) => {
                if let Some(ast::ObjectNamePart::Identifier(name)) = function.name.0.first_mut() {
                    name.quote_style = None;
                }
            }
            _ => {}
        }
        Ok(())
    });
    expr.to_string()
}

/// The same condition with chains of `AND` and of `OR` as trees of little height: they are read left-deep, and each level costs stack when
/// the tree is walked. Both operators are associative, in three-valued logic too, and the order of evaluation stays.
fn balance(expr: Expr) -> Expr {
    let operator = match &expr {
        Expr::BinaryOp { op: op @ (BinaryOperator::And | BinaryOperator::Or), .. } => op.clone(),
        Expr::Nested(_) => {
            let Expr::Nested(inner) = expr else { return expr };
            return Expr::Nested(Box::new(balance(*inner)));
        }
        _ => return expr,
    };
    let mut parts = Vec::new();
    let mut rest = expr;
    loop {
        match rest {
            Expr::BinaryOp { left, op, right } if op == operator => {
                parts.push(balance(*right));
                rest = *left;
            }
            first => {
                parts.push(balance(first));
                break;
            }
        }
    }
    parts.reverse();
    join(parts, &operator)
}

fn join(mut parts: Vec<Expr>, operator: &BinaryOperator) -> Expr {
    while parts.len() > 1 {
        let mut joined = Vec::with_capacity(parts.len().div_ceil(2));
        let mut pairs = parts.into_iter();
        while let Some(left) = pairs.next() {
            joined.push(match pairs.next() {
                Some(right) => Expr::BinaryOp { left: Box::new(left), op: operator.clone(), right: Box::new(right) },
                None => left,
            });
        }
        parts = joined;
    }
    parts.pop().expect("a chain has at least one part")
}

/// Whether a tree is higher than those that are read.
fn too_high(expr: &Expr) -> bool {
    let mut height = 0;
    look(expr, |_, order| {
        match order {
            Order::Before => height += 1,
            Order::After => height -= 1,
        }
        if height > MAX_HEIGHT { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
}

/// Refuses what expressions do not hold, and writes the special forms of SQL as plain calls, so that what follows knows only calls.
fn check(expr: &mut Expr, order: Order) -> Result<(), SqlProblem> {
    if order == Order::Before {
        return checked(expr).map_err(|problem| {
            let start = expr.span().start;
            problem.at(start.line, start.column)
        });
    }
    let taken = std::mem::replace(expr, Expr::Value(Value::Null.with_empty_span()));
    *expr = plain_call(taken);
    Ok(())
}

/// Whether the node itself, its children aside, may stand in an expression. Types are replaced by the ones we have.
fn checked(expr: &mut Expr) -> Result<(), SqlProblem> {
    match expr {
        Expr::Identifier(_)
        | Expr::CompoundIdentifier(_)
        | Expr::Nested(_)
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsTrue(_)
        | Expr::IsNotTrue(_)
        | Expr::IsFalse(_)
        | Expr::IsNotFalse(_)
        | Expr::IsUnknown(_)
        | Expr::IsNotUnknown(_)
        | Expr::IsDistinctFrom(..)
        | Expr::IsNotDistinctFrom(..)
        | Expr::InList { .. }
        | Expr::Between { .. }
        | Expr::Case { .. }
        | Expr::Position { .. }
        | Expr::Substring { .. }
        | Expr::Overlay { .. }
        | Expr::Interval(_) => Ok(()),
        Expr::Value(ValueWithSpan { value, .. }) => match value {
            Value::Number(..)
            | Value::SingleQuotedString(_)
            | Value::Boolean(_)
            | Value::Null
            | Value::HexStringLiteral(_) => Ok(()),
            other => Err(SqlProblem::new(format!("{other} is no part of an expression"))),
        },
        Expr::Like { any, escape_char, .. } | Expr::ILike { any, escape_char, .. } => {
            if *any {
                return Err(SqlProblem::new("LIKE ANY is no part of an expression"));
            }
            if escape_char.is_some() {
                return Err(
                    SqlProblem::new("LIKE takes no ESCAPE").remedy("the backslash takes the meaning from % and _")
                );
            }
            Ok(())
        }
        Expr::BinaryOp { op, .. } => match op {
            BinaryOperator::Plus
            | BinaryOperator::Minus
            | BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::Modulo
            | BinaryOperator::StringConcat
            | BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::Lt
            | BinaryOperator::LtEq
            | BinaryOperator::Gt
            | BinaryOperator::GtEq
            | BinaryOperator::And
            | BinaryOperator::Or => Ok(()),
            other => Err(SqlProblem::new(format!("the operator {other} is no part of an expression"))),
        },
        Expr::UnaryOp { op, .. } => match op {
            UnaryOperator::Plus | UnaryOperator::Minus | UnaryOperator::Not => Ok(()),
            other => Err(SqlProblem::new(format!("the operator {other} is no part of an expression"))),
        },
        Expr::Cast { kind, data_type, array, format, .. } => {
            if *array || format.is_some() || matches!(kind, CastKind::SafeCast) {
                return Err(SqlProblem::new("CAST is written CAST(value AS type)"));
            }
            *data_type = types::of_sql(data_type)?;
            Ok(())
        }
        Expr::TypedString(typed) => {
            if !matches!(
                typed.data_type,
                DataType::Date | DataType::Timestamp(..) | DataType::Time(..) | DataType::Datetime(_)
            ) {
                return Err(SqlProblem::new(format!("a value of type {} is written CAST(… AS type)", typed.data_type)));
            }
            typed.data_type = types::of_sql(&typed.data_type)?;
            Ok(())
        }
        Expr::Extract { field, .. } => match field {
            DateTimeField::Custom(name) => Err(SqlProblem::new(format!("a date has no part \"{name}\""))
                .remedy("parts are year, quarter, month, week, day, dow, doy, hour, minute, second, epoch")),
            _ => Ok(()),
        },
        Expr::Trim { trim_characters, .. } if trim_characters.as_ref().is_none_or(|list| list.len() == 1) => Ok(()),
        Expr::Function(function) => checked_call(function),
        Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => {
            Err(SqlProblem::new("an expression sees one row, so it holds no subquery"))
        }
        Expr::Tuple(_) => Err(SqlProblem::new("a list in brackets stands only behind IN")),
        other => Err(SqlProblem::new(format!("{} is no part of an expression", shown(&other.to_string())))),
    }
}

fn checked_call(function: &Function) -> Result<(), SqlProblem> {
    let name = function_name(function).unwrap_or_default();
    if !functions::is_known(&name) {
        return Err(functions::unknown(&name));
    }
    if function.over.is_some() {
        return Err(SqlProblem::new("an expression sees one row, so it holds no OVER"));
    }
    let FunctionArguments::List(list) = &function.args else {
        return Err(SqlProblem::new(format!("the arguments of {name} stand in brackets")));
    };
    let plain = list.duplicate_treatment.is_none()
        && list.clauses.is_empty()
        && function.filter.is_none()
        && function.null_treatment.is_none()
        && function.within_group.is_empty()
        && list.args.iter().all(|arg| matches!(arg, FunctionArg::Unnamed(FunctionArgExpr::Expr(_))));
    if plain { Ok(()) } else { Err(SqlProblem::new(format!("{name} takes plain values as arguments"))) }
}

pub(super) fn function_name(function: &Function) -> Option<String> {
    match function.name.0.as_slice() {
        [ast::ObjectNamePart::Identifier(name)] => Some(name.value.clone()),
        _ => None,
    }
}

/// The special forms as calls: `EXTRACT(year FROM d)` as `date_part('year', d)`.
fn plain_call(expr: Expr) -> Expr {
    match expr {
        Expr::Extract { field, expr, .. } => call("date_part", vec![text(&field.to_string().to_lowercase()), *expr]),
        Expr::Position { expr, r#in } => call("strpos", vec![*r#in, *expr]),
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            let from = substring_from.map_or_else(|| Expr::value(Value::Number("1".to_owned(), false)), |from| *from);
            call("substr", [*expr, from].into_iter().chain(substring_for.map(|length| *length)).collect())
        }
        Expr::Trim { trim_where, trim_what, expr, trim_characters } => {
            let name = match trim_where {
                Some(TrimWhereField::Leading) => "ltrim",
                Some(TrimWhereField::Trailing) => "rtrim",
                Some(TrimWhereField::Both) | None => "btrim",
            };
            let what = trim_what.map(|what| *what).into_iter().chain(trim_characters.into_iter().flatten());
            call(name, std::iter::once(*expr).chain(what).collect())
        }
        Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => call(
            "overlay",
            [*expr, *overlay_what, *overlay_from].into_iter().chain(overlay_for.map(|length| *length)).collect(),
        ),
        other => other,
    }
}

fn call(name: &str, args: Vec<Expr>) -> Expr {
    Expr::Function(Function {
        name: ast::ObjectName::from(vec![ast::Ident::with_quote('"', name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(ast::FunctionArgumentList {
            duplicate_treatment: None,
            args: args.into_iter().map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))).collect(),
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

fn text(value: &str) -> Expr {
    Expr::value(Value::SingleQuotedString(value.to_owned()))
}

/// The parser's sentence in our form, its place taken out of the text.
pub(crate) fn syntax_problem(error: &ParserError) -> SqlProblem {
    let message = match error {
        ParserError::RecursionLimitExceeded => return too_deep(),
        ParserError::ParserError(message) | ParserError::TokenizerError(message) => message,
    };
    let (message, place) = match message.rsplit_once(" at Line: ") {
        Some((message, place)) => (message, place.split_once(", Column: ")),
        None => (message.as_str(), None),
    };
    let sentence = match message.strip_prefix("Expected: ").and_then(|rest| rest.split_once(", found: ")) {
        Some((wanted, found)) if found == "EOF" || found.is_empty() => {
            format!("the SQL ends where {wanted} was expected")
        }
        Some((wanted, found)) => format!("{} stands where {wanted} was expected", shown(found)),
        None => lower_first(message),
    };
    let problem = SqlProblem::new(sentence);
    match place.map(|(line, column)| (line.trim().parse(), column.trim().parse())) {
        Some((Ok(line), Ok(column))) => problem.at(line, column),
        _ => problem,
    }
}

/// A piece of SQL for a sentence: not too long, the quotes of a single word as they are.
fn shown(sql: &str) -> String {
    let mut letters = sql.chars();
    let start: String = letters.by_ref().take(60).collect();
    if letters.next().is_some() { format!("{start}…") } else { start }
}

/// Whether an expression is a zero as it is written, in brackets or with a sign.
fn is_zero(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_zero(inner),
        Expr::UnaryOp { op: UnaryOperator::Minus | UnaryOperator::Plus, expr } => is_zero(expr),
        Expr::Value(ValueWithSpan { value: Value::Number(number, _), .. }) => {
            number.parse().is_ok_and(|number: f64| number == 0.0)
        }
        _ => false,
    }
}

//! The language's SQL written for other databases.
//!
//! What they do differently is written out: casts to whole numbers (truncated here, rounded there), division of whole numbers and decimals,
//! days between dates, functions of other names. What a database cannot say is an error with the reason, never a different statement. Where
//! the types of columns are not declared, a division or cast stands as it was written.

mod functions;
mod sqlite;
mod times;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CaseWhen, DataType, ExactNumberInfo, Expr, UnaryOperator, Value,
};

use super::joins::literal;
use crate::expr::Reference;
use crate::types::LogicalType;

/// A database that `verify.sql` can be written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// PostgreSQL 15 or later.
    Postgres,
    /// DuckDB 1.0 or later.
    Duckdb,
    /// SQLite 3.44 or later.
    Sqlite,
}

impl Dialect {
    /// All of them, the default first.
    pub const ALL: [Dialect; 3] = [Dialect::Postgres, Dialect::Duckdb, Dialect::Sqlite];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Postgres => "postgres",
            Dialect::Duckdb => "duckdb",
            Dialect::Sqlite => "sqlite",
        }
    }

    /// The dialect of a name.
    pub fn by_name(name: &str) -> Option<Dialect> {
        Dialect::ALL.into_iter().find(|dialect| dialect.name() == name)
    }
}

/// A column in another database's words.
pub(super) struct Written {
    /// The column, qualified by its table's alias.
    pub sql: String,
    /// Its declared type.
    pub kind: Option<LogicalType>,
}

/// Writes expressions.
pub(super) struct Writer<'a> {
    pub dialect: Dialect,
    /// What `reference_time()` gives, in the spelling of the language.
    pub reference_time: String,
    /// Where a name leads.
    pub resolve: &'a dyn Fn(&Reference) -> Result<Written, String>,
}

/// What is known of an expression's type.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Kind {
    Integer,
    Decimal(i8),
    Float,
    Date,
    /// An instant as the database keeps it.
    Datetime,
    /// An instant in SQLite as microseconds since 1970, and the difference of two.
    Instant,
    Span,
    Other,
}

/// An expression in text, with what is known of its type.
struct Piece {
    sql: String,
    kind: Option<Kind>,
}

fn piece(sql: impl Into<String>) -> Piece {
    Piece { sql: sql.into(), kind: None }
}

fn of(kind: Kind, sql: impl Into<String>) -> Piece {
    Piece { sql: sql.into(), kind: Some(kind) }
}

impl Writer<'_> {
    /// The expression in the dialect, or what it holds that the dialect has not.
    pub(super) fn write(&self, expr: &Expr) -> Result<String, String> {
        Ok(self.expr(expr)?.sql)
    }

    fn expr(&self, expr: &Expr) -> Result<Piece, String> {
        let test = |inner: &Expr, words: &str| Ok(of(Kind::Other, format!("{} {words}", self.write(inner)?)));
        match expr {
            Expr::Identifier(name) => self.name(&Reference(vec![name.value.clone()])),
            Expr::CompoundIdentifier(names) => {
                self.name(&Reference(names.iter().map(|name| name.value.clone()).collect()))
            }
            Expr::Nested(inner) => {
                let inner = self.expr(inner)?;
                Ok(Piece { sql: format!("({})", inner.sql), ..inner })
            }
            Expr::IsNull(inner) => test(inner, "IS NULL"),
            Expr::IsNotNull(inner) => test(inner, "IS NOT NULL"),
            Expr::IsTrue(inner) => test(inner, "IS TRUE"),
            Expr::IsNotTrue(inner) => test(inner, "IS NOT TRUE"),
            Expr::IsFalse(inner) => test(inner, "IS FALSE"),
            Expr::IsNotFalse(inner) => test(inner, "IS NOT FALSE"),
            Expr::IsUnknown(inner) => test(inner, "IS NULL"),
            Expr::IsNotUnknown(inner) => test(inner, "IS NOT NULL"),
            Expr::IsDistinctFrom(left, right) => self.pair(left, "IS DISTINCT FROM", right),
            Expr::IsNotDistinctFrom(left, right) => self.pair(left, "IS NOT DISTINCT FROM", right),
            Expr::InList { expr, list, negated } => {
                let all = self.all(std::iter::once(&**expr).chain(list))?;
                let (expr, list) = (&all[0], all[1..].join(", "));
                Ok(of(Kind::Other, format!("{expr} {}IN ({list})", not(*negated))))
            }
            Expr::Between { expr, negated, low, high } => {
                let all = self.all([&**expr, &**low, &**high])?;
                Ok(of(Kind::Other, format!("{} {}BETWEEN {} AND {}", all[0], not(*negated), all[1], all[2])))
            }
            Expr::Like { negated, expr, pattern, .. } => self.like(expr, *negated, "LIKE", pattern),
            Expr::ILike { negated, expr, pattern, .. } => match self.dialect {
                Dialect::Sqlite => Err(self.lacks("ILIKE")),
                Dialect::Postgres | Dialect::Duckdb => self.like(expr, *negated, "ILIKE", pattern),
            },
            Expr::BinaryOp { left, op, right } => self.operation(left, op, right),
            Expr::UnaryOp { op, expr } => {
                let inner = self.expr(expr)?;
                let sql = match op {
                    UnaryOperator::Not => format!("NOT {}", inner.sql),
                    UnaryOperator::Minus => format!("- {}", inner.sql),
                    _ => inner.sql,
                };
                Ok(Piece { sql, kind: inner.kind })
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref())
            }
            Expr::Cast { expr, data_type, .. } => self.cast(expr, data_type),
            Expr::TypedString(typed) => {
                let text = match &typed.value.value {
                    Value::SingleQuotedString(text) => literal(text),
                    other => other.to_string(),
                };
                let kind = match &typed.data_type {
                    DataType::Date => Kind::Date,
                    DataType::Timestamp(..) => Kind::Datetime,
                    _ => Kind::Other,
                };
                match (self.dialect, kind) {
                    (Dialect::Sqlite, Kind::Other) => Err(self.lacks("times")),
                    (Dialect::Sqlite, _) => Ok(of(kind, text)),
                    _ => Ok(of(kind, format!("{} {text}", self.type_name(&typed.data_type)?))),
                }
            }
            Expr::Interval(interval) => self.interval(interval),
            Expr::Value(value) => match &value.value {
                Value::Number(digits, _) => Ok(of(number_kind(digits), digits.clone())),
                Value::SingleQuotedString(text) => Ok(of(Kind::Other, literal(text))),
                value @ (Value::Boolean(_) | Value::Null) => Ok(piece(value.to_string().to_uppercase())),
                other => Err(format!("{other} has no form in {}", self.database())),
            },
            Expr::Function(function) => self.function(function),
            other => Err(format!("{other} has no form in {}", self.database())),
        }
    }

    fn name(&self, reference: &Reference) -> Result<Piece, String> {
        let written = (self.resolve)(reference)?;
        let kind = written.kind.map(|kind| match kind {
            LogicalType::Integer => Kind::Integer,
            LogicalType::Decimal { scale, .. } => Kind::Decimal(scale),
            LogicalType::Float => Kind::Float,
            LogicalType::Date => Kind::Date,
            LogicalType::Datetime => Kind::Datetime,
            _ => Kind::Other,
        });
        Ok(Piece { sql: written.sql, kind })
    }

    /// Expressions that are compared with each other.
    fn all<'e>(&self, exprs: impl IntoIterator<Item = &'e Expr>) -> Result<Vec<String>, String> {
        let pieces: Result<Vec<Piece>, String> = exprs.into_iter().map(|expr| self.expr(expr)).collect();
        Ok(self.alike(pieces?).into_iter().map(|piece| piece.sql).collect())
    }

    fn pair(&self, left: &Expr, words: &str, right: &Expr) -> Result<Piece, String> {
        Ok(of(Kind::Other, self.all([left, right])?.join(&format!(" {words} "))))
    }

    fn like(&self, expr: &Expr, negated: bool, word: &str, pattern: &Expr) -> Result<Piece, String> {
        let pattern = self.write(pattern)?;
        // Only PostgreSQL takes the backslash for an escape unasked.
        let plain = pattern.starts_with('\'') && !pattern.contains('\\');
        let escape = if plain || self.dialect == Dialect::Postgres { "" } else { " ESCAPE '\\'" };
        Ok(of(Kind::Other, format!("{} {}{word} {pattern}{escape}", self.write(expr)?, not(negated))))
    }

    fn operation(&self, left: &Expr, op: &BinaryOperator, right: &Expr) -> Result<Piece, String> {
        if let Some(moved) = self.moved_by(left, op, right)? {
            return Ok(moved);
        }
        if compares(op) {
            return self.pair(left, &op.to_string(), right);
        }
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        if *op == BinaryOperator::Divide {
            return self.division(&left, &right);
        }
        if let Some(moved) = self.moved(&left, op, &right) {
            return moved;
        }
        let kind = match op {
            BinaryOperator::Plus | BinaryOperator::Minus | BinaryOperator::Modulo | BinaryOperator::Multiply => {
                arithmetic(left.kind, right.kind, *op == BinaryOperator::Multiply)
            }
            _ => Some(Kind::Other),
        };
        if self.dialect != Dialect::Sqlite {
            return Ok(Piece { sql: format!("{} {op} {}", left.sql, right.sql), kind });
        }
        let sql = match (op, kind) {
            (BinaryOperator::Modulo, Some(Kind::Decimal(scale))) => sqlite::remainder(&left, &right, scale),
            (_, Some(Kind::Decimal(scale))) => format!("round({} {op} {}, {})", left.sql, right.sql, scale.max(0)),
            (BinaryOperator::StringConcat, _) => {
                format!("{} {op} {}", self.sqlite_text(&left)?, self.sqlite_text(&right)?)
            }
            _ => format!("{} {op} {}", left.sql, right.sql),
        };
        Ok(Piece { sql, kind })
    }

    /// Division of whole numbers and of decimals truncates, the latter four places behind those of its left side.
    fn division(&self, left: &Piece, right: &Piece) -> Result<Piece, String> {
        let (a, b) = (&left.sql, &right.sql);
        let plain = |kind| Ok(Piece { sql: format!("{a} / {b}"), kind });
        let scale = match (left.kind, right.kind) {
            (Some(Kind::Integer), Some(Kind::Integer)) => {
                return match self.dialect {
                    Dialect::Postgres | Dialect::Sqlite => plain(Some(Kind::Integer)),
                    // Without a remainder there is nothing to round, whichever way it would be.
                    Dialect::Duckdb => Ok(of(Kind::Integer, format!("((({a}) - ({a}) % ({b})) // ({b}))"))),
                };
            }
            (Some(Kind::Float), Some(_)) | (Some(_), Some(Kind::Float)) => return plain(Some(Kind::Float)),
            (Some(Kind::Decimal(scale)), Some(Kind::Integer | Kind::Decimal(_))) => scale.saturating_add(4),
            (Some(Kind::Integer), Some(Kind::Decimal(_))) => 4,
            _ => return plain(None),
        };
        let places = usize::try_from(scale).unwrap_or(0);
        let power = format!("1{}", "0".repeat(places));
        let sql = match self.dialect {
            Dialect::Postgres => format!("trunc(({a}) / CAST({b} AS NUMERIC), {places})"),
            Dialect::Duckdb => duckdb_quotient(left, right, scale)
                .unwrap_or_else(|| format!("(trunc(({a}) / CAST({b} AS DOUBLE) * {power}) / {power})")),
            Dialect::Sqlite => sqlite::quotient(left, right, scale),
        };
        Ok(of(Kind::Decimal(scale), sql))
    }

    fn case(&self, operand: Option<&Expr>, cases: &[CaseWhen], otherwise: Option<&Expr>) -> Result<Piece, String> {
        let mut sql = "CASE".to_owned();
        let conditions = cases.iter().map(|case| &case.condition);
        let mut conditions = match operand {
            Some(operand) => {
                let mut all = self.all(std::iter::once(operand).chain(conditions))?.into_iter();
                sql.push_str(&format!(" {}", all.next().unwrap_or_default()));
                all
            }
            None => conditions.map(|condition| self.write(condition)).collect::<Result<Vec<_>, _>>()?.into_iter(),
        };
        let results = cases.iter().map(|case| &case.result).chain(otherwise);
        let is_null: Vec<bool> = results.clone().map(is_null).collect();
        let results: Result<Vec<Piece>, String> = results.map(|result| self.expr(result)).collect();
        let results = self.alike(results?);
        for result in &results {
            match conditions.next() {
                Some(condition) => sql.push_str(&format!(" WHEN {condition} THEN {}", result.sql)),
                None => sql.push_str(&format!(" ELSE {}", result.sql)),
            }
        }
        sql.push_str(" END");
        let kinds = results.iter().zip(is_null).filter(|(_, is_null)| !is_null).map(|(result, _)| result.kind);
        Ok(Piece { sql, kind: kinds.reduce(common).flatten() })
    }

    fn cast(&self, expr: &Expr, target: &DataType) -> Result<Piece, String> {
        let piece = self.expr(expr)?;
        let (inner, kind) = (&piece.sql, piece.kind);
        let is_fraction = matches!(kind, Some(Kind::Decimal(_) | Kind::Float));
        let sqlite = self.dialect == Dialect::Sqlite;
        Ok(match target {
            DataType::BigInt(_) if is_fraction && !sqlite => {
                of(Kind::Integer, format!("CAST(trunc({inner}) AS BIGINT)"))
            }
            DataType::BigInt(_) if sqlite => of(Kind::Integer, format!("CAST({inner} AS INTEGER)")),
            DataType::BigInt(_) => of(Kind::Integer, format!("CAST({inner} AS BIGINT)")),
            DataType::Decimal(info) => {
                let (precision, scale) = match info {
                    ExactNumberInfo::PrecisionAndScale(precision, scale) => (*precision, *scale),
                    ExactNumberInfo::Precision(precision) => (*precision, 0),
                    ExactNumberInfo::None => (38, 0),
                };
                let kind = Kind::Decimal(i8::try_from(scale).unwrap_or(i8::MAX));
                match self.dialect {
                    Dialect::Sqlite => of(kind, sqlite::rounded(&piece, u64::try_from(scale).unwrap_or(0))),
                    Dialect::Postgres => of(kind, format!("CAST({inner} AS NUMERIC({precision}, {scale}))")),
                    Dialect::Duckdb => of(kind, format!("CAST({inner} AS DECIMAL({precision}, {scale}))")),
                }
            }
            DataType::DoublePrecision if sqlite => of(Kind::Float, format!("CAST({inner} AS REAL)")),
            DataType::DoublePrecision => of(Kind::Float, format!("CAST({inner} AS DOUBLE PRECISION)")),
            DataType::Varchar(_) if sqlite => of(Kind::Other, format!("CAST({} AS TEXT)", self.sqlite_text(&piece)?)),
            DataType::Date if sqlite => of(Kind::Date, times::day(&piece)),
            DataType::Timestamp(..) if sqlite => of(Kind::Instant, times::instant(&piece)),
            DataType::Boolean if sqlite => of(Kind::Other, inner.clone()),
            other if sqlite => return Err(self.lacks(&other.to_string())),
            other => {
                let kind = match other {
                    DataType::Date => Kind::Date,
                    DataType::Timestamp(..) => Kind::Datetime,
                    _ => Kind::Other,
                };
                of(kind, format!("CAST({inner} AS {})", self.type_name(other)?))
            }
        })
    }

    /// A value to be written; what is no value of a column has no form.
    fn sqlite_text(&self, piece: &Piece) -> Result<String, String> {
        match piece.kind {
            Some(Kind::Instant | Kind::Span) => Err(self.lacks("texts of times that are calculated")),
            _ => Ok(sqlite::text(piece)),
        }
    }

    fn type_name(&self, kind: &DataType) -> Result<String, String> {
        Ok(match kind {
            DataType::Timestamp(..) => "TIMESTAMP".to_owned(),
            DataType::Time(..) => "TIME".to_owned(),
            DataType::Date | DataType::Boolean | DataType::Varchar(_) | DataType::Bytea => kind.to_string(),
            other => return Err(self.lacks(&other.to_string())),
        })
    }

    fn lacks(&self, what: &str) -> String {
        format!("{} lacks {what}", self.database())
    }

    fn database(&self) -> &'static str {
        match self.dialect {
            Dialect::Postgres => "PostgreSQL",
            Dialect::Duckdb => "DuckDB",
            Dialect::Sqlite => "SQLite",
        }
    }
}

/// A quotient cut to so many places in DuckDB, which divides decimals as floats: the whole numbers of their last places are divided instead, so
/// that no digit is lost. `None` where a decimal has no room for the places.
fn duckdb_quotient(left: &Piece, right: &Piece, places: i8) -> Option<String> {
    const MOST_PLACES: usize = 18;
    let power = |places: usize| format!("1{}", "0".repeat(places));
    let places = usize::try_from(places).ok().filter(|places| *places <= MOST_PLACES)?;
    let units = |piece: &Piece| {
        let own = if let Some(Kind::Decimal(scale)) = piece.kind { usize::try_from(scale).unwrap_or(0) } else { 0 };
        (own, format!("CAST(({}) * {} AS HUGEINT)", piece.sql, power(own)))
    };
    let ((own, above), (other, below)) = (units(left), units(right));
    let above = format!("({above} * {})", power(places.checked_sub(own)?.checked_add(other)?));
    // Without a remainder there is nothing to round, whichever way it would be.
    let whole = format!("(({above} - {above} % {below}) // {below})");
    let unit = format!("CAST('0.{}1' AS DECIMAL({}, {places}))", "0".repeat(places.checked_sub(1)?), places + 1);
    Some(format!("(CAST({whole} AS DECIMAL({}, 0)) * {unit})", 37 - places))
}

/// An instant that SQLite keeps as a text, as a number that sorts as instants do.
pub(super) fn sqlite_instant(sql: &str) -> String {
    times::instant(&of(Kind::Datetime, sql))
}

fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}

fn number_kind(digits: &str) -> Kind {
    match digits.split_once('.') {
        Some((_, places)) => Kind::Decimal(i8::try_from(places.len()).unwrap_or(i8::MAX)),
        None => Kind::Integer,
    }
}

fn is_null(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if value.value == Value::Null)
}

/// The kind of what is one or the other.
fn common(left: Option<Kind>, right: Option<Kind>) -> Option<Kind> {
    match (left?, right?) {
        (left, right) if left == right => Some(left),
        (Kind::Other, _) | (_, Kind::Other) => None,
        (left, right) => arithmetic(Some(left), Some(right), false),
    }
}

fn is_number(kind: Kind) -> bool {
    matches!(kind, Kind::Integer | Kind::Decimal(_) | Kind::Float)
}

fn compares(op: &BinaryOperator) -> bool {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq)
}

fn arithmetic(left: Option<Kind>, right: Option<Kind>, is_product: bool) -> Option<Kind> {
    Some(match (left?, right?) {
        (left, right) if !is_number(left) || !is_number(right) => return None,
        (Kind::Float, _) | (_, Kind::Float) => Kind::Float,
        (Kind::Integer, Kind::Integer) => Kind::Integer,
        (left, right) => {
            let scale = |kind| if let Kind::Decimal(scale) = kind { scale } else { 0 };
            let (a, b) = (scale(left), scale(right));
            Kind::Decimal(if is_product { a.saturating_add(b) } else { a.max(b) })
        }
    })
}

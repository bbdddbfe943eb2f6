//! Dates and times in other databases: days are added and counted everywhere, and SQLite, which keeps both as texts, is told how.
//!
//! There a date is its text, `2024-01-02`, and sorts as one. An instant is a text of a date and a time that may have a fraction or none, so
//! that texts do not sort as instants do: what is compared or moved is brought to microseconds since 1970. A span is microseconds as well.

use datafusion::sql::sqlparser::ast::{BinaryOperator, DateTimeField, Expr, Interval, Value};

use super::{Dialect, Kind, Piece, Writer, of};
use crate::schema::{DAY_US, parse_datetime};

impl Writer<'_> {
    /// What is compared with each other in one form.
    pub(super) fn alike(&self, mut pieces: Vec<Piece>) -> Vec<Piece> {
        let is_instant = |piece: &Piece| matches!(piece.kind, Some(Kind::Datetime | Kind::Instant));
        if self.dialect == Dialect::Sqlite && pieces.iter().any(is_instant) {
            for piece in pieces.iter_mut().filter(|piece| piece.sql != "NULL") {
                *piece = of(Kind::Instant, instant(piece));
            }
        }
        pieces
    }

    /// The sum or difference of a date or time and something else; nothing where neither side is one.
    pub(super) fn moved(&self, left: &Piece, op: &BinaryOperator, right: &Piece) -> Option<Result<Piece, String>> {
        let is_sum = match op {
            BinaryOperator::Plus => true,
            BinaryOperator::Minus => false,
            _ => return None,
        };
        let sqlite = self.dialect == Dialect::Sqlite;
        let is_time = |kind: &Kind| matches!(kind, Kind::Date | Kind::Datetime | Kind::Instant | Kind::Span);
        let (Some(own), Some(other)) = (left.kind, right.kind) else {
            // Of which type the other side is decides what is meant.
            let known = left.kind.or(right.kind).filter(is_time).filter(|_| sqlite)?;
            return Some(Err(self.lacks(&format!("{known:?} {op} what has no declared type").to_lowercase())));
        };
        Some(Ok(match (own, other) {
            (Kind::Date, Kind::Integer) => self.days_later(left, right, is_sum),
            (Kind::Integer, Kind::Date) if is_sum => self.days_later(right, left, true),
            (Kind::Date, Kind::Date) if !is_sum => match self.dialect {
                Dialect::Sqlite => of(Kind::Integer, format!("({} - {})", days(left), days(right))),
                Dialect::Postgres | Dialect::Duckdb => of(Kind::Integer, format!("({} - {})", left.sql, right.sql)),
            },
            (Kind::Date | Kind::Datetime | Kind::Instant, Kind::Date | Kind::Datetime | Kind::Instant)
                if sqlite && !is_sum =>
            {
                of(Kind::Span, format!("({} - {})", instant(left), instant(right)))
            }
            (Kind::Datetime | Kind::Instant, Kind::Span) if sqlite => {
                of(Kind::Instant, format!("({} {op} {})", instant(left), right.sql))
            }
            (Kind::Span, Kind::Datetime | Kind::Instant) if sqlite && is_sum => {
                of(Kind::Instant, format!("({} + {})", left.sql, instant(right)))
            }
            (Kind::Span, Kind::Span) if sqlite => of(Kind::Span, format!("({} {op} {})", left.sql, right.sql)),
            (own, other) if sqlite && (is_time(&own) || is_time(&other)) => {
                return Some(Err(self.lacks(&format!("{} {op} {}", left.sql, right.sql))));
            }
            _ => return None,
        }))
    }

    fn days_later(&self, date: &Piece, number: &Piece, is_sum: bool) -> Piece {
        let (sign, number) = (if is_sum { "" } else { "-" }, &number.sql);
        let sql = match self.dialect {
            Dialect::Sqlite => format!("date({}, {sign}({number}) || ' days')", day(date)),
            Dialect::Postgres | Dialect::Duckdb => {
                let op = if is_sum { "+" } else { "-" };
                format!("(CAST({} AS DATE) {op} CAST({number} AS INTEGER))", date.sql)
            }
        };
        of(Kind::Date, sql)
    }

    /// A date or time that an interval is added to or taken from; nothing where that is written like everywhere.
    pub(super) fn moved_by(&self, left: &Expr, op: &BinaryOperator, right: &Expr) -> Result<Option<Piece>, String> {
        let (time, interval, sign) = match (left, op, right) {
            (time, BinaryOperator::Plus, Expr::Interval(interval))
            | (Expr::Interval(interval), BinaryOperator::Plus, time) => (time, interval, 1),
            (time, BinaryOperator::Minus, Expr::Interval(interval)) => (time, interval, -1),
            _ => return Ok(None),
        };
        let piece = self.expr(time)?;
        if self.dialect != Dialect::Sqlite {
            let sql = format!("{} {} {interval}", piece.sql, if sign > 0 { "+" } else { "-" });
            return Ok(Some(match piece.kind {
                // They make an instant of it.
                Some(Kind::Date) => of(Kind::Date, format!("CAST({sql} AS DATE)")),
                Some(Kind::Datetime) => of(Kind::Datetime, sql),
                _ => Piece { sql, kind: None },
            }));
        }
        let unknown = || self.lacks(&interval.to_string());
        let (months, us) = span(interval).ok_or_else(unknown)?;
        let (months, us) = (months * sign, us * sign);
        let later =
            |date: &str| if months == 0 { date.to_owned() } else { self.months_later(date, &months.to_string()) };
        Ok(Some(match piece.kind {
            Some(Kind::Date) if us % DAY_US == 0 => {
                let date = later(&piece.sql);
                match us / DAY_US {
                    0 => of(Kind::Date, date),
                    days => of(Kind::Date, format!("date({date}, '{days} days')")),
                }
            }
            Some(Kind::Datetime | Kind::Instant) => {
                let from = instant(&piece);
                let sql = match months {
                    0 => format!("({from} + {us})"),
                    // The time of day stays.
                    _ => {
                        let date = day(&piece);
                        let to = instant(&of(Kind::Date, later(&date)));
                        format!("({to} + {from} - {} + {us})", instant(&of(Kind::Date, date)))
                    }
                };
                of(Kind::Instant, sql)
            }
            Some(Kind::Span) if months == 0 => of(Kind::Span, format!("({} + {us})", piece.sql)),
            _ => return Err(unknown()),
        }))
    }

    /// An interval that stands alone: what a difference of instants is compared with.
    pub(super) fn interval(&self, interval: &Interval) -> Result<Piece, String> {
        if self.dialect != Dialect::Sqlite {
            return Ok(of(Kind::Other, interval.to_string()));
        }
        match span(interval) {
            Some((0, us)) => Ok(of(Kind::Span, us.to_string())),
            _ => Err(self.lacks(&interval.to_string())),
        }
    }
}

/// A date or time in SQLite as functions of dates take it: its text.
pub(super) fn text(piece: &Piece) -> Piece {
    match piece.kind {
        Some(Kind::Instant) => {
            let (sql, second) = (&piece.sql, 1_000_000);
            let seconds = format!("(({sql}) - ((({sql}) % {second}) + {second}) % {second}) / {second}");
            of(Kind::Datetime, format!("strftime('%Y-%m-%dT%H:%M:%SZ', {seconds}, 'unixepoch')"))
        }
        kind => Piece { sql: piece.sql.clone(), kind },
    }
}

/// SQLite's text of a day.
pub(super) fn day(piece: &Piece) -> String {
    let sql = &piece.sql;
    match piece.kind {
        Some(Kind::Date) => sql.clone(),
        // Its own function rounds a fraction of a second, which may be that of the next day.
        Some(Kind::Datetime) => format!("substr({sql}, 1, 10)"),
        Some(Kind::Instant) => {
            format!("date((({sql}) - ((({sql}) % {DAY_US}) + {DAY_US}) % {DAY_US}) / 1000000, 'unixepoch')")
        }
        _ => format!("date({sql})"),
    }
}

/// The days since 1970 of a date in SQLite.
fn days(piece: &Piece) -> String {
    format!("CAST(strftime('%s', {}) AS INTEGER) / 86400", day(piece))
}

/// The microseconds since 1970 of a date, of an instant's text or of what is one already, in SQLite.
pub(super) fn instant(piece: &Piece) -> String {
    let sql = &piece.sql;
    if piece.kind == Some(Kind::Instant) {
        return sql.clone();
    }
    let written = sql.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).and_then(parse_datetime);
    match (written, piece.kind) {
        (Some(us), _) => us.to_string(),
        (None, Some(Kind::Date)) => format!("(CAST(strftime('%s', {sql}) AS INTEGER) * 1000000)"),
        // The fraction stands behind the nineteenth letter, as far as there is one.
        (None, _) => format!(
            "(CAST(strftime('%s', substr({sql}, 1, 19)) AS INTEGER) * 1000000 + \
             CAST(substr(rtrim(substr({sql}, 21), 'Z') || '000000', 1, 6) AS INTEGER))"
        ),
    }
}

/// An interval in months and microseconds.
fn span(interval: &Interval) -> Option<(i64, i64)> {
    let Expr::Value(value) = &*interval.value else { return None };
    let (Value::SingleQuotedString(text) | Value::Number(text, _)) = &value.value else { return None };
    if interval.last_field.is_some() {
        return None;
    }
    let unit = interval.leading_field.as_ref().map(DateTimeField::to_string).unwrap_or_default();
    let text = format!("{text} {unit}");
    let words: Vec<&str> = text.split_whitespace().collect();
    let (mut months, mut us) = (0_i64, 0_i64);
    let pairs = words.chunks_exact(2);
    if !pairs.remainder().is_empty() || words.is_empty() {
        return None;
    }
    for pair in pairs {
        let amount: i64 = pair[0].parse().ok()?;
        let (in_months, in_us) = match pair[1].to_ascii_lowercase().trim_end_matches('s') {
            "year" => (12, 0),
            "month" => (1, 0),
            "week" => (0, 7 * DAY_US),
            "day" => (0, DAY_US),
            "hour" => (0, 3_600_000_000),
            "minute" => (0, 60_000_000),
            "second" => (0, 1_000_000),
            "millisecond" => (0, 1_000),
            "microsecond" => (0, 1),
            _ => return None,
        };
        months = months.checked_add(amount.checked_mul(in_months)?)?;
        us = us.checked_add(amount.checked_mul(in_us)?)?;
    }
    Some((months, us))
}

//! Calls: functions of other names, and those that a database has to be told in its own words.

use datafusion::sql::sqlparser::ast::{Function, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectNamePart};

use super::sqlite::rounded;
use super::{Dialect, Kind, Piece, Writer, of, piece, times};
use crate::verify::joins::literal;

impl Writer<'_> {
    pub(super) fn function(&self, function: &Function) -> Result<Piece, String> {
        let Some(ObjectNamePart::Identifier(name)) = function.name.0.first() else {
            return Err(self.lacks(&function.name.to_string()));
        };
        let mut args = Vec::new();
        if let FunctionArguments::List(list) = &function.args {
            for arg in &list.args {
                match arg {
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(arg)) => args.push(self.expr(arg)?),
                    other => return Err(self.lacks(&other.to_string())),
                }
            }
        }
        let name_of = name.value.to_lowercase();
        let args = self.times(&name_of, args).ok_or_else(|| self.lacks(&format!("{} of such times", name.value)))?;
        self.call(&name_of, &args).ok_or_else(|| self.lacks(&name.value))
    }

    /// Arguments in the form that SQLite's functions take dates and times in; nothing where one takes them in none.
    fn times(&self, name: &str, args: Vec<Piece>) -> Option<Vec<Piece>> {
        if self.dialect != Dialect::Sqlite {
            return Some(args);
        }
        let as_day = |piece: &Piece| of(Kind::Date, times::day(piece));
        match name {
            "days_between" | "months_between" | "years_between" => Some(args.iter().map(as_day).collect()),
            "add_days" | "add_months" => Some(
                args.iter().enumerate().map(|(at, arg)| if at == 0 { as_day(arg) } else { times::text(arg) }).collect(),
            ),
            "date_part" | "datepart" => Some(args.iter().map(times::text).collect()),
            "coalesce" | "nvl" | "ifnull" | "nullif" | "greatest" | "least" => Some(self.alike(args)),
            _ => (!args.iter().any(|arg| matches!(arg.kind, Some(Kind::Instant | Kind::Span)))).then_some(args),
        }
    }

    /// A call in the dialect; nothing where it has no such function.
    fn call(&self, name: &str, args: &[Piece]) -> Option<Piece> {
        let texts: Vec<&str> = args.iter().map(|arg| arg.sql.as_str()).collect();
        let first = args.first().and_then(|arg| arg.kind);
        let plain = |name: &str| format!("{name}({})", texts.join(", "));
        let sqlite = self.dialect == Dialect::Sqlite;
        Some(match (name, texts.as_slice()) {
            ("days_between", [from, to]) if sqlite => {
                of(Kind::Integer, format!("CAST(julianday({to}) - julianday({from}) AS INTEGER)"))
            }
            ("days_between", [from, to]) => of(Kind::Integer, format!("(CAST({to} AS DATE) - CAST({from} AS DATE))")),
            ("add_days", [date, days]) if sqlite => of(Kind::Date, format!("date({date}, ({days}) || ' days')")),
            ("add_days", [date, days]) => of(Kind::Date, format!("(CAST({date} AS DATE) + CAST({days} AS INTEGER))")),
            ("add_months", [date, months]) => of(Kind::Date, self.months_later(date, months)),
            ("months_between", [from, to]) => {
                let months = |date: &str| format!("({} * 12 + {})", self.part("year", date), self.part("month", date));
                of(Kind::Integer, self.between((from, to), months, |date| self.part("day", date)))
            }
            ("years_between", [from, to]) => {
                let days = |date: &str| format!("({} * 100 + {})", self.part("month", date), self.part("day", date));
                of(Kind::Integer, self.between((from, to), |date| self.part("year", date), days))
            }
            ("reference_time", []) if sqlite => of(Kind::Datetime, literal(&self.reference_time)),
            ("reference_time", []) => {
                of(Kind::Datetime, format!("TIMESTAMP {}", literal(self.reference_time.trim_end_matches('Z'))))
            }
            ("character_length" | "char_length" | "length", [_]) => of(Kind::Integer, plain("length")),
            ("nvl" | "ifnull" | "coalesce", _) => Piece { sql: plain("coalesce"), kind: first },
            ("nullif", [_, _]) => Piece { sql: plain("nullif"), kind: first },
            ("nvl2", [value, given, absent]) => {
                piece(format!("CASE WHEN {value} IS NOT NULL THEN {given} ELSE {absent} END"))
            }
            ("contains", [text, part]) if sqlite => of(Kind::Other, format!("(instr({text}, {part}) > 0)")),
            ("contains", [text, part]) => of(Kind::Other, format!("(strpos({text}, {part}) > 0)")),
            ("starts_with", [text, start]) if sqlite => {
                of(Kind::Other, format!("(substr({text}, 1, length({start})) = {start})"))
            }
            ("ends_with", [text, end]) if sqlite => of(
                Kind::Other,
                format!("(substr({text}, max(length({text}) - length({end}) + 1, 1)) = {end} OR length({end}) = 0)"),
            ),
            ("ends_with", [text, end]) => of(Kind::Other, format!("(right({text}, length({end})) = {end})")),
            ("strpos" | "instr" | "position", [_, _]) => {
                of(Kind::Integer, plain(if sqlite { "instr" } else { "strpos" }))
            }
            ("signum", [_]) => piece(plain("sign")),
            ("pow" | "power", [_, _]) => piece(plain("power")),
            ("btrim" | "trim", _) => {
                of(Kind::Other, plain(if self.dialect == Dialect::Postgres { "btrim" } else { "trim" }))
            }
            ("substr" | "substring", _) => of(Kind::Other, plain("substr")),
            ("left", [text, n]) if sqlite => of(Kind::Other, format!("substr({text}, 1, {n})")),
            ("greatest" | "least", [one]) => piece(*one),
            ("greatest" | "least", [one, other]) if sqlite => {
                let name = if name == "greatest" { "max" } else { "min" };
                // SQLite's gives null where one is null; ours leaves nulls out.
                Piece { sql: format!("coalesce({name}({one}, {other}), {one}, {other})"), kind: first }
            }
            ("date_part" | "datepart", [part, date]) if sqlite => {
                of(Kind::Integer, sqlite_part(part.trim_matches('\''), date)?)
            }
            ("date_part" | "datepart", [_, _]) => piece(plain("date_part")),
            ("date_trunc" | "datetrunc", [_, _]) if !sqlite => piece(plain("date_trunc")),
            ("regexp_like", [_, _]) if !sqlite => {
                piece(plain(if self.dialect == Dialect::Duckdb { "regexp_matches" } else { "regexp_like" }))
            }
            ("trunc" | "log", [_, _]) if self.dialect != Dialect::Postgres => return None,
            ("round", [_]) if sqlite && matches!(first, Some(Kind::Decimal(_))) => piece(rounded(&args[0], 0)),
            ("round", [_, places]) if sqlite && matches!(first, Some(Kind::Decimal(_))) => {
                match places.parse::<u64>() {
                    Ok(places) => piece(rounded(&args[0], places)),
                    Err(_) => piece(plain("round")),
                }
            }
            ("abs", [_]) => Piece { sql: plain("abs"), kind: first },
            _ if self.has(name) => piece(plain(name)),
            _ => return None,
        })
    }

    /// The year, month or day of a date as a whole number.
    fn part(&self, part: &str, date: &str) -> String {
        let written = if self.dialect == Dialect::Sqlite { sqlite_part(part, date) } else { None };
        written.unwrap_or_else(|| format!("CAST(date_part('{part}', CAST({date} AS DATE)) AS INTEGER)"))
    }

    /// The whole units from a date to another: the difference of `unit`, and one less where what is `within` it has not come round again.
    fn between(
        &self,
        (from, to): (&str, &str),
        unit: impl Fn(&str) -> String,
        within: impl Fn(&str) -> String,
    ) -> String {
        let as_date = |date: &str| match self.dialect {
            Dialect::Sqlite => format!("date({date})"),
            _ => format!("CAST({date} AS DATE)"),
        };
        format!(
            "({} - {} - CASE WHEN {to_date} >= {from_date} AND {ends} < {begins} THEN 1 \
             WHEN {to_date} < {from_date} AND {ends} > {begins} THEN -1 ELSE 0 END)",
            unit(to),
            unit(from),
            to_date = as_date(to),
            from_date = as_date(from),
            ends = within(to),
            begins = within(from),
        )
    }

    /// The same day some months later, or the month's last.
    pub(super) fn months_later(&self, date: &str, months: &str) -> String {
        match self.dialect {
            // SQLite counts a day that the month lacks into the next one.
            Dialect::Sqlite => format!(
                "min(date({date}, 'start of month', ({months}) || ' months', ({day} - 1) || ' days'), \
                 date({date}, 'start of month', ({months}) || ' months', '+1 month', '-1 day'))",
                day = self.part("day", date)
            ),
            _ => format!("CAST(CAST({date} AS DATE) + CAST({months} AS INTEGER) * INTERVAL '1 month' AS DATE)"),
        }
    }

    /// Whether the dialect has a function of this name and meaning.
    fn has(&self, name: &str) -> bool {
        const EVERYWHERE: &[&str] = &[
            "acos",
            "acosh",
            "asin",
            "asinh",
            "atan",
            "atan2",
            "atanh",
            "ceil",
            "cos",
            "cosh",
            "degrees",
            "exp",
            "floor",
            "ln",
            "log10",
            "lower",
            "ltrim",
            "nullif",
            "pi",
            "radians",
            "replace",
            "round",
            "rtrim",
            "sin",
            "sinh",
            "sqrt",
            "tan",
            "tanh",
            "trunc",
            "upper",
            "concat",
            "concat_ws",
        ];
        const NOT_SQLITE: &[&str] = &[
            "ascii",
            "cbrt",
            "chr",
            "cot",
            "factorial",
            "gcd",
            "greatest",
            "lcm",
            "least",
            "left",
            "lpad",
            "make_date",
            "md5",
            "regexp_replace",
            "repeat",
            "reverse",
            "right",
            "rpad",
            "split_part",
            "starts_with",
            "translate",
            "log",
        ];
        const POSTGRES: &[&str] =
            &["bit_length", "initcap", "octet_length", "overlay", "regexp_count", "regexp_instr", "to_hex"];
        const DUCKDB: &[&str] = &["isnan", "levenshtein", "log2"];
        EVERYWHERE.contains(&name)
            || match self.dialect {
                Dialect::Sqlite => name == "log2",
                Dialect::Postgres => NOT_SQLITE.contains(&name) || POSTGRES.contains(&name),
                Dialect::Duckdb => NOT_SQLITE.contains(&name) || DUCKDB.contains(&name),
            }
    }
}

/// A part of a date as a whole number, as SQLite takes it out of the date's text; nothing where it has no such part.
fn sqlite_part(part: &str, date: &str) -> Option<String> {
    let format = match part {
        "year" => "%Y",
        "month" => "%m",
        "day" => "%d",
        "hour" => "%H",
        "minute" => "%M",
        "doy" => "%j",
        "dow" => "%w",
        _ => return None,
    };
    Some(format!("CAST(strftime('{format}', {date}) AS INTEGER)"))
}

//! Decimals in SQLite, which keeps them as binary floating-point numbers.
//!
//! A column's decimal is there as the float nearest to it. What is calculated is brought to that form again, by rounding it to the places that
//! it has, so that equal decimals are equal floats; and where digits are cut off, the whole numbers of the last place are divided. That is exact
//! for decimals of up to 15 digits.

use super::{Kind, Piece};

/// A one with so many zeros.
fn power(places: i8) -> String {
    format!("1{}", "0".repeat(usize::try_from(places).unwrap_or(0)))
}

fn scale(piece: &Piece) -> i8 {
    if let Some(Kind::Decimal(scale)) = piece.kind { scale.max(0) } else { 0 }
}

/// A decimal as a whole number of so many places.
fn units(piece: &Piece, places: i8) -> String {
    match places {
        0 => format!("CAST(({}) AS INTEGER)", piece.sql),
        places => format!("CAST(round(({}) * {}) AS INTEGER)", piece.sql, power(places)),
    }
}

/// A quotient cut to so many places.
pub(super) fn quotient(left: &Piece, right: &Piece, places: i8) -> String {
    let (own, other) = (scale(left), scale(right));
    // The product becomes a float where it exceeds 64 bits, and its quotient is cut all the same.
    format!(
        "(CAST({} * {} / {} AS INTEGER) / {}.0)",
        units(left, own),
        power(places.saturating_sub(own).saturating_add(other)),
        units(right, other),
        power(places)
    )
}

/// What is left of a division to a whole number.
pub(super) fn remainder(left: &Piece, right: &Piece, places: i8) -> String {
    format!("({} % {} / {}.0)", units(left, places), units(right, places), power(places))
}

/// A number with so many places, halves away from zero.
pub(super) fn rounded(piece: &Piece, places: u64) -> String {
    let inner = &piece.sql;
    match piece.kind {
        Some(Kind::Integer) => inner.clone(),
        Some(Kind::Decimal(own)) if u64::try_from(own).unwrap_or(0) <= places => inner.clone(),
        // The float of a half may lie below it. A tenth of the last place that there is takes it over, and nothing else.
        Some(Kind::Decimal(own)) => {
            let nudge = format!("0.{}1", "0".repeat(usize::try_from(own).unwrap_or(0)));
            format!("round(({inner}) + sign({inner}) * {nudge}, {places})")
        }
        Some(Kind::Float) => {
            let power = power(i8::try_from(places).unwrap_or(i8::MAX));
            format!("(round(({inner}) * {power}.0) / {power}.0)")
        }
        _ => format!("round({inner}, {places})"),
    }
}

/// A value to be written: a decimal with all its places.
pub(super) fn text(piece: &Piece) -> String {
    let inner = &piece.sql;
    match piece.kind {
        Some(Kind::Decimal(scale)) => {
            format!("(CASE WHEN ({inner}) IS NULL THEN NULL ELSE printf('%.{}f', {inner}) END)", scale.max(0))
        }
        _ => inner.clone(),
    }
}

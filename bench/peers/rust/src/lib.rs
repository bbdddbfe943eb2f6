//! What the programs share: counter-based draws, lists, and the ten columns in batches.
//!
//! Nothing is general here, on purpose: this is the least that a program for one table has to do.

pub mod columns;
pub mod cursor;
pub mod lists;
pub mod normal;

use std::fs::File;
use std::io;

/// Rows of a batch.
pub const BATCH: usize = 4096;

/// The names of the columns.
pub const HEADER: &str = "id,key,first_name,last_name,email,category,price,signed_on,active,note\n";

/// The categories and how often each comes, of 100.
pub const CATEGORIES: [(&str, u32); 5] =
    [("new", 30), ("open", 25), ("waiting for answer", 15), ("in progress", 20), ("closed", 10)];

/// Domains that reach nobody.
pub const DOMAINS: [&str; 3] = ["@example.com", "@example.net", "@example.org"];

/// 2020-01-01 as a number of days since 1970-01-01.
pub const FIRST_DAY: u32 = 18_262;

/// Days from 2020-01-01 to 2025-12-31.
pub const DAYS: u32 = 2_192;

/// The draw of a cell: the finaliser of splitmix64 over a counter of its own for each column.
#[inline(always)]
pub fn draw(column: u64, row: u64) -> u64 {
    let counter = (column << 48).wrapping_add(row).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (counter ^ counter >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

/// A number below `bound` by the upper half of a draw.
#[inline(always)]
pub fn below(draw: u64, bound: usize) -> usize {
    (((draw >> 32) * bound as u64) >> 32) as usize
}

/// A truncated price in cents: mean 100, standard deviation 25, between 1 and 1000.
#[inline(always)]
pub fn price_in_cents(draw: u64) -> i64 {
    let unit = ((draw >> 11) as f64 + 0.5) * (1.0 / (1_u64 << 53) as f64);
    let cents = 10_000.0 + 2_500.0 * normal::quantile(unit);
    (cents.clamp(100.0, 100_000.0) + 0.5) as i64
}

/// Year, month and day of a number of days since 1970-01-01, from March-based years of the Gregorian calendar.
pub fn civil(days: u32) -> (u32, u32, u32) {
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + u32::from(month <= 2), month, day)
}

/// Rows and output file of a program's arguments, and a further word.
pub fn arguments() -> io::Result<(u64, File, String)> {
    let mut arguments = std::env::args().skip(1);
    let (Some(rows), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::other("usage: PROGRAM ROWS FILE [WORD]"));
    };
    let rows = rows.parse().map_err(io::Error::other)?;
    Ok((rows, File::create(path)?, arguments.next().unwrap_or_default()))
}

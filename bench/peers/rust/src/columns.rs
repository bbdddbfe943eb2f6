//! The ten columns of a batch, each in the narrowest form that a writer can print from.

use crate::cursor::{Cursor, SLACK, Slot};
use crate::lists::{capitalised, first_names, initials, last_names, lower, slots, words};
use crate::{BATCH, CATEGORIES, DAYS, DOMAINS, below, draw, price_in_cents};

/// The longest address: two names, a point, two digits and a domain, a slot each.
const LONGEST_EMAIL: usize = 64;
/// The longest sentence: seven words of at most fourteen letters and what follows each.
const LONGEST_NOTE: usize = 7 * 15;

/// Texts one behind the other, and where each ends.
pub struct Texts {
    pub bytes: Vec<u8>,
    pub ends: Vec<u32>,
}

impl Texts {
    fn with_longest(longest: usize) -> Texts {
        Texts { bytes: Vec::with_capacity(BATCH * longest + SLACK), ends: Vec::with_capacity(BATCH) }
    }
}

/// The columns of one batch; `id` is its row number and needs none.
pub struct Columns {
    pub keys: Vec<u128>,
    pub first_names: Vec<u16>,
    pub last_names: Vec<u16>,
    pub emails: Texts,
    pub categories: Vec<u8>,
    /// In cents.
    pub prices: Vec<i64>,
    /// Days since 2020-01-01.
    pub dates: Vec<u16>,
    /// 0 null, 1 false, 2 true.
    pub actives: Vec<u8>,
    pub notes: Texts,
    lists: Lists,
}

struct Lists {
    /// First names with a point behind, then, in the same order, their initials.
    first: Vec<Slot>,
    last: Vec<Slot>,
    domains: Vec<Slot>,
    words: Vec<Slot>,
    first_words: Vec<Slot>,
    /// The category of each of 100 equal shares.
    shares: [u8; 100],
}

impl Default for Columns {
    fn default() -> Columns {
        let mut shares = [0; 100];
        let all = CATEGORIES.iter().enumerate().flat_map(|(place, (_, share))| (0..*share).map(move |_| place as u8));
        for (share, place) in shares.iter_mut().zip(all) {
            *share = place;
        }
        Columns {
            keys: Vec::with_capacity(BATCH),
            first_names: Vec::with_capacity(BATCH),
            last_names: Vec::with_capacity(BATCH),
            emails: Texts::with_longest(LONGEST_EMAIL),
            categories: Vec::with_capacity(BATCH),
            prices: Vec::with_capacity(BATCH),
            dates: Vec::with_capacity(BATCH),
            actives: Vec::with_capacity(BATCH),
            notes: Texts::with_longest(LONGEST_NOTE),
            lists: Lists {
                first: [lower(&first_names(), "."), initials(&first_names())].concat(),
                last: lower(&last_names(), ""),
                domains: slots(&DOMAINS, ""),
                words: slots(&words(), " "),
                first_words: capitalised(&words(), " "),
                shares,
            },
        }
    }
}

impl Columns {
    /// Makes the rows from `start` on, at most [`BATCH`].
    pub fn fill(&mut self, start: u64, rows: usize) {
        let Columns { keys, first_names, last_names, emails, categories, prices, dates, actives, notes, lists } = self;
        let rows = start..start + rows as u64;
        fill(
            keys,
            rows.clone().map(|row| {
                let random = u128::from(draw(1, row)) << 64 | u128::from(draw(2, row));
                random & !(0xf << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62
            }),
        );
        let (first, last) = (lists.first.len() / 2, lists.last.len());
        fill(first_names, rows.clone().map(|row| below(draw(3, row), first) as u16));
        fill(last_names, rows.clone().map(|row| below(draw(4, row), last) as u16));
        fill(categories, rows.clone().map(|row| lists.shares[below(draw(6, row), lists.shares.len())]));
        fill(prices, rows.clone().map(|row| price_in_cents(draw(7, row))));
        fill(dates, rows.clone().map(|row| below(draw(8, row), DAYS as usize) as u16));
        fill(
            actives,
            rows.clone().map(|row| {
                let draw = draw(9, row);
                u8::from(below(draw, 10) > 0) * (1 + u8::from((draw as u32) < 3_006_477_107))
            }),
        );
        addresses(emails, first_names, last_names, lists, rows.start);
        sentences(notes, lists, rows);
    }
}

fn fill<T>(column: &mut Vec<T>, values: impl Iterator<Item = T>) {
    column.clear();
    column.extend(values);
}

/// `first.last` or, in half of the rows, the initial and `last`; in half of the rows two digits; and one of the domains.
fn addresses(emails: &mut Texts, first_names: &[u16], last_names: &[u16], lists: &Lists, start: u64) {
    emails.bytes.clear();
    emails.ends.clear();
    // SAFETY: the buffer has room for a batch of the longest addresses.
    let mut cursor = unsafe { Cursor::behind(&mut emails.bytes) };
    for (row, (first, last)) in (start..).zip(first_names.iter().zip(last_names)) {
        let draw = draw(5, row);
        let short = usize::from(draw >> 33 & 1 == 1) * (lists.first.len() / 2);
        cursor.slot(&lists.first[usize::from(*first) + short]);
        cursor.slot(&lists.last[usize::from(*last)]);
        let number = ((u64::from(draw as u32) * 100) >> 32) as u8;
        // Two digits are written in any case; what follows overwrites them where they are not wanted, so no branch is guessed.
        let digits = Slot::digits(number, draw >> 32 & 1 == 1);
        cursor.slot(&digits);
        cursor.slot(&lists.domains[below(draw, lists.domains.len())]);
        emails.ends.push(cursor.length() as u32);
    }
    cursor.finish(&mut emails.bytes);
}

/// Five to seven words, the first with a capital letter, and a full stop.
fn sentences(notes: &mut Texts, lists: &Lists, rows: std::ops::Range<u64>) {
    notes.bytes.clear();
    notes.ends.clear();
    // SAFETY: the buffer has room for a batch of the longest sentences.
    let mut cursor = unsafe { Cursor::behind(&mut notes.bytes) };
    for row in rows {
        let draw = draw(10, row);
        let word = |place: u32| (draw >> (9 * place) & 511) as usize;
        cursor.slot(&lists.first_words[word(0)]);
        for place in 1..5 {
            cursor.slot(&lists.words[word(place)]);
        }
        for place in 5..5 + below(draw.wrapping_mul(0x9e37_79b9_7f4a_7c15), 3) as u32 {
            cursor.slot(&lists.words[word(place)]);
        }
        cursor.back();
        cursor.bytes([b'.']);
        notes.ends.push(cursor.length() as u32);
    }
    cursor.finish(&mut notes.bytes);
}

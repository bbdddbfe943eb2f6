//! The table as CSV in safe Rust, row by row, with the usual crates for numbers: what a good program of an afternoon does.

use std::io::{self, Write};

use peers::lists::{first_names, last_names, words};
use peers::{CATEGORIES, DAYS, DOMAINS, FIRST_DAY, HEADER, arguments, below, civil, draw, price_in_cents};

const WRITE: usize = 1 << 20;

fn main() -> io::Result<()> {
    let (rows, mut file, _) = arguments()?;
    let (first_names, last_names, words) = (first_names(), last_names(), words());
    let lower = |texts: &[&str]| texts.iter().map(|text| text.to_lowercase()).collect::<Vec<String>>();
    let (lower_first, lower_last) = (lower(&first_names), lower(&last_names));
    let (mut integers, mut floats) = (itoa::Buffer::new(), ryu::Buffer::new());
    let mut out = Vec::with_capacity(WRITE + 1024);
    out.extend_from_slice(HEADER.as_bytes());
    for row in 1..=rows {
        out.extend_from_slice(integers.format(row).as_bytes());
        out.push(b',');
        uuid(&mut out, draw(1, row), draw(2, row));
        out.push(b',');
        let first = below(draw(3, row), first_names.len());
        let last = below(draw(4, row), last_names.len());
        out.extend_from_slice(first_names[first].as_bytes());
        out.push(b',');
        out.extend_from_slice(last_names[last].as_bytes());
        out.push(b',');
        let address = draw(5, row);
        out.extend_from_slice(lower_first[first].as_bytes());
        out.push(b'.');
        out.extend_from_slice(lower_last[last].as_bytes());
        if address & 1 == 1 {
            out.extend_from_slice(integers.format(10 + (address >> 1) % 90).as_bytes());
        }
        out.extend_from_slice(DOMAINS[below(address, DOMAINS.len())].as_bytes());
        out.push(b',');
        out.extend_from_slice(category(draw(6, row)).as_bytes());
        out.push(b',');
        out.extend_from_slice(floats.format_finite(price_in_cents(draw(7, row)) as f64 / 100.0).as_bytes());
        out.push(b',');
        let (year, month, day) = civil(FIRST_DAY + below(draw(8, row), DAYS as usize) as u32);
        out.extend_from_slice(integers.format(year).as_bytes());
        out.extend_from_slice(&[b'-', b'0' + (month / 10) as u8, b'0' + (month % 10) as u8]);
        out.extend_from_slice(&[b'-', b'0' + (day / 10) as u8, b'0' + (day % 10) as u8, b',']);
        let active = draw(9, row);
        if below(active, 10) > 0 {
            out.extend_from_slice(if active % 10 < 7 { b"true" } else { b"false" });
        }
        out.push(b',');
        sentence(&mut out, draw(10, row), &words);
        out.push(b'\n');
        if out.len() >= WRITE {
            file.write_all(&out)?;
            out.clear();
        }
    }
    file.write_all(&out)
}

fn category(draw: u64) -> &'static str {
    let mut share = below(draw, 100) as u32;
    for (text, weight) in CATEGORIES {
        if share < weight {
            return text;
        }
        share -= weight;
    }
    CATEGORIES[0].0
}

fn uuid(out: &mut Vec<u8>, high: u64, low: u64) {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&high.to_be_bytes());
    bytes[8..].copy_from_slice(&low.to_be_bytes());
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    for (place, byte) in bytes.into_iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            out.push(b'-');
        }
        out.push(b"0123456789abcdef"[usize::from(byte >> 4)]);
        out.push(b"0123456789abcdef"[usize::from(byte & 15)]);
    }
}

/// Five to seven words, the first with a capital letter, and a full stop.
fn sentence(out: &mut Vec<u8>, draw: u64, words: &[&str]) {
    let start = out.len();
    let count = 5 + below(draw.wrapping_mul(0x9e37_79b9_7f4a_7c15), 3);
    for place in 0..count {
        out.extend_from_slice(words[(draw >> (9 * place) & 511) as usize].as_bytes());
        out.push(if place + 1 < count { b' ' } else { b'.' });
    }
    out[start].make_ascii_uppercase();
}

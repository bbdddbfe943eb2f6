//! How large a workbook is once it is unfolded. A zip of a few kilobytes may hold gigabytes, and what the zip says of itself may be a lie:
//! so every part is unfolded once, into nothing, before anything of it is kept.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::read::DeflateDecoder;

use crate::FormatError;

/// Bytes at a file's end among which the end of the zip's directory lies.
const TAIL: u64 = 22 + 0xffff;

/// Parts of the largest workbook that is read.
const MAX_PARTS: usize = 100_000;

/// Checks that the parts of a workbook unfold to no more than `limit` bytes.
pub(super) fn check_size(path: &Path, name: &str, limit: u64) -> Result<(), FormatError> {
    let fault = |source| FormatError::Open { path: path.display().to_string(), source };
    let damaged = || FormatError::in_table(name, "the file is no workbook, or is damaged");
    let mut file = BufReader::new(File::open(path).map_err(fault)?);
    let mut left = limit;
    for part in parts(&mut file).map_err(|_| damaged())?.ok_or_else(damaged)? {
        file.seek(SeekFrom::Start(part.start)).map_err(fault)?;
        let mut packed = (&mut file).take(part.packed);
        let unfolded = if part.deflated {
            // What cannot be unfolded is left to the reader of the workbook, which says more about it.
            unfold(&mut DeflateDecoder::new(packed), left)
        } else {
            unfold(&mut packed, left)
        };
        left = left
            .checked_sub(unfolded)
            .ok_or_else(|| FormatError::in_table(name, format!("the workbook unfolds to more than {limit} bytes")))?;
    }
    Ok(())
}

/// Bytes that come from a source before it ends or fails, counted a little beyond `limit` at most.
fn unfold(source: &mut impl Read, limit: u64) -> u64 {
    let mut buffer = [0; 1 << 14];
    let mut count = 0;
    while count <= limit {
        match source.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(read) => count += read as u64,
        }
    }
    count
}

/// A part's bytes.
struct Part {
    start: u64,
    packed: u64,
    deflated: bool,
}

/// The parts of a zip; `None` where it has no directory.
fn parts(file: &mut (impl Read + Seek)) -> std::io::Result<Option<Vec<Part>>> {
    let length = file.seek(SeekFrom::End(0))?;
    let tail_start = length.saturating_sub(TAIL);
    let tail = bytes(file, tail_start, (length - tail_start) as usize)?;
    let Some(end) = memchr::memmem::rfind(&tail, b"PK\x05\x06").filter(|end| tail.len() >= end + 22) else {
        return Ok(None);
    };
    let mut count = u64::from(u16_at(&tail, end + 10));
    let mut at = u64::from(u32_at(&tail, end + 16));
    // Sizes beyond 32 bits stand in a record of their own, found by a locator right before this one.
    if let Some(locator) = end.checked_sub(20).filter(|locator| tail[*locator..].starts_with(b"PK\x06\x07")) {
        let record = bytes(file, u64_at(&tail, locator + 8), 56)?;
        if !record.starts_with(b"PK\x06\x06") {
            return Ok(None);
        }
        (count, at) = (u64_at(&record, 32), u64_at(&record, 48));
    }
    let mut parts = Vec::new();
    for _ in 0..count.min(MAX_PARTS as u64) {
        let entry = bytes(file, at, 46)?;
        if !entry.starts_with(b"PK\x01\x02") {
            return Ok(None);
        }
        let (name, extra, comment) = (u16_at(&entry, 28), u16_at(&entry, 30), u16_at(&entry, 32));
        let extra_field = bytes(file, at.saturating_add(46 + u64::from(name)), usize::from(extra))?;
        let mut packed = u64::from(u32_at(&entry, 20));
        let mut offset = u64::from(u32_at(&entry, 42));
        wide_sizes(&extra_field, u32_at(&entry, 24), &mut packed, &mut offset);
        let local = bytes(file, offset, 30)?;
        parts.push(Part {
            start: offset.saturating_add(30 + u64::from(u16_at(&local, 26)) + u64::from(u16_at(&local, 28))),
            packed,
            deflated: u16_at(&entry, 10) == 8,
        });
        at = at.saturating_add(46 + u64::from(name) + u64::from(extra) + u64::from(comment));
    }
    Ok((count <= MAX_PARTS as u64).then_some(parts))
}

/// Takes the sizes that have no place in 32 bits from an entry's extra field.
fn wide_sizes(extra: &[u8], unfolded: u32, packed: &mut u64, offset: &mut u64) {
    const WIDE: u64 = u32::MAX as u64;
    let mut rest = extra;
    while rest.len() >= 4 {
        let (id, length) = (u16_at(rest, 0), usize::from(u16_at(rest, 2)));
        let Some(field) = rest.get(4..4 + length) else { return };
        if id == 1 {
            let mut values = field.chunks_exact(8).map(|value| u64_at(value, 0));
            if unfolded == u32::MAX {
                values.next();
            }
            for size in [packed, offset] {
                if *size == WIDE {
                    *size = values.next().unwrap_or(WIDE);
                }
            }
            return;
        }
        rest = &rest[4 + length..];
    }
}

fn bytes(file: &mut (impl Read + Seek), at: u64, count: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; count];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).map_or(0, |bytes| u16::from_le_bytes([bytes[0], bytes[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

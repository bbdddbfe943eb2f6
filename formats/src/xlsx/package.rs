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

/// Bytes of XML without a tag at most: a cell has 32,767 characters, of which each can be spelled in ten.
const MAX_TEXT: u64 = 1 << 20;

/// Which part of `limit` texts may take that a workbook's cells share: its reader holds them all.
const SHARED_PART: u64 = 8;

/// What is told of a file that is no workbook.
pub(super) fn damaged(name: &str) -> FormatError {
    FormatError::in_table(name, "the file is no workbook, or is damaged")
}

/// Checks that the parts of a workbook unfold to no more than `limit` bytes, its shared texts to an eighth of that, and that no cell's text is
/// longer than any program writes.
pub(super) fn check_size(path: &Path, name: &str, limit: u64) -> Result<(), FormatError> {
    let fault = |source| FormatError::Open { path: path.display().to_string(), source };
    let damaged = || damaged(name);
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
        if unfolded.longest > MAX_TEXT {
            return Err(FormatError::in_table(name, "a cell of the workbook holds more than 32767 characters"));
        }
        if part.is_shared && unfolded.bytes > limit / SHARED_PART {
            let sentence =
                format!("the shared texts of the workbook unfold to more than {} bytes", limit / SHARED_PART);
            return Err(FormatError::in_table(name, sentence));
        }
        left = left
            .checked_sub(unfolded.bytes)
            .ok_or_else(|| FormatError::in_table(name, format!("the workbook unfolds to more than {limit} bytes")))?;
    }
    Ok(())
}

/// What a part unfolds to.
#[derive(Default)]
struct Unfolded {
    bytes: u64,
    /// The longest run of bytes without the beginning of a tag, in a part that is XML.
    longest: u64,
}

/// Bytes that come from a source before it ends or fails, counted a little beyond `limit` at most.
fn unfold(source: &mut impl Read, limit: u64) -> Unfolded {
    let mut buffer = [0; 1 << 14];
    let (mut unfolded, mut run, mut is_xml) = (Unfolded::default(), 0, false);
    while unfolded.bytes <= limit {
        let read = match source.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(read) => &buffer[..read],
        };
        if unfolded.bytes == 0 {
            is_xml = read.trim_ascii_start().starts_with(b"<") || read.starts_with(b"\xef\xbb\xbf<");
        }
        unfolded.bytes += read.len() as u64;
        if !is_xml {
            continue;
        }
        let mut from = 0;
        for at in memchr::memchr_iter(b'<', read) {
            unfolded.longest = unfolded.longest.max(run + (at - from) as u64);
            (run, from) = (0, at);
        }
        run += (read.len() - from) as u64;
        unfolded.longest = unfolded.longest.max(run);
        if unfolded.longest > MAX_TEXT {
            break;
        }
    }
    unfolded
}

/// A part's bytes.
struct Part {
    start: u64,
    packed: u64,
    deflated: bool,
    /// Whether it is the list of texts that cells share.
    is_shared: bool,
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
        let path = bytes(file, at.saturating_add(46), usize::from(name))?;
        let extra_field = bytes(file, at.saturating_add(46 + u64::from(name)), usize::from(extra))?;
        let mut packed = u64::from(u32_at(&entry, 20));
        let mut offset = u64::from(u32_at(&entry, 42));
        wide_sizes(&extra_field, u32_at(&entry, 24), &mut packed, &mut offset);
        let local = bytes(file, offset, 30)?;
        parts.push(Part {
            start: offset.saturating_add(30 + u64::from(u16_at(&local, 26)) + u64::from(u16_at(&local, 28))),
            packed,
            deflated: u16_at(&entry, 10) == 8,
            is_shared: path.to_ascii_lowercase().ends_with(b"sharedstrings.xml"),
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

//! The table as CSV by a program written for it alone, columns in batches: the yardstick of a general engine of the same shape.

use std::io::{self, Write};

use peers::columns::Columns;
use peers::cursor::{Cursor, SLACK, Slot};
use peers::lists::{dates, first_names, last_names, slots};
use peers::{BATCH, CATEGORIES, HEADER, arguments};

/// The longest row: a number, a UUID, two names, an address, a category, a price, a date, a truth value, a sentence and what parts them.
const LONGEST_ROW: usize = 400;
/// Bytes of a write.
const WRITE: usize = 1 << 20;

fn main() -> io::Result<()> {
    let (rows, mut file, _) = arguments()?;
    let printer = Printer::default();
    let mut columns = Columns::default();
    let mut out = Vec::with_capacity(WRITE + BATCH * LONGEST_ROW + SLACK);
    out.extend_from_slice(HEADER.as_bytes());
    let mut start = 1;
    while start <= rows {
        let batch = (rows + 1 - start).min(BATCH as u64) as usize;
        columns.fill(start, batch);
        printer.print(&columns, start, &mut out);
        if out.len() >= WRITE {
            file.write_all(&out)?;
            out.clear();
        }
        start += batch as u64;
    }
    file.write_all(&out)
}

/// Everything that is printed from a table.
struct Printer {
    first_names: Vec<Slot>,
    last_names: Vec<Slot>,
    /// Two slots each: the longest category has more than fifteen characters with its comma.
    categories: Vec<[Slot; 2]>,
    /// Whole numbers up to 1000 with a point behind.
    wholes: Vec<Slot>,
    pairs: Vec<[u8; 2]>,
    dates: Vec<Slot>,
    actives: [Slot; 3],
}

impl Default for Printer {
    fn default() -> Printer {
        let categories = CATEGORIES.iter().map(|(text, _)| {
            let text = format!("{text},");
            let (head, tail) = text.split_at(text.len().min(15));
            [Slot::new(head), Slot::new(tail)]
        });
        Printer {
            first_names: slots(&first_names(), ","),
            last_names: slots(&last_names(), ","),
            categories: categories.collect(),
            wholes: (0..=1000).map(|whole| Slot::new(&format!("{whole}."))).collect(),
            pairs: (0..100_u8).map(|pair| [b'0' + pair / 10, b'0' + pair % 10]).collect(),
            dates: dates(","),
            actives: [Slot::new(","), Slot::new("false,"), Slot::new("true,")],
        }
    }
}

impl Printer {
    /// Appends the rows of a batch; the buffer has room for its longest rows.
    fn print(&self, columns: &Columns, start: u64, out: &mut Vec<u8>) {
        let rows = columns.keys.len();
        out.reserve(rows * LONGEST_ROW + SLACK);
        // SAFETY: the room was just reserved.
        let mut cursor = unsafe { Cursor::behind(out) };
        let mut thousands = (0, Slot::new(""));
        let (mut email, mut note) = (0, 0);
        // One length for all columns, so that no place in them is checked row by row.
        let (first_names, last_names) = (&columns.first_names[..rows], &columns.last_names[..rows]);
        let (categories, prices) = (&columns.categories[..rows], &columns.prices[..rows]);
        let (dates, actives) = (&columns.dates[..rows], &columns.actives[..rows]);
        let (emails, notes) = (&columns.emails.ends[..rows], &columns.notes.ends[..rows]);
        for row in 0..rows {
            self.number(&mut cursor, start + row as u64, &mut thousands);
            cursor.uuid(columns.keys[row]);
            cursor.bytes([b',']);
            cursor.slot(&self.first_names[usize::from(first_names[row])]);
            cursor.slot(&self.last_names[usize::from(last_names[row])]);
            let end = emails[row] as usize;
            // SAFETY: the buffer of texts has room behind its end.
            unsafe { cursor.text(columns.emails.bytes.as_ptr().add(email), end - email) };
            email = end;
            cursor.bytes([b',']);
            let [head, tail] = &self.categories[usize::from(categories[row])];
            cursor.slot(head);
            cursor.slot(tail);
            let price = prices[row] as usize;
            cursor.slot(&self.wholes[price / 100]);
            cursor.bytes(self.pairs[price % 100]);
            cursor.bytes([b',']);
            cursor.slot(&self.dates[usize::from(dates[row])]);
            cursor.slot(&self.actives[usize::from(actives[row])]);
            let end = notes[row] as usize;
            // SAFETY: the buffer of texts has room behind its end.
            unsafe { cursor.text(columns.notes.bytes.as_ptr().add(note), end - note) };
            note = end;
            cursor.bytes([b'\n']);
        }
        cursor.finish(out);
    }

    /// A row number and a comma; what stands before its last four digits is printed once for ten thousand rows.
    #[inline(always)]
    fn number(&self, cursor: &mut Cursor, number: u64, thousands: &mut (u64, Slot)) {
        if number < 10_000 {
            cursor.slot(&Slot::new(&format!("{number},")));
            return;
        }
        let (head, tail) = (number / 10_000, (number % 10_000) as usize);
        if thousands.0 != head {
            *thousands = (head, Slot::new(&head.to_string()));
        }
        cursor.slot(&thousands.1);
        cursor.bytes(self.pairs[tail / 100]);
        cursor.bytes(self.pairs[tail % 100]);
        cursor.bytes([b',']);
    }
}

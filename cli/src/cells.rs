//! A table of texts on a screen: columns side by side, cut to its width where it has one.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

use api::plan::previews::Preview;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What separates two columns.
const GAP: &str = "  ";

/// A column is cut no shorter than this to make room for others.
const NARROW: usize = 8;

/// Columns of standard output where it is a terminal.
pub fn screen_width() -> Option<usize> {
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    terminal_size::terminal_size_of(&stdout).map(|(width, _)| usize::from(width.0))
}

/// Whether colours are wanted on standard output.
pub fn has_colours() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Writes a preview, cut to `width` where there is one; columns without room are counted.
pub fn write_preview(out: &mut impl Write, preview: &Preview, width: Option<usize>) -> io::Result<()> {
    writeln!(out, "{}: {} of {} rows", shown(&preview.table), preview.rows.len(), preview.total)?;
    write_table(out, preview, width)
}

/// Writes the rows of a preview under the names of their columns.
pub fn write_table(out: &mut impl Write, preview: &Preview, width: Option<usize>) -> io::Result<()> {
    let texts: Vec<Vec<Cow<'_, str>>> = preview
        .rows
        .iter()
        .map(|row| row.iter().map(|cell| cell.as_deref().map_or(Cow::Borrowed("null"), shown)).collect())
        .collect();
    let headers: Vec<Cow<'_, str>> = preview.columns.iter().map(|column| shown(&column.name)).collect();
    let natural: Vec<usize> = (0..headers.len())
        .map(|index| texts.iter().map(|row| row[index].width()).chain([headers[index].width()]).max().unwrap_or(0))
        .collect();
    let widths = fitted(&natural, width);
    let aligned: Vec<(usize, bool)> =
        widths.iter().zip(&preview.columns).map(|(width, column)| (*width, column.is_number)).collect();
    write_row(out, &aligned, &headers)?;
    let rule: Vec<Cow<'_, str>> = aligned.iter().map(|(width, _)| Cow::Owned("─".repeat(*width))).collect();
    write_row(out, &aligned, &rule)?;
    for row in &texts {
        write_row(out, &aligned, row)?;
    }
    match headers.len() - widths.len() {
        0 => Ok(()),
        1 => writeln!(out, "… and a column that has no room here"),
        more => writeln!(out, "… and {more} columns that have no room here"),
    }
}

/// The widths of as many columns, from the left, as have room: the widest are cut first.
fn fitted(natural: &[usize], width: Option<usize>) -> Vec<usize> {
    let mut widths = natural.to_vec();
    let Some(width) = width else { return widths };
    let total = |widths: &[usize]| widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1);
    while widths.len() > 1 {
        let least: Vec<usize> = widths.iter().map(|width| (*width).min(NARROW)).collect();
        if total(&least) <= width {
            break;
        }
        widths.pop();
    }
    while total(&widths) > width {
        let Some(widest) = widths.iter_mut().max().filter(|widest| **widest > NARROW.min(width)) else { break };
        *widest -= 1;
    }
    widths
}

fn write_row(out: &mut impl Write, columns: &[(usize, bool)], cells: &[Cow<'_, str>]) -> io::Result<()> {
    let mut line = String::new();
    for (index, ((width, is_number), cell)) in columns.iter().zip(cells).enumerate() {
        if index > 0 {
            line.push_str(GAP);
        }
        let cell = cut(cell, *width);
        let blanks = " ".repeat(width.saturating_sub(cell.width()));
        if *is_number {
            line.push_str(&blanks);
            line.push_str(&cell);
        } else {
            line.push_str(&cell);
            line.push_str(&blanks);
        }
    }
    writeln!(out, "{}", line.trim_end())
}

/// The text, or its start and `…`, in at most `width` columns of the screen.
fn cut(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let mut taken = 0;
    let mut start = String::new();
    for character in text.chars() {
        taken += character.width().unwrap_or(0);
        if taken + 1 > width {
            break;
        }
        start.push(character);
    }
    start.push('…');
    Cow::Owned(start)
}

/// The text without what would move the cursor: control characters as their escapes.
fn shown(text: &str) -> Cow<'_, str> {
    if !text.chars().any(char::is_control) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect())
}

#[cfg(test)]
mod tests {
    use api::plan::previews::PreviewColumn;

    use super::*;

    fn printed(width: Option<usize>) -> String {
        let column = |name: &str, is_number| PreviewColumn { name: name.to_owned(), is_number };
        let text = |text: &str| Some(text.to_owned());
        let preview = Preview {
            table: "t".to_owned(),
            total: 9,
            columns: vec![column("id", true), column("name", false), column("note", false)],
            rows: vec![
                vec![text("1"), text("東京"), text("two\nlines")],
                vec![text("100"), None, text("a rather long sentence about nothing")],
            ],
        };
        let mut out = Vec::new();
        write_preview(&mut out, &preview, width).expect("memory takes all");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn columns_are_aligned_by_what_a_screen_shows() {
        insta::assert_snapshot!(printed(None), @r"
        t: 2 of 9 rows
         id  name  note
        ───  ────  ────────────────────────────────────
          1  東京  two\nlines
        100  null  a rather long sentence about nothing
        ");
    }

    #[test]
    fn the_widest_column_is_cut_first_and_what_has_no_room_is_counted() {
        insta::assert_snapshot!(printed(Some(24)), @r"
        t: 2 of 9 rows
         id  name  note
        ───  ────  ─────────────
          1  東京  two\nlines
        100  null  a rather lon…
        ");
        insta::assert_snapshot!(printed(Some(10)), @r"
        t: 2 of 9 rows
         id  name
        ───  ────
          1  東京
        100  null
        … and a column that has no room here
        ");
    }
}

//! Numbers and dates as a region's spreadsheets read them: a decimal comma, day or month first. For eyes and for spreadsheets; programs, and
//! `verify`, read the standard spelling.

use datafusion::arrow::array::StringViewBuilder;

use crate::columns::{Cells, Column, Text};
use crate::options::DateOrder;
use crate::spell;

/// How numbers and dates are spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Regional {
    /// Between a number's whole part and its fraction.
    pub decimal_separator: u8,
    /// What comes first in a date.
    pub date_order: DateOrder,
}

impl Regional {
    /// The column, as texts where the region spells its values otherwise.
    pub(super) fn spelled(self, column: Column, rows: usize) -> Column {
        let number = |spelled: &str| spelled.replacen('.', &char::from(self.decimal_separator).to_string(), 1);
        let date = |spelled: &str| self.date(spelled);
        match &column.cells {
            Cells::Decimal(..) | Cells::Float(_) if self.decimal_separator != b'.' => rewritten(column, rows, number),
            Cells::Date(_) | Cells::Datetime(_) if self.date_order != DateOrder::Iso => rewritten(column, rows, date),
            _ => column,
        }
    }

    /// `2024-01-02` and `2024-01-02T03:04:05Z` with the day or the month first; a year of more than four digits stays as it is.
    fn date(self, spelled: &str) -> String {
        let (day, time) = spelled.split_once('T').map_or((spelled, None), |(day, time)| (day, Some(time)));
        let parts: Vec<&str> = day.split('-').collect();
        let ([year, month, day], true) = (parts.as_slice(), day.len() == 10) else { return spelled.to_owned() };
        let date = match self.date_order {
            DateOrder::DayFirst => format!("{day}/{month}/{year}"),
            DateOrder::MonthFirst => format!("{month}/{day}/{year}"),
            DateOrder::Iso => format!("{year}-{month}-{day}"),
        };
        match time {
            Some(time) => format!("{date} {}", time.trim_end_matches('Z')),
            None => date,
        }
    }
}

/// The column with its values' spelling rewritten.
fn rewritten(mut column: Column, rows: usize, rewrite: impl Fn(&str) -> String) -> Column {
    let mut texts = StringViewBuilder::with_capacity(rows);
    let mut spelled = Vec::new();
    for row in 0..rows {
        if column.is_null(row) {
            texts.append_value("");
            continue;
        }
        spelled.clear();
        match &column.cells {
            Cells::Float(values) if !values[row].is_finite() => {
                spelled.extend_from_slice(spell::non_finite(values[row]).as_bytes());
            }
            cells => cells.append(&mut spelled, row),
        }
        texts.append_value(rewrite(std::str::from_utf8(&spelled).unwrap_or_default()));
    }
    column.cells = Cells::Text(Text::new(&texts.finish()));
    column
}

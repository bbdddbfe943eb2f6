//! The first rows of a table as texts, for a screen.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, FixedSizeBinaryArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use engine::plan::Plan;
use engine::run;
use engine::types::LogicalType;

use crate::Failure;

/// The most rows that a preview shows.
pub const MAX_ROWS: u64 = 100_000;

/// The first rows of a table.
pub struct Preview {
    /// The table's name.
    pub table: String,
    /// How many rows the whole table has.
    pub total: u64,
    /// The columns.
    pub columns: Vec<PreviewColumn>,
    /// A text for each column of each row; `None` for null.
    pub rows: Vec<Vec<Option<String>>>,
}

/// A column of a preview.
pub struct PreviewColumn {
    /// Its name.
    pub name: String,
    /// Whether its values are numbers, which stand to the right.
    pub is_number: bool,
}

/// Makes the first `rows` rows of a table, or all where it has fewer.
pub fn preview(plan: &Arc<Plan>, table: usize, rows: u64) -> Result<Preview, Failure> {
    let planned = &plan.tables[table];
    let mut shown = Vec::new();
    run::run(
        plan,
        table,
        0..rows.min(planned.rows),
        1,
        |batch| texts(&batch),
        |rows, _| {
            shown.extend(rows);
            Ok::<(), Failure>(())
        },
    )?;
    let columns = planned
        .schema
        .fields()
        .iter()
        .map(|field| PreviewColumn { name: field.name().clone(), is_number: field.data_type().is_numeric() });
    Ok(Preview { table: planned.name.clone(), total: planned.rows, columns: columns.collect(), rows: shown })
}

/// The cells of a batch, row by row, spelled as files spell them.
pub(super) fn texts(batch: &RecordBatch) -> Result<Vec<Vec<Option<String>>>, Failure> {
    let mut rows = vec![Vec::with_capacity(batch.num_columns()); batch.num_rows()];
    for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
        let speller = Speller::new(LogicalType::of_field(field).as_ref(), array)?;
        for (index, row) in rows.iter_mut().enumerate() {
            row.push(array.is_valid(index).then(|| speller.text(index)));
        }
    }
    Ok(rows)
}

/// Spells the values of one column as files spell them.
pub(crate) struct Speller<'a> {
    formatter: ArrayFormatter<'a>,
    uuids: Option<&'a FixedSizeBinaryArray>,
    is_instant: bool,
}

impl<'a> Speller<'a> {
    /// For a column's values, of the logical type that its field names.
    pub(crate) fn new(logical: Option<&LogicalType>, array: &'a ArrayRef) -> Result<Speller<'a>, Failure> {
        const OPTIONS: FormatOptions<'static> = FormatOptions::new();
        let formatter =
            ArrayFormatter::try_new(array.as_ref(), &OPTIONS).map_err(|error| Failure::Format(error.into()))?;
        Ok(Speller {
            formatter,
            uuids: logical.filter(|logical| **logical == LogicalType::Uuid).and_then(|_| array.as_any().downcast_ref()),
            is_instant: matches!(array.data_type(), DataType::Timestamp(..)),
        })
    }

    /// The text of a value that is not null.
    pub(crate) fn text(&self, index: usize) -> String {
        match self.uuids {
            Some(uuids) => uuid_text(uuids.value(index)),
            None if self.is_instant => format!("{}Z", self.formatter.value(index)),
            None => self.formatter.value(index).to_string(),
        }
    }
}

/// Sixteen bytes in the form of RFC 9562.
fn uuid_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_prints_in_five_groups() {
        let bytes: Vec<u8> = (0..16).collect();
        assert_eq!(uuid_text(&bytes), "00010203-0405-0607-0809-0a0b0c0d0e0f");
    }
}

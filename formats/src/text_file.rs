//! What the writers of text formats share: the text before, between and after the rows, and the hand-over of encoded batches.

use std::io::Write;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;

use crate::{Encoder, FormatError, RuleResult, Writer};

/// A table's text around its rows, and how its rows become text.
pub(crate) struct Markup {
    /// Before the first row.
    pub start: Vec<u8>,
    /// Bytes of the first row that separate it from a row before it, and are left out.
    pub first_row_skips: usize,
    /// After the last row.
    pub end: Vec<u8>,
    /// After `start` where no row came.
    pub end_without_rows: Vec<u8>,
    /// Rows as text; encoded batches one after the other are the table.
    pub encoder: Arc<dyn Encoder>,
}

/// A writer of one table as text.
pub(crate) struct TextWriter<'a> {
    format: &'static str,
    sink: Box<dyn Write + Send + 'a>,
    tables: Vec<Markup>,
    current: Option<usize>,
    has_rows: bool,
    buffer: Vec<u8>,
}

impl<'a> TextWriter<'a> {
    /// A writer into `sink` of any one of the tables.
    pub(crate) fn new(format: &'static str, sink: Box<dyn Write + Send + 'a>, tables: Vec<Markup>) -> TextWriter<'a> {
        TextWriter { format, sink, tables, current: None, has_rows: false, buffer: Vec::new() }
    }

    fn table(&self) -> Result<&Markup, FormatError> {
        self.current.and_then(|index| self.tables.get(index)).ok_or(FormatError::OneTable { format: self.format })
    }
}

impl Writer for TextWriter<'_> {
    fn begin_table(&mut self, index: usize) -> Result<(), FormatError> {
        if self.current.is_some() || index >= self.tables.len() {
            return Err(FormatError::OneTable { format: self.format });
        }
        self.current = Some(index);
        self.sink.write_all(&self.tables[index].start)?;
        Ok(())
    }

    fn encoder(&self) -> Option<Arc<dyn Encoder>> {
        self.table().ok().map(|table| Arc::clone(&table.encoder))
    }

    fn write_encoded(&mut self, bytes: &[u8]) -> Result<(), FormatError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let skips = if self.has_rows { 0 } else { self.table()?.first_row_skips };
        self.has_rows = true;
        self.sink.write_all(bytes.get(skips..).unwrap_or_default())?;
        Ok(())
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), FormatError> {
        let encoder = Arc::clone(&self.table()?.encoder);
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        encoder.encode(batch, &mut buffer);
        let written = self.write_encoded(&buffer);
        self.buffer = buffer;
        written
    }

    fn end_table(&mut self) -> Result<(), FormatError> {
        let table = self.current.and_then(|index| self.tables.get(index));
        let table = table.ok_or(FormatError::OneTable { format: self.format })?;
        self.sink.write_all(if self.has_rows { &table.end } else { &table.end_without_rows })?;
        Ok(())
    }

    fn finish(mut self: Box<Self>, _rules: &[RuleResult]) -> Result<(), FormatError> {
        self.sink.flush()?;
        Ok(())
    }
}

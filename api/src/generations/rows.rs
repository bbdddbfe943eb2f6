//! Some rows of a table: a range, or those that a condition keeps, in an order.
//!
//! Without condition and order the rows are a range, so that every page costs the same. With an order the best rows so far are kept, no more
//! than the page reaches, so that memory does not grow with the table.

use std::ops::Range;

use datafusion::arrow::array::{ArrayRef, UInt64Array};
use datafusion::arrow::compute::{
    SortColumn, SortOptions, concat_batches, filter_record_batch, lexsort_to_indices, take_record_batch,
};
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::record_batch::RecordBatch;
use engine::expr::{Expression, Parsed, SqlProblem};
use engine::problem::Problem;
use std::sync::Arc;

use crate::error::ApiError;
use crate::http::cells::places;

/// The last row that an ordered page may reach.
const MAX_ORDERED: u64 = 1_000_000;

/// Rows that are kept beyond the page before they are sorted and cut.
const SLACK: usize = 1 << 16;

/// Which rows, checked against a table.
pub struct Selection {
    range: Range<u64>,
    columns: Vec<usize>,
    condition: Option<Expression>,
    order: Vec<(usize, SortOptions)>,
}

/// Rows, and how many there are in all.
pub struct Selected {
    /// The rows.
    pub batches: Vec<RecordBatch>,
    /// Their columns.
    pub schema: SchemaRef,
    /// Rows that the condition keeps, beyond the page too.
    pub total: u64,
}

impl Selection {
    /// Checks what a client asks for: names, the condition's SQL, the order.
    pub fn new(
        schema: &Schema,
        reference_time_us: i64,
        range: Range<u64>,
        columns: Option<&str>,
        condition: Option<&str>,
        order: Option<&str>,
    ) -> Result<Selection, ApiError> {
        let columns = match columns.filter(|columns| !columns.trim().is_empty()) {
            None => (0..schema.fields().len()).collect(),
            Some(columns) => {
                let names: Vec<String> = columns.split(',').map(|name| name.trim().to_owned()).collect();
                places(schema, &names)?
            }
        };
        let condition = match condition.filter(|condition| !condition.trim().is_empty()) {
            None => None,
            Some(sql) => {
                let compiled =
                    Parsed::parse(sql).and_then(|parsed| Expression::condition(&parsed, schema, reference_time_us));
                Some(compiled.map_err(sql_problem)?)
            }
        };
        let order = match order.filter(|order| !order.trim().is_empty()) {
            None => Vec::new(),
            Some(order) => order.split(',').map(|item| order_item(schema, item)).collect::<Result<_, _>>()?,
        };
        Ok(Selection { range, columns, condition, order })
    }

    /// Whether it is a range of the table as it stands.
    pub fn is_range(&self) -> bool {
        self.condition.is_none() && self.order.is_empty()
    }

    /// The range of rows: of the table, or of what condition and order leave.
    pub fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    /// The columns of its rows.
    pub fn schema(&self, table: &SchemaRef) -> Result<SchemaRef, ApiError> {
        table.project(&self.columns).map(Arc::new).map_err(ApiError::internal)
    }

    /// Its columns of a batch.
    pub fn project(&self, batch: &RecordBatch) -> Result<RecordBatch, ApiError> {
        batch.project(&self.columns).map_err(ApiError::internal)
    }

    /// Picks its rows. `rows` are those of the table; `batches` gives a range of them as batches with all columns.
    pub fn select<I: Iterator<Item = Result<RecordBatch, ApiError>>>(
        &self,
        schema: &SchemaRef,
        rows: u64,
        batches: impl FnOnce(Range<u64>) -> I,
    ) -> Result<Selected, ApiError> {
        let mut picked = Vec::new();
        let mut total = rows;
        if self.is_range() {
            for batch in batches(self.range.clone()) {
                picked.push(batch?);
            }
        } else {
            total = 0;
            // A page past the last row is an empty one.
            let reached = if self.range.start < rows { self.range.end.min(rows) } else { 0 };
            if !self.order.is_empty() && reached > MAX_ORDERED {
                let sentence = format!("an ordered page ends at row {MAX_ORDERED} at most; narrow it with where");
                return Err(ApiError::invalid_at("/offset", sentence));
            }
            let mut best = Best {
                schema: Arc::clone(schema),
                order: &self.order,
                limit: reached as usize,
                kept: Vec::new(),
                rows: 0,
            };
            for batch in batches(0..rows) {
                let batch = self.keep(batch?)?;
                let (start, end) = (total, total + batch.num_rows() as u64);
                total = end;
                if !self.order.is_empty() {
                    best.add(batch).map_err(ApiError::internal)?;
                } else if end > self.range.start && start < self.range.end {
                    let from = self.range.start.saturating_sub(start);
                    let to = end.min(self.range.end) - start;
                    picked.push(batch.slice(from as usize, (to - from) as usize));
                }
            }
            if !self.order.is_empty() {
                let sorted = best.finish().map_err(ApiError::internal)?;
                let from = self.range.start.min(sorted.num_rows() as u64) as usize;
                picked.push(sorted.slice(from, sorted.num_rows() - from));
            }
        }
        let batches = picked.iter().map(|batch| self.project(batch)).collect::<Result<_, _>>()?;
        Ok(Selected { batches, schema: self.schema(schema)?, total })
    }

    /// The rows of a batch that the condition keeps.
    fn keep(&self, batch: RecordBatch) -> Result<RecordBatch, ApiError> {
        let Some(condition) = &self.condition else { return Ok(batch) };
        let inputs: Vec<ArrayRef> =
            condition.columns().iter().map(|column| Arc::clone(batch.column(*column))).collect();
        let holds = condition
            .evaluate_condition(&inputs, batch.num_rows())
            .map_err(|error| ApiError::invalid_at("/where", error.detail))?;
        filter_record_batch(&batch, &holds).map_err(ApiError::internal)
    }
}

/// The best rows so far.
struct Best<'a> {
    schema: SchemaRef,
    order: &'a [(usize, SortOptions)],
    limit: usize,
    kept: Vec<RecordBatch>,
    rows: usize,
}

impl Best<'_> {
    fn add(&mut self, batch: RecordBatch) -> Result<(), ArrowError> {
        self.rows += batch.num_rows();
        self.kept.push(batch);
        if self.rows > 2 * self.limit + SLACK {
            self.cut()?;
        }
        Ok(())
    }

    /// Sorts what is kept and drops what no page reaches. Equal rows keep the order of the table.
    fn cut(&mut self) -> Result<(), ArrowError> {
        let all = concat_batches(&self.schema, &self.kept)?;
        let mut columns: Vec<SortColumn> = self
            .order
            .iter()
            .map(|(column, options)| SortColumn { values: Arc::clone(all.column(*column)), options: Some(*options) })
            .collect();
        let places: ArrayRef = Arc::new(UInt64Array::from_iter_values(0..all.num_rows() as u64));
        columns.push(SortColumn { values: places, options: None });
        let sorted = take_record_batch(&all, &lexsort_to_indices(&columns, Some(self.limit))?)?;
        self.rows = sorted.num_rows();
        self.kept = vec![sorted];
        Ok(())
    }

    fn finish(mut self) -> Result<RecordBatch, ArrowError> {
        if self.limit == 0 {
            self.kept.clear();
        } else {
            self.cut()?;
        }
        Ok(self.kept.pop().unwrap_or_else(|| RecordBatch::new_empty(Arc::clone(&self.schema))))
    }
}

/// `column`, `column asc` or `column desc`; nulls come last.
fn order_item(schema: &Schema, item: &str) -> Result<(usize, SortOptions), ApiError> {
    let item = item.trim();
    let (name, descending) = match item.rsplit_once(char::is_whitespace) {
        Some((name, word)) if word.eq_ignore_ascii_case("desc") => (name.trim(), true),
        Some((name, word)) if word.eq_ignore_ascii_case("asc") => (name.trim(), false),
        _ => (item, false),
    };
    let known = || schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>();
    let Ok(place) = schema.index_of(name) else {
        let problem = Problem::new("unknown_column", format!("there is no column {name:?}")).at("/order_by");
        return Err(ApiError::invalid(vec![problem.hint(name, known())]));
    };
    Ok((place, SortOptions { descending, nulls_first: false }))
}

fn sql_problem(problem: SqlProblem) -> ApiError {
    let mut told = Problem::new("invalid_sql", problem.detail).at("/where");
    told.remedy = problem.remedy;
    (told.line, told.column) = (problem.line, problem.column);
    ApiError::invalid(vec![told])
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{AsArray, Int64Array};
    use datafusion::arrow::datatypes::{DataType, Field, Int64Type};

    use super::*;

    fn schema() -> SchemaRef {
        Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true), Field::new("m", DataType::Int64, false)]))
    }

    /// Rows 0 to `rows` − 1, in batches of ten: `n` counts down from 9 in each, with a null for 5; `m` is the row.
    fn batches(rows: Range<u64>) -> impl Iterator<Item = Result<RecordBatch, ApiError>> {
        rows.step_by(10).map(|start| {
            let numbers = Int64Array::from_iter((0..10).map(|row| (row != 4).then_some(9 - row)));
            let places = Int64Array::from_iter_values(start as i64..start as i64 + 10);
            Ok(RecordBatch::try_new(schema(), vec![Arc::new(numbers), Arc::new(places)]).expect("a batch"))
        })
    }

    fn selected(range: Range<u64>, condition: Option<&str>, order: Option<&str>) -> (Vec<i64>, u64) {
        let selection = Selection::new(&schema(), 0, range, Some("m"), condition, order).expect("a selection");
        let selected = selection.select(&schema(), 100, batches).expect("rows");
        let values =
            selected.batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec());
        (values.collect(), selected.total)
    }

    #[test]
    fn a_condition_keeps_rows_and_counts_them_all() {
        assert_eq!(selected(1..3, Some("n = 9"), None), (vec![10, 20], 10));
        assert_eq!(selected(0..3, Some("n > 9"), None), (vec![], 0));
    }

    #[test]
    fn equal_rows_keep_the_order_of_the_table_and_nulls_come_last() {
        assert_eq!(selected(0..3, None, Some("n desc")), (vec![0, 10, 20], 100));
        assert_eq!(selected(9..12, None, Some("n")), (vec![99, 8, 18], 100));
        assert_eq!(selected(98..100, None, Some("n desc, m desc")), (vec![14, 4], 100));
        assert_eq!(selected(0..2, Some("m < 50"), Some("m desc")), (vec![49, 48], 50));
    }

    #[test]
    fn a_page_past_the_last_row_is_empty_and_one_far_within_an_order_is_refused() {
        let far = MAX_ORDERED - 1..MAX_ORDERED + 1;
        assert_eq!(selected(far.clone(), None, Some("n")), (vec![], 100));
        assert_eq!(selected(u64::MAX - 1..u64::MAX, Some("n = 9"), Some("n")), (vec![], 10));
        let selection = Selection::new(&schema(), 0, far, None, None, Some("n")).expect("a selection");
        let error = selection.select(&schema(), 2 * MAX_ORDERED, batches).err().expect("an error");
        assert_eq!(error.document()["errors"][0]["pointer"], "/offset");
    }

    #[test]
    fn unknown_names_and_wrong_sql_are_told() {
        for (columns, condition, order, expected) in [
            (Some("x"), None, None, "there is no column \"x\""),
            (None, Some("n >"), None, ""),
            (None, None, Some("k desc"), "there is no column \"k\""),
            (None, Some("n"), None, ""),
        ] {
            let error = Selection::new(&schema(), 0, 0..1, columns, condition, order).err().expect("an error");
            let told = error.document()["errors"][0]["detail"].as_str().expect("a sentence").to_owned();
            assert!(told.contains(expected), "{told}");
        }
    }
}

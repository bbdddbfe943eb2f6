//! Groups of rows that are alike in some columns, numbered as they are seen.

use std::collections::HashMap;

use datafusion::arrow::row::{RowConverter, SortField};

use super::quota::Fault;
use crate::generators::RunError;
use crate::plan::{Evaluation, SlotId};

/// The most groups.
const GROUPS: usize = 1 << 22;

/// The number of each row's group by columns, in the order in which groups are seen; `None` where there are no groups.
pub(super) fn numbers_of(
    per: &[SlotId],
    rule: &str,
    evaluation: &mut Evaluation<'_>,
    known: &mut HashMap<Box<[u8]>, u32>,
    count: usize,
) -> Result<Option<Vec<u32>>, Fault> {
    if per.is_empty() {
        return Ok(None);
    }
    let failed = |error: datafusion::arrow::error::ArrowError| Fault::Run(RunError::new(error.to_string()));
    let arrays = per.iter().map(|slot| evaluation.need(*slot)).collect::<Result<Vec<_>, _>>().map_err(Fault::Run)?;
    let fields = arrays.iter().map(|array| SortField::new(array.data_type().clone())).collect();
    let keys = RowConverter::new(fields).and_then(|converter| converter.convert_columns(&arrays)).map_err(failed)?;
    let mut numbers = Vec::with_capacity(keys.num_rows());
    for key in &keys {
        let next = known.len() as u32;
        let number = match known.get(key.as_ref()) {
            Some(number) => *number,
            None => *known.entry(key.as_ref().into()).or_insert(next),
        };
        numbers.push(number);
    }
    if known.len() > GROUPS.max(count) {
        return Err(Fault::Run(RunError::new(format!("{rule} counts rows in more than {GROUPS} groups"))));
    }
    Ok(Some(numbers))
}

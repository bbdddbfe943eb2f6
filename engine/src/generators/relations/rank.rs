//! Where a row stands among others.

use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::{ArrayRef, Int64Array};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::{Cells, Fill, Generator, Held, Made, Problems, Rows, RunError};
use crate::plan::{Context, Groups, Order, OrderBy, Sorted};
use crate::types::LogicalType;

/// The place of the row among all rows, or among those of its group, by the value of a column: 1 for the first. Nulls come last.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rank {
    /// The column that is compared.
    by: String,
    /// Columns within whose groups rows are compared; the whole table when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    per: Vec<String>,
    /// What equal values get; rank when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<RankMethod>,
    /// Whether the smallest or the largest value comes first; asc when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    order: Option<RankOrder>,
}

/// What equal values get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RankMethod {
    /// The same number, and the next ones are left out: 1, 2, 2, 4.
    Rank,
    /// The same number, and the next one follows: 1, 2, 2, 3.
    DenseRank,
    /// Each a number of its own, in the order of the rows: 1, 2, 3, 4.
    RowNumber,
}

/// Which end comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RankOrder {
    /// The smallest value first.
    Asc,
    /// The largest value first.
    Desc,
}

impl Generator for Rank {
    const EXAMPLE: &'static str = "{type: rank, by: score, order: desc}";
    const EXAMPLE_BESIDE: &'static str = "{columns: [{name: score, generator: {type: integer, min: 1, max: 500}}]}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let by = OrderBy { column: self.by.clone(), descending: self.order == Some(RankOrder::Desc) };
        let groups = cx.groups(&self.per, &[by]).map_err(|found| {
            found
                .into_iter()
                .map(|mut problem| {
                    if problem.pointer.starts_with("/order_by") {
                        "/by".clone_into(&mut problem.pointer);
                    }
                    problem
                })
                .collect::<Problems>()
        })?;
        // Ranks need an order, so the groups are always those of one.
        let Groups::Sorted(sorted) = groups else { return Err(Vec::new()) };
        let method = self.method.unwrap_or(RankMethod::Rank);
        let made = Made::computed(LogicalType::Integer, Ranks { sorted, method, whole: OnceLock::new() });
        let distinct = method == RankMethod::RowNumber && self.per.is_empty();
        Ok(if distinct { made.all_distinct() } else { made })
    }

    fn distinct_per(&self) -> Option<&[String]> {
        (self.method == Some(RankMethod::RowNumber)).then_some(&self.per)
    }
}

struct Ranks {
    sorted: Arc<Sorted>,
    method: RankMethod,
    /// The ranks of the whole table by place, where they are made at once.
    whole: OnceLock<Vec<u32>>,
}

/// The ranks of an order, place after place.
fn ranks(order: &Order, method: RankMethod) -> Vec<u32> {
    let mut ranks = Vec::with_capacity((order.range().end - order.range().start) as usize);
    for places in order.groups() {
        let (start, mut rank) = (places.start, 0);
        for place in places {
            let number = (place - start + 1) as u32;
            rank = match method {
                RankMethod::RowNumber => number,
                _ if order.is_tied(place) => rank,
                RankMethod::Rank => number,
                RankMethod::DenseRank => rank + 1,
            };
            ranks.push(rank);
        }
    }
    ranks
}

impl Fill for Ranks {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        if let Some(order) = self.sorted.whole(cells.plan) {
            let order = order?;
            let ranks = self.whole.get_or_init(|| ranks(&order, self.method));
            let values = rows.iter().map(|row| i64::from(ranks[order.place(row)]));
            return Ok(Arc::new(Int64Array::from_iter_values(values)));
        }
        let mut values = Vec::with_capacity(rows.len());
        self.sorted.over(cells.plan, rows, &mut |part, order| {
            let ranks = ranks(order, self.method);
            values.extend(part.map(|position| i64::from(ranks[order.place(rows.at(position))])));
            Ok(())
        })?;
        Ok(Arc::new(Int64Array::from(values)))
    }

    fn hold(&self, held: &mut Held<'_>) {
        let rows = self.sorted.hold(held);
        held.add(self, rows * size_of::<u32>() as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::order_of;

    #[test]
    fn equal_values_share_a_rank_or_not_by_the_method() {
        // Two groups: values 5, 7, 7, 9 and 3, 3, rows in the order of their places.
        let order = order_of(&[4, 2], &[false, false, true, false, false, true]);
        assert_eq!(ranks(&order, RankMethod::Rank), [1, 2, 2, 4, 1, 1]);
        assert_eq!(ranks(&order, RankMethod::DenseRank), [1, 2, 2, 3, 1, 1]);
        assert_eq!(ranks(&order, RankMethod::RowNumber), [1, 2, 3, 4, 1, 2]);
    }
}

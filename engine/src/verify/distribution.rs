//! Declared distributions: how far delivered values are from them, by Pearson's chi-square statistic and its p-value. A sample that strays is
//! no fault, so none of them is ever broken.
//!
//! The statistic is Σ (observed − expected)² / expected over cells of at least [`EXPECTED`] values each, and its p-value the upper tail of the
//! chi-square distribution with one degree of freedom less than there are cells (K. Pearson, Philosophical Magazine 50, 1900). What is counted
//! are whole numbers, so the result does not depend on how rows lie in partitions.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::types::{Date32Type, Decimal128Type, Int64Type};
use datafusion::arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray, RecordBatch};

use super::VerifyError;
use super::certificate::Fit;
use super::joins::Joins;
use super::source::Database;
use super::statistic::{Number, values_of};
use super::totals::{label, rounded};
use crate::quantile::chi_square_above;
use crate::schema::{Dataset, Table};

/// The fewest values that a cell is expected to hold.
const EXPECTED: f64 = 5.0;

/// A column's declared distribution.
#[derive(Clone, Debug)]
pub struct Distribution {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The generator that declares it, as the schema writes it.
    pub generator: String,
    /// The distribution.
    pub shape: Shape,
}

/// A distribution by its shares.
#[derive(Clone, Debug)]
pub enum Shape {
    /// Of numbers: as they are where they are floats, else in units of their type's last place, days or microseconds.
    Numbers {
        /// No value is smaller.
        low: f64,
        /// Ascending values; a share lies up to each, beyond the one before it.
        bounds: Vec<f64>,
        /// No value is greater.
        high: f64,
        /// The shares up to each bound, and behind the last.
        shares: Vec<f64>,
    },
    /// Of values from a list.
    Values {
        /// The values.
        values: ArrayRef,
        /// The share of each.
        shares: Vec<f64>,
    },
    /// Of nulls and of values.
    Nulls {
        /// The share of each.
        shares: [f64; 2],
    },
}

impl Shape {
    fn shares(&self) -> &[f64] {
        match self {
            Shape::Numbers { shares, .. } | Shape::Values { shares, .. } => shares,
            Shape::Nulls { shares } => shares,
        }
    }
}

/// What tells the cell of a value.
enum Cells {
    Numbers {
        low: f64,
        bounds: Vec<f64>,
        high: f64,
        /// The same of whole numbers in a range that is not wide.
        dense: Option<Dense>,
    },
    /// Of false, and of true.
    Flags([Option<usize>; 2]),
    /// Ascending numbers in units.
    Units(Vec<(i128, usize)>),
    /// Texts whose views hold them, and longer ones.
    Texts { short: Views, long: HashMap<String, usize> },
    /// By the texts as which values are shown.
    Shown(HashMap<String, usize>),
    /// Of nulls, and of values.
    Nulls,
}

/// The cell of each whole number of a range.
struct Dense {
    least: i128,
    cells: Vec<u8>,
}

/// The widest range of whole numbers that has a table.
const WIDEST: f64 = 131_072.0;

/// More cells than numbers are cut into; the last stands for what lies outside.
const MOST_CELLS: usize = u8::MAX as usize + 1;

impl Dense {
    /// The table of a range, where it is worth its room. What lies beyond the ends by less than a half is no whole number.
    fn of(low: f64, bounds: &[f64], high: f64) -> Option<Dense> {
        let (least, most) = (libm::ceil(low), libm::floor(high));
        let fits = bounds.len() + 1 < MOST_CELLS && least.abs() < 1e15 && most >= least && most - least < WIDEST;
        let cell = |value: f64| bounds.partition_point(|bound| *bound < value) as u8;
        fits.then(|| Dense {
            least: least as i128,
            cells: (0..=(most - least) as u64).map(|step| cell(least + step as f64)).collect(),
        })
    }

    /// Counts whole numbers; says whether the column holds such.
    fn count(&self, values: &ArrayRef, counts: &mut Counts) -> bool {
        if let Some(numbers) = values.as_primitive_opt::<Int64Type>() {
            self.count_units(numbers, i128::from, counts);
        } else if let Some(numbers) = values.as_primitive_opt::<Decimal128Type>() {
            self.count_units(numbers, |units| units, counts);
        } else if let Some(days) = values.as_primitive_opt::<Date32Type>() {
            self.count_units(days, i128::from, counts);
        } else {
            return false;
        }
        true
    }

    fn count_units<T: ArrowPrimitiveType>(
        &self,
        values: &PrimitiveArray<T>,
        units: impl Fn(T::Native) -> i128,
        counts: &mut Counts,
    ) {
        // Outside is the last of them, so that no row asks where it belongs.
        let mut seen = [0_u64; MOST_CELLS];
        let cell = |value: T::Native| {
            let place = units(value).wrapping_sub(self.least) as u128;
            usize::try_from(place)
                .ok()
                .and_then(|place| self.cells.get(place))
                .map_or(MOST_CELLS - 1, |cell| *cell as usize)
        };
        match values.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => values.values().iter().for_each(|value| seen[cell(*value)] += 1),
            Some(nulls) => nulls.valid_indices().for_each(|row| seen[cell(values.value(row))] += 1),
        }
        counts.outside += seen[MOST_CELLS - 1];
        counts.cells.iter_mut().zip(seen).for_each(|(sum, seen)| *sum += seen);
    }
}

/// The longest text that a view holds, in bytes.
const INLINE: u32 = 12;

/// Texts by the views that hold them: a table with open addressing, at most half full.
struct Views {
    /// The views and their cells, [`NO_CELL`] where there is none.
    entries: Vec<(u128, usize)>,
    shift: u32,
}

/// An odd number with as many ones as zeros, by which views are mixed: the golden ratio's fraction.
const MIXER: u64 = 0x9e37_79b9_7f4a_7c15;

/// No cell.
const NO_CELL: usize = usize::MAX;

impl Views {
    fn of(texts: &[(u128, usize)]) -> Views {
        let bits = (2 * texts.len()).next_power_of_two().trailing_zeros().max(1);
        let mut views = Views { entries: vec![(0, NO_CELL); 1 << bits], shift: u64::BITS - bits };
        for (view, cell) in texts {
            let place = views.place(*view);
            views.entries[place] = (*view, *cell);
        }
        views
    }

    /// Where a view stands, or the empty place where it would.
    fn place(&self, view: u128) -> usize {
        let mixed = (view as u64 ^ ((view >> 64) as u64).rotate_left(29)).wrapping_mul(MIXER);
        let mut place = (mixed >> self.shift) as usize;
        while self.entries[place].0 != view && self.entries[place].1 != NO_CELL {
            place = (place + 1) & (self.entries.len() - 1);
        }
        place
    }

    fn cell(&self, view: u128) -> Option<usize> {
        let (known, cell) = self.entries[self.place(view)];
        (known == view && cell != NO_CELL).then_some(cell)
    }
}

/// Where a value stands in a list whose values ascend.
fn found<K: Ord>(list: &[(K, usize)], value: &K) -> Option<usize> {
    let place = list.partition_point(|(known, _)| known < value);
    list.get(place).filter(|(known, _)| known == value).map(|(_, cell)| *cell)
}

impl Cells {
    fn of(shape: &Shape) -> Cells {
        let values = match shape {
            Shape::Numbers { low, bounds, high, .. } => {
                let dense = Dense::of(*low, bounds, *high);
                return Cells::Numbers { low: *low, bounds: bounds.clone(), high: *high, dense };
            }
            Shape::Values { values, .. } => values,
            Shape::Nulls { .. } => return Cells::Nulls,
        };
        if let Some(texts) = values.as_string_view_opt() {
            let is_short = |row: &usize| texts.views()[*row] as u32 <= INLINE;
            let short: Vec<_> = (0..texts.len()).filter(is_short).map(|row| (texts.views()[row], row)).collect();
            let short = Views::of(&short);
            let long = (0..texts.len()).filter(|row| !is_short(row));
            return Cells::Texts { short, long: long.map(|row| (texts.value(row).to_owned(), row)).collect() };
        }
        if let Some(flags) = values.as_boolean_opt() {
            return Cells::Flags([false, true].map(|flag| (0..flags.len()).find(|row| flags.value(*row) == flag)));
        }
        let mut units = Vec::new();
        values_of(
            values,
            |_| true,
            |number| {
                if let Number::Units(value) = number {
                    units.push(value)
                }
            },
        );
        if units.len() == values.len() {
            let mut units: Vec<(i128, usize)> = units.into_iter().zip(0..).collect();
            units.sort_unstable();
            return Cells::Units(units);
        }
        Cells::Shown((0..values.len()).map(|row| (label(values, row), row)).collect())
    }

    fn count(&self, values: &ArrayRef, counts: &mut Counts) {
        let there = || (0..values.len()).filter(|row| values.is_valid(*row));
        match self {
            Cells::Numbers { low, bounds, high, dense } => {
                if dense.as_ref().is_some_and(|dense| dense.count(values, counts)) {
                    return;
                }
                values_of(
                    values,
                    |_| true,
                    |number| {
                        let value = number.value();
                        let is_inside = value >= *low && value <= *high;
                        counts.add(is_inside.then(|| bounds.partition_point(|bound| *bound < value)));
                    },
                );
            }
            Cells::Units(units) => values_of(
                values,
                |_| true,
                |number| match number {
                    Number::Units(value) => counts.add(found(units, &value)),
                    Number::Float(_) => counts.add(None),
                },
            ),
            Cells::Flags(places) => match values.as_boolean_opt() {
                Some(flags) => {
                    let (valid, yes) = (flags.len() - flags.null_count(), flags.true_count());
                    for (place, seen) in places.iter().zip([(valid - yes) as u64, yes as u64]) {
                        match place {
                            Some(place) => counts.cells[*place] += seen,
                            None => counts.outside += seen,
                        }
                    }
                }
                None => there().for_each(|_| counts.add(None)),
            },
            Cells::Texts { short, long } => match values.as_string_view_opt() {
                Some(texts) => {
                    let nulls = texts.nulls().filter(|nulls| nulls.null_count() > 0);
                    for (row, view) in texts.views().iter().enumerate() {
                        if nulls.is_some_and(|nulls| nulls.is_null(row)) {
                            continue;
                        }
                        counts.add(match *view as u32 <= INLINE {
                            true => short.cell(*view),
                            false => long.get(texts.value(row)).copied(),
                        });
                    }
                }
                None => there().for_each(|_| counts.add(None)),
            },
            Cells::Nulls => {
                let nulls = values.logical_null_count() as u64;
                counts.cells[0] += nulls;
                counts.cells[1] += values.len() as u64 - nulls;
            }
            Cells::Shown(places) => there().for_each(|row| counts.add(places.get(&label(values, row)).copied())),
        }
    }
}

/// How many values lie in each cell, and in none.
#[derive(Clone, Default)]
struct Counts {
    cells: Vec<u64>,
    outside: u64,
}

impl Counts {
    fn add(&mut self, cell: Option<usize>) {
        match cell {
            Some(cell) => self.cells[cell] += 1,
            None => self.outside += 1,
        }
    }
}

/// Measures the distributions of a table's columns in one reading; of columns that were not delivered nothing is said.
pub(super) async fn check(
    database: &Database,
    dataset: &Dataset,
    table: &Table,
    distributions: &[&Distribution],
) -> Result<Vec<Fit>, VerifyError> {
    let mut joins = Joins::new(dataset, table);
    let (mut places, mut read) = (Vec::new(), Vec::new());
    for distribution in distributions {
        let wrong =
            |detail: String| VerifyError::sql(&format!("{}.{}", distribution.table, distribution.column), detail);
        let place = joins.own(&distribution.column).map_err(wrong)?;
        let is_there = database.delivered(place.table, place.column).is_some();
        read.push(is_there.then(|| {
            places.push(place);
            places.len() - 1
        }));
    }
    let source = database.source(&joins, table, &places, false).await?;
    let shapes = distributions.iter().zip(&read).filter(|(_, read)| read.is_some());
    let cells: Arc<Vec<Cells>> =
        Arc::new(shapes.clone().map(|(distribution, _)| Cells::of(&distribution.shape)).collect());
    let none: Vec<Counts> = shapes
        .map(|(distribution, _)| Counts { cells: vec![0; distribution.shape.shares().len()], outside: 0 })
        .collect();
    let begin = none.clone();
    let parts = source
        .fold_made(
            move || begin.clone(),
            move |counts: &mut Vec<Counts>, batch: &RecordBatch, _| {
                for ((cells, counts), values) in cells.iter().zip(counts).zip(batch.columns()) {
                    cells.count(values, counts);
                }
                Ok(())
            },
        )
        .await?;
    let mut all = none;
    for part in parts {
        for (sum, counts) in all.iter_mut().zip(part.state) {
            sum.outside += counts.outside;
            sum.cells.iter_mut().zip(counts.cells).for_each(|(sum, count)| *sum += count);
        }
    }
    let found = distributions.iter().zip(read).filter_map(|(distribution, read)| {
        let counts = &all[read?];
        Some(fit(distribution, counts))
    });
    Ok(found.collect())
}

fn fit(distribution: &Distribution, counts: &Counts) -> Fit {
    let inside: u64 = counts.cells.iter().sum();
    let found = chi_square(distribution.shape.shares(), &counts.cells);
    let p_value = match (counts.outside, found) {
        (1.., _) => Some(0.0),
        (0, found) => found.map(|(statistic, degrees)| rounded(chi_square_above(statistic, degrees))),
    };
    Fit {
        table: distribution.table.clone(),
        column: distribution.column.clone(),
        generator: distribution.generator.clone(),
        checked: inside + counts.outside,
        outside: counts.outside,
        chi_square: found.map(|(statistic, _)| rounded(statistic)),
        degrees_of_freedom: found.map(|(_, degrees)| degrees),
        p_value,
    }
}

/// Pearson's statistic and its degrees of freedom, neighbouring cells taken together until enough values are expected in each; nothing where
/// that leaves fewer than two.
fn chi_square(shares: &[f64], counts: &[u64]) -> Option<(f64, u64)> {
    let rows = counts.iter().sum::<u64>() as f64;
    let mut cells: Vec<(f64, f64)> = Vec::new();
    let (mut expected, mut observed) = (0.0, 0.0);
    for (share, count) in shares.iter().zip(counts) {
        expected += share * rows;
        observed += *count as f64;
        if expected >= EXPECTED {
            cells.push((expected, observed));
            (expected, observed) = (0.0, 0.0);
        }
    }
    // What is left belongs to the last.
    if let Some(last) = cells.last_mut() {
        *last = (last.0 + expected, last.1 + observed);
    }
    let degrees = cells.len().checked_sub(1).filter(|degrees| *degrees > 0)?;
    let statistic =
        cells.iter().map(|(expected, observed)| (observed - expected) * (observed - expected) / expected).sum();
    Some((statistic, degrees as u64))
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::Float64Array;

    use super::*;

    #[test]
    fn the_statistic_is_pearsons() {
        // A die thrown sixty times.
        let (statistic, degrees) = chi_square(&[1.0 / 6.0; 6], &[5, 8, 9, 8, 10, 20]).expect("enough");
        assert!((statistic - 13.4).abs() < 1e-9 && degrees == 5);
        let p = chi_square_above(statistic, degrees);
        assert!((p - 0.019_905).abs() < 1e-5, "{p}");
    }

    #[test]
    fn cells_of_few_values_are_taken_together() {
        let (statistic, degrees) =
            chi_square(&[0.96, 0.01, 0.01, 0.02], &[96, 1, 1, 2]).map_or((9.0, 9), |found| found);
        // All but the first come to four, which is too few for a cell of its own.
        assert_eq!((statistic, degrees), (9.0, 9));
        assert!(chi_square(&[0.5, 0.5], &[3, 4]).is_none());
        let (statistic, degrees) = chi_square(&[0.9, 0.02, 0.03, 0.05], &[90, 2, 3, 5]).expect("enough");
        assert!(statistic < 1e-9 && degrees == 2);
    }

    #[test]
    fn values_outside_are_counted() {
        let shape = Shape::Numbers { low: 0.0, bounds: vec![1.0], high: 2.0, shares: vec![0.5, 0.5] };
        let distribution = Distribution {
            table: "t".to_owned(),
            column: "a".to_owned(),
            generator: "{type: float}".to_owned(),
            shape,
        };
        let (cells, mut counts) = (Cells::of(&distribution.shape), Counts { cells: vec![0; 2], outside: 0 });
        let values = [Some(0.0), Some(1.0), None, Some(1.5), Some(2.0), Some(2.5), Some(-0.5)];
        let values: ArrayRef = Arc::new(values.into_iter().collect::<Float64Array>());
        cells.count(&values, &mut counts);
        assert_eq!((&counts.cells[..], counts.outside), (&[2, 2][..], 2));
        let fit = fit(&distribution, &counts);
        assert_eq!((fit.checked, fit.outside, fit.p_value, fit.chi_square), (6, 2, Some(0.0), None));
    }
}

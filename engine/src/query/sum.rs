//! Sums of whole numbers and decimals that do not wrap.
//!
//! DataFusion's `sum` adds in the type of its result and wraps there. This one adds whole numbers in 128 bits, which no table fills, and says
//! where the result does not fit; other types and sums of distinct values are DataFusion's.

use std::mem::size_of;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Decimal128Array};
use datafusion::arrow::compute::{CastOptions, cast, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Field, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::functions_aggregate::sum::Sum;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature};

/// The function.
pub(super) fn function() -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::new_from_impl(CheckedSum { inner: Sum::new() }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct CheckedSum {
    inner: Sum,
}

/// The type in which values of a kind are added; none where they are not ours to add.
fn wide(kind: &DataType) -> Option<DataType> {
    match kind {
        kind if kind.is_integer() => Some(DataType::Decimal128(38, 0)),
        DataType::Decimal128(_, scale) => Some(DataType::Decimal128(38, *scale)),
        _ => None,
    }
}

fn ours(args: &AccumulatorArgs<'_>) -> Option<Sums> {
    let result = args.return_field.data_type();
    let wide = wide(result).filter(|_| !args.is_distinct)?;
    Some(Sums { wide, result: result.clone() })
}

impl AggregateUDFImpl for CheckedSum {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arg_types)
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        match ours(&args) {
            Some(kind) => Ok(Box::new(One { kind, sum: 0, values: 0 })),
            None => self.inner.accumulator(args),
        }
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        match wide(args.return_type()).filter(|_| !args.is_distinct) {
            Some(wide) => Ok(vec![Arc::new(Field::new(format!("{}[sum]", args.name), wide, true))]),
            None => self.inner.state_fields(args),
        }
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        self.inner.groups_accumulator_supported(args)
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        match ours(&args) {
            Some(kind) => Ok(Box::new(Groups { kind, sums: Vec::new() })),
            None => self.inner.create_groups_accumulator(args),
        }
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        match ours(&args) {
            Some(kind) => Ok(Box::new(One { kind, sum: 0, values: 0 })),
            None => self.inner.create_sliding_accumulator(args),
        }
    }
}

/// How values are added, and what comes of it.
#[derive(Clone, Debug)]
struct Sums {
    wide: DataType,
    result: DataType,
}

impl Sums {
    fn values(&self, values: &ArrayRef) -> Result<Decimal128Array> {
        Ok(cast(values, &self.wide)?.as_primitive::<Decimal128Type>().clone())
    }

    /// Sums in the type of the result.
    fn result(&self, sums: ArrayRef) -> Result<ArrayRef> {
        let options = CastOptions { safe: false, ..CastOptions::default() };
        cast_with_options(&sums, &self.result, &options).map_err(|_| self.overflow())
    }

    fn array(&self, sums: impl IntoIterator<Item = Option<i128>>) -> Result<ArrayRef> {
        let sums: Decimal128Array = sums.into_iter().collect();
        Ok(Arc::new(sums.with_data_type(self.wide.clone())))
    }

    fn overflow(&self) -> DataFusionError {
        let what = match self.result.is_integer() {
            true => "integer overflow in a sum",
            false => "more than 38 digits in a sum",
        };
        DataFusionError::Execution(what.to_owned())
    }
}

/// The sum of one group.
#[derive(Debug)]
struct One {
    kind: Sums,
    sum: i128,
    /// How many values were added; the sum of none is null.
    values: u64,
}

impl One {
    fn state(&self) -> Result<ArrayRef> {
        self.kind.array([(self.values > 0).then_some(self.sum)])
    }
}

impl Accumulator for One {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for value in self.kind.values(&values[0])?.iter().flatten() {
            self.sum = self.sum.checked_add(value).ok_or_else(|| self.kind.overflow())?;
            self.values += 1;
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for value in self.kind.values(&values[0])?.iter().flatten() {
            self.sum = self.sum.checked_sub(value).ok_or_else(|| self.kind.overflow())?;
            self.values -= 1;
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        ScalarValue::try_from_array(&self.kind.result(One::state(self)?)?, 0)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::try_from_array(&One::state(self)?, 0)?])
    }

    fn size(&self) -> usize {
        size_of::<One>()
    }
}

/// The sums of many groups.
struct Groups {
    kind: Sums,
    /// Of each group, none where it has no value yet.
    sums: Vec<Option<i128>>,
}

impl GroupsAccumulator for Groups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.sums.resize(total_num_groups, None);
        let values = self.kind.values(&values[0])?;
        for (row, group) in group_indices.iter().enumerate() {
            let is_wanted = opt_filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
            if !is_wanted || values.is_null(row) {
                continue;
            }
            let sum = &mut self.sums[*group];
            *sum = Some(sum.unwrap_or(0).checked_add(values.value(row)).ok_or_else(|| self.kind.overflow())?);
        }
        Ok(())
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.update_batch(values, group_indices, None, total_num_groups)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let sums = emit_to.take_needed(&mut self.sums);
        self.kind.result(self.kind.array(sums)?)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let sums = emit_to.take_needed(&mut self.sums);
        Ok(vec![self.kind.array(sums)?])
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let values = self.kind.values(&values[0])?;
        let is_wanted = |row: usize| opt_filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
        let states = values.iter().enumerate().map(|(row, value)| value.filter(|_| is_wanted(row)));
        Ok(vec![self.kind.array(states)?])
    }

    fn size(&self) -> usize {
        self.sums.capacity() * size_of::<Option<i128>>()
    }
}

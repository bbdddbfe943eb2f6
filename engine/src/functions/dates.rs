//! Whole days, and the schema's present. Interval arithmetic of DataFusion costs thirty times as much as these two additions.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Date32Array, Int64Array};
use datafusion::arrow::datatypes::{DataType, Date32Type, Int64Type, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::common::types::{NativeType, logical_date, logical_int64, logical_string};
use datafusion::error::{DataFusionError, Result};
use datafusion::functions::utils::make_scalar_function;
use datafusion::logical_expr::{
    Coercion, ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignatureClass, Volatility,
};

/// Name of the function that gives the schema's present.
pub(super) const REFERENCE_TIME: &str = "reference_time";

/// Days since 1970 of 0001-01-01 and 9999-12-31, which every database can write.
const DAYS: std::ops::RangeInclusive<i64> = -719_162..=2_932_896;

/// The functions of this file; [`ReferenceTime`] stands for its name, with the time that each caller puts in.
pub(super) fn functions() -> Vec<Arc<ScalarUDF>> {
    vec![
        Arc::new(ScalarUDF::new_from_impl(AddDays { signature: signature(vec![date(), whole()]) })),
        Arc::new(ScalarUDF::new_from_impl(DaysBetween { signature: signature(vec![date(), date()]) })),
        Arc::new(ScalarUDF::new_from_impl(ReferenceTime::new(0))),
    ]
}

fn signature(arguments: Vec<Coercion>) -> Signature {
    Signature::coercible(arguments, Volatility::Immutable)
}

fn date() -> Coercion {
    Coercion::new_implicit(
        TypeSignatureClass::Native(logical_date()),
        vec![TypeSignatureClass::Timestamp, TypeSignatureClass::Native(logical_string())],
        NativeType::Date,
    )
}

fn whole() -> Coercion {
    Coercion::new_implicit(
        TypeSignatureClass::Native(logical_int64()),
        vec![TypeSignatureClass::Integer],
        NativeType::Int64,
    )
}

/// `add_days(date, n)`
#[derive(Debug, PartialEq, Eq, Hash)]
struct AddDays {
    signature: Signature,
}

impl ScalarUDFImpl for AddDays {
    fn name(&self) -> &str {
        "add_days"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Date32)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        make_scalar_function(add_days, vec![])(&args.args)
    }
}

fn add_days(arrays: &[ArrayRef]) -> Result<ArrayRef> {
    let (Some(dates), Some(days)) = (
        arrays.first().and_then(|array| array.as_primitive_opt::<Date32Type>()),
        arrays.get(1).and_then(|array| array.as_primitive_opt::<Int64Type>()),
    ) else {
        return Err(wrong_types("add_days", arrays));
    };
    let sums = dates.iter().zip(days.iter()).map(|pair| match pair {
        (Some(date), Some(days)) => match i64::from(date).checked_add(days) {
            Some(sum) if DAYS.contains(&sum) => Ok(i32::try_from(sum).ok()),
            _ => Err(DataFusionError::Execution(format!("{days} days later is past the years 1 to 9999"))),
        },
        _ => Ok(None),
    });
    Ok(Arc::new(sums.collect::<Result<Date32Array>>()?))
}

/// `days_between(from, to)`
#[derive(Debug, PartialEq, Eq, Hash)]
struct DaysBetween {
    signature: Signature,
}

impl ScalarUDFImpl for DaysBetween {
    fn name(&self) -> &str {
        "days_between"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        make_scalar_function(days_between, vec![])(&args.args)
    }
}

fn days_between(arrays: &[ArrayRef]) -> Result<ArrayRef> {
    let (Some(from), Some(to)) = (
        arrays.first().and_then(|array| array.as_primitive_opt::<Date32Type>()),
        arrays.get(1).and_then(|array| array.as_primitive_opt::<Date32Type>()),
    ) else {
        return Err(wrong_types("days_between", arrays));
    };
    let days = from.iter().zip(to.iter()).map(|(from, to)| Some(i64::from(to?) - i64::from(from?)));
    Ok(Arc::new(days.collect::<Int64Array>()))
}

fn wrong_types(name: &str, arrays: &[ArrayRef]) -> DataFusionError {
    let types: Vec<String> = arrays.iter().map(|array| array.data_type().to_string()).collect();
    DataFusionError::Internal(format!("{name} was called with {}", types.join(", ")))
}

/// `reference_time()`, the same in every row.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ReferenceTime {
    us: i64,
    signature: Signature,
}

impl ReferenceTime {
    /// The function that gives `us`, microseconds since 1970, UTC.
    pub(super) fn new(us: i64) -> ReferenceTime {
        ReferenceTime { us, signature: Signature::exact(vec![], Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for ReferenceTime {
    fn name(&self) -> &str {
        REFERENCE_TIME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Timestamp(TimeUnit::Microsecond, None))
    }

    fn invoke_with_args(&self, _args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Ok(ColumnarValue::Scalar(ScalarValue::TimestampMicrosecond(Some(self.us), None)))
    }
}

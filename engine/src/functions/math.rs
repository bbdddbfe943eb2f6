//! Powers, logarithms and trigonometry over crate `libm`, which gives the same bits on every machine, in place of DataFusion's, which ask the
//! platform. Arguments are any numbers, the result is a float. A result that is no number, or past the largest float, is an error.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Float64Array};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::common::types::{NativeType, logical_float64};
use datafusion::error::{DataFusionError, Result};
use datafusion::functions::utils::make_scalar_function;
use datafusion::logical_expr::{
    Coercion, ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature,
    TypeSignatureClass, Volatility,
};

/// The functions of this file.
pub(super) fn functions() -> Vec<Arc<ScalarUDF>> {
    let one = |name, compute| function(name, &[], Compute::One(compute));
    vec![
        one("exp", libm::exp as fn(f64) -> f64),
        one("ln", libm::log),
        one("log2", libm::log2),
        one("log10", libm::log10),
        one("cbrt", libm::cbrt),
        one("sin", libm::sin),
        one("cos", libm::cos),
        one("tan", libm::tan),
        one("cot", |x| 1.0 / libm::tan(x)),
        one("asin", libm::asin),
        one("acos", libm::acos),
        one("atan", libm::atan),
        one("sinh", libm::sinh),
        one("cosh", libm::cosh),
        one("tanh", libm::tanh),
        one("asinh", libm::asinh),
        one("acosh", libm::acosh),
        one("atanh", libm::atanh),
        function("atan2", &[], Compute::Two(libm::atan2)),
        function("power", &["pow"], Compute::Two(libm::pow)),
        function("log", &[], Compute::OneOrTwo(libm::log10, log)),
    ]
}

/// The logarithm of `x` to `base`; the bases that have a function of their own give exact powers exactly.
fn log(base: f64, x: f64) -> f64 {
    if base == 10.0 {
        libm::log10(x)
    } else if base == 2.0 {
        libm::log2(x)
    } else {
        libm::log(x) / libm::log(base)
    }
}

#[derive(Clone, Copy, Debug)]
enum Compute {
    One(fn(f64) -> f64),
    Two(fn(f64, f64) -> f64),
    /// With one argument the first, with two the second.
    OneOrTwo(fn(f64) -> f64, fn(f64, f64) -> f64),
}

#[derive(Debug)]
struct Libm {
    name: &'static str,
    aliases: Vec<String>,
    compute: Compute,
    signature: Signature,
}

fn function(name: &'static str, aliases: &[&str], compute: Compute) -> Arc<ScalarUDF> {
    let number = Coercion::new_implicit(
        TypeSignatureClass::Native(logical_float64()),
        vec![TypeSignatureClass::Numeric],
        NativeType::Float64,
    );
    let signature = match compute {
        Compute::One(_) => Signature::coercible(vec![number], Volatility::Immutable),
        Compute::Two(_) => Signature::coercible(vec![number; 2], Volatility::Immutable),
        Compute::OneOrTwo(..) => Signature::one_of(
            vec![TypeSignature::Coercible(vec![number.clone()]), TypeSignature::Coercible(vec![number; 2])],
            Volatility::Immutable,
        ),
    };
    let aliases = aliases.iter().map(|alias| (*alias).to_owned()).collect();
    Arc::new(ScalarUDF::new_from_impl(Libm { name, aliases, compute, signature }))
}

// The name says which function it is; a pointer to code does not compare reliably.
impl PartialEq for Libm {
    fn eq(&self, other: &Libm) -> bool {
        self.name == other.name
    }
}

impl Eq for Libm {}

impl Hash for Libm {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Libm {
    fn name(&self) -> &str {
        self.name
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        make_scalar_function(|arrays: &[ArrayRef]| self.values(arrays), vec![])(&args.args)
    }
}

impl Libm {
    fn values(&self, arrays: &[ArrayRef]) -> Result<ArrayRef> {
        let floats = |index: usize| -> Result<&Float64Array> {
            arrays
                .get(index)
                .and_then(|array| array.as_primitive_opt::<Float64Type>())
                .ok_or_else(|| DataFusionError::Internal(format!("{} takes floats", self.name)))
        };
        let one = |compute: fn(f64) -> f64| -> Result<ArrayRef> {
            let values = floats(0)?.try_unary::<_, Float64Type, DataFusionError>(|x| {
                finite(compute(x), x.is_finite(), || format!("{}({x})", self.name))
            })?;
            Ok(Arc::new(values))
        };
        let two = |compute: fn(f64, f64) -> f64| -> Result<ArrayRef> {
            let pairs = floats(0)?.iter().zip(floats(1)?.iter());
            let values = pairs.map(|pair| match pair {
                (Some(x), Some(y)) => {
                    finite(compute(x, y), x.is_finite() && y.is_finite(), || format!("{}({x}, {y})", self.name))
                        .map(Some)
                }
                _ => Ok(None),
            });
            Ok(Arc::new(values.collect::<Result<Float64Array>>()?))
        };
        match self.compute {
            Compute::One(compute) => one(compute),
            Compute::Two(compute) => two(compute),
            Compute::OneOrTwo(first, _) if arrays.len() == 1 => one(first),
            Compute::OneOrTwo(_, second) => two(second),
        }
    }
}

/// The value, unless it stopped being finite here.
fn finite(value: f64, arguments_are_finite: bool, call: impl FnOnce() -> String) -> Result<f64> {
    if value.is_finite() || !arguments_are_finite {
        return Ok(value);
    }
    let what = if value.is_nan() { "is not a number" } else { "is infinite" };
    Err(DataFusionError::Execution(format!("{} {what}", call())))
}

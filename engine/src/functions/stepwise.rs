//! Functions whose work is the product of two lengths, or that of a pattern and a text, done a few rows at a time: between them a query can be
//! stopped, and what one row would need is known before.
//!
//! Patterns are weighed by the states that can be alive at once in the automaton of <https://docs.rs/regex>, which takes each of them a step with
//! each byte of a text in the worst case: what is repeated counts as often as it may be, a class as the bytes of a character.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, StringViewArray};
use datafusion::arrow::compute::concat;
use datafusion::arrow::compute::kernels::comparison;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use regex_syntax::hir::{Hir, HirKind};

use super::signs::as_null_as;
use super::text::texts;
use crate::stop::{self, Stop};

/// Steps of one row at most: about a second's work.
const MAX_STEPS: usize = 1 << 29;

/// Steps that are done before it is looked whether somebody still waits.
const STEPS_AT_A_TIME: usize = 1 << 25;

/// What is done with a pattern before the first byte of a text, in bytes of texts.
const PREPARATION: usize = 64;

/// What the work is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Work {
    /// Each character of the first against each of the second.
    Pairs,
    /// The second, a regular expression, along the first; the flags are the argument of this number.
    Pattern(usize),
    /// The second, a pattern of `LIKE`, along the first.
    Like,
}

/// A function of DataFusion that works a few rows at a time.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Stepwise {
    inner: Arc<ScalarUDF>,
    work: Work,
    /// Whether it stands for a sign of SQL.
    is_sign: bool,
}

/// The function of this name as it is, or stepwise where its work can be long.
pub(super) fn stepwise(function: Arc<ScalarUDF>) -> Arc<ScalarUDF> {
    let work = match function.name() {
        "levenshtein" => Work::Pairs,
        "regexp_like" | "regexp_match" => Work::Pattern(2),
        "regexp_count" | "regexp_replace" => Work::Pattern(3),
        "regexp_instr" => Work::Pattern(4),
        _ => return function,
    };
    Arc::new(ScalarUDF::new_from_impl(Stepwise { inner: function, work, is_sign: false }))
}

/// What `~` is as a function of a text, a pattern and flags.
pub(super) fn regex() -> Arc<ScalarUDF> {
    let inner = datafusion::functions::regex::regexp_like();
    Arc::new(ScalarUDF::new_from_impl(Stepwise { inner, work: Work::Pattern(2), is_sign: true }))
}

/// What `LIKE`, or `ILIKE` where case does not matter, is as a function of a text and a pattern.
pub(super) fn like(ignores_case: bool) -> Arc<ScalarUDF> {
    let inner = Arc::new(ScalarUDF::new_from_impl(Like::new(ignores_case)));
    Arc::new(ScalarUDF::new_from_impl(Stepwise { inner, work: Work::Like, is_sign: true }))
}

/// Whether a pattern of `LIKE` asks for no more than a beginning, an end, or a text in the middle.
pub(super) fn is_plain_like(pattern: &str) -> bool {
    !pattern.trim_matches('%').contains(['%', '_'])
}

impl ScalarUDFImpl for Stepwise {
    delegated!();

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        if self.is_sign {
            return Ok(as_null_as(&args, self.name(), DataType::Boolean));
        }
        self.inner.return_field_from_args(args)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        look(&args)?;
        // With constants alone there is one result, however many rows want it.
        let constant = args.args.iter().all(|value| matches!(value, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let steps = self.steps(&args.args, rows)?;
        if let Some(most) = steps.iter().find(|steps| **steps > MAX_STEPS) {
            return Err(DataFusionError::Execution(format!(
                "{} would take {most} steps for one row, at most {MAX_STEPS}; a shorter pattern or text needs fewer",
                self.name()
            )));
        }
        if constant || steps.iter().fold(0_usize, |all, steps| all.saturating_add(*steps)) <= STEPS_AT_A_TIME {
            return self.inner.invoke_with_args(args);
        }
        let mut parts: Vec<ArrayRef> = Vec::new();
        let mut start = 0;
        while start < rows {
            look(&args)?;
            let mut taken = 0_usize;
            let fit = steps[start..].iter().take_while(|steps| {
                taken = taken.saturating_add(**steps);
                taken <= STEPS_AT_A_TIME
            });
            let count = fit.count().max(1);
            let part = |value: &ColumnarValue| match value {
                ColumnarValue::Array(array) => ColumnarValue::Array(array.slice(start, count)),
                scalar @ ColumnarValue::Scalar(_) => scalar.clone(),
            };
            let answer = self.inner.invoke_with_args(ScalarFunctionArgs {
                args: args.args.iter().map(part).collect(),
                arg_fields: args.arg_fields.clone(),
                number_rows: count,
                return_field: Arc::clone(&args.return_field),
                config_options: Arc::clone(&args.config_options),
            })?;
            parts.push(answer.into_array(count)?);
            start += count;
        }
        let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
        Ok(ColumnarValue::Array(concat(&parts)?))
    }
}

/// Leaves the work that nobody waits for any more: by what the thread is told, or the query.
fn look(args: &ScalarFunctionArgs) -> Result<()> {
    stop::look();
    args.config_options.extensions.get::<Stop>().map_or(Ok(()), Stop::check)
}

impl Stepwise {
    /// The most steps that each row can take.
    fn steps(&self, args: &[ColumnarValue], rows: usize) -> Result<Vec<usize>> {
        let of = |index: usize| {
            let value = args.get(index).map(|value| value.to_array(rows)).transpose()?;
            value.map(|array| texts(&array)).transpose()
        };
        let (Some(one), Some(other)) = (of(0)?, of(1)?) else { return Ok(vec![0; rows]) };
        let flags = match self.work {
            Work::Pattern(index) => of(index)?,
            _ => None,
        };
        // Most often the pattern is the same in all rows, which is quicker to see than to look up.
        let mut last = ("", "", of_pattern("", ""));
        let mut weights: HashMap<(&str, &str), usize> = HashMap::new();
        let text = |texts: &StringViewArray, row: usize| texts.is_valid(row).then(|| texts.value(row).len());
        Ok((0..rows)
            .map(|row| {
                let (Some(length), true) = (text(&one, row), other.is_valid(row)) else { return 0 };
                let pattern = other.value(row);
                let flags = flags.as_ref().filter(|flags| flags.is_valid(row)).map_or("", |flags| flags.value(row));
                let weight = match self.work {
                    Work::Pairs => return length.saturating_mul(pattern.len()),
                    Work::Pattern(_) => {
                        if (last.0, last.1) != (pattern, flags) {
                            let weight = weights.entry((pattern, flags)).or_insert_with(|| of_pattern(pattern, flags));
                            last = (pattern, flags, *weight);
                        }
                        last.2
                    }
                    Work::Like => pattern.len(),
                };
                weight.saturating_mul(length.saturating_add(PREPARATION))
            })
            .collect())
    }
}

/// The most states of a regular expression that are alive at once, each as often as there are groups to be remembered.
fn of_pattern(pattern: &str, flags: &str) -> usize {
    let flags: String = flags.chars().filter(|flag| matches!(flag, 'i' | 'm' | 's' | 'x' | 'U' | 'u')).collect();
    let parsed = match flags.as_str() {
        "" => regex_syntax::parse(pattern),
        flags => regex_syntax::parse(&format!("(?{flags}){pattern}")),
    };
    // What is no pattern is told by whoever reads it.
    parsed.map_or(pattern.len(), |hir| {
        states(&hir).saturating_mul(hir.properties().explicit_captures_len().saturating_add(1))
    })
}

fn states(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(class) => class.maximum_len().unwrap_or(1),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min).max(1);
            states(&repetition.sub).saturating_mul(times as usize)
        }
        HirKind::Capture(capture) => states(&capture.sub).saturating_add(2),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(states).fold(0_usize, usize::saturating_add)
        }
    }
}

/// `LIKE` as a function.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Like {
    ignores_case: bool,
    signature: Signature,
}

impl Like {
    fn new(ignores_case: bool) -> Like {
        Like { ignores_case, signature: Signature::any(2, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Like {
    fn name(&self) -> &'static str {
        if self.ignores_case { "ILIKE" } else { "LIKE" }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [text, pattern] = args.args.as_slice() else {
            return Err(DataFusionError::Internal("LIKE holds a text against a pattern".to_owned()));
        };
        let text = Arc::new(texts(&text.to_array(args.number_rows)?)?);
        let is_like = if self.ignores_case { comparison::ilike } else { comparison::like };
        let answer = match pattern {
            ColumnarValue::Scalar(pattern) => {
                let pattern = texts(&pattern.to_array()?)?;
                is_like(&text.as_ref(), &datafusion::arrow::array::Scalar::new(&pattern))?
            }
            ColumnarValue::Array(pattern) => is_like(&text.as_ref(), &texts(pattern)?)?,
        };
        Ok(ColumnarValue::Array(Arc::new(answer)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_weighs_what_it_may_repeat() {
        let weight = |pattern: &str| of_pattern(pattern, "");
        assert_eq!(weight("abc"), 3);
        assert_eq!(weight("a{50}"), 50);
        assert_eq!(weight("(?:a{0,50}){0,20}"), 1_000);
        assert_eq!(weight("(?:(?:a{0,50}){0,50}){0,20}"), 50_000);
        assert_eq!(weight(r"[0-9]+"), 1);
        assert!((1..=8).contains(&weight(r"\w+")), "a class is one place, however many characters are in it");
        assert_eq!(weight("(a)(b)"), 18, "two groups are remembered for each state");
        assert_eq!(weight("(?:x|yz)*"), 3);
        assert_eq!(weight("(a"), 2, "no pattern");
        assert_eq!(of_pattern("a b # {0,99}", "x"), 2);
        assert_eq!(of_pattern("a{40}", "ig"), 40 * weight("(?i)a"));
    }

    #[test]
    fn a_plain_like_has_its_signs_at_the_ends() {
        assert!(["", "a", "%", "a%", "%a", "%a%", "%%"].into_iter().all(is_plain_like));
        assert!(!["a%b", "_", "%a_%", "%a%b%"].into_iter().any(is_plain_like));
    }
}

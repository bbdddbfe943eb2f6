//! Functions that can make much of little, a long text or a long list, bounded: what their result could need is computed before it is made.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringViewArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, FieldRef, Int64Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};

/// Longest text that one of these functions makes, in characters.
const MAX_CHARACTERS: usize = 65_536;

/// Longest text that `regexp_replace` and `encode` could make in the worst case, in bytes: how often a pattern matches is not known before.
const MAX_BYTES: usize = 1 << 20;

/// What is made in the rows that are looked at together, in bytes: as much as [`MAX_CHARACTERS`] of one byte in each of 4,096 rows.
const MAX_TOGETHER: usize = 256 << 20;

/// What a piece of a text takes in a list beside its bytes.
const PIECE: usize = 16;

/// The bounded functions, made of those that `find` gives by name.
pub(super) fn functions(find: impl Fn(&str) -> Option<Arc<ScalarUDF>>) -> Vec<Arc<ScalarUDF>> {
    [
        ("repeat", Growth::Repeat),
        ("lpad", Growth::Pad),
        ("rpad", Growth::Pad),
        ("replace", Growth::Replace),
        ("regexp_replace", Growth::ReplacePattern),
        ("encode", Growth::Encode),
        ("concat", Growth::Join),
        ("concat_ws", Growth::Separate),
        ("array_to_string", Growth::Spell),
        ("string_to_array", Growth::Cut),
    ]
    .into_iter()
    .filter_map(|(name, growth)| Some(Arc::new(ScalarUDF::new_from_impl(Bounded::new(find(name)?, growth)))))
    .collect()
}

/// How long a result can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Growth {
    Repeat,
    Pad,
    Replace,
    ReplacePattern,
    Encode,
    /// All values one behind the other.
    Join,
    /// The first between the others.
    Separate,
    /// The second between the elements of the first.
    Spell,
    /// A list of all values.
    List,
    /// The pieces of the first between the second.
    Cut,
}

/// A function of DataFusion that refuses to make more than a bounded text.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Bounded {
    inner: Arc<ScalarUDF>,
    growth: Growth,
}

impl ScalarUDFImpl for Bounded {
    delegated!();

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn invoke_with_args(&self, mut args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        self.check(&args)?;
        if self.growth == Growth::Pad
            && let Some(ColumnarValue::Array(lengths)) = args.args.get_mut(1)
        {
            // A length below 0 is none; as room to reserve DataFusion takes it for a very large one.
            *lengths = Arc::new(numbers(lengths)?.unary::<_, Int64Type>(|length| length.max(0)));
        }
        self.inner.invoke_with_args(args)
    }
}

impl Bounded {
    /// A function whose results grow so.
    pub(super) fn new(inner: Arc<ScalarUDF>, growth: Growth) -> Bounded {
        Bounded { inner, growth }
    }

    fn check(&self, args: &ScalarFunctionArgs) -> Result<()> {
        // With constants alone there is one result, however many rows want it.
        let constant = args.args.iter().all(|value| matches!(value, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let array = |index: usize| args.args.get(index).map(|value| value.to_array(rows)).transpose();
        let texts = |index: usize| array(index)?.map(|array| texts(&array)).transpose();
        let numbers = |index: usize| array(index)?.map(|array| numbers(&array)).transpose();
        match self.growth {
            Growth::Repeat => {
                let (Some(text), Some(times)) = (texts(0)?, numbers(1)?) else { return Ok(()) };
                self.each(text.iter().zip(&times), MAX_CHARACTERS, |(text, times)| {
                    Some(characters(text?).saturating_mul(usize::try_from(times?).unwrap_or(0)))
                })
            }
            Growth::Pad => {
                let Some(length) = numbers(1)? else { return Ok(()) };
                self.each(length.iter(), MAX_CHARACTERS, |length| Some(usize::try_from(length?).unwrap_or(0)))
            }
            Growth::Replace => {
                let (Some(text), Some(from), Some(to)) = (texts(0)?, texts(1)?, texts(2)?) else { return Ok(()) };
                self.each(text.iter().zip(&from).zip(&to), MAX_CHARACTERS, |((text, from), to)| {
                    let (text, from, to) = (text?, from?, to?);
                    // In an empty text to find every place between characters matches.
                    let most = text.len().saturating_add((text.len() + 1).saturating_mul(to.len()));
                    if most <= MAX_CHARACTERS {
                        return Some(most);
                    }
                    let times = text.matches(from).count();
                    let kept = characters(text).saturating_sub(times * characters(from));
                    Some(kept.saturating_add(times.saturating_mul(characters(to))))
                })
            }
            Growth::ReplacePattern => {
                let (Some(text), Some(to)) = (texts(0)?, texts(2)?) else { return Ok(()) };
                self.each(text.iter().zip(&to), MAX_BYTES, |(text, to)| {
                    let (text, to) = (text?, to?);
                    // Matches do not overlap, so all that one group captured is no longer than the text.
                    let groups = to.bytes().filter(|byte| matches!(byte, b'$' | b'\\')).count();
                    let captured = text.len().saturating_mul(groups + 1);
                    Some(captured.saturating_add((text.len() + 1).saturating_mul(to.len())))
                })
            }
            Growth::Encode => {
                let Some(value) = array(0)? else { return Ok(()) };
                let longest = value.to_data().buffers().iter().map(|buffer| buffer.len()).max().unwrap_or(0);
                // The buffers hold all values, so the lengths are worth looking at only where these are long.
                if longest <= MAX_BYTES / 2 {
                    return Ok(());
                }
                let bytes = cast(&value, &DataType::BinaryView)?;
                let bytes = bytes.as_binary_view();
                self.each(bytes.iter(), MAX_BYTES, |value| Some(value?.len().saturating_mul(2)))
            }
            Growth::Join | Growth::Separate => {
                let parts = (0..args.args.len()).map(texts).collect::<Result<Option<Vec<StringViewArray>>>>()?;
                let mut parts = parts.unwrap_or_default();
                if self.growth == Growth::Separate && parts.len() > 1 {
                    // As often as there are values, less one.
                    let separator = parts.remove(0);
                    parts.extend(vec![separator; parts.len() - 1]);
                }
                // A null is left out.
                let of = |row: usize| {
                    parts.iter().map(move |part| Some(if part.is_valid(row) { part.value(row) } else { "" }))
                };
                check_parts(self.inner.name(), rows, of).map(|_| ())
            }
            Growth::Spell => {
                let (Some(lists), Some(separator)) = (array(0)?, texts(1)?) else { return Ok(()) };
                let elements: usize = lists.to_data().child_data().iter().map(|elements| elements.len()).sum();
                let longest = separator.iter().flatten().map(str::len).max().unwrap_or_default();
                let all = lists.to_data().get_slice_memory_size()?.saturating_add(elements.saturating_mul(longest));
                check_joined(self.inner.name(), all)
            }
            Growth::Cut => {
                let (Some(text), Some(separator)) = (texts(0)?, texts(1)?) else { return Ok(()) };
                let pieces = text.iter().zip(&separator).map(|(text, separator)| match (text, separator) {
                    (Some(text), Some(separator)) if !separator.is_empty() => text.matches(separator).count() + 1,
                    // Without a separator there is one piece, or one of each character.
                    (Some(text), _) => text.len().max(1),
                    (None, _) => 0,
                });
                let pieces = pieces.fold(0_usize, usize::saturating_add);
                let bytes: usize = text.iter().flatten().map(str::len).sum();
                check_joined(self.inner.name(), bytes.saturating_add(pieces.saturating_mul(PIECE)))
            }
            Growth::List => {
                let mut all = 0_usize;
                for value in &args.args {
                    let bytes = value.to_array(1)?.to_data().get_slice_memory_size()?;
                    let times = if matches!(value, ColumnarValue::Scalar(_)) { rows } else { 1 };
                    all = all.saturating_add(bytes.saturating_mul(times));
                }
                check_joined(self.inner.name(), all)
            }
        }
    }

    fn each<T>(
        &self,
        rows: impl Iterator<Item = T>,
        most: usize,
        mut length: impl FnMut(T) -> Option<usize>,
    ) -> Result<()> {
        for row in rows {
            if let Some(length) = length(row)
                && length > most
            {
                let unit = if most == MAX_CHARACTERS { "characters" } else { "bytes" };
                return Err(DataFusionError::Execution(format!(
                    "{} would make a text of {length} {unit}, at most {most}",
                    self.inner.name()
                )));
            }
        }
        Ok(())
    }
}

/// The bytes of the texts that are joined of the parts of each row, a problem where one is too long or all are too much; nothing is joined where
/// a part is null.
pub(super) fn check_parts<'a, P: Iterator<Item = Option<&'a str>>>(
    by: &str,
    rows: usize,
    parts: impl Fn(usize) -> P,
) -> Result<usize> {
    let mut all = 0_usize;
    for row in 0..rows {
        let Some(bytes) = parts(row).try_fold(0_usize, |bytes, part| Some(bytes.saturating_add(part?.len()))) else {
            continue;
        };
        // As many characters as bytes at most, which are quicker to count.
        if bytes > MAX_CHARACTERS {
            let longest: usize = parts(row).flatten().map(characters).sum();
            if longest > MAX_CHARACTERS {
                return Err(DataFusionError::Execution(format!(
                    "{by} would make a text of {longest} characters, at most {MAX_CHARACTERS}"
                )));
            }
        }
        all = all.saturating_add(bytes);
    }
    check_joined(by, all).map(|()| all)
}

/// A problem unless so many bytes may be made in the rows that are looked at together.
pub(super) fn check_joined(by: &str, bytes: usize) -> Result<()> {
    if bytes <= MAX_TOGETHER {
        return Ok(());
    }
    Err(DataFusionError::Execution(format!(
        "{by} would make {bytes} bytes of a few thousand rows, at most {MAX_TOGETHER}"
    )))
}

fn characters(text: &str) -> usize {
    text.chars().count()
}

pub(super) fn texts(array: &ArrayRef) -> Result<StringViewArray> {
    Ok(cast(array, &DataType::Utf8View)?.as_string_view().clone())
}

fn numbers(array: &ArrayRef) -> Result<Int64Array> {
    Ok(cast(array, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
}

//! JSON as batches: an array of objects, or objects one after the other, whatever the file is called.
//!
//! A file is read twice: once to learn its keys and what their values are, for they may first occur in the last row, then for its rows.
//! Invariant: no more of the file than one object is in memory.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use engine::types::{DEFAULT_PRECISION, LogicalType};

use super::token::{self, Fault, JsonKind, JsonValue, Tokens};
use crate::builder::BatchBuilder;
use crate::source::{self, Batches, Listener, MAX_COLUMNS, MAX_ROW_BYTES, Source};
use crate::{FormatError, SourceTable};

/// The table in a JSON file, whose objects are all looked at for their keys.
pub(super) fn table(path: &Path, name: &str) -> Result<SourceTable, FormatError> {
    let mut objects = Objects::open(path, name)?;
    let mut names: Vec<String> = Vec::new();
    let mut seen: Vec<Seen> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    while let Some(object) = objects.next()? {
        let result: Result<(), Cow<'static, str>> = Tokens::new(object).members(|key, value| {
            let place = match places.get(key.as_ref()) {
                Some(place) => *place,
                None => {
                    if names.len() >= MAX_COLUMNS {
                        return Err("more than 16,384 keys occur".into());
                    }
                    places.insert(key.clone().into_owned(), names.len());
                    names.push(key.into_owned());
                    seen.push(Seen::default());
                    names.len() - 1
                }
            };
            seen[place].add(&value);
            Ok(())
        });
        result.map_err(|detail| FormatError::in_row(name, objects.row, detail))?;
    }
    let columns = names.iter().zip(&seen).map(|(name, seen)| source::column(name, &seen.logical_type()));
    let schema = Arc::new(Schema::new(columns.collect::<Vec<Field>>()));
    let source = JsonSource { path: path.to_owned(), name: name.to_owned(), schema };
    Ok(SourceTable::new(name.to_owned(), source))
}

struct JsonSource {
    path: PathBuf,
    name: String,
    schema: SchemaRef,
}

impl Source for JsonSource {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn batches(&self, target: SchemaRef, _: &[bool], listener: Option<Listener>) -> Result<Batches, FormatError> {
        let columns = target.fields().iter().enumerate().map(|(place, field)| (field.name().clone(), place)).collect();
        Ok(Box::new(JsonBatches {
            objects: Objects::open(&self.path, &self.name)?,
            columns,
            has_value: vec![false; target.fields().len()],
            builder: BatchBuilder::new(&self.name, target, listener)?,
            done: false,
        }))
    }
}

struct JsonBatches {
    objects: Objects,
    columns: HashMap<String, usize>,
    has_value: Vec<bool>,
    builder: BatchBuilder,
    done: bool,
}

impl Iterator for JsonBatches {
    type Item = Result<RecordBatch, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        match self.fill() {
            Ok(()) => self.builder.take(),
            Err(error) => {
                self.done = true;
                Some(Err(error))
            }
        }
    }
}

/// What stops a row.
enum Stop {
    Fault(Cow<'static, str>),
    Error(FormatError),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        Stop::Fault(fault.into())
    }
}

impl JsonBatches {
    fn fill(&mut self) -> Result<(), FormatError> {
        while !self.builder.is_full() {
            let JsonBatches { objects, columns, has_value, builder, done } = self;
            let Some(object) = objects.next()? else {
                *done = true;
                break;
            };
            has_value.fill(false);
            let result = Tokens::new(object).members(|key, value| {
                // A key that the first reading did not see: the file has changed since.
                let Some(place) = columns.get(key.as_ref()) else { return Ok(()) };
                if std::mem::replace(&mut has_value[*place], true) {
                    return Err(Stop::Fault(format!("key {key:?} occurs twice").into()));
                }
                builder.push_json(*place, &value).map_err(Stop::Error)
            });
            match result {
                Ok(()) => {}
                Err(Stop::Error(error)) => return Err(error),
                Err(Stop::Fault(detail)) => return Err(FormatError::in_row(&objects.table, objects.row, detail)),
            }
            for (place, has_value) in has_value.iter().enumerate() {
                if !has_value {
                    builder.push_null(place);
                }
            }
            builder.end_row();
        }
        Ok(())
    }
}

/// What the values of a key have been so far.
#[derive(Default)]
struct Seen {
    booleans: bool,
    strings: bool,
    objects: bool,
    /// Numbers without a point or an exponent.
    integers: bool,
    /// One of these is beyond 64 bits.
    large: bool,
    /// Numbers with an exponent, or with more digits than a decimal has.
    inexact: bool,
    /// The least and the most places after a point.
    places: Option<(usize, usize)>,
    /// The most digits before a point.
    digits: usize,
    items: Option<Box<Seen>>,
}

impl Seen {
    fn add(&mut self, value: &JsonValue) {
        match value.kind {
            JsonKind::Null => {}
            JsonKind::Boolean(_) => self.booleans = true,
            JsonKind::String(_) => self.strings = true,
            JsonKind::Object => self.objects = true,
            JsonKind::Number => self.add_number(value.raw),
            JsonKind::Array => {
                let items = self.items.get_or_insert_default();
                token::items(value.raw, |item| {
                    // A list of lists is no list of scalars: nothing more need be known.
                    match item.kind {
                        JsonKind::Array => items.objects = true,
                        _ => items.add(&item),
                    }
                    true
                });
            }
        }
    }

    fn add_number(&mut self, raw: &str) {
        let unsigned = raw.trim_start_matches('-');
        if unsigned.contains(['e', 'E']) || unsigned.len() > 38 {
            self.inexact = true;
        } else if let Some((whole, fraction)) = unsigned.split_once('.') {
            let places = fraction.len();
            let (least, most) = self.places.unwrap_or((places, places));
            self.places = Some((least.min(places), most.max(places)));
            self.digits = self.digits.max(whole.len());
        } else {
            self.integers = true;
            self.large |= raw.parse::<i64>().is_err();
            self.digits = self.digits.max(unsigned.len());
        }
    }

    /// The plainest type that holds all values. Numbers that all have the same places are decimals, as those of money are; texts beside
    /// other scalars are texts.
    fn logical_type(&self) -> LogicalType {
        let numbers = self.integers || self.inexact || self.places.is_some();
        if let Some(items) = &self.items {
            let only_lists = !(self.booleans || self.strings || self.objects || numbers);
            return match items.logical_type() {
                item if only_lists && item != LogicalType::Json => LogicalType::List(Box::new(item)),
                _ => LogicalType::Json,
            };
        }
        if self.objects {
            return LogicalType::Json;
        }
        if self.booleans && !self.strings && !numbers {
            return LogicalType::Boolean;
        }
        if self.strings || self.booleans || !numbers {
            return LogicalType::String;
        }
        match self.places {
            Some((least, most)) if least == most && !self.inexact && !self.integers && self.digits + most <= 38 => {
                let precision = DEFAULT_PRECISION.max((self.digits + most) as u8);
                LogicalType::Decimal { precision, scale: most as i8 }
            }
            None if !self.inexact && !self.large => LogicalType::Integer,
            None if !self.inexact => LogicalType::Decimal { precision: 38, scale: 0 },
            _ => LogicalType::Float,
        }
    }
}

/// Takes a stream apart into the texts of its objects.
struct Objects {
    source: Box<dyn Read + Send>,
    table: String,
    /// The object that [`Objects::next`] gave last, from 1.
    row: u64,
    /// Whether the objects lie in an array; unknown before the first byte.
    in_array: Option<bool>,
    ended: bool,
    object: Vec<u8>,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
}

/// Bytes that are read at a time.
const BUFFER_BYTES: usize = 1 << 17;

impl Objects {
    fn open(path: &Path, table: &str) -> Result<Objects, FormatError> {
        let mut objects = Objects {
            source: source::open(path)?,
            table: table.to_owned(),
            row: 0,
            in_array: None,
            ended: false,
            object: Vec::new(),
            buffer: vec![0; BUFFER_BYTES].into_boxed_slice(),
            start: 0,
            end: 0,
        };
        // A byte order mark is no JSON, but some write one.
        for byte in [0xef, 0xbb, 0xbf] {
            if objects.peek()? != Some(byte) {
                break;
            }
            objects.start += 1;
        }
        Ok(objects)
    }

    /// The text of the next object; `None` at the end.
    fn next(&mut self) -> Result<Option<&str>, FormatError> {
        if self.ended {
            return Ok(None);
        }
        let mut byte = self.skip_blanks()?;
        if self.in_array.is_none() {
            self.in_array = Some(byte == Some(b'['));
            if byte == Some(b'[') {
                self.start += 1;
                byte = self.skip_blanks()?;
            }
        } else if self.in_array == Some(true) && byte == Some(b',') {
            self.start += 1;
            byte = self.skip_blanks()?;
            if byte == Some(b']') {
                return Err(self.fault("a comma stands before the end of the array"));
            }
        } else if self.in_array == Some(true) && !matches!(byte, Some(b']') | None) {
            return Err(self.fault("a comma or the end of the array is expected"));
        }
        match (byte, self.in_array == Some(true)) {
            (Some(b'{'), _) => self.take_object().map(Some),
            (Some(b']'), true) => {
                self.start += 1;
                self.ended = true;
                match self.skip_blanks()? {
                    None => Ok(None),
                    Some(_) => Err(self.fault("text follows the end of the array")),
                }
            }
            (None, false) => {
                self.ended = true;
                Ok(None)
            }
            (None, true) => Err(self.fault("the array is not closed")),
            (Some(_), _) => Err(self.fault("an object is expected")),
        }
    }

    /// Reads an object to the brace that closes it; whether it is well formed inside is for others to see.
    fn take_object(&mut self) -> Result<&str, FormatError> {
        self.object.clear();
        self.row += 1;
        let mut depth = 0_usize;
        let (mut in_string, mut escaped) = (false, false);
        loop {
            if self.peek()?.is_none() {
                self.row -= 1;
                return Err(self.fault("an object is not closed"));
            }
            let ahead = &self.buffer[self.start..self.end];
            let mut count = 0;
            let mut closed = false;
            while count < ahead.len() && !closed {
                if in_string && !escaped {
                    let Some(next) = memchr::memchr2(b'"', b'\\', &ahead[count..]) else {
                        count = ahead.len();
                        break;
                    };
                    count += next;
                }
                match ahead[count] {
                    _ if escaped => escaped = false,
                    b'"' => in_string = !in_string,
                    b'\\' if in_string => escaped = true,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth -= 1;
                        closed = depth == 0;
                    }
                    _ => {}
                }
                count += 1;
            }
            self.object.extend_from_slice(&ahead[..count]);
            self.start += count;
            if self.object.len() > MAX_ROW_BYTES {
                return Err(FormatError::in_row(&self.table, self.row, "it is longer than 64 MiB"));
            }
            if closed {
                break;
            }
        }
        std::str::from_utf8(&self.object).map_err(|_| FormatError::in_row(&self.table, self.row, "it is no UTF-8"))
    }

    /// The byte after all blanks, which stays.
    fn skip_blanks(&mut self) -> Result<Option<u8>, FormatError> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.start += 1,
                byte => return Ok(byte),
            }
        }
    }

    /// The byte that comes next, which stays.
    fn peek(&mut self) -> Result<Option<u8>, FormatError> {
        while self.start == self.end {
            match self.source.read(&mut self.buffer) {
                Ok(0) => return Ok(None),
                Ok(count) => (self.start, self.end) = (0, count),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(source) => return Err(FormatError::Open { path: self.table.clone(), source }),
            }
        }
        Ok(Some(self.buffer[self.start]))
    }

    /// A fault before the next object.
    fn fault(&self, detail: &str) -> FormatError {
        FormatError::in_row(&self.table, self.row + 1, detail)
    }
}

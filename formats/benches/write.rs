//! How fast each format writes one table of ten columns, against the speed of a copy of its bytes: `cargo bench -p formats [FORMAT…]`.
//!
//! Only the ratio to the copy carries over to another machine. Each figure is the best of several runs, of one thread.

use std::hint::black_box;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray, Int64Array, RecordBatch,
    StringViewArray, StringViewBuilder,
};
use datafusion::arrow::buffer::Buffer;
use datafusion::arrow::datatypes::{Field, Schema};
use engine::types::LogicalType;
use formats::{Document, DocumentTable, FORMATS, Format, FormatError, Options};

const BATCH_ROWS: usize = 4096;
const BATCHES: usize = 64;
const RUNS: usize = 9;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Test runners start every target; without the flag of a benchmark there is nothing to do.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let batches: Vec<RecordBatch> = (0..BATCHES).map(batch).collect::<Result<_, _>>()?;
    let rows = BATCH_ROWS * BATCHES;
    let copy = copy_bytes_per_second();
    println!("{rows} rows of 10 columns; a copy moves {:.1} GB/s", copy / 1e9);
    println!("{:>10} {:>12} {:>10} {:>10}  rows/s, MB/s, bytes, share of a copy", "format", "rows/s", "MB/s", "bytes");
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    for format in FORMATS.iter().filter(|format| wanted.is_empty() || wanted.iter().any(|name| name == format.name())) {
        let mut best = Duration::MAX;
        let mut bytes = 0;
        for _ in 0..RUNS {
            let start = Instant::now();
            bytes = write(*format, &batches)?;
            best = best.min(start.elapsed());
        }
        let seconds = best.as_secs_f64();
        println!(
            "{:>10} {:>12.0} {:>10.0} {:>10} {:>6.1} %",
            format.name(),
            rows as f64 / seconds,
            bytes as f64 / seconds / 1e6,
            bytes,
            100.0 * bytes as f64 / seconds / copy
        );
    }
    Ok(())
}

/// Writes all batches into nothing and counts the bytes.
fn write(format: &dyn Format, batches: &[RecordBatch]) -> Result<u64, FormatError> {
    struct Count(u64);
    impl Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += black_box(bytes).len() as u64;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let document = Document {
        name: "bench".to_owned(),
        description: None,
        properties: Vec::new(),
        tables: vec![DocumentTable {
            name: "person".to_owned(),
            description: None,
            rows: (batches.len() * BATCH_ROWS) as u64,
            schema: batches[0].schema(),
            columns: Vec::new(),
        }],
        reference_time_us: 0,
    };
    let mut count = Count(0);
    let mut writer = format.writer(Box::new(&mut count), &document, &Options::default())?;
    writer.begin_table(0)?;
    for batch in batches {
        writer.write(batch)?;
    }
    writer.end_table()?;
    writer.finish(&[])?;
    Ok(count.0)
}

fn copy_bytes_per_second() -> f64 {
    let source = vec![1_u8; 64 << 20];
    let mut target = vec![0_u8; source.len()];
    let mut best = Duration::MAX;
    for _ in 0..RUNS {
        let start = Instant::now();
        target.copy_from_slice(black_box(&source));
        black_box(&mut target);
        best = best.min(start.elapsed());
    }
    source.len() as f64 / best.as_secs_f64()
}

/// The rows of one batch; texts are views on a list's own buffer, as the engine makes them.
fn batch(number: usize) -> Result<RecordBatch, Box<dyn std::error::Error>> {
    let first = (number * BATCH_ROWS) as u64;
    let price = LogicalType::Decimal { precision: 18, scale: 2 };
    let schema = Schema::new(
        [
            ("id", LogicalType::Integer),
            ("key", LogicalType::Uuid),
            ("first_name", LogicalType::String),
            ("last_name", LogicalType::String),
            ("email", LogicalType::String),
            ("category", LogicalType::String),
            ("price", price.clone()),
            ("hired_on", LogicalType::Date),
            ("active", LogicalType::Boolean),
            ("note", LogicalType::Text),
        ]
        .iter()
        .map(|(name, logical)| logical.field(name, true))
        .collect::<Vec<Field>>(),
    );
    let draws = |column: u64| (0..BATCH_ROWS as u64).map(move |row| mix(column << 40 | (first + row)));
    let uuids = draws(1).map(|draw| (u128::from(draw) << 64 | u128::from(mix(draw))).to_be_bytes());
    let numbers: Decimal128Array = draws(6).map(|draw| Some(i128::from(draw % 1_000_000))).collect();
    let sentences = StringViewArray::from_iter_values(draws(9).map(|draw| {
        let word = |index: u64| WORDS[(draw >> (6 * index)) as usize % WORDS.len()];
        format!("{} {} {} {} {} {}.", word(0), word(1), word(2), word(3), word(4), word(5))
    }));
    let emails = StringViewArray::from_iter_values(draws(4).map(|draw| {
        format!("{}.{}{}@example.com", NAMES[draw as usize % 64], NAMES[(draw >> 8) as usize % 64], draw >> 32 & 0xff)
    }));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values((0..BATCH_ROWS as i64).map(|row| first as i64 + row + 1))),
        Arc::new(FixedSizeBinaryArray::try_from_iter(uuids)?),
        Arc::new(list(&NAMES, draws(2))?),
        Arc::new(list(&NAMES, draws(3))?),
        Arc::new(emails),
        Arc::new(list(&["new", "in progress", "waiting for answer", "closed"], draws(5))?),
        Arc::new(numbers.with_data_type(price.arrow())),
        Arc::new(Date32Array::from_iter_values(draws(7).map(|draw| 18_000 + (draw % 2_000) as i32))),
        Arc::new(draws(8).map(|draw| (draw % 10 > 0).then_some(draw & 1024 == 0)).collect::<BooleanArray>()),
        Arc::new(sentences),
    ];
    Ok(RecordBatch::try_new(Arc::new(schema), columns)?)
}

/// Values of a list by their draws, on one buffer.
fn list(values: &[&str], draws: impl Iterator<Item = u64>) -> Result<StringViewArray, Box<dyn std::error::Error>> {
    let text = values.concat();
    let mut builder = StringViewBuilder::new();
    let block = builder.append_block(Buffer::from(text.as_bytes()));
    for draw in draws {
        let place = draw as usize % values.len();
        let start: usize = values[..place].iter().map(|value| value.len()).sum();
        builder.try_append_view(block, start as u32, values[place].len() as u32)?;
    }
    Ok(builder.finish())
}

/// The finaliser of splitmix64.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

const NAMES: [&str; 64] = [
    "Ana",
    "Luis",
    "María",
    "José",
    "Carmen",
    "Juan",
    "Rosa",
    "Carlos",
    "Lucía",
    "Pedro",
    "Elena",
    "Miguel",
    "Sofía",
    "Jorge",
    "Paula",
    "Diego",
    "Laura",
    "Andrés",
    "Marta",
    "Raúl",
    "Isabel",
    "Pablo",
    "Clara",
    "Hugo",
    "Alba",
    "Iván",
    "Nuria",
    "Óscar",
    "Irene",
    "Sergio",
    "Eva",
    "Adrián",
    "Alexandra",
    "Christopher",
    "Valentina",
    "Maximiliano",
    "Guadalupe",
    "Bartholomew",
    "Esperanza",
    "Fernando",
    "Catalina",
    "Ricardo",
    "Gabriela",
    "Alejandro",
    "Fernández",
    "Rodríguez",
    "González",
    "Martínez",
    "Sánchez",
    "Ramírez",
    "Villanueva",
    "Montenegro",
    "Castañeda",
    "Quispe",
    "Huamán",
    "Flores",
    "Rojas",
    "Díaz",
    "Torres",
    "Vargas",
    "Cruz",
    "Mendoza",
    "Chávez",
    "Ramos",
];

const WORDS: [&str; 32] = [
    "time", "person", "year", "way", "day", "thing", "work", "world", "life", "hand", "part", "child", "eye", "woman",
    "place", "week", "case", "point", "company", "number", "group", "problem", "fact", "question", "during", "before",
    "between", "without", "another", "however", "because", "through",
];

//! Profiles against what is counted by hand, and the same profile however the rows are cut.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BinaryViewArray, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray, Float64Array,
    Int64Array, StringViewArray, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::random::mix;
use crate::types::LogicalType;

fn batch(columns: Vec<(LogicalType, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> =
        columns.iter().enumerate().map(|(at, (logical, _))| logical.field(&format!("c{at}"), true)).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("a batch")
}

fn of(batch: &RecordBatch) -> TableProfile {
    profile("t", &batch.schema(), batch.num_rows() as u64, [batch]).expect("a profile")
}

fn one(logical: LogicalType, array: ArrayRef) -> Value {
    json!(of(&batch(vec![(logical, array)])).columns[0])
}

fn integers(values: impl IntoIterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(Int64Array::from_iter(values))
}

#[test]
fn whole_numbers_are_counted_and_measured() {
    let shown = one(LogicalType::Integer, integers([Some(3), None, Some(1), Some(3), Some(5)]));
    assert_eq!(
        shown,
        json!({
            "name": "c0", "type": "integer", "count": 4, "nulls": 1, "distinct": {"count": 3, "approximate": false},
            "min": 1, "max": 5, "mean": 3.0, "standard_deviation": 1.632993161855452,
            "quantiles": {"approximate": false, "values": [
                {"at": 0.01, "value": 1}, {"at": 0.05, "value": 1}, {"at": 0.25, "value": 1}, {"at": 0.5, "value": 3},
                {"at": 0.75, "value": 3}, {"at": 0.95, "value": 5}, {"at": 0.99, "value": 5},
            ]},
            "histogram": {"approximate": false, "bins": [
                {"from": 1, "to": 1, "count": 1}, {"from": 2, "to": 2, "count": 0}, {"from": 3, "to": 3, "count": 2},
                {"from": 4, "to": 4, "count": 0}, {"from": 5, "to": 5, "count": 1},
            ]},
            "top": {"approximate": false, "values": [
                {"value": 3, "count": 2}, {"value": 1, "count": 1}, {"value": 5, "count": 1},
            ]},
        })
    );
}

#[test]
fn the_largest_numbers_neither_overflow_nor_lose_digits() {
    let shown = one(LogicalType::Integer, integers([Some(i64::MIN), Some(i64::MAX), Some(i64::MAX)]));
    assert_eq!((&shown["min"], &shown["max"]), (&json!(i64::MIN.to_string()), &json!(i64::MAX.to_string())));
    assert_eq!(shown["mean"], json!((i64::MAX as f64) / 3.0));
    let counts: Vec<u64> = bins(&shown).iter().filter_map(|bin| bin["count"].as_u64()).collect();
    assert_eq!((counts.first(), counts.last(), counts.len()), (Some(&1), Some(&2), BINS));
    let most = 10_i128.pow(38) - 1;
    let decimals = Decimal128Array::from(vec![most, -most, most, most]).with_precision_and_scale(38, 2);
    let shown = one(LogicalType::Decimal { precision: 38, scale: 2 }, Arc::new(decimals.expect("decimals")));
    assert_eq!(shown["max"], "999999999999999999999999999999999999.99");
    assert_eq!(shown["distinct"]["count"], 2);
    assert!((shown["mean"].as_f64().expect("a mean") / 5e35 - 1.0).abs() < 1e-12, "{shown}");
    assert_eq!(bins(&shown).len(), BINS);
}

fn bins(shown: &Value) -> Vec<Value> {
    shown["histogram"]["bins"].as_array().expect("bins").clone()
}

#[test]
fn every_type_has_the_figures_that_it_can_have() {
    let decimal = Decimal128Array::from(vec![Some(150), Some(250), None]).with_precision_and_scale(10, 2);
    let shown = one(LogicalType::Decimal { precision: 10, scale: 2 }, Arc::new(decimal.expect("decimals")));
    assert_eq!((&shown["min"], &shown["mean"], &shown["nulls"]), (&json!("1.50"), &json!(2.0), &json!(1)));
    assert_eq!(bins(&shown)[0], json!({"from": "1.50", "to": "1.55", "count": 1}));

    let floats = Float64Array::from(vec![Some(0.0), Some(-0.0), Some(f64::NAN), Some(1.0)]);
    let shown = one(LogicalType::Float, Arc::new(floats));
    assert_eq!((&shown["count"], &shown["distinct"]["count"]), (&json!(4), &json!(3)));
    assert_eq!((&shown["min"], &shown["max"], &shown["mean"]), (&json!(0.0), &json!(1.0), &json!(1.0 / 3.0)));
    assert_eq!(shown["top"]["values"][0], json!({"value": 0.0, "count": 2}));
    assert_eq!((&bins(&shown)[19]["to"], &bins(&shown)[19]["count"]), (&json!(1.0), &json!(1)));

    let shown =
        one(LogicalType::Boolean, Arc::new(BooleanArray::from(vec![Some(true), Some(false), Some(true), None])));
    assert_eq!(shown["mean"], json!(2.0 / 3.0));
    assert_eq!(shown["top"]["values"], json!([{"value": true, "count": 2}, {"value": false, "count": 1}]));
    assert_eq!((&shown["min"], &shown["max"], shown.get("histogram")), (&json!(false), &json!(true), None));

    let shown = one(LogicalType::Date, Arc::new(Date32Array::from(vec![0, 10, 20])));
    assert_eq!((&shown["min"], &shown["mean"]), (&json!("1970-01-01"), &json!("1970-01-11")));
    assert_eq!(shown["standard_deviation"], 10.0);
    let instants = TimestampMicrosecondArray::from(vec![0, 2_000_000]);
    let shown = one(LogicalType::Datetime, Arc::new(instants));
    assert_eq!(shown["mean"], "1970-01-01T00:00:01Z");
    let shown = one(LogicalType::Time, Arc::new(Time64MicrosecondArray::from(vec![0, 7_200_000_000])));
    assert_eq!((&shown["mean"], &shown["max"]), (&json!("01:00:00"), &json!("02:00:00")));

    let texts = StringViewArray::from(vec![Some("pear"), None, Some("a long apple indeed"), Some("pear"), Some("")]);
    let shown = one(LogicalType::Text, Arc::new(texts));
    assert_eq!((&shown["min"], &shown["max"]), (&json!(""), &json!("pear")));
    assert_eq!(shown["top"]["values"][0], json!({"value": "pear", "count": 2}));
    assert_eq!((shown.get("mean"), shown.get("quantiles")), (None, None));
    let bytes = BinaryViewArray::from(vec![&[255_u8, 0][..], &[1]]);
    assert_eq!(one(LogicalType::Bytes, Arc::new(bytes))["min"], "01");

    let uuids = FixedSizeBinaryArray::try_from_iter([[255_u8; 16], [0; 16]].into_iter()).expect("uuids");
    let shown = one(LogicalType::Uuid, Arc::new(uuids));
    assert_eq!(shown["min"], "00000000-0000-0000-0000-000000000000");
    assert_eq!((&shown["distinct"]["count"], shown.get("mean")), (&json!(2), None));
}

#[test]
fn a_column_without_values_and_a_table_without_rows_have_counts_alone() {
    let nothing = |shown: &Value| {
        assert_eq!(shown["distinct"], json!({"count": 0, "approximate": false}));
        assert!(
            ["min", "mean", "quantiles", "histogram", "top"].iter().all(|name| shown.get(name).is_none()),
            "{shown}"
        );
    };
    nothing(&one(LogicalType::Integer, integers([None, None])));
    nothing(&one(LogicalType::Float, Arc::new(Float64Array::from(vec![None, None]))));
    nothing(&one(LogicalType::String, Arc::new(StringViewArray::from(Vec::<&str>::new()))));
    nothing(&one(LogicalType::Boolean, Arc::new(BooleanArray::from(vec![None]))));
}

#[test]
fn a_long_text_is_cut_between_characters() {
    let long = "ñ".repeat(80);
    let texts = StringViewArray::from(vec![format!("x{long}"), long.clone(), format!("{long}!")]);
    let shown = one(LogicalType::Text, Arc::new(texts));
    assert_eq!(shown["distinct"]["count"], 3);
    assert_eq!(shown["min"], format!("x{}…", "ñ".repeat(49)));
}

/// Rows of a table beyond all bounds: a sorted key, a skewed number, a name of many, a text of one word that stands often.
fn large(rows: usize) -> RecordBatch {
    let word = |row: usize, column: u64| mix(row as u64 * 8 + column + 1);
    let unit = |row: usize, column: u64| crate::random::unit(word(row, column));
    let keys = integers((0..rows).map(|row| Some(row as i64 / 3)));
    let skewed =
        Float64Array::from_iter((0..rows).map(|row| (word(row, 0) % 10 > 0).then(|| unit(row, 1) * unit(row, 2))));
    let names = StringViewArray::from_iter_values((0..rows).map(|row| format!("{:x}", word(row, 3) % 50_000)));
    let often = StringViewArray::from_iter_values((0..rows).map(|row| match word(row, 4) % 4 {
        0 => "a word that stands in every fourth row".to_owned(),
        _ => format!("{:x}", word(row, 5)),
    }));
    let numbers = integers((0..rows).map(|row| Some((word(row, 6) % 30_000) as i64)));
    let uuid = |row: usize| (word(row, 7) % 10 > 0).then(|| u128::from(word(row, 7)).to_be_bytes());
    let uuids = FixedSizeBinaryArray::try_from_sparse_iter_with_size((0..rows).map(uuid), 16).expect("uuids");
    batch(vec![
        (LogicalType::Integer, keys),
        (LogicalType::Float, Arc::new(skewed)),
        (LogicalType::String, Arc::new(names)),
        (LogicalType::String, Arc::new(often)),
        (LogicalType::Integer, numbers),
        (LogicalType::Uuid, Arc::new(uuids)),
    ])
}

#[test]
fn beyond_the_bounds_figures_are_estimated_and_say_so() {
    let rows = 200_000;
    let whole = large(rows);
    let profile = of(&whole);
    assert_eq!(profile.sampled_rows, SAMPLE_ROWS);
    let [key, skewed, name, often, number, ..] = &profile.columns[..] else { panic!("columns") };
    assert_eq!(
        key.distinct,
        Some(DistinctCount { count: rows.div_ceil(3) as u64, approximate: false }),
        "it is sorted"
    );
    // Four standard errors.
    let near = |count: u64, truth: f64| (count as f64 / truth - 1.0).abs() < 4.0 / 64.0;
    let distinct = |column: &ColumnProfile| column.distinct.expect("a count");
    // 200,000 draws miss 50,000·e^−4 of 50,000 names.
    assert!(near(distinct(name).count, 50_000.0 * (1.0 - libm::exp(-4.0))), "{:?}", name.distinct);
    assert!(distinct(name).approximate && distinct(skewed).approximate);
    assert!(near(distinct(often).count, 150_000.0), "{:?}", often.distinct);
    let uuid = &profile.columns[5];
    assert!(near(distinct(uuid).count, uuid.count as f64) && uuid.nulls > 0, "{uuid:?}");
    let top = often.top.as_ref().expect("a word");
    assert!(top.approximate && top.values.len() == 1 && near(top.values[0].count, 50_000.0), "{top:?}");
    assert_eq!(name.top, None, "none stands often enough in the sample");

    let quantiles = number.quantiles.as_ref().expect("quantiles");
    assert!(quantiles.approximate);
    for quantile in &quantiles.values {
        let error = quantile.value.as_f64().expect("a number") / 30_000.0 - quantile.at;
        assert!(
            error.abs() < 5.0 * (quantile.at * (1.0 - quantile.at) / SAMPLE_ROWS as f64).sqrt() + 1e-4,
            "{quantile:?}"
        );
    }
    let histogram = number.histogram.as_ref().expect("a histogram");
    assert_eq!((histogram.approximate, histogram.bins.len()), (true, BINS));
    let counted: u64 = histogram.bins.iter().map(|bin| bin.count).sum();
    assert!(counted.abs_diff(rows as u64) <= BINS as u64);
    assert!(histogram.bins.iter().all(|bin| near(bin.count, rows as f64 / BINS as f64)), "{histogram:?}");
    assert_eq!(number.min, Some(json!(0)));

    let values = whole.column(1).as_primitive::<datafusion::arrow::datatypes::Float64Type>();
    let given: Vec<f64> = values.iter().flatten().collect();
    let mean = given.iter().sum::<f64>() / given.len() as f64;
    let squares: f64 = given.iter().map(|value| (value - mean) * (value - mean)).sum();
    let deviation = (squares / (given.len() - 1) as f64).sqrt();
    assert_eq!(skewed.count as usize, given.len());
    assert!((skewed.mean.as_ref().and_then(Value::as_f64).expect("a mean") / mean - 1.0).abs() < 1e-12);
    assert!((skewed.standard_deviation.expect("one") / deviation - 1.0).abs() < 1e-12);
}

#[test]
fn blocks_read_on_other_threads_give_the_same_profile() {
    let whole = large(3 * SAMPLE_ROWS as usize);
    let schema: SchemaRef = whole.schema();
    let mut profiler = Profiler::new(&schema, whole.num_rows() as u64);
    let reader = profiler.reader();
    let blocks: Vec<RecordBatch> = (0..whole.num_rows())
        .step_by(BLOCK as usize)
        .map(|start| whole.slice(start, (BLOCK as usize).min(whole.num_rows() - start)))
        .collect();
    // All are read before the first is added: no reader knows what others found.
    let read: Vec<Block> = std::thread::scope(|scope| {
        let threads: Vec<_> = blocks.iter().map(|block| scope.spawn(|| reader.read(block))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a block")).collect()
    });
    for (block, batch) in read.into_iter().zip(&blocks) {
        profiler.add(block, batch);
    }
    assert_eq!(profiler.finish("t").expect("a profile"), of(&whole));
}

proptest! {
    #[test]
    fn batches_of_any_size_give_the_same_profile(rows in 0_usize..20_000, cuts in prop::collection::vec(1_usize..6000, 1..8)) {
        let whole = large(rows);
        let (mut start, mut batches) = (0, Vec::new());
        for size in cuts.iter().cycle() {
            if start >= rows {
                break;
            }
            let size = (*size).min(rows - start);
            batches.push(whole.slice(start, size));
            start += size;
        }
        let cut = profile("t", &whole.schema(), rows as u64, &batches).expect("a profile");
        prop_assert_eq!(cut, of(&whole));
    }

    #[test]
    fn small_tables_are_as_counted_by_hand(values in prop::collection::vec(prop::option::of(-50_i64..50), 0..300)) {
        let shown = one(LogicalType::Integer, integers(values.iter().copied()));
        let mut given: Vec<i64> = values.iter().flatten().copied().collect();
        given.sort_unstable();
        prop_assert_eq!(&shown["nulls"], &json!(values.len() - given.len()));
        if let Some(median) = given.get(given.len().div_ceil(2).saturating_sub(1)) {
            prop_assert_eq!(&shown["quantiles"]["values"][3]["value"], &json!(median));
            prop_assert_eq!(&shown["mean"], &json!(given.iter().sum::<i64>() as f64 / given.len() as f64));
            let counted: u64 = bins(&shown).iter().filter_map(|bin| bin["count"].as_u64()).sum();
            prop_assert_eq!(counted as usize, given.len());
            for bin in bins(&shown) {
                let (from, to) = (bin["from"].as_i64().expect("a start"), bin["to"].as_i64().expect("an end"));
                let inside = given.iter().filter(|value| (from..=to).contains(*value)).count();
                prop_assert_eq!(&bin["count"], &json!(inside));
            }
        }
        given.dedup();
        prop_assert_eq!(&shown["distinct"]["count"], &json!(given.len()));
    }
}

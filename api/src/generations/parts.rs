//! The stored rows of a generation: Parquet files of [`PART`] rows each.

use std::fs::{self, File};
use std::io::BufWriter;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use engine::content::{self, Hash, PART};
use engine::plan::{BLOCK, Plan};
use engine::profile::{Block, Profiler};
use engine::run;
use formats::{Format, FormatError, Parquet};

use super::files::document;
use crate::storage::{Room, StorageError, sync_folder};
use crate::{Cancellation, Failure};

/// The folder of a generation's rows in the data folder.
pub fn folder(data_dir: &Path, generation: &str) -> PathBuf {
    data_dir.join("generations").join(generation)
}

/// The file of a part. No text that a user typed is part of its path.
pub fn path(folder: &Path, table: usize, part: usize) -> PathBuf {
    folder.join(table.to_string()).join(format!("{part:06}.parquet"))
}

/// What a part is called until all of it is written: its name with this at the end.
const PARTIAL: &str = "partial";

/// The folder in a generation's for what proving its rows spills.
pub const WORK: &str = "work";

/// Removes what a killed server was writing into a generation's folder.
pub fn remove_unfinished(folder: &Path) {
    let _ = fs::remove_dir_all(folder.join(WORK));
    for table in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_table = table.file_name().to_str().is_some_and(|name| name.bytes().all(|b| b.is_ascii_digit()));
        for part in fs::read_dir(table.path()).into_iter().flatten().flatten().filter(|_| is_table) {
            if part.path().extension().is_some_and(|extension| extension == PARTIAL) {
                let _ = fs::remove_file(part.path());
            }
        }
    }
}

/// The rows of each part of a table.
pub fn ranges(rows: u64) -> Vec<Range<u64>> {
    (0..rows.div_ceil(PART)).map(|part| part * PART..((part + 1) * PART).min(rows)).collect()
}

/// A part to make.
pub struct NewPart<'a> {
    /// The plan.
    pub plan: &'a Arc<Plan>,
    /// The table's place in it.
    pub table: usize,
    /// Its rows.
    pub range: Range<u64>,
    /// Its file.
    pub path: &'a Path,
    /// Threads that make it.
    pub threads: usize,
    /// Room that is to stay free on its disk.
    pub room: &'a Room,
    /// Stops it.
    pub cancellation: &'a Cancellation,
}

/// A part that was made.
pub struct Made {
    /// Hash of its values.
    pub hash: Hash,
    /// Bytes of its file.
    pub size_bytes: u64,
}

/// Makes a part: under a temporary name first, under its own once all of it is synced. A profiler takes its rows in. What is not finished
/// leaves nothing.
pub fn make(part: NewPart<'_>, profiler: Option<&mut Profiler>, on_rows: impl FnMut(u64)) -> Result<Made, Failure> {
    let partial = part.path.with_extension(PARTIAL);
    let cancellation = part.cancellation;
    let made = cancellation.watch(|| write(part, &partial, profiler, on_rows));
    if made.is_err() {
        let _ = fs::remove_file(&partial);
    }
    made
}

fn write(
    part: NewPart<'_>,
    partial: &Path,
    mut profiler: Option<&mut Profiler>,
    mut on_rows: impl FnMut(u64),
) -> Result<Made, Failure> {
    let NewPart { plan, table, range, path, threads, room, cancellation } = part;
    let refused = |path: &Path| {
        let path = path.to_owned();
        move |source| Failure::Storage(StorageError { path, source })
    };
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent).map_err(refused(parent))?;
    let file = File::create(partial).map_err(refused(partial))?;
    let mut sink = BufWriter::with_capacity(1 << 20, room.watch(file));
    let document = document::document(plan, &[table], &[range.end - range.start]);
    let mut hashes = Vec::new();
    let reader = profiler.as_ref().map(|profiler| profiler.reader());
    {
        let writing = Failure::writing(path);
        let options = formats::Options::default();
        let mut writer = Parquet.writer(Box::new(&mut sink), &document, &options).map_err(&writing)?;
        writer.begin_table(0).map_err(&writing)?;
        let encode = |batch: RecordBatch| {
            cancellation.check()?;
            let hash = content::hash_block(&batch).map_err(|error| Failure::Internal(error.to_string()))?;
            let block = reader.as_ref().map(|reader| reader.read(&batch));
            Ok::<_, Failure>((batch, hash, block))
        };
        let take = |(batch, hash, block): (RecordBatch, Hash, Option<Block>), rows: u64| {
            cancellation.check()?;
            if let Some((profiler, block)) = profiler.as_mut().zip(block) {
                profiler.add(block, &batch);
            }
            writer.write(&batch).map_err(&writing)?;
            hashes.push(hash);
            on_rows(rows);
            Ok(())
        };
        run::run(plan, table, range, threads, encode, take)?;
        writer.end_table().map_err(&writing)?;
        writer.finish(&[]).map_err(&writing)?;
    }
    let file = sink.into_inner().map_err(|error| refused(path)(error.into_error()))?.into_inner();
    file.sync_all().map_err(refused(path))?;
    let size_bytes = file.metadata().map_err(refused(path))?.len();
    drop(file);
    fs::rename(partial, path).map_err(refused(path))?;
    sync_folder(parent);
    Ok(Made { hash: content::hash_all(&hashes), size_bytes })
}

/// The stored rows of a table.
#[derive(Clone, Debug)]
pub struct StoredTable {
    /// Its columns.
    pub schema: SchemaRef,
    /// Its rows.
    pub rows: u64,
    parts: Arc<[PathBuf]>,
}

impl StoredTable {
    /// The table at a place of a plan, under a generation's folder.
    pub fn new(folder: &Path, plan: &Plan, table: usize) -> StoredTable {
        let planned = &plan.tables[table];
        let parts = (0..ranges(planned.rows).len()).map(|part| path(folder, table, part)).collect();
        StoredTable { schema: Arc::clone(&planned.schema), rows: planned.rows, parts }
    }

    /// A range of its rows as batches of at most a block, of some columns in the order of the table.
    pub fn batches(
        &self,
        range: Range<u64>,
        columns: Option<&[usize]>,
    ) -> impl Iterator<Item = Result<RecordBatch, FormatError>> + Send + use<> {
        let end = range.end.min(self.rows);
        let columns = columns.map(<[usize]>::to_vec);
        let parts = Arc::clone(&self.parts);
        let numbers = if range.start < end { range.start / PART..end.div_ceil(PART) } else { 0..0 };
        numbers.flat_map(move |number| {
            let first = number * PART;
            let own = range.start.max(first) - first..end.min(first + PART) - first;
            read(&parts[number as usize], own, columns.as_deref())
        })
    }
}

/// The batches of a range of a part's rows, or one error.
fn read(
    path: &Path,
    range: Range<u64>,
    columns: Option<&[usize]>,
) -> Box<dyn Iterator<Item = Result<RecordBatch, FormatError>> + Send> {
    let open = || {
        let file = File::open(path);
        let file = file.map_err(|source| FormatError::Open { path: path.display().to_string(), source })?;
        let mut builder = ParquetRecordBatchReaderBuilder::try_new(file)?
            .with_batch_size(BLOCK as usize)
            .with_offset(range.start as usize)
            .with_limit((range.end - range.start) as usize);
        if let Some(columns) = columns {
            let mask = ProjectionMask::roots(builder.parquet_schema(), columns.iter().copied());
            builder = builder.with_projection(mask);
        }
        Ok::<_, FormatError>(builder.build()?)
    };
    // What is damaged is no part any more: who reads next finds it lost, and makes it again.
    let place = path.to_owned();
    let damaged = move |error: FormatError| {
        log::error!("{} is damaged, and set aside so that it is made again: {error}", place.display());
        let _ = fs::rename(&place, place.with_extension("damaged"));
        let detail = "a part of them is damaged; ask again, and it is made again".to_owned();
        FormatError::Syntax { place: "the stored rows".to_owned(), detail }
    };
    match open() {
        Ok(reader) => Box::new(reader.map(move |batch| batch.map_err(|error| damaged(error.into())))),
        Err(error @ FormatError::Open { .. }) => Box::new(std::iter::once(Err(error))),
        Err(error) => Box::new(std::iter::once(Err(damaged(error)))),
    }
}

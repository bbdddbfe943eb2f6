//! Makes the files of exports: as the command line makes them, from the stored rows and their proof.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use engine::content::PART;
use formats::Compression;
use serde_json::Map;
use sha2::{Digest, Sha256};

use super::service::{FOLDER, file, folder};
use super::store::{self, ExportRow};
use crate::App;
use crate::auth::tokens::hex;
use crate::error::{ApiError, Code};
use crate::generations::mending::stored_table;
use crate::generations::parts::{self, StoredTable};
use crate::generations::worker::{ids_in, plan_of};
use crate::generations::{Output, Request, Rows, State, Target, generate, service as generations};
use crate::jobs::Interruption;
use crate::jobs::leases::Lease;
use crate::storage::{self, Room, StorageError};
use crate::users::store::uuid;
use crate::{Cancellation, Failure, db};

/// What an archive of several files is called by browsers.
const ZIP: &str = "application/zip";

/// Bytes that are read at a time.
const CHUNK: usize = 1 << 17;

/// Makes the export that has waited longest; says whether there was one.
pub fn step(app: &App) -> bool {
    let row = match app.db.write_now(|c| store::take_next(c, &Lease::of(&*app.exports))) {
        Ok(Some(row)) => row,
        Ok(None) => return false,
        Err(error) => {
            log::error!("the queue of exports cannot be read: {error}");
            return false;
        }
    };
    let id = uuid(&row.id);
    let (_on_desk, cancellation, _) = app.exports.begin(id, ());
    let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| make(app, &row, &cancellation)))
        .unwrap_or_else(|_| Err(Failure::Internal("an export panicked".to_owned())));
    let ended = match made {
        Ok(made) => ExportRow {
            state: State::Succeeded.word().to_owned(),
            file_name: Some(made.name),
            media_type: Some(made.media_type.to_owned()),
            size_bytes: Some(made.size_bytes as i64),
            content_hash: Some(made.hash),
            finished_at: Some(db::now()),
            ..row
        },
        Err(Failure::Cancelled) if app.exports.interruption() == Interruption::Parked => {
            ExportRow { state: State::Queued.word().to_owned(), ..row }
        }
        Err(failure) => {
            let _ = fs::remove_dir_all(folder(app, &row));
            let state = if matches!(failure, Failure::Cancelled) { State::Cancelled } else { State::Failed };
            log::warn!("export {id} {}: {failure}", state.word());
            ExportRow {
                state: state.word().to_owned(),
                failure: Some(failure.said()),
                finished_at: Some(db::now()),
                ..row
            }
        }
    };
    match app.exports.record(&format!("export {id}"), || Ok(app.db.write_now(|c| store::update(c, &ended))?)) {
        Ok(0) => drop(fs::remove_dir_all(folder(app, &ended))),
        Ok(_) => {}
        Err(error) => {
            log::error!("the end of export {id} is not recorded: {error}; it is made again at the next start")
        }
    }
    true
}

/// Has the files made again that are not on this disk, as after a restoration onto an empty one; says of how many exports.
pub fn make_lost_again(app: &App) -> Result<usize, ApiError> {
    let kept = app.db.read_now(|c| Ok::<_, ApiError>(store::succeeded(c)?))?;
    let lost: Vec<ExportRow> = kept.into_iter().filter(|row| !file(app, row).is_file()).collect();
    if !lost.is_empty() {
        app.db.write_now(|c| lost.iter().try_for_each(|row| store::requeue(c, &row.id).map(drop)))?;
    }
    Ok(lost.len())
}

/// Removes the folders of exports that are gone or have ended without a file. Only for a server that has not begun to work.
pub fn remove_orphans(app: &App) {
    for (_, generation) in ids_in(&app.config.data_dir.join("generations")) {
        let exports = parts::folder(&app.config.data_dir, &generation).join(FOLDER);
        for (id, name) in ids_in(&exports) {
            let found = app.db.read_now(|c| Ok::<_, ApiError>(store::find(c, id)?.map(|row| row.state())));
            if matches!(found, Ok(None | Some(State::Failed | State::Cancelled))) {
                let _ = fs::remove_dir_all(exports.join(name));
            }
        }
    }
}

/// A file that was made.
struct Made {
    name: String,
    media_type: &'static str,
    size_bytes: u64,
    hash: String,
}

fn make(app: &App, row: &ExportRow, cancellation: &Cancellation) -> Result<Made, Failure> {
    let internal = |error: ApiError| Failure::Internal(error.to_string());
    let generation = uuid(&row.generation_id);
    let (owner, proof) = app
        .db
        .read_now(|c| Ok((generations::succeeded(c, generation)?, generations::proof(c, generation)?)))
        .map_err(internal)?;
    let plan = plan_of(app, &owner).map_err(internal)?;
    let rows_folder = parts::folder(&app.config.data_dir, &owner.id);
    let unread = |error: ApiError| match error.code() {
        _ if cancellation.is_cancelled() => Failure::Cancelled,
        Code::Unavailable | Code::EngineChanged => Failure::Request(error.to_string()),
        _ => internal(error),
    };
    let stored =
        (0..plan.tables.len()).map(|table| stored_table(app, &owner, &plan, table, cancellation).map_err(unread));
    let stored = stored.collect::<Result<Vec<StoredTable>, Failure>>()?;
    let format = formats::by_name(&row.format)
        .ok_or_else(|| Failure::Request(format!("this server knows no format {:?}", row.format)))?;
    let choices: Map<_, _> = serde_json::from_str(&row.options).unwrap_or_default();
    let options = formats::choice::options(format, &choices).map_err(|errors| {
        Failure::Request(errors.into_iter().map(|error| error.detail).collect::<Vec<_>>().join("; "))
    })?;
    let compression = row.compression.as_deref().and_then(Compression::by_name);
    let tables: Vec<usize> = row.table_names().iter().filter_map(|name| plan.table_index(name)).collect();
    let room = Room::on(&rows_folder, app.config.min_free_disk_bytes)?;
    let folder = folder(app, row);
    let files = folder.join("files");
    let _ = fs::remove_dir_all(&folder);
    let request = Request {
        tables: Some(tables),
        rows: Rows::Stored(stored, Box::new(proof)),
        range: None,
        output: Output { target: Target::Folder(files.clone()), format, compression },
        options,
        threads: 1,
        room: room.clone(),
    };
    let made = generate(&plan, &request, cancellation, &mut |_| {})?;
    let target = file(app, row);
    let (name, media_type) = match made.paths.as_slice() {
        [path] => {
            fs::rename(path, &target).map_err(at(&target))?;
            let media_type = compression.map_or(format.kind().media_type, Compression::media_type);
            (name_of(path), media_type)
        }
        paths => {
            let partial = folder.join("partial");
            let archive = Archive { target: &partial, are_compressed: compression.is_some(), room: &room };
            archive.write(paths, plan.dataset.reference_time_us(), cancellation)?;
            fs::rename(&partial, &target).map_err(at(&target))?;
            (format!("{}-{}.zip", formats::file_name(&plan.dataset.name), format.name()), ZIP)
        }
    };
    fs::remove_dir_all(&files).map_err(at(&files))?;
    storage::sync_folder(&folder);
    let (size_bytes, hash) = measured(&target, cancellation)?;
    Ok(Made { name, media_type, size_bytes, hash })
}

/// An archive of several files.
struct Archive<'a> {
    target: &'a Path,
    /// Whether the files are compressed already.
    are_compressed: bool,
    room: &'a Room,
}

impl Archive<'_> {
    /// Puts files in, in their order, all as old as the reference time.
    fn write(&self, files: &[PathBuf], reference_time_us: i64, cancellation: &Cancellation) -> Result<(), Failure> {
        let target = self.target;
        let file = self.room.watch(File::create(target).map_err(at(target))?);
        let mut zip = zip::ZipWriter::new(Forgiving { sink: file, has_failed: false });
        let method =
            if self.are_compressed { zip::CompressionMethod::Stored } else { zip::CompressionMethod::Deflated };
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(zip_time(reference_time_us))
            .unix_permissions(0o644);
        let mut buffer = vec![0; CHUNK];
        for path in files {
            let size = fs::metadata(path).map_err(at(path))?.len();
            let options = options.large_file(size >= u64::from(u32::MAX) - PART);
            let refused = |error: zip::result::ZipError| at(target)(error.into());
            zip.start_file(name_of(path), options).map_err(refused)?;
            let mut source = File::open(path).map_err(at(path))?;
            loop {
                cancellation.check()?;
                match source.read(&mut buffer).map_err(at(path))? {
                    0 => break,
                    read => zip.write_all(&buffer[..read]).map_err(at(target))?,
                }
            }
        }
        let file = zip.finish().map_err(|error| at(target)(error.into()))?.sink.into_inner();
        file.sync_all().map_err(at(target))?;
        Ok(())
    }
}

/// A sink that fails once, and then takes everything and keeps nothing: an archive that is given up writes its end all the same, and would
/// print that it cannot.
struct Forgiving<W> {
    sink: W,
    has_failed: bool,
}

impl<W: Write> Write for Forgiving<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.has_failed {
            return Ok(bytes.len());
        }
        let written = self.sink.write(bytes);
        self.has_failed = written.is_err();
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.has_failed { Ok(()) } else { self.sink.flush() }
    }
}

impl<W: Seek> Seek for Forgiving<W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.sink.seek(to)
    }
}

/// An instant as a zip entry can hold it: from 1980 to 2107, in steps of two seconds.
fn zip_time(reference_time_us: i64) -> zip::DateTime {
    let instant = jiff::Timestamp::from_microsecond(reference_time_us).unwrap_or_default();
    let civil = jiff::tz::TimeZone::UTC.to_datetime(instant);
    let part = |value: i8| u8::try_from(value).unwrap_or_default();
    let year = u16::try_from(civil.year()).unwrap_or(1980);
    zip::DateTime::from_date_and_time(
        year,
        part(civil.month()),
        part(civil.day()),
        part(civil.hour()),
        part(civil.minute()),
        part(civil.second()),
    )
    .unwrap_or_default()
}

/// Bytes and SHA-256 of a file.
fn measured(path: &Path, cancellation: &Cancellation) -> Result<(u64, String), Failure> {
    let mut file = File::open(path).map_err(at(path))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    let mut size = 0;
    loop {
        cancellation.check()?;
        match file.read(&mut buffer).map_err(at(path))? {
            0 => return Ok((size, hex(&hasher.finalize()))),
            read => {
                hasher.update(&buffer[..read]);
                size += read as u64;
            }
        }
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn at(path: &Path) -> impl Fn(io::Error) -> Failure {
    let path = path.to_owned();
    move |source| Failure::Storage(StorageError { path: path.clone(), source })
}

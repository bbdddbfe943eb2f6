//! What may happen to exports.

use std::path::PathBuf;

use diesel::SqliteConnection;
use engine::problem::{Problem, pointer_step};
use formats::{Compression, FORMATS};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Export;
use super::store::{self, ExportRow};
use crate::App;
use crate::datasets::store as datasets;
use crate::db;
use crate::error::{ApiError, Code};
use crate::generations::{State, parts, service as generations};
use crate::idempotency::Work;
use crate::users::store::uuid;

/// The folder of files in a generation's.
pub const FOLDER: &str = "exports";

/// What a file is asked for with.
pub struct Wanted {
    /// The format's name.
    pub format: String,
    /// The tables; all where absent.
    pub tables: Option<Vec<String>>,
    /// The choices of the format.
    pub options: Map<String, Value>,
    /// How the files are compressed.
    pub compression: Option<String>,
}

/// Records an export, or finds that of the same request.
pub fn create(app: &App, generation: Uuid, wanted: Wanted, by: Uuid, work: &Work) -> Result<Export, ApiError> {
    app.check_disk()?;
    app.db.write_now(|c| {
        let owner = generations::succeeded(c, generation)?;
        let known: Vec<String> = owner.table_list().into_iter().map(|table| table.name).collect();
        let (tables, options) = checked(&wanted, &known)?;
        let row = ExportRow {
            id: Uuid::now_v7().to_string(),
            generation_id: owner.id,
            format: wanted.format,
            tables,
            options,
            compression: wanted.compression,
            state: State::Queued.word().to_owned(),
            file_name: None,
            media_type: None,
            size_bytes: None,
            content_hash: None,
            failure: None,
            created_at: db::now(),
            created_by: Some(by.to_string()),
            finished_at: None,
        };
        let row = match store::same(c, &row)? {
            Some(same) => same,
            None => {
                store::insert(c, &row)?;
                row
            }
        };
        let export = shown(c, row)?;
        work.done(c, 202, &path_of(export.id), None, &export)?;
        Ok(export)
    })
}

/// The address of an export.
pub fn path_of(id: Uuid) -> String {
    format!("/api/v1/exports/{id}")
}

/// The tables and the options of what is wanted as the database keeps them, checked; all problems at once.
fn checked(wanted: &Wanted, known: &[String]) -> Result<(String, String), ApiError> {
    let mut problems = Vec::new();
    let mut tell = |problem: Problem| problems.push(problem.settled());
    let format = formats::by_name(&wanted.format);
    match format {
        None => {
            let names: Vec<&str> = FORMATS.iter().map(|format| format.name()).collect();
            let sentence = format!("{:?} is no format", wanted.format);
            tell(Problem::new("unknown_format", sentence).at("/format").suggest(&wanted.format, names));
        }
        Some(format) => {
            for error in formats::choice::options(format, &wanted.options).err().unwrap_or_default() {
                let step = if error.name.is_empty() { String::new() } else { pointer_step(&error.name) };
                tell(Problem::new("invalid_option", error.detail).at(format!("/options{step}")));
            }
        }
    }
    match (wanted.compression.as_deref(), format) {
        (Some(name), _) if Compression::by_name(name).is_none() => {
            let problem = Problem::new("invalid_value", format!("{name:?} is no compression")).at("/compression");
            tell(problem.suggest(name, Compression::ALL.map(Compression::name)));
        }
        (Some(_), Some(format)) if format.kind().compresses_inside => {
            let sentence = format!("{} files are compressed inside; leave it out", format.name());
            tell(Problem::new("invalid_value", sentence).at("/compression"));
        }
        _ => {}
    }
    for (index, name) in wanted.tables.iter().flatten().enumerate() {
        if !known.contains(name) {
            let problem = Problem::new("unknown_table", format!("the generation has no table {name:?}"));
            let known = known.iter().map(String::as_str).collect::<Vec<_>>();
            tell(problem.at(format!("/tables/{index}")).suggest(name, known));
        }
    }
    if wanted.tables.as_ref().is_some_and(Vec::is_empty) {
        tell(Problem::new("invalid_value", "no table is named; leave it out for all").at("/tables"));
    }
    if !problems.is_empty() {
        return Err(ApiError::invalid(problems));
    }
    // In the order of the schema, each once, so that the same request is the same text.
    let is_wanted = |name: &&String| wanted.tables.as_ref().is_none_or(|tables| tables.contains(name));
    let tables: Vec<&String> = known.iter().filter(is_wanted).collect();
    let mut options = Value::Object(wanted.options.clone());
    options.sort_all_objects();
    Ok((json!(tables).to_string(), options.to_string()))
}

/// An export's row.
pub fn find(connection: &mut SqliteConnection, id: Uuid) -> Result<ExportRow, ApiError> {
    store::find(connection, id)?.ok_or_else(|| ApiError::not_found("export", id))
}

/// An export whose file is there.
pub fn succeeded(connection: &mut SqliteConnection, id: Uuid) -> Result<ExportRow, ApiError> {
    let row = find(connection, id)?;
    match row.state() {
        State::Succeeded => Ok(row),
        state => Err(ApiError::new(
            Code::Conflict,
            format!("the export is {}; its file is there once it has succeeded", state.word()),
        )),
    }
}

/// An export as the API shows it.
pub fn shown(connection: &mut SqliteConnection, row: ExportRow) -> Result<Export, ApiError> {
    let generation = generations::find(connection, uuid(&row.generation_id))?;
    let dataset = datasets::find(connection, uuid(&generation.dataset_id))?;
    Ok(Export {
        id: uuid(&row.id),
        generation_id: uuid(&row.generation_id),
        dataset_id: uuid(&generation.dataset_id),
        dataset_name: dataset.map(|dataset| dataset.name).unwrap_or_default(),
        tables: row.table_names(),
        state: row.state(),
        format: row.format,
        options: serde_json::from_str(&row.options).unwrap_or_default(),
        compression: row.compression,
        file_name: row.file_name,
        size_bytes: row.size_bytes.and_then(|size| u64::try_from(size).ok()),
        failure: row.failure,
        created_at: row.created_at,
        finished_at: row.finished_at,
    })
}

/// Deletes an export with its file.
pub fn delete(app: &App, id: Uuid) -> Result<(), ApiError> {
    let row = app.db.write_now(|c| {
        let row = find(c, id)?;
        store::remove(c, &row.id)?;
        Ok::<_, ApiError>(row)
    })?;
    app.exports.cancel(id);
    let _ = std::fs::remove_dir_all(folder(app, &row));
    Ok(())
}

/// The folder of an export's file.
pub fn folder(app: &App, row: &ExportRow) -> PathBuf {
    parts::folder(&app.config.data_dir, &row.generation_id).join(FOLDER).join(&row.id)
}

/// An export's file. Its own name is for the reader's disk; here it is the same for all.
pub fn file(app: &App, row: &ExportRow) -> PathBuf {
    folder(app, row).join("content")
}

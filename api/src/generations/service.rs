//! What may happen to generations.

use ::llm::Secret;
use diesel::SqliteConnection;
use engine::ENGINE_VERSION;
use engine::problem::Problem;
use engine::profile::TableProfile;
use engine::verify::Certificate;
use uuid::Uuid;

use super::store::{self, GenerationRow};
use super::worker::{plan_of, progress_of};
use super::{Generation, Progress, State, TableProgress, table_index};
use crate::App;
use crate::datasets::service as datasets;
use crate::db;
use crate::error::{ApiError, Code};
use crate::llm::service as llm;
use crate::plan::routes::Overriding;
use crate::users::store::uuid;

/// The record of a new generation: its plan is made once to see that it can be made at all. A ceiling is what the language model may cost.
pub fn prepare(
    app: &App,
    dataset: Uuid,
    version: Option<i32>,
    overriding: &Overriding,
    ceiling_usd: Option<f64>,
    by: Uuid,
) -> Result<GenerationRow, ApiError> {
    app.check_disk()?;
    checked_ceiling(ceiling_usd, "/llm_ceiling_usd")?;
    let version = app.db.read_now(|c| {
        let row = datasets::living(c, dataset)?;
        // The dataset is there; what the body says of it is not.
        let told = |error: ApiError| match error.code() {
            Code::NotFound => ApiError::invalid_at("/version", error.to_string()),
            _ => error,
        };
        datasets::version_row(c, &row, version.unwrap_or(row.version)).map_err(told)
    })?;
    // Values in the place of answers are held to rules once it is known which are missing.
    let options = engine::plan::Options { waits: true, ..overriding.options()? };
    let plan = datasets::planned(&version.text, &overriding.parameters, &options)?;
    let tables: Vec<TableProgress> = plan
        .tables
        .iter()
        .map(|table| TableProgress { name: table.name.clone(), rows_done: 0, rows_total: table.rows })
        .collect();
    let total = tables.iter().map(|table| table.rows_total).fold(0, u64::saturating_add);
    if total > app.config.max_rows {
        let sentence = format!("{total} rows are more than the {} of MAX_ROWS_PER_GENERATION", app.config.max_rows);
        return Err(ApiError::invalid(vec![
            Problem::new("too_many_rows", sentence).at("/rows").param("rows", total).param("max", app.config.max_rows),
        ]));
    }
    Ok(GenerationRow {
        id: Uuid::now_v7().to_string(),
        dataset_id: dataset.to_string(),
        version: version.version,
        seed: plan.dataset.seed() as i64,
        scale: overriding.scale,
        rows: serde_json::json!(overriding.rows).to_string(),
        parameters: serde_json::json!(overriding.parameters).to_string(),
        tables: serde_json::json!(tables).to_string(),
        engine_version: ENGINE_VERSION.to_owned(),
        reference_time: plan.report().reference_time.clone(),
        state: State::Queued.word().to_owned(),
        rows_total: total as i64,
        failure: None,
        content_hash: None,
        verdict: None,
        created_at: db::now(),
        created_by: Some(by.to_string()),
        started_at: None,
        finished_at: None,
        llm_model: plan.asks().then(|| app.model.name().to_owned()),
        llm_ceiling_usd: ceiling_usd,
        llm_filled_at: None,
        held_for: None,
    })
}

/// A ceiling of US dollars that may be one.
pub fn checked_ceiling(ceiling_usd: Option<f64>, pointer: &str) -> Result<(), ApiError> {
    match ceiling_usd.filter(|dollars| !(dollars.is_finite() && *dollars >= 0.0)) {
        Some(dollars) => Err(ApiError::invalid_at(pointer, format!("{dollars} is no number of US dollars from 0 on"))),
        None => Ok(()),
    }
}

/// A generation's row.
pub fn find(connection: &mut SqliteConnection, id: Uuid) -> Result<GenerationRow, ApiError> {
    store::find(connection, id)?.ok_or_else(|| ApiError::not_found("generation", id))
}

/// A generation whose rows are all there.
pub fn succeeded(connection: &mut SqliteConnection, id: Uuid) -> Result<GenerationRow, ApiError> {
    let row = find(connection, id)?;
    match row.state() {
        State::Succeeded => Ok(row),
        state => Err(ApiError::new(
            Code::Conflict,
            format!("the generation is {}; its rows are there once it has succeeded", state.word()),
        )),
    }
}

/// How far a generation is: what its worker says, else what is recorded.
pub fn progress(app: &App, connection: &mut SqliteConnection, row: &GenerationRow) -> Result<Progress, ApiError> {
    let state = row.state();
    // A run that has just ended is told of once its record says so too, with all that it holds.
    let is_under_way = |progress: &Progress| !state.is_final() && !progress.state.is_final();
    if let Some(progress) = app.generations.progress(uuid(&row.id)).filter(is_under_way) {
        return Ok(progress);
    }
    let mut progress = progress_of(row, state);
    if state == State::Succeeded {
        progress.rows_done = progress.rows_total;
        progress.tables.iter_mut().for_each(|table| table.rows_done = table.rows_total);
        return Ok(progress);
    }
    // Of what was cancelled or failed nothing is left.
    for part in store::parts(connection, &row.id)? {
        let rows = u64::try_from(part.rows).unwrap_or_default();
        progress.rows_done += rows;
        if let Some(table) = progress.tables.get_mut(part.table_index as usize) {
            table.rows_done += rows;
        }
    }
    Ok(progress)
}

/// The certificate of a generation that succeeded.
pub fn proof(connection: &mut SqliteConnection, id: Uuid) -> Result<Certificate, ApiError> {
    let row = succeeded(connection, id)?;
    let text = store::certificate(connection, &row.id)?.unwrap_or_default();
    serde_json::from_str(&text).map_err(|error| ApiError::internal(format!("the certificate of {id}: {error}")))
}

/// The profile of a table of a generation that succeeded.
pub fn profile(app: &App, id: Uuid, table: &str) -> Result<TableProfile, ApiError> {
    let row = app.db.read_now(|c| succeeded(c, id))?;
    let plan = plan_of(app, &row)?;
    let place = table_index(&plan, table).map_err(|failure| ApiError::new(Code::NotFound, failure.to_string()))?;
    let text = app.db.read_now(|c| Ok::<_, ApiError>(store::profile(c, &row.id, place as i32)?))?;
    let Some(text) = text else {
        let sentence = format!("the generation {id} was made before profiles were; start a new one with the same seed");
        return Err(ApiError::new(Code::NotFound, sentence));
    };
    serde_json::from_str(&text).map_err(|error| ApiError::internal(format!("the profile of {table} in {id}: {error}")))
}

/// A generation as the API shows it.
pub fn shown(app: &App, connection: &mut SqliteConnection, row: GenerationRow) -> Result<Generation, ApiError> {
    let progress = progress(app, connection, &row)?;
    let dataset = crate::datasets::store::find(connection, uuid(&row.dataset_id))?;
    let llm = llm::of_generation(&app.model, connection, &row)?;
    Ok(Generation {
        id: uuid(&row.id),
        dataset_id: uuid(&row.dataset_id),
        dataset_name: dataset.map(|dataset| dataset.name).unwrap_or_default(),
        version: row.version,
        seed: u64::try_from(row.seed).unwrap_or_default(),
        rows: serde_json::from_str(&row.rows).unwrap_or_default(),
        scale: row.scale,
        parameters: serde_json::from_str(&row.parameters).unwrap_or_default(),
        certificate: row.verdict(),
        engine_version: row.engine_version,
        reference_time: row.reference_time,
        progress,
        content_hash: row.content_hash,
        llm,
        failure: row.failure,
        created_at: row.created_at,
        created_by: datasets::author(connection, row.created_by)?,
        started_at: row.started_at,
        finished_at: row.finished_at,
    })
}

/// Cancels a generation that has not ended: at once where it waits, soon where it runs.
pub fn cancel(app: &App, id: Uuid) -> Result<Generation, ApiError> {
    let cancelled = app.db.write_now(|c| {
        let row = find(c, id)?;
        match row.state() {
            // On record at once, so that it stays cancelled whatever happens to the server; a worker that is at it stops soon.
            from @ (State::Queued | State::NeedsKey | State::Running) => {
                store::change_state(c, &row.id, from, State::Cancelled, &db::now())?;
                store::remove_parts(c, &row.id)?;
            }
            state => {
                return Err(ApiError::new(Code::Conflict, format!("the generation has {} already", state.word())));
            }
        }
        let row = find(c, id)?;
        shown(app, c, row)
    })?;
    if !app.generations.cancel(id) {
        // Nobody is at it, and what somebody made of it before is of no use.
        super::worker::remove_files(app, &id.to_string());
    }
    app.model.take_key(id);
    Ok(cancelled)
}

/// Lets a generation that waits for a key go on, with that of the request or that of the settings.
pub fn resume(app: &App, id: Uuid, key: Option<Secret>) -> Result<Generation, ApiError> {
    // Its turn may come before this returns.
    let waits = app.db.read_now(|c| Ok::<_, ApiError>(find(c, id)?.state() == State::NeedsKey))?;
    if waits {
        if !app.model.client(key.clone())?.has_key() {
            return Err(::llm::Failure::key_missing().into());
        }
        app.model.hold_key(id, key);
    }
    let resumed = app.db.write_now(|c| {
        let row = find(c, id)?;
        if !store::change_state(c, &row.id, State::NeedsKey, State::Queued, &db::now())? {
            return Err(ApiError::new(
                Code::Conflict,
                format!("the generation is {}; it waits for no key", row.state().word()),
            ));
        }
        let row = find(c, id)?;
        shown(app, c, row)
    });
    if waits && resumed.is_err() {
        app.model.take_key(id);
    }
    let resumed = resumed?;
    app.generations.ring();
    Ok(resumed)
}

/// Deletes a generation that has ended, with its rows and exports.
pub fn delete(app: &App, id: Uuid) -> Result<(), ApiError> {
    app.db.write_now(|c| {
        let row = find(c, id)?;
        if !row.state().is_final() {
            return Err(ApiError::new(Code::Conflict, "the generation has not ended; cancel it first"));
        }
        Ok(store::remove(c, &row.id)?)
    })?;
    super::worker::remove_files(app, &id.to_string());
    Ok(())
}

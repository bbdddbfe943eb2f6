//! `/admin/backups`: what backups there are, and one more.
//!
//! None is put back here: `synthetic-data restore` replaces the database as a whole, which a server that holds it must not see, so it refuses
//! beside a running server.

use actix_web::http::header;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Backup, configured, make};
use crate::db::{self, off_thread};
use crate::error::{ApiError, Code};
use crate::http::page::List;
use crate::idempotency::Work;
use crate::openapi::errors::NotFound;
use crate::{App, Failure};

/// Adds the resource.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_backups).service(create_backup).service(get_backup);
}

/// A backup of the database.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct BackupInfo {
    /// Its name, which `synthetic-data restore` takes.
    #[schema(example = "synthetic-data-20260102T030405678Z.sqlite3")]
    pub name: String,
    /// When it was made.
    #[schema(format = DateTime)]
    pub made_at: String,
    /// Bytes of the file.
    pub size_bytes: u64,
}

impl From<Backup> for BackupInfo {
    fn from(backup: Backup) -> BackupInfo {
        BackupInfo { name: backup.name, made_at: db::spell(backup.made_at), size_bytes: backup.size_bytes }
    }
}

/// List backups, newest first
///
/// Those of `BACKUP_TARGET`. One is put back by `synthetic-data restore` while no server runs; there is no operation for it.
#[utoipa::path(operation_id = "list_backups", tag = "admin", responses((status = 200, body = List<BackupInfo>)))]
#[get("/admin/backups")]
async fn list_backups(app: web::Data<App>) -> Result<web::Json<List<BackupInfo>>, ApiError> {
    let backups = off_thread(move || listed(&app)).await?;
    Ok(web::Json(List::whole(backups.into_iter().map(BackupInfo::from).collect())))
}

/// Get a backup
///
/// What is known of it; not its content, which holds hashes of passwords.
#[utoipa::path(operation_id = "get_backup", tag = "admin", params(("name" = String, Path)), responses(
    (status = 200, body = BackupInfo),
    NotFound,
))]
#[get("/admin/backups/{name}")]
async fn get_backup(app: web::Data<App>, name: web::Path<String>) -> Result<web::Json<BackupInfo>, ApiError> {
    let name = name.into_inner();
    let backups = off_thread(move || listed(&app)).await?;
    match backups.into_iter().find(|backup| backup.name == name) {
        Some(backup) => Ok(web::Json(backup.into())),
        None => Err(ApiError::not_found("backup", name)),
    }
}

/// Make a backup
///
/// A consistent copy of the database, made while it is used and checked before it counts, in `BACKUP_TARGET`. The oldest beyond `BACKUP_KEEP`
/// are removed.
#[utoipa::path(operation_id = "create_backup", tag = "admin", responses(
    (status = 201, body = BackupInfo, headers(("Location" = String))),
))]
#[post("/admin/backups")]
async fn create_backup(app: web::Data<App>, work: Work) -> Result<HttpResponse, ApiError> {
    let _turn = app.backing_up.acquire().await.map_err(ApiError::internal)?;
    let state = app.clone();
    let (backup, location) = off_thread(move || {
        let store = configured(&state.config).map_err(refused)?;
        let backup = make(&state.config.data_dir, store.as_ref(), state.config.backups.keep).map_err(refused)?;
        let backup = BackupInfo::from(backup);
        let location = format!("/api/v1/admin/backups/{}", backup.name);
        state.db.write_now(|c| work.done(c, 201, &location, None, &backup))?;
        Ok((backup, location))
    })
    .await?;
    Ok(HttpResponse::Created().insert_header((header::LOCATION, location)).json(backup))
}

fn listed(app: &App) -> Result<Vec<Backup>, ApiError> {
    configured(&app.config).and_then(|store| store.list()).map_err(refused)
}

/// The place of backups does not answer, or does not take one.
fn refused(failure: Failure) -> ApiError {
    ApiError::new(Code::Unavailable, format!("BACKUP_TARGET: {}", failure.sentences().join("; ")))
}

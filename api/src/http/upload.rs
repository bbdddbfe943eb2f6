//! Forms with files (`multipart/form-data`), written to the disk while they arrive: bounded in size and time, and gone when they are dropped.
//!
//! Invariant: no name that a client sends is part of a path; files are called by their place. What a killed server left in the folder of
//! uploads is removed by the next start.

use std::cell::Cell;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::error::PayloadError;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpRequest, web};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

use crate::App;
use crate::error::{ApiError, Code};
use crate::storage;

/// The folder of uploads, in the data folder.
pub const FOLDER: &str = "uploads";

/// How long an upload may take in any case.
const PATIENCE: Duration = Duration::from_secs(30);

/// Bytes for each second more.
const BYTES_PER_SECOND: u64 = 64 << 10;

/// Bytes between two looks at the space on the disk.
const LOOK_EVERY: u64 = 16 << 20;

/// What a form may hold.
pub struct Form {
    /// The parts that are texts, each with its bytes at most.
    pub texts: &'static [(&'static str, usize)],
    /// The part that is a file; it may be there several times.
    pub file: &'static str,
    /// Files at most.
    pub max_files: usize,
}

/// A form that has arrived. Its files are removed when it is dropped.
#[derive(Debug)]
pub struct Upload {
    /// Holds the files, and has room for what is made of them.
    pub folder: TempDir,
    /// The texts by their parts, in the order of arrival; each part once.
    pub texts: Vec<(String, String)>,
    /// The files, in the order of arrival.
    pub files: Vec<UploadedFile>,
}

/// A file of a form.
#[derive(Clone, Debug)]
pub struct UploadedFile {
    /// Where it is.
    pub path: PathBuf,
    /// The name that the client gave it.
    pub name: String,
}

impl Upload {
    /// Takes a text.
    pub fn take(&mut self, part: &str) -> Option<String> {
        let place = self.texts.iter().position(|(name, _)| name == part)?;
        Some(self.texts.remove(place).1)
    }
}

/// What has arrived, and what may.
#[derive(Clone)]
struct Arrival {
    begun: Instant,
    bytes: Rc<Cell<u64>>,
    max: u64,
}

impl Arrival {
    /// Waits for what comes next, as long as the upload is not too slow.
    async fn next<T>(&self, next: impl Future<Output = T>) -> Result<T, ApiError> {
        let allowed = PATIENCE + Duration::from_secs(self.bytes.get() / BYTES_PER_SECOND);
        let late = |_| {
            let sentence = format!(
                "the upload is too slow: it has {} seconds, and one more for each {} kB",
                PATIENCE.as_secs(),
                BYTES_PER_SECOND >> 10
            );
            ApiError::new(Code::BodyTimeout, sentence)
        };
        tokio::time::timeout_at(self.begun + allowed, next).await.map_err(late)
    }

    /// Counts the bytes of a body, which ends where they are too many.
    fn count<S: Stream<Item = Result<Bytes, PayloadError>>>(
        &self,
        body: S,
    ) -> impl Stream<Item = Result<Bytes, PayloadError>> + use<S> {
        let (bytes, max) = (Rc::clone(&self.bytes), self.max);
        body.map(move |chunk| {
            let chunk = chunk?;
            bytes.set(bytes.get() + chunk.len() as u64);
            if bytes.get() > max { Err(PayloadError::Overflow) } else { Ok(chunk) }
        })
    }

    /// What a client is told of a form that cannot be read on.
    fn refused(&self, error: &MultipartError) -> ApiError {
        match error {
            _ if self.bytes.get() > self.max => too_large(self.max),
            MultipartError::ContentTypeMissing
            | MultipartError::ContentTypeParse
            | MultipartError::ContentTypeIncompatible => {
                ApiError::new(Code::UnsupportedMediaType, "send a form as multipart/form-data")
            }
            MultipartError::BoundaryMissing => {
                ApiError::new(Code::MalformedRequest, "the Content-Type names no boundary of the form's parts")
            }
            MultipartError::Incomplete | MultipartError::Payload(_) => {
                ApiError::new(Code::MalformedRequest, "the form was cut off before its end")
            }
            _ => ApiError::new(Code::MalformedRequest, "the form cannot be taken apart"),
        }
    }
}

/// The upload is larger than the server takes.
fn too_large(max: u64) -> ApiError {
    ApiError::new(
        Code::TooLarge,
        format!("the upload is larger than {} MB, the MAX_UPLOAD_MB of this server", max >> 20),
    )
}

/// Receives a form.
pub async fn receive(app: &App, request: &HttpRequest, body: web::Payload, form: &Form) -> Result<Upload, ApiError> {
    let max = app.config.max_upload_bytes as u64;
    if announced(request.headers()).is_some_and(|length| length > max) {
        return Err(too_large(max));
    }
    let arrival = Arrival { begun: Instant::now(), bytes: Rc::default(), max };
    let mut parts = Multipart::new(request.headers(), arrival.count(body));
    let first = arrival.next(parts.next()).await?;
    // Nothing is made on the disk for what is no form.
    let mut next = first.transpose().map_err(|error| arrival.refused(&error))?;
    let mut upload = Upload { folder: folder(app)?, texts: Vec::new(), files: Vec::new() };
    while let Some(part) = next {
        let name = part.name().unwrap_or_default().to_owned();
        let known = form.texts.iter().find(|(text, _)| *text == name);
        if let Some((_, max)) = known {
            if upload.texts.iter().any(|(other, _)| *other == name) {
                return Err(ApiError::invalid_at(&format!("/{name}"), format!("the part {name} is there twice")));
            }
            let text = read_text(&arrival, part, &name, *max).await?;
            upload.texts.push((name, text));
        } else if name == form.file {
            if upload.files.len() == form.max_files {
                let sentence = format!("a form has at most {} files", form.max_files);
                return Err(ApiError::invalid_at(&format!("/{name}"), sentence));
            }
            let file = read_file(app, &arrival, part, &upload).await?;
            upload.files.push(file);
        } else {
            let texts: Vec<&str> = form.texts.iter().map(|(name, _)| *name).collect();
            let sentence = format!("{name:?} is no part of this form; known are {}, {}", texts.join(", "), form.file);
            return Err(ApiError::invalid_at("", sentence));
        }
        next = arrival.next(parts.next()).await?.transpose().map_err(|error| arrival.refused(&error))?;
    }
    Ok(upload)
}

/// The length that a request says its body has.
fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A folder for one upload.
fn folder(app: &App) -> Result<TempDir, ApiError> {
    app.check_disk()?;
    let parent = app.config.data_dir.join(FOLDER);
    let made = std::fs::create_dir_all(&parent).and_then(|()| tempfile::Builder::new().prefix("").tempdir_in(&parent));
    made.map_err(|error| not_written(&parent, &error))
}

async fn read_text(arrival: &Arrival, mut part: Field, name: &str, max: usize) -> Result<String, ApiError> {
    let mut text = Vec::new();
    while let Some(chunk) = arrival.next(part.next()).await? {
        let chunk = chunk.map_err(|error| arrival.refused(&error))?;
        if text.len() + chunk.len() > max {
            return Err(ApiError::new(Code::TooLarge, format!("the part {name} is larger than {} MB", max >> 20)));
        }
        text.extend_from_slice(&chunk);
    }
    String::from_utf8(text).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let sentence = format!("the part {name} is no UTF-8 text, byte {at} is no character");
        ApiError::invalid_at(&format!("/{name}"), sentence)
    })
}

async fn read_file(app: &App, arrival: &Arrival, mut part: Field, upload: &Upload) -> Result<UploadedFile, ApiError> {
    let given = part.content_disposition().and_then(|disposition| disposition.get_filename()).unwrap_or_default();
    // Some clients send the path that the file has with them.
    let name = given.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let path = upload.folder.path().join(upload.files.len().to_string());
    let refused = |error: io::Error| not_written(&path, &error);
    let mut file = tokio::fs::File::create_new(&path).await.map_err(refused)?;
    let mut looked_at = arrival.bytes.get();
    while let Some(chunk) = arrival.next(part.next()).await? {
        let chunk = chunk.map_err(|error| arrival.refused(&error))?;
        file.write_all(&chunk).await.map_err(refused)?;
        if arrival.bytes.get() - looked_at > LOOK_EVERY {
            looked_at = arrival.bytes.get();
            app.check_disk()?;
        }
    }
    file.flush().await.map_err(refused)?;
    Ok(UploadedFile { path, name })
}

/// The disk did not take it.
fn not_written(path: &Path, error: &io::Error) -> ApiError {
    log::error!("{}: {}", path.display(), storage::reason(error));
    ApiError::new(Code::Unavailable, "the disk did not take the upload; nothing is left of it")
}

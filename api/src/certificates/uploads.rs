//! Certificates of files that somebody sent.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use engine::plan::{self, Compiled};
use engine::problem::Problem;

use serde::de::DeserializeOwned;

use super::{NamedFile, Verification, verify_named};
use crate::datasets::service::MAX_SCHEMA_BYTES;
use crate::db::off_thread;
use crate::error::ApiError;
use crate::http::upload::{Form, Upload};
use crate::plan::routes::Overriding;
use crate::{App, Cancellation, Failure};

/// Files that are proved at a time; others wait.
pub const TURNS: usize = 2;

/// How long a proof may take.
const MAX_TIME: Duration = Duration::from_secs(60);

/// How many times its size a compressed file may have.
const MAX_GROWTH: u64 = 10;

/// The form that is sent.
pub const FORM: Form = Form { texts: &TEXTS, file: "file", max_files: 256 };

const TEXTS: [(&str, usize); 4] =
    [("schema", MAX_SCHEMA_BYTES), ("parameters", 1 << 20), ("rows", 1 << 20), ("scale", 64)];

/// Proves what was sent.
pub async fn verify(app: &web::Data<App>, upload: Upload) -> Result<Verification, ApiError> {
    let turn = Arc::clone(&app.proofs).acquire_owned().await.map_err(ApiError::internal)?;
    let cancellation = Cancellation::default();
    let _given_up = cancellation.on_drop();
    let state = app.clone();
    let proof = off_thread(move || {
        let _turn = turn;
        prove(&state, upload, &cancellation)
    });
    match tokio::time::timeout(MAX_TIME, proof).await {
        Ok(proved) => proved,
        Err(_) => {
            let sentence = format!("the proof took longer than {} seconds and was stopped", MAX_TIME.as_secs());
            let problem = Problem::new("proof_too_long", sentence);
            Err(ApiError::invalid(vec![
                problem.remedy("verify fewer rows, or use `synthetic-data verify`").at("/file"),
            ]))
        }
    }
}

fn prove(app: &App, mut upload: Upload, cancellation: &Cancellation) -> Result<Verification, ApiError> {
    let Some(schema) = upload.take("schema") else {
        return Err(ApiError::invalid_at("/schema", "a schema is missing; send it as the part schema"));
    };
    let overriding = Overriding {
        parameters: part(&mut upload, "parameters", "a JSON object")?,
        rows: part(&mut upload, "rows", "a JSON object")?,
        scale: part(&mut upload, "scale", "a number")?,
        seed: None,
    };
    // Rows that are there need no answers, and nothing that stands in for them.
    let options = plan::Options { waits: true, proves: true, ..overriding.options()? };
    let Compiled { plan, problems } = plan::compile_text(&schema, &overriding.parameters, &options);
    let plan = plan.ok_or_else(|| ApiError::invalid(problems))?;
    let files: Vec<NamedFile> =
        upload.files.iter().map(|file| NamedFile { path: file.path.clone(), name: file.name.clone() }).collect();
    let max = app.config.max_upload_bytes as u64 * MAX_GROWTH;
    let options = formats::Options { max_workbook_bytes: max, csv_sniff: true, ..formats::Options::default() };
    let mut too_large = Vec::new();
    for file in &files {
        if formats::is_larger_than(&file.path, max).map_err(|error| refused(&files, Failure::Format(error)))? {
            let sentence = format!("{}: it has more than {} MB once it is decompressed", file.name, max >> 20);
            too_large.push(sentence);
        }
    }
    if !too_large.is_empty() {
        return Err(refused(&files, Failure::Data(too_large)));
    }
    let work = upload.folder.path().join("work");
    std::fs::create_dir(&work).map_err(|source| ApiError::internal(format!("{}: {source}", work.display())))?;
    verify_named(&plan, &files, &options, app.config.generate_threads, &work, cancellation)
        .map_err(|failure| refused(&files, failure))
}

/// What a part of the form says in JSON; nothing where it is missing or empty.
fn part<T: DeserializeOwned + Default>(upload: &mut Upload, name: &str, kind: &str) -> Result<T, ApiError> {
    let Some(text) = upload.take(name).filter(|text| !text.trim().is_empty()) else { return Ok(T::default()) };
    serde_json::from_str(&text)
        .map_err(|error| ApiError::invalid_at(&format!("/{name}"), format!("the part {name} is not {kind}: {error}")))
}

/// What is told of files that cannot be read or proved: a problem for each sentence, in which they have the names that they were sent with.
fn refused(files: &[NamedFile], failure: Failure) -> ApiError {
    match failure {
        Failure::Data(_) | Failure::Format(_) | Failure::Verify(_) => {
            let plain = |sentence: String| {
                files.iter().fold(sentence, |told, file| told.replace(&file.path.display().to_string(), &file.name))
            };
            let problem = |sentence| Problem::new("invalid_file", plain(sentence)).at("/file");
            ApiError::invalid(failure.sentences().into_iter().map(problem).collect())
        }
        failure => ApiError::from(failure),
    }
}

//! Certificates: the proof that rows obey a dataset's statements, whoever made them.
//!
//! Files are read as often as the proof needs and never held whole, so memory does not grow with them.

pub mod routes;
mod source;
pub mod uploads;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use datafusion::catalog::TableProvider;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use engine::plan::Plan;
use engine::schema::Dataset;
use engine::verify::{self, Certificate};

use crate::{Cancellation, Failure};

/// Memory that sorts and joins may take before they spill to files.
const MEMORY_BYTES: usize = 1 << 30;

/// How often a wait looks for a cancellation.
const POLL: Duration = Duration::from_millis(50);

/// How long work that was given up may take to notice.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// A certificate of files, and what was found beside it.
pub struct Verification {
    /// The proof.
    pub certificate: Certificate,
    /// Sentences about what was passed over.
    pub notes: Vec<String>,
}

/// Checks files against a plan's statements. A folder stands for the files in it; a table is found by a file's stem or a sheet's name.
pub fn verify(
    plan: &Plan,
    paths: &[PathBuf],
    options: &formats::Options,
    threads: usize,
    cancellation: &Cancellation,
) -> Result<Verification, Failure> {
    options.check().map_err(|error| Failure::Usage(error.to_string()))?;
    let mut problems = Vec::new();
    let candidates = source::candidates(paths, &mut problems)?;
    let found = source::find(plan, candidates, problems, options)?;
    verify_found(plan, found, threads, None, cancellation)
}

/// A file that somebody named otherwise than it is called here.
pub struct NamedFile {
    /// Where it is.
    pub path: PathBuf,
    /// The name that it was given: the extension tells its format, the stem its table.
    pub name: String,
}

/// Checks files under the names that they were given. What does not fit in memory goes to files below `work`.
pub fn verify_named(
    plan: &Plan,
    files: &[NamedFile],
    options: &formats::Options,
    threads: usize,
    work: &Path,
    cancellation: &Cancellation,
) -> Result<Verification, Failure> {
    let candidate =
        |file: &NamedFile| source::Candidate { path: file.path.clone(), name: file.name.clone(), is_named: true };
    let found = source::find(plan, files.iter().map(candidate).collect(), Vec::new(), options)?;
    verify_found(plan, found, threads, Some(work.to_owned()), cancellation)
}

fn verify_found(
    plan: &Plan,
    found: source::Found,
    threads: usize,
    work: Option<PathBuf>,
    cancellation: &Cancellation,
) -> Result<Verification, Failure> {
    let fault = found.fault;
    let certificate = match certify(&plan.dataset, found.tables, threads, work, cancellation) {
        Ok(certificate) => certificate,
        // What a file's reader says is plainer than what the query around it makes of it.
        Err(failure) => return Err(fault.take().map_or(failure, Failure::Format)),
    };
    Ok(Verification { certificate, notes: found.notes })
}

/// Proves a dataset's statements on its tables, by `threads` threads. What does not fit in memory goes to files below `work`.
pub(crate) fn certify(
    dataset: &Dataset,
    tables: Vec<(String, Arc<dyn TableProvider>)>,
    threads: usize,
    work: Option<PathBuf>,
    cancellation: &Cancellation,
) -> Result<Certificate, Failure> {
    let machine = |source| Failure::Machine { what: "threads for the proof", source };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(threads.max(1)).build().map_err(machine)?;
    let environment = environment(work.as_deref())?;
    let dataset = dataset.clone();
    let (send, receive) = mpsc::channel();
    runtime.spawn(async move {
        // Nobody waits any more once the run was cancelled.
        let _ = send.send(verify::certify(&dataset, tables, environment).await);
    });
    let outcome = loop {
        match receive.recv_timeout(POLL) {
            Ok(certificate) => break certificate.map_err(Failure::from),
            Err(RecvTimeoutError::Timeout) if cancellation.is_cancelled() => break Err(Failure::Cancelled),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                break Err(Failure::Internal("the proof ended without a result".to_owned()));
            }
        }
    };
    runtime.shutdown_timeout(LAST_WORDS);
    outcome
}

/// The ids of statements that do not hold.
pub fn broken(certificate: &Certificate) -> Vec<String> {
    certificate.results.iter().filter(|result| result.broken > 0).map(|result| result.id.clone()).collect()
}

/// What bounds the memory of SQL, and where it spills.
pub(crate) fn environment(work: Option<&Path>) -> Result<Arc<RuntimeEnv>, Failure> {
    let mut builder = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(FairSpillPool::new(MEMORY_BYTES)));
    if let Some(work) = work {
        builder = builder.with_temp_file_path(work);
    }
    builder.build_arc().map_err(|error| Failure::Internal(error.strip_backtrace()))
}

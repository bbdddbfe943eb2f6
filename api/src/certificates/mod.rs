//! Certificates: the proof that rows obey a dataset's statements, whoever made them.
//!
//! Files are read as often as the proof needs and never held whole, so memory does not grow with them.

pub mod routes;
mod source;
pub mod uploads;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use datafusion::catalog::TableProvider;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use engine::plan::Plan;
use engine::verify::{self, Certificate, Feed, Live, VerifyError};
use tokio::runtime::Runtime;

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
    let source::Found { fault, strangers, .. } = &found;
    let (fault, strangers) = (fault.clone(), strangers.clone());
    let certificate = match certify(plan, found.tables, threads, work, cancellation) {
        Ok(certificate) => certificate,
        // What a file's reader says is plainer than what the query around it makes of it.
        Err(failure) => return Err(fault.take().map_or(failure, Failure::Format)),
    };
    // The files may have been made with any seed, or with none.
    let certificate = Certificate { seed: None, ..certificate.with_unreadable(strangers.take()) };
    Ok(Verification { certificate, notes: found.notes })
}

/// Proves a plan's statements on its tables, and measures its distributions, by `threads` threads. What does not fit in memory goes to files below `work`.
pub(crate) fn certify(
    plan: &Plan,
    tables: Vec<(String, Arc<dyn TableProvider>)>,
    threads: usize,
    work: Option<PathBuf>,
    cancellation: &Cancellation,
) -> Result<Certificate, Failure> {
    Proof::begin(plan, tables, None, threads, work.as_deref())?.finish(cancellation)
}

/// A proof that goes on while other things are done.
pub(crate) struct Proof {
    /// None once it has ended.
    runtime: Option<Runtime>,
    outcome: Receiver<Result<Certificate, VerifyError>>,
    live: Option<Live>,
}

impl Proof {
    /// Begins to prove, as [`certify`] does; rows of `live` tables are yet to be made, and handed over by [`Proof::feed`].
    pub(crate) fn begin(
        plan: &Plan,
        tables: Vec<(String, Arc<dyn TableProvider>)>,
        live: Option<Live>,
        threads: usize,
        work: Option<&Path>,
    ) -> Result<Proof, Failure> {
        let machine = |source| Failure::Machine { what: "threads for the proof", source };
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(threads.max(1)).build().map_err(machine)?;
        let environment = environment(work)?;
        let (dataset, expected) = (plan.dataset.clone(), plan.expected());
        let (send, outcome) = mpsc::channel();
        let made = live.clone();
        runtime.spawn(async move {
            // Nobody waits any more once the run was cancelled.
            let _ = send.send(verify::certify_made(&dataset, &expected, tables, environment, made).await);
        });
        Ok(Proof { runtime: Some(runtime), outcome, live })
    }

    /// What hands the rows of a live table over, once the proof is ready for them.
    pub(crate) fn feed(&self, table: &str, cancellation: &Cancellation) -> Result<Feed, Failure> {
        let Some(live) = &self.live else { return Ok(Feed::default()) };
        live.begin(table, || cancellation.is_cancelled()).ok_or(Failure::Cancelled)
    }

    /// Waits for what was found.
    pub(crate) fn finish(self, cancellation: &Cancellation) -> Result<Certificate, Failure> {
        loop {
            match self.outcome.recv_timeout(POLL) {
                Ok(certificate) => return certificate.map_err(Failure::from),
                Err(RecvTimeoutError::Timeout) if cancellation.is_cancelled() => return Err(Failure::Cancelled),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Failure::Internal("the proof ended without a result".to_owned()));
                }
            }
        }
    }
}

impl Drop for Proof {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(LAST_WORDS);
        }
    }
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

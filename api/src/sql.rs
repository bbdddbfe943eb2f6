//! What answers users' SQL: threads of its own, so that a long query holds up no other request; memory that all queries share; turns.
//!
//! Rows that are picked by a condition or an order are found here too, within the same bounds.
//!
//! Bounds: a query may run for [`MAX_TIME`] and is then dropped between two batches; sorts, joins and groups of all queries share
//! [`MEMORY_BYTES`] and spill below the data folder; functions make no text beyond a bound. What a batch of an expression holds is not counted
//! by the pool, which is why batches are small and few queries run at a time.

use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use engine::problem::Problem;
use engine::query::{QueryError, Stop};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;
use url::Url;

use crate::config::Config;
use crate::error::ApiError;

/// How long a query may run.
pub const MAX_TIME: Duration = Duration::from_secs(30);

/// The shortest time that may be asked for: a busy machine has hardly begun before.
const MIN_TIME: Duration = Duration::from_secs(1);

/// Memory of all queries together before they spill.
const MEMORY_BYTES: usize = 256 << 20;

/// Bytes of files that queries may spill to.
const SPILL_BYTES: u64 = 1 << 30;

/// Queries that run at a time.
const TURNS: usize = 2;

/// The place for users' SQL.
pub struct Sql {
    threads: usize,
    work: PathBuf,
    turns: Arc<Semaphore>,
    running: Mutex<Option<(Runtime, Arc<RuntimeEnv>)>>,
}

impl Sql {
    /// With the settings of a server; nothing is started before the first query.
    pub fn new(config: &Config) -> Sql {
        Sql {
            threads: config.generate_threads.max(1),
            work: config.data_dir.join("sql"),
            turns: Arc::new(Semaphore::new(TURNS)),
            running: Mutex::default(),
        }
    }

    /// Removes what the queries of a killed server spilled. Only before the first query.
    pub fn remove_leftovers(&self) {
        if let Err(error) = std::fs::remove_dir_all(&self.work)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            log::warn!("{}: {}", self.work.display(), crate::storage::reason(&error));
        }
    }

    /// Runs work on the threads for SQL. A problem with what `pointer` names when it takes longer than `limit`, waiting for a turn aside. It is
    /// stopped when nobody waits for it any more.
    pub async fn run<T: Send + 'static, F: Future<Output = Result<T, ApiError>> + Send + 'static>(
        &self,
        limit: Duration,
        pointer: &str,
        work: impl FnOnce(Arc<RuntimeEnv>, Stop) -> F,
    ) -> Result<T, ApiError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(ApiError::internal)?;
        let (threads, environment) = self.started()?;
        let stop = Stop::default();
        let work = work(environment, stop.clone());
        // The turn ends with the work, which may outlive the wait for it by the rows that it weighs at a time.
        let task = threads.spawn(async move {
            let answer = work.await;
            drop(turn);
            answer
        });
        let _stop = StopOnDrop { task: task.abort_handle(), query: stop };
        match tokio::time::timeout(limit, task).await {
            Ok(answer) => answer.map_err(|error| ApiError::internal(format!("a query: {error}")))?,
            Err(_) => Err(too_long(limit, pointer)),
        }
    }

    fn started(&self) -> Result<(Handle, Arc<RuntimeEnv>), ApiError> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((threads, environment)) = &*running {
            return Ok((threads.handle().clone(), Arc::clone(environment)));
        }
        let threads = Builder::new_multi_thread()
            .worker_threads(self.threads)
            .thread_name("sql")
            .enable_time()
            .build()
            .map_err(ApiError::internal)?;
        let environment = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(MEMORY_BYTES)))
            .with_temp_file_path(&self.work)
            .with_max_temp_directory_size(SPILL_BYTES)
            .build_arc()
            .map_err(|error| ApiError::internal(error.strip_backtrace()))?;
        // No query has business with files.
        if let Ok(files) = Url::parse("file://") {
            let _ = environment.deregister_object_store(&files);
        }
        let handle = threads.handle().clone();
        *running = Some((threads, Arc::clone(&environment)));
        Ok((handle, environment))
    }
}

impl Drop for Sql {
    fn drop(&mut self) {
        let running = self.running.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some((threads, _)) = running.take() {
            // Whoever drops it may be a thread that must not wait.
            threads.shutdown_background();
        }
    }
}

/// How long a query may take that may take this many milliseconds; a problem where nobody may ask for that.
pub fn time_of(timeout_ms: Option<u64>) -> Result<Duration, Problem> {
    let (min, max) = (MIN_TIME.as_millis() as u64, MAX_TIME.as_millis() as u64);
    let ms = timeout_ms.unwrap_or(max);
    if (min..=max).contains(&ms) {
        return Ok(Duration::from_millis(ms));
    }
    Err(Problem::new("invalid_value", format!("{ms} is not in {min} to {max}")).at("/timeout_ms"))
}

/// What is told of a query that took too long.
fn too_long(time: Duration, pointer: &str) -> ApiError {
    let ms = time.as_millis() as u64;
    let problem = Problem::new("query_too_long", format!("the query ran for {ms} ms and was stopped"));
    let problem = problem.remedy("read fewer rows or columns, or join by keys");
    ApiError::invalid(vec![problem.at(pointer).param("ms", ms)])
}

/// What is told of a query that has no answer.
pub fn refused(error: QueryError, pointer: &str) -> ApiError {
    let problem = match error {
        QueryError::Sql(problem) => *problem,
        QueryError::Memory => Problem::new("query_too_large", error.to_string()),
        QueryError::Run(_) => Problem::new("invalid_sql", error.to_string()),
    };
    ApiError::invalid(vec![problem.at(pointer)])
}

/// Stops a query that nobody waits for any more.
struct StopOnDrop {
    /// What ends where it waits.
    task: AbortHandle,
    /// What ends where it works.
    query: Stop,
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.query.stop();
        self.task.abort();
    }
}

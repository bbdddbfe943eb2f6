//! What answers users' SQL: threads of its own, so that a long query holds up no other request; memory that all queries share; turns.
//!
//! Rows that are picked by a condition or an order are found here too, within the same bounds.
//!
//! Bounds: a query waits for its turn for [`PATIENCE`], may run for [`MAX_TIME`] and is then dropped between two batches, between two rules of
//! its planning, or within what a first row needs of all the others; sorts, joins and groups of all queries share [`MEMORY_BYTES`] and spill
//! below the data folder; functions make no text beyond a bound. What a batch of an expression holds, and most of what `array_agg` keeps, is not
//! counted by the pool, which is why batches are small and few queries run at a time, and why the process itself is watched: a query during which
//! it has grown by [`MAX_GROWTH`] is stopped. A query is planned by recursion, on threads with the stack for that, and what would come to
//! more than they carry is refused before ([`engine::query`]).

use std::future::{Future, poll_fn};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use engine::problem::Problem;
use engine::query::{QueryError, Stop};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;
use tokio::time::MissedTickBehavior;
use url::Url;

use crate::Failure;
use crate::config::Config;
use crate::error::{ApiError, Code};

/// How long a query may run.
pub const MAX_TIME: Duration = Duration::from_secs(30);

/// The shortest time that may be asked for: a busy machine has hardly begun before.
const MIN_TIME: Duration = Duration::from_secs(1);

/// Memory of all queries together before they spill.
const MEMORY_BYTES: usize = 256 << 20;

/// Bytes that the process may hold more than before a query: what queries may take, twice over, and what a generation beside it takes.
const MAX_GROWTH: usize = 1 << 30;

/// How often the memory of the process is looked at. What fills memory the fastest makes some ten megabytes in that time.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Bytes of files that queries may spill to.
const SPILL_BYTES: u64 = 1 << 30;

/// Queries that run at a time.
const TURNS: usize = 2;

/// How long a query waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// When a query without a turn is worth another try.
const RETRY_S: u64 = 5;

/// The place for users' SQL.
pub struct Sql {
    threads: usize,
    work: PathBuf,
    turns: Arc<Semaphore>,
    patience: Duration,
    growth: usize,
    begun: AtomicU64,
    running: Mutex<Option<(Runtime, Arc<RuntimeEnv>)>>,
}

impl Sql {
    /// With the settings of a server; nothing is started before the first query.
    pub fn new(config: &Config) -> Sql {
        Sql {
            threads: config.generate_threads.max(TURNS),
            work: config.data_dir.join("sql"),
            turns: Arc::new(Semaphore::new(TURNS)),
            patience: PATIENCE,
            growth: MAX_GROWTH,
            begun: AtomicU64::default(),
            running: Mutex::default(),
        }
    }

    /// Removes what queries spilled whose server was killed, or ends. Only before the first query or after the last.
    pub fn remove_leftovers(&self) {
        if let Err(error) = std::fs::remove_dir_all(&self.work)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            log::warn!("{}: {}", self.work.display(), crate::storage::reason(&error));
        }
    }

    /// Runs work on the threads for SQL. A problem with what `pointer` names when it takes longer than `limit`, waiting for a turn aside, which is
    /// not for ever, or more memory than it may. It is stopped when nobody waits for it any more.
    pub async fn run<T: Send + 'static, F: Future<Output = Result<T, ApiError>> + Send + 'static>(
        &self,
        limit: Duration,
        pointer: &str,
        work: impl FnOnce(Arc<RuntimeEnv>, Stop) -> F,
    ) -> Result<T, ApiError> {
        let turn = tokio::time::timeout(self.patience, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.map_err(|_| busy())?.map_err(ApiError::internal)?;
        let begun = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        let begins_alone = self.turns.available_permits() + 1 == TURNS;
        let (threads, environment) = self.started()?;
        let stop = Stop::default();
        let work = work(environment, stop.clone());
        // The turn ends with the work, which may outlive the wait for it by the rows that it weighs at a time.
        let flag = stop.clone();
        let task = threads.spawn(async move {
            let mut work = pin!(work);
            let answer = poll_fn(|context| match flag.watch(|| work.as_mut().poll(context)) {
                Ok(poll) => poll,
                Err(_) => Poll::Ready(Err(ApiError::from(Failure::Cancelled))),
            });
            let answer = answer.await;
            drop(turn);
            answer
        });
        let _stop = StopOnDrop { task: task.abort_handle(), query: stop };
        tokio::select! {
            answer = tokio::time::timeout(limit, task) => match answer {
                Ok(answer) => answer.map_err(|error| ApiError::internal(format!("a query: {error}")))?,
                Err(_) => Err(too_long(limit, pointer)),
            },
            () = grown_by(self.growth) => {
                // Nobody knows which of several it was.
                let is_alone = begins_alone && self.begun.load(Ordering::Relaxed) == begun;
                Err(if is_alone { refused(QueryError::Memory, pointer) } else { too_much_together() })
            }
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
            .thread_stack_size(engine::stack::DEEP)
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

/// Plans a query on this thread for SQL, which is given back only when that is done: others take over what else was to be done there.
pub fn planned<T>(planning: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| Handle::current().block_on(planning))
}

/// Waits until the process holds so many bytes more than now; for ever where the system does not say how many it holds.
async fn grown_by(bytes: usize) {
    let held = || memory_stats::memory_stats().map(|memory| memory.physical_mem);
    let Some(before) = held() else { return std::future::pending().await };
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    while held().is_none_or(|now| now.saturating_sub(before) < bytes) {
        looks.tick().await;
    }
}

/// What is told when others' queries have all the turns.
fn busy() -> ApiError {
    let sentence = format!("{TURNS} other queries are running, as many as run at a time; try again");
    ApiError::new(Code::Unavailable, sentence).retry_after(RETRY_S)
}

/// What is told of queries during which the process took too much memory.
fn too_much_together() -> ApiError {
    let sentence = "the queries that ran at the same time needed more memory than they may have; try again";
    ApiError::new(Code::Unavailable, sentence).retry_after(RETRY_S)
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
pub fn too_long(time: Duration, pointer: &str) -> ApiError {
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

#[cfg(test)]
mod tests {
    use actix_web::ResponseError;
    use actix_web::http::header::RETRY_AFTER;

    use super::*;

    fn place(folder: &tempfile::TempDir) -> Sql {
        Sql {
            threads: 1,
            work: folder.path().join("sql"),
            turns: Arc::new(Semaphore::new(TURNS)),
            patience: Duration::from_millis(20),
            growth: 256 << 20,
            begun: AtomicU64::default(),
            running: Mutex::default(),
        }
    }

    #[actix_web::test]
    async fn who_gets_no_turn_is_told_when_to_come_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let sql = place(&folder);
        let busy = Arc::clone(&sql.turns).acquire_many_owned(TURNS as u32).await.expect("all turns");
        let told = sql.run(MAX_TIME, "/sql", |_, _| async { Ok(()) }).await.expect_err("no turn is left");
        let answer = told.error_response();
        assert_eq!((answer.status().as_u16(), told.code()), (503, Code::Unavailable));
        assert_eq!(answer.headers().get(RETRY_AFTER).expect("a time"), "5");
        drop(busy);
        sql.run(MAX_TIME, "/sql", |_, _| async { Ok(()) }).await.expect("a turn");
    }

    /// Work that fills memory until it is dropped.
    async fn filling() -> Result<(), ApiError> {
        let mut held = Vec::new();
        loop {
            held.push(vec![1_u8; 1 << 20]);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    #[actix_web::test]
    async fn what_the_pool_does_not_count_is_stopped_by_what_the_process_holds() {
        let folder = tempfile::tempdir().expect("a folder");
        let sql = place(&folder);
        let told = sql.run(MAX_TIME, "/sql", |_, _| filling()).await.expect_err("it fills memory");
        let answer = actix_web::body::to_bytes(told.error_response().into_body()).await.unwrap_or_default();
        let answer = String::from_utf8_lossy(&answer);
        assert_eq!(told.code(), Code::InvalidInput, "{answer}");
        assert!(answer.contains("\"query_too_large\"") && answer.contains("\"/sql\""), "{answer}");
        // With two at the same time it may be the other's.
        let (one, two) = futures::join!(
            sql.run(MAX_TIME, "/sql", |_, _| filling()),
            sql.run(MAX_TIME, "/sql", |_, _| async {
                tokio::time::sleep(MAX_TIME).await;
                Ok(())
            })
        );
        for told in [one, two] {
            assert_eq!(told.expect_err("they hold too much together").code(), Code::Unavailable);
        }
    }

    #[actix_web::test]
    async fn planning_leaves_the_threads_to_others_and_has_a_deep_stack() {
        let folder = tempfile::tempdir().expect("a folder");
        let sql = place(&folder);
        let (begun, begins) = tokio::sync::oneshot::channel();
        let (done, ends) = std::sync::mpsc::channel();
        let planning = sql.run(MAX_TIME, "/sql", |_, _| async move {
            let _ = begun.send(());
            // The one thread is taken, until the other query has ended.
            Ok(planned(async { ends.recv_timeout(MAX_TIME).is_ok() }))
        });
        let other = async {
            begins.await.expect("it began");
            let depth = sql.run(MAX_TIME, "/sql", |_, _| async { Ok(deep(40_000)) }).await.expect("an answer");
            done.send(()).expect("somebody waits");
            depth
        };
        let (planned, depth) = futures::join!(planning, other);
        assert!(planned.expect("an answer"), "it waited for a thread");
        assert_eq!(depth, 40_000);
    }

    /// As deep as that, with frames of a kilobyte.
    #[inline(never)]
    fn deep(levels: usize) -> usize {
        let frame = std::hint::black_box([levels; 128]);
        if levels == 0 { 0 } else { deep(frame[levels % 128] - 1) + 1 }
    }
}

//! The server: one folder of data, one database, one process.

mod data_dir;
mod reach;
mod routes;
mod waiting;

use std::fs;
use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{HttpServer, web};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::auth::directory::Directory;
use crate::auth::service::SetupLink;
use crate::auth::throttle::Throttle;
use crate::auth::tokens::Secret;
use crate::backups::schedule::{self, Bell};
use crate::certificates::uploads;
use crate::config::Config;
use crate::datasets::service::MAX_SCHEMA_BYTES;
use crate::db::Db;
use crate::error::{ApiError, Code};
use crate::generations::Progress;
use crate::generations::mending::Mending;
use crate::generations::store::Stage;
use crate::http::middleware::observe;
use crate::http::rows;
use crate::idempotency::Turns;
use crate::jobs::Desk;
use crate::jobs::leases::Renewal;
use crate::llm::LanguageModel;
use crate::metrics::Metrics;
use crate::plan::cache::PlanCache;
use crate::sql::Sql;
use crate::storage::lock::DataLock;
use crate::storage::probe::Probe;
use crate::upkeep::Upkeep;
use crate::users::store as users;
use crate::{backups, exports, generations, jobs, operations, storage};

pub use reach::Reach;
pub use routes::{configure_all, document};

/// Bytes of a JSON body at most: a schema inside of one, its quotes escaped.
pub(crate) const MAX_JSON_BYTES: usize = 2 * MAX_SCHEMA_BYTES;

/// How long requests that are being answered may still take when the server stops, in seconds.
const SHUTDOWN_S: u64 = 5;

/// How long work may take to be parked, from the signal on. What takes longer is cut off, which it survives.
const PARK_S: u64 = 5;

/// Passwords that are hashed at the same time: each takes 19 MB of memory.
const HASHES: usize = 4;

/// Generations that wait for answers of a language model at a time. They wait beside the one whose rows are made, which takes all threads.
const ASKING: usize = 4;

/// Everything that requests share.
pub struct App {
    /// The settings.
    pub config: Config,
    /// Signs tokens.
    pub secret: Secret,
    /// The database.
    pub db: Db,
    /// The link to create the first user with.
    pub setup: SetupLink,
    /// The queue of generations.
    pub generations: Arc<Desk<Progress>>,
    /// The queue of exports.
    pub exports: Arc<Desk<()>>,
    /// Turns for previews, so that a hand that drags a slider cannot take all threads.
    pub previews: Semaphore,
    /// Turns for answers with rows.
    pub answers: rows::Turns,
    /// Turns for proofs of files that somebody sent.
    pub proofs: Arc<Semaphore>,
    /// Held while a backup is made by request.
    pub backing_up: Semaphore,
    /// Answers users' SQL.
    pub sql: Sql,
    /// The language model.
    pub model: LanguageModel,
    /// The plans that were used last.
    pub plans: PlanCache,
    /// Which tables are being made again, because parts of them were lost.
    pub mending: Mending,
    /// Users and API keys that called a moment ago.
    pub directory: Directory,
    /// How often accounts and addresses were tried.
    pub throttle: Throttle,
    /// Turns for the hashing of passwords.
    pub hashing: Semaphore,
    /// Turns for requests with the same idempotency key.
    pub idempotency: Turns,
    /// What is counted.
    pub metrics: Metrics,
    /// Whether the data folder takes writes.
    pub probe: Probe,
    /// When the server was started.
    pub started_at: Timestamp,
    upkeep: Arc<Desk<()>>,
    lock: Mutex<DataLock>,
}

impl App {
    /// Opens the data folder: waits for its lock, reads or makes the secret, restores or checks the database where that is called for, and
    /// brings it up to date.
    pub fn open(config: Config) -> Result<App, String> {
        let lock = data_dir::wait(&config.data_dir, Duration::from_secs(config.lock_wait_s))?;
        App::with_lock(config, lock)
    }

    /// The same with a lock that was taken.
    fn with_lock(config: Config, mut lock: DataLock) -> Result<App, String> {
        let folder = &config.data_dir;
        let secret = match &config.secret_key {
            Some(key) => Secret::new(key.reveal()),
            None => data_dir::kept_secret(folder)?,
        };
        operations::start::prepare(&config, &lock)?;
        lock.begin_work().map_err(|error| format!("DATA_DIR: {error}"))?;
        let (db, migrations) =
            Db::open(folder, config.pool_size, config.busy_timeout_ms, |_| backups::before_migration(&config))?;
        for migration in migrations {
            log::info!("migration {migration} is done");
        }
        let said = |error: ApiError| error.to_string();
        Ok(App {
            secret,
            db,
            setup: SetupLink::new().map_err(said)?,
            generations: Arc::default(),
            exports: Arc::default(),
            previews: Semaphore::new(config.web_threads.max(2)),
            answers: rows::Turns::default(),
            proofs: Arc::new(Semaphore::new(uploads::TURNS)),
            backing_up: Semaphore::new(1),
            sql: Sql::new(&config),
            model: LanguageModel::new(config.model.clone()),
            config,
            plans: PlanCache::default(),
            mending: Mending::default(),
            directory: Directory::default(),
            throttle: Throttle::default(),
            hashing: Semaphore::new(HASHES),
            idempotency: Turns::default(),
            metrics: Metrics::default(),
            probe: Probe::default(),
            started_at: Timestamp::now(),
            upkeep: Arc::default(),
            lock: Mutex::new(lock),
        })
    }

    /// Notes that the server ends in order, so that the next start has nothing to check.
    fn end_work(&self) {
        if let Err(error) = self.db.tidy() {
            log::warn!("the log cannot be moved into the database: {error}");
        }
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).end_work();
    }

    /// Where the server is, with the one-time link while no user exists.
    pub fn reach(&self, port: u16) -> Result<Reach, ApiError> {
        let count = self.db.read_now(|c| Ok::<_, ApiError>(users::count(c)?))?;
        let token = self.setup.token().filter(|_| count == 0);
        Ok(reach::reach(&self.config, port, token.as_deref()))
    }

    /// Puts what a dead server left unfinished back into the queues, and removes files that nothing speaks of any more.
    fn recover(&self) -> Result<(), ApiError> {
        let (generations, exports) = self.db.write_now(|c| {
            Ok::<_, ApiError>((generations::store::requeue_running(c)?, exports::store::requeue_running(c)?))
        })?;
        if generations + exports > 0 {
            log::info!("{generations} generations and {exports} exports go on where they were cut off");
        }
        let lost = exports::worker::make_lost_again(self)?;
        if lost > 0 {
            log::warn!("the files of {lost} exports are not on this disk and are made again");
        }
        generations::worker::remove_orphans(self);
        exports::worker::remove_orphans(self);
        self.sql.remove_leftovers();
        Ok(())
    }

    /// An error unless the disk has room for what is to be made.
    pub fn check_disk(&self) -> Result<(), ApiError> {
        storage::check_free_space(&self.config.data_dir, self.config.min_free_disk_bytes)
            .map_err(|error| ApiError::new(Code::Unavailable, storage::reason(&error.source)))
    }

    /// Stops the workers; what they were doing goes on at the next start.
    pub fn stop_workers(&self) {
        self.generations.stop();
        self.exports.stop();
        self.upkeep.stop();
    }
}

/// Opens the database alone, which may be done beside a server; gives the names of the migrations that were run.
pub fn open_database(config: &Config) -> Result<(Db, Vec<String>), String> {
    let folder = &config.data_dir;
    fs::create_dir_all(folder).map_err(|error| format!("DATA_DIR: {}: {}", folder.display(), reason(&error)))?;
    Db::open(folder, 1, config.busy_timeout_ms, |_| backups::before_migration(config))
}

/// Runs a server until it is told to stop. `on_ready` gets the port and the app once requests are answered.
pub fn serve(config: Config, on_ready: impl FnOnce(&App, u16)) -> Result<(), String> {
    for warning in config.warnings() {
        log::warn!("{warning}");
    }
    let listener = listen(&config)?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    operations::start::try_target(&config)?;
    let Some(lock) = waiting::lock(&config, &listener)? else { return Ok(()) };
    let app = web::Data::new(App::with_lock(config, lock)?);
    app.recover().map_err(|error| error.to_string())?;
    let workers = start_workers(&app).map_err(|error| format!("workers: {}", reason(&error)))?;
    let bell = Bell::default();
    schedule::start(&app.config, &bell).map_err(|error| format!("workers: {}", reason(&error)))?;
    let parking = Parking::prepare(workers).map_err(|error| format!("workers: {}", reason(&error)))?;
    let document = document();
    let done = actix_web::rt::System::new().block_on(async {
        let server = http_server(app.clone(), document, listener).map_err(|error| reason(&error))?;
        // Heard from before anybody knows that there is a server to stop.
        let asked = asked_to_stop();
        on_ready(&app, port);
        let (handle, stopping, begin) = (server.handle(), app.clone(), parking.begin.clone());
        let signals = actix_web::rt::spawn(async move {
            asked.await;
            log::info!("stopping");
            // Work is parked while connections end, not after them.
            stopping.stop_workers();
            let _ = begin.send(Instant::now());
            handle.stop(true).await;
        });
        let done = server.await.map_err(|error| reason(&error));
        signals.abort();
        log::info!("all connections have ended");
        done
    });
    app.stop_workers();
    bell.ring();
    parking.end();
    schedule::make_last(&app.config);
    app.end_work();
    app.sql.remove_leftovers();
    done
}

/// Waits for the workers from the moment on at which the server is asked to stop.
struct Parking {
    begin: mpsc::Sender<Instant>,
    watcher: JoinHandle<()>,
}

impl Parking {
    /// Gets ready to wait for these workers.
    fn prepare(workers: Vec<JoinHandle<()>>) -> io::Result<Parking> {
        let (begin, begun) = mpsc::channel();
        let watch = move || park(workers, begun.recv().unwrap_or_else(|_| Instant::now()));
        let watcher = thread::Builder::new().name("parking".to_owned()).spawn(watch)?;
        Ok(Parking { begin, watcher })
    }

    /// Waits until they have parked what they were doing, or too much time has gone; begins now where nobody has.
    fn end(self) {
        let _ = self.begin.send(Instant::now());
        let _ = self.watcher.join();
    }
}

/// Waits until the workers, who were told to stop at a moment, have parked what they were doing, but not for ever.
fn park(workers: Vec<JoinHandle<()>>, begun: Instant) {
    for worker in workers {
        while !worker.is_finished() {
            if begun.elapsed() > Duration::from_secs(PARK_S) {
                log::warn!("work is cut off; it goes on from its last part at the next start");
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        let _ = worker.join();
    }
    log::info!("work is parked");
}

/// Starts what does the work of the queues.
pub fn start_workers(app: &web::Data<App>) -> io::Result<Vec<JoinHandle<()>>> {
    let (rows, files, kept, leased) = (app.clone(), app.clone(), app.clone(), app.clone());
    let (mut upkeep, mut leases) = (Upkeep::default(), Renewal::default());
    let look_after = move || {
        upkeep.step(&kept);
        false
    };
    let renew = move || {
        leases.step(&leased);
        false
    };
    let make = move || generations::worker::step(&rows, Stage::Rows);
    let mut workers = vec![
        jobs::start("generations", Arc::clone(&app.generations), make)?,
        jobs::start("exports", Arc::clone(&app.exports), move || exports::worker::step(&files))?,
        jobs::start("upkeep", Arc::clone(&app.upkeep), look_after)?,
        jobs::start("leases", Arc::clone(&app.upkeep), renew)?,
    ];
    for _ in 0..ASKING {
        let asking = app.clone();
        let ask = move || generations::worker::step(&asking, Stage::Answers);
        workers.push(jobs::start("answers", Arc::clone(&app.generations), ask)?);
    }
    Ok(workers)
}

/// Waits for Ctrl-C, a request to terminate or a terminal that is closed, which are heard from the call on; for ever where the system lets none
/// be heard.
#[cfg(unix)]
fn asked_to_stop() -> impl Future<Output = ()> {
    use futures::StreamExt;
    use futures::stream::FuturesUnordered;
    use tokio::signal::unix::{Signal, SignalKind, signal};
    let mut kinds = vec![SignalKind::interrupt(), SignalKind::terminate()];
    // A terminal that is closed.
    if !outlives_its_terminal() {
        kinds.push(SignalKind::hangup());
    }
    let signals: Vec<Signal> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
    async move {
        let waits = signals.into_iter().map(|mut signal| Box::pin(async move { signal.recv().await }));
        let mut waits: FuturesUnordered<_> = waits.collect();
        if waits.next().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(not(unix))]
async fn asked_to_stop() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Whether whoever started the process had it ignore that its terminal is closed, as `nohup` does. Known on Linux alone.
#[cfg(unix)]
fn outlives_its_terminal() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // The lowest bit is the first signal, SIGHUP.
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// What answers requests: all routes, and what stands around them.
pub fn application(
    app: web::Data<App>,
    document: web::Data<Value>,
) -> actix_web::App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    actix_web::App::new()
        .app_data(app)
        .app_data(document)
        .wrap(Compress::default())
        .wrap(from_fn(observe))
        .configure(configure_all)
}

fn http_server(app: web::Data<App>, document: Value, listener: TcpListener) -> io::Result<Server> {
    let threads = app.config.web_threads;
    let document = web::Data::new(document);
    let server = HttpServer::new(move || application(app.clone(), document.clone()));
    // A reader of a long stream must not keep the server from stopping for long.
    Ok(server.workers(threads).shutdown_timeout(SHUTDOWN_S).disable_signals().listen(listener)?.run())
}

fn listen(config: &Config) -> Result<TcpListener, String> {
    let host = config.host.trim_matches(['[', ']']);
    TcpListener::bind((host, config.port)).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("PORT: {} is in use already; set PORT to another", config.port)
        }
        _ => format!("HOST, PORT: {}:{}: {}", config.host, config.port, reason(&error)),
    })
}

fn reason(error: &io::Error) -> String {
    crate::storage::reason(error)
}

//! The server: one folder of data, one database, one process.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::dev::Server;
use actix_web::http::header;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{HttpRequest, HttpResponse, HttpServer, ResponseError, get, web};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_swagger_ui::SwaggerUi;

use crate::auth::service::SetupLink;
use crate::auth::tokens::{self, Secret};
use crate::backups::schedule::{self, Bell};
use crate::config::Config;
use crate::datasets::service::{MAX_SCHEMA_BYTES, RESTORE_DAYS};
use crate::db::{self, Db};
use crate::error::{ApiError, Code};
use crate::generations::Progress;
use crate::http::middleware::observe;
use crate::jobs::Desk;
use crate::plan::cache::PlanCache;
use crate::storage::lock::DataLock;
use crate::users::store as users;
use crate::{auth, backups, catalogue, datasets, exports, generations, jobs, openapi, operations, plan};

/// Bytes of a JSON body at most: a schema inside of one, its quotes escaped.
const MAX_JSON_BYTES: usize = 2 * MAX_SCHEMA_BYTES;

/// How long requests that are being answered may still take when the server stops, in seconds.
const SHUTDOWN_S: u64 = 5;

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
    /// The plans that were used last.
    pub plans: PlanCache,
    /// Held while a lost part is made again, so that two readers do not make it at once.
    pub mending: Mutex<()>,
    lock: Mutex<DataLock>,
}

impl App {
    /// Opens the data folder: waits for its lock, reads or makes the secret, restores or checks the database where that is called for, and
    /// brings it up to date.
    pub fn open(config: Config) -> Result<App, String> {
        let folder = &config.data_dir;
        fs::create_dir_all(folder).map_err(|error| format!("DATA_DIR: {}: {}", folder.display(), reason(&error)))?;
        let mut lock = lock(folder, config.lock_wait_s)?;
        let secret = match &config.secret_key {
            Some(key) => Secret::new(key),
            None => kept_secret(folder)?,
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
            config,
            plans: PlanCache::default(),
            mending: Mutex::default(),
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

    /// The address that a browser opens, with the one-time link while no user exists.
    pub fn address(&self, port: u16) -> Result<(String, Option<String>), ApiError> {
        let host = match self.config.host.as_str() {
            "0.0.0.0" | "::" | "[::]" => {
                self.config.allowed_hosts.first().map_or("localhost", String::as_str).to_owned()
            }
            host if host.contains(':') && !host.starts_with('[') => format!("[{host}]"),
            host => host.to_owned(),
        };
        let address = format!("http://{host}:{port}/");
        let count = self.db.read_now(|c| Ok::<_, ApiError>(users::count(c)?))?;
        let link = self.setup.token().filter(|_| count == 0).map(|token| format!("{address}setup#token={token}"));
        Ok((address, link))
    }

    /// Puts what a dead server left unfinished back into the queues, and removes what nothing speaks of any more.
    fn recover(&self) -> Result<(), ApiError> {
        let long_ago = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * RESTORE_DAYS);
        let (generations, exports, gone) = self.db.write_now(|c| {
            let gone = datasets::store::generations_deleted_before(c, &db::spell(long_ago))?;
            datasets::store::remove_deleted_before(c, &db::spell(long_ago))?;
            let requeued = (generations::store::requeue_running(c)?, exports::store::requeue_running(c)?);
            Ok::<_, ApiError>((requeued.0, requeued.1, gone))
        })?;
        if generations + exports > 0 {
            log::info!("{generations} generations and {exports} exports go on where they were cut off");
        }
        let lost = exports::worker::make_lost_again(self)?;
        if lost > 0 {
            log::warn!("the files of {lost} exports are not on this disk and are made again");
        }
        gone.iter().for_each(|id| generations::worker::remove_files(self, id));
        generations::worker::remove_orphans(self);
        Ok(())
    }

    /// Stops the workers; what they were doing goes on at the next start.
    fn stop_workers(&self) {
        self.generations.stop();
        self.exports.stop();
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
    let listener = listen(&config)?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    let app = web::Data::new(App::open(config)?);
    app.recover().map_err(|error| error.to_string())?;
    let workers = start_workers(&app).map_err(|error| format!("workers: {}", reason(&error)))?;
    let bell = Bell::default();
    operations::start::chores(&app, &bell).map_err(|error| format!("workers: {}", reason(&error)))?;
    let document = document();
    let done = actix_web::rt::System::new().block_on(async {
        let server = http_server(app.clone(), document, listener).map_err(|error| reason(&error))?;
        on_ready(&app, port);
        let (handle, stopping) = (server.handle(), app.clone());
        let signals = actix_web::rt::spawn(async move {
            asked_to_stop().await;
            log::info!("stopping");
            stopping.stop_workers();
            handle.stop(true).await;
        });
        let done = server.await.map_err(|error| reason(&error));
        signals.abort();
        done
    });
    app.stop_workers();
    bell.ring();
    for worker in workers {
        let _ = worker.join();
    }
    schedule::make_last(&app.config);
    app.end_work();
    done
}

/// Starts what does the work of the queues.
pub fn start_workers(app: &web::Data<App>) -> io::Result<Vec<std::thread::JoinHandle<()>>> {
    let (rows, files) = (app.clone(), app.clone());
    Ok(vec![
        jobs::start("generations", Arc::clone(&app.generations), move || generations::worker::step(&rows))?,
        jobs::start("exports", Arc::clone(&app.exports), move || exports::worker::step(&files))?,
    ])
}

/// Waits for Ctrl-C or a request to terminate; for ever where the system lets neither be heard.
async fn asked_to_stop() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}

fn http_server(app: web::Data<App>, document: Value, listener: TcpListener) -> io::Result<Server> {
    let threads = app.config.web_threads;
    let document = web::Data::new(document);
    let server = HttpServer::new(move || {
        actix_web::App::new()
            .app_data(app.clone())
            .app_data(document.clone())
            .wrap(Compress::default())
            .wrap(from_fn(observe))
            .configure(configure_all)
    });
    // A reader of a long stream must not keep the server from stopping for long.
    Ok(server.workers(threads).shutdown_timeout(SHUTDOWN_S).disable_signals().listen(listener)?.run())
}

/// All routes, the shared answers to what cannot be read, and the pages beside the API.
pub fn configure_all(config: &mut web::ServiceConfig) {
    config
        .app_data(web::JsonConfig::default().limit(MAX_JSON_BYTES).content_type_required(false).error_handler(
            |error, _| {
                use actix_web::error::JsonPayloadError;
                match error {
                    JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. } => {
                        too_large(MAX_JSON_BYTES).into()
                    }
                    JsonPayloadError::Deserialize(error) if error.is_data() => {
                        ApiError::invalid_at("", plain(&error.to_string())).into()
                    }
                    error => ApiError::new(Code::MalformedRequest, plain(&error.to_string())).into(),
                }
            },
        ))
        .app_data(
            web::QueryConfig::default()
                .error_handler(|error, _| ApiError::new(Code::MalformedRequest, plain(&error.to_string())).into()),
        )
        .app_data(web::PathConfig::default().error_handler(|_, request| {
            let sentence = format!("{} names no thing: ids are UUIDs, versions whole numbers", request.path());
            ApiError::new(Code::NotFound, sentence).into()
        }))
        .service(live)
        .service(ready)
        .service(openapi_json)
        .service(web::redirect("/docs", "/docs/"))
        .service(SwaggerUi::new("/docs/{_:.*}").config(utoipa_swagger_ui::Config::from("/openapi.json")))
        .service(
            web::scope("/api/v1")
                .configure(|config| routes(&mut ServiceConfig::new(config)))
                .default_service(web::to(no_route)),
        )
        .default_service(web::to(elsewhere));
}

/// The resources, in the order in which the document shows them.
fn routes(config: &mut ServiceConfig<'_>) {
    auth::routes::configure(config);
    datasets::routes::configure(config);
    plan::routes::configure(config);
    generations::routes::configure(config);
    exports::routes::configure(config);
    catalogue::routes::configure(config);
}

/// The OpenAPI document of all routes.
pub fn document() -> Value {
    let (_, declared) = actix_web::App::new()
        .into_utoipa_app()
        .openapi(openapi::base())
        .service(utoipa_actix_web::scope("/api/v1").configure(routes))
        .split_for_parts();
    openapi::complete(&declared)
}

/// Whether the process lives.
#[get("/health/live")]
async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

/// Whether requests are answered.
#[get("/health/ready")]
async fn ready(app: web::Data<App>) -> Result<HttpResponse, ApiError> {
    app.db
        .read(|c| Ok(users::count(c)?))
        .await
        .map_err(|_| ApiError::new(Code::Unavailable, "the database does not answer"))?;
    Ok(HttpResponse::Ok().json(json!({"status": "ok"})))
}

/// The document of the API.
#[get("/openapi.json")]
async fn openapi_json(document: web::Data<Value>) -> HttpResponse {
    HttpResponse::Ok().json(document.get_ref())
}

/// What is no route of the API: a known address with another method, or no address at all.
async fn no_route(request: HttpRequest, document: web::Data<Value>) -> HttpResponse {
    let methods = methods_of(&document, request.path());
    if methods.is_empty() {
        return ApiError::not_found("resource", request.path()).error_response();
    }
    let methods = methods.join(", ");
    let sentence = format!("{} is not among the methods of this address: {methods}", request.method());
    let mut answer = ApiError::new(Code::MethodNotAllowed, sentence).error_response();
    if let Ok(value) = header::HeaderValue::from_str(&methods) {
        answer.headers_mut().insert(header::ALLOW, value);
    }
    answer
}

/// The methods that the document knows of an address.
fn methods_of(document: &Value, path: &str) -> Vec<String> {
    let is_like = |template: &str| {
        let (steps, names) = (path.split('/'), template.split('/'));
        steps.clone().count() == names.clone().count()
            && steps.zip(names).all(|(step, name)| step == name || (name.starts_with('{') && !step.is_empty()))
    };
    let known = document["paths"].as_object().into_iter().flatten().filter(|(template, _)| is_like(template));
    let methods = known.flat_map(|(_, operations)| operations.as_object().into_iter().flatten());
    methods.map(|(method, _)| method.to_uppercase()).collect()
}

/// What lies outside of the API: the studio, where it is built in.
async fn elsewhere(request: HttpRequest) -> HttpResponse {
    #[cfg(feature = "studio")]
    if let Some(answer) = crate::studio::answer(&request) {
        return answer;
    }
    if request.path() == "/" {
        return HttpResponse::SeeOther().insert_header((header::LOCATION, "/docs/")).finish();
    }
    ApiError::not_found("page", request.path()).error_response()
}

fn too_large(bytes: usize) -> ApiError {
    ApiError::new(Code::TooLarge, format!("the body is larger than {} MB", bytes >> 20))
}

/// A library's sentence in one line, without its full stop.
fn plain(sentence: &str) -> String {
    sentence.lines().next().unwrap_or_default().trim_end_matches('.').to_owned()
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

/// Takes the lock of the data folder, which another server may hold for a while.
fn lock(folder: &Path, wait_s: u64) -> Result<DataLock, String> {
    let begun = Instant::now();
    let mut has_said = false;
    loop {
        match DataLock::try_take(folder).map_err(|error| format!("DATA_DIR: {error}"))? {
            Some(lock) => return Ok(lock),
            None if begun.elapsed() >= Duration::from_secs(wait_s) => {
                return Err(format!(
                    "DATA_DIR: another server holds {}; stop it, or set DATA_DIR to another folder",
                    folder.display()
                ));
            }
            None => {
                if !has_said {
                    log::warn!("another server holds {}; waiting for it", folder.display());
                    has_said = true;
                }
                std::thread::sleep(Duration::from_millis(200));
            }
        }
    }
}

/// The secret that is kept in the data folder, made where it is missing.
fn kept_secret(folder: &Path) -> Result<Secret, String> {
    let path = folder.join("secret_key");
    let refused = |error: io::Error| format!("SECRET_KEY: {}: {}", path.display(), reason(&error));
    let mut text = String::new();
    match File::open(&path).and_then(|mut file| file.read_to_string(&mut text)) {
        Ok(_) if text.trim().len() >= 32 => return Ok(Secret::new(text.trim())),
        Ok(_) => {
            return Err(format!(
                "SECRET_KEY: {} holds fewer than 32 bytes; delete it or set SECRET_KEY",
                path.display()
            ));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(refused(error)),
    }
    let secret = tokens::random().map_err(|error| error.to_string())?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).map_err(refused)?;
    file.write_all(secret.as_bytes()).and_then(|()| file.sync_all()).map_err(refused)?;
    Ok(Secret::new(&secret))
}

fn reason(error: &io::Error) -> String {
    crate::storage::reason(error)
}

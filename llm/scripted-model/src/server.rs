//! Starts and stops; what was asked.

use std::collections::HashMap;
use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use serde::Serialize;
use serde_json::Value;

use crate::script::Script;
use crate::serve;

/// A request as it came.
#[derive(Clone, Debug, Serialize)]
pub struct Recorded {
    /// Its headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Value,
}

/// What was asked so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Requests, those that went wrong among them.
    pub calls: u64,
    /// Answers that were paid for.
    pub answered: u64,
    /// Tokens of the requests that were answered.
    pub prompt_tokens: u64,
    /// Tokens of the answers.
    pub completion_tokens: u64,
    /// Requests that are being answered.
    pub in_flight: u64,
    /// The most of them at a time.
    pub most_in_flight: u64,
}

/// What requests share.
#[derive(Default)]
pub(crate) struct State {
    pub script: Script,
    pub requests: Vec<Recorded>,
    pub counts: Counts,
    /// Answers so far, by pool.
    pub given: HashMap<String, u64>,
    /// Times a reply was given, by its place.
    pub replied: HashMap<usize, usize>,
}

/// The state, taken by one request at a time.
pub(crate) type Shared = Arc<Mutex<State>>;

/// A poisoned state is as good as any: a test that failed said so already.
pub(crate) fn lock(shared: &Shared) -> MutexGuard<'_, State> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A server that runs until it is dropped.
pub struct Server {
    url: String,
    shared: Shared,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts on a free port of the loopback interface.
    pub fn start(script: Script) -> io::Result<Server> {
        Server::start_at(script, 0)
    }

    /// Starts on `port` of the loopback interface; 0 is a free one.
    pub fn start_at(script: Script, port: u16) -> io::Result<Server> {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let url = format!("http://{}/v1", listener.local_addr()?);
        let shared: Shared = Arc::new(Mutex::new(State { script, ..State::default() }));
        let (send, receive) = mpsc::channel();
        let served = shared.clone();
        let thread = std::thread::Builder::new().name("scripted-model".to_owned()).spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(move || {
                    App::new()
                        .app_data(web::Data::new(served.clone()))
                        .app_data(web::PayloadConfig::new(16 << 20))
                        .configure(serve::configure)
                })
                .workers(1)
                .disable_signals()
                .shutdown_timeout(0)
                .listen(listener);
                match server {
                    Ok(server) => {
                        let running = server.run();
                        let _ = send.send(Ok(running.handle()));
                        let _ = running.await;
                    }
                    Err(error) => drop(send.send(Err(error))),
                }
            });
        })?;
        let handle = receive.recv().map_err(|_| io::Error::other("the server's thread ended"))??;
        Ok(Server { url, shared, handle, thread: Some(thread) })
    }

    /// Its base URL, as `OPENAI_BASE_URL` takes it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What was asked so far.
    pub fn counts(&self) -> Counts {
        lock(&self.shared).counts
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.shared).requests.clone()
    }

    /// Changes what it says from now on.
    pub fn script(&self, change: impl FnOnce(&mut Script)) {
        change(&mut lock(&self.shared).script);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The future does its work when it is made; nobody waits for requests that hang.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

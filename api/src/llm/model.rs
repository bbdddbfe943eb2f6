//! Who asks: one client of a process, on threads of its own, and the keys that requests brought.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use ::llm::budget::Ceiling;
use ::llm::{Client, Config, Failure, Secret};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Questions to the assistant that are answered at a time.
const TURNS: usize = 8;

/// Threads that wait for the model's server.
const THREADS: usize = 2;

/// A language model: its client and its threads are made when it is first asked.
pub struct LanguageModel {
    config: Config,
    client: OnceLock<Result<Client, Failure>>,
    runtime: OnceLock<Result<Runtime, String>>,
    /// Keys that generations were started with, until these end.
    keys: Mutex<HashMap<Uuid, Secret>>,
    /// Turns for questions to the assistant.
    pub turns: Arc<Semaphore>,
}

impl LanguageModel {
    /// A model that nobody has asked yet.
    pub fn new(config: Config) -> LanguageModel {
        LanguageModel {
            config,
            client: OnceLock::new(),
            runtime: OnceLock::new(),
            keys: Mutex::default(),
            turns: Arc::new(Semaphore::new(TURNS)),
        }
    }

    /// Which server and model.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        &self.config.model
    }

    /// A client with a key of somebody's own, or else with that of the settings.
    pub fn client(&self, own: Option<Secret>) -> Result<Client, Failure> {
        let client = self.client.get_or_init(|| Client::new(self.config.clone())).clone()?;
        Ok(if own.is_some() { client.with_key(own) } else { client })
    }

    /// The ceiling of one generation or question: the lower of `LLM_BUDGET_USD` and its own.
    pub fn ceiling(&self, own_usd: Option<f64>) -> Ceiling {
        self.config.ceiling(own_usd)
    }

    /// Whether the settings have a key.
    pub fn has_key(&self) -> bool {
        self.config.key.is_some()
    }

    /// Millionths of a dollar that usage costs; none where the price is not known.
    pub fn cost_microusd(&self, usage: ::llm::Usage) -> Option<u64> {
        self.config.prices.of(self.name()).map(|price| price.cost_microusd(usage))
    }

    fn runtime(&self) -> Result<&Runtime, Failure> {
        let made = self.runtime.get_or_init(|| {
            let builder = &mut Builder::new_multi_thread();
            let runtime = builder.worker_threads(THREADS).thread_name("language-model").enable_all().build();
            runtime.map_err(|error| format!("threads that wait for it: {}", crate::storage::reason(&error)))
        });
        made.as_ref().map_err(|reason| Failure::new(::llm::Code::Unavailable, reason.clone()))
    }

    /// Waits for work on this thread, which may wait.
    pub fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        Ok(self.runtime()?.block_on(work))
    }

    /// Starts work on the model's threads. It goes on where nobody waits for it any longer.
    pub fn start<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<tokio::task::JoinHandle<T>, Failure> {
        Ok(self.runtime()?.spawn(work))
    }

    fn keys(&self) -> MutexGuard<'_, HashMap<Uuid, Secret>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds the key that a generation was started with.
    pub fn hold_key(&self, generation: Uuid, key: Option<Secret>) {
        if let Some(key) = key {
            self.keys().insert(generation, key);
        }
    }

    /// Takes the key that a generation was started with: from now on it is held no longer.
    pub fn take_key(&self, generation: Uuid) -> Option<Secret> {
        self.keys().remove(&generation)
    }
}

impl Drop for LanguageModel {
    fn drop(&mut self) {
        // Threads that answer requests may not wait for others, and an app may go on one of them.
        if let Some(Ok(runtime)) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

//! Where answers are kept: what was paid for once is never asked again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use engine::llm::{Address, Question};
use serde_json::Value;

use crate::config::Config;
use crate::failure::Failure;
use crate::protocol::Usage;

/// Questions that tell how a model answers.
pub const LATELY: usize = 64;

/// That a model had no more answers to a question when it was asked last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dry {
    /// How many were wanted.
    pub wanted: u64,
    /// Where it was asked.
    pub base_url: String,
}

impl Dry {
    /// Notes it of who was asked.
    pub fn new(config: &Config, wanted: u64) -> Dry {
        Dry { wanted, base_url: config.base_url.to_string() }
    }

    /// Whether it is taken to have none still. Another server may know more, and who wants more than anybody wanted before asks again.
    pub fn still(&self, config: &Config, wanted: u64) -> bool {
        // Who cannot ask anybody takes what there is.
        wanted <= self.wanted && (self.base_url == config.base_url.as_str() || config.key.is_none())
    }
}

/// What is kept of a question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    /// Its answers in the order in which they came. They are only ever added to, so that the first thousand stay the first thousand.
    pub answers: Vec<Value>,
    /// Whether the model had no more when it was asked last.
    pub dry: Option<Dry>,
}

/// How much is kept of a question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Answers.
    pub answers: u64,
    /// Whether the model had no more when it was asked last.
    pub dry: Option<Dry>,
}

impl Count {
    /// Whether there are some, and the model is taken to have no more.
    pub fn is_all(&self, config: &Config, wanted: u64) -> bool {
        self.answers > 0 && self.dry.as_ref().is_some_and(|dry| dry.still(config, wanted))
    }
}

/// What answers of one kind took so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// Answers that were kept.
    pub answers: u64,
    /// Calls and tokens, those of answers that were not kept among them.
    pub usage: Usage,
}

/// Leave to ask a question, until it is dropped.
pub type Turn = Box<dyn Send + Sync>;

/// What a call took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Took {
    /// Calls and tokens.
    pub usage: Usage,
    /// What may be billed beside them, in millionths of a dollar.
    pub unanswered_microusd: u64,
}

/// Keeps answers. Each call is whole or not at all.
#[async_trait]
pub trait Store: Send + Sync {
    /// What is kept of an address.
    async fn kept(&self, address: &Address) -> Result<Kept, Failure>;

    /// How much is kept of each address; a store that can say so at once does.
    async fn counts(&self, addresses: &[Address]) -> Result<Vec<Count>, Failure> {
        let mut counts = Vec::with_capacity(addresses.len());
        for address in addresses {
            let kept = self.kept(address).await?;
            counts.push(Count { answers: kept.answers.len() as u64, dry: kept.dry });
        }
        Ok(counts)
    }

    /// Waits until nobody else asks a question, in whatever process; nobody does until what is given is dropped. A store of one process has
    /// nothing to wait for: there, turns are taken before this.
    async fn turn(&self, _: &Address) -> Result<Turn, Failure> {
        Ok(Box::new(()))
    }

    /// Notes what a call that is about to be made is expected to cost, so that it counts where nobody lives to hear the answer. The next
    /// [`Store::add`] takes it back. A store that does not outlive its process has nobody to tell.
    async fn begin(&self, _address: &Address, _model: &str, _expected_microusd: u64) -> Result<(), Failure> {
        Ok(())
    }

    /// Adds answers behind those that are kept, and what they took; there may be none, where a call was paid for in vain. Where there are
    /// some, the model is no longer taken to have none.
    async fn add(
        &self,
        address: &Address,
        question: &Question,
        model: &str,
        answers: &[Value],
        took: Took,
    ) -> Result<(), Failure>;

    /// Notes that the model has no more answers to a question.
    async fn exhaust(&self, address: &Address, dry: Dry) -> Result<(), Failure>;

    /// What the model's answers of this item schema took so far; none where there are none.
    async fn measured(&self, model: &str, item: &Value) -> Result<Option<Measured>, Failure>;

    /// Questions to the model that were answered lately, at most [`LATELY`], and what each took.
    async fn lately(&self, model: &str) -> Result<Vec<(Question, Measured)>, Failure>;
}

#[derive(Debug, Default)]
struct Memory {
    kept: HashMap<Address, Kept>,
    /// Who was asked what, in the order of the first time, and what it took.
    taken: Vec<(String, Question, Measured)>,
}

/// Keeps answers as long as it lives.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Memory>);

impl MemoryStore {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn kept(&self, address: &Address) -> Result<Kept, Failure> {
        Ok(self.memory().kept.get(address).cloned().unwrap_or_default())
    }

    async fn add(
        &self,
        address: &Address,
        question: &Question,
        model: &str,
        answers: &[Value],
        took: Took,
    ) -> Result<(), Failure> {
        let mut memory = self.memory();
        let kept = memory.kept.entry(address.clone()).or_default();
        kept.answers.extend_from_slice(answers);
        kept.dry = kept.dry.take().filter(|_| answers.is_empty());
        let is_same = |(asked, known, _): &(String, Question, Measured)| asked == model && known == question;
        let place = memory.taken.iter().position(is_same).unwrap_or_else(|| {
            memory.taken.push((model.to_owned(), question.clone(), Measured::default()));
            memory.taken.len() - 1
        });
        let measured = &mut memory.taken[place].2;
        measured.answers += answers.len() as u64;
        measured.usage += took.usage;
        Ok(())
    }

    async fn exhaust(&self, address: &Address, dry: Dry) -> Result<(), Failure> {
        self.memory().kept.entry(address.clone()).or_default().dry = Some(dry);
        Ok(())
    }

    async fn measured(&self, model: &str, item: &Value) -> Result<Option<Measured>, Failure> {
        let mut sum = Measured::default();
        for (_, _, measured) in
            self.memory().taken.iter().filter(|(asked, known, _)| asked == model && known.item == *item)
        {
            sum.answers += measured.answers;
            sum.usage += measured.usage;
        }
        Ok((sum.answers > 0).then_some(sum))
    }

    async fn lately(&self, model: &str) -> Result<Vec<(Question, Measured)>, Failure> {
        let memory = self.memory();
        let asked = memory.taken.iter().rev().filter(|(asked, _, measured)| asked == model && measured.answers > 0);
        Ok(asked.take(LATELY).map(|(_, question, measured)| (question.clone(), *measured)).collect())
    }
}

//! What filling pools will take from now on, while they are filled.
//!
//! The first call of a pool tells more of it than was known before, and of all others that ask for the same kind of answer.

use std::sync::{Mutex, MutexGuard, PoisonError};

use engine::llm::Wanted;

use crate::config::Config;
use crate::estimate::{Estimate, PoolEstimate, estimate};
use crate::failure::Failure;
use crate::protocol::Usage;
use crate::store::Store;

/// What is ahead of one pool.
#[derive(Clone, Copy, Debug, Default)]
struct Ahead {
    /// Which of the kinds of answers it wants.
    kind: usize,
    is_begun: bool,
    /// As it was thought at first.
    first: Usage,
    /// As it is thought now.
    left: Usage,
}

/// What is ahead of all pools of a run.
#[derive(Debug, Default)]
pub(crate) struct Outlook(Mutex<Vec<Ahead>>);

impl Outlook {
    /// As it is thought before the first call.
    pub async fn new(config: &Config, store: &dyn Store, wanted: &[Wanted]) -> Result<Outlook, Failure> {
        let Estimate { pools, .. } = estimate(config, store, wanted).await?;
        let mut kinds: Vec<&serde_json::Value> = Vec::new();
        let mut ahead = Vec::with_capacity(wanted.len());
        for (wanted, PoolEstimate { usage: first, .. }) in wanted.iter().zip(pools) {
            let item = &wanted.question.item;
            let kind = kinds.iter().position(|known| *known == item).unwrap_or(kinds.len());
            if kind == kinds.len() {
                kinds.push(item);
            }
            ahead.push(Ahead { kind, is_begun: false, first, left: first });
        }
        Ok(Outlook(Mutex::new(ahead)))
    }

    fn ahead(&self) -> MutexGuard<'_, Vec<Ahead>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call of a pool tells what it still takes, and what it would have been thought to take had that been known at first.
    pub fn correct(&self, index: usize, left: Usage, whole: Usage) {
        let mut ahead = self.ahead();
        let Some(pool) = ahead.get_mut(index) else { return };
        (pool.is_begun, pool.left) = (true, left);
        let Ahead { kind, first, .. } = *pool;
        let scaled = |thought: u64, known: u64, of: u64| match thought {
            0 => of,
            thought => (of as f64 * known as f64 / thought as f64).round() as u64,
        };
        for other in ahead.iter_mut().filter(|other| other.kind == kind && !other.is_begun) {
            other.left = Usage {
                calls: scaled(first.calls, whole.calls, other.first.calls),
                prompt_tokens: scaled(first.prompt_tokens, whole.prompt_tokens, other.first.prompt_tokens),
                completion_tokens: scaled(
                    first.completion_tokens,
                    whole.completion_tokens,
                    other.first.completion_tokens,
                ),
            };
        }
    }

    /// Nothing is ahead of a pool any more.
    pub fn end(&self, index: usize) {
        if let Some(pool) = self.ahead().get_mut(index) {
            (pool.is_begun, pool.left) = (true, Usage::default());
        }
    }

    /// What is ahead of all.
    pub fn left(&self) -> Usage {
        let mut sum = Usage::default();
        self.ahead().iter().for_each(|pool| sum += pool.left);
        sum
    }
}

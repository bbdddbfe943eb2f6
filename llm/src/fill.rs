//! Collects the answers that a dataset needs, before its first row is made.
//!
//! A pool is filled by calls for fifty answers each, one after the other, since each call is told what the ones before brought; pools are
//! filled side by side. What a call brought is kept before the next is made, so that nothing is paid for twice, whatever happens between.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use engine::llm::{Address, Answers, OnError, Question, Wanted};
use futures::StreamExt;
use serde_json::Value;

use crate::Cancel;
use crate::budget::Ceiling;
use crate::client::Client;
use crate::config::Config;
use crate::estimate::{self, Experience, Rates, SPARE};
use crate::failure::{Code, Failure};
use crate::items::{Distinct, Items, capacity};
use crate::outlook::Outlook;
use crate::protocol::Usage;
use crate::questions::{KEY, request};
use crate::store::{Count, Dry, Kept, Store, Took};

/// Answers of a call.
pub const BATCH: u64 = 50;

/// Wrong answers that a call is asked to mend, at most.
const MENDED: usize = 20;

/// Calls in a row without a new answer after which the model is taken to have no more.
const BARREN: u32 = 3;

/// How many of them a call counts for that gave no list at all, though it was asked for once more.
const UNUSABLE: u32 = 2;

/// Calls that a model declines without a new answer between them, after which it is taken to decline again.
const DECLINED: u32 = 2;

/// How far a pool is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// Which of the pools.
    pub index: usize,
    /// Answers that are there.
    pub answers: u64,
    /// Answers that are wanted.
    pub wanted: u64,
    /// What the pool took in this run.
    pub usage: Usage,
    /// Millionths of a dollar that were spent below the ceiling, on all pools.
    pub spent_microusd: u64,
    /// What all pools are thought to take from now on.
    pub left: Usage,
}

/// A pool that was filled.
#[derive(Clone, Debug, PartialEq)]
pub struct Filled {
    /// Where its answers are kept.
    pub address: Address,
    /// The answers: the first that are kept, until as many count as are wanted, or all where the model has no more.
    pub answers: Vec<Value>,
    /// How many of them were there before.
    pub kept: u64,
    /// What came beside them.
    pub tally: Tally,
    /// Millionths of a dollar; none where the price is not known.
    pub cost_microusd: Option<u64>,
    /// Whether the model has no more answers, so that there are fewer than were wanted.
    pub is_exhausted: bool,
}

/// What the calls for a pool came to, also where it was not filled.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// What they took.
    pub usage: Usage,
    /// Answers that were there already, or that repeat the value of a column which never repeats.
    pub duplicates: u64,
    /// Answers that did not satisfy the schema, or that rows cannot hold; each was asked to be mended once.
    pub invalid: u64,
    /// Why, for some of them.
    pub reasons: Vec<String>,
    /// Calls that the model declined.
    pub refusals: u64,
}

/// What became of a pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// The pool, or why it has too few answers.
    pub filled: Result<Filled, Failure>,
    /// Its answers: where it failed and may be done without, those that are there all the same.
    pub answers: Vec<Value>,
    /// Answers that were wanted, as far as the schema allows as many.
    pub wanted: u64,
    /// What its calls came to, also where it failed.
    pub tally: Tally,
    /// Millionths of a dollar; none where the price is not known.
    pub cost_microusd: Option<u64>,
}

/// All pools of a dataset.
#[derive(Clone, Debug)]
pub struct All {
    /// The answers, as the engine takes them, those that are there of pools that failed and may be done without; or why one that has to be there
    /// failed.
    pub answers: Result<Answers, Failure>,
    /// Each pool in its order.
    pub pools: Vec<Done>,
}

/// Who is told how far pools are.
pub type Watcher<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// Fills all pools. Where one that has to be there cannot be filled, no further call is made; those in flight are waited for and kept.
pub async fn fill_all(
    client: &Client,
    store: &dyn Store,
    wanted: &[Wanted],
    ceiling: &Ceiling,
    cancel: &Cancel,
    watcher: Watcher<'_>,
) -> All {
    let stop = Cancel::new();
    let outlook = match Outlook::new(client.config(), store, wanted).await {
        Ok(outlook) => outlook,
        Err(failure) => return All { answers: Err(failure), pools: Vec::new() },
    };
    let work = wanted.iter().enumerate().map(|(index, wanted)| {
        let (stop, outlook) = (&stop, &outlook);
        async move {
            let run = Run { client, store, ceiling, cancel, stop, watcher, outlook, index };
            let mut tally = Tally::default();
            let mut filled = run.pool(wanted, &mut tally).await;
            outlook.end(index);
            if filled.is_err() && (wanted.on_error == OnError::Fail || cancel.is_cancelled()) {
                stop.cancel();
            }
            let target = target(wanted);
            let answers = match &filled {
                Ok(filled) => filled.answers.clone(),
                Err(_) if wanted.on_error == OnError::Fail => Vec::new(),
                // What was paid for is of use, however little it is.
                Err(_) => match run.kept(wanted, &wanted.question.address(client.model()), target).await {
                    Ok((kept, _)) => kept.first(target).to_vec(),
                    Err(failure) => {
                        filled = Err(failure);
                        Vec::new()
                    }
                },
            };
            let cost_microusd = ceiling.cost_microusd(tally.usage);
            (index, Done { filled, answers, wanted: target, tally, cost_microusd })
        }
    });
    let concurrency = client.config().concurrency.max(1);
    let mut done: Vec<(usize, Done)> = futures::stream::iter(work).buffer_unordered(concurrency).collect().await;
    done.sort_by_key(|(index, _)| *index);
    let pools: Vec<Done> = done.into_iter().map(|(_, done)| done).collect();
    All { answers: answers(wanted, &pools, cancel), pools }
}

/// The answers of all pools, or why one that has to be there has none.
fn answers(wanted: &[Wanted], pools: &[Done], cancel: &Cancel) -> Result<Answers, Failure> {
    if cancel.is_cancelled() && pools.iter().any(|done| done.filled.is_err()) {
        return Err(Failure::cancelled());
    }
    let needed = wanted.iter().zip(pools).filter(|(wanted, _)| wanted.on_error == OnError::Fail);
    let failures: Vec<&Failure> = needed.filter_map(|(_, done)| done.filled.as_ref().err()).collect();
    // What was stopped because of another says less than that other.
    if let Some(failure) = failures.iter().find(|failure| failure.code != Code::Cancelled).or(failures.first()) {
        return Err((*failure).clone());
    }
    let mut answers = Answers::default();
    for (wanted, done) in wanted.iter().zip(pools) {
        // One question may be asked by two tables, for pools of two sizes.
        let known = answers.get(&wanted.question).map_or(0, |known| known.len());
        if done.answers.len() > known {
            answers.insert(wanted.question.clone(), done.answers.clone());
        }
    }
    Ok(answers)
}

/// How many answers a pool is to have: no more than its schema allows.
fn target(wanted: &Wanted) -> u64 {
    wanted.answers.min(capacity(&wanted.question.item).unwrap_or(u64::MAX))
}

/// How much is kept of each pool, judged as filling it judges it.
pub async fn counts(config: &Config, store: &dyn Store, wanted: &[Wanted]) -> Result<Vec<Count>, Failure> {
    let addresses: Vec<Address> = wanted.iter().map(|wanted| wanted.question.address(&config.model)).collect();
    let mut counts = store.counts(&addresses).await?;
    let pools = wanted.iter().zip(&addresses).zip(&mut counts);
    for ((wanted, address), count) in
        pools.filter(|((wanted, _), count)| wanted.holds.never_repeats() && count.answers > 0)
    {
        count.answers = kept(wanted, store.kept(address).await?.answers).len();
    }
    Ok(counts)
}

/// What is kept of a pool.
pub fn kept(wanted: &Wanted, answers: Vec<Value>) -> Distinct {
    let mut distinct = Distinct::of(&wanted.holds);
    answers.into_iter().for_each(|answer| distinct.keep(answer));
    distinct
}

/// Fills one pool: what is kept is never asked again, and who wants the same at the same time waits.
pub async fn fill(
    client: &Client,
    store: &dyn Store,
    wanted: &Wanted,
    ceiling: &Ceiling,
    cancel: &Cancel,
    watcher: Watcher<'_>,
) -> Result<Filled, Failure> {
    let outlook = Outlook::new(client.config(), store, std::slice::from_ref(wanted)).await?;
    let run = Run { client, store, ceiling, cancel, stop: cancel, watcher, outlook: &outlook, index: 0 };
    run.pool(wanted, &mut Tally::default()).await
}

/// What the pools of a run share.
#[derive(Clone, Copy)]
struct Run<'a> {
    client: &'a Client,
    store: &'a dyn Store,
    ceiling: &'a Ceiling,
    /// Ends a call in flight.
    cancel: &'a Cancel,
    /// Ends the pool after the call in flight.
    stop: &'a Cancel,
    watcher: Watcher<'a>,
    outlook: &'a Outlook,
    index: usize,
}

/// A pool that is being filled.
struct Pool<'a> {
    question: &'a Question,
    address: Address,
    items: Items,
    distinct: Distinct,
    /// Answers that were there before.
    kept: u64,
    tally: &'a mut Tally,
    /// Wrong answers that the next call is asked to mend.
    to_mend: Vec<(Value, String)>,
    /// What questions to the model took before.
    experience: Experience,
    /// Answers that this run asked for.
    asked: u64,
}

impl Run<'_> {
    async fn pool(&self, wanted: &Wanted, tally: &mut Tally) -> Result<Filled, Failure> {
        let question = &wanted.question;
        let address = question.address(self.client.model());
        let turn = turn(&address);
        let _turn = self.unless_cancelled(async { Ok(turn.lock().await) }).await?;
        let target = target(wanted);
        if target == 0 && wanted.answers > 0 {
            return Err(Failure::new(Code::BadAnswer, "no answer can satisfy the json_schema that is asked for"));
        }
        let (mut distinct, mut is_done) = self.kept(wanted, &address, target).await?;
        // Other processes ask for the same folder.
        let mut elsewhere = None;
        if !is_done {
            elsewhere = Some(self.unless_cancelled(self.store.turn(&address)).await?);
            (distinct, is_done) = self.kept(wanted, &address, target).await?;
        }
        let mut pool = Pool {
            question,
            address,
            items: Items::new(&question.item, &wanted.holds)?,
            kept: distinct.len().min(target),
            distinct,
            tally,
            to_mend: Vec::new(),
            experience: Experience::of(self.store, self.client.model()).await?,
            asked: 0,
        };
        let (mut barren, mut declined) = (0, 0);
        while pool.distinct.len() < target && !is_done {
            if self.stop.is_cancelled() || self.cancel.is_cancelled() {
                return Err(Failure::cancelled());
            }
            let failure = match self.call(&mut pool, target).await? {
                Ok(0) => {
                    barren += 1;
                    Failure::new(Code::BadAnswer, pool.why_none())
                }
                Ok(_) => {
                    (barren, declined) = (0, 0);
                    continue;
                }
                Err(failure) if failure.code == Code::Refused => {
                    barren += 1;
                    declined += 1;
                    failure
                }
                // Who says nothing twice says as little the next time.
                Err(failure) => {
                    let is_silence = failure == Failure::silence(self.client.model());
                    barren += if is_silence { BARREN } else { UNUSABLE };
                    failure
                }
            };
            if barren >= BARREN || declined >= DECLINED {
                if pool.distinct.is_empty() {
                    return Err(failure);
                }
                self.store.exhaust(&pool.address, Dry::new(self.client.config(), target)).await?;
                is_done = true;
            }
        }
        drop(elsewhere);
        self.tell(&pool, target);
        Ok(Filled {
            is_exhausted: pool.distinct.len() < target,
            answers: pool.distinct.first(target).to_vec(),
            kept: pool.kept,
            cost_microusd: self.ceiling.cost_microusd(pool.tally.usage),
            tally: pool.tally.clone(),
            address: pool.address,
        })
    }

    /// The answers that are kept, and whether nobody has to be asked for more.
    async fn kept(&self, wanted: &Wanted, address: &Address, target: u64) -> Result<(Distinct, bool), Failure> {
        let Kept { answers, dry } = self.store.kept(address).await?;
        let distinct = kept(wanted, answers);
        let is_dry = !distinct.is_empty() && dry.is_some_and(|dry| dry.still(self.client.config(), target));
        let is_done = is_dry || distinct.len() >= target;
        Ok((distinct, is_done))
    }

    async fn unless_cancelled<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Failure::cancelled()),
            () = self.stop.cancelled() => Err(Failure::cancelled()),
            done = work => done,
        }
    }

    fn tell(&self, pool: &Pool<'_>, target: u64) {
        (self.watcher)(Progress {
            index: self.index,
            answers: pool.distinct.len().min(target),
            wanted: target,
            usage: pool.tally.usage,
            spent_microusd: self.ceiling.spent_microusd(),
            left: self.outlook.left(),
        });
    }

    /// What calls of the pool take, as far as is known by now.
    async fn rates(&self, pool: &Pool<'_>) -> Result<Rates, Failure> {
        let measured = self.store.measured(self.client.model(), &pool.question.item).await?;
        Ok(Rates::of(pool.question, measured, pool.experience))
    }

    /// Corrects what is ahead by what a call took.
    async fn look_ahead(&self, pool: &mut Pool<'_>, target: u64, before: u64) -> Result<(), Failure> {
        pool.experience = Experience::of(self.store, self.client.model()).await?;
        let mut rates = self.rates(pool).await?;
        // A few calls tell how many answers are of use.
        let fresh = pool.distinct.len().saturating_sub(before);
        rates.spare = 1.0 - (fresh as f64 + BATCH as f64 * (1.0 - SPARE)) / (pool.asked + BATCH) as f64;
        let left =
            estimate::pool(pool.question, pool.distinct.len(), target.saturating_sub(pool.distinct.len()), rates);
        let whole = estimate::pool(pool.question, before, target.saturating_sub(before), rates);
        self.outlook.correct(self.index, left, whole);
        Ok(())
    }

    /// One call: how many new answers it brought, or why it brought none; a failure of the outer kind ends the pool.
    async fn call(&self, pool: &mut Pool<'_>, target: u64) -> Result<Result<u64, Failure>, Failure> {
        let count = count(target - pool.distinct.len());
        let to_mend = std::mem::take(&mut pool.to_mend);
        let each = self.rates(pool).await?.each.tokens;
        let request = request(pool.question, count, pool.distinct.answers(), &to_mend, each);
        pool.asked += count;
        let is_sent = self.client.has_key();
        let expected = self.ceiling.cost_microusd(self.client.expected(&request)).filter(|_| is_sent).unwrap_or(0);
        if expected > 0 {
            self.store.begin(&pool.address, self.client.model(), expected).await?;
        }
        let asked = self.client.ask(&request, self.ceiling, self.cancel, None, |answer| match &answer[KEY] {
            Value::Array(_) => Ok(()),
            _ => Err(format!("it has no list {KEY:?}")),
        });
        let asked = asked.await;
        pool.tally.usage += asked.usage;
        let mut fresh = Vec::new();
        let outcome = asked.answer.map(|mut answer| {
            let answers = match answer[KEY].take() {
                Value::Array(answers) => answers,
                _ => Vec::new(),
            };
            fresh = pool.take(answers);
            fresh.len() as u64
        });
        let took = Took { usage: asked.usage, unanswered_microusd: asked.unanswered_microusd };
        let is_taken = !fresh.is_empty() || took != Took::default();
        if is_taken || expected > 0 {
            let model = self.client.model();
            self.store.add(&pool.address, pool.question, model, &fresh, took).await?;
        }
        if is_taken {
            let before = pool.kept;
            self.look_ahead(pool, target, before).await?;
        }
        self.tell(pool, target);
        match outcome {
            Err(failure) if failure.is_about_all() => Err(failure),
            Err(failure) => {
                pool.tally.refusals += u64::from(failure.code == Code::Refused);
                Ok(Err(failure))
            }
            Ok(fresh) => Ok(Ok(fresh)),
        }
    }
}

impl Pool<'_> {
    /// Takes the right answers that are new; the wrong ones are counted, and some of them mended by the next call.
    fn take(&mut self, answers: Vec<Value>) -> Vec<Value> {
        let mut fresh = Vec::new();
        // More than was asked for by far is a model that runs on.
        for answer in answers.into_iter().take(4 * BATCH as usize) {
            match self.items.accept(answer.clone()) {
                Ok(answer) if self.distinct.add(answer.clone()) => fresh.push(answer),
                Ok(_) => self.tally.duplicates += 1,
                Err(reason) => {
                    self.tally.invalid += 1;
                    if self.tally.reasons.len() < 3 && !self.tally.reasons.contains(&reason) {
                        self.tally.reasons.push(reason.clone());
                    }
                    if self.to_mend.len() < MENDED {
                        self.to_mend.push((answer, reason));
                    }
                }
            }
        }
        fresh
    }

    fn why_none(&self) -> String {
        match self.tally.reasons.first() {
            Some(reason) => format!("none of the model's {} answers is right: {reason}", self.tally.invalid),
            None => "the model gives no answers".to_owned(),
        }
    }
}

/// How many answers a call asks for where so many are missing: some more, since some will be repeated.
pub(crate) fn count(missing: u64) -> u64 {
    missing.saturating_add(missing / 16).saturating_add(u64::from(missing > 1)).min(BATCH)
}

/// Who asks a question at a time: one. Jobs of a process that want the same answers pay for them once.
static TURNS: LazyLock<Mutex<HashMap<Address, Weak<tokio::sync::Mutex<()>>>>> = LazyLock::new(Mutex::default);

fn turn(address: &Address) -> Arc<tokio::sync::Mutex<()>> {
    let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(turn) = turns.get(address).and_then(Weak::upgrade) {
        return turn;
    }
    if turns.len() > 1024 {
        turns.retain(|_, turn| turn.strong_count() > 0);
    }
    let turn = Arc::default();
    turns.insert(address.clone(), Arc::downgrade(&turn));
    turn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_asks_for_a_little_more_than_is_missing() {
        for (missing, asked) in [(1, 1), (2, 3), (16, 18), (47, 50), (u64::MAX, BATCH)] {
            assert_eq!(count(missing), asked);
        }
    }
}

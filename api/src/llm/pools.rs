//! The pools of a plan: what is kept of them, what the rest costs, and filling them.

use std::sync::{Arc, Mutex, PoisonError};

use ::llm::estimate::{Estimate, estimate, estimate_alike};
use ::llm::fill::{Done, counts, fill_all};
use ::llm::items::capacity;
use ::llm::store::{Count, MemoryStore, Store};
use ::llm::{Cancel, Code, Config, Failure, Secret, Usage};
use engine::llm::{Address, Answers, Wanted};
use engine::plan::{Estimate as PoolCost, Look, Plan, PoolState, Report};
use engine::problem::Problem;
use serde_json::json;
use uuid::Uuid;

use super::answers::{self, Account, Keeper, question_row, whole};
use super::model::LanguageModel;
use super::store::{self, PoolRow};
use crate::Cancellation;
use crate::db::Db;
use crate::error::ApiError;

/// Millionths of a dollar in one.
pub const MICRO: f64 = 1e6;

/// How far the pools of a plan are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Answers that are there.
    pub done: u64,
    /// Answers that are wanted.
    pub wanted: u64,
    /// What this run took.
    pub usage: Usage,
    /// Millionths of a dollar that were spent, also by runs before; none where the price is not known.
    pub spent_microusd: Option<u64>,
    /// Millionths of a dollar that it comes to in the end, as far as the calls so far tell; none where the price is not known.
    pub expected_microusd: Option<u64>,
}

/// What filling the pools of a plan came to.
pub struct Filled {
    /// Each pool in its order, without its generation.
    pub pools: Vec<PoolRow>,
    /// How many answers each was to have.
    pub wanted: Vec<u64>,
    /// What it took.
    pub usage: Usage,
    /// Millionths of a dollar; none where the price is not known.
    pub cost_microusd: Option<u64>,
}

/// Who fills pools.
pub struct Filling<'a> {
    /// The model.
    pub model: &'a LanguageModel,
    /// Where answers are kept.
    pub db: &'a Db,
    /// A key of its own.
    pub key: Option<Secret>,
    /// What it may cost, beside `LLM_BUDGET_USD`.
    pub ceiling_usd: Option<f64>,
    /// The generation that asks, and what it spent before.
    pub generation: Option<(Uuid, u64)>,
}

impl Filling<'_> {
    /// Fills all pools, or says why one that has to be there cannot be filled. What was paid for is kept either way, and recorded.
    pub fn fill(
        &self,
        wanted: &[Wanted],
        cancellation: &Cancellation,
        watch: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Filled, Failure> {
        let (generation, before) = self.generation.unzip();
        let client = self.model.client(self.key.clone())?;
        // What was sent and not answered may be billed too, by runs before as by this one.
        let unanswered = match generation {
            Some(id) => self.db.read_now(|c| Ok::<_, ApiError>(store::sums_of(c, id)?.unanswered_microusd)),
            None => Ok(0),
        };
        let unanswered = unanswered.map_err(|error| Failure::store(&error))?;
        let before = before.unwrap_or_default().saturating_add(u64::try_from(unanswered).unwrap_or_default());
        let ceiling = client.ceiling(self.ceiling_usd).with_spent(before);
        let account = Account::new(generation, client.model(), client.price(), wanted);
        let keeper = Keeper::charging(self.db, account);
        let cancel = Cancel::new();
        // What is known of each pool, so that the sums are those of all.
        let known = Mutex::new(vec![(0_u64, 0_u64, Usage::default()); wanted.len()]);
        let tell = |told: ::llm::fill::Progress| {
            let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
            known[told.index] = (told.answers, told.wanted, told.usage);
            let mut sum = Progress::default();
            for ((answers, of, usage), wanted) in known.iter().zip(wanted) {
                sum.done += answers;
                sum.wanted += if *of > 0 { *of } else { wanted.answers };
                sum.usage += *usage;
            }
            sum.spent_microusd = client.price().map(|_| told.spent_microusd);
            sum.expected_microusd = client.price().map(|price| told.spent_microusd + price.cost_microusd(told.left));
            watch(sum);
        };
        let all = self.model.wait(async {
            tokio::select! {
                biased;
                all = fill_all(&client, &keeper, wanted, &ceiling, &cancel, &tell) => all,
                never = answers::follow(cancellation, &cancel) => match never {},
            }
        })?;
        let mut usage = Usage::default();
        all.pools.iter().for_each(|done| usage += done.tally.usage);
        let pools = wanted.iter().zip(&all.pools).enumerate();
        let pools: Vec<PoolRow> =
            pools.map(|(place, (wanted, done))| pool_row(place, wanted, done, client.model())).collect();
        if let Err(failure) = all.answers {
            // What its pools came to says why it failed; one that goes on later tells it then.
            if let Some(id) = generation.filter(|_| !matches!(failure.code, Code::KeyMissing | Code::Cancelled)) {
                let recorded = self.db.write_now(|c| record(c, &id.to_string(), wanted, &pools, client.model()));
                recorded.map_err(|error| Failure::store(&error))?;
            }
            return Err(failure);
        }
        let wanted = all.pools.iter().map(|done| done.wanted).collect();
        Ok(Filled { pools, wanted, usage, cost_microusd: ceiling.cost_microusd(usage) })
    }
}

fn pool_row(place: usize, wanted: &Wanted, done: &Done, model: &str) -> PoolRow {
    let filled = done.filled.as_ref().ok();
    PoolRow {
        generation_id: String::new(),
        place: place as i64,
        address: wanted.question.address(model).0,
        table_name: wanted.table.clone(),
        column_names: json!(wanted.columns).to_string(),
        answers: done.answers.len() as i64,
        duplicates: whole(done.tally.duplicates),
        invalid: whole(done.tally.invalid),
        refusals: whole(done.tally.refusals),
        is_exhausted: filled.is_some_and(|filled| filled.is_exhausted).into(),
        failure: done.filled.as_ref().err().map(ToString::to_string),
    }
}

/// Records the pools of a generation.
pub fn record(
    c: &mut diesel::SqliteConnection,
    generation: &str,
    wanted: &[Wanted],
    pools: &[PoolRow],
    model: &str,
) -> Result<(), ApiError> {
    for (wanted, pool) in wanted.iter().zip(pools) {
        // A question that was never answered is not there yet.
        store::ask(c, &question_row(&Address(pool.address.clone()), &wanted.question, model))?;
    }
    let own = |pool: &PoolRow| PoolRow { generation_id: generation.to_owned(), ..pool.clone() };
    Ok(store::put_pools(c, generation, &pools.iter().map(own).collect::<Vec<_>>())?)
}

/// The answers that pools are made of.
pub fn answers_of(c: &mut diesel::SqliteConnection, pools: &[PoolRow]) -> Result<Arc<Answers>, ApiError> {
    let pins = pools.iter().map(|pool| (pool.address.as_str(), u64::try_from(pool.answers).unwrap_or_default()));
    let mut found = answers::pinned(c, pins)?;
    // That a model was asked and gave nothing is worth knowing, too.
    for pool in pools.iter().filter(|pool| pool.answers == 0 && pool.refusals + pool.invalid + pool.duplicates > 0) {
        if let Some(question) = answers::asked(c, &pool.address)? {
            found.insert(question, Vec::new());
        }
    }
    Ok(Arc::new(found))
}

/// Which kept answers are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All that are there.
    Any,
    /// Those of questions that nobody has to be asked any more: others may still get answers that change what rows can be.
    Whole,
}

/// What is kept of the answers that a look at a plan asks for; nothing where nothing is.
pub fn kept(model: &LanguageModel, db: &Db, plan: &Plan, part: Part) -> Result<Option<Arc<Answers>>, ApiError> {
    if !plan.asks() {
        return Ok(None);
    }
    let looks = plan.look();
    let wanted: Vec<&Wanted> = looks.iter().flat_map(|look| &look.wanted).collect();
    let addresses: Vec<Address> = wanted.iter().map(|wanted| wanted.question.address(model.name())).collect();
    db.read_now(|c| {
        let mut pins = Vec::with_capacity(wanted.len());
        let counts = answers::counts(c, &addresses)?;
        for ((wanted, address), mut count) in wanted.iter().zip(&addresses).zip(counts) {
            let mut first = count.answers.min(wanted.answers);
            if wanted.holds.never_repeats() && first > 0 {
                let kept = ::llm::fill::kept(wanted, answers::of(c, address)?);
                (count.answers, first) = (kept.len(), kept.first(wanted.answers).len() as u64);
            }
            if part == Part::Any || suffices(model.config(), wanted, &count) {
                pins.push((address.0.as_str(), first));
            }
        }
        let found = answers::pinned(c, pins)?;
        Ok((!found.is_empty()).then(|| Arc::new(found)))
    })
}

/// What a plan's report says with what is kept and what the rest costs. Without a database nothing is kept.
pub fn described(model: &LanguageModel, db: Option<&Db>, plan: &Plan) -> Result<Report, Failure> {
    let mut report = plan.measured();
    if !plan.asks() {
        return Ok(report);
    }
    let looks = plan.look();
    let keeper = db.map(Keeper::new);
    let nothing = MemoryStore::default();
    let store: &dyn Store = keeper.as_ref().map_or(&nothing, |keeper| keeper);
    let mut held = Vec::with_capacity(looks.len());
    let mut costs = Vec::with_capacity(looks.len());
    model.wait(async {
        for (look, pool) in looks.iter().zip(&report.llm) {
            let counts = counts(model.config(), store, &look.wanted).await?;
            held.push(held_of(model.config(), look, &counts));
            let whole = pool.combinations.filter(|_| !look.is_complete);
            let cost = match (whole, look.wanted.first()) {
                (Some(combinations), Some(first)) => {
                    estimate_alike(model.config(), store, &first.question, combinations, pool.pool).await?
                }
                _ => estimate(model.config(), store, &look.wanted).await?,
            };
            costs.push((look.is_complete || pool.combinations.is_some()).then_some(cost));
        }
        Ok::<_, Failure>(())
    })??;
    report.hold(|index| held.get(index).copied());
    let mut costs = costs.into_iter();
    report.estimate(|_| costs.next().flatten().map(|cost| cost_of(&cost)));
    if !model.has_key() && report.llm.iter().any(|pool| pool.state == PoolState::Waiting) {
        report.warnings.extend(plan.unanswered().map(Problem::warning));
    }
    Ok(report)
}

/// How many answers a pool has, and whether these are all that it needs.
fn held_of(config: &Config, look: &Look, counts: &[Count]) -> (u64, bool) {
    let held = look.wanted.iter().zip(counts).map(|(wanted, count)| count.answers.min(wanted.answers)).sum();
    let suffices = |(wanted, count): (&Wanted, &Count)| suffices(config, wanted, count);
    (held, look.is_complete && look.wanted.iter().zip(counts).all(suffices))
}

/// Whether nobody has to be asked for more answers.
fn suffices(config: &Config, wanted: &Wanted, count: &Count) -> bool {
    let target = wanted.answers.min(capacity(&wanted.question.item).unwrap_or(u64::MAX));
    count.answers >= target || count.is_all(config, target)
}

fn cost_of(estimate: &Estimate) -> PoolCost {
    PoolCost {
        calls: estimate.usage.calls,
        prompt_tokens: estimate.usage.prompt_tokens,
        completion_tokens: estimate.usage.completion_tokens,
        cost_usd: estimate.cost_microusd.map(|cost| cost as f64 / MICRO),
    }
}

/// What filling all of these takes.
pub fn estimated(model: &LanguageModel, db: &Db, wanted: &[Wanted]) -> Result<Estimate, Failure> {
    let keeper = Keeper::new(db);
    model.wait(estimate(model.config(), &keeper, wanted))?
}

/// Whether a failure is that of a missing key, so that work can wait for one.
pub fn is_missing_key(failure: &Failure) -> bool {
    failure.code == Code::KeyMissing
}

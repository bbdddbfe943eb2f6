//! What filling pools will cost, said before it is done.
//!
//! Before the first call nobody knows how long answers will be: their JSON Schema and the words that ask for them let one guess
//! ([`crate::size`]). What other questions took corrects the guess, carefully, since it says how this model counts tokens and how much it
//! writes; what this kind of answer took takes its place.

use std::collections::HashMap;

use engine::llm::{Address, Question, Wanted};
use serde_json::Value;

use crate::config::Config;
use crate::failure::Failure;
use crate::fill::{self, BATCH};
use crate::items::capacity;
use crate::protocol::{self, Shape, Usage};
use crate::size::{self, Size};
use crate::store::{Measured, Store};
use crate::{questions, tokens};

/// The share of answers that are likely to be repeated, or wrong.
pub(crate) const SPARE: f64 = 0.05;

/// How far what other questions took may move an estimate.
const FURTHEST: f64 = 2.0;

/// What a pool will take.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolEstimate {
    /// Which of the pools that were asked about.
    pub index: usize,
    /// Answers that are wanted.
    pub wanted: u64,
    /// Answers that are there.
    pub kept: u64,
    /// What the rest will take.
    pub usage: Usage,
    /// Millionths of a dollar; none where the price is not known.
    pub cost_microusd: Option<u64>,
    /// Whether answers of this kind were measured before.
    pub is_measured: bool,
}

/// What all pools will take.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estimate {
    /// Each pool, in their order.
    pub pools: Vec<PoolEstimate>,
    /// Their sum.
    pub usage: Usage,
    /// Millionths of a dollar; none where the price is not known.
    pub cost_microusd: Option<u64>,
}

/// Estimates what filling pools will take. Nothing is sent, so it needs no key.
pub async fn estimate(config: &Config, store: &dyn Store, wanted: &[Wanted]) -> Result<Estimate, Failure> {
    let price = config.prices.of(&config.model);
    let mut all = Estimate { cost_microusd: price.map(|_| 0), ..Estimate::default() };
    if wanted.is_empty() {
        return Ok(all);
    }
    let experience = Experience::of(store, &config.model).await?;
    let addresses: Vec<Address> = wanted.iter().map(|wanted| wanted.question.address(&config.model)).collect();
    let counts = fill::counts(config, store, wanted).await?;
    // Answers that an earlier pool of the list will bring, and what was measured by schema.
    let mut coming: HashMap<&Address, u64> = HashMap::new();
    let mut measures: HashMap<&Value, Option<Measured>> = HashMap::new();
    for (index, ((wanted, address), count)) in wanted.iter().zip(&addresses).zip(counts).enumerate() {
        let item = &wanted.question.item;
        let have = coming.get(address).copied().unwrap_or(0).max(count.answers);
        let target = wanted.answers.min(capacity(item).unwrap_or(u64::MAX));
        let rest = match count.is_all(config, target) {
            true => 0,
            false => target.saturating_sub(have),
        };
        let measured = match measures.get(item) {
            Some(measured) => *measured,
            None => *measures.entry(item).or_insert(store.measured(&config.model, item).await?),
        };
        let usage = pool(&wanted.question, have, rest, Rates::of(&wanted.question, measured, experience));
        coming.insert(address, have + rest);
        let cost = price.map(|price| price.cost_microusd(usage));
        all.usage += usage;
        all.cost_microusd = all.cost_microusd.zip(cost).map(|(sum, cost)| sum + cost);
        all.pools.push(PoolEstimate {
            index,
            wanted: target,
            kept: have.min(target),
            usage,
            cost_microusd: cost,
            is_measured: measured.is_some(),
        });
    }
    Ok(all)
}

/// Estimates what so many pools will take whose questions are like `question`, as though nothing of them were kept: for a plan that knows
/// how many there will be before it knows what they ask.
pub async fn estimate_alike(
    config: &Config,
    store: &dyn Store,
    question: &Question,
    pools: u64,
    answers: u64,
) -> Result<Estimate, Failure> {
    let experience = Experience::of(store, &config.model).await?;
    let measured = store.measured(&config.model, &question.item).await?;
    let wanted = answers.min(capacity(&question.item).unwrap_or(u64::MAX));
    let one = pool(question, 0, wanted, Rates::of(question, measured, experience));
    let usage = Usage {
        calls: one.calls.saturating_mul(pools),
        prompt_tokens: one.prompt_tokens.saturating_mul(pools),
        completion_tokens: one.completion_tokens.saturating_mul(pools),
    };
    let cost_microusd = config.prices.of(&config.model).map(|price| price.cost_microusd(usage));
    let is_measured = measured.is_some();
    let wanted = wanted.saturating_mul(pools);
    Ok(Estimate {
        pools: vec![PoolEstimate { index: 0, wanted, kept: 0, usage, cost_microusd, is_measured }],
        usage,
        cost_microusd,
    })
}

/// By how much a model takes more or less than is thought, as its latest questions tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Experience {
    /// Of answers whose length was guessed.
    answers: f64,
    /// Of what is sent: its vocabulary is another, and its server adds words.
    prompts: f64,
    /// The share of its answers that are repeated, or wrong.
    spare: f64,
}

/// Calls of a question before they tell how many of its answers are of no use.
const TELLING: u64 = 4;

/// The largest share of answers of no use that other questions let one expect.
const MOST_SPARE: f64 = 0.6;

impl Experience {
    /// What the latest questions to a model tell.
    pub async fn of(store: &dyn Store, model: &str) -> Result<Experience, Failure> {
        Ok(Experience::new(&store.lately(model).await?))
    }

    fn new(lately: &[(Question, Measured)]) -> Experience {
        let (mut answers, mut prompts) = (Mean::default(), Mean::default());
        // Combinations of one prompt tell the same, again and again.
        let mut by_item: HashMap<&Value, Mean> = HashMap::new();
        let (mut spares, mut weight) = (SPARE, 1.0);
        for (question, measured) in lately {
            if let Some(spare) = spare_of(question, *measured) {
                let calls = measured.usage.calls.min(20) as f64;
                (spares, weight) = (spares + spare * calls, weight + calls);
            }
            // What is repeated was written all the same.
            let spare = spare_of(question, *measured).unwrap_or(SPARE);
            let (guess, took) = (size::likely(&question.prompt, &question.item), measured_each(*measured, spare));
            if guess.is_guess {
                let weight = (measured.answers as f64 / BATCH as f64).min(1.0);
                by_item.entry(&question.item).or_default().add(took / guess.tokens, weight);
            }
            let rates = Rates { each: guess.with_tokens(took), prompts: 1.0, spare };
            let thought = pool(question, 0, measured.answers, rates);
            let of_call = |usage: Usage| usage.prompt_tokens as f64 / usage.calls.max(1) as f64;
            prompts.add(of_call(measured.usage) / of_call(thought), measured.usage.calls as f64);
        }
        for mean in by_item.values() {
            answers.add(mean.shrunk(0.0), mean.weight.min(1.0));
        }
        // How long other things are says less of this one than how tokens are counted.
        let spare = (spares / weight).min(MOST_SPARE);
        Experience { answers: answers.shrunk(2.0), prompts: prompts.shrunk(1.0), spare }
    }
}

/// The share of a question's answers that were of no use, from how many calls they took: some more than were thought, or fewer.
fn spare_of(question: &Question, measured: Measured) -> Option<f64> {
    let calls = measured.usage.calls;
    if calls < TELLING {
        return None;
    }
    let guess = size::likely(&question.prompt, &question.item);
    let thought = |spare: f64| pool(question, 0, measured.answers, Rates { each: guess, prompts: 1.0, spare }).calls;
    // A call more or less is how the last one falls.
    if thought(SPARE).abs_diff(calls) <= 1 {
        return Some(SPARE);
    }
    (0..20).map(|step| f64::from(step) * 0.05).find(|spare| thought(*spare) >= calls).or(Some(MOST_SPARE))
}

/// A mean of ratios.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    logarithms: f64,
    weight: f64,
}

impl Mean {
    fn add(&mut self, ratio: f64, weight: f64) {
        if ratio.is_finite() && ratio > 0.0 {
            self.logarithms += weight * ratio.ln();
            self.weight += weight;
        }
    }

    /// The mean as though so many had been 1 beside those that were seen.
    fn shrunk(self, others: f64) -> f64 {
        let all = self.weight + others;
        if all > 0.0 { (self.logarithms / all).exp().clamp(1.0 / FURTHEST, FURTHEST) } else { 1.0 }
    }
}

/// What calls take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rates {
    /// One answer.
    pub each: Size,
    /// By how much what is sent takes more than is thought.
    pub prompts: f64,
    /// The share of answers that are of no use.
    pub spare: f64,
}

impl Rates {
    /// What the calls for a question take: as measured, else as is likely.
    pub fn of(question: &Question, measured: Option<Measured>, experience: Experience) -> Rates {
        let guess = size::likely(&question.prompt, &question.item);
        // Answers that were loaded from elsewhere took nothing here.
        let tokens = match measured.filter(|measured| measured.usage.completion_tokens > 0) {
            Some(measured) => measured_each(measured, experience.spare),
            None if guess.is_guess => guess.tokens * experience.answers,
            None => guess.tokens,
        };
        Rates { each: guess.with_tokens(tokens), prompts: experience.prompts, spare: experience.spare }
    }
}

/// The tokens of one answer: what was measured holds those of no use too, which come once more.
fn measured_each(measured: Measured, spare: f64) -> f64 {
    measured.usage.completion_tokens as f64 / measured.answers.max(1) as f64 * (1.0 - spare)
}

/// What the calls of a pool take, as [`fill::fill`] will make them.
pub(crate) fn pool(question: &Question, mut have: u64, mut rest: u64, rates: Rates) -> Usage {
    if rest == 0 {
        return Usage::default();
    }
    let fresh = 1.0 - rates.spare;
    let (mut calls, mut prompts, mut answers) = (0, 0.0, 0.0);
    let messages = questions::messages(question, BATCH, &[], &[]);
    let sent = protocol::sent(&messages, questions::KEY, &questions::schema(&question.item), Shape::Structured);
    let base = protocol::estimated(&sent) as f64;
    // So many answers are shown from some call on, and every call takes the same.
    let most = (questions::SHOWN_CHARACTERS as f64 / (rates.each.characters + 1.0)).min(questions::SHOWN as f64);
    let known = |have: u64| match have {
        0 => 0.0,
        have => tokens::estimate(questions::KNOWN) as f64 + 2.0 + (have as f64).min(most) * rates.each.tokens,
    };
    while rest > 0 {
        if have >= questions::SHOWN as u64 && rest > 10 * BATCH {
            // Whole pools of millions are counted at once.
            let new = ((BATCH as f64 * fresh).round() as u64).max(1);
            let more = (rest - 5 * BATCH) / new;
            calls += more;
            prompts += more as f64 * (base + known(have));
            answers += (more * BATCH) as f64;
            have += more * new;
            rest -= more * new;
            continue;
        }
        let count = fill::count(rest);
        let new = ((count as f64 * fresh).round() as u64).clamp(1, rest);
        calls += 1;
        prompts += base + known(have);
        answers += count as f64;
        have += new;
        rest -= new;
    }
    // `{"answers":["` and `"]}`.
    let completion = answers * rates.each.tokens + 4.0 * calls as f64;
    let prompt_tokens = (prompts * rates.prompts).round() as u64;
    Usage { calls, prompt_tokens, completion_tokens: completion.ceil() as u64 }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NONE: Experience = Experience { answers: 1.0, prompts: 1.0, spare: SPARE };

    fn question(prompt: &str) -> Question {
        Question { prompt: prompt.to_owned(), item: json!({"type": "string"}), temperature: None }
    }

    fn measured(answers: u64, prompt_tokens: u64, completion_tokens: u64) -> Measured {
        Measured { answers, usage: Usage { calls: answers.div_ceil(BATCH), prompt_tokens, completion_tokens } }
    }

    #[test]
    fn what_was_measured_takes_the_place_of_a_guess() {
        let rates = Rates::of(&question("x"), Some(measured(100, 0, 2000)), NONE);
        assert_eq!(rates.each.tokens, 19.0);
    }

    #[test]
    fn other_questions_move_a_guess_some_way_and_their_prompts_most_of_it() {
        let motto = size::likely("A motto", &json!({"type": "string"})).tokens;
        let told = |times: f64, count: usize| -> Vec<(Question, Measured)> {
            let of = |n: usize| {
                let item = json!({"type": "string", "title": n.to_string()});
                let question = Question { item, ..question("A motto") };
                let took = (motto * times * 100.0) as u64;
                let calls = pool(&question, 0, 95, Rates::of(&question, Some(measured(95, 0, took)), NONE));
                (question, measured(95, (calls.prompt_tokens as f64 * 1.3) as u64, took))
            };
            (0..count).map(of).collect()
        };
        let (one, many) = (Experience::new(&told(1.5, 1)), Experience::new(&told(1.5, 20)));
        assert!(one.answers > 1.1 && one.answers < many.answers && many.answers < 1.5, "{one:?} {many:?}");
        assert!(one.prompts > 1.15 && many.prompts > 1.25 && many.prompts < 1.4, "{one:?} {many:?}");
        let far = Experience::new(&told(50.0, 20)).answers;
        assert!(far > many.answers && far < FURTHEST, "{far}");
        assert_eq!(Experience::new(&[]), NONE);
        let values = Question { item: json!({"enum": ["a", "b"]}), ..question("x") };
        assert_eq!(Rates::of(&values, None, many).each, Rates::of(&values, None, NONE).each, "nothing is guessed");
    }

    #[test]
    fn a_pool_of_a_million_is_estimated_at_once() {
        let question = question("x");
        let usage = pool(&question, 0, 1_000_000, Rates::of(&question, None, NONE));
        assert!((20_000..23_000).contains(&usage.calls), "{usage:?}");
        let hopeless = Rates { spare: 1.0, ..Rates::of(&question, None, NONE) };
        assert!(pool(&question, 0, 1_000_000, hopeless).calls > 900_000);
    }
}

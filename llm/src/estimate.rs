//! What filling pools will cost, said before it is done.

use std::collections::HashMap;

use engine::llm::{Address, Question, Wanted};
use serde_json::Value;

use crate::config::Config;
use crate::failure::Failure;
use crate::fill::{self, BATCH};
use crate::items::capacity;
use crate::protocol::{self, Usage};
use crate::questions;
use crate::store::{Measured, Store};
use crate::tokens;

/// The share of answers that are likely to be repeated, or wrong.
const SPARE: f64 = 0.05;

/// Characters of a text of which nothing is known: a name, a short phrase.
const TEXT: f64 = 15.0;

/// The longest text that is thought likely, whatever is allowed.
const LONG_TEXT: f64 = 240.0;

/// Characters of a token in running words.
const PER_TOKEN: f64 = 6.0;

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
    let addresses: Vec<Address> = wanted.iter().map(|wanted| wanted.question.address(&config.model)).collect();
    let counts = store.counts(&addresses).await?;
    // Answers that an earlier pool of the list will bring, and what was measured by schema.
    let mut coming: HashMap<&Address, u64> = HashMap::new();
    let mut measures: HashMap<&Value, Option<Measured>> = HashMap::new();
    for (index, ((wanted, address), count)) in wanted.iter().zip(&addresses).zip(counts).enumerate() {
        let item = &wanted.question.item;
        let have = coming.get(address).copied().unwrap_or(0).max(count.answers);
        let target = wanted.answers.min(capacity(item).unwrap_or(u64::MAX));
        let rest = match count.is_exhausted && have > 0 {
            true => 0,
            false => target.saturating_sub(have),
        };
        let measured = match measures.get(item) {
            Some(measured) => *measured,
            None => *measures.entry(item).or_insert(store.measured(&config.model, item).await?),
        };
        let usage = pool(&wanted.question, have, rest, measured);
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
    let measured = store.measured(&config.model, &question.item).await?;
    let wanted = answers.min(capacity(&question.item).unwrap_or(u64::MAX));
    let one = pool(question, 0, wanted, measured);
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

/// What the calls of a pool take, as [`fill::fill`] will make them.
fn pool(question: &Question, mut have: u64, mut rest: u64, measured: Option<Measured>) -> Usage {
    let each = per_answer(&question.item, measured);
    let mut usage = Usage::default();
    if rest == 0 {
        return usage;
    }
    let base =
        protocol::estimated(&questions::messages(question, BATCH, &[], &[]), Some(&questions::schema(&question.item)));
    // From here on every call takes the same.
    let full = base + known_tokens(questions::SHOWN as u64, each);
    let spread = |have: u64| if have >= questions::SHOWN as u64 { full } else { base + known_tokens(have, each) };
    while rest > 0 {
        if have >= questions::SHOWN as u64 && rest > 10 * BATCH {
            // Whole pools of millions are counted at once.
            let fresh = (BATCH as f64 * (1.0 - SPARE)) as u64;
            let calls = (rest - 5 * BATCH) / fresh;
            usage += Usage {
                calls,
                prompt_tokens: calls * full,
                completion_tokens: ((calls * BATCH) as f64 * each).ceil() as u64,
            };
            have += calls * fresh;
            rest -= calls * fresh;
            continue;
        }
        let count = fill::count(rest);
        let fresh = ((count as f64 * (1.0 - SPARE)).round() as u64).clamp(1, rest);
        usage +=
            Usage { calls: 1, prompt_tokens: spread(have), completion_tokens: (count as f64 * each).ceil() as u64 + 4 };
        have += fresh;
        rest -= fresh;
    }
    usage
}

fn known_tokens(answers: u64, each: f64) -> u64 {
    (answers as f64 * each).min(questions::SHOWN_CHARACTERS as f64 / 3.0) as u64
}

/// The tokens of one answer: as measured, else of what the schema says of it.
pub(crate) fn per_answer(item: &Value, measured: Option<Measured>) -> f64 {
    match measured {
        // What was measured holds repeated answers too, which come once more.
        Some(measured) => measured.usage.completion_tokens as f64 / measured.answers as f64 * (1.0 - SPARE),
        None => of_schema(item, item, 0) + 1.0,
    }
}

fn of_schema(schema: &Value, root: &Value, depth: usize) -> f64 {
    if depth > 8 {
        return 1.0;
    }
    if let Some(target) = schema["$ref"].as_str().and_then(|path| root.pointer(path.strip_prefix('#')?)) {
        return of_schema(target, root, depth + 1);
    }
    let words = |value: &Value| tokens::estimate(value.as_str().unwrap_or_default().trim()).max(1) as f64;
    if let Some(values) = schema["enum"].as_array().filter(|values| !values.is_empty()) {
        return values.iter().map(words).sum::<f64>() / values.len() as f64;
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(first) = schema[key].as_array().and_then(|variants| variants.first()) {
            return of_schema(first, root, depth + 1);
        }
    }
    match schema["type"].as_str() {
        Some("object") => {
            let properties = schema["properties"].as_object().into_iter().flatten();
            let parts =
                properties.map(|(name, part)| tokens::estimate(name) as f64 + 2.0 + of_schema(part, root, depth + 1));
            parts.sum::<f64>()
        }
        Some("array") => 1.0 + 3.0 * (of_schema(&schema["items"], root, depth + 1) + 1.0),
        Some("integer" | "number") => 1.5,
        Some("boolean" | "null") => 1.0,
        _ if schema.get("format").is_some() => 6.0,
        _ => {
            let most = schema["maxLength"].as_f64();
            let least = schema["minLength"].as_f64().unwrap_or(0.0);
            // Of a narrow bound most is used, of a wide one little.
            let likely = most.map_or(TEXT, |most| (most / 2.0).max(TEXT.min(most))).min(LONG_TEXT).max(least);
            likely / PER_TOKEN
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_as_long_as_its_schema_lets_one_think() {
        let short = per_answer(&json!({"type": "string"}), None);
        let long = per_answer(&json!({"type": "string", "maxLength": 400}), None);
        let object = per_answer(
            &json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}),
            None,
        );
        assert!(short < object && object < long, "{short} {object} {long}");
        let measured = Measured { answers: 100, usage: Usage { calls: 2, prompt_tokens: 0, completion_tokens: 2000 } };
        assert_eq!(per_answer(&json!({"type": "string"}), Some(measured)), 19.0);
    }

    #[test]
    fn a_pool_of_a_million_is_estimated_at_once() {
        let question = Question { prompt: "x".to_owned(), item: json!({"type": "string"}), temperature: None };
        let usage = pool(&question, 0, 1_000_000, None);
        assert!((20_000..23_000).contains(&usage.calls), "{usage:?}");
    }
}

//! What `plan` says of pools of answers: what is asked, for how many combinations, and whether there are answers.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::pools::{MOST_COMBINATIONS, Pool, Scan, expected, too_many};
use super::{Plan, Report};
use crate::generators::Per;
use crate::llm::{Note, OnError};
use crate::problem::Problem;

/// A pool of a language model's answers.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PoolReport {
    /// The table.
    pub table: String,
    /// The columns that show its answers: several show one answer together.
    pub columns: Vec<String>,
    /// What is asked, as it is written.
    pub prompt: String,
    /// The JSON Schema of one answer.
    pub item: Value,
    /// The temperature, where one is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<Number>,
    /// Distinct answers that are wanted for each combination.
    pub pool: u64,
    /// Combinations of values that the prompt is asked for; absent where that takes the rows to tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub combinations: Option<u64>,
    /// Answers that are wanted in all; absent where that takes the rows to tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<u64>,
    /// Answers that are there.
    pub held: u64,
    /// Whether they suffice for rows.
    pub state: PoolState,
    /// What happens where there are none.
    pub on_error: OnError,
    /// What fills its columns where there is no answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<FallbackReport>,
    /// Whether the model was asked and gave no answer to some prompt.
    #[serde(skip)]
    is_declined: bool,
    /// Calls that filling it takes, where somebody can tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<u64>,
    /// Tokens that are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_tokens: Option<u64>,
    /// Tokens that come back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_tokens: Option<u64>,
    /// What that costs, in US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
}

/// What fills a column where a language model gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FallbackReport {
    /// The column.
    pub column: String,
    /// The generator, and why it was chosen.
    pub generator: String,
    /// Keywords of the answers' JSON Schema that its values may break.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unheld: Vec<String>,
}

impl fmt::Display for FallbackReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unheld.is_empty() {
            true => f.write_str(&self.generator),
            false => write!(f, "{}, which may break {}", self.generator, self.unheld.join(" and ")),
        }
    }
}

/// Whether a pool has the answers that rows need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PoolState {
    /// Every combination has answers.
    Answered,
    /// No rows can be made before it is filled.
    Waiting,
    /// Rows without answers are filled by another generator.
    Fallback,
}

/// What filling a pool is expected to take.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// Calls.
    pub calls: u64,
    /// Tokens that are sent.
    pub prompt_tokens: u64,
    /// Tokens that come back.
    pub completion_tokens: u64,
    /// What that costs, in US dollars, where prices are known.
    pub cost_usd: Option<f64>,
}

impl Report {
    /// Adds the pools, and to their columns where their values come from.
    pub(super) fn take_pools(&mut self, pools: Vec<PoolReport>) {
        for pool in &pools {
            let Some(table) = self.tables.iter_mut().find(|table| table.name == pool.table) else { continue };
            for column in table.columns.iter_mut().filter(|column| pool.columns.contains(&column.name)) {
                column.note.get_or_insert_with(|| pool.note());
            }
        }
        self.llm = pools;
    }

    /// Says of every pool how many of its answers are kept, and whether these are all that rows need, by whoever keeps them.
    pub fn hold(&mut self, mut of_pool: impl FnMut(usize) -> Option<(u64, bool)>) {
        for (index, pool) in self.llm.iter_mut().enumerate() {
            let Some((held, suffices)) = of_pool(index) else { continue };
            let before = pool.note();
            pool.held = held;
            pool.state = match (suffices, pool.on_error) {
                (true, _) => PoolState::Answered,
                (false, OnError::Fallback) => PoolState::Fallback,
                (false, OnError::Fail) => PoolState::Waiting,
            };
            let Some(table) = self.tables.iter_mut().find(|table| table.name == pool.table) else { continue };
            for column in table.columns.iter_mut().filter(|column| pool.columns.contains(&column.name)) {
                if column.note.as_ref() == Some(&before) {
                    column.note = Some(pool.note());
                }
            }
        }
    }

    /// Adds to every pool what filling it takes, by whoever knows the model and its prices.
    pub fn estimate(&mut self, mut of_pool: impl FnMut(&PoolReport) -> Option<Estimate>) {
        for pool in &mut self.llm {
            let Some(found) = of_pool(pool) else { continue };
            pool.calls = Some(found.calls);
            pool.prompt_tokens = Some(found.prompt_tokens);
            pool.completion_tokens = Some(found.completion_tokens);
            pool.cost_usd = found.cost_usd;
        }
    }
}

impl PoolReport {
    /// Where its values come from, in a sentence.
    fn note(&self) -> String {
        let others: Vec<String> = self.fallback.iter().map(ToString::to_string).collect();
        let others = others.join(", ");
        match (self.state, self.held) {
            (PoolState::Answered, 1) => "drawn from 1 answer of a language model".to_owned(),
            (PoolState::Answered, held) => format!("drawn from {held} answers of a language model"),
            (PoolState::Waiting, _) => "waits for the answers of a language model".to_owned(),
            (PoolState::Fallback, 0) if self.is_declined => {
                format!("a language model was asked and gave no answers: filled by {others}")
            }
            (PoolState::Fallback, 0) => format!("no language model was asked: filled by {others}"),
            (PoolState::Fallback, held) => {
                format!("drawn from {held} answers of a language model, and where it gave none filled by {others}")
            }
        }
    }
}

impl fmt::Display for PoolReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {:?}", self.columns.join(", "), self.table, self.prompt)?;
        match (self.combinations, self.answers) {
            (Some(combinations), Some(answers)) if combinations > 1 => {
                write!(f, "; {answers} answers for {combinations} combinations")?;
            }
            (_, Some(answers)) => write!(f, "; {answers} answers")?,
            _ => write!(f, "; {} answers for each combination", self.pool)?,
        }
        if let Some(calls) = self.calls {
            write!(f, "; {calls} calls")?;
        }
        if let (Some(sent), Some(back)) = (self.prompt_tokens, self.completion_tokens) {
            write!(f, ", {sent} tokens sent and {back} received")?;
        }
        if let Some(cost) = self.cost_usd {
            write!(f, ", about {cost:.4} USD")?;
        }
        write!(f, "; {}", self.note())
    }
}

impl Plan {
    /// What people should know of its values: of columns that a language model wrote, or was to write.
    pub fn notes(&self) -> Vec<Note> {
        let of_pool =
            |pool: &PoolReport| Note { table: pool.table.clone(), columns: pool.columns.clone(), text: pool.note() };
        self.report.llm.iter().map(of_pool).collect()
    }

    /// The problem of a plan whose rows wait for a language model.
    pub fn unanswered(&self) -> Option<Problem> {
        let (pool, _) =
            self.pools.iter().zip(&self.report.llm).find(|(_, report)| report.state == PoolState::Waiting)?;
        let detail = format!("the language model has not answered yet for {}", pool.columns.join(" and "));
        let remedy = "set OPENAI_API_KEY so that it is asked, or say on_error: fallback in the generator";
        Some(Problem::new("unanswered", detail).at(pool.pointer.clone()).remedy(remedy))
    }

    /// Pools for people, and what is wrong with them.
    pub(super) fn report_pools(&self) -> (Vec<PoolReport>, Vec<Problem>) {
        let (mut reports, mut problems) = (Vec::new(), Vec::new());
        for pool in &self.pools {
            let seen = self.looked_at(pool);
            if pool.per == Per::Combination && seen.as_ref().is_some_and(|scan| scan.prompts.len() > MOST_COMBINATIONS)
            {
                problems.push(too_many(pool));
            }
            let report = self.report_pool(pool, seen.as_ref());
            // Where answers are there, what would fill rows without them is no matter.
            if report.state == PoolState::Fallback {
                problems.extend(pool.unheld.iter().map(|(column, unheld)| {
                    let detail = format!(
                        "where the language model gives no answer for {column}, its values may break {} of the json_schema",
                        unheld.join(" and ")
                    );
                    Problem::new("unheld", detail).at(format!("{}/json_schema", pool.pointer)).warning()
                }));
            }
            reports.push(report);
        }
        (reports, problems)
    }

    fn report_pool(&self, pool: &Pool, seen: Option<&Scan>) -> PoolReport {
        let rows = self.tables[pool.table].rows;
        let complete = seen.filter(|scan| scan.complete);
        let product = expected(self, pool).and_then(|count| u64::try_from(count).ok()).map(|count| count.min(rows));
        let combinations = complete.map(|scan| scan.prompts.len() as u64).or(product);
        let answers = match complete {
            Some(scan) => Some(scan.wanted(pool).map(|(_, answers)| answers).sum()),
            None => combinations.map(|count| count * pool.size.min(rows)),
        };
        let prompts = || seen.into_iter().flat_map(|scan| scan.prompts.keys());
        let has = |prompt: &String| pool.held.contains_key(prompt);
        let state = match (prompts().all(has) && (seen.is_some() || !pool.held.is_empty()), pool.on_error) {
            (true, _) => PoolState::Answered,
            (false, OnError::Fallback) => PoolState::Fallback,
            (false, OnError::Fail) => PoolState::Waiting,
        };
        let of_column = |(column, generator): &(String, String)| FallbackReport {
            column: column.clone(),
            generator: generator.clone(),
            unheld: pool
                .unheld
                .iter()
                .find(|(of, _)| of == column)
                .map(|(_, unheld)| unheld.clone())
                .unwrap_or_default(),
        };
        PoolReport {
            table: self.tables[pool.table].name.clone(),
            columns: pool.columns.clone(),
            prompt: pool.prompt.clone(),
            item: pool.item.clone(),
            temperature: pool.temperature.clone(),
            pool: pool.size,
            combinations,
            answers,
            held: prompts().filter_map(|prompt| pool.held.get(prompt)).sum(),
            state,
            on_error: pool.on_error,
            fallback: pool.fallback.iter().map(of_column).collect(),
            is_declined: pool.is_declined,
            calls: None,
            prompt_tokens: None,
            completion_tokens: None,
            cost_usd: None,
        }
    }
}

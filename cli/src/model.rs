//! The language model of commands: answers that are kept, answers that are asked for, and what they cost, told on standard error.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use api::Cancellation;
use api::Failure;
use api::llm::pools::{self, Filled, MICRO, Part, Progress};
use api::llm::session::Session;
use engine::llm::{Answers, Wanted};
use engine::plan::{Plan, PoolState, Unasked};

use crate::environment;
use crate::progress::AnswerBar;
use crate::schema_file::SchemaFile;
use crate::stop::Stop;

/// A session that asks nothing.
pub fn to_look() -> Result<Session, Stop> {
    let (session, unread) = Session::to_look(&environment::config()?);
    if let Some(sentence) = unread {
        say(format_args!("warning: kept answers of the language model cannot be read: {sentence}"));
    }
    Ok(session)
}

/// What is kept of a plan's answers.
pub fn kept(plan: &Plan) -> Result<Option<Arc<Answers>>, Stop> {
    Ok(to_look()?.kept(plan, Part::Any)?)
}

/// What is kept of a plan's answers, of questions that nobody has to be asked any more.
pub fn kept_whole(plan: &Plan) -> Result<Option<Arc<Answers>>, Stop> {
    Ok(to_look()?.kept(plan, Part::Whole)?)
}

/// How a command asks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asking {
    /// What it may cost, in US dollars.
    pub ceiling_usd: Option<f64>,
    /// Whether a model that had no more answers is asked again.
    pub again: bool,
}

/// Asks for the answers of a plan that are not kept yet. The cost is told before and after.
pub fn asked(
    schema: &SchemaFile,
    plan: &Plan,
    asking: Asking,
    cancellation: &Cancellation,
) -> Result<Option<Arc<Answers>>, Stop> {
    let session = Session::to_ask(&environment::config()?)?;
    let wanted = plan.wanted(&|| cancellation.is_cancelled()).map_err(|unasked| match unasked {
        Unasked::Stopped => Stop::from(Failure::Cancelled),
        Unasked::Problems(problems) => schema.stop(&problems),
    })?;
    if asking.again {
        session.forget(&wanted)?;
    }
    let estimate = session.estimated(&wanted)?;
    let name = session.name();
    let kept: u64 = estimate.pools.iter().map(|pool| pool.kept).sum();
    if estimate.usage.calls == 0 {
        say(format_args!("language model {name}: all {kept} answers are kept, nothing is asked"));
    } else {
        let total: u64 = estimate.pools.iter().map(|pool| pool.wanted).sum();
        let cost = dollars(estimate.cost_microusd);
        say(format_args!(
            "language model {name}: {} of {total} answers are missing; about {}, {cost}",
            total - kept,
            taken(estimate.usage)
        ));
    }
    let bar = AnswerBar::new(wanted.iter().map(|wanted: &Wanted| wanted.answers).sum());
    let last = Mutex::new(Progress::default());
    let filled = session.fill(&wanted, asking.ceiling_usd, cancellation, &|progress| {
        bar.show(&progress);
        *last.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    });
    drop(bar);
    if filled.is_err() {
        // What was paid for in vain, or is kept for the next time, is told with the reason.
        let Progress { usage, spent_microusd, .. } = last.into_inner().unwrap_or_else(PoisonError::into_inner);
        if usage.calls > 0 {
            say(format_args!("language model {name}: {}, {}", taken(usage), dollars(spent_microusd)));
        }
    }
    let (answers, filled) = filled.map_err(|failure| match (&failure, plan.unanswered()) {
        // Of the ways to give a key a command has one.
        (Failure::Model(missing), Some(problem)) if pools::is_missing_key(missing) => schema.stop(&[problem]),
        _ => Stop::from(failure),
    })?;
    if filled.usage.calls > 0 {
        say(format_args!("language model {name}: {}, {}", taken(filled.usage), dollars(filled.cost_microusd)));
    }
    for short in short(&filled) {
        say(format_args!("warning: {short}"));
    }
    Ok(Some(answers))
}

/// What the pools of some columns lack, over all combinations of what their prompt names.
#[derive(Default)]
struct Short<'f> {
    columns: String,
    answers: u64,
    wanted: u64,
    repeated: i64,
    wrong: i64,
    declined: i64,
    is_exhausted: bool,
    failure: Option<&'f str>,
}

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} of {} answers", self.columns, self.answers, self.wanted)?;
        let mut mark = ';';
        let counts = [(self.repeated, "repeated"), (self.wrong, "wrong"), (self.declined, "declined")];
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, "{mark} {count} {what}")?;
            mark = ',';
        }
        if self.is_exhausted {
            f.write_str("; the model had no more, and --llm-ask-again asks it again")?;
        }
        match self.failure {
            Some(failure) => write!(f, "; {failure}"),
            None => Ok(()),
        }
    }
}

/// Pools that have fewer answers than were wanted.
fn short(filled: &Filled) -> Vec<Short<'_>> {
    let mut found: Vec<Short<'_>> = Vec::new();
    for (pool, wanted) in filled.pools.iter().zip(&filled.wanted) {
        let names: Vec<String> = serde_json::from_str(&pool.column_names).unwrap_or_default();
        let columns = names.iter().map(|name| format!("{}.{name}", pool.table_name)).collect::<Vec<_>>().join(", ");
        let place = found.iter().position(|short| short.columns == columns).unwrap_or_else(|| {
            found.push(Short { columns, ..Short::default() });
            found.len() - 1
        });
        let short = &mut found[place];
        short.answers += u64::try_from(pool.answers).unwrap_or_default();
        short.wanted += wanted;
        short.repeated += pool.duplicates;
        short.wrong += pool.invalid;
        short.declined += pool.refusals;
        short.is_exhausted |= pool.is_exhausted != 0;
        short.failure = short.failure.or(pool.failure.as_deref());
    }
    found.retain(|short| short.answers < short.wanted);
    found
}

/// Says which columns no language model wrote that one was to write.
pub fn say_notes(plan: &Plan) {
    let states = plan.report().llm.iter().map(|pool| pool.state);
    for (note, _) in plan.notes().iter().zip(states).filter(|(_, state)| *state != PoolState::Answered) {
        let columns: Vec<String> = note.columns.iter().map(|column| format!("{}.{column}", note.table)).collect();
        say(format_args!("note: {}: {}", columns.join(", "), note.text));
    }
}

/// Whoever closed standard error wants no word of it.
fn say(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{line}");
}

fn taken(usage: llm::Usage) -> String {
    let calls = if usage.calls == 1 { "1 call".to_owned() } else { format!("{} calls", usage.calls) };
    format!("{calls}, {} tokens sent and {} received", usage.prompt_tokens, usage.completion_tokens)
}

fn dollars(cost_microusd: Option<u64>) -> String {
    match cost_microusd {
        Some(cost) => format!("{:.4} US dollars", cost as f64 / MICRO),
        None => "at a price that is not known".to_owned(),
    }
}

//! The language model of commands: answers that are kept, answers that are asked for, and what they cost, told on standard error.

use std::io::{self, Write};
use std::sync::Arc;

use api::Cancellation;
use api::Failure;
use api::llm::pools::{self, MICRO};
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
    Ok(to_look()?.kept(plan)?)
}

/// Asks for the answers of a plan that are not kept yet. The cost is told before and after.
pub fn asked(
    schema: &SchemaFile,
    plan: &Plan,
    ceiling_usd: Option<f64>,
    cancellation: &Cancellation,
) -> Result<Option<Arc<Answers>>, Stop> {
    let session = Session::to_ask(&environment::config()?)?;
    let wanted = plan.wanted(&|| cancellation.is_cancelled()).map_err(|unasked| match unasked {
        Unasked::Stopped => Stop::from(Failure::Cancelled),
        Unasked::Problems(problems) => schema.stop(&problems),
    })?;
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
    let filled = session.fill(&wanted, ceiling_usd, cancellation, &|progress| bar.show(&progress));
    drop(bar);
    let (answers, filled) = filled.map_err(|failure| match (&failure, plan.unanswered()) {
        // Of the ways to give a key a command has one.
        (Failure::Model(missing), Some(problem)) if pools::is_missing_key(missing) => schema.stop(&[problem]),
        _ => Stop::from(failure),
    })?;
    if filled.usage.calls > 0 {
        say(format_args!("language model {name}: {}, {}", taken(filled.usage), dollars(filled.cost_microusd)));
    }
    if let Some(failure) = filled.pools.iter().find_map(|pool| pool.failure.as_ref()) {
        say(format_args!("warning: {failure}"));
    }
    Ok(Some(answers))
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
fn say(line: std::fmt::Arguments<'_>) {
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

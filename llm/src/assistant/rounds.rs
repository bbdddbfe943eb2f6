//! Asks, checks by planning, and asks again with the problems.

use engine::plan::{self, Options};
use engine::problem::Problem;
use engine::schema::{self, Overrides};
use serde_json::{Value, json};

use super::withheld::Withheld;
use super::{Assisted, Event, MAX_WORDS, Proposal, ROUNDS, Sample, Session, grounding};
use crate::client::{Heard, Request};
use crate::failure::{Code, Failure};
use crate::protocol::Message;
use crate::store::Took;

/// The most bytes of a proposal.
const MAX_PROPOSAL: usize = 256 << 10;

/// Tokens that a proposal is likely to have, for the ceiling.
const EXPECTED: u64 = 2500;

/// What is put where.
pub(super) struct Placed {
    /// The whole schema.
    pub schema: Value,
    /// The element that was asked for.
    pub element: Option<Value>,
}

/// What is wished for.
pub(super) struct Task<'a> {
    /// What the model shall do.
    pub wish: &'static str,
    /// The key of the answer that holds it.
    pub key: &'static str,
    /// What stands under it.
    pub what: &'static str,
    /// The user's words.
    pub words: &'a str,
    /// The schema that is there.
    pub present: Option<&'a Value>,
    /// The table that is spoken of.
    pub table: Option<&'a str>,
    /// Names and types of uploaded tables.
    pub samples: &'a [Sample],
    /// Makes a schema of an answer, or says why it is none.
    pub place: &'a (dyn Fn(&Value) -> Result<Placed, String> + Send + Sync),
}

/// The rounds.
pub(super) async fn run(session: Session<'_>, task: &Task<'_>) -> Assisted {
    let mut took = Took::default();
    let proposal = rounds(session, task, &mut took).await;
    let Took { usage, unanswered_microusd } = took;
    Assisted { proposal, usage, cost_microusd: session.ceiling.cost_microusd(usage), unanswered_microusd }
}

async fn rounds(session: Session<'_>, task: &Task<'_>, took: &mut Took) -> Result<Proposal, Failure> {
    let words = task.words.trim();
    if words.is_empty() || words.chars().count() > MAX_WORDS {
        let sentence = format!("the assistant takes 1 to {MAX_WORDS} characters of words");
        return Err(Failure::new(Code::Refused, sentence));
    }
    let withheld = task.present.map(Withheld::of);
    let withheld = withheld.as_ref();
    let known = match task.present {
        Some(present) => check(session, present.clone()).await?,
        None => Vec::new(),
    };
    let mut messages =
        vec![Message::system(grounding::system(task, withheld)), Message::user(grounding::user(task, withheld))];
    let mut best: Option<Proposal> = None;
    for round in 1..=ROUNDS {
        let answer = match ask(session, task, &messages, round, took).await {
            Ok(answer) => answer,
            // What was proposed before is more than nothing.
            Err(failure) => {
                let before = best.filter(|_| failure.code != Code::Cancelled);
                return before.map(|proposal| Proposal { stopped: Some(failure.clone()), ..proposal }).ok_or(failure);
            }
        };
        let said = answer[task.key].as_str().map_or_else(|| answer[task.key].to_string(), str::to_owned);
        let problems = match read(&answer[task.key]).and_then(|value| (task.place)(&value)) {
            Ok(mut placed) => {
                if let Some(withheld) = withheld {
                    withheld.restore(&mut placed.schema);
                }
                let mut problems = check(session, placed.schema.clone()).await?;
                problems.retain(|problem| !known.contains(problem));
                let proposal = Proposal {
                    text: schema::yaml(&placed.schema),
                    schema: placed.schema,
                    element: placed.element,
                    remarks: answer["remarks"].as_str().unwrap_or_default().trim().to_owned(),
                    problems: problems.clone(),
                    rounds: round,
                    stopped: None,
                };
                if proposal.is_sound() {
                    return Ok(proposal);
                }
                best = Some(proposal);
                problems
            }
            Err(reason) => vec![Problem::new("unreadable", format!("the {} cannot be used: {reason}", task.key))],
        };
        if let Some(listener) = session.listener {
            listener(Event::Problems(&problems));
        }
        messages.push(Message::assistant(json!({ task.key: said }).to_string()));
        messages.push(Message::user(grounding::complaint(task, withheld, &problems)));
        if let Some(proposal) = &mut best {
            proposal.rounds = round;
        }
    }
    best.ok_or_else(|| {
        let sentence =
            format!("the model {:?} gave no readable {} in {ROUNDS} rounds", session.client.model(), task.key);
        Failure::new(Code::BadAnswer, sentence)
    })
}

async fn ask(
    session: Session<'_>,
    task: &Task<'_>,
    messages: &[Message],
    round: u32,
    took: &mut Took,
) -> Result<Value, Failure> {
    let request = Request {
        messages: messages.to_vec(),
        name: task.key,
        schema: json!({
            "type": "object",
            "properties": {
                task.key: {"type": "string", "description": task.what},
                "remarks": {"type": "string", "description": grounding::REMARKS},
            },
            "required": [task.key, "remarks"],
            "additionalProperties": false,
        }),
        temperature: None,
        expected: EXPECTED,
    };
    let hear = |heard: Heard<'_>| {
        if let Some(listener) = session.listener {
            listener(match heard {
                Heard::Begins => Event::Begins(round),
                Heard::Words(words) => Event::Words(words),
            });
        }
    };
    let heard: Option<crate::client::Listener<'_>> = if session.listener.is_some() { Some(&hear) } else { None };
    let accept = |answer: &Value| match &answer[task.key] {
        Value::String(text) if !text.trim().is_empty() => Ok(()),
        // Servers that know no structured output let a model answer with the object itself.
        Value::Object(_) | Value::Array(_) => Ok(()),
        _ => Err(format!("it has no text {:?}", task.key)),
    };
    let asked = session.client.ask(&request, session.ceiling, session.cancel, heard, accept).await;
    took.usage += asked.usage;
    took.unanswered_microusd += asked.unanswered_microusd;
    asked.answer
}

/// The document of an answer: a text of YAML or JSON, or the value itself.
fn read(answer: &Value) -> Result<Value, String> {
    let Value::String(text) = answer else { return Ok(answer.clone()) };
    if text.len() > MAX_PROPOSAL {
        return Err(format!("it is longer than {MAX_PROPOSAL} bytes"));
    }
    let text = text.trim();
    let inside = text.strip_prefix("```").and_then(|rest| rest.split_once('\n')).map(|(_, rest)| rest);
    let text = inside.map_or(text, |inside| inside.trim_end().trim_end_matches("```"));
    let value = schema::document(text).map_err(|problem| problem.to_string())?;
    if value.is_object() || value.is_array() {
        Ok(value)
    } else {
        Err("it is no YAML document of keys and values".to_owned())
    }
}

/// What the plan says of a schema, as for any user's. Places in the text mean nothing to who did not write it.
async fn check(session: Session<'_>, schema: Value) -> Result<Vec<Problem>, Failure> {
    let planned = tokio::task::spawn_blocking(move || {
        plan::compile_text(&schema.to_string(), &Overrides::new(), &Options { waits: true, ..Options::default() })
            .problems
    });
    let problems = tokio::select! {
        biased;
        () = session.cancel.cancelled() => return Err(Failure::cancelled()),
        problems = planned => problems,
    };
    let problems = problems.map_err(|_| Failure::new(Code::BadAnswer, "the proposal could not be planned"))?;
    let placeless = |mut problem: Problem| {
        (problem.line, problem.column) = (None, None);
        problem
    };
    Ok(problems.into_iter().map(placeless).collect())
}

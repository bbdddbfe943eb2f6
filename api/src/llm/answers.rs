//! Answers in the database: what was paid for once is never asked again, by nobody.
//!
//! Invariant: what a call brought and what it took is on the disk, in one transaction, before the next call is made.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use ::llm::failure::Failure;
use ::llm::prices::Price;
use ::llm::store::{Count, Dry, Kept, LATELY, Measured, Store, Took, Turn};
use ::llm::{Cancel, Usage};
use async_trait::async_trait;
use diesel::SqliteConnection;
use engine::llm::{Address, Answers, Question, Wanted};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;

use super::store::{self, QuestionRow, Taken, UsageRow};
use super::turns;
use crate::auth::tokens::hex;
use crate::db::{self, Db};
use crate::error::ApiError;

/// How often it is looked whether somebody else has ended.
const LOOKS: std::time::Duration = std::time::Duration::from_millis(50);

/// What calls are recorded under: the generation and the columns that ask.
pub struct Account {
    generation: Option<Uuid>,
    price: Option<Price>,
    /// Table and columns by address.
    columns: HashMap<Address, (String, String)>,
    /// The rows of columns that were recorded, where no generation tells them.
    recorded: Mutex<HashMap<(String, String), String>>,
    /// What calls in flight are expected to cost, as it is recorded before they are made; of an address one is made at a time.
    noted: Mutex<HashMap<Address, u64>>,
}

impl Account {
    /// The account of a generation, or of nobody's, for these questions to a model.
    pub fn new(generation: Option<Uuid>, model: &str, price: Option<Price>, wanted: &[Wanted]) -> Account {
        let mut columns = HashMap::new();
        for wanted in wanted {
            // The first that asks pays.
            let of = || (wanted.table.clone(), wanted.columns.join(", "));
            columns.entry(wanted.question.address(model)).or_insert_with(of);
        }
        Account { generation, price, columns, recorded: Mutex::default(), noted: Mutex::default() }
    }

    /// Records what a call that is about to be made is expected to cost: whoever goes on after a kill must count it.
    fn note(&self, c: &mut SqliteConnection, address: &Address, model: &str, microusd: u64) -> Result<(), ApiError> {
        self.charge(c, address, model, Took { unanswered_microusd: microusd, ..Took::default() })?;
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).insert(address.clone(), microusd);
        Ok(())
    }

    /// Records what a call took, in the place of what was expected of it.
    fn charge(&self, c: &mut SqliteConnection, address: &Address, model: &str, took: Took) -> Result<(), ApiError> {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner).remove(address).unwrap_or(0);
        let is_anything = took != Took::default() || noted > 0;
        let Some((table, column)) = self.columns.get(address).filter(|_| is_anything) else {
            return Ok(());
        };
        let mut recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (table.clone(), column.clone());
        let asker = self.generation.map_or(Asker::Command, Asker::Generation);
        let mut row = usage_row(asker, (Some(table), Some(column)), model, took, self.price);
        row.unanswered_microusd -= whole(noted);
        let known = recorded.get(&key).filter(|_| self.generation.is_none());
        let id = store::add_usage(c, &row, known.map(String::as_str))?;
        recorded.insert(key, id);
        Ok(())
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// A generation.
    Generation(Uuid),
    /// The assistant.
    Assistant,
    /// A command, which has no generation.
    Command,
}

/// A row of what calls took; `about`: the table, and the columns.
pub fn usage_row(
    asker: Asker,
    (table, column): (Option<&str>, Option<&str>),
    model: &str,
    took: Took,
    price: Option<Price>,
) -> UsageRow {
    let taken = taken(took.usage);
    let (asked_by, generation) = match asker {
        Asker::Generation(id) => ("generation", Some(id)),
        Asker::Assistant => ("assistant", None),
        Asker::Command => ("command", None),
    };
    UsageRow {
        id: Uuid::now_v7().to_string(),
        generation_id: generation.map(|id| id.to_string()),
        asked_by: asked_by.to_owned(),
        unanswered_microusd: whole(took.unanswered_microusd),
        table_name: table.map(str::to_owned),
        column_name: column.map(str::to_owned),
        model: model.to_owned(),
        calls: taken.calls,
        prompt_tokens: taken.prompt_tokens,
        completion_tokens: taken.completion_tokens,
        cost_microusd: whole(price.map_or(0, |price| price.cost_microusd(took.usage))),
        created_at: db::now(),
    }
}

/// Keeps answers in a database.
pub struct Keeper {
    db: Db,
    account: Option<Arc<Account>>,
}

impl Keeper {
    /// For who only reads.
    pub fn new(db: &Db) -> Keeper {
        Keeper { db: db.clone(), account: None }
    }

    /// For who asks.
    pub fn charging(db: &Db, account: Account) -> Keeper {
        Keeper { db: db.clone(), account: Some(Arc::new(account)) }
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, Failure> {
        let db = self.db.clone();
        off_thread(move || db.read_now(work)).await
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, Failure> {
        let db = self.db.clone();
        off_thread(move || db.write_now(work)).await
    }
}

/// Runs work that waits for the disk where waiting is allowed.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Failure::store("a thread was stopped"))?.map_err(|error| Failure::store(&error))
}

#[async_trait]
impl Store for Keeper {
    async fn kept(&self, address: &Address) -> Result<Kept, Failure> {
        let address = address.0.clone();
        self.read(move |c| {
            let Some(question) = store::question(c, &address)? else { return Ok(Kept::default()) };
            let answers = texts(&store::answers(c, &address, i64::MAX)?)?;
            Ok(Kept { answers, dry: question.dry() })
        })
        .await
    }

    async fn counts(&self, addresses: &[Address]) -> Result<Vec<Count>, Failure> {
        let addresses = addresses.to_vec();
        self.read(move |c| counts(c, &addresses)).await
    }

    async fn add(
        &self,
        address: &Address,
        question: &Question,
        model: &str,
        answers: &[Value],
        took: Took,
    ) -> Result<(), Failure> {
        let question = question_row(address, question, model);
        let (address, model, account) = (address.clone(), model.to_owned(), self.account.clone());
        let answers: Vec<String> = answers.iter().map(spelled).collect();
        self.write(move |c| {
            store::ask(c, &question)?;
            store::add_answers(c, &address.0, &answers, taken(took.usage))?;
            match &account {
                Some(account) => account.charge(c, &address, &model, took),
                None => Ok(()),
            }
        })
        .await
    }

    async fn begin(&self, address: &Address, model: &str, expected_microusd: u64) -> Result<(), Failure> {
        let Some(account) = self.account.clone() else { return Ok(()) };
        let (address, model) = (address.clone(), model.to_owned());
        self.write(move |c| account.note(c, &address, &model, expected_microusd)).await
    }

    async fn exhaust(&self, address: &Address, dry: Dry) -> Result<(), Failure> {
        let address = address.0.clone();
        self.write(move |c| Ok(store::exhaust(c, &address, &dry)?)).await
    }

    async fn turn(&self, address: &Address) -> Result<Turn, Failure> {
        // A database that is no file is one process's own.
        let Some(folder) = self.read(|c| Ok(store::folder(c)?)).await? else { return Ok(Box::new(())) };
        loop {
            let (folder, address) = (folder.clone(), address.clone());
            let taken = off_thread(move || {
                turns::try_take(&folder, &address).map_err(|error| ApiError::internal(crate::storage::reason(&error)))
            });
            if let Some(turn) = taken.await? {
                return Ok(Box::new(turn));
            }
            tokio::time::sleep(LOOKS).await;
        }
    }

    async fn measured(&self, model: &str, item: &Value) -> Result<Option<Measured>, Failure> {
        let (model, item_hash) = (model.to_owned(), hash_of(item));
        let (answers, taken) = self.read(move |c| Ok(store::measured(c, &model, &item_hash)?)).await?;
        let usage = Usage {
            calls: count(taken.calls),
            prompt_tokens: count(taken.prompt_tokens),
            completion_tokens: count(taken.completion_tokens),
        };
        Ok((answers > 0).then(|| Measured { answers: count(answers), usage }))
    }

    async fn lately(&self, model: &str) -> Result<Vec<(Question, Measured)>, Failure> {
        let model = model.to_owned();
        self.read(move |c| {
            let of_row = |row: QuestionRow| {
                let usage = Usage {
                    calls: count(row.calls),
                    prompt_tokens: count(row.prompt_tokens),
                    completion_tokens: count(row.completion_tokens),
                };
                Ok((question_of(&row)?, Measured { answers: count(row.answers), usage }))
            };
            store::lately(c, &model, LATELY as i64)?.into_iter().map(of_row).collect()
        })
        .await
    }
}

/// How much is kept of each address.
pub fn counts(c: &mut SqliteConnection, addresses: &[Address]) -> Result<Vec<Count>, ApiError> {
    let asked: Vec<&str> = addresses.iter().map(|address| address.0.as_str()).collect();
    let found = store::counts(c, &asked)?.into_iter();
    let known: HashMap<String, Count> =
        found.map(|(address, answers, dry)| (address, Count { answers: count(answers), dry })).collect();
    Ok(asked.into_iter().map(|address| known.get(address).cloned().unwrap_or_default()).collect())
}

/// All answers that are kept of an address.
pub fn of(c: &mut SqliteConnection, address: &Address) -> Result<Vec<Value>, ApiError> {
    texts(&store::answers(c, &address.0, i64::MAX)?)
}

/// The answers of some pins: of each question the first so many.
pub fn pinned<'a>(
    c: &mut SqliteConnection,
    pins: impl IntoIterator<Item = (&'a str, u64)>,
) -> Result<Answers, ApiError> {
    // One question may be pinned for pools of several sizes.
    let mut most: indexmap::IndexMap<&str, u64> = indexmap::IndexMap::new();
    for (address, answers) in pins.into_iter().filter(|(_, answers)| *answers > 0) {
        let known = most.entry(address).or_default();
        *known = (*known).max(answers);
    }
    let mut found = Answers::default();
    for (address, answers) in most {
        let lost = || ApiError::internal(format!("the answers to the question {address} are gone"));
        let question = question_of(&store::question(c, address)?.ok_or_else(lost)?)?;
        let kept = texts(&store::answers(c, address, whole(answers))?)?;
        if (kept.len() as u64) < answers {
            return Err(lost());
        }
        found.insert(question, kept);
    }
    Ok(found)
}

/// The question of an address, where it was asked.
pub fn asked(c: &mut SqliteConnection, address: &str) -> Result<Option<Question>, ApiError> {
    store::question(c, address)?.map(|row| question_of(&row)).transpose()
}

/// A question as the database keeps it.
pub fn question_row(address: &Address, question: &Question, model: &str) -> QuestionRow {
    QuestionRow {
        address: address.0.clone(),
        model: model.to_owned(),
        prompt: question.prompt.clone(),
        item: question.item.to_string(),
        item_hash: hash_of(&question.item),
        temperature: question.temperature.as_ref().map(ToString::to_string),
        answers: 0,
        is_exhausted: 0,
        exhausted_wanted: None,
        exhausted_url: None,
        calls: 0,
        prompt_tokens: 0,
        completion_tokens: 0,
        created_at: db::now(),
    }
}

fn question_of(row: &QuestionRow) -> Result<Question, ApiError> {
    let unreadable = |error| ApiError::internal(format!("the question {}: {error}", row.address));
    Ok(Question {
        prompt: row.prompt.clone(),
        item: serde_json::from_str(&row.item).map_err(unreadable)?,
        temperature: row.temperature.as_deref().map(serde_json::from_str).transpose().map_err(unreadable)?,
    })
}

fn texts(answers: &[String]) -> Result<Vec<Value>, ApiError> {
    let read = |text: &String| serde_json::from_str(text).map_err(ApiError::internal);
    answers.iter().map(read).collect()
}

/// An answer as the database keeps it: the same one has one spelling.
fn spelled(answer: &Value) -> String {
    let mut sorted = answer.clone();
    sorted.sort_all_objects();
    sorted.to_string()
}

fn hash_of(item: &Value) -> String {
    hex(&Sha256::digest(item.to_string()))
}

fn taken(usage: Usage) -> Taken {
    Taken {
        calls: whole(usage.calls),
        prompt_tokens: whole(usage.prompt_tokens),
        completion_tokens: whole(usage.completion_tokens),
    }
}

/// A count as the database takes it.
pub fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn count(whole: i64) -> u64 {
    u64::try_from(whole).unwrap_or_default()
}

/// Raises the model's cancellation soon after that of a run, for as long as it is waited for.
pub async fn follow(cancellation: &crate::Cancellation, cancel: &Cancel) -> std::convert::Infallible {
    loop {
        if cancellation.is_cancelled() {
            cancel.cancel();
            // What is under way ends by itself.
            return std::future::pending().await;
        }
        tokio::time::sleep(LOOKS).await;
    }
}

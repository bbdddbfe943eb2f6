//! What language models were asked, what they answered and what it took, in the database.

use std::path::{Path, PathBuf};

use ::llm::store::Dry;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use uuid::Uuid;

use crate::db::schema::{generation_pools, llm_answers, llm_questions, llm_usage};

/// Addresses that are looked up at a time.
const AT_ONCE: usize = 500;

/// What a column of a generation took of a model.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = llm_usage)]
pub struct UsageRow {
    /// Its id; later ones are greater.
    pub id: String,
    /// The generation, while there is one.
    pub generation_id: Option<String>,
    /// The table.
    pub table_name: Option<String>,
    /// The column.
    pub column_name: Option<String>,
    /// The model.
    pub model: String,
    /// Calls.
    pub calls: i64,
    /// Tokens that were sent.
    pub prompt_tokens: i64,
    /// Tokens that came back.
    pub completion_tokens: i64,
    /// Millionths of a US dollar.
    pub cost_microusd: i64,
    /// When.
    pub created_at: String,
    /// Who asked: `generation`, `assistant` or `command`.
    pub asked_by: String,
    /// Millionths of a US dollar that may be billed beside the cost, for calls that were sent and not answered.
    pub unanswered_microusd: i64,
}

/// Sums over rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Queryable)]
pub struct Sums {
    /// Rows.
    pub rows: i64,
    /// Calls.
    pub calls: i64,
    /// Tokens that were sent.
    pub prompt_tokens: i64,
    /// Tokens that came back.
    pub completion_tokens: i64,
    /// Millionths of a US dollar.
    pub cost_microusd: i64,
    /// Those that may be billed beside them.
    pub unanswered_microusd: i64,
}

/// Which rows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this generation only.
    pub generation: Option<Uuid>,
    /// From this instant on only, as the database spells it.
    pub since: Option<String>,
}

/// Records what was used.
pub fn insert(connection: &mut SqliteConnection, row: &UsageRow) -> QueryResult<()> {
    diesel::insert_into(llm_usage::table).values(row).execute(connection).map(drop)
}

/// A page, newest first, and the sums over all pages.
pub fn list(
    connection: &mut SqliteConnection,
    filter: &Filter,
    limit: i64,
    offset: i64,
) -> QueryResult<(Vec<UsageRow>, Sums)> {
    let wanted = || {
        let mut query = llm_usage::table.into_boxed();
        if let Some(generation) = filter.generation {
            query = query.filter(llm_usage::generation_id.eq(generation.to_string()));
        }
        if let Some(since) = &filter.since {
            query = query.filter(llm_usage::created_at.ge(since.clone()));
        }
        query
    };
    // SQLite's sum of whole numbers is one; diesel takes it for a decimal, which SQLite has not.
    let sum = |column: &str| sql::<BigInt>(&format!("coalesce(sum({column}), 0)"));
    let sums = wanted()
        .select((
            sql::<BigInt>("count(*)"),
            sum("calls"),
            sum("prompt_tokens"),
            sum("completion_tokens"),
            sum("cost_microusd"),
            sum("unanswered_microusd"),
        ))
        .first(connection)?;
    let rows = wanted()
        .order(llm_usage::id.desc())
        .limit(limit)
        .offset(offset)
        .select(UsageRow::as_select())
        .load(connection)?;
    Ok((rows, sums))
}

/// Adds to what a column of a generation took of a model, or of no generation what was recorded under an id; gives the id. What may be billed
/// can become less; a row that says nothing any more is taken out.
pub fn add_usage(connection: &mut SqliteConnection, row: &UsageRow, known: Option<&str>) -> QueryResult<String> {
    let same = match (&row.generation_id, known) {
        (_, Some(id)) => Some(id.to_owned()),
        (Some(generation), None) => llm_usage::table
            .filter(llm_usage::generation_id.eq(generation))
            .filter(llm_usage::table_name.is(&row.table_name))
            .filter(llm_usage::column_name.is(&row.column_name))
            .filter(llm_usage::model.eq(&row.model))
            .select(llm_usage::id)
            .first(connection)
            .optional()?,
        (None, None) => None,
    };
    let Some(id) = same else {
        insert_usage(connection, row)?;
        return Ok(row.id.clone());
    };
    let changed = diesel::update(llm_usage::table.find(&id))
        .set((
            llm_usage::calls.eq(llm_usage::calls + row.calls),
            llm_usage::prompt_tokens.eq(llm_usage::prompt_tokens + row.prompt_tokens),
            llm_usage::completion_tokens.eq(llm_usage::completion_tokens + row.completion_tokens),
            llm_usage::cost_microusd.eq(llm_usage::cost_microusd + row.cost_microusd),
            llm_usage::unanswered_microusd.eq(llm_usage::unanswered_microusd + row.unanswered_microusd),
        ))
        .execute(connection)?;
    if changed == 0 {
        insert_usage(connection, row)?;
        return Ok(row.id.clone());
    }
    let says_nothing = llm_usage::calls
        .eq(0)
        .and(llm_usage::prompt_tokens.eq(0))
        .and(llm_usage::completion_tokens.eq(0))
        .and(llm_usage::unanswered_microusd.eq(0));
    diesel::delete(llm_usage::table.find(&id).filter(says_nothing)).execute(connection)?;
    Ok(id)
}

/// Adds a row, whose sums cannot be less than nothing.
fn insert_usage(connection: &mut SqliteConnection, row: &UsageRow) -> QueryResult<()> {
    insert(connection, &UsageRow { unanswered_microusd: row.unanswered_microusd.max(0), ..row.clone() })
}

/// What a generation took.
pub fn sums_of(connection: &mut SqliteConnection, generation: Uuid) -> QueryResult<Sums> {
    list(connection, &Filter { generation: Some(generation), since: None }, 0, 0).map(|(_, sums)| sums)
}

/// A question to a model, and what is known of its answers.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = llm_questions)]
pub struct QuestionRow {
    /// SHA-256 of model and question.
    pub address: String,
    /// The model.
    pub model: String,
    /// What is asked.
    pub prompt: String,
    /// The JSON Schema of one answer.
    pub item: String,
    /// SHA-256 of the schema.
    pub item_hash: String,
    /// The temperature, as JSON.
    pub temperature: Option<String>,
    /// Answers that are kept.
    pub answers: i64,
    /// Whether the model had no more when it was asked last.
    pub is_exhausted: i32,
    /// Calls so far.
    pub calls: i64,
    /// Tokens that were sent.
    pub prompt_tokens: i64,
    /// Tokens that came back.
    pub completion_tokens: i64,
    /// When it was asked first.
    pub created_at: String,
    /// How many were wanted when it had no more.
    pub exhausted_wanted: Option<i64>,
    /// Who had no more.
    pub exhausted_url: Option<String>,
}

impl QuestionRow {
    /// That the model had no more when it was asked last.
    pub fn dry(&self) -> Option<Dry> {
        dry(self.is_exhausted, self.exhausted_wanted, self.exhausted_url.clone())
    }
}

fn dry(is_exhausted: i32, wanted: Option<i64>, base_url: Option<String>) -> Option<Dry> {
    let wanted = wanted.and_then(|wanted| u64::try_from(wanted).ok());
    wanted.zip(base_url).filter(|_| is_exhausted != 0).map(|(wanted, base_url)| Dry { wanted, base_url })
}

/// Calls and tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Calls.
    pub calls: i64,
    /// Tokens that were sent.
    pub prompt_tokens: i64,
    /// Tokens that came back.
    pub completion_tokens: i64,
}

/// Adds a question, unless it is there.
pub fn ask(connection: &mut SqliteConnection, row: &QuestionRow) -> QueryResult<()> {
    diesel::insert_or_ignore_into(llm_questions::table).values(row).execute(connection).map(drop)
}

/// Adds answers behind those that are kept, those that are there already aside, and what they took.
pub fn add_answers(
    connection: &mut SqliteConnection,
    address: &str,
    answers: &[String],
    taken: Taken,
) -> QueryResult<()> {
    let question = llm_questions::table.find(address);
    let mut place: i64 = question.select(llm_questions::answers).first(connection)?;
    for answer in answers {
        let row = (llm_answers::address.eq(address), llm_answers::place.eq(place), llm_answers::answer.eq(answer));
        let added = diesel::insert_or_ignore_into(llm_answers::table).values(row).execute(connection)?;
        place += added as i64;
    }
    if !answers.is_empty() {
        diesel::update(question).set(llm_questions::is_exhausted.eq(0)).execute(connection)?;
    }
    diesel::update(question)
        .set((
            llm_questions::answers.eq(place),
            llm_questions::calls.eq(llm_questions::calls + taken.calls),
            llm_questions::prompt_tokens.eq(llm_questions::prompt_tokens + taken.prompt_tokens),
            llm_questions::completion_tokens.eq(llm_questions::completion_tokens + taken.completion_tokens),
        ))
        .execute(connection)
        .map(drop)
}

/// Notes that the model has no more answers to a question.
pub fn exhaust(connection: &mut SqliteConnection, address: &str, dry: &Dry) -> QueryResult<()> {
    let question = llm_questions::table.find(address);
    let noted = (
        llm_questions::is_exhausted.eq(1),
        llm_questions::exhausted_wanted.eq(i64::try_from(dry.wanted).unwrap_or(i64::MAX)),
        llm_questions::exhausted_url.eq(&dry.base_url),
    );
    diesel::update(question).set(noted).execute(connection).map(drop)
}

/// Forgets of all questions that the model had no more answers, so that it is asked again; gives how many there were.
pub fn forget_exhausted(connection: &mut SqliteConnection) -> QueryResult<usize> {
    let exhausted = llm_questions::table.filter(llm_questions::is_exhausted.eq(1));
    diesel::update(exhausted).set(llm_questions::is_exhausted.eq(0)).execute(connection)
}

/// Forgets it of one question, where it is there.
pub fn forget_exhausted_of(connection: &mut SqliteConnection, address: &str) -> QueryResult<()> {
    diesel::update(llm_questions::table.find(address))
        .set(llm_questions::is_exhausted.eq(0))
        .execute(connection)
        .map(drop)
}

/// A question.
pub fn question(connection: &mut SqliteConnection, address: &str) -> QueryResult<Option<QuestionRow>> {
    llm_questions::table.find(address).select(QuestionRow::as_select()).first(connection).optional()
}

/// The first answers to a question, in the order in which they came.
pub fn answers(connection: &mut SqliteConnection, address: &str, most: i64) -> QueryResult<Vec<String>> {
    llm_answers::table
        .filter(llm_answers::address.eq(address))
        .filter(llm_answers::place.lt(most))
        .order(llm_answers::place.asc())
        .select(llm_answers::answer)
        .load(connection)
}

/// Of those addresses that are known how many answers are kept, and whether there are no more.
pub fn counts(connection: &mut SqliteConnection, addresses: &[&str]) -> QueryResult<Vec<(String, i64, Option<Dry>)>> {
    type Row = (String, i64, i32, Option<i64>, Option<String>);
    let mut found = Vec::with_capacity(addresses.len());
    for some in addresses.chunks(AT_ONCE) {
        let rows: Vec<Row> = llm_questions::table
            .filter(llm_questions::address.eq_any(some))
            .select((
                llm_questions::address,
                llm_questions::answers,
                llm_questions::is_exhausted,
                llm_questions::exhausted_wanted,
                llm_questions::exhausted_url,
            ))
            .load(connection)?;
        let of_row = |(address, answers, is_exhausted, wanted, base_url): Row| {
            (address, answers, dry(is_exhausted, wanted, base_url))
        };
        found.extend(rows.into_iter().map(of_row));
    }
    Ok(found)
}

/// How many answers of a model there are to questions of one schema, and what they took.
pub fn measured(connection: &mut SqliteConnection, model: &str, item_hash: &str) -> QueryResult<(i64, Taken)> {
    let sum = |column: &str| sql::<BigInt>(&format!("coalesce(sum({column}), 0)"));
    let (answers, calls, prompt_tokens, completion_tokens) = llm_questions::table
        .filter(llm_questions::model.eq(model))
        .filter(llm_questions::item_hash.eq(item_hash))
        .select((sum("answers"), sum("calls"), sum("prompt_tokens"), sum("completion_tokens")))
        .first(connection)?;
    Ok((answers, Taken { calls, prompt_tokens, completion_tokens }))
}

/// The latest questions to a model that were answered here, the latest first; what was loaded from elsewhere took nothing.
pub fn lately(connection: &mut SqliteConnection, model: &str, most: i64) -> QueryResult<Vec<QuestionRow>> {
    llm_questions::table
        .filter(llm_questions::model.eq(model))
        .filter(llm_questions::answers.gt(0))
        .filter(llm_questions::calls.gt(0))
        .order((llm_questions::created_at.desc(), llm_questions::address.asc()))
        .limit(most)
        .select(QuestionRow::as_select())
        .load(connection)
}

/// What tells whether an answer was added since.
pub fn last_answer(connection: &mut SqliteConnection) -> QueryResult<i64> {
    diesel::select(sql::<BigInt>("(SELECT coalesce(max(rowid), 0) FROM llm_answers)")).first(connection)
}

/// What a pool of a generation gave.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = generation_pools)]
pub struct PoolRow {
    /// The generation.
    pub generation_id: String,
    /// Its place among the generation's.
    pub place: i64,
    /// The question.
    pub address: String,
    /// The table.
    pub table_name: String,
    /// The columns that show its answers, as JSON.
    pub column_names: String,
    /// How many of the question's answers rows are made of: the first of them.
    pub answers: i64,
    /// Answers that were repeated.
    pub duplicates: i64,
    /// Answers that were wrong.
    pub invalid: i64,
    /// Calls that the model declined.
    pub refusals: i64,
    /// Whether the model had no more.
    pub is_exhausted: i32,
    /// Why there are no answers.
    pub failure: Option<String>,
}

/// Records the pools of a generation, in the place of those that were.
pub fn put_pools(connection: &mut SqliteConnection, generation: &str, rows: &[PoolRow]) -> QueryResult<()> {
    diesel::delete(generation_pools::table.filter(generation_pools::generation_id.eq(generation)))
        .execute(connection)?;
    for row in rows {
        diesel::insert_into(generation_pools::table).values(row).execute(connection)?;
    }
    Ok(())
}

/// The pools of a generation, in their order.
pub fn pools(connection: &mut SqliteConnection, generation: &str) -> QueryResult<Vec<PoolRow>> {
    generation_pools::table
        .filter(generation_pools::generation_id.eq(generation))
        .order(generation_pools::place.asc())
        .select(PoolRow::as_select())
        .load(connection)
}

/// The folder of the database; nothing where it is no file.
pub fn folder(connection: &mut SqliteConnection) -> QueryResult<Option<PathBuf>> {
    let file = diesel::select(sql::<Text>("(SELECT file FROM pragma_database_list WHERE name = 'main')"));
    let file: String = file.first(connection)?;
    Ok(Path::new(&file).parent().filter(|folder| !folder.as_os_str().is_empty()).map(Path::to_owned))
}

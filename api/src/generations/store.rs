//! Generations and their parts in the database.

use diesel::dsl::not;
use diesel::prelude::*;
use uuid::Uuid;

use super::{State, TableProgress, Verdict};
use crate::db::fold::fold;
use crate::db::schema::{datasets, generation_parts, generation_profiles, generations};
use crate::db::slices::{Place, Slice, holding, sliced};
use crate::jobs::leases::Lease;

/// A generation's row.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = generations)]
pub struct GenerationRow {
    /// Its id.
    pub id: String,
    /// The dataset.
    pub dataset_id: String,
    /// The version of its schema.
    pub version: i32,
    /// The seed.
    pub seed: i64,
    /// What rows are multiplied with.
    pub scale: Option<f64>,
    /// Rows by table, as JSON.
    pub rows: String,
    /// Parameters, as JSON.
    pub parameters: String,
    /// Tables with their rows, as JSON.
    pub tables: String,
    /// Version of the engine.
    pub engine_version: String,
    /// What "today" means.
    pub reference_time: String,
    /// The word of its state.
    pub state: String,
    /// Rows of all tables.
    pub rows_total: i64,
    /// Why it failed.
    pub failure: Option<String>,
    /// Hash of all values.
    pub content_hash: Option<String>,
    /// How many statements hold, as JSON.
    pub verdict: Option<String>,
    /// When it was asked for.
    pub created_at: String,
    /// Who asked for it.
    pub created_by: Option<String>,
    /// When it was begun.
    pub started_at: Option<String>,
    /// When it ended.
    pub finished_at: Option<String>,
    /// The language model that it asks.
    pub llm_model: Option<String>,
    /// US dollars that this may cost.
    pub llm_ceiling_usd: Option<f64>,
    /// When all answers were there.
    pub llm_filled_at: Option<String>,
    /// What it waits for beside its turn.
    pub held_for: Option<String>,
}

/// What a generation is held for.
const KEY: &str = "key";

/// How a state is recorded: the word, and what the generation is held for.
fn recorded(state: State) -> (&'static str, Option<&'static str>) {
    match state {
        State::NeedsKey => (State::Queued.word(), Some(KEY)),
        state => (state.word(), None),
    }
}

impl GenerationRow {
    /// Its state.
    pub fn state(&self) -> State {
        match State::of_word(&self.state) {
            Some(State::Queued) if self.held_for.is_some() => State::NeedsKey,
            state => state.unwrap_or(State::Failed),
        }
    }

    /// Its tables, with nothing done.
    pub fn table_list(&self) -> Vec<TableProgress> {
        serde_json::from_str(&self.tables).unwrap_or_default()
    }

    /// How many statements hold.
    pub fn verdict(&self) -> Option<Verdict> {
        self.verdict.as_deref().and_then(|text| serde_json::from_str(text).ok())
    }
}

/// A part's row.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = generation_parts)]
pub struct PartRow {
    /// The generation.
    pub generation_id: String,
    /// The table's place in the schema.
    pub table_index: i32,
    /// The part's place in the table.
    pub part: i32,
    /// Its rows.
    pub rows: i64,
    /// Bytes of its file.
    pub size_bytes: i64,
    /// Hash of its values.
    pub content_hash: String,
}

/// Which generations.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this dataset only.
    pub dataset: Option<Uuid>,
    /// In this state only.
    pub state: Option<State>,
    /// Part of the dataset's name; all where empty.
    pub search: String,
}

/// What generations are sorted by.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// When they were asked for.
    Created,
    /// The words of their states.
    State,
}

impl Order {
    /// The orders by the names that clients have for them.
    pub const KNOWN: [(&str, Order); 2] = [("created_at", Order::Created), ("state", Order::State)];

    /// Where a generation stands in it.
    pub fn place(self, row: &GenerationRow) -> Place {
        let key = match self {
            Order::Created => &row.created_at,
            Order::State => &row.state,
        };
        Place::new(&row.id, key)
    }
}

/// A page of the generations and one more, and how many there are in all.
pub fn list(
    connection: &mut SqliteConnection,
    filter: &Filter,
    slice: &Slice<Order>,
) -> QueryResult<(Vec<GenerationRow>, i64)> {
    let wanted = || {
        let mut query = generations::table.into_boxed();
        if let Some(dataset) = filter.dataset {
            query = query.filter(generations::dataset_id.eq(dataset.to_string()));
        }
        if let Some(state) = filter.state {
            let (word, held_for) = recorded(state);
            query = query.filter(generations::state.eq(word)).filter(generations::held_for.is(held_for));
        }
        if !filter.search.is_empty() {
            let named =
                datasets::table.filter(fold(datasets::name.nullable()).like(holding(&filter.search)).escape('\\'));
            query = query.filter(generations::dataset_id.eq_any(named.select(datasets::id)));
        }
        query
    };
    let total = wanted().count().get_result(connection)?;
    let page = wanted().select(GenerationRow::as_select());
    let page = match slice.order {
        Order::Created => sliced!(page, generations::created_at, generations::id, slice),
        Order::State => sliced!(page, generations::state, generations::id, slice),
    };
    Ok((page.load(connection)?, total))
}

/// A generation.
pub fn find(connection: &mut SqliteConnection, id: Uuid) -> QueryResult<Option<GenerationRow>> {
    generations::table.find(id.to_string()).select(GenerationRow::as_select()).first(connection).optional()
}

/// The generation of a dataset that was started last.
pub fn latest(connection: &mut SqliteConnection, dataset: &str) -> QueryResult<Option<GenerationRow>> {
    generations::table
        .filter(generations::dataset_id.eq(dataset))
        .order((generations::created_at.desc(), generations::id.desc()))
        .select(GenerationRow::as_select())
        .first(connection)
        .optional()
}

/// Adds a generation.
pub fn insert(connection: &mut SqliteConnection, row: &GenerationRow) -> QueryResult<()> {
    diesel::insert_into(generations::table).values(row).execute(connection).map(drop)
}

/// Removes a generation's record with its parts' and exports' records.
pub fn remove(connection: &mut SqliteConnection, id: &str) -> QueryResult<()> {
    diesel::delete(generations::table.find(id)).execute(connection).map(drop)
}

/// The generations that ended before an instant, some of them.
pub fn ended_before(connection: &mut SqliteConnection, at: &str, limit: i64) -> QueryResult<Vec<String>> {
    generations::table
        .filter(generations::finished_at.lt(at))
        .order(generations::finished_at.asc())
        .select(generations::id)
        .limit(limit)
        .load(connection)
}

/// Puts the generations that a dead server was working on back into the queue.
pub fn requeue_running(connection: &mut SqliteConnection) -> QueryResult<usize> {
    diesel::update(generations::table.filter(generations::state.eq(State::Running.word())))
        .set(generations::state.eq(State::Queued.word()))
        .execute(connection)
}

/// What a worker does with a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Waits for the answers of a language model.
    Answers,
    /// Makes its rows.
    Rows,
}

/// Takes the generation that has waited longest for a stage, if one waits, for as long as the lease says. One whose lease ran out, its worker
/// being gone, comes first.
pub fn take_next(connection: &mut SqliteConnection, stage: Stage, lease: &Lease) -> QueryResult<Option<GenerationRow>> {
    let waiting = || {
        let query = generations::table
            .order((generations::created_at.asc(), generations::id.asc()))
            .select(GenerationRow::as_select())
            .into_boxed();
        let asks = generations::llm_model.is_not_null().and(generations::llm_filled_at.is_null());
        match stage {
            Stage::Answers => query.filter(asks),
            Stage::Rows => query.filter(not(asks)),
        }
    };
    let left: Option<GenerationRow> = waiting()
        .filter(generations::state.eq(State::Running.word()))
        .filter(generations::leased_until.lt(&lease.now))
        .filter(generations::id.ne_all(&lease.held))
        .first(connection)
        .optional()?;
    let next = match left {
        Some(left) => Some(left),
        None => waiting()
            .filter(generations::state.eq(State::Queued.word()))
            .filter(generations::held_for.is_null())
            .first(connection)
            .optional()?,
    };
    let Some(mut row) = next else { return Ok(None) };
    row.state = State::Running.word().to_owned();
    row.started_at.get_or_insert_with(|| lease.now.clone());
    diesel::update(generations::table.find(&row.id))
        .set((
            generations::state.eq(&row.state),
            generations::started_at.eq(&row.started_at),
            generations::leased_until.eq(&lease.until),
            generations::attempts.eq(generations::attempts + 1),
        ))
        .execute(connection)?;
    Ok(Some(row))
}

/// How often a generation was taken since its last part was finished, or since it was put back into the queue.
pub fn attempts(connection: &mut SqliteConnection, id: &str) -> QueryResult<i32> {
    generations::table.find(id).select(generations::attempts).first(connection)
}

/// Renews the leases of the generations that workers hold.
pub fn renew(connection: &mut SqliteConnection, lease: &Lease) -> QueryResult<usize> {
    let held = generations::table.filter(generations::id.eq_any(&lease.held));
    diesel::update(held.filter(generations::state.eq(State::Running.word())))
        .set(generations::leased_until.eq(&lease.until))
        .execute(connection)
}

/// Puts a generation into another state, if it is in `from`; says whether it was.
pub fn change_state(
    connection: &mut SqliteConnection,
    id: &str,
    from: State,
    to: State,
    now: &str,
) -> QueryResult<bool> {
    let (word, held_for) = recorded(from);
    let row =
        generations::table.find(id).filter(generations::state.eq(word)).filter(generations::held_for.is(held_for));
    let ended = to.is_final().then(|| now.to_owned());
    let (word, held_for) = recorded(to);
    let changed = diesel::update(row)
        .set((
            generations::state.eq(word),
            generations::held_for.eq(held_for),
            generations::failure.eq(None::<String>),
            generations::finished_at.eq(ended),
            generations::attempts.eq(0),
        ))
        .execute(connection)?;
    Ok(changed > 0)
}

/// Has a running generation wait for a key, and says why; says whether it was running.
pub fn hold(connection: &mut SqliteConnection, id: &str, why: &str) -> QueryResult<bool> {
    let (word, held_for) = recorded(State::NeedsKey);
    let running = generations::table.find(id).filter(generations::state.eq(State::Running.word()));
    let changed = diesel::update(running)
        .set((generations::state.eq(word), generations::held_for.eq(held_for), generations::failure.eq(why)))
        .execute(connection)?;
    Ok(changed > 0)
}

/// Records that the answers of a language model are there, if the generation is running; says whether it was.
pub fn filled(connection: &mut SqliteConnection, id: &str, model: &str, now: &str) -> QueryResult<bool> {
    let running = generations::table.find(id).filter(generations::state.eq(State::Running.word()));
    let changed = diesel::update(running)
        .set((generations::llm_model.eq(model), generations::llm_filled_at.eq(now)))
        .execute(connection)?;
    Ok(changed > 0)
}

/// The certificate of a generation, as JSON.
pub fn certificate(connection: &mut SqliteConnection, id: &str) -> QueryResult<Option<String>> {
    generations::table.find(id).select(generations::certificate).first(connection)
}

/// What a generation ends with.
#[derive(Clone, Debug, Default)]
pub struct Ending {
    /// Why it failed.
    pub failure: Option<String>,
    /// Hash of all values.
    pub content_hash: Option<String>,
    /// How many statements hold, as JSON.
    pub verdict: Option<String>,
    /// The certificate, as JSON.
    pub certificate: Option<String>,
}

/// Ends a generation that is running; says whether it was.
pub fn finish(
    connection: &mut SqliteConnection,
    id: &str,
    state: State,
    ending: &Ending,
    now: &str,
) -> QueryResult<bool> {
    let running = generations::table.find(id).filter(generations::state.eq(State::Running.word()));
    let changed = diesel::update(running)
        .set((
            generations::state.eq(state.word()),
            generations::failure.eq(&ending.failure),
            generations::content_hash.eq(&ending.content_hash),
            generations::verdict.eq(&ending.verdict),
            generations::certificate.eq(&ending.certificate),
            generations::finished_at.eq(now),
        ))
        .execute(connection)?;
    Ok(changed > 0)
}

/// The recorded parts, in the order of tables and rows.
pub fn parts(connection: &mut SqliteConnection, id: &str) -> QueryResult<Vec<PartRow>> {
    generation_parts::table
        .filter(generation_parts::generation_id.eq(id))
        .order((generation_parts::table_index.asc(), generation_parts::part.asc()))
        .select(PartRow::as_select())
        .load(connection)
}

/// Records a part.
pub fn insert_part(connection: &mut SqliteConnection, row: &PartRow) -> QueryResult<()> {
    diesel::update(generations::table.find(&row.generation_id)).set(generations::attempts.eq(0)).execute(connection)?;
    diesel::replace_into(generation_parts::table).values(row).execute(connection).map(drop)
}

/// The profile of a table, as JSON.
pub fn profile(connection: &mut SqliteConnection, id: &str, table: i32) -> QueryResult<Option<String>> {
    let row = generation_profiles::table.find((id, table));
    row.select(generation_profiles::profile).first(connection).optional()
}

/// Records the profile of a table, as JSON.
pub fn insert_profile(connection: &mut SqliteConnection, id: &str, table: i32, profile: &str) -> QueryResult<()> {
    diesel::replace_into(generation_profiles::table)
        .values((
            generation_profiles::generation_id.eq(id),
            generation_profiles::table_index.eq(table),
            generation_profiles::profile.eq(profile),
        ))
        .execute(connection)
        .map(drop)
}

/// Forgets a generation's parts and profiles.
pub fn remove_parts(connection: &mut SqliteConnection, id: &str) -> QueryResult<()> {
    diesel::delete(generation_profiles::table.filter(generation_profiles::generation_id.eq(id))).execute(connection)?;
    diesel::delete(generation_parts::table.filter(generation_parts::generation_id.eq(id))).execute(connection).map(drop)
}

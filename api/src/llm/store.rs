//! Calls of language models in the database.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use uuid::Uuid;

use crate::db::schema::llm_usage;

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

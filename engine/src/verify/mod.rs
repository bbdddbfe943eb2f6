//! Verification: whether finished rows keep what their schema states, whoever made them.
//!
//! Invariant: nothing here knows generators, enforcement or plans. What a schema states is turned into conditions in the language's SQL, or into
//! an operator of the meaning of an SQL statement, and run on rows; [`verify_sql`] delivers the same statements for other databases, so that a
//! doubter runs the same proof there. A statement is broken where its condition is false; null passes. What cannot be checked is an error or is
//! reported as unproved, never passed over.

mod aggregate;
mod calculate;
mod certificate;
mod combination;
mod condition;
mod correlation;
mod dialect;
mod distinct;
mod distribution;
mod exact;
mod few;
mod given;
mod html;
mod implies;
mod joins;
mod keys;
mod live;
mod order;
mod overlap;
mod reader;
mod rows;
mod score;
mod source;
mod sql;
mod statement;
mod statistic;
mod totals;
mod tree;
mod turn;
mod values;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::error::DataFusionError;
use datafusion::execution::runtime_env::RuntimeEnv;
use futures::future::{try_join, try_join_all};
use serde_json::{Map, Value, json};

pub use certificate::{Certificate, EXAMPLES, Fit, Measure, RuleResult, TableRows, Unreadable};
pub use dialect::Dialect;
pub use distribution::{Distribution, Shape};
pub use live::{Feed, Live};
pub use sql::verify_sql;

pub(crate) use values::json as value_json;

use crate::expr::Parsed;
use crate::schema::{Children, Column, Dataset, Datetime, ForeignKey, Table};
use crate::types::LogicalType;
use joins::{Joins, Place, parent_of};
use live::CloseOnDrop;
use reader::Means;
use rows::RowStatement;
use source::Database;
use statement::{Claim, Statement, statements};

/// Why no certificate could be made.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A table of the schema was not delivered.
    #[error("table \"{table}\" is missing")]
    MissingTable {
        /// Its name.
        table: String,
    },
    /// The SQL of a statement cannot be read, or has no value for some row.
    #[error("\"{statement}\" cannot be checked: {detail}")]
    Sql {
        /// Id of the statement.
        statement: String,
        /// What is wrong, in one sentence without a full stop.
        detail: String,
    },
    /// Rows could not be read.
    #[error("table \"{table}\" cannot be read: {}", source.strip_backtrace())]
    Read {
        /// The table.
        table: String,
        /// Why.
        source: Box<DataFusionError>,
    },
    /// The caller's memory does not suffice.
    #[error("\"{statement}\" cannot be checked: {}", source.strip_backtrace())]
    Memory {
        /// Id of the statement.
        statement: String,
        /// Why.
        source: Box<DataFusionError>,
    },
}

impl VerifyError {
    fn sql(statement: &str, detail: String) -> VerifyError {
        VerifyError::Sql { statement: statement.to_owned(), detail }
    }

    fn read(table: &str, source: DataFusionError) -> VerifyError {
        VerifyError::Read { table: table.to_owned(), source: Box::new(source) }
    }

    fn memory(statement: &str, source: DataFusionError) -> VerifyError {
        VerifyError::Memory { statement: statement.to_owned(), source: Box::new(source) }
    }

    /// Whether memory did not suffice, so that another way may do.
    fn is_exhausted(&self) -> bool {
        match self {
            VerifyError::Read { source, .. } => matches!(source.find_root(), DataFusionError::ResourcesExhausted(_)),
            _ => false,
        }
    }
}

/// What was found about a statement.
#[derive(Debug, Default)]
struct Outcome {
    checked: u64,
    broken: u64,
    examples: Vec<Value>,
    measures: Vec<Measure>,
    unproved: Option<String>,
}

impl Outcome {
    fn unproved(reason: String) -> Outcome {
        Outcome { unproved: Some(reason), ..Outcome::default() }
    }
}

/// Checks everything that the schema states on the delivered tables, each under its name, and says what was found.
///
/// `runtime` lends memory and a place to spill. Work is spawned into the caller's tokio runtime; none is started here. The same rows give the
/// same certificate, however they lie in partitions.
pub async fn certify(
    dataset: &Dataset,
    tables: Vec<(String, Arc<dyn TableProvider>)>,
    runtime: Arc<RuntimeEnv>,
) -> Result<Certificate, VerifyError> {
    certify_made(dataset, &Expected::default(), tables, runtime, None).await
}

/// What a plan knows of delivered rows beyond what its dataset says in so many words.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// Tables, each with the columns that are never null.
    pub never_null: HashMap<String, Vec<String>>,
    /// Tables, each with columns that are null under conditions alone, and the condition under which they never are.
    pub never_null_where: HashMap<String, HashMap<String, String>>,
    /// Tables, each with columns that rules compute in some rows alone, and the condition under which they are null.
    pub null_where: HashMap<String, HashMap<String, String>>,
    /// Tables, each with the types of its delivered columns, declared or not.
    pub types: HashMap<String, HashMap<String, LogicalType>>,
    /// Declared distributions, which are measured and never broken.
    pub distributions: Vec<Distribution>,
}

impl Expected {
    fn is_never_null(&self, table: &str, column: &str) -> bool {
        self.never_null.get(table).is_some_and(|columns| columns.iter().any(|known| known == column))
    }

    /// The type of a column: the declared one, else the one that its generator gives it.
    fn logical_type(&self, table: &Table, column: &Column) -> Option<LogicalType> {
        column.logical_type().or_else(|| self.types.get(&table.name)?.get(&column.name).cloned())
    }
}

/// The same with what the plan knows, of tables some of which are still to be made: statements that read such a table once take its rows as
/// they are made.
pub async fn certify_made(
    dataset: &Dataset,
    expected: &Expected,
    tables: Vec<(String, Arc<dyn TableProvider>)>,
    runtime: Arc<RuntimeEnv>,
    live: Option<Live>,
) -> Result<Certificate, VerifyError> {
    let _closed = CloseOnDrop(live.clone());
    let statements = statements(dataset, expected);
    let database = Database::new(tables, &runtime, dataset.reference_time_us(), live.clone())?;
    if let Some(table) = dataset.tables.iter().find(|table| !database.has(&table.name)) {
        return Err(VerifyError::MissingTable { table: table.name.clone() });
    }
    let means = Means::of(&runtime.memory_pool);
    let mut delivered = Vec::new();
    let (mut proofs, mut measurements) = (Vec::new(), Vec::new());
    for table in &dataset.tables {
        let rows = database.rows(&table.name).await?;
        delivered.push(TableRows { name: table.name.clone(), rows });
        for together in proved_together(table, &statements) {
            let prover = Prover { dataset, database: database.in_turn(table), means: means.clone() };
            proofs.push(prover.prove(table, together, rows));
        }
        let own: Vec<&Distribution> = expected.distributions.iter().filter(|of| of.table == table.name).collect();
        let database = database.in_turn(table);
        measurements.push(async move {
            if own.is_empty() {
                return Ok(Vec::new());
            }
            database.turn().take().await;
            distribution::check(&database, dataset, table, &own).await
        });
    }
    if let Some(live) = &live {
        live.open();
    }
    let mut outcomes: Vec<Option<Outcome>> = statements.iter().map(|_| None).collect();
    let (proved, measured) = try_join(try_join_all(proofs), try_join_all(measurements)).await?;
    for (place, outcome) in proved.into_iter().flatten() {
        outcomes[place] = Some(outcome);
    }
    let results = statements.iter().zip(outcomes).map(|(statement, outcome)| {
        let outcome = outcome.unwrap_or_default();
        RuleResult {
            id: statement.id.clone(),
            kind: statement.kind.to_owned(),
            table: statement.table.name.clone(),
            statement: statement.says.clone(),
            checked: outcome.checked,
            broken: outcome.broken,
            examples: outcome.examples,
            measures: outcome.measures,
            unproved: outcome.unproved,
        }
    });
    Ok(Certificate {
        dataset: dataset.name.clone(),
        engine_version: crate::ENGINE_VERSION.to_owned(),
        seed: dataset.random_seed,
        reference_time: Datetime(dataset.reference_time_us()).to_string(),
        tables: delivered,
        results: results.collect(),
        distributions: measured.into_iter().flatten().collect(),
        notes: Vec::new(),
    })
}

/// Statements of a table, each with its place among all, in lists that are proved in one reading: those about single rows; a key and the
/// numbers of its children.
fn proved_together<'s, 'a>(table: &'a Table, statements: &'s [Statement<'a>]) -> Vec<Vec<(usize, &'s Statement<'a>)>> {
    let own = statements.iter().enumerate().filter(|(_, statement)| std::ptr::eq(statement.table, table));
    let (mut of_rows, mut others) = (Vec::new(), Vec::<Vec<(usize, &Statement<'a>)>>::new());
    for (place, statement) in own {
        match (&statement.claim, others.last_mut()) {
            (Claim::Row { .. }, _) => of_rows.push((place, statement)),
            // A key's children are counted with the key, which stands before them.
            (Claim::Children(key, _), _) => {
                let is_theirs = |(_, other): &(usize, &Statement<'a>)| match &other.claim {
                    Claim::ForeignKey(other) => std::ptr::eq(*other, *key),
                    _ => false,
                };
                if let Some(with) = others.iter_mut().find(|list| list.first().is_some_and(is_theirs)) {
                    with.push((place, statement));
                }
            }
            _ => others.push(vec![(place, statement)]),
        }
    }
    if !of_rows.is_empty() {
        others.insert(0, of_rows);
    }
    others
}

/// Checks statements on delivered tables.
struct Prover<'a> {
    dataset: &'a Dataset,
    database: Database,
    means: Means,
}

impl<'a> Prover<'a> {
    /// The outcomes of statements that are proved together, each with its place, once it is their turn.
    async fn prove(
        self,
        table: &'a Table,
        together: Vec<(usize, &Statement<'a>)>,
        rows: u64,
    ) -> Result<Vec<(usize, Outcome)>, VerifyError> {
        self.database.turn().take().await;
        let [(_, first), ..] = &together[..] else { return Ok(Vec::new()) };
        let id = first.id.as_str();
        let outcomes = match &first.claim {
            Claim::Row { .. } => {
                let of_rows = together.iter().filter_map(|(_, statement)| match &statement.claim {
                    Claim::Row { when, condition } => {
                        Some(RowStatement { id: &statement.id, when: *when, condition: *condition })
                    }
                    _ => None,
                });
                let of_rows: Vec<RowStatement<'_>> = of_rows.collect();
                rows::check(&self.database, self.dataset, table, &of_rows).await?
            }
            Claim::ForeignKey(key) => {
                let (keys, numbers) = self.relation(id, table, key, None).await?;
                vec![keys, numbers]
            }
            claim => vec![self.one(id, table, claim, rows).await?],
        };
        Ok(together.iter().map(|(place, _)| *place).zip(outcomes).collect())
    }

    /// The outcome of a statement that is proved alone.
    async fn one(&self, id: &str, table: &'a Table, claim: &Claim<'a>, rows: u64) -> Result<Outcome, VerifyError> {
        let (database, dataset, means) = (&self.database, self.dataset, &self.means);
        match claim {
            Claim::Rows(asked) => Ok(totals::rows(*asked, rows)),
            Claim::Type(column) => self.column_type(table, column, rows).await,
            Claim::PrimaryKey(columns) => {
                let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
                self.unique(id, table, &columns, None, true).await
            }
            Claim::Unique { columns, when } => self.unique(id, table, columns, *when, false).await,
            Claim::Total { when, total } => totals::check(database, dataset, table, means, (id, *when, total)).await,
            Claim::Where { key, condition } => Ok(self.relation(id, table, key, Some(condition)).await?.0),
            Claim::Given(rows) => given::check(database, dataset, table, (id, rows)).await,
            Claim::Aggregate { when, aggregate } => {
                database.turn().stand_back().await;
                aggregate::check(database, dataset, table, means, (id, *when, aggregate)).await
            }
            Claim::NoOverlap { when, overlap } => {
                database.turn().stand_back().await;
                overlap::check(database, dataset, table, means, (id, *when, overlap)).await
            }
            Claim::Tree(key) => {
                database.turn().stand_back().await;
                tree::check(database, dataset, table, means, (id, key)).await
            }
            // Proved with others.
            Claim::Row { .. } | Claim::ForeignKey(_) | Claim::Children(..) => Ok(Outcome::default()),
        }
    }

    /// Whether every value of a column is one of its type.
    async fn column_type(&self, table: &'a Table, column: &'a Column, rows: u64) -> Result<Outcome, VerifyError> {
        let Some(delivered) = self.database.delivered(table, column) else {
            let mut example = json!({ "column": column.name, "delivered": null });
            if let Some(like) = self.database.named_like(table, column) {
                example["like_it"] = like.into();
            }
            return Ok(Outcome { checked: rows, broken: rows.max(1), examples: vec![example], ..Outcome::default() });
        };
        let mut outcome = Outcome { checked: rows, ..Outcome::default() };
        let Some(logical) = column.logical_type() else { return Ok(outcome) };
        // Text of that type may be none, and a decimal of that type may have more digits than its type has.
        let is_looked_at = matches!(logical, LogicalType::Json | LogicalType::Decimal { .. });
        if *delivered.data_type() == logical.arrow() && !is_looked_at {
            return Ok(outcome);
        }
        let to = values::read_as(column, &delivered);
        if to != logical.arrow() && !matches!(logical, LogicalType::List(_)) {
            let example = json!({ "column": column.name, "delivered": delivered.data_type().to_string() });
            return Ok(Outcome { broken: rows.max(1), examples: vec![example], ..outcome });
        }
        let mut joins = Joins::new(self.dataset, table);
        let id = format!("type:{}.{}", table.name, column.name);
        let place = joins.own(&column.name).map_err(|detail| VerifyError::sql(&id, detail))?;
        let source = self.database.source(&joins, table, &[place], true).await?;
        let parts = source
            .fold_made(<(u64, few::Few<Value>)>::default, {
                let name = column.name.clone();
                move |(broken, few), batch, _| {
                    let values = batch.column(0);
                    let wrong = |error| VerifyError::sql(&id, format!("{error}"));
                    let strangers = values::strangers(values, &logical, &to).map_err(wrong)?;
                    for row in strangers.values().set_indices() {
                        *broken += 1;
                        let value = values::json(values, row);
                        few.offer(value.to_string().as_bytes(), || json!({ name.clone(): value }));
                    }
                    Ok(())
                }
            })
            .await?;
        let mut examples = few::Few::default();
        for part in parts {
            outcome.broken += part.state.0;
            examples.merge(part.state.1);
        }
        outcome.examples = examples.into_values();
        Ok(outcome)
    }

    /// Whether combinations repeat; of a primary key a null breaks it as well.
    async fn unique(
        &self,
        id: &str,
        table: &'a Table,
        columns: &[&str],
        when: Option<&str>,
        is_key: bool,
    ) -> Result<Outcome, VerifyError> {
        let wrong = |detail: String| VerifyError::sql(id, detail);
        let mut joins = Joins::new(self.dataset, table);
        let mut places: Vec<Place<'a>> = Vec::new();
        for column in columns {
            places.push(joins.own(column).map_err(wrong)?);
        }
        let when = when.map(Parsed::parse).transpose().map_err(|problem| wrong(problem.to_string()))?;
        joins.add_read(&mut places, when.iter().flat_map(Parsed::references)).map_err(wrong)?;
        if let Some(reason) = rows::absent(&self.database, &joins, &places) {
            return Ok(Outcome::unproved(reason));
        }
        let source = self.database.source(&joins, table, &places, false).await?;
        let compile = |parsed: &Parsed| rows::compile(id, parsed, source.schema(), self.dataset.reference_time_us());
        let when = when.as_ref().map(compile).transpose()?;
        let asked = distinct::Asked { id: id.to_owned(), columns: (0..columns.len()).collect(), when };
        let repeats = distinct::repeats(&source, &asked, &self.means).await?;
        let nulls = if is_key { repeats.nulls } else { 0 };
        let mut examples = if is_key { repeats.null_examples } else { Vec::new() };
        examples.extend(repeats.examples);
        Ok(Outcome {
            checked: if is_key { repeats.rows } else { repeats.rows - repeats.nulls },
            broken: repeats.repeats + nulls,
            examples: objects(examples),
            ..Outcome::default()
        })
    }

    /// Whether each key exists in the parent, in a row of which `limit` is true, and whether the numbers of children are within their bounds.
    async fn relation(
        &self,
        id: &str,
        table: &'a Table,
        key: &'a ForeignKey,
        limit: Option<&str>,
    ) -> Result<(Outcome, Outcome), VerifyError> {
        let wrong = |detail: String| VerifyError::sql(id, detail);
        let parent = parent_of(self.dataset, key).map_err(wrong)?;
        let (mut own, mut theirs) = (Joins::new(self.dataset, table), Joins::new(self.dataset, parent));
        let mut children: Vec<Place<'a>> = Vec::new();
        let mut parents: Vec<Place<'a>> = Vec::new();
        for (column, referenced) in key.columns.iter().zip(&key.references.columns) {
            children.push(own.own(column).map_err(wrong)?);
            parents.push(theirs.own(referenced).map_err(wrong)?);
        }
        let limit = limit.map(Parsed::parse).transpose().map_err(|problem| wrong(problem.to_string()))?;
        theirs.add_read(&mut parents, limit.iter().flat_map(Parsed::references)).map_err(wrong)?;
        let reason = rows::absent(&self.database, &own, &children);
        if let Some(reason) = reason.or_else(|| rows::absent(&self.database, &theirs, &parents)) {
            return Ok((Outcome::unproved(reason.clone()), Outcome::unproved(reason)));
        }
        let columns = children.len();
        let mut shown = Vec::new();
        for column in &table.primary_key {
            let place = own.own(column).map_err(wrong)?;
            if self.database.delivered(table, place.column).is_none() {
                continue;
            }
            shown.push(children.iter().position(|other| other.name == place.name).unwrap_or(children.len()));
            if shown.last() == Some(&children.len()) {
                children.push(place);
            }
        }
        shown.extend((0..columns).filter(|column| !shown.contains(column)).collect::<Vec<_>>());
        let children_source = self.database.source(&own, table, &children, false).await?;
        let parents_source = self.database.source(&theirs, parent, &parents, false).await?;
        let compile =
            |parsed: &Parsed| rows::compile(id, parsed, parents_source.schema(), self.dataset.reference_time_us());
        let asked = keys::Asked {
            id,
            limit: limit.as_ref().map(compile).transpose()?,
            children: &children_source,
            parents: &parents_source,
            columns,
            shown,
            bounds: key.children.as_ref(),
        };
        let relation = keys::relate(&asked, &self.means).await?;
        let mut numbers = Outcome {
            checked: relation.parents,
            broken: relation.out_of_bounds,
            examples: objects(relation.bounds_examples),
            ..Outcome::default()
        };
        if let Some(expected) = key.children.as_ref().and_then(|children| total(children, relation.parents))
            && (expected - relation.keys as f64).abs() > NEAREST
        {
            numbers.broken += 1;
            numbers.examples.insert(0, json!({ "children": relation.keys, "expected": libm::round(expected) as u64 }));
            numbers.examples.truncate(EXAMPLES);
        }
        let keys = Outcome {
            checked: relation.keys,
            broken: relation.orphans,
            examples: objects(relation.orphan_examples),
            ..Outcome::default()
        };
        Ok((keys, numbers))
    }
}

/// How far a whole number lies from another at most that it is nearest to; of two that are as near, either is.
const NEAREST: f64 = 0.500_001;

/// How many children there are in all, where the schema says so: as many as the mean asks for, which may be no whole number.
fn total(children: &Children, parents: u64) -> Option<f64> {
    children.total.map(|total| total as f64).or_else(|| children.mean.map(|mean| mean * parents as f64))
}

fn objects(examples: Vec<Map<String, Value>>) -> Vec<Value> {
    examples.into_iter().take(EXAMPLES).map(Value::Object).collect()
}

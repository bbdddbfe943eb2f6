//! Datasets: schemas with a name and a history. Every save that changes something is a version that never changes again.

pub mod routes;
pub mod service;
pub mod store;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::generations::State;
use crate::users::Author;

/// A dataset, as lists and its page show it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Dataset {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    #[schema(example = "hiring")]
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// Its current version, from 1.
    pub version: i32,
    /// Entity tag of the current version's schema, without its quotes: the `etag` of that version.
    pub schema_etag: String,
    /// When it was created.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it was changed last.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// Who changed it last.
    pub updated_by: Option<Author>,
    /// When it was deleted; it can be restored for 30 days.
    #[schema(format = DateTime)]
    pub deleted_at: Option<String>,
    /// Its tables, as the current version plans them.
    pub tables: Vec<TableSummary>,
    /// Rows of all tables.
    pub rows: u64,
    /// The generation that was started last.
    pub last_generation: Option<GenerationSummary>,
}

/// A table in a word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TableSummary {
    /// Its name.
    pub name: String,
    /// Delivered columns.
    pub columns: u64,
    /// Rows.
    pub rows: u64,
}

/// A generation in a word.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GenerationSummary {
    /// Its id.
    pub id: Uuid,
    /// Where it stands.
    pub state: State,
    /// Rows that it makes.
    pub rows_total: u64,
    /// When it was asked for.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it ended.
    #[schema(format = DateTime)]
    pub finished_at: Option<String>,
    /// Statements that do not hold; null before they were checked.
    pub broken: Option<u64>,
}

/// A version of a dataset's schema.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Version {
    /// Its number, from 1.
    pub version: i32,
    /// The entity tag without its quotes: the SHA-256 of the schema's canonical JSON in hexadecimal, a hyphen and the version, since texts with
    /// other comments have the same hash.
    pub etag: String,
    /// `application/yaml` or `application/json`.
    pub media_type: String,
    /// When it was saved.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Who saved it.
    pub created_by: Option<Author>,
    /// Bytes of its text.
    pub size_bytes: u64,
    /// The schema as it was written; left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

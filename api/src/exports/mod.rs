//! Exports: files of a generation in a format, made once and kept beside its rows.

pub mod routes;
pub mod service;
pub mod store;
pub mod worker;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::generations::State;

/// A file of a generation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Export {
    /// Its id.
    pub id: Uuid,
    /// The generation.
    pub generation_id: Uuid,
    /// The dataset.
    pub dataset_id: Uuid,
    /// The dataset's name.
    pub dataset_name: String,
    /// The format.
    pub format: String,
    /// The tables in it, in the order of the schema.
    pub tables: Vec<String>,
    /// The choices of the format.
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    pub options: Value,
    /// How the files are compressed.
    pub compression: Option<String>,
    /// Where it stands.
    pub state: State,
    /// The name under which a browser saves it.
    pub file_name: Option<String>,
    /// Bytes of the file.
    pub size_bytes: Option<u64>,
    /// Why it failed.
    pub failure: Option<String>,
    /// When it was asked for.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it ended.
    #[schema(format = DateTime)]
    pub finished_at: Option<String>,
}

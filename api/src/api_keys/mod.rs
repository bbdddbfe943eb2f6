//! API keys: what programs call with in a user's name.

pub mod routes;
pub mod service;
pub mod store;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::users::Role;

/// What every key begins with.
pub const MARK: &str = "sd_";

/// An API key, without its secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ApiKey {
    /// Its id.
    pub id: Uuid,
    /// What it is for.
    #[schema(example = "nightly build")]
    pub name: String,
    /// What it begins with, by which it is recognised.
    #[schema(example = "sd_3f9c0a51d2e7")]
    pub prefix: String,
    /// What it may do; no more than its owner may.
    pub role: Role,
    /// The resources that it is limited to; null for all.
    pub scopes: Option<Vec<String>>,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it ends.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// When it was used last, to the hour; null before.
    #[schema(format = DateTime)]
    pub last_used_at: Option<String>,
}

/// A new API key, with its secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CreatedApiKey {
    /// The key itself, shown this once: sent as `Authorization: Bearer`.
    #[schema(example = "sd_3f9c0a51d2e7_5d1f…")]
    pub key: String,
    /// What is kept of it.
    #[serde(flatten)]
    pub api_key: ApiKey,
}

//! Users: who may sign in, and what each may do.

pub mod routes;
pub mod service;
pub mod store;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What a user may do; each role may also do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads, plans, previews and exports.
    Viewer,
    /// Also writes datasets and generates.
    Editor,
    /// Also manages users and the server.
    Admin,
}

impl Role {
    /// The word that names it.
    pub fn word(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Editor => "editor",
            Role::Admin => "admin",
        }
    }

    /// The role of a word.
    pub fn of_word(word: &str) -> Option<Role> {
        [Role::Viewer, Role::Editor, Role::Admin].into_iter().find(|role| role.word() == word)
    }
}

/// A user.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct User {
    /// Its id.
    pub id: Uuid,
    /// The e-mail address to sign in with.
    #[schema(example = "ana@example.com")]
    pub email: String,
    /// How the user is called.
    #[schema(example = "Ana Quispe")]
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// When the user was created.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// A user as others see it beside what it did.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Author {
    /// Its id.
    pub id: Uuid,
    /// How the user is called.
    pub name: String,
}

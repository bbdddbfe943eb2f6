//! Signing in and staying signed in.
//!
//! A refresh token is used once and replaced. The old one sent again within seconds (two tabs, an answer that was lost) gets the same
//! successor; later it is taken for a stolen one and ends the whole family.

use std::sync::{Mutex, PoisonError};

use diesel::SqliteConnection;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::store::{self, SessionRow};
use super::tokens::{self, Secret};
use crate::db;
use crate::error::{ApiError, Code};
use crate::http::context;
use crate::users::service::{self as users, NewUser};
use crate::users::store::{self as user_store, UserRow};
use crate::users::{Role, User};

/// How long a session lasts without being used.
pub const SESSION_DAYS: i64 = 30;

/// How long an old refresh token still gets its successor.
const GRACE: SignedDuration = SignedDuration::from_secs(10);

/// The one-time link with which the first user is created; a new one with every start.
pub struct SetupLink(Mutex<Option<String>>);

impl SetupLink {
    /// A link with a fresh token.
    pub fn new() -> Result<SetupLink, ApiError> {
        Ok(SetupLink(Mutex::new(Some(tokens::random()?))))
    }

    /// Its token, until it was used.
    pub fn token(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn use_up(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn check(&self, token: &str) -> Result<(), ApiError> {
        // Hashes are compared, so that the time tells nothing about the token.
        let fits =
            self.token().is_some_and(|expected| tokens::is_same(&tokens::stored(&expected), &tokens::stored(token)));
        if fits {
            return Ok(());
        }
        Err(ApiError::new(
            Code::InvalidLink,
            "the set-up link was used or belongs to an earlier start; the server prints the one that works",
        ))
    }
}

/// A refresh token for the cookie, and whose it is.
pub struct SignedIn {
    /// The token.
    pub refresh: String,
    /// The user.
    pub user: User,
    /// What the access token carries.
    pub session_version: i32,
}

/// Checks the token of the set-up link and prepares the first user, an admin.
pub fn prepare_first_user(link: &SetupLink, token: &str, mut user: NewUser) -> Result<UserRow, ApiError> {
    link.check(token)?;
    user.role = Role::Admin;
    user.prepare()
}

/// Adds the first user and signs it in; only one can be the first.
pub fn add_first_user(
    connection: &mut SqliteConnection,
    link: &SetupLink,
    token: &str,
    row: &UserRow,
) -> Result<SignedIn, ApiError> {
    link.check(token)?;
    if user_store::count(connection)? > 0 {
        link.use_up();
        return Err(ApiError::new(Code::InvalidLink, "the first user exists already; sign in"));
    }
    users::add(connection, row)?;
    let signed_in = begin(connection, row)?;
    link.use_up();
    Ok(signed_in)
}

/// Begins a session.
pub fn begin(connection: &mut SqliteConnection, user: &UserRow) -> Result<SignedIn, ApiError> {
    let refresh = tokens::random()?;
    let now = Timestamp::now();
    store::remove_expired(connection, &db::spell(now))?;
    store::insert(connection, &session(&refresh, &Uuid::now_v7().to_string(), &user.id, now))?;
    context::acts_as(&user.id);
    Ok(SignedIn { refresh, user: user.user(), session_version: user.session_version })
}

/// What a refresh token gets: a successor, or the end of its family. The outer result is the transaction's, which commits both.
pub fn refresh(
    connection: &mut SqliteConnection,
    secret: &Secret,
    token: &str,
) -> Result<Result<SignedIn, ApiError>, ApiError> {
    let ended = |sentence: &str| Ok(Err(ApiError::new(Code::NoSession, sentence)));
    let now = Timestamp::now();
    let hash = tokens::stored(token);
    let Some(row) = store::find(connection, &hash)?.filter(|row| row.expires_at > db::spell(now)) else {
        return ended("sign in again");
    };
    let Some(user) = user_store::by_id(connection, user_store::uuid(&row.user_id))? else {
        return ended("the user is gone");
    };
    match row.rotated_at.as_ref().and_then(|at| at.parse::<Timestamp>().ok()) {
        Some(rotated) if now.duration_since(rotated) > GRACE => {
            store::end_family(connection, &row.family)?;
            return ended("an old token was used again, so the session was ended; sign in again");
        }
        Some(_) => {}
        None => store::rotate(connection, &hash, &db::spell(now))?,
    }
    let refresh = tokens::successor(secret, token);
    store::insert(connection, &session(&refresh, &row.family, &row.user_id, now))?;
    Ok(Ok(SignedIn { refresh, user: user.user(), session_version: user.session_version }))
}

/// Removes the sessions that have ended by themselves.
pub fn remove_expired(connection: &mut SqliteConnection, now: Timestamp) -> Result<(), ApiError> {
    Ok(store::remove_expired(connection, &db::spell(now))?)
}

/// Ends the session of a token, if there is one.
pub fn end(connection: &mut SqliteConnection, token: &str) -> Result<(), ApiError> {
    if let Some(row) = store::find(connection, &tokens::stored(token))? {
        store::end_family(connection, &row.family)?;
        context::acts_as(&row.user_id);
    }
    Ok(())
}

fn session(token: &str, family: &str, user_id: &str, now: Timestamp) -> SessionRow {
    let expires = now + SignedDuration::from_hours(24 * SESSION_DAYS);
    SessionRow {
        token_hash: tokens::stored(token),
        family: family.to_owned(),
        user_id: user_id.to_owned(),
        created_at: db::spell(now),
        expires_at: db::spell(expires),
        rotated_at: None,
    }
}

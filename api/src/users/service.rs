//! Which users there may be: addresses, names and passwords, checked and hashed.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use diesel::SqliteConnection;
use engine::problem::Problem;
use uuid::Uuid;

use super::store::{self, UserRow};
use super::{Role, User};
use crate::db;
use crate::error::ApiError;

/// Characters of a password at least.
pub const MIN_PASSWORD: usize = 12;

/// Bytes of a password at most: hashing takes longer with each.
const MAX_PASSWORD: usize = 1024;

/// Who is to be added.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The e-mail address.
    pub email: String,
    /// The name; the address stands in for an empty one.
    pub name: String,
    /// The role.
    pub role: Role,
    /// The password.
    pub password: String,
}

impl NewUser {
    /// Checks and hashes: what takes long is done before the database is locked.
    pub fn prepare(&self) -> Result<UserRow, ApiError> {
        let email = self.email.trim();
        let mut problems = Vec::new();
        if !is_address(email) {
            problems.push(Problem::new("invalid_value", format!("{email:?} is no e-mail address")).at("/email"));
        }
        if let Some(sentence) = unfit(&self.password) {
            problems.push(Problem::new("invalid_value", sentence).at("/password"));
        }
        let name = match self.name.trim() {
            "" => email,
            name => name,
        };
        if name.chars().count() > 200 {
            problems.push(Problem::new("invalid_value", "the name is longer than 200 characters").at("/name"));
        }
        if !problems.is_empty() {
            return Err(ApiError::invalid(problems));
        }
        Ok(UserRow {
            id: Uuid::now_v7().to_string(),
            email: email.to_owned(),
            name: name.to_owned(),
            role: self.role.word().to_owned(),
            password_hash: hash(&self.password)?,
            created_at: db::now(),
        })
    }
}

/// Adds a user that was prepared; an address that is taken is a problem.
pub fn add(connection: &mut SqliteConnection, row: &UserRow) -> Result<User, ApiError> {
    if store::by_email(connection, &row.email)?.is_some() {
        return Err(ApiError::invalid_at("/email", format!("{:?} belongs to a user already", row.email)));
    }
    store::insert(connection, row)?;
    Ok(row.user())
}

/// Why a password cannot be one.
fn unfit(password: &str) -> Option<String> {
    let length = password.chars().count();
    if length < MIN_PASSWORD {
        return Some(format!("the password has {length} characters, fewer than {MIN_PASSWORD}"));
    }
    (password.len() > MAX_PASSWORD).then(|| format!("the password is longer than {MAX_PASSWORD} bytes"))
}

/// A password that is fit, hashed.
pub fn hash_checked(password: &str) -> Result<String, ApiError> {
    match unfit(password) {
        Some(sentence) => Err(ApiError::invalid_at("/password", sentence)),
        None => hash(password),
    }
}

/// Gives the user of an e-mail address another password, hashed already, and ends all sessions.
pub fn change_password(connection: &mut SqliteConnection, email: &str, hash: &str) -> Result<User, ApiError> {
    let Some(row) = store::by_email(connection, email.trim())? else {
        return Err(ApiError::invalid_at("/email", format!("no user has the e-mail address {email:?}")));
    };
    store::set_password(connection, &row.id, hash)?;
    Ok(row.user())
}

/// Whether the password is that of the user. An unknown user takes as long as a known one.
pub fn verify(user: Option<&UserRow>, password: &str) -> bool {
    // The hash of a password that nobody knows.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Zm9yIG5vYm9keSdzIHBhc3N3b3JkIGF0IGFsbCwgMzI";
    let stored = user.map_or(NOBODY, |user| user.password_hash.as_str());
    if password.len() > MAX_PASSWORD {
        return false;
    }
    let fits = PasswordHash::new(stored)
        .is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok());
    fits && user.is_some()
}

fn hash(password: &str) -> Result<String, ApiError> {
    let hashed = Argon2::default().hash_password(password.as_bytes());
    hashed.map(|hash| hash.to_string()).map_err(|error| ApiError::internal(format!("password hash: {error}")))
}

/// Whether a text may be an e-mail address: one `@` between a name and a domain. Only a message could tell more.
fn is_address(text: &str) -> bool {
    text.len() <= 254
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && text.split_once('@').is_some_and(|(name, domain)| {
            !name.is_empty() && !domain.is_empty() && !domain.contains('@') && !domain.starts_with('.')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(email: &str, password: &str) -> NewUser {
        NewUser { email: email.to_owned(), name: String::new(), role: Role::Admin, password: password.to_owned() }
    }

    #[test]
    fn a_password_fits_its_own_hash_alone() {
        let row = user("ana@example.com", "a long password").prepare().expect("a user");
        assert!(row.password_hash.starts_with("$argon2id$"));
        assert!(verify(Some(&row), "a long password"));
        assert!(!verify(Some(&row), "another password"));
        assert!(!verify(None, "a long password"));
        assert_eq!(row.name, "ana@example.com");
    }

    #[test]
    fn an_unknown_user_costs_a_hash_too() {
        assert!(
            PasswordHash::new(
                "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Zm9yIG5vYm9keSdzIHBhc3N3b3JkIGF0IGFsbCwgMzI"
            )
            .is_ok()
        );
    }

    #[test]
    fn both_faults_of_a_user_are_told_at_once() {
        let error = user("ana", "short").prepare().expect_err("two problems");
        let document = error.document();
        assert_eq!(document["errors"][0]["pointer"], "/email");
        assert_eq!(document["errors"][1]["pointer"], "/password");
    }
}

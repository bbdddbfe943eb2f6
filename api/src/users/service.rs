//! Which users there may be: addresses, names and passwords, checked and hashed.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use diesel::SqliteConnection;
use engine::problem::Problem;
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use super::store::{self, UserRow};
use super::{Role, User};
use crate::db;
use crate::error::{ApiError, Code};
use crate::http::caller::Caller;

/// Characters of a password at least.
pub const MIN_PASSWORD: usize = 12;

/// Characters of a password at most: hashing takes longer with each.
const MAX_PASSWORD: usize = 1024;

/// Characters of a password that are weighed.
const WEIGHED: usize = 64;

/// Characters of an e-mail address at most.
const MAX_ADDRESS: usize = 254;

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
        let address = address_of(&self.email);
        let email = address.as_str();
        let mut problems = Vec::new();
        if !is_address(email) {
            problems.push(Problem::new("invalid_value", format!("{email:?} is no e-mail address")).at("/email"));
        }
        if let Some(sentence) = unfit(&self.password, email) {
            problems.push(Problem::new("invalid_value", sentence).at("/password"));
        }
        let name = match self.name.trim() {
            "" => email,
            name => name,
        };
        problems.extend(name_problem(&self.name));
        if !problems.is_empty() {
            return Err(ApiError::invalid(problems));
        }
        let now = db::now();
        Ok(UserRow {
            id: Uuid::now_v7().to_string(),
            email: email.to_owned(),
            name: name.to_owned(),
            role: self.role.word().to_owned(),
            password_hash: hash(&self.password)?,
            created_at: now.clone(),
            updated_at: now,
            session_version: 1,
        })
    }
}

/// Adds a user that was prepared; an address that is taken is a problem.
pub fn add(connection: &mut SqliteConnection, row: &UserRow) -> Result<User, ApiError> {
    check_address(connection, row)?;
    store::insert(connection, row)?;
    Ok(row.user())
}

/// An error where another user has the address.
fn check_address(connection: &mut SqliteConnection, row: &UserRow) -> Result<(), ApiError> {
    match store::by_email(connection, &row.email)? {
        Some(other) if other.id != row.id => {
            let sentence = format!("{:?} belongs to a user already", row.email);
            let problem = Problem::new("invalid_value", sentence.clone()).at("/email");
            Err(ApiError::new(Code::Conflict, sentence).about(vec![problem]))
        }
        _ => Ok(()),
    }
}

fn name_problem(name: &str) -> Option<Problem> {
    let is_long = name.chars().count() > 200;
    is_long.then(|| Problem::new("invalid_value", "the name is longer than 200 characters").at("/name"))
}

const GUESSED_FIRST: &str = "the password is easily guessed: common passwords, names, dates, rows of keys and repetitions count for little; \
     take several words that have nothing to do with each other";

/// Words that are guessed first here, beside the lists of common passwords, names and English words that zxcvbn holds.
const KNOWN_WORDS: [&str; 10] = [
    "synthetic-data",
    "synthetic",
    "contraseña",
    "contrasena",
    "clave",
    "secreto",
    "administrador",
    "bienvenido",
    "usuario",
    "empresa",
];

/// Why a password cannot be one. Length is what makes it hard to guess; what is guessed first is refused whatever its length, by the
/// estimate of zxcvbn (Wheeler, "zxcvbn: Low-Budget Password Strength Estimation", USENIX Security 2016): fewer than 10⁸ guesses.
fn unfit(password: &str, email: &str) -> Option<String> {
    let length = password.chars().count();
    if length < MIN_PASSWORD {
        return Some(format!("the password has {length} characters, fewer than {MIN_PASSWORD}"));
    }
    if length > MAX_PASSWORD {
        return Some(format!("the password is longer than {MAX_PASSWORD} characters"));
    }
    let local_part = email.split('@').next().unwrap_or(email);
    let known: Vec<&str> = KNOWN_WORDS.into_iter().chain([email, local_part]).filter(|word| !word.is_empty()).collect();
    // What follows only adds guesses, and takes time.
    let beginning: String = password.chars().take(WEIGHED).collect();
    let is_guessed_first = zxcvbn::zxcvbn(&beginning, &known).score() < zxcvbn::Score::Three;
    is_guessed_first.then(|| GUESSED_FIRST.to_owned())
}

/// A password that is fit, hashed.
pub fn hash_checked(password: &str, email: &str) -> Result<String, ApiError> {
    match unfit(password, email) {
        Some(sentence) => Err(ApiError::invalid_at("/password", sentence)),
        None => hash(password),
    }
}

/// Gives the user of an e-mail address another password, hashed already, and ends all sessions.
pub fn change_password(connection: &mut SqliteConnection, email: &str, hash: &str) -> Result<User, ApiError> {
    let Some(mut row) = store::by_email(connection, email)? else {
        return Err(ApiError::invalid_at("/email", format!("no user has the e-mail address {email:?}")));
    };
    set_password(connection, &mut row, hash.to_owned())?;
    row.updated_at = db::after(&row.updated_at);
    store::update(connection, &row)?;
    Ok(row.user())
}

/// Another password: whoever signed in with the one before has to sign in again.
fn set_password(connection: &mut SqliteConnection, row: &mut UserRow, hash: String) -> Result<(), ApiError> {
    row.password_hash = hash;
    row.session_version += 1;
    Ok(store::end_sessions(connection, &row.id)?)
}

/// What changes of a user; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The e-mail address.
    pub email: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The role.
    pub role: Option<Role>,
    /// The password.
    pub password: Option<String>,
}

impl Change {
    /// An error unless the caller may change this of the user: name and password are one's own, the rest is an admin's.
    pub fn check(&self, caller: &Caller) -> Result<(), ApiError> {
        if caller.role >= Role::Admin || (self.email.is_none() && self.role.is_none()) {
            return Ok(());
        }
        Err(ApiError::new(Code::Forbidden, "an admin changes e-mail addresses and roles"))
    }

    /// An error where something is wrong with it in itself, whoever the user is.
    pub fn check_form(&self) -> Result<(), ApiError> {
        self.check_against("")
    }

    /// Checks and hashes: what takes long is done before the database is locked. Gives the new password's hash.
    pub fn prepare(&self, row: &UserRow) -> Result<Option<String>, ApiError> {
        self.check_against(&row.email)?;
        self.password.as_ref().map(|password| hash(password)).transpose()
    }

    /// `address` is the e-mail address until now.
    fn check_against(&self, address: &str) -> Result<(), ApiError> {
        let mut problems = Vec::new();
        if let Some(email) = self.email.as_ref().filter(|email| !is_address(email.trim())) {
            problems.push(Problem::new("invalid_value", format!("{email:?} is no e-mail address")).at("/email"));
        }
        problems.extend(self.name.as_deref().and_then(name_problem));
        let email = self.email.as_deref().unwrap_or(address);
        if let Some(sentence) = self.password.as_ref().and_then(|password| unfit(password, email)) {
            problems.push(Problem::new("invalid_value", sentence).at("/password"));
        }
        if problems.is_empty() { Ok(()) } else { Err(ApiError::invalid(problems)) }
    }

    /// Writes what changes, the password as its hash.
    pub fn write(
        self,
        connection: &mut SqliteConnection,
        mut row: UserRow,
        hash: Option<String>,
    ) -> Result<UserRow, ApiError> {
        if let Some(email) = self.email {
            row.email = address_of(&email);
            check_address(connection, &row)?;
        }
        if let Some(name) = self.name {
            row.name = match name.trim() {
                "" => row.email.clone(),
                name => name.to_owned(),
            };
        }
        if let Some(role) = self.role {
            if role < Role::Admin {
                keep_an_admin(connection, &row)?;
            }
            row.role = role.word().to_owned();
        }
        if let Some(hash) = hash {
            set_password(connection, &mut row, hash)?;
        }
        row.updated_at = db::after(&row.updated_at);
        store::update(connection, &row)?;
        Ok(row)
    }
}

/// Removes a user; what the user made stays.
pub fn remove(connection: &mut SqliteConnection, id: Uuid) -> Result<(), ApiError> {
    let row = find(connection, id)?;
    keep_an_admin(connection, &row)?;
    Ok(store::remove(connection, &row.id)?)
}

/// A user's row.
pub fn find(connection: &mut SqliteConnection, id: Uuid) -> Result<UserRow, ApiError> {
    store::by_id(connection, id)?.ok_or_else(|| ApiError::not_found("user", id))
}

/// An error where the user is the only admin, without whom nobody could manage anything.
fn keep_an_admin(connection: &mut SqliteConnection, row: &UserRow) -> Result<(), ApiError> {
    if row.role == Role::Admin.word() && store::count_of_role(connection, Role::Admin)? < 2 {
        return Err(ApiError::new(Code::Conflict, "this is the last admin; make another user one first"));
    }
    Ok(())
}

/// Whether the password is that of the user. An unknown user takes as long as a known one.
pub fn verify(user: Option<&UserRow>, password: &str) -> bool {
    // The hash of a password that nobody knows.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Zm9yIG5vYm9keSdzIHBhc3N3b3JkIGF0IGFsbCwgMzI";
    let stored = user.map_or(NOBODY, |user| user.password_hash.as_str());
    if password.chars().count() > MAX_PASSWORD {
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

/// An e-mail address as it is stored and looked for: the same however it is written, in capitals or with accents that stand by themselves.
pub fn address_of(text: &str) -> String {
    let composed: String = text.trim().nfc().collect();
    composed.to_lowercase().nfc().collect()
}

/// Whether a text may be an e-mail address: one `@` between a name and a domain without empty parts. Only a message could tell more.
fn is_address(text: &str) -> bool {
    text.chars().count() <= MAX_ADDRESS
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && text.split_once('@').is_some_and(|(name, domain)| {
            !name.is_empty() && !domain.contains('@') && !domain.split('.').any(str::is_empty)
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
    fn what_is_guessed_first_is_no_password() {
        let guessed_first = [
            "aaaaaaaaaaaaaaaa",
            "121212121212",
            "Ana.Quispe@example.com",
            "ana.quispe2026",
            "Password123!",
            "P@ssw0rd1234",
            "qwertyuiop12",
            "1q2w3e4r5t6y",
            "letmeinletmein",
            "Contraseña2026",
            "administrador1",
            "synthetic-data",
        ];
        for password in guessed_first {
            let error = user("ana.quispe@example.com", password).prepare().expect_err(password);
            assert!(error.sentences()[0].contains("easily guessed"), "{password}: {error:?}");
        }
        for password in ["correct horse battery", "una clave bien larga", "vk3-Pqz0-wT7m"] {
            user("ana.quispe@example.com", password).prepare().expect(password);
        }
        user("ana@example.com", &"long ".repeat(205)).prepare().expect_err("too long");
        user("ana@example.com", "ein langer Paß").prepare().expect("a user");
    }

    #[test]
    fn an_address_is_one_however_it_is_written() {
        assert_eq!(address_of(" JOSÉ@exämple.com "), address_of("jose\u{301}@EXÄMPLE.com"));
        for wrong in ["a@b..c", "a@b.", "a@.b", "a@", "@b", "a@b@c", "a b@c"] {
            assert!(!is_address(wrong), "{wrong}");
        }
        assert!(is_address("a@localhost") && is_address("a.b@c.d.e"));
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

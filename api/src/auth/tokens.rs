//! Tokens: short-lived access tokens (JWT, HS256), refresh tokens and links, all from one secret.
//!
//! A refresh token's successor is computed from it with the secret, so that the same old token always gives the same new one, and only
//! hashes need to be stored.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::error::ApiError;

/// Seconds for which an access token holds.
pub const ACCESS_SECONDS: i64 = 15 * 60;

/// Seconds for which a link to an export holds.
pub const LINK_SECONDS: i64 = 5 * 60;

/// The secret of an installation.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The secret of a text.
    pub fn new(text: &str) -> Secret {
        Secret(text.as_bytes().to_vec())
    }

    /// A keyed hash of `parts` for one purpose, in hexadecimal.
    fn sign(&self, purpose: &str, parts: &[&str]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in [purpose].iter().chain(parts) {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part.as_bytes());
        }
        hex(&mac.finalize().into_bytes())
    }
}

/// What an access token says. What its user may do is asked of the database, so that a change holds at once.
#[derive(Debug, Serialize, Deserialize)]
pub struct AccessClaims {
    /// The user.
    pub sub: Uuid,
    /// The user's session version when it was given out: a later one ends it.
    pub ver: i32,
    exp: i64,
}

impl AccessClaims {
    /// How long it still holds.
    pub fn rest(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.exp - seconds()).unwrap_or_default())
    }
}

#[derive(Serialize, Deserialize)]
struct LinkClaims {
    export: Uuid,
    exp: i64,
}

/// A token with which a user calls for a quarter of an hour.
pub fn access(secret: &Secret, user: Uuid, session_version: i32) -> Result<String, ApiError> {
    encode(secret, &AccessClaims { sub: user, ver: session_version, exp: seconds() + ACCESS_SECONDS })
}

/// What an access token says that is ours and has not expired.
pub fn read_access(secret: &Secret, token: &str) -> Option<AccessClaims> {
    decode::<AccessClaims>(secret, token)
}

/// A token with which anybody may fetch one export for some minutes, and the second at which it ends.
pub fn link(secret: &Secret, export: Uuid) -> Result<(String, i64), ApiError> {
    let exp = seconds() + LINK_SECONDS;
    Ok((encode(secret, &LinkClaims { export, exp })?, exp))
}

/// The export of a link's token that holds.
pub fn read_link(secret: &Secret, token: &str) -> Option<Uuid> {
    decode::<LinkClaims>(secret, token).map(|claims| claims.export)
}

/// A token that nobody can guess: 256 random bits in hexadecimal.
pub fn random() -> Result<String, ApiError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| ApiError::internal(format!("random bytes: {error}")))?;
    Ok(hex(&bytes))
}

/// The refresh token that follows another.
pub fn successor(secret: &Secret, token: &str) -> String {
    secret.sign("refresh", &[token])
}

/// What is stored of a refresh token.
pub fn stored(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// Whether two texts are the same, in a time that depends on their lengths alone.
pub fn is_same(one: &str, other: &str) -> bool {
    bool::from(one.as_bytes().ct_eq(other.as_bytes()))
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn encode(secret: &Secret, claims: &impl Serialize) -> Result<String, ApiError> {
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(&secret.0))
        .map_err(|error| ApiError::internal(format!("token: {error}")))
}

fn decode<T: serde::de::DeserializeOwned>(secret: &Secret, token: &str) -> Option<T> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.leeway = 0;
    jsonwebtoken::decode::<T>(token, &DecodingKey::from_secret(&secret.0), &validation).ok().map(|data| data.claims)
}

fn seconds() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_token_names_its_user_and_holds_for_its_secret_alone() {
        let (secret, other) =
            (Secret::new("one secret of thirty-two bytes.."), Secret::new("another secret of as many bytes."));
        let user = Uuid::now_v7();
        let token = access(&secret, user, 3).expect("a token");
        let claims = read_access(&secret, &token).expect("claims");
        assert_eq!((claims.sub, claims.ver), (user, 3));
        assert!(read_access(&other, &token).is_none());
        assert!(read_link(&secret, &token).is_none(), "an access token is no link");
    }

    #[test]
    fn a_link_is_no_access_token() {
        let secret = Secret::new("one secret of thirty-two bytes..");
        let export = Uuid::now_v7();
        let (token, _) = link(&secret, export).expect("a token");
        assert_eq!(read_link(&secret, &token), Some(export));
        assert!(read_access(&secret, &token).is_none());
    }

    #[test]
    fn a_token_that_ended_a_second_ago_does_not_hold() {
        let secret = Secret::new("one secret of thirty-two bytes..");
        let claims = AccessClaims { sub: Uuid::now_v7(), ver: 1, exp: seconds() - 1 };
        let token = encode(&secret, &claims).expect("a token");
        assert!(read_access(&secret, &token).is_none());
    }

    #[test]
    fn a_refresh_token_has_one_successor() {
        let secret = Secret::new("one secret of thirty-two bytes..");
        let token = random().expect("a token");
        assert_eq!(successor(&secret, &token), successor(&secret, &token));
        assert_ne!(successor(&secret, &token), successor(&Secret::new("x"), &token));
        assert_ne!(stored(&token), token);
    }
}

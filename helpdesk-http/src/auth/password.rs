//! Passwords: hashed with Argon2id, outside of the runtime's own threads and only a few at a time, since each takes
//! megabytes and tens of milliseconds by intention.

use std::{num::NonZero, sync::Arc, thread};

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use rand::RngCore;
use tokio::sync::Semaphore;

use crate::options::PasswordCost;

/// Shortest password, in Unicode scalar values.
pub const PASSWORD_MIN_CHARS: usize = 8;
/// Longest password, in Unicode scalar values.
pub const PASSWORD_MAX_CHARS: usize = 200;

const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// Why a password was not hashed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// It is shorter or longer than a password may be.
    #[error("a password has {PASSWORD_MIN_CHARS} to {PASSWORD_MAX_CHARS} characters")]
    Length,
    /// The configured [`PasswordCost`] is outside of what Argon2 allows, or the system is out of memory or threads.
    #[error("the password could not be hashed: {0}")]
    Failed(String),
}

/// Hashes a password with Argon2id, for an account that the host itself makes. It takes tens of milliseconds: in an async
/// function, call it through `spawn_blocking`.
///
/// ```
/// let hash = helpdesk_http::auth::hash_password("correct horse battery", Default::default())?;
/// assert!(hash.starts_with("$argon2id$"));
/// assert!(helpdesk_http::auth::hash_password("short", Default::default()).is_err());
/// # Ok::<(), helpdesk_http::auth::PasswordError>(())
/// ```
pub fn hash_password(password: &str, cost: PasswordCost) -> Result<String, PasswordError> {
    if !(PASSWORD_MIN_CHARS..=PASSWORD_MAX_CHARS).contains(&password.chars().count()) {
        return Err(PasswordError::Length);
    }
    let failed = |error: &dyn std::fmt::Display| PasswordError::Failed(error.to_string());
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(HASH_BYTES)).map_err(|error| failed(&error))?;
    let mut salt = [0; SALT_BYTES];
    rand::rng().fill_bytes(&mut salt);
    let hash: PasswordHash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|error| failed(&error))?;
    Ok(hash.to_string())
}

fn verify(password: &str, hash: &str) -> bool {
    // The hash says which parameters it was made with.
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// Hashes and verifies, a bounded number at a time.
pub(crate) struct Passwords {
    cost: PasswordCost,
    at_once: Arc<Semaphore>,
    /// Nobody's hash: verified where there is none, so that an unknown login takes as long as a wrong password.
    nobody: String,
}

impl Passwords {
    pub(crate) fn new(cost: PasswordCost) -> Self {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let nobody = format!(
            "$argon2id$v=19$m={},t={},p=1${}${}",
            cost.memory_kib,
            cost.passes,
            STANDARD_NO_PAD.encode([0; SALT_BYTES]),
            STANDARD_NO_PAD.encode([0; HASH_BYTES]),
        );
        Self { cost, at_once: Arc::new(Semaphore::new(threads)), nobody }
    }

    /// Hashes a new password.
    pub(crate) async fn hash(&self, password: String) -> Result<String, PasswordError> {
        let cost = self.cost;
        self.run(move || hash_password(&password, cost)).await?
    }

    /// Whether `password` is the one behind `hash`; without a hash none is, after the same work.
    pub(crate) async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, PasswordError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        self.run(move || verify(&password, &hash) && known).await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordError> {
        // The permit goes into the thread: a client that goes away does not free it before the work is done.
        let permit = Arc::clone(&self.at_once).acquire_owned().await;
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        done.await.map_err(|error| PasswordError::Failed(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: PasswordCost = PasswordCost { memory_kib: 8, passes: 1 };

    #[tokio::test]
    async fn verifies_the_password_behind_a_hash_and_no_other() {
        let passwords = Passwords::new(CHEAP);
        let hash = passwords.hash("пароль-пароль".to_owned()).await.unwrap();
        assert!(passwords.verify("пароль-пароль".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("пароль-Пароль".to_owned(), Some(hash)).await.unwrap());
    }

    #[tokio::test]
    async fn a_missing_hash_and_a_broken_one_fit_no_password() {
        let passwords = Passwords::new(CHEAP);
        assert!(PasswordHash::new(&passwords.nobody).is_ok(), "an unknown login must cost a real verification");
        assert!(!passwords.verify(String::new(), None).await.unwrap());
        assert!(!passwords.verify(String::new(), Some("plain".to_owned())).await.unwrap());
    }

    #[test]
    fn a_password_has_8_to_200_characters() {
        for (chars, fits) in [(7, false), (8, true), (200, true), (201, false)] {
            assert_eq!(hash_password(&"ж".repeat(chars), CHEAP).is_ok(), fits, "{chars}");
        }
    }
}

//! A set of breached passwords.

use auth_runtime::hasher::breached::{BreachedPasswords, BreachedPasswordsError};
use secrecy::{ExposeSecret, SecretString};

/// Knows every password with `breached` in it, and cannot be asked about one with `unreachable` in it.
#[derive(Debug)]
pub struct Breaches;

impl BreachedPasswords for Breaches {
    async fn contains(&self, password: &SecretString) -> Result<bool, BreachedPasswordsError> {
        let password = password.expose_secret();
        if password.contains("unreachable") {
            return Err(BreachedPasswordsError::new("no route to the set"));
        }
        Ok(password.contains("breached"))
    }
}

//! Hashes that end when a test says so.

use std::sync::{Condvar, Mutex, PoisonError};

use auth_runtime::{
    db::Id,
    hasher::{Argon2id, HashProvider, Permit, ProviderError, Verification},
};
use time::OffsetDateTime;

/// The passwords that are held, and how many hashes wait for the end of that.
static HELD: Mutex<Vec<(String, usize)>> = Mutex::new(Vec::new());
static CHANGED: Condvar = Condvar::new();

/// A password that no hash of an unknown person gets done with, until this is dropped.
#[derive(Debug)]
pub struct Held(String);

impl Held {
    /// A password of its own.
    #[must_use]
    pub fn new() -> Self {
        let password = format!("held {}", Id::new(OffsetDateTime::UNIX_EPOCH));
        HELD.lock().unwrap().push((password.clone(), 0));
        Self(password)
    }

    /// The password.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.0
    }

    /// How many hashes wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        let held = HELD.lock().unwrap();
        held.iter()
            .filter(|(password, _)| *password == self.0)
            .map(|(_, waiting)| waiting)
            .sum()
    }
}

impl Default for Held {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|(password, _)| *password != self.0);
        CHANGED.notify_all();
    }
}

/// The usual one, except for what is [`Held`].
#[derive(Debug, Clone, Copy)]
pub struct Patient;

impl HashProvider for Patient {
    fn name(&self) -> &'static str {
        "patient"
    }

    fn hash(&self, permit: &mut Permit, password: &[u8]) -> Result<String, ProviderError> {
        Argon2id::default().hash(permit, password)
    }

    fn verify(
        &self,
        permit: &mut Permit,
        password: &[u8],
        stored: &str,
    ) -> Result<Verification, ProviderError> {
        Argon2id::default().verify(permit, password, stored)
    }

    fn simulate(&self, permit: &mut Permit, password: &[u8]) -> Result<(), ProviderError> {
        let mut held = HELD.lock().unwrap();
        if let Some((_, waiting)) = held.iter_mut().find(|(held, _)| held.as_bytes() == password) {
            *waiting += 1;
        }
        while held.iter().any(|(held, _)| held.as_bytes() == password) {
            held = CHANGED.wait(held).unwrap();
        }
        drop(held);
        Argon2id::default().simulate(permit, password)
    }
}

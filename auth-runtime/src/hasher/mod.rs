//! Password hashing: one bounded pool of own threads, Argon2id by default (promises PW-01 to PW-10, FA-01 to FA-03).
//!
//! [`HashPool`] is the only way to hash or to verify: every algorithm asks for a [`Permit`], and only a thread of the
//! pool holds one. [`PasswordHashing`] says *how* to hash; [`policy`] says which passwords may be chosen.

pub mod argon2id;
mod blocklist;
pub mod breached;
#[cfg(feature = "legacy-hashes")]
mod legacy;
pub mod pepper;
mod permit;
pub mod policy;
pub mod pool;
mod profile;
mod provider;

#[cfg(test)]
mod tests;

use std::{io, time::Duration};

pub use self::{
    argon2id::{Argon2Params, Argon2id, ParamsError},
    pepper::{Pepper, PepperError, Peppers},
    permit::Permit,
    policy::{PasswordPolicy, PolicyViolation},
    pool::{Entry, HashPool, PoolOptions},
    provider::{HashProvider, PasswordHashing, ProviderError, Verification},
};
use crate::random::RandomError;

/// What became of a password check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The password belongs to the stored hash.
    Match {
        /// The hash was made in another way than hashes are made now: hash again and store the result, provided
        /// that the old hash is still in place (promise PW-08).
        outdated: bool,
    },
    /// It does not, or there is no stored hash that could be checked.
    NoMatch,
}

impl Verdict {
    /// Whether the password belongs to the stored hash.
    #[must_use]
    pub const fn is_match(self) -> bool {
        matches!(self, Self::Match { .. })
    }
}

/// A password could not be hashed or checked. None of the texts contains a password or a hash.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HashError {
    /// The queue is full, or the wait was too long (promise FA-01). Answered with 503 and `Retry-After`.
    #[error("too many passwords are being hashed")]
    Overloaded {
        /// When trying again makes sense.
        retry_after: Duration,
    },
    /// The hash provider panicked. The pool goes on.
    #[error("the hash provider panicked")]
    Panicked,
    /// The hash provider failed.
    #[error("the hash provider `{provider}` failed")]
    Provider {
        /// Which provider it was.
        provider: &'static str,
        /// Its own error.
        #[source]
        source: ProviderError,
    },
    /// The operating system gave no thread to hash on.
    #[error("no thread for hashing could be started")]
    Thread(#[source] io::Error),
}

impl From<RandomError> for ProviderError {
    fn from(error: RandomError) -> Self {
        Self::new(error)
    }
}

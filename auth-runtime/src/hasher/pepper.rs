//! Keys that stay out of the database and without which a stolen table cannot be searched (promise PW-10).

use std::{fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use secrecy::{ExposeSecret, SecretSlice};
use sha2::{Digest, Sha256};

/// A pepper is unfit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PepperError {
    /// It is shorter than 32 bytes.
    #[error("a pepper needs at least 32 bytes")]
    TooShort,
    /// All its bytes are the same.
    #[error("a pepper needs random bytes, not one byte repeated")]
    NotRandom,
}

/// One pepper: a random key of at least 32 bytes, the same in every process.
#[derive(Clone)]
pub struct Pepper {
    key: SecretSlice<u8>,
    key_id: String,
}

impl Pepper {
    const MINIMUM_BYTES: usize = 32;
    // The PHC parameter `keyid` holds eight bytes at most.
    const KEY_ID_BYTES: usize = 8;

    /// A pepper from random bytes.
    ///
    /// # Errors
    /// [`PepperError`] when the bytes are too few or all alike.
    pub fn new(key: impl Into<SecretSlice<u8>>) -> Result<Self, PepperError> {
        let key = key.into();
        let bytes = key.expose_secret();
        if bytes.len() < Self::MINIMUM_BYTES {
            return Err(PepperError::TooShort);
        }
        if bytes.iter().all(|byte| Some(byte) == bytes.first()) {
            return Err(PepperError::NotRandom);
        }
        let digest = Sha256::new()
            .chain_update(b"auth password pepper key id\0")
            .chain_update(bytes)
            .finalize();
        let short: Vec<u8> = digest.into_iter().take(Self::KEY_ID_BYTES).collect();
        Ok(Self {
            key_id: STANDARD_NO_PAD.encode(short),
            key,
        })
    }

    /// The id that hashes made with this pepper carry. Derived from the key by a digest, so it may be seen.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    pub(super) fn key(&self) -> &[u8] {
        self.key.expose_secret()
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pepper")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// The peppers in use: new hashes take the newest, hashes made with an earlier one or with none still verify and
/// count as outdated.
///
/// To rotate, add a newer pepper and keep the older one until the accounts that matter have signed in. Dropping a
/// pepper makes the passwords that still depend on it unusable; their owners have to reset them.
#[derive(Debug, Clone, Default)]
pub struct Peppers(Arc<[Pepper]>);

impl Peppers {
    /// No pepper.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// `newest` for new hashes, `earlier` ones to check old hashes.
    pub fn new(newest: Pepper, earlier: impl IntoIterator<Item = Pepper>) -> Self {
        Self(std::iter::once(newest).chain(earlier).collect())
    }

    pub(super) fn newest(&self) -> Option<&Pepper> {
        self.0.first()
    }

    pub(super) fn find(&self, key_id: &str) -> Option<&Pepper> {
        self.0.iter().find(|pepper| pepper.key_id == key_id)
    }
}

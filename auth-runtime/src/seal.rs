//! Encryption of what must be kept for use elsewhere: tokens of providers, secrets of clients (promise OA-11).
//!
//! AES-256-GCM-SIV under a key that HKDF derives from the setting `encryption_key`. What comes out is a version, the id
//! of the key, the nonce, and the ciphertext with its tag. It opens in its own place only.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, MAX_TAG_LEN, NONCE_LEN, Nonce, RandomizedNonceKey},
    error::Unspecified,
    hkdf::{HKDF_SHA256, KeyType, Prk, Salt},
};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

/// The first byte of everything sealed so.
const VERSION: u8 = 1;

type KeyId = [u8; 4];

/// What is wrong with an encryption key. Nothing of the key is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFault {
    /// Fewer bytes than the key that is derived from them.
    #[error("an encryption key needs at least 32 bytes")]
    TooShort,
    /// One byte, repeated.
    #[error("all bytes of the encryption key are equal")]
    AllEqual,
    /// The same key twice: a rotation that did not happen.
    #[error("the same encryption key is given twice")]
    Repeated,
}

/// Something could not be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The key that seals is unfit.
    #[error("the encryption key cannot be used")]
    Current(#[source] KeyFault),
    /// A former key is unfit.
    #[error("former encryption key {number} cannot be used")]
    Previous {
        /// Which one, counted from 1.
        number: usize,
        /// What is wrong with it.
        #[source]
        fault: KeyFault,
    },
    /// Not something that was sealed here.
    #[error("this was not sealed")]
    UnknownFormat,
    /// Sealed under a key that is none of the configured ones.
    #[error("this was sealed under another encryption key")]
    UnknownKey,
    /// Altered, or moved here from elsewhere.
    #[error("this was sealed for another place, or altered")]
    Refused,
    /// Sealed bytes that are no text.
    #[error("what was sealed is no text")]
    NotText,
    /// The cryptographic library failed.
    #[error("the cryptographic library failed")]
    Failed,
}

/// Seals under one key, and opens what was sealed under it or a former one.
///
/// # Example
/// ```
/// use auth_runtime::seal::Sealer;
/// use secrecy::ExposeSecret;
///
/// let key = "thirty-two random bytes or more of them".into();
/// let sealer = Sealer::new(&key, &[])?;
/// let sealed = sealer.seal("user_identity.access_token:42", b"gho_16C7e42F292c6912E7")?;
/// let opened = sealer.open("user_identity.access_token:42", &sealed)?;
/// assert_eq!(opened.expose_secret(), "gho_16C7e42F292c6912E7");
/// assert!(sealer.open("user_identity.access_token:43", &sealed).is_err());
/// # Ok::<(), auth_runtime::seal::SealError>(())
/// ```
pub struct Sealer {
    current: Key,
    previous: Vec<Key>,
}

impl Sealer {
    /// Seals under `current` and opens what was sealed under any of them.
    ///
    /// # Errors
    /// [`SealError::Current`] and [`SealError::Previous`] for a key that is too weak or there twice.
    ///
    /// # Security
    /// The keys must be random, such as the output of `openssl rand -base64 32`: nothing makes guessing them slow.
    pub fn new(current: &SecretString, previous: &[SecretString]) -> Result<Self, SealError> {
        let current = Key::new(current, SealError::Current)?;
        let mut former: Vec<Key> = Vec::with_capacity(previous.len());
        for (number, secret) in (1..).zip(previous) {
            let fault = |fault| SealError::Previous { number, fault };
            let key = Key::new(secret, fault)?;
            if former.iter().chain([&current]).any(|other| other.id == key.id) {
                return Err(fault(KeyFault::Repeated));
            }
            former.push(key);
        }
        Ok(Self {
            current,
            previous: former,
        })
    }

    /// Encrypts `plain` for the place that `context` names: the table, the column and the row, by names that do not
    /// change when an application renames them. It opens with the very same context only.
    ///
    /// The outcome is 33 bytes longer than `plain`, and another one each time.
    ///
    /// # Errors
    /// [`SealError::Failed`].
    pub fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let header = header(self.current.id);
        let mut body = Zeroizing::new(Vec::with_capacity(plain.len() + MAX_TAG_LEN));
        body.extend_from_slice(plain);
        let bound = Aad::from(bound(&header, context));
        let nonce = self
            .current
            .key
            .seal_in_place_append_tag(bound, &mut *body)
            .map_err(failed)?;
        Ok([&header[..], nonce.as_ref(), body.as_slice()].concat())
    }

    /// Decrypts text that was sealed for the place that `context` names.
    ///
    /// # Errors
    /// [`SealError`] for anything else, and for bytes that are no text.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<SecretString, SealError> {
        let (id, rest) = read_header(sealed)?;
        let (nonce, body) = rest
            .split_first_chunk::<NONCE_LEN>()
            .ok_or(SealError::UnknownFormat)?;
        let mut keys = self.previous.iter().chain([&self.current]);
        let key = keys.find(|key| key.id == id).ok_or(SealError::UnknownKey)?;
        let mut body = Zeroizing::new(body.to_vec());
        let bound = Aad::from(bound(&header(id), context));
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = key.key.open_in_place(nonce, bound, &mut body);
        let plain = opened.map_err(|Unspecified| SealError::Refused)?;
        // A copy of just this size, because growing or shrinking one would leave its old bytes behind.
        let text: Box<str> = str::from_utf8(plain).map_err(|_| SealError::NotText)?.into();
        Ok(SecretString::new(text))
    }

    /// What takes the place of `sealed` in a rotation: the same, sealed under the key that seals now. `None` if it is.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn renewed(&self, context: &str, sealed: &[u8]) -> Result<Option<Vec<u8>>, SealError> {
        if self.is_current(sealed) {
            return Ok(None);
        }
        let plain = self.open(context, sealed)?;
        self.seal(context, plain.expose_secret().as_bytes()).map(Some)
    }

    /// Whether it was sealed under the key that seals now. What was not should be sealed anew before its key is given up.
    #[must_use]
    pub fn is_current(&self, sealed: &[u8]) -> bool {
        read_header(sealed).is_ok_and(|(id, _)| id == self.current.id)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").finish_non_exhaustive()
    }
}

impl From<SealError> for crate::Error {
    fn from(error: SealError) -> Self {
        Self::internal(error)
    }
}

/// Version and id of the key.
fn header([a, b, c, d]: KeyId) -> [u8; 5] {
    [VERSION, a, b, c, d]
}

/// The id of the key, and what follows.
fn read_header(sealed: &[u8]) -> Result<(KeyId, &[u8]), SealError> {
    match sealed {
        [VERSION, a, b, c, d, rest @ ..] => Ok(([*a, *b, *c, *d], rest)),
        _ => Err(SealError::UnknownFormat),
    }
}

/// What a ciphertext is bound to. The header has one length, so no two pairs make the same bytes.
fn bound(header: &[u8], context: &str) -> Vec<u8> {
    [header, context.as_bytes()].concat()
}

fn failed(_: Unspecified) -> SealError {
    SealError::Failed
}

struct Key {
    id: KeyId,
    key: RandomizedNonceKey,
}

impl Key {
    const MINIMUM_BYTES: usize = 32;

    fn new(secret: &SecretString, unfit: impl Fn(KeyFault) -> SealError) -> Result<Self, SealError> {
        let bytes = secret.expose_secret().as_bytes();
        if bytes.len() < Self::MINIMUM_BYTES {
            return Err(unfit(KeyFault::TooShort));
        }
        if bytes.iter().all(|byte| Some(byte) == bytes.first()) {
            return Err(unfit(KeyFault::AllEqual));
        }
        let prk = Salt::new(HKDF_SHA256, b"auth_runtime seal 1").extract(bytes);
        let (mut id, mut key) = (KeyId::default(), Zeroizing::new([0; 32]));
        expand(&prk, b"key id", &mut id).map_err(failed)?;
        expand(&prk, b"encryption key", &mut key).map_err(failed)?;
        let key = RandomizedNonceKey::new(&AES_256_GCM_SIV, &*key).map_err(failed)?;
        Ok(Self { id, key })
    }
}

fn expand<const N: usize>(prk: &Prk, info: &[u8], bytes: &mut [u8; N]) -> Result<(), Unspecified> {
    prk.expand(&[info], Bytes::<N>)?.fill(bytes)
}

/// So many bytes of key.
struct Bytes<const N: usize>;

impl<const N: usize> KeyType for Bytes<N> {
    fn len(&self) -> usize {
        N
    }
}

#[cfg(test)]
mod tests;

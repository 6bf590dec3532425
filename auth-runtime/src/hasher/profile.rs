//! How a typed password becomes the bytes that are hashed (promise PW-05).
//!
//! A stored hash without mark was made from the NFC form. The mark `as-typed:` in front of it says that an older
//! system hashed the bytes as they came; such a hash is written again, without the mark, at the next sign-in.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use zeroize::Zeroizing;

const AS_TYPED: &str = "as-typed:";

/// How a stored hash's password was prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Profile {
    Nfc,
    AsTyped,
}

impl Profile {
    pub(super) fn apply(self, password: &str) -> Zeroizing<String> {
        match self {
            Self::Nfc => nfc(password),
            Self::AsTyped => Zeroizing::new(password.to_owned()),
        }
    }

    pub(super) const fn is_outdated(self) -> bool {
        matches!(self, Self::AsTyped)
    }
}

/// The profile that a stored value names, and the hash itself.
pub(super) fn of_stored(stored: &str) -> (Profile, &str) {
    match stored.strip_prefix(AS_TYPED) {
        Some(hash) => (Profile::AsTyped, hash),
        None => (Profile::Nfc, stored),
    }
}

/// The canonical composition, and nothing else: no trimming, no case change, no compatibility mapping.
pub(super) fn nfc(password: &str) -> Zeroizing<String> {
    if is_nfc_quick(password.chars()) == IsNormalized::Yes {
        return Zeroizing::new(password.to_owned());
    }
    // NFC is at most three times as long in UTF-8, so the buffer never moves and leaves no copy behind.
    let mut composed = Zeroizing::new(String::with_capacity(password.len().saturating_mul(3)));
    composed.extend(password.nfc());
    composed
}

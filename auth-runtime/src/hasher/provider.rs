//! The seam between the pool and the algorithms.

use std::{fmt, sync::Arc};

use super::{Argon2id, HashError, Permit, Verdict, profile};

/// A hash provider could not do its work. Its text must contain neither password nor hash.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ProviderError(Box<dyn std::error::Error + Send + Sync>);

impl ProviderError {
    /// Wraps the provider's own error.
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

/// What a [`HashProvider`] says about a password and a stored hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// They belong together.
    Match {
        /// The provider would hash differently now.
        outdated: bool,
    },
    /// They do not.
    NoMatch,
    /// The stored text was not checked, because it is not a hash of this provider or its work factor is absurd. The
    /// pool then calls [`HashProvider::simulate`], so that the answer takes as long as any other (promise PW-09).
    Unknown,
}

/// An algorithm that turns passwords into stored hashes. [`Argon2id`] is the default.
///
/// The functions run on a thread of the [`HashPool`](super::HashPool) and may take their time. The [`Permit`] proves
/// that; it is passed on when one provider is built on another, as in the example. Passwords arrive in Unicode NFC,
/// or as typed where the stored hash says so (promise PW-05).
///
/// # Security
/// Compare in constant time, and answer [`Verification::Unknown`] instead of a quick `NoMatch` whenever nothing was
/// computed; otherwise the time that a sign-in takes tells which accounts exist.
///
/// # Example
/// A provider that still accepts the hashes of the system before:
/// ```
/// use auth_runtime::hasher::{Argon2id, HashProvider, Permit, ProviderError, Verification};
///
/// struct Migrating(Argon2id);
///
/// impl HashProvider for Migrating {
///     fn name(&self) -> &'static str {
///         "migrating"
///     }
///     fn hash(&self, permit: &mut Permit, password: &[u8]) -> Result<String, ProviderError> {
///         self.0.hash(permit, password)
///     }
///     fn verify(&self, permit: &mut Permit, password: &[u8], stored: &str) -> Result<Verification, ProviderError> {
///         match stored.strip_prefix("old:") {
///             Some(stored) => Ok(old_system_check(password, stored)),
///             None => self.0.verify(permit, password, stored),
///         }
///     }
///     fn simulate(&self, permit: &mut Permit, password: &[u8]) -> Result<(), ProviderError> {
///         self.0.simulate(permit, password)
///     }
/// }
/// # fn old_system_check(_: &[u8], _: &str) -> Verification { Verification::Unknown }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not hash passwords",
    label = "expected a type that implements `HashProvider`",
    note = "use `Argon2id`, or implement `auth_runtime::hasher::HashProvider` for it"
)]
pub trait HashProvider: Send + Sync + 'static {
    /// How many bits of entropy an input needs for this provider to be safe. More than zero means that it is made
    /// for generated secrets: using it for passwords does not compile.
    const MINIMUM_ENTROPY: u32 = 0;

    /// Whether equal inputs give equal hashes. True only of providers for generated secrets.
    const DETERMINISTIC: bool = false;

    /// The name that errors show.
    fn name(&self) -> &'static str;

    /// The text to store for `password`.
    ///
    /// # Errors
    /// [`ProviderError`] when no hash can be made, as without random bytes for the salt.
    fn hash(&self, permit: &mut Permit, password: &[u8]) -> Result<String, ProviderError>;

    /// Checks `password` against `stored`, in time that does not depend on how close it comes.
    ///
    /// # Errors
    /// [`ProviderError`] when the check cannot be made. Text that is no hash is [`Verification::Unknown`] instead.
    fn verify(
        &self,
        permit: &mut Permit,
        password: &[u8],
        stored: &str,
    ) -> Result<Verification, ProviderError>;

    /// Costs as much as checking a hash that [`hash`](Self::hash) makes now, and tells nothing (promise EN-03).
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    fn simulate(&self, permit: &mut Permit, password: &[u8]) -> Result<(), ProviderError>;
}

/// The trait without its constants, which cannot be asked of a `dyn`.
trait DynHashProvider: Send + Sync {
    fn name(&self) -> &'static str;
    fn hash(&self, permit: &mut Permit, password: &[u8]) -> Result<String, ProviderError>;
    fn verify(
        &self,
        permit: &mut Permit,
        password: &[u8],
        stored: &str,
    ) -> Result<Verification, ProviderError>;
    fn simulate(&self, permit: &mut Permit, password: &[u8]) -> Result<(), ProviderError>;
}

impl<P: HashProvider> DynHashProvider for P {
    fn name(&self) -> &'static str {
        HashProvider::name(self)
    }

    fn hash(&self, permit: &mut Permit, password: &[u8]) -> Result<String, ProviderError> {
        HashProvider::hash(self, permit, password)
    }

    fn verify(
        &self,
        permit: &mut Permit,
        password: &[u8],
        stored: &str,
    ) -> Result<Verification, ProviderError> {
        HashProvider::verify(self, permit, password, stored)
    }

    fn simulate(&self, permit: &mut Permit, password: &[u8]) -> Result<(), ProviderError> {
        HashProvider::simulate(self, permit, password)
    }
}

/// How the passwords of one strategy are hashed. Cheap to clone.
#[derive(Clone)]
pub struct PasswordHashing(Arc<dyn DynHashProvider>);

impl PasswordHashing {
    /// Hashes with `provider`.
    pub fn new<P: HashProvider>(provider: P) -> Self {
        const {
            assert!(
                P::MINIMUM_ENTROPY == 0,
                "this hash provider is made for generated secrets and is unfit for passwords"
            );
        }
        Self(Arc::new(provider))
    }

    pub(super) fn hash(&self, permit: &mut Permit, password: &str) -> Result<String, HashError> {
        let password = profile::nfc(password);
        self.0
            .hash(permit, password.as_bytes())
            .map_err(|e| self.failed(e))
    }

    pub(super) fn verify(
        &self,
        permit: &mut Permit,
        password: &str,
        stored: Option<&str>,
    ) -> Result<Verdict, HashError> {
        let (profile, hash) = profile::of_stored(stored.unwrap_or_default());
        let password = profile.apply(password);
        let verification = match hash {
            "" => Verification::Unknown,
            hash => self
                .0
                .verify(permit, password.as_bytes(), hash)
                .map_err(|e| self.failed(e))?,
        };
        match verification {
            Verification::Match { outdated } => Ok(Verdict::Match {
                outdated: outdated || profile.is_outdated(),
            }),
            Verification::NoMatch => Ok(Verdict::NoMatch),
            Verification::Unknown => {
                self.0
                    .simulate(permit, password.as_bytes())
                    .map_err(|e| self.failed(e))?;
                Ok(Verdict::NoMatch)
            }
        }
    }

    fn failed(&self, source: ProviderError) -> HashError {
        HashError::Provider {
            provider: self.0.name(),
            source,
        }
    }
}

impl Default for PasswordHashing {
    /// [`Argon2id`] with its default parameters and no pepper (promise PW-01).
    fn default() -> Self {
        Self::new(Argon2id::default())
    }
}

impl fmt::Debug for PasswordHashing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PasswordHashing").field(&self.0.name()).finish()
    }
}

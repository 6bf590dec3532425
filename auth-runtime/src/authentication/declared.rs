use std::{fmt, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;

use super::{Part, Starting};
use crate::{
    error::Error,
    limits::{AttemptGuard, SharedGuard},
    secret::SecretSource,
    sender::SharedSender,
    token::Purpose,
    user::Authenticated,
};

/// The run-time parts of one strategy or add-on as they were declared: senders, secrets, providers.
pub trait DeclaredPart<U: Authenticated>: Send + 'static {
    /// How long the tokens live that it mints.
    fn lifetimes(&self) -> Vec<(Purpose, Duration)> {
        Vec::new()
    }

    /// How much memory one of its password hashes takes, in KiB; the hashing pool is made to hold that.
    fn hash_memory_kib(&self) -> u32 {
        0
    }

    /// What delivers its messages, under its name.
    fn senders(&self) -> Vec<(&'static str, SharedSender<U>)> {
        Vec::new()
    }

    /// Resolves secrets and checks what only run time can tell.
    ///
    /// # Errors
    /// [`Error::Config`], naming the setting.
    fn start<'s>(self: Box<Self>, starting: &'s Starting) -> BoxFuture<'s, Result<Arc<dyn Part<U>>, Error>>;
}

/// What a block declares that cannot be a constant.
pub struct Declared<U: Authenticated> {
    pub(crate) signing_secret: Option<SecretSource>,
    pub(crate) previous_signing_secrets: Vec<SecretSource>,
    pub(crate) encryption_key: Option<SecretSource>,
    pub(crate) previous_encryption_keys: Vec<SecretSource>,
    pub(crate) parts: Vec<Box<dyn DeclaredPart<U>>>,
    pub(crate) guards: Vec<(&'static str, SharedGuard)>,
    pub(crate) senders: Vec<(&'static str, SharedSender<U>)>,
}

impl<U: Authenticated> Declared<U> {
    /// A declaration without anything.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            signing_secret: None,
            previous_signing_secrets: Vec::new(),
            encryption_key: None,
            previous_encryption_keys: Vec::new(),
            parts: Vec::new(),
            guards: Vec::new(),
            senders: Vec::new(),
        }
    }

    /// The secret that signs tokens.
    #[must_use]
    pub fn signing_secret(mut self, secret: SecretSource) -> Self {
        self.signing_secret = Some(secret);
        self
    }

    /// A secret that signed tokens before and still verifies them.
    #[must_use]
    pub fn previous_signing_secret(mut self, secret: SecretSource) -> Self {
        self.previous_signing_secrets.push(secret);
        self
    }

    /// The key that encrypts what is kept for use elsewhere.
    #[must_use]
    pub fn encryption_key(mut self, secret: SecretSource) -> Self {
        self.encryption_key = Some(secret);
        self
    }

    /// A key that encrypted before and still decrypts.
    #[must_use]
    pub fn previous_encryption_key(mut self, secret: SecretSource) -> Self {
        self.previous_encryption_keys.push(secret);
        self
    }

    /// What delivers the notices of a part that has none of its own to start.
    #[must_use]
    pub fn sender(mut self, part: &'static str, sender: SharedSender<U>) -> Self {
        self.senders.push((part, sender));
        self
    }

    /// The next strategy or add-on, in order of declaration.
    #[must_use]
    pub fn part(mut self, part: impl DeclaredPart<U>) -> Self {
        self.parts.push(Box::new(part));
        self
    }

    /// The application's own guard before the attempts of a strategy.
    #[must_use]
    pub fn guard(mut self, strategy: &'static str, guard: impl AttemptGuard) -> Self {
        self.guards.push((strategy, SharedGuard::new(guard)));
        self
    }
}

impl<U: Authenticated> Default for Declared<U> {
    fn default() -> Self {
        Self::new()
    }
}

impl<U: Authenticated> fmt::Debug for Declared<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Declared")
            .field("parts", &self.parts.len())
            .finish_non_exhaustive()
    }
}

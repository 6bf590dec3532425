use std::{any::Any, fmt, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;

use crate::{error::Error, secret::SecretSource, token::Purpose};

/// The run-time parts of one strategy as they were declared: senders, secrets, providers.
pub trait StrategyParts: Send + 'static {
    /// How long the tokens live that the strategy mints.
    fn lifetimes(&self) -> Vec<(Purpose, Duration)>;

    /// How much memory one of its password hashes takes, in KiB; the hashing pool is made to hold that.
    fn hash_memory_kib(&self) -> u32 {
        0
    }

    /// What delivers its messages, by the name of the strategy: a [`SharedSender`](crate::sender::SharedSender) of the
    /// resource.
    fn senders(&self) -> Vec<(&'static str, Arc<dyn Any + Send + Sync>)> {
        Vec::new()
    }

    /// Resolves secrets and checks what only run time can tell. The result is what the strategy works with.
    ///
    /// # Errors
    /// [`Error::Config`], naming the setting.
    fn start(self: Box<Self>) -> BoxFuture<'static, Result<Arc<dyn Any + Send + Sync>, Error>>;
}

/// What a block declares that cannot be a constant.
pub struct Declared<U> {
    pub(crate) signing_secret: Option<SecretSource>,
    pub(crate) previous_signing_secrets: Vec<SecretSource>,
    pub(crate) strategies: Vec<Box<dyn StrategyParts>>,
    resource: std::marker::PhantomData<fn() -> U>,
}

impl<U> Declared<U> {
    /// A declaration without anything.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            signing_secret: None,
            previous_signing_secrets: Vec::new(),
            strategies: Vec::new(),
            resource: std::marker::PhantomData,
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

    /// The next strategy, in order of declaration.
    #[must_use]
    pub fn strategy(mut self, parts: impl StrategyParts) -> Self {
        self.strategies.push(Box::new(parts));
        self
    }
}

impl<U> Default for Declared<U> {
    fn default() -> Self {
        Self::new()
    }
}

impl<U> fmt::Debug for Declared<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Declared")
            .field("strategies", &self.strategies.len())
            .finish_non_exhaustive()
    }
}

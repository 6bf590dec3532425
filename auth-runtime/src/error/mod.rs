//! Two worlds of errors.
//!
//! [`Error`] is for the operator: it knows the cause and chains to it. [`Failure`] is what a client may learn: a
//! code out of a closed set, the fields of the person's own form, and when to try again. There is one way from the
//! first to the second, [`Error::failure`], and it drops everything that depends on whether a person exists
//! (promise EN-01).

mod cause;
mod failure;
mod field;

pub use cause::Cause;
pub use failure::{Code, Failure};
pub use field::{FieldError, FieldErrors};

use std::{fmt, time::Duration};

use crate::{
    db::{AsStorage, StorageError},
    limits::GuardError,
    secret::SecretError,
    sender::SenderError,
    token::Purpose,
};

/// What every fallible call of the library returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Everything that can go wrong in an action, with its cause.
///
/// `Display` never shows a cause, an argument or an identity; [`std::error::Error::source`] leads to the cause.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The person is not signed in, for whatever reason; the reason is inside.
    #[error("Authentication failed")]
    AuthenticationFailed(#[from] AuthenticationFailed),
    /// A one-time token does not work. Which kind is known, why is in the cause.
    #[error("Invalid {purpose} token")]
    InvalidToken {
        /// What the token was for.
        purpose: Purpose,
        /// Why it does not work.
        cause: Cause,
    },
    /// The person's own input was refused, field by field.
    #[error("invalid input")]
    Invalid(#[from] FieldErrors),
    /// The session is too old for what was asked; signing in again helps.
    #[error("a more recent sign-in is needed")]
    ReauthenticationRequired,
    /// There are tenants, and nobody said which one this is about (promise TN-01).
    #[error("no tenant was named")]
    TenantRequired,
    /// There is no such action, or it is switched off.
    #[error("no such action")]
    NoSuchAction,
    /// A sender did not deliver. In-process callers see it; HTTP answers do not depend on it (promise FA-08).
    #[error("Sender failed")]
    SenderFailed(#[from] SenderError),
    /// All hashing slots and queue places are taken (promise FA-01).
    #[error("overloaded, try again later")]
    Overloaded {
        /// When it is worth trying again.
        retry_after: Duration,
    },
    /// The database did not do its part.
    #[error("the database is not available")]
    Storage(#[source] StorageError),
    /// The application's own guard could not say whether an attempt may run, so it did not (promise FA-06).
    #[error("a check cannot be made")]
    GuardFailed(#[from] GuardError),
    /// A provider of identities did not do its part, or what it said does not hold.
    #[cfg(feature = "oauth")]
    #[error("the identity provider's answer cannot be used")]
    Provider(#[from] crate::oauth::ProviderError),
    /// Something is wrong with the way the application is set up.
    #[error("configuration error")]
    Config(#[from] ConfigError),
    /// A failure inside the library or below it.
    #[error("internal error")]
    Internal(#[source] Source),
}

impl Error {
    /// Wraps an unexpected failure.
    pub fn internal(source: impl Into<Source>) -> Self {
        Self::Internal(source.into())
    }

    /// The cause code, for audit and metrics.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self {
            Self::AuthenticationFailed(failed) => failed.cause,
            Self::InvalidToken { cause, .. } => *cause,
            Self::Invalid(_) => Cause::InvalidInput,
            Self::ReauthenticationRequired => Cause::StaleSession,
            Self::TenantRequired => Cause::TenantRequired,
            Self::NoSuchAction => Cause::NoSuchAction,
            Self::SenderFailed(_) => Cause::SenderFailed,
            Self::Overloaded { .. } => Cause::Overloaded,
            Self::GuardFailed(_) => Cause::GuardFailed,
            #[cfg(feature = "oauth")]
            Self::Provider(error) => error.cause(),
            Self::Storage(_) => Cause::StorageFailed,
            Self::Config(_) => Cause::Misconfigured,
            Self::Internal(_) => Cause::Internal,
        }
    }

    /// When trying again is worth it, where that is known: the remaining wait of an attempt that was refused for too
    /// many failures, or how long the server wants to be left alone.
    ///
    /// # Security
    /// Clients are not told about waits: that an identity is limited is none of their business (promise EN-01).
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::AuthenticationFailed(failed) => failed.retry_after,
            Self::Overloaded { retry_after } => Some(*retry_after),
            _ => None,
        }
    }

    /// Its text with the texts of everything that caused it, for the operator's log.
    pub(crate) fn chain(&self) -> String {
        let mut chain = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            chain.push_str(": ");
            chain.push_str(&error.to_string());
            cause = error.source();
        }
        chain
    }

    /// What a client may be told.
    #[must_use]
    pub fn failure(&self) -> Failure {
        match self {
            Self::AuthenticationFailed(_) => Failure::new(Code::AuthenticationFailed),
            Self::InvalidToken {
                purpose: Purpose::ProviderSession,
                ..
            } => Failure::new(Code::InvalidLogoutToken),
            Self::InvalidToken { .. } => Failure::new(Code::InvalidToken),
            Self::Invalid(fields) => Failure::new(Code::Invalid).with_fields(fields.clone()),
            Self::ReauthenticationRequired => Failure::new(Code::ReauthenticationRequired),
            Self::TenantRequired => Failure::new(Code::AuthenticationFailed),
            Self::NoSuchAction => Failure::new(Code::NotFound),
            // The answer of a request action never depends on delivery; this arm is for in-process misuse only.
            Self::SenderFailed(_) => Failure::new(Code::Unavailable),
            Self::Overloaded { retry_after } => Failure::new(Code::Overloaded).with_retry_after(*retry_after),
            Self::Storage(_) | Self::GuardFailed(_) => {
                Failure::new(Code::Unavailable).with_retry_after(Duration::from_secs(1))
            }
            #[cfg(feature = "oauth")]
            Self::Provider(error) => match error.cause() {
                Cause::ProviderUnreachable => {
                    Failure::new(Code::Unavailable).with_retry_after(Duration::from_secs(1))
                }
                Cause::ProviderDenied => Failure::new(Code::Cancelled),
                cause if cause.is_fault() => Failure::new(Code::Internal),
                _ => Failure::new(Code::AuthenticationFailed),
            },
            Self::Config(_) | Self::Internal(_) => Failure::new(Code::Internal),
        }
    }
}

impl From<StorageError> for Error {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        Self::Storage(StorageError::from(error))
    }
}

impl AsStorage for Error {
    fn as_storage(&self) -> Option<&diesel::result::Error> {
        match self {
            Self::Storage(StorageError::Query(error)) => Some(error),
            _ => None,
        }
    }
}

impl From<crate::random::RandomError> for Error {
    fn from(error: crate::random::RandomError) -> Self {
        Self::internal(error)
    }
}

impl From<crate::token::MintError> for Error {
    fn from(error: crate::token::MintError) -> Self {
        Self::internal(error)
    }
}

/// Sign-in did not happen. Says which strategy and action refused, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Authentication failed")]
pub struct AuthenticationFailed {
    /// The strategy's name in the block.
    pub strategy: &'static str,
    /// The action that refused.
    pub action: &'static str,
    /// Why, for audit and metrics only.
    pub cause: Cause,
    /// The remaining wait, for callers inside the application, with [`Cause::TooManyAttempts`].
    pub retry_after: Option<Duration>,
}

impl AuthenticationFailed {
    /// A refusal by `action` of `strategy`.
    #[must_use]
    pub const fn new(strategy: &'static str, action: &'static str, cause: Cause) -> Self {
        Self {
            strategy,
            action,
            cause,
            retry_after: None,
        }
    }

    pub(crate) const fn with_retry_after(mut self, delay: Option<Duration>) -> Self {
        self.retry_after = delay;
        self
    }
}

/// The application is set up wrongly. Names the setting and, where known, the line of the block.
#[derive(thiserror::Error)]
pub struct ConfigError {
    setting: String,
    location: Option<&'static str>,
    problem: String,
    #[source]
    source: Option<Source>,
}

impl ConfigError {
    /// `problem` with the setting `setting`.
    pub fn new(setting: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            setting: setting.into(),
            location: None,
            problem: problem.into(),
            source: None,
        }
    }

    /// Adds where the setting was written, as `file:line`.
    #[must_use]
    pub const fn at(mut self, location: &'static str) -> Self {
        self.location = Some(location);
        self
    }

    /// Adds the underlying error. It must not carry a secret.
    #[must_use]
    pub fn because(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.setting)?;
        if let Some(location) = self.location {
            write!(f, " ({location})")?;
        }
        write!(f, ": {}", self.problem)
    }
}

/// As [`Display`](fmt::Display), with its cause: what `main` prints of an error that it returns is for people, too.
impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl From<SecretError> for Error {
    fn from(error: SecretError) -> Self {
        Self::Config(ConfigError::new("secret", "the provider failed").because(error))
    }
}

#[cfg(feature = "password")]
impl From<crate::hasher::HashError> for Error {
    fn from(error: crate::hasher::HashError) -> Self {
        match error {
            crate::hasher::HashError::Overloaded { retry_after } => Self::Overloaded { retry_after },
            other => Self::internal(other),
        }
    }
}

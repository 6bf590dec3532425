//! The application's own say in whether an attempt may run.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};

use crate::context::RequestMetadata;

/// An attempt, as a guard sees it before it runs.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct GuardedAttempt<'a> {
    /// The strategy's name in the block.
    pub strategy: &'static str,
    /// The action, such as `sign_in`.
    pub action: &'static str,
    /// What was typed, in its canonical form; `None` where the action takes no identity, or what was typed cannot be
    /// one. Says nothing about whether anybody has it.
    pub identity: Option<&'a str>,
    /// What is known about the request.
    pub request: &'a RequestMetadata,
}

/// What a guard says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may run.
    Admit,
    /// It may not. The client gets the answer of a failed sign-in; of a request for a message, the usual one.
    Refuse {
        /// When trying again is worth it, for callers inside the application.
        retry_after: Option<Duration>,
    },
}

/// The guard could not find out. The attempt is refused with 503 (promise FA-06).
#[derive(Debug, thiserror::Error)]
#[error("the guard could not be asked")]
pub struct GuardError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl GuardError {
    /// Wraps the reason.
    pub fn new(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(reason.into())
    }
}

/// An application's own protection against guessing: `brute_force_strategy: preparation(path::to::Guard)`.
///
/// It is asked before each attempt and request of the strategy, and once more, with the identity, where a sign-in at a
/// provider turns out to be a registration. The library's counters go on behind it, those of
/// identities at their floor of 100 failures in a window, so a guard that admits everything does not switch limits
/// off.
///
/// # Example
/// ```
/// use auth_runtime::limits::{AttemptGuard, GuardError, GuardedAttempt, Verdict};
///
/// struct OfficeHours;
/// impl AttemptGuard for OfficeHours {
///     async fn admit(&self, attempt: &GuardedAttempt<'_>) -> Result<Verdict, GuardError> {
///         let from_office = attempt.request.client_address.is_some_and(|address| address.is_loopback());
///         Ok(if from_office { Verdict::Admit } else { Verdict::Refuse { retry_after: None } })
///     }
/// }
/// ```
///
/// # Security
/// An answer that depends on whether somebody has the identity tells who has an account (promise EN-01).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a guard",
    label = "expected a type that implements `AttemptGuard`",
    note = "implement `auth_runtime::limits::AttemptGuard` for `{Self}`"
)]
pub trait AttemptGuard: Send + Sync + 'static {
    /// Whether the attempt may run.
    fn admit(&self, attempt: &GuardedAttempt<'_>)
    -> impl Future<Output = Result<Verdict, GuardError>> + Send;
}

trait Erased: Send + Sync {
    fn admit<'a>(&'a self, attempt: &'a GuardedAttempt<'a>) -> BoxFuture<'a, Result<Verdict, GuardError>>;
}

impl<G: AttemptGuard> Erased for G {
    fn admit<'a>(&'a self, attempt: &'a GuardedAttempt<'a>) -> BoxFuture<'a, Result<Verdict, GuardError>> {
        AttemptGuard::admit(self, attempt).boxed()
    }
}

/// A guard of any type.
#[derive(Clone)]
pub(crate) struct SharedGuard(Arc<dyn Erased>);

impl SharedGuard {
    pub(crate) fn new(guard: impl AttemptGuard) -> Self {
        Self(Arc::new(guard))
    }

    pub(super) async fn admit(&self, attempt: &GuardedAttempt<'_>) -> Result<Verdict, GuardError> {
        self.0.admit(attempt).await
    }
}

impl fmt::Debug for SharedGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedGuard")
    }
}

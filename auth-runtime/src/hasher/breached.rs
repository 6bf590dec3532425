//! The hook for a set of breached passwords (promise PW-07).

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use secrecy::SecretString;

use super::PolicyViolation;

/// How long the set may take to answer.
const DEADLINE: Duration = Duration::from_secs(2);

/// The set of breached passwords could not be asked. Its text must not contain the password.
#[derive(Debug, thiserror::Error)]
#[error("the set of breached passwords did not answer")]
pub struct BreachedPasswordsError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl BreachedPasswordsError {
    /// Wraps the cause.
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

/// Knows passwords that were published after a breach: a file, or a service that is asked by range.
///
/// # Security
/// The implementation gets the password so that it can digest it as its set demands. What leaves the process should
/// be a prefix of that digest which many passwords share, never the password or its whole digest.
///
/// # Example
/// ```
/// use auth_runtime::hasher::breached::{BreachedPasswords, BreachedPasswordsError};
/// use secrecy::{ExposeSecret, SecretString};
///
/// struct ShortList(Vec<String>);
/// impl BreachedPasswords for ShortList {
///     async fn contains(&self, password: &SecretString) -> Result<bool, BreachedPasswordsError> {
///         Ok(self.0.iter().any(|known| known == password.expose_secret()))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not know breached passwords",
    label = "expected a type that implements `BreachedPasswords`",
    note = "implement `auth_runtime::hasher::breached::BreachedPasswords` for it"
)]
pub trait BreachedPasswords: Send + Sync + 'static {
    /// Whether the password is in the set.
    ///
    /// # Errors
    /// [`BreachedPasswordsError`] when the set cannot be asked.
    fn contains(
        &self,
        password: &SecretString,
    ) -> impl Future<Output = Result<bool, BreachedPasswordsError>> + Send;
}

/// What happens to a new password while the set cannot be asked. There is no default: the application declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUnreachable {
    /// The password is accepted, with a warning in the log.
    ///
    /// # Security
    /// Breached passwords get in during an outage, which an attacker may be able to cause.
    Allow,
    /// The password is refused; nobody can choose one until the set answers again.
    Refuse,
}

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

trait DynBreachedPasswords: Send + Sync {
    fn contains<'a>(
        &'a self,
        password: &'a SecretString,
    ) -> BoxFuture<'a, Result<bool, BreachedPasswordsError>>;
}

impl<B: BreachedPasswords> DynBreachedPasswords for B {
    fn contains<'a>(
        &'a self,
        password: &'a SecretString,
    ) -> BoxFuture<'a, Result<bool, BreachedPasswordsError>> {
        Box::pin(BreachedPasswords::contains(self, password))
    }
}

/// A set of breached passwords together with what its absence means.
#[derive(Clone)]
pub struct BreachCheck {
    set: Arc<dyn DynBreachedPasswords>,
    on_unreachable: OnUnreachable,
}

impl BreachCheck {
    /// Asks `set` about each new password.
    pub fn new(set: impl BreachedPasswords, on_unreachable: OnUnreachable) -> Self {
        Self {
            set: Arc::new(set),
            on_unreachable,
        }
    }

    /// Checks a password that is being chosen, in two seconds at most.
    ///
    /// # Errors
    /// [`PolicyViolation::Breached`], or [`PolicyViolation::BreachCheckUnavailable`] if that was declared.
    pub async fn check(&self, password: &SecretString) -> Result<(), PolicyViolation> {
        let answer = match tokio::time::timeout(DEADLINE, self.set.contains(password)).await {
            Ok(answer) => answer,
            Err(elapsed) => Err(BreachedPasswordsError::new(elapsed)),
        };
        match (answer, self.on_unreachable) {
            (Ok(false), _) => Ok(()),
            (Ok(true), _) => Err(PolicyViolation::Breached),
            (Err(error), OnUnreachable::Allow) => {
                tracing::warn!(%error, "a new password was accepted without the check for breaches");
                Ok(())
            }
            (Err(error), OnUnreachable::Refuse) => {
                tracing::warn!(%error, "a new password was refused because breaches could not be checked");
                Err(PolicyViolation::BreachCheckUnavailable)
            }
        }
    }
}

impl fmt::Debug for BreachCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BreachCheck")
            .field("on_unreachable", &self.on_unreachable)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    const MARTY: &str = "Marty McFly";

    /// Knows one password, or does not answer.
    struct Set(Option<&'static str>);

    impl BreachedPasswords for Set {
        async fn contains(&self, password: &SecretString) -> Result<bool, BreachedPasswordsError> {
            match self.0 {
                Some(known) => Ok(password.expose_secret() == known),
                None => std::future::pending().await,
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn pw_07_an_unreachable_set_does_what_was_declared() {
        for (set, on_unreachable, expected) in [
            (
                Set(Some(MARTY)),
                OnUnreachable::Allow,
                Err(PolicyViolation::Breached),
            ),
            (Set(Some("other")), OnUnreachable::Refuse, Ok(())),
            (Set(None), OnUnreachable::Allow, Ok(())),
            (
                Set(None),
                OnUnreachable::Refuse,
                Err(PolicyViolation::BreachCheckUnavailable),
            ),
        ] {
            assert_eq!(
                BreachCheck::new(set, on_unreachable).check(&MARTY.into()).await,
                expected
            );
        }
    }
}

//! Confidential configuration: where signing keys and client secrets come from.

use std::{future::Future, pin::Pin, sync::Arc};

use secrecy::SecretString;

/// What a secret is wanted for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecretContext {
    /// The words that lead to the setting, such as `authentication`, `tokens`, `signing_secret`.
    pub path: &'static [&'static str],
    /// The subject name of the resource that asks.
    pub subject_name: &'static str,
}

impl SecretContext {
    /// A context for the setting at `path` of the resource `subject_name`.
    #[must_use]
    pub const fn new(path: &'static [&'static str], subject_name: &'static str) -> Self {
        Self { path, subject_name }
    }
}

/// A provider could not say whether the secret exists.
#[derive(Debug, thiserror::Error)]
#[error("the secret provider failed")]
pub struct SecretError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl SecretError {
    /// Wraps the provider's own error. It must not contain the secret.
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

/// Supplies a confidential value: an environment variable, a vault, a file.
///
/// # Example
/// ```
/// use auth_runtime::secret::{Secret, SecretContext, SecretError};
/// use secrecy::SecretString;
///
/// struct Vault;
/// impl Secret for Vault {
///     async fn secret_for(&self, context: &SecretContext) -> Result<Option<SecretString>, SecretError> {
///         Ok(context.path.last().map(|name| format!("value of {name}, thirty-two bytes long").into()))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not supply secrets",
    label = "expected a type that implements `Secret`",
    note = "use `env(\"NAME\")`, a closure `|context| …`, or implement `auth_runtime::secret::Secret` for it"
)]
pub trait Secret: Send + Sync + 'static {
    /// The value for `context`, or `None` when there is none.
    ///
    /// # Errors
    /// [`SecretError`] when the provider cannot tell; the caller fails closed.
    fn secret_for(
        &self,
        context: &SecretContext,
    ) -> impl Future<Output = Result<Option<SecretString>, SecretError>> + Send;

    /// Where an operator has to look when it has no value, such as the name of a variable. Never the value.
    fn place(&self) -> Option<String> {
        None
    }
}

/// Reads an environment variable each time it is asked. `env("NAME")` in the block.
#[derive(Debug, Clone, Copy)]
pub struct Env(pub &'static str);

impl Secret for Env {
    async fn secret_for(&self, _: &SecretContext) -> Result<Option<SecretString>, SecretError> {
        match std::env::var(self.0) {
            Ok(value) if value.is_empty() => Ok(None),
            Ok(value) => Ok(Some(value.into())),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(error @ std::env::VarError::NotUnicode(_)) => {
                // The error's own text quotes the value.
                drop(error);
                Err(SecretError::new("the environment variable is not valid Unicode"))
            }
        }
    }

    fn place(&self) -> Option<String> {
        Some(format!("the environment variable `{}`", self.0))
    }
}

/// A value written into the source. Accepted for development; the macro warns about it.
#[derive(Clone, Copy)]
pub struct Literal(pub &'static str);

impl std::fmt::Debug for Literal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Literal([redacted])")
    }
}

impl Secret for Literal {
    async fn secret_for(&self, _: &SecretContext) -> Result<Option<SecretString>, SecretError> {
        Ok(Some(self.0.into()))
    }
}

impl<F, T> Secret for Closure<F>
where
    F: Fn(&SecretContext) -> T + Send + Sync + 'static,
    T: Into<Option<String>>,
{
    async fn secret_for(&self, context: &SecretContext) -> Result<Option<SecretString>, SecretError> {
        Ok((self.0)(context).into().map(SecretString::from))
    }
}

/// A closure from [`SecretContext`] to `String` or `Option<String>`.
#[derive(Debug, Clone, Copy)]
pub struct Closure<F>(F);

impl<F, T> Closure<F>
where
    F: Fn(&SecretContext) -> T + Send + Sync + 'static,
    T: Into<Option<String>>,
{
    /// Wraps the closure.
    pub const fn new(closure: F) -> Self {
        Self(closure)
    }
}

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

trait DynSecret: Send + Sync {
    fn secret_for<'a>(
        &'a self,
        context: &'a SecretContext,
    ) -> BoxFuture<'a, Result<Option<SecretString>, SecretError>>;

    fn place(&self) -> Option<String>;
}

impl<S: Secret> DynSecret for S {
    fn secret_for<'a>(
        &'a self,
        context: &'a SecretContext,
    ) -> BoxFuture<'a, Result<Option<SecretString>, SecretError>> {
        Box::pin(Secret::secret_for(self, context))
    }

    fn place(&self) -> Option<String> {
        Secret::place(self)
    }
}

/// One secret setting of a block: what supplies it and where it stands.
#[derive(Clone)]
pub struct SecretSource {
    provider: Arc<dyn DynSecret>,
    context: SecretContext,
    location: &'static str,
}

impl SecretSource {
    /// The setting at `context`, written at `location` (`file:line`).
    pub fn new(provider: impl Secret, context: SecretContext, location: &'static str) -> Self {
        Self {
            provider: Arc::new(provider),
            context,
            location,
        }
    }

    /// Where the setting was written, as `file:line`.
    #[must_use]
    pub const fn location(&self) -> &'static str {
        self.location
    }

    /// The dotted path of the setting.
    #[must_use]
    pub fn path(&self) -> String {
        self.context.path.join(".")
    }

    /// What is wrong where it has no value.
    pub(crate) fn has_no_value(&self) -> String {
        match self.provider.place() {
            Some(place) => format!("has no value: {place} is not set"),
            None => "has no value".to_owned(),
        }
    }

    /// Asks the provider, giving it at most five seconds.
    ///
    /// # Errors
    /// [`SecretError`] when the provider fails or does not answer in time.
    pub async fn resolve(&self) -> Result<Option<SecretString>, SecretError> {
        let deadline = std::time::Duration::from_secs(5);
        match tokio::time::timeout(deadline, self.provider.secret_for(&self.context)).await {
            Ok(answer) => answer,
            Err(elapsed) => Err(SecretError::new(elapsed)),
        }
    }
}

impl std::fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretSource")
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}

//! Secrets that a test can change.

use std::future::Future;

use auth_runtime::secret::{Secret, SecretContext, SecretError};
use secrecy::SecretString;

tokio::task_local! {
    static GIVEN: Vec<(&'static str, Option<String>)>;
}

/// The value of the setting `context` asks for: what [`with_secrets`] gave, else a fixed one.
#[must_use]
pub fn secret(context: &SecretContext) -> Option<String> {
    let setting = *context.path.last()?;
    let given = GIVEN.try_with(|given| given.iter().find(|(name, _)| *name == setting).cloned());
    match given {
        Ok(Some((_, value))) => value,
        _ => Some(default_secret(setting)),
    }
}

/// What a setting is when a test says nothing else.
#[must_use]
pub fn default_secret(setting: &str) -> String {
    format!("the {setting} of the tests, thirty-two bytes and more")
}

/// Starts something with other secrets, by the name of their setting.
pub async fn with_secrets<T>(
    given: impl IntoIterator<Item = (&'static str, Option<String>)>,
    start: impl Future<Output = T>,
) -> T {
    GIVEN.scope(given.into_iter().collect(), start).await
}

/// [`secret`] as a type, for settings that are not given as a closure.
#[derive(Debug, Clone, Copy)]
pub struct Given;

impl Secret for Given {
    async fn secret_for(&self, context: &SecretContext) -> Result<Option<SecretString>, SecretError> {
        Ok(secret(context).map(SecretString::from))
    }
}

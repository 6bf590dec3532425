//! The keys that encrypt what is kept for use elsewhere, checked at start, and their rotation.

use super::{Authentication, builder::resolve};
use crate::{
    error::{ConfigError, Error},
    seal::{SealError, Sealer},
    secret::SecretSource,
    user::Authenticated,
};

/// What [`Authentication::reseal`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resealed {
    /// Values that are sealed under the present key now, and were not before.
    pub renewed: usize,
    /// Values that no configured key opens. They stay as they are, and the log names their rows.
    pub unreadable: usize,
}

impl Resealed {
    /// Both together.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            renewed: self.renewed + other.renewed,
            unreadable: self.unreadable + other.unreadable,
        }
    }
}

impl<U: Authenticated> Authentication<U> {
    /// Seals anew, under the present `encryption_key`, everything of these people that is sealed under a former one: tokens of
    /// providers, and secrets of connections, of every tenant. A value that changes meanwhile is left to whoever changes
    /// it, with a key that is no older.
    ///
    /// Run it once every process has the new key, and take the former one out of `previous_encryption_keys` when it has
    /// found nothing unreadable. Running it again, or in two processes, is harmless.
    ///
    /// # Errors
    /// [`Error::Storage`].
    ///
    /// # Example
    /// ```no_run
    /// # use auth_runtime::{authentication::Authentication, error::Error, user::Authenticated};
    /// # async fn rotate<User: Authenticated>(auth: Authentication<User>) -> Result<(), Error> {
    /// let resealed = auth.reseal().await?;
    /// println!("{} renewed, {} unreadable", resealed.renewed, resealed.unreadable);
    /// # Ok(()) }
    /// ```
    pub async fn reseal(&self) -> Result<Resealed, Error> {
        let mut all = Resealed::default();
        for part in self.parts() {
            all = all.and(part.reseal(self).await?);
        }
        Ok(all)
    }
}

/// What seals under the declared keys; `None` where there are none.
pub(super) async fn sealer(
    current: Option<SecretSource>,
    previous: Vec<SecretSource>,
) -> Result<Option<Sealer>, Error> {
    let Some(source) = current else {
        return match previous.first() {
            Some(former) => Err(
                ConfigError::new(former.path(), "needs an `encryption_key` beside it")
                    .at(former.location())
                    .into(),
            ),
            None => Ok(None),
        };
    };
    let newest = resolve(&source).await?;
    let mut older = Vec::with_capacity(previous.len());
    for former in &previous {
        older.push(resolve(former).await?);
    }
    Sealer::new(&newest, &older).map(Some).map_err(|error| {
        let at_fault = match error {
            SealError::Previous { number, .. } => previous.get(number.saturating_sub(1)),
            _ => None,
        };
        let setting = at_fault.unwrap_or(&source);
        let problem = match error {
            SealError::Current(fault) | SealError::Previous { fault, .. } => fault.to_string(),
            other => other.to_string(),
        };
        ConfigError::new(setting.path(), problem)
            .at(setting.location())
            .into()
    })
}

//! The keys that encrypt what is kept for use elsewhere, checked at start.

use super::builder::resolve;
use crate::{
    error::{ConfigError, Error},
    seal::{SealError, Sealer},
    secret::SecretSource,
};

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

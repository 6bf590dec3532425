use std::sync::Arc;

use super::{ID, OVERLAP, Wanted, issue, lifetime, live_keys, notice, own};
use crate::{
    error::{Error, FieldError, FieldErrors},
    resources::api_key::ApiKeyStore,
    strategies::api_key::{ApiKey, Cx, NewApiKey, Rotate},
    strategy::{Outcome, perform},
};

/// Replaces a key of whoever is signed in by a new one with the same name and scopes. The old one works on for the
/// overlap, and not at all without one.
///
/// # Errors
/// As [`create`](super::create); [`Error::Invalid`] also when they have no such live key, or one whose successor lives.
pub async fn rotate<S: ApiKey>(cx: &Cx<S>, input: Rotate) -> Outcome<NewApiKey> {
    perform(cx, own::<S>("rotate").act(cx), |cx| async move {
        try_rotate::<S>(&cx, input).await
    })
    .await
}

async fn try_rotate<S: ApiKey>(cx: &Cx<S>, input: Rotate) -> Result<NewApiKey, Error> {
    own::<S>("rotate").fresh(cx, S::CONFIG.reauthentication_window())?;
    let mut errors = FieldErrors::default();
    let lifetime = lifetime::<S>(input.lifetime, &mut errors);
    let overlap = input.overlap.unwrap_or(S::CONFIG.rotation_overlap());
    if overlap > S::CONFIG.rotation_overlap() {
        errors.add(OVERLAP, FieldError::OutOfRange);
    }
    errors.or(())?;
    let job = Arc::new((cx.clone(), input));
    let (key, notice) = cx
        .auth
        .write(move |connection| {
            let job = Arc::clone(&job);
            Box::pin(async move {
                let (cx, input) = &*job;
                let now = cx.auth.now();
                let (subject, _) = own::<S>("rotate").lock_admitted(cx, connection).await?;
                let live = live_keys::<S>(connection, subject, now).await?;
                let Some(old) = live.iter().find(|key| key.id == input.id) else {
                    return Err(FieldErrors::one(ID, FieldError::NotAChoice).into());
                };
                // One that is replaced already has had its rotation, of which the owner holds the key.
                if live.iter().any(|key| Some(key.id) == old.replaced_by) {
                    return Err(FieldErrors::one(ID, FieldError::NotAChoice).into());
                }
                // Each live key may be in the middle of its own rotation, and no more than that.
                if live.len() >= 2 * S::CONFIG.maximum_keys {
                    return Err(FieldErrors::one(S::CONFIG.name, FieldError::TooMany).into());
                }
                let wanted = Wanted {
                    name: &old.name,
                    scopes: &old.scopes,
                    lifetime,
                };
                let key = issue::<S>(connection, subject, wanted, now).await?;
                S::Keys::replace(connection, old.id, key.info.id, now + overlap).await?;
                if overlap.is_zero() {
                    S::Keys::revoke(connection, old.id, subject, now).await?;
                }
                cx.succeed(connection, Some(subject)).await?;
                let notice = notice::<S>(cx, connection, &key).await?;
                Ok((key, notice))
            })
        })
        .await?;
    drop(cx.auth.deliver_if(notice));
    Ok(key)
}

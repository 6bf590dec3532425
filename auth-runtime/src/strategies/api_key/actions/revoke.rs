use std::sync::Arc;

use super::{ID, own};
use crate::{
    error::{Error, FieldError, FieldErrors},
    resources::api_key::ApiKeyStore,
    strategies::api_key::{ApiKey, Cx, Revoke},
    strategy::{Outcome, perform},
};

/// Ends a key of whoever is signed in, from the next request on. Revoking it once more changes nothing.
///
/// # Errors
/// [`Error::AuthenticationFailed`] when nobody is signed in; [`Error::Invalid`] when they have no such key, somebody
/// else's included; [`Error::Storage`].
pub async fn revoke<S: ApiKey>(cx: &Cx<S>, input: Revoke) -> Outcome<()> {
    perform(cx, own::<S>("revoke").act(cx), |cx| async move {
        let auth = cx.auth.clone();
        let cx = Arc::new(cx);
        auth.write(move |connection| {
            let cx = Arc::clone(&cx);
            Box::pin(async move {
                let subject = own::<S>("revoke").lock(&cx, connection).await?;
                let found = S::Keys::find(connection, input.id).await?;
                let own = found.is_some_and(|key| key.subject == subject && key.prefix == S::CONFIG.prefix);
                if !own {
                    return Err(FieldErrors::one(ID, FieldError::NotAChoice).into());
                }
                S::Keys::revoke(connection, input.id, subject, cx.auth.now()).await?;
                cx.succeed(connection, Some(subject)).await?;
                Ok::<(), Error>(())
            })
        })
        .await
    })
    .await
}

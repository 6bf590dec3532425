use std::{sync::Arc, time::Duration};

use secrecy::SecretString;
use time::OffsetDateTime;

use super::{own, way};
use crate::{
    db::Id,
    error::{Cause, Error, FieldError, FieldErrors},
    oauth::ProviderError,
    resources::user_identity::{StoredIdentity, UserIdentityStore},
    strategies::oauth2::{
        AccessToken, Cx, OAuth2, Way,
        config::ID,
        kept_tokens::{KeptTokens, access_token as stored_access_token, refresh_token},
        realm::{is_own, realm},
    },
    strategy::{Outcome, perform_freely},
};

/// A token that ends within this time counts as over ([U-11]).
const SKEW: time::Duration = time::Duration::seconds(60);
/// How long one caller may take to refresh before another one may try: longer than two calls and two transactions.
const LEASE: time::Duration = time::Duration::seconds(45);
/// How often those who wait look again.
const PAUSE: Duration = Duration::from_millis(100);

/// An access token of the provider for an identity of whoever is signed in, refreshed if it is over. Of any number of
/// callers in any number of processes one asks the provider, and the others get what it got.
///
/// # Errors
/// [`Error::AuthenticationFailed`] when nobody is signed in; [`Error::Invalid`] when they have no such identity, or there is
/// nothing to refresh its token with; [`Error::Provider`] when the provider refuses, after which the stored tokens are gone;
/// [`Error::Storage`].
pub async fn access_token<S: OAuth2>(cx: &Cx<S>, input: AccessToken) -> Outcome<SecretString> {
    let own = own::<S>("access_token");
    perform_freely(cx, own.act(cx), |cx| async move {
        let subject = own.signed_in(&cx)?.subject().to_owned();
        let started = tokio::time::Instant::now();
        let mut row = find::<S>(&cx, &input, &subject).await?;
        let connection_id = row.strategy.split_once('/').map(|(_, id)| id);
        let way = way::<S>(&cx, "access_token", connection_id).await?;
        if !way.provider.issues(&row.issuer) {
            // Its tokens are another provider's business.
            return Err(own.refused(Cause::OtherIssuer));
        }
        loop {
            let now = cx.auth.now();
            if is_good(&row, now) {
                return stored_access_token::<S>(&cx, &row)?.ok_or_else(nothing_stored);
            }
            let Some(refresh) = refresh_token::<S>(&cx, &row)? else {
                return Err(nothing_stored());
            };
            if take::<S>(&cx, &row, now).await? {
                return renew::<S>(&cx, &way, row.id, &refresh).await;
            }
            if started.elapsed() >= LEASE.unsigned_abs() {
                return Err(own.refused(Cause::ProviderUnreachable));
            }
            tokio::time::sleep(PAUSE).await;
            row = find::<S>(&cx, &input, &subject).await?;
        }
    })
    .await
}

fn nothing_stored() -> Error {
    FieldErrors::one(ID, FieldError::NotAChoice).into()
}

async fn find<S: OAuth2>(cx: &Cx<S>, input: &AccessToken, subject: &str) -> Result<StoredIdentity, Error> {
    let (id, realm) = (input.id, realm::<S>(cx));
    let found = cx
        .auth
        .read(move |connection| Box::pin(async move { S::Identities::find_by_id(connection, id).await }))
        .await?;
    let found =
        found.filter(|row| row.subject == subject && row.realm == realm && is_own::<S>(&row.strategy));
    found.ok_or_else(nothing_stored)
}

/// Whether the stored token works for a while; one without an end does until the provider says otherwise.
fn is_good(row: &StoredIdentity, now: OffsetDateTime) -> bool {
    row.access_token.is_some()
        && row
            .access_token_expires_at
            .is_none_or(|end| end.get() > now + SKEW)
}

/// Whether this caller is the one to refresh.
async fn take<S: OAuth2>(cx: &Cx<S>, row: &StoredIdentity, now: OffsetDateTime) -> Result<bool, Error> {
    let (id, seen) = (row.id, row.access_token_expires_at.map(|end| end.get()));
    cx.auth
        .write(move |connection| {
            Box::pin(async move {
                let taken = S::Identities::start_refresh(connection, id, seen, now + LEASE, now).await?;
                Ok::<_, Error>(taken == 1)
            })
        })
        .await
}

/// Asks the provider. Nothing is locked meanwhile.
async fn renew<S: OAuth2>(
    cx: &Cx<S>,
    way: &Way,
    id: Id,
    refresh: &SecretString,
) -> Result<SecretString, Error> {
    let renewed = way.provider.refresh(refresh, cx.auth.now()).await;
    let tokens = match renewed {
        Ok(tokens) => tokens,
        Err(error) => {
            let broken = is_final(&error);
            cx.auth
                .write(move |connection| {
                    Box::pin(async move {
                        S::Identities::fail_refresh(connection, id, broken).await?;
                        Ok::<_, Error>(())
                    })
                })
                .await?;
            return Err(way.failed(cx, error));
        }
    };
    let kept = KeptTokens::of::<S>(cx, id, &tokens)?;
    let kept = Arc::new(kept.ok_or_else(nothing_stored)?);
    let now = cx.auth.now();
    cx.auth
        .write(move |connection| {
            let kept = Arc::clone(&kept);
            Box::pin(async move {
                S::Identities::finish_refresh(connection, id, kept.row(), now).await?;
                Ok::<_, Error>(())
            })
        })
        .await?;
    Ok(tokens.access_token)
}

/// Whether the provider will never take this refresh token again.
fn is_final(error: &ProviderError) -> bool {
    let code = match error {
        ProviderError::Status { code, .. } => code.as_deref(),
        ProviderError::Refused { code } => Some(code.as_str()),
        _ => None,
    };
    code == Some("invalid_grant")
}

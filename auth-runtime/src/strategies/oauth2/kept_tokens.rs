//! The provider's tokens at rest (promise OA-11).

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use time::OffsetDateTime;

use super::{
    Cx, OAuth2,
    realm::{is_of_these_people, is_own},
};
use crate::{
    authentication::{Authentication, Resealed},
    db::Id,
    error::Error,
    oauth::ProviderTokens,
    resources::user_identity::{SealedToken, SealedTokens, StoredIdentity, UserIdentityStore},
    seal::Sealer,
};

/// What an identity's row holds of a provider's tokens.
#[derive(Debug)]
pub(super) struct KeptTokens {
    access_token: Vec<u8>,
    refresh_token: Option<Vec<u8>>,
    expires_at: Option<OffsetDateTime>,
    scope: Option<String>,
}

/// Which column of which row a ciphertext is for; it opens nowhere else.
fn place(id: Id, column: &str) -> String {
    format!("user_identity:{id}:{column}")
}

const ACCESS: &str = "access_token";
const REFRESH: &str = "refresh_token";

impl KeptTokens {
    /// The tokens sealed for the row `id`; `None` where the block does not ask for them.
    pub(super) fn of<S: OAuth2>(cx: &Cx<S>, id: Id, tokens: &ProviderTokens) -> Result<Option<Self>, Error> {
        if !S::CONFIG.store_tokens {
            return Ok(None);
        }
        let sealer = sealer::<S>(&cx.auth)?;
        let seal = |column, token: &SecretString| {
            let sealed = sealer.seal(&place(id, column), token.expose_secret().as_bytes());
            sealed.map_err(Error::internal)
        };
        Ok(Some(Self {
            access_token: seal(ACCESS, &tokens.access_token)?,
            refresh_token: tokens
                .refresh_token
                .as_ref()
                .map(|token| seal(REFRESH, token))
                .transpose()?,
            expires_at: tokens.expires_at,
            scope: tokens.scope.clone(),
        }))
    }

    pub(super) fn row(&self) -> SealedTokens<'_> {
        SealedTokens {
            access_token: &self.access_token,
            refresh_token: self.refresh_token.as_deref(),
            expires_at: self.expires_at,
            scope: self.scope.as_deref(),
        }
    }
}

/// The access token in a row, if there is one.
pub(super) fn access_token<S: OAuth2>(
    cx: &Cx<S>,
    row: &StoredIdentity,
) -> Result<Option<SecretString>, Error> {
    open::<S>(cx, row.id, ACCESS, row.access_token.as_deref())
}

/// The refresh token in a row, if there is one.
pub(super) fn refresh_token<S: OAuth2>(
    cx: &Cx<S>,
    row: &StoredIdentity,
) -> Result<Option<SecretString>, Error> {
    open::<S>(cx, row.id, REFRESH, row.refresh_token.as_deref())
}

fn open<S: OAuth2>(
    cx: &Cx<S>,
    id: Id,
    column: &str,
    sealed: Option<&[u8]>,
) -> Result<Option<SecretString>, Error> {
    let Some(sealed) = sealed else { return Ok(None) };
    let opened = sealer::<S>(&cx.auth)?.open(&place(id, column), sealed);
    opened.map(Some).map_err(Error::internal)
}

fn sealer<S: OAuth2>(auth: &Authentication<S::User>) -> Result<&Sealer, Error> {
    let sealer = auth.sealer();
    sealer.ok_or_else(|| Error::internal("tokens are stored without an `encryption_key`"))
}

/// How many rows are read at once.
const BATCH: i64 = 200;

/// Seals anew the tokens that are sealed under a former key.
pub(super) async fn reseal<S: OAuth2>(auth: &Authentication<S::User>) -> Result<Resealed, Error> {
    let mut resealed = Resealed::default();
    if !S::CONFIG.store_tokens {
        return Ok(resealed);
    }
    let sealer = sealer::<S>(auth)?;
    let mut after = Id::from_uuid(uuid::Uuid::nil());
    loop {
        let rows = auth
            .read(move |connection| {
                Box::pin(async move { S::Identities::with_tokens_after(connection, after, BATCH).await })
            })
            .await?;
        let Some(last) = rows.last() else {
            return Ok(resealed);
        };
        after = last.id;
        let own = rows
            .iter()
            .filter(|row| is_of_these_people::<S>(&row.realm) && is_own::<S>(&row.strategy));
        for row in own {
            let both = [
                (SealedToken::Access, ACCESS, &row.access_token),
                (SealedToken::Refresh, REFRESH, &row.refresh_token),
            ];
            for (token, column, sealed) in both {
                let Some(sealed) = sealed else { continue };
                match sealer.renewed(&place(row.id, column), sealed) {
                    Ok(None) => {}
                    Ok(Some(renewed)) => {
                        resealed.renewed += replace::<S>(auth, row.id, token, sealed, renewed).await?;
                    }
                    Err(error) => {
                        tracing::warn!(identity = %row.id, column, %error, "a token of a provider cannot be read");
                        resealed.unreadable += 1;
                    }
                }
            }
        }
    }
}

async fn replace<S: OAuth2>(
    auth: &Authentication<S::User>,
    id: Id,
    token: SealedToken,
    before: &[u8],
    after: Vec<u8>,
) -> Result<usize, Error> {
    let job = Arc::new((before.to_vec(), after));
    auth.write(move |connection| {
        let job = Arc::clone(&job);
        Box::pin(async move { Ok(S::Identities::reseal(connection, id, token, &job.0, &job.1).await?) })
    })
    .await
}

//! The provider's tokens at rest (promise OA-11).

use secrecy::{ExposeSecret, SecretString};
use time::OffsetDateTime;

use super::{Cx, OAuth2};
use crate::{
    db::Id,
    error::Error,
    oauth::ProviderTokens,
    resources::user_identity::{SealedTokens, StoredIdentity},
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
        let sealer = sealer::<S>(cx)?;
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
    let opened = sealer::<S>(cx)?.open(&place(id, column), sealed);
    opened.map(Some).map_err(Error::internal)
}

fn sealer<S: OAuth2>(cx: &Cx<S>) -> Result<&Sealer, Error> {
    let sealer = cx.auth.sealer();
    sealer.ok_or_else(|| Error::internal("tokens are stored without an `encryption_key`"))
}

//! A row and its provider.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::DynamicOidc;
use crate::{
    authentication::{Authentication, Resealed},
    context::Context,
    db::Id,
    error::Error,
    oauth::{Provider, ProviderError},
    resources::oidc_connection::{OidcConnectionStore, StoredConnection},
    seal::Sealer,
    strategies::oauth2::Template,
};

/// The provider of a connection.
pub(super) fn provider(
    template: &Template,
    base_url: &str,
    client_id: &str,
    client_secret: Option<SecretString>,
) -> Result<Provider, ProviderError> {
    let builder = template.builder().base_url(base_url).client_id(client_id);
    match client_secret {
        Some(secret) => builder.client_secret(secret),
        None => builder,
    }
    .build()
}

/// The secret in a row.
pub(super) fn secret<S: DynamicOidc>(
    cx: &Context<S::User>,
    row: &StoredConnection,
) -> Result<Option<SecretString>, Error> {
    let Some(sealed) = &row.client_secret else {
        return Ok(None);
    };
    let opened = sealer::<S>(&cx.auth)?.open(&place(row.id), sealed);
    opened.map(Some).map_err(Error::internal)
}

/// The secret as the row `id` keeps it.
pub(super) fn sealed<S: DynamicOidc>(
    cx: &Context<S::User>,
    id: Id,
    secret: &SecretString,
) -> Result<Vec<u8>, Error> {
    let sealed = sealer::<S>(&cx.auth)?.seal(&place(id), secret.expose_secret().as_bytes());
    sealed.map_err(Error::internal)
}

/// Which column of which row a ciphertext is for; it opens nowhere else.
fn place(id: Id) -> String {
    format!("oidc_connection:{id}:client_secret")
}

fn sealer<S: DynamicOidc>(auth: &Authentication<S::User>) -> Result<&Sealer, Error> {
    let sealer = auth.sealer();
    sealer.ok_or_else(|| Error::internal("connections are kept without an `encryption_key`"))
}

/// How many rows are read at once.
const BATCH: i64 = 200;

/// Seals anew the secrets that are sealed under a former key.
pub(super) async fn reseal<S: DynamicOidc>(auth: &Authentication<S::User>) -> Result<Resealed, Error> {
    let mut resealed = Resealed::default();
    let sealer = sealer::<S>(auth)?;
    let mut after = Id::from_uuid(uuid::Uuid::nil());
    loop {
        let rows = auth
            .read(move |connection| {
                Box::pin(async move { S::Connections::with_secrets_after(connection, after, BATCH).await })
            })
            .await?;
        let Some(last) = rows.last() else {
            return Ok(resealed);
        };
        after = last.id;
        for row in &rows {
            let Some(sealed) = &row.client_secret else {
                continue;
            };
            match sealer.renewed(&place(row.id), sealed) {
                Ok(None) => {}
                Ok(Some(renewed)) => resealed.renewed += replace::<S>(auth, row.id, sealed, renewed).await?,
                Err(error) => {
                    tracing::warn!(connection = %row.id, %error, "a client secret cannot be read");
                    resealed.unreadable += 1;
                }
            }
        }
    }
}

async fn replace<S: DynamicOidc>(
    auth: &Authentication<S::User>,
    id: Id,
    before: &[u8],
    after: Vec<u8>,
) -> Result<usize, Error> {
    let job = Arc::new((before.to_vec(), after));
    auth.write(move |connection| {
        let job = Arc::clone(&job);
        Box::pin(async move { Ok(S::Connections::reseal(connection, id, &job.0, &job.1).await?) })
    })
    .await
}

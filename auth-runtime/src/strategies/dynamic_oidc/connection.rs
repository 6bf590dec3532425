//! A row and its provider.

use secrecy::{ExposeSecret, SecretString};

use super::DynamicOidc;
use crate::{
    context::Context,
    db::Id,
    error::Error,
    oauth::{Provider, ProviderError},
    resources::oidc_connection::StoredConnection,
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
    let opened = sealer::<S>(cx)?.open(&place(row.id), sealed);
    opened.map(Some).map_err(Error::internal)
}

/// The secret as the row `id` keeps it.
pub(super) fn sealed<S: DynamicOidc>(
    cx: &Context<S::User>,
    id: Id,
    secret: &SecretString,
) -> Result<Vec<u8>, Error> {
    let sealed = sealer::<S>(cx)?.seal(&place(id), secret.expose_secret().as_bytes());
    sealed.map_err(Error::internal)
}

/// Which column of which row a ciphertext is for; it opens nowhere else.
fn place(id: Id) -> String {
    format!("oidc_connection:{id}:client_secret")
}

fn sealer<S: DynamicOidc>(cx: &Context<S::User>) -> Result<&Sealer, Error> {
    let sealer = cx.auth.sealer();
    sealer.ok_or_else(|| Error::internal("connections are kept without an `encryption_key`"))
}

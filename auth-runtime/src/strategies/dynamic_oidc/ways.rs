use std::marker::PhantomData;

use futures_util::{FutureExt, future::BoxFuture};

use super::{DynamicOidc, connection, domains};
use crate::{
    authentication::{Authentication, Resealed},
    context::Context,
    db::Id,
    error::{Cause, Error},
    resources::{
        oidc_connection::{OidcConnectionStore, StoredConnection},
        user_identity::StoredIdentity,
    },
    strategies::oauth2::{Template, Way, Ways},
    user::Conn,
};

/// Finds the way by a row.
pub(super) struct ByConnection<S> {
    template: Template,
    strategy: PhantomData<fn() -> S>,
}

impl<S: DynamicOidc> ByConnection<S> {
    pub(super) const fn new(template: Template) -> Self {
        Self {
            template,
            strategy: PhantomData,
        }
    }

    async fn find(&self, cx: &Context<S::User>, named: &str) -> Result<Option<StoredConnection>, Error> {
        let tenant = cx.auth.tenant_text().unwrap_or_default();
        let id = uuid::Uuid::try_parse(named).ok().map(Id::from_uuid);
        let named = named.to_owned();
        cx.auth
            .read(move |connection| {
                let (tenant, named) = (tenant.clone(), named.clone());
                Box::pin(async move {
                    match id {
                        Some(id) => S::Connections::find(connection, &tenant, id).await,
                        None => S::Connections::find_by_slug(connection, &tenant, &named).await,
                    }
                })
            })
            .await
    }
}

impl<S: DynamicOidc> Ways<S::User> for ByConnection<S> {
    fn template(&self) -> &Template {
        &self.template
    }

    fn leads<'a>(
        &'a self,
        context: &'a Context<S::User>,
        connection: &'a mut Conn<S::User>,
        identity: &'a StoredIdentity,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        async move {
            let row = connection_of::<S>(context, connection, identity).await?;
            let same =
                |base_url: &str| base_url.trim_end_matches('/') == identity.issuer.trim_end_matches('/');
            Ok(row.is_some_and(|row| row.enabled && same(&row.base_url)))
        }
        .boxed()
    }

    fn label<'a>(
        &'a self,
        context: &'a Context<S::User>,
        connection: &'a mut Conn<S::User>,
        identity: &'a StoredIdentity,
    ) -> BoxFuture<'a, Result<String, Error>> {
        async move {
            let row = connection_of::<S>(context, connection, identity).await?;
            Ok(row.map_or_else(|| self.template.name.to_owned(), |row| label(&row)))
        }
        .boxed()
    }

    fn reseal<'a>(
        &'a self,
        authentication: &'a Authentication<S::User>,
    ) -> BoxFuture<'a, Result<Resealed, Error>> {
        connection::reseal::<S>(authentication).boxed()
    }

    fn way<'a>(
        &'a self,
        context: &'a Context<S::User>,
        connection_id: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Result<Way, Cause>, Error>> {
        async move {
            let Some(named) = connection_id else {
                return Ok(Err(Cause::UnknownConnection));
            };
            let Some(row) = self.find(context, named).await?.filter(|row| row.enabled) else {
                return Ok(Err(Cause::UnknownConnection));
            };
            let client_secret = connection::secret::<S>(context, &row)?;
            match connection::provider(&self.template, &row.base_url, &row.client_id, client_secret) {
                Ok(provider) => Ok(Ok(Way {
                    provider,
                    key: format!("{}/{}", self.template.name, row.id),
                    connection_id: Some(row.id.to_string()),
                    label: label(&row),
                    email_domains: Some(domains(row.email_domains.as_deref())),
                })),
                Err(error) => {
                    tracing::warn!(strategy = self.template.name, connection = %row.id, %error, "a connection cannot be used");
                    Ok(Err(Cause::UnknownConnection))
                }
            }
        }
        .boxed()
    }
}

/// The connection that an identity came by, if it is still there.
async fn connection_of<S: DynamicOidc>(
    context: &Context<S::User>,
    connection: &mut Conn<S::User>,
    identity: &StoredIdentity,
) -> Result<Option<StoredConnection>, Error> {
    let tenant = context.auth.tenant_text().unwrap_or_default();
    let id = identity.strategy.split_once('/').map(|(_, id)| id);
    let Some(id) = id.and_then(|id| uuid::Uuid::try_parse(id).ok()) else {
        return Ok(None);
    };
    Ok(S::Connections::find(connection, &tenant, Id::from_uuid(id)).await?)
}

/// What people call it.
fn label(row: &StoredConnection) -> String {
    row.display_name.clone().unwrap_or_else(|| row.slug.clone())
}

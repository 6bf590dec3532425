//! What administrators do with connections, and what a sign-in page asks for. Who may do it is the application's decision:
//! none of this has a route.

use std::sync::Arc;

use secrecy::ExposeSecret;
use url::Url;

use super::{ConnectionInfo, DynamicOidc, NewConnection, connection};
use crate::{
    context::Context,
    db::{AsStorage, Id, Problem, classify},
    error::{Error, FieldError, FieldErrors},
    oauth::{AuthorizeOptions, ProviderError},
    resources::{
        oidc_connection::{self as store, ConnectionChange, OidcConnectionStore},
        user_identity::MAX_ISSUER_BYTES,
    },
    strategies::oauth2::template_of,
};

type Cx<S> = Context<<S as crate::identity::ByIdentity>::User>;

/// The longest name or address of a connection, in bytes.
const LIMIT: usize = 2048;

/// The connections by which people can sign in, for the buttons of a sign-in page.
///
/// # Errors
/// [`Error::TenantRequired`]; [`Error::Storage`].
pub async fn connections<S: DynamicOidc>(cx: &Cx<S>) -> Result<Vec<ConnectionInfo>, Error> {
    let tenant = tenant::<S>(cx)?;
    let rows = cx
        .auth
        .read(move |connection| {
            let tenant = tenant.clone();
            Box::pin(async move { S::Connections::enabled_of(connection, &tenant).await })
        })
        .await?;
    Ok(rows.into_iter().map(ConnectionInfo::from).collect())
}

/// All connections of this tenant, also those that are not enabled, for a page of administrators.
///
/// # Errors
/// As [`connections`].
pub async fn all_connections<S: DynamicOidc>(cx: &Cx<S>) -> Result<Vec<ConnectionInfo>, Error> {
    let tenant = tenant::<S>(cx)?;
    let rows = cx
        .auth
        .read(move |connection| {
            let tenant = tenant.clone();
            Box::pin(async move { S::Connections::of_tenant(connection, &tenant).await })
        })
        .await?;
    Ok(rows.into_iter().map(ConnectionInfo::from).collect())
}

/// Makes a connection of this tenant, once its provider has answered ([O-24]).
///
/// # Errors
/// [`Error::Invalid`] naming the fields that cannot be used: a slug that is taken, a `base_url` where no provider answers
/// that describes itself as it must, and others; [`Error::Storage`].
pub async fn create_connection<S: DynamicOidc>(
    cx: &Cx<S>,
    new: NewConnection,
) -> Result<ConnectionInfo, Error> {
    cx.auth.tenant()?;
    checked(&new)?;
    try_out::<S>(cx, &new).await?;
    let id = Id::new(cx.auth.now());
    let secret = new
        .client_secret
        .as_ref()
        .map(|secret| connection::sealed::<S>(cx, id, secret));
    write::<S>(cx, id, new, secret.transpose()?, true).await
}

/// Puts other settings in the place of a connection's, once its provider has answered. Without a `client_secret` the stored
/// one stays, unless the `base_url` is another one. That is another issuer: identities of the old one do not come along
/// (promise OA-06).
///
/// # Errors
/// As [`create_connection`]; [`Error::Invalid`] about `id` when this tenant has no such connection.
pub async fn change_connection<S: DynamicOidc>(
    cx: &Cx<S>,
    id: Id,
    mut new: NewConnection,
) -> Result<ConnectionInfo, Error> {
    cx.auth.tenant()?;
    checked(&new)?;
    let row = find::<S>(cx, id).await?;
    let fresh = match &new.client_secret {
        Some(secret) => Some(connection::sealed::<S>(cx, id, secret)?),
        None if row.client_secret.is_some() && row.base_url != new.base_url => {
            // It would be sent to whoever the new address belongs to.
            return Err(FieldErrors::one("client_secret", FieldError::Required).into());
        }
        None => None,
    };
    if fresh.is_none() {
        new.client_secret = connection::secret::<S>(cx, &row)?;
    }
    try_out::<S>(cx, &new).await?;
    write::<S>(cx, id, new, fresh, false).await
}

/// Lets people sign in by a connection, or no more. Sessions that exist go on.
///
/// # Errors
/// [`Error::Invalid`] about `id` when this tenant has no such connection; [`Error::Storage`].
pub async fn enable_connection<S: DynamicOidc>(cx: &Cx<S>, id: Id, enabled: bool) -> Result<(), Error> {
    let (tenant, now) = (tenant::<S>(cx)?, cx.auth.now());
    cx.auth
        .write(move |connection| {
            let tenant = tenant.clone();
            Box::pin(async move {
                match S::Connections::set_enabled(connection, &tenant, id, enabled, now).await? {
                    0 => Err(no_such()),
                    _ => Ok(()),
                }
            })
        })
        .await
}

/// Deletes a connection. Identities that came by it stay, and lead nowhere.
///
/// # Errors
/// As [`enable_connection`].
pub async fn delete_connection<S: DynamicOidc>(cx: &Cx<S>, id: Id) -> Result<(), Error> {
    let tenant = tenant::<S>(cx)?;
    cx.auth
        .write(move |connection| {
            let tenant = tenant.clone();
            Box::pin(async move {
                match S::Connections::delete(connection, &tenant, id).await? {
                    0 => Err(no_such()),
                    _ => Ok(()),
                }
            })
        })
        .await
}

fn tenant<S: DynamicOidc>(cx: &Cx<S>) -> Result<String, Error> {
    cx.auth.tenant()?;
    Ok(cx.auth.tenant_text().unwrap_or_default())
}

fn no_such() -> Error {
    FieldErrors::one("id", FieldError::NotAChoice).into()
}

fn checked(new: &NewConnection) -> Result<(), Error> {
    let mut errors = FieldErrors::default();
    let slug = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    // An id would be looked up as one.
    let is_id = uuid::Uuid::try_parse(&new.slug).is_ok();
    if !(1..=64).contains(&new.slug.len()) || !slug(&new.slug) || is_id {
        errors.add("slug", FieldError::NotAChoice);
    }
    let texts = [("base_url", &new.base_url), ("client_id", &new.client_id)];
    for (field, text) in texts {
        if text.trim().is_empty() {
            errors.add(field, FieldError::Required);
        }
    }
    let others = [("display_name", &new.display_name), ("icon_url", &new.icon_url)];
    let others = others
        .into_iter()
        .filter_map(|(field, text)| Some((field, text.as_ref()?)));
    for (field, text) in texts.into_iter().chain(others) {
        if text.len() > LIMIT {
            errors.add(field, FieldError::TooLong);
        } else if text.chars().any(char::is_control) {
            errors.add(field, FieldError::ControlCharacter);
        }
    }
    let https = |text: &String| Url::parse(text).is_ok_and(|url| url.scheme() == "https");
    if new.icon_url.as_ref().is_some_and(|url| !https(url)) {
        errors.add("icon_url", FieldError::NotAChoice);
    }
    let domain = |text: &String| {
        let canonical = crate::identity::canonical_email(&format!("a@{text}"));
        canonical.is_ok_and(|address| address == format!("a@{text}"))
    };
    let length: usize = new.email_domains.iter().map(|domain| domain.len() + 1).sum();
    if length > 2 * LIMIT {
        errors.add("email_domains", FieldError::TooLong);
    }
    let secret = new.client_secret.as_ref();
    if secret.is_some_and(|secret| secret.expose_secret().len() > LIMIT) {
        errors.add("client_secret", FieldError::TooLong);
    }
    if new.base_url.len() > MAX_ISSUER_BYTES {
        errors.add("base_url", FieldError::TooLong);
    }
    if !new.email_domains.iter().all(domain) {
        errors.add("email_domains", FieldError::NotAChoice);
    }
    errors.or(()).map_err(Error::from)
}

/// Begins a sign-in that nobody ends: metadata can be had and are those of the issuer.
async fn try_out<S: DynamicOidc>(cx: &Cx<S>, new: &NewConnection) -> Result<(), Error> {
    let template = template_of::<S>(cx)?;
    let provider = connection::provider(template, &new.base_url, &new.client_id, new.client_secret.clone());
    let provider = provider.map_err(|error| unfit(error, new))?;
    let started = provider.start(&AuthorizeOptions::default(), cx.auth.now()).await;
    started.map(drop).map_err(|error| unfit(error, new))
}

/// The field that is at fault; what exactly is wrong stands in the log.
fn unfit(error: ProviderError, new: &NewConnection) -> Error {
    let field = match &error {
        ProviderError::Setting {
            setting: field @ ("client_id" | "client_secret"),
            ..
        } => field,
        ProviderError::Setup(_) | ProviderError::Random(_) | ProviderError::Signing(_) => {
            return error.into();
        }
        _ => "base_url",
    };
    let error = Error::from(error);
    tracing::warn!(
        slug = new.slug,
        provider = new.base_url,
        field,
        "a connection cannot be used: {}",
        error.chain()
    );
    let problem = match field {
        "base_url" => FieldError::NotAProvider,
        _ => FieldError::Required,
    };
    FieldErrors::one(field, problem).into()
}

async fn find<S: DynamicOidc>(cx: &Cx<S>, id: Id) -> Result<store::StoredConnection, Error> {
    let tenant = tenant::<S>(cx)?;
    let found = cx
        .auth
        .read(move |connection| {
            let tenant = tenant.clone();
            Box::pin(async move { S::Connections::find(connection, &tenant, id).await })
        })
        .await?;
    found.ok_or_else(no_such)
}

/// Writes a connection that was made or changed.
async fn write<S: DynamicOidc>(
    cx: &Cx<S>,
    id: Id,
    new: NewConnection,
    secret: Option<Vec<u8>>,
    is_new: bool,
) -> Result<ConnectionInfo, Error> {
    let (tenant, now) = (tenant::<S>(cx)?, cx.auth.now());
    let job = Arc::new((tenant, new, secret));
    let written = cx
        .auth
        .write(move |connection| {
            let job = Arc::clone(&job);
            Box::pin(async move {
                let (tenant, new, secret) = &*job;
                let domains = new.email_domains.join(" ");
                let domains = (!domains.is_empty()).then_some(&*domains);
                let written = if is_new {
                    let row = store::NewConnection {
                        id,
                        tenant,
                        slug: &new.slug,
                        base_url: &new.base_url,
                        client_id: &new.client_id,
                        client_secret: secret.as_deref(),
                        display_name: new.display_name.as_deref(),
                        icon_url: new.icon_url.as_deref(),
                        email_domains: domains,
                        enabled: true,
                    };
                    S::Connections::insert(connection, row, now).await?
                } else {
                    let change = ConnectionChange {
                        slug: Some(&new.slug),
                        base_url: Some(&new.base_url),
                        client_id: Some(&new.client_id),
                        client_secret: secret.as_deref().map(Some),
                        display_name: Some(new.display_name.as_deref()),
                        icon_url: Some(new.icon_url.as_deref()),
                        email_domains: Some(domains),
                    };
                    S::Connections::update(connection, tenant, id, change, now).await?
                };
                if written == 0 {
                    return Err(no_such());
                }
                let row = S::Connections::find(connection, tenant, id).await?;
                row.ok_or_else(no_such)
            })
        })
        .await;
    match written {
        Ok(row) => Ok(row.into()),
        Err(error) => match error.as_storage().map(classify) {
            Some(Problem::UniqueViolation { .. }) => Err(FieldErrors::one("slug", FieldError::Taken).into()),
            _ => Err(error),
        },
    }
}

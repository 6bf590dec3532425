//! The way to a provider: the one of a static strategy, or that of a connection.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    path::PathBuf,
};

use futures_util::{FutureExt, future::BoxFuture};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::Setting;
use crate::{
    authentication::{Authentication, Resealed, Starting},
    context::Context,
    error::{Cause, ConfigError, Error},
    identity::canonical_email,
    oauth::{Egress, EmailTrust, Identified, Preset, Protocol, Provider, ProviderBuilder, ProviderError},
    resources::user_identity::StoredIdentity,
    user::{Authenticated, Conn},
};

/// A provider, and what identities from it are called.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) provider: Provider,
    /// The strategy in identities: its name, with the connection behind a slash where it has several.
    pub(crate) key: String,
    /// The connection, where there are several.
    pub(crate) connection_id: Option<String>,
    /// What people call the provider.
    pub(crate) label: String,
    /// The domains whose addresses the provider may vouch for; `None`: all of them.
    pub(crate) email_domains: Option<Vec<String>>,
}

impl Way {
    /// Whether the address that the provider names may attach the identity to an account.
    pub(super) fn trusts(&self, identified: &Identified) -> bool {
        let Some(domains) = &self.email_domains else {
            return identified.email == EmailTrust::Trusted;
        };
        let email = identified.user_info.email().unwrap_or_default();
        let email = canonical_email(email).unwrap_or_default();
        let domain = email.rsplit_once('@').map(|(_, domain)| domain);
        identified.email == EmailTrust::Trusted
            && domain.is_some_and(|domain| domains.iter().any(|known| known == domain))
    }
}

impl Way {
    /// Tells the operator which provider failed, and how. That a person has given up there is no failure.
    pub(super) fn failed<U: Authenticated>(&self, cx: &Context<U>, error: ProviderError) -> Error {
        let error = Error::from(error);
        let cause = error.cause();
        let (strategy, provider) = (self.key.as_str(), self.provider.base_url());
        let request_id = cx.request.request_id.as_deref();
        if cause.is_fault() {
            let cause = cause.as_str();
            tracing::error!(strategy, provider, cause, request_id, "{}", error.chain());
        } else if cause == Cause::ProviderInvalid {
            let cause = cause.as_str();
            tracing::warn!(strategy, provider, cause, request_id, "{}", error.chain());
        }
        error
    }
}

/// Finds the way to a provider.
pub(crate) trait Ways<U: Authenticated>: Send + Sync {
    /// What the block says.
    fn template(&self) -> &Template;

    /// Whether an identity still leads to somewhere.
    fn leads<'a>(
        &'a self,
        _context: &'a Context<U>,
        _connection: &'a mut Conn<U>,
        _identity: &'a StoredIdentity,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        async { Ok(true) }.boxed()
    }

    /// What people call the provider of an identity.
    fn label<'a>(
        &'a self,
        _context: &'a Context<U>,
        _connection: &'a mut Conn<U>,
        _identity: &'a StoredIdentity,
    ) -> BoxFuture<'a, Result<String, Error>> {
        async { Ok(self.template().label().to_owned()) }.boxed()
    }

    /// Seals anew what is sealed under a former key.
    fn reseal<'a>(
        &'a self,
        _authentication: &'a Authentication<U>,
    ) -> BoxFuture<'a, Result<Resealed, Error>> {
        async { Ok(Resealed::default()) }.boxed()
    }

    /// The way, through a connection if the strategy has several. `Err` is the cause of a refusal that says no more than
    /// any other.
    fn way<'a>(
        &'a self,
        context: &'a Context<U>,
        connection_id: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Result<Way, Cause>, Error>>;
}

/// The one way of a strategy whose provider is in the block.
pub(super) struct Only {
    template: Template,
    way: Way,
}

impl Only {
    pub(super) fn new(template: Template) -> Result<Self, Error> {
        let way = template.way()?;
        Ok(Self { template, way })
    }
}

impl<U: Authenticated> Ways<U> for Only {
    fn template(&self) -> &Template {
        &self.template
    }

    fn way<'a>(
        &'a self,
        _: &'a Context<U>,
        connection_id: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Result<Way, Cause>, Error>> {
        let way = match connection_id {
            None => Ok(self.way.clone()),
            Some(_) => Err(Cause::UnknownConnection),
        };
        async move { Ok(way) }.boxed()
    }
}

/// What the block says of a provider, secrets resolved.
#[derive(Clone)]
pub(crate) struct Template {
    pub(crate) name: &'static str,
    pub(crate) protocol: Protocol,
    pub(crate) preset: Option<&'static Preset>,
    pub(crate) settings: Vec<(Setting, SecretString)>,
    pub(crate) configure: fn(ProviderBuilder) -> ProviderBuilder,
    pub(crate) redirect_uri: String,
    pub(crate) egress: Egress,
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Template")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Template {
    /// A provider with everything that the block says.
    pub(crate) fn builder(&self) -> ProviderBuilder {
        let provider = Provider::builder(self.protocol, self.preset, self.egress.clone())
            .redirect_uri(self.redirect_uri.as_str());
        let provider = (self.configure)(provider);
        self.settings.iter().fold(provider, |provider, (setting, value)| {
            setting.apply(provider, value)
        })
    }

    /// The provider, if the block says all there is to say about it.
    pub(super) fn way(&self) -> Result<Way, Error> {
        let provider = self
            .builder()
            .build()
            .map_err(|error| self.misconfigured(error))?;
        Ok(Way {
            provider,
            key: self.name.to_owned(),
            connection_id: None,
            label: self.label().to_owned(),
            email_domains: None,
        })
    }

    /// What people call the provider.
    pub(super) fn label(&self) -> &'static str {
        self.preset.map_or(self.name, |preset| preset.label)
    }

    fn misconfigured(&self, error: ProviderError) -> Error {
        let setting = match &error {
            ProviderError::Setting { setting, .. } => {
                format!("authentication.strategies.{}.{setting}", self.name)
            }
            _ => format!("authentication.strategies.{}", self.name),
        };
        let problem = match &error {
            ProviderError::Setting { problem, .. } => problem.clone(),
            ProviderError::Url { .. } => format!(
                "{error}; a host of this machine or network has to be named, by `.egress(Egress::allowing(&[…])?)`"
            ),
            _ => error.to_string(),
        };
        ConfigError::new(setting, problem).because(error).into()
    }
}

impl Setting {
    /// Puts the value where it belongs.
    fn apply(self, provider: ProviderBuilder, value: &SecretString) -> ProviderBuilder {
        let text = value.expose_secret();
        match self {
            Self::ClientId => provider.client_id(text),
            Self::ClientSecret => provider.client_secret(value.clone()),
            Self::BaseUrl => provider.base_url(text),
            Self::AuthorizeUrl => provider.authorize_url(text),
            Self::TokenUrl => provider.token_url(text),
            Self::UserUrl => provider.user_url(text),
            Self::EmailsUrl => provider.emails_url(text),
            Self::OpenidConfigurationUri => provider.openid_configuration_uri(text),
            Self::PrivateKey => provider.private_key(value.clone()),
            Self::PrivateKeyPath => provider.private_key_path(PathBuf::from(text)),
            Self::PrivateKeyId => provider.private_key_id(text),
            Self::TeamId => provider.option("team_id", vec![text.to_owned()]),
            // It is worked out before.
            Self::RedirectUri => provider,
        }
    }
}

/// Where callbacks of a strategy come in: below `given`, or below the public URL. A URL without a path of its own stands
/// for the place where the routes are mounted, and one that ends in the callback's path is taken as it is (promise
/// OA-12).
pub(super) fn redirect_uri(
    given: Option<&str>,
    starting: &Starting,
    subject_name: &str,
    name: &str,
) -> Result<String, Error> {
    let setting = || format!("authentication.strategies.{name}.redirect_uri");
    let mut url = match given {
        Some(text) => {
            Url::parse(text).map_err(|error| ConfigError::new(setting(), "is not a URL").because(error))?
        }
        None => starting.public_url().cloned().ok_or_else(|| {
            let problem = "is not set, and without `.public_url(…)` nothing says where callbacks come in";
            ConfigError::new(setting(), problem)
        })?,
    };
    let is_local = matches!(
        url.host(),
        Some(Host::Domain("localhost") | Host::Ipv4(Ipv4Addr::LOCALHOST))
    ) || url.host() == Some(Host::Ipv6(Ipv6Addr::LOCALHOST));
    let is_fit = url.scheme() == "https" || (url.scheme() == "http" && is_local);
    if !is_fit || url.fragment().is_some() {
        return Err(ConfigError::new(
            setting(),
            "must be an https URL without a fragment; on this machine http will do",
        )
        .into());
    }
    let suffix = format!("/{subject_name}/{name}/callback");
    if !url.path().ends_with(&suffix) {
        let own = url.path().trim_end_matches('/');
        let base = if own.is_empty() {
            starting.mounted_at()
        } else {
            own
        };
        let path = format!("{base}{suffix}");
        url.set_path(&path);
    }
    Ok(url.into())
}

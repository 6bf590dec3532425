use std::sync::Arc;

use time::OffsetDateTime;
use url::Url;

use super::{Settings, settings::Source};
use crate::oauth::{CallbackFault, ClientAuthentication, Metadata, ProviderError};

/// Where a provider is to be called, for one step of one attempt.
pub(super) enum Endpoints<'a> {
    OAuth2 {
        authorize: &'a Url,
        token: &'a Url,
        user: &'a Url,
    },
    Oidc(Arc<Metadata>),
    Static(&'a Metadata),
}

/// The endpoints, fetched where that is needed.
pub(super) async fn resolve(
    settings: &Settings,
    now: OffsetDateTime,
) -> Result<Endpoints<'_>, ProviderError> {
    match &settings.source {
        Source::Declared {
            authorize,
            token,
            user,
        } => Ok(Endpoints::OAuth2 {
            authorize,
            token,
            user,
        }),
        Source::Static(metadata) => Ok(Endpoints::Static(metadata)),
        Source::Discovery(url) => {
            let base_url = &settings.base_url;
            let rule = settings.preset.issuer.as_ref();
            let is_issuer = |issuer: &str| {
                same_issuer(base_url.as_str(), issuer)
                    || rule.is_some_and(|rule| (rule.accepts)(base_url, issuer))
            };
            let cache = settings.egress.metadata();
            let metadata = cache.get(&settings.egress, url, is_issuer, now).await?;
            Ok(Endpoints::Oidc(metadata))
        }
    }
}

/// Equal but for one slash at the end (promise OA-03, [O-5]).
pub(super) fn same_issuer(one: &str, other: &str) -> bool {
    let trimmed = |text: &str| text.strip_suffix('/').unwrap_or(text).to_owned();
    trimmed(one) == trimmed(other)
}

impl Endpoints<'_> {
    pub(super) fn discovered(&self) -> Option<&Metadata> {
        match self {
            Self::OAuth2 { .. } => None,
            Self::Oidc(metadata) => Some(metadata),
            Self::Static(metadata) => Some(metadata),
        }
    }

    pub(super) fn metadata(&self) -> Result<&Metadata, ProviderError> {
        self.discovered()
            .ok_or_else(|| ProviderError::setting("base_url", "is not that of an OpenID Connect provider"))
    }

    pub(super) fn authorize(&self) -> &Url {
        match self {
            Self::OAuth2 { authorize, .. } => authorize,
            Self::Oidc(metadata) => &metadata.authorization_endpoint,
            Self::Static(metadata) => &metadata.authorization_endpoint,
        }
    }

    pub(super) fn token(&self) -> &Url {
        match self {
            Self::OAuth2 { token, .. } => token,
            Self::Oidc(metadata) => &metadata.token_endpoint,
            Self::Static(metadata) => &metadata.token_endpoint,
        }
    }

    pub(super) fn end_session(&self) -> Option<&Url> {
        self.discovered()?.end_session_endpoint.as_ref()
    }

    /// Whether PKCE is used: where it is declared, and wherever the provider knows it (promise OA-01).
    pub(super) fn pkce(&self, settings: &Settings) -> bool {
        settings.pkce || self.discovered().is_some_and(|metadata| metadata.pkce)
    }

    /// The configured client authentication must be one that the provider takes, where it says which.
    pub(super) fn check_client_authentication(&self, settings: &Settings) -> Result<(), ProviderError> {
        let method = settings.client_authentication.as_str();
        let offered = self
            .discovered()
            .and_then(|metadata| metadata.client_authentication.as_ref());
        let unsaid = settings.client_authentication == ClientAuthentication::None;
        match offered {
            // Public clients are often not listed.
            Some(offered) if !unsaid && !offered.iter().any(|other| other == method) => {
                Err(ProviderError::ClientAuthentication { method })
            }
            _ => Ok(()),
        }
    }

    /// Who answered (RFC 9207; promise OA-02). Comes before the code is sent anywhere.
    pub(super) fn check_response_issuer(
        &self,
        settings: &Settings,
        iss: Option<&str>,
    ) -> Result<(), ProviderError> {
        let Some(iss) = iss else {
            return match self.discovered() {
                Some(metadata) if metadata.response_issuer => {
                    Err(ProviderError::Callback(CallbackFault::NoIssuer))
                }
                _ => Ok(()),
            };
        };
        let known = match (self.discovered(), &settings.preset.issuer) {
            (Some(metadata), Some(rule)) => (rule.responds)(&metadata.issuer, iss),
            (Some(metadata), None) => metadata.issuer == iss,
            (None, _) => match settings.preset.response_issuer {
                Some(issuer) if settings.has_preset_authorize_url() => issuer == iss,
                _ => same_issuer(settings.base_url.as_str(), iss),
            },
        };
        if known {
            Ok(())
        } else {
            Err(ProviderError::Callback(CallbackFault::OtherIssuer))
        }
    }
}

impl Settings {
    /// Whether the browser is sent where the preset says: GitHub Enterprise is another issuer.
    fn has_preset_authorize_url(&self) -> bool {
        match &self.source {
            Source::Declared { authorize, .. } => Some(authorize.as_str()) == self.preset.authorize_url,
            _ => false,
        }
    }
}

//! One provider as declared: from the authorize URL to an identified person.

mod builder;
mod endpoints;
mod exchange;
mod identify;
mod settings;
mod start;

use std::{fmt, sync::Arc};

use secrecy::SecretString;
use subtle::ConstantTimeEq;
use time::OffsetDateTime;
use url::Url;

pub use self::builder::ProviderBuilder;
use self::settings::Settings;
use super::{
    AuthorizeOptions, Callback, CallbackFault, Egress, LogoutToken, Pending, Preset, ProviderError, Started,
    UserInfo, error,
    oidc::{Jws, TokenFault, read_logout_token},
};

/// What a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// OAuth 2.0 (RFC 6749): who somebody is comes from a user info call.
    OAuth2,
    /// OpenID Connect: who somebody is comes from a signed ID token.
    Oidc,
}

/// One provider as declared, with its secrets. Cheap to clone.
///
/// # Example
/// ```
/// use auth_runtime::oauth::{AuthorizeOptions, Egress, Protocol, Provider, presets};
/// use time::OffsetDateTime;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), auth_runtime::oauth::ProviderError> {
/// let github = Provider::builder(Protocol::OAuth2, Some(&presets::github::PRESET), Egress::new()?)
///     .client_id("Iv1.client")
///     .client_secret("secret")
///     .redirect_uri("https://app.example/auth/user/github/callback")
///     .build()?;
/// let started = github.start(&AuthorizeOptions::default(), OffsetDateTime::now_utc()).await?;
/// assert_eq!(started.url.host_str(), Some("github.com"));
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Provider(Arc<Settings>);

/// A person whom a provider identified. Who that is here is for others to say (promise OA-06).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Identified {
    /// `iss` of the ID token; the base URL for plain OAuth 2.
    pub issuer: String,
    /// The person's identifier at that issuer.
    pub subject: String,
    /// What the provider says of the person.
    pub user_info: UserInfo,
    /// Whether the address may attach this identity to an account.
    pub email: EmailTrust,
    /// What the token endpoint gave.
    pub tokens: ProviderTokens,
    /// The session at the provider, which a logout token may name.
    pub sid: Option<String>,
}

/// What a provider's word on an address is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EmailTrust {
    /// The provider vouches for it, and the declaration trusts the provider with it.
    Trusted,
    /// There is an address, and nothing follows from it.
    Untrusted,
    /// There is none.
    Absent,
}

/// What the token endpoint gave. `Debug` shows none of it (promise OA-11).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ProviderTokens {
    /// For calls to the provider.
    pub access_token: SecretString,
    /// For a new access token.
    pub refresh_token: Option<SecretString>,
    /// When the access token ends, where the provider says so.
    pub expires_at: Option<OffsetDateTime>,
    /// What was granted, where it differs from what was asked for.
    pub scope: Option<String>,
    /// The ID token, which RP-initiated logout sends back.
    pub id_token: Option<SecretString>,
}

impl Provider {
    /// The declaration of a provider. `preset` fills in what is known of it.
    #[must_use]
    pub fn builder(protocol: Protocol, preset: Option<&'static Preset>, egress: Egress) -> ProviderBuilder {
        ProviderBuilder::new(protocol, preset, egress)
    }

    /// The provider's preset, if it has one.
    #[must_use]
    pub fn preset(&self) -> Option<&'static Preset> {
        self.0.named_preset
    }

    /// The issuer, as declared; for plain OAuth 2, what endpoints are relative to.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.0.base_url.as_str()
    }

    /// Whether an identity of this issuer can be the provider's. Where the issuer depends on the tenant, the host decides.
    #[must_use]
    pub fn issues(&self, issuer: &str) -> bool {
        let own = self.base_url().trim_end_matches('/');
        let of_tenants = self.preset().is_some_and(|preset| preset.issuer.is_some());
        let same_host = || Url::parse(issuer).is_ok_and(|url| url.host() == self.0.base_url.host());
        own == issuer.trim_end_matches('/') || (of_tenants && same_host())
    }

    /// Where callbacks come in, as the provider knows it.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.0.redirect_uri
    }

    /// Begins an attempt.
    ///
    /// # Errors
    /// [`ProviderError`] when the provider's metadata cannot be had, or a parameter is one of the protocol's own.
    pub async fn start(
        &self,
        options: &AuthorizeOptions,
        now: OffsetDateTime,
    ) -> Result<Started, ProviderError> {
        start::start(&self.0, options, now).await
    }

    /// Turns the callback of an attempt into a person. `pending` must have been spent before.
    ///
    /// In this order: state, error, code, and only then anything that needs the network.
    ///
    /// # Errors
    /// [`ProviderError`] says which check failed.
    pub async fn finish(
        &self,
        pending: &Pending,
        callback: &Callback,
        now: OffsetDateTime,
    ) -> Result<Identified, ProviderError> {
        let refuse = |fault| Err(ProviderError::Callback(fault));
        let Some(state) = &callback.state else {
            return refuse(CallbackFault::NoState);
        };
        if !bool::from(state.as_bytes().ct_eq(pending.state.as_bytes())) {
            return refuse(CallbackFault::OtherState);
        }
        if let Some(code) = &callback.error {
            let code = error::word(code).unwrap_or_else(|| "(unreadable)".to_owned());
            return Err(ProviderError::Denied { code });
        }
        let Some(code) = callback.code.as_deref().filter(|code| !code.is_empty()) else {
            return refuse(CallbackFault::NoCode);
        };
        let endpoints = endpoints::resolve(&self.0, now).await?;
        endpoints.check_response_issuer(&self.0, callback.iss.as_deref())?;
        let tokens = exchange::code(&self.0, &endpoints, pending, code, now).await?;
        identify::identify(&self.0, &endpoints, pending, callback, code, tokens, now).await
    }

    /// A new access token for a refresh token. Where the answer has no refresh token, the one given stays good.
    ///
    /// # Errors
    /// [`ProviderError`], as for the exchange of a code.
    pub async fn refresh(
        &self,
        refresh_token: &SecretString,
        now: OffsetDateTime,
    ) -> Result<ProviderTokens, ProviderError> {
        let endpoints = endpoints::resolve(&self.0, now).await?;
        exchange::refresh(&self.0, &endpoints, refresh_token, now).await
    }

    /// Where to send the browser so that the person signs out at the provider as well (OpenID Connect RP-Initiated Logout
    /// 1.0), if the provider offers it.
    ///
    /// # Errors
    /// [`ProviderError`] when the provider's metadata cannot be had.
    pub async fn logout_url(
        &self,
        id_token_hint: Option<&str>,
        post_logout_redirect_uri: Option<&Url>,
        state: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<Option<Url>, ProviderError> {
        let endpoints = endpoints::resolve(&self.0, now).await?;
        let Some(mut url) = endpoints.end_session().cloned() else {
            return Ok(None);
        };
        let mut query = url.query_pairs_mut();
        query.append_pair("client_id", &self.0.client_id);
        if let Some(token) = id_token_hint {
            query.append_pair("id_token_hint", token);
        }
        if let Some(target) = post_logout_redirect_uri {
            query.append_pair("post_logout_redirect_uri", target.as_str());
        }
        if let Some(state) = state {
            query.append_pair("state", state);
        }
        drop(query);
        Ok(Some(url))
    }

    /// Checks a logout token that the provider posted (OpenID Connect Back-Channel Logout 1.0 §2.6).
    ///
    /// # Errors
    /// [`ProviderError::Token`] when it does not count.
    pub async fn verify_logout_token(
        &self,
        token: &str,
        now: OffsetDateTime,
    ) -> Result<LogoutToken, ProviderError> {
        let refuse = |fault| ProviderError::Token {
            token: "logout token",
            fault,
        };
        let endpoints = endpoints::resolve(&self.0, now).await?;
        let metadata = endpoints.metadata()?;
        let jws = Jws::parse(token, self.0.signing).map_err(refuse)?;
        if !matches!(jws.typ().as_deref(), None | Some("logout+jwt" | "jwt")) {
            return Err(refuse(TokenFault::WrongType));
        }
        let issuer = self.0.token_issuer(metadata, &jws).map_err(refuse)?;
        let claims = jws.verify(self.0.verifier(metadata, "logout token"), now).await?;
        read_logout_token(&claims, &self.0.expected(&issuer), now).map_err(refuse)
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("protocol", &self.0.preset.protocol)
            .field("base_url", &self.0.base_url.as_str())
            .field("client_id", &self.0.client_id)
            .finish_non_exhaustive()
    }
}

//! What an issuer says of itself (OpenID Connect Discovery 1.0, RFC 8414).

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use url::Url;

use super::cache::{Cache, Fetched};
use crate::oauth::{Egress, Endpoint, ProviderError};

const MAX_DOCUMENT: usize = 256 * 1024;

/// What an issuer says of itself: the members that are used.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Metadata {
    /// `issuer`.
    pub issuer: String,
    /// `authorization_endpoint`.
    pub authorization_endpoint: Url,
    /// `token_endpoint`.
    pub token_endpoint: Url,
    /// `jwks_uri`; not needed where tokens are signed with the client secret.
    pub jwks_uri: Option<Url>,
    /// `userinfo_endpoint`.
    pub userinfo_endpoint: Option<Url>,
    /// `end_session_endpoint`.
    pub end_session_endpoint: Option<Url>,
    /// `token_endpoint_auth_methods_supported`; `None` where it is not said.
    pub client_authentication: Option<Vec<String>>,
    /// Whether `code_challenge_methods_supported` has `S256`.
    pub pkce: bool,
    /// `authorization_response_iss_parameter_supported` (RFC 9207).
    pub response_issuer: bool,
}

impl Metadata {
    /// Reads a discovery document. Each URL in it must be one that may be called (promise OA-03).
    ///
    /// # Errors
    /// [`ProviderError::Unexpected`] naming a member, [`ProviderError::Url`] for an endpoint that must not be called.
    pub fn read(document: &Map<String, Value>, egress: &Egress) -> Result<Self, ProviderError> {
        let reader = Reader { document, egress };
        Ok(Self {
            issuer: reader.text("issuer")?,
            authorization_endpoint: reader.needed_url("authorization_endpoint")?,
            token_endpoint: reader.needed_url("token_endpoint")?,
            jwks_uri: reader.url("jwks_uri")?,
            userinfo_endpoint: reader.url("userinfo_endpoint")?,
            end_session_endpoint: reader.url("end_session_endpoint")?,
            client_authentication: reader.list("token_endpoint_auth_methods_supported")?,
            pkce: reader
                .list("code_challenge_methods_supported")?
                .is_some_and(|methods| methods.iter().any(|method| method == "S256")),
            response_issuer: reader.flag("authorization_response_iss_parameter_supported"),
        })
    }
}

struct Reader<'a> {
    document: &'a Map<String, Value>,
    egress: &'a Egress,
}

impl Reader<'_> {
    fn member(&self, name: &str) -> Option<&Value> {
        self.document.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &'static str) -> Result<String, ProviderError> {
        match self.member(name) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
            _ => Err(unexpected(name)),
        }
    }

    fn url(&self, name: &'static str) -> Result<Option<Url>, ProviderError> {
        let Some(value) = self.member(name) else {
            return Ok(None);
        };
        let text = value.as_str().ok_or_else(|| unexpected(name))?;
        let url = Url::parse(text).map_err(|_| unexpected(name))?;
        self.egress.check(&url)?;
        Ok(Some(url))
    }

    fn needed_url(&self, name: &'static str) -> Result<Url, ProviderError> {
        self.url(name)?.ok_or_else(|| unexpected(name))
    }

    fn list(&self, name: &'static str) -> Result<Option<Vec<String>>, ProviderError> {
        let Some(value) = self.member(name) else {
            return Ok(None);
        };
        let texts = value.as_array().ok_or_else(|| unexpected(name))?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        texts
            .iter()
            .map(text)
            .collect::<Option<Vec<_>>>()
            .map(Some)
            .ok_or_else(|| unexpected(name))
    }

    fn flag(&self, name: &str) -> bool {
        self.member(name) == Some(&Value::Bool(true))
    }
}

const fn unexpected(member: &'static str) -> ProviderError {
    ProviderError::unexpected(Endpoint::Discovery, member)
}

pub(in crate::oauth) struct MetadataCache(Cache<Metadata>);

impl Default for MetadataCache {
    fn default() -> Self {
        Self(Cache::new(Endpoint::Discovery))
    }
}

impl MetadataCache {
    /// The document at `url`, whose issuer must be one that `is_issuer` accepts.
    pub(in crate::oauth) async fn get(
        &self,
        egress: &Egress,
        url: &Url,
        is_issuer: impl Fn(&str) -> bool + Send,
        now: OffsetDateTime,
    ) -> Result<Arc<Metadata>, ProviderError> {
        let (calls, at) = (egress.clone(), url.clone());
        let fetch = async move {
            let answer = calls.get(Endpoint::Discovery, &at).await?;
            let answer = answer.expect(&[StatusCode::OK])?;
            if answer.len() > MAX_DOCUMENT {
                return Err(ProviderError::TooLarge {
                    endpoint: Endpoint::Discovery,
                });
            }
            Ok(Fetched {
                value: Metadata::read(&answer.object()?, &calls)?,
                max_age: answer.max_age(),
            })
        };
        let metadata = self.0.get(url.as_str(), now, fetch).await?;
        // Not at the fetch: two declarations may use one document with different expectations.
        if is_issuer(&metadata.issuer) {
            Ok(metadata)
        } else {
            Err(ProviderError::OtherIssuer)
        }
    }
}

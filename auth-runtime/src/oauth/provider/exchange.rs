//! Codes and refresh tokens against tokens (RFC 6749 §4.1.3, §6).

use std::fmt;

use futures_util::{FutureExt, future::BoxFuture};
use http::{StatusCode, header};
use oauth2::{
    AccessToken, AsyncHttpClient, AuthType, AuthorizationCode, Client, ClientId, ClientSecret,
    EmptyExtraTokenFields, EndpointNotSet, EndpointSet, ExtraTokenFields, HttpRequest, HttpResponse,
    PkceCodeVerifier, RefreshToken, RequestTokenError, StandardRevocableToken,
    StandardTokenIntrospectionResponse, StandardTokenResponse, TokenResponse as _, TokenUrl,
    basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenType},
};
use secrecy::ExposeSecret;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::{ProviderTokens, Settings, endpoints::Endpoints, start::redirect_url};
use crate::oauth::{
    AssertionAudience, CallbackFault, ClientAuthentication, Endpoint, Pending, ProviderError,
    client_authentication as assertion, egress::error_code,
};

type Tokens = StandardTokenResponse<Extra, BasicTokenType>;
type TokenClient = Client<
    BasicErrorResponse,
    Tokens,
    StandardTokenIntrospectionResponse<EmptyExtraTokenFields, BasicTokenType>,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// What OpenID Connect adds to the answer.
#[derive(Serialize, Deserialize)]
struct Extra {
    id_token: Option<String>,
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extra").finish_non_exhaustive()
    }
}

impl ExtraTokenFields for Extra {}

pub(super) async fn code(
    settings: &Settings,
    endpoints: &Endpoints<'_>,
    pending: &Pending,
    code: &str,
    now: OffsetDateTime,
) -> Result<ProviderTokens, ProviderError> {
    let client = client(settings, endpoints, now)?.set_redirect_uri(redirect_url(&pending.redirect_uri)?);
    let mut request = client.exchange_code(AuthorizationCode::new(code.to_owned()));
    match &pending.verifier {
        Some(verifier) => request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier.clone())),
        None if settings.pkce => return Err(ProviderError::Callback(CallbackFault::Incomplete)),
        None => {}
    }
    for (name, value) in client_assertion(settings, endpoints, now)? {
        request = request.add_extra_param(name, value);
    }
    let answer = request.request_async(&Caller(settings)).await;
    tokens(answer, now)
}

pub(super) async fn refresh(
    settings: &Settings,
    endpoints: &Endpoints<'_>,
    refresh_token: &SecretString,
    now: OffsetDateTime,
) -> Result<ProviderTokens, ProviderError> {
    if refresh_token.expose_secret().is_empty() {
        return Err(ProviderError::NoRefreshToken);
    }
    let token = RefreshToken::new(refresh_token.expose_secret().to_owned());
    let client = client(settings, endpoints, now)?;
    let mut request = client.exchange_refresh_token(&token);
    for (name, value) in client_assertion(settings, endpoints, now)? {
        request = request.add_extra_param(name, value);
    }
    let answer = request.request_async(&Caller(settings)).await;
    tokens(answer, now)
}

/// The client with the secret that its kind of authentication sends.
fn client(
    settings: &Settings,
    endpoints: &Endpoints<'_>,
    now: OffsetDateTime,
) -> Result<TokenClient, ProviderError> {
    endpoints.check_client_authentication(settings)?;
    let client = Client::new(ClientId::new(settings.client_id.clone()))
        .set_token_uri(TokenUrl::from_url(endpoints.token().clone()));
    let secret = match settings.client_authentication {
        ClientAuthentication::ClientSecretBasic | ClientAuthentication::ClientSecretPost => Some(
            settings
                .client_secret
                .as_ref()
                .ok_or_else(|| ProviderError::missing("client_secret"))?
                .expose_secret()
                .to_owned(),
        ),
        ClientAuthentication::SignedSecret => Some(signed_secret(settings, now)?),
        _ => None,
    };
    let client = match settings.client_authentication {
        ClientAuthentication::ClientSecretBasic => client.set_auth_type(AuthType::BasicAuth),
        _ => client.set_auth_type(AuthType::RequestBody),
    };
    Ok(match secret {
        Some(secret) => client.set_client_secret(ClientSecret::new(secret)),
        None => client,
    })
}

fn signed_secret(settings: &Settings, now: OffsetDateTime) -> Result<String, ProviderError> {
    let key = settings
        .client_key
        .as_ref()
        .ok_or_else(|| ProviderError::missing("private_key"))?;
    let team = settings
        .options
        .one("team_id")
        .ok_or_else(|| ProviderError::missing("team_id"))?;
    let audience = settings.base_url.as_str().trim_end_matches('/');
    assertion::signed_secret(key, team, &settings.client_id, audience, now)
}

/// The parameters of an assertion (RFC 7523 §2.2), where the client authenticates with one.
fn client_assertion(
    settings: &Settings,
    endpoints: &Endpoints<'_>,
    now: OffsetDateTime,
) -> Result<Vec<(&'static str, String)>, ProviderError> {
    let issuer = endpoints.discovered().map(|metadata| metadata.issuer.as_str());
    let audience = match (settings.assertion_audience, issuer) {
        (AssertionAudience::Issuer, Some(issuer)) => issuer,
        (AssertionAudience::Issuer, None) => settings.base_url.as_str().trim_end_matches('/'),
        (AssertionAudience::TokenEndpoint, _) => endpoints.token().as_str(),
    };
    let client_id = &settings.client_id;
    let assertion = match (
        settings.client_authentication,
        &settings.client_secret,
        &settings.client_key,
    ) {
        (ClientAuthentication::ClientSecretJwt, Some(secret), _) => {
            assertion::under_secret(secret, settings.assertion_algorithm, client_id, audience, now)?
        }
        (ClientAuthentication::PrivateKeyJwt, _, Some(key)) => {
            assertion::under_key(key, client_id, audience, now)?
        }
        _ => return Ok(Vec::new()),
    };
    Ok(vec![
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned(),
        ),
        ("client_assertion", assertion),
    ])
}

/// The way out, as the oauth2 crate asks for it. The boxed future lets the compiler see that the whole is `Send`.
struct Caller<'a>(&'a Settings);

impl<'c> AsyncHttpClient<'c> for Caller<'_> {
    type Error = ProviderError;
    type Future = BoxFuture<'c, Result<HttpResponse, ProviderError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        send(self.0, request).boxed()
    }
}

/// Sends the token request, and writes the answer the way the standard says, so that what providers vary does not matter.
async fn send(settings: &Settings, request: HttpRequest) -> Result<HttpResponse, ProviderError> {
    let request = reqwest::Request::try_from(request)
        .map_err(|_| ProviderError::setting("token_url", "is not a URL that can be called"))?;
    let answer = settings.egress.send(Endpoint::Token, request).await?;
    let answer = answer.expect(&[StatusCode::OK, StatusCode::CREATED])?;
    let members = standardised(answer.object()?)?;
    let body = Value::from(members).to_string().into_bytes();
    let mut response = HttpResponse::new(body);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/json"),
    );
    Ok(response)
}

fn standardised(mut members: Map<String, Value>) -> Result<Map<String, Value>, ProviderError> {
    // Some providers say no with status 200.
    if members.contains_key("error") {
        return Err(ProviderError::Refused {
            code: error_code(&members).unwrap_or_else(|| "(unreadable)".to_owned()),
        });
    }
    members.retain(|_, value| !value.is_null());
    let text = |name: &'static str| match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(ProviderError::unexpected(Endpoint::Token, name)),
    };
    if text("access_token")?.is_none_or(str::is_empty) {
        return Err(ProviderError::unexpected(Endpoint::Token, "access_token"));
    }
    if text("token_type")?.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(ProviderError::unexpected(Endpoint::Token, "token_type"));
    }
    text("id_token")?;
    members.insert("token_type".to_owned(), "bearer".into());
    if let Some(Value::Array(scopes)) = members.get("scope") {
        let scope = scopes
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(" ");
        members.insert("scope".to_owned(), scope.into());
    }
    if let Some(Value::String(seconds)) = members.get("expires_in") {
        let seconds: u32 = seconds
            .parse()
            .map_err(|_| ProviderError::unexpected(Endpoint::Token, "expires_in"))?;
        members.insert("expires_in".to_owned(), seconds.into());
    }
    Ok(members)
}

fn tokens(
    answer: Result<Tokens, RequestTokenError<ProviderError, BasicErrorResponse>>,
    now: OffsetDateTime,
) -> Result<ProviderTokens, ProviderError> {
    let tokens = match answer {
        Ok(tokens) => tokens,
        Err(RequestTokenError::Request(error)) => return Err(error),
        // Its text may quote the body.
        Err(_) => {
            return Err(ProviderError::Unreadable {
                endpoint: Endpoint::Token,
            });
        }
    };
    let expires_at = tokens
        .expires_in()
        .and_then(|period| time::Duration::try_from(period).ok())
        .and_then(|period| now.checked_add(period));
    Ok(ProviderTokens {
        access_token: AccessToken::secret(tokens.access_token()).as_str().into(),
        refresh_token: tokens.refresh_token().map(|token| token.secret().as_str().into()),
        expires_at,
        scope: tokens.scopes().map(|scopes| {
            let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
            scopes.join(" ")
        }),
        id_token: tokens.extra_fields().id_token.as_deref().map(SecretString::from),
    })
}

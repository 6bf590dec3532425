use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth2::{
    AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, basic::BasicClient,
};
use secrecy::ExposeSecret;
use time::OffsetDateTime;
use url::Url;

use super::{Settings, endpoints};
use crate::{
    oauth::{AuthorizeOptions, Pending, ProviderError, Started},
    random,
};

/// What only the protocol sets; a parameter of the application's that has such a name is refused ([D-6]).
pub(super) const RESERVED: &[&str] = &[
    "response_type",
    "client_id",
    "redirect_uri",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "request",
    "request_uri",
];

pub(super) async fn start(
    settings: &Settings,
    options: &AuthorizeOptions,
    now: OffsetDateTime,
) -> Result<Started, ProviderError> {
    let endpoints = endpoints::resolve(settings, now).await?;
    let pending = Pending {
        state: secret()?,
        verifier: if endpoints.pkce(settings) {
            // 96 bytes make the 128 characters that RFC 7636 allows at most.
            Some(URL_SAFE_NO_PAD.encode(random::bytes::<96>()?))
        } else {
            None
        },
        nonce: if settings.nonce { Some(secret()?) } else { None },
        redirect_uri: settings.redirect_uri.clone(),
        max_age: options.max_age,
        acr_values: options.acr_values.clone(),
    };

    let parameters = parameters(settings, options)?;
    let client = BasicClient::new(ClientId::new(settings.client_id.clone()))
        .set_auth_uri(AuthUrl::from_url(without_ours(
            endpoints.authorize(),
            &parameters,
        )))
        .set_redirect_uri(redirect_url(&pending.redirect_uri)?);
    let state = CsrfToken::new(pending.state.clone());
    let mut request = client.authorize_url(|| state);
    if !settings.scope.is_empty() {
        request = request.add_scope(Scope::new(settings.scope.clone()));
    }
    if let Some(verifier) = &pending.verifier {
        let verifier = PkceCodeVerifier::new(verifier.clone());
        request = request.set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
    }
    if let Some(nonce) = &pending.nonce {
        request = request.add_extra_param("nonce", nonce.clone());
    }
    for (name, value) in parameters {
        request = request.add_extra_param(name, value);
    }
    let (url, _) = request.url();
    Ok(Started { url, pending })
}

/// The endpoint with what else its query says. No parameter that is set here stands there twice (RFC 6749 §3.1).
fn without_ours(endpoint: &Url, parameters: &[(String, String)]) -> Url {
    let mut url = endpoint.clone();
    if endpoint.query().is_some() {
        let is_ours = |name: &str| {
            name == "scope" || RESERVED.contains(&name) || parameters.iter().any(|(ours, _)| ours == name)
        };
        let others = endpoint.query_pairs().filter(|(name, _)| !is_ours(name));
        url.query_pairs_mut().clear().extend_pairs(others);
    }
    if url.query() == Some("") {
        url.set_query(None);
    }
    url
}

/// Those of the declaration, overridden by those of the attempt.
fn parameters(
    settings: &Settings,
    options: &AuthorizeOptions,
) -> Result<Vec<(String, String)>, ProviderError> {
    let mut parameters = settings.parameters.clone();
    let mut set = |name: &str, value: String| {
        parameters.retain(|(other, _)| other != name);
        parameters.push((name.to_owned(), value));
    };
    if let Some(prompt) = &options.prompt {
        set("prompt", prompt.clone());
    }
    if let Some(hint) = &options.login_hint {
        set("login_hint", hint.clone());
    }
    if let Some(max_age) = options.max_age {
        set("max_age", max_age.to_string());
    }
    if !options.acr_values.is_empty() {
        set("acr_values", options.acr_values.join(" "));
    }
    for (name, value) in &options.extra {
        let fixed = settings.preset.fixed.contains(&name.as_str());
        if fixed || name == "scope" || RESERVED.contains(&name.as_str()) {
            return Err(ProviderError::setting(
                "authorization_params",
                format!("must not set `{name}`"),
            ));
        }
        set(name, value.clone());
    }
    Ok(parameters)
}

pub(super) fn redirect_url(text: &str) -> Result<RedirectUrl, ProviderError> {
    RedirectUrl::new(text.to_owned()).map_err(|_| ProviderError::setting("redirect_uri", "is not a URL"))
}

fn secret() -> Result<String, ProviderError> {
    Ok(random::secret()?.expose_secret().to_owned())
}

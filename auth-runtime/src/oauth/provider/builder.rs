use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use time::Duration;
use url::Url;

use super::{
    Protocol, Provider,
    settings::{FRESH, LEEWAY, Settings, Source},
    start::{RESERVED, redirect_url},
};
use crate::oauth::{
    AssertionAudience, ClientAuthentication, Egress, Metadata, Preset, ProviderError, SigningAlgorithm,
    UserInfoCall,
    client_authentication::ClientKey,
    presets::{OAUTH2, OIDC, PresetOptions, StaticMetadata},
};

const MAX_LEEWAY: Duration = Duration::minutes(5);

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $kind:ty,)*) => {
        /// Makes a [`Provider`] out of the settings of a block, secrets resolved.
        #[derive(Debug)]
        pub struct ProviderBuilder {
            protocol: Protocol,
            preset: Option<&'static Preset>,
            egress: Egress,
            authorization_params: Vec<(String, String)>,
            claims: Vec<(String, String)>,
            options: PresetOptions,
            $($name: Option<$kind>,)*
        }

        impl ProviderBuilder {
            pub(super) fn new(
                protocol: Protocol,
                preset: Option<&'static Preset>,
                egress: Egress,
            ) -> Self {
                Self {
                    protocol,
                    preset,
                    egress,
                    authorization_params: Vec::new(),
                    claims: Vec::new(),
                    options: PresetOptions::default(),
                    $($name: None,)*
                }
            }

            $($(#[$doc])*
            #[must_use]
            pub fn $name(mut self, $name: impl Into<$kind>) -> Self {
                self.$name = Some($name.into());
                self
            })*
        }
    };
}

setters! {
    /// The issuer; for plain OAuth 2, what endpoints are relative to.
    base_url: String,
    /// Plain OAuth 2: where the browser is sent. Absolute, or beginning with `/`.
    authorize_url: String,
    /// Plain OAuth 2: where codes are exchanged.
    token_url: String,
    /// Plain OAuth 2: who somebody is.
    user_url: String,
    /// Where a preset asks for e-mail addresses.
    emails_url: String,
    /// Where the discovery document is, if not at `/.well-known/openid-configuration`.
    openid_configuration_uri: String,
    /// A discovery document that is never fetched.
    openid_configuration: Map<String, Value>,
    /// The client's name at the provider.
    client_id: String,
    /// The client's secret.
    client_secret: SecretString,
    /// The client's private key: PKCS#8 PEM.
    private_key: SecretString,
    /// A file with the client's private key.
    private_key_path: PathBuf,
    /// `kid` of what the client signs.
    private_key_id: String,
    /// How the token endpoint knows the client.
    client_authentication: ClientAuthentication,
    /// How the client signs assertions, if its key leaves a choice.
    client_assertion_alg: SigningAlgorithm,
    /// Whom assertions are addressed to.
    client_assertion_audience: AssertionAudience,
    /// Where callbacks come in: the whole URL.
    redirect_uri: String,
    /// `scope`, without `openid`.
    scope: String,
    /// PKCE.
    ///
    /// # Security
    /// Off is refused for a provider that is known to support it (promise OA-01).
    pkce: bool,
    /// Whether ID tokens must repeat a nonce.
    ///
    /// # Security
    /// Off takes away the tie between an ID token and the attempt.
    nonce: bool,
    /// How ID tokens are signed; nothing else is accepted.
    id_token_signed_response_alg: SigningAlgorithm,
    /// How old an ID token may be at a sign-in. Ten minutes unless set.
    id_token_max_age: Duration,
    /// How far the provider's clock may be off: one minute unless set, five at most.
    leeway: Duration,
    /// Audiences that may stand in ID tokens beside ours.
    trusted_audiences: Vec<String>,
    /// Whether a verified address may attach the identity to an account.
    ///
    /// # Security
    /// Whoever can write addresses at the provider can then enter accounts that have them.
    trust_email_verified: bool,
    /// Whether the user info endpoint is asked.
    user_info: UserInfoCall,
}

impl ProviderBuilder {
    /// A parameter of the authorize URL, in place of the preset's of that name. `scope` is the scope.
    #[must_use]
    pub fn authorization_param(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.authorization_params.push((name.into(), value.into()));
        self
    }

    /// Where a claim is in the user info: members separated by dots. Only plain OAuth 2 leaves open where `sub` is.
    #[must_use]
    pub fn claim(mut self, claim: impl Into<String>, path: impl Into<String>) -> Self {
        self.claims.push((claim.into(), path.into()));
        self
    }

    /// A setting of the preset, such as `hosted_domain`.
    #[must_use]
    pub fn option(mut self, name: &str, values: Vec<String>) -> Self {
        self.options.set(name, values);
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// [`ProviderError::Setting`] naming the first that is missing or cannot be used; [`ProviderError::Url`] for a URL that
    /// must not be called.
    pub fn build(mut self) -> Result<Provider, ProviderError> {
        let preset = self.preset.unwrap_or(match self.protocol {
            Protocol::OAuth2 => &OAUTH2,
            Protocol::Oidc => &OIDC,
        });
        self.check_options(preset)?;
        // Another claim as the subject would let whoever can change it become somebody else (promise OA-06).
        let subject_is_known = preset.protocol == Protocol::Oidc || self.preset.is_some();
        if subject_is_known && self.claims.iter().any(|(claim, _)| claim == "sub") {
            return Err(ProviderError::setting(
                "claims",
                "must not map `sub` for this provider",
            ));
        }
        let base_url = self.issuer_url(preset)?;
        let source = self.source(preset, &base_url)?;
        let client_authentication = self.client_authentication.unwrap_or(preset.client_authentication);
        let signing = self.id_token_signed_response_alg.unwrap_or(preset.signing);
        let client_secret = filled_secret(self.client_secret.take());
        let symmetric = preset.protocol == Protocol::Oidc && signing.is_symmetric();
        if client_secret.is_none() && (client_authentication.needs_secret() || symmetric) {
            return Err(ProviderError::missing("client_secret"));
        }
        let client_key = if client_authentication.needs_key() {
            Some(self.client_key()?)
        } else {
            None
        };
        let redirect_uri = needed(self.redirect_uri.take(), "redirect_uri")?;
        redirect_url(&redirect_uri)?;
        let (scope, parameters) = self.parameters(preset)?;
        let pkce = self.pkce.unwrap_or(preset.pkce);
        // `pkce` of a preset that is only assumed may be turned off; that of a named provider is known.
        if !pkce
            && (self.preset.is_some_and(|preset| preset.pkce)
                || client_authentication == ClientAuthentication::None)
        {
            return Err(ProviderError::setting(
                "pkce",
                "cannot be turned off for this provider",
            ));
        }
        let leeway = self.leeway.unwrap_or(LEEWAY);
        if !(Duration::ZERO..=MAX_LEEWAY).contains(&leeway) {
            return Err(ProviderError::setting(
                "leeway",
                "is not between 0 and 300 seconds",
            ));
        }
        let mut trusted_audiences = self.trusted_audiences.take().unwrap_or_default();
        trusted_audiences.extend((preset.option_audiences)(&self.options));
        let emails_url = match &preset.emails {
            Some(emails) => {
                let url = self.emails_url.as_deref().unwrap_or(emails.url);
                Some(self.endpoint("emails_url", url, &base_url)?)
            }
            None => None,
        };
        let known = preset
            .claims
            .iter()
            .filter(|(claim, _)| self.claims.iter().all(|(other, _)| other != claim))
            .map(|(claim, path)| ((*claim).to_owned(), (*path).to_owned()));
        let claims = known.chain(self.claims.iter().cloned()).collect();
        Ok(Provider(std::sync::Arc::new(Settings {
            emails_url,
            client_id: needed(self.client_id, "client_id")?,
            client_secret,
            client_key,
            client_authentication,
            assertion_algorithm: self
                .client_assertion_alg
                .filter(|algorithm| algorithm.is_symmetric())
                .unwrap_or(SigningAlgorithm::HS256),
            assertion_audience: self.client_assertion_audience.unwrap_or_default(),
            redirect_uri,
            scope,
            parameters,
            pkce,
            nonce: preset.protocol == Protocol::Oidc && self.nonce.unwrap_or(preset.nonce),
            signing,
            leeway,
            id_token_lifetime: self.id_token_max_age.unwrap_or(FRESH),
            trusted_audiences,
            trust_email_verified: self.trust_email_verified.unwrap_or(preset.trust_email_verified),
            user_info: self.user_info.unwrap_or(preset.user_info),
            claims,
            options: self.options,
            egress: self.egress,
            preset,
            named_preset: self.preset,
            base_url,
            source,
        })))
    }

    fn check_options(&self, preset: &Preset) -> Result<(), ProviderError> {
        if let Some(unknown) = self.options.names().find(|name| !preset.options.contains(name)) {
            return Err(ProviderError::setting(
                "preset",
                format!("has no setting `{unknown}`"),
            ));
        }
        for required in preset.required {
            let filled = match *required {
                "private_key_id" => self.private_key_id.as_deref(),
                option => self.options.one(option),
            };
            if filled.is_none_or(str::is_empty) {
                return Err(ProviderError::missing(required));
            }
        }
        for fixed in preset.fixed {
            let set = match *fixed {
                "base_url" => self.base_url.is_some(),
                "openid_configuration" => {
                    self.openid_configuration.is_some() || self.openid_configuration_uri.is_some()
                }
                "client_authentication_method" => self.client_authentication.is_some(),
                parameter => self
                    .authorization_params
                    .iter()
                    .any(|(name, _)| name == parameter),
            };
            if set {
                return Err(ProviderError::setting(
                    fixed,
                    "cannot be changed for this provider",
                ));
            }
        }
        Ok(())
    }

    fn issuer_url(&self, preset: &Preset) -> Result<Url, ProviderError> {
        let text = self.base_url.as_deref().or(preset.base_url);
        let text = text
            .filter(|text| !text.trim().is_empty())
            .ok_or_else(|| ProviderError::missing("base_url"))?;
        let url = Url::parse(text).map_err(|_| ProviderError::setting("base_url", "is not a URL"))?;
        self.egress.check(&url)?;
        Ok(url)
    }

    fn source(&self, preset: &Preset, base_url: &Url) -> Result<Source, ProviderError> {
        if preset.protocol == Protocol::OAuth2 {
            let declared = |setting, set: &Option<String>, known: Option<&'static str>| {
                let text = set.as_deref().or(known).unwrap_or_default();
                if text.is_empty() {
                    return Err(ProviderError::missing(setting));
                }
                self.endpoint(setting, text, base_url)
            };
            return Ok(Source::Declared {
                authorize: declared("authorize_url", &self.authorize_url, preset.authorize_url)?,
                token: declared("token_url", &self.token_url, preset.token_url)?,
                user: declared("user_url", &self.user_url, preset.user_url)?,
            });
        }
        if let Some(document) = &self.openid_configuration {
            return Ok(Source::Static(Box::new(Metadata::read(document, &self.egress)?)));
        }
        if let Some(known) = &preset.metadata {
            return Ok(Source::Static(Box::new(Metadata::read(
                &document(known),
                &self.egress,
            )?)));
        }
        let path = self
            .openid_configuration_uri
            .as_deref()
            .unwrap_or("/.well-known/openid-configuration");
        self.endpoint("openid_configuration_uri", path, base_url)
            .map(Source::Discovery)
    }

    /// `text` if it is absolute, else appended to the base URL.
    fn endpoint(&self, setting: &'static str, text: &str, base_url: &Url) -> Result<Url, ProviderError> {
        let whole = if text.starts_with('/') {
            format!("{}{text}", base_url.as_str().trim_end_matches('/'))
        } else {
            text.to_owned()
        };
        let url = Url::parse(&whole).map_err(|_| {
            ProviderError::setting(setting, "is neither a URL nor a path that begins with `/`")
        })?;
        self.egress.check(&url)?;
        Ok(url)
    }

    fn client_key(&mut self) -> Result<ClientKey, ProviderError> {
        let pem = match (self.private_key.take(), &self.private_key_path) {
            (Some(_), Some(_)) => {
                return Err(ProviderError::setting(
                    "private_key_path",
                    "cannot be used together with `private_key`",
                ));
            }
            (Some(pem), None) => pem,
            (None, Some(path)) => std::fs::read_to_string(path)
                .map(SecretString::from)
                .map_err(|error| {
                    let problem = format!("names a file that cannot be read, {}: {error}", path.display());
                    ProviderError::setting("private_key_path", problem)
                })?,
            (None, None) => return Err(ProviderError::missing("private_key")),
        };
        let algorithm = self
            .client_assertion_alg
            .filter(|algorithm| !algorithm.is_symmetric());
        ClientKey::read(&pem, algorithm, self.private_key_id.take())
    }

    /// The scope and the other parameters of the authorize URL.
    fn parameters(&self, preset: &Preset) -> Result<(String, Vec<(String, String)>), ProviderError> {
        let mut parameters: Vec<(String, String)> = preset
            .parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .chain(
                (preset.option_parameters)(&self.options)
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value)),
            )
            .collect();
        let mut scope = self.scope.as_deref().unwrap_or(preset.scope);
        for (name, value) in &self.authorization_params {
            if RESERVED.contains(&name.as_str()) {
                return Err(ProviderError::setting(
                    "authorization_params",
                    format!("must not set `{name}`"),
                ));
            }
            if name == "scope" {
                scope = value;
                continue;
            }
            parameters.retain(|(other, _)| other != name);
            parameters.push((name.clone(), value.clone()));
        }
        let scope = if preset.openid_scope {
            with_openid(scope)
        } else {
            scope.to_owned()
        };
        Ok((scope, parameters))
    }
}

/// `openid` first, and once ([O-8]).
fn with_openid(scope: &str) -> String {
    std::iter::once("openid")
        .chain(scope.split_whitespace().filter(|word| *word != "openid"))
        .collect::<Vec<_>>()
        .join(" ")
}

fn needed(value: Option<String>, setting: &'static str) -> Result<String, ProviderError> {
    value
        .filter(|value| !value.trim().is_empty())
        .ok_or_else(|| ProviderError::missing(setting))
}

fn filled_secret(secret: Option<SecretString>) -> Option<SecretString> {
    secret.filter(|secret| !secret.expose_secret().is_empty())
}

fn document(known: &StaticMetadata) -> Map<String, Value> {
    [
        ("issuer", known.issuer),
        ("authorization_endpoint", known.authorization_endpoint),
        ("token_endpoint", known.token_endpoint),
        ("jwks_uri", known.jwks_uri),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.into()))
    .collect()
}

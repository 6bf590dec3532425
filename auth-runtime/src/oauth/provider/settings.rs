use secrecy::SecretString;
use time::Duration;
use url::Url;

use crate::oauth::{
    AssertionAudience, ClientAuthentication, Egress, Metadata, Preset, SigningAlgorithm, UserInfoCall,
    client_authentication::ClientKey,
    oidc::{Expected, Jws, TokenFault, Verifier},
    presets::PresetOptions,
};

/// How old an ID token may be at a sign-in.
pub(super) const FRESH: Duration = Duration::minutes(10);
/// How far the provider's clock may be off.
pub(super) const LEEWAY: Duration = Duration::seconds(60);

/// All settings of one provider, checked and complete.
pub(super) struct Settings {
    pub(super) egress: Egress,
    /// What is known of the provider; of plain providers, nothing.
    pub(super) preset: &'static Preset,
    pub(super) named_preset: Option<&'static Preset>,
    pub(super) base_url: Url,
    pub(super) source: Source,
    pub(super) emails_url: Option<Url>,
    pub(super) client_id: String,
    pub(super) client_secret: Option<SecretString>,
    pub(super) client_key: Option<ClientKey>,
    pub(super) client_authentication: ClientAuthentication,
    pub(super) assertion_algorithm: SigningAlgorithm,
    pub(super) assertion_audience: AssertionAudience,
    pub(super) redirect_uri: String,
    pub(super) scope: String,
    pub(super) parameters: Vec<(String, String)>,
    pub(super) pkce: bool,
    pub(super) nonce: bool,
    pub(super) signing: SigningAlgorithm,
    pub(super) leeway: Duration,
    pub(super) id_token_lifetime: Duration,
    pub(super) trusted_audiences: Vec<String>,
    pub(super) trust_email_verified: bool,
    pub(super) user_info: UserInfoCall,
    /// Standard claims and where they are.
    pub(super) claims: Vec<(String, String)>,
    pub(super) options: PresetOptions,
}

/// Where the endpoints come from.
pub(super) enum Source {
    /// Plain OAuth 2: they are declared.
    Declared { authorize: Url, token: Url, user: Url },
    /// A discovery document.
    Discovery(Url),
    /// Metadata that is never fetched.
    Static(Box<Metadata>),
}

impl Settings {
    pub(super) fn verifier<'a>(&'a self, metadata: &'a Metadata, token: &'static str) -> Verifier<'a> {
        Verifier {
            egress: &self.egress,
            jwks_uri: metadata.jwks_uri.as_ref(),
            client_secret: self.client_secret.as_ref(),
            algorithm: self.signing,
            token,
        }
    }

    /// What holds of every token of the provider.
    pub(super) fn expected<'a>(&'a self, issuer: &'a str) -> Expected<'a> {
        Expected {
            issuer,
            client_id: &self.client_id,
            trusted_audiences: &self.trusted_audiences,
            algorithm: self.signing,
            leeway: self.leeway,
            lifetime: self.id_token_lifetime,
            nonce: None,
            max_age: None,
            acr_values: &[],
            access_token: "",
            code: "",
        }
    }

    /// The issuer that a token must be from. Where one document serves many tenants the token names its own; signature and
    /// `iss` then bear it out or not.
    pub(super) fn token_issuer(&self, metadata: &Metadata, jws: &Jws<'_>) -> Result<String, TokenFault> {
        match &self.preset.issuer {
            Some(rule) => {
                (rule.of_tenant)(&metadata.issuer, jws.unverified("tid")).ok_or(TokenFault::Unusable("tid"))
            }
            None => Ok(metadata.issuer.clone()),
        }
    }
}

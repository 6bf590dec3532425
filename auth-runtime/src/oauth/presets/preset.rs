use std::collections::BTreeMap;

use serde_json::{Map, Value};
use url::Url;

use crate::oauth::{ClientAuthentication, Protocol, SigningAlgorithm, UserInfo, UserInfoCall};

/// What is known of one provider. All of it can be set otherwise in the block, except what `fixed` names.
#[derive(Debug)]
pub struct Preset {
    /// The word in the block.
    pub name: &'static str,
    /// The provider's name for people.
    pub label: &'static str,
    /// The protocol.
    pub protocol: Protocol,
    /// The issuer, or what other endpoints are relative to. `None`: each customer has its own, so the block must say it.
    pub base_url: Option<&'static str>,
    /// For plain OAuth 2: absolute, or beginning with `/`.
    pub authorize_url: Option<&'static str>,
    /// As `authorize_url`.
    pub token_url: Option<&'static str>,
    /// As `authorize_url`.
    pub user_url: Option<&'static str>,
    /// Where e-mail addresses are a call of their own.
    pub emails: Option<Emails>,
    /// `iss` in callbacks, where it is not the base URL (RFC 9207).
    pub response_issuer: Option<&'static str>,
    /// In place of a discovery document.
    pub metadata: Option<StaticMetadata>,
    /// Where an issuer is more than one text.
    pub issuer: Option<IssuerRule>,
    /// `scope` as sent, without the `openid` that OpenID Connect adds.
    pub scope: &'static str,
    /// Whether `openid` is added to the scope.
    pub openid_scope: bool,
    /// Further parameters of the authorize URL.
    pub parameters: &'static [(&'static str, &'static str)],
    /// How the token endpoint knows the client.
    pub client_authentication: ClientAuthentication,
    /// Whether the provider knows PKCE. If so, it cannot be turned off (promise OA-01).
    pub pkce: bool,
    /// Whether the provider repeats the nonce.
    pub nonce: bool,
    /// How ID tokens are signed.
    pub signing: SigningAlgorithm,
    /// Whether the user info endpoint is asked.
    pub user_info: UserInfoCall,
    /// Standard claims and where they are in the user info: members separated by dots, numbers for places in lists.
    /// Empty: they are where the standard says.
    pub claims: &'static [(&'static str, &'static str)],
    /// What no table of names can say: changes `claims`, given what came.
    pub adjust: fn(claims: &mut Map<String, Value>, raw: &Map<String, Value>),
    /// Whether the names in an unsigned `user` parameter of the callback are taken.
    pub names_in_callback: bool,
    /// Whether a verified address may attach the identity to an existing account, unless the block says otherwise.
    pub trust_email_verified: bool,
    /// Whether the provider really vouches for this address (only asked if trust is on).
    pub vouches: fn(&UserInfo, &PresetOptions) -> bool,
    /// Refuses identities outside of what the block allows, by the setting that is not met.
    pub check: fn(&Checked<'_>) -> Result<(), &'static str>,
    /// Settings of this preset alone.
    pub options: &'static [&'static str],
    /// Those of them that must be there.
    pub required: &'static [&'static str],
    /// Settings that cannot be changed.
    pub fixed: &'static [&'static str],
    /// Parameters of the authorize URL that follow from the options.
    pub option_parameters: fn(&PresetOptions) -> Vec<(&'static str, String)>,
    /// Audiences that follow from the options.
    pub option_audiences: fn(&PresetOptions) -> Vec<String>,
    /// A parameter of the user info call that proves that the caller knows the client secret.
    pub proof: Option<Proof>,
}

/// A second call that gives the e-mail addresses.
#[derive(Debug, Clone, Copy)]
pub struct Emails {
    /// Absolute, or beginning with `/`.
    pub url: &'static str,
    /// Picks the primary address; `Err` names what the answer lacks.
    pub primary: fn(&Value) -> Result<Option<PrimaryEmail>, &'static str>,
}

/// The address that a person uses at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrimaryEmail {
    /// The address.
    pub address: String,
    /// Whether the provider verified it.
    pub verified: bool,
}

/// Client secret and access token → name and value of a parameter.
pub type Proof = fn(&str, &str) -> (&'static str, String);

/// Metadata that is never fetched.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the members of a discovery document")]
pub struct StaticMetadata {
    pub issuer: &'static str,
    pub authorization_endpoint: &'static str,
    pub token_endpoint: &'static str,
    pub jwks_uri: &'static str,
}

/// An issuer that serves several tenants, each of which is an issuer of its own.
#[derive(Debug, Clone, Copy)]
pub struct IssuerRule {
    /// Whether the discovery document under `base_url` may name this issuer.
    pub accepts: fn(base_url: &Url, issuer: &str) -> bool,
    /// Whether `iss` in a callback may come from this issuer.
    pub responds: fn(issuer: &str, iss: &str) -> bool,
    /// The issuer of a token that claims to be of `tenant`.
    pub of_tenant: fn(issuer: &str, tenant: Option<&str>) -> Option<String>,
}

/// What [`Preset::check`] looks at: claims that hold.
#[derive(Debug)]
pub struct Checked<'a> {
    /// The claims, those of the protocol included.
    pub claims: &'a Map<String, Value>,
    /// The options of the block.
    pub options: &'a PresetOptions,
    /// The base URL of the block.
    pub base_url: &'a Url,
}

impl Checked<'_> {
    /// A claim that is text.
    #[must_use]
    pub fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim)?.as_str()
    }

    /// Refuses unless `claim` is one of the values of `option`, where that is set.
    ///
    /// # Errors
    /// The name of the option.
    pub fn claim_is_one_of(&self, claim: &str, option: &'static str) -> Result<(), &'static str> {
        let allowed = self.options.all(option);
        let found = self.text(claim);
        if allowed.is_empty() || allowed.iter().any(|value| Some(value.as_str()) == found) {
            Ok(())
        } else {
            Err(option)
        }
    }
}

/// The settings of a block that only its preset knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PresetOptions(BTreeMap<String, Vec<String>>);

impl PresetOptions {
    pub(in crate::oauth) fn set(&mut self, name: &str, values: Vec<String>) {
        self.0.insert(name.to_owned(), values);
    }

    pub(in crate::oauth) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// All values of one setting.
    #[must_use]
    pub fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// The value of a setting that has one.
    #[must_use]
    pub fn one(&self, name: &str) -> Option<&str> {
        self.all(name).first().map(String::as_str)
    }

    /// One authorize parameter out of a setting that has exactly one value.
    #[must_use]
    pub fn parameter(&self, option: &str, parameter: &'static str) -> Vec<(&'static str, String)> {
        match self.all(option) {
            [one] => vec![(parameter, one.clone())],
            _ => Vec::new(),
        }
    }
}

/// The usual rule of trust: the provider says that it verified the address.
#[must_use]
pub fn email_verified(info: &UserInfo, _: &PresetOptions) -> bool {
    info.email_verified()
}

/// A provider that vouches for no address.
#[must_use]
pub fn never(_: &UserInfo, _: &PresetOptions) -> bool {
    false
}

/// The usual rule of admission: everybody.
///
/// # Errors
/// Never.
#[expect(clippy::missing_const_for_fn, reason = "it stands for functions that are not")]
pub fn everything(_: &Checked<'_>) -> Result<(), &'static str> {
    Ok(())
}

/// Plain OAuth 2, about which nothing is known.
pub(in crate::oauth) const OAUTH2: Preset = Preset {
    name: "oauth2",
    label: "OAuth 2",
    protocol: Protocol::OAuth2,
    base_url: None,
    authorize_url: None,
    token_url: None,
    user_url: None,
    emails: None,
    response_issuer: None,
    metadata: None,
    issuer: None,
    scope: "",
    openid_scope: false,
    parameters: &[],
    client_authentication: ClientAuthentication::ClientSecretPost,
    pkce: true,
    nonce: false,
    signing: SigningAlgorithm::RS256,
    user_info: UserInfoCall::Never,
    claims: &[],
    adjust: |_, _| {},
    names_in_callback: false,
    trust_email_verified: false,
    vouches: email_verified,
    check: everything,
    options: &[],
    required: &[],
    fixed: &[],
    option_parameters: |_| Vec::new(),
    option_audiences: |_| Vec::new(),
    proof: None,
};

/// OpenID Connect, about whose provider nothing is known.
pub(in crate::oauth) const OIDC: Preset = Preset {
    name: "oidc",
    label: "OpenID Connect",
    protocol: Protocol::Oidc,
    openid_scope: true,
    client_authentication: ClientAuthentication::ClientSecretBasic,
    nonce: true,
    ..OAUTH2
};

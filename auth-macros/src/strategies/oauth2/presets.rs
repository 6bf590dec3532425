//! The words that open an `oauth2` block, in one list: the two protocols, and the providers about which something is known.
//!
//! What is known of a provider is the runtime's; here is only what the rules of a block need. A preset is one entry here
//! and one file there.

use std::rc::Rc;

use super::{
    ast::OAuth2,
    choices::{ClientAuthentication, Protocol, SigningAlgorithm},
};
use crate::{block::Block, part::Kind};

/// What a word stands for.
#[derive(Debug)]
pub(crate) struct Preset {
    pub(crate) word: &'static str,
    /// The provider's name for people.
    pub(crate) label: &'static str,
    pub(crate) protocol: Protocol,
    /// It stands for a provider, not for a protocol alone.
    pub(crate) is_provider: bool,
    /// Each customer of the provider has an address of its own.
    pub(crate) needs_base_url: bool,
    /// Addresses are a call of their own.
    pub(crate) has_emails_url: bool,
    /// Settings of this word alone.
    pub(crate) options: &'static [&'static str],
    /// Settings that must be there beside those of everybody.
    pub(crate) required: &'static [&'static str],
    /// Settings and parameters that cannot be changed.
    pub(crate) fixed: &'static [&'static str],
    pub(crate) client_authentication: ClientAuthentication,
    /// How ID tokens are signed.
    pub(crate) signing: SigningAlgorithm,
    /// PKCE is on; where it is known to be supported, it stays on.
    pub(crate) pkce: bool,
    /// ID tokens repeat a nonce.
    pub(crate) nonce: bool,
    /// A verified address may attach an identity to an account unless the block says otherwise.
    #[cfg_attr(not(test), allow(dead_code, reason = "only the settings reference reads it"))]
    pub(crate) trusts_addresses: bool,
    /// Such trust rests on what an administrator wrote, and these settings say which one.
    pub(crate) trust_rests_on: Option<&'static [&'static str]>,
}

const OAUTH2: Preset = Preset {
    word: "oauth2",
    label: "OAuth 2.0",
    protocol: Protocol::OAuth2,
    is_provider: false,
    needs_base_url: true,
    has_emails_url: false,
    options: &[],
    required: &[],
    fixed: &[],
    client_authentication: ClientAuthentication::ClientSecretPost,
    signing: SigningAlgorithm::RS256,
    pkce: true,
    nonce: false,
    trusts_addresses: false,
    trust_rests_on: None,
};

const OIDC: Preset = Preset {
    word: "oidc",
    label: "OpenID Connect",
    protocol: Protocol::Oidc,
    client_authentication: ClientAuthentication::ClientSecretBasic,
    nonce: true,
    ..OAUTH2
};

/// The providers of connections, about which nothing is known before.
pub(crate) const CONNECTIONS: Preset = Preset {
    word: "dynamic_oidc",
    needs_base_url: false,
    ..OIDC
};

/// A provider that speaks plain OAuth 2.0.
const PLAIN: Preset = Preset {
    is_provider: true,
    needs_base_url: false,
    ..OAUTH2
};

/// A provider that speaks OpenID Connect.
const OPENID: Preset = Preset {
    is_provider: true,
    needs_base_url: false,
    client_authentication: ClientAuthentication::ClientSecretPost,
    ..OIDC
};

macro_rules! presets {
    ($($word:ident: $base:ident $({ $($field:ident: $value:expr),* $(,)? })?;)*) => {
        /// Every word.
        pub(crate) const PRESETS: &[Preset] = &[
            $(Preset { word: stringify!($word), $($($field: $value,)*)? ..$base },)*
        ];

        /// The kinds of strategy that these words are.
        pub(crate) const KINDS: &[Kind] = &[
            $(Kind {
                word: stringify!($word),
                read: |word, name, content, errors| Rc::new(OAuth2::read(word, name, content, errors)),
                #[cfg(test)]
                tables: || super::ast::tables(stringify!($word)),
            },)*
        ];
    };
}

presets! {
    oauth2: OAUTH2;
    oidc: OIDC;
    apple: OPENID {
        label: "Apple",
        options: &["team_id"],
        required: &["team_id", "private_key_id"],
        fixed: &[
            "base_url",
            "openid_configuration_uri",
            "client_authentication_method",
            "client_assertion_alg",
            "id_token_signed_response_alg",
            "response_mode",
        ],
        client_authentication: ClientAuthentication::SignedSecret,
        trusts_addresses: true,
    };
    auth0: OPENID { label: "Auth0", needs_base_url: true, options: &["organization"], trusts_addresses: true };
    basecamp: PLAIN { label: "Basecamp", pkce: false };
    bitbucket: PLAIN {
        label: "Bitbucket",
        has_emails_url: true,
        client_authentication: ClientAuthentication::ClientSecretBasic,
        pkce: false,
    };
    digitalocean: PLAIN { label: "DigitalOcean", pkce: false };
    discord: PLAIN { label: "Discord" };
    facebook: PLAIN { label: "Facebook" };
    github: PLAIN { label: "GitHub", has_emails_url: true, trusts_addresses: true };
    gitlab: OPENID { label: "GitLab" };
    google: OPENID {
        label: "Google",
        options: &["hosted_domain"],
        fixed: &["id_token_signed_response_alg"],
        trusts_addresses: true,
    };
    line: OPENID { label: "LINE", signing: SigningAlgorithm::HS256 };
    linkedin: OPENID { label: "LinkedIn", pkce: false, nonce: false };
    microsoft: OPENID {
        label: "Microsoft",
        options: &["allowed_tenants"],
        fixed: &["id_token_signed_response_alg"],
        trust_rests_on: Some(&["allowed_tenants"]),
    };
    okta: OPENID {
        label: "Okta",
        needs_base_url: true,
        client_authentication: ClientAuthentication::ClientSecretBasic,
        trust_rests_on: Some(&[]),
    };
    slack: OPENID {
        label: "Slack",
        options: &["team_id"],
        pkce: false,
        trusts_addresses: true,
        trust_rests_on: Some(&["team_id"]),
    };
    spotify: PLAIN { label: "Spotify", client_authentication: ClientAuthentication::ClientSecretBasic };
    strava: PLAIN { label: "Strava", pkce: false };
    twitch: OPENID { label: "Twitch", pkce: false };
    twitter: PLAIN { label: "X", client_authentication: ClientAuthentication::ClientSecretBasic };
    zitadel: OPENID {
        label: "Zitadel",
        needs_base_url: true,
        options: &["resource_id"],
        client_authentication: ClientAuthentication::None,
    };
}

impl Preset {
    /// What `word` stands for. A word that is none came here from a list that has another one.
    pub(crate) fn of(word: &str) -> &'static Self {
        PRESETS
            .iter()
            .find(|preset| preset.word == word)
            .unwrap_or(&OAUTH2)
    }

    /// The words that have a setting of their own by that name.
    pub(crate) fn with_option(option: &str) -> Vec<&'static str> {
        let presets = PRESETS.iter().filter(|preset| preset.options.contains(&option));
        presets.map(|preset| preset.word).collect()
    }
}

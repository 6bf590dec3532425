use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use url::Url;

/// What one attempt adds to the authorize URL.
#[derive(Debug, Clone, Default)]
pub struct AuthorizeOptions {
    /// `prompt`, such as `login` or `select_account`.
    pub prompt: Option<String>,
    /// `login_hint`: whom the provider should offer.
    pub login_hint: Option<String>,
    /// `max_age` in seconds: how long ago the person may have signed in there. Checked in the answer (OpenID Connect only).
    pub max_age: Option<u32>,
    /// `acr_values`: the strength that is asked for. Checked in the answer (OpenID Connect only).
    pub acr_values: Vec<String>,
    /// Any other parameter. Those of the protocol itself are refused.
    pub extra: BTreeMap<String, String>,
}

/// An attempt that has begun: where the browser goes, and what the server keeps.
#[derive(Debug)]
pub struct Started {
    /// The authorize URL with its parameters.
    pub url: Url,
    /// What [`Provider::finish`](super::Provider::finish) needs.
    pub pending: Pending,
}

/// The server's half of an attempt (promise OA-01). To be kept with the strategy and the tenant, bound to the browser, and
/// spent at the first callback whatever comes of it.
#[derive(Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Pending {
    /// `state`: 256 random bits.
    pub state: String,
    /// The PKCE verifier: 768 random bits. Never leaves the server before the exchange.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verifier: Option<String>,
    /// `nonce`: 256 random bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// As sent, and to be sent again (promise OA-12).
    pub redirect_uri: String,
    /// As asked for, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u32>,
    /// As asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acr_values: Vec<String>,
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending")
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}

/// The parameters of a callback, as they came.
#[derive(Clone, Default, Deserialize)]
pub struct Callback {
    /// The authorization code.
    pub code: Option<String>,
    /// Which attempt it answers.
    pub state: Option<String>,
    /// Why there is no code (RFC 6749 §4.1.2.1).
    pub error: Option<String>,
    /// The provider's own words. Neither shown nor logged.
    pub error_description: Option<String>,
    /// Who answers (RFC 9207).
    pub iss: Option<String>,
    /// What Apple posts beside the code at the first sign-in: unsigned JSON, of which names are taken and nothing else.
    pub user: Option<String>,
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback")
            .field("code", &self.code.is_some())
            .field("error", &self.error.is_some())
            .finish_non_exhaustive()
    }
}

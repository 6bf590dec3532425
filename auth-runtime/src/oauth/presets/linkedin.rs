//! LinkedIn. Neither repeats a nonce nor knows PKCE for confidential clients.

use super::{Preset, preset::OIDC};
use crate::oauth::ClientAuthentication;

/// What is known of LinkedIn.
pub const PRESET: Preset = Preset {
    name: "linkedin",
    label: "LinkedIn",
    base_url: Some("https://www.linkedin.com/oauth"),
    scope: "profile email",
    client_authentication: ClientAuthentication::ClientSecretPost,
    pkce: false,
    nonce: false,
    ..OIDC
};

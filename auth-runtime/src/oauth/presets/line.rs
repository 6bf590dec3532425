//! LINE. Signs ID tokens of web channels with the channel secret, although the discovery document names ES256 alone
//! (<https://developers.line.biz/en/docs/line-login/verify-id-token/#signature>).

use super::{Preset, never, preset::OIDC};
use crate::oauth::{ClientAuthentication, SigningAlgorithm};

/// What is known of LINE.
pub const PRESET: Preset = Preset {
    name: "line",
    label: "LINE",
    base_url: Some("https://access.line.me"),
    scope: "email profile",
    client_authentication: ClientAuthentication::ClientSecretPost,
    signing: SigningAlgorithm::HS256,
    vouches: never,
    ..OIDC
};

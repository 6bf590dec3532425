//! DigitalOcean.

use super::{Preset, preset::OAUTH2};

/// What is known of DigitalOcean.
pub const PRESET: Preset = Preset {
    name: "digitalocean",
    label: "DigitalOcean",
    base_url: Some("https://api.digitalocean.com"),
    authorize_url: Some("https://cloud.digitalocean.com/v1/oauth/authorize"),
    token_url: Some("https://cloud.digitalocean.com/v1/oauth/token"),
    user_url: Some("/v2/account"),
    scope: "read",
    parameters: &[("prompt", "select_account")],
    pkce: false,
    claims: &[
        ("sub", "account.uuid"),
        ("name", "account.name"),
        ("email", "account.email"),
        ("email_verified", "account.email_verified"),
    ],
    ..OAUTH2
};

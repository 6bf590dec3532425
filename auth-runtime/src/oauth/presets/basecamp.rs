//! Basecamp (37signals Launchpad).

use super::{Preset, never, preset::OAUTH2};

/// What is known of Basecamp.
pub const PRESET: Preset = Preset {
    name: "basecamp",
    label: "Basecamp",
    base_url: Some("https://launchpad.37signals.com"),
    authorize_url: Some("/authorization/new"),
    token_url: Some("/authorization/token?type=web_server"),
    user_url: Some("/authorization.json"),
    parameters: &[("type", "web_server")],
    pkce: false,
    claims: &[
        ("sub", "identity.id"),
        ("given_name", "identity.first_name"),
        ("family_name", "identity.last_name"),
        ("email", "identity.email_address"),
        ("basecamp_accounts", "accounts"),
    ],
    vouches: never,
    ..OAUTH2
};

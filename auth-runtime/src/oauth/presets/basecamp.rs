//! Basecamp (37signals Launchpad). The parameter `type` of its early days is no longer needed, and would be a wrong one when
//! tokens are refreshed (<https://github.com/basecamp/bc3-api/blob/master/sections/authentication.md>).

use super::{Preset, never, preset::OAUTH2};

/// What is known of Basecamp.
pub const PRESET: Preset = Preset {
    name: "basecamp",
    label: "Basecamp",
    base_url: Some("https://launchpad.37signals.com"),
    authorize_url: Some("/authorization/new"),
    token_url: Some("/authorization/token"),
    user_url: Some("/authorization.json"),
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

//! Twitch. Gives claims beside the identifier only if they are asked for one by one
//! (<https://dev.twitch.tv/docs/authentication/getting-tokens-oidc/#requesting-claims>). PKCE is not documented.

use super::{Preset, preset::OIDC};
use crate::oauth::ClientAuthentication;

/// What is known of Twitch.
pub const PRESET: Preset = Preset {
    name: "twitch",
    label: "Twitch",
    base_url: Some("https://id.twitch.tv/oauth2"),
    scope: "user:read:email",
    parameters: &[(
        "claims",
        r#"{"id_token":{"email":null,"email_verified":null,"picture":null,"preferred_username":null}}"#,
    )],
    client_authentication: ClientAuthentication::ClientSecretPost,
    pkce: false,
    ..OIDC
};

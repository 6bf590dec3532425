//! Spotify. Documents its addresses as unverified, and the secret in an `Authorization` header as the only way
//! (<https://developer.spotify.com/documentation/web-api/tutorials/code-flow>).

use super::{Preset, never, preset::OAUTH2};
use crate::oauth::ClientAuthentication;

/// What is known of Spotify.
pub const PRESET: Preset = Preset {
    name: "spotify",
    label: "Spotify",
    base_url: Some("https://api.spotify.com"),
    authorize_url: Some("https://accounts.spotify.com/authorize"),
    token_url: Some("https://accounts.spotify.com/api/token"),
    user_url: Some("/v1/me"),
    scope: "user-read-email",
    client_authentication: ClientAuthentication::ClientSecretBasic,
    claims: &[
        ("sub", "id"),
        ("name", "display_name"),
        ("preferred_username", "display_name"),
        ("profile", "external_urls.spotify"),
        ("picture", "images.0.url"),
        ("email", "email"),
    ],
    vouches: never,
    ..OAUTH2
};

//! Spotify. Documents its addresses as unverified.

use super::{Preset, never, preset::OAUTH2};

/// What is known of Spotify.
pub const PRESET: Preset = Preset {
    name: "spotify",
    label: "Spotify",
    base_url: Some("https://api.spotify.com/v1"),
    authorize_url: Some("https://accounts.spotify.com/authorize"),
    token_url: Some("https://accounts.spotify.com/api/token"),
    user_url: Some("/me"),
    scope: "user-read-email",
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

//! Strava. Gives no address at all. Its API moves to a host of its own in 2027; signing in stays where it is.

use super::{Preset, never, preset::OAUTH2};

/// What is known of Strava.
pub const PRESET: Preset = Preset {
    name: "strava",
    label: "Strava",
    base_url: Some("https://www.strava.com"),
    authorize_url: Some("/oauth/authorize"),
    token_url: Some("/oauth/token"),
    user_url: Some("/api/v3/athlete"),
    scope: "read",
    pkce: false,
    claims: &[
        ("sub", "id"),
        ("given_name", "firstname"),
        ("family_name", "lastname"),
        ("preferred_username", "username"),
        ("picture", "profile"),
    ],
    vouches: never,
    ..OAUTH2
};

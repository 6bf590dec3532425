//! Strava. Gives no address at all.

use super::{Preset, never, preset::OAUTH2};

/// What is known of Strava.
pub const PRESET: Preset = Preset {
    name: "strava",
    label: "Strava",
    base_url: Some("https://www.strava.com/api/v3"),
    authorize_url: Some("https://www.strava.com/oauth/authorize"),
    token_url: Some("https://www.strava.com/oauth/token"),
    user_url: Some("/athlete"),
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
